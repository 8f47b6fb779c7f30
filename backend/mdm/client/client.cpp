#include "backend/mdm/client/client.hpp"

#include "control.pb.h"

#include "backend/mdm/client/connection.hpp"
#include "backend/mdm/client/convert.hpp"
#include "backend/proto/control_message.hpp"

#include <condition_variable>
#include <mutex>

namespace pf::mdm {

namespace wire = proto::control;

namespace {

MgmtError plain(const Error& error) { return {error.code, 0, {}, error.what}; }

template<class Map>
void put_properties(const Properties& from, Map& to) {
    for (const auto& [key, value] : from)
        to[key] = value;
}

template<class Id>
MgmtResult<Id> first_id(const MgmtResult<wire::ManagementReply>& reply) {
    if (!reply)
        return tl::unexpected(reply.error());
    if (reply->ids_size() == 0)
        return tl::unexpected(MgmtError{Errc::Protocol, 0, {}, "the MDM's reply holds no id"});
    return Id{reply->ids(0)};
}

MgmtResult<void> nothing(const MgmtResult<wire::ManagementReply>& reply) {
    if (!reply)
        return tl::unexpected(reply.error());
    return {};
}

wire::ObjectKind map_kind(MapVerb verb) {
    return verb == MapVerb::Host ? wire::OBJECT_HOST : wire::OBJECT_SDC;
}

} // namespace

struct Client::Impl {
    ClientOptions options;
    std::mutex mutex;
    std::condition_variable returned;
    std::vector<Connection> idle;
    std::size_t open = 0;
    std::uint64_t last_request_id = 0;
    std::size_t preferred = 0; // address that answered last
    std::shared_ptr<const Snapshot> last_snapshot;

    // A connection, or the right to dial one (nullopt).
    Result<std::optional<Connection>> borrow(MonoTime deadline) {
        std::unique_lock lock(mutex);
        const bool free = returned.wait_until(
            lock, deadline, [this] { return !idle.empty() || open < options.max_connections; });
        if (!free)
            return fail(Errc::Busy, "all {} connections to the MDM are in use",
                        options.max_connections);
        while (!idle.empty()) {
            Connection connection = std::move(idle.back());
            idle.pop_back();
            if (connection.alive())
                return connection;
            --open; // closed while it idled, for example by a restart of the MDM
        }
        ++open;
        return std::nullopt;
    }
    void give_back(Connection connection) {
        std::lock_guard lock(mutex);
        idle.push_back(std::move(connection));
        returned.notify_one();
    }
    void give_up() {
        std::lock_guard lock(mutex);
        --open;
        returned.notify_one();
    }

    Result<Connection> dial(MonoTime deadline) {
        if (options.addresses.empty())
            return fail(Errc::InvalidArgument, "no MDM address is configured");
        std::size_t first = 0;
        {
            std::lock_guard lock(mutex);
            first = preferred;
        }
        Error last;
        for (std::size_t i = 0; i < options.addresses.size(); ++i) {
            const std::size_t at = (first + i) % options.addresses.size();
            // Leave time for the other addresses.
            const auto share =
                (deadline - mono_now()) / static_cast<std::int64_t>(options.addresses.size() - i);
            auto connection = Connection::dial(options.addresses[at], mono_now() + share);
            if (connection) {
                std::lock_guard lock(mutex);
                preferred = at;
                return connection;
            }
            last = std::move(connection).error();
        }
        // Nothing was sent, whatever the reason.
        return fail(Errc::Unreachable, "{}", last.what);
    }

    // One attempt. `stale`: the connection was an idle one that turned out to be dead.
    Result<Bytes> attempt(ByteSpan frame, MonoTime deadline, bool& sent, bool& stale) {
        PF_TRY(auto borrowed, borrow(deadline));
        stale = borrowed.has_value();
        if (!borrowed) {
            auto dialled = dial(deadline);
            if (!dialled) {
                give_up();
                return fail(std::move(dialled).error());
            }
            borrowed = std::move(*dialled);
        }
        auto payload = borrowed->exchange(frame, deadline, sent);
        if (payload)
            give_back(std::move(*borrowed));
        else
            give_up();
        return payload;
    }

