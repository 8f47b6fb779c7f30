// What runs beside what: the moves of a unit within the caps, others' migrations, service levels,
// hooks, the end of a window. Several workers over one estate, so that a thread sanitizer sees
// them.
#include "tests/unit/pfnvme/lab_fixture.hpp"
#include "tools/pfnvme/report/report.hpp"
#include "tools/pfnvme/run/hook_runner.hpp"
#include "tools/pfnvme/run/run_watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace pf::nvmetool::test {
namespace {

using namespace std::chrono_literals;

// Time of many workers: each sleep moves it on for all of them.
class SharedClock final : public ModelClock {
  public:
    std::chrono::steady_clock::time_point now() override {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    void sleep(std::chrono::milliseconds time) override {
        {
            const std::lock_guard lock(mutex_);
            now_ += std::min(time, std::chrono::milliseconds(20));
        }
        std::this_thread::sleep_for(100us); // the other workers' turn
    }
    std::int64_t wall_ms() override { return wall; }

    std::atomic<std::int64_t> wall{1'000'000};

  private:
    std::mutex mutex_;
    std::chrono::steady_clock::time_point now_{};
};

// What several sessions with the same estate see.
struct Shared {
    std::recursive_mutex mutex;
    std::vector<Migration> foreign;
    int foreign_looks = 0; // looks after which the others are done
    double latency_ms = 1;
    int slow_looks = 0; // looks after which the storage is fast again
    // Looks after which the VMs are fast again; -1: their latency is not told.
    int slow_vm_looks = -1;
    std::size_t asked_vms = 0;
    std::uint64_t rebuilding_kib = 0;
    std::size_t most_moves = 0;
    std::size_t moves_while_foreign = 0;
    std::size_t moves_while_slow = 0;
};

std::size_t moves_at_work(const ModelEstate& estate) {
    return static_cast<std::size_t>(
        std::count_if(estate.tasks.begin(), estate.tasks.end(), [](const auto& item) {
            return item.second.info.active() && item.second.info.operation.ends_with("relocate");
        }));
}

#define LOCKED(type, name, parameters, arguments)                                                  \
    type name parameters override {                                                                \
        const std::lock_guard lock(shared_.mutex);                                                 \
        return ModelVsphere::name arguments;                                                       \
    }

class LockedVsphere final : public ModelVsphere {
  public:
    LockedVsphere(ModelEstate& estate, Shared& shared)
        : ModelVsphere(estate), estate_(estate), shared_(shared) {}
    using Text = const std::string&;

    LOCKED(Result<HostInfo>, host, (Text id), (id))
    LOCKED(Result<std::vector<DatastoreInfo>>, datastores, (), ())
    LOCKED(Result<VmInfo>, vm, (Text id), (id))
    LOCKED(Result<VmInfo>, vm_by_uuid, (Text uuid), (uuid))
    LOCKED(Result<std::vector<DeviceInfo>>, devices, (Text host), (host))
    LOCKED(Result<std::vector<UnresolvedVolume>>, unresolved_volumes, (Text host), (host))
    LOCKED(Result<TaskInfo>, task, (Text id), (id))
    LOCKED(Result<std::vector<TaskInfo>>, active_tasks, (Text object), (object))
    LOCKED(Result<void>, rescan, (Text host), (host))
    LOCKED(Result<std::vector<FileFailure>>, update_vm_paths,
           (Text datastore, const std::vector<MovedVmfs>& moved), (datastore, moved))
    LOCKED(Result<void>, detach_device, (Text host, Text uuid), (host, uuid))
    LOCKED(Result<void>, attach_device, (Text host, Text uuid), (host, uuid))
    LOCKED(Result<void>, unmount, (Text host, Text uuid), (host, uuid))
    LOCKED(Result<void>, mount, (Text host, Text uuid), (host, uuid))
    LOCKED(Result<void>, create_datastore, (Text host, Text device, Text name),
           (host, device, name))
    LOCKED(Result<void>, remove_datastore, (Text host, Text id), (host, id))
    Result<std::string> start_relocate(Text vm, Text datastore) override {
        const std::lock_guard lock(shared_.mutex);
        Result<std::string> out = ModelVsphere::start_relocate(vm, datastore);
        const std::size_t now = moves_at_work(estate_);
        shared_.most_moves = std::max(shared_.most_moves, now);
        if (shared_.foreign_looks > 0) {
            shared_.moves_while_foreign = std::max(shared_.moves_while_foreign, now);
        }
        const bool slow = shared_.slow_looks > 0 || shared_.slow_vm_looks > 0;
        shared_.moves_while_slow += slow ? 1U : 0U;
        return out;
    }
    Result<std::vector<Migration>> migrations() override {
        const std::lock_guard lock(shared_.mutex);
        if (shared_.foreign_looks == 0) {
            return std::vector<Migration>();
        }
        --shared_.foreign_looks;
        return shared_.foreign;
    }
    Result<std::vector<double>> vm_latencies_ms(const std::vector<std::string>& vms) override {
        const std::lock_guard lock(shared_.mutex);
        if (shared_.slow_vm_looks < 0) {
            return VspherePort::vm_latencies_ms(vms);
        }
        if (vms.empty()) {
            return std::vector<double>(); // only whether it is told
        }
        shared_.asked_vms = vms.size();
        const bool slow = shared_.slow_vm_looks > 0;
        shared_.slow_vm_looks -= slow ? 1 : 0;
        return std::vector<double>(vms.size(), slow ? 45 : 5);
    }

