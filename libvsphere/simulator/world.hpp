// The state of the simulated estate: one value tree behind one mutex.
//
// Rule: every member below is read and written with World::mutex held, except where a comment says
// otherwise. Nobody does I/O or calls HostStorage while holding it: operations copy what they need,
// let go, work, take it again and re-check. HostState::op serialises the storage operations of one
// host and is always taken before World::mutex, never after.
//
// Ids are vCenter's moids ("host-21", "vm-34"); hosts' own endpoints translate (scope.hpp).
#pragma once

#include "base/clock.hpp"
#include "base/net/fault_rules.hpp"
#include "libvsphere/simulator/estate.hpp"
#include "libvsphere/simulator/simulator.hpp"
#include "libvsphere/simulator/storage.hpp"
#include "libvsphere/simulator/vmfs/volume.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/value.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace pf::vim::sim {

enum class AdapterKind { Local, Scini, NvmeTcp };

struct AdapterState {
    std::string name; // "vmhba65"
    AdapterKind kind = AdapterKind::Local;
    std::string pnic; // NvmeTcp only
};

struct DeviceState {
    Device info;
    bool off = false;                     // detached by the administrator
    bool lost = false;                    // no path works: all paths down, or gone for good
    bool gone = false;                    // the storage says that it is gone for good (PDL)
    std::optional<MonoTime> down_since{}; // by World::now(); while all paths are down
    bool timed_out = false;               // they have been for longer than Misc.APDTimeout
    std::string uuid;                     // ScsiLun.uuid: the vml id
};

// What a host keeps about a device, also while the device is away.
struct DeviceSettings {
    std::string display_name;
    bool perennially_reserved = false;
};

// A VMFS volume as one host knows it.
struct HostVolume {
    std::string uuid;
    std::string device_id;
    bool mounted = false;
    bool accessible = true;
    bool force_mounted = false;
};

struct HostState {
    HostSpec spec;
    unsigned number = 0; // "host-<number>", "storageSystem-<number>" ...
    size_t cluster = 0;  // index into World::clusters
    std::shared_ptr<HostStorage> storage;
    std::mutex op;

    std::vector<AdapterState> adapters;
    unsigned next_adapter = 64;
    std::map<std::string, DeviceState> devices;            // by canonical name
    std::vector<NvmeController> controllers;               // as of the last refresh
    std::map<std::string, HostVolume> volumes;             // by VMFS UUID
    std::set<std::string> kept_unmounted;                  // explicit unmounts, by VMFS UUID
    std::set<std::string> kept_off;                        // detached devices, by canonical name
    std::map<std::string, bool> force_mounts;              // UUID -> persistent
    std::map<std::string, std::set<std::string>> services; // vmk -> vim nicType
    std::vector<NvmeConnectRequest> kept_connections;      // survive a reboot
    std::map<std::string, std::string> hpp_scheme;         // device -> path selection scheme
    std::map<std::string, DeviceSettings> device_settings; // by canonical name
    std::set<std::string> disabled_paths;                  // "vmhba65:C0:T0:L1"
    std::map<std::string, std::string> service_policies;   // service -> "on", "off", "automatic"
    std::map<std::string, int64_t> queue_depths;           // VMFS UUID -> SetMaxQueueDepth
    std::string dump_device;                               // active diagnostic partition's
    std::map<std::string, int64_t> advanced; // "/Misc/APDTimeout" and others that were changed
    std::set<std::string> running_services;  // HostServiceSystem: "TSM-SSH" ...
    std::map<std::string, std::string> module_options;
    std::string nqn; // as of the last refresh
    bool maintenance = false;
    bool connected = true;
    WallTime boot_time{};

    std::string moid() const { return "host-" + std::to_string(number); }
    MoRef ref() const { return {"HostSystem", moid()}; }
    bool is_version_7() const { return spec.version.starts_with("7."); }
};

