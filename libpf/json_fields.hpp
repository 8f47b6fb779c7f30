// Tolerant access to the members of a PowerFlex object.
//
// PowerFlex writes integers as JSON integers, but not everywhere and not in every version: the same
// field can be a number, a quoted number or null. A missing, null or ill-typed member reads as "not
// set"; only what identifies an object is demanded. Internal to libpf and to the gateway (which has
// the same tolerance to keep on input).
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::powerflex {

// Integer out of a JSON number (integral) or of text; empty for anything else.
[[nodiscard]] std::optional<std::int64_t> lenient_integer(const json::value& value);
// true/false, "TRUE"/"False", 1/0, and the empty text, which PowerFlex uses as a flag.
[[nodiscard]] std::optional<bool> lenient_bool(const json::value& value);

class Fields {
  public:
    explicit Fields(const json::object& object) : object_(object) {}

    [[nodiscard]] const json::value* find(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }

    // Text; numbers are written out; empty when not set.
    [[nodiscard]] std::string str(std::string_view key) const;
    [[nodiscard]] std::int64_t i64(std::string_view key, std::int64_t fallback = 0) const;
    // Negative values read as the fallback.
    [[nodiscard]] std::uint64_t u64(std::string_view key, std::uint64_t fallback = 0) const;
    [[nodiscard]] std::uint16_t u16(std::string_view key) const;
    [[nodiscard]] bool boolean(std::string_view key, bool fallback = false) const;
    [[nodiscard]] std::vector<std::string> strings(std::string_view key) const;
    // Members of an array that are objects.
    [[nodiscard]] std::vector<const json::object*> objects(std::string_view key) const;
    [[nodiscard]] const json::object* object(std::string_view key) const;

  private:
    const json::object& object_; // borrowed
};

} // namespace pf::powerflex
