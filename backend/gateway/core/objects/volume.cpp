// Volume: volumes and snapshots, and their mappings over both protocols.
#include "backend/gateway/core/object_type.hpp"
#include "backend/gateway/core/words.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr std::uint64_t kKbPerGb = 1024ULL * 1024;
constexpr std::uint64_t kMaxSizeGb = 1048576;
constexpr std::uint64_t kMinIopsLimit = 11;

constexpr auto kProperties = std::to_array<Property>({
    {"dataLayout", PropertyType::Text, "MediumGranularity"},
    {"compressionMethod", PropertyType::Text, "NotApplicable"},
    {"volumeClass", PropertyType::Text, "defaultclass"},
    {"managedBy", PropertyType::Text, "ScaleIO"},
    {"useRmcache", PropertyType::Bool, "false"},
    {"isObfuscated", PropertyType::Bool, "false"},
    {"secureSnapshotExpTime", PropertyType::Integer, "0"},
    {"originalExpiryTime", PropertyType::Integer, "0"},
    {"notGenuineSnapshot", PropertyType::Bool, "false"},
    {"timeStampIsAccurate", PropertyType::Bool, "false"},
    {"snplIdOfSourceVolume", PropertyType::Text, "null"},
    {"snplIdOfAutoSnapshot", PropertyType::Text, "null"},
    {"autoSnapshotGroupId", PropertyType::Text, "null"},
    {"lockedAutoSnapshot", PropertyType::Bool, "false"},
    {"lockedAutoSnapshotMarkedForRemoval", PropertyType::Bool, "false"},
    {"volumeReplicationState", PropertyType::Text, "UnmarkedForReplication"},
    {"replicationJournalVolume", PropertyType::Bool, "false"},
    {"replicationTimeStamp", PropertyType::Integer, "0"},
});

constexpr Words<mdm::AccessMode, 3> kAccessModes("an access mode",
                                                 {{mdm::AccessMode::ReadWrite, "ReadWrite"},
                                                  {mdm::AccessMode::ReadOnly, "ReadOnly"},
                                                  {mdm::AccessMode::NoAccess, "NoAccess"}});
constexpr Words<mdm::RemoveMode, 4>
    kRemoveModes("a removeMode", {{mdm::RemoveMode::OnlyMe, "ONLY_ME"},
                                  {mdm::RemoveMode::IncludingDescendants, "INCLUDING_DESCENDANTS"},
                                  {mdm::RemoveMode::DescendantsOnly, "DESCENDANTS_ONLY"},
                                  {mdm::RemoveMode::WholeVtree, "WHOLE_VTREE"}});
constexpr Words<mdm::VolumeType, 3> kTypes("a volume type",
                                           {{mdm::VolumeType::Thin, "ThinProvisioned"},
                                            {mdm::VolumeType::Thick, "ThickProvisioned"},
                                            {mdm::VolumeType::Snapshot, "Snapshot"}});

json::object render_mapping(const View& view, const mdm::Mapping& mapping) {
    const mdm::Host* host = view.host(mapping.initiator);
    const mdm::Sdc* sdc = view.sdc(mapping.initiator);
    return {{"sdcId", map::hex16(mapping.initiator)},
            {"sdcIp", text_or_null(sdc != nullptr ? sdc->ip : std::string())},
            {"sdcName", text_or_null(host != nullptr  ? host->name
                                     : sdc != nullptr ? sdc->name
                                                      : std::string())},
            {"accessMode", json::string(kAccessModes.text(mapping.access_mode))},
            {"limitIops", mapping.iops_limit},
            {"limitBwInMbps", mapping.bandwidth_limit_kbps / 1024},
            {"isDirectBufferMapping", false},
            {"nqn", text_or_null(host != nullptr ? host->nqn : std::string())},
            {"hostType", host != nullptr ? "NVMeHost" : "SdcHost"}};
}

