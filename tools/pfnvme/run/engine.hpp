// Executes a compiled plan: dry, for real, after a crash, and backwards.
//
// One code path: a dry run walks the same steps and stops before guard and call. What happens to a
// step is told in unit_runner.hpp; which unit starts when is decided by plan/scheduler.hpp; this
// engine joins them. Units run side by side on EngineOptions::parallel workers, each with ports of
// its own; with one worker everything happens in the caller's thread.
//
// A unit that fails before its commit point is rolled back: the undo lists of all steps that may
// have had an effect, last step first, each read back. When the systems can't be asked
// (unreachable, expired login) nothing is rolled back either: the run stops as Interrupted and can
// be resumed. A failed, stale or interrupted unit never stops the units that run beside it; it
// keeps further ones from starting (failures: as many as the policy allows).
//
// Time comes from EngineClock, so that tests need none.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/journal.hpp"
#include "tools/pfnvme/run/ops.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

// Thread-safe when there is more than one worker.
class EngineClock {
  public:
    virtual ~EngineClock() = default;
    virtual std::chrono::steady_clock::time_point now() = 0;
    virtual void sleep(std::chrono::milliseconds time) = 0;
    virtual std::int64_t wall_ms(); // since 1970, for change windows
};

enum class RunOutcome {
    Done,             // all units are done
    Stale,            // a unit's objects changed since compilation; nothing of it was touched
    Paused,           // a pause was asked for, or nothing more fits into the change windows
    Aborted,          // asked for: the units that were at work are as they were before
    FailedRolledBack, // a unit failed and is as it was before
    FailedPartly,     // some units done, one failed and rolled back
    FailedManual,     // a unit failed after its commit point, or its rollback failed
    Interrupted,      // the systems can't be asked; resume later
    RolledBack,       // rollback asked for and complete
};

[[nodiscard]] std::string_view to_string(RunOutcome outcome);

struct RunResult {
    RunOutcome outcome = RunOutcome::Done;
    Error error;                     // the first failure, if any
    std::vector<std::string> lost{}; // what vCenter kept about VMs and could not be restored
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
        RolledBack,
        Note // of the whole run: `unit` is null
    };
    Kind kind = Kind::Start;
    const Unit* unit = nullptr;  // null for a note
    const Step* step = nullptr;  // null for unit events
    std::size_t step_number = 0; // from 1
    std::string text;
};

enum class RunWish { // the stronger one is the greater
    Go,
    Pause, // stop after the step that each unit is at
    Abort, // the same, and roll back the units that are not past their commit point
};

struct EngineHooks {
    std::function<void(const EngineEvent&)> on_event; // one call at a time
    // Test hook: called with (unit, step, phase) at every point where a crash is interesting.
    std::function<void(const std::string&, const std::string&, std::string_view)> at_point;
    std::function<RunWish()> wish; // asked between steps; thread-safe
    // Asked when nothing is at work any more, right before the run ends: the wish that counts.
    // Whoever wishes something later has to be told that it came too late.
    std::function<RunWish()> last_wish;
};

// The points, in order, at which EngineHooks::at_point is called for a step that is executed.
[[nodiscard]] const std::vector<std::string_view>& crash_phases();
[[nodiscard]] const std::vector<std::string_view>& undo_crash_phases();

struct PortPair {
    std::unique_ptr<VspherePort> vsphere;
    std::unique_ptr<PowerFlexPort> powerflex;
};

struct EngineOptions {
    std::size_t parallel = 1; // units at a time
    // How long the effect of a call is looked for whose answer was lost, before it is made again.
    std::chrono::milliseconds settle{10'000};
    // Ports for the second worker and each further one; called in the worker's own thread.
    std::function<Result<PortPair>()> more_ports;
};

struct RollbackRequest {
    std::vector<std::string> units; // empty: all that are not done, plus those without commit point
    bool discard_writes =
        false; // allow units past their commit point: guests' writes since are lost
};

struct RunnerShared;
class RunLog;

class Engine {
  public:
    Engine(VspherePort& vsphere, PowerFlexPort& powerflex, const Plan& plan, EngineClock& clock,
           EngineHooks hooks, EngineOptions options = {});

    // Nothing is journaled and nothing called; every step is observed and reported as WouldDo or
    // Already.
    [[nodiscard]] Result<void> dry_run();

    // Starts or resumes: what the journal already holds is not done again.
    [[nodiscard]] RunResult run(Journal& journal);

    [[nodiscard]] RunResult rollback(Journal& journal, const RollbackRequest& request);

    // Executes the deferred steps of the units that are done.
    [[nodiscard]] RunResult cleanup(Journal& journal);

  private:
    [[nodiscard]] Result<void> begin(RunLog& log, const std::string& what) const;
    [[nodiscard]] RunResult finish(RunLog& log, RunOutcome outcome, Error error) const;
    [[nodiscard]] RunResult coordinate(RunnerShared& shared);

    VspherePort& vsphere_;
    PowerFlexPort& powerflex_;
    const Plan& plan_;
    EngineClock& clock_;
    EngineHooks hooks_;
    EngineOptions options_;
};

} // namespace pf::nvmetool
