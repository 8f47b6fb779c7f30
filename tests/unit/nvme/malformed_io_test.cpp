// Malformed I/O commands: groups 33 to 40 (38, reservations, in reservation_test.cpp).
#include "tests/unit/nvme/raw_peer.hpp"

namespace pf::nvme::test {
namespace {

constexpr uint64_t kBlocks = kDiskBytes / kBlockBytes;

TEST_F(MalformedInput, G33_Ranges) {
    Victim victim(world);
    const auto one = [&](Sqe sqe, bool data = true) {
        sqe.cid = 1;
        const uint32_t length = data ? sqe.blocks() * kBlockBytes : 0;
        victim.io.send(victim.io.capsule(RawPeer::with_transport(sqe, length)));
        const auto statuses = victim.io.statuses();
        return statuses.size() == 1 ? statuses[0] : st::kInternal;
    };
    for (const uint8_t op : {io_op::kRead, io_op::kVerify, io_op::kWriteZeroes}) {
        const bool data = op == io_op::kRead;
        EXPECT_EQ(one(rw(op, 1, ~uint64_t{0}, 1), data), st::kLbaOutOfRange);
        EXPECT_EQ(one(rw(op, 1, ~uint64_t{0} - 7, 16), data), st::kLbaOutOfRange);
        EXPECT_EQ(one(rw(op, 1, kBlocks - 1, 2), data), st::kLbaOutOfRange);
        EXPECT_EQ(one(rw(op, 1, kBlocks, 1), data), st::kLbaOutOfRange);
        EXPECT_EQ(one(rw(op, 1, uint64_t{1} << 55, 1), data), st::kLbaOutOfRange);
        for (const uint32_t nsid : {0u, 3u, 4096u, 0xFFFFFFFFu})
            EXPECT_EQ(one(rw(op, 1, 0, 1, nsid), data), st::kInvalidNamespace);
        EXPECT_TRUE(one(rw(op, 1, kBlocks - 8, 8), data).ok());
    }
    EXPECT_EQ(one(rw(io_op::kWriteZeroes, 1, 0, 65536), false), st::kLbaOutOfRange);
    // Host B's controller does not know namespace 1.
    RawPeer other(world, witness->io->session);
    other.send(other.capsule(RawPeer::with_transport(rw(io_op::kRead, 900, 0, 1, 1), 512)));
    EXPECT_EQ(other.statuses(), std::vector<Status>{st::kInvalidNamespace});
}

TEST_F(MalformedInput, G34_BlocksAgainstSglLength) {
    Victim victim(world);
    for (const uint8_t op : {io_op::kRead, io_op::kWrite, io_op::kCompare}) {
        for (const uint32_t length : {512u, 1536u, 4u}) {
            const Sqe sqe = rw(op, 1, 0, 2);
            if (op == io_op::kRead)
                victim.io.send(victim.io.capsule(RawPeer::with_transport(sqe, length)));
            else
                victim.io.send(victim.io.capsule(sqe, Bytes(length)));
            EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kSglLengthInvalid});
        }
    }
}

TEST_F(MalformedInput, G35_ProtectionInformationWithoutIt) {
    Victim victim(world);
    Sqe sqe = rw(io_op::kRead, 1, 0, 1);
    sqe.cdw12 |= 0xFu << 26; // meaningless for a namespace without it
    sqe.mptr = 0xDEADBEEF;
    sqe.cdw14 = sqe.cdw15 = 0xFFFFFFFF;
    victim.io.send(victim.io.capsule(RawPeer::with_transport(sqe, 512)));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kOk});
}

