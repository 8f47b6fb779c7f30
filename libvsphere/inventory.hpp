#pragma once
// The estate as values: datacenters, clusters, hosts, datastores, VMs, folders, pools - read in
// bulk.
//
// read_inventory() is a handful of paged calls whatever the size. Structs hold what the checks and
// the two migration paths need (reference sections 2.1, 2.6, 2.7); absent optional facts are empty
// strings or std::nullopt. Links between objects are MoRefs; helpers at the end resolve them.

#include "libvsphere/properties.hpp"
#include "libvsphere/session.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

struct Folder {
    MoRef ref, parent;
    std::string name;
};

struct Datacenter {
    MoRef ref, parent, vm_folder, host_folder, datastore_folder, network_folder;
    std::string name;
};

/// ClusterComputeResource, or the ComputeResource that wraps a host outside any cluster.
struct Cluster {
    MoRef ref, parent, resource_pool;
    std::string name;
    bool is_cluster = false;
    std::vector<MoRef> hosts;
    bool ha_enabled = false, drs_enabled = false;
    std::string drs_behavior;
    /// userSelectedDs | allFeasibleDs | allFeasibleDsWithUserPreference, and the user's choice.
    std::string heartbeat_policy;
    std::vector<MoRef> heartbeat_choice;
    /// Datastores that cluster service VMs (vCLS) may, and may not, be placed on.
    std::vector<MoRef> service_vms_allowed, service_vms_refused;
};

struct ResourcePool {
    MoRef ref, parent, owner;
    std::string name;
};

/// configManager references of one host; what the per-host calls (host.hpp) act on.
struct HostManagers {
    MoRef storage, datastores, virtual_nics, network, advanced_options, services, kernel_modules,
        firmware, diagnostic;
};

struct Pnic {
    std::string key, device, driver, pci, mac;
    std::optional<int> link_mbps; ///< absent = link down
};

struct Vmk {
    std::string device, key, ip, netmask, portgroup, mac, netstack, dvs_uuid, dv_portgroup_key,
        pinned_pnic;
    bool dhcp = false;
    std::optional<int> mtu;
};

struct PortGroup {
    std::string name, vswitch;
    int vlan = 0;
    std::vector<std::string> active_nics,
        standby_nics; ///< teaming in force (override or vSwitch default)
};

struct VirtualSwitch {
    std::string name, key;
    bool distributed = false;
    std::string dvs_uuid;
    std::optional<int> mtu;
    std::vector<std::string> pnics; ///< device names ("vmnic2")
};

struct HostNetwork {
    std::vector<Pnic> pnics;
    std::vector<Vmk> vmks;
    std::vector<PortGroup> port_groups;
    std::vector<VirtualSwitch> switches;

    const Pnic* pnic(std::string_view device) const;
    const Vmk* vmk(std::string_view device) const;
    /// The active uplinks that a vmk's traffic may take: pinned pnic, else its port group's active
    /// NICs.
    std::vector<std::string> uplinks_of(const Vmk& vmk) const;
};

struct Host {
    MoRef ref, parent;
    std::string name;
    std::string version, build; ///< "7.0.3", "20036589"
    std::string uuid, vendor, model;
    std::string connection_state; ///< connected | disconnected | notResponding
    std::string power_state;
    bool in_maintenance = false;
    std::string nvme_nqn; ///< host NQN of NVMe-oF; empty when the host or the binding does not tell
    std::string vvol_nvme_nqn;
    std::optional<bool> nvme_over_tcp, nvme_discovery_services, nvme_batch, storage_vmotion,
        hpp_psp;
    std::optional<bool> nvme_vvol, vvol_nqn, vmotion_with_storage, vmfs_mountable,
        perennial_reservations;
    std::optional<int> max_disks_per_svmotion;
    std::vector<int> vmfs_versions; ///< major versions that it can make
    std::string vvol_host_id;
    std::string swap_datastore_diag_disk; ///< disk of the active diagnostic partition, empty = none
    MoRef local_swap_datastore;
    HostManagers managers;
    HostNetwork network;
    std::vector<MoRef> datastores, vms;

    bool connected() const { return connection_state == "connected"; }
};

struct Extent {
    std::string disk_name; ///< canonical device name: naa.… / eui.… / uuid.…
    int partition = 1;
    bool operator==(const Extent&) const = default;
};

struct DatastoreMount {
    MoRef host;
    std::string path, access_mode, inaccessible_reason;
    bool mounted = false, accessible = false;
};

struct Datastore {
    MoRef ref, parent;
    std::string name, type, url; ///< type "VMFS", "NFS", "vsan", "VVOL"
    std::string vmfs_uuid, vmfs_version;
    std::vector<Extent> extents;
    int64_t capacity_bytes = 0, free_bytes = 0, uncommitted_bytes = 0;
    bool accessible = false, sioc_enabled = false, force_mounted = false;
    bool clustered_vmdk = false;
    std::string maintenance_mode;
    std::vector<DatastoreMount> mounts;
    std::vector<MoRef> vms;

    bool is_vmfs() const { return type == "VMFS"; }
    bool mounted_on(const MoRef& host) const;
};

struct DiskBacking {
    std::string kind;      ///< backing type, "VirtualDiskFlatVer2BackingInfo"
    std::string file_name; ///< "[ds01] vm/vm.vmdk"
    MoRef datastore;
    std::string disk_mode, uuid, sharing, change_id, backing_object_id;
    std::optional<bool> thin, eager_zero;
    std::string rdm_device, rdm_lun_uuid,
        rdm_mode; ///< rdm_mode: physicalMode | virtualMode; empty = no RDM
    bool encrypted = false;
    std::vector<std::string>
        parents; ///< file names of the snapshot or linked-clone chain, nearest first
    bool is_rdm() const { return !rdm_mode.empty() || !rdm_lun_uuid.empty(); }
    bool multi_writer() const { return sharing == "sharingMultiWriter"; }
};

