// The workers of a run: each takes one job at a time and has ports of its own.
//
// With one worker there is no thread: a job is executed where it is given in, with the engine's own
// ports. With more, the engine's ports stay with the caller and every worker opens a pair. Jobs are
// bounded by the tasks of the plan. The destructor waits for the jobs at work.
#pragma once

#include "tools/pfnvme/run/unit_runner.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace pf::nvmetool {

enum class UnitVerdict {
    Done,
    Paused,
    Aborted,     // rolled back because it was asked for
    Stale,       // untouched
    RolledBack,  // failed before its commit point
    Manual,      // failed after it, or while rolling back
    Interrupted, // could not ask the systems
    Skipped,     // a hook said so; untouched
};

struct Job {
    std::uint32_t unit = 0;
    std::uint32_t task = 0;
    bool back = false;     // roll the unit back
    UnitVerdict verdict{}; // what a rollback that succeeds means
    Error why{};
};

struct JobEnd {
    Job job;
    UnitVerdict kind = UnitVerdict::Done; // of this job; RolledBack: the unit has to be rolled back
    Error error{};
    bool stop_run = false; // nothing further is to start
};

class Crew {
  public:
    // `steps` of every unit by task, as plan/estimate.hpp cuts it.
    Crew(VspherePort& vsphere, PowerFlexPort& powerflex, RunnerShared& shared, std::size_t workers);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    void give(Job job);
    [[nodiscard]] std::size_t at_work() const { return given_; }
    // The next job that has ended, waiting at most so long.
    [[nodiscard]] std::optional<JobEnd> next(std::chrono::milliseconds wait);

  private:
    void work();
    [[nodiscard]] JobEnd execute(UnitRunner& runner, const Job& job);
    [[nodiscard]] JobEnd run_task(UnitRunner& runner, const Job& job);
    [[nodiscard]] JobEnd roll_back(UnitRunner& runner, const Job& job);
    // Hooks of one unit; false: one failed whose failure counts.
    [[nodiscard]] bool run_hooks(UnitRunner& runner, const Unit& unit, const char* event,
                                 const std::vector<Hook>& hooks, JobEnd& end);

    RunnerShared& shared_;
    std::vector<std::vector<std::vector<std::size_t>>> steps_; // by unit, then task
    std::optional<UnitRunner> own_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::condition_variable done_;
    std::deque<Job> jobs_;
    std::deque<JobEnd> ended_;
    std::size_t given_ = 0; // caller's thread only
    bool closing_ = false;
    std::vector<std::jthread> threads_; // last: joins before the rest is gone
};

} // namespace pf::nvmetool
