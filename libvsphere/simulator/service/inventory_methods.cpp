// SearchIndex, names of inventory objects, custom fields, clusters.
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/simulator/vm_ops.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

Value optional_ref(const MoRef& object) { return object.empty() ? Value() : Value(object); }

MoRef child_named(const PropertyContext& p, const MoRef& parent, std::string_view name) {
    for (const MoRef& child : children_of(p, parent)) {
        if (object_name(p, child) == name) {
            return child;
        }
    }
    return {};
}

Outcome<Value> find_child(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    return optional_ref(child_named({c.world, c.scope, nullptr}, call.arg("entity").ref(),
                                    call.arg("name").text()));
}

Outcome<Value> find_by_inventory_path(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    return optional_ref(object_at({c.world, c.scope, nullptr}, call.arg("inventoryPath").text()));
}

std::vector<MoRef> by_uuid(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    std::string uuid = call.arg("uuid").text();
    std::transform(uuid.begin(), uuid.end(), uuid.begin(),
                   [](unsigned char ch) { return static_cast<char>(std::tolower(ch)); });
    std::vector<MoRef> out;
    if (call.arg("vmSearch").bool_or(false)) {
        const bool instance = call.arg("instanceUuid").bool_or(false);
        for (const auto& [number, vm] : c.world.vms) {
            if ((instance ? vm.instance_uuid : vm.uuid) == uuid) {
                out.push_back(vm.ref());
            }
        }
    } else {
        for (const auto& host : c.world.hosts) {
            if (host->spec.uuid == uuid) {
                out.push_back(host->ref());
            }
        }
    }
    std::erase_if(out, [&](const MoRef& m) { return !c.scope.visible_locked(c.world, m); });
    return out;
}

Outcome<Value> find_by_uuid(MethodContext& c, const Call& call) {
    const auto found = by_uuid(c, call);
    return found.empty() ? Value() : Value(found.front());
}

Outcome<Value> find_all_by_uuid(MethodContext& c, const Call& call) {
    return Value::refs(by_uuid(c, call));
}

Outcome<Value> find_by_dns_name(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const std::string name = call.arg("dnsName").text();
    if (call.arg("vmSearch").bool_or(false)) {
        const VmState* vm = c.world.vm_named(name);
        return vm == nullptr ? Value() : Value(vm->ref());
    }
    const HostState* host = c.world.host_named(name);
    return host == nullptr ? Value() : Value(host->ref());
}

Outcome<Value> find_by_ip(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    for (const auto& host : c.world.hosts) {
        for (const VmkSpec& vmk : host->spec.vmks) {
            if (!call.arg("vmSearch").bool_or(false) && vmk.address == call.arg("ip").text()) {
                return Value(host->ref());
            }
        }
    }
    return Value();
}

Outcome<Value> find_by_datastore_path(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    for (const auto& [number, vm] : c.world.vms) {
        if (c.world.path_text(vm.vmx) == call.arg("path").text()) {
            return Value(vm.ref());
        }
    }
    return Value();
}

Outcome<Value> rename_task(MethodContext& c, const Call& call) {
    const std::string name = call.arg("newName").text();
    const MoRef object = call.self;
    World& world = c.world;
    auto work = [&world, name, object](TaskContext&) -> Outcome<Value> {
        if (object.type == "VirtualMachine") {
            SIM_CHECK(VmOps(world).rename(trailing_number(object.id), name));
            return Value();
        }
        HostState* host = nullptr;
        std::string uuid;
        {
            const std::lock_guard lock(world.mutex);
            const DatastoreState* ds = world.datastore(object.id);
            if (ds == nullptr) {
                return raise("NotSupported", "The operation is not supported on the object.");
            }
            uuid = ds->uuid;
            for (const auto& candidate : world.hosts) {
                const auto volume = candidate->volumes.find(uuid);
                if (volume != candidate->volumes.end() && volume->second.mounted) {
                    host = candidate.get();
                }
            }
        }
        if (host == nullptr) {
            return raise("InaccessibleDatastore", "No host has the datastore mounted.");
        }
        SIM_CHECK(HostOps(world, *host).rename(uuid, name));
        return Value();
    };
    return start_task(c, "ManagedEntity.Rename", object, work);
}

