// The service's own objects: content, sessions, tasks, views, per-host managers.
#include "libvsphere/simulator/service/properties.hpp"

namespace pf::vim::sim {

namespace {

// The newest API version that the endpoint speaks.
std::string api_version(const PropertyContext& c) {
    return (c.scope.is_vcenter() ? c.world.estate.vcenter_version : c.scope.host()->spec.version) +
           ".0";
}

Value manager_property(const PropertyContext& c, const MoRef& object, HostState& host,
                       std::string_view name) {
    if (object.type == "HostStorageSystem") {
        if (name == "storageDeviceInfo") {
            return storage_device_info(c, host);
        }
        if (name == "fileSystemVolumeInfo") {
            return file_system_volume_info(c, host);
        }
    }
    if (object.type == "HostNetworkSystem" && name == "networkInfo") {
        return network_info(c, host);
    }
    if (object.type == "HostVirtualNicManager" && name == "info") {
        std::vector<Value> all;
        for (const std::string& type : nic_types()) {
            all.push_back(nic_manager_config(c.world, host, type));
        }
        return make("HostVirtualNicManagerInfo",
                    {{"netConfig", Value::array("VirtualNicManagerNetConfig", std::move(all))}});
    }
    if (object.type == "HostDatastoreSystem") {
        if (name == "datastore") {
            return host_property(c, host, "datastore");
        }
        if (name == "capabilities") {
            return make("HostDatastoreSystemCapabilities",
                        {{"nfsMountCreationRequired", true},
                         {"nfsMountCreationSupported", true},
                         {"localDatastoreSupported", false},
                         {"vmfsExtentExpansionSupported", true}});
        }
    }
    if (object.type == "HostServiceSystem" && name == "serviceInfo") {
        return make("HostServiceInfo", {{"service", host_services(host)}});
    }
    if (object.type == "OptionManager" && name == "setting") {
        return Value::array("OptionValue", advanced_options(c.world, host));
    }
    return {};
}

Value view_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    const auto found = c.session->views.find(object.id);
    if (found == c.session->views.end()) {
        return {};
    }
    const ViewState& view = found->second;
    if (name == "container") {
        return Value(view.container);
    }
    if (name == "type") {
        return Value::strings(view.types);
    }
    if (name == "recursive") {
        return Value(view.recursive);
    }
    return {}; // "view" itself is computed by the collector, which walks it
}

} // namespace

Value about_info(const PropertyContext& c) {
    if (!c.scope.is_vcenter()) {
        return host_about(*c.scope.host());
    }
    const Estate& estate = c.world.estate;
    return make("AboutInfo",
                {{"name", "VMware vCenter Server"},
                 {"fullName", fmt::format("VMware vCenter Server {} build-{}",
                                          estate.vcenter_version, estate.vcenter_build)},
                 {"vendor", "VMware, Inc."},
                 {"version", estate.vcenter_version},
                 {"patchLevel", "00000"},
                 {"build", estate.vcenter_build},
                 {"localeVersion", "INTL"},
                 {"localeBuild", "000"},
                 {"osType", "linux-x64"},
                 {"productLineId", "vpx"},
                 {"apiType", "VirtualCenter"},
                 {"apiVersion", api_version(c)},
                 {"instanceUuid", c.world.instance_uuid},
                 {"licenseProductName", "VMware VirtualCenter Server"},
                 {"licenseProductVersion", estate.vcenter_version.substr(0, 1) + ".0"}});
}

Value service_content(const PropertyContext& c) {
    DataObject content("ServiceContent");
    auto set = [&](const char* field, const char* type, const char* id) {
        content.set(field, MoRef{type, id});
    };
    set("rootFolder", "Folder", "group-d1");
    set("propertyCollector", "PropertyCollector", "propertyCollector");
    set("viewManager", "ViewManager", "ViewManager");
    content.set("about", about_info(c));
    set("setting", "OptionManager", "VpxSettings");
    set("sessionManager", "SessionManager", "SessionManager");
    set("authorizationManager", "AuthorizationManager", "AuthorizationManager");
    set("eventManager", "EventManager", "EventManager");
    set("taskManager", "TaskManager", "TaskManager");
    set("searchIndex", "SearchIndex", "SearchIndex");
    set("fileManager", "FileManager", "FileManager");
    set("virtualDiskManager", "VirtualDiskManager", "virtualDiskManager");
    set("storageResourceManager", "StorageResourceManager", "StorageResourceManager");
    set("userDirectory", "UserDirectory", "UserDirectory");
    set("licenseManager", "LicenseManager", "LicenseManager");
    set("perfManager", "PerformanceManager", "PerfMgr");
    set("ovfManager", "OvfManager", "OvfManager");
    if (c.scope.is_vcenter()) {
        set("serviceManager", "ServiceManager", "ServiceMgr");
        set("diagnosticManager", "DiagnosticManager", "DiagMgr");
        set("vmCompatibilityChecker", "VirtualMachineCompatibilityChecker", "CompatChecker");
        set("alarmManager", "AlarmManager", "AlarmManager");
        set("scheduledTaskManager", "ScheduledTaskManager", "ScheduledTaskManager");
        set("extensionManager", "ExtensionManager", "ExtensionManager");
        set("dvSwitchManager", "DistributedVirtualSwitchManager", "DVSManager");
        set("customFieldsManager", "CustomFieldsManager", "CustomFieldsManager");
        set("vmProvisioningChecker", "VirtualMachineProvisioningChecker", "ProvChecker");
    }
    return Value(std::move(content));
}

