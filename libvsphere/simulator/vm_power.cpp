// Power, questions and small reconfigurations of virtual machines.
#include "base/crypto.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

const char* power_name(PowerState state) {
    return state == PowerState::On    ? "poweredOn"
           : state == PowerState::Off ? "poweredOff"
                                      : "suspended";
}

} // namespace

tl::unexpected<Fault> raise_no_vm(unsigned number) {
    return raise_missing_object({"VirtualMachine", "vm-" + std::to_string(number)});
}

tl::unexpected<Fault> raise_power_state(PowerState wanted, PowerState existing) {
    const char* words = existing == PowerState::On    ? "Powered on"
                        : existing == PowerState::Off ? "Powered off"
                                                      : "Suspended";
    return raise(
        "InvalidPowerState",
        fmt::format("The attempted operation cannot be performed in the current state ({}).",
                    words),
        {{"requestedState", Value::enumerator("VirtualMachinePowerState", power_name(wanted))},
         {"existingState", Value::enumerator("VirtualMachinePowerState", power_name(existing))}});
}

Outcome<> VmOps::power_on(unsigned number, TaskContext& task) {
    FileRef vmx_file;
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_no_vm(number);
        }
        const VmState& vm = found->second;
        if (vm.template_vm) {
            return raise("NotSupported", "The operation is not supported on a template.");
        }
        if (vm.power == PowerState::On) {
            return raise_power_state(PowerState::On, vm.power);
        }
        host = world_.host(vm.host);
        if (host->maintenance) {
            return raise("InvalidState",
                         fmt::format("Host {} is in maintenance mode.", host->spec.name));
        }
        if (vm.paper) { // nothing of it can be missing or locked
            found->second.power = PowerState::On;
            found->second.boot_time = wall_now();
            world_.touch();
            return {};
        }
        HostOps ops(world_, *host);
        for (const VmDisk& disk : vm.disks) {
            if (disk.missing) {
                return raise("FileNotFound",
                             fmt::format("File {} was not found", disk.missing_path),
                             {{"file", Value(disk.missing_path)}});
            }
            SIM_CHECK(ops.access_locked(disk.flat.volume));
            for (const auto& [other_number, other] : world_.vms) {
                for (const VmDisk& theirs : other.disks) {
                    const bool clash = other_number != number && theirs.flat == disk.flat &&
                                       other.power == PowerState::On &&
                                       disk.sharing != "multi-writer" &&
                                       vm.controllers.at(0).shared_bus == "noSharing";
                    if (clash) {
                        const std::string file = world_.path_text(disk.descriptor);
                        return raise(
                            "FileLocked",
                            fmt::format("Unable to access file {} since it is locked", file),
                            {{"file", Value(file)}});
                    }
                }
            }
        }
        SIM_CHECK(ops.access_locked(vm.vmx.volume));
        vmx_file = vm.vmx;
    }
    HostOps ops(world_, *host);
    SIM_TRY(const VolumeAccess path, ops.access(vmx_file.volume));
    auto text = path.volume->read_file(*path.io, vmx_file.path);
    if (!text) {
        return raise_storage(text.error(), vmx_file.path);
    }
    auto vmx = VmxFile::parse(*text);
    if (!vmx) {
        return raise_storage(vmx.error(), vmx_file.path);
    }
    const std::string here = vmx_location(vmx_file);
    std::string identity = vmx->get("uuid.bios");
    if (vmx->get("uuid.location") != here) {
        const std::string action = vmx->get("uuid.action");
        std::string answer = action == "keep" ? "moved" : action == "create" ? "copied" : "";
        if (answer.empty() && world_.options.moved_question) {
            std::unique_lock lock(world_.mutex);
            const auto found = world_.vms.find(number);
            if (found == world_.vms.end()) {
                return raise_no_vm(number);
            }
            VmQuestionState question;
            question.id = std::to_string(task.number());
            question.text = "msg.uuid.altered:This virtual machine might have been moved or "
                            "copied. In order to configure certain management and networking "
                            "features, VMware ESX needs to know if this virtual machine was moved "
                            "or copied.";
            question.waiting_task = task.number();
            found->second.question = question;
            world_.touch();
            // Waits for AnswerVM, which clears the question and leaves its choice in its text.
            const MonoTime until = mono_now() + world_.options.timings.question_timeout;
            auto answered = [&] {
                const auto vm = world_.vms.find(number);
                return world_.stopping || vm == world_.vms.end() || !vm->second.question ||
                       vm->second.question->waiting_task == 0;
            };
            const bool in_time = world_.changed.wait_until(lock, until, answered);
            const auto vm = world_.vms.find(number);
            if (vm == world_.vms.end()) {
                return raise_no_vm(number);
            }
            if (in_time && vm->second.question) {
                answer = vm->second.question->text;
            }
            vm->second.question.reset();
            world_.touch();
            if (answer.empty() || answer == "cancel") {
                return raise("GenericVmConfigFault", "The operation was cancelled by the answer.",
                             {{"reason", Value("msg.uuid.altered")}});
            }
        }
        if (answer == "copied") {
            identity = vmx_uuid(uuid4());
        }
        auto update = [&](VmxFile& file) {
            file.set("uuid.location", here);
            file.set("uuid.bios", identity);
        };
        SIM_CHECK(change_vmx(number, update));
    }
    task.sleep(world_.options.timings.power);
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_no_vm(number);
    }
    found->second.power = PowerState::On;
    found->second.boot_time = wall_now();
    found->second.uuid = plain_uuid(identity);
    world_.touch();
    return {};
}

