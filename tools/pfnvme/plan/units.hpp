// The step lists of the three kinds of units.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/inventory/path_plan.hpp"
#include "tools/pfnvme/plan/intent.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

// The same volume is presented by NVMe instead of SDC: the order of Dell KB 000213232.
// The datastore has passed check_datastore, its hosts check_host_ready.
[[nodiscard]] Unit make_offline_unit(const Inventory& inventory, const Intent& intent,
                                     const DatastoreInfo& datastore, const std::string& unit_id,
                                     const std::string& tag);

// A new volume and datastore, then Storage vMotion of every VM; the source ends empty and unmapped.
[[nodiscard]] Unit make_online_unit(const Inventory& inventory, const Intent& intent,
                                    const DatastoreInfo& datastore, const PoolInfo& pool,
                                    const std::string& unit_id);

// Makes one ESXi host an NVMe/TCP host with all its paths.
[[nodiscard]] Unit make_onboarding_unit(const Inventory& inventory, const HostInfo& host,
                                        const std::vector<PathEnd>& ends,
                                        const std::vector<PlannedPath>& paths,
                                        const PoolInfo& pool);

} // namespace pf::nvmetool
