// StoragePool: devices of one protection domain, volumes on them, and the capacity figures that
// clients size by.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr std::uint64_t kGranuleKb = 8ULL * 1024 * 1024;
// Thin volumes may promise this many times the pool's net capacity.
// What the MDM allows (CoreConfig::thin_overprovision): a client counts on what is told here.
constexpr std::uint64_t kThinOverProvisioning = 32;

constexpr auto kProperties = std::to_array<Property>({
    {"dataLayout", PropertyType::Text, "MediumGranularity"},
    {"rebuildEnabled", PropertyType::Bool, "true"},
    {"rebalanceEnabled", PropertyType::Bool, "true"},
    {"fragmentationEnabled", PropertyType::Bool, "true"},
    {"checksumEnabled", PropertyType::Bool, "false"},
    {"useRmcache", PropertyType::Bool, "false"},
    {"useRfcache", PropertyType::Bool, "false"},
    {"persistentChecksumEnabled", PropertyType::Bool, "true"},
    {"persistentChecksumValidateOnRead", PropertyType::Bool, "true"},
    {"rmcacheWriteHandlingMode", PropertyType::Text, "Cached"},
    {"compressionMethod", PropertyType::Text, "Invalid"},
    {"externalAccelerationType", PropertyType::Text, "None"},
    {"numOfParallelRebuildRebalanceJobsPerDevice", PropertyType::Integer, "2"},
    {"rebuildIoPriorityPolicy", PropertyType::Text, "limitNumOfConcurrentIos"},
    {"rebuildIoPriorityNumOfConcurrentIosPerDevice", PropertyType::Integer, "1"},
    {"rebuildIoPriorityBwLimitPerDeviceInKbps", PropertyType::Integer, "10240"},
    {"rebuildIoPriorityAppIopsPerDeviceThreshold", PropertyType::Integer, "null"},
    {"rebuildIoPriorityAppBwPerDeviceThresholdInKbps", PropertyType::Integer, "null"},
    {"rebuildIoPriorityQuietPeriodInMsec", PropertyType::Integer, "null"},
    {"rebalanceIoPriorityPolicy", PropertyType::Text, "favorAppIos"},
    {"rebalanceIoPriorityNumOfConcurrentIosPerDevice", PropertyType::Integer, "1"},
    {"rebalanceIoPriorityBwLimitPerDeviceInKbps", PropertyType::Integer, "10240"},
    {"rebalanceIoPriorityAppIopsPerDeviceThreshold", PropertyType::Integer, "null"},
    {"rebalanceIoPriorityAppBwPerDeviceThresholdInKbps", PropertyType::Integer, "null"},
    {"rebalanceIoPriorityQuietPeriodInMsec", PropertyType::Integer, "null"},
    {"vtreeMigrationIoPriorityPolicy", PropertyType::Text, "favorAppIos"},
    {"vtreeMigrationIoPriorityNumOfConcurrentIosPerDevice", PropertyType::Integer, "1"},
    {"vtreeMigrationIoPriorityBwLimitPerDeviceInKbps", PropertyType::Integer, "10240"},
    {"vtreeMigrationIoPriorityAppIopsPerDeviceThreshold", PropertyType::Integer, "null"},
    {"vtreeMigrationIoPriorityAppBwPerDeviceThresholdInKbps", PropertyType::Integer, "null"},
    {"vtreeMigrationIoPriorityQuietPeriodInMsec", PropertyType::Integer, "null"},
    {"protectedMaintenanceModeIoPriorityPolicy", PropertyType::Text, "limitNumOfConcurrentIos"},
    {"protectedMaintenanceModeIoPriorityNumOfConcurrentIosPerDevice", PropertyType::Integer, "1"},
    {"protectedMaintenanceModeIoPriorityBwLimitPerDeviceInKbps", PropertyType::Integer, "10240"},
    {"protectedMaintenanceModeIoPriorityAppIopsPerDeviceThreshold", PropertyType::Integer, "null"},
    {"protectedMaintenanceModeIoPriorityAppBwPerDeviceThresholdInKbps", PropertyType::Integer,
     "null"},
    {"protectedMaintenanceModeIoPriorityQuietPeriodInMsec", PropertyType::Integer, "null"},
    {"backgroundScannerMode", PropertyType::Text, "Disabled"},
    {"backgroundScannerBWLimitKBps", PropertyType::Integer, "3072"},
    {"bgScannerCompareErrorAction", PropertyType::Text, "ReportAndFix"},
    {"bgScannerReadErrorAction", PropertyType::Text, "ReportAndFix"},
    {"capacityAlertHighThreshold", PropertyType::Integer, "80"},
    {"capacityAlertCriticalThreshold", PropertyType::Integer, "90"},
    {"capacityUsageState", PropertyType::Text, "Normal"},
    {"capacityUsageType", PropertyType::Text, "NetCapacity"},
    {"addressSpaceUsage", PropertyType::Text, "Normal"},
    {"addressSpaceUsageType", PropertyType::Text, "DeviceCapacityLimit"},
    {"persistentChecksumState", PropertyType::Text, "Protected"},
    {"persistentChecksumBuilderLimitKb", PropertyType::Integer, "3072"},
    {"replicationCapacityMaxRatio", PropertyType::Integer, "32"},
    {"fglAccpId", PropertyType::Text, "null"},
    {"fglExtraCapacity", PropertyType::Integer, "null"},
    {"fglMaxCompressionRatio", PropertyType::Integer, "null"},
    {"fglMetadataSizeXx100", PropertyType::Integer, "null"},
    {"fglNvdimmMetadataAmortizationX100", PropertyType::Integer, "null"},
    {"fglNvdimmWriteCacheSizeInMb", PropertyType::Integer, "null"},
    {"fglOverProvisioningFactor", PropertyType::Integer, "null"},
    {"fglPerfProfile", PropertyType::Text, "null"},
    {"fglWriteAtomicitySize", PropertyType::Integer, "null"},
});

