#include "tools/pfnvme/cli/session.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/native_commands.hpp"
#include "tools/pfnvme/cli/run_control.hpp"
#include "tools/pfnvme/cli/run_lock.hpp"
#include "tools/pfnvme/cli/run_progress.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/plan/approval.hpp"
#include "tools/pfnvme/report/report.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace pf::nvmetool {

namespace {

class SystemClock final : public EngineClock {
  public:
    std::chrono::steady_clock::time_point now() override { return mono_now(); }
    void sleep(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }
};

// Test hook: ends the process like kill -9, at PFNVME_CRASH_AT=<unit>:<step>:<phase>, or at the
// N-th time that a phase is reached: PFNVME_CRASH_AT=@N:<phase>.
void crash_if_asked(const std::string& unit, const std::string& step, std::string_view phase) {
    static const char* const wanted = std::getenv("PFNVME_CRASH_AT");
    if (wanted == nullptr) {
        return;
    }
    std::string_view at(wanted);
    if (at.starts_with('@')) {
        static std::atomic<long> left{std::strtol(wanted + 1, nullptr, 10)};
        const std::size_t colon = at.find(':');
        if (colon != std::string_view::npos && at.substr(colon + 1) == phase && --left == 0) {
            ::_exit(137);
        }
        return;
    }
    const std::string here = fmt::format("{}:{}:", unit, step);
    if (at.starts_with(here) && (at.substr(here.size()) == phase ||
                                 (phase == "after-done" && at.substr(here.size()) == "done"))) {
        ::_exit(137);
    }
}

EngineHooks engine_hooks(RunControl& control, RunProgress& progress) {
    EngineHooks hooks;
    if (progress.wanted()) {
        hooks.on_event = [&progress](const EngineEvent& event) { progress.show(event); };
    }
    hooks.at_point = crash_if_asked;
    hooks.wish = [&control] { return control.wish(); };
    hooks.last_wish = [&control] { return control.close(); };
    return hooks;
}

EngineOptions engine_options(const OptionValues& values, const Plan& plan) {
    EngineOptions options;
    options.settle = std::chrono::milliseconds(values.integer("settle-time"));
    options.parallel =
        static_cast<std::size_t>(std::max<std::int64_t>(1, values.integer("parallel")));
    // Hosts have nothing to do with each other: all at once, unless somebody says otherwise.
    if (plan.kind == "onboarding" && !values.given("parallel")) {
        options.parallel = std::max<std::size_t>(plan.units.size(), 1);
    }
    options.more_ports = [values]() -> Result<PortPair> {
        PF_TRY(Connections more, open_both(values));
        return PortPair{std::move(more.vsphere), std::move(more.powerflex)};
    };
    return options;
}

int exit_code_of_run(const RunResult& result) {
    switch (result.outcome) {
    case RunOutcome::Done:
    case RunOutcome::RolledBack:
        return kExitOk;
    case RunOutcome::Stale:
        return kExitStale;
    case RunOutcome::Paused:
        return kExitPaused;
    case RunOutcome::Aborted:
    case RunOutcome::FailedRolledBack:
        return kExitRolledBack;
    case RunOutcome::FailedPartly:
        return kExitPartial;
    case RunOutcome::FailedManual:
        return kExitManual;
    case RunOutcome::Interrupted:
        return exit_code_of(result.error);
    }
    return kExitInternal;
}

// Report files are evidence, not part of the run: failing to write one is said, but changes
// nothing.
void write_reports(const std::string& folder, const std::string& base, const std::string& report) {
    const auto put = [&](const std::string& name, const std::string& text) {
        if (const Result<void> written = write_file_atomic(folder + "/" + name, text); !written) {
            std::fprintf(stderr, "pfnvme: %s\n", written.error().what.c_str());
        }
    };
    if (const Result<void> made = make_dirs(folder); !made) {
        std::fprintf(stderr, "pfnvme: %s\n", made.error().what.c_str());
        return;
    }
    put(base + ".json", report);
    const std::pair<const char*, const char*> made[] = {
        {"html", "html"}, {"md", "md"}, {"junit", "junit.xml"}};
    for (const auto& [format, ending] : made) {
        if (const Result<std::string> text = report_as(report, format, {}); text) {
            put(fmt::format("{}.{}", base, ending), *text);
        }
    }
    // What backup and monitoring teams need to follow the objects.
    if (const Result<std::string> map = report_csv(report, "map"); map) {
        put(base + "-map.csv", *map);
    }
}

int finish_run(const OptionValues& values, const Plan& plan, const RunDir& dir,
               const Journal& journal, const RunResult& result) {
    const std::string report = run_report_json(plan, dir.id(), journal.records());
    write_reports(dir.path(), "report", report);
    if (const std::string& folder = values.text("report-dir"); !folder.empty()) {
        write_reports(folder, "run-report", report);
    }
    const int code = exit_code_of_run(result);
    if (output_of(values) == Output::Json) {
        std::fputs(report.c_str(), stdout);
    } else {
        std::printf("run %s: %s; report: %s/report.html\n", dir.id().c_str(),
                    std::string(to_string(result.outcome)).c_str(), dir.path().c_str());
    }
    for (const std::string& lost : result.lost) {
        std::fprintf(stderr, "not restored: %s\n", lost.c_str());
    }
    if (code != kExitOk) {
        std::string hint;
        if (result.outcome == RunOutcome::Interrupted || result.outcome == RunOutcome::Paused) {
            hint = fmt::format("; resume: pfnvme run resume {}", dir.id());
        } else if (result.outcome == RunOutcome::FailedManual) {
            hint =
                fmt::format("; then: pfnvme run resume {0}, or pfnvme run rollback {0}", dir.id());
        }
        return report_error(code, result.error.what + hint);
    }
    return code;
}

std::string blast_radius(const Plan& plan) {
    std::size_t vms = 0;
    std::size_t datastores = 0;
    std::vector<std::string> hosts;
    for (const Unit& unit : plan.units) {
        vms += unit.objects.vms.size();
        datastores += unit.objects.parts.size();
        hosts.insert(hosts.end(), unit.objects.hosts.begin(), unit.objects.hosts.end());
    }
    std::sort(hosts.begin(), hosts.end());
    hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
    return fmt::format("About to change: {} VMs, {} datastores, {} hosts ({} units, {} steps).",
                       vms, datastores, hosts.size(), plan.units.size(), plan.step_count());
}

// The plan names the systems it was compiled for; any other pair is refused.
Result<void> check_same_systems(const Plan& plan, Connections& connections) {
    PF_TRY(const VcenterInfo vcenter, connections.vsphere->about());
    PF_TRY(const PowerFlexInfo powerflex, connections.powerflex->about());
    if (vcenter.instance_uuid != plan.vcenter_uuid ||
        powerflex.system_id != plan.powerflex_system) {
        return fail(Errc::Conflict,
                    "plan '{}' was compiled for vCenter {} and PowerFlex system {}, not for {} and "
                    "{}; check "
                    "GOVC_URL and POWERFLEX_ENDPOINT",
                    plan.name, plan.vcenter_endpoint, plan.powerflex_system, vcenter.endpoint,
                    powerflex.system_id);
    }
    return {};
}

} // namespace

