// Sizing without access: an inventory out of the CSV files that RVTools exports.
//
// The tabs vInfo, vDisk, vDatastore, vHost and vSnapshot are understood, told by their columns, in
// any order; vInfo is required. What RVTools knows is enough to size and estimate; it knows nothing
// of PowerFlex and NVMe, so the inventory claims few facts and the checks answer "unknown".
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pf::nvmetool {

struct NamedText {
    std::string name; // of the file, for error texts
    std::string text;
};

// InvalidArgument: no vInfo, a file that is none of the tabs, a malformed row.
[[nodiscard]] Result<Inventory> import_rvtools(const std::vector<NamedText>& files);

} // namespace pf::nvmetool
