#include "tools/pfnvme/adapters/vsphere_values.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

std::uint64_t unsigned_of(std::int64_t number) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
}

DiskInfo disk_info(const vim::VirtualDisk& in) {
    DiskInfo out;
    out.key = in.key;
    out.label = in.label;
    out.file = in.backing.file_name;
    out.datastore_id = in.backing.datastore.id;
    out.capacity_bytes = unsigned_of(in.capacity_bytes);
    if (in.backing.is_rdm()) {
        out.rdm = in.backing.rdm_mode == "virtualMode" ? RdmKind::Virtual : RdmKind::Physical;
        out.rdm_device = in.backing.rdm_device;
    }
    out.multi_writer = in.backing.multi_writer();
    out.controller_key = in.controller_key;
    out.unit_number = in.unit_number;
    out.backing = in.backing.kind;
    out.mode = in.backing.disk_mode;
    out.sharing = in.backing.sharing;
    out.uuid = in.backing.uuid;
    if (in.backing.thin) {
        out.format = *in.backing.thin                        ? "thin"
                     : in.backing.eager_zero.value_or(false) ? "eager"
                                                             : "lazy";
    }
    out.change_id = in.backing.change_id;
    out.fcd_id = in.fcd_id;
    out.encrypted = in.backing.encrypted;
    out.linked_clone = in.linked_clone;
    out.parents = in.backing.parents;
    out.io_filters = in.io_filters;
    return out;
}

NvmeController controller_info(const vim::NvmeController& in) {
    NvmeController out;
    out.name = in.name;
    out.number = in.number;
    out.subsystem_nqn = in.subnqn;
    out.adapter = in.adapter;
    out.address = in.address;
    out.port = in.port;
    out.fused = in.fused_supported;
    out.queues = static_cast<std::uint32_t>(std::max(in.queues, 0));
    out.queue_size = static_cast<std::uint32_t>(std::max(in.queue_size, 0));
    out.model = in.model;
    for (const vim::NvmeNamespace& item : in.namespaces) {
        out.devices.push_back(item.name);
        out.namespaces.push_back(
            {item.name, item.nsid, unsigned_of(item.block_size), unsigned_of(item.blocks)});
    }
    return out;
}

} // namespace

DatastoreInfo datastore_info(const vim::Datastore& in) {
    DatastoreInfo out;
    out.id = in.ref.id;
    out.name = in.name;
    out.uuid = in.vmfs_uuid;
    out.type = in.type;
    out.vmfs_version = in.vmfs_version;
    out.vmfs_major = in.vmfs_version.empty() ? 0 : in.vmfs_version.front() - '0';
    out.accessible = in.accessible;
    out.capacity_bytes = unsigned_of(in.capacity_bytes);
    out.free_bytes = unsigned_of(in.free_bytes);
    out.uncommitted_bytes = unsigned_of(in.uncommitted_bytes);
    out.url = in.url;
    out.parent_id = in.parent.id;
    out.sioc_enabled = in.sioc_enabled;
    out.force_mounted = in.force_mounted;
    out.maintenance_mode = in.maintenance_mode;
    for (const vim::Extent& extent : in.extents) {
        out.extents.push_back(extent.disk_name);
    }
    for (const vim::DatastoreMount& mount : in.mounts) {
        out.mounts.push_back({mount.host.id, mount.mounted, mount.accessible});
    }
    for (const vim::MoRef& vm : in.vms) {
        out.vm_ids.push_back(vm.id);
    }
    return out;
}

