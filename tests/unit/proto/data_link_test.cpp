// The data link against a peer that the test plays byte by byte, over loopback.
#include "backend/proto/data_link.hpp"
#include "backend/rt/reactor.hpp"
#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace pf::proto {
namespace {

using std::chrono::milliseconds;

class DataLinkTest : public testing::Test {
  protected:
    std::unique_ptr<rt::Reactor> reactor_ = rt::Reactor::create().value();
    std::unique_ptr<rt::Listener> listener_ =
        reactor_->network().listen(rt::Endpoint{"127.0.0.1", 0}).value();
    std::unique_ptr<rt::Stream> peer_;
    std::unique_ptr<DataLink> link_;

    MonoTime in(int ms) { return reactor_->now() + milliseconds(ms); }

    // Runs `body` with an established link and the peer's end of it.
    template<class Body>
    void run(Body body) {
        auto all = [&]() -> rt::Task<void> {
            rt::Gate gate(*reactor_);
            auto serve = [&]() -> rt::Task<void> {
                auto accepted = co_await listener_->accept(in(5000));
                peer_ = std::move(*accepted);
                Request hello;
                co_await receive(hello);
                EXPECT_EQ(hello.header.op, Op::Hello);
                co_await respond(hello.header.tag, Status::Ok, {}, 0, 4711);
            };
            gate.spawn(serve());
            auto connecting = DataLink::connect(*reactor_, reactor_->network(), listener_->local(),
                                                HelloPayload{}, in(5000));
            auto connected = co_await std::move(connecting);
            co_await gate.close();
            EXPECT_TRUE(connected);
            link_ = std::move(*connected);
            EXPECT_EQ(link_->server_instance(), 4711U);
            co_await body();
            co_await link_->stop();
        };
        reactor_->block_on(all());
    }
    struct Request {
        RequestHeader header;
        Bytes payload;
    };
    rt::Task<void> receive(Request& request) {
        std::array<std::byte, kRequestHeaderBytes> bytes{};
        auto got = co_await peer_->read_exact(bytes, in(5000));
        EXPECT_TRUE(got);
        request.header = decode_request(bytes).value();
        request.payload.resize(request.header.payload_bytes);
        if (!request.payload.empty()) {
            auto more = co_await peer_->read_exact(request.payload, in(5000));
            EXPECT_TRUE(more);
        }
        EXPECT_TRUE(check_payload(request.header.payload_crc, request.payload));
    }
    rt::Task<void> respond(std::uint64_t tag, Status status, Bytes payload,
                           std::uint32_t crc_error = 0, std::uint64_t detail = 0) {
        ResponseHeader header;
        header.op = Op::Read;
        header.status = status;
        header.tag = tag;
        header.detail = detail;
        header.payload_bytes = static_cast<std::uint32_t>(payload.size());
        header.payload_crc = (payload.empty() ? 0 : crc32c(payload)) ^ crc_error;
        Bytes frame(kResponseHeaderBytes);
        encode(header, frame);
        frame.insert(frame.end(), payload.begin(), payload.end());
        auto sent = co_await peer_->write_all(ByteSpan(frame), in(5000));
        EXPECT_TRUE(sent);
    }
    static DataLink::Call read_call(std::uint64_t unit, MutByteSpan into) {
        DataLink::Call call;
        call.header.op = Op::Read;
        call.header.unit = unit;
        call.header.length_bytes = static_cast<std::uint32_t>(into.size());
        call.into = into;
        return call;
    }
};

TEST_F(DataLinkTest, AnswersInAnyOrderReachTheirCallers) {
    run([&]() -> rt::Task<void> {
        Bytes a(512);
        Bytes b(512);
        rt::Gate gate(*reactor_);
        int done = 0;
        auto one = [&](std::uint64_t unit, MutByteSpan into) -> rt::Task<void> {
            auto calling = link_->call(read_call(unit, into), in(5000));
            auto answered = co_await std::move(calling);
            EXPECT_TRUE(answered && answered->header.status == Status::Ok);
            ++done;
        };
        gate.spawn(one(1, a));
        gate.spawn(one(2, b));
        Request first;
        Request second;
        co_await receive(first);
        co_await receive(second);
        co_await respond(second.header.tag, Status::Ok, Bytes(512, std::byte{2}));
        co_await respond(first.header.tag, Status::Ok, Bytes(512, std::byte{1}));
        co_await gate.close();
        EXPECT_EQ(done, 2);
        EXPECT_EQ(a[511], std::byte{1});
        EXPECT_EQ(b[511], std::byte{2});
    });
}

TEST_F(DataLinkTest, ADamagedPayloadIsNoticedAndTheLinkGoesOn) {
    run([&]() -> rt::Task<void> {
        Bytes into(512);
        rt::Gate gate(*reactor_);
        auto peer = [&]() -> rt::Task<void> {
            Request request;
            co_await receive(request);
            co_await respond(request.header.tag, Status::Ok, Bytes(512), 1);
            co_await receive(request);
            co_await respond(request.header.tag, Status::Retry, {});
        };
        gate.spawn(peer());
        auto calling = link_->call(read_call(1, into), in(5000));
        auto bad = co_await std::move(calling);
        EXPECT_EQ(bad.error().code, Errc::ChecksumMismatch);
        auto again = link_->call(read_call(1, into), in(5000));
        auto good = co_await std::move(again);
        EXPECT_TRUE(good && good->header.status == Status::Retry);
        co_await gate.close();
    });
}

TEST_F(DataLinkTest, ALateAnswerFindsNobodyAndHarmsNobody) {
    run([&]() -> rt::Task<void> {
        Request late;
        {
            Bytes into(512); // gone when the answer comes
            bool sent = false;
            auto calling = link_->call(read_call(1, into), in(30), {}, &sent);
            auto timed_out = co_await std::move(calling);
            EXPECT_EQ(timed_out.error().code, Errc::Timeout);
            EXPECT_TRUE(sent);
        }
        co_await receive(late);
        co_await respond(late.header.tag, Status::Ok, Bytes(512, std::byte{9}));
        Bytes into(512);
        rt::Gate gate(*reactor_);
        auto peer = [&]() -> rt::Task<void> {
            Request request;
            co_await receive(request);
            co_await respond(request.header.tag, Status::Ok, Bytes(512, std::byte{3}));
        };
        gate.spawn(peer());
        auto calling = link_->call(read_call(1, into), in(5000));
        auto answered = co_await std::move(calling);
        EXPECT_TRUE(answered);
        EXPECT_EQ(into[0], std::byte{3});
        co_await gate.close();
    });
}

TEST_F(DataLinkTest, GarbageFromThePeerEndsEveryCall) {
    run([&]() -> rt::Task<void> {
        Bytes into(512);
        rt::Gate gate(*reactor_);
        auto peer = [&]() -> rt::Task<void> {
            Request request;
            co_await receive(request);
            const Bytes garbage(200, std::byte{0xee});
            auto sent = co_await peer_->write_all(ByteSpan(garbage), in(5000));
            EXPECT_TRUE(sent);
        };
        gate.spawn(peer());
        auto calling = link_->call(read_call(1, into), in(5000));
        auto ended = co_await std::move(calling);
        EXPECT_EQ(ended.error().code, Errc::Unreachable);
        EXPECT_TRUE(link_->failed());
        co_await gate.close();
    });
}

TEST_F(DataLinkTest, GivingUpWhileThePeerDoesNotReadReleasesTheMemory) {
    run([&]() -> rt::Task<void> {
        // More than the sockets hold: some of these are stuck half sent, some unsent.
        rt::Gate gate(*reactor_);
        int ended = 0;
        auto one = [&]() -> rt::Task<void> {
            Bytes payload(kUnitBytes, std::byte{5});
            DataLink::Call call;
            call.header.op = Op::Write;
            call.header.length_bytes = kUnitBytes;
            call.payload = payload;
            auto calling = link_->call(std::move(call), in(100));
            auto answered = co_await std::move(calling);
            EXPECT_FALSE(answered);
            ++ended;
        };
        for (int i = 0; i < 32; ++i) {
            gate.spawn(one());
        }
        co_await gate.close();
        EXPECT_EQ(ended, 32);
    });
}

} // namespace
} // namespace pf::proto
