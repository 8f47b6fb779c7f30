// The shortest time that any schedule of a problem can take, windows and failures apart: what no
// order of work can beat. Estimates and benchmarks report their distance from it.
#pragma once

#include "tools/pfnvme/plan/scheduler.hpp"

#include <string>

namespace pf::nvmetool {

struct LowerBound {
    TimeMs time = 0;
    std::string reason; // the resource or path that dictates it
};

// Tasks last need.p50. Waves, and canaries before the rest, count one after the other.
[[nodiscard]] LowerBound lower_bound(const SchedProblem& problem);

} // namespace pf::nvmetool
