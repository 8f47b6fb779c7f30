// Snapshots as files: a disk's file is frozen and a delta file goes on from there; removing the
// snapshot merges the delta into what it stands on. The tree stands in the VM's .vmsd.
//
// A crash between two steps leaves at most a link that no snapshot asks for: consolidation is
// needed then, and the guest's bytes are all there.
#include "base/log.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

constexpr uint64_t kChunk = 1u << 20;
constexpr size_t kMaxSnapshots = 32;

std::string without(std::string text, std::string_view suffix) {
    if (text.ends_with(suffix)) {
        text.resize(text.size() - suffix.size());
    }
    return text;
}

// "dir/vm" of "dir/vm-000012.vmdk"
std::string disk_stem(const std::string& descriptor) {
    std::string stem = without(descriptor, ".vmdk");
    const size_t dash = stem.rfind('-');
    if (dash != std::string::npos && stem.size() - dash == 7 &&
        stem.find_first_not_of("0123456789", dash + 1) == std::string::npos) {
        stem.resize(dash);
    }
    return stem;
}

std::string vmx_stem(const FileRef& vmx) {
    const size_t dot = vmx.path.rfind('.');
    return vmx.path.substr(0, dot);
}

FileRef list_file(const FileRef& vmx) { return {vmx.volume, vmx_stem(vmx) + ".vmsd"}; }

FileRef state_file(const FileRef& vmx, int32_t id) {
    return {vmx.volume, fmt::format("{}-Snapshot{}.vmsn", vmx_stem(vmx), id)};
}

// As a vmx or descriptor beside `home` names the file.
std::string name_from(const FileRef& home, const FileRef& file) {
    const bool beside =
        file.volume == home.volume && directory_of(file.path) == directory_of(home.path);
    return beside ? file_of(file.path) : fmt::format("/vmfs/volumes/{}/{}", file.volume, file.path);
}

bool own(const VmDisk& disk, const DiskLink& link) {
    return link.descriptor.volume == disk.descriptor.volume &&
           directory_of(link.descriptor.path) == directory_of(disk.descriptor.path);
}

bool wanted(const VmExtras& extras, const DiskLink& link) {
    return std::any_of(extras.snapshots.begin(), extras.snapshots.end(),
                       [&](const SnapshotState& s) {
                           return std::any_of(s.disks.begin(), s.disks.end(), [&](const auto& d) {
                               return d.second.descriptor == link.descriptor;
                           });
                       });
}

// A VM as it is now, and the host that works for it.
struct VmOnHost {
    VmState vm;
    HostState* host = nullptr;
};

Outcome<VmOnHost> vm_on_host(World& world, unsigned number) {
    const std::lock_guard lock(world.mutex);
    const auto found = world.vms.find(number);
    if (found == world.vms.end()) {
        return raise_no_vm(number);
    }
    return VmOnHost{found->second, world.host(found->second.host)};
}

} // namespace

std::optional<LooseLink> loose_link_locked(World& world, const VmState& vm) {
    const VmExtras& extras = world.extras->vms[vm.number];
    for (const VmDisk& disk : vm.disks) {
        for (size_t i = 0; i < disk.parents.size(); ++i) {
            if (!disk.missing && own(disk, disk.parents[i]) && !wanted(extras, disk.parents[i])) {
                return LooseLink{disk.key, i};
            }
        }
    }
    return std::nullopt;
}

