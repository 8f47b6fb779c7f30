// Operations on PowerFlex: NVMe hosts, volumes, snapshots, and the mappings under the protocol
// guard.
//
// The guard: right before a mapping call the volume's mappings are read again, and the call is
// refused while the other protocol has any. There is no way around it.
#include "tools/pfnvme/run/lookups.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

std::uint64_t number_of(const Params& p, const std::string& name) {
    std::uint64_t value = 0;
    if (const auto found = p.find(name); found != p.end()) {
        const std::string& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), value);
    }
    return value;
}

// How the volume is shown in commands before its id may exist.
std::string volume_ref(const Params& p) {
    return param_or(p, "volume", fmt::format("<id of {}>", param_or(p, "volume_name", "volume")));
}
std::string volume_label(const Params& p) {
    return param_or(p, "volume_name", param_or(p, "volume", "?"));
}

// ---- pfhost.add / pfhost.remove
// ----------------------------------------------------------------------

std::string host_add_describe(const Params& p) {
    return fmt::format("PowerFlex: add NVMe host {} ({})", param(p, "name"), param(p, "nqn"));
}
Commands host_add_commands(const Params& p) {
    return {fmt::format(R"(POST /api/types/Host/instances {{"nqn":"{}","name":"{}"}})",
                        param(p, "nqn"), param(p, "name"))};
}
std::string host_add_pre(const Params& p) {
    return fmt::format("no other PowerFlex host is named {}", param(p, "name"));
}
std::string host_add_post(const Params& p) {
    return fmt::format("PowerFlex knows {}", param(p, "nqn"));
}
Result<void> host_add_guard(OpContext& c, const Params& p) {
    PF_TRY(const std::vector<PowerFlexHost> hosts, c.powerflex.hosts());
    for (const PowerFlexHost& host : hosts) {
        if (host.name == param(p, "name")) {
            return fail(Errc::Conflict,
                        "PowerFlex already has a host named '{}' ({}); rename one of them",
                        host.name, host.nvme ? host.nqn : "SDC " + host.guid);
        }
    }
    return {};
}
Result<Observation> host_add_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    return host ? present(host->id) : absent("not registered");
}
Result<CallOutcome> host_add_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.powerflex.create_nvme_host(param(p, "nqn"), param(p, "name")));
    return CallOutcome{};
}

std::string host_remove_describe(const Params& p) {
    return fmt::format("PowerFlex: remove NVMe host {}", param(p, "name"));
}
Commands host_remove_commands(const Params& p) {
    return {
        fmt::format("POST /api/instances/Sdc::<id of {}>/action/removeSdc {{}}", param(p, "name"))};
}
std::string host_remove_pre(const Params&) { return "the host has no mapping and no connection"; }
std::string host_remove_post(const Params& p) {
    return fmt::format("PowerFlex does not know {}", param(p, "nqn"));
}
Result<void> host_remove_guard(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    PF_TRY(const std::vector<VolumeInfo> volumes, c.powerflex.volumes());
    for (const VolumeInfo& volume : volumes) {
        if (host && volume.mapping_of(host->id) != nullptr) {
            return fail(Errc::Conflict,
                        "volume '{}' is still mapped to NVMe host {}; the host is not removed",
                        volume.name, host->name);
        }
    }
    return {};
}
Result<Observation> host_remove_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    return host ? absent("registered") : present("not registered");
}
Result<CallOutcome> host_remove_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    if (host) {
        PF_CHECK(c.powerflex.remove_nvme_host(host->id));
    }
    return CallOutcome{};
}

// ---- pfhost.rename / pfhost.limits
// ---------------------------------------------------------------------

std::string host_rename_describe(const Params& p) {
    return fmt::format("PowerFlex: rename host {} to {}", param(p, "old_name"), param(p, "name"));
}
Commands host_rename_commands(const Params& p) {
    return {fmt::format(R"(POST /api/instances/Sdc::{}/action/setSdcName {{"sdcName":"{}"}})",
                        param(p, "id"), param(p, "name"))};
}
std::string host_rename_post(const Params& p) {
    return fmt::format("the host is named {}", param(p, "name"));
}
Result<std::optional<PowerFlexHost>> host_with_id(OpContext& c, const std::string& id) {
    PF_TRY(std::vector<PowerFlexHost> hosts, c.powerflex.hosts());
    for (PowerFlexHost& host : hosts) {
        if (host.id == id) {
            return std::optional(std::move(host));
        }
    }
    return std::optional<PowerFlexHost>();
}
Result<Observation> host_rename_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto host, host_with_id(c, param(p, "id")));
    if (!host) {
        return fail(Errc::NotFound, "PowerFlex has no host {} any more", param(p, "old_name"));
    }
    return host->name == param(p, "name") ? present("named") : absent("named " + host->name);
}
Result<CallOutcome> host_rename_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.powerflex.rename_host(param(p, "id"), param(p, "name")));
    return CallOutcome{};
}

