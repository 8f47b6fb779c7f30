// Session, properties, tasks and typed calls against a scripted endpoint.

#include "libvsphere/equivalent.hpp"
#include "libvsphere/esxcli.hpp"
#include "libvsphere/host.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/task.hpp"
#include "libvsphere/vm.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace pf::vim {
namespace {

using test::Answer;
using test::content_of;
using test::FakeServer;
using test::fault_of;
using test::page;
using test::property;
using test::RawBody;

const MoRef kTask{"Task", "task-7"};

DataObject task_info(const std::string& state, Value result = {}, Value error = {}) {
    DataObject info = test::task_info(kTask, state);
    info.set("result", std::move(result));
    info.set("error", std::move(error));
    return info;
}

TEST(Session, BindsTheNewestVersionThatBothKnowAndKeepsTheCookieVerbatim) {
    FakeServer server;
    server.set_versions({"9.0.0.0", {"8.0.3.0", "8.0.2.0", "7.0.3.0"}});
    {
        auto session = server.connect();
        ASSERT_TRUE(session) << session.error().what;
        EXPECT_EQ((*session)->version().str(), "8.0.3.0");
        EXPECT_TRUE((*session)->is_vcenter());
        ASSERT_TRUE((*session)->call({"HostStorageSystem", "s"}, "RescanVmfs"));
        auto seen = server.last("RescanVmfs");
        EXPECT_EQ(seen.cookie, "vmware_soap_session=\"52aa-cookie\"");
        EXPECT_EQ(seen.action, "urn:vim25/8.0.3.0");
        EXPECT_FALSE(seen.call.operation_id.empty());
        EXPECT_EQ(server.last("Login").call.arg("password").text(), "pw & <secret>");
    }
    EXPECT_EQ(server.count("Logout"), 1u);
}

TEST(Session, RefusesAServerThatIsTooOld) {
    FakeServer server;
    server.set_versions({"7.0.2.0", {"7.0.1.0", "6.7"}});
    auto session = server.connect();
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, Errc::Unsupported);
    EXPECT_NE(session.error().what.find("7.0.2.0"), std::string::npos);
    EXPECT_EQ(server.count("Login"), 0u);
}

TEST(Session, NeverRepeatsAWrongPassword) {
    FakeServer server;
    server.on("Login", Answer(fault_of("InvalidLogin", "Cannot complete login.")));
    auto session = server.connect();
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, Errc::AuthFailed);
    EXPECT_NE(session.error().what.find("admin"), std::string::npos);
    EXPECT_EQ(session.error().what.find("secret"), std::string::npos);
    EXPECT_EQ(server.count("Login"), 1u);
}

TEST(Session, RenewsAnExpiredLoginOnceAndRepeatsTheCall) {
    FakeServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    std::atomic<int> calls{0};
    server.on("RescanVmfs", [&](const Call&) -> Answer {
        if (calls++ == 0)
            return fault_of("NotAuthenticated", "The session is not authenticated.");
        return Value();
    });
    ASSERT_TRUE((*session)->call({"HostStorageSystem", "s"}, "RescanVmfs"));
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(server.count("Login"), 2u);
    // A server that always says so is believed the second time.
    server.on("RescanVmfs", Answer(fault_of("NotAuthenticated", "no")));
    auto again = (*session)->call({"HostStorageSystem", "s"}, "RescanVmfs");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::AuthFailed);
    EXPECT_EQ(server.count("Login"), 3u);
}

TEST(Session, FailsAfterLogout) {
    FakeServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    ASSERT_TRUE((*session)->logout());
    ASSERT_TRUE((*session)->logout());
    EXPECT_EQ(server.count("Logout"), 1u);
    auto call = (*session)->call({"HostStorageSystem", "s"}, "RescanVmfs");
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, Errc::AuthFailed);
    EXPECT_EQ(server.count("RescanVmfs"), 0u);
}

TEST(Session, ReportsGarbageAsProtocolErrors) {
    FakeServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    server.on("RescanVmfs", Answer(RawBody{"<html>oops", 200}));
    auto bad = (*session)->call({"HostStorageSystem", "s"}, "RescanVmfs");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::Protocol);
    server.on("RescanVmfs", Answer(RawBody{"down", 503}));
    bad = (*session)->call({"HostStorageSystem", "s"}, "RescanVmfs");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::Unreachable);
}

