// NVMe namespaces and paths: what the hosts of a cluster will see, what their lowest release
// allows, and which datastores have to share a namespace when that is not enough.
//
// Pure. Hosts that share datastores are judged together.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::nvmetool {

// One wish for a namespace. Offline ones can't be joined: the volume itself is converted.
struct NamespaceWish {
    std::vector<std::string> datastores; // source names
    std::vector<std::string> host_ids;   // that will see it, sorted
    std::uint64_t bytes = 0;
    std::int64_t vms = 0;
    bool joinable = false;
};

struct BudgetLimits {
    std::int64_t max_namespaces = 0;      // 0: the release's
    std::int64_t max_vms = 0;             // on a joined datastore
    std::uint64_t max_bytes = 0;          // of a joined datastore
    std::int64_t paths_per_namespace = 0; // 0: the controllers that are connected
};

struct HostBudget {
    std::string host_id;
    std::int64_t now = 0;
    std::int64_t limit = 0; // namespaces that fit, the path limit counted in
};

// Namespaces that the host may have, its paths counted: release, joined with `limits`.
[[nodiscard]] HostBudget host_budget(const Inventory& inventory, const HostInfo& host,
                                     const BudgetLimits& limits);

struct JoinPlan {
    std::vector<NamespaceWish> namespaces; // joined where needed
    bool fits = true;                      // false: even joined they are too many
};

// Joins the smallest joinable wishes of the same hosts, two at a time, until every host has room.
// The order of `wishes` is kept for those that stay alone.
[[nodiscard]] JoinPlan solve_budget(const std::vector<HostBudget>& hosts,
                                    std::vector<NamespaceWish> wishes, const BudgetLimits& limits);

// Rows for the plan: one for each cluster, the tightest host's figures.
[[nodiscard]] std::vector<PlanBudget> budget_rows(const Inventory& inventory,
                                                  const std::vector<NamespaceWish>& wishes,
                                                  const BudgetLimits& limits);

} // namespace pf::nvmetool
