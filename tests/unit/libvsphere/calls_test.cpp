// Calls on VMs, datastores and clusters, permissions, and changes whose answer was lost, against
// scripted answers.

#include "libvsphere/administration.hpp"
#include "libvsphere/datastore.hpp"
#include "libvsphere/datastore_users.hpp"
#include "libvsphere/guest.hpp"
#include "libvsphere/host.hpp"
#include "libvsphere/vm.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace pf::vim {
namespace {

using test::Answer;
using test::FakeServer;
using test::fault_of;
using test::NoAnswer;
using test::one_property;
using namespace std::chrono_literals;

const MoRef kTask{"Task", "t"};
const MoRef kVm{"VirtualMachine", "vm-1"};
const MoRef kDatastore{"Datastore", "datastore-1"};

/// A vCenter with the managers that these calls need.
class Calls : public ::testing::Test {
  protected:
    void SetUp() override {
        server.on(
            "RetrieveServiceContent",
            Answer(test::vcenter_content({{"authorizationManager", "AuthorizationManager"},
                                          {"customFieldsManager", "CustomFieldsManager"},
                                          {"setting", "OptionManager"},
                                          {"storageResourceManager", "StorageResourceManager"}})));
        SessionOptions options;
        options.settle_timeout = 300ms;
        options.settle_poll = 5ms;
        auto connected = server.connect(options);
        ASSERT_TRUE(connected) << connected.error().what;
        session = std::move(*connected);
    }
    void answer_task(const char* method) { server.on(method, Answer(Value(kTask))); }

