// Seeded fuzzing of the target core and of the decoders. A seed reproduces a run: PF_FUZZ_SEED=N
// runs that one alone, PF_FUZZ_RUNS=N changes how many there are.
//
// A run drives a host through Connect, enable and I/O, and damages what it sends: bits flipped,
// PDUs cut, doubled, reordered, fields set to edge values. Oracles: no crash (sanitizer builds look
// closer), a connection that did not misbehave goes on, no I/O leaves the namespace, nothing stays
// in flight, memory per connection stays bounded.
#include "tests/unit/nvme/target_harness.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace pf::nvme::test {
namespace {

uint64_t setting(const char* name, uint64_t fallback) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : fallback;
}

class Dice {
  public:
    explicit Dice(uint64_t seed) : engine_(seed) {}
    uint64_t below(uint64_t n) { return engine_() % n; }
    bool one_in(uint64_t n) { return below(n) == 0; }
    uint32_t word() {
        static constexpr uint32_t kEdges[] = {0,    1,     2,          7,          0x7F,
                                              0xFF, 0x100, 0xFFFF,     0x10000,    0x7FFFFFFF,
                                              512,  4096,  0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
        return one_in(3) ? static_cast<uint32_t>(engine_()) : kEdges[below(std::size(kEdges))];
    }

  private:
    std::mt19937_64 engine_;
};

void check_io(const World& world) {
    for (const target::IoRequest& r : world.held) {
        ASSERT_TRUE(r.device == 1 || r.device == 2);
        ASSERT_LE(r.length_bytes, kDiskBytes);
        ASSERT_LE(r.offset_bytes, kDiskBytes - r.length_bytes);
        if (r.op == target::IoOp::Write || r.op == target::IoOp::Compare ||
            r.op == target::IoOp::CompareAndWrite)
            ASSERT_EQ(r.data.size(), r.length_bytes);
        if (r.op == target::IoOp::CompareAndWrite)
            ASSERT_EQ(r.expected.size(), r.length_bytes);
        for (const target::ByteRange& range : r.ranges) {
            ASSERT_LE(range.offset, kDiskBytes);
            ASSERT_LE(range.length, kDiskBytes - range.offset);
        }
    }
}

Sqe random_sqe(Dice& dice, bool admin) {
    static constexpr uint8_t kAdminOps[] = {0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x08,
                                            0x09, 0x0A, 0x0C, 0x18, 0x7F, 0x80, 0xFF};
    static constexpr uint8_t kIoOps[] = {0x00, 0x01, 0x02, 0x05, 0x08,
                                         0x09, 0x0C, 0x19, 0x7F, 0xFF};
    Sqe sqe;
    sqe.opcode =
        admin ? kAdminOps[dice.below(std::size(kAdminOps))] : kIoOps[dice.below(std::size(kIoOps))];
    if (dice.one_in(20))
        sqe.opcode = static_cast<uint8_t>(dice.word());
    sqe.nsid = dice.one_in(3) ? dice.word() : static_cast<uint32_t>(dice.below(3));
    sqe.flags = static_cast<uint8_t>(kPsdtSgl | (dice.one_in(4) ? dice.below(4) : 0));
    if (dice.one_in(20))
        sqe.flags = static_cast<uint8_t>(dice.word());
    sqe.cid = static_cast<uint16_t>(dice.below(40));
    sqe.cdw10 = dice.one_in(2) ? static_cast<uint32_t>(dice.below(16)) : dice.word();
    sqe.cdw11 = dice.one_in(2) ? 0 : dice.word();
    sqe.cdw12 = dice.one_in(2) ? static_cast<uint32_t>(dice.below(16)) : dice.word();
    sqe.cdw13 = dice.one_in(2) ? 0 : dice.word();
    sqe.cdw14 = dice.word();
    return sqe;
}

// One PDU that is mostly right.
Bytes random_pdu(Dice& dice, bool admin, DigestMode digests) {
    Bytes out;
    switch (dice.below(100)) {
    case 0:
        return encode_icreq(static_cast<uint8_t>(dice.below(40)), digests, dice.word());
    case 1:
        append_data(out, PduType::H2cData, static_cast<uint8_t>(dice.below(2) * 4),
                    static_cast<uint16_t>(dice.below(40)), static_cast<uint16_t>(dice.word()),
                    dice.one_in(2) ? 0 : dice.word(), Bytes(4 + dice.below(3000) / 4 * 4), digests);
        return out;
    case 2:
        return encode_term(PduType::H2cTermReq, {Fes::OutOfRange, dice.word()},
                           Bytes(dice.below(140)));
    default: {
        Sqe sqe = random_sqe(dice, admin);
        Bytes data;
        if (dice.one_in(2)) {
            static constexpr size_t kSizes[] = {8, 16, 512, 512, 1024, 4096, 4096, 8192};
            data.resize(dice.one_in(60) ? 20000 : kSizes[dice.below(std::size(kSizes))]);
            sqe.sgl.type = dice.one_in(60) ? static_cast<uint8_t>(dice.word()) : Sgl::kInCapsule;
            sqe.sgl.length = dice.one_in(60) ? dice.word() : static_cast<uint32_t>(data.size());
        } else {
            sqe.sgl.type = dice.one_in(20) ? static_cast<uint8_t>(dice.word()) : Sgl::kTransport;
            sqe.sgl.length =
                dice.one_in(3) ? dice.word() : static_cast<uint32_t>((dice.below(16) + 1) * 512);
        }
        // Half of the I/O commands are right in everything that a first check looks at.
        if (!admin && dice.one_in(2) && sqe.sgl.length >= kBlockBytes) {
            static constexpr uint8_t kOps[] = {io_op::kWrite, io_op::kWrite, io_op::kCompare};
            sqe.opcode =
                data.empty() && dice.one_in(2) ? io_op::kRead : kOps[dice.below(std::size(kOps))];
            sqe.nsid = static_cast<uint32_t>(1 + dice.below(2));
            sqe.set_slba(dice.below(200));
            sqe.cdw12 = sqe.sgl.length / kBlockBytes - 1;
        }
        append_capsule_cmd(out, sqe, data, digests);
        return out;
    }
    }
}

void damage(Dice& dice, Bytes& bytes) {
    switch (dice.below(5)) {
    case 0:
        bytes[dice.below(bytes.size())] ^= static_cast<std::byte>(1u << dice.below(8));
        break;
    case 1: // a word of the header
        if (bytes.size() >= 8)
            store_le<uint32_t>(bytes.data() + dice.below(2) * 4, dice.word());
        break;
    case 2:
        bytes.resize(dice.below(bytes.size()) + 1);
        break;
    case 3: {
        const Bytes again = bytes;
        bytes.insert(bytes.end(), again.begin(), again.end());
        break;
    }
    default:
        for (int i = 0; i < 8; ++i)
            bytes[dice.below(bytes.size())] = static_cast<std::byte>(dice.word());
    }
}

// Answers some of the R2Ts in `out`, so that transfers get somewhere.
Bytes answer_r2ts(Dice& dice, ByteSpan out, DigestMode digests) {
    Bytes answers;
    const size_t resp = sizeof(R2tPdu) + (digests.header ? 4 : 0);
    for (size_t at = 0; at + sizeof(PduHeader) <= out.size();) {
        const auto ch = load_struct<PduHeader>(out.subspan(at));
        const uint32_t plen = ch.plen;
        if (plen < 8 || plen > out.size() - at)
            break;
        if (static_cast<PduType>(ch.type) == PduType::R2t && plen == resp && !dice.one_in(4)) {
            const auto r2t = load_struct<R2tPdu>(out.subspan(at));
            const uint32_t length = std::min<uint32_t>(r2t.length, 256 * 1024);
            append_data(answers, PduType::H2cData, length == r2t.length ? pdu_flag::kLast : 0,
                        r2t.cccid, r2t.ttag, 0, Bytes(length), digests);
        }
        at += plen;
    }
    return answers;
}

void fuzz_queue(World& world, Dice& dice, target::SessionId session, bool admin,
                DigestMode digests) {
    const uint64_t steps = 1 + dice.below(100);
    for (uint64_t i = 0; i < steps && !world.is_closed(session); ++i) {
        Bytes bytes = random_pdu(dice, admin, digests);
        if (dice.one_in(50))
            damage(dice, bytes);
        const size_t piece = dice.one_in(4) ? 1 + dice.below(64) : bytes.size();
        for (size_t at = 0; at < bytes.size(); at += piece)
            world.core.on_bytes(session,
                                ByteSpan(bytes).subspan(at, std::min(piece, bytes.size() - at)),
                                world.now);
        world.hold_io = true;
        world.settle();
        check_io(world);
        world.hold_io = dice.one_in(2);
        world.settle();
        const Bytes out = world.output(session);
        if (!dice.one_in(5))
            world.core.on_sent(session, out.size(), world.now);
        const Bytes answers = answer_r2ts(dice, out, digests);
        if (!answers.empty())
            world.core.on_bytes(session, answers, world.now);
        if (dice.one_in(30)) {
            world.now += std::chrono::milliseconds(dice.below(4000));
            world.core.tick(world.now);
        }
        if (dice.one_in(30)) {
            auto view = World::default_view();
            if (dice.one_in(2))
                view.hosts[0].nsids = {static_cast<uint32_t>(1 + dice.below(2))};
            if (dice.one_in(3))
                view.ana_groups[0].state = static_cast<AnaState>(1 + dice.below(4));
            world.core.set_view(view, world.now);
        }
        world.settle();
    }
}

// What the runs got to see, so that a fuzzer that reaches nothing is noticed.
struct Reach {
    uint64_t reads = 0, writes = 0, protocol_errors = 0;
};

void run_seed(uint64_t seed, Reach& reach) {
    Dice dice(seed);
    World world;
    world.set_view(World::default_view());
    Connected witness(world, kHostB);
    ASSERT_TRUE(witness.ok);
    const DigestMode digests{dice.one_in(2), dice.one_in(3)};
    Connected victim(world, kHostA, 0, digests);
    ASSERT_TRUE(victim.ok);
    const auto fresh = world.open(dice.one_in(2));
    fuzz_queue(world, dice, victim.io->session, false, digests);
    fuzz_queue(world, dice, victim.admin.session, true, digests);
    fuzz_queue(world, dice, fresh, true, {});
    // Everything the fuzzer held back ends, its connections close, and nothing is left.
    world.hold_io = false;
    world.settle();
    for (const target::SessionId id : {victim.io->session, victim.admin.session, fresh})
        world.core.on_closed(id, world.now);
    world.settle();
    EXPECT_EQ(world.core.io_in_flight(), 0u);
    world.set_view(World::default_view());
    const Bytes data = pattern(4096, static_cast<uint8_t>(seed));
    Bytes back(4096);
    ASSERT_FALSE(world.is_closed(witness.io->session)) << "a connection that did nothing wrong";
    EXPECT_TRUE(witness.io->write(2, 16, data).ok());
    EXPECT_TRUE(witness.io->read(2, 16, back).ok());
    EXPECT_EQ(back, data);
    EXPECT_EQ(world.core.controllers().size(), 1u);
    reach.reads += world.core.counters().reads - 1;
    reach.writes += world.core.counters().writes - 1;
    reach.protocol_errors += world.core.counters().protocol_errors;
}

TEST(TargetFuzz, SurvivesEverySeed) {
    const char* only = std::getenv("PF_FUZZ_SEED");
    const uint64_t first = only ? setting("PF_FUZZ_SEED", 0) : 1;
    const uint64_t runs = only ? 1 : setting("PF_FUZZ_RUNS", 3000);
    Reach reach;
    for (uint64_t seed = first; seed < first + runs; ++seed) {
        SCOPED_TRACE("PF_FUZZ_SEED=" + std::to_string(seed));
        run_seed(seed, reach);
        if (HasFatalFailure() || HasNonfatalFailure())
            return;
    }
    RecordProperty("reads", std::to_string(reach.reads));
    RecordProperty("writes", std::to_string(reach.writes));
    RecordProperty("protocol_errors", std::to_string(reach.protocol_errors));
    if (!only) {
        EXPECT_GT(reach.reads, runs / 4);
        EXPECT_GT(reach.writes, runs / 4);
        EXPECT_GT(reach.protocol_errors, runs / 4);
    }
}

// Pure noise instead of a host.
TEST(TargetFuzz, SurvivesNoise) {
    for (uint64_t seed = 1; seed <= 2000; ++seed) {
        Dice dice(seed);
        World world;
        world.set_view(World::default_view());
        const auto session = world.open();
        if (dice.one_in(2))
            world.core.on_bytes(session, encode_icreq(0, {}, 0), world.now);
        Bytes noise(dice.below(600) + 1);
        for (std::byte& b : noise)
            b = static_cast<std::byte>(dice.below(dice.one_in(2) ? 10 : 256));
        world.core.on_bytes(session, noise, world.now);
        world.settle();
        EXPECT_TRUE(world.held.empty());
    }
}

// The host's decoder against a controller that lies.
TEST(HostFuzz, SurvivesEverySeed) {
    for (uint64_t seed = 1; seed <= 5000; ++seed) {
        SCOPED_TRACE(seed);
        Dice dice(seed);
        HostQueueOptions options;
        options.digests = {dice.one_in(2), dice.one_in(3)};
        HostQueue queue(options);
        queue.start();
        queue.take_output();
        queue.on_bytes(encode_icresp(0, options.digests, 4096 + dice.word() % 65536));
        ASSERT_TRUE(queue.ready());
        Bytes read_into(4096);
        const Bytes to_write(65536);
        size_t submitted = 0;
        for (int i = 0; i < 8; ++i, ++submitted)
            queue.submit(Sqe{}, i % 2 ? ByteSpan(to_write) : ByteSpan(),
                         i % 2 ? MutByteSpan() : MutByteSpan(read_into), static_cast<uint64_t>(i));
        size_t completed = 0;
        for (int i = 0; i < 40 && !queue.failed(); ++i) {
            Bytes bytes;
            const auto cid = static_cast<uint16_t>(dice.below(10));
            switch (dice.below(4)) {
            case 0: {
                Cqe cqe;
                cqe.cid = cid;
                cqe.status = static_cast<uint16_t>(dice.word());
                append_capsule_resp(bytes, cqe, options.digests);
                break;
            }
            case 1:
                append_r2t(bytes, cid, static_cast<uint16_t>(dice.word()),
                           dice.one_in(2) ? 0 : dice.word(), dice.one_in(2) ? 65536 : dice.word(),
                           options.digests);
                break;
            case 2:
                append_data(bytes, PduType::C2hData, static_cast<uint8_t>(dice.below(16) & 0x0C),
                            cid, 0, dice.one_in(3) ? dice.word() : 0,
                            Bytes(512 * (1 + dice.below(9))), options.digests);
                break;
            default:
                bytes = encode_term(PduType::C2hTermReq, {Fes::OutOfRange, 0}, Bytes(8));
            }
            if (dice.one_in(6))
                damage(dice, bytes);
            queue.on_bytes(bytes);
            queue.take_output();
            completed += queue.take_completions().size();
        }
        EXPECT_LE(completed, submitted);
    }
}

} // namespace
} // namespace pf::nvme::test
