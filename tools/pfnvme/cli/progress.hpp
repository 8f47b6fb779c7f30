// Progress on standard error: one bar that is drawn over on a terminal, lines now and then
// elsewhere, nothing when quiet.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pf::nvmetool {

class Progress {
  public:
    // total 0: not known. `terminal` is what isatty says; tests give it.
    Progress(std::string title, std::uint64_t total, bool quiet);
    Progress(std::string title, std::uint64_t total, bool quiet, bool terminal);
    ~Progress() { done(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(std::uint64_t at, const std::string& text);
    void done(); // ends the line; idempotent

    // One line of a bar, without the carriage return.
    [[nodiscard]] static std::string bar(const std::string& title, std::uint64_t at,
                                         std::uint64_t total, const std::string& text);

  private:
    std::string title_;
    std::uint64_t total_;
    bool quiet_;
    bool terminal_;
    bool open_ = false;
    std::chrono::steady_clock::time_point last_{};
};

} // namespace pf::nvmetool
