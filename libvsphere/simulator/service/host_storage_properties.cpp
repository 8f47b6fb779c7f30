// HostStorageDeviceInfo and HostFileSystemVolumeInfo of a simulated host.
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/properties.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

const char* adapter_type(const AdapterState& adapter) {
    return adapter.kind == AdapterKind::NvmeTcp ? "HostTcpHba" : "HostBlockHba";
}

const AdapterState* adapter_of(const HostState& host, std::string_view name) {
    for (const AdapterState& adapter : host.adapters) {
        if (adapter.name == name) {
            return &adapter;
        }
    }
    return nullptr;
}

Value bus_adapter(const HostState& host, const AdapterState& adapter) {
    DataObject hba(adapter_type(adapter));
    hba.set("key", hba_key(adapter));
    hba.set("device", adapter.name);
    hba.set("bus", int_value(0));
    hba.set("status", adapter.kind == AdapterKind::Local ? "unknown" : "online");
    switch (adapter.kind) {
    case AdapterKind::Local:
        hba.set("model", "Lewisburg SATA AHCI Controller");
        hba.set("driver", "vmw_ahci");
        hba.set("pci", "0000:00:11.5");
        hba.set("storageProtocol", "scsi");
        break;
    case AdapterKind::Scini:
        hba.set("model", "");
        hba.set("driver", "scini");
        hba.set("storageProtocol", "scsi");
        break;
    case AdapterKind::NvmeTcp:
        hba.set("model", "VMware NVMe over TCP Storage Adapter");
        hba.set("driver", "nvmetcp");
        hba.set("storageProtocol", "nvme");
        hba.set("associatedPnic", adapter.pnic);
        break;
    }
    (void)host;
    return Value(std::move(hba));
}

std::string disk_key(const DeviceState& device) { return "key-vim.host.ScsiDisk-" + device.uuid; }

const char* path_state(const HostState& host, const DeviceState& device, const DevicePath& path) {
    if (device.off || host.disabled_paths.contains(path_identity(device.info.id, path))) {
        return "disabled";
    }
    if (!path.live) {
        return "dead";
    }
    return path.ana == AnaState::Optimized || path.ana == AnaState::NonOptimized ? "active"
                                                                                 : "standby";
}

Value multipath_unit(const HostState& host, const DeviceState& device) {
    std::vector<Value> paths;
    for (const DevicePath& path : device.info.paths) {
        const std::string name = path_name(host, device, path);
        const AdapterState* adapter = adapter_of(host, path.adapter);
        DataObject p("HostMultipathInfoPath");
        p.set("key", "key-vim.host.MultipathInfo.Path-" + name);
        p.set("name", name);
        const std::string_view state = path_state(host, device, path);
        p.set("pathState", Value(state));
        p.set("state", Value(state));
        p.set("isWorkingPath", state == "active" && path.ana == AnaState::Optimized);
        p.set("adapter", adapter != nullptr ? hba_key(*adapter) : path.adapter);
        p.set("lun", "key-vim.host.MultipathInfo.LogicalUnit-" + device.uuid);
        p.set("transport",
              make(device.info.transport == Transport::NvmeTcp ? "HostTcpTargetTransport"
                                                               : "HostBlockAdapterTargetTransport",
                   {}));
        paths.emplace_back(std::move(p));
    }
    DataObject unit("HostMultipathInfoLogicalUnit");
    unit.set("key", "key-vim.host.MultipathInfo.LogicalUnit-" + device.uuid);
    unit.set("id", device.uuid);
    unit.set("lun", disk_key(device));
    unit.set("path", Value::array("HostMultipathInfoPath", std::move(paths)));
    if (device.info.transport == Transport::NvmeTcp) {
        const auto scheme = host.hpp_scheme.find(device.info.id);
        unit.set("policy",
                 make("HostMultipathInfoHppLogicalUnitPolicy",
                      {{"policy", scheme == host.hpp_scheme.end() ? "LB-RR" : scheme->second},
                       {"bytes", long_value(10 << 20)},
                       {"iops", long_value(1000)}}));
    } else {
        unit.set("policy",
                 make("HostMultipathInfoLogicalUnitPolicy", {{"policy", "VMW_PSP_FIXED"}}));
        unit.set("storageArrayTypePolicy",
                 make("HostMultipathInfoLogicalUnitStorageArrayTypePolicy",
                      {{"policy", "VMW_SATP_DEFAULT_AA"}}));
    }
    return Value(std::move(unit));
}

