// VMkernel tags: HostVirtualNicManager.

#include "libvsphere/host.hpp"
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

} // namespace

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
