// Mapping volumes to SDCs and NVMe hosts, and the limits of a mapping.
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <array>

namespace pf::scli {
namespace {

using powerflex::HostKind;
using powerflex::HostRef;
using powerflex::VolumeRef;

Result<powerflex::AccessMode> access_mode(const Arguments& args) {
    const std::string& text = args.value("access_mode");
    if (text.empty() || text == "read_write") {
        return powerflex::AccessMode::ReadWrite;
    }
    if (text == "read_only") {
        return powerflex::AccessMode::ReadOnly;
    }
    if (text == "no_access") {
        return powerflex::AccessMode::NoAccess;
    }
    return fail(Errc::InvalidArgument,
                "'{}' is not an access mode (read_write, read_only, no_access)", text);
}

struct Target {
    HostRef ref;
    HostKind kind = HostKind::Sdc;
    std::string label; // as the success text names it
};

Result<Target> target(Context& context, HostKind kind) {
    if (kind == HostKind::Sdc) {
        PF_TRY(const powerflex::Sdc sdc, context.sdc());
        return Target{HostRef(sdc.id, sdc.name), kind,
                      "SDC " + (sdc.ips.empty() ? sdc.id.value : sdc.ips.front())};
    }
    PF_TRY(const powerflex::NvmeHost host, context.nvme_host());
    return Target{HostRef(host.id, host.name), kind, "host " + host.display_name()};
}

Result<void> map(Context& context, HostKind kind) {
    PF_TRY(const powerflex::Volume volume, context.volume());
    PF_TRY(const Target to, target(context, kind));
    powerflex::MapVolume op;
    op.volume = VolumeRef(volume.id, volume.name);
    op.host = to.ref;
    op.kind = to.kind;
    op.allow_multiple_mappings = context.args().flag("allow_multi_map");
    PF_TRY(op.access, access_mode(context.args()));
    PF_TRY(const powerflex::MapOutcome outcome, context.client().map(op));
    if (outcome == powerflex::MapOutcome::AlreadyMapped) {
        return fail(Errc::AlreadyExists, "The volume is already mapped to this {}",
                    kind == HostKind::Sdc ? "SDC" : "host");
    }
    context.print("Successfully mapped volume {} to {}", name_or_na(volume.name), to.label);
    return {};
}

Result<void> unmap_from(Context& context, const powerflex::Volume& volume, const HostRef& host,
                        HostKind kind) {
    PF_TRY(const powerflex::UnmapOutcome outcome,
           context.client().unmap({VolumeRef(volume.id, volume.name), host, kind}));
    if (outcome == powerflex::UnmapOutcome::WasNotMapped) {
        return fail(Errc::NotFound, "The volume is not mapped to {}",
                    kind == HostKind::Sdc ? "SDC" : "the host");
    }
    return {};
}

Result<void> unmap(Context& context, HostKind kind, std::string_view all_option) {
    PF_TRY(const powerflex::Volume volume, context.volume());
    if (context.args().flag(all_option)) {
        for (const powerflex::Mapping& mapping : volume.mappings) {
            if (mapping.kind == kind) {
                PF_CHECK(
                    unmap_from(context, volume, HostRef(mapping.host, mapping.host_name), kind));
            }
        }
        context.print("Successfully unmapped volume {} from all {}", name_or_na(volume.name),
                      kind == HostKind::Sdc ? "SDCs" : "hosts");
        return {};
    }
    PF_TRY(const Target from, target(context, kind));
    PF_CHECK(unmap_from(context, volume, from.ref, kind));
    context.print("Successfully unmapped volume {} from {}", name_or_na(volume.name), from.label);
    return {};
}

Result<void> set_limits(Context& context) {
    PF_TRY(const powerflex::Volume volume, context.volume());
    // An NVMe host's id works here too: PowerFlex has one verb for both.
    HostRef host(powerflex::HostId(context.args().value("sdc_id")));
    if (host.id.empty()) {
        PF_TRY(const powerflex::Sdc sdc, context.sdc());
        host = HostRef(sdc.id, sdc.name);
    }
    powerflex::SetMappingLimits op{VolumeRef(volume.id, volume.name), host, {}};
    if (const powerflex::Mapping* mapping = volume.mapping_of(host.id)) {
        op.limits = mapping->limits;
    }
    if (context.args().flag("iops_limit")) {
        PF_TRY(op.limits.iops, context.args().number("iops_limit", UINT32_MAX));
    }
    if (context.args().flag("bandwidth_limit_mbps")) {
        PF_TRY(op.limits.bandwidth_mib_per_s,
               context.args().number("bandwidth_limit_mbps", UINT32_MAX / 1024));
    }
    PF_CHECK(context.client().apply(op));
    context.print("Successfully set the limits of volume {} on SDC {}", name_or_na(volume.name),
                  host.id.value);
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"map_volume_to_sdc",
     "volume_id=,volume_name=,sdc_id=,sdc_name=,sdc_ip=,sdc_guid=,allow_multi_map,access_mode=",
     "map a volume to an SDC", [](Context& c) { return map(c, HostKind::Sdc); }},
    {"unmap_volume_from_sdc",
     "volume_id=,volume_name=,sdc_id=,sdc_name=,sdc_ip=,sdc_guid=,all_sdcs,ignore_scsi_initiators",
     "unmap a volume from an SDC, or from all",
     [](Context& c) { return unmap(c, HostKind::Sdc, "all_sdcs"); }, true},
    {"map_volume_to_host",
     "volume_id=,volume_name=,host_id=,host_name=,nqn=,allow_multi_map,access_mode=",
     "map a volume to an NVMe host", [](Context& c) { return map(c, HostKind::Nvme); }},
    {"unmap_volume_from_host", "volume_id=,volume_name=,host_id=,host_name=,nqn=,all_hosts",
     "unmap a volume from an NVMe host, or from all",
     [](Context& c) { return unmap(c, HostKind::Nvme, "all_hosts"); }, true},
    {"set_sdc_volume_limits",
     "volume_id=,volume_name=,sdc_id=,sdc_name=,sdc_ip=,sdc_guid=,iops_limit=,"
     "bandwidth_limit_mbps=",
     "limit a mapping; 0 lifts a limit", set_limits},
});

} // namespace

std::span<const Command> mapping_commands() { return kCommands; }

} // namespace pf::scli
