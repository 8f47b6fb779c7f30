// Distributed switches and their port groups, as the estate describes them: read only.
#include "base/crypto.hpp"
#include "libvsphere/simulator/service/dvs.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

constexpr unsigned kFirst = 900; // dvs-900, its port groups dvportgroup-901 ...
constexpr unsigned kStep = 50;

Value product(const Estate& estate) {
    return make("DistributedVirtualSwitchProductSpec", {{"name", "DVS"},
                                                        {"vendor", "VMware, Inc."},
                                                        {"version", "7.0.3"},
                                                        {"build", estate.vcenter_build},
                                                        {"forwardingClass", "etherswitch"}});
}

Value string_policy(const char* text) {
    return make("StringPolicy", {{"inherited", false}, {"value", text}});
}
Value bool_policy(bool value) {
    return make("BoolPolicy", {{"inherited", false}, {"value", value}});
}

Value port_setting(uint32_t vlan, const std::vector<std::string>& active,
                   const std::vector<std::string>& standby) {
    DataObject order("VMwareUplinkPortOrderPolicy", {{"inherited", false}});
    order.set("activeUplinkPort", Value::strings(active));
    if (!standby.empty()) {
        order.set("standbyUplinkPort", Value::strings(standby));
    }
    return make("VMwareDVSPortSetting",
                {{"blocked", bool_policy(false)},
                 {"vlan", make("VmwareDistributedVirtualSwitchVlanIdSpec",
                               {{"inherited", false}, {"vlanId", int_value(vlan)}})},
                 {"uplinkTeamingPolicy", make("VmwareUplinkPortTeamingPolicy",
                                              {{"inherited", false},
                                               {"policy", string_policy("loadbalance_srcid")},
                                               {"notifySwitches", bool_policy(true)},
                                               {"rollingOrder", bool_policy(false)},
                                               {"uplinkPortOrder", Value(std::move(order))}})}});
}

std::vector<MoRef> member_hosts(World& world, const DvSwitchSpec& spec) {
    std::vector<MoRef> out;
    for (const auto& host : world.hosts) {
        if (on_switch(spec, host->spec.name)) {
            out.push_back(host->ref());
        }
    }
    return out;
}

Value host_member(const DvSwitchSpec& spec, const MoRef& host) {
    std::vector<Value> pnics;
    for (const std::string& nic : spec.nics) {
        pnics.push_back(make("DistributedVirtualSwitchHostMemberPnicSpec", {{"pnicDevice", nic}}));
    }
    return make(
        "DistributedVirtualSwitchHostMember",
        {{"config",
          make("DistributedVirtualSwitchHostMemberConfigInfo",
               {{"host", host},
                {"maxProxySwitchPorts", int_value(2560)},
                {"backing",
                 make("DistributedVirtualSwitchHostMemberPnicBacking",
                      {{"pnicSpec", Value::array("DistributedVirtualSwitchHostMemberPnicSpec",
                                                 std::move(pnics))}})}})},
         {"status", "up"}});
}

Value switch_config(const PropertyContext& c, const DvSwitchSpec& spec, size_t index) {
    std::vector<Value> members;
    for (const MoRef& host : member_hosts(c.world, spec)) {
        members.push_back(host_member(spec, host));
    }
    const auto ports = int_value(8 * spec.portgroups.size() + spec.uplinks.size());
    return make(
        "VMwareDVSConfigInfo",
        {{"uuid", switch_uuid(spec)},
         {"name", spec.name},
         {"numStandalonePorts", int_value(0)},
         {"numPorts", ports},
         {"maxPorts", int_value(8000)},
         {"uplinkPortPolicy",
          make("DVSNameArrayUplinkPortPolicy", {{"uplinkPortName", Value::strings(spec.uplinks)}})},
         {"uplinkPortgroup", Value::refs({portgroup_ref(index, 0)})},
         {"defaultPortConfig", port_setting(0, spec.uplinks, {})},
         {"host", Value::array("DistributedVirtualSwitchHostMember", std::move(members))},
         {"productInfo", product(c.world.estate)},
         {"configVersion", "1"},
         {"contact", make("DVSContactInfo", {})},
         {"createTime", time_value(c.world.started)},
         {"networkResourceManagementEnabled", false},
         {"maxMtu", int_value(spec.mtu)},
         {"linkDiscoveryProtocolConfig",
          make("LinkDiscoveryProtocolConfig", {{"protocol", "lldp"}, {"operation", "both"}})},
         {"lacpApiVersion", "multipleLag"}});
}

