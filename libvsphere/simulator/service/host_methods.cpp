// HostSystem, HostVirtualNicManager, HostNetworkSystem (VMkernel ports), HostKernelModuleSystem,
// HostServiceSystem.
#include "libvsphere/simulator/service/dvs.hpp"
#include "libvsphere/simulator/service/methods.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<Value> maintenance(MethodContext& c, const Call& call, bool enter) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    World& world = c.world;
    auto work = [&world, host, enter](TaskContext& task) -> Outcome<Value> {
        task.progress(10);
        const std::lock_guard lock(world.mutex);
        if (host->maintenance == enter) {
            return raise("InvalidState", "The operation is not allowed in the current state.");
        }
        for (const auto& [number, vm] : world.vms) {
            if (enter && vm.host == host->moid() && vm.power == PowerState::On) {
                return raise("InvalidState", fmt::format("VM '{}' is powered on, on {}.", vm.name,
                                                         host->spec.name));
            }
        }
        host->maintenance = enter;
        world.touch();
        return Value();
    };
    return start_task(c,
                      enter ? "HostSystem.enterMaintenanceMode" : "HostSystem.exitMaintenanceMode",
                      call.self, work);
}

Outcome<Value> select_vnic(MethodContext& c, const Call& call, bool select) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    const std::string type = call.arg("nicType").text();
    const std::string device = call.arg("device").text();
    const auto& types = nic_types();
    if (std::find(types.begin(), types.end(), type) == types.end()) {
        return raise_invalid_argument("nicType", "nicType");
    }
    const bool exists = std::any_of(host->spec.vmks.begin(), host->spec.vmks.end(),
                                    [&](const VmkSpec& vmk) { return vmk.name == device; });
    if (!exists) {
        return raise_invalid_argument("device", "device");
    }
    if (select) {
        host->services[device].insert(type);
    } else if (host->services[device].erase(type) == 0) {
        return raise("HostConfigFault", fmt::format("{} is not selected for {}.", device, type));
    }
    c.world.touch();
    return Value();
}

Outcome<Value> query_net_config(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::string type = call.arg("nicType").text();
    const auto& types = nic_types();
    if (std::find(types.begin(), types.end(), type) == types.end()) {
        return raise_invalid_argument("nicType", "nicType");
    }
    const std::lock_guard lock(c.world.mutex);
    return nic_manager_config(c.world, *host, type);
}

bool is_ipv4(const std::string& text) {
    in_addr parsed{};
    return inet_pton(AF_INET, text.c_str(), &parsed) == 1;
}

// The name of the port group that the call wants the port on.
Outcome<std::string> wanted_group(const World& world, const HostState& host, const Call& call) {
    const Value& connection = call.arg("nic")["distributedVirtualPort"];
    if (!connection.is_set()) {
        const std::string name = call.arg("portgroup").text();
        for (const PortGroupSpec& group : host.spec.portgroups) {
            if (group.name == name) {
                return name;
            }
        }
        return raise_not_found(fmt::format("There is no port group '{}'.", name));
    }
    const auto at =
        dvs_object(world, {"DistributedVirtualPortgroup", connection["portgroupKey"].text_or()});
    if (!at || at->second == 0) { // uplinks carry no port of a host
        return raise_invalid_argument("nic.distributedVirtualPort.portgroupKey", "portgroupKey");
    }
    const DvSwitchSpec& dvs = world.estate.dvswitches[at->first];
    if (switch_uuid(dvs) != connection["switchUuid"].text_or() || !on_switch(dvs, host.spec.name)) {
        return raise_invalid_argument("nic.distributedVirtualPort.switchUuid", "switchUuid");
    }
    return portgroup_name(dvs, at->second);
}

// What the DHCP server of a port group's network leases: the first free address from .100 on in the
// network of another port there, or none at all (then ESXi takes one of 169.254.0.0/16).
std::pair<std::string, std::string> lease(const World& world, const HostState& host,
                                          const std::string& group) {
    std::string network;
    std::vector<std::string> used;
    for (const auto& other : world.hosts) {
        for (const VmkSpec& vmk : other->spec.vmks) {
            used.push_back(vmk.address);
            if (vmk.portgroup == group && network.empty()) {
                network = vmk.address.substr(0, vmk.address.rfind('.'));
            }
        }
    }
    for (int last = 100; !network.empty() && last < 255; ++last) {
        std::string address = fmt::format("{}.{}", network, last);
        if (std::find(used.begin(), used.end(), address) == used.end()) {
            return {std::move(address), "255.255.255.0"};
        }
    }
    return {fmt::format("169.254.{}.{}", host.number % 250, 1 + host.spec.vmks.size()),
            "255.255.0.0"};
}

