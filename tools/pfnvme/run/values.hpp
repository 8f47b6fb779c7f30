// What pfnvme knows about a vSphere and PowerFlex estate, as plain values.
//
// The ports (run/ports.hpp) return these; inventory, checks, plan and report read them. Nothing
// here knows SOAP or REST. Ids are the systems' own texts: vSphere managed object ids, PowerFlex
// 16-digit ids.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

// Groups of facts that are read together. Their names stand in inventory files and in "unknown"
// findings.
enum class Fact {
    Hosts,        // identity, version, NQN, connection
    HostNetwork,  // NICs, VMkernel ports, uplinks
    HostStorage,  // adapters, NVMe controllers and namespaces
    HostDevices,  // block devices with their paths
    HostPathAna,  // ANA state of NVMe paths
    HostModules,  // SDC driver and its GUID
    HostOptions,  // advanced options: scratch, syslog, Disk.*
    HostServices, // SSH and its like
    HostDump,     // core dump partition and file
    HostSwap,     // host-local swap placement
    HostVibs,     // installed packages, PowerPath/VE
    HostClaimRules,
    Unresolved,   // VMFS copies that wait for a decision
    Clusters,     // HA, DRS
    Heartbeat,    // HA heartbeat datastores
    DrsOverrides, // DRS and HA overrides, affinity rules
    Networks,     // port groups
    Datastores,
    DatastoreCluster, // storage pods
    LockModes,
    ContentLibraries,
    Vms,        // identity, power, placement
    VmDisks,    // disks and their backings
    VmHardware, // controllers, media, passthrough
    VmSnapshots,
    VmUsage,   // bytes on each datastore
    VmContext, // folder path, pool name
    Tags,
    Attributes, // custom attributes
    PowerFlex,  // system, volumes, mappings, hosts, pools
    Sdts,
    Sdss,
    PoolCapacity,
    MdmCluster,
};

[[nodiscard]] std::string_view to_string(Fact fact);
[[nodiscard]] std::vector<Fact> all_facts();

// ---- vSphere
// ----------------------------------------------------------------------------------------

// A fact that the collector may not have read is a std::optional, or belongs to a group named in
// Inventory::facts; "absent" is never "no".
struct PhysicalNic {
    std::string name; // vmnic2
    std::string driver;
    std::uint32_t speed_mbit = 0; // 0: link down
    std::string pci{};
    std::string mac{};
};

struct VmkNic {
    std::string name; // vmk2
    std::string address;
    std::string netmask;
    std::string portgroup; // name; of a distributed port group its name too, where it is known
    std::uint32_t mtu = 0;
    std::vector<std::string> uplinks; // active physical NICs behind its port group
    bool nvme_tagged = false;
    std::vector<std::string> standby_uplinks{};
    std::vector<std::string> services{}; // management, vmotion, nvmeTcp … where they were read
    std::string switch_name{};
    std::string dv_portgroup_key{}; // not empty: on a distributed switch
    std::string netstack{};
    std::optional<std::int32_t> vlan{};
    std::uint32_t switch_mtu = 0; // 0: not known
    bool dhcp = false;
};

// Software NVMe/TCP adapters.
struct NvmeAdapter {
    std::string name; // vmhba65
    std::string nic;  // vmnic2
};

// Every storage adapter, whatever its kind.
struct StorageAdapter {
    std::string name; // vmhba64
    std::string kind; // HostTcpHba, HostBlockHba …
    std::string driver;
    std::string model;
    std::string status;
    std::string protocol; // scsi, nvme; empty: not told
    std::string nic;      // of a software adapter
};

struct NvmeNamespace {
    std::string name; // eui.…
    std::uint32_t nsid = 0;
    std::uint64_t block_bytes = 0;
    std::uint64_t blocks = 0;
};

struct NvmeController {
    std::string name; // <subnqn>#vmhba65#<ip>:<port>
    std::int32_t number = 0;
    std::string subsystem_nqn;
    std::string adapter;
    std::string address; // of the target, parsed from the name
    std::uint16_t port = 0;
    bool online = false;
    std::vector<std::string> devices{}; // device names of its namespaces
    std::vector<NvmeNamespace> namespaces{};
    std::optional<bool> fused{}; // compare-and-write, which ATS needs
    std::uint32_t queues = 0;
    std::uint32_t queue_size = 0;
    std::string model{};
};

