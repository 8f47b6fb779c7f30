#include "backend/map/nvme_ports.hpp"

#include <algorithm>
#include <map>

namespace pf::map {

std::vector<SystemPort> assign_ports(const std::vector<SystemPort>& ports, HostId host,
                                     std::uint32_t max_ports) {
    std::map<SdtId, std::vector<SystemPort>> by_sdt;
    for (const auto& port : ports)
        by_sdt[port.sdt].push_back(port);
    std::vector<std::vector<SystemPort>> groups;
    groups.reserve(by_sdt.size());
    for (auto& [sdt, group] : by_sdt) {
        std::sort(group.begin(), group.end(),
                  [](const SystemPort& a, const SystemPort& b) { return a.port_id < b.port_id; });
        groups.push_back(std::move(group));
    }
    std::vector<SystemPort> out;
    if (groups.empty())
        return out;
    const std::size_t start = host.value % groups.size();
    bool found = true;
    for (std::size_t round = 0; found && out.size() < max_ports; ++round) {
        found = false;
        for (std::size_t i = 0; i < groups.size() && out.size() < max_ports; ++i) {
            const auto& group = groups[(start + i) % groups.size()];
            if (round >= group.size())
                continue;
            out.push_back(group[(round + host.value) % group.size()]);
            found = true;
        }
    }
    std::sort(out.begin(), out.end(),
              [](const SystemPort& a, const SystemPort& b) { return a.port_id < b.port_id; });
    return out;
}

} // namespace pf::map
