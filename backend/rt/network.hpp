// Network: byte streams behind an interface with two implementations, TCP (reactor.hpp) and a
// simulated one. The awaitable calls are written once, here, over a handful of virtual functions.
//
// Try-first: a call that can move bytes at once does so without suspending or asking the loop.
// One reader and one writer may wait on a stream at a time. close() from anywhere on the executor's
// thread ends both with Errc::Cancelled; that is how a connection is cancelled. A stream must not
// be destroyed while somebody waits on it.
//
// Errors: Timeout (the position in the stream is then undefined: close it), Unreachable (reset,
// peer gone, end of stream inside read_exact), Cancelled (closed by us), Io.
#pragma once

#include "backend/rt/executor.hpp"
#include "backend/rt/task.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace pf::rt {

// A numeric IPv4 or IPv6 address ("localhost" is accepted as 127.0.0.1) and a port.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
// "10.0.0.1:4420" or "[::1]:4420".
std::string to_string(const Endpoint& endpoint);
Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port = 0);

class Stream;

namespace detail {

// One pending transfer. Lives in the awaiting coroutine's frame.
class StreamWaiter {
  public:
    StreamWaiter(Stream& stream, MonoTime deadline) noexcept;
    StreamWaiter(const StreamWaiter&) = delete;
    StreamWaiter& operator=(const StreamWaiter&) = delete;

  protected:
    virtual ~StreamWaiter() = default;
    friend class rt::Stream;
    struct Alarm : TimerNode {
        explicit Alarm(StreamWaiter& w) noexcept;
        StreamWaiter& waiter;
    };
    // Moves what can be moved; true when the transfer is over, one way or the other.
    virtual bool advance() = 0;
    virtual StreamWaiter*& slot() noexcept = 0;
    bool start();
    void suspend(std::coroutine_handle<> handle);
    void finish();

    Stream& stream_;
    MonoTime deadline_;
    Alarm alarm_;
    std::coroutine_handle<> handle_;
    int error_ = 0;         // errno, kTimedOut or kEnd
    bool yielded_ = false;  // out of budget: the first attempt is made by the loop
    bool finished_ = false; // the coroutine will be resumed
    static constexpr int kTimedOut = -1;
    static constexpr int kEnd = -2;
    static constexpr int kClosed = -3;
};

} // namespace detail

// co_await gives Result<size_t>: the number of bytes read, 0 at the end of the stream.
class [[nodiscard]] ReadAwaiter final : public detail::StreamWaiter {
  public:
    ReadAwaiter(Stream& stream, MutByteSpan buffer, std::size_t minimum, MonoTime deadline) noexcept
        : StreamWaiter(stream, deadline), buffer_(buffer), minimum_(minimum) {}
    bool await_ready() { return start(); }
    void await_suspend(std::coroutine_handle<> handle) { suspend(handle); }
    Result<std::size_t> await_resume();

  private:
    bool advance() override;
    detail::StreamWaiter*& slot() noexcept override;
    MutByteSpan buffer_;
    std::size_t minimum_; // over when this many are there, or the stream ends
    std::size_t done_ = 0;
};

// co_await gives Result<void> once every byte has been handed to the transport.
class [[nodiscard]] WriteAwaiter final : public detail::StreamWaiter {
  public:
    WriteAwaiter(Stream& stream, ByteSpan bytes, MonoTime deadline) noexcept
        : StreamWaiter(stream, deadline), one_(bytes), parts_(&one_, 1) {}
    WriteAwaiter(Stream& stream, std::span<const ByteSpan> parts, MonoTime deadline) noexcept
        : StreamWaiter(stream, deadline), parts_(parts) {}
    bool await_ready() { return start(); }
    void await_suspend(std::coroutine_handle<> handle) { suspend(handle); }
    Result<void> await_resume();

  private:
    bool advance() override;
    detail::StreamWaiter*& slot() noexcept override;
    ByteSpan one_;
    std::span<const ByteSpan> parts_;
    std::size_t part_ = 0;   // first part not fully sent
    std::size_t offset_ = 0; // bytes of it that are
};

