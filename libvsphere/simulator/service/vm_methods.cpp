// VirtualMachine, Folder.RegisterVM_Task, the provisioning checker.
#include "base/log.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<unsigned> vm_number(MethodContext& c, const MoRef& ref) {
    const std::lock_guard lock(c.world.mutex);
    const VmState* vm = c.world.vm(ref.id);
    if (vm == nullptr || !c.scope.visible_locked(c.world, ref)) {
        return raise_missing_object(ref);
    }
    return vm->number;
}

// Wrong power states are told at once, not by a failed task.
Outcome<> want_power(MethodContext& c, unsigned number, bool on, PowerState wanted) {
    const std::lock_guard lock(c.world.mutex);
    const auto found = c.world.vms.find(number);
    if (found != c.world.vms.end() && (found->second.power == PowerState::On) != on) {
        return raise_power_state(wanted, on ? PowerState::Off : PowerState::On);
    }
    return {};
}

// What is asked of a guest needs its tools, and a VM that runs.
Outcome<> want_tools(MethodContext& c, unsigned number, PowerState wanted) {
    SIM_CHECK(want_power(c, number, true, wanted));
    const std::lock_guard lock(c.world.mutex);
    const auto found = c.world.vms.find(number);
    if (found != c.world.vms.end() && !found->second.tools) {
        return raise("ToolsUnavailable",
                     "Cannot complete operation because VMware Tools is not running in this "
                     "virtual machine.");
    }
    return {};
}

Outcome<Value> power_on(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(want_power(c, number, false, PowerState::On));
    World& world = c.world;
    auto work = [&world, number](TaskContext& task) -> Outcome<Value> {
        SIM_CHECK(VmOps(world).power_on(number, task));
        return Value();
    };
    return start_task(c, "VirtualMachine.powerOn", call.self, work, false, number);
}

Outcome<Value> power_off(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(want_power(c, number, true, PowerState::Off));
    World& world = c.world;
    auto work = [&world, number](TaskContext& task) -> Outcome<Value> {
        task.sleep(world.options.timings.power);
        SIM_CHECK(VmOps(world).power_off(number));
        return Value();
    };
    return start_task(c, "VirtualMachine.powerOff", call.self, work, false, number);
}

Outcome<Value> suspend(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(want_power(c, number, true, PowerState::Suspended));
    World& world = c.world;
    auto work = [&world, number](TaskContext& task) -> Outcome<Value> {
        task.sleep(world.options.timings.power);
        SIM_CHECK(VmOps(world).suspend(number));
        return Value();
    };
    return start_task(c, "VirtualMachine.suspend", call.self, work, false, number);
}

// Returns at once; the guest is off a little later.
Outcome<Value> shutdown_guest(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(want_tools(c, number, PowerState::Off));
    World& world = c.world;
    auto work = [&world, number](TaskContext& task) -> Outcome<Value> {
        task.sleep(world.options.timings.guest_shutdown);
        SIM_CHECK(VmOps(world).power_off(number));
        return Value();
    };
    SIM_CHECK(start_task(c, "VirtualMachine.shutdownGuest", call.self, work));
    return Value();
}

// Returns at once too; the guest is suspended a little later.
Outcome<Value> standby_guest(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(want_tools(c, number, PowerState::Suspended));
    World& world = c.world;
    auto work = [&world, number](TaskContext& task) -> Outcome<Value> {
        task.sleep(world.options.timings.guest_shutdown);
        SIM_CHECK(VmOps(world).suspend(number));
        return Value();
    };
    SIM_CHECK(start_task(c, "VirtualMachine.standbyGuest", call.self, work));
    return Value();
}

Outcome<Value> unregister(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(VmOps(c.world).unregister(number));
    const std::lock_guard lock(c.world.mutex);
    forget_vm(c.world, call.self);
    return Value();
}

Outcome<Value> answer(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(VmOps(c.world).answer(number, call.arg("questionId").text(),
                                    call.arg("answerChoice").text()));
    return Value();
}

Outcome<Value> mark_as_template(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(VmOps(c.world).mark_template(number, true));
    return Value();
}

Outcome<Value> mark_as_vm(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_CHECK(VmOps(c.world).mark_template(number, false));
    return Value();
}

Outcome<Value> reconfigure(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    const DataObject* spec = call.arg("spec").as_object();
    for (const Field& field : spec == nullptr ? std::vector<Field>{} : spec->fields) {
        if (field.name != "extraConfig" && field.name != "name" && field.name != "annotation" &&
            field.name != "changeVersion") {
            return raise("NotSupported",
                         fmt::format("Changing {} is not supported here.", field.name));
        }
    }
    std::vector<std::pair<std::string, std::string>> options;
    for (const Value& option : call.arg("spec")["extraConfig"].items()) {
        options.emplace_back(option["key"].text(), option["value"].text());
    }
    World& world = c.world;
    auto work = [&world, number, options,
                 name = call.arg("spec")["name"].text()](TaskContext&) -> Outcome<Value> {
        VmOps ops(world);
        if (!name.empty()) {
            SIM_CHECK(ops.rename(number, name));
        }
        SIM_CHECK(ops.set_extra_config(number, options));
        return Value();
    };
    return start_task(c, "VirtualMachine.reconfigure", call.self, work, false, number);
}

