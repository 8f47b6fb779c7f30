// Output that every verb shares: tables in all formats, JSON documents, the error object.
//
// The text forms are for people; json, jsonl, yaml and csv are contracts
// (docs/formats/cli-json.md).
#pragma once

#include "base/options.hpp"
#include "base/result.hpp"
#include "tools/pfnvme/inventory/tables.hpp"

#include <boost/json/fwd.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class Format { Text, Wide, Json, Jsonl, Yaml, Csv, Markdown, Name };

[[nodiscard]] Format format_of(const OptionValues& values);

struct TableOut {
    std::string kind;            // "vms": stands in JSON as kind
    std::vector<Column> columns; // of rows
    std::vector<Row> rows;
    std::vector<std::string> shown; // columns of the plain text form; empty: all
};

// --query, --columns, --sort, --no-headers
void add_table_options(OptionTable& table);
// Filters, sorts, chooses columns. InvalidArgument for unknown fields.
[[nodiscard]] Result<void> select_rows(const OptionValues& values, TableOut& table);
// The same, and prints; long text on a terminal goes through $PAGER.
[[nodiscard]] Result<void> print_table(const OptionValues& values, TableOut table);
// As text, for tests and files.
[[nodiscard]] std::string render_table(const TableOut& table, Format format, bool headers);

// Prints; on a terminal too low for it through $PAGER, when that is set.
void print_text(const std::string& text);

[[nodiscard]] boost::json::value json_of(const FieldValue& value, FieldKind kind);
// A JSON document as json or yaml.
void print_document(const boost::json::value& document, Format format);
[[nodiscard]] std::string to_yaml(const boost::json::value& value);
// RFC 4180.
[[nodiscard]] std::string csv_field(std::string_view text);
// 1.5 GiB
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

// What a verb has done, in one sentence: a line, or {"schemaVersion":1,"message":"…"}.
void say(const OptionValues& values, std::string_view sentence);

// {"code","id","message","object","cause","fix","docs"} on one line.
[[nodiscard]] std::string error_json(int code, std::string_view sentence);

// Colour only on a terminal, and not with NO_COLOR: "31" is red.
[[nodiscard]] std::string coloured(std::string_view text, std::string_view code, bool colour);
[[nodiscard]] bool colour_wanted();       // of standard output
void set_colour(std::string_view choice); // auto, always, never

} // namespace pf::nvmetool
