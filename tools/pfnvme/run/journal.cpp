#include "tools/pfnvme/run/journal.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace pf::nvmetool {

namespace {

constexpr std::array<std::pair<Phase, std::string_view>, 18> kPhases{{
    {Phase::RunStart, "run-start"},
    {Phase::RunEnd, "run-end"},
    {Phase::Recovered, "recovered"},
    {Phase::UnitStart, "unit-start"},
    {Phase::UnitStale, "unit-stale"},
    {Phase::UnitDone, "unit-done"},
    {Phase::Already, "already"},
    {Phase::Intent, "intent"},
    {Phase::Sent, "sent"},
    {Phase::Observed, "observed"},
    {Phase::Done, "done"},
    {Phase::Failed, "failed"},
    {Phase::RollbackStart, "rollback-start"},
    {Phase::UndoIntent, "undo-intent"},
    {Phase::UndoSent, "undo-sent"},
    {Phase::Undone, "undone"},
    {Phase::UndoFailed, "undo-failed"},
    {Phase::RolledBack, "rolled-back"},
}};

Result<Phase> parse_phase(std::string_view text) {
    for (const auto& [phase, name] : kPhases) {
        if (name == text) {
            return phase;
        }
    }
    return fail(Errc::Corrupt, "unknown phase '{}'", text);
}

// Empty members are left out: most records have few.
json::object to_json(const Record& record) {
    json::object out;
    const auto put = [&out](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            out[name] = value;
        }
    };
    out["seq"] = static_cast<std::int64_t>(record.seq);
    out["prevHash"] = record.previous_hash;
    out["ts"] = record.time;
    out["runId"] = record.run;
    out["phase"] = to_string(record.phase);
    put("unit", record.unit);
    put("step", record.step);
    put("idempotencyKey", record.key);
    put("endpoint", record.endpoint);
    put("request", record.request);
    put("task", record.task);
    put("detail", record.detail);
    if (!record.result.empty()) {
        json::object result;
        for (const auto& [name, value] : record.result) {
            result[name] = value;
        }
        out["result"] = std::move(result);
    }
    return out;
}

std::string hash_of(const Record& record) {
    return sha256_hex(as_bytes(canonical_json(json::value(to_json(record)))));
}

Result<Record> parse_record(std::string_view line) {
    PF_TRY(const json::value document, parse_json(line));
    if (!document.is_object()) {
        return fail(Errc::Corrupt, "a record is not an object");
    }
    const json::object& in = document.get_object();
    Record record;
    PF_TRY(const std::int64_t seq, json_int(in, "seq"));
    record.seq = static_cast<std::uint64_t>(seq);
    PF_TRY(record.previous_hash, json_str(in, "prevHash"));
    PF_TRY(record.hash, json_str(in, "hash"));
    PF_TRY(record.time, json_str(in, "ts"));
    PF_TRY(record.run, json_str(in, "runId"));
    PF_TRY(const std::string phase, json_str(in, "phase"));
    PF_TRY(record.phase, parse_phase(phase));
    record.unit = json_str_or(in, "unit", "");
    record.step = json_str_or(in, "step", "");
    record.key = json_str_or(in, "idempotencyKey", "");
    record.endpoint = json_str_or(in, "endpoint", "");
    record.request = json_str_or(in, "request", "");
    record.task = json_str_or(in, "task", "");
    record.detail = json_str_or(in, "detail", "");
    if (const json::value* result = in.if_contains("result"); result != nullptr) {
        if (!result->is_object()) {
            return fail(Errc::Corrupt, "\"result\" is not an object");
        }
        for (const auto& member : result->get_object()) {
            if (!member.value().is_string()) {
                return fail(Errc::Corrupt, "\"result\" holds something else than text");
            }
            record.result.emplace(std::string(member.key()),
                                  std::string(member.value().get_string()));
        }
    }
    return record;
}

} // namespace

std::string record_line(const Record& record) {
    json::object out = to_json(record);
    out["hash"] = record.hash;
    return canonical_json(json::value(std::move(out))) + "\n";
}

std::string_view to_string(Phase phase) {
    for (const auto& [value, name] : kPhases) {
        if (value == phase) {
            return name;
        }
    }
    return "?";
}

Result<JournalText> parse_journal(std::string_view text) {
    JournalText out;
    std::string previous;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            out.torn_bytes = text.size();
            break;
        }
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        Result<Record> record = parse_record(line);
        const std::size_t number = out.records.size() + 1;
        if (!record) {
            return fail(Errc::Corrupt, "journal line {}: {}", number, record.error().what);
        }
        if (record->seq != number || record->previous_hash != previous ||
            record->hash != hash_of(*record)) {
            return fail(
                Errc::Corrupt,
                "journal line {} does not continue the hash chain: the journal was changed by "
                "hand; compare it with a backup before any further run",
                number);
        }
        previous = record->hash;
        out.records.push_back(std::move(*record));
    }
    return out;
}

Result<JournalText> read_journal(const std::string& path) {
    PF_TRY(const std::string text, read_file(path));
    Result<JournalText> parsed = parse_journal(text);
    if (!parsed) {
        return fail(parsed.error().code, "{}: {}", path, parsed.error().what);
    }
    return parsed;
}

Journal::Journal(std::optional<AppendFile> file, std::string run_id,
                 std::function<std::string()> now)
    : file_(std::move(file)), run_id_(std::move(run_id)), now_(std::move(now)) {}

Journal Journal::in_memory() {
    return Journal(std::nullopt, {}, [] { return std::string(); });
}

Result<Journal> Journal::open(const std::string& path, const std::string& run_id,
                              std::function<std::string()> now) {
    JournalText existing;
    std::size_t whole_bytes = 0;
    if (file_exists(path)) {
        PF_TRY(const std::string text, read_file(path));
        Result<JournalText> parsed = parse_journal(text);
        if (!parsed) {
            return fail(parsed.error().code, "{}: {}", path, parsed.error().what);
        }
        existing = std::move(*parsed);
        whole_bytes = text.size() - existing.torn_bytes;
        if (existing.torn_bytes > 0 &&
            ::truncate(path.c_str(), static_cast<off_t>(whole_bytes)) != 0) {
            return fail(errno_error("cannot cut the torn last line of", path, errno));
        }
    }
    PF_TRY(AppendFile file, AppendFile::open(path, 0600));
    Journal journal(std::move(file), run_id, std::move(now));
    journal.records_ = std::move(existing.records);
    if (!journal.records_.empty()) {
        journal.last_hash_ = journal.records_.back().hash;
    }
    if (existing.torn_bytes > 0) {
        Record record;
        record.phase = Phase::Recovered;
        record.detail = fmt::format("cut {} bytes of a torn last line", existing.torn_bytes);
        PF_CHECK(journal.append(std::move(record)));
    }
    return journal;
}

Result<void> Journal::append(Record record) {
    record.seq = records_.size() + 1;
    record.previous_hash = last_hash_;
    record.time = now_();
    record.run = run_id_;
    record.hash = hash_of(record);
    if (file_) {
        PF_CHECK(file_->append(record_line(record)));
    }
    last_hash_ = record.hash;
    records_.push_back(std::move(record));
    return {};
}

} // namespace pf::nvmetool
