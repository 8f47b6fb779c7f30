// pfnvme plan compile INTENT: reads the estate, checks it, writes a plan with its estimate. Changes
// nothing.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/plan_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"
#include "tools/pfnvme/plan/mix.hpp"

#include <cstdio>

namespace pf::nvmetool {

namespace {

Result<Inventory> read_estate(const OptionValues& values) {
    if (const std::string& file = values.text("inventory"); !file.empty()) {
        return load_inventory(file);
    }
    PF_TRY(Connections connections, open_both(values));
    return collect_for_plan(*connections.vsphere, *connections.powerflex);
}

} // namespace

void plan_compile_options(OptionTable& table) {
    table.add({.name = "out", .help = "plan file; else standard output", .value_name = "FILE"});
    table.add({.name = "inventory",
               .help = "an inventory file (pfnvme inventory collect) instead of the live systems",
               .value_name = "FILE"});
    table.add(
        {.name = "skip-blocked",
         .type = OptionType::Flag,
         .help = "leave blocked VMs and datastores behind instead of refusing the whole plan"});
    table.add({.name = "ignore-window",
               .type = OptionType::Flag,
               .help = "write the plan even when it does not fit its change window"});
    add_rates_options(table);
}

int plan_compile(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "plan compile takes one intent file");
    }
    const OrExit<Intent> intent = intent_file(values.positionals().front());
    if (!intent) {
        return intent.error();
    }
    const OrExit<CostModel> model = rates_of(values);
    if (!model) {
        return model.error();
    }
    const OrExit<std::int64_t> start = start_of(values);
    if (!start) {
        return start.error();
    }
    const Result<Inventory> inventory = read_estate(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    CompileOptions options;
    const WallTime now = wall_now();
    options.created_at = format_rfc3339(now);
    options.now_s =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    options.tool_version = std::string(version());
    options.skip_blocked = values.flag("skip-blocked");
    const Result<MixResult> compiled =
        compile_with_estimate(*inventory, *intent, options, *model, *start);
    if (!compiled) {
        return report_error(kExitBadData, compiled.error().what);
    }
    const Plan& plan = compiled->plan;
    if (has_blocker(plan.findings) && !options.skip_blocked) {
        const int code = refuse_blockers(plan);
        std::fputs("--skip-blocked plans the rest and lists what is left behind\n", stderr);
        return code;
    }
    print_gaps(*inventory);
    print_findings(plan);
    for (const LeftBehind& item : plan.left_behind) {
        std::fprintf(stderr, "left behind: %s\n", item.text().c_str());
    }
    if (compiled->auto_online + compiled->auto_offline > 0) {
        std::fprintf(stderr, "auto: %zu datastore(s) online, %zu offline\n", compiled->auto_online,
                     compiled->auto_offline);
    }
    if (!plan.estimate->fits && !values.flag("ignore-window")) {
        std::fputs(estimate_text(plan, compiled->estimate).c_str(), stderr);
        return report_error(kExitDoesNotFit,
                            fmt::format("plan '{}' does not fit its change window at P90, so no "
                                        "plan is written; --ignore-window writes it",
                                        plan.name));
    }
    const std::string text = plan_to_json(plan);
    const std::string& out = values.text("out");
    if (out.empty()) {
        std::fputs(text.c_str(), stdout);
        return kExitOk;
    }
    if (const OrExit<int> written = write_plan_file(out, text); !written) {
        return written.error();
    }
    std::fprintf(stderr, "plan '%s': %zu units, %zu steps, sha256 %.12s, written to %s\n",
                 plan.name.c_str(), plan.units.size(), plan.step_count(), plan.sha256.c_str(),
                 out.c_str());
    return kExitOk;
}

} // namespace pf::nvmetool
