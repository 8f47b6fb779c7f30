#include "libvsphere/host_config.hpp"

#include <array>

namespace pf::vim {

namespace {

/// Synchronous calls to a host's managers take as long as the host does.
CallOptions doing(const Session& session, const Host& host, std::string_view what) {
    CallOptions options;
    options.timeout = session.options().storage_timeout;
    options.object = fmt::format("host {}: {}", host.name, what);
    return options;
}

Result<void> act(Session& session, const Host& host, const MoRef& manager, std::string_view method,
                 std::vector<Field> args, std::string_view what) {
    PF_CHECK(session.call(manager, method, std::move(args), doing(session, host, what)));
    return {};
}

Result<MoRef> start(Session& session, const Host& host, const MoRef& manager,
                    std::string_view method, std::vector<Field> args, std::string_view what) {
    PF_TRY(Value task, session.call(manager, method, std::move(args), doing(session, host, what)));
    return task.require_ref(fmt::format("the task of {}", method));
}

} // namespace

Result<std::vector<HostService>> host_services(Session& session, const Host& host) {
    PF_TRY(Value list, retrieve_property(session, host.managers.services, "serviceInfo.service"));
    std::vector<HostService> out;
    for (const Value& s : list.items())
        out.push_back({s["key"].text_or(), s["label"].text_or(), s["policy"].text_or(),
                       s["running"].bool_or(false), s["required"].bool_or(false)});
    return out;
}

Result<void> control_service(Session& session, const Host& host, const std::string& service,
                             ServiceAction action) {
    constexpr std::array methods = {"StartService", "StopService", "RestartService"};
    constexpr std::array words = {"start", "stop", "restart"};
    const auto index = static_cast<size_t>(action);
    Result<void> done =
        act(session, host, host.managers.services, methods[index], {{"id", Value(service)}},
            fmt::format("{} service {}", words[index], service));
    if (done || !is_fault(done.error(), "InvalidState"))
        return done;
    PF_TRY(std::vector<HostService> services, host_services(session, host));
    for (const HostService& s : services) {
        if (s.key == service && s.running == (action != ServiceAction::Stop))
            return {};
    }
    return done;
}

Result<void> set_service_policy(Session& session, const Host& host, const std::string& service,
                                const std::string& policy) {
    return act(session, host, host.managers.services, "UpdateServicePolicy",
               {{"id", Value(service)}, {"policy", Value(policy)}},
               fmt::format("set the start policy of service {}", service));
}

Result<std::vector<KernelModule>> kernel_modules(Session& session, const Host& host) {
    PF_TRY(Value list, session.call(host.managers.kernel_modules, "QueryModules", {},
                                    doing(session, host, "list kernel modules")));
    std::vector<KernelModule> out;
    for (const Value& m : list.items())
        out.push_back({m["name"].text_or(), m["version"].text_or(), m["filename"].text_or(),
                       m["optionString"].text_or(), m["loaded"].bool_or(false),
                       m["enabled"].bool_or(false)});
    return out;
}

Result<std::string> module_options(Session& session, const Host& host, const std::string& module) {
    PF_TRY(Value text,
           session.call(host.managers.kernel_modules, "QueryConfiguredModuleOptionString",
                        {{"name", Value(module)}},
                        doing(session, host, "read the options of kernel module " + module)));
    return text.text_or();
}

Result<void> set_module_options(Session& session, const Host& host, const std::string& module,
                                const std::string& options) {
    return act(session, host, host.managers.kernel_modules, "UpdateModuleOptionString",
               {{"name", Value(module)}, {"options", Value(options)}},
               "set the options of kernel module " + module);
}

std::vector<std::pair<std::string, std::string>> split_module_options(std::string_view options) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!options.empty()) {
        const size_t begin = options.find_first_not_of(" \t");
        if (begin == std::string_view::npos)
            break;
        options.remove_prefix(begin);
        const size_t equals = options.find_first_of("= \t");
        std::string name(options.substr(0, equals));
        std::string value;
        if (equals == std::string_view::npos || options[equals] != '=') {
            options.remove_prefix(std::min(equals, options.size()));
        } else {
            options.remove_prefix(equals + 1);
            const char quote = !options.empty() && options.front() == '"' ? '"' : ' ';
            if (quote == '"')
                options.remove_prefix(1);
            const size_t end = std::min(options.find(quote), options.size());
            value = options.substr(0, end);
            options.remove_prefix(std::min(end + 1, options.size()));
        }
        out.emplace_back(std::move(name), std::move(value));
    }
    return out;
}

