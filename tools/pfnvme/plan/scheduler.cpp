// List scheduling by priority (longest remaining path first) that never looks at an item twice
// without reason: an item that lacks a resource is parked at that resource and looked at again only
// when some of it becomes free. Twenty thousand moves are decided in well under a second.
//
// A unit that would wait for the same hosts as units that are at work gives its turn to a longer or
// less disturbed one: its slot is worth more to that one.
#include "tools/pfnvme/plan/scheduler.hpp"

#include "base/assert.hpp"
#include "tools/pfnvme/plan/windows.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pf::nvmetool {

namespace {

// Longest path from each node to the end, own length included. Edges point to earlier nodes, so the
// list is walked in reverse topological order; an empty result says that there is a cycle.
std::vector<TimeMs> tails(const std::vector<std::vector<std::uint32_t>>& after,
                          const std::vector<TimeMs>& length) {
    const std::size_t count = after.size();
    std::vector<std::vector<std::uint32_t>> before(count); // successors
    std::vector<std::uint32_t> waiting(count, 0);          // successors not done yet
    for (std::size_t i = 0; i < count; ++i) {
        for (const std::uint32_t j : after[i]) {
            ++waiting[j];
        }
    }
    std::vector<TimeMs> out(count, 0);
    std::vector<std::uint32_t> open;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (waiting[i] == 0) {
            open.push_back(i);
        }
    }
    std::size_t done = 0;
    while (!open.empty()) {
        const std::uint32_t i = open.back();
        open.pop_back();
        ++done;
        out[i] += length[i];
        for (const std::uint32_t j : after[i]) {
            out[j] = std::max(out[j], out[i]);
            if (--waiting[j] == 0) {
                open.push_back(j);
            }
        }
    }
    return done == count ? out : std::vector<TimeMs>();
}

std::vector<TimeMs> task_tails(const SchedUnit& unit) {
    std::vector<std::vector<std::uint32_t>> after;
    std::vector<TimeMs> length;
    for (const SchedTask& task : unit.tasks) {
        after.push_back(task.after);
        length.push_back(task.need.p50);
    }
    return tails(after, length);
}

Result<void> check_uses(const SchedProblem& problem, const std::vector<ResourceUse>& uses,
                        const std::string& who) {
    for (const ResourceUse& use : uses) {
        if (use.resource >= problem.resources.size()) {
            return fail(Errc::InvalidArgument, "{} uses a resource that is not in the list", who);
        }
        const SchedResource& resource = problem.resources[use.resource];
        if (use.amount < 0 || use.amount > resource.capacity) {
            return fail(Errc::InvalidArgument, "{} needs {} of '{}', whose capacity is {}", who,
                        use.amount, resource.name, resource.capacity);
        }
    }
    return {};
}

} // namespace

