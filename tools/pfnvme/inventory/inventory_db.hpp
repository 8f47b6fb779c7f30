// The inventory file: one SQLite database, described in docs/formats/inventory-db.md.
//
// A collection is written in one transaction into a new file, read back and compared by its digest,
// then renamed over the old one: a file is always one whole collection. Tables and columns come
// from the field tables (fields.hpp), so whatever the model holds is stored. A file of a newer
// schema version is refused (Unsupported); one that is not an inventory is Corrupt.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pf::nvmetool {

inline constexpr std::int64_t kInventorySchemaVersion = 1;

// Writes a collection as it arrives, so that VMs need not stand in memory. Nothing appears at
// `path` before finish() has read everything back; an unfinished writer leaves nothing behind.
class InventoryWriter {
  public:
    [[nodiscard]] static Result<InventoryWriter> create(const std::string& path);
    InventoryWriter(InventoryWriter&&) noexcept;
    ~InventoryWriter();

    [[nodiscard]] Result<void> add_vms(const std::vector<VmInfo>& vms);
    // Everything but VMs, and the VMs that are in it. Once.
    [[nodiscard]] Result<void> add(const Inventory& inventory);
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] std::uint64_t vm_count() const;

  private:
    struct Impl;
    explicit InventoryWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

[[nodiscard]] Result<void> save_inventory(const Inventory& inventory, const std::string& path);
// The index is built.
[[nodiscard]] Result<Inventory> load_inventory(const std::string& path);

// SHA-256 over every stored field, independent of the order of objects. `collected_at`, `source`
// and the gaps are left out: two readings of an unchanged estate have one digest.
[[nodiscard]] std::string full_digest(const Inventory& inventory);

} // namespace pf::nvmetool
