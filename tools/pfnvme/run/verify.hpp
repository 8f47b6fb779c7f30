// Looks once more at what a run left: every read-back that must still hold of the units that are
// done. Changes nothing and journals nothing.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/ports.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

struct VerifyRow {
    std::string unit;
    std::string step;
    std::string what;
    bool holds = false;
    std::string seen;
};

// An error only when the systems can't be asked.
[[nodiscard]] Result<std::vector<VerifyRow>>
verify_run(VspherePort& vsphere, PowerFlexPort& powerflex, const Plan& plan, const RunState& run);

} // namespace pf::nvmetool
