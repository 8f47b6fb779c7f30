#pragma once
// Private: what to do when the answer to a change was lost. The work goes on in the server, so the
// state is read back until it shows the change or the time is up; only then the outcome is unknown.

#include "libvsphere/session.hpp"

#include <functional>

namespace pf::vim::detail {

/// `outcome` as it is, unless contact was lost: then success when `done` becomes true within
/// SessionOptions::settle_timeout, else OutcomeUnknown with what was seen.
Result<void> settle(Session& session, Result<void> outcome,
                    const std::function<Result<bool>()>& done);

} // namespace pf::vim::detail
