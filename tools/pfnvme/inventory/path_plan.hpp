// Which NICs of a host should connect to which SDT addresses: at most `limit` paths for each
// namespace, spread over SDTs first and over NICs second, only where NIC and address share a
// network if any do.
//
// Pure and deterministic: the same estate gives the same plan, so that a second run finds nothing
// to do.
#pragma once

#include "tools/pfnvme/run/values.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace pf::nvmetool {

struct PathEnd { // one NVMe/TCP capable NIC of the host, with the VMkernel port that carries its
                 // traffic
    std::string nic;
    std::string vmk;
    std::string address;
    std::string netmask;

    friend bool operator==(const PathEnd&, const PathEnd&) = default;
};

struct PlannedPath {
    std::string nic;
    std::string vmk;
    std::string sdt_name;
    std::string address;
    std::uint16_t port = 0;

    friend bool operator==(const PlannedPath&, const PlannedPath&) = default;
};

[[nodiscard]] std::vector<PlannedPath> plan_paths(const std::vector<PathEnd>& ends,
                                                  const std::vector<SdtAddress>& targets,
                                                  std::size_t limit);

// The pairs of VMkernel port and NIC that should carry NVMe/TCP on this host. Explicit names win;
// else the ports that are tagged already; else those that share a network with an SDT. NICs: the
// explicit ones, else the first uplink behind each port (an uplink is used by one port only).
[[nodiscard]] std::vector<PathEnd> choose_path_ends(const HostInfo& host,
                                                    const std::vector<SdtAddress>& targets,
                                                    const std::vector<std::string>& vmks,
                                                    const std::vector<std::string>& nics);

} // namespace pf::nvmetool
