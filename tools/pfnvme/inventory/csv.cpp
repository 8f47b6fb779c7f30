#include "tools/pfnvme/inventory/csv.hpp"

#include <algorithm>
#include <cctype>

namespace pf::nvmetool {

namespace {

std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '#') {
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

class Reader {
  public:
    Reader(std::string_view text, std::string_view name) : text_(text), name_(name) {
        if (text_.starts_with("\xef\xbb\xbf")) {
            at_ = 3;
        }
        const std::string_view first = text_.substr(at_, text_.find_first_of("\r\n", at_) - at_);
        const auto count = [first](char c) { return std::count(first.begin(), first.end(), c); };
        separator_ = count(';') > count(',') ? ';' : ',';
    }

    [[nodiscard]] bool more() const { return at_ < text_.size(); }
    [[nodiscard]] std::size_t line() const { return line_; }

    Result<std::vector<std::string>> row() {
        std::vector<std::string> out;
        while (true) {
            PF_TRY(std::string cell, field());
            out.push_back(std::move(cell));
            if (at_ >= text_.size()) {
                return out;
            }
            const char c = text_[at_++];
            if (c == separator_) {
                if (at_ == text_.size()) {
                    out.emplace_back();
                    return out;
                }
                continue;
            }
            if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') {
                ++at_;
            }
            ++line_;
            return out;
        }
    }

  private:
    Result<std::string> field() {
        std::string out;
        if (at_ >= text_.size() || text_[at_] != '"') {
            const std::size_t end = std::min(
                text_.find_first_of(separator_ == ';' ? ";\r\n" : ",\r\n", at_), text_.size());
            out = text_.substr(at_, end - at_);
            at_ = end;
            return out;
        }
        const std::size_t start = line_;
        ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') {
                if (at_ < text_.size() && text_[at_] == '"') {
                    ++at_;
                } else if (at_ == text_.size() || text_[at_] == separator_ || text_[at_] == '\r' ||
                           text_[at_] == '\n') {
                    return out;
                } else {
                    return fail(Errc::InvalidArgument, "{}:{}: text goes on after a closing quote",
                                name_, line_);
                }
            }
            line_ += c == '\n' ? 1U : 0U;
            out += c;
        }
        return fail(Errc::InvalidArgument, "{}:{}: a quote never ends", name_, start);
    }

    std::string_view text_;
    std::string_view name_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    char separator_ = ',';
};

} // namespace

int CsvTable::column(std::string_view name) const {
    const std::string wanted = plain(name);
    for (std::size_t i = 0; i < header.size(); ++i) {
        if (plain(header[i]) == wanted) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

const std::string& CsvTable::at(const std::vector<std::string>& row, std::string_view name) const {
    static const std::string kEmpty;
    const int found = column(name);
    return found < 0 || static_cast<std::size_t>(found) >= row.size()
               ? kEmpty
               : row[static_cast<std::size_t>(found)];
}

Result<CsvTable> parse_csv(std::string_view text, std::string_view name) {
    Reader reader(text, name);
    CsvTable out;
    if (!reader.more()) {
        return fail(Errc::InvalidArgument, "{} is empty", name);
    }
    PF_TRY(out.header, reader.row());
    while (reader.more()) {
        const std::size_t line = reader.line();
        PF_TRY(std::vector<std::string> row, reader.row());
        if (row.size() == 1 && row.front().empty()) {
            continue; // an empty line
        }
        if (row.size() > out.header.size()) {
            return fail(Errc::InvalidArgument, "{}:{}: {} cells under {} titles", name, line,
                        row.size(), out.header.size());
        }
        row.resize(out.header.size());
        out.rows.push_back(std::move(row));
    }
    return out;
}

} // namespace pf::nvmetool