Value portgroup_config(const DvSwitchSpec& spec, size_t index, size_t group) {
    const bool uplink = group == 0;
    const DvPortGroupSpec* pg = uplink ? nullptr : &spec.portgroups[group - 1];
    const auto active = uplink || pg->active_uplinks.empty() ? spec.uplinks : pg->active_uplinks;
    return make("DVPortgroupConfigInfo",
                {{"key", portgroup_ref(index, group).id},
                 {"name", portgroup_name(spec, group)},
                 {"numPorts", int_value(uplink ? spec.uplinks.size() : 8)},
                 {"distributedVirtualSwitch", switch_ref(index)},
                 {"defaultPortConfig",
                  port_setting(uplink ? 0 : pg->vlan, active,
                               uplink ? std::vector<std::string>() : pg->standby_uplinks)},
                 {"type", "earlyBinding"},
                 {"policy", filled(DataObject("DVPortgroupPolicy"))},
                 {"configVersion", "0"},
                 {"autoExpand", true},
                 {"uplink", uplink},
                 {"portNameFormat", "<dvsName>.<portgroupName>.<portIndex>"}});
}

} // namespace

MoRef switch_ref(size_t index) {
    return {"VmwareDistributedVirtualSwitch", fmt::format("dvs-{}", kFirst + index * kStep)};
}

MoRef portgroup_ref(size_t index, size_t group) {
    return {"DistributedVirtualPortgroup",
            fmt::format("dvportgroup-{}", kFirst + index * kStep + 1 + group)};
}

std::string portgroup_name(const DvSwitchSpec& spec, size_t group) {
    return group == 0 ? spec.name + "-DVUplinks" : spec.portgroups[group - 1].name;
}

std::string switch_uuid(const DvSwitchSpec& spec) {
    const std::string hex = to_hex(sha256(as_bytes("dvs " + spec.name)));
    std::string out = "50 2e";
    for (size_t i = 2; i < 16; ++i) {
        out += (i == 8 ? "-" : " ") + hex.substr(i * 2, 2);
    }
    return out;
}

bool on_switch(const DvSwitchSpec& spec, const std::string& host) {
    return spec.hosts.empty() ||
           std::find(spec.hosts.begin(), spec.hosts.end(), host) != spec.hosts.end();
}

std::optional<std::pair<size_t, size_t>> dvs_object(const World& world, const MoRef& ref) {
    const bool is_switch =
        ref.type == "VmwareDistributedVirtualSwitch" || ref.type == "DistributedVirtualSwitch";
    if (!is_switch && ref.type != "DistributedVirtualPortgroup" && ref.type != "Network") {
        return std::nullopt;
    }
    const auto& all = world.estate.dvswitches;
    for (size_t index = 0; index < all.size(); ++index) {
        if (is_switch && ref.id == switch_ref(index).id) {
            return std::pair{index, size_t{0}};
        }
        for (size_t group = 0; group <= all[index].portgroups.size(); ++group) {
            if (!is_switch && ref.id == portgroup_ref(index, group).id) {
                return std::pair{index, group};
            }
        }
    }
    return std::nullopt;
}

std::optional<std::pair<size_t, size_t>> portgroup_named(const World& world,
                                                         std::string_view name) {
    const auto& all = world.estate.dvswitches;
    for (size_t index = 0; index < all.size(); ++index) {
        for (size_t group = 1; group <= all[index].portgroups.size(); ++group) {
            if (portgroup_name(all[index], group) == name) {
                return std::pair{index, group};
            }
        }
    }
    return std::nullopt;
}

std::vector<MoRef> dvs_objects(const World& world) {
    std::vector<MoRef> out;
    const auto& all = world.estate.dvswitches;
    for (size_t index = 0; index < all.size(); ++index) {
        out.push_back(switch_ref(index));
        for (size_t group = 0; group <= all[index].portgroups.size(); ++group) {
            out.push_back(portgroup_ref(index, group));
        }
    }
    return out;
}

std::string dvs_name(const World& world, const MoRef& object) {
    const auto at = dvs_object(world, object);
    if (!at) {
        return {};
    }
    const DvSwitchSpec& spec = world.estate.dvswitches[at->first];
    return object.type == "DistributedVirtualPortgroup" ? portgroup_name(spec, at->second)
                                                        : spec.name;
}

