// What a run's records say, drawn out for the report: down times, identities, paths, commands.
// Pure functions of plan and records; JSON values because the report document is JSON.
#pragma once

#include "base/json.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

// RFC 3339 to seconds since the epoch; 0 for anything else.
[[nodiscard]] double seconds_of(const std::string& time);
[[nodiscard]] double seconds_between(const std::string& from, const std::string& to);
// "4.2s", "11m 02s", "3h 05m".
[[nodiscard]] std::string show_seconds(double seconds);

// Time that each VM of an offline unit was down: [{vm, from, to, downSeconds, down}].
[[nodiscard]] json::array downtimes(const Unit& unit, const UnitState& state);

// Ids that other tools (backup, monitoring) know objects by: [{unit, kind, object, old, new}] with
// kind "vmfs-uuid", "device", "volume" or "moref".
[[nodiscard]] json::array identities(const Plan& plan, const Unit& unit, const UnitState& state);

// Path matrix as the steps read it back: [{host, adapter, target, before, after}]; a side that was
// not read is empty.
[[nodiscard]] json::array path_matrix(const Plan& plan, const RunState& run);

// Every external call in order: [{time, unit, step, endpoint, direction, result, commands[]}].
[[nodiscard]] json::array executed_commands(const Plan& plan, const std::vector<Record>& records);
// The same of a plan: what would be executed.
[[nodiscard]] json::array planned_commands(const Plan& plan);

// Who reaches which volume by what: [{volume, datastore, unit, hosts[], before, after}].
[[nodiscard]] json::array topology(const Plan& plan, const RunState* run);

// Metadata checks, canary and read-back results: [{unit, step, what, result}].
[[nodiscard]] json::array evidence_of(const Plan& plan, const RunState& run);

} // namespace pf::nvmetool
