// An MDM in memory: the object rules that the gateway's clients can see, without data servers.
// Thread-safe.
#pragma once

#include "backend/gateway/core/mdm_api.hpp"
#include "libpf/error_codes.hpp"

#include <algorithm>
#include <mutex>

namespace pf::gateway::testing {

using powerflex::MdmError;

class FakeMdm : public MdmApi {
  public:
    // One domain with one pool, three SDSs with a device each, two SDTs, two SDCs.
    FakeMdm() {
        s_.system.id = mdm::SystemId{0x1250de83018c2d0f};
        s_.system.name = "lab";
        s_.system.nqn = map::system_nqn(s_.system.id);
        s_.system.install_id = 0x38622771228e56db;
        const auto domain = *add_protection_domain("PD1");
        mdm::AddStoragePool pool;
        pool.name = "SP1";
        pool.protection_domain = domain;
        const auto pool_id = *add_storage_pool(pool);
        for (int i = 1; i <= 3; ++i) {
            mdm::AddSds sds;
            sds.name = "sds" + std::to_string(i);
            sds.protection_domain = domain;
            sds.ips = {{"10.0.0." + std::to_string(i), mdm::SdsIpRole::All}};
            const auto sds_id = *add_sds(sds);
            mdm::AddDevice device;
            device.sds = sds_id;
            device.storage_pool = pool_id;
            device.path = "/dev/sdb";
            (void)add_device(device);
        }
        for (int i = 1; i <= 2; ++i) {
            mdm::AddSdt sdt;
            sdt.name = "sdt" + std::to_string(i);
            sdt.protection_domain = domain;
            sdt.ips = {{"10.0.1." + std::to_string(i), mdm::SdtIpRole::StorageAndHost, 0}};
            (void)add_sdt(sdt);
            s_.sdts.back().connected = true;
        }
        for (int i = 1; i <= 2; ++i) {
            mdm::Sdc sdc;
            sdc.id = mdm::SdcId{next_initiator_++};
            sdc.guid = i == 1 ? "028888FA-502A-4FAC-A888-1FA3B256E101"
                              : "028888FA-502A-4FAC-A888-1FA3B256E102";
            sdc.name = "esx" + std::to_string(i);
            sdc.ip = "10.0.2." + std::to_string(i);
            sdc.approved = true;
            sdc.connected = true;
            sdc.os_type = "Esx";
            s_.sdcs.push_back(sdc);
        }
        s_.storage_pools[0].stats.max_capacity_kb = 3ULL * 1024 * 1024 * 1024;
        s_.storage_pools[0].comb_count = 1024;
        s_.storage_pools[0].stats.combs_normal = 1024;
    }

    bool unreachable = false;  // every call fails before it is sent
    bool lose_answers = false; // changes happen, but their answer is lost
    mdm::Snapshot& state() { return s_; }

    MgmtResult<std::shared_ptr<const mdm::Snapshot>> query() override {
        const std::lock_guard lock(mutex_);
        if (unreachable) {
            return error(Errc::Unreachable, "no MDM answers");
        }
        return std::make_shared<const mdm::Snapshot>(s_);
    }

