// Snapshots of virtual machines, as the inventory shows them: the tree, what is current, and the
// operations; their files are vm_snapshots.cpp's.
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

VmExtras* extras_of_snapshot(World& world, unsigned number, unsigned& vm) {
    for (auto& [owner, extras] : world.extras->vms) {
        for (const SnapshotState& snapshot : extras.snapshots) {
            if (snapshot.number == number) {
                vm = owner;
                return &extras;
            }
        }
    }
    return nullptr;
}

MoRef snapshot_ref(unsigned number) {
    return {"VirtualMachineSnapshot", fmt::format("snapshot-{}", number)};
}

Outcome<Value> create_snapshot(MethodContext& c, const Call& call) {
    World& world = c.world;
    unsigned number = 0;
    {
        const std::lock_guard lock(world.mutex);
        const VmState* vm = world.vm(call.self.id);
        number = vm->number;
        for (const VmDisk& disk : vm->disks) {
            if (disk.rdm == "physical" || disk.sharing == "multi-writer" ||
                disk.mode.starts_with("independent")) {
                return raise(
                    "SnapshotIncompatibleDeviceInVm",
                    "The virtual machine has a disk that can't be in a snapshot.",
                    {{"fault", Value(localized_fault(
                                   raise("NotSupported", "The disk is not supported.").value()))}});
            }
        }
    }
    auto work = [&world, number, name = call.arg("name").text(),
                 description = call.arg("description").text()](TaskContext&) -> Outcome<Value> {
        SIM_TRY(const unsigned made, VmOps(world).take_snapshot(number, name, description));
        return Value(snapshot_ref(made));
    };
    return start_task(c, "VirtualMachine.createSnapshot", call.self, work, false, number);
}

Outcome<Value> remove_all(MethodContext& c, const Call& call) {
    World& world = c.world;
    const unsigned number = trailing_number(call.self.id);
    auto work = [&world, number, merge = call.arg("consolidate").bool_or(true)](
                    TaskContext& task) -> Outcome<Value> {
        std::set<unsigned> all;
        {
            const std::lock_guard lock(world.mutex);
            for (const SnapshotState& snapshot : world.extras->vms[number].snapshots) {
                all.insert(snapshot.number);
            }
        }
        SIM_CHECK(VmOps(world).drop_snapshots(number, all, merge, task));
        return Value();
    };
    return start_task(c, "VirtualMachine.removeAllSnapshots", call.self, work, false, number);
}

Outcome<Value> consolidate(MethodContext& c, const Call& call) {
    World& world = c.world;
    const unsigned number = trailing_number(call.self.id);
    auto work = [&world, number](TaskContext& task) -> Outcome<Value> {
        SIM_CHECK(VmOps(world).consolidate(number, task));
        SIM_CHECK(VmOps(world).write_snapshot_list(number));
        return Value();
    };
    return start_task(c, "VirtualMachine.consolidateDisks", call.self, work, false, number);
}

// The snapshot and, when wanted, all that were taken on top of it.
std::set<unsigned> with_children(const VmExtras& extras, unsigned number, bool children) {
    std::set<unsigned> out{number};
    for (bool more = children; more;) {
        more = false;
        for (const SnapshotState& snapshot : extras.snapshots) {
            more = (out.contains(snapshot.parent) && out.insert(snapshot.number).second) || more;
        }
    }
    return out;
}

Outcome<Value> remove_snapshot(MethodContext& c, const Call& call) {
    World& world = c.world;
    const unsigned snapshot = trailing_number(call.self.id);
    unsigned vm = 0;
    {
        const std::lock_guard lock(world.mutex);
        extras_of_snapshot(world, snapshot, vm);
    }
    auto work = [&world, snapshot, vm, children = call.arg("removeChildren").bool_or(false),
                 merge =
                     call.arg("consolidate").bool_or(true)](TaskContext& task) -> Outcome<Value> {
        std::set<unsigned> gone;
        {
            const std::lock_guard lock(world.mutex);
            gone = with_children(world.extras->vms[vm], snapshot, children);
        }
        SIM_CHECK(VmOps(world).drop_snapshots(vm, gone, merge, task));
        return Value();
    };
    return start_task(c, "VirtualMachineSnapshot.remove",
                      {"VirtualMachine", fmt::format("vm-{}", vm)}, work, false, vm);
}

