// Storage vMotion and cold migration: bytes move from volume to volume by the host's own paths.
//
// Every disk that moves gets a mirror first, then its allocated ranges are copied chunk by chunk
// under the disk's gate, so that a running guest's write lands either before a chunk's copy or in
// both places. The switch is one step under the world's lock, after the new vmx is on the target.
#include "base/log.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

constexpr uint64_t kChunk = 1u << 20;

tl::unexpected<Fault> io_fault(const Error& error, const std::string& file,
                               const std::string& datastore) {
    if (error.code == Errc::NoSpace) {
        return raise("NoDiskSpace",
                     fmt::format("Insufficient disk space on datastore '{}'.", datastore),
                     {{"file", Value(file)}, {"datastore", Value(datastore)}});
    }
    return raise_storage(error, file);
}

} // namespace

struct VmOps::Moving {
    VmDisk disk;
    FileRef descriptor; // on the target
    FileRef flat;
    std::vector<DiskLink> parents; // on the target, as VmDisk::parents
    bool thin = true;
    VolumeAccess source;
    VolumeAccess target;
};

struct VmOps::CopyMeter {
    HostState* host = nullptr;
    uint64_t copied = 0;
    uint64_t total = 0;
    MonoTime started{};
};

std::vector<std::string> VmOps::target_files(const Moving& moving) {
    std::vector<std::string> out{moving.descriptor.path, moving.flat.path};
    for (const DiskLink& parent : moving.parents) {
        out.push_back(parent.descriptor.path);
        out.push_back(parent.flat.path);
    }
    return out;
}

Outcome<> VmOps::check_relocate_locked(const VmState& vm, const RelocatePlan& plan) {
    const bool on = vm.power == PowerState::On;
    HostState* host = world_.host(plan.host.empty() ? vm.host : plan.host);
    if (host == nullptr) {
        return raise_invalid_argument("spec.host", "spec.host");
    }
    const bool moves_storage = !plan.home.empty() || !plan.disks.empty();
    if (on && moves_storage && plan.host.empty()) {
        return raise_invalid_argument("spec.host",
                                      "spec.host (required for a powered-on virtual machine)");
    }
    if (vm.template_vm && moves_storage) {
        return raise("NotSupported", "The operation is not supported on a template.");
    }
    for (const auto& [key, volume] : plan.disks) {
        const auto disk = std::find_if(vm.disks.begin(), vm.disks.end(),
                                       [&](const VmDisk& d) { return d.key == key; });
        if (disk == vm.disks.end()) {
            return raise_invalid_argument("spec.disk.diskId", "spec.disk.diskId");
        }
    }
    HostOps ops(world_, *host);
    std::map<std::string, uint64_t> needed;
    for (const VmDisk& disk : vm.disks) {
        const auto to = plan.disks.find(disk.key);
        if (to == plan.disks.end() || to->second == disk.descriptor.volume) {
            continue;
        }
        if (disk.missing) {
            return raise("FileNotFound", fmt::format("File {} was not found", disk.missing_path),
                         {{"file", Value(disk.missing_path)}});
        }
        const std::string device = fmt::format("Hard disk {}", disk.unit + 1);
        if (on && disk.sharing == "multi-writer") {
            return raise("DeviceNotSupported",
                         fmt::format("Cannot migrate '{}': {} is shared by several writers.",
                                     vm.name, device),
                         {{"device", Value(device)}, {"reason", Value("sharingMultiWriter")}});
        }
        for (const VmController& controller : vm.controllers) {
            if (on && controller.key == disk.controller && controller.shared_bus != "noSharing") {
                return raise(
                    "SharedBusControllerNotSupported",
                    fmt::format("Cannot migrate '{}': SCSI bus sharing is on.", vm.name),
                    {{"device", Value(fmt::format("SCSI controller {}", controller.bus))}});
            }
        }
        if (on && disk.mode == "independent_nonpersistent") {
            return raise("DeviceNotSupported",
                         fmt::format("Cannot migrate '{}': {} is independent nonpersistent.",
                                     vm.name, device),
                         {{"device", Value(device)}});
        }
        SIM_TRY(const VolumeAccess from, ops.access_locked(disk.descriptor.volume));
        SIM_CHECK(ops.access_locked(to->second));
        for (const auto& range : from.volume->allocated(disk.flat.path)) {
            needed[to->second] += range.length;
        }
        for (const DiskLink& parent : disk.parents) {
            SIM_TRY(const VolumeAccess below, ops.access_locked(parent.flat.volume));
            for (const auto& range : below.volume->allocated(parent.flat.path)) {
                needed[to->second] += range.length;
            }
        }
    }
    if (!plan.home.empty()) {
        SIM_CHECK(ops.access_locked(vm.vmx.volume));
        SIM_CHECK(ops.access_locked(plan.home));
    }
    for (const auto& [volume, bytes] : needed) {
        SIM_TRY(const VolumeAccess to, ops.access_locked(volume));
        const DatastoreState* ds = world_.datastore_of(volume);
        if (bytes > to.volume->free_bytes()) {
            const std::string name = ds != nullptr ? ds->name : volume;
            return raise("NoDiskSpace",
                         fmt::format("Insufficient disk space on datastore '{}'.", name),
                         {{"file", Value(world_.path_text(vm.vmx))}, {"datastore", Value(name)}});
        }
    }
    return {};
}

