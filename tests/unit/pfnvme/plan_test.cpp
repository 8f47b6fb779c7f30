#include "base/json.hpp"
#include "tests/unit/pfnvme/lab_fixture.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/run/ops.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace pf::nvmetool::test {
namespace {

TEST(Plan, SurvivesJson) {
    Lab lab;
    lab.compile(kOfflineIntent);
    const std::string text = plan_to_json(lab.plan);
    const Result<Plan> again = plan_from_json(text);
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->units, lab.plan.units);
    EXPECT_EQ(again->sha256, lab.plan.sha256);
    EXPECT_EQ(plan_to_json(*again), text);
}

// Every member set, awkward characters included: the text is what canonical_json would write, and
// nothing is lost on the way.
TEST(Plan, TextIsCanonicalAndComplete) {
    Plan plan;
    plan.name = "quote \" backslash \\ tab \t line \n bell \x07 ümlaut";
    plan.findings = {{"V-RDM-01", "blocker", "VM a", "m", "f", "w"}};
    plan.left_behind = {{"VM a", "V-RDM-01", "r"}};
    plan.policy.windows = {{{100, 900}, {{200, 300}}}};
    plan.policy.hooks.pre_unit = {{"/bin/true {{unit.id}}", 5, "warn"}};
    plan.policy.approval = {2, true, {"SHA256:abc"}};
    plan.waves = {"first", "rest"};
    plan.hosts = {{"host-1", "esx01", "cl", "8.0.3", 25000}};
    plan.budget = {{"cl", "7.0.3", 1, 2, 32, 8, 128, 4}};
    plan.consolidation = {{"ds-new", "vol", 512, {"a", "b"}, true}};
    plan.estimate = PlanEstimate{"history", "high", 1, 2, 3, 4, 5, 6, "host esx01 NIC", 62, false};
    Unit unit;
    unit.id = "on-01";
    unit.wave = 1;
    unit.canary = true;
    unit.depends_on = {"tgt-01"};
    unit.objects.parts = {{"ds-1", "a", "v1", "vol-a", "nvme-a", "a-nvme"}};
    unit.objects.partial = true;
    unit.estimate = UnitEstimate{1, 2, 3, 4, 5, 6, 7, 8};
    Step step;
    step.id = "07.001-move";
    step.action = {"vm.relocate", {{"vm", "a"}}};
    step.undo = {{"vm.relocate", {{"vm", "b"}}}};
    step.work = StepWork{1ULL << 40U, "host-1", "a", "a-nvme"};
    unit.steps = {step};
    plan.units = {unit};
    seal(plan);
    const std::string text = plan_to_json(plan);
    EXPECT_EQ(canonical_json(*parse_json(text)) + "\n", text);
    const Result<Plan> again = plan_from_json(text);
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->units, plan.units);
    EXPECT_EQ(again->policy, plan.policy);
    EXPECT_EQ(again->estimate, plan.estimate);
    EXPECT_EQ(plan_to_json(*again), text);
}

TEST(Plan, EditedByHandIsRefused) {
    Lab lab;
    lab.compile(kOfflineIntent);
    const std::string text = plan_to_json(lab.plan);
    // Any changed byte inside a text value must be noticed.
    for (const std::string word : {"sdc-ds-01", "vm.shutdown", "power-off"}) {
        std::string edited = text;
        edited.replace(edited.find(word), 1, "X");
        const Result<Plan> plan = plan_from_json(edited);
        ASSERT_FALSE(plan) << word;
        EXPECT_EQ(plan.error().code, Errc::Corrupt);
        EXPECT_NE(plan.error().what.find("changed after compilation"), std::string::npos);
    }
}

TEST(Plan, UnknownMemberIsRefused) {
    Lab lab;
    lab.compile(kOfflineIntent);
    json::value document = *parse_json(plan_to_json(lab.plan));
    document.get_object().erase("sha256");
    document.get_object()["extra"] = 1;
    std::string text = canonical_json(document);
    EXPECT_FALSE(plan_from_json(text));
}

TEST(Plan, CompilesTheSameTwice) {
    Lab first;
    Lab second;
    first.compile(kOfflineIntent);
    second.compile(kOfflineIntent);
    EXPECT_EQ(plan_to_json(first.plan), plan_to_json(second.plan));
}

