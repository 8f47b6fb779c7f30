#include "tools/pf-lab/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace pf::lab {
namespace {

TEST(LabConfig, HostNqnIsDerivedFromTheNameAsEsxiDoes) {
    EXPECT_EQ(host_nqn("esx01.lab.local"), "nqn.2014-08.local.lab:nvme:esx01");
    EXPECT_EQ(host_nqn("esx01"), "nqn.2014-08.localdomain:nvme:esx01");
}

TEST(LabConfig, SdcGuidsAreStableAndDifferByHostAndLab) {
    EXPECT_EQ(sdc_guid("127.71", "a"), sdc_guid("127.71", "a"));
    EXPECT_NE(sdc_guid("127.71", "a"), sdc_guid("127.71", "b"));
    EXPECT_NE(sdc_guid("127.71", "a"), sdc_guid("127.72", "a"));
    EXPECT_EQ(sdc_guid("127.71", "a").size(), 36u);
}

TEST(LabConfig, NetworksOutsideLoopbackAreRefused) {
    EXPECT_TRUE(check_network("127.0"));
    EXPECT_TRUE(check_network("127.255"));
    for (const auto* bad : {"", "127", "127.", "127.256", "127.7.1", "10.1", "192.168", "127.x"})
        EXPECT_FALSE(check_network(bad)) << bad;
}

TEST(LabConfig, TheDefaultEstateIsTheFoundingDocuments) {
    auto estate = default_estate("127.71");
    ASSERT_TRUE(estate.complete());
    ASSERT_EQ(estate.hosts.size(), 4u);
    EXPECT_GE(estate.datastores.size(), 4u);
    std::set<std::string> addresses;
    for (const auto& host : estate.hosts) {
        EXPECT_EQ(host.version, "7.0.3");
        for (const auto& vmk : host.vmks)
            if (vmk.name != "vmk0") {
                EXPECT_TRUE(vmk.address.starts_with("127.71.")) << vmk.address;
                EXPECT_TRUE(addresses.insert(vmk.address).second) << vmk.address;
            }
    }
    // Each disk has known data of its own, so that a mixed-up disk is noticed.
    std::set<std::uint64_t> seeds;
    for (const auto& vm : estate.vms)
        for (const auto& disk : vm.disks)
            if (disk.rdm.empty())
                EXPECT_TRUE(seeds.insert(disk.seed).second) << vm.name;
}

TEST(LabConfig, ListsNameEveryEndpoint) {
    LabConfig config;
    config.estate = default_estate(config.network);
    EXPECT_EQ(config.sdt_list(), "127.71.1.1:4420 127.71.1.2:4420 127.71.1.3:4420");
    const auto list = config.esxi_list();
    EXPECT_EQ(std::count(list.begin(), list.end(), ' '), 3);
    EXPECT_TRUE(list.starts_with("127.71.4.1:8443 "));
}

TEST(LabConfig, AMissingEstateFileIsNotFound) {
    const auto missing = load_estate("/nonexistent/estate.yaml", "127.71");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::NotFound);
}

} // namespace
} // namespace pf::lab