    FakeServer server;
    std::unique_ptr<Session> session;
    const Host host = test::scripted_host();
};

TEST_F(Calls, RelocationCarriesStoragePolicies) {
    answer_task("RelocateVM_Task");
    Relocation r;
    r.datastore = kDatastore;
    r.profiles = {"policy-1"};
    DiskMove move;
    move.disk_key = 2000;
    move.datastore = kDatastore;
    move.profiles = {"policy-2"};
    r.disks.push_back(move);
    auto task = relocate_task(*session, kVm, r);
    ASSERT_TRUE(task) << task.error().what;
    const std::string body = server.last("RelocateVM_Task").body;
    EXPECT_NE(body.find("<profile xsi:type=\"VirtualMachineDefinedProfileSpec\"><profileId>"
                        "policy-1</profileId></profile></spec>"),
              std::string::npos)
        << body;
    EXPECT_NE(body.find("<profileId>policy-2</profileId></profile></disk>"), std::string::npos);
}

TEST_F(Calls, VmsAreSnapshotReconfiguredSuspendedAndMarked) {
    for (const char* method : {"CreateSnapshot_Task", "RemoveAllSnapshots_Task", "ReconfigVM_Task",
                               "SuspendVM_Task", "ResetVM_Task", "ConsolidateVMDisks_Task"})
        answer_task(method);
    EXPECT_TRUE(create_snapshot_task(*session, kVm, "before", "why", false, true));
    EXPECT_EQ(server.last("CreateSnapshot_Task").call.arg("quiesce").bool_or(false), true);
    EXPECT_TRUE(remove_all_snapshots_task(*session, kVm));
    EXPECT_TRUE(set_extra_config_task(*session, kVm, {{"uuid.action", "keep"}}));
    EXPECT_NE(server.last("ReconfigVM_Task").body.find("<key>uuid.action</key>"),
              std::string::npos);
    EXPECT_TRUE(suspend_task(*session, kVm));
    EXPECT_TRUE(reset_task(*session, kVm));
    EXPECT_TRUE(consolidate_disks_task(*session, kVm));
    EXPECT_TRUE(reboot_guest(*session, kVm));
    EXPECT_TRUE(standby_guest(*session, kVm));
    EXPECT_TRUE(mark_as_template(*session, kVm));
    EXPECT_TRUE(mark_as_vm(*session, kVm, {"ResourcePool", "p"}, {"HostSystem", "h"}));
    server.on("RebootGuest", Answer(fault_of("ToolsUnavailable")));
    auto no_tools = reboot_guest(*session, kVm);
    ASSERT_FALSE(no_tools);
    EXPECT_EQ(no_tools.error().code, Errc::NotReady);
}

TEST_F(Calls, ClustersPodsAndControlLetGoOfADatastore) {
    for (const char* method :
         {"ReconfigureComputeResource_Task", "ConfigureStorageDrsForPod_Task",
          "MoveIntoFolder_Task", "ConfigureDatastoreIORM_Task", "DatastoreExitMaintenanceMode_Task",
          "UpdateVirtualMachineFiles_Task", "RemoveDatastoreEx_Task"})
        answer_task(method);
    const MoRef cluster{"ClusterComputeResource", "domain-c1"};
    ClusterSettings settings;
    EXPECT_EQ(reconfigure_cluster_task(*session, cluster, settings).error().code,
              Errc::InvalidArgument);
    settings.heartbeat_policy = "userSelectedDs";
    settings.heartbeat_datastores = {kDatastore};
    settings.drs_behavior = "manual";
    auto task = reconfigure_cluster_task(*session, cluster, settings);
    ASSERT_TRUE(task) << task.error().what;
    const std::string body = server.last("ReconfigureComputeResource_Task").body;
    EXPECT_NE(body.find("<spec xsi:type=\"ClusterConfigSpecEx\"><dasConfig><heartbeatDatastore "
                        "type=\"Datastore\">datastore-1</heartbeatDatastore>"),
              std::string::npos)
        << body;
    EXPECT_EQ(body.find("<enabled>"), std::string::npos); // what is not named stays
    EXPECT_TRUE(configure_pod_task(*session, {"StoragePod", "group-p1"}, false, "manual"));
    EXPECT_TRUE(move_into_folder_task(*session, {"Folder", "f"}, {kDatastore}));
    EXPECT_TRUE(set_sioc_task(*session, kDatastore, false));
    EXPECT_TRUE(datastore_exit_maintenance_task(*session, kDatastore));
    EXPECT_TRUE(refresh_datastore_storage_info(*session, kDatastore));
    EXPECT_TRUE(
        update_vm_files_task(*session, kDatastore, {{"ds:///vmfs/volumes/old/", kDatastore}}));
    EXPECT_TRUE(remove_datastores_task(*session, host, {kDatastore}));
    answer_task("ReconfigureHostForDAS_Task");
    EXPECT_TRUE(reconfigure_host_for_ha_task(*session, host));
    server.on("IsClusteredVmdkEnabled", Answer(Value(true)));
    EXPECT_TRUE(*clustered_vmdk_enabled(*session, kDatastore));
    DataObject placement("StoragePlacementResult", {{"task", Value(kTask)}});
    server.on("DatastoreEnterMaintenanceMode", Answer(Value(placement)));
    auto entering = datastore_enter_maintenance(*session, kDatastore);
    ASSERT_TRUE(entering) << entering.error().what;
    EXPECT_EQ(**entering, kTask);
    DataObject beat("DasHeartbeatDatastoreInfo", {{"datastore", Value(kDatastore)}});
    beat.set("hosts", Value::refs({host.ref}));
    DataObject info("ClusterDasAdvancedRuntimeInfo");
    info.set("heartbeatDatastoreInfo", Value::array("DasHeartbeatDatastoreInfo", {Value(beat)}));
    server.on("RetrieveDasAdvancedRuntimeInfo", Answer(Value(info)));
    auto beats = heartbeat_datastores(*session, cluster);
    ASSERT_TRUE(beats) << beats.error().what;
    ASSERT_EQ(beats->size(), 1u);
    EXPECT_EQ(beats->front().hosts, std::vector<MoRef>{host.ref});
}

TEST_F(Calls, ClusteredDisksAndQueueDepthAreTheHostsToChange) {
    ASSERT_TRUE(set_clustered_vmdk(*session, host, kDatastore, true));
    EXPECT_EQ(server.last("EnableClusteredVmdkSupport").call.self, host.managers.datastores);
    EXPECT_EQ(server.last("EnableClusteredVmdkSupport").call.arg("datastore").ref(), kDatastore);
    EXPECT_EQ(server.count("DisableClusteredVmdkSupport"), 0u);
    ASSERT_TRUE(set_clustered_vmdk(*session, host, kDatastore, false));
    EXPECT_EQ(server.count("DisableClusteredVmdkSupport"), 1u);
    server.on("QueryMaxQueueDepth", Answer(Value(int64_t{64})));
    auto depth = max_queue_depth(*session, host, kDatastore);
    ASSERT_TRUE(depth) << depth.error().what;
    EXPECT_EQ(*depth, 64);
    ASSERT_TRUE(set_max_queue_depth(*session, host, kDatastore, 128));
    EXPECT_NE(server.last("SetMaxQueueDepth")
                  .body.find("<datastore type=\"Datastore\">datastore-1</datastore>"
                             "<maxQdepth>128</maxQdepth>"),
              std::string::npos);
    server.on("QueryMaxQueueDepth", Answer(Value()));
    EXPECT_EQ(max_queue_depth(*session, host, kDatastore).error().code, Errc::Protocol);
    // A host of 7.0 U3 does not have them: nothing is sent.
    SessionOptions old;
    old.max_version = kNvmeTcpVersion;
    auto seven = server.connect(old);
    ASSERT_TRUE(seven);
    const size_t before = server.count("QueryMaxQueueDepth");
    EXPECT_EQ(max_queue_depth(**seven, host, kDatastore).error().code, Errc::Unsupported);
    EXPECT_EQ(server.count("QueryMaxQueueDepth"), before);
}

TEST_F(Calls, RetreatModeIsASettingThatNeedNotBeThere) {
    const MoRef cluster{"ClusterComputeResource", "domain-c8"};
    server.on("QueryOptions", Answer(fault_of("InvalidName")));
    auto never_set = vcls_retreat(*session, cluster);
    ASSERT_TRUE(never_set) << never_set.error().what;
    EXPECT_FALSE(*never_set);
    EXPECT_EQ(server.last("QueryOptions").call.arg("name").text(),
              "config.vcls.clusters.domain-c8.enabled");
    DataObject option("OptionValue", {{"key", Value("config.vcls.clusters.domain-c8.enabled")},
                                      {"value", Value("false")}});
    server.on("QueryOptions", Answer(Value::array("OptionValue", {Value(option)})));
    EXPECT_TRUE(*vcls_retreat(*session, cluster));
    server.on("QueryOptions", Answer(fault_of("NoPermission")));
    EXPECT_EQ(vcls_retreat(*session, cluster).error().code, Errc::PermissionDenied);
    ASSERT_TRUE(set_vcls_retreat(*session, cluster, true));
    EXPECT_NE(server.last("UpdateOptions")
                  .body.find("<key>config.vcls.clusters.domain-c8.enabled</key>"
                             "<value xsi:type=\"xsd:string\">false</value>"),
              std::string::npos)
        << server.last("UpdateOptions").body;
}

TEST_F(Calls, BothSystemsOfAHostTellUnresolvedCopies) {
    DataObject extent(
        "HostUnresolvedVmfsExtent",
        {{"device", Value(DataObject("HostScsiDiskPartition",
                                     {{"diskName", Value("eui.1")}, {"partition", Value(1)}}))},
         {"devicePath", Value("/vmfs/devices/disks/eui.1:1")},
         {"vmfsUuid", Value("u-1")},
         {"isHeadExtent", Value(true)},
         {"ordinal", Value(0)},
         {"startBlock", Value(0)},
         {"endBlock", Value(100)},
         {"reason", Value("diskIdMismatch")}});
    DataObject status("HostUnresolvedVmfsVolumeResolveStatus", {{"resolvable", Value(true)}});
    DataObject volume("HostUnresolvedVmfsVolume",
                      {{"vmfsLabel", Value("ds01")}, {"vmfsUuid", Value("u-1")}});
    volume.set("extent", Value::array("HostUnresolvedVmfsExtent", {Value(extent)}));
    volume.set("totalBlocks", Value(100));
    volume.set("resolveStatus", Value(status));
    const Value list = Value::array("HostUnresolvedVmfsVolume", {Value(volume)});
    server.on("QueryUnresolvedVmfsVolume", Answer(list));
    server.on("QueryUnresolvedVmfsVolumes", Answer(list));
    for (auto* query : {&query_unresolved, &query_unresolved_datastores}) {
        auto copies = (*query)(*session, host);
        ASSERT_TRUE(copies) << copies.error().what;
        ASSERT_EQ(copies->size(), 1u);
        EXPECT_EQ(copies->front().label, "ds01");
        EXPECT_TRUE(copies->front().resolvable);
        EXPECT_EQ(copies->front().extents.at(0).device_path, "/vmfs/devices/disks/eui.1:1");
    }
    EXPECT_EQ(server.last("QueryUnresolvedVmfsVolumes").call.self, host.managers.datastores);
}

TEST_F(Calls, DatastoresGrowByWhatTheHostOffers) {
    EXPECT_EQ(expand_datastore(*session, host, kDatastore).error().code, Errc::NotFound);
    EXPECT_EQ(extend_datastore(*session, host, kDatastore, "/vmfs/devices/disks/x").error().code,
              Errc::NotFound);
    EXPECT_EQ(server.count("ExpandVmfsDatastore") + server.count("ExtendVmfsDatastore"), 0u);
    EXPECT_EQ(server.last("QueryVmfsDatastoreExpandOptions").call.arg("datastore").ref(),
              kDatastore);
    server.on("QueryVmfsDatastoreExpandOptions", Answer(fault_of("HostConfigFault")));
    EXPECT_EQ(expand_datastore(*session, host, kDatastore).error().code, Errc::Fault);
}

TEST_F(Calls, PermissionsAreReadAskedForAndPutBack) {
    DataObject permission("Permission", {{"entity", Value(kVm)},
                                         {"principal", Value("LAB\\ops")},
                                         {"group", Value(true)},
                                         {"roleId", Value(-1)},
                                         {"propagate", Value(true)}});
    server.on("RetrieveEntityPermissions", Answer(Value::array("Permission", {Value(permission)})));
    auto permissions = entity_permissions(*session, kVm);
    ASSERT_TRUE(permissions) << permissions.error().what;
    ASSERT_EQ(permissions->size(), 1u);
    EXPECT_EQ(permissions->front().role_id, -1);
    ASSERT_TRUE(set_entity_permissions(*session, kVm, *permissions));
    EXPECT_NE(server.last("SetEntityPermissions")
                  .body.find("<permission><principal>LAB\\ops</principal><group>true</group>"
                             "<roleId>-1</roleId><propagate>true</propagate></permission>"),
              std::string::npos);
    ASSERT_TRUE(set_entity_permissions(*session, kVm, {}));
    EXPECT_EQ(server.count("SetEntityPermissions"), 1u);

    server.on("RetrievePropertiesEx", Answer(one_property({"SessionManager", "sessionManager"},
                                                          "currentSession.key", Value("52aa"))));
    auto available = [](const char* privilege, bool granted) {
        return Value(DataObject("PrivilegeAvailability",
                                {{"privId", Value(privilege)}, {"isGranted", Value(granted)}}));
    };
    DataObject entity("EntityPrivilege", {{"entity", Value(kVm)}});
    entity.set("privAvailability",
               Value::array("PrivilegeAvailability", {available("Resource.ColdMigrate", true),
                                                      available("Resource.HotMigrate", false)}));
    server.on("HasPrivilegeOnEntities", Answer(Value::array("EntityPrivilege", {Value(entity)})));
    auto missing =
        missing_privileges(*session, {kVm}, {"Resource.ColdMigrate", "Resource.HotMigrate"});
    ASSERT_TRUE(missing) << missing.error().what;
    ASSERT_EQ(missing->size(), 1u);
    EXPECT_EQ(missing->front().privilege, "Resource.HotMigrate");
    EXPECT_EQ(server.last("HasPrivilegeOnEntities").call.arg("sessionId").text(), "52aa");

    // A question that was not answered is no privilege.
    server.on("HasPrivilegeOnEntities", Answer(Value::array("EntityPrivilege", {})));
    auto unanswered = missing_privileges(*session, {kVm}, {"Resource.ColdMigrate"});
    ASSERT_FALSE(unanswered);
    EXPECT_EQ(unanswered.error().code, Errc::Protocol);
}

TEST_F(Calls, ACustomFieldIsMadeOnce) {
    server.on("RetrievePropertiesEx", Answer(one_property({"CustomFieldsManager", "c"}, "field",
                                                          Value::array("CustomFieldDef"))));
    DataObject field("CustomFieldDef",
                     {{"key", Value(101)}, {"name", Value("unit")}, {"type", Value("string")}});
    server.on("AddCustomFieldDef", Answer(Value(field)));
    auto key = ensure_custom_field(*session, "unit", "VirtualMachine");
    ASSERT_TRUE(key) << key.error().what;
    EXPECT_EQ(*key, 101);
    server.on("AddCustomFieldDef", Answer(fault_of("DuplicateName")));
    auto taken = ensure_custom_field(*session, "unit", "VirtualMachine");
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Errc::AlreadyExists);
}

