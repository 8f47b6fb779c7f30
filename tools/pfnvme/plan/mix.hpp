// The whole way from intent to a plan with estimates: compiles, and chooses for the datastores that
// are classified `auto` whether they move online or are converted offline, so that the plan fits
// its windows with the least down time.
#pragma once

#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/plan/estimate.hpp"

namespace pf::nvmetool {

struct MixResult {
    Plan plan; // sealed, with estimates
    Estimate estimate;
    std::size_t auto_online = 0;
    std::size_t auto_offline = 0;
};

// Without windows everything that is `auto` moves online: no down time, and time enough.
// Datastores are taken offline in the order of bytes moved for each VM that has to stop; of these
// prefixes the shortest that fits is found by halving. When none fits, all of them are offline.
[[nodiscard]] Result<MixResult> compile_with_estimate(const Inventory& inventory,
                                                      const Intent& intent,
                                                      const CompileOptions& options,
                                                      const CostModel& model, std::int64_t start_s);

// Candidates for offline in that order: names of first datastores.
[[nodiscard]] std::vector<std::string> offline_order(const Inventory& inventory,
                                                     const Intent& intent);

} // namespace pf::nvmetool
