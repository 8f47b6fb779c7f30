#pragma once
// What the toolkit does to one host: VMkernel tags, NVMe/TCP adapters and controllers, devices,
// paths, VMFS.
//
// All calls are synchronous vim25 calls on the managers of `Host::managers`, with the storage
// timeout. They return when the server does; inventory caches may lag some seconds, so callers read
// state back with a deadline (read_storage). When the answer to a change is lost (time-out, broken
// connection), the state is read back: success if it shows the change within settle_timeout, else
// OutcomeUnknown. Errors name the host and the thing; is_fault(err,
// "ResourceInUse") etc. tells the fault. Every mutating call has its command-line twins in
// equivalent.hpp.

#include "libvsphere/inventory.hpp"
#include "libvsphere/session.hpp"
#include "libvsphere/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

// ---- VMkernel services
// ------------------------------------------------------------------------------------------

inline constexpr std::string_view kNicTypeNvmeTcp = "nvmeTcp";

struct VnicSelection {
    std::string nic_type;
    bool multi_select = false;
    std::vector<std::string> candidates, selected; ///< vmk device names
    bool is_selected(std::string_view vmk) const;
};

Result<VnicSelection> query_vnics(Session& session, const Host& host,
                                  std::string_view nic_type = kNicTypeNvmeTcp);
Result<void> select_vnic(Session& session, const Host& host, const std::string& vmk,
                         std::string_view nic_type = kNicTypeNvmeTcp);
Result<void> deselect_vnic(Session& session, const Host& host, const std::string& vmk,
                           std::string_view nic_type = kNicTypeNvmeTcp);

/// A new VMkernel port. On a distributed switch: its uuid and the port group's key; else the name
/// of a standard port group, which carries one port.
struct VnicRequest {
    std::string portgroup, dvs_uuid, dv_portgroup_key;
    bool dhcp = false;
    std::string ip, netmask; ///< of a port without DHCP
    int mtu = 1500;
};

/// The device ("vmk3") that the host made of it.
Result<std::string> add_vnic(Session& session, const Host& host, const VnicRequest& request);
Result<void> remove_vnic(Session& session, const Host& host, const std::string& vmk);

// ---- Storage as the host sees it
// --------------------------------------------------------------------------------

struct Hba {
    std::string key, device, kind, driver, model, status, protocol, pci;
    std::string associated_nic; ///< pnic of a HostTcpHba, RDMA device of a HostRdmaHba
    bool is_nvme_tcp() const { return kind == "HostTcpHba"; }
};

struct NvmeNamespace {
    std::string key, name; ///< device name, "eui.…"
    uint32_t nsid = 0;
    int64_t block_size = 0, blocks = 0;
};

struct NvmeController {
    std::string key, name, subnqn, transport, adapter; ///< adapter: vmhba name
    int number = 0;                                    ///< changes with every reconnect
    bool fused_supported = false;
    int queues = 0, queue_size = 0;
    std::string model, serial, firmware;
    std::string address; ///< from `name` ("<subnqn>#<vmhba>#<ip>:<port>"); empty when the name has
                         ///< another form
    uint16_t port = 0;
    std::vector<NvmeNamespace> namespaces;
    std::string vendor_id;
};

struct ScsiDevice {
    std::string key, uuid, canonical_name, display_name, device_path, vendor, model, revision,
        serial, lun_type, vstorage_support, application_protocol, disk_type;
    std::vector<std::string> operational_state; ///< ok | off | lostCommunication | …
    int64_t block_size = 0, blocks = 0;
    std::optional<int> queue_depth;
    std::optional<bool> ssd, local, perennially_reserved, clustered_vmdk, protocol_endpoint;
    std::string reservation; ///< who has it reserved, from 8.0 U3 on
    bool is_disk = false;

    int64_t size_bytes() const { return block_size * blocks; }
    bool detached() const;
    bool ok() const;
};

struct StoragePath {
    std::string key, name, state, adapter,
        transport; ///< name "vmhba65:C0:T0:L0"; adapter: vmhba name
    bool working = false;
};

struct MultipathDevice {
    std::string key, id, device; ///< device: canonical name
    std::string policy_kind, policy, satp;
    std::vector<StoragePath> paths;
    /// Parameters of an HPP policy.
    std::optional<int64_t> iops, bytes, latency_eval_ms, samples_per_path;
    std::string preferred_path;
    bool hpp() const { return policy_kind == "HostMultipathInfoHppLogicalUnitPolicy"; }
};

struct MountedVolume {
    std::string kind, name, uuid, path, version, inaccessible_reason,
        vstorage_support; ///< kind "VMFS", "vfat", …
    int64_t capacity_bytes = 0;
    bool mounted = false, accessible = false, force_mounted = false;
    std::vector<Extent> extents;
    std::string mount_failed_reason, unmap_priority;
    int vmfs_major = 0;
    std::optional<bool> ssd, local;
};

struct HostStorage {
    std::vector<Hba> hbas;
    std::vector<ScsiDevice> devices;
    std::vector<NvmeController> controllers;
    std::vector<MultipathDevice> multipath;
    std::vector<MountedVolume> volumes;

    const Hba* hba(std::string_view device) const;
    const Hba* tcp_hba_on(std::string_view pnic) const;
    const ScsiDevice* device(std::string_view canonical_name) const;
    const MultipathDevice* paths_of(std::string_view canonical_name) const;
    const MountedVolume* volume(std::string_view vmfs_uuid) const;
    /// Controllers through which this namespace is reachable.
    std::vector<const NvmeController*> controllers_of(std::string_view namespace_name) const;
};

