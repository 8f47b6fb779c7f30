#include "libvsphere/simulator/service/scope.hpp"

#include <array>

namespace pf::vim::sim {

namespace {

struct Pair {
    const char* inner_type;
    const char* inner;
    const char* wire_type;
    const char* wire;
};

constexpr std::array<Pair, 21> kFixed = {{
    {"Folder", "group-d1", "Folder", "ha-folder-root"},
    {"Datacenter", "datacenter-2", "Datacenter", "ha-datacenter"},
    {"Folder", "group-v3", "Folder", "ha-folder-vm"},
    {"Folder", "group-h4", "Folder", "ha-folder-host"},
    {"Folder", "group-s5", "Folder", "ha-folder-datastore"},
    {"Folder", "group-n6", "Folder", "ha-folder-network"},
    {"Network", "network-7", "Network", "HaNetwork-VM Network"},
    {"PropertyCollector", "propertyCollector", "PropertyCollector", "ha-property-collector"},
    {"SessionManager", "SessionManager", "SessionManager", "ha-sessionmgr"},
    {"SearchIndex", "SearchIndex", "SearchIndex", "ha-searchindex"},
    {"TaskManager", "TaskManager", "TaskManager", "ha-taskmgr"},
    {"EventManager", "EventManager", "EventManager", "ha-eventmgr"},
    {"FileManager", "FileManager", "FileManager", "ha-nfc-file-manager"},
    {"VirtualDiskManager", "virtualDiskManager", "VirtualDiskManager", "ha-vdiskmanager"},
    {"StorageResourceManager", "StorageResourceManager", "StorageResourceManager",
     "ha-storage-resource-manager"},
    {"AuthorizationManager", "AuthorizationManager", "AuthorizationManager", "ha-authmgr"},
    {"OptionManager", "VpxSettings", "OptionManager", "HostAgentSettings"},
    {"UserDirectory", "UserDirectory", "UserDirectory", "ha-user-directory"},
    {"LicenseManager", "LicenseManager", "LicenseManager", "ha-license-manager"},
    {"PerformanceManager", "PerfMgr", "PerformanceManager", "ha-perfmgr"},
    {"OvfManager", "OvfManager", "OvfManager", "ha-ovf-manager"},
}};

// Per-host managers: inner id is "<prefix>-<number>".
constexpr std::array<Pair, 14> kPerHost = {{
    {"HostSystem", "host", "HostSystem", "ha-host"},
    {"HostStorageSystem", "storageSystem", "HostStorageSystem", "storageSystem"},
    {"HostDatastoreSystem", "datastoreSystem", "HostDatastoreSystem", "ha-datastoresystem"},
    {"HostVirtualNicManager", "virtualNicManager", "HostVirtualNicManager", "ha-vnic-mgr"},
    {"HostNetworkSystem", "networkSystem", "HostNetworkSystem", "networkSystem"},
    {"HostKernelModuleSystem", "kernelModuleSystem", "HostKernelModuleSystem",
     "ha-kernel-module-system"},
    {"HostServiceSystem", "serviceSystem", "HostServiceSystem", "serviceSystem"},
    {"OptionManager", "EsxHostAdvSettings", "OptionManager", "ha-adv-options"},
    {"HostDiagnosticSystem", "diagnosticSystem", "HostDiagnosticSystem", "diagnosticsystem"},
    {"HostFirewallSystem", "firewallSystem", "HostFirewallSystem", "firewallSystem"},
    {"HostDateTimeSystem", "dateTimeSystem", "HostDateTimeSystem", "dateTimeSystem"},
    {"HostAutoStartManager", "autoStartManager", "HostAutoStartManager", "ha-autostart-mgr"},
    {"ManagedMethodExecuter", "managedMethodExecuter", "ManagedMethodExecuter",
     "ha-managed-method-executer"},
    {"DynamicTypeManager", "dynamicTypeManager", "DynamicTypeManager", "ha-dynamic-type-manager"},
}};

template<class Change>
void each_reference(Value& value, const Change& change) {
    if (const MoRef* ref = value.as_ref()) {
        value = Value(change(*ref));
    } else if (DataObject* object = value.as_object()) {
        for (Field& field : object->fields) {
            each_reference(field.value, change);
        }
    } else if (Value::Array* array = value.as_array()) {
        for (Value& item : array->items) {
            each_reference(item, change);
        }
    }
}

} // namespace

MoRef Scope::to_wire_locked(World& world, const MoRef& inner) const {
    if (host_ == nullptr) {
        return inner;
    }
    for (const Pair& pair : kFixed) {
        if (inner.type == pair.inner_type && inner.id == pair.inner) {
            return {pair.wire_type, pair.wire};
        }
    }
    if (inner == cluster_ref(host_->cluster)) {
        return {"ComputeResource", "ha-compute-res"};
    }
    if (inner == cluster_pool(host_->cluster)) {
        return {"ResourcePool", "ha-root-pool"};
    }
    for (const Pair& pair : kPerHost) {
        if (inner.type == pair.inner_type &&
            inner.id == fmt::format("{}-{}", pair.inner, host_->number)) {
            return {pair.wire_type, pair.wire};
        }
    }
    if (inner.type == "VirtualMachine") {
        return {inner.type, inner.id.substr(inner.id.find('-') + 1)};
    }
    if (inner.type == "Datastore") {
        const DatastoreState* ds = world.datastore(inner.id);
        return {inner.type, ds != nullptr ? ds->uuid : inner.id};
    }
    if (inner.type == "Task") {
        return {inner.type, "haTask-" + inner.id};
    }
    return inner;
}

MoRef Scope::from_wire_locked(World& world, const MoRef& wire) const {
    if (host_ == nullptr) {
        return wire;
    }
    for (const Pair& pair : kFixed) {
        if (wire.type == pair.wire_type && wire.id == pair.wire) {
            return {pair.inner_type, pair.inner};
        }
    }
    if (wire.id == "ha-compute-res") {
        return cluster_ref(host_->cluster);
    }
    if (wire.id == "ha-root-pool") {
        return cluster_pool(host_->cluster);
    }
    for (const Pair& pair : kPerHost) {
        if (wire.type == pair.wire_type && wire.id == pair.wire) {
            return {pair.inner_type, fmt::format("{}-{}", pair.inner, host_->number)};
        }
    }
    if (wire.type == "VirtualMachine") {
        return {wire.type, "vm-" + wire.id};
    }
    if (wire.type == "Datastore") {
        const DatastoreState* ds = world.datastore_of(wire.id);
        return {wire.type, ds != nullptr ? ds->moid() : wire.id};
    }
    if (wire.type == "Task" && wire.id.starts_with("haTask-")) {
        return {wire.type, wire.id.substr(7)};
    }
    return wire;
}

bool Scope::visible_locked(World& world, const MoRef& inner) const {
    if (host_ == nullptr) {
        return true;
    }
    if (inner.type == "HostSystem") {
        return inner.id == host_->moid();
    }
    if (inner.type == "VirtualMachine") {
        const VmState* vm = world.vm(inner.id);
        return vm != nullptr && vm->host == host_->moid();
    }
    if (inner.type == "Datastore") {
        const DatastoreState* ds = world.datastore(inner.id);
        return ds != nullptr && host_->volumes.contains(ds->uuid);
    }
    return true;
}

void Scope::to_wire_locked(World& world, Value& value) const {
    if (host_ != nullptr) {
        each_reference(value, [&](const MoRef& ref) { return to_wire_locked(world, ref); });
    }
}

void Scope::from_wire_locked(World& world, Value& value) const {
    if (host_ != nullptr) {
        each_reference(value, [&](const MoRef& ref) { return from_wire_locked(world, ref); });
    }
}

} // namespace pf::vim::sim
