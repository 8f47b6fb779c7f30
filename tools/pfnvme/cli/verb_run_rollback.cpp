// pfnvme run rollback [RUN] [--unit U] [--discard-writes]
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <algorithm>

namespace pf::nvmetool {

void run_rollback_options(OptionTable& table) {
    add_run_options(table);
    table.add({.name = "unit",
               .type = OptionType::List,
               .help = "units to take back (may be repeated); else all that were begun",
               .value_name = "UNIT"});
    table.add({.name = "discard-writes",
               .type = OptionType::Flag,
               .help = "also units past their commit point: what their VMs wrote since is lost"});
}

int run_rollback(const OptionValues& values) {
    RollbackRequest request;
    request.units = values.list("unit");
    request.discard_writes = values.flag("discard-writes");
    if (request.discard_writes) {
        const Result<RunView> view = view_run(values);
        if (!view) {
            return report_error(view.error());
        }
        const RunState run = replay(view->journal.records);
        std::vector<std::string> vms;
        for (const Unit& unit : view->plan.units) {
            const bool named = request.units.empty() ||
                               std::find(request.units.begin(), request.units.end(), unit.id) !=
                                   request.units.end();
            const UnitState* state = run.find(unit.id);
            if (named && state != nullptr && committed(unit, *state)) {
                vms.insert(vms.end(), unit.objects.vms.begin(), unit.objects.vms.end());
            }
        }
        const std::string what =
            fmt::format("{} VMs have run over NVMe since ({}); what they wrote is LOST.",
                        vms.size(), fmt::join(vms, ", "));
        if (!vms.empty() && !confirmed(values, what, fmt::format("discard {}", vms.size()))) {
            return kExitConfirmation;
        }
    }
    return continue_run(values, RunVerb::Rollback, request);
}

} // namespace pf::nvmetool
