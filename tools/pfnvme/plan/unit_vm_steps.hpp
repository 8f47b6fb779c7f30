// The steps of a conversion that act on VMs, the same in both directions: stop and unregister, and
// after the volume has changed its protocol register, restore and start.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

inline constexpr const char* kRecordStep = "01-record";
inline constexpr const char* kContextStep = "04-context";

// Device and name of a datastore before and after.
struct ConvertedDatastore {
    const DatastoreInfo* before = nullptr;
    std::string new_device;
    std::string new_name;

    [[nodiscard]] const std::string& old_device() const { return before->extents.front(); }
};

struct ConvertedVms {
    const std::vector<const VmInfo*>& vms;
    bool power_off_after = false; // a guest that does not shut down in time; else that is a failure
    std::int64_t guest_shutdown_s = 300;
    std::vector<ConvertedDatastore> datastores; // all of the unit's

    // The one that holds the VM's configuration.
    [[nodiscard]] const ConvertedDatastore& home_of(const VmInfo& vm) const;
};

// Steps 3 and 4. What vCenter keeps about the VMs is recorded between them, so that on the way back
// it is restored after they are registered and before they are started.
void add_stop_vm_steps(StepBuilder& steps, const ConvertedVms& unit);
// End of step 15, when all datastores are back: the files of the VMs name them by their new UUIDs.
// Not undone: a rollback restores the volumes.
void add_path_steps(StepBuilder& steps, const ConvertedVms& unit, std::size_t index);
// Steps 16 to 18; every power-on is a commit point, and the first VM is judged before the rest
// start. Returns the number of steps of group 18.
std::size_t add_start_vm_steps(StepBuilder& steps, const ConvertedVms& unit);

// The two snapshots of a conversion's volume: at its begin, and when nobody has it mounted any
// more.
struct SafetySnapshots {
    std::string early;
    std::string clean;
};
// `part` counts the unit's datastores from 0.
[[nodiscard]] SafetySnapshots safety_snapshots(const std::string& tag, const std::string& unit_id,
                                               std::size_t part);
[[nodiscard]] Params snapshot_params(const VolumeInfo& volume, const std::string& name);
struct NamedSnapshot {
    const VolumeInfo* volume = nullptr;
    std::string name;
};
// One call, so that they are of one instant.
void add_snapshot_step(StepBuilder& steps, std::string id,
                       const std::vector<NamedSnapshot>& snapshots);
void add_retire_steps(StepBuilder& steps, const std::vector<std::string>& snapshots);

} // namespace pf::nvmetool