// The files of one disk, the base first.
Outcome<> VmOps::copy_disk(Moving& moving, TaskContext& task, CopyMeter& meter) {
    for (size_t i = moving.parents.size(); i-- > 0;) {
        const bool thick = !moving.thin && i + 1 == moving.parents.size();
        SIM_CHECK(copy_file(moving, moving.disk.parents[i].flat, moving.parents[i].flat, thick,
                            false, task, meter));
    }
    const bool thick = !moving.thin && moving.parents.empty();
    return copy_file(moving, moving.disk.flat, moving.flat, thick, true, task, meter);
}

// One file; the topmost one is what the guest writes into meanwhile.
Outcome<> VmOps::copy_file(Moving& moving, const FileRef& source, const FileRef& target, bool thick,
                           bool top, TaskContext& task, CopyMeter& meter) {
    const std::string& from = source.path;
    const std::string& to = target.path;
    std::string target_name;
    VolumeAccess origin = moving.source;
    {
        const std::lock_guard lock(world_.mutex);
        const DatastoreState* ds = world_.datastore_of(target.volume);
        target_name = ds != nullptr ? ds->name : target.volume;
        if (source.volume != moving.disk.flat.volume) { // a linked clone's parent, elsewhere
            SIM_TRY(origin, HostOps(world_, *meter.host).access_locked(source.volume));
        }
    }
    auto made = moving.target.volume->create(*moving.target.io, to, moving.disk.size, thick);
    if (!made) {
        return io_fault(made.error(), to, target_name);
    }
    if (top) {
        const std::lock_guard gate(moving.disk.gate->mutex);
        moving.disk.gate->mirror = moving.flat;
        moving.disk.gate->mirror_failed = false;
    }
    // After the mirror is on: what the guest allocates from here on reaches both.
    const std::vector<vmfs::Range> ranges = origin.volume->allocated(from);
    auto reserved = moving.target.volume->reserve(*moving.target.io, to, ranges, false);
    if (!reserved) {
        return io_fault(reserved.error(), to, target_name);
    }
    Bytes chunk(kChunk);
    for (const vmfs::Range& range : ranges) {
        for (uint64_t done = 0; done < range.length; done += kChunk) {
            const auto n = static_cast<size_t>(std::min(kChunk, range.length - done));
            const MutByteSpan part = MutByteSpan(chunk).first(n);
            {
                const std::lock_guard gate(moving.disk.gate->mutex);
                if (moving.disk.gate->mirror_failed) {
                    return raise("HostConfigFault", "Writing to the target datastore failed.");
                }
                auto got = origin.volume->read(*origin.io, from, range.offset + done, part);
                if (!got) {
                    return io_fault(got.error(), from, target_name);
                }
                auto put =
                    moving.target.volume->write(*moving.target.io, to, range.offset + done, part);
                if (!put) {
                    return io_fault(put.error(), to, target_name);
                }
            }
            meter.copied += n;
            task.progress(
                static_cast<int>(meter.total == 0 ? 99 : meter.copied * 99 / meter.total));
            std::chrono::milliseconds pause{0};
            const uint64_t ceiling = world_.options.timings.copy_bytes_per_second;
            if (ceiling != 0) {
                const auto due =
                    meter.started + std::chrono::microseconds(meter.copied * 1'000'000 / ceiling);
                pause = std::chrono::duration_cast<std::chrono::milliseconds>(due - mono_now());
            }
            if (task.cancelled() || (pause.count() > 0 && !task.sleep(pause))) {
                return raise("RequestCanceled", "The task was canceled by a user.");
            }
        }
    }
    return {};
}

