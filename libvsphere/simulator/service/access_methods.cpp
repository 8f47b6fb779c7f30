// Who may do what: privileges, roles, permissions, users; and alarms.
//
// Permissions are kept and reported; nothing is refused on their account: the one user of the lab
// is an administrator.
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::sim {

namespace {

constexpr std::array<const char*, 48> kPrivileges = {"System.Anonymous",
                                                     "System.Read",
                                                     "System.View",
                                                     "Alarm.Acknowledge",
                                                     "Alarm.Create",
                                                     "Alarm.Delete",
                                                     "Alarm.Edit",
                                                     "Authorization.ModifyPermissions",
                                                     "Authorization.ModifyRoles",
                                                     "Datastore.AllocateSpace",
                                                     "Datastore.Browse",
                                                     "Datastore.Config",
                                                     "Datastore.Delete",
                                                     "Datastore.DeleteFile",
                                                     "Datastore.FileManagement",
                                                     "Datastore.Move",
                                                     "Datastore.Rename",
                                                     "Datastore.UpdateVirtualMachineFiles",
                                                     "Datastore.UpdateVirtualMachineMetadata",
                                                     "Folder.Create",
                                                     "Folder.Delete",
                                                     "Folder.Move",
                                                     "Folder.Rename",
                                                     "Global.CancelTask",
                                                     "Global.Diagnostics",
                                                     "Global.ManageCustomFields",
                                                     "Global.SetCustomField",
                                                     "Global.Settings",
                                                     "Host.Config.AdvancedConfig",
                                                     "Host.Config.Maintenance",
                                                     "Host.Config.NetService",
                                                     "Host.Config.Network",
                                                     "Host.Config.Storage",
                                                     "Host.Config.SystemManagement",
                                                     "Resource.AssignVMToPool",
                                                     "Resource.ColdMigrate",
                                                     "Resource.HotMigrate",
                                                     "Sessions.ValidateSession",
                                                     "StorageProfile.View",
                                                     "VirtualMachine.Config.AddExistingDisk",
                                                     "VirtualMachine.Config.AddNewDisk",
                                                     "VirtualMachine.Config.AdvancedConfig",
                                                     "VirtualMachine.Interact.AnswerQuestion",
                                                     "VirtualMachine.Interact.PowerOff",
                                                     "VirtualMachine.Interact.PowerOn",
                                                     "VirtualMachine.Inventory.Register",
                                                     "VirtualMachine.Inventory.Unregister",
                                                     "VirtualMachine.State.CreateSnapshot"};

std::vector<std::string> all_privileges() { return {kPrivileges.begin(), kPrivileges.end()}; }

// The roles that every server has; -1 is the administrator.
std::map<int, RoleState>& roles(World& world) {
    auto& all = world.extras->roles;
    if (all.empty()) {
        all[-5] = {"NoAccess", true, {}};
        all[-4] = {"Anonymous", true, {"System.Anonymous"}};
        all[-3] = {"View", true, {"System.Anonymous", "System.View"}};
        all[-2] = {"ReadOnly", true, {"System.Anonymous", "System.Read", "System.View"}};
        all[-1] = {"Admin", true, all_privileges()};
    }
    return all;
}

std::string privilege_group(const std::string& id) { return id.substr(0, id.rfind('.')); }

Value role_value(int id, const RoleState& role) {
    return make("AuthorizationRole",
                {{"roleId", Value(int32_t{id})},
                 {"system", role.system},
                 {"name", role.name},
                 {"info", make("Description", {{"label", role.name}, {"summary", role.name}})},
                 {"privilege", Value::strings(role.privileges)}});
}

Value permission_value(const MoRef& entity, const PermissionState& permission) {
    return make("Permission", {{"entity", entity},
                               {"principal", permission.principal},
                               {"group", permission.group},
                               {"roleId", Value(int32_t{permission.role})},
                               {"propagate", permission.propagate}});
}

const MoRef kRoot{"Folder", "group-d1"};

// The administrator of the endpoint, on the root folder.
PermissionState built_in(const PropertyContext& p) {
    return {p.scope.is_vcenter() ? p.world.options.vcenter_login.user
                                 : p.world.options.host_login.user,
            false, -1, true};
}

std::vector<Value> permissions_on(const PropertyContext& p, const MoRef& entity) {
    std::vector<Value> out;
    if (entity == kRoot) {
        out.push_back(permission_value(entity, built_in(p)));
    }
    const auto found = p.world.extras->permissions.find(entity);
    if (found != p.world.extras->permissions.end()) {
        for (const PermissionState& permission : found->second) {
            out.push_back(permission_value(entity, permission));
        }
    }
    return out;
}

Outcome<Value> entity_permissions(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const PropertyContext p{c.world, c.scope, nullptr};
    std::vector<Value> out;
    for (MoRef at = call.arg("entity").ref(); !at.empty();
         at = object_property(p, at, "parent").ref()) {
        for (Value& permission : permissions_on(p, at)) {
            out.push_back(std::move(permission));
        }
        if (!call.arg("inherited").bool_or(false)) {
            break;
        }
    }
    return Value::array("Permission", std::move(out));
}

Outcome<Value> all_permissions(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const PropertyContext p{c.world, c.scope, nullptr};
    std::vector<Value> out = permissions_on(p, kRoot);
    for (const auto& [entity, list] : c.world.extras->permissions) {
        for (const PermissionState& permission : list) {
            if (entity != kRoot) {
                out.push_back(permission_value(entity, permission));
            }
        }
    }
    if (call.method == "RetrieveRolePermissions") {
        const int64_t role = call.arg("roleId").int_or(0);
        std::erase_if(out, [&](const Value& v) { return v["roleId"].int_or(0) != role; });
    }
    return Value::array("Permission", std::move(out));
}

Outcome<Value> set_permissions(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    if (!object_exists({c.world, c.scope, nullptr}, entity)) {
        return raise_missing_object(entity);
    }
    auto& list = c.world.extras->permissions[entity];
    if (call.method == "ResetEntityPermissions") {
        list.clear();
    }
    for (const Value& value : call.arg("permission").items()) {
        PermissionState permission{value["principal"].text(), value["group"].bool_or(false),
                                   static_cast<int>(value["roleId"].int_or(0)),
                                   value["propagate"].bool_or(true)};
        if (!roles(c.world).contains(permission.role)) {
            return raise_not_found("The role does not exist.");
        }
        std::erase_if(list, [&](const PermissionState& p) {
            return p.principal == permission.principal && p.group == permission.group;
        });
        list.push_back(std::move(permission));
    }
    c.world.touch();
    return Value();
}

Outcome<Value> remove_permission(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    auto& list = c.world.extras->permissions[call.arg("entity").ref()];
    const auto gone = std::erase_if(list, [&](const PermissionState& p) {
        return p.principal == call.arg("user").text() &&
               p.group == call.arg("isGroup").bool_or(false);
    });
    if (gone == 0) {
        return raise_not_found("The permission does not exist.");
    }
    c.world.touch();
    return Value();
}

bool granted(const std::string& id) {
    return id.find('.') != std::string::npos; // an administrator has every privilege
}

Outcome<Value> has_privileges(MethodContext&, const Call& call) {
    if (call.method == "HasPrivilegeOnEntity") { // one object, and one truth for each privilege
        std::vector<Value> plain;
        for (const std::string& id : call.arg("privId").texts()) {
            plain.emplace_back(granted(id));
        }
        return Value::array("boolean", std::move(plain));
    }
    std::vector<Value> entities;
    const auto objects =
        call.method == "HasUserPrivilegeOnEntities" ? call.arg("entities") : call.arg("entity");
    for (const Value& object : objects.items()) {
        std::vector<Value> rows;
        for (const std::string& id : call.arg("privId").texts()) {
            rows.push_back(
                make("PrivilegeAvailability", {{"privId", id}, {"isGranted", granted(id)}}));
        }
        entities.push_back(
            make("EntityPrivilege",
                 {{"entity", object},
                  {"privAvailability", Value::array("PrivilegeAvailability", std::move(rows))}}));
    }
    return Value::array("EntityPrivilege", std::move(entities));
}

Outcome<Value> fetch_privileges(MethodContext&, const Call& call) {
    std::vector<Value> out;
    for (const Value& entity : call.arg("entities").items()) {
        out.push_back(make("UserPrivilegeResult",
                           {{"entity", entity}, {"privileges", Value::strings(all_privileges())}}));
    }
    return Value::array("UserPrivilegeResult", std::move(out));
}

Outcome<Value> add_role(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    auto& all = roles(c.world);
    for (const auto& [id, role] : all) {
        if (role.name == call.arg("name").text()) {
            return raise("AlreadyExists", "The role exists already.", {{"name", call.arg("name")}});
        }
    }
    const int id = std::max(10, all.rbegin()->first + 1);
    all[id] = {call.arg("name").text(), false, call.arg("privIds").texts()};
    c.world.touch();
    return Value(int32_t{id});
}

Outcome<Value> change_role(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    auto& all = roles(c.world);
    const auto found = all.find(static_cast<int>(call.arg("roleId").int_or(0)));
    if (found == all.end()) {
        return raise_not_found("The role does not exist.");
    }
    if (found->second.system) {
        return raise_invalid_argument("roleId", "roleId");
    }
    if (call.method == "RemoveAuthorizationRole") {
        for (const auto& [entity, list] : c.world.extras->permissions) {
            for (const PermissionState& p : list) {
                if (p.role == found->first && call.arg("failIfUsed").bool_or(true)) {
                    return raise("RemoveFailed", "The role is in use.");
                }
            }
        }
        all.erase(found);
    } else {
        found->second.name = call.arg("newName").text();
        found->second.privileges = call.arg("privIds").texts();
    }
    c.world.touch();
    return Value();
}

Outcome<Value> find_users(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const std::string user = built_in({c.world, c.scope, nullptr}).principal;
    const std::string wanted = call.arg("searchStr").text();
    std::vector<Value> out;
    const bool exact = call.arg("exactMatch").bool_or(false);
    if (call.arg("findUsers").bool_or(true) &&
        (exact ? user == wanted : user.find(wanted) != std::string::npos)) {
        out.push_back(
            make("UserSearchResult", {{"principal", user}, {"fullName", user}, {"group", false}}));
    }
    return Value::array("UserSearchResult", std::move(out));
}

// --- alarms -------------------------------------------------------------------------------------

MoRef alarm_ref(unsigned number) { return {"Alarm", fmt::format("alarm-{}", number)}; }

// The alarms that a new vCenter has, as far as storage goes.
std::map<unsigned, AlarmState>& alarms(World& world) {
    auto& all = world.extras->alarms;
    if (all.empty()) {
        for (const auto& [name, event, object] :
             {std::tuple{"Host connection and power state", "HostConnectionLostEvent",
                         "HostSystem"},
              std::tuple{"Cannot connect to storage", "EventEx", "HostSystem"},
              std::tuple{"Datastore usage on disk", "DatastoreEvent", "Datastore"}}) {
            AlarmState alarm;
            alarm.number = world.extras->next_number++;
            alarm.entity = kRoot;
            alarm.changed = world.started;
            alarm.spec = make(
                "AlarmSpec",
                {{"name", name},
                 {"systemName", fmt::format("alarm.{}", event)},
                 {"description", name},
                 {"enabled", true},
                 {"expression",
                  make("OrAlarmExpression",
                       {{"expression",
                         Value::array(
                             "AlarmExpression",
                             {make("EventAlarmExpression",
                                   {{"eventType", event},
                                    {"objectType", object},
                                    {"status", enum_value("ManagedEntityStatus", "red")}})})}})},
                 {"setting", make("AlarmSetting", {{"toleranceRange", Value(int32_t{0})},
                                                   {"reportingFrequency", Value(int32_t{300})}})}});
            all.emplace(alarm.number, std::move(alarm));
        }
    }
    return all;
}

Outcome<Value> get_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    std::vector<MoRef> out;
    for (const auto& [number, alarm] : alarms(c.world)) {
        if (entity.empty() || alarm.entity == entity) {
            out.push_back(alarm_ref(number));
        }
    }
    return Value::refs(out);
}

Outcome<Value> create_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    auto& all = alarms(c.world);
    const Value& spec = call.arg("spec");
    for (const auto& [number, other] : all) {
        if (other.spec["name"].text() == spec["name"].text()) {
            return raise("DuplicateName", "The alarm's name is taken.",
                         {{"name", spec["name"]}, {"object", Value(alarm_ref(number))}});
        }
    }
    AlarmState alarm;
    alarm.number = c.world.extras->next_number++;
    alarm.entity = call.arg("entity").ref();
    alarm.spec = spec;
    alarm.changed = wall_now();
    const MoRef ref = alarm_ref(alarm.number);
    all.emplace(alarm.number, std::move(alarm));
    c.world.touch();
    return Value(ref);
}

