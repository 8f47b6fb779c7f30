// I/O commands over hand-driven queues: data transfers, limits, fused pairs, digests, backpressure.
#include "tests/unit/nvme/target_harness.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <tuple>

namespace pf::nvme::test {
namespace {

struct IoTest : ::testing::Test {
    IoTest() { world.set_view(World::default_view()); }
    World world;
};

TEST_F(IoTest, WritesInCapsuleAndByR2tReadBack) {
    for (const DigestMode digests :
         {DigestMode{}, DigestMode{true, false}, DigestMode{false, true}, DigestMode{true, true}}) {
        Connected c(world, kHostA, 0, digests);
        ASSERT_TRUE(c.ok);
        // 512 B and 8 KiB travel in the capsule, the rest by R2T; 1 MiB needs several H2CData.
        for (const size_t size :
             {size_t{512}, size_t{8192}, size_t{8704}, size_t{262144}, size_t{1048576}}) {
            const Bytes data = pattern(size, static_cast<uint8_t>(size >> 9));
            ASSERT_TRUE(c.io->write(1, 3, data).ok()) << size;
            Bytes back(size);
            ASSERT_TRUE(c.io->read(1, 3, back).ok()) << size;
            EXPECT_EQ(back, data) << size;
        }
    }
}

TEST_F(IoTest, ByteWiseDeliveryChangesNothing) {
    Connected c(world, kHostA, 0, {true, true});
    c.io->piece = 1;
    const Bytes data = pattern(20480, 5);
    ASSERT_TRUE(c.io->write(1, 0, data).ok());
    Bytes back(data.size());
    ASSERT_TRUE(c.io->read(1, 0, back).ok());
    EXPECT_EQ(back, data);
}

TEST_F(IoTest, WithoutFlowControlReadsCompleteOnTheData) {
    Connected c(world, kHostA, 0, {}, 4);
    ASSERT_TRUE(c.ok);
    const Bytes data = pattern(4096, 9);
    ASSERT_TRUE(c.io->write(1, 0, data).ok());
    Bytes back(4096);
    const auto done = c.io->run(Queue::io(io_op::kRead, 1, 0, 8), {}, back);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->cqe.sqhd, 0) << "no completion capsule was sent";
    EXPECT_EQ(back, data);
}

TEST_F(IoTest, RangesAreCheckedWithoutWrapAround) {
    Connected c(world);
    const uint64_t blocks = kDiskBytes / kBlockBytes;
    Bytes buffer(512);
    EXPECT_TRUE(c.io->read(1, blocks - 1, buffer).ok());
    EXPECT_EQ(c.io->read(1, blocks, buffer), st::kLbaOutOfRange);
    EXPECT_EQ(c.io->read(1, ~0ull, buffer), st::kLbaOutOfRange);
    Bytes two(1024);
    EXPECT_EQ(c.io->read(1, blocks - 1, two), st::kLbaOutOfRange);
    EXPECT_EQ(c.io->write(1, ~0ull - 1, two), st::kLbaOutOfRange);
}

TEST_F(IoTest, LengthMustFitTheBlocks) {
    Connected c(world);
    const Bytes data(1024);
    EXPECT_EQ(c.io->run(Queue::io(io_op::kWrite, 1, 0, 1), data)->status, st::kSglLengthInvalid);
    Bytes into(512);
    EXPECT_EQ(c.io->run(Queue::io(io_op::kRead, 1, 0, 2), {}, into)->status, st::kSglLengthInvalid);
    Bytes huge(2 * 1024 * 1024);
    EXPECT_EQ(c.io->run(Queue::io(io_op::kRead, 1, 0, 4096), {}, huge)->status, st::kInvalidField)
        << "beyond the largest transfer";
}

TEST_F(IoTest, BlocksOf4096Bytes) {
    auto view = World::default_view();
    view.namespaces[0].block_shift = 12;
    view.namespaces[0].size_blocks = kDiskBytes / 4096;
    world.set_view(view);
    Connected host(world);
    Bytes page;
    ASSERT_TRUE(host.admin.identify(Cns::Namespace, 1, page).ok());
    EXPECT_EQ(load_struct<IdentifyNamespace>(page).lbaf[0].lbads, 12);
    const Bytes data = pattern(8192, 5);
    ASSERT_TRUE(host.io->run(Queue::io(io_op::kWrite, 1, 3, 2), data)->status.ok());
    Bytes back(8192);
    ASSERT_TRUE(host.io->run(Queue::io(io_op::kRead, 1, 3, 2), {}, back)->status.ok());
    EXPECT_EQ(back, data);
    EXPECT_EQ(std::memcmp(world.disks[1].data() + 3 * 4096, data.data(), 8192), 0);
    ASSERT_TRUE(host.io->run(Queue::io(io_op::kVerify, 1, 3, 2))->status.ok());
    Bytes range;
    append_struct(range, DsmRange{0, 1, 4});
    Sqe dsm;
    dsm.opcode = io_op::kDsm;
    dsm.nsid = 1;
    dsm.cdw11 = 4;
    ASSERT_TRUE(host.io->run(dsm, range)->status.ok());
    ASSERT_TRUE(host.io->run(Queue::io(io_op::kRead, 1, 3, 2), {}, back)->status.ok());
    EXPECT_EQ(back[0], data[0]);
    EXPECT_EQ(Bytes(back.begin() + 4096, back.end()), Bytes(4096));
    EXPECT_EQ(host.io->run(Queue::io(io_op::kVerify, 1, kDiskBytes / 4096, 1))->status,
              st::kLbaOutOfRange);
}

TEST_F(IoTest, NamespacesAreVisibleByHostOnly) {
    Connected b(world, kHostB);
    Bytes buffer(512);
    EXPECT_TRUE(b.io->read(2, 0, buffer).ok());
    EXPECT_EQ(b.io->read(1, 0, buffer), st::kInvalidNamespace);
    EXPECT_EQ(b.io->read(0, 0, buffer), st::kInvalidNamespace);
    EXPECT_EQ(b.io->read(kBroadcastNsid, 0, buffer), st::kInvalidNamespace);
}

TEST_F(IoTest, ReadOnlyMappingRefusesWrites) {
    auto view = World::default_view();
    view.hosts[0].read_only_nsids = {1};
    world.set_view(view);
    Connected c(world);
    Bytes buffer(512);
    EXPECT_TRUE(c.io->read(1, 0, buffer).ok());
    EXPECT_EQ(c.io->write(1, 0, buffer), st::kNamespaceWriteProtected);
    EXPECT_TRUE(c.io->write(2, 0, buffer).ok());
}

TEST_F(IoTest, CompareZeroesDeallocateFlush) {
    Connected c(world);
    const Bytes data = pattern(4096, 3);
    ASSERT_TRUE(c.io->write(1, 8, data).ok());
    EXPECT_TRUE(c.io->run(Queue::io(io_op::kCompare, 1, 8, 8), data)->status.ok());
    EXPECT_EQ(c.io->run(Queue::io(io_op::kCompare, 1, 8, 8), pattern(4096, 4))->status,
              st::kCompareFailure);
    EXPECT_TRUE(c.io->run(Queue::io(io_op::kWriteZeroes, 1, 8, 4))->status.ok());
    Bytes back(4096);
    ASSERT_TRUE(c.io->read(1, 8, back).ok());
    EXPECT_EQ(Bytes(back.begin(), back.begin() + 2048), Bytes(2048));
    EXPECT_EQ(Bytes(back.begin() + 2048, back.end()), Bytes(data.begin() + 2048, data.end()));

    Bytes ranges;
    append_struct(ranges, DsmRange{0, 2, 12});
    append_struct(ranges, DsmRange{0, 2, 14});
    Sqe dsm;
    dsm.opcode = io_op::kDsm;
    dsm.nsid = 1;
    dsm.cdw10 = 1;
    dsm.cdw11 = 4;
    EXPECT_TRUE(c.io->run(dsm, ranges)->status.ok());
    ASSERT_TRUE(c.io->read(1, 8, back).ok());
    EXPECT_EQ(back, Bytes(4096));
    dsm.cdw10 = 2;
    EXPECT_EQ(c.io->run(dsm, ranges)->status, st::kSglLengthInvalid) << "a range is missing";
    Bytes outside;
    append_struct(outside, DsmRange{0, 0xFFFFFFFF, ~0ull});
    dsm.cdw10 = 0;
    EXPECT_EQ(c.io->run(dsm, outside)->status, st::kLbaOutOfRange);

    Sqe flush;
    flush.opcode = io_op::kFlush;
    flush.nsid = 1;
    EXPECT_TRUE(c.io->run(flush)->status.ok());
    flush.nsid = 99;
    EXPECT_EQ(c.io->run(flush)->status, st::kInvalidNamespace);
}

TEST_F(IoTest, UnknownOpcodesKeepTheStreamInStep) {
    Connected c(world);
    for (const int opcode : {0x03, 0x04, 0x0C, 0x19, 0x91, 0xFF}) {
        Sqe sqe;
        sqe.opcode = static_cast<uint8_t>(opcode);
        sqe.nsid = 1;
        EXPECT_FALSE(c.io->run(sqe, Bytes(512))->status.ok()) << opcode;
        ASSERT_FALSE(world.is_closed(c.io->session)) << opcode;
    }
    Bytes buffer(512);
    EXPECT_TRUE(c.io->read(1, 0, buffer).ok());
}

TEST_F(IoTest, DeviceErrorsBecomeStatuses) {
    Connected c(world);
    world.fail_io = st::kUnrecoveredRead;
    Bytes buffer(512);
    EXPECT_EQ(c.io->read(1, 0, buffer), st::kUnrecoveredRead);
    EXPECT_EQ(c.io->write(1, 0, buffer), st::kUnrecoveredRead);
}

// ---------------------------------------------------------------- compare and write

TEST_F(IoTest, FusedPairSwapsOnlyOnMatch) {
    Connected c(world);
    const Bytes zero(512);
    const Bytes one = pattern(512, 1);
    auto [first, second] = c.io->compare_and_write(1, 100, zero, one);
    EXPECT_TRUE(first.ok() && second.ok());
    std::tie(first, second) = c.io->compare_and_write(1, 100, zero, pattern(512, 2));
    EXPECT_EQ(first, st::kCompareFailure);
    EXPECT_EQ(second, st::kAbortedFailedFused);
    Bytes back(512);
    ASSERT_TRUE(c.io->read(1, 100, back).ok());
    EXPECT_EQ(back, one);
}

TEST_F(IoTest, FusedPairMustDescribeOneRange) {
    Connected c(world);
    Sqe first = Queue::io(io_op::kCompare, 1, 5, 1);
    first.flags = 1;
    Sqe second = Queue::io(io_op::kWrite, 1, 6, 1);
    second.flags = 2;
    const Bytes data(512);
    c.io->core.submit(first, data, {}, 1);
    c.io->core.submit(second, data, {}, 2);
    c.io->exchange();
    ASSERT_EQ(c.io->completions.size(), 2u);
    EXPECT_EQ(c.io->completions[0].status, st::kAbortedFailedFused);
    EXPECT_EQ(c.io->completions[1].status, st::kInvalidField);
}

TEST_F(IoTest, FirstWithoutSecondIsAborted) {
    Connected c(world);
    Sqe first = Queue::io(io_op::kCompare, 1, 5, 1);
    first.flags = 1;
    const Bytes data(512);
    c.io->core.submit(first, data, {}, 1);
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 5, 1), data, {}, 2);
    c.io->exchange();
    ASSERT_EQ(c.io->completions.size(), 2u);
    EXPECT_EQ(c.io->completions[0].tag, 1u);
    EXPECT_EQ(c.io->completions[0].status, st::kAbortedMissingFused);
    EXPECT_TRUE(c.io->completions[1].status.ok());
}

