#include "libpf/operations.hpp"

#include "base/json.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace pf::powerflex {
namespace {

constexpr std::size_t kMaxNqnBytes = 223; // NVMe Base specification
constexpr std::uint64_t kMinIopsLimit = 11;
constexpr std::uint64_t kKibPerGib = 1024ULL * 1024;

std::string shell_quoted(std::string_view text) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-.,:/+=@%").find(c) != std::string_view::npos;
    });
    if (plain) {
        return std::string(text);
    }
    std::string out = "'";
    for (char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

std::string named(std::string_view kind, std::string_view name, std::string_view id) {
    return name.empty() ? fmt::format("{} {}", kind, id)
                        : fmt::format("{} {} ({})", kind, name, id);
}
std::string label(const VolumeRef& ref) { return named("volume", ref.name, ref.id.value); }
std::string label(const HostRef& ref, HostKind kind) {
    return named(to_string(kind), ref.name, ref.id.value);
}

template<class Tag>
Result<void> check_id(std::string_view kind, const Id<Tag>& id) {
    if (!is_object_id(id.value)) {
        return fail(Errc::InvalidArgument, "'{}' is not a PowerFlex {} id (16 hex digits)",
                    id.value, kind);
    }
    return {};
}

Result<void> check_name(std::string_view kind, std::string_view name) {
    if (name.empty()) {
        return fail(Errc::InvalidArgument, "the {} has no name", kind);
    }
    if (name.size() > kMaxNameLength) {
        return fail(Errc::InvalidArgument, "the {} name '{}' is longer than {} characters", kind,
                    name, kMaxNameLength);
    }
    const bool printable =
        std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!printable) {
        return fail(Errc::InvalidArgument,
                    "the {} name '{}' holds a space or another character that PowerFlex refuses",
                    kind, name);
    }
    return {};
}

RequestPreview request(std::string path, const json::object& body, std::string scli,
                       std::string summary) {
    return RequestPreview{"POST", std::move(path), json::serialize(body), std::move(scli),
                          std::move(summary)};
}

std::string on_volume(const VolumeRef& volume, std::string_view action) {
    return fmt::format("/api/instances/Volume::{}/action/{}", volume.id.value, action);
}
// Renaming and removal go through the Sdc type for both kinds; the limits exist under Host only.
std::string on_host(std::string_view type, const HostRef& host, std::string_view action) {
    return fmt::format("/api/instances/{}::{}/action/{}", type, host.id.value, action);
}

std::string_view removal_text(RemoveMode mode) {
    switch (mode) {
    case RemoveMode::OnlyMe:
        return "ONLY_ME";
    case RemoveMode::IncludingDescendants:
        return "INCLUDING_DESCENDANTS";
    case RemoveMode::DescendantsOnly:
        return "DESCENDANTS_ONLY";
    case RemoveMode::WholeVtree:
        return "WHOLE_VTREE";
    }
    return "ONLY_ME";
}

std::string_view removal_flags(RemoveMode mode) {
    switch (mode) {
    case RemoveMode::OnlyMe:
        return "";
    case RemoveMode::IncludingDescendants:
        return " --remove_with_descendant_snapshots";
    case RemoveMode::DescendantsOnly:
        return " --remove_descendant_snapshots_only";
    case RemoveMode::WholeVtree:
        return " --remove_entire_snapshot_tree";
    }
    return "";
}

} // namespace

std::string RequestPreview::rest() const {
    return body.empty() ? method + " " + path : method + " " + path + " " + body;
}

std::string RequestPreview::curl(const std::string& endpoint) const {
    return fmt::format("curl --fail-with-body -X {} -H \"Authorization: Bearer $POWERFLEX_TOKEN\" "
                       "-H 'Content-Type: application/json' -d {} {}",
                       method, shell_quoted(body), shell_quoted(endpoint + path));
}

