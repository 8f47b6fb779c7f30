// Users with roles: what they see, read and may call, and what NoPermission says.
#include "fixture.hpp"

#include <algorithm>

namespace pf::vim::sim::test {
namespace {

class AccessTest : public SimulatorTest {
  protected:
    void describe(Estate& estate) override {
        SimulatorTest::describe(estate);
        estate.vms[2].folder = "apps";
        estate.roles = {{"Operator", {"VirtualMachine.Interact.PowerOn", "Resource.ColdMigrate"}},
                        {"Storage", {"Host.Config.Storage", "Sessions.ValidateSession"}}};
        estate.users = {{"operator@lab", "secret", "Operator", {}},
                        {"reader@lab", "secret", "ReadOnly", {"/Datacenter/vm/apps"}},
                        {"storage@lab", "secret", "Storage", {}}};
    }
    std::unique_ptr<SoapClient> as(const std::string& user) {
        auto client = std::make_unique<SoapClient>(simulator->vcenter_port());
        client->login(user, "secret");
        return client;
    }
    static Value read_spec(const MoRef& object, const std::string& path) {
        return data(
            "PropertyFilterSpec",
            {{"propSet",
              Value::array("PropertySpec",
                           {data("PropertySpec",
                                 {{"type", object.type}, {"pathSet", Value::strings({path})}})})},
             {"objectSet", Value::array("ObjectSpec", {data("ObjectSpec", {{"obj", object}})})}});
    }
    static Value content(SoapClient& client, const MoRef& object, const std::string& path) {
        const Value result =
            client.ok({"PropertyCollector", "propertyCollector"}, "RetrievePropertiesEx",
                      {{"specSet", Value::array("PropertyFilterSpec", {read_spec(object, path)})},
                       {"options", data("RetrieveOptions", {})}});
        return result["objects"].items().empty() ? Value() : result["objects"].items()[0];
    }
};

TEST_F(AccessTest, ACallWithoutThePrivilegeNamesObjectAndPrivilege) {
    auto user = as("operator@lab");
    const MoRef app = find("vm/app02");
    user->run(app, "PowerOnVM_Task");
    const Reply refused = user->call(app, "PowerOffVM_Task");
    ASSERT_TRUE(refused.fault);
    EXPECT_EQ(refused.fault->detail.type, "NoPermission");
    const Value detail(refused.fault->detail);
    EXPECT_EQ(detail["object"].ref(), app);
    EXPECT_EQ(detail["privilegeId"].text(), "VirtualMachine.Interact.PowerOff");
    EXPECT_EQ(vc->property(app, "runtime.powerState").text(), "poweredOn"); // nothing happened
    EXPECT_EQ(user->fault(storage(1), "RescanAllHba"), "NoPermission");
    EXPECT_EQ(user->fault(find("datastore/sdc-ds-01"), "RenameDatastore", {{"newName", "x"}}),
              "NoPermission");
    // The wrong half of two needs: it may be migrated while it is off, but space is not granted.
    const Value spec =
        data("VirtualMachineRelocateSpec", {{"datastore", find("datastore/sdc-ds-01")},
                                            {"host", MoRef{"HostSystem", "host-21"}}});
    const MoRef off = find("vm/apps/app03");
    const Reply space = user->call(off, "RelocateVM_Task", {{"spec", spec}});
    ASSERT_TRUE(space.fault);
    EXPECT_EQ(Value(space.fault->detail)["privilegeId"].text(), "Datastore.AllocateSpace");
    const Reply hot = user->call(app, "RelocateVM_Task", {{"spec", spec}});
    ASSERT_TRUE(hot.fault);
    EXPECT_EQ(Value(hot.fault->detail)["privilegeId"].text(), "Resource.HotMigrate");
    // A method that a type's row does not name falls under the type's own need.
    auto other = as("storage@lab");
    other->ok(storage(1), "RescanVmfs");
    EXPECT_EQ(other->fault({"HostVirtualNicManager", "virtualNicManager-21"},
                           "SelectVnicForNicType", {{"nicType", "nvmeTcp"}, {"device", "vmk1"}}),
              "NoPermission");
}

TEST_F(AccessTest, WhatMayNotBeReadIsMissing) {
    auto user = as("reader@lab");
    const MoRef mine = find("vm/apps/app03");
    const MoRef foreign = find("vm/app02");
    EXPECT_EQ(content(*user, mine, "name")["propSet"].items()[0]["val"].text(), "app03");
    const Value other = content(*user, foreign, "name");
    EXPECT_TRUE(other["propSet"].items().empty());
    ASSERT_EQ(other["missingSet"].items().size(), 1U);
    const Value missing = other["missingSet"].items()[0];
    EXPECT_EQ(missing["path"].text(), "name");
    EXPECT_EQ(missing["fault"]["fault"].type_name(), "NoPermission");
    EXPECT_EQ(missing["fault"]["fault"]["object"].ref(), foreign);
    EXPECT_EQ(missing["fault"]["fault"]["privilegeId"].text(), "System.Read");
    // Views hold what may be seen, and the way down to it.
    const Value view = user->ok({"ViewManager", "ViewManager"}, "CreateContainerView",
                                {{"container", MoRef{"Folder", "group-d1"}},
                                 {"type", Value::strings({"VirtualMachine"})},
                                 {"recursive", true}});
    const Value members = user->property(view.ref(), "view");
    EXPECT_EQ(members.refs(), std::vector<MoRef>{mine});
    EXPECT_EQ(user->fault(mine, "PowerOnVM_Task"), "NoPermission");
    EXPECT_EQ(user->fault(foreign, "RefreshStorageInfo"), "NoPermission");
}

TEST_F(AccessTest, UpdatesSayWhatIsMissingToo) {
    auto user = as("reader@lab");
    const MoRef collector{"PropertyCollector", "propertyCollector"};
    user->ok(collector, "CreateFilter",
             {{"spec", read_spec(find("vm/app02"), "name")}, {"partialUpdates", false}});
    const Value update =
        user->ok(collector, "WaitForUpdatesEx",
                 {{"version", ""},
                  {"options", data("WaitOptions", {{"maxWaitSeconds", Value(int32_t{0})}})}});
    const Value object = update["filterSet"].items()[0]["objectSet"].items()[0];
    EXPECT_EQ(object["kind"].text(), "enter");
    EXPECT_TRUE(object["changeSet"].items().empty());
    EXPECT_EQ(object["missingSet"].items()[0]["path"].text(), "name");
}

TEST_F(AccessTest, PermissionsThatAreSetAtRunTimeCount) {
    auto user = as("reader@lab");
    const MoRef app = find("vm/app02");
    const MoRef manager{"AuthorizationManager", "AuthorizationManager"};
    auto may = [&](const std::string& privilege) {
        const Value rows = vc->ok(manager, "HasUserPrivilegeOnEntities",
                                  {{"entities", Value::refs({app})},
                                   {"userName", "reader@lab"},
                                   {"privId", Value::strings({privilege})}});
        return rows.items()[0]["privAvailability"].items()[0]["isGranted"].bool_or(false);
    };
    EXPECT_FALSE(may("VirtualMachine.Interact.PowerOn"));
    EXPECT_EQ(vc->fault(manager, "AddAuthorizationRole",
                        {{"name", "wrong"}, {"privIds", Value::strings({"No.Such.Privilege"})}}),
              "InvalidArgument");
    const Value role = vc->ok(
        manager, "AddAuthorizationRole",
        {{"name", "starter"}, {"privIds", Value::strings({"VirtualMachine.Interact.PowerOn"})}});
    const Value permission = data(
        "Permission",
        {{"principal", "reader@lab"}, {"group", false}, {"roleId", role}, {"propagate", true}});
    EXPECT_EQ(
        user->fault(manager, "SetEntityPermissions",
                    {{"entity", app}, {"permission", Value::array("Permission", {permission})}}),
        "NoPermission");
    vc->ok(manager, "SetEntityPermissions",
           {{"entity", app}, {"permission", Value::array("Permission", {permission})}});
    EXPECT_TRUE(may("VirtualMachine.Interact.PowerOn"));
    EXPECT_FALSE(may("VirtualMachine.Interact.PowerOff"));
    user->run(app, "PowerOnVM_Task");
    EXPECT_EQ(content(*user, app, "effectiveRole")["propSet"].items()[0]["val"].items()[0].text(),
              role.text());
    vc->ok(manager, "RemoveEntityPermission",
           {{"entity", app}, {"user", "reader@lab"}, {"isGroup", false}});
    EXPECT_EQ(user->fault(app, "PowerOffVM_Task"), "NoPermission");
}

TEST(EstateUsers, AreCheckedWithTheirRoles) {
    auto problem = [](std::vector<RoleSpec> roles, std::vector<UserSpec> users) {
        Estate estate;
        estate.hosts = {Estate::default_host(1)};
        estate.roles = std::move(roles);
        estate.users = std::move(users);
        auto done = estate.complete();
        return done ? std::string() : done.error().what;
    };
    EXPECT_EQ(problem({{"r", {"Datastore.Browse"}}}, {{"u", "p", "r", {}}}), "");
    EXPECT_NE(problem({{"r", {"Datastore.Brows"}}}, {}), "");
    EXPECT_NE(problem({}, {{"u", "p", "r", {}}}), "");
    EXPECT_NE(problem({}, {{"u", "", "Admin", {}}}), "");
    EXPECT_NE(problem({{"Admin", {}}}, {}), "");
}

} // namespace
} // namespace pf::vim::sim::test