void add_view_options(OptionTable& table) {
    table.add({.name = "state-dir",
               .help = "folder of runs; else $XDG_STATE_HOME/pfnvme or ~/.local/state/pfnvme",
               .value_name = "DIR"});
}

void add_run_options(OptionTable& table) {
    add_view_options(table);
    add_progress_options(table);
    table.add(
        {.name = "yes", .type = OptionType::Flag, .help = "confirm without asking (also -y)"});
    table.add({.name = "confirm",
               .help = "what would have to be typed to confirm; anything else changes nothing",
               .value_name = "TEXT"});
    table.add({.name = "non-interactive",
               .type = OptionType::Flag,
               .help = "never ask: without --yes or --confirm exit 16"});
    table.add({.name = "deadline",
               .help = "pause (exit 23) instead of beginning anything after this: RFC 3339 time, "
                       "or a time from now like 90m",
               .value_name = "TIME"});
    table.add({.name = "parallel",
               .type = OptionType::Integer,
               .default_value = "4",
               .help = "units at a time, within the caps of the plan",
               .value_name = "N"});
    table.add({.name = "settle-time",
               .type = OptionType::DurationMs,
               .default_value = "10s",
               .help = "how long the effect of a call is looked for whose answer was lost, before "
                       "it is made again",
               .value_name = "TIME"});
    table.add({.name = "report-dir",
               .help = "also write the report (HTML and JSON) here",
               .value_name = "DIR"});
}