Result<RequestPreview> prepare(const CreateNvmeHost& op) {
    if (!op.nqn.starts_with("nqn.") || op.nqn.size() > kMaxNqnBytes) {
        return fail(Errc::InvalidArgument, "'{}' is not an NVMe qualified name", op.nqn);
    }
    json::object body{{"nqn", op.nqn}};
    std::string scli = "scli --add_nvme_host --nvme_host_nqn " + shell_quoted(op.nqn);
    if (!op.name.empty()) {
        PF_CHECK(check_name("host", op.name));
        body["name"] = op.name;
        scli += " --host_name " + shell_quoted(op.name);
    }
    if (op.max_paths) {
        body["maxNumPaths"] = fmt::to_string(*op.max_paths);
        scli += fmt::format(" --max_num_paths {}", *op.max_paths);
    }
    if (op.max_system_ports) {
        body["maxNumSysPorts"] = fmt::to_string(*op.max_system_ports);
        scli += fmt::format(" --max_num_sys_ports {}", *op.max_system_ports);
    }
    return request("/api/types/Host/instances", body, std::move(scli),
                   fmt::format("register NVMe host {} with NQN {}",
                               op.name.empty() ? "(unnamed)" : op.name, op.nqn));
}

Result<RequestPreview> prepare(const RenameHost& op) {
    PF_CHECK(check_id("host", op.host.id));
    PF_CHECK(check_name("host", op.new_name));
    return request(on_host("Sdc", op.host, "setSdcName"), {{"sdcName", op.new_name}},
                   fmt::format("scli --rename_sdc --sdc_id {} --new_name {}", op.host.id.value,
                               shell_quoted(op.new_name)),
                   fmt::format("rename {} to {}", label(op.host, HostKind::Other), op.new_name));
}

Result<RequestPreview> prepare(const SetHostMaxPaths& op) {
    PF_CHECK(check_id("host", op.host.id));
    if (op.max_paths < 1) {
        return fail(Errc::InvalidArgument, "a host needs at least one path per volume");
    }
    return request(on_host("Host", op.host, "modifyMaxNumPaths"),
                   {{"newMaxNumPaths", fmt::to_string(op.max_paths)}}, "",
                   fmt::format("allow {} paths per volume to {}", op.max_paths,
                               label(op.host, HostKind::Nvme)));
}

Result<RequestPreview> prepare(const SetHostMaxSystemPorts& op) {
    PF_CHECK(check_id("host", op.host.id));
    if (op.max_system_ports < 1) {
        return fail(Errc::InvalidArgument, "a host needs at least one system port");
    }
    return request(on_host("Host", op.host, "modifyMaxNumSysPorts"),
                   {{"newMaxNumSysPorts", fmt::to_string(op.max_system_ports)}}, "",
                   fmt::format("offer {} system ports to {}", op.max_system_ports,
                               label(op.host, HostKind::Nvme)));
}

Result<RequestPreview> prepare(const RemoveHost& op) {
    PF_CHECK(check_id("host", op.host.id));
    std::string scli =
        op.kind == HostKind::Nvme
            ? fmt::format("scli --remove_nvme_host --nvme_host_id {} --i_am_sure", op.host.id.value)
            : fmt::format("scli --remove_sdc --sdc_id {} --i_am_sure", op.host.id.value);
    return request(on_host("Sdc", op.host, "removeSdc"), json::object(), std::move(scli),
                   fmt::format("remove {}", label(op.host, op.kind)));
}

Result<RequestPreview> prepare(const MapVolume& op) {
    PF_CHECK(check_id("volume", op.volume.id));
    PF_CHECK(check_id("host", op.host.id));
    const bool nvme = op.kind == HostKind::Nvme;
    json::object body{{nvme ? "hostId" : "sdcId", op.host.id.value},
                      {"allowMultipleMappings", op.allow_multiple_mappings ? "TRUE" : "FALSE"}};
    std::string scli = nvme ? fmt::format("scli --map_volume_to_host --volume_id {} --host_id {}",
                                          op.volume.id.value, op.host.id.value)
                            : fmt::format("scli --map_volume_to_sdc --volume_id {} --sdc_id {}",
                                          op.volume.id.value, op.host.id.value);
    if (op.allow_multiple_mappings) {
        scli += " --allow_multi_map";
    }
    if (op.access != AccessMode::ReadWrite) {
        body["accessMode"] = std::string(to_string(op.access));
        scli += op.access == AccessMode::ReadOnly ? " --access_mode read_only"
                                                  : " --access_mode no_access";
    }
    return request(on_volume(op.volume, nvme ? "addMappedHost" : "addMappedSdc"), body,
                   std::move(scli),
                   fmt::format("map {} to {}", label(op.volume), label(op.host, op.kind)));
}

