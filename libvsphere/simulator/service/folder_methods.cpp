// The shape of the inventory: folders, storage pods, resource pools, moving, destroying, and
// virtual machines that are created and cloned.
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/simulator/vm_ops.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

char kind_of(World& world, const MoRef& folder) {
    if (const FolderState* state = folder_of(world, folder)) {
        return state->kind;
    }
    static const std::map<std::string, char> fixed = {{"group-d1", 'd'},
                                                      {"group-v3", 'v'},
                                                      {"group-h4", 'h'},
                                                      {"group-s5", 's'},
                                                      {"group-n6", 'n'}};
    const auto found = fixed.find(folder.id);
    return found == fixed.end() ? '?' : found->second;
}

Outcome<> free_name(const PropertyContext& p, const MoRef& parent, const std::string& name,
                    const MoRef& but = {}) {
    if (name.empty() || name.size() > 80) {
        return raise("InvalidName", fmt::format("The name '{}' is not valid.", name),
                     {{"name", Value(name)}});
    }
    for (const MoRef& child : children_of(p, parent)) {
        if (child != but && object_name(p, child) == name) {
            return raise("DuplicateName", fmt::format("The name '{}' already exists.", name),
                         {{"name", Value(name)}, {"object", Value(child)}});
        }
    }
    return {};
}

Outcome<Value> new_folder(MethodContext& c, const Call& call, bool pod) {
    const std::lock_guard lock(c.world.mutex);
    const PropertyContext p{c.world, c.scope, nullptr};
    const std::string name = call.arg("name").text();
    SIM_CHECK(free_name(p, call.self, name));
    FolderState folder;
    folder.kind = pod ? 'p' : kind_of(c.world, call.self);
    if ((pod && kind_of(c.world, call.self) != 's') || folder.kind == '?' ||
        (!pod && folder.kind == 'p')) {
        return raise("NotSupported", "The operation is not supported on the object.");
    }
    folder.number = c.world.extras->next_number++;
    folder.name = name;
    folder.parent = call.self;
    const MoRef ref{pod ? "StoragePod" : "Folder", folder_moid(folder)};
    c.world.extras->folders.emplace(folder.number, std::move(folder));
    c.world.touch();
    return Value(ref);
}

// Which folders take which entities.
bool takes(World& world, const MoRef& folder, const MoRef& entity) {
    const Schema& schema = Schema::get();
    switch (kind_of(world, folder)) {
    case 'v':
        return entity.type == "VirtualMachine" ||
               (entity.type == "Folder" && kind_of(world, entity) == 'v');
    case 's':
        return entity.type == "Datastore" || entity.type == "StoragePod" ||
               (entity.type == "Folder" && kind_of(world, entity) == 's');
    case 'p':
        return entity.type == "Datastore";
    case 'h':
        return schema.is_a(entity.type, "ComputeResource") ||
               (entity.type == "Folder" && kind_of(world, entity) == 'h');
    case 'n':
        return schema.is_a(entity.type, "Network") ||
               schema.is_a(entity.type, "DistributedVirtualSwitch") ||
               (entity.type == "Folder" && kind_of(world, entity) == 'n');
    default:
        return false;
    }
}

Outcome<> move_one(World& world, const MoRef& folder, const MoRef& entity) {
    const Scope everything;
    const PropertyContext p{world, everything, nullptr};
    if (!object_exists(p, entity)) {
        return raise_missing_object(entity);
    }
    if (!takes(world, folder, entity)) {
        return raise("NotSupported", "The operation is not supported on the object.");
    }
    for (MoRef at = folder; !at.empty(); at = object_property(p, at, "parent").ref()) {
        if (at == entity) {
            return raise("InvalidFolder", "A folder cannot be moved into itself.",
                         {{"target", Value(folder)}});
        }
    }
    SIM_CHECK(free_name(p, folder, object_name(p, entity), entity));
    if (VmState* vm = world.vm(entity.id); vm != nullptr && entity.type == "VirtualMachine") {
        vm->folder = folder.id;
    } else if (FolderState* moved = folder_of(world, entity)) {
        moved->parent = folder;
    } else {
        world.extras->parents[entity] = folder;
    }
    world.touch();
    return {};
}

