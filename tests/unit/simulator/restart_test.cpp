// A simulator that ends and begins again over the same storage: what hosts and vCenter remember.
#include "fixture.hpp"

#include "base/file.hpp"

#include <algorithm>

namespace pf::vim::sim::test {
namespace {

class RestartTest : public SimulatorTest {
  protected:
    void describe(Estate& estate) override {
        SimulatorTest::describe(estate);
        described = estate;
    }
    void options_for(SimulatorOptions& options) override {
        options.state_file = dir.path() + "/state.json";
        used = options;
    }
    // The process is gone, and the hosts' connections with it.
    void restart() {
        simulator->stop();
        for (const HostSpec& host : described.hosts) {
            const auto storage = array->host(host.name);
            for (const NvmeController& controller : storage->nvme_controllers()) {
                ASSERT_TRUE(storage->nvme_disconnect(controller.number, Timeout(1000)));
            }
        }
        ASSERT_TRUE(described.complete());
        simulator = std::make_unique<Simulator>(
            described,
            [this](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
                return array->host(name);
            },
            used);
        auto started = simulator->start();
        ASSERT_TRUE(started) << started.error().what;
        auto seeded = simulator->seed({}); // nothing is made: no device is asked for
        ASSERT_TRUE(seeded) << seeded.error().what;
        vc = std::make_unique<SoapClient>(simulator->vcenter_port());
        vc->login("administrator@vsphere.local", "VMware1!");
    }

