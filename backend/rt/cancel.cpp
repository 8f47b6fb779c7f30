#include "backend/rt/cancel.hpp"

#include "base/assert.hpp"

namespace pf::rt {

namespace detail {

struct CancelState {
    CancelHook* head = nullptr;
    bool cancelled = false;

    void insert(CancelHook& hook) {
        hook.prev_ = nullptr;
        hook.next_ = head;
        if (head != nullptr) {
            head->prev_ = &hook;
        }
        head = &hook;
    }
    void remove(CancelHook& hook) {
        (hook.prev_ != nullptr ? hook.prev_->next_ : head) = hook.next_;
        if (hook.next_ != nullptr) {
            hook.next_->prev_ = hook.prev_;
        }
        hook.prev_ = hook.next_ = nullptr;
    }
};

} // namespace detail

void CancelHook::link(const CancelToken& token) {
    PF_ASSERT(!state_, "hook is linked already");
    if (!token.state_) {
        return;
    }
    if (token.state_->cancelled) {
        fire_(*this);
        return;
    }
    state_ = token.state_;
    state_->insert(*this);
}

void CancelHook::unlink() noexcept {
    if (state_) {
        state_->remove(*this);
        state_.reset();
    }
}

bool CancelToken::cancelled() const noexcept { return state_ && state_->cancelled; }

struct CancelSource::ParentHook : CancelHook {
    explicit ParentHook(CancelSource& s)
        : CancelHook([](CancelHook& hook) { static_cast<ParentHook&>(hook).source.cancel(); }),
          source(s) {}
    CancelSource& source;
};

CancelSource::CancelSource() : state_(std::make_shared<detail::CancelState>()) {}

CancelSource::CancelSource(const CancelToken& parent) : CancelSource() {
    if (parent.can_fire()) {
        parent_ = std::make_unique<ParentHook>(*this);
        parent_->link(parent);
    }
}

// Hooks that outlive the source stay linked to the state they share, and never fire.
CancelSource::~CancelSource() = default;

bool CancelSource::cancelled() const noexcept { return state_->cancelled; }

void CancelSource::cancel() {
    if (state_->cancelled) {
        return;
    }
    // A hook may destroy this source: nothing below touches *this.
    std::shared_ptr<detail::CancelState> state = state_;
    state->cancelled = true;
    while (CancelHook* hook = state->head) {
        hook->unlink();
        hook->fire_(*hook);
    }
}

} // namespace pf::rt
