#include "backend/proto/control_link.hpp"

#include "backend/proto/control_message.hpp"

#include <cstring>

namespace pf::proto {

namespace {
constexpr std::chrono::milliseconds kStallTimeout{10'000};
constexpr std::size_t kReadBytes = 64U << 10;
} // namespace

ControlLink::ControlLink(rt::Executor& executor, std::unique_ptr<rt::Stream> stream,
                         rt::Endpoint peer)
    : stream_(std::move(stream)), peer_(std::move(peer)), out_(*stream_, kStallTimeout),
      buffer_(kReadBytes), gate_(executor) {}

ControlLink::~ControlLink() = default;

rt::Task<Result<std::unique_ptr<ControlLink>>> ControlLink::connect(rt::Executor& executor,
                                                                    rt::Network& network,
                                                                    rt::Endpoint to,
                                                                    MonoTime deadline) {
    auto dialling = network.connect(to, deadline);
    auto stream = co_await std::move(dialling);
    if (!stream) {
        co_return fail(std::move(stream).error());
    }
    std::unique_ptr<ControlLink> link(new ControlLink(executor, std::move(*stream), to));
    link->gate_.spawn(link->write_loop());
    co_return Result<std::unique_ptr<ControlLink>>(std::move(link));
}

Result<void> ControlLink::send(const control::Envelope& envelope) {
    PF_TRY(const Bytes encoded, control::encode(envelope));
    OutFrame frame;
    frame.keep = rt::IoBuffer::allocate(encoded.size());
    std::memcpy(frame.keep.data(), encoded.data(), encoded.size());
    frame.a = frame.keep.span(0, encoded.size());
    out_.push(std::move(frame));
    return {};
}

rt::Task<Result<void>> ControlLink::receive(control::Envelope& into, MonoTime deadline) {
    while (true) {
        PF_CO_TRY(auto payload, decoder_.next());
        if (payload) {
            co_return control::decode(*payload, into);
        }
        auto got = co_await stream_->read_some(buffer_, deadline);
        if (!got) {
            co_return fail(std::move(got).error());
        }
        if (*got == 0) {
            co_return fail(Errc::Unreachable, "{} closed the connection", rt::to_string(peer_));
        }
        decoder_.feed(ByteSpan(buffer_).first(*got));
    }
}

rt::Task<void> ControlLink::write_loop() { (void)co_await out_.run(); }

rt::Task<void> ControlLink::stop() {
    out_.close();
    co_await gate_.close();
}

} // namespace pf::proto
