// The engine's promises, tried at every step of the real step lists: a new step is covered by being
// there.
#include "tests/unit/pfnvme/lab_fixture.hpp"
#include "tools/pfnvme/report/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pf::nvmetool::test {
namespace {

struct Case {
    const char* name;
    const char* intent; // nullptr: onboarding
    bool reverse = false;
    bool vmk = false;      // a VMkernel port on each host
    bool spanning = false; // VM db1 has a second disk on sdc-ds-01
};

void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }

std::unique_ptr<Lab> make_lab(const Case& which) {
    auto lab = std::make_unique<Lab>(which.intent != nullptr);
    if (which.spanning) {
        lab->estate.add_disk("db1", "sdc-ds-01");
    }
    if (which.vmk) {
        lab->compile_vmk_plan();
    } else if (which.reverse) {
        lab->compile_reverse_plan(which.intent);
    } else if (which.intent != nullptr) {
        lab->compile(which.intent);
    } else {
        lab->compile_onboarding_plan();
    }
    return lab;
}

class EngineTest : public ::testing::TestWithParam<Case> {};

std::string undisturbed(const Case& which) {
    const auto lab = make_lab(which);
    const auto result = lab->run();
    EXPECT_EQ(result->outcome, RunOutcome::Done) << result->error.what;
    EXPECT_EQ(lab->estate.violation, "");
    return lab->estate.summary();
}

TEST_P(EngineTest, RunsToTheEnd) {
    const auto lab = make_lab(GetParam());
    const std::string before = lab->estate.summary();
    const auto result = lab->run();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->outcome, RunOutcome::Done) << result->error.what;
    EXPECT_EQ(lab->estate.violation, "");
    EXPECT_NE(lab->estate.summary(), before);
}

TEST_P(EngineTest, DryRunChangesNothing) {
    const auto lab = make_lab(GetParam());
    const std::string before = lab->estate.summary();
    Engine engine(lab->vsphere, lab->powerflex, lab->plan, lab->clock, {});
    const Result<void> dry = engine.dry_run();
    EXPECT_TRUE(dry) << dry.error().what;
    EXPECT_EQ(lab->estate.change_calls, 0);
    EXPECT_EQ(lab->estate.summary(), before);
}

TEST_P(EngineTest, CrashAtEveryStepThenResumeEndsAlike) {
    const std::string expected = undisturbed(GetParam());
    const auto model = make_lab(GetParam());
    int crashes = 0;
    for (const Unit& unit : model->plan.units) {
        for (const Step& step : unit.steps) {
            for (const std::string_view phase : crash_phases()) {
                const auto lab = make_lab(GetParam());
                lab->crash_at(unit.id, step.id, phase);
                auto result = lab->run();
                if (lab->crashed) {
                    ++crashes;
                    lab->no_crash();
                    result = lab->run();
                }
                ASSERT_TRUE(result);
                ASSERT_EQ(result->outcome, RunOutcome::Done)
                    << step.id << " " << phase << ": " << result->error.what;
                ASSERT_EQ(lab->estate.violation, "") << step.id << " " << phase;
                ASSERT_EQ(lab->estate.summary(), expected) << step.id << " " << phase;
            }
        }
    }
    EXPECT_GT(crashes, GetParam().vmk ? 20 : 50);
}

