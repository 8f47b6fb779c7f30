// Errors as values. An Error is one sentence for the person (what, which object, what to do) and a
// code for the program. A code exists only because some caller reacts to it.
#pragma once

#include <string>
#include <string_view>

namespace pf {

enum class Errc {
    InvalidArgument, // the caller's words are off; nothing was tried
    NotFound,
    AlreadyExists,
    PermissionDenied,
    AuthFailed,  // wrong user or password, expired session
    Untrusted,   // certificate or host key does not match what is trusted
    Unreachable, // no connection; nothing was sent
    Timeout,     // no answer in time, and the call has no effect by itself
    Cancelled,
    Busy,     // resource in use, try after the blocker is gone
    Conflict, // the state forbids it (for example: mapped by the other protocol)
    Unsupported,
    NoSpace,
    Io,
    Corrupt, // a stored or received structure violates its format
    ChecksumMismatch,
    OutcomeUnknown,  // sent, no answer: the effect may or may not be there. Never retried silently
    StaleGeneration, // sender's generation or map epoch is old
    NotPrimary,
    NotReady, // starting, no lease, no quorum
    Fenced,
    Retry,    // transient refusal without effect
    Protocol, // the peer broke the protocol
    Fault,    // a fault reported by the peer that no other code fits
    LimitExceeded,
    Failed, // both copies are gone, a unit failed: needs a person
    Internal,
};

// Stable lower-case name, as printed in journals and JSON ("outcome-unknown").
std::string_view to_string(Errc code);

struct [[nodiscard]] Error {
    Errc code = Errc::Internal;
    std::string what;

    friend bool operator==(const Error&, const Error&) = default;
};

} // namespace pf
