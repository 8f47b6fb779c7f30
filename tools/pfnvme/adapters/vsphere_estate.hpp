// Everything that vCenter and its hosts can tell, in one bulk reading.
//
// Hosts are asked side by side (at most kHostsAtOnce), VMs batch by batch. What a host or the
// account can't tell becomes a gap, and its fact group stays out; a lost connection is an error.
#pragma once

#include "base/result.hpp"
#include "libvsphere/session.hpp"
#include "tools/pfnvme/run/ports.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

inline constexpr std::size_t kHostsAtOnce = 8;
inline constexpr std::size_t kVmsAtOnce = 500;

[[nodiscard]] Result<VsphereEstate> read_estate(vim::Session& session, const VmSink& vm_sink);
[[nodiscard]] Result<std::vector<bool>> root_privileges(vim::Session& session,
                                                        const std::vector<std::string>& names);

} // namespace pf::nvmetool
