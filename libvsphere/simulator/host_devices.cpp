// Devices, adapters and NVMe connections of a simulated host.
#include "base/log.hpp"
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/extras.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

bool usable(const DevicePath& path) {
    return path.ana == AnaState::Optimized || path.ana == AnaState::NonOptimized;
}

// An event of the VMkernel's, "esx.problem.storage.apd.start".
void kernel_event(World& world, const HostState& host, const char* id, const char* severity,
                  const DeviceState& device, std::string text) {
    Value argument =
        Value(DataObject("KeyAnyValue", {{"key", Value("1")}, {"value", Value(device.info.id)}}));
    post_event(world, "EventEx", "", host.ref(), text,
               {{"eventTypeId", Value(id)},
                {"severity", Value(severity)},
                {"message", Value(text)},
                {"arguments", Value::array("KeyAnyValue", {std::move(argument)})},
                {"objectId", Value(host.moid())},
                {"objectType", Value("HostSystem")},
                {"objectName", Value(host.spec.name)}});
}

} // namespace

std::string path_identity(const std::string& device, const DevicePath& path) {
    return fmt::format("{}|{}|{}:{}", device, path.adapter, path.address, path.port);
}

std::string path_name(const HostState& host, const DeviceState& device, const DevicePath& path) {
    unsigned target = 0;
    unsigned lun = 0;
    if (device.info.transport == Transport::NvmeTcp) {
        for (const NvmeController& controller : host.controllers) {
            if (controller.number == path.controller_number) {
                break;
            }
            target += controller.target.adapter == path.adapter ? 1 : 0;
        }
        lun = device.info.nsid == 0 ? 0 : device.info.nsid - 1;
    } else {
        for (const auto& [id, other] : host.devices) {
            if (id == device.info.id) {
                break;
            }
            lun += other.info.transport == device.info.transport ? 1 : 0;
        }
    }
    return fmt::format("{}:C0:T{}:L{}", path.adapter, target, lun);
}

NvmeLimits nvme_limits(const HostState& host) {
    return host.is_version_7() ? NvmeLimits{32, 4} : NvmeLimits{256, 8};
}

std::shared_ptr<DeviceIo> HostOps::io(const std::string& device_id) const {
    return std::make_shared<DeviceIo>(host_.storage, device_id, timeout());
}

Outcome<> HostOps::rescan_devices(bool at_once) {
    const std::lock_guard op(host_.op);
    std::unique_lock<std::mutex> alone;
    if (world_.options.rescan_order == RescanOrder::WholeEstate) {
        alone = std::unique_lock(world_.rescan_mutex);
    }
    if (!at_once) {
        wait_for_rescan();
    }
    auto scanned = host_.storage->rescan(timeout());
    alone = {};
    refresh_devices_holding_op();
    if (!scanned) {
        return raise_storage(scanned.error(), host_.spec.name);
    }
    return {};
}

// What a rescan takes on top of the backend's own time; ends with the simulator.
void HostOps::wait_for_rescan() const {
    std::unique_lock lock(world_.mutex);
    const MonoTime until = mono_now() + world_.options.timings.rescan;
    world_.changed.wait_until(lock, until, [&] { return world_.stopping; });
}

bool HostOps::path_works_locked(const std::string& device, const DevicePath& path) const {
    return path.live && usable(path) && !host_.disabled_paths.contains(path_identity(device, path));
}

// Takes a device as the storage lists it. With no path left it is an APD condition: the device is
// expected back, and times out when it stays away.
void HostOps::follow_paths_locked(DeviceState& state, Device device) {
    if (device.paths.empty()) {
        state.info = std::move(device);
        return lose_locked(state);
    }
    const bool lost =
        std::none_of(device.paths.begin(), device.paths.end(),
                     [&](const DevicePath& p) { return path_works_locked(device.id, p); });
    const bool was_down = state.down_since.has_value();
    const bool was_gone = state.gone;
    state.info = std::move(device);
    state.lost = lost;
    state.gone = false;
    if (lost && !was_down) {
        state.down_since = world_.now();
        kernel_event(world_, host_, "esx.problem.storage.apd.start", "warning", state,
                     fmt::format("Device or filesystem with identifier {} has entered the All "
                                 "Paths Down state.",
                                 state.info.id));
    } else if (!lost && was_down) {
        state.down_since.reset();
        state.timed_out = false;
        kernel_event(world_, host_, "esx.clear.storage.apd.exit", "info", state,
                     fmt::format("Device or filesystem with identifier {} has exited the All "
                                 "Paths Down state.",
                                 state.info.id));
    } else if (!lost && was_gone) {
        kernel_event(world_, host_, "esx.clear.scsi.device.state.on", "info", state,
                     fmt::format("Device {} is back online.", state.info.id));
    }
}

