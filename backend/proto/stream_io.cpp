#include "backend/proto/stream_io.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstring>

namespace pf::proto {

rt::Task<Result<void>> StreamReader::fill(std::size_t bytes, MonoTime deadline) {
    if (has(bytes)) {
        co_return Result<void>{};
    }
    PF_ASSERT(bytes <= buffer_.size(), "frame header larger than the read buffer");
    if (buffer_.size() - begin_ < bytes) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    const std::size_t missing = bytes - (end_ - begin_);
    auto got = co_await stream_.read_at_least(
        MutByteSpan(buffer_.data() + end_, buffer_.size() - end_), missing, deadline);
    if (!got) {
        co_return fail(std::move(got).error());
    }
    end_ += *got;
    if (*got < missing) {
        co_return fail(Errc::Unreachable, "the peer closed the connection");
    }
    co_return Result<void>{};
}

ByteSpan StreamReader::take(std::size_t bytes) noexcept {
    const ByteSpan taken(buffer_.data() + begin_, bytes);
    begin_ += bytes;
    if (begin_ == end_) {
        begin_ = end_ = 0;
    }
    return taken;
}

rt::Task<Result<void>> StreamReader::read_into(MutByteSpan into, MonoTime deadline) {
    const std::size_t buffered = std::min(into.size(), end_ - begin_);
    if (buffered > 0) {
        const ByteSpan taken = take(buffered);
        std::memcpy(into.data(), taken.data(), taken.size());
    }
    if (buffered < into.size()) {
        co_return co_await stream_.read_exact(into.subspan(buffered), deadline);
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> StreamReader::skip(std::size_t bytes, MonoTime deadline) {
    while (bytes > 0) {
        PF_CO_CHECK(co_await fill(1, deadline));
        bytes -= take(std::min(bytes, end_ - begin_)).size();
    }
    co_return Result<void>{};
}

void SendQueue::push(OutFrame frame) {
    if (closed_) {
        if (frame.state != nullptr) {
            *frame.state = OutFrame::State::Sent;
        }
        return;
    }
    if (frame.state != nullptr) {
        *frame.state = OutFrame::State::Queued;
    }
    queue_.push_back(std::move(frame));
    pushed_.wake_one();
}

bool SendQueue::take_back(const OutFrame::State* state) {
    const auto found = std::find_if(queue_.begin(), queue_.end(),
                                    [&](const OutFrame& frame) { return frame.state == state; });
    if (found == queue_.end()) {
        return false;
    }
    queue_.erase(found);
    return true;
}

rt::Task<Result<void>> SendQueue::run() {
    Result<void> outcome;
    std::vector<ByteSpan> parts;
    while (outcome && !closed_) {
        if (queue_.empty()) {
            (void)co_await pushed_.wait(rt::kNever); // close() wakes it
            continue;
        }
        parts.clear();
        while (!queue_.empty() && sending_.size() < kMaxFramesAtOnce) {
            sending_.push_back(std::move(queue_.front()));
            queue_.pop_front();
            OutFrame& frame = sending_.back();
            if (frame.state != nullptr) {
                *frame.state = OutFrame::State::Sending;
            }
            const ByteSpan header(frame.header.data(), frame.header_bytes);
            for (const ByteSpan part : {header, frame.a, frame.b}) {
                if (!part.empty()) {
                    parts.push_back(part);
                }
            }
        }
        outcome = co_await stream_.write_all(std::span<const ByteSpan>(parts),
                                             stream_.executor().now() + stall_timeout_);
        for (OutFrame& frame : sending_) {
            if (frame.state != nullptr) {
                *frame.state = OutFrame::State::Sent;
            }
        }
        sending_.clear();
        released_.wake_all();
    }
    close();
    for (OutFrame& frame : queue_) {
        if (frame.state != nullptr) {
            *frame.state = OutFrame::State::Sent;
        }
    }
    queue_.clear();
    released_.wake_all();
    co_return outcome;
}

void SendQueue::close() {
    closed_ = true;
    stream_.close();
    pushed_.wake_all();
}

} // namespace pf::proto
