// esxcli storage filesystem ..., storage vmfs ...
#include "libvsphere/simulator/esxcli/model.hpp"

namespace pf::vim::sim::cli {

namespace {

Answer list_of(const char* name, bool table) {
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = table;
    answer.struct_name = name;
    return answer;
}

Outcome<Answer> filesystem_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("FileSystemVolume", true);
    for (const auto& [uuid, volume] : i.host.volumes) {
        const DatastoreState* ds = i.world.datastore_of(uuid);
        const uint64_t free = ds == nullptr || !volume.mounted ? 0
                              : ds->volume                     ? ds->volume->free_bytes()
                                                               : ds->free;
        answer.rows.push_back(
            {"",
             {{"Mount Point", volume.mounted ? "/vmfs/volumes/" + uuid : std::string()},
              {"Volume Name", ds != nullptr ? ds->name : std::string()},
              {"UUID", uuid},
              {"Mounted", volume.mounted},
              {"Type", std::string("VMFS-6")},
              {"Size", static_cast<int64_t>(ds != nullptr && volume.mounted ? ds->capacity : 0)},
              {"Free", static_cast<int64_t>(free)}}});
    }
    return answer;
}

// The volume named by --volume-label, --volume-uuid or --volume-path, among those the host knows.
Outcome<std::string> named_volume(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    std::string wanted = i.args.get("volumeuuid");
    const std::string path = i.args.get("volumepath");
    std::string label = i.args.get("volumelabel");
    if (path.starts_with("/vmfs/volumes/")) {
        label = path.substr(14);
        wanted = label;
    }
    for (const auto& [uuid, volume] : i.host.volumes) {
        const DatastoreState* ds = i.world.datastore_of(uuid);
        if (uuid == wanted || (ds != nullptr && ds->name == label && !label.empty())) {
            return uuid;
        }
    }
    return cli_error(
        fmt::format("No VMFS filesystem named '{}' was found.", wanted.empty() ? label : wanted));
}

Outcome<Answer> filesystem_unmount(const Invocation& i) {
    SIM_TRY(const std::string uuid, named_volume(i));
    auto done = i.ops().unmount(uuid);
    if (!done) {
        std::string name = uuid;
        {
            const std::lock_guard lock(i.world.mutex);
            if (const DatastoreState* ds = i.world.datastore_of(uuid)) {
                name = ds->name;
            }
        }
        const char* reason =
            done.error().is("ResourceInUse") ? "Busy" : done.error().message.c_str();
        return cli_error(fmt::format("Volume '{}' cannot be unmounted. Reason: {}", name, reason));
    }
    return Answer{};
}

Outcome<Answer> filesystem_mount(const Invocation& i) {
    SIM_TRY(const std::string uuid, named_volume(i));
    auto done = i.ops().mount(uuid);
    if (!done) {
        return cli_fault(done.error(), fmt::format("Volume '{}' cannot be mounted. Reason:", uuid));
    }
    return Answer{};
}

Outcome<Answer> filesystem_rescan(const Invocation& i) {
    SIM_CHECK(i.ops().rescan_vmfs());
    return Answer{};
}

Outcome<Answer> extent_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("VMFSExtent", true);
    for (const auto& [uuid, volume] : i.host.volumes) {
        const DatastoreState* ds = i.world.datastore_of(uuid);
        if (volume.mounted) {
            answer.rows.push_back({"",
                                   {{"Volume Name", ds != nullptr ? ds->name : std::string()},
                                    {"VMFS UUID", uuid},
                                    {"Extent Number", int64_t{0}},
                                    {"Device Name", volume.device_id},
                                    {"Partition", int64_t{1}}}});
        }
    }
    return answer;
}

Outcome<Answer> lockmode_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("VMFSLockMode", true);
    for (const auto& [uuid, volume] : i.host.volumes) {
        const DatastoreState* ds = i.world.datastore_of(uuid);
        const std::string name = ds != nullptr ? ds->name : std::string();
        const bool other = (i.args.has("volumelabel") && i.args.get("volumelabel") != name) ||
                           (i.args.has("volumeuuid") && i.args.get("volumeuuid") != uuid);
        if (volume.mounted && !other) {
            answer.rows.push_back({"",
                                   {{"Volume Name", name},
                                    {"UUID", uuid},
                                    {"Type", std::string("VMFS-6")},
                                    {"Locking Mode", std::string("ATS")},
                                    {"ATS Compatible", true},
                                    {"ATS Upgrade Modes", std::string("No upgrade needed")},
                                    {"ATS Incompatibility Reason", std::string()}}});
        }
    }
    return answer;
}

// Live heartbeats as they stand on the device.
Outcome<Answer> host_list(const Invocation& i) {
    SIM_TRY(const std::string uuid, named_volume(i));
    SIM_TRY(const auto users, i.ops().volume_users(uuid));
    Answer answer = list_of("VMFSHost", true);
    for (const vmfs::Heartbeat& user : users) {
        answer.rows.push_back(
            {"", {{"Host Name", user.host_name}, {"Owner UUID", user.host_uuid}}});
    }
    return answer;
}

