// Drawings of the HTML report: inline SVG, no script, no external reference. All texts are escaped.
#pragma once

#include "base/json.hpp"

#include <string>
#include <string_view>

namespace pf::nvmetool {

// Bars of units over time, the change windows behind them. `report` is the whole document.
[[nodiscard]] std::string gantt_svg(const json::object& report);
// Hosts on the left, volumes on the right, one line for each mapping in its protocol's colour.
// `side` is "before" or "after".
[[nodiscard]] std::string topology_svg(const json::object& report, std::string_view side);
// One square for each host and path, coloured by its last known state.
[[nodiscard]] std::string path_matrix_svg(const json::object& report);

} // namespace pf::nvmetool