VmInfo vm_info(const vim::Vm& in) {
    VmInfo out;
    out.id = in.ref.id;
    out.name = in.name;
    out.instance_uuid = in.instance_uuid;
    out.vmx_path = in.vmx_path;
    out.host_id = in.host.id;
    out.folder_id = in.folder.id;
    out.pool_id = in.pool.id;
    out.power_state = in.power_state;
    out.connection_state = in.connection_state;
    out.is_template = in.is_template;
    out.tools_running = in.tools_running();
    out.has_snapshots = !in.snapshots.empty();
    out.fault_tolerant = !in.fault_tolerance.empty() && in.fault_tolerance != "notConfigured";
    out.question = in.question ? in.question->id : "";
    out.bios_uuid = in.uuid;
    out.guest_id = in.guest_id;
    out.hardware_version = in.hardware_version;
    out.change_version = in.change_version;
    out.tools_state = in.tools_state;
    out.heartbeat = in.guest_heartbeat;
    out.managed_by = in.managed_by;
    out.swap_placement = in.swap_placement;
    out.annotation = in.annotation;
    out.memory_mb = static_cast<std::uint32_t>(std::max(in.memory_mb, 0));
    out.cpus = static_cast<std::uint32_t>(std::max(in.num_cpu, 0));
    out.cbt = in.changed_block_tracking;
    out.encrypted = in.encrypted;
    out.replicated = in.replicated;
    out.passthrough = in.has_passthrough;
    out.vcls = in.is_vcls;
    out.consolidation_needed = in.consolidation_needed;
    for (const vim::VmController& controller : in.controllers) {
        out.shared_bus = out.shared_bus ||
                         (!controller.shared_bus.empty() && controller.shared_bus != "noSharing");
        out.controllers.push_back(
            {controller.key, controller.kind, controller.label, controller.shared_bus});
    }
    for (const vim::VirtualDisk& disk : in.disks) {
        out.disks.push_back(disk_info(disk));
    }
    for (const vim::VmMedia& item : in.media) {
        out.media.push_back({item.label, item.file_name, item.datastore.id, item.connected});
        // The installer is an image of the host's own: /vmimages/tools-isoimages/….
        out.tools_installer =
            out.tools_installer ||
            (item.connected && item.file_name.find("tools-isoimages") != std::string::npos);
    }
    for (const vim::VmSnapshot& item : in.snapshots) {
        out.snapshots.push_back({item.ref.id, item.name, item.create_time, item.depth});
    }
    for (const vim::DatastoreUsage& item : in.usage) {
        out.usage.push_back({item.datastore.id, unsigned_of(item.committed_bytes),
                             unsigned_of(item.uncommitted_bytes),
                             unsigned_of(item.unshared_bytes)});
    }
    for (const vim::MoRef& datastore : in.datastores) {
        out.datastore_ids.push_back(datastore.id);
    }
    for (const auto& [key, value] : in.extra_config) {
        out.vgpu = out.vgpu || (key.find("pciPassthru") != std::string::npos &&
                                key.ends_with(".vgpu") && !value.empty());
    }
    return out;
}

DeviceInfo device_info(const vim::HostStorage& storage, const vim::ScsiDevice& device) {
    DeviceInfo out;
    out.name = device.canonical_name;
    out.uuid = device.uuid;
    out.block_bytes = unsigned_of(device.block_size);
    out.blocks = unsigned_of(device.blocks);
    out.attached = !device.detached();
    out.lost = std::find(device.operational_state.begin(), device.operational_state.end(),
                         "lostCommunication") != device.operational_state.end();
    out.vendor = device.vendor;
    out.model = device.model;
    out.display_name = device.display_name;
    out.vaai = device.vstorage_support;
    out.queue_depth = static_cast<std::uint32_t>(std::max(device.queue_depth.value_or(0), 0));
    const auto controllers = storage.controllers_of(device.canonical_name);
    out.nvme = !controllers.empty();
    if (const vim::MultipathDevice* paths = storage.paths_of(device.canonical_name)) {
        out.plugin = paths->hpp() ? "HPP" : "NMP";
        out.policy = paths->policy;
        out.satp = paths->satp;
        for (const vim::StoragePath& path : paths->paths) {
            out.paths.push_back({path.name, path.adapter, path.state, path.working, ""});
        }
        out.paths_total = static_cast<std::uint32_t>(paths->paths.size());
        out.paths_active = static_cast<std::uint32_t>(
            std::count_if(paths->paths.begin(), paths->paths.end(),
                          [](const vim::StoragePath& path) { return path.state == "active"; }));
    }
    if (out.paths_total == 0 && out.nvme) {
        out.paths_total = out.paths_active = static_cast<std::uint32_t>(controllers.size());
    }
    return out;
}

