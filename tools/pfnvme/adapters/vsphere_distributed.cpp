#include "tools/pfnvme/adapters/vsphere_distributed.hpp"

#include "libvsphere/host.hpp"
#include "libvsphere/properties.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace pf::nvmetool {

namespace {

struct Group {
    std::string name;
    std::optional<std::int32_t> vlan;
    std::vector<std::string> active, standby; // names of uplinks
};

Result<std::map<std::string, Group>> read_groups(vim::Session& session) {
    PF_TRY(const auto found,
           vim::retrieve_below(session, {},
                               {{"DistributedVirtualPortgroup", {"name", "key", "config"}}}));
    std::map<std::string, Group> out;
    for (const vim::ObjectProps& item : found) {
        const vim::Value& port = item["config"]["defaultPortConfig"];
        const vim::Value& order = port["uplinkTeamingPolicy"]["uplinkPortOrder"];
        Group group;
        group.name = item["name"].text_or();
        group.active = order["activeUplinkPort"].texts();
        group.standby = order["standbyUplinkPort"].texts();
        if (const auto vlan = port["vlan"]["vlanId"].int_opt()) {
            group.vlan = static_cast<std::int32_t>(*vlan);
        }
        out[item["key"].text_or(item.object.id)] = std::move(group);
    }
    return out;
}

// (host, switch) → name of an uplink → NIC.
using Uplinks = std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>>;

Result<Uplinks> read_uplinks(vim::Session& session) {
    PF_TRY(const auto found,
           vim::retrieve_below(session, {}, {{"HostSystem", {"config.network.proxySwitch"}}}));
    Uplinks out;
    for (const vim::ObjectProps& host : found) {
        for (const vim::Value& proxy : host["config.network.proxySwitch"].items()) {
            std::map<std::string, std::string> names; // port key → name
            for (const vim::Value& port : proxy["uplinkPort"].items()) {
                names[port["key"].text_or()] = port["value"].text_or();
            }
            auto& nics = out[{host.object.id, proxy["dvsName"].text_or()}];
            for (const vim::Value& nic : proxy["spec"]["backing"]["pnicSpec"].items()) {
                if (const auto name = names.find(nic["uplinkPortKey"].text_or());
                    name != names.end()) {
                    nics[name->second] = nic["pnicDevice"].text_or();
                }
            }
        }
    }
    return out;
}

std::vector<std::string> nics_of(const std::vector<std::string>& uplinks,
                                 const std::map<std::string, std::string>& nics) {
    std::vector<std::string> out;
    for (const std::string& uplink : uplinks) {
        if (const auto nic = nics.find(uplink); nic != nics.end() && !nic->second.empty()) {
            out.push_back(nic->second);
        }
    }
    return out;
}

} // namespace

Result<void> read_distributed_ports(vim::Session& session, std::vector<HostInfo>& hosts) {
    const bool any = std::any_of(hosts.begin(), hosts.end(), [](const HostInfo& host) {
        return std::any_of(host.vmks.begin(), host.vmks.end(),
                           [](const VmkNic& vmk) { return !vmk.dv_portgroup_key.empty(); });
    });
    if (!any) {
        return {};
    }
    PF_TRY(const auto groups, read_groups(session));
    PF_TRY(const Uplinks uplinks, read_uplinks(session));
    for (HostInfo& host : hosts) {
        for (VmkNic& vmk : host.vmks) {
            const auto group = groups.find(vmk.dv_portgroup_key);
            if (vmk.dv_portgroup_key.empty() || group == groups.end()) {
                continue;
            }
            vmk.portgroup = group->second.name;
            vmk.vlan = group->second.vlan;
            const auto nics = uplinks.find({host.id, vmk.switch_name});
            const bool ordered = !group->second.active.empty() || !group->second.standby.empty();
            if (nics != uplinks.end() && ordered) {
                vmk.uplinks = nics_of(group->second.active, nics->second);
                vmk.standby_uplinks = nics_of(group->second.standby, nics->second);
            }
        }
    }
    return {};
}

Result<PortGroupInfo> find_port_group(vim::Session& session, const vim::Host& host,
                                      const std::string& name) {
    std::map<std::string, const vim::VirtualSwitch*> switches; // by name, by uuid
    for (const vim::VirtualSwitch& item : host.network.switches) {
        switches[item.distributed ? item.dvs_uuid : item.name] = &item;
    }
    const auto mtu_of = [](const vim::VirtualSwitch& item) {
        return static_cast<std::uint32_t>(std::max(item.mtu.value_or(0), 0));
    };
    std::vector<std::string> known;
    for (const vim::PortGroup& group : host.network.port_groups) {
        known.push_back(group.name);
        if (const auto on = switches.find(group.vswitch); group.name == name) {
            return PortGroupInfo{name, group.vswitch,
                                 on == switches.end() ? 0U : mtu_of(*on->second), "", ""};
        }
    }
    if (std::any_of(host.network.switches.begin(), host.network.switches.end(),
                    [](const vim::VirtualSwitch& item) { return item.distributed; })) {
        PF_TRY(const auto found,
               vim::retrieve_below(session, {},
                                   {{"DistributedVirtualPortgroup", {"name", "key", "config"}}}));
        std::map<std::string, std::string> uuids; // of switches, by their object
        for (const vim::ObjectProps& item : found) {
            const vim::MoRef owner = item["config"]["distributedVirtualSwitch"].ref();
            if (item["config"]["uplink"].bool_or(false)) {
                continue;
            }
            if (!uuids.contains(owner.id)) {
                PF_TRY(const vim::Value uuid, vim::retrieve_property(session, owner, "uuid"));
                uuids[owner.id] = uuid.text_or();
            }
            const auto on = switches.find(uuids[owner.id]);
            if (on == switches.end()) {
                continue; // the host is no member of this one's switch
            }
            known.push_back(item["name"].text_or());
            if (known.back() == name) {
                return PortGroupInfo{name, on->second->name, mtu_of(*on->second), on->first,
                                     item["key"].text_or(item.object.id)};
            }
        }
    }
    std::string list;
    for (const std::string& item : known) {
        list += (list.empty() ? "" : ", ") + item;
    }
    return fail(Errc::NotFound, "host {} has no port group '{}'; it has: {}", host.name, name,
                list.empty() ? "none" : list);
}

Result<void> refuse_other_services(vim::Session& session, const vim::Host& host,
                                   const std::string& vmk) {
    for (const char* type : {"management", "vmotion", "vsan", "vsanWitness",
                             "faultToleranceLogging", "vSphereProvisioning", "vSphereReplication",
                             "vSphereReplicationNFC", "vSphereBackupNFC"}) {
        const Result<vim::VnicSelection> service = vim::query_vnics(session, host, type);
        if (service && service->is_selected(vmk)) {
            return fail(Errc::Busy,
                        "{} of host {} carries the service {} too; take that off it, or keep it",
                        vmk, host.name, type);
        }
        // A release that does not know a service has no port with it.
        if (!service && service.error().code != Errc::InvalidArgument) {
            return fail(service.error());
        }
    }
    return {};
}

} // namespace pf::nvmetool