void add_continue_options(OptionTable& table) {
    add_run_options(table);
    table.add({.name = "dry-run",
               .type = OptionType::Flag,
               .help = "look at everything, print every step, change nothing"});
    add_command_options(table);
    table.add({.name = "detailed-exitcode",
               .type = OptionType::Flag,
               .help = "with --dry-run: exit 2 when there is something to do"});
}

void add_apply_options(OptionTable& table) { add_continue_options(table); }

void print_findings(const Plan& plan) {
    for (const PlanFinding& item : plan.findings) {
        std::fprintf(stderr, "%s %s: %s; fix: %s\n", item.check.c_str(), item.severity.c_str(),
                     item.message.c_str(), item.fix.c_str());
    }
}

void print_gaps(const Inventory& inventory) {
    for (const std::string& gap : inventory.gaps) {
        std::fprintf(stderr, "not read: %s\n", gap.c_str());
    }
}

int refuse_blockers(const Plan& plan) {
    std::vector<const PlanFinding*> blockers;
    for (const PlanFinding& item : plan.findings) {
        if (item.severity == "blocker" && item.waiver.empty()) {
            blockers.push_back(&item);
        }
    }
    if (blockers.empty()) {
        return report_error(kExitBlockers, "the plan has nothing to do");
    }
    std::string more;
    if (blockers.size() > 1) {
        print_findings(plan);
        more = fmt::format(" (and {} more above)", blockers.size() - 1);
    }
    const PlanFinding& first = *blockers.front();
    return report_error(
        first.check == "E-VER-01" ? kExitUnsupported : kExitBlockers,
        fmt::format("{}: {}; fix: {}{}", first.check, first.message, first.fix, more));
}

int dry_run_plan(const OptionValues& values, const Plan& plan, Connections& connections) {
    if (const Result<void> same = check_same_systems(plan, connections); !same) {
        return report_error(same.error());
    }
    const Result<std::vector<std::string>> styles = command_styles(values);
    if (!styles) {
        return report_error(styles.error());
    }
    const bool json = output_of(values) == Output::Json;
    DryRunStates states;
    std::size_t to_do = 0;
    EngineHooks hooks;
    hooks.on_event = [&](const EngineEvent& event) {
        if (event.step == nullptr) {
            if (!json) {
                std::printf("%s  %s %s\n", event.unit->id.c_str(), event.unit->strategy.c_str(),
                            event.unit->objects.datastore.c_str());
            }
            return;
        }
        const bool there = event.kind == EngineEvent::Kind::Already;
        const Op* op = find_op(event.step->action.op);
        to_do += there || op->kind == OpKind::Check ? 0U : 1U;
        states[{event.unit->id, event.step->id}] = there ? "already" : "would do";
        if (json) {
            return;
        }
        std::printf("  %s %-28s %s\n",
                    there                       ? "="
                    : op->kind == OpKind::Check ? "?"
                                                : "+",
                    event.step->id.c_str(), event.step->title.c_str());
        if (values.flag("print-commands") || values.flag("dry-run")) {
            for (const std::string& command :
                 shown_commands(*op, event.step->action.params, *styles)) {
                std::printf("      # %s\n", command.c_str());
            }
        }
    };
    SystemClock clock;
    Engine engine(*connections.vsphere, *connections.powerflex, plan, clock, std::move(hooks));
    if (const Result<void> done = engine.dry_run(); !done) {
        return report_error(done.error());
    }
    const std::string report = plan_report_json(plan, states);
    if (const std::string& folder = values.text("report-dir"); !folder.empty()) {
        write_reports(folder, "plan-report", report);
    }
    if (json) {
        std::fputs(report.c_str(), stdout);
    } else {
        std::printf("Plan: %zu to do, %zu steps in all. Nothing was changed (dry run).\n", to_do,
                    plan.step_count());
    }
    return to_do != 0 && values.flag("detailed-exitcode") ? kExitChanges : kExitOk;
}

