#pragma once
// Which system ports (SDT, IP) a host is offered: a pure function of the records, so that each
// SDT answers discovery alike without asking the MDM. Short outages don't change the answer, as
// in PowerFlex: hosts rely on their other paths.
#include "backend/map/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::map {

struct SystemPort {
    SdtId sdt;
    std::uint32_t port_id = 0; // NVMe PORTID; unique per (SDT, IP), stable
    std::string ip;
    std::uint16_t nvme_port = 0;
    std::uint16_t discovery_port = 0;
};

// At most `max_ports` of `ports`, spread over the SDTs first (one IP of each, then the second …),
// rotated by host so that hosts with few ports don't all take the same ones. The result is in a
// stable order.
[[nodiscard]] std::vector<SystemPort> assign_ports(const std::vector<SystemPort>& ports,
                                                   HostId host, std::uint32_t max_ports);

} // namespace pf::map
