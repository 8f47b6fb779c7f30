// MetaStore on one SQLite file (docs/formats/meta.md). WAL keeps readers of the file (backups)
// out of the way; synchronous=FULL makes COMMIT wait for the disk, which is what durability of
// every map change rests on.
#include "backend/meta/meta_store.hpp"
#include "backend/meta/watch_hub.hpp"
#include "base/file.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace pf::meta {
namespace {

struct CloseDb {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Db = std::unique_ptr<sqlite3, CloseDb>;

Error db_error(sqlite3* db, std::string_view what) {
    const int code = sqlite3_errcode(db);
    const Errc errc = code == SQLITE_FULL                               ? Errc::NoSpace
                      : code == SQLITE_BUSY                             ? Errc::Busy
                      : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? Errc::Corrupt
                                                                        : Errc::Io;
    return {errc, fmt::format("metadata store: {}: {}", what, sqlite3_errmsg(db))};
}

// A prepared statement, reset before each use.
class Statement {
  public:
    Statement() = default;
    Statement(Statement&& other) noexcept : stmt_(std::exchange(other.stmt_, nullptr)) {}
    Statement& operator=(Statement&& other) noexcept {
        std::swap(stmt_, other.stmt_);
        return *this;
    }
    ~Statement() { sqlite3_finalize(stmt_); }

    static Result<Statement> prepare(sqlite3* db, const char* sql) {
        Statement out;
        if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &out.stmt_, nullptr) !=
            SQLITE_OK)
            return fail(db_error(db, "cannot prepare a statement"));
        return out;
    }
    Statement& start() {
        sqlite3_reset(stmt_);
        next_ = 1;
        return *this;
    }
    Statement& blob(std::string_view value) {
        // An empty view may hold a null pointer, which would bind NULL.
        sqlite3_bind_blob(stmt_, next_++, value.empty() ? "" : value.data(),
                          static_cast<int>(value.size()), SQLITE_TRANSIENT);
        return *this;
    }
    Statement& number(std::uint64_t value) {
        sqlite3_bind_int64(stmt_, next_++, static_cast<sqlite3_int64>(value));
        return *this;
    }
    // True: a row is there. False: done.
    Result<bool> step(sqlite3* db) {
        const int rc = sqlite3_step(stmt_);
        if (rc == SQLITE_ROW)
            return true;
        if (rc == SQLITE_DONE) {
            sqlite3_reset(stmt_);
            return false;
        }
        auto error = db_error(db, "a statement failed");
        sqlite3_reset(stmt_);
        return fail(std::move(error));
    }
    Result<void> run(sqlite3* db) {
        PF_TRY(bool row, step(db));
        if (row)
            sqlite3_reset(stmt_);
        return {};
    }
    void finish() { sqlite3_reset(stmt_); }
    std::string text(int column) const {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
        const int bytes = sqlite3_column_bytes(stmt_, column);
        return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(bytes));
    }
    std::uint64_t count(int column) const {
        return static_cast<std::uint64_t>(sqlite3_column_int64(stmt_, column));
    }

  private:
    sqlite3_stmt* stmt_ = nullptr;
    int next_ = 1;
};

Result<void> exec(sqlite3* db, const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return fail(db_error(db, sql));
    return {};
}

// The smallest string greater than every string with `prefix`; "" when there is none.
std::string after_prefix(std::string_view prefix) {
    std::string out(prefix);
    while (!out.empty() && static_cast<unsigned char>(out.back()) == 0xff)
        out.pop_back();
    if (!out.empty())
        out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) + 1);
    return out;
}

class SqliteStore final : public MetaStore {
  public:
    SqliteStore(FileLock lock, Db db) : lock_(std::move(lock)), db_(std::move(db)) {}

