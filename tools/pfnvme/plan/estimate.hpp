// How long a plan takes: event simulation of its units under the cost model, with the scheduler
// that a run uses. Pure and deterministic (the random numbers have a fixed seed).
#pragma once

#include "tools/pfnvme/plan/cost_model.hpp"
#include "tools/pfnvme/plan/lower_bound.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/plan/scheduler.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pf::nvmetool {

// The plan as the scheduler sees it, and what its tasks do.
struct TaskModel {
    double fixed_s = 0; // mean, all but copying
    double sigma = 0;
    double bytes = 0;
    std::uint32_t host = 0; // index into PlanModel::host_mib_s, of copying tasks
};
struct PlanModel {
    SchedProblem problem;
    std::vector<std::vector<TaskModel>> tasks; // by unit, then task
    std::vector<double> host_mib_s;            // what copies may take of each host's NIC
    std::vector<std::string> hosts;
};

// What each task of a unit does, as indices into Unit::steps: the first everything up to the first
// Storage vMotion, then a task for each of them, and the last what comes after. Deferred steps are
// in none. A run executes the same tasks.
[[nodiscard]] std::vector<std::vector<std::size_t>> steps_of_tasks(const Unit& unit);

[[nodiscard]] PlanModel model_plan(const Plan& plan, const CostModel& model);

struct UnitTimes {
    TimeMs start = -1; // -1: it never started
    TimeMs end = -1;
};
struct Simulation {
    TimeMs start = 0;
    TimeMs end = 0;
    std::vector<UnitTimes> units;
    std::vector<std::uint32_t> dropped; // units that fit into no window
    std::vector<double> busy;           // by resource: share of capacity × open time that was used
    std::vector<double> nic;            // by host: share of its NIC's time
};
// `seed` 0: every task takes its mean time. Otherwise times are drawn, all of them slower or faster
// by `common`.
[[nodiscard]] Simulation simulate(const PlanModel& plan, const CostModel& model, TimeMs start,
                                  std::uint64_t seed, double common);

struct StrategyTotal {
    std::string strategy;
    std::int64_t units = 0;
    std::int64_t vms = 0;
    std::uint64_t bytes = 0;
    std::int64_t p50_s = 0; // until the last of them is done
    std::int64_t p90_s = 0;
    std::int64_t last_start_s = 0; // earliest of their last safe starts; 0: none
};

struct Estimate {
    PlanEstimate plan;
    std::vector<UnitEstimate> units; // as plan.units
    std::vector<StrategyTotal> strategies;
    std::vector<std::string> does_not_fit; // ids of units
    std::int64_t samples = 0;
    std::string hint;
};

// `start_s`: when the run would begin; with windows the first opening after it counts.
[[nodiscard]] Estimate estimate_plan(const Plan& plan, const CostModel& model,
                                     std::int64_t start_s);

// Puts it into the plan; the caller seals.
void write_estimate(Plan& plan, const Estimate& estimate);

} // namespace pf::nvmetool
