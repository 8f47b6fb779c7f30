#include "libvsphere/performance.hpp"

#include "libvsphere/properties.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace pf::vim {

namespace {

constexpr int kUsualInterval = 20; // seconds; hosts' real-time samples

enum Wanted : size_t { Reads, Writes, ReadLatency, WriteLatency };

const std::vector<std::string_view> kDiskCounters = {
    "virtualDisk.numberReadAveraged.average", "virtualDisk.numberWriteAveraged.average",
    "virtualDisk.totalReadLatency.average", "virtualDisk.totalWriteLatency.average"};

// The slowest sample in which operations were counted or took measurable time; -1: none.
int64_t worst(const PerfSeries* operations, const PerfSeries* latency) {
    int64_t out = -1;
    for (size_t i = 0; latency != nullptr && i < latency->samples.size(); ++i) {
        const int64_t took = latency->samples[i];
        const bool some =
            operations != nullptr && i < operations->samples.size() && operations->samples[i] > 0;
        if (took > 0 || (took == 0 && some))
            out = std::max(out, took);
    }
    return out;
}

} // namespace

Result<std::vector<PerfCounter>> perf_counters(Session& session) {
    PF_TRY(Value list, retrieve_property(session, session.content().perf_manager, "perfCounter"));
    std::vector<PerfCounter> out;
    for (const Value& item : list.items()) {
        PF_TRY(const int64_t id, item["key"].require_int("the number of a performance counter"));
        out.push_back({static_cast<int>(id),
                       fmt::format("{}.{}.{}", item["groupInfo"]["key"].text_or(),
                                   item["nameInfo"]["key"].text_or(), item["rollupType"].text_or()),
                       item["unitInfo"]["key"].text_or()});
    }
    return out;
}

Result<std::vector<int>> perf_counter_ids(Session& session,
                                          const std::vector<std::string_view>& names) {
    PF_TRY(const std::vector<PerfCounter> all, perf_counters(session));
    std::vector<int> out;
    for (const std::string_view name : names) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const PerfCounter& c) { return c.name == name; });
        if (found == all.end())
            return fail(Errc::Unsupported, "{} has no performance counter {}", session.endpoint(),
                        name);
        out.push_back(found->id);
    }
    return out;
}

Result<PerfProvider> perf_provider(Session& session, const MoRef& entity) {
    CallOptions options;
    options.object = "performance of " + entity.str();
    PF_TRY(Value summary, session.call(session.content().perf_manager, "QueryPerfProviderSummary",
                                       {{"entity", Value(entity)}}, options));
    return PerfProvider{summary["currentSupported"].bool_or(false),
                        static_cast<int>(summary["refreshRate"].int_or(0))};
}

Result<std::vector<PerfSeries>> query_perf(Session& session, const PerfQuery& query) {
    std::vector<Value> metrics;
    for (const int counter : query.counters) {
        DataObject id("PerfMetricId");
        id.set("counterId", Value(int32_t{counter}));
        id.set("instance", Value(query.instance));
        metrics.emplace_back(std::move(id));
    }
    std::vector<Value> specs;
    for (const MoRef& entity : query.entities) {
        DataObject spec("PerfQuerySpec");
        spec.set("entity", Value(entity));
        spec.set("maxSample", Value(int32_t{query.samples}));
        spec.set("metricId", Value::array("PerfMetricId", metrics));
        spec.set("intervalId", Value(int32_t{query.interval_seconds}));
        spec.set("format", Value("normal"));
        specs.emplace_back(std::move(spec));
    }
    std::vector<PerfSeries> out;
    if (specs.empty())
        return out;
    CallOptions options;
    options.object = fmt::format("performance of {} objects", query.entities.size());
    PF_TRY(Value answer,
           session.call(session.content().perf_manager, "QueryPerf",
                        {{"querySpec", Value::array("PerfQuerySpec", std::move(specs))}}, options));
    for (const Value& entity : answer.items()) {
        PF_TRY(const MoRef ref, entity["entity"].require_ref("the object of a performance answer"));
        for (const Value& series : entity["value"].items()) {
            PF_TRY(const int64_t counter,
                   series["id"]["counterId"].require_int("the counter of a performance answer"));
            PerfSeries one{ref, static_cast<int>(counter), series["id"]["instance"].text_or(), {}};
            for (const Value& sample : series["value"].items())
                one.samples.push_back(sample.int_or(-1));
            out.push_back(std::move(one));
        }
    }
    return out;
}

Result<void> DiskLatencyReader::check() {
    if (counters_.empty()) {
        PF_TRY(counters_, perf_counter_ids(session_, kDiskCounters));
    }
    return {};
}

Result<std::vector<DiskLatency>> DiskLatencyReader::read(const std::vector<MoRef>& vms) {
    PF_CHECK(check());
    std::vector<DiskLatency> out;
    for (size_t at = 0; at < vms.size(); at += kVmsPerCall) {
        const auto first = vms.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last =
            vms.begin() + static_cast<std::ptrdiff_t>(std::min(at + kVmsPerCall, vms.size()));
        PerfQuery query;
        query.entities.assign(first, last);
        query.counters = counters_;
        query.samples = kSamples;
        if (interval_seconds_ == 0) {
            // A VM that is gone meanwhile does not tell; the next read asks another time.
            const Result<PerfProvider> provider = perf_provider(session_, vms[at]);
            interval_seconds_ = provider ? provider->refresh_seconds : 0;
        }
        query.interval_seconds = interval_seconds_ > 0 ? interval_seconds_ : kUsualInterval;
        PF_TRY(const std::vector<PerfSeries> all, query_perf(session_, query));
        std::map<std::pair<MoRef, std::string>, std::vector<const PerfSeries*>> disks;
        for (const PerfSeries& series : all) {
            const auto which = std::find(counters_.begin(), counters_.end(), series.counter);
            if (which == counters_.end())
                continue;
            auto& of_disk = disks[{series.entity, series.instance}];
            of_disk.resize(counters_.size());
            of_disk[static_cast<size_t>(which - counters_.begin())] = &series;
        }
        for (const auto& [disk, series] : disks) {
            const int64_t slowest = std::max(worst(series[Reads], series[ReadLatency]),
                                             worst(series[Writes], series[WriteLatency]));
            if (slowest >= 0)
                out.push_back({disk.first, disk.second, slowest});
        }
    }
    return out;
}

} // namespace pf::vim
