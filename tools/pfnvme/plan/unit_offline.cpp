// Offline: the volume itself changes its protocol. Order of features 4.6, with two differences that
// docs/design/0201-offline-order.md explains: the snapshot that rollback restores is taken when
// every host has unmounted (the early one may be older than the guests' last writes), and the
// metadata check runs before the detach (a detached device can't be read).
#include "tools/pfnvme/plan/unit_common.hpp"
#include "tools/pfnvme/plan/unit_vm_steps.hpp"
#include "tools/pfnvme/plan/units.hpp"

namespace pf::nvmetool {

namespace {

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
    [[nodiscard]] ConvertedVms converted() const {
        return {vms,
                intent.power_off_after,
                intent.guest_shutdown_s,
                sdc_device(),
                datastore.name,
                nvme_device,
                expand_name(intent.datastore_offline, datastore.name)};
    }
};

Params map_params(const OfflineUnit& unit, const UnitHost& host) {
    return with_limits(
        with(nvme_mapping(host), {{"volume", unit.volume.id}, {"label", unit.volume.name}}),
        sdc_limits(unit.inventory, unit.volume, host));
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
    steps.add("02-snapshot", "snapshot.create", snapshot_params(unit.volume, unit.early_snapshot),
              {remove_snapshot(unit.early_snapshot)});
    add_stop_vm_steps(steps, unit.converted());
    add_unmount_steps(steps, 5, unit.datastore, unit.hosts);
    steps.add(step_id(5, unit.hosts.size() + 1, "snapshot-clean"), "snapshot.create",
              snapshot_params(unit.volume, unit.clean_snapshot),
              {remove_snapshot(unit.clean_snapshot)});
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
               {"snapshot.restore", snapshot_params(unit.volume, unit.clean_snapshot)}});
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
    const std::size_t verified = add_start_vm_steps(steps, unit.converted());
    steps.add(step_id(18, verified + 1, "verify-mapping"), "check.volume",
              {{"volume", unit.volume.id},
               {"label", unit.volume.name},
               {"mappings", std::to_string(unit.hosts.size())}});
    add_retire_steps(steps, {unit.early_snapshot, unit.clean_snapshot});
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
