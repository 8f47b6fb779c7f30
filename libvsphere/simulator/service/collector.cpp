#include "libvsphere/simulator/service/collector.hpp"

#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>
#include <set>
#include <thread>

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
                if (!next.empty() && object_exists(c_, next) && is_visible(c_, next)) {
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
    if (end != std::string::npos) {
        VmState* vm = object.type == "VirtualMachine" ? c.world.vm(object.id) : nullptr;
        HostState* host = object.type == "HostSystem" ? c.world.host(object.id) : nullptr;
        std::optional<Value> part = vm != nullptr     ? vm_part(c, *vm, path)
                                    : host != nullptr ? host_part(c, *host, path)
                                                      : std::nullopt;
        if (part) {
            return std::move(*part);
        }
    }
    Value top = object_property(c, object, std::string_view(path).substr(0, end));
    if (end == std::string::npos) {
        return top;
    }
    if (path[end] == '[') { // a key into a top-level array
        return make("DynamicProperty", {{"v", std::move(top)}}).at("v" + path.substr(end));
    }
    return take_part(std::move(top), std::string_view(path).substr(end + 1));
}

// The paths that a filter wants of objects of one type, sorted.
Outcome<std::vector<std::string>> paths_for(ApiVersion version, const std::string& object_type,
                                            const Value& filter) {
    std::set<std::string> paths;
    const TypeInfo* type = Schema::get().find(object_type);
    for (const Value& prop_set : filter["propSet"].items()) {
        const std::string wanted = prop_set["type"].text();
        if (!Schema::get().is_a(object_type, wanted)) {
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

// FNV-1a over a value's structure.
class Digest {
  public:
    void add(const Value& value) {
        mix(static_cast<uint64_t>(value.kind()));
        if (const auto* scalar = value.as_scalar()) {
            text(scalar->type);
            text(scalar->text);
        } else if (const MoRef* ref = value.as_ref()) {
            text(ref->type);
            text(ref->id);
        } else if (const DataObject* object = value.as_object()) {
            text(object->type);
            for (const Field& field : object->fields) {
                text(field.name);
                add(field.value);
            }
        } else if (const Value::Array* array = value.as_array()) {
            mix(array->items.size());
            for (const Value& item : array->items) {
                add(item);
            }
        }
    }
    uint64_t result() const { return hash_; }

  private:
    void mix(uint64_t word) {
        hash_ = (hash_ ^ word) * 0x100000001b3ULL;
        hash_ ^= hash_ >> 29;
    }
    void text(std::string_view part) {
        for (const char ch : part) {
            hash_ = (hash_ ^ static_cast<unsigned char>(ch)) * 0x100000001b3ULL;
        }
        mix(part.size());
    }
    uint64_t hash_ = 0xcbf29ce484222325ULL;
};

uint64_t digest(const Value& value) {
    Digest out;
    out.add(value);
    return out.result();
}

// One filter's paths, worked out once for each type of object.
class PathTable {
  public:
    PathTable(ApiVersion version, const Value& filter) : version_(version), filter_(&filter) {}

    Outcome<const std::vector<std::string>*> of(const std::string& type) {
        auto found = by_type_.find(type);
        if (found == by_type_.end()) {
            SIM_TRY(auto paths, paths_for(version_, type, *filter_));
            found = by_type_.emplace(type, std::move(paths)).first;
        }
        return &found->second;
    }

  private:
    ApiVersion version_;
    const Value* filter_;
    std::map<std::string, std::vector<std::string>> by_type_;
};

// By path, in the table's order and with the table's names.
using Values = std::vector<std::pair<std::string_view, Value>>;

Outcome<Values> read_values(const PropertyContext& c, PathTable& table, const MoRef& object) {
    SIM_TRY(const auto* paths, table.of(object.type));
    Values values;
    values.reserve(paths->size());
    for (const std::string& path : *paths) {
        Value value = read_path(c, object, path);
        if (value.is_set()) {
            values.emplace_back(path, std::move(value));
        }
    }
    return values;
}

// Every path of an object that may not be read.
Outcome<std::vector<Value>> refused_paths(PathTable& table, const MoRef& object,
                                          const std::string& privilege) {
    SIM_TRY(const auto* paths, table.of(object.type));
    const Value fault(localized_fault(no_permission(object, privilege)));
    std::vector<Value> missing;
    for (const std::string& path : *paths) {
        missing.push_back(make("MissingProperty", {{"path", path}, {"fault", fault}}));
    }
    return missing;
}

// Unset when the object is gone.
Outcome<Value> read_content(const PropertyContext& c, PathTable& table, const MoRef& object) {
    if (!object_exists(c, object)) {
        return Value();
    }
    if (const std::string lacking = read_refused(c, object); !lacking.empty()) {
        SIM_TRY(auto missing, refused_paths(table, object, lacking));
        return make(
            "ObjectContent",
            {{"obj", object}, {"missingSet", Value::array("MissingProperty", std::move(missing))}});
    }
    SIM_TRY(auto values, read_values(c, table, object));
    std::vector<Value> props;
    props.reserve(values.size());
    for (auto& [path, value] : values) {
        props.push_back(
            make("DynamicProperty", {{"name", Value(path)}, {"val", std::move(value)}}));
    }
    return make("ObjectContent",
                {{"obj", object}, {"propSet", Value::array("DynamicProperty", std::move(props))}});
}

constexpr size_t kBatch = 64;

// Lets others have World::mutex between batches: it is not fair by itself.
void let_others() { std::this_thread::sleep_for(std::chrono::microseconds(50)); }

// A property that has a new value, or with an unset one: that is gone.
Value change(std::string_view name, Value value) {
    const char* op = value.is_set() ? "assign" : "indirectRemove";
    return make("PropertyChange", {{"name", Value(name)},
                                   {"op", enum_value("PropertyChangeOp", op)},
                                   {"val", std::move(value)}});
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
            if (object_exists(c, object) && is_visible(c, object)) {
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
            if (!seen.insert(object).second || !is_visible(c, object)) {
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

Outcome<std::vector<MoRef>> select_objects(const PropertyContext& c, ApiVersion version,
                                           const Value& filter) {
    SIM_CHECK(check_prop_sets(version, filter));
    std::vector<MoRef> out;
    std::set<MoRef> seen;
    std::map<std::string, bool> wanted_types;
    auto wanted = [&](const MoRef& object) {
        const auto [entry, fresh] = wanted_types.emplace(object.type, false);
        if (fresh) {
            const auto& sets = filter["propSet"].items();
            entry->second = std::any_of(sets.begin(), sets.end(), [&](const Value& p) {
                return Schema::get().is_a(object.type, p["type"].text());
            });
        }
        return entry->second;
    };
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
            if (wanted(object) && seen.insert(object).second) {
                out.push_back(object);
            }
        }
    }
    return out;
}

Outcome<Value> read_object(const PropertyContext& c, ApiVersion version, const Value& spec,
                           const MoRef& object) {
    PathTable table(version, spec);
    return read_content(c, table, object);
}

Outcome<std::vector<Value>> read_page(const PropertyContext& c, ApiVersion version,
                                      PendingResult& pending, size_t size) {
    std::vector<Value> out;
    std::vector<PathTable> tables;
    for (const Value& spec : pending.specs) {
        tables.emplace_back(version, spec);
    }
    while (out.size() < size && pending.next < pending.rest.size()) {
        {
            const std::lock_guard lock(c.world.mutex);
            BatchCache cache;
            const PropertyContext batch{c.world, c.scope, c.session, &cache};
            for (size_t i = 0; i < kBatch && out.size() < size; ++i) {
                if (pending.next == pending.rest.size()) {
                    break;
                }
                const auto& [spec, object] = pending.rest[pending.next++];
                SIM_TRY(Value content, read_content(batch, tables[spec], object));
                if (content.is_set()) {
                    out.push_back(std::move(content));
                }
            }
        }
        if (pending.next < pending.rest.size() && out.size() < size) {
            let_others();
        }
    }
    return out;
}

bool reads_tasks(const Value& spec) {
    for (const Value& prop_set : spec["propSet"].items()) {
        const std::string type = prop_set["type"].text();
        if (type.starts_with("Task") || prop_set["all"].bool_or(false) ||
            type.ends_with("HistoryCollector")) {
            return true;
        }
        for (const std::string& path : prop_set["pathSet"].texts()) {
            if (path.starts_with("recentTask")) {
                return true;
            }
        }
    }
    return false;
}

Outcome<> accept_version(CollectorState& collector, const std::string& version) {
    if (version.empty()) {
        collector.not_before = {};
        for (auto& [id, filter] : collector.filters) {
            filter.told.clear();
            filter.revision = 0;
        }
        return {};
    }
    if (version != std::to_string(collector.version)) {
        return raise("InvalidCollectorVersion", "The collector version is not known.");
    }
    return {};
}

namespace {

// One filter's changes; `room` says how many more objects may be told and counts them.
class FilterPass {
  public:
    FilterPass(const PropertyContext& c, ApiVersion version, FilterState& filter, size_t& room)
        : c_(c), version_(version), table_(version, filter.spec), filter_(filter), room_(room) {}

    Outcome<> run() {
        std::vector<MoRef> objects;
        uint64_t revision = 0;
        uint64_t task_revision = 0;
        {
            const std::lock_guard lock(c_.world.mutex);
            revision = c_.world.revision;
            task_revision = c_.world.task_revision;
            if (filter_.revision == revision &&
                (!filter_.reads_tasks || filter_.task_revision == task_revision)) {
                return {};
            }
            auto selected = select_objects(c_, version_, filter_.spec);
            if (selected) {
                objects = std::move(*selected);
            } else if (selected.error().detail.type != "ManagedObjectNotFound") {
                return tl::unexpected(selected.error());
            }
        }
        leave(std::set<MoRef>(objects.begin(), objects.end()));
        // What was never told first: a client that takes little at a time gets on.
        for (const bool known : {false, true}) {
            std::vector<MoRef> part;
            for (const MoRef& object : objects) {
                if (filter_.told.contains(object) == known) {
                    part.push_back(object);
                }
            }
            for (size_t at = 0; at < part.size() && !truncated; at += kBatch) {
                SIM_CHECK(batch(part, at, std::min(at + kBatch, part.size())));
                let_others();
            }
        }
        if (!truncated) {
            filter_.revision = revision;
            filter_.task_revision = task_revision;
        }
        return {};
    }

    std::vector<Value> updates;
    bool truncated = false;

  private:
    bool take() {
        if (room_ == 0) {
            truncated = true;
            return false;
        }
        --room_;
        return true;
    }

    void leave(const std::set<MoRef>& present) {
        for (auto it = filter_.told.begin(); it != filter_.told.end();) {
            if (!present.contains(it->first) && take()) {
                updates.push_back(object_update("leave", it->first, {}));
                it = filter_.told.erase(it);
            } else {
                ++it;
            }
        }
    }

    Outcome<> batch(const std::vector<MoRef>& objects, size_t from, size_t to) {
        const std::lock_guard lock(c_.world.mutex);
        BatchCache cache;
        const PropertyContext c{c_.world, c_.scope, c_.session, &cache};
        for (size_t i = from; i < to && !truncated; ++i) {
            const MoRef& object = objects[i];
            const auto before = filter_.told.find(object);
            const bool enters = before == filter_.told.end();
            if (room_ == 0 && enters) {
                truncated = true;
                break;
            }
            if (!object_exists(c, object)) {
                continue; // leaves next time
            }
            if (const std::string lacking = read_refused(c, object); !lacking.empty()) {
                if (enters && take()) {
                    SIM_TRY(auto missing, refused_paths(table_, object, lacking));
                    updates.push_back(make(
                        "ObjectUpdate",
                        {{"kind", enum_value("ObjectUpdateKind", "enter")},
                         {"obj", object},
                         {"missingSet", Value::array("MissingProperty", std::move(missing))}}));
                    filter_.told[object] = {};
                }
                continue;
            }
            SIM_TRY(auto values, read_values(c, table_, object));
            std::map<std::string, uint64_t> now;
            std::vector<Value> changes;
            for (auto& [name, value] : values) {
                const std::string path(name);
                const uint64_t hash = digest(value);
                now.emplace(path, hash);
                const auto old =
                    enters ? decltype(before->second.begin()){} : before->second.find(path);
                if (enters || old == before->second.end() || old->second != hash) {
                    changes.push_back(change(path, std::move(value)));
                }
            }
            if (!enters) {
                for (const auto& [path, hash] : before->second) {
                    if (!now.contains(path)) {
                        changes.push_back(change(path, Value()));
                    }
                }
            }
            if ((enters || !changes.empty()) && take()) {
                updates.push_back(
                    object_update(enters ? "enter" : "modify", object, std::move(changes)));
                filter_.told[object] = std::move(now);
            }
        }
        return {};
    }

    const PropertyContext& c_;
    ApiVersion version_;
    PathTable table_;
    FilterState& filter_;
    size_t& room_;
};

} // namespace

Outcome<Value> collect_updates(const PropertyContext& c, ApiVersion version,
                               CollectorState& collector, size_t max_objects) {
    const MonoTime begun = mono_now();
    if (begun < collector.not_before) {
        return Value();
    }
    std::vector<Value> filter_updates;
    size_t room = max_objects == 0 ? SIZE_MAX : max_objects;
    bool truncated = false;
    for (auto& [id, filter] : collector.filters) {
        FilterPass pass(c, version, filter, room);
        SIM_CHECK(pass.run());
        truncated = truncated || pass.truncated;
        if (!pass.updates.empty()) {
            filter_updates.push_back(
                make("PropertyFilterUpdate",
                     {{"filter", MoRef{"PropertyFilter", id}},
                      {"objectSet", Value::array("ObjectUpdate", std::move(pass.updates))}}));
        }
    }
    const Duration cost = mono_now() - begun;
    collector.not_before =
        cost > std::chrono::milliseconds(20) && !truncated ? begun + cost * 4 : MonoTime{};
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
