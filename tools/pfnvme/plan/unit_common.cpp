#include "tools/pfnvme/plan/unit_common.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace pf::nvmetool {

std::vector<UnitHost> hosts_of(const Inventory& inventory, const DatastoreInfo& datastore) {
    std::vector<UnitHost> out;
    for (const HostInfo& host : inventory.hosts) { // sorted by name
        if (datastore.mount_on(host.id) != nullptr) {
            out.push_back({host.id, host.name, short_name(host.name), host.nqn});
        }
    }
    return out;
}

UnitObjects objects_of(const Inventory& inventory, const std::vector<OnVolume>& datastores,
                       const std::vector<const VmInfo*>& vms) {
    UnitObjects out;
    std::set<std::string> host_ids;
    for (const auto& [datastore, volume] : datastores) {
        out.parts.push_back({datastore->id, datastore->name, volume->id, volume->name, {}, {}});
        out.datastore += (out.datastore.empty() ? "" : ", ") + datastore->name;
        for (const DatastoreMount& mount : datastore->mounts) {
            host_ids.insert(mount.host_id);
        }
    }
    out.datastore_id = out.parts.front().datastore_id;
    out.volume_id = out.parts.front().volume_id;
    out.volume = out.parts.front().volume;
    for (const HostInfo& host : inventory.hosts) { // sorted by name
        if (host_ids.contains(host.id)) {
            out.host_ids.push_back(host.id);
            out.hosts.push_back(host.name);
        }
    }
    for (const VmInfo* vm : vms) {
        out.vm_ids.push_back(vm->id);
        out.vms.push_back(vm->name);
    }
    return out;
}

Params on_host(const UnitHost& host) { return {{"host_id", host.id}, {"host", host.name}}; }

Params sdc_mapping(const VolumeInfo& volume, const MappingInfo& mapping,
                   const std::string& vmfs_uuid) {
    Params out{{"volume", volume.id},
               {"label", volume.name},
               {"vmfs_uuid", vmfs_uuid},
               {"sdc_id", mapping.host_id},
               {"sdc", mapping.host_name.empty() ? mapping.host_id : mapping.host_name}};
    return with_limits(std::move(out), {mapping.limit_iops, mapping.limit_mib_per_s});
}

Limits sdc_limits(const Inventory& inventory, const VolumeInfo& volume, const UnitHost& host) {
    const HostInfo* info = inventory.host(host.id);
    const PowerFlexHost* sdc = info == nullptr ? nullptr : inventory.sdc_of(*info);
    const MappingInfo* mapping = sdc == nullptr ? nullptr : volume.mapping_of(sdc->id);
    if (mapping == nullptr && !volume.mappings.empty()) {
        mapping = &volume.mappings.front();
    }
    return mapping == nullptr ? Limits{} : Limits{mapping->limit_iops, mapping->limit_mib_per_s};
}

Limits joined_limits(const std::vector<Limits>& limits) {
    Limits out;
    bool all_iops = true;
    bool all_mib = true;
    for (const Limits& item : limits) {
        out.iops += item.iops;
        out.mib_per_s += item.mib_per_s;
        all_iops = all_iops && item.iops != 0;
        all_mib = all_mib && item.mib_per_s != 0;
    }
    return {all_iops ? out.iops : 0, all_mib ? out.mib_per_s : 0};
}

Params with_limits(Params base, const Limits& limits) {
    if (limits.iops != 0) {
        base["limit_iops"] = std::to_string(limits.iops);
    }
    if (limits.mib_per_s != 0) {
        base["limit_mib_per_s"] = std::to_string(limits.mib_per_s);
    }
    return base;
}

Params nvme_mapping(const UnitHost& host) { return {{"host", host.short_name}, {"nqn", host.nqn}}; }

void add_unmount_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                       const std::vector<UnitHost>& hosts, std::size_t first) {
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const Params params =
            with(on_host(hosts[i]), {{"vmfs_uuid", datastore.uuid}, {"datastore", datastore.name}});
        steps.add(step_id(group, first + i + 1, "unmount", hosts[i].short_name), "vmfs.unmount",
                  params, {{"vmfs.mount", params}});
    }
}

void add_detach_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                      const std::vector<UnitHost>& hosts, std::size_t first) {
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const Params params = with(on_host(hosts[i]), {{"device", datastore.extents.front()},
                                                       {"datastore", datastore.name}});
        steps.add(step_id(group, first + i + 1, "detach", hosts[i].short_name), "device.detach",
                  params, {{"device.attach", params}});
    }
}

std::size_t add_unmap_sdc_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                                const VolumeInfo& volume, const std::vector<UnitHost>& hosts,
                                std::size_t first) {
    std::size_t index = first;
    for (const MappingInfo& mapping : volume.mappings) {
        if (mapping.nvme) {
            continue;
        }
        const Params params = sdc_mapping(volume, mapping, datastore.uuid);
        steps.add(step_id(group, ++index, "unmap-sdc", params.at("sdc")), "unmap.sdc", params,
                  {{"map.sdc", params}});
    }
    steps.add(step_id(group, ++index, "unmapped"), "check.unmapped",
              {{"volume", volume.id}, {"label", volume.name}});
    for (const UnitHost& host : hosts) {
        steps.add(step_id(group, ++index, "gone", host.short_name), "device.gone",
                  with(on_host(host), {{"device", datastore.extents.front()}}));
    }
    return index;
}

void add_release_steps(StepBuilder& steps, int group, const DatastoreInfo& datastore,
                       const VolumeInfo& volume, const std::vector<UnitHost>& hosts,
                       ReleaseIndex& index) {
    add_unmount_steps(steps, group, datastore, hosts, index.unmount);
    index.unmount += hosts.size();
    add_detach_steps(steps, group + 1, datastore, hosts, index.detach);
    index.detach += hosts.size();
    index.unmap = add_unmap_sdc_steps(steps, group + 2, datastore, volume, hosts, index.unmap);
}

} // namespace pf::nvmetool
