// Reverse: the volume goes back from NVMe/TCP to SDC, with everything that its VMs wrote. The order
// is that of the offline unit (docs/design/0201-offline-order.md); an NVMe device is not detached,
// because ESXi can't and needs not, and the SDC device is attached before it is used, because its
// detachment in an earlier migration is remembered.
#include "tools/pfnvme/plan/reverse.hpp"
#include "tools/pfnvme/plan/unit_common.hpp"
#include "tools/pfnvme/plan/unit_vm_steps.hpp"

#include <utility>

namespace pf::nvmetool {

namespace {

struct Sdc {
    std::string id;
    std::string name;
    Limits limits; // of the mapping that is taken over
};

struct ReverseUnit {
    const Inventory& inventory;
    const ReverseRequest& request;
    const DatastoreInfo& datastore;
    const VolumeInfo& volume;
    std::vector<UnitHost> hosts;
    std::vector<Sdc> sdcs; // of the hosts, in their order
    std::vector<const VmInfo*> vms;
    std::string sdc_device;
    std::string early_snapshot;
    std::string clean_snapshot;

    [[nodiscard]] const std::string& nvme_device() const { return datastore.extents.front(); }
    [[nodiscard]] const UnitHost& pivot() const { return hosts.front(); }
    [[nodiscard]] ConvertedVms converted() const {
        return {vms,           request.power_off_after, request.guest_shutdown_s,
                nvme_device(), datastore.name,          sdc_device,
                datastore.name};
    }
};

Params nvme_params(const ReverseUnit& unit, const UnitHost& host, bool with_uuid) {
    Params out =
        with(nvme_mapping(host), {{"volume", unit.volume.id}, {"label", unit.volume.name}});
    if (with_uuid) {
        out["vmfs_uuid"] = unit.datastore.uuid;
    }
    const PowerFlexHost* known = unit.inventory.nvme_host(host.nqn);
    const MappingInfo* mapping = known == nullptr ? nullptr : unit.volume.mapping_of(known->id);
    return mapping == nullptr
               ? out
               : with_limits(std::move(out), {mapping->limit_iops, mapping->limit_mib_per_s});
}

Params sdc_params(const ReverseUnit& unit, std::size_t index) {
    const Sdc& sdc = unit.sdcs[index];
    return with_limits(with(on_host(unit.hosts[index]), {{"volume", unit.volume.id},
                                                         {"label", unit.volume.name},
                                                         {"sdc_id", sdc.id},
                                                         {"sdc", sdc.name},
                                                         {"device", unit.sdc_device}}),
                       sdc.limits);
}

Params on_sdc_device(const ReverseUnit& unit, const UnitHost& host) {
    return with(on_host(host), {{"device", unit.sdc_device}, {"datastore", unit.datastore.name}});
}

// Steps 0-8: from running VMs to a volume that nobody has.
void add_stop_steps(StepBuilder& steps, const ReverseUnit& unit) {
    steps.add("00-preflight", "check.hosts", {});
    steps.add(kRecordStep, "unit.record", {});
    steps.add("02-snapshot", "snapshot.create", snapshot_params(unit.volume, unit.early_snapshot),
              {remove_snapshot(unit.early_snapshot)});
    add_stop_vm_steps(steps, unit.converted());
    add_unmount_steps(steps, 5, unit.datastore, unit.hosts);
    steps.add(step_id(5, unit.hosts.size() + 1, "snapshot-clean"), "snapshot.create",
              snapshot_params(unit.volume, unit.clean_snapshot),
              {remove_snapshot(unit.clean_snapshot)});
    std::size_t index = 0;
    for (const UnitHost& host : unit.hosts) {
        const PowerFlexHost* known = unit.inventory.nvme_host(host.nqn);
        if (known != nullptr && unit.volume.mapping_of(known->id) != nullptr) {
            steps.add(step_id(8, ++index, "unmap-nvme", host.short_name), "unmap.nvme",
                      nvme_params(unit, host, true),
                      {{"map.nvme", nvme_params(unit, host, false)}});
        }
    }
    steps.add(step_id(8, ++index, "unmapped"), "check.unmapped",
              {{"volume", unit.volume.id}, {"label", unit.volume.name}});
    for (const UnitHost& host : unit.hosts) {
        steps.add(step_id(8, ++index, "gone", host.short_name), "device.gone",
                  with(on_host(host), {{"device", unit.nvme_device()}}));
    }
}

// Steps 9-13: one host alone gets the volume by SDC and gives it a new signature.
void add_pivot_steps(StepBuilder& steps, const ReverseUnit& unit) {
    const UnitHost& pivot = unit.pivot();
    const Params mapping = sdc_params(unit, 0);
    const Params device = on_sdc_device(unit, pivot);
    // Undone before the volume is taken away, so that the host does not lose a device in use.
    const std::vector<OpCall> detach{{"device.detach", device}};
    steps.add(step_id(9, 0, "map-pivot", pivot.short_name), "map.sdc", mapping,
              {{"unmap.sdc", mapping}});
    steps.add(step_id(10, 0, "ready-pivot", pivot.short_name), "device.attach", device, detach);
    steps.add(step_id(12, 0, "resignature", pivot.short_name), "vmfs.resignature",
              with(device, {{"old_uuid", unit.datastore.uuid}}),
              {{"vmfs.unmount", device},
               {"device.detach", device},
               {"unmap.sdc", mapping},
               {"snapshot.restore", snapshot_params(unit.volume, unit.clean_snapshot)}});
    steps.add("13-rename", "vmfs.rename",
              {{"device", unit.sdc_device}, {"name", unit.datastore.name}});
}

// Steps 15-19: everybody gets it, the VMs come back.
void add_return_steps(StepBuilder& steps, const ReverseUnit& unit) {
    std::size_t index = 0;
    for (std::size_t i = 0; i < unit.hosts.size(); ++i) {
        const UnitHost& host = unit.hosts[i];
        const Params device = on_sdc_device(unit, host);
        if (i != 0) {
            const Params mapping = sdc_params(unit, i);
            steps.add(
                step_id(15, ++index, "map", host.short_name), "map.sdc", mapping,
                {{"vmfs.unmount", device}, {"device.detach", device}, {"unmap.sdc", mapping}});
            steps.add(step_id(15, ++index, "ready", host.short_name), "device.attach", device);
        }
        steps.add(step_id(15, ++index, "mounted", host.short_name), "vmfs.present", device);
    }
    const std::size_t verified = add_start_vm_steps(steps, unit.converted());
    steps.add(step_id(18, verified + 1, "verify-mapping"), "check.volume",
              {{"volume", unit.volume.id},
               {"label", unit.volume.name},
               {"protocol", to_string(Protocol::Sdc)},
               {"mappings", std::to_string(unit.hosts.size())}});
    add_retire_steps(steps, {unit.early_snapshot, unit.clean_snapshot});
}

} // namespace

Result<Unit> make_reverse_unit(const Inventory& inventory, const ReverseRequest& request,
                               const DatastoreInfo& datastore, const std::string& unit_id,
                               const std::string& tag) {
    const VolumeInfo* volume = inventory.nvme_volume_of(datastore);
    if (volume == nullptr || datastore.extents.size() != 1) {
        return fail(Errc::InvalidArgument,
                    "datastore '{}' is not on one PowerFlex volume reached by NVMe/TCP; only such "
                    "a datastore goes back to SDC",
                    datastore.name);
    }
    ReverseUnit plan{inventory,
                     request,
                     datastore,
                     *volume,
                     hosts_of(inventory, datastore),
                     {},
                     inventory.vms_on(datastore),
                     sdc_device_name(inventory.powerflex.system_id, volume->id),
                     powerflex_name(fmt::format("pfnvme-{}-{}-a", tag, unit_id)),
                     powerflex_name(fmt::format("pfnvme-{}-{}-b", tag, unit_id))};
    for (const UnitHost& host : plan.hosts) {
        const HostInfo* info = inventory.host(host.id);
        const PowerFlexHost* sdc = info == nullptr ? nullptr : inventory.sdc_of(*info);
        if (sdc == nullptr || !sdc->connected) {
            return fail(Errc::Conflict,
                        "H-SDC-01: host {} has no SDC that is connected to PowerFlex; datastore "
                        "'{}' can't go back to SDC without it",
                        host.name, datastore.name);
        }
        Sdc entry{sdc->id, sdc->name.empty() ? host.short_name : sdc->name, {}};
        const PowerFlexHost* nvme = inventory.nvme_host(host.nqn);
        if (const MappingInfo* mapping = nvme == nullptr ? nullptr : volume->mapping_of(nvme->id);
            mapping != nullptr) {
            entry.limits = {mapping->limit_iops, mapping->limit_mib_per_s};
        }
        plan.sdcs.push_back(std::move(entry));
    }
    for (const VmInfo* vm : plan.vms) {
        if (vm->datastore_ids.size() > 1) {
            return fail(Errc::Conflict,
                        "V-MULTI-01: VM '{}' uses {} datastores; '{}' can't go back alone",
                        vm->name, vm->datastore_ids.size(), datastore.name);
        }
    }
    if (plan.hosts.empty()) {
        return fail(Errc::Conflict, "no host has datastore '{}'", datastore.name);
    }
    StepBuilder steps;
    add_stop_steps(steps, plan);
    add_pivot_steps(steps, plan);
    add_return_steps(steps, plan);
    Unit unit;
    unit.id = unit_id;
    unit.strategy = "reverse";
    unit.objects = objects_of(inventory, datastore, *volume);
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