json::object render(const View& view, std::uint64_t id) {
    const mdm::Volume& volume = *view.volume(id);
    json::value mappings = nullptr; // null, not [], while unmapped
    if (!volume.mappings.empty()) {
        json::array list;
        for (const mdm::Mapping& mapping : volume.mappings) {
            list.emplace_back(render_mapping(view, mapping));
        }
        mappings = std::move(list);
    }
    json::object out{{"id", map::hex16(volume.id)},
                     {"name", text_or_null(volume.name)},
                     {"storagePoolId", map::hex16(volume.storage_pool)},
                     {"vtreeId", map::hex16(volume.vtree)},
                     {"sizeInKb", volume.size_kb},
                     {"volumeType", json::string(kTypes.text(volume.type))},
                     {"ancestorVolumeId", id_or_null(volume.ancestor.value)},
                     {"consistencyGroupId", id_or_null(volume.consistency_group)},
                     {"creationTime", volume.created_at},
                     {"nsid", volume.nsid},
                     {"accessModeLimit", json::string(kAccessModes.text(volume.access_mode_limit))},
                     {"mappedScsiInitiatorInfo", nullptr},
                     {"mappingToAllSdcsEnabled", false},
                     {"retentionLevels", json::array()},
                     {"pairIds", nullptr}};
    out["mappedSdcInfo"] = std::move(mappings);
    add_properties(out, kProperties, volume.properties);
    return out;
}

json::object statistics(const View& view, std::uint64_t id) {
    const mdm::Volume& volume = *view.volume(id);
    json::array children;
    for (const mdm::Volume& other : view.all().volumes) {
        if (other.ancestor.value == id) {
            children.emplace_back(map::hex16(other.id));
        }
    }
    json::array mapped;
    for (const mdm::Mapping& mapping : volume.mappings) {
        mapped.emplace_back(map::hex16(mapping.initiator));
    }
    json::object out{{"numOfMappedSdcs", mapped.size()}, {"numOfChildVolumes", children.size()}};
    out["mappedSdcIds"] = std::move(mapped);
    out["childVolumeIds"] = std::move(children);
    return out;
}

// ---- life cycle
// --------------------------------------------------------------------------------------

Reply create(const Call& call) {
    mdm::CreateVolume request;
    PF_GW_TRY(const std::uint64_t pool, call.in.id("storagePoolId"));
    PF_GW_TRY(const auto domain, call.in.optional_id("protectionDomainId"));
    PF_GW_TRY(const auto gb, call.in.optional_number("volumeSizeInGb", kMaxSizeGb));
    PF_GW_TRY(const auto kb, call.in.optional_number("volumeSizeInKb", kMaxSizeGb * kKbPerGb));
    if (!gb && !kb) {
        return missing_parameter("volumeSizeInKb");
    }
    PF_GW_TRY(request.name, checked_name(call.in.text("name")));
    request.storage_pool = mdm::StoragePoolId{pool};
    request.size_kb = kb ? *kb : *gb * kKbPerGb;
    if (request.size_kb == 0) {
        return refuse(MdmError::VolumeSizeIllegal);
    }
    if (domain) {
        const mdm::StoragePool* found = call.view.pool(pool);
        if (found != nullptr && found->protection_domain.value != *domain) {
            return refuse(MdmError::PoolNotInDomain);
        }
    }
    const std::string type = call.in.text("volumeType");
    if (type.empty() || type == "ThickProvisioned") {
        request.type = mdm::VolumeType::Thick;
    } else if (type == "ThinProvisioned") {
        request.type = mdm::VolumeType::Thin;
    } else {
        return bad_request("Request message is not valid: volumeType must be ThinProvisioned or "
                           "ThickProvisioned.");
    }
    if (call.in.text("compressionMethod") == "Normal") {
        return refuse(MdmError::WrongCommandParameters,
                      "Compression needs a pool of the FineGranularity data layout");
    }
    if (const std::string volume_class = call.in.text("volumeClass"); !volume_class.empty()) {
        request.properties["volumeClass"] = volume_class;
    }
    if (call.in.has("useRmcache")) {
        PF_GW_TRY(const bool use, call.in.boolean("useRmcache"));
        request.properties["useRmcache"] = use ? "true" : "false";
    }
    PF_GW_TRY(const mdm::VolumeId id, call.mdm.create_volume(request));
    return created(id.value);
}

Reply remove(const Call& call) {
    PF_GW_TRY(const mdm::RemoveMode mode, kRemoveModes.parse(call.in.text("removeMode")));
    PF_GW_CHECK(call.mdm.remove_volume(mdm::VolumeId{call.id}, mode));
    return done();
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("newName"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::Volume, call.id, name));
    return done();
}

Reply resize(const Call& call) {
    PF_GW_TRY(const std::uint64_t gb, call.in.number("sizeInGB", kMaxSizeGb));
    PF_GW_CHECK(call.mdm.resize_volume(mdm::VolumeId{call.id}, gb * kKbPerGb));
    return done();
}

