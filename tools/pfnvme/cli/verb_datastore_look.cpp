// pfnvme datastore list|blockers|lockmode|voma: looks, changes nothing.
#include "base/clock.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/estate_verbs.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/inventory_source.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/single_objects.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/inventory/views.hpp"

#include <cstdio>

namespace pf::nvmetool {

namespace {

Result<Inventory> read_all(const OptionValues& values) {
    PF_TRY(Connections connections, open_both(values));
    CollectScope scope;
    scope.full = true;
    return collect(*connections.vsphere, *connections.powerflex, scope);
}

} // namespace

int datastore_list(const OptionValues& values) {
    const Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const View* view = inventory_view("datastores");
    TableOut table{view->name, view->columns, {}, view->shown};
    view->each((*estate)->inventory, [&table](const Row& row) { table.rows.push_back(row); });
    const Result<void> printed = print_table(values, std::move(table));
    return printed ? kExitOk : report_error(printed.error());
}

void datastore_look_options(OptionTable& table) { add_table_options(table); }

int datastore_blockers(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "give the datastore's name");
    }
    const Result<Inventory> inventory = read_all(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    const auto datastore = datastore_called(*inventory, values.positionals().front());
    if (!datastore) {
        return report_error(datastore.error());
    }
    CheckOptions options;
    options.only = {"D-"};
    options.online = false;
    options.now = format_rfc3339(wall_now());
    TableOut table{"blockers",
                   {{"check", FieldKind::Text},
                    {"verdict", FieldKind::Text},
                    {"message", FieldKind::Text},
                    {"fix", FieldKind::Text}},
                   {},
                   {}};
    std::size_t blockers = 0;
    if (const std::size_t vms = (*datastore)->vm_ids.size(); vms != 0) {
        ++blockers;
        const VmInfo* first = inventory->vm((*datastore)->vm_ids.front());
        table.rows.push_back(
            {std::string("VMS"), std::string("violated"),
             fmt::format("{} registered VM(s), first '{}'", vms,
                         first == nullptr ? (*datastore)->vm_ids.front() : first->name),
             std::string("move or unregister them")});
    }
    for (const CheckFinding& item : run_checks(*inventory, options).findings) {
        if (item.object_id != (*datastore)->id || item.severity != Severity::Blocker) {
            continue;
        }
        blockers += item.verdict == Verdict::Violated ? 1U : 0U;
        table.rows.push_back(
            {item.check, std::string(to_string(item.verdict)), item.message, item.fix});
    }
    if (const Result<void> printed = print_table(values, std::move(table)); !printed) {
        return report_error(printed.error());
    }
    return blockers != 0 ? kExitBlockers : kExitOk;
}

// The lock mode of every VMFS datastore on PowerFlex; NVMe/TCP takes ATS-only alone.
int datastore_lockmode(const OptionValues& values) {
    const Result<Inventory> inventory = read_all(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    TableOut table{"lock-modes",
                   {{"name", FieldKind::Text},
                    {"lock_mode", FieldKind::Text},
                    {"ats_only", FieldKind::Text},
                    {"vmfs_version", FieldKind::Text}},
                   {},
                   {}};
    std::size_t other = 0;
    for (const DatastoreInfo& item : inventory->datastores) {
        const auto& words = values.positionals();
        const bool wanted =
            words.empty() || std::find(words.begin(), words.end(), item.name) != words.end();
        if (!wanted || inventory->volume_of(item) == nullptr) {
            continue;
        }
        const bool known = item.lock_mode.has_value() && !item.lock_mode->empty();
        const bool ats = known && *item.lock_mode == "ATS";
        other += known && !ats ? 1U : 0U;
        table.rows.push_back({item.name, known ? FieldValue{*item.lock_mode} : FieldValue{},
                              std::string(!known ? "unknown"
                                          : ats  ? "yes"
                                                 : "no"),
                              item.vmfs_version});
    }
    if (const Result<void> printed = print_table(values, std::move(table)); !printed) {
        return report_error(printed.error());
    }
    return other != 0 ? kExitBlockers : kExitOk;
}

void datastore_voma_options(OptionTable& table) { add_host_scope_options(table); }

// On the first host in scope that has the datastore's device.
int datastore_voma(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "give the datastore's name");
    }
    const Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const Inventory& inventory = (*estate)->inventory;
    const auto datastore = datastore_called(inventory, values.positionals().front());
    const auto hosts = hosts_in_scope(values, inventory);
    if (!datastore || !hosts) {
        return report_error(!datastore ? datastore.error() : hosts.error());
    }
    const HostInfo* on = nullptr;
    for (const DatastoreMount& mount : (*datastore)->mounts) {
        const HostInfo* host = inventory.host(mount.host_id);
        if (mount.mounted && host != nullptr) {
            return report_error(
                kExitFailure,
                fmt::format("datastore '{}' is mounted on host {}; voma needs it unmounted "
                            "everywhere: pfnvme datastore unmount {}",
                            (*datastore)->name, host->name, (*datastore)->name));
        }
    }
    for (const HostInfo* host : *hosts) {
        on = on == nullptr && (*datastore)->mount_on(host->id) != nullptr ? host : on;
    }
    if (on == nullptr || (*datastore)->extents.empty()) {
        return report_error(kExitFailure,
                            fmt::format("no host in scope has datastore '{}'", (*datastore)->name));
    }
    const auto check =
        (*estate)->connections.vsphere->check_metadata(on->id, (*datastore)->extents.front());
    if (!check) {
        return report_error(check.error());
    }
    if (!check->performed) {
        return report_error(kExitFailure,
                            fmt::format("the metadata of '{}' was not checked on host {}: {}",
                                        (*datastore)->name, on->name, check->text));
    }
    if (output_of(values) == Output::Json) {
        print_document(json::object{{"schemaVersion", 1},
                                    {"kind", "voma"},
                                    {"datastore", (*datastore)->name},
                                    {"host", on->name},
                                    {"errors", check->errors},
                                    {"text", check->text}},
                       Format::Json);
    } else {
        std::printf("%s on %s: %llu error(s): %s\n", (*datastore)->name.c_str(), on->name.c_str(),
                    static_cast<unsigned long long>(check->errors), check->text.c_str());
    }
    return check->errors != 0 ? kExitBlockers : kExitOk;
}

} // namespace pf::nvmetool
