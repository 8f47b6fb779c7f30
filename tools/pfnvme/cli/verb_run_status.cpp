// pfnvme run status [RUN]
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/report/report.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <cstdio>

namespace pf::nvmetool {

namespace {

struct Progress {
    std::size_t done = 0;
    std::size_t all = 0;
    std::string next;
};

Progress progress_of(const Unit& unit, const UnitState& state) {
    Progress out;
    for (const Step& step : unit.steps) {
        if (step.deferred) {
            continue;
        }
        ++out.all;
        const StepState* seen = state.find(step.id);
        if (seen != nullptr && seen->done) {
            ++out.done;
        } else if (out.next.empty()) {
            out.next = step.id;
        }
    }
    return out;
}

} // namespace

int run_status(const OptionValues& values) {
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    if (output_of(values) == Output::Json) {
        std::fputs(run_report_json(view->plan, view->id, view->journal.records).c_str(), stdout);
        return kExitOk;
    }
    const RunState run = replay(view->journal.records);
    std::printf("run %s of plan %s: %s\n", view->id.c_str(), view->plan.name.c_str(),
                run.ended.empty() ? "not ended" : run.outcome.c_str());
    std::vector<std::vector<std::string>> rows{
        {"UNIT", "STRATEGY", "DATASTORE", "STEPS", "STATE", ""}};
    for (const Unit& unit : view->plan.units) {
        const UnitState* found = run.find(unit.id);
        const UnitState state = found == nullptr ? UnitState{} : *found;
        const Progress progress = progress_of(unit, state);
        std::string note = state.status == UnitStatus::Done ? "" : state.error;
        if (note.empty() && state.status == UnitStatus::Running) {
            note = "next: " + progress.next;
        }
        if (committed(unit, state) && state.status != UnitStatus::RolledBack) {
            note += note.empty() ? "past its commit point" : "; past its commit point";
        }
        rows.push_back({unit.id, unit.strategy, unit.objects.datastore,
                        fmt::format("{}/{}", progress.done, progress.all),
                        std::string(to_string(state.status)), note});
    }
    std::fputs(format_table(rows).c_str(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
