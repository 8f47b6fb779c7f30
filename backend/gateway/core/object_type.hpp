// One REST object type = one table. The router knows only this struct; objects/<type>.cpp fills one
// each.
//
// Functions are plain pointers: a type has no state. Everything they see is the View of one
// instant; what changes the system goes through MdmApi, whose effects show in the next View.
#pragma once

#include "backend/gateway/core/api_error.hpp"
#include "backend/gateway/core/input.hpp"
#include "backend/gateway/core/mdm_api.hpp"
#include "backend/gateway/core/view.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pf::gateway {

using Ids = std::vector<std::uint64_t>;

struct Call {
    const View& view;
    MdmApi& mdm;
    std::uint64_t id = 0; // the object; 0 for creates and type actions
    const Input& in;
};

struct Relationship {
    std::string_view name;                                 // "Volume"
    boost::json::value (*run)(const View&, std::uint64_t); // the array of objects
};

// A setting that the MDM stores without acting upon it: shown with its type, changed by an action.
enum class PropertyType { Text, Integer, Bool };
struct Property {
    std::string_view name; // member in JSON and key in the MDM's property map
    PropertyType type = PropertyType::Text;
    std::string_view fallback; // value while unset; "null" is null
};

struct Action {
    std::string_view name;
    Reply (*run)(const Call&) = nullptr;
    // Without `run`: copies body members to properties, as "bodyKey=property" or "key" for both,
    // comma-separated; "key:=value" sets a constant.
    std::string_view properties = {};
    bool query = false; // changes nothing: allowed to every role, not audited
};

struct ParentLink {
    std::string_view field; // "protectionDomainId"
    std::string_view type;  // "ProtectionDomain"
};

struct ObjectType {
    std::string_view name;      // "Volume"
    std::string_view list_name; // "volumeList" in GET /api/instances
    mdm::ObjectKind kind = mdm::ObjectKind::System;
    MdmError not_found = MdmError::NotFound;
    Ids (*list)(const View&) = nullptr;
    bool (*exists)(const View&, std::uint64_t) = nullptr;
    // Without links; render_object() adds them.
    boost::json::object (*render)(const View&, std::uint64_t) = nullptr;
    std::string_view (*name_of)(const View&, std::uint64_t) = nullptr;
    boost::json::object (*statistics)(const View&, std::uint64_t) = nullptr; // known figures only
    Reply (*create)(const Call&) = nullptr;
    Reply (*id_by_key)(const Call&) = nullptr; // nullptr: by name
    std::span<const Property> properties = {};
    std::span<const ParentLink> parents = {};
    std::span<const Relationship> relationships = {};
    std::span<const Action> actions = {};
};

// All types, in the order of GET /api/instances.
[[nodiscard]] std::span<const ObjectType* const> object_types();
// By name or legacy alias (Domain, Pool, Client); nullptr when unknown.
[[nodiscard]] const ObjectType* find_type(std::string_view name);

[[nodiscard]] const ObjectType& system_type();
[[nodiscard]] const ObjectType& protection_domain_type();
[[nodiscard]] const ObjectType& fault_set_type();
[[nodiscard]] const ObjectType& storage_pool_type();
[[nodiscard]] const ObjectType& sds_type();
[[nodiscard]] const ObjectType& device_type();
[[nodiscard]] const ObjectType& sdt_type();
[[nodiscard]] const ObjectType& sdc_type();
[[nodiscard]] const ObjectType& host_type();
[[nodiscard]] const ObjectType& nvme_controller_type();
[[nodiscard]] const ObjectType& volume_type();
[[nodiscard]] const ObjectType& vtree_type();

// The object as JSON, links included. `id` must exist. An NVMe host asked for as Sdc comes out as a
// Host.
[[nodiscard]] boost::json::object render_object(const ObjectType& type, const View& view,
                                                std::uint64_t id);
[[nodiscard]] boost::json::value render_list(const ObjectType& type, const View& view,
                                             const Ids& ids);

// Every statistics name of the type (or only `wanted`): known figures, zeroes for the rest, in the
// shape that the name implies (counters, id lists, numbers).
[[nodiscard]] boost::json::object full_statistics(const ObjectType& type, const View& view,
                                                  std::uint64_t id);
[[nodiscard]] boost::json::object selected_statistics(const ObjectType& type, const View& view,
                                                      std::uint64_t id,
                                                      const std::vector<std::string>& wanted);

// Runs an action whose table entry names properties instead of a function.
[[nodiscard]] Reply apply_properties(const ObjectType& type, const Action& action,
                                     const Call& call);

// Helpers shared by the types
// ---------------------------------------------------------------------------
void add_properties(boost::json::object& out, std::span<const Property> specs,
                    const mdm::Properties& values);
// Collects from the body those members that are properties of the type (for creates).
[[nodiscard]] mdm::Properties properties_from(const Input& in, std::span<const Property> specs);
[[nodiscard]] boost::json::value text_or_null(std::string_view text);
[[nodiscard]] boost::json::value id_or_null(std::uint64_t id);
[[nodiscard]] std::string_view version_text(const View& view, std::string_view reported);
[[nodiscard]] Reply done();                    // {}
[[nodiscard]] Reply created(std::uint64_t id); // {"id":"…"}
// A name for the new object: ≤ 31 printable characters, or a refusal 226/227.
[[nodiscard]] ApiResult<std::string> checked_name(std::string name);

} // namespace pf::gateway