template<class T>
Ids members(const std::vector<T>& objects, std::uint64_t pool) {
    return View::ids_if(objects, [&](const T& o) { return o.storage_pool.value == pool; });
}

json::object render(const View& view, std::uint64_t id) {
    const mdm::StoragePool& pool = *view.pool(id);
    json::object out{{"id", map::hex16(pool.id)},
                     {"name", text_or_null(pool.name)},
                     {"protectionDomainId", map::hex16(pool.protection_domain)},
                     {"mediaType", pool.media_type},
                     {"zeroPaddingEnabled", pool.zero_padding},
                     {"sparePercentage", pool.spare_percentage}};
    add_properties(out, kProperties, pool.properties);
    return out;
}

std::uint64_t share(std::uint64_t used_kb, std::uint32_t part, std::uint32_t whole) {
    if (part == 0 || whole == 0) {
        return 0;
    }
    // Never zero while a comb is affected: clients ask "is anything degraded?" by this figure.
    return std::max<std::uint64_t>(used_kb / whole * part, 1);
}

json::object statistics(const View& view, std::uint64_t id) {
    const mdm::StoragePool& pool = *view.pool(id);
    const mdm::PoolStats& s = pool.stats;
    const std::uint64_t spare = s.max_capacity_kb / 100 * pool.spare_percentage;
    const std::uint64_t taken = spare + s.used_kb;
    const std::uint64_t unused = s.max_capacity_kb > taken ? s.max_capacity_kb - taken : 0;
    const std::uint64_t granules = unused / 2 / kGranuleKb;
    const std::uint64_t available = granules > 0 ? (granules - 1) * kGranuleKb : 0;
    const std::uint64_t net_max = (s.max_capacity_kb - std::min(s.max_capacity_kb, spare)) / 2;
    const std::uint64_t promised = (s.thin_allocated_kb + s.thick_kb) / 2;
    const std::uint64_t limit = net_max * kThinOverProvisioning;
    const std::uint64_t thin_left =
        limit > promised ? (limit - promised) / kGranuleKb * kGranuleKb : 0;

    std::uint64_t volumes = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t thin = 0;
    std::uint64_t thick = 0;
    std::uint64_t unmapped = 0;
    std::uint64_t address_space = 0;
    json::array volume_ids;
    for (const mdm::Volume& volume : view.all().volumes) {
        if (volume.storage_pool.value != id) {
            continue;
        }
        ++volumes;
        snapshots += volume.type == mdm::VolumeType::Snapshot ? 1 : 0;
        thin += volume.type == mdm::VolumeType::Thin ? 1 : 0;
        thick += volume.type == mdm::VolumeType::Thick ? 1 : 0;
        unmapped += volume.mappings.empty() ? 1 : 0;
        address_space += volume.size_kb;
        volume_ids.emplace_back(map::hex16(volume.id));
    }
    json::array vtree_ids;
    for (const std::uint64_t vtree : members(view.all().vtrees, id)) {
        vtree_ids.emplace_back(map::hex16(vtree));
    }
    json::array device_ids;
    for (const std::uint64_t device : members(view.all().devices, id)) {
        device_ids.emplace_back(map::hex16(device));
    }
    const std::uint64_t degraded =
        share(s.used_kb, s.combs_degraded + s.combs_rebuilding, pool.comb_count);
    const std::uint64_t failed = share(s.used_kb, s.combs_failed, pool.comb_count);
    const std::uint64_t protected_kb =
        s.used_kb > degraded + failed ? s.used_kb - degraded - failed : 0;

    json::object out{{"maxCapacityInKb", s.max_capacity_kb},
                     {"capacityLimitInKb", s.max_capacity_kb},
                     {"capacityInUseInKb", s.used_kb},
                     {"capacityInUseNoOverheadInKb", s.used_kb},
                     {"unusedCapacityInKb", unused},
                     {"spareCapacityInKb", spare},
                     {"thickCapacityInUseInKb", s.thick_kb},
                     {"thinCapacityAllocatedInKb", s.thin_allocated_kb},
                     {"thinCapacityAllocatedInKm", s.thin_allocated_kb},
                     {"thinCapacityInUseInKb", s.used_kb > s.thick_kb ? s.used_kb - s.thick_kb : 0},
                     {"protectedCapacityInKb", protected_kb},
                     {"degradedHealthyCapacityInKb", degraded},
                     {"failedCapacityInKb", failed},
                     {"capacityAvailableForVolumeAllocationInKb", available},
                     {"volumeAllocationLimitInKb", std::max(available, thin_left)},
                     {"volumeAddressSpaceInKb", address_space * 2},
                     {"provisionedAddressesInKb", address_space * 2},
                     {"userDataCapacityInKb", s.used_kb},
                     {"netUserDataCapacityInKb", s.used_kb / 2},
                     {"netUserDataCapacityNoTrimInKb", s.used_kb / 2},
                     {"netCapacityInUseInKb", s.used_kb / 2},
                     {"netCapacityInUseNoOverheadInKb", s.used_kb / 2},
                     {"netUnusedCapacityInKb", unused / 2},
                     {"netProvisionedAddressesInKb", address_space},
                     {"netMaxUserDataCapacityInKb", net_max},
                     {"maxUserDataCapacityInKb", net_max * 2},
                     {"primaryVacInKb", address_space},
                     {"secondaryVacInKb", address_space},
                     {"inUseVacInKb", address_space * 2},
                     {"protectedVacInKb", address_space * 2},
                     {"fwdRebuildCapacityInKb", s.rebuild_bytes_left / 1024},
                     {"activeFwdRebuildCapacityInKb", s.rebuild_bytes_left / 1024},
                     {"numOfVolumes", volumes},
                     {"numOfSnapshots", snapshots},
                     {"numOfThinBaseVolumes", thin},
                     {"numOfThickBaseVolumes", thick},
                     {"numOfUnmappedVolumes", unmapped},
                     {"numOfVtrees", vtree_ids.size()},
                     {"numOfDevices", device_ids.size()}};
    out["volumeIds"] = std::move(volume_ids);
    out["vtreeIds"] = std::move(vtree_ids);
    out["deviceIds"] = std::move(device_ids);
    return out;
}