Result<RequestPreview> prepare(const UnmapVolume& op) {
    PF_CHECK(check_id("volume", op.volume.id));
    PF_CHECK(check_id("host", op.host.id));
    const bool nvme = op.kind == HostKind::Nvme;
    return request(
        on_volume(op.volume, nvme ? "removeMappedHost" : "removeMappedSdc"),
        {{nvme ? "hostId" : "sdcId", op.host.id.value}},
        nvme ? fmt::format("scli --unmap_volume_from_host --volume_id {} --host_id {} --i_am_sure",
                           op.volume.id.value, op.host.id.value)
             : fmt::format("scli --unmap_volume_from_sdc --volume_id {} --sdc_id {} --i_am_sure",
                           op.volume.id.value, op.host.id.value),
        fmt::format("unmap {} from {}", label(op.volume), label(op.host, op.kind)));
}

Result<RequestPreview> prepare(const SetMappingLimits& op) {
    PF_CHECK(check_id("volume", op.volume.id));
    PF_CHECK(check_id("host", op.host.id));
    if (op.limits.iops != 0 && op.limits.iops < kMinIopsLimit) {
        return fail(
            Errc::InvalidArgument,
            "an IOPS limit of {} is too small: PowerFlex takes {} or more, 0 lifts the limit",
            op.limits.iops, kMinIopsLimit);
    }
    return request(
        on_volume(op.volume, "setMappedSdcLimits"),
        {{"sdcId", op.host.id.value},
         {"bandwidthLimitInKbps", fmt::to_string(op.limits.bandwidth_mib_per_s * 1024)},
         {"iopsLimit", fmt::to_string(op.limits.iops)}},
        fmt::format("scli --set_sdc_volume_limits --volume_id {} --sdc_id {} --iops_limit "
                    "{} --bandwidth_limit_mbps {}",
                    op.volume.id.value, op.host.id.value, op.limits.iops,
                    op.limits.bandwidth_mib_per_s),
        fmt::format("limit {} on {} to {} IOPS, {} MiB/s (0: unlimited)", label(op.volume),
                    label(op.host, HostKind::Other), op.limits.iops,
                    op.limits.bandwidth_mib_per_s));
}

Result<RequestPreview> prepare(const CreateVolume& op) {
    PF_CHECK(check_name("volume", op.name));
    PF_CHECK(check_id("storage pool", op.pool.id));
    if (op.size_kib == 0) {
        return fail(Errc::InvalidArgument, "volume {} has no size", op.name);
    }
    if (op.type != VolumeType::Thin && op.type != VolumeType::Thick) {
        return fail(Errc::InvalidArgument, "volume {} can only be created thin or thick", op.name);
    }
    const bool thin = op.type == VolumeType::Thin;
    const std::uint64_t gib = (op.size_kib + kKibPerGib - 1) / kKibPerGib;
    return request(
        "/api/types/Volume/instances",
        {{"name", op.name},
         {"storagePoolId", op.pool.id.value},
         {"volumeSizeInKb", fmt::to_string(op.size_kib)},
         {"volumeType", thin ? "ThinProvisioned" : "ThickProvisioned"}},
        fmt::format("scli --add_volume --storage_pool_id {} --size_gb {} --volume_name {} {}",
                    op.pool.id.value, gib, shell_quoted(op.name),
                    thin ? "--thin_provisioned" : "--thick_provisioned"),
        fmt::format("create volume {} of {} GiB in {}", op.name, gib,
                    named("storage pool", op.pool.name, op.pool.id.value)));
}

Result<RequestPreview> prepare(const RenameVolume& op) {
    PF_CHECK(check_id("volume", op.volume.id));
    PF_CHECK(check_name("volume", op.new_name));
    return request(on_volume(op.volume, "setVolumeName"), {{"newName", op.new_name}},
                   fmt::format("scli --rename_volume --volume_id {} --new_name {}",
                               op.volume.id.value, shell_quoted(op.new_name)),
                   fmt::format("rename {} to {}", label(op.volume), op.new_name));
}