Reply set_access_limit(const Call& call) {
    PF_GW_TRY(const std::string name, call.in.required("accessModeLimit"));
    PF_GW_TRY(const mdm::AccessMode limit, kAccessModes.parse(name));
    PF_GW_CHECK(call.mdm.set_access_mode_limit(mdm::VolumeId{call.id}, limit));
    return done();
}

Reply overwrite(const Call& call) {
    PF_GW_TRY(const std::uint64_t source, call.in.id("srcVolumeId"));
    PF_GW_CHECK(call.mdm.overwrite(mdm::VolumeId{call.id}, mdm::VolumeId{source}));
    return done();
}

// ---- mappings
// ----------------------------------------------------------------------------------------

std::string upper(std::string text) {
    for (char& c : text) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
}

std::string lower(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

// The SDC or NVMe host that a request names: by id (sdcId or hostId, each may name either kind),
// GUID or NQN.
ApiResult<std::uint64_t> initiator(const Call& call, std::string_view id_key) {
    PF_GW_TRY(const auto id, call.in.optional_id(id_key));
    if (id) {
        if (call.view.sdc(*id) == nullptr && call.view.host(*id) == nullptr) {
            return refuse(id_key == "hostId" ? MdmError::HostNotFound : MdmError::SdcNotFound);
        }
        return *id;
    }
    if (const std::string guid = upper(call.in.text("guid")); !guid.empty()) {
        for (const mdm::Sdc& sdc : call.view.all().sdcs) {
            if (upper(sdc.guid) == guid) {
                return sdc.id.value;
            }
        }
        return refuse(MdmError::SdcNotFound);
    }
    if (const std::string nqn = lower(call.in.text("nqn")); !nqn.empty()) {
        for (const mdm::Host& host : call.view.all().hosts) {
            if (lower(host.nqn) == nqn) {
                return host.id.value;
            }
        }
        return refuse(MdmError::HostNotFound);
    }
    return missing_parameter(id_key);
}

// The host actions also take an SDC's id (LXD sends one); the MDM's answer is then put into their
// numbers.
mdm::MapVerb verb_for(const Call& call, std::uint64_t id, bool host_action) {
    return host_action && call.view.host(id) != nullptr ? mdm::MapVerb::Host : mdm::MapVerb::Sdc;
}

Reply in_host_numbers(mdm::MgmtError failed) {
    ApiError error = to_api_error(std::move(failed));
    if (error.code == static_cast<int>(MdmError::VolumeAlreadyMappedToSdc)) {
        return refuse(MdmError::VolumeAlreadyMappedToHost);
    }
    if (error.code == static_cast<int>(MdmError::VolumeNotMappedToSdc)) {
        return refuse(MdmError::MappingNotFound);
    }
    return tl::unexpected<ApiError>(std::move(error));
}

Reply answer(MgmtResult<void> result, bool host_action) {
    if (result) {
        return done();
    }
    if (host_action) {
        return in_host_numbers(std::move(result).error());
    }
    return tl::unexpected<ApiError>(to_api_error(std::move(result).error()));
}

// One protocol per volume: refused here with a clear text, and by the MDM, which decides. The view
// may be a moment old, so this check is for the message, not for safety.
ApiResult<void> same_protocol(const Call& call, std::uint64_t id) {
    const mdm::Volume& volume = *call.view.volume(call.id);
    const bool nvme = call.view.host(id) != nullptr;
    for (const mdm::Mapping& mapping : volume.mappings) {
        const bool mapped_nvme = call.view.host(mapping.initiator) != nullptr;
        if (mapped_nvme != nvme) {
            return refuse(
                MdmError::VolumeMappedByOtherProtocol,
                fmt::format("Volume {} is mapped to {} {}; a volume can be mapped by SDC or "
                            "by NVMe, not by both. Unmap it there first.",
                            volume.name.empty() ? map::hex16(volume.id) : volume.name,
                            mapped_nvme ? "NVMe host" : "SDC", map::hex16(mapping.initiator)));
        }
    }
    return {};
}

Reply add_mapping(const Call& call, bool host_action) {
    const std::string_view key = host_action ? "hostId" : "sdcId";
    if (!call.in.has(key) && (call.in.flag("allSdcs") || call.in.flag("allHosts"))) {
        return refuse(MdmError::WrongCommandParameters,
                      "Mapping to all SDCs is not supported: map to each one");
    }
    PF_GW_TRY(const std::uint64_t id, initiator(call, key));
    PF_GW_CHECK(same_protocol(call, id));
    mdm::MapOptions options;
    options.verb = verb_for(call, id, host_action);
    if (call.in.has("allowMultipleMappings")) {
        PF_GW_TRY(options.allow_multiple, call.in.boolean("allowMultipleMappings"));
    }
    PF_GW_TRY(options.access_mode, kAccessModes.parse(call.in.text("accessMode")));
    return answer(call.mdm.map(mdm::VolumeId{call.id}, id, options), host_action);
}

Reply remove_mapping(const Call& call, bool host_action) {
    const std::string_view key = host_action ? "hostId" : "sdcId";
    const std::string_view all = host_action ? "allHosts" : "allSdcs";
    // An explicit id beats an empty "all": goscaleio's siblings may send both.
    if (call.in.text(key).empty() && call.in.text("guid").empty() && call.in.text("nqn").empty() &&
        call.in.flag(all)) {
        return answer(call.mdm.unmap_all(mdm::VolumeId{call.id},
                                         host_action ? mdm::MapVerb::Host : mdm::MapVerb::Sdc),
                      host_action);
    }
    PF_GW_TRY(const std::uint64_t id, initiator(call, key));
    return answer(call.mdm.unmap(mdm::VolumeId{call.id}, id, verb_for(call, id, host_action)),
                  host_action);
}

Reply set_limits(const Call& call) {
    PF_GW_TRY(const std::uint64_t id, initiator(call, call.in.has("hostId") ? "hostId" : "sdcId"));
    PF_GW_TRY(const auto kbps, call.in.optional_number("bandwidthLimitInKbps", UINT32_MAX));
    PF_GW_TRY(const auto iops, call.in.optional_number("iopsLimit", UINT32_MAX));
    if (!kbps && !iops) {
        return missing_parameter("iopsLimit");
    }
    if (kbps && *kbps % 1024 != 0) {
        return refuse(MdmError::ParameterOutOfRange,
                      "The bandwidth limit must be a multiple of 1024 Kbps");
    }
    if (iops && *iops != 0 && *iops < kMinIopsLimit) {
        return refuse(MdmError::ParameterOutOfRange, "The IOPS limit must be larger than 10");
    }
    mdm::MappingChange change;
    if (kbps) {
        change.bandwidth_limit_kbps = static_cast<std::uint32_t>(*kbps);
    }
    if (iops) {
        change.iops_limit = static_cast<std::uint32_t>(*iops);
    }
    return answer(call.mdm.set_mapping(mdm::VolumeId{call.id}, id, change), false);
}

Reply set_mapping_access(const Call& call) {
    PF_GW_TRY(const std::uint64_t id, initiator(call, "sdcId"));
    PF_GW_TRY(const std::string name, call.in.required("accessMode"));
    mdm::MappingChange change;
    PF_GW_TRY(change.access_mode, kAccessModes.parse(name));
    return answer(call.mdm.set_mapping(mdm::VolumeId{call.id}, id, change), false);
}

constexpr auto kActions = std::to_array<Action>({
    {"removeVolume", remove},
    {"setVolumeName", rename},
    {"setVolumeSize", resize},
    {"addMappedSdc", [](const Call& c) { return add_mapping(c, false); }},
    {"removeMappedSdc", [](const Call& c) { return remove_mapping(c, false); }},
    {"addMappedHost", [](const Call& c) { return add_mapping(c, true); }},
    {"removeMappedHost", [](const Call& c) { return remove_mapping(c, true); }},
    {"setMappedSdcLimits", set_limits},
    {"setVolumeMappingAccessMode", set_mapping_access},
    {"setVolumeAccessModeLimit", set_access_limit},
    {"overwriteVolumeContent", overwrite},
    {"setVolumeUseRmcache", nullptr, "useRmcache"},
});
constexpr auto kParents = std::to_array<ParentLink>(
    {{"vtreeId", "VTree"}, {"storagePoolId", "StoragePool"}, {"ancestorVolumeId", "Volume"}});

} // namespace

const ObjectType& volume_type() {
    static const ObjectType kType{
        .name = "Volume",
        .list_name = "volumeList",
        .kind = mdm::ObjectKind::Volume,
        .not_found = MdmError::VolumeNotFound,
        .list = [](const View& v) { return View::ids(v.all().volumes); },
        .exists = [](const View& v, std::uint64_t id) { return v.volume(id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(v.volume(id)->name); },
        .statistics = statistics,
        .create = create,
        .properties = kProperties,
        .parents = kParents,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
