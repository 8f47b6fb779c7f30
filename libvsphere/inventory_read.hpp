#pragma once
// Private: property sets of each inventory type and the functions that turn them into structs.

#include "libvsphere/inventory.hpp"

#include <string>
#include <vector>

namespace pf::vim::detail {

const std::vector<std::string>& host_paths();
const std::vector<std::string>& datastore_paths();
std::vector<std::string> vm_paths(bool with_files);

Host to_host(const ObjectProps& props);
Datastore to_datastore(const ObjectProps& props);
Vm to_vm(const ObjectProps& props);
DatastoreMount to_mount(const Value& host_mount);
Extent to_extent(const Value& partition);

} // namespace pf::vim::detail