/// HostVirtualNicManager's answer with or without the tag.
Value net_config(bool selected) {
    DataObject spec("HostVirtualNicSpec");
    DataObject vnic("HostVirtualNic", {{"device", Value("vmk1")},
                                       {"key", Value("key-vim.host.VirtualNic-vmk1")},
                                       {"portgroup", Value("pg")},
                                       {"spec", Value(spec)}});
    DataObject config("VirtualNicManagerNetConfig",
                      {{"nicType", Value("nvmeTcp")}, {"multiSelectAllowed", Value(true)}});
    config.set("candidateVnic", Value::array("HostVirtualNic", {Value(vnic)}));
    if (selected)
        config.set("selectedVnic", Value::strings({"nvmeTcp.key-vim.host.VirtualNic-vmk1"}));
    return Value(config);
}

TEST_F(Calls, AChangeWhoseAnswerWasLostIsReadBack) {
    std::atomic<int> reads{0};
    server.on("QueryNetConfig", [&](const Call&) -> Answer { return net_config(++reads > 2); });
    SessionOptions options;
    options.storage_timeout = 50ms;
    options.settle_timeout = 10s;
    options.settle_poll = 5ms;
    auto hasty = server.connect(options);
    ASSERT_TRUE(hasty);
    server.on("SelectVnicForNicType", Answer(NoAnswer{}));
    auto tagged = select_vnic(**hasty, host, "vmk1");
    EXPECT_TRUE(tagged) << tagged.error().what;
    EXPECT_EQ(reads, 3);
}

