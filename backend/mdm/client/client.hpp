#pragma once
// Synchronous management client of the MDM, for the gateway and scli.
//
// Thread-safe: any number of threads may call at once; each call borrows a connection from a small
// pool (dialling when none is idle) and gives it back. Every call has a deadline
// (ClientOptions::timeout, snapshots of large systems included). A connection that fails is
// dropped and the next call dials again; several addresses are tried in order.
//
// Failure modes: Unreachable (nothing sent), Timeout/OutcomeUnknown (a change was sent, no answer
// came: query before repeating it). Reads are retried once on a broken connection, changes never.
// A refusal carries PowerFlex's return code and text.
//
// The effects of a successful call are visible to every later query, and have been taken over by
// all reachable data servers and clients concerned: after map() a host sees the volume, after
// unmap() its I/O has stopped.
#include "backend/mdm/client/types.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::mdm {

struct ClientOptions {
    std::vector<std::string> addresses; // "host:port", IPv6 in brackets
    std::chrono::milliseconds timeout{30000};
    std::size_t max_connections = 8; // further callers wait, within their deadline
};

struct AddStoragePool {
    std::string name;
    ProtectionDomainId protection_domain;
    std::string media_type = "SSD";
    bool zero_padding = true;
    std::uint32_t spare_percentage = 10;
    Properties properties;
};
struct AddSds {
    std::string name;
    ProtectionDomainId protection_domain;
    FaultSetId fault_set;
    std::vector<SdsIp> ips;
    std::uint16_t port = 7072;
    Properties properties;
};
struct AddDevice {
    SdsId sds;
    StoragePoolId storage_pool;
    std::string path;
    std::string name;
    std::string media_type = "SSD";
    std::uint64_t capacity_limit_kb = 0; // 0: the whole device; for a new file: its size
};
struct AddSdt {
    std::string name;
    ProtectionDomainId protection_domain;
    FaultSetId fault_set;
    std::vector<SdtIp> ips;
    std::uint16_t storage_port = 12200;
    std::uint16_t nvme_port = 4420;
    std::uint16_t discovery_port = 8009;
};
struct AddHost {
    std::string nqn;
    std::string name;
    std::uint32_t max_num_paths = 0;     // 0: default (4)
    std::uint32_t max_num_sys_ports = 0; // 0: default (10)
};
// What is not given stays; an empty secret clears.
struct HostSecrets {
    std::optional<Secret> dhchap;            // DHHC-1:…, of the host
    std::optional<Secret> dhchap_controller; // of the controllers towards it
    std::optional<Secret> tls_psk;           // NVMeTLSkey-1:…
};
struct CreateVolume {
    StoragePoolId storage_pool;
    std::string name;
    std::uint64_t size_kb = 0; // rounded up to 8 GiB
    VolumeType type = VolumeType::Thin;
    Properties properties;
};
struct SnapshotItem {
    VolumeId volume;
    std::string name;
};
struct SnapshotGroup {
    std::uint64_t group = 0;
    std::vector<VolumeId> volumes; // in request order
};
// Which family of verbs the caller speaks: addMappedSdc (takes SDC and host ids, codes 81/84) or
// addMappedHost (host ids only, codes 4037/4039).
enum class MapVerb : std::uint8_t { Sdc, Host };
struct MapOptions {
    bool allow_multiple = false;
    AccessMode access_mode = AccessMode::ReadWrite;
    std::uint32_t iops_limit = 0;
    std::uint32_t bandwidth_limit_kbps = 0;
    MapVerb verb = MapVerb::Sdc;
};
struct MappingChange {
    std::optional<AccessMode> access_mode;
    std::optional<std::uint32_t> iops_limit;
    std::optional<std::uint32_t> bandwidth_limit_kbps;
};
struct PoolChange {
    std::optional<bool> zero_padding;
    std::optional<std::uint32_t> spare_percentage;
    std::optional<std::string> media_type;
};

