// A run as its files tell it, for the verbs that only read.
#pragma once

#include "base/options.hpp"
#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/journal.hpp"

#include <string>

namespace pf::nvmetool {

struct RunView {
    std::string id;
    Plan plan;
    JournalText journal;
};

// The run named by the first positional, else the last one.
[[nodiscard]] Result<RunView> view_run(const OptionValues& values);
[[nodiscard]] Result<RunView> view_run(const std::string& state, const std::string& id);

} // namespace pf::nvmetool
