// NvmeController: a live connection of an NVMe host to an SDT. The MDM reports them with their
// host.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

struct Found {
    const mdm::Host* host = nullptr;
    const mdm::NvmeController* controller = nullptr;
};

Found find(const View& view, std::uint64_t id) {
    for (const mdm::Host& host : view.all().hosts) {
        for (const mdm::NvmeController& controller : host.controllers) {
            if (controller.id == id) {
                return {&host, &controller};
            }
        }
    }
    return {};
}

Ids list(const View& view) {
    Ids out;
    for (const mdm::Host& host : view.all().hosts) {
        for (const mdm::NvmeController& controller : host.controllers) {
            out.push_back(controller.id);
        }
    }
    return out;
}

json::object render(const View& view, std::uint64_t id) {
    const auto [host, controller] = find(view, id);
    return {{"id", map::hex16(controller->id)},
            {"name", nullptr},
            {"isConnected", true},
            {"isAssigned", controller->assigned},
            {"sdtId", map::hex16(controller->sdt)},
            {"hostId", map::hex16(host->id)},
            {"hostIp", controller->host_ip},
            {"controllerId", controller->controller_id},
            {"sysPortId", controller->port_id},
            {"sysPortIp", controller->port_ip},
            {"subsystem", controller->discovery ? "Discovery" : "Io"}};
}

} // namespace

const ObjectType& nvme_controller_type() {
    static const ObjectType kType{
        .name = "NvmeController",
        .list_name = "nvmeControllerList",
        .kind = mdm::ObjectKind::Host,
        .not_found = MdmError::NotFound,
        .list = list,
        .exists = [](const View& v, std::uint64_t id) { return find(v, id).host != nullptr; },
        .render = render,
        .name_of = [](const View&, std::uint64_t) { return std::string_view(); },
    };
    return kType;
}

} // namespace pf::gateway