    MgmtResult<wire::ManagementReply> call(wire::ManagementRequest request) {
        const bool read_only = request.op_case() == wire::ManagementRequest::kQuery;
        const MonoTime deadline = mono_now() + options.timeout;
        wire::Envelope envelope;
        {
            std::lock_guard lock(mutex);
            envelope.set_request_id(++last_request_id);
        }
        *envelope.mutable_management_request() = std::move(request);
        auto frame = wire::encode(envelope);
        if (!frame)
            return tl::unexpected(plain(frame.error()));
        for (;;) {
            bool sent = false;
            bool stale = false;
            auto payload = attempt(*frame, deadline, sent, stale);
            if (payload)
                return parse(*payload, envelope.request_id());
            const Error& error = payload.error();
            // A connection that idled through a restart of the MDM says nothing about the MDM. A
            // change is repeated only when not a byte of it left.
            if (stale && (read_only || !sent) && error.code != Errc::Timeout)
                continue;
            if (sent && !read_only)
                return tl::unexpected(MgmtError{
                    Errc::OutcomeUnknown,
                    0,
                    {},
                    "The MDM did not answer, the change may have happened: " + error.what});
            return tl::unexpected(plain(error));
        }
    }

    static MgmtResult<wire::ManagementReply> parse(ByteSpan payload, std::uint64_t request_id) {
        wire::Envelope answer;
        if (auto parsed = wire::decode(payload, answer); !parsed)
            return tl::unexpected(plain(parsed.error()));
        if (!answer.has_management_reply() || answer.request_id() != request_id)
            return tl::unexpected(
                MgmtError{Errc::Protocol, 0, {}, "the MDM answered another request"});
        auto& reply = *answer.mutable_management_reply();
        if (!reply.code().empty())
            return tl::unexpected(MgmtError{wire::errc_from_name(reply.code()), reply.rc(),
                                            reply.symbol(), reply.message()});
        return std::move(reply);
    }
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>()) {
    impl_->options = std::move(options);
}
Client::~Client() = default;

MgmtResult<std::shared_ptr<const Snapshot>> Client::query() {
    std::shared_ptr<const Snapshot> last;
    {
        std::lock_guard lock(impl_->mutex);
        last = impl_->last_snapshot;
    }
    wire::ManagementRequest request;
    request.mutable_query()->set_known_revision(last ? last->revision : 0);
    auto reply = impl_->call(std::move(request));
    if (!reply)
        return tl::unexpected(std::move(reply).error());
    if (reply->snapshot().unchanged() && last)
        return last;
    auto fresh = std::make_shared<const Snapshot>(from_wire(reply->snapshot()));
    std::lock_guard lock(impl_->mutex);
    // Threads may overtake each other; keep the newest.
    if (!impl_->last_snapshot || impl_->last_snapshot->revision < fresh->revision)
        impl_->last_snapshot = fresh;
    return fresh;
}

MgmtResult<void> Client::rename(ObjectKind kind, std::uint64_t id, const std::string& name) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_rename();
    op.set_kind(static_cast<wire::ObjectKind>(kind));
    op.set_id(id);
    op.set_name(name);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<void> Client::remove(ObjectKind kind, std::uint64_t id, bool force) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_remove();
    op.set_kind(static_cast<wire::ObjectKind>(kind));
    op.set_id(id);
    op.set_force(force);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<void> Client::set_properties(ObjectKind kind, std::uint64_t id,
                                        const Properties& changes) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_properties();
    op.set_kind(static_cast<wire::ObjectKind>(kind));
    op.set_id(id);
    put_properties(changes, *op.mutable_properties());
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<ProtectionDomainId> Client::add_protection_domain(const std::string& name) {
    wire::ManagementRequest request;
    request.mutable_add_protection_domain()->set_name(name);
    return first_id<ProtectionDomainId>(impl_->call(std::move(request)));
}

MgmtResult<void> Client::set_active(ProtectionDomainId id, bool active) {
    wire::ManagementRequest request;
    request.mutable_set_active()->set_protection_domain(id.value);
    request.mutable_set_active()->set_active(active);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<FaultSetId> Client::add_fault_set(ProtectionDomainId domain, const std::string& name) {
    wire::ManagementRequest request;
    request.mutable_add_fault_set()->set_protection_domain(domain.value);
    request.mutable_add_fault_set()->set_name(name);
    return first_id<FaultSetId>(impl_->call(std::move(request)));
}

MgmtResult<StoragePoolId> Client::add_storage_pool(const AddStoragePool& r) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_add_storage_pool();
    op.set_name(r.name);
    op.set_protection_domain(r.protection_domain.value);
    op.set_media_type(r.media_type);
    op.set_zero_padding(r.zero_padding);
    op.set_spare_percentage(r.spare_percentage);
    put_properties(r.properties, *op.mutable_properties());
    return first_id<StoragePoolId>(impl_->call(std::move(request)));
}

MgmtResult<void> Client::set_pool(StoragePoolId id, const PoolChange& change) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_pool();
    op.set_storage_pool(id.value);
    if (change.zero_padding)
        op.set_zero_padding(*change.zero_padding);
    if (change.spare_percentage)
        op.set_spare_percentage(*change.spare_percentage);
    if (change.media_type)
        op.set_media_type(*change.media_type);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<SdsId> Client::add_sds(const AddSds& r) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_add_sds();
    op.set_name(r.name);
    op.set_protection_domain(r.protection_domain.value);
    op.set_fault_set(r.fault_set.value);
    for (const auto& ip : r.ips) {
        auto& added = *op.add_ips();
        added.set_ip(ip.ip);
        added.set_role(static_cast<wire::SdsIpRole>(ip.role));
    }
    op.set_port(r.port);
    put_properties(r.properties, *op.mutable_properties());
    return first_id<SdsId>(impl_->call(std::move(request)));
}

