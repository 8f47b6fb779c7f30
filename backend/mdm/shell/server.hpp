// The MDM's process around its core: connections, clock, disk.
//
// One executor's thread. Every event goes to the core, and its effects are performed at once and in
// order: commit first, then the messages. So no party hears of anything that is not durable. The
// commit blocks the loop for the time of one disk flush; events that arrived together share one.
//
// A failed commit leaves memory ahead of the disk: the server stops serving and reports it by
// failed(); the process must end and load anew.
#pragma once

#include "backend/meta/meta_store.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/network.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace pf::mdm {

class Sealer;
struct CoreConfig;
class Core;

struct ServerOptions {
    rt::Endpoint listen{"127.0.0.1", 6611};
    std::size_t max_connections = 4096;
    std::size_t max_queued_bytes = 256U << 20; // to one slow peer; beyond, it is disconnected
    std::chrono::milliseconds tick{50};
    std::chrono::milliseconds stall_timeout{20000};    // a peer that takes nothing for so long
    std::chrono::milliseconds register_timeout{30000}; // first message of a connection
    // Leases are counted by it. Not the executor's time, which stands still within a turn: a turn
    // that waited for a slow disk must not date a lease back. A simulation passes its own.
    std::function<MonoTime()> clock = mono_now;
    std::shared_ptr<const Sealer> sealer; // of the hosts' secrets in the store
};

struct SystemChoice {
    std::uint64_t id = 0; // 0: drawn at random when the system is created
    std::string name;
};

class Server {
  public:
    // Loads the system from the store, or creates it. Conflict when the store holds another system
    // than `system.id` names.
    static Result<std::unique_ptr<Server>>
    create(rt::Executor& executor, rt::Network& network, std::unique_ptr<meta::MetaStore> store,
           const CoreConfig& config, const SystemChoice& system, const ServerOptions& options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Result<void> start();
    rt::Endpoint local() const; // with the port that the system chose
    std::string system_id() const;
    // Closes every connection and waits for the tasks.
    rt::Task<void> stop();
    // Called once, from the loop, when the server cannot go on.
    void on_failure(std::function<void(Error)> handler);

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::mdm
