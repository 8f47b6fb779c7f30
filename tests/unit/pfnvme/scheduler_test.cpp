// The scheduler's promises as properties: a driver that knows nothing of its inside executes what
// it decides and keeps its own books.
#include "tools/pfnvme/plan/lower_bound.hpp"
#include "tools/pfnvme/plan/scheduler.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace pf::nvmetool {
namespace {

using Kind = SchedEvent::Kind;
using Decision = SchedDecision::Kind;

// The same cases every time, unless a seed is asked for.
const int kSeeded = ::setenv("RC_PARAMS", "seed=20261122 max_success=1000", 0);

constexpr TimeMs kSecond = 1000;

int number(int from, int to) { return *rc::gen::inRange(from, to + 1); }

// Even resources are for units, odd ones for tasks.
std::vector<ResourceUse> some_uses(const SchedProblem& problem, std::uint32_t parity) {
    std::vector<ResourceUse> out;
    for (std::uint32_t r = parity; r < problem.resources.size(); r += 2) {
        if (number(0, 1) == 0) {
            out.push_back({r, number(1, static_cast<int>(problem.resources[r].capacity))});
        }
    }
    return out;
}

TimeNeed some_need() {
    const TimeMs p50 = number(1, 40) * kSecond;
    return {p50, p50 + number(0, 20) * kSecond, number(0, 10) * kSecond};
}

SchedProblem some_problem() {
    SchedProblem out;
    const int resources = number(1, 4);
    for (int r = 0; r < resources; ++r) {
        out.resources.push_back({"r" + std::to_string(r), number(1, 5), number(0, 1) == 1});
    }
    const int units = number(1, 8);
    for (int u = 0; u < units; ++u) {
        SchedUnit unit;
        unit.id = "u" + std::to_string(u);
        unit.wave = out.units.empty() ? 0 : out.units.back().wave + (number(0, 3) == 0 ? 1 : 0);
        unit.canary = unit.wave == 0 && (u == 0 || out.units.back().canary) && number(0, 3) == 0;
        for (int other = 0; other < u; ++other) {
            if (number(0, 4) == 0 && (!unit.canary || out.units[other].canary)) {
                unit.after.push_back(static_cast<std::uint32_t>(other));
            }
        }
        unit.holds = some_uses(out, 0);
        const int tasks = number(1, 4);
        for (int t = 0; t < tasks; ++t) {
            SchedTask task;
            task.id = "t" + std::to_string(t);
            task.need = some_need();
            task.windowed = number(0, 1) == 1;
            task.uses = some_uses(out, 1);
            for (int other = 0; other < t; ++other) {
                if (number(0, 2) == 0) {
                    task.after.push_back(static_cast<std::uint32_t>(other));
                }
            }
            unit.tasks.push_back(task);
        }
        unit.need = some_need();
        out.units.push_back(unit);
    }
    if (number(0, 1) == 1) {
        std::int64_t at = 0;
        const int windows = number(1, 3);
        for (int w = 0; w < windows; ++w) {
            ChangeWindow window;
            window.span.start_s = at + number(0, 50);
            window.span.end_s = window.span.start_s + number(20, 150);
            if (number(0, 1) == 1) {
                const std::int64_t start = window.span.start_s + number(1, 15);
                window.freezes.push_back(
                    {start, std::min(start + number(1, 30), window.span.end_s)});
            }
            at = window.span.end_s;
            out.windows.push_back(window);
        }
        out.start_rule =
            std::array{StartRule::InsideWindow, StartRule::P90BeforeEnd,
                       StartRule::P90PlusRollbackBeforeEnd}[static_cast<std::size_t>(number(0, 2))];
    }
    out.max_failed_units = number(0, 3);
    return out;
}

bool open_at(const SchedProblem& problem, TimeMs time) {
    return std::any_of(
        problem.windows.begin(), problem.windows.end(), [&](const ChangeWindow& window) {
            if (time < window.span.start_s * kSecond || time >= window.span.end_s * kSecond) {
                return false;
            }
            return std::none_of(
                window.freezes.begin(), window.freezes.end(), [&](const TimeSpan& freeze) {
                    return time >= freeze.start_s * kSecond && time < freeze.end_s * kSecond;
                });
        });
}

// Second by second, as a clerk would do it.
bool allowed(const SchedProblem& problem, const TimeNeed& need, TimeMs start) {
    if (problem.windows.empty()) {
        return true;
    }
    TimeMs length = 0;
    if (problem.start_rule != StartRule::InsideWindow) {
        length += need.p90;
    }
    if (problem.start_rule == StartRule::P90PlusRollbackBeforeEnd) {
        length += need.rollback;
    }
    for (TimeMs at = start; at < start + std::max<TimeMs>(length, 1); at += kSecond / 2) {
        if (!open_at(problem, at)) {
            return false;
        }
    }
    return true;
}

// Executes decisions and keeps books of its own.
class Driver {
  public:
    Driver(SchedProblem problem, bool faults)
        : problem_(problem), scheduler_(std::move(problem)), faults_(faults),
          used_(problem_.resources.size(), 0), others_(problem_.resources.size(), 0),
          units_(problem_.units.size()) {
        for (std::size_t u = 0; u < problem_.units.size(); ++u) {
            units_[u].tasks.resize(problem_.units[u].tasks.size());
        }
    }