TEST(Properties, FollowTokensCollectMissingAndDestroyTheView) {
    FakeServer server;
    server.on("CreateContainerView", Answer(Value(MoRef{"ContainerView", "session[1]2"})));
    DataObject with_missing = content_of({"VirtualMachine", "vm-2"}, {});
    with_missing.set(
        "missingSet",
        Value::array("MissingProperty",
                     {Value(DataObject(
                         "MissingProperty",
                         {{"path", Value("name")},
                          {"fault", Value(localized_fault(fault_of("NoPermission", "no")))}}))}));
    server.on("RetrievePropertiesEx",
              Answer(page({Value(content_of({"VirtualMachine", "vm-1"},
                                            {Value(property("name", Value("web")))}))},
                          "t1")));
    server.on("ContinueRetrievePropertiesEx", Answer(page({Value(with_missing)})));
    auto session = server.connect();
    ASSERT_TRUE(session);
    auto found = retrieve_below(**session, {}, {{"VirtualMachine", {"name"}}});
    ASSERT_TRUE(found) << found.error().what;
    ASSERT_EQ(found->size(), 2u);
    EXPECT_EQ((*found)[0]["name"].text(), "web");
    ASSERT_EQ((*found)[1].missing.size(), 1u);
    EXPECT_EQ((*found)[1].missing[0].fault, "NoPermission");
    EXPECT_EQ(server.count("DestroyView"), 1u);
    EXPECT_EQ(server.last("ContinueRetrievePropertiesEx").call.arg("token").text(), "t1");
    EXPECT_EQ(server.count("CancelRetrievePropertiesEx"), 0u);
}

TEST(Properties, CancelPagingWhenAPageFails) {
    FakeServer server;
    server.on("CreateContainerView", Answer(Value(MoRef{"ContainerView", "v"})));
    server.on("RetrievePropertiesEx", Answer(page({}, "t1")));
    server.on("ContinueRetrievePropertiesEx", Answer(fault_of("SystemError", "boom")));
    auto session = server.connect();
    ASSERT_TRUE(session);
    EXPECT_FALSE(retrieve_below(**session, {}, {{"VirtualMachine", {"name"}}}));
    EXPECT_EQ(server.count("DestroyView"), 1u);
}

TEST(Properties, AnAnonymousAnswerMeansTheSessionIsGone) {
    FakeServer server;
    std::atomic<int> calls{0};
    server.on("RetrievePropertiesEx", [&](const Call&) -> Answer {
        if (calls++ > 0)
            return page({Value(content_of({"Folder", "group-d1"},
                                          {Value(property("name", Value("Datacenters")))}))});
        DataObject content("ObjectContent", {{"obj", Value(MoRef{"Folder", "group-d1"})}});
        DataObject missing("MissingProperty",
                           {{"path", Value("name")},
                            {"fault", Value(localized_fault(fault_of("NotAuthenticated", "")))}});
        content.set("missingSet", Value::array("MissingProperty", {Value(missing)}));
        return page({Value(content)});
    });
    auto session = server.connect();
    ASSERT_TRUE(session);
    auto name = retrieve_property(**session, {"Folder", "group-d1"}, "name");
    ASSERT_TRUE(name) << name.error().what;
    EXPECT_EQ(name->text(), "Datacenters");
    EXPECT_EQ(server.count("Login"), 2u);
}

TEST(Tasks, ReportProgressAndEndState) {
    FakeServer server;
    std::atomic<int> polls{0};
    server.on("RetrievePropertiesEx", [&](const Call&) -> Answer {
        int n = polls++;
        DataObject info = n == 0   ? task_info("queued")
                          : n == 1 ? task_info("running")
                                   : task_info("success", Value(MoRef{"Datastore", "ds-9"}));
        if (n == 1)
            info.set("progress", Value(42));
        return page({Value(content_of(kTask, {Value(property("info", Value(info)))}))});
    });
    auto session = server.connect();
    ASSERT_TRUE(session);
    std::vector<std::pair<TaskState, int>> steps;
    TaskWait wait;
    wait.poll = std::chrono::milliseconds(1);
    wait.progress = [&](const TaskInfo& info) { steps.emplace_back(info.state, info.progress); };
    auto done = wait_task(**session, kTask, wait);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(done->result.ref().id, "ds-9");
    EXPECT_EQ(done->user, "admin");
    ASSERT_EQ(steps.size(), 3u);
    EXPECT_EQ(steps[1], (std::pair{TaskState::Running, 42}));
}

