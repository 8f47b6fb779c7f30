#include "tools/pfnvme/run/run_watch.hpp"

#include "tools/pfnvme/plan/cost_model.hpp"

#include <algorithm>
#include <cmath>

namespace pf::nvmetool {

namespace {

constexpr std::size_t kSamples = 20;

std::string host_resource(const std::string& name) { return "host " + name + " migration cost"; }
std::string datastore_resource(const std::string& name) {
    return "datastore " + name + " migration cost";
}

} // namespace

double percentile_95(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    const auto rank =
        static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(rank, 1) - 1];
}

RunWatch::RunWatch(VspherePort& vsphere, PowerFlexPort& powerflex, const Plan& plan,
                   const SchedProblem& problem)
    : vsphere_(vsphere), powerflex_(powerflex), plan_(plan) {
    for (std::uint32_t i = 0; i < problem.resources.size(); ++i) {
        resources_.emplace(problem.resources[i].name, i);
    }
}

Result<void> RunWatch::check() {
    const ServiceLevel& slo = plan_.policy.slo;
    if (slo.storage_latency_p95_ms > 0 || slo.pause_on_rebuild) {
        if (const Result<StorageLoad> load = powerflex_.load(); !load) {
            return fail(load.error().code,
                        "slo.storage_latency_p95 and slo.pause_on_rebuild can't be watched: {}",
                        load.error().what);
        }
    }
    if (slo.vm_latency_p95_ms > 0) {
        if (const auto latencies = vsphere_.vm_latencies_ms({}); !latencies) {
            return fail(latencies.error().code, "slo.vm_latency_p95 can't be watched: {}",
                        latencies.error().what);
        }
    }
    return {};
}

void RunWatch::look_at_migrations(const std::set<std::string>& own_vms, Seen& out) {
    const Result<std::vector<Migration>> migrations = vsphere_.migrations();
    if (!migrations) {
        return; // vCenter itself queues what is too much
    }
    const CostModel model = default_cost_model();
    const auto add = [&](const std::string& name, std::int64_t cost) {
        if (const auto found = resources_.find(name); found != resources_.end()) {
            out.others[found->second] += cost;
        }
    };
    for (const Migration& item : *migrations) {
        if (own_vms.contains(item.vm_id)) {
            continue;
        }
        const Result<TaskInfo> task = vsphere_.task(item.task);
        const bool storage =
            !task || task->operation.find("migrate") == std::string::npos; // else a plain vMotion
        if (const PlanHost* host = plan_.find_host(item.host_id); host != nullptr) {
            add(host_resource(host->name), storage ? model.host_svmotion : 1);
        }
        std::set<std::string> names;
        for (const Unit& unit : plan_.units) {
            for (const UnitPart& part : unit.objects.parts) {
                if (std::find(item.datastore_ids.begin(), item.datastore_ids.end(),
                              part.datastore_id) != item.datastore_ids.end()) {
                    names.insert(part.datastore);
                }
            }
        }
        for (const std::string& name : names) {
            add(datastore_resource(name), storage ? model.datastore_svmotion : 1);
        }
    }
}

void RunWatch::look_at_load(Seen& out) {
    const ServiceLevel& slo = plan_.policy.slo;
    if (slo.storage_latency_p95_ms > 0 || slo.pause_on_rebuild) {
        const Result<StorageLoad> load = powerflex_.load();
        if (!load) { // what can't be seen is not known to be good
            out.hold_moves = "PowerFlex does not tell its load: " + load.error().what;
        } else {
            storage_ms_.push_back(load->latency_ms);
            if (storage_ms_.size() > kSamples) {
                storage_ms_.pop_front();
            }
            const double worst = percentile_95({storage_ms_.begin(), storage_ms_.end()});
            if (slo.storage_latency_p95_ms > 0 &&
                worst > static_cast<double>(slo.storage_latency_p95_ms)) {
                out.hold_moves = fmt::format("storage latency {:.1f} ms is above {} ms", worst,
                                             slo.storage_latency_p95_ms);
            }
            if (slo.pause_on_rebuild && load->rebuilding_kib > 0) {
                out.hold_units =
                    fmt::format("PowerFlex rebuilds {} MiB", load->rebuilding_kib >> 10U);
            }
        }
    }
    if (slo.vm_latency_p95_ms > 0) {
        std::vector<std::string> ids;
        for (const Unit& unit : plan_.units) {
            ids.insert(ids.end(), unit.objects.vm_ids.begin(), unit.objects.vm_ids.end());
        }
        const auto latencies = vsphere_.vm_latencies_ms(ids);
        const double worst = latencies ? percentile_95(*latencies) : 0;
        if (!latencies) {
            out.hold_moves = "vCenter does not tell the latency of VMs: " + latencies.error().what;
        } else if (worst > static_cast<double>(slo.vm_latency_p95_ms)) {
            out.hold_moves =
                fmt::format("VM latency {:.1f} ms is above {} ms", worst, slo.vm_latency_p95_ms);
        }
    }
}

RunWatch::Seen RunWatch::look(const std::set<std::string>& own_vms) {
    Seen out;
    look_at_migrations(own_vms, out);
    look_at_load(out);
    return out;
}

} // namespace pf::nvmetool
