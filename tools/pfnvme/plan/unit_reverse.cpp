// Reverse: the volumes go back from NVMe/TCP to SDC, with everything that their VMs wrote. The
// order is that of the offline unit (docs/design/0201-offline-order.md); an NVMe device is not
// detached, because ESXi can't and needs not, and the SDC device is attached before it is used,
// because its detachment in an earlier migration is remembered.
#include "tools/pfnvme/plan/reverse.hpp"
#include "tools/pfnvme/plan/unit_common.hpp"
#include "tools/pfnvme/plan/unit_vm_steps.hpp"

#include <algorithm>
#include <utility>

namespace pf::nvmetool {

namespace {

struct Sdc {
    std::string id;
    std::string name;
    Limits limits; // of the mapping that is taken over
};

struct ReversePart {
    const DatastoreInfo& datastore;
    const VolumeInfo& volume;
    std::vector<UnitHost> hosts;
    std::vector<Sdc> sdcs; // of the hosts, in their order
    std::string sdc_device;
    SafetySnapshots snapshots;

    [[nodiscard]] const std::string& nvme_device() const { return datastore.extents.front(); }
    [[nodiscard]] const UnitHost& pivot() const { return hosts.front(); }
};

struct ReverseUnit {
    const Inventory& inventory;
    const ReverseRequest& request;
    std::vector<ReversePart> parts;
    std::vector<const VmInfo*> vms;

