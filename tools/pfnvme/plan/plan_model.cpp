// A plan as scheduler units and tasks with their durations. It mirrors what a run does: whole units
// at a time, and inside an online unit its moves.
#include "tools/pfnvme/plan/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace pf::nvmetool {

namespace {

constexpr double kMibPerMbit = 1e6 / 8.0 / 1024.0 / 1024.0;
constexpr double kMib = 1024.0 * 1024.0;
constexpr double kZ90 = 1.2815515655446004;

TimeMs ms(double seconds) { return static_cast<TimeMs>(std::llround(seconds * 1000.0)); }

// Sum of independent steps.
struct Sum {
    double mean = 0;
    double variance = 0;

    void add(const OpTime& time) {
        const double m = time.mean();
        mean += m;
        variance += m * m * std::expm1(time.sigma * time.sigma);
    }
    [[nodiscard]] double sigma() const {
        return mean <= 0 ? 0 : std::sqrt(std::log1p(variance / (mean * mean)));
    }
};

class Builder {
  public:
    Builder(const Plan& plan, const CostModel& model) : plan_(plan), model_(model) {
        const RunPolicy& policy = plan.policy;
        out_.problem.windows = policy.windows;
        out_.problem.start_rule = policy.start_rule;
        out_.problem.max_failed_units = 0;
        units_ = capped("units at a time",
                        policy.caps.units_in_flight > 0
                            ? std::min(policy.caps.units_in_flight, model.units_at_a_time)
                            : model.units_at_a_time);
        offline_ = capped("datastores converted at a time", policy.caps.datastores_in_flight);
        away_ = capped("datastores offline at a time", policy.blast.max_datastores_offline);
        down_ = capped("VMs down at a time", policy.blast.max_vms_down);
        moves_ = capped("Storage vMotions at a time", policy.caps.svmotion_total);
    }

    PlanModel build() {
        std::map<std::string, std::uint32_t> index;
        for (const Unit& unit : plan_.units) {
            index.emplace(unit.id, static_cast<std::uint32_t>(index.size()));
        }
        for (const Unit& unit : plan_.units) {
            SchedUnit item;
            item.id = unit.id;
            item.wave = static_cast<std::uint32_t>(unit.wave);
            item.canary = unit.canary;
            for (const std::string& other : unit.depends_on) {
                item.after.push_back(index.at(other));
            }
            hold(item, units_, 1);
            if (unit.strategy == "offline" || unit.strategy == "reverse") {
                const auto parts = std::max<std::size_t>(unit.objects.parts.size(), 1);
                hold(item, offline_, parts);
                hold(item, away_, parts);
                hold(item, down_, unit.objects.vms.size());
            }
            add_tasks(unit, item);
            item.need = need_of(unit);
            out_.problem.units.push_back(std::move(item));
        }
        return std::move(out_);
    }

  private:
    using Resource = std::optional<std::uint32_t>;

    std::uint32_t resource(std::string name, std::int64_t capacity, bool throttled) {
        out_.problem.resources.push_back({std::move(name), capacity, throttled});
        return static_cast<std::uint32_t>(out_.problem.resources.size() - 1);
    }
    Resource capped(std::string name, std::int64_t cap) {
        return cap > 0 ? Resource(resource(std::move(name), cap, false)) : std::nullopt;
    }
    // A unit that alone is above a cap runs alone.
    void hold(SchedUnit& unit, Resource which, std::size_t amount) {
        if (which) {
            unit.holds.push_back({*which, std::min(static_cast<std::int64_t>(amount),
                                                   out_.problem.resources[*which].capacity)});
        }
    }

