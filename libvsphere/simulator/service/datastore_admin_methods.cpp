// Datastores as an administrator changes them: larger, clustered, in maintenance, removed, and VMs
// that find their files again after a datastore has got a new identity.
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/storage_values.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<std::string> uuid_of(World& world, const MoRef& ref) {
    const std::lock_guard lock(world.mutex);
    const DatastoreState* ds = world.datastore(ref.id);
    return ds == nullptr ? raise_missing_object(ref) : Outcome<std::string>(ds->uuid);
}

// One way: the volume's partition takes what the device has got behind it.
Outcome<Value> expand_options(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_TRY(const std::string uuid, uuid_of(c.world, call.arg("datastore").ref()));
    HostOps ops(c.world, *host);
    SIM_TRY(const uint64_t room, ops.room_to_expand(uuid));
    if (room == 0) {
        return Value::array("VmfsDatastoreOption");
    }
    SIM_TRY(const VolumeAccess path, ops.access(uuid));
    const std::string id = path.io->device_id();
    const uint64_t sectors = (path.volume->header().device_bytes + room) / 512;
    const auto [range, layout, partition] = vmfs_partition(sectors);
    std::string lun;
    {
        const std::lock_guard lock(c.world.mutex);
        const auto device = host->devices.find(id);
        lun = device == host->devices.end() ? std::string() : device->second.uuid;
    }
    const Value option =
        make("VmfsDatastoreOption",
             {{"info",
               make("VmfsDatastoreAllExtentOption",
                    {{"layout", layout}, {"partitionFormatChange", false}, {"vmfsExtent", range}})},
              {"spec", make("VmfsDatastoreExpandSpec",
                            {{"diskUuid", lun},
                             {"partition", partition},
                             {"extent", make("HostScsiDiskPartition",
                                             {{"diskName", id}, {"partition", int_value(1)}})}})}});
    return Value::array("VmfsDatastoreOption", {option});
}

Outcome<Value> expand(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const MoRef ref = call.arg("datastore").ref();
    SIM_TRY(const std::string uuid, uuid_of(c.world, ref));
    HostOps ops(c.world, *host);
    SIM_TRY(const VolumeAccess path, ops.access(uuid));
    const Value& spec = call.arg("spec");
    const std::string device = path.io->device_id();
    {
        const std::lock_guard lock(c.world.mutex);
        const auto known = host->devices.find(device);
        if (known == host->devices.end() || known->second.uuid != spec["diskUuid"].text() ||
            spec["extent"]["diskName"].text() != device) {
            return raise_invalid_argument("spec.extent", "spec.extent");
        }
    }
    SIM_CHECK(ops.expand(uuid));
    return Value(ref);
}

// Volumes here have one extent, and none is offered beside it.
Outcome<Value> extend_options(MethodContext& c, const Call& call) {
    SIM_CHECK(host_of(c, call.self));
    SIM_CHECK(uuid_of(c.world, call.arg("datastore").ref()));
    return Value::array("VmfsDatastoreOption");
}

Outcome<Value> extend(MethodContext& c, const Call& call) {
    SIM_CHECK(host_of(c, call.self));
    SIM_TRY(const std::string uuid, uuid_of(c.world, call.arg("datastore").ref()));
    return raise("HostConfigFault",
                 fmt::format("VMFS volume '{}' takes no second extent on this host.", uuid));
}

Outcome<Value> remove_all(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    World& world = c.world;
    auto work = [&world, host,
                 list = call.arg("datastore").refs()](TaskContext&) -> Outcome<Value> {
        std::vector<Value> results;
        for (const MoRef& ref : list) {
            DataObject result("HostDatastoreSystemDatastoreResult");
            result.set("key", ref);
            Outcome<> gone;
            if (auto uuid = uuid_of(world, ref)) {
                gone = HostOps(world, *host).destroy(*uuid);
            } else {
                gone = tl::unexpected(uuid.error());
            }
            if (!gone) {
                result.set("fault", Value(localized_fault(gone.error())));
            }
            results.emplace_back(std::move(result));
        }
        return Value::array("HostDatastoreSystemDatastoreResult", std::move(results));
    };
    return start_task(c, "HostDatastoreSystem.removeDatastoreEx", host->ref(), work);
}

// --- clustered VMDKs ----------------------------------------------------------------------------

Outcome<Value> is_clustered(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    return Value(c.world.datastore(call.self.id)->clustered_vmdk);
}

