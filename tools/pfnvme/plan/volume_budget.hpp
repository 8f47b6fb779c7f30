// What a plan asks of PowerFlex's volumes: new volumes and safety snapshots, counted against what a
// pool may still allocate, the members of a V-Tree, and the system's volumes and snapshots.
//
// Counted are the steps of the units themselves, in the order in which they are taken; nothing is
// given back, because sources and snapshots stay until they are retired after the run. Pure.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pf::nvmetool {

struct VolumeDemand {
    std::map<std::string, std::uint64_t> kib_by_pool; // pool id; a snapshot counts as its volume
    std::map<std::string, std::size_t> by_vtree;      // snapshots
    std::size_t volumes = 0;                          // new ones, without snapshots
    std::size_t snapshots = 0;
};

[[nodiscard]] VolumeDemand volume_demand(const Inventory& inventory, const Unit& unit);

class VolumeBudget {
  public:
    explicit VolumeBudget(const Inventory& inventory);

    // What the unit would exceed, given everything that was taken before; without a blocker it
    // fits. A pool that does not tell its limit is a finding "unknown", and allows everything.
    [[nodiscard]] std::vector<PlanFinding> exceeded_by(const Unit& unit) const;
    void take(const Unit& unit);

  private:
    [[nodiscard]] std::uint64_t limit(const std::string& name) const;

    const Inventory& inventory_;
    VolumeDemand taken_;
    std::map<std::string, std::size_t> members_; // of V-Trees now
    std::size_t snapshots_ = 0;                  // now
};

} // namespace pf::nvmetool
