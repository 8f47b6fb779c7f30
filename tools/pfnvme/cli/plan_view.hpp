// What the plan verbs share: loading with the right exit codes, rates, times for people.
#pragma once

#include "base/options.hpp"
#include "base/result.hpp"
#include "tools/pfnvme/plan/estimate.hpp"
#include "tools/pfnvme/plan/intent.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>

namespace pf::nvmetool {

// An exit code instead of a value has been reported already.
template<class T>
using OrExit = tl::expected<T, int>;

// The first positional as a plan.
[[nodiscard]] OrExit<Plan> plan_of(const OptionValues& values, std::string_view verb);
[[nodiscard]] OrExit<Plan> plan_file(const std::string& path);
[[nodiscard]] OrExit<Intent> intent_file(const std::string& path);

void add_rates_options(OptionTable& table); // --rates, --start
[[nodiscard]] OrExit<CostModel> rates_of(const OptionValues& values);
[[nodiscard]] OrExit<std::int64_t> start_of(const OptionValues& values); // seconds since 1970

// 27h05, 12m, 45s
[[nodiscard]] std::string show_span(std::int64_t seconds);
// "2026-10-18 00:35Z"; below a year's seconds it is a time since the start of the run: "+2h10".
[[nodiscard]] std::string show_moment(std::int64_t seconds);

// Units, P50, P90, window, critical resource, last safe starts: what `plan estimate` prints.
[[nodiscard]] std::string estimate_text(const Plan& plan, const Estimate& estimate);
[[nodiscard]] boost::json::object estimate_json(const Plan& plan, const Estimate& estimate);

[[nodiscard]] OrExit<int> write_plan_file(const std::string& path, const std::string& text);

} // namespace pf::nvmetool