bool confirmed(const OptionValues& values, const std::string& what, const std::string& word) {
    if (values.flag("yes")) {
        return true;
    }
    if (const std::string& given = values.text("confirm"); !given.empty()) {
        if (given == word) {
            return true;
        }
        report_error(kExitConfirmation, fmt::format("{} It is confirmed by --confirm '{}', not by "
                                                    "'{}'; nothing was changed",
                                                    what, word, given));
        return false;
    }
    if (values.flag("non-interactive") || ::isatty(STDIN_FILENO) == 0) {
        report_error(kExitConfirmation, what + " Confirm with --yes; nothing was changed");
        return false;
    }
    std::fprintf(stderr, "%s\nType %s to continue: ", what.c_str(), word.c_str());
    std::string typed;
    std::getline(std::cin, typed);
    if (typed == word) {
        return true;
    }
    report_error(kExitConfirmation, "not confirmed; nothing was changed");
    return false;
}

int apply_plan(const OptionValues& values, const Plan& plan, Connections& connections) {
    if (const Result<void> same = check_same_systems(plan, connections); !same) {
        return report_error(same.error());
    }
    if (!confirmed(values, blast_radius(plan), plan.name)) {
        return kExitConfirmation;
    }
    return apply_confirmed_plan(values, plan, connections);
}

namespace {

// A run keeps the approvals that it was started with: going on with it asks for them again.
Result<void> keep_approvals(const OptionValues& values, const Plan& plan, const RunDir& dir) {
    if (plan.policy.approval.required == 0 || values.positionals().empty()) {
        return {};
    }
    PF_TRY(const std::vector<Approval> approvals, load_approvals(values.positionals().front()));
    for (const Approval& item : approvals) {
        PF_CHECK(add_approval(dir.plan_path(), item));
    }
    return {};
}

} // namespace

int apply_confirmed_plan(const OptionValues& values, const Plan& plan, Connections& connections) {
    const Result<WallTime> deadline = run_deadline(values);
    if (!deadline) {
        return report_error(deadline.error());
    }
    Result<RunDir> dir = RunDir::create(state_dir(values.text("state-dir")), plan);
    if (!dir) {
        return report_error(dir.error());
    }
    if (const Result<void> kept = keep_approvals(values, plan, *dir); !kept) {
        (void)remove_tree(dir->path());
        return report_error(kept.error());
    }
    if (const Result<void> locked = dir->lock(plan); !locked) {
        (void)remove_tree(dir->path()); // the run never began
        return report_error(locked.error());
    }
    Result<Journal> journal =
        Journal::open(dir->journal_path(), dir->id(), [] { return format_rfc3339(wall_now()); });
    if (!journal) {
        return report_error(journal.error());
    }
    RunProgress progress(values, plan);
    progress.line(fmt::format("run {}", dir->id()));
    RunControl control(dir->path(), *deadline);
    const Result<std::unique_ptr<HeldLock>> held =
        HeldLock::take(values, connections, dir->id(), control);
    if (!held) {
        (void)remove_tree(dir->path());
        return report_error(held.error());
    }
    SystemClock clock;
    Engine engine(*connections.vsphere, *connections.powerflex, plan, clock,
                  engine_hooks(control, progress), engine_options(values, plan));
    const RunResult result = engine.run(*journal);
    progress.done();
    return finish_run(values, plan, *dir, *journal, result);
}