TEST_F(MalformedInput, G36_FusedPermutations) {
    Victim victim(world);
    const Bytes ones(512, std::byte{1}); // never equal to what is there, so nothing is written
    const auto pair = [&](Sqe a, Sqe b, size_t a_bytes = 512, size_t b_bytes = 512) {
        a.cid = 20;
        b.cid = 10; // ids need not ascend
        a.flags |= 1;
        b.flags |= 2;
        Bytes both = victim.io.capsule(a, Bytes(a_bytes, std::byte{1}));
        const Bytes second = victim.io.capsule(b, Bytes(b_bytes, std::byte{1}));
        both.insert(both.end(), second.begin(), second.end());
        victim.io.send(both);
        return victim.io.statuses();
    };
    using List = std::vector<Status>;
    const Sqe compare = rw(io_op::kCompare, 0, 0, 1);
    const Sqe write = rw(io_op::kWrite, 0, 0, 1);
    EXPECT_EQ(pair(compare, write), (List{st::kCompareFailure, st::kAbortedFailedFused}));
    EXPECT_EQ(pair(compare, rw(io_op::kWrite, 0, 0, 1, 2)),
              (List{st::kAbortedFailedFused, st::kInvalidField}));
    EXPECT_EQ(pair(compare, rw(io_op::kWrite, 0, 1, 1)),
              (List{st::kAbortedFailedFused, st::kInvalidField}));
    EXPECT_EQ(pair(compare, rw(io_op::kWrite, 0, 0, 2), 512, 1024),
              (List{st::kAbortedFailedFused, st::kInvalidField}));
    EXPECT_EQ(pair(write, write), (List{st::kInvalidOpcode, st::kInvalidOpcode}));
    EXPECT_EQ(pair(compare, compare), (List{st::kInvalidOpcode, st::kInvalidOpcode}));
    EXPECT_EQ(pair(compare, write, 1024, 512),
              (List{st::kSglLengthInvalid, st::kAbortedFailedFused}));
    const auto single = [&](Sqe sqe, uint8_t fuse) {
        sqe.cid = 5;
        sqe.flags = fuse;
        victim.io.send(victim.io.capsule(sqe, ones));
        return victim.io.statuses();
    };
    EXPECT_EQ(single(compare, 3), List{st::kInvalidField});
    EXPECT_EQ(single(write, 2), List{st::kAbortedMissingFused});
    // First, then another command: the first is aborted, the other one carried out.
    EXPECT_EQ(single(compare, 1), List{});
    Sqe flush = sqe_of(io_op::kFlush, 6, 1);
    victim.io.send(victim.io.capsule(flush));
    EXPECT_EQ(victim.io.statuses(), (List{st::kAbortedMissingFused, st::kOk}));
    // First, first, second: the first one is alone.
    EXPECT_EQ(single(compare, 1), List{});
    EXPECT_EQ(pair(compare, write),
              (List{st::kAbortedMissingFused, st::kCompareFailure, st::kAbortedFailedFused}));
    // The first is aborted: the second has no partner any more.
    EXPECT_EQ(single(compare, 1), List{});
    Sqe abort = sqe_of(admin_op::kAbort, 1);
    abort.cdw10 = 1u | 5u << 16;
    victim.admin.send(victim.admin.capsule(abort));
    EXPECT_EQ(victim.io.statuses(), List{st::kAborted});
    EXPECT_EQ(single(write, 2), List{st::kAbortedMissingFused});
    // The second waits for data and is aborted: both end.
    EXPECT_EQ(single(compare, 1), List{});
    Sqe waiting = RawPeer::with_transport(write, 512);
    waiting.cid = 8;
    waiting.flags = 2;
    victim.io.send(victim.io.capsule(waiting));
    ASSERT_TRUE(victim.io.r2t());
    abort.cdw10 = 1u | 8u << 16;
    victim.admin.send(victim.admin.capsule(abort));
    EXPECT_EQ(victim.io.statuses(), (List{st::kAborted, st::kAborted}));
    // Half a pair at the end of a connection leaves nothing behind.
    EXPECT_EQ(single(compare, 1), List{});
    world.core.on_closed(victim.io.session, world.now);
    world.settle();
    EXPECT_EQ(world.core.io_in_flight(), 0u);
}

