#include "libvsphere/simulator/service/dvs.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::sim {

namespace {

const char* power_text(const VmState& vm) {
    return vm.power == PowerState::On          ? "poweredOn"
           : vm.power == PowerState::Suspended ? "suspended"
                                               : "poweredOff";
}

bool accessible(const PropertyContext& c, const VmState& vm) {
    const HostState* host = c.world.host(vm.host);
    if (host == nullptr) {
        return false;
    }
    const auto volume = host->volumes.find(vm.vmx.volume);
    return volume != host->volumes.end() && volume->second.mounted && volume->second.accessible;
}

Value datastore_ref(World& world, const std::string& volume) {
    const DatastoreState* ds = world.datastore_of(volume);
    return ds == nullptr ? Value() : Value(ds->ref());
}

std::string disk_file(World& world, const VmDisk& disk) {
    return disk.missing ? disk.missing_path : world.path_text(disk.descriptor);
}

Value disk_backing(World& world, const VmDisk& disk) {
    if (!disk.rdm.empty()) {
        DataObject backing("VirtualDiskRawDiskMappingVer1BackingInfo");
        backing.set("fileName", disk_file(world, disk));
        backing.set("datastore", datastore_ref(world, disk.descriptor.volume));
        Device device;
        device.id = disk.rdm_device;
        backing.set("lunUuid", device_uuid(device));
        backing.set("deviceName", "vml." + device_uuid(device));
        backing.set("compatibilityMode", disk.rdm == "physical" ? "physicalMode" : "virtualMode");
        backing.set("diskMode", disk.mode);
        backing.set("uuid", disk.uuid);
        backing.set("sharing",
                    disk.sharing == "multi-writer" ? "sharingMultiWriter" : "sharingNone");
        return Value(std::move(backing));
    }
    // The base first; every delta has the one below it as its parent.
    Value below;
    for (size_t level = disk.parents.size() + 1; level-- > 0;) {
        const bool top = level == 0;
        const FileRef& file = top ? disk.descriptor : disk.parents[level - 1].descriptor;
        DataObject backing("VirtualDiskFlatVer2BackingInfo");
        backing.set("fileName", top ? disk_file(world, disk) : world.path_text(file));
        backing.set("datastore", datastore_ref(world, file.volume));
        backing.set("diskMode", disk.mode);
        backing.set("split", false);
        backing.set("writeThrough", false);
        backing.set("thinProvisioned", disk.thin || below.is_set());
        backing.set("uuid", top ? disk.uuid : disk.parents[level - 1].uuid);
        if (below.is_set()) {
            backing.set("parent", std::move(below));
            backing.set("deltaDiskFormat", "seSparseFormat");
            backing.set("deltaGrainSize", int_value(vmfs::kClusterBytes / 512));
        }
        backing.set("digestEnabled", false);
        backing.set("sharing",
                    disk.sharing == "multi-writer" ? "sharingMultiWriter" : "sharingNone");
        below = Value(std::move(backing));
    }
    return below;
}

Value description(std::string_view label, std::string_view summary) {
    return make("Description", {{"label", Value(label)}, {"summary", Value(summary)}});
}

std::vector<Value> devices(World& world, const VmState& vm) {
    std::vector<Value> out;
    for (const VmController& controller : vm.controllers) {
        std::vector<Value> attached;
        for (const VmDisk& disk : vm.disks) {
            if (disk.controller == controller.key) {
                attached.push_back(int_value(disk.key));
            }
        }
        out.push_back(
            make("ParaVirtualSCSIController",
                 {{"key", int_value(controller.key)},
                  {"deviceInfo", description(fmt::format("SCSI controller {}", controller.bus),
                                             "VMware paravirtual SCSI")},
                  {"busNumber", int_value(controller.bus)},
                  {"device", Value::array("int", std::move(attached))},
                  {"hotAddRemove", true},
                  {"sharedBus", enum_value("VirtualSCSISharing", controller.shared_bus)},
                  {"scsiCtlrUnitNumber", int_value(7)}}));
    }
    int label = 0;
    for (const VmDisk& disk : vm.disks) {
        out.push_back(
            make("VirtualDisk",
                 {{"key", int_value(disk.key)},
                  {"deviceInfo", description(fmt::format("Hard disk {}", ++label),
                                             fmt::format("{} KB", disk.size / 1024))},
                  {"backing", disk_backing(world, disk)},
                  {"controllerKey", int_value(disk.controller)},
                  {"unitNumber", int_value(disk.unit)},
                  {"capacityInKB", long_value(disk.size / 1024)},
                  {"capacityInBytes", long_value(disk.size)},
                  {"vDiskId", disk.fcd.empty() ? Value() : make("ID", {{"id", disk.fcd}})}}));
    }
    if (vm.iso) {
        out.push_back(
            make("VirtualCdrom",
                 {{"key", int_value(3000)},
                  {"deviceInfo", description("CD/DVD drive 1", "ISO " + world.path_text(*vm.iso))},
                  {"backing", make("VirtualCdromIsoBackingInfo",
                                   {{"fileName", world.path_text(*vm.iso)},
                                    {"datastore", datastore_ref(world, vm.iso->volume)}})},
                  {"connectable",
                   make("VirtualDeviceConnectInfo", {{"startConnected", true},
                                                     {"allowGuestControl", true},
                                                     {"connected", vm.power == PowerState::On}})},
                  {"controllerKey", int_value(201)},
                  {"unitNumber", int_value(0)}}));
    }
    Value port = port_connection(world, vm.network);
    Value network =
        port.is_set()
            ? make("VirtualEthernetCardDistributedVirtualPortBackingInfo",
                   {{"port", std::move(port)}})
            : make("VirtualEthernetCardNetworkBackingInfo",
                   {{"deviceName", vm.network}, {"network", MoRef{"Network", "network-7"}}});
    out.push_back(
        make("VirtualVmxnet3", {{"key", int_value(4000)},
                                {"deviceInfo", description("Network adapter 1", vm.network)},
                                {"backing", std::move(network)},
                                {"connectable", make("VirtualDeviceConnectInfo",
                                                     {{"startConnected", true},
                                                      {"allowGuestControl", true},
                                                      {"connected", vm.power == PowerState::On}})},
                                {"addressType", "assigned"},
                                {"macAddress", vm.mac}}));
    return out;
}

// The fields of VirtualMachineConfigInfo that VMs here have.
constexpr std::array<std::string_view, 21> kConfigFields = {
    "changeVersion", "modified",     "name",         "guestFullName", "version",
    "uuid",          "instanceUuid", "template",     "guestId",       "alternateGuestName",
    "annotation",    "files",        "tools",        "flags",         "defaultPowerOps",
    "hardware",      "extraConfig",  "datastoreUrl", "swapPlacement", "changeTrackingEnabled",
    "firmware"};

Value config_files(World& world, const VmState& vm) {
    const std::string dir = world.path_text({vm.vmx.volume, directory_of(vm.vmx.path) + "/"});
    return make("VirtualMachineFileInfo", {{"vmPathName", world.path_text(vm.vmx)},
                                           {"snapshotDirectory", dir},
                                           {"suspendDirectory", dir},
                                           {"logDirectory", dir}});
}

// The parts that are made of parts themselves.
Value config_part(World& world, const VmState& vm, std::string_view name) {
    if (name == "files") {
        return config_files(world, vm);
    }
    if (name == "tools") {
        return make("ToolsConfigInfo", {{"toolsVersion", int_value(vm.tools ? 12352 : 0)}});
    }
    if (name == "flags") {
        return make("VirtualMachineFlagInfo", {{"enableLogging", true}});
    }
    if (name == "defaultPowerOps") {
        return make("VirtualMachineDefaultPowerOpInfo", {{"powerOffType", "soft"}});
    }
    if (name == "hardware") {
        return make("VirtualHardware",
                    {{"numCPU", int_value(vm.cpus)},
                     {"numCoresPerSocket", int_value(1)},
                     {"memoryMB", int_value(vm.memory_mb)},
                     {"device", Value::array("VirtualDevice", devices(world, vm))}});
    }
    if (name == "extraConfig") {
        std::vector<Value> extra;
        for (const auto& [key, value] : vm.extra_config) {
            extra.push_back(make("OptionValue", {{"key", key}, {"value", value}}));
        }
        return Value::array("OptionValue", std::move(extra));
    }
    if (name == "datastoreUrl") {
        std::vector<Value> urls;
        for (const std::string& volume : world.volumes_of(vm)) {
            if (const DatastoreState* ds = world.datastore_of(volume)) {
                urls.push_back(make("VirtualMachineConfigInfoDatastoreUrlPair",
                                    {{"name", ds->name}, {"url", "/vmfs/volumes/" + ds->uuid}}));
            }
        }
        return Value::array("VirtualMachineConfigInfoDatastoreUrlPair", std::move(urls));
    }
    return {};
}

// One field of VirtualMachineConfigInfo; unset for a name that is not among kConfigFields.
Value config_field(World& world, const VmState& vm, std::string_view name) {
    if (name == "changeVersion") {
        return Value(fmt::format("2026-01-01T00:00:00.{:06}Z", vm.change));
    }
    if (name == "modified") {
        return time_value(WallTime{});
    }
    if (name == "name") {
        return Value(vm.name);
    }
    if (name == "guestFullName") {
        return Value("Other Linux (64-bit)");
    }
    if (name == "version") {
        return Value("vmx-19");
    }
    if (name == "uuid") {
        return Value(vm.uuid);
    }
    if (name == "instanceUuid") {
        return Value(vm.instance_uuid);
    }
    if (name == "template") {
        return Value(vm.template_vm);
    }
    if (name == "guestId") {
        return Value(vm.guest);
    }
    if (name == "alternateGuestName") {
        return Value("");
    }
    if (name == "annotation") {
        return Value(vm.annotation);
    }
    if (name == "swapPlacement") {
        return Value("inherit");
    }
    if (name == "changeTrackingEnabled") {
        return Value(false);
    }
    if (name == "firmware") {
        return Value("bios");
    }
    return config_part(world, vm, name);
}

Value config_info(const PropertyContext& c, const VmState& vm) {
    DataObject config("VirtualMachineConfigInfo");
    for (const std::string_view name : kConfigFields) {
        config.set(name, config_field(c.world, vm, name));
    }
    return Value(std::move(config));
}

Value question_info(const VmState& vm) {
    if (!vm.question || vm.question->waiting_task == 0) {
        return {};
    }
    std::vector<Value> choices;
    for (const auto& [key, label] :
         {std::pair{"0", "button.uuid.cancel"}, std::pair{"1", "button.uuid.movedTheVM"},
          std::pair{"2", "button.uuid.copiedTheVM"}}) {
        const std::string_view text = std::string_view(key) == "0"   ? "Cancel"
                                      : std::string_view(key) == "1" ? "I Moved It"
                                                                     : "I Copied It";
        choices.push_back(make("ElementDescription",
                               {{"label", Value(label)}, {"summary", Value(text)}, {"key", key}}));
    }
    return make(
        "VirtualMachineQuestionInfo",
        {{"id", vm.question->id},
         {"text", vm.question->text},
         {"choice", make("ChoiceOption",
                         {{"choiceInfo", Value::array("ElementDescription", std::move(choices))},
                          {"defaultIndex", int_value(2)}})},
         {"message",
          Value::array("VirtualMachineMessage",
                       {make("VirtualMachineMessage",
                             {{"id", "msg.uuid.altered"}, {"text", vm.question->text}})})}});
}

Value connection_state(const PropertyContext& c, const VmState& vm) {
    return enum_value("VirtualMachineConnectionState",
                      accessible(c, vm) ? "connected" : "inaccessible");
}

Value fault_tolerance_state() {
    return enum_value("VirtualMachineFaultToleranceState", "notConfigured");
}

Value runtime_info(const PropertyContext& c, const VmState& vm) {
    DataObject runtime("VirtualMachineRuntimeInfo");
    runtime.set("host", MoRef{"HostSystem", vm.host});
    runtime.set("connectionState", connection_state(c, vm));
    runtime.set("powerState", enum_value("VirtualMachinePowerState", power_text(vm)));
    runtime.set("faultToleranceState", fault_tolerance_state());
    runtime.set("toolsInstallerMounted", false);
    if (vm.power == PowerState::On) {
        runtime.set("bootTime", time_value(vm.boot_time));
    }
    runtime.set("question", question_info(vm));
    runtime.set("numMksConnections", int_value(0));
    runtime.set("recordReplayState", enum_value("VirtualMachineRecordReplayState", "inactive"));
    runtime.set("onlineStandby", false);
    runtime.set("consolidationNeeded", loose_link_locked(c.world, vm).has_value());
    return Value(std::move(runtime));
}

const char* tools_running(const VmState& vm) {
    return vm.tools && vm.power == PowerState::On ? "guestToolsRunning" : "guestToolsNotRunning";
}

Value guest_info(const VmState& vm) {
    const bool running = vm.tools && vm.power == PowerState::On;
    DataObject guest("GuestInfo");
    guest.set("toolsStatus",
              enum_value("VirtualMachineToolsStatus", !vm.tools ? "toolsNotInstalled"
                                                      : running ? "toolsOk"
                                                                : "toolsNotRunning"));
    guest.set("toolsRunningStatus", tools_running(vm));
    guest.set("guestState", vm.power == PowerState::On ? "running" : "notRunning");
    if (running) {
        guest.set("hostName", vm.name);
    }
    return Value(std::move(guest));
}

struct Usage {
    uint64_t committed = 0;
    uint64_t uncommitted = 0;
};

std::map<std::string, Usage> usage(World& world, const VmState& vm) {
    std::map<std::string, Usage> out;
    for (const std::string& volume : world.volumes_of(vm)) {
        const DatastoreState* ds = world.datastore_of(volume);
        if (ds == nullptr || (!ds->volume && !vm.paper)) {
            continue;
        }
        Usage& use = out[volume];
        if (vm.paper) { // half of a thin disk is taken
            for (const VmDisk& disk : vm.disks) {
                const bool here = disk.descriptor.volume == volume && disk.rdm.empty();
                use.committed += here ? (disk.thin ? disk.size / 2 : disk.size) : 0;
                use.uncommitted += here && disk.thin ? disk.size - disk.size / 2 : 0;
            }
            continue;
        }
        if (volume == vm.vmx.volume) {
            for (const auto& file : ds->volume->list(directory_of(vm.vmx.path) + "/")) {
                use.committed += file.name.ends_with(".vmdk") ? 0 : file.allocated;
            }
        }
        for (const VmDisk& disk : vm.disks) {
            if (disk.missing) {
                continue;
            }
            auto add = [&](const FileRef& flat, bool grows) {
                if (flat.volume != volume) {
                    return;
                }
                if (const auto file = ds->volume->stat(flat.path)) {
                    use.committed += file->allocated;
                    use.uncommitted +=
                        grows && file->size > file->allocated ? file->size - file->allocated : 0;
                }
            };
            add(disk.flat, true);
            for (const DiskLink& parent : disk.parents) {
                add(parent.flat, false); // frozen
            }
        }
    }
    return out;
}

Value layout_ex(World& world, const VmState& vm) {
    std::vector<Value> files;
    std::vector<Value> disks;
    std::map<std::string, Value> memory; // keys of snapshots' state files
    auto add = [&](const FileRef& file, const char* type, uint64_t size, uint64_t unique) {
        const auto key = static_cast<int32_t>(files.size());
        files.push_back(
            make("VirtualMachineFileLayoutExFileInfo", {{"key", int_value(key)},
                                                        {"name", world.path_text(file)},
                                                        {"type", type},
                                                        {"size", long_value(size)},
                                                        {"uniqueSize", long_value(unique)},
                                                        {"accessible", true}}));
        return int_value(key);
    };
    auto each = [&](const FileRef& file, const auto& use) {
        const DatastoreState* ds = world.datastore_of(file.volume);
        if (ds != nullptr && ds->volume) {
            for (const auto& info : ds->volume->list(file.path)) {
                use(info);
            }
        }
    };
    if (vm.paper) {
        add(vm.vmx, "config", 2048, 2048);
        for (const VmDisk& disk : vm.disks) {
            std::vector<Value> keys{add(disk.descriptor, "diskDescriptor", 512, 512)};
            if (disk.rdm.empty()) {
                keys.push_back(
                    add(disk.flat, "diskExtent", disk.size, disk.thin ? disk.size / 2 : disk.size));
            }
            disks.push_back(
                make("VirtualMachineFileLayoutExDiskLayout",
                     {{"key", int_value(disk.key)},
                      {"chain", Value::array("VirtualMachineFileLayoutExDiskUnit",
                                             {make("VirtualMachineFileLayoutExDiskUnit",
                                                   {{"fileKey", Value::array("int", keys)}})})}}));
        }
        return make(
            "VirtualMachineFileLayoutEx",
            {{"file", Value::array("VirtualMachineFileLayoutExFileInfo", std::move(files))},
             {"disk", Value::array("VirtualMachineFileLayoutExDiskLayout", std::move(disks))},
             {"timestamp", time_value(world.started)}});
    }
    const std::string dir = directory_of(vm.vmx.path) + "/";
    each({vm.vmx.volume, dir}, [&](const vmfs::FileInfo& info) {
        const std::string& n = info.name;
        const char* type = n == vm.vmx.path        ? "config"
                           : n.ends_with(".nvram") ? "nvram"
                           : n.ends_with(".vmsd")  ? "snapshotList"
                           : n.ends_with(".vmsn")  ? "snapshotData"
                           : n.ends_with(".log")   ? "log"
                           : n.ends_with(".vswp")  ? "swap"
                                                   : nullptr;
        if (type != nullptr) {
            const Value key = add({vm.vmx.volume, n}, type, info.size, info.allocated);
            if (n.ends_with(".vmsn")) {
                memory[n] = key;
            }
        }
    });
    std::map<std::string, Value> units;                    // by descriptor: one file of a chain
    auto chain_of = [&](const VmDisk& disk, size_t from) { // the base first
        std::vector<Value> chain;
        for (size_t level = disk.parents.size() + 1; level-- > from;) {
            const FileRef& file = level == 0 ? disk.descriptor : disk.parents[level - 1].descriptor;
            const FileRef& flat = level == 0 ? disk.flat : disk.parents[level - 1].flat;
            Value& unit = units[file.volume + file.path];
            if (!unit.is_set()) {
                std::vector<Value> keys;
                each(file, [&](const vmfs::FileInfo& info) {
                    keys.push_back(add(file, "diskDescriptor", info.size, info.allocated));
                });
                each(flat, [&](const vmfs::FileInfo& info) {
                    keys.push_back(add(flat, "diskExtent", info.size, info.allocated));
                });
                unit = make("VirtualMachineFileLayoutExDiskUnit",
                            {{"fileKey", Value::array("int", std::move(keys))}});
            }
            chain.push_back(unit);
        }
        return make(
            "VirtualMachineFileLayoutExDiskLayout",
            {{"key", int_value(disk.key)},
             {"chain", Value::array("VirtualMachineFileLayoutExDiskUnit", std::move(chain))}});
    };
    for (const VmDisk& disk : vm.disks) {
        if (disk.missing) {
            continue;
        }
        disks.push_back(chain_of(disk, 0));
    }
    std::vector<Value> snapshots;
    const auto extras = world.extras->vms.find(vm.number);
    for (const SnapshotState& s : extras == world.extras->vms.end() ? std::vector<SnapshotState>()
                                                                    : extras->second.snapshots) {
        std::vector<Value> frozen;
        for (const VmDisk& disk : vm.disks) {
            const auto link = s.disks.find(disk.key);
            const auto at = link == s.disks.end()
                                ? disk.parents.end()
                                : std::find(disk.parents.begin(), disk.parents.end(), link->second);
            if (at != disk.parents.end()) {
                frozen.push_back(
                    chain_of(disk, static_cast<size_t>(at - disk.parents.begin()) + 1));
            }
        }
        const std::string stem = vm.vmx.path.substr(0, vm.vmx.path.rfind('.'));
        const auto data = memory.find(fmt::format("{}-Snapshot{}.vmsn", stem, s.id));
        snapshots.push_back(make(
            "VirtualMachineFileLayoutExSnapshotLayout",
            {{"key", MoRef{"VirtualMachineSnapshot", fmt::format("snapshot-{}", s.number)}},
             {"dataKey", data == memory.end() ? int_value(-1) : data->second},
             {"memoryKey", int_value(-1)},
             {"disk", Value::array("VirtualMachineFileLayoutExDiskLayout", std::move(frozen))}}));
    }
    return make("VirtualMachineFileLayoutEx",
                {{"file", Value::array("VirtualMachineFileLayoutExFileInfo", std::move(files))},
                 {"disk", Value::array("VirtualMachineFileLayoutExDiskLayout", std::move(disks))},
                 {"snapshot",
                  Value::array("VirtualMachineFileLayoutExSnapshotLayout", std::move(snapshots))},
                 {"timestamp", time_value(world.started)}});
}

Value summary(const PropertyContext& c, const VmState& vm) {
    Value config =
        make("VirtualMachineConfigSummary", {{"name", vm.name},
                                             {"template", vm.template_vm},
                                             {"vmPathName", c.world.path_text(vm.vmx)},
                                             {"memorySizeMB", int_value(vm.memory_mb)},
                                             {"numCpu", int_value(vm.cpus)},
                                             {"numEthernetCards", int_value(1)},
                                             {"numVirtualDisks", int_value(vm.disks.size())},
                                             {"uuid", vm.uuid},
                                             {"instanceUuid", vm.instance_uuid},
                                             {"guestId", vm.guest},
                                             {"guestFullName", "Other Linux (64-bit)"}});
    const Value guest = guest_info(vm);
    Usage total;
    for (const auto& [volume, use] : usage(c.world, vm)) {
        total.committed += use.committed;
        total.uncommitted += use.uncommitted;
    }
    return make(
        "VirtualMachineSummary",
        {{"vm", vm.ref()},
         {"runtime", runtime_info(c, vm)},
         {"guest", make("VirtualMachineGuestSummary", {{"guestId", vm.guest},
                                                       {"toolsStatus", guest["toolsStatus"]},
                                                       {"toolsRunningStatus", tools_running(vm)},
                                                       {"hostName", guest["hostName"]}})},
         {"config", std::move(config)},
         {"storage",
          make("VirtualMachineStorageSummary", {{"committed", long_value(total.committed)},
                                                {"uncommitted", long_value(total.uncommitted)},
                                                {"unshared", long_value(total.committed)},
                                                {"timestamp", time_value(c.world.started)}})},
         {"quickStats",
          make("VirtualMachineQuickStats",
               {{"guestHeartbeatStatus", enum_value("ManagedEntityStatus", "green")}})},
         {"overallStatus", enum_value("ManagedEntityStatus", "green")}});
}

} // namespace