Outcome<std::map<int32_t, DiskLink>> VmOps::freeze_disks(unsigned number) {
    SIM_TRY(const VmOnHost placed, vm_on_host(world_, number));
    const auto& [vm, host] = placed;
    HostOps ops(world_, *host);
    std::map<int32_t, DiskLink> frozen;
    std::map<int32_t, DiskLink> fresh;
    for (const VmDisk& disk : vm.disks) {
        if (disk.missing || !disk.rdm.empty()) {
            continue;
        }
        SIM_TRY(const VolumeAccess path, ops.access(disk.descriptor.volume));
        const std::string stem = disk_stem(disk.descriptor.path);
        std::string base;
        for (int n = 1; base.empty() || path.volume->stat(base + ".vmdk"); ++n) {
            base = fmt::format("{}-{:06}", stem, n);
        }
        DiskDescriptor descriptor;
        descriptor.create_type = "seSparse";
        descriptor.extent_file = file_of(base + "-sesparse.vmdk");
        descriptor.size_bytes = disk.size;
        descriptor.uuid = vmx_uuid(disk.uuid);
        descriptor.parent_file = file_of(disk.descriptor.path);
        auto made = path.volume->create(*path.io, base + "-sesparse.vmdk", disk.size, false);
        if (made) {
            made = path.volume->write_file(*path.io, base + ".vmdk", descriptor.text());
        }
        if (!made) {
            return raise_storage(made.error(), base + ".vmdk");
        }
        frozen[disk.key] = {disk.descriptor, disk.flat, disk.uuid};
        fresh[disk.key] = {{disk.descriptor.volume, base + ".vmdk"},
                           {disk.descriptor.volume, base + "-sesparse.vmdk"},
                           disk.uuid};
    }
    SIM_CHECK(change_vmx(number, [&](VmxFile& vmx) {
        for (const VmDisk& disk : vm.disks) {
            const auto next = fresh.find(disk.key);
            if (next != fresh.end()) {
                vmx.set(fmt::format("scsi{}:{}.fileName", disk.controller - 1000, disk.unit),
                        name_from(vm.vmx, next->second.descriptor));
            }
        }
    }));
    // From here on writes go to the new files: all disks at one moment.
    std::vector<std::unique_lock<std::mutex>> gates;
    for (const VmDisk& disk : vm.disks) {
        gates.emplace_back(disk.gate->mutex);
    }
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.vms.find(number);
    if (found == world_.vms.end()) {
        return raise_no_vm(number);
    }
    for (VmDisk& disk : found->second.disks) {
        const auto next = fresh.find(disk.key);
        if (next == fresh.end()) {
            continue;
        }
        disk.parents.insert(disk.parents.begin(), frozen[disk.key]);
        disk.descriptor = next->second.descriptor;
        disk.flat = next->second.flat;
        disk.gate->parents.insert(disk.gate->parents.begin(), disk.gate->flat);
        disk.gate->flat = disk.flat;
    }
    ++found->second.change;
    world_.touch();
    return frozen;
}

Outcome<unsigned> VmOps::take_snapshot(unsigned number, const std::string& name,
                                       const std::string& description) {
    bool paper = false;
    {
        const std::lock_guard lock(world_.mutex);
        const auto vm = world_.vms.find(number);
        if (vm == world_.vms.end()) {
            return raise_no_vm(number);
        }
        if (world_.extras->vms[number].snapshots.size() >= kMaxSnapshots) {
            return raise("TooManySnapshotLevels", "Too many snapshots.");
        }
        paper = vm->second.paper;
    }
    std::map<int32_t, DiskLink> frozen;
    if (!paper) {
        SIM_TRY(frozen, freeze_disks(number));
    }
    unsigned made = 0;
    FileRef memory;
    {
        const std::lock_guard lock(world_.mutex);
        const auto vm = world_.vms.find(number);
        if (vm == world_.vms.end()) {
            return raise_no_vm(number);
        }
        VmExtras& extras = world_.extras->vms[number];
        SnapshotState snapshot;
        made = snapshot.number = world_.extras->next_number++;
        snapshot.parent = extras.current_snapshot;
        snapshot.id = extras.next_snapshot_id++;
        snapshot.name = name;
        snapshot.description = description;
        snapshot.created = wall_now();
        snapshot.power = vm->second.power;
        snapshot.disks = std::move(frozen);
        memory = state_file(vm->second.vmx, snapshot.id);
        extras.current_snapshot = snapshot.number;
        extras.snapshots.push_back(std::move(snapshot));
        ++vm->second.change;
        world_.touch();
    }
    if (!paper) {
        SIM_CHECK(write_beside(number, memory, "snapshot state of " + name + "\n"));
        SIM_CHECK(write_snapshot_list(number));
    }
    return made;
}

