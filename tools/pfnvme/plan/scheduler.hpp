// Decides what may start now: precedence, waves, canaries, caps, change windows, failures.
//
// Pure. Events go in with their time, decisions come out; there is no clock, no thread and no I/O,
// so that a run, an estimate and a test drive the same code. The caller executes decisions and
// reports what became of them.
//
// A *unit* is indivisible for people (a datastore and its VMs); it holds `holds` from its first
// task to its end. A *task* is a piece of work inside a unit that takes `uses` while it runs (a
// Storage vMotion: cost on its host and on both datastores). A resource is either held by units or
// used by tasks, never both: that is why nothing can deadlock. A caller that executes whole units
// in one piece gives each unit one task.
//
// Promises, each of them tested by properties:
//   - a task starts only when everything it waits for is done, and every unit before its unit;
//   - a unit of wave n starts only when no unit of a lower wave is left; no other unit starts
//     before the canaries are done; a failed canary ends the run;
//   - the sum of what is running never exceeds a resource's capacity, less what others use of it;
//   - nothing starts outside a window, in a freeze, or later than the start rule allows;
//   - after max_failed_units failures no further unit starts;
//   - it is work-conserving: nothing that may start waits (Paused and Stopped apart).
//
// Not thread-safe; one owner.
#pragma once

#include "tools/pfnvme/plan/policy.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::nvmetool {

using TimeMs = std::int64_t; // since 1970, or since any other origin without windows

struct ResourceUse {
    std::uint32_t resource = 0;
    std::int64_t amount = 0;
};

struct SchedResource {
    std::string name; // "host esx01: migration cost"
    std::int64_t capacity = 0;
    bool throttled = false; // Throttle events scale it
};

// What the start rule needs to know of a piece of work.
struct TimeNeed {
    TimeMs p50 = 0;
    TimeMs p90 = 0;
    TimeMs rollback = 0;
};

struct SchedTask {
    std::string id;
    std::vector<std::uint32_t> after; // earlier tasks of the same unit
    std::vector<ResourceUse> uses;
    TimeNeed need;
    bool windowed = false; // the start rule is asked for this task as well (online moves)
};

struct SchedUnit {
    std::string id;
    std::vector<std::uint32_t> after; // earlier units
    std::uint32_t wave = 0;
    bool canary = false;
    std::vector<ResourceUse> holds;
    TimeNeed need; // of the whole unit, or of its first part when its tasks are windowed
    std::vector<SchedTask> tasks;
};

struct SchedProblem {
    std::vector<SchedResource> resources;
    std::vector<SchedUnit> units;
    std::vector<ChangeWindow> windows; // empty: any time
    StartRule start_rule = StartRule::P90PlusRollbackBeforeEnd;
    std::int64_t max_failed_units = 1; // 0: no limit
};

// InvalidArgument: an index out of range, a cycle, a use above the capacity, a window inside out.
[[nodiscard]] Result<void> check_problem(const SchedProblem& problem);

struct SchedEvent {
    enum class Kind {
        Tick,        // time passed
        TaskDone,    // unit, task
        UnitFailed,  // unit: it failed and is rolled back; all it held is free
        UnitSkipped, // unit: it is not to be done after all, which is no failure; those that wait
                     // for it are dropped
        UnitAlready, // unit: done in an earlier life of this run
        Pause,       // start nothing until Resume
        Resume,
        OthersUse, // resource, amount: what somebody else uses of it now
        Throttle,  // amount: percent of the throttled resources' capacity that may be used
    };
    Kind kind = Kind::Tick;
    TimeMs now = 0;
    std::uint32_t unit = 0;
    std::uint32_t task = 0;
    std::uint32_t resource = 0;
    std::int64_t amount = 0;
};

struct SchedDecision {
    enum class Kind {
        StartUnit, // its first task follows in the same answer or later
        StartTask,
        UnitDone, // the last task of the unit is done
        Drop,     // unit: will not start any more; `text` says why
        Wait,     // nothing can start before `until`; wake me then or with the next event
        Finished, // nothing runs and nothing is left to start
    };
    Kind kind = Kind::Wait;
    std::uint32_t unit = 0;
    std::uint32_t task = 0;
    TimeMs until = 0;
    std::string text;
};

class Scheduler {
  public:
    // The problem has passed check_problem.
    explicit Scheduler(SchedProblem problem);
    ~Scheduler();
    Scheduler(Scheduler&&) noexcept;
    Scheduler& operator=(Scheduler&&) noexcept;

    // Times must not decrease. The first call starts the run.
    [[nodiscard]] std::vector<SchedDecision> handle(const SchedEvent& event);

    [[nodiscard]] const SchedProblem& problem() const;
    [[nodiscard]] std::int64_t in_use(std::uint32_t resource) const;
    [[nodiscard]] std::size_t running_tasks() const;
    [[nodiscard]] std::size_t failed_units() const;
    // Units that were dropped, with the reason.
    [[nodiscard]] const std::vector<std::pair<std::uint32_t, std::string>>& dropped() const;

  private:
    class Core;
    std::unique_ptr<Core> core_;
};

// Earliest time at or after `now` at which work of this length may start; nullopt: never.
[[nodiscard]] std::optional<TimeMs> next_start(const std::vector<ChangeWindow>& windows,
                                               StartRule rule, const TimeNeed& need, TimeMs now);
// Latest time at which it may still start, in any window; nullopt: it fits into none. Without
// windows there is no latest time, and that is nullopt as well.
[[nodiscard]] std::optional<TimeMs> last_start(const std::vector<ChangeWindow>& windows,
                                               StartRule rule, const TimeNeed& need);
// Open time between two points.
[[nodiscard]] TimeMs open_time(const std::vector<ChangeWindow>& windows, TimeMs from, TimeMs to);

} // namespace pf::nvmetool