    void run() {
        feed({Kind::Tick, now_});
        for (int steps = 0; !finished_; ++steps) {
            RC_ASSERT(steps < 2000);
            if (faults_) {
                disturb();
            }
            if (!ends_.empty()) {
                const auto next = ends_.begin();
                if (waking_ > now_ && waking_ < next->first) {
                    now_ = waking_;
                    feed({Kind::Tick, now_});
                    continue;
                }
                now_ = next->first;
                const auto [unit, task] = next->second;
                ends_.erase(next);
                if (faults_ && number(0, 9) == 0) {
                    fail_unit(unit);
                } else {
                    done(unit, task);
                }
            } else if (!finished_) {
                if (waking_ <= now_) { // it waits for others or for Resume
                    calm();
                    continue;
                }
                now_ = waking_;
                feed({Kind::Tick, now_});
            }
        }
    }

    TimeMs now_ = 0;
    std::size_t done_ = 0;
    std::size_t dropped_ = 0;
    std::size_t failed_ = 0;

  private:
    enum class State { No, Running, Done };
    struct UnitBook {
        State state = State::No;
        bool gone = false; // dropped or failed
        bool held = false;
        std::vector<State> tasks;
    };

    void feed(const SchedEvent& event) {
        waking_ = 0;
        for (const SchedDecision& decision : scheduler_.handle(event)) {
            switch (decision.kind) {
            case Decision::StartUnit:
                start_unit(decision.unit);
                break;
            case Decision::StartTask:
                start_task(decision.unit, decision.task);
                break;
            case Decision::UnitDone:
                RC_ASSERT(units_[decision.unit].state == State::Running);
                units_[decision.unit].state = State::Done;
                take(problem_.units[decision.unit].holds, -1);
                units_[decision.unit].held = false;
                ++done_;
                break;
            case Decision::Drop:
                RC_ASSERT(units_[decision.unit].state != State::Done);
                RC_ASSERT(!decision.text.empty());
                units_[decision.unit].gone = true;
                give_back_if_idle(decision.unit);
                ++dropped_;
                break;
            case Decision::Wait:
                waking_ = decision.until;
                break;
            case Decision::Finished:
                finished_ = true;
                RC_ASSERT(ends_.empty());
                break;
            }
        }
        if (!finished_ && !paused_) {
            nothing_waits_without_reason();
        }
    }

