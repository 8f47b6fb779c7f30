#include "libvsphere/administration.hpp"

#include "libvsphere/properties.hpp"

#include <algorithm>
#include <array>

namespace pf::vim {

namespace {

struct Needs {
    std::string_view method;
    std::array<std::string_view, 4> privileges; ///< empty ones do not count
};

// Reference sections 2.3 to 2.10: HostStorageSystem and HostDatastoreSystem need
// Host.Config.Storage unless listed otherwise.
constexpr std::array kNeeds = {
    Needs{"CreateSoftwareAdapter", {"Host.Config.Storage"}},
    Needs{"RemoveSoftwareAdapter", {"Host.Config.Storage"}},
    Needs{"CreateNvmeOverRdmaAdapter", {"Host.Config.Storage"}},
    Needs{"RemoveNvmeOverRdmaAdapter", {"Host.Config.Storage"}},
    Needs{"DiscoverNvmeControllers", {"Host.Config.Storage"}},
    Needs{"ConnectNvmeController", {"Host.Config.Storage"}},
    Needs{"ConnectNvmeControllerEx_Task", {"Host.Config.Storage"}},
    Needs{"DisconnectNvmeController", {"Host.Config.Storage"}},
    Needs{"DisconnectNvmeControllerEx_Task", {"Host.Config.Storage"}},
    Needs{"AddVirtualNic", {"Host.Config.Network"}},
    Needs{"RemoveVirtualNic", {"Host.Config.Network"}},
    Needs{"SelectVnicForNicType", {"Host.Config.Network"}},
    Needs{"DeselectVnicForNicType", {"Host.Config.Network"}},
    Needs{"QueryNetConfig", {"System.Read"}},
    Needs{"UnmountVmfsVolume", {"Host.Config.Storage"}},
    Needs{"MountVmfsVolume", {"Host.Config.Storage"}},
    Needs{"UnmountVmfsVolumeEx_Task", {"Host.Config.Storage"}},
    Needs{"MountVmfsVolumeEx_Task", {"Host.Config.Storage"}},
    Needs{"UnmountForceMountedVmfsVolume", {"Host.Config.Storage"}},
    Needs{"DeleteVmfsVolumeState", {"Host.Config.Storage"}},
    Needs{"DetachScsiLun", {"Host.Config.Storage"}},
    Needs{"AttachScsiLun", {"Host.Config.Storage"}},
    Needs{"DetachScsiLunEx_Task", {"Host.Config.Storage"}},
    Needs{"AttachScsiLunEx_Task", {"Host.Config.Storage"}},
    Needs{"DeleteScsiLunState", {"Host.Config.Storage"}},
    Needs{"RescanHba", {"Host.Config.Storage"}},
    Needs{"RescanAllHba", {"Host.Config.Storage"}},
    Needs{"RescanVmfs", {"Host.Config.Storage"}},
    Needs{"RefreshStorageSystem", {"Host.Config.Storage"}},
    Needs{"QueryUnresolvedVmfsVolume", {"System.Read"}},
    Needs{"QueryUnresolvedVmfsVolumes", {"System.Read"}},
    Needs{"ResolveMultipleUnresolvedVmfsVolumes", {"Host.Config.Storage"}},
    Needs{"ResolveMultipleUnresolvedVmfsVolumesEx_Task", {"Host.Config.Storage"}},
    Needs{"ResignatureUnresolvedVmfsVolume_Task", {"Host.Config.Storage"}},
    Needs{"SetMultipathLunPolicy", {"Host.Config.Storage"}},
    Needs{"UpdateHppMultipathLunPolicy", {"Host.Config.Storage"}},
    Needs{"EnableMultipathPath", {"Host.Config.Storage"}},
    Needs{"DisableMultipathPath", {"Host.Config.Storage"}},
    Needs{"UpdateScsiLunDisplayName", {"Host.Config.Storage"}},
    Needs{"MarkPerenniallyReserved", {"Host.Config.Storage"}},
    Needs{"UpdateVmfsUnmapPriority", {"Host.Config.Storage"}},
    Needs{"UnmapVmfsVolumeEx_Task", {"Host.Config.Storage"}},
    Needs{"QueryAvailablePartition", {"Host.Config.Storage"}},
    Needs{"SelectActivePartition", {"Host.Config.Storage"}},
    Needs{"QueryAvailableDisksForVmfs", {"Host.Config.Storage"}},
    Needs{"QueryVmfsDatastoreCreateOptions", {"Host.Config.Storage"}},
    Needs{"CreateVmfsDatastore", {"Host.Config.Storage"}},
    Needs{"QueryVmfsDatastoreExpandOptions", {"Host.Config.Storage"}},
    Needs{"ExpandVmfsDatastore", {"Host.Config.Storage"}},
    Needs{"QueryVmfsDatastoreExtendOptions", {"Host.Config.Storage"}},
    Needs{"ExtendVmfsDatastore", {"Host.Config.Storage"}},
    Needs{"RemoveDatastore", {"Host.Config.Storage"}},
    Needs{"RemoveDatastoreEx_Task", {"Host.Config.Storage"}},
    Needs{"EnableClusteredVmdkSupport", {"Host.Config.Storage"}},
    Needs{"DisableClusteredVmdkSupport", {"Host.Config.Storage"}},
    Needs{"QueryMaxQueueDepth", {"Host.Config.Storage"}},
    Needs{"SetMaxQueueDepth", {"Host.Config.Storage"}},
    Needs{"IsClusteredVmdkEnabled", {"System.Read"}},
    Needs{"RefreshDatastore", {"System.Read"}},
    Needs{"RefreshDatastoreStorageInfo", {"System.Read"}},
    Needs{"DatastoreEnterMaintenanceMode", {"StoragePod.Config"}},
    Needs{"DatastoreExitMaintenanceMode_Task", {"StoragePod.Config"}},
    Needs{"ConfigureStorageDrsForPod_Task", {"StoragePod.Config"}},
    Needs{"MoveIntoFolder_Task", {"Datastore.Move"}},
    Needs{"RenameDatastore", {"Datastore.Rename"}},
    Needs{"DestroyDatastore", {"Datastore.Delete"}},
    Needs{"SearchDatastoreSubFolders_Task", {"Datastore.Browse"}},
    Needs{"SearchDatastore_Task", {"Datastore.Browse"}},
    Needs{"UpdateVirtualMachineFiles_Task", {"Datastore.UpdateVirtualMachineFiles"}},
    Needs{"RelocateVM_Task",
          {"Resource.ColdMigrate", "Resource.HotMigrate", "Datastore.AllocateSpace",
           "VirtualMachine.Config.AddNewDisk"}},
    Needs{"CheckRelocate_Task", {"System.View"}},
    Needs{"RegisterVM_Task", {"VirtualMachine.Inventory.Register", "Resource.AssignVMToPool"}},
    Needs{"UnregisterVM", {"VirtualMachine.Inventory.Unregister"}},
    Needs{"reloadVirtualMachineFromPath_Task", {"VirtualMachine.Config.ReloadFromPath"}},
    Needs{"PowerOnVM_Task", {"VirtualMachine.Interact.PowerOn"}},
    Needs{"PowerOffVM_Task", {"VirtualMachine.Interact.PowerOff"}},
    Needs{"ShutdownGuest", {"VirtualMachine.Interact.PowerOff"}},
    Needs{"StandbyGuest", {"VirtualMachine.Interact.Suspend"}},
    Needs{"SuspendVM_Task", {"VirtualMachine.Interact.Suspend"}},
    Needs{"RebootGuest", {"VirtualMachine.Interact.Reset"}},
    Needs{"ResetVM_Task", {"VirtualMachine.Interact.Reset"}},
    Needs{"AnswerVM", {"VirtualMachine.Interact.AnswerQuestion"}},
    Needs{"CreateSnapshot_Task", {"VirtualMachine.State.CreateSnapshot"}},
    Needs{"RemoveAllSnapshots_Task", {"VirtualMachine.State.RemoveSnapshot"}},
    Needs{"ConsolidateVMDisks_Task", {"VirtualMachine.State.RemoveSnapshot"}},
    Needs{"ReconfigVM_Task", {"VirtualMachine.Config.AdvancedConfig"}},
    Needs{"MarkAsTemplate", {"VirtualMachine.Provisioning.MarkAsTemplate"}},
    Needs{"MarkAsVirtualMachine", {"VirtualMachine.Provisioning.MarkAsVM"}},
    Needs{"QueryModules", {"System.Read"}},
    Needs{"QueryConfiguredModuleOptionString", {"System.Read"}},
    Needs{"UpdateModuleOptionString", {"Host.Config.Settings"}},
    Needs{"QueryOptions", {"System.Read"}},
    Needs{"UpdateOptions", {"Host.Config.AdvancedConfig"}},
    Needs{"StartService", {"Host.Config.NetService"}},
    Needs{"StopService", {"Host.Config.NetService"}},
    Needs{"RestartService", {"Host.Config.NetService"}},
    Needs{"UpdateServicePolicy", {"Host.Config.NetService"}},
    Needs{"EnterMaintenanceMode_Task", {"Host.Config.Maintenance"}},
    Needs{"ExitMaintenanceMode_Task", {"Host.Config.Maintenance"}},
    Needs{"SetField", {"Global.SetCustomField"}},
    Needs{"AddCustomFieldDef", {"Global.ManageCustomFields"}},
    Needs{"SetEntityPermissions", {"Authorization.ModifyPermissions"}},
    Needs{"ReconfigureComputeResource_Task", {"Host.Inventory.EditCluster"}},
    Needs{"ReconfigureHostForDAS_Task", {"Host.Config.Connection"}},
    Needs{"RetrieveDasAdvancedRuntimeInfo", {"System.Read"}},
    Needs{"RetrieveEntityPermissions", {"System.Read"}},
    Needs{"HasPrivilegeOnEntities", {"System.View"}},
    Needs{"QueryPerf", {"System.View"}},
    Needs{"QueryPerfProviderSummary", {"System.View"}},
    Needs{"ConfigureDatastoreIORM_Task", {"Datastore.Config"}},
    Needs{"CancelTask", {"Global.CancelTask"}},
    Needs{"RetrieveServiceContent", {}},
    Needs{"RetrievePropertiesEx", {}},
    Needs{"Login", {}},
    Needs{"Logout", {}},
    // What belongs to the session itself.
    Needs{"ContinueRetrievePropertiesEx", {}},
    Needs{"CancelRetrievePropertiesEx", {}},
    Needs{"WaitForUpdatesEx", {}},
    Needs{"CreatePropertyCollector", {}},
    Needs{"DestroyPropertyCollector", {}},
    Needs{"CreateFilter", {}},
    Needs{"DestroyPropertyFilter", {}},
    Needs{"CreateContainerView", {}},
    Needs{"DestroyView", {}},
    Needs{"CreateCollectorForTasks", {}},
    Needs{"SetCollectorPageSize", {}},
    Needs{"DestroyCollector", {}},
    // esxcli over SOAP: what the command itself does is judged by the host.
    Needs{"RetrieveManagedMethodExecuter", {"System.Read"}},
    Needs{"ExecuteSoap", {}},
};

} // namespace

std::optional<std::vector<std::string_view>> privileges_for(std::string_view method) {
    for (const Needs& needs : kNeeds) {
        if (needs.method != method)
            continue;
        std::vector<std::string_view> out;
        std::copy_if(needs.privileges.begin(), needs.privileges.end(), std::back_inserter(out),
                     [](std::string_view p) { return !p.empty(); });
        return out;
    }
    return std::nullopt;
}

Result<std::vector<MissingPrivilege>>
missing_privileges(Session& session, const std::vector<MoRef>& entities,
                   const std::vector<std::string>& privileges) {
    std::vector<MissingPrivilege> out;
    if (entities.empty() || privileges.empty())
        return out;
    PF_TRY(Value current,
           retrieve_property(session, session.content().session_manager, "currentSession.key"));
    if (!current.is_set())
        return fail(Errc::AuthFailed, "{}: the session is not logged in", session.endpoint());
    PF_TRY(Value list,
           session.call(session.content().authorization_manager, "HasPrivilegeOnEntities",
                        {{"entity", Value::refs(entities)},
                         {"sessionId", Value(current.text_or())},
                         {"privId", Value::strings(privileges)}}));
    std::size_t answered = 0;
    for (const Value& entity : list.items()) {
        for (const Value& availability : entity["privAvailability"].items()) {
            ++answered;
            if (!availability["isGranted"].bool_or(false))
                out.push_back({entity["entity"].ref(), availability["privId"].text_or()});
        }
    }
    // A question without an answer is not a privilege that the user has.
    if (answered != entities.size() * privileges.size())
        return fail(Errc::Protocol, "{} answered {} of {} questions about privileges",
                    session.endpoint(), answered, entities.size() * privileges.size());
    return out;
}

Result<std::vector<EntityPermission>> entity_permissions(Session& session, const MoRef& entity,
                                                         bool inherited) {
    PF_TRY(Value list,
           session.call(session.content().authorization_manager, "RetrieveEntityPermissions",
                        {{"entity", Value(entity)}, {"inherited", Value(inherited)}}));
    std::vector<EntityPermission> out;
    for (const Value& p : list.items())
        out.push_back({p["entity"].ref(), p["principal"].text_or(), p["group"].bool_or(false),
                       p["propagate"].bool_or(false), static_cast<int>(p["roleId"].int_or(0))});
    return out;
}

Result<void> set_entity_permissions(Session& session, const MoRef& entity,
                                    const std::vector<EntityPermission>& permissions) {
    if (permissions.empty())
        return {};
    std::vector<Value> list;
    for (const EntityPermission& p : permissions) {
        DataObject permission("Permission");
        permission.set("principal", Value(p.principal));
        permission.set("group", Value(p.group));
        permission.set("roleId", Value(int32_t(p.role_id)));
        permission.set("propagate", Value(p.propagate));
        list.emplace_back(std::move(permission));
    }
    PF_CHECK(session.call(
        session.content().authorization_manager, "SetEntityPermissions",
        {{"entity", Value(entity)}, {"permission", Value::array("Permission", std::move(list))}},
        {.object = fmt::format("set the permissions on {}", entity.id)}));
    return {};
}

Result<std::vector<CustomField>> custom_fields(Session& session) {
    const MoRef& manager = session.content().custom_fields_manager;
    if (manager.empty())
        return fail(Errc::Unsupported, "{} has no custom attributes, only vCenter has",
                    session.endpoint());
    PF_TRY(Value list, retrieve_property(session, manager, "field"));
    std::vector<CustomField> out;
    for (const Value& f : list.items())
        out.push_back({static_cast<int>(f["key"].int_or(0)), f["name"].text_or(),
                       f["managedObjectType"].text_or()});
    return out;
}

Result<int> ensure_custom_field(Session& session, const std::string& name,
                                const std::string& type) {
    auto find = [&]() -> Result<std::optional<int>> {
        PF_TRY(std::vector<CustomField> fields, custom_fields(session));
        for (const CustomField& f : fields) {
            if (f.name == name && (f.type.empty() || f.type == type))
                return std::optional<int>(f.key);
        }
        return std::optional<int>();
    };
    PF_TRY(std::optional<int> present, find());
    if (present)
        return *present;
    std::vector<Field> args{{"name", Value(name)}};
    if (!type.empty())
        args.push_back({"moType", Value(type)});
    Result<Value> made = session.call(session.content().custom_fields_manager, "AddCustomFieldDef",
                                      std::move(args), {.object = "add custom attribute " + name});
    if (made)
        return static_cast<int>((*made)["key"].int_or(0));
    if (!is_fault(made.error(), "DuplicateName"))
        return fail(made.error());
    // Somebody else was faster; a field of this name for another type is the other reason.
    PF_TRY(present, find());
    if (present)
        return *present;
    return fail(made.error());
}

Result<std::vector<std::pair<std::string, std::string>>> custom_values(Session& session,
                                                                       const MoRef& entity) {
    PF_TRY(ObjectProps props, retrieve_one(session, entity, {"customValue", "availableField"}));
    std::vector<std::pair<std::string, std::string>> out;
    for (const Value& v : props["customValue"].items()) {
        const int64_t key = v["key"].int_or(0);
        for (const Value& field : props["availableField"].items()) {
            if (field["key"].int_or(-1) == key)
                out.emplace_back(field["name"].text_or(), v["value"].text_or());
        }
    }
    return out;
}

Result<void> set_custom_value(Session& session, const MoRef& entity, const std::string& field,
                              const std::string& value) {
    PF_TRY(int key, ensure_custom_field(session, field, entity.type));
    PF_CHECK(session.call(
        session.content().custom_fields_manager, "SetField",
        {{"entity", Value(entity)}, {"key", Value(int32_t(key))}, {"value", Value(value)}},
        {.object = fmt::format("set custom attribute {} of {}", field, entity.id)}));
    return {};
}

} // namespace pf::vim
