// The command line of a simulated host: esxcli with its global options, and the few other tools
// that a migration runs over SSH.
#pragma once

#include "libvsphere/simulator/esxcli/model.hpp"
#include "libvsphere/simulator/simulator.hpp"

namespace pf::vim::sim::cli {

// argv without "esxcli".
EsxcliResult run_esxcli(World& world, HostState& host, const std::vector<std::string>& argv);
// A shell line: quoting, `;` and `&&` between commands, `echo`, `rc=$?`.
EsxcliResult run_line(World& world, HostState& host, std::string_view line);

} // namespace pf::vim::sim::cli
