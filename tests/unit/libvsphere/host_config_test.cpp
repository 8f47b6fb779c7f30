// Host configuration, batches, permissions and custom attributes against scripted answers.

#include "libvsphere/administration.hpp"
#include "libvsphere/host_config.hpp"
#include "libvsphere/wire/schema.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

#include <map>

namespace pf::vim {
namespace {

using test::Answer;
using test::FakeServer;
using test::fault_of;
using test::one_property;

class HostConfig : public ::testing::Test {
  protected:
    void SetUp() override {
        auto connected = server.connect();
        ASSERT_TRUE(connected);
        session = std::move(*connected);
    }
    FakeServer server;
    std::unique_ptr<Session> session;
    const Host host = test::scripted_host();
};

TEST_F(HostConfig, StartingAServiceThatRunsIsNoError) {
    DataObject ssh("HostService", {{"key", Value("TSM-SSH")},
                                   {"label", Value("SSH")},
                                   {"required", Value(false)},
                                   {"uninstallable", Value(false)},
                                   {"running", Value(true)},
                                   {"policy", Value("off")}});
    server.on("RetrievePropertiesEx",
              Answer(one_property(host.managers.services, "serviceInfo.service",
                                  Value::array("HostService", {Value(ssh)}))));
    auto services = host_services(*session, host);
    ASSERT_TRUE(services) << services.error().what;
    ASSERT_EQ(services->size(), 1u);
    EXPECT_TRUE(services->front().running);
    server.on("StartService", Answer(fault_of("InvalidState")));
    server.on("StopService", Answer(fault_of("InvalidState")));
    EXPECT_TRUE(control_service(*session, host, "TSM-SSH", ServiceAction::Start));
    auto stop = control_service(*session, host, "TSM-SSH", ServiceAction::Stop);
    ASSERT_FALSE(stop);
    EXPECT_NE(stop.error().what.find("stop service TSM-SSH"), std::string::npos);
    EXPECT_TRUE(set_service_policy(*session, host, "TSM-SSH", "on"));
    EXPECT_EQ(server.last("UpdateServicePolicy").call.arg("policy").text(), "on");
}

TEST_F(HostConfig, AdvancedOptionsKeepTheirType) {
    DataObject option("OptionValue",
                      {{"key", Value("Scsi.NVmeUseDsmTp4040")}, {"value", Value(int64_t{0})}});
    server.on("QueryOptions", Answer(Value::array("OptionValue", {Value(option)})));
    ASSERT_TRUE(set_advanced_option(*session, host, "Scsi.NVmeUseDsmTp4040", "1"));
    EXPECT_NE(server.last("UpdateOptions").body.find("<value xsi:type=\"xsd:long\">1</value>"),
              std::string::npos)
        << server.last("UpdateOptions").body;
    server.on("QueryOptions", Answer(Value::array("OptionValue")));
    auto none = set_advanced_option(*session, host, "No.Such", "1");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::NotFound);
}

TEST_F(HostConfig, ReadsModulesAndSplitsTheirOptions) {
    server.on("QueryConfiguredModuleOptionString",
              Answer(Value("IoctlIniGuidStr=12AB IoctlMdmIPStr=10.0.0.1,10.0.0.2")));
    auto options = module_options(*session, host, "scini");
    ASSERT_TRUE(options);
    EXPECT_EQ(split_module_options(*options),
              (std::vector<std::pair<std::string, std::string>>{
                  {"IoctlIniGuidStr", "12AB"}, {"IoctlMdmIPStr", "10.0.0.1,10.0.0.2"}}));
    EXPECT_EQ(split_module_options("  a=\"x y\" flag  b= c=1"),
              (std::vector<std::pair<std::string, std::string>>{
                  {"a", "x y"}, {"flag", ""}, {"b", ""}, {"c", "1"}}));
    EXPECT_TRUE(split_module_options("").empty());
    ASSERT_TRUE(set_module_options(*session, host, "vmknvme", "vmknvme_hostnqn_format=0"));
    EXPECT_EQ(server.last("UpdateModuleOptionString").call.arg("name").text(), "vmknvme");
}

TEST_F(HostConfig, BatchesTellEachItemsOutcome) {
    server.on("UnmountVmfsVolumeEx_Task", Answer(Value(MoRef{"Task", "task-1"})));
    auto task = vmfs_batch_task(*session, host, VmfsBatch::Unmount, {"u-1", "u-2"});
    ASSERT_TRUE(task) << task.error().what;
    EXPECT_EQ(server.last("UnmountVmfsVolumeEx_Task").call.arg("vmfsUuid").texts().size(), 2u);
    TaskInfo done;
    DataObject bad("HostStorageSystemVmfsVolumeResult", {{"key", Value("u-2")}});
    bad.set("fault", Value(localized_fault(fault_of("ResourceInUse"))));
    done.result = Value::array(
        "HostStorageSystemVmfsVolumeResult",
        {Value(DataObject("HostStorageSystemVmfsVolumeResult", {{"key", Value("u-1")}})),
         Value(bad)});
    auto results = batch_results(done);
    ASSERT_EQ(results.size(), 2u);
    EXPECT_FALSE(results[0].error);
    ASSERT_TRUE(results[1].error);
    EXPECT_EQ(results[1].error->code, Errc::Busy);
}

TEST_F(HostConfig, EveryOtherCallIsOneThatTheTableKnows) {
    // The encoder refuses arguments and types that the wire tables do not have.
    const MoRef task{"Task", "t"};
    for (const char* method :
         {"MountVmfsVolumeEx_Task", "UnmapVmfsVolumeEx_Task", "AttachScsiLunEx_Task",
          "DetachScsiLunEx_Task", "ResolveMultipleUnresolvedVmfsVolumesEx_Task",
          "EnterMaintenanceMode_Task", "ExitMaintenanceMode_Task"})
        server.on(method, Answer(Value(task)));
    EXPECT_TRUE(vmfs_batch_task(*session, host, VmfsBatch::Mount, {"u"}));
    EXPECT_TRUE(vmfs_batch_task(*session, host, VmfsBatch::Unmap, {"u"}));
    EXPECT_TRUE(lun_batch_task(*session, host, LunBatch::Attach, {"l"}));
    EXPECT_TRUE(lun_batch_task(*session, host, LunBatch::Detach, {"l"}));
    EXPECT_TRUE(resolve_unresolved_task(*session, host, {"/vmfs/devices/disks/x:1"}, true));
    EXPECT_TRUE(enter_maintenance_task(*session, host, 60));
    EXPECT_TRUE(exit_maintenance_task(*session, host));
    EXPECT_TRUE(enable_path(*session, host, "vmhba65:C0:T0:L0", false));
    EXPECT_TRUE(enable_path(*session, host, "vmhba65:C0:T0:L0", true));
    EXPECT_TRUE(rename_lun(*session, host, "l", "name"));
    EXPECT_TRUE(mark_perennially_reserved(*session, host, "l", true));
    EXPECT_TRUE(set_unmap_priority(*session, host, "u", "low"));
    EXPECT_TRUE(unmount_force_mounted_vmfs(*session, host, "u"));
    PathPolicy policy;
    policy.policy = "LB-IOPS";
    policy.iops = 1;
    EXPECT_TRUE(set_hpp_policy(*session, host, "lun", policy));
    EXPECT_NE(server.last("UpdateHppMultipathLunPolicy")
                  .body.find("<policy>LB-IOPS</policy><iops>1</iops></policy>"),
              std::string::npos);
    EXPECT_TRUE(create_rdma_adapter(*session, host, "vmrdma0"));
    EXPECT_TRUE(remove_rdma_adapter(*session, host, "vmhba66"));
    EXPECT_TRUE(kernel_modules(*session, host));
    EXPECT_TRUE(available_dump_partitions(*session, host));
    EXPECT_TRUE(control_service(*session, host, "ntpd", ServiceAction::Restart));
    EXPECT_TRUE(select_dump_partition(*session, host, Extent{"naa.1", 7}));
    EXPECT_NE(server.last("SelectActivePartition")
                  .body.find("<partition><diskName>naa.1</diskName><partition>7</partition>"),
              std::string::npos);
    EXPECT_TRUE(select_dump_partition(*session, host, std::nullopt));
    EXPECT_EQ(server.last("SelectActivePartition").body.find("<partition>"), std::string::npos);
}

TEST(Privileges, AreNamedForEveryChangingCallOfTheTable) {
    EXPECT_EQ(privileges_for("SelectVnicForNicType"),
              std::vector<std::string_view>{"Host.Config.Network"});
    EXPECT_EQ(privileges_for("Login"), std::vector<std::string_view>{});
    EXPECT_EQ(privileges_for("NoSuchMethod"), std::nullopt);
    for (const MethodInfo* method : Schema::get().methods()) {
        // What the toolkit may send to a host's storage, and to VMs that it moves.
        if (method->owner == "HostStorageSystem" && method->name.find("Nvme") != std::string::npos)
            EXPECT_TRUE(privileges_for(method->name)) << method->name;
    }
}

TEST(Administration, AsksForPrivilegesWithTheSessionsOwnKey) {
    FakeServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    server.on("RetrievePropertiesEx", Answer(one_property({"SessionManager", "SessionManager"},
                                                          "currentSession.key", Value("52aa"))));
    const MoRef vm{"VirtualMachine", "vm-1"};
    // This fake has no authorization manager.
    auto none = missing_privileges(**session, {vm}, {"System.Read"});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::Unsupported);
    EXPECT_TRUE(missing_privileges(**session, {}, {"System.Read"})->empty());
    auto fields = custom_fields(**session);
    ASSERT_FALSE(fields);
    EXPECT_EQ(fields.error().code, Errc::Unsupported);
}

} // namespace
} // namespace pf::vim
