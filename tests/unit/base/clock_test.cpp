#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(Rfc3339, RoundTrip) {
    const auto time = parse_rfc3339("2026-11-22T12:30:05.123Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(format_rfc3339(*time), "2026-11-22T12:30:05.123Z");
}

TEST(Rfc3339, Offsets) {
    EXPECT_EQ(format_rfc3339(*parse_rfc3339("2026-10-17T20:00:00+02:00")),
              "2026-10-17T18:00:00.000Z");
    EXPECT_EQ(format_rfc3339(*parse_rfc3339("2026-10-17T20:00:00.5-00:30")),
              "2026-10-17T20:30:00.500Z");
}

TEST(Rfc3339, Refuses) {
    for (const auto* text :
         {"", "2026-10-17", "2026-10-17T20:00:00", "2026-13-17T20:00:00Z", "2026-10-17T20:00:00Zx",
          "2026-10-17T20:00:00.Z", "2026-10-17T20:00:00+2:00"})
        EXPECT_FALSE(parse_rfc3339(text)) << text;
}

} // namespace
} // namespace pf
