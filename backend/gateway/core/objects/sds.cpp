// Sds: a data server.
#include "backend/gateway/core/object_type.hpp"
#include "backend/gateway/core/words.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"drlMode", PropertyType::Text, "Volatile"},
    {"configuredDrlMode", PropertyType::Text, "Volatile"},
    {"rmcacheEnabled", PropertyType::Bool, "false"},
    {"rmcacheSizeInKb", PropertyType::Integer, "131072"},
    {"rmcacheFrozen", PropertyType::Bool, "false"},
    {"rmcacheMemoryAllocationState", PropertyType::Text, "RmcacheDisabled"},
    {"onVmWare", PropertyType::Bool, "false"},
    {"numOfIoBuffers", PropertyType::Integer, "null"},
    {"perfProfile", PropertyType::Text, "HighPerformance"},
    {"maintenanceState", PropertyType::Text, "NoMaintenance"},
    {"maintenanceType", PropertyType::Text, "NoMaintenance"},
    {"rfcacheEnabled", PropertyType::Bool, "false"},
    {"rfcacheErrorLowResources", PropertyType::Bool, "false"},
    {"rfcacheErrorApiVersionMismatch", PropertyType::Bool, "false"},
    {"rfcacheErrorInconsistentCacheConfiguration", PropertyType::Bool, "false"},
    {"rfcacheErrorInconsistentSourceConfiguration", PropertyType::Bool, "false"},
    {"rfcacheErrorInvalidDriverPath", PropertyType::Bool, "false"},
    {"rfcacheErrorDeviceDoesNotExist", PropertyType::Bool, "false"},
    {"authenticationError", PropertyType::Text, "None"},
    {"fglNumConcurrentWrites", PropertyType::Integer, "1000"},
    {"fglMetadataCacheState", PropertyType::Text, "Disabled"},
    {"fglMetadataCacheSize", PropertyType::Integer, "0"},
    {"lastUpgradeTime", PropertyType::Integer, "0"},
    {"sdsDecoupled", PropertyType::Text, "null"},
    {"sdsConfigurationFailure", PropertyType::Text, "null"},
    {"sdsReceiveBufferAllocationFailures", PropertyType::Text, "null"},
    {"raidControllers", PropertyType::Text, "null"},
    {"certificateInfo", PropertyType::Text, "null"},
});

constexpr Words<mdm::SdsIpRole, 3> kRoles("a role", {{mdm::SdsIpRole::All, "all"},
                                                     {mdm::SdsIpRole::SdsOnly, "sdsOnly"},
                                                     {mdm::SdsIpRole::SdcOnly, "sdcOnly"}});

Ids devices_of(const View& view, std::uint64_t sds) {
    return View::ids_if(view.all().devices,
                        [&](const mdm::Device& d) { return d.sds.value == sds; });
}

json::object render(const View& view, std::uint64_t id) {
    const mdm::Sds& sds = *view.sds(id);
    json::array ips;
    for (const mdm::SdsIp& ip : sds.ips) {
        ips.emplace_back(json::object{{"ip", ip.ip}, {"role", json::string(kRoles.text(ip.role))}});
    }
    json::object out{
        {"id", map::hex16(sds.id)},
        {"name", text_or_null(sds.name)},
        {"protectionDomainId", map::hex16(sds.protection_domain)},
        {"faultSetId", id_or_null(sds.fault_set.value)},
        {"ipList", std::move(ips)},
        {"port", sds.port},
        {"sdsState", "Normal"},
        {"membershipState", sds.joined ? "Joined" : "Decoupled"},
        {"mdmConnectionState", sds.connected ? "Connected" : "Disconnected"},
        {"softwareVersionInfo", json::string(version_text(view, sds.software_version))},
        {"numRestarts", sds.restarts}};
    add_properties(out, kProperties, sds.properties);
    return out;
}

json::object statistics(const View& view, std::uint64_t id) {
    std::uint64_t capacity = 0;
    std::uint64_t used = 0;
    json::array ids;
    for (const std::uint64_t device_id : devices_of(view, id)) {
        const mdm::Device& device = *View::find(view.all().devices, device_id);
        capacity += device.capacity_kb;
        used += device.used_kb;
        ids.emplace_back(map::hex16(device_id));
    }
    json::object out{{"maxCapacityInKb", capacity},
                     {"capacityLimitInKb", capacity},
                     {"capacityInUseInKb", used},
                     {"unusedCapacityInKb", capacity > used ? capacity - used : 0},
                     {"numOfDevices", ids.size()}};
    out["deviceIds"] = std::move(ids);
    return out;
}

