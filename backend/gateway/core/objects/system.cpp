// System: one per installation; snapshots, SDC approval, limits and MDM cluster hang on it.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr std::string_view kDefaultWindows = "null";

constexpr auto kProperties = std::to_array<Property>({
    {"perfProfile", PropertyType::Text, "HighPerformance"},
    {"swid", PropertyType::Text, ""},
    {"enterpriseFeaturesEnabled", PropertyType::Bool, "true"},
    {"isInitialLicense", PropertyType::Bool, "true"},
    {"showGuid", PropertyType::Bool, "true"},
    {"cliPasswordAllowed", PropertyType::Bool, "true"},
    {"managementClientSecureCommunicationEnabled", PropertyType::Bool, "true"},
    {"defragmentationEnabled", PropertyType::Bool, "true"},
    {"remoteReadOnlyLimitState", PropertyType::Bool, "false"},
    {"defaultIsVolumeObfuscated", PropertyType::Bool, "false"},
    {"capacityAlertHighThresholdPercent", PropertyType::Integer, "80"},
    {"capacityAlertCriticalThresholdPercent", PropertyType::Integer, "90"},
    {"upgradeState", PropertyType::Text, "NoUpgrade"},
    {"mdmManagementPort", PropertyType::Integer, "8611"},
    {"mdmExternalPort", PropertyType::Integer, "7612"},
    {"tlsVersion", PropertyType::Text, "TLSv1.2"},
    {"authenticationMethod", PropertyType::Text, "Native"},
    {"mdmToSdsPolicy", PropertyType::Text, "None"},
    {"mdmSecurityPolicy", PropertyType::Text, "None"},
    {"addressSpaceUsage", PropertyType::Text, "Normal"},
    {"lastUpgradeTime", PropertyType::Integer, "0"},
    {"lastRealignNetPathTime", PropertyType::Integer, "0"},
    {"realignNetPathInterval", PropertyType::Integer, "0"},
    {"sdcSdsNetworkDisconnectionsCounterParameters", PropertyType::Text, kDefaultWindows},
});

struct Limit {
    std::string_view type;
    std::string_view description;
    std::string_view max;
};
constexpr auto kLimits = std::to_array<Limit>({
    {"volumeSizeGb", "Maximum volume size (GB)", "1048576"},
    {"volumes", "Maximum volumes and snapshots in the system", "131072"},
    {"snapshots", "Maximum snapshots in the system", "133120"},
    {"vtrees", "Maximum V-Trees in the system", "131072"},
    {"volumePerVtree", "Maximum volumes in a V-Tree", "127"},
    {"volumesPerSdc", "Maximum volumes mapped to an SDC", "8192"},
    {"volumesPerNvmeHost", "Maximum volumes mapped to an NVMe host", "8192"},
    {"volumesPerProtectionDomain", "Maximum volumes in a protection domain", "32768"},
    {"protectionDomains", "Maximum protection domains", "256"},
    {"storagePools", "Maximum storage pools", "1024"},
    {"sdss", "Maximum SDSs", "512"},
    {"sdcs", "Maximum SDCs", "2048"},
    {"nvmeHosts", "Maximum NVMe hosts", "1024"},
    {"sdts", "Maximum SDTs", "512"},
    {"sdtsPerProtectionDomain", "Maximum SDTs in a protection domain", "128"},
    {"devicesPerSds", "Maximum devices of an SDS", "64"},
    {"devicePerStoragePool", "Maximum devices of a storage pool", "300"},
    {"ipPerSdt", "Maximum IP addresses of an SDT", "8"},
    {"ipPerHost", "Maximum IP addresses of a host", "8"},
    {"pathsPerVolume", "Maximum paths of a volume", "8"},
    {"connectionsPerHostPerProtectionDomain",
     "Maximum connections of a host to a protection domain", "128"},
    {"ioControllersPerSdt", "Maximum I/O controllers of an SDT", "512"},
    {"ioControllersPerSystem", "Maximum I/O controllers", "65519"},
    {"ioControllersNumQueues", "Maximum queues of an I/O controller", "32"},
    {"ioControllersQueueDepth", "Maximum queue depth of an I/O controller", "128"},
    {"sessions", "Maximum sessions", "128"},
    {"users", "Maximum users", "256"},
});

