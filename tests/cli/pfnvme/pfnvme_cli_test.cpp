// The program from outside: exit codes, one-line errors, help, and that secrets stay where they
// are. Nothing here needs a lab; the story over real wires is tests/e2e.
#include "base/file.hpp"
#include "base/process.hpp"
#include "tests/unit/pfnvme/lab_fixture.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/native_commands.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/run/journal.hpp"
#include "tools/pfnvme/run/run_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pf::nvmetool {
namespace {

class CliTest : public ::testing::Test {
  protected:
    CommandResult run(std::vector<std::string> args, std::map<std::string, std::string> env = {}) {
        args.insert(args.begin(), executable_dir() + "/pfnvme");
        env.emplace("XDG_STATE_HOME", folder_ / "state");
        for (const char* name : {"GOVC_URL", "GOVC_USERNAME", "GOVC_PASSWORD", "POWERFLEX_ENDPOINT",
                                 "POWERFLEX_USERNAME", "POWERFLEX_PASSWORD", "PF_CA_FILE"}) {
            env.emplace(name, "");
        }
        const Result<CommandResult> result = run_command(args, std::chrono::seconds(60), {}, env);
        EXPECT_TRUE(result) << result.error().what;
        return *result;
    }

    std::string write(const std::string& name, const std::string& text) {
        const std::string path = folder_ / name;
        EXPECT_TRUE(write_file_atomic(path, text));
        return path;
    }

    static std::map<std::string, std::string> unreachable() {
        return {{"GOVC_URL", "https://127.0.0.1:1"},  {"GOVC_USERNAME", "admin"},
                {"GOVC_PASSWORD", "pa55w0rd-secret"}, {"POWERFLEX_ENDPOINT", "https://127.0.0.1:1"},
                {"POWERFLEX_USERNAME", "admin"},      {"POWERFLEX_PASSWORD", "pa55w0rd-secret"}};
    }

