// What the journal says about a run: replayed, never stored.
#pragma once

#include "tools/pfnvme/run/journal.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class UnitStatus { Pending, Running, Done, Failed, Stale, RollingBack, RolledBack };

[[nodiscard]] std::string_view to_string(UnitStatus status);

struct StepState {
    bool intent = false; // the call may have been made
    bool sent = false;
    bool done = false;
    bool already = false; // done, by somebody else
    bool failed = false;
    bool no_effect = false; // the last attempt failed and was seen to have had no effect
    std::string task;       // of the last call
    std::string error;
    std::string first_time;
    std::string last_time;
    Params result;
    std::set<std::size_t> undone; // indices into Step::undo that are complete
    bool undo_complete = false;

    // Did this run change something here that a rollback has to take back?
    [[nodiscard]] bool may_have_effect() const {
        return !already && (done || (intent && !no_effect));
    }
};

struct UnitState {
    UnitStatus status = UnitStatus::Pending;
    std::map<std::string, StepState> steps;
    std::string error;
    std::string started;
    std::string ended;
    bool rollback_discards_writes = false;
    std::set<std::string> hooks; // that have ended well, "pre_unit.0"

    [[nodiscard]] const StepState* find(const std::string& step) const;
};

inline constexpr std::string_view kSdcKey = "sdc."; // + host, in a note's result

struct RunState {
    std::string run_id;
    std::map<std::string, UnitState> units;
    std::string started;
    std::string ended; // empty: not ended, or resumed since
    std::string outcome;
    std::set<std::string> hooks;                    // of the run, that have ended well
    std::map<std::string, std::string> sdc_volumes; // host → volumes that its SDC had at the end

    [[nodiscard]] const UnitState* find(const std::string& unit) const;
};

void apply(RunState& state, const Record& record);
[[nodiscard]] RunState replay(const std::vector<Record>& records);

// Has a commit point of this unit been passed (or may it have been)?
[[nodiscard]] bool committed(const Unit& unit, const UnitState& state);

} // namespace pf::nvmetool