Result<void> check_problem(const SchedProblem& problem) {
    std::vector<std::vector<std::uint32_t>> after;
    std::vector<bool> held(problem.resources.size(), false);
    for (const SchedUnit& unit : problem.units) {
        PF_CHECK(check_uses(problem, unit.holds, "unit " + unit.id));
        for (const ResourceUse& use : unit.holds) {
            held[use.resource] = true;
        }
    }
    for (const SchedUnit& unit : problem.units) {
        if (unit.tasks.empty()) {
            return fail(Errc::InvalidArgument, "unit {} has no task", unit.id);
        }
        for (const std::uint32_t other : unit.after) {
            if (other >= problem.units.size()) {
                return fail(Errc::InvalidArgument, "unit {} waits for a unit that is not there",
                            unit.id);
            }
            if (problem.units[other].wave > unit.wave) {
                return fail(Errc::InvalidArgument,
                            "unit {} of wave {} waits for unit {} of wave {}", unit.id, unit.wave,
                            problem.units[other].id, problem.units[other].wave);
            }
            if (unit.canary && !problem.units[other].canary) {
                return fail(Errc::InvalidArgument, "canary {} waits for unit {}, which is none",
                            unit.id, problem.units[other].id);
            }
        }
        for (const SchedTask& task : unit.tasks) {
            PF_CHECK(check_uses(problem, task.uses, "task " + unit.id + "/" + task.id));
            for (const ResourceUse& use : task.uses) {
                if (held[use.resource]) { // two units could wait for each other for ever
                    return fail(Errc::InvalidArgument, "'{}' is held by units and used by tasks",
                                problem.resources[use.resource].name);
                }
            }
            for (const std::uint32_t other : task.after) {
                if (other >= unit.tasks.size()) {
                    return fail(Errc::InvalidArgument, "task {}/{} waits for a task not there",
                                unit.id, task.id);
                }
            }
        }
        if (task_tails(unit).empty()) {
            return fail(Errc::InvalidArgument, "the tasks of unit {} wait for each other", unit.id);
        }
        after.push_back(unit.after);
    }
    if (!after.empty() && tails(after, std::vector<TimeMs>(after.size(), 0)).empty()) {
        return fail(Errc::InvalidArgument, "the units wait for each other");
    }
    std::uint32_t first_wave = UINT32_MAX;
    for (const SchedUnit& unit : problem.units) {
        first_wave = std::min(first_wave, unit.wave);
    }
    for (const SchedUnit& unit : problem.units) {
        if (unit.canary && unit.wave != first_wave) {
            return fail(Errc::InvalidArgument, "canary {} is not in the first wave", unit.id);
        }
    }
    std::int64_t last = INT64_MIN;
    for (const ChangeWindow& window : problem.windows) {
        if (window.span.start_s >= window.span.end_s || window.span.start_s < last) {
            return fail(Errc::InvalidArgument, "change windows overlap or end before they start");
        }
        last = window.span.end_s;
    }
    return {};
}

class Scheduler::Core {
  public:
    explicit Core(SchedProblem problem)
        : problem_(std::move(problem)), segments_(open_segments(problem_.windows)),
          used_(problem_.resources.size(), 0), others_(problem_.resources.size(), 0),
          smallest_(problem_.resources.size(), INT64_MAX), parked_(problem_.resources.size()) {
        number_items();
        prepare_units();
        measure_demand();
        for (std::uint32_t unit = 0; unit < problem_.units.size(); ++unit) {
            note_smallest(problem_.units[unit].holds);
            for (const SchedTask& task : problem_.units[unit].tasks) {
                note_smallest(task.uses);
            }
        }
    }

    std::vector<SchedDecision> handle(const SchedEvent& event) {
        PF_ASSERT(event.now >= now_ || first_, "scheduler time runs backwards");
        now_ = event.now;
        out_.clear();
        if (first_) {
            first_ = false;
            open_units();
        }
        take(event);
        pump();
        conclude();
        return std::move(out_);
    }

    SchedProblem problem_;
    std::vector<OpenSegment> segments_;
    std::vector<std::int64_t> used_;
    std::vector<std::int64_t> others_;
    std::size_t running_ = 0;
    std::size_t failed_ = 0;
    std::vector<std::pair<std::uint32_t, std::string>> dropped_;

  private:
    using Key = std::pair<TimeMs, std::uint32_t>; // (-priority, item): the first is the best

    enum class UnitState { Waiting, Open, Started, Done, Failed, Dropped };
    struct UnitRun {
        UnitState state = UnitState::Waiting;
        std::uint32_t waits_for = 0;
        std::uint32_t tasks_left = 0;
        std::uint32_t tasks_running = 0;
        bool leaving = false; // dropped while tasks still run
    };
    enum class TaskState { Waiting, Open, Running, Done };
    struct TaskRun {
        TaskState state = TaskState::Waiting;
        std::uint32_t waits_for = 0;
        std::vector<std::uint32_t> successors; // tasks of the same unit
    };
    struct Item { // a unit, or a task of one
        std::uint32_t unit = 0;
        std::uint32_t task = 0;
        bool is_task = false;
    };

