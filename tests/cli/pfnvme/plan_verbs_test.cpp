// The plan verbs from outside, on an inventory file: exit codes, texts and JSON. Nothing connects.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "tests/support/pfnvme/estate.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace pf::nvmetool {
namespace {

constexpr const char* kIntent = R"(apiVersion: pfnvme/v1
kind: MigrationIntent
metadata: {name: weekend, owner: ann}
scope: {datastores: {include: ["sdc-*"]}}
strategy:
  classify:
    - {when: 'datastore == "*2"', use: offline}
    - {default: online}
  offline: {accept_kb: "Dell 000213232", shutdown: {guest: 5m, then: power-off}}
waves:
  - {name: pilot, when: 'datastore == "*2"'}
blast_radius: {canary: 1}
)";

// Estimates are drawn with a fixed seed: the same plan has the same text.
constexpr const char* kEstimateGolden = R"(Units: 1 offline (3 VMs), 2 online (6 VMs)
            P50  P90  basis                     confidence
offline     17m  24m  default (31 simulations)  low
online      39m  57m  default (31 simulations)  low
whole plan  39m  57m  default (31 simulations)  low
window        none: the plan may start at any time
longest down time of a VM: 16m at P50 (unit off-01)
critical      the longest unit, on-02 (100 % of the run); lower bound 38m
)";

class PlanVerbs : public ::testing::Test {
  protected:
    void SetUp() override {
        test::EstateSpec spec;
        spec.datastores = 4;
        spec.vms = 12;
        inventory_ = test::make_estate(spec);
        save("estate.db");
        write("weekend.yaml", kIntent);
    }
    void save(const std::string& name) {
        inventory_.index();
        const Result<void> saved = save_inventory(inventory_, folder_ / name);
        ASSERT_TRUE(saved) << saved.error().what;
    }
    void write(const std::string& name, const std::string& text) {
        ASSERT_TRUE(write_file_atomic(folder_ / name, text));
    }
    CommandResult run(std::vector<std::string> args) {
        args.insert(args.begin(), executable_dir() + "/pfnvme");
        std::map<std::string, std::string> env{{"XDG_STATE_HOME", folder_ / "state"},
                                               {"USER", "tester"}};
        for (const char* name : {"GOVC_URL", "GOVC_USERNAME", "GOVC_PASSWORD", "POWERFLEX_ENDPOINT",
                                 "POWERFLEX_USERNAME", "POWERFLEX_PASSWORD", "PF_CA_FILE"}) {
            env.emplace(name, "");
        }
        const Result<CommandResult> result = run_command(args, std::chrono::seconds(60), {}, env);
        EXPECT_TRUE(result) << result.error().what;
        return *result;
    }
    CommandResult compile(const std::string& intent = "weekend.yaml",
                          const std::string& out = "weekend.plan.json",
                          const std::vector<std::string>& more = {}) {
        std::vector<std::string> args{
            "plan",  "compile",    folder_ / intent, "--inventory", folder_ / "estate.db",
            "--out", folder_ / out};
        args.insert(args.end(), more.begin(), more.end());
        return run(args);
    }
    [[nodiscard]] std::string plan() const { return folder_ / "weekend.plan.json"; }

    Inventory inventory_;
    TempDir folder_{"plan-verbs"};
};

TEST_F(PlanVerbs, FromInitToEstimate) {
    const CommandResult init = run({"plan", "init", "--name", "mine"});
    EXPECT_EQ(init.exit_code, kExitOk) << init.err;
    write("mine.yaml", init.out);
    const CommandResult lint = run({"plan", "lint", folder_ / "mine.yaml", "--strict"});
    EXPECT_EQ(lint.exit_code, kExitOk) << lint.out;
    EXPECT_EQ(lint.out, "intent 'mine' is valid, 0 warning(s)\n");

    const CommandResult compiled = compile();
    ASSERT_EQ(compiled.exit_code, kExitOk) << compiled.err;
    const CommandResult estimate = run({"plan", "estimate", plan()});
    EXPECT_EQ(estimate.exit_code, kExitOk) << estimate.err;
    EXPECT_EQ(estimate.out, kEstimateGolden);
    const CommandResult as_json = run({"plan", "estimate", plan(), "-o", "json"});
    const Result<json::value> document = parse_json(as_json.out);
    ASSERT_TRUE(document) << as_json.out;
    const json::object& out = document->get_object();
    EXPECT_EQ(json_int_or(out, "schemaVersion", 0), 1);
    EXPECT_EQ(json_str_or(out, "basis", ""), "default");
    EXPECT_EQ(json_str_or(out, "confidence", ""), "low");
    EXPECT_LE(json_int_or(out, "lowerBoundS", 0), json_int_or(out, "p90S", 0));
    EXPECT_EQ(out.at("units").get_array().size(), 3U);
}