Outcome<Value> remove_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    alarms(c.world).erase(trailing_number(call.self.id));
    c.world.touch();
    return Value();
}

Outcome<Value> reconfigure_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    AlarmState& alarm = alarms(c.world).at(trailing_number(call.self.id));
    alarm.spec = call.arg("spec");
    alarm.changed = wall_now();
    c.world.touch();
    return Value();
}

Outcome<Value> alarm_states(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    std::vector<Value> out;
    for (const auto& [number, alarm] : alarms(c.world)) {
        if (alarm.entity == entity) {
            out.push_back(
                make("AlarmState", {{"key", fmt::format("alarm-{}.{}", number, entity.id)},
                                    {"entity", entity},
                                    {"alarm", alarm_ref(number)},
                                    {"overallStatus", enum_value("ManagedEntityStatus", "green")},
                                    {"time", time_value(alarm.changed)},
                                    {"acknowledged", false}}));
        }
    }
    return Value::array("AlarmState", std::move(out));
}

Outcome<Value> actions_enabled(MethodContext&, const Call&) { return Value(true); }
Outcome<Value> nothing(MethodContext&, const Call&) { return Value(); }

} // namespace

bool alarm_exists(World& world, const MoRef& alarm) {
    return alarms(world).contains(trailing_number(alarm.id));
}

