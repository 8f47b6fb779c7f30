// Inventory, check and comfort verbs from outside: text and JSON as contracts, exit codes, and that
// every verb that changes something can be tried without.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/yaml.hpp"
#include "tests/support/pfnvme/estate.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/progress.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pf::nvmetool::test {

namespace {

class InventoryCli : public ::testing::Test {
  protected:
    void SetUp() override {
        Inventory inventory = make_estate({.vms = 6});
        inventory.vms[0].disks[0].rdm = RdmKind::Virtual;
        file_ = folder_ / "estate.db";
        ASSERT_TRUE(save_inventory(inventory, file_));
        inventory.vms[1].power_state = "poweredOff";
        inventory.index();
        ASSERT_TRUE(save_inventory(inventory, folder_ / "later.db"));
    }

    CommandResult run(std::vector<std::string> args, std::map<std::string, std::string> env = {}) {
        args.insert(args.begin(), executable_dir() + "/pfnvme");
        env.emplace("XDG_STATE_HOME", folder_ / "state");
        env.emplace("XDG_CONFIG_HOME", folder_ / "config");
        for (const char* name : {"GOVC_URL", "GOVC_USERNAME", "GOVC_PASSWORD", "POWERFLEX_ENDPOINT",
                                 "POWERFLEX_USERNAME", "POWERFLEX_PASSWORD", "PF_CA_FILE"}) {
            env.emplace(name, "");
        }
        const Result<CommandResult> result = run_command(args, std::chrono::seconds(60), {}, env);
        EXPECT_TRUE(result) << result.error().what;
        return *result;
    }

    TempDir folder_{"pfnvme-icli"};
    std::string file_;
};

} // namespace

TEST_F(InventoryCli, ShowIsATableForPeople) {
    const CommandResult result =
        run({"inventory", "show", "datastores", "--inventory", file_, "--query",
             "where protocol = nvme", "--columns", "name,volume,protocol,capacity_bytes"});
    EXPECT_EQ(result.exit_code, kExitOk) << result.err;
    EXPECT_EQ(result.out, "NAME          VOLUME    PROTOCOL  CAPACITY-BYTES\n"
                          "nvme-ds-0001  vol-0001  nvme      1023 GiB\n");
}

TEST_F(InventoryCli, ShowInEveryFormat) {
    const std::vector<std::string> base{
        "inventory",   "show",      "vms",
        "--inventory", file_,       "--sort",
        "-name",       "--query",   "name like 'app-0000?' and not power_state = poweredOff",
        "--columns",   "name,cpus", "--output"};
    const auto with = [&](const std::string& format) {
        std::vector<std::string> args = base;
        args.push_back(format);
        return run(args).out;
    };
    EXPECT_TRUE(with("csv").starts_with("name,cpus\napp-00006,4\n")) << with("csv");
    EXPECT_TRUE(with("md").starts_with("| name | cpus |\n|---|---|\n| app-00006 | 4 |\n"));
    EXPECT_TRUE(with("name").starts_with("app-00006\napp-00005\n"));
    EXPECT_TRUE(with("jsonl").starts_with("{\"cpus\":4,\"name\":\"app-00006\"}\n"));
    const auto document = parse_json(with("json"));
    ASSERT_TRUE(document);
    EXPECT_EQ(document->at("kind"), "vms");
    EXPECT_EQ(document->at("schemaVersion"), 1);
    EXPECT_EQ(document->at("items").as_array().size(), 6U);
    const auto yaml = parse_yaml(with("yaml"));
    ASSERT_TRUE(yaml) << yaml.error().what << with("yaml");
    EXPECT_EQ(canonical_json(*yaml), canonical_json(*document)) << "both say the same";
}

TEST_F(InventoryCli, MistakesAreNamed) {
    CommandResult result =
        run({"inventory", "show", "vms", "--inventory", file_, "--query", "where nam = x"});
    EXPECT_EQ(result.exit_code, kExitUsage);
    EXPECT_EQ(result.err,
              "pfnvme: query, column 7: there is no field 'nam'; did you mean 'name'?\n");
    EXPECT_EQ(run({"inventory", "show", "cows", "--inventory", file_}).exit_code, kExitUsage);
    result = run({"inventory", "show", "vms", "--inventory", folder_ / "no.db", "-o", "json"});
    EXPECT_EQ(result.exit_code, kExitFailure);
    const auto error = parse_json(result.err);
    ASSERT_TRUE(error) << result.err;
    for (const char* key : {"code", "id", "message", "object", "cause", "fix", "docs"}) {
        EXPECT_TRUE(error->as_object().contains(key)) << key;
    }
    EXPECT_EQ(run({"inventory", "show", "vms", "-o", "xml"}).exit_code, kExitUsage);
}

