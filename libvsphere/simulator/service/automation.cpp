#include "libvsphere/simulator/service/automation.hpp"

#include "base/crypto.hpp"
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/state.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace pf::vim::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view kTags = "/api/cis/tagging/tag";
constexpr std::string_view kCategories = "/api/cis/tagging/category";
constexpr std::string_view kAssociation = "/api/cis/tagging/tag-association";
constexpr std::string_view kLibraries = "/api/content/library";

net::HttpResponse json_response(unsigned status, const json::value& body) {
    net::HttpResponse response;
    response.status = status;
    response.headers.set("Content-Type", "application/json");
    response.body = json::serialize(body);
    return response;
}

net::HttpResponse error(unsigned status, const char* type, const std::string& message) {
    return json_response(status,
                         {{"error_type", type},
                          {"messages", json::array{json::object{{"args", json::array()},
                                                                {"default_message", message},
                                                                {"id", "vapi.simulator"}}}}});
}

// "urn:vmomi:InventoryService<kind>:<uuid>:GLOBAL", the same for the same name.
std::string urn(const char* kind, std::string_view name) {
    const std::string hex = to_hex(sha256(as_bytes(fmt::format("{} {}", kind, name))));
    return fmt::format("urn:vmomi:InventoryService{}:{}-{}-4{}-8{}-{}:GLOBAL", kind,
                       hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3),
                       hex.substr(20, 12));
}

std::string library_id(const ContentLibrarySpec& spec) {
    const std::string whole = urn("Library", spec.name);
    return whole.substr(whole.find("Library:") + 8, 36);
}

// The last segment of "<prefix>/<id>"; "" for anything else.
std::string id_below(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix) || path.size() < prefix.size() + 2 ||
        path[prefix.size()] != '/') {
        return {};
    }
    const std::string_view id = path.substr(prefix.size() + 1);
    return id.find('/') == std::string_view::npos ? std::string(id) : std::string();
}

// {"type": …, "id": …}; empty when it is none.
MoRef object_of(const json::value* value) {
    const json::object* object = value == nullptr ? nullptr : value->if_object();
    const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
    const json::value* id = object == nullptr ? nullptr : object->if_contains("id");
    if (type == nullptr || id == nullptr || !type->is_string() || !id->is_string()) {
        return {};
    }
    return {std::string(type->get_string()), std::string(id->get_string())};
}

const json::value* member(const json::value& value, std::string_view key) {
    const json::object* object = value.if_object();
    return object == nullptr ? nullptr : object->if_contains(key);
}

net::HttpResponse refused(std::string_view privilege, const std::string& object) {
    return error(403, "UNAUTHORIZED",
                 fmt::format("Permission to perform this operation was denied: {} on {}.",
                             privilege, object));
}

json::array ids_of(const auto& list) {
    json::array out;
    for (const auto& item : list) {
        out.push_back(json::string(item.id));
    }
    return out;
}

// Attaches the tag of this full name ("category:name"), which need not exist yet.
void attach_named(World& world, const MoRef& object, std::string_view full_name) {
    Extras& extras = *world.extras;
    const size_t colon = full_name.find(':');
    const std::string category_name(full_name.substr(0, colon));
    const std::string category = urn("Category", category_name);
    const std::string id = urn("Tag", full_name);
    if (std::none_of(extras.categories.begin(), extras.categories.end(),
                     [&](const CategoryState& item) { return item.id == category; })) {
        extras.categories.push_back({category, category_name});
    }
    if (std::none_of(extras.tags.begin(), extras.tags.end(),
                     [&](const TagState& item) { return item.id == id; })) {
        extras.tags.push_back({id, std::string(full_name.substr(colon + 1)), category});
    }
    extras.attached_tags[object].insert(id);
}

} // namespace

net::FaultCall AutomationService::describe(const net::HttpServerRequest& request) {
    net::FaultCall out;
    out.service = "vcenter";
    out.methods.push_back(request.method + " " + request.target);
    out.methods.push_back(request.method + " " + request.path);
    out.objects.push_back(request.path.substr(request.path.rfind('/') + 1));
    boost::system::error_code bad;
    const json::value body = json::parse(request.body, bad);
    if (const MoRef object = bad ? MoRef{} : object_of(member(body, "object_id"));
        !object.empty()) {
        out.objects.push_back(object.id);
    }
    return out;
}

