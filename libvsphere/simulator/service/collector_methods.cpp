// PropertyCollector, PropertyFilter, ViewManager and the views.
#include "base/crypto.hpp"
#include "libvsphere/simulator/service/collector.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<std::vector<Value>> retrieve_all(MethodContext& c, const Call& call) {
    std::unique_lock<std::mutex> mine;
    SessionState* state = nullptr;
    if (c.session) {
        mine = std::unique_lock(c.session->mutex);
        state = &c.session->state;
    }
    const std::lock_guard lock(c.world.mutex);
    const PropertyContext properties{c.world, c.scope, state};
    std::vector<Value> all;
    for (const Value& spec : call.arg("specSet").items()) {
        SIM_TRY(auto objects, retrieve_objects(properties, c.version, spec));
        std::move(objects.begin(), objects.end(), std::back_inserter(all));
    }
    return all;
}

// One page; what is left stays with the session under a token.
Value page(MethodContext& c, std::vector<Value> objects, size_t size) {
    DataObject result("RetrieveResult");
    if (objects.size() > size && c.session) {
        std::vector<Value> rest(std::make_move_iterator(objects.begin() + static_cast<long>(size)),
                                std::make_move_iterator(objects.end()));
        objects.resize(size);
        const std::lock_guard mine(c.session->mutex);
        const std::string token = std::to_string(c.session->state.next_id++);
        auto& pages = c.session->state.pages;
        if (pages.size() >= 64) { // abandoned ones go, oldest first
            pages.erase(pages.begin());
        }
        pages[token] = std::move(rest);
        result.set("token", token);
    }
    result.set("objects", Value::array("ObjectContent", std::move(objects)));
    return Value(std::move(result));
}

size_t page_size(MethodContext& c, const Value& options) {
    const int64_t wanted = options["maxObjects"].int_or(0);
    const auto limit = static_cast<int64_t>(c.world.options.page_size);
    return static_cast<size_t>(wanted > 0 ? std::min(wanted, limit) : limit);
}

Outcome<Value> retrieve_properties(MethodContext& c, const Call& call) {
    SIM_TRY(auto objects, retrieve_all(c, call));
    return Value::array("ObjectContent", std::move(objects));
}

Outcome<Value> retrieve_properties_ex(MethodContext& c, const Call& call) {
    SIM_TRY(auto objects, retrieve_all(c, call));
    if (objects.empty()) {
        return Value();
    }
    return page(c, std::move(objects), page_size(c, call.arg("options")));
}

Outcome<Value> continue_retrieve(MethodContext& c, const Call& call) {
    std::vector<Value> rest;
    {
        const std::lock_guard mine(c.session->mutex);
        auto node = c.session->state.pages.extract(call.arg("token").text());
        if (node.empty()) {
            return raise_invalid_argument("token", "token");
        }
        rest = std::move(node.mapped());
    }
    return page(c, std::move(rest), page_size(c, Value()));
}

Outcome<Value> cancel_retrieve(MethodContext& c, const Call& call) {
    const std::lock_guard mine(c.session->mutex);
    if (c.session->state.pages.erase(call.arg("token").text()) == 0) {
        return raise_invalid_argument("token", "token");
    }
    return Value();
}

Outcome<Value> create_filter(MethodContext& c, const Call& call) {
    const std::lock_guard mine(c.session->mutex);
    const std::lock_guard lock(c.world.mutex);
    SessionState& state = c.session->state;
    const PropertyContext properties{c.world, c.scope, &state};
    SIM_CHECK(retrieve_objects(properties, c.version, call.arg("spec"))); // faults show up now
    CollectorState& collector = state.collectors.at(call.self.id);
    if (collector.filters.size() >= 200) {
        return raise("LimitExceeded", "Too many property filters.");
    }
    const std::string id = fmt::format("session[{}]{}", state.key, uuid4());
    collector.filters[id].spec = call.arg("spec");
    return Value(MoRef{"PropertyFilter", id});
}

Outcome<Value> destroy_filter(MethodContext& c, const Call& call) {
    const std::lock_guard mine(c.session->mutex);
    for (auto& [id, collector] : c.session->state.collectors) {
        collector.filters.erase(call.self.id);
    }
    return Value();
}