Value dvs_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    const auto at = dvs_object(c.world, object);
    if (!at) {
        return {};
    }
    const auto [index, group] = *at;
    const DvSwitchSpec& spec = c.world.estate.dvswitches[index];
    const auto hosts = member_hosts(c.world, spec);
    if (object.type == "DistributedVirtualPortgroup") {
        if (name == "key") {
            return Value(object.id);
        }
        if (name == "config") {
            return portgroup_config(spec, index, group);
        }
        if (name == "summary") {
            return make("NetworkSummary", {{"network", object},
                                           {"name", portgroup_name(spec, group)},
                                           {"accessible", true},
                                           {"ipPoolName", ""}});
        }
        if (name == "host") {
            return Value::refs(hosts);
        }
        if (name == "vm") {
            std::vector<MoRef> vms;
            for (const auto& [number, vm] : c.world.vms) {
                if (group != 0 && vm.network == portgroup_name(spec, group)) {
                    vms.push_back(vm.ref());
                }
            }
            return Value::refs(vms);
        }
        return {};
    }
    if (name == "uuid") {
        return Value(switch_uuid(spec));
    }
    if (name == "config") {
        return switch_config(c, spec, index);
    }
    if (name == "capability") {
        return make("DVSCapability", {{"dvsOperationSupported", true},
                                      {"dvPortGroupOperationSupported", true},
                                      {"dvPortOperationSupported", true}});
    }
    if (name == "summary") {
        std::vector<std::string> groups;
        for (size_t g = 0; g <= spec.portgroups.size(); ++g) {
            groups.push_back(portgroup_name(spec, g));
        }
        return make("DVSSummary", {{"name", spec.name},
                                   {"uuid", switch_uuid(spec)},
                                   {"numPorts", int_value(8 * spec.portgroups.size())},
                                   {"productInfo", product(c.world.estate)},
                                   {"hostMember", Value::refs(hosts)},
                                   {"portgroupName", Value::strings(groups)},
                                   {"numHosts", int_value(hosts.size())}});
    }
    if (name == "portgroup") {
        std::vector<MoRef> groups;
        for (size_t g = 0; g <= spec.portgroups.size(); ++g) {
            groups.push_back(portgroup_ref(index, g));
        }
        return Value::refs(groups);
    }
    return {};
}

std::vector<Value> proxy_switches(World& world, const HostState& host) {
    std::vector<Value> out;
    for (size_t index = 0; index < world.estate.dvswitches.size(); ++index) {
        const DvSwitchSpec& spec = world.estate.dvswitches[index];
        if (!on_switch(spec, host.spec.name)) {
            continue;
        }
        std::vector<Value> uplinks;
        std::vector<std::string> keys;
        std::vector<Value> pnics;
        for (size_t i = 0; i < spec.nics.size() && i < spec.uplinks.size(); ++i) {
            uplinks.push_back(
                make("KeyValue", {{"key", std::to_string(i)}, {"value", spec.uplinks[i]}}));
            keys.push_back("key-vim.host.PhysicalNic-" + spec.nics[i]);
            pnics.push_back(make("DistributedVirtualSwitchHostMemberPnicSpec",
                                 {{"pnicDevice", spec.nics[i]},
                                  {"uplinkPortKey", std::to_string(i)},
                                  {"uplinkPortgroupKey", portgroup_ref(index, 0).id}}));
        }
        out.push_back(make(
            "HostProxySwitch",
            {{"dvsUuid", switch_uuid(spec)},
             {"dvsName", spec.name},
             {"key", "key-vim.host.ProxySwitch-" + switch_uuid(spec)},
             {"numPorts", int_value(2560)},
             {"numPortsAvailable", int_value(2500)},
             {"uplinkPort", Value::array("KeyValue", std::move(uplinks))},
             {"mtu", int_value(spec.mtu)},
             {"pnic", Value::strings(keys)},
             {"spec",
              make("HostProxySwitchSpec",
                   {{"backing",
                     make("DistributedVirtualSwitchHostMemberPnicBacking",
                          {{"pnicSpec", Value::array("DistributedVirtualSwitchHostMemberPnicSpec",
                                                     std::move(pnics))}})}})}}));
    }
    return out;
}

Value port_connection(const World& world, std::string_view portgroup) {
    const auto at = portgroup_named(world, portgroup);
    if (!at) {
        return {};
    }
    return make("DistributedVirtualSwitchPortConnection",
                {{"switchUuid", switch_uuid(world.estate.dvswitches[at->first])},
                 {"portgroupKey", portgroup_ref(at->first, at->second).id},
                 {"portKey", std::to_string(at->second)}});
}

} // namespace pf::vim::sim
