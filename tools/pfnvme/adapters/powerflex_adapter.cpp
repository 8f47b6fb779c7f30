#include "tools/pfnvme/adapters/powerflex_adapter.hpp"

#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "libpf/client.hpp"

#include <optional>
#include <utility>

namespace pf::nvmetool {

namespace {

namespace px = pf::powerflex;

VolumeInfo volume_info(const px::Volume& volume) {
    VolumeInfo out;
    out.id = volume.id.value;
    out.name = volume.name;
    out.size_kib = volume.size_kib;
    out.pool_id = volume.storage_pool.value;
    out.vtree_id = volume.vtree.value;
    out.ancestor_id = volume.ancestor.value;
    out.replicated =
        !volume.replication_state.empty() && volume.replication_state != "UnmarkedForReplication";
    out.replication_state = volume.replication_state;
    out.type = volume.type == px::VolumeType::Thin       ? "thin"
               : volume.type == px::VolumeType::Thick    ? "thick"
               : volume.type == px::VolumeType::Snapshot ? "snapshot"
                                                         : "other";
    out.nsid = volume.nsid;
    out.consistency_group = volume.consistency_group.value;
    out.access_limit = volume.access_mode_limit;
    out.created_at_s = volume.creation_time_s;
    for (const px::Mapping& mapping : volume.mappings) {
        out.mappings.push_back({mapping.host.value, mapping.host_name,
                                mapping.kind == px::HostKind::Nvme, mapping.limits.iops,
                                mapping.limits.bandwidth_mib_per_s,
                                mapping.access == px::AccessMode::ReadOnly});
    }
    return out;
}

class PowerFlexAdapter final : public PowerFlexPort {
  public:
    PowerFlexAdapter(px::Client client, std::string user)
        : client_(std::move(client)), user_(std::move(user)) {}
    ~PowerFlexAdapter() override { (void)client_.logout(); }

    Result<PowerFlexInfo> about() override {
        PF_TRY(const px::System system, client_.system());
        const px::ApiVersion version = client_.version();
        PowerFlexInfo out{client_.endpoint(), user_,
                          system.id.value,    system.name,
                          system.nqn,         fmt::format("{}.{}", version.major, version.minor)};
        if (system.mdm_cluster) {
            out.mdm_mode = system.mdm_cluster->mode;
            out.mdm_state = system.mdm_cluster->state;
        }
        return out;
    }

    Result<PowerFlexEstate> estate() override {
        PowerFlexEstate out;
        PF_TRY(out.info, about());
        PF_TRY(out.hosts, hosts());
        PF_TRY(out.sdts, sdt_addresses());
        PF_TRY(out.pools, pools());
        PF_TRY(out.volumes, volumes());
        out.facts = {Fact::PowerFlex, Fact::Sdts};
        if (!out.info.mdm_mode.empty() || !out.info.mdm_state.empty()) {
            out.facts.insert(Fact::MdmCluster);
        } else {
            out.gaps.emplace_back("PowerFlex does not tell the state of its MDM cluster");
        }
        PF_TRY(const std::vector<px::Sds> servers, client_.sdss());
        for (const px::Sds& sds : servers) {
            SdsInfo item{sds.id.value,
                         sds.name,
                         sds.protection_domain.value,
                         sds.state,
                         sds.mdm_connection_state,
                         sds.maintenance_state,
                         {}};
            for (const px::IpRole& address : sds.ips) {
                item.ips.push_back(address.ip);
            }
            out.sdss.push_back(std::move(item));
        }
        out.facts.insert(Fact::Sdss);
        PF_CHECK(read_capacities(out));
        if (const auto limits = client_.system_limits()) {
            for (const px::SystemLimit& limit : *limits) {
                if (limit.max) {
                    out.info.limits.emplace(limit.type, *limit.max);
                }
            }
        } else {
            out.gaps.push_back("PowerFlex limits: " + limits.error().what);
        }
        return out;
    }

    // Mean latency over every pool, weighted by its operations; counters hold the last seconds.
    Result<StorageLoad> load() override {
        PF_TRY(const std::vector<px::StoragePool> pools, client_.storage_pools());
        StorageLoad out;
        double microseconds = 0;
        double operations = 0;
        for (const px::StoragePool& pool : pools) {
            PF_TRY(const px::StoragePoolCapacity load, client_.storage_pool_capacity(pool.id));
            out.rebuilding_kib += load.rebuilding_kib;
            microseconds += static_cast<double>(load.latency_us_sum);
            operations += static_cast<double>(load.operations);
        }
        out.latency_ms = operations > 0 ? microseconds / operations / 1000.0 : 0;
        return out;
    }