Value nvme_topology(const HostState& host) {
    std::vector<Value> interfaces;
    for (const AdapterState& adapter : host.adapters) {
        if (adapter.kind != AdapterKind::NvmeTcp) {
            continue;
        }
        std::vector<Value> controllers;
        for (const NvmeController& controller : host.controllers) {
            if (controller.target.adapter == adapter.name) {
                controllers.push_back(nvme_controller_object(host, controller));
            }
        }
        interfaces.push_back(make(
            "HostNvmeTopologyInterface",
            {{"key", "key-vim.host.NvmeTopology.Interface-" + adapter.name},
             {"adapter", hba_key(adapter)},
             {"connectedController", Value::array("HostNvmeController", std::move(controllers))}}));
    }
    return make("HostNvmeTopology",
                {{"adapter", Value::array("HostNvmeTopologyInterface", std::move(interfaces))}});
}

Value scsi_topology(const HostState& host) {
    std::vector<Value> interfaces;
    for (const AdapterState& adapter : host.adapters) {
        std::vector<Value> luns;
        for (const auto& [id, device] : host.devices) {
            const bool here =
                std::any_of(device.info.paths.begin(), device.info.paths.end(),
                            [&](const DevicePath& path) { return path.adapter == adapter.name; });
            if (here) {
                luns.push_back(make("HostScsiTopologyLun",
                                    {{"key", "key-vim.host.ScsiTopology.Lun-" + device.uuid},
                                     {"lun", int_value(luns.size())},
                                     {"scsiLun", disk_key(device)}}));
            }
        }
        DataObject face("HostScsiTopologyInterface");
        face.set("key", "key-vim.host.ScsiTopology.Interface-" + adapter.name);
        face.set("adapter", hba_key(adapter));
        if (!luns.empty()) {
            const Value target =
                make("HostScsiTopologyTarget",
                     {{"key", "key-vim.host.ScsiTopology.Target-" + adapter.name + ":0:0"},
                      {"target", int_value(0)},
                      {"lun", Value::array("HostScsiTopologyLun", std::move(luns))},
                      {"transport", make(adapter.kind == AdapterKind::NvmeTcp
                                             ? "HostTcpTargetTransport"
                                             : "HostBlockAdapterTargetTransport",
                                         {})}});
            face.set("target", Value::array("HostScsiTopologyTarget", {target}));
        }
        interfaces.emplace_back(std::move(face));
    }
    return make("HostScsiTopology",
                {{"adapter", Value::array("HostScsiTopologyInterface", std::move(interfaces))}});
}

Value plug_store_topology(const HostState& host) {
    std::vector<Value> adapters;
    std::vector<Value> paths;
    std::vector<Value> devices;
    std::vector<std::string> hpp_devices;
    std::vector<std::string> nmp_devices;
    const std::string prefix = "key-vim.host.PlugStoreTopology.";
    for (const AdapterState& adapter : host.adapters) {
        std::vector<std::string> own;
        for (const auto& [id, device] : host.devices) {
            for (const DevicePath& path : device.info.paths) {
                if (path.adapter == adapter.name) {
                    own.push_back(prefix + "Path-" + path_name(host, device, path));
                }
            }
        }
        adapters.push_back(
            make("HostPlugStoreTopologyAdapter", {{"key", prefix + "Adapter-" + adapter.name},
                                                  {"adapter", hba_key(adapter)},
                                                  {"path", Value::strings(own)}}));
    }
    for (const auto& [id, device] : host.devices) {
        std::vector<std::string> own;
        for (const DevicePath& path : device.info.paths) {
            const std::string name = path_name(host, device, path);
            own.push_back(prefix + "Path-" + name);
            paths.push_back(
                make("HostPlugStoreTopologyPath", {{"key", own.back()},
                                                   {"name", name},
                                                   {"adapter", prefix + "Adapter-" + path.adapter},
                                                   {"device", prefix + "Device-" + device.uuid}}));
        }
        devices.push_back(
            make("HostPlugStoreTopologyDevice", {{"key", prefix + "Device-" + device.uuid},
                                                 {"lun", disk_key(device)},
                                                 {"path", Value::strings(own)}}));
        auto& plugin = device.info.transport == Transport::NvmeTcp ? hpp_devices : nmp_devices;
        plugin.push_back(prefix + "Device-" + device.uuid);
    }
    std::vector<Value> plugins;
    for (const auto& [name, claimed] :
         {std::pair{std::string("NMP"), nmp_devices}, std::pair{std::string("HPP"), hpp_devices}}) {
        plugins.push_back(
            make("HostPlugStoreTopologyPlugin", {{"key", prefix + "Plugin-" + name},
                                                 {"name", name},
                                                 {"device", Value::strings(claimed)}}));
    }
    return make("HostPlugStoreTopology",
                {{"adapter", Value::array("HostPlugStoreTopologyAdapter", std::move(adapters))},
                 {"path", Value::array("HostPlugStoreTopologyPath", std::move(paths))},
                 {"device", Value::array("HostPlugStoreTopologyDevice", std::move(devices))},
                 {"plugin", Value::array("HostPlugStoreTopologyPlugin", std::move(plugins))}});
}

} // namespace

