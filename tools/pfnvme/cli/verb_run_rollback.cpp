// pfnvme run rollback [RUN] [--unit U] [--keep-writes | --discard-writes]
#include "base/clock.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/native_commands.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/reverse.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

// Units of the request that are past their commit point and not taken back yet.
std::vector<const Unit*> committed_units(const RunView& view, const RollbackRequest& request) {
    const RunState run = replay(view.journal.records);
    std::vector<const Unit*> out;
    for (const Unit& unit : view.plan.units) {
        const bool named =
            request.units.empty() ||
            std::find(request.units.begin(), request.units.end(), unit.id) != request.units.end();
        const UnitState* state = run.find(unit.id);
        if (named && state != nullptr && state->status != UnitStatus::RolledBack &&
            committed(unit, *state)) {
            out.push_back(&unit);
        }
    }
    return out;
}

std::vector<std::string> vms_of(const std::vector<const Unit*>& units) {
    std::vector<std::string> out;
    for (const Unit* unit : units) {
        out.insert(out.end(), unit->objects.vms.begin(), unit->objects.vms.end());
    }
    return out;
}

// The datastores of these units as they are now, on their NVMe devices.
Result<std::vector<std::string>> datastores_now(const Inventory& inventory,
                                                const std::vector<const Unit*>& units) {
    std::vector<std::string> out;
    for (const Unit* unit : units) {
        for (const UnitPart& part : unit->objects.parts) {
            const auto found =
                std::find_if(inventory.datastores.begin(), inventory.datastores.end(),
                             [&](const DatastoreInfo& datastore) {
                                 const VolumeInfo* volume = inventory.nvme_volume_of(datastore);
                                 return volume != nullptr && volume->id == part.volume_id;
                             });
            if (found == inventory.datastores.end()) {
                return fail(Errc::Conflict,
                            "unit {}: no datastore is on volume '{}' by NVMe/TCP now; look at it "
                            "with: pfnvme run verify",
                            unit->id, part.volume);
            }
            out.push_back(found->id);
        }
    }
    return out;
}

// Converts the units back by a plan of its own, then says so in the journal of the run.
int keep_writes(const OptionValues& values, const RunView& view,
                const std::vector<const Unit*>& units) {
    const std::vector<std::string> vms = vms_of(units);
    const std::string what = fmt::format(
        "{} VMs ({}) are shut down, and {} unit(s) go back to SDC; what they wrote is kept.",
        vms.size(), fmt::join(vms, ", "), units.size());
    if (!values.flag("dry-run") && !confirmed(values, what, fmt::format("keep {}", vms.size()))) {
        return kExitConfirmation;
    }
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    const Result<Inventory> inventory = collect(*connections->vsphere, *connections->powerflex);
    if (!inventory) {
        return report_error(inventory.error());
    }
    ReverseRequest request = reverse_request(values);
    request.name = "back-of-" + view.id;
    const Result<std::vector<std::string>> datastores = datastores_now(*inventory, units);
    if (!datastores) {
        return report_error(datastores.error());
    }
    request.datastore_ids = *datastores;
    const Result<Plan> plan = compile_reverse(*inventory, request);
    if (!plan) {
        return report_error(plan.error());
    }
    if (values.flag("dry-run")) {
        return dry_run_plan(values, *plan, *connections);
    }
    const int code = apply_confirmed_plan(values, *plan, *connections);
    if (code != kExitOk) {
        return code;
    }
    std::vector<std::string> ids;
    for (const Unit* unit : units) {
        ids.push_back(unit->id);
    }
    return mark_rolled_back(values, view.id, ids, request.name);
}

} // namespace

void run_rollback_options(OptionTable& table) {
    add_run_options(table);
    add_shutdown_options(table);
    table.add({.name = "unit",
               .type = OptionType::List,
               .help = "units to take back (may be repeated); else all that were begun",
               .value_name = "UNIT"});
    table.add({.name = "keep-writes",
               .type = OptionType::Flag,
               .help = "units past their commit point are converted back to SDC with everything "
                       "that their VMs wrote (a run of its own)"});
    table.add({.name = "discard-writes",
               .type = OptionType::Flag,
               .help = "units past their commit point return to their snapshot: what their VMs "
                       "wrote since is lost"});
    table.add(
        {.name = "dry-run", .type = OptionType::Flag, .help = "print every step, change nothing"});
    add_command_options(table);
    table.add({.name = "detailed-exitcode",
               .type = OptionType::Flag,
               .help = "with --dry-run: exit 2 when there is something to do"});
}

int run_rollback(const OptionValues& values) {
    RollbackRequest request;
    request.units = values.list("unit");
    request.discard_writes = values.flag("discard-writes");
    const bool keep = values.flag("keep-writes");
    if (keep && request.discard_writes) {
        return report_error(kExitUsage, "--keep-writes and --discard-writes exclude each other");
    }
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    for (const std::string& unit : request.units) {
        if (view->plan.find_unit(unit) == nullptr) {
            return report_error(kExitUsage, fmt::format("run {} has no unit '{}'", view->id, unit));
        }
    }
    const std::vector<const Unit*> past = committed_units(*view, request);
    if (keep && !past.empty()) {
        return keep_writes(values, *view, past);
    }
    if (values.flag("dry-run")) {
        return dry_rollback(values, *view, request);
    }
    if (request.discard_writes && !past.empty()) {
        const std::vector<std::string> vms = vms_of(past);
        const std::string what =
            fmt::format("{} VMs have run over their new protocol since ({}); what they wrote is "
                        "LOST.",
                        vms.size(), fmt::join(vms, ", "));
        const std::string word = fmt::format("discard {}", vms.size());
        // Writes are lost for good: a script has to say how many VMs' it means.
        if (values.flag("yes") && values.text("confirm") != word) {
            return report_error(kExitConfirmation,
                                fmt::format("{} --yes is not enough for that; confirm with "
                                            "--confirm '{}'; nothing was changed",
                                            what, word));
        }
        if (!confirmed(values, what, word)) {
            return kExitConfirmation;
        }
    }
    return continue_run(values, RunVerb::Rollback, request);
}

} // namespace pf::nvmetool
