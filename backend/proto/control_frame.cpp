#include "backend/proto/control_frame.hpp"

#include "base/crc32c.hpp"

namespace pf::proto {

Result<void> append_frame(ByteSpan payload, Bytes& out) {
    if (payload.size() > kControlMaxFrameBytes)
        return fail(Errc::LimitExceeded, "control message of {} bytes is larger than {}",
                    payload.size(), kControlMaxFrameBytes);
    const std::size_t at = out.size();
    out.resize(at + kControlHeaderBytes + payload.size());
    store_le<std::uint32_t>(&out[at], kControlMagic);
    store_le<std::uint32_t>(&out[at + 4], static_cast<std::uint32_t>(payload.size()));
    store_le<std::uint32_t>(&out[at + 8], crc32c(payload));
    if (!payload.empty())
        std::memcpy(&out[at + kControlHeaderBytes], payload.data(), payload.size());
    return {};
}

void FrameDecoder::feed(ByteSpan bytes) {
    if (broken_)
        return;
    // Drop what next() has handed out once it is the larger part.
    if (begin_ > 0 && begin_ * 2 >= buffer_.size()) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<Bytes>> FrameDecoder::next() {
    if (broken_)
        return fail(*broken_);
    const std::size_t have = buffer_.size() - begin_;
    if (have < kControlHeaderBytes)
        return std::nullopt;
    const std::byte* header = buffer_.data() + begin_;
    const auto magic = load_le<std::uint32_t>(header);
    const auto length = load_le<std::uint32_t>(header + 4);
    const auto crc = load_le<std::uint32_t>(header + 8);
    auto broken = [this](Errc code, const char* what) -> Result<std::optional<Bytes>> {
        broken_ = Error{code, what};
        buffer_.clear();
        begin_ = 0;
        return fail(*broken_);
    };
    if (magic != kControlMagic)
        return broken(Errc::Protocol, "control stream does not start with a frame");
    if (length > max_frame_bytes_)
        return broken(Errc::Protocol, "control frame is longer than allowed");
    if (have < kControlHeaderBytes + length)
        return std::nullopt;
    const ByteSpan payload(header + kControlHeaderBytes, length);
    if (crc32c(payload) != crc)
        return broken(Errc::ChecksumMismatch, "control frame was damaged on the way");
    Bytes out(payload.begin(), payload.end());
    begin_ += kControlHeaderBytes + length;
    return out;
}

} // namespace pf::proto
