// HostNetworkInfo, VMkernel adapters and their services.
#include "libvsphere/simulator/service/dvs.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

std::string nic_key(std::string_view name) {
    return fmt::format("key-vim.host.PhysicalNic-{}", name);
}

Value teaming(const std::vector<std::string>& active, const std::vector<std::string>& standby) {
    return make(
        "HostNetworkPolicy",
        {{"nicTeaming", make("HostNicTeamingPolicy",
                             {{"policy", "loadbalance_srcid"},
                              {"nicOrder", make("HostNicOrderPolicy",
                                                {{"activeNic", Value::strings(active)},
                                                 {"standbyNic", Value::strings(standby)}})}})}});
}

Value physical_nic(const NicSpec& nic, size_t index) {
    DataObject pnic("PhysicalNic");
    pnic.set("key", nic_key(nic.name));
    pnic.set("device", nic.name);
    pnic.set("pci", fmt::format("0000:{:02x}:00.{}", 0x3b + index / 2, index % 2));
    pnic.set("driver", nic.driver);
    if (nic.speed_mbps > 0) {
        pnic.set("linkSpeed", make("PhysicalNicLinkInfo",
                                   {{"speedMb", int_value(nic.speed_mbps)}, {"duplex", true}}));
    }
    pnic.set("spec", make("PhysicalNicSpec", {}));
    pnic.set("wakeOnLanSupported", false);
    pnic.set("mac", nic.mac);
    return Value(std::move(pnic));
}

} // namespace

const std::vector<std::string>& nic_types() {
    static const std::vector<std::string> types = {"vmotion",
                                                   "faultToleranceLogging",
                                                   "vSphereReplication",
                                                   "vSphereReplicationNFC",
                                                   "management",
                                                   "vsan",
                                                   "vSphereProvisioning",
                                                   "vsanWitness",
                                                   "vSphereBackupNFC",
                                                   "ptp",
                                                   "nvmeTcp",
                                                   "nvmeRdma"};
    return types;
}

Value virtual_nic(World& world, const HostState& host, const VmkSpec& vmk) {
    const bool local = std::any_of(host.spec.portgroups.begin(), host.spec.portgroups.end(),
                                   [&](const PortGroupSpec& g) { return g.name == vmk.portgroup; });
    if (!local) { // on a distributed switch, whose port it names
        return make(
            "HostVirtualNic",
            {{"device", vmk.name},
             {"key", "key-vim.host.VirtualNic-" + vmk.name},
             {"portgroup", ""},
             {"spec", make("HostVirtualNicSpec",
                           {{"ip", make("HostIpConfig", {{"dhcp", vmk.dhcp},
                                                         {"ipAddress", vmk.address},
                                                         {"subnetMask", vmk.netmask}})},
                            {"mac", vmk.mac},
                            {"distributedVirtualPort", port_connection(world, vmk.portgroup)},
                            {"mtu", int_value(vmk.mtu)},
                            {"tsoEnabled", true},
                            {"netStackInstanceKey", "defaultTcpipStack"}})}});
    }
    return make("HostVirtualNic",
                {{"device", vmk.name},
                 {"key", "key-vim.host.VirtualNic-" + vmk.name},
                 {"portgroup", vmk.portgroup},
                 {"spec", make("HostVirtualNicSpec",
                               {{"ip", make("HostIpConfig", {{"dhcp", vmk.dhcp},
                                                             {"ipAddress", vmk.address},
                                                             {"subnetMask", vmk.netmask}})},
                                {"mac", vmk.mac},
                                {"portgroup", vmk.portgroup},
                                {"mtu", int_value(vmk.mtu)},
                                {"tsoEnabled", true},
                                {"netStackInstanceKey", "defaultTcpipStack"}})}});
}