Outcome<Value> add_custom_field(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const std::string name = call.arg("name").text();
    for (const auto& [key, other] : c.world.custom_fields) {
        if (other == name) {
            return raise("DuplicateName", fmt::format("The name '{}' already exists.", name),
                         {{"name", Value(name)}, {"object", Value(call.self)}});
        }
    }
    const int key = c.world.custom_fields.empty() ? 101 : c.world.custom_fields.rbegin()->first + 1;
    c.world.custom_fields[key] = name;
    c.world.touch();
    return make("CustomFieldDef", {{"key", int_value(key)}, {"name", name}, {"type", "string"}});
}

Outcome<Value> set_custom_field(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const int key = static_cast<int>(call.arg("key").int_or(0));
    const MoRef entity = call.arg("entity").ref();
    if (!c.world.custom_fields.contains(key)) {
        return raise_invalid_argument("key", "key");
    }
    if (!object_exists({c.world, c.scope, nullptr}, entity)) {
        return raise_missing_object(entity);
    }
    c.world.custom_values[entity][key] = call.arg("value").text();
    c.world.touch();
    return Value();
}

Outcome<Value> das_runtime(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    size_t cluster = 0;
    while (cluster + 1 < c.world.clusters.size() && cluster_ref(cluster) != call.self) {
        ++cluster;
    }
    if (!ha_enabled(c.world, cluster)) {
        return Value();
    }
    std::map<std::string, std::vector<MoRef>> hosts_on; // by VMFS UUID
    for (const auto& host : c.world.hosts) {
        if (host->cluster == cluster) {
            for (const std::string& uuid : heartbeats_of(c.world, *host)) {
                hosts_on[uuid].push_back(host->ref());
            }
        }
    }
    std::vector<Value> heartbeats;
    for (const auto& [uuid, hosts] : hosts_on) {
        heartbeats.push_back(
            make("DasHeartbeatDatastoreInfo", {{"datastore", c.world.datastore_of(uuid)->ref()},
                                               {"hosts", Value::refs(hosts)}}));
    }
    return make("ClusterDasAdvancedRuntimeInfo",
                {{"heartbeatDatastoreInfo",
                  Value::array("DasHeartbeatDatastoreInfo", std::move(heartbeats))}});
}

Outcome<Value> query_options(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const HostState* host = c.world.host_numbered(trailing_number(call.self.id));
    if (host == nullptr) {
        return Value::array("OptionValue");
    }
    const std::string name = call.arg("name").text();
    std::vector<Value> out;
    for (Value& option : advanced_options(c.world, *host)) {
        const std::string key = option["key"].text();
        const bool tree = name.ends_with('.') && key.starts_with(name);
        if (name.empty() || key == name || tree) {
            out.push_back(std::move(option));
        }
    }
    if (out.empty()) {
        return raise("InvalidName", fmt::format("Option '{}' is not known.", name),
                     {{"name", Value(name)}});
    }
    return Value::array("OptionValue", std::move(out));
}

} // namespace

MoRef object_at(const PropertyContext& c, std::string_view path) {
    MoRef at{"Folder", "group-d1"};
    while (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    while (!path.empty() && !at.empty()) {
        const size_t slash = path.find('/');
        at = child_named(c, at, path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return at;
}

void add_inventory_methods(MethodTable& t) {
    t.add("SearchIndex", "FindChild", find_child);
    t.add("SearchIndex", "FindByInventoryPath", find_by_inventory_path);
    t.add("SearchIndex", "FindByUuid", find_by_uuid);
    t.add("SearchIndex", "FindAllByUuid", find_all_by_uuid);
    t.add("SearchIndex", "FindByDnsName", find_by_dns_name);
    t.add("SearchIndex", "FindByIp", find_by_ip);
    t.add("SearchIndex", "FindByDatastorePath", find_by_datastore_path);
    t.add("ManagedEntity", "Rename_Task", rename_task);
    t.add("CustomFieldsManager", "AddCustomFieldDef", add_custom_field);
    t.add("CustomFieldsManager", "SetField", set_custom_field);
    t.add("ClusterComputeResource", "RetrieveDasAdvancedRuntimeInfo", das_runtime);
    t.add("OptionManager", "QueryOptions", query_options);
}

} // namespace pf::vim::sim
