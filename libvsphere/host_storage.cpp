// Devices, paths and VMFS volumes of one host.

#include "libvsphere/datastore.hpp"
#include "libvsphere/host.hpp"
#include "libvsphere/settle.hpp"
#include "libvsphere/storage_read.hpp"

#include <functional>

namespace pf::vim {

namespace detail {

std::vector<UnresolvedVolume> to_unresolved(const Value& list) {
    std::vector<UnresolvedVolume> out;
    for (const Value& v : list.items()) {
        UnresolvedVolume volume;
        volume.label = v["vmfsLabel"].text_or();
        volume.uuid = v["vmfsUuid"].text_or();
        volume.resolvable = v["resolveStatus"]["resolvable"].bool_or(false);
        volume.incomplete_extents = v["resolveStatus"]["incompleteExtents"].bool_or(false);
        volume.multiple_copies = v["resolveStatus"]["multipleCopies"].bool_or(false);
        for (const Value& e : v["extent"].items()) {
            UnresolvedExtent extent;
            extent.device = e["device"]["diskName"].text_or();
            extent.partition = static_cast<int>(e["device"]["partition"].int_or(1));
            extent.device_path = e["devicePath"].text_or();
            extent.reason = e["reason"].text_or();
            extent.ordinal = static_cast<int>(e["ordinal"].int_or(0));
            extent.head = e["isHeadExtent"].bool_or(false);
            volume.extents.push_back(std::move(extent));
        }
        out.push_back(std::move(volume));
    }
    return out;
}

} // namespace detail

namespace {

Result<void> storage_call(Session& session, const Host& host, std::string_view method,
                          std::vector<Field> args, std::string_view doing) {
    PF_CHECK(session.call(host.managers.storage, method, std::move(args),
                          {.object = fmt::format("host {}: {}", host.name, doing)}));
    return {};
}

/// storage_call(), and when its answer is lost the host's storage is read back.
Result<void> settled_call(Session& session, const Host& host, std::string_view method,
                          std::vector<Field> args, std::string_view doing,
                          const std::function<bool(const HostStorage&)>& done) {
    return detail::settle(session, storage_call(session, host, method, std::move(args), doing),
                          [&]() -> Result<bool> {
                              PF_TRY(const HostStorage now, read_storage(session, host));
                              return done(now);
                          });
}

bool lun_is_detached(const HostStorage& storage, const std::string& lun_uuid) {
    for (const ScsiDevice& device : storage.devices) {
        if (device.uuid == lun_uuid)
            return device.detached();
    }
    return false;
}

bool lun_is_attached(const HostStorage& storage, const std::string& lun_uuid) {
    for (const ScsiDevice& device : storage.devices) {
        if (device.uuid == lun_uuid)
            return device.ok();
    }
    return false;
}

bool lun_has_policy(const HostStorage& storage, const std::string& lun_id,
                    const std::string& policy) {
    for (const MultipathDevice& device : storage.multipath) {
        if (device.id == lun_id)
            return device.policy == policy;
    }
    return false;
}

bool volume_is_mounted(const HostStorage& storage, const std::string& vmfs_uuid) {
    const MountedVolume* volume = storage.volume(vmfs_uuid);
    return volume && volume->mounted;
}

} // namespace

Result<void> rescan_all(Session& session, const Host& host) {
    return storage_call(session, host, "RescanAllHba", {}, "rescan all adapters");
}

Result<void> rescan_hba(Session& session, const Host& host, const std::string& hba) {
    return storage_call(session, host, "RescanHba", {{"hbaDevice", Value(hba)}},
                        "rescan adapter " + hba);
}

Result<void> rescan_vmfs(Session& session, const Host& host) {
    return storage_call(session, host, "RescanVmfs", {}, "rescan VMFS volumes");
}

Result<void> refresh_storage(Session& session, const Host& host) {
    return storage_call(session, host, "RefreshStorageSystem", {}, "refresh storage");
}

Result<void> detach_lun(Session& session, const Host& host, const std::string& lun_uuid) {
    return settled_call(session, host, "DetachScsiLun", {{"lunUuid", Value(lun_uuid)}},
                        "detach device " + lun_uuid,
                        [&](const HostStorage& now) { return lun_is_detached(now, lun_uuid); });
}

Result<void> attach_lun(Session& session, const Host& host, const std::string& lun_uuid) {
    return settled_call(session, host, "AttachScsiLun", {{"lunUuid", Value(lun_uuid)}},
                        "attach device " + lun_uuid,
                        [&](const HostStorage& now) { return lun_is_attached(now, lun_uuid); });
}

Result<void> delete_lun_state(Session& session, const Host& host,
                              const std::string& canonical_name) {
    return storage_call(session, host, "DeleteScsiLunState",
                        {{"lunCanonicalName", Value(canonical_name)}},
                        "forget the detached state of " + canonical_name);
}

Result<void> set_hpp_policy(Session& session, const Host& host, const std::string& lun_id,
                            const PathPolicy& policy) {
    DataObject p("HostMultipathInfoHppLogicalUnitPolicy");
    p.set("policy", Value(policy.policy));
    if (policy.bytes)
        p.set("bytes", Value(*policy.bytes));
    if (policy.iops)
        p.set("iops", Value(*policy.iops));
    if (!policy.path.empty())
        p.set("path", Value(policy.path));
    if (policy.latency_eval_ms)
        p.set("latencyEvalTime", Value(*policy.latency_eval_ms));
    if (policy.samples_per_path)
        p.set("samplingIosPerPath", Value(*policy.samples_per_path));
    return settled_call(session, host, "UpdateHppMultipathLunPolicy",
                        {{"lunId", Value(lun_id)}, {"policy", Value(std::move(p))}},
                        "set the path policy of " + lun_id, [&](const HostStorage& now) {
                            return lun_has_policy(now, lun_id, policy.policy);
                        });
}

Result<void> set_nmp_policy(Session& session, const Host& host, const std::string& lun_id,
                            const std::string& policy) {
    DataObject p("HostMultipathInfoLogicalUnitPolicy");
    p.set("policy", Value(policy));
    return settled_call(session, host, "SetMultipathLunPolicy",
                        {{"lunId", Value(lun_id)}, {"policy", Value(std::move(p))}},
                        "set the path policy of " + lun_id, [&](const HostStorage& now) {
                            return lun_has_policy(now, lun_id, policy);
                        });
}

Result<void> mount_vmfs(Session& session, const Host& host, const std::string& vmfs_uuid) {
    return settled_call(session, host, "MountVmfsVolume", {{"vmfsUuid", Value(vmfs_uuid)}},
                        "mount VMFS volume " + vmfs_uuid,
                        [&](const HostStorage& now) { return volume_is_mounted(now, vmfs_uuid); });
}

Result<void> unmount_vmfs(Session& session, const Host& host, const std::string& vmfs_uuid) {
    return settled_call(session, host, "UnmountVmfsVolume", {{"vmfsUuid", Value(vmfs_uuid)}},
                        "unmount VMFS volume " + vmfs_uuid,
                        [&](const HostStorage& now) { return !volume_is_mounted(now, vmfs_uuid); });
}

Result<void> unmount_force_mounted_vmfs(Session& session, const Host& host,
                                        const std::string& vmfs_uuid) {
    return settled_call(session, host, "UnmountForceMountedVmfsVolume",
                        {{"vmfsUuid", Value(vmfs_uuid)}},
                        "unmount force-mounted VMFS volume " + vmfs_uuid,
                        [&](const HostStorage& now) { return !volume_is_mounted(now, vmfs_uuid); });
}

Result<void> delete_vmfs_state(Session& session, const Host& host, const std::string& vmfs_uuid) {
    return storage_call(session, host, "DeleteVmfsVolumeState", {{"vmfsUuid", Value(vmfs_uuid)}},
                        "forget the unmounted state of VMFS volume " + vmfs_uuid);
}

Result<std::vector<UnresolvedVolume>> query_unresolved(Session& session, const Host& host) {
    PF_TRY(Value list, session.call(host.managers.storage, "QueryUnresolvedVmfsVolume", {},
                                    {.object = fmt::format("host {}: list unresolved VMFS copies",
                                                           host.name)}));
    return detail::to_unresolved(list);
}

Result<std::vector<UnresolvedVolume>> query_unresolved_datastores(Session& session,
                                                                  const Host& host) {
    PF_TRY(Value list, session.call(host.managers.datastores, "QueryUnresolvedVmfsVolumes", {},
                                    {.object = fmt::format("host {}: list unresolved VMFS copies",
                                                           host.name)}));
    return detail::to_unresolved(list);
}

Result<std::vector<ResolveResult>> resolve_unresolved(Session& session, const Host& host,
                                                      const std::vector<std::string>& extent_paths,
                                                      bool force_mount) {
    DataObject spec("HostUnresolvedVmfsResolutionSpec");
    spec.set("extentDevicePath", Value::strings(extent_paths));
    spec.set("uuidResolution", Value(force_mount ? "forceMount" : "resignature"));
    PF_TRY(Value list,
           session.call(host.managers.storage, "ResolveMultipleUnresolvedVmfsVolumes",
                        {{"resolutionSpec", Value::array("HostUnresolvedVmfsResolutionSpec",
                                                         {Value(std::move(spec))})}},
                        {.object = fmt::format("host {}: {} VMFS copy", host.name,
                                               force_mount ? "force-mount" : "resignature")}));
    std::vector<ResolveResult> out;
    for (const Value& r : list.items()) {
        ResolveResult result;
        result.extent_paths = r["spec"]["extentDevicePath"].texts();
        result.vmfs_uuid = r["vmfs"]["uuid"].text_or();
        result.volume_name = r["vmfs"]["name"].text_or();
        if (r["fault"].is_set())
            result.fault = fault_from_localized(r["fault"]);
        out.push_back(std::move(result));
    }
    return out;
}

Result<MoRef> resignature_task(Session& session, const Host& host,
                               const std::vector<std::string>& extent_paths) {
    DataObject spec("HostUnresolvedVmfsResignatureSpec");
    spec.set("extentDevicePath", Value::strings(extent_paths));
    PF_TRY(Value task,
           session.call(host.managers.datastores, "ResignatureUnresolvedVmfsVolume_Task",
                        {{"resolutionSpec", Value(std::move(spec))}},
                        {.object = fmt::format("host {}: resignature VMFS copy", host.name)}));
    return task.require_ref("the resignature task");
}

Result<ResignatureResult> resignature_result(const TaskInfo& finished) {
    ResignatureResult out;
    PF_TRY(out.datastore, finished.result["result"].require_ref("the resignatured datastore"));
    for (const Value& rescan : finished.result["rescan"].items()) {
        if (rescan["fault"].is_set())
            out.failed_rescans.emplace_back(
                rescan["host"].ref(),
                to_error(fault_from_localized(rescan["fault"]), rescan["host"].ref().id).what);
    }
    return out;
}

} // namespace pf::vim
