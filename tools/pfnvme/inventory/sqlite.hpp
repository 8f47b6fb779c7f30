// SQLite as values and Result: what the inventory file needs, no more. Not thread-safe.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/fields.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace pf::nvmetool {

class Statement {
  public:
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement& operator=(Statement&&) = delete;

    // Binds all values, runs to the end, ready for the next call.
    [[nodiscard]] Result<void> run(const std::vector<FieldValue>& values);
    // The next row; false: no more. Flags come back as integers.
    [[nodiscard]] Result<bool> next(std::vector<FieldValue>& row);

  private:
    friend class Database;
    Statement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
    sqlite3* db_;
    sqlite3_stmt* statement_;
};

class Database {
  public:
    enum class Mode { Create, Read };
    // Create: the file must not exist. Corrupt: it is no SQLite file. NotFound, Io otherwise.
    [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode);
    ~Database();
    Database(Database&& other) noexcept;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database& operator=(Database&&) = delete;

    [[nodiscard]] Result<void> execute(const std::string& sql);
    [[nodiscard]] Result<Statement> prepare(const std::string& sql);
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    Database(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
    sqlite3* db_;
    std::string path_;
};

} // namespace pf::nvmetool
