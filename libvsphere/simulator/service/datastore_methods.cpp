// HostDatastoreSystem, Datastore, HostDatastoreBrowser, StorageResourceManager.
#include "base/log.hpp"
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/storage_values.hpp"
#include "libvsphere/simulator/vmx.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<Value> available_disks(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_TRY(const auto devices, HostOps(c.world, *host).available_disks());
    std::vector<Value> out;
    const std::lock_guard lock(c.world.mutex);
    for (const Device& device : devices) {
        const auto state = host->devices.find(device.id);
        if (state != host->devices.end()) {
            out.push_back(scsi_disk(*host, state->second));
        }
    }
    return Value::array("HostScsiDisk", std::move(out));
}

constexpr std::string_view kDiskRoot = "/vmfs/devices/disks/";

// The whole device, from 1 MiB on, as one GPT partition.
Outcome<Value> create_options(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::string path = call.arg("devicePath").text();
    const int64_t version = call.arg("vmfsMajorVersion").int_or(6);
    if (version != 6) {
        return raise_invalid_argument("vmfsMajorVersion", "vmfsMajorVersion");
    }
    const std::lock_guard lock(c.world.mutex);
    const std::string id =
        path.starts_with(kDiskRoot) ? path.substr(kDiskRoot.size()) : std::string();
    const auto found = host->devices.find(id);
    if (found == host->devices.end()) {
        return raise_not_found("");
    }
    const DeviceState& device = found->second;
    const auto [range, layout, partition] = vmfs_partition(device.info.size_bytes / 512);
    const Value vmfs = make(
        "HostVmfsSpec",
        {{"extent", make("HostScsiDiskPartition", {{"diskName", id}, {"partition", int_value(1)}})},
         {"blockSizeMb", int_value(1)},
         {"majorVersion", int_value(6)},
         {"volumeName", ""},
         {"blockSize", int_value(1024)},
         {"unmapGranularity", int_value(1024)},
         {"unmapPriority", "low"}});
    const Value option = make(
        "VmfsDatastoreOption",
        {{"info",
          make("VmfsDatastoreAllExtentOption",
               {{"layout", layout}, {"partitionFormatChange", true}, {"vmfsExtent", range}})},
         {"spec", make("VmfsDatastoreCreateSpec",
                       {{"diskUuid", device.uuid}, {"partition", partition}, {"vmfs", vmfs}})}});
    return Value::array("VmfsDatastoreOption", {option});
}

Outcome<Value> datastore_reference(World& world, const std::string& uuid) {
    const std::lock_guard lock(world.mutex);
    const DatastoreState* ds = world.datastore_of(uuid);
    if (ds == nullptr) {
        return raise("HostConfigFault", "The datastore did not come up.");
    }
    return Value(ds->ref());
}

Outcome<Value> create_vmfs(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const Value& spec = call.arg("spec");
    const std::string device = spec["vmfs"]["extent"]["diskName"].text();
    if (spec["vmfs"]["majorVersion"].int_or(0) != 6 || !spec["extent"].items().empty()) {
        return raise_invalid_argument("spec.vmfs", "spec.vmfs");
    }
    {
        const std::lock_guard lock(c.world.mutex);
        const auto found = host->devices.find(device);
        if (found == host->devices.end()) {
            return raise_not_found("");
        }
        if (found->second.uuid != spec["diskUuid"].text()) {
            return raise_invalid_argument("spec.diskUuid", "spec.diskUuid");
        }
    }
    SIM_TRY(const std::string uuid,
            HostOps(c.world, *host).create_vmfs(device, spec["vmfs"]["volumeName"].text()));
    return datastore_reference(c.world, uuid);
}

// A host that has the datastore mounted; InaccessibleDatastore when none has.
Outcome<std::pair<HostState*, std::string>> mounting_host(MethodContext& c, const MoRef& ref) {
    const std::lock_guard lock(c.world.mutex);
    const DatastoreState* ds = c.world.datastore(ref.id);
    if (ds == nullptr) {
        return raise_missing_object(ref);
    }
    for (const auto& host : c.world.hosts) {
        const auto volume = host->volumes.find(ds->uuid);
        if (volume != host->volumes.end() && volume->second.mounted && volume->second.accessible &&
            c.scope.visible_locked(c.world, host->ref())) {
            return std::pair{host.get(), ds->uuid};
        }
    }
    return raise("InaccessibleDatastore", fmt::format("Unable to access datastore '{}'.", ds->name),
                 {{"datastore", Value(ds->ref())}, {"name", Value(ds->name)}});
}

