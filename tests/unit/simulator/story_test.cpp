// The two migration paths, call by call, over raw SOAP.
#include "fixture.hpp"

namespace pf::vim::sim::test {
namespace {

class StoryTest : public SimulatorTest {
  protected:
    // New volume, NVMe only, formatted through host 1 and mounted everywhere.
    MoRef provision(const std::string& name) {
        const uint64_t volume = array->add_volume(kVolume);
        array->map_nvme(volume, nqn(1));
        array->map_nvme(volume, nqn(2));
        vc->ok(storage(1), "RescanAllHba");
        vc->ok(storage(2), "RescanAllHba");
        const std::string device = array->nvme_device(volume);
        const Value options = vc->ok(datastores(1), "QueryVmfsDatastoreCreateOptions",
                                     {{"devicePath", "/vmfs/devices/disks/" + device}});
        Value spec = options.items().at(0)["spec"];
        DataObject vmfs = *spec["vmfs"].as_object();
        vmfs.set("volumeName", name);
        spec.as_object()->set("vmfs", Value(vmfs));
        const MoRef datastore =
            vc->ok(datastores(1), "CreateVmfsDatastore", {{"spec", spec}}).ref();
        vc->ok(storage(2), "RescanVmfs");
        EXPECT_EQ(vc->property(datastore, "host").items().size(), 2U);
        return datastore;
    }
    Value only_unresolved(int host) {
        const Value all = vc->ok(datastores(host), "QueryUnresolvedVmfsVolumes");
        EXPECT_EQ(all.items().size(), 1U);
        return all.items().empty() ? Value() : all.items().front();
    }
    // Steps up to "mapped to the pivot by NVMe": unregistered, unmounted, detached, unmapped.
    void take_offline(const std::string& uuid) {
        for (const char* name : {"app02", "app03"}) {
            vc->ok(find(std::string("vm/") + name), "UnregisterVM");
        }
        const std::string device = array->sdc_device(volume2);
        for (int host : {1, 2}) {
            vc->ok(storage(host), "UnmountVmfsVolume", {{"vmfsUuid", uuid}});
            vc->ok(storage(host), "DetachScsiLun", {{"lunUuid", lun_uuid(host, device)}});
        }
        for (int host : {1, 2}) {
            array->unmap_sdc(volume2, fmt::format("esx0{}.lab.local", host));
            rescan(host);
            EXPECT_EQ(lun_uuid(host, device), "");
            vc->ok(storage(host), "DeleteScsiLunState", {{"lunCanonicalName", device}});
        }
        EXPECT_TRUE(find("datastore/sdc-ds-02").empty()) << "the stale datastore must be gone";
    }
    MoRef register_vm(const std::string& name, const std::string& datastore) {
        return vc
            ->run({"Folder", "group-v3"}, "RegisterVM_Task",
                  {{"path", fmt::format("[{0}] {1}/{1}.vmx", datastore, name)},
                   {"asTemplate", Value(false)},
                   {"pool", MoRef{"ResourcePool", "resgroup-9"}},
                   {"host", MoRef{"HostSystem", "host-21"}}})
            .ref();
    }
    std::string uuid_of(const std::string& datastore) {
        return vc->property(find("datastore/" + datastore), "info")["vmfs"]["uuid"].text();
    }
};

TEST_F(StoryTest, OnboardingGivesFourPathsToEachNamespace) {
    array->map_nvme(array->add_volume(kVolume), nqn(1));
    onboard(1);
    const Value topology = vc->property(storage(1), "storageDeviceInfo.nvmeTopology");
    size_t controllers = 0;
    for (const Value& adapter : topology["adapter"].items()) {
        controllers += adapter["connectedController"].items().size();
    }
    EXPECT_EQ(controllers, 4U);
    const Value units = vc->property(storage(1), "storageDeviceInfo.multipathInfo");
    size_t four = 0;
    for (const Value& unit : units["lun"].items()) {
        four += unit["path"].items().size() == 4 ? 1 : 0;
    }
    EXPECT_EQ(four, 1U);
    EXPECT_NE(esxcli(1, "nvme controller list").find("vmhba66#192.168.151.11:4420"),
              std::string::npos);
    // A second controller of the same tuple is refused; an untagged host cannot connect at all.
    EXPECT_EQ(vc->fault(storage(1), "ConnectNvmeController",
                        {{"connectSpec", connect_spec("vmhba65", "192.168.151.10")}}),
              "HostConfigFault");
    vc->ok(storage(2), "CreateSoftwareAdapter",
           {{"spec", data("HostTcpHbaCreateSpec", {{"pnic", "vmnic0"}})}});
    EXPECT_EQ(vc->fault(storage(2), "ConnectNvmeController",
                        {{"connectSpec", connect_spec("vmhba65", "192.168.151.10")}}),
              "NotFound");
}

TEST_F(StoryTest, OnlineMovesARunningVmWithItsWrites) {
    onboard(1);
    onboard(2);
    const MoRef target = provision("nvme-ds-01");
    const MoRef vm = find("vm/app01");
    vc->run(vm, "RelocateVM_Task",
            {{"spec", data("VirtualMachineRelocateSpec",
                           {{"datastore", target}, {"host", MoRef{"HostSystem", "host-21"}}})}});
    EXPECT_EQ(vc->property(vm, "datastore").refs(), std::vector<MoRef>{target});
    EXPECT_TRUE(vc->property(find("datastore/sdc-ds-01"), "vm").items().empty());
    EXPECT_EQ(vc->property(vm, "config.files")["vmPathName"].text(),
              "[nvme-ds-01] app01/app01.vmx");
    expect_intact("app01", Transport::NvmeTcp);
    auto checks = simulator->check_vm("app01");
    EXPECT_GT(checks->front().counters_checked, 0U);
}

TEST_F(StoryTest, OfflineConversionKeepsEveryByte) {
    onboard(1);
    onboard(2);
    const std::string old_uuid = uuid_of("sdc-ds-02");
    EXPECT_EQ(vc->fault(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", old_uuid}}),
              "ResourceInUse");
    take_offline(old_uuid);

    array->map_nvme(volume2, nqn(1));
    rescan(1);
    const Value unresolved = only_unresolved(1);
    EXPECT_EQ(unresolved["vmfsLabel"].text(), "sdc-ds-02");
    EXPECT_EQ(unresolved["vmfsUuid"].text(), old_uuid);
    EXPECT_TRUE(unresolved["resolveStatus"]["resolvable"].bool_or(false));
    const Value extent = unresolved["extent"].items().at(0);
    EXPECT_EQ(extent["reason"].text(), "diskIdMismatch");
    EXPECT_NE(esxcli(1, "storage vmfs snapshot list").find("Can mount: true"), std::string::npos);
    auto voma = simulator->shell_execute("esx01",
                                         "voma -m vmfs -f check -d " + extent["devicePath"].text());
    EXPECT_NE(voma->out.find("Total Errors Found:           0"), std::string::npos) << voma->err;
    const Value result =
        vc->run(datastores(1), "ResignatureUnresolvedVmfsVolume_Task",
                {{"resolutionSpec",
                  data("HostUnresolvedVmfsResignatureSpec",
                       {{"extentDevicePath", Value::strings({extent["devicePath"].text()})}})}});
    const MoRef datastore = result["result"].ref();
    EXPECT_TRUE(vc->property(datastore, "name").text().starts_with("snap-"));
    vc->ok(datastore, "RenameDatastore", {{"newName", "sdc-ds-02"}});
    EXPECT_NE(uuid_of("sdc-ds-02"), old_uuid);
    array->map_nvme(volume2, nqn(2));
    rescan(2);
    EXPECT_EQ(vc->property(datastore, "host").items().size(), 2U);

    const MoRef vm = register_vm("app02", "sdc-ds-02");
    // The files have moved: the first power-on asks, "moved" keeps the identity.
    const std::string bios = vc->property(vm, "config.uuid").text();
    const Value task = vc->ok(vm, "PowerOnVM_Task");
    Value question;
    for (int i = 0; i < 500 && !question.is_set(); ++i) {
        question = vc->property(vm, "runtime.question");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_NE(question["text"].text().find("msg.uuid.altered"), std::string::npos);
    vc->ok(vm, "AnswerVM", {{"questionId", question["id"].text()}, {"answerChoice", "1"}});
    EXPECT_EQ(vc->wait(task)["state"].text(), "success");
    EXPECT_EQ(vc->property(vm, "config.uuid").text(), bios);
    expect_intact("app02", Transport::NvmeTcp);
    register_vm("app03", "sdc-ds-02");
    expect_intact("app03", Transport::NvmeTcp);
}

TEST_F(StoryTest, RollbackBeforeResignatureFindsTheOldVolume) {
    onboard(1);
    const std::string uuid = uuid_of("sdc-ds-02");
    take_offline(uuid);
    array->map_nvme(volume2, nqn(1));
    rescan(1);
    only_unresolved(1);
    array->unmap_nvme(volume2, nqn(1));
    for (int host : {1, 2}) {
        array->map_sdc(volume2, fmt::format("esx0{}.lab.local", host));
        rescan(host);
        // The explicit unmount is remembered, so nothing mounts by itself.
        EXPECT_NE(esxcli(host, "storage filesystem list").find("false"), std::string::npos);
        vc->ok(storage(host), "MountVmfsVolume", {{"vmfsUuid", uuid}});
        EXPECT_EQ(vc->fault(storage(host), "MountVmfsVolume", {{"vmfsUuid", uuid}}),
                  "VmfsAlreadyMounted");
    }
    EXPECT_TRUE(vc->ok(datastores(1), "QueryUnresolvedVmfsVolumes").items().empty());
    register_vm("app02", "sdc-ds-02");
    vc->run(find("vm/app02"), "PowerOnVM_Task"); // same place: no question
    expect_intact("app02", Transport::Sdc);
}

TEST_F(StoryTest, DetachIsRememberedAndBlocksUntilAttach) {
    const std::string uuid = uuid_of("sdc-ds-02");
    const std::string device = array->sdc_device(volume2);
    const std::string lun = lun_uuid(1, device);
    EXPECT_EQ(vc->fault(storage(1), "DetachScsiLun", {{"lunUuid", lun}}), "ResourceInUse");
    for (const char* name : {"app02", "app03"}) {
        vc->ok(find(std::string("vm/") + name), "UnregisterVM");
    }
    vc->ok(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", uuid}});
    EXPECT_EQ(vc->fault(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", uuid}}), "InvalidState");
    vc->ok(storage(1), "DetachScsiLun", {{"lunUuid", lun}});
    EXPECT_EQ(vc->fault(storage(1), "DetachScsiLun", {{"lunUuid", lun}}), "InvalidState");
    array->unmap_sdc(volume2, "esx01.lab.local");
    rescan(1);
    array->map_sdc(volume2, "esx01.lab.local");
    rescan(1);
    EXPECT_NE(esxcli(1, "storage core device list -d " + device).find("Status: off"),
              std::string::npos);
    EXPECT_EQ(vc->fault(storage(1), "MountVmfsVolume", {{"vmfsUuid", uuid}}), "NotFound");
    vc->ok(storage(1), "AttachScsiLun", {{"lunUuid", lun}});
    rescan(1);
    vc->ok(storage(1), "MountVmfsVolume", {{"vmfsUuid", uuid}});
}

TEST_F(StoryTest, BothProtocolsAtOnceShowTheConflict) {
    onboard(1);
    array->map_nvme(volume2, nqn(1)); // never to be done; what a host says if it is
    rescan(1);
    const Value unresolved = only_unresolved(1);
    EXPECT_EQ(unresolved["extent"].items().at(0)["reason"].text(), "uuidConflict");
    EXPECT_NE(esxcli(1, "storage vmfs snapshot list").find("the original volume is still online"),
              std::string::npos);
}

TEST_F(StoryTest, RelocationFaults) {
    onboard(1);
    onboard(2);
    const MoRef target = provision("nvme-ds-01");
    const MoRef vm = find("vm/app01");
    EXPECT_EQ(vc->fault(vm, "RelocateVM_Task",
                        {{"spec", data("VirtualMachineRelocateSpec", {{"datastore", target}})}}),
              "InvalidArgument"); // powered on and no host
    const Value locator = data("VirtualMachineRelocateSpecDiskLocator",
                               {{"diskId", Value(int32_t{2099})}, {"datastore", target}});
    EXPECT_EQ(
        vc->fault(vm, "RelocateVM_Task",
                  {{"spec", data("VirtualMachineRelocateSpec",
                                 {{"host", MoRef{"HostSystem", "host-21"}},
                                  {"disk", Value::array("VirtualMachineRelocateSpecDiskLocator",
                                                        {locator})}})}}),
        "InvalidArgument");
    EXPECT_EQ(vc->fault(vm, "UnregisterVM"), "InvalidPowerState");
    EXPECT_EQ(vc->fault(target, "RenameDatastore", {{"newName", "sdc-ds-01"}}), "DuplicateName");
}

} // namespace
} // namespace pf::vim::sim::test
