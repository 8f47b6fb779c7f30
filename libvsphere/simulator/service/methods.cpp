#include "libvsphere/simulator/service/methods.hpp"

#include "libvsphere/wire/schema.hpp"

namespace pf::vim::sim {

const MethodTable& MethodTable::get() {
    static const MethodTable table = [] {
        MethodTable t;
        add_session_methods(t);
        add_collector_methods(t);
        add_inventory_methods(t);
        add_host_methods(t);
        add_storage_methods(t);
        add_nvme_methods(t);
        add_datastore_methods(t);
        add_vm_methods(t);
        add_esxcli_methods(t);
        add_event_methods(t);
        add_folder_methods(t);
        add_snapshot_methods(t);
        add_access_methods(t);
        add_cluster_methods(t);
        add_more_methods(t);
        add_alarm_methods(t);
        add_device_methods(t);
        add_datastore_admin_methods(t);
        add_file_methods(t);
        add_perf_methods(t);
        return t;
    }();
    return table;
}

void MethodTable::add(const char* type, const char* name, Method method) {
    by_name_[name].emplace_back(type, std::move(method));
}

const Method* MethodTable::find(std::string_view type, std::string_view name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
        return nullptr;
    }
    for (const auto& [owner, method] : found->second) {
        if (Schema::get().is_a(type, owner)) {
            return &method;
        }
    }
    return nullptr;
}

Outcome<HostState*> host_of(MethodContext& c, const MoRef& object) {
    HostState* host = c.world.host_numbered(trailing_number(object.id));
    if (host == nullptr) {
        return raise_missing_object(object);
    }
    if (!host->connected) {
        return raise("HostNotConnected", fmt::format("Unable to communicate with the remote host, "
                                                     "since it is disconnected: {}.",
                                                     host->spec.name));
    }
    return host;
}

Outcome<Value> start_task(MethodContext& c, const std::string& description, const MoRef& entity,
                          Tasks::Work work, bool cancelable, unsigned vm) {
    TaskSpec spec;
    spec.description = description;
    // TaskInfo.entity is a ManagedEntity; managers and browsers are none.
    if (Schema::get().is_a(entity.type, "ManagedEntity")) {
        const std::lock_guard lock(c.world.mutex);
        const PropertyContext properties{c.world, c.scope, nullptr};
        spec.entity = entity;
        spec.entity_name = object_name(properties, entity);
    }
    spec.user = c.user();
    spec.cancelable = cancelable;
    spec.vm = vm;
    if (c.task_fault) {
        work = [fault = *c.task_fault](TaskContext&) -> Outcome<Value> {
            return tl::unexpected<Fault>(fault);
        };
    }
    return c.tasks.submit(std::move(spec), std::move(work));
}

} // namespace pf::vim::sim
