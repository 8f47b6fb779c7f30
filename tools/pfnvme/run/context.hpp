// How a journal keeps what vCenter knew about VMs, and what of it was lost.
#pragma once

#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/run_state.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

inline constexpr std::string_view kContextKey = "ctx.";
inline constexpr std::string_view kLostKey = "lost"; // one line for each

// "ctx.<instance UUID>.<kind>.<name>"
[[nodiscard]] std::string context_key(const ContextItem& item);
// The items among a step's evidence.
[[nodiscard]] std::vector<ContextItem> context_items(const Params& record);

// What a unit could not restore, as its last attempt said; one sentence each, the VM first.
[[nodiscard]] std::vector<std::string> lost_context(const Unit& unit, const UnitState& state);

} // namespace pf::nvmetool
