#include "tools/pfnvme/run/coordinator.hpp"

#include "tools/pfnvme/plan/scheduler.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace pf::nvmetool {

namespace {

using namespace std::chrono_literals;

// How often a waiting run looks at wishes and at the clock.
constexpr std::chrono::milliseconds kLook = 200ms;

struct Verdict {
    UnitVerdict kind = UnitVerdict::Done;
    Error error;
};

// One unit from its fresh look to its end or back.
Verdict execute(UnitRunner& runner, RunLog& log, const Unit& unit) {
    const UnitStatus status = log.unit(unit).status;
    if (status == UnitStatus::Pending || status == UnitStatus::Stale) {
        bool stale = false;
        if (StepResult fresh = runner.check_fresh(unit, stale); !fresh) {
            return {UnitVerdict::Interrupted, fresh.error().error};
        }
        if (stale) {
            return {UnitVerdict::Stale, Error{Errc::Conflict, log.unit(unit).error}};
        }
    }
    const auto back = [&](UnitVerdict verdict, const Error& why) -> Verdict {
        if (StepResult undone = runner.rollback_unit(unit, false); !undone) {
            return undone.error().interrupted
                       ? Verdict{UnitVerdict::Interrupted, undone.error().error}
                       : Verdict{UnitVerdict::Manual,
                                 why.what.empty() ? undone.error().error : why};
        }
        return {verdict, why};
    };
    const tl::expected<UnitEnd, StepFailure> end = runner.run_unit(unit);
    if (!end) {
        const StepFailure& failure = end.error();
        if (failure.interrupted) {
            return {UnitVerdict::Interrupted, failure.error};
        }
        if (committed(unit, log.unit(unit))) {
            return {UnitVerdict::Manual, failure.error};
        }
        return back(UnitVerdict::RolledBack, failure.error);
    }
    switch (*end) {
    case UnitEnd::Done:
        return {UnitVerdict::Done, {}};
    case UnitEnd::Paused:
        return {UnitVerdict::Paused, Error{Errc::Cancelled, "paused between steps"}};
    case UnitEnd::Aborted:
        return back(UnitVerdict::Aborted, {});
    }
    return {UnitVerdict::Manual, Error{Errc::Internal, "a unit ended in no way"}};
}

bool takes_down(const Unit& unit) {
    return unit.strategy == "offline" || unit.strategy == "reverse";
}

// After the last unit: rules name VMs of several units, and each unit knows only what it saw.
void renew_contexts(UnitRunner& runner, RunnerShared& shared, CoordinatorResult& out) {
    std::vector<const Unit*> over;
    for (const Unit& unit : shared.plan.units) {
        const UnitStatus status = shared.log.unit(unit).status;
        if (takes_down(unit) && (status == UnitStatus::Done || status == UnitStatus::RolledBack)) {
            over.push_back(&unit);
        }
    }
    for (const Unit* unit : over.size() < 2 ? std::vector<const Unit*>() : over) {
        if (const StepResult renewed = runner.renew_context(*unit); !renewed) {
            ++out.counts[UnitVerdict::Interrupted];
            out.errors.try_emplace(UnitVerdict::Interrupted, renewed.error().error);
            return;
        }
    }
}

SchedProblem problem_of(const Plan& plan, const EngineOptions& options) {
    SchedProblem out;
    const RunPolicy& policy = plan.policy;
    const auto resource = [&](std::string name, std::int64_t capacity) {
        out.resources.push_back({std::move(name), capacity, false});
        return static_cast<std::uint32_t>(out.resources.size() - 1);
    };
    const auto capped = [&](std::string name, std::int64_t cap) -> std::optional<std::uint32_t> {
        return cap > 0 ? std::optional(resource(std::move(name), cap)) : std::nullopt;
    };
    const auto workers = static_cast<std::int64_t>(std::max<std::size_t>(options.parallel, 1));
    const std::int64_t in_flight = policy.caps.units_in_flight;
    const auto units =
        resource("units at a time", in_flight > 0 ? std::min(workers, in_flight) : workers);
    const auto offline = capped("datastores converted at a time", policy.caps.datastores_in_flight);
    const auto away = capped("datastores offline at a time", policy.blast.max_datastores_offline);
    const auto down = capped("VMs down at a time", policy.blast.max_vms_down);
    const auto moves = capped("storage migrations at a time", policy.caps.svmotion_total);
    out.windows = policy.windows;
    out.start_rule = policy.start_rule;
    // Hosts are onboarded independently: one host's failure says nothing of the next.
    out.max_failed_units = plan.kind == "onboarding" ? 0 : policy.blast.max_failed_units;
    // A unit that alone is above a cap runs alone.
    const auto hold = [&](SchedUnit& unit, std::optional<std::uint32_t> which, std::size_t amount) {
        if (which) {
            unit.holds.push_back({*which, std::min(static_cast<std::int64_t>(amount),
                                                   out.resources[*which].capacity)});
        }
    };
    std::map<std::string, std::uint32_t> index;
    for (const Unit& unit : plan.units) {
        index.emplace(unit.id, static_cast<std::uint32_t>(index.size()));
    }
    for (const Unit& unit : plan.units) {
        SchedUnit item;
        item.id = unit.id;
        item.wave = static_cast<std::uint32_t>(unit.wave);
        item.canary = unit.canary;
        for (const std::string& other : unit.depends_on) {
            if (const auto found = index.find(other); found != index.end()) {
                item.after.push_back(found->second);
            }
        }
        item.holds.push_back({units, 1});
        if (takes_down(unit)) {
            const std::size_t datastores = std::max<std::size_t>(unit.objects.parts.size(), 1);
            hold(item, offline, datastores);
            hold(item, away, datastores);
            hold(item, down, unit.objects.vms.size());
        } else if (unit.strategy == "online") {
            hold(item, moves, 1);
        }
        SchedTask whole;
        whole.id = "unit";
        if (unit.estimate) {
            item.need = {unit.estimate->p50_s * 1000, unit.estimate->p90_s * 1000,
                         unit.estimate->rollback_s * 1000};
            whole.need = item.need;
        }
        item.tasks.push_back(std::move(whole));
        out.units.push_back(std::move(item));
    }
    return out;
}

} // namespace

