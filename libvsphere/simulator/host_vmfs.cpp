// VMFS volumes as a simulated host sees them: probing, mounting, copies, signatures.
#include "base/log.hpp"
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/extras.hpp"

#include <algorithm>
#include <set>

namespace pf::vim::sim {

namespace {

tl::unexpected<Fault> invalid_state(std::string message) {
    return raise("InvalidState", std::move(message));
}

} // namespace

std::vector<HostOps::Probed> HostOps::probe_all() {
    std::vector<std::string> ids;
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& [id, device] : host_.devices) {
            if (!device.off && !device.lost) {
                ids.push_back(id);
            }
        }
    }
    std::vector<Probed> found;
    for (const std::string& id : ids) {
        auto header = vmfs::probe(*io(id));
        if (header) {
            found.push_back({id, std::move(*header)});
        } else if (header.error().code != Errc::NotFound) {
            log("simulator")
                .warn("probe failed host={} device={} error={}", host_.spec.name, id,
                      header.error().what);
        }
    }
    return found;
}

Outcome<> HostOps::rescan_vmfs(bool at_once) {
    const std::lock_guard op(host_.op);
    if (!at_once) {
        wait_for_rescan();
    }
    return rescan_vmfs_holding_op();
}

Outcome<> HostOps::rescan_vmfs_holding_op() {
    const std::vector<Probed> found = probe_all();
    std::vector<std::pair<std::string, std::string>> to_mount; // uuid, device
    {
        const std::lock_guard lock(world_.mutex);
        for (const Probed& probed : found) {
            const std::string uuid = probed.header.uuid.str();
            const auto force = host_.force_mounts.find(uuid);
            const bool own = probed.header.device_id == probed.device_id;
            if (!own && force == host_.force_mounts.end()) {
                continue; // a copy, or the same volume over another protocol: unresolved
            }
            const bool known = host_.volumes.contains(uuid);
            if (known && host_.volumes[uuid].mounted) {
                continue;
            }
            HostVolume& volume = host_.volumes[uuid];
            volume.uuid = uuid;
            volume.device_id = probed.device_id;
            volume.force_mounted = !own;
            volume.mounted = false;
            volume.accessible = true;
            if (world_.datastore_of(uuid) == nullptr) {
                DatastoreState ds;
                ds.number = world_.next_number++;
                ds.uuid = uuid;
                ds.label = probed.header.label;
                ds.name = world_.free_datastore_name(ds.label);
                ds.device_id = probed.device_id;
                ds.capacity = probed.header.cluster_count * vmfs::kClusterBytes;
                world_.datastores.emplace(ds.number, std::move(ds));
            }
            if (!host_.kept_unmounted.contains(uuid)) {
                to_mount.emplace_back(uuid, probed.device_id);
            }
        }
        // Volumes that are not on any device any more, or whose device now carries another one.
        std::set<std::pair<std::string, std::string>> present;
        for (const Probed& probed : found) {
            present.emplace(probed.header.uuid.str(), probed.device_id);
        }
        for (auto it = host_.volumes.begin(); it != host_.volumes.end();) {
            const bool there = present.contains({it->first, it->second.device_id});
            const bool used = it->second.mounted && !world_.vms_on(it->first).empty();
            if (!there && !used) {
                it = host_.volumes.erase(it);
            } else {
                it->second.accessible = there;
                ++it;
            }
        }
        world_.drop_unseen_datastores();
        world_.touch();
    }
    for (const auto& [uuid, device] : to_mount) {
        auto mounted = mount_holding_op(uuid, device, false);
        if (!mounted) {
            log("simulator")
                .warn("mount failed host={} uuid={} error={}", host_.spec.name, uuid,
                      mounted.error().message);
        }
    }
    if (!to_mount.empty()) {
        const std::lock_guard lock(world_.mutex);
        world_.touch();
    }
    return {};
}