struct VirtualDisk {
    int key = 0, controller_key = 0, unit_number = -1;
    std::string label, fcd_id;
    int64_t capacity_bytes = 0;
    bool linked_clone = false;
    std::vector<std::string> io_filters;
    DiskBacking backing;
};

struct VmController {
    int key = 0;
    std::string kind, label,
        shared_bus; ///< noSharing | virtualSharing | physicalSharing; empty when it has none
};

struct VmMedia { ///< CD-ROM or floppy backed by a file on a datastore
    int key = 0;
    std::string label, file_name;
    MoRef datastore;
    bool connected = false, start_connected = false;
};

/// A device that exists on one host only, so that the VM can't leave it while it runs.
struct VmHostDevice {
    std::string label;
    std::string kind; ///< PCI passthrough | vGPU | SR-IOV | USB | SCSI passthrough | drive | port
};

struct VmSnapshot {
    MoRef ref;
    int id = 0, depth = 0;
    std::string name, create_time;
};

struct VmFile {
    int key = 0;
    std::string name, type;
    int64_t size_bytes = 0;
};

struct VmQuestion {
    std::string id, text;
    struct Choice {
        std::string key, label;
    };
    std::vector<Choice> choices;
    std::string default_choice;
};

struct DatastoreUsage {
    MoRef datastore;
    int64_t committed_bytes = 0, uncommitted_bytes = 0, unshared_bytes = 0;
};

struct Vm {
    MoRef ref, folder, pool, host;
    std::string name, uuid, instance_uuid, guest_id, hardware_version, change_version, annotation;
    std::string vmx_path; ///< "[ds01] vm/vm.vmx"
    std::string snapshot_dir, suspend_dir, log_dir;
    std::string power_state;      ///< poweredOn | poweredOff | suspended
    std::string connection_state; ///< connected | orphaned | inaccessible | invalid | disconnected
    std::string
        tools_state; ///< guestToolsRunning | guestToolsNotRunning | guestToolsExecutingScripts
    std::string guest_heartbeat; ///< green | yellow | red | gray
    std::string fault_tolerance, managed_by, swap_placement;
    bool is_template = false, consolidation_needed = false, changed_block_tracking = false,
         encrypted = false;
    bool replicated = false, has_passthrough = false, is_vcls = false;
    int memory_mb = 0, num_cpu = 0;
    std::vector<VirtualDisk> disks;
    std::vector<VmController> controllers;
    std::vector<VmMedia> media;
    std::vector<VmHostDevice> host_devices;
    std::vector<VmSnapshot> snapshots;
    std::vector<VmFile> files;
    std::vector<MoRef> datastores;
    std::vector<DatastoreUsage> usage;
    std::optional<VmQuestion> question;
    std::vector<std::pair<std::string, std::string>> extra_config;

    bool powered_on() const { return power_state == "poweredOn"; }
    bool tools_running() const { return tools_state == "guestToolsRunning"; }
};

struct InventoryOptions {
    MoRef root; ///< below this container; empty = everything
    bool vms = true, hosts = true, datastores = true;
    bool vm_files = true; ///< layoutEx: large
};

struct Inventory {
    AboutInfo about;
    std::vector<Folder> folders;
    std::vector<Datacenter> datacenters;
    std::vector<Cluster> clusters;
    std::vector<ResourcePool> pools;
    std::vector<Host> hosts;
    std::vector<Datastore> datastores;
    std::vector<Vm> vms;
    std::vector<MissingProperty> missing;

    const Host* host(const MoRef& ref) const;
    const Host* host_by_name(std::string_view name) const;
    const Datastore* datastore(const MoRef& ref) const;
    const Datastore* datastore_by_name(std::string_view name) const;
    const Vm* vm(const MoRef& ref) const;
    const Cluster* cluster(const MoRef& ref) const;
    const Cluster* cluster_by_name(std::string_view name) const;
    const Datacenter* datacenter_of(const MoRef& object) const; ///< by walking the parents
    std::string name_of(const MoRef& object) const;
};

/// What the server withheld is in `missing`, and only there: the structs show it as empty. Who acts
/// on them calls require_complete(missing) first.
Result<Inventory> read_inventory(Session& session, const InventoryOptions& options = {});
/// All VMs, `batch` at a time, without layoutEx: memory does not grow with the estate. An error of
/// the sink ends the reading. A VM that vanishes in between is left out.
Result<void> stream_vms(Session& session, size_t batch,
                        const std::function<Result<void>(std::vector<Vm>&&)>& sink,
                        std::vector<MissingProperty>& missing);
Result<Host> read_host(Session& session, const MoRef& host);
Result<Datastore> read_datastore(Session& session, const MoRef& datastore);
Result<Vm> read_vm(Session& session, const MoRef& vm);
/// Fast polls: one small property read each.
Result<std::string> read_power_state(Session& session, const MoRef& vm);
Result<std::vector<DatastoreMount>> read_datastore_mounts(Session& session, const MoRef& datastore);

/// "[ds01] vm/vm.vmx" → {"ds01", "vm/vm.vmx"}; InvalidArgument for anything else.
Result<std::pair<std::string, std::string>> split_datastore_path(std::string_view path);

} // namespace pf::vim
