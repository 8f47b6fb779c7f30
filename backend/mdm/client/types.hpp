#pragma once
// The MDM's objects as plain values, for the gateway and scli. No protobuf here.
// Sizes in KiB, times in Unix seconds, id 0 = none. `properties`: settings that the MDM stores and
// returns but doesn't act upon (REST name -> text); the gateway gives them their defaults.
#include "backend/map/ids.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pf::mdm {

using map::DeviceId;
using map::FaultSetId;
using map::HostId;
using map::ProtectionDomainId;
using map::SdcId;
using map::SdsId;
using map::SdtId;
using map::StoragePoolId;
using map::SystemId;
using map::VolumeId;
using map::VtreeId;

using Properties = std::map<std::string, std::string>;

enum class AccessMode : std::uint8_t { ReadWrite = 0, ReadOnly = 1, NoAccess = 2 };
enum class VolumeType : std::uint8_t { Thin = 0, Thick = 1, Snapshot = 2 };
enum class SdsIpRole : std::uint8_t { All = 0, SdsOnly = 1, SdcOnly = 2 };
enum class SdtIpRole : std::uint8_t { StorageAndHost = 0, StorageOnly = 1, HostOnly = 2 };
enum class DeviceState : std::uint8_t { Pending = 0, Normal = 1, Failed = 2 };
enum class RemoveMode : std::uint8_t {
    OnlyMe = 0,
    IncludingDescendants = 1,
    DescendantsOnly = 2,
    WholeVtree = 3
};
enum class ObjectKind : std::uint8_t {
    System = 0,
    ProtectionDomain = 1,
    FaultSet = 2,
    StoragePool = 3,
    Sds = 4,
    Device = 5,
    Sdt = 6,
    Sdc = 7,
    Host = 8,
    Volume = 9,
    Vtree = 10
};

struct System {
    SystemId id;
    std::string name;
    std::string nqn;
    std::uint64_t install_id = 0;
    std::int64_t created_at = 0;
    std::string restricted_sdc_mode = "None";
    std::string mdm_version;
    std::uint64_t map_epoch = 0;
    Properties properties;
};
struct ProtectionDomain {
    ProtectionDomainId id;
    std::string name;
    bool active = true;
    Properties properties;
};
struct FaultSet {
    FaultSetId id;
    std::string name;
    ProtectionDomainId protection_domain;
};
// Gross figures count both copies.
struct PoolStats {
    std::uint64_t max_capacity_kb = 0;
    std::uint64_t used_kb = 0;
    std::uint64_t thick_kb = 0;
    std::uint64_t thin_allocated_kb = 0;
    std::uint32_t combs_normal = 0;
    std::uint32_t combs_degraded = 0;
    std::uint32_t combs_rebuilding = 0;
    std::uint32_t combs_failed = 0;
    std::uint64_t rebuild_bytes_left = 0;
};
struct StoragePool {
    StoragePoolId id;
    std::string name;
    ProtectionDomainId protection_domain;
    std::string media_type;
    bool zero_padding = true;
    std::uint32_t spare_percentage = 10;
    std::uint32_t comb_count = 0; // 0 until the first volume
    Properties properties;
    PoolStats stats;
};
struct SdsIp {
    std::string ip;
    SdsIpRole role = SdsIpRole::All;
};
struct Sds {
    SdsId id;
    std::string name;
    ProtectionDomainId protection_domain;
    FaultSetId fault_set;
    std::vector<SdsIp> ips;
    std::uint16_t port = 7072;
    std::string software_version;
    std::uint32_t restarts = 0;
    Properties properties;
    bool connected = false;
    bool joined = false; // holds a lease
    std::uint32_t primary_combs = 0;
    std::uint32_t secondary_combs = 0;
};
struct Device {
    DeviceId id;
    std::string name;
    SdsId sds;
    StoragePoolId storage_pool;
    std::string path;
    std::string media_type;
    std::uint64_t capacity_kb = 0;
    std::uint64_t capacity_limit_kb = 0;
    std::uint64_t used_kb = 0;
    DeviceState state = DeviceState::Pending;
    std::string error;
    Properties properties;
};
struct SdtIp {
    std::string ip;
    SdtIpRole role = SdtIpRole::StorageAndHost;
    std::uint32_t port_id = 0;
};
struct Sdt {
    SdtId id;
    std::string name;
    ProtectionDomainId protection_domain;
    FaultSetId fault_set;
    std::vector<SdtIp> ips;
    std::uint16_t storage_port = 12200;
    std::uint16_t nvme_port = 4420;
    std::uint16_t discovery_port = 8009;
    bool maintenance = false;
    std::string software_version;
    Properties properties;
    bool connected = false;
    std::uint32_t persistent_discovery_controllers = 0;
};
struct Sdc {
    SdcId id;
    std::string guid;
    std::string name;
    std::string ip;
    bool approved = false;
    std::string os_type;
    std::string software_version;
    Properties properties;
    bool connected = false;
};
struct NvmeController {
    std::uint64_t id = 0;
    SdtId sdt;
    std::uint32_t controller_id = 0;
    std::string host_ip;
    std::uint32_t port_id = 0;
    std::string port_ip;
    bool discovery = false; // of the discovery subsystem
    bool assigned = false;
};
struct Host {
    HostId id;
    std::string nqn;
    std::string name;
    std::uint32_t max_num_paths = 4;
    std::uint32_t max_num_sys_ports = 10;
    Properties properties;
    std::vector<NvmeController> controllers; // connected ones
    bool has_dhchap_secret = false;
    bool has_dhchap_ctrl_secret = false;
    bool has_tls_psk = false;
};
struct Mapping {
    std::uint64_t initiator = 0; // SdcId or HostId value: one id space
    AccessMode access_mode = AccessMode::ReadWrite;
    std::uint32_t iops_limit = 0;
    std::uint32_t bandwidth_limit_kbps = 0;
};
struct Volume {
    VolumeId id;
    std::string name;
    std::uint64_t size_kb = 0;
    VolumeType type = VolumeType::Thin;
    StoragePoolId storage_pool;
    VtreeId vtree;
    VolumeId ancestor;
    std::uint64_t consistency_group = 0;
    std::int64_t created_at = 0;
    std::uint32_t nsid = 0;
    std::string nguid; // 32 hex digits
    AccessMode access_mode_limit = AccessMode::ReadWrite;
    std::vector<Mapping> mappings;
    Properties properties;
};
struct Vtree {
    VtreeId id;
    std::string name;
    StoragePoolId storage_pool;
    VolumeId base_volume;
};

// Everything at one instant. Vectors are ordered by id.
struct Snapshot {
    std::uint64_t revision = 0;
    System system;
    std::vector<ProtectionDomain> protection_domains;
    std::vector<FaultSet> fault_sets;
    std::vector<StoragePool> storage_pools;
    std::vector<Sds> sds;
    std::vector<Device> devices;
    std::vector<Sdt> sdts;
    std::vector<Sdc> sdcs;
    std::vector<Host> hosts;
    std::vector<Volume> volumes;
    std::vector<Vtree> vtrees;
};

// Why a management call failed. `rc`/`symbol`: the MDM return code as PowerFlex numbers it (79
// VOL_NOT_FOUND, 4037, …); 0 when the call did not reach a decision (Unreachable, Timeout,
// OutcomeUnknown: sent, but no answer came, so it may have happened).
struct MgmtError {
    Errc code{};
    std::uint32_t rc = 0;
    std::string symbol;
    std::string what;
};
template<class T>
using MgmtResult = tl::expected<T, MgmtError>;

} // namespace pf::mdm
