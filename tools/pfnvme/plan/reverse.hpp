// The way back of datastores that are on NVMe/TCP: a plan whose units present each volume by SDC
// again, content kept. What `rollback --keep-writes` and `migrate reverse` run.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::nvmetool {

struct ReverseRequest {
    std::string name;
    std::vector<std::string> datastore_ids; // in this order
    std::int64_t guest_shutdown_s = 300;
    bool power_off_after = false; // when a guest does not shut down in time; else the unit fails
    std::string created_at;
    std::string tool_version;
};

// Each datastore is on one NVMe volume, the hosts have connected SDCs, the VMs are on these
// datastores alone; everything else is an error that says so.
[[nodiscard]] Result<Unit> make_reverse_unit(const Inventory& inventory,
                                             const ReverseRequest& request,
                                             const std::vector<const DatastoreInfo*>& datastores,
                                             const std::string& unit_id, const std::string& tag);

// One unit for each datastore, or for several that VMs tie together.
[[nodiscard]] Result<Plan> compile_reverse(const Inventory& inventory,
                                           const ReverseRequest& request);

} // namespace pf::nvmetool