Outcome<FileRef> vmx_file(MethodContext& c, const std::string& text) {
    auto path = DatastorePath::parse(text);
    if (!path || !(path->path.ends_with(".vmx") || path->path.ends_with(".vmtx"))) {
        return raise("InvalidDatastorePath", fmt::format("Invalid datastore path '{}'.", text),
                     {{"datastorePath", Value(text)}});
    }
    const std::lock_guard lock(c.world.mutex);
    const DatastoreState* ds = c.world.datastore_named(path->datastore);
    if (ds == nullptr || !c.scope.visible_locked(c.world, ds->ref())) {
        return raise("InvalidDatastore",
                     fmt::format("Datastore '{}' is not known.", path->datastore),
                     {{"name", Value(path->datastore)}});
    }
    return FileRef{ds->uuid, path->path};
}

Outcome<Value> register_vm(MethodContext& c, const Call& call) {
    SIM_TRY(const FileRef vmx, vmx_file(c, call.arg("path").text()));
    const bool as_template = call.arg("asTemplate").bool_or(false);
    MoRef host_ref = call.arg("host").ref();
    const MoRef pool = call.arg("pool").ref();
    HostState* host = nullptr;
    if (host_ref.empty() && !c.scope.is_vcenter()) {
        host_ref = c.scope.host()->ref();
    }
    if (!as_template && pool.empty()) {
        return raise_invalid_argument("pool", "pool");
    }
    if (host_ref.empty()) { // allowed where DRS places VMs, or by any host that has the volume
        if (as_template || !c.world.estate.drs) {
            return raise_invalid_argument("host", "host");
        }
        const std::lock_guard lock(c.world.mutex);
        for (const auto& candidate : c.world.hosts) {
            const auto volume = candidate->volumes.find(vmx.volume);
            if (host == nullptr && volume != candidate->volumes.end() && volume->second.mounted) {
                host = candidate.get();
            }
        }
    } else {
        const std::lock_guard lock(c.world.mutex);
        host = c.world.host(host_ref.id);
    }
    if (host == nullptr) {
        return raise_invalid_argument("host", "host");
    }
    World& world = c.world;
    auto work = [&world, host, vmx, as_template, name = call.arg("name").text(), pool,
                 folder = call.self.id](TaskContext& task) -> Outcome<Value> {
        task.sleep(world.options.timings.register_vm);
        SIM_TRY(const unsigned number,
                VmOps(world).register_vm(*host, vmx, name, as_template, folder, pool.id));
        return Value(MoRef{"VirtualMachine", "vm-" + std::to_string(number)});
    };
    return start_task(c, "Folder.registerVm", call.self, work);
}

Outcome<Value> reload(MethodContext& c, const Call& call) {
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    SIM_TRY(const FileRef vmx, vmx_file(c, call.arg("configurationPath").text()));
    World& world = c.world;
    auto work = [&world, number, vmx](TaskContext&) -> Outcome<Value> {
        SIM_CHECK(VmOps(world).reload(number, vmx));
        return Value();
    };
    return start_task(c, "VirtualMachine.reloadFromPath", call.self, work, false, number);
}

// RelocateSpec -> plan, with World::mutex held.
Outcome<RelocatePlan> plan_locked(World& world, const VmState& vm, const Value& spec) {
    RelocatePlan plan;
    auto volume_of = [&](const Value& datastore) -> Outcome<std::string> {
        const DatastoreState* ds = world.datastore(datastore.ref().id);
        if (ds == nullptr) {
            return raise_missing_object(datastore.ref());
        }
        return ds->uuid;
    };
    plan.host = spec["host"].ref().id;
    if (!plan.host.empty() && world.host(plan.host) == nullptr) {
        return raise_missing_object(spec["host"].ref());
    }
    if (spec["datastore"].is_set()) {
        SIM_TRY(plan.home, volume_of(spec["datastore"]));
        for (const VmDisk& disk : vm.disks) {
            plan.disks[disk.key] = plan.home;
        }
    }
    for (const Value& locator : spec["disk"].items()) {
        const auto key = static_cast<int32_t>(locator["diskId"].int_or(-1));
        const bool known = std::any_of(vm.disks.begin(), vm.disks.end(),
                                       [&](const VmDisk& d) { return d.key == key; });
        if (!known) {
            return raise_invalid_argument("spec.disk.diskId", "spec.disk.diskId");
        }
        if (!locator["datastore"].is_set()) {
            return raise_invalid_argument("spec.disk.datastore", "spec.disk.datastore");
        }
        SIM_TRY(plan.disks[key], volume_of(locator["datastore"]));
        const Value& backing = locator["diskBackingInfo"];
        if (backing["thinProvisioned"].is_set()) {
            plan.thin[key] = backing["thinProvisioned"].bool_or(true);
        }
    }
    // What stays where it is, is no move.
    if (plan.home == vm.vmx.volume) {
        plan.home.clear();
    }
    for (const VmDisk& disk : vm.disks) {
        const auto to = plan.disks.find(disk.key);
        if (to != plan.disks.end() && to->second == disk.descriptor.volume) {
            plan.disks.erase(to);
        }
    }
    return plan;
}

