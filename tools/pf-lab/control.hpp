// The lab's own side door into the vSphere process: esxcli for the SSH forced command, checks of VM
// data, reboots. HTTP on a loopback address of the lab, with a token only the lab's user can read.
#pragma once

#include "base/net/http_server.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "tools/pf-lab/config.hpp"
#include "tools/pf-lab/state.hpp"

#include <boost/json/fwd.hpp>

#include <memory>
#include <string>

namespace pf::vim::sim {
class Simulator;
}

namespace pf::lab {

class ControlServer {
  public:
    ControlServer(std::string address, Secret token);
    ~ControlServer();
    Result<> start();
    // Until then every request but /status is answered 503. `simulator` outlives the server.
    void ready(vim::sim::Simulator& simulator);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class ControlClient {
  public:
    ControlClient(const LabConfig& config, Secret token);
    // Any error of the far side comes back as it was. `words` become query parameters.
    Result<boost::json::value> call(const std::string& path, const boost::json::object& body);
    bool ready();

  private:
    std::string origin_;
    Secret token_;
};

} // namespace pf::lab