// Gone for good (PDL): nobody waits for it.
void HostOps::lose_locked(DeviceState& state) {
    const bool was_gone = state.gone;
    state.lost = true;
    state.gone = true;
    state.timed_out = false;
    state.down_since.reset();
    state.info.paths.clear();
    if (!was_gone) {
        kernel_event(world_, host_, "esx.problem.scsi.device.state.permanentloss", "error", state,
                     fmt::format("Device {} has been removed or is permanently inaccessible.",
                                 state.info.id));
    }
}

bool HostOps::check_apd() {
    const std::lock_guard lock(world_.mutex);
    const MonoTime now = world_.now();
    const auto set = host_.advanced.find("/Misc/APDTimeout");
    const std::chrono::seconds patience = set == host_.advanced.end()
                                              ? world_.options.timings.apd_timeout
                                              : std::chrono::seconds(set->second);
    bool changed = false;
    bool waiting = false;
    for (auto& [id, device] : host_.devices) {
        waiting = waiting || (device.down_since && !device.timed_out);
        if (device.down_since && !device.timed_out && now - *device.down_since >= patience) {
            device.timed_out = true;
            changed = true;
            kernel_event(world_, host_, "esx.problem.storage.apd.timeout", "warning", device,
                         fmt::format("Device or filesystem with identifier {} has entered the All "
                                     "Paths Down Timeout state after being in the All Paths Down "
                                     "state for {} seconds. I/Os will now be fast failed.",
                                     id, patience.count()));
        }
    }
    if (changed) {
        world_.touch();
    }
    return waiting;
}

Outcome<> HostOps::set_path(const std::string& name, bool enabled) {
    const std::lock_guard op(host_.op);
    {
        const std::lock_guard lock(world_.mutex);
        const DeviceState* owner = nullptr;
        const DevicePath* wanted = nullptr;
        size_t others = 0;
        for (const auto& [id, device] : host_.devices) {
            for (const DevicePath& path : device.info.paths) {
                if (path_name(host_, device, path) == name) {
                    owner = &device;
                    wanted = &path;
                }
            }
        }
        if (wanted == nullptr) {
            return raise_not_found("");
        }
        const std::string& id = owner->info.id;
        for (const DevicePath& path : owner->info.paths) {
            others += &path != wanted && path_works_locked(id, path) ? 1 : 0;
        }
        const bool used =
            std::any_of(host_.volumes.begin(), host_.volumes.end(), [&](const auto& v) {
                return v.second.mounted && v.second.device_id == id;
            });
        if (!enabled && others == 0 && used) {
            return raise(
                "HostConfigFault",
                fmt::format("Path {} is the last one to device {}, which is in use.", name, id));
        }
        if (enabled) {
            host_.disabled_paths.erase(path_identity(id, *wanted));
        } else {
            host_.disabled_paths.insert(path_identity(id, *wanted));
        }
    }
    refresh_devices_holding_op();
    return {};
}

void HostOps::refresh_devices() {
    const std::lock_guard op(host_.op);
    refresh_devices_holding_op();
}