std::string host_limits_describe(const Params& p) {
    return fmt::format("PowerFlex: limits of host {}: {} paths a volume, {} system ports",
                       param(p, "name"), param_or(p, "max_paths", "unchanged"),
                       param_or(p, "max_system_ports", "unchanged"));
}
Commands host_limits_commands(const Params& p) {
    Commands out;
    if (p.contains("max_paths")) {
        out.push_back(fmt::format(
            R"(POST /api/instances/Host::{}/action/modifyMaxNumPaths {{"newMaxNumPaths":"{}"}})",
            param(p, "id"), param(p, "max_paths")));
    }
    if (p.contains("max_system_ports")) {
        out.push_back(fmt::format(
            R"(POST /api/instances/Host::{}/action/modifyMaxNumSysPorts {{"newMaxNumSysPorts":"{}"}})",
            param(p, "id"), param(p, "max_system_ports")));
    }
    return out;
}
std::string host_limits_post(const Params&) { return "PowerFlex shows these limits"; }
Result<Observation> host_limits_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto host, host_with_id(c, param(p, "id")));
    if (!host) {
        return fail(Errc::NotFound, "PowerFlex has no host {} any more", param(p, "name"));
    }
    const auto as_asked = [&](const char* name, std::int64_t now) {
        return !p.contains(name) || number_of(p, name) == static_cast<std::uint64_t>(now);
    };
    return as_asked("max_paths", host->max_paths) &&
                   as_asked("max_system_ports", host->max_system_ports)
               ? present("as asked")
               : absent(fmt::format("{} paths, {} ports", host->max_paths, host->max_system_ports));
}
Result<CallOutcome> host_limits_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.powerflex.set_host_limits(
        param(p, "id"), static_cast<std::int64_t>(number_of(p, "max_paths")),
        static_cast<std::int64_t>(number_of(p, "max_system_ports"))));
    return CallOutcome{};
}

// ---- volume.create / volume.remove
// -------------------------------------------------------------------

std::string create_describe(const Params& p) {
    return fmt::format("PowerFlex: create volume {} ({} GiB, thin, pool {})",
                       param(p, "volume_name"), param(p, "size_gib"), param(p, "pool"));
}
Commands create_commands(const Params& p) {
    return {fmt::format(
        R"(POST /api/types/Volume/instances {{"name":"{}","volumeSizeInGb":"{}","storagePoolId":"{}","volumeType":"ThinProvisioned"}})",
        param(p, "volume_name"), param(p, "size_gib"), param(p, "pool_id"))};
}
std::string create_pre(const Params& p) {
    return fmt::format("no volume is named {}", param(p, "volume_name"));
}
std::string create_post(const Params& p) {
    return fmt::format("volume {} exists with {} GiB", param(p, "volume_name"),
                       param(p, "size_gib"));
}
Result<Observation> create_observe(OpContext& c, const Params& p) {
    const Result<VolumeInfo> volume = volume_named(c, param(p, "volume_name"));
    if (!volume) {
        return is_not_found(volume.error()) ? Result<Observation>(absent("no such volume"))
                                            : Result<Observation>(fail(volume.error()));
    }
    if (volume->size_kib < number_of(p, "size_gib") * 1024 * 1024) {
        return fail(
            Errc::Conflict,
            "PowerFlex already has a smaller volume named '{}' ({} KiB); remove or rename it",
            volume->name, volume->size_kib);
    }
    return present(volume->id);
}
Result<CallOutcome> create_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.powerflex.create_volume(param(p, "volume_name"), number_of(p, "size_gib"),
                                       param(p, "pool_id")));
    return CallOutcome{};
}

