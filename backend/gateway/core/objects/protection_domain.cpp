// ProtectionDomain: the failure boundary that holds SDSs, pools and SDTs.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"rebuildNetworkThrottlingEnabled", PropertyType::Bool, "false"},
    {"rebuildNetworkThrottlingInKbps", PropertyType::Integer, "null"},
    {"rebalanceNetworkThrottlingEnabled", PropertyType::Bool, "false"},
    {"rebalanceNetworkThrottlingInKbps", PropertyType::Integer, "null"},
    {"overallIoNetworkThrottlingEnabled", PropertyType::Bool, "false"},
    {"overallIoNetworkThrottlingInKbps", PropertyType::Integer, "null"},
    {"vtreeMigrationNetworkThrottlingEnabled", PropertyType::Bool, "false"},
    {"vtreeMigrationNetworkThrottlingInKbps", PropertyType::Integer, "null"},
    {"protectedMaintenanceModeNetworkThrottlingEnabled", PropertyType::Bool, "false"},
    {"protectedMaintenanceModeNetworkThrottlingInKbps", PropertyType::Integer, "null"},
    {"rfcacheEnabled", PropertyType::Bool, "false"},
    {"rfcachePageSizeKb", PropertyType::Integer, "64"},
    {"rfcacheMaxIoSizeKb", PropertyType::Integer, "128"},
    {"rfcacheOpertionalMode", PropertyType::Text, "WriteMiss"},
    {"rfcacheAccpId", PropertyType::Text, "null"},
    {"fglDefaultNumConcurrentWrites", PropertyType::Integer, "1000"},
    {"fglDefaultMetadataCacheSize", PropertyType::Integer, "0"},
    {"fglMetadataCacheEnabled", PropertyType::Bool, "false"},
    {"replicationCapacityMaxRatio", PropertyType::Integer, "null"},
});

bool in_domain(std::uint64_t owner, std::uint64_t domain) { return owner == domain; }

template<class T>
Ids members(const std::vector<T>& objects, std::uint64_t domain) {
    return View::ids_if(objects,
                        [&](const T& o) { return in_domain(o.protection_domain.value, domain); });
}

json::object render(const View& view, std::uint64_t id) {
    const mdm::ProtectionDomain& domain = *view.domain(id);
    json::object out{{"id", map::hex16(domain.id)},
                     {"name", text_or_null(domain.name)},
                     {"systemId", map::hex16(view.all().system.id)},
                     {"protectionDomainState", domain.active ? "Active" : "Inactive"}};
    add_properties(out, kProperties, domain.properties);
    out["sdrSdsConnectivityInfo"] =
        json::object{{"clientServerConnStatus", "CLIENT_SERVER_CONN_STATUS_ALL_CONNECTED"},
                     {"disconnectedClientId", nullptr},
                     {"disconnectedClientName", nullptr},
                     {"disconnectedServerId", nullptr},
                     {"disconnectedServerName", nullptr},
                     {"disconnectedServerIp", nullptr}};
    return out;
}

json::object statistics(const View& view, std::uint64_t id) {
    json::object out;
    for (const std::uint64_t pool : members(view.all().storage_pools, id)) {
        for (const auto& [name, value] : storage_pool_type().statistics(view, pool)) {
            if (value.is_uint64() || value.is_int64()) {
                const std::int64_t so_far =
                    out.contains(name) ? out[name].to_number<std::int64_t>() : 0;
                out[name] = so_far + value.to_number<std::int64_t>();
            }
        }
    }
    out["numOfSds"] = members(view.all().sds, id).size();
    out["numOfStoragePools"] = members(view.all().storage_pools, id).size();
    out["numOfFaultSets"] = members(view.all().fault_sets, id).size();
    return out;
}

Reply create(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("name"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_TRY(const mdm::ProtectionDomainId id, call.mdm.add_protection_domain(name));
    return created(id.value);
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("name"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::ProtectionDomain, call.id, name));
    return done();
}

