// Connections to data servers: one per server, dialled on demand, shared by everybody who needs it.
#pragma once

#include "backend/proto/data_link.hpp"

#include <chrono>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pf::proto {

class DataLinks {
  public:
    // `hello` is what every connection says first; target_sds is filled in.
    DataLinks(rt::Executor& executor, rt::Network& network, std::chrono::milliseconds dial_timeout);

    void set_hello(const HelloPayload& hello) { hello_ = hello; }

    // A link that works, as far as we know. Unreachable soon after a failed attempt without trying
    // again, so that a dead server is not dialled by every request.
    rt::Task<Result<std::shared_ptr<DataLink>>>
    get(std::uint64_t sds, const std::vector<rt::Endpoint>& addresses, MonoTime deadline);
    void close_all();
    // Closes the links to all others: who waits for an answer there is told Unreachable now.
    void keep_only(const std::unordered_set<std::uint64_t>& servers);
    rt::Task<void> stop();

  private:
    struct Slot {
        explicit Slot(rt::Executor& executor) : dialled(executor) {}
        std::shared_ptr<DataLink> link;
        bool dialling = false;
        MonoTime failed_at{};
        std::string why;
        rt::WaitQueue dialled;
    };
    rt::Task<void> dial(std::uint64_t sds, std::vector<rt::Endpoint> addresses);
    static rt::Task<void> retire(std::shared_ptr<DataLink> link);

    rt::Executor& executor_;
    rt::Network& network_;
    const std::chrono::milliseconds dial_timeout_;
    HelloPayload hello_;
    bool stopping_ = false;
    std::unordered_map<std::uint64_t, std::shared_ptr<Slot>> slots_;
    rt::Gate gate_;
};

} // namespace pf::proto
