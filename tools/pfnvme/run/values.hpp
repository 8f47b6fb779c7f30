// What pfnvme knows about a vSphere and PowerFlex estate, as plain values.
//
// The ports (run/ports.hpp) return these; inventory, checks, plan and report read them. Nothing
// here knows SOAP or REST. Ids are the systems' own texts: vSphere managed object ids, PowerFlex
// 16-digit ids.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pf::nvmetool {

// ---- vSphere
// ----------------------------------------------------------------------------------------

struct PhysicalNic {
    std::string name; // vmnic2
    std::string driver;
    std::uint32_t speed_mbit = 0; // 0: link down
};

struct VmkNic {
    std::string name; // vmk2
    std::string address;
    std::string netmask;
    std::string portgroup;
    std::uint32_t mtu = 0;
    std::vector<std::string> uplinks; // physical NICs behind its switch
    bool nvme_tagged = false;
};

struct NvmeAdapter {
    std::string name; // vmhba65
    std::string nic;  // vmnic2
};

struct NvmeController {
    std::string name; // <subnqn>#vmhba65#<ip>:<port>
    std::int32_t number = 0;
    std::string subsystem_nqn;
    std::string adapter;
    std::string address; // of the target, parsed from the name
    std::uint16_t port = 0;
    bool online = false;
    std::vector<std::string> devices; // device names of its namespaces
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
};

struct SdtAddress {
    std::string sdt_id;
    std::string sdt_name;
    std::string protection_domain_id;
    std::string ip;
    std::uint16_t nvme_port = 0;
    bool serving = false;
};

struct PoolInfo {
    std::string id;
    std::string name;
    std::string protection_domain_id;
    std::string protection_domain;
};

struct PowerFlexInfo {
    std::string endpoint;
    std::string user;
    std::string system_id;
    std::string name;
    std::string nqn;
    std::string version;
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
