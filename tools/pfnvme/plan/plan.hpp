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
#include "tools/pfnvme/plan/policy.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

inline constexpr int kPlanSchemaVersion = 2;

using Params = std::map<std::string, std::string>;

struct OpCall {
    std::string op;
    Params params;

    friend bool operator==(const OpCall&, const OpCall&) = default;
};

// What a step moves: estimates and caps rest on it. Only steps that copy data have it.
struct StepWork {
    std::uint64_t bytes = 0;
    std::string host_id; // that does the copying
    std::string from;    // source datastores, by name
    std::string to;

    friend bool operator==(const StepWork&, const StepWork&) = default;
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
    std::optional<StepWork> work;

    friend bool operator==(const Step&, const Step&) = default;
};

// One datastore of a unit.
struct UnitPart {
    std::string datastore_id;
    std::string datastore;
    std::string volume_id;
    std::string volume;
    std::string target_volume;    // online: name of the new volume
    std::string target_datastore; // its name afterwards

    friend bool operator==(const UnitPart&, const UnitPart&) = default;
};

// Ids and names that the fingerprint is taken over and the report shows.
struct UnitObjects {
    std::string datastore_id; // of the first part
    std::string datastore;    // names of all parts, for people
    std::string volume_id;
    std::string volume;
    std::string target_volume; // online: name of the new volume
    std::vector<UnitPart> parts;
    bool partial = false; // other VMs stay on the datastores, which are not released
    std::vector<std::string> other_vm_ids; // on the datastores now, but not of this unit
    std::vector<std::string> host_ids;
    std::vector<std::string> hosts;
    std::vector<std::string> vm_ids;
    std::vector<std::string> vms;

    friend bool operator==(const UnitObjects&, const UnitObjects&) = default;
};

// What the estimator says of a unit; its share of the plan's schedule at P50.
struct UnitEstimate {
    std::int64_t p50_s = 0;
    std::int64_t p90_s = 0;
    std::int64_t rollback_s = 0; // to take it back from its last step before the commit point
    std::int64_t down_p50_s = 0; // longest time a VM of it is down
    std::int64_t down_p90_s = 0;
    std::int64_t start_s = 0; // since 1970 with windows, else since the start of the run
    std::int64_t end_s = 0;
    std::int64_t last_start_s = 0; // last safe start; 0: there is none, or no window

    friend bool operator==(const UnitEstimate&, const UnitEstimate&) = default;
};

struct Unit {
    std::string id;       // off-01, on-01, host-esx01
    std::string strategy; // offline, online, onboard, provision
    std::int64_t wave = 0;
    bool canary = false;
    std::vector<std::string> depends_on; // units that must be done before
    UnitObjects objects;
    std::optional<UnitEstimate> estimate;
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
    std::string waiver; // who waived it until when and why; a waived blocker blocks nothing

    friend bool operator==(const PlanFinding&, const PlanFinding&) = default;
};

// An object in scope that no unit touches.
struct LeftBehind {
    std::string object; // "datastore sdc-ds-07", "VM db01"
    std::string check;  // id of the check that keeps it; empty: the intent says so
    std::string reason;

    [[nodiscard]] std::string text() const;
    friend bool operator==(const LeftBehind&, const LeftBehind&) = default;
};

// A host of the plan, with what estimates need of it.
struct PlanHost {
    std::string id;
    std::string name;
    std::string cluster;
    std::string version;
    std::int64_t nic_mbit = 0; // of the NICs that carry storage traffic, together; 0: not known

    friend bool operator==(const PlanHost&, const PlanHost&) = default;
};

// Namespaces and paths that a cluster has after the plan, against its lowest host's limits.
struct PlanBudget {
    std::string hosts; // cluster, or the hosts' names
    std::string version;
    std::int64_t namespaces_now = 0;
    std::int64_t namespaces_after = 0;
    std::int64_t namespaces_limit = 0;
    std::int64_t paths_after = 0;
    std::int64_t paths_limit = 0;
    std::int64_t paths_per_namespace = 0;

    friend bool operator==(const PlanBudget&, const PlanBudget&) = default;
};

// Datastores that one new namespace takes together.
struct PlanConsolidation {
    std::string target; // datastore
    std::string volume;
    std::int64_t size_gib = 0;
    std::vector<std::string> sources;
    bool applied = false; // else it is a proposal

    friend bool operator==(const PlanConsolidation&, const PlanConsolidation&) = default;
};

struct PlanEstimate {
    std::string basis;      // default, benchmark, history
    std::string confidence; // low, medium, high
    std::int64_t p50_s = 0; // of the whole plan, closed time left out
    std::int64_t p90_s = 0;
    std::int64_t start_s = 0; // as in UnitEstimate
    std::int64_t end_p50_s = 0;
    std::int64_t end_p90_s = 0;
    std::int64_t bound_s = 0; // no schedule is shorter
    std::string critical;     // the resource that dictates the length
    std::int64_t critical_percent = 0;
    bool fits = true; // all units, at P90

    friend bool operator==(const PlanEstimate&, const PlanEstimate&) = default;
};

struct Plan {
    std::string name;
    std::string owner;
    std::string ticket;
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
    std::vector<LeftBehind> left_behind;
    RunPolicy policy;
    std::vector<std::string> waves; // names, in order
    std::vector<PlanHost> hosts;
    std::vector<PlanBudget> budget;
    std::vector<PlanConsolidation> consolidation;
    std::optional<PlanEstimate> estimate;
    std::vector<Unit> units;
    std::string sha256; // of the content, set by seal() and load

    [[nodiscard]] const Unit* find_unit(const std::string& unit_id) const;
    [[nodiscard]] std::size_t step_count() const;
    [[nodiscard]] const PlanHost* find_host(const std::string& host_id) const;
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