    TempDir folder_{"pfnvme-cli"};
};

// One line on standard error that begins with the program's name.
void expect_one_sentence(const CommandResult& result) {
    EXPECT_TRUE(result.err.starts_with("pfnvme: ")) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");
}

TEST_F(CliTest, HelpNamesEveryVerb) {
    const CommandResult result = run({"--help"});
    EXPECT_EQ(result.exit_code, kExitOk);
    for (const Verb& verb : all_verbs()) {
        EXPECT_NE(result.out.find(verb.words), std::string::npos) << verb.words;
    }
}

TEST_F(CliTest, EveryVerbHasHelp) {
    for (const Verb& verb : all_verbs()) {
        std::vector<std::string> args;
        std::string word;
        for (const char c : std::string(verb.words) + " ") {
            if (c == ' ') {
                args.push_back(word);
                word.clear();
            } else {
                word += c;
            }
        }
        args.emplace_back("--help");
        const CommandResult result = run(args);
        EXPECT_EQ(result.exit_code, kExitOk) << verb.words;
        EXPECT_NE(result.out.find("--output"), std::string::npos) << verb.words;
        // Secrets are given by reference: there is no option that takes one.
        EXPECT_EQ(result.out.find("--password"), std::string::npos) << verb.words;
    }
}

TEST_F(CliTest, UnknownVerbAndOption) {
    CommandResult result = run({"hots", "nqn"});
    EXPECT_EQ(result.exit_code, kExitUsage);
    expect_one_sentence(result);
    result = run({"run", "list", "--outptu", "json"});
    EXPECT_EQ(result.exit_code, kExitUsage);
    expect_one_sentence(result);
    result = run({"run", "list", "--outp", "json"}); // abbreviations are not guessed
    EXPECT_EQ(result.exit_code, kExitUsage);
    expect_one_sentence(result);
}

TEST_F(CliTest, ExplainKnowsChecksAndExitCodes) {
    CommandResult result = run({"explain", "V-RDM-01"});
    EXPECT_EQ(result.exit_code, kExitOk);
    EXPECT_NE(result.out.find("fix:"), std::string::npos);
    for (const ExitCodeText& text : exit_code_texts()) {
        result = run({"explain", "exit", std::to_string(text.code)});
        EXPECT_EQ(result.exit_code, kExitOk);
        EXPECT_NE(result.out.find(text.meaning), std::string::npos);
    }
    result = run({"explain", "The object or item referred to could not be found."});
    EXPECT_NE(result.out.find("NVMe over TCP service"), std::string::npos);
    EXPECT_EQ(run({"explain", "X-YZ-99"}).exit_code, kExitUsage);
}

TEST_F(CliTest, MissingConnectionIsNamed) {
    const CommandResult result = run({"host", "nqn", "list"});
    EXPECT_EQ(result.exit_code, kExitUsage);
    expect_one_sentence(result);
    EXPECT_NE(result.err.find("GOVC_URL"), std::string::npos);
}

TEST_F(CliTest, UnreachableHostIsNamedAndNothingSecretIsPrinted) {
    for (const std::vector<std::string>& args : {std::vector<std::string>{"host", "nqn", "list"},
                                                 {"host", "nvme", "apply", "--yes"},
                                                 {"host", "nvme", "verify", "-o", "json"}}) {
        const CommandResult result = run(args, unreachable());
        EXPECT_EQ(result.exit_code, kExitUnreachable) << result.err;
        if (args.back() == "json") {
            EXPECT_TRUE(result.err.starts_with("{\"code\":31,")) << result.err;
            EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        } else {
            expect_one_sentence(result);
        }
        EXPECT_NE(result.err.find("127.0.0.1:1"), std::string::npos);
        EXPECT_EQ(result.err.find("pa55w0rd"), std::string::npos);
    }
}

TEST_F(CliTest, EditedPlanIsRefused) {
    test::Lab lab;
    lab.compile(test::kOfflineIntent);
    std::string text = plan_to_json(lab.plan);
    const std::string good = write("good.json", text);
    EXPECT_EQ(run({"plan", "show", good}).exit_code, kExitOk);
    text.replace(text.find("power-off"), 9, "fail     ");
    const std::string edited = write("edited.json", text);
    for (const char* verb : {"apply", "plan show"}) {
        std::vector<std::string> args{"apply", edited, "--yes"};
        if (std::string(verb) == "plan show") {
            args = {"plan", "show", edited};
        }
        const CommandResult result = run(args, unreachable());
        EXPECT_EQ(result.exit_code, kExitBadData);
        expect_one_sentence(result);
        EXPECT_NE(result.err.find("changed after compilation"), std::string::npos) << result.err;
        EXPECT_NE(result.err.find("plan compile"), std::string::npos);
    }
    EXPECT_EQ(run({"run", "list"}).out, "ID  PLAN  STARTED  STATE\n"); // no run was made
}

TEST_F(CliTest, PlanShowListsEveryStepAsJson) {
    test::Lab lab;
    lab.compile(test::kOfflineIntent);
    const std::string path = write("plan.json", plan_to_json(lab.plan));
    const CommandResult result = run({"plan", "show", path, "-o", "json"});
    EXPECT_EQ(result.exit_code, kExitOk);
    for (const Step& step : lab.plan.units.front().steps) {
        EXPECT_NE(result.out.find("\"id\":\"" + step.id + "\""), std::string::npos) << step.id;
    }
    const CommandResult commands = run({"plan", "show", path, "--print-commands"});
    EXPECT_NE(commands.out.find("esxcli storage vmfs snapshot resignature"), std::string::npos);
    EXPECT_NE(
        commands.out.find("POST /api/instances/Volume::3bd1f78800000001/action/removeMappedSdc"),
        std::string::npos);
}

TEST_F(CliTest, BadIntentNamesTheKey) {
    const std::string path = write("intent.yaml", "apiVersion: pfnvme/v1\nkind: MigrationIntent\n"
                                                  "metadata: {name: x}\nspeed: 9\n"
                                                  "scope: {datastores: {include: [\"a\"]}}\n");
    const CommandResult result = run({"plan", "compile", path});
    EXPECT_EQ(result.exit_code, kExitBadData);
    expect_one_sentence(result);
    EXPECT_NE(result.err.find("'speed'"), std::string::npos);
}

TEST_F(CliTest, UnknownRunIsNamed) {
    const CommandResult result = run({"run", "status", "20990101"});
    EXPECT_EQ(result.exit_code, kExitFailure);
    expect_one_sentence(result);
    EXPECT_NE(result.err.find("run list"), std::string::npos);
}

// A run as a killed process leaves it: plan and journal, nobody at work.
struct LeftRun {
    std::string id;
    std::string path;
};

LeftRun leave_run(const std::string& state) {
    test::Lab lab;
    lab.compile(test::kOfflineIntent);
    const Result<RunDir> dir = RunDir::create(state, lab.plan);
    EXPECT_TRUE(dir) << dir.error().what;
    Result<Journal> journal = Journal::open(dir->journal_path(), dir->id(),
                                            [] { return std::string("2026-11-22T12:00:00.000Z"); });
    Record record;
    record.phase = Phase::RunStart;
    EXPECT_TRUE(journal->append(record));
    record.phase = Phase::UnitStart;
    record.unit = "off-01";
    EXPECT_TRUE(journal->append(record));
    return {dir->id(), dir->path()};
}

TEST_F(CliTest, RunStatusAndReportNeedNoSystem) {
    const LeftRun left = leave_run(folder_ / "state/pfnvme");
    CommandResult result = run({"run", "status"});
    EXPECT_EQ(result.exit_code, kExitOk);
    EXPECT_NE(result.out.find("off-01"), std::string::npos);
    EXPECT_NE(result.out.find("next: 00-preflight"), std::string::npos) << result.out;
    result = run({"run", "report", left.id, "-f", "html"});
    EXPECT_EQ(result.exit_code, kExitOk);
    EXPECT_TRUE(result.out.starts_with("<!DOCTYPE html>"));
    EXPECT_EQ(result.out.find("http://"), std::string::npos) << "the page must need no network";
    EXPECT_EQ(result.out.find("<script"), std::string::npos);
    result = run({"run", "report", left.id, "-f", "json"});
    EXPECT_NE(result.out.find("\"schemaVersion\""), std::string::npos);
}

TEST_F(CliTest, ChangedJournalIsRefused) {
    const LeftRun left = leave_run(folder_ / "state/pfnvme");
    std::string text = *read_file(left.path + "/journal.jsonl");
    text.replace(text.find("off-01"), 6, "off-02");
    ASSERT_TRUE(write_file_atomic(left.path + "/journal.jsonl", text));
    for (const char* verb : {"status", "resume", "rollback"}) {
        const CommandResult result = run({"run", verb, left.id}, unreachable());
        EXPECT_EQ(result.exit_code, kExitBadData) << verb;
        expect_one_sentence(result);
        EXPECT_NE(result.err.find("hash chain"), std::string::npos) << result.err;
    }
}

TEST_F(CliTest, TwoProcessesNeverShareARun) {
    const LeftRun left = leave_run(folder_ / "state/pfnvme");
    const Result<FileLock> lock = FileLock::acquire(left.path + "/lock");
    ASSERT_TRUE(lock);
    const CommandResult result = run({"run", "resume", left.id}, unreachable());
    EXPECT_EQ(result.exit_code, kExitLocked);
    expect_one_sentence(result);
    EXPECT_NE(result.err.find(left.id), std::string::npos);
}

// By the shells themselves, as far as they are on this machine; bash is.
TEST_F(CliTest, CompletionIsAScript) {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const CommandResult result = run({"completion", shell});
        EXPECT_EQ(result.exit_code, kExitOk);
        EXPECT_NE(result.out.find("blockers"), std::string::npos) << shell;
        const std::string script = write("completion." + shell, result.out);
        const Result<CommandResult> there =
            run_command({"sh", "-c", "command -v " + shell}, std::chrono::seconds(10));
        ASSERT_TRUE(there);
        if (there->exit_code != 0) {
            ASSERT_NE(shell, "bash");
            continue;
        }
        const Result<CommandResult> checked =
            run_command({shell, "-n", script}, std::chrono::seconds(10));
        ASSERT_TRUE(checked);
        EXPECT_EQ(checked->exit_code, 0) << shell << ": " << checked->err;
    }
    // What is typed is completed: the words after "datastore l", the options of a verb.
    const std::string script = folder_ / "completion.bash";
    const auto complete = [&](const std::string& line) {
        const Result<CommandResult> done = run_command(
            {"bash", "-c",
             "source " + script + "; COMP_WORDS=(" + line +
                 "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _pfnvme; echo \"${COMPREPLY[@]}\""},
            std::chrono::seconds(10));
        EXPECT_TRUE(done);
        return done->out;
    };
    EXPECT_EQ(complete("pfnvme datastore l"), "list lockmode\n");
    EXPECT_EQ(complete("pfnvme array volume create --size"), "--size-gib\n");
}