TEST_F(IoTest, SecondWithoutFirstIsAborted) {
    Connected c(world);
    Sqe second = Queue::io(io_op::kWrite, 1, 5, 1);
    second.flags = 2;
    EXPECT_EQ(c.io->run(second, Bytes(512))->status, st::kAbortedMissingFused);
}

// The pair is found by the order of the capsules; how their data and that of others comes in
// between does not matter.
TEST_F(IoTest, FusedPairSurvivesOtherTransfersInBetween) {
    Connected c(world);
    const Bytes large = pattern(128 * 1024, 7);
    const Bytes zero(512);
    const Bytes one = pattern(512, 1);
    c.io->core.set_in_capsule_bytes(0); // everything by R2T
    Sqe first = Queue::io(io_op::kCompare, 1, 5, 1);
    first.flags = 1;
    Sqe second = Queue::io(io_op::kWrite, 1, 5, 1);
    second.flags = 2;
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 1024, 256), large, {}, 10);
    c.io->core.submit(first, zero, {}, 1);
    c.io->core.submit(second, one, {}, 2);
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 2048, 256), large, {}, 11);
    c.io->exchange();
    ASSERT_EQ(c.io->completions.size(), 4u);
    for (const HostCompletion& done : c.io->completions)
        EXPECT_TRUE(done.status.ok()) << done.tag;
    Bytes back(512);
    ASSERT_TRUE(c.io->read(1, 5, back).ok());
    EXPECT_EQ(back, one);
}

