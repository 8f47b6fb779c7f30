#include "tools/pfnvme/cli/output.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/inventory/query.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::hours kPagerPatience{24}; // a person reads

enum class ColourChoice { Auto, Always, Never };
ColourChoice colour_choice = ColourChoice::Auto; // of the one verb that a process runs

std::vector<std::string> split(std::string_view text, char by) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at <= text.size() && !text.empty()) {
        const std::size_t end = std::min(text.find(by, at), text.size());
        if (end > at) {
            out.emplace_back(text.substr(at, end - at));
        }
        at = end + 1;
    }
    return out;
}

// Position of every wanted column; InvalidArgument names one that is not there.
Result<std::vector<std::size_t>> positions(const TableOut& table,
                                           const std::vector<std::string>& wanted) {
    std::vector<std::size_t> out;
    for (const std::string& name : wanted) {
        const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                        [&](const Column& item) { return item.name == name; });
        if (found == table.columns.end()) {
            std::string names;
            for (const Column& item : table.columns) {
                names += (names.empty() ? "" : ", ") + item.name;
            }
            return fail(Errc::InvalidArgument, "there is no column '{}'; there are {}", name,
                        names);
        }
        out.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    }
    return out;
}

TableOut choose(const TableOut& table, const std::vector<std::size_t>& at) {
    TableOut out;
    out.kind = table.kind;
    for (const std::size_t i : at) {
        out.columns.push_back(table.columns[i]);
    }
    for (const Row& row : table.rows) {
        Row picked;
        for (const std::size_t i : at) {
            picked.push_back(row[i]);
        }
        out.rows.push_back(std::move(picked));
    }
    return out;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return c == '_' ? '-' : static_cast<char>(std::toupper(c));
    });
    return text;
}

// For people: sizes with units, absent facts as "-".
std::string cell(const FieldValue& value, const Column& column) {
    if (std::holds_alternative<std::monostate>(value)) {
        return "-";
    }
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number != nullptr && column.name.ends_with("_bytes") && *number >= 4096) {
        return human_bytes(static_cast<std::uint64_t>(*number));
    }
    if (number != nullptr && column.name.ends_with("_kib") && *number >= 0) {
        return human_bytes(static_cast<std::uint64_t>(*number) * 1024);
    }
    const std::string text = field_text(value, column.kind);
    return text.empty() ? "-" : text;
}

json::object row_object(const TableOut& table, const Row& row) {
    json::object out;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        out[table.columns[i].name] = json_of(row[i], table.columns[i].kind);
    }
    return out;
}

json::object table_document(const TableOut& table) {
    json::array rows;
    for (const Row& row : table.rows) {
        rows.push_back(row_object(table, row));
    }
    return {{"schemaVersion", 1}, {"kind", table.kind}, {"items", std::move(rows)}};
}

std::string text_table(const TableOut& table, bool headers) {
    std::vector<std::vector<std::string>> rows;
    if (headers) {
        std::vector<std::string> head;
        for (const Column& column : table.columns) {
            head.push_back(upper(column.name));
        }
        rows.push_back(std::move(head));
    }
    for (const Row& row : table.rows) {
        std::vector<std::string> line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line.push_back(cell(row[i], table.columns[i]));
        }
        rows.push_back(std::move(line));
    }
    return format_table(rows);
}

std::string csv_table(const TableOut& table, bool headers) {
    std::string out;
    for (std::size_t i = 0; headers && i < table.columns.size(); ++i) {
        out += (i == 0 ? "" : ",") + table.columns[i].name;
    }
    out += headers ? "\n" : "";
    for (const Row& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const auto* flag = std::get_if<bool>(&row[i]);
            out += (i == 0 ? "" : ",") +
                   (flag != nullptr ? std::string(*flag ? "true" : "false")
                                    : csv_field(field_text(row[i], table.columns[i].kind)));
        }
        out += "\n";
    }
    return out;
}

std::string markdown_table(const TableOut& table) {
    std::string out = "|";
    std::string rule = "|";
    for (const Column& column : table.columns) {
        out += " " + column.name + " |";
        rule += "---|";
    }
    out += "\n" + rule + "\n";
    for (const Row& row : table.rows) {
        out += "|";
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::string text = cell(row[i], table.columns[i]);
            for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
                text.insert(at, "\\");
            }
            out += " " + text + " |";
        }
        out += "\n";
    }
    return out;
}

// Quoted whenever plain text could be read as something else.
std::string yaml_scalar(std::string_view text) {
    const bool plain =
        !text.empty() && text.front() != ' ' && text.back() != ' ' &&
        (std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() == '/') &&
        std::all_of(text.begin(), text.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/' ||
                   c == ' ' || c > 127;
        });
    for (const std::string_view word :
         {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
        if (text.size() == word.size() &&
            std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) {
                return std::tolower(static_cast<unsigned char>(a)) == b;
            })) {
            return "\"" + std::string(text) + "\"";
        }
    }
    return plain ? std::string(text) : canonical_json(json::value(json::string(text)));
}

