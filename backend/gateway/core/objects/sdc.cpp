// Sdc: a machine with the SCSI-side driver. PowerFlex keeps SDCs and NVMe hosts in one id space and
// lists both under this type; an NVMe host found here renders as a Host.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"sdcType", PropertyType::Text, "AppSdc"},
    {"perfProfile", PropertyType::Text, "HighPerformance"},
    {"kernelVersion", PropertyType::Text, "null"},
    {"kernelBuildNumber", PropertyType::Text, "null"},
    {"sdcAgentActive", PropertyType::Bool, "false"},
    {"mdmIpAddressesCurrent", PropertyType::Bool, "false"},
    {"sdcApprovedIps", PropertyType::Text, "null"},
    {"socketAllocationFailure", PropertyType::Text, "null"},
    {"memoryAllocationFailure", PropertyType::Text, "null"},
    {"peerMdmId", PropertyType::Text, "null"},
});

json::object render(const View& view, std::uint64_t id) {
    const mdm::Sdc& sdc = *view.sdc(id);
    const std::string_view version = version_text(view, sdc.software_version);
    json::array ips;
    if (!sdc.ip.empty()) {
        ips.emplace_back(json::string(sdc.ip));
    }
    json::object out{{"hostType", "SdcHost"},
                     {"id", map::hex16(sdc.id)},
                     {"name", text_or_null(sdc.name)},
                     {"systemId", map::hex16(view.all().system.id)},
                     {"nqn", nullptr},
                     {"maxNumPaths", nullptr},
                     {"maxNumSysPorts", nullptr},
                     {"hostOsFullType", nullptr},
                     {"sdcGuid", sdc.guid},
                     {"sdcApproved", sdc.approved},
                     {"sdcIp", sdc.ip.empty() ? "N/A" : sdc.ip},
                     {"sdcIps", std::move(ips)},
                     {"osType", sdc.os_type.empty() ? "Linux" : sdc.os_type},
                     {"mdmConnectionState", sdc.connected ? "Connected" : "Disconnected"},
                     {"softwareVersionInfo", json::string(version)},
                     {"installedSoftwareVersionInfo", json::string(version)},
                     {"versionInfo", json::string(version)},
                     {"sdtId", nullptr},
                     {"sdrId", nullptr}};
    add_properties(out, kProperties, sdc.properties);
    return out;
}

json::object statistics(const View& view, std::uint64_t id) {
    json::array ids;
    for (const std::uint64_t volume : view.volumes_of_initiator(id)) {
        ids.emplace_back(map::hex16(volume));
    }
    json::object out{{"numOfMappedVolumes", ids.size()}};
    out["volumeIds"] = std::move(ids);
    return out;
}

mdm::ObjectKind kind_of(const Call& call) {
    return call.view.host(call.id) != nullptr ? mdm::ObjectKind::Host : mdm::ObjectKind::Sdc;
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("sdcName"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(kind_of(call), call.id, name));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(kind_of(call), call.id, false));
    return done();
}

Reply set_profile(const Call& call) {
    PF_GW_TRY(const std::string profile, call.in.required("perfProfile"));
    PF_GW_CHECK(call.mdm.set_properties(kind_of(call), call.id, {{"perfProfile", profile}}));
    return done();
}

// No I/O counters are kept: every mapped volume is reported as idle.
Reply volume_counters(const Call& call) {
    const auto zero = [] {
        return json::object{{"numSeconds", 0}, {"totalWeightInKb", 0}, {"numOccured", 0}};
    };
    json::array out;
    for (const std::uint64_t volume : call.view.volumes_of_initiator(call.id)) {
        out.emplace_back(json::object{{"sdcId", map::hex16(call.id)},
                                      {"volumeId", map::hex16(volume)},
                                      {"readBwc", zero()},
                                      {"writeBwc", zero()},
                                      {"trimBwc", zero()},
                                      {"readLatencyBwc", zero()},
                                      {"writeLatencyBwc", zero()},
                                      {"trimLatencyBwc", zero()}});
    }
    return json::value(std::move(out));
}

Reply id_by_key(const Call& call) {
    const std::string ip = call.in.text("ip");
    const std::string name = call.in.text("name");
    if (ip.empty() && name.empty()) {
        return missing_parameter("name");
    }
    for (const mdm::Sdc& sdc : call.view.all().sdcs) {
        if ((!ip.empty() && sdc.ip == ip) || (!name.empty() && sdc.name == name)) {
            return json::value(json::string(map::hex16(sdc.id)));
        }
    }
    for (const mdm::Host& host : call.view.all().hosts) {
        if (!name.empty() && host.name == name) {
            return json::value(json::string(map::hex16(host.id)));
        }
    }
    return refuse(MdmError::SdcNotFound);
}

constexpr auto kActions = std::to_array<Action>({
    {"setSdcName", rename},
    {"removeSdc", remove},
    {"setSdcPerformanceParameters", set_profile},
    {"queryVolumeSdcBwc", volume_counters, {}, true},
});
constexpr auto kRelationships = std::to_array<Relationship>({
    {"Volume",
     [](const View& v, std::uint64_t id) {
         return render_list(volume_type(), v, v.volumes_of_initiator(id));
     }},
});
constexpr auto kParents = std::to_array<ParentLink>({{"systemId", "System"}});

} // namespace

const ObjectType& sdc_type() {
    static const ObjectType kType{
        .name = "Sdc",
        .list_name = "sdcList",
        .kind = mdm::ObjectKind::Sdc,
        .not_found = MdmError::SdcNotFound,
        .list =
            [](const View& v) {
                Ids ids = View::ids(v.all().sdcs);
                const Ids hosts = View::ids(v.all().hosts);
                ids.insert(ids.end(), hosts.begin(), hosts.end());
                return ids;
            },
        .exists = [](const View& v,
                     std::uint64_t id) { return v.sdc(id) != nullptr || v.host(id) != nullptr; },
        .render = render,
        .name_of =
            [](const View& v, std::uint64_t id) {
                const mdm::Sdc* sdc = v.sdc(id);
                return std::string_view(sdc != nullptr ? sdc->name : v.host(id)->name);
            },
        .statistics = statistics,
        .id_by_key = id_by_key,
        .properties = kProperties,
        .parents = kParents,
        .relationships = kRelationships,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
