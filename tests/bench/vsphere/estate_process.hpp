// A simulated vCenter in a process of its own, so that a client's memory and CPU time are its own.
#pragma once

#include "base/net/http_client.hpp"
#include "base/result.hpp"
#include "libvsphere/session.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pf::bench {

struct EstateSetup {
    std::string estate; ///< JSON, as `pf-lab` takes it
    bool tls = false;
    std::chrono::milliseconds rescan{10};
    std::vector<std::string> portals; ///< of the array's subsystem, port 4420
    unsigned nvme_volumes = 0;        ///< mapped to every host
};

class EstateProcess {
  public:
    /// Forks: call it before the first thread starts.
    static Result<std::unique_ptr<EstateProcess>> start(const EstateSetup& setup);
    ~EstateProcess();
    EstateProcess(const EstateProcess&) = delete;
    EstateProcess& operator=(const EstateProcess&) = delete;

    pid_t pid() const { return child_; }
    Result<std::unique_ptr<vim::Session>> connect(vim::SessionOptions options = {}) const;
    /// Ends it; whether it ended well.
    bool stop();

  private:
    EstateProcess() = default;
    pid_t child_ = -1;
    int end_fd_ = -1;
    uint16_t port_ = 0;
    bool tls_ = false;
    net::TlsTrust trust_;
};

double seconds_since(std::chrono::steady_clock::time_point begin);
/// CPU time of a process so far, so that figures of a busy machine can be read too. 0: this one.
double cpu_seconds(pid_t pid = 0);
/// Peak resident memory in MB.
double peak_mb(pid_t pid);

} // namespace pf::bench
