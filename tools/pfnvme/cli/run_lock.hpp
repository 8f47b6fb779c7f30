// The lock on vCenter for as long as a run works: taken, kept warm, given back.
#pragma once

#include "base/options.hpp"
#include "base/result.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/run_control.hpp"
#include "tools/pfnvme/run/remote_lock.hpp"

#include <memory>
#include <string>
#include <thread>

namespace pf::nvmetool {

class HeldLock {
  public:
    // Busy: another machine's run holds it. Where the account can't write the mark, says so on
    // standard error and goes on with the local lock alone. A lock that is lost on the way pauses
    // the run.
    static Result<std::unique_ptr<HeldLock>> take(const OptionValues& values,
                                                  Connections& connections, const std::string& run,
                                                  RunControl& control);
    ~HeldLock();
    HeldLock(const HeldLock&) = delete;
    HeldLock& operator=(const HeldLock&) = delete;

  private:
    HeldLock(const OptionValues& values, Connections& connections, RemoteLock lock,
             RunControl& control);
    void keep_warm(const std::stop_token& stop);

    OptionValues values_;
    Connections& connections_;
    RemoteLock lock_;
    RunControl& control_;
    std::jthread keeper_; // last: joins first
};

} // namespace pf::nvmetool