Value alarm_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    const auto found = alarms(c.world).find(trailing_number(object.id));
    if (found == alarms(c.world).end() || name != "info") {
        return {};
    }
    const AlarmState& alarm = found->second;
    DataObject info("AlarmInfo", alarm.spec.as_object()->fields);
    info.set("key", object.id);
    info.set("alarm", object);
    info.set("entity", alarm.entity);
    info.set("lastModifiedTime", time_value(alarm.changed));
    info.set("lastModifiedUser", c.world.options.vcenter_login.user);
    info.set("creationEventId", Value(int32_t{0}));
    return Value(std::move(info));
}

Value authorization_property(const PropertyContext& c, std::string_view name) {
    if (name == "roleList") {
        std::vector<Value> list;
        for (const auto& [id, role] : roles(c.world)) {
            list.push_back(role_value(id, role));
        }
        return Value::array("AuthorizationRole", std::move(list));
    }
    if (name == "privilegeList") {
        std::vector<Value> list;
        for (const std::string& id : all_privileges()) {
            list.push_back(
                make("AuthorizationPrivilege", {{"privId", id},
                                                {"onParent", false},
                                                {"name", id.substr(id.rfind('.') + 1)},
                                                {"privGroupName", privilege_group(id)}}));
        }
        return Value::array("AuthorizationPrivilege", std::move(list));
    }
    if (name == "description") {
        std::vector<Value> privileges;
        std::vector<Value> groups;
        std::string last;
        auto element = [](const std::string& key) {
            return make("ElementDescription", {{"label", key}, {"summary", key}, {"key", key}});
        };
        for (const std::string& id : all_privileges()) {
            privileges.push_back(element(id));
            if (privilege_group(id) != last) {
                last = privilege_group(id);
                groups.push_back(element(last));
            }
        }
        return make("AuthorizationDescription",
                    {{"privilege", Value::array("ElementDescription", std::move(privileges))},
                     {"privilegeGroup", Value::array("ElementDescription", std::move(groups))}});
    }
    return {};
}

