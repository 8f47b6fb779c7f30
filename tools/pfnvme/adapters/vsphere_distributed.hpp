// VMkernel ports on distributed switches: which of a host's NICs carry them.
//
// The port group's failover order names uplinks of the switch ("Uplink 1"), each host's proxy
// switch says which of its NICs that is. Only hosts with such a port cost calls (two for all).
#pragma once

#include "base/result.hpp"
#include "libvsphere/session.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <vector>

namespace pf::nvmetool {

// Sets name, VLAN, active and standby NICs of such ports. A port group without an order of its own
// keeps every NIC of the switch.
[[nodiscard]] Result<void> read_distributed_ports(vim::Session& session,
                                                  std::vector<HostInfo>& hosts);

} // namespace pf::nvmetool
