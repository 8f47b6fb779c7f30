#include "tools/pf-lab/config.hpp"

#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/yaml.hpp"
#include "libvsphere/simulator/recording.hpp"

#include <charconv>
#include <filesystem>

namespace pf::lab {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// Storage VMkernel ports stand in the lab's own network, so that a path's two ends share a subnet
// and the initiator can bind to them.
void move_storage_ports(vim::sim::HostSpec& host, const std::string& network, std::size_t index) {
    unsigned port = 0;
    for (auto& vmk : host.vmks) {
        if (vmk.name == "vmk0")
            continue;
        vmk.address = fmt::format("{}.{}.{}", network, 151 + port, 11 + index);
        vmk.netmask = "255.255.0.0";
        ++port;
    }
}

vim::sim::DiskSpec disk(std::uint64_t size_mib, std::uint64_t seed, std::uint64_t data_mib) {
    vim::sim::DiskSpec out;
    out.size_bytes = size_mib * kMiB;
    out.seed = seed;
    out.data_bytes = data_mib * kMiB;
    return out;
}

} // namespace

std::string LabConfig::node_address(unsigned node) const {
    return fmt::format("{}.1.{}", network, node);
}
std::string LabConfig::gateway_address() const { return network + ".2.1"; }
std::string LabConfig::vcenter_address() const { return network + ".3.1"; }
std::string LabConfig::esxi_address(std::size_t host) const {
    return fmt::format("{}.4.{}", network, host + 1);
}

std::string LabConfig::sdt_list() const {
    std::string out;
    for (unsigned node = 1; node <= nodes; ++node)
        out += fmt::format("{}{}:{}", node == 1 ? "" : " ", node_address(node), kNvmePort);
    return out;
}

std::string LabConfig::ssh_hosts() const {
    std::string out;
    for (std::size_t host = 0; host < estate.hosts.size(); ++host)
        out += fmt::format("{}{}={}", host == 0 ? "" : " ", estate.hosts[host].name,
                           esxi_address(host));
    return out;
}

std::string LabConfig::esxi_list() const {
    std::string out;
    for (std::size_t host = 0; host < estate.hosts.size(); ++host)
        out += fmt::format("{}{}:{}", host == 0 ? "" : " ", esxi_address(host), kHttpsPort);
    return out;
}

vim::sim::Estate default_estate(const std::string& network) {
    using vim::sim::Estate;
    Estate estate;
    estate.vcenter_name = "vc01.lab.local";
    estate.datacenter = "DC1";
    estate.cluster = "esx-cl01";
    for (unsigned i = 0; i < 4; ++i) {
        auto host = Estate::default_host(i + 1);
        move_storage_ports(host, network, i);
        estate.hosts.push_back(std::move(host));
    }
    const char* roles[] = {"web", "app", "db", "file", "legacy"};
    std::uint64_t seed = 1000;
    for (unsigned d = 0; d < 5; ++d) {
        const auto name = fmt::format("sdc-ds-{:02}", d + 1);
        vim::sim::DatastoreSpec ds;
        ds.name = name;
        ds.volume = fmt::format("vol-sdc-{:02}", d + 1);
        estate.datastores.push_back(ds);
        for (unsigned v = 0; v < 2; ++v) {
            vim::sim::VmSpec vm;
            vm.name = fmt::format("{}-{:02}", roles[d], v + 1);
            vm.host = estate.hosts[(d + v) % estate.hosts.size()].name;
            vm.datastore = name;
            vm.powered_on = true;
            vm.disks.push_back(disk(32, seed++, 24));
            if (v == 1)
                vm.disks.push_back(disk(16, seed++, 16));
            vm.counter_workload = d == 0; // the datastore that is migrated online is written to
            if (d == 4 && v == 1) {
                auto raw = disk(8 * 1024, 0, 0);
                raw.rdm = "physical";
                raw.rdm_device = "volume:vol-rdm-01";
                vm.disks.push_back(raw);
            }
            estate.vms.push_back(std::move(vm));
        }
    }
    return estate;
}

namespace {

Result<vim::sim::Estate> read_estate(const std::string& path) {
    if (std::filesystem::is_directory(path)) {
        PF_TRY(const auto recording, vim::sim::read_recording(path));
        return vim::sim::estate_of(recording);
    }
    PF_TRY(const std::string text, read_file(path));
    PF_TRY(const json::value value, parse_yaml(text, path));
    return vim::sim::Estate::from_value(value);
}

} // namespace

Result<vim::sim::Estate> load_estate(const std::string& path, const std::string& network) {
    auto estate = read_estate(path);
    if (!estate)
        return fail_while(estate.error(), "{}", path);
    for (std::size_t i = 0; i < estate->hosts.size(); ++i)
        move_storage_ports(estate->hosts[i], network, i);
    return estate;
}

Result<> check_network(const std::string& network) {
    unsigned second = 256;
    if (network.starts_with("127.")) {
        const char* end = network.data() + network.size();
        const auto [at, error] = std::from_chars(network.data() + 4, end, second);
        if (error != std::errc() || at != end)
            second = 256;
    }
    if (second > 255)
        return fail(Errc::InvalidArgument,
                    "'{}' is no lab network; give the first two bytes, as 127.71", network);
    return {};
}

std::string host_nqn(const std::string& fqdn) {
    const auto dot = fqdn.find('.');
    const auto name = fqdn.substr(0, dot);
    std::string reversed;
    for (std::string rest = dot == std::string::npos ? "localdomain" : fqdn.substr(dot + 1);
         !rest.empty();) {
        const auto last = rest.rfind('.');
        reversed += (reversed.empty() ? "" : ".") +
                    (last == std::string::npos ? rest : rest.substr(last + 1));
        rest = last == std::string::npos ? std::string() : rest.substr(0, last);
    }
    return fmt::format("nqn.2014-08.{}:nvme:{}", reversed, name);
}

std::string sdc_guid(const std::string& network, const std::string& fqdn) {
    std::string h = to_hex(sha256(as_bytes("pf-lab sdc " + network + " " + fqdn)));
    for (char& c : h)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return fmt::format("{}-{}-{}-{}-{}", h.substr(0, 8), h.substr(8, 4), h.substr(12, 4),
                       h.substr(16, 4), h.substr(20, 12));
}

} // namespace pf::lab
