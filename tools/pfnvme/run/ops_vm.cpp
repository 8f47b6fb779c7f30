// Operations on virtual machines. VMs are named by instance UUID, which survives re-registration.
#include "tools/pfnvme/run/lookups.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

constexpr const char* kOn = "poweredOn";
constexpr const char* kOff = "poweredOff";

Result<VmInfo> the_vm(OpContext& c, const Params& p) {
    PF_TRY(auto vm, registered_vm(c, param(p, "vm_uuid")));
    if (!vm) {
        return fail(Errc::NotFound, "VM '{}' (instance UUID {}) is not registered", param(p, "vm"),
                    param(p, "vm_uuid"));
    }
    return std::move(*vm);
}

// Was the VM on when the unit's record was taken? VMs that were off stay off.
bool was_on(OpContext& c, const Params& p) {
    const Params* record = c.result_of(param(p, "record_step"));
    if (record == nullptr) {
        return false;
    }
    return param_or(*record, "power." + param(p, "vm_uuid"), kOff) == kOn;
}

Result<std::string> running_task(OpContext& c, const std::string& vm_id,
                                 std::string_view operation) {
    PF_TRY(const auto tasks, c.vsphere.active_tasks(vm_id));
    for (const TaskInfo& task : tasks) {
        if (task.operation.find(operation) != std::string::npos) {
            return task.id;
        }
    }
    return std::string();
}

// ---- vm.shutdown
// -------------------------------------------------------------------------------------

std::string shutdown_describe(const Params& p) {
    return fmt::format("VM {}: shut down the guest (then: {})", param(p, "vm"), param(p, "then"));
}
Commands shutdown_commands(const Params& p) {
    Commands out{fmt::format("govc vm.power -s {}", param(p, "vm"))};
    if (param(p, "then") == "power-off") {
        out.push_back(fmt::format("govc vm.power -off {}   # after the guest's time is over",
                                  param(p, "vm")));
    }
    return out;
}
std::string shutdown_post(const Params& p) {
    return fmt::format("{} is powered off", param(p, "vm"));
}
Result<Observation> shutdown_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto vm, registered_vm(c, param(p, "vm_uuid")));
    if (!vm) {
        return present("not registered");
    }
    return vm->power_state == kOff ? present(kOff) : absent(vm->power_state);
}
Result<CallOutcome> power_off_now(OpContext& c, const Params& p) {
    PF_TRY(const VmInfo vm, the_vm(c, p));
    if (vm.power_state == kOff) {
        return CallOutcome{};
    }
    PF_TRY(std::string task, c.vsphere.start_power_off(vm.id));
    return CallOutcome{std::move(task), {{"forced", "true"}}};
}
Result<CallOutcome> shutdown_execute(OpContext& c, const Params& p) {
    PF_TRY(const VmInfo vm, the_vm(c, p));
    if (vm.tools_running) {
        const Result<void> asked = c.vsphere.shutdown_guest(vm.id);
        if (asked) {
            return CallOutcome{};
        }
        if (param(p, "then") != "power-off") {
            return fail(asked.error());
        }
    } else if (param(p, "then") != "power-off") {
        return fail(
            Errc::Conflict,
            "V-TOOLS-01: VM '{}' runs without VMware Tools, so its guest can't be shut down; shut "
            "it down by hand or set strategy.offline.shutdown.then: power-off",
            vm.name);
    }
    return power_off_now(c, p);
}
Result<CallOutcome> shutdown_escalate(OpContext& c, const Params& p) {
    if (param(p, "then") != "power-off") {
        return fail(Errc::Timeout, "the guest of VM '{}' did not shut down in time",
                    param(p, "vm"));
    }
    return power_off_now(c, p);
}

// ---- vm.off / vm.restore_power
// -----------------------------------------------------------------------

std::string off_describe(const Params& p) {
    return fmt::format("VM {}: power off", param(p, "vm"));
}
Commands off_commands(const Params& p) {
    return {fmt::format("govc vm.power -off {}", param(p, "vm"))};
}