// Opens the volume (once for all hosts) and leaves this host's heartbeat on it.
Outcome<> HostOps::mount_holding_op(const std::string& uuid, const std::string& device_id,
                                    bool forced) {
    auto path = io(device_id);
    std::shared_ptr<vmfs::Volume> volume;
    {
        const std::lock_guard lock(world_.mutex);
        if (const DatastoreState* ds = world_.datastore_of(uuid)) {
            volume = ds->volume;
        }
    }
    if (!volume) {
        auto opened = vmfs::Volume::open(*path);
        if (!opened) {
            return raise("VmfsMountFault", "Unable to mount: " + opened.error().what,
                         {{"uuid", Value(uuid)}});
        }
        if ((*opened)->header().uuid.str() != uuid) {
            return raise_not_found("");
        }
        volume = std::move(*opened);
    }
    vmfs::Heartbeat heartbeat{host_.spec.uuid, host_.spec.name, unix_us(wall_now())};
    auto alive = volume->set_heartbeat(*path, heartbeat);
    if (!alive) {
        return raise_storage(alive.error(), device_id);
    }
    const std::lock_guard lock(world_.mutex);
    DatastoreState* ds = world_.datastore_of(uuid);
    if (ds == nullptr) {
        return raise_not_found("");
    }
    if (!ds->volume) { // first mount, or a host that raced us opened it: theirs stays
        ds->volume = volume;
    }
    ds->device_id = device_id;
    ds->capacity = ds->volume->capacity();
    ds->free = ds->volume->free_bytes();
    HostVolume& known = host_.volumes[uuid];
    known = HostVolume{uuid, device_id, true, true, forced || known.force_mounted};
    host_.kept_unmounted.erase(uuid);
    ++world_.revision; // the caller wakes who waits, once for all it mounts
    return {};
}

Outcome<std::string> HostOps::create_vmfs(const std::string& device_id, const std::string& label) {
    const std::lock_guard op(host_.op);
    Device device;
    {
        const std::lock_guard lock(world_.mutex);
        SIM_CHECK(check_new_label_locked(label, ""));
        const auto found = host_.devices.find(device_id);
        if (found == host_.devices.end()) {
            return raise_not_found("");
        }
        if (found->second.off || found->second.lost) {
            return raise("HostConfigFault", fmt::format("Device {} is not available.", device_id));
        }
        device = found->second.info;
    }
    auto path = io(device_id);
    auto present = vmfs::probe(*path);
    if (present) {
        return raise("HostConfigFault", fmt::format("Device {} carries VMFS volume '{}' already.",
                                                    device_id, present->label));
    }
    vmfs::FormatSpec spec;
    spec.uuid = vmfs::Uuid::random();
    spec.label = label;
    spec.device_id = device_id;
    spec.device_bytes = device.size_bytes;
    spec.now_us = unix_us(wall_now());
    auto formatted = vmfs::format(*path, spec);
    if (!formatted) {
        return raise_storage(formatted.error(), device_id);
    }
    SIM_CHECK(rescan_vmfs_holding_op());
    return spec.uuid.str();
}

Outcome<> HostOps::check_new_label_locked(const std::string& label,
                                          const std::string& but_uuid) const {
    const bool malformed = label.empty() || label.size() > vmfs::kLabelMax ||
                           label.find_first_of("/\\%") != std::string::npos;
    if (malformed) {
        return raise("InvalidName", fmt::format("The name '{}' is invalid.", label),
                     {{"name", Value(label)}});
    }
    const DatastoreState* same = world_.datastore_named(label);
    if (same != nullptr && same->uuid != but_uuid) {
        return raise("DuplicateName", fmt::format("The name '{}' already exists.", label),
                     {{"name", Value(label)}, {"object", Value(same->ref())}});
    }
    return {};
}

Outcome<std::vector<UnresolvedExtent>> HostOps::unresolved() {
    const std::lock_guard op(host_.op);
    const std::vector<Probed> found = probe_all();
    std::vector<UnresolvedExtent> out;
    const std::lock_guard lock(world_.mutex);
    for (const Probed& probed : found) {
        const std::string uuid = probed.header.uuid.str();
        const auto known = host_.volumes.find(uuid);
        const bool here = known != host_.volumes.end() &&
                          known->second.device_id == probed.device_id &&
                          (known->second.mounted || probed.header.device_id == probed.device_id);
        if (here || probed.header.device_id == probed.device_id) {
            continue;
        }
        UnresolvedExtent extent;
        extent.header = probed.header;
        extent.device_id = probed.device_id;
        extent.conflict = known != host_.volumes.end() && known->second.mounted;
        extent.multiple_copies =
            std::count_if(found.begin(), found.end(), [&](const Probed& p) {
                return p.header.uuid == probed.header.uuid && p.header.device_id != p.device_id;
            }) > 1;
        extent.can_mount = !extent.conflict && !extent.multiple_copies;
        if (extent.conflict) {
            extent.mount_reason = "the original volume is still online";
        } else if (extent.multiple_copies) {
            extent.mount_reason = "duplicate extents found";
        }
        out.push_back(std::move(extent));
    }
    return out;
}