  private:
    ModelEstate& estate_;
    Shared& shared_;
};
#undef LOCKED

#define LOCKED(type, name, parameters, arguments)                                                  \
    type name parameters override {                                                                \
        const std::lock_guard lock(shared_.mutex);                                                 \
        return inner_.name arguments;                                                              \
    }

class LockedPowerFlex final : public PowerFlexPort {
  public:
    LockedPowerFlex(ModelEstate& estate, Shared& shared) : inner_(estate), shared_(shared) {}
    using Text = const std::string&;

    LOCKED(Result<PowerFlexInfo>, about, (), ())
    LOCKED(Result<std::vector<SdtAddress>>, sdt_addresses, (), ())
    LOCKED(Result<std::vector<PoolInfo>>, pools, (), ())
    LOCKED(Result<std::vector<PowerFlexHost>>, hosts, (), ())
    LOCKED(Result<std::vector<VolumeInfo>>, volumes, (), ())
    LOCKED(Result<VolumeInfo>, volume, (Text id), (id))
    LOCKED(Result<void>, create_nvme_host, (Text nqn, Text name), (nqn, name))
    LOCKED(Result<void>, remove_nvme_host, (Text id), (id))
    LOCKED(Result<void>, create_volume, (Text name, std::uint64_t gib, Text pool),
           (name, gib, pool))
    LOCKED(Result<void>, remove_volume, (Text id), (id))
    LOCKED(Result<void>, map, (Text volume, Text host, bool nvme), (volume, host, nvme))
    LOCKED(Result<void>, unmap, (Text volume, Text host, bool nvme), (volume, host, nvme))
    LOCKED(Result<void>, set_limits,
           (Text volume, Text host, std::uint64_t iops, std::uint64_t mib),
           (volume, host, iops, mib))
    LOCKED(Result<void>, snapshot, (const std::vector<SnapshotWish>& wanted), (wanted))
    LOCKED(Result<void>, restore, (Text volume, Text snapshot), (volume, snapshot))
    Result<StorageLoad> load() override {
        const std::lock_guard lock(shared_.mutex);
        const bool slow = shared_.slow_looks > 0;
        shared_.slow_looks -= slow ? 1 : 0;
        return StorageLoad{slow ? 1000.0 : shared_.latency_ms, slow ? shared_.rebuilding_kib : 0};
    }

  private:
    ModelPowerFlex inner_;
    Shared& shared_;
};
#undef LOCKED

constexpr const char* kOneDatastore = R"(
apiVersion: pfnvme/v1
kind: MigrationIntent
metadata: {name: side-by-side}
scope: {datastores: {include: ["sdc-ds-01"]}}
strategy: {classify: [{default: online}]}
limits: {svmotion_per_host: 2}
)";

class CoordinationTest : public ::testing::Test {
  protected:
    void SetUp() override {
        for (int i = 0; i < 5; ++i) {
            lab_.estate.add_vm("more" + std::to_string(i), "sdc-ds-01", true);
        }
    }

