#include "base/glob.hpp"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(Glob, RunsAndSingleCharacters) {
    EXPECT_TRUE(glob_match("sdc-*", "sdc-ds-01"));
    EXPECT_TRUE(glob_match("*", ""));
    EXPECT_TRUE(glob_match("", ""));
    EXPECT_FALSE(glob_match("", "a"));
    EXPECT_TRUE(glob_match("a*b*c", "aXXbYYc"));
    EXPECT_TRUE(glob_match("a*b*c", "a-b-b-c"));
    EXPECT_TRUE(glob_match("esxcli nvme * connect", "esxcli nvme fabrics connect"));
    EXPECT_TRUE(glob_match("*Vmfs*", "RescanVmfs"));
    EXPECT_FALSE(glob_match("*Vmfs", "RescanVmfsX"));
    EXPECT_FALSE(glob_match("Rescan", "RescanVmfs"));
    EXPECT_TRUE(glob_match("ds-?", "ds-1"));
    EXPECT_FALSE(glob_match("ds-?", "ds-10"));
    EXPECT_FALSE(glob_match("ds-?", "ds-"));
}

TEST(Glob, AStarInTheTextIsACharacterLikeOthers) {
    EXPECT_FALSE(glob_match("a*b", "a*bc"));
    EXPECT_TRUE(glob_match("*b", "*ab"));
    EXPECT_TRUE(glob_match("a?c", "a*c"));
}

} // namespace
} // namespace pf
