// The compiled plan: the only thing that a run executes.
//
// A plan is a list of units; a unit is an indivisible set of objects with a list of steps. Steps
// are data: the name of an operation (run/ops.hpp) with parameters, the operations that undo it,
// and whether it is the unit's commit point. Nothing in a step depends on ids that only exist
// later: objects that a run creates are named by what is known beforehand (a volume's name, a
// device's name, a VM's instance UUID).
//
// On disk a plan is canonical JSON with "sha256" over everything else in it (docs/formats/plan.md).
// A file whose content no longer has that hash is refused: plans are compiled, not edited. No
// secrets inside.
#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

inline constexpr int kPlanSchemaVersion = 1;

using Params = std::map<std::string, std::string>;

struct OpCall {
    std::string op;
    Params params;

    friend bool operator==(const OpCall&, const OpCall&) = default;
};

struct Step {
    std::string id;    // unique in its unit; sorts in execution order
    std::string title; // one line for people
    OpCall action;
    std::vector<std::string> pre;  // what must hold before (enforced by the operation's guard)
    std::vector<std::string> post; // what is read back afterwards
    std::vector<OpCall> undo;      // in this order; empty: nothing to undo
    std::string key;               // idempotency key
    bool commit_point = false;     // before it, rollback is automatic and complete
    bool deferred = false; // not part of apply; `run cleanup` executes it after the retention time

    friend bool operator==(const Step&, const Step&) = default;
};

// Ids and names that the fingerprint is taken over and the report shows.
struct UnitObjects {
    std::string datastore_id;
    std::string datastore;
    std::string volume_id;
    std::string volume;
    std::string target_volume; // online: name of the new volume
    std::vector<std::string> host_ids;
    std::vector<std::string> hosts;
    std::vector<std::string> vm_ids;
    std::vector<std::string> vms;

    friend bool operator==(const UnitObjects&, const UnitObjects&) = default;
};

struct Unit {
    std::string id;       // off-01, on-01, host-esx01
    std::string strategy; // offline, online, onboard
    UnitObjects objects;
    std::string fingerprint; // state of the objects when the plan was compiled
    std::vector<Step> steps;

    [[nodiscard]] const Step* find_step(const std::string& step_id) const;
    friend bool operator==(const Unit&, const Unit&) = default;
};

struct PlanFinding {
    std::string check;
    std::string severity; // blocker, warning, info
    std::string object;
    std::string message;
    std::string fix;

    friend bool operator==(const PlanFinding&, const PlanFinding&) = default;
};

struct Plan {
    std::string name;
    std::string kind; // migration, onboarding
    std::string created_at;
    std::string tool_version;
    std::string intent_sha256;
    std::string inventory_sha256;
    std::string limits_version;
    std::string vcenter_endpoint;
    std::string vcenter_uuid;
    std::string powerflex_endpoint;
    std::string powerflex_system;
    std::string support; // the support statement for people
    std::vector<PlanFinding> findings;
    std::vector<std::string> left_behind; // objects in scope that no unit touches, with the reason
    std::vector<Unit> units;
    std::string sha256; // of the content, set by seal() and load

    [[nodiscard]] const Unit* find_unit(const std::string& unit_id) const;
    [[nodiscard]] std::size_t step_count() const;
};

// Sets keys and hash. Call once, after the last change.
void seal(Plan& plan);

// Canonical JSON, hash included, ending in a newline.
[[nodiscard]] std::string plan_to_json(const Plan& plan);

// Corrupt: the content does not have the hash it names (edited after compilation).
// InvalidArgument: not a plan, or of another schema version.
[[nodiscard]] Result<Plan> plan_from_json(std::string_view text);
[[nodiscard]] Result<Plan> load_plan(const std::string& path);

// Short digest of an operation with its parameters; the journal's request digest.
[[nodiscard]] std::string call_digest(const OpCall& call);

} // namespace pf::nvmetool
