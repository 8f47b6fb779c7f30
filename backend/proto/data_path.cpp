#include "backend/proto/data_path.hpp"

#include "base/assert.hpp"
#include "base/crc32c.hpp"

#include <bit>
#include <cstring>

namespace pf::proto {

// The structs are the wire image: no padding (the sizes are asserted) and little-endian hosts only.
static_assert(std::endian::native == std::endian::little, "the wire image is little-endian");

namespace {

template<class Header>
void encode_with_crc(const Header& header, MutByteSpan out) {
    PF_ASSERT(out.size() >= sizeof(Header), "output too small for a data-path header");
    std::memcpy(out.data(), &header, sizeof(Header));
    const std::size_t covered = sizeof(Header) - sizeof(std::uint32_t);
    const std::uint32_t crc = crc32c(ByteSpan(out.data(), covered));
    std::memcpy(out.data() + covered, &crc, sizeof(crc));
}

template<class Header>
Result<Header> decode_with_crc(ByteSpan in, std::uint32_t magic) {
    if (in.size() < sizeof(Header)) {
        return fail(Errc::Protocol, "data path: header of {} bytes, need {}", in.size(),
                    sizeof(Header));
    }
    Header header;
    std::memcpy(&header, in.data(), sizeof(Header));
    if (header.magic != magic) {
        return fail(Errc::Protocol, "data path: bad magic {:08x}", header.magic);
    }
    if (header.version != kDataPathVersion) {
        return fail(Errc::Protocol, "data path: version {} is not supported", header.version);
    }
    const std::size_t covered = sizeof(Header) - sizeof(std::uint32_t);
    if (crc32c(in.first(covered)) != header.header_crc) {
        return fail(Errc::Protocol, "data path: header checksum mismatch");
    }
    if (header.payload_bytes > kMaxPayloadBytes) {
        return fail(Errc::Protocol, "data path: payload of {} bytes exceeds {}",
                    header.payload_bytes, kMaxPayloadBytes);
    }
    return header;
}

enum class Payload { None, Range, TwiceRange, HelloFixed, RangeOrNone, Copy };

struct OpRule {
    bool known = false;
    bool has_range = false;
    std::uint32_t max_length = 0;
    Payload payload = Payload::None;
};

OpRule rule_of(Op op) {
    switch (op) {
    case Op::Hello:
        return {true, false, 0, Payload::HelloFixed};
    case Op::Read:
    case Op::ReadReplica:
        return {true, true, kUnitBytes, Payload::None};
    case Op::Write:
        return {true, true, kUnitBytes, Payload::Range};
    case Op::WriteZeroes:
        return {true, true, kUnitBytes, Payload::None};
    case Op::CompareAndWrite:
        return {true, true, kMaxCompareBytes, Payload::TwiceRange};
    case Op::Flush:
    case Op::RebuildBegin:
    case Op::RebuildEnd:
        return {true, false, 0, Payload::None};
    case Op::Replicate:
        return {true, true, kUnitBytes, Payload::RangeOrNone};
    case Op::CopyUnit:
        return {true, true, kUnitBytes, Payload::Copy};
    }
    return {};
}

Result<void> check_range(const RequestHeader& header, const OpRule& rule) {
    if (header.length_bytes == 0 || header.length_bytes > rule.max_length) {
        return fail(Errc::Protocol, "data path: {} of {} bytes is out of bounds",
                    to_string(header.op), header.length_bytes);
    }
    if (header.offset_bytes >= kUnitBytes ||
        header.length_bytes > kUnitBytes - header.offset_bytes) {
        return fail(Errc::Protocol, "data path: range {}+{} leaves its unit", header.offset_bytes,
                    header.length_bytes);
    }
    const bool replica = header.op >= Op::Replicate;
    const std::uint32_t granule = replica ? kBlockBytes : kSectorBytes;
    if (header.offset_bytes % granule != 0 || header.length_bytes % granule != 0) {
        return fail(Errc::Protocol, "data path: range {}+{} is not aligned to {}",
                    header.offset_bytes, header.length_bytes, granule);
    }
    return {};
}

bool payload_fits(const RequestHeader& header, const OpRule& rule) {
    switch (rule.payload) {
    case Payload::None:
        return header.payload_bytes == 0;
    case Payload::Range:
        return header.payload_bytes == header.length_bytes;
    case Payload::TwiceRange:
        return header.payload_bytes == 2 * header.length_bytes;
    case Payload::HelloFixed:
        return header.payload_bytes == kHelloPayloadBytes;
    case Payload::RangeOrNone:
        return header.payload_bytes == 0 || header.payload_bytes == header.length_bytes;
    case Payload::Copy:
        return header.payload_bytes >= kCopyBitmapBytes &&
               (header.payload_bytes - kCopyBitmapBytes) % kBlockBytes == 0 &&
               header.length_bytes == kUnitBytes;
    }
    return false;
}

} // namespace

void encode(const RequestHeader& header, MutByteSpan out) { encode_with_crc(header, out); }
void encode(const ResponseHeader& header, MutByteSpan out) { encode_with_crc(header, out); }

void encode(const HelloPayload& hello, MutByteSpan out) {
    PF_ASSERT(out.size() >= sizeof(hello), "output too small for a hello");
    std::memcpy(out.data(), &hello, sizeof(hello));
}

Result<RequestHeader> decode_request(ByteSpan in) {
    auto decoded = decode_with_crc<RequestHeader>(in, kRequestMagic);
    if (!decoded) {
        return decoded;
    }
    const RequestHeader& header = *decoded;
    const OpRule rule = rule_of(header.op);
    if (!rule.known) {
        return fail(Errc::Protocol, "data path: unknown operation {}",
                    static_cast<unsigned>(header.op));
    }
    if (slot_of(header.request_id) >= kMaxSlots) {
        return fail(Errc::Protocol, "data path: slot {} of a session that has {}",
                    slot_of(header.request_id), kMaxSlots);
    }
    if (rule.has_range) {
        if (auto ok = check_range(header, rule); !ok) {
            return tl::unexpected<Error>(ok.error());
        }
    }
    if (!payload_fits(header, rule)) {
        return fail(Errc::Protocol, "data path: {} with a payload of {} bytes",
                    to_string(header.op), header.payload_bytes);
    }
    return decoded;
}

Result<ResponseHeader> decode_response(ByteSpan in) {
    return decode_with_crc<ResponseHeader>(in, kResponseMagic);
}

Result<HelloPayload> decode_hello(ByteSpan in) {
    if (in.size() != kHelloPayloadBytes) {
        return fail(Errc::Protocol, "data path: hello of {} bytes", in.size());
    }
    HelloPayload hello;
    std::memcpy(&hello, in.data(), sizeof(hello));
    if (hello.role < PeerRole::Sdc || hello.role > PeerRole::Sds) {
        return fail(Errc::Protocol, "data path: hello with role {}",
                    static_cast<unsigned>(hello.role));
    }
    return hello;
}

Result<void> check_payload(std::uint32_t expected_crc, ByteSpan payload) {
    const std::uint32_t actual = payload.empty() ? 0 : crc32c(payload);
    if (actual != expected_crc) {
        return fail(Errc::ChecksumMismatch, "payload crc {:08x}, header says {:08x}", actual,
                    expected_crc);
    }
    return {};
}

std::string_view to_string(Op op) noexcept {
    switch (op) {
    case Op::Hello:
        return "hello";
    case Op::Read:
        return "read";
    case Op::Write:
        return "write";
    case Op::WriteZeroes:
        return "write-zeroes";
    case Op::CompareAndWrite:
        return "compare-and-write";
    case Op::Flush:
        return "flush";
    case Op::Replicate:
        return "replicate";
    case Op::CopyUnit:
        return "copy-unit";
    case Op::RebuildBegin:
        return "rebuild-begin";
    case Op::RebuildEnd:
        return "rebuild-end";
    case Op::ReadReplica:
        return "read-replica";
    }
    return "unknown-op";
}

std::string_view to_string(Status status) noexcept {
    switch (status) {
    case Status::Ok:
        return "ok";
    case Status::StaleGeneration:
        return "stale-generation";
    case Status::NotPrimary:
        return "not-primary";
    case Status::Retry:
        return "retry";
    case Status::NoLease:
        return "no-lease";
    case Status::ChecksumMismatch:
        return "checksum-mismatch";
    case Status::NoSpace:
        return "no-space";
    case Status::Failed:
        return "failed";
    case Status::Miscompare:
        return "miscompare";
    case Status::OutcomeUnknown:
        return "outcome-unknown";
    case Status::InvalidRequest:
        return "invalid-request";
    case Status::Behind:
        return "behind";
    case Status::Absent:
        return "absent";
    }
    return "unknown-status";
}

} // namespace pf::proto
