#include "base/file.hpp"
#include "base/options.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace pf {
namespace {

OptionTable table() {
    OptionTable t("prog", "does things", "PFTEST_");
    t.add({.name = "listen", .default_value = "127.0.0.1:1", .help = "address"});
    t.add(
        {.name = "lease", .type = OptionType::DurationMs, .default_value = "2s", .help = "lease"});
    t.add({.name = "size", .type = OptionType::SizeBytes, .help = "size", .min = 4096});
    t.add({.name = "yes", .type = OptionType::Flag, .help = "yes"});
    t.add({.name = "peer", .type = OptionType::List, .help = "peers"});
    return t;
}

TEST(Options, DefaultsAndUnits) {
    const auto v = table().parse({"--size", "64KiB", "--peer", "a", "--peer=b"});
    ASSERT_TRUE(v) << v.error().what;
    EXPECT_EQ(v->text("listen"), "127.0.0.1:1");
    EXPECT_EQ(v->integer("lease"), 2000);
    EXPECT_EQ(v->integer("size"), 65536);
    EXPECT_EQ(v->list("peer"), (std::vector<std::string>{"a", "b"}));
    EXPECT_FALSE(v->flag("yes"));
    EXPECT_TRUE(v->given("size"));
    EXPECT_FALSE(v->given("lease"));
}

TEST(Options, NeverGuessesAnAbbreviation) {
    EXPECT_FALSE(table().parse({"--ye"}));
    EXPECT_TRUE(table().parse({"--yes"})->flag("yes"));
}

TEST(Options, RefusesBadValuesByName) {
    const auto range = table().parse({"--size", "1"});
    ASSERT_FALSE(range);
    EXPECT_NE(range.error().what.find("--size"), std::string::npos);
    EXPECT_FALSE(table().parse({"--lease", "soon"}));
    EXPECT_FALSE(table().parse({"--size", "99999999999TiB"}));
    EXPECT_FALSE(table().parse({"stray"}));
    EXPECT_EQ(table().parse({"word"}, true)->positionals(), std::vector<std::string>{"word"});
}

TEST(Options, ArgvOverEnvironmentOverFileOverDefault) {
    const TempDir dir;
    ASSERT_TRUE(write_file_atomic(dir / "c.ini", "listen = file\nlease = 5s\n"));
    ::setenv("PFTEST_LISTEN", "environment", 1);
    const auto from_env = table().parse({"--config", dir / "c.ini"});
    ASSERT_TRUE(from_env);
    EXPECT_EQ(from_env->text("listen"), "environment");
    EXPECT_EQ(from_env->integer("lease"), 5000);
    EXPECT_EQ(table().parse({"--listen", "argv"})->text("listen"), "argv");
    ::unsetenv("PFTEST_LISTEN");
    ASSERT_TRUE(write_file_atomic(dir / "bad.ini", "nonsense = 1\n"));
    EXPECT_FALSE(table().parse({"--config", dir / "bad.ini"}));
}

} // namespace
} // namespace pf
