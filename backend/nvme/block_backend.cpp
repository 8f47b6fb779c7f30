#include "backend/nvme/block_backend.hpp"

namespace pf::nvme {

Status status_of(Errc code) {
    switch (code) {
    case Errc::InvalidArgument:
        return st::kInvalidField;
    case Errc::Unsupported:
        return st::kAtomicWriteExceeded;
    case Errc::NotFound:
        return st::kInvalidNamespace;
    case Errc::PermissionDenied:
        return st::kNamespaceWriteProtected;
    case Errc::NoSpace:
        return st::kCapacityExceeded;
    case Errc::ChecksumMismatch:
    case Errc::Corrupt:
    case Errc::Failed:
        return st::kUnrecoveredRead;
    case Errc::Io:
        return st::kWriteFault;
    case Errc::Unreachable:
    case Errc::Timeout:
    case Errc::Cancelled:
    case Errc::Busy:
    case Errc::OutcomeUnknown:
    case Errc::StaleGeneration:
    case Errc::NotPrimary:
    case Errc::NotReady:
    case Errc::Fenced:
    case Errc::Retry:
        // A host with another path tries there; one without it repeats here.
        return st::kPathError;
    default:
        return st::kInternal;
    }
}

} // namespace pf::nvme
