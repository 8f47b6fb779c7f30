// The report of a plan (before) or a run (after): one JSON document, and one self-contained HTML
// page made from it with the same template for both.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/journal.hpp"

#include <map>
#include <string>
#include <vector>

namespace pf::nvmetool {

// What a dry run saw: (unit, step) → "already" or "would do".
using DryRunStates = std::map<std::pair<std::string, std::string>, std::string>;

// JSON text, pretty, with "schemaVersion".
[[nodiscard]] std::string plan_report_json(const Plan& plan, const DryRunStates& states);
[[nodiscard]] std::string run_report_json(const Plan& plan, const std::string& run_id,
                                          const std::vector<Record>& records);

// `report_json` comes from one of the two above.
[[nodiscard]] Result<std::string> report_html(const std::string& report_json);

} // namespace pf::nvmetool
