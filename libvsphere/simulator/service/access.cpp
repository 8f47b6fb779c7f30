#include "libvsphere/simulator/service/access.hpp"

#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::sim {

namespace {

const MoRef kRoot{"Folder", "group-d1"};

bool is_administrator(const PropertyContext& c, const std::string& user) {
    return !c.scope.is_vcenter() || user == c.world.options.vcenter_login.user;
}

// What a call needs: a privilege on an entity that the receiver or an argument names.
struct Need {
    std::string_view type; // of the receiver, or a base of it
    std::string_view method;
    std::string_view privilege;
    std::string_view argument = ""; // empty: the receiver; "/": the root folder
};

constexpr std::string_view kStorage = "Host.Config.Storage";

constexpr std::array kNeeds = {
    Need{"HostStorageSystem", "QueryUnresolvedVmfsVolume", "System.Read"},
    Need{"HostStorageSystem", "RetrieveDiskPartitionInfo", "System.Read"},
    Need{"HostStorageSystem", "QueryPathSelectionPolicyOptions", "System.Read"},
    Need{"HostStorageSystem", "QueryStorageArrayTypePolicyOptions", "System.Read"},
    Need{"HostStorageSystem", "", kStorage},
    Need{"HostDatastoreSystem", "QueryUnresolvedVmfsVolumes", "System.Read"},
    Need{"HostDatastoreSystem", "QueryMaxQueueDepth", "System.Read"},
    Need{"HostDatastoreSystem", "RemoveDatastore", "Datastore.Delete", "datastore"},
    Need{"HostDatastoreSystem", "RemoveDatastoreEx_Task", "Datastore.Delete", "datastore"},
    Need{"HostDatastoreSystem", "", kStorage},
    Need{"HostDiagnosticSystem", "", kStorage},
    Need{"HostAutoStartManager", "", "Host.Config.AutoStart"},
    Need{"HostVirtualNicManager", "QueryNetConfig", "System.Read"},
    Need{"HostVirtualNicManager", "", "Host.Config.Network"},
    Need{"HostNetworkSystem", "QueryNetworkHint", "System.Read"},
    Need{"HostNetworkSystem", "", "Host.Config.Network"},
    Need{"HostKernelModuleSystem", "UpdateModuleOptionString", "Host.Config.Settings"},
    Need{"HostServiceSystem", "", "Host.Config.NetService"},
    Need{"ManagedMethodExecuter", "", "Host.Config.Settings"},
    Need{"HostSystem", "RetrieveManagedMethodExecuter", "Host.Config.Settings"},
    Need{"HostSystem", "RetrieveDynamicTypeManager", "Host.Config.Settings"},
    Need{"HostSystem", "EnterMaintenanceMode_Task", "Host.Config.Maintenance"},
    Need{"HostSystem", "ExitMaintenanceMode_Task", "Host.Config.Maintenance"},
    Need{"HostSystem", "DisconnectHost_Task", "Host.Config.Connection"},
    Need{"HostSystem", "ReconnectHost_Task", "Host.Config.Connection"},
    Need{"HostSystem", "ReconfigureHostForDAS_Task", "Host.Config.Connection"},
    Need{"HostDatastoreBrowser", "", "Datastore.Browse"},
    Need{"Datastore", "RenameDatastore", "Datastore.Rename"},
    Need{"Datastore", "DestroyDatastore", "Datastore.Delete"},
    Need{"Datastore", "DatastoreEnterMaintenanceMode", "Datastore.Config"},
    Need{"Datastore", "DatastoreExitMaintenanceMode_Task", "Datastore.Config"},
    Need{"Datastore", "UpdateVirtualMachineFiles_Task", "Datastore.UpdateVirtualMachineFiles"},
    Need{"Datastore", "Rename_Task", "Datastore.Rename"},
    Need{"StorageResourceManager", "ConfigureDatastoreIORM_Task", "Datastore.Config", "datastore"},
    Need{"StorageResourceManager", "ConfigureStorageDrsForPod_Task", "StoragePod.Config", "pod"},
    Need{"FileManager", "", "Datastore.FileManagement", "/"},
    Need{"VirtualMachine", "PowerOnVM_Task", "VirtualMachine.Interact.PowerOn"},
    Need{"VirtualMachine", "PowerOffVM_Task", "VirtualMachine.Interact.PowerOff"},
    Need{"VirtualMachine", "ShutdownGuest", "VirtualMachine.Interact.PowerOff"},
    Need{"VirtualMachine", "SuspendVM_Task", "VirtualMachine.Interact.Suspend"},
    Need{"VirtualMachine", "StandbyGuest", "VirtualMachine.Interact.Suspend"},
    Need{"VirtualMachine", "ResetVM_Task", "VirtualMachine.Interact.Reset"},
    Need{"VirtualMachine", "RebootGuest", "VirtualMachine.Interact.Reset"},
    Need{"VirtualMachine", "AnswerVM", "VirtualMachine.Interact.AnswerQuestion"},
    Need{"VirtualMachine", "MarkAsTemplate", "VirtualMachine.Provisioning.MarkAsTemplate"},
    Need{"VirtualMachine", "MarkAsVirtualMachine", "VirtualMachine.Provisioning.MarkAsVM"},
    Need{"VirtualMachine", "MarkAsVirtualMachine", "Resource.AssignVMToPool", "pool"},
    Need{"VirtualMachine", "reloadVirtualMachineFromPath_Task",
         "VirtualMachine.Config.ReloadFromPath"},
    Need{"VirtualMachine", "CreateSnapshot_Task", "VirtualMachine.State.CreateSnapshot"},
    Need{"VirtualMachine", "RemoveAllSnapshots_Task", "VirtualMachine.State.RemoveSnapshot"},
    Need{"VirtualMachine", "ConsolidateVMDisks_Task", "VirtualMachine.State.RemoveSnapshot"},
    Need{"VirtualMachine", "UnregisterVM", "VirtualMachine.Inventory.Unregister"},
    Need{"VirtualMachine", "Destroy_Task", "VirtualMachine.Inventory.Delete"},
    Need{"VirtualMachine", "Rename_Task", "VirtualMachine.Config.Rename"},
    Need{"VirtualMachine", "CloneVM_Task", "VirtualMachine.Provisioning.Clone"},
    Need{"VirtualMachineSnapshot", "RemoveSnapshot_Task", "VirtualMachine.State.RemoveSnapshot"},
    Need{"VirtualMachineSnapshot", "RenameSnapshot", "VirtualMachine.State.RenameSnapshot"},
    Need{"Folder", "RegisterVM_Task", "VirtualMachine.Inventory.Register"},
    Need{"Folder", "RegisterVM_Task", "Resource.AssignVMToPool", "pool"},
    Need{"Folder", "CreateVM_Task", "VirtualMachine.Inventory.Create"},
    Need{"Folder", "CreateVM_Task", "Resource.AssignVMToPool", "pool"},
    Need{"Folder", "CreateFolder", "Folder.Create"},
    Need{"Folder", "CreateStoragePod", "Folder.Create"},
    Need{"Folder", "Destroy_Task", "Folder.Delete"},
    Need{"Folder", "UnregisterAndDestroy_Task", "Folder.Delete"},
    Need{"Folder", "Rename_Task", "Folder.Rename"},
    Need{"ResourcePool", "CreateResourcePool", "Resource.CreatePool"},
    Need{"ResourcePool", "Destroy_Task", "Resource.DeletePool"},
    Need{"ResourcePool", "MoveIntoResourcePool", "Resource.AssignVMToPool"},
    Need{"ComputeResource", "ReconfigureComputeResource_Task", "Host.Inventory.EditCluster"},
    Need{"CustomFieldsManager", "SetField", "Global.SetCustomField", "entity"},
    Need{"CustomFieldsManager", "", "Global.ManageCustomFields", "/"},
    Need{"ExtensibleManagedObject", "setCustomValue", "Global.SetCustomField"},
    Need{"AuthorizationManager", "SetEntityPermissions", "Authorization.ModifyPermissions",
         "entity"},
    Need{"AuthorizationManager", "ResetEntityPermissions", "Authorization.ModifyPermissions",
         "entity"},
    Need{"AuthorizationManager", "RemoveEntityPermission", "Authorization.ModifyPermissions",
         "entity"},
    Need{"AuthorizationManager", "AddAuthorizationRole", "Authorization.ModifyRoles", "/"},
    Need{"AuthorizationManager", "UpdateAuthorizationRole", "Authorization.ModifyRoles", "/"},
    Need{"AuthorizationManager", "RemoveAuthorizationRole", "Authorization.ModifyRoles", "/"},
    Need{"AuthorizationManager", "HasPrivilegeOnEntity", "Sessions.ValidateSession", "/"},
    Need{"AuthorizationManager", "HasPrivilegeOnEntities", "Sessions.ValidateSession", "/"},
    Need{"AlarmManager", "CreateAlarm", "Alarm.Create", "entity"},
    Need{"AlarmManager", "AcknowledgeAlarm", "Alarm.Acknowledge", "entity"},
    Need{"AlarmManager", "EnableAlarmActions", "Alarm.DisableActions", "entity"},
    Need{"Alarm", "RemoveAlarm", "Alarm.Delete", "/"},
    Need{"Alarm", "ReconfigureAlarm", "Alarm.Edit", "/"},
    Need{"EventManager", "LogUserEvent", "Global.LogEvent", "entity"},
};

// What the methods that look at their arguments need beyond the table.
Outcome<> check_special(const PropertyContext& c, const std::string& user, const Call& call) {
    auto want = [&](const MoRef& entity, std::string_view privilege) -> Outcome<> {
        if (has_privilege(c, user, deciding_entity(c, entity), privilege)) {
            return {};
        }
        return tl::unexpected<Fault>(no_permission(entity, privilege));
    };
    if (call.method == "UpdateOptions") {
        const bool host = call.self.id.starts_with("EsxHostAdvSettings");
        return want(call.self, host ? "Host.Config.AdvancedConfig" : "Global.Settings");
    }
    if (call.method == "ReconfigVM_Task") {
        const Value& spec = call.arg("spec");
        if (spec["extraConfig"].is_set()) {
            SIM_CHECK(want(call.self, "VirtualMachine.Config.AdvancedConfig"));
        }
        if (spec["name"].is_set()) {
            SIM_CHECK(want(call.self, "VirtualMachine.Config.Rename"));
        }
        if (spec["annotation"].is_set()) {
            SIM_CHECK(want(call.self, "VirtualMachine.Config.Annotation"));
        }
    }
    if (call.method == "RelocateVM_Task" || call.method == "CloneVM_Task") {
        const bool clone = call.method == "CloneVM_Task";
        const Value& spec = clone ? call.arg("spec")["location"] : call.arg("spec");
        const VmState* vm = c.world.vm(call.self.id);
        if (!clone) {
            const bool on = vm != nullptr && vm->power == PowerState::On;
            SIM_CHECK(want(call.self, on ? "Resource.HotMigrate" : "Resource.ColdMigrate"));
        }
        std::vector<MoRef> targets{spec["datastore"].ref()};
        for (const Value& disk : spec["disk"].items()) {
            targets.push_back(disk["datastore"].ref());
        }
        for (const MoRef& target : targets) {
            const DatastoreState* ds = c.world.datastore(target.id);
            // Where it is already, nothing is allocated.
            if (ds != nullptr &&
                (clone || vm == nullptr || !c.world.volumes_of(*vm).contains(ds->uuid))) {
                SIM_CHECK(want(target, "Datastore.AllocateSpace"));
            }
        }
        if (!spec["pool"].ref().empty()) {
            SIM_CHECK(want(spec["pool"].ref(), "Resource.AssignVMToPool"));
        }
    }
    if (call.method == "MoveIntoFolder_Task") {
        for (const MoRef& entity : call.arg("list").refs()) {
            const std::string_view privilege = entity.type == "VirtualMachine"
                                                   ? "VirtualMachine.Inventory.Move"
                                               : entity.type == "Datastore" ? "Datastore.Move"
                                                                            : "Folder.Move";
            SIM_CHECK(want(entity, privilege));
            SIM_CHECK(want(call.self, privilege));
        }
    }
    if (call.method == "CancelTask") {
        const TaskRecord* task = c.world.task(call.self.id);
        if (task != nullptr && task->user != user) {
            SIM_CHECK(want(kRoot, "Global.CancelTask"));
        }
    }
    return {};
}

} // namespace