TEST_F(CliTest, TheManualPageIsWellFormed) {
    const CommandResult page = run({"man"});
    EXPECT_EQ(page.exit_code, kExitOk);
    const std::string file = write("pfnvme.1", page.out);
    const Result<CommandResult> groff =
        run_command({"groff", "-man", "-ww", "-z", "-Tutf8", file}, std::chrono::seconds(30));
    ASSERT_TRUE(groff) << groff.error().what;
    EXPECT_EQ(groff->exit_code, 0);
    EXPECT_EQ(groff->err, "");
}

TEST_F(CliTest, TheReferenceIsCurrent) {
    const CommandResult made = run({"help", "--reference"});
    EXPECT_EQ(made.exit_code, kExitOk);
    const Result<std::string> kept = read_file(PF_SOURCE_DIR "/docs/reference/pfnvme.md");
    ASSERT_TRUE(kept) << kept.error().what;
    EXPECT_TRUE(made.out == *kept)
        << "make it again: pfnvme help --reference > docs/reference/pfnvme.md";
}

TEST_F(CliTest, ColourIsAskedForOrNot) {
    // Not on a terminal: plain, unless it is asked for; NO_COLOR is heard where nobody asks.
    const std::vector<std::string> verb{"check", "list", "--query", "severity = blocker"};
    const auto coloured = [&](std::vector<std::string> more,
                              std::map<std::string, std::string> env) {
        std::vector<std::string> args = verb;
        args.insert(args.end(), more.begin(), more.end());
        const CommandResult result = run(args, std::move(env));
        EXPECT_EQ(result.exit_code, kExitOk) << result.err;
        return result.out.find('\x1b') != std::string::npos;
    };
    EXPECT_FALSE(coloured({}, {}));
    EXPECT_FALSE(coloured({"--color", "never"}, {}));
    EXPECT_FALSE(coloured({}, {{"NO_COLOR", "1"}}));
    EXPECT_EQ(run({"check", "list", "--color", "green"}).exit_code, kExitUsage);
}

