// Framed traffic over an rt::Stream: a buffered reader and a writer that gathers what is queued
// into as few system calls as possible. Shared by both ends of the data path.
#pragma once

#include "backend/proto/data_path.hpp"
#include "backend/rt/io_buffer.hpp"
#include "backend/rt/network.hpp"
#include "backend/rt/sync.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

namespace pf::proto {

class StreamReader {
  public:
    explicit StreamReader(rt::Stream& stream, std::size_t buffer_bytes = 64U << 10)
        : stream_(stream), buffer_(buffer_bytes) {}

    bool has(std::size_t bytes) const noexcept { return end_ - begin_ >= bytes; }
    // After it, has(bytes). Precondition: bytes fit the buffer.
    rt::Task<Result<void>> fill(std::size_t bytes, MonoTime deadline);
    // Precondition: has(bytes). Valid until the next call of fill().
    ByteSpan take(std::size_t bytes) noexcept;
    // What is buffered is copied, the rest is read in place.
    rt::Task<Result<void>> read_into(MutByteSpan into, MonoTime deadline);
    rt::Task<Result<void>> skip(std::size_t bytes, MonoTime deadline);

  private:
    rt::Stream& stream_;
    Bytes buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// One frame on its way out. `a` and `b` are sent after the header; they stay valid until `state`
// (when given) is Sent, or, without it, are kept alive by `keep`.
struct OutFrame {
    enum class State : std::uint8_t { Queued, Sending, Sent };

    OutFrame() = default;
    std::array<std::byte, kRequestHeaderBytes> header;
    std::uint32_t header_bytes = 0;
    ByteSpan a;
    ByteSpan b;
    rt::IoBuffer keep;
    State* state = nullptr; // points into whoever waits; outlives the frame's stay in the queue
};

class SendQueue {
  public:
    SendQueue(rt::Stream& stream, std::chrono::milliseconds stall_timeout)
        : stream_(stream), stall_timeout_(stall_timeout), pushed_(stream.executor()),
          released_(stream.executor()) {}

    void push(OutFrame frame);
    // Takes back a frame that is still Queued. False: it is being sent, or was.
    bool take_back(const OutFrame::State* state);
    // Sends until close() or an error, which it answers; closes the stream in any case and sets the
    // state of every frame left to Sent.
    rt::Task<Result<void>> run();
    void close();
    std::size_t size() const noexcept { return queue_.size(); }
    // Woken whenever frames have been sent or given up.
    rt::WaitQueue& released() noexcept { return released_; }

  private:
    static constexpr std::size_t kMaxFramesAtOnce = 64;
    rt::Stream& stream_;
    const std::chrono::milliseconds stall_timeout_;
    std::deque<OutFrame> queue_;
    std::deque<OutFrame> sending_;
    rt::WaitQueue pushed_;
    rt::WaitQueue released_;
    bool closed_ = false;
};

} // namespace pf::proto
