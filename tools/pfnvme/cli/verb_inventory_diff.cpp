// pfnvme inventory diff BEFORE [AFTER]: what changed between two inventories.
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/inventory_source.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/inventory/diff.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"

namespace pf::nvmetool {

namespace {

const char* text(ObjectChange::Kind kind) {
    return kind == ObjectChange::Kind::Added     ? "added"
           : kind == ObjectChange::Kind::Removed ? "removed"
                                                 : "changed";
}

TableOut table_of(const std::vector<ObjectChange>& changes) {
    TableOut out{"changes",
                 {{"change", FieldKind::Text},
                  {"table", FieldKind::Text},
                  {"key", FieldKind::Text},
                  {"name", FieldKind::Text},
                  {"field", FieldKind::Text},
                  {"before", FieldKind::Text},
                  {"after", FieldKind::Text}},
                 {},
                 {"change", "table", "name", "field", "before", "after"}};
    for (const ObjectChange& item : changes) {
        const auto row = [&](const FieldChange& field) {
            out.rows.push_back({std::string(text(item.kind)), item.table, item.key, item.name,
                                field.field, field.before, field.after});
        };
        if (item.fields.empty()) {
            row({});
        }
        for (const FieldChange& field : item.fields) {
            row(field);
        }
    }
    return out;
}

} // namespace

void inventory_diff_options(OptionTable& table) {
    add_inventory_options(table);
    add_table_options(table);
    table.add({.name = "all",
               .type = OptionType::Flag,
               .help = "also what changes by itself (free space, heartbeats)"});
    table.add({.name = "detailed-exitcode",
               .type = OptionType::Flag,
               .help = "exit 2 when something changed"});
}

int inventory_diff(const OptionValues& values) {
    const std::vector<std::string>& files = values.positionals();
    if (files.empty() || files.size() > 2) {
        return report_error(kExitUsage, "inventory diff takes one file (compared with the last "
                                        "inventory, or with --live) or two");
    }
    const Result<Inventory> before = load_inventory(files.front());
    if (!before) {
        return report_error(before.error());
    }
    const Result<Inventory> after =
        files.size() == 2 ? load_inventory(files.back()) : open_inventory_source(values);
    if (!after) {
        return report_error(after.error());
    }
    const std::vector<ObjectChange> changes = diff_inventories(*before, *after, values.flag("all"));
    const Result<void> printed = print_table(values, table_of(changes));
    if (!printed) {
        return report_error(printed.error());
    }
    return !changes.empty() && values.flag("detailed-exitcode") ? kExitChanges : kExitOk;
}

} // namespace pf::nvmetool
