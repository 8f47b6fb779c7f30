#include "libpf/json_fields.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace pf::powerflex {
namespace {

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
    return a.size() == lower.size() &&
           std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
               const char folded = x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x;
               return folded == y;
           });
}

} // namespace

std::optional<std::int64_t> lenient_integer(const json::value& value) {
    if (value.is_int64()) {
        return value.get_int64();
    }
    if (value.is_uint64()) {
        const std::uint64_t number = value.get_uint64();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return std::nullopt;
        }
        return static_cast<std::int64_t>(number);
    }
    if (value.is_double()) {
        const double number = value.get_double();
        // 2^53: beyond it a double does not hold every integer.
        if (std::isfinite(number) && std::trunc(number) == number && std::fabs(number) < 9.0e15) {
            return static_cast<std::int64_t>(number);
        }
        return std::nullopt;
    }
    if (value.is_string()) {
        const auto& text = value.get_string();
        std::int64_t number = 0;
        const char* end = text.data() + text.size();
        auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stop == end && !text.empty()) {
            return number;
        }
    }
    return std::nullopt;
}

std::optional<bool> lenient_bool(const json::value& value) {
    if (value.is_bool()) {
        return value.get_bool();
    }
    if (value.is_string()) {
        const std::string_view text = value.get_string();
        if (text.empty() || equals_ignoring_case(text, "true") || text == "1") {
            return true;
        }
        if (equals_ignoring_case(text, "false") || text == "0") {
            return false;
        }
        return std::nullopt;
    }
    if (auto number = lenient_integer(value)) {
        return *number != 0;
    }
    return std::nullopt;
}

const json::value* Fields::find(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

std::string Fields::str(std::string_view key) const {
    const json::value* value = find(key);
    if (value == nullptr) {
        return {};
    }
    if (value->is_string()) {
        return std::string(value->get_string());
    }
    if (value->is_object() || value->is_array()) {
        return {};
    }
    return json::serialize(*value);
}

std::int64_t Fields::i64(std::string_view key, std::int64_t fallback) const {
    const json::value* value = find(key);
    return value == nullptr ? fallback : lenient_integer(*value).value_or(fallback);
}

std::uint64_t Fields::u64(std::string_view key, std::uint64_t fallback) const {
    const json::value* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    const auto number = lenient_integer(*value);
    return number && *number >= 0 ? static_cast<std::uint64_t>(*number) : fallback;
}

std::uint16_t Fields::u16(std::string_view key) const {
    const std::uint64_t number = u64(key);
    return number <= 0xffff ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

bool Fields::boolean(std::string_view key, bool fallback) const {
    const json::value* value = find(key);
    return value == nullptr ? fallback : lenient_bool(*value).value_or(fallback);
}

std::vector<std::string> Fields::strings(std::string_view key) const {
    std::vector<std::string> out;
    const json::value* value = find(key);
    if (value != nullptr && value->is_array()) {
        for (const json::value& item : value->get_array()) {
            if (item.is_string()) {
                out.emplace_back(item.get_string());
            }
        }
    }
    return out;
}

std::vector<const json::object*> Fields::objects(std::string_view key) const {
    std::vector<const json::object*> out;
    const json::value* value = find(key);
    if (value != nullptr && value->is_array()) {
        for (const json::value& item : value->get_array()) {
            if (item.is_object()) {
                out.push_back(&item.get_object());
            }
        }
    }
    return out;
}

const json::object* Fields::object(std::string_view key) const {
    const json::value* value = find(key);
    return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

} // namespace pf::powerflex
