// A host that does everything that is allowed, at random, over several queues with several commands
// each, while storage answers in any order, bytes come in pieces of any size, commands are aborted
// and queues are lost. It must never see a wrong byte, miss a completion, get one twice, or hang.
// PF_FUZZ_SEED=N runs one seed, PF_FUZZ_RUNS=N changes how many there are.
#include "tests/unit/nvme/target_harness.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace pf::nvme::test {
namespace {

constexpr uint64_t kSlots = 64; // the disk is used in slots of up to 256 blocks
constexpr uint64_t kSlotBlocks =
    64; // no two commands in flight touch one slot, so content is known

struct InFlight {
    uint64_t tag = 0;
    uint8_t op = 0;
    uint64_t slot = 0;
    Bytes write;
    Bytes read;
    Bytes expected; // what a read must bring, what a compare is made of
    bool fused_second = false;
    uint64_t lba = 0;
};

class RandomHost {
  public:
    explicit RandomHost(uint64_t seed) : dice_(seed) {
        world_.set_view(World::default_view());
        mode_ = DigestMode{one_in(2), one_in(2)};
        flow_ = one_in(2);
        model_.resize(kDiskBytes);
        connect();
    }

    void run(int steps) {
        for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
            switch (dice_() % 10) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
                submit();
                break;
            case 5:
            case 6:
                serve_some();
                break;
            case 7:
                if (one_in(6))
                    abort_something();
                break;
            case 8:
                if (one_in(40))
                    lose_queue();
                break;
            default:
                world_.now += std::chrono::milliseconds(dice_() % 50);
                world_.core.tick(world_.now);
            }
            move_bytes();
        }
        finish();
    }

    uint64_t completed = 0;
    uint64_t aborted = 0;

  private:
    bool one_in(uint64_t n) { return dice_() % n == 0; }

    void connect() {
        admin_ = std::make_unique<Queue>(world_, uint16_t{32}, mode_);
        const auto done = admin_->connect(0, kDynamicCntlid);
        ASSERT_TRUE(done && done->status.ok());
        cntlid_ = static_cast<uint16_t>(done->cqe.dw0);
        admin_->set_cc(cc::kDefault | cc::kEnable);
        queues_.clear();
        flights_.clear();
        for (uint16_t qid = 1; qid <= 3; ++qid)
            add_queue(qid);
    }
    void add_queue(uint16_t qid) {
        auto queue = std::make_unique<Queue>(world_, uint16_t{32}, mode_);
        const uint8_t cattr = flow_ ? 0 : 4;
        const auto done = queue->connect(qid, cntlid_, kHostA, kSubsystem, 0, cattr);
        ASSERT_TRUE(done && done->status.ok());
        world_.hold_io = true;
        if (queues_.size() < qid) {
            queues_.push_back(std::move(queue));
            flights_.emplace_back();
        } else {
            queues_[qid - 1u] = std::move(queue);
        }
    }

    Bytes content(uint64_t bytes) {
        Bytes out(bytes);
        const auto seed = static_cast<uint8_t>(dice_());
        for (size_t i = 0; i < bytes; i += 64)
            out[i] = static_cast<std::byte>(seed + i / 64);
        const uint64_t stamp = ++stamps_;
        std::memcpy(out.data(), &stamp, sizeof stamp);
        return out;
    }
    Bytes known(uint64_t lba, uint64_t bytes) const {
        const auto at = model_.begin() + static_cast<std::ptrdiff_t>(lba * kBlockBytes);
        return Bytes(at, at + static_cast<std::ptrdiff_t>(bytes));
    }

    void submit() {
        const size_t q = dice_() % queues_.size();
        HostQueue& core = queues_[q]->core;
        if (!core.can_submit(2))
            return;
        const uint64_t slot = dice_() % kSlots;
        if (busy_.contains(slot))
            return;
        auto flight = std::make_unique<InFlight>();
        flight->slot = slot;
        flight->lba = slot * kSlotBlocks + dice_() % 8;
        const uint32_t blocks = one_in(3) ? 1 : 1 + static_cast<uint32_t>(dice_() % 56);
        const uint64_t bytes = uint64_t{blocks} * kBlockBytes;
        static constexpr uint8_t kOps[] = {
            io_op::kRead,        io_op::kRead, io_op::kWrite,  io_op::kWrite, io_op::kCompare,
            io_op::kWriteZeroes, io_op::kDsm,  io_op::kVerify, io_op::kFlush, 0xFF};
        flight->op = kOps[dice_() % std::size(kOps)];
        busy_.insert(slot);
        if (flight->op == 0xFF) { // a fused pair
            const uint64_t n = kBlockBytes * (1 + dice_() % 8);
            flight->op = io_op::kCompare;
            flight->expected = known(flight->lba, n);
            if (one_in(3))
                flight->expected[n - 1] ^= std::byte{1};
            auto second = std::make_unique<InFlight>();
            second->op = io_op::kWrite;
            second->slot = slot;
            second->lba = flight->lba;
            second->write = content(n);
            second->fused_second = true;
            Sqe a = Queue::io(io_op::kCompare, 1, flight->lba, static_cast<uint32_t>(n / 512));
            a.flags = 1;
            Sqe b = Queue::io(io_op::kWrite, 1, flight->lba, static_cast<uint32_t>(n / 512));
            b.flags = 2;
            start(q, a, std::move(flight));
            start(q, b, std::move(second));
            return;
        }
        Sqe sqe = Queue::io(flight->op, 1, flight->lba, blocks);
        switch (flight->op) {
        case io_op::kRead:
            flight->read.assign(bytes, std::byte{0xEE});
            flight->expected = known(flight->lba, bytes);
            break;
        case io_op::kWrite:
            flight->write = content(bytes);
            break;
        case io_op::kCompare:
            flight->expected = known(flight->lba, bytes);
            break;
        case io_op::kDsm: {
            sqe = Sqe{};
            sqe.opcode = io_op::kDsm;
            sqe.nsid = 1;
            sqe.cdw11 = 4;
            append_struct(flight->write, DsmRange{0, blocks, flight->lba});
            flight->expected.resize(bytes); // what becomes of the range
            break;
        }
        case io_op::kWriteZeroes:
            flight->expected.resize(bytes);
            break;
        default:
            break;
        }
        start(q, sqe, std::move(flight));
    }

    void start(size_t q, const Sqe& sqe, std::unique_ptr<InFlight> flight) {
        flight->tag = ++tags_;
        const bool compares = flight->op == io_op::kCompare;
        const ByteSpan out = compares ? ByteSpan(flight->expected) : ByteSpan(flight->write);
        queues_[q]->core.submit(sqe, out, flight->read, flight->tag);
        flights_[q].emplace(flight->tag, std::move(flight));
    }

    // Bytes of some queues move, in pieces, some by way of the transfer window.
    void move_bytes() {
        for (size_t q = 0; q < queues_.size(); ++q) {
            if (one_in(3))
                continue;
            Queue& queue = *queues_[q];
            const Bytes out = queue.core.take_output();
            for (size_t at = 0; at < out.size();) {
                const size_t piece =
                    std::min<size_t>(out.size() - at, one_in(4) ? 1 + dice_() % 100 : 1 << 20);
                const auto [window, hold] = world_.core.window(queue.session);
                if (!window.empty() && one_in(2)) {
                    const size_t n = std::min(piece, window.size());
                    std::memcpy(window.data(), out.data() + at, n);
                    world_.core.on_window(queue.session, n, world_.now);
                    at += n;
                } else {
                    world_.core.on_bytes(queue.session, ByteSpan(out).subspan(at, piece),
                                         world_.now);
                    at += piece;
                }
            }
            world_.settle();
            const Bytes in = world_.output(queue.session);
            for (size_t at = 0; at < in.size();) {
                const size_t piece = std::min<size_t>(in.size() - at, 1 + dice_() % 4000);
                queue.core.on_bytes(ByteSpan(in).subspan(at, piece));
                at += piece;
            }
            world_.core.on_sent(queue.session, in.size(), world_.now);
            ASSERT_FALSE(queue.core.failed()) << queue.core.failure()->what;
            ASSERT_FALSE(world_.is_closed(queue.session));
            for (const HostCompletion& done : queue.core.take_completions())
                judge(q, done);
        }
        admin_->exchange();
        admin_->completions.clear();
    }

    void judge(size_t q, const HostCompletion& done) {
        const auto at = flights_[q].find(done.tag);
        ASSERT_NE(at, flights_[q].end()) << "a completion that nobody waits for";
        InFlight& f = *at->second;
        ++completed;
        const uint64_t where = f.lba * kBlockBytes;
        if (done.status == st::kAborted) {
            ++aborted; // only what changes nothing ends this way once storage has it
        } else if (f.op == io_op::kRead) {
            ASSERT_TRUE(done.status.ok());
            ASSERT_EQ(done.received, f.read.size());
            ASSERT_EQ(f.read, f.expected) << "wrong bytes at block " << f.lba;
        } else if (f.op == io_op::kCompare) {
            const bool same = known(f.lba, f.expected.size()) == f.expected;
            if (done.status != st::kAbortedMissingFused)
                ASSERT_EQ(done.status, same ? st::kOk : st::kCompareFailure);
        } else if (f.op == io_op::kWrite && f.fused_second) {
            if (done.status.ok())
                std::copy(f.write.begin(), f.write.end(),
                          model_.begin() + static_cast<std::ptrdiff_t>(where));
            else
                ASSERT_TRUE(done.status == st::kAbortedFailedFused ||
                            done.status == st::kAbortedMissingFused);
        } else {
            ASSERT_TRUE(done.status.ok()) << int{f.op};
            const Bytes& now = f.op == io_op::kWrite ? f.write : f.expected;
            std::copy(now.begin(), now.end(), model_.begin() + static_cast<std::ptrdiff_t>(where));
        }
        const uint64_t slot = f.slot;
        flights_[q].erase(at);
        for (const auto& [tag, other] : flights_[q])
            if (other->slot == slot)
                return; // the other half of a pair
        busy_.erase(slot);
    }

    void serve_some() {
        for (uint64_t n = dice_() % 8; n > 0 && !world_.held.empty(); --n) {
            const auto at =
                world_.held.begin() + static_cast<std::ptrdiff_t>(dice_() % world_.held.size());
            target::IoRequest request = std::move(*at);
            world_.held.erase(at);
            world_.run(std::move(request));
        }
        world_.settle();
    }

    void abort_something() {
        Sqe abort;
        abort.opcode = admin_op::kAbort;
        const auto qid = static_cast<uint32_t>(1 + dice_() % 3);
        abort.cdw10 = qid | static_cast<uint32_t>(dice_() % 31) << 16;
        if (admin_->core.can_submit())
            admin_->core.submit(abort, {}, {}, 0);
    }

    // A connection breaks. What it had in flight may or may not have happened: storage finishes
    // first, then the disk says.
    void lose_queue() {
        while (!world_.held.empty())
            serve_some();
        const size_t q = dice_() % queues_.size();
        world_.core.on_closed(queues_[q]->session, world_.now);
        world_.settle();
        for (const auto& [tag, f] : flights_[q]) {
            busy_.erase(f->slot);
            const auto first = static_cast<std::ptrdiff_t>(f->slot * kSlotBlocks * kBlockBytes);
            const auto bytes = static_cast<std::ptrdiff_t>(kSlotBlocks * kBlockBytes);
            Bytes& disk = world_.disks[1];
            disk.resize(kDiskBytes);
            std::copy_n(disk.begin() + first, bytes, model_.begin() + first);
        }
        flights_[q].clear();
        add_queue(static_cast<uint16_t>(q + 1));
    }

    // Everything in flight ends, and the disk holds what was acknowledged.
    void finish() {
        for (int i = 0; i < 2000; ++i) {
            serve_some();
            move_bytes();
            size_t left = world_.held.size();
            for (const auto& flights : flights_)
                left += flights.size();
            if (left == 0)
                break;
        }
        for (const auto& flights : flights_)
            ASSERT_TRUE(flights.empty()) << flights.size() << " commands hang";
        EXPECT_EQ(world_.core.io_in_flight(), 0u);
        Bytes& disk = world_.disks[1];
        disk.resize(kDiskBytes);
        ASSERT_EQ(disk, model_);
    }

    std::mt19937_64 dice_;
    World world_;
    DigestMode mode_;
    bool flow_ = false;
    uint16_t cntlid_ = 0;
    std::unique_ptr<Queue> admin_;
    std::vector<std::unique_ptr<Queue>> queues_;
    std::vector<std::map<uint64_t, std::unique_ptr<InFlight>>> flights_;
    std::set<uint64_t> busy_;
    Bytes model_;
    uint64_t tags_ = 0;
    uint64_t stamps_ = 0;
};