Result<RequestPreview> prepare(const ResizeVolume& op) {
    PF_CHECK(check_id("volume", op.volume.id));
    if (op.new_size_gib == 0) {
        return fail(Errc::InvalidArgument, "{} can't be resized to nothing", label(op.volume));
    }
    return request(on_volume(op.volume, "setVolumeSize"),
                   {{"sizeInGB", fmt::to_string(op.new_size_gib)}},
                   fmt::format("scli --modify_volume_capacity --volume_id {} --size_gb {}",
                               op.volume.id.value, op.new_size_gib),
                   fmt::format("grow {} to {} GiB", label(op.volume), op.new_size_gib));
}

Result<RequestPreview> prepare(const RemoveVolume& op) {
    PF_CHECK(check_id("volume", op.volume.id));
    return request(on_volume(op.volume, "removeVolume"),
                   {{"removeMode", std::string(removal_text(op.mode))}},
                   fmt::format("scli --remove_volume --volume_id {}{} --i_am_sure",
                               op.volume.id.value, removal_flags(op.mode)),
                   fmt::format("remove {} ({})", label(op.volume), removal_text(op.mode)));
}

Result<RequestPreview> prepare(const CreateSnapshots& op) {
    PF_CHECK(check_id("system", op.system));
    if (op.items.empty()) {
        return fail(Errc::InvalidArgument, "no volume to take a snapshot of");
    }
    json::array definitions;
    std::string ids;
    std::string names;
    std::string what;
    for (const SnapshotItem& item : op.items) {
        PF_CHECK(check_id("volume", item.volume.id));
        PF_CHECK(check_name("snapshot", item.snapshot_name));
        definitions.emplace_back(
            json::object{{"volumeId", item.volume.id.value}, {"snapshotName", item.snapshot_name}});
        const char* comma = ids.empty() ? "" : ",";
        ids += comma + item.volume.id.value;
        names += comma + item.snapshot_name;
        what += fmt::format("{}{} as {}", ids.size() == item.volume.id.value.size() ? "" : ", ",
                            label(item.volume), item.snapshot_name);
    }
    return request(
        fmt::format("/api/instances/System::{}/action/snapshotVolumes", op.system.value),
        {{"snapshotDefs", std::move(definitions)},
         {"accessModeLimit", op.read_only ? "ReadOnly" : "ReadWrite"}},
        fmt::format("scli --snapshot_volume --volume_id {} --snapshot_name {} --access_mode {}",
                    ids, shell_quoted(names), op.read_only ? "read_only" : "read_write"),
        "take a snapshot of " + what);
}

Result<RequestPreview> prepare(const OverwriteVolume& op) {
    PF_CHECK(check_id("volume", op.volume.id));
    PF_CHECK(check_id("volume", op.source.id));
    if (op.volume.id == op.source.id) {
        return fail(Errc::InvalidArgument, "{} can't be overwritten with itself", label(op.volume));
    }
    return request(
        on_volume(op.volume, "overwriteVolumeContent"), {{"srcVolumeId", op.source.id.value}},
        fmt::format("scli --overwrite_volume_content --source_vol_id {} "
                    "--destination_vol_id {} --i_am_sure",
                    op.source.id.value, op.volume.id.value),
        fmt::format("overwrite {} with the content of {}", label(op.volume), label(op.source)));
}

Result<RequestPreview> prepare(const RemoveSnapshotGroup& op) {
    PF_CHECK(check_id("system", op.system));
    PF_CHECK(check_id("snapshot group", op.group));
    return request(
        fmt::format("/api/instances/System::{}/action/removeConsistencyGroupSnapshots",
                    op.system.value),
        {{"snapGroupId", op.group.value}},
        fmt::format("scli --remove_consistency_group_snapshots --consistency_group_id {} "
                    "--i_am_sure",
                    op.group.value),
        fmt::format("remove the snapshots of group {}", op.group.value));
}

} // namespace pf::powerflex