// ---------------------------------------------------------------- limits and protocol

TEST_F(IoTest, WaitsForMemoryInsteadOfTakingIt) {
    auto options = World::default_options();
    options.queue_memory_bytes = 256 * 1024;
    World tight(options);
    tight.set_view(World::default_view());
    Connected c(tight);
    const Bytes data = pattern(128 * 1024, 1);
    tight.hold_io = true;
    for (uint64_t i = 0; i < 6; ++i)
        c.io->core.submit(Queue::io(io_op::kWrite, 1, i * 256, 256), data, {}, i);
    c.io->exchange();
    EXPECT_EQ(tight.held.size(), 2u) << "only two fit into the memory of the queue";
    tight.hold_io = false;
    tight.settle();
    c.io->exchange();
    EXPECT_EQ(c.io->completions.size(), 6u);
}

TEST_F(IoTest, MoreCommandsThanEntriesEndTheConnection) {
    Connected c(world);
    world.hold_io = true;
    Queue greedy(world, 64);
    ASSERT_TRUE(greedy.connect(2, c.cntlid)->status.ok()); // with 32 entries
    Bytes buffer(512);
    for (int i = 0; i < 33; ++i)
        greedy.core.submit(Queue::io(io_op::kRead, 1, 0, 1), {}, buffer, 1);
    greedy.exchange();
    EXPECT_TRUE(greedy.core.failed());
    EXPECT_TRUE(world.is_closed(greedy.session));
    EXPECT_FALSE(world.is_closed(c.io->session)) << "one connection and nothing else";
}

