// Gate: the owner of background tasks. Whatever runs on its own was spawned through a gate, and
// whoever owns the gate closes it before the things those tasks use are gone.
#pragma once

#include "backend/rt/executor.hpp"
#include "backend/rt/sync.hpp"
#include "backend/rt/task.hpp"

#include <cstddef>

namespace pf::rt {

class Gate {
  public:
    explicit Gate(Executor& executor) noexcept : executor_(executor), empty_(executor) {}
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    // Asserts that no task is left: close() first.
    ~Gate();

    // Starts the task at once, inside this call, up to its first suspension. False, and the task is
    // dropped unrun, when the gate is closed.
    bool spawn(Task<void> task);

    // From now on spawn() refuses; answers when the last task has ended. Does not cancel anything:
    // close the sockets or fire the CancelSource the tasks wait on first. May be called repeatedly.
    Task<void> close();

    bool closed() const noexcept { return closed_; }
    std::size_t running() const noexcept { return running_; }
    Executor& executor() noexcept { return executor_; }

  private:
    static detail::Detached run(Gate& gate, Task<void> task);
    Executor& executor_;
    WaitQueue empty_;
    std::size_t running_ = 0;
    bool closed_ = false;
};

inline bool spawn(Gate& gate, Task<void> task) { return gate.spawn(std::move(task)); }

} // namespace pf::rt
