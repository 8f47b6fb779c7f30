// What offline and online units share.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

struct UnitHost {
    std::string id;
    std::string name;       // in full
    std::string short_name; // for step ids
    std::string nqn;
};

// Hosts of the datastore, by name.
[[nodiscard]] std::vector<UnitHost> hosts_of(const Inventory& inventory,
                                             const DatastoreInfo& datastore);
struct OnVolume {
    const DatastoreInfo* datastore = nullptr;
    const VolumeInfo* volume = nullptr;
};
// Of datastores together, with these VMs.
[[nodiscard]] UnitObjects objects_of(const Inventory& inventory,
                                     const std::vector<OnVolume>& datastores,
                                     const std::vector<const VmInfo*>& vms);

[[nodiscard]] Params on_host(const UnitHost& host);
// Parameters of a mapping to an SDC, limits included, so that undo restores them.
[[nodiscard]] Params sdc_mapping(const VolumeInfo& volume, const MappingInfo& mapping,
                                 const std::string& vmfs_uuid);
// Parameters of a mapping to the host's NVMe host object.
[[nodiscard]] Params nvme_mapping(const UnitHost& host);

// QoS of a mapping, which lives in it and is lost with it unless it is carried over. 0: no limit.
struct Limits {
    std::uint64_t iops = 0;
    std::uint64_t mib_per_s = 0;
};
// Each mapping has its own: those of this host's SDC, else those of the volume's first mapping.
[[nodiscard]] Limits sdc_limits(const Inventory& inventory, const VolumeInfo& volume,
                                const UnitHost& host);
// What one volume may do that takes the place of several: all their limits together, and none where
// one of them had none.
[[nodiscard]] Limits joined_limits(const std::vector<Limits>& limits);
[[nodiscard]] Params with_limits(Params base, const Limits& limits);

// Takes the source away from its hosts: unmount, detach, unmap, wait until it is gone. Numbered
// from `group`; `index` counts the steps of each group on over several datastores.
struct ReleaseIndex {
    std::size_t unmount = 0;
    std::size_t detach = 0;
    std::size_t unmap = 0;
};
void add_release_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                       const VolumeInfo& volume, const std::vector<UnitHost>& hosts,
                       ReleaseIndex& index);
void add_unmount_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                       const std::vector<UnitHost>& hosts, std::size_t first = 0);
void add_detach_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                      const std::vector<UnitHost>& hosts, std::size_t first = 0);
// Returns the number of steps of the group so far.
std::size_t add_unmap_sdc_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                                const VolumeInfo& volume, const std::vector<UnitHost>& hosts,
                                std::size_t first = 0);

} // namespace pf::nvmetool
