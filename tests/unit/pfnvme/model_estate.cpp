#include "tests/unit/pfnvme/model_estate.hpp"

#include <algorithm>

namespace pf::nvmetool::test {

namespace {

constexpr const char* kSystem = "1250de83018c2d0f";
const std::string kNqn = std::string("nqn.1988-11.com.dell:powerflex:00:") + kSystem;

} // namespace

void ModelEstate::add_host(const std::string& name, int index, bool onboarded) {
    ModelHost host;
    const std::string number = std::to_string(index);
    host.info.id = "host-" + number;
    host.info.name = name;
    host.info.cluster = "esx-cl01";
    host.info.cluster_id = "domain-c1";
    host.info.version = "7.0.3";
    host.info.build = "20036589";
    host.info.connection_state = "connected";
    host.info.nvme_tcp_supported = true;
    host.info.nqn = "nqn.2014-08.com.lab:nvme:" + name;
    host.info.sdc_guid = "GUID-" + number;
    host.info.nics = {{"vmnic0", "nvmxnet3", 10000}, {"vmnic1", "nvmxnet3", 10000}};
    host.info.vmks = {
        {"vmk0", "10.0.0." + number, "255.255.255.0", "Management", 1500, {"vmnic0"}, false},
        {"vmk1", "10.10.1." + number, "255.255.255.0", "nvme-a", 9000, {"vmnic0"}, onboarded},
        {"vmk2", "10.10.2." + number, "255.255.255.0", "nvme-b", 9000, {"vmnic1"}, onboarded}};
    PowerFlexHost sdc;
    sdc.id = "01f7117d0000000" + number;
    sdc.name = "sdc-" + name;
    sdc.guid = host.info.sdc_guid;
    sdc.connected = true;
    pf_hosts[sdc.id] = sdc;
    if (onboarded) {
        PowerFlexHost nvme;
        nvme.id = "13bf22b50001000" + number;
        nvme.name = name;
        nvme.nvme = true;
        nvme.nqn = host.info.nqn;
        nvme.max_paths = 4;
        pf_hosts[nvme.id] = nvme;
        host.info.adapters = {{"vmhba65", "vmnic0"}, {"vmhba66", "vmnic1"}};
        int controller = 256;
        for (const auto& [adapter, net] :
             {std::pair{"vmhba65", "10.10.1."}, {"vmhba66", "10.10.2."}}) {
            for (const char* node : {"101", "102"}) {
                NvmeController item;
                item.number = controller++;
                item.subsystem_nqn = kNqn;
                item.adapter = adapter;
                item.address = std::string(net) + node;
                item.port = 4420;
                item.online = true;
                item.name = kNqn + "#" + adapter + "#" + item.address + ":4420";
                host.info.controllers.push_back(item);
            }
        }
    }
    hosts[host.info.id] = host;
    if (sdts.empty()) {
        for (const char* node : {"1", "2", "3"}) {
            for (const char* net : {"10.10.1.10", "10.10.2.10"}) {
                sdts.push_back({std::string("8bddf18b0000000") + node, std::string("sdt") + node,
                                "pd1", std::string(net) + node, 4420, true});
            }
        }
    }
}

void ModelEstate::add_datastore(const std::string& name, const std::string& volume_id,
                                std::uint64_t gib) {
    ModelVolume volume;
    volume.info.id = volume_id;
    volume.info.name = "vol-" + name;
    volume.info.size_kib = gib * 1024 * 1024;
    volume.info.pool_id = "pool1";
    volume.info.vtree_id = "vt-" + volume_id;
    for (const auto& [id, host] : pf_hosts) {
        if (!host.nvme) {
            volume.info.mappings.push_back({id, host.name, false, 2000, 0});
        }
    }
    const std::string device = sdc_device_name(kSystem, volume_id);
    volume.content = {"uuid-" + name, name, device, {}};
    volumes[volume_id] = volume;
    for (auto& [id, host] : hosts) {
        host.seen.insert(device);
        host.mounted.insert(volume.content.vmfs_uuid);
    }
}

VmInfo& ModelEstate::add_vm(const std::string& name, const std::string& datastore, bool on) {
    VmInfo vm;
    vm.id = "vm-" + std::to_string(next_id++);
    vm.name = name;
    vm.instance_uuid = "50-" + name;
    vm.vmx_path = name + "/" + name + ".vmx"; // shown with the datastore's current name
    vm.host_id = hosts.begin()->first;
    vm.folder_id = "group-v3";
    vm.pool_id = "resgroup-8";
    vm.power_state = on ? "poweredOn" : "poweredOff";
    vm.connection_state = "connected";
    vm.tools_running = on;
    vm.disks.push_back(
        {2000, "Hard disk 1", name + "/" + name + ".vmdk", "", 1ULL << 30U, RdmKind::None, false});
    for (auto& [id, volume] : volumes) {
        if (volume.content.label == datastore) {
            vm_volume[vm.instance_uuid] = id;
            volume.content.files[vm.vmx_path] = 1;
        }
    }
    return vms[vm.id] = vm;
}

void ModelEstate::add_disk(const std::string& vm, const std::string& datastore) {
    for (auto& [id, info] : vms) {
        if (info.name != vm) {
            continue;
        }
        info.disks.push_back({2001, "Hard disk 2", vm + "/" + vm + "_1.vmdk", "", 1ULL << 30U,
                              RdmKind::None, false});
        for (const auto& [volume_id, volume] : volumes) {
            if (volume.content.label == datastore) {
                volumes.at(vm_volume.at(info.instance_uuid)).content.named[info.vmx_path] =
                    volume.content.vmfs_uuid;
            }
        }
    }
}

void ModelEstate::keep(const std::string& vm, const std::string& kind, const std::string& name,
                       const std::string& value) {
    for (const auto& [id, info] : vms) {
        if (info.name == vm) {
            context[id].push_back({info.instance_uuid, kind, name, value});
        }
    }
}

void ModelEstate::fail_call(int number, FaultKind kind) {
    fail_at = change_calls + number;
    fail_kind = kind;
}

void ModelEstate::clear_faults() {
    fail_at = -1;
    down = false;
}

Result<void> ModelEstate::reading() {
    if (down) {
        return fail(Errc::Unreachable, "no answer from the lab");
    }
    settle_tasks();
    return {};
}

Result<void> ModelEstate::change(const std::function<Result<void>()>& effect) {
    PF_CHECK(reading());
    ++change_calls;
    const bool faulty = change_calls == fail_at;
    if (faulty && fail_kind == FaultKind::Refuse) {
        return fail(Errc::Fault, "injected: the call is refused");
    }
    if (faulty && fail_kind == FaultKind::Unreachable) {
        down = true;
        return fail(Errc::Unreachable, "injected: no answer");
    }
    if (faulty && fail_kind == FaultKind::LoseCall) {
        return fail(Errc::OutcomeUnknown, "injected: the call is lost");
    }
    Result<void> result = effect();
    check_invariants();
    if (faulty && fail_kind == FaultKind::LoseAnswer) {
        return fail(Errc::OutcomeUnknown, "injected: the answer is lost");
    }
    return result;
}

Result<std::string> ModelEstate::start(const std::string& operation, const std::string& object,
                                       std::function<Result<void>()> effect) {
    const std::string id = "task-" + std::to_string(next_id++);
    PF_CHECK(change([&]() -> Result<void> {
        ModelTask task;
        task.info.id = id;
        task.info.operation = operation;
        task.info.state = TaskInfo::State::Running;
        task.object = object;
        task.due = clock.now() + task_time;
        task.effect = std::move(effect);
        tasks[id] = std::move(task);
        return {};
    }));
    return id;
}

void ModelEstate::settle_tasks() {
    for (auto& [id, task] : tasks) {
        if (task.info.active() && task.due <= clock.now()) {
            const Result<void> result = task.effect();
            task.info.state = result ? TaskInfo::State::Success : TaskInfo::State::Error;
            task.info.error = result ? "" : result.error().what;
            check_invariants();
        }
    }
}

std::set<std::string> ModelEstate::reachable(const std::string& host_id) const {
    const ModelHost& host = hosts.at(host_id);
    const bool nvme_up = std::any_of(host.info.controllers.begin(), host.info.controllers.end(),
                                     [](const NvmeController& c) { return c.online; });
    std::set<std::string> out;
    for (const auto& [id, volume] : volumes) {
        for (const MappingInfo& mapping : volume.info.mappings) {
            const PowerFlexHost& pf = pf_hosts.at(mapping.host_id);
            if (mapping.nvme ? (nvme_up && pf.nqn == host.info.nqn)
                             : pf.guid == host.info.sdc_guid) {
                out.insert(mapping.nvme ? nvme_device_name(kSystem, id)
                                        : sdc_device_name(kSystem, id));
            }
        }
    }
    return out;
}

ModelVolume* ModelEstate::volume_on(const std::string& device) {
    for (auto& [id, volume] : volumes) {
        if (device == sdc_device_name(kSystem, id) || device == nvme_device_name(kSystem, id)) {
            return &volume;
        }
    }
    return nullptr;
}

// Of the volumes themselves; a snapshot's copy is nobody's datastore.
const Content* ModelEstate::content_with(const std::string& vmfs_uuid) const {
    for (const auto& [id, volume] : volumes) {
        if (volume.content.vmfs_uuid == vmfs_uuid && volume.info.ancestor_id.empty()) {
            return &volume.content;
        }
    }
    return nullptr;
}

void ModelEstate::rescan(const std::string& host_id) {
    ModelHost& host = hosts.at(host_id);
    host.seen = reachable(host_id);
    for (const std::string& device : host.seen) {
        const ModelVolume* volume = volume_on(device);
        const Content& content = volume->content;
        if (content.vmfs_uuid.empty() || content.signature != device || host.off.contains(device)) {
            continue;
        }
        if (!host.unmounted.contains(content.vmfs_uuid)) {
            host.mounted.insert(content.vmfs_uuid);
        }
    }
}

std::vector<DatastoreInfo> ModelEstate::datastores() {
    std::map<std::string, DatastoreInfo> by_uuid;
    for (const auto& [host_id, host] : hosts) {
        for (const std::string& device : host.seen) {
            const ModelVolume* volume = volume_on(device);
            if (volume == nullptr || volume->content.vmfs_uuid.empty() ||
                volume->content.signature != device) {
                continue;
            }
            const Content& content = volume->content;
            DatastoreInfo& item = by_uuid[content.vmfs_uuid];
            item.id = "datastore-" + content.vmfs_uuid;
            item.name = content.label;
            item.uuid = content.vmfs_uuid;
            item.type = "VMFS";
            item.vmfs_major = 6;
            item.extents = {device};
            item.capacity_bytes = volume->info.size_kib * 1024;
            item.free_bytes = item.capacity_bytes;
            const bool mounted = host.mounted.contains(content.vmfs_uuid);
            item.mounts.push_back(
                {host_id, mounted, mounted && reachable(host_id).contains(device)});
            item.accessible = item.accessible || mounted;
        }
    }
    std::vector<DatastoreInfo> out;
    for (auto& [uuid, item] : by_uuid) {
        for (const auto& [id, vm] : vms) {
            const std::vector<std::string> ids = vm_view(vm).datastore_ids;
            if (std::find(ids.begin(), ids.end(), item.id) != ids.end()) {
                item.vm_ids.push_back(id);
            }
        }
        out.push_back(std::move(item));
    }
    return out;
}

VmInfo ModelEstate::vm_view(const VmInfo& vm) {
    VmInfo out = vm;
    const Content& content = volumes.at(vm_volume.at(vm.instance_uuid)).content;
    out.vmx_path = "[" + content.label + "] " + vm.vmx_path;
    out.datastore_ids = {"datastore-" + content.vmfs_uuid};
    const auto named = content.named.find(vm.vmx_path);
    for (DiskInfo& disk : out.disks) {
        const Content* home = disk.key == 2001 && named != content.named.end()
                                  ? content_with(named->second)
                                  : &content;
        disk.file = "[" + (home == nullptr ? "" : home->label) + "] " + disk.file;
        disk.datastore_id = home == nullptr ? "" : "datastore-" + home->vmfs_uuid;
        if (home != nullptr && home != &content) {
            out.datastore_ids.push_back(disk.datastore_id);
        }
    }
    return out;
}

void ModelEstate::check_invariants() {
    const auto say = [this](std::string text) {
        if (violation.empty()) {
            violation = std::move(text);
        }
    };
    for (const auto& [id, volume] : volumes) {
        if (volume.info.protocol() == Protocol::Mixed) {
            say("volume " + volume.info.name + " is mapped by both protocols");
        }
    }
    // A mounted datastore or a running VM must keep its device.
    for (const auto& [host_id, host] : hosts) {
        for (const std::string& uuid : host.mounted) {
            const std::set<std::string> devices = reachable(host_id);
            const bool alive =
                std::any_of(devices.begin(), devices.end(), [&](const std::string& device) {
                    return volume_on(device)->content.vmfs_uuid == uuid;
                });
            if (!alive) {
                say("host " + host.info.name + " has " + uuid + " mounted without its device");
            }
        }
    }
}

std::string ModelEstate::summary() {
    settle_tasks();
    std::string out;
    for (const auto& [id, volume] : volumes) {
        out += "volume " + volume.info.name + " " + to_string(volume.info.protocol()) + "\n";
        std::vector<std::string> mappings;
        for (const MappingInfo& mapping : volume.info.mappings) {
            mappings.push_back("  " + mapping.host_name + " " + std::to_string(mapping.limit_iops) +
                               "\n");
        }
        std::sort(mappings.begin(), mappings.end());
        for (const std::string& mapping : mappings) {
            out += mapping;
        }
        out += "  label " + volume.content.label + "\n";
        for (const auto& [file, writes] : volume.content.files) {
            out += "  file " + file + " " + std::to_string(writes) + "\n";
        }
        for (const auto& [file, uuid] : volume.content.named) {
            const Content* there = content_with(uuid);
            out += "  " + file + " names " + (there == nullptr ? "nothing" : there->label) + "\n";
        }
    }
    std::vector<std::string> machines;
    for (const auto& [id, vm] : vms) {
        machines.push_back("vm " + vm.name + " " + vm.power_state + " " + vm_view(vm).vmx_path +
                           "\n");
        for (const ContextItem& item : context[id]) {
            machines.push_back("kept " + vm.name + " " + item.kind + " " + item.name + " " +
                               item.value + "\n");
        }
    }
    std::sort(machines.begin(), machines.end());
    for (const std::string& machine : machines) {
        out += machine;
    }
    for (const auto& [id, host] : hosts) {
        std::size_t labels = 0;
        for (const std::string& uuid : host.mounted) {
            labels += uuid.size() > 0 ? 1U : 0U;
        }
        out += "host " + host.info.name + " mounted " + std::to_string(labels) + " controllers " +
               std::to_string(host.info.controllers.size()) + " adapters " +
               std::to_string(host.info.adapters.size()) + " off " +
               std::to_string(host.off.size()) + "\n";
        for (const VmkNic& vmk : host.info.vmks) {
            out += std::string("  ") + vmk.name + (vmk.nvme_tagged ? " tagged" : "") + "\n";
        }
    }
    for (const auto& [id, host] : pf_hosts) {
        out += "pf host " + host.name + "\n";
    }
    return out;
}

void ModelEstate::guests_write() {
    for (const auto& [id, vm] : vms) {
        if (vm.power_state == "poweredOn") {
            ++volumes.at(vm_volume.at(vm.instance_uuid)).content.files[vm.vmx_path];
        }
    }
}

} // namespace pf::nvmetool::test
