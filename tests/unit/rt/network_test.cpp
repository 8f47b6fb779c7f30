// The TCP network: transfers of every size, deadlines, closing, refusals.
#include "backend/rt/gate.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/rt/sync.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace pf::rt {
namespace {

using StreamPtr = std::unique_ptr<Stream>;

struct Pair {
    StreamPtr client;
    StreamPtr server;
};

class NetworkTest : public testing::Test {
  protected:
    std::unique_ptr<Reactor> reactor_ = Reactor::create().value();
    Reactor& r() { return *reactor_; }
    MonoTime soon() { return mono_now() + 10s; }

    Task<Pair> connect_pair() {
        auto listener = r().network().listen({"127.0.0.1", 0}).value();
        Pair pair;
        Gate gate(r());
        auto acceptor = [](Listener& from, StreamPtr& to, MonoTime deadline) -> Task<void> {
            auto accepted = co_await from.accept(deadline);
            to = std::move(accepted).value();
        };
        gate.spawn(acceptor(*listener, pair.server, soon()));
        Endpoint to = listener->local();
        auto connecting = r().network().connect(to, soon());
        auto connected = co_await std::move(connecting);
        pair.client = std::move(connected).value();
        co_await gate.close();
        co_return std::move(pair);
    }
};

Bytes pattern(std::size_t size) {
    Bytes out(size);
    std::uint32_t state = 1;
    for (auto& byte : out) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<std::byte>(state >> 24);
    }
    return out;
}

TEST_F(NetworkTest, LargeTransfersArriveWholeWhileTheWriterWaits) {
    auto body = [&]() -> Task<void> {
        Pair pair = co_await connect_pair();
        Bytes sent = pattern(8u << 20);
        Bytes received(sent.size());
        Gate gate(r());
        auto writer = [&]() -> Task<void> {
            // Uneven parts, more than one system call takes.
            std::vector<ByteSpan> parts;
            std::size_t at = 0;
            for (std::size_t size = 1; at < sent.size(); size = size * 3 % 90'001 + 1) {
                std::size_t take = std::min(size, sent.size() - at);
                parts.push_back(ByteSpan(sent).subspan(at, take));
                at += take;
            }
            parts.insert(parts.begin() + 1, ByteSpan{});
            auto written =
                co_await pair.client->write_all(std::span<const ByteSpan>(parts), soon());
            EXPECT_TRUE(written) << written.error().what;
            pair.client->close();
        };
        gate.spawn(writer());
        auto read = co_await pair.server->read_exact(received, soon());
        EXPECT_TRUE(read) << read.error().what;
        EXPECT_EQ(sent, received);
        std::byte extra[4];
        auto end = co_await pair.server->read_some(extra, soon());
        EXPECT_EQ(end.value(), 0u);
        auto again = co_await pair.server->read_some(extra, soon());
        EXPECT_EQ(again.value(), 0u);
        co_await gate.close();
    };
    r().block_on(body());
}

TEST_F(NetworkTest, PingPongOfSmallMessages) {
    auto body = [&]() -> Task<void> {
        Pair pair = co_await connect_pair();
        Gate gate(r());
        auto echo = [&]() -> Task<void> {
            std::byte buffer[512];
            for (;;) {
                auto count = co_await pair.server->read_some(buffer, soon());
                if (!count || *count == 0) {
                    co_return;
                }
                (void)co_await pair.server->write_all(ByteSpan(buffer, *count), soon());
            }
        };
        gate.spawn(echo());
        std::byte message[64] = {};
        for (int i = 0; i < 2000; ++i) {
            message[0] = static_cast<std::byte>(i);
            EXPECT_TRUE(co_await pair.client->write_all(message, soon()));
            std::byte answer[64];
            EXPECT_TRUE(co_await pair.client->read_exact(answer, soon()));
            EXPECT_EQ(answer[0], message[0]);
        }
        pair.client->close();
        co_await gate.close();
    };
    r().block_on(body());
}

TEST_F(NetworkTest, ReadAtLeastTakesWhatIsThere) {
    auto body = [&]() -> Task<void> {
        Pair pair = co_await connect_pair();
        Bytes sent = pattern(100);
        EXPECT_TRUE(co_await pair.client->write_all(sent, soon()));
        Bytes buffer(4096);
        auto count = co_await pair.server->read_at_least(buffer, 8, soon());
        EXPECT_GE(count.value(), 8u);
        EXPECT_LE(count.value(), 100u);
    };
    r().block_on(body());
}

TEST_F(NetworkTest, DeadlinesEndReadsAndAccepts) {
    auto body = [&]() -> Task<void> {
        Pair pair = co_await connect_pair();
        std::byte buffer[16];
        auto read = co_await pair.client->read_some(buffer, mono_now() + 3ms);
        EXPECT_EQ(read.error().code, Errc::Timeout);
        auto listener = r().network().listen({"127.0.0.1", 0}).value();
        auto accepted = co_await listener->accept(mono_now() + 3ms);
        EXPECT_EQ(accepted.error().code, Errc::Timeout);
    };
    r().block_on(body());
}

