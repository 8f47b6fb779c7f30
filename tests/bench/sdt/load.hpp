// A load generator for NVMe/TCP: the project's codecs and host queue on plain sockets, one thread
// that never sleeps. As little work per command as there can be, so that what is measured is the
// other side.
#pragma once

#include "backend/nvme/pdu.hpp"
#include "backend/rt/network.hpp"
#include "base/result.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pf::bench {

struct LoadTarget {
    rt::Endpoint at;
    std::string subsystem_nqn;
    std::string host_nqn;
    bool bare =
        false; // a peer without NVMe: no handshake, answers to whatever looks like a command
};

struct LoadSpec {
    bool write = false;
    bool sequential = false;
    uint32_t nsid = 1;
    uint32_t depth = 1; // of each connection
    uint32_t connections = 1;
    uint32_t block_bytes = 4096;
    uint64_t span_bytes = 64 << 20;
    nvme::DigestMode digests;
    bool flow_control = false;
    std::chrono::milliseconds duration{2000};
};

struct LoadResult {
    uint64_t operations = 0;
    double seconds = 0;
    double own_cpu_seconds = 0;
    double mean_us = 0;
    uint32_t p50_us = 0;
    uint32_t p99_us = 0;
};

// One association: admin queue and `connections` I/O queues; ends with the object.
class Load {
  public:
    static Result<std::unique_ptr<Load>> connect(const LoadTarget& target, const LoadSpec& spec);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    // Keeps `depth` commands in flight on each connection until the time is over.
    Result<LoadResult> run();

  private:
    class Queue;
    explicit Load(LoadSpec spec);
    LoadSpec spec_;
    int admin_ = -1;
    std::vector<std::unique_ptr<Queue>> queues_;
};

// A server that answers what looks like a read with a C2HData PDU of `block_bytes` and a write with
// a completion, and does nothing else: what TCP on this machine allows. Runs in a process of its
// own, pinned to `core`; spins when `spin` is set, waits in epoll otherwise.
class BareServer {
  public:
    static Result<std::unique_ptr<BareServer>> start(int core, uint32_t block_bytes, bool spin);
    ~BareServer();
    uint16_t port() const { return port_; }
    int pid() const { return pid_; }

  private:
    BareServer(int pid, uint16_t port) : pid_(pid), port_(port) {}
    int pid_;
    uint16_t port_;
};

void pin_to(int core);
// User and system time of a process.
double cpu_seconds_of(int pid);
// Of this one, by the microsecond.
double own_cpu_seconds();

} // namespace pf::bench
