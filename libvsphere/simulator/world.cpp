#include "libvsphere/simulator/world.hpp"

#include "base/crypto.hpp"
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/extras.hpp"

#include <algorithm>
#include <charconv>

namespace pf::vim::sim {

World::World(Estate description, SimulatorOptions settings)
    : estate(std::move(description)), options(std::move(settings)), instance_uuid(uuid4()),
      faults(options.fault_rules_file, options.fault_log_file), extras(std::make_unique<Extras>()) {
    extras->meters.begin(now(), started, options.timings.perf_interval);
    unsigned number = 21;
    clusters.push_back(estate.cluster);
    auto& roles = extras->roles; // the ones that every server has; -1 is the administrator
    roles[-5] = {"NoAccess", true, {}};
    roles[-4] = {"Anonymous", true, {"System.Anonymous"}};
    roles[-3] = {"View", true, {"System.Anonymous", "System.View"}};
    roles[-2] = {"ReadOnly", true, {"System.Anonymous", "System.Read", "System.View"}};
    roles[-1] = {"Admin", true, all_privileges()};
    for (const RoleSpec& spec : estate.roles) {
        roles[std::max(10, roles.rbegin()->first + 1)] = {spec.name, false, spec.privileges};
    }
    for (const UserSpec& user : estate.users) {
        for (const auto& [id, role] : roles) {
            if (role.name == user.role && user.on.empty()) {
                extras->permissions[{"Folder", "group-d1"}].push_back({user.name, false, id, true});
            }
        }
    }
    for (const HostSpec& spec : estate.hosts) {
        auto host = std::make_unique<HostState>();
        host->spec = spec;
        host->number = number++;
        if (!spec.cluster.empty()) {
            const auto known = std::find(clusters.begin(), clusters.end(), spec.cluster);
            host->cluster = static_cast<size_t>(known - clusters.begin());
            if (known == clusters.end()) {
                clusters.push_back(spec.cluster);
            }
        }
        host->maintenance = spec.maintenance;
        host->connected = spec.connected;
        host->boot_time = wall_now();
        host->running_services = {"TSM-SSH", "ntpd"};
        host->adapters.push_back({"vmhba0", AdapterKind::Local, ""});
        if (spec.sdc) {
            host->adapters.push_back({"vmhba64", AdapterKind::Scini, ""});
            host->next_adapter = 65;
        }
        for (const VmkSpec& vmk : spec.vmks) {
            host->services[vmk.name].insert(vmk.services.begin(), vmk.services.end());
        }
        hosts.push_back(std::move(host));
    }
}

World::~World() = default;

void World::touch() {
    ++revision;
    changed.notify_all();
}

void World::touch_task() {
    ++task_revision;
    changed.notify_all();
}

HostState* World::host(std::string_view moid) {
    return moid.starts_with("host-") ? host_numbered(trailing_number(moid)) : nullptr;
}

HostState* World::host_numbered(unsigned number) {
    // Hosts are numbered in their order, from 21.
    return number >= 21 && number - 21 < hosts.size() ? hosts[number - 21].get() : nullptr;
}

HostState* World::host_named(std::string_view name) {
    for (const auto& host : hosts) {
        const std::string& full = host->spec.name;
        if (full == name || std::string_view(full).substr(0, full.find('.')) == name) {
            return host.get();
        }
    }
    return nullptr;
}

DatastoreState* World::datastore(std::string_view moid) {
    const auto found =
        moid.starts_with("datastore-") ? datastores.find(trailing_number(moid)) : datastores.end();
    return found == datastores.end() ? nullptr : &found->second;
}

DatastoreState* World::datastore_named(std::string_view name) {
    for (auto& [number, ds] : datastores) {
        if (ds.name == name) {
            return &ds;
        }
    }
    return nullptr;
}

DatastoreState* World::datastore_of(std::string_view uuid) {
    const auto cached = datastore_numbers.find(std::string(uuid));
    if (cached != datastore_numbers.end()) {
        const auto there = datastores.find(cached->second);
        if (there != datastores.end() && there->second.uuid == uuid) {
            return &there->second;
        }
    }
    for (auto& [number, ds] : datastores) {
        if (ds.uuid == uuid) {
            datastore_numbers[ds.uuid] = number;
            return &ds;
        }
    }
    return nullptr;
}

VmState* World::vm(std::string_view moid) {
    const auto found = moid.starts_with("vm-") ? vms.find(trailing_number(moid)) : vms.end();
    return found == vms.end() ? nullptr : &found->second;
}

VmState* World::vm_named(std::string_view name) {
    for (auto& [number, vm] : vms) {
        if (vm.name == name) {
            return &vm;
        }
    }
    return nullptr;
}

TaskRecord* World::task(std::string_view moid) {
    const auto found = moid.starts_with("task-") ? tasks.find(trailing_number(moid)) : tasks.end();
    return found == tasks.end() ? nullptr : &found->second;
}

std::string World::path_text(const FileRef& file) {
    const DatastoreState* ds = datastore_of(file.volume);
    return fmt::format("[{}] {}", ds != nullptr ? ds->name : file.volume, file.path);
}

std::set<std::string> World::volumes_of(const VmState& vm) {
    std::set<std::string> volumes{vm.vmx.volume};
    for (const VmDisk& disk : vm.disks) {
        if (!disk.descriptor.volume.empty()) {
            volumes.insert(disk.descriptor.volume);
        }
        for (const DiskLink& parent : disk.parents) {
            volumes.insert(parent.descriptor.volume);
        }
    }
    return volumes;
}

std::vector<VmState*> World::vms_on(std::string_view uuid) {
    std::vector<VmState*> out;
    for (auto& [number, vm] : vms) {
        const bool there = vm.vmx.volume == uuid ||
                           std::any_of(vm.disks.begin(), vm.disks.end(), [&](const VmDisk& disk) {
                               return disk.descriptor.volume == uuid ||
                                      std::any_of(disk.parents.begin(), disk.parents.end(),
                                                  [&](const DiskLink& parent) {
                                                      return parent.descriptor.volume == uuid;
                                                  });
                           });
        if (there) {
            out.push_back(&vm);
        }
    }
    return out;
}

bool World::datastore_accessible(const DatastoreState& datastore) const {
    return std::any_of(hosts.begin(), hosts.end(), [&](const auto& host) {
        const auto found = host->volumes.find(datastore.uuid);
        return found != host->volumes.end() && found->second.mounted && found->second.accessible;
    });
}

void World::drop_unseen_datastores() {
    for (auto it = datastores.begin(); it != datastores.end();) {
        const std::string& uuid = it->second.uuid;
        const bool seen = std::any_of(hosts.begin(), hosts.end(), [&](const auto& host) {
            return host->volumes.contains(uuid);
        });
        const bool mounted = std::any_of(hosts.begin(), hosts.end(), [&](const auto& host) {
            const auto found = host->volumes.find(uuid);
            return found != host->volumes.end() && found->second.mounted;
        });
        if (!mounted) {
            it->second.volume.reset();
        }
        // VMs keep a vanished datastore in the inventory, inaccessible.
        it = seen || !vms_on(uuid).empty() ? std::next(it) : datastores.erase(it);
    }
    for (auto& [number, ds] : datastores) { // "ds01 (1)" once ds01 is gone
        if (!ds.label.empty() && ds.name != ds.label && datastore_named(ds.label) == nullptr) {
            ds.name = ds.label;
        }
    }
}

std::string World::free_datastore_name(const std::string& wanted) const {
    auto taken = [&](const std::string& name) {
        return std::any_of(datastores.begin(), datastores.end(),
                           [&](const auto& d) { return d.second.name == name; });
    };
    std::string name = wanted;
    for (int i = 1; taken(name); ++i) {
        name = fmt::format("{} ({})", wanted, i);
    }
    return name;
}

MoRef cluster_ref(size_t index) {
    return {"ClusterComputeResource",
            index == 0 ? "domain-c8" : fmt::format("domain-c{}", 800'000 + index)};
}

MoRef cluster_pool(size_t index) {
    return {"ResourcePool",
            index == 0 ? "resgroup-9" : fmt::format("resgroup-{}", 800'000 + index)};
}

unsigned trailing_number(std::string_view moid) {
    const size_t dash = moid.rfind('-');
    unsigned number = 0;
    if (dash != std::string_view::npos) {
        const auto end = moid.data() + moid.size();
        if (std::from_chars(moid.data() + dash + 1, end, number).ptr != end) {
            return 0;
        }
    }
    return number;
}

std::string device_uuid(const Device& device) {
    const std::string hex = device.id.substr(device.id.find('.') + 1);
    return (device.transport == Transport::NvmeTcp ? "0700000000" : "0200000000") + hex +
           (device.transport == Transport::NvmeTcp ? "4e564d652054" : "504f57455246");
}

int64_t unix_us(WallTime time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

} // namespace pf::vim::sim
