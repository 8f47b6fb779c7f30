// Which datastores belong together: VMs with files on several of them, linked clones and shared
// disks tie datastores into units that can only move as a whole.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

// Files of the VM, ISO images and the like left out: configuration, disks, parents of disks.
[[nodiscard]] std::vector<const DatastoreInfo*> homes_of(const Inventory& inventory,
                                                         const VmInfo& vm);

// Whether a disk of the VM, or a parent of one, is also another's of these.
[[nodiscard]] bool shares_disks(const VmInfo& vm, const std::vector<const VmInfo*>& others);

struct Component {
    std::vector<const DatastoreInfo*> datastores; // by name
    std::vector<const VmInfo*> vms;               // with a file on one of them, by name
    // Homes of its VMs that are not in scope: the component is not closed.
    std::vector<const DatastoreInfo*> outside;
};

// Connected components of the datastores in scope, by the name of their first datastore.
[[nodiscard]] std::vector<Component> components_of(const Inventory& inventory,
                                                   const std::vector<const DatastoreInfo*>& scope);

} // namespace pf::nvmetool
