// Event simulation: the scheduler decides, this file lets time pass. Copies on one host share what
// they may take of its NIC; everything else takes the time that was drawn for it.
#include "tools/pfnvme/plan/estimate.hpp"
#include "tools/pfnvme/plan/windows.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <random>

namespace pf::nvmetool {

namespace {

constexpr double kMib = 1024.0 * 1024.0;

class Run {
  public:
    Run(const PlanModel& plan, const CostModel& model, TimeMs start, std::uint64_t seed,
        double common)
        : plan_(plan), model_(model), scheduler_(plan.problem), random_(seed), drawn_(seed != 0),
          common_(common), start_(start), copies_(plan.host_mib_s.size()),
          nic_time_(plan.host_mib_s.size(), 0), used_(plan.problem.resources.size(), 0),
          area_(plan.problem.resources.size(), 0), changed_(plan.problem.resources.size(), 0) {
        out_.units.resize(plan.problem.units.size());
        out_.start = start;
    }

    Simulation simulate() {
        feed({SchedEvent::Kind::Tick, start_});
        while (!finished_) {
            if (!events_.empty() && (wake_ < 0 || events_.top().time <= wake_)) {
                const Event event = events_.top();
                events_.pop();
                now_ = std::max(now_, event.time);
                handle(event);
            } else if (wake_ > now_) {
                now_ = wake_;
                feed({SchedEvent::Kind::Tick, wall()});
            } else {
                break; // nothing runs and nothing can: what is left has no place
            }
        }
        settle();
        return std::move(out_);
    }

  private:
    struct Job {
        std::uint32_t unit = 0;
        std::uint32_t task = 0;
        double mib = 0;    // left to copy
        double stream = 0; // MiB/s of its own
        double rate = 0;
        double since = 0;
        std::uint32_t version = 0;
        bool copying = false;
    };
    struct Event {
        double time = 0; // seconds since the start
        std::uint64_t order = 0;
        std::uint32_t job = 0;
        std::uint32_t version = 0;

        bool operator>(const Event& other) const {
            return time != other.time ? time > other.time : order > other.order;
        }
    };

    [[nodiscard]] TimeMs wall() const {
        return start_ + static_cast<TimeMs>(std::llround(now_ * 1000.0));
    }
    double factor(double sigma) {
        if (!drawn_) {
            return 1;
        }
        // Around the mean, not the median: the sums are means.
        return common_ * std::exp(sigma * normal_(random_) - sigma * sigma / 2);
    }

    void feed(const SchedEvent& event) {
        wake_ = -1;
        for (const SchedDecision& decision : scheduler_.handle(event)) {
            const std::uint32_t unit = decision.unit;
            switch (decision.kind) {
            case SchedDecision::Kind::StartUnit:
                out_.units[unit].start = wall();
                take(plan_.problem.units[unit].holds, 1);
                break;
            case SchedDecision::Kind::StartTask:
                begin(unit, decision.task);
                break;
            case SchedDecision::Kind::UnitDone:
                out_.units[unit].end = wall();
                out_.end = std::max(out_.end, wall());
                take(plan_.problem.units[unit].holds, -1);
                break;
            case SchedDecision::Kind::Drop:
                out_.dropped.push_back(unit);
                break;
            case SchedDecision::Kind::Wait:
                wake_ = static_cast<double>(decision.until - start_) / 1000.0;
                break;
            case SchedDecision::Kind::Finished:
                finished_ = true;
                break;
            }
        }
    }

    void begin(std::uint32_t unit, std::uint32_t task) {
        take(plan_.problem.units[unit].tasks[task].uses, 1);
        const TaskModel& model = plan_.tasks[unit][task];
        const double slow = factor(model.sigma);
        Job job;
        job.unit = unit;
        job.task = task;
        job.mib = model.bytes / kMib;
        job.stream = model_.stream_mib_s / slow;
        jobs_.push_back(job);
        push(now_ + model.fixed_s * slow, static_cast<std::uint32_t>(jobs_.size() - 1));
    }

    void push(double time, std::uint32_t job) {
        events_.push({time, ++order_, job, jobs_[job].version});
    }

    void handle(const Event& event) {
        Job& job = jobs_[event.job];
        if (event.version != job.version) {
            return; // its rate changed since
        }
        const std::uint32_t host = plan_.tasks[job.unit][job.task].host;
        if (!job.copying && job.mib > 0) {
            job.copying = true;
            job.since = now_;
            copies_[host].push_back(event.job);
            share(host);
            return;
        }
        if (job.copying) {
            std::erase(copies_[host], event.job);
            nic_time_[host] += job.rate * (now_ - job.since) / plan_.host_mib_s[host];
            share(host);
        }
        take(plan_.problem.units[job.unit].tasks[job.task].uses, -1);
        feed({SchedEvent::Kind::TaskDone, wall(), job.unit, job.task});
    }

    // Everybody on the host gets the same part; what a slow stream leaves is not given to others.
    void share(std::uint32_t host) {
        const double part =
            plan_.host_mib_s[host] / std::max<double>(1, static_cast<double>(copies_[host].size()));
        for (const std::uint32_t index : copies_[host]) {
            Job& job = jobs_[index];
            job.mib = std::max(0.0, job.mib - job.rate * (now_ - job.since));
            nic_time_[host] += job.rate * (now_ - job.since) / plan_.host_mib_s[host];
            job.since = now_;
            job.rate = std::min(job.stream, part);
            ++job.version;
            push(now_ + job.mib / job.rate, index);
        }
    }

    void take(const std::vector<ResourceUse>& uses, std::int64_t sign) {
        for (const ResourceUse& use : uses) {
            const std::uint32_t r = use.resource;
            area_[r] += static_cast<double>(used_[r]) * (now_ - changed_[r]);
            changed_[r] = now_;
            used_[r] += sign * use.amount;
        }
    }

    void settle() {
        const double open = static_cast<double>(open_time(plan_.problem.windows, out_.start,
                                                          std::max(out_.end, out_.start))) /
                            1000.0;
        for (std::size_t r = 0; r < area_.size(); ++r) {
            const auto capacity = static_cast<double>(plan_.problem.resources[r].capacity);
            out_.busy.push_back(open > 0 ? area_[r] / capacity / open : 0);
        }
        for (const double time : nic_time_) {
            out_.nic.push_back(open > 0 ? time / open : 0);
        }
    }

    const PlanModel& plan_;
    const CostModel& model_;
    Scheduler scheduler_;
    std::mt19937_64 random_;
    std::normal_distribution<double> normal_;
    bool drawn_;
    double common_;
    TimeMs start_;
    double now_ = 0;
    double wake_ = -1;
    bool finished_ = false;
    std::uint64_t order_ = 0;
    std::vector<Job> jobs_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::vector<std::vector<std::uint32_t>> copies_; // jobs, by host
    std::vector<double> nic_time_;
    std::vector<std::int64_t> used_;
    std::vector<double> area_;
    std::vector<double> changed_;
    Simulation out_;
};

} // namespace

Simulation simulate(const PlanModel& plan, const CostModel& model, TimeMs start, std::uint64_t seed,
                    double common) {
    return Run(plan, model, start, seed, common).simulate();
}

} // namespace pf::nvmetool