    void take(const std::vector<ResourceUse>& uses, std::int64_t sign) {
        for (const ResourceUse& use : uses) {
            used_[use.resource] += sign * use.amount;
            RC_ASSERT(used_[use.resource] >= 0);
            RC_ASSERT(sign < 0 || used_[use.resource] + others_[use.resource] <= cap(use.resource));
        }
    }
    std::int64_t cap(std::uint32_t resource) const {
        const SchedResource& r = problem_.resources[resource];
        return r.throttled ? r.capacity * percent_ / 100 : r.capacity;
    }
    bool fits(const std::vector<ResourceUse>& uses) const {
        return std::all_of(uses.begin(), uses.end(), [&](const ResourceUse& use) {
            return used_[use.resource] + others_[use.resource] + use.amount <= cap(use.resource);
        });
    }
    bool unit_may_go(std::uint32_t unit) const {
        const SchedUnit& plan = problem_.units[unit];
        for (const std::uint32_t other : plan.after) {
            if (units_[other].state != State::Done || units_[other].gone) {
                return false;
            }
        }
        for (std::uint32_t other = 0; other < units_.size(); ++other) {
            const bool over = units_[other].state == State::Done || units_[other].gone;
            const SchedUnit& theirs = problem_.units[other];
            if (!over && (theirs.wave < plan.wave || (theirs.canary && !plan.canary))) {
                return false;
            }
        }
        return !stopped_;
    }
    bool task_may_go(std::uint32_t unit, std::uint32_t task) const {
        const std::vector<std::uint32_t>& after = problem_.units[unit].tasks[task].after;
        return std::all_of(after.begin(), after.end(), [&](std::uint32_t other) {
            return units_[unit].tasks[other] == State::Done;
        });
    }

    void start_unit(std::uint32_t unit) {
        RC_ASSERT(!paused_);
        RC_ASSERT(units_[unit].state == State::No && !units_[unit].gone);
        RC_ASSERT(unit_may_go(unit));
        RC_ASSERT(allowed(problem_, problem_.units[unit].need, now_));
        units_[unit].state = State::Running;
        units_[unit].held = true;
        take(problem_.units[unit].holds, 1);
    }
    void start_task(std::uint32_t unit, std::uint32_t task) {
        const SchedTask& plan = problem_.units[unit].tasks[task];
        RC_ASSERT(!paused_);
        RC_ASSERT(units_[unit].state == State::Running && !units_[unit].gone);
        RC_ASSERT(units_[unit].tasks[task] == State::No);
        RC_ASSERT(task_may_go(unit, task));
        RC_ASSERT(!plan.windowed || allowed(problem_, plan.need, now_));
        units_[unit].tasks[task] = State::Running;
        take(plan.uses, 1);
        const TimeMs length =
            faults_ ? number(1, 2 * static_cast<int>(plan.need.p50 / kSecond)) * kSecond
                    : plan.need.p50;
        ends_.emplace(now_ + length, std::pair{unit, task});
    }
    bool any_running(std::uint32_t unit) const {
        return std::find(units_[unit].tasks.begin(), units_[unit].tasks.end(), State::Running) !=
               units_[unit].tasks.end();
    }
    void give_back_if_idle(std::uint32_t unit) {
        if (units_[unit].held && !any_running(unit)) {
            take(problem_.units[unit].holds, -1);
            units_[unit].held = false;
        }
    }
    void done(std::uint32_t unit, std::uint32_t task) {
        units_[unit].tasks[task] = State::Done;
        take(problem_.units[unit].tasks[task].uses, -1);
        if (units_[unit].gone) {
            give_back_if_idle(unit);
        }
        feed({Kind::TaskDone, now_, unit, task});
    }
    void fail_unit(std::uint32_t unit) {
        for (std::uint32_t task = 0; task < units_[unit].tasks.size(); ++task) {
            if (units_[unit].tasks[task] == State::Running) {
                take(problem_.units[unit].tasks[task].uses, -1);
                units_[unit].tasks[task] = State::No;
            }
        }
        for (auto at = ends_.begin(); at != ends_.end();) {
            at = at->second.first == unit ? ends_.erase(at) : std::next(at);
        }
        units_[unit].gone = true;
        give_back_if_idle(unit);
        ++failed_;
        stopped_ = stopped_ || problem_.units[unit].canary ||
                   (problem_.max_failed_units > 0 &&
                    failed_ >= static_cast<std::size_t>(problem_.max_failed_units));
        feed({Kind::UnitFailed, now_, unit});
    }

