// Dialling end of a control connection: frames envelopes over a stream. Used by data servers and
// clients towards the MDM.
//
// One executor's thread. receive() is called by one task; send() by any. A broken link answers
// Unreachable from then on. stop() before the destructor.
#pragma once

#include "backend/proto/control_frame.hpp"
#include "backend/proto/stream_io.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/network.hpp"

#include <memory>

namespace pf::proto {

namespace control {
class Envelope;
}

class ControlLink {
  public:
    static rt::Task<Result<std::unique_ptr<ControlLink>>>
    connect(rt::Executor& executor, rt::Network& network, rt::Endpoint to, MonoTime deadline);
    ~ControlLink();
    ControlLink(const ControlLink&) = delete;
    ControlLink& operator=(const ControlLink&) = delete;

    // Queues; what could not be sent shows as the end of the link. LimitExceeded when too large.
    Result<void> send(const control::Envelope& envelope);
    // The next envelope. Timeout leaves the link usable.
    rt::Task<Result<void>> receive(control::Envelope& into, MonoTime deadline);
    std::uint64_t next_request_id() noexcept { return ++last_request_id_; }
    void close() { out_.close(); }
    rt::Task<void> stop();
    const rt::Endpoint& peer() const noexcept { return peer_; }

  private:
    ControlLink(rt::Executor& executor, std::unique_ptr<rt::Stream> stream, rt::Endpoint peer);
    rt::Task<void> write_loop();

    std::unique_ptr<rt::Stream> stream_;
    rt::Endpoint peer_;
    SendQueue out_;
    FrameDecoder decoder_;
    Bytes buffer_;
    std::uint64_t last_request_id_ = 0;
    rt::Gate gate_;
};

} // namespace pf::proto