TEST_F(IoTest, WrongDataDigestFailsOnlyItsCommand) {
    Connected c(world, kHostA, 0, {true, true});
    Bytes stream;
    Sqe sqe = Queue::io(io_op::kWrite, 1, 0, 1);
    sqe.cid = 9;
    sqe.flags = kPsdtSgl;
    sqe.sgl.type = Sgl::kInCapsule;
    sqe.sgl.length = 512;
    append_capsule_cmd(stream, sqe, Bytes(512, std::byte{1}), {true, true});
    stream.back() ^= std::byte{1};
    world.core.on_bytes(c.io->session, stream, world.now);
    world.settle();
    EXPECT_FALSE(world.is_closed(c.io->session));
    const Bytes out = world.output(c.io->session);
    ASSERT_EQ(out.size(), 28u);
    const auto resp = load_struct<CapsuleRespPdu>(out);
    EXPECT_EQ(Status::from_field(resp.cqe.status), st::kTransientTransport);
    EXPECT_TRUE(world.held.empty());
}

// Raw bytes on a connection that has exchanged ICReq and ICResp; the termination request that comes
// back.
struct RawCase {
    const char* name;
    std::function<void(Bytes&)> build;
    Fes fes;
};

TEST_F(IoTest, ProtocolViolationsGetATermReqAndEndOneConnection) {
    Connected other(world);
    const auto capsule = [](Bytes& out, uint8_t opcode, Sgl sgl, ByteSpan data) {
        Sqe sqe = Queue::io(opcode, 1, 0, 1);
        sqe.flags = kPsdtSgl;
        sqe.sgl = sgl;
        append_capsule_cmd(out, sqe, data, {});
    };
    const auto sgl = [](uint8_t type, uint32_t length, uint64_t address = 0) {
        Sgl s;
        s.type = type;
        s.length = length;
        s.address = address;
        return s;
    };
    const RawCase cases[] = {
        {"second ICReq", [](Bytes& out) { out = encode_icreq(0, {}, 0); }, Fes::SequenceError},
        {"H2CData without R2T",
         [](Bytes& out) { append_data(out, PduType::H2cData, 4, 1, 1, 0, Bytes(512), {}); },
         Fes::SequenceError},
        {"H2CData for a slot that does not exist",
         [](Bytes& out) { append_data(out, PduType::H2cData, 4, 1, 0xFFFF, 0, Bytes(512), {}); },
         Fes::SequenceError},
        {"in-capsule data above the limit",
         [&](Bytes& out) {
             const Bytes data(16384 + 512);
             capsule(out, io_op::kWrite, sgl(Sgl::kInCapsule, 16384 + 512), data);
         },
         Fes::LimitExceeded},
        {"in-capsule length other than PLEN says",
         [&](Bytes& out) { capsule(out, io_op::kWrite, sgl(Sgl::kInCapsule, 1024), Bytes(512)); },
         Fes::InvalidHeaderField},
        {"in-capsule offset",
         [&](Bytes& out) { capsule(out, io_op::kWrite, sgl(Sgl::kInCapsule, 512, 8), Bytes(512)); },
         Fes::UnsupportedParameter},
        {"transport descriptor with data in the capsule",
         [&](Bytes& out) { capsule(out, io_op::kWrite, sgl(Sgl::kTransport, 512), Bytes(512)); },
         Fes::UnsupportedParameter},
        {"keyed descriptor with data in the capsule",
         [&](Bytes& out) { capsule(out, io_op::kWrite, sgl(0x40, 512), Bytes(512)); },
         Fes::UnsupportedParameter},
        {"in-capsule descriptor without data",
         [&](Bytes& out) { capsule(out, io_op::kWrite, sgl(Sgl::kInCapsule, 512), {}); },
         Fes::InvalidHeaderField},
        {"a PDU that only controllers send",
         [](Bytes& out) { append_capsule_resp(out, Cqe{}, {}); }, Fes::InvalidHeaderField},
    };
    for (const RawCase& c : cases) {
        Queue raw(world);
        ASSERT_TRUE(raw.connect(2, other.cntlid)->status.ok()) << c.name;
        Bytes bytes;
        c.build(bytes);
        world.core.on_bytes(raw.session, bytes, world.now);
        world.settle();
        const Bytes out = world.output(raw.session);
        ASSERT_GE(out.size(), sizeof(TermReqPdu)) << c.name;
        const auto term = load_struct<TermReqPdu>(out);
        EXPECT_EQ(term.ch.type, static_cast<uint8_t>(PduType::C2hTermReq)) << c.name;
        EXPECT_EQ(static_cast<Fes>(uint16_t{term.fes}), c.fes) << c.name;
        EXPECT_TRUE(world.is_closed(raw.session)) << c.name;
        world.core.on_closed(raw.session, world.now);
        // Everything else goes on.
        Bytes buffer(512);
        EXPECT_TRUE(other.io->read(1, 0, buffer).ok()) << c.name;
    }
}

