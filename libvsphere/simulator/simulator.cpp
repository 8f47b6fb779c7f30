#include "libvsphere/simulator/simulator.hpp"

#include "base/file.hpp"
#include "base/log.hpp"
#include "libvsphere/simulator/esxcli/shell.hpp"
#include "libvsphere/simulator/guests.hpp"
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/endpoint.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/recorder.hpp"
#include "libvsphere/simulator/state.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

namespace pf::vim::sim {

class Simulator::Impl {
  public:
    Impl(Estate description, HostStorageFactory factory, SimulatorOptions settings)
        : world(std::move(description), std::move(settings)), tasks(world), guests(world),
          storage(std::move(factory)) {}

    // Follows changes below a host: an AEN, a lost connection, a pushed SDC map.
    void refresh_loop() {
        bool down = false;
        while (true) {
            std::set<unsigned> wanted;
            {
                std::unique_lock lock(dirty_mutex);
                const auto due = [&] { return !dirty.empty() || refresh_stop; };
                // While some device has no path, its time runs.
                dirty_changed.wait_for(lock, std::chrono::milliseconds(down ? 20 : 500), due);
                if (refresh_stop) {
                    return;
                }
                wanted.swap(dirty);
            }
            for (unsigned number : wanted) {
                HostOps(world, *world.host_numbered(number)).refresh_devices();
            }
            down = false;
            for (const auto& host : world.hosts) {
                down = HostOps(world, *host).check_apd() || down;
            }
        }
    }

    void mark_dirty(unsigned number) {
        {
            const std::lock_guard lock(dirty_mutex);
            dirty.insert(number);
        }
        dirty_changed.notify_one();
    }

    // Keeps the state file up with what happens; who changes something waits for it.
    void save_loop() {
        uint64_t saved = 0;
        while (true) {
            bool end = false;
            {
                std::unique_lock lock(world.mutex);
                world.changed.wait(lock, [&] { return world.stopping || world.revision != saved; });
                saved = world.revision;
                end = world.stopping;
            }
            save();
            if (end) {
                return;
            }
            const std::lock_guard lock(world.mutex);
            world.extras->kept = saved;
            world.changed.notify_all();
        }
    }

    // Replaced as a whole, but not synced: it outlives the process, which is all that is asked, and
    // clients wait for it.
    void save() {
        const std::string& file = world.options.state_file;
        const std::string fresh = file + ".new";
        const std::string text = encode_state(world);
        const UniqueFd out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        size_t done = 0;
        while (out && done < text.size()) {
            const ssize_t n = ::write(out.get(), text.data() + done, text.size() - done);
            if (n < 0) {
                break;
            }
            done += static_cast<size_t>(n);
        }
        if (done != text.size() || ::rename(fresh.c_str(), file.c_str()) != 0) {
            log("simulator")
                .error("state is not kept file={} error={}", file, std::strerror(errno));
        }
    }

