// Exit codes of pfnvme, and which error leads to which. `pfnvme explain exit N` prints this table.
#pragma once

#include "base/error.hpp"

#include <span>
#include <string_view>

namespace pf::nvmetool {

enum ExitCode : int {
    kExitOk = 0,
    kExitFailure = 1,
    kExitChanges = 2,
    kExitWarnings = 10,
    kExitBlockers = 11,
    kExitStale = 12,
    kExitDoesNotFit = 13,
    kExitApproval = 14,
    kExitLocked = 15,
    kExitConfirmation = 16,
    kExitPartial = 20,
    kExitRolledBack = 21,
    kExitManual = 22,
    kExitPaused = 23,
    kExitAuth = 30,
    kExitUnreachable = 31,
    kExitUntrusted = 32,
    kExitPrivilege = 33,
    kExitUnsupported = 34,
    kExitUsage = 64,
    kExitBadData = 65,
    kExitInternal = 70,
    kExitTryAgain = 75,
};

struct ExitCodeText {
    int code;
    std::string_view meaning;
    std::string_view advice;
};

[[nodiscard]] std::span<const ExitCodeText> exit_code_texts();
[[nodiscard]] int exit_code_of(const Error& error);

} // namespace pf::nvmetool