Method switch_clustered(bool on) {
    return [on](MethodContext& c, const Call& call) -> Outcome<Value> {
        SIM_TRY(HostState * host, host_of(c, call.self));
        const MoRef ref = call.arg("datastore").ref();
        const std::lock_guard lock(c.world.mutex);
        DatastoreState* ds = c.world.datastore(ref.id);
        if (ds == nullptr) {
            return raise_not_found("");
        }
        const auto volume = host->volumes.find(ds->uuid);
        if (volume == host->volumes.end() || !volume->second.mounted) {
            return raise("HostConfigFault", fmt::format("Datastore '{}' is not mounted on {}.",
                                                        ds->name, host->spec.name));
        }
        for (const VmState* vm : c.world.vms_on(ds->uuid)) {
            for (const VmController& controller : vm->controllers) {
                if (!on && vm->power == PowerState::On &&
                    controller.shared_bus == "physicalSharing") {
                    return raise("HostConfigFault",
                                 fmt::format("Clustered VM '{}' runs on datastore '{}'.", vm->name,
                                             ds->name));
                }
            }
        }
        ds->clustered_vmdk = on;
        c.world.touch();
        return Value();
    };
}

// --- queue depth --------------------------------------------------------------------------------

constexpr int64_t kQueueDepth = 32; // outstanding I/Os with competing worlds

Outcome<Value> queue_depth(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_TRY(const std::string uuid, uuid_of(c.world, call.arg("datastore").ref()));
    const std::lock_guard lock(c.world.mutex);
    if (!host->volumes.contains(uuid)) {
        return raise_not_found("");
    }
    const auto set = host->queue_depths.find(uuid);
    return Value(set == host->queue_depths.end() ? kQueueDepth : set->second);
}

Outcome<Value> set_queue_depth(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_TRY(const std::string uuid, uuid_of(c.world, call.arg("datastore").ref()));
    const int64_t depth = call.arg("maxQdepth").int_or(0);
    const std::lock_guard lock(c.world.mutex);
    const auto volume = host->volumes.find(uuid);
    if (volume == host->volumes.end()) {
        return raise_not_found("");
    }
    const auto device = host->devices.find(volume->second.device_id);
    const bool nvme =
        device != host->devices.end() && device->second.info.transport == Transport::NvmeTcp;
    if (depth < 1 || depth > (nvme ? 126 : 256)) {
        return raise_invalid_argument("maxQdepth", "maxQdepth");
    }
    host->queue_depths[uuid] = depth;
    c.world.touch();
    return Value();
}

// --- datastore clusters -------------------------------------------------------------------------

Outcome<Value> enter_maintenance(MethodContext& c, const Call& call) {
    World& world = c.world;
    {
        const std::lock_guard lock(world.mutex);
        const DatastoreState* ds = world.datastore(call.self.id);
        if (folder_parent(world, ds->ref()).type != "StoragePod") {
            return raise("NotSupported", "The operation is not supported on the object.");
        }
        if (ds->in_maintenance) {
            return raise("InvalidState", "The operation is not allowed in the current state.");
        }
    }
    auto work = [&world, id = call.self.id](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        DatastoreState* ds = world.datastore(id);
        if (ds == nullptr) {
            return raise_missing_object({"Datastore", id});
        }
        const auto users = world.vms_on(ds->uuid);
        if (!users.empty()) { // nothing here moves them
            return raise("InvalidState", fmt::format("VM '{}' is on datastore '{}'.",
                                                     users.front()->name, ds->name));
        }
        ds->in_maintenance = true;
        world.touch();
        return Value();
    };
    SIM_TRY(const Value task, start_task(c, "Datastore.enterMaintenanceMode", call.self, work));
    return make("StoragePlacementResult", {{"task", task}});
}

Outcome<Value> exit_maintenance(MethodContext& c, const Call& call) {
    World& world = c.world;
    auto work = [&world, id = call.self.id](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        DatastoreState* ds = world.datastore(id);
        if (ds == nullptr) {
            return raise_missing_object({"Datastore", id});
        }
        if (!ds->in_maintenance) {
            return raise("InvalidState", "The operation is not allowed in the current state.");
        }
        ds->in_maintenance = false;
        world.touch();
        return Value();
    };
    return start_task(c, "Datastore.exitMaintenanceMode", call.self, work);
}

