// VMkernel ports on distributed switches: which of a host's NICs carry them; the port groups that
// a new one can be made on.
//
// The port group's failover order names uplinks of the switch ("Uplink 1"), each host's proxy
// switch says which of its NICs that is. Only hosts with such a port cost calls (two for all).
#pragma once

#include "base/result.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/session.hpp"
#include "tools/pfnvme/run/ports.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <vector>

namespace pf::nvmetool {

// Sets name, VLAN, active and standby NICs of such ports. A port group without an order of its own
// keeps every NIC of the switch.
[[nodiscard]] Result<void> read_distributed_ports(vim::Session& session,
                                                  std::vector<HostInfo>& hosts);

// A port group of this host by name, on a standard switch or on a distributed one that it is a
// member of. NotFound names those that there are.
[[nodiscard]] Result<PortGroupInfo> find_port_group(vim::Session& session, const vim::Host& host,
                                                    const std::string& name);

// Ok when the port carries no other service than NVMe over TCP.
[[nodiscard]] Result<void> refuse_other_services(vim::Session& session, const vim::Host& host,
                                                 const std::string& vmk);

} // namespace pf::nvmetool
