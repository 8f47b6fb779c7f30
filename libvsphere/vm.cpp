#include "libvsphere/vm.hpp"

#include <algorithm>
#include <cctype>

namespace pf::vim {

namespace {

Result<MoRef> vm_task(Session& session, const MoRef& receiver, std::string_view method,
                      std::vector<Field> args, std::string object) {
    PF_TRY(Value task, session.call(receiver, method, std::move(args), {.object = object}));
    return task.require_ref(fmt::format("the task of {}", method));
}

Value profile_specs(const std::vector<std::string>& ids) {
    std::vector<Value> list;
    for (const std::string& id : ids) {
        DataObject profile("VirtualMachineDefinedProfileSpec");
        profile.set("profileId", Value(id));
        list.emplace_back(std::move(profile));
    }
    return Value::array("VirtualMachineProfileSpec", std::move(list));
}

DataObject relocate_spec(const Relocation& r) {
    DataObject spec("VirtualMachineRelocateSpec");
    auto set_ref = [&](std::string_view name, const MoRef& ref) {
        if (!ref.empty())
            spec.set(name, Value(ref));
    };
    set_ref("folder", r.folder);
    set_ref("datastore", r.datastore);
    set_ref("pool", r.pool);
    set_ref("host", r.host);
    if (!r.disk_move_type.empty())
        spec.set("diskMoveType", Value(r.disk_move_type));
    std::vector<Value> disks;
    for (const DiskMove& move : r.disks) {
        DataObject locator("VirtualMachineRelocateSpecDiskLocator");
        locator.set("diskId", Value(int32_t(move.disk_key)));
        locator.set("datastore", Value(move.datastore));
        if (move.thin || move.eager_zero) {
            DataObject backing("VirtualDiskFlatVer2BackingInfo");
            backing.set("fileName", Value("")); // required by the schema, chosen by the server
            backing.set("diskMode", Value(move.disk_mode));
            if (move.thin)
                backing.set("thinProvisioned", Value(*move.thin));
            if (move.eager_zero)
                backing.set("eagerlyScrub", Value(*move.eager_zero));
            locator.set("diskBackingInfo", Value(std::move(backing)));
        }
        if (!move.profiles.empty())
            locator.set("profile", profile_specs(move.profiles));
        disks.emplace_back(std::move(locator));
    }
    if (!r.profiles.empty())
        spec.set("profile", profile_specs(r.profiles));
    if (!disks.empty())
        spec.set("disk", Value::array("VirtualMachineRelocateSpecDiskLocator", std::move(disks)));
    return spec;
}

} // namespace

Relocation relocation_off(const Vm& vm, const Datastore& source, const MoRef& target) {
    Relocation r;
    auto on_source = [&](const std::string& path) {
        auto split = split_datastore_path(path);
        return split && split->first == source.name;
    };
    if (on_source(vm.vmx_path))
        r.datastore = target;
    for (const VirtualDisk& disk : vm.disks) {
        DiskMove move;
        move.disk_key = disk.key;
        bool here = disk.backing.datastore.empty() ? on_source(disk.backing.file_name)
                                                   : disk.backing.datastore == source.ref;
        move.datastore = here ? target : disk.backing.datastore;
        if (!move.datastore.empty())
            r.disks.push_back(std::move(move));
    }
    if (vm.power_state != "poweredOff")
        r.host = vm.host;
    return r;
}

Result<MoRef> relocate_task(Session& session, const MoRef& vm, const Relocation& relocation) {
    std::vector<Field> args{{"spec", Value(relocate_spec(relocation))}};
    if (!relocation.priority.empty())
        args.push_back({"priority", Value(relocation.priority)});
    return vm_task(session, vm, "RelocateVM_Task", std::move(args),
                   fmt::format("relocate VM {}", vm.id));
}

Result<std::vector<RelocationFinding>> check_relocate(Session& session, const MoRef& vm,
                                                      const Relocation& relocation) {
    const MoRef& checker = session.content().provisioning_checker;
    if (checker.empty())
        return fail(Errc::Unsupported, "{} has no relocation check, only vCenter has",
                    session.endpoint());
    const std::string object = fmt::format("check the relocation of VM {}", vm.id);
    PF_TRY(MoRef task,
           vm_task(session, checker, "CheckRelocate_Task",
                   {{"vm", Value(vm)}, {"spec", Value(relocate_spec(relocation))}}, object));
    TaskWait wait;
    wait.object = object;
    PF_TRY(TaskInfo done, wait_task(session, task, wait));
    std::vector<RelocationFinding> out;
    for (const Value& result : done.result.items()) {
        for (std::string_view kind : {"error", "warning"}) {
            for (const Value& finding : result[kind].items()) {
                Fault fault = fault_from_localized(finding);
                out.push_back({kind == "error", fault.detail.type, fault.message});
            }
        }
    }
    return out;
}

Result<MoRef> register_task(Session& session, const Registration& r) {
    std::vector<Field> args{{"path", Value(r.vmx_path)}};
    if (!r.name.empty())
        args.push_back({"name", Value(r.name)});
    args.push_back({"asTemplate", Value(r.as_template)});
    if (!r.pool.empty() && !r.as_template)
        args.push_back({"pool", Value(r.pool)});
    if (!r.host.empty())
        args.push_back({"host", Value(r.host)});
    return vm_task(session, r.folder, "RegisterVM_Task", std::move(args),
                   fmt::format("register VM {}", r.vmx_path));
}

Result<MoRef> registered_vm(const TaskInfo& finished) {
    return finished.result.require_ref("the registered VM");
}

Result<void> unregister_vm(Session& session, const MoRef& vm) {
    PF_CHECK(
        session.call(vm, "UnregisterVM", {}, {.object = fmt::format("unregister VM {}", vm.id)}));
    return {};
}

Result<MoRef> reload_from_path_task(Session& session, const MoRef& vm,
                                    const std::string& vmx_path) {
    return vm_task(session, vm, "reloadVirtualMachineFromPath_Task",
                   {{"configurationPath", Value(vmx_path)}},
                   fmt::format("reload VM {} from {}", vm.id, vmx_path));
}

Result<void> mark_as_template(Session& session, const MoRef& vm) {
    PF_CHECK(session.call(vm, "MarkAsTemplate", {},
                          {.object = fmt::format("mark VM {} as template", vm.id)}));
    return {};
}

Result<void> mark_as_vm(Session& session, const MoRef& vm, const MoRef& pool, const MoRef& host) {
    std::vector<Field> args{{"pool", Value(pool)}};
    if (!host.empty())
        args.push_back({"host", Value(host)});
    PF_CHECK(session.call(vm, "MarkAsVirtualMachine", std::move(args),
                          {.object = fmt::format("mark template {} as VM", vm.id)}));
    return {};
}

Result<MoRef> power_on_task(Session& session, const MoRef& vm, const MoRef& host) {
    std::vector<Field> args;
    if (!host.empty())
        args.push_back({"host", Value(host)});
    return vm_task(session, vm, "PowerOnVM_Task", std::move(args),
                   fmt::format("power on VM {}", vm.id));
}

Result<MoRef> power_off_task(Session& session, const MoRef& vm) {
    return vm_task(session, vm, "PowerOffVM_Task", {}, fmt::format("power off VM {}", vm.id));
}

Result<void> shutdown_guest(Session& session, const MoRef& vm) {
    PF_CHECK(session.call(vm, "ShutdownGuest", {},
                          {.object = fmt::format("shut down the guest of VM {}", vm.id)}));
    return {};
}

Result<void> answer_vm(Session& session, const MoRef& vm, const std::string& question_id,
                       const std::string& choice) {
    PF_CHECK(session.call(vm, "AnswerVM",
                          {{"questionId", Value(question_id)}, {"answerChoice", Value(choice)}},
                          {.object = fmt::format("answer the question of VM {}", vm.id)}));
    return {};
}

std::string moved_choice(const VmQuestion& question) {
    auto lower = [](std::string text) {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return text;
    };
    std::string text = lower(question.text);
    bool right_one =
        text.find("msg.uuid.altered") != std::string::npos ||
        (text.find("moved") != std::string::npos && text.find("copied") != std::string::npos);
    if (!right_one)
        return {};
    for (const VmQuestion::Choice& choice : question.choices) {
        std::string label = lower(choice.label + " " + choice.key);
        if (label.find("moved") != std::string::npos)
            return choice.key;
    }
    return {};
}

Result<MoRef> create_snapshot_task(Session& session, const MoRef& vm, const std::string& name,
                                   const std::string& description, bool memory, bool quiesce) {
    return vm_task(session, vm, "CreateSnapshot_Task",
                   {{"name", Value(name)},
                    {"description", Value(description)},
                    {"memory", Value(memory)},
                    {"quiesce", Value(quiesce)}},
                   fmt::format("snapshot VM {}", vm.id));
}

Result<MoRef> remove_all_snapshots_task(Session& session, const MoRef& vm, bool consolidate) {
    return vm_task(session, vm, "RemoveAllSnapshots_Task", {{"consolidate", Value(consolidate)}},
                   fmt::format("remove the snapshots of VM {}", vm.id));
}

Result<MoRef>
set_extra_config_task(Session& session, const MoRef& vm,
                      const std::vector<std::pair<std::string, std::string>>& options) {
    std::vector<Value> list;
    for (const auto& [key, value] : options) {
        DataObject option("OptionValue");
        option.set("key", Value(key));
        option.set("value", Value(value));
        list.emplace_back(std::move(option));
    }
    DataObject spec("VirtualMachineConfigSpec");
    spec.set("extraConfig", Value::array("OptionValue", std::move(list)));
    return vm_task(session, vm, "ReconfigVM_Task", {{"spec", Value(std::move(spec))}},
                   fmt::format("set advanced options of VM {}", vm.id));
}

} // namespace pf::vim