    void number_items() {
        const auto units = static_cast<std::uint32_t>(problem_.units.size());
        items_.reserve(units);
        for (std::uint32_t unit = 0; unit < units; ++unit) {
            items_.push_back({unit, 0, false});
        }
        for (std::uint32_t unit = 0; unit < units; ++unit) {
            first_task_.push_back(static_cast<std::uint32_t>(items_.size()));
            for (std::uint32_t task = 0; task < problem_.units[unit].tasks.size(); ++task) {
                items_.push_back({unit, task, true});
            }
        }
        priority_.resize(items_.size(), 0);
        demand_.resize(units);
        load_.resize(problem_.resources.size(), 0);
        tasks_.resize(items_.size() - units);
    }

    void prepare_units() {
        std::vector<std::vector<std::uint32_t>> after;
        std::vector<TimeMs> length;
        runs_.resize(problem_.units.size());
        unit_successors_.resize(problem_.units.size());
        for (std::uint32_t index = 0; index < problem_.units.size(); ++index) {
            const SchedUnit& unit = problem_.units[index];
            const std::vector<TimeMs> inside = task_tails(unit);
            length.push_back(*std::max_element(inside.begin(), inside.end()));
            after.push_back(unit.after);
            runs_[index].waits_for = static_cast<std::uint32_t>(unit.after.size());
            runs_[index].tasks_left = static_cast<std::uint32_t>(unit.tasks.size());
            for (const std::uint32_t other : unit.after) {
                unit_successors_[other].push_back(index);
            }
            for (std::uint32_t task = 0; task < unit.tasks.size(); ++task) {
                priority_[first_task_[index] + task] = inside[task];
                task_run(index, task).waits_for =
                    static_cast<std::uint32_t>(unit.tasks[task].after.size());
                for (const std::uint32_t other : unit.tasks[task].after) {
                    task_run(index, other).successors.push_back(task);
                }
            }
            units_left_[unit.wave] += 1;
            canaries_left_ += unit.canary ? 1U : 0U;
        }
        const std::vector<TimeMs> whole = tails(after, length);
        for (std::uint32_t index = 0; index < problem_.units.size(); ++index) {
            priority_[index] = whole[index];
            for (std::uint32_t task = 0; task < problem_.units[index].tasks.size(); ++task) {
                priority_[first_task_[index] + task] += whole[index] - length[index];
            }
        }
    }

    // What each unit asks of the resources that other units use as well.
    void measure_demand() {
        std::vector<std::uint32_t> users(problem_.resources.size(), 0);
        for (std::uint32_t unit = 0; unit < problem_.units.size(); ++unit) {
            std::map<std::uint32_t, TimeMs> work;
            for (const SchedTask& task : problem_.units[unit].tasks) {
                for (const ResourceUse& use : task.uses) {
                    work[use.resource] += use.amount * task.need.p50;
                }
            }
            for (const auto& [resource, amount] : work) {
                ++users[resource];
            }
            demand_[unit].assign(work.begin(), work.end());
        }
        for (auto& wants : demand_) {
            std::erase_if(wants, [&](const auto& item) {
                return users[item.first] < 2 || problem_.resources[item.first].capacity <= 0;
            });
        }
    }

    // How much longer the unit takes beside those at work than alone.
    [[nodiscard]] TimeMs disturbed(std::uint32_t unit) const {
        TimeMs alone = 0;
        TimeMs beside = 0;
        for (const auto& [resource, work] : demand_[unit]) {
            const std::int64_t capacity = problem_.resources[resource].capacity;
            alone = std::max(alone, work / capacity);
            beside = std::max(beside, (work + load_[resource]) / capacity);
        }
        return beside - alone;
    }

    void shed(std::uint32_t unit, std::uint32_t task) {
        const SchedTask& done = problem_.units[unit].tasks[task];
        for (const ResourceUse& use : done.uses) {
            load_[use.resource] -= use.amount * done.need.p50;
        }
    }

    void note_smallest(const std::vector<ResourceUse>& uses) {
        for (const ResourceUse& use : uses) {
            if (use.amount > 0) {
                smallest_[use.resource] = std::min(smallest_[use.resource], use.amount);
            }
        }
    }

