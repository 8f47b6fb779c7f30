#include "backend/sdc/map_state.hpp"

#include "control.pb.h"

#include "backend/map/records.hpp"

#include <algorithm>

namespace pf::sdc {

namespace wire = proto::control;

namespace {

AccessMode access_of(wire::AccessMode mode) {
    switch (mode) {
    case wire::READ_WRITE:
        return AccessMode::ReadWrite;
    case wire::READ_ONLY:
        return AccessMode::ReadOnly;
    default:
        return AccessMode::NoAccess;
    }
}

nvme::HostId host_id_of(const std::string& bytes) {
    nvme::HostId id{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), id.size()), id.begin());
    return id;
}

std::shared_ptr<const nvme::Reservation> reservation_of(const wire::ReservationRecord& m) {
    auto out = std::make_shared<nvme::Reservation>();
    out->generation = m.generation();
    out->type = static_cast<nvme::ReservationType>(m.type());
    out->holder = host_id_of(m.holder());
    out->persist = m.persist();
    for (const auto& item : m.registrants()) {
        out->registrants.push_back(nvme::Registrant{host_id_of(item.host()), item.key()});
    }
    out->last_serial = m.last_serial();
    for (const auto& item : m.notices()) {
        out->notices.push_back(nvme::ReservationNotice{item.serial(),
                                                       static_cast<nvme::NoticeKind>(item.kind()),
                                                       host_id_of(item.host()), item.abort()});
    }
    return out;
}

Volume volume_of(const wire::VolumeInfo& m) {
    Volume volume;
    volume.id = map::VolumeId{m.id()};
    volume.name = m.name();
    volume.size_bytes = m.size_kb() * 1024;
    volume.pool = map::StoragePoolId{m.pool()};
    volume.vtree = map::VtreeId{m.vtree()};
    volume.leaf = map::NodeId{m.leaf()};
    volume.leaf_fence = m.leaf_fence();
    volume.nsid = m.nsid();
    volume.nguid = m.nguid();
    volume.access = access_of(m.access_mode());
    volume.iops_limit = m.iops_limit();
    volume.bandwidth_limit_kbps = m.bandwidth_limit_kbps();
    if (m.has_reservation()) {
        volume.reservation = reservation_of(m.reservation());
    }
    return volume;
}

Host host_of(const wire::HostInfo& m) {
    Host host;
    host.id = map::HostId{m.id()};
    host.nqn = m.nqn();
    host.name = m.name();
    host.max_num_paths = m.max_num_paths();
    host.max_num_sys_ports = m.max_num_sys_ports();
    host.dhchap_secret = Secret(m.dhchap_secret());
    host.dhchap_ctrl_secret = Secret(m.dhchap_ctrl_secret());
    host.tls_psk = Secret(m.tls_psk());
    for (const auto& item : m.mappings()) {
        HostMapping mapping;
        mapping.volume = map::VolumeId{item.volume()};
        mapping.nsid = item.nsid();
        mapping.access = access_of(item.access_mode());
        mapping.iops_limit = item.iops_limit();
        mapping.bandwidth_limit_kbps = item.bandwidth_limit_kbps();
        host.mappings.push_back(mapping);
    }
    return host;
}

Sdt sdt_of(const wire::SdtRecord& m) {
    Sdt sdt;
    sdt.id = map::SdtId{m.id()};
    sdt.name = m.name();
    for (const auto& item : m.ips()) {
        SdtAddress address;
        address.ip = item.ip();
        address.role = static_cast<SdtIpRole>(item.role());
        address.port_id = item.port_id();
        sdt.addresses.push_back(std::move(address));
    }
    sdt.nvme_port = static_cast<std::uint16_t>(m.nvme_port());
    sdt.discovery_port = static_cast<std::uint16_t>(m.discovery_port());
    sdt.tls_port = static_cast<std::uint16_t>(m.tls_port());
    sdt.index = m.index();
    sdt.maintenance = m.maintenance();
    sdt.connected = m.connected();
    return sdt;
}

} // namespace