Outcome<std::string> HostOps::resignature(const std::string& device_id) {
    const std::lock_guard op(host_.op);
    auto path = io(device_id);
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = host_.devices.find(device_id);
        if (found == host_.devices.end() || found->second.off || found->second.lost) {
            return raise_not_found("");
        }
    }
    auto header = vmfs::probe(*path);
    if (!header) {
        return raise_not_found(fmt::format("No unresolved VMFS volume on {}.", device_id));
    }
    if (header->device_id == device_id) {
        return raise("HostConfigFault",
                     fmt::format("Volume '{}' on {} is not a copy; nothing to resolve.",
                                 header->label, device_id));
    }
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& other : world_.hosts) {
            const auto mounted = other->volumes.find(header->uuid.str());
            if (mounted != other->volumes.end() && mounted->second.mounted &&
                mounted->second.force_mounted && mounted->second.device_id == device_id) {
                return raise_in_use(
                    "VmfsVolume", header->label,
                    fmt::format("'{}' is force-mounted on {}.", header->label, other->spec.name));
            }
        }
    }
    const vmfs::Uuid fresh = vmfs::Uuid::random();
    std::string label = fmt::format("snap-{}-{}", fresh.str().substr(0, 8), header->label);
    label.resize(std::min(label.size(), vmfs::kLabelMax));
    auto signed_again = vmfs::resignature(*path, fresh, label, device_id);
    if (!signed_again) {
        return raise_storage(signed_again.error(), device_id);
    }
    SIM_CHECK(rescan_vmfs_holding_op());
    const std::lock_guard lock(world_.mutex);
    if (world_.datastore_of(fresh.str()) == nullptr) {
        return raise("HostConfigFault", "The resignatured volume did not come up.");
    }
    return fresh.str();
}

Outcome<std::string> HostOps::force_mount(const std::string& device_id, bool persistent) {
    const std::lock_guard op(host_.op);
    auto header = vmfs::probe(*io(device_id));
    if (!header || header->device_id == device_id) {
        return raise_not_found(fmt::format("No unresolved VMFS volume on {}.", device_id));
    }
    const std::string uuid = header->uuid.str();
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& other : world_.hosts) {
            const auto mounted = other->volumes.find(uuid);
            const bool online = mounted != other->volumes.end() && mounted->second.mounted;
            if (online && (other.get() == &host_ || mounted->second.device_id != device_id)) {
                return raise(
                    "VmfsAlreadyMounted",
                    fmt::format("Volume '{}' is mounted on {}.", header->label, other->spec.name),
                    {{"uuid", Value(uuid)}});
            }
        }
        host_.force_mounts[uuid] = persistent;
        host_.kept_unmounted.erase(uuid);
    }
    SIM_CHECK(rescan_vmfs_holding_op());
    const std::lock_guard lock(world_.mutex);
    const auto mounted = host_.volumes.find(uuid);
    if (mounted == host_.volumes.end() || !mounted->second.mounted) {
        host_.force_mounts.erase(uuid);
        return raise("VmfsMountFault", "Unable to mount the volume.", {{"uuid", Value(uuid)}});
    }
    return uuid;
}

Outcome<> HostOps::unmount(const std::string& uuid) {
    const std::lock_guard op(host_.op);
    VolumeAccess path;
    {
        const std::lock_guard lock(world_.mutex);
        const auto known = host_.volumes.find(uuid);
        if (known == host_.volumes.end()) {
            return raise_not_found("");
        }
        if (!known->second.mounted) {
            return invalid_state(fmt::format("VMFS volume '{}' is not mounted.", uuid));
        }
        const DatastoreState* ds = world_.datastore_of(uuid);
        const std::string name = ds != nullptr ? ds->name : uuid;
        const auto users = world_.vms_on(uuid);
        if (!users.empty()) {
            return raise_in_use("VmfsVolume", name,
                                fmt::format("The resource '{}' is in use: VM '{}' is registered "
                                            "on it.",
                                            name, users.front()->name));
        }
        const HostSpec& own = host_.spec;
        for (const auto& [used, what] : {std::pair{own.coredump_datastore, "its core dump file"},
                                         std::pair{own.scratch_datastore, "its scratch location"},
                                         std::pair{own.syslog_datastore, "its log directory"}}) {
            if (!used.empty() && used == name) {
                return raise_in_use("VmfsVolume", name,
                                    fmt::format("The resource '{}' is in use: {} has {} on it.",
                                                name, own.name, what));
            }
        }
        const auto heartbeats = heartbeats_of(world_, host_);
        if (std::find(heartbeats.begin(), heartbeats.end(), uuid) != heartbeats.end()) {
            return raise_in_use("VmfsVolume", name,
                                fmt::format("The resource '{}' is in use: vSphere HA has "
                                            "heartbeats on it.",
                                            name));
        }
        for (const auto& [number, vm] : world_.vms) {
            if (vm.iso && vm.iso->volume == uuid && vm.power == PowerState::On) {
                return raise_in_use("VmfsVolume", name,
                                    fmt::format("The resource '{}' is in use: VM '{}' has '{}' in "
                                                "its CD drive.",
                                                name, vm.name, vm.iso->path));
            }
        }
        if (ds != nullptr && ds->sioc) {
            return raise_in_use("VmfsVolume", name,
                                fmt::format("Storage I/O Control is enabled on '{}'.", name));
        }
        path.volume = ds != nullptr ? ds->volume : nullptr;
        path.io = io(known->second.device_id);
    }
    if (path.volume) {
        auto cleared = path.volume->clear_heartbeat(*path.io, host_.spec.uuid);
        if (!cleared) { // a dead device cannot be told; the unmount itself is the host's affair
            log("simulator")
                .warn("heartbeat stays host={} uuid={} error={}", host_.spec.name, uuid,
                      cleared.error().what);
        }
    }
    const std::lock_guard lock(world_.mutex);
    HostVolume& volume = host_.volumes[uuid];
    volume.mounted = false;
    if (volume.force_mounted) {
        host_.force_mounts.erase(uuid);
        host_.volumes.erase(uuid); // goes back to being an unresolved copy
    } else {
        host_.kept_unmounted.insert(uuid);
    }
    world_.drop_unseen_datastores();
    world_.touch();
    return {};
}

