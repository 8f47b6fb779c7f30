#include "base/clock.hpp"

#include <cstdio>
#include <ctime>

namespace pf {

std::string format_rfc3339(WallTime time) {
    using namespace std::chrono;
    const auto ms = duration_cast<milliseconds>(time.time_since_epoch());
    const auto seconds_part = floor<seconds>(ms);
    const auto millis = (ms - seconds_part).count();
    const std::time_t t = static_cast<std::time_t>(seconds_part.count());
    std::tm utc{};
    gmtime_r(&t, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, millis);
}

Result<WallTime> parse_rfc3339(std::string_view text) {
    const std::string copy(text);
    std::tm utc{};
    int consumed = 0;
    if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &utc.tm_year, &utc.tm_mon,
                    &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &consumed) != 6 ||
        consumed < 19)
        return fail(Errc::InvalidArgument, "'{}' is not an RFC 3339 time", text);
    if (utc.tm_mon < 1 || utc.tm_mon > 12 || utc.tm_mday < 1 || utc.tm_mday > 31 ||
        utc.tm_hour > 23 || utc.tm_min > 59 || utc.tm_sec > 60)
        return fail(Errc::InvalidArgument, "'{}' is not an RFC 3339 time", text);
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    auto at = static_cast<std::size_t>(consumed);
    std::int64_t nanos = 0;
    if (at < copy.size() && copy[at] == '.') {
        std::int64_t scale = 100'000'000;
        std::size_t digits = 0;
        for (++at; at < copy.size() && copy[at] >= '0' && copy[at] <= '9'; ++at, ++digits) {
            nanos += (copy[at] - '0') * scale;
            scale /= 10;
        }
        if (digits == 0)
            return fail(Errc::InvalidArgument, "'{}' is not an RFC 3339 time", text);
    }
    int offset_seconds = 0;
    if (at < copy.size() && (copy[at] == 'Z' || copy[at] == 'z')) {
        ++at;
    } else if (at < copy.size() && (copy[at] == '+' || copy[at] == '-')) {
        int hours = 0;
        int minutes = 0;
        int used = 0;
        if (std::sscanf(copy.c_str() + at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
            used != 5)
            return fail(Errc::InvalidArgument, "'{}' has no valid UTC offset", text);
        offset_seconds = (hours * 60 + minutes) * 60 * (copy[at] == '-' ? -1 : 1);
        at += 6;
    } else {
        return fail(Errc::InvalidArgument, "'{}' has no UTC offset", text);
    }
    if (at != copy.size())
        return fail(Errc::InvalidArgument, "'{}' is not an RFC 3339 time", text);
    const std::time_t t = timegm(&utc);
    return WallTime(std::chrono::duration_cast<WallTime::duration>(
        std::chrono::seconds(t - offset_seconds) + std::chrono::nanoseconds(nanos)));
}

} // namespace pf
