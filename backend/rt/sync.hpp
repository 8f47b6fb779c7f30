// Waiting for one another on one executor: Event, Mutex, Semaphore, Channel, sleep_until,
// with_deadline. Nothing here is thread-safe; another thread comes in by Executor::post.
//
// Every wait takes a deadline (kNever where something else ends it) and may take a CancelToken; it
// answers Ok, Errc::Timeout or Errc::Cancelled. Waiters are served first in, first out. Whoever is
// woken runs from the loop, never inside the call that woke it. Objects must outlive their waiters.
#pragma once

#include "backend/rt/cancel.hpp"
#include "backend/rt/executor.hpp"
#include "backend/rt/task.hpp"
#include "base/result.hpp"

#include <coroutine>
#include <cstddef>
#include <deque>
#include <type_traits>
#include <utility>

namespace pf::rt {

class WaitQueue;

// One suspended coroutine in one queue. An awaitable itself: co_await queue.wait(...).
class [[nodiscard]] Parked {
  public:
    Parked(WaitQueue& queue, MonoTime deadline, CancelToken token) noexcept;
    Parked(const Parked&) = delete;
    Parked& operator=(const Parked&) = delete;
    ~Parked();

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> handle);
    Result<void> await_resume();

    std::size_t amount = 0; // what a semaphore's waiter asks for

  private:
    friend class WaitQueue;
    struct Alarm : TimerNode {
        explicit Alarm(Parked& p) noexcept;
        Parked& parked;
    };
    struct Cancelled : CancelHook {
        explicit Cancelled(Parked& p) noexcept;
        Parked& parked;
    };
    enum class Outcome { Waiting, Woken, Timeout, Cancelled };
    void finish(Outcome outcome);

    WaitQueue& queue_;
    Parked* prev_ = nullptr;
    Parked* next_ = nullptr;
    MonoTime deadline_;
    CancelToken token_;
    Alarm alarm_;
    Cancelled hook_;
    std::coroutine_handle<> handle_;
    Outcome outcome_ = Outcome::Waiting;
};

// The building block of the rest: a FIFO of parked coroutines.
class WaitQueue {
  public:
    explicit WaitQueue(Executor& executor) noexcept : executor_(executor) {}
    WaitQueue(const WaitQueue&) = delete;
    WaitQueue& operator=(const WaitQueue&) = delete;
    ~WaitQueue();

    Parked wait(MonoTime deadline, CancelToken token = {}) {
        return Parked(*this, deadline, std::move(token));
    }
    bool wake_one();
    void wake_all();
    bool empty() const noexcept { return head_ == nullptr; }
    Parked* front() noexcept { return head_; }
    Executor& executor() noexcept { return executor_; }

  private:
    friend class Parked;
    void push(Parked& parked) noexcept;
    void remove(Parked& parked) noexcept;
    Executor& executor_;
    Parked* head_ = nullptr;
    Parked* tail_ = nullptr;
};

// Stays set until cleared.
class Event {
  public:
    explicit Event(Executor& executor) noexcept : waiters_(executor) {}
    bool is_set() const noexcept { return set_; }
    void set() {
        set_ = true;
        waiters_.wake_all();
    }
    void clear() noexcept { set_ = false; }
    Task<Result<void>> wait(MonoTime deadline, CancelToken token = {});

  private:
    WaitQueue waiters_;
    bool set_ = false;
};

class Semaphore {
  public:
    Semaphore(Executor& executor, std::size_t units) noexcept : waiters_(executor), units_(units) {}
    // Precondition: amount never exceeds what the semaphore holds in all, or it waits for ever.
    Task<Result<void>> acquire(std::size_t amount, MonoTime deadline, CancelToken token = {});
    bool try_acquire(std::size_t amount) noexcept;
    void release(std::size_t amount);
    std::size_t available() const noexcept { return units_; }

  private:
    WaitQueue waiters_;
    std::size_t units_;
};

