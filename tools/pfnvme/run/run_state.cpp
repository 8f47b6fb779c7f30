#include "tools/pfnvme/run/run_state.hpp"

#include "tools/pfnvme/run/context.hpp"

#include <algorithm>
#include <charconv>

namespace pf::nvmetool {

namespace {

std::size_t undo_index(const Record& record) {
    std::size_t index = 0;
    if (const auto found = record.result.find("undo"); found != record.result.end()) {
        const std::string& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), index);
    }
    return index;
}

void apply_to_step(StepState& step, const Record& record) {
    if (step.first_time.empty()) {
        step.first_time = record.time;
    }
    step.last_time = record.time;
    switch (record.phase) {
    case Phase::Already:
        step.already = step.done = true;
        step.result = record.result;
        break;
    case Phase::Intent:
        step.intent = true;
        step.sent = step.failed = step.no_effect = false;
        step.task.clear();
        break;
    case Phase::Sent:
        step.sent = true;
        step.task = record.task;
        for (const auto& [name, value] : record.result) {
            step.result[name] = value;
        }
        break;
    case Phase::Observed:
        break;
    case Phase::Done:
        step.done = true;
        step.failed = false;
        for (const auto& [name, value] : record.result) {
            step.result[name] = value;
        }
        break;
    case Phase::Failed: {
        step.failed = true;
        step.error = record.detail;
        const auto effect = record.result.find("effect");
        step.no_effect = effect != record.result.end() && effect->second == "none";
        break;
    }
    case Phase::Undone:
        if (record.result.contains("complete")) {
            step.undo_complete = true;
        } else {
            step.undone.insert(undo_index(record));
            for (const auto& [name, value] : record.result) { // what the way back found
                if (name != "undo" && name != "op") {
                    step.result[name] = value;
                }
            }
        }
        break;
    default:
        break;
    }
}

void apply_to_unit(UnitState& unit, const Record& record) {
    switch (record.phase) {
    case Phase::UnitStart:
        unit.status = UnitStatus::Running;
        unit.started = record.time;
        break;
    case Phase::UnitStale:
        unit.status = UnitStatus::Stale;
        unit.error = record.detail;
        break;
    case Phase::UnitDone:
        unit.status = UnitStatus::Done;
        unit.ended = record.time;
        break;
    case Phase::Failed:
        unit.status = UnitStatus::Failed;
        unit.error = record.detail;
        break;
    case Phase::Intent:
    case Phase::Done:
    case Phase::Already:
        if (unit.status == UnitStatus::Failed) {
            unit.status = UnitStatus::Running; // tried again
        }
        break;
    case Phase::RollbackStart:
        unit.status = UnitStatus::RollingBack;
        unit.rollback_discards_writes =
            record.result.contains("mode") && record.result.at("mode") == "discard-writes";
        break;
    case Phase::RolledBack:
        unit.status = UnitStatus::RolledBack;
        unit.ended = record.time;
        break;
    default:
        break;
    }
}

} // namespace

std::string_view to_string(UnitStatus status) {
    switch (status) {
    case UnitStatus::Pending:
        return "pending";
    case UnitStatus::Running:
        return "running";
    case UnitStatus::Done:
        return "done";
    case UnitStatus::Failed:
        return "failed";
    case UnitStatus::Stale:
        return "stale";
    case UnitStatus::RollingBack:
        return "rolling back";
    case UnitStatus::RolledBack:
        return "rolled back";
    }
    return "?";
}

const StepState* UnitState::find(const std::string& step) const {
    const auto found = steps.find(step);
    return found == steps.end() ? nullptr : &found->second;
}

const UnitState* RunState::find(const std::string& unit) const {
    const auto found = units.find(unit);
    return found == units.end() ? nullptr : &found->second;
}

void apply(RunState& state, const Record& record) {
    state.run_id = record.run;
    if (record.phase == Phase::RunStart) {
        if (state.started.empty()) {
            state.started = record.time;
        }
        state.ended.clear();
        state.outcome.clear();
    } else if (record.phase == Phase::RunEnd) {
        state.ended = record.time;
        state.outcome = record.detail;
    }
    const auto hook = record.result.find("hook");
    const bool hooked = record.phase == Phase::Observed && hook != record.result.end();
    if (record.unit.empty()) {
        if (hooked) {
            state.hooks.insert(hook->second);
        }
        for (const auto& [name, value] : record.result) {
            if (record.phase == Phase::Observed && name.starts_with(kSdcKey)) {
                state.sdc_volumes[name.substr(kSdcKey.size())] = value;
            }
        }
        return;
    }
    UnitState& unit = state.units[record.unit];
    if (hooked) {
        unit.hooks.insert(hook->second);
    }
    apply_to_unit(unit, record);
    if (!record.step.empty()) {
        apply_to_step(unit.steps[record.step], record);
    }
}

RunState replay(const std::vector<Record>& records) {
    RunState out;
    for (const Record& record : records) {
        apply(out, record);
    }
    return out;
}

std::vector<std::string> lost_context(const Unit& unit, const UnitState& state) {
    const bool back = state.status == UnitStatus::RolledBack;
    std::vector<std::string> out;
    for (const Step& step : unit.steps) {
        const StepState* seen = state.find(step.id);
        const bool mine = back ? !step.undo.empty() && step.undo.front().op == "context.restore"
                               : step.action.op == "context.restore";
        if (!mine || seen == nullptr) {
            continue;
        }
        const auto lost = seen->result.find(std::string(kLostKey));
        for (std::size_t at = 0; lost != seen->result.end() && at < lost->second.size();) {
            const std::size_t end = std::min(lost->second.find('\n', at), lost->second.size());
            out.push_back(lost->second.substr(at, end - at));
            at = end + 1;
        }
    }
    return out;
}

bool committed(const Unit& unit, const UnitState& state) {
    for (const Step& step : unit.steps) {
        const StepState* seen = state.find(step.id);
        if (step.commit_point && seen != nullptr && seen->may_have_effect()) {
            return true;
        }
    }
    return false;
}

} // namespace pf::nvmetool