Result<std::vector<std::pair<std::string, Value>>>
advanced_options(Session& session, const Host& host, const std::string& name) {
    PF_TRY(Value list,
           session.call(host.managers.advanced_options, "QueryOptions", {{"name", Value(name)}},
                        doing(session, host, "read advanced option " + name)));
    std::vector<std::pair<std::string, Value>> out;
    for (const Value& option : list.items())
        out.emplace_back(option["key"].text_or(), option["value"]);
    return out;
}

Result<void> set_advanced_option(Session& session, const Host& host, const std::string& name,
                                 const std::string& value) {
    PF_TRY(auto present, advanced_options(session, host, name));
    if (present.size() != 1)
        return fail(Errc::NotFound, "host {}: there is no advanced option {}", host.name, name);
    std::string_view type = present.front().second.type_view();
    // A number sent as text is InvalidArgument on the real thing.
    DataObject option("OptionValue");
    option.set("key", Value(name));
    option.set("value", Value::scalar(std::string(type.empty() ? "string" : type), value));
    return act(session, host, host.managers.advanced_options, "UpdateOptions",
               {{"changedValue", Value::array("OptionValue", {Value(std::move(option))})}},
               fmt::format("set advanced option {} to {}", name, value));
}

Result<MoRef> enter_maintenance_task(Session& session, const Host& host, int timeout_s,
                                     bool evacuate_powered_off) {
    return start(session, host, host.ref, "EnterMaintenanceMode_Task",
                 {{"timeout", Value(int32_t(timeout_s))},
                  {"evacuatePoweredOffVms", Value(evacuate_powered_off)}},
                 "enter maintenance mode");
}

Result<MoRef> exit_maintenance_task(Session& session, const Host& host, int timeout_s) {
    return start(session, host, host.ref, "ExitMaintenanceMode_Task",
                 {{"timeout", Value(int32_t(timeout_s))}}, "exit maintenance mode");
}

Result<std::vector<DiagnosticPartition>> available_dump_partitions(Session& session,
                                                                   const Host& host) {
    PF_TRY(Value list, session.call(host.managers.diagnostic, "QueryAvailablePartition", {},
                                    doing(session, host, "list core dump partitions")));
    std::vector<DiagnosticPartition> out;
    for (const Value& p : list.items())
        out.push_back(
            {p["storageType"].text_or(),
             p["diagnosticType"].text_or(),
             {p["id"]["diskName"].text_or(), static_cast<int>(p["id"]["partition"].int_or(1))},
             static_cast<int>(p["slots"].int_or(0))});
    return out;
}

Result<void> select_dump_partition(Session& session, const Host& host,
                                   const std::optional<Extent>& partition) {
    std::vector<Field> args;
    if (partition) {
        DataObject wire("HostScsiDiskPartition");
        wire.set("diskName", Value(partition->disk_name));
        wire.set("partition", Value(int32_t(partition->partition)));
        args.push_back({"partition", Value(std::move(wire))});
    }
    return act(session, host, host.managers.diagnostic, "SelectActivePartition", std::move(args),
               partition ? "send core dumps to " + partition->disk_name
                         : std::string("let go of the core dump partition"));
}

Result<MoRef> vmfs_batch_task(Session& session, const Host& host, VmfsBatch what,
                              const std::vector<std::string>& vmfs_uuids) {
    constexpr std::array methods = {"MountVmfsVolumeEx_Task", "UnmountVmfsVolumeEx_Task",
                                    "UnmapVmfsVolumeEx_Task"};
    constexpr std::array words = {"mount", "unmount", "reclaim space of"};
    const auto index = static_cast<size_t>(what);
    return start(session, host, host.managers.storage, methods[index],
                 {{"vmfsUuid", Value::strings(vmfs_uuids)}},
                 fmt::format("{} {} VMFS volumes", words[index], vmfs_uuids.size()));
}

