// Listening end of the data path: connections, frames, and the core behind them.
//
// A connection's requests run side by side, at most kMaxInFlight of them; further ones stay in the
// socket. A malformed frame closes its connection and nothing else.
#pragma once

#include "backend/proto/stream_io.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/network.hpp"
#include "backend/sds/core/replicator.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace pf::sds {

struct ServerIdentity {
    std::uint64_t system = 0;
    std::uint64_t sds = 0;
    std::uint64_t instance = 0;
};

class DataServer {
  public:
    DataServer(rt::Executor& executor, rt::Network& network)
        : executor_(executor), network_(network), gate_(executor) {}

    Result<void> listen(const std::vector<rt::Endpoint>& at);
    std::vector<rt::Endpoint> addresses() const;
    // Before this, hellos are refused.
    void serve(ServerIdentity identity, Replicator* core) {
        identity_ = identity;
        core_ = core;
    }
    rt::Task<void> stop();

  private:
    static constexpr std::size_t kMaxInFlight = 512;
    struct Connection;
    rt::Task<void> accept_loop(rt::Listener& listener);
    rt::Task<void> run(std::shared_ptr<Connection> connection);
    rt::Task<Result<void>> read_requests(const std::shared_ptr<Connection>& connection);
    rt::Task<Result<void>> read_request(const std::shared_ptr<Connection>& connection);
    Result<void> greet(const std::shared_ptr<Connection>& connection,
                       const proto::RequestHeader& header, ByteSpan payload);
    rt::Task<void> serve_one(std::shared_ptr<Connection> connection, Request request);
    static void respond(Connection& connection, Response response);

    rt::Executor& executor_;
    rt::Network& network_;
    ServerIdentity identity_;
    Replicator* core_ = nullptr;
    std::vector<std::unique_ptr<rt::Listener>> listeners_;
    std::unordered_map<const Connection*, std::weak_ptr<Connection>> connections_;
    std::unordered_map<std::uint64_t, std::weak_ptr<Connection>> peers_; // by SDS id
    bool stopping_ = false;
    rt::Gate gate_;
};

} // namespace pf::sds
