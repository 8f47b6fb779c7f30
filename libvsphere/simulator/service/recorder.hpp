// Writes the inventory as the vCenter shows it into a folder, one file per object.
#pragma once

#include "libvsphere/simulator/world.hpp"

namespace pf::vim::sim {

Result<size_t> record_inventory(World& world, const std::string& dir);

} // namespace pf::vim::sim
