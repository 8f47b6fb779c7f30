// Error texts of ESXi, vCenter and PowerFlex with their causes, most likely first.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct Cause {
    std::string_view what;
    std::string_view fix;
    std::string_view check;     // id that finds it; empty: none
    std::string_view op;        // operation that it belongs to; empty: any
    std::string_view seen_as{}; // how observed_causes() tells it, where `check` does not say
};

struct KnownError {
    std::string_view part; // of the text, lower case
    std::string_view title;
    std::vector<Cause> causes;
};

[[nodiscard]] std::span<const KnownError> known_errors();
// The errors whose text is in `text` (any case), the longest match first.
[[nodiscard]] std::vector<const KnownError*> errors_in(std::string_view text);

} // namespace pf::nvmetool
