// Creating, loading and registering virtual machines: everything goes by the files on the volumes.
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "libvsphere/simulator/known_data.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace pf::vim::sim {

namespace {

constexpr size_t kChunk = 1u << 20;

// Keys that describe the hardware; everything else in a vmx is extraConfig.
constexpr std::array<std::string_view, 16> kOwnKeys = {
    ".encoding", "config.version", "virtualhw.version", "displayname", "guestos", "memsize",
    "numvcpus",  "uuid.bios",      "uuid.location",     "vc.uuid",     "nvram",   "scsi",
    "ethernet",  "pflab.tools",    "annotation",        "ide"};

std::string random_mac() {
    const Bytes b = random_bytes(3);
    return fmt::format("00:50:56:{:02x}:{:02x}:{:02x}", std::to_integer<int>(b[0]) & 0x3f,
                       std::to_integer<int>(b[1]), std::to_integer<int>(b[2]));
}

std::string vmx_disk_uuid() { return vmx_uuid("6000c29" + uuid4().substr(7)); }

} // namespace

std::string vmx_location(const FileRef& vmx) {
    const std::string hex = to_hex(sha256(as_bytes(vmx.volume + "/" + vmx.path)));
    return vmx_uuid("564d" + hex.substr(0, 28));
}

// "x.vmdk" beside the vmx, or "/vmfs/volumes/<uuid or label>/dir/x.vmdk".
static FileRef resolve_locked(World& world, const FileRef& vmx, const std::string& name) {
    constexpr std::string_view root = "/vmfs/volumes/";
    if (!name.starts_with(root)) {
        const std::string dir = directory_of(vmx.path);
        return {vmx.volume, dir.empty() ? name : dir + "/" + name};
    }
    const std::string rest = name.substr(root.size());
    const size_t slash = rest.find('/');
    std::string volume = rest.substr(0, slash);
    if (const DatastoreState* ds = world.datastore_named(volume)) {
        volume = ds->uuid;
    }
    return {volume, slash == std::string::npos ? std::string() : rest.substr(slash + 1)};
}

Outcome<> VmOps::fill_disk(const VolumeAccess& path, const std::string& flat, const DiskSpec& disk,
                           bool counter) {
    uint64_t bytes = disk.data_bytes == 0 ? disk.size_bytes : disk.data_bytes;
    bytes = std::min(bytes, counter ? disk.size_bytes - kCounterBytes : disk.size_bytes);
    Result<void> reserved;
    if (disk.seed != 0 && bytes > 0) {
        const bool zero = bytes % vmfs::kClusterBytes != 0; // else every byte is written below
        reserved = path.volume->reserve(*path.io, flat, {{0, bytes}}, zero);
    }
    if (reserved && counter) { // ahead, so that the running VM never changes metadata
        reserved = path.volume->reserve(*path.io, flat,
                                        {{disk.size_bytes - kCounterBytes, kCounterBytes}});
    }
    if (!reserved) {
        return raise_storage(reserved.error(), flat);
    }
    Bytes chunk(kChunk);
    for (uint64_t done = 0; disk.seed != 0 && done < bytes; done += kChunk) {
        const MutByteSpan part = MutByteSpan(chunk).first(std::min<uint64_t>(kChunk, bytes - done));
        fill_pattern(disk.seed, done, part);
        auto written = path.volume->write(*path.io, flat, done, part);
        if (!written) {
            return raise_storage(written.error(), flat);
        }
    }
    return {};
}

