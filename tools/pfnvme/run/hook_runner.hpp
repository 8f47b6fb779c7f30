// The administrator's own commands around runs and units.
//
// No shell: the line is split into words (quotes keep spaces together), and placeholders are filled
// in afterwards, so that no name can become a word of its own. The command gets a clean environment
// (PATH, HOME, LANG and PFNVME_RUN_ID, PFNVME_UNIT, PFNVME_UNIT_DATASTORE, PFNVME_EVENT): no
// password of this process reaches it. It has failed when it can't be started, ends with another
// code than 0, or is not over in time; then it is killed.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct HookPlace {
    std::string run_id;
    std::string event;          // pre_run, pre_unit …
    const Unit* unit = nullptr; // of unit hooks
};

// InvalidArgument: an open quote, no word, or a placeholder that this place does not have.
[[nodiscard]] Result<std::vector<std::string>> hook_words(const Hook& hook, const HookPlace& place);

// Every command of the plan can be started here, and has no unknown placeholder.
[[nodiscard]] Result<void> check_hooks(const Hooks& hooks);

// The last line that it printed.
[[nodiscard]] Result<std::string> run_hook(const Hook& hook, const HookPlace& place);

} // namespace pf::nvmetool
