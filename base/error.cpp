#include "base/error.hpp"

namespace pf {

std::string_view to_string(Errc code) {
    switch (code) {
    case Errc::InvalidArgument:
        return "invalid-argument";
    case Errc::NotFound:
        return "not-found";
    case Errc::AlreadyExists:
        return "already-exists";
    case Errc::PermissionDenied:
        return "permission-denied";
    case Errc::AuthFailed:
        return "auth-failed";
    case Errc::Untrusted:
        return "untrusted";
    case Errc::Unreachable:
        return "unreachable";
    case Errc::Timeout:
        return "timeout";
    case Errc::Cancelled:
        return "cancelled";
    case Errc::Busy:
        return "busy";
    case Errc::Conflict:
        return "conflict";
    case Errc::Unsupported:
        return "unsupported";
    case Errc::NoSpace:
        return "no-space";
    case Errc::Io:
        return "io";
    case Errc::Corrupt:
        return "corrupt";
    case Errc::ChecksumMismatch:
        return "checksum-mismatch";
    case Errc::OutcomeUnknown:
        return "outcome-unknown";
    case Errc::StaleGeneration:
        return "stale-generation";
    case Errc::NotPrimary:
        return "not-primary";
    case Errc::NotReady:
        return "not-ready";
    case Errc::Fenced:
        return "fenced";
    case Errc::Retry:
        return "retry";
    case Errc::Protocol:
        return "protocol";
    case Errc::Fault:
        return "fault";
    case Errc::LimitExceeded:
        return "limit-exceeded";
    case Errc::Failed:
        return "failed";
    case Errc::Internal:
        return "internal";
    }
    return "internal";
}

} // namespace pf
