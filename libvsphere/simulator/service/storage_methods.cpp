// HostStorageSystem without NVMe: rescans, SCSI LUN states, VMFS mounts, unresolved volumes.
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/storage_values.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

template<class Operation>
Method simple(const char* argument, Operation operation) {
    return [argument, operation](MethodContext& c, const Call& call) -> Outcome<Value> {
        SIM_TRY(HostState * host, host_of(c, call.self));
        HostOps ops(c.world, *host);
        SIM_CHECK(operation(ops, call.arg(argument).text()));
        return Value();
    };
}

// The *Ex_Task forms: one operation per key, failures in the result list.
template<class Operation>
Method batch(const char* argument, const char* result_type, const char* description,
             Operation operation) {
    return [=](MethodContext& c, const Call& call) -> Outcome<Value> {
        SIM_TRY(HostState * host, host_of(c, call.self));
        World& world = c.world;
        auto work = [&world, host, operation, result_type,
                     keys = call.arg(argument).texts()](TaskContext&) -> Outcome<Value> {
            std::vector<Value> results;
            for (const std::string& key : keys) {
                HostOps ops(world, *host);
                auto done = operation(ops, key);
                DataObject result(result_type);
                result.set("key", key);
                if (!done) {
                    result.set("fault", Value(localized_fault(done.error())));
                }
                results.emplace_back(std::move(result));
            }
            return Value::array(result_type, std::move(results));
        };
        return start_task(c, description, host->ref(), work);
    };
}

Outcome<> rescan_hba(HostOps& ops, World& world, const std::string& name) {
    {
        const std::lock_guard lock(world.mutex);
        if (ops.adapter_locked(name) == nullptr) {
            return raise_not_found("");
        }
    }
    return ops.rescan_devices();
}

Outcome<Value> rescan_hba_method(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    HostOps ops(c.world, *host);
    SIM_CHECK(rescan_hba(ops, c.world, call.arg("hbaDevice").text()));
    return Value();
}

Outcome<Value> refresh(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    HostOps(c.world, *host).refresh_devices();
    return Value();
}

Outcome<Value> query_unresolved(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    return unresolved_volumes(c.world, *host);
}

Value resolve_all(World& world, HostState& host, const Value& specs) {
    std::vector<Value> results;
    for (const Value& spec : specs.items()) {
        DataObject result("HostUnresolvedVmfsResolutionResult");
        result.set("spec", spec);
        const std::string how = spec["uuidResolution"].text();
        HostOps ops(world, host);
        Outcome<std::string> uuid = raise_invalid_argument("uuidResolution", "uuidResolution");
        auto device = device_of_extents(spec["extentDevicePath"].texts());
        if (!device) {
            uuid = tl::unexpected(device.error());
        } else if (how == "forceMount") {
            uuid = ops.force_mount(*device, true);
        } else if (how == "resignature") {
            uuid = ops.resignature(*device);
        }
        if (uuid) {
            const std::lock_guard lock(world.mutex);
            const auto volume = host.volumes.find(*uuid);
            if (volume != host.volumes.end()) {
                result.set("vmfs", vmfs_volume(world, host, volume->second));
            }
        } else {
            result.set("fault", Value(localized_fault(uuid.error())));
        }
        results.emplace_back(std::move(result));
    }
    return Value::array("HostUnresolvedVmfsResolutionResult", std::move(results));
}

Outcome<Value> resolve(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    return resolve_all(c.world, *host, call.arg("resolutionSpec"));
}

Outcome<Value> resolve_task(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    World& world = c.world;
    auto work = [&world, host, specs = call.arg("resolutionSpec")](TaskContext&) -> Outcome<Value> {
        return resolve_all(world, *host, specs);
    };
    return start_task(c, "HostStorageSystem.resolveMultipleUnresolvedVmfsVolumesEx", host->ref(),
                      work);
}

Outcome<Value> set_path_policy(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    for (const auto& [id, device] : host->devices) {
        if (device.uuid == call.arg("lunId").text()) {
            const bool fixed = call.arg("policy")["policy"].text() == "VMW_PSP_FIXED";
            if (!fixed || device.info.transport == Transport::NvmeTcp) {
                return raise("HostConfigFault",
                             fmt::format("Device {} does not take this policy.", id));
            }
            return Value();
        }
    }
    return raise_not_found("");
}

// Of copies that were mounted by force alone: UnmountVmfsVolume is for all the others.
Outcome<Value> unmount_forced(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::string uuid = call.arg("vmfsUuid").text();
    {
        const std::lock_guard lock(c.world.mutex);
        const auto known = host->volumes.find(uuid);
        if (known != host->volumes.end() && !known->second.force_mounted) {
            return raise("InvalidState",
                         fmt::format("VMFS volume '{}' is not force-mounted.", uuid));
        }
    }
    SIM_CHECK(HostOps(c.world, *host).unmount(uuid));
    return Value();
}

} // namespace

Outcome<std::string> device_of_extents(const std::vector<std::string>& paths) {
    constexpr std::string_view root = "/vmfs/devices/disks/";
    if (paths.size() != 1 || !paths[0].starts_with(root)) {
        return raise_invalid_argument("extentDevicePath", "extentDevicePath");
    }
    const std::string device = paths[0].substr(root.size());
    return device.substr(0, device.find(':'));
}