Outcome<Value> move_into_folder(MethodContext& c, const Call& call) {
    World& world = c.world;
    auto work = [&world, folder = call.self,
                 list = call.arg("list").refs()](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        for (const MoRef& entity : list) {
            SIM_CHECK(move_one(world, folder, entity));
        }
        return Value();
    };
    return start_task(c, "Folder.moveInto", call.self, work);
}

Outcome<> remove_vm_files(World& world, const VmState& vm) {
    HostState* host = world.host(vm.host);
    HostOps ops(world, *host);
    const std::string dir = directory_of(vm.vmx.path) + "/";
    std::set<std::string> volumes;
    {
        const std::lock_guard lock(world.mutex);
        volumes = world.volumes_of(vm);
    }
    for (const std::string& uuid : volumes) {
        SIM_TRY(const VolumeAccess path, ops.access(uuid));
        for (const auto& file : path.volume->list(dir)) {
            auto removed = path.volume->remove(*path.io, file.name);
            if (!removed) {
                return raise_storage(removed.error(), file.name);
            }
        }
    }
    return {};
}

Outcome<> destroy_vm(World& world, const MoRef& ref) {
    VmState copy;
    {
        const std::lock_guard lock(world.mutex);
        const VmState* vm = world.vm(ref.id);
        if (vm == nullptr) {
            return raise_missing_object(ref);
        }
        copy = *vm;
        // The task that destroys is what keeps it busy.
        world.vms.at(vm->number).busy_task = 0;
    }
    SIM_CHECK(VmOps(world).unregister(copy.number));
    if (!copy.paper) {
        SIM_CHECK(remove_vm_files(world, copy));
    }
    const std::lock_guard lock(world.mutex);
    world.extras->vms.erase(copy.number);
    forget_vm(world, ref);
    return {};
}

Outcome<> destroy_folder(World& world, const MoRef& ref) {
    std::vector<MoRef> children;
    {
        const std::lock_guard lock(world.mutex);
        const Scope everything;
        children = children_of({world, everything, nullptr}, ref);
    }
    for (const MoRef& child : children) {
        if (child.type == "VirtualMachine") {
            SIM_CHECK(destroy_vm(world, child));
        } else if (folder_of(world, child) != nullptr) {
            SIM_CHECK(destroy_folder(world, child));
        } else {
            return raise("ResourceInUse", "The resource is in use.",
                         {{"type", Value(ref.type)}, {"name", Value(child.id)}});
        }
    }
    const std::lock_guard lock(world.mutex);
    if (const FolderState* folder = folder_of(world, ref)) {
        world.extras->folders.erase(folder->number);
    }
    world.touch();
    return {};
}

Outcome<Value> destroy(MethodContext& c, const Call& call) {
    World& world = c.world;
    const MoRef object = call.self;
    unsigned vm = 0;
    {
        const std::lock_guard lock(world.mutex);
        if (object.type == "VirtualMachine") {
            const VmState* state = world.vm(object.id);
            vm = state->number;
            if (state->power == PowerState::On) {
                return raise_power_state(PowerState::Off, state->power);
            }
        } else if (folder_of(world, object) == nullptr && pool_of(world, object) == nullptr) {
            return raise("NotSupported", "The operation is not supported on the object.");
        }
    }
    auto work = [&world, object](TaskContext&) -> Outcome<Value> {
        if (object.type == "VirtualMachine") {
            SIM_CHECK(destroy_vm(world, object));
        } else if (object.type == "ResourcePool") {
            const std::lock_guard lock(world.mutex);
            const PoolState* pool = pool_of(world, object);
            if (pool == nullptr) {
                return raise_missing_object(object);
            }
            for (auto& [number, member] : world.vms) { // they go up
                if (member.pool == object.id) {
                    member.pool = pool->parent;
                }
            }
            world.extras->pools.erase(pool->number);
            world.touch();
        } else {
            SIM_CHECK(destroy_folder(world, object));
        }
        return Value();
    };
    return start_task(
        c, object.type == "VirtualMachine" ? "VirtualMachine.destroy" : "ManagedEntity.destroy",
        object, work, false, vm);
}

