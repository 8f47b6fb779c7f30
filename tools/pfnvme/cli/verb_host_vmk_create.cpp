// pfnvme host nvme vmk create: a VMkernel port with the NVMe/TCP tag, one on each host in scope.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"
#include "tools/pfnvme/run/ops.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace pf::nvmetool {

namespace {

struct Address {
    std::string ip, netmask;
};

Result<Address> parse_address(const std::string& text) {
    const std::size_t slash = text.find('/');
    const std::string ip = text.substr(0, slash);
    const std::string length = slash == std::string::npos ? "" : text.substr(slash + 1);
    in_addr parsed{};
    unsigned bits = 0;
    const auto [end, wrong] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (inet_pton(AF_INET, ip.c_str(), &parsed) != 1 || wrong != std::errc{} ||
        end != length.data() + length.size() || bits < 1 || bits > 30) {
        return fail(Errc::InvalidArgument,
                    "'{}' is no address with the length of its network, like 192.168.150.11/24",
                    text);
    }
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - bits);
    const std::uint32_t host = ntohl(parsed.s_addr) & ~mask;
    if (host == 0 || host == ~mask) {
        return fail(Errc::InvalidArgument,
                    "{} is the address of the network {} itself or its broadcast address", ip,
                    text);
    }
    return Address{ip, fmt::format("{}.{}.{}.{}", mask >> 24, mask >> 16 & 0xff, mask >> 8 & 0xff,
                                   mask & 0xff)};
}

// --address for each host in scope; empty with --dhcp.
Result<std::map<std::string, Address>> addresses_of(const OptionValues& values,
                                                    const std::vector<const HostInfo*>& hosts) {
    const std::vector<std::string> given = values.list("address");
    if (values.flag("dhcp") != given.empty()) {
        return fail(Errc::InvalidArgument, "give either --address or --dhcp");
    }
    std::map<std::string, Address> out;
    for (const std::string& item : given) {
        const std::size_t equals = item.find('=');
        const std::string name = equals == std::string::npos ? "" : item.substr(0, equals);
        if (name.empty() && hosts.size() != 1) {
            return fail(Errc::InvalidArgument,
                        "{} hosts are in scope and an address belongs to one; give --address "
                        "HOST={} for each, or --dhcp",
                        hosts.size(), item);
        }
        const auto host = std::find_if(hosts.begin(), hosts.end(), [&](const HostInfo* one) {
            return name.empty() || one->name == name || short_name(one->name) == name;
        });
        if (host == hosts.end()) {
            return fail(Errc::InvalidArgument, "--address {}: no such host is in scope", item);
        }
        PF_TRY(Address address, parse_address(name.empty() ? item : item.substr(equals + 1)));
        for (const auto& [other, known] : out) {
            if (known.ip == address.ip) {
                return fail(Errc::InvalidArgument, "--address gives {} to two hosts", address.ip);
            }
        }
        if (!out.emplace((*host)->name, std::move(address)).second) {
            return fail(Errc::InvalidArgument, "--address gives host {} two addresses",
                        (*host)->name);
        }
    }
    for (const HostInfo* host : hosts) {
        if (!given.empty() && !out.contains(host->name)) {
            return fail(Errc::InvalidArgument,
                        "host {} is in scope and has no address; give --address {}=IP/LENGTH",
                        host->name, short_name(host->name));
        }
    }
    return out;
}

Result<void> refuse_duplicate(const Inventory& inventory, const HostInfo& host,
                              const std::string& address) {
    for (const HostInfo& other : inventory.hosts) {
        for (const VmkNic& vmk : other.vmks) {
            if (other.id != host.id && vmk.address == address) {
                return fail(Errc::Conflict,
                            "{} of host {} has the address {}; give host {} another", vmk.name,
                            other.name, address, host.name);
            }
        }
    }
    for (const SdtAddress& sdt : inventory.sdts) {
        if (sdt.ip == address) {
            return fail(Errc::Conflict,
                        "the NVMe target {} has the address {}; give host {} another", sdt.sdt_name,
                        address, host.name);
        }
    }
    return {};
}

// ESXi takes the lowest number that is free; for the commands that a person would type.
std::string next_name(const HostInfo& host) {
    for (unsigned n = 0;; ++n) {
        const std::string name = fmt::format("vmk{}", n);
        if (std::none_of(host.vmks.begin(), host.vmks.end(),
                         [&](const VmkNic& vmk) { return vmk.name == name; })) {
            return name;
        }
    }
}

Result<std::vector<Step>> steps_for(const OptionValues& values, Estate& estate,
                                    const HostInfo& host, const Address& address) {
    VmkRequest request;
    PF_TRY(request.group,
           estate.connections.vsphere->port_group(host.id, values.text("portgroup")));
    request.address = address.ip;
    request.netmask = address.netmask;
    request.mtu = static_cast<std::uint32_t>(values.integer("mtu"));
    if (request.mtu == 0) {
        request.mtu = request.group.mtu == 0 ? 1500 : request.group.mtu;
    }
    PF_CHECK(refuse_duplicate(estate.inventory, host, address.ip));
    PF_CHECK(refuse_vmk(host, request));
    const VmkNic* there = vmk_made_of(host, request);
    StepBuilder steps;
    if (there != nullptr && there->nvme_tagged) {
        return steps.take();
    }
    Params params = with(vmk_params(request), {{"host_id", host.id}, {"host", host.name}});
    params["vmk"] = there != nullptr ? there->name : next_name(host);
    steps.add("00-preflight", "check.hosts", {});
    // A port that only lacked its tag was there before: the way back leaves it.
    const OpCall undo =
        there == nullptr ? OpCall{"vmk.remove", params} : OpCall{"vmk.untag", params};
    steps.add(step_id(1, 1, "vmk", request.group.name), "vmk.create", params, {undo});
    return steps.take();
}

} // namespace

void host_vmk_create_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
    table.add({.name = "portgroup",
               .help = "port group of a standard or a distributed switch",
               .value_name = "NAME"});
    table.add({.name = "address",
               .type = OptionType::List,
               .help = "address of the port; HOST=IP/LENGTH for each of several hosts (may be "
                       "repeated)",
               .value_name = "IP/LENGTH"});
    table.add({.name = "dhcp", .type = OptionType::Flag, .help = "address by DHCP"});
    table.add({.name = "mtu",
               .type = OptionType::Integer,
               .default_value = "0",
               .help = "1280 to 9000; 0: that of the switch",
               .value_name = "N",
               .min = 0,
               .max = 9000});
}

int host_vmk_create(const OptionValues& values) {
    if (values.text("portgroup").empty()) {
        return report_error(kExitUsage, "give --portgroup");
    }
    if (const std::int64_t mtu = values.integer("mtu"); mtu != 0 && mtu < 1280) {
        return report_error(kExitUsage, "--mtu is 1280 to 9000, or 0 for that of the switch");
    }
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const auto hosts = hosts_in_scope(values, (*estate)->inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    const auto addresses = addresses_of(values, *hosts);
    if (!addresses) {
        return report_error(kExitUsage, addresses.error().what);
    }
    std::vector<Unit> units;
    for (const HostInfo* host : *hosts) {
        const auto address = addresses->find(host->name);
        Result<std::vector<Step>> steps = steps_for(
            values, **estate, *host, address == addresses->end() ? Address{} : address->second);
        if (!steps) {
            return report_error(steps.error());
        }
        units.push_back(host_unit(*host, std::move(*steps)));
    }
    return run_units(values, **estate, "vmk", "onboarding", std::move(units));
}

} // namespace pf::nvmetool
