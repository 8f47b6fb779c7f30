// The inventory as tables of rows: one table for each kind of object, lists inside objects as
// tables of their own with the owner's key in front. Storing, loading, comparing and showing walk
// these tables.
#pragma once

#include "tools/pfnvme/inventory/fields.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

using Row = std::vector<FieldValue>;

struct Column {
    std::string name;
    FieldKind kind = FieldKind::Text;
};

// Where the reader of child rows found its owner last: rows come in the owners' order.
struct RowCursor {
    std::size_t owner = 0;
    std::size_t child = 0;
};

struct Table {
    std::string name;
    std::vector<std::string> keys; // owner columns, in front of `columns`
    std::vector<Column> columns;   // keys included
    // Calls `sink` for every row, in the inventory's order.
    std::function<void(const Inventory&, const std::function<void(const Row&)>& sink)> each;
    // Adds one row. False: its owner is not there.
    std::function<bool(Inventory&, const Row&, RowCursor&)> add;
};

[[nodiscard]] std::span<const Table> inventory_tables();
[[nodiscard]] const Table* inventory_table(std::string_view name);

} // namespace pf::nvmetool