    TaskRun& task_run(std::uint32_t unit, std::uint32_t task) {
        return tasks_[first_task_[unit] + task - problem_.units.size()];
    }
    [[nodiscard]] Key key_of(std::uint32_t item) const { return {-priority_[item], item}; }

    // ---- events ----

    void take(const SchedEvent& event) {
        switch (event.kind) {
        case SchedEvent::Kind::Tick:
            break;
        case SchedEvent::Kind::TaskDone:
            task_done(event.unit, event.task);
            break;
        case SchedEvent::Kind::UnitFailed:
            unit_failed(event.unit, true);
            break;
        case SchedEvent::Kind::UnitSkipped:
            unit_failed(event.unit, false);
            break;
        case SchedEvent::Kind::UnitAlready:
            unit_already(event.unit);
            break;
        case SchedEvent::Kind::Pause:
            paused_ = true;
            break;
        case SchedEvent::Kind::Resume:
            paused_ = false;
            break;
        case SchedEvent::Kind::OthersUse:
            others_[event.resource] = std::max<std::int64_t>(event.amount, 0);
            dirty_.insert(event.resource);
            break;
        case SchedEvent::Kind::Throttle:
            throttle_percent_ = std::clamp<std::int64_t>(event.amount, 0, 100);
            for (std::uint32_t r = 0; r < problem_.resources.size(); ++r) {
                if (problem_.resources[r].throttled) {
                    dirty_.insert(r);
                }
            }
            break;
        }
    }

    void task_done(std::uint32_t unit, std::uint32_t task) {
        TaskRun& run = task_run(unit, task);
        PF_ASSERT(run.state == TaskState::Running, "a task ends that does not run");
        run.state = TaskState::Done;
        shed(unit, task);
        --running_;
        --runs_[unit].tasks_running;
        --runs_[unit].tasks_left;
        release(problem_.units[unit].tasks[task].uses);
        if (runs_[unit].leaving) {
            if (runs_[unit].tasks_running == 0) {
                release(problem_.units[unit].holds);
            }
            return;
        }
        if (runs_[unit].tasks_left == 0) {
            release(problem_.units[unit].holds);
            out_.push_back({SchedDecision::Kind::UnitDone, unit, 0, 0, {}});
            end_unit(unit, UnitState::Done);
            return;
        }
        for (const std::uint32_t other : task_run(unit, task).successors) {
            if (--task_run(unit, other).waits_for == 0) {
                open_task(unit, other);
            }
        }
    }

    void unit_failed(std::uint32_t unit, bool counts) {
        UnitRun& run = runs_[unit];
        PF_ASSERT(run.state == UnitState::Started || run.leaving,
                  "a unit fails that did not start");
        for (std::uint32_t task = 0; task < problem_.units[unit].tasks.size(); ++task) {
            TaskRun& state = task_run(unit, task);
            if (state.state == TaskState::Running ||
                (state.state != TaskState::Done && !run.leaving)) {
                shed(unit, task);
            }
            if (state.state == TaskState::Running) {
                release(problem_.units[unit].tasks[task].uses);
                --running_;
            } else if (state.state == TaskState::Open) {
                forget(first_task_[unit] + task);
            }
            state.state = TaskState::Done;
        }
        const bool was_dropped = run.leaving;
        if (!was_dropped || run.tasks_running != 0) {
            release(problem_.units[unit].holds);
        }
        run.tasks_running = 0;
        failed_ += counts ? 1U : 0U;
        if (was_dropped) {
            return;
        }
        const std::string& id = problem_.units[unit].id;
        const bool was_canary = problem_.units[unit].canary;
        end_unit(unit, UnitState::Failed);
        drop_successors(unit, "it waits for unit " + id +
                                  (counts ? ", which failed" : ", which is skipped"));
        if (!counts) {
            return;
        }
        if (was_canary) {
            stop("canary " + id + " failed");
        } else if (problem_.max_failed_units > 0 &&
                   failed_ >= static_cast<std::size_t>(problem_.max_failed_units)) {
            stop(std::to_string(failed_) + " unit(s) failed");
        }
    }

