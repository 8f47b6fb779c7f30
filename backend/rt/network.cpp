#include "backend/rt/network.hpp"

#include "base/assert.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>

namespace pf::rt {

std::string to_string(const Endpoint& endpoint) {
    bool v6 = endpoint.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.host, v6 ? "]" : "", endpoint.port);
}

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
    std::string_view host = text;
    std::string_view port;
    if (!text.empty() && text.front() == '[') {
        auto end = text.find(']');
        if (end == std::string_view::npos) {
            return fail(Errc::InvalidArgument, "'{}': missing ']'", text);
        }
        host = text.substr(1, end - 1);
        std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') {
            return fail(Errc::InvalidArgument, "'{}': expected ':port' after ']'", text);
        }
        port = rest.empty() ? rest : rest.substr(1);
    } else if (auto colon = text.find(':'); colon != std::string_view::npos) {
        if (text.find(':', colon + 1) == std::string_view::npos) {
            host = text.substr(0, colon);
            port = text.substr(colon + 1);
        } // else a bare IPv6 address
    }
    if (host.empty()) {
        return fail(Errc::InvalidArgument, "'{}': no host", text);
    }
    std::uint16_t number = default_port;
    if (!port.empty()) {
        auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (error != std::errc{} || end != port.data() + port.size()) {
            return fail(Errc::InvalidArgument, "'{}': bad port '{}'", text, port);
        }
    }
    return Endpoint{std::string(host), number};
}

namespace detail {

StreamWaiter::Alarm::Alarm(StreamWaiter& w) noexcept
    : TimerNode([](TimerNode& node) {
          StreamWaiter& late = static_cast<Alarm&>(node).waiter;
          late.error_ = kTimedOut;
          late.finish();
      }),
      waiter(w) {}

StreamWaiter::StreamWaiter(Stream& stream, MonoTime deadline) noexcept
    : stream_(stream), deadline_(deadline), alarm_(*this) {}

bool StreamWaiter::start() {
    if (stream_.closed_) {
        error_ = kClosed;
        return true;
    }
    PF_ASSERT(slot() == nullptr, "two tasks read, or two write, one stream");
    if (!stream_.executor_.spend_budget()) {
        yielded_ = true;
        return false;
    }
    return advance();
}

void StreamWaiter::suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    slot() = this;
    if (deadline_ != kNever) {
        stream_.executor_.arm_timer(alarm_, deadline_);
    }
    if (yielded_) {
        // Runs before this coroutine can be resumed by anything else: the queue is in order.
        stream_.executor_.defer(
            [](void* self) {
                auto& waiter = *static_cast<StreamWaiter*>(self);
                if (!waiter.finished_ && waiter.advance()) {
                    waiter.finish();
                }
            },
            this);
    }
}

void StreamWaiter::finish() {
    PF_ASSERT(!finished_, "finished twice");
    finished_ = true;
    slot() = nullptr;
    stream_.executor_.disarm_timer(alarm_);
    stream_.executor_.resume_soon(handle_);
}

} // namespace detail

namespace {

tl::unexpected<Error> transfer_error(int error) {
    switch (error) {
    case -1:
        return fail(Errc::Timeout, "deadline passed");
    case -2:
        return fail(Errc::Unreachable, "the peer closed the connection");
    case -3:
        return fail(Errc::Cancelled, "connection closed");
    case ECONNRESET:
    case EPIPE:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case ECONNREFUSED:
        return fail(Errc::Unreachable, "connection lost: {}", std::strerror(error));
    default:
        return fail(Errc::Io, "connection failed: {}", std::strerror(error));
    }
}

} // namespace

detail::StreamWaiter*& ReadAwaiter::slot() noexcept { return stream_.reader_; }
detail::StreamWaiter*& WriteAwaiter::slot() noexcept { return stream_.writer_; }

bool ReadAwaiter::advance() {
    while (done_ < minimum_) {
        auto moved = stream_.try_read(buffer_.subspan(done_));
        if (moved.error == EAGAIN) {
            return false;
        }
        if (moved.error != 0) {
            error_ = moved.error;
            return true;
        }
        if (moved.bytes == 0) {
            error_ = kEnd;
            return true;
        }
        done_ += moved.bytes;
    }
    return true;
}

Result<std::size_t> ReadAwaiter::await_resume() {
    if (error_ != 0 && error_ != kEnd) {
        return transfer_error(error_);
    }
    return done_;
}

Result<void> Stream::ExactAwaiter::await_resume() {
    auto count = read_.await_resume();
    if (!count) {
        return tl::unexpected(std::move(count.error()));
    }
    if (*count != size_) {
        return fail(Errc::Unreachable, "the peer closed the connection");
    }
    return {};
}

bool WriteAwaiter::advance() {
    for (;;) {
        while (part_ < parts_.size() && offset_ >= parts_[part_].size()) {
            offset_ = 0;
            ++part_;
        }
        if (part_ == parts_.size()) {
            return true;
        }
        auto moved = stream_.try_write(parts_.subspan(part_), offset_);
        if (moved.error == EAGAIN) {
            return false;
        }
        if (moved.error != 0) {
            error_ = moved.error;
            return true;
        }
        offset_ += moved.bytes;
        while (part_ < parts_.size() && offset_ >= parts_[part_].size()) {
            offset_ -= parts_[part_].size();
            ++part_;
        }
    }
}

Result<void> WriteAwaiter::await_resume() {
    if (error_ != 0) {
        return transfer_error(error_);
    }
    return {};
}

Stream::~Stream() {
    PF_ASSERT(reader_ == nullptr && writer_ == nullptr, "stream destroyed under a waiter");
}

void Stream::end_waiter(detail::StreamWaiter* waiter, int error) {
    if (waiter != nullptr) {
        waiter->error_ = error;
        waiter->finish();
    }
}

void Stream::close() {
    if (closed_) {
        return;
    }
    closed_ = true;
    close_transport();
    end_waiter(reader_, detail::StreamWaiter::kClosed);
    end_waiter(writer_, detail::StreamWaiter::kClosed);
}

void Stream::readable() {
    if (upper_ != nullptr) {
        upper_->lower_ready();
        return;
    }
    if (reader_ != nullptr && reader_->advance()) {
        reader_->finish();
    }
}

void Stream::writable() {
    if (upper_ != nullptr) {
        upper_->lower_ready();
        return;
    }
    if (writer_ != nullptr && writer_->advance()) {
        writer_->finish();
    }
}

Task<Result<std::unique_ptr<Stream>>> Network::connect(Endpoint to, MonoTime deadline) {
    return connect(std::move(to), deadline, ConnectOptions());
}

} // namespace pf::rt
