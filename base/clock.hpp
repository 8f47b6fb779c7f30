// Time as values. Cores get `now` as an argument; only shells read a clock.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace pf {

using namespace std::chrono_literals;

using MonoTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::nanoseconds;

inline MonoTime mono_now() { return std::chrono::steady_clock::now(); }
inline WallTime wall_now() { return std::chrono::system_clock::now(); }

// "2026-11-22T12:30:05.123Z", always UTC with milliseconds.
std::string format_rfc3339(WallTime time);
// Accepts Z or an offset, with or without fractions. InvalidArgument otherwise.
Result<WallTime> parse_rfc3339(std::string_view text);

} // namespace pf
