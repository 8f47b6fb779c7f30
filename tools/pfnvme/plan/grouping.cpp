#include "tools/pfnvme/plan/grouping.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace pf::nvmetool {

namespace {

bool by_name(const DatastoreInfo* a, const DatastoreInfo* b) { return a->name < b->name; }

// Union-find over indices.
class Sets {
  public:
    explicit Sets(std::size_t count) : parent_(count) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    std::size_t find(std::size_t i) {
        while (parent_[i] != i) {
            parent_[i] = parent_[parent_[i]];
            i = parent_[i];
        }
        return i;
    }
    void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

  private:
    std::vector<std::size_t> parent_;
};

} // namespace

std::vector<const DatastoreInfo*> homes_of(const Inventory& inventory, const VmInfo& vm) {
    std::vector<const DatastoreInfo*> out;
    const auto add = [&out](const DatastoreInfo* datastore) {
        if (datastore != nullptr && std::find(out.begin(), out.end(), datastore) == out.end()) {
            out.push_back(datastore);
        }
    };
    const auto add_path = [&](const std::string& path) {
        const std::string name = split_datastore_path(path).datastore;
        if (!name.empty()) {
            add(inventory.datastore_named(name));
        }
    };
    add_path(vm.vmx_path);
    for (const DiskInfo& disk : vm.disks) {
        if (!disk.datastore_id.empty()) {
            add(inventory.datastore(disk.datastore_id));
        } else {
            add_path(disk.file);
        }
        for (const std::string& parent : disk.parents) {
            add_path(parent);
        }
    }
    std::sort(out.begin(), out.end(), by_name);
    return out;
}

bool shares_disks(const VmInfo& vm, const std::vector<const VmInfo*>& others) {
    const auto files_of = [](const VmInfo& of) {
        std::set<std::string> files;
        for (const DiskInfo& disk : of.disks) {
            files.insert(disk.file);
            files.insert(disk.parents.begin(), disk.parents.end());
        }
        files.erase("");
        return files;
    };
    const std::set<std::string> own = files_of(vm);
    return std::any_of(others.begin(), others.end(), [&](const VmInfo* other) {
        if (other == &vm) {
            return false;
        }
        const std::set<std::string> theirs = files_of(*other);
        return std::any_of(own.begin(), own.end(),
                           [&](const std::string& file) { return theirs.contains(file); });
    });
}

std::vector<Component> components_of(const Inventory& inventory,
                                     const std::vector<const DatastoreInfo*>& scope) {
    std::map<const DatastoreInfo*, std::size_t> index;
    for (const DatastoreInfo* datastore : scope) {
        index.emplace(datastore, index.size());
    }
    Sets sets(scope.size());
    struct Tie {
        const VmInfo* vm;
        std::vector<const DatastoreInfo*> homes;
    };
    std::vector<Tie> ties;
    for (const VmInfo& vm : inventory.vms) {
        std::vector<const DatastoreInfo*> homes = homes_of(inventory, vm);
        // Media on a datastore count too when nothing else says where the VM is.
        const DatastoreInfo* first = nullptr;
        for (const DatastoreInfo* home : homes) {
            const auto at = index.find(home);
            if (at == index.end()) {
                continue;
            }
            if (first == nullptr) {
                first = home;
            } else {
                sets.join(index.at(first), at->second);
            }
        }
        if (first != nullptr) {
            ties.push_back({&vm, std::move(homes)});
        }
    }
    std::map<std::size_t, Component> found;
    for (const DatastoreInfo* datastore : scope) {
        found[sets.find(index.at(datastore))].datastores.push_back(datastore);
    }
    for (const Tie& tie : ties) {
        const auto inside =
            std::find_if(tie.homes.begin(), tie.homes.end(),
                         [&](const DatastoreInfo* home) { return index.contains(home); });
        Component& component = found[sets.find(index.at(*inside))];
        component.vms.push_back(tie.vm);
        for (const DatastoreInfo* home : tie.homes) {
            if (!index.contains(home) &&
                std::find(component.outside.begin(), component.outside.end(), home) ==
                    component.outside.end()) {
                component.outside.push_back(home);
            }
        }
    }
    std::vector<Component> out;
    for (auto& [root, component] : found) {
        std::sort(component.datastores.begin(), component.datastores.end(), by_name);
        std::sort(component.outside.begin(), component.outside.end(), by_name);
        std::sort(component.vms.begin(), component.vms.end(),
                  [](const VmInfo* a, const VmInfo* b) { return a->name < b->name; });
        out.push_back(std::move(component));
    }
    std::sort(out.begin(), out.end(), [](const Component& a, const Component& b) {
        return a.datastores.front()->name < b.datastores.front()->name;
    });
    return out;
}

} // namespace pf::nvmetool
