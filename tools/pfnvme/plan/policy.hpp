// What the intent allows a run to do: caps, windows, blast radius, hooks, approvals. Part of the
// compiled plan, so that it is hashed and approved with it (docs/formats/plan.md, member "policy").
//
// Values only. Times are seconds since 1970 UTC. A cap of 0 is "not limited".
#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct TimeSpan {
    std::int64_t start_s = 0;
    std::int64_t end_s = 0;

    friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

struct ChangeWindow {
    TimeSpan span;
    std::vector<TimeSpan> freezes; // sorted, inside the window, not overlapping

    friend bool operator==(const ChangeWindow&, const ChangeWindow&) = default;
};

// When may a unit start?
enum class StartRule {
    InsideWindow,             // whenever the window is open
    P90BeforeEnd,             // when it ends in time in 9 of 10 cases
    P90PlusRollbackBeforeEnd, // when there is time to take it back as well
};
enum class Overrun { FinishUnit, RollbackUnit, Ask };

struct RunCaps {
    std::int64_t svmotion_per_host = 2;
    std::int64_t svmotion_per_datastore = 8;
    std::int64_t svmotion_total = 0;
    std::int64_t datastores_in_flight = 4; // offline conversions at a time
    std::int64_t units_in_flight = 0;
    std::int64_t hosts_rescanning = 2;
    std::int64_t host_nic_share_percent = 60; // of a host's NIC that copies may take

    friend bool operator==(const RunCaps&, const RunCaps&) = default;
};

struct BlastRadius {
    std::int64_t canary = 0;           // units that must be done before any other starts
    std::int64_t max_failed_units = 1; // after so many failures no further unit starts
    std::int64_t max_vms_down = 0;
    std::int64_t max_datastores_offline = 0;

    friend bool operator==(const BlastRadius&, const BlastRadius&) = default;
};

// Observed limits; the run slows down while one is exceeded.
struct ServiceLevel {
    std::int64_t vm_latency_p95_ms = 0;
    std::int64_t storage_latency_p95_ms = 0;
    bool pause_on_rebuild = false;

    friend bool operator==(const ServiceLevel&, const ServiceLevel&) = default;
};

struct Hook {
    std::string run; // command line with {{unit.id}}, {{unit.datastore}}, {{run.id}}, {{vm.name}}
    std::int64_t timeout_s = 300;
    std::string on_fail = "stop"; // stop, skip-unit, warn

    friend bool operator==(const Hook&, const Hook&) = default;
};

struct Hooks {
    std::vector<Hook> pre_run;
    std::vector<Hook> post_run;
    std::vector<Hook> pre_unit;
    std::vector<Hook> post_unit;
    std::vector<Hook> on_failure;

    friend bool operator==(const Hooks&, const Hooks&) = default;
};

struct ApprovalRule {
    std::int64_t required = 0;        // signatures on the plan before it may run
    bool not_author = false;          // the intent's owner doesn't count
    std::vector<std::string> signers; // fingerprints "SHA256:…"; empty: any key counts

    friend bool operator==(const ApprovalRule&, const ApprovalRule&) = default;
};

struct RunPolicy {
    RunCaps caps;
    std::vector<ChangeWindow> windows; // sorted, not overlapping; empty: any time
    StartRule start_rule = StartRule::P90PlusRollbackBeforeEnd;
    Overrun overrun = Overrun::FinishUnit;
    BlastRadius blast;
    ServiceLevel slo;
    Hooks hooks;
    ApprovalRule approval;
    std::int64_t retire_source_after_s = 0; // 0: sources stay until somebody removes them
    std::int64_t snapshot_retention_s = 14 * 86400;

    friend bool operator==(const RunPolicy&, const RunPolicy&) = default;
};

[[nodiscard]] std::string_view to_string(StartRule rule);
[[nodiscard]] std::string_view to_string(Overrun overrun);

[[nodiscard]] boost::json::object policy_to_json(const RunPolicy& policy);
// InvalidArgument names the first member that is not as it must be.
[[nodiscard]] Result<RunPolicy> policy_from_json(const boost::json::object& in);

} // namespace pf::nvmetool