Outcome<Value> add_virtual_nic(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    VmkSpec vmk;
    SIM_TRY(vmk.portgroup, wanted_group(c.world, *host, call));
    auto& vmks = host->spec.vmks;
    const Value& nic = call.arg("nic");
    const bool local = !nic["distributedVirtualPort"].is_set();
    for (const VmkSpec& other : vmks) { // a port group of a standard switch carries one
        if (local && other.portgroup == vmk.portgroup) {
            return raise("AlreadyExists", fmt::format("{} is on port group '{}' already.",
                                                      other.name, vmk.portgroup));
        }
    }
    vmk.dhcp = nic["ip"]["dhcp"].bool_or(false);
    vmk.address = nic["ip"]["ipAddress"].text_or();
    vmk.netmask = nic["ip"]["subnetMask"].text_or();
    if (vmk.dhcp) {
        std::tie(vmk.address, vmk.netmask) = lease(c.world, *host, vmk.portgroup);
    } else if (!is_ipv4(vmk.address) || !is_ipv4(vmk.netmask)) {
        return raise_invalid_argument("nic.ip.ipAddress", "ipAddress");
    }
    const auto taken = std::find_if(vmks.begin(), vmks.end(), [&](const VmkSpec& other) {
        return other.address == vmk.address;
    });
    if (taken != vmks.end()) {
        return raise("HostConfigFault",
                     fmt::format("{} has the address {}.", taken->name, vmk.address));
    }
    const auto mtu = nic["mtu"].int_or(1500);
    if (mtu < 1280 || mtu > 9000) {
        return raise_invalid_argument("nic.mtu", "mtu");
    }
    vmk.mtu = static_cast<uint32_t>(mtu);
    const auto has = [&](const std::string& name) {
        return std::any_of(vmks.begin(), vmks.end(),
                           [&](const VmkSpec& other) { return other.name == name; });
    };
    for (int n = 0; vmk.name.empty() || has(vmk.name); ++n) {
        vmk.name = fmt::format("vmk{}", n);
    }
    vmk.mac = fmt::format("00:50:56:6{:x}:{:02x}:{:02x}", vmks.size() & 0xfU, host->number & 0xffU,
                          vmks.size() & 0xffU);
    const std::string name = vmk.name;
    vmks.push_back(std::move(vmk));
    c.world.touch();
    return Value(name);
}

Outcome<Value> remove_virtual_nic(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    const std::string device = call.arg("device").text();
    auto& vmks = host->spec.vmks;
    const auto at = std::find_if(vmks.begin(), vmks.end(),
                                 [&](const VmkSpec& vmk) { return vmk.name == device; });
    if (at == vmks.end()) {
        return raise_not_found(fmt::format("There is no {}.", device));
    }
    if (host->services[device].contains("management")) {
        return raise("HostConfigFault", fmt::format("{} carries the host's management.", device));
    }
    host->services.erase(device);
    vmks.erase(at);
    c.world.touch();
    return Value();
}

Outcome<Value> query_modules(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    return module_list(*host);
}

Outcome<Value> module_options(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    const Value modules = module_list(*host);
    for (const Value& module : modules.items()) {
        if (module["name"].text() == call.arg("name").text()) {
            return module["optionString"];
        }
    }
    return raise_not_found("");
}

Outcome<Value> set_module_options(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    const Value modules = module_list(*host);
    for (const Value& module : modules.items()) {
        if (module["name"].text() == call.arg("name").text()) {
            host->module_options[module["name"].text()] = call.arg("options").text();
            c.world.touch();
            return Value();
        }
    }
    return raise_not_found("");
}

Outcome<Value> switch_service(MethodContext& c, const Call& call, bool run) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    const std::string id = call.arg("id").text();
    const Value services = host_services(*host);
    const bool known =
        std::any_of(services.items().begin(), services.items().end(),
                    [&](const Value& service) { return service["key"].text() == id; });
    if (!known) {
        return raise_not_found("");
    }
    if (run == host->running_services.contains(id)) {
        return raise("InvalidState", "The operation is not allowed in the current state.");
    }
    if (run) {
        host->running_services.insert(id);
    } else {
        host->running_services.erase(id);
    }
    c.world.touch();
    return Value();
}

Outcome<Value> nothing(MethodContext&, const Call&) { return Value(); }

} // namespace

void add_host_methods(MethodTable& t) {
    t.add("HostSystem", "EnterMaintenanceMode_Task",
          [](MethodContext& c, const Call& call) { return maintenance(c, call, true); });
    t.add("HostSystem", "ExitMaintenanceMode_Task",
          [](MethodContext& c, const Call& call) { return maintenance(c, call, false); });
    t.add("HostVirtualNicManager", "SelectVnicForNicType",
          [](MethodContext& c, const Call& call) { return select_vnic(c, call, true); });
    t.add("HostVirtualNicManager", "DeselectVnicForNicType",
          [](MethodContext& c, const Call& call) { return select_vnic(c, call, false); });
    t.add("HostVirtualNicManager", "QueryNetConfig", query_net_config);
    t.add("HostNetworkSystem", "AddVirtualNic", add_virtual_nic);
    t.add("HostNetworkSystem", "RemoveVirtualNic", remove_virtual_nic);
    t.add("HostKernelModuleSystem", "QueryModules", query_modules);
    t.add("HostKernelModuleSystem", "QueryConfiguredModuleOptionString", module_options);
    t.add("HostKernelModuleSystem", "UpdateModuleOptionString", set_module_options);
    t.add("HostServiceSystem", "StartService",
          [](MethodContext& c, const Call& call) { return switch_service(c, call, true); });
    t.add("HostServiceSystem", "StopService",
          [](MethodContext& c, const Call& call) { return switch_service(c, call, false); });
    t.add("HostServiceSystem", "RefreshServices", nothing);
}

} // namespace pf::vim::sim
