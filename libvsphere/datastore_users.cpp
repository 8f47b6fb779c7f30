#include "libvsphere/datastore_users.hpp"

#include "libvsphere/properties.hpp"

namespace pf::vim {

namespace {

CallOptions about(std::string object) {
    CallOptions options;
    options.object = std::move(object);
    return options;
}

Result<MoRef> start(Session& session, const MoRef& self, std::string_view method,
                    std::vector<Field> args, std::string object) {
    PF_TRY(Value task, session.call(self, method, std::move(args), about(std::move(object))));
    return task.require_ref(fmt::format("the task of {}", method));
}

std::string vcls_setting(const MoRef& cluster) {
    return fmt::format("config.vcls.clusters.{}.enabled", cluster.id);
}

} // namespace

Result<std::vector<HeartbeatDatastore>> heartbeat_datastores(Session& session,
                                                             const MoRef& cluster) {
    PF_TRY(Value info, session.call(cluster, "RetrieveDasAdvancedRuntimeInfo", {},
                                    about(fmt::format("heartbeats of cluster {}", cluster.id))));
    std::vector<HeartbeatDatastore> out;
    for (const Value& row : info["heartbeatDatastoreInfo"].items())
        out.push_back({row["datastore"].ref(), row["hosts"].refs()});
    return out;
}

Result<MoRef> reconfigure_cluster_task(Session& session, const MoRef& cluster,
                                       const ClusterSettings& settings) {
    DataObject das("ClusterDasConfigInfo");
    if (settings.ha_enabled)
        das.set("enabled", Value(*settings.ha_enabled));
    if (!settings.host_monitoring.empty())
        das.set("hostMonitoring", Value(settings.host_monitoring));
    if (!settings.heartbeat_policy.empty()) {
        das.set("heartbeatDatastore", Value::refs(settings.heartbeat_datastores));
        das.set("hBDatastoreCandidatePolicy", Value(settings.heartbeat_policy));
    }
    DataObject drs("ClusterDrsConfigInfo");
    if (settings.drs_enabled)
        drs.set("enabled", Value(*settings.drs_enabled));
    if (!settings.drs_behavior.empty())
        drs.set("defaultVmBehavior", Value::enumerator("DrsBehavior", settings.drs_behavior));
    DataObject spec("ClusterConfigSpecEx");
    if (!das.fields.empty())
        spec.set("dasConfig", Value(std::move(das)));
    if (!drs.fields.empty())
        spec.set("drsConfig", Value(std::move(drs)));
    if (spec.fields.empty())
        return fail(Errc::InvalidArgument, "cluster {}: no setting was given to change",
                    cluster.id);
    return start(session, cluster, "ReconfigureComputeResource_Task",
                 {{"spec", Value(std::move(spec))}, {"modify", Value(true)}},
                 fmt::format("reconfigure cluster {}", cluster.id));
}

Result<MoRef> reconfigure_host_for_ha_task(Session& session, const Host& host) {
    return start(session, host.ref, "ReconfigureHostForDAS_Task", {},
                 fmt::format("host {}: configure HA anew", host.name));
}

Result<bool> vcls_retreat(Session& session, const MoRef& cluster) {
    Result<Value> options = session.call(
        session.content().setting, "QueryOptions", {{"name", Value(vcls_setting(cluster))}},
        about(fmt::format("read the vCLS mode of cluster {}", cluster.id)));
    // vCenter has the setting only after somebody made it.
    if (!options && is_fault(options.error(), "InvalidName"))
        return false;
    if (!options)
        return fail(options.error());
    for (const Value& option : options->items()) {
        const std::string value = option["value"].text_or();
        if (value == "false" || value == "False")
            return true;
    }
    return false;
}

Result<void> set_vcls_retreat(Session& session, const MoRef& cluster, bool retreat) {
    DataObject option("OptionValue");
    option.set("key", Value(vcls_setting(cluster)));
    option.set("value", Value(retreat ? "false" : "true")); // a text, unlike other switches
    PF_CHECK(
        session.call(session.content().setting, "UpdateOptions",
                     {{"changedValue", Value::array("OptionValue", {Value(std::move(option))})}},
                     about(fmt::format("set the vCLS mode of cluster {}", cluster.id))));
    return {};
}

Result<std::optional<StoragePod>> storage_pod_of(Session& session, const MoRef& datastore) {
    PF_TRY(Value parent, retrieve_property(session, datastore, "parent"));
    if (parent.ref().type != "StoragePod")
        return std::optional<StoragePod>();
    PF_TRY(ObjectProps props, retrieve_one(session, parent.ref(), {"name", "podStorageDrsEntry"}));
    const Value& config = props["podStorageDrsEntry"]["storageDrsConfig"]["podConfig"];
    return std::optional<StoragePod>({parent.ref(), props["name"].text_or(),
                                      config["defaultVmBehavior"].text_or(),
                                      config["enabled"].bool_or(false)});
}

Result<MoRef> configure_pod_task(Session& session, const MoRef& pod, std::optional<bool> enabled,
                                 const std::string& behavior) {
    DataObject config("StorageDrsPodConfigSpec");
    if (enabled)
        config.set("enabled", Value(*enabled));
    if (!behavior.empty())
        config.set("defaultVmBehavior", Value(behavior));
    DataObject spec("StorageDrsConfigSpec");
    spec.set("podConfigSpec", Value(std::move(config)));
    return start(session, session.content().storage_resource_manager,
                 "ConfigureStorageDrsForPod_Task",
                 {{"pod", Value(pod)}, {"spec", Value(std::move(spec))}, {"modify", Value(true)}},
                 fmt::format("configure datastore cluster {}", pod.id));
}

Result<MoRef> move_into_folder_task(Session& session, const MoRef& folder,
                                    const std::vector<MoRef>& objects) {
    return start(session, folder, "MoveIntoFolder_Task", {{"list", Value::refs(objects)}},
                 fmt::format("move {} objects into folder {}", objects.size(), folder.id));
}

Result<MoRef> set_sioc_task(Session& session, const MoRef& datastore, bool enabled) {
    DataObject spec("StorageIORMConfigSpec");
    spec.set("enabled", Value(enabled));
    return start(session, session.content().storage_resource_manager, "ConfigureDatastoreIORM_Task",
                 {{"datastore", Value(datastore)}, {"spec", Value(std::move(spec))}},
                 fmt::format("turn storage I/O control of datastore {} {}", datastore.id,
                             enabled ? "on" : "off"));
}

Result<std::optional<MoRef>> datastore_enter_maintenance(Session& session, const MoRef& datastore) {
    PF_TRY(Value result,
           session.call(datastore, "DatastoreEnterMaintenanceMode", {},
                        about(fmt::format("datastore {} into maintenance mode", datastore.id))));
    const MoRef task = result["task"].ref();
    return task.empty() ? std::optional<MoRef>() : std::optional<MoRef>(task);
}

Result<MoRef> datastore_exit_maintenance_task(Session& session, const MoRef& datastore) {
    return start(session, datastore, "DatastoreExitMaintenanceMode_Task", {},
                 fmt::format("datastore {} out of maintenance mode", datastore.id));
}

Result<bool> clustered_vmdk_enabled(Session& session, const MoRef& datastore) {
    PF_TRY(Value enabled, session.call(datastore, "IsClusteredVmdkEnabled"));
    return enabled.bool_or(false);
}

Result<void> set_clustered_vmdk(Session& session, const Host& host, const MoRef& datastore,
                                bool enabled) {
    PF_CHECK(session.call(host.managers.datastores,
                          enabled ? "EnableClusteredVmdkSupport" : "DisableClusteredVmdkSupport",
                          {{"datastore", Value(datastore)}},
                          about(fmt::format("host {}: turn clustered disks of datastore {} {}",
                                            host.name, datastore.id, enabled ? "on" : "off"))));
    return {};
}

Result<int64_t> max_queue_depth(Session& session, const Host& host, const MoRef& datastore) {
    PF_TRY(Value depth,
           session.call(host.managers.datastores, "QueryMaxQueueDepth",
                        {{"datastore", Value(datastore)}},
                        about(fmt::format("host {}: read the queue depth of datastore {}",
                                          host.name, datastore.id))));
    const auto number = depth.int_opt();
    if (!number)
        return fail(Errc::Protocol, "host {} answers no number for the queue depth of {}",
                    host.name, datastore.id);
    return *number;
}

Result<void> set_max_queue_depth(Session& session, const Host& host, const MoRef& datastore,
                                 int64_t depth) {
    PF_CHECK(session.call(host.managers.datastores, "SetMaxQueueDepth",
                          {{"datastore", Value(datastore)}, {"maxQdepth", Value(depth)}},
                          about(fmt::format("host {}: set the queue depth of datastore {}",
                                            host.name, datastore.id))));
    return {};
}

Result<void> refresh_datastore_storage_info(Session& session, const MoRef& datastore) {
    PF_CHECK(session.call(datastore, "RefreshDatastoreStorageInfo", {},
                          about(fmt::format("refresh datastore {}", datastore.id))));
    return {};
}

Result<MoRef> update_vm_files_task(Session& session, const MoRef& datastore,
                                   const std::vector<std::pair<std::string, MoRef>>& old_paths) {
    std::vector<Value> pairs;
    for (const auto& [path, now] : old_paths) {
        DataObject pair("DatastoreMountPathDatastorePair");
        pair.set("oldMountPath", Value(path));
        pair.set("datastore", Value(now));
        pairs.emplace_back(std::move(pair));
    }
    return start(session, datastore, "UpdateVirtualMachineFiles_Task",
                 {{"mountPathDatastoreMapping",
                   Value::array("DatastoreMountPathDatastorePair", std::move(pairs))}},
                 fmt::format("update the VM files of datastore {}", datastore.id));
}

Result<MoRef> remove_datastores_task(Session& session, const Host& host,
                                     const std::vector<MoRef>& datastores) {
    return start(session, host.managers.datastores, "RemoveDatastoreEx_Task",
                 {{"datastore", Value::refs(datastores)}},
                 fmt::format("host {}: remove {} datastores", host.name, datastores.size()));
}

Result<void> extend_datastore(Session& session, const Host& host, const MoRef& datastore,
                              const std::string& device_path) {
    const std::string object =
        fmt::format("host {}: extend datastore {} by {}", host.name, datastore.id, device_path);
    PF_TRY(Value options,
           session.call(host.managers.datastores, "QueryVmfsDatastoreExtendOptions",
                        {{"datastore", Value(datastore)}, {"devicePath", Value(device_path)}},
                        about(object)));
    if (options.items().empty())
        return fail(Errc::NotFound, "{}: the host offers no way to use this device", object);
    PF_CHECK(
        session.call(host.managers.datastores, "ExtendVmfsDatastore",
                     {{"datastore", Value(datastore)}, {"spec", options.items().front()["spec"]}},
                     about(object)));
    return {};
}

} // namespace pf::vim
