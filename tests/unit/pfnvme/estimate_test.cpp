// What a plan takes and who says yes to it: estimates, calibration, the mix of online and offline,
// approvals.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "tests/unit/pfnvme/planner_fixture.hpp"
#include "tools/pfnvme/plan/approval.hpp"
#include "tools/pfnvme/plan/mix.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace pf::nvmetool {
namespace {

using test::intent_of;
using test::kScope;
using test::options;

// ---- estimates ----

TEST(Estimate, SharesTheNicAndKeepsTheCaps) {
    // Four moves of 1 GiB on one host whose NIC lets 100 MiB/s through; two at a time.
    Plan plan;
    plan.policy.caps.host_nic_share_percent = 100;
    plan.hosts = {{"host-1", "esx01", "cl", "8.0.3", 839}}; // 100 MiB/s
    Unit unit;
    unit.id = "on-01";
    unit.strategy = "online";
    for (int i = 0; i < 4; ++i) {
        Step step;
        step.id = "07." + std::to_string(i);
        step.action.op = "vm.relocate";
        step.work = StepWork{1ULL << 30U, "host-1", "a", "b"};
        unit.steps.push_back(step);
    }
    plan.units = {unit};
    CostModel model = default_cost_model();
    model.moves_in_unit = 4;
    model.vm_setup_s = 10;
    model.stream_mib_s = 80;
    const PlanModel built = model_plan(plan, model);
    ASSERT_TRUE(check_problem(built.problem));
    const Simulation run = simulate(built, model, 0, 0, 1);
    // Two rounds of: 10 s set-up, then 2 GiB through 100 MiB/s.
    EXPECT_NEAR(static_cast<double>(run.end) / 1000.0, 2 * (10 + 2048 / 100.0), 1.0);
    const Estimate estimate = estimate_plan(plan, model, 0);
    EXPECT_GE(estimate.plan.p90_s, estimate.plan.p50_s);
    EXPECT_LE(estimate.plan.bound_s, run.end / 1000);
    EXPECT_TRUE(estimate.plan.fits);
    // One at a time: the stream's own rate counts.
    model.moves_in_unit = 1;
    EXPECT_NEAR(static_cast<double>(simulate(model_plan(plan, model), model, 0, 0, 1).end) / 1000.0,
                4 * (10 + 1024 / 80.0), 1.0);
}

// Units whose VMs stand on the same hosts disturb each other when they run side by side; with the
// longest unit always first, four at a time took 13 % longer than they had to.
TEST(Estimate, AScheduleOfManyUnitsIsNearTheLowerBound) {
    test::EstateSpec spec;
    spec.hosts = 32;
    spec.datastores = 200;
    spec.vms = 2000;
    spec.on_nvme = 0;
    CompileOptions leave = options();
    leave.skip_blocked = true;
    const Result<Plan> plan = compile_migration(
        test::make_estate(spec),
        intent_of(
            "scope: {datastores: {include: [\"sdc-*\"]}}\n"
            "strategy:\n  classify:\n    - {when: 'datastore =~ \"[02468]$\"', use: offline}\n"
            "    - {default: online}\n"
            "  offline: {accept_kb: \"Dell 000213232\"}\n"
            "limits: {datastores_in_flight: 8}\n"),
        leave);
    ASSERT_TRUE(plan) << plan.error().what;
    ASSERT_GT(plan->units.size(), 190U);
    CostModel model = default_cost_model();
    for (const std::int64_t at_a_time : {1, 2, 4}) {
        model.units_at_a_time = at_a_time;
        const PlanModel built = model_plan(*plan, model);
        const double end = static_cast<double>(simulate(built, model, 0, 0, 1).end);
        const double bound = static_cast<double>(lower_bound(built.problem).time);
        EXPECT_GE(end, bound);
        EXPECT_LE(end, bound * 1.05) << at_a_time << " units at a time";
    }
}

TEST(Estimate, SaysWhatDoesNotFitAndUntilWhen) {
    Plan plan;
    Unit unit;
    unit.id = "off-01";
    unit.strategy = "offline";
    Step step;
    step.id = "03";
    step.action.op = "vm.shutdown";
    step.undo = {{"vm.restore_power", {}}};
    unit.steps = {step};
    step.id = "17";
    step.action.op = "vm.restore_power";
    unit.steps.push_back(step);
    plan.units = {unit};
    plan.policy.windows = {{{1'000'000'000, 1'000'003'600}, {}}};
    const CostModel model = default_cost_model();
    Estimate estimate = estimate_plan(plan, model, 900'000'000);
    EXPECT_TRUE(estimate.plan.fits);
    ASSERT_EQ(estimate.units.size(), 1U);
    const UnitEstimate& unit_estimate = estimate.units[0];
    EXPECT_EQ(estimate.plan.start_s, 1'000'000'000);
    EXPECT_NEAR(static_cast<double>(unit_estimate.last_start_s),
                static_cast<double>(1'000'003'600 - unit_estimate.p90_s - unit_estimate.rollback_s),
                2.0);
    EXPECT_GT(unit_estimate.down_p50_s, 0);
    plan.policy.windows = {{{1'000'000'000, 1'000'000'060}, {}}};
    estimate = estimate_plan(plan, model, 900'000'000);
    EXPECT_FALSE(estimate.plan.fits);
    EXPECT_EQ(estimate.does_not_fit, std::vector<std::string>{"off-01"});
    EXPECT_EQ(estimate.units[0].last_start_s, 0);
}

TEST(Calibrate, FindsTheRatesThatMadeTheSamples) {
    std::vector<MeasuredStep> steps;
    for (int i = 1; i <= 12; ++i) {
        const double gib = i;
        steps.push_back(
            {"vm.relocate", 30 + gib * 1024 / 350.0, static_cast<std::uint64_t>(i) << 30U});
        steps.push_back({"vmfs.unmount", i % 2 == 0 ? 4.0 : 6.0, 0});
    }
    steps.push_back({"vm.shutdown", 500, 0}); // alone: says nothing
    const CostModel before = default_cost_model();
    const CostModel model = calibrate(before, steps);
    EXPECT_EQ(model.basis, "history");
    EXPECT_EQ(model.confidence(), "high");
    EXPECT_NEAR(model.vm_setup_s, 30, 0.1);
    EXPECT_NEAR(model.stream_mib_s, 350, 1);
    EXPECT_NEAR(model.op("vmfs.unmount").p50_s, 5, 0.01);
    EXPECT_EQ(model.op("vmfs.unmount").samples, 12);
    EXPECT_EQ(model.op("vm.shutdown").p50_s, before.op("vm.shutdown").p50_s);
    const Result<CostModel> again = cost_model_from_json(cost_model_to_json(model));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(cost_model_to_json(*again), cost_model_to_json(model));
    EXPECT_FALSE(cost_model_from_json(R"({"streamMibs": 4})"));
    EXPECT_FALSE(cost_model_from_json(R"({"streamMibS": 0})"));
}

// ---- the mix ----

std::string window_of(std::int64_t hours) {
    return fmt::format(
        "window: [{{start: 2026-12-05T00:00:00Z, end: 2026-12-{:02}T{:02}:00:00Z}}]\n",
        5 + hours / 24, hours % 24);
}

TEST(Mix, OfflineOnlyAsFarAsTheWindowAsks) {
    test::EstateSpec spec;
    spec.datastores = 8;
    spec.vms = 48;
    spec.on_nvme = 0;
    const Inventory inventory = test::make_estate(spec);
    const std::string rules = std::string(kScope) +
                              "strategy: {classify: [{default: auto}], offline: {accept_kb: \"Dell "
                              "000213232\", shutdown: {guest: 5m, then: power-off}}}\n"
                              "limits: {svmotion_total: 1}\n"
                              "schedule: {start_rule: p90_before_end}\n";
    const CostModel model = default_cost_model();
    const auto with = [&](const std::string& more) {
        Result<MixResult> out =
            compile_with_estimate(inventory, intent_of(rules + more), options(), model, 0);
        EXPECT_TRUE(out) << out.error().what;
        return std::move(*out);
    };
    const MixResult free = with("");
    ASSERT_GT(free.auto_online, 0U);
    EXPECT_EQ(free.auto_offline, 0U); // without a window nobody has to stop
    std::size_t last = 0;
    bool some = false;
    for (std::int64_t hours = 200; hours >= 2; hours = hours * 4 / 5) {
        const MixResult tight = with(window_of(hours));
        EXPECT_GE(tight.auto_offline, last) << "a shorter window stops at least as many";
        last = tight.auto_offline;
        some = some || (tight.auto_offline > 0 && tight.estimate.plan.fits);
        if (!tight.estimate.plan.fits || tight.auto_offline == 0) {
            continue;
        }
        // Exhaustive: no smaller prefix of the order fits.
        const std::vector<std::string> order =
            offline_order(inventory, intent_of(rules + window_of(hours)));
        for (std::size_t n = 0; n < tight.auto_offline; ++n) {
            CompileOptions fewer = options();
            fewer.auto_offline.insert(order.begin(),
                                      order.begin() + static_cast<std::ptrdiff_t>(n));
            const Result<Plan> plan =
                compile_migration(inventory, intent_of(rules + window_of(hours)), fewer);
            ASSERT_TRUE(plan);
            EXPECT_FALSE(estimate_plan(*plan, model, 0).plan.fits) << hours << " h, " << n;
        }
    }
    EXPECT_TRUE(some) << "no window of the series asked for offline units";
}

// ---- approvals ----

TEST(Approval, SignaturesOfOpenSshKeysCount) {
    TempDir folder("approval");
    const std::string key_path = folder / "id";
    const Result<CommandResult> made =
        run_command({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key_path},
                    std::chrono::seconds(20));
    ASSERT_TRUE(made && made->exit_code == 0) << "ssh-keygen is part of openssh-client";
    const Result<CommandResult> shown =
        run_command({"ssh-keygen", "-l", "-f", key_path}, std::chrono::seconds(20));
    ASSERT_TRUE(shown);
    const Result<SigningKey> key = SigningKey::load(key_path);
    ASSERT_TRUE(key) << key.error().what;
    EXPECT_NE(shown->out.find(key->fingerprint()), std::string::npos) << shown->out;

    Plan plan;
    plan.name = "p";
    plan.owner = "author";
    plan.policy.approval.required = 1;
    seal(plan);
    const std::string path = folder / "p.plan.json";
    ASSERT_TRUE(write_file_atomic(path, plan_to_json(plan)));
    EXPECT_FALSE(judge_approvals(plan, *load_approvals(path)).enough());
    const Result<Approval> approval = key->sign(plan, "bob", "2026-11-22T12:00:00Z", "fine");
    ASSERT_TRUE(approval);
    ASSERT_TRUE(add_approval(path, *approval));
    const std::vector<Approval> stored = *load_approvals(path);
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_EQ(stored[0], *approval);
    EXPECT_TRUE(judge_approvals(plan, stored).enough());

    // Another plan, another name, another comment: the signature is void.
    Plan other = plan;
    other.name = "q";
    seal(other);
    EXPECT_FALSE(judge_approvals(other, stored).enough());
    for (auto change : {&Approval::by, &Approval::comment, &Approval::time, &Approval::signature,
                        &Approval::public_key, &Approval::fingerprint}) {
        std::vector<Approval> forged = stored;
        (forged[0].*change)[0] = (forged[0].*change)[0] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(judge_approvals(plan, forged).enough());
    }
    // The same person twice is one; the author does not count where the intent says so.
    plan.policy.approval.required = 2;
    EXPECT_FALSE(judge_approvals(plan, {stored[0], stored[0]}).enough());
    plan.policy.approval = {1, true, {}};
    std::vector<Approval> own = stored;
    own[0].by = "author";
    EXPECT_FALSE(judge_approvals(plan, own).enough());
    // Only the keys that the intent names.
    plan.policy.approval = {1, false, {"SHA256:somebody-else"}};
    EXPECT_FALSE(judge_approvals(plan, stored).enough());

    ASSERT_EQ(::chmod(key_path.c_str(), 0644), 0);
    const Result<SigningKey> readable = SigningKey::load(key_path);
    ASSERT_FALSE(readable);
    EXPECT_EQ(readable.error().code, Errc::PermissionDenied);
}

TEST(Approval, OtherKeysAreRefusedByName) {
    TempDir folder("approval");
    const std::string locked = folder / "locked";
    const std::string rsa = folder / "rsa";
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f",
                                   locked},
          std::vector<std::string>{"ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", rsa}}) {
        const Result<CommandResult> made = run_command(command, std::chrono::seconds(20));
        ASSERT_TRUE(made && made->exit_code == 0);
    }
    EXPECT_NE(SigningKey::load(locked).error().what.find("passphrase"), std::string::npos);
    EXPECT_NE(SigningKey::load(rsa).error().what.find("ecdsa"), std::string::npos);
    EXPECT_FALSE(SigningKey::parse("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH "
                                   "PRIVATE KEY-----\n",
                                   "k"));
}

} // namespace
} // namespace pf::nvmetool
