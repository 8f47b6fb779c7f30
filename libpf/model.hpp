// PowerFlex objects as the REST interface reports them (3.x and 4.x, Medium Granularity).
//
// Plain values, filled by libpf/model_json.hpp. Fields that an older PowerFlex does not know are
// optional or empty; fields that libpf has no use for are dropped. Texts of open-ended enumerations
// (states, roles) stay text: a newer PowerFlex may add values, and a reader that meets one must not
// fail. Sizes carry their unit in the name; KiB is what PowerFlex writes "Kb".
#pragma once

#include "libpf/ids.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::powerflex {

// PowerFlex allocates volumes in steps of 8 GiB and rounds a request up to the next one.
inline constexpr std::uint64_t kVolumeGranularityKib = 8ULL * 1024 * 1024;
inline constexpr std::size_t kMaxNameLength = 31;

struct MdmNode {
    std::string id;
    std::string name;
    std::vector<std::string> ips;
    std::string role;         // Manager, TieBreaker
    std::string status;       // Normal, ...
    std::string version_info; // R4_6.0.0
};

struct MdmCluster {
    std::string mode;  // SingleNode, ThreeNodes, FiveNodes
    std::string state; // ClusteredNormal, ClusteredDegraded, NotClustered, ...
    std::int64_t good_nodes = 0;
    std::int64_t good_replicas = 0;
    std::optional<MdmNode> primary;
    std::vector<MdmNode> secondaries;
    std::vector<MdmNode> tie_breakers;
};

struct System {
    SystemId id;
    std::string name;
    std::string install_id;
    std::string version_name;        // "DellEMC PowerFlex Version: R4_6.0.354"
    std::string nqn;                 // systemNqn; empty before 4.0
    std::string restricted_sdc_mode; // None, Guid, ApprovedIp
    std::optional<MdmCluster> mdm_cluster;
};

struct ProtectionDomain {
    ProtectionDomainId id;
    std::string name;
    SystemId system;
    std::string state; // Active, Inactive, ...
};

struct StoragePool {
    StoragePoolId id;
    std::string name;
    ProtectionDomainId protection_domain;
    std::string media_type;  // HDD, SSD, Transitional
    std::string data_layout; // MediumGranularity, FineGranularity
    bool zero_padding = false;
    std::int64_t spare_percentage = 0;
};

// Capacity of a pool. "Net" counts user bytes once, although two copies are stored.
struct StoragePoolCapacity {
    std::uint64_t max_kib = 0;
    std::uint64_t spare_kib = 0;
    std::uint64_t in_use_kib = 0;
    std::uint64_t net_unused_kib = 0;
    std::uint64_t available_for_volumes_kib = 0; // thick; what a new thick volume may take
    std::uint64_t allocation_limit_kib = 0;      // thin; over-provisioning included
    std::uint64_t degraded_healthy_kib = 0;      // one of two copies is gone
    std::uint64_t degraded_failed_kib = 0;
    std::uint64_t failed_kib = 0;     // both copies are gone
    std::uint64_t rebuilding_kib = 0; // forward + backward rebuild, active and pending
    // Of the counters' seconds: operations of hosts, and the time that all of them took together.
    std::uint64_t operations = 0;
    std::uint64_t latency_us_sum = 0;
};

struct IpRole {
    std::string ip;
    std::string role;

    // Only for SDT addresses: may a host connect here? (StorageAndHost, HostOnly)
    [[nodiscard]] bool serves_hosts() const {
        return role == "StorageAndHost" || role == "HostOnly";
    }

    friend bool operator==(const IpRole&, const IpRole&) = default;
};

struct Sds {
    SdsId id;
    std::string name;
    ProtectionDomainId protection_domain;
    FaultSetId fault_set;
    std::vector<IpRole> ips; // roles all, sdsOnly, sdcOnly
    std::uint16_t port = 0;
    std::string state;                // Normal, RemovePending, ...
    std::string membership_state;     // Joined, Decoupled, ...
    std::string mdm_connection_state; // Connected, Disconnected
    std::string maintenance_state;    // NoMaintenance, ...
};

struct Device {
    DeviceId id;
    std::string name;
    SdsId sds;
    StoragePoolId storage_pool;
    std::string path;        // deviceCurrentPathName
    std::string state;       // Normal, ...
    std::string error_state; // None, Error
    std::uint64_t max_capacity_kib = 0;
};

// An NVMe/TCP target process. All of them expose one subsystem, System::nqn.
struct Sdt {
    SdtId id;
    std::string name;
    SystemId system;
    ProtectionDomainId protection_domain;
    std::vector<IpRole> ips; // roles StorageAndHost, StorageOnly, HostOnly
    std::uint16_t storage_port = 0;
    std::uint16_t nvme_port = 0;
    std::uint16_t discovery_port = 0;
    std::string state;                // Normal
    std::string membership_state;     // Joined
    std::string mdm_connection_state; // Connected, Disconnected
    std::string maintenance_state;    // NoMaintenance, InMaintenance

