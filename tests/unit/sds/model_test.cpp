// Two data servers under a seeded storm: kills, broken connections, lost leases, slow disks. The
// oracle is a register per block: each has one writer that counts up, and any number of readers.
//
//   - a read gives at least the last value acknowledged before it began (nothing acknowledged is
//     lost), at most the last value ever sent (nothing invented),
//   - reads of one block never go back (no old data after newer data has been seen),
//   - when the storm is over everything comes back, the copies are equal.
//
// A failing seed is printed; run it with PF_SEED=n.
#include "tests/unit/sds/fakes.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace pf::sds::test {
namespace {

using proto::Op;
using proto::Status;

constexpr std::size_t kRegisters = 20;

struct Register {
    std::uint64_t unit = 0;
    std::uint32_t offset_bytes = 0;
    std::uint64_t sent = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t seen = 0; // the largest value that any finished read gave
};

class Storm {
  public:
    explicit Storm(std::uint64_t seed) : w_(seed, 3) {
        for (std::size_t i = 0; i < kRegisters; ++i) {
            Register r;
            r.unit = i < 8 ? i % 3 : i; // later ones make new units, also while a copy is made
            // Some share a block with a neighbour, so that read-modify-write is in it.
            r.offset_bytes = static_cast<std::uint32_t>(i * 2048 + (i % 3) * 65536);
            registers_.push_back(r);
        }
    }

