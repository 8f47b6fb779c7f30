// HostSystem, HostVirtualNicManager, HostKernelModuleSystem, HostServiceSystem.
#include "libvsphere/simulator/service/methods.hpp"

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
