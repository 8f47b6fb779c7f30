// Sdt: an NVMe/TCP target. It has no NQN of its own; all SDTs answer for the system's subsystem.
#include "backend/gateway/core/object_type.hpp"
#include "backend/gateway/core/words.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"authenticationError", PropertyType::Text, "None"},
    {"certificateInfo", PropertyType::Text, "null"},
});

const mdm::Sdt* find(const View& view, std::uint64_t id) { return View::find(view.all().sdts, id); }

constexpr Words<mdm::SdtIpRole, 3> kRoles("a role",
                                          {{mdm::SdtIpRole::StorageAndHost, "StorageAndHost"},
                                           {mdm::SdtIpRole::StorageOnly, "StorageOnly"},
                                           {mdm::SdtIpRole::HostOnly, "HostOnly"}});

json::object render(const View& view, std::uint64_t id) {
    const mdm::Sdt& sdt = *find(view, id);
    json::array ips;
    for (const mdm::SdtIp& ip : sdt.ips) {
        ips.emplace_back(json::object{{"ip", ip.ip}, {"role", json::string(kRoles.text(ip.role))}});
    }
    json::object out{
        {"id", map::hex16(sdt.id)},
        {"name", text_or_null(sdt.name)},
        {"systemId", map::hex16(view.all().system.id)},
        {"protectionDomainId", map::hex16(sdt.protection_domain)},
        {"faultSetId", id_or_null(sdt.fault_set.value)},
        {"ipList", std::move(ips)},
        {"storagePort", sdt.storage_port},
        {"nvmePort", sdt.nvme_port},
        {"discoveryPort", sdt.discovery_port},
        {"sdtState", "Normal"},
        {"mdmConnectionState", sdt.connected ? "Connected" : "Disconnected"},
        {"membershipState", sdt.connected ? "Joined" : "JoinPending"},
        {"maintenanceState", sdt.maintenance ? "InMaintenance" : "NoMaintenance"},
        {"softwareVersionInfo", json::string(version_text(view, sdt.software_version))},
        {"persistentDiscoveryControllersNum", sdt.persistent_discovery_controllers}};
    add_properties(out, kProperties, sdt.properties);
    return out;
}

json::object statistics(const View&, std::uint64_t) { return {}; }

ApiResult<std::vector<mdm::SdtIp>> ip_list(const Input& in) {
    std::vector<mdm::SdtIp> out;
    for (const json::object* item : in.fields().objects("ips")) {
        const Input entry(*item);
        mdm::SdtIp ip;
        PF_GW_TRY(ip.ip, entry.required("ip"));
        PF_GW_TRY(ip.role, kRoles.parse(entry.text("role")));
        out.push_back(std::move(ip));
    }
    if (out.empty()) {
        return missing_parameter("ips");
    }
    return out;
}

ApiResult<std::optional<std::uint16_t>> port(const Input& in, std::string_view key) {
    PF_GW_TRY(const auto number, in.optional_number(key, 65535));
    if (!number) {
        return std::optional<std::uint16_t>();
    }
    return std::optional<std::uint16_t>(static_cast<std::uint16_t>(*number));
}

Reply create(const Call& call) {
    mdm::AddSdt request;
    PF_GW_TRY(const std::uint64_t domain, call.in.id("protectionDomainId"));
    PF_GW_TRY(const auto fault_set, call.in.optional_id("faultSetId"));
    PF_GW_TRY(std::string name, call.in.required("name"));
    PF_GW_TRY(request.name, checked_name(std::move(name)));
    PF_GW_TRY(request.ips, ip_list(call.in));
    PF_GW_TRY(const auto storage, port(call.in, "storagePort"));
    PF_GW_TRY(const auto nvme, port(call.in, "nvmePort"));
    PF_GW_TRY(const auto discovery, port(call.in, "discoveryPort"));
    request.protection_domain = mdm::ProtectionDomainId{domain};
    request.fault_set = mdm::FaultSetId{fault_set.value_or(0)};
    request.storage_port = storage.value_or(request.storage_port);
    request.nvme_port = nvme.value_or(request.nvme_port);
    request.discovery_port = discovery.value_or(request.discovery_port);
    PF_GW_TRY(const mdm::SdtId id, call.mdm.add_sdt(request));
    return created(id.value);
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("newName"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::Sdt, call.id, name));
    return done();
}

Reply add_ip(const Call& call) {
    mdm::SdtIp ip;
    PF_GW_TRY(ip.ip, call.in.required("ip"));
    PF_GW_TRY(ip.role, kRoles.parse(call.in.text("role")));
    PF_GW_CHECK(call.mdm.add_sdt_ip(mdm::SdtId{call.id}, ip));
    return done();
}

Reply remove_ip(const Call& call) {
    PF_GW_TRY(const std::string ip, call.in.required("ip"));
    PF_GW_CHECK(call.mdm.remove_sdt_ip(mdm::SdtId{call.id}, ip));
    return done();
}

Reply set_role(const Call& call) {
    mdm::SdtIp ip;
    PF_GW_TRY(ip.ip, call.in.required("ip"));
    PF_GW_TRY(ip.role, kRoles.parse(call.in.text("newRole")));
    PF_GW_CHECK(call.mdm.set_sdt_ip_role(mdm::SdtId{call.id}, ip));
    return done();
}

enum class PortKind { Storage, Nvme, Discovery };

Reply set_port(const Call& call, std::string_view key, PortKind kind) {
    PF_GW_TRY(const auto value, port(call.in, key));
    if (!value) {
        return missing_parameter(key);
    }
    std::optional<std::uint16_t> storage;
    std::optional<std::uint16_t> nvme;
    std::optional<std::uint16_t> discovery;
    (kind == PortKind::Storage ? storage : kind == PortKind::Nvme ? nvme : discovery) = value;
    PF_GW_CHECK(call.mdm.set_sdt_ports(mdm::SdtId{call.id}, storage, nvme, discovery));
    return done();
}

Reply set_maintenance(const Call& call, bool on) {
    PF_GW_CHECK(call.mdm.set_sdt_maintenance(mdm::SdtId{call.id}, on));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(mdm::ObjectKind::Sdt, call.id, call.in.flag("force")));
    return done();
}

constexpr auto kActions = std::to_array<Action>({
    {"renameSdt", rename},
    {"addIp", add_ip},
    {"removeIp", remove_ip},
    {"modifyIpRole", set_role},
    {"modifyStoragePort",
     [](const Call& c) { return set_port(c, "newStoragePort", PortKind::Storage); }},
    {"modifyNvmePort", [](const Call& c) { return set_port(c, "newNvmePort", PortKind::Nvme); }},
    {"modifyDiscoveryPort",
     [](const Call& c) { return set_port(c, "newDiscoveryPort", PortKind::Discovery); }},
    {"enterMaintenanceMode", [](const Call& c) { return set_maintenance(c, true); }},
    {"exitMaintenanceMode", [](const Call& c) { return set_maintenance(c, false); }},
    {"removeSdt", remove},
});
constexpr auto kParents = std::to_array<ParentLink>({{"protectionDomainId", "ProtectionDomain"}});

} // namespace

const ObjectType& sdt_type() {
    static const ObjectType kType{
        .name = "Sdt",
        .list_name = "sdtList",
        .kind = mdm::ObjectKind::Sdt,
        .not_found = MdmError::SdtNotFound,
        .list = [](const View& v) { return View::ids(v.all().sdts); },
        .exists = [](const View& v, std::uint64_t id) { return find(v, id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(find(v, id)->name); },
        .statistics = statistics,
        .create = create,
        .properties = kProperties,
        .parents = kParents,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
