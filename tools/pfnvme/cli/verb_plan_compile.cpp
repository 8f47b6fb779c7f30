// pfnvme plan compile INTENT: reads the estate, checks it, writes a plan. Changes nothing.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/compile.hpp"

#include <cstdio>

namespace pf::nvmetool {

void plan_compile_options(OptionTable& table) {
    table.add({.name = "out", .help = "plan file; else standard output", .value_name = "FILE"});
    table.add({.name = "skip-blocked",
               .type = OptionType::Flag,
               .help = "leave blocked datastores behind instead of refusing the whole plan"});
}

int plan_compile(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "plan compile takes one intent file");
    }
    const std::string& path = values.positionals().front();
    const Result<std::string> text = read_file(path);
    if (!text) {
        return report_error(text.error());
    }
    const Result<Intent> intent = parse_intent(*text, path);
    if (!intent) {
        return report_error(kExitBadData, intent.error().what);
    }
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    const Result<Inventory> inventory = collect(*connections->vsphere, *connections->powerflex);
    if (!inventory) {
        return report_error(inventory.error());
    }
    CompileOptions options;
    options.created_at = format_rfc3339(wall_now());
    options.tool_version = std::string(version());
    options.skip_blocked = values.flag("skip-blocked");
    const Result<Plan> plan = compile_migration(*inventory, *intent, options);
    if (!plan) {
        return report_error(kExitBadData, plan.error().what);
    }
    if (has_blocker(plan->findings) && !options.skip_blocked) {
        return refuse_blockers(*plan);
    }
    print_findings(*plan);
    for (const LeftBehind& item : plan->left_behind) {
        std::fprintf(stderr, "left behind: %s\n", item.text().c_str());
    }
    const std::string compiled = plan_to_json(*plan);
    const std::string& out = values.text("out");
    if (out.empty()) {
        std::fputs(compiled.c_str(), stdout);
        return kExitOk;
    }
    if (const Result<void> written = write_file_atomic(out, compiled); !written) {
        return report_error(written.error());
    }
    std::fprintf(stderr, "plan '%s': %zu units, %zu steps, sha256 %.12s, written to %s\n",
                 plan->name.c_str(), plan->units.size(), plan->step_count(), plan->sha256.c_str(),
                 out.c_str());
    return kExitOk;
}

} // namespace pf::nvmetool