    Result<std::vector<SdtAddress>> sdt_addresses() override {
        PF_TRY(const std::vector<px::Sdt> sdts, client_.sdts());
        std::vector<SdtAddress> out;
        for (const px::Sdt& sdt : sdts) {
            for (const px::IpRole& address : sdt.ips) {
                if (address.serves_hosts()) {
                    out.push_back({sdt.id.value, sdt.name, sdt.protection_domain.value, address.ip,
                                   sdt.nvme_port, sdt.is_serving(), sdt.discovery_port,
                                   address.role, sdt.state, sdt.maintenance_state});
                }
            }
        }
        return out;
    }

    Result<std::vector<PoolInfo>> pools() override {
        PF_TRY(const std::vector<px::StoragePool> pools, client_.storage_pools());
        PF_TRY(const std::vector<px::ProtectionDomain> domains, client_.protection_domains());
        std::vector<PoolInfo> out;
        for (const px::StoragePool& pool : pools) {
            PoolInfo item{pool.id.value, pool.name, pool.protection_domain.value, ""};
            item.media = pool.media_type;
            item.layout = pool.data_layout;
            item.zero_padding = pool.zero_padding;
            for (const px::ProtectionDomain& domain : domains) {
                if (domain.id == pool.protection_domain) {
                    item.protection_domain = domain.name;
                    item.domain_state = domain.state;
                }
            }
            out.push_back(std::move(item));
        }
        return out;
    }

    Result<std::vector<PowerFlexHost>> hosts() override {
        PF_TRY(const std::vector<px::Sdc> sdcs, client_.sdcs());
        PF_TRY(const std::vector<px::NvmeHost> nvme_hosts, client_.nvme_hosts());
        std::vector<PowerFlexHost> out;
        for (const px::Sdc& sdc : sdcs) {
            PowerFlexHost item;
            item.id = sdc.id.value;
            item.name = sdc.name;
            item.guid = sdc.guid;
            item.ip = sdc.ips.empty() ? "" : sdc.ips.front();
            item.connected = sdc.mdm_connection_state == "Connected";
            item.os_type = sdc.os_type;
            item.version = sdc.version_info;
            item.approved = sdc.approved;
            out.push_back(std::move(item));
        }
        for (const px::NvmeHost& host : nvme_hosts) {
            PowerFlexHost item;
            item.id = host.id.value;
            item.name = host.name;
            item.nvme = true;
            item.nqn = host.nqn;
            item.max_paths = host.max_paths;
            item.max_system_ports = host.max_system_ports;
            out.push_back(std::move(item));
        }
        return out;
    }

    Result<std::vector<VolumeInfo>> volumes() override {
        PF_TRY(const std::vector<px::Volume> volumes, client_.volumes());
        std::vector<VolumeInfo> out;
        for (const px::Volume& volume : volumes) {
            out.push_back(volume_info(volume));
        }
        return out;
    }

    Result<VolumeInfo> volume(const std::string& volume_id) override {
        PF_TRY(const px::Volume volume, client_.volume(px::VolumeId(volume_id)));
        return volume_info(volume);
    }

    Result<void> create_nvme_host(const std::string& nqn, const std::string& name) override {
        px::CreateNvmeHost op;
        op.nqn = nqn;
        op.name = name;
        PF_CHECK(client_.create(op));
        return {};
    }

    Result<void> remove_nvme_host(const std::string& host_id) override {
        px::RemoveHost op;
        op.host.id = px::HostId(host_id);
        op.kind = px::HostKind::Nvme;
        return client_.apply(op);
    }

    Result<void> remove_sdc(const std::string& sdc_id) override {
        px::RemoveHost op;
        op.host.id = px::HostId(sdc_id);
        op.kind = px::HostKind::Sdc;
        return client_.apply(op);
    }

    Result<void> set_sdt_maintenance(const std::string& sdt_id, bool on) override {
        PF_CHECK(client_.post(fmt::format("/api/instances/Sdt::{}/action/{}", sdt_id,
                                          on ? "enterMaintenanceMode" : "exitMaintenanceMode"),
                              "{}"));
        return {};
    }

    Result<void> rename_host(const std::string& host_id, const std::string& name) override {
        px::RenameHost op;
        op.host.id = px::HostId(host_id);
        op.new_name = name;
        return client_.apply(op);
    }

    Result<void> set_host_limits(const std::string& host_id, std::int64_t max_paths,
                                 std::int64_t max_system_ports) override {
        if (max_paths > 0) {
            px::SetHostMaxPaths op;
            op.host.id = px::HostId(host_id);
            op.max_paths = static_cast<int>(max_paths);
            PF_CHECK(client_.apply(op));
        }
        if (max_system_ports > 0) {
            px::SetHostMaxSystemPorts op;
            op.host.id = px::HostId(host_id);
            op.max_system_ports = static_cast<int>(max_system_ports);
            PF_CHECK(client_.apply(op));
        }
        return {};
    }

