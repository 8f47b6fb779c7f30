#include "tools/pfnvme/report/xlsx.hpp"

#include "base/xml.hpp"
#include "tools/pfnvme/inventory/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

namespace pf::nvmetool {

namespace {

// Excel's own.
constexpr std::size_t kMaxRows = 1048576;
constexpr std::size_t kMaxCellChars = 32767;
constexpr std::size_t kMaxNameChars = 31;
constexpr std::size_t kMaxDigits = 15; // of a number that a double keeps whole
constexpr std::size_t kMaxWidth = 60;
constexpr std::size_t kMaxArchive = 0xffffffffU; // without ZIP64

constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view kOffice =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view kPackage = "http://schemas.openxmlformats.org/package/2006";
constexpr std::string_view kSheetType =
    "application/vnd.openxmlformats-officedocument.spreadsheetml";

// ---- the archive: ZIP with stored members ----

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < out.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xedb88320U : 0U);
        }
        out[i] = value;
    }
    return out;
}
constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

std::uint32_t crc32_of(std::string_view data) {
    std::uint32_t crc = ~0U;
    for (const char c : data) {
        crc = (crc >> 8U) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU];
    }
    return ~crc;
}

void put(std::string& out, std::uint64_t value, int bytes) { // little-endian
    for (int i = 0; i < bytes; ++i) {
        out += static_cast<char>(value >> (8U * static_cast<unsigned>(i)) & 0xffU);
    }
}

class Archive {
  public:
    void add(std::string_view name, std::string_view data) {
        const std::uint64_t at = bytes_.size();
        std::string common;        // of the local header and the directory's entry
        put(common, 20, 2);        // version that reads it
        put(common, 1U << 11U, 2); // names are UTF-8
        put(common, 0, 2);         // stored
        put(common, 0, 2);         // no time
        put(common, 0x21, 2);      // 1980-01-01
        put(common, crc32_of(data), 4);
        put(common, data.size(), 4);
        put(common, data.size(), 4);
        put(common, name.size(), 2);
        put(common, 0, 2); // no extra field
        bytes_ += "PK\x03\x04" + common;
        bytes_ += name;
        bytes_ += data;
        directory_ += "PK\x01\x02";
        put(directory_, 20, 2);
        directory_ += common;
        put(directory_, 0, 2); // no comment
        put(directory_, 0, 2); // one disk
        put(directory_, 0, 2);
        put(directory_, 0, 4);
        put(directory_, at, 4);
        directory_ += name;
        ++members_;
    }
    Result<std::string> finish() {
        const std::uint64_t start = bytes_.size();
        const std::uint64_t length = directory_.size();
        if (start + length > kMaxArchive) {
            return fail(Errc::LimitExceeded,
                        "the workbook is larger than 4 GiB; write it as csv instead");
        }
        bytes_ += directory_ + "PK\x05\x06";
        put(bytes_, 0, 4);
        put(bytes_, members_, 2);
        put(bytes_, members_, 2);
        put(bytes_, length, 4);
        put(bytes_, start, 4);
        put(bytes_, 0, 2);
        return std::move(bytes_);
    }

  private:
    std::string bytes_;
    std::string directory_;
    std::uint64_t members_ = 0;
};

// ---- the parts ----

// "A", … "Z", "AA", …
std::string column_name(std::size_t index) {
    std::string out;
    for (std::size_t rest = index + 1; rest > 0; rest = (rest - 1) / 26) {
        out.insert(out.begin(), static_cast<char>('A' + (rest - 1) % 26));
    }
    return out;
}

// What XML can't hold is written as Excel writes it: _x0007_.
std::string cell_text(std::string_view text) {
    std::string clean;
    for (std::size_t i = 0; i < text.size() && i < kMaxCellChars; ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 && c != '\n' && c != '\t') {
            clean += fmt::format("_x{:04X}_", c);
        } else {
            clean += text[i];
        }
    }
    while (text.size() > kMaxCellChars && !clean.empty() &&
           (static_cast<unsigned char>(clean.back()) & 0x80U) != 0) {
        clean.pop_back(); // no half of a letter
    }
    return xml_escaped(clean);
}

void append_cell(std::string& out, const FieldValue& cell, const std::string& place, bool title) {
    const char* style = title ? " s=\"1\"" : "";
    if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        out += fmt::format("<c r=\"{}\"{}><v>{}</v></c>", place, style, *number);
    } else if (const auto* flag = std::get_if<bool>(&cell)) {
        out += fmt::format("<c r=\"{}\" t=\"b\"{}><v>{}</v></c>", place, style, *flag ? 1 : 0);
    } else if (const auto* text = std::get_if<std::string>(&cell);
               text != nullptr && !text->empty()) {
        out += fmt::format(
            "<c r=\"{}\" t=\"inlineStr\"{}><is><t xml:space=\"preserve\">{}</t></is></c>", place,
            style, cell_text(*text));
    }
}

std::size_t width_of(const FieldValue& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
        return std::min(text->size(), kMaxWidth);
    }
    return std::holds_alternative<std::monostate>(cell) ? 0 : 12;
}

