#include "tools/pfnvme/inventory/diff.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace pf::nvmetool {

namespace {

constexpr std::array<std::string_view, 15> kVolatile{"free_bytes",      "uncommitted_bytes",
                                                     "committed_bytes", "unshared_bytes",
                                                     "heartbeat",       "change_version",
                                                     "in_use_kib",      "net_unused_kib",
                                                     "available_kib",   "allocation_limit_kib",
                                                     "rebuilding_kib",  "change_id",
                                                     "number",          "ana",
                                                     "working"};

bool is_volatile(const std::string& name) {
    return std::find(kVolatile.begin(), kVolatile.end(), name) != kVolatile.end();
}

std::string text(const FieldValue& value, FieldKind kind) {
    return std::holds_alternative<std::monostate>(value) ? "(not read)" : field_text(value, kind);
}

// Columns that name a row within its table: the owner's keys and the first field that identifies.
std::vector<std::size_t> key_columns(const Table& table) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < table.keys.size(); ++i) {
        out.push_back(i);
    }
    for (const std::string_view wanted :
         {"id", "key", "name", "host_id", "datastore_id", "ip", "file", "label"}) {
        for (std::size_t i = table.keys.size(); i < table.columns.size(); ++i) {
            if (table.columns[i].name == wanted) {
                out.push_back(i);
                // One SDT has several addresses.
                return out;
            }
        }
    }
    return out;
}

std::size_t name_column(const Table& table) {
    for (const std::string_view wanted : {"name", "label", "sdt_name", "file", "host_name"}) {
        for (std::size_t i = table.keys.size(); i < table.columns.size(); ++i) {
            if (table.columns[i].name == wanted) {
                return i;
            }
        }
    }
    return 0;
}

using Rows = std::map<std::string, Row>;

Rows rows_by_key(const Table& table, const Inventory& inventory) {
    const std::vector<std::size_t> keys = key_columns(table);
    Rows out;
    table.each(inventory, [&](const Row& row) {
        std::string key;
        for (const std::size_t at : keys) {
            key += (key.empty() ? "" : "/") + field_text(row[at], table.columns[at].kind);
        }
        std::string unique = key;
        for (int n = 2; out.contains(unique); ++n) {
            unique = fmt::format("{}#{}", key, n);
        }
        out.emplace(std::move(unique), row);
    });
    return out;
}

std::string name_of(const Table& table, const Row& row) {
    const std::size_t at = name_column(table);
    return field_text(row[at], table.columns[at].kind);
}

std::vector<FieldChange> changes(const Table& table, const Row& before, const Row& after,
                                 bool all) {
    std::vector<FieldChange> out;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const bool unread = std::holds_alternative<std::monostate>(before[i]) ||
                            std::holds_alternative<std::monostate>(after[i]);
        if (before[i] == after[i] || (!all && (unread || is_volatile(table.columns[i].name)))) {
            continue;
        }
        out.push_back({table.columns[i].name, text(before[i], table.columns[i].kind),
                       text(after[i], table.columns[i].kind)});
    }
    return out;
}

// Groups of facts whose tables are empty when they were not read.
bool comparable(const Table& table, const Inventory& before, const Inventory& after) {
    static const std::map<std::string_view, Fact> kFacts{
        {"clusters", Fact::Clusters},
        {"networks", Fact::Networks},
        {"folders", Fact::VmContext},
        {"hosts", Fact::Hosts},
        {"host_nics", Fact::HostNetwork},
        {"host_vmks", Fact::HostNetwork},
        {"host_nvme_adapters", Fact::HostStorage},
        {"host_storage_adapters", Fact::HostStorage},
        {"host_controllers", Fact::HostStorage},
        {"host_namespaces", Fact::HostStorage},
        {"host_devices", Fact::HostDevices},
        {"host_paths", Fact::HostDevices},
        {"host_unresolved", Fact::Unresolved},
        {"host_services", Fact::HostServices},
        {"datastores", Fact::Datastores},
        {"datastore_mounts", Fact::Datastores},
        {"vms", Fact::Vms},
        {"vm_disks", Fact::VmDisks},
        {"vm_controllers", Fact::VmHardware},
        {"vm_media", Fact::VmHardware},
        {"vm_snapshots", Fact::VmSnapshots},
        {"vm_usage", Fact::VmUsage},
        {"powerflex", Fact::PowerFlex},
        {"powerflex_hosts", Fact::PowerFlex},
        {"volumes", Fact::PowerFlex},
        {"mappings", Fact::PowerFlex},
        {"pools", Fact::PowerFlex},
        {"sdts", Fact::Sdts},
        {"sdss", Fact::Sdss},
    };
    const auto found = kFacts.find(table.name);
    return found == kFacts.end() || (before.knows(found->second) && after.knows(found->second));
}

} // namespace

std::vector<ObjectChange> diff_inventories(const Inventory& before, const Inventory& after,
                                           bool all) {
    std::vector<ObjectChange> out;
    for (const Table& table : inventory_tables()) {
        if (!comparable(table, before, after)) {
            continue;
        }
        const Rows old_rows = rows_by_key(table, before);
        const Rows new_rows = rows_by_key(table, after);
        for (const auto& [key, row] : old_rows) {
            const auto found = new_rows.find(key);
            if (found == new_rows.end()) {
                out.push_back(
                    {ObjectChange::Kind::Removed, table.name, key, name_of(table, row), {}});
                continue;
            }
            std::vector<FieldChange> fields = changes(table, row, found->second, all);
            if (!fields.empty()) {
                out.push_back({ObjectChange::Kind::Changed, table.name, key,
                               name_of(table, found->second), std::move(fields)});
            }
        }
        for (const auto& [key, row] : new_rows) {
            if (!old_rows.contains(key)) {
                out.push_back(
                    {ObjectChange::Kind::Added, table.name, key, name_of(table, row), {}});
            }
        }
    }
    return out;
}

} // namespace pf::nvmetool