TEST_P(EngineTest, RefusedCallRollsBack) {
    const std::string before = make_lab(GetParam())->estate.summary();
    int rolled_back = 0;
    for (int call = 1;; ++call) {
        const auto lab = make_lab(GetParam());
        lab->estate.fail_call(call, FaultKind::Refuse);
        const auto result = lab->run();
        ASSERT_TRUE(result);
        ASSERT_EQ(lab->estate.violation, "") << "call " << call;
        if (lab->estate.change_calls < call) {
            break; // the run has fewer calls: all were tried
        }
        if (result->outcome == RunOutcome::FailedRolledBack) {
            ++rolled_back;
            ASSERT_EQ(lab->estate.summary(), before) << "call " << call;
        } else if (result->outcome == RunOutcome::FailedPartly) {
            ++rolled_back;
        } else if (result->outcome != RunOutcome::Done) { // a refused rescan may be harmless
            // Only past the commit point may a failure stay; then a second try finishes the unit.
            ASSERT_EQ(result->outcome, RunOutcome::FailedManual) << result->error.what;
            const auto again = lab->run();
            ASSERT_EQ(again->outcome, RunOutcome::Done) << "call " << call << again->error.what;
        }
    }
    EXPECT_GT(rolled_back, GetParam().vmk ? 3 : 5);
}

TEST_P(EngineTest, LostAnswerIsFoundOutByLooking) {
    const std::string expected = undisturbed(GetParam());
    for (int call = 1;; ++call) {
        const auto lab = make_lab(GetParam());
        lab->estate.fail_call(call, FaultKind::LoseAnswer);
        auto result = lab->run();
        ASSERT_TRUE(result);
        if (lab->estate.change_calls < call) {
            break;
        }
        if (result->outcome == RunOutcome::Interrupted) {
            result = lab->run(); // some calls have no effect to look for; the user resumes
        }
        ASSERT_EQ(result->outcome, RunOutcome::Done)
            << "call " << call << ": " << result->error.what;
        ASSERT_EQ(lab->estate.violation, "");
        ASSERT_EQ(lab->estate.summary(), expected) << "call " << call;
    }
}

TEST_P(EngineTest, UnreachableInterruptsAndResumes) {
    const std::string expected = undisturbed(GetParam());
    for (int call = 1;; ++call) {
        const auto lab = make_lab(GetParam());
        lab->estate.fail_call(call, FaultKind::Unreachable);
        auto result = lab->run();
        ASSERT_TRUE(result);
        if (lab->estate.change_calls < call) {
            break;
        }
        ASSERT_EQ(result->outcome, RunOutcome::Interrupted) << "call " << call;
        lab->estate.clear_faults();
        result = lab->run();
        ASSERT_EQ(result->outcome, RunOutcome::Done)
            << "call " << call << ": " << result->error.what;
        ASSERT_EQ(lab->estate.summary(), expected) << "call " << call;
    }
}

// A run that stops after `step` was done, by a refused pause-like crash, is rolled back by command.
TEST_P(EngineTest, RollbackFromEveryStepRestoresEverything) {
    const std::string before = make_lab(GetParam())->estate.summary();
    const auto model = make_lab(GetParam());
    const Unit& unit = model->plan.units.back();
    for (const Step& step : unit.steps) {
        if (step.commit_point) {
            break;
        }
        for (const std::string_view phase : {"after-call", "after-done"}) {
            const auto lab = make_lab(GetParam());
            lab->crash_at(unit.id, step.id, phase);
            const auto crashed = lab->run();
            if (!lab->crashed) {
                continue;
            }
            ASSERT_FALSE(crashed);
            lab->no_crash();
            const auto result = lab->rollback();
            ASSERT_TRUE(result);
            ASSERT_EQ(result->outcome, RunOutcome::RolledBack)
                << step.id << " " << phase << ": " << result->error.what;
            ASSERT_EQ(lab->estate.violation, "") << step.id;
            ASSERT_EQ(lab->estate.summary(), before) << step.id << " " << phase;
        }
    }
}

