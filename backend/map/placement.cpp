#include "backend/map/placement.hpp"

#include <algorithm>
#include <map>

namespace pf::map {
namespace {

struct Load {
    std::uint64_t weight = 0; // capacity
    std::uint64_t copies = 0;
    std::uint64_t primaries = 0;
};

// copies/weight compared without division; both weights are positive.
bool lighter(std::uint64_t copies_a, std::uint64_t weight_a, std::uint64_t copies_b,
             std::uint64_t weight_b) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<Wide>(copies_a) * weight_b < static_cast<Wide>(copies_b) * weight_a;
}

std::uint64_t capacity(const PlacementServer& server) {
    std::uint64_t sum = 0;
    for (const auto& device : server.devices)
        sum += device.capacity_kb;
    return sum;
}

// A server's fault unit: its fault set, or itself. Fault sets and servers share no number space,
// so the pair keeps them apart.
std::pair<bool, std::uint64_t> fault_unit(const PlacementServer& server) {
    if (server.fault_set.value != 0)
        return {true, server.fault_set.value};
    return {false, server.sds.value};
}

class Balance {
  public:
    explicit Balance(const std::vector<PlacementServer>& servers) : servers_(servers) {
        for (const auto& server : servers) {
            servers_load_[server.sds].weight = capacity(server);
            for (const auto& device : server.devices)
                devices_load_[device.device].weight = device.capacity_kb;
        }
    }

    void count(SdsId sds, DeviceId device, bool primary) {
        auto& load = servers_load_[sds];
        ++load.copies;
        load.primaries += primary ? 1 : 0;
        ++devices_load_[device].copies;
    }
    void count_pair(SdsId primary, SdsId secondary) { ++pairs_[{primary, secondary}]; }

    // Fewest primaries for its capacity.
    const PlacementServer* next_primary() const {
        const PlacementServer* best = nullptr;
        for (const auto& server : servers_) {
            const auto& load = servers_load_.at(server.sds);
            if (load.weight == 0)
                continue;
            if (best == nullptr) {
                best = &server;
                continue;
            }
            const auto& other = servers_load_.at(best->sds);
            if (lighter(load.primaries, load.weight, other.primaries, other.weight))
                best = &server;
        }
        return best;
    }

    // Fewest copies for its capacity, then fewest combs shared with `survivor`.
    const PlacementServer* next_secondary(SdsId survivor, SdsId excluded) const {
        const PlacementServer* home = nullptr;
        for (const auto& server : servers_)
            if (server.sds == survivor)
                home = &server;
        const PlacementServer* best = nullptr;
        for (const auto& server : servers_) {
            const auto& load = servers_load_.at(server.sds);
            if (load.weight == 0 || server.sds == survivor || server.sds == excluded)
                continue;
            if (home != nullptr && fault_unit(*home) == fault_unit(server))
                continue;
            if (best == nullptr || better(server.sds, best->sds, survivor))
                best = &server;
        }
        return best;
    }

    DeviceId next_device(const PlacementServer& server) const {
        const PlacementDevice* best = nullptr;
        for (const auto& device : server.devices) {
            const auto& load = devices_load_.at(device.device);
            if (load.weight == 0)
                continue;
            if (best == nullptr ||
                lighter(load.copies, load.weight, devices_load_.at(best->device).copies,
                        devices_load_.at(best->device).weight))
                best = &device;
        }
        return best == nullptr ? DeviceId{} : best->device;
    }

  private:
    bool better(SdsId a, SdsId b, SdsId survivor) const {
        const auto& la = servers_load_.at(a);
        const auto& lb = servers_load_.at(b);
        if (lighter(la.copies, la.weight, lb.copies, lb.weight))
            return true;
        if (lighter(lb.copies, lb.weight, la.copies, la.weight))
            return false;
        return pair_count(survivor, a) < pair_count(survivor, b);
    }
    std::uint64_t pair_count(SdsId primary, SdsId secondary) const {
        auto found = pairs_.find({primary, secondary});
        return found == pairs_.end() ? 0 : found->second;
    }

    const std::vector<PlacementServer>& servers_;
    std::map<SdsId, Load> servers_load_;
    std::map<DeviceId, Load> devices_load_;
    std::map<std::pair<SdsId, SdsId>, std::uint64_t> pairs_;
};

} // namespace

Result<std::vector<Comb>> place_combs(const PoolLayout& layout,
                                      const std::vector<PlacementServer>& servers,
                                      Generation generation) {
    Balance balance(servers);
    std::vector<Comb> combs;
    combs.reserve(layout.comb_count);
    for (std::uint32_t i = 0; i < layout.comb_count; ++i) {
        const auto* primary = balance.next_primary();
        if (primary == nullptr)
            return fail(Errc::NoSpace, "no server of the pool has a usable device");
        const auto* secondary = balance.next_secondary(primary->sds, SdsId{});
        if (secondary == nullptr)
            return fail(Errc::NoSpace, "two fault units with usable devices are needed");
        Comb comb;
        comb.id = CombId{layout.comb_base + i};
        comb.primary = primary->sds;
        comb.secondary = secondary->sds;
        comb.primary_device = balance.next_device(*primary);
        comb.secondary_device = balance.next_device(*secondary);
        comb.generation = generation;
        balance.count(comb.primary, comb.primary_device, true);
        balance.count(comb.secondary, comb.secondary_device, false);
        balance.count_pair(comb.primary, comb.secondary);
        combs.push_back(comb);
    }
    return combs;
}

std::optional<CopyTarget> choose_secondary(const std::vector<Comb>& combs,
                                           const std::vector<PlacementServer>& servers,
                                           SdsId survivor, SdsId excluded) {
    Balance balance(servers);
    for (const auto& comb : combs) {
        if (comb.primary.value != 0)
            balance.count(comb.primary, comb.primary_device, true);
        if (comb.secondary.value != 0)
            balance.count(comb.secondary, comb.secondary_device, false);
        if (comb.primary.value != 0 && comb.secondary.value != 0)
            balance.count_pair(comb.primary, comb.secondary);
    }
    const auto* target = balance.next_secondary(survivor, excluded);
    if (target == nullptr)
        return std::nullopt;
    const DeviceId device = balance.next_device(*target);
    if (device.value == 0)
        return std::nullopt;
    return CopyTarget{target->sds, device};
}

} // namespace pf::map