void yaml_value(const json::value& value, std::size_t indent, std::string& out);

void yaml_object(const json::object& object, std::size_t indent, bool inlined, std::string& out) {
    bool first = true;
    for (const json::key_value_pair& item : object) {
        if (!(first && inlined)) {
            out.append(indent, ' ');
        }
        first = false;
        out += yaml_scalar(item.key()) + ":";
        yaml_value(item.value(), indent, out);
    }
}

// What follows "key:" or "- ".
void yaml_value(const json::value& value, std::size_t indent, std::string& out) {
    if (value.is_object()) {
        if (value.get_object().empty()) {
            out += " {}\n";
            return;
        }
        out += "\n";
        yaml_object(value.get_object(), indent + 2, false, out);
    } else if (value.is_array()) {
        if (value.get_array().empty()) {
            out += " []\n";
            return;
        }
        out += "\n";
        for (const json::value& item : value.get_array()) {
            out.append(indent + 2, ' ');
            out += "-";
            if (item.is_object() && !item.get_object().empty()) {
                out += " ";
                yaml_object(item.get_object(), indent + 4, true, out);
            } else {
                yaml_value(item, indent + 2, out);
            }
        }
    } else if (value.is_string()) {
        out += " " + yaml_scalar(value.get_string()) + "\n";
    } else {
        out += " " + canonical_json(value) + "\n";
    }
}

int compare(const FieldValue& left, const FieldValue& right) {
    if (left.index() != right.index()) {
        return left.index() < right.index() ? -1 : 1;
    }
    return left < right ? -1 : right < left ? 1 : 0;
}

} // namespace

Format format_of(const OptionValues& values) {
    const std::string& text = values.text("output");
    return text == "wide"    ? Format::Wide
           : text == "json"  ? Format::Json
           : text == "jsonl" ? Format::Jsonl
           : text == "yaml"  ? Format::Yaml
           : text == "csv"   ? Format::Csv
           : text == "md"    ? Format::Markdown
           : text == "name"  ? Format::Name
                             : Format::Text;
}

void add_table_options(OptionTable& table) {
    table.add({.name = "query",
               .help = "only rows that match, e.g. \"where memory_mb > 4096 and name like 'db*'\"",
               .value_name = "EXPR"});
    table.add({.name = "columns", .help = "these columns, comma-separated", .value_name = "LIST"});
    table.add({.name = "sort",
               .help = "by this column; -COLUMN turns the order round",
               .value_name = "COLUMN"});
    table.add({.name = "no-headers", .type = OptionType::Flag, .help = "no line of titles"});
}

Result<void> select_rows(const OptionValues& values, TableOut& table) {
    PF_TRY(const Query query, Query::parse(values.text("query")));
    PF_CHECK(query.check(table.columns));
    if (!query.empty()) {
        std::erase_if(table.rows,
                      [&](const Row& row) { return !query.matches(table.columns, row); });
    }
    if (std::string by = values.text("sort"); !by.empty()) {
        const bool reverse = by.front() == '-';
        by.erase(0, reverse ? 1 : 0);
        PF_TRY(const auto at, positions(table, {by}));
        std::stable_sort(table.rows.begin(), table.rows.end(), [&](const Row& a, const Row& b) {
            const int order = compare(a[at.front()], b[at.front()]);
            return reverse ? order > 0 : order < 0;
        });
    }
    const Format format = format_of(values);
    std::vector<std::string> wanted = split(values.text("columns"), ',');
    if (wanted.empty() && (format == Format::Text || format == Format::Markdown)) {
        wanted = table.shown;
    }
    if (!wanted.empty() && format != Format::Name) {
        PF_TRY(const auto at, positions(table, wanted));
        table = choose(table, at);
    }
    return {};
}

Result<void> print_table(const OptionValues& values, TableOut table) {
    PF_CHECK(select_rows(values, table));
    print_text(render_table(table, format_of(values), !values.flag("no-headers")));
    return {};
}

// Not for less than a screen, not into a pipe, and whatever the pager does is no failure: without
// it the text is printed.
void print_text(const std::string& text) {
    const char* named = std::getenv("PAGER");
    const std::vector<std::string> words = split(named == nullptr ? "" : named, ' ');
    winsize screen{};
    const bool low = ::isatty(STDOUT_FILENO) == 1 &&
                     ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &screen) == 0 && screen.ws_row > 0 &&
                     std::count(text.begin(), text.end(), '\n') >= screen.ws_row;
    if (low && !words.empty()) {
        const TempDir folder; // readable by this user alone
        std::vector<std::string> argv = words;
        argv.push_back(folder / "pfnvme");
        if (write_file_atomic(argv.back(), text, 0600)) {
            std::fflush(stdout);
            Result<ChildProcess> pager = ChildProcess::spawn(argv);
            if (pager && pager->wait(kPagerPatience) == 0) {
                return;
            }
        }
    }
    std::fputs(text.c_str(), stdout);
}

