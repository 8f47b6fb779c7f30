// The simulated executor and network keep the contracts of the real ones, in virtual time.
#include "backend/rt/gate.hpp"
#include "backend/rt/sim/sim_network.hpp"
#include "backend/rt/sim/simulator.hpp"
#include "backend/rt/sync.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace pf::rt::sim {
namespace {

using StreamPtr = std::unique_ptr<Stream>;

class SimTest : public testing::Test {
  protected:
    Simulator sim_{7};
    SimNetwork net_{sim_};
    StreamPtr client_;
    StreamPtr server_;
    MonoTime in(Duration d) { return sim_.now() + d; }

    Task<void> connect_pair() {
        auto listener = net_.host("10.0.0.2").listen({"10.0.0.2", 7000}).value();
        Endpoint to{"10.0.0.2", 7000};
        auto connecting = net_.host("10.0.0.1").connect(to, in(1s));
        client_ = (co_await std::move(connecting)).value();
        server_ = (co_await listener->accept(in(1s))).value();
    }
};

TEST_F(SimTest, DaysPassInNoTime) {
    MonoTime start = sim_.now();
    auto real = mono_now();
    EXPECT_TRUE(sim_.block_on(sleep_until(sim_, start + std::chrono::hours(72))));
    EXPECT_EQ(sim_.now() - start, std::chrono::hours(72));
    EXPECT_LT(mono_now() - real, 10s);
    sim_.run_for(1s);
    EXPECT_EQ(sim_.now() - start, std::chrono::hours(72) + 1s);
}

TEST_F(SimTest, BytesArriveInOrderThroughANarrowWindow) {
    sim_.block_on(connect_pair());
    EXPECT_EQ(server_->peer().host, "10.0.0.1");
    Bytes sent(3u << 20);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        sent[i] = static_cast<std::byte>(i * 7 >> 3);
    }
    Bytes received(sent.size());
    Gate gate(sim_);
    auto writer = [&]() -> Task<void> {
        EXPECT_TRUE(co_await client_->write_all(sent, in(60s)));
        client_->close();
    };
    gate.spawn(writer());
    auto reader = [&]() -> Task<void> {
        EXPECT_TRUE(co_await server_->read_exact(received, in(60s)));
        std::byte end[1];
        auto rest = co_await server_->read_some(end, in(60s));
        EXPECT_EQ(rest.value(), 0u);
    };
    gate.spawn(reader());
    sim_.block_on(gate.close());
    EXPECT_EQ(sent, received);
}

TEST_F(SimTest, ACutLinkHoldsBytesUntilItHeals) {
    sim_.block_on(connect_pair());
    net_.cut("10.0.0.2", "10.0.0.1");
    std::byte data[4] = {};
    auto body = [&]() -> Task<void> {
        EXPECT_TRUE(co_await client_->write_all(data, in(1s)));
        std::byte got[4];
        auto none = co_await server_->read_exact(got, in(5s));
        EXPECT_EQ(none.error().code, Errc::Timeout);
        Endpoint to{"10.0.0.2", 7000};
        auto connecting = net_.host("10.0.0.1").connect(to, in(1s));
        auto refused = co_await std::move(connecting);
        EXPECT_EQ(refused.error().code, Errc::Timeout);
        net_.heal("10.0.0.1", "10.0.0.2");
        EXPECT_TRUE(co_await server_->read_exact(got, in(1s)));
    };
    sim_.block_on(body());
}

TEST_F(SimTest, AKilledHostResetsItsConnections) {
    sim_.block_on(connect_pair());
    net_.kill("10.0.0.2");
    auto body = [&]() -> Task<void> {
        std::byte got[4];
        auto dead = co_await server_->read_exact(got, in(1s));
        EXPECT_EQ(dead.error().code, Errc::Unreachable);
        auto peer = co_await client_->read_exact(got, in(1s));
        EXPECT_EQ(peer.error().code, Errc::Unreachable);
        Endpoint to{"10.0.0.2", 7000};
        auto connecting = net_.host("10.0.0.1").connect(to, in(1s));
        auto refused = co_await std::move(connecting);
        EXPECT_EQ(refused.error().code, Errc::Unreachable);
    };
    sim_.block_on(body());
}

TEST_F(SimTest, WritingToAPeerThatLeftFails) {
    sim_.block_on(connect_pair());
    server_.reset();
    auto body = [&]() -> Task<void> {
        Bytes much(1u << 20);
        auto written = co_await client_->write_all(much, in(10s));
        EXPECT_EQ(written.error().code, Errc::Unreachable);
    };
    sim_.block_on(body());
}

// The same seed gives the same history, another one a different one.
std::string history(std::uint64_t seed) {
    Simulator sim(seed);
    SimNetwork net(sim);
    auto listener = net.host("b").listen({"10.0.0.9", 1}).value();
    std::string out;
    Gate gate(sim);
    Gate serving(sim);
    auto client = [&](int number) -> Task<void> {
        Endpoint to{"10.0.0.9", 1};
        auto connecting = net.host("10.0.0.8").connect(to, sim.now() + 1s);
        auto stream = (co_await std::move(connecting)).value();
        std::byte byte[1] = {static_cast<std::byte>(number)};
        (void)co_await stream->write_all(byte, sim.now() + 1s);
        (void)co_await sleep_until(sim, sim.now() + 10ms);
    };
    auto serve = [&](StreamPtr stream) -> Task<void> {
        std::byte byte[1];
        (void)co_await stream->read_exact(byte, sim.now() + 1s);
        out += std::to_string(static_cast<int>(byte[0])) + "@" +
               std::to_string(sim.now().time_since_epoch().count()) + " ";
    };
    auto server = [&]() -> Task<void> {
        for (int i = 0; i < 8; ++i) {
            auto stream = co_await listener->accept(sim.now() + 1s);
            serving.spawn(serve(std::move(*stream)));
        }
    };
    gate.spawn(server());
    for (int i = 0; i < 8; ++i) {
        gate.spawn(client(i));
    }
    sim.block_on(gate.close());
    sim.block_on(serving.close());
    return out;
}

TEST(SimulatorTest, ASeedReproducesARun) {
    EXPECT_EQ(history(1), history(1));
    EXPECT_NE(history(1), history(2));
    EXPECT_GT(history(3).size(), 50u);
}

} // namespace
} // namespace pf::rt::sim
