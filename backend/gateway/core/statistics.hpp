// Statistics: which names exist for a type, and what shape a name implies.
//
// The MDM reports capacities and counts. I/O counters are not collected: they read as zero, which
// PowerFlex's clients take for "idle". A name nobody knows reads as zero too, since real systems
// have misspelled names.
#pragma once

#include <boost/json/fwd.hpp>

#include <span>
#include <string_view>

namespace pf::gateway {

// Names listed by GET …/relationships/Statistics for this type.
[[nodiscard]] std::span<const std::string_view> statistics_names(std::string_view type);
// Zero in the shape that the name implies: {numSeconds,…} for counters, [] for id lists, 0
// otherwise.
[[nodiscard]] boost::json::value zero_statistic(std::string_view name);

} // namespace pf::gateway