struct DatastoreState {
    unsigned number = 0;
    std::string uuid;
    std::string name;
    std::string label;                    // on the volume; the name, unless that was taken
    std::string device_id;                // as seen by whoever mounted it first
    std::shared_ptr<vmfs::Volume> volume; // while any host has it mounted
    uint64_t capacity = 0;
    uint64_t free = 0;
    bool sioc = false;
    bool clustered_vmdk = false;
    bool in_maintenance = false; // as a member of a datastore cluster
    std::string unmap_priority = "low";

    std::string moid() const { return "datastore-" + std::to_string(number); }
    MoRef ref() const { return {"Datastore", moid()}; }
};

// Where a file is: a volume and a path in it.
struct FileRef {
    std::string volume; // VMFS UUID
    std::string path;
    bool operator==(const FileRef&) const = default;
};

// The living side of a disk: I/O of a running VM and of Storage vMotion meet here.
struct DiskGate {
    std::mutex mutex;              // held for the length of one I/O or one copied chunk
    FileRef flat;                  // where writes go, and reads of what it has
    std::vector<FileRef> parents;  // below it, nearest first: what flat lacks is read from there
    std::optional<FileRef> mirror; // while being moved, writes go here too
    bool mirror_failed = false;    // a write to the copy failed: the move must be given up
};

// A frozen file of a disk with snapshots.
struct DiskLink {
    FileRef descriptor;
    FileRef flat;
    std::string uuid;
    bool operator==(const DiskLink&) const = default;
};

struct VmDisk {
    int32_t key = 2000;
    int32_t controller = 1000;
    int32_t unit = 0;
    FileRef descriptor;
    FileRef flat;
    std::vector<DiskLink> parents; // nearest first; beside the descriptor, or of another VM
    uint64_t size = 0;
    bool thin = true;
    bool missing = false; // its descriptor could not be read at registration
    std::string missing_path;
    std::string uuid;
    std::string mode = "persistent";
    std::string sharing;    // "" or "multi-writer"
    std::string rdm;        // "", "physical", "virtual"
    std::string rdm_device; // canonical name
    std::string fcd;        // id of the first class disk that it is
    uint64_t seed = 0;
    uint64_t data_bytes = 0;
    std::shared_ptr<DiskGate> gate = std::make_shared<DiskGate>();
};

struct VmController {
    int32_t key = 1000;
    int32_t bus = 0;
    std::string shared_bus; // "noSharing", "virtualSharing", "physicalSharing"
};

enum class PowerState { Off, On, Suspended };

struct VmQuestionState {
    std::string id;
    std::string text;
    unsigned waiting_task = 0;
};

struct VmState {
    unsigned number = 0;
    std::string name;
    std::string uuid;          // uuid.bios
    std::string instance_uuid; // vc.uuid
    FileRef vmx;
    std::string host; // HostSystem moid
    std::string pool = "resgroup-9";
    std::string folder = "group-v3";
    PowerState power = PowerState::Off;
    bool template_vm = false;
    bool tools = true;
    bool counter = false;
    std::string annotation;
    std::optional<FileRef> iso; // in its CD drive
    bool paper = false;         // of an estate without files: nothing of it stands on a volume
    uint32_t cpus = 1;
    uint32_t memory_mb = 1024;
    std::string guest;
    std::string network = "VM Network";
    std::string mac;
    std::vector<VmDisk> disks;
    std::vector<VmController> controllers;
    std::vector<std::pair<std::string, std::string>> extra_config;
    unsigned busy_task = 0; // a task that changes this VM is under way
    std::optional<VmQuestionState> question;
    WallTime boot_time{};
    uint64_t change = 1;

    std::string moid() const { return "vm-" + std::to_string(number); }
    MoRef ref() const { return {"VirtualMachine", moid()}; }
};

enum class TaskState { Queued, Running, Success, Error };

