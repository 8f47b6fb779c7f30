// The management verbs of the MDM as the gateway uses them.
//
// The gateway's core depends on this interface only: shell/mdm_client_api.hpp forwards it to
// mdm::Client, tests answer from memory. Contract, failure modes and thread rule are mdm::Client's.
#pragma once

#include "backend/mdm/client/client.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::gateway {

using mdm::MgmtResult;

class MdmApi {
  public:
    virtual ~MdmApi() = default;

    virtual MgmtResult<std::shared_ptr<const mdm::Snapshot>> query() = 0;

    virtual MgmtResult<void> rename(mdm::ObjectKind kind, std::uint64_t id,
                                    const std::string& name) = 0;
    virtual MgmtResult<void> remove(mdm::ObjectKind kind, std::uint64_t id, bool force) = 0;
    virtual MgmtResult<void> set_properties(mdm::ObjectKind kind, std::uint64_t id,
                                            const mdm::Properties& changes) = 0;

    virtual MgmtResult<mdm::ProtectionDomainId> add_protection_domain(const std::string& name) = 0;
    virtual MgmtResult<void> set_active(mdm::ProtectionDomainId id, bool active) = 0;
    virtual MgmtResult<mdm::FaultSetId> add_fault_set(mdm::ProtectionDomainId domain,
                                                      const std::string& name) = 0;
    virtual MgmtResult<mdm::StoragePoolId> add_storage_pool(const mdm::AddStoragePool& request) = 0;
    virtual MgmtResult<void> set_pool(mdm::StoragePoolId id, const mdm::PoolChange& change) = 0;

    virtual MgmtResult<mdm::SdsId> add_sds(const mdm::AddSds& request) = 0;
    virtual MgmtResult<void> add_sds_ip(mdm::SdsId id, const mdm::SdsIp& ip) = 0;
    virtual MgmtResult<void> remove_sds_ip(mdm::SdsId id, const std::string& ip) = 0;
    virtual MgmtResult<void> set_sds_ip_role(mdm::SdsId id, const mdm::SdsIp& ip) = 0;
    virtual MgmtResult<void> set_sds_port(mdm::SdsId id, std::uint16_t port) = 0;
    virtual MgmtResult<mdm::DeviceId> add_device(const mdm::AddDevice& request) = 0;
    virtual MgmtResult<void> set_device_capacity_limit(mdm::DeviceId id,
                                                       std::uint64_t limit_kb) = 0;

    virtual MgmtResult<mdm::SdtId> add_sdt(const mdm::AddSdt& request) = 0;
    virtual MgmtResult<void> add_sdt_ip(mdm::SdtId id, const mdm::SdtIp& ip) = 0;
    virtual MgmtResult<void> remove_sdt_ip(mdm::SdtId id, const std::string& ip) = 0;
    virtual MgmtResult<void> set_sdt_ip_role(mdm::SdtId id, const mdm::SdtIp& ip) = 0;
    virtual MgmtResult<void> set_sdt_ports(mdm::SdtId id, std::optional<std::uint16_t> storage,
                                           std::optional<std::uint16_t> nvme,
                                           std::optional<std::uint16_t> discovery) = 0;
    virtual MgmtResult<void> set_sdt_maintenance(mdm::SdtId id, bool maintenance) = 0;

    virtual MgmtResult<mdm::SdcId> approve_sdc(const std::string& guid, const std::string& ip,
                                               const std::string& name) = 0;
    virtual MgmtResult<void> set_restricted_sdc_mode(const std::string& mode) = 0;
    virtual MgmtResult<mdm::HostId> add_host(const mdm::AddHost& request) = 0;
    virtual MgmtResult<void> set_host_auth(mdm::HostId id, const mdm::HostSecrets& secrets) = 0;
    virtual MgmtResult<void> set_host_limits(mdm::HostId id,
                                             std::optional<std::uint32_t> max_num_paths,
                                             std::optional<std::uint32_t> max_num_sys_ports) = 0;

    virtual MgmtResult<mdm::VolumeId> create_volume(const mdm::CreateVolume& request) = 0;
    virtual MgmtResult<void> resize_volume(mdm::VolumeId id, std::uint64_t size_kb) = 0;
    virtual MgmtResult<void> remove_volume(mdm::VolumeId id, mdm::RemoveMode mode) = 0;
    virtual MgmtResult<void> set_access_mode_limit(mdm::VolumeId id, mdm::AccessMode limit) = 0;
    virtual MgmtResult<void> map(mdm::VolumeId id, std::uint64_t initiator,
                                 const mdm::MapOptions& options) = 0;
    virtual MgmtResult<void> unmap(mdm::VolumeId id, std::uint64_t initiator,
                                   mdm::MapVerb verb) = 0;
    virtual MgmtResult<void> unmap_all(mdm::VolumeId id, mdm::MapVerb verb) = 0;
    virtual MgmtResult<void> set_mapping(mdm::VolumeId id, std::uint64_t initiator,
                                         const mdm::MappingChange& change) = 0;

    virtual MgmtResult<mdm::SnapshotGroup> snapshot(const std::vector<mdm::SnapshotItem>& items,
                                                    mdm::AccessMode access_mode_limit,
                                                    const mdm::Properties& properties) = 0;
    virtual MgmtResult<std::uint32_t> remove_snapshot_group(std::uint64_t group) = 0;
    virtual MgmtResult<void> overwrite(mdm::VolumeId volume, mdm::VolumeId source) = 0;
};

} // namespace pf::gateway