Outcome<Value> create_pool(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const PropertyContext p{c.world, c.scope, nullptr};
    const std::string name = call.arg("name").text();
    SIM_CHECK(free_name(p, call.self, name));
    PoolState pool;
    pool.number = c.world.extras->next_number++;
    pool.name = name;
    pool.parent = call.self.id;
    const MoRef ref{"ResourcePool", fmt::format("resgroup-{}", pool.number)};
    c.world.extras->pools.emplace(pool.number, std::move(pool));
    c.world.touch();
    return Value(ref);
}

Outcome<Value> move_into_pool(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    for (const MoRef& entity : call.arg("list").refs()) {
        if (VmState* vm = c.world.vm(entity.id)) {
            vm->pool = call.self.id;
        } else if (PoolState* pool = pool_of(c.world, entity)) {
            pool->parent = call.self.id;
        } else {
            return raise_missing_object(entity);
        }
    }
    c.world.touch();
    return Value();
}

// The datastore named by "[ds] dir/x.vmx" or "[ds]".
Outcome<std::string> datastore_of_path(World& world, const std::string& path) {
    const size_t end = path.find(']');
    const std::string name =
        path.starts_with('[') && end != std::string::npos ? path.substr(1, end - 1) : "";
    if (world.datastore_named(name) == nullptr) {
        return raise("InvalidDatastorePath", fmt::format("Invalid datastore path '{}'.", path),
                     {{"datastorePath", Value(path)}});
    }
    return name;
}

Outcome<VmSpec> spec_of_config(World& world, const Value& config) {
    VmSpec spec;
    spec.name = config["name"].text();
    SIM_TRY(spec.datastore, datastore_of_path(world, config["files"]["vmPathName"].text()));
    spec.cpus = static_cast<uint32_t>(config["numCPUs"].int_or(1));
    spec.memory_mb = static_cast<uint32_t>(config["memoryMB"].int_or(1024));
    if (config["guestId"].is_set()) {
        spec.guest = config["guestId"].text();
    }
    for (const Value& option : config["extraConfig"].items()) {
        spec.extra_config.emplace_back(option["key"].text(), option["value"].text());
    }
    for (const Value& change : config["deviceChange"].items()) {
        const Value& device = change["device"];
        if (device.type_name() != "VirtualDisk") {
            continue;
        }
        DiskSpec disk;
        const int64_t kib = device["capacityInKB"].int_or(0);
        disk.size_bytes = device["capacityInBytes"].is_set()
                              ? static_cast<uint64_t>(device["capacityInBytes"].int_or(0))
                              : static_cast<uint64_t>(kib) << 10;
        disk.size_bytes = (disk.size_bytes + (1u << 20) - 1) & ~uint64_t{(1u << 20) - 1};
        disk.thin = device["backing"]["thinProvisioned"].bool_or(false);
        const std::string file = device["backing"]["fileName"].text();
        if (!file.empty() && file != "[]") {
            SIM_TRY(disk.datastore, datastore_of_path(world, file));
        }
        if (disk.size_bytes == 0) {
            return raise_invalid_argument("config.deviceChange", "config.deviceChange");
        }
        spec.disks.push_back(std::move(disk));
    }
    return spec;
}

// Registers the described VM in the folder; its reference.
Outcome<Value> make_vm(World& world, const VmSpec& spec, const std::string& folder,
                       const std::string& pool) {
    SIM_TRY(const unsigned number, VmOps(world).create(spec));
    const std::lock_guard lock(world.mutex);
    VmState& vm = world.vms.at(number);
    vm.folder = folder;
    vm.pool = spec.template_vm ? "" : pool;
    world.touch();
    return Value(vm.ref());
}

Outcome<std::string> host_for(World& world, const MoRef& wanted, const std::string& datastore) {
    const DatastoreState* ds = world.datastore_named(datastore);
    for (const auto& host : world.hosts) {
        const auto volume = ds == nullptr ? host->volumes.end() : host->volumes.find(ds->uuid);
        const bool fits = volume != host->volumes.end() && volume->second.mounted;
        if (wanted.empty() ? fits : host->moid() == wanted.id) {
            return host->spec.name;
        }
    }
    return raise_invalid_argument("host", "host");
}

