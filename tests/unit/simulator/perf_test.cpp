// Performance counters: what a guest's I/O took, in samples of a clock that the test moves.
#include "fixture.hpp"

#include "base/file.hpp"

#include <atomic>

namespace pf::vim::sim::test {
namespace {

const MoRef kPerf{"PerformanceManager", "PerfMgr"};
constexpr std::chrono::milliseconds kFew{10};  // I/Os of a guest that writes every millisecond
constexpr std::chrono::milliseconds kSome{60}; // more than one for each second of a sample

class PerfTest : public SimulatorTest {
  protected:
    void options_for(SimulatorOptions& options) override {
        options.clock = [this] { return MonoTime(std::chrono::seconds(seconds.load())); };
        options.fault_rules_file = dir / "faults.json";
    }
    void rule(const std::string& text) {
        ASSERT_TRUE(write_file_atomic(dir / "faults.json", "{\"rules\": [" + text + "]}", 0600));
    }
    int32_t counter(const std::string& name) {
        const Value list = vc->property(kPerf, "perfCounter");
        for (const Value& one : list.items()) {
            if (one["groupInfo"]["key"].text() + "." + one["nameInfo"]["key"].text() + "." +
                    one["rollupType"].text() ==
                name) {
                return static_cast<int32_t>(one["key"].int_or(-1));
            }
        }
        return -1;
    }
    Value spec(const MoRef& entity, const std::string& name, const std::string& instance,
               std::vector<Field> more = {}) {
        std::vector<Field> fields{
            {"entity", entity},
            {"metricId",
             Value::array("PerfMetricId", {data("PerfMetricId", {{"counterId", counter(name)},
                                                                 {"instance", instance}})})},
            {"intervalId", Value(int32_t{20})}};
        fields.insert(fields.end(), more.begin(), more.end());
        return data("PerfQuerySpec", fields);
    }
    Value ask(const Value& query) {
        return vc->ok(kPerf, "QueryPerf", {{"querySpec", Value::array("PerfQuerySpec", {query})}});
    }
    // The newest sample of the only series; -1: nothing told.
    int64_t newest(const MoRef& entity, const std::string& name,
                   const std::string& instance = "*") {
        const Value answer = ask(spec(entity, name, instance, {{"maxSample", Value(int32_t{1})}}));
        if (answer.items().empty() || answer.items()[0]["value"].items().size() != 1) {
            return -1;
        }
        const Value& series = answer.items()[0]["value"].items()[0];
        EXPECT_EQ(series["value"].items().size(), 1U);
        return series["value"].items()[0].int_or(-1);
    }
    // Lets the guest work a while in every sample, until a complete one is as wanted.
    template<class Wanted>
    bool soon(std::chrono::milliseconds sample, const Wanted& wanted) {
        const MonoTime end = mono_now() + std::chrono::seconds(20);
        while (mono_now() < end) {
            std::this_thread::sleep_for(sample);
            seconds += 20;
            if (wanted()) {
                return true;
            }
        }
        return false;
    }

