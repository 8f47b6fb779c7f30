#include "backend/rt/sync.hpp"

#include "base/assert.hpp"

namespace pf::rt {

Parked::Alarm::Alarm(Parked& p) noexcept
    : TimerNode([](TimerNode& node) { static_cast<Alarm&>(node).parked.finish(Outcome::Timeout); }),
      parked(p) {}

Parked::Cancelled::Cancelled(Parked& p) noexcept
    : CancelHook([](CancelHook& hook) {
          static_cast<Cancelled&>(hook).parked.finish(Outcome::Cancelled);
      }),
      parked(p) {}

Parked::Parked(WaitQueue& queue, MonoTime deadline, CancelToken token) noexcept
    : queue_(queue), deadline_(deadline), token_(std::move(token)), alarm_(*this), hook_(*this) {}

Parked::~Parked() {
    PF_ASSERT(!handle_ || outcome_ != Outcome::Waiting, "destroyed while waiting");
}

bool Parked::await_suspend(std::coroutine_handle<> handle) {
    if (token_.cancelled()) {
        outcome_ = Outcome::Cancelled;
        return false;
    }
    handle_ = handle;
    queue_.push(*this);
    if (deadline_ != kNever) {
        queue_.executor().arm_timer(alarm_, deadline_);
    }
    hook_.link(token_);
    return true;
}

void Parked::finish(Outcome outcome) {
    PF_ASSERT(outcome_ == Outcome::Waiting, "finished twice");
    outcome_ = outcome;
    queue_.remove(*this);
    queue_.executor().disarm_timer(alarm_);
    hook_.unlink();
    queue_.executor().resume_soon(handle_);
}

Result<void> Parked::await_resume() {
    switch (outcome_) {
    case Outcome::Timeout:
        return fail(Errc::Timeout, "deadline passed");
    case Outcome::Cancelled:
        return fail(Errc::Cancelled, "cancelled");
    default:
        return {};
    }
}

WaitQueue::~WaitQueue() { PF_ASSERT(head_ == nullptr, "somebody still waits here"); }

void WaitQueue::push(Parked& parked) noexcept {
    parked.prev_ = tail_;
    parked.next_ = nullptr;
    (tail_ != nullptr ? tail_->next_ : head_) = &parked;
    tail_ = &parked;
}

void WaitQueue::remove(Parked& parked) noexcept {
    (parked.prev_ != nullptr ? parked.prev_->next_ : head_) = parked.next_;
    (parked.next_ != nullptr ? parked.next_->prev_ : tail_) = parked.prev_;
}

bool WaitQueue::wake_one() {
    if (head_ == nullptr) {
        return false;
    }
    head_->finish(Parked::Outcome::Woken);
    return true;
}

void WaitQueue::wake_all() {
    while (wake_one()) {
    }
}

Task<Result<void>> Event::wait(MonoTime deadline, CancelToken token) {
    if (set_) {
        co_return Result<void>{};
    }
    co_return co_await waiters_.wait(deadline, std::move(token));
}

bool Semaphore::try_acquire(std::size_t amount) noexcept {
    if (!waiters_.empty() || units_ < amount) {
        return false;
    }
    units_ -= amount;
    return true;
}

Task<Result<void>> Semaphore::acquire(std::size_t amount, MonoTime deadline, CancelToken token) {
    if (try_acquire(amount)) {
        co_return Result<void>{};
    }
    // release() takes the units off before it wakes: whoever is woken has them.
    Parked parked(waiters_, deadline, std::move(token));
    parked.amount = amount;
    auto woken = co_await parked;
    if (!woken) {
        release(0); // the one behind may ask for less
    }
    co_return woken;
}

void Semaphore::release(std::size_t amount) {
    units_ += amount;
    while (Parked* first = waiters_.front()) {
        if (units_ < first->amount) {
            break;
        }
        units_ -= first->amount;
        waiters_.wake_one();
    }
}

Task<Result<Mutex::Lock>> Mutex::lock(MonoTime deadline, CancelToken token) {
    auto task = one_.acquire(1, deadline, std::move(token));
    auto got = co_await std::move(task);
    if (!got) {
        co_return tl::unexpected(std::move(got.error()));
    }
    co_return Result<Lock>(Lock(*this));
}

Task<Result<void>> sleep_until(Executor& executor, MonoTime when, CancelToken token) {
    WaitQueue queue(executor);
    auto ended = co_await queue.wait(when, std::move(token));
    if (!ended && ended.error().code == Errc::Timeout) {
        co_return Result<void>{};
    }
    co_return ended;
}

} // namespace pf::rt
