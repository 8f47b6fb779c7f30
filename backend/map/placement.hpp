#pragma once
// Where the two copies of each comb go. Deterministic: the same candidates in the same order give
// the same table.
#include "backend/map/map.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace pf::map {

struct PlacementDevice {
    DeviceId device;
    std::uint64_t capacity_kb = 0;
};

struct PlacementServer {
    SdsId sds;
    FaultSetId fault_set; // 0: the server is its own fault unit
    std::vector<PlacementDevice> devices;
};

// Initial table for an empty pool: copies proportional to capacity, primaries balanced, pairs
// spread, the two copies always on two servers and in two fault units when there are two. All
// combs start Normal with `generation`. NoSpace when fewer than two fault units have capacity.
[[nodiscard]] Result<std::vector<Comb>> place_combs(const PoolLayout& layout,
                                                    const std::vector<PlacementServer>& servers,
                                                    Generation generation);

struct CopyTarget {
    SdsId sds;
    DeviceId device;
};

// A new home for the second copy of a comb whose valid copy is on `survivor`: the least loaded
// server (copies per capacity) in another fault unit, `excluded` left out. Nothing when none fits.
[[nodiscard]] std::optional<CopyTarget>
choose_secondary(const std::vector<Comb>& combs, const std::vector<PlacementServer>& servers,
                 SdsId survivor, SdsId excluded);

} // namespace pf::map