TEST_P(EngineTest, CrashInRollbackThenRollbackAgain) {
    const std::string before = make_lab(GetParam())->estate.summary();
    const auto model = make_lab(GetParam());
    const Unit& unit = model->plan.units.back();
    const Step* last = nullptr;
    for (const Step& step : unit.steps) {
        if (step.commit_point) {
            break;
        }
        last = step.deferred ? last : &step;
    }
    ASSERT_NE(last, nullptr);
    int crashes = 0;
    for (const Step& step : unit.steps) {
        for (const std::string_view phase : undo_crash_phases()) {
            const auto lab = make_lab(GetParam());
            lab->crash_at(unit.id, last->id, "after-done");
            ASSERT_FALSE(lab->run());
            lab->crashed = false;
            lab->crash_at(unit.id, step.id, phase);
            auto result = lab->rollback();
            if (lab->crashed) {
                ++crashes;
                lab->no_crash();
                result = lab->rollback();
            }
            ASSERT_TRUE(result);
            ASSERT_EQ(result->outcome, RunOutcome::RolledBack)
                << step.id << " " << phase << ": " << result->error.what;
            ASSERT_EQ(lab->estate.violation, "") << step.id << " " << phase;
            ASSERT_EQ(lab->estate.summary(), before) << step.id << " " << phase;
        }
    }
    EXPECT_GT(crashes, GetParam().vmk ? 3 : 20);
}

INSTANTIATE_TEST_SUITE_P(Plans, EngineTest,
                         ::testing::Values(Case{"offline", kOfflineIntent},
                                           Case{"online", kOnlineIntent},
                                           Case{"reverse", kOfflineIntent, true},
                                           Case{"offline_two", kBothIntent, false, false, true},
                                           Case{"onboarding", nullptr},
                                           Case{"vmk", nullptr, false, true}),
                         [](const auto& tested) { return tested.param.name; });

TEST(Engine, RequiredMetadataCheckWithoutShellStopsBeforeAnythingIsTouched) {
    Lab lab;
    lab.compile(kOfflineIntent);
    lab.estate.shells = false;
    const std::string before = lab.estate.summary();
    const auto result = lab.run();
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->outcome, RunOutcome::FailedRolledBack);
    EXPECT_EQ(lab.estate.summary(), before);
    EXPECT_EQ(lab.estate.change_calls, 0);
    EXPECT_EQ(lab.estate.violation, "");
}

TEST(Engine, MetadataErrorsTakeTheUnitBack) {
    Lab lab;
    lab.compile(kOfflineIntent);
    lab.estate.metadata_errors = 3;
    const std::string before = lab.estate.summary();
    const auto result = lab.run();
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->outcome, RunOutcome::FailedRolledBack);
    EXPECT_EQ(result->error.code, Errc::Corrupt);
    EXPECT_EQ(lab.estate.summary(), before);
    EXPECT_EQ(lab.estate.violation, "");
}

TEST(Engine, OfflineKeepsLimitsAndCarriesVmsOver) {
    Lab lab;
    lab.compile(kOfflineIntent);
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    const ModelVolume& volume = lab.estate.volumes.at("3bd1f78800000001");
    EXPECT_EQ(volume.info.protocol(), Protocol::Nvme);
    ASSERT_EQ(volume.info.mappings.size(), 2U);
    EXPECT_EQ(volume.info.mappings[0].limit_iops, 2000U);
    EXPECT_EQ(volume.content.label, "sdc-ds-01");
    EXPECT_EQ(volume.content.files.size(), 2U);
    std::map<std::string, std::string> power;
    for (const auto& [id, vm] : lab.estate.vms) {
        power[vm.name] = vm.power_state;
    }
    EXPECT_EQ(power.at("app1"), "poweredOn");
    EXPECT_EQ(power.at("app2"), "poweredOff"); // was off, stays off
}

