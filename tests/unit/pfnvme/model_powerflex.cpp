#include "tests/unit/pfnvme/model_estate.hpp"

#include <algorithm>

namespace pf::nvmetool::test {

Result<PowerFlexInfo> ModelPowerFlex::about() {
    PF_CHECK(e.reading());
    return PowerFlexInfo{"https://pfxm.lab",
                         "admin",
                         "1250de83018c2d0f",
                         "lab",
                         "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f",
                         "4.6"};
}

Result<std::vector<SdtAddress>> ModelPowerFlex::sdt_addresses() {
    PF_CHECK(e.reading());
    return e.sdts;
}

Result<std::vector<PoolInfo>> ModelPowerFlex::pools() {
    PF_CHECK(e.reading());
    return std::vector<PoolInfo>{{"pool1", "SP1", "pd1", "PD1"}};
}

Result<std::vector<PowerFlexHost>> ModelPowerFlex::hosts() {
    PF_CHECK(e.reading());
    std::vector<PowerFlexHost> out;
    for (const auto& [id, host] : e.pf_hosts) {
        out.push_back(host);
    }
    return out;
}

Result<std::vector<VolumeInfo>> ModelPowerFlex::volumes() {
    PF_CHECK(e.reading());
    std::vector<VolumeInfo> out;
    for (const auto& [id, volume] : e.volumes) {
        out.push_back(volume.info);
    }
    return out;
}

Result<VolumeInfo> ModelPowerFlex::volume(const std::string& volume_id) {
    PF_CHECK(e.reading());
    const auto found = e.volumes.find(volume_id);
    if (found == e.volumes.end()) {
        return fail(Errc::NotFound, "no volume {}", volume_id);
    }
    return found->second.info;
}

Result<void> ModelPowerFlex::create_nvme_host(const std::string& nqn, const std::string& name) {
    return e.change([&]() -> Result<void> {
        PowerFlexHost host;
        host.id = "13bf22b500010" + std::to_string(e.next_id++);
        host.name = name;
        host.nvme = true;
        host.nqn = nqn;
        host.max_paths = 4;
        e.pf_hosts[host.id] = host;
        return {};
    });
}

Result<void> ModelPowerFlex::remove_nvme_host(const std::string& host_id) {
    return e.change([&]() -> Result<void> {
        for (const auto& [id, volume] : e.volumes) {
            if (volume.info.mapping_of(host_id) != nullptr) {
                return fail(Errc::Conflict, "the host has mapped volumes");
            }
        }
        e.pf_hosts.erase(host_id);
        return {};
    });
}

Result<void> ModelPowerFlex::create_volume(const std::string& name, std::uint64_t size_gib,
                                           const std::string& pool_id) {
    return e.change([&]() -> Result<void> {
        ModelVolume volume;
        volume.info.id = fmt::format("3bd1f788{:08x}", e.next_id++);
        volume.info.name = name;
        volume.info.size_kib = size_gib * 1024 * 1024;
        volume.info.pool_id = pool_id;
        volume.info.vtree_id = "vt-" + volume.info.id;
        e.volumes[volume.info.id] = volume;
        return {};
    });
}

Result<void> ModelPowerFlex::remove_volume(const std::string& volume_id) {
    return e.change([&]() -> Result<void> {
        if (!e.volumes.at(volume_id).info.mappings.empty()) {
            return fail(Errc::Conflict, "the volume is mapped");
        }
        e.volumes.erase(volume_id);
        return {};
    });
}

// The model, unlike the engine, does not refuse mixed protocols: the invariant must catch them.
Result<void> ModelPowerFlex::map(const std::string& volume_id, const std::string& host_id,
                                 bool nvme) {
    return e.change([&]() -> Result<void> {
        e.volumes.at(volume_id).info.mappings.push_back(
            {host_id, e.pf_hosts.at(host_id).name, nvme, 0, 0});
        return {};
    });
}

Result<void> ModelPowerFlex::unmap(const std::string& volume_id, const std::string& host_id, bool) {
    return e.change([&]() -> Result<void> {
        std::erase_if(e.volumes.at(volume_id).info.mappings,
                      [&](const MappingInfo& item) { return item.host_id == host_id; });
        return {};
    });
}

Result<void> ModelPowerFlex::set_limits(const std::string& volume_id, const std::string& host_id,
                                        std::uint64_t iops, std::uint64_t mib_per_s) {
    return e.change([&]() -> Result<void> {
        for (MappingInfo& mapping : e.volumes.at(volume_id).info.mappings) {
            if (mapping.host_id == host_id) {
                mapping.limit_iops = iops;
                mapping.limit_mib_per_s = mib_per_s;
            }
        }
        return {};
    });
}

Result<void> ModelPowerFlex::snapshot(const std::vector<SnapshotWish>& wanted) {
    return e.change([&]() -> Result<void> {
        for (const SnapshotWish& wish : wanted) {
            ModelVolume copy = e.volumes.at(wish.volume_id);
            copy.info.id = fmt::format("5aa5f788{:08x}", e.next_id++);
            copy.info.name = wish.name;
            copy.info.ancestor_id = wish.volume_id;
            copy.info.mappings.clear();
            e.volumes[copy.info.id] = copy;
        }
        return {};
    });
}

Result<void> ModelPowerFlex::restore(const std::string& volume_id, const std::string& snapshot_id) {
    return e.change([&]() -> Result<void> {
        e.volumes.at(volume_id).content = e.volumes.at(snapshot_id).content;
        return {};
    });
}

} // namespace pf::nvmetool::test