Outcome<Value> configure_pod(MethodContext& c, const Call& call) {
    const MoRef pod = call.arg("pod").ref();
    const Value& config = call.arg("spec")["podConfigSpec"];
    const std::string behavior = config["defaultVmBehavior"].text();
    if (!behavior.empty() && behavior != "manual" && behavior != "automated") {
        return raise_invalid_argument("spec.podConfigSpec.defaultVmBehavior",
                                      "spec.podConfigSpec.defaultVmBehavior");
    }
    World& world = c.world;
    auto work = [&world, pod, behavior,
                 enabled = config["enabled"]](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        if (folder_of(world, pod) == nullptr) {
            return raise_missing_object(pod);
        }
        if (enabled.is_set()) {
            world.extras->pod_drs[pod.id] = enabled.bool_or(false);
        }
        if (!behavior.empty()) {
            world.extras->pod_behavior[pod.id] = behavior;
        }
        world.touch();
        return Value();
    };
    return start_task(c, "StorageResourceManager.configureStorageDrsForPod", pod, work);
}

// --- files after a datastore has a new identity ------------------------------------------------

// The VMFS UUID in "ds:///vmfs/volumes/<uuid>/" or "/vmfs/volumes/<uuid>".
std::string volume_in(std::string path) {
    constexpr std::string_view root = "/vmfs/volumes/";
    const size_t at = path.find(root);
    if (at == std::string::npos) {
        return {};
    }
    path = path.substr(at + root.size());
    return path.substr(0, path.find('/'));
}

Outcome<Value> update_files(MethodContext& c, const Call& call) {
    std::map<std::string, std::string> moved; // old volume -> new one
    for (const Value& pair : call.arg("mountPathDatastoreMapping").items()) {
        SIM_TRY(const std::string now, uuid_of(c.world, pair["datastore"].ref()));
        const std::string old = volume_in(pair["oldMountPath"].text());
        if (old.empty()) {
            return raise_invalid_argument("mountPathDatastoreMapping",
                                          "mountPathDatastoreMapping.oldMountPath");
        }
        moved[old] = now;
    }
    SIM_TRY(const std::string here, uuid_of(c.world, call.self));
    World& world = c.world;
    auto work = [&world, moved, here](TaskContext&) -> Outcome<Value> {
        std::vector<std::pair<unsigned, std::string>> wanted; // VM and its vmx as shown
        {
            const std::lock_guard lock(world.mutex);
            for (const auto& [number, vm] : world.vms) {
                for (const std::string& volume : world.volumes_of(vm)) {
                    if (moved.contains(volume)) {
                        wanted.emplace_back(number, world.path_text(vm.vmx));
                        break;
                    }
                }
            }
        }
        std::vector<Value> failed;
        const auto add_failed = [&failed](const std::string& shown, const Fault& fault) {
            failed.push_back(make("UpdateVirtualMachineFilesResultFailedVmFileInfo",
                                  {{"vmFile", shown}, {"fault", Value(localized_fault(fault))}}));
        };
        for (const auto& [number, shown] : wanted) {
            auto done = VmOps(world).follow_volumes(number, moved);
            if (!done) {
                add_failed(shown, done.error());
            }
        }
        SIM_TRY(const auto loose, VmOps(world).follow_unregistered(here, moved));
        for (const auto& [file, fault] : loose) {
            const std::lock_guard lock(world.mutex);
            add_failed(world.path_text(file), fault);
        }
        return make(
            "UpdateVirtualMachineFilesResult",
            {{"failedVmFile",
              Value::array("UpdateVirtualMachineFilesResultFailedVmFileInfo", std::move(failed))}});
    };
    return start_task(c, "Datastore.updateVirtualMachineFiles", call.self, work);
}

} // namespace

void add_datastore_admin_methods(MethodTable& t) {
    constexpr const char* s = "HostDatastoreSystem";
    t.add(s, "QueryVmfsDatastoreExpandOptions", expand_options);
    t.add(s, "ExpandVmfsDatastore", expand);
    t.add(s, "QueryVmfsDatastoreExtendOptions", extend_options);
    t.add(s, "ExtendVmfsDatastore", extend);
    t.add(s, "RemoveDatastoreEx_Task", remove_all);
    t.add(s, "EnableClusteredVmdkSupport", switch_clustered(true));
    t.add(s, "DisableClusteredVmdkSupport", switch_clustered(false));
    t.add(s, "QueryMaxQueueDepth", queue_depth);
    t.add(s, "SetMaxQueueDepth", set_queue_depth);
    t.add("Datastore", "IsClusteredVmdkEnabled", is_clustered);
    t.add("Datastore", "DatastoreEnterMaintenanceMode", enter_maintenance);
    t.add("Datastore", "DatastoreExitMaintenanceMode_Task", exit_maintenance);
    t.add("Datastore", "UpdateVirtualMachineFiles_Task", update_files);
    t.add("StorageResourceManager", "ConfigureStorageDrsForPod_Task", configure_pod);
}

} // namespace pf::vim::sim
