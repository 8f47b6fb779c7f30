// ESXi where it hurts: lost paths, lost mappings, hosts that don't respond, sessions that end,
// limits of paths and of moves on a datastore, remembered unmounts, what claims a device.
#include "fixture.hpp"

#include <algorithm>

namespace pf::vim::sim::test {
namespace {

class HurtsTest : public SimulatorTest {
  protected:
    void describe(Estate& estate) override {
        SimulatorTest::describe(estate);
        estate.hosts[1].version = "8.0.3";
        estate.hosts[1].build = "24022510";
    }
    Value mount_of(int host, const std::string& name) {
        const Value mounts = vc->property({"HostSystem", fmt::format("host-{}", 20 + host)},
                                          "config.fileSystemVolume.mountInfo");
        for (const Value& mount : mounts.items()) {
            if (mount["volume"]["name"].text() == name) {
                return mount["mountInfo"];
            }
        }
        return {};
    }
    Value lun_of(int host, const std::string& device) {
        const Value luns = vc->property(storage(host), "storageDeviceInfo.scsiLun");
        for (const Value& lun : luns.items()) {
            if (lun["canonicalName"].text() == device) {
                return lun;
            }
        }
        return {};
    }
    size_t paths_of(int host, const std::string& device) {
        const std::string uuid = lun_of(host, device)["uuid"].text();
        const Value units = vc->property(storage(host), "storageDeviceInfo.multipathInfo.lun");
        for (const Value& unit : units.items()) {
            if (unit["id"].text() == uuid) {
                return unit["path"].items().size();
            }
        }
        return 0;
    }
};

TEST_F(HurtsTest, AMappingThatVanishesIsPermanentDeviceLoss) {
    array->unmap_sdc(volume2, "esx01.lab.local");
    vc->ok(storage(1), "RescanAllHba");
    const Value mount = mount_of(1, "sdc-ds-02");
    EXPECT_TRUE(mount["mounted"].bool_or(false));
    EXPECT_FALSE(mount["accessible"].bool_or(true));
    EXPECT_EQ(mount["inaccessibleReason"].text(), "PermanentDeviceLoss");
    EXPECT_EQ(lun_of(1, array->sdc_device(volume2))["operationalState"].texts(),
              std::vector<std::string>{"lostCommunication"});
    EXPECT_TRUE(mount_of(2, "sdc-ds-02")["accessible"].bool_or(false));
    array->map_sdc(volume2, "esx01.lab.local");
    vc->ok(storage(1), "RescanAllHba");
    EXPECT_TRUE(mount_of(1, "sdc-ds-02")["accessible"].bool_or(false));
}

TEST_F(HurtsTest, PathsThatFailAreAllPathsDown) {
    const uint64_t volume = array->add_volume(kVolume);
    onboard(1);
    array->map_nvme(volume, nqn(1));
    rescan(1);
    const std::string device = array->nvme_device(volume);
    const Value spec = vc->ok(datastores(1), "QueryVmfsDatastoreCreateOptions",
                              {{"devicePath", "/vmfs/devices/disks/" + device}})
                           .items()[0]["spec"];
    DataObject create = *spec.as_object();
    DataObject vmfs = *create["vmfs"].as_object();
    vmfs.set("volumeName", "nvme-ds");
    create.set("vmfs", Value(vmfs));
    vc->ok(datastores(1), "CreateVmfsDatastore", {{"spec", Value(create)}});
    for (const char* address : {"192.168.151.10", "192.168.151.11"}) {
        array->set_reachable(address, false);
    }
    vc->ok(storage(1), "RescanAllHba");
    const Value mount = mount_of(1, "nvme-ds");
    EXPECT_FALSE(mount["accessible"].bool_or(true));
    EXPECT_EQ(mount["inaccessibleReason"].text(), "AllPathsDown_Start");
    for (const char* address : {"192.168.151.10", "192.168.151.11"}) {
        array->set_reachable(address, true);
    }
    vc->ok(storage(1), "RescanAllHba");
    EXPECT_TRUE(mount_of(1, "nvme-ds")["accessible"].bool_or(false));
}

TEST_F(HurtsTest, PathsPerNamespaceDependOnTheRelease) {
    for (const char* address : {"192.168.151.12", "192.168.151.13", "192.168.151.14"}) {
        array->add_portal(address, 4420);
    }
    const uint64_t volume = array->add_volume(32u << 20);
    for (const int host : {1, 2}) {
        onboard(host); // four
        for (const char* address : {"192.168.151.12", "192.168.151.13", "192.168.151.14"}) {
            vc->ok(storage(host), "ConnectNvmeController",
                   {{"connectSpec", connect_spec("vmhba65", address)}});
        }
        array->map_nvme(volume, nqn(host));
        vc->ok(storage(host), "RescanAllHba");
    }
    EXPECT_EQ(paths_of(1, array->nvme_device(volume)), 4U);
    EXPECT_EQ(paths_of(2, array->nvme_device(volume)), 7U);
}

TEST_F(HurtsTest, TheHighPerformancePluginClaimsNvme) {
    const uint64_t volume = array->add_volume(32u << 20);
    onboard(1);
    array->map_nvme(volume, nqn(1));
    vc->ok(storage(1), "RescanAllHba");
    const std::string hpp = esxcli(1, "storage hpp device list");
    EXPECT_NE(hpp.find(array->nvme_device(volume)), std::string::npos) << hpp;
    EXPECT_EQ(hpp.find(array->sdc_device(volume1)), std::string::npos);
    const std::string uuid = lun_of(1, array->nvme_device(volume))["uuid"].text();
    const Value units = vc->property(storage(1), "storageDeviceInfo.multipathInfo.lun");
    for (const Value& unit : units.items()) {
        if (unit["id"].text() == uuid) {
            EXPECT_EQ(unit["policy"].type_name(), "HostMultipathInfoHppLogicalUnitPolicy");
        }
    }
}

TEST_F(HurtsTest, AHostThatIsDisconnectedDoesNotAnswer) {
    const MoRef host{"HostSystem", "host-22"};
    vc->run(host, "DisconnectHost_Task");
    EXPECT_EQ(vc->property(host, "runtime.connectionState").text(), "notResponding");
    EXPECT_EQ(vc->fault(storage(2), "RescanAllHba"), "HostNotConnected");
    EXPECT_EQ(vc->run_fault(host, "DisconnectHost_Task"), "InvalidState");
    vc->run(host, "ReconnectHost_Task");
    vc->ok(storage(2), "RescanAllHba");
}

TEST_F(HurtsTest, AnExplicitUnmountIsRememberedByTheHostAlone) {
    for (const char* name : {"app02", "app03"}) {
        vc->ok(find(std::string("vm/") + name), "UnregisterVM");
    }
    const std::string uuid = vc->property(find("datastore/sdc-ds-02"), "info.vmfs.uuid").text();
    EXPECT_EQ(vc->fault(storage(1), "MountVmfsVolume", {{"vmfsUuid", uuid}}), "VmfsAlreadyMounted");
    vc->ok(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", uuid}});
    EXPECT_EQ(vc->fault(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", uuid}}), "InvalidState");
    rescan(1);
    EXPECT_FALSE(mount_of(1, "sdc-ds-02")["mounted"].bool_or(true));
    EXPECT_TRUE(mount_of(2, "sdc-ds-02")["mounted"].bool_or(false));
    vc->ok(storage(1), "MountVmfsVolume", {{"vmfsUuid", uuid}});
    EXPECT_TRUE(mount_of(1, "sdc-ds-02")["mounted"].bool_or(false));
}

TEST_F(HurtsTest, ARegisteredVmBlocksTheUnmount) {
    const std::string uuid = vc->property(find("datastore/sdc-ds-02"), "info.vmfs.uuid").text();
    EXPECT_EQ(vc->fault(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", uuid}}), "ResourceInUse");
}

class ShortSessions : public SimulatorTest {
  protected:
    void options_for(SimulatorOptions& options) override {
        options.timings.session_idle = std::chrono::seconds(1);
        options.limits.relocations_per_datastore = 1;
    }
};

TEST_F(ShortSessions, AnIdleSessionEnds) {
    SoapClient idle(simulator->vcenter_port());
    idle.login("administrator@vsphere.local", "VMware1!");
    // Until the session is over by its own clock; a busy one goes on.
    const MonoTime deadline = mono_now() + std::chrono::seconds(20);
    std::string fault;
    const MonoTime begun = mono_now();
    while (mono_now() - begun < std::chrono::milliseconds(1200)) {
        vc->ok({"ServiceInstance", "ServiceInstance"}, "CurrentTime");
    }
    while (mono_now() < deadline && fault != "NotAuthenticated") {
        fault = idle.fault(storage(1), "RescanVmfs");
    }
    EXPECT_EQ(fault, "NotAuthenticated");
    vc->ok(storage(1), "RescanVmfs");
}

TEST_F(ShortSessions, ADatastoreTakesSoManyMovesAtATime) {
    std::vector<Value> tasks;
    for (const char* name : {"app02", "app03"}) {
        tasks.push_back(vc->ok(find(std::string("vm/") + name), "RelocateVM_Task",
                               {{"spec", data("VirtualMachineRelocateSpec",
                                              {{"datastore", find("datastore/sdc-ds-01")}})}}));
    }
    size_t most = 0;
    bool done = false;
    while (!done) {
        size_t running = 0;
        done = true;
        for (const Value& task : tasks) {
            const std::string state = vc->property(task.ref(), "info.state").text();
            running += state == "running" ? 1 : 0;
            done = done && (state == "success" || state == "error");
        }
        most = std::max(most, running);
    }
    EXPECT_LE(most, 1U);
    for (const Value& task : tasks) {
        EXPECT_EQ(vc->property(task.ref(), "info.state").text(), "success");
    }
}

} // namespace
} // namespace pf::vim::sim::test