// The workers: with one unit at a time there is no thread, and a unit is executed where it is given
// in.
class Coordinator::Crew {
  public:
    struct Finished {
        std::uint32_t unit = 0;
        Verdict verdict;
    };

    Crew(Coordinator& owner, std::size_t workers) : owner_(owner) {
        if (workers < 2) {
            own_.emplace(owner.vsphere_, owner.powerflex_, owner.shared_);
            return;
        }
        for (std::size_t i = 0; i < workers; ++i) {
            threads_.emplace_back([this, i] { work(i == 0); });
        }
    }
    ~Crew() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        ready_.notify_all();
    } // the threads join after their last unit

    void give(std::uint32_t unit) {
        ++given_;
        if (own_) {
            const Unit& what = owner_.shared_.plan.units[unit];
            ended_.push_back({unit, execute(*own_, owner_.shared_.log, what)});
            return;
        }
        const std::lock_guard lock(mutex_);
        jobs_.push_back(unit);
        ready_.notify_one();
    }

    [[nodiscard]] std::size_t at_work() const { return given_; }

    // The next unit that has ended, waiting at most so long.
    std::optional<Finished> next(std::chrono::milliseconds wait) {
        std::unique_lock lock(mutex_);
        if (!own_ && !done_.wait_for(lock, wait, [this] { return !ended_.empty(); })) {
            return std::nullopt;
        }
        if (ended_.empty()) {
            return std::nullopt;
        }
        Finished out = std::move(ended_.front());
        ended_.pop_front();
        --given_;
        return out;
    }

  private:
    void work(bool first) {
        std::optional<UnitRunner> runner;
        PortPair ports;
        while (true) {
            std::uint32_t unit = 0;
            {
                std::unique_lock lock(mutex_);
                ready_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
                if (jobs_.empty()) {
                    return;
                }
                unit = jobs_.front();
                jobs_.pop_front();
            }
            Verdict verdict;
            if (!runner && first) {
                runner.emplace(owner_.vsphere_, owner_.powerflex_, owner_.shared_);
            } else if (!runner) {
                Result<PortPair> opened = owner_.shared_.options.more_ports();
                if (opened) {
                    ports = std::move(*opened);
                    runner.emplace(*ports.vsphere, *ports.powerflex, owner_.shared_);
                } else {
                    verdict = {UnitVerdict::Interrupted, opened.error()};
                }
            }
            if (runner) {
                verdict = execute(*runner, owner_.shared_.log, owner_.shared_.plan.units[unit]);
            }
            const std::lock_guard lock(mutex_);
            ended_.push_back({unit, std::move(verdict)});
            done_.notify_all();
        }
    }

    Coordinator& owner_;
    std::optional<UnitRunner> own_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::condition_variable done_;
    std::deque<std::uint32_t> jobs_;
    std::deque<Finished> ended_;
    std::size_t given_ = 0; // coordinator's thread only
    bool closing_ = false;
    std::vector<std::jthread> threads_; // last: joins before the rest is gone
};