    void run() {
        for (std::size_t i = 0; i < kRegisters; ++i) {
            w_.gate.spawn(writer(i));
            w_.gate.spawn(reader(i));
        }
        for (int step = 0; step < 40; ++step) {
            w_.advance(w_.executor.some(400));
            disturb();
        }
        calm();
        stop_ = true;
        w_.advance(milliseconds(12'000));
        EXPECT_EQ(running_, 0) << "a request never ended";
        EXPECT_EQ(w_.comb.state, map::CombState::Normal);
        // Per register, from both copies.
        EXPECT_EQ(w_.servers[0].disk.units, w_.servers[1].disk.units);
        for (std::size_t i = 0; i < kRegisters; ++i) {
            finals(i);
        }
        EXPECT_GT(acknowledged_, 50U) << "the storm left no room for work";
    }
    std::uint64_t acknowledged() const { return acknowledged_; }

  private:
    static constexpr std::uint32_t kPiece = 1024; // bytes of a register

    void disturb() {
        TestExecutor& x = w_.executor;
        const std::size_t victim = x.random() % 2;
        switch (x.random() % 8) {
        case 0:
        case 1:
            if (w_.servers[victim].process) {
                w_.kill(victim);
            }
            break;
        case 2:
        case 3:
        case 4:
            for (std::size_t i = 0; i < 2; ++i) {
                if (!w_.servers[i].process) {
                    w_.start(i);
                }
            }
            break;
        case 5:
            w_.break_links(victim);
            break;
        case 6:
            w_.cut_from_mdm(victim);
            break;
        default:
            w_.heal(0);
            w_.heal(1);
            w_.drop_percent = w_.drop_percent == 0 ? 5 : 0;
            break;
        }
    }
    void calm() {
        w_.drop_percent = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            w_.heal(i);
            if (!w_.servers[i].process) {
                w_.start(i);
            }
        }
        w_.advance(milliseconds(6000));
    }

    Request request(const Register& r, Op op) {
        Request request = World::make(op, w_.comb.generation.value, r.unit, r.offset_bytes, kPiece);
        return request;
    }
    // Sends until there is an outcome, as the client does. Nothing: gave up, unknown.
    rt::Task<std::optional<Response>> until_answered(Request request, map::Comb& view) {
        const MonoTime begun = w_.executor.now();
        std::optional<MonoTime> first_sent;
        while (w_.executor.now() < begun + milliseconds(4000)) {
            // Clients learn of a new map late, some of them only by being refused.
            if (w_.executor.chance(30)) {
                view = w_.comb;
            }
            request.header.generation = view.generation.value;
            const MonoTime now = w_.executor.now();
            if (first_sent) {
                request.header.flags |= proto::kFlagResend;
                request.header.age_ms = static_cast<std::uint32_t>(
                    std::chrono::duration_cast<milliseconds>(now - *first_sent).count());
            }
            auto sending = w_.send(view.primary, request);
            Response response = co_await std::move(sending);
            switch (response.header.status) {
            case Status::Ok:
            case Status::OutcomeUnknown:
            case Status::Failed:
            case Status::InvalidRequest:
                co_return response;
            default:
                if ((response.header.detail == 1 || response.header.detail == 98) && !first_sent) {
                    first_sent = now;
                }
            }
            (void)co_await rt::sleep_until(w_.executor, w_.executor.now() + milliseconds(7));
        }
        co_return std::nullopt;
    }

    rt::Task<void> writer(std::size_t index) {
        ++running_;
        Register& r = registers_[index];
        map::Comb view = w_.comb;
        if (index >= 8) {
            (void)co_await rt::sleep_until(w_.executor, w_.executor.now() + w_.executor.some(7000));
        }
        std::uint64_t sequence = 0;
        while (!stop_) {
            Request request = this->request(r, Op::Write);
            const std::uint64_t value = ++r.sent;
            request.payload = rt::IoBuffer::allocate(kPiece);
            for (std::size_t at = 0; at < kPiece; at += sizeof(value)) {
                std::memcpy(request.payload.data() + at, &value, sizeof(value));
            }
            request.header.payload_bytes = kPiece;
            request.header.session = 1;
            request.header.request_id =
                proto::make_request_id(++sequence, static_cast<std::uint32_t>(index));
            auto answering = until_answered(std::move(request), view);
            const auto response = co_await std::move(answering);
            if (response && response->header.status == Status::Ok) {
                r.acknowledged = value;
                ++acknowledged_;
            } else {
                EXPECT_TRUE(!response || response->header.status == Status::OutcomeUnknown)
                    << proto::to_string(response->header.status);
            }
            // Now and then a long rest: what went wrong with the last write is not mended by the
            // next.
            const unsigned rest = w_.executor.chance(30) ? 5000 : 20;
            (void)co_await rt::sleep_until(w_.executor, w_.executor.now() + w_.executor.some(rest));
        }
        --running_;
    }

    rt::Task<void> reader(std::size_t index) {
        ++running_;
        map::Comb view = w_.comb;
        while (!stop_) {
            const std::uint64_t at_least =
                std::max(registers_[index].acknowledged, registers_[index].seen);
            auto answering = until_answered(request(registers_[index], Op::Read), view);
            const auto response = co_await std::move(answering);
            if (response && response->header.status == Status::Ok) {
                check(index, *response, at_least);
            }
            (void)co_await rt::sleep_until(w_.executor, w_.executor.now() + w_.executor.some(20));
        }
        --running_;
    }

    void check(std::size_t index, const Response& response, std::uint64_t at_least) {
        Register& r = registers_[index];
        std::uint64_t value = 0;
        const std::byte* bytes = response.payload.data() + response.payload_offset;
        std::memcpy(&value, bytes, sizeof(value));
        for (std::size_t at = 0; at < kPiece; at += sizeof(value)) {
            ASSERT_EQ(std::memcmp(bytes + at, &value, sizeof(value)), 0)
                << "torn, register " << index;
        }
        ASSERT_GE(value, at_least) << "old data or a lost write, register " << index;
        ASSERT_LE(value, r.sent) << "out of nowhere, register " << index;
        r.seen = std::max(r.seen, value);
    }

    void finals(std::size_t index) {
        for (int copy = 0; copy < 2; ++copy) {
            map::Comb view = w_.comb;
            auto answering = until_answered(request(registers_[index], Op::Read), view);
            const auto response = w_.executor.wait(std::move(answering));
            ASSERT_TRUE(response && response->header.status == Status::Ok);
            check(index, *response,
                  std::max(registers_[index].acknowledged, registers_[index].seen));
        }
    }

    World w_;
    std::vector<Register> registers_;
    bool stop_ = false;
    int running_ = 0;
    std::uint64_t acknowledged_ = 0;
};

TEST(ReplicationModel, AcknowledgedWritesSurviveAnyStorm) {
    std::uint64_t first = 1;
    std::uint64_t count = 60;
    if (const char* seed = std::getenv("PF_SEED")) {
        first = std::strtoull(seed, nullptr, 10);
        count = 1;
    }
    if (const char* seeds = std::getenv("PF_SEEDS")) {
        count = std::strtoull(seeds, nullptr, 10);
    }
    std::uint64_t acknowledged = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        SCOPED_TRACE(testing::Message() << "PF_SEED=" << seed);
        Storm storm(seed);
        storm.run();
        acknowledged += storm.acknowledged();
        if (HasFailure()) {
            return;
        }
    }
    RecordProperty("acknowledged", static_cast<int>(acknowledged));
}

} // namespace
} // namespace pf::sds::test