net::HttpResponse AutomationService::session(const net::HttpServerRequest& request) {
    const std::string token(request.headers.get("vmware-api-session-id"));
    if (request.method == "DELETE") {
        sessions_.remove(token);
        net::HttpResponse done;
        done.status = 204;
        return done;
    }
    if (request.method != "POST") {
        return error(405, "UNSUPPORTED", "Use POST or DELETE.");
    }
    const std::string_view basic = request.headers.get("Authorization");
    const Result<Bytes> pair = basic.starts_with("Basic ")
                                   ? base64_decode(basic.substr(6))
                                   : fail(Errc::InvalidArgument, "no basic authentication");
    const std::string text = pair ? std::string(as_text(*pair)) : std::string();
    const size_t colon = text.find(':');
    if (colon == std::string::npos) {
        return error(401, "UNAUTHENTICATED", "Authentication required.");
    }
    auto session = sessions_.login(text.substr(0, colon), text.substr(colon + 1), request.remote,
                                   std::string(request.headers.get("User-Agent")));
    if (!session) {
        return session.error().detail.type == "InvalidLogin"
                   ? error(401, "UNAUTHENTICATED", "Authentication required.")
                   : error(503, "SERVICE_UNAVAILABLE", session.error().message);
    }
    return json_response(201, json::string((*session)->state.cookie));
}

net::HttpResponse AutomationService::tag(const std::string& id) {
    const std::lock_guard lock(world_.mutex);
    const auto& tags = world_.extras->tags;
    if (id.empty()) {
        return json_response(200, ids_of(tags));
    }
    const auto found =
        std::find_if(tags.begin(), tags.end(), [&](const TagState& tag) { return tag.id == id; });
    if (found == tags.end()) {
        return error(404, "NOT_FOUND", "Tag with identifier '" + id + "' does not exist.");
    }
    return json_response(200, {{"id", found->id},
                               {"name", found->name},
                               {"category_id", found->category},
                               {"description", ""},
                               {"used_by", json::array()}});
}

net::HttpResponse AutomationService::category(const std::string& id) {
    const std::lock_guard lock(world_.mutex);
    const auto& categories = world_.extras->categories;
    if (id.empty()) {
        return json_response(200, ids_of(categories));
    }
    const auto found = std::find_if(categories.begin(), categories.end(),
                                    [&](const CategoryState& item) { return item.id == id; });
    if (found == categories.end()) {
        return error(404, "NOT_FOUND", "Category with identifier '" + id + "' does not exist.");
    }
    return json_response(200, {{"id", found->id},
                               {"name", found->name},
                               {"description", ""},
                               {"cardinality", "MULTIPLE"},
                               {"associable_types", json::array()},
                               {"used_by", json::array()}});
}

net::HttpResponse AutomationService::library(const std::string& id) {
    const std::lock_guard lock(world_.mutex);
    json::array ids;
    for (const ContentLibrarySpec& spec : world_.estate.content_libraries) {
        if (library_id(spec) != id) {
            ids.push_back(json::string(library_id(spec)));
            continue;
        }
        json::array backings;
        if (const DatastoreState* datastore = world_.datastore_named(spec.datastore)) {
            backings.push_back(
                {{"type", "DATASTORE"},
                 {"datastore_id", scope_.to_wire_locked(world_, datastore->ref()).id}});
        }
        return json_response(200, {{"id", id},
                                   {"name", spec.name},
                                   {"type", "LOCAL"},
                                   {"description", ""},
                                   {"version", "2"},
                                   {"storage_backings", std::move(backings)}});
    }
    return id.empty() ? json_response(200, std::move(ids))
                      : error(404, "NOT_FOUND", "The library with ID " + id + " was not found.");
}

