#pragma once
// Private: property sets of each inventory type and the functions that turn them into structs.

#include "libvsphere/inventory.hpp"

#include <string>
#include <vector>

namespace pf::vim::detail {

const std::vector<std::string>& host_paths();
const std::vector<std::string>& datastore_paths();
std::vector<std::string> vm_paths(bool with_files);

// Props: ObjectProps or ObjectView.
template<class Props>
Host to_host(const Props& props);
template<class Props>
Datastore to_datastore(const Props& props);
template<class Props>
Vm to_vm(const Props& props);
template<class V>
DatastoreMount to_mount(const V& host_mount);
template<class V>
Extent to_extent(const V& partition);

} // namespace pf::vim::detail
