// FaultSet: SDSs that may fail together.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

const mdm::FaultSet* find(const View& view, std::uint64_t id) {
    return View::find(view.all().fault_sets, id);
}

json::object render(const View& view, std::uint64_t id) {
    const mdm::FaultSet& set = *find(view, id);
    return {{"id", map::hex16(set.id)},
            {"name", text_or_null(set.name)},
            {"protectionDomainId", map::hex16(set.protection_domain)}};
}

json::object statistics(const View& view, std::uint64_t id) {
    return {{"numOfSds", View::ids_if(view.all().sds, [&](const mdm::Sds& sds) {
                             return sds.fault_set.value == id;
                         }).size()}};
}

Reply create(const Call& call) {
    PF_GW_TRY(const std::uint64_t domain, call.in.id("protectionDomainId"));
    PF_GW_TRY(std::string name, checked_name(call.in.text("name")));
    PF_GW_TRY(const mdm::FaultSetId id,
              call.mdm.add_fault_set(mdm::ProtectionDomainId{domain}, name));
    return created(id.value);
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("newName"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::FaultSet, call.id, name));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(mdm::ObjectKind::FaultSet, call.id, false));
    return done();
}

constexpr auto kActions =
    std::to_array<Action>({{"setFaultSetName", rename}, {"removeFaultSet", remove}});
constexpr auto kRelationships = std::to_array<Relationship>({
    {"Sds",
     [](const View& v, std::uint64_t id) {
         return render_list(sds_type(), v, View::ids_if(v.all().sds, [&](const mdm::Sds& sds) {
                                return sds.fault_set.value == id;
                            }));
     }},
});
constexpr auto kParents = std::to_array<ParentLink>({{"protectionDomainId", "ProtectionDomain"}});

} // namespace

const ObjectType& fault_set_type() {
    static const ObjectType kType{
        .name = "FaultSet",
        .list_name = "faultSetList",
        .kind = mdm::ObjectKind::FaultSet,
        .not_found = MdmError::NotFound,
        .list = [](const View& v) { return View::ids(v.all().fault_sets); },
        .exists = [](const View& v, std::uint64_t id) { return find(v, id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(find(v, id)->name); },
        .statistics = statistics,
        .create = create,
        .parents = kParents,
        .relationships = kRelationships,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