struct DevicePath {
    std::string name;    // vmhba65:C0:T0:L0
    std::string adapter; // vmhba65
    std::string state;   // active, standby, dead …
    bool working = false;
    std::string ana{}; // optimized, non-optimized, inaccessible; empty: not read
};

// A block device as one host sees it.
struct DeviceInfo {
    std::string name; // eui.…
    std::string uuid; // what detach and attach take
    std::uint64_t block_bytes = 0;
    std::uint64_t blocks = 0;
    bool attached = true; // false: administratively off
    bool lost = false;    // the host still lists it, but has no communication with it
    bool nvme = false;
    std::string plugin; // HPP, NMP; empty: not known
    std::uint32_t paths_total = 0;
    std::uint32_t paths_active = 0;
    std::string policy{}; // path selection: LB-RR, FIXED, VMW_PSP_FIXED …
    std::string satp{};
    std::string vendor{};
    std::string model{};
    std::string display_name{};
    std::string vaai{}; // vStorageSupported, vStorageUnsupported, vStorageUnknown
    std::uint32_t queue_depth = 0;
    std::vector<DevicePath> paths{};

    [[nodiscard]] std::uint64_t size_bytes() const { return block_bytes * blocks; }
};

// A VMFS volume whose signature does not belong to the device it is on, as one host sees it.
struct UnresolvedVolume {
    std::string label;
    std::string uuid;
    std::string device;      // eui.…
    std::string device_path; // /vmfs/devices/disks/eui.…:1
    bool resolvable = false;
    bool multiple_copies = false;
};

struct HostService {
    std::string name; // TSM-SSH, ntpd …
    bool running = false;
    std::string policy; // on, off, automatic
};

struct HostInfo {
    std::string id;
    std::string name;
    std::string cluster;
    std::string cluster_id;
    std::string version; // 7.0.3
    std::string build;
    std::string connection_state; // connected, disconnected, notResponding
    bool in_maintenance = false;
    bool nvme_tcp_supported = false;
    std::string nqn;      // empty: not reported
    std::string sdc_guid; // empty: no SDC driver, or its options could not be read
    std::vector<PhysicalNic> nics;
    std::vector<VmkNic> vmks;
    std::vector<NvmeAdapter> adapters;
    std::vector<NvmeController> controllers;

    std::string uuid;
    std::string vendor;
    std::string model;
    std::string power_state;
    std::optional<bool> discovery_supported;      // NVMe storage fabric services
    std::optional<bool> batch_nvme_supported;     // connect and disconnect as tasks
    std::optional<bool> storage_vmotion;          // capability
    std::optional<bool> sdc_loaded;               // kernel module scini
    std::optional<bool> powerpath;                // PowerPath/VE is installed
    std::optional<std::string> diagnostic_device; // active core dump partition's disk; "" = none
    std::optional<std::string> coredump_file;     // path of the active core dump file; "" = none
    std::optional<std::string> swap_datastore_id; // host-local swap placement; "" = none
    std::vector<StorageAdapter> storage_adapters;
    std::vector<DeviceInfo> devices;
    std::vector<UnresolvedVolume> unresolved;
    std::vector<HostService> services;
    std::map<std::string, std::string> options; // advanced options that were read
    std::vector<std::string> claim_rules;       // user-made HPP/NMP rules, one text each

    // Text of an advanced option; nullopt when it was not read.
    [[nodiscard]] std::optional<std::string> option(const std::string& option_name) const;
    [[nodiscard]] const DeviceInfo* device(const std::string& device_name) const;
};

struct DatastoreMount {
    std::string host_id;
    bool mounted = false;
    bool accessible = false;
};

struct DatastoreInfo {
    std::string id;
    std::string name;
    std::string uuid; // VMFS UUID
    std::string type; // VMFS, NFS, vVol …
    std::int32_t vmfs_major = 0;
    bool accessible = false;
    std::uint64_t capacity_bytes = 0;
    std::uint64_t free_bytes = 0;
    std::vector<std::string> extents; // device names
    std::vector<DatastoreMount> mounts;
    std::vector<std::string> vm_ids;

