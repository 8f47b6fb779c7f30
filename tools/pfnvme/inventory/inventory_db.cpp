#include "tools/pfnvme/inventory/inventory_db.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "tools/pfnvme/inventory/sqlite.hpp"
#include "tools/pfnvme/inventory/tables.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

namespace pf::nvmetool {

namespace {

constexpr std::int64_t kApplicationId = 0x70666e76; // "pfnv"

// SHA-256 of the sorted SHA-256 of each row: equal sets of rows have one digest in any order.
class RowDigest {
  public:
    void add(std::string_view table, const Row& row) {
        text_.assign(table);
        for (const FieldValue& value : row) {
            if (const auto* flag = std::get_if<bool>(&value)) {
                text_ += *flag ? "\x1fi1" : "\x1fi0"; // as SQLite keeps it
            } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
                text_ += "\x1fi" + std::to_string(*number);
            } else if (const auto* text = std::get_if<std::string>(&value)) {
                text_ += "\x1ft" + std::to_string(text->size()) + ":" + *text;
            } else {
                text_ += "\x1fn";
            }
        }
        rows_.push_back(sha256(as_bytes(text_)));
    }

    std::string finish() {
        std::sort(rows_.begin(), rows_.end());
        Bytes all;
        all.reserve(rows_.size() * 32);
        for (const auto& row : rows_) {
            all.insert(all.end(), row.begin(), row.end());
        }
        return sha256_hex(all);
    }

  private:
    std::string text_;
    std::vector<std::array<std::byte, 32>> rows_;
};

std::string_view sql_type(FieldKind kind) {
    return kind == FieldKind::Integer || kind == FieldKind::Flag ? "INTEGER" : "TEXT";
}

std::string create_sql(const Table& table) {
    std::string out = "CREATE TABLE " + table.name + " (";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        out += fmt::format("{}\"{}\" {}", i == 0 ? "" : ", ", table.columns[i].name,
                           sql_type(table.columns[i].kind));
    }
    return out + ")";
}

std::string insert_sql(const Table& table) {
    std::string out = "INSERT INTO " + table.name + " VALUES (";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        out += i == 0 ? "?" : ",?";
    }
    return out + ")";
}

bool of_vms(const Table& table) { return table.name == "vms" || table.name.starts_with("vm_"); }

std::string text_of(const FieldValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string() : *text;
}

std::optional<Fact> fact_named(const std::string& name) {
    for (const Fact fact : all_facts()) {
        if (to_string(fact) == name) {
            return fact;
        }
    }
    return std::nullopt;
}

// Columns of this table as the file has them: a file of an older program may lack new ones.
Result<std::vector<std::string>> columns_in(Database& db, const Table& table) {
    PF_TRY(Statement statement,
           db.prepare("SELECT name FROM pragma_table_info('" + table.name + "') ORDER BY cid"));
    std::vector<std::string> out;
    Row row;
    while (true) {
        PF_TRY(const bool more, statement.next(row));
        if (!more) {
            return out;
        }
        out.push_back(text_of(row.front()));
    }
}

// Every row of one table, in the column order of the program; a column that the file lacks is
// "not read".
Result<void> read_rows(Database& db, const Table& table,
                       const std::function<Result<void>(const Row&)>& sink) {
    PF_TRY(const std::vector<std::string> present, columns_in(db, table));
    if (present.empty()) {
        return {}; // an older file without this table
    }
    std::string sql;
    for (const Column& column : table.columns) {
        const bool here = std::find(present.begin(), present.end(), column.name) != present.end();
        sql += (sql.empty() ? "SELECT " : ", ") +
               (here ? "\"" + column.name + "\"" : std::string("NULL"));
    }
    PF_TRY(Statement statement, db.prepare(sql + " FROM " + table.name + " ORDER BY rowid"));
    Row row;
    while (true) {
        PF_TRY(const bool more, statement.next(row));
        if (!more) {
            return {};
        }
        PF_CHECK(sink(row));
    }
}

