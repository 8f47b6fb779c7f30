// Every change of a host's storage whose answer is lost: the state is read back until it shows the
// change. One case a call: the server does its work and never answers.

#include "libvsphere/datastore.hpp"
#include "libvsphere/host.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace pf::vim {
namespace {

using test::Answer;
using test::content_of;
using test::fault_of;
using test::NoAnswer;
using test::page;
using test::property;
using namespace std::chrono_literals;

constexpr const char* kNqn = "nqn.1988-11.com.dell:powerflex:00:1";

/// What the host's storage looks like.
struct Storage {
    bool adapter = true, controller = true, attached = true, mounted = true;
    std::string policy = "LB-RR";
};

Value storage_of(const MoRef& manager, const Storage& s) {
    DataObject device("HostStorageDeviceInfo", {{"softwareInternetScsiEnabled", Value(false)}});
    if (s.adapter)
        device.set(
            "hostBusAdapter",
            Value::array("HostHostBusAdapter",
                         {Value(DataObject("HostTcpHba", {{"key", Value("key-vmhba65")},
                                                          {"device", Value("vmhba65")},
                                                          {"bus", Value(0)},
                                                          {"status", Value("online")},
                                                          {"model", Value("NVMe/TCP")},
                                                          {"associatedPnic", Value("vmnic1")}}))}));
    DataObject lun("HostScsiDisk", {{"deviceName", Value("/vmfs/devices/disks/eui.1")},
                                    {"deviceType", Value("disk")},
                                    {"key", Value("lun-key")},
                                    {"uuid", Value("lun-1")},
                                    {"canonicalName", Value("eui.1")},
                                    {"lunType", Value("disk")}});
    lun.set("operationalState", Value::strings({s.attached ? "ok" : "off"}));
    device.set("scsiLun", Value::array("ScsiLun", {Value(lun)}));
    if (s.controller) {
        DataObject controller("HostNvmeController",
                              {{"key", Value("c")},
                               {"controllerNumber", Value(256)},
                               {"subnqn", Value(kNqn)},
                               {"name", Value(std::string(kNqn) + "#vmhba65#192.0.2.1:4420")},
                               {"associatedAdapter", Value("key-vmhba65")},
                               {"transportType", Value("tcp")},
                               {"fusedOperationSupported", Value(true)},
                               {"numberOfQueues", Value(4)},
                               {"queueSize", Value(128)}});
        DataObject interface("HostNvmeTopologyInterface",
                             {{"key", Value("i")}, {"adapter", Value("key-vmhba65")}});
        interface.set("connectedController",
                      Value::array("HostNvmeController", {Value(controller)}));
        DataObject topology("HostNvmeTopology");
        topology.set("adapter", Value::array("HostNvmeTopologyInterface", {Value(interface)}));
        device.set("nvmeTopology", Value(topology));
    }
    DataObject logical("HostMultipathInfoLogicalUnit",
                       {{"key", Value("m")}, {"id", Value("id-1")}, {"lun", Value("lun-key")}});
    logical.set("policy", Value(DataObject("HostMultipathInfoHppLogicalUnitPolicy",
                                           {{"policy", Value(s.policy)}})));
    DataObject multipath("HostMultipathInfo");
    multipath.set("lun", Value::array("HostMultipathInfoLogicalUnit", {Value(logical)}));
    device.set("multipathInfo", Value(multipath));
    DataObject volume("HostVmfsVolume", {{"type", Value("VMFS")},
                                         {"name", Value("ds01")},
                                         {"capacity", Value(int64_t{1})},
                                         {"uuid", Value("u-1")}});
    DataObject mount("HostFileSystemMountInfo");
    mount.set("mountInfo", Value(DataObject("HostMountInfo", {{"accessMode", Value("readWrite")},
                                                              {"mounted", Value(s.mounted)}})));
    mount.set("volume", Value(volume));
    DataObject volumes("HostFileSystemVolumeInfo");
    volumes.set("mountInfo", Value::array("HostFileSystemMountInfo", {Value(mount)}));
    return page(
        {Value(content_of(manager, {Value(property("storageDeviceInfo", Value(device))),
                                    Value(property("fileSystemVolumeInfo", Value(volumes)))}))});
}

class Settle : public ::testing::Test {
  protected:
    void SetUp() override {
        SessionOptions options;
        options.call_timeout = 2s;
        options.storage_timeout = 40ms;
        options.settle_timeout = 10s;
        options.settle_poll = 2ms;
        auto connected = server.connect(options);
        ASSERT_TRUE(connected) << connected.error().what;
        session = std::move(*connected);
    }
    test::FakeServer server;
    std::unique_ptr<Session> session;
    const Host host = test::scripted_host();
};

struct Case {
    const char* method;
    Storage before, after;
    std::function<Result<void>(Session&, const Host&)> change;
};

std::vector<Case> cases() {
    Storage no_adapter, no_controller, off, unmounted, latency;
    no_adapter.adapter = no_adapter.controller = false;
    no_controller.controller = false;
    off.attached = false;
    unmounted.mounted = false;
    latency.policy = "LB-Latency";
    NvmeConnect connect;
    connect.target = {"vmhba65", "192.0.2.1", 4420, ""};
    connect.subnqn = kNqn;
    NvmeDisconnect disconnect{"vmhba65", kNqn, std::nullopt};
    PathPolicy policy;
    policy.policy = "LB-Latency";
    return {
        {"CreateSoftwareAdapter",
         no_adapter,
         {},
         [](Session& s, const Host& h) { return create_tcp_adapter(s, h, "vmnic1"); }},
        {"RemoveSoftwareAdapter",
         {},
         no_adapter,
         [](Session& s, const Host& h) { return remove_adapter(s, h, "vmhba65"); }},
        {"ConnectNvmeController",
         no_controller,
         {},
         [connect](Session& s, const Host& h) { return nvme_connect(s, h, connect); }},
        {"DisconnectNvmeController",
         {},
         no_controller,
         [disconnect](Session& s, const Host& h) { return nvme_disconnect(s, h, disconnect); }},
        {"DetachScsiLun",
         {},
         off,
         [](Session& s, const Host& h) { return detach_lun(s, h, "lun-1"); }},
        {"AttachScsiLun",
         off,
         {},
         [](Session& s, const Host& h) { return attach_lun(s, h, "lun-1"); }},
        {"UnmountVmfsVolume",
         {},
         unmounted,
         [](Session& s, const Host& h) { return unmount_vmfs(s, h, "u-1"); }},
        {"MountVmfsVolume",
         unmounted,
         {},
         [](Session& s, const Host& h) { return mount_vmfs(s, h, "u-1"); }},
        {"UnmountForceMountedVmfsVolume",
         {},
         unmounted,
         [](Session& s, const Host& h) { return unmount_force_mounted_vmfs(s, h, "u-1"); }},
        {"UpdateHppMultipathLunPolicy",
         {},
         latency,
         [policy](Session& s, const Host& h) { return set_hpp_policy(s, h, "id-1", policy); }},
        {"SetMultipathLunPolicy",
         {},
         latency,
         [](Session& s, const Host& h) { return set_nmp_policy(s, h, "id-1", "LB-Latency"); }},
    };
}

TEST_F(Settle, EveryChangeOfAHostsStorageIsReadBack) {
    for (const Case& item : cases()) {
        std::atomic<int> reads{0};
        server.on(item.method, Answer(NoAnswer{}));
        server.on("RetrievePropertiesEx", [&](const Call&) -> Answer {
            return storage_of(host.managers.storage, ++reads > 2 ? item.after : item.before);
        });
        const size_t sent = server.count(item.method);
        auto changed = item.change(*session, host);
        EXPECT_TRUE(changed) << item.method << ": " << changed.error().what;
        EXPECT_EQ(reads, 3) << item.method;
        EXPECT_EQ(server.count(item.method), sent + 1) << item.method << " was sent again";
    }
}

TEST_F(Settle, ANewDatastoreIsFoundByItsNameAndDevice) {
    DataObject spec("VmfsDatastoreCreateSpec", {{"diskUuid", Value("d")}});
    spec.set("partition", Value(DataObject("HostDiskPartitionSpec")));
    DataObject vmfs("HostVmfsSpec", {{"majorVersion", Value(6)}, {"volumeName", Value("")}});
    vmfs.set("extent", Value(DataObject("HostScsiDiskPartition",
                                        {{"diskName", Value("eui.1")}, {"partition", Value(1)}})));
    spec.set("vmfs", Value(vmfs));
    DataObject info("VmfsDatastoreAllExtentOption");
    DataObject option("VmfsDatastoreOption");
    option.set("info", Value(info));
    option.set("spec", Value(spec));
    server.on("QueryVmfsDatastoreCreateOptions",
              Answer(Value::array("VmfsDatastoreOption", {Value(option)})));
    server.on("CreateVmfsDatastore", Answer(NoAnswer{}));
    const MoRef old{"Datastore", "datastore-1"}, made{"Datastore", "datastore-2"};
    auto datastore = [](const MoRef& ref, const char* disk) {
        DataObject volume("HostVmfsVolume", {{"type", Value("VMFS")},
                                             {"name", Value("nvme-01")},
                                             {"capacity", Value(int64_t{1})},
                                             {"uuid", Value("u")}});
        volume.set(
            "extent",
            Value::array("HostScsiDiskPartition",
                         {Value(DataObject("HostScsiDiskPartition", {{"diskName", Value(disk)},
                                                                     {"partition", Value(1)}}))}));
        DataObject facts("VmfsDatastoreInfo");
        facts.set("vmfs", Value(volume));
        return Value(content_of(ref, {Value(property("name", Value("nvme-01"))),
                                      Value(property("info", Value(facts)))}));
    };
    std::atomic<int> reads{0};
    server.on("RetrievePropertiesEx", [&](const Call& call) -> Answer {
        const MoRef asked =
            call.arg("specSet").items().at(0)["objectSet"].items().at(0)["obj"].ref();
        if (asked == host.ref)
            return test::one_property(
                host.ref, "datastore",
                Value::refs(++reads > 1 ? std::vector<MoRef>{old, made} : std::vector<MoRef>{old}));
        // The old one has the name, but stands on another device.
        std::vector<Value> all{datastore(old, "eui.9")};
        if (reads > 1)
            all.push_back(datastore(made, "eui.1"));
        return page(std::move(all));
    });
    auto created = create_vmfs_datastore(*session, host, "eui.1", "nvme-01");
    ASSERT_TRUE(created) << created.error().what;
    EXPECT_EQ(*created, made);
    EXPECT_EQ(server.count("CreateVmfsDatastore"), 1u);
}

TEST_F(Settle, ARemovedDatastoreIsGone) {
    const MoRef datastore{"Datastore", "datastore-1"};
    std::atomic<int> reads{0};
    server.on("RetrievePropertiesEx", [&](const Call&) -> Answer {
        if (++reads < 3)
            return test::one_property(datastore, "name", Value("ds01"));
        return fault_of("ManagedObjectNotFound");
    });
    server.on("RemoveDatastore", Answer(NoAnswer{}));
    auto removed = remove_datastore(*session, host, datastore);
    EXPECT_TRUE(removed) << removed.error().what;
    EXPECT_EQ(reads, 3);
    // A refusal is an answer.
    server.on("RemoveDatastore", Answer(fault_of("ResourceInUse")));
    EXPECT_EQ(remove_datastore(*session, host, datastore).error().code, Errc::Busy);
    EXPECT_EQ(reads, 3);
}

} // namespace
} // namespace pf::vim