Fault no_permission(const MoRef& object, std::string_view privilege) {
    return raise("NoPermission", "Permission to perform this operation was denied.",
                 {{"object", Value(object)}, {"privilegeId", Value(privilege)}})
        .value();
}

MoRef deciding_entity(const PropertyContext& c, const MoRef& object) {
    const Schema& schema = Schema::get();
    if (schema.is_a(object.type, "ManagedEntity")) {
        return object;
    }
    if (object.type == "VirtualMachineSnapshot") {
        return object_property(c, object, "vm").ref();
    }
    if (object.type == "HostDatastoreBrowser") {
        const std::string id = object.id.substr(object.id.find('-') + 1);
        return {id.starts_with("host-") ? "HostSystem" : "Datastore", id};
    }
    if (object.type == "Task") {
        const TaskRecord* task = c.world.task(object.id);
        return task == nullptr || task->entity.empty() ? kRoot : task->entity;
    }
    const bool of_host = object.type.starts_with("Host") ||
                         object.type == "ManagedMethodExecuter" ||
                         object.type == "DynamicTypeManager" || object.type == "OptionManager";
    const HostState* host = of_host ? c.world.host_numbered(trailing_number(object.id)) : nullptr;
    return host != nullptr ? host->ref() : kRoot;
}

std::vector<int> effective_roles(const PropertyContext& c, const std::string& user,
                                 const MoRef& entity) {
    if (is_administrator(c, user)) {
        return {-1};
    }
    MoRef at = entity;
    for (int depth = 0; depth < 32 && !at.empty(); ++depth) {
        const auto found = c.world.extras->permissions.find(at);
        std::vector<int> here;
        if (found != c.world.extras->permissions.end()) {
            for (const PermissionState& p : found->second) {
                if (!p.group && p.principal == user && (p.propagate || at == entity)) {
                    here.push_back(p.role);
                }
            }
        }
        if (!here.empty()) {
            return here;
        }
        at = object_property(c, at, "parent").ref();
    }
    return {};
}

