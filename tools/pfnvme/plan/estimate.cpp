#include "tools/pfnvme/plan/estimate.hpp"

#include "tools/pfnvme/plan/windows.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace pf::nvmetool {

namespace {

constexpr double kZ90 = 1.2815515655446004;
constexpr double kMib = 1024.0 * 1024.0;
constexpr std::uint64_t kSeed = 20261122;
constexpr double kBusy = 0.8; // share of the time from which on a resource counts as the bottleneck

// Runs that are drawn: many for small plans, enough for a quantile of large ones.
std::int64_t samples_for(const PlanModel& plan) {
    std::size_t tasks = 0;
    for (const std::vector<TaskModel>& list : plan.tasks) {
        tasks += list.size();
    }
    return tasks <= 2000 ? 31 : tasks <= 12000 ? 15 : 9;
}

double normal_quantile(double p) {
    double low = -8;
    double high = 8;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

double quantile(std::vector<double> values, double p) {
    std::sort(values.begin(), values.end());
    const double at = p * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (values[above] - values[below]) * (at - static_cast<double>(below));
}

std::int64_t to_s(TimeMs time) { return (time + 999) / 1000; }

// From the first VM that is shut down to the last one that is on again.
void add_down_time(const Unit& unit, const CostModel& model, UnitEstimate& out) {
    if (unit.strategy != "offline" && unit.strategy != "reverse") {
        return;
    }
    std::size_t first = SIZE_MAX;
    std::size_t last = 0;
    for (std::size_t i = 0; i < unit.steps.size(); ++i) {
        if (unit.steps[i].action.op == "vm.shutdown" && first == SIZE_MAX) {
            first = i;
        }
        if (unit.steps[i].action.op == "vm.restore_power") {
            last = i;
        }
    }
    if (first == SIZE_MAX) {
        return;
    }
    double mean = 0;
    double variance = 0;
    for (std::size_t i = first; i <= last; ++i) {
        const OpTime time = model.op(unit.steps[i].action.op);
        mean += time.mean();
        variance += time.mean() * time.mean() * std::expm1(time.sigma * time.sigma);
    }
    const double sigma = mean > 0 ? std::sqrt(std::log1p(variance / (mean * mean))) : 0;
    out.down_p50_s = std::llround(std::ceil(mean));
    out.down_p90_s = std::llround(
        std::ceil(mean * std::exp(kZ90 * sigma) * std::exp(kZ90 * model.common_sigma)));
}

// The resource that is busiest; when none is busy, a path of work dictates the length.
void find_critical(const PlanModel& model, const Simulation& run, PlanEstimate& out) {
    double most = 0;
    const auto look = [&](double share, const std::string& name) {
        if (share > most) {
            most = share;
            out.critical = name;
        }
    };
    for (std::size_t h = 0; h < run.nic.size(); ++h) {
        look(run.nic[h], "host " + model.hosts[h] + " NIC");
    }
    for (std::size_t r = 0; r < run.busy.size(); ++r) {
        look(run.busy[r], model.problem.resources[r].name);
    }
    if (most < kBusy && run.end > run.start) {
        const LowerBound bound = lower_bound(model.problem);
        const double share =
            static_cast<double>(bound.time) / static_cast<double>(run.end - run.start);
        if (share > most) {
            most = share;
            out.critical = bound.reason;
        }
    }
    out.critical_percent = std::llround(std::min(most, 1.0) * 100.0);
}

// No order of work is shorter than this: slots, longest path, and bytes through each NIC.
TimeMs bound_of(const PlanModel& model) {
    TimeMs out = lower_bound(model.problem).time;
    std::vector<double> mib(model.host_mib_s.size(), 0);
    for (const std::vector<TaskModel>& tasks : model.tasks) {
        for (const TaskModel& task : tasks) {
            if (task.bytes > 0) {
                mib[task.host] += task.bytes / kMib;
            }
        }
    }
    for (std::size_t h = 0; h < mib.size(); ++h) {
        out = std::max(out, static_cast<TimeMs>(mib[h] / model.host_mib_s[h] * 1000.0));
    }
    return out;
}

std::string hint_of(const Plan& plan, const PlanModel& model, const Simulation& run,
                    const PlanEstimate& estimate) {
    if (estimate.critical == "units at a time") {
        return "run more units at a time: apply --parallel N (plan estimate takes it too)";
    }
    if (!estimate.critical.starts_with("host ") || model.hosts.size() < 2) {
        return {};
    }
    std::vector<double> bytes(model.hosts.size(), 0);
    std::vector<std::size_t> count(model.hosts.size(), 0);
    for (const std::vector<TaskModel>& tasks : model.tasks) {
        for (const TaskModel& task : tasks) {
            if (task.bytes > 0) {
                bytes[task.host] += task.bytes;
                ++count[task.host];
            }
        }
    }
    const auto most =
        static_cast<std::size_t>(std::max_element(bytes.begin(), bytes.end()) - bytes.begin());
    const auto least =
        static_cast<std::size_t>(std::min_element(bytes.begin(), bytes.end()) - bytes.begin());
    if (count[most] == 0 || run.units.empty() || plan.hosts.empty()) {
        return {};
    }
    const double each = bytes[most] / static_cast<double>(count[most]);
    const auto number = static_cast<std::int64_t>((bytes[most] - bytes[least]) / 2 / each);
    return number < 1 ? std::string()
                      : fmt::format("move {} VM(s) from {} to {} before the run (vMotion)", number,
                                    model.hosts[most], model.hosts[least]);
}

} // namespace

Estimate estimate_plan(const Plan& plan, const CostModel& model, std::int64_t start_s) {
    Estimate out;
    const PlanModel built = model_plan(plan, model);
    const bool windows = !built.problem.windows.empty();
    TimeMs start = windows ? start_s * 1000 : 0;
    if (windows) {
        const std::vector<OpenSegment> open = open_segments(built.problem.windows);
        start = next_start_in(open, 0, start).value_or(start);
    }
    const Simulation mean = simulate(built, model, start, 0, 1);
    out.samples = samples_for(built);
    std::vector<double> length;
    std::vector<double> end;
    std::map<std::string, std::vector<double>> strategy_length;
    std::int64_t misfits = 0;
    const auto collect = [&](const Simulation& run) {
        const TimeMs last = std::max(run.end, start);
        length.push_back(static_cast<double>(open_time(built.problem.windows, start, last)) /
                         1000.0);
        end.push_back(static_cast<double>(last - start) / 1000.0);
        misfits += run.dropped.empty() ? 0 : 1;
        std::map<std::string, TimeMs> last_of;
        for (std::size_t i = 0; i < plan.units.size(); ++i) {
            TimeMs& latest = last_of[plan.units[i].strategy];
            latest = std::max(latest, run.units[i].end - start);
        }
        for (const auto& [strategy, time] : last_of) {
            strategy_length[strategy].push_back(static_cast<double>(time) / 1000.0);
        }
    };
    for (std::int64_t i = 0; i < out.samples; ++i) {
        const double p = (static_cast<double>(i) + 0.5) / static_cast<double>(out.samples);
        collect(simulate(built, model, start, kSeed + static_cast<std::uint64_t>(i),
                         std::exp(model.common_sigma * normal_quantile(p))));
    }
    PlanEstimate& whole = out.plan;
    whole.basis = model.basis;
    whole.confidence = model.confidence();
    whole.p50_s = std::llround(quantile(length, 0.5));
    whole.p90_s = std::llround(quantile(length, 0.9));
    whole.start_s = start / 1000;
    whole.end_p50_s = whole.start_s + std::llround(quantile(end, 0.5));
    whole.end_p90_s = whole.start_s + std::llround(quantile(end, 0.9));
    whole.bound_s = bound_of(built) / 1000;
    whole.fits = misfits * 10 <= out.samples && mean.dropped.empty();
    find_critical(built, mean, whole);
    out.hint = hint_of(plan, built, mean, whole);

    std::map<std::string, StrategyTotal> totals;
    for (std::size_t i = 0; i < plan.units.size(); ++i) {
        const Unit& unit = plan.units[i];
        const TimeNeed& need = built.problem.units[i].need;
        UnitEstimate estimate;
        estimate.p50_s = to_s(need.p50);
        estimate.p90_s = to_s(need.p90);
        estimate.rollback_s = to_s(need.rollback);
        estimate.start_s = mean.units[i].start < 0 ? 0 : mean.units[i].start / 1000;
        estimate.end_s = mean.units[i].end < 0 ? 0 : to_s(mean.units[i].end);
        add_down_time(unit, model, estimate);
        if (windows) {
            const std::optional<TimeMs> last =
                last_start(built.problem.windows, built.problem.start_rule, need);
            estimate.last_start_s = last ? *last / 1000 : 0;
        }
        StrategyTotal& total = totals[unit.strategy];
        total.strategy = unit.strategy;
        ++total.units;
        total.vms += static_cast<std::int64_t>(unit.objects.vms.size());
        for (const Step& step : unit.steps) {
            total.bytes += step.work ? step.work->bytes : 0;
        }
        if (estimate.last_start_s != 0 &&
            (total.last_start_s == 0 || estimate.last_start_s < total.last_start_s)) {
            total.last_start_s = estimate.last_start_s;
        }
        out.units.push_back(estimate);
    }
    for (const std::uint32_t unit : mean.dropped) {
        out.does_not_fit.push_back(plan.units[unit].id);
    }
    for (auto& [strategy, total] : totals) {
        total.p50_s = std::llround(quantile(strategy_length[strategy], 0.5));
        total.p90_s = std::llround(quantile(strategy_length[strategy], 0.9));
        out.strategies.push_back(total);
    }
    return out;
}

void write_estimate(Plan& plan, const Estimate& estimate) {
    plan.estimate = estimate.plan;
    for (std::size_t i = 0; i < plan.units.size(); ++i) {
        plan.units[i].estimate = estimate.units[i];
    }
}

} // namespace pf::nvmetool
