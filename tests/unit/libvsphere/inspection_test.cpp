// Every obstacle of a VM and every other user of a datastore: read from scripted answers as a
// server sends them, then judged.

#include "libvsphere/datastore_inspection.hpp"
#include "libvsphere/datastore_users.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace pf::vim {
namespace {

using test::Answer;
using test::content_of;
using test::fault_of;
using test::one_property;
using test::page;
using test::property;

const MoRef kVm{"VirtualMachine", "vm-1"};
const MoRef kHome{"Datastore", "datastore-1"};
const MoRef kOther{"Datastore", "datastore-2"};

DataObject labelled(const char* type, int key, const char* label, DataObject backing = {}) {
    DataObject device(type, {{"key", Value(key)}});
    DataObject info("Description", {{"label", Value(label)}, {"summary", Value("")}});
    device.set("deviceInfo", Value(info));
    if (!backing.type.empty())
        device.set("backing", Value(std::move(backing)));
    return device;
}

DataObject connected(DataObject device) {
    device.set("connectable",
               Value(DataObject("VirtualDeviceConnectInfo", {{"startConnected", Value(true)},
                                                             {"allowGuestControl", Value(true)},
                                                             {"connected", Value(true)}})));
    return device;
}

DataObject flat(const char* file, std::initializer_list<Field> more = {}) {
    DataObject backing("VirtualDiskFlatVer2BackingInfo",
                       {{"fileName", Value(file)}, {"datastore", Value(kHome)}});
    bool has_mode = false;
    for (const Field& field : more) {
        backing.set(field.name, field.value);
        has_mode = has_mode || field.name == "diskMode";
    }
    if (!has_mode)
        backing.set("diskMode", Value("persistent"));
    return backing;
}

DataObject disk(int key, const char* label, DataObject backing) {
    DataObject device = labelled("VirtualDisk", key, label, std::move(backing));
    device.set("capacityInKB", Value(int64_t{1024}));
    return device;
}

class Inspection : public ::testing::Test {
  protected:
    void SetUp() override {
        server.on("RetrieveServiceContent",
                  Answer(test::vcenter_content({{"setting", "OptionManager"}})));
        auto session_or = server.connect();
        ASSERT_TRUE(session_or) << session_or.error().what;
        session = std::move(*session_or);
        properties["name"] = Value("web");
        properties["config.files"] = Value(
            DataObject("VirtualMachineFileInfo", {{"vmPathName", Value("[ds01] web/web.vmx")}}));
        properties["runtime.connectionState"] =
            Value::enumerator("VirtualMachineConnectionState", "connected");
    }
    Vm read() {
        std::vector<Value> list;
        for (const auto& [name, value] : properties)
            list.emplace_back(property(name, value));
        server.on("RetrievePropertiesEx", Answer(page({Value(content_of(kVm, list))})));
        auto vm = read_vm(*session, kVm);
        EXPECT_TRUE(vm) << vm.error().what;
        return vm ? *vm : Vm{};
    }
    /// What stands in the way of the VM with these devices.
    std::vector<VmFinding> with_devices(std::vector<Value> devices) {
        properties["config.hardware.device"] = Value::array("VirtualDevice", std::move(devices));
        return vm_obstacles(read());
    }
    std::vector<VmFinding> with(const char* path, Value value) {
        properties[path] = std::move(value);
        return vm_obstacles(read());
    }
    static void expect_one(const std::vector<VmFinding>& found, VmObstacle obstacle,
                           const std::string& detail) {
        ASSERT_EQ(found.size(), 1u) << to_string(obstacle);
        EXPECT_EQ(to_string(found.front().obstacle), to_string(obstacle));
        EXPECT_EQ(found.front().detail, detail);
    }

