#pragma once
// What stands in the way of moving a datastore or a VM: the VMs' own obstacles, and who besides
// registered VMs keeps something on a datastore (reference section 2.7).
//
// vm_obstacles() is pure: it judges what read_inventory() or read_vm() told. The others ask: hosts
// for where they keep scratch, logs, dumps and swap, the datastore for folders that belong to
// services. What could not be read is an error or is listed in `unread`, never "nothing there".

#include "libvsphere/inventory.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

// ---- Virtual machines

enum class VmObstacle {
    RawDevice,         ///< raw device mapping; the detail says physical or virtual
    MultiWriter,       ///< disk shared by several VMs
    SharedBus,         ///< SCSI or NVMe controller with bus sharing
    LinkedClone,       ///< a disk whose parent lies in another VM's folder
    Snapshots,         ///< has snapshots
    Consolidation,     ///< disks want to be consolidated
    SeveralDatastores, ///< files on more than one datastore
    IndependentDisk,   ///< nonpersistent ones block a move while the VM runs
    VirtualVolume,     ///< the backing is an object, no file
    FirstClassDisk,    ///< container volume: catalogued by the datastore's URL
    MountedMedia,      ///< ISO or floppy image on a datastore
    Replicated,        ///< vSphere Replication
    Placeholder,       ///< of Site Recovery Manager
    ClusterService,    ///< vCLS
    FaultTolerant,     ///< primary or secondary
    IoFilter,          ///< on a disk
    Encrypted,         ///< VM or disk
    PendingQuestion,   ///< waits for an answer
    SwapElsewhere,     ///< swap file outside the VM's folder
    NotReachable,      ///< orphaned, inaccessible, invalid, disconnected
    TiedToHost,        ///< a device of its host: passthrough, vGPU, USB, a host's drive
};
std::string_view to_string(VmObstacle obstacle);

struct VmFinding {
    VmObstacle obstacle = VmObstacle::RawDevice;
    std::string detail; ///< which disk, device or file
};
std::vector<VmFinding> vm_obstacles(const Vm& vm);

// ---- Hosts

struct HostPlaces {
    std::string scratch, scratch_after_reboot; ///< ScratchConfig: "/vmfs/volumes/<uuid>/…"
    std::string log_dir;                       ///< Syslog.global.logDir: "[ds01] logs"
    std::string tools_dir;                     ///< UserVars.ProductLockerLocation
    std::string dump_device;                   ///< of the active diagnostic partition
    MoRef swap_datastore;                      ///< for VMs that swap to their host's place
    std::string system_swap_datastore;         ///< name, of the host's own swap
    /// Options that this release does not have, or that could not be read, with the reason.
    std::vector<std::string> unread;
};
Result<HostPlaces> host_places(Session& session, const Host& host);

/// Does a path lie on this datastore? "/vmfs/volumes/<uuid or name>/…", "[name] …" and
/// "ds:///vmfs/volumes/<uuid>/…".
bool path_is_on(const Datastore& datastore, std::string_view path);

// ---- The datastore

enum class DatastoreUse {
    HaHeartbeat,       ///< .vSphere-HA
    DistributedSwitch, ///< .dvsData: made anew by itself
    IoControl,         ///< .naa.*, .lck-*, .iormstats.sf
    ContentLibrary,    ///< contentlib-<uuid>
    FirstClassDisks,   ///< fcd, catalog
    CoreDumps,         ///< vmkdump
    Scratch,           ///< .locker*, scratch
    HostSwap,          ///< sysSwap-*
    FileShares,        ///< vSAN file service, iSCSI targets
    ClusterServices,   ///< vCLS VMs' folders
    Replication,       ///< hbrcfg*, hbrdisk*: files of vSphere Replication
};
std::string_view to_string(DatastoreUse use);

/// What a folder or file at the top of a datastore belongs to; nothing for VMs' folders and for the
/// file system's own files.
std::optional<DatastoreUse> use_of_entry(std::string_view name);

struct ForeignEntry {
    DatastoreUse use = DatastoreUse::HaHeartbeat;
    std::string entry;
};
/// By browsing the top level. NotReady when the datastore is not accessible.
Result<std::vector<ForeignEntry>> datastore_uses(Session& session, const Datastore& datastore);

} // namespace pf::vim