TEST_F(MalformedInput, G37_RangesOfRanges) {
    Victim victim(world);
    const auto dsm = [&](uint32_t announced, const std::vector<DsmRange>& ranges) {
        Bytes data;
        for (const DsmRange& r : ranges)
            append_struct(data, r);
        Sqe sqe = sqe_of(io_op::kDsm, 1, 1);
        sqe.cdw10 = announced - 1;
        sqe.cdw11 = 4;
        victim.io.send(victim.io.capsule(sqe, data));
        const auto statuses = victim.io.statuses();
        return statuses.size() == 1 ? statuses[0] : st::kInternal;
    };
    const DsmRange good{0, 8, 0};
    EXPECT_EQ(dsm(2, {good}), st::kSglLengthInvalid);
    EXPECT_EQ(dsm(256, {good, good}), st::kSglLengthInvalid);
    EXPECT_EQ(dsm(1, {DsmRange{0, 0xFFFFFFFF, 0}}), st::kLbaOutOfRange);
    EXPECT_EQ(dsm(1, {DsmRange{0, 1, ~uint64_t{0}}}), st::kLbaOutOfRange);
    EXPECT_EQ(dsm(2, {good, DsmRange{0, 2, kBlocks - 1}}), st::kLbaOutOfRange);
    EXPECT_TRUE(dsm(256, std::vector<DsmRange>(256, DsmRange{7, 8192, 0})).ok()); // overlapping
    EXPECT_TRUE(dsm(1, {DsmRange{0, 0, 0}}).ok());                                // empty
    EXPECT_TRUE(dsm(1, {good, good}).ok()); // more data than ranges
    Sqe copy = sqe_of(0x19, 1, 1);
    victim.io.send(victim.io.capsule(copy, Bytes(128)));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kInvalidOpcode});
}

TEST_F(MalformedInput, G39_UnknownOpcodesKeepTheStreamInStep) {
    Victim victim(world);
    for (int op = 0; op < 256; ++op) {
        const auto code = static_cast<uint8_t>(op);
        static constexpr uint8_t kKnown[] = {io_op::kFlush,
                                             io_op::kWrite,
                                             io_op::kRead,
                                             io_op::kDsm,
                                             io_op::kCompare,
                                             io_op::kWriteZeroes,
                                             io_op::kVerify,
                                             admin_op::kFabrics,
                                             io_op::kReservationRegister,
                                             io_op::kReservationReport,
                                             io_op::kReservationAcquire,
                                             io_op::kReservationRelease};
        if (std::find(std::begin(kKnown), std::end(kKnown), code) != std::end(kKnown))
            continue;
        victim.io.send(victim.io.capsule(sqe_of(code, 1, 1), Bytes(512)));
        victim.io.send(victim.io.capsule(RawPeer::with_transport(sqe_of(code, 2, 1), 0)));
        const auto statuses = victim.io.statuses();
        ASSERT_EQ(statuses.size(), 2u) << op;
        for (const Status s : statuses)
            EXPECT_TRUE(s == st::kInvalidOpcode || s == st::kInvalidField) << op;
    }
    Bytes block(512);
    EXPECT_TRUE(victim.host.io->read(1, 0, block).ok());
}

TEST_F(MalformedInput, G40_CommandsRacingChanges) {
    Victim victim(world);
    world.hold_io = true;
    const auto read = [&](uint16_t cid) {
        victim.io.send(
            victim.io.capsule(RawPeer::with_transport(rw(io_op::kRead, cid, kBlocks - 1, 1), 512)));
    };
    read(1);
    auto view = World::default_view();
    view.hosts[0].nsids = {2}; // unmapped: what is in flight ends, new commands are refused
    world.core.set_view(view, world.now);
    read(2);
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kInvalidNamespace});
    view = World::default_view();
    view.namespaces[0].size_blocks = kBlocks / 2; // shrunk
    world.core.set_view(view, world.now);
    read(3);
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kLbaOutOfRange});
    view = World::default_view();
    view.ana_groups[0].state = AnaState::Inaccessible;
    world.core.set_view(view, world.now);
    read(4);
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kAnaInaccessible});
    world.core.set_view(World::default_view(), world.now);
    // A transfer in progress over a removal: it is refused when its data is there.
    victim.io.send(victim.io.capsule(RawPeer::with_transport(rw(io_op::kWrite, 6, 0, 128), 65536)));
    const auto r2t = victim.io.r2t();
    ASSERT_TRUE(r2t);
    view = World::default_view();
    view.hosts[0].nsids = {};
    world.core.set_view(view, world.now);
    victim.io.send(victim.io.h2c(6, r2t->ttag, 0, Bytes(65536, std::byte{1}), true));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kInvalidNamespace});
    world.hold_io = false;
    world.settle();
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kOk});
    world.set_view(World::default_view());
}

} // namespace
} // namespace pf::nvme::test
