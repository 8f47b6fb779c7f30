#include "tools/pfnvme/plan/budget.hpp"

#include "tools/pfnvme/checks/checks.hpp"

#include <algorithm>
#include <map>

namespace pf::nvmetool {

namespace {

std::int64_t online_controllers(const Inventory& inventory, const HostInfo& host) {
    return std::count_if(
        host.controllers.begin(), host.controllers.end(), [&](const NvmeController& controller) {
            return controller.online && controller.subsystem_nqn == inventory.powerflex.nqn;
        });
}

std::int64_t paths_of(const Inventory& inventory, const HostInfo& host,
                      const BudgetLimits& limits) {
    const std::int64_t online = online_controllers(inventory, host);
    const std::int64_t wanted = limits.paths_per_namespace > 0
                                    ? limits.paths_per_namespace
                                    : limits_for(host.version).paths_per_namespace;
    return std::max<std::int64_t>(online > 0 ? online : wanted, 1);
}

// Excess of namespaces on the host that lacks most room; 0: all fit.
std::int64_t excess(const std::vector<HostBudget>& hosts,
                    const std::vector<NamespaceWish>& wishes) {
    std::map<std::string, std::int64_t> count;
    for (const NamespaceWish& wish : wishes) {
        for (const std::string& host : wish.host_ids) {
            ++count[host];
        }
    }
    std::int64_t out = 0;
    for (const HostBudget& host : hosts) {
        out = std::max(out, host.now + count[host.host_id] - host.limit);
    }
    return out;
}

} // namespace

HostBudget host_budget(const Inventory& inventory, const HostInfo& host,
                       const BudgetLimits& limits) {
    const ReleaseLimits& release = limits_for(host.version);
    HostBudget out;
    out.host_id = host.id;
    if (const PowerFlexHost* registered = inventory.nvme_host(host.nqn); registered != nullptr) {
        out.now = static_cast<std::int64_t>(inventory.volumes_of(*registered).size());
    }
    out.limit = std::min<std::int64_t>(release.namespaces_per_host,
                                       release.paths_per_host / paths_of(inventory, host, limits));
    if (limits.max_namespaces > 0) {
        out.limit = std::min(out.limit, limits.max_namespaces);
    }
    return out;
}

JoinPlan solve_budget(const std::vector<HostBudget>& hosts, std::vector<NamespaceWish> wishes,
                      const BudgetLimits& limits) {
    JoinPlan out;
    while (true) {
        if (excess(hosts, wishes) <= 0) {
            break;
        }
        // The hosts that are over; a join helps only where it takes a namespace from one of them.
        std::map<std::string, std::int64_t> left;
        for (const HostBudget& host : hosts) {
            left[host.host_id] = host.limit - host.now;
        }
        for (const NamespaceWish& wish : wishes) {
            for (const std::string& host : wish.host_ids) {
                --left[host];
            }
        }
        std::size_t first = SIZE_MAX;
        std::size_t second = SIZE_MAX;
        std::uint64_t best = UINT64_MAX;
        // Of all pairs that may be joined, the smallest sum: for one set of hosts these are its two
        // smallest, unless their VMs are too many.
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            if (!wishes[i].joinable ||
                std::none_of(wishes[i].host_ids.begin(), wishes[i].host_ids.end(),
                             [&](const std::string& host) { return left[host] < 0; })) {
                continue;
            }
            for (std::size_t j = i + 1; j < wishes.size(); ++j) {
                const std::uint64_t sum = wishes[i].bytes + wishes[j].bytes;
                if (sum < best && wishes[j].joinable && wishes[i].host_ids == wishes[j].host_ids &&
                    sum <= limits.max_bytes && wishes[i].vms + wishes[j].vms <= limits.max_vms) {
                    first = i;
                    second = j;
                    best = sum;
                }
            }
        }
        if (first == SIZE_MAX) {
            out.fits = false;
            break;
        }
        NamespaceWish& into = wishes[first];
        const NamespaceWish& from = wishes[second];
        into.datastores.insert(into.datastores.end(), from.datastores.begin(),
                               from.datastores.end());
        std::sort(into.datastores.begin(), into.datastores.end());
        into.bytes += from.bytes;
        into.vms += from.vms;
        wishes.erase(wishes.begin() + static_cast<std::ptrdiff_t>(second));
    }
    out.namespaces = std::move(wishes);
    return out;
}

std::vector<PlanBudget> budget_rows(const Inventory& inventory,
                                    const std::vector<NamespaceWish>& wishes,
                                    const BudgetLimits& limits) {
    std::map<std::string, std::int64_t> wanted;
    for (const NamespaceWish& wish : wishes) {
        for (const std::string& host : wish.host_ids) {
            ++wanted[host];
        }
    }
    std::map<std::string, PlanBudget> rows;
    std::map<std::string, std::int64_t> room;
    for (const HostInfo& host : inventory.hosts) {
        const auto count = wanted.find(host.id);
        if (count == wanted.end()) {
            continue;
        }
        const HostBudget budget = host_budget(inventory, host, limits);
        const std::int64_t paths = paths_of(inventory, host, limits);
        const std::string key = host.cluster.empty() ? host.name : host.cluster;
        const std::int64_t left = budget.limit - budget.now - count->second;
        const auto known = room.find(key);
        if (known != room.end() && known->second <= left) {
            continue;
        }
        room[key] = left;
        PlanBudget& row = rows[key];
        row.hosts = key;
        row.version = host.version;
        row.namespaces_now = budget.now;
        row.namespaces_after = budget.now + count->second;
        row.namespaces_limit = budget.limit;
        row.paths_per_namespace = paths;
        row.paths_after = row.namespaces_after * paths;
        row.paths_limit = limits_for(host.version).paths_per_host;
    }
    std::vector<PlanBudget> out;
    for (auto& [key, row] : rows) {
        out.push_back(std::move(row));
    }
    return out;
}

} // namespace pf::nvmetool
