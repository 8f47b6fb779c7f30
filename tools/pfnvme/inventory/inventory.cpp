#include "tools/pfnvme/inventory/inventory.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <utility>

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

using Positions = std::unordered_map<std::string, std::size_t>;

} // namespace

struct InventoryIndex {
    Positions hosts;
    Positions datastores;
    Positions datastore_names;
    Positions vms;
    Positions volumes;
    Positions volume_names;
    std::unordered_map<std::string, std::vector<std::size_t>> vms_on;     // by datastore id
    std::unordered_map<std::string, std::vector<std::size_t>> volumes_of; // by PowerFlex host id
    std::size_t vm_count = 0;
    std::size_t volume_count = 0;
};

namespace {

// The item whose key is `key`: where the index says, if it is still there, else by a search.
template<class Item, class Key>
const Item* at(const std::vector<Item>& items, const Positions* positions, const std::string& key,
               Key key_of) {
    if (positions != nullptr) {
        const auto found = positions->find(key);
        if (found != positions->end() && found->second < items.size() &&
            key_of(items[found->second]) == key) {
            return &items[found->second];
        }
    }
    return find_in(items, [&](const Item& item) { return key_of(item) == key; });
}

} // namespace

void Inventory::index() {
    auto made = std::make_shared<InventoryIndex>();
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        made->hosts.emplace(hosts[i].id, i);
    }
    for (std::size_t i = 0; i < datastores.size(); ++i) {
        made->datastores.emplace(datastores[i].id, i);
        made->datastore_names.emplace(datastores[i].name, i);
    }
    made->vms.reserve(vms.size());
    for (std::size_t i = 0; i < vms.size(); ++i) {
        made->vms.emplace(vms[i].id, i);
        for (const std::string& datastore : vms[i].datastore_ids) {
            std::vector<std::size_t>& list = made->vms_on[datastore];
            if (list.empty() || list.back() != i) {
                list.push_back(i);
            }
        }
    }
    for (std::size_t i = 0; i < volumes.size(); ++i) {
        made->volumes.emplace(volumes[i].id, i);
        made->volume_names.emplace(volumes[i].name, i);
        for (const MappingInfo& mapping : volumes[i].mappings) {
            std::vector<std::size_t>& list = made->volumes_of[mapping.host_id];
            if (list.empty() || list.back() != i) {
                list.push_back(i);
            }
        }
    }
    made->vm_count = vms.size();
    made->volume_count = volumes.size();
    index_ = std::move(made);
}

const HostInfo* Inventory::host(const std::string& id) const {
    return at(hosts, index_ ? &index_->hosts : nullptr, id,
              [](const HostInfo& item) -> const std::string& { return item.id; });
}
const HostInfo* Inventory::host_named(const std::string& name) const {
    return find_in(hosts, [&](const HostInfo& item) { return item.name == name; });
}
const DatastoreInfo* Inventory::datastore(const std::string& id) const {
    return at(datastores, index_ ? &index_->datastores : nullptr, id,
              [](const DatastoreInfo& item) -> const std::string& { return item.id; });
}
const DatastoreInfo* Inventory::datastore_named(const std::string& name) const {
    return at(datastores, index_ ? &index_->datastore_names : nullptr, name,
              [](const DatastoreInfo& item) -> const std::string& { return item.name; });
}
const VmInfo* Inventory::vm(const std::string& id) const {
    return at(vms, index_ ? &index_->vms : nullptr, id,
              [](const VmInfo& item) -> const std::string& { return item.id; });
}
const VolumeInfo* Inventory::volume(const std::string& id) const {
    return at(volumes, index_ ? &index_->volumes : nullptr, id,
              [](const VolumeInfo& item) -> const std::string& { return item.id; });
}
const VolumeInfo* Inventory::volume_named(const std::string& name) const {
    return at(volumes, index_ ? &index_->volume_names : nullptr, name,
              [](const VolumeInfo& item) -> const std::string& { return item.name; });
}
const PoolInfo* Inventory::pool(const std::string& id) const {
    return find_in(pools, [&](const PoolInfo& item) { return item.id == id; });
}
const ClusterInfo* Inventory::cluster(const std::string& id) const {
    return find_in(clusters, [&](const ClusterInfo& item) { return item.id == id; });
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

const VolumeInfo* Inventory::volume_of(const DatastoreInfo& datastore) const {
    return datastore.extents.empty() ? nullptr : volume_of_device(datastore.extents.front());
}

const VolumeInfo* Inventory::volume_of_device(const std::string& device) const {
    if (const auto id = volume_of_sdc_device(powerflex.system_id, device)) {
        return volume(*id);
    }
    if (const auto id = volume_of_nvme_device(powerflex.system_id, device)) {
        return volume(*id);
    }
    return nullptr;
}

std::vector<const VmInfo*> Inventory::vms_on(const DatastoreInfo& datastore) const {
    std::vector<const VmInfo*> out;
    if (index_ && index_->vm_count == vms.size()) {
        const auto found = index_->vms_on.find(datastore.id);
        if (found != index_->vms_on.end()) {
            for (const std::size_t position : found->second) {
                out.push_back(&vms[position]);
            }
        }
    } else {
        for (const VmInfo& item : vms) {
            if (std::find(item.datastore_ids.begin(), item.datastore_ids.end(), datastore.id) !=
                item.datastore_ids.end()) {
                out.push_back(&item);
            }
        }
    }
    std::sort(out.begin(), out.end(),
              [](const VmInfo* a, const VmInfo* b) { return a->name < b->name; });
    return out;
}

std::vector<const VolumeInfo*> Inventory::volumes_of(const PowerFlexHost& host) const {
    std::vector<const VolumeInfo*> out;
    if (index_ && index_->volume_count == volumes.size()) {
        const auto found = index_->volumes_of.find(host.id);
        if (found != index_->volumes_of.end()) {
            for (const std::size_t position : found->second) {
                out.push_back(&volumes[position]);
            }
        }
        return out;
    }
    for (const VolumeInfo& item : volumes) {
        if (item.mapping_of(host.id) != nullptr) {
            out.push_back(&item);
        }
    }
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