HostInfo host_values(const vim::Host& in) {
    HostInfo out;
    out.id = in.ref.id;
    out.name = in.name;
    out.version = in.version;
    out.build = in.build;
    out.uuid = in.uuid;
    out.vendor = in.vendor;
    out.model = in.model;
    out.power_state = in.power_state;
    out.connection_state = in.connection_state;
    out.in_maintenance = in.in_maintenance;
    out.nvme_tcp_supported = in.nvme_over_tcp.value_or(false);
    out.discovery_supported = in.nvme_discovery_services;
    out.batch_nvme_supported = in.nvme_batch;
    out.storage_vmotion = in.storage_vmotion;
    out.nqn = in.nvme_nqn;
    out.diagnostic_device = in.swap_datastore_diag_disk;
    out.swap_datastore_id = in.local_swap_datastore.id;
    for (const vim::Pnic& nic : in.network.pnics) {
        out.nics.push_back({nic.device, nic.driver,
                            static_cast<std::uint32_t>(std::max(nic.link_mbps.value_or(0), 0)),
                            nic.pci, nic.mac});
    }
    for (const vim::Vmk& vmk : in.network.vmks) {
        VmkNic item;
        item.name = vmk.device;
        item.address = vmk.ip;
        item.netmask = vmk.netmask;
        item.portgroup = vmk.portgroup;
        item.mtu = static_cast<std::uint32_t>(std::max(vmk.mtu.value_or(0), 0));
        item.uplinks = in.network.uplinks_of(vmk);
        item.netstack = vmk.netstack;
        item.dhcp = vmk.dhcp;
        item.dv_portgroup_key = vmk.dv_portgroup_key;
        for (const vim::PortGroup& group : in.network.port_groups) {
            if (group.name == vmk.portgroup && !vmk.portgroup.empty()) {
                item.switch_name = group.vswitch;
                item.vlan = group.vlan;
                item.standby_uplinks = group.standby_nics;
            }
        }
        for (const vim::VirtualSwitch& sw : in.network.switches) {
            const bool standard = !sw.distributed && sw.name == item.switch_name;
            const bool distributed =
                sw.distributed && !vmk.dvs_uuid.empty() && sw.dvs_uuid == vmk.dvs_uuid;
            if (standard || distributed) {
                item.switch_name = sw.name;
                item.switch_mtu = static_cast<std::uint32_t>(std::max(sw.mtu.value_or(0), 0));
            }
        }
        out.vmks.push_back(std::move(item));
    }
    return out;
}

void add_storage(const vim::HostStorage& storage, HostInfo& out) {
    for (const vim::Hba& hba : storage.hbas) {
        out.storage_adapters.push_back({hba.device, hba.kind, hba.driver, hba.model, hba.status,
                                        hba.protocol, hba.associated_nic});
        if (hba.is_nvme_tcp()) {
            out.adapters.push_back({hba.device, hba.associated_nic});
        }
    }
    for (const vim::NvmeController& controller : storage.controllers) {
        out.controllers.push_back(controller_info(controller));
    }
}

std::string guid_of_options(const std::string& options) {
    constexpr std::string_view kKey = "IoctlIniGuidStr=";
    const std::size_t at = options.find(kKey);
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t start = at + kKey.size();
    return options.substr(start, options.find_first_of(" \t", start) - start);
}

UnresolvedVolume unresolved_volume(const vim::UnresolvedVolume& volume) {
    UnresolvedVolume item;
    item.label = volume.label;
    item.uuid = volume.uuid;
    item.resolvable = volume.resolvable && !volume.incomplete_extents;
    item.multiple_copies = volume.multiple_copies || volume.extents.size() > 1;
    if (!volume.extents.empty()) {
        item.device = volume.extents.front().device;
        item.device_path = volume.extents.front().device_path;
    }
    return item;
}

} // namespace pf::nvmetool