Value vm_property(const PropertyContext& c, const VmState& vm, std::string_view name) {
    if (name == "name") {
        return Value(vm.name);
    }
    if (name == "parent") {
        return Value(MoRef{"Folder", vm.folder});
    }
    if (name == "runtime") {
        return runtime_info(c, vm);
    }
    if (name == "config") {
        return config_info(c, vm);
    }
    if (name == "summary") {
        return summary(c, vm);
    }
    if (name == "guest") {
        return guest_info(vm);
    }
    if (name == "resourcePool") {
        return vm.pool.empty() ? Value() : Value(MoRef{"ResourcePool", vm.pool});
    }
    if (name == "datastore") {
        std::vector<MoRef> out;
        std::set<std::string> volumes = c.world.volumes_of(vm);
        if (vm.iso) {
            volumes.insert(vm.iso->volume);
        }
        for (const std::string& volume : volumes) {
            if (const DatastoreState* ds = c.world.datastore_of(volume)) {
                out.push_back(ds->ref());
            }
        }
        return Value::refs(out);
    }
    if (name == "network") {
        const auto group = portgroup_named(c.world, vm.network);
        return Value::refs(
            {group ? portgroup_ref(group->first, group->second) : MoRef{"Network", "network-7"}});
    }
    if (name == "capability") {
        return filled(
            DataObject("VirtualMachineCapability", {{"snapshotOperationsSupported", true},
                                                    {"multipleSnapshotsSupported", true},
                                                    {"poweredOffSnapshotsSupported", true},
                                                    {"settingVideoRamSizeSupported", true},
                                                    {"secureBootSupported", true}}));
    }
    if (name == "resourceConfig") {
        const Value allocation = make(
            "ResourceAllocationInfo",
            {{"reservation", long_value(0)},
             {"expandableReservation", false},
             {"limit", long_value(-1)},
             {"shares", make("SharesInfo", {{"shares", int_value(1000)},
                                            {"level", enum_value("SharesLevel", "normal")}})}});
        return make("ResourceConfigSpec", {{"entity", vm.ref()},
                                           {"cpuAllocation", allocation},
                                           {"memoryAllocation", allocation}});
    }
    if (name == "snapshot") {
        return snapshot_info(c.world, vm);
    }
    if (name == "rootSnapshot") {
        return Value::refs(root_snapshots(c.world, vm));
    }
    if (name == "storage") {
        std::vector<Value> rows;
        for (const auto& [volume, use] : usage(c.world, vm)) {
            rows.push_back(make("VirtualMachineUsageOnDatastore",
                                {{"datastore", datastore_ref(c.world, volume)},
                                 {"committed", long_value(use.committed)},
                                 {"uncommitted", long_value(use.uncommitted)},
                                 {"unshared", long_value(use.committed)}}));
        }
        return make(
            "VirtualMachineStorageInfo",
            {{"perDatastoreUsage", Value::array("VirtualMachineUsageOnDatastore", std::move(rows))},
             {"timestamp", time_value(c.world.started)}});
    }
    if (name == "layoutEx") {
        return layout_ex(c.world, vm);
    }
    if (name == "guestHeartbeatStatus") {
        const bool running = vm.tools && vm.power == PowerState::On;
        return enum_value("ManagedEntityStatus", running ? "green" : "gray");
    }
    if (name == "environmentBrowser") {
        return Value(MoRef{"EnvironmentBrowser", "envbrowser-" + std::to_string(vm.number)});
    }
    return {};
}

