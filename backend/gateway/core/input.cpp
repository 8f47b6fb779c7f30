#include "backend/gateway/core/input.hpp"

#include "backend/map/ids.hpp"

#include <fmt/format.h>

namespace pf::gateway {

ApiResult<std::uint64_t> parse_id(std::string_view text) {
    auto parsed = map::parse_hex16(text);
    if (!parsed) {
        return bad_request(
            fmt::format("id ({}) must be a hexadecimal number (unsigned long)", printable(text)));
    }
    return *parsed;
}

bool Input::flag(std::string_view key) const {
    const json::value* value = fields_.find(key);
    return value != nullptr && powerflex::lenient_bool(*value).value_or(true);
}

ApiResult<std::string> Input::required(std::string_view key) const {
    std::string text = fields_.str(key);
    if (text.empty()) {
        return missing_parameter(key);
    }
    return text;
}

ApiResult<std::uint64_t> Input::id(std::string_view key) const {
    PF_GW_TRY(const std::string text, required(key));
    return parse_id(text);
}

ApiResult<std::optional<std::uint64_t>> Input::optional_id(std::string_view key) const {
    const std::string text = fields_.str(key);
    if (text.empty()) {
        return std::optional<std::uint64_t>();
    }
    PF_GW_TRY(const std::uint64_t value, parse_id(text));
    return std::optional<std::uint64_t>(value);
}

ApiResult<std::optional<std::uint64_t>> Input::optional_number(std::string_view key,
                                                               std::uint64_t max) const {
    const json::value* value = fields_.find(key);
    if (value == nullptr) {
        return std::optional<std::uint64_t>();
    }
    const auto number = powerflex::lenient_integer(*value);
    if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > max) {
        return bad_request(fmt::format(
            "Request message is not valid: {} must be a number from 0 to {}.", key, max));
    }
    return std::optional<std::uint64_t>(static_cast<std::uint64_t>(*number));
}

ApiResult<std::uint64_t> Input::number(std::string_view key, std::uint64_t max) const {
    PF_GW_TRY(const std::optional<std::uint64_t> value, optional_number(key, max));
    if (!value) {
        return missing_parameter(key);
    }
    return *value;
}

ApiResult<bool> Input::boolean(std::string_view key) const {
    const json::value* value = fields_.find(key);
    if (value == nullptr) {
        return missing_parameter(key);
    }
    const auto parsed = powerflex::lenient_bool(*value);
    if (!parsed) {
        return bad_request(
            fmt::format("Request message is not valid: {} must be TRUE or FALSE.", key));
    }
    return *parsed;
}

} // namespace pf::gateway