bool has_privilege(const PropertyContext& c, const std::string& user, const MoRef& entity,
                   std::string_view privilege) {
    if (is_administrator(c, user)) {
        return true;
    }
    for (const int id : effective_roles(c, user, entity)) {
        const auto role = c.world.extras->roles.find(id);
        if (role == c.world.extras->roles.end()) {
            continue;
        }
        const auto& list = role->second.privileges;
        const bool basic = privilege == "System.Anonymous" || privilege == "System.View" ||
                           privilege == "System.Read";
        if ((basic && !role->second.system) ||
            std::find(list.begin(), list.end(), privilege) != list.end()) {
            return true;
        }
    }
    return false;
}

bool is_visible(const PropertyContext& c, const MoRef& object) {
    if (c.session == nullptr || is_administrator(c, c.session->user) ||
        !Schema::get().is_a(object.type, "ManagedEntity")) {
        return true;
    }
    if (has_privilege(c, c.session->user, object, "System.View")) {
        return true;
    }
    // The way down to what may be seen.
    for (const auto& [entity, list] : c.world.extras->permissions) {
        const bool mine = std::any_of(list.begin(), list.end(), [&](const PermissionState& p) {
            return p.principal == c.session->user && p.role != -5;
        });
        MoRef at = mine ? entity : MoRef{};
        for (int depth = 0; depth < 32 && !at.empty(); ++depth) {
            if (at == object) {
                return true;
            }
            at = object_property(c, at, "parent").ref();
        }
    }
    return false;
}