TEST_F(InventoryCli, DiffTellsFieldsAndExitCode) {
    const CommandResult result =
        run({"inventory", "diff", file_, folder_ / "later.db", "--detailed-exitcode", "-o", "csv"});
    EXPECT_EQ(result.exit_code, kExitChanges) << result.err;
    EXPECT_EQ(result.out, "change,table,key,name,field,before,after\n"
                          "changed,vms,vm-10001,app-00002,power_state,poweredOn,poweredOff\n");
    EXPECT_EQ(run({"inventory", "diff", file_, file_, "--detailed-exitcode"}).exit_code, kExitOk);
}

TEST_F(InventoryCli, ChecksGateAndWaiversLift) {
    CommandResult result =
        run({"check", "run", "--inventory", file_, "--only", "V-RDM", "-o", "json"});
    EXPECT_EQ(result.exit_code, kExitBlockers);
    auto document = parse_json(result.out);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->at("blockers"), 1);
    EXPECT_EQ(document->at("findings").at(0).at("check"), "V-RDM-01");
    result = run({"check", "run", "--inventory", file_, "--only", "V-RDM"});
    EXPECT_EQ(result.out,
              "V-RDM-01 VM has a raw device mapping\n"
              "  blocker  VM 'app-00001' has a virtual raw device mapping (Hard disk 1)\n"
              "           fix: convert a virtual RDM to a VMDK by Storage vMotion; a physical one "
              "stays on SDC\n\n1 checks: 1 blockers, 0 warnings, 0 unknown\n");
    EXPECT_EQ(run({"check", "waive", "V-RDM-01", "--object", "app-00001", "--reason", "kept on SDC",
                   "--until", "2999-12-31"})
                  .exit_code,
              kExitOk);
    EXPECT_EQ(run({"check", "run", "--inventory", file_, "--only", "V-RDM"}).exit_code, kExitOk);
    EXPECT_EQ(run({"check", "unwaive", "V-RDM-01", "--object", "app-00001"}).exit_code, kExitOk);
    EXPECT_EQ(run({"check", "run", "--inventory", file_, "--only", "V-RDM"}).exit_code,
              kExitBlockers);
    EXPECT_EQ(run({"check", "waive", "V-RDM-01", "--reason", "x"}).exit_code, kExitUsage);
    EXPECT_EQ(run({"check", "run", "--inventory", file_, "--only", "W-PERF", "--strict"}).exit_code,
              kExitOk)
        << "information is no warning";
}

TEST_F(InventoryCli, CheckListFollowsTheRelease) {
    const std::string all = run({"check", "list", "-o", "name"}).out;
    const std::string eight = run({"check", "list", "--for", "8.0.3", "-o", "csv"}).out;
    EXPECT_GT(std::count(all.begin(), all.end(), '\n'), 90);
    EXPECT_EQ(eight.find("\nE-VER-02,"), std::string::npos);
    EXPECT_NE(eight.find("\nE-HPP-01,"), std::string::npos);
}

TEST_F(InventoryCli, ExplainRanksCauses) {
    const CommandResult result =
        run({"explain", "The object or item referred to could not be found", "-o", "json"});
    const auto document = parse_json(result.out);
    ASSERT_TRUE(document) << result.out;
    EXPECT_EQ(document->at("errors").at(0).at("causes").at(0).at("check"), "N-TAG-01");
    EXPECT_EQ(document->at("errors").at(0).at("causes").at(1).at("check"), "N-NIC-02");
}

TEST_F(InventoryCli, PermissionsMakeARole) {
    const std::string role = run({"check", "permissions", "--mode", "read", "--role", "govc"}).out;
    EXPECT_TRUE(role.starts_with("govc role.create pfnvme-read ")) << role;
    EXPECT_EQ(role.find("PowerOff"), std::string::npos);
    EXPECT_NE(
        run({"check", "permissions", "-o", "csv"}).out.find("VirtualMachine.Inventory.Register"),
        std::string::npos);
}

TEST_F(InventoryCli, RvToolsFilesBecomeAnInventory) {
    ASSERT_TRUE(write_file_atomic(folder_ / "RVTools_tabvInfo.csv",
                                  "VM,Powerstate,CPUs,Memory,In Use MiB,Path,Host\n"
                                  "a,poweredOn,1,1,10,[ds] a/a.vmx,esx1\n"));
    const std::string out = folder_ / "rv.db";
    const CommandResult result =
        run({"inventory", "import", folder_.path(), "--inventory", out, "-o", "json"});
    EXPECT_EQ(result.exit_code, kExitOk) << result.err;
    // What RVTools can't know stays unknown: no check passes.
    const CommandResult checks = run({"check", "run", "--inventory", out, "-o", "json"});
    const auto document = parse_json(checks.out);
    ASSERT_TRUE(document);
    for (const json::value& item : document->at("checks").as_array()) {
        EXPECT_EQ(item.at("verdict"), "unknown") << item.at("check");
    }
}

