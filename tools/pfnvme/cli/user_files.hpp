// Folders of this user, by the XDG base directory rules.
#pragma once

#include <string>

namespace pf::nvmetool {

[[nodiscard]] std::string state_folder();  // $XDG_STATE_HOME/pfnvme, ~/.local/state/pfnvme
[[nodiscard]] std::string config_folder(); // $XDG_CONFIG_HOME/pfnvme, ~/.config/pfnvme

} // namespace pf::nvmetool
