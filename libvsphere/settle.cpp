#include "libvsphere/settle.hpp"

#include "base/clock.hpp"
#include "libvsphere/collector.hpp"

#include <condition_variable>
#include <mutex>

namespace pf::vim::detail {

Result<void> settle(Session& session, Result<void> outcome,
                    const std::function<Result<bool>()>& done) {
    // Unreachable says that nothing was sent.
    if (outcome || !is_lost_contact(outcome.error()) || outcome.error().code == Errc::Unreachable)
        return outcome;
    const auto& options = session.options();
    const MonoTime deadline = mono_now() + options.settle_timeout;
    std::string seen = "its effect is not there yet";
    while (true) {
        Result<bool> there = done();
        if (there && *there)
            return {};
        if (!there)
            seen = there.error().what;
        if (options.stop.stop_requested() || mono_now() >= deadline)
            break;
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        wake.wait_until(lock, options.stop, std::min(deadline, mono_now() + options.settle_poll),
                        [] { return false; });
    }
    return fail(Errc::OutcomeUnknown, "{}; read back: {}", outcome.error().what, seen);
}

} // namespace pf::vim::detail