std::string render_table(const TableOut& table, Format format, bool headers) {
    switch (format) {
    case Format::Json:
        return pretty_json(table_document(table));
    case Format::Jsonl: {
        std::string out;
        for (const Row& row : table.rows) {
            out += canonical_json(row_object(table, row)) + "\n";
        }
        return out;
    }
    case Format::Yaml:
        return to_yaml(table_document(table));
    case Format::Csv:
        return csv_table(table, headers);
    case Format::Markdown:
        return markdown_table(table);
    case Format::Name: {
        std::size_t at = 0;
        for (std::size_t i = table.columns.size(); i-- > 0;) {
            at = table.columns[i].name == "name" ? i : at;
        }
        std::string out;
        for (const Row& row : table.rows) {
            out += field_text(row[at], table.columns[at].kind) + "\n";
        }
        return out;
    }
    case Format::Text:
    case Format::Wide:
        break;
    }
    return text_table(table, headers);
}

json::value json_of(const FieldValue& value, FieldKind kind) {
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag;
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return *number;
    }
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
        return nullptr;
    }
    if (kind == FieldKind::List || kind == FieldKind::Map) {
        if (Result<json::value> parsed = parse_json(*text)) {
            return std::move(*parsed);
        }
    }
    return json::string(*text);
}

void print_document(const json::value& document, Format format) {
    std::fputs((format == Format::Yaml ? to_yaml(document) : pretty_json(document)).c_str(),
               stdout);
}

void say(const OptionValues& values, std::string_view sentence) {
    const Format format = format_of(values);
    if (format == Format::Json || format == Format::Yaml) {
        print_document(json::object{{"schemaVersion", 1}, {"message", json::string(sentence)}},
                       format);
    } else {
        std::printf("%.*s\n", static_cast<int>(sentence.size()), sentence.data());
    }
}

std::string to_yaml(const json::value& value) {
    std::string out;
    if (value.is_object() && !value.get_object().empty()) {
        yaml_object(value.get_object(), 0, false, out);
        return out;
    }
    yaml_value(value, 0, out);
    return out.substr(out.find_first_not_of(" \n"));
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\n\r") == std::string_view::npos) {
        return std::string(text);
    }
    std::string out = "\"";
    for (const char c : text) {
        out += c;
        if (c == '"') {
            out += '"';
        }
    }
    return out + "\"";
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    const std::string text = fmt::format("{:.1f}", value);
    return (text.ends_with(".0") ? text.substr(0, text.size() - 2) : text) + " " +
           std::string(kUnits[unit]);
}

std::string error_json(int code, std::string_view sentence) {
    json::object out;
    out["code"] = code;
    std::string id = fmt::format("exit-{}", code);
    json::array fixes;
    std::string cause;
    for (const ExitCodeText& item : exit_code_texts()) {
        if (item.code == code) {
            cause = item.meaning;
            if (!item.advice.empty()) {
                fixes.emplace_back(item.advice);
            }
        }
    }
    std::string_view text = sentence;
    // "CHECK-ID: sentence" and "…; fix: …" come from the checks.
    const std::size_t colon = text.find(": ");
    if (colon != std::string_view::npos) {
        if (const CheckRule* rule = find_check(text.substr(0, colon)); rule != nullptr) {
            id = rule->id;
            cause = rule->why;
            fixes = {json::string(rule->fix)};
        }
    }
    if (const std::size_t at = text.find("; fix: "); at != std::string_view::npos) {
        fixes = {json::string(text.substr(at + 7))};
        text = text.substr(0, at);
    }
    std::string object;
    // A name in quotes; the apostrophe of "can't" begins none.
    if (const std::size_t quote = text.find(" '"); quote != std::string_view::npos) {
        const std::size_t end = text.find('\'', quote + 2);
        if (end != std::string_view::npos) {
            object = text.substr(quote + 2, end - quote - 2);
        }
    }
    out["id"] = id;
    out["message"] = json::string(text);
    out["object"] = object;
    out["cause"] = cause;
    out["fix"] = std::move(fixes);
    out["docs"] = "pfnvme explain " + (id.starts_with("exit-") ? "exit " + id.substr(5) : id);
    return json::serialize(out);
}

std::string coloured(std::string_view text, std::string_view code, bool colour) {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

void set_colour(std::string_view choice) {
    colour_choice = choice == "always"  ? ColourChoice::Always
                    : choice == "never" ? ColourChoice::Never
                                        : ColourChoice::Auto;
}

bool colour_wanted() {
    if (colour_choice != ColourChoice::Auto) {
        return colour_choice == ColourChoice::Always;
    }
    const char* none = std::getenv("NO_COLOR");
    return (none == nullptr || *none == '\0') && ::isatty(STDOUT_FILENO) == 1;
}

} // namespace pf::nvmetool
