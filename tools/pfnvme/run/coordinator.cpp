#include "tools/pfnvme/run/coordinator.hpp"

#include "tools/pfnvme/plan/estimate.hpp"
#include "tools/pfnvme/run/run_watch.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

namespace pf::nvmetool {

namespace {

using namespace std::chrono_literals;

// How often a waiting run looks at wishes and at the clock.
constexpr std::chrono::milliseconds kLook = 200ms;
// Each worker has a session of its own with both systems.
constexpr std::size_t kMostWorkers = 64;

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

// The plan as estimates see it, with the times that its own estimate gave it.
SchedProblem problem_of(const Plan& plan, std::size_t units_at_a_time) {
    CostModel model = default_cost_model();
    model.units_at_a_time = static_cast<std::int64_t>(units_at_a_time);
    SchedProblem out = model_plan(plan, model).problem;
    // Hosts are onboarded independently: one host's failure says nothing of the next.
    out.max_failed_units = plan.kind == "onboarding" ? 0 : plan.policy.blast.max_failed_units;
    for (std::size_t i = 0; i < plan.units.size(); ++i) {
        const std::optional<UnitEstimate>& estimate = plan.units[i].estimate;
        out.units[i].need = !estimate ? TimeNeed{}
                                      : TimeNeed{estimate->p50_s * 1000, estimate->p90_s * 1000,
                                                 estimate->rollback_s * 1000};
    }
    return out;
}

std::size_t moves_of(const Plan& plan) {
    std::size_t out = 0;
    for (const Unit& unit : plan.units) {
        out += static_cast<std::size_t>(
            std::count_if(unit.steps.begin(), unit.steps.end(),
                          [](const Step& step) { return bool(step.work); }));
    }
    return out;
}

// Enough for the units at a time and for the moves that the caps of their hosts allow.
std::size_t workers_for(const Plan& plan, const EngineOptions& options) {
    if (!options.more_ports || options.parallel < 2) {
        return 1;
    }
    const std::size_t units = std::min(options.parallel, plan.units.size());
    const std::int64_t cap = plan.policy.caps.svmotion_per_host;
    const std::size_t by_hosts =
        plan.hosts.size() * static_cast<std::size_t>(cap > 0 ? cap : std::int64_t{2});
    return std::clamp(std::max(units, std::min(moves_of(plan), by_hosts)), std::size_t{1},
                      kMostWorkers);
}

} // namespace

class Coordinator::Loop {
  public:
    Loop(Coordinator& owner, SchedProblem problem, std::size_t workers)
        : owner_(owner), shared_(owner.shared_), plan_(owner.shared_.plan),
          main_(owner.vsphere_, owner.powerflex_, owner.shared_),
          watch_(owner.vsphere_, owner.powerflex_, plan_, problem), scheduler_(std::move(problem)),
          units_(plan_.units.size()), workers_(workers) {}

    Result<CoordinatorResult> run() {
        PF_CHECK(watch_.check());
        skip_what_is_over();
        if (!run_hooks("pre_run", plan_.policy.hooks.pre_run)) {
            return std::move(out_);
        }
        crew_.emplace(owner_.vsphere_, owner_.powerflex_, shared_, workers_);
        while (true) {
            take_decisions();
            if (crew_->at_work() == 0) {
                if (finished_ || stopped_) {
                    if (abort_the_rest() || (last_wish() == RunWish::Abort && abort_the_rest())) {
                        continue;
                    }
                    break;
                }
                heed_wishes();
                if (decisions_.empty() && !stopped_) { // before a window, after a freeze, held
                    const TimeMs left = wake_ - shared_.clock.wall_ms();
                    shared_.clock.sleep(left > 0 ? std::min(kLook, std::chrono::milliseconds(left))
                                                 : kLook);
                    look_around();
                    event(SchedEvent::Kind::Tick);
                }
                continue;
            }
            heed_wishes();
            look_around();
            if (std::optional<JobEnd> ended = crew_->next(kLook)) {
                take_end(*ended);
            }
        }
        renew_contexts(main_, shared_, out_);
        note_sdcs();
        (void)run_hooks("post_run", plan_.policy.hooks.post_run);
        return std::move(out_);
    }

  private:
    struct UnitAtWork {
        bool begun = false;
        bool over = false;
        bool ending = false; // something happened: what runs is waited for, nothing new starts
        std::size_t running = 0;
        std::optional<JobEnd> reason;
        std::set<std::uint32_t> tasks; // at work
    };