class Mutex {
  public:
    // Unlocks when it dies. Movable, so that it can be returned and stored.
    class [[nodiscard]] Lock {
      public:
        Lock() noexcept = default;
        explicit Lock(Mutex& mutex) noexcept : mutex_(&mutex) {}
        Lock(Lock&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        Lock& operator=(Lock&& other) noexcept {
            if (this != &other) {
                unlock();
                mutex_ = std::exchange(other.mutex_, nullptr);
            }
            return *this;
        }
        ~Lock() { unlock(); }
        void unlock() {
            if (mutex_ != nullptr) {
                std::exchange(mutex_, nullptr)->one_.release(1);
            }
        }

      private:
        Mutex* mutex_ = nullptr;
    };

    explicit Mutex(Executor& executor) noexcept : one_(executor, 1) {}
    Task<Result<Lock>> lock(MonoTime deadline, CancelToken token = {});
    bool locked() const noexcept { return one_.available() == 0; }

  private:
    Semaphore one_;
};

// A bounded queue between tasks. close() lets the readers drain what is in it.
template<class T>
class Channel {
  public:
    Channel(Executor& executor, std::size_t capacity)
        : not_empty_(executor), not_full_(executor), capacity_(capacity) {}

    // Errc::Cancelled when the channel is closed; the value is then gone.
    Task<Result<void>> push(T value, MonoTime deadline, CancelToken token = {}) {
        while (!closed_ && items_.size() >= capacity_) {
            auto woken = co_await not_full_.wait(deadline, token);
            if (!woken) {
                co_return tl::unexpected(std::move(woken.error()));
            }
        }
        if (closed_) {
            co_return fail(Errc::Cancelled, "channel is closed");
        }
        items_.push_back(std::move(value));
        not_empty_.wake_one();
        co_return Result<void>{};
    }
    // False when full or closed; `value` is untouched then.
    bool try_push(T&& value) {
        if (closed_ || items_.size() >= capacity_) {
            return false;
        }
        items_.push_back(std::move(value));
        not_empty_.wake_one();
        return true;
    }
    // Errc::Cancelled when the channel is closed and empty.
    Task<Result<T>> pop(MonoTime deadline, CancelToken token = {}) {
        while (items_.empty()) {
            if (closed_) {
                co_return fail(Errc::Cancelled, "channel is closed");
            }
            auto woken = co_await not_empty_.wait(deadline, token);
            if (!woken) {
                co_return tl::unexpected(std::move(woken.error()));
            }
        }
        T value = std::move(items_.front());
        items_.pop_front();
        not_full_.wake_one();
        // A wake-up that met a reader which timed out meanwhile must not be lost.
        if (!items_.empty()) {
            not_empty_.wake_one();
        }
        co_return Result<T>(std::move(value));
    }
    void close() {
        closed_ = true;
        not_empty_.wake_all();
        not_full_.wake_all();
    }
    bool closed() const noexcept { return closed_; }
    std::size_t size() const noexcept { return items_.size(); }

  private:
    WaitQueue not_empty_;
    WaitQueue not_full_;
    std::deque<T> items_;
    std::size_t capacity_;
    bool closed_ = false;
};

// Ok when the time has come, Errc::Cancelled when the token fired first.
Task<Result<void>> sleep_until(Executor& executor, MonoTime when, CancelToken token = {});

// Runs make(token) and fires that token when the deadline passes or the parent token fires. Waits
// for the task in any case, so nothing is left behind; Errc::Timeout when the deadline ended it.
// `make` is a callable CancelToken -> Task<Result<T>>; name a capturing lambda before the co_await.
template<class Make>
auto with_deadline(Executor& executor, MonoTime deadline, CancelToken parent, Make make)
    -> std::invoke_result_t<Make&, CancelToken> {
    struct Alarm : TimerNode {
        Alarm(Executor& e, CancelSource& s)
            : TimerNode([](TimerNode& node) {
                  auto& self = static_cast<Alarm&>(node);
                  self.fired = true;
                  self.source.cancel();
              }),
              executor(e), source(s) {}
        ~Alarm() { executor.disarm_timer(*this); }
        Executor& executor;
        CancelSource& source;
        bool fired = false;
    };
    CancelSource source(parent);
    Alarm alarm(executor, source);
    if (deadline != kNever) {
        executor.arm_timer(alarm, deadline);
    }
    auto task = make(source.token());
    auto result = co_await std::move(task);
    if (!result && result.error().code == Errc::Cancelled && alarm.fired) {
        co_return fail(Errc::Timeout, "deadline passed");
    }
    co_return result;
}

} // namespace pf::rt
