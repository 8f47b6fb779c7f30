// SimNetwork: streams in memory with latency, partitions and dead hosts.
//
// Bytes of one direction arrive in order, in random pieces, each after a random delay. A cut link
// delivers nothing until it is healed, like TCP that goes on retransmitting; new connections over
// it time out. A dead host's connections are reset; its peers notice unless they are cut off.
#pragma once

#include "backend/rt/network.hpp"
#include "backend/rt/sim/simulator.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace pf::rt::sim {

struct SimNetworkOptions {
    Duration least_delay = std::chrono::microseconds(50);
    Duration most_delay = std::chrono::microseconds(500);
    std::size_t window_bytes = 256u << 10; // written but not read, per direction
};

class SimNetwork {
  public:
    explicit SimNetwork(Simulator& simulator, SimNetworkOptions options = {});
    ~SimNetwork();

    // The network as this address sees it; connections come from there unless asked otherwise.
    // Lives as long as this object.
    Network& host(const std::string& address);

    // Both ways between two addresses. Idempotent.
    void cut(const std::string& a, const std::string& b);
    void heal(const std::string& a, const std::string& b);
    void heal_all();
    bool is_cut(const std::string& a, const std::string& b) const;
    // Resets every connection of the host and closes its listeners; what was in flight is gone.
    void kill(const std::string& address);

    class Impl; // private to sim_network.cpp

  private:
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::rt::sim
