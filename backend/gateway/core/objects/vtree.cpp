// VTree: a base volume with its snapshots.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

const mdm::Vtree* find(const View& view, std::uint64_t id) {
    return View::find(view.all().vtrees, id);
}

Ids volumes_of(const View& view, std::uint64_t vtree) {
    return View::ids_if(view.all().volumes,
                        [&](const mdm::Volume& v) { return v.vtree.value == vtree; });
}

json::object render(const View& view, std::uint64_t id) {
    const mdm::Vtree& vtree = *find(view, id);
    return {{"id", map::hex16(vtree.id)},
            {"name", text_or_null(vtree.name)},
            {"storagePoolId", map::hex16(vtree.storage_pool)},
            {"baseVolumeId", id_or_null(vtree.base_volume.value)},
            {"dataLayout", "MediumGranularity"},
            {"compressionMethod", "Invalid"},
            {"inDeletion", false},
            {"rootVolumes", nullptr},
            {"vtreeMigrationInfo", json::object{{"sourceStoragePoolId", nullptr},
                                                {"destinationStoragePoolId", nullptr},
                                                {"migrationStatus", "NotInMigration"},
                                                {"migrationQueuePosition", 0},
                                                {"migrationPauseReason", nullptr},
                                                {"thicknessConversionType", nullptr}}}};
}

json::object statistics(const View& view, std::uint64_t id) {
    json::array ids;
    std::uint64_t provisioned = 0;
    for (const std::uint64_t volume : volumes_of(view, id)) {
        provisioned += view.volume(volume)->size_kb;
        ids.emplace_back(map::hex16(volume));
    }
    json::object out{{"netProvisionedAddressesInKb", provisioned}, {"numOfVolumes", ids.size()}};
    out["volumeIds"] = std::move(ids);
    return out;
}

constexpr auto kRelationships = std::to_array<Relationship>({
    {"Volume", [](const View& v,
                  std::uint64_t id) { return render_list(volume_type(), v, volumes_of(v, id)); }},
});
constexpr auto kParents =
    std::to_array<ParentLink>({{"storagePoolId", "StoragePool"}, {"baseVolumeId", "Volume"}});

} // namespace

const ObjectType& vtree_type() {
    static const ObjectType kType{
        .name = "VTree",
        .list_name = "vTreeList",
        .kind = mdm::ObjectKind::Vtree,
        .not_found = MdmError::NotFound,
        .list = [](const View& v) { return View::ids(v.all().vtrees); },
        .exists = [](const View& v, std::uint64_t id) { return find(v, id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(find(v, id)->name); },
        .statistics = statistics,
        .parents = kParents,
        .relationships = kRelationships,
    };
    return kType;
}

} // namespace pf::gateway
