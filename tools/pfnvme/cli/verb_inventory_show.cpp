// pfnvme inventory show KIND: the inventory as tables, filtered and in every format.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/inventory_source.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/inventory/views.hpp"

namespace pf::nvmetool {

void inventory_show_options(OptionTable& table) {
    add_inventory_options(table);
    add_table_options(table);
}

int inventory_show(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    if (words.empty()) { // which kinds there are
        TableOut kinds{"kinds", {{"name", FieldKind::Text}, {"summary", FieldKind::Text}}, {}, {}};
        for (const View& view : inventory_views()) {
            kinds.rows.push_back({view.name, view.summary});
        }
        const Result<void> printed = print_table(values, std::move(kinds));
        return printed ? kExitOk : report_error(printed.error());
    }
    const View* view = words.size() == 1 ? inventory_view(words.front()) : nullptr;
    if (view == nullptr) {
        return report_error(kExitUsage,
                            fmt::format("there is nothing to show called '{}'; list what there "
                                        "is with: pfnvme inventory show",
                                        fmt::join(words, " ")));
    }
    const Result<Inventory> inventory = open_inventory_source(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    TableOut table{view->name, view->columns, {}, view->shown};
    view->each(*inventory, [&table](const Row& row) { table.rows.push_back(row); });
    const Result<void> printed = print_table(values, std::move(table));
    return printed ? kExitOk : report_error(printed.error());
}

} // namespace pf::nvmetool