    RunResult run(std::size_t parallel = 4) {
        // The estate's tasks end by the estate's clock, which is this one too.
        EngineOptions options;
        options.parallel = parallel;
        options.more_ports = [this]() -> Result<PortPair> {
            return PortPair{std::make_unique<LockedVsphere>(estate_, shared_),
                            std::make_unique<LockedPowerFlex>(estate_, shared_)};
        };
        LockedVsphere vsphere(estate_, shared_);
        LockedPowerFlex powerflex(estate_, shared_);
        Result<Journal> journal =
            Journal::open(lab_.journal_path(), "run-1", [] { return std::string("t"); });
        EXPECT_TRUE(journal);
        EngineHooks hooks;
        hooks.on_event = [this](const EngineEvent& event) {
            if (event.kind == EngineEvent::Kind::Note) {
                notes_.push_back(event.text);
            }
        };
        Engine engine(vsphere, powerflex, lab_.plan, clock_, hooks, options);
        RunResult out = engine.run(*journal);
        records_ = journal->records();
        return out;
    }

    void compile(const std::string& intent) {
        lab_.compile(intent);
        estate_.hosts = lab_.estate.hosts;
        estate_.volumes = lab_.estate.volumes;
        estate_.vms = lab_.estate.vms;
        estate_.vm_volume = lab_.estate.vm_volume;
        estate_.pf_hosts = lab_.estate.pf_hosts;
        estate_.sdts = lab_.estate.sdts;
        estate_.context = lab_.estate.context;
        estate_.next_id = lab_.estate.next_id;
    }

    bool all_on(const std::string& datastore) {
        return std::all_of(estate_.vms.begin(), estate_.vms.end(), [&](const auto& item) {
            const VmInfo vm = estate_.vm_view(item.second);
            return vm.name == "db1" || vm.vmx_path.starts_with("[" + datastore + "]");
        });
    }
    bool noted(const std::string& text) {
        return std::any_of(notes_.begin(), notes_.end(), [&](const std::string& note) {
            return note.find(text) != std::string::npos;
        });
    }

    Lab lab_;
    SharedClock clock_;
    ModelEstate estate_{clock_};
    Shared shared_;
    std::vector<std::string> notes_;
    std::vector<Record> records_;
};

TEST_F(CoordinationTest, MovesOfAUnitRunSideBySideWithinTheCaps) {
    compile(kOneDatastore);
    ASSERT_EQ(lab_.plan.units.size(), 1U);
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Done) << result.error.what;
    EXPECT_EQ(estate_.violation, "");
    EXPECT_TRUE(all_on("sdc-ds-01-nvme"));
    EXPECT_EQ(shared_.most_moves, 2U); // all seven VMs are on one host
}

TEST_F(CoordinationTest, TheReportSaysWhichSdcsAreFreeToGo) {
    compile(kOneDatastore);
    EXPECT_EQ(run().outcome, RunOutcome::Done);
    std::string report = run_report_json(lab_.plan, "run-1", records_);
    EXPECT_NE(report.find("its SDC is still needed by 1 volume(s)"), std::string::npos); // ds-02
    estate_.volumes.at("3bd1f78800000002").info.mappings.clear();
    EXPECT_EQ(run().outcome, RunOutcome::Done); // a resume looks again
    report = run_report_json(lab_.plan, "run-1", records_);
    EXPECT_NE(report.find("it may be retired"), std::string::npos);
    EXPECT_EQ(report.find("still needed"), std::string::npos);
}

TEST_F(CoordinationTest, WhatOthersMoveCountsAgainstTheCaps) {
    shared_.foreign = {{"task-of-others", "vm-elsewhere", "host-1", "somebody", {}}};
    shared_.foreign_looks = 1'000'000; // they never end in this run
    compile(kOneDatastore);
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Done) << result.error.what;
    EXPECT_EQ(shared_.most_moves, 1U); // theirs and ours are the two that the host may have
}

TEST_F(CoordinationTest, NoMoveStartsWhileTheStorageIsSlow) {
    shared_.slow_looks = 3;
    compile(std::string(kOneDatastore) + "slo: {storage_latency_p95: 20ms}\n");
    // The slow samples stay among the last ones for a while: a percentile forgets slowly.
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Done) << result.error.what;
    EXPECT_EQ(shared_.moves_while_slow, 0U);
    EXPECT_TRUE(noted("storage latency")) << (notes_.empty() ? "" : notes_.front());
    EXPECT_TRUE(noted("going on"));
}

TEST_F(CoordinationTest, NoMoveStartsWhileTheVmsAreSlow) {
    shared_.slow_vm_looks = 3;
    compile(std::string(kOneDatastore) + "slo: {vm_latency_p95: 20ms}\n");
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Done) << result.error.what;
    EXPECT_EQ(shared_.moves_while_slow, 0U);
    EXPECT_GT(shared_.asked_vms, 5U);
    EXPECT_TRUE(noted("VM latency 45.0 ms is above 20 ms"))
        << (notes_.empty() ? "" : notes_.front());
    EXPECT_TRUE(noted("going on"));
}