namespace {

wire::ManagementRequest ip_change(wire::ObjectKind kind, std::uint64_t id,
                                  wire::ModifyIpOp::Change change, const std::string& ip,
                                  std::uint32_t role) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_modify_ip();
    op.set_kind(kind);
    op.set_id(id);
    op.set_change(change);
    op.set_ip(ip);
    op.set_role(role);
    return request;
}

} // namespace

MgmtResult<void> Client::add_sds_ip(SdsId id, const SdsIp& ip) {
    return nothing(impl_->call(ip_change(wire::OBJECT_SDS, id.value, wire::ModifyIpOp::ADD, ip.ip,
                                         static_cast<std::uint32_t>(ip.role))));
}
MgmtResult<void> Client::remove_sds_ip(SdsId id, const std::string& ip) {
    return nothing(
        impl_->call(ip_change(wire::OBJECT_SDS, id.value, wire::ModifyIpOp::REMOVE, ip, 0)));
}
MgmtResult<void> Client::set_sds_ip_role(SdsId id, const SdsIp& ip) {
    return nothing(impl_->call(ip_change(wire::OBJECT_SDS, id.value, wire::ModifyIpOp::SET_ROLE,
                                         ip.ip, static_cast<std::uint32_t>(ip.role))));
}
MgmtResult<void> Client::set_sds_port(SdsId id, std::uint16_t port) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_ports();
    op.set_kind(wire::OBJECT_SDS);
    op.set_id(id.value);
    op.set_port(port);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<DeviceId> Client::add_device(const AddDevice& r) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_add_device();
    op.set_sds(r.sds.value);
    op.set_storage_pool(r.storage_pool.value);
    op.set_path(r.path);
    op.set_name(r.name);
    op.set_media_type(r.media_type);
    op.set_capacity_limit_kb(r.capacity_limit_kb);
    return first_id<DeviceId>(impl_->call(std::move(request)));
}