    void event(SchedEvent::Kind kind, std::uint32_t unit = 0, std::uint32_t task = 0,
               std::uint32_t resource = 0, std::int64_t amount = 0) {
        SchedEvent item;
        item.kind = kind;
        item.unit = unit;
        item.task = task;
        item.resource = resource;
        item.amount = amount;
        // A clock that is set back holds us, no more.
        last_ = std::max(last_, shared_.clock.wall_ms());
        item.now = last_;
        for (SchedDecision& decision : scheduler_.handle(item)) {
            decisions_.push_back(std::move(decision));
        }
    }

    void stop() {
        if (!stopped_) {
            stopped_ = true;
            event(SchedEvent::Kind::Pause);
        }
    }

    void skip_what_is_over() {
        event(SchedEvent::Kind::Pause); // nothing starts before what is over is known
        for (std::uint32_t i = 0; i < plan_.units.size(); ++i) {
            const UnitStatus status = shared_.log.unit(plan_.units[i]).status;
            if (status == UnitStatus::Done) {
                ++out_.counts[UnitVerdict::Done];
            }
            if (status == UnitStatus::Done || status == UnitStatus::RolledBack) {
                units_[i].over = true;
                event(SchedEvent::Kind::UnitAlready, i);
            }
        }
        event(SchedEvent::Kind::Resume);
    }

    void give(std::uint32_t unit, std::uint32_t task) {
        UnitAtWork& at = units_[unit];
        if (at.ending) {
            return; // the scheduler does not know yet that this unit goes no further
        }
        at.begun = true;
        ++at.running;
        at.tasks.insert(task);
        Job job;
        job.unit = unit;
        job.task = task;
        crew_->give(std::move(job));
    }

    void take_decisions() {
        while (!decisions_.empty()) {
            const SchedDecision decision = std::move(decisions_.front());
            decisions_.pop_front();
            switch (decision.kind) {
            case SchedDecision::Kind::StartUnit:
                break;
            case SchedDecision::Kind::UnitDone:
                end_unit(decision.unit);
                break;
            case SchedDecision::Kind::StartTask:
                give(decision.unit, decision.task);
                break;
            case SchedDecision::Kind::Drop:
                out_.left.emplace_back(plan_.units[decision.unit].id, decision.text);
                break;
            case SchedDecision::Kind::Wait:
                wake_ = decision.until;
                break;
            case SchedDecision::Kind::Finished:
                finished_ = true;
                break;
            }
            // In one thread a job has ended when it was given: its end comes before other starts.
            if (crew_->at_work() != 0 && workers_ == 1) {
                return;
            }
        }
    }

    void end_unit(std::uint32_t unit) {
        units_[unit].over = true;
        if (const StepResult written = main_.end_unit(plan_.units[unit]); !written) {
            note(UnitVerdict::Interrupted, written.error().error);
            stop();
            return;
        }
        ++out_.counts[UnitVerdict::Done];
    }

    void note(UnitVerdict kind, const Error& error) {
        ++out_.counts[kind];
        out_.errors.try_emplace(kind, error);
    }

    void take_end(const JobEnd& end) {
        const std::uint32_t unit = end.job.unit;
        UnitAtWork& at = units_[unit];
        --at.running;
        at.tasks.erase(end.job.task);
        if (end.stop_run) {
            if (end.kind == UnitVerdict::Done) { // a hook after the unit failed; the unit is fine
                out_.paused = true;
                out_.errors.try_emplace(UnitVerdict::Paused, end.error);
            }
            stop();
        }
        if (end.job.back) {
            end_of_rollback(end);
            return;
        }
        if (end.kind == UnitVerdict::Done && !at.ending) {
            event(SchedEvent::Kind::TaskDone, unit, end.job.task);
            return;
        }
        // The worst that a task says of its unit counts; what else runs is waited for.
        if (end.kind != UnitVerdict::Done && (!at.reason || worse(end.kind, at.reason->kind))) {
            at.reason = end;
        }
        at.ending = true;
        if (at.running == 0) {
            close(unit);
        }
    }

    static bool worse(UnitVerdict a, UnitVerdict b) {
        const auto rank = [](UnitVerdict kind) {
            switch (kind) {
            case UnitVerdict::Interrupted:
                return 4;
            case UnitVerdict::Manual:
                return 3;
            case UnitVerdict::RolledBack:
                return 2;
            case UnitVerdict::Aborted:
                return 1;
            default:
                return 0;
            }
        };
        return rank(a) > rank(b);
    }