std::string remove_describe(const Params& p) {
    return fmt::format("PowerFlex: remove {} {}", param_or(p, "what", "volume"),
                       param(p, "volume_name"));
}
Commands remove_commands(const Params& p) {
    return {fmt::format(
        R"(POST /api/instances/Volume::<id of {}>/action/removeVolume {{"removeMode":"ONLY_ME"}})",
        param(p, "volume_name"))};
}
std::string remove_pre(const Params&) { return "it is not mapped to any host"; }
std::string remove_post(const Params& p) {
    return fmt::format("no volume is named {}", param(p, "volume_name"));
}
Result<void> remove_guard(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, volume_named(c, param(p, "volume_name")));
    if (!volume.mappings.empty()) {
        return fail(Errc::Conflict,
                    "volume '{}' is still mapped to {}; unmap it before it is removed", volume.name,
                    volume.mappings.front().host_name);
    }
    return {};
}
Result<Observation> remove_observe(OpContext& c, const Params& p) {
    const Result<VolumeInfo> volume = volume_named(c, param(p, "volume_name"));
    if (volume) {
        return absent("it exists");
    }
    return is_not_found(volume.error()) ? Result<Observation>(present("no such volume"))
                                        : Result<Observation>(fail(volume.error()));
}
Result<CallOutcome> remove_execute(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, volume_named(c, param(p, "volume_name")));
    PF_CHECK(c.powerflex.remove_volume(volume.id));
    return CallOutcome{};
}

// ---- snapshot.create / snapshot.restore
// --------------------------------------------------------------

// One or several volumes: "volume" and "snapshot" are lists of the same length.
std::vector<SnapshotWish> wishes_of(const Params& p) {
    const std::vector<std::string> volumes = list_of(param(p, "volume"));
    const std::vector<std::string> names = list_of(param(p, "snapshot"));
    std::vector<SnapshotWish> out;
    for (std::size_t i = 0; i < std::min(volumes.size(), names.size()); ++i) {
        out.push_back({volumes[i], names[i]});
    }
    return out;
}
std::string snapshot_describe(const Params& p) {
    const std::vector<SnapshotWish> wishes = wishes_of(p);
    const std::string label = param_or(p, "label", param(p, "volume"));
    return wishes.size() == 1
               ? fmt::format("PowerFlex: snapshot {} of volume {}", wishes.front().name, label)
               : fmt::format("PowerFlex: snapshots of volumes {}, of one instant", label);
}
Commands snapshot_commands(const Params& p) {
    std::string defs;
    for (const SnapshotWish& wish : wishes_of(p)) {
        defs += fmt::format(R"({}{{"volumeId":"{}","snapshotName":"{}"}})", defs.empty() ? "" : ",",
                            wish.volume_id, wish.name);
    }
    return {fmt::format(
        R"(POST /api/instances/System::<systemId>/action/snapshotVolumes {{"snapshotDefs":[{}]}})",
        defs)};
}
std::string snapshot_pre(const Params& p) {
    return fmt::format("no volume is named {}", param(p, "snapshot"));
}
std::string snapshot_post(const Params& p) {
    return wishes_of(p).size() == 1
               ? fmt::format("snapshot {} exists in the volume's V-Tree", param(p, "snapshot"))
               : fmt::format("snapshots {} exist, each in its volume's V-Tree",
                             param(p, "snapshot"));
}
Result<std::optional<std::string>> snapshot_id(OpContext& c, const SnapshotWish& wish) {
    PF_TRY(const VolumeInfo volume, c.powerflex.volume(wish.volume_id));
    const Result<VolumeInfo> snapshot = volume_named(c, wish.name);
    if (!snapshot) {
        return is_not_found(snapshot.error())
                   ? Result<std::optional<std::string>>(std::optional<std::string>())
                   : Result<std::optional<std::string>>(fail(snapshot.error()));
    }
    if (snapshot->vtree_id != volume.vtree_id) {
        return fail(Errc::Conflict, "'{}' exists, but it is not a snapshot of volume {}", wish.name,
                    volume.name);
    }
    return std::optional(snapshot->id);
}
Result<Observation> snapshot_observe(OpContext& c, const Params& p) {
    const std::vector<SnapshotWish> wishes = wishes_of(p);
    std::vector<std::string> ids;
    for (const SnapshotWish& wish : wishes) {
        PF_TRY(std::optional<std::string> id, snapshot_id(c, wish));
        if (id) {
            ids.push_back(std::move(*id));
        }
    }
    if (ids.empty()) {
        return absent("no such snapshot");
    }
    if (ids.size() != wishes.size()) {
        // PowerFlex takes all or none: what is there was made by somebody else.
        return fail(Errc::Conflict,
                    "{} of the {} snapshots {} exist, so they are not of one instant; remove them",
                    ids.size(), wishes.size(), param(p, "snapshot"));
    }
    return present(fmt::format("{}", fmt::join(ids, ",")));
}
Result<CallOutcome> snapshot_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.powerflex.snapshot(wishes_of(p)));
    return CallOutcome{};
}

