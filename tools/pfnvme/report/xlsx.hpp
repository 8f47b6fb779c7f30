// Tables as an Excel workbook (Office Open XML): one sheet for each table, titles in bold that stay
// while the rest scrolls, filters on. Text is text and numbers are numbers: no cell is a formula.
// Written by libxlsxwriter.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/fields.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

struct Sheet {
    std::string name; // shortened and made unique where Excel would refuse it
    std::vector<std::vector<FieldValue>> rows; // the first one: titles
};

// LimitExceeded: more rows than a sheet holds, or more bytes than such an archive does.
[[nodiscard]] Result<std::string> xlsx_workbook(const std::vector<Sheet>& sheets);

// The cells of a CSV table; what is plainly a whole number becomes one.
[[nodiscard]] Result<Sheet> sheet_of_csv(std::string name, const std::string& csv);

} // namespace pf::nvmetool
