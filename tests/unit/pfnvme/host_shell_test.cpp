// What voma prints, and who is asked where.
#include "tools/pfnvme/adapters/host_shell.hpp"

#include <gtest/gtest.h>

namespace pf::nvmetool {
namespace {

TEST(Voma, TotalIsTheVerdict) {
    const MetadataCheck clean = parse_voma(0,
                                           "Running VMFS Checker version 2.1 in check mode\n"
                                           "Phase 5: Checking resource reference counts.\n\n"
                                           "Total Errors Found:           0\n",
                                           "");
    EXPECT_TRUE(clean.performed);
    EXPECT_EQ(clean.errors, 0u);
    const MetadataCheck broken = parse_voma(1, "Total Errors Found: 12\n  something\n", "");
    EXPECT_TRUE(broken.performed);
    EXPECT_EQ(broken.errors, 12u);
    EXPECT_EQ(broken.text, "Total Errors Found: 12");
}

// A total that is not there, or is no number, is never taken for zero.
TEST(Voma, NoTotalIsNoCheck) {
    for (const char* out : {"", "Total Errors Found:", "Total Errors Found: none\n",
                            "Phase 1: Checking VMFS header and resource files\n"}) {
        const MetadataCheck check = parse_voma(0, out, "");
        EXPECT_FALSE(check.performed) << out;
    }
    const MetadataCheck mounted =
        parse_voma(1, "", "ERROR: Failed to check VMFS volume: it is mounted on this host\n");
    EXPECT_FALSE(mounted.performed);
    EXPECT_NE(mounted.text.find("it is mounted on this host"), std::string::npos) << mounted.text;
    EXPECT_NE(mounted.text.find("status 1"), std::string::npos) << mounted.text;
}

TEST(HostShell, AddressesAreReadStrictly) {
    const auto read = parse_shell_addresses(" esx01=10.0.0.1,esx02=10.0.0.2  esx03=fe80::1 ");
    ASSERT_TRUE(read.has_value()) << read.error().what;
    EXPECT_EQ(read->size(), 3u);
    EXPECT_EQ(read->at("esx03"), "fe80::1");
    EXPECT_TRUE(parse_shell_addresses("")->empty());
    for (const char* wrong : {"esx01", "=10.0.0.1", "esx01=", "esx01=1 esx02"}) {
        const auto refused = parse_shell_addresses(wrong);
        ASSERT_FALSE(refused.has_value()) << wrong;
        EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
    }
}

TEST(HostShell, DeviceNameNeverBecomesAShellWord) {
    ShellAccess access;
    access.enabled = true;
    const HostShell shell(access);
    for (const char* device : {"", "eui.00; reboot", "eui.$(id)", "eui.00 -x"}) {
        const auto refused = shell.check_vmfs("esx01", device, 1);
        ASSERT_FALSE(refused.has_value()) << device;
        EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
    }
}

// Port 1 of the loopback answers nobody: the check is not performed, and says how to get one.
TEST(HostShell, NoServiceIsACheckNotPerformed) {
    ShellAccess access;
    access.enabled = true;
    access.port = 1;
    access.known_hosts_file = "/dev/null";
    access.addresses = {{"esx01", "127.0.0.1"}};
    const auto check = HostShell(access).check_vmfs("esx01", "eui.0011", 1);
    ASSERT_TRUE(check.has_value()) << check.error().what;
    EXPECT_FALSE(check->performed);
    EXPECT_NE(check->text.find("start the host's SSH service"), std::string::npos) << check->text;
    EXPECT_FALSE(HostShell(access).probe("esx01").has_value());
}

} // namespace
} // namespace pf::nvmetool