Reply create(const Call& call) {
    PF_GW_TRY(const std::uint64_t domain, call.in.id("protectionDomainId"));
    PF_GW_TRY(std::string name, call.in.required("name"));
    mdm::AddStoragePool request;
    PF_GW_TRY(request.name, checked_name(std::move(name)));
    request.protection_domain = mdm::ProtectionDomainId{domain};
    const std::string layout = call.in.text("dataLayout");
    if (!layout.empty() && layout != "MediumGranularity") {
        return refuse(MdmError::WrongCommandParameters,
                      "This system supports the MediumGranularity data layout only");
    }
    if (std::string media = call.in.text("mediaType"); !media.empty()) {
        request.media_type = std::move(media);
    }
    if (call.in.has("zeroPaddingEnabled")) {
        PF_GW_TRY(request.zero_padding, call.in.boolean("zeroPaddingEnabled"));
    }
    PF_GW_TRY(const auto spare, call.in.optional_number("sparePercentage", 100));
    if (spare) {
        request.spare_percentage = static_cast<std::uint32_t>(*spare);
    }
    request.properties = properties_from(call.in, kProperties);
    PF_GW_TRY(const mdm::StoragePoolId id, call.mdm.add_storage_pool(request));
    return created(id.value);
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("name"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::StoragePool, call.id, name));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(mdm::ObjectKind::StoragePool, call.id, false));
    return done();
}

