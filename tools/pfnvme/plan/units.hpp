// The step lists of the three kinds of units.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/inventory/path_plan.hpp"
#include "tools/pfnvme/plan/intent.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

// The same volumes are presented by NVMe instead of SDC: the order of Dell KB 000213232. No VM has
// files on one of the datastores and on others; all have passed their checks, the hosts too.
[[nodiscard]] Unit make_offline_unit(const Inventory& inventory, const Intent& intent,
                                     const std::vector<const DatastoreInfo*>& datastores,
                                     const std::vector<const VmInfo*>& vms,
                                     const std::string& unit_id, const std::string& tag);

// A datastore to be made, and the sources whose VMs it takes.
struct OnlineTarget {
    std::string volume;
    std::string datastore;
    std::uint64_t size_gib = 0;
    const PoolInfo* pool = nullptr;
    std::vector<const DatastoreInfo*> sources;
};

struct OnlinePlan {
    std::vector<OnlineTarget> targets;
    std::vector<const VmInfo*> vms; // by name
    bool release = true;            // false: other VMs stay, so the sources are kept
};

// New volumes and datastores, then Storage vMotion of every VM to the target of the datastore that
// holds its configuration; the sources end empty and unmapped.
[[nodiscard]] Unit make_online_unit(const Inventory& inventory, const Intent& intent,
                                    const OnlinePlan& plan, const std::string& unit_id);

// Makes one ESXi host an NVMe/TCP host with all its paths.
[[nodiscard]] Unit make_onboarding_unit(const Inventory& inventory, const HostInfo& host,
                                        const std::vector<PathEnd>& ends,
                                        const std::vector<PlannedPath>& paths,
                                        const PoolInfo& pool);

} // namespace pf::nvmetool