json::object cluster(const View& view) {
    const std::string id = map::hex16(view.all().system.id);
    json::array ips;
    for (const std::string& ip : view.facts().mdm_ips) {
        ips.emplace_back(json::string(ip));
    }
    json::object master{
        {"id", id},
        {"name", "mdm1"},
        {"ips", ips},
        {"managementIPs", ips},
        {"port", view.facts().mdm_port},
        {"role", "Manager"},
        {"status", "Normal"},
        {"versionInfo", json::string(version_text(view, view.all().system.mdm_version))},
        {"opensslVersion", "N/A"},
        {"virtualInterfaces", json::array()}};
    return {{"id", id},
            {"name", nullptr},
            {"clusterState", "ClusteredNormal"},
            {"clusterMode", "SingleNode"},
            {"goodNodesNum", 1},
            {"goodReplicasNum", 1},
            {"virtualIps", json::array()},
            {"perfProfile", "HighPerformance"},
            {"master", std::move(master)},
            {"slaves", json::array()},
            {"tieBreakers", json::array()},
            {"standbyMDMs", json::array()}};
}

json::object counter_window() {
    const auto window = [](int threshold, int seconds) {
        return json::object{{"threshold", threshold}, {"windowSizeInSec", seconds}};
    };
    return {{"shortWindow", window(300, 60)},
            {"mediumWindow", window(500, 3600)},
            {"longWindow", window(700, 86400)}};
}

json::object render(const View& view, std::uint64_t) {
    const mdm::System& system = view.all().system;
    json::object out{{"id", map::hex16(system.id)},
                     {"name", text_or_null(system.name)},
                     {"installId", map::hex16(system.install_id)},
                     {"systemVersionName", fmt::format("DellEMC PowerFlex Version: {}",
                                                       version_text(view, system.mdm_version))},
                     {"systemNqn", system.nqn},
                     {"daysInstalled", 0},
                     {"maxCapacityInGb", "Unlimited"},
                     {"capacityTimeLeftInDays", "Unlimited"},
                     {"restrictedSdcModeEnabled", system.restricted_sdc_mode != "None"},
                     {"restrictedSdcMode", system.restricted_sdc_mode}};
    add_properties(out, kProperties, system.properties);
    for (const char* name :
         {"sdcMdmNetworkDisconnectionsCounterParameters",
          "sdcSdsNetworkDisconnectionsCounterParameters",
          "sdcMemoryAllocationFailuresCounterParameters",
          "sdcSocketAllocationFailuresCounterParameters", "sdcLongOperationsCounterParameters"}) {
        out[name] = counter_window();
    }
    out["sdcSdsConnectivityInfo"] = json::object{{"sdcSdsConnectivityStatus", "AllConnected"},
                                                 {"disconnectedSdcId", nullptr},
                                                 {"disconnectedSdcName", nullptr},
                                                 {"disconnectedSdsId", nullptr},
                                                 {"disconnectedSdsName", nullptr},
                                                 {"disconnectedSdsIp", nullptr}};
    out["mdmCluster"] = cluster(view);
    return out;
}

json::object statistics(const View& view, std::uint64_t) {
    const mdm::Snapshot& all = view.all();
    json::object out;
    for (const mdm::StoragePool& pool : all.storage_pools) {
        for (const auto& [name, value] : storage_pool_type().statistics(view, pool.id.value)) {
            if (value.is_uint64() || value.is_int64()) {
                const std::int64_t so_far =
                    out.contains(name) ? out[name].to_number<std::int64_t>() : 0;
                out[name] = so_far + value.to_number<std::int64_t>();
            }
        }
    }
    out["numOfProtectionDomains"] = all.protection_domains.size();
    out["numOfStoragePools"] = all.storage_pools.size();
    out["numOfFaultSets"] = all.fault_sets.size();
    out["numOfSds"] = all.sds.size();
    out["numOfSdc"] = all.sdcs.size();
    out["numOfDevices"] = all.devices.size();
    return out;
}

// ---- actions
// ---------------------------------------------------------------------------------------

ApiResult<mdm::AccessMode> access_limit(const Input& in) {
    const std::string text = in.text("accessModeLimit");
    if (text.empty() || text == "ReadWrite") {
        return mdm::AccessMode::ReadWrite; // clients that clone by snapshot expect to write
    }
    if (text == "ReadOnly") {
        return mdm::AccessMode::ReadOnly;
    }
    return bad_request(
        "Request message is not valid: accessModeLimit must be ReadWrite or ReadOnly.");
}