Outcome<> VmOps::write_beside(unsigned number, const FileRef& file, const std::string& text) {
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto vm = world_.vms.find(number);
        if (vm == world_.vms.end()) {
            return raise_no_vm(number);
        }
        host = world_.host(vm->second.host);
    }
    SIM_TRY(const VolumeAccess path, HostOps(world_, *host).access(file.volume));
    auto written = path.volume->write_file(*path.io, file.path, text);
    if (!written) {
        return raise_storage(written.error(), file.path);
    }
    return {};
}

Outcome<> VmOps::write_snapshot_list(unsigned number) {
    VmxFile list;
    FileRef file;
    {
        const std::lock_guard lock(world_.mutex);
        const auto vm = world_.vms.find(number);
        if (vm == world_.vms.end()) {
            return raise_no_vm(number);
        }
        const VmExtras& extras = world_.extras->vms[number];
        file = list_file(vm->second.vmx);
        std::map<unsigned, int32_t> ids;
        for (const SnapshotState& s : extras.snapshots) {
            ids[s.number] = s.id;
        }
        list.set("snapshot.lastUID", std::to_string(extras.next_snapshot_id - 1));
        list.set("snapshot.numSnapshots", std::to_string(extras.snapshots.size()));
        if (extras.current_snapshot != 0) {
            list.set("snapshot.current", std::to_string(ids[extras.current_snapshot]));
        }
        size_t n = 0;
        for (const SnapshotState& s : extras.snapshots) {
            const std::string at = fmt::format("snapshot{}.", n++);
            list.set(at + "uid", std::to_string(s.id));
            list.set(at + "filename", file_of(state_file(vm->second.vmx, s.id).path));
            list.set(at + "displayName", s.name);
            list.set(at + "description", s.description);
            list.set(at + "createTime", std::to_string(unix_us(s.created)));
            list.set(at + "power", std::to_string(static_cast<int>(s.power)));
            if (s.parent != 0) {
                list.set(at + "parent", std::to_string(ids[s.parent]));
            }
            size_t d = 0;
            for (const auto& [key, link] : s.disks) {
                const std::string disk = fmt::format("{}disk{}.", at, d++);
                list.set(disk + "fileName", name_from(vm->second.vmx, link.descriptor));
                list.set(disk + "key", std::to_string(key));
            }
            list.set(at + "numDisks", std::to_string(d));
        }
    }
    return write_beside(number, file, list.text());
}

Outcome<> VmOps::read_snapshot_list(unsigned number) {
    SIM_TRY(const VmOnHost placed, vm_on_host(world_, number));
    const auto& [vm, host] = placed;
    SIM_TRY(const VolumeAccess path, HostOps(world_, *host).access(vm.vmx.volume));
    auto text = path.volume->read_file(*path.io, list_file(vm.vmx).path);
    if (!text) { // a VM that never had one
        return {};
    }
    auto list = VmxFile::parse(*text);
    if (!list) {
        return raise("InvalidSnapshotFormat", "The snapshot list is damaged: " + list.error().what);
    }
    VmExtras extras;
    extras.next_snapshot_id = static_cast<int32_t>(list->get_int("snapshot.lastUID", 0)) + 1;
    const int64_t count =
        std::min<int64_t>(list->get_int("snapshot.numSnapshots", 0), int64_t{kMaxSnapshots});
    const std::lock_guard lock(world_.mutex);
    std::map<int64_t, unsigned> numbers; // by uid
    for (int64_t n = 0; n < count; ++n) {
        const std::string at = fmt::format("snapshot{}.", n);
        SnapshotState s;
        s.number = world_.extras->next_number++;
        s.id = static_cast<int32_t>(list->get_int(at + "uid", 0));
        s.parent = numbers[list->get_int(at + "parent", 0)];
        s.name = list->get(at + "displayName");
        s.description = list->get(at + "description");
        s.created = WallTime(std::chrono::microseconds(list->get_int(at + "createTime", 0)));
        s.power =
            static_cast<PowerState>(std::clamp<int64_t>(list->get_int(at + "power", 0), 0, 2));
        for (int64_t d = 0; d < std::min<int64_t>(list->get_int(at + "numDisks", 0), 64); ++d) {
            const std::string disk = fmt::format("{}disk{}.", at, d);
            const auto key = static_cast<int32_t>(list->get_int(disk + "key", 0));
            const std::string name = list->get(disk + "fileName");
            for (const VmDisk& mine : vm.disks) {
                for (const DiskLink& link : mine.parents) {
                    if (mine.key == key && file_of(link.descriptor.path) == file_of(name)) {
                        s.disks[key] = link;
                    }
                }
            }
        }
        numbers[s.id] = s.number;
        if (s.id == list->get_int("snapshot.current", 0)) {
            extras.current_snapshot = s.number;
        }
        extras.snapshots.push_back(std::move(s));
    }
    world_.extras->vms[number] = std::move(extras);
    world_.touch();
    return {};
}

