#include "libvsphere/simulator/service/recorder.hpp"

#include "base/file.hpp"
#include "libvsphere/simulator/recording.hpp"
#include "libvsphere/simulator/service/properties.hpp"
#include "libvsphere/wire/schema.hpp"

#include <deque>
#include <set>

namespace pf::vim::sim {

namespace {

// What belongs into a recording: the tree, and the objects beside it that `govc object.save` takes.
bool is_recorded(const MoRef& object) {
    static const std::set<std::string> beside = {"EnvironmentBrowser", "HostDatastoreBrowser",
                                                 "HostDatastoreSystem", "HostNetworkSystem",
                                                 "HostVirtualNicManager"};
    return beside.contains(object.type) || Schema::get().is_a(object.type, "ManagedEntity");
}

void collect(const Value& value, std::deque<MoRef>& out) {
    if (const MoRef* ref = value.as_ref()) {
        out.push_back(*ref);
    } else if (const DataObject* object = value.as_object()) {
        for (const Field& field : object->fields) {
            collect(field.value, out);
        }
    } else if (const Value::Array* array = value.as_array()) {
        for (const Value& item : array->items) {
            collect(item, out);
        }
    }
}

DataObject properties_of(const PropertyContext& c, const MoRef& object) {
    DataObject out(object.type);
    const TypeInfo* type = Schema::get().find(object.type);
    for (const FieldInfo& field : type == nullptr ? std::vector<FieldInfo>() : type->fields) {
        out.set(field.name, object_property(c, object, field.name));
    }
    return out;
}

} // namespace

Result<size_t> record_inventory(World& world, const std::string& dir) {
    PF_CHECK(make_dirs(dir, 0755));
    const Scope everything;
    const PropertyContext context{world, everything, nullptr};
    const MoRef instance{"ServiceInstance", "ServiceInstance"};
    DataObject content(instance.type);
    std::deque<MoRef> open{{"Folder", "group-d1"}};
    {
        const std::lock_guard lock(world.mutex);
        content.set("content", object_property(context, instance, "content"));
    }
    size_t number = 0;
    PF_CHECK(write_recorded(dir, number++, instance, content));
    std::set<MoRef> seen;
    auto write = [&](const MoRef& object) -> Result<void> {
        DataObject properties;
        {
            const std::lock_guard lock(world.mutex);
            if (!object_exists(context, object)) {
                return {};
            }
            properties = properties_of(context, object);
        }
        for (const Field& field : properties.fields) {
            if (field.name != "recentTask") {
                collect(field.value, open);
            }
        }
        return write_recorded(dir, number++, object, properties);
    };
    std::deque<MoRef> services;
    collect(content["content"], services);
    for (const MoRef& service : services) {
        if (!is_recorded(service) && seen.insert(service).second) {
            PF_CHECK(write(service));
        }
    }
    while (!open.empty()) {
        const MoRef object = open.front();
        open.pop_front();
        if (is_recorded(object) && seen.insert(object).second) {
            PF_CHECK(write(object));
        }
    }
    return number;
}

} // namespace pf::vim::sim
