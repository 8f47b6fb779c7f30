// pfnvme run pause|abort|watch|logs|verify [RUN]
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/signals.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/run_control.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/run/remote_lock.hpp"
#include "tools/pfnvme/run/run_dir.hpp"
#include "tools/pfnvme/run/run_state.hpp"
#include "tools/pfnvme/run/verify.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::milliseconds kPoll{250};

Result<RunDir> dir_of(const OptionValues& values) {
    return RunDir::open(state_dir(values.text("state-dir")),
                        values.positionals().empty() ? "last" : values.positionals().front());
}

// Asks the process that works on the run, and waits until it has ended if that is wanted.
int ask(const OptionValues& values, RunWish wish, const char* said) {
    const Result<RunDir> dir = dir_of(values);
    if (!dir) {
        return report_error(dir.error());
    }
    if (const Result<void> asked = ask_run(dir->path(), wish); !asked) {
        return report_error(asked.error());
    }
    say(values, fmt::format("run {}: {}", dir->id(), said));
    StopSignal stop;
    const auto deadline = mono_now() + std::chrono::milliseconds(values.integer("wait"));
    while (mono_now() < deadline) {
        if (const Result<FileLock> alone = FileLock::acquire(dir->path() + "/lock"); alone) {
            const Result<JournalText> journal = read_journal(dir->journal_path());
            const RunState run = journal ? replay(journal->records) : RunState{};
            std::printf("run %s: %s\n", dir->id().c_str(),
                        run.ended.empty() ? "its process has ended" : run.outcome.c_str());
            return kExitOk;
        }
        if (stop.wait(kPoll) != 0) {
            break;
        }
    }
    return kExitOk;
}

// Which units an abort would take back.
int dry_abort(const OptionValues& values) {
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    const RunState run = replay(view->journal.records);
    json::array back;
    for (const Unit& unit : view->plan.units) {
        const UnitState* state = run.find(unit.id);
        const bool open = state != nullptr && state->status != UnitStatus::Pending &&
                          state->status != UnitStatus::Done &&
                          state->status != UnitStatus::RolledBack;
        if (open && !committed(unit, *state)) {
            back.emplace_back(unit.id);
        }
    }
    if (output_of(values) == Output::Json) {
        std::fputs(pretty_json(json::object{{"schemaVersion", 1},
                                            {"run", view->id},
                                            {"rollsBack", std::move(back)}})
                       .c_str(),
                   stdout);
        return kExitOk;
    }
    std::printf("run %s: %zu unit(s) would be rolled back. Nothing was changed (dry run).\n",
                view->id.c_str(), back.size());
    return kExitOk;
}

int dry_break(const OptionValues& values, const std::string& holder) {
    const Result<std::unique_ptr<VspherePort>> vsphere = open_vsphere(values);
    if (!vsphere) {
        return report_error(vsphere.error());
    }
    const Result<std::string> text = (*vsphere)->advisory_mark();
    if (!text) {
        return report_error(text.error());
    }
    const Result<LockMark> mark = parse_mark(*text);
    if (!mark) {
        say(values, "vCenter has no lock mark. Nothing was changed (dry run).");
        return kExitOk;
    }
    say(values,
        fmt::format("vCenter's lock mark is {}'s{}. Nothing was changed (dry run).", mark->holder,
                    mark->holder == holder ? ": it would be removed" : ", not yours to remove"));
    return kExitOk;
}

std::string unit_line(const Unit& unit, const UnitState& state) {
    std::size_t all = 0;
    std::size_t done = 0;
    std::string now;
    for (const Step& step : unit.steps) {
        if (step.deferred) {
            continue;
        }
        ++all;
        const StepState* seen = state.find(step.id);
        if (seen != nullptr && seen->done) {
            ++done;
        } else if (now.empty()) {
            now = step.title;
        }
    }
    return fmt::format("{} {} {}/{} {}", unit.id, to_string(state.status), done, all,
                       state.status == UnitStatus::Running ? now : state.error);
}

} // namespace

void run_ask_options(OptionTable& table) {
    add_view_options(table);
    table.add({.name = "wait",
               .type = OptionType::DurationMs,
               .default_value = "0s",
               .help = "wait so long for the run to stop",
               .value_name = "TIME"});
}

void run_abort_options(OptionTable& table) {
    run_ask_options(table);
    table.add({.name = "dry-run",
               .type = OptionType::Flag,
               .help = "say what would be asked of whom; ask nothing, remove nothing"});
    table.add({.name = "break-lock",
               .help = "remove vCenter's lock mark of exactly this holder, whose process is dead",
               .value_name = "HOLDER"});
}