Result<CoordinatorResult> Coordinator::run() {
    const Plan& plan = shared_.plan;
    SchedProblem problem = problem_of(plan, shared_.options);
    PF_CHECK(check_problem(problem));
    Scheduler scheduler(std::move(problem));
    CoordinatorResult out;
    std::deque<SchedDecision> decisions;
    TimeMs last = 0;
    const auto event = [&](SchedEvent::Kind kind, std::uint32_t unit = 0) {
        SchedEvent item;
        item.kind = kind;
        item.unit = unit;
        last =
            std::max(last, shared_.clock.wall_ms()); // a clock that is set back holds us, no more
        item.now = last;
        for (SchedDecision& decision : scheduler.handle(item)) {
            decisions.push_back(std::move(decision));
        }
    };
    bool stopped = false;
    const auto stop = [&] {
        if (!stopped) {
            stopped = true;
            event(SchedEvent::Kind::Pause);
        }
    };
    event(SchedEvent::Kind::Pause); // nothing starts before what is over is known
    for (std::uint32_t i = 0; i < plan.units.size(); ++i) {
        const UnitStatus status = shared_.log.unit(plan.units[i]).status;
        if (status == UnitStatus::Done) {
            ++out.counts[UnitVerdict::Done];
        }
        if (status == UnitStatus::Done || status == UnitStatus::RolledBack) {
            event(SchedEvent::Kind::UnitAlready, i);
        }
    }
    event(SchedEvent::Kind::Resume);

    const std::size_t workers =
        shared_.options.more_ports
            ? std::min(std::max<std::size_t>(shared_.options.parallel, 1), plan.units.size())
            : 1;
    Crew crew(*this, workers);
    bool finished = false;
    TimeMs wake = 0;
    while (!finished) {
        while (!decisions.empty()) {
            const SchedDecision decision = std::move(decisions.front());
            decisions.pop_front();
            switch (decision.kind) {
            case SchedDecision::Kind::StartUnit:
            case SchedDecision::Kind::UnitDone:
                break;
            case SchedDecision::Kind::StartTask:
                crew.give(decision.unit);
                break;
            case SchedDecision::Kind::Drop:
                out.left.emplace_back(plan.units[decision.unit].id, decision.text);
                break;
            case SchedDecision::Kind::Wait:
                wake = decision.until;
                break;
            case SchedDecision::Kind::Finished:
                finished = true;
                break;
            }
            // In one thread a unit has ended when it was given: its end comes before other starts.
            if (crew.at_work() != 0 && workers == 1) {
                break;
            }
        }
        if (crew.at_work() == 0) {
            if (finished || stopped) {
                break;
            }
            if (shared_.hooks.wish && shared_.hooks.wish() != RunWish::Go) {
                out.paused = true;
                break;
            }
            if (decisions.empty()) { // before a window, or after a freeze
                const TimeMs left = std::max<TimeMs>(wake - shared_.clock.wall_ms(), 1);
                shared_.clock.sleep(std::min(kLook, std::chrono::milliseconds(left)));
                event(SchedEvent::Kind::Tick);
            }
            continue;
        }
        if (shared_.hooks.wish && shared_.hooks.wish() != RunWish::Go) {
            out.paused = true;
            stop();
        }
        const std::optional<Crew::Finished> ended = crew.next(kLook);
        if (!ended) {
            continue;
        }
        const UnitVerdict kind = ended->verdict.kind;
        ++out.counts[kind];
        out.errors.try_emplace(kind, ended->verdict.error);
        switch (kind) {
        case UnitVerdict::Done:
            event(SchedEvent::Kind::TaskDone, ended->unit);
            break;
        case UnitVerdict::RolledBack:
            event(SchedEvent::Kind::UnitFailed, ended->unit);
            break;
        case UnitVerdict::Paused:
        case UnitVerdict::Aborted:
            out.paused = true;
            stop();
            break;
        case UnitVerdict::Stale:
        case UnitVerdict::Manual:
        case UnitVerdict::Interrupted:
            stop();
            break;
        }
    }
    UnitRunner runner(vsphere_, powerflex_, shared_);
    renew_contexts(runner, shared_, out);
    return out;
}

} // namespace pf::nvmetool