    std::uint32_t host_index(const std::string& id) {
        const auto known = hosts_.find(id);
        if (known != hosts_.end()) {
            return known->second;
        }
        const PlanHost* host = plan_.find_host(id);
        const std::string name = host == nullptr ? id : host->name;
        const double nic = host == nullptr || host->nic_mbit <= 0
                               ? model_.host_mib_s
                               : static_cast<double>(host->nic_mbit) * kMibPerMbit;
        const double share = static_cast<double>(
            std::max<std::int64_t>(plan_.policy.caps.host_nic_share_percent, 1));
        out_.host_mib_s.push_back(nic * share / 100.0);
        out_.hosts.push_back(name);
        const auto index = static_cast<std::uint32_t>(out_.hosts.size() - 1);
        const std::int64_t cap = plan_.policy.caps.svmotion_per_host;
        host_cost_.push_back(
            resource("host " + name + " migration cost",
                     cap > 0 ? std::min(model_.host_capacity, cap * model_.host_svmotion)
                             : model_.host_capacity,
                     true));
        hosts_.emplace(id, index);
        return index;
    }
    std::uint32_t datastore_cost(const std::string& name) {
        const auto known = datastores_.find(name);
        if (known != datastores_.end()) {
            return known->second;
        }
        const std::int64_t cap = plan_.policy.caps.svmotion_per_datastore;
        const std::uint32_t index =
            resource("datastore " + name + " migration cost",
                     cap > 0 ? std::min(model_.datastore_capacity, cap * model_.datastore_svmotion)
                             : model_.datastore_capacity,
                     true);
        datastores_.emplace(name, index);
        return index;
    }

    void add_tasks(const Unit& unit, SchedUnit& item) {
        std::vector<TaskModel> tasks;
        const std::vector<std::vector<std::size_t>> cut = steps_of_tasks(unit);
        const auto sum_of = [&](std::size_t task) {
            Sum out;
            for (const std::size_t step : cut[task]) {
                out.add(model_.op(unit.steps[step].action.op));
            }
            return out;
        };
        std::vector<const Step*> moves;
        for (std::size_t i = 1; i + 1 < cut.size(); ++i) {
            moves.push_back(&unit.steps[cut[i].front()]);
        }
        const Sum before = sum_of(0);
        add_task(item, tasks, "begin", before, {});
        const auto lanes =
            static_cast<std::size_t>(std::max<std::int64_t>(model_.moves_in_unit, 1));
        for (std::size_t i = 0; i < moves.size(); ++i) {
            SchedTask task;
            task.id = moves[i]->id;
            task.after = {i < lanes ? 0U : static_cast<std::uint32_t>(i + 1 - lanes)};
            const StepWork& work = *moves[i]->work;
            TaskModel model;
            model.host = host_index(work.host_id);
            model.fixed_s = model_.vm_setup_s;
            model.sigma = model_.stream_sigma;
            model.bytes = static_cast<double>(work.bytes);
            task.uses = {{host_cost_[model.host], model_.host_svmotion},
                         {datastore_cost(work.from), model_.datastore_svmotion},
                         {datastore_cost(work.to), model_.datastore_svmotion}};
            if (moves_) {
                task.uses.push_back({*moves_, 1});
            }
            // The shortest it can be: a stream of its own, at most the whole of the NIC's share.
            const double rate = std::min(model_.stream_mib_s, out_.host_mib_s[model.host]);
            task.need.p50 = ms(model.fixed_s + model.bytes / kMib / rate);
            task.need.p90 =
                ms((model.fixed_s + model.bytes / kMib / rate) * std::exp(kZ90 * model.sigma));
            tasks.push_back(model);
            item.tasks.push_back(std::move(task));
        }
        if (cut.size() > 1) {
            std::vector<std::uint32_t> waits;
            for (std::size_t i = moves.size() > lanes ? moves.size() - lanes : 0; i < moves.size();
                 ++i) {
                waits.push_back(static_cast<std::uint32_t>(i + 1));
            }
            add_task(item, tasks, "end", sum_of(cut.size() - 1), waits);
        }
        out_.tasks.push_back(std::move(tasks));
    }

    static void add_task(SchedUnit& item, std::vector<TaskModel>& tasks, const char* id,
                         const Sum& sum, std::vector<std::uint32_t> after) {
        SchedTask task;
        task.id = id;
        task.after = std::move(after);
        task.need.p50 = ms(sum.mean);
        task.need.p90 = ms(sum.mean * std::exp(kZ90 * sum.sigma()));
        item.tasks.push_back(std::move(task));
        tasks.push_back({sum.mean, sum.sigma(), 0, 0});
    }