Outcome<> destroy_one(MethodContext& c, const MoRef& ref) {
    SIM_TRY(const auto where, mounting_host(c, ref));
    return HostOps(c.world, *where.first).destroy(where.second);
}

Outcome<Value> remove_datastore(MethodContext& c, const Call& call) {
    SIM_CHECK(destroy_one(c, call.arg("datastore").ref()));
    return Value();
}

Outcome<Value> destroy_datastore(MethodContext& c, const Call& call) {
    SIM_CHECK(destroy_one(c, call.self));
    return Value();
}

Outcome<Value> rename_datastore(MethodContext& c, const Call& call) {
    SIM_TRY(const auto where, mounting_host(c, call.self));
    SIM_CHECK(HostOps(c.world, *where.first).rename(where.second, call.arg("newName").text()));
    return Value();
}

Outcome<Value> refresh_datastore(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    if (DatastoreState* ds = c.world.datastore(call.self.id); ds != nullptr && ds->volume) {
        ds->free = ds->volume->free_bytes();
        c.world.touch();
    }
    return Value();
}

Outcome<Value> query_unresolved(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    return unresolved_volumes(c.world, *host);
}

// The vCenter form: the signature is written by one host, the others that see the device rescan.
Outcome<Value> resignature(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_TRY(const std::string device,
            device_of_extents(call.arg("resolutionSpec")["extentDevicePath"].texts()));
    World& world = c.world;
    const bool everywhere = c.scope.is_vcenter();
    auto work = [&world, host, device, everywhere](TaskContext& task) -> Outcome<Value> {
        task.progress(10);
        SIM_TRY(const std::string uuid, HostOps(world, *host).resignature(device));
        std::vector<Value> rescans;
        for (const auto& other : world.hosts) {
            {
                const std::lock_guard lock(world.mutex);
                if (!everywhere || other.get() == host || !other->devices.contains(device)) {
                    continue;
                }
            }
            auto scanned = HostOps(world, *other).rescan_vmfs();
            DataObject row("HostVmfsRescanResult");
            row.set("host", other->ref());
            if (!scanned) {
                row.set("fault", Value(localized_fault(scanned.error())));
            }
            rescans.emplace_back(std::move(row));
        }
        SIM_TRY(const Value datastore, datastore_reference(world, uuid));
        return make("HostResignatureRescanResult",
                    {{"rescan", Value::array("HostVmfsRescanResult", std::move(rescans))},
                     {"result", datastore}});
    };
    return start_task(c, "HostDatastoreSystem.resignatureUnresolvedVmfsVolume", host->ref(), work);
}

Outcome<Value> configure_iorm(MethodContext& c, const Call& call) {
    const MoRef ref = call.arg("datastore").ref();
    const Value enabled = call.arg("spec")["enabled"];
    World& world = c.world;
    auto work = [&world, ref, enabled](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        DatastoreState* ds = world.datastore(ref.id);
        if (ds == nullptr) {
            return raise_missing_object(ref);
        }
        ds->sioc = enabled.bool_or(ds->sioc);
        world.touch();
        return Value();
    };
    return start_task(c, "StorageResourceManager.configureDatastoreIORM", ref, work);
}

Outcome<Value> search_result(World& world, const Scope& scope, const DatastorePath& where,
                             const Value& spec, bool below) {
    const std::lock_guard lock(world.mutex);
    const DatastoreState* ds = world.datastore_named(where.datastore);
    if (ds == nullptr || !scope.visible_locked(world, ds->ref())) {
        return raise("InvalidDatastore",
                     fmt::format("Datastore '{}' is not known.", where.datastore),
                     {{"name", Value(where.datastore)}});
    }
    if (!ds->volume) {
        return raise("InaccessibleDatastore",
                     fmt::format("Unable to access datastore '{}'.", ds->name),
                     {{"datastore", Value(ds->ref())}, {"name", Value(ds->name)}});
    }
    std::string prefix = where.path;
    if (!prefix.empty() && !prefix.ends_with('/')) {
        prefix += '/';
    }
    const auto patterns = spec["matchPattern"].texts();
    auto matches = [&](const std::string& name) {
        return patterns.empty() ||
               std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) {
                   return fnmatch(p.c_str(), name.c_str(), 0) == 0;
               });
    };
    std::map<std::string, std::vector<Value>> folders; // folder -> files
    folders[prefix];
    for (const auto& file : ds->volume->list(prefix)) {
        std::string dir = directory_of(file.name);
        dir += dir.empty() ? "" : "/";
        std::string name = file_of(file.name);
        if (!below && dir != prefix) { // one level: shows the folder
            name = file.name.substr(prefix.size());
            name = name.substr(0, name.find('/'));
            auto& here = folders[prefix];
            const bool listed = std::any_of(
                here.begin(), here.end(), [&](const Value& v) { return v["path"].text() == name; });
            if (!listed && matches(name)) {
                here.push_back(make("FolderFileInfo", {{"path", name}}));
            }
            continue;
        }
        if (matches(name)) {
            folders[dir].push_back(make(name.ends_with(".vmdk")  ? "VmDiskFileInfo"
                                        : name.ends_with(".vmx") ? "VmConfigFileInfo"
                                                                 : "FileInfo",
                                        {{"path", name},
                                         {"fileSize", long_value(file.size)},
                                         {"modification", Value::date_time(file.modified_us)}}));
        }
    }
    std::vector<Value> results;
    for (auto& [folder, files] : folders) {
        results.push_back(make("HostDatastoreBrowserSearchResults",
                               {{"datastore", ds->ref()},
                                {"folderPath", DatastorePath{ds->name, folder}.str()},
                                {"file", Value::array("FileInfo", std::move(files))}}));
    }
    if (below) {
        return Value::array("HostDatastoreBrowserSearchResults", std::move(results));
    }
    return results.front();
}