// [{"ip","role"}] as PyPowerFlex writes it, [{"SdsIp":{"ip","role"}}] as goscaleio does.
ApiResult<std::vector<mdm::SdsIp>> ip_list(const Input& in) {
    std::vector<mdm::SdsIp> out;
    for (const json::object* item : in.fields().objects("sdsIpList")) {
        const json::object* inner = powerflex::Fields(*item).object("SdsIp");
        const Input entry(inner != nullptr ? *inner : *item);
        mdm::SdsIp ip;
        PF_GW_TRY(ip.ip, entry.required("ip"));
        PF_GW_TRY(ip.role, kRoles.parse(entry.text("role")));
        out.push_back(std::move(ip));
    }
    if (out.empty()) {
        return missing_parameter("sdsIpList");
    }
    return out;
}

Reply create(const Call& call) {
    PF_GW_TRY(const std::uint64_t domain, call.in.id("protectionDomainId"));
    PF_GW_TRY(const auto fault_set, call.in.optional_id("faultSetId"));
    PF_GW_TRY(const auto port, call.in.optional_number("sdsPort", 65535));
    mdm::AddSds request;
    PF_GW_TRY(request.name, checked_name(call.in.text("name")));
    PF_GW_TRY(request.ips, ip_list(call.in));
    request.protection_domain = mdm::ProtectionDomainId{domain};
    request.fault_set = mdm::FaultSetId{fault_set.value_or(0)};
    if (port) {
        request.port = static_cast<std::uint16_t>(*port);
    }
    request.properties = properties_from(call.in, kProperties);
    PF_GW_TRY(const mdm::SdsId id, call.mdm.add_sds(request));
    for (const json::object* item : call.in.fields().objects("deviceInfoList")) {
        const Input entry(*item);
        mdm::AddDevice device;
        device.sds = id;
        PF_GW_TRY(device.path, entry.required("devicePath"));
        PF_GW_TRY(const std::uint64_t pool, entry.id("storagePoolId"));
        device.storage_pool = mdm::StoragePoolId{pool};
        device.name = entry.text("deviceName");
        PF_GW_CHECK(call.mdm.add_device(device));
    }
    return created(id.value);
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("name"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::Sds, call.id, name));
    return done();
}

Reply add_ip(const Call& call) {
    mdm::SdsIp ip;
    PF_GW_TRY(ip.ip, call.in.required("ip"));
    PF_GW_TRY(ip.role, kRoles.parse(call.in.text("role")));
    PF_GW_CHECK(call.mdm.add_sds_ip(mdm::SdsId{call.id}, ip));
    return done();
}

Reply remove_ip(const Call& call) {
    PF_GW_TRY(const std::string ip, call.in.required("ip"));
    PF_GW_CHECK(call.mdm.remove_sds_ip(mdm::SdsId{call.id}, ip));
    return done();
}

Reply set_ip_role(const Call& call) {
    mdm::SdsIp ip;
    PF_GW_TRY(ip.ip, call.in.required("sdsIpToSet"));
    PF_GW_TRY(ip.role, kRoles.parse(call.in.text("newRole")));
    PF_GW_CHECK(call.mdm.set_sds_ip_role(mdm::SdsId{call.id}, ip));
    return done();
}

Reply set_port(const Call& call) {
    PF_GW_TRY(const std::uint64_t port, call.in.number("sdsPort", 65535));
    PF_GW_CHECK(call.mdm.set_sds_port(mdm::SdsId{call.id}, static_cast<std::uint16_t>(port)));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(mdm::ObjectKind::Sds, call.id, call.in.flag("force")));
    return done();
}

constexpr auto kActions = std::to_array<Action>({
    {"setSdsName", rename},
    {"addSdsIp", add_ip},
    {"removeSdsIp", remove_ip},
    {"setSdsIpRole", set_ip_role},
    {"setSdsPort", set_port},
    {"removeSds", remove},
    {"setDrlMode", nullptr, "drlMode,drlMode=configuredDrlMode"},
    {"enableRfcache", nullptr, "rfcacheEnabled:=true"},
    {"disableRfcache", nullptr, "rfcacheEnabled:=false"},
    {"setSdsRmcacheEnabled", nullptr, "rmcacheEnabled"},
    {"setSdsPerformanceParameters", nullptr, "perfProfile"},
});
constexpr auto kRelationships = std::to_array<Relationship>({
    {"SpSds", [](const View&, std::uint64_t) { return json::value(json::array()); }},
    {"Device", [](const View& v,
                  std::uint64_t id) { return render_list(device_type(), v, devices_of(v, id)); }},
});
constexpr auto kParents = std::to_array<ParentLink>(
    {{"protectionDomainId", "ProtectionDomain"}, {"faultSetId", "FaultSet"}});

} // namespace

const ObjectType& sds_type() {
    static const ObjectType kType{
        .name = "Sds",
        .list_name = "sdsList",
        .kind = mdm::ObjectKind::Sds,
        .not_found = MdmError::SdsNotFound,
        .list = [](const View& v) { return View::ids(v.all().sds); },
        .exists = [](const View& v, std::uint64_t id) { return v.sds(id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(v.sds(id)->name); },
        .statistics = statistics,
        .create = create,
        .properties = kProperties,
        .parents = kParents,
        .relationships = kRelationships,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
