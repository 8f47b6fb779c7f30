// What the compilers of migrations and of onboarding share.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

void fill_plan_header(Plan& plan, const Inventory& inventory, const std::string& created_at,
                      const std::string& tool_version);
// Each finding once.
void append_findings(std::vector<PlanFinding>& to, const std::vector<PlanFinding>& from);

} // namespace pf::nvmetool