// The descriptors of a copied disk, with the names that its files have now.
Outcome<> VmOps::describe(const Moving& moving, HostState& host) {
    std::vector<std::pair<FileRef, DiskLink>> files{
        {moving.disk.descriptor, {moving.descriptor, moving.flat, moving.disk.uuid}}};
    for (size_t i = 0; i < moving.parents.size(); ++i) {
        files.emplace_back(moving.disk.parents[i].descriptor, moving.parents[i]);
    }
    for (size_t i = 0; i < files.size(); ++i) {
        const auto& [from, to] = files[i];
        SIM_TRY(const VolumeAccess origin, HostOps(world_, host).access(from.volume));
        auto text = origin.volume->read_file(*origin.io, from.path);
        auto descriptor = text ? DiskDescriptor::parse(*text)
                               : Result<DiskDescriptor>(tl::unexpected(text.error()));
        if (!descriptor) {
            return raise_storage(descriptor.error(), from.path);
        }
        const bool base = i + 1 == files.size();
        descriptor->extent_file = file_of(to.flat.path);
        descriptor->thin = base ? moving.thin : descriptor->thin;
        descriptor->parent_file =
            base ? std::string() : file_of(files[i + 1].second.descriptor.path);
        auto written = moving.target.volume->write_file(*moving.target.io, to.descriptor.path,
                                                        descriptor->text());
        if (!written) {
            return raise_storage(written.error(), to.descriptor.path);
        }
    }
    return {};
}

