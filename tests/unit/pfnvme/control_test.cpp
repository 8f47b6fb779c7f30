// The lock between machines, and looking again at what a run left.
#include "tests/unit/pfnvme/lab_fixture.hpp"
#include "tools/pfnvme/run/remote_lock.hpp"
#include "tools/pfnvme/run/verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pf::nvmetool::test {
namespace {

// vCenter's mark alone; everything else is not asked for.
class MarkOnly : public ModelVsphere {
  public:
    explicit MarkOnly(ModelEstate& estate) : ModelVsphere(estate) {}
    Result<std::string> advisory_mark() override {
        if (!refusal.empty()) {
            return fail(Errc::PermissionDenied, "{}", refusal);
        }
        return mark;
    }
    Result<void> set_advisory_mark(const std::string& text) override {
        mark = rival.empty() ? text : rival;
        return {};
    }
    std::string mark;
    std::string rival;   // writes right after us
    std::string refusal; // not empty: the account may not
};

struct LockTest : public ::testing::Test {
    ModelClock clock;
    ModelEstate estate{clock};
    MarkOnly vcenter{estate};
    std::int64_t now = 1000;
    RemoteLock::Seconds seconds = [this] { return now; };

    Result<RemoteLock> take(const std::string& holder) {
        return RemoteLock::acquire(vcenter, holder, "run-of-" + holder, 60, seconds);
    }
};

TEST_F(LockTest, OneHolderAtATimeAndADeadOneIsFollowed) {
    Result<RemoteLock> first = take("anna@a");
    ASSERT_TRUE(first) << first.error().what;
    const Result<RemoteLock> second = take("bert@b");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::Busy);
    EXPECT_NE(second.error().what.find("anna@a"), std::string::npos);
    EXPECT_NE(second.error().what.find("--break-lock"), std::string::npos);
    now += 50;
    ASSERT_TRUE(first->beat(vcenter));
    now += 50; // 100 s after it was taken, 50 s after the heartbeat
    EXPECT_FALSE(take("bert@b"));
    now += 11;
    EXPECT_TRUE(take("bert@b"));
    const Result<void> late = first->beat(vcenter);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::Busy);
    ASSERT_TRUE(first->release(vcenter)); // not ours any more: left alone
    EXPECT_NE(vcenter.mark, "");
}

TEST_F(LockTest, ReleasedIsFreeAndTheSameHolderTakesOverItsOwn) {
    Result<RemoteLock> first = take("anna@a");
    ASSERT_TRUE(first);
    ASSERT_TRUE(take("anna@a")); // after a crash, on the same machine
    ASSERT_TRUE(first->release(vcenter));
    EXPECT_EQ(vcenter.mark, "");
    EXPECT_TRUE(take("bert@b"));
}

TEST_F(LockTest, TwoInTheSameInstantAreToldApart) {
    vcenter.rival = format_mark({"carl@c", "run-3", now, 60});
    const Result<RemoteLock> lost = take("anna@a");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::Busy);
}

TEST_F(LockTest, BreakingNamesTheHolder) {
    ASSERT_TRUE(take("anna@a"));
    EXPECT_EQ(break_remote_lock(vcenter, "bert@b").error().code, Errc::Conflict);
    EXPECT_NE(vcenter.mark, "");
    EXPECT_TRUE(break_remote_lock(vcenter, "anna@a"));
    EXPECT_EQ(vcenter.mark, "");
    EXPECT_EQ(break_remote_lock(vcenter, "anna@a").error().code, Errc::NotFound);
}

TEST_F(LockTest, WhatIsNotOursIsNotOverwritten) {
    vcenter.mark = "a note of somebody";
    EXPECT_EQ(take("anna@a").error().code, Errc::Busy);
    EXPECT_EQ(vcenter.mark, "a note of somebody");
    vcenter.refusal = "no privilege Global.SetCustomField";
    EXPECT_EQ(take("anna@a").error().code, Errc::PermissionDenied);
}

TEST(Verify, HoldsAfterTheRunAndTellsWhatBroke) {
    Lab lab;
    lab.compile(kOfflineIntent);
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    const Result<JournalText> journal = read_journal(lab.journal_path());
    ASSERT_TRUE(journal);
    const RunState run = replay(journal->records);
    Result<std::vector<VerifyRow>> rows = verify_run(lab.vsphere, lab.powerflex, lab.plan, run);
    ASSERT_TRUE(rows);
    EXPECT_GT(rows->size(), 4U);
    for (const VerifyRow& row : *rows) {
        EXPECT_TRUE(row.holds) << row.what << ": " << row.seen;
    }
    const int calls = lab.estate.change_calls;
    ASSERT_TRUE(lab.powerflex.unmap(
        "3bd1f78800000001", lab.estate.volumes.at("3bd1f78800000001").info.mappings.front().host_id,
        true));
    rows = verify_run(lab.vsphere, lab.powerflex, lab.plan, run);
    ASSERT_TRUE(rows);
    EXPECT_TRUE(
        std::any_of(rows->begin(), rows->end(), [](const VerifyRow& row) { return !row.holds; }));
    EXPECT_EQ(lab.estate.change_calls, calls + 1); // looking changes nothing
}

} // namespace
} // namespace pf::nvmetool::test