TEST(Tasks, FailWithTheFaultOfTheTask) {
    FakeServer server;
    Fault fault = fault_of("NoDiskSpace", "Insufficient disk space on datastore 'ds02'.");
    fault.detail.set("file", Value("[ds02] a.vmdk"));
    fault.detail.set("datastore", Value("ds02"));
    server.on(
        "RetrievePropertiesEx",
        Answer(page({Value(content_of(
            kTask, {Value(property("info", Value(task_info("error", {},
                                                           Value(localized_fault(fault))))))}))})));
    auto session = server.connect();
    ASSERT_TRUE(session);
    TaskWait wait;
    wait.object = "relocate VM web";
    auto done = wait_task(**session, kTask, wait);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::NoSpace);
    EXPECT_EQ(fault_type(done.error()), "NoDiskSpace");
    EXPECT_EQ(done.error().what.find("relocate VM web: Insufficient disk space"), 0u);
}

TEST(Tasks, AForgottenTaskIsAnUnknownOutcomeAndALongOneATimeout) {
    FakeServer server;
    server.on("RetrievePropertiesEx",
              Answer(fault_of("ManagedObjectNotFound", "The object has been deleted.")));
    auto session = server.connect();
    ASSERT_TRUE(session);
    auto gone = wait_task(**session, kTask);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::OutcomeUnknown);
    server.on("RetrievePropertiesEx",
              Answer(page({Value(
                  content_of(kTask, {Value(property("info", Value(task_info("running"))))}))})));
    TaskWait wait;
    wait.poll = std::chrono::milliseconds(1);
    wait.timeout = std::chrono::milliseconds(20);
    auto slow = wait_task(**session, kTask, wait);
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().code, Errc::Timeout);
}

TEST(Tasks, CancelOnStopAndLearnTheEndState) {
    FakeServer server;
    std::atomic<bool> cancelled{false};
    server.on("CancelTask", [&](const Call&) -> Answer {
        cancelled = true;
        return Value();
    });
    server.on("RetrievePropertiesEx", [&](const Call&) -> Answer {
        Value error(localized_fault(fault_of("RequestCanceled", "The task was canceled.")));
        return page({Value(content_of(
            kTask, {Value(property("info", Value(cancelled ? task_info("error", {}, error)
                                                           : task_info("running"))))}))});
    });
    auto session = server.connect();
    ASSERT_TRUE(session);
    std::stop_source stop;
    stop.request_stop();
    TaskWait wait;
    wait.poll = std::chrono::milliseconds(1);
    wait.stop = stop.get_token();
    wait.cancel_on_stop = true;
    auto done = wait_task(**session, kTask, wait);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::Cancelled);
    EXPECT_EQ(server.count("CancelTask"), 1u);
}

TEST(HostCalls, NameTheHostInErrors) {
    FakeServer server;
    Fault fault = fault_of("ResourceInUse", "The resource is in use.");
    server.on("UnmountVmfsVolume", Answer(fault));
    auto session = server.connect();
    ASSERT_TRUE(session);
    Host host;
    host.name = "esx01";
    host.managers.storage = {"HostStorageSystem", "storageSystem-1"};
    auto done = unmount_vmfs(**session, host, "5bea843b");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::Busy);
    EXPECT_EQ(done.error().what.find("host esx01: unmount VMFS volume 5bea843b"), 0u);
    auto no_port = nvme_connect(**session, host, {{"vmhba64", "192.0.2.1", 0, ""}, "nqn"});
    ASSERT_FALSE(no_port);
    EXPECT_EQ(no_port.error().code, Errc::InvalidArgument);
    EXPECT_EQ(server.count("ConnectNvmeController"), 0u);
}

TEST(HostCalls, UnderstandEveryFormOfASelectedVnic) {
    FakeServer server;
    DataObject config("VirtualNicManagerNetConfig",
                      {{"nicType", Value("nvmeTcp")}, {"multiSelectAllowed", Value(true)}});
    std::vector<Value> candidates;
    for (const char* vmk : {"vmk0", "vmk2", "vmk3"}) {
        DataObject vnic("HostVirtualNic",
                        {{"device", Value(vmk)},
                         {"key", Value(std::string("key-vim.host.VirtualNic-") + vmk)},
                         {"portgroup", Value("pg")}});
        candidates.emplace_back(vnic);
    }
    config.set("candidateVnic", Value::array("HostVirtualNic", std::move(candidates)));
    config.set("selectedVnic", Value::strings({"nvmeTcp.key-vim.host.VirtualNic-vmk2",
                                               "key-vim.host.VirtualNic-vmk3"}));
    server.on("QueryNetConfig", Answer(Value(config)));
    auto session = server.connect();
    ASSERT_TRUE(session);
    Host host;
    host.managers.virtual_nics = {"HostVirtualNicManager", "m"};
    auto selection = query_vnics(**session, host);
    ASSERT_TRUE(selection) << selection.error().what;
    EXPECT_EQ(selection->selected, (std::vector<std::string>{"vmk2", "vmk3"}));
    EXPECT_TRUE(selection->is_selected("vmk2"));
    EXPECT_FALSE(selection->is_selected("vmk0"));
    EXPECT_TRUE(selection->multi_select);
}

