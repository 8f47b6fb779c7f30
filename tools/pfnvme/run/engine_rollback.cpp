// The way back: undo lists in reverse order, each call announced, made, read back and recorded like
// a step.
#include "tools/pfnvme/run/engine.hpp"

#include <algorithm>

namespace pf::nvmetool {

Engine::StepResult Engine::undo_call(Journal& journal, const Unit& unit, const Step& step,
                                     std::size_t index) {
    const OpCall& call = step.undo[index];
    const Op* op = find_op(call.op);
    if (op == nullptr) {
        return tl::unexpected(
            Failure{Error{Errc::InvalidArgument,
                          fmt::format("operation '{}' is not known to this pfnvme", call.op)},
                    true});
    }
    const Params which{{"undo", std::to_string(index)}, {"op", call.op}};
    const std::string title = op->describe(call.params);
    const auto failed = [&](Error error) -> StepResult {
        const bool interrupted = error.code == Errc::Unreachable || error.code == Errc::Timeout ||
                                 error.code == Errc::AuthFailed || error.code == Errc::Untrusted ||
                                 error.code == Errc::OutcomeUnknown;
        if (!interrupted) {
            tell(EngineEvent::Kind::UndoFailed, unit, &step, error.what);
            if (StepResult written =
                    write(journal, &unit, &step, Phase::UndoFailed, error.what, {}, which, &call);
                !written) {
                return written;
            }
        }
        return tl::unexpected(Failure{std::move(error), interrupted});
    };

    OpContext op_context = context(unit);
    point(unit, step, "undo-before-intent");
    bool needed = true;
    std::string seen_text = "confirmed by the call";
    if (op->observe != nullptr) {
        Result<Observation> seen = settled(op_context, *op, call.params);
        if (!seen) {
            return failed(seen.error());
        }
        needed = seen->effect != Effect::Present;
        seen_text = seen->detail;
    }
    if (needed) {
        if (op->guard != nullptr) {
            if (Result<void> allowed = op->guard(op_context, call.params); !allowed) {
                return failed(allowed.error());
            }
        }
        if (StepResult written =
                write(journal, &unit, &step, Phase::UndoIntent, title, {}, which, &call);
            !written) {
            return written;
        }
        point(unit, step, "undo-after-intent");
        Result<CallOutcome> called = this->call(op_context, *op, call.params);
        point(unit, step, "undo-after-call");
        if (!called && (called.error().code != Errc::OutcomeUnknown || op->observe == nullptr)) {
            return failed(called.error());
        }
        CallOutcome outcome = called ? std::move(*called) : CallOutcome{};
        if (StepResult written =
                write(journal, &unit, &step, Phase::UndoSent, title, outcome.task, which, &call);
            !written) {
            return written;
        }
        if (op->observe != nullptr) {
            Result<Observation> effect = await(op_context, *op, call.params, outcome);
            if (!effect) {
                return failed(effect.error());
            }
            seen_text = effect->detail;
        }
    }
    if (StepResult written =
            write(journal, &unit, &step, Phase::Undone, title + ": " + seen_text, {}, which, &call);
        !written) {
        return written;
    }
    point(unit, step, "undo-after-done");
    tell(EngineEvent::Kind::Undone, unit, &step, title);
    return {};
}

Engine::StepResult Engine::undo_step(Journal& journal, const Unit& unit, const Step& step) {
    const StepState state = state_of(unit, step);
    if (!state.may_have_effect() || state.undo_complete) {
        return {};
    }
    const Op* op = find_op(step.action.op);
    if (!state.done && op != nullptr && op->observe != nullptr) {
        OpContext op_context = context(unit);
        if (Result<Observation> seen = settled(op_context, *op, step.action.params);
            !seen && seen.error().code == Errc::Unreachable) {
            return tl::unexpected(Failure{seen.error(), true});
        }
    }
    for (std::size_t index = 0; index < step.undo.size(); ++index) {
        if (state.undone.contains(index)) {
            continue;
        }
        if (StepResult result = undo_call(journal, unit, step, index); !result) {
            return result;
        }
    }
    return write(journal, &unit, &step, Phase::Undone, step.title, {}, {{"complete", "true"}});
}

Engine::StepResult Engine::rollback_unit(Journal& journal, const Unit& unit, bool discard_writes) {
    if (state_.units[unit.id].status != UnitStatus::RollingBack) {
        if (StepResult written =
                write(journal, &unit, nullptr, Phase::RollbackStart, "", {},
                      {{"mode", discard_writes ? "discard-writes" : "before-commit"}});
            !written) {
            return written;
        }
    }
    tell(EngineEvent::Kind::RollbackStart, unit, nullptr, "");
    for (auto step = unit.steps.rbegin(); step != unit.steps.rend(); ++step) {
        if (StepResult result = undo_step(journal, unit, *step); !result) {
            return result;
        }
    }
    if (StepResult written = write(journal, &unit, nullptr, Phase::RolledBack, ""); !written) {
        return written;
    }
    tell(EngineEvent::Kind::RolledBack, unit, nullptr, "");
    return {};
}

RunResult Engine::rollback(Journal& journal, const RollbackRequest& request) {
    state_ = replay(journal.records());
    std::vector<const Unit*> chosen;
    for (const Unit& unit : plan_.units) {
        const UnitState& state = state_.units[unit.id];
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
                              "unit {} ({}) is past its commit point: its VMs have run over NVMe. "
                              "--discard-writes returns it to the state before the run and loses "
                              "what they wrote since",
                              unit.id, unit.objects.datastore)}};
        }
        chosen.push_back(&unit);
    }
    if (StepResult written = write(journal, nullptr, nullptr, Phase::RunStart, "rollback", {},
                                   {{"plan", plan_.sha256}});
        !written) {
        return {RunOutcome::Interrupted, written.error().error};
    }
    std::reverse(chosen.begin(), chosen.end());
    for (const Unit* unit : chosen) {
        if (StepResult result = rollback_unit(journal, *unit, request.discard_writes); !result) {
            return result.error().interrupted
                       ? RunResult{RunOutcome::Interrupted, result.error().error}
                       : finish(journal, RunOutcome::FailedManual, result.error().error);
        }
    }
    return finish(journal, RunOutcome::RolledBack, Error{});
}

} // namespace pf::nvmetool