void add_shutdown_options(OptionTable& table) {
    table.add({.name = "guest-shutdown",
               .type = OptionType::DurationMs,
               .default_value = "5m",
               .help = "time that a guest has to shut down",
               .value_name = "TIME"});
    table.add({.name = "power-off",
               .type = OptionType::Flag,
               .help = "power off what is still up then; else the unit fails"});
}

ReverseRequest reverse_request(const OptionValues& values) {
    ReverseRequest out;
    out.guest_shutdown_s = std::max<std::int64_t>(1, values.integer("guest-shutdown") / 1000);
    out.power_off_after = values.flag("power-off");
    out.created_at = format_rfc3339(wall_now());
    out.tool_version = std::string(version());
    return out;
}

int dry_rollback(const OptionValues& values, const RunView& view, const RollbackRequest& request) {
    const Result<std::vector<std::string>> styles = command_styles(values);
    if (!styles) {
        return report_error(styles.error());
    }
    const RunState run = replay(view.journal.records);
    std::size_t calls = 0;
    for (auto unit = view.plan.units.rbegin(); unit != view.plan.units.rend(); ++unit) {
        const UnitState* state = run.find(unit->id);
        const bool named =
            request.units.empty() ||
            std::find(request.units.begin(), request.units.end(), unit->id) != request.units.end();
        if (!named || state == nullptr || state->status == UnitStatus::RolledBack) {
            continue;
        }
        if (committed(*unit, *state) && !request.discard_writes) {
            std::printf("%s  is past its commit point: --keep-writes or --discard-writes\n",
                        unit->id.c_str());
            continue;
        }
        std::printf("%s  back\n", unit->id.c_str());
        for (auto step = unit->steps.rbegin(); step != unit->steps.rend(); ++step) {
            const StepState* seen = state->find(step->id);
            if (seen == nullptr || !seen->may_have_effect() || seen->undo_complete) {
                continue;
            }
            for (const OpCall& call : step->undo) {
                const Op* op = find_op(call.op);
                if (op == nullptr) {
                    continue;
                }
                ++calls;
                std::printf("  - %-28s %s\n", step->id.c_str(), op->describe(call.params).c_str());
                for (const std::string& command : shown_commands(*op, call.params, *styles)) {
                    std::printf("      # %s\n", command.c_str());
                }
            }
        }
    }
    std::printf("Rollback: at most %zu calls. Nothing was changed (dry run).\n", calls);
    return calls != 0 && values.flag("detailed-exitcode") ? kExitChanges : kExitOk;
}

int mark_rolled_back(const OptionValues& values, const std::string& run,
                     const std::vector<std::string>& units, const std::string& how) {
    Result<RunDir> dir = RunDir::open(state_dir(values.text("state-dir")), run);
    if (!dir) {
        return report_error(dir.error());
    }
    Result<Journal> journal =
        Journal::open(dir->journal_path(), dir->id(), [] { return format_rfc3339(wall_now()); });
    if (!journal) {
        return report_error(journal.error());
    }
    for (const std::string& unit : units) {
        Record record;
        record.phase = Phase::RolledBack;
        record.unit = unit;
        record.detail = "converted back with its writes: " + how;
        if (const Result<void> written = journal->append(std::move(record)); !written) {
            return report_error(written.error());
        }
    }
    return kExitOk;
}

