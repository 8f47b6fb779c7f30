#include "libvsphere/simulator/service/collector.hpp"

#include "libvsphere/wire/schema.hpp"

#include <algorithm>
#include <set>

namespace pf::vim::sim {

namespace {

// The traversals of one ObjectSpec by name, for SelectionSpecs that only refer to one.
void name_traversals(const Value& select_set, std::map<std::string, const Value*>& by_name) {
    for (const Value& selection : select_set.items()) {
        if (selection.type_name() != "TraversalSpec") {
            continue;
        }
        const std::string name = selection["name"].text();
        if (!name.empty()) {
            by_name.emplace(name, &selection);
        }
        name_traversals(selection["selectSet"], by_name);
    }
}

class Selector {
  public:
    Selector(const PropertyContext& c, const Value& object_spec) : c_(c) {
        name_traversals(object_spec["selectSet"], by_name_);
    }

    void walk(const MoRef& object, bool skip, const Value& select_set) {
        if (!skip && seen_.insert(object).second) {
            out.push_back(object);
        }
        for (const Value& selection : select_set.items()) {
            const Value* traversal = &selection;
            if (selection.type_name() != "TraversalSpec") {
                const auto found = by_name_.find(selection["name"].text());
                if (found == by_name_.end()) {
                    continue;
                }
                traversal = found->second;
            }
            if (!Schema::get().is_a(object.type, (*traversal)["type"].text()) ||
                !walked_.emplace(object, traversal).second) {
                continue;
            }
            const std::string path = (*traversal)["path"].text();
            for (const MoRef& next : targets(object, path)) {
                if (!next.empty() && object_exists(c_, next)) {
                    walk(next, (*traversal)["skip"].bool_or(false), (*traversal)["selectSet"]);
                }
            }
        }
    }

    std::vector<MoRef> out;

  private:
    std::vector<MoRef> targets(const MoRef& object, const std::string& path) {
        if (path == "view" && c_.session != nullptr) {
            const auto view = c_.session->views.find(object.id);
            return view == c_.session->views.end() ? std::vector<MoRef>()
                                                   : view_members(c_, view->second);
        }
        const size_t dot = path.find('.');
        const Value top = object_property(c_, object, path.substr(0, dot));
        return dot == std::string::npos ? top.refs() : top.at(path.substr(dot + 1)).refs();
    }