std::vector<map::VolumeId> MapState::apply(const wire::MapUpdate& update) {
    std::vector<map::VolumeId> gone;
    if (update.full()) {
        for (const auto& [id, volume] : volumes_) {
            gone.push_back(id);
        }
        volumes_.clear();
        hosts_.clear();
        sdts_.clear();
        pools_.clear();
        combs_.clear();
        servers_.clear();
    }
    epoch_ = map::MapEpoch{update.epoch()};
    if (!update.system_nqn().empty()) {
        system_nqn_ = update.system_nqn();
    }
    for (const auto& m : update.pools()) {
        map::PoolLayout layout;
        layout.pool = map::StoragePoolId{m.id()};
        layout.comb_base = m.comb_base();
        layout.comb_count = m.comb_count();
        pools_[layout.pool] = layout;
    }
    for (const auto id : update.removed_pools()) {
        pools_.erase(map::StoragePoolId{id});
    }
    for (const auto& m : update.combs()) {
        const map::Comb comb = map::comb_of_record(m.comb());
        combs_[comb.id] = comb;
    }
    for (const auto& m : update.sds()) {
        std::vector<rt::Endpoint> addresses;
        for (const auto& ip : m.ips()) {
            if (ip.role() != wire::SDS_ONLY) {
                addresses.push_back(rt::Endpoint{ip.ip(), static_cast<std::uint16_t>(m.port())});
            }
        }
        servers_[map::SdsId{m.sds()}] = std::move(addresses);
    }
    for (const auto id : update.removed_sds()) {
        servers_.erase(map::SdsId{id});
    }
    for (const auto& m : update.volumes()) {
        volumes_[map::VolumeId{m.id()}] = volume_of(m);
    }
    for (const auto id : update.removed_volumes()) {
        if (volumes_.erase(map::VolumeId{id}) > 0) {
            gone.push_back(map::VolumeId{id});
        }
    }
    for (const auto& m : update.hosts()) {
        hosts_[map::HostId{m.id()}] = host_of(m);
    }
    for (const auto id : update.removed_hosts()) {
        hosts_.erase(map::HostId{id});
    }
    for (const auto& m : update.sdts()) {
        sdts_[map::SdtId{m.id()}] = sdt_of(m);
    }
    for (const auto id : update.removed_sdts()) {
        sdts_.erase(map::SdtId{id});
    }
    std::erase_if(gone, [&](map::VolumeId id) { return volumes_.contains(id); });
    return gone;
}

std::shared_ptr<const View> MapState::make_view(map::SystemId system,
                                                std::uint64_t client_id) const {
    auto view = std::make_shared<View>();
    view->epoch = epoch_;
    view->system = system;
    view->client_id = client_id;
    view->system_nqn = system_nqn_;
    for (const auto& [id, volume] : volumes_) {
        view->volumes.push_back(volume);
    }
    for (const auto& [id, host] : hosts_) {
        view->hosts.push_back(host);
    }
    for (const auto& [id, sdt] : sdts_) {
        view->sdts.push_back(sdt);
    }
    return view;
}

const Volume* MapState::volume(map::VolumeId id) const {
    const auto found = volumes_.find(id);
    return found == volumes_.end() ? nullptr : &found->second;
}

const map::Comb* MapState::comb_of(const Volume& volume, std::uint64_t unit) const {
    const auto pool = pools_.find(volume.pool);
    if (pool == pools_.end() || pool->second.comb_count == 0) {
        return nullptr;
    }
    const auto comb = combs_.find(map::comb_of(pool->second, volume.vtree, unit));
    return comb == combs_.end() ? nullptr : &comb->second;
}

std::unordered_set<std::uint64_t> MapState::primaries() const {
    std::unordered_set<std::uint64_t> all;
    for (const auto& [id, comb] : combs_) {
        all.insert(comb.primary.value);
    }
    return all;
}

const std::vector<rt::Endpoint>* MapState::addresses(map::SdsId sds) const {
    const auto found = servers_.find(sds);
    return found == servers_.end() || found->second.empty() ? nullptr : &found->second;
}

} // namespace pf::sdc
