// MdmApi over the network: every verb forwarded to mdm::Client.
#pragma once

#include "backend/gateway/core/mdm_api.hpp"

namespace pf::gateway {

class MdmClientApi final : public MdmApi {
  public:
    explicit MdmClientApi(mdm::ClientOptions options) : client_(std::move(options)) {}

    MgmtResult<std::shared_ptr<const mdm::Snapshot>> query() override { return client_.query(); }
    MgmtResult<void> rename(mdm::ObjectKind kind, std::uint64_t id,
                            const std::string& name) override {
        return client_.rename(kind, id, name);
    }
    MgmtResult<void> remove(mdm::ObjectKind kind, std::uint64_t id, bool force) override {
        return client_.remove(kind, id, force);
    }
    MgmtResult<void> set_properties(mdm::ObjectKind kind, std::uint64_t id,
                                    const mdm::Properties& changes) override {
        return client_.set_properties(kind, id, changes);
    }
    MgmtResult<mdm::ProtectionDomainId> add_protection_domain(const std::string& name) override {
        return client_.add_protection_domain(name);
    }
    MgmtResult<void> set_active(mdm::ProtectionDomainId id, bool active) override {
        return client_.set_active(id, active);
    }
    MgmtResult<mdm::FaultSetId> add_fault_set(mdm::ProtectionDomainId domain,
                                              const std::string& name) override {
        return client_.add_fault_set(domain, name);
    }
    MgmtResult<mdm::StoragePoolId> add_storage_pool(const mdm::AddStoragePool& request) override {
        return client_.add_storage_pool(request);
    }
    MgmtResult<void> set_pool(mdm::StoragePoolId id, const mdm::PoolChange& change) override {
        return client_.set_pool(id, change);
    }
    MgmtResult<mdm::SdsId> add_sds(const mdm::AddSds& request) override {
        return client_.add_sds(request);
    }
    MgmtResult<void> add_sds_ip(mdm::SdsId id, const mdm::SdsIp& ip) override {
        return client_.add_sds_ip(id, ip);
    }
    MgmtResult<void> remove_sds_ip(mdm::SdsId id, const std::string& ip) override {
        return client_.remove_sds_ip(id, ip);
    }
    MgmtResult<void> set_sds_ip_role(mdm::SdsId id, const mdm::SdsIp& ip) override {
        return client_.set_sds_ip_role(id, ip);
    }
    MgmtResult<void> set_sds_port(mdm::SdsId id, std::uint16_t port) override {
        return client_.set_sds_port(id, port);
    }
    MgmtResult<mdm::DeviceId> add_device(const mdm::AddDevice& request) override {
        return client_.add_device(request);
    }
    MgmtResult<void> set_device_capacity_limit(mdm::DeviceId id, std::uint64_t limit_kb) override {
        return client_.set_device_capacity_limit(id, limit_kb);
    }
    MgmtResult<mdm::SdtId> add_sdt(const mdm::AddSdt& request) override {
        return client_.add_sdt(request);
    }
    MgmtResult<void> add_sdt_ip(mdm::SdtId id, const mdm::SdtIp& ip) override {
        return client_.add_sdt_ip(id, ip);
    }
    MgmtResult<void> remove_sdt_ip(mdm::SdtId id, const std::string& ip) override {
        return client_.remove_sdt_ip(id, ip);
    }
    MgmtResult<void> set_sdt_ip_role(mdm::SdtId id, const mdm::SdtIp& ip) override {
        return client_.set_sdt_ip_role(id, ip);
    }
    MgmtResult<void> set_sdt_ports(mdm::SdtId id, std::optional<std::uint16_t> storage,
                                   std::optional<std::uint16_t> nvme,
                                   std::optional<std::uint16_t> discovery) override {
        return client_.set_sdt_ports(id, storage, nvme, discovery);
    }
    MgmtResult<void> set_sdt_maintenance(mdm::SdtId id, bool maintenance) override {
        return client_.set_sdt_maintenance(id, maintenance);
    }
    MgmtResult<mdm::SdcId> approve_sdc(const std::string& guid, const std::string& ip,
                                       const std::string& name) override {
        return client_.approve_sdc(guid, ip, name);
    }
    MgmtResult<void> set_restricted_sdc_mode(const std::string& mode) override {
        return client_.set_restricted_sdc_mode(mode);
    }
    MgmtResult<mdm::HostId> add_host(const mdm::AddHost& request) override {
        return client_.add_host(request);
    }
    MgmtResult<void> set_host_auth(mdm::HostId id, const mdm::HostSecrets& secrets) override {
        return client_.set_host_auth(id, secrets);
    }
    MgmtResult<void> set_host_limits(mdm::HostId id, std::optional<std::uint32_t> max_num_paths,
                                     std::optional<std::uint32_t> max_num_sys_ports) override {
        return client_.set_host_limits(id, max_num_paths, max_num_sys_ports);
    }
    MgmtResult<mdm::VolumeId> create_volume(const mdm::CreateVolume& request) override {
        return client_.create_volume(request);
    }
    MgmtResult<void> resize_volume(mdm::VolumeId id, std::uint64_t size_kb) override {
        return client_.resize_volume(id, size_kb);
    }
    MgmtResult<void> remove_volume(mdm::VolumeId id, mdm::RemoveMode mode) override {
        return client_.remove_volume(id, mode);
    }
    MgmtResult<void> set_access_mode_limit(mdm::VolumeId id, mdm::AccessMode limit) override {
        return client_.set_access_mode_limit(id, limit);
    }
    MgmtResult<void> map(mdm::VolumeId id, std::uint64_t initiator,
                         const mdm::MapOptions& options) override {
        return client_.map(id, initiator, options);
    }
    MgmtResult<void> unmap(mdm::VolumeId id, std::uint64_t initiator, mdm::MapVerb verb) override {
        return client_.unmap(id, initiator, verb);
    }
    MgmtResult<void> unmap_all(mdm::VolumeId id, mdm::MapVerb verb) override {
        return client_.unmap_all(id, verb);
    }
    MgmtResult<void> set_mapping(mdm::VolumeId id, std::uint64_t initiator,
                                 const mdm::MappingChange& change) override {
        return client_.set_mapping(id, initiator, change);
    }
    MgmtResult<mdm::SnapshotGroup> snapshot(const std::vector<mdm::SnapshotItem>& items,
                                            mdm::AccessMode access_mode_limit,
                                            const mdm::Properties& properties) override {
        return client_.snapshot(items, access_mode_limit, properties);
    }
    MgmtResult<std::uint32_t> remove_snapshot_group(std::uint64_t group) override {
        return client_.remove_snapshot_group(group);
    }
    MgmtResult<void> overwrite(mdm::VolumeId volume, mdm::VolumeId source) override {
        return client_.overwrite(volume, source);
    }

  private:
    mdm::Client client_;
};

} // namespace pf::gateway