// What may go wrong while the host answers an R2T.
TEST_F(IoTest, H2cDataMustContinueWhereItStopped) {
    Connected other(world);
    struct Case {
        const char* name;
        uint32_t offset, bytes;
        uint8_t flags;
        uint16_t wrong_cid;
        Fes fes;
    };
    const Case cases[] = {
        {"offset skips", 512, 512, 0, 0, Fes::OutOfRange},
        {"beyond the end", 0, 70000 / 4 * 4, pdu_flag::kLast, 0, Fes::OutOfRange},
        {"offset wraps", 0xFFFFFE00, 1024, 0, 0, Fes::OutOfRange},
        {"last too early", 0, 512, pdu_flag::kLast, 0, Fes::InvalidHeaderField},
        {"last missing", 0, 65536, 0, 0, Fes::InvalidHeaderField},
        {"other command", 0, 512, 0, 1, Fes::SequenceError},
        {"more than a PDU may carry", 0, 512 * 1024, 0, 0, Fes::LimitExceeded},
    };
    for (const Case& c : cases) {
        Queue raw(world);
        ASSERT_TRUE(raw.connect(2, other.cntlid)->status.ok()) << c.name;
        Sqe sqe = Queue::io(io_op::kWrite, 1, 0, 128);
        sqe.cid = 21;
        sqe.flags = kPsdtSgl;
        sqe.sgl.type = Sgl::kTransport;
        sqe.sgl.length = 65536;
        Bytes bytes;
        append_capsule_cmd(bytes, sqe, {}, {});
        world.core.on_bytes(raw.session, bytes, world.now);
        world.settle();
        const Bytes out = world.output(raw.session);
        ASSERT_EQ(out.size(), sizeof(R2tPdu)) << c.name;
        const auto r2t = load_struct<R2tPdu>(out);
        EXPECT_EQ(uint32_t{r2t.length}, 65536u);
        Bytes data;
        append_data(data, PduType::H2cData, c.flags, static_cast<uint16_t>(21 + c.wrong_cid),
                    r2t.ttag, c.offset, Bytes(c.bytes), {});
        world.core.on_bytes(raw.session, data, world.now);
        world.settle();
        const Bytes answer = world.output(raw.session);
        ASSERT_GE(answer.size(), sizeof(TermReqPdu)) << c.name;
        const auto term = load_struct<TermReqPdu>(answer);
        EXPECT_EQ(static_cast<Fes>(uint16_t{term.fes}), c.fes) << c.name;
        world.core.on_closed(raw.session, world.now);
    }
    EXPECT_EQ(world.core.io_in_flight(), 0u);
}