Outcome<unsigned> VmOps::create(const VmSpec& spec) {
    HostState* host = world_.host_named(spec.host);
    if (host == nullptr) {
        return raise_not_found("Host " + spec.host + " does not exist.");
    }
    HostOps ops(world_, *host);
    std::string home;
    std::map<std::string, std::string> volume_of; // datastore name -> UUID
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& [number, ds] : world_.datastores) {
            volume_of[ds.name] = ds.uuid;
        }
    }
    home = volume_of[spec.datastore];
    SIM_TRY(const VolumeAccess path, ops.access(home));

    // A VM that is on some datastore already (an earlier run of the same lab) is taken as it is.
    const std::string extension = spec.template_vm ? ".vmtx" : ".vmx";
    const std::string vmx_path = spec.name + "/" + spec.name + extension;
    for (const auto& [name, volume] : volume_of) {
        auto there = ops.access(volume);
        if (there && there->volume->stat(vmx_path)) {
            return register_vm(*host, {volume, vmx_path}, spec.name, spec.template_vm, "group-v3",
                               cluster_pool(host->cluster).id);
        }
    }

    VmxFile vmx;
    vmx.set("config.version", "8");
    vmx.set("virtualHW.version", "19");
    vmx.set("displayName", spec.name);
    vmx.set("guestOS", spec.guest);
    vmx.set("memSize", std::to_string(spec.memory_mb));
    vmx.set("numvcpus", std::to_string(spec.cpus));
    const std::string bios = uuid4();
    vmx.set("uuid.bios", vmx_uuid(bios));
    vmx.set("vc.uuid", vmx_uuid(uuid4()));
    const FileRef vmx_file{home, vmx_path};
    vmx.set("uuid.location", vmx_location(vmx_file));
    vmx.set("nvram", spec.name + ".nvram");
    vmx.set("pfLab.tools", spec.tools ? "TRUE" : "FALSE");
    vmx.set("ethernet0.present", "TRUE");
    vmx.set("ethernet0.networkName", "VM Network");
    vmx.set("ethernet0.generatedAddress", random_mac());
    vmx.set("scsi0.present", "TRUE");
    vmx.set("scsi0.virtualDev", "pvscsi");
    vmx.set("scsi0.sharedBus", spec.bus_sharing.empty() ? "none" : spec.bus_sharing);
    if (spec.counter_workload) {
        vmx.set("pfLab.counter", "TRUE");
    }
    if (!spec.annotation.empty()) {
        vmx.set("annotation", spec.annotation);
    }
    if (const size_t end = spec.iso.find("] "); spec.iso.starts_with('[') && end != spec.iso.npos) {
        vmx.set("ide1:0.present", "TRUE");
        vmx.set("ide1:0.deviceType", "cdrom-image");
        vmx.set("ide1:0.fileName",
                fmt::format("/vmfs/volumes/{}/{}", volume_of[spec.iso.substr(1, end - 1)],
                            spec.iso.substr(end + 2)));
    }
    for (const auto& [key, value] : spec.extra_config) {
        vmx.set(key, value);
    }
    for (size_t i = 0; i < spec.disks.size(); ++i) {
        const DiskSpec& disk = spec.disks[i];
        const size_t unit = i < 7 ? i : i + 1; // 7 is the controller
        const std::string slot = fmt::format("scsi0:{}", unit);
        const std::string base =
            spec.name + "/" + spec.name + (i == 0 ? "" : fmt::format("_{}", i));
        const std::string volume = disk.datastore.empty() ? home : volume_of[disk.datastore];
        SIM_TRY(const VolumeAccess target, ops.access(volume));
        const bool counter = spec.counter_workload && i == 0;
        std::string name;
        if (!disk.shared_with.empty()) {
            const size_t colon = disk.shared_with.find(':');
            const auto index = static_cast<size_t>(
                std::strtoul(disk.shared_with.substr(colon + 1).c_str(), nullptr, 10));
            const std::lock_guard lock(world_.mutex);
            const VmState* owner = world_.vm_named(disk.shared_with.substr(0, colon));
            if (owner == nullptr || index >= owner->disks.size()) {
                return raise_not_found("No disk " + disk.shared_with);
            }
            const VmDisk& shared = owner->disks[index];
            name = fmt::format("/vmfs/volumes/{}/{}", shared.descriptor.volume,
                               shared.descriptor.path);
        } else {
            DiskDescriptor descriptor;
            descriptor.size_bytes = disk.size_bytes;
            descriptor.thin = disk.thin;
            descriptor.uuid = vmx_disk_uuid();
            std::string extent = base + "-flat.vmdk";
            if (!disk.rdm.empty()) {
                descriptor.create_type =
                    disk.rdm == "physical" ? "vmfsPassthroughRawDeviceMap" : "vmfsRawDeviceMap";
                extent = base + (disk.rdm == "physical" ? "-rdmp.vmdk" : "-rdm.vmdk");
                descriptor.rdm_device = disk.rdm_device;
            }
            descriptor.extent_file = file_of(extent);
            auto made = disk.rdm.empty()
                            ? target.volume->create(*target.io, extent, disk.size_bytes, !disk.thin)
                            : target.volume->write_file(*target.io, extent, disk.rdm_device);
            if (!made) {
                return raise_storage(made.error(), extent);
            }
            if (disk.rdm.empty()) {
                SIM_CHECK(fill_disk(target, extent, disk, counter));
            }
            auto described =
                target.volume->write_file(*target.io, base + ".vmdk", descriptor.text());
            if (!described) {
                return raise_storage(described.error(), base);
            }
            name = volume == home ? file_of(base + ".vmdk")
                                  : fmt::format("/vmfs/volumes/{}/{}.vmdk", volume, base);
        }
        vmx.set(slot + ".present", "TRUE");
        vmx.set(slot + ".deviceType", "scsi-hardDisk");
        vmx.set(slot + ".fileName", name);
        if (!disk.sharing.empty()) {
            vmx.set(slot + ".sharing", disk.sharing);
        }
        if (disk.mode != "persistent") {
            vmx.set(slot + ".mode", disk.mode);
        }
        if (!disk.fcd.empty()) {
            vmx.set("pfLab." + slot + ".fcd", disk.fcd);
        }
        if (disk.seed != 0) {
            const uint64_t limit = counter ? disk.size_bytes - kCounterBytes : disk.size_bytes;
            const uint64_t bytes = std::min(disk.data_bytes == 0 ? limit : disk.data_bytes, limit);
            vmx.set("pfLab." + slot + ".seed", std::to_string(disk.seed));
            vmx.set("pfLab." + slot + ".data", std::to_string(bytes));
        }
    }
    const std::array<std::pair<std::string, std::string>, 4> files = {{
        {spec.name + "/" + spec.name + ".nvram", std::string(8192, '\x5a')},
        {spec.name + "/" + spec.name + ".vmsd", ".encoding = \"UTF-8\"\n"},
        {spec.name + "/vmware.log", "log of " + spec.name + "\n"},
        {vmx_file.path, vmx.text()},
    }};
    for (const auto& [name, content] : files) {
        auto written = path.volume->write_file(*path.io, name, content);
        if (!written) {
            return raise_storage(written.error(), name);
        }
    }
    return register_vm(*host, vmx_file, spec.name, spec.template_vm, "group-v3",
                       cluster_pool(host->cluster).id);
}

