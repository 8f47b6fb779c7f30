// Which vCenter privileges pfnvme needs, mode by mode: exact, so that a role can be made of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class Mode { Read, Onboard, Online, Offline };

struct PrivilegeNeed {
    std::string_view privilege; // as vSphere writes it: Host.Config.Storage
    std::string_view reason;
    bool read = false;
    bool onboard = false;
    bool online = false;
    bool offline = false;

    [[nodiscard]] bool needed(Mode mode) const;
};

[[nodiscard]] std::span<const PrivilegeNeed> privilege_needs();
[[nodiscard]] std::vector<std::string> privileges_of(Mode mode);
[[nodiscard]] std::string_view to_string(Mode mode);
// One command each that makes a role "pfnvme-<mode>".
[[nodiscard]] std::string govc_role(Mode mode);
[[nodiscard]] std::string powercli_role(Mode mode);

} // namespace pf::nvmetool
