// Seeded mutations of control frames: the decoder never crashes, never hands out a damaged payload,
// and stays broken once it is.
#include "control.pb.h"

#include "backend/proto/control_message.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pf::proto {
namespace {

namespace wire = control;

Bytes sample(std::mt19937_64& random) {
    wire::Envelope envelope;
    envelope.set_request_id(random());
    auto& op = *envelope.mutable_management_request()->mutable_snapshot_volumes();
    for (std::uint64_t i = random() % 5; i > 0; --i) {
        auto& item = *op.add_items();
        item.set_volume(random());
        item.set_name("name-" + std::to_string(random() % 1000));
    }
    (*op.mutable_properties())["k"] = "v";
    return wire::encode(envelope).value();
}

TEST(ControlFrame, RoundTripInPiecesOfAnySize) {
    std::mt19937_64 random(7);
    for (std::size_t piece : {1U, 2U, 3U, 11U, 12U, 13U, 64U, 100000U}) {
        Bytes stream;
        std::vector<Bytes> frames;
        for (int i = 0; i < 20; ++i) {
            frames.push_back(sample(random));
            stream.insert(stream.end(), frames.back().begin(), frames.back().end());
        }
        FrameDecoder decoder;
        std::size_t found = 0;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            decoder.feed(ByteSpan(stream).subspan(at, std::min(piece, stream.size() - at)));
            for (;;) {
                auto payload = decoder.next();
                ASSERT_TRUE(payload);
                if (!*payload)
                    break;
                const ByteSpan want = ByteSpan(frames[found]).subspan(kControlHeaderBytes);
                EXPECT_TRUE(
                    std::equal(want.begin(), want.end(), (*payload)->begin(), (*payload)->end()));
                ++found;
            }
        }
        EXPECT_EQ(found, frames.size());
    }
}

TEST(ControlFrame, TooLongIsRefusedBeforeItIsRead) {
    Bytes header(kControlHeaderBytes);
    store_le<std::uint32_t>(header.data(), kControlMagic);
    store_le<std::uint32_t>(header.data() + 4, 0xffff'ffffU);
    FrameDecoder decoder;
    decoder.feed(header);
    auto next = decoder.next();
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().code, Errc::Protocol);
    std::mt19937_64 random(1);
    decoder.feed(sample(random));
    EXPECT_FALSE(decoder.next()) << "a broken stream stays broken";
}

TEST(ControlFrame, MutatedFramesNeverPassUnnoticed) {
    std::mt19937_64 random(42);
    for (int round = 0; round < 20000; ++round) {
        const Bytes original = sample(random);
        Bytes bytes = original;
        for (std::uint64_t n = 1 + random() % 3; n > 0; --n)
            switch (random() % 3) {
            case 0:
                bytes[random() % bytes.size()] ^= static_cast<std::byte>(1 + random() % 255);
                break;
            case 1:
                bytes.resize(1 + random() % bytes.size());
                break;
            default:
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(random() % bytes.size()),
                             static_cast<std::byte>(random()));
                break;
            }
        FrameDecoder decoder;
        decoder.feed(bytes);
        auto payload = decoder.next();
        if (!payload || !*payload)
            continue;
        const ByteSpan want = ByteSpan(original).subspan(kControlHeaderBytes);
        EXPECT_TRUE(std::equal(want.begin(), want.end(), (*payload)->begin(), (*payload)->end()));
    }
}

TEST(ControlFrame, AnyPayloadParsesOrIsRefused) {
    std::mt19937_64 random(43);
    for (int round = 0; round < 20000; ++round) {
        Bytes payload = sample(random);
        payload.erase(payload.begin(), payload.begin() + kControlHeaderBytes);
        for (std::uint64_t n = random() % 4; n > 0; --n)
            payload[random() % payload.size()] = static_cast<std::byte>(random());
        wire::Envelope envelope;
        auto parsed = wire::decode(payload, envelope);
        if (!parsed) {
            EXPECT_EQ(parsed.error().code, Errc::Protocol);
        }
    }
}

TEST(ControlMessage, ErrorCodesTravelByName) {
    for (int i = 0; i <= static_cast<int>(Errc::Internal); ++i) {
        const auto code = static_cast<Errc>(i);
        wire::Ack ack;
        wire::set_ack(ack, fail(code, "why"));
        const auto back = wire::from_ack(ack);
        ASSERT_FALSE(back);
        EXPECT_EQ(back.error().code, code);
        EXPECT_EQ(back.error().what, "why");
    }
    wire::Ack ack;
    wire::set_ack(ack, {});
    EXPECT_TRUE(wire::from_ack(ack));
}

} // namespace
} // namespace pf::proto
