// FileManager: files of datastores, moved about and deleted by name.
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/simulator/vmx.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

constexpr uint64_t kChunk = 1u << 20;

struct Place {
    FileRef file;
    VolumeAccess path;
    std::string shown;
};

// The file and some host's way to it.
Outcome<Place> place_of(World& world, const std::string& text) {
    auto parsed = DatastorePath::parse(text);
    if (!parsed || parsed->path.empty()) {
        return raise("InvalidDatastorePath", fmt::format("Invalid datastore path '{}'.", text),
                     {{"datastorePath", Value(text)}});
    }
    const std::lock_guard lock(world.mutex);
    const DatastoreState* ds = world.datastore_named(parsed->datastore);
    if (ds == nullptr) {
        return raise("InvalidDatastore",
                     fmt::format("Datastore '{}' is not known.", parsed->datastore),
                     {{"name", Value(parsed->datastore)}});
    }
    Outcome<VolumeAccess> path = raise("InaccessibleDatastore", "No host has it mounted.");
    for (const auto& host : world.hosts) {
        path = HostOps(world, *host).access_locked(ds->uuid);
        if (path) {
            return Place{{ds->uuid, parsed->path}, std::move(*path), text};
        }
    }
    return tl::unexpected<Fault>(path.error());
}

// A powered-on VM keeps its files. World::mutex held.
Outcome<> check_unlocked(World& world, const FileRef& file, const std::string& shown) {
    for (const auto& [number, vm] : world.vms) {
        const bool uses =
            vm.vmx == file ||
            std::any_of(vm.disks.begin(), vm.disks.end(), [&](const VmDisk& disk) {
                return disk.descriptor == file || disk.flat == file ||
                       std::any_of(disk.parents.begin(), disk.parents.end(),
                                   [&](const DiskLink& link) {
                                       return link.descriptor == file || link.flat == file;
                                   });
            });
        if (uses && vm.power == PowerState::On) {
            return raise("FileLocked",
                         fmt::format("Unable to access file {} since it is locked", shown),
                         {{"file", Value(shown)}});
        }
    }
    return {};
}

// The file, or a directory with all that is in it.
Outcome<Value> delete_file(MethodContext& c, const Call& call) {
    SIM_TRY(Place place, place_of(c.world, call.arg("name").text()));
    World& world = c.world;
    auto work = [&world, place](TaskContext&) -> Outcome<Value> {
        std::vector<std::string> names;
        for (const auto& info : place.path.volume->list(place.file.path)) {
            if (info.name == place.file.path || info.name.starts_with(place.file.path + "/")) {
                names.push_back(info.name);
            }
        }
        if (names.empty()) {
            return raise("FileNotFound", fmt::format("File {} was not found", place.shown),
                         {{"file", Value(place.shown)}});
        }
        {
            const std::lock_guard lock(world.mutex);
            for (const std::string& name : names) {
                SIM_CHECK(check_unlocked(world, {place.file.volume, name}, place.shown));
            }
        }
        auto removed = place.path.volume->remove_all(*place.path.io, names);
        if (!removed) {
            return raise_storage(removed.error(), place.shown);
        }
        const std::lock_guard lock(world.mutex);
        world.touch();
        return Value();
    };
    return start_task(c, "FileManager.deleteDatastoreFile", {"FileManager", "FileManager"}, work);
}

Outcome<> copy(const Place& from, const Place& to, TaskContext& task) {
    auto info = from.path.volume->stat(from.file.path);
    if (!info) {
        return raise("FileNotFound", fmt::format("File {} was not found", from.shown),
                     {{"file", Value(from.shown)}});
    }
    auto made = to.path.volume->create(*to.path.io, to.file.path, info->size, false);
    Bytes chunk(kChunk);
    for (uint64_t at = 0; made && at < info->size; at += kChunk) {
        const MutByteSpan part =
            MutByteSpan(chunk).first(static_cast<size_t>(std::min(kChunk, info->size - at)));
        made = from.path.volume->read(*from.path.io, from.file.path, at, part);
        if (made) {
            made = to.path.volume->write(*to.path.io, to.file.path, at, part);
        }
        task.progress(static_cast<int>(at * 100 / info->size));
    }
    if (!made) {
        return raise_storage(made.error(), to.shown);
    }
    return {};
}

Method transfer(bool keep) {
    return [keep](MethodContext& c, const Call& call) -> Outcome<Value> {
        SIM_TRY(Place from, place_of(c.world, call.arg("sourceName").text()));
        SIM_TRY(Place to, place_of(c.world, call.arg("destinationName").text()));
        World& world = c.world;
        const bool force = call.arg("force").bool_or(false);
        auto work = [&world, from, to, keep, force](TaskContext& task) -> Outcome<Value> {
            {
                const std::lock_guard lock(world.mutex);
                SIM_CHECK(check_unlocked(world, from.file, from.shown));
            }
            if (to.path.volume->stat(to.file.path)) {
                if (!force) {
                    return raise("FileAlreadyExists",
                                 fmt::format("File {} already exists", to.shown),
                                 {{"file", Value(to.shown)}});
                }
                auto removed = to.path.volume->remove(*to.path.io, to.file.path);
                if (!removed) {
                    return raise_storage(removed.error(), to.shown);
                }
            }
            SIM_CHECK(copy(from, to, task));
            if (!keep) {
                auto removed = from.path.volume->remove(*from.path.io, from.file.path);
                if (!removed) {
                    return raise_storage(removed.error(), from.shown);
                }
            }
            const std::lock_guard lock(world.mutex);
            world.touch();
            return Value();
        };
        return start_task(c,
                          keep ? "FileManager.copyDatastoreFile" : "FileManager.moveDatastoreFile",
                          {"FileManager", "FileManager"}, work);
    };
}

} // namespace

void add_file_methods(MethodTable& t) {
    t.add("FileManager", "DeleteDatastoreFile_Task", delete_file);
    t.add("FileManager", "CopyDatastoreFile_Task", transfer(true));
    t.add("FileManager", "MoveDatastoreFile_Task", transfer(false));
}

} // namespace pf::vim::sim