    void unit_already(std::uint32_t unit) {
        UnitRun& run = runs_[unit];
        PF_ASSERT(run.state == UnitState::Waiting || run.state == UnitState::Open,
                  "a unit that started can't have been done before");
        if (run.state == UnitState::Open) {
            forget(unit);
        }
        run.tasks_left = 0;
        end_unit(unit, UnitState::Done);
    }

    // ---- states ----

    void end_unit(std::uint32_t unit, UnitState state) {
        runs_[unit].state = state;
        const SchedUnit& plan = problem_.units[unit];
        const auto wave = units_left_.find(plan.wave);
        if (--wave->second == 0) {
            units_left_.erase(wave);
        }
        canaries_left_ -= plan.canary ? 1U : 0U;
        if (state == UnitState::Done) {
            for (const std::uint32_t next : unit_successors_[unit]) {
                --runs_[next].waits_for;
            }
        }
        units_changed_ = true;
    }

    void open_units() {
        units_changed_ = false;
        if (stopped_ || units_left_.empty()) {
            return;
        }
        const std::uint32_t wave = units_left_.begin()->first;
        for (std::uint32_t unit = 0; unit < problem_.units.size(); ++unit) {
            const SchedUnit& plan = problem_.units[unit];
            if (runs_[unit].state == UnitState::Waiting && runs_[unit].waits_for == 0 &&
                plan.wave == wave && (plan.canary || canaries_left_ == 0)) {
                runs_[unit].state = UnitState::Open;
                open_.insert(key_of(unit));
            }
        }
    }

    void open_task(std::uint32_t unit, std::uint32_t task) {
        task_run(unit, task).state = TaskState::Open;
        open_.insert(key_of(first_task_[unit] + task));
    }

    // Takes an open item out of wherever it waits.
    void forget(std::uint32_t item) {
        const Key key = key_of(item);
        if (open_.erase(key) != 0) {
            return;
        }
        for (std::set<Key>& parked : parked_) {
            if (parked.erase(key) != 0) {
                return;
            }
        }
        for (auto at = timed_.begin(); at != timed_.end(); ++at) {
            if (at->second == item) {
                timed_.erase(at);
                return;
            }
        }
    }

    void drop(std::uint32_t unit, const std::string& why) {
        UnitRun& run = runs_[unit];
        if (run.state == UnitState::Open) {
            forget(unit);
        } else if (run.state == UnitState::Started) {
            for (std::uint32_t task = 0; task < problem_.units[unit].tasks.size(); ++task) {
                TaskRun& state = task_run(unit, task);
                if (state.state == TaskState::Open) {
                    forget(first_task_[unit] + task);
                    state.state = TaskState::Waiting;
                }
                if (state.state == TaskState::Waiting) {
                    shed(unit, task);
                }
            }
            run.leaving = true;
            if (run.tasks_running == 0) {
                release(problem_.units[unit].holds);
            }
        } else if (run.state != UnitState::Waiting) {
            return;
        }
        dropped_.emplace_back(unit, why);
        out_.push_back({SchedDecision::Kind::Drop, unit, 0, 0, why});
        end_unit(unit, UnitState::Dropped);
        drop_successors(unit, "it waits for unit " + problem_.units[unit].id);
    }

    void drop_successors(std::uint32_t unit, const std::string& why) {
        for (const std::uint32_t next : unit_successors_[unit]) {
            drop(next, why);
        }
    }

    void stop(const std::string& why) {
        stopped_ = true;
        for (std::uint32_t unit = 0; unit < problem_.units.size(); ++unit) {
            if (runs_[unit].state == UnitState::Waiting || runs_[unit].state == UnitState::Open) {
                drop(unit, why);
            }
        }
    }

    // ---- resources ----

