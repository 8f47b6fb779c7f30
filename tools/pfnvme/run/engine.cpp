#include "tools/pfnvme/run/engine.hpp"

#include "base/clock.hpp"
#include "tools/pfnvme/run/context.hpp"
#include "tools/pfnvme/run/coordinator.hpp"
#include "tools/pfnvme/run/hook_runner.hpp"
#include "tools/pfnvme/run/run_watch.hpp"

#include <algorithm>
#include <utility>

namespace pf::nvmetool {

std::int64_t EngineClock::wall_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(wall_now().time_since_epoch())
        .count();
}

std::string_view to_string(RunOutcome outcome) {
    switch (outcome) {
    case RunOutcome::Done:
        return "done";
    case RunOutcome::Stale:
        return "stale";
    case RunOutcome::Paused:
        return "paused";
    case RunOutcome::Aborted:
        return "aborted, rolled back";
    case RunOutcome::FailedRolledBack:
        return "failed, rolled back";
    case RunOutcome::FailedPartly:
        return "partial: one unit failed, rolled back";
    case RunOutcome::FailedManual:
        return "failed, manual action needed";
    case RunOutcome::Interrupted:
        return "interrupted";
    case RunOutcome::RolledBack:
        return "rolled back";
    }
    return "?";
}

const std::vector<std::string_view>& crash_phases() {
    static const std::vector<std::string_view> kPhases{"before-intent",  "after-intent",
                                                       "after-call",     "after-sent",
                                                       "after-observed", "after-done"};
    return kPhases;
}

const std::vector<std::string_view>& undo_crash_phases() {
    static const std::vector<std::string_view> kPhases{"undo-before-intent", "undo-after-intent",
                                                       "undo-after-call", "undo-after-done"};
    return kPhases;
}

Engine::Engine(VspherePort& vsphere, PowerFlexPort& powerflex, const Plan& plan, EngineClock& clock,
               EngineHooks hooks, EngineOptions options)
    : vsphere_(vsphere), powerflex_(powerflex), plan_(plan), clock_(clock),
      hooks_(std::move(hooks)), options_(std::move(options)) {}

Result<void> Engine::begin(RunLog& log, const std::string& what) const {
    Record record;
    record.phase = Phase::RunStart;
    record.detail = what;
    record.result = {{"plan", plan_.sha256}};
    return log.append(std::move(record));
}

RunResult Engine::finish(RunLog& log, RunOutcome outcome, Error error) const {
    Record record;
    record.phase = Phase::RunEnd;
    record.detail = to_string(outcome);
    if (const Result<void> written = log.append(std::move(record)); !written) {
        return {RunOutcome::Interrupted, written.error()};
    }
    RunResult out{outcome, std::move(error), {}};
    for (const Unit& unit : plan_.units) {
        for (const std::string& text : lost_context(unit, log.unit(unit))) {
            out.lost.push_back(fmt::format("{}: {}", unit.id, text));
        }
    }
    return out;
}

Result<void> Engine::dry_run() {
    // What would refuse the run before its first step refuses the rehearsal as well.
    PF_CHECK(check_hooks(plan_.policy.hooks));
    PF_CHECK(RunWatch(vsphere_, powerflex_, plan_, {}).check());
    // A journal of nothing, in memory: a dry run writes none.
    Journal none = Journal::in_memory();
    RunLog log(plan_, none);
    RunnerShared shared{plan_, clock_, hooks_, options_, log};
    UnitRunner runner(vsphere_, powerflex_, shared);
    for (const Unit& unit : plan_.units) {
        PF_CHECK(runner.dry_run(unit));
    }
    return {};
}

RunResult Engine::coordinate(RunnerShared& shared) {
    Result<CoordinatorResult> ran = Coordinator(vsphere_, powerflex_, shared).run();
    if (!ran) {
        return {RunOutcome::Interrupted, ran.error()};
    }
    RunLog& log = shared.log;
    const auto error_of = [&](UnitVerdict kind) { return ran->errors[kind]; };
    const bool any_done = ran->counts[UnitVerdict::Done] != 0;
    if (ran->counts[UnitVerdict::Manual] != 0) {
        return finish(log, RunOutcome::FailedManual, error_of(UnitVerdict::Manual));
    }
    if (ran->counts[UnitVerdict::Interrupted] != 0) {
        return {RunOutcome::Interrupted, error_of(UnitVerdict::Interrupted)};
    }
    if (ran->counts[UnitVerdict::RolledBack] != 0) {
        return finish(log, any_done ? RunOutcome::FailedPartly : RunOutcome::FailedRolledBack,
                      error_of(UnitVerdict::RolledBack));
    }
    if (ran->counts[UnitVerdict::Stale] != 0) {
        return finish(log, RunOutcome::Stale, error_of(UnitVerdict::Stale));
    }
    if (ran->counts[UnitVerdict::Aborted] != 0) {
        return finish(log, RunOutcome::Aborted,
                      Error{Errc::Cancelled, "aborted as asked; what was at work is rolled back"});
    }
    if (ran->counts[UnitVerdict::Done] == plan_.units.size()) {
        return finish(log, RunOutcome::Done, Error{});
    }
    if (ran->paused) {
        const Error why = error_of(UnitVerdict::Paused);
        return finish(log, RunOutcome::Paused,
                      why.what.empty() ? Error{Errc::Cancelled, "paused between steps"} : why);
    }
    if (!ran->left.empty()) {
        return finish(log, RunOutcome::Paused,
                      Error{Errc::Cancelled,
                            fmt::format("{} unit(s) were not started; {}: {}", ran->left.size(),
                                        ran->left.front().first, ran->left.front().second)});
    }
    return finish(log, RunOutcome::Done, Error{});
}

