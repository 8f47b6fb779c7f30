// The inventory file: everything comes back, damage and foreign files are told apart.
#include "base/file.hpp"
#include "tests/support/pfnvme/estate.hpp"
#include "tools/pfnvme/inventory/diff.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"
#include "tools/pfnvme/inventory/sqlite.hpp"
#include "tools/pfnvme/inventory/tables.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pf::nvmetool::test {

namespace {

// A value of the field's kind that no default has.
FieldValue some_value(FieldKind kind, std::size_t n) {
    switch (kind) {
    case FieldKind::Flag:
        return true;
    case FieldKind::Integer:
        return static_cast<std::int64_t>(40 + n % 80);
    case FieldKind::List:
        return encode_list({"a " + std::to_string(n), "quote \" and \\"});
    case FieldKind::Map:
        return encode_map(std::map<std::string, std::string>{{"k", std::to_string(n)}});
    case FieldKind::Text:
        break;
    }
    return "text " + std::to_string(n);
}

Row last_row(const Table& table, const Inventory& inventory) {
    Row out;
    table.each(inventory, [&](const Row& row) { out = row; });
    return out;
}

} // namespace

TEST(Fields, EveryOneIsSetAndRead) {
    // Every table takes a row of values of its own and gives it back: no getter reads another
    // member than its setter writes.
    for (const Table& table : inventory_tables()) {
        Inventory inventory;
        inventory.hosts.emplace_back().id = "owner";
        inventory.hosts[0].controllers.emplace_back().name = "owner";
        inventory.hosts[0].devices.emplace_back().name = "owner";
        inventory.datastores.emplace_back().id = "owner";
        inventory.vms.emplace_back().id = "owner";
        inventory.volumes.emplace_back().id = "owner";
        if (table.keys.empty()) {
            inventory = {};
        }
        Row row;
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const Column& column = table.columns[i];
            row.push_back(i < table.keys.size()  ? FieldValue{std::string("owner")}
                          : column.name == "rdm" ? FieldValue{std::string("virtual")}
                          : table.name == "powerflex" && column.name == "limits"
                              ? FieldValue{std::string("{\"volumes\":\"7\"}")}
                              : some_value(column.kind, i));
        }
        RowCursor cursor;
        ASSERT_TRUE(table.add(inventory, row, cursor)) << table.name;
        const Row back = last_row(table, inventory);
        ASSERT_EQ(back.size(), row.size()) << table.name;
        for (std::size_t i = 0; i < row.size(); ++i) {
            EXPECT_EQ(back[i], row[i]) << table.name << "." << table.columns[i].name;
        }
        std::set<std::string> names;
        for (const Column& column : table.columns) {
            EXPECT_TRUE(names.insert(column.name).second) << table.name << "." << column.name;
        }
    }
}

TEST(InventoryFile, ComesBackAsItWas) {
    const TempDir dir("pfnvme-inv");
    Inventory inventory = make_estate({.vms = 50, .awkward = 0.3});
    inventory.gaps = {"one gap"};
    inventory.facts.erase(Fact::Tags);
    inventory.datastores[1].lock_mode.reset();
    inventory.vms[3].attributes = {{"owner", "it's \"ours\""}};
    const std::string path = dir / "estate.db";
    const auto saved = save_inventory(inventory, path);
    ASSERT_TRUE(saved) << saved.error().what;
    const auto loaded = load_inventory(path);
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ(full_digest(*loaded), full_digest(inventory));
    EXPECT_TRUE(diff_inventories(inventory, *loaded, true).empty());
    EXPECT_EQ(loaded->facts, inventory.facts);
    EXPECT_EQ(loaded->gaps, inventory.gaps);
    EXPECT_EQ(loaded->collected_at, inventory.collected_at);
    EXPECT_EQ(loaded->datastores[1].lock_mode, std::nullopt);
    EXPECT_EQ(loaded->vms[3].attributes, inventory.vms[3].attributes);
    EXPECT_EQ(loaded->hosts[0].controllers[1].namespaces.size(),
              inventory.hosts[0].controllers[1].namespaces.size());
    EXPECT_EQ(loaded->hosts[1].devices[0].paths.size(), inventory.hosts[1].devices[0].paths.size());
    // The look-ups work at once.
    EXPECT_EQ(loaded->vms_on(loaded->datastores[2]).size(),
              inventory.vms_on(inventory.datastores[2]).size());
}

TEST(InventoryFile, StreamedVmsGiveTheSameFile) {
    const TempDir dir("pfnvme-inv");
    Inventory inventory = make_estate({.vms = 40});
    auto writer = InventoryWriter::create(dir / "s.db");
    ASSERT_TRUE(writer) << writer.error().what;
    Inventory rest = inventory;
    rest.vms.clear();
    for (std::size_t at = 0; at < inventory.vms.size(); at += 7) {
        const std::size_t end = std::min(at + 7, inventory.vms.size());
        ASSERT_TRUE(writer->add_vms({inventory.vms.begin() + static_cast<std::ptrdiff_t>(at),
                                     inventory.vms.begin() + static_cast<std::ptrdiff_t>(end)}));
    }
    EXPECT_FALSE(file_exists(dir / "s.db")) << "nothing appears before it is whole";
    ASSERT_TRUE(writer->add(rest));
    EXPECT_EQ(writer->vm_count(), inventory.vms.size());
    ASSERT_TRUE(writer->finish());
    const auto loaded = load_inventory(dir / "s.db");
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ(full_digest(*loaded), full_digest(inventory));
}

