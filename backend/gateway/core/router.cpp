#include "backend/gateway/core/router.hpp"

#include "base/json.hpp"
#include "base/net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pf::gateway {
namespace {

// Types that clients list although this system has none of them.
constexpr auto kEmptyTypes = std::to_array<std::string_view>(
    {"AccelerationPool", "SpSds", "SnapshotPolicy", "PeerMdm", "ReplicationConsistencyGroup",
     "ReplicationPair", "Sdr", "RfcacheDevice", "ScsiInitiator", "User"});

tl::unexpected<ApiError> no_such_url(std::string_view path) {
    ApiError error;
    error.http_status = 404;
    error.code = 0;
    error.message = fmt::format("The requested URL {} was not found", printable(path));
    return tl::unexpected<ApiError>(std::move(error));
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> out;
    while (!path.empty()) {
        const auto slash = path.find('/');
        if (slash != 0) {
            out.push_back(path.substr(0, slash));
        }
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return out;
}

// /api/types/T/instances…
ApiResult<Route> resolve_type(std::string_view method, const std::vector<std::string_view>& s,
                              std::string_view path) {
    if (s.size() < 4 || s[3] != "instances") {
        return no_such_url(path);
    }
    Route route;
    const std::string name = net::percent_decode(s[2]);
    route.type = find_type(name);
    const bool empty_type =
        std::find(kEmptyTypes.begin(), kEmptyTypes.end(), name) != kEmptyTypes.end();
    if (route.type == nullptr && !empty_type) {
        return no_such_url(path);
    }
    if (method == "GET" && s.size() == 4) {
        route.kind = route.type != nullptr ? Route::Kind::List : Route::Kind::EmptyList;
        return route;
    }
    if (route.type == nullptr) {
        return no_such_url(path);
    }
    if (method == "GET" && s.size() >= 5) {
        // The key may hold slashes after decoding, so the raw text counts up to the end.
        for (std::string_view prefix : {"getByName::", "getByIp::"}) {
            if (s[4].starts_with(prefix)) {
                route.kind = Route::Kind::LegacyLookup;
                route.key = net::percent_decode(s[4].substr(prefix.size()));
                return route;
            }
        }
    }
    if (method == "POST" && s.size() == 4 && route.type->create != nullptr) {
        route.kind = Route::Kind::Create;
        return route;
    }
    if (method == "POST" && s.size() == 6 && s[4] == "action") {
        if (s[5] == "queryIdByKey") {
            route.kind = Route::Kind::IdByKey;
            return route;
        }
        if (s[5] == "queryBySelectedIds") {
            route.kind = Route::Kind::BySelectedIds;
            return route;
        }
        if (s[5] == "querySelectedStatistics") {
            route.kind = Route::Kind::TypeStatistics;
            return route;
        }
    }
    return no_such_url(path);
}

const Action* find_action(const ObjectType& type, std::string_view name) {
    const auto it = std::find_if(type.actions.begin(), type.actions.end(),
                                 [&](const Action& a) { return a.name == name; });
    return it == type.actions.end() ? nullptr : &*it;
}

// /api/instances…
ApiResult<Route> resolve_instance(std::string_view method, const std::vector<std::string_view>& s,
                                  std::string_view path) {
    Route route;
    if (s.size() == 2) {
        return method == "GET" ? ApiResult<Route>(route) : no_such_url(path);
    }
    if (s.size() == 3 && s[2] == "querySelectedStatistics" && method == "POST") {
        route.kind = Route::Kind::GlobalStatistics;
        return route;
    }
    const std::string object = net::percent_decode(s[2]);
    const auto colons = object.find("::");
    route.type = find_type(std::string_view(object).substr(0, colons));
    if (route.type == nullptr) {
        return no_such_url(path);
    }
    if (colons != std::string::npos) {
        PF_GW_TRY(route.id, parse_id(std::string_view(object).substr(colons + 2)));
    } else if (route.type == &system_type()) {
        route.whole_system = true;
    } else {
        return no_such_url(path);
    }
    if (method == "GET" && s.size() == 3) {
        route.kind = Route::Kind::Instance;
        return route;
    }
    if (method == "GET" && s.size() == 5 && s[3] == "relationships") {
        if (s[4] == "Statistics" && route.type->statistics != nullptr) {
            route.kind = Route::Kind::Statistics;
            return route;
        }
        for (const Relationship& relationship : route.type->relationships) {
            if (relationship.name == s[4]) {
                route.kind = Route::Kind::Related;
                route.relationship = &relationship;
                return route;
            }
        }
        return no_such_url(path);
    }
    if (method == "POST") {
        const bool action_form = s.size() == 5 && s[3] == "action";
        const bool bare_form = s.size() == 4; // …/System/queryMdmCluster
        if (action_form || bare_form) {
            route.kind = Route::Kind::Action;
            route.action = find_action(*route.type, s.back());
            if (route.action != nullptr) {
                return route;
            }
        }
    }
    return no_such_url(path);
}

json::value string_or_null(const std::string& id) {
    return id.empty() ? json::value(nullptr) : json::value(json::string(id));
}

// Name or IP as given, then decoded once more: os-brick and Cinder encode volume names twice.
std::string legacy_lookup(const Route& route, const View& view) {
    const ObjectType& type = *route.type;
    for (std::string key : {route.key, net::percent_decode(route.key)}) {
        std::uint64_t domain = 0;
        if (&type == &storage_pool_type()) { // "<domain id>,<pool name>"
            const auto comma = key.find(',');
            const auto id = comma == std::string::npos
                                ? ApiResult<std::uint64_t>(0)
                                : parse_id(std::string_view(key).substr(0, comma));
            if (id && *id != 0) {
                domain = *id;
                key.erase(0, comma + 1);
            }
        }
        for (const std::uint64_t id : type.list(view)) {
            const bool in_domain = domain == 0 || view.pool(id)->protection_domain.value == domain;
            const mdm::Sdc* sdc = &type == &sdc_type() ? view.sdc(id) : nullptr;
            if (in_domain &&
                (type.name_of(view, id) == key || (sdc != nullptr && sdc->ip == key))) {
                return map::hex16(id);
            }
        }
    }
    return {};
}

Reply id_by_name(const Route& route, const View& view, const Input& in) {
    PF_GW_TRY(const std::string name, in.required("name"));
    for (const std::uint64_t id : route.type->list(view)) {
        if (route.type->name_of(view, id) == name) {
            return json::value(json::string(map::hex16(id)));
        }
    }
    return refuse(route.type->not_found);
}

// "ids":[…] or "allIds":"". Unknown ids are left out.
ApiResult<Ids> selected_ids(const ObjectType& type, const View& view, const Input& in) {
    if (in.has("allIds") || !in.has("ids")) {
        return type.list(view);
    }
    Ids out;
    for (const std::string& text : in.fields().strings("ids")) {
        PF_GW_TRY(const std::uint64_t id, parse_id(text));
        if (type.exists(view, id)) {
            out.push_back(id);
        }
    }
    return out;
}

ApiResult<json::object> statistics_by_id(const ObjectType& type, const View& view,
                                         const Input& in) {
    PF_GW_TRY(const Ids ids, selected_ids(type, view, in));
    const std::vector<std::string> wanted = in.fields().strings("properties");
    json::object out;
    for (const std::uint64_t id : ids) {
        out[map::hex16(id)] = wanted.empty() ? full_statistics(type, view, id)
                                             : selected_statistics(type, view, id, wanted);
    }
    return out;
}

Reply global_statistics(const View& view, const Input& in) {
    json::object out;
    for (const json::object* item : in.fields().objects("selectedStatisticsList")) {
        const Input entry(*item);
        const std::string name = entry.text("type");
        const ObjectType* type = find_type(name);
        if (type == nullptr) {
            out[name] = json::object();
            continue;
        }
        PF_GW_TRY(json::object by_id, statistics_by_id(*type, view, entry));
        if (type == &system_type()) { // flat: there is only one
            out[name] = by_id.empty() ? json::object() : by_id.begin()->value().as_object();
        } else {
            out[name] = std::move(by_id);
        }
    }
    return json::value(std::move(out));
}

Reply everything(const View& view) {
    json::object out;
    for (const ObjectType* type : object_types()) {
        const Ids ids = type->list(view);
        if (type == &system_type()) {
            out[type->list_name] = render_object(*type, view, ids.front());
        } else if (type != &host_type()) { // hosts are in sdcList
            out[type->list_name] = render_list(*type, view, ids);
        }
    }
    return json::value(std::move(out));
}

} // namespace

ApiResult<Route> resolve(std::string_view method, std::string_view raw_path) {
    const std::vector<std::string_view> segments = segments_of(raw_path);
    if (segments.size() >= 2 && segments[0] == "api") {
        if (segments[1] == "types") {
            return resolve_type(method, segments, raw_path);
        }
        if (segments[1] == "instances") {
            return resolve_instance(method, segments, raw_path);
        }
    }
    return no_such_url(raw_path);
}

ApiResult<View> Router::view() {
    PF_GW_TRY(std::shared_ptr<const mdm::Snapshot> snapshot, mdm_.query());
    return View(std::move(snapshot), facts_);
}

Reply Router::run(const Route& route, std::string_view body) {
    json::value parsed = json::object();
    if (body.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        auto value = parse_json(body);
        if (!value || !value->is_object()) {
            return bad_request("Request message is not valid: the body must be a JSON object.");
        }
        parsed = std::move(*value);
    }
    PF_GW_TRY(const View now, view());
    const Input in(parsed.get_object());
    return run_parsed(route, now, in);
}

Reply Router::run_parsed(const Route& route, const View& view, const Input& in) {
    const ObjectType* type = route.type;
    const std::uint64_t id = route.whole_system ? view.all().system.id.value : route.id;
    const Call call{view, mdm_, id, in};
    switch (route.kind) {
    case Route::Kind::Everything:
        return everything(view);
    case Route::Kind::EmptyList:
        return json::value(json::array());
    case Route::Kind::List:
        return render_list(*type, view, type->list(view));
    case Route::Kind::Create:
        return type->create(call);
    case Route::Kind::IdByKey:
        return type->id_by_key != nullptr ? type->id_by_key(call) : id_by_name(route, view, in);
    case Route::Kind::BySelectedIds: {
        PF_GW_TRY(const Ids ids, selected_ids(*type, view, in));
        return render_list(*type, view, ids);
    }
    case Route::Kind::TypeStatistics: {
        PF_GW_TRY(json::object by_id, statistics_by_id(*type, view, in));
        return json::value(std::move(by_id));
    }
    case Route::Kind::GlobalStatistics:
        return global_statistics(view, in);
    case Route::Kind::LegacyLookup:
        return string_or_null(legacy_lookup(route, view));
    default:
        break;
    }
    if (!type->exists(view, id)) {
        return refuse(type->not_found);
    }
    switch (route.kind) {
    case Route::Kind::Instance:
        return json::value(render_object(*type, view, id));
    case Route::Kind::Statistics:
        return json::value(full_statistics(*type, view, id));
    case Route::Kind::Related:
        return route.relationship->run(view, id);
    case Route::Kind::Action:
        return route.action->run != nullptr ? route.action->run(call)
                                            : apply_properties(*type, *route.action, call);
    default:
        return refuse(MdmError::Generic);
    }
}

} // namespace pf::gateway
