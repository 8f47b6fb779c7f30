// Private to backend/sdc: waits for the parts of a call.
#pragma once

#include "backend/sdc/impl.hpp"

namespace pf::sdc {

struct Client::Impl::Join {
    explicit Join(rt::Executor& executor) : done(executor) {}
    // What the whole call says: an unknown outcome of one part is the outcome of all.
    void add(Result<UnitAnswer> part) {
        if (!part && (outcome || part.error().code == Errc::OutcomeUnknown)) {
            outcome = fail(std::move(part).error());
        }
        done_parts += part ? 1 : 0;
        leave();
    }
    void leave() {
        if (--left == 0) {
            done.wake_all();
        }
    }
    std::size_t left = 0;
    std::size_t done_parts = 0;
    Result<void> outcome;
    rt::WaitQueue done;
};

} // namespace pf::sdc