TEST(Plan, EveryStepIsExecutableAndDescribed) {
    for (const char* intent : {kOfflineIntent, kOnlineIntent}) {
        Lab lab;
        lab.compile(intent);
        std::vector<std::string> ids;
        for (const Step& step : lab.plan.units.front().steps) {
            ids.push_back(step.id);
            EXPECT_FALSE(step.title.empty());
            EXPECT_NE(find_op(step.action.op), nullptr) << step.action.op;
            for (const OpCall& undo : step.undo) {
                ASSERT_NE(find_op(undo.op), nullptr) << undo.op;
                EXPECT_FALSE(find_op(undo.op)->describe(undo.params).empty());
                (void)find_op(undo.op)->commands(undo.params); // asserts on a missing parameter
            }
            (void)find_op(step.action.op)->commands(step.action.params);
        }
        EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end())) << "steps are numbered as they execute";
        EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
    }
}

TEST(Plan, SnapshotNamesFitPowerFlex) {
    Lab lab;
    lab.compile(kOfflineIntent);
    for (const Step& step : lab.plan.units.front().steps) {
        if (step.action.op == "snapshot.create") {
            EXPECT_LE(step.action.params.at("snapshot").size(), 31U);
        }
    }
}

TEST(Ops, EveryChangeCanBeSeen) {
    for (const Op* op : all_ops()) {
        EXPECT_NE(op->describe, nullptr) << op->name;
        EXPECT_NE(op->execute, nullptr) << op->name;
        EXPECT_NE(op->commands, nullptr) << op->name;
        EXPECT_EQ(op->observe != nullptr, op->kind == OpKind::Change) << op->name;
    }
}

std::string intent_error(const std::string& text) {
    const Result<Intent> intent = parse_intent(text, "i.yaml");
    return intent ? "" : intent.error().what;
}

TEST(Intent, StrictAboutKeysAndValues) {
    const std::string head = "apiVersion: pfnvme/v1\nkind: MigrationIntent\nmetadata: {name: x}\n";
    const std::string scope = "scope: {datastores: {include: [\"a\"]}}\n";
    EXPECT_EQ(intent_error(head + scope), "");
    EXPECT_NE(intent_error(head + scope + "speed: fast\n").find("unknown key 'speed'"),
              std::string::npos);
    EXPECT_NE(intent_error(head + "scope: {datastore: {}}\n").find("scope.datastore"),
              std::string::npos);
    EXPECT_NE(intent_error(head).find("scope.datastores.include"), std::string::npos);
    EXPECT_NE(
        intent_error(head + scope + "strategy: {offline: {signature: keep}}\n").find("resign"),
        std::string::npos);
    EXPECT_NE(intent_error("kind: MigrationIntent\n" + scope).find("apiVersion"),
              std::string::npos);
    EXPECT_NE(intent_error(head + scope + "scope: {}\n"), ""); // twice
}

TEST(Intent, FirstRuleWins) {
    const Result<Intent> intent =
        parse_intent("apiVersion: pfnvme/v1\nkind: MigrationIntent\nmetadata: {name: x}\n"
                     "scope: {datastores: {include: [\"*\"]}}\n"
                     "strategy:\n  classify:\n"
                     "    - {when: 'datastore == \"*-02\"', use: offline}\n"
                     "    - {when: 'datastore == \"old-*\"', use: skip}\n"
                     "    - {default: online}\n",
                     "i.yaml");
    ASSERT_TRUE(intent) << intent.error().what;
    const Inventory inventory;
    const auto use_of = [&](const char* name) {
        DatastoreInfo datastore;
        datastore.name = name;
        return classify(*intent, RuleSubject{&inventory, nullptr, {&datastore}});
    };
    EXPECT_EQ(use_of("sdc-ds-02"), Use::Offline);
    EXPECT_EQ(use_of("old-1"), Use::Skip);
    EXPECT_EQ(use_of("sdc-ds-01"), Use::Online);
}