namespace {

// What is left to do: of a run to go on with, the plan's steps as the systems are now; of a
// cleanup, the deferred steps of the units that are done.
int dry_continue(const OptionValues& values, const Plan& plan, const std::string& journal_path,
                 RunVerb verb) {
    const Result<JournalText> journal = read_journal(journal_path);
    if (!journal) {
        return report_error(journal.error());
    }
    if (verb != RunVerb::Cleanup) {
        Result<Connections> connections = open_both(values);
        return connections ? dry_run_plan(values, plan, *connections)
                           : report_error(connections.error());
    }
    const Result<std::vector<std::string>> styles = command_styles(values);
    if (!styles) {
        return report_error(styles.error());
    }
    const RunState run = replay(journal->records);
    json::array steps;
    for (const Unit& unit : plan.units) {
        const UnitState* state = run.find(unit.id);
        if (state == nullptr || state->status != UnitStatus::Done) {
            continue;
        }
        for (const Step& step : unit.steps) {
            const StepState* seen = state->find(step.id);
            const Op* op = find_op(step.action.op);
            if (!step.deferred || op == nullptr || (seen != nullptr && seen->done)) {
                continue;
            }
            steps.push_back(
                json::object{{"unit", unit.id}, {"step", step.id}, {"title", step.title}});
            if (output_of(values) == Output::Json) {
                continue;
            }
            std::printf("%s  + %-28s %s\n", unit.id.c_str(), step.id.c_str(), step.title.c_str());
            for (const std::string& command : shown_commands(*op, step.action.params, *styles)) {
                std::printf("      # %s\n", command.c_str());
            }
        }
    }
    const std::size_t count = steps.size();
    if (output_of(values) == Output::Json) {
        std::fputs(
            pretty_json(json::object{{"schemaVersion", 1}, {"steps", std::move(steps)}}).c_str(),
            stdout);
    } else {
        std::printf("Cleanup: %zu to do. Nothing was changed (dry run).\n", count);
    }
    return count != 0 && values.flag("detailed-exitcode") ? kExitChanges : kExitOk;
}

} // namespace

int continue_run(const OptionValues& values, RunVerb verb, const RollbackRequest& request) {
    const std::string id = values.positionals().empty() ? "last" : values.positionals().front();
    const Result<WallTime> deadline = run_deadline(values);
    if (!deadline) {
        return report_error(deadline.error());
    }
    Result<RunDir> dir = RunDir::open(state_dir(values.text("state-dir")), id);
    if (!dir) {
        return report_error(dir.error());
    }
    const Result<Plan> plan = load_plan(dir->plan_path());
    if (!plan) {
        return report_error(kExitBadData, plan.error().what);
    }
    if (values.flag("dry-run")) {
        return dry_continue(values, *plan, dir->journal_path(), verb);
    }
    if (verb == RunVerb::Resume) {
        if (const int refused = refuse_unapproved(dir->plan_path(), *plan); refused != kExitOk) {
            return refused;
        }
    }
    if (const Result<void> locked = dir->lock(*plan); !locked) {
        return report_error(locked.error());
    }
    Result<Journal> journal =
        Journal::open(dir->journal_path(), dir->id(), [] { return format_rfc3339(wall_now()); });
    if (!journal) {
        return report_error(journal.error());
    }
    for (const std::string& unit : request.units) {
        if (plan->find_unit(unit) == nullptr) {
            return report_error(kExitUsage,
                                fmt::format("run {} has no unit '{}'", dir->id(), unit));
        }
    }
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    if (const Result<void> same = check_same_systems(*plan, *connections); !same) {
        return report_error(same.error());
    }
    RunProgress progress(values, *plan);
    RunControl control(dir->path(), *deadline);
    const Result<std::unique_ptr<HeldLock>> held =
        HeldLock::take(values, *connections, dir->id(), control);
    if (!held) {
        return report_error(held.error());
    }
    SystemClock clock;
    Engine engine(*connections->vsphere, *connections->powerflex, *plan, clock,
                  engine_hooks(control, progress), engine_options(values, *plan));
    RunResult result;
    switch (verb) {
    case RunVerb::Resume:
        result = engine.run(*journal);
        break;
    case RunVerb::Rollback:
        result = engine.rollback(*journal, request);
        break;
    case RunVerb::Cleanup:
        result = engine.cleanup(*journal);
        break;
    }
    progress.done();
    return finish_run(values, *plan, *dir, *journal, result);
}

} // namespace pf::nvmetool