Outcome<> HostOps::mount(const std::string& uuid) {
    const std::lock_guard op(host_.op);
    std::string device_id;
    {
        const std::lock_guard lock(world_.mutex);
        const auto known = host_.volumes.find(uuid);
        if (known == host_.volumes.end()) {
            return raise_not_found("");
        }
        if (known->second.mounted) {
            return raise("VmfsAlreadyMounted",
                         fmt::format("VMFS volume '{}' is already mounted.", uuid),
                         {{"uuid", Value(uuid)}});
        }
        const auto device = host_.devices.find(known->second.device_id);
        if (device == host_.devices.end() || device->second.off || device->second.lost) {
            return invalid_state(
                fmt::format("The device of VMFS volume '{}' is not accessible.", uuid));
        }
        device_id = known->second.device_id;
    }
    SIM_CHECK(mount_holding_op(uuid, device_id, false));
    const std::lock_guard lock(world_.mutex);
    world_.touch();
    return {};
}

Outcome<> HostOps::forget_volume(const std::string& uuid) {
    const std::lock_guard op(host_.op);
    const std::lock_guard lock(world_.mutex);
    const auto known = host_.volumes.find(uuid);
    if (known != host_.volumes.end() && known->second.mounted) {
        return raise("HostConfigFault", fmt::format("VMFS volume '{}' is mounted.", uuid));
    }
    if (host_.kept_unmounted.erase(uuid) == 0) {
        return raise("HostConfigFault", fmt::format("Nothing is remembered of '{}'.", uuid));
    }
    world_.touch();
    return {};
}

Outcome<> HostOps::rename(const std::string& uuid, const std::string& label) {
    const std::lock_guard op(host_.op);
    VolumeAccess path;
    {
        const std::lock_guard lock(world_.mutex);
        SIM_CHECK(check_new_label_locked(label, uuid));
        SIM_TRY(path, access_locked(uuid));
    }
    auto renamed = path.volume->set_label(*path.io, label);
    if (!renamed) {
        return raise_storage(renamed.error(), label);
    }
    const std::lock_guard lock(world_.mutex);
    if (DatastoreState* ds = world_.datastore_of(uuid)) {
        ds->name = label;
        ds->label = label;
    }
    world_.touch();
    return {};
}

Outcome<> HostOps::destroy(const std::string& uuid) {
    const std::lock_guard op(host_.op);
    VolumeAccess path;
    {
        const std::lock_guard lock(world_.mutex);
        const auto users = world_.vms_on(uuid);
        const DatastoreState* ds = world_.datastore_of(uuid);
        if (!users.empty()) {
            return raise_in_use("Datastore", ds != nullptr ? ds->name : uuid,
                                fmt::format("The resource is in use: VM '{}' is registered on it.",
                                            users.front()->name));
        }
        SIM_TRY(path, access_locked(uuid));
    }
    auto wiped = vmfs::wipe(*path.io);
    if (!wiped) {
        return raise_storage(wiped.error(), uuid);
    }
    const std::lock_guard lock(world_.mutex);
    for (const auto& other : world_.hosts) {
        other->volumes.erase(uuid);
        other->kept_unmounted.erase(uuid);
        other->force_mounts.erase(uuid);
    }
    world_.drop_unseen_datastores();
    world_.touch();
    return {};
}