TEST(InventoryFile, AnUnfinishedWriterLeavesTheOldFile) {
    const TempDir dir("pfnvme-inv");
    const Inventory old_one = make_estate();
    ASSERT_TRUE(save_inventory(old_one, dir / "i.db"));
    {
        auto writer = InventoryWriter::create(dir / "i.db");
        ASSERT_TRUE(writer);
        ASSERT_TRUE(writer->add(make_estate({.vms = 99})));
    }
    const auto loaded = load_inventory(dir / "i.db");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(full_digest(*loaded), full_digest(old_one));
}

TEST(InventoryFile, RefusesWhatIsNoInventory) {
    const TempDir dir("pfnvme-inv");
    EXPECT_EQ(load_inventory(dir / "none.db").error().code, Errc::NotFound);
    ASSERT_TRUE(write_file_atomic(dir / "text.db", "not a database, but long enough to look at"));
    EXPECT_EQ(load_inventory(dir / "text.db").error().code, Errc::Corrupt);
    {
        auto other = Database::open(dir / "other.db", Database::Mode::Create);
        ASSERT_TRUE(other);
        ASSERT_TRUE(other->execute("CREATE TABLE t (x)"));
    }
    EXPECT_EQ(load_inventory(dir / "other.db").error().code, Errc::Corrupt);
    ASSERT_TRUE(save_inventory(make_estate(), dir / "new.db"));
    {
        auto later = Database::open(dir / "new.db", Database::Mode::Create);
        ASSERT_TRUE(later);
        ASSERT_TRUE(later->execute("PRAGMA user_version=99"));
    }
    EXPECT_EQ(load_inventory(dir / "new.db").error().code, Errc::Unsupported);
}

TEST(InventoryFile, OlderFilesMayLackColumnsAndTables) {
    const TempDir dir("pfnvme-inv");
    ASSERT_TRUE(save_inventory(make_estate(), dir / "old.db"));
    {
        auto file = Database::open(dir / "old.db", Database::Mode::Create);
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->execute("ALTER TABLE vms DROP COLUMN cbt; DROP TABLE host_services"));
    }
    const auto loaded = load_inventory(dir / "old.db");
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ(loaded->vms.size(), 24U);
    EXPECT_TRUE(loaded->hosts.front().services.empty());
}

TEST(InventoryFile, ARowWithoutItsOwnerIsDamage) {
    const TempDir dir("pfnvme-inv");
    ASSERT_TRUE(save_inventory(make_estate(), dir / "d.db"));
    {
        auto file = Database::open(dir / "d.db", Database::Mode::Create);
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->execute("DELETE FROM vms WHERE id='vm-10003'"));
    }
    EXPECT_EQ(load_inventory(dir / "d.db").error().code, Errc::Corrupt);
}

TEST(InventoryFile, DigestDoesNotDependOnOrder) {
    Inventory a = make_estate();
    Inventory b = a;
    std::reverse(b.vms.begin(), b.vms.end());
    std::reverse(b.volumes.begin(), b.volumes.end());
    EXPECT_EQ(full_digest(a), full_digest(b));
    b.vms.front().cbt = !b.vms.front().cbt;
    EXPECT_NE(full_digest(a), full_digest(b));
}

TEST(InventoryDiff, NamesObjectsAndFields) {
    const Inventory before = make_estate();
    Inventory after = before;
    after.vms.front().power_state = "suspended";
    after.vms.pop_back();
    after.hosts.front().options["Disk.MaxLUN"] = "512";
    after.datastores.front().free_bytes -= 1; // changes by itself
    after.volumes.push_back(after.volumes.back());
    after.volumes.back().id = "3bd1f788ffffffff";
    after.volumes.back().mappings.clear();
    const auto changes = diff_inventories(before, after);
    std::set<std::string> found;
    for (const ObjectChange& item : changes) {
        found.insert(item.table + "/" + item.key + "/" +
                     (item.fields.empty() ? "" : item.fields.front().field));
    }
    EXPECT_TRUE(found.contains("vms/vm-10000/power_state"));
    EXPECT_TRUE(found.contains("vms/vm-10023/"));
    EXPECT_TRUE(found.contains("hosts/host-100/options"));
    EXPECT_TRUE(found.contains("volumes/3bd1f788ffffffff/"));
    EXPECT_FALSE(found.contains("datastores/datastore-1000/free_bytes"));
    EXPECT_FALSE(diff_inventories(before, after, true).empty());
    // What only one side has read is no change.
    Inventory poor = before;
    poor.facts.erase(Fact::Vms);
    poor.vms.clear();
    for (const ObjectChange& item : diff_inventories(before, poor)) {
        EXPECT_NE(item.table, "vms");
    }
}

} // namespace pf::nvmetool::test