Outcome<Value> create_vm(MethodContext& c, const Call& call) {
    VmSpec spec;
    {
        const std::lock_guard lock(c.world.mutex);
        SIM_TRY(spec, spec_of_config(c.world, call.arg("config")));
        SIM_CHECK(free_name({c.world, c.scope, nullptr}, call.self, spec.name));
        SIM_TRY(spec.host, host_for(c.world, call.arg("host").ref(), spec.datastore));
    }
    World& world = c.world;
    auto work = [&world, spec, folder = call.self.id, pool = call.arg("pool").ref().id,
                 user = c.user()](TaskContext&) -> Outcome<Value> {
        SIM_TRY(const Value made, make_vm(world, spec, folder, pool));
        const std::lock_guard lock(world.mutex);
        post_event(world, "VmCreatedEvent", user, made.ref(),
                   "Created virtual machine " + spec.name, {{"template", false}});
        return made;
    };
    return start_task(c, "Folder.createVm", call.self, work);
}

// The bytes of one disk into another of the same size. The source's guest may be writing: it is
// read through its gate.
Outcome<> copy_bytes(World& world, unsigned from, const VmDisk& disk, HostState& host,
                     const FileRef& to, TaskContext& task) {
    SIM_TRY(const VolumeAccess target, HostOps(world, host).access(to.volume));
    Bytes chunk(1u << 20);
    const Bytes zero(chunk.size());
    for (uint64_t done = 0; done < disk.size; done += chunk.size()) {
        if (task.cancelled()) {
            return raise("RequestCanceled", "The task was canceled by a user.");
        }
        const MutByteSpan part =
            MutByteSpan(chunk).first(std::min<uint64_t>(chunk.size(), disk.size - done));
        auto moved = VmOps(world).guest_read(from, disk.key, done, part);
        if (moved && !std::equal(part.begin(), part.end(), zero.begin())) {
            moved = target.volume->write(*target.io, to.path, done, part);
        }
        if (!moved) {
            return raise_storage(moved.error(), disk.flat.path);
        }
        task.progress(static_cast<int>(done * 100 / disk.size));
    }
    return {};
}

Outcome<Value> clone_vm(MethodContext& c, const Call& call) {
    const Value& spec = call.arg("spec");
    const Value& location = spec["location"];
    const MoRef folder = call.arg("folder").ref();
    VmSpec wanted;
    VmState source;
    std::string pool;
    {
        const std::lock_guard lock(c.world.mutex);
        const VmState* vm = c.world.vm(call.self.id);
        source = *vm;
        wanted.name = call.arg("name").text();
        SIM_CHECK(free_name({c.world, c.scope, nullptr}, folder, wanted.name));
        const DatastoreState* ds = location["datastore"].is_set()
                                       ? c.world.datastore(location["datastore"].ref().id)
                                       : c.world.datastore_of(vm->vmx.volume);
        if (ds == nullptr) {
            return raise("InvalidDatastore", "The datastore is not known.");
        }
        wanted.datastore = ds->name;
        SIM_TRY(wanted.host, host_for(c.world, location["host"].ref(), wanted.datastore));
        wanted.cpus = vm->cpus;
        wanted.memory_mb = vm->memory_mb;
        wanted.guest = vm->guest;
        wanted.tools = vm->tools;
        wanted.template_vm = spec["template"].bool_or(false);
        wanted.extra_config = vm->extra_config;
        for (const VmDisk& disk : vm->disks) {
            if (!disk.rdm.empty() || disk.missing) {
                return raise("NotSupported", "A disk of the virtual machine can't be cloned.");
            }
            DiskSpec copy;
            copy.size_bytes = disk.size;
            copy.thin = disk.thin;
            wanted.disks.push_back(copy);
        }
        if (!wanted.template_vm && location["pool"].ref().empty() && vm->template_vm) {
            return raise_invalid_argument("spec.location.pool", "spec.location.pool");
        }
        pool = location["pool"].is_set() ? location["pool"].ref().id : vm->pool;
    }
    World& world = c.world;
    auto work = [&world, wanted, source, folder, pool,
                 on = spec["powerOn"].bool_or(false)](TaskContext& task) -> Outcome<Value> {
        SIM_TRY(const Value made, make_vm(world, wanted, folder.id, pool));
        const unsigned number = trailing_number(made.ref().id);
        std::vector<FileRef> files;
        HostState* host = nullptr;
        {
            const std::lock_guard lock(world.mutex);
            const VmState& vm = world.vms.at(number);
            host = world.host(vm.host);
            for (const VmDisk& disk : vm.disks) {
                files.push_back(disk.flat);
            }
        }
        for (size_t i = 0; i < source.disks.size() && i < files.size(); ++i) {
            SIM_CHECK(copy_bytes(world, source.number, source.disks[i], *host, files[i], task));
        }
        if (on) {
            SIM_CHECK(VmOps(world).power_on(number, task));
        }
        return made;
    };
    return start_task(c, "VirtualMachine.clone", call.self, work, true);
}

} // namespace