Outcome<Value> rename_snapshot(MethodContext& c, const Call& call) {
    std::unique_lock lock(c.world.mutex);
    unsigned vm = 0;
    VmExtras* extras = extras_of_snapshot(c.world, trailing_number(call.self.id), vm);
    for (SnapshotState& snapshot : extras->snapshots) {
        if (snapshot.number == trailing_number(call.self.id)) {
            snapshot.name = call.arg("name").is_set() ? call.arg("name").text() : snapshot.name;
            snapshot.description = call.arg("description").is_set() ? call.arg("description").text()
                                                                    : snapshot.description;
        }
    }
    c.world.touch();
    const auto owner = c.world.vms.find(vm);
    const bool paper = owner == c.world.vms.end() || owner->second.paper;
    lock.unlock();
    if (!paper) {
        SIM_CHECK(VmOps(c.world).write_snapshot_list(vm));
    }
    return Value();
}

Value tree(const VmState& vm, const VmExtras& extras, unsigned parent) {
    std::vector<Value> out;
    for (const SnapshotState& s : extras.snapshots) {
        if (s.parent != parent) {
            continue;
        }
        DataObject node("VirtualMachineSnapshotTree");
        node.set("snapshot", snapshot_ref(s.number));
        node.set("vm", vm.ref());
        node.set("name", s.name);
        node.set("description", s.description);
        node.set("id", Value(s.id));
        node.set("createTime", time_value(s.created));
        node.set("state", enum_value("VirtualMachinePowerState",
                                     s.power == PowerState::On    ? "poweredOn"
                                     : s.power == PowerState::Off ? "poweredOff"
                                                                  : "suspended"));
        node.set("quiesced", false);
        const Value below = tree(vm, extras, s.number);
        if (!below.items().empty()) {
            node.set("childSnapshotList", below);
        }
        node.set("replaySupported", false);
        out.emplace_back(std::move(node));
    }
    return Value::array("VirtualMachineSnapshotTree", std::move(out));
}

} // namespace

Value snapshot_info(World& world, const VmState& vm) {
    const auto found = world.extras->vms.find(vm.number);
    if (found == world.extras->vms.end() || found->second.snapshots.empty()) {
        return {};
    }
    DataObject info("VirtualMachineSnapshotInfo");
    if (found->second.current_snapshot != 0) {
        info.set("currentSnapshot", snapshot_ref(found->second.current_snapshot));
    }
    info.set("rootSnapshotList", tree(vm, found->second, 0));
    return Value(std::move(info));
}

std::vector<MoRef> root_snapshots(World& world, const VmState& vm) {
    std::vector<MoRef> out;
    const auto found = world.extras->vms.find(vm.number);
    if (found != world.extras->vms.end()) {
        for (const SnapshotState& s : found->second.snapshots) {
            if (s.parent == 0) {
                out.push_back(snapshot_ref(s.number));
            }
        }
    }
    return out;
}

bool snapshot_exists(World& world, const MoRef& snapshot) {
    unsigned vm = 0;
    return extras_of_snapshot(world, trailing_number(snapshot.id), vm) != nullptr;
}

Value snapshot_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    unsigned owner = 0;
    const unsigned number = trailing_number(object.id);
    const VmExtras* extras = extras_of_snapshot(c.world, number, owner);
    const auto vm = c.world.vms.find(owner);
    if (extras == nullptr || vm == c.world.vms.end()) {
        return {};
    }
    if (name == "vm") {
        return Value(vm->second.ref());
    }
    if (name == "config") { // its disks are the frozen files
        VmState then = vm->second;
        for (const SnapshotState& s : extras->snapshots) {
            for (VmDisk& disk : then.disks) {
                const auto frozen = s.disks.find(disk.key);
                if (s.number != number || frozen == s.disks.end()) {
                    continue;
                }
                const auto at = std::find(disk.parents.begin(), disk.parents.end(), frozen->second);
                disk.descriptor = frozen->second.descriptor;
                disk.flat = frozen->second.flat;
                disk.parents.erase(disk.parents.begin(),
                                   at == disk.parents.end() ? at : std::next(at));
            }
        }
        return vm_property(c, then, "config");
    }
    if (name == "childSnapshot") {
        std::vector<MoRef> children;
        for (const SnapshotState& s : extras->snapshots) {
            if (s.parent == number) {
                children.push_back(snapshot_ref(s.number));
            }
        }
        return Value::refs(children);
    }
    return {};
}

void add_snapshot_methods(MethodTable& t) {
    t.add("VirtualMachine", "CreateSnapshot_Task", create_snapshot);
    t.add("VirtualMachine", "RemoveAllSnapshots_Task", remove_all);
    t.add("VirtualMachine", "ConsolidateVMDisks_Task", consolidate);
    t.add("VirtualMachineSnapshot", "RemoveSnapshot_Task", remove_snapshot);
    t.add("VirtualMachineSnapshot", "RenameSnapshot", rename_snapshot);
}

} // namespace pf::vim::sim
