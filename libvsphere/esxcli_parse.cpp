// Text, table, CSV, key-value and JSON forms of esxcli output into records.

#include "base/json.hpp"
#include "libvsphere/esxcli.hpp"

#include <algorithm>
#include <cctype>
#include <map>

namespace pf::vim {

namespace {

std::string_view trimmed(std::string_view text) {
    size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Column titles and field names meet in one form: without spaces.
std::string field_name(std::string_view title) {
    std::string out;
    for (char c : title) {
        if (c != ' ')
            out += c;
    }
    return out;
}

bool is_dash_row(std::string_view line) {
    std::string_view body = trimmed(line);
    return body.size() >= 2 && body.find_first_not_of("- ") == std::string_view::npos &&
           body.find("--") != std::string_view::npos;
}

size_t indent_of(std::string_view line) {
    size_t at = line.find_first_not_of(' ');
    return at == std::string_view::npos ? line.size() : at;
}

struct Column {
    size_t begin, end; ///< byte offsets; the last column is open-ended
    std::string name;
};

std::vector<Column> columns_of(std::string_view header, std::string_view dashes) {
    std::vector<Column> columns;
    size_t at = 0;
    while ((at = dashes.find('-', at)) != std::string_view::npos) {
        size_t end = std::min(dashes.find(' ', at), dashes.size());
        columns.push_back({at, end, {}});
        at = end;
    }
    for (size_t i = 0; i < columns.size(); ++i) {
        size_t begin = columns[i].begin;
        size_t end = i + 1 < columns.size() ? columns[i + 1].begin : header.size();
        if (begin < header.size())
            columns[i].name =
                field_name(trimmed(header.substr(begin, std::min(end, header.size()) - begin)));
    }
    return columns;
}

/// Part of a line by columns. The host pads to characters, so a name with multi-byte characters
/// shifts everything behind it in bytes.
std::string_view cell_of(std::string_view line, size_t begin, size_t end) {
    auto byte_of = [line](size_t column) {
        size_t at = 0;
        for (; at < line.size(); ++at) {
            const bool continues = (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80;
            if (!continues && column-- == 0)
                break;
        }
        return at;
    };
    const bool plain = std::none_of(line.begin(), line.end(),
                                    [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (!plain) {
        begin = byte_of(begin);
        end = end == std::string_view::npos ? end : byte_of(end);
    }
    if (begin >= line.size())
        return {};
    return line.substr(begin, std::min(end, line.size()) - begin);
}

/// By the dash row's offsets: names hold spaces and cells may be empty, so nothing can be split by
/// white space.
void parse_table(const std::vector<std::string_view>& lines, size_t dash_row, EsxcliOutput& out) {
    std::vector<Column> columns = columns_of(lines[dash_row - 1], lines[dash_row]);
    for (size_t i = dash_row + 1; i < lines.size(); ++i) {
        std::string_view line = lines[i];
        if (trimmed(line).empty())
            continue;
        EsxcliRecord record;
        for (size_t c = 0; c < columns.size(); ++c) {
            const size_t end =
                c + 1 < columns.size() ? columns[c + 1].begin : std::string_view::npos;
            std::string cell(trimmed(cell_of(line, columns[c].begin, end)));
            record.entries.push_back({columns[c].name, {std::move(cell)}});
        }
        out.records.push_back(std::move(record));
    }
}

/// Indented "Field: value" lines; an unindented line starts the next item of a list.
void parse_simple(const std::vector<std::string_view>& lines, EsxcliOutput& out) {
    EsxcliRecord current;
    bool open = false;
    auto flush = [&] {
        if (open && (!current.entries.empty() || !current.key.empty()))
            out.records.push_back(std::move(current));
        current = {};
        open = false;
    };
    std::string section; // name of a nested struct
    for (std::string_view line : lines) {
        std::string_view body = trimmed(line);
        if (body.empty()) {
            flush();
            section.clear();
            continue;
        }
        size_t indent = indent_of(line);
        if (indent == 0) {
            flush();
            open = true;
            current.key = body;
            section.clear();
            continue;
        }
        size_t colon = body.find(": ");
        bool ends_open = colon == std::string_view::npos && body.back() == ':';
        if (colon == std::string_view::npos && !ends_open) {
            // A continued value: some captures break after "Field:" or list values line by line.
            if (!current.entries.empty()) {
                EsxcliRecord::Entry& last = current.entries.back();
                if (last.values.empty() || (last.values.size() == 1 && last.values[0].empty()))
                    last.values.assign(1, std::string(body));
                else
                    last.values.emplace_back(body);
            }
            continue;
        }
        std::string_view title = body.substr(0, ends_open ? body.size() - 1 : colon);
        std::string value(ends_open ? std::string_view{} : trimmed(body.substr(colon + 2)));
        open = true;
        std::string name = field_name(title);
        if (indent > 5 && !section.empty())
            name = section + "." + name;
        else if (value.empty())
            section = name;
        else
            section.clear();
        current.entries.push_back({std::move(name), {std::move(value)}});
    }
    flush();
}

std::string json_text(const json::value& value) {
    if (value.is_string())
        return std::string(value.as_string());
    if (value.is_null())
        return {};
    return json::serialize(value);
}

void add_json(EsxcliRecord& record, const std::string& prefix, const json::object& object) {
    for (const auto& member : object) {
        std::string name = prefix + std::string(member.key());
        if (member.value().is_object()) {
            add_json(record, name + ".", member.value().as_object());
        } else if (member.value().is_array()) {
            EsxcliRecord::Entry entry{name, {}};
            for (const json::value& item : member.value().as_array())
                entry.values.push_back(json_text(item));
            record.entries.push_back(std::move(entry));
        } else {
            record.entries.push_back({std::move(name), {json_text(member.value())}});
        }
    }
}

std::vector<std::string> csv_row(std::string_view line) {
    std::vector<std::string> cells;
    std::string cell;
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
        char c = line[i];
        if (quoted) {
            if (c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
                cell += '"';
                ++i;
            } else if (c == '"') {
                quoted = false;
            } else {
                cell += c;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',') {
            cells.push_back(std::move(cell));
            cell.clear();
        } else {
            cell += c;
        }
    }
    if (!cell.empty()) // every line ends with a comma
        cells.push_back(std::move(cell));
    return cells;
}

} // namespace

Result<EsxcliOutput> parse_esxcli_text(std::string_view text) {
    EsxcliOutput out;
    out.raw = text;
    std::vector<std::string_view> lines = lines_of(text);
    // Interactive banners may stand before the header; the dash row is unmistakable.
    for (size_t i = 1; i < lines.size(); ++i) {
        if (is_dash_row(lines[i]) && !trimmed(lines[i - 1]).empty()) {
            parse_table(lines, i, out);
            return out;
        }
    }
    std::string_view body = trimmed(text);
    if (body.find('\n') == std::string_view::npos && body.find(": ") == std::string_view::npos &&
        !body.ends_with(':')) {
        out.scalar = body;
        return out;
    }
    parse_simple(lines, out);
    return out;
}

Result<EsxcliOutput> parse_esxcli_json(std::string_view text) {
    EsxcliOutput out;
    out.raw = text;
    size_t begin = text.find_first_of("[{");
    std::string_view body = trimmed(text);
    if (body.empty())
        return out;
    // Notices may precede the document; a bare scalar has no bracket.
    if (begin != std::string_view::npos)
        body = trimmed(text.substr(begin));
    Result<json::value> parsed = parse_json(body);
    if (!parsed)
        return fail(Errc::Protocol, "esxcli printed no JSON: {}", parsed.error().what);
    if (parsed->is_array()) {
        for (const json::value& item : parsed->as_array()) {
            EsxcliRecord record;
            if (item.is_object())
                add_json(record, "", item.as_object());
            else
                record.entries.push_back({"value", {json_text(item)}});
            out.records.push_back(std::move(record));
        }
    } else if (parsed->is_object()) {
        EsxcliRecord record;
        add_json(record, "", parsed->as_object());
        out.records.push_back(std::move(record));
    } else {
        out.scalar = json_text(*parsed);
    }
    return out;
}

Result<EsxcliOutput> parse_esxcli_csv(std::string_view text) {
    EsxcliOutput out;
    out.raw = text;
    std::vector<std::string> header;
    for (std::string_view line : lines_of(text)) {
        if (trimmed(line).empty())
            continue;
        std::vector<std::string> cells = csv_row(line);
        if (header.empty()) {
            header = std::move(cells);
            continue;
        }
        if (cells.size() > header.size())
            return fail(Errc::Protocol, "esxcli CSV row has {} cells, the header has {}",
                        cells.size(), header.size());
        EsxcliRecord record;
        for (size_t i = 0; i < header.size(); ++i)
            record.entries.push_back(
                {header[i], {i < cells.size() ? std::move(cells[i]) : std::string()}});
        out.records.push_back(std::move(record));
    }
    return out;
}

Result<EsxcliOutput> parse_esxcli_keyvalue(std::string_view text) {
    EsxcliOutput out;
    out.raw = text;
    std::map<size_t, EsxcliRecord> rows; // index 0 also serves a single struct
    for (std::string_view line : lines_of(text)) {
        size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            continue;
        std::string_view left = trimmed(line.substr(0, equals));
        std::string value(line.substr(equals + 1));
        size_t row = 0;
        if (size_t open = left.find('['); open != std::string_view::npos && open < left.find('.')) {
            for (char c : left.substr(open + 1)) {
                if (!std::isdigit(static_cast<unsigned char>(c)) || row > 10'000'000)
                    break;
                row = row * 10 + static_cast<size_t>(c - '0');
            }
            size_t close = left.find("].", open);
            if (close == std::string_view::npos)
                continue;
            left = left.substr(close + 2);
        }
        // [Struct.]Field[n].type
        size_t type_dot = left.rfind('.');
        if (type_dot == std::string_view::npos)
            continue;
        left = left.substr(0, type_dot);
        if (size_t dot = left.find('.'); dot != std::string_view::npos)
            left = left.substr(dot + 1);
        std::string name(left.substr(0, left.find('[')));
        EsxcliRecord& record = rows[row];
        auto same = std::find_if(record.entries.begin(), record.entries.end(),
                                 [&](const EsxcliRecord::Entry& e) { return e.name == name; });
        if (same == record.entries.end())
            record.entries.push_back({std::move(name), {std::move(value)}});
        else
            same->values.push_back(std::move(value));
    }
    for (auto& [index, record] : rows)
        out.records.push_back(std::move(record));
    return out;
}

} // namespace pf::vim
