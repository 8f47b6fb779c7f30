#include "backend/nvme/host/link.hpp"

#include "backend/nvme/tls_stream.hpp"
#include "base/assert.hpp"

#include <fmt/format.h>

namespace pf::nvme {
namespace {

constexpr size_t kReadBufferBytes = 256 * 1024;

} // namespace

HostLink::HostLink(rt::Executor& executor, HostQueueOptions options)
    : executor_(executor), queue_(options), pending_(options.entries, nullptr),
      slot_waiters_(executor), writer_(executor), opened_(executor) {}

rt::Task<Result<void>> HostLink::open(rt::Network& network, rt::Gate& gate, rt::Endpoint to,
                                      std::string source, std::shared_ptr<TlsContext> tls,
                                      MonoTime deadline) {
    rt::ConnectOptions options;
    options.source_host = std::move(source);
    const std::string where = rt::to_string(to);
    auto connecting = network.connect(std::move(to), deadline, std::move(options));
    auto connected = co_await std::move(connecting);
    if (!connected)
        co_return fail_while(std::move(connected.error()), "connecting to {}", where);
    stream_ = std::move(*connected);
    if (tls) {
        auto secured = std::make_unique<TlsStream>(executor_, std::move(tls), std::move(stream_));
        auto shaking = secured->handshake(deadline);
        auto shaken = co_await std::move(shaking);
        stream_ = std::move(secured);
        if (!shaken) {
            die(shaken.error().code, shaken.error().what);
            co_return fail_while(std::move(shaken.error()), "TLS with {}", where);
        }
    }
    queue_.start();
    if (!gate.spawn(read_loop(shared_from_this())) || !gate.spawn(write_loop(shared_from_this()))) {
        die(Errc::Cancelled, "the host is disconnecting");
        co_return fail(reason_);
    }
    while (!queue_.ready() && !dead_) {
        auto woken = co_await opened_.wait(deadline);
        if (!woken && !queue_.ready())
            die(Errc::Timeout,
                fmt::format("{} does not answer the NVMe/TCP initialization", where));
    }
    if (dead_)
        co_return fail(reason_);
    co_return Result<void>{};
}

void HostLink::close(std::string why) { die(Errc::Cancelled, std::move(why)); }

void HostLink::die(Errc code, std::string why) {
    if (dead_)
        return;
    dead_ = true;
    reason_ = Error{code, std::move(why)};
    if (stream_)
        stream_->close();
    for (Pending*& p : pending_) {
        if (!p)
            continue;
        p->lost = true;
        p->waiter.wake_all();
        p = nullptr;
    }
    slot_waiters_.wake_all();
    writer_.wake_all();
    opened_.wake_all();
    if (on_death_)
        std::exchange(on_death_, nullptr)();
}

rt::Task<void> HostLink::read_loop(std::shared_ptr<HostLink> self) {
    Bytes buffer(kReadBufferBytes);
    while (!self->dead_) {
        auto n = co_await self->stream_->read_some(buffer, rt::kNever);
        if (self->dead_)
            break;
        if (!n) {
            self->die(n.error().code, n.error().what);
        } else if (*n == 0) {
            self->die(Errc::Unreachable, "the controller closed the connection");
        } else {
            self->queue_.on_bytes(ByteSpan(buffer).first(*n));
            self->dispatch();
        }
    }
}

rt::Task<void> HostLink::write_loop(std::shared_ptr<HostLink> self) {
    while (!self->dead_) {
        if (!self->queue_.has_output()) {
            auto woken = co_await self->writer_.wait(rt::kNever);
            if (!woken)
                break;
            continue;
        }
        const Bytes out = self->queue_.take_output();
        // Ended by close(): whoever waits for a command does so with a deadline.
        auto sent = co_await self->stream_->write_all(ByteSpan(out), rt::kNever);
        if (!sent)
            self->die(sent.error().code, sent.error().what);
    }
}

void HostLink::dispatch() {
    for (const HostCompletion& done : queue_.take_completions()) {
        if (Pending* p = std::exchange(pending_[done.cqe.cid], nullptr)) {
            p->completion = done;
            p->done = true;
            p->waiter.wake_all();
        }
        slot_waiters_.wake_one();
    }
    if (queue_.failed()) {
        die(queue_.failure()->code, queue_.failure()->what);
        return;
    }
    if (queue_.ready())
        opened_.wake_all();
    if (queue_.has_output())
        writer_.wake_one();
}

rt::Task<Result<void>> HostLink::wait_for_slots(size_t commands, MonoTime deadline) {
    while (!dead_ && !queue_.can_submit(commands)) {
        auto woken = co_await slot_waiters_.wait(deadline);
        if (!woken)
            co_return fail(std::move(woken.error()));
    }
    if (dead_)
        co_return fail(Errc::Unreachable, "{}", reason_.what);
    co_return Result<void>{};
}

uint16_t HostLink::submit(const Sqe& sqe, ByteSpan write, MutByteSpan read, Pending& pending) {
    const uint16_t cid = queue_.submit(sqe, write, read, 0);
    pending_[cid] = &pending;
    writer_.wake_one();
    return cid;
}

rt::Task<Result<void>> HostLink::finish(Pending& pending, MonoTime deadline) {
    while (!pending.done && !pending.lost) {
        auto woken = co_await pending.waiter.wait(deadline);
        if (!woken && !pending.done && !pending.lost)
            die(Errc::Timeout, "a command got no answer in time");
    }
    if (!pending.done)
        co_return fail(Errc::OutcomeUnknown, "no answer: {}", reason_.what);
    co_return Result<void>{};
}

rt::Task<Result<HostCompletion>> HostLink::command(Sqe sqe, ByteSpan write, MutByteSpan read,
                                                   MonoTime deadline) {
    if (dead_ || !queue_.can_submit()) {
        auto waiting = wait_for_slots(1, deadline);
        PF_CO_CHECK(co_await std::move(waiting));
    }
    Pending pending(executor_);
    submit(sqe, write, read, pending);
    auto finishing = finish(pending, deadline);
    PF_CO_CHECK(co_await std::move(finishing));
    co_return pending.completion;
}

rt::Task<Result<std::pair<HostCompletion, HostCompletion>>>
HostLink::fused(Sqe first, ByteSpan first_write, Sqe second, ByteSpan second_write,
                MonoTime deadline) {
    auto waiting = wait_for_slots(2, deadline);
    PF_CO_CHECK(co_await std::move(waiting));
    first.flags = 1;
    second.flags = 2;
    Pending a(executor_);
    Pending b(executor_);
    submit(first, first_write, {}, a);
    submit(second, second_write, {}, b);
    auto finishing_a = finish(a, deadline);
    auto result_a = co_await std::move(finishing_a);
    auto finishing_b = finish(b, deadline);
    auto result_b = co_await std::move(finishing_b);
    if (!result_a)
        co_return fail(std::move(result_a.error()));
    if (!result_b)
        co_return fail(std::move(result_b.error()));
    std::pair<HostCompletion, HostCompletion> both(a.completion, b.completion);
    co_return both;
}

} // namespace pf::nvme
