// Runs the units of a plan on workers, in the order that the scheduler decides.
//
// Owner of the worker threads: run() returns when all of them have ended. Every queue is bounded by
// the number of units.
#pragma once

#include "tools/pfnvme/run/unit_runner.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pf::nvmetool {

enum class UnitVerdict {
    Done,
    Paused,
    Aborted,     // rolled back because it was asked for
    Stale,       // untouched
    RolledBack,  // failed before its commit point
    Manual,      // failed after it, or while rolling back
    Interrupted, // could not ask the systems
};

struct CoordinatorResult {
    std::map<UnitVerdict, std::size_t> counts;
    std::map<UnitVerdict, Error> errors;                   // the first of each kind
    std::vector<std::pair<std::string, std::string>> left; // units that did not start, and why
    bool paused = false;                                   // by wish
};

class Coordinator {
  public:
    Coordinator(VspherePort& vsphere, PowerFlexPort& powerflex, RunnerShared& shared)
        : vsphere_(vsphere), powerflex_(powerflex), shared_(shared) {}

    [[nodiscard]] Result<CoordinatorResult> run();

  private:
    class Crew;

    VspherePort& vsphere_;
    PowerFlexPort& powerflex_;
    RunnerShared& shared_;
};

} // namespace pf::nvmetool
