// Host: an NVMe host, known by its NQN.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"
#include "base/secret.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr std::uint64_t kMaxPaths = 8;
constexpr std::uint64_t kMaxSystemPorts = 128;

json::object render(const View& view, std::uint64_t id) {
    const mdm::Host& host = *view.host(id);
    json::object out{{"hostType", "NVMeHost"},
                     {"id", map::hex16(host.id)},
                     {"name", text_or_null(host.name)},
                     {"systemId", map::hex16(view.all().system.id)},
                     {"nqn", host.nqn},
                     {"maxNumPaths", host.max_num_paths},
                     {"maxNumSysPorts", host.max_num_sys_ports},
                     {"hostOsFullType", "Generic"},
                     {"hasDhchapSecret", host.has_dhchap_secret},
                     {"hasDhchapControllerSecret", host.has_dhchap_ctrl_secret},
                     {"hasTlsPsk", host.has_tls_psk}};
    // What only an SDC has; the keys must be there.
    for (const char* key : {"sdcGuid",
                            "sdcType",
                            "sdcApproved",
                            "sdcApprovedIps",
                            "sdcIp",
                            "sdcIps",
                            "osType",
                            "mdmConnectionState",
                            "perfProfile",
                            "softwareVersionInfo",
                            "installedSoftwareVersionInfo",
                            "versionInfo",
                            "kernelVersion",
                            "kernelBuildNumber",
                            "sdcAgentActive",
                            "mdmIpAddressesCurrent",
                            "socketAllocationFailure",
                            "memoryAllocationFailure",
                            "peerMdmId",
                            "sdtId",
                            "sdrId"}) {
        out[key] = nullptr;
    }
    return out;
}

json::value controllers(const View& view, std::uint64_t id) {
    Ids ids;
    for (const mdm::NvmeController& controller : view.host(id)->controllers) {
        ids.push_back(controller.id);
    }
    return render_list(nvme_controller_type(), view, ids);
}

Reply create(const Call& call) {
    mdm::AddHost request;
    PF_GW_TRY(request.nqn, call.in.required("nqn"));
    PF_GW_TRY(request.name, checked_name(call.in.text("name")));
    PF_GW_TRY(const auto paths, call.in.optional_number("maxNumPaths", kMaxPaths));
    PF_GW_TRY(const auto ports, call.in.optional_number("maxNumSysPorts", kMaxSystemPorts));
    request.max_num_paths = static_cast<std::uint32_t>(paths.value_or(0));
    request.max_num_sys_ports = static_cast<std::uint32_t>(ports.value_or(0));
    PF_GW_TRY(const mdm::HostId id, call.mdm.add_host(request));
    return created(id.value);
}

Reply set_paths(const Call& call) {
    PF_GW_TRY(const std::uint64_t value, call.in.number("newMaxNumPaths", kMaxPaths));
    PF_GW_CHECK(call.mdm.set_host_limits(mdm::HostId{call.id}, static_cast<std::uint32_t>(value),
                                         std::nullopt));
    return done();
}

Reply set_ports(const Call& call) {
    PF_GW_TRY(const std::uint64_t value, call.in.number("newMaxNumSysPorts", kMaxSystemPorts));
    PF_GW_CHECK(call.mdm.set_host_limits(mdm::HostId{call.id}, std::nullopt,
                                         static_cast<std::uint32_t>(value)));
    return done();
}

// Secrets go in and never come out: what the object shows is whether there are any. A field that is
// not there leaves its secret as it is.
Reply set_secrets(const Call& call) {
    mdm::HostSecrets secrets;
    const auto take = [&](std::string_view key, std::optional<Secret>& into) {
        if (call.in.has(key)) {
            into.emplace(call.in.text(key));
        }
    };
    take("dhchapSecret", secrets.dhchap);
    take("dhchapControllerSecret", secrets.dhchap_controller);
    take("tlsPsk", secrets.tls_psk);
    PF_GW_CHECK(call.mdm.set_host_auth(mdm::HostId{call.id}, secrets));
    return done();
}

Reply clear_secrets(const Call& call) {
    mdm::HostSecrets none;
    none.dhchap.emplace();
    none.dhchap_controller.emplace();
    none.tls_psk.emplace();
    PF_GW_CHECK(call.mdm.set_host_auth(mdm::HostId{call.id}, none));
    return done();
}

Reply rename(const Call& call) {
    std::string name = call.in.text("sdcName");
    if (name.empty()) {
        PF_GW_TRY(name, call.in.required("newName"));
    }
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::Host, call.id, name));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(mdm::ObjectKind::Host, call.id, false));
    return done();
}

constexpr auto kActions = std::to_array<Action>({
    {"modifyMaxNumPaths", set_paths},
    {"modifyMaxNumSysPorts", set_ports},
    {"setNvmeHostSecrets", set_secrets},
    {"clearNvmeHostSecrets", clear_secrets},
    {"setSdcName", rename},
    {"removeSdc", remove},
});
constexpr auto kRelationships = std::to_array<Relationship>({
    {"Volume",
     [](const View& v, std::uint64_t id) {
         return render_list(volume_type(), v, v.volumes_of_initiator(id));
     }},
    {"NvmeController", controllers},
});
constexpr auto kParents = std::to_array<ParentLink>({{"systemId", "System"}});

} // namespace

const ObjectType& host_type() {
    static const ObjectType kType{
        .name = "Host",
        .list_name = "hostList",
        .kind = mdm::ObjectKind::Host,
        .not_found = MdmError::HostNotFound,
        .list = [](const View& v) { return View::ids(v.all().hosts); },
        .exists = [](const View& v, std::uint64_t id) { return v.host(id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(v.host(id)->name); },
        .create = create,
        .parents = kParents,
        .relationships = kRelationships,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