TEST(Engine, WhatVcenterKeptAboutVmsIsBackOrNamed) {
    Lab lab;
    lab.estate.keep("app1", "alarm", "disk latency", "");
    lab.compile(kOfflineIntent);
    const auto result = lab.run();
    ASSERT_EQ(result->outcome, RunOutcome::Done) << result->error.what;
    std::map<std::string, std::size_t> kept;
    for (const auto& [id, vm] : lab.estate.vms) {
        kept[vm.name] = lab.estate.context[id].size();
    }
    EXPECT_EQ(kept.at("app1"), 3U);
    EXPECT_EQ(kept.at("app2"), 2U);
    const std::vector<std::string> lost{
        "off-01: VM app1: alarm disk latency: an alarm can't be put back"};
    EXPECT_EQ(result->lost, lost);
    // The report says so too, and so does a run that has nothing left to do.
    Result<Journal> journal =
        Journal::open(lab.journal_path(), "test", [] { return std::string("t"); });
    const std::string report = run_report_json(lab.plan, "test", journal->records());
    EXPECT_NE(report.find("VM app1: alarm disk latency"), std::string::npos);
    EXPECT_EQ(lab.run()->lost, lost);
}

TEST(Engine, RollbackRestoresTheContextBeforeItStartsTheVms) {
    Lab lab;
    lab.estate.keep("app1", "alarm", "disk latency", "");
    lab.compile(kOfflineIntent);
    lab.estate.metadata_errors = 1; // found when the VMs are unregistered already
    const auto result = lab.run();
    ASSERT_EQ(result->outcome, RunOutcome::FailedRolledBack);
    EXPECT_EQ(result->lost.size(), 1U);
    std::map<std::string, std::size_t> kept;
    for (const auto& [id, vm] : lab.estate.vms) {
        kept[vm.name] = lab.estate.context[id].size();
    }
    EXPECT_EQ(kept.at("app1"), 3U);
    EXPECT_EQ(kept.at("app2"), 2U);
    Result<Journal> journal =
        Journal::open(lab.journal_path(), "test", [] { return std::string("t"); });
    std::vector<std::string> undone;
    for (const Record& record : journal->records()) {
        if (record.phase == Phase::UndoIntent) {
            undone.push_back(record.step);
        }
    }
    const auto at = [&](const std::string& step) {
        return std::find(undone.begin(), undone.end(), step) - undone.begin();
    };
    EXPECT_LT(at("04.001-unregister-app1"), at("04-context"));
    EXPECT_LT(at("04-context"), at("03.001-shutdown-app1"));
}

TEST(Engine, ReverseKeepsWhatWasWrittenAndTheLimits) {
    Lab lab;
    lab.compile_reverse_plan(kOfflineIntent);
    lab.estate.guests_write();
    const int before = lab.estate.volumes.at("3bd1f78800000001").content.files.at("app1/app1.vmx");
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    EXPECT_EQ(lab.estate.violation, "");
    const ModelVolume& volume = lab.estate.volumes.at("3bd1f78800000001");
    EXPECT_EQ(volume.info.protocol(), Protocol::Sdc);
    ASSERT_EQ(volume.info.mappings.size(), 2U);
    for (const MappingInfo& mapping : volume.info.mappings) {
        EXPECT_EQ(mapping.limit_iops, 2000U);
    }
    EXPECT_GE(volume.content.files.at("app1/app1.vmx"), before);
    EXPECT_EQ(volume.content.label, "sdc-ds-01");
}

// A call that never reached the system is made again once its effect has been looked for.
TEST_P(EngineTest, LostCallIsMadeAgain) {
    const std::string expected = undisturbed(GetParam());
    for (int call = 1;; ++call) {
        const auto lab = make_lab(GetParam());
        lab->estate.fail_call(call, FaultKind::LoseCall);
        auto result = lab->run();
        ASSERT_TRUE(result);
        if (lab->estate.change_calls < call) {
            break;
        }
        ASSERT_EQ(result->outcome, RunOutcome::Done)
            << "call " << call << ": " << result->error.what;
        ASSERT_EQ(lab->estate.violation, "");
        ASSERT_EQ(lab->estate.summary(), expected) << "call " << call;
    }
}