    std::uint64_t uncommitted_bytes = 0;
    std::string vmfs_version; // 6.82
    std::string url;          // ds:///vmfs/volumes/<uuid>/
    std::string datacenter;
    std::string parent_id;                // folder or datastore cluster
    std::string datastore_cluster;        // name; empty: in none
    std::optional<bool> sdrs_enabled;     // of its datastore cluster
    std::optional<std::string> lock_mode; // "ATS", "ATS+SCSI" …, from the host's esxcli
    std::optional<bool> sioc_enabled;
    std::optional<bool> clustered_vmdk;
    std::optional<bool> content_library; // backs a content library
    bool force_mounted = false;          // mounted with a foreign signature
    std::string maintenance_mode;        // normal, enteringMaintenance, inMaintenance
    std::vector<std::string> tags;
    std::map<std::string, std::string> attributes;

    [[nodiscard]] const DatastoreMount* mount_on(const std::string& host_id) const;
};

enum class RdmKind { None, Virtual, Physical };

struct DiskInfo {
    std::int32_t key = 0;
    std::string label;
    std::string file; // [datastore] dir/disk.vmdk
    std::string datastore_id;
    std::uint64_t capacity_bytes = 0;
    RdmKind rdm = RdmKind::None;
    bool multi_writer = false;

    std::int32_t controller_key = 0;
    std::int32_t unit_number = -1;
    std::string backing; // type of the backing, VirtualDiskFlatVer2BackingInfo
    std::string mode;    // persistent, independent_persistent, independent_nonpersistent …
    std::string sharing; // sharingNone, sharingMultiWriter
    std::string uuid;
    std::string format; // thin, lazy, eager; empty: not told
    std::string change_id;
    std::string rdm_device;
    std::string fcd_id; // first class disk (container volumes)
    bool encrypted = false;
    bool linked_clone = false;
    std::vector<std::string> parents; // files of the snapshot or clone chain, nearest first
    std::vector<std::string> io_filters;
};

struct VmController {
    std::int32_t key = 0;
    std::string kind; // ParaVirtualSCSIController …
    std::string label;
    std::string shared_bus; // noSharing, virtualSharing, physicalSharing; empty: has none
};

struct VmMedia { // CD-ROM or floppy backed by a file
    std::string label;
    std::string file;
    std::string datastore_id;
    bool connected = false;
};

struct VmSnapshot {
    std::string id;
    std::string name;
    std::string created_at;
    std::int32_t depth = 0;
};

// What a VM occupies on one datastore.
struct VmUsage {
    std::string datastore_id;
    std::uint64_t committed_bytes = 0;
    std::uint64_t uncommitted_bytes = 0;
    std::uint64_t unshared_bytes = 0;
};

struct VmInfo {
    std::string id;
    std::string name;
    std::string instance_uuid;
    std::string vmx_path; // [datastore] dir/name.vmx
    std::string host_id;
    std::string folder_id;
    std::string pool_id;
    std::string power_state; // poweredOn, poweredOff, suspended
    std::string connection_state;
    bool is_template = false;
    bool tools_running = false;
    bool has_snapshots = false;
    bool shared_bus = false;
    bool fault_tolerant = false;
    std::string question; // id of a pending question
    std::vector<DiskInfo> disks;
    std::vector<std::string> datastore_ids;

    std::string bios_uuid;
    std::string folder; // path below the datacenter, "prod/web"
    std::string pool;   // name
    std::string guest_id;
    std::string hardware_version; // vmx-19
    std::string change_version;
    std::string tools_state;    // guestToolsRunning …
    std::string heartbeat;      // green, yellow, red, gray
    std::string managed_by;     // extension key
    std::string swap_placement; // inherit, vmDirectory, hostLocal
    std::string annotation;
    std::string swap_datastore_id; // of the swap file, when it is not beside the VM
    std::uint32_t memory_mb = 0;
    std::uint32_t cpus = 0;
    bool cbt = false; // changed block tracking
    bool encrypted = false;
    bool replicated = false; // vSphere Replication
    bool passthrough = false;
    bool vgpu = false;
    bool vcls = false;
    bool consolidation_needed = false;
    bool tools_installer = false;            // VMware Tools installer is mounted
    std::optional<std::string> drs_override; // fullyAutomated, manual, disabled …; "" = none
    std::optional<std::string> ha_override;  // restart priority; "" = none
    std::vector<std::string> drs_rules;      // names of affinity rules that name it
    std::vector<VmController> controllers;
    std::vector<VmMedia> media;
    std::vector<VmSnapshot> snapshots;
    std::vector<VmUsage> usage;
    std::vector<std::string> tags; // category:name
    std::map<std::string, std::string> attributes;

