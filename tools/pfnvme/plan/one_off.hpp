// Plans of one-line verbs: no intent, a few units, but journal and way back like any other.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

struct OneOff {
    std::string name; // of the plan
    std::string kind; // onboarding, array, provision
    std::string created_at;
    std::string tool_version;
    std::vector<Unit> units;
};

[[nodiscard]] Plan one_off_plan(const Inventory& inventory, OneOff request);

// A unit of one host, to which steps are added with StepBuilder.
[[nodiscard]] Unit host_unit(const HostInfo& host, std::vector<Step> steps);

struct ProvisionRequest {
    std::string datastore;
    std::string volume; // name; empty: made of the datastore's
    std::uint64_t size_gib = 0;
    const PoolInfo* pool = nullptr;
    std::vector<const HostInfo*> hosts;
    std::uint32_t min_paths = 1;
    std::uint64_t limit_iops = 0; // of each mapping; 0: none
    std::uint64_t limit_mib_per_s = 0;
};

// New volume, mapped to every host by NVMe, formatted with VMFS 6 and mounted everywhere.
[[nodiscard]] Result<Unit> make_provision_unit(const Inventory& inventory,
                                               const ProvisionRequest& request);

} // namespace pf::nvmetool
