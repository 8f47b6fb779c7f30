// VMkernel ports and their tags: HostNetworkSystem, HostVirtualNicManager.

#include "libvsphere/host.hpp"
#include "libvsphere/properties.hpp"
#include "libvsphere/settle.hpp"

#include <algorithm>

namespace pf::vim {

namespace {

CallOptions about(const Host& host, std::string_view what, std::string_view thing) {
    return {.object = fmt::format("host {}: {} {}", host.name, what, thing)};
}

Result<void> tag(Session& session, const Host& host, const std::string& vmk,
                 std::string_view nic_type, bool selected) {
    Result<Value> answer = session.call(
        host.managers.virtual_nics, selected ? "SelectVnicForNicType" : "DeselectVnicForNicType",
        {{"nicType", Value(nic_type)}, {"device", Value(vmk)}},
        about(host, selected ? "tag VMkernel port" : "untag VMkernel port", vmk));
    Result<void> outcome;
    if (!answer)
        outcome = fail(answer.error());
    return detail::settle(session, std::move(outcome), [&]() -> Result<bool> {
        PF_TRY(const VnicSelection now, query_vnics(session, host, nic_type));
        return now.is_selected(vmk) == selected;
    });
}

/// The port that `request` would have made; empty when there is none.
Result<std::string> made_of(Session& session, const Host& host, const VnicRequest& request) {
    PF_TRY(const Value vnics, retrieve_property(session, host.ref, "config.network.vnic"));
    for (const Value& vnic : vnics.items()) {
        const Value& spec = vnic["spec"];
        const bool here = request.dvs_uuid.empty()
                              ? vnic["portgroup"].text_or() == request.portgroup
                              : spec["distributedVirtualPort"]["portgroupKey"].text_or() ==
                                    request.dv_portgroup_key;
        const bool same = request.dhcp ? spec["ip"]["dhcp"].bool_or(false) &&
                                             host.network.vmk(vnic["device"].text_or()) == nullptr
                                       : spec["ip"]["ipAddress"].text_or() == request.ip;
        if (here && same)
            return vnic["device"].text_or();
    }
    return std::string();
}

} // namespace

Result<std::string> add_vnic(Session& session, const Host& host, const VnicRequest& request) {
    DataObject ip("HostIpConfig", {{"dhcp", Value(request.dhcp)}});
    if (!request.dhcp) {
        ip.set("ipAddress", Value(request.ip));
        ip.set("subnetMask", Value(request.netmask));
    }
    DataObject spec("HostVirtualNicSpec", {{"ip", Value(std::move(ip))}});
    if (!request.dvs_uuid.empty()) {
        spec.set("distributedVirtualPort",
                 Value(DataObject("DistributedVirtualSwitchPortConnection",
                                  {{"switchUuid", Value(request.dvs_uuid)},
                                   {"portgroupKey", Value(request.dv_portgroup_key)}})));
    }
    spec.set("mtu", Value(static_cast<std::int32_t>(request.mtu)));
    const std::string group = request.dvs_uuid.empty() ? request.portgroup : std::string();
    Result<Value> answer =
        session.call(host.managers.network, "AddVirtualNic",
                     {{"portgroup", Value(group)}, {"nic", Value(std::move(spec))}},
                     about(host, "add a VMkernel port on port group", request.portgroup));
    if (answer)
        return answer->text_or();
    std::string device;
    PF_CHECK(detail::settle(session, fail(answer.error()), [&]() -> Result<bool> {
        PF_TRY(device, made_of(session, host, request));
        return !device.empty();
    }));
    return device;
}

Result<void> remove_vnic(Session& session, const Host& host, const std::string& vmk) {
    Result<Value> answer =
        session.call(host.managers.network, "RemoveVirtualNic", {{"device", Value(vmk)}},
                     about(host, "remove VMkernel port", vmk));
    Result<void> outcome;
    if (!answer)
        outcome = fail(answer.error());
    return detail::settle(session, std::move(outcome), [&]() -> Result<bool> {
        PF_TRY(const Value vnics, retrieve_property(session, host.ref, "config.network.vnic"));
        return std::none_of(vnics.items().begin(), vnics.items().end(),
                            [&](const Value& vnic) { return vnic["device"].text_or() == vmk; });
    });
}

bool VnicSelection::is_selected(std::string_view vmk) const {
    return std::find(selected.begin(), selected.end(), vmk) != selected.end();
}

Result<VnicSelection> query_vnics(Session& session, const Host& host, std::string_view nic_type) {
    PF_TRY(Value config, session.call(host.managers.virtual_nics, "QueryNetConfig",
                                      {{"nicType", Value(nic_type)}},
                                      about(host, "read VMkernel service", nic_type)));
    VnicSelection out;
    out.nic_type = nic_type;
    out.multi_select = config["multiSelectAllowed"].bool_or(false);
    std::vector<std::pair<std::string, std::string>> keys; // key, device
    for (const Value& vnic : config["candidateVnic"].items()) {
        out.candidates.push_back(vnic["device"].text_or());
        keys.emplace_back(vnic["key"].text_or(), vnic["device"].text_or());
    }
    for (const std::string& selected : config["selectedVnic"].texts()) {
        // "<nicType>.key-vim.host.VirtualNic-vmk2", or the bare key, or the device itself.
        std::string device = selected.substr(selected.rfind('-') + 1);
        for (const auto& [key, name] : keys) {
            if (!key.empty() && (selected == key || selected.ends_with("." + key)))
                device = name;
        }
        out.selected.push_back(std::move(device));
    }
    return out;
}

Result<void> select_vnic(Session& session, const Host& host, const std::string& vmk,
                         std::string_view nic_type) {
    return tag(session, host, vmk, nic_type, true);
}

Result<void> deselect_vnic(Session& session, const Host& host, const std::string& vmk,
                           std::string_view nic_type) {
    return tag(session, host, vmk, nic_type, false);
}

} // namespace pf::vim
