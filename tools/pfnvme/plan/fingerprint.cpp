// What a unit's plan rests on, as a digest: the objects themselves, not their momentary load. Power
// states are left out; they are recorded when the unit starts.
#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "tools/pfnvme/plan/compile.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

void add_volume(std::string& out, const VolumeInfo& volume) {
    out += fmt::format("volume {} {} {}\n", volume.id, volume.name, volume.size_kib);
    std::vector<std::string> mappings;
    for (const MappingInfo& mapping : volume.mappings) {
        mappings.push_back(fmt::format("mapping {} {} {} {}\n", mapping.host_id,
                                       mapping.nvme ? "nvme" : "sdc", mapping.limit_iops,
                                       mapping.limit_mib_per_s));
    }
    std::sort(mappings.begin(), mappings.end());
    for (const std::string& mapping : mappings) {
        out += mapping;
    }
}

} // namespace

std::string describe_objects(const Inventory& inventory, const Unit& unit) {
    std::string out;
    for (const std::string& id : unit.objects.host_ids) {
        const HostInfo* host = inventory.host(id);
        out += host == nullptr ? fmt::format("host {} MISSING\n", id)
                               : fmt::format("host {} {} {}\n", id, host->name, host->nqn);
    }
    std::vector<UnitPart> parts = unit.objects.parts;
    if (parts.empty() && !unit.objects.datastore_id.empty()) {
        parts.push_back({unit.objects.datastore_id, {}, unit.objects.volume_id, {}, {}, {}});
    }
    for (const UnitPart& part : parts) {
        const DatastoreInfo* datastore = inventory.datastore(part.datastore_id);
        if (datastore == nullptr) {
            return out + fmt::format("datastore {} MISSING\n", part.datastore_id);
        }
        out += fmt::format("datastore {} {} {}\n", datastore->id, datastore->name, datastore->uuid);
        for (const std::string& extent : datastore->extents) {
            out += "extent " + extent + "\n";
        }
        std::vector<std::string> mounts;
        for (const DatastoreMount& mount : datastore->mounts) {
            mounts.push_back(fmt::format("mount {} {}\n", mount.host_id, mount.mounted));
        }
        std::sort(mounts.begin(), mounts.end());
        for (const std::string& mount : mounts) {
            out += mount;
        }
        for (const VmInfo* vm : inventory.vms_on(*datastore)) {
            // VMs that other units take away, or that stay, are not this unit's business.
            const std::vector<std::string>& others = unit.objects.other_vm_ids;
            if (std::find(others.begin(), others.end(), vm->id) != others.end()) {
                continue;
            }
            out +=
                fmt::format("vm {} {} {} {}\n", vm->id, vm->name, vm->instance_uuid, vm->vmx_path);
            for (const DiskInfo& disk : vm->disks) {
                out += fmt::format("disk {} {} {}\n", disk.key, disk.file, disk.capacity_bytes);
            }
        }
        const VolumeInfo* volume = inventory.volume(part.volume_id);
        if (volume == nullptr) {
            return out + fmt::format("volume {} MISSING\n", part.volume_id);
        }
        add_volume(out, *volume);
    }
    if (parts.empty() && !unit.objects.volume_id.empty()) {
        const VolumeInfo* volume = inventory.volume(unit.objects.volume_id);
        if (volume == nullptr) {
            return out + fmt::format("volume {} MISSING\n", unit.objects.volume_id);
        }
        add_volume(out, *volume);
    }
    return out;
}

std::optional<std::string> fingerprint(const Inventory& inventory, const Unit& unit) {
    const std::string text = describe_objects(inventory, unit);
    if (text.find(" MISSING\n") != std::string::npos) {
        return std::nullopt;
    }
    return sha256_hex(as_bytes(text));
}

} // namespace pf::nvmetool