// Every operation that changes something, in every tool that can do it.
TEST(NativeCommands, EveryChangingOperationHasItsCommands) {
    const Params params{{"host", "esx01"},
                        {"host_id", "host-1"},
                        {"vmk", "vmk2"},
                        {"nic", "vmnic2"},
                        {"address", "10.0.0.1"},
                        {"port", "4420"},
                        {"subnqn", "nqn.x"},
                        {"nqn", "nqn.y"},
                        {"name", "n1"},
                        {"id", "00000000000000a1"},
                        {"old_name", "n0"},
                        {"max_paths", "8"},
                        {"sdc_id", "00000000000000b1"},
                        {"sdc", "s1"},
                        {"mode", "enter"},
                        {"volume", "00000000000000c1"},
                        {"volume_name", "v1"},
                        {"label", "v1"},
                        {"size_gib", "8"},
                        {"pool_id", "00000000000000d1"},
                        {"pool", "SP1"},
                        {"snapshot", "snap"},
                        {"device", "eui.1"},
                        {"vmfs_uuid", "u-1"},
                        {"datastore", "ds"},
                        {"old_uuid", "u-0"},
                        {"moves", "u-0=eui.1,u-9=eui.9"},
                        {"vm", "app"},
                        {"vm_uuid", "x"},
                        {"then", "fail"},
                        {"path", "app/app.vmx"},
                        {"target", "ds2"},
                        {"format", "0"},
                        {"portgroup", "Storage-C"},
                        {"switch", "vSwitch1"},
                        {"netmask", "255.255.255.0"},
                        {"mtu", "9000"},
                        {"record_step", "01"},
                        {"limit_iops", "500"}};
    std::size_t seen = 0;
    for (const Op* op : all_ops()) {
        if (op->name.starts_with("context.") || op->kind == OpKind::Check) {
            continue; // what vCenter keeps of VMs: several calls, the operation's own commands
        }
        ++seen;
        std::map<std::string_view, std::string> shown;
        for (const std::string_view style : kCommandStyles) {
            for (const std::string& command : native_commands(*op, params, style)) {
                shown[style] += command + "\n";
                EXPECT_EQ(command.find('\n'), std::string::npos) << op->name;
            }
        }
        if (op->on_powerflex) {
            EXPECT_TRUE(shown["rest"].starts_with("POST /api/")) << op->name << shown["rest"];
            EXPECT_TRUE(shown["esxcli"].empty() && shown["govc"].empty()) << op->name;
            // scli sets no path limits and no maintenance of targets.
            const bool none = op->name == "pfhost.limits" || op->name == "sdt.maintenance";
            EXPECT_EQ(shown["scli"].starts_with("scli --"), !none) << op->name << shown["scli"];
        } else {
            const bool govc = op->name != "vmfs.update_paths"; // which govc can't
            EXPECT_EQ(shown["govc"].empty(), !govc) << op->name;
            EXPECT_FALSE(shown["powercli"].empty()) << op->name;
            EXPECT_TRUE(shown["rest"].empty() && shown["scli"].empty()) << op->name;
        }
        EXPECT_FALSE(shown_commands(*op, params, {"esxcli", "rest"}).empty()) << op->name;
    }
    EXPECT_GE(seen, 35U);
}

} // namespace
} // namespace pf::nvmetool