namespace {

Outcome<> merge_bytes(const VolumeAccess& path, const FileRef& from, const FileRef& into,
                      DiskGate* gate, TaskContext& task) {
    const std::vector<vmfs::Range> ranges = path.volume->allocated(from.path);
    auto done = path.volume->reserve(*path.io, into.path, ranges, false);
    if (!done) {
        return raise_storage(done.error(), into.path);
    }
    Bytes chunk(kChunk);
    uint64_t total = 0;
    uint64_t copied = 0;
    for (const vmfs::Range& range : ranges) {
        total += range.length;
    }
    for (const vmfs::Range& range : ranges) {
        for (uint64_t at = 0; at < range.length; at += kChunk) {
            const MutByteSpan part =
                MutByteSpan(chunk).first(static_cast<size_t>(std::min(kChunk, range.length - at)));
            std::unique_lock<std::mutex> held;
            if (gate != nullptr) {
                held = std::unique_lock(gate->mutex);
            }
            done = path.volume->read(*path.io, from.path, range.offset + at, part);
            if (done) {
                done = path.volume->write(*path.io, into.path, range.offset + at, part);
            }
            if (!done) {
                return raise_storage(done.error(), into.path);
            }
            copied += part.size();
            task.progress(static_cast<int>(copied * 99 / total));
        }
    }
    return {};
}

} // namespace

