// Strict YAML for files written by people. The traps of the format are errors with line and column:
// duplicate keys, anchors and aliases, tags, leading-zero numbers, several documents.
// Plain `true`/`false` are booleans, plain decimal integers and decimals are numbers, `null` and
// `~` are null; everything else, `no` and `on` included, is the string that was written.
#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

namespace pf {

// `name` is the file's name for error texts ("plan.yaml:12:3: key 'x' stands twice").
Result<boost::json::value> parse_yaml(std::string_view text, std::string_view name = "yaml");

} // namespace pf
