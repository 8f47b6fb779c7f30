// Task, Executor, cancellation and the waiting primitives, on a real reactor.
#include "backend/rt/gate.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/rt/sync.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pf::rt {
namespace {

class RtTest : public testing::Test {
  protected:
    std::unique_ptr<Reactor> reactor_ = Reactor::create().value();
    Reactor& r() { return *reactor_; }
    MonoTime in(std::chrono::milliseconds delay) { return mono_now() + delay; }
};

Task<int> leaf(int value) { co_return value; }

Task<int> sum_inline(int count) {
    int sum = 0;
    for (int i = 0; i < count; ++i) {
        sum += co_await leaf(1);
    }
    co_return sum;
}

TEST_F(RtTest, ALoopOverTasksThatNeverSuspendKeepsTheStackFlat) {
    EXPECT_EQ(r().block_on(sum_inline(300'000)), 300'000);
}

Task<int> nested(Executor& executor, int depth) {
    if (depth == 0) {
        co_await yield(executor);
        co_return 0;
    }
    auto below = nested(executor, depth - 1);
    co_return 1 + co_await std::move(below);
}

TEST_F(RtTest, DeepSuspendedChainsReturnThroughAllLevels) {
    EXPECT_EQ(r().block_on(nested(r(), 1000)), 1000);
}

Task<std::unique_ptr<std::string>> make_text() {
    co_return std::make_unique<std::string>("moved, never copied");
}

TEST_F(RtTest, MoveOnlyValuesTravel) {
    EXPECT_EQ(*r().block_on(make_text()), "moved, never copied");
}

TEST_F(RtTest, ATaskThatIsNeverAwaitedNeverRuns) {
    bool ran = false;
    auto body = [&]() -> Task<void> {
        ran = true;
        co_return;
    };
    { auto unused = body(); }
    EXPECT_FALSE(ran);
}

TEST_F(RtTest, SleepEndsNotBeforeItsTime) {
    MonoTime until = in(15ms);
    auto ended = r().block_on(sleep_until(r(), until));
    EXPECT_TRUE(ended);
    EXPECT_GE(mono_now(), until);
}

TEST_F(RtTest, TimersFireInOrderOfTimeThenOfArming) {
    std::vector<int> order;
    Gate gate(r());
    MonoTime base = in(5ms);
    auto sleeper = [&](MonoTime when, int tag) -> Task<void> {
        (void)co_await sleep_until(r(), when);
        order.push_back(tag);
    };
    gate.spawn(sleeper(base + 2ms, 3));
    gate.spawn(sleeper(base, 1));
    gate.spawn(sleeper(base, 2));
    gate.spawn(sleeper(base + 4ms, 4));
    r().block_on(gate.close());
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST(TimerHeapTest, RandomArmAndDisarmKeepsTheOrder) {
    struct Node : TimerNode {
        Node() : TimerNode([](TimerNode& n) { static_cast<Node&>(n).fired = true; }) {}
        bool fired = false;
        MonoTime when{};
    };
    TimerHeap heap;
    std::vector<std::unique_ptr<Node>> nodes;
    std::uint32_t seed = 12345;
    auto next = [&] { return seed = seed * 1664525u + 1013904223u; };
    for (int i = 0; i < 500; ++i) {
        nodes.push_back(std::make_unique<Node>());
        nodes.back()->when = MonoTime(std::chrono::nanoseconds(next() % 1000));
        heap.arm(*nodes.back(), nodes.back()->when);
    }
    for (int i = 0; i < 500; i += 3) {
        heap.disarm(*nodes[static_cast<std::size_t>(i)]);
    }
    MonoTime last{};
    while (!heap.empty()) {
        MonoTime due = heap.next();
        EXPECT_GE(due, last);
        last = due;
        EXPECT_FALSE(heap.fire_one(due - 1ns));
        EXPECT_TRUE(heap.fire_one(due));
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        EXPECT_EQ(nodes[i]->fired, i % 3 != 0) << i;
    }
}

TEST_F(RtTest, CancelEndsASleepAtOnce) {
    CancelSource source;
    Gate gate(r());
    Errc code = Errc::Internal;
    auto sleeper = [&]() -> Task<void> {
        auto ended = co_await sleep_until(r(), kNever, source.token());
        code = ended.error().code;
    };
    gate.spawn(sleeper());
    source.cancel();
    source.cancel();
    r().block_on(gate.close());
    EXPECT_EQ(code, Errc::Cancelled);
    EXPECT_EQ(r().block_on(sleep_until(r(), kNever, source.token())).error().code, Errc::Cancelled);
}

TEST_F(RtTest, AChildSourceFollowsItsParentAndNotTheOtherWay) {
    CancelSource parent;
    CancelSource child(parent.token());
    CancelSource other(parent.token());
    child.cancel();
    EXPECT_FALSE(parent.cancelled());
    parent.cancel();
    EXPECT_TRUE(other.token().cancelled());
    CancelSource late(parent.token());
    EXPECT_TRUE(late.cancelled());
}

TEST_F(RtTest, ATokenMayOutliveItsSource) {
    CancelToken token;
    {
        CancelSource source;
        token = source.token();
    }
    EXPECT_FALSE(token.cancelled());
    EXPECT_TRUE(r().block_on(sleep_until(r(), in(1ms), token)));
}

TEST_F(RtTest, WithDeadlineEndsTheWorkAndWaitsForIt) {
    bool cleaned_up = false;
    auto work = [&](CancelToken token) -> Task<Result<int>> {
        auto ended = co_await sleep_until(r(), kNever, token);
        cleaned_up = true;
        co_return tl::unexpected(ended.error());
    };
    auto late = r().block_on(with_deadline(r(), in(3ms), {}, work));
    EXPECT_EQ(late.error().code, Errc::Timeout);
    EXPECT_TRUE(cleaned_up);

    auto quick = [](CancelToken) -> Task<Result<int>> { co_return 7; };
    EXPECT_EQ(r().block_on(with_deadline(r(), in(1000ms), {}, quick)).value(), 7);

    CancelSource parent;
    parent.cancel();
    auto dropped = r().block_on(with_deadline(r(), kNever, parent.token(), work));
    EXPECT_EQ(dropped.error().code, Errc::Cancelled);
}

TEST_F(RtTest, EventWakesAllAndStaysSet) {
    Event event(r());
    Gate gate(r());
    int woken = 0;
    auto waiter = [&]() -> Task<void> {
        if (co_await event.wait(kNever)) {
            ++woken;
        }
    };
    gate.spawn(waiter());
    gate.spawn(waiter());
    EXPECT_EQ(woken, 0);
    event.set();
    EXPECT_EQ(woken, 0) << "waiters run from the loop, not inside set()";
    gate.spawn(waiter());
    r().block_on(gate.close());
    EXPECT_EQ(woken, 3);
    event.clear();
    EXPECT_EQ(r().block_on(event.wait(in(1ms))).error().code, Errc::Timeout);
}

TEST_F(RtTest, MutexIsExclusiveAndFair) {
    Mutex mutex(r());
    Gate gate(r());
    std::vector<int> order;
    int inside = 0;
    auto worker = [&](int tag) -> Task<void> {
        auto lock = (co_await mutex.lock(kNever)).value();
        EXPECT_EQ(++inside, 1);
        co_await yield(r());
        order.push_back(tag);
        --inside;
    };
    for (int i = 0; i < 5; ++i) {
        gate.spawn(worker(i));
    }
    r().block_on(gate.close());
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_FALSE(mutex.locked());
}

TEST_F(RtTest, AWaiterThatGivesUpDoesNotBlockTheSemaphoreBehindIt) {
    Semaphore semaphore(r(), 2);
    ASSERT_TRUE(semaphore.try_acquire(1));
    Gate gate(r());
    Errc big = Errc::Internal;
    bool small = false;
    auto large = [&]() -> Task<void> {
        auto got = co_await semaphore.acquire(2, in(2ms));
        big = got ? Errc::Internal : got.error().code;
    };
    auto little = [&]() -> Task<void> {
        small = static_cast<bool>(co_await semaphore.acquire(1, kNever));
    };
    gate.spawn(large());
    gate.spawn(little());
    EXPECT_FALSE(small) << "first in, first out";
    r().block_on(gate.close());
    EXPECT_EQ(big, Errc::Timeout);
    EXPECT_TRUE(small);
    EXPECT_EQ(semaphore.available(), 0u);
}

TEST_F(RtTest, ChannelIsBoundedAndDrainsAfterClose) {
    Channel<std::unique_ptr<int>> channel(r(), 2);
    Gate gate(r());
    std::size_t high_water = 0;
    auto producer = [&]() -> Task<void> {
        for (int i = 0; i < 10; ++i) {
            auto value = std::make_unique<int>(i);
            auto pushed = channel.push(std::move(value), kNever);
            EXPECT_TRUE(co_await std::move(pushed));
            high_water = std::max(high_water, channel.size());
        }
        channel.close();
    };
    std::vector<int> seen;
    auto consumer = [&]() -> Task<void> {
        for (;;) {
            auto value = co_await channel.pop(kNever);
            if (!value) {
                EXPECT_EQ(value.error().code, Errc::Cancelled);
                co_return;
            }
            seen.push_back(**value);
        }
    };
    gate.spawn(producer());
    gate.spawn(consumer());
    r().block_on(gate.close());
    EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_LE(high_water, 2u);
    EXPECT_FALSE(channel.try_push(std::make_unique<int>(1)));
}

TEST_F(RtTest, GateRefusesAfterCloseAndWaitsForTheLast) {
    Gate gate(r());
    bool done = false;
    auto slow = [&]() -> Task<void> {
        (void)co_await sleep_until(r(), in(3ms));
        done = true;
    };
    EXPECT_TRUE(gate.spawn(slow()));
    r().block_on(gate.close());
    EXPECT_TRUE(done);
    EXPECT_FALSE(gate.spawn(slow()));
    r().block_on(gate.close());
}

TEST(ReactorThreadTest, RunSyncAndPostComeFromOtherThreads) {
    auto thread = ReactorThread::create().value();
    Reactor& reactor = thread->reactor();
    std::atomic<int> posted{0};
    std::vector<std::thread> callers;
    std::atomic<int> sum{0};
    for (int t = 0; t < 4; ++t) {
        callers.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                reactor.post([&] { ++posted; });
                auto task = [](Reactor& r, int value) -> Task<int> {
                    co_await yield(r);
                    co_return value;
                };
                sum += thread->run_sync(task(reactor, 1));
            }
        });
    }
    for (auto& caller : callers) {
        caller.join();
    }
    EXPECT_EQ(sum, 800);
    thread->run_sync([]() -> Task<void> { co_return; }());
    EXPECT_EQ(posted, 800);
}

TEST(ReactorThreadTest, SpinningReactorStillSleepsAndStops) {
    ReactorOptions options;
    options.spin = std::chrono::microseconds(50);
    auto thread = ReactorThread::create(options).value();
    auto nap = [](Reactor& r) -> Task<bool> {
        co_return static_cast<bool>(co_await sleep_until(r, mono_now() + 2ms));
    };
    EXPECT_TRUE(thread->run_sync(nap(thread->reactor())));
}

} // namespace
} // namespace pf::rt
