#include "tools/pfnvme/report/xlsx.hpp"

#include "base/file.hpp"
#include "tools/pfnvme/inventory/csv.hpp"

#include <fmt/format.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <string_view>

namespace pf::nvmetool {

namespace {

// Excel's own.
constexpr std::size_t kMaxRows = LXW_ROW_MAX;
constexpr std::size_t kMaxCellBytes = 32767;
constexpr std::size_t kMaxNameChars = LXW_SHEETNAME_MAX;
constexpr std::size_t kMaxDigits = 15; // of a number that a double keeps whole
constexpr std::size_t kMaxWidth = 60;

std::string cell_text(const std::string& text) {
    std::string out = text.substr(0, kMaxCellBytes);
    while (out.size() < text.size() && !out.empty() &&
           (static_cast<unsigned char>(text[out.size()]) & 0xc0U) == 0x80U) {
        out.pop_back(); // no half of a letter
    }
    return out;
}

lxw_error write_cell(lxw_worksheet* sheet, std::size_t row, std::size_t column,
                     const FieldValue& cell, lxw_format* format) {
    const auto at_row = static_cast<lxw_row_t>(row);
    const auto at_column = static_cast<lxw_col_t>(column);
    if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        return worksheet_write_number(sheet, at_row, at_column, static_cast<double>(*number),
                                      format);
    }
    if (const auto* flag = std::get_if<bool>(&cell)) {
        return worksheet_write_boolean(sheet, at_row, at_column, *flag ? 1 : 0, format);
    }
    const auto* text = std::get_if<std::string>(&cell);
    if (text == nullptr || text->empty()) {
        return LXW_NO_ERROR;
    }
    return worksheet_write_string(sheet, at_row, at_column, cell_text(*text).c_str(), format);
}

std::size_t width_of(const FieldValue& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
        return std::min(text->size(), kMaxWidth);
    }
    return std::holds_alternative<std::monostate>(cell) ? 0 : 12;
}

lxw_error fill(lxw_worksheet* out, const Sheet& sheet, lxw_format* bold) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < sheet.rows.size(); ++i) {
        const auto& row = sheet.rows[i];
        widths.resize(std::max(widths.size(), row.size()), 8);
        for (std::size_t j = 0; j < row.size(); ++j) {
            widths[j] = std::max(widths[j], width_of(row[j]) + 2);
            if (const lxw_error wrong = write_cell(out, i, j, row[j], i == 0 ? bold : nullptr);
                wrong != LXW_NO_ERROR) {
                return wrong;
            }
        }
    }
    for (std::size_t j = 0; j < widths.size(); ++j) {
        const auto column = static_cast<lxw_col_t>(j);
        worksheet_set_column(out, column, column, static_cast<double>(widths[j]), nullptr);
    }
    worksheet_freeze_panes(out, 1, 0);
    return widths.empty()
               ? LXW_NO_ERROR
               : worksheet_autofilter(out, 0, 0, static_cast<lxw_row_t>(sheet.rows.size() - 1),
                                      static_cast<lxw_col_t>(widths.size() - 1));
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
    for (const Sheet& sheet : sheets) {
        if (sheet.rows.size() > kMaxRows) {
            return fail(Errc::LimitExceeded,
                        "table {} has {} rows, a sheet holds {}; write it as csv instead",
                        sheet.name, sheet.rows.size(), kMaxRows);
        }
    }
    const TempDir folder("pfnvme-xlsx"); // the library writes files only
    const std::string path = folder / "book.xlsx";
    lxw_workbook_options options{};
    options.constant_memory = 1; // row by row, texts in their cells
    lxw_workbook* book = workbook_new_opt(path.c_str(), &options);
    if (book == nullptr) {
        return fail(Errc::Io, "the workbook can't be begun at {}", path);
    }
    lxw_doc_properties properties{};
    properties.created = 315532800; // 1980: the same tables make the same bytes
    workbook_set_properties(book, &properties);
    lxw_format* bold = workbook_add_format(book);
    format_set_bold(bold);
    std::set<std::string> used;
    lxw_error wrong = LXW_NO_ERROR;
    for (const Sheet& sheet : sheets) {
        lxw_worksheet* out = workbook_add_worksheet(book, sheet_name(sheet.name, used).c_str());
        wrong = wrong != LXW_NO_ERROR ? wrong
                : out == nullptr      ? LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE
                                      : fill(out, sheet, bold);
    }
    const lxw_error closed = workbook_close(book); // frees it, whatever came before
    wrong = wrong != LXW_NO_ERROR ? wrong : closed;
    if (wrong != LXW_NO_ERROR) {
        return fail(Errc::Io, "the workbook could not be written: {}", lxw_strerror(wrong));
    }
    return read_file(path, std::size_t{1} << 32U);
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
