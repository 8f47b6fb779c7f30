// pfnvme plan diff PLAN OTHER: what two plans do differently. plan diff PLAN --live: which of its
// units the estate has left behind since it was compiled.
#include "base/json.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/plan_view.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/compile.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

namespace pf::nvmetool {

namespace {

struct Difference {
    std::string unit;
    std::string kind; // added, removed, changed, stale
    std::string detail;
};

std::string datastores_of(const Unit& unit) {
    return unit.objects.datastore.empty() ? fmt::format("{}", fmt::join(unit.objects.hosts, ", "))
                                          : unit.objects.datastore;
}

// Names in one list only.
void name_changes(const std::vector<std::string>& before, const std::vector<std::string>& after,
                  std::string_view what, std::vector<std::string>& out) {
    const std::set<std::string> old(before.begin(), before.end());
    const std::set<std::string> now(after.begin(), after.end());
    for (const std::string& name : now) {
        if (!old.contains(name)) {
            out.push_back(fmt::format("+ {} {}", what, name));
        }
    }
    for (const std::string& name : old) {
        if (!now.contains(name)) {
            out.push_back(fmt::format("- {} {}", what, name));
        }
    }
}

// Units are the same when they are for the same datastores (or hosts) in the same way.
std::vector<Difference> compare(const Plan& before, const Plan& after) {
    std::vector<Difference> out;
    std::map<std::string, const Unit*> old;
    for (const Unit& unit : before.units) {
        old[unit.strategy + " " + datastores_of(unit)] = &unit;
    }
    for (const Unit& unit : after.units) {
        const auto match = old.find(unit.strategy + " " + datastores_of(unit));
        if (match == old.end()) {
            out.push_back({unit.id, "added", unit.strategy + " " + datastores_of(unit)});
            continue;
        }
        const Unit& was = *match->second;
        std::vector<std::string> changes;
        name_changes(was.objects.vms, unit.objects.vms, "VM", changes);
        name_changes(was.objects.hosts, unit.objects.hosts, "host", changes);
        if (was.wave != unit.wave) {
            changes.push_back(fmt::format("wave {} > {}", was.wave, unit.wave));
        }
        if (was.steps.size() != unit.steps.size()) {
            changes.push_back(fmt::format("{} > {} steps", was.steps.size(), unit.steps.size()));
        } else if (changes.empty() && was.fingerprint != unit.fingerprint) {
            changes.emplace_back("files, disks, mounts, mappings or limits of its objects");
        }
        if (!changes.empty()) {
            out.push_back({unit.id, "changed", fmt::format("{}", fmt::join(changes, "; "))});
        }
        old.erase(match);
    }
    for (const auto& [key, unit] : old) {
        out.push_back({unit->id, "removed", key});
    }
    return out;
}

std::vector<Difference> compare_live(const Plan& plan, const Inventory& inventory) {
    std::vector<Difference> out;
    for (const Unit& unit : plan.units) {
        const std::optional<std::string> now = fingerprint(inventory, unit);
        if (now && *now == unit.fingerprint) {
            continue;
        }
        std::vector<std::string> changes;
        std::vector<std::string> vms;
        for (const UnitPart& part : unit.objects.parts) {
            const DatastoreInfo* datastore = inventory.datastore(part.datastore_id);
            if (datastore == nullptr) {
                changes.push_back("- datastore " + part.datastore);
                continue;
            }
            for (const VmInfo* vm : inventory.vms_on(*datastore)) {
                const std::vector<std::string>& others = unit.objects.other_vm_ids;
                if (std::find(others.begin(), others.end(), vm->id) == others.end() &&
                    std::find(vms.begin(), vms.end(), vm->name) == vms.end()) {
                    vms.push_back(vm->name);
                }
            }
        }
        if (changes.empty()) {
            name_changes(unit.objects.vms, vms, "VM", changes);
        }
        for (std::size_t i = 0; i < unit.objects.host_ids.size(); ++i) {
            if (inventory.host(unit.objects.host_ids[i]) == nullptr) {
                changes.push_back("- host " + unit.objects.hosts[i]);
            }
        }
        if (changes.empty()) {
            changes.emplace_back("files, disks, mounts, mappings or limits of its objects");
        }
        out.push_back({unit.id, "stale", fmt::format("{}", fmt::join(changes, "; "))});
    }
    return out;
}

} // namespace

void plan_diff_options(OptionTable& table) {
    table.add({.name = "live",
               .type = OptionType::Flag,
               .help = "compare with the estate as it is now, not with another plan"});
    table.add({.name = "detailed-exitcode",
               .type = OptionType::Flag,
               .help = "exit 2 when there is a difference"});
}

int plan_diff(const OptionValues& values) {
    const bool live = values.flag("live");
    if (values.positionals().size() != (live ? 1U : 2U)) {
        return report_error(kExitUsage, "plan diff takes PLAN OTHER, or PLAN --live");
    }
    const OrExit<Plan> plan = plan_of(values, "plan diff");
    if (!plan) {
        return plan.error();
    }
    std::vector<Difference> differences;
    if (live) {
        Result<Connections> connections = open_both(values);
        if (!connections) {
            return report_error(connections.error());
        }
        const Result<Inventory> inventory = collect(*connections->vsphere, *connections->powerflex);
        if (!inventory) {
            return report_error(inventory.error());
        }
        differences = compare_live(*plan, *inventory);
    } else {
        const OrExit<Plan> other = plan_file(values.positionals()[1]);
        if (!other) {
            return other.error();
        }
        differences = compare(*plan, *other);
    }
    if (output_of(values) == Output::Json) {
        json::object out;
        out["schemaVersion"] = 1;
        out["plan"] = plan->name;
        out["live"] = live;
        json::array list;
        for (const Difference& item : differences) {
            json::object entry;
            entry["unit"] = item.unit;
            entry["kind"] = item.kind;
            entry["detail"] = item.detail;
            list.emplace_back(std::move(entry));
        }
        out["differences"] = std::move(list);
        std::fputs(pretty_json(out).c_str(), stdout);
    } else {
        for (const Difference& item : differences) {
            std::printf("%-8s %s: %s\n", item.kind.c_str(), item.unit.c_str(), item.detail.c_str());
        }
        std::printf("%zu difference(s)\n", differences.size());
    }
    return !differences.empty() && values.flag("detailed-exitcode") ? kExitChanges : kExitOk;
}

} // namespace pf::nvmetool
