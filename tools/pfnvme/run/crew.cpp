#include "tools/pfnvme/run/crew.hpp"

#include "tools/pfnvme/plan/estimate.hpp"
#include "tools/pfnvme/run/hook_runner.hpp"

#include <utility>

namespace pf::nvmetool {

Crew::Crew(VspherePort& vsphere, PowerFlexPort& powerflex, RunnerShared& shared,
           std::size_t workers)
    : shared_(shared) {
    for (const Unit& unit : shared.plan.units) {
        steps_.push_back(steps_of_tasks(unit));
    }
    if (workers < 2) {
        own_.emplace(vsphere, powerflex, shared);
        return;
    }
    for (std::size_t i = 0; i < workers; ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

Crew::~Crew() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    ready_.notify_all();
} // the threads join after their last job

void Crew::give(Job job) {
    ++given_;
    if (own_) {
        ended_.push_back(execute(*own_, job));
        return;
    }
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    ready_.notify_one();
}

std::optional<JobEnd> Crew::next(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    if (!own_ && !done_.wait_for(lock, wait, [this] { return !ended_.empty(); })) {
        return std::nullopt;
    }
    if (ended_.empty()) {
        return std::nullopt;
    }
    JobEnd out = std::move(ended_.front());
    ended_.pop_front();
    --given_;
    return out;
}

void Crew::work() {
    std::optional<UnitRunner> runner;
    PortPair ports;
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            ready_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
            if (jobs_.empty()) {
                return;
            }
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        JobEnd end;
        end.job = job;
        if (!runner) {
            Result<PortPair> opened = shared_.options.more_ports();
            if (opened) {
                ports = std::move(*opened);
                runner.emplace(*ports.vsphere, *ports.powerflex, shared_);
            } else {
                end.kind = UnitVerdict::Interrupted;
                end.error = opened.error();
            }
        }
        if (runner) {
            end = execute(*runner, job);
        }
        const std::lock_guard lock(mutex_);
        ended_.push_back(std::move(end));
        done_.notify_all();
    }
}

JobEnd Crew::execute(UnitRunner& runner, const Job& job) {
    return job.back ? roll_back(runner, job) : run_task(runner, job);
}

bool Crew::run_hooks(UnitRunner& runner, const Unit& unit, const char* event,
                     const std::vector<Hook>& hooks, JobEnd& end) {
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        const Result<void> done = runner.run_unit_hook(unit, event, i, hooks[i]);
        if (done || hooks[i].on_fail == "warn") {
            continue;
        }
        end.error = done.error();
        end.kind = done.error().code == Errc::Cancelled ? UnitVerdict::Interrupted
                   : hooks[i].on_fail == "skip-unit"    ? UnitVerdict::Skipped
                                                        : UnitVerdict::RolledBack;
        end.stop_run = hooks[i].on_fail == "stop";
        return false;
    }
    return true;
}

JobEnd Crew::run_task(UnitRunner& runner, const Job& job) {
    const Unit& unit = shared_.plan.units[job.unit];
    RunLog& log = shared_.log;
    JobEnd out;
    out.job = job;
    if (job.task == 0) {
        const UnitStatus status = log.unit(unit).status;
        if (status == UnitStatus::Pending || status == UnitStatus::Stale) {
            bool stale = false;
            if (StepResult fresh = runner.check_fresh(unit, stale); !fresh) {
                out.kind = UnitVerdict::Interrupted;
                out.error = fresh.error().error;
                return out;
            }
            if (stale) {
                out.kind = UnitVerdict::Stale;
                out.error = Error{Errc::Conflict, log.unit(unit).error};
                return out;
            }
        }
        if (!run_hooks(runner, unit, "pre_unit", shared_.plan.policy.hooks.pre_unit, out)) {
            return out;
        }
    }
    const tl::expected<UnitEnd, StepFailure> end =
        runner.run_steps(unit, steps_[job.unit][job.task], job.task == 0);
    if (!end) {
        const StepFailure& failure = end.error();
        out.error = failure.error;
        out.kind = failure.interrupted               ? UnitVerdict::Interrupted
                   : committed(unit, log.unit(unit)) ? UnitVerdict::Manual
                                                     : UnitVerdict::RolledBack;
        return out;
    }
    if (*end == UnitEnd::Paused) {
        out.kind = UnitVerdict::Paused;
        out.error = Error{Errc::Cancelled, "paused between steps"};
        return out;
    }
    if (*end == UnitEnd::Aborted) {
        out.kind = UnitVerdict::Aborted;
        return out;
    }
    // The last task waits for all others: the unit is as good as done.
    if (job.task + 1 == steps_[job.unit].size()) {
        JobEnd after;
        if (!run_hooks(runner, unit, "post_unit", shared_.plan.policy.hooks.post_unit, after)) {
            out.stop_run = after.stop_run;
            out.error = after.error;
        }
    }
    return out;
}

JobEnd Crew::roll_back(UnitRunner& runner, const Job& job) {
    const Unit& unit = shared_.plan.units[job.unit];
    JobEnd out;
    out.job = job;
    out.kind = job.verdict;
    out.error = job.why;
    if (StepResult undone = runner.rollback_unit(unit, false); !undone) {
        out.kind = undone.error().interrupted ? UnitVerdict::Interrupted : UnitVerdict::Manual;
        out.error =
            undone.error().interrupted || job.why.what.empty() ? undone.error().error : job.why;
    }
    if (out.kind == UnitVerdict::RolledBack || out.kind == UnitVerdict::Manual) {
        JobEnd ignored; // it has failed already: nothing worse can be said
        (void)run_hooks(runner, unit, "on_failure", shared_.plan.policy.hooks.on_failure, ignored);
    }
    return out;
}

} // namespace pf::nvmetool