RunResult Engine::run(Journal& journal) {
    if (const Result<void> usable = check_hooks(plan_.policy.hooks); !usable) {
        return {RunOutcome::Interrupted, usable.error()};
    }
    RunLog log(plan_, journal);
    if (const Result<void> begun = begin(log, log.fresh() ? "start" : "resume"); !begun) {
        return {RunOutcome::Interrupted, begun.error()};
    }
    RunnerShared shared{plan_, clock_, hooks_, options_, log};
    shared.run_id = journal.records().back().run;
    // A rollback that was begun is finished before anything else.
    bool rolled_back = false;
    Error why;
    for (const Unit& unit : plan_.units) {
        const UnitState& state = log.unit(unit);
        if (state.status != UnitStatus::RollingBack) {
            continue;
        }
        UnitRunner runner(vsphere_, powerflex_, shared);
        if (StepResult result = runner.rollback_unit(unit, state.rollback_discards_writes);
            !result) {
            return result.error().interrupted
                       ? RunResult{RunOutcome::Interrupted, result.error().error}
                       : finish(log, RunOutcome::FailedManual, result.error().error);
        }
        rolled_back = true;
        why = Error{Errc::Failed, state.error};
    }
    if (rolled_back) {
        return finish(log, RunOutcome::RolledBack, std::move(why));
    }
    return coordinate(shared);
}

RunResult Engine::cleanup(Journal& journal) {
    RunLog log(plan_, journal);
    if (const Result<void> begun = begin(log, "cleanup"); !begun) {
        return {RunOutcome::Interrupted, begun.error()};
    }
    RunnerShared shared{plan_, clock_, hooks_, options_, log};
    UnitRunner runner(vsphere_, powerflex_, shared);
    for (const Unit& unit : plan_.units) {
        if (log.unit(unit).status != UnitStatus::Done) {
            continue;
        }
        if (StepResult result = runner.run_deferred(unit); !result) {
            return result.error().interrupted
                       ? RunResult{RunOutcome::Interrupted, result.error().error}
                       : finish(log, RunOutcome::FailedManual, result.error().error);
        }
    }
    return finish(log, RunOutcome::Done, Error{});
}

RunResult Engine::rollback(Journal& journal, const RollbackRequest& request) {
    RunLog log(plan_, journal);
    std::vector<const Unit*> chosen;
    for (const Unit& unit : plan_.units) {
        const UnitState& state = log.unit(unit);
        const bool named =
            std::find(request.units.begin(), request.units.end(), unit.id) != request.units.end();
        if (!request.units.empty() && !named) {
            continue;
        }
        const bool touched =
            state.status != UnitStatus::Pending && state.status != UnitStatus::RolledBack;
        if (!touched) {
            continue;
        }
        if (committed(unit, state) && !request.discard_writes) {
            return {RunOutcome::FailedManual,
                    Error{Errc::Conflict,
                          fmt::format(
                              "unit {} ({}) is past its commit point: its VMs have run over {}. "
                              "--keep-writes converts it back with what they wrote; "
                              "--discard-writes returns it to the state before the run and loses "
                              "that",
                              unit.id, unit.objects.datastore,
                              unit.strategy == "reverse" ? "SDC" : "NVMe")}};
        }
        chosen.push_back(&unit);
    }
    if (const Result<void> begun = begin(log, "rollback"); !begun) {
        return {RunOutcome::Interrupted, begun.error()};
    }
    RunnerShared shared{plan_, clock_, hooks_, options_, log};
    UnitRunner runner(vsphere_, powerflex_, shared);
    std::reverse(chosen.begin(), chosen.end());
    for (const Unit* unit : chosen) {
        if (StepResult result = runner.rollback_unit(*unit, request.discard_writes); !result) {
            return result.error().interrupted
                       ? RunResult{RunOutcome::Interrupted, result.error().error}
                       : finish(log, RunOutcome::FailedManual, result.error().error);
        }
    }
    for (const Unit* unit : chosen.size() < 2 ? std::vector<const Unit*>() : chosen) {
        if (StepResult result = runner.renew_context(*unit); !result) {
            return {RunOutcome::Interrupted, result.error().error};
        }
    }
    return finish(log, RunOutcome::RolledBack, Error{});
}

} // namespace pf::nvmetool