std::string power_describe(const Params& p) {
    return fmt::format("VM {}: power on if it was on before{}", param(p, "vm"),
                       param_or(p, "canary", "") == "true" ? " (canary)" : "");
}
Commands power_commands(const Params& p) {
    return {fmt::format("govc vm.power -on {}", param(p, "vm"))};
}
std::string power_post(const Params& p) {
    return fmt::format("{} has the power state that was recorded", param(p, "vm"));
}
Result<Observation> power_observe(OpContext& c, const Params& p) {
    if (!was_on(c, p)) {
        return present("was not powered on before");
    }
    PF_TRY(const auto vm, registered_vm(c, param(p, "vm_uuid")));
    if (!vm) {
        return absent("not registered");
    }
    if (vm->power_state == kOn && vm->question.empty()) {
        return present(kOn);
    }
    PF_TRY(std::string task, running_task(c, vm->id, "powerOn"));
    if (task.empty() && !vm->question.empty()) {
        return in_progress("waits for the answer to its question");
    }
    if (!task.empty()) {
        return in_progress("powering on", std::move(task));
    }
    return absent(vm->power_state);
}
Result<CallOutcome> power_execute(OpContext& c, const Params& p) {
    PF_TRY(const VmInfo vm, the_vm(c, p));
    PF_TRY(std::string task, c.vsphere.start_power_on(vm.id));
    return CallOutcome{std::move(task), {}};
}
// A VM whose path changed asks "moved or copied?" at its first power-on and waits for the answer.
Result<void> power_assist(OpContext& c, const Params& p) {
    PF_TRY(const auto vm, registered_vm(c, param(p, "vm_uuid")));
    if (vm && !vm->question.empty()) {
        return c.vsphere.answer_moved(vm->id);
    }
    return {};
}

// ---- vm.unregister / vm.register
// ---------------------------------------------------------------------

std::string unregister_describe(const Params& p) {
    return fmt::format("VM {}: unregister (its files stay)", param(p, "vm"));
}
Commands unregister_commands(const Params& p) {
    return {fmt::format("govc vm.unregister {}", param(p, "vm"))};
}
std::string unregister_pre(const Params& p) {
    return fmt::format("{} is powered off", param(p, "vm"));
}
std::string unregister_post(const Params& p) {
    return fmt::format("{} is not registered", param(p, "vm"));
}
Result<void> unregister_guard(OpContext& c, const Params& p) {
    PF_TRY(const VmInfo vm, the_vm(c, p));
    if (vm.power_state != kOff) {
        return fail(Errc::Conflict, "VM '{}' is {}; it is unregistered only when it is off",
                    vm.name, vm.power_state);
    }
    return {};
}
Result<Observation> unregister_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto vm, registered_vm(c, param(p, "vm_uuid")));
    return vm ? absent("registered") : present("not registered");
}
Result<CallOutcome> unregister_execute(OpContext& c, const Params& p) {
    PF_TRY(const VmInfo vm, the_vm(c, p));
    PF_CHECK(c.vsphere.unregister(vm.id));
    return CallOutcome{};
}

std::string register_describe(const Params& p) {
    return fmt::format("VM {}: register [{}] {}", param(p, "vm"), param(p, "datastore"),
                       param(p, "path"));
}
Commands register_commands(const Params& p) {
    return {fmt::format("govc vm.register -ds {} -name {} {}", param(p, "datastore"),
                        param(p, "vm"), param(p, "path"))};
}
std::string register_pre(const Params& p) {
    return fmt::format("a datastore is on {}", param(p, "device"));
}
std::string register_post(const Params& p) {
    return fmt::format("{} is registered from {}", param(p, "vm"), param(p, "device"));
}
Result<Observation> register_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto vm, registered_vm(c, param(p, "vm_uuid")));
    if (!vm) {
        PF_TRY(std::string task, running_task(c, param(p, "folder_id"), "egister"));
        return task.empty() ? absent("not registered")
                            : perhaps_in_progress("a VM is being registered", std::move(task));
    }
    PF_TRY(const auto datastore, datastore_on_device(c, param(p, "device")));
    const DatastorePath at = split_datastore_path(vm->vmx_path);
    if (!datastore || at.datastore != datastore->name || at.path != param(p, "path")) {
        return in_progress("registered from " + vm->vmx_path);
    }
    return present(vm->id);
}
Result<CallOutcome> register_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, datastore_on_device(c, param(p, "device")));
    if (!datastore) {
        return fail(Errc::Conflict, "there is no datastore on device {} to register VM '{}' from",
                    param(p, "device"), param(p, "vm"));
    }
    const bool as_template = param_or(p, "template", "") == "true";
    PF_TRY(std::string task,
           c.vsphere.start_register(
               param(p, "folder_id"), fmt::format("[{}] {}", datastore->name, param(p, "path")),
               param(p, "vm"), as_template, param(p, "pool_id"), param(p, "vm_host_id")));
    return CallOutcome{std::move(task), {}};
}

// ---- vm.relocate
// -------------------------------------------------------------------------------------