TEST(Engine, PauseStopsBetweenStepsAndResumeGoesOn) {
    const std::string expected = undisturbed({"offline", kOfflineIntent});
    Lab lab;
    lab.compile(kOfflineIntent);
    int pauses = 0;
    for (int run = 0; run < 100; ++run) {
        Result<Journal> journal =
            Journal::open(lab.journal_path(), "test", [] { return std::string("t"); });
        ASSERT_TRUE(journal);
        int steps = 0;
        EngineHooks hooks;
        hooks.wish = [&] { return ++steps > 4 ? RunWish::Pause : RunWish::Go; };
        Engine engine(lab.vsphere, lab.powerflex, lab.plan, lab.clock, hooks);
        const RunResult result = engine.run(*journal);
        if (result.outcome == RunOutcome::Done) {
            break;
        }
        ASSERT_EQ(result.outcome, RunOutcome::Paused) << result.error.what;
        ++pauses;
    }
    EXPECT_GT(pauses, 5);
    EXPECT_EQ(lab.estate.summary(), expected);
}

TEST(Engine, AbortRollsBackWhatIsNotPastItsCommitPoint) {
    Lab lab;
    lab.compile(kOfflineIntent);
    const std::string before = lab.estate.summary();
    bool committed_seen = false;
    int aborted = 0;
    for (int at = 2; at < 60 && !committed_seen; at += 3) {
        ASSERT_TRUE(remove_tree(lab.journal_path()));
        Result<Journal> journal =
            Journal::open(lab.journal_path(), "test", [] { return std::string("t"); });
        ASSERT_TRUE(journal);
        lab.compile(kOfflineIntent);
        int asked = 0;
        EngineHooks hooks;
        hooks.wish = [&] { return ++asked > at ? RunWish::Abort : RunWish::Go; };
        Engine engine(lab.vsphere, lab.powerflex, lab.plan, lab.clock, hooks);
        const RunResult result = engine.run(*journal);
        ASSERT_EQ(lab.estate.violation, "");
        if (result.outcome == RunOutcome::Aborted) {
            ++aborted;
            ASSERT_EQ(lab.estate.summary(), before) << "aborted after " << at;
        } else {
            // Past its commit point a unit is finished: its VMs run over NVMe.
            ASSERT_EQ(result.outcome, RunOutcome::Done) << result.error.what;
            committed_seen = true;
        }
    }
    EXPECT_GT(aborted, 3);
    EXPECT_TRUE(committed_seen);
}

TEST(Engine, AnAbortThatComesWhenThePauseIsThereStillRollsBack) {
    Lab lab;
    lab.compile(kOfflineIntent);
    const std::string before = lab.estate.summary();
    Result<Journal> journal =
        Journal::open(lab.journal_path(), "test", [] { return std::string("t"); });
    ASSERT_TRUE(journal);
    std::atomic<int> asked = 0;
    std::atomic<bool> late = false;
    EngineHooks hooks;
    hooks.wish = [&] { return late ? RunWish::Abort : ++asked > 8 ? RunWish::Pause : RunWish::Go; };
    hooks.last_wish = [&] { // the second Ctrl-C comes right before the run ends
        late = true;
        return RunWish::Abort;
    };
    Engine engine(lab.vsphere, lab.powerflex, lab.plan, lab.clock, hooks);
    const RunResult result = engine.run(*journal);
    EXPECT_EQ(result.outcome, RunOutcome::Aborted) << result.error.what;
    EXPECT_EQ(lab.estate.summary(), before);
    EXPECT_EQ(lab.estate.violation, "");
}

TEST(Engine, SecondOnboardingFindsNothingToDo) {
    Lab lab(false);
    lab.compile_onboarding_plan();
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    const int calls = lab.estate.change_calls;
    lab.compile_onboarding_plan();
    ASSERT_TRUE(remove_tree(lab.journal_path()));
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    EXPECT_EQ(lab.estate.change_calls, calls);
    for (const auto& [id, host] : lab.estate.hosts) {
        EXPECT_EQ(host.info.controllers.size(), 4U);
    }
}