Outcome<VmState> VmOps::load(HostState& host, const FileRef& vmx_file) {
    HostOps ops(world_, host);
    SIM_TRY(const VolumeAccess path, ops.access(vmx_file.volume));
    std::string shown;
    {
        const std::lock_guard lock(world_.mutex);
        shown = world_.path_text(vmx_file);
    }
    auto text = path.volume->read_file(*path.io, vmx_file.path);
    if (!text) {
        return text.error().code == Errc::NotFound
                   ? raise("NotFound", fmt::format("File {} was not found.", shown))
                   : raise_storage(text.error(), shown);
    }
    auto parsed = VmxFile::parse(*text);
    if (!parsed) {
        return raise("InvalidVmConfig",
                     fmt::format("{} is not a valid configuration: {}", shown, parsed.error().what),
                     {{"property", Value("config")}});
    }
    const VmxFile& vmx = *parsed;
    VmState vm;
    vm.vmx = vmx_file;
    vm.host = host.moid();
    vm.name = vmx.get("displayName", file_of(directory_of(vmx_file.path)));
    vm.uuid = plain_uuid(vmx.get("uuid.bios"));
    vm.instance_uuid = plain_uuid(vmx.get("vc.uuid"));
    vm.cpus = static_cast<uint32_t>(vmx.get_int("numvcpus", 1));
    vm.memory_mb = static_cast<uint32_t>(vmx.get_int("memSize", 1024));
    vm.guest = vmx.get("guestOS", "otherGuest64");
    vm.tools = vmx.get_bool("pfLab.tools");
    vm.counter = vmx.get_bool("pfLab.counter");
    vm.network = vmx.get("ethernet0.networkName", "VM Network");
    vm.mac = vmx.get("ethernet0.generatedAddress");
    vm.annotation = vmx.get("annotation");
    if (const std::string iso = vmx.get("ide1:0.fileName"); !iso.empty()) {
        const std::lock_guard lock(world_.mutex);
        vm.iso = resolve_locked(world_, vmx_file, iso);
    }
    for (const auto& [low, entry] : vmx.entries()) {
        const bool own = std::any_of(kOwnKeys.begin(), kOwnKeys.end(), [&](std::string_view k) {
            return low == k ||
                   ((k == "scsi" || k == "ethernet" || k == "ide") && low.starts_with(k));
        });
        if (!own) {
            vm.extra_config.push_back(entry);
        }
    }
    for (int32_t bus = 0; bus < 4; ++bus) {
        const std::string controller = fmt::format("scsi{}", bus);
        if (!vmx.get_bool(controller + ".present")) {
            continue;
        }
        const std::string shared = vmx.get(controller + ".sharedBus", "none");
        vm.controllers.push_back({1000 + bus, bus,
                                  shared == "physical"  ? "physicalSharing"
                                  : shared == "virtual" ? "virtualSharing"
                                                        : "noSharing"});
        for (int32_t unit = 0; unit < 16; ++unit) {
            const std::string slot = fmt::format("scsi{}:{}", bus, unit);
            if (!vmx.get_bool(slot + ".present")) {
                continue;
            }
            VmDisk disk;
            disk.key = 2000 + bus * 16 + unit;
            disk.controller = 1000 + bus;
            disk.unit = unit;
            disk.mode = vmx.get(slot + ".mode", "persistent");
            disk.sharing = vmx.get(slot + ".sharing");
            disk.seed = static_cast<uint64_t>(vmx.get_int("pfLab." + slot + ".seed", 0));
            disk.data_bytes = static_cast<uint64_t>(vmx.get_int("pfLab." + slot + ".data", 0));
            disk.fcd = vmx.get("pfLab." + slot + ".fcd");
            const std::string name = vmx.get(slot + ".fileName");
            {
                const std::lock_guard lock(world_.mutex);
                disk.descriptor = resolve_locked(world_, vmx_file, name);
            }
            auto there = ops.access(disk.descriptor.volume);
            Result<DiskDescriptor> descriptor = fail(Errc::NotFound, "no datastore");
            if (there) {
                auto content = there->volume->read_file(*there->io, disk.descriptor.path);
                descriptor = content ? DiskDescriptor::parse(*content)
                                     : Result<DiskDescriptor>(tl::unexpected(content.error()));
            }
            if (!descriptor) { // registers all the same; powering on will say what is missing
                disk.missing = true;
                disk.missing_path = name;
            } else {
                const std::string dir = directory_of(disk.descriptor.path);
                disk.flat = {disk.descriptor.volume,
                             (dir.empty() ? "" : dir + "/") + descriptor->extent_file};
                disk.size = descriptor->size_bytes;
                disk.thin = descriptor->thin;
                disk.uuid = plain_uuid(descriptor->uuid);
                disk.rdm_device = descriptor->rdm_device;
                if (descriptor->is_rdm()) {
                    disk.rdm = descriptor->create_type == "vmfsPassthroughRawDeviceMap" ? "physical"
                                                                                        : "virtual";
                }
                disk.gate->flat = disk.flat;
                if (!descriptor->parent_file.empty()) {
                    auto chain = load_chain(host, disk);
                    if (!chain) {
                        disk.missing = true;
                        disk.missing_path = chain.error().what;
                    }
                }
            }
            vm.disks.push_back(std::move(disk));
        }
    }
    return vm;
}

