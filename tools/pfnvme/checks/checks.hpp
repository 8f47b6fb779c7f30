// Checks: rules with stable ids that judge an inventory before anything is planned or changed.
//
// A rule is data (id, severity, text, cause, fix, references, range of ESXi versions, the facts it
// needs) and one function over the inventory. Every rule answers ok, violated or unknown for each
// object it looks at; when the inventory lacks a fact the rule needs, the engine answers "unknown"
// for it, so a rule can't pass by ignorance. Pure: no I/O, no clock but the one given.
//
// check_host(), check_host_ready(), check_datastore() and check_unit() are the gate of plans and
// host verbs: the same rules, restricted to the objects a plan touches; check_unknowns() names the
// gate's rules that the inventory could not decide.
#pragma once

#include "tools/pfnvme/checks/limits.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class Severity { Blocker, Warning, Info };
enum class Verdict { Ok, Violated, Unknown, Waived };
enum class Strategy { Online, Offline };
// What a rule looks at.
enum class Subject { Host, Cluster, Datastore, Vm, Volume, PowerFlex };

class CheckRun; // the context of one evaluation, checks/rule.hpp

struct CheckRule {
    std::string_view id;
    Severity severity;
    Subject subject;
    std::string_view title;
    std::string_view why;        // cause and consequence
    std::string_view fix;        // a command or an action
    std::string_view references; // public sources, "; " between
    std::vector<Fact> needs;
    void (*evaluate)(CheckRun&);
    // ESXi releases it applies to, as dotted versions; empty: open end. `until` is exclusive.
    std::string_view from_version = {};
    std::string_view until_version = {};
    // Strategies it gates.
    bool online = true;
    bool offline = true;
};

// Sorted by id.
[[nodiscard]] std::span<const CheckRule> all_checks();
[[nodiscard]] const CheckRule* find_check(std::string_view id);
[[nodiscard]] std::string_view to_string(Severity severity);
[[nodiscard]] std::string_view to_string(Verdict verdict);
[[nodiscard]] std::string_view to_string(Subject subject);
[[nodiscard]] bool applies_to(const CheckRule& rule, const std::string& esxi_version);

struct CheckFinding {
    std::string check;
    Severity severity = Severity::Blocker;
    Verdict verdict = Verdict::Violated;
    Subject subject = Subject::PowerFlex;
    std::string object_id; // managed object id, volume id …; empty: the estate
    std::string object;    // "host esx01", "VM db1"
    std::string message;   // one sentence that names the object
    std::string fix;
    std::string waiver; // reason, when waived
};

struct Waiver {
    std::string check;  // id
    std::string object; // name or pattern with *; empty or "*": every object
    std::string reason;
    std::string until; // RFC 3339 date or time; a waiver past it has no effect
    std::string by;
};

struct CheckOptions {
    std::vector<std::string> only;     // ids or prefixes ("V-", "D-USE"); empty: all
    std::vector<std::string> clusters; // names; empty: every object
    bool online = true;                // rules that gate this strategy
    bool offline = true;
    std::vector<Waiver> waivers;
    std::string now;                    // RFC 3339; judges waivers
    const LimitTable* limits = nullptr; // nullptr: the built-in one
};

struct CheckTally {
    std::string check;
    std::size_t objects = 0; // looked at
    std::size_t violated = 0;
    std::size_t unknown = 0;
    std::size_t waived = 0;

    // Unknown wins over ok, violated over unknown.
    [[nodiscard]] Verdict verdict() const;
};

struct CheckReport {
    std::vector<CheckFinding> findings; // violated, unknown and waived; by rule, then as met
    std::vector<CheckTally> tally;      // one for each rule that was run
    std::vector<std::string> notes;     // expired waivers, waivers that match nothing

    [[nodiscard]] std::size_t blockers() const; // violated ones of this severity
    [[nodiscard]] std::size_t warnings() const;
    [[nodiscard]] std::size_t unknowns() const;
};

[[nodiscard]] CheckReport run_checks(const Inventory& inventory, const CheckOptions& options = {});

// "[{check, object, reason, until, by}]" under the key `waivers` of a YAML or JSON file. Unknown
// checks, missing reasons and missing or unreadable dates are InvalidArgument.
[[nodiscard]] Result<std::vector<Waiver>> parse_waivers(std::string_view text,
                                                        std::string_view name);

[[nodiscard]] PlanFinding finding(std::string_view check, std::string object, std::string message,
                                  std::string fix = {});
[[nodiscard]] PlanFinding plan_finding(const CheckFinding& in);
[[nodiscard]] bool has_blocker(const std::vector<PlanFinding>& findings);

// Can this host become (or be) an NVMe/TCP host?
[[nodiscard]] std::vector<PlanFinding> check_host(const Inventory& inventory, const HostInfo& host);
// Is it ready to take a datastore over NVMe/TCP? Includes check_host.
[[nodiscard]] std::vector<PlanFinding> check_host_ready(const Inventory& inventory,
                                                        const HostInfo& host,
                                                        std::uint32_t new_namespaces,
                                                        std::uint32_t min_paths);
// Can these datastores move together as one unit? Their volumes and VMs are looked at too. What
// ties a VM to a datastore outside the set (a disk there, a shared disk, a clone's parent) blocks.
[[nodiscard]] std::vector<PlanFinding>
check_unit(const Inventory& inventory, const std::vector<const DatastoreInfo*>& datastores,
           Strategy strategy);
[[nodiscard]] std::vector<PlanFinding>
check_datastore(const Inventory& inventory, const DatastoreInfo& datastore, Strategy strategy);
// Rules of the gate that lack facts, once each, severity "unknown".
[[nodiscard]] std::vector<PlanFinding> check_unknowns(const Inventory& inventory,
                                                      Strategy strategy);

} // namespace pf::nvmetool
