#include "backend/sdt/core/view.hpp"

#include "backend/map/nvme_ports.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sdt {

using nvme::target::HostConfig;
using nvme::target::NamespaceConfig;
using nvme::target::Portal;
using nvme::target::TargetOptions;
using nvme::target::TargetView;

namespace {

bool serves_hosts(const sdc::SdtAddress& address) {
    return address.role != sdc::SdtIpRole::StorageOnly;
}

std::vector<map::SystemPort> system_ports(const sdc::View& view) {
    std::vector<map::SystemPort> ports;
    for (const sdc::Sdt& sdt : view.sdts) {
        for (const sdc::SdtAddress& address : sdt.addresses) {
            if (!serves_hosts(address))
                continue;
            map::SystemPort port;
            port.sdt = sdt.id;
            port.port_id = address.port_id;
            port.ip = address.ip;
            port.nvme_port = sdt.nvme_port;
            port.discovery_port = sdt.discovery_port;
            ports.push_back(std::move(port));
        }
    }
    return ports;
}

Portal portal_of(const map::SystemPort& port) {
    Portal portal;
    portal.address = port.ip;
    portal.port = port.nvme_port;
    portal.port_id = static_cast<uint16_t>(port.port_id);
    return portal;
}

// SDTs that hosts should use: alive and not in maintenance.
bool in_service(const sdc::Sdt& sdt) { return sdt.connected && !sdt.maintenance; }

// An SDT in maintenance stops being the place for I/O, but only when another one can take over. It
// goes on serving what still comes: a host that has no other connection yet gets no error.
nvme::AnaState own_state(const sdc::View& view, map::SdtId self) {
    const sdc::Sdt* own = view.find_sdt(self);
    if (own == nullptr || !own->maintenance)
        return nvme::AnaState::Optimized;
    const bool other = std::any_of(view.sdts.begin(), view.sdts.end(), [&](const sdc::Sdt& sdt) {
        return sdt.id != self && in_service(sdt);
    });
    return other ? nvme::AnaState::NonOptimized : nvme::AnaState::Optimized;
}

// The addresses of this SDT that are among the host's best paths: at most `max_num_paths` of its
// ports on SDTs in service. Without any such SDT every path is as good as it gets.
std::vector<std::string> best_addresses(const sdc::View& view, map::SdtId self,
                                        const sdc::Host& host,
                                        const std::vector<map::SystemPort>& assigned) {
    std::vector<std::string> out;
    std::uint32_t left = host.max_num_paths == 0 ? UINT32_MAX : host.max_num_paths;
    bool any = false;
    for (const map::SystemPort& port : assigned) {
        const sdc::Sdt* sdt = view.find_sdt(port.sdt);
        if (sdt == nullptr || !in_service(*sdt))
            continue;
        any = true;
        if (left == 0)
            break;
        --left;
        if (port.sdt == self)
            out.push_back(port.ip);
    }
    if (!any)
        for (const map::SystemPort& port : assigned)
            if (port.sdt == self)
                out.push_back(port.ip);
    return out;
}

} // namespace

Result<TargetOptions> target_options(const sdc::View& view, map::SdtId self) {
    const sdc::Sdt* own = view.find_sdt(self);
    if (own == nullptr)
        return fail(Errc::NotFound, "SDT {} is not in the map", map::hex16(self));
    const uint64_t first = uint64_t{own->index} * kCntlidsPerSdt + 1;
    const uint64_t last = first + kCntlidsPerSdt - 1;
    if (last > 0xFFEF)
        return fail(Errc::LimitExceeded, "SDT {} has index {}: no controller ids are left for it",
                    own->name, own->index);
    TargetOptions options;
    options.subsystem_nqn = view.system_nqn;
    options.serial = map::hex16(view.system);
    options.cntlid_first = static_cast<uint16_t>(first);
    options.cntlid_last = static_cast<uint16_t>(last);
    return options;
}

TargetView target_view(const sdc::View& view, map::SdtId self) {
    TargetView out;
    for (const sdc::Volume& volume : view.volumes) {
        if (volume.nsid == 0)
            continue;
        NamespaceConfig ns;
        ns.nsid = volume.nsid;
        ns.nguid = nvme::volume_nguid(volume.id.value, view.system.value);
        ns.size_blocks = volume.size_bytes / nvme::kBlockBytes;
        ns.device = volume.id.value;
        ns.reservation = volume.reservation;
        out.namespaces.push_back(ns);
    }
    const std::vector<map::SystemPort> ports = system_ports(view);
    for (const map::SystemPort& port : ports)
        out.portals.push_back(portal_of(port));
    for (const sdc::Host& host : view.hosts) {
        HostConfig config;
        config.nqn = host.nqn;
        for (const sdc::HostMapping& mapping : host.mappings) {
            if (mapping.access == sdc::AccessMode::NoAccess)
                continue;
            config.nsids.push_back(mapping.nsid);
            if (mapping.access == sdc::AccessMode::ReadOnly)
                config.read_only_nsids.push_back(mapping.nsid);
        }
        config.portals.emplace();
        const auto most = host.max_num_sys_ports == 0 ? static_cast<uint32_t>(ports.size())
                                                      : host.max_num_sys_ports;
        const std::vector<map::SystemPort> assigned = map::assign_ports(ports, host.id, most);
        const bool secured = !host.tls_psk.empty();
        for (const map::SystemPort& port : assigned) {
            Portal portal = portal_of(port);
            if (secured) { // it is admitted there only
                const sdc::Sdt* sdt = view.find_sdt(port.sdt);
                if (sdt == nullptr || sdt->tls_port == 0)
                    continue;
                portal.port = sdt->tls_port;
                portal.tls = true;
            }
            config.portals->push_back(std::move(portal));
        }
        config.tls_psk = host.tls_psk;
        config.optimized_addresses = best_addresses(view, self, host, assigned);
        config.dhchap_secret = host.dhchap_secret;
        config.dhchap_ctrl_secret = host.dhchap_ctrl_secret;
        out.hosts.push_back(std::move(config));
    }
    out.ana_groups = {nvme::target::AnaGroup{1, own_state(view, self)}};
    return out;
}

std::vector<sdc::ControllerReport>
controller_reports(const std::vector<nvme::target::ControllerInfo>& controllers,
                   const sdc::View& view, map::SdtId self) {
    const sdc::Sdt* own = view.find_sdt(self);
    std::vector<sdc::ControllerReport> out;
    for (const nvme::target::ControllerInfo& info : controllers) {
        sdc::ControllerReport report;
        report.host_nqn = info.host_nqn;
        report.controller_id = info.cntlid;
        report.host_ip = info.listener.peer;
        report.port_ip = info.listener.address;
        report.discovery = info.discovery;
        report.persistent = info.discovery && info.kato.count() > 0;
        if (own != nullptr) {
            for (const sdc::SdtAddress& address : own->addresses)
                if (address.ip == info.listener.address)
                    report.port_id = address.port_id;
        }
        out.push_back(std::move(report));
    }
    return out;
}

} // namespace pf::sdt
