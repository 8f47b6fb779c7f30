// JSON, by Boost.JSON, with what it leaves out: duplicate keys are errors, a canonical form with
// sorted keys for hashing, and typed getters whose errors name the key.
// Heavy header: include it in sources; headers forward-declare by <boost/json/fwd.hpp>.
#pragma once

#include "base/bytes.hpp"

#include <boost/json.hpp>

namespace pf {

namespace json = boost::json;

// InvalidArgument with the position for malformed text, for a duplicate key and for nesting > 64.
Result<json::value> parse_json(std::string_view text);

// Keys sorted by bytes, no white space, numbers as Boost prints them: equal values give equal text.
std::string canonical_json(const json::value& value);
// Two-space indentation, keys in insertion order, a newline at the end.
std::string pretty_json(const json::value& value);

// Typed getters: NotFound when the key is missing, InvalidArgument when the type differs.
Result<std::string> json_str(const json::object& object, std::string_view key);
Result<std::int64_t> json_int(const json::object& object, std::string_view key);
Result<bool> json_bool(const json::object& object, std::string_view key);
Result<const json::object*> json_object(const json::object& object, std::string_view key);
Result<const json::array*> json_array(const json::object& object, std::string_view key);
// The string under `key`, or `fallback` when it is missing or null.
std::string json_str_or(const json::object& object, std::string_view key,
                        std::string_view fallback);
std::int64_t json_int_or(const json::object& object, std::string_view key, std::int64_t fallback);
bool json_bool_or(const json::object& object, std::string_view key, bool fallback);

} // namespace pf