TEST_F(NetworkTest, ClosingEndsWhoeverWaits) {
    auto body = [&]() -> Task<void> {
        Pair pair = co_await connect_pair();
        auto listener = r().network().listen({"127.0.0.1", 0}).value();
        Gate gate(r());
        int ended = 0;
        auto reader = [&]() -> Task<void> {
            std::byte buffer[16];
            auto read = co_await pair.client->read_exact(buffer, kNever);
            EXPECT_EQ(read.error().code, Errc::Cancelled);
            ++ended;
        };
        auto writer = [&]() -> Task<void> {
            Bytes much(64u << 20);
            auto written = co_await pair.client->write_all(much, kNever);
            EXPECT_EQ(written.error().code, Errc::Cancelled);
            ++ended;
        };
        auto acceptor = [&]() -> Task<void> {
            auto accepted = co_await listener->accept(kNever);
            EXPECT_EQ(accepted.error().code, Errc::Cancelled);
            ++ended;
        };
        gate.spawn(reader());
        gate.spawn(writer());
        gate.spawn(acceptor());
        co_await yield(r());
        EXPECT_EQ(ended, 0);
        pair.client->close();
        pair.client->close();
        listener->close();
        co_await gate.close();
        EXPECT_EQ(ended, 3);
        std::byte buffer[1];
        auto after = co_await pair.client->read_some(buffer, kNever);
        EXPECT_EQ(after.error().code, Errc::Cancelled);
    };
    r().block_on(body());
}

TEST_F(NetworkTest, APeerThatGoesAwayIsUnreachable) {
    auto body = [&]() -> Task<void> {
        Pair pair = co_await connect_pair();
        pair.server.reset();
        std::byte buffer[8];
        auto read = co_await pair.client->read_exact(buffer, soon());
        EXPECT_EQ(read.error().code, Errc::Unreachable);
        Bytes much(1u << 20);
        Result<void> written;
        for (int i = 0; i < 100 && written; ++i) {
            written = co_await pair.client->write_all(much, soon());
        }
        EXPECT_EQ(written.error().code, Errc::Unreachable);
    };
    r().block_on(body());
}

TEST_F(NetworkTest, RefusalsNameTheAddress) {
    auto body = [&]() -> Task<void> {
        Endpoint dead;
        {
            auto listener = r().network().listen({"127.0.0.1", 0}).value();
            dead = listener->local();
            auto twice = r().network().listen(dead);
            EXPECT_EQ(twice.error().code, Errc::Busy);
        }
        auto refused = co_await r().network().connect(dead, soon());
        EXPECT_EQ(refused.error().code, Errc::Unreachable);
        EXPECT_NE(refused.error().what.find(to_string(dead)), std::string::npos);
        Endpoint bad{"not-an-address", 1};
        auto invalid = co_await r().network().connect(bad, soon());
        EXPECT_EQ(invalid.error().code, Errc::InvalidArgument);
    };
    r().block_on(body());
}

TEST_F(NetworkTest, ConnectionsComeFromTheAskedAddress) {
    auto body = [&]() -> Task<void> {
        auto listener = r().network().listen({"127.0.0.1", 0}).value();
        ConnectOptions options;
        options.source_host = "127.0.0.77";
        Endpoint to = listener->local();
        auto client = co_await r().network().connect(to, soon(), options);
        auto server = co_await listener->accept(soon());
        EXPECT_EQ((*server)->peer().host, "127.0.0.77");
        EXPECT_EQ((*server)->peer(), (*client)->local());
    };
    r().block_on(body());
}

TEST_F(NetworkTest, ABusyPairDoesNotStarveTimers) {
    auto body = [&]() -> Task<void> {
        Pair pair = co_await connect_pair();
        Gate gate(r());
        bool stop = false;
        auto flood = [&]() -> Task<void> {
            std::byte out[64] = {};
            std::byte back[64];
            while (!stop) { // both ends in one task: data is always there, nothing ever waits
                (void)co_await pair.client->write_all(out, soon());
                (void)co_await pair.server->read_exact(back, soon());
            }
        };
        gate.spawn(flood());
        (void)co_await sleep_until(r(), mono_now() + 5ms);
        stop = true;
        co_await gate.close();
    };
    r().block_on(body());
}

TEST(EndpointTest, ParsesAndPrints) {
    EXPECT_EQ(parse_endpoint("10.1.2.3:4420").value(), (Endpoint{"10.1.2.3", 4420}));
    EXPECT_EQ(parse_endpoint("10.1.2.3", 9).value(), (Endpoint{"10.1.2.3", 9}));
    EXPECT_EQ(parse_endpoint("[::1]:80").value(), (Endpoint{"::1", 80}));
    EXPECT_EQ(parse_endpoint("fe80::1", 5).value(), (Endpoint{"fe80::1", 5}));
    EXPECT_EQ(to_string(Endpoint{"::1", 80}), "[::1]:80");
    for (const char* bad : {"", ":80", "[::1", "[::1]80", "a:b", "a:70000", "a:1x"}) {
        EXPECT_EQ(parse_endpoint(bad).error().code, Errc::InvalidArgument) << bad;
    }
}

} // namespace
} // namespace pf::rt