    MgmtResult<void> rename(mdm::ObjectKind kind, std::uint64_t id, const std::string& n) override {
        return change([&]() -> MgmtResult<void> {
            switch (kind) {
            case mdm::ObjectKind::Volume: {
                for (const auto& v : s_.volumes) {
                    if (v.name == n && v.id.value != id) {
                        return refuse(MdmError::VolumeNameInUse);
                    }
                }
                return set(s_.volumes, id, MdmError::VolumeNotFound, [&](auto& o) { o.name = n; });
            }
            case mdm::ObjectKind::Host:
                return set(s_.hosts, id, MdmError::HostNotFound, [&](auto& o) { o.name = n; });
            case mdm::ObjectKind::Sdc:
                return set(s_.sdcs, id, MdmError::SdcNotFound, [&](auto& o) { o.name = n; });
            case mdm::ObjectKind::Sdt:
                return set(s_.sdts, id, MdmError::SdtNotFound, [&](auto& o) { o.name = n; });
            case mdm::ObjectKind::ProtectionDomain:
                return set(s_.protection_domains, id, MdmError::ProtectionDomainNotFound,
                           [&](auto& o) { o.name = n; });
            default:
                s_.system.name = n;
                return {};
            }
        });
    }
    MgmtResult<void> remove(mdm::ObjectKind kind, std::uint64_t id, bool) override {
        return change([&]() -> MgmtResult<void> {
            if (kind == mdm::ObjectKind::Host || kind == mdm::ObjectKind::Sdc) {
                for (const auto& v : s_.volumes) {
                    for (const auto& m : v.mappings) {
                        if (m.initiator == id) {
                            return refuse(MdmError::SdcHasMappings);
                        }
                    }
                }
                std::erase_if(s_.hosts, [&](const auto& o) { return o.id.value == id; });
                std::erase_if(s_.sdcs, [&](const auto& o) { return o.id.value == id; });
            } else if (kind == mdm::ObjectKind::Sdt) {
                std::erase_if(s_.sdts, [&](const auto& o) { return o.id.value == id; });
            }
            return {};
        });
    }
    MgmtResult<void> set_properties(mdm::ObjectKind kind, std::uint64_t id,
                                    const mdm::Properties& changes) override {
        return change([&]() -> MgmtResult<void> {
            const auto merge = [&](auto& o) {
                for (const auto& [k, v] : changes) {
                    o.properties[k] = v;
                }
            };
            if (kind == mdm::ObjectKind::StoragePool) {
                return set(s_.storage_pools, id, MdmError::StoragePoolNotFound, merge);
            }
            if (kind == mdm::ObjectKind::ProtectionDomain) {
                return set(s_.protection_domains, id, MdmError::ProtectionDomainNotFound, merge);
            }
            if (kind == mdm::ObjectKind::Volume) {
                return set(s_.volumes, id, MdmError::VolumeNotFound, merge);
            }
            return {};
        });
    }

    MgmtResult<mdm::ProtectionDomainId> add_protection_domain(const std::string& name) override {
        return add(s_.protection_domains, [&](auto& o) { o.name = name; });
    }
    MgmtResult<void> set_active(mdm::ProtectionDomainId id, bool active) override {
        return change([&] {
            return set(s_.protection_domains, id.value, MdmError::ProtectionDomainNotFound,
                       [&](auto& o) { o.active = active; });
        });
    }
    MgmtResult<mdm::FaultSetId> add_fault_set(mdm::ProtectionDomainId domain,
                                              const std::string& name) override {
        return add(s_.fault_sets, [&](auto& o) {
            o.name = name;
            o.protection_domain = domain;
        });
    }
    MgmtResult<mdm::StoragePoolId> add_storage_pool(const mdm::AddStoragePool& r) override {
        return add(s_.storage_pools, [&](auto& o) {
            o.name = r.name;
            o.protection_domain = r.protection_domain;
            o.media_type = r.media_type;
            o.properties = r.properties;
        });
    }
    MgmtResult<void> set_pool(mdm::StoragePoolId id, const mdm::PoolChange& c) override {
        return change([&] {
            return set(s_.storage_pools, id.value, MdmError::StoragePoolNotFound, [&](auto& o) {
                o.zero_padding = c.zero_padding.value_or(o.zero_padding);
                o.spare_percentage = c.spare_percentage.value_or(o.spare_percentage);
                o.media_type = c.media_type.value_or(o.media_type);
            });
        });
    }
    MgmtResult<mdm::SdsId> add_sds(const mdm::AddSds& r) override {
        return add(s_.sds, [&](auto& o) {
            o.name = r.name;
            o.protection_domain = r.protection_domain;
            o.ips = r.ips;
            o.port = r.port;
            o.connected = true;
            o.joined = true;
        });
    }
    MgmtResult<void> add_sds_ip(mdm::SdsId id, const mdm::SdsIp& ip) override {
        return change([&] {
            return set(s_.sds, id.value, MdmError::SdsNotFound,
                       [&](auto& o) { o.ips.push_back(ip); });
        });
    }
    MgmtResult<void> remove_sds_ip(mdm::SdsId id, const std::string& ip) override {
        return change([&] {
            return set(s_.sds, id.value, MdmError::SdsNotFound, [&](auto& o) {
                std::erase_if(o.ips, [&](const auto& i) { return i.ip == ip; });
            });
        });
    }
    MgmtResult<void> set_sds_ip_role(mdm::SdsId, const mdm::SdsIp&) override { return {}; }
    MgmtResult<void> set_sds_port(mdm::SdsId id, std::uint16_t port) override {
        return change([&] {
            return set(s_.sds, id.value, MdmError::SdsNotFound, [&](auto& o) { o.port = port; });
        });
    }
    MgmtResult<mdm::DeviceId> add_device(const mdm::AddDevice& r) override {
        return add(s_.devices, [&](auto& o) {
            o.sds = r.sds;
            o.storage_pool = r.storage_pool;
            o.path = r.path;
            o.name = r.name;
            o.media_type = r.media_type;
            o.capacity_kb = 1ULL << 30;
            o.state = mdm::DeviceState::Normal;
        });
    }
    MgmtResult<void> set_device_capacity_limit(mdm::DeviceId, std::uint64_t) override { return {}; }

