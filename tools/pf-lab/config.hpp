// What a lab consists of: addresses, sizes, and the estate that is rehearsed on it.
//
// Every lab lives in one /16 of the loopback range ("127.71"), so that several run side by side:
//   127.N.1.k   storage node k: MDM (node 1), SDS, SDT
//   127.N.2.1   PowerFlex gateway
//   127.N.3.1   vCenter
//   127.N.4.h   ESXi host h: vim25 and SSH
//   127.N.151.x, 127.N.152.x   the hosts' storage VMkernel ports
#pragma once

#include "base/result.hpp"
#include "libvsphere/simulator/estate.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::lab {

inline constexpr std::uint16_t kMdmPort = 6611;
inline constexpr std::uint16_t kSdsPort = 7072;
inline constexpr std::uint16_t kNvmePort = 4420;
inline constexpr std::uint16_t kDiscoveryPort = 8009;
inline constexpr std::uint16_t kHttpsPort = 8443;
inline constexpr std::uint16_t kSshPort = 2222;
inline constexpr std::uint16_t kControlPort = 7911;

struct LabConfig {
    std::string network = "127.71"; // first two bytes of every address
    unsigned nodes = 3;
    std::uint64_t device_bytes = std::uint64_t{4} << 30; // file of each SDS, allocated whole
    bool relaxed_durability = false;
    std::uint64_t copy_bytes_per_second = 0; // Storage vMotion ceiling, 0: none
    std::int64_t perf_interval_s = 20;       // one sample of the performance counters
    bool no_storage = false;                 // the vSphere side alone, on paper
    vim::sim::Estate estate;
    std::vector<std::string> extra_volumes; // backend volumes that hold no datastore (RDM)

    std::string node_address(unsigned node) const; // 1-based
    std::string gateway_address() const;
    std::string vcenter_address() const;
    std::string esxi_address(std::size_t host) const; // 0-based index into estate.hosts
    std::string sdt_list() const;                     // "address:port address:port …"
    std::string esxi_list() const;
    // "esx01=127.99.4.1 …": vCenter's name of each host, and where its SSH service listens
    std::string ssh_hosts() const;
};

// The founding document's estate: four ESXi 7.0 U3 hosts and one vCenter, five SDC datastores with
// VMs whose disks hold known data; the fifth holds a VM with a raw device mapping.
vim::sim::Estate default_estate(const std::string& network);

// Reads an estate file (YAML, keys as in estate.hpp), or a folder that holds a recorded inventory
// (recording.hpp); the hosts' storage addresses are moved into the lab's network.
Result<vim::sim::Estate> load_estate(const std::string& path, const std::string& network);

// "127.0" .. "127.255"; InvalidArgument otherwise.
Result<> check_network(const std::string& network);

// The host NQN that ESXi derives from its name (reference: nqn.2014-08.<reverse
// domain>:nvme:<name>).
std::string host_nqn(const std::string& fqdn);
// A stable upper-case UUID for the SDC of a host.
std::string sdc_guid(const std::string& network, const std::string& fqdn);

} // namespace pf::lab
