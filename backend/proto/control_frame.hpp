#pragma once
// Framing of the control protocol (docs/formats/control.md): a 12-byte header, then one protobuf
// Envelope. Pure functions over bytes; sockets belong to the shells.
//
//   0  u32 LE  magic "PFC1"
//   4  u32 LE  payload length, at most the decoder's limit
//   8  u32 LE  CRC32C of the payload
//
// A bad magic, length or checksum is Errc::Protocol / ChecksumMismatch; the connection that sent
// it must be closed, since the stream can't be resynchronised.
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace pf::proto {

inline constexpr std::uint32_t kControlMagic = 0x31434650; // "PFC1" in memory order
inline constexpr std::size_t kControlHeaderBytes = 12;
inline constexpr std::size_t kControlMaxFrameBytes = 64U << 20;
inline constexpr std::uint32_t kControlProtocolVersion = 1;

// Appends one frame to `out`. LimitExceeded when the payload is larger than kControlMaxFrameBytes.
[[nodiscard]] Result<void> append_frame(ByteSpan payload, Bytes& out);

// Cuts a byte stream into payloads. Holds at most one frame and what one feed() brought beyond it,
// as long as the caller drains next() between feeds.
class FrameDecoder {
  public:
    explicit FrameDecoder(std::size_t max_frame_bytes = kControlMaxFrameBytes)
        : max_frame_bytes_(max_frame_bytes) {}

    void feed(ByteSpan bytes);

    // A whole payload, nothing (feed more), or the error that ends the stream (then it repeats).
    [[nodiscard]] Result<std::optional<Bytes>> next();

  private:
    std::size_t max_frame_bytes_;
    Bytes buffer_;
    std::size_t begin_ = 0;
    std::optional<Error> broken_;
};

} // namespace pf::proto