    MgmtResult<mdm::SdtId> add_sdt(const mdm::AddSdt& r) override {
        return add(s_.sdts, [&](auto& o) {
            o.name = r.name;
            o.protection_domain = r.protection_domain;
            o.ips = r.ips;
            o.storage_port = r.storage_port;
            o.nvme_port = r.nvme_port;
            o.discovery_port = r.discovery_port;
        });
    }
    MgmtResult<void> add_sdt_ip(mdm::SdtId id, const mdm::SdtIp& ip) override {
        return change([&] {
            return set(s_.sdts, id.value, MdmError::SdtNotFound,
                       [&](auto& o) { o.ips.push_back(ip); });
        });
    }
    MgmtResult<void> remove_sdt_ip(mdm::SdtId, const std::string&) override { return {}; }
    MgmtResult<void> set_sdt_ip_role(mdm::SdtId, const mdm::SdtIp&) override { return {}; }
    MgmtResult<void> set_sdt_ports(mdm::SdtId id, std::optional<std::uint16_t> storage,
                                   std::optional<std::uint16_t> nvme,
                                   std::optional<std::uint16_t> discovery) override {
        return change([&] {
            return set(s_.sdts, id.value, MdmError::SdtNotFound, [&](auto& o) {
                o.storage_port = storage.value_or(o.storage_port);
                o.nvme_port = nvme.value_or(o.nvme_port);
                o.discovery_port = discovery.value_or(o.discovery_port);
            });
        });
    }
    MgmtResult<void> set_sdt_maintenance(mdm::SdtId id, bool on) override {
        return change([&] {
            return set(s_.sdts, id.value, MdmError::SdtNotFound,
                       [&](auto& o) { o.maintenance = on; });
        });
    }
    MgmtResult<mdm::SdcId> approve_sdc(const std::string&, const std::string&,
                                       const std::string&) override {
        return s_.sdcs.front().id;
    }
    MgmtResult<void> set_restricted_sdc_mode(const std::string& mode) override {
        s_.system.restricted_sdc_mode = mode;
        return {};
    }
    MgmtResult<mdm::HostId> add_host(const mdm::AddHost& r) override {
        mdm::HostId id;
        auto done = change([&]() -> MgmtResult<void> {
            for (const auto& h : s_.hosts) {
                if (h.nqn == r.nqn) {
                    return refuse(MdmError::HostNqnInUse);
                }
                if (!r.name.empty() && h.name == r.name) {
                    return refuse(MdmError::DuplicateHostName);
                }
            }
            mdm::Host host;
            host.id = mdm::HostId{next_initiator_++};
            host.nqn = r.nqn;
            host.name = r.name;
            host.max_num_paths = r.max_num_paths != 0 ? r.max_num_paths : 4;
            host.max_num_sys_ports = r.max_num_sys_ports != 0 ? r.max_num_sys_ports : 10;
            id = host.id;
            s_.hosts.push_back(host);
            return {};
        });
        if (!done) {
            return tl::unexpected(done.error());
        }
        return id;
    }
    MgmtResult<void> set_host_auth(mdm::HostId id, const mdm::HostSecrets& secrets) override {
        return change([&] {
            return set(s_.hosts, id.value, MdmError::HostNotFound, [&](auto& o) {
                const auto take = [](const std::optional<Secret>& given, Secret& into, bool& has) {
                    if (given) {
                        into = *given;
                        has = !given->empty();
                    }
                };
                take(secrets.dhchap, dhchap, o.has_dhchap_secret);
                take(secrets.dhchap_controller, dhchap_controller, o.has_dhchap_ctrl_secret);
                take(secrets.tls_psk, tls_psk, o.has_tls_psk);
            });
        });
    }
    Secret dhchap, dhchap_controller, tls_psk; // as last set
    MgmtResult<void> set_host_limits(mdm::HostId id, std::optional<std::uint32_t> paths,
                                     std::optional<std::uint32_t> ports) override {
        return change([&] {
            return set(s_.hosts, id.value, MdmError::HostNotFound, [&](auto& o) {
                o.max_num_paths = paths.value_or(o.max_num_paths);
                o.max_num_sys_ports = ports.value_or(o.max_num_sys_ports);
            });
        });
    }

