// PowerFlex's ways of writing things, which parsers of scli's output rely on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::scli {

// "8.0 GB (8192 MB)", "128.0 MB (131072 KB)"
[[nodiscard]] std::string size_text(std::uint64_t kib);
// "N/A" for an empty name.
[[nodiscard]] std::string name_or_na(std::string_view name);
// mdmConnectionState <-> MDM_CONNECTION_STATE
[[nodiscard]] std::string upper_snake(std::string_view camel);
[[nodiscard]] std::string lower_camel(std::string_view upper_snake);

} // namespace pf::scli