std::string restore_describe(const Params& p) {
    return fmt::format("PowerFlex: restore volume {} from snapshot {}",
                       param_or(p, "label", param(p, "volume")), param(p, "snapshot"));
}
Commands restore_commands(const Params& p) {
    return {fmt::format(
        R"(POST /api/instances/Volume::{}/action/overwriteVolumeContent {{"srcVolumeId":"<id of {}>"}})",
        param(p, "volume"), param(p, "snapshot"))};
}
std::string restore_pre(const Params&) { return "the volume is not mapped to any host"; }
std::string restore_post(const Params&) { return "PowerFlex confirms the restore"; }
Result<void> restore_guard(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, c.powerflex.volume(param(p, "volume")));
    if (!volume.mappings.empty()) {
        return fail(Errc::Conflict,
                    "volume '{}' is still mapped to {}; it is not restored under a host",
                    volume.name, volume.mappings.front().host_name);
    }
    PF_TRY(const VolumeInfo snapshot, volume_named(c, param(p, "snapshot")));
    if (snapshot.vtree_id != volume.vtree_id) {
        return fail(Errc::Conflict, "'{}' is not a snapshot of volume {}", snapshot.name,
                    volume.name);
    }
    return {};
}
Result<CallOutcome> restore_execute(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo snapshot, volume_named(c, param(p, "snapshot")));
    PF_CHECK(c.powerflex.restore(param(p, "volume"), snapshot.id));
    return CallOutcome{};
}

// ---- mappings
// ----------------------------------------------------------------------------------------

// Refuses when a mapping of the other protocol exists.
Result<void> protocol_guard(OpContext& c, const Params& p, bool want_nvme) {
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    for (const MappingInfo& mapping : volume.mappings) {
        if (mapping.nvme != want_nvme) {
            return fail(Errc::Conflict,
                        "P-PROTO-01: volume '{}' is mapped by {} to {}; a volume is reached by one "
                        "protocol at a time: unmap it there first",
                        volume.name, mapping.nvme ? "NVMe" : "SDC",
                        mapping.host_name.empty() ? mapping.host_id : mapping.host_name);
        }
    }
    return {};
}

std::string map_nvme_describe(const Params& p) {
    return fmt::format("PowerFlex: map volume {} to NVMe host {}",
                       param_or(p, "label", volume_label(p)), param(p, "host"));
}
Commands map_nvme_commands(const Params& p) {
    Commands out{fmt::format(
        R"(POST /api/instances/Volume::{}/action/addMappedHost {{"hostId":"<id of {}>","allowMultipleMappings":"TRUE"}})",
        volume_ref(p), param(p, "host"))};
    if (number_of(p, "limit_iops") != 0 || number_of(p, "limit_mib_per_s") != 0) {
        out.push_back(fmt::format(
            R"(POST /api/instances/Volume::{}/action/setMappedSdcLimits {{"sdcId":"<id of {}>","iopsLimit":"{}","bandwidthLimitInKbps":"{}"}})",
            volume_ref(p), param(p, "host"), number_of(p, "limit_iops"),
            number_of(p, "limit_mib_per_s") * 1024));
    }
    return out;
}
std::string map_nvme_pre(const Params&) { return "the volume has no SDC mapping (P-PROTO-01)"; }
std::string map_nvme_post(const Params& p) {
    return fmt::format("mapped to NVMe host {}", param(p, "host"));
}
Result<void> map_nvme_guard(OpContext& c, const Params& p) { return protocol_guard(c, p, true); }

// Is this mapping there, with the limits that the step asks for?
Observation judge_mapping(const VolumeInfo& volume, const std::string& host_id, const Params& p) {
    const MappingInfo* mapping = volume.mapping_of(host_id);
    if (mapping == nullptr) {
        return absent("not mapped");
    }
    if (mapping->limit_iops != number_of(p, "limit_iops") ||
        mapping->limit_mib_per_s != number_of(p, "limit_mib_per_s")) {
        return partial("mapped, with other limits");
    }
    return present("mapped");
}