Result<std::map<std::string, std::string>> read_meta(Database& db) {
    PF_TRY(Statement statement, db.prepare("SELECT key, value FROM meta"));
    std::map<std::string, std::string> out;
    Row row;
    while (true) {
        PF_TRY(const bool more, statement.next(row));
        if (!more) {
            return out;
        }
        out.insert_or_assign(text_of(row[0]), text_of(row[1]));
    }
}

// Opens a file and refuses what is no inventory, or one of a later schema.
Result<Database> open_inventory(const std::string& path) {
    if (!file_exists(path)) {
        return fail(Errc::NotFound,
                    "there is no inventory file {}; make one with: pfnvme "
                    "inventory collect",
                    path);
    }
    PF_TRY(Database db, Database::open(path, Database::Mode::Read));
    std::int64_t application = 0;
    std::int64_t schema = 0;
    for (const auto& [pragma, into] :
         {std::pair{"application_id", &application}, std::pair{"user_version", &schema}}) {
        PF_TRY(Statement statement, db.prepare(std::string("PRAGMA ") + pragma));
        Row row;
        PF_TRY(const bool more, statement.next(row));
        if (more && std::holds_alternative<std::int64_t>(row.front())) {
            *into = std::get<std::int64_t>(row.front());
        }
    }
    if (application != kApplicationId) {
        return fail(Errc::Corrupt, "{} is not an inventory file", path);
    }
    if (schema > kInventorySchemaVersion) {
        return fail(Errc::Unsupported,
                    "{} has schema version {}, this program reads up to {}; use a newer pfnvme",
                    path, schema, kInventorySchemaVersion);
    }
    return db;
}

Result<std::string> digest_of_file(const std::string& path) {
    PF_TRY(Database db, open_inventory(path));
    RowDigest digest;
    for (const Table& table : inventory_tables()) {
        PF_CHECK(read_rows(db, table, [&](const Row& row) -> Result<void> {
            digest.add(table.name, row);
            return {};
        }));
    }
    return digest.finish();
}

Result<void> sync_file(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) {
        return fail(errno_error("cannot write", path, errno));
    }
    return {};
}

} // namespace

struct InventoryWriter::Impl {
    std::string path;
    std::string temporary;
    std::optional<Database> db;
    std::vector<Statement> inserts; // one for each table, same order
    RowDigest digest;
    std::uint64_t vms = 0;

    ~Impl() {
        inserts.clear();
        db.reset();
        if (!temporary.empty()) {
            (void)::unlink(temporary.c_str());
        }
    }

    Result<void> write(const Inventory& inventory, bool only_vms) {
        const auto tables = inventory_tables();
        for (std::size_t i = 0; i < tables.size(); ++i) {
            if (only_vms && !of_vms(tables[i])) {
                continue;
            }
            Result<void> written;
            tables[i].each(inventory, [&](const Row& row) {
                if (written) {
                    written = inserts[i].run(row);
                    digest.add(tables[i].name, row);
                }
            });
            PF_CHECK(written);
        }
        vms += inventory.vms.size();
        return {};
    }
};

InventoryWriter::InventoryWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InventoryWriter::InventoryWriter(InventoryWriter&&) noexcept = default;
InventoryWriter::~InventoryWriter() = default;

std::uint64_t InventoryWriter::vm_count() const { return impl_->vms; }

Result<InventoryWriter> InventoryWriter::create(const std::string& path) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
    const UniqueFd fd(
        ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd) {
        return fail(errno_error("cannot write the inventory file", path, errno));
    }
    impl->temporary = temporary;
    PF_TRY(Database db, Database::open(temporary, Database::Mode::Create));
    impl->db.emplace(std::move(db));
    // The file is new and renamed only after fsync and read-back: no journal is needed.
    PF_CHECK(impl->db->execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN"));
    PF_CHECK(impl->db->execute(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}",
                                           kApplicationId, kInventorySchemaVersion)));
    PF_CHECK(impl->db->execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);"
                               "CREATE TABLE facts (name TEXT PRIMARY KEY);"
                               "CREATE TABLE gaps (text TEXT)"));
    for (const Table& table : inventory_tables()) {
        PF_CHECK(impl->db->execute(create_sql(table)));
        PF_TRY(Statement insert, impl->db->prepare(insert_sql(table)));
        impl->inserts.push_back(std::move(insert));
    }
    return InventoryWriter(std::move(impl));
}