std::string sheet_part(const Sheet& sheet) {
    std::vector<std::size_t> widths;
    for (const auto& row : sheet.rows) {
        widths.resize(std::max(widths.size(), row.size()), 8);
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]) + 2);
        }
    }
    std::string out(kXml);
    out += fmt::format("<worksheet xmlns=\"{}\"><sheetViews><sheetView workbookViewId=\"0\">"
                       "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" "
                       "state=\"frozen\"/></sheetView></sheetViews>",
                       kMain);
    if (!widths.empty()) {
        out += "<cols>";
        for (std::size_t i = 0; i < widths.size(); ++i) {
            out += fmt::format("<col min=\"{0}\" max=\"{0}\" width=\"{1}\" customWidth=\"1\"/>",
                               i + 1, widths[i]);
        }
        out += "</cols>";
    }
    out += "<sheetData>";
    for (std::size_t i = 0; i < sheet.rows.size(); ++i) {
        out += fmt::format("<row r=\"{}\">", i + 1);
        for (std::size_t j = 0; j < sheet.rows[i].size(); ++j) {
            append_cell(out, sheet.rows[i][j], column_name(j) + std::to_string(i + 1), i == 0);
        }
        out += "</row>";
    }
    out += "</sheetData>";
    if (!widths.empty()) {
        out += fmt::format("<autoFilter ref=\"A1:{}{}\"/>", column_name(widths.size() - 1),
                           sheet.rows.size());
    }
    return out + "</worksheet>";
}

std::string styles_part() {
    return fmt::format(
        "{}<styleSheet xmlns=\"{}\"><fonts count=\"2\"><font><sz val=\"11\"/><name "
        "val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
        "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill "
        "patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border/></borders>"
        "<cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"2\"><xf xfId=\"0\"/>"
        "<xf xfId=\"0\" fontId=\"1\" applyFont=\"1\"/></cellXfs></styleSheet>",
        kXml, kMain);
}

// Excel wants names of at most 31 characters, without []:*?/\, each once whatever the case.
std::string sheet_name(const std::string& wanted, std::set<std::string>& used) {
    std::string base;
    for (const char c : wanted) {
        base += std::string_view("[]:*?/\\").find(c) == std::string_view::npos ? c : '-';
    }
    base = base.empty() ? "Sheet" : base.substr(0, kMaxNameChars);
    const auto key = [](std::string text) {
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
        });
        return text;
    };
    std::string name = base;
    for (int n = 2; !used.insert(key(name)).second; ++n) {
        const std::string tail = fmt::format(" {}", n);
        name = base.substr(0, kMaxNameChars - tail.size()) + tail;
    }
    return name;
}

} // namespace

Result<std::string> xlsx_workbook(const std::vector<Sheet>& sheets) {
    std::string types =
        fmt::format("{}<Types xmlns=\"{}/content-types\"><Default Extension=\"rels\" "
                    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                    "<Default Extension=\"xml\" ContentType=\"application/xml\"/><Override "
                    "PartName=\"/xl/workbook.xml\" ContentType=\"{}.sheet.main+xml\"/><Override "
                    "PartName=\"/xl/styles.xml\" ContentType=\"{}.styles+xml\"/>",
                    kXml, kPackage, kSheetType, kSheetType);
    std::string book =
        fmt::format("{}<workbook xmlns=\"{}\" xmlns:r=\"{}\"><sheets>", kXml, kMain, kOffice);
    std::string links = fmt::format("{}<Relationships xmlns=\"{}/relationships\">", kXml, kPackage);
    Archive archive;
    std::set<std::string> used;
    std::size_t number = 0;
    for (const Sheet& sheet : sheets) {
        if (sheet.rows.size() > kMaxRows) {
            return fail(Errc::LimitExceeded,
                        "table {} has {} rows, a sheet holds {}; write it as csv instead",
                        sheet.name, sheet.rows.size(), kMaxRows);
        }
        ++number;
        types += fmt::format("<Override PartName=\"/xl/worksheets/sheet{}.xml\" "
                             "ContentType=\"{}.worksheet+xml\"/>",
                             number, kSheetType);
        book += fmt::format("<sheet name=\"{}\" sheetId=\"{}\" r:id=\"rId{}\"/>",
                            xml_escaped(sheet_name(sheet.name, used)), number, number);
        links += fmt::format("<Relationship Id=\"rId{0}\" Type=\"{1}/worksheet\" "
                             "Target=\"worksheets/sheet{0}.xml\"/>",
                             number, kOffice);
        archive.add(fmt::format("xl/worksheets/sheet{}.xml", number), sheet_part(sheet));
    }
    links += fmt::format("<Relationship Id=\"rId{}\" Type=\"{}/styles\" Target=\"styles.xml\"/>"
                         "</Relationships>",
                         number + 1, kOffice);
    archive.add("[Content_Types].xml", types + "</Types>");
    archive.add("_rels/.rels",
                fmt::format("{}<Relationships xmlns=\"{}/relationships\"><Relationship Id=\"rId1\" "
                            "Type=\"{}/officeDocument\" Target=\"xl/workbook.xml\"/>"
                            "</Relationships>",
                            kXml, kPackage, kOffice));
    archive.add("xl/workbook.xml", book + "</sheets></workbook>");
    archive.add("xl/_rels/workbook.xml.rels", links);
    archive.add("xl/styles.xml", styles_part());
    return archive.finish();
}

Result<Sheet> sheet_of_csv(std::string name, const std::string& csv) {
    PF_TRY(const CsvTable table, parse_csv(csv, name));
    Sheet out{std::move(name), {}};
    const auto value_of = [](const std::string& text) -> FieldValue {
        std::int64_t number = 0;
        const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool plain = wrong == std::errc{} && end == text.data() + text.size() &&
                           text.size() <= kMaxDigits && text == std::to_string(number);
        return plain ? FieldValue{number} : text.empty() ? FieldValue{} : FieldValue{text};
    };
    out.rows.emplace_back(table.header.begin(), table.header.end());
    for (const std::vector<std::string>& row : table.rows) {
        out.rows.emplace_back();
        for (const std::string& cell : row) {
            out.rows.back().push_back(value_of(cell));
        }
    }
    return out;
}

} // namespace pf::nvmetool
