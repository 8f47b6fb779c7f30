// Executor: one thread of run-to-completion work, its clock and its timers.
//
// Everything that waits in the backend waits on an Executor. rt::Reactor is the real one; a
// simulated one with virtual time implements the same few functions, so that the code above runs
// unchanged in both. All members but post() may be called on the executor's own thread only.
#pragma once

#include "base/clock.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace pf::rt {

// "No deadline", written out where a wait is ended by something else (a close, a cancellation).
inline constexpr MonoTime kNever = MonoTime::max();

// A timer owned by whoever waits; the executor only links it. Must be disarmed before it dies.
class TimerNode {
  public:
    using Fire = void (*)(TimerNode&);
    explicit TimerNode(Fire fire) noexcept : fire_(fire) {}
    TimerNode(const TimerNode&) = delete;
    TimerNode& operator=(const TimerNode&) = delete;
    bool armed() const noexcept { return index_ != kIdle; }

  private:
    friend class TimerHeap;
    static constexpr std::size_t kIdle = static_cast<std::size_t>(-1);
    Fire fire_;
    MonoTime when_{};
    std::uint64_t order_ = 0; // ties fire in the order they were armed: deterministic
    std::size_t index_ = kIdle;
};

// Binary heap of intrusive timers; arm and disarm are O(log n) and allocate nothing per timer.
class TimerHeap {
  public:
    void arm(TimerNode& node, MonoTime when);
    void disarm(TimerNode& node);
    bool empty() const noexcept { return heap_.empty(); }
    MonoTime next() const noexcept { return heap_.empty() ? kNever : heap_.front()->when_; }
    // Fires the earliest timer if it is due; false when none is.
    bool fire_one(MonoTime now);

  private:
    bool before(const TimerNode& a, const TimerNode& b) const noexcept;
    void place(std::size_t index, TimerNode* node) noexcept;
    void sift_up(std::size_t index);
    void sift_down(std::size_t index);
    std::vector<TimerNode*> heap_;
    std::uint64_t next_order_ = 0;
};

class Executor {
  public:
    using Callback = void (*)(void*);

    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    // The time at the start of this turn of the loop; never goes back.
    virtual MonoTime now() const noexcept = 0;

    // Calls fn(arg) from the loop, after the current one has returned, first in first out.
    virtual void defer(Callback fn, void* arg) = 0;
    void resume_soon(std::coroutine_handle<> handle) {
        defer([](void* frame) { std::coroutine_handle<>::from_address(frame).resume(); },
              handle.address());
    }

    // From any thread: runs fn on the executor's thread. Never blocks on the loop's progress.
    // Functions still queued when the executor is destroyed are destroyed unrun.
    virtual void post(std::function<void()> fn) = 0;

    void arm_timer(TimerNode& node, MonoTime when) { timers_.arm(node, when); }
    void disarm_timer(TimerNode& node) { timers_.disarm(node); }

    // I/O that succeeds at once does not suspend; so that a busy peer cannot keep the loop to
    // itself, every such success spends from a budget that each turn renews. False: suspend.
    bool spend_budget() noexcept {
        if (budget_ == 0) {
            return false;
        }
        --budget_;
        return true;
    }

  protected:
    static constexpr unsigned kBudgetPerTurn = 64;
    void renew_budget() noexcept { budget_ = kBudgetPerTurn; }
    TimerHeap timers_;

  private:
    unsigned budget_ = kBudgetPerTurn;
};

// co_await yield(executor): lets everything else that is ready run first.
class YieldAwaiter {
  public:
    explicit YieldAwaiter(Executor& executor) noexcept : executor_(executor) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { executor_.resume_soon(handle); }
    void await_resume() const noexcept {}

  private:
    Executor& executor_;
};
inline YieldAwaiter yield(Executor& executor) noexcept { return YieldAwaiter(executor); }

} // namespace pf::rt
