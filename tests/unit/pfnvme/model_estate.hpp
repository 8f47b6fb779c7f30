// A vSphere and PowerFlex estate in memory, behind pfnvme's ports.
//
// It models what the engine's promises rest on: mappings by protocol, devices that appear and go
// with a rescan, signatures tied to the device id, mounts remembered host by host, tasks that take
// time and go on when the caller dies, guests that write while they run. After every change it
// checks the invariants and remembers the first violation. Faults are injected by the number of the
// changing call.
#pragma once

#include "tools/pfnvme/run/engine.hpp"
#include "tools/pfnvme/run/ports.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pf::nvmetool::test {

class ModelClock : public EngineClock {
  public:
    std::chrono::steady_clock::time_point now() override { return now_; }
    void sleep(std::chrono::milliseconds time) override { now_ += time; }

  private:
    std::chrono::steady_clock::time_point now_{};
};

// What is on a volume. Equality is the byte-for-byte comparison of the model.
struct Content {
    std::string vmfs_uuid; // empty: not formatted
    std::string label;
    std::string signature;            // device that the volume was formatted or resignatured on
    std::map<std::string, int> files; // VM directory/vmx → number of guest writes
    // Configuration file → VMFS UUID by which it names the datastore of its VM's second disk.
    std::map<std::string, std::string> named;

    friend bool operator==(const Content&, const Content&) = default;
};

struct ModelVolume {
    VolumeInfo info;
    Content content;
};

struct ModelHost {
    HostInfo info;
    std::set<std::string> seen;      // devices found by the last rescan
    std::set<std::string> off;       // administratively detached
    std::set<std::string> mounted;   // VMFS UUIDs
    std::set<std::string> unmounted; // explicitly, remembered
};

struct ModelTask {
    TaskInfo info;
    std::string object;
    std::chrono::steady_clock::time_point due;
    std::function<Result<void>()> effect;
};

enum class FaultKind {
    Refuse,      // the call fails and has no effect
    LoseCall,    // it never arrives, and nobody can tell (OutcomeUnknown)
    LoseAnswer,  // it has its effect, the answer is lost (OutcomeUnknown)
    Unreachable, // this and every later call, reading ones too, fail
};

class ModelEstate {
  public:
    explicit ModelEstate(ModelClock& model_clock) : clock(model_clock) {}

    // ---- building ----
    void add_host(const std::string& name, int index, bool onboarded);
    // A datastore on an SDC volume, mounted on all hosts.
    void add_datastore(const std::string& name, const std::string& volume_id, std::uint64_t gib);
    VmInfo& add_vm(const std::string& name, const std::string& datastore, bool on);
    // A second disk on another datastore.
    void add_disk(const std::string& vm, const std::string& datastore);

    // ---- judging ----
    // Everything that should be the same after two runs that end alike; ids of new objects left
    // out.
    [[nodiscard]] std::string summary();
    void keep(const std::string& vm, const std::string& kind, const std::string& name,
              const std::string& value); // something that vCenter keeps about a VM
    void guests_write();                 // every running VM writes once
    void fail_call(int number, FaultKind kind);
    void clear_faults();

    // ---- for the doors ----
    [[nodiscard]] Result<void> reading();
    // Runs a changing call under fault injection, then checks the invariants.
    [[nodiscard]] Result<void> change(const std::function<Result<void>()>& effect);
    [[nodiscard]] Result<std::string> start(const std::string& operation, const std::string& object,
                                            std::function<Result<void>()> effect);
    void settle_tasks();
    void rescan(const std::string& host_id);
    [[nodiscard]] std::set<std::string> reachable(const std::string& host_id) const;
    [[nodiscard]] ModelVolume* volume_on(const std::string& device);
    [[nodiscard]] const Content* content_with(const std::string& vmfs_uuid) const;
    [[nodiscard]] std::vector<DatastoreInfo> datastores();
    [[nodiscard]] VmInfo vm_view(const VmInfo& vm);
    void check_invariants();

    ModelClock& clock;
    std::string violation;
    int change_calls = 0;
    std::chrono::milliseconds task_time{120};
    std::map<std::string, ModelHost> hosts;       // by id
    std::map<std::string, ModelVolume> volumes;   // by id
    std::map<std::string, VmInfo> vms;            // registered, by moref
    std::map<std::string, std::string> vm_volume; // instance UUID → volume that holds its files
    std::map<std::string, std::vector<ContextItem>> context; // of registered VMs, by moref
    std::map<std::string, PowerFlexHost> pf_hosts;           // by id
    std::map<std::string, ModelTask> tasks;
    std::vector<SdtAddress> sdts;
    int next_id = 100;
    int fail_at = -1;
    FaultKind fail_kind = FaultKind::Refuse;
    bool down = false;
    bool shells = true;                // the hosts' SSH service answers
    std::uint64_t metadata_errors = 0; // what voma finds
};