std::optional<Value> vm_part(const PropertyContext& c, const VmState& vm, std::string_view path) {
    if (path == "config.hardware.device") {
        return Value::array("VirtualDevice", devices(c.world, vm));
    }
    if (path == "config.hardware.memoryMB") {
        return int_value(vm.memory_mb);
    }
    if (path == "config.hardware.numCPU") {
        return int_value(vm.cpus);
    }
    if (path == "config.files.vmPathName") {
        return Value(c.world.path_text(vm.vmx));
    }
    if (path.starts_with("config.")) {
        const std::string_view rest = path.substr(7);
        const std::string_view field = rest.substr(0, rest.find_first_of(".["));
        if (field.empty()) {
            return std::nullopt;
        }
        return take_part(
            make("VirtualMachineConfigInfo", {{field, config_field(c.world, vm, field)}}), rest);
    }
    if (path == "runtime.powerState" || path == "summary.runtime.powerState") {
        return enum_value("VirtualMachinePowerState", power_text(vm));
    }
    if (path == "runtime.host" || path == "summary.runtime.host") {
        return Value(MoRef{"HostSystem", vm.host});
    }
    if (path == "runtime.connectionState") {
        return connection_state(c, vm);
    }
    if (path == "runtime.faultToleranceState") {
        return fault_tolerance_state();
    }
    if (path == "runtime.consolidationNeeded") {
        return Value(loose_link_locked(c.world, vm).has_value());
    }
    if (path == "runtime.question") {
        return question_info(vm);
    }
    if (path == "guest.toolsRunningStatus") {
        return Value(tools_running(vm));
    }
    return std::nullopt;
}

} // namespace pf::vim::sim