std::string hba_key(const AdapterState& adapter) {
    return fmt::format("key-vim.host.{}-{}",
                       adapter.kind == AdapterKind::NvmeTcp ? "TcpHba" : "BlockHba", adapter.name);
}

Value nvme_controller_object(const HostState& host, const NvmeController& controller) {
    const std::string name =
        fmt::format("{}#{}#{}:{}", controller.subnqn, controller.target.adapter,
                    controller.target.address, controller.target.port);
    std::vector<Value> namespaces;
    for (const NvmeNamespace& ns : controller.namespaces) {
        if (!host.devices.contains(ns.device_id)) {
            continue; // past the release's limits, or no accessible path
        }
        namespaces.push_back(
            make("HostNvmeNamespace", {{"key", fmt::format("key-vim.host.NvmeNamespace-{}@{}",
                                                           ns.device_id, controller.number)},
                                       {"name", ns.device_id},
                                       {"id", int_value(ns.nsid)},
                                       {"blockSize", int_value(ns.block_size)},
                                       {"capacityInBlocks", long_value(ns.blocks)}}));
    }
    const AdapterState* adapter = adapter_of(host, controller.target.adapter);
    DataObject out("HostNvmeController");
    out.set("key", fmt::format("key-vim.host.NvmeController-{}", controller.number));
    out.set("controllerNumber", int_value(controller.number));
    out.set("subnqn", controller.subnqn);
    out.set("name", name);
    out.set("associatedAdapter",
            adapter != nullptr ? hba_key(*adapter) : controller.target.adapter);
    out.set("transportType", "tcp");
    out.set("fusedOperationSupported", controller.fused_compare_write);
    out.set("numberOfQueues", int_value(controller.io_queues));
    out.set("queueSize", int_value(controller.io_queue_size));
    out.set("attachedNamespace", Value::array("HostNvmeNamespace", std::move(namespaces)));
    out.set("vendorId", fmt::format("{}", controller.vendor_id));
    out.set("model", controller.model);
    out.set("serialNumber", controller.serial);
    out.set("firmwareVersion", controller.firmware);
    return Value(std::move(out));
}

std::string display_name(const HostState& host, const DeviceState& device) {
    const auto settings = host.device_settings.find(device.info.id);
    if (settings != host.device_settings.end() && !settings->second.display_name.empty()) {
        return settings->second.display_name;
    }
    const bool nvme = device.info.transport == Transport::NvmeTcp;
    return fmt::format("{} ({})", nvme ? "NVMe TCP Disk" : "EMC Fibre Channel Disk",
                       device.info.id);
}

Value scsi_disk(const HostState& host, const DeviceState& device) {
    const bool nvme = device.info.transport == Transport::NvmeTcp;
    const std::string path = "/vmfs/devices/disks/" + device.info.id;
    DataObject disk("HostScsiDisk");
    disk.set("deviceName", path);
    disk.set("deviceType", "disk");
    disk.set("key", disk_key(device));
    disk.set("uuid", device.uuid);
    disk.set("canonicalName", device.info.id);
    disk.set("displayName", display_name(host, device));
    disk.set("lunType", "disk");
    const std::string vendor = nvme ? "NVMe" : "EMC";
    const std::string model = nvme ? "PowerFlex" : "PowerFlex";
    disk.set("vendor", device.info.vendor.empty() ? vendor : device.info.vendor);
    disk.set("model", device.info.model.empty() ? model : device.info.model);
    disk.set("revision", device.info.revision.empty() ? "4.6" : device.info.revision);
    disk.set("scsiLevel", int_value(nvme ? 7 : 6));
    disk.set("serialNumber", device.info.serial.empty() ? "unavailable" : device.info.serial);
    disk.set("queueDepth", int_value(nvme ? 126 : 256));
    disk.set("operationalState", Value::strings({device.off         ? "off"
                                                 : device.timed_out ? "timeout"
                                                 : device.lost      ? "lostCommunication"
                                                                    : "ok"}));
    disk.set("capabilities", make("ScsiLunCapabilities", {{"updateDisplayNameSupported", true}}));
    disk.set("vStorageSupport", "vStorageSupported");
    disk.set("protocolEndpoint", false);
    const auto settings = host.device_settings.find(device.info.id);
    disk.set("perenniallyReserved",
             settings != host.device_settings.end() && settings->second.perennially_reserved);
    disk.set("clusteredVmdkSupported", false);
    disk.set("applicationProtocol", nvme ? "NVMe" : "SCSI");
    disk.set("capacity",
             make("HostDiskDimensionsLba",
                  {{"blockSize", int_value(device.info.block_size)},
                   {"block", long_value(device.info.size_bytes / device.info.block_size)}}));
    disk.set("devicePath", path);
    disk.set("ssd", nvme);
    disk.set("localDisk", false);
    disk.set("emulatedDIXDIFEnabled", false);
    disk.set("scsiDiskType", "native512");
    return Value(std::move(disk));
}

