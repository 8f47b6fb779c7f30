#include "tools/pfnvme/plan/lower_bound.hpp"

#include <algorithm>
#include <map>

namespace pf::nvmetool {

namespace {

// Longest chain of tasks inside the unit. Tasks may be listed in any order.
TimeMs shortest_time(const SchedUnit& unit) {
    std::vector<TimeMs> end(unit.tasks.size(), -1);
    TimeMs longest = 0;
    // A list in which every task follows what it waits for is done in one pass.
    for (bool open = true; open;) {
        open = false;
        for (std::size_t i = 0; i < unit.tasks.size(); ++i) {
            if (end[i] >= 0) {
                continue;
            }
            TimeMs start = 0;
            for (const std::uint32_t j : unit.tasks[i].after) {
                if (end[j] < 0) {
                    start = -1;
                    break;
                }
                start = std::max(start, end[j]);
            }
            if (start < 0) {
                open = true;
                continue;
            }
            end[i] = start + unit.tasks[i].need.p50;
            longest = std::max(longest, end[i]);
        }
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
        length[i] = shortest_time(unit);
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
