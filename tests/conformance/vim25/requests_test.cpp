// The envelopes that libvsphere sends, compared with those of a trusted client.

#include "libvsphere/datastore.hpp"
#include "libvsphere/host.hpp"
#include "libvsphere/vm.hpp"
#include "tests/conformance/vim25/expected_requests.hpp"
#include "tests/conformance/vim25/fake_server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

namespace pf::vim::test {
namespace {

const MoRef kVm{"VirtualMachine", "vm-100"};
const MoRef kDatastore{"Datastore", "datastore-92"};
const std::string kVmfs = "5bea843b-38514660-fb37-ac1f6b752afc";
const std::string kExtent = "/vmfs/devices/disks/eui.00112233445566778899aabbccddeeff:1";

Host test_host() {
    Host host;
    host.name = "esx01";
    host.ref = {"HostSystem", "host-21"};
    host.managers.storage = {"HostStorageSystem", "storageSystem-21"};
    host.managers.datastores = {"HostDatastoreSystem", "datastoreSystem-21"};
    host.managers.virtual_nics = {"HostVirtualNicManager", "virtualNicManager-21"};
    return host;
}

NvmeConnect connect_spec() {
    NvmeConnect spec;
    spec.target = {"vmhba64", "192.0.2.10", 4420, "headerAndData"};
    spec.subnqn = "nqn.2014-08.org.nvmexpress:uuid:6f2d";
    spec.controller_id = 65535;
    spec.admin_queue_size = 32;
    spec.keep_alive_s = 30;
    return spec;
}

DataObject partition(int64_t from, int64_t to) {
    DataObject p("HostDiskPartitionAttributes");
    p.set("partition", Value(1));
    p.set("startSector", Value(from));
    p.set("endSector", Value(to));
    p.set("type", Value("vmfs"));
    p.set("logical", Value(false));
    p.set("attributes", Value::scalar("byte", "0"));
    return p;
}

/// What a host offers for a whole device, set in an order that is not the wire's.
Value create_option() {
    DataObject chs("HostDiskDimensionsChs");
    chs.set("sector", Value(0));
    chs.set("head", Value(0));
    chs.set("cylinder", Value(int64_t{0}));
    DataObject spec("HostDiskPartitionSpec");
    spec.set("partition",
             Value::array("HostDiskPartitionAttributes", {Value(partition(2048, 4192255))}));
    spec.set("totalSectors", Value(int64_t{4194304}));
    spec.set("chs", Value(chs));
    spec.set("partitionFormat", Value("gpt"));
    DataObject extent("HostScsiDiskPartition");
    extent.set("diskName", Value("eui.00112233445566778899aabbccddeeff"));
    extent.set("partition", Value(1));
    DataObject vmfs("HostVmfsSpec");
    vmfs.set("extent", Value(extent));
    vmfs.set("blockSizeMb", Value(1));
    vmfs.set("majorVersion", Value(6));
    vmfs.set("volumeName", Value(""));
    DataObject create("VmfsDatastoreCreateSpec");
    create.set("vmfs", Value(vmfs));
    create.set("partition", Value(spec));
    create.set("diskUuid", Value("0200000000aa"));
    DataObject lba("HostDiskDimensionsLba");
    lba.set("blockSize", Value(512));
    lba.set("block", Value(int64_t{2048}));
    DataObject range("HostDiskPartitionBlockRange");
    range.set("type", Value("vmfs"));
    range.set("start", Value(lba));
    range.set("end", Value(lba));
    DataObject layout("HostDiskPartitionLayout");
    layout.set("partition", Value::array("HostDiskPartitionBlockRange", {Value(range)}));
    DataObject info("VmfsDatastoreAllExtentOption");
    info.set("layout", Value(layout));
    info.set("vmfsExtent", Value(range));
    DataObject option("VmfsDatastoreOption");
    option.set("info", Value(info));
    option.set("spec", Value(create));
    return Value::array("VmfsDatastoreOption", {Value(option)});
}

using Sender = std::function<void(Session&)>;

std::map<std::string, Sender> senders() {
    const Host host = test_host();
    auto storage = [host](std::string method, std::vector<Field> args = {}) -> Sender {
        return [=](Session& s) { (void)s.call(host.managers.storage, method, args); };
    };
    DataObject resolution("HostUnresolvedVmfsResolutionSpec");
    resolution.set("uuidResolution", Value("forceMount"));
    resolution.set("extentDevicePath", Value::strings({kExtent}));
    std::map<std::string, Sender> out;
    out["AnswerVM"] = [](Session& s) { (void)answer_vm(s, kVm, "1", "2"); };
    out["AttachScsiLun"] = [=](Session& s) { (void)attach_lun(s, host, "0200000000aa"); };
    out["DetachScsiLun"] = [=](Session& s) { (void)detach_lun(s, host, "0200000000aa"); };
    out["DetachScsiLunEx_Task"] =
        storage("DetachScsiLunEx_Task", {{"lunUuid", Value::strings({"0200000000aa"})}});
    out["DeleteScsiLunState"] = [=](Session& s) { (void)delete_lun_state(s, host, "naa.600"); };
    out["DeleteVmfsVolumeState"] = [=](Session& s) { (void)delete_vmfs_state(s, host, kVmfs); };
    out["ConnectNvmeController"] = [=](Session& s) { (void)nvme_connect(s, host, connect_spec()); };
    out["ConnectNvmeControllerEx_Task"] = [=](Session& s) {
        (void)nvme_connect_task(s, host, {connect_spec()});
    };
    out["DisconnectNvmeController"] = [=](Session& s) {
        (void)nvme_disconnect(s, host, {"vmhba64", "nqn.2014-08.org.nvmexpress:uuid:6f2d", 301});
    };
    out["DisconnectNvmeControllerEx_Task"] = [=](Session& s) {
        (void)nvme_disconnect_task(s, host, {{"vmhba64", "", 301}});
    };
    out["DiscoverNvmeControllers"] = [=](Session& s) {
        (void)nvme_discover(s, host, {"vmhba64", "192.0.2.10", 8009, "headerAndData"}, false, true);
    };
    out["CreateNvmeOverRdmaAdapter"] =
        storage("CreateNvmeOverRdmaAdapter", {{"rdmaDeviceName", Value("vmrdma0")}});
    out["CreateSoftwareAdapter-tcp"] = [=](Session& s) {
        (void)create_tcp_adapter(s, host, "vmnic0");
    };
    out["RemoveSoftwareAdapter"] = [=](Session& s) { (void)remove_adapter(s, host, "vmhba64"); };
    auto create = [=](Session& s) { (void)create_vmfs_datastore(s, host, "eui.0011", "nvme-ds1"); };
    out["CreateVmfsDatastore"] = create;
    out["QueryVmfsDatastoreCreateOptions"] = create;
    out["QueryAvailableDisksForVmfs"] = [=](Session& s) { (void)available_disks(s, host); };
    out["DeselectVnicForNicType-nvmeTcp"] = [=](Session& s) {
        (void)deselect_vnic(s, host, "vmk2");
    };
    out["SelectVnicForNicType-nvmeTcp"] = [=](Session& s) { (void)select_vnic(s, host, "vmk2"); };
    out["QueryNetConfig-nvmeTcp"] = [=](Session& s) { (void)query_vnics(s, host); };
    out["DestroyDatastore"] = [](Session& s) { (void)destroy_datastore(s, kDatastore); };
    out["RemoveDatastore"] = [=](Session& s) { (void)remove_datastore(s, host, kDatastore); };
    out["RenameDatastore"] = [](Session& s) { (void)rename_datastore(s, kDatastore, "x"); };
    out["MountVmfsVolume"] = [=](Session& s) { (void)mount_vmfs(s, host, kVmfs); };
    out["UnmountVmfsVolume"] = [=](Session& s) { (void)unmount_vmfs(s, host, kVmfs); };
    out["MountVmfsVolumeEx_Task"] =
        storage("MountVmfsVolumeEx_Task", {{"vmfsUuid", Value::strings({kVmfs})}});
    out["UnmountVmfsVolumeEx_Task"] =
        storage("UnmountVmfsVolumeEx_Task", {{"vmfsUuid", Value::strings({kVmfs})}});
    out["PowerOffVM_Task"] = [](Session& s) { (void)power_off_task(s, kVm); };
    out["QueryUnresolvedVmfsVolume-storageSystem"] = [=](Session& s) {
        (void)query_unresolved(s, host);
    };
    out["QueryUnresolvedVmfsVolumes"] = [=](Session& s) {
        (void)s.call(host.managers.datastores, "QueryUnresolvedVmfsVolumes");
    };
    out["RefreshStorageSystem"] = [=](Session& s) { (void)refresh_storage(s, host); };
    out["RescanAllHba"] = [=](Session& s) { (void)rescan_all(s, host); };
    out["RescanHba"] = [=](Session& s) { (void)rescan_hba(s, host, "vmhba64"); };
    out["RescanVmfs"] = [=](Session& s) { (void)rescan_vmfs(s, host); };
    out["RegisterVM_Task"] = [](Session& s) {
        (void)register_task(s, {"[nvme-ds1] vm1/vm1.vmx",
                                "vm1",
                                {"Folder", "group-v3"},
                                {"ResourcePool", "resgroup-8"},
                                {"HostSystem", "host-21"},
                                false});
    };
    out["ReloadVirtualMachineFromPath_Task"] = [](Session& s) {
        (void)reload_from_path_task(s, kVm, "[x] a/a.vmx");
    };
    out["RelocateVM_Task-ds"] = [](Session& s) {
        Relocation r;
        r.datastore = kDatastore;
        r.priority = "defaultPriority";
        (void)relocate_task(s, kVm, r);
    };
    out["RelocateVM_Task-disk-locators"] = [](Session& s) {
        Relocation r;
        r.datastore = kDatastore;
        DiskMove disk;
        disk.disk_key = 2000;
        disk.datastore = kDatastore;
        disk.thin = true;
        r.disks.push_back(disk);
        (void)relocate_task(s, kVm, r);
    };
    out["ResignatureUnresolvedVmfsVolume_Task"] = [=](Session& s) {
        (void)resignature_task(s, host, {kExtent});
    };
    out["ResolveMultipleUnresolvedVmfsVolumes-forceMount"] = [=](Session& s) {
        (void)resolve_unresolved(s, host, {kExtent}, true);
    };
    out["ResolveMultipleUnresolvedVmfsVolumesEx_Task-forceMount"] =
        storage("ResolveMultipleUnresolvedVmfsVolumesEx_Task",
                {{"resolutionSpec",
                  Value::array("HostUnresolvedVmfsResolutionSpec", {Value(resolution)})}});
    out["SetMultipathLunPolicy"] = [=](Session& s) {
        (void)set_nmp_policy(s, host, "key-vim.host.MultipathInfo.LogicalUnit-x", "VMW_PSP_RR");
    };
    out["UnregisterVM"] = [](Session& s) { (void)unregister_vm(s, kVm); };
    return out;
}

class Requests : public ::testing::TestWithParam<size_t> {};

TEST_P(Requests, HaveTheSameElementsInTheSameOrder) {
    const auto& [name, expected] = kExpectedRequests[GetParam()];
    std::map<std::string, Sender> all = senders();
    ASSERT_TRUE(all.contains(std::string(name))) << "no call for " << name;
    FakeServer server;
    server.on("QueryVmfsDatastoreCreateOptions", Answer(create_option()));
    auto session = server.connect();
    ASSERT_TRUE(session) << session.error().what;
    all[std::string(name)](**session);
    std::string method(name.substr(0, name.find('-')));
    if (method == "ReloadVirtualMachineFromPath_Task")
        method = "reloadVirtualMachineFromPath_Task";
    FakeServer::Seen seen = server.last(method);
    std::string want = canonical(std::string(expected));
    if (method == "QueryVmfsDatastoreCreateOptions" || method == "CreateVmfsDatastore") {
        EXPECT_EQ(canonical_body(seen.body), want);
        return;
    }
    ASSERT_FALSE(seen.body.empty()) << name << " was not sent";
    EXPECT_EQ(canonical_body(seen.body), want);
}

TEST_P(Requests, AreAcceptedByTheStrictDecoder) {
    const auto& [name, expected] = kExpectedRequests[GetParam()];
    std::string envelope =
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>" +
        std::string(expected) + "</soapenv:Body></soapenv:Envelope>";
    CodecOptions strict;
    strict.strict = true;
    Result<Call> call = decode_call(envelope, strict);
    ASSERT_TRUE(call) << call.error().what;
    // And what was decoded encodes back to the same.
    Result<std::string> again = encode_call(*call, strict);
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(canonical_body(*again), canonical(std::string(expected)));
}

INSTANTIATE_TEST_SUITE_P(Vim25, Requests, ::testing::Range<size_t>(0, kExpectedRequests.size()),
                         [](const auto& param) {
                             std::string name(kExpectedRequests[param.param].first);
                             for (char& c : name)
                                 c = c == '-' ? '_' : c;
                             return name;
                         });

} // namespace
} // namespace pf::vim::test