Result<HostStorage> read_storage(Session& session, const Host& host);

// ---- NVMe over TCP
// ----------------------------------------------------------------------------------------------

/// Creates the software adapter on a physical NIC. No name is returned by the API: poll
/// read_storage().tcp_hba_on().
Result<void> create_tcp_adapter(Session& session, const Host& host, const std::string& pnic);
Result<void> remove_adapter(Session& session, const Host& host, const std::string& hba);

struct NvmeTarget {
    std::string hba, address;
    uint16_t port = 0; ///< required: the API's own default is 8009 even for connect
    std::string
        digest; ///< digestDisabled | headerOnly | dataOnly | headerAndData; empty = server default
};

struct DiscoveryEntry {
    std::string subnqn, subsystem_type, address, digest, requirements;
    int port_id = 0, controller_id = 0, admin_queue_max = 0;
    uint16_t port = 0;
    bool connected = false;
};

struct DiscoveryLog {
    std::vector<DiscoveryEntry> entries;
    bool complete = false;
};

Result<DiscoveryLog> nvme_discover(Session& session, const Host& host, const NvmeTarget& target,
                                   bool auto_connect = false, bool root_discovery = false);

struct NvmeConnect {
    NvmeTarget target;
    std::string subnqn;
    std::optional<int> controller_id, admin_queue_size, keep_alive_s;
};

Result<void> nvme_connect(Session& session, const Host& host, const NvmeConnect& spec);
/// Batch form; not transactional. Returns the task.
Result<MoRef> nvme_connect_task(Session& session, const Host& host,
                                const std::vector<NvmeConnect>& specs);

struct NvmeDisconnect {
    std::string hba;
    std::string
        subnqn; ///< with no controller_number: every controller of this subsystem on the hba
    std::optional<int> controller_number;
};

Result<void> nvme_disconnect(Session& session, const Host& host, const NvmeDisconnect& spec);
Result<MoRef> nvme_disconnect_task(Session& session, const Host& host,
                                   const std::vector<NvmeDisconnect>& specs);

// ---- Devices
// ----------------------------------------------------------------------------------------------------

Result<void> rescan_all(Session& session, const Host& host);
Result<void> rescan_hba(Session& session, const Host& host, const std::string& hba);
Result<void> rescan_vmfs(Session& session, const Host& host);
Result<void> refresh_storage(Session& session, const Host& host);
/// `lun_uuid` is ScsiDevice::uuid, not the canonical name.
Result<void> detach_lun(Session& session, const Host& host, const std::string& lun_uuid);
Result<void> attach_lun(Session& session, const Host& host, const std::string& lun_uuid);
/// Forgets the remembered "off" of a device that is gone.
Result<void> delete_lun_state(Session& session, const Host& host,
                              const std::string& canonical_name);

struct PathPolicy {
    std::string policy; ///< HPP: FIXED, LB-RR, LB-IOPS, LB-BYTES, LB-Latency; NMP: VMW_PSP_*
    std::optional<int64_t> iops, bytes, latency_eval_ms, samples_per_path;
    std::string path;
};
/// `lun_id` is MultipathDevice::id.
Result<void> set_hpp_policy(Session& session, const Host& host, const std::string& lun_id,
                            const PathPolicy& policy);
Result<void> set_nmp_policy(Session& session, const Host& host, const std::string& lun_id,
                            const std::string& policy);

// ---- VMFS
// -------------------------------------------------------------------------------------------------------

Result<void> mount_vmfs(Session& session, const Host& host, const std::string& vmfs_uuid);
Result<void> unmount_vmfs(Session& session, const Host& host, const std::string& vmfs_uuid);
Result<void> unmount_force_mounted_vmfs(Session& session, const Host& host,
                                        const std::string& vmfs_uuid);
Result<void> delete_vmfs_state(Session& session, const Host& host, const std::string& vmfs_uuid);

struct UnresolvedExtent {
    std::string device, device_path, reason; ///< reason: diskIdMismatch | uuidConflict
    int partition = 1, ordinal = 0;
    bool head = false;
};

struct UnresolvedVolume {
    std::string label, uuid;
    bool resolvable = false, incomplete_extents = false, multiple_copies = false;
    std::vector<UnresolvedExtent> extents;
};

Result<std::vector<UnresolvedVolume>> query_unresolved(Session& session, const Host& host);

struct ResolveResult {
    std::vector<std::string> extent_paths;
    std::string vmfs_uuid, volume_name;
    std::optional<Fault> fault;
};
/// Per host. `force_mount` keeps the signature; otherwise resignature on this host only (others
/// must rescan).
Result<std::vector<ResolveResult>> resolve_unresolved(Session& session, const Host& host,
                                                      const std::vector<std::string>& extent_paths,
                                                      bool force_mount);

struct ResignatureResult {
    MoRef datastore;
    std::vector<std::pair<MoRef, std::string>> failed_rescans; ///< host, fault text
};
/// Starts ResignatureUnresolvedVmfsVolume_Task; wait_task() it, then read the result with
/// resignature_result().
Result<MoRef> resignature_task(Session& session, const Host& host,
                               const std::vector<std::string>& extent_paths);
Result<ResignatureResult> resignature_result(const TaskInfo& finished);

} // namespace pf::vim
