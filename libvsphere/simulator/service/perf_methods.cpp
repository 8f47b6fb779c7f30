// PerformanceManager: real-time samples of virtual disks and datastores, made of what the guests'
// I/O took (meters.hpp).
//
// Like a real server it numbers its counters as it likes: a client finds them by group, name and
// rollup. There are no historical intervals: a query for one is answered with the samples that
// there are. A VM that is off tells nothing.
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/simulator/vm_ops.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::sim {

namespace {

using Group = Meters::Group;

enum class What { ReadLatency, WriteLatency, Reads, Writes };

struct Counter {
    Group group;
    What what;
    const char* name;
    const char* label;
    const char* summary;
};

constexpr std::array kCounters = {
    Counter{Group::VirtualDisk, What::Reads, "numberReadAveraged",
            "Average read requests per second",
            "Reads of the virtual disk in a second, over the interval"},
    Counter{Group::VirtualDisk, What::Writes, "numberWriteAveraged",
            "Average write requests per second",
            "Writes of the virtual disk in a second, over the interval"},
    Counter{Group::VirtualDisk, What::ReadLatency, "totalReadLatency", "Read latency",
            "Time that a read of the virtual disk took, over the interval"},
    Counter{Group::VirtualDisk, What::WriteLatency, "totalWriteLatency", "Write latency",
            "Time that a write of the virtual disk took, over the interval"},
    Counter{Group::Datastore, What::Reads, "numberReadAveraged", "Average read requests per second",
            "Reads of the datastore in a second, over the interval"},
    Counter{Group::Datastore, What::Writes, "numberWriteAveraged",
            "Average write requests per second",
            "Writes of the datastore in a second, over the interval"},
    Counter{Group::Datastore, What::ReadLatency, "totalReadLatency", "Read latency",
            "Time that a read of the datastore took, over the interval"},
    Counter{Group::Datastore, What::WriteLatency, "totalWriteLatency", "Write latency",
            "Time that a write of the datastore took, over the interval"},
};

bool is_latency(What what) { return what == What::ReadLatency || what == What::WriteLatency; }

// Another number for each version, as with real servers.
int32_t first_id(const World& world) {
    return world.estate.vcenter_version.starts_with("7.") ? 173 : 178;
}

const Counter* counter_of(const World& world, int64_t id) {
    const int64_t index = id - first_id(world);
    return index < 0 || index >= static_cast<int64_t>(kCounters.size())
               ? nullptr
               : &kCounters[static_cast<size_t>(index)];
}

int32_t id_of(const World& world, const Counter& counter) {
    return first_id(world) + static_cast<int32_t>(&counter - kCounters.data());
}

Value described(std::string_view key, std::string_view label, std::string_view summary) {
    return make("ElementDescription",
                {{"label", Value(label)}, {"summary", Value(summary)}, {"key", Value(key)}});
}

Value counter_info(const World& world, const Counter& counter) {
    const bool disk = counter.group == Group::VirtualDisk;
    return make(
        "PerfCounterInfo",
        {{"key", int_value(id_of(world, counter))},
         {"nameInfo", described(counter.name, counter.label, counter.summary)},
         {"groupInfo", disk ? described("virtualDisk", "Virtual disk", "Virtual disk")
                            : described("datastore", "Datastore", "Datastore")},
         {"unitInfo", is_latency(counter.what) ? described("millisecond", "ms", "Millisecond")
                                               : described("number", "num", "Number")},
         {"rollupType", enum_value("PerfSummaryType", "average")},
         {"statsType",
          enum_value("PerfStatsType", is_latency(counter.what) ? "absolute" : "rate")}});
}

// A managed object that tells of itself now: a VM that runs, a connected host.
bool tells(World& world, const MoRef& entity) {
    if (entity.type == "VirtualMachine") {
        const VmState* vm = world.vm(entity.id);
        return vm != nullptr && vm->power == PowerState::On;
    }
    const HostState* host = entity.type == "HostSystem" ? world.host(entity.id) : nullptr;
    return host != nullptr && host->connected;
}

bool is_provider(const MoRef& entity) {
    return entity.type == "VirtualMachine" || entity.type == "HostSystem";
}

// Disks of a VM, datastores of a VM or a host: what it has now.
std::vector<std::string> instances_of(World& world, const MoRef& entity, Group group) {
    if (entity.type == "HostSystem") {
        std::vector<std::string> out;
        if (group == Group::Datastore) {
            for (const auto& [uuid, volume] : world.host(entity.id)->volumes) {
                out.push_back(uuid);
            }
        }
        return out;
    }
    const VmState& vm = *world.vm(entity.id);
    std::set<std::string> out;
    for (const VmDisk& disk : vm.disks) {
        if (!disk.missing) {
            out.insert(group == Group::VirtualDisk ? disk_device(disk) : disk.flat.volume);
        }
    }
    return {out.begin(), out.end()};
}

struct Metric {
    const Counter* counter = nullptr;
    std::string instance;
};

Value metric_id(const World& world, const Metric& metric) {
    return make("PerfMetricId", {{"counterId", int_value(id_of(world, *metric.counter))},
                                 {"instance", metric.instance}});
}

std::vector<Metric> available(World& world, const MoRef& entity) {
    std::vector<Metric> out;
    for (const Counter& counter : kCounters) {
        for (std::string& instance : instances_of(world, entity, counter.group)) {
            out.push_back({&counter, std::move(instance)});
        }
    }
    return out;
}

int64_t value_of(const World& world, const MoRef& entity, const Metric& metric, int64_t sample) {
    const Meters& meters = world.extras->meters;
    const IoSample io = meters.at({entity, metric.counter->group, metric.instance}, sample);
    const What what = metric.counter->what;
    const bool read = what == What::ReadLatency || what == What::Reads;
    const IoTally& tally = read ? io.reads : io.writes;
    if (!is_latency(what)) {
        return static_cast<int64_t>(tally.operations) / meters.interval().count();
    }
    return tally.operations == 0
               ? 0
               : static_cast<int64_t>((tally.microseconds / tally.operations + 500) / 1000);
}

// The samples that a query asks for: after its start, up to its end, the newest ones of them.
Meters::Range samples_of(World& world, const Value& spec) {
    const Meters& meters = world.extras->meters;
    Meters::Range range = meters.complete(world.now());
    const auto time_of = [&](const char* field) -> std::optional<int64_t> {
        const auto parsed = parse_date_time(spec[field].text_view());
        return parsed ? std::optional(*parsed) : std::nullopt;
    };
    if (const auto start = time_of("startTime")) {
        while (range.first < range.end && unix_us(meters.end_of(range.first)) <= *start) {
            ++range.first;
        }
    }
    if (const auto end = time_of("endTime")) {
        while (range.first < range.end && unix_us(meters.end_of(range.end - 1)) > *end) {
            --range.end;
        }
    }
    const int64_t most = spec["maxSample"].int_or(0);
    if (most > 0) {
        range.first = std::max(range.first, range.end - most);
    }
    return range;
}

Outcome<std::vector<Metric>> metrics_of(World& world, const MoRef& entity, const Value& spec) {
    std::vector<Metric> all = available(world, entity);
    if (!spec["metricId"].is_set()) {
        return all;
    }
    std::vector<Metric> out;
    for (const Value& wanted : spec["metricId"].items()) {
        const Counter* counter = counter_of(world, wanted["counterId"].int_or(-1));
        if (counter == nullptr) {
            return raise_invalid_argument("querySpec.metricId.counterId",
                                          "A specified parameter was not correct: "
                                          "querySpec.metricId.counterId");
        }
        const std::string instance = wanted["instance"].text();
        std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const Metric& metric) {
            return metric.counter == counter && (instance == "*" || metric.instance == instance);
        });
    }
    return out;
}

