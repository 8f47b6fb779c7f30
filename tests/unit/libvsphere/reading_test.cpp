// What a host tells of itself and of its storage (reference sections 2.1, 2.2, 2.5), field by
// field.

#include "libvsphere/host.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

namespace pf::vim {
namespace {

using test::Answer;
using test::content_of;
using test::page;
using test::property;

class Reading : public ::testing::Test {
  protected:
    void SetUp() override {
        auto connected = server.connect();
        ASSERT_TRUE(connected) << connected.error().what;
        session = std::move(*connected);
    }
    void answer(const MoRef& object, std::vector<Value> properties) {
        server.on("RetrievePropertiesEx",
                  Answer(page({Value(content_of(object, std::move(properties)))})));
    }
    test::FakeServer server;
    std::unique_ptr<Session> session;
    const Host host = test::scripted_host();
};

TEST_F(Reading, CapabilitiesAndNamesOfAHost) {
    DataObject capability("HostCapability", {{"vmotionWithStorageVMotionSupported", Value(true)},
                                             {"maxNumDisksSVMotion", Value(248)},
                                             {"storageVMotionSupported", Value(true)},
                                             {"markPerenniallyReservedSupported", Value(true)},
                                             {"nvmeOverTcpSupported", Value(true)},
                                             {"nvmeVvolSupported", Value(true)},
                                             {"vvolNQNSupported", Value(false)},
                                             {"vmfsDatastoreMountCapable", Value(true)}});
    capability.set("supportedVmfsMajorVersion", Value::array("int", {Value(5), Value(6)}));
    DataObject nqn("HostQualifiedName", {{"value", Value("nqn.2014-08.com.vmware:nvme:esx01")},
                                         {"type", Value("nvmeQualifiedName")}});
    DataObject vvol("HostQualifiedName", {{"value", Value("nqn.2021-01.com.vmware:vvol")},
                                          {"type", Value("vvolNvmeQualifiedName")}});
    DataObject system(
        "HostSystemInfo",
        {{"vendor", Value("Dell Inc.")}, {"model", Value("PowerEdge")}, {"uuid", Value("4c4c")}});
    system.set("qualifiedName", Value::array("HostQualifiedName", {Value(nqn)}));
    system.set("vvolHostNQN", Value(vvol));
    system.set("vvolHostId", Value("vvol-id"));
    answer(host.ref, {Value(property("capability", Value(capability))),
                      Value(property("hardware.systemInfo", Value(system)))});
    auto read = read_host(*session, host.ref);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->nvme_nqn, "nqn.2014-08.com.vmware:nvme:esx01");
    EXPECT_EQ(read->vvol_nvme_nqn, "nqn.2021-01.com.vmware:vvol");
    EXPECT_EQ(read->vvol_host_id, "vvol-id");
    EXPECT_EQ(read->nvme_over_tcp, true);
    EXPECT_EQ(read->nvme_vvol, true);
    EXPECT_EQ(read->vvol_nqn, false);
    EXPECT_EQ(read->vmotion_with_storage, true);
    EXPECT_EQ(read->vmfs_mountable, true);
    EXPECT_EQ(read->perennial_reservations, true);
    EXPECT_EQ(read->max_disks_per_svmotion, 248);
    EXPECT_EQ(read->vmfs_versions, (std::vector<int>{5, 6}));
    EXPECT_EQ(read->nvme_batch, std::nullopt); // not told is not "no"
}

TEST_F(Reading, DevicesPathsAndVolumes) {
    DataObject lun("HostScsiDisk", {{"deviceName", Value("/vmfs/devices/disks/eui.1")},
                                    {"deviceType", Value("disk")},
                                    {"key", Value("lun-key")},
                                    {"uuid", Value("lun-1")},
                                    {"canonicalName", Value("eui.1")},
                                    {"lunType", Value("disk")},
                                    {"protocolEndpoint", Value(false)},
                                    {"clusteredVmdkSupported", Value(true)},
                                    {"deviceReservation", Value("reservedBySelf")}});
    lun.set("operationalState", Value::strings({"ok"}));
    DataObject logical("HostMultipathInfoLogicalUnit",
                       {{"key", Value("m")}, {"id", Value("id-1")}, {"lun", Value("lun-key")}});
    logical.set("policy", Value(DataObject("HostMultipathInfoHppLogicalUnitPolicy",
                                           {{"policy", Value("LB-Latency")},
                                            {"bytes", Value(int64_t{10485760})},
                                            {"iops", Value(int64_t{1000})},
                                            {"path", Value("vmhba65:C0:T0:L0")},
                                            {"latencyEvalTime", Value(int64_t{30000})},
                                            {"samplingIosPerPath", Value(int64_t{16})}})));
    DataObject multipath("HostMultipathInfo");
    multipath.set("lun", Value::array("HostMultipathInfoLogicalUnit", {Value(logical)}));
    DataObject device("HostStorageDeviceInfo", {{"softwareInternetScsiEnabled", Value(false)}});
    device.set("scsiLun", Value::array("ScsiLun", {Value(lun)}));
    device.set("multipathInfo", Value(multipath));
    DataObject mount("HostFileSystemMountInfo");
    mount.set("mountInfo",
              Value(DataObject("HostMountInfo", {{"accessMode", Value("readWrite")},
                                                 {"mounted", Value(false)},
                                                 {"mountFailedReason", Value("no space")}})));
    mount.set("volume", Value(DataObject("HostVmfsVolume", {{"type", Value("VMFS")},
                                                            {"name", Value("ds01")},
                                                            {"capacity", Value(int64_t{1})},
                                                            {"unmapPriority", Value("low")},
                                                            {"majorVersion", Value(6)},
                                                            {"version", Value("6.82")},
                                                            {"uuid", Value("u-1")},
                                                            {"ssd", Value(true)},
                                                            {"local", Value(false)}})));
    DataObject volumes("HostFileSystemVolumeInfo");
    volumes.set("mountInfo", Value::array("HostFileSystemMountInfo", {Value(mount)}));
    answer(host.managers.storage, {Value(property("storageDeviceInfo", Value(device))),
                                   Value(property("fileSystemVolumeInfo", Value(volumes)))});
    auto read = read_storage(*session, host);
    ASSERT_TRUE(read) << read.error().what;
    const ScsiDevice* disk = read->device("eui.1");
    ASSERT_TRUE(disk);
    EXPECT_EQ(disk->clustered_vmdk, true);
    EXPECT_EQ(disk->protocol_endpoint, false);
    EXPECT_EQ(disk->reservation, "reservedBySelf");
    EXPECT_EQ(disk->perennially_reserved, std::nullopt);
    const MultipathDevice* paths = read->paths_of("eui.1");
    ASSERT_TRUE(paths);
    EXPECT_TRUE(paths->hpp());
    EXPECT_EQ(paths->bytes, 10485760);
    EXPECT_EQ(paths->iops, 1000);
    EXPECT_EQ(paths->latency_eval_ms, 30000);
    EXPECT_EQ(paths->samples_per_path, 16);
    EXPECT_EQ(paths->preferred_path, "vmhba65:C0:T0:L0");
    const MountedVolume* volume = read->volume("u-1");
    ASSERT_TRUE(volume);
    EXPECT_FALSE(volume->mounted);
    EXPECT_EQ(volume->mount_failed_reason, "no space");
    EXPECT_EQ(volume->unmap_priority, "low");
    EXPECT_EQ(volume->vmfs_major, 6);
    EXPECT_EQ(volume->ssd, true);
    EXPECT_EQ(volume->local, false);
}

} // namespace
} // namespace pf::vim
