// The report of a plan (before) or a run (after): one JSON document (docs/formats/report.md), and
// what is made of it: one self-contained HTML page with the same template for both, CSV tables,
// Markdown, JUnit.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/journal.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
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
[[nodiscard]] Result<std::string> report_markdown(const std::string& report_json);
// Checks, units and read-backs as test cases, so that a pipeline shows them.
[[nodiscard]] Result<std::string> report_junit(const std::string& report_json);

// The tables of the CSV form; "units" first.
[[nodiscard]] std::span<const std::string_view> report_tables();
// RFC 4180, a header line first. InvalidArgument names the tables there are.
[[nodiscard]] Result<std::string> report_csv(const std::string& report_json,
                                             std::string_view table);

// Excel: a sheet for each table.
[[nodiscard]] Result<std::string> report_xlsx(const std::string& report_json);

// By name: html, json, csv, md, junit, xlsx.
[[nodiscard]] Result<std::string> report_as(const std::string& report_json, std::string_view format,
                                            std::string_view table);

} // namespace pf::nvmetool
