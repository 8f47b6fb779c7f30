// Properties of every managed object, as values of the wire's types.
//
// All functions want World::mutex held and do no I/O. A property that an object does not have now
// is an unset Value; whether the type knows the name is the type table's business.
#pragma once

#include "libvsphere/simulator/service/scope.hpp"
#include "libvsphere/simulator/service/session.hpp"

#include <initializer_list>
#include <optional>
#include <unordered_map>

namespace pf::vim::sim {

// What reading one object finds out that the next one needs too. Only for objects read while
// World::mutex is held without a break.
struct BatchCache {
    // VMs with any file on a volume, by its UUID, in the order of the inventory.
    std::optional<std::unordered_map<std::string_view, std::vector<const VmState*>>> vms_on;
};

struct PropertyContext {
    World& world;
    const Scope& scope;
    SessionState* session = nullptr; // nullptr: anonymous
    BatchCache* batch = nullptr;     // nullptr: one object is read
};

bool object_exists(const PropertyContext& context, const MoRef& object);
Value object_property(const PropertyContext& context, const MoRef& object, std::string_view name);

// --- by type; each returns unset for a name that it does not serve ---
Value host_property(const PropertyContext& c, HostState& host, std::string_view name);
Value datastore_property(const PropertyContext& c, const DatastoreState& ds, std::string_view name);
Value vm_property(const PropertyContext& c, const VmState& vm, std::string_view name);
Value inventory_property(const PropertyContext& c, const MoRef& object, std::string_view name);
Value service_property(const PropertyContext& c, const MoRef& object, std::string_view name);
Value task_info(const PropertyContext& c, const TaskRecord& task);

// --- parts that calls return too ---
Value storage_device_info(const PropertyContext& c, const HostState& host);
Value scsi_disk(const HostState& host, const DeviceState& device);
// Its own, where the administrator gave it one.
std::string display_name(const HostState& host, const DeviceState& device);
Value file_system_volume_info(const PropertyContext& c, const HostState& host);
Value vmfs_volume(World& world, const HostState& host, const HostVolume& volume);
// Why a mounted volume can't be reached: no path works, or its device is gone for good.
const char* inaccessible_reason(const HostState& host, const HostVolume& volume);
Value network_info(const PropertyContext& c, const HostState& host);
Value virtual_nic(World& world, const HostState& host, const VmkSpec& vmk);
Value nic_manager_config(World& world, const HostState& host, std::string_view nic_type);
const std::vector<std::string>& nic_types();
Value nvme_controller_object(const HostState& host, const NvmeController& controller);
Value about_info(const PropertyContext& c);
Value host_about(const HostState& host);
Value service_content(const PropertyContext& c);
Value user_session(const SessionState& session);
Value module_list(const HostState& host);
Value host_services(const HostState& host);
std::vector<Value> advanced_options(World& world, const HostState& host);

Value snapshot_info(World& world, const VmState& vm);
std::vector<MoRef> root_snapshots(World& world, const VmState& vm);
bool snapshot_exists(World& world, const MoRef& snapshot);
Value snapshot_property(const PropertyContext& c, const MoRef& object, std::string_view name);
Value history_property(const PropertyContext& c, const MoRef& object, std::string_view name);
std::vector<Value> triggered_alarms(World& world, const MoRef& entity);
Value dump_partition(const std::string& device);
std::vector<Value> perf_counters(World& world);
bool alarm_exists(World& world, const MoRef& alarm);
Value alarm_property(const PropertyContext& c, const MoRef& object, std::string_view name);
Value authorization_property(const PropertyContext& c, std::string_view name);
Value permission_property(const PropertyContext& c, const MoRef& entity);
Value more_property(const PropertyContext& c, const MoRef& object, std::string_view name);

// Part of a property, `path` starting with the property's name: like reading the whole and taking
// the part, but builds only what is asked for. Nothing when there is no short cut.
std::optional<Value> vm_part(const PropertyContext& c, const VmState& vm, std::string_view path);
std::optional<Value> host_part(const PropertyContext& c, HostState& host, std::string_view path);
// whole.at(path), taken out of the whole.
Value take_part(Value whole, std::string_view path);

// Objects directly below, for views and searches; in a stable order.
std::vector<MoRef> children_of(const PropertyContext& c, const MoRef& object);
std::string object_name(const PropertyContext& c, const MoRef& object);
std::string hba_key(const AdapterState& adapter);

// --- small builders ---
inline Value make(std::string_view type, std::vector<Field> fields) {
    return Value(DataObject(std::string(type), std::move(fields)));
}
// A field of a list in braces. The value is moved out of the list, which a Field's can't be: a tree
// would be copied once for every level that it is deep.
struct NewField {
    std::string_view name;
    mutable Value value;
};
Value make(std::string_view type, std::initializer_list<NewField> fields);
template<class T>
Value int_value(T number) {
    return Value(static_cast<int32_t>(number));
}
template<class T>
Value long_value(T number) {
    return Value(static_cast<int64_t>(number));
}
template<class T>
Value short_value(T number) {
    return Value::scalar("short", std::to_string(number));
}
inline Value enum_value(std::string_view type, std::string_view text) {
    return Value::enumerator(std::string(type), std::string(text));
}
// The object with every required scalar that it lacks set to false, 0, "" or the first word: for
// capability lists, where "no" is the rule.
Value filled(DataObject object);
inline Value time_value(WallTime time) { return Value::date_time(unix_us(time)); }

} // namespace pf::vim::sim
