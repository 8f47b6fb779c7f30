// Reactor: the real Executor. Sockets by edge-triggered epoll, disks by io_uring (a small thread
// pool where the kernel refuses io_uring), timers by a heap, other threads by an eventfd.
//
// One thread runs it, by run() or block_on(); everything it owns is used on that thread only,
// except the calls marked "any thread". Destroy it after everything that waits on it is gone.
#pragma once

#include "backend/rt/disk.hpp"
#include "backend/rt/executor.hpp"
#include "backend/rt/network.hpp"
#include "backend/rt/task.hpp"
#include "base/assert.hpp"
#include "base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace pf::rt {

struct ReactorOptions {
    // Looks for work this long before it sleeps: less latency for a core that stays busy.
    std::chrono::microseconds spin{0};
    unsigned disk_queue_depth = 256;
    bool allow_io_uring = true;
    unsigned fallback_disk_threads = 4;
};

struct DiskOptions {
    bool direct = true;             // O_DIRECT; silently buffered where the file system lacks it
    bool exclusive = true;          // Busy when another process has it open this way
    std::uint64_t create_bytes = 0; // a regular file is created, or grown to, this size
};

class Reactor final : public Executor {
  public:
    static Result<std::unique_ptr<Reactor>> create(ReactorOptions options = {});
    ~Reactor() override;

    MonoTime now() const noexcept override;
    void defer(Callback fn, void* arg) override;
    void post(std::function<void()> fn) override; // any thread

    // Runs the loop on this thread until stop().
    void run();
    void stop(); // any thread

    Network& network() noexcept;
    // Opens a block device or regular file. NotFound, Busy, PermissionDenied, Io.
    Result<std::unique_ptr<Disk>> open_disk(const std::string& path, DiskOptions options = {});
    bool uses_io_uring() const noexcept;

    // Runs the loop on this thread until the task has ended, and gives its value.
    template<class T>
    T block_on(Task<T> task) {
        Cell<T> cell;
        drive(cell, std::move(task));
        while (!cell.done) {
            turn(cell.done);
        }
        return cell.take();
    }

    // From any thread but the reactor's own, while another thread is in run(): hands the task over
    // and waits for its value. The wait is as long as the task's own deadlines.
    template<class T>
    T run_sync(Task<T> task) {
        PF_ASSERT(!on_own_thread(), "run_sync would wait for itself");
        SharedCell<T> shared;
        // std::function wants copyable; the task waits here for the posted function to take it.
        post([this, &shared, &task] { drive_shared(shared, std::move(task)); });
        std::unique_lock lock(shared.mutex);
        shared.changed.wait(lock, [&] { return shared.cell.done; });
        return shared.cell.take();
    }

    class Impl; // private to reactor*.cpp

  private:
    template<class T>
    struct Cell {
        std::optional<T> value;
        bool done = false;
        T take() { return std::move(*value); }
    };
    template<class T>
    struct SharedCell {
        std::mutex mutex;
        std::condition_variable changed;
        Cell<T> cell;
    };
    template<class T>
    static detail::Detached drive(Cell<T>& cell, Task<T> task) {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
        } else {
            cell.value.emplace(co_await std::move(task));
        }
        cell.done = true;
    }
    template<class T>
    static detail::Detached drive_shared(SharedCell<T>& shared, Task<T> task) {
        {
            Task<T> own = std::move(task);
            if constexpr (std::is_void_v<T>) {
                co_await std::move(own);
            } else {
                shared.cell.value.emplace(co_await std::move(own));
            }
        } // the task's frame dies on the reactor's thread, before the caller goes on
        std::lock_guard lock(shared.mutex);
        shared.cell.done = true;
        shared.changed.notify_one();
    }

    explicit Reactor(std::unique_ptr<Impl> impl);
    bool on_own_thread() const noexcept;
    // One round of the loop; does not sleep once `done` is true.
    void turn(const bool& done);
    std::unique_ptr<Impl> impl_;
};

template<>
struct Reactor::Cell<void> {
    bool done = false;
    void take() noexcept {}
};

// A reactor with a thread of its own, for synchronous programs that need asynchronous parts.
class ReactorThread {
  public:
    static Result<std::unique_ptr<ReactorThread>> create(ReactorOptions options = {});
    // Stops and joins. What runs on the reactor must have been ended before.
    ~ReactorThread();
    Reactor& reactor() noexcept { return *reactor_; }
    template<class T>
    T run_sync(Task<T> task) {
        return reactor_->run_sync(std::move(task));
    }

  private:
    explicit ReactorThread(std::unique_ptr<Reactor> reactor);
    std::unique_ptr<Reactor> reactor_;
    std::thread thread_;
};

} // namespace pf::rt
