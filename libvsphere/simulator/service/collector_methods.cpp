// PropertyCollector, PropertyFilter, ViewManager and the views.
#include "base/crypto.hpp"
#include "libvsphere/simulator/service/collector.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

struct Reader {
    explicit Reader(MethodContext& context) : c(context) {
        if (c.session) {
            mine = std::unique_lock(c.session->mutex);
            state = &c.session->state;
        }
    }
    PropertyContext properties() const { return {c.world, c.scope, state}; }

    // Selects the objects of all specs; their values are read later, page by page.
    Outcome<PendingResult> select(const Call& call) const {
        PendingResult pending;
        pending.specs = call.arg("specSet").items();
        const std::lock_guard lock(c.world.mutex);
        for (size_t i = 0; i < pending.specs.size(); ++i) {
            SIM_TRY(const auto objects, select_objects(properties(), c.version, pending.specs[i]));
            for (const MoRef& object : objects) {
                pending.rest.emplace_back(i, object);
            }
        }
        return pending;
    }

    // One page; what is left stays with the session under a token.
    Outcome<Value> page(PendingResult pending) const {
        SIM_TRY(auto objects, read_page(properties(), c.version, pending, pending.size));
        if (objects.empty()) {
            return Value();
        }
        DataObject result("RetrieveResult");
        if (pending.next < pending.rest.size() && state != nullptr) {
            const std::string token = std::to_string(state->next_id++);
            if (state->pages.size() >= 64) { // abandoned ones go, oldest first
                state->pages.erase(state->pages.begin());
            }
            state->pages[token] = std::move(pending);
            result.set("token", token);
        }
        result.set("objects", Value::array("ObjectContent", std::move(objects)));
        return Value(std::move(result));
    }

    MethodContext& c;
    std::unique_lock<std::mutex> mine;
    SessionState* state = nullptr;
};

size_t page_size(MethodContext& c, const Value& options) {
    const int64_t wanted = options["maxObjects"].int_or(0);
    const auto limit = static_cast<int64_t>(c.world.options.page_size);
    return static_cast<size_t>(wanted > 0 ? std::min(wanted, limit) : limit);
}

Outcome<Value> retrieve_properties(MethodContext& c, const Call& call) {
    const Reader reader(c);
    SIM_TRY(PendingResult pending, reader.select(call));
    SIM_TRY(auto objects, read_page(reader.properties(), c.version, pending, SIZE_MAX));
    return Value::array("ObjectContent", std::move(objects));
}

Outcome<Value> retrieve_properties_ex(MethodContext& c, const Call& call) {
    const Reader reader(c);
    SIM_TRY(PendingResult pending, reader.select(call));
    pending.size = page_size(c, call.arg("options"));
    return reader.page(std::move(pending));
}

Outcome<Value> continue_retrieve(MethodContext& c, const Call& call) {
    const Reader reader(c);
    auto node = reader.state->pages.extract(call.arg("token").text());
    if (node.empty()) {
        return raise_invalid_argument("token", "token");
    }
    SIM_TRY(Value page, reader.page(std::move(node.mapped())));
    // The objects that were left may all be gone by now: an empty last page.
    return page.is_set() ? std::move(page)
                         : make("RetrieveResult", {{"objects", Value::array("ObjectContent")}});
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
    SIM_TRY(const auto objects, select_objects(properties, c.version, call.arg("spec")));
    for (size_t i = 0; i < std::min<size_t>(objects.size(), 1); ++i) { // faults show up now
        SIM_CHECK(read_object(properties, c.version, call.arg("spec"), objects[i]));
    }
    CollectorState& collector = state.collectors.at(call.self.id);
    if (collector.filters.size() >= 200) {
        return raise("LimitExceeded", "Too many property filters.");
    }
    const std::string id = fmt::format("session[{}]{}", state.key, uuid4());
    collector.filters[id].spec = call.arg("spec");
    collector.filters[id].reads_tasks = reads_tasks(call.arg("spec"));
    collector.not_before = {};
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

// The root's children, for clients that open the tree folder by folder.
Outcome<Value> create_inventory_view(MethodContext& c, const Call&) {
    ViewState view;
    {
        const std::lock_guard lock(c.world.mutex);
        view.list = children_of({c.world, c.scope, nullptr}, {"Folder", "group-d1"});
    }
    return add_view(c, "InventoryView", std::move(view));
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
    t.add("ViewManager", "CreateInventoryView", create_inventory_view);
    t.add("ListView", "ModifyListView", modify_list_view);
    t.add("ListView", "ResetListView", reset_list_view);
    t.add("View", "DestroyView", destroy_view);
}

} // namespace pf::vim::sim