Outcome<> VmOps::relocate(unsigned number, const RelocatePlan& plan, TaskContext& task) {
    VmState vm;
    HostState* host = nullptr;
    std::vector<Moving> moves;
    FileRef new_vmx;
    std::optional<VolumeAccess> home_from;
    std::optional<VolumeAccess> home_to;
    CopyMeter meter;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_no_vm(number);
        }
        vm = found->second;
        SIM_CHECK(check_relocate_locked(vm, plan));
        // The data path of the copy is the host that runs the VM now.
        host = world_.host(vm.host);
        meter.host = host;
        HostOps ops(world_, *host);
        auto free_dir = [&](const vmfs::Volume& volume) {
            std::string dir = vm.name;
            for (int i = 1; !volume.list(dir + "/").empty(); ++i) {
                dir = fmt::format("{}_{}", vm.name, i);
            }
            return dir;
        };
        std::map<std::string, std::string> dirs; // target volume -> directory
        new_vmx = vm.vmx;
        if (!plan.home.empty() && plan.home != vm.vmx.volume) {
            SIM_TRY(home_from, ops.access_locked(vm.vmx.volume));
            SIM_TRY(home_to, ops.access_locked(plan.home));
            dirs[plan.home] = free_dir(*home_to->volume);
            const std::string old_name = file_of(vm.vmx.path);
            new_vmx = {plan.home,
                       dirs[plan.home] + "/" + vm.name + old_name.substr(old_name.rfind('.'))};
        }
        for (size_t i = 0; i < vm.disks.size(); ++i) {
            const VmDisk& disk = vm.disks[i];
            const auto to = plan.disks.find(disk.key);
            if (to == plan.disks.end() || to->second == disk.descriptor.volume) {
                continue;
            }
            Moving moving;
            moving.disk = disk;
            SIM_TRY(moving.source, ops.access_locked(disk.descriptor.volume));
            SIM_TRY(moving.target, ops.access_locked(to->second));
            auto& dir = dirs[to->second];
            if (dir.empty()) {
                dir = to->second == new_vmx.volume ? directory_of(new_vmx.path)
                                                   : free_dir(*moving.target.volume);
            }
            // Names follow the VM's, counted so that a name in use is never taken.
            std::string base;
            for (size_t n = i;; ++n) {
                base = dir + "/" + vm.name + (n == 0 ? "" : fmt::format("_{}", n));
                if (moving.target.volume->list(base + ".vmdk").empty()) {
                    break;
                }
            }
            const std::string kind = disk.rdm == "physical"  ? "-rdmp.vmdk"
                                     : disk.rdm == "virtual" ? "-rdm.vmdk"
                                                             : "-flat.vmdk";
            // The base has the plain name; deltas are counted upwards from it.
            std::vector<DiskLink> files;
            for (size_t level = 0; level <= disk.parents.size(); ++level) {
                const std::string name = level == 0 ? base : fmt::format("{}-{:06}", base, level);
                files.push_back({{to->second, name + ".vmdk"},
                                 {to->second, name + (level == 0 ? kind : "-sesparse.vmdk")},
                                 disk.uuid});
            }
            moving.descriptor = files.back().descriptor;
            moving.flat = files.back().flat;
            moving.parents.assign(files.rbegin() + 1, files.rend());
            const auto thin = plan.thin.find(disk.key);
            moving.thin = thin == plan.thin.end() ? disk.thin : thin->second;
            for (const vmfs::Range& range : moving.source.volume->allocated(disk.flat.path)) {
                meter.total += range.length;
            }
            for (const DiskLink& parent : disk.parents) {
                SIM_TRY(const VolumeAccess below, ops.access_locked(parent.flat.volume));
                for (const vmfs::Range& range : below.volume->allocated(parent.flat.path)) {
                    meter.total += range.length;
                }
            }
            moves.push_back(std::move(moving));
        }
    }

    auto undo = [&] {
        for (Moving& moving : moves) {
            {
                const std::lock_guard gate(moving.disk.gate->mutex);
                moving.disk.gate->mirror.reset();
            }
            auto removed =
                moving.target.volume->remove_all(*moving.target.io, target_files(moving));
            if (!removed) {
                log("simulator")
                    .warn("leftover file={} error={}", moving.flat.path, removed.error().what);
            }
        }
        if (home_to) {
            std::vector<std::string> names;
            for (const auto& file : home_to->volume->list(directory_of(new_vmx.path) + "/")) {
                names.push_back(file.name);
            }
            auto removed = home_to->volume->remove_all(*home_to->io, names);
            if (!removed) {
                log("simulator")
                    .warn("leftover directory={} error={}", directory_of(new_vmx.path),
                          removed.error().what);
            }
        }
    };

    meter.started = mono_now();
    for (Moving& moving : moves) {
        auto done = copy_disk(moving, task, meter);
        if (done) {
            done = describe(moving, *host);
        }
        if (!done) {
            undo();
            return done;
        }
    }

    // The new vmx: on the target when the home moves, else rewritten in place.
    auto rewrite = [&](VmxFile& vmx) {
        for (const VmDisk& disk : vm.disks) {
            if (disk.missing) {
                continue;
            }
            FileRef file = disk.descriptor;
            for (const Moving& moving : moves) {
                if (moving.disk.key == disk.key) {
                    file = moving.descriptor;
                }
            }
            const bool beside = file.volume == new_vmx.volume &&
                                directory_of(file.path) == directory_of(new_vmx.path);
            const int32_t bus = disk.controller - 1000;
            vmx.set(fmt::format("scsi{}:{}.fileName", bus, disk.unit),
                    beside ? file_of(file.path)
                           : fmt::format("/vmfs/volumes/{}/{}", file.volume, file.path));
        }
        vmx.set("uuid.location", vmx_location(new_vmx));
    };
    std::vector<std::string> old_home;
    if (home_to) {
        const std::string old_dir = directory_of(vm.vmx.path) + "/";
        const std::string old_stem = file_of(vm.vmx.path);
        auto failed = [&](const Error& error) {
            undo();
            return raise_storage(error, new_vmx.path);
        };
        for (const auto& file : home_from->volume->list(old_dir)) {
            const std::string name = file_of(file.name);
            if (name.ends_with(".vmdk")) {
                continue;
            }
            auto text = home_from->volume->read_file(*home_from->io, file.name);
            if (!text) {
                return failed(text.error());
            }
            std::string target = directory_of(new_vmx.path) + "/" + name;
            if (file.name == vm.vmx.path) {
                auto vmx = VmxFile::parse(*text);
                if (!vmx) {
                    return failed(vmx.error());
                }
                rewrite(*vmx);
                text = vmx->text();
                target = new_vmx.path;
            }
            auto written = home_to->volume->write_file(*home_to->io, target, *text);
            if (!written) {
                return failed(written.error());
            }
            old_home.push_back(file.name);
        }
    } else if (!moves.empty()) {
        auto changed = change_vmx(number, rewrite);
        if (!changed) {
            undo();
            return changed;
        }
    }

    // The switch: no guest I/O may run across it, so every moving disk's gate is held.
    std::vector<std::unique_lock<std::mutex>> gates;
    bool mirror_lost = false;
    for (Moving& moving : moves) {
        gates.emplace_back(moving.disk.gate->mutex);
        mirror_lost = mirror_lost || moving.disk.gate->mirror_failed;
    }
    if (mirror_lost || task.cancelled()) {
        gates.clear();
        undo();
        if (!home_to && !moves.empty()) { // the vmx in place names the old files again
            const std::vector<Moving> none;
            moves.clear();
            SIM_CHECK(change_vmx(number, rewrite));
        }
        return mirror_lost ? raise("HostConfigFault", "Writing to the target datastore failed.")
                           : raise("RequestCanceled", "The task was canceled by a user.");
    }
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_no_vm(number);
        }
        VmState& live = found->second;
        live.vmx = new_vmx;
        if (!plan.host.empty()) {
            live.host = plan.host;
        }
        for (Moving& moving : moves) {
            for (VmDisk& disk : live.disks) {
                if (disk.key == moving.disk.key) {
                    disk.descriptor = moving.descriptor;
                    disk.flat = moving.flat;
                    disk.thin = moving.thin;
                    disk.parents = moving.parents;
                    disk.gate->flat = moving.flat;
                    disk.gate->parents.clear();
                    for (const DiskLink& parent : moving.parents) {
                        disk.gate->parents.push_back(parent.flat);
                    }
                    disk.gate->mirror.reset();
                }
            }
        }
        for (SnapshotState& snapshot : world_.extras->vms[number].snapshots) {
            for (const Moving& moving : moves) {
                const auto frozen = snapshot.disks.find(moving.disk.key);
                for (size_t i = 0; i < moving.parents.size(); ++i) {
                    if (frozen != snapshot.disks.end() &&
                        frozen->second.descriptor == moving.disk.parents[i].descriptor) {
                        frozen->second = moving.parents[i];
                        break;
                    }
                }
            }
        }
        ++live.change;
        world_.touch();
    }
    gates.clear();
    bool layered = false;
    for (const VmDisk& disk : vm.disks) {
        layered = layered || !disk.parents.empty();
    }
    if (layered) {
        SIM_CHECK(write_snapshot_list(number));
    }

    // The old files go last; what cannot be removed is litter, not a failure.
    for (const Moving& moving : moves) {
        std::vector<std::string> old{moving.disk.descriptor.path, moving.disk.flat.path};
        for (const DiskLink& parent : moving.disk.parents) {
            // A linked clone's parent is somebody else's.
            if (parent.descriptor.volume == moving.disk.descriptor.volume &&
                directory_of(parent.descriptor.path) == directory_of(moving.disk.descriptor.path)) {
                old.push_back(parent.descriptor.path);
                old.push_back(parent.flat.path);
            }
        }
        auto removed = moving.source.volume->remove_all(*moving.source.io, old);
        if (!removed) {
            log("simulator")
                .warn("leftover file={} error={}", moving.disk.flat.path, removed.error().what);
        }
    }
    if (home_from) {
        auto removed = home_from->volume->remove_all(*home_from->io, old_home);
        if (!removed) {
            log("simulator").warn("leftover home of vm={} error={}", vm.name, removed.error().what);
        }
    }
    const std::lock_guard lock(world_.mutex);
    world_.touch();
    return {};
}

} // namespace pf::vim::sim