TEST(Engine, RollbackNeverTakesBackWhatWasThereBefore) {
    Lab lab(false);
    for (auto& [id, host] : lab.estate.hosts) {
        host.info.vmks[1].nvme_tagged = host.info.vmks[2].nvme_tagged = true;
    }
    lab.compile_onboarding_plan();
    const std::string before = lab.estate.summary();
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    ASSERT_EQ(lab.rollback()->outcome, RunOutcome::RolledBack);
    EXPECT_EQ(lab.estate.summary(), before);
}

TEST(Engine, ChangedObjectsAreStaleAndUntouched) {
    Lab lab;
    lab.compile(kOfflineIntent);
    lab.estate.add_vm("latecomer", "sdc-ds-01", true);
    const auto result = lab.run();
    EXPECT_EQ(result->outcome, RunOutcome::Stale);
    EXPECT_EQ(lab.estate.change_calls, 0);
}

TEST(Engine, GuardRefusesVolumeMappedBySdcMeanwhile) {
    Lab lab;
    lab.compile(kOfflineIntent);
    lab.crash_at("off-01", "09-map-pivot-esx01", "before-intent");
    ASSERT_FALSE(lab.run());
    lab.no_crash();
    // Somebody maps the volume to an SDC while pfnvme is down.
    ASSERT_TRUE(lab.powerflex.map("3bd1f78800000001", "01f7117d00000001", false));
    const auto result = lab.run();
    EXPECT_NE(result->outcome, RunOutcome::Done);
    EXPECT_NE(result->error.what.find("P-PROTO-01"), std::string::npos) << result->error.what;
    EXPECT_EQ(lab.estate.violation, "");
}

TEST(Engine, PastTheCommitPointRollbackNeedsTheWord) {
    Lab lab;
    lab.compile(kOfflineIntent);
    const std::string before = lab.estate.summary();
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    lab.estate.guests_write();
    EXPECT_EQ(lab.rollback()->outcome, RunOutcome::FailedManual);
    const auto result = lab.rollback({{"off-01"}, true});
    EXPECT_EQ(result->outcome, RunOutcome::RolledBack) << result->error.what;
    EXPECT_EQ(lab.estate.violation, "");
    // The content is that of the clean snapshot; the guest wrote once more when it was started
    // again.
    EXPECT_EQ(lab.estate.volumes.at("3bd1f78800000001").content.files.at("app2/app2.vmx"), 1);
    EXPECT_EQ(lab.estate.volumes.at("3bd1f78800000001").info.protocol(), Protocol::Sdc);
    (void)before;
}

