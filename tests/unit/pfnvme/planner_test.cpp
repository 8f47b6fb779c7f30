// The planner's libraries: rules, intent keys, components, budgets, what is blocked.
#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/unit/pfnvme/planner_fixture.hpp"
#include "tools/pfnvme/plan/budget.hpp"
#include "tools/pfnvme/plan/grouping.hpp"
#include "tools/pfnvme/plan/intent_keys.hpp"
#include "tools/pfnvme/plan/judge.hpp"
#include "tools/pfnvme/plan/mix.hpp"
#include "tools/pfnvme/plan/volume_budget.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace pf::nvmetool {
namespace {

using test::intent_of;
using test::kHead;
using test::kScope;
using test::options;

std::string error_of(const std::string& text) {
    const Result<Intent> intent = parse_intent(kHead + text, "i.yaml");
    return intent ? "" : intent.error().what;
}

// ---- rules ----

TEST(Selector, AsksForWhatAnAdministratorKnows) {
    Inventory inventory;
    HostInfo host;
    host.id = "host-1";
    host.name = "esx01";
    host.cluster = "cl-a";
    inventory.hosts.push_back(host);
    VmInfo vm;
    vm.name = "web-01";
    vm.host_id = "host-1";
    vm.folder = "prod/web";
    vm.tags = {"sla:24x7", "owner:shop"};
    vm.power_state = "poweredOn";
    vm.attributes["Tier"] = "gold";
    vm.cpus = 4;
    vm.disks.resize(2);
    inventory.vms.push_back(vm);
    inventory.index();
    DatastoreInfo datastore;
    datastore.name = "sdc-ds-07";
    const RuleSubject subject{&inventory, &inventory.vms[0], {&datastore}};
    const auto holds = [&](const char* text) {
        const Result<Selector> rule = Selector::parse(text);
        EXPECT_TRUE(rule) << text << ": " << rule.error().what;
        return rule && rule->matches(subject);
    };
    EXPECT_TRUE(holds(R"(tag == "sla:24x7")"));
    EXPECT_TRUE(holds(R"(tag == "24x7")"));
    EXPECT_FALSE(holds(R"(tag == "sla:*hours")"));
    EXPECT_TRUE(holds(R"(tag != "backup")"));
    EXPECT_FALSE(holds(R"(tag != "owner:shop")"));
    EXPECT_TRUE(holds(R"(folder == "prod/*" and cluster == "cl-a")"));
    EXPECT_TRUE(holds(R"(not (host == "esx02" or vm == "db*"))"));
    EXPECT_TRUE(holds(R"(datastore =~ "ds-0[0-9]$" && cpus >= 4 && disks < 3)"));
    EXPECT_TRUE(holds(R"(attribute.Tier in ["silver", "gold"])"));
    EXPECT_FALSE(holds(R"(attribute.Missing == "*")"));
    EXPECT_TRUE(holds(R"(template == false)"));
    // "and" binds stronger than "or".
    EXPECT_TRUE(holds(R"(vm == "web-01" or vm == "a" and vm == "b")"));
}

TEST(Selector, NamesTheMistake) {
    const auto mistake = [](const char* text) {
        const Result<Selector> rule = Selector::parse(text);
        return rule ? std::string() : rule.error().what;
    };
    EXPECT_NE(mistake("colour == \"red\"").find("'colour' is no field"), std::string::npos);
    EXPECT_NE(mistake("vm = \"a\"").find("one of: =="), std::string::npos);
    EXPECT_NE(mistake("vm == \"a").find("closing quote"), std::string::npos);
    EXPECT_NE(mistake("vm == \"a\" vm == \"b\"").find("'and'"), std::string::npos);
    EXPECT_NE(mistake("(vm == \"a\"").find("')'"), std::string::npos);
    EXPECT_NE(mistake("cpus == \"many\"").find("a number"), std::string::npos);
    EXPECT_NE(mistake("vm < 3").find("text"), std::string::npos);
    EXPECT_NE(mistake("vm =~ \"(\"").find("regular expression"), std::string::npos);
    EXPECT_NE(mistake(std::string(200, '(').c_str()).find("nested"), std::string::npos);
    EXPECT_NE(mistake(""), "");
}

// ---- intent ----

TEST(IntentKeys, ReferenceInTheDocumentsIsTheTable) {
    const Result<std::string> document = read_file(PF_SOURCE_DIR "/docs/formats/intent.md");
    ASSERT_TRUE(document);
    EXPECT_NE(document->find(intent_reference()), std::string::npos)
        << "docs/formats/intent.md: put in the output of pfnvme plan init --reference";
}

TEST(IntentKeys, SchemaNamesEveryKey) {
    const Result<json::value> schema = parse_json(intent_schema());
    ASSERT_TRUE(schema);
    const json::object& root = schema->get_object();
    EXPECT_EQ(json_bool_or(root, "additionalProperties", true), false);
    const json::object& properties = root.at("properties").get_object();
    EXPECT_TRUE(properties.contains("window"));
    EXPECT_TRUE(properties.at("hooks")
                    .get_object()
                    .at("properties")
                    .get_object()
                    .at("pre_unit")
                    .get_object()
                    .at("items")
                    .get_object()
                    .at("properties")
                    .get_object()
                    .contains("run"));
}

TEST(IntentKeys, TemplateIsValid) {
    const Result<Intent> intent = parse_intent(intent_template("mine"), "t.yaml");
    ASSERT_TRUE(intent) << intent.error().what;
    EXPECT_EQ(intent->name, "mine");
}

TEST(IntentKeys, EveryValueIsLookedAt) {
    // One bad value for every key of the table: none may pass.
    for (const IntentKey& key : intent_keys()) {
        std::string path(key.path);
        if (path.find("hooks.*") == 0) {
            path.replace(0, 7, "hooks.pre_unit");
        }
        // Build the document from the inside: {a: {b: [{c: BAD}]}}.
        json::value value = json::value(json::object{{"bad", json::array{1}}});
        std::string rest = path;
        while (!rest.empty()) {
            const std::size_t dot = rest.rfind('.');
            std::string name = dot == std::string::npos ? rest : rest.substr(dot + 1);
            rest = dot == std::string::npos ? std::string() : rest.substr(0, dot);
            const bool list = name.ends_with("[]");
            if (list) {
                name.resize(name.size() - 2);
                value = json::value(json::array{value});
            }
            json::object outer;
            outer[name] = value;
            value = outer;
        }
        const Result<void> checked = check_intent_document(value);
        EXPECT_FALSE(checked) << key.path;
    }
}

TEST(IntentKeys, RefusalsGiveTheReason) {
    const std::string base = kScope;
    EXPECT_NE(error_of(base + "strategy: {online: {disk_format: thin}}\n").find("verified disk"),
              std::string::npos);
    EXPECT_NE(error_of(base + "strategy: {online: {storage_policy: gold}}\n").find("policies"),
              std::string::npos);
    EXPECT_NE(error_of(base + "slo: {vm_latency_p95: 2m}\n").find("1ms..1m"), std::string::npos);
    EXPECT_NE(error_of(base + "limits: {svmotion_per_host: 99}\n").find("0..64"),
              std::string::npos);
    EXPECT_NE(error_of(base + "limits: {host_nic_share: 120%}\n").find("1..100"),
              std::string::npos);
    EXPECT_NE(error_of(base + "window: [{start: tomorrow, end: later}]\n").find("window[].start"),
              std::string::npos);
    EXPECT_NE(error_of(base + "window: [{start: 2026-10-18T00:00:00Z, end: "
                              "2026-10-17T00:00:00Z}]\n")
                  .find("ends before"),
              std::string::npos);
    EXPECT_NE(error_of(base + "waivers: [{check: N-RED-01, reason: r, by: b, until: soon}]\n")
                  .find("no date"),
              std::string::npos);
    EXPECT_NE(error_of(base + "strategy: {classify: [{when: 'vm == 3', use: online, default: "
                              "offline}]}\n"),
              "");
    EXPECT_NE(error_of(base + "hooks: {pre_unit: [{timeout: 5m}]}\n").find("hooks.pre_unit[].run"),
              std::string::npos);
}

TEST(Intent, ReadsEverythingThatARunObeys) {
    const Intent intent = intent_of(std::string(kScope) + R"(
limits: {svmotion_per_host: 1, svmotion_total: 16, host_nic_share: 40%}
window:
  - {start: 2026-10-17T20:00:00+02:00, end: 2026-10-19T05:00:00+02:00,
     freeze: ["2026-10-18T11:00:00+02:00/2026-10-18T13:00:00+02:00"]}
schedule: {start_rule: p90_before_end, overrun: ask}
blast_radius: {canary: 1, max_vms_down: 80}
slo: {storage_latency_p95: 20ms, vm_latency_p95: 30ms, pause_on_rebuild: true}
hooks: {pre_unit: [{run: "/bin/true {{unit.id}}", timeout: 90s, on_fail: warn}]}
approval: {required: 2, not_author: true}
safety: {snapshot_retention: 7d, retire_source_after: 72h}
waivers: [{check: N-RED-01, object: "esx*", reason: lab, until: 2026-11-22, by: me}]
)");
    const RunPolicy& policy = intent.policy;
    EXPECT_EQ(policy.caps.svmotion_per_host, 1);
    EXPECT_EQ(policy.caps.svmotion_total, 16);
    EXPECT_EQ(policy.caps.host_nic_share_percent, 40);
    ASSERT_EQ(policy.windows.size(), 1U);
    EXPECT_EQ(policy.windows[0].span.end_s - policy.windows[0].span.start_s, 33 * 3600);
    ASSERT_EQ(policy.windows[0].freezes.size(), 1U);
    EXPECT_EQ(policy.windows[0].freezes[0].start_s - policy.windows[0].span.start_s, 15 * 3600);
    EXPECT_EQ(policy.start_rule, StartRule::P90BeforeEnd);
    EXPECT_EQ(policy.overrun, Overrun::Ask);
    EXPECT_EQ(policy.blast.max_vms_down, 80);
    EXPECT_EQ(policy.slo.storage_latency_p95_ms, 20);
    EXPECT_EQ(policy.slo.vm_latency_p95_ms, 30);
    EXPECT_TRUE(policy.slo.pause_on_rebuild);
    ASSERT_EQ(policy.hooks.pre_unit.size(), 1U);
    EXPECT_EQ(policy.hooks.pre_unit[0].timeout_s, 90);
    EXPECT_EQ(policy.approval.required, 2);
    EXPECT_EQ(policy.retire_source_after_s, 72 * 3600);
    EXPECT_EQ(policy.snapshot_retention_s, 7 * 86400);

    // A waiver counts to the end of its day, and only where it may.
    std::vector<PlanFinding> findings{finding("N-RED-01", "host esx01", "single path"),
                                      finding("N-RED-01", "host other", "single path"),
                                      finding("P-PROTO-01", "host esx01", "both protocols")};
    apply_waivers(intent, intent.waivers[0].until_s - 1, findings);
    EXPECT_NE(findings[0].waiver.find("lab"), std::string::npos);
    EXPECT_EQ(findings[1].waiver, "");
    EXPECT_EQ(findings[2].waiver, "");
    findings[0].waiver.clear();
    apply_waivers(intent, intent.waivers[0].until_s, findings);
    EXPECT_EQ(findings[0].waiver, "");
}

TEST(Intent, CsvClassifies) {
    const std::string text =
        std::string(kHead) + kScope + "strategy: {classify: [{csv: c.csv}, {default: skip}]}\n";
    const auto with = [&](const char* csv) {
        return parse_intent(text, "i.yaml", [csv](const std::string& path) -> Result<std::string> {
            EXPECT_EQ(path, "c.csv");
            return std::string(csv);
        });
    };
    const Result<Intent> intent =
        with("owner,vm,use\n\"Smith, J\",db-1,offline\r\nx,db-2,online\n");
    ASSERT_TRUE(intent) << intent.error().what;
    const Inventory inventory;
    VmInfo vm;
    const auto use_of = [&](const char* name) {
        vm.name = name;
        return classify(*intent, RuleSubject{&inventory, &vm, {}});
    };
    EXPECT_EQ(use_of("db-1"), Use::Offline);
    EXPECT_EQ(use_of("db-2"), Use::Online);
    EXPECT_EQ(use_of("db-3"), Use::Skip);
    EXPECT_NE(with("vm,use\na,online\na,offline\n").error().what.find("twice"), std::string::npos);
    EXPECT_NE(with("vm,use\na,maybe\n").error().what.find("c.csv:2"), std::string::npos);
    EXPECT_NE(with("name,use\na,online\n").error().what.find("first line"), std::string::npos);
}

// ---- components ----

struct Tied {
    Inventory inventory;

    Tied() {
        for (const char* name : {"a", "b", "c", "d"}) {
            DatastoreInfo datastore;
            datastore.id = std::string("datastore-") + name;
            datastore.name = name;
            inventory.datastores.push_back(datastore);
        }
    }
    VmInfo& vm(const char* name, const char* home) {
        VmInfo out;
        out.id = out.name = name;
        out.vmx_path = fmt::format("[{}] {}/{}.vmx", home, name, name);
        inventory.vms.push_back(out);
        return inventory.vms.back();
    }
    std::vector<Component> components(const std::vector<std::string>& scope) {
        inventory.index();
        std::vector<const DatastoreInfo*> wanted;
        for (const DatastoreInfo& datastore : inventory.datastores) {
            if (std::find(scope.begin(), scope.end(), datastore.name) != scope.end()) {
                wanted.push_back(&datastore);
            }
        }
        return components_of(inventory, wanted);
    }
};

TEST(Grouping, DisksAndParentsTieDatastores) {
    Tied tied;
    DiskInfo far;
    far.datastore_id = "datastore-b";
    far.file = "[b] one/one.vmdk";
    tied.vm("one", "a").disks = {far};
    DiskInfo clone;
    clone.datastore_id = "datastore-c";
    clone.file = "[c] two/two.vmdk";
    clone.linked_clone = true;
    clone.parents = {"[b] master/master.vmdk"};
    tied.vm("two", "c").disks = {clone};
    tied.vm("three", "d");
    const std::vector<Component> all = tied.components({"a", "b", "c", "d"});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].datastores.size(), 3U); // a-b by a disk, b-c by a parent
    EXPECT_EQ(all[0].vms.size(), 2U);
    EXPECT_TRUE(all[0].outside.empty());
    EXPECT_EQ(all[1].datastores.front()->name, "d");

    const std::vector<Component> some = tied.components({"a", "d"});
    ASSERT_EQ(some.size(), 2U);
    ASSERT_EQ(some[0].outside.size(), 1U);
    EXPECT_EQ(some[0].outside[0]->name, "b");
}

// ---- namespaces ----

TEST(Budget, JoinsTheSmallestUntilTheyFit) {
    const BudgetLimits limits{0, 100, 1000, 0};
    const std::vector<HostBudget> hosts{{"h1", 1, 3}, {"h2", 0, 3}};
    std::vector<NamespaceWish> wishes;
    for (const std::uint64_t size : {500, 100, 300, 50}) {
        wishes.push_back({{"ds-" + std::to_string(size)}, {"h1", "h2"}, size, 10, true});
    }
    const JoinPlan plan = solve_budget(hosts, wishes, limits);
    EXPECT_TRUE(plan.fits);
    ASSERT_EQ(plan.namespaces.size(), 2U); // h1 has room for two
    std::vector<std::uint64_t> sizes{plan.namespaces[0].bytes, plan.namespaces[1].bytes};
    std::sort(sizes.begin(), sizes.end());
    EXPECT_EQ(sizes, (std::vector<std::uint64_t>{450, 500})); // 50+100, then +300
}

TEST(Budget, NeverBreaksItsLimitsAndSaysWhenItCannot) {
    const std::vector<HostBudget> hosts{{"h1", 0, 1}};
    std::vector<NamespaceWish> wishes{{{"a"}, {"h1"}, 600, 10, true},
                                      {{"b"}, {"h1"}, 600, 10, true}};
    EXPECT_FALSE(solve_budget(hosts, wishes, {0, 100, 1000, 0}).fits); // together too large
    EXPECT_FALSE(solve_budget(hosts, wishes, {0, 15, 2000, 0}).fits);  // too many VMs
    EXPECT_TRUE(solve_budget(hosts, wishes, {0, 20, 1200, 0}).fits);
    wishes[1].joinable = false; // offline: the volume itself is converted
    EXPECT_FALSE(solve_budget(hosts, wishes, {0, 20, 1200, 0}).fits);
    wishes[1].joinable = true;
    wishes[1].host_ids = {"h2"}; // other hosts: a join would show it to hosts that must not see it
    EXPECT_TRUE(solve_budget(hosts, wishes, {0, 20, 1200, 0}).fits);
}

TEST(Budget, IntentDecidesWhetherAJoinIsAProposal) {
    test::EstateSpec spec;
    spec.datastores = 12;
    spec.vms = 36;
    spec.on_nvme = 0;
    const Inventory inventory = test::make_estate(spec);
    const std::string limit = "target: {consolidate: {max_namespaces_per_host: 4, "
                              "max_vms_per_datastore: 60, max_size: 64TiB}}\n";
    const Result<Plan> joined =
        compile_migration(inventory, intent_of(std::string(kScope) + limit), options());
    ASSERT_TRUE(joined) << joined.error().what;
    ASSERT_FALSE(joined->consolidation.empty());
    for (const PlanConsolidation& item : joined->consolidation) {
        EXPECT_TRUE(item.applied);
    }
    for (const PlanBudget& row : joined->budget) {
        EXPECT_LE(row.namespaces_after, 4);
    }
    // Every source is in exactly one unit, and joined ones share a target.
    std::map<std::string, std::string> target_of;
    for (const Unit& unit : joined->units) {
        for (const UnitPart& part : unit.objects.parts) {
            EXPECT_TRUE(target_of.emplace(part.datastore, part.target_datastore).second);
        }
    }
    EXPECT_EQ(target_of.size(), 12U);
    for (const PlanConsolidation& item : joined->consolidation) {
        for (const std::string& source : item.sources) {
            EXPECT_EQ(target_of[source], item.target);
        }
    }
}

// ---- what PowerFlex has room for ----

class Volumes : public ::testing::Test {
  protected:
    Volumes() : inventory_(test::make_estate()) {
        for (const DatastoreInfo& datastore : inventory_.datastores) {
            if (names_.size() < 2 && inventory_.sdc_volume_of(datastore) != nullptr) {
                names_.push_back(datastore.name);
                sources_.push_back(inventory_.sdc_volume_of(datastore)->id);
            }
        }
        size_kib_ = source(0).size_kib;
    }
    const VolumeInfo& source(std::size_t i) const { return *inventory_.volume(sources_.at(i)); }
    Plan compile(const std::string& strategy, bool skip_blocked = true) {
        inventory_.index();
        const Intent intent =
            intent_of(fmt::format("scope: {{datastores: {{include: [{}]}}}}\n"
                                  "strategy: {{classify: [{{default: {}}}], offline: {{accept_kb: "
                                  "\"Dell 000213232\"}}}}\n",
                                  fmt::join(names_, ", "), strategy));
        CompileOptions how = options();
        how.skip_blocked = skip_blocked;
        Result<Plan> plan = compile_migration(inventory_, intent, how);
        EXPECT_TRUE(plan) << plan.error().what;
        return plan ? std::move(*plan) : Plan{};
    }
    static bool found(const Plan& plan, const std::string& check) {
        return std::any_of(plan.findings.begin(), plan.findings.end(),
                           [&](const PlanFinding& item) {
                               return item.check == check && item.severity == "blocker";
                           });
    }
    Inventory inventory_;
    std::vector<std::string> names_;   // two datastores on SDC volumes
    std::vector<std::string> sources_; // their volumes' ids
    std::uint64_t size_kib_ = 0;
};

TEST_F(Volumes, TwoSnapshotsOfEachConversionCountAgainstThePool) {
    ASSERT_EQ(source(1).size_kib, size_kib_);
    PoolInfo& pool = inventory_.pools.front();
    pool.allocation_limit_kib = 4 * size_kib_;
    EXPECT_EQ(compile("offline").units.size(), 2U); // just met
    EXPECT_FALSE(found(compile("offline"), "P-CAP-03"));
    pool.allocation_limit_kib = 4 * size_kib_ - 1;
    const Plan one = compile("offline");
    ASSERT_EQ(one.units.size(), 1U);
    EXPECT_TRUE(found(one, "P-CAP-03"));
    ASSERT_EQ(one.left_behind.size(), 1U);
    EXPECT_EQ(one.left_behind.front().object, "datastore " + names_[1]);
    EXPECT_EQ(one.left_behind.front().check, "P-CAP-03");
    EXPECT_TRUE(compile("offline", false).units.empty()); // a plan is whole or not at all
    pool.allocation_limit_kib = 0;                        // nothing is left
    EXPECT_TRUE(compile("offline").units.empty());
    pool.allocation_limit_kib.reset(); // not told: said, and not guessed
    const Plan unknown = compile("offline");
    EXPECT_EQ(unknown.units.size(), 2U);
    EXPECT_FALSE(found(unknown, "P-CAP-03"));
    EXPECT_TRUE(
        std::any_of(unknown.findings.begin(), unknown.findings.end(), [](const PlanFinding& item) {
            return item.check == "P-CAP-03" && item.severity == "unknown";
        }));
}

TEST_F(Volumes, NewVolumesCountAgainstThePool) {
    const Plan whole = compile("online");
    ASSERT_EQ(whole.units.size(), 2U);
    PoolInfo& pool = inventory_.pools.front();
    const VolumeDemand demand = volume_demand(inventory_, whole.units.front());
    EXPECT_EQ(demand.volumes, 1U);
    EXPECT_EQ(demand.snapshots, 0U);
    const std::uint64_t first = demand.kib_by_pool.at(pool.id);
    EXPECT_GE(first, size_kib_);
    pool.allocation_limit_kib = first;
    const Plan one = compile("online");
    ASSERT_EQ(one.units.size(), 1U);
    EXPECT_TRUE(found(one, "P-CAP-03"));
    const std::uint64_t second =
        volume_demand(inventory_, whole.units.back()).kib_by_pool.at(pool.id);
    pool.allocation_limit_kib = first + second;
    EXPECT_EQ(compile("online").units.size(), 2U);
}

TEST_F(Volumes, AVtreeHasRoomForBothSnapshots) {
    inventory_.powerflex.limits["volumePerVtree"] = 3;
    EXPECT_EQ(compile("offline").units.size(), 2U);
    VolumeInfo snapshot = source(1);
    snapshot.id = "feed000000000001";
    snapshot.name = "older";
    snapshot.ancestor_id = source(1).id;
    snapshot.mappings.clear();
    inventory_.volumes.push_back(snapshot);
    const Plan one = compile("offline");
    ASSERT_EQ(one.units.size(), 1U);
    EXPECT_TRUE(found(one, "P-SNAP-01"));
    EXPECT_EQ(one.left_behind.at(0).object, "datastore " + names_[1]);
}

TEST_F(Volumes, SnapshotsCountAgainstTheSystemsVolumes) {
    const std::size_t now = inventory_.volumes.size();
    inventory_.powerflex.limits["volumes"] = now + 4;
    EXPECT_EQ(compile("offline").units.size(), 2U);
    inventory_.powerflex.limits["volumes"] = now + 3;
    const Plan one = compile("offline");
    EXPECT_EQ(one.units.size(), 1U);
    EXPECT_TRUE(found(one, "P-LIM-03"));
    inventory_.powerflex.limits["volumes"] = now + 4;
    inventory_.powerflex.limits["snapshots"] = 3;
    EXPECT_EQ(compile("offline").units.size(), 1U);
}

// ---- what is blocked ----

VmInfo& vm_on(Inventory& inventory, const std::string& datastore, std::size_t nth) {
    for (VmInfo& vm : inventory.vms) {
        if (split_datastore_path(vm.vmx_path).datastore == datastore && nth-- == 0) {
            return vm;
        }
    }
    ADD_FAILURE() << "no such VM on " << datastore;
    return inventory.vms.front();
}

TEST(Blocked, AnOnlineUnitLeavesTheVmBehindAndKeepsTheSource) {
    Inventory inventory = test::make_estate();
    const std::string datastore = inventory.datastores.back().name;
    VmInfo& stays = vm_on(inventory, datastore, 0);
    ASSERT_NE(vm_on(inventory, datastore, 1).id, stays.id);
    stays.disks.front().rdm = RdmKind::Physical;
    const Intent intent = intent_of("scope: {datastores: {include: [" + datastore +
                                    "]}}\nstrategy: {classify: [{default: online}]}\n");

    CompileOptions strict = options();
    strict.skip_blocked = false;
    const Result<Plan> refused = compile_migration(inventory, intent, strict);
    ASSERT_TRUE(refused) << refused.error().what;
    EXPECT_TRUE(refused->units.empty());

    const Result<Plan> plan = compile_migration(inventory, intent, options());
    ASSERT_TRUE(plan) << plan.error().what;
    ASSERT_EQ(plan->units.size(), 1U);
    const auto& unit = plan->units.front();
    EXPECT_EQ(std::count(unit.objects.vm_ids.begin(), unit.objects.vm_ids.end(), stays.id), 0);
    EXPECT_FALSE(unit.objects.vm_ids.empty());
    EXPECT_TRUE(unit.objects.partial);
    ASSERT_EQ(plan->left_behind.size(), 1U);
    EXPECT_EQ(plan->left_behind.front().object, "VM " + stays.name);
    EXPECT_EQ(plan->left_behind.front().check, "V-RDM-01");
    for (const Step& step : unit.steps) {
        EXPECT_NE(step.action.op, "unmap.sdc") << "its source is still in use";
    }
}

TEST(Blocked, AVmThatSharesADiskTakesItsDatastoreWithIt) {
    Inventory inventory = test::make_estate();
    const std::string datastore = inventory.datastores.back().name;
    VmInfo& stays = vm_on(inventory, datastore, 0);
    stays.disks.front().rdm = RdmKind::Physical;
    vm_on(inventory, datastore, 1).disks.push_back(stays.disks.front());
    vm_on(inventory, datastore, 1).disks.back().rdm = RdmKind::None;
    const Result<Plan> plan =
        compile_migration(inventory,
                          intent_of("scope: {datastores: {include: [" + datastore +
                                    "]}}\nstrategy: {classify: [{default: online}]}\n"),
                          options());
    ASSERT_TRUE(plan) << plan.error().what;
    EXPECT_TRUE(plan->units.empty());
    ASSERT_EQ(plan->left_behind.size(), 1U);
    EXPECT_EQ(plan->left_behind.front().object, "datastore " + datastore);
}

// ---- what the way asks of hosts and mappings ----

TEST(Compile, OnlyOnlineUnitsAskForStorageVmotion) {
    Inventory inventory = test::make_estate();
    for (HostInfo& host : inventory.hosts) {
        host.storage_vmotion = false;
    }
    const auto compiled = [&](const std::string& strategy) {
        const Result<Plan> plan =
            compile_migration(inventory, intent_of(std::string(kScope) + strategy), options());
        EXPECT_TRUE(plan) << plan.error().what;
        return plan ? *plan : Plan{};
    };
    const Plan offline = compiled(
        "strategy: {classify: [{default: offline}], offline: {accept_kb: \"Dell 000213232\"}}\n");
    EXPECT_FALSE(offline.units.empty());
    for (const PlanFinding& item : offline.findings) {
        EXPECT_NE(item.check, "E-SVM-01") << item.object;
    }
    const Plan online = compiled("strategy: {classify: [{default: online}]}\n");
    EXPECT_TRUE(std::none_of(online.units.begin(), online.units.end(),
                             [](const Unit& unit) { return !unit.objects.vms.empty(); }));
    EXPECT_TRUE(std::any_of(online.findings.begin(), online.findings.end(),
                            [](const PlanFinding& item) { return item.check == "E-SVM-01"; }));
}

TEST(Compile, OnlineUnitsCarryTheLimitsOfTheirSources) {
    Inventory inventory = test::make_estate();
    for (VolumeInfo& volume : inventory.volumes) {
        std::uint64_t host = 0;
        for (MappingInfo& mapping : volume.mappings) {
            mapping.limit_iops = mapping.nvme ? 0 : 1000 + ++host; // each mapping has its own
            mapping.limit_mib_per_s = mapping.nvme ? 0 : 50;
        }
    }
    const Result<Plan> plan = compile_migration(inventory, intent_of(kScope), options());
    ASSERT_TRUE(plan) << plan.error().what;
    std::set<std::string> limits;
    std::size_t maps = 0;
    for (const Unit& unit : plan->units) {
        for (const Step& step : unit.steps) {
            if (step.action.op == "map.nvme") {
                ++maps;
                ASSERT_TRUE(step.action.params.contains("limit_iops")) << step.id;
                limits.insert(step.action.params.at("limit_iops"));
                EXPECT_EQ(step.action.params.at("limit_mib_per_s"), "50");
            }
        }
    }
    EXPECT_GT(maps, 4U);
    EXPECT_GT(limits.size(), 2U);
}

} // namespace
} // namespace pf::nvmetool
