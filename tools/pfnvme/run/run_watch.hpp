// What a run looks at while it works: storage migrations that others run, and how busy VMs and
// PowerFlex are. The findings become scheduler events; nothing here acts.
//
// Owner: the coordinator, in its own thread and with ports of its own. A look costs a few calls and
// is taken at most every kLookEvery.
#pragma once

#include "tools/pfnvme/plan/scheduler.hpp"
#include "tools/pfnvme/run/engine.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pf::nvmetool {

inline constexpr std::chrono::seconds kLookEvery{10};

class RunWatch {
  public:
    // `problem` is that of the plan; its resources are found by name.
    RunWatch(VspherePort& vsphere, PowerFlexPort& powerflex, const Plan& plan,
             const SchedProblem& problem);

    // Whether everything that the plan's service levels need can be read here.
    [[nodiscard]] Result<void> check();

    struct Seen {
        std::map<std::uint32_t, std::int64_t> others; // by resource, as OthersUse
        std::string hold_moves;                       // why no further move starts; "" : they may
        std::string hold_units;                       // why nothing further starts
    };
    // `own_vms`: VMs that this run moves now, by id.
    [[nodiscard]] Seen look(const std::set<std::string>& own_vms);

  private:
    void look_at_migrations(const std::set<std::string>& own_vms, Seen& out);
    void look_at_load(Seen& out);

    VspherePort& vsphere_;
    PowerFlexPort& powerflex_;
    const Plan& plan_;
    std::map<std::string, std::uint32_t> resources_;
    std::deque<double> storage_ms_; // the last samples
};

// Of a list that is not sorted; 0 for an empty one.
[[nodiscard]] double percentile_95(std::vector<double> values);

} // namespace pf::nvmetool