std::vector<std::string> blockers(Lab& lab, const char* intent_text) {
    const Result<Intent> intent = parse_intent(intent_text, "i.yaml");
    const Result<Inventory> inventory = collect(lab.vsphere, lab.powerflex);
    const Result<Plan> plan = compile_migration(*inventory, *intent, {"t", "test", false});
    EXPECT_TRUE(plan) << plan.error().what;
    std::vector<std::string> out;
    for (const PlanFinding& item : plan->findings) {
        if (item.severity == "blocker") {
            EXPECT_FALSE(item.message.empty());
            EXPECT_FALSE(item.fix.empty());
            out.push_back(item.check);
        }
    }
    EXPECT_EQ(plan->units.empty(), !out.empty());
    return out;
}

// A vCenter that tells everything but some facts.
class Withholding : public ModelVsphere {
  public:
    Withholding(ModelEstate& estate, std::set<Fact> withheld)
        : ModelVsphere(estate), withheld_(std::move(withheld)) {}
    Result<VsphereEstate> estate(const VmSink&) override {
        VsphereEstate out;
        PF_TRY(out.hosts, hosts());
        PF_TRY(out.datastores, datastores());
        PF_TRY(out.vms, vms());
        for (const Fact fact : all_facts()) {
            if (!withheld_.contains(fact)) {
                out.facts.insert(fact);
            }
        }
        out.gaps = {"VMs: System.Read is lacking"};
        return out;
    }

  private:
    std::set<Fact> withheld_;
};

TEST(Collect, APlanNeedsWhatKeepsDataSafe) {
    Lab lab;
    Withholding rules(lab.estate, {Fact::DrsOverrides});
    EXPECT_TRUE(collect_for_plan(rules, lab.powerflex));
    for (const Fact fact : {Fact::VmDisks, Fact::Datastores, Fact::HostStorage}) {
        Withholding vsphere(lab.estate, {fact});
        const Result<Inventory> inventory = collect_for_plan(vsphere, lab.powerflex);
        ASSERT_FALSE(inventory) << to_string(fact);
        EXPECT_EQ(inventory.error().code, Errc::PermissionDenied);
        EXPECT_NE(inventory.error().what.find("System.Read is lacking"), std::string::npos);
    }
}

TEST(Checks, RdmBlocks) {
    Lab lab;
    lab.estate.vms.begin()->second.disks.front().rdm = RdmKind::Virtual;
    EXPECT_EQ(blockers(lab, kOfflineIntent), std::vector<std::string>{"V-RDM-01"});
    EXPECT_EQ(blockers(lab, kOnlineIntent), std::vector<std::string>{"V-RDM-01"});
}

TEST(Checks, OldHostBlocks) {
    Lab lab;
    lab.estate.hosts.begin()->second.info.version = "7.0.2";
    EXPECT_EQ(blockers(lab, kOfflineIntent), std::vector<std::string>{"E-VER-01"});
}

TEST(Checks, HostThatIsNotOnboardedBlocks) {
    Lab lab(false);
    const auto found = blockers(lab, kOfflineIntent);
    EXPECT_EQ(found, (std::vector<std::string>{"E-PATH-03", "E-PATH-03"}));
}

TEST(Checks, VolumeMappedByNvmeBlocks) {
    Lab lab;
    for (MappingInfo& mapping : lab.estate.volumes.at("3bd1f78800000001").info.mappings) {
        mapping.nvme = true;
    }
    const auto found = blockers(lab, kOfflineIntent);
    EXPECT_NE(std::find(found.begin(), found.end(), "P-PROTO-01"), found.end());
}

TEST(Checks, DuplicateNqnBlocks) {
    Lab lab;
    lab.estate.hosts.at("host-2").info.nqn = lab.estate.hosts.at("host-1").info.nqn;
    const auto found = blockers(lab, kOfflineIntent);
    EXPECT_NE(std::find(found.begin(), found.end(), "H-NQN-01"), found.end());
}

TEST(Checks, EveryRuleHasAFix) {
    for (const CheckRule& rule : all_checks()) {
        EXPECT_FALSE(rule.fix.empty()) << rule.id;
        EXPECT_FALSE(rule.why.empty()) << rule.id;
        EXPECT_EQ(find_check(rule.id), &rule);
    }
}