TEST_F(IoTest, HostTerminationIsNotAnswered) {
    Connected c(world);
    world.core.on_bytes(c.io->session, encode_term(PduType::H2cTermReq, {Fes::OutOfRange, 0}, {}),
                        world.now);
    world.settle();
    EXPECT_TRUE(world.is_closed(c.io->session));
    EXPECT_TRUE(world.output(c.io->session).empty());
}

TEST_F(IoTest, CommandIdInUseIsRefused) {
    Connected c(world);
    world.hold_io = true;
    Sqe sqe = Queue::io(io_op::kRead, 1, 0, 1);
    sqe.cid = 4;
    sqe.flags = kPsdtSgl;
    sqe.sgl.type = Sgl::kTransport;
    sqe.sgl.length = 512;
    Bytes twice;
    append_capsule_cmd(twice, sqe, {}, {});
    append_capsule_cmd(twice, sqe, {}, {});
    world.core.on_bytes(c.io->session, twice, world.now);
    world.settle();
    const Bytes out = world.output(c.io->session);
    ASSERT_EQ(out.size(), sizeof(CapsuleRespPdu));
    EXPECT_EQ(Status::from_field(load_struct<CapsuleRespPdu>(out).cqe.status), st::kCidConflict);
    EXPECT_EQ(world.held.size(), 1u);
}

} // namespace
} // namespace pf::nvme::test
