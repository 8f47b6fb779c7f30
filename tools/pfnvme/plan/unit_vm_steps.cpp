#include "tools/pfnvme/plan/unit_vm_steps.hpp"

#include <algorithm>

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

OpCall remove_snapshot(const std::string& name) {
    return {"volume.remove", {{"volume_name", name}, {"what", "snapshot"}}};
}

} // namespace

const ConvertedDatastore& ConvertedVms::home_of(const VmInfo& vm) const {
    const std::string name = split_datastore_path(vm.vmx_path).datastore;
    const auto found =
        std::find_if(datastores.begin(), datastores.end(),
                     [&](const ConvertedDatastore& item) { return item.before->name == name; });
    return found == datastores.end() ? datastores.front() : *found;
}

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
        const ConvertedDatastore& home = unit.home_of(vm);
        steps.add(step_id(4, i + 1, "unregister", vm.name), "vm.unregister", vm_params(vm),
                  {{"vm.register", register_params(vm, home.old_device(), home.before->name)}});
    }
}

void add_path_steps(StepBuilder& steps, const ConvertedVms& unit, std::size_t index) {
    if (unit.vms.empty()) {
        return;
    }
    std::string moves;
    for (const ConvertedDatastore& item : unit.datastores) {
        moves +=
            fmt::format("{}{}={}", moves.empty() ? "" : ",", item.before->uuid, item.new_device);
    }
    for (const ConvertedDatastore& item : unit.datastores) {
        steps.add(step_id(15, ++index, "paths", item.new_name), "vmfs.update_paths",
                  {{"device", item.new_device},
                   {"datastore", item.new_name},
                   {"moves", moves},
                   {"record_step", kRecordStep}});
    }
}

std::size_t add_start_vm_steps(StepBuilder& steps, const ConvertedVms& unit) {
    for (std::size_t i = 0; i < unit.vms.size(); ++i) {
        const VmInfo& vm = *unit.vms[i];
        const ConvertedDatastore& home = unit.home_of(vm);
        steps.add(step_id(16, i + 1, "register", vm.name), "vm.register",
                  register_params(vm, home.new_device, home.new_name),
                  {{"vm.unregister", vm_params(vm)}});
    }
    if (!unit.vms.empty()) {
        steps.add(step_id(16, unit.vms.size() + 1, "context"), "context.restore",
                  {{"record_step", kContextStep}});
    }
    const auto judge = [&](const VmInfo& vm) {
        const ConvertedDatastore& home = unit.home_of(vm);
        Params out = with(vm_params(vm), {{"device", home.new_device}});
        for (const DiskInfo& disk : vm.disks) { // those that are elsewhere
            for (const ConvertedDatastore& item : unit.datastores) {
                if (disk.datastore_id == item.before->id && &item != &home) {
                    out[fmt::format("disk.{}", disk.key)] = item.new_device;
                }
            }
        }
        return out;
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

SafetySnapshots safety_snapshots(const std::string& tag, const std::string& unit_id,
                                 std::size_t part) {
    const std::string number = part == 0 ? "" : std::to_string(part + 1);
    return {powerflex_name(fmt::format("pfnvme-{}-{}-a{}", tag, unit_id, number)),
            powerflex_name(fmt::format("pfnvme-{}-{}-b{}", tag, unit_id, number))};
}

void add_snapshot_step(StepBuilder& steps, std::string id,
                       const std::vector<NamedSnapshot>& snapshots) {
    Params params;
    std::vector<OpCall> undo;
    for (const NamedSnapshot& item : snapshots) {
        for (const auto& [name, value] : snapshot_params(*item.volume, item.name)) {
            std::string& list = params[name];
            list += (list.empty() ? "" : ",") + value;
        }
        undo.push_back(remove_snapshot(item.name));
    }
    steps.add(std::move(id), "snapshot.create", std::move(params), std::move(undo));
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
