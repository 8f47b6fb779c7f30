#pragma once
// Typed readers of esxcli answers: nvme, storage, vmfs, network and system commands of the
// reference, sections 3.4-3.7.
//
// Each reader takes the neutral EsxcliOutput, so the same code serves JSON, XML, SOAP and text
// tables, 7.0U3 and 8.0 columns alike. A missing column leaves its field at the default.

#include "libvsphere/esxcli.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::vim::cli {

Result<std::string> host_nqn(const EsxcliOutput& nvme_info_get);

struct NvmeAdapter {
    std::string adapter, qualified_name, transport, driver;
    std::vector<std::string> devices;
};
std::vector<NvmeAdapter> nvme_adapters(const EsxcliOutput& nvme_adapter_list);

struct NvmeControllerRow {
    std::string name, adapter, transport, type;
    int number = 0, keep_alive_s = 0, io_queues = 0, queue_size = 0;
    bool online = false, vvol = false;
    std::string subnqn, address; ///< split from `name`
    uint16_t port = 0;
};
std::vector<NvmeControllerRow> nvme_controllers(const EsxcliOutput& nvme_controller_list);

struct NvmeNamespaceRow {
    std::string name;
    int controller_number = 0;
    uint32_t nsid = 0;
    int64_t block_size = 0, capacity_mb = 0;
};
std::vector<NvmeNamespaceRow> nvme_namespaces(const EsxcliOutput& nvme_namespace_list);

struct NvmeDiscoveryRow {
    std::string transport, family, subsystem_type, address, subnqn;
    int controller_id = 0, admin_queue_max = 0;
    uint16_t port = 0;
    bool connected = false;
};
std::vector<NvmeDiscoveryRow> nvme_discovery(const EsxcliOutput& nvme_fabrics_discover);

struct StorageAdapterRow {
    std::string name, driver, link_state, uid, capabilities, description;
};
std::vector<StorageAdapterRow> storage_adapters(const EsxcliOutput& storage_core_adapter_list);

struct StorageDeviceRow {
    std::string device, display_name, status, vendor, model, revision, multipath_plugin,
        device_type, devfs_path, vaai_status, thin_status;
    int64_t size_mb = 0;
    bool rdm_capable = false, local = false, ssd = false, offline = false;
    int max_queue_depth = 0;
};
std::vector<StorageDeviceRow> storage_devices(const EsxcliOutput& storage_core_device_list);

struct StoragePathRow {
    std::string uid, runtime_name, device, adapter, plugin, state, transport;
};
std::vector<StoragePathRow> storage_paths(const EsxcliOutput& storage_core_path_list);

struct HppDeviceRow {
    std::string device, scheme, scheme_config;
    std::vector<std::string> paths, working_paths;
};
std::vector<HppDeviceRow> hpp_devices(const EsxcliOutput& storage_hpp_device_list);

struct HppPathRow {
    std::string key, runtime_name, device, state, ana_state, health;
};
std::vector<HppPathRow> hpp_paths(const EsxcliOutput& storage_hpp_path_list);

struct FilesystemRow {
    std::string mount_point, volume_name, uuid, type;
    bool mounted = false;
    int64_t size_bytes = 0, free_bytes = 0;
};
std::vector<FilesystemRow> filesystems(const EsxcliOutput& storage_filesystem_list);

struct VmfsExtentRow {
    std::string volume_name, vmfs_uuid, device;
    int extent = 0, partition = 0;
};
std::vector<VmfsExtentRow> vmfs_extents(const EsxcliOutput& storage_vmfs_extent_list);

struct VmfsSnapshotRow {
    std::string vmfs_uuid, volume_name, mount_reason, resignature_reason;
    bool can_mount = false, can_resignature = false;
    int unresolved_extents = 0;
};
std::vector<VmfsSnapshotRow> vmfs_snapshots(const EsxcliOutput& storage_vmfs_snapshot_list);

struct LockModeRow {
    std::string volume_name, uuid, type, mode, incompatibility;
    bool ats_only() const { return mode == "ATS" || mode == "ATS-only"; }
};
std::vector<LockModeRow> vmfs_lock_modes(const EsxcliOutput& storage_vmfs_lockmode_list);

struct NicRow {
    std::string name, driver, admin_status, link_status, mac, description;
    int speed_mbps = 0, mtu = 0;
};
std::vector<NicRow> nics(const EsxcliOutput& network_nic_list);

struct VmkAddressRow {
    std::string name, address, netmask, broadcast, type, gateway;
};
std::vector<VmkAddressRow> vmk_addresses(const EsxcliOutput& network_ip_interface_ipv4_get);
std::vector<std::string> vmk_tags(const EsxcliOutput& network_ip_interface_tag_get);

struct SystemVersion {
    std::string product, version, build, update, patch; ///< build digits only
};
SystemVersion system_version(const EsxcliOutput& system_version_get);

struct ModuleParameter {
    std::string name, type, value, description;
};
std::vector<ModuleParameter> module_parameters(const EsxcliOutput& system_module_parameters_list);

/// "<subnqn>#<vmhba>#<ip>:<port>" → parts; false when the name has another form.
bool split_controller_name(const std::string& name, std::string& subnqn, std::string& adapter,
                           std::string& address, uint16_t& port);

} // namespace pf::vim::cli