Value as_lists(World& world, const MoRef& entity, const std::vector<Metric>& metrics,
               Meters::Range range) {
    const Meters& meters = world.extras->meters;
    std::vector<Value> samples;
    for (int64_t i = range.first; i < range.end; ++i) {
        samples.push_back(
            make("PerfSampleInfo", {{"timestamp", time_value(meters.end_of(i))},
                                    {"interval", int_value(meters.interval().count())}}));
    }
    std::vector<Value> series;
    for (const Metric& metric : metrics) {
        std::vector<Value> values;
        for (int64_t i = range.first; i < range.end; ++i) {
            values.push_back(long_value(value_of(world, entity, metric, i)));
        }
        series.push_back(
            make("PerfMetricIntSeries", {{"id", metric_id(world, metric)},
                                         {"value", Value::array("long", std::move(values))}}));
    }
    return make("PerfEntityMetric",
                {{"entity", entity},
                 {"sampleInfo", Value::array("PerfSampleInfo", std::move(samples))},
                 {"value", Value::array("PerfMetricSeries", std::move(series))}});
}

Value as_csv(World& world, const MoRef& entity, const std::vector<Metric>& metrics,
             Meters::Range range) {
    const Meters& meters = world.extras->meters;
    std::string samples;
    for (int64_t i = range.first; i < range.end; ++i) {
        samples += fmt::format("{}{},{}", samples.empty() ? "" : ",", meters.interval().count(),
                               format_rfc3339(meters.end_of(i)));
    }
    std::vector<Value> series;
    for (const Metric& metric : metrics) {
        std::string values;
        for (int64_t i = range.first; i < range.end; ++i) {
            values +=
                fmt::format("{}{}", values.empty() ? "" : ",", value_of(world, entity, metric, i));
        }
        series.push_back(make("PerfMetricSeriesCSV",
                              {{"id", metric_id(world, metric)}, {"value", std::move(values)}}));
    }
    return make("PerfEntityMetricCSV",
                {{"entity", entity},
                 {"sampleInfoCSV", std::move(samples)},
                 {"value", Value::array("PerfMetricSeriesCSV", std::move(series))}});
}