TEST_F(PlanVerbs, LintNamesMistakesAndDoubts) {
    write("bad.yaml", std::string(kIntent) + "speed: high\n");
    const CommandResult bad = run({"plan", "lint", folder_ / "bad.yaml"});
    EXPECT_EQ(bad.exit_code, kExitBadData);
    EXPECT_NE(bad.err.find("unknown key 'speed'"), std::string::npos) << bad.err;
    write("doubt.yaml", std::string(kIntent) +
                            "waivers: [{check: P-PROTO-01, reason: r, by: b, until: 2030-01-01}]\n"
                            "window: [{start: 2020-01-01T00:00:00Z, end: 2020-01-02T00:00:00Z}]\n");
    const CommandResult doubt = run({"plan", "lint", folder_ / "doubt.yaml", "--strict"});
    EXPECT_EQ(doubt.exit_code, kExitWarnings);
    EXPECT_NE(doubt.out.find("never waived"), std::string::npos) << doubt.out;
    EXPECT_NE(doubt.out.find("is over"), std::string::npos) << doubt.out;
}

TEST_F(PlanVerbs, WhatDoesNotFitIsSaidWithItsCode) {
    write("tight.yaml", std::string(kIntent) +
                            "window: [{start: 2040-01-01T00:00:00Z, end: 2040-01-01T00:10:00Z}]\n");
    const CommandResult refused = compile("tight.yaml", "tight.plan.json");
    EXPECT_EQ(refused.exit_code, kExitDoesNotFit) << refused.err;
    EXPECT_NE(refused.err.find("DOES NOT FIT"), std::string::npos);
    EXPECT_FALSE(read_file(folder_ / "tight.plan.json"));
    ASSERT_EQ(compile("tight.yaml", "tight.plan.json", {"--ignore-window"}).exit_code, kExitOk);
    EXPECT_EQ(run({"plan", "estimate", folder_ / "tight.plan.json"}).exit_code, kExitDoesNotFit);
}

TEST_F(PlanVerbs, DiffSeesWhatChanged) {
    ASSERT_EQ(compile().exit_code, kExitOk);
    ASSERT_EQ(compile("weekend.yaml", "again.plan.json").exit_code, kExitOk);
    const CommandResult same =
        run({"plan", "diff", plan(), folder_ / "again.plan.json", "--detailed-exitcode"});
    EXPECT_EQ(same.exit_code, kExitOk) << same.out;
    EXPECT_EQ(same.out, "0 difference(s)\n");
    // A VM less.
    const auto gone =
        std::find_if(inventory_.vms.begin(), inventory_.vms.end(),
                     [](const VmInfo& vm) { return vm.vmx_path.starts_with("[sdc-"); });
    ASSERT_NE(gone, inventory_.vms.end());
    const std::string name = gone->name;
    inventory_.vms.erase(gone);
    save("estate2.db");
    ASSERT_EQ(run({"plan", "compile", folder_ / "weekend.yaml", "--inventory",
                   folder_ / "estate2.db", "--out", folder_ / "less.plan.json"})
                  .exit_code,
              kExitOk);
    const CommandResult less =
        run({"plan", "diff", plan(), folder_ / "less.plan.json", "--detailed-exitcode"});
    EXPECT_EQ(less.exit_code, kExitChanges);
    EXPECT_NE(less.out.find("- VM " + name), std::string::npos) << less.out;
    EXPECT_EQ(run({"plan", "diff", plan(), folder_ / "less.plan.json"}).exit_code, kExitOk);
}