Outcome<Value> create_collector(MethodContext& c, const Call&) {
    const std::lock_guard mine(c.session->mutex);
    SessionState& state = c.session->state;
    if (state.collectors.size() >= 100) {
        return raise("LimitExceeded", "Too many property collectors.");
    }
    const std::string id = fmt::format("session[{}]{}", state.key, uuid4());
    state.collectors[id];
    return Value(MoRef{"PropertyCollector", id});
}

Outcome<Value> destroy_collector(MethodContext& c, const Call& call) {
    {
        const std::lock_guard mine(c.session->mutex);
        if (call.self.id == "propertyCollector") {
            return raise("NotSupported", "The default collector stays.");
        }
        c.session->state.collectors.erase(call.self.id);
    }
    const std::lock_guard lock(c.world.mutex);
    c.world.touch(); // a waiting call of that collector ends
    return Value();
}

Outcome<Value> cancel_wait(MethodContext& c, const Call& call) {
    {
        const std::lock_guard mine(c.session->mutex);
        c.session->state.collectors.at(call.self.id).cancel = true;
    }
    const std::lock_guard lock(c.world.mutex);
    c.world.touch();
    return Value();
}

Outcome<Value> add_view(MethodContext& c, const char* type, ViewState view) {
    const std::lock_guard mine(c.session->mutex);
    SessionState& state = c.session->state;
    if (state.views.size() >= 200) {
        return raise("LimitExceeded", "Too many views.");
    }
    const std::string id = fmt::format("session[{}]{}", state.key, uuid4());
    state.views[id] = std::move(view);
    return Value(MoRef{type, id});
}

Outcome<Value> create_container_view(MethodContext& c, const Call& call) {
    ViewState view;
    view.container = call.arg("container").ref();
    view.types = call.arg("type").texts();
    view.recursive = call.arg("recursive").bool_or(false);
    {
        const std::lock_guard lock(c.world.mutex);
        if (!object_exists({c.world, c.scope, nullptr}, view.container)) {
            return raise_missing_object(view.container);
        }
    }
    return add_view(c, "ContainerView", std::move(view));
}

Outcome<Value> create_list_view(MethodContext& c, const Call& call) {
    ViewState view;
    view.list = call.arg("obj").refs();
    return add_view(c, "ListView", std::move(view));
}

Outcome<Value> modify_list_view(MethodContext& c, const Call& call) {
    const std::lock_guard mine(c.session->mutex);
    auto& list = c.session->state.views.at(call.self.id).list;
    for (const MoRef& gone : call.arg("remove").refs()) {
        std::erase(*list, gone);
    }
    for (const MoRef& more : call.arg("add").refs()) {
        if (std::find(list->begin(), list->end(), more) == list->end()) {
            list->push_back(more);
        }
    }
    return Value();
}

Outcome<Value> reset_list_view(MethodContext& c, const Call& call) {
    const std::lock_guard mine(c.session->mutex);
    c.session->state.views.at(call.self.id).list = call.arg("obj").refs();
    return Value();
}

Outcome<Value> destroy_view(MethodContext& c, const Call& call) {
    const std::lock_guard mine(c.session->mutex);
    c.session->state.views.erase(call.self.id);
    return Value();
}

} // namespace

void add_collector_methods(MethodTable& t) {
    t.add("PropertyCollector", "RetrieveProperties", retrieve_properties);
    t.add("PropertyCollector", "RetrievePropertiesEx", retrieve_properties_ex);
    t.add("PropertyCollector", "ContinueRetrievePropertiesEx", continue_retrieve);
    t.add("PropertyCollector", "CancelRetrievePropertiesEx", cancel_retrieve);
    t.add("PropertyCollector", "CreateFilter", create_filter);
    t.add("PropertyFilter", "DestroyPropertyFilter", destroy_filter);
    t.add("PropertyCollector", "CreatePropertyCollector", create_collector);
    t.add("PropertyCollector", "DestroyPropertyCollector", destroy_collector);
    t.add("PropertyCollector", "CancelWaitForUpdates", cancel_wait);
    t.add("ViewManager", "CreateContainerView", create_container_view);
    t.add("ViewManager", "CreateListView", create_list_view);
    t.add("ListView", "ModifyListView", modify_list_view);
    t.add("ListView", "ResetListView", reset_list_view);
    t.add("View", "DestroyView", destroy_view);
}

} // namespace pf::vim::sim