Result<void> InventoryWriter::add_vms(const std::vector<VmInfo>& vms) {
    Inventory part;
    part.vms = vms;
    return impl_->write(part, true);
}

Result<void> InventoryWriter::add(const Inventory& inventory) {
    PF_CHECK(impl_->write(inventory, false));
    PF_TRY(Statement meta, impl_->db->prepare("INSERT INTO meta VALUES (?,?)"));
    PF_CHECK(meta.run({std::string("collected_at"), inventory.collected_at}));
    PF_CHECK(meta.run({std::string("source"), inventory.source}));
    PF_TRY(Statement fact, impl_->db->prepare("INSERT INTO facts VALUES (?)"));
    for (const Fact item : inventory.facts) {
        PF_CHECK(fact.run({std::string(to_string(item))}));
    }
    PF_TRY(Statement gap, impl_->db->prepare("INSERT INTO gaps VALUES (?)"));
    for (const std::string& item : inventory.gaps) {
        PF_CHECK(gap.run({item}));
    }
    return {};
}

Result<void> InventoryWriter::finish() {
    Impl& impl = *impl_;
    const std::string expected = impl.digest.finish();
    {
        PF_TRY(Statement meta, impl.db->prepare("INSERT INTO meta VALUES ('digest',?)"));
        PF_CHECK(meta.run({expected}));
    }
    impl.inserts.clear();
    PF_CHECK(impl.db->execute("COMMIT"));
    impl.db.reset();
    PF_CHECK(sync_file(impl.temporary));
    PF_TRY(const std::string stored, digest_of_file(impl.temporary));
    if (stored != expected) {
        return fail(Errc::Corrupt,
                    "the inventory file {} does not read back as it was written; the disk under "
                    "it is not reliable",
                    impl.path);
    }
    if (::rename(impl.temporary.c_str(), impl.path.c_str()) != 0) {
        return fail(errno_error("cannot write the inventory file", impl.path, errno));
    }
    impl.temporary.clear();
    const std::size_t slash = impl.path.rfind('/');
    return sync_file(slash == std::string::npos ? "." : impl.path.substr(0, slash + 1));
}

Result<void> save_inventory(const Inventory& inventory, const std::string& path) {
    PF_TRY(InventoryWriter writer, InventoryWriter::create(path));
    PF_CHECK(writer.add(inventory));
    return writer.finish();
}

Result<Inventory> load_inventory(const std::string& path) {
    PF_TRY(Database db, open_inventory(path));
    Inventory out;
    PF_TRY(const auto meta, read_meta(db));
    const auto text = [&meta](const char* key) {
        const auto found = meta.find(key);
        return found == meta.end() ? std::string() : found->second;
    };
    out.collected_at = text("collected_at");
    out.source = text("source");
    for (const Table& table : inventory_tables()) {
        RowCursor cursor;
        PF_CHECK(read_rows(db, table, [&](const Row& row) -> Result<void> {
            if (!table.add(out, row, cursor)) {
                return fail(Errc::Corrupt, "inventory file {}: a row of {} belongs to nothing",
                            path, table.name);
            }
            return {};
        }));
    }
    const auto texts = [&db](const char* sql, const auto& sink) -> Result<void> {
        PF_TRY(Statement statement, db.prepare(sql));
        Row row;
        while (true) {
            PF_TRY(const bool more, statement.next(row));
            if (!more) {
                return {};
            }
            sink(text_of(row.front()));
        }
    };
    PF_CHECK(texts("SELECT name FROM facts", [&out](const std::string& name) {
        if (const auto fact = fact_named(name)) {
            out.facts.insert(*fact);
        }
    }));
    PF_CHECK(texts("SELECT text FROM gaps ORDER BY rowid",
                   [&out](const std::string& line) { out.gaps.push_back(line); }));
    out.index();
    return out;
}

std::string full_digest(const Inventory& inventory) {
    RowDigest digest;
    for (const Table& table : inventory_tables()) {
        table.each(inventory, [&](const Row& row) { digest.add(table.name, row); });
    }
    return digest.finish();
}

} // namespace pf::nvmetool