Method search(bool below) {
    return [below](MethodContext& c, const Call& call) -> Outcome<Value> {
        auto where = DatastorePath::parse(call.arg("datastorePath").text());
        if (!where) {
            return raise("InvalidDatastorePath", where.error().what,
                         {{"datastorePath", call.arg("datastorePath")}});
        }
        World& world = c.world;
        const Scope& scope = c.scope;
        auto work = [&world, &scope, below, path = *where,
                     spec = call.arg("searchSpec")](TaskContext&) -> Outcome<Value> {
            return search_result(world, scope, path, spec, below);
        };
        MoRef entity; // "datastoreBrowser-datastore-101" or "datastoreBrowser-host-21"
        entity.id = call.self.id.substr(call.self.id.find('-') + 1);
        entity.type = entity.id.starts_with("host-") ? "HostSystem" : "Datastore";
        return start_task(c, "HostDatastoreBrowser.searchDatastore", entity, work);
    };
}

} // namespace

VmfsPartition vmfs_partition(uint64_t sectors) {
    const auto lba = [](uint64_t block) {
        return make("HostDiskDimensionsLba",
                    {{"blockSize", int_value(512)}, {"block", long_value(block)}});
    };
    const uint64_t first = 2048;
    const uint64_t last = sectors - 34;
    VmfsPartition out;
    out.range = make(
        "HostDiskPartitionBlockRange",
        {{"partition", int_value(1)}, {"type", "vmfs"}, {"start", lba(first)}, {"end", lba(last)}});
    out.layout = make("HostDiskPartitionLayout",
                      {{"total", lba(sectors)},
                       {"partition", Value::array("HostDiskPartitionBlockRange", {out.range})}});
    const Value attributes =
        make("HostDiskPartitionAttributes", {{"partition", int_value(1)},
                                             {"startSector", long_value(first)},
                                             {"endSector", long_value(last)},
                                             {"type", "vmfs"},
                                             {"logical", false},
                                             {"attributes", Value::scalar("byte", "0")}});
    out.spec = make("HostDiskPartitionSpec",
                    {{"partitionFormat", "gpt"},
                     {"totalSectors", long_value(sectors)},
                     {"partition", Value::array("HostDiskPartitionAttributes", {attributes})}});
    return out;
}

void add_datastore_methods(MethodTable& t) {
    constexpr const char* s = "HostDatastoreSystem";
    t.add(s, "QueryAvailableDisksForVmfs", available_disks);
    t.add(s, "QueryVmfsDatastoreCreateOptions", create_options);
    t.add(s, "CreateVmfsDatastore", create_vmfs);
    t.add(s, "RemoveDatastore", remove_datastore);
    t.add(s, "QueryUnresolvedVmfsVolumes", query_unresolved);
    t.add(s, "ResignatureUnresolvedVmfsVolume_Task", resignature);
    t.add("Datastore", "RenameDatastore", rename_datastore);
    t.add("Datastore", "DestroyDatastore", destroy_datastore);
    t.add("Datastore", "RefreshDatastore", refresh_datastore);
    t.add("Datastore", "RefreshDatastoreStorageInfo", refresh_datastore);
    t.add("StorageResourceManager", "ConfigureDatastoreIORM_Task", configure_iorm);
    t.add("HostDatastoreBrowser", "SearchDatastore_Task", search(false));
    t.add("HostDatastoreBrowser", "SearchDatastoreSubFolders_Task", search(true));
}

} // namespace pf::vim::sim
