// Change windows as a list of open segments: a window less its freezes.
#include "tools/pfnvme/plan/windows.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

constexpr TimeMs kMsPerSecond = 1000;

} // namespace

TimeMs time_needed(StartRule rule, const TimeNeed& need) {
    switch (rule) {
    case StartRule::InsideWindow:
        return 0;
    case StartRule::P90BeforeEnd:
        return need.p90;
    case StartRule::P90PlusRollbackBeforeEnd:
        return need.p90 + need.rollback;
    }
    return 0;
}

std::vector<OpenSegment> open_segments(const std::vector<ChangeWindow>& windows) {
    std::vector<OpenSegment> out;
    const auto add = [&out](TimeMs start, TimeMs end) {
        if (start >= end) {
            return;
        }
        if (!out.empty() && out.back().end == start) {
            out.back().end = end; // two windows that touch are one
        } else {
            out.push_back({start, end});
        }
    };
    for (const ChangeWindow& window : windows) {
        TimeMs at = window.span.start_s * kMsPerSecond;
        for (const TimeSpan& freeze : window.freezes) {
            const TimeMs start = freeze.start_s * kMsPerSecond;
            add(at, start);
            at = std::max(at, freeze.end_s * kMsPerSecond);
        }
        add(at, window.span.end_s * kMsPerSecond);
    }
    return out;
}

std::optional<TimeMs> next_start_in(const std::vector<OpenSegment>& segments, TimeMs needed,
                                    TimeMs now) {
    for (const OpenSegment& segment : segments) {
        const TimeMs start = std::max(now, segment.start);
        if (start < segment.end && start + needed <= segment.end) {
            return start;
        }
    }
    return std::nullopt;
}

std::optional<TimeMs> next_start(const std::vector<ChangeWindow>& windows, StartRule rule,
                                 const TimeNeed& need, TimeMs now) {
    if (windows.empty()) {
        return now;
    }
    return next_start_in(open_segments(windows), time_needed(rule, need), now);
}

std::optional<TimeMs> last_start(const std::vector<ChangeWindow>& windows, StartRule rule,
                                 const TimeNeed& need) {
    const std::vector<OpenSegment> segments = open_segments(windows);
    const TimeMs needed = std::max<TimeMs>(time_needed(rule, need), 1);
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
        if (segment->end - needed >= segment->start) {
            return segment->end - needed;
        }
    }
    return std::nullopt;
}

TimeMs open_time(const std::vector<ChangeWindow>& windows, TimeMs from, TimeMs to) {
    if (windows.empty()) {
        return std::max<TimeMs>(to - from, 0);
    }
    TimeMs sum = 0;
    for (const OpenSegment& segment : open_segments(windows)) {
        sum +=
            std::max<TimeMs>(std::min(segment.end, to) - std::max(segment.start, from), TimeMs{0});
    }
    return sum;
}

} // namespace pf::nvmetool
