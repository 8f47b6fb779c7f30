#include "libpf/operations.hpp"

#include <gtest/gtest.h>

namespace pf::powerflex {
namespace {

const VolumeRef kVolume(VolumeId("b5a167e40000000b"), "ds1");
const HostRef kHost(HostId("13bf22b500010004"), "esx01");
const SystemId kSystem("1250de83018c2d0f");

TEST(Operations, CreateNvmeHost) {
    CreateNvmeHost op;
    op.nqn = "nqn.2014-08.com.lab:esx01";
    op.name = "esx01";
    op.max_paths = 4;
    const auto preview = prepare(op);
    ASSERT_TRUE(preview);
    EXPECT_EQ(preview->rest(),
              R"(POST /api/types/Host/instances {"nqn":"nqn.2014-08.com.lab:esx01",)"
              R"("name":"esx01","maxNumPaths":"4"})");
    EXPECT_EQ(preview->scli, "scli --add_nvme_host --nvme_host_nqn nqn.2014-08.com.lab:esx01 "
                             "--host_name esx01 --max_num_paths 4");
}

TEST(Operations, MappingSpellsTheProtocol) {
    MapVolume map;
    map.volume = kVolume;
    map.host = kHost;
    EXPECT_EQ(prepare(map)->rest(),
              R"(POST /api/instances/Volume::b5a167e40000000b/action/addMappedHost )"
              R"({"hostId":"13bf22b500010004","allowMultipleMappings":"TRUE"})");
    map.kind = HostKind::Sdc;
    map.allow_multiple_mappings = false;
    map.access = AccessMode::ReadOnly;
    const auto sdc = prepare(map);
    EXPECT_EQ(sdc->rest(), R"(POST /api/instances/Volume::b5a167e40000000b/action/addMappedSdc )"
                           R"({"sdcId":"13bf22b500010004","allowMultipleMappings":"FALSE",)"
                           R"("accessMode":"ReadOnly"})");
    EXPECT_EQ(sdc->scli, "scli --map_volume_to_sdc --volume_id b5a167e40000000b --sdc_id "
                         "13bf22b500010004 --access_mode read_only");
    EXPECT_EQ(sdc->summary, "map volume ds1 (b5a167e40000000b) to SDC esx01 (13bf22b500010004)");
    UnmapVolume unmap;
    unmap.volume = kVolume;
    unmap.host = kHost;
    EXPECT_EQ(prepare(unmap)->body, R"({"hostId":"13bf22b500010004"})");
}

TEST(Operations, NumbersTravelAsText) {
    SetMappingLimits limits;
    limits.volume = kVolume;
    limits.host = kHost;
    limits.limits = {100, 10};
    EXPECT_EQ(prepare(limits)->body,
              R"({"sdcId":"13bf22b500010004","bandwidthLimitInKbps":"10240","iopsLimit":"100"})");
    limits.limits.iops = 10;
    EXPECT_EQ(prepare(limits).error().code, Errc::InvalidArgument);
    ResizeVolume resize{kVolume, 24};
    EXPECT_EQ(prepare(resize)->body, R"({"sizeInGB":"24"})");
    CreateVolume create;
    create.name = "new";
    create.size_kib = 1;
    create.pool = StoragePoolRef(StoragePoolId("e0d8f6c900000000"), "SP1");
    EXPECT_EQ(prepare(create)->body, R"({"name":"new","storagePoolId":"e0d8f6c900000000",)"
                                     R"("volumeSizeInKb":"1","volumeType":"ThinProvisioned"})");
}

TEST(Operations, SnapshotsOfSeveralVolumes) {
    CreateSnapshots op;
    op.system = kSystem;
    op.items = {{kVolume, "s1"}, {VolumeRef(VolumeId("b5a167e40000000c")), "s2"}};
    const auto preview = prepare(op);
    ASSERT_TRUE(preview);
    EXPECT_EQ(preview->path, "/api/instances/System::1250de83018c2d0f/action/snapshotVolumes");
    EXPECT_EQ(
        preview->body,
        R"({"snapshotDefs":[{"volumeId":"b5a167e40000000b","snapshotName":"s1"},)"
        R"({"volumeId":"b5a167e40000000c","snapshotName":"s2"}],"accessModeLimit":"ReadWrite"})");
    EXPECT_EQ(preview->scli, "scli --snapshot_volume --volume_id b5a167e40000000b,b5a167e40000000c "
                             "--snapshot_name s1,s2 --access_mode read_write");
    op.items.clear();
    EXPECT_FALSE(prepare(op));
}

TEST(Operations, RefusesWhatPowerFlexWouldRefuse) {
    RenameVolume rename{kVolume, std::string(32, 'x')};
    EXPECT_EQ(prepare(rename).error().code, Errc::InvalidArgument);
    rename.new_name = "two words";
    EXPECT_FALSE(prepare(rename));
    rename.new_name = "a+/=b";
    EXPECT_TRUE(prepare(rename));
    rename.volume.id = VolumeId("../../x");
    EXPECT_FALSE(prepare(rename));
    EXPECT_FALSE(prepare(OverwriteVolume{kVolume, kVolume}));
    CreateNvmeHost host;
    host.nqn = "iqn.1998-01.com.vmware:esx01";
    EXPECT_FALSE(prepare(host));
}

TEST(Operations, ShellTextIsQuoted) {
    RenameHost op{kHost, "it's;rm"};
    const auto preview = prepare(op);
    ASSERT_TRUE(preview);
    EXPECT_EQ(preview->scli,
              R"(scli --rename_sdc --sdc_id 13bf22b500010004 --new_name 'it'\''s;rm')");
    EXPECT_NE(preview->curl("https://gw").find(R"('{"sdcName":"it'\''s;rm"}')"), std::string::npos);
}

} // namespace
} // namespace pf::powerflex