Outcome<uint64_t> HostOps::room_to_expand(const std::string& uuid) {
    const std::lock_guard lock(world_.mutex);
    SIM_TRY(const VolumeAccess path, access_locked(uuid));
    const auto device = host_.devices.find(path.io->device_id());
    const uint64_t now = path.volume->header().device_bytes;
    const uint64_t there = device == host_.devices.end() ? 0 : device->second.info.size_bytes;
    return there >= now + vmfs::kClusterBytes ? there - now : 0;
}

Outcome<> HostOps::expand(const std::string& uuid) {
    const std::lock_guard op(host_.op);
    SIM_TRY(const uint64_t room, room_to_expand(uuid));
    SIM_TRY(const VolumeAccess path, access(uuid));
    if (room == 0) {
        return raise("HostConfigFault", "The device has no free space behind the volume.");
    }
    auto grown = path.volume->grow(*path.io, path.volume->header().device_bytes + room);
    if (!grown) {
        return raise_storage(grown.error(), uuid);
    }
    const std::lock_guard lock(world_.mutex);
    if (DatastoreState* ds = world_.datastore_of(uuid)) {
        ds->capacity = path.volume->capacity();
        ds->free = path.volume->free_bytes();
    }
    world_.touch();
    return {};
}

Outcome<std::vector<vmfs::Heartbeat>> HostOps::volume_users(const std::string& uuid) {
    std::string device_id;
    {
        const std::lock_guard lock(world_.mutex);
        const auto known = host_.volumes.find(uuid);
        if (known == host_.volumes.end()) {
            return raise_not_found("");
        }
        device_id = known->second.device_id;
    }
    auto users = vmfs::heartbeats(*io(device_id));
    if (!users) {
        return raise_storage(users.error(), device_id);
    }
    return std::move(*users);
}

Outcome<std::vector<Device>> HostOps::available_disks() {
    const std::lock_guard op(host_.op);
    std::vector<Device> candidates;
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& [id, device] : host_.devices) {
            bool raw = false;
            for (const auto& [number, vm] : world_.vms) {
                raw = raw || std::any_of(vm.disks.begin(), vm.disks.end(),
                                         [&](const VmDisk& d) { return d.rdm_device == id; });
            }
            if (!device.off && !device.lost && !raw) {
                candidates.push_back(device.info);
            }
        }
    }
    std::vector<Device> out;
    for (Device& device : candidates) {
        auto path = io(device.id);
        auto header = vmfs::probe(*path);
        if (header || header.error().code != Errc::NotFound) {
            continue;
        }
        // Somebody else's partition table or disk label keeps the device off the list too.
        Bytes first(4096);
        if (!path->read(0, first)) {
            continue;
        }
        const bool mbr = first[510] == std::byte{0x55} && first[511] == std::byte{0xaa};
        const bool gpt = as_text(ByteSpan(first).subspan(512, 8)) == "EFI PART";
        if (!mbr && !gpt && device.size_bytes >= vmfs::kMinDeviceBytes) {
            out.push_back(std::move(device));
        }
    }
    return out;
}

Outcome<VolumeAccess> HostOps::access(const std::string& uuid) {
    const std::lock_guard lock(world_.mutex);
    return access_locked(uuid);
}

Outcome<VolumeAccess> HostOps::access_locked(const std::string& uuid) {
    const auto known = host_.volumes.find(uuid);
    DatastoreState* ds = world_.datastore_of(uuid);
    const bool usable = known != host_.volumes.end() && known->second.mounted &&
                        known->second.accessible && ds != nullptr && ds->volume;
    if (!usable) {
        std::vector<Field> fields;
        if (ds != nullptr) {
            fields.push_back({"datastore", Value(ds->ref())});
            fields.push_back({"name", Value(ds->name)});
        }
        return raise("InaccessibleDatastore",
                     fmt::format("Unable to access datastore '{}' from host {}.",
                                 ds != nullptr ? ds->name : uuid, host_.spec.name),
                     std::move(fields));
    }
    VolumeAccess path;
    path.volume = ds->volume;
    path.io = io(known->second.device_id);
    const auto device = host_.devices.find(known->second.device_id);
    if (device != host_.devices.end()) {
        path.transport = device->second.info.transport;
    }
    return path;
}

} // namespace pf::vim::sim