    [[nodiscard]] bool is_serving() const {
        return mdm_connection_state == "Connected" && maintenance_state != "InMaintenance";
    }
};

// A missing hostType (3.x) means SDC.
enum class HostKind { Sdc, Nvme, Other };

// An SDC: a machine with Dell's SCSI-side driver.
struct Sdc {
    HostId id;
    std::string name;
    std::string guid; // upper-case UUID
    std::vector<std::string> ips;
    std::string os_type;              // Linux, Esx, Windows
    std::string mdm_connection_state; // Connected, Disconnected
    std::string version_info;
    bool approved = false;
};

// An NVMe host: a machine known by its NQN.
struct NvmeHost {
    HostId id;
    std::string name; // may be empty; display_name() then says what PowerFlex shows
    std::string nqn;
    std::int64_t max_paths = 0;        // paths per volume
    std::int64_t max_system_ports = 0; // target ports offered per protection domain

    [[nodiscard]] std::string display_name() const {
        return name.empty() ? "NVMeHost:" + id.value : name;
    }
};

// A controller, i.e. a live connection of an NVMe host to an SDT.
struct NvmeController {
    std::string id;
    SdtId sdt;
    HostId host;
    std::string host_ip;
    std::string target_ip; // sysPortIp
    std::int64_t controller_id = 0;
    bool connected = false;
    std::string subsystem; // Io, Discovery
};

enum class AccessMode { ReadWrite, ReadOnly, NoAccess };

// 0 means unlimited for both, as on the wire.
struct MappingLimits {
    std::uint64_t iops = 0;
    std::uint64_t bandwidth_mib_per_s = 0;

    [[nodiscard]] bool unlimited() const { return iops == 0 && bandwidth_mib_per_s == 0; }
    friend bool operator==(const MappingLimits&, const MappingLimits&) = default;
};

// One entry of mappedSdcInfo. It covers both protocols; `kind` says which.
struct Mapping {
    HostId host;
    std::string host_name;
    std::string host_ip; // SDC only
    std::string nqn;     // NVMe only
    HostKind kind = HostKind::Sdc;
    AccessMode access = AccessMode::ReadWrite;
    MappingLimits limits;

    friend bool operator==(const Mapping&, const Mapping&) = default;
};

enum class VolumeType { Thin, Thick, Snapshot, Other };

// How hosts reach a volume. Mixed must never exist; a reader has to be able to say that it does.
enum class VolumeProtocol { None, Sdc, Nvme, Mixed };

struct Volume {
    VolumeId id;
    std::string name;
    std::uint64_t size_kib = 0;
    VolumeType type = VolumeType::Thin;
    StoragePoolId storage_pool;
    VtreeId vtree;
    VolumeId ancestor;                 // parent of a snapshot
    SnapshotGroupId consistency_group; // shared by snapshots of one request
    std::int64_t creation_time_s = 0;
    std::uint32_t nsid = 0;        // NVMe namespace id, system-wide; 0 before 4.0
    std::string access_mode_limit; // ReadWrite, ReadOnly
    std::string replication_state; // UnmarkedForReplication, ...
    std::vector<Mapping> mappings;

    [[nodiscard]] bool is_snapshot() const { return type == VolumeType::Snapshot; }
    [[nodiscard]] VolumeProtocol protocol() const;
    [[nodiscard]] const Mapping* mapping_of(const HostId& host) const;
};

// One row of querySystemLimits.
struct SystemLimit {
    std::string type; // volumeSizeGb, volumesPerNvmeHost, pathsPerVolume, ...
    std::string description;
    std::optional<std::uint64_t> max; // empty when not a number
};

struct SnapshotResult {
    SnapshotGroupId group;
    std::vector<VolumeId> snapshots; // in the order of CreateSnapshots::items
};

// major.minor of GET /api/version
struct ApiVersion {
    int major = 0;
    int minor = 0;
    friend auto operator<=>(const ApiVersion&, const ApiVersion&) = default;
    friend bool operator==(const ApiVersion&, const ApiVersion&) = default;
};

// Names under which ESXi sees a volume.
// SDC:  eui.<systemId><volumeId>
// NVMe: eui.<NGUID>, NGUID = <volumeId> 64b94e <last ten digits of the system id>
[[nodiscard]] std::string sdc_device_name(const SystemId& system, const VolumeId& volume);
[[nodiscard]] std::string nvme_nguid(const SystemId& system, const VolumeId& volume);
[[nodiscard]] std::string nvme_device_name(const SystemId& system, const VolumeId& volume);

[[nodiscard]] std::string_view to_string(AccessMode mode);
[[nodiscard]] std::string_view to_string(HostKind kind);
[[nodiscard]] std::string_view to_string(VolumeProtocol protocol);

} // namespace pf::powerflex