Result<MoRef> lun_batch_task(Session& session, const Host& host, LunBatch what,
                             const std::vector<std::string>& lun_uuids) {
    const bool attach = what == LunBatch::Attach;
    return start(session, host, host.managers.storage,
                 attach ? "AttachScsiLunEx_Task" : "DetachScsiLunEx_Task",
                 {{"lunUuid", Value::strings(lun_uuids)}},
                 fmt::format("{} {} devices", attach ? "attach" : "detach", lun_uuids.size()));
}

std::vector<BatchResult> batch_results(const TaskInfo& finished) {
    std::vector<BatchResult> out;
    for (const Value& item : finished.result.items()) {
        BatchResult result;
        result.key = item["key"].text_or();
        if (item["fault"].is_set())
            result.error = to_error(fault_from_localized(item["fault"]), result.key);
        out.push_back(std::move(result));
    }
    return out;
}

Result<MoRef> resolve_unresolved_task(Session& session, const Host& host,
                                      const std::vector<std::string>& extent_paths,
                                      bool force_mount) {
    DataObject spec("HostUnresolvedVmfsResolutionSpec");
    spec.set("extentDevicePath", Value::strings(extent_paths));
    spec.set("uuidResolution", Value(force_mount ? "forceMount" : "resignature"));
    return start(session, host, host.managers.storage,
                 "ResolveMultipleUnresolvedVmfsVolumesEx_Task",
                 {{"resolutionSpec",
                   Value::array("HostUnresolvedVmfsResolutionSpec", {Value(std::move(spec))})}},
                 force_mount ? "force-mount VMFS copy" : "resignature VMFS copy");
}

Result<void> enable_path(Session& session, const Host& host, const std::string& path, bool enable) {
    return act(session, host, host.managers.storage,
               enable ? "EnableMultipathPath" : "DisableMultipathPath", {{"pathName", Value(path)}},
               fmt::format("{} path {}", enable ? "enable" : "disable", path));
}

Result<void> rename_lun(Session& session, const Host& host, const std::string& lun_uuid,
                        const std::string& display_name) {
    return act(session, host, host.managers.storage, "UpdateScsiLunDisplayName",
               {{"lunUuid", Value(lun_uuid)}, {"displayName", Value(display_name)}},
               "set the display name of device " + lun_uuid);
}

Result<void> mark_perennially_reserved(Session& session, const Host& host,
                                       const std::string& lun_uuid, bool reserved) {
    return act(session, host, host.managers.storage, "MarkPerenniallyReserved",
               {{"lunUuid", Value(lun_uuid)}, {"state", Value(reserved)}},
               "set the perennial reservation of device " + lun_uuid);
}

Result<void> set_unmap_priority(Session& session, const Host& host, const std::string& vmfs_uuid,
                                const std::string& priority) {
    return act(session, host, host.managers.storage, "UpdateVmfsUnmapPriority",
               {{"vmfsUuid", Value(vmfs_uuid)}, {"unmapPriority", Value(priority)}},
               "set the unmap priority of VMFS volume " + vmfs_uuid);
}

Result<void> create_rdma_adapter(Session& session, const Host& host,
                                 const std::string& rdma_device) {
    return act(session, host, host.managers.storage, "CreateNvmeOverRdmaAdapter",
               {{"rdmaDeviceName", Value(rdma_device)}}, "add an NVMe adapter on " + rdma_device);
}

Result<void> remove_rdma_adapter(Session& session, const Host& host, const std::string& hba) {
    return act(session, host, host.managers.storage, "RemoveNvmeOverRdmaAdapter",
               {{"hbaDeviceName", Value(hba)}}, "remove adapter " + hba);
}

} // namespace pf::vim
