#include "libpf/model_json.hpp"

#include "libpf/json_fields.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <tuple>

namespace pf::powerflex {
namespace {

AccessMode access_mode(std::string_view text) {
    if (text == "ReadOnly") {
        return AccessMode::ReadOnly;
    }
    return text == "NoAccess" ? AccessMode::NoAccess : AccessMode::ReadWrite;
}

HostKind host_kind(std::string_view text) {
    if (text.empty() || text == "SdcHost") {
        return HostKind::Sdc;
    }
    return text == "NVMeHost" ? HostKind::Nvme : HostKind::Other;
}

VolumeType volume_type(std::string_view text) {
    if (text == "ThinProvisioned") {
        return VolumeType::Thin;
    }
    if (text == "ThickProvisioned") {
        return VolumeType::Thick;
    }
    return text == "Snapshot" ? VolumeType::Snapshot : VolumeType::Other;
}

std::vector<IpRole> ip_roles(const Fields& fields) {
    std::vector<IpRole> out;
    for (const json::object* item : fields.objects("ipList")) {
        const Fields entry(*item);
        out.push_back({entry.str("ip"), entry.str("role")});
    }
    return out;
}

MdmNode mdm_node(const json::object& object) {
    const Fields fields(object);
    MdmNode node;
    node.id = fields.str("id");
    node.name = fields.str("name");
    node.ips = fields.strings("ips");
    node.role = fields.str("role");
    node.status = fields.str("status");
    node.version_info = fields.str("versionInfo");
    return node;
}

MdmCluster mdm_cluster(const json::object& object) {
    const Fields fields(object);
    MdmCluster cluster;
    cluster.mode = fields.str("clusterMode");
    cluster.state = fields.str("clusterState");
    cluster.good_nodes = fields.i64("goodNodesNum");
    cluster.good_replicas = fields.i64("goodReplicasNum");
    if (const json::object* master = fields.object("master")) {
        cluster.primary = mdm_node(*master);
    }
    for (const json::object* node : fields.objects("slaves")) {
        cluster.secondaries.push_back(mdm_node(*node));
    }
    for (const json::object* node : fields.objects("tieBreakers")) {
        cluster.tie_breakers.push_back(mdm_node(*node));
    }
    return cluster;
}

void read(const Fields& f, System& out) {
    out.id = SystemId(f.str("id"));
    out.name = f.str("name");
    out.install_id = f.str("installId");
    out.version_name = f.str("systemVersionName");
    out.nqn = f.str("systemNqn");
    out.restricted_sdc_mode = f.str("restrictedSdcMode");
    if (const json::object* cluster = f.object("mdmCluster")) {
        out.mdm_cluster = mdm_cluster(*cluster);
    }
}

void read(const Fields& f, ProtectionDomain& out) {
    out.id = ProtectionDomainId(f.str("id"));
    out.name = f.str("name");
    out.system = SystemId(f.str("systemId"));
    out.state = f.str("protectionDomainState");
}

void read(const Fields& f, StoragePool& out) {
    out.id = StoragePoolId(f.str("id"));
    out.name = f.str("name");
    out.protection_domain = ProtectionDomainId(f.str("protectionDomainId"));
    out.media_type = f.str("mediaType");
    out.data_layout = f.str("dataLayout");
    out.zero_padding = f.boolean("zeroPaddingEnabled");
    out.spare_percentage = f.i64("sparePercentage");
}

void read(const Fields& f, Sds& out) {
    out.id = SdsId(f.str("id"));
    out.name = f.str("name");
    out.protection_domain = ProtectionDomainId(f.str("protectionDomainId"));
    out.fault_set = FaultSetId(f.str("faultSetId"));
    out.ips = ip_roles(f);
    out.port = f.u16("port");
    out.state = f.str("sdsState");
    out.membership_state = f.str("membershipState");
    out.mdm_connection_state = f.str("mdmConnectionState");
    out.maintenance_state = f.str("maintenanceState");
}

void read(const Fields& f, Device& out) {
    out.id = DeviceId(f.str("id"));
    out.name = f.str("name");
    out.sds = SdsId(f.str("sdsId"));
    out.storage_pool = StoragePoolId(f.str("storagePoolId"));
    out.path = f.str("deviceCurrentPathName");
    out.state = f.str("deviceState");
    out.error_state = f.str("errorState");
    out.max_capacity_kib = f.u64("maxCapacityInKb");
}

void read(const Fields& f, Sdt& out) {
    out.id = SdtId(f.str("id"));
    out.name = f.str("name");
    out.system = SystemId(f.str("systemId"));
    out.protection_domain = ProtectionDomainId(f.str("protectionDomainId"));
    out.ips = ip_roles(f);
    out.storage_port = f.u16("storagePort");
    out.nvme_port = f.u16("nvmePort");
    out.discovery_port = f.u16("discoveryPort");
    out.state = f.str("sdtState");
    out.membership_state = f.str("membershipState");
    out.mdm_connection_state = f.str("mdmConnectionState");
    out.maintenance_state = f.str("maintenanceState");
}

void read(const Fields& f, AnyHost& out) {
    out.kind = host_kind(f.str("hostType"));
    const HostId id(f.str("id"));
    out.sdc.id = id;
    out.nvme.id = id;
    out.sdc.name = f.str("name");
    out.nvme.name = out.sdc.name;
    out.sdc.guid = f.str("sdcGuid");
    out.sdc.ips = f.strings("sdcIps");
    const std::string ip = f.str("sdcIp");
    if (out.sdc.ips.empty() && !ip.empty() && ip != "N/A") {
        out.sdc.ips.push_back(ip);
    }
    out.sdc.os_type = f.str("osType");
    out.sdc.mdm_connection_state = f.str("mdmConnectionState");
    out.sdc.version_info = f.str("versionInfo");
    out.sdc.approved = f.boolean("sdcApproved");
    out.nvme.nqn = f.str("nqn");
    out.nvme.max_paths = f.i64("maxNumPaths");
    out.nvme.max_system_ports = f.i64("maxNumSysPorts");
}

void read(const Fields& f, NvmeController& out) {
    out.id = f.str("id");
    out.sdt = SdtId(f.str("sdtId"));
    out.host = HostId(f.str("hostId"));
    out.host_ip = f.str("hostIp");
    out.target_ip = f.str("sysPortIp");
    out.controller_id = f.i64("controllerId");
    out.connected = f.boolean("isConnected");
    out.subsystem = f.str("subsystem");
}

Mapping mapping(const json::object& object) {
    const Fields f(object);
    Mapping out;
    out.host = HostId(f.str("sdcId"));
    out.host_name = f.str("sdcName");
    out.host_ip = f.str("sdcIp");
    out.nqn = f.str("nqn");
    out.kind = host_kind(f.str("hostType"));
    // An early 4.x leaves hostType out of the mapping but gives the NQN.
    if (!f.has("hostType") && !out.nqn.empty()) {
        out.kind = HostKind::Nvme;
    }
    out.access = access_mode(f.str("accessMode"));
    out.limits.iops = f.u64("limitIops");
    out.limits.bandwidth_mib_per_s = f.u64("limitBwInMbps");
    return out;
}

void read(const Fields& f, Volume& out) {
    out.id = VolumeId(f.str("id"));
    out.name = f.str("name");
    out.size_kib = f.u64("sizeInKb");
    out.type = volume_type(f.str("volumeType"));
    out.storage_pool = StoragePoolId(f.str("storagePoolId"));
    out.vtree = VtreeId(f.str("vtreeId"));
    out.ancestor = VolumeId(f.str("ancestorVolumeId"));
    out.consistency_group = SnapshotGroupId(f.str("consistencyGroupId"));
    out.creation_time_s = f.i64("creationTime");
    const std::uint64_t nsid = f.u64("nsid");
    out.nsid = nsid <= 0xffffffffU ? static_cast<std::uint32_t>(nsid) : 0;
    out.access_mode_limit = f.str("accessModeLimit");
    out.replication_state = f.str("volumeReplicationState");
    for (const json::object* item : f.objects("mappedSdcInfo")) {
        out.mappings.push_back(mapping(*item));
    }
}

template<class T>
constexpr std::string_view kTypeName = "object";
template<>
constexpr std::string_view kTypeName<System> = "System";
template<>
constexpr std::string_view kTypeName<ProtectionDomain> = "ProtectionDomain";
template<>
constexpr std::string_view kTypeName<StoragePool> = "StoragePool";
template<>
constexpr std::string_view kTypeName<Sds> = "Sds";
template<>
constexpr std::string_view kTypeName<Device> = "Device";
template<>
constexpr std::string_view kTypeName<Sdt> = "Sdt";
template<>
constexpr std::string_view kTypeName<AnyHost> = "Host";
template<>
constexpr std::string_view kTypeName<NvmeController> = "NvmeController";
template<>
constexpr std::string_view kTypeName<Volume> = "Volume";

template<class T>
Result<T> decode_value(const json::value& value) {
    if (!value.is_object()) {
        return fail(Errc::Protocol, "PowerFlex sent something else than a {} object", kTypeName<T>);
    }
    const Fields fields(value.get_object());
    if (fields.str("id").empty()) {
        return fail(Errc::Protocol, "PowerFlex sent a {} object without an id", kTypeName<T>);
    }
    T out;
    read(fields, out);
    return out;
}

Result<json::value> parse_reply(std::string_view text) {
    auto value = parse_json(text);
    if (!value) {
        return fail(Errc::Protocol, "PowerFlex sent an answer that is not JSON: {}",
                    value.error().what);
    }
    return value;
}

// Cluster-wide sums are text in some versions; only whole numbers count.
std::optional<std::uint64_t> number_of(const json::value& value) {
    const auto number = lenient_integer(value);
    if (!number || *number < 0) {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(*number);
}

} // namespace

template<class T>
Result<T> decode(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    return decode_value<T>(value);
}

template<class T>
Result<std::vector<T>> decode_list(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    if (!value.is_array()) {
        return fail(Errc::Protocol, "PowerFlex sent something else than a list of {}",
                    kTypeName<T>);
    }
    std::vector<T> out;
    out.reserve(value.get_array().size());
    for (const json::value& item : value.get_array()) {
        PF_TRY(T decoded, decode_value<T>(item));
        out.push_back(std::move(decoded));
    }
    return out;
}

#define PF_INSTANTIATE_MODEL(Type)                                                                 \
    template Result<Type> decode<Type>(std::string_view);                                          \
    template Result<std::vector<Type>> decode_list<Type>(std::string_view);
PF_INSTANTIATE_MODEL(System)
PF_INSTANTIATE_MODEL(ProtectionDomain)
PF_INSTANTIATE_MODEL(StoragePool)
PF_INSTANTIATE_MODEL(Sds)
PF_INSTANTIATE_MODEL(Device)
PF_INSTANTIATE_MODEL(Sdt)
PF_INSTANTIATE_MODEL(AnyHost)
PF_INSTANTIATE_MODEL(NvmeController)
PF_INSTANTIATE_MODEL(Volume)
#undef PF_INSTANTIATE_MODEL

Result<ApiVersion> decode_version(std::string_view text) {
    std::string version(text);
    std::erase_if(version, [](char c) {
        return c == '"' || c == ' ' || c == '\r' || c == '\n' || c == '\t';
    });
    ApiVersion out;
    const char* end = version.data() + version.size();
    auto [dot, error] = std::from_chars(version.data(), end, out.major);
    if (error != std::errc{}) {
        return fail(Errc::Protocol, "the endpoint names no PowerFlex version: '{}'",
                    version.substr(0, 40));
    }
    if (dot != end) {
        auto [rest, minor_error] = std::from_chars(dot + 1, end, out.minor);
        if (*dot != '.' || minor_error != std::errc{} || (rest != end && *rest != '.')) {
            return fail(Errc::Protocol, "the endpoint names no PowerFlex version: '{}'",
                        version.substr(0, 40));
        }
    }
    return out;
}

Result<std::string> decode_string(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    if (value.is_null()) {
        return std::string();
    }
    if (!value.is_string()) {
        return fail(Errc::Protocol, "PowerFlex sent something else than a text");
    }
    return std::string(value.get_string());
}

Result<std::string> decode_created_id(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    std::string id = value.is_object() ? Fields(value.get_object()).str("id") : std::string();
    if (id.empty()) {
        return fail(Errc::Protocol, "PowerFlex created an object but did not name its id");
    }
    return id;
}

Result<SnapshotResult> decode_snapshot_result(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    if (!value.is_object()) {
        return fail(Errc::Protocol, "PowerFlex sent something else than a snapshot result");
    }
    const Fields fields(value.get_object());
    SnapshotResult out;
    out.group = SnapshotGroupId(fields.str("snapshotGroupId"));
    for (std::string& id : fields.strings("volumeIdList")) {
        out.snapshots.emplace_back(std::move(id));
    }
    return out;
}

Result<std::vector<SystemLimit>> decode_limits(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    if (!value.is_object()) {
        return fail(Errc::Protocol, "PowerFlex sent something else than its limits");
    }
    const Fields fields(value.get_object());
    std::vector<SystemLimit> out;
    for (const json::object* item : fields.objects("systemLimitEntryList")) {
        const Fields entry(*item);
        SystemLimit limit;
        limit.type = entry.str("type");
        limit.description = entry.str("description");
        if (const json::value* max = entry.find("maxVal")) {
            limit.max = number_of(*max);
        }
        out.push_back(std::move(limit));
    }
    return out;
}

Result<StoragePoolCapacity> decode_pool_capacity(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    if (!value.is_object()) {
        return fail(Errc::Protocol, "PowerFlex sent something else than statistics");
    }
    const Fields f(value.get_object());
    StoragePoolCapacity out;
    out.max_kib = f.u64("maxCapacityInKb");
    out.spare_kib = f.u64("spareCapacityInKb");
    out.in_use_kib = f.u64("capacityInUseInKb");
    out.net_unused_kib = f.u64("netUnusedCapacityInKb");
    out.available_for_volumes_kib = f.u64("capacityAvailableForVolumeAllocationInKb");
    out.allocation_limit_kib = f.u64("volumeAllocationLimitInKb", out.available_for_volumes_kib);
    out.degraded_healthy_kib = f.u64("degradedHealthyCapacityInKb");
    out.degraded_failed_kib = f.u64("degradedFailedCapacityInKb");
    out.failed_kib = f.u64("failedCapacityInKb");
    out.rebuilding_kib = f.u64("fwdRebuildCapacityInKb") + f.u64("bckRebuildCapacityInKb") +
                         f.u64("pendingFwdRebuildCapacityInKb") +
                         f.u64("pendingBckRebuildCapacityInKb");
    for (const char* name : {"userDataSdcReadLatency", "userDataSdcWriteLatency",
                             "targetReadLatency", "targetWriteLatency"}) {
        if (const json::value* counter = value.get_object().if_contains(name);
            counter != nullptr && counter->is_object()) {
            const Fields latency(counter->get_object());
            out.operations += latency.u64("numOccured");
            out.latency_us_sum += latency.u64("totalWeightInKb"); // microseconds, despite its name
        }
    }
    return out;
}

Result<TokenReply> decode_tokens(std::string_view text) {
    PF_TRY(const json::value value, parse_reply(text));
    if (!value.is_object()) {
        return fail(Errc::Protocol, "the login answer is not an object");
    }
    const Fields f(value.get_object());
    TokenReply out;
    out.access_token = f.str("access_token");
    out.refresh_token = f.str("refresh_token");
    out.expires_in_s = f.i64("expires_in");
    out.refresh_expires_in_s = f.i64("refresh_expires_in");
    if (out.access_token.empty()) {
        return fail(Errc::Protocol, "the login answer holds no access token");
    }
    return out;
}

} // namespace pf::powerflex
