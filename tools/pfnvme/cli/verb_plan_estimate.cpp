// pfnvme plan estimate PLAN: how long, until when it may start, what dictates it. plan calibrate:
// rates from the journals of own runs.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/plan_view.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/run/run_dir.hpp"

#include <cstdio>
#include <map>

namespace pf::nvmetool {

namespace {

// Steps that a run executed itself, from the call's announcement to its read-back. What was there
// already, or was done in an earlier life of the run, says nothing about time.
std::vector<MeasuredStep> measured_steps(const RunView& view) {
    std::vector<MeasuredStep> out;
    std::map<std::pair<std::string, std::string>, WallTime> began;
    for (const Record& record : view.journal.records) {
        const std::pair key{record.unit, record.step};
        const Result<WallTime> time = parse_rfc3339(record.time);
        if (!time) {
            continue;
        }
        if (record.phase == Phase::Intent) {
            began.insert_or_assign(key, *time);
        } else if (record.phase == Phase::RunStart) {
            began.clear();
        } else if (record.phase == Phase::Done) {
            const auto start = began.find(key);
            const Unit* unit = view.plan.find_unit(record.unit);
            const Step* step = unit == nullptr ? nullptr : unit->find_step(record.step);
            if (start == began.end() || step == nullptr) {
                continue;
            }
            const double seconds = std::chrono::duration<double>(*time - start->second).count();
            out.push_back({step->action.op, seconds, step->work ? step->work->bytes : 0});
            began.erase(start);
        }
    }
    return out;
}

} // namespace

void plan_estimate_options(OptionTable& table) { add_rates_options(table); }

int plan_estimate(const OptionValues& values) {
    const OrExit<Plan> plan = plan_of(values, "plan estimate");
    if (!plan) {
        return plan.error();
    }
    const OrExit<CostModel> model = rates_of(values);
    if (!model) {
        return model.error();
    }
    const OrExit<std::int64_t> start = start_of(values);
    if (!start) {
        return start.error();
    }
    const Estimate estimate = estimate_plan(*plan, *model, *start);
    if (output_of(values) == Output::Json) {
        std::fputs(pretty_json(estimate_json(*plan, estimate)).c_str(), stdout);
    } else {
        std::fputs(estimate_text(*plan, estimate).c_str(), stdout);
    }
    if (!estimate.plan.fits) {
        return report_error(
            kExitDoesNotFit,
            fmt::format("plan '{}' does not fit its change window at P90; lengthen the window, "
                        "split the plan, or classify more of it offline or auto",
                        plan->name));
    }
    return kExitOk;
}

void plan_calibrate_options(OptionTable& table) {
    add_view_options(table);
    add_rates_options(table); // the rates to begin with
    table.add({.name = "out", .help = "rates file; else standard output", .value_name = "FILE"});
}

int plan_calibrate(const OptionValues& values) {
    const std::string state = state_dir(values.text("state-dir"));
    std::vector<std::string> runs = values.positionals();
    if (runs.empty()) {
        const Result<std::vector<std::string>> all = RunDir::list(state);
        if (!all) {
            return report_error(all.error());
        }
        runs = *all;
    }
    OrExit<CostModel> model = rates_of(values);
    if (!model) {
        return model.error();
    }
    std::vector<MeasuredStep> steps;
    for (const std::string& run : runs) {
        const Result<RunView> view = view_run(state, run);
        if (!view) {
            return report_error(view.error());
        }
        const std::vector<MeasuredStep> more = measured_steps(*view);
        steps.insert(steps.end(), more.begin(), more.end());
    }
    if (steps.empty()) {
        return report_error(kExitFailure, "no run has measured a step; rates stay as they are");
    }
    CostModel calibrated = calibrate(*model, steps);
    calibrated.version = format_rfc3339(wall_now()).substr(0, 10);
    const std::string text = cost_model_to_json(calibrated);
    if (const std::string& out = values.text("out"); !out.empty()) {
        if (const OrExit<int> written = write_plan_file(out, text); !written) {
            return written.error();
        }
        std::fprintf(stderr, "%zu measured steps of %zu run(s): basis %s, confidence %s\n",
                     steps.size(), runs.size(), calibrated.basis.c_str(),
                     std::string(calibrated.confidence()).c_str());
        return kExitOk;
    }
    std::fputs(text.c_str(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
