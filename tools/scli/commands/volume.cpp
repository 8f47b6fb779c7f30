// Volumes.
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <array>

namespace pf::scli {
namespace {

constexpr std::uint64_t kKibPerGib = 1024ULL * 1024;
constexpr std::uint64_t kMaxGib = 1048576;
constexpr std::uint64_t kGranularityGib = powerflex::kVolumeGranularityKib / kKibPerGib;

Result<std::uint64_t> rounded_size_gib(Context& context) {
    PF_TRY(const std::uint64_t gib, context.args().number("size_gb", kMaxGib));
    const std::uint64_t rounded = (gib + kGranularityGib - 1) / kGranularityGib * kGranularityGib;
    if (rounded != gib) {
        context.print("Warning: Rounding up the volume size to {} GB", rounded);
    }
    return rounded;
}

Result<void> add(Context& context) {
    powerflex::CreateVolume op;
    PF_TRY(op.name, context.args().required("volume_name"));
    PF_TRY(const powerflex::StoragePool pool, context.storage_pool());
    PF_TRY(const std::uint64_t gib, rounded_size_gib(context));
    op.pool = powerflex::StoragePoolRef(pool.id, pool.name);
    op.size_kib = gib * kKibPerGib;
    op.type = context.args().flag("thick_provisioned") ? powerflex::VolumeType::Thick
                                                       : powerflex::VolumeType::Thin;
    PF_TRY(const powerflex::VolumeId id, context.client().create(op));
    context.print("Successfully created volume of size {} GB. Object ID {}", gib, id.value);
    return {};
}

Result<void> rename(Context& context) {
    PF_TRY(const std::string name, context.args().required("new_name"));
    PF_TRY(const powerflex::Volume volume, context.volume());
    PF_CHECK(context.client().apply(
        powerflex::RenameVolume{powerflex::VolumeRef(volume.id, volume.name), name}));
    context.print("Successfully renamed volume {} to {}", name_or_na(volume.name), name);
    return {};
}

Result<void> resize(Context& context) {
    PF_TRY(const powerflex::Volume volume, context.volume());
    PF_TRY(const std::uint64_t gib, rounded_size_gib(context));
    PF_CHECK(context.client().apply(
        powerflex::ResizeVolume{powerflex::VolumeRef(volume.id, volume.name), gib}));
    context.print("Successfully modified size of volume {} to {} GB", name_or_na(volume.name), gib);
    return {};
}

Result<void> remove(Context& context) {
    PF_TRY(const powerflex::Volume volume, context.volume());
    powerflex::RemoveVolume op{powerflex::VolumeRef(volume.id, volume.name),
                               powerflex::RemoveMode::OnlyMe};
    if (context.args().flag("remove_with_descendant_snapshots")) {
        op.mode = powerflex::RemoveMode::IncludingDescendants;
    } else if (context.args().flag("remove_descendant_snapshots_only")) {
        op.mode = powerflex::RemoveMode::DescendantsOnly;
    }
    PF_CHECK(context.client().apply(op));
    context.print("Successfully removed volume {}", name_or_na(volume.name));
    return {};
}

std::string provisioning(const powerflex::Volume& volume) {
    switch (volume.type) {
    case powerflex::VolumeType::Thick:
        return "Thick-provisioned";
    case powerflex::VolumeType::Snapshot:
        return "Snapshot of " + volume.ancestor.value;
    default:
        return "Thin-provisioned";
    }
}

std::string mapped(const powerflex::Volume& volume) {
    std::size_t sdcs = 0;
    std::size_t hosts = 0;
    for (const powerflex::Mapping& mapping : volume.mappings) {
        (mapping.kind == powerflex::HostKind::Nvme ? hosts : sdcs) += 1;
    }
    std::string out;
    if (sdcs != 0) {
        out = fmt::format("Mapped to {} SDC", sdcs);
    }
    if (hosts != 0) {
        out += fmt::format("{}Mapped to {} NVMe host", out.empty() ? "" : ", ", hosts);
    }
    return out.empty() ? "Unmapped" : out;
}

Result<void> query_all(Context& context) {
    powerflex::Client& client = context.client();
    PF_TRY(const std::vector<powerflex::Volume> volumes, client.volumes());
    PF_TRY(const std::vector<powerflex::ProtectionDomain> domains, client.protection_domains());
    PF_TRY(const std::vector<powerflex::StoragePool> pools, client.storage_pools());
    context.print("Query-all-volumes returned {} volumes", volumes.size());
    for (const powerflex::ProtectionDomain& domain : domains) {
        context.print("Protection Domain {} Name: {}", domain.id.value, domain.name);
        for (const powerflex::StoragePool& pool : pools) {
            if (pool.protection_domain != domain.id) {
                continue;
            }
            context.print("Storage Pool {} Name: {}", pool.id.value, pool.name);
            bool any = false;
            for (const powerflex::Volume& volume : volumes) {
                if (volume.storage_pool != pool.id) {
                    continue;
                }
                any = true;
                context.print(" Volume ID: {} Name: {} Size: {} {} {}", volume.id.value,
                              name_or_na(volume.name), size_text(volume.size_kib), mapped(volume),
                              provisioning(volume));
            }
            if (!any) {
                context.print(" <No volumes defined>");
            }
        }
    }
    return {};
}

Result<void> query_one(Context& context) {
    PF_TRY(const powerflex::Volume volume, context.volume());
    context.print(">> Volume ID: {} Name: {}", volume.id.value, name_or_na(volume.name));
    context.print("   Provisioning: {}",
                  volume.type == powerflex::VolumeType::Thick ? "Thick" : "Thin");
    context.print("   Size: {}", size_text(volume.size_kib));
    context.print("   NSID: {}", volume.nsid);
    if (volume.is_snapshot()) {
        context.print("   Snapshot of: {}", volume.ancestor.value);
        context.print("   Consistency group ID: {}", volume.consistency_group.value);
    }
    for (const bool nvme : {false, true}) {
        bool first = true;
        for (const powerflex::Mapping& m : volume.mappings) {
            if ((m.kind == powerflex::HostKind::Nvme) != nvme) {
                continue;
            }
            if (first) {
                context.print("   {}", nvme ? "Mapped NVMe hosts:" : "Mapped SDCs:");
                first = false;
            }
            const std::string limits =
                m.limits.unlimited() ? std::string()
                                     : fmt::format(" IOPS limit: {} Bandwidth limit: {} MB/s",
                                                   m.limits.iops, m.limits.bandwidth_mib_per_s);
            if (nvme) {
                context.print("      Host ID: {} NQN: {} Name: {}{}", m.host.value, m.nqn,
                              name_or_na(m.host_name), limits);
            } else {
                context.print("      SDC ID: {} IP: {} Name: {}{}", m.host.value,
                              name_or_na(m.host_ip), name_or_na(m.host_name), limits);
            }
        }
    }
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"query_all_volumes", "", "every volume, by pool", query_all},
    {"query_volume", "volume_id=,volume_name=", "one volume and its mappings", query_one},
    {"add_volume",
     "storage_pool_id=,storage_pool_name=,protection_domain_name=,protection_domain_id=,size_gb=,"
     "volume_name=,thin_provisioned,thick_provisioned,use_rmcache,dont_use_rmcache",
     "create a volume", add},
    {"rename_volume", "volume_id=,volume_name=,new_name=", "rename a volume", rename},
    {"modify_volume_capacity", "volume_id=,volume_name=,size_gb=", "grow a volume", resize},
    {"remove_volume",
     "volume_id=,volume_name=,remove_with_descendant_snapshots,remove_descendant_snapshots_only",
     "remove a volume or snapshot", remove, true},
});

} // namespace

std::span<const Command> volume_commands() { return kCommands; }

} // namespace pf::scli
