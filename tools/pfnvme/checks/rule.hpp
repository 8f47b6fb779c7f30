// What a rule's function works with: the inventory, the objects in scope, the limits, and where its
// answers go. Internal to checks/.
#pragma once

#include "tools/pfnvme/checks/checks.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pf::nvmetool {

// Which objects a run looks at. Estate mode: everything of `clusters` (all when empty). Gate mode:
// the named host, or the named datastores with their volumes and VMs.
struct CheckScope {
    std::vector<std::string> clusters;
    const HostInfo* host = nullptr;
    std::vector<const DatastoreInfo*> datastores;

    [[nodiscard]] bool gate() const { return host != nullptr || !datastores.empty(); }
};

// Objects in scope, found once for all rules.
struct CheckObjects {
    std::vector<const HostInfo*> hosts;
    std::vector<const DatastoreInfo*> datastores; // candidates: on a volume of this PowerFlex
    std::vector<const DatastoreInfo*> others;     // the rest
    std::vector<const VmInfo*> vms;               // with a file on a candidate
    std::vector<const VolumeInfo*> volumes;       // behind candidates
    std::set<std::string> datastore_ids;          // of candidates
};

[[nodiscard]] CheckObjects objects_in_scope(const Inventory& inventory, const CheckScope& scope);

// The system's name, or its id where it has none.
[[nodiscard]] const std::string& called(const PowerFlexInfo& system);

class CheckRun {
  public:
    CheckRun(const Inventory& inventory, const CheckScope& scope, const CheckObjects& objects,
             const LimitTable& limits, bool online, bool offline);

    const Inventory& inventory;
    const CheckScope& scope;
    const CheckObjects& objects;
    const LimitTable& limits;
    const bool online; // rules are asked for this strategy
    const bool offline;

    // Hosts in scope that are connected and run a release that the rule applies to.
    void hosts(const std::function<void(const HostInfo&)>& look);
    void datastores(const std::function<void(const DatastoreInfo&)>& look);
    void vms(const std::function<void(const VmInfo&)>& look);
    void volumes(const std::function<void(const VolumeInfo&)>& look);
    void clusters(const std::function<void(const ClusterInfo&)>& look);
    // One object: the PowerFlex system.
    void looked_at() { ++tally.objects; }

    // The object is the one that hosts() and its like are at; else `object` names it.
    void violated(std::string message, std::string fix = {},
                  std::optional<Severity> severity = std::nullopt);
    void unknown(std::string message);
    void at(std::string id, std::string name); // for objects that no walker gives

    // Hosts that mount the datastore.
    [[nodiscard]] std::vector<const HostInfo*> hosts_of(const DatastoreInfo& datastore) const;
    // The lowest ESXi release among them; empty when none is known.
    [[nodiscard]] std::string lowest_version(const std::vector<const HostInfo*>& list) const;
    // Other objects of the unit, in gate mode; everything in estate mode.
    [[nodiscard]] bool in_unit(const std::string& datastore_id) const;

    // A PowerFlex maximum: what the system tells, else the table's.
    [[nodiscard]] std::uint64_t powerflex_limit(const std::string& name,
                                                std::uint64_t fallback) const;

    // Set by the engine.
    const CheckRule* rule = nullptr;
    CheckTally tally;
    std::vector<CheckFinding> findings;

  private:
    void add(Verdict verdict, std::string message, std::string fix,
             std::optional<Severity> severity);
    std::string object_id_;
    std::string object_;
};

// Rules by what they look at; all_checks() joins and sorts them.
[[nodiscard]] std::vector<CheckRule> host_rules();
[[nodiscard]] std::vector<CheckRule> device_rules();
[[nodiscard]] std::vector<CheckRule> network_rules();
[[nodiscard]] std::vector<CheckRule> limit_rules();
[[nodiscard]] std::vector<CheckRule> powerflex_rules();
[[nodiscard]] std::vector<CheckRule> volume_rules();
[[nodiscard]] std::vector<CheckRule> datastore_rules();
[[nodiscard]] std::vector<CheckRule> datastore_use_rules();
[[nodiscard]] std::vector<CheckRule> vm_rules();
[[nodiscard]] std::vector<CheckRule> vm_context_rules();

} // namespace pf::nvmetool