    [[nodiscard]] std::int64_t available(std::uint32_t resource) const {
        const SchedResource& plan = problem_.resources[resource];
        std::int64_t capacity = plan.capacity;
        if (plan.throttled && throttle_percent_ < 100) {
            capacity = capacity * throttle_percent_ / 100;
        }
        return capacity - used_[resource] - others_[resource];
    }

    void release(const std::vector<ResourceUse>& uses) {
        for (const ResourceUse& use : uses) {
            used_[use.resource] -= use.amount;
            PF_ASSERT(used_[use.resource] >= 0, "more of a resource is given back than was taken");
            dirty_.insert(use.resource);
        }
    }

    // ---- decisions ----

    void pump() {
        if (units_changed_) {
            open_units();
        }
        while (!timed_.empty() && timed_.begin()->first <= now_) {
            open_.insert(key_of(timed_.begin()->second));
            timed_.erase(timed_.begin());
        }
        if (paused_) {
            return;
        }
        struct Cursor {
            std::uint32_t resource;
            Key next; // first parked key not looked at yet in this pass
        };
        std::vector<Cursor> cursors;
        for (const std::uint32_t resource : dirty_) {
            cursors.push_back({resource, {INT64_MIN, 0}});
        }
        dirty_.clear();
        while (true) {
            Cursor* from = nullptr;
            Key best{INT64_MAX, UINT32_MAX};
            if (!open_.empty()) {
                best = *open_.begin();
            }
            for (Cursor& cursor : cursors) {
                if (available(cursor.resource) < smallest_[cursor.resource]) {
                    continue;
                }
                const auto parked = parked_[cursor.resource].lower_bound(cursor.next);
                if (parked != parked_[cursor.resource].end() && *parked < best) {
                    best = *parked;
                    from = &cursor;
                }
            }
            if (best.second == UINT32_MAX) {
                return;
            }
            if (from != nullptr) {
                from->next = {best.first, best.second + 1};
                parked_[from->resource].erase(best);
            } else {
                open_.erase(best);
            }
            consider(best.second);
            if (units_changed_) { // something was dropped; others may go now
                open_units();
                for (const std::uint32_t resource : dirty_) {
                    cursors.push_back({resource, {INT64_MIN, 0}});
                }
                dirty_.clear();
            }
        }
    }

