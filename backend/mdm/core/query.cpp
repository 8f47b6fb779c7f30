// The snapshot that management reads: every object, with its live state.
#include "backend/map/nvme_ports.hpp"
#include "backend/mdm/core/core.hpp"

#include <algorithm>

namespace pf::mdm {

void Core::build_snapshot(wire::Snapshot& out) const {
    out.set_revision(revision_);
    *out.mutable_system() = state_.system;
    out.set_mdm_version(config_.version);
    out.set_map_epoch(state_.epoch);
    for (const auto& [id, record] : state_.domains)
        *out.add_protection_domains() = record;
    for (const auto& [id, record] : state_.fault_sets)
        *out.add_fault_sets() = record;
    for (const auto& [id, record] : state_.pools) {
        *out.add_storage_pools() = record;
        pool_stats(id, *out.add_pool_stats());
    }
    std::map<std::uint64_t, std::pair<std::uint32_t, std::uint32_t>> roles;
    for (const auto& [id, comb] : state_.combs) {
        ++roles[comb.primary.value].first;
        ++roles[comb.secondary.value].second;
    }
    for (const auto& [id, record] : state_.sds) {
        auto& view = *out.add_sds();
        *view.mutable_record() = record;
        view.set_connected(sds_.at(id).session != 0);
        view.set_joined(sds_up(map::SdsId{id}));
        view.set_primary_combs(roles[id].first);
        view.set_secondary_combs(roles[id].second);
    }
    for (const auto& [id, record] : state_.devices) {
        auto& view = *out.add_devices();
        *view.mutable_record() = record;
        const auto& known = sds_.at(record.sds()).devices;
        if (auto status = known.find(id); status != known.end())
            view.set_used_kb(status->second.used_kb());
    }
    for (const auto& [id, record] : state_.sdts) {
        auto& view = *out.add_sdts();
        *view.mutable_record() = record;
        auto p = clients_.find({PartyKind::Sdt, id});
        if (p == clients_.end())
            continue;
        view.set_connected(p->second.session != 0);
        const auto& controllers = p->second.controllers;
        view.set_persistent_discovery_controllers(static_cast<std::uint32_t>(
            std::count_if(controllers.begin(), controllers.end(),
                          [](const auto& c) { return c.discovery() && c.persistent(); })));
    }
    for (const auto& [id, record] : state_.sdcs) {
        auto& view = *out.add_sdcs();
        *view.mutable_record() = record;
        auto p = clients_.find({PartyKind::Sdc, id});
        view.set_connected(p != clients_.end() && p->second.session != 0);
    }
    for (const auto& [id, record] : state_.hosts) {
        auto& view = *out.add_hosts();
        *view.mutable_record() = record;
        view.mutable_record()->clear_dhchap_secret();
        view.mutable_record()->clear_dhchap_ctrl_secret();
        view.mutable_record()->clear_tls_psk();
        view.set_has_dhchap_secret(!record.dhchap_secret().empty());
        view.set_has_dhchap_ctrl_secret(!record.dhchap_ctrl_secret().empty());
        view.set_has_tls_psk(!record.tls_psk().empty());
        for (auto& controller : controllers_of(record))
            *view.add_controllers() = std::move(controller);
    }
    for (const auto& [id, record] : state_.volumes)
        *out.add_volumes() = record;
    for (const auto& [id, record] : state_.vtrees)
        *out.add_vtrees() = record;
}

std::vector<wire::NvmeControllerState> Core::controllers_of(const wire::HostRecord& host) const {
    std::vector<map::SystemPort> ports;
    for (const auto& [id, sdt] : state_.sdts)
        for (const auto& ip : sdt.ips())
            if (ip.role() != wire::STORAGE_ONLY)
                ports.push_back({map::SdtId{id}, ip.port_id(), ip.ip(),
                                 static_cast<std::uint16_t>(sdt.nvme_port()),
                                 static_cast<std::uint16_t>(sdt.discovery_port())});
    const auto assigned =
        map::assign_ports(ports, map::HostId{host.id()}, host.max_num_sys_ports());
    std::vector<wire::NvmeControllerState> out;
    for (const auto& [key, p] : clients_) {
        if (p.session == 0)
            continue;
        for (const auto& report : p.controllers) {
            if (report.host_nqn() != host.nqn())
                continue;
            wire::NvmeControllerState view;
            view.set_id((0xcc00'0001ULL << 32) | report.controller_id());
            view.set_sdt(key.id);
            *view.mutable_report() = report;
            view.set_assigned(std::any_of(assigned.begin(), assigned.end(), [&](const auto& port) {
                return port.port_id == report.port_id();
            }));
            out.push_back(std::move(view));
        }
    }
    return out;
}

void Core::pool_stats(std::uint64_t pool, wire::PoolStats& out) const {
    for (const auto& [id, device] : state_.devices) {
        if (device.storage_pool() != pool || device.state() != wire::DEVICE_NORMAL)
            continue;
        out.set_max_capacity_kb(out.max_capacity_kb() + device.capacity_kb());
        const auto& known = sds_.at(device.sds()).devices;
        if (auto status = known.find(id); status != known.end())
            out.set_used_kb(out.used_kb() + status->second.used_kb());
    }
    for (const auto& [id, v] : state_.volumes) {
        if (v.storage_pool() != pool)
            continue;
        if (v.type() == wire::THICK_PROVISIONED)
            out.set_thick_kb(out.thick_kb() + 2 * v.size_kb());
        else
            out.set_thin_allocated_kb(out.thin_allocated_kb() + 2 * v.size_kb());
    }
    const auto& record = state_.pools.at(pool);
    for (auto at = state_.combs.lower_bound(map::CombId{record.comb_base()});
         at != state_.combs.end() && at->first.value < record.comb_base() + record.comb_count();
         ++at) {
        const auto& comb = at->second;
        const bool primary = member(comb.primary, comb.primary_device) == Member::Up;
        const bool secondary = comb.state == map::CombState::Normal &&
                               member(comb.secondary, comb.secondary_device) == Member::Up;
        if (!primary && !secondary)
            out.set_combs_failed(out.combs_failed() + 1);
        else if (comb.state == map::CombState::Normal)
            out.set_combs_normal(out.combs_normal() + 1);
        else if (comb.state == map::CombState::Rebuilding)
            out.set_combs_rebuilding(out.combs_rebuilding() + 1);
        else
            out.set_combs_degraded(out.combs_degraded() + 1);
        if (auto lead = sds_.find(comb.primary.value); lead != sds_.end()) {
            auto job = lead->second.rebuilds.find(comb.id.value);
            if (job != lead->second.rebuilds.end())
                out.set_rebuild_bytes_left(
                    out.rebuild_bytes_left() + job->second.bytes_total() -
                    std::min(job->second.bytes_done(), job->second.bytes_total()));
        }
    }
}

} // namespace pf::mdm