    void disturb() {
        switch (number(0, 11)) {
        case 0: {
            const auto resource =
                static_cast<std::uint32_t>(number(0, static_cast<int>(used_.size()) - 1));
            others_[resource] = number(0, static_cast<int>(problem_.resources[resource].capacity));
            feed({Kind::OthersUse, now_, 0, 0, resource, others_[resource]});
            break;
        }
        case 1:
            percent_ = number(0, 4) * 25;
            feed({Kind::Throttle, now_, 0, 0, 0, percent_});
            break;
        case 2:
            paused_ = true;
            feed({Kind::Pause, now_});
            break;
        case 3:
            paused_ = false;
            feed({Kind::Resume, now_});
            break;
        default:
            break;
        }
    }
    void calm() {
        RC_ASSERT(faults_);
        paused_ = false;
        feed({Kind::Resume, now_});
        percent_ = 100;
        feed({Kind::Throttle, now_, 0, 0, 0, 100});
        for (std::uint32_t r = 0; r < others_.size(); ++r) {
            others_[r] = 0;
            feed({Kind::OthersUse, now_, 0, 0, r, 0});
        }
    }

    void nothing_waits_without_reason() {
        for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
            const SchedUnit& plan = problem_.units[unit];
            if (units_[unit].state == State::No && !units_[unit].gone && unit_may_go(unit) &&
                allowed(problem_, plan.need, now_)) {
                RC_ASSERT(!fits(plan.holds));
            }
            if (units_[unit].state != State::Running || units_[unit].gone) {
                continue;
            }
            for (std::uint32_t task = 0; task < plan.tasks.size(); ++task) {
                const SchedTask& work = plan.tasks[task];
                if (units_[unit].tasks[task] == State::No && task_may_go(unit, task) &&
                    (!work.windowed || allowed(problem_, work.need, now_))) {
                    RC_ASSERT(!fits(work.uses));
                }
            }
        }
    }

    SchedProblem problem_;
    Scheduler scheduler_;
    bool faults_;
    std::vector<std::int64_t> used_;
    std::vector<std::int64_t> others_;
    std::vector<UnitBook> units_;
    std::multimap<TimeMs, std::pair<std::uint32_t, std::uint32_t>> ends_;
    TimeMs waking_ = 0;
    std::int64_t percent_ = 100;
    bool paused_ = false;
    bool stopped_ = false;
    bool finished_ = false;
};

TEST(SchedulerProperty, KeepsItsPromisesWhenAllGoesWell) {
    EXPECT_TRUE(rc::check("calm runs", [] {
        const SchedProblem problem = some_problem();
        RC_ASSERT(check_problem(problem));
        Driver driver(problem, false);
        driver.run();
        RC_ASSERT(driver.done_ + driver.dropped_ == problem.units.size());
        RC_ASSERT(!problem.windows.empty() || driver.dropped_ == 0U);
        if (problem.windows.empty()) {
            RC_ASSERT(driver.now_ >= lower_bound(problem).time);
        }
    }));
}

TEST(SchedulerProperty, KeepsItsPromisesWhenUnitsFailAndOthersWork) {
    EXPECT_TRUE(rc::check("disturbed runs", [] {
        const SchedProblem problem = some_problem();
        Driver driver(problem, true);
        driver.run();
        RC_ASSERT(driver.done_ + driver.dropped_ + driver.failed_ >= problem.units.size());
    }));
}

// ---- quality of the schedules ----

TimeMs makespan(const SchedProblem& problem) {
    Scheduler scheduler(problem);
    std::multimap<TimeMs, std::pair<std::uint32_t, std::uint32_t>> ends;
    SchedEvent event{Kind::Tick, 0};
    while (true) {
        for (const SchedDecision& decision : scheduler.handle(event)) {
            if (decision.kind == Decision::StartTask) {
                const SchedTask& task = problem.units[decision.unit].tasks[decision.task];
                ends.emplace(event.now + task.need.p50, std::pair{decision.unit, decision.task});
            }
        }
        if (ends.empty()) {
            return event.now;
        }
        const auto next = ends.begin();
        event = {Kind::TaskDone, next->first, next->second.first, next->second.second};
        ends.erase(next);
    }
}

