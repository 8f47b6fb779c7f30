#include "backend/rt/sim/simulator.hpp"

#include "base/assert.hpp"

namespace pf::rt::sim {

void Simulator::post(std::function<void()> fn) {
    std::lock_guard lock(post_mutex_);
    posted_.push_back(std::move(fn));
}

void Simulator::take_posted() {
    std::vector<std::function<void()>> taken;
    {
        std::lock_guard lock(post_mutex_);
        taken.swap(posted_);
    }
    for (auto& fn : taken) {
        fn();
    }
}

bool Simulator::step() {
    renew_budget();
    take_posted();
    if (!ready_.empty()) {
        Ready item = ready_.front();
        ready_.pop_front();
        item.fn(item.arg);
        return true;
    }
    if (timers_.empty()) {
        return false;
    }
    now_ = std::max(now_, timers_.next());
    return timers_.fire_one(now_);
}

void Simulator::must_step() {
    PF_ASSERT(step(), "the task waits for something that will never happen");
}

void Simulator::run_until(MonoTime until) {
    for (;;) {
        take_posted();
        if (ready_.empty() && timers_.next() > until) {
            break;
        }
        step();
    }
    now_ = std::max(now_, until);
}

} // namespace pf::rt::sim
