#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/properties.hpp"

namespace pf::vim::sim {

namespace {

const HostVolume* on_host(const HostState& host, const DatastoreState& ds) {
    const auto found = host.volumes.find(ds.uuid);
    return found == host.volumes.end() ? nullptr : &found->second;
}

uint64_t free_space(const DatastoreState& ds) {
    return ds.volume ? ds.volume->free_bytes() : ds.free;
}

std::string url(const DatastoreState& ds) { return "ds:///vmfs/volumes/" + ds.uuid + "/"; }

Value summary(const PropertyContext& c, const DatastoreState& ds) {
    size_t hosts = 0;
    for (const auto& host : c.world.hosts) {
        const HostVolume* volume = on_host(*host, ds);
        hosts += volume != nullptr && volume->mounted ? 1 : 0;
    }
    uint64_t provisioned = 0;
    uint64_t used = 0;
    if (ds.volume) {
        for (const auto& file : ds.volume->list()) {
            provisioned += file.size;
            used += file.allocated;
        }
    }
    return make("DatastoreSummary",
                {{"datastore", ds.ref()},
                 {"name", ds.name},
                 {"url", url(ds)},
                 {"capacity", long_value(ds.capacity)},
                 {"freeSpace", long_value(free_space(ds))},
                 {"uncommitted", long_value(provisioned > used ? provisioned - used : 0)},
                 {"accessible", c.world.datastore_accessible(ds)},
                 {"multipleHostAccess", hosts > 1},
                 {"type", "VMFS"},
                 {"maintenanceMode", ds.in_maintenance ? "inMaintenance" : "normal"}});
}

Value info(const PropertyContext& c, const DatastoreState& ds) {
    DataObject out("VmfsDatastoreInfo");
    out.set("name", ds.name);
    out.set("url", url(ds));
    out.set("freeSpace", long_value(free_space(ds)));
    out.set("maxFileSize", long_value(uint64_t{64} << 40));
    out.set("maxVirtualDiskCapacity", long_value(uint64_t{62} << 40));
    out.set("maxMemoryFileSize", long_value(uint64_t{64} << 40));
    out.set("timestamp", time_value(c.world.started));
    out.set("containerId", ds.uuid);
    out.set("maxPhysicalRDMFileSize", long_value(uint64_t{64} << 40));
    out.set("maxVirtualRDMFileSize", long_value(uint64_t{62} << 40));
    // The host that serves it best: a mounted one, else any that knows it.
    const HostState* best = nullptr;
    for (const auto& host : c.world.hosts) {
        const HostVolume* volume = on_host(*host, ds);
        if (volume != nullptr && (best == nullptr || volume->mounted)) {
            best = host.get();
        }
    }
    if (best != nullptr) {
        out.set("vmfs", vmfs_volume(c.world, *best, *on_host(*best, ds)));
    }
    return Value(std::move(out));
}

Value host_mounts(const PropertyContext& c, const DatastoreState& ds) {
    std::vector<Value> mounts;
    for (const auto& host : c.world.hosts) {
        const HostVolume* volume = on_host(*host, ds);
        if (volume == nullptr || !c.scope.visible_locked(c.world, host->ref())) {
            continue;
        }
        DataObject mount("HostMountInfo");
        mount.set("path", "/vmfs/volumes/" + ds.uuid);
        mount.set("accessMode", "readWrite");
        mount.set("mounted", volume->mounted);
        mount.set("accessible", volume->mounted && volume->accessible);
        if (volume->mounted && !volume->accessible) {
            mount.set("inaccessibleReason", inaccessible_reason(*host, *volume));
        }
        mounts.push_back(make("DatastoreHostMount",
                              {{"key", host->ref()}, {"mountInfo", Value(std::move(mount))}}));
    }
    return Value::array("DatastoreHostMount", std::move(mounts));
}

// VMs with any file on the volume. Of many datastores, the VMs are gone through once for all.
std::vector<const VmState*> vms_on(const PropertyContext& c, const std::string& uuid) {
    if (c.batch == nullptr) {
        const auto found = c.world.vms_on(uuid);
        return {found.begin(), found.end()};
    }
    if (!c.batch->vms_on) {
        auto& by_volume = c.batch->vms_on.emplace();
        for (const auto& [number, vm] : c.world.vms) {
            auto add = [&by_volume, &vm = vm](const std::string& volume) {
                auto& there = by_volume[volume];
                if (there.empty() || there.back() != &vm) {
                    there.push_back(&vm);
                }
            };
            add(vm.vmx.volume);
            for (const VmDisk& disk : vm.disks) {
                add(disk.descriptor.volume);
                for (const DiskLink& parent : disk.parents) {
                    add(parent.descriptor.volume);
                }
            }
        }
    }
    const auto found = c.batch->vms_on->find(uuid);
    return found == c.batch->vms_on->end() ? std::vector<const VmState*>() : found->second;
}

} // namespace

Value datastore_property(const PropertyContext& c, const DatastoreState& ds,
                         std::string_view name) {
    if (name == "name") {
        return Value(ds.name);
    }
    if (name == "parent") {
        return Value(folder_parent(c.world, ds.ref()));
    }
    if (name == "summary") {
        return summary(c, ds);
    }
    if (name == "info") {
        return info(c, ds);
    }
    if (name == "host") {
        return host_mounts(c, ds);
    }
    if (name == "vm") {
        std::vector<MoRef> vms;
        for (const VmState* vm : vms_on(c, ds.uuid)) {
            MoRef ref = vm->ref();
            if (c.scope.visible_locked(c.world, ref)) {
                vms.push_back(std::move(ref));
            }
        }
        return Value::refs(vms);
    }
    if (name == "browser") {
        return Value(MoRef{"HostDatastoreBrowser", "datastoreBrowser-" + ds.moid()});
    }
    if (name == "capability") {
        return make("DatastoreCapability", {{"directoryHierarchySupported", true},
                                            {"rawDiskMappingsSupported", true},
                                            {"perFileThinProvisioningSupported", true},
                                            {"storageIORMSupported", true},
                                            {"nativeSnapshotSupported", false},
                                            {"clusteredVmdkSupported", ds.clustered_vmdk}});
    }
    if (name == "iormConfiguration") {
        return make("StorageIORMInfo", {{"enabled", ds.sioc},
                                        {"congestionThresholdMode", "automatic"},
                                        {"congestionThreshold", int_value(30)},
                                        {"statsCollectionEnabled", ds.sioc},
                                        {"reservationEnabled", false}});
    }
    return {};
}

} // namespace pf::vim::sim