Reply set_media_type(const Call& call) {
    mdm::PoolChange change;
    PF_GW_TRY(change.media_type, call.in.required("mediaType"));
    PF_GW_CHECK(call.mdm.set_pool(mdm::StoragePoolId{call.id}, change));
    return done();
}

Reply set_spare(const Call& call) {
    PF_GW_TRY(const std::uint64_t percent, call.in.number("sparePercentage", 100));
    mdm::PoolChange change;
    change.spare_percentage = static_cast<std::uint32_t>(percent);
    PF_GW_CHECK(call.mdm.set_pool(mdm::StoragePoolId{call.id}, change));
    return done();
}

Reply set_zero_padding(const Call& call) {
    mdm::PoolChange change;
    PF_GW_TRY(change.zero_padding, call.in.boolean("zeroPadEnabled"));
    PF_GW_CHECK(call.mdm.set_pool(mdm::StoragePoolId{call.id}, change));
    return done();
}

Reply set_alert_thresholds(const Call& call) {
    PF_GW_TRY(const std::uint64_t high, call.in.number("capacityAlertHighThresholdPercent", 100));
    PF_GW_TRY(const std::uint64_t critical,
              call.in.number("capacityAlertCriticalThresholdPercent", 100));
    if (high >= critical) {
        return bad_request(
            "The high threshold value must be lower than the critical threshold value.");
    }
    PF_GW_CHECK(
        call.mdm.set_properties(mdm::ObjectKind::StoragePool, call.id,
                                {{"capacityAlertHighThreshold", fmt::to_string(high)},
                                 {"capacityAlertCriticalThreshold", fmt::to_string(critical)}}));
    return done();
}

// Pool names are unique only inside a domain.
Reply id_by_key(const Call& call) {
    PF_GW_TRY(const std::string name, call.in.required("name"));
    PF_GW_TRY(auto domain, call.in.optional_id("protectionDomainId"));
    if (const std::string domain_name = call.in.text("protectionDomainName");
        !domain && !domain_name.empty()) {
        for (const mdm::ProtectionDomain& candidate : call.view.all().protection_domains) {
            if (candidate.name == domain_name) {
                domain = candidate.id.value;
            }
        }
        if (!domain) {
            return refuse(MdmError::ProtectionDomainNotFound);
        }
    }
    for (const mdm::StoragePool& pool : call.view.all().storage_pools) {
        if (pool.name == name && (!domain || pool.protection_domain.value == *domain)) {
            return json::value(json::string(map::hex16(pool.id)));
        }
    }
    return refuse(MdmError::StoragePoolNotFound);
}