TEST(VmCalls, RelocationMovesOnlyWhatLivesOnTheSource) {
    Vm vm;
    vm.vmx_path = "[sdc-01] web/web.vmx";
    vm.power_state = "poweredOn";
    vm.host = {"HostSystem", "host-9"};
    Datastore source;
    source.ref = {"Datastore", "datastore-1"};
    source.name = "sdc-01";
    MoRef target{"Datastore", "datastore-5"}, other{"Datastore", "datastore-2"};
    VirtualDisk a, b;
    a.key = 2000;
    a.backing.datastore = source.ref;
    b.key = 2001;
    b.backing.datastore = other;
    vm.disks = {a, b};
    Relocation r = relocation_off(vm, source, target);
    EXPECT_EQ(r.datastore, target);
    EXPECT_EQ(r.host, vm.host);
    ASSERT_EQ(r.disks.size(), 2u);
    EXPECT_EQ(r.disks[0].datastore, target);
    EXPECT_EQ(r.disks[1].datastore, other);
    vm.vmx_path = "[sdc-02] web/web.vmx";
    vm.power_state = "poweredOff";
    r = relocation_off(vm, source, target);
    EXPECT_TRUE(r.datastore.empty());
    EXPECT_TRUE(r.host.empty());
}

TEST(VmCalls, FindTheMovedAnswer) {
    VmQuestion question;
    question.text = "msg.uuid.altered: This virtual machine might have been moved or copied.";
    question.choices = {{"0", "button.uuid.cancel"},
                        {"1", "button.uuid.movedTheVM"},
                        {"2", "button.uuid.copiedTheVM"}};
    EXPECT_EQ(moved_choice(question), "1");
    question.text = "The disk is full. Retry?";
    EXPECT_EQ(moved_choice(question), "");
}

TEST(Inventory, ReadsAVmWithSnapshotsRdmAndMedia) {
    FakeServer server;
    DataObject rdm("VirtualDiskRawDiskMappingVer1BackingInfo",
                   {{"fileName", Value("[ds] v/rdm.vmdk")},
                    {"lunUuid", Value("0200")},
                    {"compatibilityMode", Value("physicalMode")},
                    {"sharing", Value("sharingMultiWriter")}});
    DataObject disk(
        "VirtualDisk",
        {{"key", Value(2000)}, {"capacityInKB", Value(int64_t{1048576})}, {"backing", Value(rdm)}});
    DataObject scsi("ParaVirtualSCSIController",
                    {{"key", Value(1000)},
                     {"busNumber", Value(0)},
                     {"sharedBus", Value::enumerator("VirtualSCSISharing", "physicalSharing")}});
    DataObject iso("VirtualCdromIsoBackingInfo", {{"fileName", Value("[iso] debian.iso")}});
    DataObject cdrom("VirtualCdrom", {{"key", Value(3000)}, {"backing", Value(iso)}});
    DataObject hardware(
        "VirtualHardware",
        {{"numCPU", Value(2)},
         {"memoryMB", Value(4096)},
         {"device", Value::array("VirtualDevice", {Value(disk), Value(scsi), Value(cdrom)})}});
    DataObject leaf("VirtualMachineSnapshotTree",
                    {{"snapshot", Value(MoRef{"VirtualMachineSnapshot", "snap-2"})},
                     {"vm", Value(MoRef{"VirtualMachine", "vm-1"})},
                     {"name", Value("leaf")},
                     {"description", Value("")},
                     {"id", Value(2)}});
    DataObject root = leaf;
    root.set("name", Value("root"));
    root.set("childSnapshotList", Value::array("VirtualMachineSnapshotTree", {Value(leaf)}));
    DataObject snapshots(
        "VirtualMachineSnapshotInfo",
        {{"rootSnapshotList", Value::array("VirtualMachineSnapshotTree", {Value(root)})}});
    MoRef ref{"VirtualMachine", "vm-1"};
    server.on("RetrievePropertiesEx",
              Answer(page({Value(
                  content_of(ref, {Value(property("name", Value("db01"))),
                                   Value(property("config.hardware.device", hardware["device"])),
                                   Value(property("snapshot", Value(snapshots)))}))})));
    auto session = server.connect();
    ASSERT_TRUE(session);
    auto vm = read_vm(**session, ref);
    ASSERT_TRUE(vm) << vm.error().what;
    ASSERT_EQ(vm->disks.size(), 1u);
    EXPECT_TRUE(vm->disks[0].backing.is_rdm());
    EXPECT_TRUE(vm->disks[0].backing.multi_writer());
    EXPECT_EQ(vm->disks[0].capacity_bytes, int64_t{1} << 30);
    ASSERT_EQ(vm->controllers.size(), 1u);
    EXPECT_EQ(vm->controllers[0].shared_bus, "physicalSharing");
    ASSERT_EQ(vm->media.size(), 1u);
    ASSERT_EQ(vm->snapshots.size(), 2u);
    EXPECT_EQ(vm->snapshots[1].depth, 1);
}