    MgmtResult<mdm::VolumeId> create_volume(const mdm::CreateVolume& r) override {
        mdm::VolumeId id;
        auto done = change([&]() -> MgmtResult<void> {
            for (const auto& v : s_.volumes) {
                if (v.name == r.name && !r.name.empty()) {
                    return refuse(MdmError::VolumeNameInUse);
                }
            }
            id = new_volume(r.name, round_up(r.size_kb), r.type);
            return {};
        });
        if (!done) {
            return tl::unexpected(done.error());
        }
        return id;
    }
    MgmtResult<void> resize_volume(mdm::VolumeId id, std::uint64_t size_kb) override {
        return change([&]() -> MgmtResult<void> {
            mdm::Volume* v = volume(id.value);
            if (v == nullptr) {
                return refuse(MdmError::VolumeNotFound);
            }
            if (round_up(size_kb) < v->size_kb) {
                return refuse(MdmError::VolumeDecreaseNotSupported);
            }
            v->size_kb = round_up(size_kb);
            return {};
        });
    }
    MgmtResult<void> remove_volume(mdm::VolumeId id, mdm::RemoveMode) override {
        return change([&]() -> MgmtResult<void> {
            mdm::Volume* v = volume(id.value);
            if (v == nullptr) {
                return refuse(MdmError::VolumeNotFound);
            }
            if (!v->mappings.empty()) {
                return refuse(MdmError::VolumeMapped);
            }
            std::erase_if(s_.volumes, [&](const auto& o) { return o.id == id; });
            return {};
        });
    }
    MgmtResult<void> set_access_mode_limit(mdm::VolumeId id, mdm::AccessMode limit) override {
        return change([&] {
            return set(s_.volumes, id.value, MdmError::VolumeNotFound,
                       [&](auto& o) { o.access_mode_limit = limit; });
        });
    }
    MgmtResult<void> map(mdm::VolumeId id, std::uint64_t initiator,
                         const mdm::MapOptions& options) override {
        return change([&]() -> MgmtResult<void> {
            mdm::Volume* v = volume(id.value);
            if (v == nullptr) {
                return refuse(MdmError::VolumeNotFound);
            }
            for (const auto& m : v->mappings) {
                if (m.initiator == initiator) {
                    return refuse(options.verb == mdm::MapVerb::Host
                                      ? MdmError::VolumeAlreadyMappedToHost
                                      : MdmError::VolumeAlreadyMappedToSdc);
                }
                if (is_host(m.initiator) != is_host(initiator)) {
                    return refuse(MdmError::VolumeMappedByOtherProtocol);
                }
            }
            if (!v->mappings.empty() && !options.allow_multiple) {
                return refuse(MdmError::SingleMappingOnly);
            }
            v->mappings.push_back({initiator, options.access_mode, 0, 0});
            return {};
        });
    }
    MgmtResult<void> unmap(mdm::VolumeId id, std::uint64_t initiator, mdm::MapVerb verb) override {
        return change([&]() -> MgmtResult<void> {
            mdm::Volume* v = volume(id.value);
            if (v == nullptr) {
                return refuse(MdmError::VolumeNotFound);
            }
            const auto n =
                std::erase_if(v->mappings, [&](const auto& m) { return m.initiator == initiator; });
            if (n == 0) {
                return refuse(verb == mdm::MapVerb::Host ? MdmError::MappingNotFound
                                                         : MdmError::VolumeNotMappedToSdc);
            }
            return {};
        });
    }
    MgmtResult<void> unmap_all(mdm::VolumeId id, mdm::MapVerb) override {
        return change([&] {
            return set(s_.volumes, id.value, MdmError::VolumeNotFound,
                       [&](auto& o) { o.mappings.clear(); });
        });
    }
    MgmtResult<void> set_mapping(mdm::VolumeId id, std::uint64_t initiator,
                                 const mdm::MappingChange& c) override {
        return change([&]() -> MgmtResult<void> {
            mdm::Volume* v = volume(id.value);
            if (v == nullptr) {
                return refuse(MdmError::VolumeNotFound);
            }
            for (auto& m : v->mappings) {
                if (m.initiator == initiator) {
                    m.access_mode = c.access_mode.value_or(m.access_mode);
                    m.iops_limit = c.iops_limit.value_or(m.iops_limit);
                    m.bandwidth_limit_kbps =
                        c.bandwidth_limit_kbps.value_or(m.bandwidth_limit_kbps);
                    return {};
                }
            }
            return refuse(MdmError::VolumeNotMappedToSdc);
        });
    }
    MgmtResult<mdm::SnapshotGroup> snapshot(const std::vector<mdm::SnapshotItem>& items,
                                            mdm::AccessMode limit,
                                            const mdm::Properties&) override {
        mdm::SnapshotGroup group;
        auto done = change([&]() -> MgmtResult<void> {
            if (items.size() > 100) {
                return refuse(MdmError::TooManySnapshotsInVtree);
            }
            group.group = 0x5a05c11200000000 + ++groups_;
            for (const auto& item : items) {
                const mdm::Volume* source = volume(item.volume.value);
                if (source == nullptr) {
                    return refuse(MdmError::VolumeNotFound);
                }
                const auto vtree = source->vtree;
                const auto size = source->size_kb;
                const auto id = new_volume(item.name, size, mdm::VolumeType::Snapshot);
                mdm::Volume* snap = volume(id.value);
                snap->ancestor = item.volume;
                snap->vtree = vtree;
                snap->consistency_group = group.group;
                snap->access_mode_limit = limit;
                group.volumes.push_back(id);
            }
            return {};
        });
        if (!done) {
            return tl::unexpected(done.error());
        }
        return group;
    }
    MgmtResult<std::uint32_t> remove_snapshot_group(std::uint64_t group) override {
        const std::lock_guard lock(mutex_);
        const auto n =
            std::erase_if(s_.volumes, [&](const auto& v) { return v.consistency_group == group; });
        return static_cast<std::uint32_t>(n);
    }
    MgmtResult<void> overwrite(mdm::VolumeId to, mdm::VolumeId from) override {
        return change([&]() -> MgmtResult<void> {
            const mdm::Volume* a = volume(to.value);
            const mdm::Volume* b = volume(from.value);
            if (a == nullptr || b == nullptr) {
                return refuse(MdmError::VolumeNotFound);
            }
            return a->vtree == b->vtree ? MgmtResult<void>() : refuse(MdmError::VtreeMismatch);
        });
    }

