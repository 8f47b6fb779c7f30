// From the map that the SDT holds as a client of the MDM to what its NVMe target shows. Pure
// functions.
#pragma once

#include "backend/nvme/target/target.hpp"
#include "backend/sdc/client.hpp"

#include <vector>

namespace pf::sdt {

// Controller ids of one SDT: blocks of 512 by its index in the system, so that no two SDTs of the
// one subsystem give out the same id.
inline constexpr uint16_t kCntlidsPerSdt = 512;

// LimitExceeded when the index leaves the range of controller ids.
Result<nvme::target::TargetOptions> target_options(const sdc::View& view, map::SdtId self);

// The namespaces, the hosts with their mappings and their system ports, the ANA state of this SDT.
nvme::target::TargetView target_view(const sdc::View& view, map::SdtId self);

// The live controllers in the MDM's terms.
std::vector<sdc::ControllerReport>
controller_reports(const std::vector<nvme::target::ControllerInfo>& controllers,
                   const sdc::View& view, map::SdtId self);

} // namespace pf::sdt