TEST_F(InventoryCli, ExportsWholeOrAsSheets) {
    EXPECT_EQ(
        run({"inventory", "export", "--inventory", file_, "--out", folder_ / "all.json"}).exit_code,
        kExitOk);
    const auto document = parse_json(*read_file(folder_ / "all.json"));
    ASSERT_TRUE(document);
    EXPECT_EQ(document->at("tables").at("vms").as_array().size(), 6U);
    EXPECT_EQ(run({"inventory", "export", "--inventory", file_, "--format", "csv", "--out",
                   folder_ / "sheets"})
                  .exit_code,
              kExitOk);
    EXPECT_TRUE(file_exists(folder_ / "sheets/vms.csv"));
}

TEST_F(InventoryCli, ContextsHoldReferencesOnly) {
    EXPECT_EQ(run({"context", "add", "prod", "--vcenter", "https://127.0.0.1:1", "--vcenter-user",
                   "u", "--vcenter-password", "hunter2"})
                  .exit_code,
              kExitUsage);
    EXPECT_EQ(run({"context", "add", "prod", "--vcenter", "https://127.0.0.1:1", "--vcenter-user",
                   "u", "--vcenter-password", "env:SOME_PASSWORD"})
                  .exit_code,
              kExitOk);
    const CommandResult result = run({"host", "nqn", "list"}, {{"SOME_PASSWORD", "s3cr3t-value"}});
    EXPECT_EQ(result.exit_code, kExitUnreachable) << result.err;
    EXPECT_NE(result.err.find("https://127.0.0.1:1"), std::string::npos);
    EXPECT_EQ(result.err.find("s3cr3t"), std::string::npos);
    EXPECT_NE(run({"env", "-o", "csv"}).out.find("vcenter,https://127.0.0.1:1,context"),
              std::string::npos);
    EXPECT_EQ(run({"host", "nqn", "list", "-C", "none"}).exit_code, kExitFailure);
    EXPECT_EQ(run({"context", "rm", "prod"}).exit_code, kExitOk);
    EXPECT_EQ(run({"context", "use", "prod"}).exit_code, kExitFailure);
}

TEST_F(InventoryCli, SupportBundleHoldsNoSecret) {
    ASSERT_TRUE(make_dirs(folder_ / "state/pfnvme/runs/r1"));
    ASSERT_TRUE(
        write_file_atomic(folder_ / "state/pfnvme/runs/r1/log.txt",
                          "login as admin with pa55w0rd-secret\n{\"password\": \"other\"}\n"));
    const CommandResult result =
        run({"support-bundle", "--out", folder_ / "b.tar"}, {{"GOVC_PASSWORD", "pa55w0rd-secret"}});
    EXPECT_EQ(result.exit_code, kExitOk) << result.err;
    const auto bundle = read_file(folder_ / "b.tar");
    ASSERT_TRUE(bundle);
    EXPECT_NE(bundle->find("runs/r1/log.txt"), std::string::npos);
    EXPECT_EQ(bundle->find("pa55w0rd"), std::string::npos);
    EXPECT_EQ(bundle->find("other"), std::string::npos);
    EXPECT_EQ(bundle->size() % 512, 0U);
}

TEST_F(InventoryCli, OneTableDrivesHelpManAndCompletion) {
    const auto machine = parse_json(run({"help", "--machine"}).out);
    ASSERT_TRUE(machine);
    EXPECT_EQ(machine->at("verbs").as_array().size(), all_verbs().size());
    const std::string man = run({"man"}).out;
    const std::string bash = run({"completion", "bash"}).out;
    const std::string zsh = run({"completion", "zsh"}).out;
    const std::string fish = run({"completion", "fish"}).out;
    for (const Verb& verb : all_verbs()) {
        EXPECT_NE(man.find(".SS pfnvme " + std::string(verb.words).substr(0, 4)),
                  std::string::npos);
        EXPECT_NE(bash.find("'" + std::string(verb.words) + "'"), std::string::npos) << verb.words;
        EXPECT_NE(zsh.find("'" + std::string(verb.words) + "'"), std::string::npos);
        EXPECT_NE(fish.find(std::string(verb.words)), std::string::npos) << verb.words;
    }
}

TEST(CommandTable, EveryChangingVerbHasADryRun) {
    for (const Verb& verb : all_verbs()) {
        const OptionTable table = option_table(verb);
        const bool dry = std::any_of(table.specs().begin(), table.specs().end(),
                                     [](const OptionSpec& spec) { return spec.name == "dry-run"; });
        if (verb.effect == VerbEffect::Changes) {
            EXPECT_TRUE(dry) << verb.words << " changes something, but has no --dry-run";
        }
    }
}

TEST(ProgressBar, ShowsShareAndText) {
    EXPECT_EQ(Progress::bar("moving", 5, 20, "x"), "moving [#####...............] 25 % x");
    EXPECT_EQ(Progress::bar("reading", 5, 0, "5 VMs"), "reading: 5 VMs");
}

} // namespace pf::nvmetool::test
