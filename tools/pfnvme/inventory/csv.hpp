// CSV as spreadsheets write it: RFC 4180 with ',' or ';' (told by the first line), quotes doubled,
// line ends of any kind, a byte order mark in front.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct CsvTable {
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows; // each as long as the header

    // Column by name, compared without case, blanks and signs; -1 when there is none.
    [[nodiscard]] int column(std::string_view name) const;
    // The cell, "" when the column is not there.
    [[nodiscard]] const std::string& at(const std::vector<std::string>& row,
                                        std::string_view name) const;
};

// InvalidArgument names the line: a quote that never ends, a row longer than the header.
[[nodiscard]] Result<CsvTable> parse_csv(std::string_view text, std::string_view name);

} // namespace pf::nvmetool