TEST(RandomHost, NeverSeesAWrongByteALostCompletionOrAHang) {
    const char* only = std::getenv("PF_FUZZ_SEED");
    const char* count = std::getenv("PF_FUZZ_RUNS");
    const uint64_t first = only ? std::strtoull(only, nullptr, 10) : 1;
    const uint64_t runs = only ? 1 : count ? std::strtoull(count, nullptr, 10) : 40;
    uint64_t completed = 0, aborted = 0;
    for (uint64_t seed = first; seed < first + runs; ++seed) {
        SCOPED_TRACE("PF_FUZZ_SEED=" + std::to_string(seed));
        RandomHost host(seed);
        host.run(1500);
        completed += host.completed;
        aborted += host.aborted;
        if (HasFatalFailure() || HasNonfatalFailure())
            return;
    }
    if (!only) {
        EXPECT_GT(completed, runs * 300);
        EXPECT_GT(aborted, 0u);
    }
}

// Two days of nothing but keep-alive.
TEST(LongRun, IdleKeepAliveFor48Hours) {
    World world;
    world.set_view(World::default_view());
    Connected host(world, kHostA, 10'000);
    Connected other(world, kHostB, 0);
    ASSERT_TRUE(host.ok && other.ok);
    const auto end = world.now + 48h;
    Sqe alive;
    alive.opcode = admin_op::kKeepAlive;
    auto next = world.now;
    while (world.now < end) {
        world.now = std::min(world.core.next_deadline(world.now), next);
        world.core.tick(world.now);
        if (world.now >= next) {
            const auto done = host.admin.run(alive);
            ASSERT_TRUE(done && done->status.ok());
            next = world.now + 5s;
        }
    }
    EXPECT_EQ(world.core.controllers().size(), 2u);
    Bytes block(512);
    EXPECT_TRUE(host.io->read(1, 0, block).ok());
    EXPECT_TRUE(other.io->read(2, 0, block).ok());
    EXPECT_EQ(world.core.counters().keep_alive_expired, 0u);
}

} // namespace
} // namespace pf::nvme::test