// The frozen files below a delta, down to the base; the error names the one that is missing.
Result<void> VmOps::load_chain(HostState& host, VmDisk& disk) {
    HostOps ops(world_, host);
    FileRef at = disk.descriptor;
    constexpr size_t most = 64; // more is a circle
    while (disk.parents.size() < most) {
        auto path = ops.access(at.volume);
        auto text = path ? path->volume->read_file(*path->io, at.path)
                         : Result<std::string>(fail(Errc::NotFound, "{}", at.path));
        auto descriptor =
            text ? DiskDescriptor::parse(*text) : Result<DiskDescriptor>(fail(text.error()));
        if (!descriptor) {
            return fail(Errc::NotFound, "{}", file_of(at.path));
        }
        if (!(at == disk.descriptor)) {
            const std::string dir = directory_of(at.path);
            const FileRef flat{at.volume, (dir.empty() ? "" : dir + "/") + descriptor->extent_file};
            disk.parents.push_back({at, flat, plain_uuid(descriptor->uuid)});
            disk.gate->parents.push_back(flat);
        }
        if (descriptor->parent_file.empty()) {
            disk.thin = descriptor->thin; // a delta is thin; the disk is what its base is
            return {};
        }
        const std::lock_guard lock(world_.mutex);
        at = resolve_locked(world_, at, descriptor->parent_file);
    }
    return fail(Errc::Corrupt, "{}", file_of(at.path));
}