// Every schedule in which nothing could start earlier is reached by placing the units one by one,
// in some order, each as early as possible; one of them is optimal.
TimeMs best_of_all_orders(const SchedProblem& problem) {
    std::vector<std::uint32_t> order(problem.units.size());
    std::iota(order.begin(), order.end(), 0U);
    TimeMs best = INT64_MAX;
    do {
        std::vector<TimeMs> start(order.size(), -1);
        const auto end_of = [&](std::uint32_t u) {
            return start[u] + problem.units[u].tasks[0].need.p50;
        };
        bool valid = true;
        TimeMs last = 0;
        for (const std::uint32_t unit : order) {
            TimeMs earliest = 0;
            for (const std::uint32_t other : problem.units[unit].after) {
                valid = valid && start[other] >= 0;
                earliest = std::max(earliest, valid ? end_of(other) : 0);
            }
            if (!valid) {
                break;
            }
            std::set<TimeMs> moments{earliest};
            for (std::uint32_t other = 0; other < order.size(); ++other) {
                if (start[other] >= 0 && end_of(other) > earliest) {
                    moments.insert(end_of(other));
                }
            }
            const TimeMs length = problem.units[unit].tasks[0].need.p50;
            for (const TimeMs moment : moments) {
                bool fits = true;
                for (const ResourceUse& use : problem.units[unit].holds) {
                    // The use of others changes only at their starts.
                    std::set<TimeMs> points{moment};
                    for (std::uint32_t other = 0; other < order.size(); ++other) {
                        if (start[other] > moment && start[other] < moment + length) {
                            points.insert(start[other]);
                        }
                    }
                    for (const TimeMs point : points) {
                        std::int64_t sum = use.amount;
                        for (std::uint32_t other = 0; other < order.size(); ++other) {
                            if (start[other] < 0 || start[other] > point ||
                                end_of(other) <= point) {
                                continue;
                            }
                            for (const ResourceUse& theirs : problem.units[other].holds) {
                                sum += theirs.resource == use.resource ? theirs.amount : 0;
                            }
                        }
                        fits = fits && sum <= problem.resources[use.resource].capacity;
                    }
                }
                if (fits) {
                    start[unit] = moment;
                    break;
                }
            }
            last = std::max(last, end_of(unit));
        }
        if (valid) {
            best = std::min(best, last);
        }
    } while (std::next_permutation(order.begin(), order.end()));
    return best;
}

TEST(SchedulerQuality, SmallCasesAgainstExhaustiveSearch) {
    std::mt19937_64 random(42);
    const auto pick = [&](int from, int to) {
        return from + static_cast<int>(random() % static_cast<std::uint64_t>(to - from + 1));
    };
    double sum = 0;
    double worst = 1;
    int optimal = 0;
    constexpr int kCases = 150;
    for (int n = 0; n < kCases; ++n) {
        SchedProblem problem;
        for (int r = 0; r < 3; ++r) {
            problem.resources.push_back({"host" + std::to_string(r), 8, false});
        }
        problem.resources.push_back({"datastores", pick(2, 4), false});
        const int units = pick(3, 6);
        for (int u = 0; u < units; ++u) {
            SchedUnit unit;
            unit.id = std::to_string(u);
            unit.holds = {{static_cast<std::uint32_t>(pick(0, 2)), 4}, {3, 1}};
            const TimeMs p50 = pick(1, 30) * kSecond;
            unit.tasks.push_back({"t", {}, {}, {p50, p50, 0}, false});
            if (u > 0 && pick(0, 3) == 0) {
                unit.after.push_back(static_cast<std::uint32_t>(pick(0, u - 1)));
            }
            problem.units.push_back(unit);
        }
        ASSERT_TRUE(check_problem(problem));
        const TimeMs best = best_of_all_orders(problem);
        const TimeMs ours = makespan(problem);
        ASSERT_GE(ours, best) << "the exhaustive search missed a schedule";
        ASSERT_LE(lower_bound(problem).time, best) << "the lower bound is none";
        const double ratio = static_cast<double>(ours) / static_cast<double>(best);
        sum += ratio;
        worst = std::max(worst, ratio);
        optimal += ours == best ? 1 : 0;
    }
    std::cout << R"({"case":"scheduler_small_vs_exhaustive","cases":)" << kCases << R"(,"optimal":)"
              << optimal << R"(,"mean_ratio":)" << sum / kCases << R"(,"worst_ratio":)" << worst
              << "}\n";
    EXPECT_LE(sum / kCases, 1.02);
    EXPECT_LE(worst, 1.34) << "longest-first on two slots is never worse than 4/3";
}