class ModelVsphere : public VspherePort {
  public:
    explicit ModelVsphere(ModelEstate& estate) : e(estate) {}
    Result<VcenterInfo> about() override;
    Result<std::vector<HostInfo>> hosts() override;
    Result<HostInfo> host(const std::string& host_id) override;
    Result<std::vector<DatastoreInfo>> datastores() override;
    Result<std::vector<VmInfo>> vms() override;
    Result<VmInfo> vm(const std::string& vm_id) override;
    Result<VmInfo> vm_by_uuid(const std::string& instance_uuid) override;
    Result<std::vector<DeviceInfo>> devices(const std::string& host_id) override;
    Result<std::vector<UnresolvedVolume>> unresolved_volumes(const std::string& host_id) override;
    Result<TaskInfo> task(const std::string& task_id) override;
    Result<std::vector<TaskInfo>> active_tasks(const std::string& object_id) override;
    Result<std::vector<ContextItem>> vm_context(const std::vector<std::string>& vm_ids) override;
    Result<std::vector<std::string>>
    restore_context(const std::vector<ContextItem>& items) override;
    Result<MetadataCheck> check_metadata(const std::string& host_id,
                                         const std::string& device) override;
    Result<void> probe_shell(const std::string& host_id) override;
    Result<PortGroupInfo> port_group(const std::string& host_id, const std::string& name) override;
    Result<std::string> add_vmk(const std::string& host_id, const VmkRequest& request) override;
    Result<void> remove_vmk(const std::string& host_id, const std::string& vmk) override;
    Result<void> tag_vmk(const std::string& host_id, const std::string& vmk) override;
    Result<void> untag_vmk(const std::string& host_id, const std::string& vmk) override;
    Result<void> add_nvme_adapter(const std::string& host_id, const std::string& nic) override;
    Result<void> remove_nvme_adapter(const std::string& host_id,
                                     const std::string& adapter) override;
    Result<void> connect_controller(const std::string& host_id, const std::string& adapter,
                                    const std::string& address, std::uint16_t port,
                                    const std::string& subsystem_nqn) override;
    Result<void> disconnect_controller(const std::string& host_id, const std::string& adapter,
                                       std::int32_t number,
                                       const std::string& subsystem_nqn) override;
    Result<void> rescan(const std::string& host_id) override;
    Result<void> detach_device(const std::string& host_id, const std::string& device_uuid) override;
    Result<void> attach_device(const std::string& host_id, const std::string& device_uuid) override;
    Result<void> unmount(const std::string& host_id, const std::string& vmfs_uuid) override;
    Result<void> mount(const std::string& host_id, const std::string& vmfs_uuid) override;
    Result<void> create_datastore(const std::string& host_id, const std::string& device,
                                  const std::string& name) override;
    Result<void> remove_datastore(const std::string& host_id,
                                  const std::string& datastore_id) override;
    Result<void> rename_datastore(const std::string& datastore_id,
                                  const std::string& name) override;
    Result<std::vector<FileFailure>> update_vm_paths(const std::string& datastore_id,
                                                     const std::vector<MovedVmfs>& moved) override;
    Result<std::string> start_resignature(const std::string& host_id,
                                          const std::string& device_path) override;
    Result<void> shutdown_guest(const std::string& vm_id) override;
    Result<std::string> start_power_off(const std::string& vm_id) override;
    Result<std::string> start_power_on(const std::string& vm_id) override;
    Result<void> answer_moved(const std::string& vm_id) override;
    Result<void> unregister(const std::string& vm_id) override;
    Result<std::string> start_register(const std::string& folder_id, const std::string& vmx_path,
                                       const std::string& name, bool as_template,
                                       const std::string& pool_id,
                                       const std::string& host_id) override;
    Result<std::string> start_relocate(const std::string& vm_id,
                                       const std::string& datastore_id) override;

  private:
    ModelEstate& e;
};

class ModelPowerFlex final : public PowerFlexPort {
  public:
    explicit ModelPowerFlex(ModelEstate& estate) : e(estate) {}
    Result<PowerFlexInfo> about() override;
    Result<std::vector<SdtAddress>> sdt_addresses() override;
    Result<std::vector<PoolInfo>> pools() override;
    Result<std::vector<PowerFlexHost>> hosts() override;
    Result<std::vector<VolumeInfo>> volumes() override;
    Result<VolumeInfo> volume(const std::string& volume_id) override;
    Result<void> create_nvme_host(const std::string& nqn, const std::string& name) override;
    Result<void> remove_nvme_host(const std::string& host_id) override;
    Result<void> create_volume(const std::string& name, std::uint64_t size_gib,
                               const std::string& pool_id) override;
    Result<void> remove_volume(const std::string& volume_id) override;
    Result<void> map(const std::string& volume_id, const std::string& host_id, bool nvme) override;
    Result<void> unmap(const std::string& volume_id, const std::string& host_id,
                       bool nvme) override;
    Result<void> set_limits(const std::string& volume_id, const std::string& host_id,
                            std::uint64_t iops, std::uint64_t mib_per_s) override;
    Result<void> snapshot(const std::vector<SnapshotWish>& wanted) override;
    Result<void> restore(const std::string& volume_id, const std::string& snapshot_id) override;

  private:
    ModelEstate& e;
};

} // namespace pf::nvmetool::test