Reply set_active(const Call& call, bool active) {
    PF_GW_CHECK(call.mdm.set_active(mdm::ProtectionDomainId{call.id}, active));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(mdm::ObjectKind::ProtectionDomain, call.id, false));
    return done();
}

Reply set_network_limits(const Call& call) {
    struct Item {
        std::string_view key;
        std::string_view property;
    };
    constexpr auto kItems = std::to_array<Item>(
        {{"rebuildLimitInKbps", "rebuildNetworkThrottling"},
         {"rebalanceLimitInKbps", "rebalanceNetworkThrottling"},
         {"vtreeMigrationLimitInKbps", "vtreeMigrationNetworkThrottling"},
         {"protectedMaintenanceModeLimitInKbps", "protectedMaintenanceModeNetworkThrottling"},
         {"overallLimitInKbps", "overallIoNetworkThrottling"}});
    mdm::Properties changes;
    for (const Item& item : kItems) {
        PF_GW_TRY(const auto limit, call.in.optional_number(item.key, INT64_MAX));
        if (limit) { // 0 lifts the limit
            changes[std::string(item.property) + "Enabled"] = *limit != 0 ? "true" : "false";
            changes[std::string(item.property) + "InKbps"] =
                *limit != 0 ? fmt::to_string(*limit) : "null";
        }
    }
    if (changes.empty()) {
        return missing_parameter("overallLimitInKbps");
    }
    PF_GW_CHECK(call.mdm.set_properties(mdm::ObjectKind::ProtectionDomain, call.id, changes));
    return done();
}

constexpr auto kActions = std::to_array<Action>({
    {"setProtectionDomainName", rename},
    {"activateProtectionDomain", [](const Call& c) { return set_active(c, true); }},
    {"inactivateProtectionDomain", [](const Call& c) { return set_active(c, false); }},
    {"removeProtectionDomain", remove},
    {"setSdsNetworkLimits", set_network_limits},
    {"enableSdsRfcache", nullptr, "rfcacheEnabled:=true"},
    {"disableSdsRfcache", nullptr, "rfcacheEnabled:=false"},
    {"setRfcacheParameters", nullptr,
     "pageSizeKb=rfcachePageSizeKb,maxIOSizeKb=rfcacheMaxIoSizeKb,rfcacheOperationMode="
     "rfcacheOpertionalMode"},
    {"enableFglMetadataCache", nullptr, "fglMetadataCacheEnabled:=true"},
    {"disableFglMetadataCache", nullptr, "fglMetadataCacheEnabled:=false"},
    {"setDefaultFglMetadataCacheSize", nullptr, "cacheSizeInMB=fglDefaultMetadataCacheSize"},
});

json::value none(const View&, std::uint64_t) { return json::array(); }

constexpr auto kRelationships = std::to_array<Relationship>({
    {"StoragePool",
     [](const View& v, std::uint64_t id) {
         return render_list(storage_pool_type(), v, members(v.all().storage_pools, id));
     }},
    {"Sds", [](const View& v,
               std::uint64_t id) { return render_list(sds_type(), v, members(v.all().sds, id)); }},
    {"FaultSet",
     [](const View& v, std::uint64_t id) {
         return render_list(fault_set_type(), v, members(v.all().fault_sets, id));
     }},
    {"AccelerationPool", none},
    {"Sdr", none},
    {"ReplicationConsistencyGroup", none},
    {"Sdt", [](const View& v,
               std::uint64_t id) { return render_list(sdt_type(), v, members(v.all().sdts, id)); }},
});
constexpr auto kParents = std::to_array<ParentLink>({{"systemId", "System"}});

} // namespace

const ObjectType& protection_domain_type() {
    static const ObjectType kType{
        .name = "ProtectionDomain",
        .list_name = "protectionDomainList",
        .kind = mdm::ObjectKind::ProtectionDomain,
        .not_found = MdmError::ProtectionDomainNotFound,
        .list = [](const View& v) { return View::ids(v.all().protection_domains); },
        .exists = [](const View& v, std::uint64_t id) { return v.domain(id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(v.domain(id)->name); },
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
