#pragma once
// The replicated map as values: combs, pools, V-Tree nodes. Pure functions, no I/O, no clock;
// servers and clients compute the same answers from the same values.
//
// A pool's space is cut into combs (power of two, default 1024). Unit `u` (1 MiB) of a V-Tree
// lives in one comb, found by hash; a comb has two copies on two SDSs. All nodes (volume and
// snapshot layers) of one V-Tree hash alike, so copy-on-write never leaves a comb.
#include "backend/map/ids.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace pf::map {

inline constexpr std::uint64_t kUnitSizeBytes = 1ULL << 20;
inline constexpr std::uint32_t kDefaultCombCount = 1024;
inline constexpr std::uint32_t kMaxCombCount = 8192;

// State of a comb as the MDM holds it durably.
//   Normal      both copies valid; a write is acknowledged when both have it
//   Degraded    only `primary` is valid; `secondary` is stale (or 0)
//   Rebuilding  only `primary` is valid; `secondary` receives every new write and the copy, and a
//               write is acknowledged when both have it
//   Failed      no valid copy left in the system
enum class CombState : std::uint8_t { Normal = 0, Degraded = 1, Rebuilding = 2, Failed = 3 };

[[nodiscard]] std::string_view to_string(CombState state) noexcept;

struct Comb {
    CombId id;
    SdsId primary;   // 0 only in state Failed
    SdsId secondary; // 0 when no server holds a second copy
    DeviceId primary_device;
    DeviceId secondary_device;
    Generation generation; // rises with each change of any field above or of state
    CombState state = CombState::Normal;

    // True when `sds` holds a copy that the MDM knows to be complete.
    [[nodiscard]] bool has_valid_copy(SdsId sds) const noexcept;
    [[nodiscard]] bool has_copy(SdsId sds) const noexcept;
    // The other member than `sds` (0: none).
    [[nodiscard]] SdsId other(SdsId sds) const noexcept;
    bool operator==(const Comb&) const = default;
};

struct PoolLayout {
    StoragePoolId pool;
    std::uint32_t comb_base = 0;  // first CombId of the pool
    std::uint32_t comb_count = 0; // power of two; 0: not placed yet
    bool operator==(const PoolLayout&) const = default;
};

// The comb of a V-Tree's 1 MiB unit. Requires layout.comb_count to be a power of two. Sequential
// units walk the combs one after the other from an offset that depends on the V-Tree, so that
// streams touch every server and two V-Trees don't march in step.
[[nodiscard]] CombId comb_of(const PoolLayout& layout, VtreeId vtree, std::uint64_t unit) noexcept;

[[nodiscard]] constexpr std::uint64_t unit_of(std::uint64_t offset_bytes) noexcept {
    return offset_bytes / kUnitSizeBytes;
}
[[nodiscard]] constexpr std::uint32_t offset_in_unit(std::uint64_t offset_bytes) noexcept {
    return static_cast<std::uint32_t>(offset_bytes % kUnitSizeBytes);
}

// One layer of a V-Tree. A handle (volume, snapshot) points to a leaf and writes only there; a
// read of a unit walks leaf, parent, … until a node owns the unit, else it is zeroes.
struct Node {
    NodeId id;
    NodeId parent; // 0: root
    VtreeId vtree;
    StoragePoolId pool;
    bool frozen = false;     // refuses writes for good (or while a snapshot is being taken)
    std::uint32_t fence = 0; // writes that carry a lower one are refused; only ever grows
    bool operator==(const Node&) const = default;
};

using NodeTable = std::map<NodeId, Node>;

// `leaf`, its parent, … up to the root. Corrupt when a parent is missing or the chain loops.
[[nodiscard]] Result<std::vector<NodeId>> ancestry(const NodeTable& nodes, NodeId leaf);

// Nodes that no handle reaches any more: neither a leaf in `leaves` nor an ancestor of one.
[[nodiscard]] std::vector<NodeId> unreachable_nodes(const NodeTable& nodes,
                                                    const std::vector<NodeId>& leaves);

} // namespace pf::map