Value storage_device_info(const PropertyContext& c, const HostState& host) {
    (void)c;
    std::vector<Value> adapters;
    for (const AdapterState& adapter : host.adapters) {
        adapters.push_back(bus_adapter(host, adapter));
    }
    std::vector<Value> disks;
    std::vector<Value> units;
    for (const auto& [id, device] : host.devices) {
        disks.push_back(scsi_disk(host, device));
        units.push_back(multipath_unit(host, device));
    }
    return make("HostStorageDeviceInfo",
                {{"hostBusAdapter", Value::array("HostHostBusAdapter", std::move(adapters))},
                 {"scsiLun", Value::array("ScsiLun", std::move(disks))},
                 {"scsiTopology", scsi_topology(host)},
                 {"nvmeTopology", nvme_topology(host)},
                 {"multipathInfo",
                  make("HostMultipathInfo",
                       {{"lun", Value::array("HostMultipathInfoLogicalUnit", std::move(units))}})},
                 {"plugStoreTopology", plug_store_topology(host)},
                 {"softwareInternetScsiEnabled", false}});
}

Value vmfs_volume(World& world, const HostState& host, const HostVolume& volume) {
    const DatastoreState* ds = world.datastore_of(volume.uuid);
    const auto device = host.devices.find(volume.device_id);
    DataObject vmfs("HostVmfsVolume");
    vmfs.set("type", "VMFS");
    vmfs.set("name", ds != nullptr ? ds->name : volume.uuid);
    vmfs.set("capacity", long_value(ds != nullptr ? ds->capacity : 0));
    vmfs.set("blockSizeMb", int_value(1));
    vmfs.set("blockSize", int_value(1024));
    vmfs.set("unmapGranularity", int_value(1024));
    vmfs.set("unmapPriority", ds != nullptr ? ds->unmap_priority : "low");
    vmfs.set("maxBlocks", int_value(63963136));
    vmfs.set("majorVersion", int_value(6));
    vmfs.set("version", "6.82");
    vmfs.set("uuid", volume.uuid);
    vmfs.set("extent",
             Value::array("HostScsiDiskPartition",
                          {make("HostScsiDiskPartition",
                                {{"diskName", volume.device_id}, {"partition", int_value(1)}})}));
    vmfs.set("vmfsUpgradable", false);
    if (volume.force_mounted) {
        const auto persist = host.force_mounts.find(volume.uuid);
        vmfs.set("forceMountedInfo",
                 make("HostForceMountedInfo",
                      {{"persist", persist != host.force_mounts.end() && persist->second},
                       {"mounted", volume.mounted}}));
    }
    vmfs.set("ssd",
             device != host.devices.end() && device->second.info.transport == Transport::NvmeTcp);
    vmfs.set("local", false);
    vmfs.set("scsiDiskType", "native512");
    return Value(std::move(vmfs));
}

const char* inaccessible_reason(const HostState& host, const HostVolume& volume) {
    const auto device = host.devices.find(volume.device_id);
    if (device == host.devices.end() || device->second.gone) {
        return "PermanentDeviceLoss";
    }
    return device->second.timed_out ? "AllPathsDown_Timeout" : "AllPathsDown_Start";
}

Value file_system_volume_info(const PropertyContext& c, const HostState& host) {
    std::vector<Value> mounts;
    for (const auto& [uuid, volume] : host.volumes) {
        DataObject mount("HostMountInfo");
        mount.set("path", "/vmfs/volumes/" + uuid);
        mount.set("accessMode", "readWrite");
        mount.set("mounted", volume.mounted);
        mount.set("accessible", volume.mounted && volume.accessible);
        if (volume.mounted && !volume.accessible) {
            mount.set("inaccessibleReason", inaccessible_reason(host, volume));
        }
        mounts.push_back(
            make("HostFileSystemMountInfo", {{"mountInfo", Value(std::move(mount))},
                                             {"volume", vmfs_volume(c.world, host, volume)},
                                             {"vStorageSupport", "vStorageSupported"}}));
    }
    return make(
        "HostFileSystemVolumeInfo",
        {{"volumeTypeList", Value::strings({"VMFS", "NFS", "NFS41", "vsan", "VVOL", "VFFS"})},
         {"mountInfo", Value::array("HostFileSystemMountInfo", std::move(mounts))}});
}

} // namespace pf::vim::sim