    test::FakeServer server;
    std::unique_ptr<Session> session;
    std::map<std::string, Value> properties;
    const Host host = test::scripted_host();
};

TEST_F(Inspection, APlainVmHasNoObstacle) {
    properties["datastore"] = Value::refs({kHome});
    properties["layoutEx.file"] =
        Value::array("VirtualMachineFileLayoutExFileInfo",
                     {Value(DataObject("VirtualMachineFileLayoutExFileInfo",
                                       {{"key", Value(1)},
                                        {"name", Value("[ds01] web/web-1.vswp")},
                                        {"type", Value("swap")},
                                        {"size", Value(int64_t{1})}}))});
    const auto found =
        with_devices({Value(disk(2000, "Hard disk 1", flat("[ds01] web/web.vmdk"))),
                      Value(labelled("ParaVirtualSCSIController", 1000, "SCSI 0")),
                      Value(connected(labelled("VirtualVmxnet3", 4000, "Network adapter 1",
                                               DataObject("VirtualEthernetCardNetworkBackingInfo",
                                                          {{"deviceName", Value("VM")}})))),
                      Value(labelled("VirtualCdrom", 3000, "CD/DVD drive 1",
                                     DataObject("VirtualCdromAtapiBackingInfo",
                                                {{"deviceName", Value("cdrom0")}})))});
    for (const VmFinding& finding : found)
        ADD_FAILURE() << to_string(finding.obstacle) << ": " << finding.detail;
}

TEST_F(Inspection, DisksInTheWay) {
    DataObject rdm("VirtualDiskRawDiskMappingVer1BackingInfo",
                   {{"fileName", Value("[ds01] web/rdm.vmdk")},
                    {"lunUuid", Value("0200")},
                    {"deviceName", Value("vml.0200")},
                    {"compatibilityMode", Value("virtualMode")}});
    expect_one(with_devices({Value(disk(2000, "d", rdm))}), VmObstacle::RawDevice,
               "d: virtualMode");
    expect_one(
        with_devices({Value(disk(
            2000, "d", flat("[ds01] web/w.vmdk", {{"sharing", Value("sharingMultiWriter")}})))}),
        VmObstacle::MultiWriter, "d");
    expect_one(
        with_devices({Value(
            disk(2000, "d",
                 flat("[ds01] web/w.vmdk", {{"diskMode", Value("independent_nonpersistent")}})))}),
        VmObstacle::IndependentDisk, "d: independent_nonpersistent");
    expect_one(
        with_devices({Value(
            disk(2000, "d", flat("[vvol] x/w.vmdk", {{"backingObjectId", Value("rfc4122.1")}})))}),
        VmObstacle::VirtualVolume, "d");
    DataObject fcd = disk(2000, "d", flat("[ds01] fcd/w.vmdk"));
    fcd.set("vDiskId", Value(DataObject("ID", {{"id", Value("b3f1")}})));
    expect_one(with_devices({Value(fcd)}), VmObstacle::FirstClassDisk, "d: b3f1");
    DataObject filtered = disk(2000, "d", flat("[ds01] web/w.vmdk"));
    filtered.set("iofilter", Value::strings({"VMW_spm_1.0.0"}));
    expect_one(with_devices({Value(filtered)}), VmObstacle::IoFilter, "d: VMW_spm_1.0.0");
    DataObject key("CryptoKeyId", {{"keyId", Value("k")}});
    expect_one(
        with_devices({Value(disk(2000, "d", flat("[ds01] web/w.vmdk", {{"keyId", Value(key)}})))}),
        VmObstacle::Encrypted, "d");
}

TEST_F(Inspection, ClonesAreLinkedSnapshotsAreNot) {
    auto chain = [&](const char* parent) {
        return with_devices({Value(disk(
            2000, "d", flat("[ds01] web/web-000001.vmdk", {{"parent", Value(flat(parent))}})))});
    };
    EXPECT_TRUE(chain("[ds01] web/web.vmdk").empty());
    expect_one(chain("[ds01] golden/golden.vmdk"), VmObstacle::LinkedClone,
               "d: [ds01] golden/golden.vmdk");
    DataObject native = disk(2000, "d", flat("[ds01] web/w.vmdk"));
    native.set("nativeUnmanagedLinkedClone", Value(true));
    expect_one(with_devices({Value(native)}), VmObstacle::LinkedClone, "d");
}

TEST_F(Inspection, ControllersMediaAndDevicesOfTheHost) {
    DataObject bus = labelled("VirtualLsiLogicSASController", 1000, "SCSI 1");
    bus.set("sharedBus", Value("physicalSharing"));
    expect_one(with_devices({Value(bus)}), VmObstacle::SharedBus, "SCSI 1: physicalSharing");
    DataObject nvme = labelled("VirtualNVMEController", 31000, "NVME 0");
    nvme.set("sharedBus", Value("physicalSharing"));
    expect_one(with_devices({Value(nvme)}), VmObstacle::SharedBus, "NVME 0: physicalSharing");
    expect_one(with_devices({Value(labelled("VirtualCdrom", 3000, "CD",
                                            DataObject("VirtualCdromIsoBackingInfo",
                                                       {{"fileName", Value("[ds01] iso/a.iso")},
                                                        {"datastore", Value(kHome)}})))}),
               VmObstacle::MountedMedia, "CD: [ds01] iso/a.iso");
    expect_one(with_devices({Value(labelled("VirtualFloppy", 8000, "FD",
                                            DataObject("VirtualFloppyImageBackingInfo",
                                                       {{"fileName", Value("[ds01] a.flp")}})))}),
               VmObstacle::MountedMedia, "FD: [ds01] a.flp");
    const std::vector<std::pair<DataObject, std::string>> tied = {
        {labelled(
             "VirtualPCIPassthrough", 13000, "PCI",
             DataObject("VirtualPCIPassthroughDeviceBackingInfo", {{"deviceName", Value("")}})),
         "PCI: PCI passthrough"},
        {labelled("VirtualPCIPassthrough", 13000, "GPU",
                  DataObject("VirtualPCIPassthroughVmiopBackingInfo", {{"vgpu", Value("a40")}})),
         "GPU: vGPU"},
        {labelled("VirtualSriovEthernetCard", 4000, "NIC"), "NIC: SR-IOV"},
        {labelled("VirtualUSB", 7000, "Stick"), "Stick: USB"},
        {labelled("VirtualSCSIPassthrough", 2100, "Tape"), "Tape: SCSI passthrough"},
        {connected(labelled(
             "VirtualCdrom", 3000, "CD",
             DataObject("VirtualCdromAtapiBackingInfo", {{"deviceName", Value("cdrom0")}}))),
         "CD: drive"},
        {connected(labelled("VirtualCdrom", 3000, "CD",
                            DataObject("VirtualCdromRemotePassthroughBackingInfo",
                                       {{"deviceName", Value("")}, {"exclusive", Value(false)}}))),
         "CD: drive"},
        {connected(labelled("VirtualSerialPort", 9000, "COM1",
                            DataObject("VirtualSerialPortDeviceBackingInfo",
                                       {{"deviceName", Value("/dev/char/serial/uart0")}}))),
         "COM1: port"},
    };
    for (const auto& [device, detail] : tied)
        expect_one(with_devices({Value(device)}), VmObstacle::TiedToHost, detail);
}

TEST_F(Inspection, TheVmItself) {
    auto fresh = [this](const char* path, Value value) {
        const auto saved = properties;
        auto found = with(path, std::move(value));
        properties = saved;
        return found;
    };
    DataObject node("VirtualMachineSnapshotTree",
                    {{"snapshot", Value(MoRef{"VirtualMachineSnapshot", "s-1"})},
                     {"vm", Value(kVm)},
                     {"name", Value("before")},
                     {"id", Value(1)}});
    DataObject tree("VirtualMachineSnapshotInfo");
    tree.set("rootSnapshotList", Value::array("VirtualMachineSnapshotTree", {Value(node)}));
    expect_one(fresh("snapshot", Value(tree)), VmObstacle::Snapshots, "1");
    expect_one(fresh("runtime.consolidationNeeded", Value(true)), VmObstacle::Consolidation, "");
    expect_one(fresh("datastore", Value::refs({kHome, kOther})), VmObstacle::SeveralDatastores,
               "2");
    expect_one(fresh("config.repConfig", Value(DataObject("ReplicationConfigSpec"))),
               VmObstacle::Replicated, "");
    auto extra = [](const char* key, const char* value) {
        return Value::array(
            "OptionValue",
            {Value(DataObject("OptionValue", {{"key", Value(key)}, {"value", Value(value)}}))});
    };
    expect_one(fresh("config.extraConfig", extra("hbr_filter.gid", "GID-1")),
               VmObstacle::Replicated, "");
    expect_one(fresh("config.extraConfig", extra("HDCS.agent", "TRUE")), VmObstacle::ClusterService,
               "");
    expect_one(fresh("name", Value("vCLS-4c4c4544")), VmObstacle::ClusterService, "");
    expect_one(fresh("config.managedBy",
                     Value(DataObject("ManagedByInfo", {{"extensionKey", Value("com.vmware.vcDr")},
                                                        {"type", Value("placeholderVm")}}))),
               VmObstacle::Placeholder, "com.vmware.vcDr");
    expect_one(fresh("runtime.faultToleranceState",
                     Value::enumerator("VirtualMachineFaultToleranceState", "running")),
               VmObstacle::FaultTolerant, "running");
    expect_one(fresh("config.keyId", Value(DataObject("CryptoKeyId", {{"keyId", Value("k")}}))),
               VmObstacle::Encrypted, "");
    DataObject question(
        "VirtualMachineQuestionInfo",
        {{"id", Value("1")}, {"text", Value("msg.uuid.altered: moved or copied?")}});
    expect_one(fresh("runtime.question", Value(question)), VmObstacle::PendingQuestion,
               "msg.uuid.altered: moved or copied?");
    expect_one(fresh("config.swapPlacement", Value("hostLocal")), VmObstacle::SwapElsewhere,
               "hostLocal");
    const DataObject swap("VirtualMachineFileLayoutExFileInfo",
                          {{"key", Value(1)},
                           {"name", Value("[local] web-1.vswp")},
                           {"type", Value("swap")},
                           {"size", Value(int64_t{1})}});
    expect_one(
        fresh("layoutEx.file", Value::array("VirtualMachineFileLayoutExFileInfo", {Value(swap)})),
        VmObstacle::SwapElsewhere, "[local] web-1.vswp");
    expect_one(fresh("runtime.connectionState",
                     Value::enumerator("VirtualMachineConnectionState", "orphaned")),
               VmObstacle::NotReachable, "orphaned");
}

TEST_F(Inspection, HostsTellWhereTheyKeepTheirThings) {
    const std::map<std::string, std::string> options = {
        {"ScratchConfig.CurrentScratchLocation", "/vmfs/volumes/u-1/.locker-esx01"},
        {"ScratchConfig.ConfiguredScratchLocation", "/vmfs/volumes/u-2/.locker-esx01"},
        {"Syslog.global.logDir", "[ds01] logs/esx01"}};
    server.on("QueryOptions", [&](const Call& call) -> Answer {
        const auto found = options.find(call.arg("name").text());
        if (found == options.end())
            return fault_of("InvalidName");
        return Value::array("OptionValue",
                            {Value(DataObject("OptionValue", {{"key", Value(found->first)},
                                                              {"value", Value(found->second)}}))});
    });
    DataObject swap("HostSystemSwapConfiguration");
    swap.set("option",
             Value::array("HostSystemSwapConfigurationSystemSwapOption",
                          {Value(DataObject("HostSystemSwapConfigurationDatastoreOption",
                                            {{"key", Value(1)}, {"datastore", Value("ds02")}}))}));
    server.on("RetrievePropertiesEx",
              Answer(one_property(host.ref, "config.systemSwapConfiguration", Value(swap))));
    Host with_dump = host;
    with_dump.swap_datastore_diag_disk = "naa.600";
    with_dump.local_swap_datastore = kOther;
    auto places = host_places(*session, with_dump);
    ASSERT_TRUE(places) << places.error().what;
    EXPECT_EQ(places->dump_device, "naa.600");
    EXPECT_EQ(places->swap_datastore, kOther);
    EXPECT_EQ(places->system_swap_datastore, "ds02");
    ASSERT_EQ(places->unread.size(), 1u); // no ProductLockerLocation on this release
    EXPECT_NE(places->unread.front().find("ProductLocker"), std::string::npos);
    Datastore ds01;
    ds01.name = "ds01";
    ds01.vmfs_uuid = "u-1";
    EXPECT_TRUE(path_is_on(ds01, places->scratch));
    EXPECT_FALSE(path_is_on(ds01, places->scratch_after_reboot));
    EXPECT_TRUE(path_is_on(ds01, places->log_dir));
    EXPECT_TRUE(path_is_on(ds01, "ds:///vmfs/volumes/u-1/"));
    for (const char* elsewhere :
         {"", "/tmp/scratch", "[] /scratch/log", "[ds011] x", "/vmfs/volumes/"})
        EXPECT_FALSE(path_is_on(ds01, elsewhere)) << elsewhere;
    server.on("QueryOptions", Answer(fault_of("HostNotConnected")));
    EXPECT_EQ(host_places(*session, host).error().code, Errc::Unreachable);
}

TEST_F(Inspection, ForeignFoldersOfADatastore) {
    const std::map<std::string, DatastoreUse> known = {
        {".vSphere-HA", DatastoreUse::HaHeartbeat},
        {".dvsData", DatastoreUse::DistributedSwitch},
        {".naa.6000c29", DatastoreUse::IoControl},
        {"contentlib-4c4c4544", DatastoreUse::ContentLibrary},
        {"fcd", DatastoreUse::FirstClassDisks},
        {"catalog", DatastoreUse::FirstClassDisks},
        {"vmkdump", DatastoreUse::CoreDumps},
        {".locker-esx01", DatastoreUse::Scratch},
        {"sysSwap-hs-1.swp", DatastoreUse::HostSwap},
        {"vCLS-4c4c4544", DatastoreUse::ClusterServices},
        {"hbrcfg.GID-1.nvram", DatastoreUse::Replication}};
    for (const auto& [name, use] : known) {
        ASSERT_TRUE(use_of_entry(name)) << name;
        EXPECT_EQ(to_string(*use_of_entry(name)), to_string(use)) << name;
    }
    for (const char* plain : {"web", "web01", "fcdb", "catalogue", ".sdd.sf", "contentlib", ""})
        EXPECT_FALSE(use_of_entry(plain)) << plain;

    std::vector<Value> files;
    for (const char* name : {"web", ".vSphere-HA", "contentlib-1", ".sdd.sf"})
        files.emplace_back(DataObject("FolderFileInfo", {{"path", Value(name)}}));
    DataObject found("HostDatastoreBrowserSearchResults",
                     {{"datastore", Value(kHome)}, {"folderPath", Value("[ds01] ")}});
    found.set("file", Value::array("FileInfo", std::move(files)));
    const MoRef task{"Task", "t"};
    DataObject info = test::task_info(task, "success");
    info.set("result", Value(found));
    server.on("SearchDatastore_Task", Answer(Value(task)));
    server.on("RetrievePropertiesEx", [&](const Call& call) -> Answer {
        const MoRef asked =
            call.arg("specSet").items().at(0)["objectSet"].items().at(0)["obj"].ref();
        if (asked == task)
            return one_property(task, "info", Value(info));
        return one_property(kHome, "browser", Value(MoRef{"HostDatastoreBrowser", "b"}));
    });
    Datastore datastore;
    datastore.ref = kHome;
    datastore.name = "ds01";
    EXPECT_EQ(datastore_uses(*session, datastore).error().code, Errc::NotReady);
    datastore.accessible = true;
    auto uses = datastore_uses(*session, datastore);
    ASSERT_TRUE(uses) << uses.error().what;
    ASSERT_EQ(uses->size(), 2u);
    EXPECT_EQ(uses->at(0).use, DatastoreUse::HaHeartbeat);
    EXPECT_EQ(uses->at(1).entry, "contentlib-1");
    EXPECT_EQ(server.last("SearchDatastore_Task").call.arg("datastorePath").text(), "[ds01]");
}

TEST_F(Inspection, ClustersTellHeartbeatsAndPlacement) {
    server.on("CreateContainerView", Answer(Value(MoRef{"ContainerView", "view-1"})));
    // systemVMsConfig is newer than the wire tables: it arrives as it is.
    server.on("RetrievePropertiesEx", [](const Call& call) -> Answer {
        const std::string type =
            call.arg("specSet").items().at(0)["propSet"].items().at(0)["type"].text();
        if (type != "ComputeResource")
            return Value(DataObject("RetrieveResult"));
        return test::RawBody{
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body>"
            "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects>"
            "<obj type=\"ClusterComputeResource\">domain-c8</obj>"
            "<propSet><name>configurationEx</name><val xsi:type=\"ClusterConfigInfoEx\">"
            "<dasConfig><enabled>true</enabled>"
            "<heartbeatDatastore type=\"Datastore\">datastore-1</heartbeatDatastore>"
            "<hBDatastoreCandidatePolicy>userSelectedDs</hBDatastoreCandidatePolicy></dasConfig>"
            "<systemVMsConfig>"
            "<allowedDatastores type=\"Datastore\">datastore-2</allowedDatastores>"
            "<notAllowedDatastores type=\"Datastore\">datastore-1</notAllowedDatastores>"
            "</systemVMsConfig></val></propSet></objects></returnval>"
            "</RetrievePropertiesExResponse></e:Body></e:Envelope>"};
    });
    auto inventory = read_inventory(*session);
    ASSERT_TRUE(inventory) << inventory.error().what;
    ASSERT_EQ(inventory->clusters.size(), 1u);
    const Cluster& cluster = inventory->clusters.front();
    EXPECT_TRUE(cluster.ha_enabled);
    EXPECT_EQ(cluster.heartbeat_policy, "userSelectedDs");
    EXPECT_EQ(cluster.heartbeat_choice, std::vector<MoRef>{kHome});
    EXPECT_EQ(cluster.service_vms_allowed, std::vector<MoRef>{kOther});
    EXPECT_EQ(cluster.service_vms_refused, std::vector<MoRef>{kHome});
}

} // namespace
} // namespace pf::vim
