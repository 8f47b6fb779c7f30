// Executes a compiled plan: dry, for real, after a crash, and backwards.
//
// One code path: a dry run walks the same steps and stops before guard and call. For each step:
//
//   observe ──present──▶ journal "already" (or "done", if an earlier life of this run had announced
//   it)
//      │absent
//   guard ▶ journal "intent" ▶ call ▶ journal "sent" ▶ wait and read back ▶ journal "observed",
//   "done"
//
// After a crash the same walk is taken again: what is there is recognised by looking, a task that
// still runs is waited for, and the rest is done. A call whose outcome is unknown is treated the
// same way: look first.
//
// A unit that fails before its commit point is rolled back: the undo lists of all steps that may
// have had an effect, last step first, each read back. When the systems can't be asked
// (unreachable, expired login) nothing is rolled back either: the run stops as Interrupted and can
// be resumed.
//
// Single-threaded. Time comes from EngineClock, so that tests need none.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/journal.hpp"
#include "tools/pfnvme/run/ops.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

class EngineClock {
  public:
    virtual ~EngineClock() = default;
    virtual std::chrono::steady_clock::time_point now() = 0;
    virtual void sleep(std::chrono::milliseconds time) = 0;
};

enum class RunOutcome {
    Done,             // all units are done
    Stale,            // a unit's objects changed since compilation; nothing of it was touched
    Paused,           // a pause was asked for
    FailedRolledBack, // a unit failed and is as it was before
    FailedPartly,     // some units done, one failed and rolled back
    FailedManual,     // a unit failed after its commit point, or its rollback failed
    Interrupted,      // the systems can't be asked; resume later
    RolledBack,       // rollback asked for and complete
};

[[nodiscard]] std::string_view to_string(RunOutcome outcome);

struct RunResult {
    RunOutcome outcome = RunOutcome::Done;
    Error error; // the first failure, if any
};

// What happens, for people and progress displays.
struct EngineEvent {
    enum class Kind {
        UnitStart,
        UnitDone,
        UnitStale,
        WouldDo,
        Already,
        Start,
        Done,
        Failed,
        RollbackStart,
        Undone,
        UndoFailed,
        RolledBack
    };
    Kind kind = Kind::Start;
    const Unit* unit = nullptr;
    const Step* step = nullptr;  // null for unit events
    std::size_t step_number = 0; // from 1
    std::string text;
};

struct EngineHooks {
    std::function<void(const EngineEvent&)> on_event;
    // Test hook: called with (unit, step, phase) at every point where a crash is interesting.
    std::function<void(const std::string&, const std::string&, std::string_view)> at_point;
    std::function<bool()> pause_requested; // asked between steps
};

// The points, in order, at which EngineHooks::at_point is called for a step that is executed.
[[nodiscard]] const std::vector<std::string_view>& crash_phases();
[[nodiscard]] const std::vector<std::string_view>& undo_crash_phases();

struct RollbackRequest {
    std::vector<std::string> units; // empty: all that are not done, plus those without commit point
    bool discard_writes =
        false; // allow units past their commit point: guests' writes since are lost
};

class Engine {
  public:
    Engine(VspherePort& vsphere, PowerFlexPort& powerflex, const Plan& plan, EngineClock& clock,
           EngineHooks hooks);

    // Nothing is journaled and nothing called; every step is observed and reported as WouldDo or
    // Already.
    [[nodiscard]] Result<void> dry_run();

    // Starts or resumes: what the journal already holds is not done again.
    [[nodiscard]] RunResult run(Journal& journal);

    [[nodiscard]] RunResult rollback(Journal& journal, const RollbackRequest& request);

    // Executes the deferred steps of the units that are done.
    [[nodiscard]] RunResult cleanup(Journal& journal);

  private:
    struct Failure {
        Error error;
        bool interrupted = false; // could not ask the systems
    };
    using StepResult = tl::expected<void, Failure>;

    [[nodiscard]] OpContext context(const Unit& unit);
    [[nodiscard]] StepResult check_fresh(Journal& journal, const Unit& unit, bool& stale);
    [[nodiscard]] StepResult run_unit(Journal& journal, const Unit& unit, bool& paused);
    [[nodiscard]] StepResult run_step(Journal& journal, const Unit& unit, const Step& step);
    [[nodiscard]] StepResult run_check(Journal& journal, const Unit& unit, const Step& step,
                                       const Op& op);
    [[nodiscard]] StepResult run_change(Journal& journal, const Unit& unit, const Step& step,
                                        const Op& op);
    [[nodiscard]] StepResult fail_step(Journal& journal, const Unit& unit, const Step& step,
                                       const Op& op, Error error);
    [[nodiscard]] StepResult rollback_unit(Journal& journal, const Unit& unit, bool discard_writes);
    [[nodiscard]] StepResult undo_step(Journal& journal, const Unit& unit, const Step& step);
    [[nodiscard]] StepResult undo_call(Journal& journal, const Unit& unit, const Step& step,
                                       std::size_t index);
    // The external call; repeated only where a part of its effect is seen and the rest is not.
    [[nodiscard]] Result<CallOutcome> call(OpContext& op_context, const Op& op,
                                           const Params& params);
    // Observes, and waits for a task of an earlier life of this run (or of somebody else) that is
    // at work on the same effect: neither repeating nor undoing may race with it.
    [[nodiscard]] Result<Observation> settled(OpContext& op_context, const Op& op,
                                              const Params& params);
    // Waits until the effect is there; `outcome` is replaced when a stronger attempt is made.
    [[nodiscard]] Result<Observation> await(OpContext& op_context, const Op& op,
                                            const Params& params, CallOutcome& outcome);
    [[nodiscard]] RunResult finish(Journal& journal, RunOutcome outcome, Error error);
    [[nodiscard]] RunResult run_units(Journal& journal);

    [[nodiscard]] StepResult write(Journal& journal, const Unit* unit, const Step* step,
                                   Phase phase, std::string detail, std::string task = {},
                                   Params result = {}, const OpCall* call = nullptr);
    void point(const Unit& unit, const Step& step, std::string_view phase);
    void tell(EngineEvent::Kind kind, const Unit& unit, const Step* step, std::string text);
    [[nodiscard]] StepState& state_of(const Unit& unit, const Step& step);

    VspherePort& vsphere_;
    PowerFlexPort& powerflex_;
    const Plan& plan_;
    EngineClock& clock_;
    EngineHooks hooks_;
    RunState state_;
};

} // namespace pf::nvmetool