std::string read_refused(const PropertyContext& c, const MoRef& object) {
    if (c.session == nullptr || c.session->user.empty() || is_administrator(c, c.session->user)) {
        return {};
    }
    const MoRef entity = deciding_entity(c, object);
    if (entity == kRoot && object != kRoot) {
        return {}; // the server's own managers are everybody's
    }
    return has_privilege(c, c.session->user, entity, "System.Read") ? std::string() : "System.Read";
}

Outcome<> check_call(const PropertyContext& c, const std::string& user, const Call& call) {
    if (user.empty() || is_administrator(c, user)) {
        return {};
    }
    const Schema& schema = Schema::get();
    std::string_view last; // a type's row without a method is for what has no row of its own
    for (const Need& need : kNeeds) {
        const bool general = need.method.empty();
        if (!schema.is_a(call.self.type, need.type) ||
            (general ? last == need.type : need.method != call.method)) {
            continue;
        }
        last = need.type;
        std::vector<MoRef> objects{call.self};
        if (need.argument == "/") {
            objects = {kRoot};
        } else if (!need.argument.empty()) {
            const Value& value = call.arg(need.argument);
            objects = value.as_array() != nullptr ? value.refs() : std::vector{value.ref()};
        }
        for (const MoRef& object : objects) {
            if (!object.empty() &&
                !has_privilege(c, user, deciding_entity(c, object), need.privilege)) {
                return tl::unexpected<Fault>(no_permission(object, need.privilege));
            }
        }
    }
    SIM_CHECK(check_special(c, user, call));
    // What nothing else guards is at least read.
    const MoRef entity = deciding_entity(c, call.self);
    if (entity != kRoot && !has_privilege(c, user, entity, "System.Read")) {
        return tl::unexpected<Fault>(no_permission(call.self, "System.Read"));
    }
    return {};
}

