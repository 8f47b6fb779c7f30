// State that only the service layer looks at: events, folders, pools, permissions, alarms,
// snapshots, history collectors. Same rule as World: everything under World::mutex.
#pragma once

#include "libvsphere/simulator/meters.hpp"
#include "libvsphere/simulator/world.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pf::vim::sim {

struct EventRecord {
    Value event;              // the whole data object, inner references
    std::vector<MoRef> about; // the entities that it is about
};

struct FolderState {
    unsigned number = 0; // "group-v<number>", the letter by kind
    char kind = 'v';     // v(ms), h(osts), s(torage), n(etwork), d(atacenters); p: a storage pod
    std::string name;
    MoRef parent;
};

struct PoolState {
    unsigned number = 0; // "resgroup-<number>"
    std::string name;
    std::string parent; // moid
};

struct PermissionState {
    std::string principal;
    bool group = false;
    int role = -1;
    bool propagate = true;
};

struct RoleState {
    std::string name;
    bool system = false;
    std::vector<std::string> privileges;
};

struct CategoryState {
    std::string id, name;
};

struct TagState {
    std::string id, name;
    std::string category; // its id
};

// An alarm that an event has set off on an entity.
struct TriggeredAlarm {
    std::string status; // "red", "yellow"
    WallTime time{};
    int32_t event = 0; // its key
    bool acknowledged = false;
    std::string acknowledged_by;
    WallTime acknowledged_at{};
};

struct AlarmState {
    unsigned number = 0; // "alarm-<number>"
    MoRef entity;
    Value spec; // AlarmSpec
    WallTime changed{};
    bool actions = true;
    std::map<MoRef, TriggeredAlarm> triggered; // by entity
};

struct SnapshotState {
    unsigned number = 0; // "snapshot-<number>"
    unsigned parent = 0; // 0: a root
    int32_t id = 1;
    std::string name;
    std::string description;
    WallTime created{};
    PowerState power = PowerState::Off;
    std::map<int32_t, DiskLink> disks; // by disk key: what it froze
};

struct VmExtras {
    std::vector<SnapshotState> snapshots;
    unsigned current_snapshot = 0;
    int32_t next_snapshot_id = 1;
};

// A TaskHistoryCollector or EventHistoryCollector.
struct HistoryState {
    std::string session; // key of its session
    bool events = false;
    Value filter;
    int64_t position = 0; // key of the last item that was read
    size_t page = 10;
};

// What a cluster keeps about VMs, as the API shows it. A VM that is unregistered leaves all of it.
struct ClusterState {
    std::vector<Value> groups;  // ClusterVmGroup, ClusterHostGroup; known by name
    std::vector<Value> rules;   // ClusterRuleInfo's kinds; known by key
    std::vector<Value> das_vms; // ClusterDasVmConfigInfo
    std::vector<Value> drs_vms; // ClusterDrsVmConfigInfo
    int32_t next_rule = 1;
    std::string heartbeat_policy = "allFeasibleDsWithUserPreference";
    std::vector<MoRef> heartbeat_choice; // the user's, for HA's heartbeats
};

struct Extras {
    std::deque<EventRecord> events;
    int32_t next_event = 1;
    std::map<unsigned, FolderState> folders;
    std::map<unsigned, PoolState> pools;
    std::map<MoRef, MoRef> parents; // entities that were moved to another folder
    std::map<MoRef, std::vector<PermissionState>> permissions;
    std::map<int, RoleState> roles;
    std::vector<CategoryState> categories;
    std::vector<TagState> tags;
    std::map<MoRef, std::set<std::string>> attached_tags; // ids
    std::map<unsigned, AlarmState> alarms;
    bool alarms_made = false; // the ones that vCenter brings
    std::set<MoRef> alarm_actions_off;
    std::map<unsigned, VmExtras> vms; // by the VM's number
    std::map<std::string, HistoryState> histories;
    std::map<size_t, bool> ha; // clusters whose HA or DRS was switched since the start
    std::map<size_t, bool> drs;
    std::map<size_t, ClusterState> clusters;
    // VMFS UUIDs that HA has elected for its heartbeats, by the host's number; a host that has not
    // elected since the start has the estate's.
    std::map<unsigned, std::vector<std::string>> elected;
    std::map<unsigned, std::vector<Value>> autostart; // by the host's number: AutoStartPowerInfo
    std::map<std::string, bool> pod_drs;              // StoragePod moid -> switched since the start
    std::map<std::string, std::string> pod_behavior;
    Meters meters; // what the performance counters are made of
    unsigned next_number = 1000;
    bool keeps = false; // there is a state file, and it has the world as of this revision
    uint64_t kept = 0;
};

inline constexpr size_t kMaxEvents = 10'000;

// Adds an event about `entity` with the given type ("VmPoweredOnEvent"); fields of its own beyond
// those of Event go into `more`. World::mutex held.
void post_event(World& world, std::string_view type, const std::string& user, const MoRef& entity,
                std::string message, std::vector<Field> more = {});
// Sets off and clears the alarms that wait for such an event. World::mutex held.
void evaluate_alarms(World& world, const Value& event, const std::vector<MoRef>& about);
// What a finished task leaves in the log. World::mutex held.
void post_task_event(World& world, const TaskRecord& task);

// An unregistered VM loses rules, groups, overrides, automatic start, permissions, tags and custom
// values. World::mutex held.
void forget_vm(World& world, const MoRef& vm);
// HostAutoStartManagerConfig of the host that the manager belongs to. World::mutex held.
Value autostart_config(World& world, const MoRef& manager);

bool ha_enabled(const World& world, size_t cluster);
// Mounted volumes (UUIDs) that HA's heartbeats of this host are on; none while HA is off.
std::vector<std::string> heartbeats_of(World& world, const HostState& host);
// Elects them anew among what the host has mounted, by the cluster's policy. World::mutex held.
void elect_heartbeats(World& world, const HostState& host);
bool drs_enabled(const World& world, size_t cluster);

// "group-v1001", "group-p1002" ...
std::string folder_moid(const FolderState& folder);
FolderState* folder_of(World& world, const MoRef& ref);
PoolState* pool_of(World& world, const MoRef& ref);
// The folder at "apps/web" below the datacenter's VM folder, made when it is missing; its moid.
std::string vm_folder_at(World& world, const std::string& path);
// Folder or pod that holds the entity; the default one of its kind unless it was moved.
MoRef folder_parent(World& world, const MoRef& entity);

} // namespace pf::vim::sim