    // Bytes on datastores, of all when `datastore_id` is empty; unknown usage counts provisioned.
    [[nodiscard]] std::uint64_t committed_bytes(const std::string& datastore_id = {}) const;
    [[nodiscard]] std::uint64_t provisioned_bytes() const;
};

struct ClusterInfo {
    std::string id;
    std::string name;
    std::string datacenter;
    bool is_cluster = true; // false: a host outside any cluster
    bool ha_enabled = false;
    bool drs_enabled = false;
    std::string drs_behavior;
    std::string pool_id;
    std::vector<std::string> host_ids;
    std::optional<std::vector<std::string>> heartbeat_datastore_ids;
};

// A port group, standard (one for each host) or distributed (one for each switch).
struct NetworkInfo {
    std::string id; // "<host id>/<name>" of a standard one
    std::string name;
    std::string kind; // standard, distributed
    std::string switch_name;
    std::string host_id; // of a standard one
    std::optional<std::int32_t> vlan;
    std::vector<std::string> active;
    std::vector<std::string> standby;
};

struct FolderInfo {
    std::string id;
    std::string name;
    std::string parent_id;
    std::string kind; // Folder, Datacenter, ResourcePool, StoragePod
};

// One bulk reading of everything vCenter and its hosts can tell.
struct VsphereEstate {
    std::vector<HostInfo> hosts;
    std::vector<DatastoreInfo> datastores;
    std::vector<VmInfo> vms;
    std::vector<ClusterInfo> clusters;
    std::vector<NetworkInfo> networks;
    std::vector<FolderInfo> folders;
    std::set<Fact> facts;
    std::vector<std::string> gaps; // what could not be read, one sentence each
};

struct TaskInfo {
    enum class State { Queued, Running, Success, Error, Unknown };
    std::string id;
    std::string operation; // descriptionId, e.g. VirtualMachine.relocate
    State state = State::Unknown;
    std::string error; // localized message of a failed task
    std::string result;
    std::int32_t progress = -1; // percent

    [[nodiscard]] bool active() const { return state == State::Queued || state == State::Running; }
};

// An entry of an NVMe discovery log.
struct DiscoveredTarget {
    std::string subsystem_nqn;
    std::string address;
    std::uint16_t port = 0;
    bool connected = false;
};

// A migration that is at work, whoever started it.
struct Migration {
    std::string task;
    std::string vm_id;
    std::string host_id; // that the VM runs on
    std::string user;
    std::vector<std::string> datastore_ids{}; // that the VM uses while it moves
};

// Something that vCenter or a host keeps about a VM and forgets when the VM is unregistered.
struct ContextItem {
    std::string vm_uuid; // instance UUID
    std::string kind; // attribute, permission, rule, group, drs, ha, autostart, tag, alarm, folder,
                      // pool; gap: something that could not be read
    std::string name; // of the attribute, principal, rule …
    std::string value; // equal texts are equal settings

    friend bool operator==(const ContextItem&, const ContextItem&) = default;
};

struct VcenterInfo {
    std::string endpoint;
    std::string user;
    std::string product;
    std::string version;
    std::string instance_uuid;
};

// Answer of a read-only VMFS metadata check. It needs a shell on the host, which not every site
// allows.
struct MetadataCheck {
    bool performed = false;
    std::uint64_t errors = 0;
    std::string text; // why it was not performed, or the tool's last line
};

// ---- PowerFlex
// --------------------------------------------------------------------------------------

enum class Protocol { None, Sdc, Nvme, Mixed };

struct MappingInfo {
    std::string host_id;
    std::string host_name;
    bool nvme = false;
    std::uint64_t limit_iops = 0;
    std::uint64_t limit_mib_per_s = 0;
    bool read_only = false;
};

struct VolumeInfo {
    std::string id;
    std::string name;
    std::uint64_t size_kib = 0;
    std::string pool_id;
    std::string vtree_id;
    std::string ancestor_id; // of a snapshot
    bool replicated = false;
    std::vector<MappingInfo> mappings;

    std::string type; // thin, thick, snapshot
    std::uint32_t nsid = 0;
    std::string consistency_group;
    std::string access_limit; // ReadWrite, ReadOnly
    std::string replication_state;
    std::int64_t created_at_s = 0;

