// Data-path headers: layout, round trips, and what the decoder refuses.
#include "backend/proto/data_path.hpp"
#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

namespace pf::proto {
namespace {

RequestHeader sample() {
    RequestHeader header;
    header.op = Op::Write;
    header.tag = 0x1122334455667788;
    header.session = 7;
    header.request_id = make_request_id(99, 12);
    header.generation = 5;
    header.pool = 0xabc;
    header.node = 0xdef;
    header.unit = 1000;
    header.comb = 17;
    header.offset_bytes = 4096;
    header.length_bytes = 8192;
    header.payload_bytes = 8192;
    return header;
}

using RequestBytes = std::array<std::byte, kRequestHeaderBytes>;

RequestBytes encoded(const RequestHeader& header) {
    RequestBytes bytes{};
    encode(header, bytes);
    return bytes;
}

TEST(DataPath, RequestRoundTrip) {
    const RequestBytes bytes = encoded(sample());
    const auto decoded = decode_request(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->tag, sample().tag);
    EXPECT_EQ(decoded->unit, 1000U);
    EXPECT_EQ(slot_of(decoded->request_id), 12U);
    // The layout of docs/formats/data-path.md, byte by byte where it matters.
    EXPECT_EQ(as_text(ByteSpan(bytes).first(4)), "PFDQ");
    EXPECT_EQ(load_le<std::uint64_t>(bytes.data() + 16), sample().tag);
    EXPECT_EQ(load_le<std::uint64_t>(bytes.data() + 40), 5U);
    EXPECT_EQ(load_le<std::uint32_t>(bytes.data() + 76), 4096U);
    EXPECT_EQ(load_le<std::uint32_t>(bytes.data() + 92), crc32c(ByteSpan(bytes).first(92)));
}

TEST(DataPath, ResponseAndHelloRoundTrip) {
    ResponseHeader response;
    response.op = Op::Read;
    response.status = Status::StaleGeneration;
    response.generation = 77;
    response.detail = 3;
    std::array<std::byte, kResponseHeaderBytes> bytes{};
    encode(response, bytes);
    const auto decoded = decode_response(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->status, Status::StaleGeneration);
    EXPECT_EQ(decoded->generation, 77U);

    HelloPayload hello;
    hello.system_id = 1;
    hello.role = PeerRole::Sds;
    std::array<std::byte, kHelloPayloadBytes> hello_bytes{};
    encode(hello, hello_bytes);
    ASSERT_TRUE(decode_hello(hello_bytes));
    hello_bytes[40] = std::byte{9};
    EXPECT_FALSE(decode_hello(hello_bytes));
    EXPECT_FALSE(decode_hello(ByteSpan(hello_bytes).first(20)));
}

TEST(DataPath, RefusesWhatDoesNotFit) {
    const auto refused = [](auto change) {
        RequestHeader header = sample();
        change(header);
        const auto decoded = decode_request(encoded(header));
        return !decoded && decoded.error().code == Errc::Protocol;
    };
    EXPECT_TRUE(refused([](RequestHeader& h) { h.magic = 1; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.version = 9; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.op = static_cast<Op>(99); }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.length_bytes = 0; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.payload_bytes = 4096; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.offset_bytes = kUnitBytes; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.offset_bytes = 0xffffffff; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.offset_bytes = kUnitBytes - 4096; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.offset_bytes = 100; }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.request_id = make_request_id(1, kMaxSlots); }));
    EXPECT_TRUE(refused([](RequestHeader& h) {
        h.op = Op::Replicate;
        h.offset_bytes = 512; // replicas are whole blocks
    }));
    EXPECT_TRUE(refused([](RequestHeader& h) {
        h.op = Op::CompareAndWrite;
        h.length_bytes = kMaxCompareBytes + 512;
        h.payload_bytes = 2 * h.length_bytes;
    }));
    EXPECT_TRUE(refused([](RequestHeader& h) { h.payload_bytes = 0xffffffff; }));
    EXPECT_FALSE(decode_request(ByteSpan(encoded(sample())).first(95)));
}

TEST(DataPath, EveryFlippedBitIsNoticed) {
    const RequestBytes good = encoded(sample());
    for (std::size_t bit = 0; bit < kRequestHeaderBytes * 8; ++bit) {
        RequestBytes bad = good;
        bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_FALSE(decode_request(bad)) << bit;
    }
    const Bytes payload = to_bytes("123456789");
    EXPECT_TRUE(check_payload(0xe3069283, payload));
    EXPECT_FALSE(check_payload(0xe3069284, payload));
    EXPECT_TRUE(check_payload(0, {}));
}

// Whatever passes the decoder keeps its promises: the shells rely on them without looking again.
TEST(DataPath, RandomHeadersKeepTheDecodersPromises) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 200'000; ++round) {
        RequestHeader header;
        header.op = static_cast<Op>(random() % 24);
        header.offset_bytes = static_cast<std::uint32_t>(random() % 2200) * 512;
        header.length_bytes = static_cast<std::uint32_t>(random() % 2200) * 512;
        header.payload_bytes = random() % 2 == 0 ? header.length_bytes : 0;
        header.request_id = random();
        const auto decoded = decode_request(encoded(header));
        if (!decoded) {
            continue;
        }
        EXPECT_LE(decoded->payload_bytes, kMaxPayloadBytes);
        EXPECT_LT(slot_of(decoded->request_id), kMaxSlots);
        if (decoded->op == Op::Read || decoded->op == Op::Write || decoded->op == Op::Replicate) {
            EXPECT_GT(decoded->length_bytes, 0U);
            EXPECT_LE(std::uint64_t{decoded->offset_bytes} + decoded->length_bytes, kUnitBytes);
        }
    }
}

} // namespace
} // namespace pf::proto
