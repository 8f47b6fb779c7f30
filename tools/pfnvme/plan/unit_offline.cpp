// Offline: the volume itself changes its protocol. Order of features 4.6, with two differences that
// docs/design/0201-offline-order.md explains: the snapshot that rollback restores is taken when
// every host has unmounted (the early one may be older than the guests' last writes), and the
// metadata check runs before the detach (a detached device can't be read).
#include "tools/pfnvme/plan/unit_common.hpp"
#include "tools/pfnvme/plan/units.hpp"

namespace pf::nvmetool {

namespace {

constexpr const char* kRecordStep = "01-record";

struct OfflineUnit {
    const Intent& intent;
    const DatastoreInfo& datastore;
    const VolumeInfo& volume;
    std::vector<UnitHost> hosts;
    std::vector<const VmInfo*> vms;
    std::string nvme_device;
    std::string early_snapshot;
    std::string clean_snapshot;
    std::uint64_t min_paths;
    const Inventory& inventory;

    [[nodiscard]] const UnitHost& pivot() const { return hosts.front(); }
    [[nodiscard]] const std::string& sdc_device() const { return datastore.extents.front(); }
    // Limits are each mapping's own: those of this host's SDC, else those of the first mapping.
    [[nodiscard]] const MappingInfo* limits_of(const UnitHost& host) const {
        const HostInfo* info = inventory.host(host.id);
        const PowerFlexHost* sdc = info == nullptr ? nullptr : inventory.sdc_of(*info);
        if (sdc != nullptr && volume.mapping_of(sdc->id) != nullptr) {
            return volume.mapping_of(sdc->id);
        }
        return volume.mappings.empty() ? nullptr : &volume.mappings.front();
    }
};

Params vm_params(const VmInfo& vm) {
    return {{"vm", vm.name}, {"vm_uuid", vm.instance_uuid}, {"record_step", kRecordStep}};
}

Params register_params(const VmInfo& vm, const std::string& device, const std::string& datastore) {
    return with(vm_params(vm), {{"device", device},
                                {"datastore", datastore},
                                {"path", split_datastore_path(vm.vmx_path).path},
                                {"folder_id", vm.folder_id},
                                {"pool_id", vm.pool_id},
                                {"vm_host_id", vm.host_id},
                                {"template", vm.is_template ? "true" : "false"}});
}

Params snapshot_params(const OfflineUnit& unit, const std::string& name) {
    return {{"volume", unit.volume.id}, {"label", unit.volume.name}, {"snapshot", name}};
}

OpCall remove_snapshot(const std::string& name) {
    return {"volume.remove", {{"volume_name", name}, {"what", "snapshot"}}};
}

Params map_params(const OfflineUnit& unit, const UnitHost& host) {
    Params out =
        with(nvme_mapping(host), {{"volume", unit.volume.id}, {"label", unit.volume.name}});
    // Limits live in the mapping, so they are lost with it unless they are carried over.
    if (const MappingInfo* mapping = unit.limits_of(host); mapping != nullptr) {
        if (mapping->limit_iops != 0) {
            out["limit_iops"] = std::to_string(mapping->limit_iops);
        }
        if (mapping->limit_mib_per_s != 0) {
            out["limit_mib_per_s"] = std::to_string(mapping->limit_mib_per_s);
        }
    }
    return out;
}

Params ready_params(const OfflineUnit& unit, const UnitHost& host) {
    return with(on_host(host), {{"device", unit.nvme_device},
                                {"size_bytes", std::to_string(unit.volume.size_kib * 1024)},
                                {"min_paths", std::to_string(unit.min_paths)}});
}

void add_voma(StepBuilder& steps, const OfflineUnit& unit, int group, const std::string& mode,
              const std::string& device) {
    if (mode != "off") {
        steps.add(step_id(group, 0, "voma"), "check.vmfs",
                  with(on_host(unit.pivot()),
                       {{"device", device}, {"require", mode == "required" ? "true" : "false"}}));
    }
}

// Steps 0-8: from running VMs to a volume that nobody has.
void add_stop_steps(StepBuilder& steps, const OfflineUnit& unit) {
    steps.add("00-preflight", "check.hosts", {});
    if (unit.intent.voma_before == "required" || unit.intent.voma_after == "required") {
        steps.add("00-shell", "check.shell", on_host(unit.pivot()));
    }
    steps.add(kRecordStep, "unit.record", {});
    steps.add("02-snapshot", "snapshot.create", snapshot_params(unit, unit.early_snapshot),
              {remove_snapshot(unit.early_snapshot)});
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        steps.add(
            step_id(3, i + 1, "shutdown", vm.name), "vm.shutdown",
            with(vm_params(vm), {{"then", unit.intent.power_off_after ? "power-off" : "fail"},
                                 {"deadline_s", std::to_string(unit.intent.guest_shutdown_s)}}),
            {{"vm.restore_power", vm_params(vm)}});
    }
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        steps.add(step_id(4, i + 1, "unregister", vm.name), "vm.unregister", vm_params(vm),
                  {{"vm.register", register_params(vm, unit.sdc_device(), unit.datastore.name)}});
    }
    add_unmount_steps(steps, 5, unit.datastore, unit.hosts);
    steps.add(step_id(5, unit.hosts.size() + 1, "snapshot-clean"), "snapshot.create",
              snapshot_params(unit, unit.clean_snapshot), {remove_snapshot(unit.clean_snapshot)});
    add_voma(steps, unit, 6, unit.intent.voma_before, unit.sdc_device());
    add_detach_steps(steps, 7, unit.datastore, unit.hosts);
    add_unmap_sdc_steps(steps, 8, unit.datastore, unit.volume, unit.hosts);
}