  private:
    static tl::unexpected<mdm::MgmtError> refuse(MdmError code) {
        const auto& info = powerflex::mdm_error_info(code);
        return tl::unexpected<mdm::MgmtError>(
            mdm::MgmtError{info.errc, static_cast<std::uint32_t>(code), std::string(info.symbol),
                           std::string(info.text)});
    }
    static tl::unexpected<mdm::MgmtError> error(Errc code, std::string what) {
        return tl::unexpected<mdm::MgmtError>(mdm::MgmtError{code, 0, {}, std::move(what)});
    }
    template<class F>
    MgmtResult<void> change(F&& body) {
        const std::lock_guard lock(mutex_);
        if (unreachable) {
            return error(Errc::Unreachable, "no MDM answers");
        }
        MgmtResult<void> result = body();
        ++s_.revision;
        if (lose_answers) {
            return error(Errc::OutcomeUnknown, "the answer was lost");
        }
        return result;
    }
    template<class T, class F>
    static MgmtResult<void> set(std::vector<T>& objects, std::uint64_t id, MdmError missing,
                                F&& f) {
        for (T& object : objects) {
            if (object.id.value == id) {
                f(object);
                return {};
            }
        }
        return refuse(missing);
    }
    template<class T, class F>
    auto add(std::vector<T>& objects, F&& fill) -> MgmtResult<decltype(T::id)> {
        const std::lock_guard lock(mutex_);
        T object;
        object.id = decltype(T::id){next_++};
        fill(object);
        objects.push_back(object);
        ++s_.revision;
        return object.id;
    }
    static std::uint64_t round_up(std::uint64_t kb) {
        constexpr std::uint64_t kGranule = 8ULL << 20;
        return (kb + kGranule - 1) / kGranule * kGranule;
    }
    mdm::Volume* volume(std::uint64_t id) {
        for (auto& v : s_.volumes) {
            if (v.id.value == id) {
                return &v;
            }
        }
        return nullptr;
    }
    bool is_host(std::uint64_t id) const {
        return std::any_of(s_.hosts.begin(), s_.hosts.end(),
                           [&](const auto& h) { return h.id.value == id; });
    }
    mdm::VolumeId new_volume(const std::string& name, std::uint64_t kb, mdm::VolumeType type) {
        mdm::Vtree vtree;
        vtree.id = mdm::VtreeId{next_++};
        mdm::Volume v;
        v.id = mdm::VolumeId{0xb5a167e400000000 + ++volumes_};
        v.name = name;
        v.size_kb = kb;
        v.type = type;
        v.storage_pool = s_.storage_pools.front().id;
        v.vtree = vtree.id;
        v.created_at = 1746889338;
        v.nsid = static_cast<std::uint32_t>(volumes_);
        vtree.storage_pool = v.storage_pool;
        vtree.base_volume = v.id;
        if (type != mdm::VolumeType::Snapshot) {
            s_.vtrees.push_back(vtree);
        }
        s_.volumes.push_back(v);
        return v.id;
    }

    std::mutex mutex_;
    mdm::Snapshot s_;
    std::uint64_t next_ = 0x8bddf18b00000001;
    std::uint64_t next_initiator_ = 0x13bf22b500010001;
    std::uint64_t volumes_ = 0;
    std::uint64_t groups_ = 0;
};

} // namespace pf::gateway::testing