    World world;
    Tasks tasks;
    Guests guests;
    HostStorageFactory storage;
    std::unique_ptr<Endpoint> vcenter;
    std::map<std::string, std::unique_ptr<Endpoint>> host_endpoints;
    std::thread refresher;
    std::thread saver; // from the end of seed() on
    std::mutex dirty_mutex;
    std::condition_variable dirty_changed;
    std::set<unsigned> dirty;
    bool refresh_stop = false;
    bool running = false;
    std::mutex life_mutex;
};

namespace {

Error as_error(const Fault& fault, std::string_view what) {
    const Errc code = fault.is("NotFound")        ? Errc::NotFound
                      : fault.is("NoDiskSpace")   ? Errc::NoSpace
                      : fault.is("DuplicateName") ? Errc::AlreadyExists
                                                  : Errc::Failed;
    return {code, fmt::format("{}: {}", what, fault.message)};
}

// Writes an empty datastore; the hosts find it when they rescan, all of them once.
Result<void> format(World& world, HostState& host, const std::string& device_id,
                    const std::string& label) {
    vmfs::FormatSpec spec;
    spec.uuid = vmfs::Uuid::random();
    spec.label = label;
    spec.device_id = device_id;
    spec.now_us = unix_us(wall_now());
    {
        const std::lock_guard lock(world.mutex);
        const auto device = host.devices.find(device_id);
        if (device == host.devices.end()) {
            return fail(Errc::NotFound, "datastore {}: host {} does not see device {}", label,
                        host.spec.name, device_id);
        }
        spec.device_bytes = device->second.info.size_bytes;
    }
    auto written = vmfs::format(*HostOps(world, host).io(device_id), spec);
    if (!written) {
        return fail_while(written.error(), "datastore {}", label);
    }
    return {};
}

void place_in_folders(World& world) {
    const std::lock_guard lock(world.mutex);
    std::map<std::string, std::string> folder_of_vm;
    for (const VmSpec& spec : world.estate.vms) {
        if (!spec.folder.empty()) {
            folder_of_vm[spec.name] = vm_folder_at(world, spec.folder);
        }
    }
    for (auto& [number, vm] : world.vms) {
        const auto found = folder_of_vm.find(vm.name);
        if (found != folder_of_vm.end()) {
            vm.folder = found->second;
        }
    }
    world.touch();
}

} // namespace

// Tags, and users whose permissions stand on parts of the inventory.
static Result<void> place_tags_and_permissions(World& world) {
    const std::lock_guard lock(world.mutex);
    place_tags(world);
    const Scope everything;
    const PropertyContext c{world, everything, nullptr};
    for (const UserSpec& user : world.estate.users) {
        for (const std::string& path : user.on) {
            const MoRef object = object_at(c, path);
            if (object.empty()) {
                return fail(Errc::NotFound, "user {}: nothing stands at '{}'", user.name, path);
            }
            for (const auto& [id, role] : world.extras->roles) {
                if (role.name == user.role) {
                    world.extras->permissions[object].push_back({user.name, false, id, true});
                }
            }
        }
    }
    world.touch();
    return {};
}

// What something else left on a datastore: content libraries, first class disks, images.
static Result<void> leave_files(World& world, const DatastoreSpec& spec) {
    HostState* first =
        spec.hosts.empty() ? world.hosts.front().get() : world.host_named(spec.hosts.front());
    std::string uuid;
    {
        const std::lock_guard lock(world.mutex);
        const DatastoreState* ds = world.datastore_named(spec.name);
        uuid = ds == nullptr ? "" : ds->uuid;
    }
    auto path = HostOps(world, *first).access(uuid);
    if (!path) {
        return fail(as_error(path.error(), "datastore " + spec.name));
    }
    for (const std::string& file : spec.files) {
        PF_CHECK(path->volume->write_file(*path->io, file, "left here: " + file + "\n"));
    }
    return {};
}

Simulator::Simulator(Estate estate, HostStorageFactory storage, SimulatorOptions options)
    : impl_(std::make_unique<Impl>(std::move(estate), std::move(storage), std::move(options))) {}

Simulator::~Simulator() { stop(); }

Result<void> Simulator::start() {
    const std::lock_guard life(impl_->life_mutex);
    if (impl_->running) {
        return fail(Errc::Conflict, "the simulator runs already");
    }
    World& world = impl_->world;
    for (const auto& host : world.hosts) {
        PF_TRY(host->storage, impl_->storage(host->spec.name));
        Impl* impl = impl_.get();
        const unsigned number = host->number;
        host->storage->on_change([impl, number] { impl->mark_dirty(number); });
        HostOps(world, *host).refresh_devices();
    }
    const SimulatorOptions& options = world.options;
    impl_->running = true;
    impl_->tasks.start(options.task_threads +
                       options.limits.relocations_per_host * world.hosts.size());
    impl_->guests.start();
    impl_->refresher = std::thread([impl = impl_.get()] { impl->refresh_loop(); });
    impl_->vcenter = std::make_unique<Endpoint>(world, impl_->tasks, Scope(), options.vcenter,
                                                options.vcenter_login);
    PF_CHECK(impl_->vcenter->start());
    for (const auto& [name, endpoint] : options.hosts) {
        HostState* host = world.host_named(name);
        if (host == nullptr) {
            return fail(Errc::InvalidArgument, "no host {} for the endpoint {}:{}", name,
                        endpoint.address, endpoint.port);
        }
        auto served = std::make_unique<Endpoint>(world, impl_->tasks, Scope(*host), endpoint,
                                                 options.host_login);
        PF_CHECK(served->start());
        impl_->host_endpoints[host->spec.name] = std::move(served);
    }
    return {};
}

void Simulator::stop() {
    const std::lock_guard life(impl_->life_mutex);
    if (!impl_->running) {
        return;
    }
    impl_->running = false;
    World& world = impl_->world;
    {
        const std::lock_guard lock(world.mutex);
        world.stopping = true;
        world.touch();
    }
    world.faults.stop();
    if (impl_->vcenter) {
        impl_->vcenter->stop();
    }
    for (auto& [name, endpoint] : impl_->host_endpoints) {
        endpoint->stop();
    }
    impl_->tasks.stop();
    impl_->guests.stop();
    if (impl_->saver.joinable()) {
        impl_->saver.join();
        impl_->save(); // what the tasks that ended last have done
    }
    for (const auto& host : world.hosts) {
        if (host->storage) {
            host->storage->on_change({});
        }
    }
    {
        const std::lock_guard lock(impl_->dirty_mutex);
        impl_->refresh_stop = true;
    }
    impl_->dirty_changed.notify_all();
    if (impl_->refresher.joinable()) {
        impl_->refresher.join();
    }
    for (const auto& host : world.hosts) {
        host->storage.reset();
    }
}

uint16_t Simulator::vcenter_port() const { return impl_->vcenter ? impl_->vcenter->port() : 0; }

uint16_t Simulator::host_port(std::string_view host_name) const {
    const HostState* host = impl_->world.host_named(host_name);
    const auto found = impl_->host_endpoints.find(host == nullptr ? "" : host->spec.name);
    return found == impl_->host_endpoints.end() ? uint16_t{0} : found->second->port();
}

const Estate& Simulator::estate() const { return impl_->world.estate; }

Result<void> Simulator::seed(const std::map<std::string, std::string>& device_of) {
    const std::string& file = impl_->world.options.state_file;
    if (!file.empty() && file_exists(file)) {
        PF_TRY(const std::string text, read_file(file));
        PF_CHECK(restore_state(impl_->world, text));
    } else {
        PF_CHECK(make_estate(device_of));
    }
    if (!file.empty()) {
        {
            const std::lock_guard lock(impl_->world.mutex);
            impl_->world.extras->keeps = true;
        }
        impl_->saver = std::thread([impl = impl_.get()] { impl->save_loop(); });
    }
    return {};
}

Result<void> Simulator::make_estate(const std::map<std::string, std::string>& device_of) {
    World& world = impl_->world;
    std::set<std::string> scanned_hosts;
    for (const DatastoreSpec& spec : world.estate.datastores) {
        const auto device = device_of.find(spec.name);
        if (device == device_of.end()) {
            return fail(Errc::InvalidArgument, "no device is given for datastore {}", spec.name);
        }
        HostState* first =
            spec.hosts.empty() ? world.hosts.front().get() : world.host_named(spec.hosts.front());
        HostOps ops(world, *first);
        if (scanned_hosts.insert(first->spec.name).second) {
            auto scanned = ops.rescan_devices(true);
            if (!scanned) {
                return fail(as_error(scanned.error(), first->spec.name));
            }
        }
        auto header = vmfs::probe(*ops.io(device->second));
        const bool there = header && header->label == spec.name;
        if (!there) {
            PF_CHECK(format(world, *first, device->second, spec.name));
        }
    }
    for (const auto& host : world.hosts) {
        HostOps ops(world, *host);
        auto scanned = ops.rescan_devices(true);
        if (scanned) {
            scanned = ops.rescan_vmfs(true);
        }
        if (!scanned) {
            return fail(as_error(scanned.error(), host->spec.name));
        }
    }
    for (const DatastoreSpec& spec : world.estate.datastores) {
        if (!spec.files.empty()) {
            PF_CHECK(leave_files(world, spec));
        }
    }
    if (world.options.paper_vms) {
        PF_CHECK(VmOps(world).create_on_paper(world.estate.vms));
        place_in_folders(world);
        return place_tags_and_permissions(world);
    }
    VmOps vms(world);
    for (const VmSpec& spec : world.estate.vms) {
        auto number = vms.create(spec);
        if (!number) {
            return fail(as_error(number.error(), "VM " + spec.name));
        }
        bool fresh = false; // a VM of an earlier run has its own
        {
            const std::lock_guard lock(world.mutex);
            fresh = world.extras->vms[*number].snapshots.empty();
        }
        for (const std::string& name : fresh ? spec.snapshots : std::vector<std::string>()) {
            auto taken = vms.take_snapshot(*number, name, "");
            if (!taken) {
                return fail(as_error(taken.error(), "snapshot " + name + " of VM " + spec.name));
            }
        }
        if (spec.powered_on) {
            const std::lock_guard lock(world.mutex);
            VmState& vm = world.vms.at(*number);
            vm.power = PowerState::On;
            vm.boot_time = wall_now();
            world.touch();
        }
    }
    place_in_folders(world);
    return place_tags_and_permissions(world);
}

Result<size_t> Simulator::record(const std::string& dir) const {
    return record_inventory(impl_->world, dir);
}

Result<EsxcliResult> Simulator::esxcli_execute(std::string_view host_name,
                                               const std::vector<std::string>& argv) {
    HostState* host = impl_->world.host_named(host_name);
    if (host == nullptr) {
        return fail(Errc::NotFound, "the estate has no host {}", host_name);
    }
    return cli::run_esxcli(impl_->world, *host, argv);
}

Result<EsxcliResult> Simulator::shell_execute(std::string_view host_name, std::string_view line) {
    HostState* host = impl_->world.host_named(host_name);
    if (host == nullptr) {
        return fail(Errc::NotFound, "the estate has no host {}", host_name);
    }
    return cli::run_line(impl_->world, *host, line);
}

Result<std::vector<DiskCheck>> Simulator::check_vm(std::string_view vm_name) {
    unsigned number = 0;
    {
        const std::lock_guard lock(impl_->world.mutex);
        const VmState* vm = impl_->world.vm_named(vm_name);
        if (vm == nullptr) {
            return fail(Errc::NotFound, "no VM {} is registered", vm_name);
        }
        number = vm->number;
    }
    return VmOps(impl_->world).check(number);
}

InventorySummary Simulator::inventory() const {
    World& world = impl_->world;
    const std::lock_guard lock(world.mutex);
    InventorySummary out;
    for (const auto& [number, ds] : world.datastores) {
        InventorySummary::DatastoreRow row;
        row.name = ds.name;
        row.uuid = ds.uuid;
        row.device_id = ds.device_id;
        row.accessible = world.datastore_accessible(ds);
        for (const auto& host : world.hosts) {
            const auto volume = host->volumes.find(ds.uuid);
            if (volume != host->volumes.end() && volume->second.mounted) {
                row.mounted_on.push_back(host->spec.name);
            }
        }
        out.datastores.push_back(std::move(row));
    }
    for (const auto& [number, vm] : world.vms) {
        InventorySummary::VmRow row;
        row.name = vm.name;
        const HostState* host = world.host(vm.host);
        row.host = host == nullptr ? vm.host : host->spec.name;
        row.vmx_path = world.path_text(vm.vmx);
        row.power_state = vm.power == PowerState::On    ? "poweredOn"
                          : vm.power == PowerState::Off ? "poweredOff"
                                                        : "suspended";
        for (const std::string& volume : world.volumes_of(vm)) {
            const DatastoreState* ds = world.datastore_of(volume);
            row.datastores.push_back(ds == nullptr ? volume : ds->name);
        }
        out.vms.push_back(std::move(row));
    }
    return out;
}

Result<void> Simulator::reboot_host(std::string_view host_name) {
    World& world = impl_->world;
    HostState* host = world.host_named(host_name);
    if (host == nullptr) {
        return fail(Errc::NotFound, "the estate has no host {}", host_name);
    }
    {
        const std::lock_guard lock(world.mutex);
        for (const auto& [number, vm] : world.vms) {
            if (vm.host == host->moid() && vm.power == PowerState::On) {
                return fail(Errc::Busy, "VM {} runs on {}", vm.name, host->spec.name);
            }
        }
    }
    const Timeout timeout = world.options.timings.storage_timeout;
    {
        const std::lock_guard op(host->op);
        for (const NvmeController& controller : host->storage->nvme_controllers()) {
            PF_CHECK(host->storage->nvme_disconnect(controller.number, timeout));
        }
        const std::lock_guard lock(world.mutex);
        host->devices.clear();
        for (auto it = host->volumes.begin(); it != host->volumes.end();) {
            it = host->volumes.erase(it);
        }
        std::erase_if(host->force_mounts, [](const auto& mount) { return !mount.second; });
        host->boot_time = wall_now();
        world.touch();
    }
    HostOps ops(world, *host);
    ops.reconnect_kept();
    auto scanned = ops.rescan_vmfs();
    if (!scanned) {
        return fail(as_error(scanned.error(), host->spec.name));
    }
    return {};
}

} // namespace pf::vim::sim
