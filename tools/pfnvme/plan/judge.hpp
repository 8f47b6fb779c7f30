// What keeps an object out of a plan: the checks, as units see them. A VM that uses several
// datastores, or shares a disk, blocks its datastore only when not all of them move together.
#pragma once

#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/grouping.hpp"
#include "tools/pfnvme/plan/intent.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::nvmetool {

[[nodiscard]] std::vector<PlanFinding>
judge_component(const Inventory& inventory, const Intent& intent, const Component& component,
                Strategy strategy, const std::vector<const VmInfo*>& moving);

// The host's readiness to take datastores; namespaces are counted by the budget (plan/budget.hpp).
[[nodiscard]] std::vector<PlanFinding> judge_host(const Inventory& inventory, const Intent& intent,
                                                  const std::string& host_id);

// Marks the findings that the intent waives at this time. Checks that protect data are never
// waived.
void apply_waivers(const Intent& intent, std::int64_t now_s, std::vector<PlanFinding>& findings);
[[nodiscard]] bool waivable(std::string_view check);

[[nodiscard]] bool is_blocker(const PlanFinding& finding);

} // namespace pf::nvmetool
