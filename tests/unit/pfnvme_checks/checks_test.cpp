// Every check finds what it is for, passes a healthy estate, and never passes by ignorance.
#include "tests/support/pfnvme/estate.hpp"
#include "tests/unit/pfnvme_checks/violations.hpp"
#include "tools/pfnvme/checks/checks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace pf::nvmetool::test {

namespace {

std::vector<Violation> all_violations() {
    std::vector<Violation> out = host_violations();
    for (const auto& part : {storage_violations(), vm_violations()}) {
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

const CheckTally& tally_of(const CheckReport& report, const std::string& id) {
    for (const CheckTally& item : report.tally) {
        if (item.check == id) {
            return item;
        }
    }
    static const CheckTally kNone;
    ADD_FAILURE() << id << " was not run";
    return kNone;
}

CheckReport run_one(const Inventory& inventory, const std::string& id) {
    CheckOptions options;
    options.only = {id};
    return run_checks(inventory, options);
}

// The ids that the feature list and the restriction lists ask for.
const std::set<std::string> kAsked{
    "D-CVMDK-01", "D-LOCK-01", "D-USE-01", "D-USE-02", "D-USE-03", "D-USE-04", "D-USE-05",
    "D-USE-06", "D-USE-07", "D-USE-08", "D-USE-09", "D-USE-10", "D-USE-11", "D-USE-12", "D-VVOL-01",
    "E-ANA-01", "E-BLK-01", "E-CONN-01", "E-HPP-01", "E-HPP-02", "E-MAXLUN-01", "E-NIC-01",
    "E-PATH-03", "E-PPVE-01", "E-VAAI-01", "E-VER-01", "E-VER-02", "H-NQN-01", "H-NQN-02",
    "H-NQN-03", "H-NQN-04", "H-SDC-01", "L-NS-01", "L-PATH-01", "L-PATH-02", "N-NIC-02", "N-RED-01",
    "N-SDC-01", "N-TAG-01", "P-CAP-02", "P-HCI-01", "P-MDM-01", "P-PROTO-01", "P-QOS-01",
    "P-REP-01", "P-SDS-01", "P-SDT-01", "P-SDT-02", "V-BUS-01", "V-MULTI-01", "V-RDM-01",
    "V-SHARE-01", "V-SRM-01", "V-WSFC-01", "W-PERF-01",
    // restriction lists
    "V-SNAP-01", "V-CONS-01", "V-LINK-01", "V-IND-01", "V-FCD-01", "V-IOF-01", "V-ENC-01",
    "V-FT-01", "V-VR-01", "V-PASS-01", "V-GPU-01", "V-SWAP-01", "V-STATE-01", "V-TMPL-01",
    "V-INST-01", "V-CBT-01", "D-SPAN-01", "D-VMFS-01", "D-ACC-01", "D-UNRES-01", "D-SHARE-01",
    "E-FUSED-01", "E-STALE-01", "N-MTU-01", "P-MAP-01", "P-LIM-01", "P-LIM-02", "P-SNAP-01",
    "P-VER-01", "H-NQN-05", "P-HOST-01"};

} // namespace

TEST(CheckTable, IsCompleteSortedAndTold) {
    std::set<std::string> ids;
    std::string last;
    for (const CheckRule& rule : all_checks()) {
        EXPECT_LT(last, rule.id) << "sorted, each once";
        last = rule.id;
        ids.insert(last);
        EXPECT_FALSE(rule.title.empty()) << rule.id;
        EXPECT_FALSE(rule.why.empty()) << rule.id;
        EXPECT_FALSE(rule.fix.empty()) << rule.id;
        EXPECT_FALSE(rule.needs.empty()) << rule.id << " needs nothing, so it can't be ignorant";
        EXPECT_TRUE(rule.online || rule.offline) << rule.id;
        EXPECT_EQ(find_check(rule.id), &rule);
    }
    for (const std::string& id : kAsked) {
        EXPECT_TRUE(ids.contains(id)) << id << " is asked for and missing";
    }
    EXPECT_EQ(find_check("X-YZ-99"), nullptr);
}

TEST(CheckTable, EveryRuleHasAViolation) {
    std::map<std::string, int> counts;
    for (const Violation& item : all_violations()) {
        ++counts[item.id];
    }
    for (const CheckRule& rule : all_checks()) {
        EXPECT_EQ(counts[std::string(rule.id)], 1) << rule.id;
    }
    EXPECT_EQ(counts.size(), all_checks().size());
}

TEST(Checks, AHealthyEstateIsHealthy) {
    const CheckReport report = run_checks(make_estate());
    for (const CheckFinding& item : report.findings) {
        EXPECT_EQ(item.check, "W-PERF-01") << item.message;
    }
    EXPECT_EQ(report.blockers(), 0U);
    EXPECT_EQ(report.unknowns(), 0U);
    EXPECT_EQ(report.tally.size(), all_checks().size());
}

TEST(Checks, EveryRuleFindsItsViolation) {
    const Inventory healthy = make_estate();
    for (const Violation& item : all_violations()) {
        Inventory mended = healthy;
        if (item.mend != nullptr) {
            item.mend(mended);
            mended.index();
        }
        const CheckReport before = run_one(mended, item.id);
        EXPECT_EQ(tally_of(before, item.id).verdict(), Verdict::Ok)
            << item.id << ": " << (before.findings.empty() ? "" : before.findings.front().message);
        Inventory spoiled = healthy;
        item.spoil(spoiled);
        spoiled.index();
        const CheckReport after = run_one(spoiled, item.id);
        EXPECT_EQ(tally_of(after, item.id).verdict(), Verdict::Violated) << item.id;
        for (const CheckFinding& finding : after.findings) {
            EXPECT_FALSE(finding.message.empty()) << item.id;
            EXPECT_FALSE(finding.object.empty()) << item.id;
            EXPECT_FALSE(finding.fix.empty()) << item.id;
        }
    }
}

TEST(Checks, AMissingFactIsUnknownNeverOk) {
    Inventory inventory = make_estate();
    for (const CheckRule& rule : all_checks()) {
        for (const Fact fact : rule.needs) {
            inventory.facts.erase(fact);
            const CheckReport report = run_one(inventory, std::string(rule.id));
            EXPECT_EQ(tally_of(report, std::string(rule.id)).verdict(), Verdict::Unknown)
                << rule.id << " without " << to_string(fact);
            inventory.facts.insert(fact);
        }
    }
}

TEST(Checks, AFactThatOneObjectDoesNotTellIsUnknown) {
    struct Case {
        std::string id;
        void (*forget)(Inventory&);
    };
    const std::vector<Case> cases{
        {"D-LOCK-01", [](Inventory& in) { in.datastores.back().lock_mode.reset(); }},
        {"D-USE-05", [](Inventory& in) { in.datastores.back().sioc_enabled.reset(); }},
        {"D-USE-06", [](Inventory& in) { in.clusters.front().heartbeat_datastore_ids.reset(); }},
        {"D-USE-08", [](Inventory& in) { in.hosts.front().options.clear(); }},
        {"D-USE-10", [](Inventory& in) { in.hosts.front().swap_datastore_id.reset(); }},
        {"D-USE-12", [](Inventory& in) { in.datastores.back().content_library.reset(); }},
        {"D-CVMDK-01", [](Inventory& in) { in.datastores.back().clustered_vmdk.reset(); }},
        {"E-DISC-01", [](Inventory& in) { in.hosts.front().discovery_supported.reset(); }},
        {"E-FUSED-01", [](Inventory& in) { in.hosts.front().controllers.front().fused.reset(); }},
        {"E-PPVE-01", [](Inventory& in) { in.hosts.front().powerpath.reset(); }},
        {"E-VER-02",
         [](Inventory& in) {
             in.hosts.front().version = "7.0.3";
             in.hosts.front().build.clear();
         }},
        {"N-MTU-01", [](Inventory& in) { in.hosts.front().vmks.front().switch_mtu = 0; }},
        {"P-MAP-01",
         [](Inventory& in) {
             for (HostInfo& host : in.hosts) {
                 host.sdc_guid.clear();
             }
         }},
        {"P-MDM-01",
         [](Inventory& in) {
             in.powerflex.mdm_mode.clear();
             in.powerflex.mdm_state.clear();
         }},
        {"P-SDS-02", [](Inventory& in) { in.pools.front().capacity_known = false; }},
        {"P-CAP-03", [](Inventory& in) { in.pools.front().allocation_limit_kib.reset(); }},
        {"V-CTX-01", [](Inventory& in) { in.vms.front().drs_override.reset(); }},
    };
    for (const Case& item : cases) {
        Inventory inventory = make_estate();
        item.forget(inventory);
        inventory.index();
        EXPECT_EQ(tally_of(run_one(inventory, item.id), item.id).verdict(), Verdict::Unknown)
            << item.id;
    }
}

TEST(Checks, RulesApplyToTheirReleases) {
    const CheckRule* rule = find_check("E-VER-02");
    ASSERT_NE(rule, nullptr);
    EXPECT_TRUE(applies_to(*rule, "7.0.3"));
    EXPECT_FALSE(applies_to(*rule, "8.0.3"));
    EXPECT_TRUE(applies_to(*rule, ""));
    Inventory inventory = make_estate();
    inventory.hosts.front().build = "1"; // ESXi 8: not asked
    EXPECT_EQ(tally_of(run_one(inventory, "E-VER-02"), "E-VER-02").objects, 0U);
}

TEST(Checks, SeverityFollowsTheRelease) {
    Inventory inventory = make_estate();
    inventory.vms.front().controllers.front().shared_bus = "physicalSharing";
    EXPECT_EQ(run_one(inventory, "V-WSFC-01").findings.front().severity, Severity::Warning);
    for (HostInfo& host : inventory.hosts) {
        host.version = "8.0.2";
    }
    EXPECT_EQ(run_one(inventory, "V-WSFC-01").findings.front().severity, Severity::Blocker);
}

TEST(Checks, StrategyChoosesRules) {
    CheckOptions online;
    online.offline = false;
    const CheckReport report = run_checks(make_estate(), online);
    for (const CheckTally& item : report.tally) {
        EXPECT_TRUE(find_check(item.check)->online) << item.check;
    }
    EXPECT_LT(report.tally.size(), all_checks().size());
}

TEST(Checks, ClustersLimitTheScope) {
    Inventory inventory = make_estate({.hosts = 8, .datastores = 4, .vms = 8});
    inventory.hosts.back().connection_state = "disconnected";
    CheckOptions options;
    options.only = {"E-CONN-01"};
    options.clusters = {"esx-cl01"};
    EXPECT_EQ(run_checks(inventory, options).blockers(), 0U);
    options.clusters = {"esx-cl02"};
    EXPECT_EQ(run_checks(inventory, options).blockers(), 1U);
}

TEST(Waivers, CoverUntilTheirEnd) {
    Inventory inventory = make_estate();
    inventory.vms[0].disks[0].rdm = RdmKind::Virtual;
    inventory.vms[1].disks[0].rdm = RdmKind::Virtual;
    CheckOptions options;
    options.only = {"V-RDM-01"};
    options.now = "2026-11-22T12:00:00.000Z";
    options.waivers = {{"V-RDM-01", inventory.vms[0].name, "stays on SDC", "2026-12-01", "ops"}};
    CheckReport report = run_checks(inventory, options);
    EXPECT_EQ(report.blockers(), 1U);
    EXPECT_EQ(tally_of(report, "V-RDM-01").waived, 1U);
    EXPECT_EQ(report.findings.front().waiver, "stays on SDC");
    // On its last day it holds, a day later it does not and is named.
    options.now = "2026-12-01T23:59:00.000Z";
    EXPECT_EQ(run_checks(inventory, options).blockers(), 1U);
    options.now = "2026-12-02T00:00:00.000Z";
    report = run_checks(inventory, options);
    EXPECT_EQ(report.blockers(), 2U);
    ASSERT_EQ(report.notes.size(), 1U);
    EXPECT_NE(report.notes.front().find("ended on 2026-12-01"), std::string::npos);
}

TEST(Waivers, AreReadStrictly) {
    const auto error = [](const char* text) {
        const auto read = parse_waivers(text, "w.yaml");
        return read ? std::string() : read.error().what;
    };
    EXPECT_EQ(error("waivers: [{check: V-RDM-01, reason: kept, until: 2026-12-31}]\n"), "");
    EXPECT_NE(error("waivers: [{check: V-RDM-99, reason: kept, until: 2026-12-31}]\n")
                  .find("no check 'V-RDM-99'"),
              std::string::npos);
    EXPECT_NE(error("waivers: [{check: V-RDM-01, until: 2026-12-31}]\n").find("no reason"),
              std::string::npos);
    EXPECT_NE(error("waivers: [{check: V-RDM-01, reason: kept}]\n").find("no end"),
              std::string::npos);
    EXPECT_NE(error("waivers: [{check: V-RDM-01, reason: x, until: 2026-12-31, who: me}]\n")
                  .find("'who'"),
              std::string::npos);
}

TEST(Limits, AreReplacedByAFile) {
    const auto table = parse_limits("version: 2027-01-01\n"
                                    "esxi: [{from: \"9.0.0\", namespacesPerHost: 1024}]\n"
                                    "powerflex: {nvmeHosts: 5}\n",
                                    "limits.yaml");
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(table->for_esxi("9.0.1").namespaces_per_host, 1024U);
    EXPECT_EQ(table->for_esxi("9.0.1").paths_per_host, 2048U) << "not named: the built-in value";
    EXPECT_EQ(table->for_esxi("8.0.3").namespaces_per_host, 256U);
    EXPECT_EQ(table->for_esxi("7.0.3").namespaces_per_host, 32U);
    EXPECT_EQ(table->for_powerflex("nvmeHosts", 1), 5U);
    EXPECT_FALSE(parse_limits("version: x\nspeed: 1\n", "l"));
    EXPECT_FALSE(parse_limits("version: x\nesxi: [{from: \"9\", namespacesPerHost: 0}]\n", "l"));
    Inventory inventory = make_estate();
    CheckOptions options;
    options.only = {"P-LIM-02"};
    LimitTable small = *table;
    small.powerflex["nvmeHosts"] = 1;
    options.limits = &small;
    EXPECT_EQ(run_checks(inventory, options).blockers(), 1U);
}

TEST(Gate, AUnitOfTwoDatastoresHoldsAVmOfBoth) {
    Inventory inventory = make_estate();
    VmInfo& vm = inventory.vms[1]; // on datastores[1]
    vm.datastore_ids.push_back(inventory.datastores[2].id);
    vm.disks.back().datastore_id = inventory.datastores[2].id;
    inventory.index();
    const auto ids = [&](const std::vector<const DatastoreInfo*>& unit) {
        std::set<std::string> out;
        for (const PlanFinding& item : check_unit(inventory, unit, Strategy::Offline)) {
            if (item.severity == "blocker") {
                out.insert(item.check);
            }
        }
        return out;
    };
    EXPECT_EQ(ids({&inventory.datastores[1]}), std::set<std::string>{"V-MULTI-01"});
    EXPECT_EQ(ids({&inventory.datastores[1], &inventory.datastores[2]}), std::set<std::string>{});
}

TEST(Gate, ThingsAskedOfAUnitThatAreNotKnownAreNamed) {
    Inventory inventory = make_estate();
    EXPECT_TRUE(check_unknowns(inventory, Strategy::Offline).empty());
    inventory.facts.erase(Fact::LockModes);
    const auto unknown = check_unknowns(inventory, Strategy::Offline);
    ASSERT_EQ(unknown.size(), 1U);
    EXPECT_EQ(unknown.front().check, "D-LOCK-01");
    EXPECT_EQ(unknown.front().severity, "unknown");
    EXPECT_TRUE(check_unknowns(inventory, Strategy::Online).empty());
}

} // namespace pf::nvmetool::test
