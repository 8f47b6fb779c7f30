#include "backend/rt/gate.hpp"

#include "base/assert.hpp"

#include <utility>

namespace pf::rt {

Gate::~Gate() { PF_ASSERT(running_ == 0, "a gate dies only after close()"); }

detail::Detached Gate::run(Gate& gate, Task<void> task) {
    {
        Task<void> own = std::move(task);
        co_await std::move(own);
    } // what the task captured is gone before the gate counts it as ended
    if (--gate.running_ == 0) {
        gate.empty_.wake_all();
    }
}

bool Gate::spawn(Task<void> task) {
    if (closed_) {
        return false;
    }
    ++running_;
    run(*this, std::move(task));
    return true;
}

Task<void> Gate::close() {
    closed_ = true;
    while (running_ != 0) {
        (void)co_await empty_.wait(kNever);
    }
}

} // namespace pf::rt
