// Task<T>: the one coroutine type of the backend.
//
// Lazy: nothing runs until it is awaited (or handed to Gate::spawn / Reactor::block_on / run_sync).
// Move-only, awaited at most once, on the thread of the Executor that runs it. Errors travel as
// Result<T>; an exception that escapes a task ends the process, since no caller could know in which
// state it left the data.
//
// A task that completes without suspending costs no trip through the executor: the awaiting side
// starts it inline and, when it is already done, goes on without having been suspended. That also
// keeps the stack flat in loops over such tasks with compilers that don't turn symmetric transfer
// into a tail call (GCC without optimisation, sanitizer builds).
//
// GCC 12 destroys twice an aggregate temporary with non-trivial members, or a lambda with
// non-trivial captures, that is created inside a co_await expression. Name such a value first.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace pf::rt {

template<class T = void>
class Task;

namespace detail {

class TaskPromiseBase {
  public:
    std::suspend_always initial_suspend() noexcept { return {}; }

    struct FinalAwaiter {
        bool await_ready() noexcept { return false; }
        template<class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
            TaskPromiseBase& promise = self.promise();
            if (promise.starting_) {
                promise.done_inline_ = true;
                return std::noop_coroutine();
            }
            return promise.continuation_;
        }
        void await_resume() noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }

    // Starts the task on behalf of `awaiting`. False: it has finished already.
    bool start(std::coroutine_handle<> self, std::coroutine_handle<> awaiting) {
        continuation_ = awaiting;
        starting_ = true;
        self.resume();
        if (done_inline_) {
            return false;
        }
        starting_ = false;
        return true;
    }

  private:
    std::coroutine_handle<> continuation_ = std::noop_coroutine();
    bool starting_ = false;
    bool done_inline_ = false;
};

template<class T>
class TaskPromise : public TaskPromiseBase {
  public:
    Task<T> get_return_object() noexcept;
    template<class U>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    T take() { return std::move(*value_); }

  private:
    std::optional<T> value_;
};

template<>
class TaskPromise<void> : public TaskPromiseBase {
  public:
    Task<void> get_return_object() noexcept;
    void return_void() noexcept {}
    void take() noexcept {}
};

} // namespace detail

template<class T>
class [[nodiscard]] Task {
  public:
    using promise_type = detail::TaskPromise<T>;
    using value_type = T;

    Task() noexcept = default;
    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, {});
        }
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() { reset(); }

    explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

    class Awaiter {
      public:
        explicit Awaiter(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
        bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> awaiting) {
            return handle_.promise().start(handle_, awaiting);
        }
        T await_resume() { return handle_.promise().take(); }

      private:
        std::coroutine_handle<promise_type> handle_;
    };
    // The frame lives as long as this Task object, which the awaiting expression keeps alive.
    Awaiter operator co_await() && noexcept { return Awaiter(handle_); }
    Awaiter operator co_await() & noexcept { return Awaiter(handle_); }

  private:
    void reset() noexcept {
        if (handle_) {
            std::exchange(handle_, {}).destroy();
        }
    }
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template<class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

// A coroutine that runs at once and frees itself at its end. Only for the runtime's own entry
// points (Gate, block_on): everything else belongs to an owner that waits for it.
struct Detached {
    struct promise_type {
        Detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
};

} // namespace detail
} // namespace pf::rt
