// What each party is told: data servers their configuration, clients their map.
#include "backend/mdm/core/core.hpp"

namespace pf::mdm {
namespace {

wire::CombInfo comb_info(std::uint64_t pool, const map::Comb& comb) {
    wire::CombInfo info;
    info.set_pool(pool);
    *info.mutable_comb() = to_record(comb);
    return info;
}

} // namespace

wire::SdsPeer Core::peer_of(const wire::SdsRecord& sds) const {
    wire::SdsPeer peer;
    peer.set_sds(sds.id());
    peer.set_name(sds.name());
    *peer.mutable_ips() = sds.ips();
    peer.set_port(sds.port());
    return peer;
}

wire::DeviceConfig Core::device_config(const wire::DeviceRecord& device) const {
    wire::DeviceConfig config;
    config.set_device(device.id());
    config.set_pool(device.storage_pool());
    config.set_path(device.path());
    config.set_capacity_limit_kb(device.capacity_limit_kb());
    config.set_may_format(device.state() == wire::DEVICE_PENDING);
    return config;
}

bool Core::node_concerns(const map::Node& node, const wire::SdsRecord& sds) const {
    auto pool = state_.pools.find(node.pool.value);
    return pool != state_.pools.end() &&
           pool->second.protection_domain() == sds.protection_domain();
}

void Core::push_sds_config(std::uint64_t sds, SdsParty& p) {
    wire::Envelope envelope;
    auto& config = *envelope.mutable_sds_config();
    config.set_epoch(state_.epoch);
    if (p.needs_full) {
        p.needs_full = false;
        full_sds_config(sds, p, config);
    } else if (!delta_sds_config(sds, p, config)) {
        return;
    }
    sent(p);
    send(p.session, std::move(envelope));
}

void Core::full_sds_config(std::uint64_t sds, SdsParty& p, wire::SdsConfig& out) {
    const auto& record = state_.sds.at(sds);
    out.set_full(true);
    p.known_combs.clear();
    for (const auto& [id, comb] : state_.combs)
        if (comb.has_copy(map::SdsId{sds})) {
            *out.add_combs() = comb_info(state_.pool_of(id), comb);
            p.known_combs.insert(id);
        }
    for (const auto& [id, node] : state_.nodes)
        if (node_concerns(node, record))
            *out.add_nodes() = to_record(node);
    for (const auto& [id, other] : state_.sds)
        if (id != sds && other.protection_domain() == record.protection_domain())
            *out.add_peers() = peer_of(other);
    for (const auto& [id, device] : state_.devices)
        if (device.sds() == sds)
            *out.add_devices() = device_config(device);
}

bool Core::delta_sds_config(std::uint64_t sds, SdsParty& p, wire::SdsConfig& out) {
    const auto& record = state_.sds.at(sds);
    for (auto id : changes_.combs) {
        auto comb = state_.combs.find(id);
        if (comb != state_.combs.end() && comb->second.has_copy(map::SdsId{sds})) {
            *out.add_combs() = comb_info(state_.pool_of(id), comb->second);
            p.known_combs.insert(id);
        } else if (p.known_combs.erase(id) > 0) {
            out.add_removed_combs(id.value);
        }
    }
    for (auto id : changes_.nodes) {
        auto node = state_.nodes.find(id);
        if (node == state_.nodes.end())
            out.add_removed_nodes(id.value);
        else if (node_concerns(node->second, record))
            *out.add_nodes() = to_record(node->second);
    }
    for (auto id : changes_.sds) {
        auto other = state_.sds.find(id);
        if (other == state_.sds.end())
            out.add_removed_peers(id);
        else if (id != sds && other->second.protection_domain() == record.protection_domain())
            *out.add_peers() = peer_of(other->second);
    }
    for (auto id : changes_.devices) {
        auto device = state_.devices.find(id);
        if (device == state_.devices.end())
            out.add_removed_devices(id);
        else if (device->second.sds() == sds)
            *out.add_devices() = device_config(device->second);
    }
    return out.combs_size() + out.removed_combs_size() + out.nodes_size() +
               out.removed_nodes_size() + out.peers_size() + out.removed_peers_size() +
               out.devices_size() + out.removed_devices_size() >
           0;
}

bool Core::client_sees(const PartyKey& key, const wire::VolumeRecord& v) const {
    for (const auto& mapping : v.mappings())
        if (key.kind == PartyKind::Sdc ? mapping.initiator() == key.id
                                       : state_.hosts.contains(mapping.initiator()))
            return true;
    return false;
}

wire::VolumeInfo Core::volume_info(const PartyKey& key, const wire::VolumeRecord& v) const {
    wire::VolumeInfo info;
    info.set_id(v.id());
    info.set_name(v.name());
    info.set_size_kb(v.size_kb());
    info.set_pool(v.storage_pool());
    info.set_vtree(v.vtree());
    info.set_leaf(v.leaf());
    if (const auto leaf = state_.nodes.find(map::NodeId{v.leaf()}); leaf != state_.nodes.end())
        info.set_leaf_fence(leaf->second.fence);
    info.set_nsid(v.nsid());
    info.set_type(v.type());
    info.set_nguid(map::nguid_hex(map::VolumeId{v.id()}, map::SystemId{state_.system.id()}));
    info.set_access_mode(v.access_mode_limit());
    if (key.kind == PartyKind::Sdt && v.has_reservation())
        *info.mutable_reservation() = v.reservation();
    if (key.kind == PartyKind::Sdc)
        for (const auto& mapping : v.mappings())
            if (mapping.initiator() == key.id) {
                info.set_access_mode(std::max(mapping.access_mode(), v.access_mode_limit()));
                info.set_iops_limit(mapping.iops_limit());
                info.set_bandwidth_limit_kbps(mapping.bandwidth_limit_kbps());
            }
    return info;
}

wire::SdtRecord Core::sdt_info(const wire::SdtRecord& sdt) const {
    wire::SdtRecord info = sdt;
    const auto at = clients_.find(PartyKey{PartyKind::Sdt, sdt.id()});
    info.set_connected(at != clients_.end() && at->second.session != 0);
    return info;
}

wire::HostInfo Core::host_info(const wire::HostRecord& host) const {
    wire::HostInfo info;
    info.set_id(host.id());
    info.set_nqn(host.nqn());
    info.set_name(host.name());
    info.set_max_num_paths(host.max_num_paths());
    info.set_max_num_sys_ports(host.max_num_sys_ports());
    info.set_dhchap_secret(host.dhchap_secret());
    info.set_dhchap_ctrl_secret(host.dhchap_ctrl_secret());
    info.set_tls_psk(host.tls_psk());
    for (const auto& [id, v] : state_.volumes)
        for (const auto& mapping : v.mappings()) {
            if (mapping.initiator() != host.id())
                continue;
            auto& m = *info.add_mappings();
            m.set_volume(id);
            m.set_nsid(v.nsid());
            m.set_access_mode(std::max(mapping.access_mode(), v.access_mode_limit()));
            m.set_iops_limit(mapping.iops_limit());
            m.set_bandwidth_limit_kbps(mapping.bandwidth_limit_kbps());
        }
    return info;
}

void Core::add_pool(wire::MapUpdate& out, const wire::StoragePoolRecord& pool) const {
    auto& info = *out.add_pools();
    info.set_id(pool.id());
    info.set_protection_domain(pool.protection_domain());
    info.set_comb_base(pool.comb_base());
    info.set_comb_count(pool.comb_count());
}

void Core::add_combs(wire::MapUpdate& out, std::uint64_t pool) const {
    const auto& record = state_.pools.at(pool);
    for (auto at = state_.combs.lower_bound(map::CombId{record.comb_base()});
         at != state_.combs.end() && at->first.value < record.comb_base() + record.comb_count();
         ++at)
        *out.add_combs() = comb_info(pool, at->second);
}

void Core::push_map(const PartyKey& key, ClientParty& p) {
    wire::Envelope envelope;
    auto& update = *envelope.mutable_map_update();
    update.set_epoch(state_.epoch);
    update.set_system_nqn(map::system_nqn(map::SystemId{state_.system.id()}));
    if (p.needs_full) {
        p.needs_full = false;
        envelope.set_request_id(std::exchange(p.full_request_id, 0));
        full_map(key, p, update);
    } else if (!delta_map(key, p, update)) {
        return;
    }
    sent(p);
    send(p.session, std::move(envelope));
}

void Core::full_map(const PartyKey& key, ClientParty& p, wire::MapUpdate& out) {
    out.set_full(true);
    p.known_volumes.clear();
    for (const auto& [id, pool] : state_.pools) {
        add_pool(out, pool);
        add_combs(out, id);
    }
    for (const auto& [id, sds] : state_.sds)
        *out.add_sds() = peer_of(sds);
    for (const auto& [id, v] : state_.volumes)
        if (client_sees(key, v)) {
            *out.add_volumes() = volume_info(key, v);
            p.known_volumes.insert(id);
        }
    if (key.kind == PartyKind::Sdt) {
        for (const auto& [id, host] : state_.hosts)
            *out.add_hosts() = host_info(host);
        for (const auto& [id, sdt] : state_.sdts)
            *out.add_sdts() = sdt_info(sdt);
    }
}

bool Core::delta_map(const PartyKey& key, ClientParty& p, wire::MapUpdate& out) {
    for (auto id : changes_.pools) {
        auto pool = state_.pools.find(id);
        if (pool == state_.pools.end())
            out.add_removed_pools(id);
        else
            add_pool(out, pool->second);
    }
    for (auto id : changes_.combs)
        if (auto comb = state_.combs.find(id); comb != state_.combs.end())
            *out.add_combs() = comb_info(state_.pool_of(id), comb->second);
    for (auto id : changes_.sds) {
        auto sds = state_.sds.find(id);
        if (sds == state_.sds.end())
            out.add_removed_sds(id);
        else
            *out.add_sds() = peer_of(sds->second);
    }
    for (auto id : changes_.volumes) {
        auto v = state_.volumes.find(id);
        if (v != state_.volumes.end() && client_sees(key, v->second)) {
            *out.add_volumes() = volume_info(key, v->second);
            p.known_volumes.insert(id);
        } else if (p.known_volumes.erase(id) > 0) {
            out.add_removed_volumes(id);
        }
    }
    if (key.kind == PartyKind::Sdt) {
        for (auto id : changes_.hosts) {
            auto host = state_.hosts.find(id);
            if (host == state_.hosts.end())
                out.add_removed_hosts(id);
            else
                *out.add_hosts() = host_info(host->second);
        }
        for (auto id : changes_.sdts) {
            auto sdt = state_.sdts.find(id);
            if (sdt == state_.sdts.end())
                out.add_removed_sdts(id);
            else
                *out.add_sdts() = sdt_info(sdt->second);
        }
    }
    return out.pools_size() + out.removed_pools_size() + out.combs_size() + out.sds_size() +
               out.removed_sds_size() + out.volumes_size() + out.removed_volumes_size() +
               out.hosts_size() + out.removed_hosts_size() + out.sdts_size() +
               out.removed_sdts_size() >
           0;
}

} // namespace pf::mdm
