// Latencies of virtual disks, as the client reads them from vCenter's counters.

#include "effects_fixture.hpp"

#include "base/file.hpp"
#include "libvsphere/performance.hpp"

#include <atomic>

namespace pf::vim::test {
namespace {

class Performance : public Effects {
  protected:
    void describe(sim::Estate& estate) override {
        for (sim::VmSpec& vm : estate.vms)
            vm.powered_on = true;
        estate.vms[0].counter_workload = true; // "two" does nothing
        sim::VmSpec off = estate.vms[1];
        off.name = "off";
        off.powered_on = false;
        estate.vms.push_back(off);
    }
    void options_for(sim::SimulatorOptions& options) override {
        options.clock = [this] { return MonoTime(std::chrono::seconds(seconds_.load())); };
        options.timings.counter_interval = 1ms;
        options.fault_rules_file = dir_ / "faults.json";
    }
    void slow_writes() {
        ASSERT_TRUE(write_file_atomic(dir_ / "faults.json",
                                      R"({"rules": [{"service": "guest", "method": "write",
                                          "action": "delay", "delayMs": 80}]})",
                                      0600));
    }
    /// Gives the guest a while in each sample, until a read is as wanted.
    template<class Wanted>
    std::vector<DiskLatency> read_until(DiskLatencyReader& reader, const std::vector<MoRef>& vms,
                                        const Wanted& wanted) {
        const MonoTime end = mono_now() + 20s;
        std::vector<DiskLatency> out;
        do {
            std::this_thread::sleep_for(60ms);
            seconds_ += 20;
            auto read = reader.read(vms);
            EXPECT_TRUE(read) << read.error().what;
            out = read ? std::move(*read) : std::vector<DiskLatency>{};
        } while (!wanted(out) && mono_now() < end);
        return out;
    }

    std::atomic<int64_t> seconds_{0};
    TempDir dir_{"performance"};
};

TEST_F(Performance, CountersAreKnownByName) {
    const auto all = perf_counters(*session_);
    ASSERT_TRUE(all) << all.error().what;
    EXPECT_TRUE(std::any_of(all->begin(), all->end(), [](const PerfCounter& counter) {
        return counter.name == "datastore.totalReadLatency.average" &&
               counter.unit == "millisecond" && counter.id > 0;
    }));
    const auto none = perf_counter_ids(*session_, {"virtualDisk.noSuchThing.latest"});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::Unsupported);
    EXPECT_NE(none.error().what.find("virtualDisk.noSuchThing.latest"), std::string::npos);
    const auto provider = perf_provider(*session_, vm("one"));
    ASSERT_TRUE(provider) << provider.error().what;
    EXPECT_TRUE(provider->real_time);
    EXPECT_EQ(provider->refresh_seconds, 20);
    EXPECT_FALSE(perf_provider(*session_, MoRef{"VirtualMachine", "vm-none"}));
}

TEST_F(Performance, OnlyDisksThatWorkTell) {
    DiskLatencyReader reader(*session_);
    ASSERT_TRUE(reader.check());
    const MoRef busy = vm("one");
    // One that is gone, too.
    const std::vector<MoRef> all = {{"VirtualMachine", "vm-none"}, busy, vm("two"), vm("off")};
    EXPECT_TRUE(reader.read({})->empty());
    auto read = read_until(reader, all, [](const auto& disks) { return !disks.empty(); });
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].vm, busy);
    EXPECT_EQ(read[0].disk, "scsi0:0");
    EXPECT_LT(read[0].latency_ms, 80);
    slow_writes();
    read = read_until(reader, all, [](const auto& disks) {
        return disks.size() == 1 && disks[0].latency_ms >= 80;
    });
    ASSERT_EQ(read.size(), 1u);
    EXPECT_GE(read[0].latency_ms, 80);
}

} // namespace
} // namespace pf::vim::test
