// Range locks: the one place where the order of overlapping operations on a unit is decided.
//
// Locks are granted first come, first served per unit: a lock waits for every earlier one that
// overlaps it, unless both are shared. So a stream of readers can't starve a writer, and what
// arrived first on a secondary is applied first.
#pragma once

#include "backend/rt/sync.hpp"
#include "backend/sds/core/ports.hpp"

#include <list>
#include <memory>
#include <optional>
#include <unordered_map>

namespace pf::sds {

enum class LockMode : std::uint8_t { Shared, Exclusive };

struct LockRange {
    std::uint32_t begin = 0;
    std::uint32_t end = 0; // one past the last byte
};
inline constexpr LockRange kWholeUnit{0, proto::kUnitBytes};

class RangeLocks {
    struct Entry {
        Entry(rt::Executor& executor, LockRange r, LockMode m)
            : range(r), mode(m), wake(executor) {}
        LockRange range;
        LockMode mode;
        bool granted = false;
        rt::WaitQueue wake;
    };
    using Queue = std::list<Entry>;

  public:
    // Releases when it dies.
    class [[nodiscard]] Guard {
      public:
        Guard() noexcept = default;
        Guard(Guard&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), key_(other.key_), at_(other.at_) {}
        Guard& operator=(Guard&& other) noexcept {
            if (this != &other) {
                release();
                owner_ = std::exchange(other.owner_, nullptr);
                key_ = other.key_;
                at_ = other.at_;
            }
            return *this;
        }
        ~Guard() { release(); }
        void release();
        explicit operator bool() const noexcept { return owner_ != nullptr; }

      private:
        friend class RangeLocks;
        Guard(RangeLocks& owner, UnitKey key, Queue::iterator at)
            : owner_(&owner), key_(key), at_(at) {}
        RangeLocks* owner_ = nullptr;
        UnitKey key_{};
        Queue::iterator at_{};
    };

    explicit RangeLocks(rt::Executor& executor) noexcept : executor_(executor) {}

    // Without waiting; nothing when it would have to.
    std::optional<Guard> try_acquire(UnitKey key, LockRange range, LockMode mode);
    // Timeout or Cancelled when the wait ended without the lock.
    rt::Task<Result<Guard>> acquire(UnitKey key, LockRange range, LockMode mode, MonoTime deadline,
                                    rt::CancelToken token);
    std::size_t locked_units() const noexcept { return units_.size(); }

  private:
    static bool conflict(const Entry& earlier, const Entry& later) noexcept;
    bool grantable(const Queue& queue, Queue::const_iterator at) const noexcept;
    void remove(UnitKey key, Queue::iterator at);

    rt::Executor& executor_;
    std::unordered_map<UnitKey, Queue> units_;
};

} // namespace pf::sds
