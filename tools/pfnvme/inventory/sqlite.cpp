#include "tools/pfnvme/inventory/sqlite.hpp"

#include <sqlite3.h>

#include <utility>

namespace pf::nvmetool {

namespace {

Error error_of(sqlite3* db, int code, std::string_view what) {
    const std::string text =
        fmt::format("{}: {}", what, db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db));
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return {Errc::Corrupt, text};
    case SQLITE_FULL:
        return {Errc::NoSpace, text};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {Errc::Busy, text};
    case SQLITE_CANTOPEN:
        return {Errc::NotFound, text};
    default:
        return {Errc::Io, text};
    }
}

int bind(sqlite3_stmt* statement, int at, const FieldValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) {
        return sqlite3_bind_int(statement, at, *flag ? 1 : 0);
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return sqlite3_bind_int64(statement, at, *number);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    return sqlite3_bind_null(statement, at);
}

} // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}

Result<void> Statement::run(const std::vector<FieldValue>& values) {
    int at = 1;
    for (const FieldValue& value : values) {
        if (const int code = bind(statement_, at++, value); code != SQLITE_OK) {
            return fail(error_of(db_, code, "writing the inventory file"));
        }
    }
    const int code = sqlite3_step(statement_);
    sqlite3_reset(statement_);
    if (code != SQLITE_DONE) {
        return fail(error_of(db_, code, "writing the inventory file"));
    }
    return {};
}

Result<bool> Statement::next(std::vector<FieldValue>& row) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_DONE) {
        return false;
    }
    if (code != SQLITE_ROW) {
        return fail(error_of(db_, code, "reading the inventory file"));
    }
    const int count = sqlite3_column_count(statement_);
    row.resize(static_cast<std::size_t>(count));
    for (int at = 0; at < count; ++at) {
        FieldValue& value = row[static_cast<std::size_t>(at)];
        switch (sqlite3_column_type(statement_, at)) {
        case SQLITE_INTEGER:
            value = static_cast<std::int64_t>(sqlite3_column_int64(statement_, at));
            break;
        case SQLITE_NULL:
            value = std::monostate{};
            break;
        default:
            value = std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement_, at)),
                                static_cast<std::size_t>(sqlite3_column_bytes(statement_, at)));
        }
    }
    return true;
}

Result<Database> Database::open(const std::string& path, Mode mode) {
    sqlite3* db = nullptr;
    const int flags =
        mode == Mode::Create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
    Database out(db, path);
    if (code != SQLITE_OK) {
        return fail(error_of(db, code, "opening the inventory file " + path));
    }
    sqlite3_busy_timeout(db, 5000);
    return out;
}

Database::~Database() { sqlite3_close(db_); }

Database::Database(Database&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)), path_(std::move(other.path_)) {}

Result<void> Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return fail(error_of(db_, code, "inventory file " + path_));
    }
    return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(db_, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK) {
        return fail(error_of(db_, code, "inventory file " + path_));
    }
    return Statement(db_, statement);
}

} // namespace pf::nvmetool
