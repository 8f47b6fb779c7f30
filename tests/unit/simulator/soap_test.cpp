// The wire: versions, sessions, faults, strictness, the property collector, hosts' own endpoints,
// esxcli over SOAP and as text.
#include "fixture.hpp"

#include <future>

namespace pf::vim::sim::test {
namespace {

using SoapTest = SimulatorTest;

std::string envelope(const std::string& body) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
           "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body>" +
           body + "</Body></Envelope>";
}

TEST_F(SoapTest, ServiceVersionsAreOpenToAll) {
    SoapClient nobody(simulator->vcenter_port());
    const RawReply reply = nobody.get("/sdk/vimServiceVersions.xml");
    EXPECT_EQ(reply.status, 200U);
    const auto versions = parse_service_versions(reply.body);
    ASSERT_TRUE(versions) << reply.body;
    EXPECT_EQ(versions->current, "8.0.3.0");
    EXPECT_NE(std::find(versions->prior.begin(), versions->prior.end(), "7.0.3.0"),
              versions->prior.end());
    EXPECT_EQ(nobody.get("/nowhere").status, 404U);
}

TEST_F(SoapTest, OnlyTheDoorIsOpenWithoutLogin) {
    SoapClient nobody(simulator->vcenter_port());
    const Value content =
        nobody.ok({"ServiceInstance", "ServiceInstance"}, "RetrieveServiceContent");
    EXPECT_EQ(content["about"]["apiType"].text(), "VirtualCenter");
    EXPECT_EQ(content["rootFolder"].ref().id, "group-d1");
    EXPECT_FALSE(nobody.property({"SessionManager", "SessionManager"}, "currentSession").is_set());
    EXPECT_EQ(nobody.fault(storage(1), "RescanAllHba"), "NotAuthenticated");
    EXPECT_EQ(nobody.fault({"SessionManager", "SessionManager"}, "Login",
                           {{"userName", "administrator@vsphere.local"}, {"password", "wrong"}}),
              "InvalidLogin");
    nobody.login("administrator@vsphere.local", "VMware1!");
    EXPECT_EQ(
        nobody.property({"SessionManager", "SessionManager"}, "currentSession")["userName"].text(),
        "administrator@vsphere.local");
    nobody.ok({"SessionManager", "SessionManager"}, "Logout");
    EXPECT_EQ(nobody.fault(storage(1), "RescanAllHba"), "NotAuthenticated");
}

TEST_F(SoapTest, GoldenFault) {
    const RawReply reply = vc->post(envelope(
        "<UnmountVmfsVolume xmlns=\"urn:vim25\"><_this type=\"HostStorageSystem\">storageSystem-21"
        "</_this><vmfsUuid>6314fb31-cbf77190-ea99-0050568a0001</vmfsUuid></UnmountVmfsVolume>"));
    EXPECT_EQ(reply.status, 500U);
    EXPECT_NE(reply.body.find("<faultcode>ServerFaultCode</faultcode>"), std::string::npos);
    EXPECT_NE(reply.body.find("The object or item referred to could not be found."),
              std::string::npos);
    EXPECT_NE(reply.body.find("<NotFoundFault xmlns=\"urn:vim25\" xsi:type=\"NotFound\""),
              std::string::npos)
        << reply.body;
}

TEST_F(SoapTest, WrongOrderAndUnknownElementsAreRefused) {
    const std::string good = "<nicType>nvmeTcp</nicType><device>vmk1</device>";
    const std::string swapped = "<device>vmk1</device><nicType>nvmeTcp</nicType>";
    const std::string unknown = good + "<color>red</color>";
    auto send = [&](const std::string& args) {
        return vc->post(envelope("<SelectVnicForNicType xmlns=\"urn:vim25\"><_this "
                                 "type=\"HostVirtualNicManager\">virtualNicManager-21</_this>" +
                                 args + "</SelectVnicForNicType>"));
    };
    EXPECT_EQ(send(swapped).status, 500U);
    EXPECT_EQ(send(unknown).status, 500U);
    EXPECT_NE(send(unknown).body.find("InvalidRequest"), std::string::npos);
    EXPECT_EQ(send(good).status, 200U);
    EXPECT_EQ(vc->post("this is not XML").status, 500U);
    EXPECT_EQ(vc->post(envelope("")).status, 500U);
}

TEST_F(SoapTest, ObjectsMethodsAndPropertiesThatDoNotExist) {
    EXPECT_EQ(vc->fault({"HostStorageSystem", "storageSystem-99"}, "RescanAllHba"),
              "ManagedObjectNotFound");
    const RawReply reply = vc->post(envelope("<Fly xmlns=\"urn:vim25\"><_this type=\"HostSystem\">"
                                             "host-21</_this></Fly>"));
    EXPECT_EQ(reply.status, 500U);
    EXPECT_NE(reply.body.find("MethodNotFound"), std::string::npos);
    const Value spec =
        data("PropertyFilterSpec",
             {{"propSet",
               Value::array("PropertySpec",
                            {data("PropertySpec", {{"type", "HostSystem"},
                                                   {"pathSet", Value::strings({"colour"})}})})},
              {"objectSet",
               Value::array("ObjectSpec",
                            {data("ObjectSpec", {{"obj", MoRef{"HostSystem", "host-21"}}})})}});
    EXPECT_EQ(vc->fault({"PropertyCollector", "propertyCollector"}, "RetrievePropertiesEx",
                        {{"specSet", Value::array("PropertyFilterSpec", {spec})},
                         {"options", data("RetrieveOptions", {})}}),
              "InvalidProperty");
}

TEST_F(SoapTest, TheBoundVersionGatesWhatIsSeen) {
    const MoRef host{"HostSystem", "host-21"};
    const Value now = vc->property(host, "hardware.systemInfo");
    EXPECT_EQ(now["qualifiedName"].items().at(0)["value"].text(), nqn(1));
    SoapClient old(simulator->vcenter_port(), {7, 0, 2, 0});
    old.login("administrator@vsphere.local", "VMware1!");
    EXPECT_FALSE(old.property(host, "hardware.systemInfo")["qualifiedName"].is_set());
    const RawReply reply = old.post(envelope(
        "<CreateSoftwareAdapter xmlns=\"urn:vim25\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><_this "
        "type=\"HostStorageSystem\">storageSystem-21</_this><spec "
        "xsi:type=\"HostTcpHbaCreateSpec\"><pnic>vmnic0</pnic></spec></CreateSoftwareAdapter>"));
    EXPECT_EQ(reply.status, 500U);
}

Value view_filter(const MoRef& view, const std::string& type,
                  const std::vector<std::string>& paths) {
    const Value traversal =
        data("TraversalSpec",
             {{"name", "v"}, {"type", "ContainerView"}, {"path", "view"}, {"skip", Value(false)}});
    return data(
        "PropertyFilterSpec",
        {{"propSet", Value::array("PropertySpec",
                                  {data("PropertySpec",
                                        {{"type", type}, {"pathSet", Value::strings(paths)}})})},
         {"objectSet",
          Value::array(
              "ObjectSpec",
              {data("ObjectSpec", {{"obj", view},
                                   {"skip", Value(true)},
                                   {"selectSet", Value::array("SelectionSpec", {traversal})}})})}});
}

TEST_F(SoapTest, ViewsAreReadInPages) {
    const MoRef collector{"PropertyCollector", "propertyCollector"};
    const MoRef view = vc->ok({"ViewManager", "ViewManager"}, "CreateContainerView",
                              {{"container", MoRef{"Folder", "group-d1"}},
                               {"type", Value::strings({"VirtualMachine"})},
                               {"recursive", Value(true)}})
                           .ref();
    const Value spec = view_filter(view, "VirtualMachine", {"name", "config", "layoutEx"});
    Value page =
        vc->ok(collector, "RetrievePropertiesEx",
               {{"specSet", Value::array("PropertyFilterSpec", {spec})},
                {"options", data("RetrieveOptions", {{"maxObjects", Value(int32_t{2})}})}});
    EXPECT_EQ(page["objects"].items().size(), 2U);
    ASSERT_TRUE(page["token"].is_set());
    const std::string token = page["token"].text();
    page = vc->ok(collector, "ContinueRetrievePropertiesEx", {{"token", token}});
    EXPECT_EQ(page["objects"].items().size(), 1U);
    EXPECT_FALSE(page["token"].is_set());
    EXPECT_EQ(vc->fault(collector, "ContinueRetrievePropertiesEx", {{"token", token}}),
              "InvalidArgument");
    vc->ok(view, "DestroyView");
    EXPECT_EQ(vc->fault(view, "DestroyView"), "ManagedObjectNotFound");
}

TEST_F(SoapTest, UpdatesArriveAndWaitsEnd) {
    const MoRef collector =
        vc->ok({"PropertyCollector", "propertyCollector"}, "CreatePropertyCollector").ref();
    const MoRef vm = find("vm/app02");
    const Value spec = data(
        "PropertyFilterSpec",
        {{"propSet", Value::array("PropertySpec",
                                  {data("PropertySpec", {{"type", "VirtualMachine"},
                                                         {"pathSet", Value::strings({"name"})}})})},
         {"objectSet", Value::array("ObjectSpec", {data("ObjectSpec", {{"obj", vm}})})}});
    vc->ok(collector, "CreateFilter", {{"spec", spec}, {"partialUpdates", Value(false)}});
    const Value first = vc->ok(collector, "WaitForUpdatesEx");
    const Value object = first["filterSet"].items().at(0)["objectSet"].items().at(0);
    EXPECT_EQ(object["kind"].text(), "enter");
    EXPECT_EQ(object["changeSet"].items().at(0)["val"].text(), "app02");
    const std::string version = first["version"].text();
    const Value none =
        vc->ok(collector, "WaitForUpdatesEx",
               {{"version", version},
                {"options", data("WaitOptions", {{"maxWaitSeconds", Value(int32_t{0})}})}});
    EXPECT_FALSE(none.is_set());
    // A long poll holds until the change, and tells only that.
    auto waiting = std::async(std::launch::async, [&] {
        return vc->ok(collector, "WaitForUpdatesEx",
                      {{"version", version},
                       {"options", data("WaitOptions", {{"maxWaitSeconds", Value(int32_t{30})}})}});
    });
    SoapClient other(simulator->vcenter_port());
    other.login("administrator@vsphere.local", "VMware1!");
    other.run(vm, "Rename_Task", {{"newName", "renamed"}});
    const Value update = waiting.get();
    const Value changed = update["filterSet"].items().at(0)["objectSet"].items().at(0);
    EXPECT_EQ(changed["kind"].text(), "modify");
    EXPECT_EQ(changed["changeSet"].items().at(0)["val"].text(), "renamed");
    EXPECT_EQ(vc->fault(collector, "WaitForUpdatesEx", {{"version", version}}),
              "InvalidCollectorVersion");
    vc->ok(collector, "DestroyPropertyCollector");
}

TEST_F(SoapTest, AHostServesItself) {
    SoapClient esx(simulator->host_port("esx01.lab.local"));
    esx.use_session_manager({"SessionManager", "ha-sessionmgr"});
    const Value content = esx.ok({"ServiceInstance", "ServiceInstance"}, "RetrieveServiceContent");
    EXPECT_EQ(content["about"]["apiType"].text(), "HostAgent");
    EXPECT_EQ(content["about"]["version"].text(), "7.0.3");
    EXPECT_EQ(content["rootFolder"].ref().id, "ha-folder-root");
    EXPECT_FALSE(content["vmProvisioningChecker"].is_set());
    esx.login("root", "VMware1!");
    const MoRef pc{"PropertyCollector", "ha-property-collector"};
    EXPECT_EQ(esx.property({"HostSystem", "ha-host"}, "name", pc).text(), "esx01.lab.local");
    EXPECT_EQ(
        esx.property({"HostSystem", "ha-host"}, "configManager", pc)["storageSystem"].ref().id,
        "storageSystem");
    esx.ok({"HostStorageSystem", "storageSystem"}, "RescanAllHba");
    EXPECT_EQ(esx.fault({"HostSystem", "host-22"}, "RetrieveManagedMethodExecuter"),
              "ManagedObjectNotFound");
    const Value vms = esx.property({"HostSystem", "ha-host"}, "vm", pc);
    EXPECT_EQ(vms.refs().size(), 3U);
    EXPECT_EQ(vms.refs().at(0).id.find("vm-"), std::string::npos);
}

TEST_F(SoapTest, TheBrowserListsFilesAndItsTaskBelongsToTheDatastore) {
    const MoRef datastore = find("datastore/sdc-ds-02");
    const MoRef browser = vc->property(datastore, "browser").ref();
    const Value info =
        vc->wait(vc->ok(browser, "SearchDatastoreSubFolders_Task",
                        {{"datastorePath", "[sdc-ds-02]"},
                         {"searchSpec", data("HostDatastoreBrowserSearchSpec",
                                             {{"matchPattern", Value::strings({"*.vmx"})}})}}));
    EXPECT_EQ(info["state"].text(), "success");
    EXPECT_EQ(info["entity"].ref(), datastore);
    std::vector<std::string> found;
    for (const Value& folder : info["result"].items()) {
        for (const Value& file : folder["file"].items()) {
            found.push_back(folder["folderPath"].text() + file["path"].text());
        }
    }
    EXPECT_EQ(found, (std::vector<std::string>{"[sdc-ds-02] app02/app02.vmx",
                                               "[sdc-ds-02] app03/app03.vmx"}));
    EXPECT_EQ(vc->fault(browser, "SearchDatastore_Task", {{"datastorePath", "no brackets"}}),
              "InvalidDatastorePath");
}

TEST_F(SoapTest, EsxcliOverSoap) {
    const MoRef executer = vc->ok({"HostSystem", "host-21"}, "RetrieveManagedMethodExecuter").ref();
    auto execute = [&](const std::string& moid, const std::string& method,
                       std::vector<Value> arguments) {
        return vc->ok(executer, "ExecuteSoap",
                      {{"moid", moid},
                       {"version", "urn:vim25/5.0"},
                       {"method", method},
                       {"argument", Value::array("ReflectManagedMethodExecuterSoapArgument",
                                                 std::move(arguments))}});
    };
    auto argument = [](const std::string& name, const std::string& value) {
        return data("ReflectManagedMethodExecuterSoapArgument",
                    {{"name", name}, {"val", fmt::format("<{0}>{1}</{0}>", name, value)}});
    };
    Value answer = execute("ha-cli-handler-nvme-info", "vim.EsxCLI.nvme.info.get", {});
    EXPECT_NE(answer["response"].text().find("<HostNQN>" + nqn(1) + "</HostNQN>"),
              std::string::npos);
    answer = execute("ha-dynamic-type-manager-local-cli-cliinfo", "vim.CLIInfo.FetchCLIInfo",
                     {argument("typeName", "vim.EsxCLI.nvme.fabrics")});
    EXPECT_NE(answer["response"].text().find("<aliases>--subsystem-nqn</aliases>"),
              std::string::npos);
    answer = execute("ha-cli-handler-nvme-fabrics", "vim.EsxCLI.nvme.fabrics.enable",
                     {argument("protocol", "TCP"), argument("device", "vmnic0")});
    EXPECT_NE(answer["response"].text().find("xsi:type=\"xsd:boolean\">true<"), std::string::npos);
    answer = execute("ha-cli-handler-nvme-fabrics", "vim.EsxCLI.nvme.fabrics.enable",
                     {argument("protocol", "TCP"), argument("device", "vmnic0")});
    EXPECT_EQ(answer["fault"]["faultMsg"].text(), "EsxCLI.CLIFault.summary");
    EXPECT_NE(answer["fault"]["faultDetail"].text().find("<errMsg>"), std::string::npos);
    answer = execute("ha-cli-handler-no-such", "vim.EsxCLI.no.such.thing", {});
    EXPECT_NE(answer["fault"]["faultDetail"].text().find("NotFound"), std::string::npos);
}

TEST_F(SoapTest, EsxcliAsText) {
    EXPECT_EQ(esxcli(1, "nvme info get"), "   Host NQN: " + nqn(1) + "\n");
    const std::string table = esxcli(1, "storage filesystem list");
    EXPECT_NE(table.find("\n-----"), std::string::npos);
    EXPECT_NE(table.find("sdc-ds-01"), std::string::npos);
    EXPECT_NE(esxcli(1, "--formatter=json system version get").find("\"Version\":\"7.0.3\""),
              std::string::npos);
    EXPECT_NE(esxcli(1, "--formatter=csv network nic list").find("AdminStatus,Description,"),
              std::string::npos);
    auto result = simulator->shell_execute("esx01", "esxcli nvme fabrics fly");
    EXPECT_EQ(result->exit_status, 1);
    EXPECT_NE(result->out.find("Error: Unknown command or namespace nvme fabrics fly"),
              std::string::npos);
    result = simulator->shell_execute("esx01", "esxcli nvme fabrics connect -a vmhba65");
    EXPECT_NE(result->out.find("Error: Missing required parameter"), std::string::npos);
    result = simulator->shell_execute(
        "esx01", "esxcli network ip interface tag add -i vmk1 -t NVMeTCP; echo rc=$?; esxcli "
                 "network ip interface tag add -i vmk1 -t NVMeTCP");
    EXPECT_NE(result->out.find("rc=0"), std::string::npos);
    EXPECT_NE(result->out.find("Vmknic is already tagged with NVMeTCP"), std::string::npos);
    EXPECT_EQ(esxcli(1, "network ip interface tag get -i vmk1"), "   Tags: NVMeTCP\n");
    EXPECT_NE(esxcli(1, "system module parameters list -m scini").find("IoctlIniGuidStr"),
              std::string::npos);
    const Value modules =
        vc->ok({"HostKernelModuleSystem", "kernelModuleSystem-21"}, "QueryModules");
    EXPECT_EQ(modules.items().size(), 5U);
}

} // namespace
} // namespace pf::vim::sim::test
