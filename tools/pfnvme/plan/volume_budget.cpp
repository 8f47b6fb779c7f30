#include "tools/pfnvme/plan/volume_budget.hpp"

#include "tools/pfnvme/checks/checks.hpp"

#include <charconv>

namespace pf::nvmetool {

namespace {

constexpr std::uint64_t kKibPerGib = 1024 * 1024;

std::string text_of(const Params& params, const std::string& name) {
    const auto found = params.find(name);
    return found == params.end() ? std::string() : found->second;
}

std::uint64_t number_of(const Params& params, const std::string& name) {
    const std::string text = text_of(params, name);
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

template<class T>
T count_at(const std::map<std::string, T>& counts, const std::string& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? T{} : found->second;
}

std::string named(const Unit& unit) {
    return fmt::format("unit {} ({})", unit.id, unit.objects.datastore);
}

} // namespace

VolumeDemand volume_demand(const Inventory& inventory, const Unit& unit) {
    VolumeDemand out;
    for (const Step& step : unit.steps) {
        const Params& params = step.action.params;
        if (step.action.op == "volume.create") {
            out.kib_by_pool[text_of(params, "pool_id")] +=
                number_of(params, "size_gib") * kKibPerGib;
            ++out.volumes;
        } else if (step.action.op == "snapshot.create") {
            ++out.snapshots;
            if (const VolumeInfo* volume = inventory.volume(text_of(params, "volume"))) {
                out.kib_by_pool[volume->pool_id] += volume->size_kib;
                ++out.by_vtree[volume->vtree_id];
            }
        }
    }
    return out;
}

VolumeBudget::VolumeBudget(const Inventory& inventory) : inventory_(inventory) {
    for (const VolumeInfo& volume : inventory.volumes) {
        ++members_[volume.vtree_id];
        snapshots_ += volume.ancestor_id.empty() ? 0U : 1U;
    }
}

std::uint64_t VolumeBudget::limit(const std::string& name) const {
    const auto told = inventory_.powerflex.limits.find(name);
    return told != inventory_.powerflex.limits.end()
               ? told->second
               : builtin_limits().for_powerflex(name, UINT64_MAX);
}

std::vector<PlanFinding> VolumeBudget::exceeded_by(const Unit& unit) const {
    const VolumeDemand demand = volume_demand(inventory_, unit);
    std::vector<PlanFinding> out;
    for (const auto& [pool_id, kib] : demand.kib_by_pool) {
        const PoolInfo* pool = inventory_.pool(pool_id);
        if (pool == nullptr) {
            continue;
        }
        if (!pool->allocation_limit_kib) {
            out.push_back(finding(
                "P-CAP-03", "pool " + pool->name,
                fmt::format("pool '{}' does not tell its volume allocation limit", pool->name)));
            out.back().severity = "unknown";
            continue;
        }
        const std::uint64_t all = count_at(taken_.kib_by_pool, pool_id) + kib;
        if (all > *pool->allocation_limit_kib) {
            out.push_back(finding(
                "P-CAP-03", "pool " + pool->name,
                fmt::format("pool '{}' may allocate {} GiB more; with {} the plan's new volumes "
                            "and safety snapshots take {} GiB",
                            pool->name, *pool->allocation_limit_kib / kKibPerGib, named(unit),
                            all / kKibPerGib)));
        }
    }
    const std::uint64_t of_vtree = limit("volumePerVtree");
    for (const auto& [vtree, snapshots] : demand.by_vtree) {
        const std::size_t all =
            count_at(members_, vtree) + count_at(taken_.by_vtree, vtree) + snapshots;
        if (!vtree.empty() && all > of_vtree) {
            out.push_back(finding("P-SNAP-01", "datastore " + unit.objects.datastore,
                                  fmt::format("with the snapshots of {} its V-Tree has {} "
                                              "members; {} are allowed",
                                              named(unit), all, of_vtree)));
        }
    }
    const std::size_t snapshots = taken_.snapshots + demand.snapshots;
    const std::size_t volumes = taken_.volumes + demand.volumes + snapshots;
    const auto system = [&](const char* name, std::size_t now, std::size_t more) {
        if (more > 0 && now + more > limit(name)) {
            out.push_back(finding("P-LIM-03", "PowerFlex " + inventory_.powerflex.name,
                                  fmt::format("PowerFlex has {} {} and with {} would get {} more; "
                                              "it allows {}",
                                              now, name, named(unit), more, limit(name))));
        }
    };
    system("volumes", inventory_.volumes.size(), volumes);
    system("snapshots", snapshots_, snapshots);
    return out;
}

void VolumeBudget::take(const Unit& unit) {
    const VolumeDemand demand = volume_demand(inventory_, unit);
    for (const auto& [pool_id, kib] : demand.kib_by_pool) {
        taken_.kib_by_pool[pool_id] += kib;
    }
    for (const auto& [vtree, count] : demand.by_vtree) {
        taken_.by_vtree[vtree] += count;
    }
    taken_.volumes += demand.volumes;
    taken_.snapshots += demand.snapshots;
}

} // namespace pf::nvmetool