Outcome<> VmOps::power_off(unsigned number) {
    // Under every disk's gate: after this no guest write is in flight.
    std::vector<std::shared_ptr<DiskGate>> gates;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_no_vm(number);
        }
        if (found->second.power == PowerState::Off) {
            return raise_power_state(PowerState::Off, PowerState::Off);
        }
        for (const VmDisk& disk : found->second.disks) {
            gates.push_back(disk.gate);
        }
        found->second.power = PowerState::Off;
        world_.touch();
    }
    for (const auto& gate : gates) {
        const std::lock_guard wait(gate->mutex);
    }
    return {};
}

Outcome<> VmOps::suspend(unsigned number) {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_no_vm(number);
    }
    if (found->second.power != PowerState::On) {
        return raise_power_state(PowerState::Suspended, found->second.power);
    }
    found->second.power = PowerState::Suspended;
    world_.touch();
    return {};
}

Outcome<> VmOps::answer(unsigned number, const std::string& question, const std::string& choice) {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_no_vm(number);
    }
    auto& open = found->second.question;
    if (!open || open->waiting_task == 0 || open->id != question) {
        return raise_invalid_argument("questionId", question);
    }
    const std::string text = choice == "0" || choice == "button.uuid.cancel"        ? "cancel"
                             : choice == "1" || choice == "button.uuid.movedTheVM"  ? "moved"
                             : choice == "2" || choice == "button.uuid.copiedTheVM" ? "copied"
                                                                                    : "";
    if (text.empty()) {
        return raise_invalid_argument("answerChoice", choice);
    }
    open->waiting_task = 0;
    open->text = text;
    world_.touch();
    return {};
}

Outcome<> VmOps::set_extra_config(unsigned number,
                                  const std::vector<std::pair<std::string, std::string>>& options) {
    auto update = [&](VmxFile& file) {
        for (const auto& [key, value] : options) {
            file.set(key, value);
        }
    };
    SIM_CHECK(change_vmx(number, update));
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_no_vm(number);
    }
    for (const auto& option : options) {
        auto& extra = found->second.extra_config;
        const auto old = std::find_if(extra.begin(), extra.end(),
                                      [&](const auto& e) { return e.first == option.first; });
        if (old != extra.end()) {
            old->second = option.second;
        } else {
            extra.push_back(option);
        }
    }
    ++found->second.change;
    world_.touch();
    return {};
}

Outcome<> VmOps::rename(unsigned number, const std::string& name) {
    {
        const std::lock_guard lock(world_.mutex);
        const VmState* same = world_.vm_named(name);
        if (name.empty()) {
            return raise("InvalidName", "The name is empty.", {{"name", Value(name)}});
        }
        if (same != nullptr && same->number != number) {
            return raise("DuplicateName", fmt::format("The name '{}' already exists.", name),
                         {{"name", Value(name)}, {"object", Value(same->ref())}});
        }
    }
    SIM_CHECK(change_vmx(number, [&](VmxFile& file) { file.set("displayName", name); }));
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_no_vm(number);
    }
    found->second.name = name;
    ++found->second.change;
    world_.touch();
    return {};
}

Outcome<> VmOps::mark_template(unsigned number, bool as_template) {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_no_vm(number);
    }
    VmState& vm = found->second;
    if (vm.power != PowerState::Off) {
        return raise_power_state(PowerState::Off, vm.power);
    }
    if (vm.template_vm == as_template) {
        return raise("NotSupported", "The operation is not supported on the object.");
    }
    vm.template_vm = as_template;
    vm.pool = as_template ? "" : "resgroup-9";
    ++vm.change;
    world_.touch();
    return {};
}

} // namespace pf::vim::sim
