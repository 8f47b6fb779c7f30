// The two doors through which pfnvme's libraries reach the outside world.
//
// Everything above (inventory, checks, plan, run, report) talks to these interfaces only; the
// adapters in adapters/ implement them with libvsphere and libpf, the tests with an estate in
// memory. Every call ends within a deadline of the implementation. Errors carry pf::Errc;
// OutcomeUnknown, Unreachable and Timeout mean that a change may or may not have happened, and the
// caller has to look.
//
// Calls named start_* begin a vCenter task and return its id at once; the engine journals the id
// and waits. All other changing calls return when the effect was accepted by the system; whether it
// is visible is read back by the caller. Not thread-safe.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pf::nvmetool {

// A volume that had one VMFS UUID and is this datastore now.
struct MovedVmfs {
    std::string old_uuid;
    std::string datastore_id;
};

// A file of a VM that could not be changed.
struct FileFailure {
    std::string file; // "[datastore] folder/name.vmx"
    std::string why;
};

struct SnapshotWish {
    std::string volume_id;
    std::string name;
};

using VmSink = std::function<Result<void>(std::vector<VmInfo>&& batch)>;

// A port group as one host has it.
struct PortGroupInfo {
    std::string name;
    std::string switch_name;
    std::uint32_t mtu = 0;          // of the switch; 0: not known
    std::string switch_uuid, key{}; // not empty: on a distributed switch
};

struct VmkRequest {
    PortGroupInfo group;
    std::string address, netmask; // empty: by DHCP
    std::uint32_t mtu = 1500;
};

class VspherePort {
  public:
    virtual ~VspherePort() = default;

    // ---- reading ----
    virtual Result<VcenterInfo> about() = 0;
    // Everything at once, for `inventory collect` and checks: VMs go to `vm_sink` batch by batch
    // when there is one, else into the result. Unsupported: compose it of the calls below.
    virtual Result<VsphereEstate> estate(const VmSink& vm_sink);
    // Whether the session's user has each privilege on the root folder. Unsupported: not told.
    virtual Result<std::vector<bool>> has_privileges(const std::vector<std::string>& names);
    virtual Result<std::vector<HostInfo>> hosts() = 0;
    virtual Result<HostInfo> host(const std::string& host_id) = 0;
    virtual Result<std::vector<DatastoreInfo>> datastores() = 0;
    // NotFound when it is gone. Searched in datastores() where an implementation has no shorter
    // way.
    virtual Result<DatastoreInfo> datastore(const std::string& datastore_id);
    virtual Result<std::vector<VmInfo>> vms() = 0;
    virtual Result<VmInfo> vm(const std::string& vm_id) = 0; // NotFound when it is gone
    // By instance UUID, which survives unregistering; NotFound when no registered VM has it.
    virtual Result<VmInfo> vm_by_uuid(const std::string& instance_uuid) = 0;
    virtual Result<std::vector<DeviceInfo>> devices(const std::string& host_id) = 0;
    virtual Result<std::vector<UnresolvedVolume>>
    unresolved_volumes(const std::string& host_id) = 0;
    virtual Result<TaskInfo> task(const std::string& task_id) = 0; // state Unknown: no longer kept
    // Queued and running tasks on this object.
    virtual Result<std::vector<TaskInfo>> active_tasks(const std::string& object_id) = 0;
    // Read-only metadata check (voma) in the host's shell; the volume must be unmounted everywhere.
    // Without a shell the answer is a check that was not performed, and says why.
    virtual Result<MetadataCheck> check_metadata(const std::string& host_id,
                                                 const std::string& device) = 0;
    // Ok when check_metadata will find a shell on this host.
    virtual Result<void> probe_shell(const std::string& host_id) = 0;

    // The discovery log that one target shows this host.
    virtual Result<std::vector<DiscoveredTarget>> discover(const std::string& host_id,
                                                           const std::string& adapter,
                                                           const std::string& address,
                                                           std::uint16_t port);
    // Storage and host migrations that run now, everybody's. Unsupported: not told.
    virtual Result<std::vector<Migration>> migrations();
    // Latency of the slowest disk of each of these VMs lately, in milliseconds; VMs that don't tell
    // are left out. Unsupported: this vCenter tells none.
    virtual Result<std::vector<double>> vm_latencies_ms(const std::vector<std::string>& vm_ids);
    // What unregistering these VMs would lose. Rules and groups are told for every VM that is in
    // one together with one of these. What could not be read is an item of kind "gap".
    virtual Result<std::vector<ContextItem>> vm_context(const std::vector<std::string>& vm_ids);
    // Puts items back; one text for each: why it could not be, or "". The caller reads back.
    virtual Result<std::vector<std::string>> restore_context(const std::vector<ContextItem>& items);
    // The text of an advisory mark on this vCenter, "" when there is none; seen by everybody who
    // may read it, binding nobody. Unsupported or PermissionDenied: there can be none.
    virtual Result<std::string> advisory_mark();
    virtual Result<void> set_advisory_mark(const std::string& text);

    // ---- kernel modules of a host: in force after its next boot. Unsupported: not told. ----
    virtual Result<std::string> module_options(const std::string& host_id,
                                               const std::string& module);
    virtual Result<void> set_module_options(const std::string& host_id, const std::string& module,
                                            const std::string& options);

