// What changed between two inventories: objects by table and key, field by field.
#pragma once

#include "tools/pfnvme/inventory/tables.hpp"

#include <set>
#include <string>
#include <vector>

namespace pf::nvmetool {

struct FieldChange {
    std::string field;
    std::string before; // as text; a fact that was not read is "(not read)"
    std::string after;
};

struct ObjectChange {
    enum class Kind { Added, Removed, Changed };
    Kind kind = Kind::Changed;
    std::string table;
    std::string key;                 // id, or owner id and name
    std::string name;                // for people
    std::vector<FieldChange> fields; // of Changed
};

// Fields that change by themselves (free space, heartbeat) are left out unless `all`. Facts that
// only one side has read are not compared: they are no change of the estate.
[[nodiscard]] std::vector<ObjectChange> diff_inventories(const Inventory& before,
                                                         const Inventory& after, bool all = false);

} // namespace pf::nvmetool
