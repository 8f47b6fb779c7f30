// The run journal: append-only JSON lines, each durable before append() returns, each chained to
// the one before by SHA-256.
//
// A record is written before and after every external call, so after any crash the journal says
// which call may be in flight. Opening an existing journal checks the whole chain: a record that
// was changed, removed or inserted is Corrupt and nothing is executed. Only the very last line may
// be torn (a crash in the middle of a write); it is cut off and a Recovered record says how many
// bytes that were. Format: docs/formats/journal.md. Names and endpoints are in it, secrets never.
#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class Phase {
    RunStart,
    RunEnd,
    Recovered, // a torn last line was cut off
    UnitStart, // fingerprint matched
    UnitStale, // it did not
    UnitDone,
    Already,  // the effect was there before this run asked for it; never undone
    Intent,   // the call comes next
    Sent,     // the call returned; names the task, if there is one
    Observed, // the effect was read back
    Done,
    Failed,
    RollbackStart,
    UndoIntent,
    UndoSent,
    Undone,
    UndoFailed,
    RolledBack, // the unit is as it was
};

[[nodiscard]] std::string_view to_string(Phase phase);

struct Record {
    std::uint64_t seq = 0;
    std::string previous_hash;
    std::string hash;
    std::string time; // RFC 3339
    std::string run;
    std::string unit;
    std::string step;
    Phase phase = Phase::RunStart;
    std::string key;      // idempotency key of the step
    std::string endpoint; // system that the call goes to
    std::string request;  // digest of operation and parameters
    std::string task;     // vCenter task, if any
    std::string detail;   // one sentence for people
    Params result;        // evidence and values that later steps need

    friend bool operator==(const Record&, const Record&) = default;
};

// The record as it stands in the file: canonical JSON with its hash, and a newline.
[[nodiscard]] std::string record_line(const Record& record);

class Journal {
  public:
    // `now` gives the time stamp text.
    static Result<Journal> open(const std::string& path, const std::string& run_id,
                                std::function<std::string()> now);

    // Of nothing, kept nowhere: for dry runs.
    static Journal in_memory();

    // Fills seq, hashes, time and run; returns when the record is on stable storage.
    Result<void> append(Record record);

    [[nodiscard]] const std::vector<Record>& records() const { return records_; }
    [[nodiscard]] const std::string& last_hash() const { return last_hash_; }

  private:
    Journal(std::optional<AppendFile> file, std::string run_id, std::function<std::string()> now);

    std::optional<AppendFile> file_;
    std::string run_id_;
    std::function<std::string()> now_;
    std::vector<Record> records_;
    std::string last_hash_;
};

// Reads without changing anything; a torn last line is left out.
struct JournalText {
    std::vector<Record> records;
    std::size_t torn_bytes = 0;
};
[[nodiscard]] Result<JournalText> parse_journal(std::string_view text);
[[nodiscard]] Result<JournalText> read_journal(const std::string& path);

} // namespace pf::nvmetool
