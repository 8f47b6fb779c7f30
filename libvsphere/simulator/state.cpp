#include "libvsphere/simulator/state.hpp"

#include "base/json.hpp"
#include "base/log.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>
#include <charconv>

namespace pf::vim::sim {

namespace {

constexpr int64_t kVersion = 1;
// Counters go on well above anything that was written after the last save.
constexpr uint64_t kCounterLeap = 1'000'000;

// --- writing ------------------------------------------------------------------------------------

json::array texts(const std::set<std::string>& set) {
    json::array out;
    for (const std::string& item : set) {
        out.emplace_back(item);
    }
    return out;
}

json::array texts(const std::vector<std::string>& list) {
    json::array out;
    for (const std::string& item : list) {
        out.emplace_back(item);
    }
    return out;
}

template<class T>
json::object mapping(const std::map<std::string, T>& map) {
    json::object out;
    for (const auto& [key, value] : map) {
        out[key] = json::value(value);
    }
    return out;
}

json::object file_json(const FileRef& file) {
    return {{"volume", file.volume}, {"path", file.path}};
}

json::string ref_text(const MoRef& ref) { return json::string(ref.type + ":" + ref.id); }

// A wire value in one letter's object: s(calar), r(eference), o(bject), a(rray).
json::value value_json(const Value& value) {
    if (const auto* scalar = value.as_scalar()) {
        return json::object{{"s", scalar->type}, {"v", scalar->text}};
    }
    if (const MoRef* ref = value.as_ref()) {
        return json::object{{"r", ref_text(*ref)}};
    }
    if (const DataObject* object = value.as_object()) {
        json::array fields;
        for (const Field& field : object->fields) {
            fields.push_back({field.name, value_json(field.value)});
        }
        return json::object{{"o", object->type}, {"f", std::move(fields)}};
    }
    if (const Value::Array* array = value.as_array()) {
        json::array items;
        for (const Value& item : array->items) {
            items.push_back(value_json(item));
        }
        return json::object{{"a", array->item_type}, {"i", std::move(items)}};
    }
    return nullptr;
}

json::array values_json(const std::vector<Value>& values) {
    json::array out;
    for (const Value& value : values) {
        out.push_back(value_json(value));
    }
    return out;
}

json::object connection_json(const NvmeConnectRequest& c) {
    return {{"adapter", c.target.adapter},
            {"address", c.target.address},
            {"port", c.target.port},
            {"subnqn", c.subnqn},
            {"controller_id", c.controller_id},
            {"admin_queue_size", c.admin_queue_size},
            {"io_queues", c.io_queues},
            {"io_queue_size", c.io_queue_size},
            {"keep_alive_s", c.keep_alive_s},
            {"digest", static_cast<int>(c.digest)}};
}

json::object host_json(const HostState& host) {
    json::array adapters;
    for (const AdapterState& adapter : host.adapters) {
        adapters.push_back({{"name", adapter.name},
                            {"kind", static_cast<int>(adapter.kind)},
                            {"pnic", adapter.pnic}});
    }
    json::array connections;
    for (const NvmeConnectRequest& request : host.kept_connections) {
        connections.push_back(connection_json(request));
    }
    json::object services;
    for (const auto& [vmk, types] : host.services) {
        services[vmk] = texts(types);
    }
    json::array vmks;
    for (const VmkSpec& vmk : host.spec.vmks) {
        vmks.push_back({{"name", vmk.name},
                        {"portgroup", vmk.portgroup},
                        {"address", vmk.address},
                        {"netmask", vmk.netmask},
                        {"mac", vmk.mac},
                        {"mtu", vmk.mtu},
                        {"dhcp", vmk.dhcp}});
    }
    json::object devices;
    for (const auto& [id, settings] : host.device_settings) {
        devices[id] = {{"display_name", settings.display_name},
                       {"perennially_reserved", settings.perennially_reserved}};
    }
    return {{"name", host.spec.name},
            {"adapters", std::move(adapters)},
            {"next_adapter", host.next_adapter},
            {"connections", std::move(connections)},
            {"kept_unmounted", texts(host.kept_unmounted)},
            {"kept_off", texts(host.kept_off)},
            {"force_mounts", mapping(host.force_mounts)},
            {"services", std::move(services)},
            {"vmks", std::move(vmks)},
            {"hpp_scheme", mapping(host.hpp_scheme)},
            {"device_settings", std::move(devices)},
            {"disabled_paths", texts(host.disabled_paths)},
            {"service_policies", mapping(host.service_policies)},
            {"queue_depths", mapping(host.queue_depths)},
            {"dump_device", host.dump_device},
            {"running_services", texts(host.running_services)},
            {"module_options", mapping(host.module_options)},
            {"advanced", mapping(host.advanced)},
            {"maintenance", host.maintenance},
            {"connected", host.connected},
            {"coredump_datastore", host.spec.coredump_datastore},
            {"scratch_datastore", host.spec.scratch_datastore},
            {"syslog_datastore", host.spec.syslog_datastore}};
}

json::object extras_json(const Extras& extras) {
    json::array folders;
    for (const auto& [number, folder] : extras.folders) {
        folders.push_back({{"number", number},
                           {"kind", std::string(1, folder.kind)},
                           {"name", folder.name},
                           {"parent", ref_text(folder.parent)}});
    }
    json::array pools;
    for (const auto& [number, pool] : extras.pools) {
        pools.push_back({{"number", number}, {"name", pool.name}, {"parent", pool.parent}});
    }
    json::object parents;
    for (const auto& [entity, parent] : extras.parents) {
        parents[ref_text(entity)] = ref_text(parent);
    }
    json::array permissions;
    for (const auto& [entity, list] : extras.permissions) {
        for (const PermissionState& p : list) {
            permissions.push_back({{"entity", ref_text(entity)},
                                   {"principal", p.principal},
                                   {"group", p.group},
                                   {"role", p.role},
                                   {"propagate", p.propagate}});
        }
    }
    json::array categories;
    for (const CategoryState& category : extras.categories) {
        categories.push_back({{"id", category.id}, {"name", category.name}});
    }
    json::array tags;
    for (const TagState& tag : extras.tags) {
        tags.push_back({{"id", tag.id}, {"name", tag.name}, {"category", tag.category}});
    }
    json::array attached;
    for (const auto& [entity, ids] : extras.attached_tags) {
        attached.push_back({{"entity", ref_text(entity)}, {"tags", texts(ids)}});
    }
    json::array roles;
    for (const auto& [id, role] : extras.roles) {
        if (!role.system) {
            roles.push_back(
                {{"id", id}, {"name", role.name}, {"privileges", texts(role.privileges)}});
        }
    }
    json::array clusters;
    for (const auto& [map, name] : {std::pair{&extras.ha, "ha"}, std::pair{&extras.drs, "drs"}}) {
        for (const auto& [index, on] : *map) {
            clusters.push_back({{"cluster", index}, {"what", name}, {"on", on}});
        }
    }
    json::array kept; // what clusters and hosts keep about VMs
    for (const auto& [index, cluster] : extras.clusters) {
        json::array choice;
        for (const MoRef& datastore : cluster.heartbeat_choice) {
            choice.emplace_back(ref_text(datastore));
        }
        kept.push_back({{"cluster", index},
                        {"groups", values_json(cluster.groups)},
                        {"rules", values_json(cluster.rules)},
                        {"das_vms", values_json(cluster.das_vms)},
                        {"drs_vms", values_json(cluster.drs_vms)},
                        {"heartbeat_policy", cluster.heartbeat_policy},
                        {"heartbeat_choice", std::move(choice)},
                        {"next_rule", cluster.next_rule}});
    }
    json::object autostart;
    for (const auto& [host, list] : extras.autostart) {
        autostart[std::to_string(host)] = values_json(list);
    }
    json::object elected;
    for (const auto& [host, uuids] : extras.elected) {
        elected[std::to_string(host)] = texts(uuids);
    }
    return {{"next_number", extras.next_number},
            {"elected", std::move(elected)},
            {"cluster_vms", std::move(kept)},
            {"autostart", std::move(autostart)},
            {"folders", std::move(folders)},
            {"pools", std::move(pools)},
            {"parents", std::move(parents)},
            {"permissions", std::move(permissions)},
            {"roles", std::move(roles)},
            {"tag_categories", std::move(categories)},
            {"tags", std::move(tags)},
            {"attached_tags", std::move(attached)},
            {"clusters", std::move(clusters)},
            {"pod_drs", mapping(extras.pod_drs)},
            {"pod_behavior", mapping(extras.pod_behavior)}};
}

// --- reading ------------------------------------------------------------------------------------

// The value at a key; null where the object has none, or is none.
const json::value& at(const json::value& value, std::string_view key) {
    static const json::value none;
    const json::object* object = value.if_object();
    const json::value* found = object == nullptr ? nullptr : object->if_contains(key);
    return found == nullptr ? none : *found;
}

std::string text_at(const json::value& value, std::string_view key) {
    const json::string* text = at(value, key).if_string();
    return text == nullptr ? std::string() : std::string(*text);
}

uint64_t number_of(const json::value& value) {
    if (const int64_t* number = value.if_int64()) {
        return *number < 0 ? 0 : static_cast<uint64_t>(*number);
    }
    return value.is_uint64() ? value.get_uint64() : 0;
}

template<class T>
T number_at(const json::value& value, std::string_view key) {
    return static_cast<T>(number_of(at(value, key)));
}

bool flag_at(const json::value& value, std::string_view key) {
    const bool* flag = at(value, key).if_bool();
    return flag != nullptr && *flag;
}

template<class Each>
void each_item(const json::value& list, Each each) {
    if (const json::array* array = list.if_array()) {
        for (const json::value& item : *array) {
            each(item);
        }
    }
}

template<class Each>
void each_entry(const json::value& map, Each each) {
    if (const json::object* object = map.if_object()) {
        for (const auto& [key, value] : *object) {
            each(std::string(key), value);
        }
    }
}

std::set<std::string> set_at(const json::value& value, std::string_view key) {
    std::set<std::string> out;
    each_item(at(value, key), [&](const json::value& item) {
        if (const json::string* text = item.if_string()) {
            out.emplace(*text);
        }
    });
    return out;
}

std::map<std::string, std::string> map_at(const json::value& value, std::string_view key) {
    std::map<std::string, std::string> out;
    each_entry(at(value, key), [&](const std::string& name, const json::value& item) {
        if (const json::string* text = item.if_string()) {
            out[name] = std::string(*text);
        }
    });
    return out;
}

MoRef ref_of(std::string_view text) {
    const size_t colon = text.find(':');
    return colon == std::string_view::npos
               ? MoRef{}
               : MoRef{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

Value value_of(const json::value& v) {
    if (!at(v, "s").is_null()) {
        return Value::scalar(text_at(v, "s"), text_at(v, "v"));
    }
    if (!at(v, "r").is_null()) {
        return Value(ref_of(text_at(v, "r")));
    }
    if (!at(v, "o").is_null()) {
        DataObject object(text_at(v, "o"));
        each_item(at(v, "f"), [&](const json::value& field) {
            const json::array* pair = field.if_array();
            if (pair != nullptr && pair->size() == 2 && (*pair)[0].is_string()) {
                object.set(std::string_view((*pair)[0].get_string()), value_of((*pair)[1]));
            }
        });
        return Value(std::move(object));
    }
    if (!at(v, "a").is_null()) {
        std::vector<Value> items;
        each_item(at(v, "i"), [&](const json::value& item) { items.push_back(value_of(item)); });
        return Value::array(text_at(v, "a"), std::move(items));
    }
    return {};
}

std::vector<Value> values_at(const json::value& value, std::string_view key) {
    std::vector<Value> out;
    each_item(at(value, key), [&](const json::value& item) { out.push_back(value_of(item)); });
    return out;
}

NvmeConnectRequest connection_of(const json::value& v) {
    NvmeConnectRequest out;
    out.target.adapter = text_at(v, "adapter");
    out.target.address = text_at(v, "address");
    out.target.port = number_at<uint16_t>(v, "port");
    out.subnqn = text_at(v, "subnqn");
    out.controller_id = number_at<uint16_t>(v, "controller_id");
    out.admin_queue_size = number_at<uint32_t>(v, "admin_queue_size");
    out.io_queues = number_at<uint32_t>(v, "io_queues");
    out.io_queue_size = number_at<uint32_t>(v, "io_queue_size");
    out.keep_alive_s = number_at<uint32_t>(v, "keep_alive_s");
    out.digest = static_cast<NvmeDigest>(std::min<uint64_t>(number_at<uint64_t>(v, "digest"), 3));
    return out;
}

void restore_host(HostState& host, const json::value& v) {
    host.adapters.clear();
    each_item(at(v, "adapters"), [&](const json::value& item) {
        host.adapters.push_back(
            {text_at(item, "name"),
             static_cast<AdapterKind>(std::min<uint64_t>(number_at<uint64_t>(item, "kind"), 2)),
             text_at(item, "pnic")});
    });
    host.next_adapter = number_at<unsigned>(v, "next_adapter");
    host.kept_connections.clear();
    each_item(at(v, "connections"), [&](const json::value& item) {
        host.kept_connections.push_back(connection_of(item));
    });
    host.kept_unmounted = set_at(v, "kept_unmounted");
    host.kept_off = set_at(v, "kept_off");
    host.force_mounts.clear();
    each_entry(at(v, "force_mounts"), [&](const std::string& uuid, const json::value& persistent) {
        host.force_mounts[uuid] = persistent.is_bool() && persistent.get_bool();
    });
    if (at(v, "vmks").is_array()) {
        host.spec.vmks.clear();
    }
    each_item(at(v, "vmks"), [&](const json::value& item) {
        host.spec.vmks.push_back({.name = text_at(item, "name"),
                                  .portgroup = text_at(item, "portgroup"),
                                  .address = text_at(item, "address"),
                                  .netmask = text_at(item, "netmask"),
                                  .mac = text_at(item, "mac"),
                                  .mtu = number_at<uint32_t>(item, "mtu"),
                                  .dhcp = flag_at(item, "dhcp"),
                                  .services = {}});
    });
    host.services.clear();
    each_entry(at(v, "services"), [&](const std::string& vmk, const json::value&) {
        host.services[vmk] = set_at(at(v, "services"), vmk);
    });
    host.hpp_scheme = map_at(v, "hpp_scheme");
    each_entry(at(v, "device_settings"), [&](const std::string& id, const json::value& settings) {
        host.device_settings[id] = {text_at(settings, "display_name"),
                                    flag_at(settings, "perennially_reserved")};
    });
    host.disabled_paths = set_at(v, "disabled_paths");
    host.service_policies = map_at(v, "service_policies");
    for (const auto& [key, map] :
         {std::pair{"queue_depths", &host.queue_depths}, std::pair{"advanced", &host.advanced}}) {
        each_entry(at(v, key), [&, to = map](const std::string& name, const json::value& number) {
            (*to)[name] = static_cast<int64_t>(number_of(number));
        });
    }
    host.dump_device = text_at(v, "dump_device");
    host.running_services = set_at(v, "running_services");
    host.module_options = map_at(v, "module_options");
    host.maintenance = flag_at(v, "maintenance");
    host.connected = flag_at(v, "connected");
    host.spec.coredump_datastore = text_at(v, "coredump_datastore");
    host.spec.scratch_datastore = text_at(v, "scratch_datastore");
    host.spec.syslog_datastore = text_at(v, "syslog_datastore");
}

void restore_extras(Extras& extras, const json::value& v) {
    extras.next_number = std::max(extras.next_number, number_at<unsigned>(v, "next_number"));
    each_item(at(v, "folders"), [&](const json::value& item) {
        FolderState folder;
        folder.number = number_at<unsigned>(item, "number");
        const std::string kind = text_at(item, "kind");
        folder.kind = kind.empty() ? 'v' : kind[0];
        folder.name = text_at(item, "name");
        folder.parent = ref_of(text_at(item, "parent"));
        extras.folders[folder.number] = std::move(folder);
    });
    each_item(at(v, "pools"), [&](const json::value& item) {
        const auto number = number_at<unsigned>(item, "number");
        extras.pools[number] = {number, text_at(item, "name"), text_at(item, "parent")};
    });
    each_entry(at(v, "parents"), [&](const std::string& entity, const json::value& parent) {
        if (const json::string* text = parent.if_string()) {
            extras.parents[ref_of(entity)] = ref_of(*text);
        }
    });
    std::erase_if(extras.roles, [](const auto& role) { return !role.second.system; });
    each_item(at(v, "roles"), [&](const json::value& item) {
        const auto privileges = set_at(item, "privileges");
        extras.roles[number_at<int>(item, "id")] = {
            text_at(item, "name"), false, {privileges.begin(), privileges.end()}};
    });
    each_item(at(v, "tag_categories"), [&](const json::value& item) {
        extras.categories.push_back({text_at(item, "id"), text_at(item, "name")});
    });
    each_item(at(v, "tags"), [&](const json::value& item) {
        extras.tags.push_back(
            {text_at(item, "id"), text_at(item, "name"), text_at(item, "category")});
    });
    each_item(at(v, "attached_tags"), [&](const json::value& item) {
        extras.attached_tags[ref_of(text_at(item, "entity"))] = set_at(item, "tags");
    });
    extras.permissions.clear();
    each_item(at(v, "permissions"), [&](const json::value& item) {
        const int64_t* role = at(item, "role").if_int64();
        extras.permissions[ref_of(text_at(item, "entity"))].push_back(
            {text_at(item, "principal"), flag_at(item, "group"),
             role == nullptr ? -5 : static_cast<int>(*role), flag_at(item, "propagate")});
    });
    each_item(at(v, "clusters"), [&](const json::value& item) {
        auto& map = text_at(item, "what") == "ha" ? extras.ha : extras.drs;
        map[number_at<size_t>(item, "cluster")] = flag_at(item, "on");
    });
    each_item(at(v, "cluster_vms"), [&](const json::value& item) {
        ClusterState& cluster = extras.clusters[number_at<size_t>(item, "cluster")];
        cluster.groups = values_at(item, "groups");
        cluster.rules = values_at(item, "rules");
        cluster.das_vms = values_at(item, "das_vms");
        cluster.drs_vms = values_at(item, "drs_vms");
        cluster.next_rule = number_at<int32_t>(item, "next_rule");
        if (const std::string policy = text_at(item, "heartbeat_policy"); !policy.empty()) {
            cluster.heartbeat_policy = policy;
        }
        for (const std::string& datastore : set_at(item, "heartbeat_choice")) {
            cluster.heartbeat_choice.push_back(ref_of(datastore));
        }
    });
    each_entry(at(v, "elected"), [&](const std::string& host, const json::value&) {
        const auto uuids = set_at(at(v, "elected"), host);
        extras.elected[trailing_number("-" + host)] = {uuids.begin(), uuids.end()};
    });
    each_entry(at(v, "autostart"), [&](const std::string& host, const json::value&) {
        extras.autostart[trailing_number("-" + host)] = values_at(at(v, "autostart"), host);
    });
    each_entry(at(v, "pod_drs"), [&](const std::string& pod, const json::value& on) {
        extras.pod_drs[pod] = on.is_bool() && on.get_bool();
    });
    extras.pod_behavior = map_at(v, "pod_behavior");
}

// Datastores get their numbers, names and settings back; one that no host sees, but that VMs are
// on, stands in the inventory all the same.
void restore_datastores(World& world, const json::value& list, const std::set<std::string>& used) {
    const std::lock_guard lock(world.mutex);
    std::map<unsigned, DatastoreState> found;
    found.swap(world.datastores);
    world.datastore_numbers.clear();
    each_item(list, [&](const json::value& item) {
        DatastoreState ds;
        ds.uuid = text_at(item, "uuid");
        const auto seen = std::find_if(found.begin(), found.end(),
                                       [&](const auto& f) { return f.second.uuid == ds.uuid; });
        if (seen == found.end() && !used.contains(ds.uuid)) {
            return;
        }
        if (seen != found.end()) {
            ds = std::move(seen->second);
            found.erase(seen);
        } else {
            ds.label = text_at(item, "label");
        }
        ds.number = number_at<unsigned>(item, "number");
        ds.name = text_at(item, "name");
        ds.sioc = flag_at(item, "sioc");
        ds.clustered_vmdk = flag_at(item, "clustered_vmdk");
        ds.in_maintenance = flag_at(item, "in_maintenance");
        ds.unmap_priority = text_at(item, "unmap_priority");
        world.datastores.emplace(ds.number, std::move(ds));
    });
    for (auto& [number, ds] : found) { // new ones since
        ds.number = world.next_number++;
        const unsigned key = ds.number;
        world.datastores.emplace(key, std::move(ds));
    }
    world.touch();
}

Result<void> restore_vm(World& world, const json::value& v) {
    const FileRef vmx{text_at(at(v, "vmx"), "volume"), text_at(at(v, "vmx"), "path")};
    const std::string name = text_at(v, "name");
    HostState* host = world.host(text_at(v, "host"));
    if (host == nullptr) {
        return fail(Errc::Corrupt, "VM {} runs on host {}, which the estate lacks", name,
                    text_at(v, "host"));
    }
    const auto number = number_at<unsigned>(v, "number");
    {
        const std::lock_guard lock(world.mutex);
        world.next_number = number;
    }
    auto registered = VmOps(world).register_vm(*host, vmx, name, flag_at(v, "template"),
                                               text_at(v, "folder"), text_at(v, "pool"));
    const std::lock_guard lock(world.mutex);
    if (!registered) { // its files can't be read now: it stands there, inaccessible
        log("simulator")
            .warn("VM is inaccessible name={} error={}", name, registered.error().message);
        VmState vm;
        vm.number = number;
        vm.name = name;
        vm.vmx = vmx;
        vm.host = host->moid();
        vm.template_vm = flag_at(v, "template");
        vm.folder = text_at(v, "folder");
        vm.pool = text_at(v, "pool");
        vm.uuid = text_at(v, "uuid");
        vm.instance_uuid = text_at(v, "instance_uuid");
        world.vms.emplace(number, std::move(vm));
        return {};
    }
    VmState& vm = world.vms.at(number);
    vm.uuid = text_at(v, "uuid");
    vm.power = static_cast<PowerState>(std::min<uint64_t>(number_at<uint64_t>(v, "power"), 2));
    vm.boot_time = wall_now();
    return {};
}

} // namespace

void wait_until_kept(World& world) {
    std::unique_lock lock(world.mutex);
    if (!world.extras->keeps) {
        return;
    }
    const uint64_t wanted = world.revision;
    const MonoTime until = mono_now() + std::chrono::seconds(5);
    world.changed.wait_until(lock, until,
                             [&] { return world.stopping || world.extras->kept >= wanted; });
}

std::string encode_state(World& world) {
    const std::lock_guard lock(world.mutex);
    json::array hosts;
    for (const auto& host : world.hosts) {
        hosts.push_back(host_json(*host));
    }
    json::array datastores;
    for (const auto& [number, ds] : world.datastores) {
        datastores.push_back({{"number", number},
                              {"uuid", ds.uuid},
                              {"name", ds.name},
                              {"label", ds.label},
                              {"sioc", ds.sioc},
                              {"clustered_vmdk", ds.clustered_vmdk},
                              {"in_maintenance", ds.in_maintenance},
                              {"unmap_priority", ds.unmap_priority}});
    }
    json::array vms;
    for (const auto& [number, vm] : world.vms) {
        vms.push_back({{"number", number},
                       {"name", vm.name},
                       {"uuid", vm.uuid},
                       {"instance_uuid", vm.instance_uuid},
                       {"vmx", file_json(vm.vmx)},
                       {"host", vm.host},
                       {"pool", vm.pool},
                       {"folder", vm.folder},
                       {"template", vm.template_vm},
                       {"power", static_cast<int>(vm.power)}});
    }
    json::object counters;
    for (const auto& [uuid, counter] : world.counters) {
        json::object acked;
        for (const auto& [slot, value] : counter.acked) {
            acked[std::to_string(slot)] = value;
        }
        counters[uuid] = {{"next", counter.next}, {"acked", std::move(acked)}};
    }
    json::object fields;
    for (const auto& [key, name] : world.custom_fields) {
        fields[std::to_string(key)] = name;
    }
    json::object values;
    for (const auto& [entity, map] : world.custom_values) {
        json::object own;
        for (const auto& [key, text] : map) {
            own[std::to_string(key)] = text;
        }
        values[ref_text(entity)] = std::move(own);
    }
    const json::object state{{"version", kVersion},
                             {"vcenter", world.estate.vcenter_name},
                             {"instance_uuid", world.instance_uuid},
                             {"next_number", world.next_number},
                             {"next_task", world.next_task},
                             {"hosts", std::move(hosts)},
                             {"datastores", std::move(datastores)},
                             {"vms", std::move(vms)},
                             {"counters", std::move(counters)},
                             {"custom_fields", std::move(fields)},
                             {"custom_values", std::move(values)},
                             {"extras", extras_json(*world.extras)}};
    return json::serialize(state) + "\n";
}

Result<void> restore_state(World& world, const std::string& text) {
    PF_TRY(const json::value state, parse_json(text));
    if (number_at<int64_t>(state, "version") != kVersion ||
        text_at(state, "vcenter") != world.estate.vcenter_name) {
        return fail(Errc::Corrupt, "the state is not one of vCenter {}, version {}",
                    world.estate.vcenter_name, kVersion);
    }
    const auto as_key = [](const std::string& digits) {
        int key = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), key);
        return key;
    };
    {
        const std::lock_guard lock(world.mutex);
        world.instance_uuid = text_at(state, "instance_uuid");
        world.next_task = number_at<unsigned>(state, "next_task");
        each_item(at(state, "hosts"), [&](const json::value& item) {
            if (HostState* host = world.host_named(text_at(item, "name"))) {
                restore_host(*host, item);
            }
        });
        restore_extras(*world.extras, at(state, "extras"));
        each_entry(at(state, "counters"), [&](const std::string& uuid, const json::value& item) {
            CounterState& counter = world.counters[uuid];
            counter.next = number_at<uint64_t>(item, "next") + kCounterLeap;
            each_entry(at(item, "acked"), [&](const std::string& slot, const json::value& value) {
                counter.acked[static_cast<uint32_t>(as_key(slot))] = number_of(value);
            });
        });
        each_entry(at(state, "custom_fields"), [&](const std::string& key, const json::value& v) {
            if (const json::string* name = v.if_string()) {
                world.custom_fields[as_key(key)] = std::string(*name);
            }
        });
        each_entry(
            at(state, "custom_values"), [&](const std::string& entity, const json::value& map) {
                each_entry(map, [&](const std::string& key, const json::value& v) {
                    if (const json::string* value = v.if_string()) {
                        world.custom_values[ref_of(entity)][as_key(key)] = std::string(*value);
                    }
                });
            });
        world.touch();
    }
    for (const auto& host : world.hosts) {
        HostOps ops(world, *host);
        ops.reconnect_kept();
        auto scanned = ops.rescan_devices(true);
        scanned = scanned ? ops.rescan_vmfs(true) : scanned;
        if (!scanned) {
            return fail(Errc::Failed, "host {}: {}", host->spec.name, scanned.error().message);
        }
    }
    std::set<std::string> used;
    each_item(at(state, "vms"),
              [&](const json::value& item) { used.insert(text_at(at(item, "vmx"), "volume")); });
    restore_datastores(world, at(state, "datastores"), used);
    Result<void> done;
    each_item(at(state, "vms"), [&](const json::value& item) {
        auto restored = done ? restore_vm(world, item) : done;
        done = done ? restored : done;
    });
    PF_CHECK(std::move(done));
    const std::lock_guard lock(world.mutex);
    world.next_number = std::max(world.next_number, number_at<unsigned>(state, "next_number"));
    world.touch();
    return {};
}

} // namespace pf::vim::sim
