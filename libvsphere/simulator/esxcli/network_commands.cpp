// esxcli network ...
#include "libvsphere/simulator/esxcli/model.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace pf::vim::sim::cli {

namespace {

// Command line tag <-> vim nicType.
constexpr std::array<std::pair<const char*, const char*>, 9> kTags = {{
    {"Management", "management"},
    {"VMotion", "vmotion"},
    {"faultToleranceLogging", "faultToleranceLogging"},
    {"vSphereReplication", "vSphereReplication"},
    {"vSphereReplicationNFC", "vSphereReplicationNFC"},
    {"vSphereProvisioning", "vSphereProvisioning"},
    {"VSAN", "vsan"},
    {"NVMeTCP", "nvmeTcp"},
    {"NVMeRDMA", "nvmeRdma"},
}};

const VmkSpec* vmk_of(const Invocation& i, const std::string& name) {
    for (const VmkSpec& vmk : i.host.spec.vmks) {
        if (vmk.name == name) {
            return &vmk;
        }
    }
    return nullptr;
}

Answer list_of(const char* name, bool table) {
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = table;
    answer.struct_name = name;
    return answer;
}

Outcome<Answer> nic_list(const Invocation& i) {
    Answer answer = list_of("Nic", true);
    for (size_t n = 0; n < i.host.spec.nics.size(); ++n) {
        const NicSpec& nic = i.host.spec.nics[n];
        const bool up = nic.speed_mbps > 0;
        answer.rows.push_back(
            {"",
             {{"Name", nic.name},
              {"PCI Device", fmt::format("0000:{:02x}:00.{}", 0x3b + n / 2, n % 2)},
              {"Driver", nic.driver},
              {"Admin Status", std::string("Up")},
              {"Link Status", std::string(up ? "Up" : "Down")},
              {"Speed", int64_t{nic.speed_mbps}},
              {"Duplex", std::string(up ? "Full" : "Half")},
              {"MAC Address", nic.mac},
              {"MTU", int64_t{nic.mtu}},
              {"Description", std::string("Simulated Ethernet adapter")}}});
    }
    return answer;
}

Outcome<Answer> interface_list(const Invocation& i) {
    Answer answer = list_of("NetworkInterface", false);
    const std::lock_guard lock(i.world.mutex);
    for (const VmkSpec& vmk : i.host.spec.vmks) {
        answer.rows.push_back({vmk.name,
                               {{"Name", vmk.name},
                                {"MAC Address", vmk.mac},
                                {"Enabled", true},
                                {"Portset", std::string("vSwitch0")},
                                {"Portgroup", vmk.portgroup},
                                {"Netstack Instance", std::string("defaultTcpipStack")},
                                {"VDS Name", std::string("N/A")},
                                {"VDS UUID", std::string("N/A")},
                                {"VDS Port", std::string("N/A")},
                                {"VDS Connection", int64_t{-1}},
                                {"MTU", int64_t{vmk.mtu}},
                                {"TSO MSS", int64_t{65535}}}});
    }
    return answer;
}

Outcome<Answer> ipv4_get(const Invocation& i) {
    Answer answer = list_of("IPv4Interface", true);
    const std::string wanted = i.args.get("interfacename");
    const std::lock_guard lock(i.world.mutex);
    if (!wanted.empty() && vmk_of(i, wanted) == nullptr) {
        return cli_error(fmt::format("Unable to find interface {}", wanted));
    }
    for (const VmkSpec& vmk : i.host.spec.vmks) {
        if (wanted.empty() || wanted == vmk.name) {
            const std::string broadcast = vmk.address.substr(0, vmk.address.rfind('.')) + ".255";
            answer.rows.push_back({"",
                                   {{"Name", vmk.name},
                                    {"IPv4 Address", vmk.address},
                                    {"IPv4 Netmask", vmk.netmask},
                                    {"IPv4 Broadcast", broadcast},
                                    {"Address Type", std::string(vmk.dhcp ? "DHCP" : "STATIC")},
                                    {"Gateway", std::string("0.0.0.0")},
                                    {"DHCP DNS", false}}});
        }
    }
    return answer;
}

Outcome<std::string> nic_type(const Invocation& i) {
    const std::string name = i.args.get("tagname");
    for (const auto& [tag, type] : kTags) {
        const bool same =
            std::equal(name.begin(), name.end(), tag, tag + strlen(tag), [](char a, char b) {
                return std::tolower(static_cast<unsigned char>(a)) ==
                       std::tolower(static_cast<unsigned char>(b));
            });
        if (same) {
            return std::string(type);
        }
    }
    return cli_error("Invalid data constraint for parameter 'tagname'.");
}

Outcome<Answer> tag_add(const Invocation& i) {
    const std::string vmk = i.args.get("interfacename");
    SIM_TRY(const std::string type, nic_type(i));
    const std::lock_guard lock(i.world.mutex);
    if (vmk_of(i, vmk) == nullptr) {
        return cli_error(fmt::format("Unable to find interface {}", vmk));
    }
    if (!i.host.services[vmk].insert(type).second) {
        return cli_error("Vmknic is already tagged with " + i.args.get("tagname"));
    }
    i.world.touch();
    return Answer{};
}

Outcome<Answer> tag_remove(const Invocation& i) {
    const std::string vmk = i.args.get("interfacename");
    SIM_TRY(const std::string type, nic_type(i));
    const std::lock_guard lock(i.world.mutex);
    if (vmk_of(i, vmk) == nullptr || i.host.services[vmk].erase(type) == 0) {
        return cli_error("Vmknic is not tagged with " + i.args.get("tagname"));
    }
    i.world.touch();
    return Answer{};
}

Outcome<Answer> tag_get(const Invocation& i) {
    const std::string vmk = i.args.get("interfacename");
    const std::lock_guard lock(i.world.mutex);
    if (vmk_of(i, vmk) == nullptr) {
        return cli_error(fmt::format("Unable to find interface {}", vmk));
    }
    std::vector<std::string> tags;
    for (const auto& [tag, type] : kTags) {
        if (i.host.services[vmk].contains(type)) {
            tags.emplace_back(tag);
        }
    }
    Answer answer;
    answer.kind = Answer::Kind::Struct;
    answer.struct_name = "Tags";
    answer.rows = {{"", {{"Tags", tags}}}};
    return answer;
}

} // namespace

void add_network_commands(std::vector<Command>& out) {
    const Param vmk{"interfacename", "interface-name", 'i', true, false, "VMkernel adapter"};
    Param any_vmk = vmk;
    any_vmk.required = false;
    const Param tag{"tagname", "tagname", 't', true, false, "Tag"};
    out.push_back({"network.nic", "list", "List physical NICs", {}, nic_list});
    out.push_back({"network.ip.interface", "list", "List VMkernel adapters", {}, interface_list});
    out.push_back({"network.ip.interface.ipv4", "get", "IPv4 settings", {any_vmk}, ipv4_get});
    out.push_back({"network.ip.interface.tag", "add", "Add a tag", {vmk, tag}, tag_add});
    out.push_back({"network.ip.interface.tag", "remove", "Remove a tag", {vmk, tag}, tag_remove});
    out.push_back({"network.ip.interface.tag", "get", "Get the tags", {vmk}, tag_get});
}

} // namespace pf::vim::sim::cli