bool may_see(MethodContext& c, const MoRef& entity) {
    const PropertyContext properties{c.world, c.scope, &c.session->state};
    return is_provider(entity) && object_exists(properties, entity) &&
           c.scope.visible_locked(c.world, entity) && is_visible(properties, entity);
}

Outcome<Value> query_perf(MethodContext& c, const Call& call) {
    const std::lock_guard session(c.session->mutex);
    const std::lock_guard lock(c.world.mutex);
    std::vector<Value> out;
    for (const Value& spec : call.arg("querySpec").items()) {
        const MoRef entity = spec["entity"].ref();
        const std::string format = spec["format"].text_or("normal");
        if (format != "normal" && format != "csv") {
            return raise_invalid_argument("querySpec.format",
                                          "A specified parameter was not correct: "
                                          "querySpec.format");
        }
        // What is gone, hidden, off or no provider is left out.
        if (!may_see(c, entity) || !tells(c.world, entity)) {
            continue;
        }
        SIM_TRY(const std::vector<Metric> metrics, metrics_of(c.world, entity, spec));
        const Meters::Range range = samples_of(c.world, spec);
        if (range.first >= range.end || metrics.empty()) {
            continue;
        }
        out.push_back(format == "csv" ? as_csv(c.world, entity, metrics, range)
                                      : as_lists(c.world, entity, metrics, range));
    }
    return Value::array("PerfEntityMetricBase", std::move(out));
}

Outcome<Value> available_metrics(MethodContext& c, const Call& call) {
    const std::lock_guard session(c.session->mutex);
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    std::vector<Value> out;
    // Without an interval the historical metrics are asked for, and there are none.
    if (may_see(c, entity) && tells(c.world, entity) && call.arg("intervalId").is_set()) {
        for (const Metric& metric : available(c.world, entity)) {
            out.push_back(metric_id(c.world, metric));
        }
    }
    return Value::array("PerfMetricId", std::move(out));
}

Outcome<Value> provider_summary(MethodContext& c, const Call& call) {
    const MoRef entity = call.arg("entity").ref();
    if (!is_provider(entity)) {
        return raise_invalid_argument("entity", "The entity is no performance provider.");
    }
    const std::lock_guard session(c.session->mutex);
    const std::lock_guard lock(c.world.mutex);
    if (!may_see(c, entity)) {
        return raise_missing_object(entity);
    }
    return make("PerfProviderSummary",
                {{"entity", entity},
                 {"currentSupported", true},
                 {"summarySupported", false},
                 {"refreshRate", int_value(c.world.extras->meters.interval().count())}});
}

Outcome<Value> query_counters(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    std::vector<Value> out;
    for (const Value& id : call.arg("counterId").items()) {
        const Counter* counter = counter_of(c.world, id.int_or(-1));
        if (counter == nullptr) {
            return raise_invalid_argument("counterId",
                                          "A specified parameter was not correct: counterId");
        }
        out.push_back(counter_info(c.world, *counter));
    }
    return Value::array("PerfCounterInfo", std::move(out));
}

} // namespace

std::vector<Value> perf_counters(World& world) {
    std::vector<Value> out;
    for (const Counter& counter : kCounters) {
        out.push_back(counter_info(world, counter));
    }
    return out;
}

void add_perf_methods(MethodTable& t) {
    t.add("PerformanceManager", "QueryPerfProviderSummary", provider_summary);
    t.add("PerformanceManager", "QueryAvailablePerfMetric", available_metrics);
    t.add("PerformanceManager", "QueryPerfCounter", query_counters);
    t.add("PerformanceManager", "QueryPerf", query_perf);
}

} // namespace pf::vim::sim