// Limits belong to the mapping: a fresh one has none.
Result<void> map_with_limits(OpContext& c, const VolumeInfo& volume, const std::string& host_id,
                             bool nvme, const Params& p) {
    const MappingInfo* existing = volume.mapping_of(host_id);
    if (existing == nullptr) {
        PF_CHECK(c.powerflex.map(volume.id, host_id, nvme));
    }
    const std::uint64_t iops = number_of(p, "limit_iops");
    const std::uint64_t bandwidth = number_of(p, "limit_mib_per_s");
    const std::uint64_t had_iops = existing == nullptr ? 0 : existing->limit_iops;
    const std::uint64_t had_bandwidth = existing == nullptr ? 0 : existing->limit_mib_per_s;
    if (iops != had_iops || bandwidth != had_bandwidth) {
        PF_CHECK(c.powerflex.set_limits(volume.id, host_id, iops, bandwidth));
    }
    return {};
}

Result<Observation> map_nvme_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    if (!host) {
        return absent("the host is not registered on PowerFlex");
    }
    const Result<VolumeInfo> volume = lookup_volume(c, p);
    if (!volume) {
        return is_not_found(volume.error()) ? Result<Observation>(absent("no such volume"))
                                            : Result<Observation>(fail(volume.error()));
    }
    return judge_mapping(*volume, host->id, p);
}
Result<CallOutcome> map_nvme_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    if (!host) {
        return fail(Errc::Conflict,
                    "host {} ({}) is not registered on PowerFlex; run: pfnvme host nvme apply",
                    param(p, "host"), param(p, "nqn"));
    }
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    PF_CHECK(map_with_limits(c, volume, host->id, true, p));
    return CallOutcome{};
}

// Taking a device away under a mounted datastore means all paths down for everything on it. Steps
// name the datastore by its UUID, undo calls by the device (the UUID is not known beforehand).
Result<void> unmap_guard(OpContext& c, const Params& p) {
    std::optional<DatastoreInfo> datastore;
    if (p.contains("vmfs_uuid")) {
        PF_TRY(datastore, datastore_with_uuid(c, param(p, "vmfs_uuid")));
    } else if (p.contains("device")) {
        PF_TRY(datastore, datastore_on_device(c, param(p, "device")));
    }
    if (!datastore) {
        return {};
    }
    for (const DatastoreMount& mount : datastore->mounts) {
        // Where the step names its host, only that host loses the volume.
        if (mount.mounted && param_or(p, "host_id", mount.host_id) == mount.host_id) {
            return fail(Errc::Conflict,
                        "datastore '{}' is still mounted on host {}; its volume is not unmapped",
                        datastore->name, mount.host_id);
        }
    }
    return {};
}

std::string unmap_nvme_describe(const Params& p) {
    return fmt::format("PowerFlex: unmap volume {} from NVMe host {}",
                       param_or(p, "label", volume_label(p)), param(p, "host"));
}
Commands unmap_nvme_commands(const Params& p) {
    return {fmt::format(
        R"(POST /api/instances/Volume::{}/action/removeMappedHost {{"hostId":"<id of {}>"}})",
        volume_ref(p), param(p, "host"))};
}
std::string unmap_nvme_post(const Params& p) {
    return fmt::format("not mapped to NVMe host {}", param(p, "host"));
}
Result<Observation> unmap_nvme_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    const Result<VolumeInfo> volume = lookup_volume(c, p);
    if (!volume) {
        return is_not_found(volume.error()) ? Result<Observation>(present("no such volume"))
                                            : Result<Observation>(fail(volume.error()));
    }
    if (!host || volume->mapping_of(host->id) == nullptr) {
        return present("not mapped");
    }
    return absent("mapped");
}
Result<CallOutcome> unmap_nvme_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto host, nvme_host_with_nqn(c, param(p, "nqn")));
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    if (host) {
        PF_CHECK(c.powerflex.unmap(volume.id, host->id, true));
    }
    return CallOutcome{};
}

std::string map_sdc_describe(const Params& p) {
    return fmt::format("PowerFlex: map volume {} to SDC {}", param_or(p, "label", volume_label(p)),
                       param(p, "sdc"));
}
Commands map_sdc_commands(const Params& p) {
    return {fmt::format(
        R"(POST /api/instances/Volume::{}/action/addMappedSdc {{"sdcId":"{}","allowMultipleMappings":"TRUE"}})",
        volume_ref(p), param(p, "sdc_id"))};
}
std::string map_sdc_pre(const Params&) { return "the volume has no NVMe mapping (P-PROTO-01)"; }
std::string map_sdc_post(const Params& p) {
    return fmt::format("mapped to SDC {} with its limits", param(p, "sdc"));
}
Result<void> map_sdc_guard(OpContext& c, const Params& p) { return protocol_guard(c, p, false); }
Result<Observation> map_sdc_observe(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    return judge_mapping(volume, param(p, "sdc_id"), p);
}
Result<CallOutcome> map_sdc_execute(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    PF_CHECK(map_with_limits(c, volume, param(p, "sdc_id"), false, p));
    return CallOutcome{};
}

