// The inventory as a place: folders, pools, created and cloned VMs, snapshots, events, permissions,
// alarms, distributed switches; and reading it in pieces.
#include "fixture.hpp"

#include "base/file.hpp"
#include "libvsphere/simulator/recording.hpp"

#include <algorithm>
#include <set>

namespace pf::vim::sim::test {
namespace {

const MoRef kVmFolder{"Folder", "group-v3"};
const MoRef kPool{"ResourcePool", "resgroup-9"};

class InventoryTest : public SimulatorTest {
  protected:
    void describe(Estate& estate) override {
        SimulatorTest::describe(estate);
        estate.hosts[1].cluster = "Cluster B";
        estate.vms[2].host = estate.hosts[1].name;
        estate.vms[2].folder = "far/away";
        DvSwitchSpec dvs;
        dvs.name = "DSwitch";
        dvs.nics = {"vmnic2", "vmnic3"};
        DvPortGroupSpec group;
        group.name = "NVMe-A";
        group.vlan = 151;
        group.active_uplinks = {"Uplink 1"};
        group.standby_uplinks = {"Uplink 2"};
        dvs.portgroups = {group};
        estate.dvswitches = {dvs};
        for (HostSpec& host : estate.hosts) {
            for (const char* name : {"vmnic2", "vmnic3"}) {
                NicSpec nic;
                nic.name = name;
                host.nics.push_back(nic);
            }
            VmkSpec vmk;
            vmk.name = "vmk3";
            vmk.portgroup = "NVMe-A";
            vmk.address = "10.0.0." + std::to_string(estate.hosts.size());
            host.vmks.push_back(vmk);
        }
        estate.hosts[0].scratch_datastore = "sdc-ds-02";
        estate.heartbeat_datastores = {"sdc-ds-01"};
    }
    std::vector<std::string> names(const MoRef& folder) {
        std::vector<std::string> out;
        const Value children = vc->property(folder, "childEntity");
        for (const MoRef& child : children.refs()) {
            out.push_back(vc->property(child, "name").text());
        }
        std::sort(out.begin(), out.end());
        return out;
    }
    MoRef folder(const MoRef& parent, const char* name) {
        return vc->ok(parent, "CreateFolder", {{"name", name}}).ref();
    }
    Value disk_change(int64_t kib) {
        return data(
            "VirtualDeviceConfigSpec",
            {{"operation", Value::enumerator("VirtualDeviceConfigSpecOperation", "add")},
             {"device", data("VirtualDisk", {{"key", Value(int32_t{-1})},
                                             {"backing", data("VirtualDiskFlatVer2BackingInfo",
                                                              {{"fileName", "[sdc-ds-02]"},
                                                               {"diskMode", "persistent"},
                                                               {"thinProvisioned", true}})},
                                             {"capacityInKB", Value(kib)}})}});
    }
};

TEST_F(InventoryTest, FoldersAreMadeFilledRenamedAndRemoved) {
    const MoRef apps = folder(kVmFolder, "apps");
    const MoRef inner = folder(apps, "inner");
    EXPECT_EQ(vc->fault(kVmFolder, "CreateFolder", {{"name", "apps"}}), "DuplicateName");
    const MoRef vm = find("vm/app02");
    vc->run(inner, "MoveIntoFolder_Task", {{"list", Value::refs({vm})}});
    EXPECT_EQ(vc->property(vm, "parent").ref(), inner);
    EXPECT_EQ(find("vm/apps/inner/app02"), vm);
    EXPECT_EQ(names(kVmFolder), (std::vector<std::string>{"app01", "apps", "far"}));
    EXPECT_EQ(vc->run_fault(inner, "MoveIntoFolder_Task", {{"list", Value::refs({apps})}}),
              "InvalidFolder");
    const MoRef ds = find("datastore/sdc-ds-02");
    EXPECT_EQ(vc->run_fault(apps, "MoveIntoFolder_Task", {{"list", Value::refs({ds})}}),
              "NotSupported");
    const MoRef pod = vc->ok({"Folder", "group-s5"}, "CreateStoragePod", {{"name", "pod"}}).ref();
    vc->run(pod, "MoveIntoFolder_Task", {{"list", Value::refs({ds})}});
    EXPECT_EQ(vc->property(ds, "parent").ref(), pod);
    EXPECT_GT(vc->property(pod, "summary.capacity").int_or(0), 0);
    vc->run(apps, "Destroy_Task"); // with what is in it
    EXPECT_EQ(names(kVmFolder), (std::vector<std::string>{"app01", "far"}));
    EXPECT_EQ(vc->fault(vm, "PowerOnVM_Task"), "ManagedObjectNotFound");
}

TEST_F(InventoryTest, AVmIsCreatedClonedAndDestroyed) {
    const Value config =
        data("VirtualMachineConfigSpec",
             {{"name", "fresh"},
              {"guestId", "otherGuest64"},
              {"files", data("VirtualMachineFileInfo", {{"vmPathName", "[sdc-ds-02]"}})},
              {"numCPUs", Value(int32_t{2})},
              {"memoryMB", Value(int64_t{512})},
              {"deviceChange", Value::array("VirtualDeviceConfigSpec", {disk_change(8 << 10)})}});
    const MoRef fresh =
        vc->run(kVmFolder, "CreateVM_Task", {{"config", config}, {"pool", kPool}}).ref();
    EXPECT_EQ(vc->property(fresh, "config.hardware.numCPU").int_or(0), 2);
    const Value location = data("VirtualMachineRelocateSpec",
                                {{"datastore", find("datastore/sdc-ds-02")}, {"pool", kPool}});
    const Value spec = data("VirtualMachineCloneSpec",
                            {{"location", location}, {"powerOn", true}, {"template", false}});
    const MoRef copy = vc->run(find("vm/app02"), "CloneVM_Task",
                               {{"folder", kVmFolder}, {"name", "copy"}, {"spec", spec}})
                           .ref();
    EXPECT_EQ(vc->property(copy, "runtime.powerState").text(), "poweredOn");
    const auto original = simulator->check_vm("app02");
    const auto copied = simulator->check_vm("copy");
    ASSERT_TRUE(original && copied);
    EXPECT_EQ(original->front().sha256, copied->front().sha256);
    EXPECT_EQ(vc->fault(copy, "Destroy_Task"), "InvalidPowerState");
    vc->run(copy, "PowerOffVM_Task");
    vc->run(copy, "Destroy_Task");
    const Value browser = vc->property(find("datastore/sdc-ds-02"), "browser");
    const Value found = vc->run(browser.ref(), "SearchDatastoreSubFolders_Task",
                                {{"datastorePath", "[sdc-ds-02]"}});
    for (const Value& where : found.items()) {
        EXPECT_EQ(where["folderPath"].text().find("copy"), std::string::npos);
    }
}

TEST_F(InventoryTest, ARecordingIsTheSameEstateAgain) {
    const TempDir dir;
    const auto objects = simulator->record(dir / "first");
    ASSERT_TRUE(objects) << objects.error().what;
    EXPECT_GT(*objects, 30U);
    const auto recording = read_recording(dir / "first");
    ASSERT_TRUE(recording) << recording.error().what;
    EXPECT_EQ(recording->size(), *objects);
    auto again = estate_of(*recording);
    ASSERT_TRUE(again) << again.error().what;
    const Estate& estate = simulator->estate();
    ASSERT_EQ(again->hosts.size(), estate.hosts.size());
    for (size_t i = 0; i < estate.hosts.size(); ++i) {
        const HostSpec& a = estate.hosts[i];
        const HostSpec& b = again->hosts[i];
        EXPECT_EQ(a.name, b.name);
        EXPECT_EQ(a.uuid, b.uuid);
        EXPECT_EQ(a.version, b.version);
        EXPECT_EQ(a.build, b.build);
        EXPECT_EQ(a.cluster, b.cluster);
        EXPECT_EQ(a.sdc, b.sdc);
        ASSERT_EQ(a.nics.size(), b.nics.size());
        ASSERT_EQ(a.portgroups.size(), b.portgroups.size());
        ASSERT_EQ(a.vmks.size(), b.vmks.size());
        for (size_t k = 0; k < a.vmks.size(); ++k) {
            EXPECT_EQ(a.vmks[k].address, b.vmks[k].address);
            EXPECT_EQ(a.vmks[k].portgroup, b.vmks[k].portgroup);
            EXPECT_EQ(a.vmks[k].mtu, b.vmks[k].mtu);
            EXPECT_EQ(std::set<std::string>(a.vmks[k].services.begin(), a.vmks[k].services.end()),
                      std::set<std::string>(b.vmks[k].services.begin(), b.vmks[k].services.end()));
        }
    }
    ASSERT_EQ(again->dvswitches.size(), 1U);
    EXPECT_EQ(again->dvswitches[0].portgroups[0].standby_uplinks,
              std::vector<std::string>{"Uplink 2"});
    ASSERT_EQ(again->vms.size(), estate.vms.size());
    for (const VmSpec& vm : estate.vms) {
        const auto same = std::find_if(again->vms.begin(), again->vms.end(),
                                       [&](const VmSpec& v) { return v.name == vm.name; });
        ASSERT_NE(same, again->vms.end()) << vm.name;
        EXPECT_EQ(same->host, vm.host);
        EXPECT_EQ(same->folder, vm.folder);
        EXPECT_EQ(same->datastore, vm.datastore);
        EXPECT_EQ(same->powered_on, vm.powered_on);
        ASSERT_EQ(same->disks.size(), vm.disks.size());
        EXPECT_EQ(same->disks[0].size_bytes, vm.disks[0].size_bytes);
    }
    // The estate of the recording runs, and its recording tells of the same objects.
    auto empty = MemoryArray::create();
    std::map<std::string, std::string> device_of;
    for (const DatastoreSpec& ds : again->datastores) {
        const uint64_t volume = empty->add_volume(kVolume);
        device_of[ds.name] = empty->sdc_device(volume);
        for (const std::string& host : ds.hosts) {
            empty->map_sdc(volume, host);
        }
    }
    SimulatorOptions options;
    options.paper_vms = true;
    Simulator second(
        *again,
        [&](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
            return empty->host(name);
        },
        options);
    ASSERT_TRUE(second.start());
    const auto seeded = second.seed(device_of);
    ASSERT_TRUE(seeded) << seeded.error().what;
    const auto recorded = second.record(dir / "second");
    ASSERT_TRUE(recorded);
    EXPECT_EQ(*recorded, *objects);
    second.stop();
}

// The request that a client which saves an inventory sends: named traversals beside each other,
// types that nothing here has, a propSet without any property.
TEST_F(InventoryTest, AnInventoryIsSavedByOthers) {
    auto traversal = [](const char* name, const char* type, const char* path) {
        return data("TraversalSpec", {{"name", name}, {"type", type}, {"path", path}});
    };
    auto named = [](const char* name) { return data("SelectionSpec", {{"name", name}}); };
    auto all = [](const char* type) {
        return data("PropertySpec", {{"type", type}, {"all", Value(true)}});
    };
    const MoRef view = vc->ok({"ViewManager", "ViewManager"}, "CreateContainerView",
                              {{"container", MoRef{"Folder", "group-d1"}}, {"recursive", true}})
                           .ref();
    DataObject through("TraversalSpec", {{"type", "ContainerView"}, {"path", "view"}});
    through.set("selectSet", Value::array("SelectionSpec", {named("browsers"), named("networks"),
                                                            named("tasks"), named("nowhere")}));
    const Value tree =
        data("PropertyFilterSpec",
             {{"propSet", Value::array("PropertySpec",
                                       {all("EnvironmentBrowser"), all("HostDatastoreBrowser"),
                                        all("HostNetworkSystem"), all("HostCertificateManager"),
                                        all("OpaqueNetwork"), all("ManagedEntity"), all("Task")})},
              {"objectSet",
               Value::array(
                   "ObjectSpec",
                   {data("ObjectSpec",
                         {{"obj", view},
                          {"skip", false},
                          {"selectSet",
                           Value::array(
                               "SelectionSpec",
                               {Value(through), traversal("browsers", "Datastore", "browser"),
                                traversal("networks", "HostSystem", "configManager.networkSystem"),
                                traversal("tasks", "ManagedEntity", "recentTask")})}})})}});
    const MoRef licences{"LicenseManager", "LicenseManager"};
    const Value bare = data(
        "PropertyFilterSpec",
        {{"propSet",
          Value::array("PropertySpec", {data("PropertySpec", {{"type", licences.type}})})},
         {"objectSet", Value::array("ObjectSpec", {data("ObjectSpec", {{"obj", licences}})})}});
    Value page =
        vc->ok({"PropertyCollector", "propertyCollector"}, "RetrievePropertiesEx",
               {{"specSet", Value::array("PropertyFilterSpec", {bare, tree})},
                {"options", data("RetrieveOptions", {{"maxObjects", Value(int32_t{10})}})}});
    std::map<std::string, int> types;
    while (true) {
        EXPECT_LE(page["objects"].items().size(), 10U);
        for (const Value& object : page["objects"].items()) {
            ++types[object["obj"].ref().type];
        }
        if (!page["token"].is_set()) {
            break;
        }
        page = vc->ok({"PropertyCollector", "propertyCollector"}, "ContinueRetrievePropertiesEx",
                      {{"token", page["token"]}});
    }
    EXPECT_EQ(types["LicenseManager"], 1);
    EXPECT_EQ(types["HostSystem"], 2);
    EXPECT_EQ(types["HostNetworkSystem"], 2);
    EXPECT_EQ(types["HostDatastoreBrowser"], 2);
    EXPECT_EQ(types["VirtualMachine"], 3);
    EXPECT_EQ(types["VmwareDistributedVirtualSwitch"], 1);
    for (const char* method :
         {"QueryConfigOption", "QueryConfigTarget", "QueryTargetCapabilities"}) {
        vc->ok({"EnvironmentBrowser", "envbrowser-8"}, method);
    }
    vc->ok({"HostNetworkSystem", "networkSystem-21"}, "QueryNetworkHint");
    vc->ok({"VmwareDistributedVirtualSwitch", "dvs-900"}, "FetchDVPorts");
}

TEST_F(InventoryTest, ARecordingOfOthersIsReadByNamespace) {
    const TempDir dir;
    const std::string xsi =
        "xmlns:XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\"";
    ASSERT_TRUE(write_file_atomic(
        dir / "0001-Folder-group-d1.xml",
        "<ObjectContent>\n  <obj type=\"Folder\">group-d1</obj>\n  <propSet>\n    <name>childEntity"
        "</name>\n    <val " +
            xsi +
            " XMLSchema-instance:type=\"ArrayOfManagedObjectReference\">\n"
            "      <ManagedObjectReference "
            "type=\"Datacenter\">datacenter-3</ManagedObjectReference>\n"
            "    </val>\n  </propSet>\n  <propSet><name>name</name><val " +
            xsi +
            " xmlns:XMLSchema=\"http://www.w3.org/2001/XMLSchema\" "
            "XMLSchema-instance:type=\"XMLSchema:"
            "string\">Datacenters</val></propSet>\n</ObjectContent>\n",
        0644));
    const auto recording = read_recording(dir.path());
    ASSERT_TRUE(recording) << recording.error().what;
    const DataObject& folder = recording->at({"Folder", "group-d1"});
    EXPECT_EQ(folder["name"].text(), "Datacenters");
    EXPECT_EQ(folder["childEntity"].refs(), (std::vector<MoRef>{{"Datacenter", "datacenter-3"}}));
    EXPECT_FALSE(estate_of(*recording)); // no host in it
    ASSERT_TRUE(write_file_atomic(dir / "0002-broken.xml", "<ObjectContent>", 0644));
    EXPECT_FALSE(read_recording(dir.path()));
    EXPECT_FALSE(read_recording(dir / "nowhere"));
}

TEST_F(InventoryTest, HostsStandInTheirClusters) {
    const MoRef second = find("host/Cluster B");
    EXPECT_EQ(second.type, "ClusterComputeResource");
    EXPECT_EQ(vc->property(second, "host").refs(), (std::vector<MoRef>{{"HostSystem", "host-22"}}));
    EXPECT_EQ(vc->property({"HostSystem", "host-22"}, "parent").ref(), second);
    const MoRef pool = vc->property(second, "resourcePool").ref();
    EXPECT_EQ(vc->property(pool, "owner").ref(), second);
    const MoRef vm = find("vm/far/away/app03");
    EXPECT_EQ(vc->property(vm, "resourcePool").ref(), pool);
    SoapClient host(simulator->host_port("esx01.lab.local"));
    host.use_session_manager({"SessionManager", "ha-sessionmgr"});
    host.login("root", "VMware1!");
    const MoRef own = host.property({"HostSystem", "ha-host"}, "parent",
                                    {"PropertyCollector", "ha-property-collector"})
                          .ref();
    EXPECT_EQ(own.id, "ha-compute-res");
}

TEST_F(InventoryTest, SnapshotsFormATree) {
    const MoRef vm = find("vm/app02");
    const auto snap = [&](const char* name) {
        return vc
            ->run(vm, "CreateSnapshot_Task",
                  {{"name", name}, {"memory", false}, {"quiesce", false}})
            .ref();
    };
    EXPECT_FALSE(vc->property(vm, "snapshot").is_set());
    const MoRef first = snap("first");
    const MoRef second = snap("second");
    const Value info = vc->property(vm, "snapshot");
    EXPECT_EQ(info["currentSnapshot"].ref(), second);
    ASSERT_EQ(info["rootSnapshotList"].items().size(), 1U);
    EXPECT_EQ(info["rootSnapshotList"].items()[0]["childSnapshotList"].items().size(), 1U);
    EXPECT_EQ(vc->property(second, "vm").ref(), vm);
    vc->run(first, "RemoveSnapshot_Task", {{"removeChildren", false}});
    EXPECT_EQ(vc->property(vm, "rootSnapshot").refs(), std::vector<MoRef>{second});
    vc->run(vm, "RemoveAllSnapshots_Task");
    EXPECT_FALSE(vc->property(vm, "snapshot").is_set());
}

TEST_F(InventoryTest, WhatHappensIsInTheEventsAndTasks) {
    const MoRef vm = find("vm/app02");
    vc->run(vm, "PowerOnVM_Task");
    const Value by_entity =
        data("EventFilterSpec",
             {{"entity",
               data("EventFilterSpecByEntity",
                    {{"entity", vm},
                     {"recursion", Value::enumerator("EventFilterSpecRecursionOption", "self")}})},
              {"eventTypeId", Value::strings({"VmPoweredOnEvent"})}});
    const MoRef events{"EventManager", "EventManager"};
    const Value found = vc->ok(events, "QueryEvents", {{"filter", by_entity}});
    ASSERT_EQ(found.items().size(), 1U);
    EXPECT_EQ(found.items()[0]["vm"]["vm"].ref(), vm);

    const MoRef log =
        vc->ok(events, "CreateCollectorForEvents", {{"filter", data("EventFilterSpec", {})}}).ref();
    EXPECT_FALSE(vc->property(log, "latestPage").items().empty());
    vc->ok(log, "RewindCollector");
    const Value one = vc->ok(log, "ReadNextEvents", {{"maxCount", Value(int32_t{1})}});
    EXPECT_EQ(one.items()[0].type_name(), "UserLoginSessionEvent");
    vc->ok(log, "DestroyCollector");
    EXPECT_EQ(vc->fault(log, "RewindCollector"), "ManagedObjectNotFound");

    const MoRef tasks =
        vc->ok({"TaskManager", "TaskManager"}, "CreateCollectorForTasks",
               {{"filter",
                 data("TaskFilterSpec",
                      {{"entity",
                        data("TaskFilterSpecByEntity",
                             {{"entity", MoRef{"Datacenter", "datacenter-2"}},
                              {"recursion",
                               Value::enumerator("TaskFilterSpecRecursionOption", "all")}})}})}})
            .ref();
    const Value last = vc->ok(tasks, "ReadPreviousTasks", {{"maxCount", Value(int32_t{10})}});
    ASSERT_FALSE(last.items().empty());
    EXPECT_EQ(last.items()[0]["descriptionId"].text(), "VirtualMachine.powerOn");
}

TEST_F(InventoryTest, PermissionsRolesAndAlarms) {
    const MoRef access{"AuthorizationManager", "AuthorizationManager"};
    const Value role = vc->ok(
        access, "AddAuthorizationRole",
        {{"name", "movers"}, {"privIds", Value::strings({"Datastore.Move", "System.View"})}});
    const MoRef vm = find("vm/app01");
    vc->ok(
        access, "SetEntityPermissions",
        {{"entity", vm},
         {"permission", Value::array("Permission", {data("Permission", {{"principal", "LAB\\ann"},
                                                                        {"group", false},
                                                                        {"roleId", role},
                                                                        {"propagate", true}})})}});
    const Value own =
        vc->ok(access, "RetrieveEntityPermissions", {{"entity", vm}, {"inherited", false}});
    ASSERT_EQ(own.items().size(), 1U);
    EXPECT_EQ(own.items()[0]["principal"].text(), "LAB\\ann");
    EXPECT_EQ(vc->ok(access, "RetrieveEntityPermissions", {{"entity", vm}, {"inherited", true}})
                  .items()
                  .size(),
              2U);
    EXPECT_EQ(
        vc->fault(access, "RemoveAuthorizationRole", {{"roleId", role}, {"failIfUsed", true}}),
        "RemoveFailed");
    const Value has = vc->ok(access, "HasPrivilegeOnEntities",
                             {{"entity", Value::refs({vm})},
                              {"sessionId", "x"},
                              {"privId", Value::strings({"Host.Config.Storage"})}});
    EXPECT_TRUE(has.items()[0]["privAvailability"].items()[0]["isGranted"].bool_or(false));
    const MoRef alarms{"AlarmManager", "AlarmManager"};
    const auto known = vc->ok(alarms, "GetAlarm").refs();
    ASSERT_FALSE(known.empty());
    EXPECT_TRUE(vc->property(known[0], "info.enabled").bool_or(false));
    vc->ok(known[0], "RemoveAlarm");
    EXPECT_EQ(vc->ok(alarms, "GetAlarm").refs().size(), known.size() - 1);
}

TEST_F(InventoryTest, DistributedSwitchesShowTheirTeaming) {
    const MoRef group = find("network/NVMe-A");
    EXPECT_EQ(group.type, "DistributedVirtualPortgroup");
    const Value config = vc->property(group, "config.defaultPortConfig");
    EXPECT_EQ(config["vlan"]["vlanId"].int_or(0), 151);
    const Value& order = config["uplinkTeamingPolicy"]["uplinkPortOrder"];
    EXPECT_EQ(order["activeUplinkPort"].texts(), std::vector<std::string>{"Uplink 1"});
    EXPECT_EQ(order["standbyUplinkPort"].texts(), std::vector<std::string>{"Uplink 2"});
    const MoRef dvs = vc->property(group, "config.distributedVirtualSwitch").ref();
    EXPECT_EQ(vc->property(dvs, "name").text(), "DSwitch");
    const MoRef host = find("host/Cluster/esx01.lab.local");
    const Value proxy = vc->property(host, "config.network.proxySwitch");
    EXPECT_EQ(proxy.items()[0]["pnic"].texts().size(), 2U);
    // The adapter of an active uplink may carry NVMe, that of a standby one may not.
    const MoRef nics{"HostVirtualNicManager", "virtualNicManager-21"};
    vc->ok(nics, "SelectVnicForNicType", {{"nicType", "nvmeTcp"}, {"device", "vmk3"}});
    for (const char* nic : {"vmnic2", "vmnic3"}) {
        vc->ok(storage(1), "CreateSoftwareAdapter",
               {{"spec", data("HostTcpHbaCreateSpec", {{"pnic", nic}})}});
    }
    vc->ok(storage(1), "ConnectNvmeController",
           {{"connectSpec", connect_spec("vmhba65", "192.168.151.10")}});
    EXPECT_EQ(vc->fault(storage(1), "ConnectNvmeController",
                        {{"connectSpec", connect_spec("vmhba66", "192.168.151.10")}}),
              "NotFound");
}

TEST_F(InventoryTest, VmkernelPortsComeAndGo) {
    const MoRef network{"HostNetworkSystem", "networkSystem-21"};
    const MoRef host = find("host/Cluster/esx01.lab.local");
    const auto spec = [](Value ip, Value connection = {}) {
        DataObject out("HostVirtualNicSpec",
                       {{"ip", std::move(ip)}, {"mtu", Value(int32_t{9000})}});
        if (connection.is_set()) {
            out.set("distributedVirtualPort", std::move(connection));
        }
        return Value(std::move(out));
    };
    const auto fixed = [](const char* address) {
        return data("HostIpConfig",
                    {{"dhcp", false}, {"ipAddress", address}, {"subnetMask", "255.255.255.0"}});
    };
    const auto ports = [&] {
        std::string out;
        const Value vnics = vc->property(host, "config.network.vnic");
        for (const Value& vnic : vnics.items()) {
            out += vnic["device"].text() + " ";
        }
        return out;
    };
    const std::string before = ports();
    // A port group of a standard switch carries one; another group, and an address, must exist.
    const Value nic = spec(fixed("192.168.151.77"));
    EXPECT_EQ(vc->fault(network, "AddVirtualNic", {{"portgroup", "nowhere"}, {"nic", nic}}),
              "NotFound");
    const std::string taken =
        vc->property(host, "config.network.vnic").items()[1]["portgroup"].text();
    EXPECT_EQ(vc->fault(network, "AddVirtualNic", {{"portgroup", taken}, {"nic", nic}}),
              "AlreadyExists");
    // On a distributed switch, by the group's key and the switch's uuid.
    const MoRef group = find("network/NVMe-A");
    const MoRef dvs = vc->property(group, "config.distributedVirtualSwitch").ref();
    const auto at = [&](const std::string& uuid) {
        return data("DistributedVirtualSwitchPortConnection",
                    {{"switchUuid", Value(uuid)}, {"portgroupKey", Value(group.id)}});
    };
    const std::string uuid = vc->property(dvs, "uuid").text();
    EXPECT_EQ(vc->fault(network, "AddVirtualNic",
                        {{"portgroup", ""}, {"nic", spec(fixed("192.168.151.77"), at("50 2e"))}}),
              "InvalidArgument");
    EXPECT_EQ(vc->fault(network, "AddVirtualNic",
                        {{"portgroup", ""}, {"nic", spec(fixed("300.1.1.1"), at(uuid))}}),
              "InvalidArgument");
    const std::string made =
        vc->ok(network, "AddVirtualNic",
               {{"portgroup", ""}, {"nic", spec(fixed("192.168.151.77"), at(uuid))}})
            .text();
    EXPECT_EQ(ports(), before + made + " ");
    EXPECT_EQ(vc->fault(network, "AddVirtualNic",
                        {{"portgroup", ""}, {"nic", spec(fixed("192.168.151.77"), at(uuid))}}),
              "HostConfigFault"); // the address is its own
    const std::string leased =
        vc->ok(network, "AddVirtualNic",
               {{"portgroup", ""}, {"nic", spec(data("HostIpConfig", {{"dhcp", true}}), at(uuid))}})
            .text();
    const Value last = vc->property(host, "config.network.vnic").items().back();
    EXPECT_EQ(last["device"].text(), leased);
    EXPECT_TRUE(last["spec"]["ip"]["dhcp"].bool_or(false));
    EXPECT_EQ(last["spec"]["mtu"].int_or(0), 9000);
    EXPECT_EQ(last["spec"]["distributedVirtualPort"]["portgroupKey"].text(), group.id);
    // It carries a tag, and takes it along.
    const MoRef nics{"HostVirtualNicManager", "virtualNicManager-21"};
    vc->ok(nics, "SelectVnicForNicType", {{"nicType", "nvmeTcp"}, {"device", made}});
    vc->ok(network, "RemoveVirtualNic", {{"device", made}});
    vc->ok(network, "RemoveVirtualNic", {{"device", leased}});
    EXPECT_EQ(ports(), before);
    EXPECT_EQ(vc->fault(network, "RemoveVirtualNic", {{"device", made}}), "NotFound");
    EXPECT_EQ(vc->fault(network, "RemoveVirtualNic", {{"device", "vmk0"}}), "HostConfigFault");
}

TEST_F(InventoryTest, WhatTheHostItselfUsesCannotBeUnmounted) {
    for (const char* name : {"app01", "app02", "app03"}) {
        const MoRef vm =
            find(std::string(name) == "app03" ? "vm/far/away/app03" : std::string("vm/") + name);
        if (vc->property(vm, "runtime.powerState").text() == "poweredOn") {
            vc->run(vm, "PowerOffVM_Task");
        }
        vc->ok(vm, "UnregisterVM");
    }
    auto uuid = [&](const char* name) {
        return vc->property(find(std::string("datastore/") + name), "info.vmfs.uuid").text();
    };
    EXPECT_EQ(vc->fault(storage(2), "UnmountVmfsVolume", {{"vmfsUuid", uuid("sdc-ds-01")}}),
              "ResourceInUse"); // HA's heartbeats
    const MoRef cluster = find("host/Cluster B");
    const Value runtime = vc->ok(cluster, "RetrieveDasAdvancedRuntimeInfo");
    EXPECT_EQ(runtime["heartbeatDatastoreInfo"].items().size(), 1U);
    const Value off = data("ClusterConfigSpecEx",
                           {{"dasConfig", data("ClusterDasConfigInfo", {{"enabled", false}})}});
    vc->run(cluster, "ReconfigureComputeResource_Task", {{"spec", off}, {"modify", true}});
    EXPECT_FALSE(vc->property(cluster, "configurationEx.dasConfig.enabled").bool_or(true));
    vc->ok(storage(2), "UnmountVmfsVolume", {{"vmfsUuid", uuid("sdc-ds-01")}});
    EXPECT_EQ(vc->fault(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", uuid("sdc-ds-02")}}),
              "ResourceInUse"); // the scratch location
    const MoRef options{"OptionManager", "EsxHostAdvSettings-21"};
    const auto scratch = [&] {
        return vc->ok(options, "QueryOptions", {{"name", "ScratchConfig.CurrentScratchLocation"}})
            .items()[0]["value"]
            .text();
    };
    EXPECT_NE(scratch().find("/vmfs/volumes/"), std::string::npos);
    vc->ok(options, "UpdateOptions",
           {{"changedValue",
             Value::array("OptionValue",
                          {data("OptionValue", {{"key", "ScratchConfig.ConfiguredScratchLocation"},
                                                {"value", "/tmp/scratch"}})})}});
    EXPECT_EQ(scratch(), "/tmp/scratch");
    vc->ok(storage(1), "UnmountVmfsVolume", {{"vmfsUuid", uuid("sdc-ds-02")}});
}

TEST_F(InventoryTest, UpdatesComeInPiecesAndAreComplete) {
    const MoRef view = vc->ok({"ViewManager", "ViewManager"}, "CreateContainerView",
                              {{"container", MoRef{"Folder", "group-d1"}},
                               {"type", Value::strings({"ManagedEntity"})},
                               {"recursive", true}})
                           .ref();
    const Value spec = data(
        "PropertyFilterSpec",
        {{"propSet", Value::array("PropertySpec",
                                  {data("PropertySpec", {{"type", "ManagedEntity"},
                                                         {"pathSet", Value::strings({"name"})}})})},
         {"objectSet",
          Value::array("ObjectSpec",
                       {data("ObjectSpec",
                             {{"obj", view},
                              {"skip", true},
                              {"selectSet",
                               Value::array("SelectionSpec",
                                            {data("TraversalSpec", {{"type", "ContainerView"},
                                                                    {"path", "view"}})})}})})}});
    const MoRef collector =
        vc->ok({"PropertyCollector", "propertyCollector"}, "CreatePropertyCollector").ref();
    vc->ok(collector, "CreateFilter", {{"spec", spec}, {"partialUpdates", false}});
    const auto expected = vc->property(view, "view").refs().size();
    std::set<MoRef> seen;
    std::string version;
    bool truncated = true;
    int rounds = 0;
    while (truncated && ++rounds < 100) {
        const Value set =
            vc->ok(collector, "WaitForUpdatesEx",
                   {{"version", version},
                    {"options", data("WaitOptions", {{"maxWaitSeconds", Value(int32_t{0})},
                                                     {"maxObjectUpdates", Value(int32_t{3})}})}});
        if (!set.is_set()) {
            break;
        }
        version = set["version"].text();
        truncated = set["truncated"].bool_or(false);
        const auto& updates = set["filterSet"].items()[0]["objectSet"].items();
        EXPECT_LE(updates.size(), 3U);
        for (const Value& update : updates) {
            EXPECT_EQ(update["kind"].text(), "enter");
            EXPECT_TRUE(seen.insert(update["obj"].ref()).second);
        }
    }
    EXPECT_EQ(seen.size(), expected);
    EXPECT_GT(rounds, 3);
    const MoRef vm = find("vm/app02");
    vc->run(vm, "Rename_Task", {{"newName", "renamed"}});
    const Value set =
        vc->ok(collector, "WaitForUpdatesEx",
               {{"version", version},
                {"options", data("WaitOptions", {{"maxWaitSeconds", Value(int32_t{10})}})}});
    const Value& update = set["filterSet"].items()[0]["objectSet"].items()[0];
    EXPECT_EQ(update["kind"].text(), "modify");
    EXPECT_EQ(update["changeSet"].items()[0]["val"].text(), "renamed");
    EXPECT_EQ(vc->fault(collector, "WaitForUpdatesEx", {{"version", "nonsense"}}),
              "InvalidCollectorVersion");
}

TEST_F(InventoryTest, AVmThatIsUnregisteredLosesWhatClusterAndHostKeptAboutIt) {
    const MoRef cluster = find("host/Cluster");
    const MoRef one = find("vm/app01");
    const MoRef two = find("vm/app02");
    const auto change = [](const char* type, const char* operation, Value info) {
        return data(type, {{"operation", Value::enumerator("ArrayUpdateOperation", operation)},
                           {"info", std::move(info)}});
    };
    const auto rule = [](const std::vector<MoRef>& vms) {
        return data("ClusterAntiAffinityRuleSpec",
                    {{"enabled", true}, {"name", "apart"}, {"vm", Value::refs(vms)}});
    };
    const auto apply = [&](const char* field, const char* type, Value item) {
        return vc->run(cluster, "ReconfigureComputeResource_Task",
                       {{"spec", data("ClusterConfigSpecEx",
                                      {{field, Value::array(type, {std::move(item)})}})},
                        {"modify", true}});
    };
    apply("rulesSpec", "ClusterRuleSpec", change("ClusterRuleSpec", "add", rule({one, two})));
    apply("groupSpec", "ClusterGroupSpec",
          change("ClusterGroupSpec", "add",
                 data("ClusterVmGroup", {{"name", "web"}, {"vm", Value::refs({two})}})));
    apply("drsVmConfigSpec", "ClusterDrsVmConfigSpec",
          change("ClusterDrsVmConfigSpec", "add",
                 data("ClusterDrsVmConfigInfo",
                      {{"key", two}, {"behavior", Value::enumerator("DrsBehavior", "manual")}})));
    const MoRef autostart =
        vc->property(vc->property(two, "runtime.host").ref(), "configManager.autoStartManager")
            .ref();
    const Value power =
        data("AutoStartPowerInfo",
             {{"key", two},
              {"startOrder", Value(int32_t{1})},
              {"startDelay", Value(int32_t{10})},
              {"waitForHeartbeat", Value::enumerator("AutoStartWaitHeartbeatSetting", "no")},
              {"startAction", "PowerOn"},
              {"stopDelay", Value(int32_t{10})},
              {"stopAction", "PowerOff"}});
    vc->ok(autostart, "ReconfigureAutostart",
           {{"spec", data("HostAutoStartManagerConfig",
                          {{"powerInfo", Value::array("AutoStartPowerInfo", {power})}})}});
    const auto count = [&](const char* property) {
        return vc->property(cluster, std::string("configurationEx.") + property).items().size();
    };
    EXPECT_EQ(count("rule"), 1U);
    EXPECT_EQ(count("drsVmConfig"), 1U);
    EXPECT_EQ(vc->property(autostart, "config.powerInfo").items().size(), 1U);

    vc->ok(two, "UnregisterVM");
    EXPECT_EQ(count("rule"), 0U); // one VM is no rule
    EXPECT_EQ(count("drsVmConfig"), 0U);
    EXPECT_EQ(count("group"), 1U);
    EXPECT_TRUE(vc->property(cluster, "configurationEx.group").items()[0]["vm"].refs().empty());
    EXPECT_EQ(vc->property(autostart, "config.powerInfo").items().size(), 0U);
}

} // namespace
} // namespace pf::vim::sim::test