TEST_F(Calls, AVmkernelPortIsAskedForByGroupAndAddress) {
    Host here = host;
    here.managers.network = MoRef{"HostNetworkSystem", "networkSystem-10"};
    VnicRequest request;
    request.portgroup = "nvme-a";
    request.ip = "10.10.1.7";
    request.netmask = "255.255.255.0";
    request.mtu = 9000;
    server.on("AddVirtualNic", [](const Call& call) -> Answer {
        const Value& nic = call.arg("nic");
        EXPECT_EQ(call.arg("portgroup").text(), "nvme-a");
        EXPECT_EQ(nic["ip"]["ipAddress"].text(), "10.10.1.7");
        EXPECT_EQ(nic["mtu"].int_or(0), 9000);
        return Value("vmk4");
    });
    const auto made = add_vnic(*session, here, request);
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_EQ(*made, "vmk4");
    server.on("AddVirtualNic", Answer(fault_of("AlreadyExists")));
    EXPECT_EQ(add_vnic(*session, here, request).error().code, Errc::AlreadyExists);
}

TEST_F(Calls, ALostAnswerWithoutAnEffectIsAnUnknownOutcome) {
    server.on("QueryNetConfig", Answer(net_config(false)));
    SessionOptions options;
    options.storage_timeout = 50ms;
    options.settle_timeout = 200ms;
    options.settle_poll = 5ms;
    auto hasty = server.connect(options);
    ASSERT_TRUE(hasty);
    server.on("SelectVnicForNicType", Answer(NoAnswer{}));
    auto tagged = select_vnic(**hasty, host, "vmk1");
    ASSERT_FALSE(tagged);
    EXPECT_EQ(tagged.error().code, Errc::OutcomeUnknown);
    EXPECT_NE(tagged.error().what.find("not there yet"), std::string::npos);
    // A fault is an answer: nothing is read back.
    const size_t before = server.count("QueryNetConfig");
    server.on("SelectVnicForNicType", Answer(fault_of("HostConfigFault")));
    EXPECT_EQ(select_vnic(*session, host, "vmk1").error().code, Errc::Fault);
    EXPECT_EQ(server.count("QueryNetConfig"), before);
}

} // namespace
} // namespace pf::vim
