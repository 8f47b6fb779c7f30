// Offline: the volumes themselves change their protocol. Order of features 4.6, with two
// differences that docs/design/0201-offline-order.md explains: the snapshot that rollback restores
// is taken when every host has unmounted (the early one may be older than the guests' last writes),
// and the metadata check runs before the detach (a detached device can't be read).
//
// Datastores that VMs tie together are one unit: each group of steps is done for all of them before
// the next group begins, so that no VM is ever registered while a part of it is away.
#include "tools/pfnvme/plan/unit_common.hpp"
#include "tools/pfnvme/plan/unit_vm_steps.hpp"
#include "tools/pfnvme/plan/units.hpp"

#include <set>

namespace pf::nvmetool {

namespace {

struct OfflinePart {
    const DatastoreInfo& datastore;
    const VolumeInfo& volume;
    std::vector<UnitHost> hosts;
    std::string nvme_device;
    std::string name; // afterwards
    SafetySnapshots snapshots;

    [[nodiscard]] const UnitHost& pivot() const { return hosts.front(); }
    [[nodiscard]] const std::string& sdc_device() const { return datastore.extents.front(); }
};

struct OfflineUnit {
    const Inventory& inventory;
    const Intent& intent;
    std::vector<OfflinePart> parts;
    std::vector<const VmInfo*> vms;

