#include "tools/pfnvme/plan/unit_vm_steps.hpp"

namespace pf::nvmetool {

namespace {

Params vm_params(const VmInfo& vm) {
    return {{"vm", vm.name}, {"vm_uuid", vm.instance_uuid}, {"record_step", kRecordStep}};
}

Params register_params(const VmInfo& vm, const std::string& device, const std::string& datastore) {
    return with(vm_params(vm), {{"device", device},
                                {"datastore", datastore},
                                {"path", split_datastore_path(vm.vmx_path).path},
                                {"folder_id", vm.folder_id},
                                {"pool_id", vm.pool_id},
                                {"vm_host_id", vm.host_id},
                                {"template", vm.is_template ? "true" : "false"}});
}

} // namespace

void add_stop_vm_steps(StepBuilder& steps, const ConvertedVms& unit) {
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        steps.add(step_id(3, i + 1, "shutdown", vm.name), "vm.shutdown",
                  with(vm_params(vm), {{"then", unit.power_off_after ? "power-off" : "fail"},
                                       {"deadline_s", std::to_string(unit.guest_shutdown_s)}}),
                  {{"vm.restore_power", vm_params(vm)}});
    }
    if (!unit.vms.empty()) {
        steps.add(kContextStep, "context.record", {},
                  {{"context.restore", {{"record_step", kContextStep}}}});
    }
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        steps.add(step_id(4, i + 1, "unregister", vm.name), "vm.unregister", vm_params(vm),
                  {{"vm.register", register_params(vm, unit.old_device, unit.old_datastore)}});
    }
}

std::size_t add_start_vm_steps(StepBuilder& steps, const ConvertedVms& unit) {
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        steps.add(step_id(16, i + 1, "register", vm.name), "vm.register",
                  register_params(vm, unit.new_device, unit.new_datastore),
                  {{"vm.unregister", vm_params(vm)}});
    }
    if (!unit.vms.empty()) {
        steps.add(step_id(16, unit.vms.size() + 1, "context"), "context.restore",
                  {{"record_step", kContextStep}});
    }
    const auto judge = [&](const VmInfo& vm) {
        return with(vm_params(vm), {{"device", unit.new_device}});
    };
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        Step& step = steps.add(step_id(17, i + 1, "power", vm.name), "vm.restore_power",
                               with(vm_params(vm), {{"canary", i == 0 ? "true" : "false"}}),
                               {{"vm.off", vm_params(vm)}});
        step.commit_point = true; // from here on guests write by the new protocol
        if (i == 0) {
            steps.add(step_id(17, i + 1, "power-canary-check", vm.name), "check.vm", judge(vm));
        }
    }
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        steps.add(step_id(18, i + 1, "verify", unit.vms[i]->name), "check.vm", judge(*unit.vms[i]));
    }
    return unit.vms.size();
}

Params snapshot_params(const VolumeInfo& volume, const std::string& name) {
    return {{"volume", volume.id}, {"label", volume.name}, {"snapshot", name}};
}

OpCall remove_snapshot(const std::string& name) {
    return {"volume.remove", {{"volume_name", name}, {"what", "snapshot"}}};
}

void add_retire_steps(StepBuilder& steps, const std::vector<std::string>& snapshots) {
    std::size_t number = 0;
    for (const std::string& snapshot : snapshots) {
        OpCall remove = remove_snapshot(snapshot);
        steps.add(step_id(19, ++number, "retire-snapshot"), remove.op, remove.params).deferred =
            true;
    }
}

} // namespace pf::nvmetool
