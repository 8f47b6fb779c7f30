#include "tools/pfnvme/cli/user_files.hpp"

#include <cstdlib>

namespace pf::nvmetool {

namespace {

std::string folder(const char* variable, const char* fallback) {
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
        return std::string(value) + "/pfnvme";
    }
    const char* home = std::getenv("HOME");
    return std::string(home == nullptr ? "." : home) + fallback + "/pfnvme";
}

} // namespace

std::string state_folder() { return folder("XDG_STATE_HOME", "/.local/state"); }
std::string config_folder() { return folder("XDG_CONFIG_HOME", "/.config"); }

} // namespace pf::nvmetool
