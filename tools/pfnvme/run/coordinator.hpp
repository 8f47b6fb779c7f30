// Runs the units of a plan on workers, in the order that the scheduler decides.
//
// What the scheduler is given is the model of the plan that estimates rest on (plan/estimate.hpp):
// units of tasks, the Storage vMotions of a unit side by side within the caps on hosts and
// datastores, less what others move meanwhile. Above a service level no further move starts.
//
// Owner of the workers: run() returns when all of them have ended.
#pragma once

#include "tools/pfnvme/run/crew.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pf::nvmetool {

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
    class Loop;

    VspherePort& vsphere_;
    PowerFlexPort& powerflex_;
    RunnerShared& shared_;
};

} // namespace pf::nvmetool
