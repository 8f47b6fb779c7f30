// Cooperative cancellation. A CancelSource is fired once; every wait that was given its token ends
// with Errc::Cancelled. Cancelling never destroys a task: the task sees the error, cleans up, ends.
//
// One thread only (that of the executor). A token may outlive its source; a token of a destroyed
// source that never fired never fires. The default token never fires and costs nothing.
#pragma once

#include <memory>

namespace pf::rt {

class CancelToken;

namespace detail {
struct CancelState;
}

// An intrusive registration, owned by the waiting side; removes itself when it dies.
class CancelHook {
  public:
    using Fire = void (*)(CancelHook&);
    explicit CancelHook(Fire fire) noexcept : fire_(fire) {}
    CancelHook(const CancelHook&) = delete;
    CancelHook& operator=(const CancelHook&) = delete;
    ~CancelHook() { unlink(); }
    // Precondition: not linked. If the token has fired already, `fire` is called from here.
    void link(const CancelToken& token);
    void unlink() noexcept;

  private:
    friend struct detail::CancelState;
    friend class CancelSource;
    Fire fire_;
    CancelHook* prev_ = nullptr;
    CancelHook* next_ = nullptr;
    std::shared_ptr<detail::CancelState> state_;
};

class CancelToken {
  public:
    CancelToken() noexcept = default;
    bool cancelled() const noexcept;
    bool can_fire() const noexcept { return static_cast<bool>(state_); }

  private:
    friend class CancelSource;
    friend class CancelHook;
    explicit CancelToken(std::shared_ptr<detail::CancelState> state) : state_(std::move(state)) {}
    std::shared_ptr<detail::CancelState> state_;
};

class CancelSource {
  public:
    CancelSource();
    // Fires when the parent does, or on its own.
    explicit CancelSource(const CancelToken& parent);
    CancelSource(const CancelSource&) = delete;
    CancelSource& operator=(const CancelSource&) = delete;
    ~CancelSource();

    CancelToken token() const { return CancelToken(state_); }
    bool cancelled() const noexcept;
    // Idempotent. Hooks are called from here; waiting coroutines are resumed by the loop later.
    void cancel();

  private:
    struct ParentHook;
    std::shared_ptr<detail::CancelState> state_;
    std::unique_ptr<ParentHook> parent_;
};

} // namespace pf::rt