TEST(SchedulerQuality, LargeCaseAgainstTheLowerBound) {
    std::mt19937_64 random(7);
    SchedProblem problem;
    constexpr std::uint32_t kHosts = 16;
    constexpr std::uint32_t kDatastores = 100;
    for (std::uint32_t h = 0; h < kHosts; ++h) {
        problem.resources.push_back({"host " + std::to_string(h), 8, true});
    }
    for (std::uint32_t d = 0; d < 2 * kDatastores; ++d) {
        problem.resources.push_back({"datastore " + std::to_string(d), 128, false});
    }
    std::lognormal_distribution<double> seconds(5.5, 0.9);
    for (std::uint32_t d = 0; d < kDatastores; ++d) {
        SchedUnit unit;
        unit.id = std::to_string(d);
        for (std::uint32_t v = 0; v < 20; ++v) {
            const TimeMs p50 = static_cast<TimeMs>(seconds(random) * 1000) + 45000;
            unit.tasks.push_back({std::to_string(v),
                                  {},
                                  {{static_cast<std::uint32_t>(random() % kHosts), 4},
                                   {kHosts + d, 16},
                                   {kHosts + kDatastores + d, 16}},
                                  {p50, p50, p50},
                                  true});
        }
        problem.units.push_back(unit);
    }
    ASSERT_TRUE(check_problem(problem));
    const TimeMs bound = lower_bound(problem).time;
    const TimeMs ours = makespan(problem);
    const double gap = static_cast<double>(ours - bound) / static_cast<double>(bound);
    std::cout << R"({"case":"scheduler_2000_moves_16_hosts","lower_bound_s":)" << bound / 1000
              << R"(,"makespan_s":)" << ours / 1000 << R"(,"gap":)" << gap << "}\n";
    EXPECT_GE(ours, bound);
    EXPECT_LE(gap, 0.05);
}

TEST(SchedulerProblem, MistakesAreNamed) {
    SchedProblem problem;
    problem.resources = {{"slots", 2, false}};
    SchedUnit unit;
    unit.id = "a";
    unit.tasks.push_back({"t", {}, {{0, 3}}, {}, false});
    problem.units = {unit};
    EXPECT_NE(check_problem(problem).error().what.find("a/t needs 3 of 'slots'"),
              std::string::npos);
    problem.units[0].tasks[0].uses = {};
    EXPECT_TRUE(check_problem(problem));
    problem.units[0].tasks[0].after = {0};
    EXPECT_NE(check_problem(problem).error().what.find("wait for each other"), std::string::npos);
    problem.units[0].tasks.clear();
    EXPECT_FALSE(check_problem(problem));
    problem.units = {unit, unit};
    problem.units[0].tasks[0].uses = {};
    problem.units[1].tasks[0].uses = {};
    problem.units[0].after = {1};
    problem.units[1].after = {0};
    EXPECT_FALSE(check_problem(problem));
    problem.units[1].after = {};
    problem.units[0].holds = {{0, 1}};
    problem.units[1].tasks[0].uses = {{0, 1}};
    EXPECT_NE(check_problem(problem).error().what.find("held by units and used by tasks"),
              std::string::npos);
}

TEST(Windows, LastStartLeavesRoomForTheWayBack) {
    const std::vector<ChangeWindow> windows{{{1000, 2000}, {{1500, 1600}}}, {{3000, 3100}, {}}};
    const TimeNeed need{100 * kSecond, 200 * kSecond, 50 * kSecond};
    const StartRule rule = StartRule::P90PlusRollbackBeforeEnd;
    // 250 s don't fit into the second window; the last part of the first one ends at 2000.
    EXPECT_EQ(last_start(windows, rule, need), 1750 * kSecond);
    EXPECT_EQ(next_start(windows, rule, need, 0), 1000 * kSecond);
    EXPECT_EQ(next_start(windows, rule, need, 1251 * kSecond), 1600 * kSecond);
    EXPECT_EQ(next_start(windows, rule, need, 1751 * kSecond), std::nullopt);
    EXPECT_EQ(next_start(windows, StartRule::InsideWindow, need, 1751 * kSecond), 1751 * kSecond);
    EXPECT_EQ(open_time(windows, 0, 5000 * kSecond), 1000 * kSecond);
}

} // namespace
} // namespace pf::nvmetool