Outcome<Value> unresolved_volumes(World& world, HostState& host) {
    SIM_TRY(const auto extents, HostOps(world, host).unresolved());
    // One entry per volume; copies of one volume on several devices share it.
    std::map<std::string, std::vector<const UnresolvedExtent*>> by_uuid;
    for (const UnresolvedExtent& extent : extents) {
        by_uuid[extent.header.uuid.str()].push_back(&extent);
    }
    std::vector<Value> out;
    for (const auto& [uuid, copies] : by_uuid) {
        const vmfs::Header& header = copies.front()->header;
        const auto blocks =
            static_cast<int32_t>(header.cluster_count * vmfs::kClusterBytes / (1u << 20));
        std::vector<Value> rows;
        for (const UnresolvedExtent* copy : copies) {
            rows.push_back(
                make("HostUnresolvedVmfsExtent",
                     {{"device", make("HostScsiDiskPartition", {{"diskName", copy->device_id},
                                                                {"partition", int_value(1)}})},
                      {"devicePath", fmt::format("/vmfs/devices/disks/{}:1", copy->device_id)},
                      {"vmfsUuid", uuid},
                      {"isHeadExtent", true},
                      {"ordinal", int_value(0)},
                      {"startBlock", int_value(0)},
                      {"endBlock", int_value(blocks - 1)},
                      {"reason", copy->conflict ? "uuidConflict" : "diskIdMismatch"}}));
        }
        out.push_back(make("HostUnresolvedVmfsVolume",
                           {{"extent", Value::array("HostUnresolvedVmfsExtent", std::move(rows))},
                            {"vmfsLabel", header.label},
                            {"vmfsUuid", uuid},
                            {"totalBlocks", int_value(blocks)},
                            {"resolveStatus", make("HostUnresolvedVmfsVolumeResolveStatus",
                                                   {{"resolvable", copies.size() == 1},
                                                    {"incompleteExtents", false},
                                                    {"multipleCopies", copies.size() > 1}})}}));
    }
    return Value::array("HostUnresolvedVmfsVolume", std::move(out));
}

void add_storage_methods(MethodTable& t) {
    constexpr const char* s = "HostStorageSystem";
    constexpr const char* lun_result = "HostStorageSystemScsiLunResult";
    constexpr const char* vmfs_result = "HostStorageSystemVmfsVolumeResult";
    auto detach = [](HostOps& ops, const std::string& id) { return ops.detach(id); };
    auto attach = [](HostOps& ops, const std::string& id) { return ops.attach(id); };
    auto mount = [](HostOps& ops, const std::string& id) { return ops.mount(id); };
    auto unmount = [](HostOps& ops, const std::string& id) { return ops.unmount(id); };
    auto exists = [](HostOps& ops, const std::string& id) -> Outcome<> {
        SIM_CHECK(ops.access(id)); // nothing to reclaim on thin backends: only the check remains
        return {};
    };
    t.add(s, "RescanAllHba",
          simple("", [](HostOps& ops, const std::string&) { return ops.rescan_devices(); }));
    t.add(s, "RescanHba", rescan_hba_method);
    t.add(s, "RescanVmfs",
          simple("", [](HostOps& ops, const std::string&) { return ops.rescan_vmfs(); }));
    t.add(s, "RefreshStorageSystem", refresh);
    t.add(s, "DetachScsiLun", simple("lunUuid", detach));
    t.add(s, "AttachScsiLun", simple("lunUuid", attach));
    t.add(s, "DetachScsiLunEx_Task",
          batch("lunUuid", lun_result, "HostStorageSystem.detachScsiLunEx", detach));
    t.add(s, "AttachScsiLunEx_Task",
          batch("lunUuid", lun_result, "HostStorageSystem.attachScsiLunEx", attach));
    t.add(s, "DeleteScsiLunState",
          simple("lunCanonicalName",
                 [](HostOps& ops, const std::string& id) { return ops.forget_device(id); }));
    t.add(s, "MountVmfsVolume", simple("vmfsUuid", mount));
    t.add(s, "UnmountVmfsVolume", simple("vmfsUuid", unmount));
    t.add(s, "UnmountForceMountedVmfsVolume", unmount_forced);
    t.add(s, "MountVmfsVolumeEx_Task",
          batch("vmfsUuid", vmfs_result, "HostStorageSystem.mountVmfsVolumeEx", mount));
    t.add(s, "UnmountVmfsVolumeEx_Task",
          batch("vmfsUuid", vmfs_result, "HostStorageSystem.unmountVmfsVolumeEx", unmount));
    t.add(s, "UnmapVmfsVolumeEx_Task",
          batch("vmfsUuid", vmfs_result, "HostStorageSystem.unmapVmfsVolumeEx", exists));
    t.add(s, "DeleteVmfsVolumeState", simple("vmfsUuid", [](HostOps& ops, const std::string& id) {
              return ops.forget_volume(id);
          }));
    t.add(s, "QueryUnresolvedVmfsVolume", query_unresolved);
    t.add(s, "ResolveMultipleUnresolvedVmfsVolumes", resolve);
    t.add(s, "ResolveMultipleUnresolvedVmfsVolumesEx_Task", resolve_task);
    t.add(s, "SetMultipathLunPolicy", set_path_policy);
}

} // namespace pf::vim::sim