Outcome<Value> relocate(MethodContext& c, const Call& call) {
    if (!c.scope.is_vcenter()) {
        return raise("NotSupported", "The operation is not supported on the object.");
    }
    SIM_TRY(const unsigned number, vm_number(c, call.self));
    World& world = c.world;
    RelocatePlan plan;
    TaskSpec spec;
    {
        const std::lock_guard lock(world.mutex);
        const VmState& vm = world.vms.at(number);
        SIM_TRY(plan, plan_locked(world, vm, call.arg("spec")));
        const bool moves = !plan.home.empty() || !plan.disks.empty();
        const bool names_place =
            call.arg("spec")["datastore"].is_set() || call.arg("spec")["disk"].is_set();
        if (vm.power == PowerState::On && names_place && plan.host.empty()) {
            return raise_invalid_argument("spec.host",
                                          "spec.host (required for a powered-on virtual machine)");
        }
        if (vm.template_vm && moves) {
            return raise("NotSupported", "The operation is not supported on a template.");
        }
        // Cost slots: the host that copies, and every datastore at either end.
        std::set<std::string> volumes;
        if (!plan.home.empty()) {
            volumes.insert({plan.home, vm.vmx.volume});
        }
        for (const VmDisk& disk : vm.disks) {
            const auto to = plan.disks.find(disk.key);
            if (to != plan.disks.end()) {
                volumes.insert({to->second, disk.descriptor.volume});
            }
        }
        const std::string host = vm.host;
        spec.entity_name = vm.name;
        spec.admit = [&world, host, volumes] {
            const CostLimits& limits = world.options.limits;
            bool free = world.relocations[host] < limits.relocations_per_host;
            for (const std::string& volume : volumes) {
                free = free && world.relocations[volume] < limits.relocations_per_datastore;
            }
            if (free) {
                ++world.relocations[host];
                for (const std::string& volume : volumes) {
                    ++world.relocations[volume];
                }
            }
            return free;
        };
        spec.release = [&world, host, volumes] {
            --world.relocations[host];
            for (const std::string& volume : volumes) {
                --world.relocations[volume];
            }
        };
    }
    spec.description = "VirtualMachine.relocate";
    spec.entity = call.self;
    spec.user = c.user();
    spec.cancelable = true;
    spec.vm = number;
    auto work = [&world, number, plan](TaskContext& task) -> Outcome<Value> {
        SIM_CHECK(VmOps(world).relocate(number, plan, task));
        return Value();
    };
    return c.tasks.submit(std::move(spec), work);
}

Outcome<Value> check_relocate(MethodContext& c, const Call& call) {
    const MoRef ref = call.arg("vm").ref();
    SIM_TRY(const unsigned number, vm_number(c, ref));
    World& world = c.world;
    auto work = [&world, number, ref, spec = call.arg("spec")](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        const auto found = world.vms.find(number);
        if (found == world.vms.end()) {
            return raise_missing_object(ref);
        }
        DataObject result("CheckResult");
        result.set("vm", ref);
        result.set("host", MoRef{"HostSystem", found->second.host});
        auto plan = plan_locked(world, found->second, spec);
        Outcome<> fits;
        if (plan) {
            fits = VmOps(world).check_relocate_locked(found->second, *plan);
        }
        if (!plan || !fits) {
            const Fault& fault = plan ? fits.error() : plan.error();
            result.set("error",
                       Value::array("LocalizedMethodFault", {Value(localized_fault(fault))}));
        }
        return Value::array("CheckResult", {Value(std::move(result))});
    };
    return start_task(c, "VirtualMachineProvisioningChecker.checkRelocate", ref, work);
}

Outcome<Value> nothing(MethodContext&, const Call&) { return Value(); }

} // namespace

void add_vm_methods(MethodTable& t) {
    constexpr const char* vm = "VirtualMachine";
    t.add(vm, "PowerOnVM_Task", power_on);
    t.add(vm, "PowerOffVM_Task", power_off);
    t.add(vm, "SuspendVM_Task", suspend);
    t.add(vm, "ShutdownGuest", shutdown_guest);
    t.add(vm, "StandbyGuest", standby_guest);
    t.add(vm, "UnregisterVM", unregister);
    t.add(vm, "AnswerVM", answer);
    t.add(vm, "MarkAsTemplate", mark_as_template);
    t.add(vm, "MarkAsVirtualMachine", mark_as_vm);
    t.add(vm, "ReconfigVM_Task", reconfigure);
    t.add(vm, "RelocateVM_Task", relocate);
    t.add(vm, "reloadVirtualMachineFromPath_Task", reload);
    t.add(vm, "RefreshStorageInfo", nothing);
    t.add("Folder", "RegisterVM_Task", register_vm);
    t.add("VirtualMachineProvisioningChecker", "CheckRelocate_Task", check_relocate);
}

} // namespace pf::vim::sim
