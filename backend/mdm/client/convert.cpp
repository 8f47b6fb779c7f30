#include "backend/mdm/client/convert.hpp"

#include "control.pb.h"

namespace pf::mdm {
namespace {

namespace wire = proto::control;

Properties properties(const google::protobuf::Map<std::string, std::string>& in) {
    return {in.begin(), in.end()};
}

std::uint16_t port(std::uint32_t value) { return static_cast<std::uint16_t>(value); }

StoragePool pool(const wire::StoragePoolRecord& r, const wire::PoolStats& s) {
    StoragePool out;
    out.id = {r.id()};
    out.name = r.name();
    out.protection_domain = {r.protection_domain()};
    out.media_type = r.media_type();
    out.zero_padding = r.zero_padding();
    out.spare_percentage = r.spare_percentage();
    out.comb_count = r.comb_count();
    out.properties = properties(r.properties());
    out.stats.max_capacity_kb = s.max_capacity_kb();
    out.stats.used_kb = s.used_kb();
    out.stats.thick_kb = s.thick_kb();
    out.stats.thin_allocated_kb = s.thin_allocated_kb();
    out.stats.combs_normal = s.combs_normal();
    out.stats.combs_degraded = s.combs_degraded();
    out.stats.combs_rebuilding = s.combs_rebuilding();
    out.stats.combs_failed = s.combs_failed();
    out.stats.rebuild_bytes_left = s.rebuild_bytes_left();
    return out;
}

Sds sds(const wire::SdsState& s) {
    const auto& r = s.record();
    Sds out;
    out.id = {r.id()};
    out.name = r.name();
    out.protection_domain = {r.protection_domain()};
    out.fault_set = {r.fault_set()};
    for (const auto& ip : r.ips())
        out.ips.push_back({ip.ip(), static_cast<SdsIpRole>(ip.role())});
    out.port = port(r.port());
    out.software_version = r.software_version();
    out.restarts = r.restarts();
    out.properties = properties(r.properties());
    out.connected = s.connected();
    out.joined = s.joined();
    out.primary_combs = s.primary_combs();
    out.secondary_combs = s.secondary_combs();
    return out;
}

Device device(const wire::DeviceView& v) {
    const auto& r = v.record();
    Device out;
    out.id = {r.id()};
    out.name = r.name();
    out.sds = {r.sds()};
    out.storage_pool = {r.storage_pool()};
    out.path = r.path();
    out.media_type = r.media_type();
    out.capacity_kb = r.capacity_kb();
    out.capacity_limit_kb = r.capacity_limit_kb();
    out.used_kb = v.used_kb();
    out.state = static_cast<DeviceState>(r.state());
    out.error = r.error();
    out.properties = properties(r.properties());
    return out;
}

Sdt sdt(const wire::SdtState& s) {
    const auto& r = s.record();
    Sdt out;
    out.id = {r.id()};
    out.name = r.name();
    out.protection_domain = {r.protection_domain()};
    out.fault_set = {r.fault_set()};
    for (const auto& ip : r.ips())
        out.ips.push_back({ip.ip(), static_cast<SdtIpRole>(ip.role()), ip.port_id()});
    out.storage_port = port(r.storage_port());
    out.nvme_port = port(r.nvme_port());
    out.discovery_port = port(r.discovery_port());
    out.maintenance = r.maintenance();
    out.software_version = r.software_version();
    out.properties = properties(r.properties());
    out.connected = s.connected();
    out.persistent_discovery_controllers = s.persistent_discovery_controllers();
    return out;
}

Sdc sdc(const wire::SdcState& s) {
    const auto& r = s.record();
    Sdc out;
    out.id = {r.id()};
    out.guid = r.guid();
    out.name = r.name();
    out.ip = r.ip();
    out.approved = r.approved();
    out.os_type = r.os_type();
    out.software_version = r.software_version();
    out.properties = properties(r.properties());
    out.connected = s.connected();
    return out;
}

Host host(const wire::HostState& s) {
    const auto& r = s.record();
    Host out;
    out.id = {r.id()};
    out.nqn = r.nqn();
    out.name = r.name();
    out.max_num_paths = r.max_num_paths();
    out.max_num_sys_ports = r.max_num_sys_ports();
    out.has_dhchap_secret = s.has_dhchap_secret();
    out.has_dhchap_ctrl_secret = s.has_dhchap_ctrl_secret();
    out.has_tls_psk = s.has_tls_psk();
    out.properties = properties(r.properties());
    for (const auto& c : s.controllers()) {
        NvmeController controller;
        controller.id = c.id();
        controller.sdt = {c.sdt()};
        controller.controller_id = c.report().controller_id();
        controller.host_ip = c.report().host_ip();
        controller.port_id = c.report().port_id();
        controller.port_ip = c.report().port_ip();
        controller.discovery = c.report().discovery();
        controller.assigned = c.assigned();
        out.controllers.push_back(std::move(controller));
    }
    return out;
}

Volume volume(const wire::VolumeRecord& r, SystemId system) {
    Volume out;
    out.id = {r.id()};
    out.name = r.name();
    out.size_kb = r.size_kb();
    out.type = static_cast<VolumeType>(r.type());
    out.storage_pool = {r.storage_pool()};
    out.vtree = {r.vtree()};
    out.ancestor = {r.ancestor()};
    out.consistency_group = r.consistency_group();
    out.created_at = r.created_at();
    out.nsid = r.nsid();
    out.nguid = map::nguid_hex(out.id, system);
    out.access_mode_limit = static_cast<AccessMode>(r.access_mode_limit());
    for (const auto& m : r.mappings())
        out.mappings.push_back({m.initiator(), static_cast<AccessMode>(m.access_mode()),
                                m.iops_limit(), m.bandwidth_limit_kbps()});
    out.properties = properties(r.properties());
    return out;
}

} // namespace

Snapshot from_wire(const wire::Snapshot& in) {
    Snapshot out;
    out.revision = in.revision();
    const auto& s = in.system();
    out.system.id = {s.id()};
    out.system.name = s.name();
    out.system.nqn = map::system_nqn(out.system.id);
    out.system.install_id = s.install_id();
    out.system.created_at = s.created_at();
    out.system.restricted_sdc_mode = s.restricted_sdc_mode();
    out.system.mdm_version = in.mdm_version();
    out.system.map_epoch = in.map_epoch();
    out.system.properties = properties(s.properties());
    for (const auto& r : in.protection_domains())
        out.protection_domains.push_back(
            {{r.id()}, r.name(), r.active(), properties(r.properties())});
    for (const auto& r : in.fault_sets())
        out.fault_sets.push_back({{r.id()}, r.name(), {r.protection_domain()}});
    const wire::PoolStats none;
    for (int i = 0; i < in.storage_pools_size(); ++i)
        out.storage_pools.push_back(
            pool(in.storage_pools(i), i < in.pool_stats_size() ? in.pool_stats(i) : none));
    for (const auto& r : in.sds())
        out.sds.push_back(sds(r));
    for (const auto& r : in.devices())
        out.devices.push_back(device(r));
    for (const auto& r : in.sdts())
        out.sdts.push_back(sdt(r));
    for (const auto& r : in.sdcs())
        out.sdcs.push_back(sdc(r));
    for (const auto& r : in.hosts())
        out.hosts.push_back(host(r));
    for (const auto& r : in.volumes())
        out.volumes.push_back(volume(r, out.system.id));
    for (const auto& r : in.vtrees())
        out.vtrees.push_back({{r.id()}, r.name(), {r.storage_pool()}, {r.base_volume()}});
    return out;
}

} // namespace pf::mdm