    // ---- NVMe/TCP on a host ----
    // NotFound names the port groups that the host has. Unsupported, all three: not told.
    virtual Result<PortGroupInfo> port_group(const std::string& host_id, const std::string& name);
    virtual Result<std::string> add_vmk(const std::string& host_id, const VmkRequest& request);
    // Refused when the port carries another service than NVMe over TCP.
    virtual Result<void> remove_vmk(const std::string& host_id, const std::string& vmk);
    virtual Result<void> tag_vmk(const std::string& host_id, const std::string& vmk) = 0;
    virtual Result<void> untag_vmk(const std::string& host_id, const std::string& vmk) = 0;
    virtual Result<void> add_nvme_adapter(const std::string& host_id, const std::string& nic) = 0;
    virtual Result<void> remove_nvme_adapter(const std::string& host_id,
                                             const std::string& adapter) = 0;
    virtual Result<void> connect_controller(const std::string& host_id, const std::string& adapter,
                                            const std::string& address, std::uint16_t port,
                                            const std::string& subsystem_nqn) = 0;
    virtual Result<void> disconnect_controller(const std::string& host_id,
                                               const std::string& adapter,
                                               std::int32_t controller_number,
                                               const std::string& subsystem_nqn) = 0;

    // ---- devices and datastores ----
    virtual Result<void> rescan(const std::string& host_id) = 0; // adapters, then VMFS
    virtual Result<void> detach_device(const std::string& host_id,
                                       const std::string& device_uuid) = 0;
    virtual Result<void> attach_device(const std::string& host_id,
                                       const std::string& device_uuid) = 0;
    virtual Result<void> unmount(const std::string& host_id, const std::string& vmfs_uuid) = 0;
    virtual Result<void> mount(const std::string& host_id, const std::string& vmfs_uuid) = 0;
    virtual Result<void> create_datastore(const std::string& host_id, const std::string& device,
                                          const std::string& name) = 0;
    virtual Result<void> remove_datastore(const std::string& host_id,
                                          const std::string& datastore_id) = 0;
    virtual Result<void> rename_datastore(const std::string& datastore_id,
                                          const std::string& name) = 0;
    virtual Result<std::string> start_resignature(const std::string& host_id,
                                                  const std::string& device_path) = 0;
    // Rewrites what the files of VMs on this datastore say of volumes that have a new UUID; returns
    // when it is done. It may be called again. Nobody may use the datastore's files meanwhile.
    virtual Result<std::vector<FileFailure>>
    update_vm_paths(const std::string& datastore_id, const std::vector<MovedVmfs>& moved) = 0;

    // ---- virtual machines ----
    virtual Result<void> shutdown_guest(const std::string& vm_id) = 0;
    virtual Result<std::string> start_power_off(const std::string& vm_id) = 0;
    virtual Result<std::string> start_power_on(const std::string& vm_id) = 0;
    // Answers a pending "moved or copied?" question with "moved"; other questions are an error
    // naming them.
    virtual Result<void> answer_moved(const std::string& vm_id) = 0;
    virtual Result<void> unregister(const std::string& vm_id) = 0;
    virtual Result<std::string> start_register(const std::string& folder_id,
                                               const std::string& vmx_path, const std::string& name,
                                               bool as_template, const std::string& pool_id,
                                               const std::string& host_id) = 0;
    // Home and all disks to one datastore.
    virtual Result<std::string> start_relocate(const std::string& vm_id,
                                               const std::string& datastore_id) = 0;
};

class PowerFlexPort {
  public:
    virtual ~PowerFlexPort() = default;

    // ---- reading ----
    virtual Result<PowerFlexInfo> about() = 0;
    virtual Result<PowerFlexEstate> estate(); // Unsupported: compose it of the calls below
    virtual Result<StorageLoad> load();       // Unsupported: not told
    virtual Result<std::vector<SdtAddress>> sdt_addresses() = 0; // host-facing ones
    virtual Result<std::vector<PoolInfo>> pools() = 0;
    virtual Result<std::vector<PowerFlexHost>> hosts() = 0; // SDCs and NVMe hosts
    virtual Result<std::vector<VolumeInfo>> volumes() = 0;
    virtual Result<VolumeInfo> volume(const std::string& volume_id) = 0;

    // ---- changing ----
    virtual Result<void> create_nvme_host(const std::string& nqn, const std::string& name) = 0;
    virtual Result<void> remove_nvme_host(const std::string& host_id) = 0;
    virtual Result<void> rename_host(const std::string& host_id, const std::string& name);
    // Of an NVMe host; 0 leaves a limit as it is.
    virtual Result<void> set_host_limits(const std::string& host_id, std::int64_t max_paths,
                                         std::int64_t max_system_ports);
    virtual Result<void> remove_sdc(const std::string& sdc_id);
    virtual Result<void> set_sdt_maintenance(const std::string& sdt_id, bool on);
    virtual Result<void> create_volume(const std::string& name, std::uint64_t size_gib,
                                       const std::string& pool_id) = 0;
    virtual Result<void> remove_volume(const std::string& volume_id) = 0; // snapshots too
    virtual Result<void> map(const std::string& volume_id, const std::string& host_id,
                             bool nvme) = 0;
    virtual Result<void> unmap(const std::string& volume_id, const std::string& host_id,
                               bool nvme) = 0;
    virtual Result<void> set_limits(const std::string& volume_id, const std::string& host_id,
                                    std::uint64_t iops, std::uint64_t mib_per_s) = 0;
    // All of one instant.
    virtual Result<void> snapshot(const std::vector<SnapshotWish>& wanted) = 0;
    virtual Result<void> restore(const std::string& volume_id, const std::string& snapshot_id) = 0;
};

} // namespace pf::nvmetool