    // Numbers the steps of a group that each datastore has once; a single datastore needs none.
    [[nodiscard]] std::size_t number(std::size_t part) const {
        return parts.size() == 1 ? 0 : part + 1;
    }
    [[nodiscard]] ConvertedVms converted() const {
        ConvertedVms out{vms, request.power_off_after, request.guest_shutdown_s, {}};
        for (const ReversePart& part : parts) {
            out.datastores.push_back({&part.datastore, part.sdc_device, part.datastore.name});
        }
        return out;
    }
};

const MappingInfo* nvme_mapping_of(const Inventory& inventory, const VolumeInfo& volume,
                                   const UnitHost& host) {
    const PowerFlexHost* known = inventory.nvme_host(host.nqn);
    return known == nullptr ? nullptr : volume.mapping_of(known->id);
}

Params nvme_params(const ReverseUnit& unit, const ReversePart& part, const UnitHost& host,
                   bool with_uuid) {
    Params out =
        with(nvme_mapping(host), {{"volume", part.volume.id}, {"label", part.volume.name}});
    if (with_uuid) {
        out["vmfs_uuid"] = part.datastore.uuid;
    }
    const MappingInfo* mapping = nvme_mapping_of(unit.inventory, part.volume, host);
    return mapping == nullptr
               ? out
               : with_limits(std::move(out), {mapping->limit_iops, mapping->limit_mib_per_s});
}

Params sdc_params(const ReversePart& part, std::size_t index) {
    const Sdc& sdc = part.sdcs[index];
    return with_limits(with(on_host(part.hosts[index]), {{"volume", part.volume.id},
                                                         {"label", part.volume.name},
                                                         {"sdc_id", sdc.id},
                                                         {"sdc", sdc.name},
                                                         {"device", part.sdc_device}}),
                       sdc.limits);
}

Params on_sdc_device(const ReversePart& part, const UnitHost& host) {
    return with(on_host(host), {{"device", part.sdc_device}, {"datastore", part.datastore.name}});
}

void add_unmap_nvme_steps(StepBuilder& steps, const ReverseUnit& unit, const ReversePart& part,
                          std::size_t& index) {
    for (const UnitHost& host : part.hosts) {
        if (nvme_mapping_of(unit.inventory, part.volume, host) != nullptr) {
            steps.add(step_id(8, ++index, "unmap-nvme", host.short_name), "unmap.nvme",
                      nvme_params(unit, part, host, true),
                      {{"map.nvme", nvme_params(unit, part, host, false)}});
        }
    }
    steps.add(step_id(8, ++index, "unmapped"), "check.unmapped",
              {{"volume", part.volume.id}, {"label", part.volume.name}});
    for (const UnitHost& host : part.hosts) {
        steps.add(step_id(8, ++index, "gone", host.short_name), "device.gone",
                  with(on_host(host), {{"device", part.nvme_device()}}));
    }
}

// Steps 0-8: from running VMs to volumes that nobody has.
void add_stop_steps(StepBuilder& steps, const ReverseUnit& unit) {
    steps.add("00-preflight", "check.hosts", {});
    steps.add(kRecordStep, "unit.record", {});
    std::vector<NamedSnapshot> early;
    std::vector<NamedSnapshot> clean;
    for (const ReversePart& part : unit.parts) {
        early.push_back({&part.volume, part.snapshots.early});
        clean.push_back({&part.volume, part.snapshots.clean});
    }
    add_snapshot_step(steps, "02-snapshot", early);
    add_stop_vm_steps(steps, unit.converted());
    std::size_t unmounts = 0;
    for (const ReversePart& part : unit.parts) {
        add_unmount_steps(steps, 5, part.datastore, part.hosts, unmounts);
        unmounts += part.hosts.size();
    }
    add_snapshot_step(steps, step_id(5, unmounts + 1, "snapshot-clean"), clean);
    std::size_t index = 0;
    for (const ReversePart& part : unit.parts) {
        add_unmap_nvme_steps(steps, unit, part, index);
    }
}

// Steps 9-13: one host alone gets each volume by SDC and gives it a new signature.
void add_pivot_steps(StepBuilder& steps, const ReverseUnit& unit) {
    const std::size_t count = unit.parts.size();
    for (std::size_t i = 0; i < count; ++i) {
        const Params mapping = sdc_params(unit.parts[i], 0);
        steps.add(step_id(9, unit.number(i), "map-pivot", unit.parts[i].pivot().short_name),
                  "map.sdc", mapping, {{"unmap.sdc", mapping}});
    }
    for (std::size_t i = 0; i < count; ++i) {
        const UnitHost& pivot = unit.parts[i].pivot();
        const Params device = on_sdc_device(unit.parts[i], pivot);
        // Undone before the volume is taken away, so that the host does not lose a device in use.
        steps.add(step_id(10, unit.number(i), "ready-pivot", pivot.short_name), "device.attach",
                  device, {{"device.detach", device}});
    }
    for (std::size_t i = 0; i < count; ++i) {
        const ReversePart& part = unit.parts[i];
        const Params device = on_sdc_device(part, part.pivot());
        steps.add(step_id(12, unit.number(i), "resignature", part.pivot().short_name),
                  "vmfs.resignature", with(device, {{"old_uuid", part.datastore.uuid}}),
                  {{"vmfs.unmount", device},
                   {"device.detach", device},
                   {"unmap.sdc", sdc_params(part, 0)},
                   {"snapshot.restore", snapshot_params(part.volume, part.snapshots.clean)}});
    }
    for (std::size_t i = 0; i < count; ++i) {
        const ReversePart& part = unit.parts[i];
        steps.add(step_id(13, unit.number(i), "rename"), "vmfs.rename",
                  {{"device", part.sdc_device}, {"name", part.datastore.name}});
    }
}

// Steps 15-19: everybody gets them, the VMs come back.
void add_return_steps(StepBuilder& steps, const ReverseUnit& unit) {
    std::size_t index = 0;
    for (const ReversePart& part : unit.parts) {
        for (std::size_t i = 0; i < part.hosts.size(); ++i) {
            const UnitHost& host = part.hosts[i];
            const Params device = on_sdc_device(part, host);
            if (i != 0) {
                const Params mapping = sdc_params(part, i);
                steps.add(
                    step_id(15, ++index, "map", host.short_name), "map.sdc", mapping,
                    {{"vmfs.unmount", device}, {"device.detach", device}, {"unmap.sdc", mapping}});
                steps.add(step_id(15, ++index, "ready", host.short_name), "device.attach", device);
            }
            steps.add(step_id(15, ++index, "mounted", host.short_name), "vmfs.present", device);
        }
    }
    const ConvertedVms converted = unit.converted();
    add_path_steps(steps, converted, index);
    std::size_t verified = add_start_vm_steps(steps, converted);
    std::vector<std::string> snapshots;
    for (const ReversePart& part : unit.parts) {
        steps.add(step_id(18, ++verified, "verify-mapping"), "check.volume",
                  {{"volume", part.volume.id},
                   {"label", part.volume.name},
                   {"protocol", to_string(Protocol::Sdc)},
                   {"mappings", std::to_string(part.hosts.size())}});
        snapshots.push_back(part.snapshots.early);
        snapshots.push_back(part.snapshots.clean);
    }
    add_retire_steps(steps, snapshots);
}

Result<ReversePart> reverse_part(const Inventory& inventory, const DatastoreInfo& datastore,
                                 SafetySnapshots snapshots) {
    const VolumeInfo* volume = inventory.nvme_volume_of(datastore);
    if (volume == nullptr || datastore.extents.size() != 1) {
        return fail(Errc::InvalidArgument,
                    "datastore '{}' is not on one PowerFlex volume reached by NVMe/TCP; only such "
                    "a datastore goes back to SDC",
                    datastore.name);
    }
    ReversePart part{datastore,
                     *volume,
                     hosts_of(inventory, datastore),
                     {},
                     sdc_device_name(inventory.powerflex.system_id, volume->id),
                     std::move(snapshots)};
    for (const UnitHost& host : part.hosts) {
        const HostInfo* info = inventory.host(host.id);
        const PowerFlexHost* sdc = info == nullptr ? nullptr : inventory.sdc_of(*info);
        if (sdc == nullptr || !sdc->connected) {
            return fail(Errc::Conflict,
                        "H-SDC-01: host {} has no SDC that is connected to PowerFlex; datastore "
                        "'{}' can't go back to SDC without it",
                        host.name, datastore.name);
        }
        Sdc entry{sdc->id, sdc->name.empty() ? host.short_name : sdc->name, {}};
        if (const MappingInfo* mapping = nvme_mapping_of(inventory, *volume, host);
            mapping != nullptr) {
            entry.limits = {mapping->limit_iops, mapping->limit_mib_per_s};
        }
        part.sdcs.push_back(std::move(entry));
    }
    if (part.hosts.empty()) {
        return fail(Errc::Conflict, "no host has datastore '{}'", datastore.name);
    }
    return part;
}

// VMs with anything on the datastores, by name.
std::vector<const VmInfo*> vms_of(const Inventory& inventory,
                                  const std::vector<const DatastoreInfo*>& datastores) {
    std::vector<const VmInfo*> out;
    for (const DatastoreInfo* datastore : datastores) {
        for (const VmInfo* vm : inventory.vms_on(*datastore)) {
            if (std::find(out.begin(), out.end(), vm) == out.end()) {
                out.push_back(vm);
            }
        }
    }
    std::sort(out.begin(), out.end(),
              [](const VmInfo* a, const VmInfo* b) { return a->name < b->name; });
    return out;
}

} // namespace

Result<Unit> make_reverse_unit(const Inventory& inventory, const ReverseRequest& request,
                               const std::vector<const DatastoreInfo*>& datastores,
                               const std::string& unit_id, const std::string& tag) {
    ReverseUnit plan{inventory, request, {}, vms_of(inventory, datastores)};
    std::vector<OnVolume> on_volumes;
    for (const DatastoreInfo* datastore : datastores) {
        PF_TRY(ReversePart part, reverse_part(inventory, *datastore,
                                              safety_snapshots(tag, unit_id, plan.parts.size())));
        on_volumes.push_back({datastore, &part.volume});
        plan.parts.push_back(std::move(part));
    }
    for (const VmInfo* vm : plan.vms) {
        for (const std::string& id : vm->datastore_ids) {
            const bool inside =
                std::any_of(datastores.begin(), datastores.end(),
                            [&](const DatastoreInfo* item) { return item->id == id; });
            if (!inside) {
                const DatastoreInfo* other = inventory.datastore(id);
                return fail(Errc::Conflict,
                            "V-MULTI-01: VM '{}' uses datastore '{}' as well; '{}' can't go back "
                            "without it: name both",
                            vm->name, other == nullptr ? id : other->name,
                            datastores.front()->name);
            }
        }
    }
    StepBuilder steps;
    add_stop_steps(steps, plan);
    add_pivot_steps(steps, plan);
    add_return_steps(steps, plan);
    Unit unit;
    unit.id = unit_id;
    unit.strategy = "reverse";
    unit.objects = objects_of(inventory, on_volumes, plan.vms);
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
