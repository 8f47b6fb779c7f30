#include "tools/pfnvme/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kLine{5}; // off a terminal
constexpr std::uint64_t kWidth = 20;

} // namespace

Progress::Progress(std::string title, std::uint64_t total, bool quiet)
    : Progress(std::move(title), total, quiet, ::isatty(STDERR_FILENO) == 1) {}

Progress::Progress(std::string title, std::uint64_t total, bool quiet, bool terminal)
    : title_(std::move(title)), total_(total), quiet_(quiet), terminal_(terminal) {}

std::string Progress::bar(const std::string& title, std::uint64_t at, std::uint64_t total,
                          const std::string& text) {
    if (total == 0) {
        return fmt::format("{}: {}", title, text);
    }
    const std::uint64_t filled = std::min(at, total) * kWidth / total;
    std::string drawn;
    for (std::uint64_t i = 0; i < kWidth; ++i) {
        drawn += i < filled ? '#' : '.';
    }
    return fmt::format("{} [{}] {} % {}", title, drawn, std::min(at, total) * 100 / total, text);
}

void Progress::update(std::uint64_t at, const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    const bool last = total_ != 0 && at >= total_;
    if (quiet_ || (!last && last_ != std::chrono::steady_clock::time_point{} &&
                   now - last_ < (terminal_ ? std::chrono::milliseconds(kRedraw)
                                            : std::chrono::milliseconds(kLine)))) {
        return;
    }
    last_ = now;
    if (terminal_) {
        std::fprintf(stderr, "\r\x1b[K%s", bar(title_, at, total_, text).c_str());
        std::fflush(stderr);
        open_ = true;
    } else {
        std::fprintf(stderr, "%s\n", bar(title_, at, total_, text).c_str());
    }
}

void Progress::done() {
    if (open_) {
        std::fputs("\r\x1b[K", stderr);
        open_ = false;
    }
}

} // namespace pf::nvmetool
