// pfnvme journal show|tail|verify|export [RUN]
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/signals.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/run/run_dir.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::milliseconds kPoll{250};

std::string line_of(const Record& record) {
    const std::string where =
        record.unit.empty() ? "" : fmt::format(" {}/{}", record.unit, record.step);
    return fmt::format("{:>6} {} {}{}{}{}{}", record.seq, record.time, to_string(record.phase),
                       record.step.empty() && !record.unit.empty() ? " " + record.unit : where,
                       record.task.empty() ? "" : " task=" + record.task,
                       record.detail.empty() ? "" : ": ", record.detail);
}

bool wanted(const OptionValues& values, const Record& record) {
    const std::vector<std::string> units = values.list("unit");
    return units.empty() || std::find(units.begin(), units.end(), record.unit) != units.end();
}

std::string csv_cell(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

std::string csv_of(const OptionValues& values, const std::vector<Record>& records) {
    std::string out = "seq,ts,phase,unit,step,endpoint,task,detail,hash\r\n";
    for (const Record& record : records) {
        if (wanted(values, record)) {
            out += fmt::format("{},{},{},{},{},{},{},{},{}\r\n", record.seq, record.time,
                               to_string(record.phase), csv_cell(record.unit),
                               csv_cell(record.step), csv_cell(record.endpoint),
                               csv_cell(record.task), csv_cell(record.detail), record.hash);
        }
    }
    return out;
}

std::string json_of(const OptionValues& values, const RunView& view) {
    json::array records;
    for (const Record& record : view.journal.records) {
        if (wanted(values, record)) {
            if (Result<json::value> parsed = parse_json(record_line(record)); parsed) {
                records.emplace_back(std::move(*parsed));
            }
        }
    }
    json::object out;
    out["schemaVersion"] = 1;
    out["run"] = view.id;
    out["records"] = std::move(records);
    return pretty_json(json::value(std::move(out)));
}

} // namespace

void journal_options(OptionTable& table) {
    add_view_options(table);
    table.add({.name = "unit",
               .type = OptionType::List,
               .help = "only records of this unit (may be repeated)",
               .value_name = "UNIT"});
}

void journal_tail_options(OptionTable& table) {
    journal_options(table);
    table.add({.name = "lines",
               .type = OptionType::Integer,
               .default_value = "20",
               .help = "so many records from the end first",
               .value_name = "N"});
    table.add({.name = "follow",
               .type = OptionType::Flag,
               .help = "go on until the run ends (Ctrl-C stops watching, not the run)"});
}

void journal_export_options(OptionTable& table) {
    journal_options(table);
    table.add({.name = "format",
               .default_value = "jsonl",
               .help = "jsonl (the records as they were written), json or csv (also -f)",
               .value_name = "FORMAT"});
    table.add({.name = "out", .help = "file; else standard output", .value_name = "FILE"});
}

int journal_show(const OptionValues& values) {
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    if (output_of(values) == Output::Json) {
        std::fputs(json_of(values, *view).c_str(), stdout);
        return kExitOk;
    }
    for (const Record& record : view->journal.records) {
        if (wanted(values, record)) {
            std::printf("%s\n", line_of(record).c_str());
        }
    }
    return kExitOk;
}

int journal_tail(const OptionValues& values) {
    StopSignal stop;
    std::uint64_t seen = 0;
    for (bool first = true;; first = false) {
        const Result<RunView> view = view_run(values);
        if (!view) {
            return report_error(view.error());
        }
        const std::vector<Record>& records = view->journal.records;
        if (first) {
            const auto lines =
                static_cast<std::size_t>(std::max<std::int64_t>(0, values.integer("lines")));
            seen = records.size() > lines ? records[records.size() - lines].seq - 1 : 0;
        }
        for (const Record& record : records) {
            if (record.seq > seen && wanted(values, record)) {
                std::printf("%s\n", line_of(record).c_str());
            }
        }
        std::fflush(stdout);
        seen = records.empty() ? seen : std::max(seen, records.back().seq);
        if (!values.flag("follow") || !replay(records).ended.empty() || stop.wait(kPoll) != 0) {
            return kExitOk;
        }
    }
}

int journal_verify(const OptionValues& values) {
    const std::string id = values.positionals().empty() ? "last" : values.positionals().front();
    const Result<RunDir> dir = RunDir::open(state_dir(values.text("state-dir")), id);
    if (!dir) {
        return report_error(dir.error());
    }
    const Result<JournalText> journal = read_journal(dir->journal_path());
    if (!journal) {
        return report_error(kExitBadData, journal.error().what);
    }
    const Result<Plan> plan = load_plan(dir->plan_path());
    if (!plan) {
        return report_error(kExitBadData, plan.error().what);
    }
    // The chain proves order and content; the plan's hash in it ties both files together.
    for (const Record& record : journal->records) {
        const auto named = record.result.find("plan");
        if (record.phase == Phase::RunStart && named != record.result.end() &&
            named->second != plan->sha256) {
            return report_error(
                kExitBadData,
                fmt::format("record {} of run {} was written for the plan {}, but the plan beside "
                            "it is {}; put the right plan back",
                            record.seq, dir->id(), named->second, plan->sha256));
        }
    }
    const std::string hash = journal->records.empty() ? "" : journal->records.back().hash;
    if (output_of(values) == Output::Json) {
        json::object out;
        out["schemaVersion"] = 1;
        out["run"] = dir->id();
        out["records"] = static_cast<std::int64_t>(journal->records.size());
        out["lastHash"] = hash;
        out["plan"] = plan->sha256;
        out["tornBytes"] = static_cast<std::int64_t>(journal->torn_bytes);
        std::fputs(pretty_json(json::value(std::move(out))).c_str(), stdout);
    } else {
        std::printf("run %s: %zu records, chain whole, last hash %s%s\n", dir->id().c_str(),
                    journal->records.size(), hash.c_str(),
                    journal->torn_bytes == 0 ? "" : "; the last line is torn (a crash)");
    }
    return kExitOk;
}

int journal_export(const OptionValues& values) {
    const std::string& format = values.text("format");
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    std::string text;
    if (output_of(values) == Output::Json || format == "json") {
        text = json_of(values, *view);
    } else if (format == "csv") {
        text = csv_of(values, view->journal.records);
    } else if (format == "jsonl") {
        for (const Record& record : view->journal.records) {
            if (wanted(values, record)) {
                text += record_line(record);
            }
        }
    } else {
        return report_error(kExitUsage,
                            fmt::format("--format is jsonl, json or csv, not '{}'", format));
    }
    if (const std::string& out = values.text("out"); !out.empty()) {
        if (const Result<void> written = write_file_atomic(out, text); !written) {
            return report_error(written.error());
        }
        return kExitOk;
    }
    std::fputs(text.c_str(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
