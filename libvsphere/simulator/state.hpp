// What hosts and vCenter remember beyond the volumes' bytes, as a file: so that a simulator whose
// process has ended goes on where it was (docs/formats/lab-estate-state.md).
//
// Kept: per host its adapters, NVMe connections, VMkernel tags, explicit unmounts, detached
// devices, force mounts, device and path settings, services, module and advanced options,
// maintenance; of vCenter the datastores' and VMs' moids, names and settings, registration, power,
// folders, pools, roles, permissions, tags, custom fields, clusters' switches; what the counter
// workload acknowledged. Not kept: sessions, tasks, events, set-off alarms, questions; snapshots
// get new moids.
#pragma once

#include "libvsphere/simulator/world.hpp"

namespace pf::vim::sim {

// The state as text. Takes World::mutex.
std::string encode_state(World& world);

// Waits, for some seconds at most, until the state file has what is true now; returns at once where
// there is none. What a client was told is done is done after a crash too. No lock held.
void wait_until_kept(World& world);

// Puts an estate of an earlier process back: hosts first, then the volumes that they see, then the
// VMs whose files are there. Nothing may have been seeded. Corrupt: the file is not one of ours.
Result<void> restore_state(World& world, const std::string& text);

} // namespace pf::vim::sim