// Every file that names a moved volume by its path: the vmx, descriptors, the snapshot list.
Outcome<> VmOps::rewrite_paths(const VolumeAccess& path, const std::string& folder,
                               const std::map<std::string, std::string>& moved) {
    for (const auto& file : path.volume->list(folder + "/")) {
        const bool text_file = file.name.ends_with(".vmx") || file.name.ends_with(".vmtx") ||
                               file.name.ends_with(".vmsd") ||
                               (file.name.ends_with(".vmdk") && file.size <= 64 * 1024);
        auto text = text_file ? path.volume->read_file(*path.io, file.name)
                              : Result<std::string>(std::string());
        if (!text) {
            return raise_storage(text.error(), file.name);
        }
        std::string changed = *text;
        for (const auto& [old, now] : moved) {
            const std::string from = "/vmfs/volumes/" + old + "/";
            const std::string to = "/vmfs/volumes/" + now + "/";
            for (size_t at = changed.find(from); at != std::string::npos;
                 at = changed.find(from, at + to.size())) {
                changed.replace(at, from.size(), to);
            }
        }
        if (changed != *text) {
            auto written = path.volume->write_file(*path.io, file.name, changed);
            if (!written) {
                return raise_storage(written.error(), file.name);
            }
        }
    }
    return {};
}

Outcome<std::vector<std::pair<FileRef, Fault>>>
VmOps::follow_unregistered(const std::string& volume,
                           const std::map<std::string, std::string>& moved) {
    std::vector<HostState*> hosts;
    std::set<std::string> registered; // their folders on this volume
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& host : world_.hosts) {
            hosts.push_back(host.get());
        }
        for (const auto& [number, vm] : world_.vms) {
            if (vm.vmx.volume == volume) {
                registered.insert(directory_of(vm.vmx.path));
            }
        }
    }
    Outcome<VolumeAccess> path = raise_not_found("No host has the datastore.");
    for (HostState* host : hosts) {
        path = HostOps(world_, *host).access(volume);
        if (path) {
            break;
        }
    }
    if (!path) {
        return tl::unexpected(path.error());
    }
    std::map<std::string, std::string> folders; // and the configuration file of each, if any
    for (const auto& file : path->volume->list()) {
        const std::string folder = directory_of(file.name);
        std::string& vmx = folders[folder];
        if (file.name.ends_with(".vmx") || file.name.ends_with(".vmtx")) {
            vmx = file.name;
        }
    }
    std::vector<std::pair<FileRef, Fault>> failed;
    for (const auto& [folder, vmx] : folders) {
        if (registered.contains(folder)) {
            continue;
        }
        if (auto done = rewrite_paths(*path, folder, moved); !done) {
            failed.emplace_back(FileRef{volume, vmx.empty() ? folder : vmx}, done.error());
        }
    }
    return failed;
}

Outcome<> VmOps::follow_volumes(unsigned number, const std::map<std::string, std::string>& moved) {
    FileRef vmx;
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_missing_object({"VirtualMachine", "vm-" + std::to_string(number)});
        }
        if (found->second.power == PowerState::On) {
            return raise(
                "InvalidPowerState", "The virtual machine is powered on.",
                {{"requestedState", Value::enumerator("VirtualMachinePowerState", "poweredOff")},
                 {"existingState", Value::enumerator("VirtualMachinePowerState", "poweredOn")}});
        }
        vmx = found->second.vmx;
        host = world_.host(found->second.host);
    }
    const auto home = moved.find(vmx.volume);
    vmx.volume = home == moved.end() ? vmx.volume : home->second;
    SIM_TRY(const VolumeAccess path, HostOps(world_, *host).access(vmx.volume));
    SIM_CHECK(rewrite_paths(path, directory_of(vmx.path), moved));
    return reload(number, vmx);
}

