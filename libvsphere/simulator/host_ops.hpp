// What an ESXi host does with its storage: adapters, NVMe connections, devices, VMFS volumes.
//
// Each function is one operation as hostd offers it, with its faults. They lock for themselves
// (HostState::op, then World::mutex) and must be called with neither held, unless the name ends in
// `_locked`, which wants World::mutex held and does no I/O.
#pragma once

#include "libvsphere/simulator/outcome.hpp"
#include "libvsphere/simulator/world.hpp"

namespace pf::vim::sim {

// A host's path to a volume's device.
class DeviceIo : public vmfs::BlockIo {
  public:
    DeviceIo(std::shared_ptr<HostStorage> storage, std::string device_id, Timeout timeout)
        : storage_(std::move(storage)), device_id_(std::move(device_id)), timeout_(timeout) {}
    Result<void> read(uint64_t offset, MutByteSpan out) override {
        return storage_->read(device_id_, offset, out, timeout_);
    }
    Result<void> write(uint64_t offset, ByteSpan data) override {
        return storage_->write(device_id_, offset, data, timeout_);
    }
    const std::string& device_id() const { return device_id_; }

  private:
    std::shared_ptr<HostStorage> storage_;
    std::string device_id_;
    Timeout timeout_;
};

// An open volume together with one host's path to it.
struct VolumeAccess {
    std::shared_ptr<vmfs::Volume> volume;
    std::shared_ptr<DeviceIo> io;
    Transport transport = Transport::Sdc;
};

struct UnresolvedExtent {
    vmfs::Header header;
    std::string device_id;
    bool conflict = false; // the original is online on this host: "uuidConflict"
    bool multiple_copies = false;
    bool can_mount = false;
    std::string mount_reason; // why not
};

class HostOps {
  public:
    HostOps(World& world, HostState& host) : world_(world), host_(host) {}

    // --- devices ---
    // Asks the backend, then refreshes; takes Timings::rescan unless `at_once` (while seeding).
    Outcome<> rescan_devices(bool at_once = false);
    void refresh_devices(); // takes what HostStorage lists now
    Outcome<> rescan_vmfs(bool at_once = false);
    Outcome<> detach(const std::string& lun_uuid);
    Outcome<> attach(const std::string& lun_uuid);
    Outcome<> forget_device(const std::string& canonical_name);
    // By the path's runtime name, "vmhba65:C0:T0:L1".
    Outcome<> set_path(const std::string& path_name, bool enabled);
    // Devices whose paths have all been down for Misc.APDTimeout are timed out; true while others
    // have yet to be.
    bool check_apd();

    // --- adapters and NVMe ---
    Outcome<std::string> create_tcp_adapter(const std::string& pnic);
    Outcome<> remove_tcp_adapter(const std::string& name);
    Outcome<HostStorage::Discovery> discover(const NvmeTarget& target);
    Outcome<uint32_t> connect(const NvmeConnectRequest& request);
    // By number when it is not zero, else every controller of the subsystem on the adapter.
    Outcome<> disconnect(const std::string& adapter, const std::string& subnqn, uint32_t number);
    void reconnect_kept(); // at boot

    // --- VMFS ---
    Outcome<std::string> create_vmfs(const std::string& device_id, const std::string& label);
    Outcome<std::vector<UnresolvedExtent>> unresolved();
    // Both take the device (canonical name) of the copy; they return the volume's UUID.
    Outcome<std::string> resignature(const std::string& device_id);
    Outcome<std::string> force_mount(const std::string& device_id, bool persistent);
    Outcome<> unmount(const std::string& uuid);
    Outcome<> mount(const std::string& uuid);
    Outcome<> forget_volume(const std::string& uuid);
    Outcome<> rename(const std::string& uuid, const std::string& label);
    Outcome<> destroy(const std::string& uuid);
    // Bytes that the volume's device has beyond the volume; the volume takes them.
    Outcome<uint64_t> room_to_expand(const std::string& uuid);
    Outcome<> expand(const std::string& uuid);
    Outcome<std::vector<vmfs::Heartbeat>> volume_users(const std::string& uuid);
    // Devices without partitions, datastores or unresolved copies.
    Outcome<std::vector<Device>> available_disks();

    // The open volume and this host's path to it; InaccessibleDatastore when it is not mounted.
    Outcome<VolumeAccess> access(const std::string& uuid);
    Outcome<VolumeAccess> access_locked(const std::string& uuid);

    AdapterState* adapter_locked(std::string_view name);
    // vmks tagged nvmeTcp whose traffic leaves by this NIC.
    bool has_tagged_vmk_locked(const std::string& pnic) const;
    std::shared_ptr<DeviceIo> io(const std::string& device_id) const;

  private:
    struct Probed {
        std::string device_id;
        vmfs::Header header;
    };
    std::vector<Probed> probe_all();
    void refresh_devices_holding_op();
    Outcome<> rescan_vmfs_holding_op();
    Outcome<> mount_holding_op(const std::string& uuid, const std::string& device_id, bool forced);
    void wait_for_rescan() const;
    void follow_paths_locked(DeviceState& state, Device device);
    void lose_locked(DeviceState& state);
    bool path_works_locked(const std::string& device, const DevicePath& path) const;
    Outcome<> check_new_label_locked(const std::string& label, const std::string& but_uuid) const;
    Timeout timeout() const { return world_.options.timings.storage_timeout; }

    World& world_;
    HostState& host_;
};

// "vmhba65:C0:T1:L4": target by controller order on the adapter, LUN by NSID or device order.
// World::mutex held.
std::string path_name(const HostState& host, const DeviceState& device, const DevicePath& path);
// What HostState::disabled_paths holds: names a path whatever its runtime name becomes.
std::string path_identity(const std::string& device, const DevicePath& path);

// Limits of the release that this host runs.
struct NvmeLimits {
    size_t namespaces = 256;
    size_t paths_per_namespace = 8;
};
NvmeLimits nvme_limits(const HostState& host);

} // namespace pf::vim::sim
