// An enumeration of the MDM and its words in the REST interface, once for both directions.
#pragma once

#include "backend/gateway/core/api_error.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace pf::gateway {

template<class Enum, std::size_t N>
class Words {
  public:
    // `what` ends the sentence "'x' is not …". The first pair is the default.
    constexpr Words(std::string_view what, const std::pair<Enum, std::string_view> (&pairs)[N])
        : what_(what), pairs_(std::to_array(pairs)) {}

    // The default's word for a value that has none.
    [[nodiscard]] constexpr std::string_view text(Enum value) const {
        for (const auto& [known, word] : pairs_) {
            if (known == value) {
                return word;
            }
        }
        return pairs_.front().second;
    }

    // The default when `word` is empty; 400 when it is none of them.
    [[nodiscard]] ApiResult<Enum> parse(std::string_view word) const {
        if (word.empty()) {
            return pairs_.front().first;
        }
        std::string known_words;
        for (const auto& [value, known] : pairs_) {
            if (known == word) {
                return value;
            }
            known_words += known_words.empty() ? "" : ", ";
            known_words += known;
        }
        return bad_request(fmt::format("Request message is not valid: '{}' is not {} ({}).",
                                       printable(word), what_, known_words));
    }

  private:
    std::string_view what_;
    std::array<std::pair<Enum, std::string_view>, N> pairs_;
};

} // namespace pf::gateway
