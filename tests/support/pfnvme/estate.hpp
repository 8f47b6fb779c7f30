// Inventories made up for tests and benchmarks: healthy estates of any size, and awkward ones.
//
// Deterministic: one spec, one inventory. A healthy estate (awkward = 0) violates no check but
// W-PERF-01, and every fact is known.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"

#include <cstdint>

namespace pf::nvmetool::test {

struct EstateSpec {
    std::size_t hosts = 4; // four to a cluster
    std::size_t datastores = 6;
    std::size_t vms = 24;
    std::uint64_t seed = 1;
    double awkward = 0;    // share of VMs and datastores with something that a check finds
    bool onboarded = true; // hosts have all NVMe/TCP paths
    // Datastores that are on NVMe already; the others are on SDC.
    std::size_t on_nvme = 1;
};

[[nodiscard]] Inventory make_estate(const EstateSpec& spec = {});

inline constexpr const char* kSystemId = "1250de83018c2d0f";
inline constexpr const char* kSystemNqn = "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f";

} // namespace pf::nvmetool::test