    // Moves of the unit that the caps allow at a time, when nothing else runs.
    [[nodiscard]] std::int64_t lanes_of(const Unit& unit) const {
        std::set<std::string> hosts;
        std::set<std::string> sources;
        for (const Step& step : unit.steps) {
            if (step.work) {
                hosts.insert(step.work->host_id);
                sources.insert(step.work->from);
            }
        }
        const auto at_a_time = [](std::int64_t capacity, std::int64_t cost, std::int64_t cap) {
            const std::int64_t fits = std::max<std::int64_t>(capacity / cost, 1);
            return cap > 0 ? std::min(fits, cap) : fits;
        };
        const RunCaps& caps = plan_.policy.caps;
        const auto count = [](const std::set<std::string>& items) {
            return static_cast<std::int64_t>(items.size());
        };
        std::int64_t out = std::max<std::int64_t>(model_.moves_in_unit, 1);
        out = std::min(out, count(hosts) * at_a_time(model_.host_capacity, model_.host_svmotion,
                                                     caps.svmotion_per_host));
        out = std::min(out, count(sources) * at_a_time(model_.datastore_capacity,
                                                       model_.datastore_svmotion,
                                                       caps.svmotion_per_datastore));
        if (caps.svmotion_total > 0) {
            out = std::min(out, caps.svmotion_total);
        }
        return std::max<std::int64_t>(out, 1);
    }

    // Time of the whole unit when nothing else runs, and of its way back.
    TimeNeed need_of(const Unit& unit) {
        Sum whole;
        Sum back;
        const double lanes = static_cast<double>(lanes_of(unit));
        for (const Step& step : unit.steps) {
            if (step.deferred) {
                continue;
            }
            Sum one;
            if (step.work) {
                const double rate =
                    std::min(model_.stream_mib_s, out_.host_mib_s[host_index(step.work->host_id)]);
                const double seconds =
                    (model_.vm_setup_s + static_cast<double>(step.work->bytes) / kMib / rate) /
                    lanes;
                one.add({seconds, model_.stream_sigma, 0});
                back.mean += one.mean;
                back.variance += one.variance;
            } else {
                one.add(model_.op(step.action.op));
                for (const OpCall& undo : step.undo) {
                    back.add(model_.op(undo.op));
                }
            }
            whole.mean += one.mean;
            whole.variance += one.variance;
        }
        const double common = std::exp(kZ90 * model_.common_sigma);
        TimeNeed out;
        out.p50 = ms(whole.mean);
        out.p90 = ms(whole.mean * std::exp(kZ90 * whole.sigma()) * common);
        out.rollback = ms(back.mean * std::exp(kZ90 * back.sigma()) * common);
        return out;
    }

    const Plan& plan_;
    const CostModel& model_;
    PlanModel out_;
    Resource units_;
    Resource offline_;
    Resource away_;
    Resource down_;
    Resource moves_;
    std::map<std::string, std::uint32_t> hosts_;
    std::vector<std::uint32_t> host_cost_; // resource of each host
    std::map<std::string, std::uint32_t> datastores_;
};

} // namespace

std::vector<std::vector<std::size_t>> steps_of_tasks(const Unit& unit) {
    std::vector<std::vector<std::size_t>> moves;
    std::vector<std::size_t> before;
    std::vector<std::size_t> after;
    for (std::size_t i = 0; i < unit.steps.size(); ++i) {
        const Step& step = unit.steps[i];
        if (step.deferred) {
            continue;
        }
        if (step.work) {
            moves.push_back({i});
        } else {
            (moves.empty() ? before : after).push_back(i);
        }
    }
    std::vector<std::vector<std::size_t>> out{std::move(before)};
    if (!moves.empty()) {
        out.insert(out.end(), moves.begin(), moves.end());
        out.push_back(std::move(after));
    }
    return out;
}

PlanModel model_plan(const Plan& plan, const CostModel& model) {
    return Builder(plan, model).build();
}

} // namespace pf::nvmetool
