#include "backend/map/map.hpp"

#include "base/assert.hpp"

#include <bit>
#include <set>

namespace pf::map {

std::string_view to_string(CombState state) noexcept {
    switch (state) {
    case CombState::Normal:
        return "Normal";
    case CombState::Degraded:
        return "Degraded";
    case CombState::Rebuilding:
        return "Rebuilding";
    case CombState::Failed:
        return "Failed";
    }
    return "?";
}

bool Comb::has_valid_copy(SdsId sds) const noexcept {
    if (sds.value == 0 || state == CombState::Failed)
        return false;
    return sds == primary || (sds == secondary && state == CombState::Normal);
}

bool Comb::has_copy(SdsId sds) const noexcept {
    return sds.value != 0 && (sds == primary || sds == secondary);
}

SdsId Comb::other(SdsId sds) const noexcept {
    if (sds == primary)
        return secondary;
    return sds == secondary ? primary : SdsId{};
}

CombId comb_of(const PoolLayout& layout, VtreeId vtree, std::uint64_t unit) noexcept {
    PF_ASSERT(std::has_single_bit(layout.comb_count), "comb count is a power of two");
    // splitmix64 finaliser: the V-Tree's own starting comb.
    std::uint64_t h = vtree.value + 0x9e3779b97f4a7c15ULL;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    h ^= h >> 31;
    const std::uint64_t index = (h + unit) & (layout.comb_count - 1);
    return CombId{layout.comb_base + static_cast<std::uint32_t>(index)};
}

Result<std::vector<NodeId>> ancestry(const NodeTable& nodes, NodeId leaf) {
    std::vector<NodeId> chain;
    for (NodeId at = leaf; at.value != 0;) {
        auto found = nodes.find(at);
        if (found == nodes.end())
            return fail(Errc::Corrupt, "V-Tree node {} is missing", hex16(at));
        if (chain.size() > nodes.size())
            return fail(Errc::Corrupt, "V-Tree node {} is its own ancestor", hex16(at));
        chain.push_back(at);
        at = found->second.parent;
    }
    return chain;
}

std::vector<NodeId> unreachable_nodes(const NodeTable& nodes, const std::vector<NodeId>& leaves) {
    std::set<NodeId> reached;
    for (NodeId leaf : leaves)
        for (NodeId at = leaf; at.value != 0 && reached.insert(at).second;) {
            auto found = nodes.find(at);
            at = found == nodes.end() ? NodeId{} : found->second.parent;
        }
    std::vector<NodeId> out;
    for (const auto& [id, node] : nodes)
        if (!reached.contains(id))
            out.push_back(id);
    return out;
}

} // namespace pf::map
