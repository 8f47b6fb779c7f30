// A vim25 value as one line of text and back, nothing lost: types, references, order of fields.
//
// For settings that are put back as they were read, whatever is in them, and compared as texts. The
// text is canonical JSON and of no use to anybody else.
#pragma once

#include "libvsphere/wire/value.hpp"

#include <string>
#include <string_view>

namespace pf::nvmetool {

[[nodiscard]] std::string value_to_text(const vim::Value& value);
// InvalidArgument: not such a text.
[[nodiscard]] Result<vim::Value> value_from_text(std::string_view text);

} // namespace pf::nvmetool
