// The rules of DESIGN 4.2, one by one, on a primary and a secondary.
#include "backend/sds/core/unit_codec.hpp"
#include "tests/unit/sds/fakes.hpp"

#include <gtest/gtest.h>

namespace pf::sds::test {
namespace {

using proto::Op;
using proto::Status;

class Replication : public testing::Test {
  protected:
    World w{42};

    static rt::IoBuffer filled(std::uint32_t size, int value) {
        rt::IoBuffer buffer = rt::IoBuffer::allocate(size);
        std::memset(buffer.data(), value, size);
        return buffer;
    }
    Request write_of(int value, std::uint32_t offset = 0, std::uint32_t length = kBlockBytes) {
        Request request = World::make(Op::Write, w.comb.generation.value, 0, offset, length);
        request.payload = filled(length, value);
        request.header.payload_bytes = length;
        request.header.session = 11;
        request.header.request_id = proto::make_request_id(++sequence_, 3);
        return request;
    }
    Request read_of(std::uint32_t offset = 0, std::uint32_t length = kBlockBytes) {
        return World::make(Op::Read, w.comb.generation.value, 0, offset, length);
    }
    Status put(Request request) {
        return w.executor.wait(w.send(w.primary(), std::move(request))).header.status;
    }
    Status write(int value, std::uint32_t offset = 0, std::uint32_t length = kBlockBytes) {
        return put(write_of(value, offset, length));
    }
    // The byte at `offset`, or the status negated. Follows the map as a client does.
    int read(std::uint32_t offset = 0, std::uint32_t length = kSectorBytes) {
        for (int tries = 0;; ++tries) {
            const Response r = w.executor.wait(w.send(w.primary(), read_of(offset, length)));
            const Status status = r.header.status;
            if (status == Status::Ok) {
                return std::to_integer<int>(r.payload.data()[r.payload_offset]);
            }
            const bool moved = status == Status::StaleGeneration || status == Status::NotPrimary ||
                               status == Status::Retry;
            if (!moved || tries == 20) {
                return -static_cast<int>(status);
            }
            w.advance(milliseconds(5));
        }
    }
    int on_disk(std::size_t server, std::uint32_t block = 0, map::NodeId node = kNode) {
        const auto unit = w.servers[server].disk.units.find(UnitId{kComb, node, 0});
        if (unit == w.servers[server].disk.units.end() || !unit->second.contains(block)) {
            return -1;
        }
        return std::to_integer<int>(unit->second.at(block)[0]);
    }
    // Starts a request and lets the world go on beside it.
    struct Running {
        std::optional<Response> response;
    };
    std::shared_ptr<Running> begin(map::SdsId to, Request request) {
        auto running = std::make_shared<Running>();
        auto body = [](World& world, map::SdsId sds, Request r,
                       std::shared_ptr<Running> out) -> rt::Task<void> {
            auto sending = world.send(sds, std::move(r));
            out->response = co_await std::move(sending);
        };
        w.gate.spawn(body(w, to, std::move(request), running));
        return running;
    }
    // One copy only, as after the loss of the secondary.
    void degrade() {
        w.kill(1);
        w.advance(milliseconds(600));
        ASSERT_EQ(w.comb.state, map::CombState::Degraded);
    }

