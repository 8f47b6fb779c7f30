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

struct ConvertedVms {
    const std::vector<const VmInfo*>& vms;
    bool power_off_after = false; // a guest that does not shut down in time; else that is a failure
    std::int64_t guest_shutdown_s = 300;
    // Device and name of the datastore before and after.
    std::string old_device;
    std::string old_datastore;
    std::string new_device;
    std::string new_datastore;
};

// Steps 3 and 4. What vCenter keeps about the VMs is recorded between them, so that on the way back
// it is restored after they are registered and before they are started.
void add_stop_vm_steps(StepBuilder& steps, const ConvertedVms& unit);
// Steps 16 to 18; every power-on is a commit point, and the first VM is judged before the rest
// start. Returns the number of steps of group 18.
std::size_t add_start_vm_steps(StepBuilder& steps, const ConvertedVms& unit);

// The two snapshots of a conversion and their ends.
[[nodiscard]] Params snapshot_params(const VolumeInfo& volume, const std::string& name);
[[nodiscard]] OpCall remove_snapshot(const std::string& name);
void add_retire_steps(StepBuilder& steps, const std::vector<std::string>& snapshots);

} // namespace pf::nvmetool
