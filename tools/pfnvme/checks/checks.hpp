// Checks: rules with stable ids that judge an inventory before anything is planned or changed.
//
// The table (all_checks) is data: id, severity, title, explanation, fix. Evaluation functions
// produce findings that name the object. A blocker keeps its object out of the plan (or stops a
// host verb); warnings are carried into plan and report.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class Severity { Blocker, Warning, Info };

struct CheckRule {
    std::string_view id;
    Severity severity;
    std::string_view title;
    std::string_view why;
    std::string_view fix;
};

[[nodiscard]] std::span<const CheckRule> all_checks();
[[nodiscard]] const CheckRule* find_check(std::string_view id);
[[nodiscard]] std::string_view to_string(Severity severity);

// Limits of a vSphere release. The table is dated; `docs/operating` says where it comes from.
struct ReleaseLimits {
    std::string_view from_version; // applies from this version on
    std::uint32_t namespaces_per_host;
    std::uint32_t paths_per_host;
    std::uint32_t paths_per_namespace;
};
[[nodiscard]] const ReleaseLimits& limits_for(const std::string& esxi_version);
[[nodiscard]] std::string_view limits_version();

[[nodiscard]] PlanFinding finding(std::string_view check, std::string object, std::string message,
                                  std::string fix = {});
[[nodiscard]] bool has_blocker(const std::vector<PlanFinding>& findings);

// Can this host become (or be) an NVMe/TCP host?
[[nodiscard]] std::vector<PlanFinding> check_host(const Inventory& inventory, const HostInfo& host);
// Is it ready to take a datastore over NVMe/TCP? Includes check_host.
[[nodiscard]] std::vector<PlanFinding> check_host_ready(const Inventory& inventory,
                                                        const HostInfo& host,
                                                        std::uint32_t new_namespaces,
                                                        std::uint32_t min_paths);
enum class Strategy { Online, Offline };
[[nodiscard]] std::vector<PlanFinding>
check_datastore(const Inventory& inventory, const DatastoreInfo& datastore, Strategy strategy);

} // namespace pf::nvmetool