    const PropertyContext& c_;
    std::map<std::string, const Value*> by_name_;
    std::set<MoRef> seen_;
    std::set<std::pair<MoRef, const Value*>> walked_;
};

Value read_path(const PropertyContext& c, const MoRef& object, const std::string& path) {
    if (path == "view" && c.session != nullptr) {
        const auto view = c.session->views.find(object.id);
        return view == c.session->views.end() ? Value()
                                              : Value::refs(view_members(c, view->second));
    }
    const size_t end = path.find_first_of(".[");
    const Value top = object_property(c, object, path.substr(0, end));
    if (end == std::string::npos) {
        return top;
    }
    if (path[end] == '[') { // a key into a top-level array
        return make("DynamicProperty", {{"v", top}}).at("v" + path.substr(end));
    }
    return top.at(path.substr(end + 1));
}

Outcome<std::vector<std::string>> paths_for(const PropertyContext& c, ApiVersion version,
                                            const MoRef& object, const Value& filter) {
    (void)c;
    std::set<std::string> paths;
    const TypeInfo* type = Schema::get().find(object.type);
    for (const Value& prop_set : filter["propSet"].items()) {
        const std::string wanted = prop_set["type"].text();
        if (!Schema::get().is_a(object.type, wanted)) {
            continue;
        }
        if (prop_set["all"].bool_or(false) && type != nullptr) {
            for (const FieldInfo& field : type->fields) {
                if (field.since <= version) {
                    paths.insert(field.name);
                }
            }
            continue;
        }
        for (const std::string& path : prop_set["pathSet"].texts()) {
            const std::string top = path.substr(0, path.find_first_of(".["));
            const FieldInfo* field = type == nullptr ? nullptr : type->field(top);
            if (type != nullptr && (field == nullptr || version < field->since)) {
                return raise(
                    "InvalidProperty",
                    fmt::format("The property '{}' of type '{}' is not known.", path, wanted),
                    {{"name", Value(path)}});
            }
            paths.insert(path);
        }
    }
    return std::vector<std::string>(paths.begin(), paths.end());
}

// A propSet that names a wrong property is an error even when no object matches.
Outcome<> check_prop_sets(ApiVersion version, const Value& filter) {
    for (const Value& prop_set : filter["propSet"].items()) {
        const TypeInfo* type = Schema::get().find(prop_set["type"].text());
        if (type == nullptr || type->kind != TypeKind::Managed) {
            return raise("InvalidType",
                         fmt::format("'{}' is not a managed object type.", prop_set["type"].text()),
                         {{"argument", prop_set["type"]}});
        }
        for (const std::string& path : prop_set["pathSet"].texts()) {
            const FieldInfo* field = type->field(path.substr(0, path.find_first_of(".[")));
            if (field == nullptr || version < field->since) {
                return raise(
                    "InvalidProperty",
                    fmt::format("The property '{}' of type '{}' is not known.", path, type->name),
                    {{"name", Value(path)}});
            }
        }
    }
    return {};
}

using Snapshot = std::vector<std::pair<MoRef, std::map<std::string, Value>>>;

Outcome<Snapshot> evaluate(const PropertyContext& c, ApiVersion version, const Value& filter) {
    SIM_CHECK(check_prop_sets(version, filter));
    Snapshot snapshot;
    std::set<MoRef> seen;
    for (const Value& object_spec : filter["objectSet"].items()) {
        const MoRef start = object_spec["obj"].ref();
        if (!object_exists(c, start)) {
            if (filter["reportMissingObjectsInResults"].bool_or(false)) {
                continue;
            }
            return raise_missing_object(start);
        }
        Selector selector(c, object_spec);
        selector.walk(start, object_spec["skip"].bool_or(false), object_spec["selectSet"]);
        for (const MoRef& object : selector.out) {
            const bool wanted = std::any_of(
                filter["propSet"].items().begin(), filter["propSet"].items().end(),
                [&](const Value& p) { return Schema::get().is_a(object.type, p["type"].text()); });
            if (!wanted || !seen.insert(object).second) {
                continue;
            }
            SIM_TRY(const auto paths, paths_for(c, version, object, filter));
            std::map<std::string, Value> values;
            for (const std::string& path : paths) {
                Value value = read_path(c, object, path);
                if (value.is_set()) {
                    values.emplace(path, std::move(value));
                }
            }
            snapshot.emplace_back(object, std::move(values));
        }
    }
    return snapshot;
}

Value change(const std::string& name, const Value* value) {
    DataObject out("PropertyChange");
    out.set("name", name);
    out.set("op", enum_value("PropertyChangeOp", value != nullptr ? "assign" : "indirectRemove"));
    if (value != nullptr) {
        out.set("val", *value);
    }
    return Value(std::move(out));
}

Value object_update(const char* kind, const MoRef& object, std::vector<Value> changes) {
    return make("ObjectUpdate",
                {{"kind", enum_value("ObjectUpdateKind", kind)},
                 {"obj", object},
                 {"changeSet", Value::array("PropertyChange", std::move(changes))}});
}

} // namespace

std::vector<MoRef> view_members(const PropertyContext& c, const ViewState& view) {
    std::vector<MoRef> out;
    if (view.list) {
        for (const MoRef& object : *view.list) {
            if (object_exists(c, object)) {
                out.push_back(object);
            }
        }
        return out;
    }
    std::set<MoRef> seen;
    std::vector<MoRef> level = children_of(c, view.container);
    while (!level.empty()) {
        std::vector<MoRef> next;
        for (const MoRef& object : level) {
            if (!seen.insert(object).second) {
                continue;
            }
            const bool wanted =
                view.types.empty() ||
                std::any_of(view.types.begin(), view.types.end(), [&](const std::string& type) {
                    return Schema::get().is_a(object.type, type);
                });
            if (wanted) {
                out.push_back(object);
            }
            if (view.recursive) {
                const auto below = children_of(c, object);
                next.insert(next.end(), below.begin(), below.end());
            }
        }
        level = std::move(next);
    }
    return out;
}

Outcome<std::vector<Value>> retrieve_objects(const PropertyContext& c, ApiVersion version,
                                             const Value& spec) {
    SIM_TRY(const Snapshot snapshot, evaluate(c, version, spec));
    std::vector<Value> out;
    for (const auto& [object, values] : snapshot) {
        std::vector<Value> props;
        for (const auto& [path, value] : values) {
            props.push_back(make("DynamicProperty", {{"name", path}, {"val", value}}));
        }
        out.push_back(make(
            "ObjectContent",
            {{"obj", object}, {"propSet", Value::array("DynamicProperty", std::move(props))}}));
    }
    return out;
}

Outcome<> accept_version(CollectorState& collector, const std::string& version) {
    if (version.empty()) {
        for (auto& [id, filter] : collector.filters) {
            filter.told.clear();
            filter.fresh = true;
        }
        return {};
    }
    if (version != std::to_string(collector.version)) {
        return raise("InvalidCollectorVersion", "The collector version is not known.");
    }
    return {};
}

Outcome<Value> collect_updates(const PropertyContext& c, const Scope& scope, ApiVersion version,
                               CollectorState& collector, size_t max_objects) {
    (void)scope;
    std::vector<Value> filter_updates;
    size_t told = 0;
    bool truncated = false;
    for (auto& [id, filter] : collector.filters) {
        auto snapshot = evaluate(c, version, filter.spec);
        std::vector<Value> updates;
        std::map<MoRef, const std::map<std::string, Value>*> present;
        if (snapshot) {
            for (const auto& [object, values] : *snapshot) {
                present.emplace(object, &values);
            }
        } else if (snapshot.error().detail.type != "ManagedObjectNotFound") {
            return tl::unexpected(snapshot.error());
        }
        auto room = [&] {
            if (max_objects != 0 && told >= max_objects) {
                truncated = true;
                return false;
            }
            ++told;
            return true;
        };
        for (auto it = filter.told.begin(); it != filter.told.end();) {
            if (!present.contains(it->first) && room()) {
                updates.push_back(object_update("leave", it->first, {}));
                it = filter.told.erase(it);
            } else {
                ++it;
            }
        }
        for (const auto& [object, values] : present) {
            const auto before = filter.told.find(object);
            std::vector<Value> changes;
            for (const auto& [path, value] : *values) {
                const bool same = before != filter.told.end() && before->second.contains(path) &&
                                  before->second.at(path) == value;
                if (!same) {
                    changes.push_back(change(path, &value));
                }
            }
            if (before != filter.told.end()) {
                for (const auto& [path, value] : before->second) {
                    if (!values->contains(path)) {
                        changes.push_back(change(path, nullptr));
                    }
                }
            }
            const bool enters = before == filter.told.end();
            if ((enters || !changes.empty()) && room()) {
                updates.push_back(
                    object_update(enters ? "enter" : "modify", object, std::move(changes)));
                filter.told[object] = *values;
            }
        }
        filter.fresh = false;
        if (!updates.empty()) {
            filter_updates.push_back(
                make("PropertyFilterUpdate",
                     {{"filter", MoRef{"PropertyFilter", id}},
                      {"objectSet", Value::array("ObjectUpdate", std::move(updates))}}));
        }
    }
    if (filter_updates.empty()) {
        return Value();
    }
    ++collector.version;
    DataObject out("UpdateSet");
    out.set("version", std::to_string(collector.version));
    out.set("filterSet", Value::array("PropertyFilterUpdate", std::move(filter_updates)));
    if (truncated) {
        out.set("truncated", true);
    }
    return Value(std::move(out));
}

} // namespace pf::vim::sim
