// VMkernel tags: HostVirtualNicManager.

#include "libvsphere/host.hpp"

#include <algorithm>

namespace pf::vim {

namespace {

CallOptions about(const Host& host, std::string_view what, std::string_view thing) {
    return {.object = fmt::format("host {}: {} {}", host.name, what, thing)};
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
    PF_CHECK(session.call(host.managers.virtual_nics, "SelectVnicForNicType",
                          {{"nicType", Value(nic_type)}, {"device", Value(vmk)}},
                          about(host, "tag VMkernel port", vmk)));
    return {};
}

Result<void> deselect_vnic(Session& session, const Host& host, const std::string& vmk,
                           std::string_view nic_type) {
    PF_CHECK(session.call(host.managers.virtual_nics, "DeselectVnicForNicType",
                          {{"nicType", Value(nic_type)}, {"device", Value(vmk)}},
                          about(host, "untag VMkernel port", vmk)));
    return {};
}

} // namespace pf::vim