net::HttpResponse AutomationService::attached_on_objects(const std::string& user,
                                                         const std::string& body) {
    boost::system::error_code bad;
    const json::value parsed = json::parse(body, bad);
    const json::value* list = bad ? nullptr : member(parsed, "object_ids");
    if (list == nullptr || !list->is_array()) {
        return error(400, "INVALID_ARGUMENT", "object_ids is missing.");
    }
    json::array out;
    const std::lock_guard lock(world_.mutex);
    const PropertyContext c{world_, scope_, nullptr};
    for (const json::value& item : list->get_array()) {
        const MoRef wire = object_of(&item);
        const MoRef object = scope_.from_wire_locked(world_, wire);
        if (wire.empty()) {
            return error(400, "INVALID_ARGUMENT", "An object id lacks its type or its id.");
        }
        // What is not there, or may not be read, is left out of a bulk answer.
        const auto found = world_.extras->attached_tags.find(object);
        if (found == world_.extras->attached_tags.end() || !object_exists(c, object) ||
            !has_privilege(c, user, object, "System.Read")) {
            continue;
        }
        json::array ids;
        for (const std::string& id : found->second) {
            ids.push_back(json::string(id));
        }
        out.push_back(
            {{"object_id", {{"type", wire.type}, {"id", wire.id}}}, {"tag_ids", std::move(ids)}});
    }
    return json_response(200, std::move(out));
}

net::HttpResponse AutomationService::attach(const std::string& user, const std::string& tag_id,
                                            const std::string& body) {
    boost::system::error_code bad;
    const json::value parsed = json::parse(body, bad);
    const MoRef wire = bad ? MoRef{} : object_of(member(parsed, "object_id"));
    {
        const std::lock_guard lock(world_.mutex);
        const PropertyContext c{world_, scope_, nullptr};
        const MoRef object = scope_.from_wire_locked(world_, wire);
        const auto& tags = world_.extras->tags;
        if (std::none_of(tags.begin(), tags.end(),
                         [&](const TagState& tag) { return tag.id == tag_id; })) {
            return error(404, "NOT_FOUND", "Tag with identifier '" + tag_id + "' does not exist.");
        }
        if (wire.empty() || !object_exists(c, object)) {
            return error(400, "INVALID_ARGUMENT", "The object does not exist.");
        }
        constexpr std::string_view privilege = "InventoryService.Tagging.AttachTag";
        if (!has_privilege(c, user, object, privilege)) {
            return refused(privilege, wire.id);
        }
        world_.extras->attached_tags[object].insert(tag_id);
        world_.touch();
    }
    wait_until_kept(world_);
    net::HttpResponse done;
    done.status = 204;
    return done;
}

net::HttpResponse AutomationService::handle(const net::HttpServerRequest& request) {
    const std::string& path = request.path;
    if (path == "/api/session") {
        return session(request);
    }
    const auto session = sessions_.find(request.headers.get("vmware-api-session-id"));
    if (!session) {
        return error(401, "UNAUTHENTICATED", "Authentication required.");
    }
    const std::string& user = session->state.user; // does not change after the login
    const std::string action = request.query_value("action");
    if (request.method == "GET") {
        for (const auto& [prefix, read] : {std::pair{kTags, &AutomationService::tag},
                                           std::pair{kCategories, &AutomationService::category},
                                           std::pair{kLibraries, &AutomationService::library}}) {
            const std::string id = id_below(path, prefix);
            if (path == prefix || !id.empty()) {
                return (this->*read)(id);
            }
        }
    }
    if (request.method == "POST" && path == kAssociation &&
        action == "list-attached-tags-on-objects") {
        return attached_on_objects(user, request.body);
    }
    if (const std::string id = id_below(path, kAssociation);
        request.method == "POST" && !id.empty() && action == "attach") {
        return attach(user, id, request.body);
    }
    return error(404, "NOT_FOUND", "Nothing is served at " + request.method + " " + path + ".");
}

void place_tags(World& world) {
    for (const VmSpec& spec : world.estate.vms) {
        for (const std::string& tag : spec.tags) {
            if (const VmState* vm = world.vm_named(spec.name)) {
                attach_named(world, vm->ref(), tag);
            }
        }
    }
    for (const DatastoreSpec& spec : world.estate.datastores) {
        for (const std::string& tag : spec.tags) {
            if (const DatastoreState* datastore = world.datastore_named(spec.name)) {
                attach_named(world, datastore->ref(), tag);
            }
        }
    }
    world.touch();
}

} // namespace pf::vim::sim
