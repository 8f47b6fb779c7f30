// Folders, datacenter, cluster, resource pool, network: the tree above hosts, datastores and VMs.
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/dvs.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/properties.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>
#include <optional>

namespace pf::vim::sim {

namespace {

const MoRef kRoot{"Folder", "group-d1"};
const MoRef kDatacenter{"Datacenter", "datacenter-2"};
const MoRef kVmFolder{"Folder", "group-v3"};
const MoRef kHostFolder{"Folder", "group-h4"};
const MoRef kDatastoreFolder{"Folder", "group-s5"};
const MoRef kNetworkFolder{"Folder", "group-n6"};
const MoRef kNetwork{"Network", "network-7"};

std::vector<MoRef> visible(const PropertyContext& c, std::vector<MoRef> all) {
    std::erase_if(all, [&](const MoRef& m) { return !c.scope.visible_locked(c.world, m); });
    return all;
}

std::vector<MoRef> all_hosts(const PropertyContext& c) {
    std::vector<MoRef> out;
    for (const auto& host : c.world.hosts) {
        out.push_back(host->ref());
    }
    return visible(c, out);
}

// The cluster, or the cluster whose own pool it is; a host's endpoint knows one.
std::optional<size_t> cluster_of(const PropertyContext& c, const MoRef& ref) {
    for (size_t i = 0; i < c.world.clusters.size(); ++i) {
        const bool here = c.scope.is_vcenter() || c.scope.host()->cluster == i;
        if (here && (ref == cluster_ref(i) || ref == cluster_pool(i))) {
            return i;
        }
    }
    return std::nullopt;
}

std::vector<MoRef> all_clusters(const PropertyContext& c) {
    std::vector<MoRef> out;
    for (size_t i = 0; i < c.world.clusters.size(); ++i) {
        if (cluster_of(c, cluster_ref(i))) {
            out.push_back(cluster_ref(i));
        }
    }
    return out;
}

std::vector<MoRef> hosts_of(const PropertyContext& c, size_t cluster) {
    std::vector<MoRef> out;
    for (const auto& host : c.world.hosts) {
        if (host->cluster == cluster) {
            out.push_back(host->ref());
        }
    }
    return visible(c, out);
}

std::vector<MoRef> all_datastores(const PropertyContext& c) {
    std::vector<MoRef> out;
    for (const auto& [number, ds] : c.world.datastores) {
        out.push_back(ds.ref());
    }
    return visible(c, out);
}

std::vector<MoRef> all_networks(const PropertyContext& c) {
    std::vector<MoRef> out{kNetwork};
    for (const MoRef& object : dvs_objects(c.world)) {
        if (object.type == "DistributedVirtualPortgroup" && c.scope.is_vcenter()) {
            out.push_back(object);
        }
    }
    return out;
}

// Entities of one kind that are in this folder or pod.
std::vector<MoRef> in_folder(const PropertyContext& c, const MoRef& folder) {
    std::vector<MoRef> out;
    for (const auto& [number, state] : c.world.extras->folders) {
        if (state.parent == folder) {
            out.push_back({state.kind == 'p' ? "StoragePod" : "Folder", folder_moid(state)});
        }
    }
    const FolderState* state = folder_of(c.world, folder);
    const char kind = state != nullptr             ? state->kind
                      : folder == kVmFolder        ? 'v'
                      : folder == kHostFolder      ? 'h'
                      : folder == kDatastoreFolder ? 's'
                      : folder == kNetworkFolder   ? 'n'
                                                   : '?';
    std::vector<MoRef> members;
    if (kind == 'v') {
        for (const auto& [number, vm] : c.world.vms) {
            if (vm.folder == folder.id) {
                out.push_back(vm.ref());
            }
        }
        return visible(c, out);
    }
    if (kind == 'h') {
        members = all_clusters(c);
    } else if (kind == 's' || kind == 'p') {
        members = all_datastores(c);
    } else if (kind == 'n') {
        members = {kNetwork};
        if (c.scope.is_vcenter()) {
            const auto more = dvs_objects(c.world);
            members.insert(members.end(), more.begin(), more.end());
        }
    }
    for (const MoRef& member : members) {
        if (folder_parent(c.world, member) == folder) {
            out.push_back(member);
        }
    }
    return out;
}

Value child_types(const PropertyContext& c, MoRef folder) {
    while (const FolderState* state = folder_of(c.world, folder)) {
        if (state->kind == 'p') {
            return Value::strings({"Datastore"});
        }
        folder = state->parent;
    }
    if (folder == kRoot) {
        return Value::strings({"Folder", "Datacenter"});
    }
    if (folder == kVmFolder) {
        return Value::strings({"Folder", "VirtualMachine", "VirtualApp"});
    }
    if (folder == kHostFolder) {
        return Value::strings({"Folder", "ComputeResource"});
    }
    if (folder == kDatastoreFolder) {
        return Value::strings({"Folder", "Datastore", "StoragePod"});
    }
    return Value::strings({"Folder", "Network", "DistributedVirtualSwitch"});
}

Value das_config(const PropertyContext& c, size_t cluster) {
    const ClusterState& state = c.world.extras->clusters[cluster];
    return make("ClusterDasConfigInfo",
                {{"enabled", ha_enabled(c.world, cluster)},
                 {"hostMonitoring", "enabled"},
                 {"admissionControlEnabled", false},
                 {"heartbeatDatastore", Value::refs(state.heartbeat_choice)},
                 {"hBDatastoreCandidatePolicy", state.heartbeat_policy}});
}

Value drs_config(const PropertyContext& c, size_t cluster) {
    return make("ClusterDrsConfigInfo",
                {{"enabled", drs_enabled(c.world, cluster)},
                 {"defaultVmBehavior", enum_value("DrsBehavior", "manual")}});
}

Value cluster_summary(const PropertyContext& c, size_t cluster) {
    const auto hosts = hosts_of(c, cluster).size();
    const char* type =
        c.scope.is_vcenter() ? "ClusterComputeResourceSummary" : "ComputeResourceSummary";
    DataObject out(type);
    out.set("totalCpu", int_value(83200 * hosts));
    out.set("totalMemory", long_value((uint64_t{256} << 30) * hosts));
    out.set("numCpuCores", short_value(32 * hosts));
    out.set("numCpuThreads", short_value(64 * hosts));
    out.set("effectiveCpu", int_value(80000 * hosts));
    out.set("effectiveMemory", long_value(250'000 * hosts));
    out.set("numHosts", int_value(hosts));
    out.set("numEffectiveHosts", int_value(hosts));
    out.set("overallStatus", enum_value("ManagedEntityStatus", "green"));
    if (c.scope.is_vcenter()) {
        out.set("currentFailoverLevel", int_value(1));
        out.set("numVmotions", int_value(0));
    }
    return Value(std::move(out));
}

Value folder_property(const PropertyContext& c, const MoRef& folder, std::string_view name) {
    if (name == "childEntity") {
        return Value::refs(children_of(c, folder));
    }
    if (name == "childType") {
        return child_types(c, folder);
    }
    if (const FolderState* state = folder_of(c.world, folder)) {
        if (name == "parent") {
            return Value(state->parent);
        }
        if (state->kind == 'p' && name == "summary") {
            uint64_t capacity = 0;
            uint64_t free = 0;
            for (const MoRef& child : in_folder(c, folder)) {
                const DatastoreState* ds = c.world.datastore(child.id);
                capacity += ds == nullptr ? 0 : ds->capacity;
                free += ds == nullptr ? 0 : ds->free;
            }
            return make("StoragePodSummary", {{"name", state->name},
                                              {"capacity", long_value(capacity)},
                                              {"freeSpace", long_value(free)}});
        }
        if (state->kind == 'p' && name == "podStorageDrsEntry") {
            const auto& extras = *c.world.extras;
            const auto enabled = extras.pod_drs.find(folder.id);
            const auto behavior = extras.pod_behavior.find(folder.id);
            const Value config =
                make("StorageDrsPodConfigInfo",
                     {{"enabled", enabled != extras.pod_drs.end() && enabled->second},
                      {"ioLoadBalanceEnabled", false},
                      {"defaultVmBehavior",
                       behavior == extras.pod_behavior.end() ? "manual" : behavior->second}});
            return make(
                "PodStorageDrsEntry",
                {{"storageDrsConfig", make("StorageDrsConfigInfo", {{"podConfig", config}})}});
        }
        return {};
    }
    if (name == "parent") {
        return folder == kRoot ? Value() : Value(kDatacenter);
    }
    return {};
}

Value cluster_property(const PropertyContext& c, size_t index, std::string_view name) {
    if (name == "parent") {
        return Value(folder_parent(c.world, cluster_ref(index)));
    }
    if (name == "environmentBrowser") {
        return Value(MoRef{"EnvironmentBrowser", "envbrowser-8"});
    }
    if (name == "host") {
        return Value::refs(hosts_of(c, index));
    }
    if (name == "datastore") {
        std::vector<MoRef> seen;
        for (const auto& [number, ds] : c.world.datastores) {
            for (const MoRef& host : hosts_of(c, index)) {
                if (c.world.host(host.id)->volumes.contains(ds.uuid)) {
                    seen.push_back(ds.ref());
                    break;
                }
            }
        }
        return Value::refs(seen);
    }
    if (name == "network") {
        return Value::refs(all_networks(c));
    }
    if (name == "resourcePool") {
        return Value(cluster_pool(index));
    }
    if (name == "summary") {
        return cluster_summary(c, index);
    }
    if (name == "configurationEx" && c.scope.is_vcenter()) {
        const ClusterState& state = c.world.extras->clusters[index];
        return make("ClusterConfigInfoEx",
                    {{"vmSwapPlacement", "vmDirectory"},
                     {"dasConfig", das_config(c, index)},
                     {"dasVmConfig", Value::array("ClusterDasVmConfigInfo", state.das_vms)},
                     {"drsConfig", drs_config(c, index)},
                     {"drsVmConfig", Value::array("ClusterDrsVmConfigInfo", state.drs_vms)},
                     {"rule", Value::array("ClusterRuleInfo", state.rules)},
                     {"group", Value::array("ClusterGroupInfo", state.groups)}});
    }
    if (name == "configuration" && c.scope.is_vcenter()) {
        return make("ClusterConfigInfo",
                    {{"dasConfig", das_config(c, index)}, {"drsConfig", drs_config(c, index)}});
    }
    if (name == "configurationEx") {
        return make("ComputeResourceConfigInfo", {{"vmSwapPlacement", "vmDirectory"}});
    }
    return {};
}

Value pool_config(const MoRef& pool) {
    const Value allocation =
        make("ResourceAllocationInfo",
             {{"reservation", long_value(0)},
              {"expandableReservation", true},
              {"limit", long_value(-1)},
              {"shares", make("SharesInfo", {{"shares", int_value(4000)},
                                             {"level", enum_value("SharesLevel", "normal")}})}});
    return make(
        "ResourceConfigSpec",
        {{"entity", pool}, {"cpuAllocation", allocation}, {"memoryAllocation", allocation}});
}

Value pool_runtime() {
    const Value none = make("ResourcePoolResourceUsage", {{"reservationUsed", long_value(0)},
                                                          {"reservationUsedForVm", long_value(0)},
                                                          {"unreservedForPool", long_value(80000)},
                                                          {"unreservedForVm", long_value(80000)},
                                                          {"overallUsage", long_value(0)},
                                                          {"maxUsage", long_value(80000)}});
    return make("ResourcePoolRuntimeInfo",
                {{"memory", none},
                 {"cpu", none},
                 {"overallStatus", enum_value("ManagedEntityStatus", "green")}});
}

std::vector<MoRef> child_pools(const PropertyContext& c, const MoRef& pool) {
    std::vector<MoRef> out;
    for (const auto& [number, state] : c.world.extras->pools) {
        if (state.parent == pool.id) {
            out.push_back({"ResourcePool", fmt::format("resgroup-{}", number)});
        }
    }
    return out;
}

Value pool_property(const PropertyContext& c, const MoRef& pool, std::string_view name) {
    const PoolState* state = pool_of(c.world, pool);
    if (name == "parent") {
        return state == nullptr ? Value(cluster_ref(cluster_of(c, pool).value_or(0)))
                                : Value(MoRef{"ResourcePool", state->parent});
    }
    if (name == "owner") {
        MoRef root = pool;
        while (const PoolState* above = pool_of(c.world, root)) {
            root.id = above->parent;
        }
        return Value(cluster_ref(cluster_of(c, root).value_or(0)));
    }
    if (name == "resourcePool") {
        return Value::refs(child_pools(c, pool));
    }
    if (name == "vm") {
        std::vector<MoRef> vms;
        for (const auto& [number, vm] : c.world.vms) {
            if (!vm.template_vm && vm.pool == pool.id) {
                vms.push_back(vm.ref());
            }
        }
        return Value::refs(visible(c, vms));
    }
    if (name == "config") {
        return pool_config(pool);
    }
    if (name == "runtime") {
        return pool_runtime();
    }
    if (name == "summary") {
        return make("ResourcePoolSummary", {{"name", object_name(c, pool)},
                                            {"config", pool_config(pool)},
                                            {"runtime", pool_runtime()}});
    }
    return {};
}

} // namespace

std::vector<MoRef> children_of(const PropertyContext& c, const MoRef& object) {
    if (object.type == "VirtualMachine" || object.type == "Datastore" ||
        object.type == "HostSystem") {
        return {};
    }
    if (object == kRoot) {
        return {kDatacenter};
    }
    if (object == kDatacenter) {
        return {kVmFolder, kHostFolder, kDatastoreFolder, kNetworkFolder};
    }
    if (object.type == "Folder" || object.type == "StoragePod") {
        return in_folder(c, object);
    }
    if (object.type == "ResourcePool") {
        return child_pools(c, object);
    }
    if (const auto cluster = cluster_of(c, object)) {
        std::vector<MoRef> out = hosts_of(c, *cluster);
        out.push_back(cluster_pool(*cluster));
        return out;
    }
    return {};
}

std::string object_name(const PropertyContext& c, const MoRef& object) {
    if (object.type == "VirtualMachine") {
        const VmState* vm = c.world.vm(object.id);
        return vm == nullptr ? std::string() : vm->name;
    }
    if (object == kRoot) {
        return c.scope.is_vcenter() ? "Datacenters" : "ha-folder-root";
    }
    if (object == kDatacenter) {
        return c.scope.is_vcenter() ? c.world.estate.datacenter : "ha-datacenter";
    }
    if (object == kVmFolder) {
        return "vm";
    }
    if (object == kHostFolder) {
        return "host";
    }
    if (object == kDatastoreFolder) {
        return "datastore";
    }
    if (object == kNetworkFolder) {
        return "network";
    }
    if (object == kNetwork) {
        return "VM Network";
    }
    if (const auto cluster = cluster_of(c, object)) {
        return object.type == "ResourcePool" ? "Resources"
               : c.scope.is_vcenter()        ? c.world.clusters[*cluster]
                                             : c.scope.host()->spec.name;
    }
    if (const FolderState* folder = folder_of(c.world, object)) {
        return folder->name;
    }
    if (const PoolState* pool = pool_of(c.world, object)) {
        return pool->name;
    }
    if (const std::string dvs = dvs_name(c.world, object); !dvs.empty()) {
        return dvs;
    }
    if (const HostState* host = c.world.host(object.id)) {
        return host->spec.name;
    }
    if (const DatastoreState* ds = c.world.datastore(object.id)) {
        return ds->name;
    }
    if (const VmState* vm = c.world.vm(object.id)) {
        return vm->name;
    }
    return {};
}

Value inventory_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    if (object.type == "Folder" || object.type == "StoragePod") {
        return folder_property(c, object, name);
    }
    if (const Value dvs = dvs_property(c, object, name); dvs.is_set()) {
        return dvs;
    }
    if (object.type == "ResourcePool") {
        return pool_property(c, object, name);
    }
    if (const auto cluster = cluster_of(c, object)) {
        return cluster_property(c, *cluster, name);
    }
    if (object == kDatacenter) {
        if (name == "parent") {
            return Value(kRoot);
        }
        if (name == "vmFolder") {
            return Value(kVmFolder);
        }
        if (name == "hostFolder") {
            return Value(kHostFolder);
        }
        if (name == "datastoreFolder") {
            return Value(kDatastoreFolder);
        }
        if (name == "networkFolder") {
            return Value(kNetworkFolder);
        }
        if (name == "datastore") {
            return Value::refs(all_datastores(c));
        }
        if (name == "network") {
            return Value::refs(all_networks(c));
        }
        if (name == "configuration") {
            return make("DatacenterConfigInfo", {{"defaultHardwareVersionKey", "vmx-19"}});
        }
    }
    if (object == kNetwork) {
        if (name == "parent") {
            return Value(folder_parent(c.world, kNetwork));
        }
        if (name == "summary") {
            return make("NetworkSummary", {{"network", kNetwork},
                                           {"name", "VM Network"},
                                           {"accessible", true},
                                           {"ipPoolName", ""}});
        }
        if (name == "host") {
            return Value::refs(all_hosts(c));
        }
        if (name == "vm") {
            std::vector<MoRef> vms;
            for (const auto& [number, vm] : c.world.vms) {
                if (!portgroup_named(c.world, vm.network)) {
                    vms.push_back(vm.ref());
                }
            }
            return Value::refs(visible(c, vms));
        }
    }
    return {};
}

bool ha_enabled(const World& world, size_t cluster) {
    const auto changed = world.extras->ha.find(cluster);
    return changed == world.extras->ha.end() ? world.estate.ha : changed->second;
}

bool drs_enabled(const World& world, size_t cluster) {
    const auto changed = world.extras->drs.find(cluster);
    return changed == world.extras->drs.end() ? world.estate.drs : changed->second;
}

Value filled(DataObject object) {
    const TypeInfo* info = Schema::get().find(object.type);
    for (const FieldInfo& field : info == nullptr ? std::vector<FieldInfo>() : info->fields) {
        if (field.optional || field.array || object.has(field.name)) {
            continue;
        }
        if (field.type == "boolean") {
            object.set(field.name, false);
        } else if (field.type == "int" || field.type == "long" || field.type == "short") {
            object.set(field.name, Value::scalar(field.type, "0"));
        } else if (field.type == "string") {
            object.set(field.name, "");
        } else if (const TypeInfo* type = Schema::get().find(field.type);
                   type != nullptr && type->kind == TypeKind::Enum) {
            object.set(field.name, enum_value(field.type, type->enumerators.front()));
        }
    }
    return Value(std::move(object));
}

namespace {

bool fixed_object(const PropertyContext& c, const MoRef& object) {
    static const std::vector<MoRef> always = {kRoot,
                                              kDatacenter,
                                              kVmFolder,
                                              kHostFolder,
                                              kDatastoreFolder,
                                              kNetworkFolder,
                                              kNetwork,
                                              {"ServiceInstance", "ServiceInstance"},
                                              {"PropertyCollector", "propertyCollector"},
                                              {"SessionManager", "SessionManager"},
                                              {"ViewManager", "ViewManager"},
                                              {"SearchIndex", "SearchIndex"},
                                              {"TaskManager", "TaskManager"},
                                              {"EventManager", "EventManager"},
                                              {"FileManager", "FileManager"},
                                              {"VirtualDiskManager", "virtualDiskManager"},
                                              {"StorageResourceManager", "StorageResourceManager"},
                                              {"AuthorizationManager", "AuthorizationManager"},
                                              {"UserDirectory", "UserDirectory"},
                                              {"LicenseManager", "LicenseManager"},
                                              {"PerformanceManager", "PerfMgr"},
                                              {"OvfManager", "OvfManager"},
                                              {"ServiceManager", "ServiceMgr"},
                                              {"DiagnosticManager", "DiagMgr"},
                                              {"OptionManager", "VpxSettings"}};
    static const std::vector<MoRef> vcenter_only = {
        {"VirtualMachineProvisioningChecker", "ProvChecker"},
        {"VirtualMachineCompatibilityChecker", "CompatChecker"},
        {"CustomFieldsManager", "CustomFieldsManager"},
        {"AlarmManager", "AlarmManager"},
        {"ScheduledTaskManager", "ScheduledTaskManager"},
        {"ExtensionManager", "ExtensionManager"},
        {"DistributedVirtualSwitchManager", "DVSManager"}};
    return std::find(always.begin(), always.end(), object) != always.end() ||
           (c.scope.is_vcenter() &&
            std::find(vcenter_only.begin(), vcenter_only.end(), object) != vcenter_only.end());
}

} // namespace

Value make(std::string_view type, std::initializer_list<NewField> fields) {
    DataObject out{std::string(type)};
    out.fields.reserve(fields.size());
    for (const NewField& field : fields) {
        if (field.value.is_set()) {
            out.fields.push_back(Field{std::string(field.name), std::move(field.value)});
        }
    }
    return Value(std::move(out));
}

Value take_part(Value whole, std::string_view path) {
    while (!path.empty()) {
        const size_t stop = path.find_first_of(".[");
        if (stop != std::string_view::npos && path[stop] == '[') {
            return whole.at(path);
        }
        const std::string_view name = path.substr(0, stop);
        if (!name.empty()) {
            Value part;
            if (DataObject* object = whole.as_object()) {
                for (Field& field : object->fields) {
                    if (field.name == name) {
                        part = std::move(field.value);
                        break;
                    }
                }
            }
            whole = std::move(part);
        }
        if (stop == std::string_view::npos) {
            break;
        }
        path.remove_prefix(stop + 1);
    }
    return whole;
}

bool object_exists(const PropertyContext& c, const MoRef& object) {
    if (object.type == "HostSystem") {
        return c.world.host(object.id) != nullptr && c.scope.visible_locked(c.world, object);
    }
    if (object.type == "Datastore") {
        return c.world.datastore(object.id) != nullptr && c.scope.visible_locked(c.world, object);
    }
    if (object.type == "VirtualMachine") {
        return c.world.vm(object.id) != nullptr && c.scope.visible_locked(c.world, object);
    }
    if (fixed_object(c, object)) {
        return true;
    }
    if (object.type == "Task") {
        return c.world.task(object.id) != nullptr;
    }
    if (cluster_of(c, object) || folder_of(c.world, object) != nullptr ||
        pool_of(c.world, object) != nullptr ||
        (c.scope.is_vcenter() && object.type != "Network" && dvs_object(c.world, object))) {
        return true;
    }
    if (object.type == "VirtualMachineSnapshot") {
        return snapshot_exists(c.world, object);
    }
    if (object.type == "Alarm") {
        return c.scope.is_vcenter() && alarm_exists(c.world, object);
    }
    if (Schema::get().is_a(object.type, "HistoryCollector")) {
        const auto found = c.world.extras->histories.find(object.id);
        return found != c.world.extras->histories.end() && c.session != nullptr &&
               found->second.session == c.session->key;
    }
    if (object.type == "HostDatastoreBrowser" || object.type == "EnvironmentBrowser") {
        return true;
    }
    if (c.session != nullptr) {
        if (Schema::get().is_a(object.type, "View")) {
            return c.session->views.contains(object.id);
        }
        if (object.type == "PropertyCollector") {
            return c.session->collectors.contains(object.id);
        }
        for (const auto& [id, collector] : c.session->collectors) {
            if (object.type == "PropertyFilter" && collector.filters.contains(object.id)) {
                return true;
            }
        }
    }
    static const std::vector<std::string> per_host = {
        "HostStorageSystem",   "HostDatastoreSystem",    "HostVirtualNicManager",
        "HostNetworkSystem",   "HostKernelModuleSystem", "HostServiceSystem",
        "OptionManager",       "HostDiagnosticSystem",   "ManagedMethodExecuter",
        "DynamicTypeManager",  "HostFirewallSystem",     "HostDateTimeSystem",
        "HostAutoStartManager"};
    const bool manager = std::find(per_host.begin(), per_host.end(), object.type) != per_host.end();
    const HostState* host = c.world.host_numbered(trailing_number(object.id));
    return manager && host != nullptr && c.scope.visible_locked(c.world, host->ref());
}

Value object_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    if (name == "overallStatus" || name == "configStatus") {
        const bool red = c.scope.is_vcenter() && name == "overallStatus" &&
                         !triggered_alarms(c.world, object).empty();
        return Schema::get().is_a(object.type, "ManagedEntity")
                   ? enum_value("ManagedEntityStatus", red ? "red" : "green")
                   : Value();
    }
    if (name == "triggeredAlarmState" && c.scope.is_vcenter()) {
        return Value::array("AlarmState", triggered_alarms(c.world, object));
    }
    if (name == "customValue" || name == "value") {
        const auto found = c.world.custom_values.find(object);
        if (found == c.world.custom_values.end()) {
            return {};
        }
        std::vector<Value> values;
        for (const auto& [key, text] : found->second) {
            values.push_back(
                make("CustomFieldStringValue", {{"key", int_value(key)}, {"value", text}}));
        }
        return Value::array("CustomFieldValue", std::move(values));
    }
    if (name == "name" && (Schema::get().is_a(object.type, "ManagedEntity"))) {
        return Value(object_name(c, object));
    }
    if (Schema::get().is_a(object.type, "ManagedEntity")) {
        if (name == "permission") {
            return permission_property(c, object);
        }
        if (name == "effectiveRole") {
            std::vector<Value> roles;
            for (const int id : effective_roles(
                     c, c.session == nullptr ? c.world.options.vcenter_login.user : c.session->user,
                     object)) {
                roles.push_back(Value(int32_t{id}));
            }
            return Value::array("int", std::move(roles));
        }
        if (name == "alarmActionsEnabled") {
            return c.scope.is_vcenter() ? Value(!c.world.extras->alarm_actions_off.contains(object))
                                        : Value();
        }
        if (name == "availableField" && c.scope.is_vcenter()) {
            return service_property(c, {"CustomFieldsManager", "CustomFieldsManager"}, "field");
        }
        if (name == "recentTask") {
            std::vector<MoRef> tasks;
            for (const auto& [number, task] : c.world.tasks) {
                if (task.entity == object) {
                    tasks.push_back(task.ref());
                }
            }
            return Value::refs(tasks);
        }
    }
    if (object.type == "VirtualMachineSnapshot") {
        return snapshot_property(c, object, name);
    }
    if (object.type == "Alarm") {
        return alarm_property(c, object, name);
    }
    if (object.type == "AuthorizationManager") {
        return authorization_property(c, name);
    }
    if (Schema::get().is_a(object.type, "HistoryCollector")) {
        return history_property(c, object, name);
    }
    if (object.type == "HostSystem") {
        HostState* host = c.world.host(object.id);
        return host == nullptr ? Value() : host_property(c, *host, name);
    }
    if (object.type == "Datastore") {
        const DatastoreState* ds = c.world.datastore(object.id);
        return ds == nullptr ? Value() : datastore_property(c, *ds, name);
    }
    if (object.type == "VirtualMachine") {
        const VmState* vm = c.world.vm(object.id);
        return vm == nullptr ? Value() : vm_property(c, *vm, name);
    }
    Value value = inventory_property(c, object, name);
    if (!value.is_set()) {
        value = service_property(c, object, name);
    }
    return value.is_set() ? value : more_property(c, object, name);
}

} // namespace pf::vim::sim
