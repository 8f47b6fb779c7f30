// AuthorizationManager and UserDirectory: roles, permissions, users; access.cpp goes by them.
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/extras.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

std::map<int, RoleState>& roles(World& world) { return world.extras->roles; }

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

Outcome<Value> has_privileges(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const PropertyContext p{c.world, c.scope, nullptr};
    const std::string user = call.method == "HasUserPrivilegeOnEntities"
                                 ? call.arg("userName").text()
                                 : c.user(); // of the session asked about: only one's own is
    const auto& known = all_privileges();
    auto granted = [&](const MoRef& entity, const std::string& id) {
        return std::find(known.begin(), known.end(), id) != known.end() &&
               has_privilege(p, user, deciding_entity(p, entity), id);
    };
    if (call.method == "HasPrivilegeOnEntity") { // one object, and one truth for each privilege
        std::vector<Value> plain;
        for (const std::string& id : call.arg("privId").texts()) {
            plain.emplace_back(granted(call.arg("entity").ref(), id));
        }
        return Value::array("boolean", std::move(plain));
    }
    std::vector<Value> entities;
    const auto objects =
        call.method == "HasUserPrivilegeOnEntities" ? call.arg("entities") : call.arg("entity");
    for (const Value& object : objects.items()) {
        std::vector<Value> rows;
        for (const std::string& id : call.arg("privId").texts()) {
            rows.push_back(make("PrivilegeAvailability",
                                {{"privId", id}, {"isGranted", granted(object.ref(), id)}}));
        }
        entities.push_back(
            make("EntityPrivilege",
                 {{"entity", object},
                  {"privAvailability", Value::array("PrivilegeAvailability", std::move(rows))}}));
    }
    return Value::array("EntityPrivilege", std::move(entities));
}

Outcome<Value> fetch_privileges(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const PropertyContext p{c.world, c.scope, nullptr};
    std::vector<Value> out;
    for (const Value& entity : call.arg("entities").items()) {
        std::vector<std::string> held;
        for (const std::string& id : all_privileges()) {
            if (has_privilege(p, call.arg("userName").text(), entity.ref(), id)) {
                held.push_back(id);
            }
        }
        out.push_back(make("UserPrivilegeResult",
                           {{"entity", entity}, {"privileges", Value::strings(held)}}));
    }
    return Value::array("UserPrivilegeResult", std::move(out));
}

Outcome<> check_privileges(const std::vector<std::string>& ids) {
    const auto& known = all_privileges();
    for (const std::string& id : ids) {
        if (std::find(known.begin(), known.end(), id) == known.end()) {
            return raise_invalid_argument("privIds", "privIds: " + id);
        }
    }
    return {};
}

Outcome<Value> add_role(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    auto& all = roles(c.world);
    for (const auto& [id, role] : all) {
        if (role.name == call.arg("name").text()) {
            return raise("AlreadyExists", "The role exists already.", {{"name", call.arg("name")}});
        }
    }
    SIM_CHECK(check_privileges(call.arg("privIds").texts()));
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
        SIM_CHECK(check_privileges(call.arg("privIds").texts()));
        found->second.name = call.arg("newName").text();
        found->second.privileges = call.arg("privIds").texts();
    }
    c.world.touch();
    return Value();
}

Outcome<Value> find_users(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    std::vector<std::string> users{built_in({c.world, c.scope, nullptr}).principal};
    if (c.scope.is_vcenter()) {
        for (const UserSpec& spec : c.world.estate.users) {
            users.push_back(spec.name);
        }
    }
    const std::string wanted = call.arg("searchStr").text();
    std::vector<Value> out;
    const bool exact = call.arg("exactMatch").bool_or(false);
    for (const std::string& user : users) {
        if (call.arg("findUsers").bool_or(true) &&
            (exact ? user == wanted : user.find(wanted) != std::string::npos)) {
            out.push_back(make("UserSearchResult",
                               {{"principal", user}, {"fullName", user}, {"group", false}}));
        }
    }
    return Value::array("UserSearchResult", std::move(out));
}

} // namespace

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
}

} // namespace pf::vim::sim