    // No task of the unit runs any more, and it goes no further.
    void close(std::uint32_t unit) {
        UnitAtWork& at = units_[unit];
        const JobEnd& reason = *at.reason;
        switch (reason.kind) {
        case UnitVerdict::RolledBack:
        case UnitVerdict::Aborted:
            roll_back(unit, reason.kind, reason.error);
            return;
        case UnitVerdict::Skipped:
            skip(unit, reason.error.what);
            return;
        default:
            break;
        }
        note(reason.kind, reason.error);
        out_.paused = out_.paused || reason.kind == UnitVerdict::Paused;
        stop();
    }

    void roll_back(std::uint32_t unit, UnitVerdict verdict, const Error& why) {
        units_[unit].ending = true;
        ++units_[unit].running;
        Job job;
        job.unit = unit;
        job.task = UINT32_MAX;
        job.back = true;
        job.verdict = verdict;
        job.why = why;
        crew_->give(std::move(job));
    }

    void end_of_rollback(const JobEnd& end) {
        const std::uint32_t unit = end.job.unit;
        units_[unit].over = true;
        note(end.kind, end.error);
        if (end.kind == UnitVerdict::RolledBack) {
            event(SchedEvent::Kind::UnitFailed, unit);
            return;
        }
        out_.paused = out_.paused || end.kind == UnitVerdict::Aborted;
        stop();
    }

    // A hook does not want it: nothing was touched, and what waits for it does not start either.
    void skip(std::uint32_t unit, const std::string& why) {
        out_.left.emplace_back(plan_.units[unit].id, why);
        ++out_.counts[UnitVerdict::Skipped];
        units_[unit].over = true;
        event(SchedEvent::Kind::UnitSkipped, unit);
    }

    RunWish wish() const {
        const RunWish asked = shared_.hooks.wish ? shared_.hooks.wish() : RunWish::Go;
        return std::max(asked, shared_.overrun.load());
    }

    RunWish last_wish() const {
        return shared_.hooks.last_wish ? shared_.hooks.last_wish() : RunWish::Go;
    }

    void heed_wishes() {
        heed_window();
        if (wish() != RunWish::Go) {
            out_.paused = true;
            stop();
        }
    }

    // Past the end of the window that units were started in, the plan says what becomes of them.
    void heed_window() {
        const std::vector<ChangeWindow>& windows = plan_.policy.windows;
        if (windows.empty() || plan_.policy.overrun == Overrun::FinishUnit ||
            shared_.overrun.load() != RunWish::Go) {
            return;
        }
        const TimeMs now = shared_.clock.wall_ms();
        const bool open =
            std::any_of(windows.begin(), windows.end(), [&](const ChangeWindow& item) {
                return now >= item.span.start_s * 1000 && now < item.span.end_s * 1000;
            });
        const bool working = std::any_of(units_.begin(), units_.end(),
                                         [](const UnitAtWork& at) { return at.running != 0; });
        if (!open && working) {
            shared_.overrun =
                plan_.policy.overrun == Overrun::RollbackUnit ? RunWish::Abort : RunWish::Pause;
            main_.say("the change window is over: " +
                      std::string(plan_.policy.overrun == Overrun::RollbackUnit
                                      ? "what is at work is rolled back"
                                      : "paused; resume or roll back"));
        }
    }

    // An abort means units that are between two tasks as well.
    bool abort_the_rest() {
        if (wish() != RunWish::Abort) {
            return false;
        }
        bool any = false;
        for (std::uint32_t i = 0; i < units_.size(); ++i) {
            UnitAtWork& at = units_[i];
            const bool open =
                at.begun && !at.over && (!at.reason || at.reason->kind == UnitVerdict::Paused);
            if (open && !committed(plan_.units[i], shared_.log.unit(plan_.units[i]))) {
                roll_back(i, UnitVerdict::Aborted, {});
                any = true;
            }
        }
        return any;
    }

    // ---- what others do ----

