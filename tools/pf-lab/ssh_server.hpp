// The system's OpenSSH server, standing in for every ESXi host's SSH service: one sshd listens on
// all the hosts' addresses, a forced command hands the line to the simulated host it came in for.
#pragma once

#include "tools/pf-lab/config.hpp"
#include "tools/pf-lab/state.hpp"

#include <optional>

namespace pf::lab {

// Writes keys, known_hosts and sshd_config (idempotent); returns the command that starts sshd in
// the foreground, or Unsupported when the system has no OpenSSH server.
Result<std::vector<std::string>> prepare_ssh(const LabDir& dir, const LabConfig& config);

std::string ssh_user(); // who may log in: the user that runs the lab
std::string ssh_key_file(const LabDir& dir);
std::string ssh_known_hosts_file(const LabDir& dir);

} // namespace pf::lab
