#include "tests/unit/pfnvme/model_estate.hpp"

#include <algorithm>

namespace pf::nvmetool::test {

namespace {

DeviceInfo device_view(ModelEstate& e, const ModelHost& host, const std::string& device,
                       bool lost) {
    DeviceInfo out;
    out.name = device;
    out.uuid = "uuid-of-" + device;
    out.block_bytes = 512;
    out.attached = !host.off.contains(device);
    out.lost = lost;
    const ModelVolume* volume = e.volume_on(device);
    out.blocks = volume->info.size_kib * 2;
    out.nvme = device == nvme_device_name("1250de83018c2d0f", volume->info.id);
    out.plugin = out.nvme ? "HPP" : "NMP";
    out.paths_total = out.nvme ? static_cast<std::uint32_t>(host.info.controllers.size()) : 1;
    out.paths_active = lost ? 0 : out.paths_total;
    return out;
}

std::string device_of_uuid(const std::string& uuid) {
    return uuid.substr(std::string("uuid-of-").size());
}

} // namespace

Result<VcenterInfo> ModelVsphere::about() {
    PF_CHECK(e.reading());
    return VcenterInfo{"https://vc.lab", "administrator@vsphere.local", "VMware vCenter Server",
                       "7.0.3", "vc-uuid-1"};
}

Result<std::vector<HostInfo>> ModelVsphere::hosts() {
    PF_CHECK(e.reading());
    std::vector<HostInfo> out;
    for (const auto& [id, host] : e.hosts) {
        out.push_back(host.info);
    }
    return out;
}

Result<HostInfo> ModelVsphere::host(const std::string& host_id) {
    PF_CHECK(e.reading());
    return e.hosts.at(host_id).info;
}

Result<std::vector<DatastoreInfo>> ModelVsphere::datastores() {
    PF_CHECK(e.reading());
    return e.datastores();
}

Result<std::vector<VmInfo>> ModelVsphere::vms() {
    PF_CHECK(e.reading());
    std::vector<VmInfo> out;
    for (const auto& [id, vm] : e.vms) {
        out.push_back(e.vm_view(vm));
    }
    return out;
}

Result<VmInfo> ModelVsphere::vm(const std::string& vm_id) {
    PF_CHECK(e.reading());
    const auto found = e.vms.find(vm_id);
    if (found == e.vms.end()) {
        return fail(Errc::NotFound, "no VM {}", vm_id);
    }
    return e.vm_view(found->second);
}

Result<VmInfo> ModelVsphere::vm_by_uuid(const std::string& instance_uuid) {
    PF_CHECK(e.reading());
    for (const auto& [id, vm] : e.vms) {
        if (vm.instance_uuid == instance_uuid) {
            return e.vm_view(vm);
        }
    }
    return fail(Errc::NotFound, "no VM with instance UUID {}", instance_uuid);
}

Result<std::vector<DeviceInfo>> ModelVsphere::devices(const std::string& host_id) {
    PF_CHECK(e.reading());
    const ModelHost& host = e.hosts.at(host_id);
    const std::set<std::string> alive = e.reachable(host_id);
    std::vector<DeviceInfo> out;
    for (const std::string& device : host.seen) {
        out.push_back(device_view(e, host, device, !alive.contains(device)));
    }
    return out;
}

Result<std::vector<UnresolvedVolume>> ModelVsphere::unresolved_volumes(const std::string& host_id) {
    PF_CHECK(e.reading());
    std::vector<UnresolvedVolume> out;
    for (const std::string& device : e.hosts.at(host_id).seen) {
        const Content& content = e.volume_on(device)->content;
        if (!content.vmfs_uuid.empty() && content.signature != device) {
            out.push_back({content.label, content.vmfs_uuid, device,
                           "/vmfs/devices/disks/" + device + ":1", true, false});
        }
    }
    return out;
}

Result<TaskInfo> ModelVsphere::task(const std::string& task_id) {
    PF_CHECK(e.reading());
    const auto found = e.tasks.find(task_id);
    return found == e.tasks.end() ? TaskInfo{} : found->second.info;
}

Result<std::vector<TaskInfo>> ModelVsphere::active_tasks(const std::string& object_id) {
    PF_CHECK(e.reading());
    std::vector<TaskInfo> out;
    for (const auto& [id, task] : e.tasks) {
        if (task.object == object_id && task.info.active()) {
            out.push_back(task.info);
        }
    }
    return out;
}

Result<std::vector<ContextItem>> ModelVsphere::vm_context(const std::vector<std::string>& vm_ids) {
    PF_CHECK(e.reading());
    std::vector<ContextItem> out;
    for (const std::string& id : vm_ids) {
        const std::vector<ContextItem>& kept = e.context[id];
        out.insert(out.end(), kept.begin(), kept.end());
    }
    return out;
}

Result<std::vector<std::string>>
ModelVsphere::restore_context(const std::vector<ContextItem>& items) {
    std::vector<std::string> out(items.size());
    PF_CHECK(e.change([&]() -> Result<void> {
        for (std::size_t i = 0; i < items.size(); ++i) {
            const Result<VmInfo> vm = vm_by_uuid(items[i].vm_uuid);
            if (!vm) {
                out[i] = "the VM is not registered";
            } else if (items[i].kind == "alarm") {
                out[i] = "an alarm can't be put back";
            } else {
                std::erase_if(e.context[vm->id], [&](const ContextItem& item) {
                    return item.kind == items[i].kind && item.name == items[i].name;
                });
                e.context[vm->id].push_back(items[i]);
            }
        }
        return {};
    }));
    return out;
}

Result<MetadataCheck> ModelVsphere::check_metadata(const std::string& host_id,
                                                   const std::string& device) {
    PF_CHECK(e.reading());
    if (!e.hosts.at(host_id).seen.contains(device) || e.hosts.at(host_id).off.contains(device)) {
        return fail(Errc::Fault, "device {} can't be opened", device);
    }
    if (!e.shells) {
        return MetadataCheck{false, 0, "no shell"};
    }
    if (const ModelVolume* volume = e.volume_on(device); volume != nullptr) {
        for (const auto& [id, host] : e.hosts) {
            if (host.mounted.contains(volume->content.vmfs_uuid)) {
                return MetadataCheck{false, 0, "it is mounted on " + host.info.name};
            }
        }
    }
    return MetadataCheck{true, e.metadata_errors, "Total Errors Found"};
}

Result<void> ModelVsphere::probe_shell(const std::string& host_id) {
    PF_CHECK(e.reading());
    if (!e.shells) {
        return fail(Errc::Unreachable, "host {} has no shell", host_id);
    }
    return {};
}

Result<PortGroupInfo> ModelVsphere::port_group(const std::string&, const std::string& name) {
    PF_CHECK(e.reading());
    return PortGroupInfo{name, "vSwitch1", 9000, "", ""};
}

Result<std::string> ModelVsphere::add_vmk(const std::string& host_id, const VmkRequest& request) {
    std::string name;
    PF_CHECK(e.change([&]() -> Result<void> {
        std::vector<VmkNic>& vmks = e.hosts.at(host_id).info.vmks;
        for (const VmkNic& other : vmks) {
            if (other.portgroup == request.group.name) {
                return fail(Errc::AlreadyExists, "{} is there", other.name);
            }
        }
        name = fmt::format("vmk{}", vmks.size());
        VmkNic vmk;
        vmk.name = name;
        vmk.address = request.address;
        vmk.netmask = request.netmask;
        vmk.portgroup = request.group.name;
        vmk.mtu = request.mtu;
        vmk.uplinks = {"vmnic0"};
        vmks.push_back(std::move(vmk));
        return {};
    }));
    return name;
}

Result<void> ModelVsphere::remove_vmk(const std::string& host_id, const std::string& vmk) {
    return e.change([&]() -> Result<void> {
        std::erase_if(e.hosts.at(host_id).info.vmks,
                      [&](const VmkNic& item) { return item.name == vmk; });
        return {};
    });
}

Result<void> ModelVsphere::tag_vmk(const std::string& host_id, const std::string& vmk) {
    return e.change([&]() -> Result<void> {
        for (VmkNic& item : e.hosts.at(host_id).info.vmks) {
            item.nvme_tagged = item.nvme_tagged || item.name == vmk;
        }
        return {};
    });
}

Result<void> ModelVsphere::untag_vmk(const std::string& host_id, const std::string& vmk) {
    return e.change([&]() -> Result<void> {
        for (VmkNic& item : e.hosts.at(host_id).info.vmks) {
            item.nvme_tagged = item.nvme_tagged && item.name != vmk;
        }
        return {};
    });
}

Result<void> ModelVsphere::add_nvme_adapter(const std::string& host_id, const std::string& nic) {
    return e.change([&]() -> Result<void> {
        HostInfo& host = e.hosts.at(host_id).info;
        for (const NvmeAdapter& adapter : host.adapters) {
            if (adapter.nic == nic) {
                return fail(Errc::Busy, "{} has an adapter", nic);
            }
        }
        host.adapters.push_back({"vmhba" + std::to_string(e.next_id++), nic});
        return {};
    });
}

Result<void> ModelVsphere::remove_nvme_adapter(const std::string& host_id,
                                               const std::string& adapter) {
    return e.change([&]() -> Result<void> {
        std::erase_if(e.hosts.at(host_id).info.adapters,
                      [&](const NvmeAdapter& item) { return item.name == adapter; });
        return {};
    });
}

Result<void> ModelVsphere::connect_controller(const std::string& host_id,
                                              const std::string& adapter,
                                              const std::string& address, std::uint16_t port,
                                              const std::string& subsystem_nqn) {
    return e.change([&]() -> Result<void> {
        HostInfo& host = e.hosts.at(host_id).info;
        const bool tagged = std::any_of(host.vmks.begin(), host.vmks.end(),
                                        [](const VmkNic& vmk) { return vmk.nvme_tagged; });
        const bool known = std::any_of(e.pf_hosts.begin(), e.pf_hosts.end(), [&](const auto& item) {
            return item.second.nvme && item.second.nqn == host.nqn;
        });
        if (!tagged || !known) {
            return fail(Errc::NotFound, "The object or item referred to could not be found.");
        }
        NvmeController item;
        item.number = e.next_id++;
        item.subsystem_nqn = subsystem_nqn;
        item.adapter = adapter;
        item.address = address;
        item.port = port;
        item.online = true;
        item.name = fmt::format("{}#{}#{}:{}", subsystem_nqn, adapter, address, port);
        host.controllers.push_back(item);
        return {};
    });
}

Result<void> ModelVsphere::disconnect_controller(const std::string& host_id, const std::string&,
                                                 std::int32_t number, const std::string&) {
    return e.change([&]() -> Result<void> {
        std::erase_if(e.hosts.at(host_id).info.controllers,
                      [&](const NvmeController& item) { return item.number == number; });
        return {};
    });
}

Result<void> ModelVsphere::rescan(const std::string& host_id) {
    return e.change([&]() -> Result<void> {
        e.rescan(host_id);
        return {};
    });
}

Result<void> ModelVsphere::detach_device(const std::string& host_id,
                                         const std::string& device_uuid) {
    return e.change([&]() -> Result<void> {
        ModelHost& host = e.hosts.at(host_id);
        const std::string device = device_of_uuid(device_uuid);
        if (host.mounted.contains(e.volume_on(device)->content.vmfs_uuid)) {
            return fail(Errc::Busy, "device {} is mounted", device);
        }
        host.off.insert(device);
        return {};
    });
}

Result<void> ModelVsphere::attach_device(const std::string& host_id,
                                         const std::string& device_uuid) {
    return e.change([&]() -> Result<void> {
        e.hosts.at(host_id).off.erase(device_of_uuid(device_uuid));
        return {};
    });
}

Result<void> ModelVsphere::unmount(const std::string& host_id, const std::string& vmfs_uuid) {
    return e.change([&]() -> Result<void> {
        for (const DatastoreInfo& datastore : e.datastores()) {
            if (datastore.uuid == vmfs_uuid && !datastore.vm_ids.empty()) {
                return fail(Errc::Busy, "datastore {} has registered VMs", datastore.name);
            }
        }
        e.hosts.at(host_id).mounted.erase(vmfs_uuid);
        e.hosts.at(host_id).unmounted.insert(vmfs_uuid);
        return {};
    });
}

Result<void> ModelVsphere::mount(const std::string& host_id, const std::string& vmfs_uuid) {
    return e.change([&]() -> Result<void> {
        ModelHost& host = e.hosts.at(host_id);
        for (const std::string& device : host.seen) {
            const Content& content = e.volume_on(device)->content;
            if (content.vmfs_uuid == vmfs_uuid && content.signature == device &&
                !host.off.contains(device)) {
                host.mounted.insert(vmfs_uuid);
                host.unmounted.erase(vmfs_uuid);
                return {};
            }
        }
        return fail(Errc::NotFound, "host {} does not see the volume {}", host.info.name,
                    vmfs_uuid);
    });
}

Result<void> ModelVsphere::create_datastore(const std::string& host_id, const std::string& device,
                                            const std::string& name) {
    return e.change([&]() -> Result<void> {
        ModelVolume* volume = e.volume_on(device);
        if (volume == nullptr || !volume->content.vmfs_uuid.empty()) {
            return fail(Errc::Conflict, "device {} can't be formatted", device);
        }
        volume->content = {"uuid-" + std::to_string(e.next_id++), name, device, {}};
        e.hosts.at(host_id).mounted.insert(volume->content.vmfs_uuid);
        return {};
    });
}

Result<void> ModelVsphere::remove_datastore(const std::string&, const std::string& datastore_id) {
    return e.change([&]() -> Result<void> {
        for (auto& [id, volume] : e.volumes) {
            if ("datastore-" + volume.content.vmfs_uuid == datastore_id) {
                for (auto& [host_id, host] : e.hosts) {
                    host.mounted.erase(volume.content.vmfs_uuid);
                }
                volume.content = {};
            }
        }
        return {};
    });
}

Result<void> ModelVsphere::rename_datastore(const std::string& datastore_id,
                                            const std::string& name) {
    return e.change([&]() -> Result<void> {
        for (const DatastoreInfo& other : e.datastores()) {
            if (other.name == name && other.id != datastore_id) {
                return fail(Errc::AlreadyExists, "a datastore named {} exists", name);
            }
        }
        for (auto& [id, volume] : e.volumes) {
            if ("datastore-" + volume.content.vmfs_uuid == datastore_id) {
                volume.content.label = name;
            }
        }
        return {};
    });
}

Result<std::string> ModelVsphere::start_resignature(const std::string& host_id,
                                                    const std::string& device_path) {
    const std::string device =
        device_path.substr(20, device_path.size() - 22); // /vmfs/devices/disks/<device>:1
    return e.start("host.DatastoreSystem.resignatureUnresolvedVmfsVolume", host_id,
                   [this, host_id, device]() -> Result<void> {
                       ModelVolume* volume = e.volume_on(device);
                       if (volume == nullptr || !e.reachable(host_id).contains(device)) {
                           return fail(Errc::Fault, "the device is gone");
                       }
                       volume->content.vmfs_uuid = "uuid-" + std::to_string(e.next_id++);
                       volume->content.label = "snap-0badcafe-" + volume->content.label;
                       volume->content.signature = device;
                       e.hosts.at(host_id).mounted.insert(volume->content.vmfs_uuid);
                       return {};
                   });
}

Result<std::vector<FileFailure>>
ModelVsphere::update_vm_paths(const std::string& datastore_id,
                              const std::vector<MovedVmfs>& moved) {
    PF_CHECK(e.change([&]() -> Result<void> {
        for (auto& [id, volume] : e.volumes) {
            if ("datastore-" + volume.content.vmfs_uuid != datastore_id ||
                !volume.info.ancestor_id.empty()) {
                continue;
            }
            for (auto& [file, uuid] : volume.content.named) {
                for (const MovedVmfs& item : moved) {
                    if (uuid == item.old_uuid) {
                        uuid = item.datastore_id.substr(std::string("datastore-").size());
                        break;
                    }
                }
            }
        }
        return {};
    }));
    return std::vector<FileFailure>();
}

Result<void> ModelVsphere::shutdown_guest(const std::string& vm_id) {
    return e
        .start("VirtualMachine.shutdownGuest", vm_id,
               [this, vm_id]() -> Result<void> {
                   e.vms.at(vm_id).power_state = "poweredOff";
                   e.vms.at(vm_id).tools_running = false;
                   return {};
               })
        .map([](const std::string&) {});
}

Result<std::string> ModelVsphere::start_power_off(const std::string& vm_id) {
    return e.start("VirtualMachine.powerOff", vm_id, [this, vm_id]() -> Result<void> {
        e.vms.at(vm_id).power_state = "poweredOff";
        e.vms.at(vm_id).tools_running = false;
        return {};
    });
}

Result<std::string> ModelVsphere::start_power_on(const std::string& vm_id) {
    return e.start("VirtualMachine.powerOn", vm_id, [this, vm_id]() -> Result<void> {
        VmInfo& vm = e.vms.at(vm_id);
        for (const DiskInfo& disk : e.vm_view(vm).disks) {
            if (disk.datastore_id.empty()) {
                return fail(Errc::Fault, "{} has no file of {}", vm.name, disk.label);
            }
        }
        vm.power_state = "poweredOn";
        vm.tools_running = true;
        return {};
    });
}

Result<void> ModelVsphere::answer_moved(const std::string& vm_id) {
    return e.change([&]() -> Result<void> {
        e.vms.at(vm_id).question.clear();
        return {};
    });
}

Result<void> ModelVsphere::unregister(const std::string& vm_id) {
    return e.change([&]() -> Result<void> {
        if (e.vms.at(vm_id).power_state != "poweredOff") {
            return fail(Errc::Conflict, "the VM is on");
        }
        e.vms.erase(vm_id);
        e.context.erase(vm_id);
        return {};
    });
}

Result<std::string> ModelVsphere::start_register(const std::string& folder_id,
                                                 const std::string& vmx_path,
                                                 const std::string& name, bool,
                                                 const std::string& pool_id,
                                                 const std::string& host_id) {
    return e.start("Folder.registerVm", folder_id, [=, this]() -> Result<void> {
        const DatastorePath at = split_datastore_path(vmx_path);
        for (const DatastoreInfo& datastore : e.datastores()) {
            const ModelVolume* volume = e.volume_on(datastore.extents.front());
            if (datastore.name != at.datastore || !datastore.accessible ||
                !volume->content.files.contains(at.path)) {
                continue;
            }
            for (const auto& [id, other] : e.vms) {
                if (other.vmx_path == at.path) {
                    return fail(Errc::AlreadyExists, "{} is registered", vmx_path);
                }
            }
            VmInfo vm;
            vm.id = "vm-" + std::to_string(e.next_id++);
            vm.name = name;
            vm.instance_uuid = "50-" + name;
            vm.vmx_path = at.path;
            vm.host_id = host_id;
            vm.folder_id = folder_id;
            vm.pool_id = pool_id;
            vm.power_state = "poweredOff";
            vm.connection_state = "connected";
            vm.disks.push_back({2000, "Hard disk 1", name + "/" + name + ".vmdk", "", 1ULL << 30U,
                                RdmKind::None, false});
            if (volume->content.named.contains(at.path)) {
                vm.disks.push_back({2001, "Hard disk 2", name + "/" + name + "_1.vmdk", "",
                                    1ULL << 30U, RdmKind::None, false});
            }
            e.vms[vm.id] = vm;
            return {};
        }
        return fail(Errc::NotFound, "no file {}", vmx_path);
    });
}

Result<std::string> ModelVsphere::start_relocate(const std::string& vm_id,
                                                 const std::string& datastore_id) {
    return e.start("VirtualMachine.relocate", vm_id, [this, vm_id, datastore_id]() -> Result<void> {
        const VmInfo& vm = e.vms.at(vm_id);
        ModelVolume& from = e.volumes.at(e.vm_volume.at(vm.instance_uuid));
        for (auto& [id, volume] : e.volumes) {
            if ("datastore-" + volume.content.vmfs_uuid == datastore_id) {
                const int writes = from.content.files.at(vm.vmx_path);
                from.content.files.erase(vm.vmx_path);
                volume.content.files[vm.vmx_path] = writes;
                e.vm_volume[vm.instance_uuid] = id;
                return {};
            }
        }
        return fail(Errc::NotFound, "no datastore {}", datastore_id);
    });
}

} // namespace pf::nvmetool::test
