#include "tools/scli/output.hpp"

#include <fmt/format.h>

#include <cctype>

namespace pf::scli {

std::string size_text(std::uint64_t kib) {
    constexpr std::uint64_t kMib = 1024;
    constexpr std::uint64_t kGib = 1024 * kMib;
    constexpr std::uint64_t kTib = 1024 * kGib;
    const auto text = [&](std::uint64_t unit, std::string_view name, std::uint64_t smaller,
                          std::string_view smaller_name) {
        return fmt::format("{:.1f} {} ({} {})",
                           static_cast<double>(kib) / static_cast<double>(unit), name,
                           kib / smaller, smaller_name);
    };
    if (kib >= kTib) {
        return text(kTib, "TB", kGib, "GB");
    }
    if (kib >= kGib) {
        return text(kGib, "GB", kMib, "MB");
    }
    if (kib >= kMib) {
        return text(kMib, "MB", 1, "KB");
    }
    return fmt::format("{} KB ({} Bytes)", kib, kib * 1024);
}

std::string name_or_na(std::string_view name) { return name.empty() ? "N/A" : std::string(name); }

std::string upper_snake(std::string_view camel) {
    std::string out;
    for (std::size_t i = 0; i < camel.size(); ++i) {
        const auto c = static_cast<unsigned char>(camel[i]);
        const bool after_upper =
            i > 0 && std::isupper(static_cast<unsigned char>(camel[i - 1])) != 0;
        if (i > 0 && std::isupper(c) != 0 && !after_upper) {
            out += '_';
        }
        out += static_cast<char>(std::toupper(c));
    }
    return out;
}

std::string lower_camel(std::string_view upper) {
    std::string out;
    bool next_upper = false;
    for (const char c : upper) {
        if (c == '_') {
            next_upper = !out.empty();
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += static_cast<char>(next_upper ? std::toupper(byte) : std::tolower(byte));
        next_upper = false;
    }
    return out;
}

} // namespace pf::scli
