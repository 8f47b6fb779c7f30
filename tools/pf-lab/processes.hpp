// Starts, finds and ends the lab's processes. A process is known by its id and the file name of its
// executable; nothing is ever ended by name alone.
#pragma once

#include "base/clock.hpp"
#include "tools/pf-lab/state.hpp"

#include <functional>
#include <map>

namespace pf::lab {

struct StartSpec {
    std::string name;              // "sds-1"
    std::vector<std::string> argv; // argv[0]: full path of the executable
    std::map<std::string, std::string> env;
};

// Starts a detached process that logs to log/<name>.log, and records it in `state` (saved).
Result<> start_process(const LabDir& dir, LabState& state, const StartSpec& spec);
bool is_running(const LabProcess& process);
// SIGTERM, then SIGKILL after `grace`. Returns when it is gone.
void end_process(const LabProcess& process, Duration grace);

// Calls `probe` until it says true; gives up at the deadline or when the process died, naming its
// log.
Result<> wait_until(const LabDir& dir, const LabProcess* process, Duration timeout,
                    const std::string& what, const std::function<bool()>& probe);

// Full path of a program that was built beside this one.
std::string sibling_program(const std::string& name);

} // namespace pf::lab