// New namespaces past the release's limits, and namespaces with no accessible path, are silently
// not registered: that is how ESXi treats them.
void HostOps::refresh_devices_holding_op() {
    std::vector<Device> listed = host_.storage->list_devices();
    std::vector<NvmeController> controllers = host_.storage->nvme_controllers();
    const std::string nqn = host_.storage->host_nqn();
    const std::string guid = host_.spec.sdc ? host_.storage->sdc_guid() : "";
    const std::string mdms = guid.empty() ? "" : host_.storage->sdc_mdm_addresses();
    const NvmeLimits limits = nvme_limits(host_);
    const std::lock_guard lock(world_.mutex);
    host_.nqn = nqn;
    if (!guid.empty()) {
        host_.module_options["scini"] =
            fmt::format("IoctlIniGuidStr={} IoctlMdmIPStr={}", guid, mdms);
    }
    host_.controllers = std::move(controllers);
    // Known devices first, so that a limit hits newcomers only.
    std::stable_partition(listed.begin(), listed.end(),
                          [&](const Device& d) { return host_.devices.contains(d.id); });
    std::set<std::string> present;
    size_t namespaces = 0;
    for (Device& device : listed) {
        const bool known = host_.devices.contains(device.id);
        if (device.transport == Transport::NvmeTcp) {
            const bool accessible = std::any_of(device.paths.begin(), device.paths.end(), usable);
            if (!known && (!accessible || namespaces >= limits.namespaces)) {
                log("simulator")
                    .warn("namespace not registered host={} device={} accessible={}",
                          host_.spec.name, device.id, accessible);
                continue;
            }
            ++namespaces;
            if (device.paths.size() > limits.paths_per_namespace) {
                device.paths.resize(limits.paths_per_namespace);
            }
        } else if (device.transport == Transport::Sdc) {
            for (DevicePath& path : device.paths) {
                if (path.adapter.empty()) {
                    path.adapter = "vmhba64";
                }
            }
        }
        present.insert(device.id);
        DeviceState& state = host_.devices[device.id];
        state.off = host_.kept_off.contains(device.id);
        state.uuid = device_uuid(device);
        follow_paths_locked(state, std::move(device));
    }
    for (auto it = host_.devices.begin(); it != host_.devices.end();) {
        const bool in_use = std::any_of(host_.volumes.begin(), host_.volumes.end(), [&](auto& v) {
            return v.second.mounted && v.second.device_id == it->first;
        });
        if (present.contains(it->first)) {
            ++it;
        } else if (in_use) { // gone for good (PDL), but it stays while something holds it
            lose_locked(it->second);
            ++it;
        } else {
            it = host_.devices.erase(it);
        }
    }
    for (auto it = host_.volumes.begin(); it != host_.volumes.end();) {
        HostVolume& volume = it->second;
        const auto device = host_.devices.find(volume.device_id);
        volume.accessible =
            device != host_.devices.end() && !device->second.lost && !device->second.off;
        // An unmounted volume is known by its device only.
        it = device == host_.devices.end() && !volume.mounted ? host_.volumes.erase(it)
                                                              : std::next(it);
    }
    world_.drop_unseen_datastores();
    world_.touch();
}

Outcome<> HostOps::detach(const std::string& lun_uuid) {
    const std::lock_guard op(host_.op);
    const std::lock_guard lock(world_.mutex);
    for (auto& [id, device] : host_.devices) {
        if (device.uuid != lun_uuid) {
            continue;
        }
        if (device.off) {
            return raise("InvalidState", "The operation is not allowed in the current state.");
        }
        for (const auto& [uuid, volume] : host_.volumes) {
            if (volume.mounted && volume.device_id == id) {
                const DatastoreState* ds = world_.datastore_of(uuid);
                return raise_in_use("VmfsVolume", ds != nullptr ? ds->name : uuid,
                                    fmt::format("The resource '{}' is in use.", id));
            }
        }
        if (host_.dump_device == id) {
            return raise_in_use("ScsiLun", id,
                                fmt::format("'{}' is the host's diagnostic partition.", id));
        }
        for (const auto& [number, vm] : world_.vms) {
            for (const VmDisk& disk : vm.disks) {
                if (disk.rdm_device == id && vm.host == host_.moid()) {
                    return raise_in_use("ScsiLun", id,
                                        fmt::format("'{}' is a raw disk of VM '{}'.", id, vm.name));
                }
            }
        }
        device.off = true;
        host_.kept_off.insert(id);
        world_.touch();
        return {};
    }
    return raise_not_found("");
}

Outcome<> HostOps::attach(const std::string& lun_uuid) {
    const std::lock_guard op(host_.op);
    const std::lock_guard lock(world_.mutex);
    for (auto& [id, device] : host_.devices) {
        if (device.uuid == lun_uuid) {
            if (!device.off) {
                return raise("InvalidState", "The operation is not allowed in the current state.");
            }
            device.off = false;
            host_.kept_off.erase(id);
            world_.touch();
            return {};
        }
    }
    return raise_not_found("");
}