Value nic_manager_config(World& world, const HostState& host, std::string_view nic_type) {
    std::vector<Value> candidates;
    std::vector<Value> selected;
    for (const VmkSpec& vmk : host.spec.vmks) {
        candidates.push_back(virtual_nic(world, host, vmk));
        const auto services = host.services.find(vmk.name);
        if (services != host.services.end() && services->second.contains(std::string(nic_type))) {
            selected.emplace_back(fmt::format("{}.key-vim.host.VirtualNic-{}", nic_type, vmk.name));
        }
    }
    return make("VirtualNicManagerNetConfig",
                {{"nicType", Value(nic_type)},
                 {"multiSelectAllowed", nic_type != "faultToleranceLogging"},
                 {"candidateVnic", Value::array("HostVirtualNic", std::move(candidates))},
                 {"selectedVnic", Value::array("string", std::move(selected))}});
}

Value network_info(const PropertyContext& c, const HostState& host) {
    World& world = c.world;
    std::vector<Value> pnics;
    for (size_t i = 0; i < host.spec.nics.size(); ++i) {
        pnics.push_back(physical_nic(host.spec.nics[i], i));
    }
    std::vector<Value> switches;
    for (const VswitchSpec& vswitch : host.spec.vswitches) {
        std::vector<std::string> groups;
        for (const PortGroupSpec& group : host.spec.portgroups) {
            if (group.vswitch == vswitch.name) {
                groups.push_back("key-vim.host.PortGroup-" + group.name);
            }
        }
        std::vector<std::string> keys;
        for (const std::string& nic : vswitch.nics) {
            keys.push_back(nic_key(nic));
        }
        const Value spec = make("HostVirtualSwitchSpec",
                                {{"numPorts", int_value(128)},
                                 {"bridge", make("HostVirtualSwitchBondBridge",
                                                 {{"nicDevice", Value::strings(vswitch.nics)}})},
                                 {"policy", teaming(vswitch.nics, {})},
                                 {"mtu", int_value(vswitch.mtu)}});
        switches.push_back(
            make("HostVirtualSwitch", {{"name", vswitch.name},
                                       {"key", "key-vim.host.VirtualSwitch-" + vswitch.name},
                                       {"numPorts", int_value(2560)},
                                       {"numPortsAvailable", int_value(2540)},
                                       {"mtu", int_value(vswitch.mtu)},
                                       {"portgroup", Value::strings(groups)},
                                       {"pnic", Value::strings(keys)},
                                       {"spec", spec}}));
    }
    std::vector<Value> groups;
    for (const PortGroupSpec& group : host.spec.portgroups) {
        std::vector<std::string> active = group.active_nics;
        const bool overridden = !active.empty();
        for (const VswitchSpec& vswitch : host.spec.vswitches) {
            if (!overridden && vswitch.name == group.vswitch) {
                active = vswitch.nics;
            }
        }
        groups.push_back(
            make("HostPortGroup",
                 {{"key", "key-vim.host.PortGroup-" + group.name},
                  {"vswitch", "key-vim.host.VirtualSwitch-" + group.vswitch},
                  {"computedPolicy", teaming(active, group.standby_nics)},
                  {"spec", make("HostPortGroupSpec",
                                {{"name", group.name},
                                 {"vlanId", int_value(group.vlan)},
                                 {"vswitchName", group.vswitch},
                                 {"policy", overridden ? teaming(active, group.standby_nics)
                                                       : make("HostNetworkPolicy", {})}})}}));
    }
    std::vector<Value> vmks;
    for (const VmkSpec& vmk : host.spec.vmks) {
        vmks.push_back(virtual_nic(world, host, vmk));
    }
    return make("HostNetworkInfo",
                {{"vswitch", Value::array("HostVirtualSwitch", std::move(switches))},
                 {"proxySwitch", Value::array("HostProxySwitch", proxy_switches(world, host))},
                 {"portgroup", Value::array("HostPortGroup", std::move(groups))},
                 {"pnic", Value::array("PhysicalNic", std::move(pnics))},
                 {"vnic", Value::array("HostVirtualNic", std::move(vmks))},
                 {"ipV6Enabled", false}});
}

} // namespace pf::vim::sim