MgmtResult<void> Client::set_device_capacity_limit(DeviceId id, std::uint64_t limit_kb) {
    wire::ManagementRequest request;
    request.mutable_set_capacity_limit()->set_device(id.value);
    request.mutable_set_capacity_limit()->set_capacity_limit_kb(limit_kb);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<SdtId> Client::add_sdt(const AddSdt& r) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_add_sdt();
    op.set_name(r.name);
    op.set_protection_domain(r.protection_domain.value);
    op.set_fault_set(r.fault_set.value);
    for (const auto& ip : r.ips) {
        auto& added = *op.add_ips();
        added.set_ip(ip.ip);
        added.set_role(static_cast<wire::SdtIpRole>(ip.role));
    }
    op.set_storage_port(r.storage_port);
    op.set_nvme_port(r.nvme_port);
    op.set_discovery_port(r.discovery_port);
    return first_id<SdtId>(impl_->call(std::move(request)));
}
MgmtResult<void> Client::add_sdt_ip(SdtId id, const SdtIp& ip) {
    return nothing(impl_->call(ip_change(wire::OBJECT_SDT, id.value, wire::ModifyIpOp::ADD, ip.ip,
                                         static_cast<std::uint32_t>(ip.role))));
}
MgmtResult<void> Client::remove_sdt_ip(SdtId id, const std::string& ip) {
    return nothing(
        impl_->call(ip_change(wire::OBJECT_SDT, id.value, wire::ModifyIpOp::REMOVE, ip, 0)));
}
MgmtResult<void> Client::set_sdt_ip_role(SdtId id, const SdtIp& ip) {
    return nothing(impl_->call(ip_change(wire::OBJECT_SDT, id.value, wire::ModifyIpOp::SET_ROLE,
                                         ip.ip, static_cast<std::uint32_t>(ip.role))));
}
MgmtResult<void> Client::set_sdt_ports(SdtId id, std::optional<std::uint16_t> storage,
                                       std::optional<std::uint16_t> nvme,
                                       std::optional<std::uint16_t> discovery) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_ports();
    op.set_kind(wire::OBJECT_SDT);
    op.set_id(id.value);
    op.set_port(storage.value_or(0));
    op.set_nvme_port(nvme.value_or(0));
    op.set_discovery_port(discovery.value_or(0));
    return nothing(impl_->call(std::move(request)));
}
MgmtResult<void> Client::set_sdt_maintenance(SdtId id, bool maintenance) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_maintenance();
    op.set_kind(wire::OBJECT_SDT);
    op.set_id(id.value);
    op.set_maintenance(maintenance);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<SdcId> Client::approve_sdc(const std::string& guid, const std::string& ip,
                                      const std::string& name) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_approve_sdc();
    op.set_guid(guid);
    op.set_ip(ip);
    op.set_name(name);
    return first_id<SdcId>(impl_->call(std::move(request)));
}
MgmtResult<void> Client::set_restricted_sdc_mode(const std::string& mode) {
    return set_properties(ObjectKind::System, 0, {{"restrictedSdcMode", mode}});
}
MgmtResult<HostId> Client::add_host(const AddHost& r) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_add_host();
    op.set_nqn(r.nqn);
    op.set_name(r.name);
    op.set_max_num_paths(r.max_num_paths);
    op.set_max_num_sys_ports(r.max_num_sys_ports);
    return first_id<HostId>(impl_->call(std::move(request)));
}
MgmtResult<void> Client::set_host_auth(HostId id, const HostSecrets& secrets) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_host_auth();
    op.set_host(id.value);
    if (secrets.dhchap)
        op.set_secret(std::string(secrets.dhchap->expose()));
    if (secrets.dhchap_controller)
        op.set_ctrl_secret(std::string(secrets.dhchap_controller->expose()));
    if (secrets.tls_psk)
        op.set_tls_psk(std::string(secrets.tls_psk->expose()));
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<void> Client::set_host_limits(HostId id, std::optional<std::uint32_t> max_num_paths,
                                         std::optional<std::uint32_t> max_num_sys_ports) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_host_limits();
    op.set_host(id.value);
    op.set_max_num_paths(max_num_paths.value_or(0));
    op.set_max_num_sys_ports(max_num_sys_ports.value_or(0));
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<VolumeId> Client::create_volume(const CreateVolume& r) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_create_volume();
    op.set_storage_pool(r.storage_pool.value);
    op.set_name(r.name);
    op.set_size_kb(r.size_kb);
    op.set_type(static_cast<wire::VolumeType>(r.type));
    put_properties(r.properties, *op.mutable_properties());
    return first_id<VolumeId>(impl_->call(std::move(request)));
}
MgmtResult<void> Client::resize_volume(VolumeId id, std::uint64_t size_kb) {
    wire::ManagementRequest request;
    request.mutable_resize_volume()->set_volume(id.value);
    request.mutable_resize_volume()->set_size_kb(size_kb);
    return nothing(impl_->call(std::move(request)));
}
MgmtResult<void> Client::remove_volume(VolumeId id, RemoveMode mode) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_remove();
    op.set_kind(wire::OBJECT_VOLUME);
    op.set_id(id.value);
    op.set_mode(static_cast<wire::RemoveMode>(mode));
    return nothing(impl_->call(std::move(request)));
}
MgmtResult<void> Client::set_access_mode_limit(VolumeId id, AccessMode limit) {
    wire::ManagementRequest request;
    request.mutable_set_access_limit()->set_volume(id.value);
    request.mutable_set_access_limit()->set_access_mode_limit(static_cast<wire::AccessMode>(limit));
    return nothing(impl_->call(std::move(request)));
}
MgmtResult<void> Client::map(VolumeId id, std::uint64_t initiator, const MapOptions& options) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_map_volume();
    op.set_volume(id.value);
    op.set_initiator(initiator);
    op.set_allow_multiple(options.allow_multiple);
    op.set_access_mode(static_cast<wire::AccessMode>(options.access_mode));
    op.set_iops_limit(options.iops_limit);
    op.set_bandwidth_limit_kbps(options.bandwidth_limit_kbps);
    op.set_kind(map_kind(options.verb));
    return nothing(impl_->call(std::move(request)));
}
MgmtResult<void> Client::unmap(VolumeId id, std::uint64_t initiator, MapVerb verb) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_unmap_volume();
    op.set_volume(id.value);
    op.set_initiator(initiator);
    op.set_kind(map_kind(verb));
    return nothing(impl_->call(std::move(request)));
}
MgmtResult<void> Client::unmap_all(VolumeId id, MapVerb verb) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_unmap_volume();
    op.set_volume(id.value);
    op.set_all(true);
    op.set_kind(map_kind(verb));
    return nothing(impl_->call(std::move(request)));
}
MgmtResult<void> Client::set_mapping(VolumeId id, std::uint64_t initiator,
                                     const MappingChange& change) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_mapping();
    op.set_volume(id.value);
    op.set_initiator(initiator);
    if (change.access_mode)
        op.set_access_mode(static_cast<wire::AccessMode>(*change.access_mode));
    if (change.iops_limit)
        op.set_iops_limit(*change.iops_limit);
    if (change.bandwidth_limit_kbps)
        op.set_bandwidth_limit_kbps(*change.bandwidth_limit_kbps);
    return nothing(impl_->call(std::move(request)));
}