Outcome<> HostOps::forget_device(const std::string& canonical_name) {
    const std::lock_guard op(host_.op);
    const std::lock_guard lock(world_.mutex);
    if (host_.devices.contains(canonical_name)) {
        return raise("HostConfigFault",
                     fmt::format("Device {} is present; attach it instead.", canonical_name));
    }
    if (host_.kept_off.erase(canonical_name) == 0) {
        return raise("HostConfigFault",
                     fmt::format("No detached device {} is remembered.", canonical_name));
    }
    world_.touch();
    return {};
}

AdapterState* HostOps::adapter_locked(std::string_view name) {
    for (AdapterState& adapter : host_.adapters) {
        if (adapter.name == name) {
            return &adapter;
        }
    }
    return nullptr;
}

bool HostOps::has_tagged_vmk_locked(const std::string& pnic) const {
    for (const VmkSpec& vmk : host_.spec.vmks) {
        const auto services = host_.services.find(vmk.name);
        if (services == host_.services.end() || !services->second.contains("nvmeTcp")) {
            continue;
        }
        for (const PortGroupSpec& group : host_.spec.portgroups) {
            if (group.name != vmk.portgroup) {
                continue;
            }
            std::vector<std::string> uplinks = group.active_nics;
            for (const VswitchSpec& vswitch : host_.spec.vswitches) {
                if (uplinks.empty() && vswitch.name == group.vswitch) {
                    uplinks = vswitch.nics;
                }
            }
            if (std::find(uplinks.begin(), uplinks.end(), pnic) != uplinks.end()) {
                return true;
            }
        }
        for (const DvSwitchSpec& dvs : world_.estate.dvswitches) {
            for (const DvPortGroupSpec& group : dvs.portgroups) {
                const auto& active = group.active_uplinks;
                for (size_t i = 0; i < dvs.nics.size() && i < dvs.uplinks.size(); ++i) {
                    const bool in_use = active.empty() || std::find(active.begin(), active.end(),
                                                                    dvs.uplinks[i]) != active.end();
                    if (group.name == vmk.portgroup && dvs.nics[i] == pnic && in_use) {
                        return true;
                    }
                }
            }
        }
    }
    return false;
}

Outcome<std::string> HostOps::create_tcp_adapter(const std::string& pnic) {
    const std::lock_guard op(host_.op);
    const std::lock_guard lock(world_.mutex);
    const bool exists = std::any_of(host_.spec.nics.begin(), host_.spec.nics.end(),
                                    [&](const NicSpec& nic) { return nic.name == pnic; });
    if (!exists) {
        return raise_not_found("");
    }
    for (const AdapterState& adapter : host_.adapters) {
        if (adapter.kind == AdapterKind::NvmeTcp && adapter.pnic == pnic) {
            return raise_in_use(
                "PhysicalNic", pnic,
                fmt::format("The resource '{}' is in use by {}.", pnic, adapter.name));
        }
    }
    AdapterState adapter;
    adapter.name = fmt::format("vmhba{}", host_.next_adapter++);
    adapter.kind = AdapterKind::NvmeTcp;
    adapter.pnic = pnic;
    host_.adapters.push_back(adapter);
    world_.touch();
    return adapter.name;
}

Outcome<> HostOps::remove_tcp_adapter(const std::string& name) {
    const std::lock_guard op(host_.op);
    {
        const std::lock_guard lock(world_.mutex);
        const AdapterState* adapter = adapter_locked(name);
        if (adapter == nullptr) {
            return raise_not_found("");
        }
        if (adapter->kind != AdapterKind::NvmeTcp) {
            return raise_invalid_argument("hbaDeviceName",
                                          name + " is not a removable software adapter");
        }
    }
    for (const NvmeController& controller : host_.storage->nvme_controllers()) {
        if (controller.target.adapter == name) {
            return raise_in_use("HostTcpHba", name,
                                fmt::format("The resource '{}' is in use: controller {} is "
                                            "connected.",
                                            name, controller.number));
        }
    }
    const std::lock_guard lock(world_.mutex);
    std::erase_if(host_.adapters, [&](const AdapterState& a) { return a.name == name; });
    world_.touch();
    return {};
}

