#include "tools/pfnvme/plan/lower_bound.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>

namespace pf::nvmetool {

namespace {

// A list in which every task follows what it waits for is done in one pass; others take more.
template<class Visit>
void until_all_done(std::size_t count, const Visit& visit) {
    std::vector<bool> done(count, false);
    for (std::size_t left = count; left > 0;) {
        for (std::size_t i = 0; i < count; ++i) {
            if (!done[i] && visit(i)) {
                done[i] = true;
                --left;
            }
        }
    }
}

// Tasks are not cut: of the k·slots + 1 longest ones, k + 1 run one after the other somewhere, at
// best the shortest of them.
TimeMs whole_tasks(std::vector<TimeMs>& times, std::size_t slots) {
    std::sort(times.begin(), times.end(), std::greater<>());
    TimeMs longest = times.empty() ? 0 : times.front();
    for (std::size_t k = 1; k * slots < times.size(); ++k) {
        TimeMs sum = 0;
        for (std::size_t i = k * slots - k; i <= k * slots; ++i) {
            sum += times[i];
        }
        longest = std::max(longest, sum);
    }
    return longest;
}

// The unit alone: its longest chain of tasks, and what its own tasks make of each resource, after
// the shortest way to any of them and before the shortest way from any of them to the end.
TimeMs shortest_time(const SchedUnit& unit, const std::vector<SchedResource>& resources) {
    const std::size_t count = unit.tasks.size();
    std::vector<TimeMs> end(count, -1);
    std::vector<TimeMs> tail(count, 0); // longest chain after the task
    std::vector<std::size_t> order;
    TimeMs longest = 0;
    until_all_done(count, [&](std::size_t i) {
        TimeMs start = 0;
        for (const std::uint32_t j : unit.tasks[i].after) {
            if (end[j] < 0) {
                return false;
            }
            start = std::max(start, end[j]);
        }
        end[i] = start + unit.tasks[i].need.p50;
        longest = std::max(longest, end[i]);
        order.push_back(i);
        return true;
    });
    struct Load {
        TimeMs work = 0; // amount × time
        TimeMs head = std::numeric_limits<TimeMs>::max();
        TimeMs tail = std::numeric_limits<TimeMs>::max();
        std::int64_t least = std::numeric_limits<std::int64_t>::max(); // amount of a task
        std::vector<TimeMs> times;
    };
    std::map<std::uint32_t, Load> loads;
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
        const SchedTask& task = unit.tasks[*at];
        for (const std::uint32_t j : task.after) {
            tail[j] = std::max(tail[j], task.need.p50 + tail[*at]);
        }
        for (const ResourceUse& use : task.uses) {
            Load& load = loads[use.resource];
            load.work += use.amount * task.need.p50;
            load.head = std::min(load.head, end[*at] - task.need.p50);
            load.tail = std::min(load.tail, tail[*at]);
            load.least = std::min(load.least, use.amount);
            load.times.push_back(task.need.p50);
        }
    }
    for (auto& [resource, load] : loads) {
        const std::int64_t capacity = resources[resource].capacity;
        if (capacity <= 0 || load.least <= 0) {
            continue;
        }
        const TimeMs packed =
            std::max(load.work / capacity,
                     whole_tasks(load.times, static_cast<std::size_t>(std::max<std::int64_t>(
                                                 1, capacity / load.least))));
        longest = std::max(longest, load.head + packed + load.tail);
    }
    return longest;
}

struct Stage {
    std::vector<TimeMs> work; // amount × time, by resource
    TimeMs path = 0;
    std::string path_unit;
};

} // namespace

LowerBound lower_bound(const SchedProblem& problem) {
    // Stages follow each other: the canaries of the first wave, then the waves.
    std::map<std::pair<std::uint32_t, int>, Stage> stages;
    std::vector<TimeMs> unit_end(problem.units.size(), -1);
    std::vector<TimeMs> length(problem.units.size(), 0);
    for (std::size_t i = 0; i < problem.units.size(); ++i) {
        const SchedUnit& unit = problem.units[i];
        Stage& stage = stages[{unit.wave, unit.canary ? 0 : 1}];
        stage.work.resize(problem.resources.size(), 0);
        length[i] = shortest_time(unit, problem.resources);
        for (const ResourceUse& use : unit.holds) {
            stage.work[use.resource] += use.amount * length[i];
        }
        for (const SchedTask& task : unit.tasks) {
            for (const ResourceUse& use : task.uses) {
                stage.work[use.resource] += use.amount * task.need.p50;
            }
        }
    }
    // Chains of units inside one stage; those across stages are covered by the sum.
    for (bool open = true; open;) {
        open = false;
        for (std::size_t i = 0; i < problem.units.size(); ++i) {
            if (unit_end[i] >= 0) {
                continue;
            }
            const SchedUnit& unit = problem.units[i];
            TimeMs start = 0;
            for (const std::uint32_t j : unit.after) {
                if (unit_end[j] < 0) {
                    start = -1;
                    break;
                }
                const SchedUnit& other = problem.units[j];
                if (other.wave == unit.wave && other.canary == unit.canary) {
                    start = std::max(start, unit_end[j]);
                }
            }
            if (start < 0) {
                open = true;
                continue;
            }
            unit_end[i] = start + length[i];
            Stage& stage = stages[{unit.wave, unit.canary ? 0 : 1}];
            if (unit_end[i] > stage.path) {
                stage.path = unit_end[i];
                stage.path_unit = unit.id;
            }
        }
    }
    LowerBound out;
    TimeMs strongest = -1;
    for (const auto& [order, stage] : stages) {
        TimeMs best = stage.path;
        std::string reason = "the longest unit, " + stage.path_unit;
        for (std::size_t r = 0; r < problem.resources.size(); ++r) {
            const std::int64_t capacity = problem.resources[r].capacity;
            if (capacity > 0 && stage.work[r] / capacity > best) {
                best = stage.work[r] / capacity;
                reason = problem.resources[r].name;
            }
        }
        out.time += best;
        if (best > strongest) {
            strongest = best;
            out.reason = reason;
        }
    }
    return out;
}

} // namespace pf::nvmetool