Outcome<unsigned> VmOps::register_vm(HostState& host, const FileRef& vmx, const std::string& name,
                                     bool as_template, const std::string& folder,
                                     const std::string& pool) {
    SIM_TRY(VmState vm, load(host, vmx));
    std::unique_lock lock(world_.mutex);
    for (const auto& [number, other] : world_.vms) {
        if (other.vmx == vmx) {
            return raise("AlreadyExists",
                         fmt::format("The specified key, name, or identifier '{}' already exists.",
                                     world_.path_text(vmx)),
                         {{"name", Value(world_.path_text(vmx))}});
        }
    }
    if (!name.empty()) {
        vm.name = name;
    }
    if (const VmState* same = world_.vm_named(vm.name)) {
        return raise("DuplicateName", fmt::format("The name '{}' already exists.", vm.name),
                     {{"name", Value(vm.name)}, {"object", Value(same->ref())}});
    }
    vm.number = world_.next_number++;
    vm.template_vm = as_template;
    vm.folder = folder;
    vm.pool = as_template ? "" : pool;
    for (VmDisk& disk : vm.disks) { // a shared disk has one gate
        for (const auto& [number, other] : world_.vms) {
            for (const VmDisk& theirs : other.disks) {
                if (!disk.missing && theirs.flat == disk.flat) {
                    disk.gate = theirs.gate;
                }
            }
        }
    }
    const unsigned number = vm.number;
    const bool layered = std::any_of(vm.disks.begin(), vm.disks.end(),
                                     [](const VmDisk& disk) { return !disk.parents.empty(); });
    world_.vms.emplace(number, std::move(vm));
    world_.touch();
    lock.unlock();
    if (layered) {
        SIM_CHECK(read_snapshot_list(number));
    }
    return number;
}

Outcome<> VmOps::unregister(unsigned number) {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_missing_object({"VirtualMachine", "vm-" + std::to_string(number)});
    }
    const VmState& vm = found->second;
    if (vm.busy_task != 0) {
        return raise("TaskInProgress", "Another task is already in progress.",
                     {{"task", Value(MoRef{"Task", "task-" + std::to_string(vm.busy_task)})}});
    }
    if (vm.power == PowerState::On) {
        return raise_power_state(PowerState::Off, vm.power);
    }
    world_.vms.erase(found);
    world_.extras->vms.erase(number); // its snapshots stand in the .vmsd
    world_.drop_unseen_datastores();
    world_.touch();
    return {};
}

Outcome<> VmOps::reload(unsigned number, const FileRef& vmx) {
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_missing_object({"VirtualMachine", "vm-" + std::to_string(number)});
        }
        host = world_.host(found->second.host);
    }
    SIM_TRY(VmState fresh, load(*host, vmx));
    std::unique_lock lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_missing_object({"VirtualMachine", "vm-" + std::to_string(number)});
    }
    VmState& vm = found->second;
    if (vm.power == PowerState::On) {
        return raise(
            "InvalidPowerState", "The virtual machine is powered on.",
            {{"requestedState", Value::enumerator("VirtualMachinePowerState", "poweredOff")},
             {"existingState", Value::enumerator("VirtualMachinePowerState", "poweredOn")}});
    }
    fresh.number = vm.number;
    fresh.name = vm.name;
    fresh.folder = vm.folder;
    fresh.pool = vm.pool;
    fresh.template_vm = vm.template_vm;
    fresh.busy_task = vm.busy_task;
    fresh.change = vm.change + 1;
    const bool layered = std::any_of(fresh.disks.begin(), fresh.disks.end(),
                                     [](const VmDisk& disk) { return !disk.parents.empty(); });
    vm = std::move(fresh);
    world_.drop_unseen_datastores();
    world_.touch();
    lock.unlock();
    if (layered) {
        SIM_CHECK(read_snapshot_list(number));
    }
    return {};
}

Outcome<> VmOps::change_vmx(unsigned number, const std::function<void(VmxFile&)>& change) {
    FileRef file;
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_missing_object({"VirtualMachine", "vm-" + std::to_string(number)});
        }
        file = found->second.vmx;
        host = found->second.paper ? nullptr : world_.host(found->second.host);
    }
    if (host == nullptr) { // on paper: there is no file
        return {};
    }
    HostOps ops(world_, *host);
    SIM_TRY(const VolumeAccess path, ops.access(file.volume));
    auto text = path.volume->read_file(*path.io, file.path);
    if (!text) {
        return raise_storage(text.error(), file.path);
    }
    auto vmx = VmxFile::parse(*text);
    if (!vmx) {
        return raise_storage(vmx.error(), file.path);
    }
    change(*vmx);
    auto written = path.volume->write_file(*path.io, file.path, vmx->text());
    if (!written) {
        return raise_storage(written.error(), file.path);
    }
    return {};
}

} // namespace pf::vim::sim
