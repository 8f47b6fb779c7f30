#include "backend/sds/core/range_lock.hpp"

namespace pf::sds {

void RangeLocks::Guard::release() {
    if (owner_ != nullptr) {
        std::exchange(owner_, nullptr)->remove(key_, at_);
    }
}

bool RangeLocks::conflict(const Entry& earlier, const Entry& later) noexcept {
    if (earlier.mode == LockMode::Shared && later.mode == LockMode::Shared) {
        return false;
    }
    return earlier.range.begin < later.range.end && later.range.begin < earlier.range.end;
}

bool RangeLocks::grantable(const Queue& queue, Queue::const_iterator at) const noexcept {
    for (auto it = queue.begin(); it != at; ++it) {
        if (conflict(*it, *at)) {
            return false;
        }
    }
    return true;
}

std::optional<RangeLocks::Guard> RangeLocks::try_acquire(UnitKey key, LockRange range,
                                                         LockMode mode) {
    auto [unit, fresh] = units_.try_emplace(key);
    Queue& queue = unit->second;
    queue.emplace_back(executor_, range, mode);
    const auto at = std::prev(queue.end());
    if (!fresh && !grantable(queue, at)) {
        queue.pop_back();
        return std::nullopt;
    }
    at->granted = true;
    return Guard(*this, key, at);
}

rt::Task<Result<RangeLocks::Guard>> RangeLocks::acquire(UnitKey key, LockRange range, LockMode mode,
                                                        MonoTime deadline, rt::CancelToken token) {
    if (auto now = try_acquire(key, range, mode)) {
        co_return Result<Guard>(std::move(*now));
    }
    Queue& queue = units_[key];
    queue.emplace_back(executor_, range, mode);
    const auto at = std::prev(queue.end());
    Guard guard(*this, key, at); // from here on the place in the queue is given back on any way out
    while (!at->granted) {
        auto woken = co_await at->wake.wait(deadline, token);
        if (!woken && !at->granted) {
            co_return fail(std::move(woken).error());
        }
    }
    co_return Result<Guard>(std::move(guard));
}

void RangeLocks::remove(UnitKey key, Queue::iterator at) {
    const auto unit = units_.find(key);
    Queue& queue = unit->second;
    queue.erase(at);
    if (queue.empty()) {
        units_.erase(unit);
        return;
    }
    for (auto it = queue.begin(); it != queue.end(); ++it) {
        if (!it->granted && grantable(queue, it)) {
            it->granted = true;
            it->wake.wake_all();
        }
    }
}

} // namespace pf::sds
