// The table of vim25 methods that the simulator serves, and what a method gets to work with.
#pragma once

#include "libvsphere/simulator/outcome.hpp"
#include "libvsphere/simulator/service/properties.hpp"
#include "libvsphere/simulator/tasks.hpp"

#include <functional>
#include <map>
#include <memory>

namespace pf::vim::sim {

struct LiveSession {
    std::mutex mutex; // guards state; taken before World::mutex
    SessionState state;
};

class SessionStore;

struct MethodContext {
    World& world;
    Tasks& tasks;
    const Scope& scope;
    SessionStore& sessions;
    std::shared_ptr<LiveSession> session; // nullptr: not logged in
    ApiVersion version;
    std::string remote;
    std::string agent;
    std::optional<Fault> task_fault = {}; // the task that the call starts ends with it

    std::string user() const { return session ? session->state.user : std::string(); }
};

// References in the call and in the result are the simulator's own (scope.hpp translates).
using Method = std::function<Outcome<Value>(MethodContext&, const Call&)>;

class MethodTable {
  public:
    static const MethodTable& get();

    void add(const char* type, const char* name, Method method);
    // By the receiver's type or one of its bases; nullptr when nobody serves it.
    const Method* find(std::string_view type, std::string_view name) const;

  private:
    std::map<std::string, std::vector<std::pair<std::string, Method>>, std::less<>> by_name_;
};

void add_session_methods(MethodTable& table);
void add_collector_methods(MethodTable& table);
void add_inventory_methods(MethodTable& table);
void add_host_methods(MethodTable& table);
void add_storage_methods(MethodTable& table);
void add_nvme_methods(MethodTable& table);
void add_datastore_methods(MethodTable& table);
void add_vm_methods(MethodTable& table);
void add_esxcli_methods(MethodTable& table);
void add_event_methods(MethodTable& table);
void add_folder_methods(MethodTable& table);
void add_snapshot_methods(MethodTable& table);
void add_access_methods(MethodTable& table);
void add_cluster_methods(MethodTable& table);
void add_more_methods(MethodTable& table);
void add_alarm_methods(MethodTable& table);
void add_device_methods(MethodTable& table);
void add_datastore_admin_methods(MethodTable& table);
void add_file_methods(MethodTable& table);
void add_perf_methods(MethodTable& table);

// The host that a per-host object ("storageSystem-21") or a HostSystem belongs to.
Outcome<HostState*> host_of(MethodContext& c, const MoRef& object);
// Submits `work` as a task of the entity; gives the Task reference.
Outcome<Value> start_task(MethodContext& c, const std::string& description, const MoRef& entity,
                          Tasks::Work work, bool cancelable = false, unsigned vm = 0);

} // namespace pf::vim::sim
