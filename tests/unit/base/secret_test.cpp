#include "base/file.hpp"
#include "base/secret.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace pf {
namespace {

TEST(Secret, ByReferenceOnly) {
    ::setenv("PF_TEST_SECRET", "s3cret", 1);
    EXPECT_EQ(resolve_secret("env:PF_TEST_SECRET")->expose(), "s3cret");
    EXPECT_EQ(resolve_secret("env:PF_TEST_NONE").error().code, Errc::NotFound);
    const auto literal = resolve_secret("hunter2");
    ASSERT_FALSE(literal);
    EXPECT_EQ(literal.error().what.find("hunter2"), std::string::npos);
    EXPECT_EQ(resolve_secret("cmd:echo  piped")->expose(), "piped");
    EXPECT_FALSE(resolve_secret("cmd:false"));
}

TEST(Secret, FileMustBePrivate) {
    const TempDir dir;
    ASSERT_TRUE(write_file_atomic(dir / "s", "pw\n", 0600));
    EXPECT_EQ(resolve_secret("file:" + (dir / "s"))->expose(), "pw");
    ASSERT_EQ(::chmod((dir / "s").c_str(), 0644), 0);
    EXPECT_EQ(resolve_secret("file:" + (dir / "s")).error().code, Errc::PermissionDenied);
}

TEST(Secret, MoveLeavesNothingBehind) {
    Secret a("value");
    const Secret b(std::move(a));
    EXPECT_EQ(b.expose(), "value");
    EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move): that is the point
}

} // namespace
} // namespace pf
