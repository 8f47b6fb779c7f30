// VspherePort over libvsphere: one vim25 session with a vCenter, and the hosts' shells by SSH where
// the administrator gave access to them.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/adapters/host_shell.hpp"
#include "tools/pfnvme/adapters/tuning.hpp"
#include "tools/pfnvme/run/ports.hpp"

#include <memory>
#include <string>

namespace pf {
class Secret;
namespace net {
struct TlsTrust;
}
} // namespace pf

namespace pf::nvmetool {

// AuthFailed, Untrusted, Unreachable: one sentence each, naming endpoint and user.
[[nodiscard]] Result<std::unique_ptr<VspherePort>>
connect_vsphere(const std::string& url, const net::TlsTrust& trust, const std::string& user,
                const Secret& password, ShellAccess shell, const ConnectionTuning& tuning = {});

} // namespace pf::nvmetool