constexpr auto kActions = std::to_array<Action>({
    {"setStoragePoolName", rename},
    {"removeStoragePool", remove},
    {"setMediaType", set_media_type},
    {"setSparePercentage", set_spare},
    {"setZeroPaddingPolicy", set_zero_padding},
    {"setCapacityAlertThresholds", set_alert_thresholds},
    {"setRebuildEnabled", nullptr, "rebuildEnabled"},
    {"setRebalanceEnabled", nullptr, "rebalanceEnabled"},
    {"setRebuildRebalanceParallelism", nullptr, "limit=numOfParallelRebuildRebalanceJobsPerDevice"},
    {"setRebuildIoPriorityPolicy", nullptr,
     "policy=rebuildIoPriorityPolicy,numOfConcurrentIosPerDevice="
     "rebuildIoPriorityNumOfConcurrentIosPerDevice,bwLimitPerDeviceInKbps="
     "rebuildIoPriorityBwLimitPerDeviceInKbps"},
    {"setRebalanceIoPriorityPolicy", nullptr,
     "policy=rebalanceIoPriorityPolicy,numOfConcurrentIosPerDevice="
     "rebalanceIoPriorityNumOfConcurrentIosPerDevice,bwLimitPerDeviceInKbps="
     "rebalanceIoPriorityBwLimitPerDeviceInKbps"},
    {"setVTreeMigrationIoPriorityPolicy", nullptr,
     "policy=vtreeMigrationIoPriorityPolicy,numOfConcurrentIosPerDevice="
     "vtreeMigrationIoPriorityNumOfConcurrentIosPerDevice,bwLimitPerDeviceInKbps="
     "vtreeMigrationIoPriorityBwLimitPerDeviceInKbps"},
    {"setProtectedMaintenanceModeIoPriorityPolicy", nullptr,
     "policy=protectedMaintenanceModeIoPriorityPolicy,numOfConcurrentIosPerDevice="
     "protectedMaintenanceModeIoPriorityNumOfConcurrentIosPerDevice,bwLimitPerDeviceInKbps="
     "protectedMaintenanceModeIoPriorityBwLimitPerDeviceInKbps"},
    {"setReplicationJournalCapacity", nullptr,
     "replicationJournalCapacityMaxRatio=replicationCapacityMaxRatio"},
    {"setUseRmcache", nullptr, "useRmcache"},
    {"setRmcacheWriteHandlingMode", nullptr, "rmcacheWriteHandlingMode"},
    {"enableRfcache", nullptr, "useRfcache:=true"},
    {"disableRfcache", nullptr, "useRfcache:=false"},
    {"setChecksumEnabled", nullptr, "checksumEnabled"},
    {"setExternalAccelerationType", nullptr, "externalAccelerationType"},
    {"enableFragmentation", nullptr, "fragmentationEnabled:=true"},
    {"disableFragmentation", nullptr, "fragmentationEnabled:=false"},
});

constexpr auto kRelationships = std::to_array<Relationship>({
    {"SpSds", [](const View&, std::uint64_t) { return json::value(json::array()); }},
    {"Volume",
     [](const View& v, std::uint64_t id) {
         return render_list(volume_type(), v, members(v.all().volumes, id));
     }},
    {"Device",
     [](const View& v, std::uint64_t id) {
         return render_list(device_type(), v, members(v.all().devices, id));
     }},
    {"VTree",
     [](const View& v, std::uint64_t id) {
         return render_list(vtree_type(), v, members(v.all().vtrees, id));
     }},
});
constexpr auto kParents = std::to_array<ParentLink>({{"protectionDomainId", "ProtectionDomain"}});

} // namespace

const ObjectType& storage_pool_type() {
    static const ObjectType kType{
        .name = "StoragePool",
        .list_name = "storagePoolList",
        .kind = mdm::ObjectKind::StoragePool,
        .not_found = MdmError::StoragePoolNotFound,
        .list = [](const View& v) { return View::ids(v.all().storage_pools); },
        .exists = [](const View& v, std::uint64_t id) { return v.pool(id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(v.pool(id)->name); },
        .statistics = statistics,
        .create = create,
        .id_by_key = id_by_key,
        .properties = kProperties,
        .parents = kParents,
        .relationships = kRelationships,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
