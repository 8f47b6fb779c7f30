#include "tools/pfnvme/inventory/inventory.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"

#include <algorithm>
#include <cctype>

namespace pf::nvmetool {

namespace {

template<class Item, class Predicate>
const Item* find_in(const std::vector<Item>& items, Predicate predicate) {
    const auto found = std::find_if(items.begin(), items.end(), predicate);
    return found == items.end() ? nullptr : &*found;
}

bool same_text_no_case(const std::string& left, const std::string& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    });
}

} // namespace

const HostInfo* Inventory::host(const std::string& id) const {
    return find_in(hosts, [&](const HostInfo& item) { return item.id == id; });
}
const HostInfo* Inventory::host_named(const std::string& name) const {
    return find_in(hosts, [&](const HostInfo& item) { return item.name == name; });
}
const DatastoreInfo* Inventory::datastore(const std::string& id) const {
    return find_in(datastores, [&](const DatastoreInfo& item) { return item.id == id; });
}
const DatastoreInfo* Inventory::datastore_named(const std::string& name) const {
    return find_in(datastores, [&](const DatastoreInfo& item) { return item.name == name; });
}
const VmInfo* Inventory::vm(const std::string& id) const {
    return find_in(vms, [&](const VmInfo& item) { return item.id == id; });
}
const VolumeInfo* Inventory::volume(const std::string& id) const {
    return find_in(volumes, [&](const VolumeInfo& item) { return item.id == id; });
}
const VolumeInfo* Inventory::volume_named(const std::string& name) const {
    return find_in(volumes, [&](const VolumeInfo& item) { return item.name == name; });
}
const PoolInfo* Inventory::pool(const std::string& id) const {
    return find_in(pools, [&](const PoolInfo& item) { return item.id == id; });
}
const PowerFlexHost* Inventory::nvme_host(const std::string& nqn) const {
    return find_in(powerflex_hosts, [&](const PowerFlexHost& item) {
        return item.nvme && !nqn.empty() && same_text_no_case(item.nqn, nqn);
    });
}
const PowerFlexHost* Inventory::sdc_of(const HostInfo& host) const {
    return find_in(powerflex_hosts, [&](const PowerFlexHost& item) {
        return !item.nvme && !host.sdc_guid.empty() && same_text_no_case(item.guid, host.sdc_guid);
    });
}

const VolumeInfo* Inventory::sdc_volume_of(const DatastoreInfo& datastore) const {
    if (datastore.extents.empty()) {
        return nullptr;
    }
    const auto id = volume_of_sdc_device(powerflex.system_id, datastore.extents.front());
    return id ? volume(*id) : nullptr;
}

const VolumeInfo* Inventory::nvme_volume_of(const DatastoreInfo& datastore) const {
    if (datastore.extents.empty()) {
        return nullptr;
    }
    const auto id = volume_of_nvme_device(powerflex.system_id, datastore.extents.front());
    return id ? volume(*id) : nullptr;
}

std::vector<const VmInfo*> Inventory::vms_on(const DatastoreInfo& datastore) const {
    std::vector<const VmInfo*> out;
    for (const VmInfo& item : vms) {
        if (std::find(item.datastore_ids.begin(), item.datastore_ids.end(), datastore.id) !=
            item.datastore_ids.end()) {
            out.push_back(&item);
        }
    }
    std::sort(out.begin(), out.end(),
              [](const VmInfo* a, const VmInfo* b) { return a->name < b->name; });
    return out;
}

std::vector<const VolumeInfo*> Inventory::volumes_of(const PowerFlexHost& host) const {
    std::vector<const VolumeInfo*> out;
    for (const VolumeInfo& item : volumes) {
        if (item.mapping_of(host.id) != nullptr) {
            out.push_back(&item);
        }
    }
    return out;
}

Result<Inventory> collect(VspherePort& vsphere, PowerFlexPort& powerflex,
                          const CollectScope& scope) {
    Inventory out;
    PF_TRY(out.vcenter, vsphere.about());
    PF_TRY(out.powerflex, powerflex.about());
    PF_TRY(out.hosts, vsphere.hosts());
    std::sort(out.hosts.begin(), out.hosts.end(),
              [](const HostInfo& a, const HostInfo& b) { return a.name < b.name; });
    if (scope.vms) {
        PF_TRY(out.datastores, vsphere.datastores());
        PF_TRY(out.vms, vsphere.vms());
    }
    PF_TRY(out.powerflex_hosts, powerflex.hosts());
    PF_TRY(out.sdts, powerflex.sdt_addresses());
    PF_TRY(out.pools, powerflex.pools());
    PF_TRY(out.volumes, powerflex.volumes());
    return out;
}

std::string digest(const Inventory& inventory) {
    std::string text =
        inventory.vcenter.instance_uuid + "\n" + inventory.powerflex.system_id + "\n";
    const auto add = [&text](std::initializer_list<std::string> fields) {
        for (const std::string& field : fields) {
            text += field;
            text += '\t';
        }
        text += '\n';
    };
    for (const HostInfo& host : inventory.hosts) {
        add({"host", host.id, host.name, host.version, host.build, host.nqn});
    }
    for (const DatastoreInfo& datastore : inventory.datastores) {
        add({"datastore", datastore.id, datastore.name, datastore.uuid,
             datastore.extents.empty() ? "" : datastore.extents.front()});
    }
    for (const VmInfo& vm : inventory.vms) {
        add({"vm", vm.id, vm.name, vm.vmx_path});
        for (const DiskInfo& disk : vm.disks) {
            add({"disk", disk.file, std::to_string(disk.capacity_bytes)});
        }
    }
    for (const VolumeInfo& volume : inventory.volumes) {
        add({"volume", volume.id, volume.name, std::to_string(volume.size_kib)});
        for (const MappingInfo& mapping : volume.mappings) {
            add({"mapping", mapping.host_id, mapping.nvme ? "nvme" : "sdc"});
        }
    }
    return sha256_hex(as_bytes(text));
}

} // namespace pf::nvmetool
