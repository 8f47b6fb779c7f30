// Where a verb's inventory comes from: a file that `inventory collect` wrote, or both systems now.
#pragma once

#include "base/options.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"

#include <string>

namespace pf::nvmetool {

void add_inventory_options(OptionTable& table); // --inventory, --live

// --inventory FILE, else $PFNVME_INVENTORY, else inventory.db in the state folder.
[[nodiscard]] std::string inventory_path(const OptionValues& values);
// The file, or with --live both systems. A file that is not there is NotFound and says how to make
// one.
[[nodiscard]] Result<Inventory> open_inventory_source(const OptionValues& values);

} // namespace pf::nvmetool