TEST(SoapEsxcli, TakesOptionNamesFromTheHost) {
    FakeServer server;
    server.on("RetrieveManagedMethodExecuter",
              Answer(Value(MoRef{"ManagedMethodExecuter", "mme-1"})));
    const std::string info =
        "<obj xmlns='urn:vim25' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
        "xsi:type='VimCLIInfoInfo'><name>vim.EsxCLI.nvme.fabrics</name><method>"
        "<name>connect</name><param><name>adapter</name><aliases>-a</aliases>"
        "<aliases>--adapter</aliases></param><param><name>ipaddress</name><aliases>-i</aliases>"
        "<aliases>--ip-address</aliases></param></method></obj>";
    server.on("ExecuteSoap", [&](const Call& call) -> Answer {
        DataObject result("ReflectManagedMethodExecuterSoapResult");
        if (call.arg("method").text() == "vim.CLIInfo.FetchCLIInfo") {
            result.set("response", Value(info));
        } else {
            DataObject fault(
                "ReflectManagedMethodExecuterSoapFault",
                {{"faultMsg", Value("EsxCLI.CLIFault.summary")},
                 {"faultDetail", Value("<obj xmlns='urn:vim25' "
                                       "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
                                       "xsi:type='LocalizedMethodFault'><fault "
                                       "xsi:type='VimEsxCLICLIFault'><errMsg>Unable to connect: "
                                       "Timeout</errMsg></fault></obj>")}});
            result.set("fault", Value(fault));
        }
        return Value(std::move(result));
    });
    auto session = server.connect();
    ASSERT_TRUE(session);
    auto cli = make_soap_esxcli(**session, {"HostSystem", "host-1"});
    ASSERT_TRUE(cli) << cli.error().what;
    EsxcliCommand connect("nvme fabrics connect");
    connect.opt("a", "vmhba65").opt("ip-address", "192.0.2.1&2");
    auto out = (*cli)->run(connect, std::chrono::seconds(5));
    ASSERT_FALSE(out);
    EXPECT_NE(out.error().what.find("Unable to connect: Timeout"), std::string::npos);
    auto seen = server.last("ExecuteSoap");
    EXPECT_EQ(seen.call.arg("moid").text(), "ha-cli-handler-nvme-fabrics");
    EXPECT_EQ(seen.call.arg("method").text(), "vim.EsxCLI.nvme.fabrics.connect");
    EXPECT_EQ(seen.call.arg("version").text(), "urn:vim25/5.0");
    const auto& arguments = seen.call.arg("argument").items();
    ASSERT_EQ(arguments.size(), 2u);
    EXPECT_EQ(arguments[1]["name"].text(), "ipaddress");
    EXPECT_EQ(arguments[1]["val"].text(), "<ipaddress>192.0.2.1&amp;2</ipaddress>");
    EsxcliCommand odd("nvme fabrics connect");
    odd.opt("I", "x");
    auto refused = (*cli)->run(odd, std::chrono::seconds(5));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::Unsupported);
}

TEST(Equivalents, QuoteForTheirShells) {
    NvmeConnect spec;
    spec.target = {"vmhba65", "192.0.2.10", 4420, ""};
    spec.subnqn = "nqn.1988-11.com.dell:powerflex:00:09ea";
    Equivalent e = equivalent::nvme_connect("esx01", spec);
    EXPECT_EQ(e.esxcli,
              "esxcli nvme fabrics connect --adapter=vmhba65 --ip-address=192.0.2.10 "
              "--port-number=4420 --subsystem-nqn=nqn.1988-11.com.dell:powerflex:00:09ea");
    EXPECT_EQ(e.govc.find("govc host.esxcli -host esx01 -- nvme fabrics connect"), 0u);
    EXPECT_EQ(equivalent::rename_datastore("snap-1 a", "it's").govc,
              "govc object.rename 'datastore/snap-1 a' 'it'\\''s'");
    EXPECT_EQ(equivalent::power_on("it's").powercli, "Start-VM -VM 'it''s'");
}

} // namespace
} // namespace pf::vim