// A VM on two datastores: they are one unit, its files name the second one by its new UUID, and the
// way back restores both.
TEST(Engine, DatastoresOfOneVmGoAndComeBackTogether) {
    Lab lab;
    lab.estate.add_disk("db1", "sdc-ds-01");
    const std::string before = lab.estate.summary();
    lab.compile(kBothIntent);
    ASSERT_EQ(lab.plan.units.size(), 1U);
    const Unit& unit = lab.plan.units.front();
    ASSERT_EQ(unit.objects.parts.size(), 2U);
    EXPECT_EQ(unit.objects.vms, (std::vector<std::string>{"app1", "app2", "db1"}));
    std::vector<std::string> order;
    for (const Step& step : unit.steps) {
        order.push_back(step.action.op);
    }
    const auto first = [&](const char* op) { return std::find(order.begin(), order.end(), op); };
    const auto last = [&](const char* op) { return std::find(order.rbegin(), order.rend(), op); };
    EXPECT_EQ(std::count(order.begin(), order.end(), "snapshot.create"), 2) << "one call each";
    EXPECT_EQ(std::count(order.begin(), order.end(), "vmfs.resignature"), 2);
    EXPECT_LT(last("vm.unregister").base(), first("vmfs.unmount") + 1);
    EXPECT_LT(last("vmfs.present").base(), first("vmfs.update_paths") + 1);
    EXPECT_LT(last("vmfs.update_paths").base(), first("vm.register") + 1);

    const auto result = lab.run();
    ASSERT_EQ(result->outcome, RunOutcome::Done) << result->error.what;
    EXPECT_EQ(lab.estate.violation, "");
    const ModelVolume& one = lab.estate.volumes.at("3bd1f78800000001");
    const ModelVolume& two = lab.estate.volumes.at("3bd1f78800000002");
    EXPECT_EQ(one.info.protocol(), Protocol::Nvme);
    EXPECT_EQ(two.info.protocol(), Protocol::Nvme);
    EXPECT_EQ(two.content.named.at("db1/db1.vmx"), one.content.vmfs_uuid);
    EXPECT_NE(one.content.vmfs_uuid, "uuid-sdc-ds-01");

    lab.estate.guests_write();
    const auto back = lab.rollback({{}, true});
    ASSERT_EQ(back->outcome, RunOutcome::RolledBack) << back->error.what;
    EXPECT_EQ(lab.estate.violation, "");
    EXPECT_EQ(two.content.named.at("db1/db1.vmx"), "uuid-sdc-ds-01");
    EXPECT_EQ(one.content.files.at("app1/app1.vmx"), 1);
    EXPECT_EQ(two.content.files.at("db1/db1.vmx"), 1);
    EXPECT_EQ(lab.estate.summary(), before);
}

TEST(Engine, DatastoresOfOneVmGoBackToSdcTogether) {
    Lab lab;
    lab.estate.add_disk("db1", "sdc-ds-01");
    lab.compile_reverse_plan(kBothIntent);
    ASSERT_EQ(lab.plan.units.size(), 1U);
    EXPECT_EQ(lab.plan.units.front().objects.parts.size(), 2U);
    const auto result = lab.run();
    ASSERT_EQ(result->outcome, RunOutcome::Done) << result->error.what;
    EXPECT_EQ(lab.estate.violation, "");
    for (const char* id : {"3bd1f78800000001", "3bd1f78800000002"}) {
        EXPECT_EQ(lab.estate.volumes.at(id).info.protocol(), Protocol::Sdc);
    }
    EXPECT_EQ(lab.estate.volumes.at("3bd1f78800000002").content.named.at("db1/db1.vmx"),
              lab.estate.volumes.at("3bd1f78800000001").content.vmfs_uuid);
}

TEST(Engine, ADatastoreDoesNotGoWithoutTheOtherOneOfItsVm) {
    Lab lab;
    lab.estate.add_disk("db1", "sdc-ds-01");
    const Result<Intent> intent = parse_intent(kOfflineIntent, "intent.yaml");
    const Result<Inventory> inventory = collect(lab.vsphere, lab.powerflex);
    const Result<Plan> plan =
        compile_migration(*inventory, *intent, {"2026-11-22T12:00:00.000Z", "test", false});
    ASSERT_TRUE(plan) << plan.error().what;
    EXPECT_TRUE(plan->units.empty());
    EXPECT_TRUE(
        std::any_of(plan->findings.begin(), plan->findings.end(), [](const PlanFinding& item) {
            return item.check == "V-MULTI-01" && item.severity == "blocker";
        }));
}

TEST(Engine, CleanupRemovesSnapshotsOfFinishedUnits) {
    Lab lab;
    lab.compile(kOfflineIntent);
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    EXPECT_EQ(lab.estate.volumes.size(), 4U);
    Result<Journal> journal =
        Journal::open(lab.journal_path(), "test", [] { return std::string("t"); });
    Engine engine(lab.vsphere, lab.powerflex, lab.plan, lab.clock, {});
    EXPECT_EQ(engine.cleanup(*journal).outcome, RunOutcome::Done);
    EXPECT_EQ(lab.estate.volumes.size(), 2U);
}

} // namespace
} // namespace pf::nvmetool::test
