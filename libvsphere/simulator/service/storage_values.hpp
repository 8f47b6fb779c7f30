// Values and argument readers that HostStorageSystem and HostDatastoreSystem share.
#pragma once

#include "libvsphere/simulator/service/methods.hpp"

namespace pf::vim::sim {

// HostUnresolvedVmfsVolume[]; reads the devices, so no lock may be held.
Outcome<Value> unresolved_volumes(World& world, HostState& host);
// The device of "/vmfs/devices/disks/<device>:1"; volumes here have one extent.
Outcome<std::string> device_of_extents(const std::vector<std::string>& paths);

} // namespace pf::vim::sim