class Stream {
  public:
    explicit Stream(Executor& executor) noexcept : executor_(executor) {}
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream();

    // At least one byte unless the stream has ended (0). Buffers must live until the answer.
    ReadAwaiter read_some(MutByteSpan buffer, MonoTime deadline) {
        return ReadAwaiter(*this, buffer, 1, deadline);
    }
    // At least `minimum` bytes, more if they are there already: one call fills a parser's buffer.
    // Fewer only at the end of the stream.
    ReadAwaiter read_at_least(MutByteSpan buffer, std::size_t minimum, MonoTime deadline) {
        return ReadAwaiter(*this, buffer, minimum, deadline);
    }
    // Fills the buffer; Errc::Unreachable when the stream ends before. No coroutine frame.
    class [[nodiscard]] ExactAwaiter {
      public:
        ExactAwaiter(Stream& stream, MutByteSpan buffer, MonoTime deadline) noexcept
            : read_(stream, buffer, buffer.size(), deadline), size_(buffer.size()) {}
        bool await_ready() { return read_.await_ready(); }
        void await_suspend(std::coroutine_handle<> handle) { read_.await_suspend(handle); }
        Result<void> await_resume();

      private:
        ReadAwaiter read_;
        std::size_t size_;
    };
    ExactAwaiter read_exact(MutByteSpan buffer, MonoTime deadline) {
        return ExactAwaiter(*this, buffer, deadline);
    }
    WriteAwaiter write_all(ByteSpan bytes, MonoTime deadline) {
        return WriteAwaiter(*this, bytes, deadline);
    }
    // Gathers; the array of spans and the bytes must live until the answer.
    WriteAwaiter write_all(std::span<const ByteSpan> parts, MonoTime deadline) {
        return WriteAwaiter(*this, parts, deadline);
    }

    // Idempotent. Whoever waits gets Cancelled; later calls too.
    void close();
    bool closed() const noexcept { return closed_; }
    virtual Endpoint local() const = 0;
    virtual Endpoint peer() const = 0;
    Executor& executor() noexcept { return executor_; }

    // For implementations and for code that polls: bytes moved; error is an errno, EAGAIN when
    // nothing can be moved now. A read of 0 bytes without error is the end of the stream.
    struct Moved {
        std::size_t bytes = 0;
        int error = 0;
    };
    virtual Moved try_read(MutByteSpan buffer) = 0;
    // Sends a prefix of the parts, the first one from `offset` on.
    virtual Moved try_write(std::span<const ByteSpan> parts, std::size_t offset) = 0;

  protected:
    // Called by the implementation when a direction that was blocked may go on.
    void readable();
    void writable();
    virtual void close_transport() = 0;
    // A stream that works over another one (TLS) hears of its events here; nobody waits on the
    // lower one itself then.
    virtual void lower_ready() {}
    void put_over(Stream& lower) { lower.upper_ = this; }

  private:
    friend class detail::StreamWaiter;
    friend class ReadAwaiter;
    friend class WriteAwaiter;
    void end_waiter(detail::StreamWaiter* waiter, int error);
    Executor& executor_;
    detail::StreamWaiter* reader_ = nullptr;
    detail::StreamWaiter* writer_ = nullptr;
    Stream* upper_ = nullptr;
    bool closed_ = false;
};

class Listener {
  public:
    virtual ~Listener() = default;
    // One task at a time may accept. Cancelled after close().
    virtual Task<Result<std::unique_ptr<Stream>>> accept(MonoTime deadline) = 0;
    virtual void close() = 0;
    // With the port that the system chose, when 0 was asked for.
    virtual Endpoint local() const = 0;
};

struct ConnectOptions {
    std::string source_host; // address to come from; empty: the system's choice
};

class Network {
  public:
    virtual ~Network() = default;
    // Unreachable when refused, Timeout when the deadline passed.
    virtual Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, MonoTime deadline,
                                                          ConnectOptions options) = 0;
    Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, MonoTime deadline);
    virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int backlog = 512) = 0;
};

} // namespace pf::rt