Reply snapshot_volumes(const Call& call) {
    const auto definitions = call.in.fields().objects("snapshotDefs");
    if (definitions.empty()) {
        return missing_parameter("snapshotDefs");
    }
    PF_GW_TRY(const mdm::AccessMode limit, access_limit(call.in));
    std::vector<mdm::SnapshotItem> items;
    for (const json::object* definition : definitions) {
        const Input item(*definition);
        PF_GW_TRY(const std::uint64_t volume, item.id("volumeId"));
        PF_GW_TRY(std::string name, checked_name(item.text("snapshotName")));
        items.push_back({mdm::VolumeId{volume}, std::move(name)});
    }
    auto group = call.mdm.snapshot(items, limit, {});
    if (!group) {
        ApiError error = to_api_error(std::move(group).error());
        // Cinder reads the reason from details[0].rc here, and only here.
        const auto* info = powerflex::find_mdm_error(error.code);
        error.details.push_back(
            {info != nullptr ? std::string(info->symbol) : "ERROR", error.code, error.message});
        return tl::unexpected<ApiError>(std::move(error));
    }
    json::array ids;
    for (const mdm::VolumeId id : group->volumes) {
        ids.emplace_back(map::hex16(id));
    }
    return json::value(json::object{{"volumeIdList", std::move(ids)},
                                    {"snapshotGroupId", map::hex16(group->group)}});
}

Reply remove_group(const Call& call) {
    PF_GW_TRY(const std::uint64_t group, call.in.id("snapGroupId"));
    PF_GW_TRY(const std::uint32_t count, call.mdm.remove_snapshot_group(group));
    return json::value(json::object{{"numberOfVolumes", count}});
}

Reply approve_sdc(const Call& call) {
    std::string ip = call.in.text("sdcIp");
    if (const auto ips = call.in.fields().strings("sdcIps"); ip.empty() && !ips.empty()) {
        ip = ips.front();
    }
    const std::string guid = call.in.text("sdcGuid");
    if (guid.empty() && ip.empty()) {
        return missing_parameter("sdcGuid");
    }
    PF_GW_TRY(std::string name, checked_name(call.in.text("name")));
    PF_GW_TRY(const mdm::SdcId id, call.mdm.approve_sdc(guid, ip, name));
    return created(id.value);
}

Reply restricted_mode(const Call& call) {
    PF_GW_TRY(const std::string mode, call.in.required("restrictedSdcMode"));
    PF_GW_CHECK(call.mdm.set_restricted_sdc_mode(mode));
    return done();
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("newName"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::System, call.view.all().system.id.value, name));
    return done();
}

Reply query_limits(const Call&) {
    json::array entries;
    for (const Limit& limit : kLimits) {
        entries.emplace_back(json::object{{"type", json::string(limit.type)},
                                          {"description", json::string(limit.description)},
                                          {"maxVal", json::string(limit.max)}});
    }
    return json::value(json::object{{"systemLimitEntryList", std::move(entries)}});
}

Reply query_cluster(const Call& call) { return json::value(cluster(call.view)); }

constexpr auto kActions = std::to_array<Action>({
    {"snapshotVolumes", snapshot_volumes},
    {"removeConsistencyGroupSnapshots", remove_group},
    {"approveSdc", approve_sdc},
    {"setRestrictedSdcMode", restricted_mode},
    {"setSystemName", rename},
    {"renameSystem", rename},
    {"setMdmPerformanceParameters", nullptr, "perfProfile"},
    {"querySystemLimits", query_limits, {}, true},
    {"queryMdmCluster", query_cluster, {}, true},
});

constexpr auto kRelationships = std::to_array<Relationship>({
    {"ProtectionDomain",
     [](const View& v, std::uint64_t) {
         return render_list(protection_domain_type(), v, protection_domain_type().list(v));
     }},
    {"Sdc",
     [](const View& v, std::uint64_t) { return render_list(sdc_type(), v, sdc_type().list(v)); }},
    {"User", [](const View&, std::uint64_t) { return json::value(json::array()); }},
});

} // namespace

const ObjectType& system_type() {
    static const ObjectType kType{
        .name = "System",
        .list_name = "System",
        .kind = mdm::ObjectKind::System,
        .not_found = MdmError::NotFound,
        .list = [](const View& v) { return Ids{v.all().system.id.value}; },
        .exists = [](const View& v, std::uint64_t id) { return v.all().system.id.value == id; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t) { return std::string_view(v.all().system.name); },
        .statistics = statistics,
        .properties = kProperties,
        .relationships = kRelationships,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
