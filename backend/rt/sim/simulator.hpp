// Simulator: an Executor in virtual time. Nothing sleeps: when no work is ready, the clock jumps to
// the next timer. With SimNetwork and CrashDisk on it, whole clusters run in one thread, many times
// faster than real time, and one seed reproduces a run to the last byte.
#pragma once

#include "backend/rt/executor.hpp"
#include "backend/rt/task.hpp"
#include "base/clock.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <type_traits>
#include <vector>

namespace pf::rt::sim {

class Simulator final : public Executor {
  public:
    explicit Simulator(std::uint64_t seed) : random_(seed) {}

    MonoTime now() const noexcept override { return now_; }
    void defer(Callback fn, void* arg) override { ready_.push_back(Ready{fn, arg}); }
    void post(std::function<void()> fn) override; // any thread, but then no seed reproduces it

    // One ready item, or the next timer. False: nothing is left to happen.
    bool step();
    // Runs what happens until then; the clock stands at `until` afterwards.
    void run_until(MonoTime until);
    void run_for(Duration time) { run_until(now_ + time); }

    // Runs until the task has ended. Asserts when it waits for something that can't happen.
    template<class T>
    T block_on(Task<T> task) {
        if constexpr (std::is_void_v<T>) {
            bool done = false;
            drive_void(done, std::move(task));
            while (!done) {
                must_step();
            }
        } else {
            std::optional<T> value;
            drive(value, std::move(task));
            while (!value) {
                must_step();
            }
            return std::move(*value);
        }
    }

    // Every random decision of the simulated world comes from here.
    std::uint64_t random() { return random_(); }
    // Uniform in [from, to].
    std::uint64_t random(std::uint64_t from, std::uint64_t to) {
        return from + random_() % (to - from + 1);
    }

  private:
    struct Ready {
        Callback fn;
        void* arg;
    };
    template<class T>
    static detail::Detached drive(std::optional<T>& value, Task<T> task) {
        value.emplace(co_await std::move(task));
    }
    static detail::Detached drive_void(bool& done, Task<void> task) {
        co_await std::move(task);
        done = true;
    }
    void must_step();
    void take_posted();

    MonoTime now_{std::chrono::hours(1)}; // so that times before the start exist
    std::deque<Ready> ready_;
    std::mt19937_64 random_;
    std::mutex post_mutex_;
    std::vector<std::function<void()>> posted_;
};

} // namespace pf::rt::sim
