// What an administrator sets on a host's devices, paths, volumes, services and dump partition.
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

// The canonical name of the device with this ScsiLun.uuid. World::mutex held.
Outcome<std::string> device_of_lun(const HostState& host, const std::string& lun_uuid) {
    for (const auto& [id, device] : host.devices) {
        if (device.uuid == lun_uuid) {
            return id;
        }
    }
    return raise_not_found("");
}

Outcome<Value> set_display_name(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    SIM_TRY(const std::string id, device_of_lun(*host, call.arg("lunUuid").text()));
    const std::string name = call.arg("displayName").text();
    if (name.empty()) {
        return raise("InvalidName", "A device's name is not empty.", {{"name", Value(name)}});
    }
    for (const auto& [other, settings] : host->device_settings) {
        if (other != id && settings.display_name == name) {
            return raise("DuplicateName", fmt::format("The name '{}' already exists.", name),
                         {{"name", Value(name)}, {"object", Value(host->ref())}});
        }
    }
    host->device_settings[id].display_name = name;
    c.world.touch();
    return Value();
}

Outcome<Value> mark_reserved(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    SIM_TRY(const std::string id, device_of_lun(*host, call.arg("lunUuid").text()));
    host->device_settings[id].perennially_reserved = call.arg("state").bool_or(false);
    c.world.touch();
    return Value();
}

Method switch_path(bool enable) {
    return [enable](MethodContext& c, const Call& call) -> Outcome<Value> {
        SIM_TRY(HostState * host, host_of(c, call.self));
        SIM_CHECK(HostOps(c.world, *host).set_path(call.arg("pathName").text(), enable));
        return Value();
    };
}

// The mounted volume with this UUID, as a datastore. World::mutex held.
Outcome<DatastoreState*> mounted_volume(MethodContext& c, HostState& host,
                                        const std::string& uuid) {
    const auto volume = host.volumes.find(uuid);
    DatastoreState* ds = c.world.datastore_of(uuid);
    if (volume == host.volumes.end() || ds == nullptr) {
        return raise_not_found("");
    }
    if (!volume->second.mounted) {
        return raise("HostConfigFault", fmt::format("VMFS volume '{}' is not mounted.", ds->name));
    }
    return ds;
}

Outcome<Value> set_unmap_priority(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    SIM_TRY(DatastoreState * ds, mounted_volume(c, *host, call.arg("vmfsUuid").text()));
    const std::string priority = call.arg("unmapPriority").text();
    if (priority != "none" && priority != "low") {
        return raise_invalid_argument("unmapPriority", "unmapPriority");
    }
    ds->unmap_priority = priority;
    c.world.touch();
    return Value();
}

// --- services -----------------------------------------------------------------------------------

Outcome<std::string> known_service(const HostState& host, const Call& call) {
    const std::string id = call.arg("id").text();
    const Value services = host_services(host);
    const bool known =
        std::any_of(services.items().begin(), services.items().end(),
                    [&](const Value& service) { return service["key"].text() == id; });
    return known ? Outcome<std::string>(id) : raise_not_found("");
}

Outcome<Value> restart_service(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    SIM_TRY(const std::string id, known_service(*host, call));
    if (!host->running_services.contains(id)) {
        return raise("InvalidState", "The operation is not allowed in the current state.");
    }
    const std::string text =
        fmt::format("Service {} of host {} was restarted", id, host->spec.name);
    post_event(c.world, "EventEx", c.user(), host->ref(), text,
               {{"eventTypeId", Value("esx.audit.host.service.restarted")},
                {"severity", Value("info")},
                {"message", Value(text)}});
    return Value();
}

Outcome<Value> service_policy(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    SIM_TRY(const std::string id, known_service(*host, call));
    const std::string policy = call.arg("policy").text();
    if (policy != "on" && policy != "off" && policy != "automatic") {
        return raise_invalid_argument("policy", "policy");
    }
    host->service_policies[id] = policy;
    c.world.touch();
    return Value();
}

// --- dumps --------------------------------------------------------------------------------------

// Devices that carry nothing may take dumps.
Outcome<Value> available_partitions(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_TRY(const auto devices, HostOps(c.world, *host).available_disks());
    std::vector<Value> out;
    for (const Device& device : devices) {
        out.push_back(dump_partition(device.id));
    }
    return Value::array("HostDiagnosticPartition", std::move(out));
}

Outcome<Value> select_partition(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::string wanted = call.arg("partition")["diskName"].text();
    if (!wanted.empty()) {
        SIM_TRY(const auto devices, HostOps(c.world, *host).available_disks());
        const bool free = std::any_of(devices.begin(), devices.end(),
                                      [&](const Device& device) { return device.id == wanted; });
        if (!free) {
            return raise("HostConfigFault",
                         fmt::format("Device {} has no partition for dumps.", wanted));
        }
    }
    const std::lock_guard lock(c.world.mutex);
    host->dump_device = wanted;
    c.world.touch();
    return Value();
}

} // namespace

Value dump_partition(const std::string& device) {
    return make("HostDiagnosticPartition",
                {{"storageType", "networkAttached"},
                 {"diagnosticType", "singleHost"},
                 {"slots", int_value(1)},
                 {"id", make("HostScsiDiskPartition",
                             {{"diskName", device}, {"partition", int_value(1)}})}});
}

void add_device_methods(MethodTable& t) {
    constexpr const char* s = "HostStorageSystem";
    t.add(s, "UpdateScsiLunDisplayName", set_display_name);
    t.add(s, "MarkPerenniallyReserved", mark_reserved);
    t.add(s, "EnableMultipathPath", switch_path(true));
    t.add(s, "DisableMultipathPath", switch_path(false));
    t.add(s, "UpdateVmfsUnmapPriority", set_unmap_priority);
    t.add("HostServiceSystem", "RestartService", restart_service);
    t.add("HostServiceSystem", "UpdateServicePolicy", service_policy);
    t.add("HostDiagnosticSystem", "QueryAvailablePartition", available_partitions);
    t.add("HostDiagnosticSystem", "SelectActivePartition", select_partition);
}

} // namespace pf::vim::sim
