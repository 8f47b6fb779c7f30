// Inventories as folders of XML files, one per managed object, in the form that `govc object.save`
// writes and vcsim loads: "0007-HostSystem-host-21.xml" holds an ObjectContent.
//
// A recording becomes an Estate: hosts with their NICs, switches, port groups and VMkernel
// adapters, clusters, VMFS datastores, VMs with their disks, folders, power states and awkward
// properties, and distributed switches. What a rehearsal does not need (performance, licences,
// events, resource pools below the clusters' own) is left behind. Unreadable files are errors that
// name the file.
#pragma once

#include "base/result.hpp"
#include "libvsphere/simulator/estate.hpp"
#include "libvsphere/wire/value.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace pf::vim::sim {

// Every property of every object of a recording.
using Recording = std::map<MoRef, DataObject>;

Result<Recording> read_recording(const std::string& dir);
Result<Estate> estate_of(const Recording& recording);

// Writes one object's file. `number` gives the name its order.
Result<void> write_recorded(const std::string& dir, size_t number, const MoRef& object,
                            const DataObject& properties);

} // namespace pf::vim::sim
