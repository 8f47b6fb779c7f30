#include "base/file.hpp"
#include "base/secret.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

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

class Environment { // one variable, as it was afterwards
  public:
    Environment(const char* name, const std::string& value) : name_(name) {
        if (const char* before = ::getenv(name); before != nullptr)
            before_ = before;
        ::setenv(name, value.c_str(), 1);
    }
    ~Environment() {
        if (before_)
            ::setenv(name_, before_->c_str(), 1);
        else
            ::unsetenv(name_);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

  private:
    const char* name_;
    std::optional<std::string> before_;
};

TEST(Secret, NetrcByMachineAndLogin) {
    const TempDir dir;
    const std::string path = dir / "netrc";
    const Environment named("NETRC", path);
    const std::string text = "# of the lab\n"
                             "machine vc01 login administrator@vsphere.local password first\n"
                             "macdef init\nmachine pf password wrong\n\n"
                             "machine vc01\n  login other password \"two words\\\"\"\n"
                             "machine pf account x password third # note\n"
                             "default login any password last\n";
    ASSERT_TRUE(write_file_atomic(path, text, 0600));
    EXPECT_EQ(resolve_secret("netrc:vc01")->expose(), "first");
    EXPECT_EQ(resolve_secret("netrc:administrator@vsphere.local@vc01")->expose(), "first");
    EXPECT_EQ(resolve_secret("netrc:other@vc01")->expose(), "two words\"");
    EXPECT_EQ(resolve_secret("netrc:pf")->expose(), "third");
    EXPECT_EQ(resolve_secret("netrc:elsewhere")->expose(), "last");
    const auto nobody = resolve_secret("netrc:nobody@vc01");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, Errc::NotFound);
    EXPECT_EQ(nobody.error().what.find("first"), std::string::npos);
    EXPECT_EQ(resolve_secret("netrc:").error().code, Errc::InvalidArgument);
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    EXPECT_EQ(resolve_secret("netrc:vc01").error().code, Errc::PermissionDenied);
    ASSERT_EQ(::unlink(path.c_str()), 0);
    EXPECT_EQ(resolve_secret("netrc:vc01").error().code, Errc::NotFound);
}

TEST(Secret, CredentialsOfSystemd) {
    const TempDir dir;
    ::unsetenv("CREDENTIALS_DIRECTORY");
    EXPECT_EQ(resolve_secret("systemd-cred:pw").error().code, Errc::Unsupported);
    const Environment folder("CREDENTIALS_DIRECTORY", dir.path());
    ASSERT_TRUE(write_file_atomic(dir / "pw", "from systemd\n", 0400));
    EXPECT_EQ(resolve_secret("systemd-cred:pw")->expose(), "from systemd");
    EXPECT_EQ(resolve_secret("systemd-cred:none").error().code, Errc::NotFound);
    EXPECT_EQ(resolve_secret("systemd-cred:../pw").error().code, Errc::InvalidArgument);
    ASSERT_EQ(::chmod((dir / "pw").c_str(), 0444), 0);
    EXPECT_EQ(resolve_secret("systemd-cred:pw").error().code, Errc::PermissionDenied);
}

TEST(Secret, KeyringThroughItsProgram) {
    const TempDir dir;
    {
        const Environment none("PATH", dir.path());
        const auto missing = resolve_secret("keyring:vc");
        ASSERT_FALSE(missing);
        EXPECT_EQ(missing.error().code, Errc::Unsupported);
        EXPECT_NE(missing.error().what.find("libsecret-tools"), std::string::npos);
    }
    const std::string script = "#!/bin/sh\n[ \"$1\" = lookup ] || exit 2\nshift\n"
                               "case \"$*\" in\n"
                               "'service pfnvme account vc') echo kept ;;\n"
                               "'host vc01 user me') echo chosen ;;\n"
                               "*) exit 1 ;;\nesac\n";
    ASSERT_TRUE(write_file_atomic(dir / "secret-tool", script, 0700));
    const Environment path("PATH", dir.path() + ":" + ::getenv("PATH"));
    EXPECT_EQ(resolve_secret("keyring:vc")->expose(), "kept");
    EXPECT_EQ(resolve_secret("keyring:host=vc01,user=me")->expose(), "chosen");
    EXPECT_EQ(resolve_secret("keyring:other").error().code, Errc::NotFound);
    EXPECT_EQ(resolve_secret("keyring:").error().code, Errc::InvalidArgument);
    EXPECT_EQ(resolve_secret("keyring:=x").error().code, Errc::InvalidArgument);
}

TEST(Secret, MoveLeavesNothingBehind) {
    Secret a("value");
    const Secret b(std::move(a));
    EXPECT_EQ(b.expose(), "value");
    EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move): that is the point
}

} // namespace
} // namespace pf