std::string folder_moid(const FolderState& folder) {
    return fmt::format("group-{}{}", folder.kind, folder.number);
}

FolderState* folder_of(World& world, const MoRef& ref) {
    if ((ref.type != "Folder" && ref.type != "StoragePod") || ref.id.size() < 8 ||
        !ref.id.starts_with("group-")) {
        return nullptr;
    }
    const unsigned number = trailing_number("-" + ref.id.substr(7));
    const auto found = world.extras->folders.find(number);
    return found != world.extras->folders.end() && folder_moid(found->second) == ref.id
               ? &found->second
               : nullptr;
}

std::string vm_folder_at(World& world, const std::string& path) {
    std::string at = "group-v3";
    size_t from = 0;
    while (from < path.size()) {
        const size_t slash = std::min(path.find('/', from), path.size());
        const std::string name = path.substr(from, slash - from);
        from = slash + 1;
        std::string next;
        for (const auto& [number, folder] : world.extras->folders) {
            if (folder.parent.id == at && folder.name == name) {
                next = folder_moid(folder);
            }
        }
        if (next.empty()) {
            FolderState folder;
            folder.number = world.extras->next_number++;
            folder.name = name;
            folder.parent = {"Folder", at};
            next = folder_moid(folder);
            world.extras->folders.emplace(folder.number, std::move(folder));
        }
        at = next;
    }
    return at;
}

PoolState* pool_of(World& world, const MoRef& ref) {
    const auto found = ref.type == "ResourcePool"
                           ? world.extras->pools.find(trailing_number(ref.id))
                           : world.extras->pools.end();
    return found == world.extras->pools.end() ? nullptr : &found->second;
}

MoRef folder_parent(World& world, const MoRef& entity) {
    const auto moved = world.extras->parents.find(entity);
    if (moved != world.extras->parents.end()) {
        return moved->second;
    }
    const Schema& schema = Schema::get();
    return {"Folder", entity.type == "Datastore"                    ? "group-s5"
                      : entity.type == "VirtualMachine"             ? "group-v3"
                      : schema.is_a(entity.type, "ComputeResource") ? "group-h4"
                                                                    : "group-n6"};
}

void add_folder_methods(MethodTable& t) {
    t.add("Folder", "CreateFolder",
          [](MethodContext& c, const Call& call) { return new_folder(c, call, false); });
    t.add("Folder", "CreateStoragePod",
          [](MethodContext& c, const Call& call) { return new_folder(c, call, true); });
    t.add("Folder", "MoveIntoFolder_Task", move_into_folder);
    t.add("Folder", "CreateVM_Task", create_vm);
    t.add("ManagedEntity", "Destroy_Task", destroy);
    t.add("Folder", "UnregisterAndDestroy_Task", destroy);
    t.add("ResourcePool", "CreateResourcePool", create_pool);
    t.add("ResourcePool", "MoveIntoResourcePool", move_into_pool);
    t.add("VirtualMachine", "CloneVM_Task", clone_vm);
}

} // namespace pf::vim::sim