// Merges the file above the link into the link, which takes its place.
Outcome<> VmOps::merge_link(unsigned number, const LooseLink& loose, TaskContext& task) {
    VmState vm;
    VmDisk disk;
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_no_vm(number);
        }
        vm = found->second;
        host = world_.host(vm.host);
    }
    for (const VmDisk& one : vm.disks) {
        disk = one.key == loose.disk ? one : disk;
    }
    const DiskLink link = disk.parents.at(loose.index);
    const bool top = loose.index == 0;
    const DiskLink above =
        top ? DiskLink{disk.descriptor, disk.flat, disk.uuid} : disk.parents[loose.index - 1];
    SIM_TRY(const VolumeAccess path, HostOps(world_, *host).access(link.descriptor.volume));
    if (top) { // the guest goes on writing: both files get it
        const std::lock_guard gate(disk.gate->mutex);
        disk.gate->mirror = link.flat;
        disk.gate->mirror_failed = false;
    }
    Outcome<> merged =
        merge_bytes(path, above.flat, link.flat, top ? disk.gate.get() : nullptr, task);
    if (merged && top) {
        merged = change_vmx(number, [&](VmxFile& vmx) {
            vmx.set(fmt::format("scsi{}:{}.fileName", disk.controller - 1000, disk.unit),
                    name_from(vm.vmx, link.descriptor));
        });
    } else if (merged) {
        const FileRef next =
            loose.index == 1 ? disk.descriptor : disk.parents[loose.index - 2].descriptor;
        auto text = path.volume->read_file(*path.io, next.path);
        auto parsed = text ? DiskDescriptor::parse(*text)
                           : Result<DiskDescriptor>(tl::unexpected(text.error()));
        Result<void> written;
        if (parsed) {
            parsed->parent_file = file_of(link.descriptor.path);
            written = path.volume->write_file(*path.io, next.path, parsed->text());
        }
        if (!parsed || !written) {
            return raise_storage(parsed ? written.error() : parsed.error(), next.path);
        }
    }
    {
        const std::lock_guard gate(disk.gate->mutex);
        const bool lost = top && disk.gate->mirror_failed;
        disk.gate->mirror.reset();
        disk.gate->mirror_failed = false;
        if (!merged) {
            return merged;
        }
        if (lost) {
            return raise("GenericVmConfigFault", "Writing while disks were consolidated failed.",
                         {{"reason", Value("consolidation")}});
        }
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return raise_no_vm(number);
        }
        for (VmDisk& live : found->second.disks) {
            if (live.key != disk.key) {
                continue;
            }
            if (top) {
                live.descriptor = link.descriptor;
                live.flat = link.flat;
                live.parents.erase(live.parents.begin());
            } else {
                live.parents.erase(live.parents.begin() + static_cast<long>(loose.index) - 1);
            }
            live.gate->flat = live.flat;
            live.gate->parents.clear();
            for (const DiskLink& parent : live.parents) {
                live.gate->parents.push_back(parent.flat);
            }
        }
        for (SnapshotState& s : world_.extras->vms[number].snapshots) {
            const auto frozen = s.disks.find(disk.key);
            if (frozen != s.disks.end() && frozen->second.descriptor == above.descriptor) {
                frozen->second = link;
            }
        }
        ++found->second.change;
        world_.touch();
    }
    auto removed = path.volume->remove_all(*path.io, {above.descriptor.path, above.flat.path});
    if (!removed) {
        log("simulator").warn("leftover file={} error={}", above.flat.path, removed.error().what);
    }
    return {};
}

Outcome<> VmOps::consolidate(unsigned number, TaskContext& task) {
    while (true) {
        std::optional<LooseLink> loose;
        {
            const std::lock_guard lock(world_.mutex);
            const auto vm = world_.vms.find(number);
            if (vm == world_.vms.end()) {
                return raise_no_vm(number);
            }
            loose = loose_link_locked(world_, vm->second);
        }
        if (!loose) {
            return {};
        }
        SIM_CHECK(merge_link(number, *loose, task));
    }
}

Outcome<> VmOps::drop_snapshots(unsigned number, const std::set<unsigned>& snapshots, bool merge,
                                TaskContext& task) {
    std::vector<std::string> memory;
    FileRef vmx;
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto vm = world_.vms.find(number);
        if (vm == world_.vms.end()) {
            return raise_no_vm(number);
        }
        vmx = vm->second.vmx;
        host = vm->second.paper ? nullptr : world_.host(vm->second.host);
        VmExtras& extras = world_.extras->vms[number];
        for (const unsigned gone : snapshots) {
            const auto at = std::find_if(extras.snapshots.begin(), extras.snapshots.end(),
                                         [&](const SnapshotState& s) { return s.number == gone; });
            if (at == extras.snapshots.end()) {
                continue;
            }
            const unsigned parent = at->parent;
            memory.push_back(state_file(vmx, at->id).path);
            extras.snapshots.erase(at);
            for (SnapshotState& other : extras.snapshots) {
                other.parent = other.parent == gone ? parent : other.parent;
            }
            extras.current_snapshot =
                extras.current_snapshot == gone ? parent : extras.current_snapshot;
        }
        ++vm->second.change;
        world_.touch();
    }
    if (host == nullptr) {
        return {};
    }
    SIM_CHECK(write_snapshot_list(number));
    SIM_TRY(const VolumeAccess path, HostOps(world_, *host).access(vmx.volume));
    auto removed = path.volume->remove_all(*path.io, memory);
    if (!removed) {
        return raise_storage(removed.error(), vmx.path);
    }
    if (merge) {
        SIM_CHECK(consolidate(number, task));
        SIM_CHECK(write_snapshot_list(number)); // merged links have other names
    }
    return {};
}

} // namespace pf::vim::sim