// Steps 9-14: one host alone gets the volume by NVMe and gives it a new signature.
void add_pivot_steps(StepBuilder& steps, const OfflineUnit& unit) {
    const UnitHost& pivot = unit.pivot();
    const Params mapping = map_params(unit, pivot);
    steps.add(step_id(9, 0, "map-pivot", pivot.short_name), "map.nvme", mapping,
              {{"unmap.nvme", mapping}});
    steps.add(step_id(10, 0, "ready-pivot", pivot.short_name), "device.ready",
              ready_params(unit, pivot));
    add_voma(steps, unit, 11, unit.intent.voma_before, unit.nvme_device);
    const Params pivot_datastore =
        with(on_host(pivot), {{"device", unit.nvme_device}, {"datastore", unit.datastore.name}});
    // The way back from a new signature is the snapshot, and a volume is restored only when no host
    // has it.
    steps.add(step_id(12, 0, "resignature", pivot.short_name), "vmfs.resignature",
              with(pivot_datastore, {{"old_uuid", unit.datastore.uuid}}),
              {{"vmfs.unmount", pivot_datastore},
               {"unmap.nvme", mapping},
               {"snapshot.restore", snapshot_params(unit, unit.clean_snapshot)}});
    const std::string name = expand_name(unit.intent.datastore_offline, unit.datastore.name);
    steps.add("13-rename", "vmfs.rename", {{"device", unit.nvme_device}, {"name", name}});
    if (unit.intent.voma_after != "off") {
        // A new signature mounts the volume, and voma reads only what nobody has mounted; step 15
        // mounts it again, on every host.
        steps.add(step_id(14, 0, "unmount-pivot", pivot.short_name), "vmfs.unmount",
                  with(on_host(pivot), {{"device", unit.nvme_device}, {"datastore", name}}));
    }
    add_voma(steps, unit, 14, unit.intent.voma_after, unit.nvme_device);
}

// Steps 15-19: everybody gets it, the VMs come back.
void add_return_steps(StepBuilder& steps, const OfflineUnit& unit) {
    const std::string name = expand_name(unit.intent.datastore_offline, unit.datastore.name);
    std::size_t index = 0;
    for (const UnitHost& host : unit.hosts) {
        const Params datastore =
            with(on_host(host), {{"device", unit.nvme_device}, {"datastore", name}});
        if (host.id != unit.pivot().id) {
            // The rescan mounts it by itself, so the way back starts with the unmount.
            const Params mapping = map_params(unit, host);
            steps.add(step_id(15, ++index, "map", host.short_name), "map.nvme", mapping,
                      {{"vmfs.unmount", datastore}, {"unmap.nvme", mapping}});
            steps.add(step_id(15, ++index, "ready", host.short_name), "device.ready",
                      ready_params(unit, host));
        }
        steps.add(step_id(15, ++index, "mounted", host.short_name), "vmfs.present", datastore);
    }
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        steps.add(step_id(16, i + 1, "register", vm.name), "vm.register",
                  register_params(vm, unit.nvme_device, name), {{"vm.unregister", vm_params(vm)}});
    }
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        Step& step = steps.add(step_id(17, i + 1, "power", vm.name), "vm.restore_power",
                               with(vm_params(vm), {{"canary", i == 0 ? "true" : "false"}}),
                               {{"vm.off", vm_params(vm)}});
        step.commit_point = true; // from here on guests write by NVMe
        if (i == 0) {
            steps.add(step_id(17, i + 1, "power-canary-check", vm.name), "check.vm",
                      with(vm_params(vm), {{"device", unit.nvme_device}}));
        }
    }
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        steps.add(step_id(18, i + 1, "verify", unit.vms[i]->name), "check.vm",
                  with(vm_params(*unit.vms[i]), {{"device", unit.nvme_device}}));
    }
    steps.add(step_id(18, unit.vms.size() + 1, "verify-mapping"), "check.volume",
              {{"volume", unit.volume.id},
               {"label", unit.volume.name},
               {"mappings", std::to_string(unit.hosts.size())}});
    std::size_t retire = 0;
    for (const std::string& snapshot : {unit.early_snapshot, unit.clean_snapshot}) {
        OpCall remove = remove_snapshot(snapshot);
        steps.add(step_id(19, ++retire, "retire-snapshot"), remove.op, remove.params).deferred =
            true;
    }
}

} // namespace

Unit make_offline_unit(const Inventory& inventory, const Intent& intent,
                       const DatastoreInfo& datastore, const std::vector<const VmInfo*>& vms,
                       const std::string& unit_id, const std::string& tag) {
    const VolumeInfo& volume = *inventory.sdc_volume_of(datastore);
    OfflineUnit plan{intent,
                     datastore,
                     volume,
                     hosts_of(inventory, datastore),
                     vms,
                     nvme_device_name(inventory.powerflex.system_id, volume.id),
                     powerflex_name(fmt::format("pfnvme-{}-{}-a", tag, unit_id)),
                     powerflex_name(fmt::format("pfnvme-{}-{}-b", tag, unit_id)),
                     intent.require_min_paths,
                     inventory};
    StepBuilder steps;
    add_stop_steps(steps, plan);
    add_pivot_steps(steps, plan);
    add_return_steps(steps, plan);

    Unit unit;
    unit.id = unit_id;
    unit.strategy = "offline";
    unit.objects = objects_of(inventory, {&datastore}, vms);
    unit.objects.parts.front().target_datastore =
        expand_name(intent.datastore_offline, datastore.name);
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
