#include "tools/pf-lab/provision.hpp"

#include "backend/mdm/client/client.hpp"

#include <algorithm>

namespace pf::lab {
namespace {

tl::unexpected<Error> fail_with(const mdm::MgmtError& error, std::string_view doing) {
    return fail(error.code, "{}: {}", doing, error.what);
}

template<class T>
const T* by_name(const std::vector<T>& objects, const std::string& name) {
    const auto found =
        std::find_if(objects.begin(), objects.end(), [&](const T& o) { return o.name == name; });
    return found == objects.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const mdm::Snapshot>> snapshot(mdm::Client& client) {
    auto result = client.query();
    if (!result)
        return fail_with(result.error(), "the MDM can't be asked");
    return *result;
}

// `expected`: what a repeated run finds already there.
template<class T>
Result<> done(const mdm::MgmtResult<T>& result, const std::string& doing) {
    if (result)
        return {};
    return fail_with(result.error(), doing);
}

std::string sds_name(unsigned node) { return fmt::format("sds-{}", node); }
std::string sdt_name(unsigned node) { return fmt::format("sdt-{}", node); }

bool host_uses(const vim::sim::DatastoreSpec& ds, const std::string& host) {
    return ds.hosts.empty() || std::find(ds.hosts.begin(), ds.hosts.end(), host) != ds.hosts.end();
}

const mdm::Sdc* sdc_of(const mdm::Snapshot& all, const std::string& guid) {
    const auto found = std::find_if(all.sdcs.begin(), all.sdcs.end(),
                                    [&](const mdm::Sdc& s) { return s.guid == guid; });
    return found == all.sdcs.end() ? nullptr : &*found;
}

} // namespace

std::unique_ptr<mdm::Client> connect_mdm(const LabConfig& config) {
    mdm::ClientOptions options;
    options.addresses = {fmt::format("{}:{}", config.node_address(1), kMdmPort)};
    return std::make_unique<mdm::Client>(options);
}

Result<SystemIdentity> system_identity(mdm::Client& client) {
    PF_TRY(const auto all, snapshot(client));
    return SystemIdentity{map::hex16(all->system.id), all->system.nqn};
}

Result<> provision_nodes(mdm::Client& client, const LabConfig& config) {
    PF_TRY(auto all, snapshot(client));
    if (by_name(all->protection_domains, kDomainName) == nullptr)
        PF_CHECK(done(client.add_protection_domain(kDomainName), "cannot add the domain"));
    PF_TRY(all, snapshot(client));
    const auto domain = by_name(all->protection_domains, kDomainName)->id;
    if (by_name(all->storage_pools, kPoolName) == nullptr) {
        mdm::AddStoragePool pool;
        pool.name = kPoolName;
        pool.protection_domain = domain;
        PF_CHECK(done(client.add_storage_pool(pool), "cannot add the pool"));
    }
    for (unsigned node = 1; node <= config.nodes; ++node) {
        const auto address = config.node_address(node);
        if (by_name(all->sds, sds_name(node)) == nullptr) {
            mdm::AddSds sds;
            sds.name = sds_name(node);
            sds.protection_domain = domain;
            sds.ips = {{address, mdm::SdsIpRole::All}};
            sds.port = kSdsPort;
            PF_CHECK(done(client.add_sds(sds), "cannot add " + sds.name));
        }
        if (by_name(all->sdts, sdt_name(node)) == nullptr) {
            mdm::AddSdt sdt;
            sdt.name = sdt_name(node);
            sdt.protection_domain = domain;
            sdt.ips = {{address, mdm::SdtIpRole::StorageAndHost}};
            sdt.nvme_port = kNvmePort;
            sdt.discovery_port = kDiscoveryPort;
            PF_CHECK(done(client.add_sdt(sdt), "cannot add " + sdt.name));
        }
    }
    return {};
}

Result<bool> all_sds_joined(mdm::Client& client, unsigned nodes) {
    PF_TRY(const auto all, snapshot(client));
    const auto joined =
        std::count_if(all->sds.begin(), all->sds.end(), [](const mdm::Sds& s) { return s.joined; });
    return joined == static_cast<std::ptrdiff_t>(nodes);
}

Result<> provision_devices(mdm::Client& client, const LabConfig& config,
                           const std::string& data_dir) {
    PF_TRY(const auto all, snapshot(client));
    const auto* pool = by_name(all->storage_pools, kPoolName);
    if (pool == nullptr)
        return fail(Errc::NotFound, "storage pool {} does not exist", kPoolName);
    for (unsigned node = 1; node <= config.nodes; ++node) {
        const auto* sds = by_name(all->sds, sds_name(node));
        if (sds == nullptr)
            return fail(Errc::NotFound, "{} does not exist", sds_name(node));
        const bool has_device = std::any_of(all->devices.begin(), all->devices.end(),
                                            [&](const mdm::Device& d) { return d.sds == sds->id; });
        if (has_device)
            continue;
        mdm::AddDevice device;
        device.sds = sds->id;
        device.storage_pool = pool->id;
        device.path = fmt::format("{}/device-{}.img", data_dir, node);
        device.name = fmt::format("dev-{}", node);
        device.capacity_limit_kb = config.device_bytes / 1024;
        PF_CHECK(done(client.add_device(device), "cannot add a device to " + sds->name));
    }
    return {};
}

Result<> provision_volumes(mdm::Client& client, const LabConfig& config) {
    PF_TRY(const auto all, snapshot(client));
    const auto* pool = by_name(all->storage_pools, kPoolName);
    if (pool == nullptr)
        return fail(Errc::NotFound, "storage pool {} does not exist", kPoolName);
    std::vector<std::string> names = config.extra_volumes;
    for (const auto& ds : config.estate.datastores)
        names.push_back(ds.volume);
    for (const auto& name : names) {
        if (by_name(all->volumes, name) != nullptr)
            continue;
        mdm::CreateVolume volume;
        volume.storage_pool = pool->id;
        volume.name = name;
        volume.size_kb = 8u << 20; // 8 GiB, PowerFlex's smallest volume
        PF_CHECK(done(client.create_volume(volume), "cannot create volume " + name));
    }
    return {};
}

Result<bool> all_sdcs_registered(mdm::Client& client, const LabConfig& config) {
    PF_TRY(const auto all, snapshot(client));
    return std::all_of(config.estate.hosts.begin(), config.estate.hosts.end(),
                       [&](const vim::sim::HostSpec& host) {
                           const auto* sdc = sdc_of(*all, sdc_guid(config.network, host.name));
                           return !host.sdc || (sdc != nullptr && sdc->connected);
                       });
}

Result<> map_to_sdcs(mdm::Client& client, const LabConfig& config) {
    PF_TRY(const auto all, snapshot(client));
    auto map_one = [&](const std::string& name, const vim::sim::HostSpec& host) -> Result<> {
        const auto* volume = by_name(all->volumes, name);
        const auto* sdc = sdc_of(*all, sdc_guid(config.network, host.name));
        if (volume == nullptr || sdc == nullptr)
            return fail(Errc::NotFound, "volume {} or the SDC of {} does not exist", name,
                        host.name);
        const bool mapped =
            std::any_of(volume->mappings.begin(), volume->mappings.end(),
                        [&](const mdm::Mapping& m) { return m.initiator == sdc->id.value; });
        if (mapped)
            return {};
        mdm::MapOptions options;
        options.allow_multiple = true;
        return done(client.map(volume->id, sdc->id.value, options),
                    fmt::format("cannot map {} to {}", name, host.name));
    };
    for (const auto& host : config.estate.hosts) {
        if (!host.sdc)
            continue;
        for (const auto& ds : config.estate.datastores)
            if (host_uses(ds, host.name))
                PF_CHECK(map_one(ds.volume, host));
        for (const auto& name : config.extra_volumes)
            PF_CHECK(map_one(name, host));
    }
    return {};
}

} // namespace pf::lab
