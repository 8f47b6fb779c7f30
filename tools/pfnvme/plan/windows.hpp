// What scheduler and estimator share about change windows.
#pragma once

#include "tools/pfnvme/plan/scheduler.hpp"

#include <optional>
#include <vector>

namespace pf::nvmetool {

struct OpenSegment {
    TimeMs start = 0;
    TimeMs end = 0;
};

// In order; `windows` are sorted and don't overlap.
[[nodiscard]] std::vector<OpenSegment> open_segments(const std::vector<ChangeWindow>& windows);

// Time that has to be left in the window when the work starts.
[[nodiscard]] TimeMs time_needed(StartRule rule, const TimeNeed& need);

[[nodiscard]] std::optional<TimeMs> next_start_in(const std::vector<OpenSegment>& segments,
                                                  TimeMs needed, TimeMs now);

} // namespace pf::nvmetool
