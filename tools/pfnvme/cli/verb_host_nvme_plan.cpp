// pfnvme host nvme plan: what apply would do. The same as apply --dry-run.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_scope.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

namespace pf::nvmetool {

void host_nvme_options(OptionTable& table) {
    add_host_scope_options(table);
    table.add(
        {.name = "vmks",
         .type = OptionType::List,
         .help =
             "VMkernel ports for NVMe/TCP; else the tagged ones, else those in an SDT's network",
         .value_name = "vmkN,…"});
    table.add(
        {.name = "vmnics",
         .type = OptionType::List,
         .help = "physical NICs for the software adapters; else the uplinks of the VMkernel ports",
         .value_name = "vmnicN,…"});
    table.add({.name = "pool",
               .help = "storage pool of probe volumes; else the first one",
               .value_name = "NAME"});
}

void host_nvme_apply_options(OptionTable& table) {
    host_nvme_options(table);
    add_apply_options(table);
}

int host_nvme_plan(const OptionValues& values) {
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
    return dry_run_plan(values, *plan, *connections);
}

} // namespace pf::nvmetool