TEST_F(CoordinationTest, NothingStartsWhilePowerFlexRebuilds) {
    shared_.slow_looks = 3;
    shared_.rebuilding_kib = 4096;
    compile(std::string(kOneDatastore) + "slo: {pause_on_rebuild: true}\n");
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Done) << result.error.what;
    EXPECT_TRUE(noted("rebuilds"));
}

TEST_F(CoordinationTest, ALevelThatNobodyTellsRefusesTheRun) {
    compile(kOneDatastore);
    lab_.plan.policy.slo.vm_latency_p95_ms = 20;
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Interrupted);
    EXPECT_EQ(result.error.code, Errc::Unsupported);
    EXPECT_NE(result.error.what.find("slo.vm_latency_p95"), std::string::npos);
    EXPECT_EQ(estate_.change_calls, 0);
}

TEST_F(CoordinationTest, AFailedMoveWaitsForTheOthersAndTakesTheUnitBack) {
    compile(kOneDatastore);
    const std::string before = estate_.summary();
    estate_.fail_call(12, FaultKind::Refuse);
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::FailedRolledBack) << result.error.what;
    EXPECT_EQ(estate_.violation, "");
    EXPECT_EQ(estate_.summary(), before);
    EXPECT_EQ(moves_at_work(estate_), 0U);
}

TEST_F(CoordinationTest, PastItsWindowAUnitIsTakenBackWhenThePlanSaysSo) {
    compile(kOneDatastore);
    lab_.plan.policy.windows = {{{500, 2000}, {}}};
    lab_.plan.policy.start_rule = StartRule::InsideWindow;
    lab_.plan.policy.overrun = Overrun::RollbackUnit;
    const std::string before = estate_.summary();
    clock_.wall = 1'000'000;
    lab_.plan.policy.hooks.pre_unit = {{"/bin/true", 10, "stop"}};
    // The window ends while the unit is at work.
    estate_.task_time = 500ms;
    std::jthread late([this] {
        for (int i = 0; i < 50'000; ++i) {
            {
                const std::lock_guard lock(shared_.mutex);
                if (shared_.most_moves != 0) {
                    break;
                }
            }
            std::this_thread::sleep_for(100us);
        }
        clock_.wall = 3'000'000;
    });
    const RunResult result = run();
    late.join();
    EXPECT_EQ(result.outcome, RunOutcome::Aborted) << result.error.what;
    EXPECT_TRUE(noted("window is over"));
    EXPECT_EQ(estate_.summary(), before);
}

// ---- hooks

class HookTest : public CoordinationTest {
  protected:
    void SetUp() override {
        CoordinationTest::SetUp();
        folder_ = lab_.journal_path() + ".hooks";
        ASSERT_TRUE(make_dirs(folder_));
        compile(kOneDatastore);
    }
    void TearDown() override { (void)remove_tree(folder_); }
    std::string text(const std::string& name) {
        const Result<std::string> out = read_file(folder_ + "/" + name);
        return out ? *out : "";
    }
    Hook append(const std::string& word) {
        return {"/bin/sh -c 'echo " + word + " \"$0\" >> " + folder_ + "/log' {{unit.id}}", 30,
                "stop"};
    }

    std::string folder_;
};

TEST_F(HookTest, RunAroundRunsAndUnitsOnce) {
    Hooks& hooks = lab_.plan.policy.hooks;
    hooks.pre_run = {{"/bin/sh -c 'echo begin $PFNVME_RUN_ID >> " + folder_ + "/log'", 30, "stop"}};
    hooks.pre_unit = {append("before")};
    hooks.post_unit = {append("after")};
    hooks.post_run = {{"/bin/sh -c 'echo end >> " + folder_ + "/log'", 30, "stop"}};
    hooks.on_failure = {append("failed")};
    EXPECT_EQ(run().outcome, RunOutcome::Done);
    EXPECT_EQ(text("log"), "begin run-1\nbefore on-01\nafter on-01\nend\n");
    EXPECT_EQ(run().outcome, RunOutcome::Done); // nothing is left to do, and no hook either
    EXPECT_EQ(text("log"), "begin run-1\nbefore on-01\nafter on-01\nend\n");
}

