#include "backend/proto/data_link.hpp"

#include "base/crc32c.hpp"

namespace pf::proto {

namespace {

constexpr std::chrono::milliseconds kStallTimeout{10'000};

std::uint32_t crc_of(const DataLink::Call& call) {
    if (call.payload_crc) {
        return *call.payload_crc;
    }
    std::uint32_t crc = call.payload.empty() ? 0 : crc32c(call.payload);
    if (!call.more_payload.empty()) {
        crc = crc32c(call.more_payload, crc);
    }
    return crc;
}

// Takes a request out of the queue when its fence fires, there and then: the writer may come next.
struct Withdrawal : rt::CancelHook {
    Withdrawal(SendQueue& queue, const OutFrame::State& frame, rt::WaitQueue& waiter)
        : CancelHook([](CancelHook& hook) { static_cast<Withdrawal&>(hook).take(); }), out(queue),
          state(frame), settled(waiter) {}
    void take() {
        if (out.take_back(&state)) {
            done = true;
            settled.wake_all();
        }
    }
    SendQueue& out;
    const OutFrame::State& state;
    rt::WaitQueue& settled;
    bool done = false;
};

} // namespace

DataLink::DataLink(rt::Executor& executor, std::unique_ptr<rt::Stream> stream)
    : executor_(executor), stream_(std::move(stream)), reader_(*stream_),
      out_(*stream_, kStallTimeout), gate_(executor) {}

DataLink::~DataLink() = default;

void DataLink::start() {
    gate_.spawn(read_loop());
    gate_.spawn(write_loop());
}

rt::Task<Result<std::unique_ptr<DataLink>>> DataLink::connect(rt::Executor& executor,
                                                              rt::Network& network, rt::Endpoint to,
                                                              HelloPayload hello,
                                                              MonoTime deadline) {
    auto dialling = network.connect(to, deadline);
    auto stream = co_await std::move(dialling);
    if (!stream) {
        co_return fail(std::move(stream).error());
    }
    std::unique_ptr<DataLink> link(new DataLink(executor, std::move(*stream)));
    link->start();
    std::array<std::byte, kHelloPayloadBytes> payload{};
    encode(hello, payload);
    Call call;
    call.header.op = Op::Hello;
    call.header.session = hello.session;
    call.payload = payload;
    auto calling = link->call(std::move(call), deadline);
    auto answered = co_await std::move(calling);
    if (answered && answered->header.status == Status::Ok) {
        link->server_instance_ = answered->header.detail;
        co_return Result<std::unique_ptr<DataLink>>(std::move(link));
    }
    co_await link->stop();
    if (!answered) {
        co_return fail_while(std::move(answered).error(), "hello to {}", rt::to_string(to));
    }
    co_return fail(Errc::PermissionDenied, "{} refuses the hello: {}", rt::to_string(to),
                   to_string(answered->header.status));
}

rt::Task<Result<DataLink::Answer>> DataLink::call(Call call, MonoTime deadline,
                                                  rt::CancelToken token, bool* sent) {
    if (failed_) {
        co_return fail(Errc::Unreachable, "the connection is gone");
    }
    const auto pending = std::make_shared<Pending>(executor_);
    pending->into = call.into;
    call.header.tag = next_tag_++;
    call.header.payload_bytes =
        static_cast<std::uint32_t>(call.payload.size() + call.more_payload.size());
    call.header.payload_crc = crc_of(call);
    OutFrame frame;
    encode(call.header, frame.header);
    frame.header_bytes = kRequestHeaderBytes;
    frame.a = call.payload;
    frame.b = call.more_payload;
    frame.state = &pending->frame;
    pending_.emplace(call.header.tag, pending);
    out_.push(std::move(frame));
    Withdrawal withdrawal(out_, pending->frame, pending->settled);
    withdrawal.link(call.fence);

    Result<void> waited;
    while (!pending->done && !withdrawal.done && waited) {
        waited = co_await pending->settled.wait(deadline, token);
    }
    if (withdrawal.done) { // whatever else happened: the frame is in nobody's hands
        pending_.erase(call.header.tag);
        if (sent != nullptr) {
            *sent = false;
        }
        co_return fail(Errc::Cancelled, "the caller was fenced off");
    }
    if (sent != nullptr) {
        *sent = pending->frame != OutFrame::State::Queued;
    }
    if (pending->done) {
        // An answer can overtake the writer's notice that the request has left, and a failure finds
        // frames that never left: the writer must be through with the caller's memory.
        while (pending->frame != OutFrame::State::Sent) {
            (void)co_await out_.released().wait(rt::kNever);
        }
        if (!pending->outcome) {
            co_return fail(std::move(pending->outcome).error());
        }
        co_return Result<Answer>(std::move(pending->answer));
    }
    // Gave up. The caller's memory must be out of use before it gets it back.
    pending->abandoned = true;
    if (pending->frame == OutFrame::State::Queued && out_.take_back(&pending->frame)) {
        pending_.erase(call.header.tag);
        co_return fail(std::move(waited).error());
    }
    if (pending->frame != OutFrame::State::Sent || pending->receiving) {
        close();
        while (pending->frame != OutFrame::State::Sent || pending->receiving) {
            (void)co_await out_.released().wait(rt::kNever);
        }
    }
    co_return fail(std::move(waited).error());
}

rt::Task<void> DataLink::write_loop() {
    auto ended = co_await out_.run();
    fail_all(ended ? Error{Errc::Unreachable, "the connection was closed"} : ended.error());
}

rt::Task<void> DataLink::read_loop() {
    Result<void> outcome;
    while (outcome) {
        if (!reader_.has(kResponseHeaderBytes)) {
            outcome = co_await reader_.fill(kResponseHeaderBytes, rt::kNever);
        }
        if (outcome) {
            outcome = co_await read_answer();
        }
    }
    fail_all(outcome.error());
}

rt::Task<Result<void>> DataLink::read_answer() {
    PF_CO_TRY(const ResponseHeader header, decode_response(reader_.take(kResponseHeaderBytes)));
    const auto found = pending_.find(header.tag);
    const MonoTime deadline = executor_.now() + kStallTimeout;
    if (found == pending_.end()) {
        co_return co_await reader_.skip(header.payload_bytes, deadline);
    }
    const std::shared_ptr<Pending> pending = found->second;
    Result<void> received;
    Result<void> content;
    if (pending->abandoned) {
        received = co_await reader_.skip(header.payload_bytes, deadline);
    } else if (header.payload_bytes > 0) {
        MutByteSpan into = pending->into;
        if (into.empty()) {
            pending->answer.payload = rt::IoBuffer::allocate(header.payload_bytes);
            into = pending->answer.payload.span();
        }
        if (into.size() != header.payload_bytes) {
            received = fail(Errc::Protocol, "answer of {} bytes to a request for {}",
                            header.payload_bytes, into.size());
        } else {
            pending->receiving = true;
            received = co_await reader_.read_into(into, deadline);
            pending->receiving = false;
            if (received) {
                content = check_payload(header.payload_crc, into);
            }
        }
    } else if (!pending->into.empty() && header.status == Status::Ok) {
        received = fail(Errc::Protocol, "answer without the bytes asked for");
    }
    if (!received) {
        if (pending->abandoned) {
            out_.released().wake_all();
        }
        co_return received;
    }
    pending_.erase(header.tag);
    pending->answer.header = header;
    pending->outcome = std::move(content);
    pending->done = true;
    pending->settled.wake_all();
    co_return Result<void>{};
}

void DataLink::fail_all(const Error& why) {
    failed_ = true;
    out_.close();
    for (auto& [tag, pending] : pending_) {
        pending->outcome = fail(Errc::Unreachable, "{}", why.what);
        pending->done = true;
        pending->settled.wake_all();
    }
    pending_.clear();
    out_.released().wake_all();
}

void DataLink::close() {
    failed_ = true;
    out_.close();
}

rt::Task<void> DataLink::stop() {
    close();
    co_await gate_.close();
}

} // namespace pf::proto
