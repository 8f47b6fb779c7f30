// An advisory lock on a vCenter, so that two machines don't run plans on it at the same time.
//
// A custom attribute of the root folder names holder, run and last heartbeat. It binds only those
// who look, and two that look in the same instant are told apart by reading back. A holder whose
// last heartbeat is older than the time to live is dead. Where the account may not write the
// attribute, the local lock alone is used, and the caller is told.
//
// Times are the clients' own: machines whose clocks differ by more than the time to live defeat it.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/run/ports.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pf::nvmetool {

struct LockMark {
    std::string holder; // user@machine and a digest of its state folder
    std::string run;
    std::int64_t beat_s = 0;
    std::int64_t ttl_s = 0;

    [[nodiscard]] bool dead(std::int64_t now_s) const { return now_s - beat_s > ttl_s; }
};

[[nodiscard]] std::string format_mark(const LockMark& mark);
[[nodiscard]] Result<LockMark> parse_mark(std::string_view text); // "" is NotFound

class RemoteLock {
  public:
    using Seconds = std::function<std::int64_t()>; // since 1970

    // Busy names the holder and says how to break its lock. A mark of this same holder is taken
    // over: the local lock has shown that the process behind it is gone.
    static Result<RemoteLock> acquire(VspherePort& vsphere, const std::string& holder,
                                      const std::string& run, std::int64_t ttl_s, Seconds now);
    // Busy: somebody else has taken it meanwhile.
    [[nodiscard]] Result<void> beat(VspherePort& vsphere);
    [[nodiscard]] Result<void> release(VspherePort& vsphere);

    [[nodiscard]] const LockMark& mark() const { return mark_; }

  private:
    RemoteLock(LockMark mark, Seconds now) : mark_(std::move(mark)), now_(std::move(now)) {}

    LockMark mark_;
    Seconds now_;
};

// Removes the mark of exactly this holder; Conflict names the one that really holds it.
[[nodiscard]] Result<void> break_remote_lock(VspherePort& vsphere, const std::string& holder);

} // namespace pf::nvmetool