    [[nodiscard]] Protocol protocol() const;
    [[nodiscard]] const MappingInfo* mapping_of(const std::string& host_id) const;
};

struct PowerFlexHost {
    std::string id;
    std::string name;
    bool nvme = false;
    std::string nqn;
    std::string guid;
    std::string ip;
    bool connected = false;
    std::int64_t max_paths = 0;

    std::int64_t max_system_ports = 0;
    std::string os_type; // of an SDC: Esx, Linux …
    std::string version;
    bool approved = true;
};

struct SdtAddress {
    std::string sdt_id;
    std::string sdt_name;
    std::string protection_domain_id;
    std::string ip;
    std::uint16_t nvme_port = 0;
    bool serving = false;
    std::uint16_t discovery_port = 0;
    std::string role{}; // StorageAndHost, HostOnly
    std::string state{};
    std::string maintenance{};
};

struct PoolInfo {
    std::string id;
    std::string name;
    std::string protection_domain_id;
    std::string protection_domain;
    std::string domain_state{}; // Active …
    std::string media{};
    std::string layout{}; // MediumGranularity, FineGranularity
    bool zero_padding = false;
    // Capacity in KiB; known only when capacity_known.
    bool capacity_known = false;
    std::uint64_t max_kib = 0;
    std::uint64_t in_use_kib = 0;
    std::uint64_t net_unused_kib = 0;
    std::uint64_t available_kib = 0; // for a new thick volume
    // For new thin volumes and snapshots, over-provisioning included; nothing: not told.
    std::optional<std::uint64_t> allocation_limit_kib{};
    std::uint64_t degraded_kib = 0;
    std::uint64_t failed_kib = 0;
    std::uint64_t rebuilding_kib = 0;
};

struct SdsInfo {
    std::string id;
    std::string name;
    std::string protection_domain_id;
    std::string state;
    std::string connection; // Connected, Disconnected
    std::string maintenance;
    std::vector<std::string> ips;
};

// How busy PowerFlex is now.
struct StorageLoad {
    double latency_ms = 0; // mean of what volumes and their targets answered in the last seconds
    std::uint64_t rebuilding_kib = 0;
};

struct PowerFlexInfo {
    std::string endpoint;
    std::string user;
    std::string system_id;
    std::string name;
    std::string nqn;
    std::string version;
    std::string mdm_mode{};  // SingleNode, ThreeNodes, FiveNodes; empty: not told
    std::string mdm_state{}; // ClusteredNormal …
    std::map<std::string, std::uint64_t> limits{}; // querySystemLimits, by type
};

struct PowerFlexEstate {
    PowerFlexInfo info;
    std::vector<PowerFlexHost> hosts;
    std::vector<SdtAddress> sdts;
    std::vector<PoolInfo> pools;
    std::vector<VolumeInfo> volumes;
    std::vector<SdsInfo> sdss;
    std::set<Fact> facts;
    std::vector<std::string> gaps;
};

// ---- helpers
// ----------------------------------------------------------------------------------------

[[nodiscard]] std::string to_string(Protocol protocol);

// "[ds] dir/file" → "ds", "dir/file"; a text without a datastore part has an empty first half.
struct DatastorePath {
    std::string datastore;
    std::string path;
};
[[nodiscard]] DatastorePath split_datastore_path(const std::string& text);

// Device names under which ESXi sees a PowerFlex volume.
[[nodiscard]] std::string sdc_device_name(const std::string& system_id,
                                          const std::string& volume_id);
[[nodiscard]] std::string nvme_device_name(const std::string& system_id,
                                           const std::string& volume_id);
// The volume behind "eui.<systemId><volumeId>" of this system; nullopt for any other device.
[[nodiscard]] std::optional<std::string> volume_of_sdc_device(const std::string& system_id,
                                                              const std::string& device);
[[nodiscard]] std::optional<std::string> volume_of_nvme_device(const std::string& system_id,
                                                               const std::string& device);

// Dotted versions compared by number: -1, 0, 1. Missing parts count as 0.
[[nodiscard]] int compare_versions(const std::string& left, const std::string& right);

// Are both IPv4 addresses in one network of this mask?
[[nodiscard]] bool same_network(const std::string& left, const std::string& right,
                                const std::string& netmask);

} // namespace pf::nvmetool
