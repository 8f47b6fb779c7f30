#include "libvsphere/tagging.hpp"

#include "libvsphere/automation.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pf::vim {

namespace json = boost::json;

namespace {

Result<json::value> parsed(const Session& session, const std::string& text, std::string_view path) {
    boost::system::error_code bad;
    json::value out = json::parse(text, bad);
    if (bad) {
        return fail(Errc::Protocol, "{} {}: the answer is no JSON: {}", session.endpoint(), path,
                    bad.message());
    }
    return out;
}

Result<json::value> get(Session& session, const std::string& path) {
    PF_TRY(Automation * rest, session.automation());
    PF_TRY(const std::string text, rest->get(path));
    return parsed(session, text, path);
}

// A text member; Protocol when it is missing.
Result<std::string> text_of(const json::value& value, std::string_view key, std::string_view path) {
    const json::object* object = value.if_object();
    const json::value* member = object == nullptr ? nullptr : object->if_contains(key);
    if (member == nullptr || !member->is_string()) {
        return fail(Errc::Protocol, "{}: the answer has no text '{}'", path, key);
    }
    return std::string(member->get_string());
}

Result<const json::array*> list_of(const json::value& value, std::string_view path) {
    if (const json::array* list = value.if_array()) {
        return list;
    }
    return fail(Errc::Protocol, "{}: the answer is no list", path);
}

// An id as a segment of a path. Ids are made by vCenter
// ("urn:vmomi:InventoryServiceTag:<uuid>:GLOBAL") and sent back as they came; one that would change
// the path is refused.
Result<std::string> segment(const std::string& id) {
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == ':' || c == '-' || c == '_';
    };
    if (id.empty() || !std::all_of(id.begin(), id.end(), plain)) {
        return fail(Errc::Protocol, "'{}' is no id of vCenter's", id);
    }
    return id;
}

json::object object_id(const MoRef& object) { return {{"type", object.type}, {"id", object.id}}; }

} // namespace

Result<std::string> TagReader::category(const std::string& id) {
    for (const auto& [known, name] : categories_) {
        if (known == id) {
            return name;
        }
    }
    PF_TRY(const std::string last, segment(id));
    const std::string path = "/api/cis/tagging/category/" + last;
    PF_TRY(const json::value answer, get(session_, path));
    PF_TRY(std::string name, text_of(answer, "name", path));
    return categories_.emplace_back(id, std::move(name)).second;
}

Result<Tag> TagReader::tag(const std::string& id) {
    for (const Tag& known : tags_) {
        if (known.id == id) {
            return known;
        }
    }
    PF_TRY(const std::string last, segment(id));
    const std::string path = "/api/cis/tagging/tag/" + last;
    PF_TRY(const json::value answer, get(session_, path));
    Tag out{id, {}, {}};
    PF_TRY(out.name, text_of(answer, "name", path));
    PF_TRY(const std::string category_id, text_of(answer, "category_id", path));
    PF_TRY(out.category, category(category_id));
    return tags_.emplace_back(std::move(out));
}

Result<std::vector<std::vector<Tag>>> TagReader::attached(const std::vector<MoRef>& objects) {
    const std::string path =
        "/api/cis/tagging/tag-association?action=list-attached-tags-on-objects";
    std::vector<std::vector<Tag>> out(objects.size());
    for (size_t from = 0; from < objects.size(); from += kTaggedAtOnce) {
        const size_t to = std::min(objects.size(), from + kTaggedAtOnce);
        std::map<MoRef, size_t> index;
        json::array ids;
        for (size_t i = from; i < to; ++i) {
            index[objects[i]] = i;
            ids.push_back(object_id(objects[i]));
        }
        PF_TRY(Automation * rest, session_.automation());
        PF_TRY(
            const std::string text,
            rest->post(path, json::serialize(json::object{{"object_ids", std::move(ids)}}), true));
        PF_TRY(const json::value answer, parsed(session_, text, path));
        PF_TRY(const json::array* list, list_of(answer, path));
        for (const json::value& item : *list) { // objects without tags are left out
            const json::object* entry = item.if_object();
            const json::value* id = entry == nullptr ? nullptr : entry->if_contains("object_id");
            const json::value* tag_ids = entry == nullptr ? nullptr : entry->if_contains("tag_ids");
            if (id == nullptr || tag_ids == nullptr || !tag_ids->is_array()) {
                return fail(Errc::Protocol, "{}: an entry lacks object_id or tag_ids", path);
            }
            PF_TRY(std::string type, text_of(*id, "type", path));
            PF_TRY(std::string moid, text_of(*id, "id", path));
            const auto found = index.find(MoRef{std::move(type), std::move(moid)});
            if (found == index.end()) {
                return fail(Errc::Protocol, "{}: the answer names an object that was not asked for",
                            path);
            }
            for (const json::value& tag_id : tag_ids->get_array()) {
                if (!tag_id.is_string()) {
                    return fail(Errc::Protocol, "{}: a tag id is no text", path);
                }
                PF_TRY(Tag one, tag(std::string(tag_id.get_string())));
                out[found->second].push_back(std::move(one));
            }
            std::sort(out[found->second].begin(), out[found->second].end(),
                      [](const Tag& a, const Tag& b) { return a.full_name() < b.full_name(); });
        }
    }
    return out;
}

Result<void> attach_tag(Session& session, const std::string& tag_id, const MoRef& object) {
    PF_TRY(Automation * rest, session.automation());
    PF_TRY(const std::string tag, segment(tag_id));
    const std::string path = fmt::format("/api/cis/tagging/tag-association/{}?action=attach", tag);
    const std::string body = json::serialize(json::object{{"object_id", object_id(object)}});
    // Attaching twice is no error and has no second effect, so it may be sent again.
    PF_TRY([[maybe_unused]] const std::string nothing, rest->post(path, body, true));
    return {};
}

Result<std::vector<ContentLibrary>> content_libraries(Session& session) {
    const std::string root = "/api/content/library";
    PF_TRY(const json::value ids, get(session, root));
    PF_TRY(const json::array* list, list_of(ids, root));
    std::vector<ContentLibrary> out;
    for (const json::value& id : *list) {
        if (!id.is_string()) {
            return fail(Errc::Protocol, "{}: an id is no text", root);
        }
        ContentLibrary library;
        library.id = std::string(id.get_string());
        PF_TRY(const std::string last, segment(library.id));
        const std::string path = root + "/" + last;
        PF_TRY(const json::value answer, get(session, path));
        PF_TRY(library.name, text_of(answer, "name", path));
        const json::value* backings = answer.get_object().if_contains("storage_backings");
        if (backings != nullptr && backings->is_array()) {
            for (const json::value& backing : backings->get_array()) {
                PF_TRY(const std::string type, text_of(backing, "type", path));
                if (type == "DATASTORE") {
                    PF_TRY(std::string moid, text_of(backing, "datastore_id", path));
                    library.datastores.push_back({"Datastore", std::move(moid)});
                }
            }
        }
        out.push_back(std::move(library));
    }
    return out;
}

} // namespace pf::vim