struct TaskRecord {
    unsigned number = 0;
    std::string description; // "VirtualMachine.relocate"
    MoRef entity;
    std::string entity_name;
    std::string user;
    TaskState state = TaskState::Queued;
    bool cancelable = false;
    bool cancel_wanted = false;
    bool cancelled = false;
    int progress = -1;
    Value result;
    std::optional<Fault> error;
    WallTime queued{}, started{}, completed{};
    MonoTime completed_mono{};

    std::string moid() const { return "task-" + std::to_string(number); }
    MoRef ref() const { return {"Task", moid()}; }
    bool finished() const { return state == TaskState::Success || state == TaskState::Error; }
};

// What the counter workload of a VM knows to be written, by uuid.bios; outlives registration.
struct CounterState {
    uint64_t next = kFirst;
    std::map<uint32_t, uint64_t> acked; // slot -> counter
    static constexpr uint64_t kFirst = 1;
};

// What only the service layer looks at: events, folders, permissions (service/extras.hpp).
struct Extras;

struct World {
    World(Estate description, SimulatorOptions settings);
    ~World();

    MonoTime now() const { return options.clock ? options.clock() : mono_now(); }

    mutable std::mutex mutex;
    std::mutex rescan_mutex; // RescanOrder::WholeEstate: held for a rescan, after HostState::op
    std::condition_variable changed; // with mutex: revision or task_revision moved
    uint64_t revision = 1;           // anything but a task's progress has changed
    uint64_t task_revision = 1;      // some task has changed

    const Estate estate;            // immutable
    const SimulatorOptions options; // immutable

    std::vector<std::unique_ptr<HostState>> hosts; // fixed after construction
    std::vector<std::string> clusters;             // their names; fixed after construction
    std::map<unsigned, DatastoreState> datastores;
    std::map<unsigned, VmState> vms;
    std::map<unsigned, TaskRecord> tasks;
    std::map<std::string, CounterState> counters;
    std::map<std::string, uint32_t> relocations; // running, by host moid and by VMFS UUID
    std::map<int, std::string> custom_fields;
    std::map<MoRef, std::map<int, std::string>> custom_values;
    std::string instance_uuid;
    const WallTime started = wall_now();
    bool stopping = false;
    net::FaultRules faults; // thread-safe by itself
    const std::unique_ptr<Extras> extras;
    std::unordered_map<std::string, unsigned> datastore_numbers; // cache of datastore_of

    unsigned next_number = 100; // datastores, VMs
    unsigned next_task = 1;

    // Something a client could see has changed.
    void touch();
    void touch_task(); // only a task's state or progress

    HostState* host(std::string_view moid); // hosts never move: safe to keep
    HostState* host_named(std::string_view name);
    HostState* host_numbered(unsigned number);
    DatastoreState* datastore(std::string_view moid);
    DatastoreState* datastore_named(std::string_view name);
    DatastoreState* datastore_of(std::string_view uuid);
    VmState* vm(std::string_view moid);
    VmState* vm_named(std::string_view name);
    TaskRecord* task(std::string_view moid);

    // Name of the datastore holding a file, and "[ds] path"; the UUID when it is not in inventory.
    std::string path_text(const FileRef& file);
    // VMs with any file on the volume.
    std::vector<VmState*> vms_on(std::string_view uuid);
    std::set<std::string> volumes_of(const VmState& vm);
    // True when any host has the volume mounted and reachable.
    bool datastore_accessible(const DatastoreState& datastore) const;
    void drop_unseen_datastores();
    std::string free_datastore_name(const std::string& wanted) const;
};

// Of the n-th cluster and of its own resource pool.
MoRef cluster_ref(size_t index);
MoRef cluster_pool(size_t index);
// The number at the end of "vm-34"; 0 when there is none.
unsigned trailing_number(std::string_view moid);
// ScsiLun.uuid of a device: a vml id without its prefix.
std::string device_uuid(const Device& device);
int64_t unix_us(WallTime time);

} // namespace pf::vim::sim
