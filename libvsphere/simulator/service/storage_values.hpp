// Values and argument readers that HostStorageSystem and HostDatastoreSystem share.
#pragma once

#include "libvsphere/simulator/service/methods.hpp"

namespace pf::vim::sim {

// HostUnresolvedVmfsVolume[]; reads the devices, so no lock may be held.
Outcome<Value> unresolved_volumes(World& world, HostState& host);
// The device of "/vmfs/devices/disks/<device>:1"; volumes here have one extent.
Outcome<std::string> device_of_extents(const std::vector<std::string>& paths);

// The one partition of a datastore's device of so many sectors: from 1 MiB to where the second GPT
// stands.
struct VmfsPartition {
    Value range;  // HostDiskPartitionBlockRange
    Value layout; // HostDiskPartitionLayout
    Value spec;   // HostDiskPartitionSpec
};
VmfsPartition vmfs_partition(uint64_t sectors);

} // namespace pf::vim::sim
