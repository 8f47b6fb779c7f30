// Comb states: who leads, who is stale, who is being rebuilt. The rules are in core.hpp.
#include "backend/mdm/core/core.hpp"

#include <algorithm>

namespace pf::mdm {

using map::Comb;
using map::CombState;

Core::Member Core::member(map::SdsId sds, map::DeviceId device) const {
    if (sds.value == 0)
        return Member::None;
    auto found = sds_.find(sds.value);
    if (found == sds_.end())
        return Member::Dead;
    const auto& p = found->second;
    if (p.resync)
        return Member::Dead;
    if (!holds_lease(p))
        return Member::Dead;
    if (!p.joined)
        return Member::Silent;
    auto status = p.devices.find(device.value);
    if (status == p.devices.end())
        return Member::Silent; // has not said yet
    return status->second.open() ? Member::Up : Member::Dead;
}

void Core::bump(Comb& comb) {
    ++comb.generation.value;
    changes_.combs.insert(comb.id);
}

void Core::degrade(Comb& comb, map::SdsId survivor, std::string_view why) {
    if (survivor == comb.secondary) {
        std::swap(comb.primary, comb.secondary);
        std::swap(comb.primary_device, comb.secondary_device);
    }
    comb.state = CombState::Degraded;
    bump(comb);
    say(LogLevel::Debug, fmt::format("comb degraded comb={} primary={} stale={} gen={} why='{}'",
                                     comb.id.value, map::hex16(comb.primary),
                                     map::hex16(comb.secondary), comb.generation.value, why));
}

void Core::reconcile_comb(Comb& comb) {
    const auto p = member(comb.primary, comb.primary_device);
    const auto s = member(comb.secondary, comb.secondary_device);
    const auto returning = [this](map::SdsId id) { // restarted, registered, waits to be let in
        auto found = sds_.find(id.value);
        return found != sds_.end() && found->second.resync && found->second.session != 0;
    };
    switch (comb.state) {
    case CombState::Normal:
        if (p == Member::Up && (s == Member::Dead || s == Member::None))
            degrade(comb, comb.primary, "secondary lost");
        else if (p == Member::Dead && s == Member::Up)
            degrade(comb, comb.secondary, "primary lost");
        else if (p == Member::Dead && s == Member::Dead) {
            // Both stopped at once. Each has every acknowledged write; one of those that came
            // back leads, and the other is copied from it, since they may differ in writes that
            // were never acknowledged.
            if (returning(comb.primary))
                degrade(comb, comb.primary, "both restarted");
            else if (returning(comb.secondary))
                degrade(comb, comb.secondary, "both restarted");
        }
        break;
    case CombState::Rebuilding:
        if (p == Member::Dead || s == Member::Dead || s == Member::None)
            degrade(comb, comb.primary, "rebuild interrupted");
        break;
    case CombState::Degraded:
    case CombState::Failed:
        break;
    }
}

void Core::reconcile() {
    for (auto& [id, p] : sds_) {
        const bool held = p.gone_since == MonoTime{};
        if (!held && holds_lease(p))
            p.gone_since = MonoTime{};
        else if (held && !holds_lease(p)) {
            p.gone_since = now_.mono;
            if (p.joined || p.session == 0)
                say(LogLevel::Warn, fmt::format("SDS lost its lease sds={}", map::hex16(id)));
            volatile_changed_ = true;
        }
    }
    for (auto& [id, comb] : state_.combs)
        reconcile_comb(comb);
    finish_resyncs();
    start_rebuilds();
}

// A server that restarted uncleanly is let in once none of its copies counts as complete merely
// because it did so before the restart.
void Core::finish_resyncs() {
    for (auto& [id, p] : sds_) {
        if (!p.resync || p.session == 0)
            continue;
        const map::SdsId sds{id};
        const bool open =
            std::any_of(state_.combs.begin(), state_.combs.end(), [sds](const auto& entry) {
                const Comb& comb = entry.second;
                return comb.has_copy(sds) &&
                       (comb.state == CombState::Normal || comb.state == CombState::Rebuilding);
            });
        if (open)
            continue;
        p.resync = false;
        auto& record = state_.sds.at(id);
        record.set_incarnation(p.incarnation);
        record.set_restarts(record.restarts() + 1);
        changes_.sds.insert(id);
        say(LogLevel::Info, fmt::format("SDS restart resolved sds={}", map::hex16(id)));
    }
}

void Core::start_rebuilds() {
    std::map<std::uint64_t, std::uint32_t> running;
    for (const auto& [id, comb] : state_.combs)
        if (comb.state == CombState::Rebuilding)
            ++running[comb.secondary.value];
    for (auto& [id, comb] : state_.combs) {
        if (comb.state != CombState::Degraded)
            continue;
        if (member(comb.primary, comb.primary_device) != Member::Up)
            continue;
        auto later = rebuild_not_before_.find(id);
        if (later != rebuild_not_before_.end()) {
            if (later->second > now_.mono)
                continue;
            rebuild_not_before_.erase(later);
        }
        new_home(comb);
        if (member(comb.secondary, comb.secondary_device) != Member::Up ||
            running[comb.secondary.value] >= config_.max_rebuilds_per_sds)
            continue;
        ++running[comb.secondary.value];
        comb.state = CombState::Rebuilding;
        bump(comb);
    }
}

// A degraded comb without a second home, or whose second home has been away for long, gets another.
void Core::new_home(Comb& comb) {
    if (comb.secondary.value != 0) {
        auto away = sds_.find(comb.secondary.value);
        const bool lost = away == sds_.end() ||
                          (!holds_lease(away->second) && away->second.session == 0 &&
                           now_.mono - away->second.gone_since > config_.forward_rebuild_after);
        if (!lost)
            return;
    }
    const auto pool = state_.pool_of(comb.id);
    if (pool == 0)
        return;
    auto servers = placement_servers(pool);
    std::erase_if(servers, [this, &comb](const map::PlacementServer& server) {
        return server.sds != comb.primary && !sds_up(server.sds);
    });
    std::vector<Comb> table;
    const auto& record = state_.pools.at(pool);
    for (auto at = state_.combs.lower_bound(map::CombId{record.comb_base()});
         at != state_.combs.end() && at->first.value < record.comb_base() + record.comb_count();
         ++at)
        table.push_back(at->second);
    const auto target = map::choose_secondary(table, servers, comb.primary, comb.secondary);
    if (!target)
        return;
    comb.secondary = target->sds;
    comb.secondary_device = target->device;
    bump(comb);
    say(LogLevel::Info, fmt::format("comb gets a new second copy comb={} sds={}", comb.id.value,
                                    map::hex16(comb.secondary)));
}

std::vector<map::PlacementServer> Core::placement_servers(std::uint64_t pool) const {
    std::map<std::uint64_t, map::PlacementServer> servers;
    for (const auto& [id, device] : state_.devices) {
        if (device.storage_pool() != pool || device.state() != wire::DEVICE_NORMAL)
            continue;
        auto& server = servers[device.sds()];
        server.sds = map::SdsId{device.sds()};
        server.fault_set = map::FaultSetId{state_.sds.at(device.sds()).fault_set()};
        server.devices.push_back({map::DeviceId{id}, device.capacity_kb()});
    }
    std::vector<map::PlacementServer> out;
    out.reserve(servers.size());
    for (auto& [id, server] : servers)
        out.push_back(std::move(server));
    return out;
}

bool Core::pool_is_empty(std::uint64_t pool) const {
    return std::none_of(state_.vtrees.begin(), state_.vtrees.end(),
                        [pool](const auto& entry) { return entry.second.storage_pool() == pool; });
}

void Core::unplace(std::uint64_t pool) {
    auto& record = state_.pools.at(pool);
    auto at = state_.combs.lower_bound(map::CombId{record.comb_base()});
    while (at != state_.combs.end() && at->first.value < record.comb_base() + record.comb_count()) {
        changes_.combs.insert(at->first);
        rebuild_not_before_.erase(at->first);
        record.set_generation_floor(
            std::max(record.generation_floor(), at->second.generation.value));
        changes_.pools.insert(pool);
        at = state_.combs.erase(at);
    }
}

// Combs are placed when the first volume needs them, over the devices that are there by then; a
// pool without volumes is placed anew when its devices have changed.
Outcome<> Core::ensure_placed(std::uint64_t pool) {
    auto& record = state_.pools.at(pool);
    const auto servers = placement_servers(pool);
    const auto first = map::CombId{record.comb_base()};
    map::Generation highest;
    const bool placed = record.comb_count() != 0 && state_.combs.contains(first);
    if (placed) {
        if (!pool_is_empty(pool))
            return {};
        std::set<map::DeviceId> used;
        for (auto at = state_.combs.lower_bound(first);
             at != state_.combs.end() && at->first.value < first.value + record.comb_count();
             ++at) {
            used.insert(at->second.primary_device);
            used.insert(at->second.secondary_device);
            highest = std::max(highest, at->second.generation);
        }
        std::set<map::DeviceId> there;
        for (const auto& server : servers)
            for (const auto& device : server.devices)
                there.insert(device.device);
        if (used == there)
            return {};
    }
    if (record.comb_count() == 0) {
        record.set_comb_base(state_.system.next_comb());
        record.set_comb_count(config_.comb_count);
        state_.system.set_next_comb(state_.system.next_comb() + config_.comb_count);
        changes_.system = true;
    }
    const map::PoolLayout layout{map::StoragePoolId{pool}, record.comb_base(), record.comb_count()};
    // Generations never fall, whatever the combs were before.
    const map::Generation generation{std::max(record.generation_floor(), highest.value) + 1};
    auto combs = map::place_combs(layout, servers, generation);
    if (!combs)
        return refuse(Rc::NotEnoughSds, "The Storage Pool '{}' needs devices on two SDSs: {}",
                      record.name(), combs.error().what);
    for (const auto& comb : *combs) {
        state_.combs.insert_or_assign(comb.id, comb);
        changes_.combs.insert(comb.id);
    }
    changes_.pools.insert(pool);
    return {};
}

} // namespace pf::mdm
