#include "tools/pfnvme/run/engine.hpp"

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/compile.hpp"

#include <algorithm>
#include <utility>

namespace pf::nvmetool {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPoll = 50ms;
constexpr std::chrono::milliseconds kLongestPoll = 2s;
// A system that does not answer is asked again for this long before a run stops as interrupted.
constexpr std::chrono::seconds kPatience = 30s;

// Failures to ask, as opposed to answers.
bool cannot_ask(Errc code) {
    return code == Errc::Unreachable || code == Errc::Timeout || code == Errc::AuthFailed ||
           code == Errc::Untrusted || code == Errc::OutcomeUnknown || code == Errc::Cancelled;
}

// The call may have had its effect although it failed.
bool outcome_open(Errc code) {
    return code == Errc::Unreachable || code == Errc::Timeout || code == Errc::OutcomeUnknown;
}

} // namespace

std::string_view to_string(RunOutcome outcome) {
    switch (outcome) {
    case RunOutcome::Done:
        return "done";
    case RunOutcome::Stale:
        return "stale";
    case RunOutcome::Paused:
        return "paused";
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
               EngineHooks hooks)
    : vsphere_(vsphere), powerflex_(powerflex), plan_(plan), clock_(clock),
      hooks_(std::move(hooks)) {}

void Engine::point(const Unit& unit, const Step& step, std::string_view phase) {
    if (hooks_.at_point) {
        hooks_.at_point(unit.id, step.id, phase);
    }
}

void Engine::tell(EngineEvent::Kind kind, const Unit& unit, const Step* step, std::string text) {
    if (!hooks_.on_event) {
        return;
    }
    EngineEvent event;
    event.kind = kind;
    event.unit = &unit;
    event.step = step;
    event.text = std::move(text);
    if (step != nullptr) {
        event.step_number = static_cast<std::size_t>(step - unit.steps.data()) + 1;
    }
    hooks_.on_event(event);
}

StepState& Engine::state_of(const Unit& unit, const Step& step) {
    return state_.units[unit.id].steps[step.id];
}

OpContext Engine::context(const Unit& unit) {
    return OpContext{vsphere_, powerflex_, plan_, unit,
                     [this, &unit](const std::string& step_id) -> const Params* {
                         const auto found = state_.units.find(unit.id);
                         if (found == state_.units.end()) {
                             return nullptr;
                         }
                         const StepState* step = found->second.find(step_id);
                         return step == nullptr || !step->done ? nullptr : &step->result;
                     }};
}

Engine::StepResult Engine::write(Journal& journal, const Unit* unit, const Step* step, Phase phase,
                                 std::string detail, std::string task, Params result,
                                 const OpCall* call) {
    Record record;
    record.phase = phase;
    record.detail = std::move(detail);
    record.task = std::move(task);
    record.result = std::move(result);
    if (unit != nullptr) {
        record.unit = unit->id;
    }
    if (step != nullptr) {
        record.step = step->id;
        record.key = step->key;
        const OpCall& named = call == nullptr ? step->action : *call;
        record.request = call_digest(named);
        if (const Op* op = find_op(named.op); op != nullptr) {
            record.endpoint = op->on_powerflex ? plan_.powerflex_endpoint : plan_.vcenter_endpoint;
        }
    }
    if (Result<void> appended = journal.append(std::move(record)); !appended) {
        // Without its journal a run must not touch anything.
        return tl::unexpected(Failure{appended.error(), true});
    }
    apply(state_, journal.records().back());
    return {};
}

Result<void> Engine::dry_run() {
    for (const Unit& unit : plan_.units) {
        tell(EngineEvent::Kind::UnitStart, unit, nullptr, unit.strategy);
        OpContext op_context = context(unit);
        for (const Step& step : unit.steps) {
            if (step.deferred) {
                continue;
            }
            const Op* op = find_op(step.action.op);
            if (op == nullptr) {
                return fail(Errc::InvalidArgument, "operation '{}' is not known to this pfnvme",
                            step.action.op);
            }
            if (op->observe != nullptr) {
                Result<Observation> seen = op->observe(op_context, step.action.params);
                // Objects that a later step looks at may not exist yet in a dry run.
                if (!seen && cannot_ask(seen.error().code)) {
                    return fail(seen.error());
                }
                if (seen && seen->effect == Effect::Present) {
                    tell(EngineEvent::Kind::Already, unit, &step, seen->detail);
                    continue;
                }
            }
            tell(EngineEvent::Kind::WouldDo, unit, &step, step.title);
        }
    }
    return {};
}

Result<Observation> Engine::settled(OpContext& op_context, const Op& op, const Params& params) {
    std::chrono::milliseconds pause = kFirstPoll;
    const auto deadline = clock_.now() + deadline_of(op, params);
    while (true) {
        Result<Observation> seen = op.observe(op_context, params);
        if (!seen || seen->effect != Effect::InProgress || seen->task.empty() ||
            clock_.now() >= deadline) {
            return seen;
        }
        if (op.assist != nullptr) {
            PF_CHECK(op.assist(op_context, params));
        }
        clock_.sleep(pause);
        pause = std::min(pause * 2, kLongestPoll);
    }
}

Result<CallOutcome> Engine::call(OpContext& op_context, const Op& op, const Params& params) {
    Result<CallOutcome> called = op.execute(op_context, params);
    if (called || !outcome_open(called.error().code) || op.observe == nullptr) {
        return called;
    }
    // An operation of two calls whose first answer was lost: what is there shows that the second is
    // missing.
    const Result<Observation> seen = op.observe(op_context, params);
    if (seen && seen->effect == Effect::Partial) {
        return op.execute(op_context, params);
    }
    return called;
}

Result<Observation> Engine::await(OpContext& op_context, const Op& op, const Params& params,
                                  CallOutcome& outcome) {
    std::chrono::milliseconds pause = kFirstPoll;
    auto deadline = clock_.now() + deadline_of(op, params);
    auto patience = clock_.now() + kPatience;
    bool escalated = false;
    std::string last = "nothing seen yet";
    for (bool first = true;; first = false) {
        if (!outcome.task.empty()) {
            const Result<TaskInfo> task = vsphere_.task(outcome.task);
            if (task && task->state == TaskInfo::State::Error) {
                return fail(Errc::Fault, "{}",
                            task->error.empty() ? "the task failed" : task->error);
            }
        }
        Result<Observation> seen = op.observe(op_context, params);
        if (seen) {
            patience = clock_.now() + kPatience;
            if (seen->effect == Effect::Present) {
                return seen;
            }
            last = seen->detail;
            if (outcome.task.empty() && !seen->task.empty()) {
                outcome.task = seen->task;
            }
            if (op.assist != nullptr && !first) {
                PF_CHECK(op.assist(op_context, params));
            }
        } else if (!cannot_ask(seen.error().code) || clock_.now() >= patience) {
            return seen;
        }
        if (clock_.now() >= deadline) {
            if (op.escalate == nullptr || escalated) {
                return fail(Errc::Failed, "no effect after {} s: {}",
                            deadline_of(op, params).count(), last);
            }
            escalated = true;
            PF_TRY(outcome, op.escalate(op_context, params));
            deadline = clock_.now() + op.deadline;
        }
        clock_.sleep(pause);
        pause = std::min(pause * 2, kLongestPoll);
    }
}

Engine::StepResult Engine::fail_step(Journal& journal, const Unit& unit, const Step& step,
                                     const Op& op, Error error) {
    if (cannot_ask(error.code)) {
        return tl::unexpected(Failure{std::move(error), true});
    }
    Params result;
    // Whether the attempt left something behind decides about commit point and rollback, so look.
    if (op.observe != nullptr) {
        OpContext op_context = context(unit);
        const Result<Observation> seen = op.observe(op_context, step.action.params);
        const StepState& attempt = state_of(unit, step);
        bool over = !attempt.sent; // refused by the guard or by the call itself
        if (!attempt.task.empty()) {
            const Result<TaskInfo> task = vsphere_.task(attempt.task);
            over = task && !task->active();
        }
        if (seen && seen->effect == Effect::Absent && over) {
            result["effect"] = "none";
        }
    } else {
        result["effect"] = "none"; // checks have none
    }
    tell(EngineEvent::Kind::Failed, unit, &step, error.what);
    if (StepResult written = write(journal, &unit, &step, Phase::Failed, error.what, {}, result);
        !written) {
        return written;
    }
    return tl::unexpected(Failure{std::move(error), false});
}

Engine::StepResult Engine::run_check(Journal& journal, const Unit& unit, const Step& step,
                                     const Op& op) {
    OpContext op_context = context(unit);
    point(unit, step, "before-intent");
    if (StepResult written = write(journal, &unit, &step, Phase::Intent, step.title); !written) {
        return written;
    }
    point(unit, step, "after-intent");
    Result<CallOutcome> outcome = op.execute(op_context, step.action.params);
    point(unit, step, "after-call");
    if (!outcome) {
        return fail_step(journal, unit, step, op, outcome.error());
    }
    if (StepResult written = write(journal, &unit, &step, Phase::Sent, ""); !written) {
        return written;
    }
    point(unit, step, "after-sent");
    point(unit, step, "after-observed");
    if (StepResult written =
            write(journal, &unit, &step, Phase::Done, step.title, {}, outcome->evidence);
        !written) {
        return written;
    }
    point(unit, step, "after-done");
    tell(EngineEvent::Kind::Done, unit, &step, "");
    return {};
}

Engine::StepResult Engine::run_change(Journal& journal, const Unit& unit, const Step& step,
                                      const Op& op) {
    OpContext op_context = context(unit);
    const Params& params = step.action.params;
    const bool announced = state_of(unit, step).intent;
    point(unit, step, "before-intent");
    Result<Observation> seen = settled(op_context, op, params);
    if (!seen) {
        return fail_step(journal, unit, step, op, seen.error());
    }
    if (seen->effect == Effect::Present) {
        // An announced call whose effect is there was ours; then it is ours to undo.
        // Nothing is called, but every point is passed, so that a test can stop at any step's any
        // phase.
        for (const std::string_view phase :
             {"after-intent", "after-call", "after-sent", "after-observed"}) {
            point(unit, step, phase);
        }
        const Phase phase = announced ? Phase::Done : Phase::Already;
        Params evidence{{"seen", seen->detail}};
        if (StepResult written = write(journal, &unit, &step, phase, seen->detail, {}, evidence);
            !written) {
            return written;
        }
        point(unit, step, "after-done");
        tell(EngineEvent::Kind::Already, unit, &step, seen->detail);
        return {};
    }
    tell(EngineEvent::Kind::Start, unit, &step, step.title);
    CallOutcome outcome;
    // An announced call that has begun to take effect is waited for, not repeated.
    if (!announced || seen->effect != Effect::InProgress) {
        if (op.guard != nullptr) {
            if (Result<void> allowed = op.guard(op_context, params); !allowed) {
                return fail_step(journal, unit, step, op, allowed.error());
            }
        }
        if (StepResult written = write(journal, &unit, &step, Phase::Intent, step.title);
            !written) {
            return written;
        }
        point(unit, step, "after-intent");
        Result<CallOutcome> called = call(op_context, op, params);
        point(unit, step, "after-call");
        if (called) {
            outcome = std::move(*called);
        } else if (!outcome_open(called.error().code)) {
            return fail_step(journal, unit, step, op, called.error());
        }
        const std::string detail = called ? "" : "outcome unknown: " + called.error().what;
        if (StepResult written =
                write(journal, &unit, &step, Phase::Sent, detail, outcome.task, outcome.evidence);
            !written) {
            return written;
        }
        point(unit, step, "after-sent");
    }
    Result<Observation> effect = await(op_context, op, params, outcome);
    if (!effect) {
        return fail_step(journal, unit, step, op, effect.error());
    }
    if (StepResult written =
            write(journal, &unit, &step, Phase::Observed, effect->detail, outcome.task);
        !written) {
        return written;
    }
    point(unit, step, "after-observed");
    Params evidence = std::move(outcome.evidence);
    evidence["seen"] = effect->detail;
    if (StepResult written = write(journal, &unit, &step, Phase::Done, step.title, {}, evidence);
        !written) {
        return written;
    }
    point(unit, step, "after-done");
    tell(EngineEvent::Kind::Done, unit, &step, effect->detail);
    return {};
}

Engine::StepResult Engine::run_step(Journal& journal, const Unit& unit, const Step& step) {
    if (state_of(unit, step).done) {
        return {};
    }
    const Op* op = find_op(step.action.op);
    if (op == nullptr) {
        return tl::unexpected(Failure{
            Error{Errc::InvalidArgument,
                  fmt::format("operation '{}' is not known to this pfnvme", step.action.op)},
            true});
    }
    return op->kind == OpKind::Change ? run_change(journal, unit, step, *op)
                                      : run_check(journal, unit, step, *op);
}

Engine::StepResult Engine::check_fresh(Journal& journal, const Unit& unit, bool& stale) {
    CollectScope scope;
    scope.vms = !unit.objects.datastore_id.empty();
    Result<Inventory> inventory = collect(vsphere_, powerflex_, scope);
    if (!inventory) {
        return tl::unexpected(Failure{inventory.error(), true});
    }
    const std::optional<std::string> now = fingerprint(*inventory, unit);
    stale = !now || *now != unit.fingerprint;
    if (stale) {
        const std::string detail = fmt::format(
            "unit {} ({}) changed since the plan was compiled; compile again: pfnvme plan compile",
            unit.id,
            unit.objects.datastore.empty() ? fmt::format("{}", fmt::join(unit.objects.hosts, ", "))
                                           : unit.objects.datastore);
        tell(EngineEvent::Kind::UnitStale, unit, nullptr, detail);
        return write(journal, &unit, nullptr, Phase::UnitStale, detail);
    }
    return write(journal, &unit, nullptr, Phase::UnitStart, unit.strategy);
}

Engine::StepResult Engine::run_unit(Journal& journal, const Unit& unit, bool& paused) {
    for (const Step& step : unit.steps) {
        if (step.deferred) {
            continue;
        }
        if (hooks_.pause_requested && hooks_.pause_requested()) {
            paused = true;
            return {};
        }
        if (StepResult result = run_step(journal, unit, step); !result) {
            return result;
        }
    }
    if (StepResult written = write(journal, &unit, nullptr, Phase::UnitDone, unit.strategy);
        !written) {
        return written;
    }
    tell(EngineEvent::Kind::UnitDone, unit, nullptr, "");
    return {};
}

RunResult Engine::finish(Journal& journal, RunOutcome outcome, Error error) {
    if (StepResult written =
            write(journal, nullptr, nullptr, Phase::RunEnd, std::string(to_string(outcome)));
        !written) {
        return {RunOutcome::Interrupted, written.error().error};
    }
    return {outcome, std::move(error)};
}

RunResult Engine::run_units(Journal& journal) {
    bool any_done = false;
    for (const Unit& unit : plan_.units) {
        const UnitStatus status = state_.units[unit.id].status;
        if (status == UnitStatus::Done) {
            any_done = true;
            continue;
        }
        if (status == UnitStatus::RolledBack) {
            continue;
        }
        if (status == UnitStatus::RollingBack) {
            const bool discard = state_.units[unit.id].rollback_discards_writes;
            StepResult result = rollback_unit(journal, unit, discard);
            if (!result) {
                return result.error().interrupted
                           ? RunResult{RunOutcome::Interrupted, result.error().error}
                           : finish(journal, RunOutcome::FailedManual, result.error().error);
            }
            return finish(journal, RunOutcome::RolledBack,
                          Error{Errc::Failed, state_.units[unit.id].error});
        }
        if (status == UnitStatus::Pending || status == UnitStatus::Stale) {
            bool stale = false;
            if (StepResult fresh = check_fresh(journal, unit, stale); !fresh) {
                return {RunOutcome::Interrupted, fresh.error().error};
            }
            if (stale) {
                return finish(journal, RunOutcome::Stale,
                              Error{Errc::Conflict, state_.units[unit.id].error});
            }
        }
        tell(EngineEvent::Kind::UnitStart, unit, nullptr, unit.strategy);
        bool paused = false;
        StepResult result = run_unit(journal, unit, paused);
        if (paused) {
            return finish(journal, RunOutcome::Paused,
                          Error{Errc::Cancelled, "paused between steps"});
        }
        if (result) {
            any_done = true;
            continue;
        }
        const Error error = result.error().error;
        if (result.error().interrupted) {
            return {RunOutcome::Interrupted, error};
        }
        if (committed(unit, state_.units[unit.id])) {
            return finish(journal, RunOutcome::FailedManual, error);
        }
        if (StepResult undone = rollback_unit(journal, unit, false); !undone) {
            return undone.error().interrupted
                       ? RunResult{RunOutcome::Interrupted, undone.error().error}
                       : finish(journal, RunOutcome::FailedManual, error);
        }
        return finish(journal, any_done ? RunOutcome::FailedPartly : RunOutcome::FailedRolledBack,
                      error);
    }
    return finish(journal, RunOutcome::Done, Error{});
}

RunResult Engine::run(Journal& journal) {
    state_ = replay(journal.records());
    const bool again = !journal.records().empty();
    if (StepResult written = write(journal, nullptr, nullptr, Phase::RunStart,
                                   again ? "resume" : "start", {}, {{"plan", plan_.sha256}});
        !written) {
        return {RunOutcome::Interrupted, written.error().error};
    }
    return run_units(journal);
}

RunResult Engine::cleanup(Journal& journal) {
    state_ = replay(journal.records());
    if (StepResult written = write(journal, nullptr, nullptr, Phase::RunStart, "cleanup", {},
                                   {{"plan", plan_.sha256}});
        !written) {
        return {RunOutcome::Interrupted, written.error().error};
    }
    for (const Unit& unit : plan_.units) {
        if (state_.units[unit.id].status != UnitStatus::Done) {
            continue;
        }
        for (const Step& step : unit.steps) {
            if (!step.deferred) {
                continue;
            }
            if (StepResult result = run_step(journal, unit, step); !result) {
                return result.error().interrupted
                           ? RunResult{RunOutcome::Interrupted, result.error().error}
                           : finish(journal, RunOutcome::FailedManual, result.error().error);
            }
        }
    }
    return finish(journal, RunOutcome::Done, Error{});
}

} // namespace pf::nvmetool