    TempDir dir{"sim-restart"};
    Estate described;
    SimulatorOptions used;
};

TEST_F(RestartTest, TheEstateIsWhereItWas) {
    // Half of a migration: one datastore is on NVMe under a new name, the other unmounted on a
    // host.
    for (const int host : {1, 2}) {
        onboard(host);
    }
    const MoRef app2 = find("vm/app02");
    const MoRef app3 = find("vm/app03");
    vc->run(app3, "CreateSnapshot_Task", {{"name", "kept"}, {"memory", false}, {"quiesce", false}});
    vc->run({"Folder", "group-v3"}, "MoveIntoFolder_Task",
            {{"list", Value::refs({app2})}}); // already there: no move, no harm
    const Value folder = vc->ok({"Folder", "group-v3"}, "CreateFolder", {{"name", "apps"}});
    vc->run(folder.ref(), "MoveIntoFolder_Task", {{"list", Value::refs({app3})}});
    const uint64_t fresh = array->add_volume(kVolume);
    for (const int host : {1, 2}) {
        array->map_nvme(fresh, nqn(host));
        rescan(host);
    }
    const Value spec = vc->ok(datastores(1), "QueryVmfsDatastoreCreateOptions",
                              {{"devicePath", "/vmfs/devices/disks/" + array->nvme_device(fresh)}})
                           .items()[0]["spec"];
    DataObject create = *spec.as_object();
    DataObject vmfs = *create["vmfs"].as_object();
    vmfs.set("volumeName", "nvme-ds");
    create.set("vmfs", Value(vmfs));
    const Value nvme = vc->ok(datastores(1), "CreateVmfsDatastore", {{"spec", Value(create)}});
    rescan(2);
    const MoRef app1 = find("vm/app01");
    vc->run(app1, "RelocateVM_Task",
            {{"spec", data("VirtualMachineRelocateSpec",
                           {{"datastore", nvme}, {"host", vc->property(app1, "runtime.host")}})}});
    const std::string old_uuid =
        vc->property(find("datastore/sdc-ds-01"), "info")["vmfs"]["uuid"].text();
    vc->ok(storage(2), "UnmountVmfsVolume", {{"vmfsUuid", old_uuid}});
    const Value field = vc->ok({"CustomFieldsManager", "CustomFieldsManager"}, "AddCustomFieldDef",
                               {{"name", "stage"}});
    vc->ok({"CustomFieldsManager", "CustomFieldsManager"}, "SetField",
           {{"entity", app1}, {"key", field["key"]}, {"value", "moved"}});
    vc->ok(storage(1), "UpdateScsiLunDisplayName",
           {{"lunUuid", lun_uuid(1, array->nvme_device(fresh))}, {"displayName", "target 1"}});

    auto look = [&] {
        std::string out;
        for (const auto& ds : simulator->inventory().datastores) {
            out += ds.name + " " + ds.uuid + " " + ds.device_id + (ds.accessible ? " ok" : " -");
            for (const std::string& host : ds.mounted_on) {
                out += " " + host;
            }
            out += "\n";
        }
        for (const auto& vm : simulator->inventory().vms) {
            out += vm.name + " " + vm.host + " " + vm.vmx_path + " " + vm.power_state + "\n";
        }
        for (const char* path : {"vm/app01", "vm/app02", "vm/apps/app03", "datastore/nvme-ds",
                                 "datastore/sdc-ds-01", "datastore/sdc-ds-02"}) {
            out += std::string(path) + " " + find(path).id + "\n";
        }
        out += vc->property(find("vm/apps/app03"), "snapshot")["rootSnapshotList"]
                   .items()
                   .at(0)["name"]
                   .text() +
               "\n";
        out += vc->property(find("vm/app01"), "customValue").items().at(0)["value"].text() + "\n";
        out += esxcli(1, "network ip interface tag get -i vmk1");
        out += esxcli(2, "nvme adapter list");
        for (const int host : {1, 2}) {
            const Value adapters =
                vc->property(storage(host), "storageDeviceInfo.nvmeTopology.adapter");
            for (const Value& adapter : adapters.items()) {
                out +=
                    fmt::format("{} controllers\n", adapter["connectedController"].items().size());
            }
        }
        const Value luns = vc->property(storage(1), "storageDeviceInfo.scsiLun");
        for (const Value& lun : luns.items()) {
            out += lun["displayName"].text() + "\n";
        }
        return out;
    };
    const std::string before = look();
    EXPECT_NE(before.find("2 controllers"), std::string::npos) << before;
    EXPECT_NE(before.find("target 1"), std::string::npos) << before;
    restart();
    EXPECT_EQ(look(), before);
    // It goes on: the guest writes where it is now, and nothing that was acknowledged is lost.
    expect_intact("app01", Transport::NvmeTcp);
    expect_intact("app03", Transport::Sdc);
    // The unmount was the administrator's: a rescan does not undo it, a mount does.
    rescan(2);
    EXPECT_EQ(look(), before);
    vc->ok(storage(2), "MountVmfsVolume", {{"vmfsUuid", old_uuid}});
    EXPECT_NE(look(), before);
    const std::string mounted = look();
    restart();
    EXPECT_EQ(look(), mounted);
    // New objects get new ids.
    vc->ok(find("vm/app02"), "UnregisterVM");
    const Value again = vc->run({"Folder", "group-v3"}, "RegisterVM_Task",
                                {{"path", "[sdc-ds-02] app02/app02.vmx"},
                                 {"asTemplate", false},
                                 {"pool", MoRef{"ResourcePool", "resgroup-9"}},
                                 {"host", MoRef{"HostSystem", "host-21"}}});
    EXPECT_NE(again.ref(), app2);
    EXPECT_NE(again.ref(), app1);
    EXPECT_NE(again.ref(), app3);
}

TEST_F(RestartTest, WhatIsGoneMeanwhileIsInaccessible) {
    const MoRef app2 = find("vm/app02");
    simulator->stop();
    for (const HostSpec& host : described.hosts) {
        array->unmap_sdc(volume2, host.name);
    }
    restart();
    EXPECT_EQ(find("vm/app02"), app2);
    EXPECT_EQ(vc->property(app2, "runtime.connectionState").text(), "inaccessible");
    EXPECT_FALSE(vc->property(find("datastore/sdc-ds-02"), "summary.accessible").bool_or(true));
    expect_intact("app01", Transport::Sdc);
}

TEST_F(RestartTest, AnotherEstatesStateIsRefused) {
    simulator->stop();
    auto other = [&](const std::string& text) {
        EXPECT_TRUE(write_file_atomic(used.state_file, text, 0600));
        Simulator one(
            described,
            [this](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
                return array->host(name);
            },
            used);
        EXPECT_TRUE(one.start());
        return one.seed({}).has_value();
    };
    EXPECT_FALSE(other("{\"version\": 1, \"vcenter\": \"elsewhere\"}\n"));
    EXPECT_FALSE(other("{\"version\": 9, \"vcenter\": \"vcenter.lab.local\"}\n"));
    EXPECT_FALSE(other("not json"));
}

} // namespace
} // namespace pf::vim::sim::test