    // Numbers the steps of a group that each datastore has once; a single datastore needs none.
    [[nodiscard]] std::size_t number(std::size_t part) const {
        return parts.size() == 1 ? 0 : part + 1;
    }
    [[nodiscard]] ConvertedVms converted() const {
        ConvertedVms out{vms, intent.power_off_after, intent.guest_shutdown_s, {}};
        for (const OfflinePart& part : parts) {
            out.datastores.push_back({&part.datastore, part.nvme_device, part.name});
        }
        return out;
    }
};

Params map_params(const OfflineUnit& unit, const OfflinePart& part, const UnitHost& host) {
    return with_limits(
        with(nvme_mapping(host), {{"volume", part.volume.id}, {"label", part.volume.name}}),
        sdc_limits(unit.inventory, part.volume, host));
}

Params ready_params(const OfflineUnit& unit, const OfflinePart& part, const UnitHost& host) {
    return with(on_host(host), {{"device", part.nvme_device},
                                {"size_bytes", std::to_string(part.volume.size_kib * 1024)},
                                {"min_paths", std::to_string(unit.intent.require_min_paths)}});
}

void add_voma(StepBuilder& steps, const OfflineUnit& unit, std::size_t part, int group,
              const std::string& mode, const std::string& device) {
    if (mode != "off") {
        steps.add(step_id(group, unit.number(part), "voma"), "check.vmfs",
                  with(on_host(unit.parts[part].pivot()),
                       {{"device", device}, {"require", mode == "required" ? "true" : "false"}}));
    }
}

// Steps 0-8: from running VMs to volumes that nobody has.
void add_stop_steps(StepBuilder& steps, const OfflineUnit& unit) {
    steps.add("00-preflight", "check.hosts", {});
    if (unit.intent.voma_before == "required" || unit.intent.voma_after == "required") {
        std::set<std::string> asked;
        for (std::size_t i = 0; i < unit.parts.size(); ++i) {
            if (const UnitHost& pivot = unit.parts[i].pivot(); asked.insert(pivot.id).second) {
                steps.add(step_id(0, i == 0 ? 0 : i + 1, "shell"), "check.shell", on_host(pivot));
            }
        }
    }
    steps.add(kRecordStep, "unit.record", {});
    std::vector<NamedSnapshot> early;
    std::vector<NamedSnapshot> clean;
    for (const OfflinePart& part : unit.parts) {
        early.push_back({&part.volume, part.snapshots.early});
        clean.push_back({&part.volume, part.snapshots.clean});
    }
    add_snapshot_step(steps, "02-snapshot", early);
    add_stop_vm_steps(steps, unit.converted());
    std::size_t unmounts = 0;
    std::size_t detaches = 0;
    std::size_t unmaps = 0;
    for (const OfflinePart& part : unit.parts) {
        add_unmount_steps(steps, 5, part.datastore, part.hosts, unmounts);
        unmounts += part.hosts.size();
    }
    add_snapshot_step(steps, step_id(5, unmounts + 1, "snapshot-clean"), clean);
    for (std::size_t i = 0; i < unit.parts.size(); ++i) {
        add_voma(steps, unit, i, 6, unit.intent.voma_before, unit.parts[i].sdc_device());
    }
    for (const OfflinePart& part : unit.parts) {
        add_detach_steps(steps, 7, part.datastore, part.hosts, detaches);
        detaches += part.hosts.size();
    }
    for (const OfflinePart& part : unit.parts) {
        unmaps = add_unmap_sdc_steps(steps, 8, part.datastore, part.volume, part.hosts, unmaps);
    }
}

void add_resignature_step(StepBuilder& steps, const OfflineUnit& unit, std::size_t index) {
    const OfflinePart& part = unit.parts[index];
    const UnitHost& pivot = part.pivot();
    const Params pivot_datastore =
        with(on_host(pivot), {{"device", part.nvme_device}, {"datastore", part.datastore.name}});
    // The way back from a new signature is the snapshot, and a volume is restored only when no host
    // has it.
    steps.add(step_id(12, unit.number(index), "resignature", pivot.short_name), "vmfs.resignature",
              with(pivot_datastore, {{"old_uuid", part.datastore.uuid}}),
              {{"vmfs.unmount", pivot_datastore},
               {"unmap.nvme", map_params(unit, part, pivot)},
               {"snapshot.restore", snapshot_params(part.volume, part.snapshots.clean)}});
}

// Steps 9-14: one host alone gets each volume by NVMe and gives it a new signature.
void add_pivot_steps(StepBuilder& steps, const OfflineUnit& unit) {
    const std::size_t count = unit.parts.size();
    for (std::size_t i = 0; i < count; ++i) {
        const OfflinePart& part = unit.parts[i];
        const Params mapping = map_params(unit, part, part.pivot());
        steps.add(step_id(9, unit.number(i), "map-pivot", part.pivot().short_name), "map.nvme",
                  mapping, {{"unmap.nvme", mapping}});
    }
    for (std::size_t i = 0; i < count; ++i) {
        const UnitHost& pivot = unit.parts[i].pivot();
        steps.add(step_id(10, unit.number(i), "ready-pivot", pivot.short_name), "device.ready",
                  ready_params(unit, unit.parts[i], pivot));
    }
    for (std::size_t i = 0; i < count; ++i) {
        add_voma(steps, unit, i, 11, unit.intent.voma_before, unit.parts[i].nvme_device);
    }
    for (std::size_t i = 0; i < count; ++i) {
        add_resignature_step(steps, unit, i);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const OfflinePart& part = unit.parts[i];
        steps.add(step_id(13, unit.number(i), "rename"), "vmfs.rename",
                  {{"device", part.nvme_device}, {"name", part.name}});
    }
    for (std::size_t i = 0; i < count; ++i) {
        const OfflinePart& part = unit.parts[i];
        if (unit.intent.voma_after != "off") {
            // A new signature mounts the volume, and voma reads only what nobody has mounted; step
            // 15 mounts it again, on every host.
            steps.add(step_id(14, unit.number(i), "unmount-pivot", part.pivot().short_name),
                      "vmfs.unmount",
                      with(on_host(part.pivot()),
                           {{"device", part.nvme_device}, {"datastore", part.name}}));
        }
        add_voma(steps, unit, i, 14, unit.intent.voma_after, part.nvme_device);
    }
}

// Steps 15-19: everybody gets them, the VMs come back.
void add_return_steps(StepBuilder& steps, const OfflineUnit& unit) {
    std::size_t index = 0;
    for (const OfflinePart& part : unit.parts) {
        for (const UnitHost& host : part.hosts) {
            const Params datastore =
                with(on_host(host), {{"device", part.nvme_device}, {"datastore", part.name}});
            if (host.id != part.pivot().id) {
                // The rescan mounts it by itself, so the way back starts with the unmount.
                const Params mapping = map_params(unit, part, host);
                steps.add(step_id(15, ++index, "map", host.short_name), "map.nvme", mapping,
                          {{"vmfs.unmount", datastore}, {"unmap.nvme", mapping}});
                steps.add(step_id(15, ++index, "ready", host.short_name), "device.ready",
                          ready_params(unit, part, host));
            }
            steps.add(step_id(15, ++index, "mounted", host.short_name), "vmfs.present", datastore);
        }
    }
    const ConvertedVms converted = unit.converted();
    add_path_steps(steps, converted, index);
    std::size_t verified = add_start_vm_steps(steps, converted);
    std::vector<std::string> snapshots;
    for (const OfflinePart& part : unit.parts) {
        steps.add(step_id(18, ++verified, "verify-mapping"), "check.volume",
                  {{"volume", part.volume.id},
                   {"label", part.volume.name},
                   {"mappings", std::to_string(part.hosts.size())}});
        snapshots.push_back(part.snapshots.early);
        snapshots.push_back(part.snapshots.clean);
    }
    add_retire_steps(steps, snapshots);
}

} // namespace

Unit make_offline_unit(const Inventory& inventory, const Intent& intent,
                       const std::vector<const DatastoreInfo*>& datastores,
                       const std::vector<const VmInfo*>& vms, const std::string& unit_id,
                       const std::string& tag) {
    OfflineUnit plan{inventory, intent, {}, vms};
    std::vector<OnVolume> on_volumes;
    for (const DatastoreInfo* datastore : datastores) {
        const VolumeInfo& volume = *inventory.sdc_volume_of(*datastore);
        plan.parts.push_back({*datastore, volume, hosts_of(inventory, *datastore),
                              nvme_device_name(inventory.powerflex.system_id, volume.id),
                              expand_name(intent.datastore_offline, datastore->name),
                              safety_snapshots(tag, unit_id, plan.parts.size())});
        on_volumes.push_back({datastore, &volume});
    }
    StepBuilder steps;
    add_stop_steps(steps, plan);
    add_pivot_steps(steps, plan);
    add_return_steps(steps, plan);

    Unit unit;
    unit.id = unit_id;
    unit.strategy = "offline";
    unit.objects = objects_of(inventory, on_volumes, vms);
    for (std::size_t i = 0; i < plan.parts.size(); ++i) {
        unit.objects.parts[i].target_datastore = plan.parts[i].name;
    }
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