std::string relocate_describe(const Params& p) {
    return fmt::format("VM {}: Storage vMotion to {}", param(p, "vm"), param(p, "target"));
}
Commands relocate_commands(const Params& p) {
    return {fmt::format("govc vm.migrate -ds {} {}", param(p, "target"), param(p, "vm"))};
}
std::string relocate_pre(const Params& p) {
    return fmt::format("datastore {} has room for {}", param(p, "target"), param(p, "vm"));
}
std::string relocate_post(const Params& p) {
    return fmt::format("configuration file and every disk of {} are on {}", param(p, "vm"),
                       param(p, "target"));
}
Result<std::optional<DatastoreInfo>> target_datastore(OpContext& c, const Params& p) {
    const Result<std::string> device = lookup_device_name(c, p);
    if (!device) {
        if (is_not_found(device.error())) {
            return std::optional<DatastoreInfo>();
        }
        return fail(device.error());
    }
    return datastore_on_device(c, *device);
}
Result<void> relocate_guard(OpContext& c, const Params& p) {
    PF_TRY(const auto target, target_datastore(c, p));
    if (!target) {
        return fail(Errc::Conflict, "there is no datastore {} to move VM '{}' to",
                    param(p, "target"), param(p, "vm"));
    }
    PF_TRY(const VmInfo vm, the_vm(c, p));
    std::uint64_t need = 0;
    for (const DiskInfo& disk : vm.disks) {
        if (disk.datastore_id != target->id) {
            need += disk.capacity_bytes;
        }
    }
    if (need > target->free_bytes) {
        return fail(
            Errc::NoSpace,
            "VM '{}' needs up to {} MiB, datastore '{}' has {} MiB free; make the target larger",
            vm.name, need >> 20U, target->name, target->free_bytes >> 20U);
    }
    return {};
}
// Reads back every disk and the configuration file: success of the task alone proves nothing.
Result<Observation> relocate_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto target, target_datastore(c, p));
    if (!target) {
        return absent("no such datastore");
    }
    PF_TRY(const VmInfo vm, the_vm(c, p));
    PF_TRY(std::string task, running_task(c, vm.id, "relocate"));
    if (!task.empty()) {
        return in_progress("relocating", std::move(task));
    }
    const auto moved = static_cast<std::size_t>(
        std::count_if(vm.disks.begin(), vm.disks.end(),
                      [&](const DiskInfo& disk) { return disk.datastore_id == target->id; }));
    const bool home = split_datastore_path(vm.vmx_path).datastore == target->name;
    if (home && moved == vm.disks.size()) {
        return present(fmt::format("configuration file and {} disk(s) read back", moved));
    }
    return absent(fmt::format("{} of {} disks there", moved, vm.disks.size()));
}
Result<CallOutcome> relocate_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto target, target_datastore(c, p));
    PF_TRY(const VmInfo vm, the_vm(c, p));
    if (!target) {
        return fail(Errc::Conflict, "there is no datastore {}", param(p, "target"));
    }
    PF_TRY(std::string task, c.vsphere.start_relocate(vm.id, target->id));
    return CallOutcome{std::move(task), {}};
}

} // namespace

std::span<const Op> vm_ops() {
    using namespace std::chrono_literals;
    static const std::array<Op, 6> kOps{{
        {"vm.shutdown", OpKind::Change, false, 300s, shutdown_describe, shutdown_commands, nullptr,
         shutdown_post, nullptr, shutdown_observe, shutdown_execute, nullptr, shutdown_escalate},
        {"vm.off", OpKind::Change, false, 120s, off_describe, off_commands, nullptr, shutdown_post,
         nullptr, shutdown_observe, power_off_now, nullptr, nullptr},
        {"vm.restore_power", OpKind::Change, false, 300s, power_describe, power_commands, nullptr,
         power_post, nullptr, power_observe, power_execute, power_assist, nullptr},
        {"vm.unregister", OpKind::Change, false, 60s, unregister_describe, unregister_commands,
         unregister_pre, unregister_post, unregister_guard, unregister_observe, unregister_execute,
         nullptr, nullptr},
        {"vm.register", OpKind::Change, false, 180s, register_describe, register_commands,
         register_pre, register_post, nullptr, register_observe, register_execute, nullptr,
         nullptr},
        {"vm.relocate", OpKind::Change, false, 86400s, relocate_describe, relocate_commands,
         relocate_pre, relocate_post, relocate_guard, relocate_observe, relocate_execute, nullptr,
         nullptr},
    }};
    return kOps;
}

} // namespace pf::nvmetool
