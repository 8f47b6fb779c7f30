// Shell-like patterns of names: "*" is any run of characters, "?" any one; everything else is
// itself. Linear in time but for the runs, no allocation.
#pragma once

#include <string_view>

namespace pf {

[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

} // namespace pf
