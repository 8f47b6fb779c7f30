// The process that is the vSphere side: simulated vCenter and hosts, with a real SDC and a real
// NVMe/TCP initiator per host. Serves until SIGTERM.
#pragma once

#include "tools/pf-lab/config.hpp"
#include "tools/pf-lab/state.hpp"

namespace pf::lab {

int run_vsphere(const LabDir& dir, LabConfig config);

} // namespace pf::lab
