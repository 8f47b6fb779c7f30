#pragma once
// Typed readers of the esxcli commands that say who uses a device, how it was claimed, and what the
// host is; reference sections 3.4 to 3.7, with esxcli_types.hpp. Also the three older tools that
// say what esxcli does not: esxcfg-volume, esxcfg-mpath, vim-cmd.
//
// Same contract as esxcli_types.hpp: every formatter, a missing column is a default.

#include "libvsphere/esxcli.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::vim::cli {

// ---- nvme
/// `nvme controller identify`, `nvme namespace identify`: register name → value as printed.
std::map<std::string, std::string> identify_fields(const EsxcliOutput& identify);
/// "0x1", "4096" → number; 0 for anything else.
uint64_t identify_number(const std::map<std::string, std::string>& fields, const std::string& name);

// ---- network
struct VmkInterfaceRow {
    std::string name, mac, portset, portgroup, netstack, vds_name, vds_uuid, vds_port;
    bool enabled = false;
    int mtu = 0;
};
std::vector<VmkInterfaceRow> vmk_interfaces(const EsxcliOutput& network_ip_interface_list);

struct ConnectionRow {
    std::string proto, local, foreign, state, world_name;
    int world_id = 0;
    int64_t recv_q = 0, send_q = 0;
};
std::vector<ConnectionRow> connections(const EsxcliOutput& network_ip_connection_list);

struct NeighborRow {
    std::string neighbor, mac, vmk, state;
};
std::vector<NeighborRow> neighbors(const EsxcliOutput& network_ip_neighbor_list);

struct RouteRow {
    std::string network, netmask, gateway, interface, source;
};
std::vector<RouteRow> routes(const EsxcliOutput& network_ip_route_ipv4_list);

struct PingSummary {
    std::string host;
    int transmitted = 0, received = 0, lost_percent = 100;
    int64_t min_us = 0, avg_us = 0, max_us = 0;
};
PingSummary ping_summary(const EsxcliOutput& network_diag_ping);

// ---- storage core
struct DeviceUids {
    std::string device, primary;
    std::vector<std::string> others;
};
std::vector<DeviceUids> device_uids(const EsxcliOutput& storage_core_device_uidmap_list);

/// Remembered as detached: device → state ("off").
std::vector<std::pair<std::string, std::string>>
detached_devices(const EsxcliOutput& storage_core_device_detached_list);

struct PartitionRow {
    std::string device, type;
    int partition = 0;
    int64_t start_sector = 0, end_sector = 0, size_bytes = 0;
};
std::vector<PartitionRow> partitions(const EsxcliOutput& storage_core_device_partition_list);

/// Who holds a device open.
struct DeviceWorldRow {
    std::string device, world_name;
    int world_id = 0, open_count = 0;
};
std::vector<DeviceWorldRow> device_worlds(const EsxcliOutput& storage_core_device_world_list);

struct VaaiRow {
    std::string device, plugin, ats, clone, zero, deletes;
};
std::vector<VaaiRow> vaai_status(const EsxcliOutput& storage_core_device_vaai_status_get);

struct ClaimRuleRow {
    std::string rule_class, claim_class, type, plugin, matches, config;
    int rule = 0;
};
std::vector<ClaimRuleRow> claim_rules(const EsxcliOutput& storage_core_claimrule_list);

struct NmpDeviceRow {
    std::string device, display_name, satp, satp_config, psp, psp_config;
    std::vector<std::string> working_paths;
};
std::vector<NmpDeviceRow> nmp_devices(const EsxcliOutput& storage_nmp_device_list);

/// Of the SCSI side: which path a device takes.
struct NmpPathRow {
    std::string uid, runtime_name, device, group_state, path_config;
    int priority = 0;
};
std::vector<NmpPathRow> nmp_paths(const EsxcliOutput& storage_nmp_path_list);

struct SatpRuleRow {
    std::string satp, vendor, model, driver, transport, options, claim_options, psp, psp_options,
        description;
};
std::vector<SatpRuleRow> satp_rules(const EsxcliOutput& storage_nmp_satp_rule_list);