    Result<void> init() {
        PF_CHECK(exec(db_.get(), "PRAGMA journal_mode=WAL"));
        PF_CHECK(exec(db_.get(), "PRAGMA synchronous=FULL"));
        PF_CHECK(exec(db_.get(), "PRAGMA locking_mode=EXCLUSIVE"));
        PF_CHECK(exec(db_.get(), "CREATE TABLE IF NOT EXISTS format(version INTEGER NOT NULL)"));
        PF_CHECK(exec(db_.get(),
                      "CREATE TABLE IF NOT EXISTS kv(key BLOB PRIMARY KEY, value BLOB NOT NULL,"
                      " create_revision INTEGER NOT NULL, mod_revision INTEGER NOT NULL,"
                      " version INTEGER NOT NULL, lease INTEGER NOT NULL) WITHOUT ROWID"));
        PF_CHECK(exec(db_.get(), "CREATE TABLE IF NOT EXISTS revision(value INTEGER NOT NULL)"));
        PF_CHECK(exec(db_.get(), "CREATE TABLE IF NOT EXISTS lease(id INTEGER PRIMARY KEY,"
                                 " ttl_ns INTEGER NOT NULL)"));
        PF_CHECK(exec(db_.get(), "INSERT INTO format SELECT 1 WHERE NOT EXISTS"
                                 "(SELECT 1 FROM format)"));
        PF_CHECK(exec(db_.get(), "INSERT INTO revision SELECT 0 WHERE NOT EXISTS"
                                 "(SELECT 1 FROM revision)"));
        PF_CHECK(prepare_all());
        PF_TRY(auto format, Statement::prepare(db_.get(), "SELECT version FROM format"));
        PF_TRY(bool row, format.start().step(db_.get()));
        if (!row || format.count(0) != 1)
            return fail(Errc::Unsupported, "metadata store: written by another version");
        PF_TRY(auto revision, Statement::prepare(db_.get(), "SELECT value FROM revision"));
        PF_TRY(row, revision.start().step(db_.get()));
        revision_ = row ? revision.count(0) : 0;
        PF_TRY(auto leases, Statement::prepare(db_.get(), "SELECT id, ttl_ns FROM lease"));
        for (leases.start();;) {
            PF_TRY(row, leases.step(db_.get()));
            if (!row)
                break;
            leases_.restore(leases.count(0), Duration(static_cast<std::int64_t>(leases.count(1))));
        }
        return {};
    }

    Result<std::optional<KeyValue>> get(std::string_view key) override {
        PF_TRY(bool row, get_.start().blob(key).step(db_.get()));
        if (!row)
            return std::nullopt;
        KeyValue kv = read_row(get_);
        get_.finish();
        return kv;
    }

    Result<std::vector<KeyValue>> range(std::string_view prefix, std::string_view from,
                                        std::size_t limit) override {
        std::vector<KeyValue> out;
        const std::string end = after_prefix(prefix);
        auto& statement = end.empty() ? range_open_ : range_;
        statement.start().blob(std::max(prefix, from));
        if (!end.empty())
            statement.blob(end);
        while (limit == 0 || out.size() < limit) {
            PF_TRY(bool row, statement.step(db_.get()));
            if (!row)
                return out;
            out.push_back(read_row(statement));
        }
        statement.finish();
        return out;
    }

    Result<Committed> commit(const Txn& txn) override {
        PF_CHECK(check_limits(txn));
        for (const auto& change : txn.changes)
            if (change.lease != 0 && !leases_.contains(change.lease))
                return fail(Errc::InvalidArgument, "lease {} has ended", change.lease);
        for (const auto& guard : txn.guards) {
            PF_TRY(bool ok, holds(guard));
            if (!ok)
                return Committed{false, revision_};
        }
        PF_CHECK(write(txn.changes, 0));
        return Committed{true, revision_};
    }

    Result<Revision> revision() override { return revision_; }
    Result<std::unique_ptr<Watch>> watch(std::string prefix) override {
        return hub_.add(std::move(prefix));
    }

    Result<LeaseId> grant_lease(Duration ttl, MonoTime now) override {
        const LeaseId id = leases_.grant(ttl, now);
        auto stored = lease_put_.start()
                          .number(id)
                          .number(static_cast<std::uint64_t>(ttl.count()))
                          .run(db_.get());
        if (!stored) {
            leases_.remove(id);
            return fail(std::move(stored).error());
        }
        return id;
    }
    Result<void> keep_alive(LeaseId lease, MonoTime now) override {
        if (!leases_.keep_alive(lease, now))
            return fail(Errc::NotFound, "lease {} has ended", lease);
        return {};
    }
    Result<void> revoke_lease(LeaseId lease) override {
        if (!leases_.contains(lease))
            return fail(Errc::NotFound, "lease {} has ended", lease);
        return end_lease(lease);
    }
    Result<void> expire_leases(MonoTime now) override {
        for (LeaseId lease : leases_.expired(now))
            PF_CHECK(end_lease(lease));
        return {};
    }

  private:
    Result<void> prepare_all() {
        struct Want {
            Statement& statement;
            const char* sql;
        };
        const Want all[] = {
            {get_, "SELECT key,value,create_revision,mod_revision,version,lease FROM kv"
                   " WHERE key=?"},
            {range_, "SELECT key,value,create_revision,mod_revision,version,lease FROM kv"
                     " WHERE key>=? AND key<? ORDER BY key"},
            {range_open_, "SELECT key,value,create_revision,mod_revision,version,lease FROM kv"
                          " WHERE key>=? ORDER BY key"},
            {by_lease_, "SELECT key FROM kv WHERE lease=?"},
            {put_, "INSERT INTO kv VALUES(?1,?2,?3,?3,1,?4) ON CONFLICT(key) DO UPDATE SET"
                   " value=?2, mod_revision=?3, version=version+1, lease=?4"
                   " RETURNING key,value,create_revision,mod_revision,version,lease"},
            {erase_, "DELETE FROM kv WHERE key=?"},
            {bump_, "UPDATE revision SET value=?"},
            {lease_put_, "INSERT INTO lease VALUES(?,?)"},
            {lease_erase_, "DELETE FROM lease WHERE id=?"},
        };
        for (const auto& want : all) {
            PF_TRY(want.statement, Statement::prepare(db_.get(), want.sql));
        }
        return {};
    }

