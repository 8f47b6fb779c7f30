// PowerFlexPort over libpf: one session with a PowerFlex management endpoint.
#pragma once

#include "base/result.hpp"
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

[[nodiscard]] Result<std::unique_ptr<PowerFlexPort>>
connect_powerflex(const std::string& endpoint, const net::TlsTrust& trust, const std::string& user,
                  const Secret& password, const ConnectionTuning& tuning = {});

} // namespace pf::nvmetool