TEST_F(HookTest, NoSecretOfThisProcessReachesThem) {
    ASSERT_EQ(::setenv("PFNVME_TEST_SECRET", "hunter2", 1), 0);
    lab_.plan.policy.hooks.pre_unit = {
        {"/bin/sh -c '/usr/bin/env > " + folder_ + "/env'", 30, "stop"}};
    EXPECT_EQ(run().outcome, RunOutcome::Done);
    EXPECT_EQ(text("env").find("hunter2"), std::string::npos);
    EXPECT_NE(text("env").find("PFNVME_UNIT=on-01"), std::string::npos);
    ::unsetenv("PFNVME_TEST_SECRET");
}

TEST_F(HookTest, AFailedOneBeforeAUnitStopsBeforeAnythingIsTouched) {
    lab_.plan.policy.hooks.pre_unit = {{"/bin/false", 30, "stop"}};
    lab_.plan.policy.hooks.on_failure = {append("failed")};
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::FailedRolledBack);
    EXPECT_NE(result.error.what.find("/bin/false"), std::string::npos) << result.error.what;
    EXPECT_EQ(estate_.change_calls, 0);
    EXPECT_EQ(text("log"), "failed on-01\n");
}

TEST_F(HookTest, ItMaySkipItsUnitOrOnlyWarn) {
    lab_.plan.policy.hooks.pre_unit = {{"/bin/false", 30, "skip-unit"}};
    RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Paused); // one unit is left
    EXPECT_EQ(estate_.change_calls, 0);
    lab_.plan.policy.hooks.pre_unit = {{"/bin/false", 30, "warn"}};
    result = run();
    EXPECT_EQ(result.outcome, RunOutcome::Done) << result.error.what;
    EXPECT_TRUE(noted("ended with code 1"));
}

TEST_F(HookTest, OneThatDoesNotEndIsKilled) {
    lab_.plan.policy.hooks.pre_unit = {{"/bin/sleep 60", 1, "stop"}};
    const RunResult result = run();
    EXPECT_EQ(result.outcome, RunOutcome::FailedRolledBack);
    EXPECT_EQ(estate_.change_calls, 0);
}

TEST_F(HookTest, WhatCanNotBeStartedRefusesTheRun) {
    for (const char* line : {"/no/such/program", "no-such-program-anywhere",
                             "/bin/echo {{vm.name}}", "/bin/echo 'open", ""}) {
        lab_.plan.policy.hooks.post_unit = {{line, 30, "warn"}};
        const RunResult result = run();
        EXPECT_EQ(result.outcome, RunOutcome::Interrupted) << line;
        EXPECT_EQ(result.error.code, Errc::InvalidArgument) << line;
    }
    EXPECT_EQ(estate_.change_calls, 0);
}

TEST_F(HookTest, ADryRunSaysSoToo) {
    ModelVsphere vsphere(estate_);
    ModelPowerFlex powerflex(estate_);
    const auto dry = [&] { return Engine(vsphere, powerflex, lab_.plan, clock_, {}).dry_run(); };
    EXPECT_TRUE(dry());
    lab_.plan.policy.slo.vm_latency_p95_ms = 20;
    EXPECT_EQ(dry().error().code, Errc::Unsupported);
    lab_.plan.policy.slo = {};
    lab_.plan.policy.hooks.post_run = {{"/no/such/program", 30, "warn"}};
    EXPECT_EQ(dry().error().code, Errc::InvalidArgument);
    EXPECT_EQ(estate_.change_calls, 0);
}

TEST(HookWords, NamesNeverBecomeWords) {
    Unit unit;
    unit.id = "on-01";
    unit.objects.datastore = "a b'; rm -rf /";
    const auto words = hook_words({"/bin/x 'one two' {{unit.datastore}} --id={{unit.id}}", 1, ""},
                                  {"r", "pre_unit", &unit});
    ASSERT_TRUE(words) << words.error().what;
    const std::vector<std::string> expected{"/bin/x", "one two", "a b'; rm -rf /", "--id=on-01"};
    EXPECT_EQ(*words, expected);
}

TEST(RunWatch, Percentile) {
    EXPECT_EQ(percentile_95({}), 0);
    EXPECT_EQ(percentile_95({7}), 7);
    std::vector<double> values;
    for (int i = 1; i <= 100; ++i) {
        values.push_back(i);
    }
    EXPECT_EQ(percentile_95(values), 95);
}

} // namespace
} // namespace pf::nvmetool::test
