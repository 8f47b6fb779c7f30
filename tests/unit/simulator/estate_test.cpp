// Estate files, vmx and vmdk texts, known data.
#include "base/json.hpp"
#include "base/yaml.hpp"
#include "libvsphere/simulator/estate.hpp"
#include "libvsphere/simulator/known_data.hpp"
#include "libvsphere/simulator/vmx.hpp"

#include <gtest/gtest.h>

namespace pf::vim::sim {
namespace {

std::string problem(const char* yaml) {
    auto value = parse_yaml(yaml);
    if (!value) {
        return "yaml: " + value.error().what;
    }
    auto estate = Estate::from_value(*value);
    return estate ? "" : estate.error().what;
}

TEST(EstateFile, ReadsWhatItKnows) {
    auto value = parse_yaml(R"(
cluster: esx-cl01
hosts:
  - name: esx01.lab.local
    build: 20036589
    nics: [{name: vmnic0}, {name: vmnic1, speed_mbps: 0}]
    portgroups: [{name: Storage-A, active_nics: [vmnic0]}]
    vmks: [{name: vmk1, portgroup: Storage-A, address: 10.0.0.1}]
datastores: [{name: ds1, volume: v1}]
vms:
  - name: db01
    datastore: ds1
    bus_sharing: physical
    disks: [{size_bytes: 1048576, seed: 7, sharing: multi-writer}]
)");
    ASSERT_TRUE(value) << value.error().what;
    auto estate = Estate::from_value(*value);
    ASSERT_TRUE(estate) << estate.error().what;
    EXPECT_EQ(estate->hosts[0].build, "20036589");
    EXPECT_EQ(estate->hosts[0].nics[1].speed_mbps, 0U);
    EXPECT_FALSE(estate->hosts[0].nics[0].mac.empty());
    EXPECT_EQ(estate->vms[0].host, "esx01.lab.local");
    EXPECT_EQ(estate->vms[0].disks[0].seed, 7U);
}

TEST(EstateFile, SaysWhereItIsWrong) {
    EXPECT_EQ(problem("hosts: [{name: a, colour: red}]"), "estate.hosts[0]: unknown key 'colour'");
    EXPECT_EQ(problem("hosts: [{name: a, nics: [{name: vmnic0, mtu: -1}]}]"),
              "estate.hosts[0].nics[0].mtu must be a number in range");
    EXPECT_EQ(problem("cluster: x"), "the estate has no host");
    EXPECT_NE(problem("hosts: [{name: a}]\nvms: [{name: v, datastore: nope}]").find("nope"),
              std::string::npos);
    EXPECT_NE(problem("hosts: [{name: a}, {name: a}]").find("twice"), std::string::npos);
}

TEST(Vmx, KeepsKeysAndQuotes) {
    auto vmx = VmxFile::parse("displayName = \"a\"\r\nMemSize=\"64\"\n# comment\n\n");
    ASSERT_TRUE(vmx);
    EXPECT_EQ(vmx->get_int("memsize", 0), 64);
    vmx->set("DISPLAYNAME", "say \"hi\" | # \n");
    auto again = VmxFile::parse(vmx->text());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->get("displayName"), "say \"hi\" | # \n");
    EXPECT_FALSE(VmxFile::parse("no equals sign"));
}

TEST(Vmx, DescriptorsRoundTrip) {
    DiskDescriptor disk;
    disk.extent_file = "a-flat.vmdk";
    disk.size_bytes = 8u << 20;
    disk.uuid = vmx_uuid("6000c290-1234-5678-9abc-def012345678");
    auto back = DiskDescriptor::parse(disk.text());
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(back->size_bytes, disk.size_bytes);
    EXPECT_EQ(back->extent_file, "a-flat.vmdk");
    EXPECT_TRUE(back->thin);
    EXPECT_EQ(plain_uuid(back->uuid), "6000c290-1234-5678-9abc-def012345678");
    EXPECT_FALSE(DiskDescriptor::parse("version=1\n"));
    auto path = DatastorePath::parse("[ds 01] vm/a.vmx");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->datastore, "ds 01");
    EXPECT_EQ(path->str(), "[ds 01] vm/a.vmx");
    EXPECT_FALSE(DatastorePath::parse("vm/a.vmx"));
}

TEST(KnownData, FindsEveryChangedByte) {
    Bytes data(64 << 10);
    fill_pattern(5, 1 << 20, data);
    EXPECT_EQ(count_pattern_errors(5, 1 << 20, data), 0U);
    data[777] ^= std::byte{1};
    EXPECT_EQ(count_pattern_errors(5, 1 << 20, data), 1U);
    EXPECT_GT(count_pattern_errors(6, 1 << 20, data), data.size() / 2);
    EXPECT_GT(count_pattern_errors(5, 0, data), data.size() / 2);
    CounterBlock block;
    block.counter = 99;
    Bytes encoded = encode_counter(block);
    EXPECT_EQ(decode_counter(encoded)->counter, 99U);
    encoded[100] ^= std::byte{1};
    EXPECT_FALSE(decode_counter(encoded));
}

} // namespace
} // namespace pf::vim::sim