    [[nodiscard]] std::optional<std::uint32_t> lacking(const std::vector<ResourceUse>& uses) const {
        for (const ResourceUse& use : uses) {
            if (use.amount > available(use.resource)) {
                return use.resource;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] bool in_window(std::uint32_t unit) const {
        return problem_.windows.empty() ||
               next_start_in(segments_, time_needed(problem_.start_rule, problem_.units[unit].need),
                             now_) == now_;
    }

    // Of the units that may start now instead of this one, the one that is worth the most: long,
    // and little disturbed by those at work.
    [[nodiscard]] std::uint32_t worthiest(std::uint32_t unit) const {
        TimeMs most = disturbed(unit);
        if (most == 0) {
            return unit;
        }
        std::uint32_t out = unit;
        most = priority_[unit] - most;
        for (std::uint32_t other = 0; other < problem_.units.size(); ++other) {
            if (runs_[other].state != UnitState::Open || priority_[other] <= most) {
                continue;
            }
            const TimeMs worth = priority_[other] - disturbed(other);
            if (worth > most && !lacking(problem_.units[other].holds) && in_window(other)) {
                most = worth;
                out = other;
            }
        }
        return out;
    }

    void consider(std::uint32_t index) {
        const Item& item = items_[index];
        const SchedUnit& unit = problem_.units[item.unit];
        const std::vector<ResourceUse>& uses =
            item.is_task ? unit.tasks[item.task].uses : unit.holds;
        if (!problem_.windows.empty() && (!item.is_task || unit.tasks[item.task].windowed)) {
            const TimeMs needed = time_needed(
                problem_.start_rule, item.is_task ? unit.tasks[item.task].need : unit.need);
            const std::optional<TimeMs> start = next_start_in(segments_, needed, now_);
            if (!start) {
                drop(item.unit, item.is_task
                                    ? "task " + unit.tasks[item.task].id + " fits into no window"
                                    : "it fits into no window any more");
                return;
            }
            if (*start > now_) {
                timed_.emplace(*start, index);
                return;
            }
        }
        if (const std::optional<std::uint32_t> resource = lacking(uses)) {
            parked_[*resource].insert(key_of(index));
            return;
        }
        if (item.is_task) {
            hold(uses);
            task_run(item.unit, item.task).state = TaskState::Running;
            ++runs_[item.unit].tasks_running;
            ++running_;
            out_.push_back({SchedDecision::Kind::StartTask, item.unit, item.task, 0, {}});
            return;
        }
        const std::uint32_t chosen = worthiest(item.unit);
        if (chosen != item.unit) { // looked at again at once, for what is left
            forget(chosen);
            open_.insert(key_of(index));
        }
        start_unit(chosen);
    }

    void hold(const std::vector<ResourceUse>& uses) {
        for (const ResourceUse& use : uses) {
            used_[use.resource] += use.amount;
        }
    }

    void start_unit(std::uint32_t index) {
        const SchedUnit& unit = problem_.units[index];
        hold(unit.holds);
        runs_[index].state = UnitState::Started;
        for (const auto& task : unit.tasks) {
            for (const ResourceUse& use : task.uses) {
                load_[use.resource] += use.amount * task.need.p50;
            }
        }
        out_.push_back({SchedDecision::Kind::StartUnit, index, 0, 0, {}});
        for (std::uint32_t task = 0; task < unit.tasks.size(); ++task) {
            if (task_run(index, task).waits_for == 0) {
                open_task(index, task);
            }
        }
    }

    void conclude() {
        if (running_ == 0 && units_left_.empty()) {
            out_.push_back({SchedDecision::Kind::Finished, 0, 0, now_, {}});
            return;
        }
        if (running_ == 0 || !timed_.empty()) {
            const TimeMs until = timed_.empty() ? now_ : timed_.begin()->first;
            out_.push_back({SchedDecision::Kind::Wait, 0, 0, until, {}});
        }
    }

    std::vector<std::int64_t> smallest_; // use of each resource by anything
    std::vector<std::set<Key>> parked_;  // by the resource that was lacking
    std::vector<Item> items_;
    std::vector<std::uint32_t> first_task_; // item of each unit's first task
    std::vector<TimeMs> priority_;
    std::vector<std::vector<std::pair<std::uint32_t, TimeMs>>> demand_; // by unit: amount × time
    std::vector<TimeMs> load_; // amount × time that units at work still ask of each resource
    std::vector<UnitRun> runs_;
    std::vector<TaskRun> tasks_;
    std::vector<std::vector<std::uint32_t>> unit_successors_;
    std::map<std::uint32_t, std::uint32_t> units_left_; // by wave
    std::uint32_t canaries_left_ = 0;
    std::set<Key> open_;
    std::multimap<TimeMs, std::uint32_t> timed_;
    std::set<std::uint32_t> dirty_; // resources of which more may be available
    std::vector<SchedDecision> out_;
    TimeMs now_ = 0;
    std::int64_t throttle_percent_ = 100;
    bool first_ = true;
    bool paused_ = false;
    bool stopped_ = false;
    bool units_changed_ = false;
};

Scheduler::Scheduler(SchedProblem problem) : core_(std::make_unique<Core>(std::move(problem))) {}
Scheduler::~Scheduler() = default;
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;

std::vector<SchedDecision> Scheduler::handle(const SchedEvent& event) {
    return core_->handle(event);
}
const SchedProblem& Scheduler::problem() const { return core_->problem_; }
std::int64_t Scheduler::in_use(std::uint32_t resource) const { return core_->used_[resource]; }
std::size_t Scheduler::running_tasks() const { return core_->running_; }
std::size_t Scheduler::failed_units() const { return core_->failed_; }
const std::vector<std::pair<std::uint32_t, std::string>>& Scheduler::dropped() const {
    return core_->dropped_;
}

} // namespace pf::nvmetool
