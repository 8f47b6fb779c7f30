// pfnvme run cleanup [RUN]: the deferred steps of the units that are done. Afterwards
// --discard-writes is no longer possible for them.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

namespace pf::nvmetool {

int run_cleanup(const OptionValues& values) {
    if (!values.flag("dry-run") &&
        !confirmed(values, "This removes the safety snapshots of the units that are done.",
                   "cleanup")) {
        return kExitConfirmation;
    }
    return continue_run(values, RunVerb::Cleanup, {});
}

} // namespace pf::nvmetool