std::string unmap_sdc_describe(const Params& p) {
    return fmt::format("PowerFlex: unmap volume {} from SDC {}",
                       param_or(p, "label", volume_label(p)), param(p, "sdc"));
}
Commands unmap_sdc_commands(const Params& p) {
    return {fmt::format(R"(POST /api/instances/Volume::{}/action/removeMappedSdc {{"sdcId":"{}"}})",
                        volume_ref(p), param(p, "sdc_id"))};
}
std::string unmap_sdc_pre(const Params&) { return "no host has the datastore mounted"; }
std::string unmap_sdc_post(const Params& p) {
    return fmt::format("not mapped to SDC {}", param(p, "sdc"));
}
Result<Observation> unmap_sdc_observe(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    return volume.mapping_of(param(p, "sdc_id")) == nullptr ? present("not mapped")
                                                            : absent("mapped");
}
Result<CallOutcome> unmap_sdc_execute(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    PF_CHECK(c.powerflex.unmap(volume.id, param(p, "sdc_id"), false));
    return CallOutcome{};
}

} // namespace

std::span<const Op> volume_ops() {
    using namespace std::chrono_literals;
    static const std::array<Op, 12> kOps{{
        {"pfhost.add", OpKind::Change, true, 60s, host_add_describe, host_add_commands,
         host_add_pre, host_add_post, host_add_guard, host_add_observe, host_add_execute, nullptr,
         nullptr},
        {"pfhost.remove", OpKind::Change, true, 60s, host_remove_describe, host_remove_commands,
         host_remove_pre, host_remove_post, host_remove_guard, host_remove_observe,
         host_remove_execute, nullptr, nullptr},
        {"pfhost.rename", OpKind::Change, true, 60s, host_rename_describe, host_rename_commands,
         nullptr, host_rename_post, nullptr, host_rename_observe, host_rename_execute, nullptr,
         nullptr},
        {"pfhost.limits", OpKind::Change, true, 60s, host_limits_describe, host_limits_commands,
         nullptr, host_limits_post, nullptr, host_limits_observe, host_limits_execute, nullptr,
         nullptr},
        {"volume.create", OpKind::Change, true, 60s, create_describe, create_commands, create_pre,
         create_post, nullptr, create_observe, create_execute, nullptr, nullptr},
        {"volume.remove", OpKind::Change, true, 60s, remove_describe, remove_commands, remove_pre,
         remove_post, remove_guard, remove_observe, remove_execute, nullptr, nullptr},
        {"snapshot.create", OpKind::Change, true, 120s, snapshot_describe, snapshot_commands,
         snapshot_pre, snapshot_post, nullptr, snapshot_observe, snapshot_execute, nullptr,
         nullptr},
        {"snapshot.restore", OpKind::Renew, true, 300s, restore_describe, restore_commands,
         restore_pre, restore_post, restore_guard, nullptr, restore_execute, nullptr, nullptr},
        {"map.nvme", OpKind::Change, true, 60s, map_nvme_describe, map_nvme_commands, map_nvme_pre,
         map_nvme_post, map_nvme_guard, map_nvme_observe, map_nvme_execute, nullptr, nullptr},
        {"unmap.nvme", OpKind::Change, true, 60s, unmap_nvme_describe, unmap_nvme_commands, nullptr,
         unmap_nvme_post, unmap_guard, unmap_nvme_observe, unmap_nvme_execute, nullptr, nullptr},
        {"map.sdc", OpKind::Change, true, 60s, map_sdc_describe, map_sdc_commands, map_sdc_pre,
         map_sdc_post, map_sdc_guard, map_sdc_observe, map_sdc_execute, nullptr, nullptr},
        {"unmap.sdc", OpKind::Change, true, 60s, unmap_sdc_describe, unmap_sdc_commands,
         unmap_sdc_pre, unmap_sdc_post, unmap_guard, unmap_sdc_observe, unmap_sdc_execute, nullptr,
         nullptr},
    }};
    return kOps;
}

} // namespace pf::nvmetool
