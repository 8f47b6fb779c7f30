// pfnvme host nvme apply: VMkernel tag, adapter, PowerFlex host, first mapping, all paths.
// Idempotent.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_scope.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

namespace pf::nvmetool {

int host_nvme_apply(const OptionValues& values) {
    if (values.flag("dry-run")) {
        return host_nvme_plan(values);
    }
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    CollectScope scope;
    scope.vms = false;
    const Result<Inventory> inventory =
        collect(*connections->vsphere, *connections->powerflex, scope);
    if (!inventory) {
        return report_error(inventory.error());
    }
    const Result<Plan> plan = onboarding_plan(values, *inventory);
    if (!plan) {
        return report_error(plan.error());
    }
    if (plan->units.empty()) {
        return refuse_blockers(*plan);
    }
    print_findings(*plan);
    return apply_plan(values, *plan, *connections);
}

} // namespace pf::nvmetool
