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
    for (const px::Mapping& mapping : volume.mappings) {
        out.mappings.push_back({mapping.host.value, mapping.host_name,
                                mapping.kind == px::HostKind::Nvme, mapping.limits.iops,
                                mapping.limits.bandwidth_mib_per_s});
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
        return PowerFlexInfo{
            client_.endpoint(), user_,      system.id.value,
            system.name,        system.nqn, fmt::format("{}.{}", version.major, version.minor)};
    }

    Result<std::vector<SdtAddress>> sdt_addresses() override {
        PF_TRY(const std::vector<px::Sdt> sdts, client_.sdts());
        std::vector<SdtAddress> out;
        for (const px::Sdt& sdt : sdts) {
            for (const px::IpRole& address : sdt.ips) {
                if (address.serves_hosts()) {
                    out.push_back({sdt.id.value, sdt.name, sdt.protection_domain.value, address.ip,
                                   sdt.nvme_port, sdt.is_serving()});
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
            for (const px::ProtectionDomain& domain : domains) {
                if (domain.id == pool.protection_domain) {
                    item.protection_domain = domain.name;
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
            out.push_back(std::move(item));
        }
        for (const px::NvmeHost& host : nvme_hosts) {
            PowerFlexHost item;
            item.id = host.id.value;
            item.name = host.name;
            item.nvme = true;
            item.nqn = host.nqn;
            item.max_paths = host.max_paths;
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

    Result<void> snapshot(const std::string& volume_id, const std::string& name) override {
        PF_TRY(const px::System system, client_.system());
        px::CreateSnapshots op;
        op.system = system.id;
        px::SnapshotItem item;
        item.volume.id = px::VolumeId(volume_id);
        item.snapshot_name = name;
        op.items.push_back(std::move(item));
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
    px::Client client_;
    std::string user_;
};

} // namespace

Result<std::unique_ptr<PowerFlexPort>> connect_powerflex(const std::string& endpoint,
                                                         const net::TlsTrust& trust,
                                                         const std::string& user,
                                                         const Secret& password) {
    px::ClientOptions options;
    options.endpoint = endpoint;
    options.trust = trust;
    px::Credentials credentials{user, password};
    PF_TRY(px::Client client, px::Client::connect(std::move(options), std::move(credentials)));
    return std::make_unique<PowerFlexAdapter>(std::move(client), user);
}

} // namespace pf::nvmetool