const std::vector<std::string>& all_privileges() {
    static const std::vector<std::string> all = {"System.Anonymous",
                                                 "System.Read",
                                                 "System.View",
                                                 "Alarm.Acknowledge",
                                                 "Alarm.Create",
                                                 "Alarm.Delete",
                                                 "Alarm.DisableActions",
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
                                                 "Global.LogEvent",
                                                 "Global.ManageCustomFields",
                                                 "Global.SetCustomField",
                                                 "Global.Settings",
                                                 "Host.Config.AdvancedConfig",
                                                 "Host.Config.AutoStart",
                                                 "Host.Config.Connection",
                                                 "Host.Config.Maintenance",
                                                 "Host.Config.NetService",
                                                 "Host.Config.Network",
                                                 "Host.Config.Settings",
                                                 "Host.Config.Storage",
                                                 "Host.Config.SystemManagement",
                                                 "Host.Inventory.EditCluster",
                                                 "Host.Inventory.MoveHost",
                                                 "InventoryService.Tagging.AttachTag",
                                                 "Network.Assign",
                                                 "Resource.AssignVMToPool",
                                                 "Resource.ColdMigrate",
                                                 "Resource.CreatePool",
                                                 "Resource.DeletePool",
                                                 "Resource.HotMigrate",
                                                 "Resource.MovePool",
                                                 "Sessions.TerminateSession",
                                                 "Sessions.ValidateSession",
                                                 "StoragePod.Config",
                                                 "StorageProfile.View",
                                                 "VirtualMachine.Config.AddExistingDisk",
                                                 "VirtualMachine.Config.AddNewDisk",
                                                 "VirtualMachine.Config.AdvancedConfig",
                                                 "VirtualMachine.Config.Annotation",
                                                 "VirtualMachine.Config.ReloadFromPath",
                                                 "VirtualMachine.Config.Rename",
                                                 "VirtualMachine.Config.Settings",
                                                 "VirtualMachine.Interact.AnswerQuestion",
                                                 "VirtualMachine.Interact.PowerOff",
                                                 "VirtualMachine.Interact.PowerOn",
                                                 "VirtualMachine.Interact.Reset",
                                                 "VirtualMachine.Interact.Suspend",
                                                 "VirtualMachine.Inventory.Create",
                                                 "VirtualMachine.Inventory.Delete",
                                                 "VirtualMachine.Inventory.Move",
                                                 "VirtualMachine.Inventory.Register",
                                                 "VirtualMachine.Inventory.Unregister",
                                                 "VirtualMachine.Provisioning.Clone",
                                                 "VirtualMachine.Provisioning.MarkAsTemplate",
                                                 "VirtualMachine.Provisioning.MarkAsVM",
                                                 "VirtualMachine.State.CreateSnapshot",
                                                 "VirtualMachine.State.RemoveSnapshot",
                                                 "VirtualMachine.State.RenameSnapshot"};
    return all;
}

} // namespace pf::vim::sim
