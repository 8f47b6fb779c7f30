// pfnvme run resume [RUN]: looks first, then goes on; a rollback that was cut short goes on
// backwards.
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

namespace pf::nvmetool {

int run_resume(const OptionValues& values) { return continue_run(values, RunVerb::Resume, {}); }

} // namespace pf::nvmetool
