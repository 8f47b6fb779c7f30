// Limits, cost model, cancelling, awkward VMs, failing devices, reboot.
#include "fixture.hpp"

namespace pf::vim::sim::test {
namespace {

class LimitsTest : public SimulatorTest {
  protected:
    void describe(Estate& estate) override {
        for (unsigned i = 1; i <= 4; ++i) {
            estate.vms.push_back(vm_spec(fmt::format("vm{}", i), "sdc-ds-01", i));
        }
        VmSpec shared = vm_spec("shared", "sdc-ds-02", 50);
        shared.powered_on = true;
        shared.disks[0].sharing = "multi-writer";
        VmSpec cluster = vm_spec("wsfc", "sdc-ds-02", 51);
        cluster.powered_on = true;
        cluster.bus_sharing = "physical";
        VmSpec raw = vm_spec("rdm", "sdc-ds-02", 52);
        DiskSpec rdm;
        rdm.rdm = "physical";
        rdm.rdm_device = "eui.00000000000000000000000000000001";
        raw.disks.push_back(rdm);
        VmSpec spread = vm_spec("spread", "sdc-ds-01", 53);
        DiskSpec far = spread.disks[0];
        far.datastore = "sdc-ds-02";
        far.seed = 54;
        spread.disks.push_back(far);
        estate.vms.insert(estate.vms.end(), {shared, cluster, raw, spread});
    }
    void options_for(SimulatorOptions& options) override {
        options.timings.copy_bytes_per_second = 8u << 20; // a second for one disk
    }
    MoRef datastore(const std::string& name) { return find("datastore/" + name); }
    Value to(const MoRef& target) {
        return data("VirtualMachineRelocateSpec",
                    {{"datastore", target}, {"host", MoRef{"HostSystem", "host-21"}}});
    }
};

TEST_F(LimitsTest, OnlyTwoRelocationsRunOnAHost) {
    std::vector<Value> tasks;
    for (unsigned i = 1; i <= 4; ++i) {
        tasks.push_back(vc->ok(find(fmt::format("vm/vm{}", i)), "RelocateVM_Task",
                               {{"spec", to(datastore("sdc-ds-02"))}}));
    }
    EXPECT_EQ(vc->fault(find("vm/vm1"), "RelocateVM_Task", {{"spec", to(datastore("sdc-ds-02"))}}),
              "TaskInProgress");
    // All states are read in one call, hence at one instant.
    std::vector<Value> objects;
    for (const Value& task : tasks) {
        objects.push_back(data("ObjectSpec", {{"obj", task}}));
    }
    const Value prop =
        data("PropertySpec", {{"type", "Task"}, {"pathSet", Value::strings({"info.state"})}});
    const Value spec =
        data("PropertyFilterSpec", {{"propSet", Value::array("PropertySpec", {prop})},
                                    {"objectSet", Value::array("ObjectSpec", std::move(objects))}});
    size_t most = 0;
    size_t finished = 0;
    while (finished < tasks.size()) {
        const Value read =
            vc->ok({"PropertyCollector", "propertyCollector"}, "RetrievePropertiesEx",
                   {{"specSet", Value::array("PropertyFilterSpec", {spec})},
                    {"options", data("RetrieveOptions", {})}});
        size_t running = 0;
        finished = 0;
        for (const Value& object : read["objects"].items()) {
            const std::string state = object["propSet"].items().at(0)["val"].text();
            running += state == "running" ? 1 : 0;
            finished += state == "success" || state == "error" ? 1 : 0;
        }
        ASSERT_EQ(read["objects"].items().size(), tasks.size());
        most = std::max(most, running);
    }
    EXPECT_EQ(most, 2U);
    for (unsigned i = 1; i <= 4; ++i) {
        expect_intact(fmt::format("vm{}", i), Transport::Sdc);
        EXPECT_EQ(vc->property(find(fmt::format("vm/vm{}", i)), "datastore").refs(),
                  std::vector<MoRef>{datastore("sdc-ds-02")});
    }
}

TEST_F(LimitsTest, ACancelledMoveLeavesEverythingInPlace) {
    const MoRef vm = find("vm/vm1");
    const Value before = vc->property(datastore("sdc-ds-02"), "summary");
    const Value task = vc->ok(vm, "RelocateVM_Task", {{"spec", to(datastore("sdc-ds-02"))}});
    Value running;
    while (running["progress"].int_or(0) < 10) {
        running = vc->property(task.ref(), "info");
        ASSERT_NE(running["state"].text(), "success") << "the copy ended before it was cancelled";
    }
    vc->ok(task.ref(), "CancelTask");
    const Value info = vc->wait(task);
    EXPECT_EQ(info["error"]["fault"].type_name(), "RequestCanceled");
    EXPECT_TRUE(info["cancelled"].bool_or(false));
    EXPECT_EQ(vc->fault(task.ref(), "CancelTask"), "InvalidState");
    EXPECT_EQ(vc->property(vm, "datastore").refs(), std::vector<MoRef>{datastore("sdc-ds-01")});
    expect_intact("vm1", Transport::Sdc);
    vc->ok(datastore("sdc-ds-02"), "RefreshDatastore");
    EXPECT_EQ(vc->property(datastore("sdc-ds-02"), "summary")["freeSpace"].text(),
              before["freeSpace"].text());
}

TEST_F(LimitsTest, AwkwardVmsSayWhyTheyCannotMove) {
    EXPECT_EQ(
        vc->run_fault(find("vm/shared"), "RelocateVM_Task", {{"spec", to(datastore("sdc-ds-01"))}}),
        "DeviceNotSupported");
    EXPECT_EQ(
        vc->run_fault(find("vm/wsfc"), "RelocateVM_Task", {{"spec", to(datastore("sdc-ds-01"))}}),
        "SharedBusControllerNotSupported");
    const Value devices = vc->property(find("vm/rdm"), "config.hardware.device");
    bool raw = false;
    for (const Value& device : devices.items()) {
        raw = raw || device["backing"]["compatibilityMode"].text() == "physicalMode";
    }
    EXPECT_TRUE(raw);
    const Value check =
        vc->run({"VirtualMachineProvisioningChecker", "ProvChecker"}, "CheckRelocate_Task",
                {{"vm", find("vm/wsfc")}, {"spec", to(datastore("sdc-ds-01"))}});
    EXPECT_EQ(check.items().at(0)["error"].items().at(0)["fault"].type_name(),
              "SharedBusControllerNotSupported");
}

TEST_F(LimitsTest, OneDiskMovesAloneByItsLocator) {
    const MoRef vm = find("vm/spread");
    const Value stay =
        data("VirtualMachineRelocateSpecDiskLocator",
             {{"diskId", Value(int32_t{2000})}, {"datastore", datastore("sdc-ds-01")}});
    const Value move =
        data("VirtualMachineRelocateSpecDiskLocator",
             {{"diskId", Value(int32_t{2001})}, {"datastore", datastore("sdc-ds-01")}});
    const Value spec =
        data("VirtualMachineRelocateSpec",
             {{"disk", Value::array("VirtualMachineRelocateSpecDiskLocator", {stay, move})}});
    vc->run(vm, "RelocateVM_Task", {{"spec", spec}});
    EXPECT_EQ(vc->property(vm, "datastore").refs(), std::vector<MoRef>{datastore("sdc-ds-01")});
    expect_intact("spread", Transport::Sdc);
    // What the vmx says is what a later registration finds.
    vc->ok(vm, "UnregisterVM");
    vc->run({"Folder", "group-v3"}, "RegisterVM_Task",
            {{"path", "[sdc-ds-01] spread/spread.vmx"},
             {"asTemplate", Value(false)},
             {"pool", MoRef{"ResourcePool", "resgroup-9"}},
             {"host", MoRef{"HostSystem", "host-22"}}});
    expect_intact("spread", Transport::Sdc);
}

TEST_F(LimitsTest, AHost7SeesThirtyTwoNamespaces) {
    onboard(1);
    for (int i = 0; i < 40; ++i) {
        array->map_nvme(array->add_volume(32u << 20), nqn(1));
    }
    vc->ok(storage(1), "RescanAllHba");
    size_t namespaces = 0;
    const Value luns = vc->property(storage(1), "storageDeviceInfo.scsiLun");
    for (const Value& lun : luns.items()) {
        namespaces += lun["vendor"].text() == "NVMe" ? 1 : 0;
    }
    EXPECT_EQ(namespaces, 32U);
}

TEST_F(LimitsTest, ConnectionsSurviveARebootOfTheHost) {
    array->map_nvme(array->add_volume(32u << 20), nqn(2));
    onboard(2);
    const std::string before = esxcli(2, "nvme controller list");
    ASSERT_TRUE(simulator->reboot_host("esx02"));
    const std::string after = esxcli(2, "nvme controller list");
    EXPECT_EQ(std::count(after.begin(), after.end(), '\n'),
              std::count(before.begin(), before.end(), '\n'));
    EXPECT_NE(after, before) << "controller numbers are new after a reconnect";
    EXPECT_NE(esxcli(2, "storage filesystem list").find("sdc-ds-01"), std::string::npos);
    EXPECT_FALSE(simulator->reboot_host("esx01")) << "VMs run there";
}

TEST_F(LimitsTest, AFailingDeviceFailsTheMoveAndNothingElse) {
    array->fail_io(volume2, true);
    const std::string fault =
        vc->run_fault(find("vm/vm1"), "RelocateVM_Task", {{"spec", to(datastore("sdc-ds-02"))}});
    EXPECT_NE(fault, "no fault");
    array->fail_io(volume2, false);
    expect_intact("vm1", Transport::Sdc);
    vc->run(find("vm/vm1"), "RelocateVM_Task", {{"spec", to(datastore("sdc-ds-02"))}});
    expect_intact("vm1", Transport::Sdc);
}

} // namespace
} // namespace pf::vim::sim::test