Value user_session(const SessionState& session) {
    return make("UserSession", {{"key", session.key},
                                {"userName", session.user},
                                {"fullName", session.user},
                                {"loginTime", time_value(session.login)},
                                {"lastActiveTime", time_value(wall_now())},
                                {"locale", "en"},
                                {"messageLocale", "en"},
                                {"extensionSession", false},
                                {"ipAddress", session.address},
                                {"userAgent", session.agent},
                                {"callCount", int_value(session.calls)}});
}

Value task_info(const PropertyContext& c, const TaskRecord& task) {
    static constexpr const char* states[] = {"queued", "running", "success", "error"};
    (void)c;
    DataObject info("TaskInfo");
    info.set("key", task.moid());
    info.set("task", task.ref());
    const size_t dot = task.description.rfind('.');
    if (dot != std::string::npos) {
        std::string method = task.description.substr(dot + 1);
        info.set("name", method + "_Task");
    }
    info.set("descriptionId", task.description);
    if (!task.entity.empty()) {
        info.set("entity", task.entity);
        info.set("entityName", task.entity_name);
    }
    info.set("state", enum_value("TaskInfoState", states[static_cast<int>(task.state)]));
    info.set("cancelled", task.cancelled);
    info.set("cancelable", task.cancelable);
    if (task.error) {
        info.set("error", Value(localized_fault(*task.error)));
    }
    info.set("result", task.result);
    if (task.state == TaskState::Running && task.progress >= 0) {
        info.set("progress", int_value(task.progress));
    }
    info.set("reason", make("TaskReasonUser", {{"userName", task.user}}));
    info.set("queueTime", time_value(task.queued));
    if (task.started != WallTime{}) {
        info.set("startTime", time_value(task.started));
    }
    if (task.finished()) {
        info.set("completeTime", time_value(task.completed));
    }
    info.set("eventChainId", int_value(task.number));
    return Value(std::move(info));
}

Value service_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    if (object.type == "Task") {
        const TaskRecord* task = c.world.task(object.id);
        return task != nullptr && name == "info" ? task_info(c, *task) : Value();
    }
    if (object.type == "ServiceInstance") {
        if (name == "content") {
            return service_content(c);
        }
        if (name == "serverClock") {
            return time_value(wall_now());
        }
        if (name == "capability") {
            return make("Capability", {{"provisioningSupported", c.scope.is_vcenter()},
                                       {"multiHostSupported", c.scope.is_vcenter()},
                                       {"userShellAccessSupported", !c.scope.is_vcenter()}});
        }
    }
    if (object.type == "SessionManager") {
        if (name == "currentSession") {
            const bool in = c.session != nullptr && !c.session->user.empty();
            return in ? user_session(*c.session) : Value();
        }
        if (name == "defaultLocale") {
            return Value("en");
        }
        if (name == "supportedLocaleList" || name == "messageLocaleList") {
            return Value::strings({"en"});
        }
    }
    if (object.type == "TaskManager") {
        if (name == "recentTask") {
            std::vector<MoRef> recent;
            for (const auto& [number, task] : c.world.tasks) {
                recent.push_back(task.ref());
            }
            return Value::refs(recent);
        }
        if (name == "maxCollector") {
            return int_value(32);
        }
    }
    if (object.type == "CustomFieldsManager" && name == "field") {
        std::vector<Value> fields;
        for (const auto& [key, field_name] : c.world.custom_fields) {
            fields.push_back(
                make("CustomFieldDef",
                     {{"key", int_value(key)}, {"name", field_name}, {"type", "string"}}));
        }
        return Value::array("CustomFieldDef", std::move(fields));
    }
    if (c.session != nullptr && c.session->views.contains(object.id)) {
        return view_property(c, object, name);
    }
    if (object.type == "HostDatastoreBrowser" && name == "datastore") {
        const size_t at = object.id.find("datastore-", 1);
        const DatastoreState* ds =
            at == std::string::npos ? nullptr : c.world.datastore(object.id.substr(at));
        return ds == nullptr ? Value() : Value::refs({ds->ref()});
    }
    HostState* host = c.world.host_numbered(trailing_number(object.id));
    return host == nullptr ? Value() : manager_property(c, object, *host, name);
}

} // namespace pf::vim::sim