    std::atomic<int64_t> seconds{0};
    TempDir dir;
};

TEST_F(PerfTest, CountersAreFoundByNameAndTold) {
    const Value all = vc->property(kPerf, "perfCounter");
    EXPECT_EQ(all.items().size(), 8U);
    const int32_t id = counter("virtualDisk.totalReadLatency.average");
    ASSERT_GT(id, 0);
    const Value one =
        vc->ok(kPerf, "QueryPerfCounter", {{"counterId", Value::array("int", {Value(id)})}});
    EXPECT_EQ(one.items().at(0)["unitInfo"]["key"].text(), "millisecond");
    EXPECT_EQ(one.items().at(0)["statsType"].text(), "absolute");
    EXPECT_GT(counter("datastore.totalWriteLatency.average"), 0);
    EXPECT_EQ(vc->fault(kPerf, "QueryPerfCounter",
                        {{"counterId", Value::array("int", {Value(int32_t{7})})}}),
              "InvalidArgument");
    const MoRef vm = find("vm/app01");
    const Value provider = vc->ok(kPerf, "QueryPerfProviderSummary", {{"entity", vm}});
    EXPECT_TRUE(provider["currentSupported"].bool_or(false));
    EXPECT_FALSE(provider["summarySupported"].bool_or(true));
    EXPECT_EQ(provider["refreshRate"].int_or(0), 20);
    EXPECT_EQ(vc->fault(kPerf, "QueryPerfProviderSummary",
                        {{"entity", MoRef{"Datacenter", "datacenter-2"}}}),
              "InvalidArgument");
    const auto metrics = [&](const MoRef& entity) {
        return vc
            ->ok(kPerf, "QueryAvailablePerfMetric",
                 {{"entity", entity}, {"intervalId", Value(int32_t{20})}})
            .items()
            .size();
    };
    EXPECT_EQ(metrics(vm), 8U);                        // one disk, one datastore
    EXPECT_EQ(metrics(find("vm/app02")), 0U);          // it is off
    EXPECT_EQ(metrics({"HostSystem", "host-21"}), 8U); // two datastores, no virtual disks
}

TEST_F(PerfTest, ASlowDiskIsSeenAndForgottenByTheNextSample) {
    const MoRef vm = find("vm/app01");
    const auto writes = [&] { return newest(vm, "virtualDisk.numberWriteAveraged.average"); };
    const auto write_ms = [&] { return newest(vm, "virtualDisk.totalWriteLatency.average"); };
    const auto read_ms = [&] { return newest(vm, "virtualDisk.totalReadLatency.average"); };
    EXPECT_EQ(writes(), -1); // no sample is complete
    ASSERT_TRUE(soon(kSome, [&] { return writes() > 0; }));
    EXPECT_LT(write_ms(), 80);
    rule(R"({"service": "guest", "method": "write", "object": "app01", "action": "delay",
             "delayMs": 80})");
    EXPECT_TRUE(soon(kFew, [&] { return write_ms() >= 80; }));
    EXPECT_LT(read_ms(), 80);
    rule(R"({"service": "guest", "method": "read", "action": "delay", "delayMs": 80})");
    EXPECT_TRUE(soon(kFew, [&] { return read_ms() >= 80; }));
    rule(R"({"method": "*", "action": "delay", "delayMs": 80})"); // of calls, not of guests
    EXPECT_TRUE(soon(kSome, [&] { return writes() > 0 && write_ms() < 80 && read_ms() < 80; }));
}

TEST_F(PerfTest, DatastoresTellOfVmAndHost) {
    const MoRef vm = find("vm/app01");
    const MoRef host = vc->property(vm, "runtime.host").ref();
    std::string uuid;
    const Value mounts = vc->property(host, "config.fileSystemVolume.mountInfo");
    for (const Value& mount : mounts.items()) {
        if (mount["volume"]["name"].text() == "sdc-ds-01") {
            uuid = mount["volume"]["uuid"].text();
        }
    }
    ASSERT_FALSE(uuid.empty());
    rule(R"({"service": "guest", "action": "delay", "delayMs": 80})");
    const char* name = "datastore.totalWriteLatency.average";
    ASSERT_TRUE(soon(kFew, [&] { return newest(vm, name, uuid) >= 80; }));
    // The only VM there: the host's I/O is its.
    EXPECT_TRUE(soon(kFew, [&] { return newest(host, name, uuid) >= 80; }));
    EXPECT_EQ(newest(vm, name, "no-such-volume"), -1);
}

TEST_F(PerfTest, TimesLimitsAndFormats) {
    const MoRef vm = find("vm/app01");
    for (int i = 0; i < 5; ++i) {
        seconds += 20;
    }
    const std::string name = "virtualDisk.totalWriteLatency.average";
    const auto times = [&](std::vector<Field> more) {
        std::vector<std::string> out;
        const Value answer = ask(spec(vm, name, "*", std::move(more)));
        for (const Value& entity : answer.items()) {
            for (const Value& info : entity["sampleInfo"].items()) {
                EXPECT_EQ(info["interval"].int_or(0), 20);
                out.push_back(info["timestamp"].text());
            }
        }
        return out;
    };
    const auto all = times({});
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(times({{"maxSample", Value(int32_t{2})}}),
              (std::vector<std::string>{all[3], all[4]}));
    // After the start, up to the end.
    EXPECT_EQ(times({{"startTime", Value::scalar("dateTime", all[1])},
                     {"endTime", Value::scalar("dateTime", all[3])}}),
              (std::vector<std::string>{all[2], all[3]}));
    const Value csv =
        ask(spec(vm, name, "scsi0:0", {{"format", "csv"}, {"maxSample", Value(int32_t{2})}}));
    ASSERT_EQ(csv.items().size(), 1U);
    EXPECT_EQ(csv.items()[0].type_name(), "PerfEntityMetricCSV");
    const std::string samples = csv.items()[0]["sampleInfoCSV"].text();
    EXPECT_EQ(samples.find("20,20"), 0U) << samples; // interval, year
    EXPECT_EQ(std::count(samples.begin(), samples.end(), ','), 3);
    const std::string values = csv.items()[0]["value"].items().at(0)["value"].text();
    EXPECT_EQ(std::count(values.begin(), values.end(), ','), 1) << values;
    EXPECT_EQ(vc->fault(kPerf, "QueryPerf",
                        {{"querySpec", Value::array("PerfQuerySpec",
                                                    {spec(vm, name, "*", {{"format", "xml"}})})}}),
              "InvalidArgument");
    EXPECT_EQ(vc->fault(kPerf, "QueryPerf",
                        {{"querySpec", Value::array("PerfQuerySpec", {spec(vm, "none", "*")})}}),
              "InvalidArgument");
    // What is off or gone is left out, without a fault.
    EXPECT_TRUE(ask(spec(find("vm/app02"), name, "*")).items().empty());
    EXPECT_TRUE(ask(spec({"VirtualMachine", "vm-999"}, name, "*")).items().empty());
}

} // namespace
} // namespace pf::vim::sim::test
