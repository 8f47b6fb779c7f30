// The body of a request, read with PowerFlex's tolerance: numbers and booleans may be text in any
// case, unknown keys are ignored, a present but empty text is a raised flag. What an action needs
// and does not get is a 400.
#pragma once

#include "backend/gateway/core/api_error.hpp"
#include "libpf/json_fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf::gateway {

class Input {
  public:
    explicit Input(const json::object& body) : fields_(body) {}

    [[nodiscard]] const powerflex::Fields& fields() const { return fields_; }
    // Present, not null, whatever the value; an explicit false reads as absent.
    [[nodiscard]] bool flag(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const { return fields_.has(key); }
    [[nodiscard]] std::string text(std::string_view key) const { return fields_.str(key); }

    [[nodiscard]] ApiResult<std::string> required(std::string_view key) const;
    [[nodiscard]] ApiResult<std::uint64_t> id(std::string_view key) const;
    // Empty when absent or an empty text.
    [[nodiscard]] ApiResult<std::optional<std::uint64_t>> optional_id(std::string_view key) const;
    [[nodiscard]] ApiResult<std::uint64_t> number(std::string_view key, std::uint64_t max) const;
    [[nodiscard]] ApiResult<std::optional<std::uint64_t>> optional_number(std::string_view key,
                                                                          std::uint64_t max) const;
    [[nodiscard]] ApiResult<bool> boolean(std::string_view key) const;

  private:
    powerflex::Fields fields_;
};

// 16 hex digits. 400 "… must be a hexadecimal number" otherwise.
[[nodiscard]] ApiResult<std::uint64_t> parse_id(std::string_view text);

} // namespace pf::gateway