    Result<void> create_volume(const std::string& name, std::uint64_t size_gib,
                               const std::string& pool_id) override {
        px::CreateVolume op;
        op.name = name;
        op.size_kib = size_gib * 1024 * 1024;
        op.pool.id = px::StoragePoolId(pool_id);
        PF_CHECK(client_.create(op));
        return {};
    }

    Result<void> remove_volume(const std::string& volume_id) override {
        px::RemoveVolume op;
        op.volume.id = px::VolumeId(volume_id);
        return client_.apply(op);
    }

    Result<void> map(const std::string& volume_id, const std::string& host_id, bool nvme) override {
        px::MapVolume op;
        op.volume.id = px::VolumeId(volume_id);
        op.host.id = px::HostId(host_id);
        op.kind = nvme ? px::HostKind::Nvme : px::HostKind::Sdc;
        PF_CHECK(client_.map(op));
        return {};
    }

    Result<void> unmap(const std::string& volume_id, const std::string& host_id,
                       bool nvme) override {
        px::UnmapVolume op;
        op.volume.id = px::VolumeId(volume_id);
        op.host.id = px::HostId(host_id);
        op.kind = nvme ? px::HostKind::Nvme : px::HostKind::Sdc;
        PF_CHECK(client_.unmap(op));
        return {};
    }

    Result<void> set_limits(const std::string& volume_id, const std::string& host_id,
                            std::uint64_t iops, std::uint64_t mib_per_s) override {
        px::SetMappingLimits op;
        op.volume.id = px::VolumeId(volume_id);
        op.host.id = px::HostId(host_id);
        op.limits = {iops, mib_per_s};
        return client_.apply(op);
    }

    Result<void> snapshot(const std::vector<SnapshotWish>& wanted) override {
        PF_TRY(const px::System system, client_.system());
        px::CreateSnapshots op;
        op.system = system.id;
        for (const SnapshotWish& wish : wanted) {
            px::SnapshotItem item;
            item.volume.id = px::VolumeId(wish.volume_id);
            item.snapshot_name = wish.name;
            op.items.push_back(std::move(item));
        }
        PF_CHECK(client_.create(op));
        return {};
    }

    Result<void> restore(const std::string& volume_id, const std::string& snapshot_id) override {
        px::OverwriteVolume op;
        op.volume.id = px::VolumeId(volume_id);
        op.source.id = px::VolumeId(snapshot_id);
        return client_.apply(op);
    }

  private:
    // Pool by pool; one that does not tell keeps capacity_known false.
    Result<void> read_capacities(PowerFlexEstate& out) {
        bool all = true;
        for (PoolInfo& pool : out.pools) {
            const auto read = client_.storage_pool_capacity(px::StoragePoolId(pool.id));
            if (!read) {
                if (read.error().code == Errc::Unreachable || read.error().code == Errc::Timeout) {
                    return fail(read.error());
                }
                all = false;
                out.gaps.push_back(
                    fmt::format("capacity of pool '{}': {}", pool.name, read.error().what));
                continue;
            }
            pool.capacity_known = true;
            pool.max_kib = read->max_kib;
            pool.in_use_kib = read->in_use_kib;
            pool.net_unused_kib = read->net_unused_kib;
            pool.available_kib = read->available_for_volumes_kib;
            pool.allocation_limit_kib = read->allocation_limit_kib;
            pool.degraded_kib = read->degraded_healthy_kib + read->degraded_failed_kib;
            pool.failed_kib = read->failed_kib;
            pool.rebuilding_kib = read->rebuilding_kib;
        }
        if (all) {
            out.facts.insert(Fact::PoolCapacity);
        }
        return {};
    }

    px::Client client_;
    std::string user_;
};

} // namespace

Result<std::unique_ptr<PowerFlexPort>>
connect_powerflex(const std::string& endpoint, const net::TlsTrust& trust, const std::string& user,
                  const Secret& password, const ConnectionTuning& tuning) {
    px::ClientOptions options;
    if (tuning.timeout.count() > 0) {
        options.request_timeout = tuning.timeout;
    }
    if (tuning.trace) {
        options.trace = [trace = tuning.trace](const px::TraceEntry& entry) {
            trace(fmt::format("REST {} {} {} {} us, {} B out, {} B in", entry.method, entry.path,
                              entry.status, entry.duration.count(), entry.request_body.size(),
                              entry.response_body.size()));
        };
    }
    options.endpoint = endpoint;
    options.trust = trust;
    px::Credentials credentials{user, password};
    PF_TRY(px::Client client, px::Client::connect(std::move(options), std::move(credentials)));
    return std::make_unique<PowerFlexAdapter>(std::move(client), user);
}

} // namespace pf::nvmetool