int run_pause(const OptionValues& values) {
    return ask(values, RunWish::Pause, "asked to pause after its current steps");
}

int run_abort(const OptionValues& values) {
    const std::string& holder = values.text("break-lock");
    if (values.flag("dry-run")) {
        return holder.empty() ? dry_abort(values) : dry_break(values, holder);
    }
    if (holder.empty()) {
        return ask(values, RunWish::Abort, "asked to abort and roll back");
    }
    const Result<std::unique_ptr<VspherePort>> vsphere = open_vsphere(values);
    if (!vsphere) {
        return report_error(vsphere.error());
    }
    if (const Result<void> broken = break_remote_lock(**vsphere, holder); !broken) {
        return report_error(broken.error());
    }
    say(values, fmt::format("lock of {} removed", holder));
    return kExitOk;
}

int run_watch(const OptionValues& values) {
    StopSignal stop;
    std::map<std::string, std::string> shown;
    while (true) {
        const Result<RunView> view = view_run(values);
        if (!view) {
            return report_error(view.error());
        }
        const RunState run = replay(view->journal.records);
        for (const Unit& unit : view->plan.units) {
            const UnitState* state = run.find(unit.id);
            std::string line = state == nullptr ? "" : unit_line(unit, *state);
            if (line != shown[unit.id]) {
                std::printf("[%s] %s\n", format_rfc3339(wall_now()).substr(11, 8).c_str(),
                            line.c_str());
                shown[unit.id] = std::move(line);
            }
        }
        std::fflush(stdout);
        if (!run.ended.empty()) {
            std::printf("run %s: %s\n", view->id.c_str(), run.outcome.c_str());
            return kExitOk;
        }
        if (stop.wait(kPoll) != 0) {
            return kExitOk; // the run goes on
        }
    }
}

int run_logs(const OptionValues& values) {
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    json::array lines;
    for (const Record& record : view->journal.records) {
        const Unit* unit = view->plan.find_unit(record.unit);
        const Step* step = unit == nullptr ? nullptr : unit->find_step(record.step);
        if ((record.phase == Phase::Observed && step != nullptr) || record.phase == Phase::Sent) {
            continue; // of interest to the journal alone
        }
        std::string text = step == nullptr ? record.detail : step->title;
        if (step != nullptr && record.phase != Phase::Intent && record.detail != step->title) {
            text += record.detail.empty() ? "" : ": " + record.detail;
        }
        if (output_of(values) == Output::Json) {
            lines.push_back(json::object{{"time", record.time},
                                         {"phase", to_string(record.phase)},
                                         {"unit", record.unit},
                                         {"step", record.step},
                                         {"text", text}});
            continue;
        }
        std::printf("%s %-14s %-10s %s\n", record.time.c_str(),
                    std::string(to_string(record.phase)).c_str(), record.unit.c_str(),
                    text.c_str());
    }
    if (output_of(values) == Output::Json) {
        std::fputs(
            pretty_json(
                json::object{{"schemaVersion", 1}, {"run", view->id}, {"lines", std::move(lines)}})
                .c_str(),
            stdout);
    }
    return kExitOk;
}

int run_verify(const OptionValues& values) {
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    const Result<std::vector<VerifyRow>> rows = verify_run(
        *connections->vsphere, *connections->powerflex, view->plan, replay(view->journal.records));
    if (!rows) {
        return report_error(rows.error());
    }
    const auto broken =
        std::count_if(rows->begin(), rows->end(), [](const VerifyRow& row) { return !row.holds; });
    if (output_of(values) == Output::Json) {
        json::array list;
        for (const VerifyRow& row : *rows) {
            json::object item;
            item["unit"] = row.unit;
            item["step"] = row.step;
            item["what"] = row.what;
            item["holds"] = row.holds;
            item["seen"] = row.seen;
            list.emplace_back(std::move(item));
        }
        json::object out;
        out["schemaVersion"] = 1;
        out["run"] = view->id;
        out["broken"] = static_cast<std::int64_t>(broken);
        out["checks"] = std::move(list);
        std::fputs(pretty_json(json::value(std::move(out))).c_str(), stdout);
    } else {
        std::vector<std::vector<std::string>> table{{"UNIT", "HOLDS", "WHAT", "SEEN"}};
        for (const VerifyRow& row : *rows) {
            table.push_back({row.unit, row.holds ? "yes" : "NO", row.what, row.seen});
        }
        std::fputs(format_table(table).c_str(), stdout);
    }
    if (broken != 0) {
        return report_error(kExitFailure,
                            fmt::format("{} of {} read-backs of run {} don't hold any more", broken,
                                        rows->size(), view->id));
    }
    return kExitOk;
}

} // namespace pf::nvmetool