    void look_around() {
        const ServiceLevel& slo = plan_.policy.slo;
        const bool levels =
            slo.storage_latency_p95_ms > 0 || slo.vm_latency_p95_ms > 0 || slo.pause_on_rebuild;
        if ((moves_ == 0 && !levels) || stopped_ ||
            (looked_ && shared_.clock.now() < *looked_ + kLookEvery)) {
            return;
        }
        looked_ = shared_.clock.now();
        const RunWatch::Seen seen = watch_.look(moving_now());
        for (std::uint32_t r = 0; r < scheduler_.problem().resources.size(); ++r) {
            const auto found = seen.others.find(r);
            const std::int64_t amount = found == seen.others.end() ? 0 : found->second;
            if (others_[r] != amount) {
                others_[r] = amount;
                event(SchedEvent::Kind::OthersUse, 0, 0, r, amount);
            }
        }
        if (seen.hold_moves.empty() != held_moves_.empty()) {
            event(SchedEvent::Kind::Throttle, 0, 0, 0, seen.hold_moves.empty() ? 100 : 0);
        }
        if (seen.hold_units.empty() != held_units_.empty()) {
            event(seen.hold_units.empty() ? SchedEvent::Kind::Resume : SchedEvent::Kind::Pause);
        }
        tell_hold(held_moves_, seen.hold_moves, "no further move starts");
        tell_hold(held_units_, seen.hold_units, "nothing further starts");
    }

    void tell_hold(std::string& before, const std::string& now, const std::string& what) {
        if (before.empty() && !now.empty()) {
            main_.say(now + ": " + what);
        } else if (!before.empty() && now.empty()) {
            main_.say("no longer so, going on: " + before);
        }
        before = now;
    }

    std::set<std::string> moving_now() const {
        std::set<std::string> out;
        for (std::size_t i = 0; i < units_.size(); ++i) {
            if (units_[i].running != 0) {
                const std::vector<std::string>& ids = plan_.units[i].objects.vm_ids;
                out.insert(ids.begin(), ids.end());
            }
        }
        return out;
    }

    // How many volumes each host's SDC still has: what the report's advice on retiring it rests on.
    void note_sdcs() {
        if (plan_.kind != "migration" || out_.counts[UnitVerdict::Done] == 0 ||
            out_.counts[UnitVerdict::Interrupted] != 0) {
            return;
        }
        const Result<std::vector<PowerFlexHost>> clients = owner_.powerflex_.hosts();
        const Result<std::vector<VolumeInfo>> volumes = owner_.powerflex_.volumes();
        if (!clients || !volumes) {
            return; // the run is over; the advice can be had from: pfnvme host sdc check
        }
        Params found;
        for (const PlanHost& host : plan_.hosts) {
            const Result<HostInfo> info = owner_.vsphere_.host(host.id);
            for (const PowerFlexHost& client : *clients) {
                if (!info || client.nvme || client.guid.empty() || client.guid != info->sdc_guid) {
                    continue;
                }
                const auto mapped =
                    std::count_if(volumes->begin(), volumes->end(), [&](const VolumeInfo& volume) {
                        return volume.mapping_of(client.id) != nullptr;
                    });
                found[std::string(kSdcKey) + host.name] = std::to_string(mapped);
            }
        }
        if (!found.empty()) {
            main_.note_facts("volumes that the hosts' SDCs still have", std::move(found));
        }
    }

    // False: the run must not go on.
    bool run_hooks(const char* at, const std::vector<Hook>& hooks) {
        for (std::size_t i = 0; i < hooks.size(); ++i) {
            const Result<void> done = main_.run_hook_of_run(at, i, hooks[i]);
            if (!done && hooks[i].on_fail != "warn") {
                note(done.error().code == Errc::Cancelled ? UnitVerdict::Interrupted
                                                          : UnitVerdict::RolledBack,
                     done.error());
                return false;
            }
        }
        return true;
    }

    Coordinator& owner_;
    RunnerShared& shared_;
    const Plan& plan_;
    UnitRunner main_;
    RunWatch watch_;
    Scheduler scheduler_;
    std::vector<UnitAtWork> units_;
    std::size_t workers_;
    std::size_t moves_ = moves_of(plan_);
    std::optional<Crew> crew_;
    CoordinatorResult out_;
    std::deque<SchedDecision> decisions_;
    TimeMs last_ = 0;
    TimeMs wake_ = 0;
    bool stopped_ = false;
    bool finished_ = false;
    std::optional<std::chrono::steady_clock::time_point> looked_;
    std::map<std::uint32_t, std::int64_t> others_;
    std::string held_moves_;
    std::string held_units_;
};

Result<CoordinatorResult> Coordinator::run() {
    const std::size_t workers = workers_for(shared_.plan, shared_.options);
    SchedProblem problem = problem_of(
        shared_.plan, workers == 1 ? 1 : std::max<std::size_t>(shared_.options.parallel, 1));
    PF_CHECK(check_problem(problem));
    return Loop(*this, std::move(problem), workers).run();
}

} // namespace pf::nvmetool