TEST_F(PlanVerbs, SplitPartsAreWholePlans) {
    ASSERT_EQ(compile().exit_code, kExitOk);
    const CommandResult split =
        run({"plan", "split", plan(), "--by", "wave", "--out-dir", folder_ / "parts"});
    ASSERT_EQ(split.exit_code, kExitOk) << split.err;
    const Result<Plan> whole = load_plan(plan());
    ASSERT_TRUE(whole);
    std::size_t units = 0;
    for (const char* part : {"weekend-01-pilot", "weekend-02-rest"}) {
        const Result<Plan> loaded = load_plan(folder_ / "parts" + "/" + part + ".plan.json");
        ASSERT_TRUE(loaded) << loaded.error().what;
        EXPECT_EQ(loaded->name, part);
        units += loaded->units.size();
        for (const Unit& unit : loaded->units) {
            EXPECT_EQ(unit.steps, whole->find_unit(unit.id)->steps);
        }
    }
    EXPECT_EQ(units, whole->units.size());
    EXPECT_EQ(run({"plan", "split", plan(), "--by", "colour"}).exit_code, kExitUsage);
}

TEST_F(PlanVerbs, ApplyAsksForApprovals) {
    write("strict.yaml", std::string(kIntent) + "approval: {required: 1, not_author: true}\n");
    ASSERT_EQ(compile("strict.yaml", "strict.plan.json").exit_code, kExitOk);
    const std::string path = folder_ / "strict.plan.json";
    const CommandResult refused = run({"apply", path, "--yes"});
    EXPECT_EQ(refused.exit_code, kExitApproval) << refused.err;
    EXPECT_NE(refused.err.find("0 of 1 approvals"), std::string::npos) << refused.err;
    ASSERT_EQ(run({"plan", "approve", path, "--by", "ann"}).exit_code, kExitOk);
    EXPECT_EQ(run({"apply", path, "--yes"}).exit_code, kExitApproval); // the author
    const std::string key = folder_ / "id";
    const Result<CommandResult> made = run_command(
        {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key}, std::chrono::seconds(20));
    ASSERT_TRUE(made && made->exit_code == 0);
    const CommandResult approved = run({"plan", "approve", path, "--by", "bob", "--key", key});
    EXPECT_EQ(approved.exit_code, kExitOk) << approved.err;
    EXPECT_NE(approved.out.find("1 of 1 approvals"), std::string::npos) << approved.out;
    // Now it gets as far as the connections, which are not given here.
    EXPECT_NE(run({"apply", path, "--yes"}).exit_code, kExitApproval);
    // Compiled anew it is another plan.
    ASSERT_EQ(compile("strict.yaml", "strict.plan.json").exit_code, kExitOk);
    EXPECT_EQ(run({"apply", path, "--yes"}).exit_code, kExitApproval);
}

TEST_F(PlanVerbs, ExportsForSpreadsheetsAndTickets) {
    ASSERT_EQ(compile().exit_code, kExitOk);
    const CommandResult csv = run({"plan", "export", plan()});
    EXPECT_EQ(csv.exit_code, kExitOk) << csv.err;
    EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 4);
    EXPECT_TRUE(csv.out.starts_with("unit,strategy,wave,canary,")) << csv.out;
    const CommandResult left = run({"plan", "export", plan(), "--table", "vms"});
    EXPECT_TRUE(left.out.starts_with("vm,unit,strategy,")) << left.out;
    const CommandResult md = run({"plan", "export", plan(), "-f", "md"});
    EXPECT_NE(md.out.find("| off-01 | offline | pilot | yes |"), std::string::npos) << md.out;
    const CommandResult whole = run({"plan", "export", plan(), "-f", "json"});
    EXPECT_EQ(whole.out, *read_file(plan()));
    EXPECT_EQ(run({"plan", "export", plan(), "-f", "pdf"}).exit_code, kExitUsage);
    EXPECT_EQ(run({"plan", "export", plan(), "--table", "cats"}).exit_code, kExitUsage);
}

TEST_F(PlanVerbs, CalibrateNeedsARun) {
    const CommandResult none = run({"plan", "calibrate"});
    EXPECT_EQ(none.exit_code, kExitFailure) << none.err;
    write("rates.json", "{\"basis\":\"benchmark\",\"streamMibS\":400}");
    ASSERT_EQ(
        compile("weekend.yaml", "weekend.plan.json", {"--rates", folder_ / "rates.json"}).exit_code,
        kExitOk);
    const CommandResult estimate =
        run({"plan", "estimate", plan(), "--rates", folder_ / "rates.json", "-o", "json"});
    EXPECT_NE(estimate.out.find("\"confidence\": \"medium\""), std::string::npos) << estimate.out;
    write("rates.json", "{\"speed\":400}");
    EXPECT_EQ(run({"plan", "estimate", plan(), "--rates", folder_ / "rates.json"}).exit_code,
              kExitBadData);
}

} // namespace
} // namespace pf::nvmetool
