#include "tools/pfnvme/cli/inventory_source.hpp"

#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/user_files.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"

namespace pf::nvmetool {

void add_inventory_options(OptionTable& table) {
    table.add({.name = "inventory",
               .help = "inventory file; else inventory.db in the state folder",
               .value_name = "FILE"});
    table.add({.name = "live",
               .type = OptionType::Flag,
               .help = "read both systems now instead of a file"});
}

std::string inventory_path(const OptionValues& values) {
    const std::string& given = values.text("inventory");
    return given.empty() ? state_folder() + "/inventory.db" : given;
}

Result<Inventory> open_inventory_source(const OptionValues& values) {
    if (!values.flag("live")) {
        return load_inventory(inventory_path(values));
    }
    PF_TRY(Connections connections, open_both(values));
    CollectScope scope;
    scope.full = true;
    return collect(*connections.vsphere, *connections.powerflex, scope);
}

} // namespace pf::nvmetool