    std::uint64_t sequence_ = 0;
};

TEST_F(Replication, Rule1AcknowledgedWhenBothCopiesAreDurable) {
    EXPECT_EQ(write(0x11), Status::Ok);
    EXPECT_EQ(on_disk(0), 0x11);
    EXPECT_EQ(on_disk(1), 0x11);
    EXPECT_EQ(read(), 0x11);
    EXPECT_EQ(read(8192), 0) << "never written reads as zeroes";
}

TEST_F(Replication, Rule1PartOfABlockKeepsTheRest) {
    ASSERT_EQ(write(0x22), Status::Ok);
    ASSERT_EQ(write(0x33, 512, 1024), Status::Ok);
    EXPECT_EQ(read(0), 0x22);
    EXPECT_EQ(read(512), 0x33);
    EXPECT_EQ(read(1536), 0x22);
    ASSERT_EQ(write(0x44, 3584, 1024), Status::Ok) << "across two blocks";
    EXPECT_EQ(read(3072), 0x22);
    EXPECT_EQ(read(3584), 0x44);
    EXPECT_EQ(read(4096), 0x44);
    EXPECT_EQ(read(4608), 0);
    EXPECT_EQ(w.servers[0].disk.units, w.servers[1].disk.units);
}

TEST_F(Replication, Rule2OlderGenerationIsRefusedByBoth) {
    Request old = write_of(1);
    old.header.generation = 0;
    EXPECT_EQ(put(std::move(old)), Status::StaleGeneration);
    Request replica = World::make(Op::Replicate, 0, 0, 0, kBlockBytes);
    replica.from = Sender{proto::PeerRole::Sds, 1};
    replica.header.flags = proto::kFlagZeroes;
    EXPECT_EQ(w.executor.wait(w.send(map::SdsId{2}, std::move(replica))).header.status,
              Status::StaleGeneration);
    EXPECT_EQ(w.executor.wait(w.send(map::SdsId{2}, write_of(1))).header.status,
              Status::NotPrimary);
}

TEST_F(Replication, Rule2OnlyThePrimaryMayReplicate) {
    Request replica = World::make(Op::Replicate, 1, 0, 0, kBlockBytes);
    replica.header.flags = proto::kFlagZeroes;
    replica.from = Sender{proto::PeerRole::Sdc, 1};
    EXPECT_EQ(w.executor.wait(w.send(map::SdsId{2}, replica)).header.status,
              Status::InvalidRequest);
    replica.from = Sender{proto::PeerRole::Sds, 9};
    EXPECT_EQ(w.executor.wait(w.send(map::SdsId{2}, replica)).header.status,
              Status::InvalidRequest);
}

TEST_F(Replication, Rule3NoAcknowledgementAloneBeforeTheMdmKnows) {
    w.refuse_reports = true;
    w.auto_failover = false;
    w.kill(1);
    const auto running = begin(w.primary(), write_of(0x55));
    w.advance(milliseconds(2000));
    EXPECT_FALSE(running->response) << "acknowledged with one copy that the MDM counts as two";
    EXPECT_EQ(on_disk(0), 0x55);
    const auto reading = begin(w.primary(), read_of());
    w.advance(milliseconds(100));
    EXPECT_FALSE(reading->response) << "shown before it is safe";
    w.refuse_reports = false;
    w.advance(milliseconds(500));
    ASSERT_TRUE(running->response);
    EXPECT_EQ(running->response->header.status, Status::Ok);
    ASSERT_TRUE(reading->response);
    EXPECT_EQ(w.comb.state, map::CombState::Degraded);
}

TEST_F(Replication, Rule3OwnDeviceFailureHandsOver) {
    ASSERT_EQ(write(0x01), Status::Ok);
    w.servers[0].disk.fail_writes = Errc::Io;
    EXPECT_EQ(write(0x02), Status::NotPrimary);
    EXPECT_EQ(w.primary(), map::SdsId{2});
    w.advance(milliseconds(30));
    EXPECT_EQ(read(), 0x02) << "the copy that has it goes on";
}

TEST_F(Replication, Rule4WithoutALeaseNothingIsServed) {
    ASSERT_EQ(write(0x66), Status::Ok);
    w.auto_failover = false;
    w.cut_from_mdm(0);
    w.advance(kLease + milliseconds(50));
    EXPECT_EQ(write(0x67), Status::NoLease);
    EXPECT_EQ(read(), -static_cast<int>(Status::NoLease));
    w.heal(0);
    w.advance(milliseconds(50));
    EXPECT_EQ(read(), 0x66);
}

TEST_F(Replication, Rule5AStaleCopyStaysOut) {
    ASSERT_EQ(write(0x01), Status::Ok);
    degrade();
    ASSERT_EQ(write(0x02), Status::Ok);
    w.auto_failover = false; // nobody rebuilds it
    w.start(1);
    w.advance(milliseconds(100));
    w.kill(0);
    w.advance(milliseconds(1000));
    Request request = read_of();
    EXPECT_EQ(w.executor.wait(w.send(map::SdsId{2}, std::move(request))).header.status,
              Status::NotPrimary);
}

TEST_F(Replication, Rule6ADuplicateIsAnsweredAndNotExecuted) {
    const Request first = write_of(0x01);
    ASSERT_EQ(put(first), Status::Ok);
    ASSERT_EQ(write(0x02), Status::Ok); // same slot: the client had its answer
    EXPECT_EQ(put(first), Status::InvalidRequest) << "a left-over of the wire";
    EXPECT_EQ(read(), 0x02);
    const Request last = write_of(0x03);
    ASSERT_EQ(put(last), Status::Ok);
    EXPECT_EQ(put(last), Status::Ok);
    EXPECT_EQ(w.servers[0].process->core.counters().writes, 3U);
}

TEST_F(Replication, Rule6DuplicateMeetsTheOriginalUnderWay) {
    w.servers[0].process->lease_until = w.executor.now() + std::chrono::hours(1);
    const Request request = write_of(0x04);
    const auto a = begin(w.primary(), request);
    const auto b = begin(w.primary(), request);
    w.advance(milliseconds(50));
    ASSERT_TRUE(a->response && b->response);
    EXPECT_EQ(a->response->header.status, Status::Ok);
    EXPECT_EQ(b->response->header.status, Status::Ok);
    EXPECT_EQ(w.servers[0].process->core.counters().writes, 1U);
}

TEST_F(Replication, Rule6ResendFindsTheWriteOnThePromotedSecondary) {
    w.advance(milliseconds(2000)); // both know the comb for longer than the request's age
    ASSERT_EQ(write(0x01), Status::Ok);
    Request request = write_of(0x02);
    ASSERT_EQ(put(request), Status::Ok);
    w.kill(0);
    w.advance(milliseconds(600));
    ASSERT_EQ(w.primary(), map::SdsId{2});
    Request other = write_of(0x03);
    other.header.session = 12;
    other.header.generation = w.comb.generation.value;
    ASSERT_EQ(put(other), Status::Ok);
    request.header.flags |= proto::kFlagResend;
    request.header.age_ms = 700;
    request.header.generation = w.comb.generation.value;
    EXPECT_EQ(put(request), Status::Ok);
    EXPECT_EQ(read(), 0x03) << "executed twice";
}

TEST_F(Replication, Rule6ResendFromBeforeThisServersTimeIsUnknown) {
    Request request = write_of(0x02);
    request.header.flags |= proto::kFlagResend;
    request.header.age_ms = 60'000;
    EXPECT_EQ(put(request), Status::OutcomeUnknown);
    EXPECT_EQ(on_disk(0), -1);
}

// While a copy is rebuilt the primary acknowledges writes alone: who is promoted after that has not
// seen them, and must not take their resends for new.
TEST_F(Replication, Rule6ResendOfAWriteDuringRebuildIsNotExecutedAgain) {
    degrade();
    w.start(1);
    for (int i = 0; i < 4000 && w.comb.state != map::CombState::Rebuilding; ++i)
        w.advance(milliseconds(5));
    w.refuse_reports = true; // it takes a while
    w.advance(milliseconds(2000));
    Request lost = write_of(0x02); // sent now, its answer is lost
    lost.header.session = 12;
    const MonoTime executed = w.executor.now();
    w.advance(milliseconds(100));
    w.refuse_reports = false;
    for (int i = 0; i < 4000 && w.comb.state != map::CombState::Normal; ++i)
        w.advance(milliseconds(5));
    ASSERT_EQ(w.comb.state, map::CombState::Normal);
    w.advance(milliseconds(50));
    ASSERT_EQ(write(0x03), Status::Ok); // of another client: another session
    w.advance(milliseconds(3000));
    w.kill(0);
    w.advance(milliseconds(600));
    ASSERT_EQ(w.primary(), map::SdsId{2});
    lost.header.flags |= proto::kFlagResend;
    lost.header.generation = w.comb.generation.value;
    lost.header.age_ms = static_cast<std::uint32_t>(
        std::chrono::duration_cast<milliseconds>(w.executor.now() - executed).count());
    EXPECT_EQ(put(lost), Status::OutcomeUnknown);
    EXPECT_EQ(read(), 0x03);
}

// ---- fences ------------------------------------------------------------------------------------

TEST_F(Replication, AWriteFromBeforeAFenceIsRefusedOnBothServers) {
    ASSERT_EQ(write(0x01), Status::Ok);
    Request late = write_of(0x02);
    Request early = write_of(0x03);
    early.header.fence = 1;
    EXPECT_EQ(put(early), Status::Retry) << "this server has not heard of it yet";
    std::vector<map::Node> nodes = w.nodes;
    nodes.front().fence = 1;
    w.set_nodes(nodes);
    w.advance(milliseconds(20));
    EXPECT_EQ(put(late), Status::StaleGeneration);
    EXPECT_EQ(read(), 0x01) << "reads carry no fence";
    EXPECT_EQ(put(early), Status::Ok);
    EXPECT_EQ(read(), 0x03);
    w.kill(0);
    w.advance(milliseconds(600));
    ASSERT_EQ(w.primary(), map::SdsId{2});
    late.header.generation = w.comb.generation.value;
    EXPECT_EQ(put(late), Status::StaleGeneration);
    EXPECT_EQ(read(), 0x03);
}

TEST_F(Replication, AWriteThatWaitsBehindAnotherMeetsTheFence) {
    w.refuse_reports = true;
    w.auto_failover = false;
    w.kill(1); // writes do not end
    const auto held = begin(w.primary(), write_of(0x01));
    Request second = write_of(0x02);
    second.header.session = 12;
    const auto waiting = begin(w.primary(), second); // for the range
    w.advance(milliseconds(100));
    Replicator& core = w.servers[0].process->core;
    EXPECT_FALSE(core.fenced_writes());
    std::vector<map::Node> nodes = w.nodes;
    nodes.front().fence = 1;
    w.set_nodes(nodes);
    w.advance(milliseconds(50));
    // The first is admitted: the MDM is not told before it is over.
    EXPECT_TRUE(core.fenced_writes());
    bool drained = false;
    auto drain = [&]() -> rt::Task<void> {
        auto draining = core.drain_fenced();
        co_await std::move(draining);
        drained = true;
    };
    w.gate.spawn(drain());
    w.advance(milliseconds(500));
    EXPECT_FALSE(drained);
    EXPECT_FALSE(held->response);
    w.refuse_reports = false;
    w.auto_failover = true;
    w.advance(milliseconds(1000));
    EXPECT_TRUE(drained);
    ASSERT_TRUE(held->response && waiting->response);
    EXPECT_EQ(waiting->response->header.status, Status::StaleGeneration);
    EXPECT_EQ(on_disk(0), 0x01);
}

TEST_F(Replication, Rule7BothCrashedConvergeBeforeServing) {
    w.auto_failover = false;
    ASSERT_EQ(write(0x01), Status::Ok);
    w.kill(0);
    w.kill(1);
    // What the crash left: a write that reached one copy only.
    w.servers[0].disk.units[UnitId{kComb, kNode, 0}][0].fill(std::byte{0x77});
    w.start(0);
    w.start(1);
    w.executor.run_for(milliseconds(1));
    w.auto_failover = true;
    w.advance(milliseconds(3000));
    ASSERT_EQ(w.comb.state, map::CombState::Normal);
    const int seen = read();
    EXPECT_EQ(seen, 0x77);
    EXPECT_EQ(w.servers[0].disk.units, w.servers[1].disk.units);
    w.kill(0);
    w.advance(milliseconds(600));
    EXPECT_EQ(read(), seen) << "what was read once is taken back by a fail-over";
}

TEST_F(Replication, Rule7ACombThatComesLaterIsNotSuspected) {
    w.kill(0);
    w.kill(1);
    const map::Comb placed = w.comb;
    w.comb.primary = w.comb.secondary = map::SdsId{99}; // nothing here at first
    w.auto_failover = false;
    w.start(0);
    w.start(1);
    w.executor.run_for(milliseconds(50));
    w.comb = placed;
    w.push();
    w.advance(milliseconds(100));
    EXPECT_EQ(write(0x01), Status::Ok);
    EXPECT_EQ(w.stale_reports, 0U);
    EXPECT_EQ(w.comb.state, map::CombState::Normal);
}

TEST_F(Replication, Rule8ABadBlockIsRepairedFromTheOtherCopy) {
    ASSERT_EQ(write(0x10, 0, 2 * kBlockBytes), Status::Ok);
    w.servers[0].disk.damaged.insert({UnitId{kComb, kNode, 0}, 1});
    EXPECT_EQ(read(4096, kBlockBytes), 0x10);
    EXPECT_TRUE(w.servers[0].disk.damaged.empty()) << "not written back";
    EXPECT_EQ(w.servers[0].process->core.counters().repaired_blocks, 1U);
}

TEST_F(Replication, Rule8BothCopiesBadIsAnErrorAndNeverOldData) {
    ASSERT_EQ(write(0x10), Status::Ok);
    for (Server& server : w.servers) {
        server.disk.damaged.insert({UnitId{kComb, kNode, 0}, 0});
    }
    EXPECT_EQ(read(), -static_cast<int>(Status::ChecksumMismatch));
}

TEST_F(Replication, Rule9CompareAndWriteIsAtomic) {
    ASSERT_EQ(write(0x01), Status::Ok);
    const auto caw = [&](int expected, int desired) {
        Request request = write_of(0, 512, 512);
        request.header.op = Op::CompareAndWrite;
        request.payload = rt::IoBuffer::allocate(1024);
        request.header.payload_bytes = 1024;
        std::memset(request.payload.data(), expected, 512);
        std::memset(request.payload.data() + 512, desired, 512);
        return request;
    };
    Request one = caw(0x01, 0xaa);
    Request two = caw(0x01, 0xbb);
    two.header.session = 12;
    const auto a = begin(w.primary(), one);
    const auto b = begin(w.primary(), two);
    w.advance(milliseconds(100));
    ASSERT_TRUE(a->response && b->response);
    EXPECT_EQ(a->response->header.status, Status::Ok);
    EXPECT_EQ(b->response->header.status, Status::Miscompare);
    EXPECT_EQ(b->response->header.detail, 0U);
    EXPECT_EQ(read(512), 0xaa);
    EXPECT_EQ(read(0), 0x01);
    EXPECT_EQ(put(one), Status::Ok) << "a resend would miscompare against its own effect";
}

TEST_F(Replication, ZeroesAndNoSpace) {
    ASSERT_EQ(write(0x12, 0, 3 * kBlockBytes), Status::Ok);
    Request zero = World::make(Op::WriteZeroes, w.comb.generation.value, 0, 512, 2 * kBlockBytes);
    ASSERT_EQ(put(zero), Status::Ok);
    EXPECT_EQ(read(0), 0x12);
    EXPECT_EQ(read(512), 0);
    EXPECT_EQ(read(8192), 0);
    EXPECT_EQ(read(8704), 0x12);
    w.servers[0].disk.fail_writes = Errc::NoSpace;
    Request fresh = World::make(Op::WriteZeroes, w.comb.generation.value, 5, 0, kBlockBytes);
    EXPECT_EQ(put(fresh), Status::NoSpace);
    EXPECT_EQ(w.servers[1].disk.units.size(), 1U) << "a refused write left something behind";
}

TEST_F(Replication, FreezeWaitsForWritesAndStopsNewOnes) {
    const auto before = begin(w.primary(), write_of(0x01));
    auto freezing =
        w.servers[0].process->core.freeze({kNode}, w.executor.now() + std::chrono::seconds(1));
    ASSERT_TRUE(w.executor.wait(std::move(freezing)));
    ASSERT_TRUE(before->response.has_value() || on_disk(0) == 0x01);
    EXPECT_EQ(on_disk(1), 0x01);
    EXPECT_EQ(write(0x02), Status::Retry);
    EXPECT_EQ(read(), 0x01);
    w.set_nodes(w.nodes); // frozen=false undoes it
    w.advance(milliseconds(30));
    EXPECT_EQ(write(0x03), Status::Ok);
}

TEST_F(Replication, ASnapshotKeepsItsBytes) {
    ASSERT_EQ(write(0x01, 0, 2 * kBlockBytes), Status::Ok);
    map::Node parent;
    parent.id = kNode;
    parent.frozen = true;
    map::Node child;
    child.id = map::NodeId{101};
    child.parent = kNode;
    w.set_nodes({parent, child});
    w.advance(milliseconds(30));
    EXPECT_EQ(write(0x02), Status::Retry) << "the frozen layer takes no writes";
    Request request = write_of(0x02, 512, 512);
    request.header.node = 101;
    ASSERT_EQ(put(request), Status::Ok);
    EXPECT_EQ(read(512), 0x01);
    Request through = read_of(0, kBlockBytes);
    through.header.node = 101;
    const Response r = w.executor.wait(w.send(w.primary(), through));
    ASSERT_EQ(r.header.status, Status::Ok);
    EXPECT_EQ(std::to_integer<int>(r.payload.data()[0]), 0x01);
    EXPECT_EQ(std::to_integer<int>(r.payload.data()[512]), 0x02);
    EXPECT_EQ(w.servers[0].disk.units, w.servers[1].disk.units);
}

TEST_F(Replication, RebuildCopiesEverythingAndDropsTheRest) {
    for (std::uint32_t block = 0; block < 8; ++block) {
        ASSERT_EQ(write(static_cast<int>(block + 1), block * kBlockBytes), Status::Ok);
    }
    degrade();
    ASSERT_EQ(write(0x99, 0), Status::Ok);
    w.servers[1].disk.units[UnitId{kComb, kNode, 77}][0].fill(std::byte{1}); // left from before
    w.start(1);
    w.advance(milliseconds(3000));
    ASSERT_EQ(w.comb.state, map::CombState::Normal);
    EXPECT_EQ(w.servers[0].disk.units, w.servers[1].disk.units);
    w.kill(0);
    w.advance(milliseconds(600));
    EXPECT_EQ(read(0), 0x99);
    EXPECT_EQ(read(7 * kBlockBytes), 8);
}

// Units that come into being just when a rebuild begins: some under the old generation, some under
// the new one.
TEST(ReplicationRebuild, NewUnitsAroundItsStartAreNotForgotten) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        World w(seed, 12);
        w.auto_failover = false;
        w.comb.state = map::CombState::Degraded;
        ++w.comb.generation.value;
        w.push();
        w.advance(milliseconds(60));
        int acknowledged = 0;
        auto write = [&](std::uint64_t unit) -> rt::Task<void> {
            (void)co_await rt::sleep_until(w.executor, w.executor.now() + w.executor.some(60));
            for (int tries = 0; tries < 200; ++tries) {
                Request request =
                    World::make(Op::Write, w.comb.generation.value, unit, 0, kBlockBytes);
                request.payload = rt::IoBuffer::zeroed(kBlockBytes);
                request.header.payload_bytes = kBlockBytes;
                std::memset(request.payload.data(), static_cast<int>(unit), kBlockBytes);
                auto sending = w.send(w.primary(), std::move(request));
                const Response response = co_await std::move(sending);
                if (response.header.status == Status::Ok) {
                    ++acknowledged;
                    co_return;
                }
                (void)co_await rt::sleep_until(w.executor, w.executor.now() + milliseconds(2));
            }
        };
        for (std::uint64_t unit = 1; unit <= 12; ++unit) {
            w.gate.spawn(write(unit));
        }
        w.executor.run_for(milliseconds(15));
        w.comb.state = map::CombState::Rebuilding;
        ++w.comb.generation.value;
        w.push();
        w.advance(milliseconds(5000));
        ASSERT_EQ(w.comb.state, map::CombState::Normal) << seed;
        ASSERT_EQ(acknowledged, 12) << seed;
        ASSERT_EQ(w.servers[0].disk.units, w.servers[1].disk.units) << seed;
    }
}

TEST_F(Replication, UnitCodecRoundTrip) {
    UnitImage image;
    image.data = rt::IoBuffer::zeroed(kUnitBytes);
    for (const std::uint32_t block : {0U, 7U, 255U}) {
        image.owned.set(block);
        std::memset(image.data.data() + std::size_t{block} * kBlockBytes, static_cast<int>(block),
                    kBlockBytes);
    }
    const rt::IoBuffer packed = pack_unit(image);
    EXPECT_EQ(packed.size(), 3 * kBlockBytes + proto::kCopyBitmapBytes);
    const auto back = unpack_unit(ByteSpan(packed.span()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->owned, image.owned);
    EXPECT_EQ(std::memcmp(back->data.data(), image.data.data(), kUnitBytes), 0);
    EXPECT_FALSE(unpack_unit(ByteSpan(packed.span()).subspan(1)));
    EXPECT_FALSE(unpack_unit(ByteSpan(packed.span()).last(proto::kCopyBitmapBytes)));
}

} // namespace
} // namespace pf::sds::test
