// pfnvme apply PLAN
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

namespace pf::nvmetool {

int apply_verb(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "apply takes one plan file");
    }
    const Result<Plan> plan = load_plan(values.positionals().front());
    if (!plan) {
        return report_error(plan.error().code == Errc::NotFound ? kExitUsage : kExitBadData,
                            plan.error().what);
    }
    if (!values.flag("dry-run")) {
        const int refused = refuse_unapproved(values.positionals().front(), *plan);
        if (refused != kExitOk) {
            return refused;
        }
    }
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    return values.flag("dry-run") ? dry_run_plan(values, *plan, *connections)
                                  : apply_plan(values, *plan, *connections);
}

} // namespace pf::nvmetool