class Client {
  public:
    explicit Client(ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Everything. The result is shared and immutable; while nothing changed, the same object comes
    // back without being transferred again.
    MgmtResult<std::shared_ptr<const Snapshot>> query();

    // Any object of `kind` by id.
    MgmtResult<void> rename(ObjectKind kind, std::uint64_t id, const std::string& name);
    MgmtResult<void> remove(ObjectKind kind, std::uint64_t id, bool force = false);
    MgmtResult<void> set_properties(ObjectKind kind, std::uint64_t id, const Properties& changes);

    MgmtResult<ProtectionDomainId> add_protection_domain(const std::string& name);
    MgmtResult<void> set_active(ProtectionDomainId id, bool active);
    MgmtResult<FaultSetId> add_fault_set(ProtectionDomainId domain, const std::string& name);
    MgmtResult<StoragePoolId> add_storage_pool(const AddStoragePool& request);
    MgmtResult<void> set_pool(StoragePoolId id, const PoolChange& change);
    // The pf-sds process that listens on one of `ips` and `port` finds this record when it
    // registers, and keeps trying until it exists.
    MgmtResult<SdsId> add_sds(const AddSds& request);
    MgmtResult<void> add_sds_ip(SdsId id, const SdsIp& ip);
    MgmtResult<void> remove_sds_ip(SdsId id, const std::string& ip);
    MgmtResult<void> set_sds_ip_role(SdsId id, const SdsIp& ip);
    MgmtResult<void> set_sds_port(SdsId id, std::uint16_t port);
    // Returns once the SDS has opened the device (an error if it could not). While the SDS is away
    // the device stays Pending and the call succeeds.
    MgmtResult<DeviceId> add_device(const AddDevice& request);
    MgmtResult<void> set_device_capacity_limit(DeviceId id, std::uint64_t limit_kb);

    MgmtResult<SdtId> add_sdt(const AddSdt& request);
    MgmtResult<void> add_sdt_ip(SdtId id, const SdtIp& ip);
    MgmtResult<void> remove_sdt_ip(SdtId id, const std::string& ip);
    MgmtResult<void> set_sdt_ip_role(SdtId id, const SdtIp& ip);
    MgmtResult<void> set_sdt_ports(SdtId id, std::optional<std::uint16_t> storage,
                                   std::optional<std::uint16_t> nvme,
                                   std::optional<std::uint16_t> discovery);
    MgmtResult<void> set_sdt_maintenance(SdtId id, bool maintenance);

    MgmtResult<SdcId> approve_sdc(const std::string& guid, const std::string& ip,
                                  const std::string& name);
    MgmtResult<void> set_restricted_sdc_mode(const std::string& mode);
    MgmtResult<HostId> add_host(const AddHost& request);
    MgmtResult<void> set_host_auth(HostId id, const HostSecrets& secrets);
    MgmtResult<void> set_host_limits(HostId id, std::optional<std::uint32_t> max_num_paths,
                                     std::optional<std::uint32_t> max_num_sys_ports);

    MgmtResult<VolumeId> create_volume(const CreateVolume& request);
    MgmtResult<void> resize_volume(VolumeId id, std::uint64_t size_kb);
    MgmtResult<void> remove_volume(VolumeId id, RemoveMode mode);
    MgmtResult<void> set_access_mode_limit(VolumeId id, AccessMode limit);
    // `initiator`: value of an SdcId or a HostId.
    MgmtResult<void> map(VolumeId id, std::uint64_t initiator, const MapOptions& options);
    MgmtResult<void> unmap(VolumeId id, std::uint64_t initiator, MapVerb verb = MapVerb::Sdc);
    MgmtResult<void> unmap_all(VolumeId id, MapVerb verb = MapVerb::Sdc);
    MgmtResult<void> set_mapping(VolumeId id, std::uint64_t initiator, const MappingChange& change);

    MgmtResult<SnapshotGroup> snapshot(const std::vector<SnapshotItem>& items,
                                       AccessMode access_mode_limit = AccessMode::ReadWrite,
                                       const Properties& properties = {});
    // Returns how many volumes were removed.
    MgmtResult<std::uint32_t> remove_snapshot_group(std::uint64_t group);
    // Volume's content becomes source's (same V-Tree), as of now.
    MgmtResult<void> overwrite(VolumeId volume, VolumeId source);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::mdm