MgmtResult<SnapshotGroup> Client::snapshot(const std::vector<SnapshotItem>& items,
                                           AccessMode access_mode_limit,
                                           const Properties& properties) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_snapshot_volumes();
    for (const auto& item : items) {
        auto& added = *op.add_items();
        added.set_volume(item.volume.value);
        added.set_name(item.name);
    }
    op.set_access_mode_limit(static_cast<wire::AccessMode>(access_mode_limit));
    put_properties(properties, *op.mutable_properties());
    auto reply = impl_->call(std::move(request));
    if (!reply)
        return tl::unexpected(std::move(reply).error());
    SnapshotGroup group;
    group.group = reply->group_id();
    for (auto id : reply->ids())
        group.volumes.push_back({id});
    return group;
}
MgmtResult<std::uint32_t> Client::remove_snapshot_group(std::uint64_t group) {
    wire::ManagementRequest request;
    request.mutable_remove_snapshot_group()->set_group(group);
    auto reply = impl_->call(std::move(request));
    if (!reply)
        return tl::unexpected(std::move(reply).error());
    return reply->count();
}
MgmtResult<void> Client::overwrite(VolumeId volume, VolumeId source) {
    wire::ManagementRequest request;
    request.mutable_overwrite_volume()->set_volume(volume.value);
    request.mutable_overwrite_volume()->set_source(source.value);
    return nothing(impl_->call(std::move(request)));
}

} // namespace pf::mdm