    static KeyValue read_row(const Statement& row) {
        return {row.text(0), row.text(1), row.count(2), row.count(3), row.count(4), row.count(5)};
    }

    Result<bool> holds(const Guard& guard) {
        PF_TRY(auto kv, get(guard.key));
        switch (guard.kind) {
        case Guard::Kind::Absent:
            return !kv;
        case Guard::Kind::Present:
            return kv.has_value();
        case Guard::Kind::ModRevisionIs:
            return kv && kv->mod_revision == guard.revision;
        case Guard::Kind::ValueIs:
            return kv && kv->value == guard.value;
        }
        return false;
    }

    // One SQLite transaction: the changes, the revision, and the end of `lease` (0: none).
    Result<void> write(const std::vector<Change>& changes, LeaseId lease) {
        std::vector<WatchEvent> events;
        PF_CHECK(exec(db_.get(), "BEGIN IMMEDIATE"));
        auto written = write_inside(changes, lease, events);
        if (!written) {
            sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
            return written;
        }
        if (auto done = exec(db_.get(), "COMMIT"); !done) {
            sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
            return fail(Errc::OutcomeUnknown, "{}", done.error().what);
        }
        if (!events.empty()) {
            ++revision_;
            hub_.publish(events);
        }
        return {};
    }

    Result<void> write_inside(const std::vector<Change>& changes, LeaseId lease,
                              std::vector<WatchEvent>& events) {
        const Revision next = revision_ + 1;
        for (const auto& change : changes)
            PF_CHECK(apply(change, next, events));
        if (!events.empty())
            PF_CHECK(bump_.start().number(next).run(db_.get()));
        if (lease != 0)
            PF_CHECK(lease_erase_.start().number(lease).run(db_.get()));
        return {};
    }

    Result<void> apply(const Change& change, Revision revision, std::vector<WatchEvent>& events) {
        if (change.kind == Change::Kind::Put) {
            PF_TRY(bool row, put_.start()
                                 .blob(change.key)
                                 .blob(change.value)
                                 .number(revision)
                                 .number(change.lease)
                                 .step(db_.get()));
            if (!row)
                return fail(Errc::Internal, "metadata store: a put returned nothing");
            events.push_back({false, read_row(put_)});
            // Stepping to the end is what makes an INSERT … RETURNING complete.
            PF_CHECK(put_.step(db_.get()));
            return {};
        }
        std::vector<std::string> doomed;
        if (change.kind == Change::Kind::Delete) {
            doomed.push_back(change.key);
        } else {
            PF_TRY(auto rows, range(change.key, {}, 0));
            for (auto& kv : rows)
                doomed.push_back(std::move(kv.key));
        }
        for (auto& key : doomed) {
            PF_CHECK(erase_.start().blob(key).run(db_.get()));
            if (sqlite3_changes(db_.get()) == 0)
                continue;
            WatchEvent event{true, {}};
            event.kv.key = std::move(key);
            event.kv.mod_revision = revision;
            events.push_back(std::move(event));
        }
        return {};
    }

    Result<void> end_lease(LeaseId lease) {
        std::vector<Change> doomed;
        for (by_lease_.start().number(lease);;) {
            PF_TRY(bool row, by_lease_.step(db_.get()));
            if (!row)
                break;
            doomed.push_back({Change::Kind::Delete, by_lease_.text(0), {}, 0});
        }
        PF_CHECK(write(doomed, lease));
        leases_.remove(lease);
        return {};
    }

    FileLock lock_;
    Db db_; // before the statements: they are finalized first
    Statement get_, range_, range_open_, by_lease_, put_, erase_, bump_, lease_put_, lease_erase_;
    Revision revision_ = 0;
    WatchHub hub_;
    LeaseTable leases_;
};

} // namespace

Result<std::unique_ptr<MetaStore>> open_sqlite_store(const std::string& path) {
    PF_TRY(auto lock, FileLock::acquire(path + ".lock"));
    sqlite3* raw = nullptr;
    const int rc =
        sqlite3_open_v2(path.c_str(), &raw,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Db db(raw);
    if (rc != SQLITE_OK)
        return fail(Errc::Io, "cannot open metadata store {}: {}", path, sqlite3_errstr(rc));
    auto store = std::make_unique<SqliteStore>(std::move(lock), std::move(db));
    PF_CHECK(store->init());
    return std::unique_ptr<MetaStore>(std::move(store));
}

} // namespace pf::meta
