#include "tools/pfnvme/cli/run_progress.hpp"

#include "base/json.hpp"

#include <unistd.h>

#include <cstdio>

namespace pf::nvmetool {

namespace {

std::string clock_time() { return format_rfc3339(wall_now()).substr(11, 8); }

std::string_view kind_name(EngineEvent::Kind kind) {
    using Kind = EngineEvent::Kind;
    switch (kind) {
    case Kind::UnitStart:
        return "unit-start";
    case Kind::UnitDone:
        return "unit-done";
    case Kind::UnitStale:
        return "unit-stale";
    case Kind::WouldDo:
        return "would-do";
    case Kind::Already:
        return "already";
    case Kind::Start:
        return "start";
    case Kind::Done:
        return "done";
    case Kind::Failed:
        return "failed";
    case Kind::RollbackStart:
        return "rollback-start";
    case Kind::Undone:
        return "undone";
    case Kind::UndoFailed:
        return "undo-failed";
    case Kind::RolledBack:
        return "rolled-back";
    case Kind::Note:
        return "note";
    }
    return "?";
}

// Empty: nothing to say.
std::string text_of(const EngineEvent& event) {
    using Kind = EngineEvent::Kind;
    const std::string unit = event.unit == nullptr ? std::string() : event.unit->id;
    const std::string step = event.step == nullptr
                                 ? std::string()
                                 : fmt::format("{}/{} {}", event.step_number,
                                               event.unit->steps.size(), event.step->title);
    switch (event.kind) {
    case Kind::UnitStart:
        return fmt::format("{}: {} {}", unit, event.text, event.unit->objects.datastore);
    case Kind::UnitDone:
        return fmt::format("{}: done", unit);
    case Kind::UnitStale:
        return event.text;
    case Kind::Already:
        return fmt::format("{}  = {} ({})", unit, step, event.text);
    case Kind::Start:
        return {};
    case Kind::WouldDo:
    case Kind::Done:
        return fmt::format("{}  + {}", unit, step);
    case Kind::Failed:
        return fmt::format("{}  ! {}: {}", unit, step, event.text);
    case Kind::RollbackStart:
        return fmt::format("{}: rolling back", unit);
    case Kind::Undone:
        return fmt::format("{}  - {}", unit, event.text);
    case Kind::UndoFailed:
        return fmt::format("{}  ! undo of {}: {}", unit, step, event.text);
    case Kind::RolledBack:
        return fmt::format("{}: rolled back", unit);
    case Kind::Note:
        return event.text;
    }
    return {};
}

} // namespace

void add_progress_options(OptionTable& table) {
    table.add({.name = "quiet", .type = OptionType::Flag, .help = "no progress (also -q)"});
    table.add({.name = "progress",
               .default_value = "auto",
               .help =
                   "auto (a bar on a terminal, else lines), bar, plain, json (lines on standard "
                   "error) or none",
               .value_name = "WORD"});
}

Result<WallTime> run_deadline(const OptionValues& values) {
    const std::string& text = values.text("deadline");
    const std::string& word = values.text("progress");
    if (word != "auto" && word != "bar" && word != "plain" && word != "json" && word != "none") {
        return fail(Errc::InvalidArgument, "--progress is auto, bar, plain, json or none, not '{}'",
                    word);
    }
    if (text.empty()) {
        return WallTime::max();
    }
    if (const Result<WallTime> at = parse_rfc3339(text); at) {
        return *at;
    }
    const Result<std::int64_t> span = parse_duration_ms(text);
    if (!span || *span <= 0) {
        return fail(Errc::InvalidArgument,
                    "--deadline takes an RFC 3339 time (2026-10-19T05:00:00+02:00) or a time from "
                    "now (90m), not '{}'",
                    text);
    }
    return wall_now() + std::chrono::milliseconds(*span);
}

RunProgress::RunProgress(const OptionValues& values, const Plan& plan)
    : steps_(plan.step_count()), bar_("run", plan.step_count(), false, true) {
    const std::string& word = values.text("progress");
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    style_ = values.flag("quiet") || word == "none"          ? Style::None
             : word == "json"                                ? Style::Json
             : word == "bar" || (word == "auto" && terminal) ? Style::Bar
                                                             : Style::Plain;
}

void RunProgress::line(const std::string& text) {
    if (style_ == Style::None) {
        return;
    }
    if (style_ == Style::Json) {
        std::fprintf(stderr, "%s\n",
                     json::serialize(json::object{{"time", format_rfc3339(wall_now())},
                                                  {"event", "note"},
                                                  {"text", text}})
                         .c_str());
        return;
    }
    bar_.done();
    std::fprintf(stderr, "[%s] %s\n", clock_time().c_str(), text.c_str());
}

void RunProgress::show(const EngineEvent& event) {
    using Kind = EngineEvent::Kind;
    at_ += event.kind == Kind::Done || event.kind == Kind::Already ? 1U : 0U;
    if (style_ == Style::Json) {
        json::object out{{"time", format_rfc3339(wall_now())},
                         {"event", kind_name(event.kind)},
                         {"unit", event.unit == nullptr ? std::string() : event.unit->id},
                         {"stepsDone", at_},
                         {"steps", steps_}};
        if (event.step != nullptr) {
            out["step"] = event.step->id;
            out["title"] = event.step->title;
        }
        if (!event.text.empty()) {
            out["text"] = event.text;
        }
        std::fprintf(stderr, "%s\n", json::serialize(out).c_str());
        return;
    }
    if (const std::string text = text_of(event); !text.empty()) {
        line(text);
    }
    if (style_ == Style::Bar) {
        bar_.update(at_, fmt::format("{}/{} steps", at_, steps_));
    }
}

void RunProgress::done() { bar_.done(); }

} // namespace pf::nvmetool