/// Counters since the device was claimed: whether anybody still reads or writes it.
struct DeviceStatsRow {
    std::string device;
    int64_t commands = 0, reads = 0, writes = 0, blocks_read = 0, blocks_written = 0,
            failed_commands = 0, failed_reads = 0, failed_writes = 0, reservation_conflicts = 0;
};
std::vector<DeviceStatsRow> device_stats(const EsxcliOutput& storage_core_device_stats_get);

// ---- vmfs
/// Automatic space reclamation of a volume.
struct ReclaimConfig {
    std::string method, priority; ///< priority | fixed; none | low | medium | high
    int64_t granularity_bytes = 0, bandwidth_mb_s = 0;
};
ReclaimConfig reclaim_config(const EsxcliOutput& storage_vmfs_reclaim_config_get);

struct SnapshotExtentRow {
    std::string device, vmfs_uuid;
    int extent = 0;
};
std::vector<SnapshotExtentRow>
vmfs_snapshot_extents(const EsxcliOutput& storage_vmfs_snapshot_extent_list);

/// A host that has the volume open by its heartbeat.
struct VmfsHostRow {
    std::string volume_name, vmfs_uuid, host_name, owner, mac;
};
std::vector<VmfsHostRow> vmfs_hosts(const EsxcliOutput& storage_vmfs_host_list);

// ---- system
struct Hostname {
    std::string host, domain, fqdn;
};
Hostname hostname(const EsxcliOutput& system_hostname_get);
/// The host's system UUID.
std::string system_uuid(const EsxcliOutput& system_uuid_get);
bool in_maintenance(const EsxcliOutput& system_maintenance_mode_get);

/// Also of `system coredump file get`.
struct DumpPartition {
    std::string active, configured;
};
DumpPartition dump_partition(const EsxcliOutput& system_coredump_partition_get);
struct DumpPartitionRow {
    std::string name, path;
    bool active = false, configured = false;
};
std::vector<DumpPartitionRow> dump_partitions(const EsxcliOutput& system_coredump_partition_list);
struct DumpFileRow {
    std::string path;
    bool active = false, configured = false;
    int64_t size_bytes = 0;
};
std::vector<DumpFileRow> dump_files(const EsxcliOutput& system_coredump_file_list);

struct AdvancedOptionRow {
    std::string path, type, description, string_value, default_string_value;
    int64_t int_value = 0, default_int_value = 0;
    /// As text, whichever type it has.
    std::string value() const;
};
std::vector<AdvancedOptionRow>
advanced_option_rows(const EsxcliOutput& system_settings_advanced_list);

struct ModuleRow {
    std::string name;
    bool loaded = false, enabled = false;
};
std::vector<ModuleRow> modules(const EsxcliOutput& system_module_list);

struct VibRow {
    std::string name, version, vendor, acceptance, install_date;
};
/// Also of `software vib get`.
std::vector<VibRow> vibs(const EsxcliOutput& software_vib_list);

// ---- VMs
struct VmProcessRow {
    std::string name, uuid, config_file;
    int world_id = 0, cartel_id = 0;
};
std::vector<VmProcessRow> vm_processes(const EsxcliOutput& vm_process_list);

struct RegisteredVm {
    int vmid = 0;
    std::string name, vmx_path, guest, version, annotation; ///< vmx_path: "[ds] dir/x.vmx"
};
/// `vim-cmd vmsvc/getallvms`: names hold spaces, annotations run over several lines.
std::vector<RegisteredVm> registered_vms(std::string_view getallvms);

/// `esxcfg-volume -l`.
struct VolumeCopy {
    std::string uuid, label, mount_reason, resignature_reason;
    bool can_mount = false, can_resignature = false;
    std::vector<std::string> extents;
};
std::vector<VolumeCopy> volume_copies(std::string_view esxcfg_volume_list);

/// `esxcfg-mpath -b`.
struct MpathDevice {
    std::string device, display_name;
    std::vector<std::pair<std::string, std::string>> paths; ///< runtime name, state
};
std::vector<MpathDevice> mpath_devices(std::string_view esxcfg_mpath_b);

} // namespace pf::vim::cli