bool matches(const Invocation& i, const UnresolvedExtent& extent) {
    return (!i.args.has("volumelabel") || i.args.get("volumelabel") == extent.header.label) &&
           (!i.args.has("volumeuuid") || i.args.get("volumeuuid") == extent.header.uuid.str());
}

tl::unexpected<Fault> no_snapshots(const Invocation& i) {
    return cli_error(i.args.has("volumeuuid")
                         ? fmt::format("No unresolved VMFS snapshots with volume UUID '{}' found.",
                                       i.args.get("volumeuuid"))
                         : fmt::format("No unresolved VMFS snapshots with volume label '{}' found.",
                                       i.args.get("volumelabel")));
}

Outcome<Answer> snapshot_list(const Invocation& i) {
    SIM_TRY(const auto extents, i.ops().unresolved());
    Answer answer = list_of("UnresolvedVmfsVolume", false);
    for (const UnresolvedExtent& extent : extents) {
        if (matches(i, extent)) {
            answer.rows.push_back({extent.header.uuid.str(),
                                   {{"Volume Name", extent.header.label},
                                    {"VMFS UUID", extent.header.uuid.str()},
                                    {"Can mount", extent.can_mount},
                                    {"Reason for un-mountability", extent.mount_reason},
                                    {"Can resignature", true},
                                    {"Reason for non-resignaturability", std::string()},
                                    {"Unresolved Extent Count", int64_t{1}}}});
        }
    }
    return answer;
}

Outcome<Answer> snapshot_extent_list(const Invocation& i) {
    SIM_TRY(const auto extents, i.ops().unresolved());
    Answer answer = list_of("UnresolvedVmfsExtent", true);
    for (const UnresolvedExtent& extent : extents) {
        if (matches(i, extent)) {
            answer.rows.push_back({"",
                                   {{"Device Name", extent.device_id},
                                    {"VMFS UUID", extent.header.uuid.str()},
                                    {"Extent Number", int64_t{0}},
                                    {"Partition", int64_t{1}}}});
        }
    }
    return answer;
}

Outcome<UnresolvedExtent> one_snapshot(const Invocation& i) {
    SIM_TRY(const auto extents, i.ops().unresolved());
    std::vector<UnresolvedExtent> found;
    for (const UnresolvedExtent& extent : extents) {
        if (matches(i, extent)) {
            found.push_back(extent);
        }
    }
    const bool named = i.args.has("volumelabel") || i.args.has("volumeuuid");
    if (found.empty() || !named) {
        return no_snapshots(i);
    }
    if (found.size() > 1) {
        return cli_error("duplicate extents found");
    }
    return found.front();
}

Outcome<Answer> snapshot_mount(const Invocation& i) {
    SIM_TRY(const UnresolvedExtent extent, one_snapshot(i));
    auto done = i.ops().force_mount(extent.device_id, !i.args.flag("nopersist"));
    if (!done) {
        return cli_fault(done.error(), "Unable to mount:");
    }
    return Answer{};
}

Outcome<Answer> snapshot_resignature(const Invocation& i) {
    SIM_TRY(const UnresolvedExtent extent, one_snapshot(i));
    auto done = i.ops().resignature(extent.device_id);
    if (!done) {
        return cli_fault(done.error(), "Unable to resignature:");
    }
    return Answer{};
}

} // namespace

void add_vmfs_commands(std::vector<Command>& out) {
    const Param label{"volumelabel", "volume-label", 'l', false, false, "Volume label"};
    const Param uuid{"volumeuuid", "volume-uuid", 'u', false, false, "Volume UUID"};
    const Param path{"volumepath", "volume-path", 'p', false, false, "Mount path"};
    const std::vector<Param> any{label, path, uuid};
    out.push_back({"storage.filesystem", "list", "List volumes", {}, filesystem_list});
    out.push_back({"storage.filesystem", "mount", "Mount a volume", any, filesystem_mount});
    out.push_back({"storage.filesystem", "unmount", "Unmount a volume", any, filesystem_unmount});
    out.push_back({"storage.filesystem", "rescan", "Scan for volumes", {}, filesystem_rescan});
    out.push_back({"storage.vmfs.extent", "list", "List VMFS extents", {}, extent_list});
    out.push_back(
        {"storage.vmfs.lockmode", "list", "List lock modes", {label, uuid}, lockmode_list});
    out.push_back(
        {"storage.vmfs.host", "list", "Hosts that use a volume", {label, uuid}, host_list});
    out.push_back(
        {"storage.vmfs.snapshot", "list", "List unresolved volumes", {label, uuid}, snapshot_list});
    out.push_back({"storage.vmfs.snapshot.extent",
                   "list",
                   "List unresolved extents",
                   {label, uuid},
                   snapshot_extent_list});
    out.push_back(
        {"storage.vmfs.snapshot",
         "mount",
         "Mount a copy with its old signature",
         {{"nopersist", "no-persist", 'n', false, true, "Until reboot only"}, label, uuid},
         snapshot_mount});
    out.push_back({"storage.vmfs.snapshot",
                   "resignature",
                   "Write a new signature",
                   {label, uuid},
                   snapshot_resignature});
}

} // namespace pf::vim::sim::cli
