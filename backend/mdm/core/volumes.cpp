// Volumes and their mappings.
#include "backend/mdm/core/core.hpp"
#include "backend/nvme/spec.hpp"

#include <algorithm>

namespace pf::mdm {
namespace {

constexpr std::uint64_t kGranularityKb = 8ULL << 20;     // 8 GiB
constexpr std::uint64_t kMaxVolumeKb = 1048576ULL << 20; // 1 PiB
constexpr int kMaxMappings = 1024;

Outcome<> check_limits(std::uint32_t iops, std::uint32_t bandwidth_kbps) {
    if (iops != 0 && iops <= 10)
        return refuse(Rc::OutOfRange, "iopsLimit must be 0 (unlimited) or greater than 10");
    if (bandwidth_kbps % 1024 != 0)
        return refuse(Rc::OutOfRange, "bandwidthLimitInKbps must be a multiple of 1024");
    return {};
}

auto find_mapping(wire::VolumeRecord& v, std::uint64_t initiator) {
    auto& mappings = *v.mutable_mappings();
    return std::find_if(mappings.begin(), mappings.end(),
                        [initiator](const auto& m) { return m.initiator() == initiator; });
}

} // namespace

Outcome<wire::VolumeRecord*> Core::volume(std::uint64_t id) {
    auto found = state_.volumes.find(id);
    if (found == state_.volumes.end())
        return refuse(Rc::VolumeNotFound);
    return &found->second;
}

bool Core::frozen_now(std::uint64_t volume) const {
    return freeze_ && freeze_->volumes.contains(volume);
}

Outcome<> Core::check_volume_name(const std::string& name, std::uint64_t except) const {
    MDM_CHECK(check_name(name, true));
    for (const auto& [id, v] : state_.volumes)
        if (id != except && !name.empty() && v.name() == name)
            return refuse(Rc::VolumeNameInUse);
    return {};
}

Outcome<std::uint64_t> Core::rounded_size(std::uint64_t size_kb) const {
    if (size_kb == 0)
        return refuse(Rc::SizeIllegal);
    if (size_kb > kMaxVolumeKb)
        return refuse(Rc::VolumeTooLarge);
    return (size_kb + kGranularityKb - 1) / kGranularityKb * kGranularityKb;
}

// Thick volumes must fit, both copies, beside the spare part; thin ones may promise
// `thin_overprovision` times the pool.
Outcome<> Core::check_capacity(const wire::StoragePoolRecord& pool, std::uint64_t add_kb,
                               wire::VolumeType type) const {
    std::uint64_t gross = 0;
    for (const auto& [id, device] : state_.devices)
        if (device.storage_pool() == pool.id() && device.state() == wire::DEVICE_NORMAL)
            gross += device.capacity_kb();
    const std::uint64_t net = gross / 2 * (100 - pool.spare_percentage()) / 100;
    std::uint64_t thick = 0;
    std::uint64_t all = 0;
    for (const auto& [id, v] : state_.volumes) {
        if (v.storage_pool() != pool.id())
            continue;
        all += v.size_kb();
        if (v.type() == wire::THICK_PROVISIONED)
            thick += v.size_kb();
    }
    if (type == wire::THICK_PROVISIONED && thick + add_kb > net)
        return refuse(Rc::VolumeCreateFailed);
    if (all + add_kb > net * config_.thin_overprovision)
        return refuse(Rc::TooMuchThinCapacity);
    return {};
}

// Small numbers, since hosts show them as LUNs, and none that a target does not serve. They are
// given out in turn: a number comes again only when all others have been, so that a host does not
// meet another volume under one that it still remembers.
std::uint32_t Core::new_nsid() {
    std::set<std::uint32_t> used;
    for (const auto& [id, v] : state_.volumes)
        used.insert(v.nsid());
    std::uint32_t candidate = state_.system.next_nsid();
    for (std::uint32_t tried = 0; tried < nvme::kMaxNsid; ++tried, ++candidate) {
        if (candidate == 0 || candidate > nvme::kMaxNsid)
            candidate = 1;
        if (used.contains(candidate))
            continue;
        state_.system.set_next_nsid(candidate + 1);
        changes_.system = true;
        return candidate;
    }
    // More volumes and snapshots than namespaces: what comes now no NVMe host sees.
    for (candidate = nvme::kMaxNsid + 1; used.contains(candidate);)
        ++candidate;
    return candidate;
}

Outcome<> Core::create_volume(const wire::CreateVolumeOp& r, wire::ManagementReply& reply) {
    auto pool = state_.pools.find(r.storage_pool());
    if (pool == state_.pools.end())
        return refuse(Rc::PoolNotFound);
    auto domain = state_.domains.find(pool->second.protection_domain());
    if (domain == state_.domains.end() || !domain->second.active())
        return refuse(Rc::DomainNotActive);
    MDM_CHECK(check_volume_name(r.name(), 0));
    if (r.type() == wire::SNAPSHOT)
        return refuse(Rc::WrongParameters, "A snapshot is made of a volume, not of a pool");
    MDM_TRY(const std::uint64_t size_kb, rounded_size(r.size_kb()));
    if (placement_servers(pool->first).size() < 2)
        return refuse(Rc::NotEnoughSds, "The Storage Pool '{}' needs active devices on two SDSs",
                      pool->second.name());
    MDM_CHECK(check_capacity(pool->second, size_kb, r.type()));
    MDM_CHECK(ensure_placed(pool->first));

    wire::VolumeRecord v;
    v.set_id(new_id());
    wire::VtreeRecord vtree;
    vtree.set_id(new_id());
    vtree.set_storage_pool(pool->first);
    vtree.set_base_volume(v.id());
    v.set_name(r.name());
    v.set_size_kb(size_kb);
    v.set_type(r.type());
    v.set_storage_pool(pool->first);
    v.set_vtree(vtree.id());
    v.set_leaf(new_node(map::NodeId{}, vtree.id(), pool->first).value);
    v.set_created_at(now_.wall);
    v.set_nsid(new_nsid());
    *v.mutable_properties() = r.properties();
    reply.add_ids(v.id());
    changes_.vtrees.insert(vtree.id());
    changes_.volumes.insert(v.id());
    state_.vtrees.emplace(vtree.id(), std::move(vtree));
    state_.volumes.emplace(v.id(), std::move(v));
    return {};
}

Outcome<> Core::resize_volume(const wire::ResizeVolumeOp& r) {
    MDM_TRY(auto* v, volume(r.volume()));
    MDM_TRY(const std::uint64_t size_kb, rounded_size(r.size_kb()));
    if (size_kb < v->size_kb())
        return refuse(Rc::VolumeDecrease);
    if (size_kb == v->size_kb())
        return {};
    MDM_CHECK(
        check_capacity(state_.pools.at(v->storage_pool()), size_kb - v->size_kb(), v->type()));
    v->set_size_kb(size_kb);
    changes_.volumes.insert(v->id());
    return {};
}

Outcome<> Core::remove_volume(const wire::RemoveOp& r, wire::ManagementReply& reply) {
    MDM_TRY(auto* v, volume(r.id()));
    std::set<std::uint64_t> doomed;
    if (r.mode() == wire::WHOLE_VTREE) {
        for (const auto& [id, other] : state_.volumes)
            if (other.vtree() == v->vtree())
                doomed.insert(id);
    } else {
        doomed.insert(r.id());
        if (r.mode() != wire::ONLY_ME)
            for (bool grown = true; grown;) {
                grown = false;
                for (const auto& [id, other] : state_.volumes)
                    if (doomed.contains(other.ancestor()))
                        grown |= doomed.insert(id).second;
            }
        if (r.mode() == wire::DESCENDANTS_ONLY)
            doomed.erase(r.id());
    }
    MDM_CHECK(erase_volumes(doomed));
    reply.set_count(static_cast<std::uint32_t>(doomed.size()));
    return {};
}

Outcome<> Core::erase_volumes(const std::set<std::uint64_t>& doomed) {
    for (auto id : doomed) {
        const auto& v = state_.volumes.at(id);
        if (v.mappings_size() > 0)
            return refuse(Rc::VolumeMapped, "The volume '{}' is mapped. Unmap it first.", v.name());
        if (frozen_now(id))
            return refuse(Rc::Busy);
    }
    std::set<std::uint64_t> trees;
    for (auto id : doomed) {
        const auto parent = state_.volumes.at(id).ancestor();
        trees.insert(state_.volumes.at(id).vtree());
        // What was taken of it now counts as taken of its own ancestor.
        for (auto& [other, v] : state_.volumes)
            if (v.ancestor() == id) {
                v.set_ancestor(parent);
                changes_.volumes.insert(other);
            }
        state_.volumes.erase(id);
        changes_.volumes.insert(id);
    }
    for (auto tree : trees) {
        const auto left =
            std::find_if(state_.volumes.begin(), state_.volumes.end(),
                         [tree](const auto& entry) { return entry.second.vtree() == tree; });
        auto& record = state_.vtrees.at(tree);
        if (left == state_.volumes.end())
            state_.vtrees.erase(tree);
        else if (doomed.contains(record.base_volume()))
            record.set_base_volume(left->first);
        changes_.vtrees.insert(tree);
    }
    collect_nodes();
    return {};
}

Outcome<> Core::set_access_limit(const wire::SetAccessLimitOp& r) {
    MDM_TRY(auto* v, volume(r.volume()));
    if (r.access_mode_limit() == wire::NO_ACCESS)
        return refuse(Rc::OutOfRange, "accessModeLimit must be ReadWrite or ReadOnly");
    v->set_access_mode_limit(r.access_mode_limit());
    changes_.volumes.insert(v->id());
    touch_mapped(*v);
    strict_ = true;
    return {};
}

// NVMe hosts' mappings are pushed with the host.
void Core::touch_mapped(const wire::VolumeRecord& v) {
    for (const auto& mapping : v.mappings())
        if (state_.hosts.contains(mapping.initiator()))
            changes_.hosts.insert(mapping.initiator());
}

Outcome<> Core::map_volume(const wire::MapVolumeOp& r) {
    MDM_TRY(auto* v, volume(r.volume()));
    const bool is_host = state_.hosts.contains(r.initiator());
    const auto sdc = state_.sdcs.find(r.initiator());
    if (!is_host && (r.kind() == wire::OBJECT_HOST || sdc == state_.sdcs.end()))
        return refuse(r.kind() == wire::OBJECT_HOST ? Rc::HostNotFound : Rc::SdcNotFound);
    if (!is_host && !sdc->second.approved())
        return refuse(Rc::NotApproved);
    if (find_mapping(*v, r.initiator()) != v->mutable_mappings()->end())
        return refuse(is_host ? Rc::MappedToHost : Rc::MappedToSdc);
    MDM_CHECK(check_limits(r.iops_limit(), r.bandwidth_limit_kbps()));
    for (const auto& mapping : v->mappings()) {
        const bool other_is_host = state_.hosts.contains(mapping.initiator());
        if (other_is_host == is_host)
            continue;
        // One protocol at a time: two caches over one volume would destroy it.
        return other_is_host
                   ? refuse(Rc::OtherProtocol,
                            "The volume '{}' is mapped to an NVMe host and cannot be mapped to an "
                            "SDC. Unmap it from all NVMe hosts first.",
                            v->name())
                   : refuse(Rc::OtherProtocol,
                            "The volume '{}' is mapped to an SDC and cannot be mapped to an NVMe "
                            "host. Unmap it from all SDCs first.",
                            v->name());
    }
    if (v->mappings_size() > 0 && !r.allow_multiple())
        return refuse(Rc::SingleMappingOnly);
    if (v->mappings_size() >= kMaxMappings)
        return refuse(Rc::TooManyMappings);
    auto& mapping = *v->add_mappings();
    mapping.set_initiator(r.initiator());
    mapping.set_access_mode(r.access_mode());
    mapping.set_iops_limit(r.iops_limit());
    mapping.set_bandwidth_limit_kbps(r.bandwidth_limit_kbps());
    changes_.volumes.insert(v->id());
    touch_mapped(*v);
    return {};
}

Outcome<> Core::unmap_volume(const wire::UnmapVolumeOp& r) {
    MDM_TRY(auto* v, volume(r.volume()));
    strict_ = true;
    // touch_mapped() before the change: the host that loses the volume must hear of it.
    if (r.all()) {
        if (v->mappings_size() == 0)
            return refuse(r.kind() == wire::OBJECT_HOST ? Rc::NotMappedToHost : Rc::NotMappedToSdc);
        touch_mapped(*v);
        v->clear_mappings();
        changes_.volumes.insert(v->id());
        return {};
    }
    const bool is_host = state_.hosts.contains(r.initiator());
    if (!is_host && (r.kind() == wire::OBJECT_HOST || !state_.sdcs.contains(r.initiator())))
        return refuse(r.kind() == wire::OBJECT_HOST ? Rc::HostNotFound : Rc::SdcNotFound);
    auto found = find_mapping(*v, r.initiator());
    if (found == v->mutable_mappings()->end())
        return refuse(is_host ? Rc::NotMappedToHost : Rc::NotMappedToSdc);
    touch_mapped(*v);
    v->mutable_mappings()->erase(found);
    changes_.volumes.insert(v->id());
    return {};
}

Outcome<> Core::set_mapping(const wire::SetMappingOp& r) {
    MDM_TRY(auto* v, volume(r.volume()));
    const bool is_host = state_.hosts.contains(r.initiator());
    if (!is_host && !state_.sdcs.contains(r.initiator()))
        return refuse(Rc::SdcNotFound);
    auto found = find_mapping(*v, r.initiator());
    if (found == v->mutable_mappings()->end())
        return refuse(is_host ? Rc::NotMappedToHost : Rc::NotMappedToSdc);
    MDM_CHECK(check_limits(r.iops_limit(), r.bandwidth_limit_kbps()));
    if (r.has_access_mode())
        found->set_access_mode(r.access_mode());
    if (r.has_iops_limit())
        found->set_iops_limit(r.iops_limit());
    if (r.has_bandwidth_limit_kbps())
        found->set_bandwidth_limit_kbps(r.bandwidth_limit_kbps());
    changes_.volumes.insert(v->id());
    touch_mapped(*v);
    strict_ = true;
    return {};
}

} // namespace pf::mdm
