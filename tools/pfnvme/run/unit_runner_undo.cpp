// The way back: undo lists in reverse order, each call announced, made, read back and recorded like
// a step.
#include "tools/pfnvme/run/unit_runner.hpp"

#include <utility>

namespace pf::nvmetool {

namespace {

constexpr int kMostAttempts = 4;
constexpr std::chrono::milliseconds kPoll{500};

// A guest that was asked to shut down goes down when it likes, and no task tells.
bool comes_late(const Op& op) { return op.name == "vm.shutdown"; }

bool outcome_open(Errc code) {
    return code == Errc::Unreachable || code == Errc::Timeout || code == Errc::OutcomeUnknown;
}

} // namespace

StepResult UnitRunner::undo_failed(const Unit& unit, const Step& step, const OpCall& call,
                                   const Params& which, Error error) {
    const bool interrupted = cannot_ask(error.code);
    if (!interrupted) {
        tell(EngineEvent::Kind::UndoFailed, unit, &step, error.what);
        if (StepResult written =
                write(unit, &step, Phase::UndoFailed, error.what, {}, which, &call);
            !written) {
            return written;
        }
    }
    return tl::unexpected(StepFailure{std::move(error), interrupted});
}

StepResult UnitRunner::undo_call(const Unit& unit, const Step& step, std::size_t index) {
    const OpCall& call = step.undo[index];
    const Op* op = find_op(call.op);
    if (op == nullptr) {
        return tl::unexpected(
            StepFailure{Error{Errc::InvalidArgument,
                              fmt::format("operation '{}' is not known to this pfnvme", call.op)},
                        true});
    }
    const Params which{{"undo", std::to_string(index)}, {"op", call.op}};
    Params evidence = which;
    const std::string title = op->describe(call.params);
    const auto failed = [&](Error error) {
        return undo_failed(unit, step, call, which, std::move(error));
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
    for (int tried = 1; needed; ++tried) {
        if (Result<void> allowed = guard(op_context, *op, call.params); !allowed) {
            return failed(allowed.error());
        }
        if (StepResult written = write(unit, &step, Phase::UndoIntent, title, {}, which, &call);
            !written) {
            return written;
        }
        point(unit, step, "undo-after-intent");
        Result<CallOutcome> called = this->call(op_context, *op, call.params);
        point(unit, step, "undo-after-call");
        const bool lost = !called && outcome_open(called.error().code);
        if (!called && !lost) {
            // Made before, it may be refused because it had its effect.
            const Result<Observation> seen = tried > 1 && op->observe != nullptr
                                                 ? observe(op_context, *op, call.params)
                                                 : Result<Observation>(Observation{});
            if (!seen || seen->effect != Effect::Present) {
                return failed(called.error());
            }
        }
        CallOutcome outcome = called ? std::move(*called) : CallOutcome{};
        if (StepResult written =
                write(unit, &step, Phase::UndoSent, title, outcome.task, which, &call);
            !written) {
            return written;
        }
        if (op->observe == nullptr) {
            if (!lost) { // the answer is all that there is to see, and it came
                evidence.insert(outcome.evidence.begin(), outcome.evidence.end());
                seen_text = param_or(evidence, "seen", seen_text);
                break;
            }
            if (tried == kMostAttempts) {
                return failed(called.error());
            }
            continue; // such operations do no harm when they are done twice
        }
        Result<Observation> effect = await(op_context, *op, call.params, outcome, Lost{lost});
        if (effect) {
            seen_text = effect->detail;
            break;
        }
        if (effect.error().code != Errc::Retry) {
            return failed(effect.error());
        }
        if (tried == kMostAttempts) {
            return failed(Error{Errc::OutcomeUnknown, effect.error().what});
        }
    }
    if (StepResult written =
            write(unit, &step, Phase::Undone, title + ": " + seen_text, {}, evidence, &call);
        !written) {
        return written;
    }
    point(unit, step, "undo-after-done");
    tell(EngineEvent::Kind::Undone, unit, &step, title);
    return {};
}

StepResult UnitRunner::undo_step(const Unit& unit, const Step& step) {
    const StepState& state = shared_.log.step(unit, step);
    if (!state.may_have_effect() || state.undo_complete) {
        return {};
    }
    const Op* op = find_op(step.action.op);
    if (!state.done && op != nullptr && op->observe != nullptr) {
        OpContext op_context = context(unit);
        const Params& params = step.action.params;
        Result<Observation> seen = settled(op_context, *op, params);
        // Taken back before it came, it would come afterwards.
        const auto until = shared_.clock.now() + deadline_of(*op, params);
        while (comes_late(*op) && !state.failed && seen && seen->effect == Effect::Absent &&
               shared_.clock.now() < until) {
            shared_.clock.sleep(kPoll);
            seen = observe(op_context, *op, params);
        }
        if (!seen && cannot_ask(seen.error().code)) {
            return tl::unexpected(StepFailure{seen.error(), true});
        }
    }
    for (std::size_t index = 0; index < step.undo.size(); ++index) {
        if (state.undone.contains(index)) {
            continue;
        }
        if (StepResult result = undo_call(unit, step, index); !result) {
            return result;
        }
    }
    return write(unit, &step, Phase::Undone, step.title, {}, {{"complete", "true"}});
}

StepResult UnitRunner::rollback_unit(const Unit& unit, bool discard_writes) {
    if (shared_.log.unit(unit).status != UnitStatus::RollingBack) {
        if (StepResult written =
                write(unit, nullptr, Phase::RollbackStart, "", {},
                      {{"mode", discard_writes ? "discard-writes" : "before-commit"}});
            !written) {
            return written;
        }
    }
    tell(EngineEvent::Kind::RollbackStart, unit, nullptr, "");
    for (auto step = unit.steps.rbegin(); step != unit.steps.rend(); ++step) {
        if (StepResult result = undo_step(unit, *step); !result) {
            return result;
        }
    }
    if (StepResult written = write(unit, nullptr, Phase::RolledBack, ""); !written) {
        return written;
    }
    tell(EngineEvent::Kind::RolledBack, unit, nullptr, "");
    return {};
}

} // namespace pf::nvmetool
