// One queue of a host's association with its socket: the HostQueue core, a reader, a writer and the
// commands that wait. Private to backend/nvme/host.
//
// Contract: `open`, then `command` and `fused` any number at once, `close` to end. A command that
// outlasts its deadline kills the link, since its buffers are lent to the core; everything that
// waits then ends. Errors: Unreachable when the command was not sent, OutcomeUnknown when it was
// and no answer came.
#pragma once

#include "backend/nvme/host/queue.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/network.hpp"
#include "backend/rt/sync.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace pf::nvme {

class TlsContext;

class HostLink : public std::enable_shared_from_this<HostLink> {
  public:
    HostLink(rt::Executor& executor, HostQueueOptions options);

    // Connects (with `tls`, if any, under TLS), spawns the tasks in `gate` and waits for the
    // ICResp.
    rt::Task<Result<void>> open(rt::Network& network, rt::Gate& gate, rt::Endpoint to,
                                std::string source, std::shared_ptr<TlsContext> tls,
                                MonoTime deadline);
    rt::Task<Result<HostCompletion>> command(Sqe sqe, ByteSpan write, MutByteSpan read,
                                             MonoTime deadline);
    // Two commands back to back on the queue, as a fused pair must be.
    rt::Task<Result<std::pair<HostCompletion, HostCompletion>>>
    fused(Sqe first, ByteSpan first_write, Sqe second, ByteSpan second_write, MonoTime deadline);

    bool alive() const { return stream_ && !dead_; }
    size_t outstanding() const { return queue_.outstanding(); }
    void set_in_capsule_bytes(uint32_t bytes) { queue_.set_in_capsule_bytes(bytes); }
    // Called once, from a task of the gate, when the link dies.
    void on_death(std::function<void()> callback) { on_death_ = std::move(callback); }
    void close(std::string why = "closed");

  private:
    struct Pending {
        explicit Pending(rt::Executor& executor) : waiter(executor) {}
        rt::WaitQueue waiter;
        HostCompletion completion;
        bool done = false;
        bool lost = false;
    };

    static rt::Task<void> read_loop(std::shared_ptr<HostLink> self);
    static rt::Task<void> write_loop(std::shared_ptr<HostLink> self);
    void dispatch();
    void die(Errc code, std::string why);
    rt::Task<Result<void>> wait_for_slots(size_t commands, MonoTime deadline);
    rt::Task<Result<void>> finish(Pending& pending, MonoTime deadline);
    uint16_t submit(const Sqe& sqe, ByteSpan write, MutByteSpan read, Pending& pending);

    rt::Executor& executor_;
    HostQueue queue_;
    std::unique_ptr<rt::Stream> stream_;
    std::vector<Pending*> pending_; // by command id
    rt::WaitQueue slot_waiters_;
    rt::WaitQueue writer_;
    rt::WaitQueue opened_;
    bool dead_ = false;
    Error reason_;
    std::function<void()> on_death_;
};

} // namespace pf::nvme