namespace {

tl::unexpected<Fault> connect_fault(const Error& error, const NvmeTarget& target) {
    switch (error.code) {
    case Errc::NotFound:
        return raise_not_found("");
    case Errc::InvalidArgument:
        return raise_invalid_argument("connectSpec", error.what);
    default:
        return raise("HostConfigFault",
                     fmt::format("An error occurred during host configuration: {}:{}: {}",
                                 target.address, target.port, error.what));
    }
}

} // namespace

Outcome<HostStorage::Discovery> HostOps::discover(const NvmeTarget& target) {
    const std::lock_guard op(host_.op);
    {
        const std::lock_guard lock(world_.mutex);
        const AdapterState* adapter = adapter_locked(target.adapter);
        // What a missing vmk tag looks like on a host: the adapter cannot find a way out.
        if (adapter == nullptr || adapter->kind != AdapterKind::NvmeTcp ||
            !has_tagged_vmk_locked(adapter->pnic)) {
            return raise_not_found("");
        }
    }
    auto found = host_.storage->nvme_discover(target, timeout());
    if (!found) {
        return connect_fault(found.error(), target);
    }
    return std::move(*found);
}

Outcome<uint32_t> HostOps::connect(const NvmeConnectRequest& request) {
    const std::lock_guard op(host_.op);
    {
        const std::lock_guard lock(world_.mutex);
        const AdapterState* adapter = adapter_locked(request.target.adapter);
        if (adapter == nullptr || adapter->kind != AdapterKind::NvmeTcp ||
            !has_tagged_vmk_locked(adapter->pnic)) {
            return raise_not_found("");
        }
    }
    auto number = host_.storage->nvme_connect(request, timeout());
    if (!number) {
        return connect_fault(number.error(), request.target);
    }
    {
        const std::lock_guard lock(world_.mutex);
        std::erase_if(host_.kept_connections, [&](const NvmeConnectRequest& kept) {
            return kept.target.adapter == request.target.adapter &&
                   kept.target.address == request.target.address &&
                   kept.target.port == request.target.port && kept.subnqn == request.subnqn;
        });
        host_.kept_connections.push_back(request);
    }
    refresh_devices_holding_op();
    return *number;
}

Outcome<> HostOps::disconnect(const std::string& adapter, const std::string& subnqn,
                              uint32_t number) {
    const std::lock_guard op(host_.op);
    {
        const std::lock_guard lock(world_.mutex);
        if (adapter_locked(adapter) == nullptr) {
            return raise_not_found("");
        }
    }
    size_t matched = 0;
    std::optional<Error> failed;
    for (const NvmeController& controller : host_.storage->nvme_controllers()) {
        const bool wanted = controller.target.adapter == adapter &&
                            (number != 0 ? controller.number == number
                                         : !subnqn.empty() && controller.subnqn == subnqn);
        if (!wanted) {
            continue;
        }
        ++matched;
        auto gone = host_.storage->nvme_disconnect(controller.number, timeout());
        if (!gone) {
            failed = gone.error();
            continue;
        }
        const std::lock_guard lock(world_.mutex);
        std::erase_if(host_.kept_connections, [&](const NvmeConnectRequest& kept) {
            return kept.target.adapter == adapter && kept.subnqn == controller.subnqn &&
                   kept.target.address == controller.target.address &&
                   kept.target.port == controller.target.port;
        });
    }
    refresh_devices_holding_op();
    if (failed) {
        return raise_storage(*failed, adapter);
    }
    if (matched == 0) {
        return raise_not_found("");
    }
    return {};
}

void HostOps::reconnect_kept() {
    const std::lock_guard op(host_.op);
    std::vector<NvmeConnectRequest> kept;
    {
        const std::lock_guard lock(world_.mutex);
        kept = host_.kept_connections;
    }
    for (const NvmeConnectRequest& request : kept) {
        auto number = host_.storage->nvme_connect(request, timeout());
        if (!number) {
            log("simulator")
                .warn("reconnect failed host={} target={}:{} error={}", host_.spec.name,
                      request.target.address, request.target.port, number.error().what);
        }
    }
    refresh_devices_holding_op();
}

} // namespace pf::vim::sim
