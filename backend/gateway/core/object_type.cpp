#include "backend/gateway/core/object_type.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pf::gateway {
namespace {

struct Alias {
    std::string_view alias;
    std::string_view type;
};
// Names of the 1.x interface that Cinder, os-brick and CloudStack still use.
constexpr auto kAliases = std::to_array<Alias>(
    {{"Domain", "ProtectionDomain"}, {"Pool", "StoragePool"}, {"Client", "Sdc"}});

json::object link(std::string rel, std::string href) {
    return {{"rel", std::move(rel)}, {"href", std::move(href)}};
}

json::array links_of(const ObjectType& type, const json::object& object, std::uint64_t id) {
    const std::string self = fmt::format("/api/instances/{}::{}", type.name, map::hex16(id));
    json::array links;
    links.push_back(link("self", self));
    if (type.statistics != nullptr) {
        links.push_back(link(fmt::format("/api/{}/relationship/Statistics", type.name),
                             self + "/relationships/Statistics"));
    }
    for (const Relationship& relationship : type.relationships) {
        links.push_back(link(fmt::format("/api/{}/relationship/{}", type.name, relationship.name),
                             fmt::format("{}/relationships/{}", self, relationship.name)));
    }
    for (const ParentLink& parent : type.parents) {
        const json::value* value = object.if_contains(parent.field);
        if (value != nullptr && value->is_string()) {
            links.push_back(link(fmt::format("/api/parent/relationship/{}", parent.field),
                                 fmt::format("/api/instances/{}::{}", parent.type,
                                             std::string_view(value->get_string()))));
        }
    }
    return links;
}

json::value property_value(PropertyType type, std::string_view text) {
    if (text == "null") {
        return nullptr;
    }
    switch (type) {
    case PropertyType::Text:
        return json::string(text);
    case PropertyType::Bool:
        return text == "true";
    case PropertyType::Integer:
        return powerflex::lenient_integer(json::value(json::string(text))).value_or(0);
    }
    return nullptr;
}

const Property* find_property(std::span<const Property> specs, std::string_view name) {
    const auto it =
        std::find_if(specs.begin(), specs.end(), [&](const Property& p) { return p.name == name; });
    return it == specs.end() ? nullptr : &*it;
}

// The stored form of a body member. 400 when it is not of the property's type.
ApiResult<std::string> stored_form(const Input& in, std::string_view key, PropertyType type) {
    switch (type) {
    case PropertyType::Text:
        return in.text(key);
    case PropertyType::Bool: {
        PF_GW_TRY(const bool value, in.boolean(key));
        return std::string(value ? "true" : "false");
    }
    case PropertyType::Integer: {
        PF_GW_TRY(const std::uint64_t value, in.number(key, INT64_MAX));
        return fmt::to_string(value);
    }
    }
    return std::string();
}

} // namespace

std::span<const ObjectType* const> object_types() {
    static const std::array<const ObjectType*, 12> kTypes = {
        &system_type(),    &protection_domain_type(),
        &fault_set_type(), &storage_pool_type(),
        &sds_type(),       &device_type(),
        &sdt_type(),       &sdc_type(),
        &host_type(),      &nvme_controller_type(),
        &volume_type(),    &vtree_type()};
    return kTypes;
}

const ObjectType* find_type(std::string_view name) {
    for (const Alias& alias : kAliases) {
        if (alias.alias == name) {
            name = alias.type;
        }
    }
    for (const ObjectType* type : object_types()) {
        if (type->name == name) {
            return type;
        }
    }
    return nullptr;
}

json::object render_object(const ObjectType& type, const View& view, std::uint64_t id) {
    if (&type == &sdc_type() && view.host(id) != nullptr) {
        return render_object(host_type(), view, id);
    }
    json::object out = type.render(view, id);
    out["links"] = links_of(type, out, id);
    return out;
}

json::value render_list(const ObjectType& type, const View& view, const Ids& ids) {
    json::array out;
    out.reserve(ids.size());
    for (const std::uint64_t id : ids) {
        out.emplace_back(render_object(type, view, id));
    }
    return out;
}

Reply apply_properties(const ObjectType& type, const Action& action, const Call& call) {
    mdm::Properties changes;
    std::string_view first_key;
    std::string_view rest = action.properties;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        std::string_view item = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        if (const auto constant = item.find(":="); constant != std::string_view::npos) {
            changes[std::string(item.substr(0, constant))] = std::string(item.substr(constant + 2));
            continue;
        }
        const auto equals = item.find('=');
        const std::string_view key = item.substr(0, equals);
        const std::string_view name =
            equals == std::string_view::npos ? key : item.substr(equals + 1);
        first_key = first_key.empty() ? key : first_key;
        if (!call.in.has(key)) {
            continue;
        }
        const Property* spec = find_property(type.properties, name);
        PF_GW_TRY(changes[std::string(name)],
                  stored_form(call.in, key, spec != nullptr ? spec->type : PropertyType::Text));
    }
    if (changes.empty()) {
        return missing_parameter(first_key);
    }
    PF_GW_CHECK(call.mdm.set_properties(type.kind, call.id, changes));
    return done();
}

void add_properties(json::object& out, std::span<const Property> specs,
                    const mdm::Properties& values) {
    for (const Property& spec : specs) {
        const auto it = values.find(std::string(spec.name));
        out[spec.name] = property_value(
            spec.type, it == values.end() ? spec.fallback : std::string_view(it->second));
    }
}

mdm::Properties properties_from(const Input& in, std::span<const Property> specs) {
    mdm::Properties out;
    for (const Property& spec : specs) {
        if (!in.has(spec.name)) {
            continue;
        }
        // A create does not fail over a setting that has no effect: an unreadable one keeps its
        // default.
        if (auto text = stored_form(in, spec.name, spec.type); text && !text->empty()) {
            out[std::string(spec.name)] = std::move(*text);
        }
    }
    return out;
}

json::value text_or_null(std::string_view text) {
    return text.empty() ? json::value(nullptr) : json::value(json::string(text));
}

json::value id_or_null(std::uint64_t id) {
    return id == 0 ? json::value(nullptr) : json::value(json::string(map::hex16(id)));
}

std::string_view version_text(const View& view, std::string_view reported) {
    return reported.starts_with("R") ? reported : std::string_view(view.facts().version_info);
}

Reply done() { return json::value(json::object()); }

Reply created(std::uint64_t id) { return json::value(json::object{{"id", map::hex16(id)}}); }

ApiResult<std::string> checked_name(std::string name) {
    if (name.size() > 31) {
        return refuse(MdmError::NameTooLong);
    }
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
        return refuse(MdmError::InvalidName);
    }
    return name;
}

} // namespace pf::gateway
