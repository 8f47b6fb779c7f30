#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/plan/compile_parts.hpp"
#include "tools/pfnvme/plan/units.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

constexpr std::string_view kOnboardingSupport =
    "NVMe/TCP with PowerFlex is supported on ESXi 7.0 U3f and later.";

} // namespace

std::vector<PlannedPath> expected_paths(const Inventory& inventory, const HostInfo& host,
                                        const OnboardOptions& options) {
    std::size_t limit = limits_for(host.version).paths_per_namespace;
    if (const PowerFlexHost* registered = inventory.nvme_host(host.nqn);
        registered != nullptr && registered->max_paths > 0) {
        limit = std::min(limit, static_cast<std::size_t>(registered->max_paths));
    } else {
        limit = std::min<std::size_t>(limit, 4); // PowerFlex's default maxNumPaths of a new host
    }
    return plan_paths(choose_path_ends(host, inventory.sdts, options.vmks, options.nics),
                      inventory.sdts, limit);
}

Result<Plan> compile_onboarding(const Inventory& inventory, const OnboardOptions& options) {
    Plan plan;
    plan.name = "host-nvme";
    plan.kind = "onboarding";
    plan.policy.caps.hosts_rescanning = 0; // nothing runs on what they look for
    plan.support = kOnboardingSupport;
    fill_plan_header(plan, inventory, options.created_at, options.tool_version);
    const PoolInfo* pool = nullptr;
    for (const PoolInfo& item : inventory.pools) {
        if (options.pool.empty() ? pool == nullptr : item.name == options.pool) {
            pool = &item;
        }
    }
    if (pool == nullptr) {
        return fail(Errc::InvalidArgument, "PowerFlex has no storage pool '{}' for probe volumes",
                    options.pool);
    }
    for (const std::string& id : options.host_ids) {
        const HostInfo* host = inventory.host(id);
        if (host == nullptr) {
            return fail(Errc::NotFound, "vCenter has no host {}", id);
        }
        std::vector<PlanFinding> findings = check_host(inventory, *host);
        const std::vector<PathEnd> ends =
            choose_path_ends(*host, inventory.sdts, options.vmks, options.nics);
        const std::vector<PlannedPath> paths = expected_paths(inventory, *host, options);
        if (!has_blocker(findings) && paths.empty()) {
            findings.push_back(finding(
                "N-TAG-01", "host " + host->name,
                fmt::format("host '{}' has no VMkernel port and NIC for NVMe/TCP", host->name)));
        }
        append_findings(plan.findings, findings);
        if (has_blocker(findings)) {
            plan.left_behind.push_back({"host " + host->name, "", "a check blocks it"});
            continue;
        }
        if (paths.size() < 2) {
            append_findings(plan.findings,
                            {finding("N-RED-01", "host " + host->name,
                                     fmt::format("host '{}' gets a single path", host->name))});
        }
        plan.units.push_back(make_onboarding_unit(inventory, *host, ends, paths, *pool));
    }
    if (has_blocker(plan.findings)) {
        plan.units.clear();
    }
    for (Unit& unit : plan.units) {
        unit.fingerprint = fingerprint(inventory, unit).value_or("");
    }
    seal(plan);
    return plan;
}

} // namespace pf::nvmetool