Value permission_property(const PropertyContext& c, const MoRef& entity) {
    return Value::array("Permission", permissions_on(c, entity));
}

void add_access_methods(MethodTable& t) {
    constexpr const char* a = "AuthorizationManager";
    t.add(a, "RetrieveEntityPermissions", entity_permissions);
    t.add(a, "RetrieveAllPermissions", all_permissions);
    t.add(a, "RetrieveRolePermissions", all_permissions);
    t.add(a, "SetEntityPermissions", set_permissions);
    t.add(a, "ResetEntityPermissions", set_permissions);
    t.add(a, "RemoveEntityPermission", remove_permission);
    t.add(a, "HasPrivilegeOnEntity", has_privileges);
    t.add(a, "HasPrivilegeOnEntities", has_privileges);
    t.add(a, "HasUserPrivilegeOnEntities", has_privileges);
    t.add(a, "FetchUserPrivilegeOnEntities", fetch_privileges);
    t.add(a, "AddAuthorizationRole", add_role);
    t.add(a, "UpdateAuthorizationRole", change_role);
    t.add(a, "RemoveAuthorizationRole", change_role);
    t.add("UserDirectory", "RetrieveUserGroups", find_users);
    t.add("AlarmManager", "GetAlarm", get_alarm);
    t.add("AlarmManager", "CreateAlarm", create_alarm);
    t.add("AlarmManager", "GetAlarmState", alarm_states);
    t.add("AlarmManager", "AreAlarmActionsEnabled", actions_enabled);
    t.add("AlarmManager", "EnableAlarmActions", nothing);
    t.add("AlarmManager", "AcknowledgeAlarm", nothing);
    t.add("Alarm", "RemoveAlarm", remove_alarm);
    t.add("Alarm", "ReconfigureAlarm", reconfigure_alarm);
}

} // namespace pf::vim::sim
