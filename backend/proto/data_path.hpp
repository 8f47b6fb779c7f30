#pragma once
// Data-path wire format: what clients (SDC, SDT) and data servers (SDS) say to each other.
//
// One TCP stream carries frames: a fixed header, then `payload_bytes` of payload. Requests start
// with RequestHeader, answers with ResponseHeader; a stream never mixes directions. Everything is
// little-endian and laid out without padding (docs/formats/data-path.md draws it). The header ends
// with a CRC32C of itself; the payload's CRC32C travels in the header, so a flipped bit is found
// before it reaches a disk.
//
// These are pure functions over byte spans: no sockets, no allocation, no clock. The decoder
// accepts only sizes within the limits below; a violation is Errc::Protocol and the connection
// that sent it must be closed, since the stream cannot be resynchronised.
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pf::proto {

inline constexpr std::uint32_t kRequestMagic = 0x51444650;  // "PFDQ"
inline constexpr std::uint32_t kResponseMagic = 0x41444650; // "PFDA"
inline constexpr std::uint8_t kDataPathVersion = 2;

inline constexpr std::uint32_t kUnitBytes = 1U << 20; // one tooth
inline constexpr std::uint32_t kBlockBytes = 4096;    // checksum and crash-atomicity granule
inline constexpr std::uint32_t kSectorBytes = 512;    // smallest addressable piece
inline constexpr std::uint32_t kMaxPayloadBytes = kUnitBytes + 32; // CopyUnit carries a bitmap
inline constexpr std::uint32_t kMaxCompareBytes = 64U << 10;       // compare-and-write, each half

enum class Op : std::uint8_t {
    Hello = 1,           // first frame of a connection; payload HelloPayload
    Read = 2,            // client > primary; answer carries the bytes
    Write = 3,           // client > primary; payload is the data
    WriteZeroes = 4,     // client > primary; no payload (also unmap: reads as zeroes after)
    CompareAndWrite = 5, // client > primary; payload = expected bytes, then new bytes
    Flush = 6,           // client > primary; every acknowledged write is already durable
    Replicate = 16,      // primary > secondary; apply this write (or zeroes: no payload)
    CopyUnit = 17,       // primary > secondary; rebuild: the whole unit, payload as below
    RebuildBegin = 18,   // primary > secondary; a full copy of the comb starts
    RebuildEnd = 19,     // primary > secondary; drop units this copy did not bring
    ReadReplica = 20,    // primary > secondary; own bytes of a node's unit, to repair a bad block
};

// CopyUnit's payload: the blocks that the node owns in the unit, ascending, then a bitmap of
// kBlocksPerUnit bits that names them (bit i of byte j: block j*8+i). Nothing owned: bitmap only.
inline constexpr std::uint32_t kCopyBitmapBytes = kUnitBytes / kBlockBytes / 8;

enum class Status : std::uint16_t {
    Ok = 0,
    StaleGeneration = 1,  // sender's generation (or fence) is older: refresh the map, resend
    NotPrimary = 2,       // this server does not own the comb (any more): refresh, resend
    Retry = 3,            // transient (node frozen, server behind the sender): refresh, resend
    NoLease = 4,          // this server lost the MDM: refresh, resend
    ChecksumMismatch = 5, // payload damaged on the way (resend) or on every copy (read)
    NoSpace = 6,
    Failed = 7,          // I/O error on every usable copy
    Miscompare = 8,      // compare-and-write: `detail` = offset of the first difference
    OutcomeUnknown = 9,  // a resent request that this server may have executed in a past life
    InvalidRequest = 10, // out of bounds, misaligned, unknown operation
    Behind = 11,         // secondary: the sender's generation is newer than ours; wait, resend
    Absent = 12,         // ReadReplica: this copy does not own the unit
};

[[nodiscard]] std::string_view to_string(Op op) noexcept;
[[nodiscard]] std::string_view to_string(Status status) noexcept;

// A session has slots; a slot has at most one request outstanding. A server remembers for each slot
// the last request it saw, with its outcome: that bounds the memory of de-duplication, and a frame
// that arrives after its slot has moved on is recognised as a left-over.
inline constexpr std::uint32_t kMaxSlots = 4096;
[[nodiscard]] constexpr std::uint64_t make_request_id(std::uint64_t sequence, std::uint32_t slot) {
    return (sequence << 16) | (slot & 0xffffU);
}
[[nodiscard]] constexpr std::uint32_t slot_of(std::uint64_t request_id) {
    return static_cast<std::uint32_t>(request_id & 0xffffU);
}

// Flags of RequestHeader.
inline constexpr std::uint16_t kFlagResend = 1U << 0; // same request_id was sent before
inline constexpr std::uint16_t kFlagZeroes = 1U << 1; // Replicate: write zeroes over the range

struct RequestHeader {
    std::uint32_t magic = kRequestMagic;
    std::uint8_t version = kDataPathVersion;
    Op op = Op::Hello;
    std::uint16_t flags = 0;
    std::uint32_t payload_bytes = 0;
    std::uint32_t payload_crc = 0; // CRC32C of the payload, 0 when there is none
    std::uint64_t tag = 0;         // matches an answer to this frame on this connection
    std::uint64_t session = 0;     // de-duplication scope; a client keeps it over reconnects
    std::uint64_t request_id = 0;  // sequence << 16 | slot, see slot_of(); same on every resend
    std::uint64_t generation = 0;  // of the comb, as the sender knows it
    std::uint64_t pool = 0;
    std::uint64_t node = 0; // V-Tree node
    std::uint64_t unit = 0; // 1 MiB unit of the V-Tree
    std::uint32_t comb = 0;
    std::uint32_t offset_bytes = 0; // inside the unit
    std::uint32_t length_bytes = 0; // of the range (CompareAndWrite: of one half)
    std::uint32_t age_ms = 0;       // since the first send of this request_id
    std::uint32_t fence = 0;        // client writes: the node's fence, as the sender knows it
    std::uint32_t header_crc = 0;   // CRC32C of all bytes before it
};
inline constexpr std::size_t kRequestHeaderBytes = 96;
static_assert(sizeof(RequestHeader) == kRequestHeaderBytes);

struct ResponseHeader {
    std::uint32_t magic = kResponseMagic;
    std::uint8_t version = kDataPathVersion;
    Op op = Op::Hello;
    Status status = Status::Ok;
    std::uint32_t payload_bytes = 0;
    std::uint32_t payload_crc = 0;
    std::uint64_t tag = 0;
    std::uint64_t generation = 0; // the comb's, as this server knows it (0: unknown comb)
    std::uint64_t detail = 0;     // Hello: server instance; Miscompare: first differing offset
    std::uint32_t reserved = 0;
    std::uint32_t header_crc = 0;
};
inline constexpr std::size_t kResponseHeaderBytes = 48;
static_assert(sizeof(ResponseHeader) == kResponseHeaderBytes);

enum class PeerRole : std::uint8_t { Sdc = 1, Sdt = 2, Sds = 3 };

// Payload of Hello. The server refuses another system's id, so that a mis-typed address can't
// reach a stranger's data.
struct HelloPayload {
    std::uint64_t system_id = 0;
    std::uint64_t sender_id = 0;  // SdcId, SdtId or SdsId by role
    std::uint64_t target_sds = 0; // whom the sender believes to have dialled
    std::uint64_t instance = 0;   // of the sender; changes with each start of its process
    std::uint64_t session = 0;
    PeerRole role = PeerRole::Sdc;
    std::uint8_t reserved[7] = {};
};
inline constexpr std::size_t kHelloPayloadBytes = 48;
static_assert(sizeof(HelloPayload) == kHelloPayloadBytes);

// Writes `header` to `out` (at least kRequestHeaderBytes) with header_crc computed.
void encode(const RequestHeader& header, MutByteSpan out);
void encode(const ResponseHeader& header, MutByteSpan out);
void encode(const HelloPayload& hello, MutByteSpan out);

// Checks magic, version, CRC, sizes and the per-operation rules (range inside the unit, sector
// alignment, payload length fits the operation). `in` must hold the fixed size.
[[nodiscard]] Result<RequestHeader> decode_request(ByteSpan in);
[[nodiscard]] Result<ResponseHeader> decode_response(ByteSpan in);
[[nodiscard]] Result<HelloPayload> decode_hello(ByteSpan in);

// Payload check after it has arrived whole. ChecksumMismatch when it was damaged.
[[nodiscard]] Result<void> check_payload(std::uint32_t expected_crc, ByteSpan payload);

} // namespace pf::proto
