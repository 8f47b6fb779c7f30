// pfnvme plan show PLAN: every step; with -o json the plan itself (tests walk its step list).
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/native_commands.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/ops.hpp"

#include <cstdio>

namespace pf::nvmetool {

void plan_show_options(OptionTable& table) { add_command_options(table); }

int plan_show(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "plan show takes one plan file");
    }
    const Result<std::vector<std::string>> styles = command_styles(values);
    if (!styles) {
        return report_error(styles.error());
    }
    const Result<Plan> plan = load_plan(values.positionals().front());
    if (!plan) {
        return report_error(plan.error().code == Errc::NotFound ? kExitUsage : kExitBadData,
                            plan.error().what);
    }
    if (output_of(values) == Output::Json) {
        std::fputs(plan_to_json(*plan).c_str(), stdout);
        return kExitOk;
    }
    std::printf("plan %s (%s), compiled %s\nsha256 %s\n%s\n", plan->name.c_str(),
                plan->kind.c_str(), plan->created_at.c_str(), plan->sha256.c_str(),
                plan->support.c_str());
    for (const PlanFinding& item : plan->findings) {
        std::printf("%s %s: %s\n", item.check.c_str(), item.severity.c_str(), item.message.c_str());
    }
    for (const LeftBehind& item : plan->left_behind) {
        std::printf("left behind: %s\n", item.text().c_str());
    }
    for (const Unit& unit : plan->units) {
        std::printf("\n%s  %s %s\n", unit.id.c_str(), unit.strategy.c_str(),
                    unit.objects.datastore.c_str());
        for (const Step& step : unit.steps) {
            std::printf("  %-28s %s%s%s\n", step.id.c_str(), step.title.c_str(),
                        step.commit_point ? "  [commit point]" : "",
                        step.deferred ? "  [later: run cleanup]" : "");
            const Op* op = find_op(step.action.op);
            if (values.flag("print-commands") && op != nullptr) {
                for (const std::string& command :
                     shown_commands(*op, step.action.params, *styles)) {
                    std::printf("      # %s\n", command.c_str());
                }
            }
        }
    }
    return kExitOk;
}

} // namespace pf::nvmetool