TEST(PathPlan, SpreadsOverTargetsAndNicsWithinTheLimit) {
    Lab lab(false);
    const HostInfo& host = lab.estate.hosts.at("host-1").info;
    const auto ends = choose_path_ends(host, lab.estate.sdts, {}, {});
    ASSERT_EQ(ends.size(), 2U);
    const auto paths = plan_paths(ends, lab.estate.sdts, 4);
    ASSERT_EQ(paths.size(), 4U);
    std::set<std::string> sdts;
    std::map<std::string, int> nics;
    for (const PlannedPath& path : paths) {
        sdts.insert(path.sdt_name);
        ++nics[path.nic];
    }
    EXPECT_EQ(sdts.size(), 3U);
    EXPECT_EQ(nics["vmnic0"], 2);
    EXPECT_EQ(nics["vmnic1"], 2);
    EXPECT_EQ(plan_paths(ends, lab.estate.sdts, 4), paths);
}

TEST(Values, DeviceNames) {
    EXPECT_EQ(nvme_device_name("1250de83018c2d0f", "3bd1f78800000019"),
              "eui.3bd1f7880000001964b94e83018c2d0f");
    EXPECT_EQ(volume_of_nvme_device("1250de83018c2d0f", "eui.3bd1f7880000001964b94e83018c2d0f"),
              "3bd1f78800000019");
    EXPECT_EQ(volume_of_sdc_device("1250de83018c2d0f", "eui.1250de83018c2d0f3bd1f78800000019"),
              "3bd1f78800000019");
    EXPECT_FALSE(volume_of_sdc_device("1250de83018c2d0f", "eui.3bd1f7880000001964b94e83018c2d0f"));
    EXPECT_FALSE(volume_of_nvme_device("1250de83018c2d0f", "eui.1250de83018c2d0f3bd1f78800000019"));
    EXPECT_LT(compare_versions("7.0.2", "7.0.3"), 0);
    EXPECT_EQ(compare_versions("8.0", "8.0.0"), 0);
    EXPECT_TRUE(same_network("10.1.2.3", "10.1.2.200", "255.255.255.0"));
    EXPECT_FALSE(same_network("10.1.2.3", "10.1.3.3", "255.255.255.0"));
    EXPECT_FALSE(same_network("x", "10.1.3.3", "255.255.255.0"));
}

TEST(Journal, TamperingIsNoticed) {
    TempDir folder;
    const std::string path = folder / "journal.jsonl";
    {
        Result<Journal> journal = Journal::open(path, "r", [] { return std::string("t"); });
        for (int i = 0; i < 5; ++i) {
            Record record;
            record.unit = "u";
            record.detail = "line " + std::to_string(i);
            ASSERT_TRUE(journal->append(record));
        }
    }
    const std::string text = *read_file(path);
    EXPECT_TRUE(parse_journal(text));
    for (std::size_t at = 0; at < text.size(); at += 7) {
        std::string changed = text;
        if (changed[at] == '\n') {
            continue;
        }
        changed[at] = changed[at] == 'a' ? 'b' : 'a';
        const Result<JournalText> parsed = parse_journal(changed);
        EXPECT_FALSE(parsed) << at;
    }
    const std::size_t second = text.find('\n') + 1;
    EXPECT_FALSE(parse_journal(text.substr(second))); // first line removed
}

TEST(Journal, TornLastLineIsCutOff) {
    TempDir folder;
    const std::string path = folder / "journal.jsonl";
    {
        Result<Journal> journal = Journal::open(path, "r", [] { return std::string("t"); });
        ASSERT_TRUE(journal->append(Record{}));
        ASSERT_TRUE(journal->append(Record{}));
    }
    const std::string text = *read_file(path);
    for (std::size_t length = text.find('\n') + 2; length < text.size(); length += 5) {
        ASSERT_TRUE(write_file_atomic(path, text.substr(0, length)));
        Result<Journal> journal = Journal::open(path, "r", [] { return std::string("t"); });
        ASSERT_TRUE(journal) << journal.error().what;
        ASSERT_EQ(journal->records().size(), 2U);
        EXPECT_EQ(journal->records().back().phase, Phase::Recovered);
        EXPECT_TRUE(read_journal(path));
    }
}

} // namespace
} // namespace pf::nvmetool::test
