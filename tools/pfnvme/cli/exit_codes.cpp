#include "tools/pfnvme/cli/exit_codes.hpp"

#include <array>

namespace pf::nvmetool {

namespace {

constexpr std::array<ExitCodeText, 23> kTexts{{
    {kExitOk, "ok, or nothing to do", ""},
    {kExitFailure, "failure", "the line on standard error names object and fix"},
    {kExitChanges, "changes or drift present (only with --detailed-exitcode)", ""},
    {kExitWarnings, "warnings, or facts that are not known (only with --strict)",
     "the lines on standard output name them"},
    {kExitBlockers, "a check blocks; nothing was changed", "pfnvme explain CHECK-ID"},
    {kExitStale, "the objects changed since the plan was compiled; nothing was changed",
     "pfnvme plan compile"},
    {kExitDoesNotFit, "the plan does not fit its change window", "pfnvme plan estimate PLAN"},
    {kExitApproval, "the plan lacks approvals; nothing was changed",
     "pfnvme plan approve PLAN --by NAME --key KEY"},
    {kExitLocked, "another run is at work on this run or vCenter",
     "wait for its end: pfnvme run list"},
    {kExitConfirmation, "confirmation needed or declined; nothing was changed", "--yes confirms"},
    {kExitPartial, "some units are done, one failed and was rolled back", "pfnvme run report last"},
    {kExitRolledBack, "failed and rolled back: everything is as before", "pfnvme run report last"},
    {kExitManual, "failed, a person has to act",
     "pfnvme run report last, then run resume or rollback"},
    {kExitPaused, "paused", "pfnvme run resume last"},
    {kExitAuth, "user name or password was refused", "check GOVC_* and POWERFLEX_* variables"},
    {kExitUnreachable, "a system can't be reached; the run can be resumed",
     "pfnvme run resume last"},
    {kExitUntrusted, "a certificate is not trusted", "--ca-file or --pin"},
    {kExitPrivilege, "a privilege is missing", "the line on standard error names it"},
    {kExitUnsupported, "unsupported version",
     "the line on standard error names the host or system"},
    {kExitUsage, "wrong usage", "--help"},
    {kExitBadData, "plan, intent or journal is not valid", "compile the plan again"},
    {kExitInternal, "internal error", "keep the run directory and report it"},
    {kExitTryAgain, "a temporary refusal", "try again"},
}};

} // namespace

std::span<const ExitCodeText> exit_code_texts() { return kTexts; }

int exit_code_of(const Error& error) {
    switch (error.code) {
    case Errc::AuthFailed:
        return kExitAuth;
    case Errc::Unreachable:
    case Errc::Timeout:
    case Errc::OutcomeUnknown:
        return kExitUnreachable;
    case Errc::Untrusted:
        return kExitUntrusted;
    case Errc::PermissionDenied:
        return kExitPrivilege;
    case Errc::Unsupported:
        return kExitUnsupported;
    case Errc::InvalidArgument:
        return kExitUsage;
    case Errc::Corrupt:
        return kExitBadData;
    case Errc::Busy:
        return kExitLocked;
    case Errc::Retry:
    case Errc::NotReady:
        return kExitTryAgain;
    case Errc::Internal:
        return kExitInternal;
    default:
        return kExitFailure;
    }
}

} // namespace pf::nvmetool
