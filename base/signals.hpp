// Signals of a main: SIGPIPE ignored, SIGINT and SIGTERM turned into a readable descriptor.
#pragma once

#include "base/clock.hpp"
#include "base/file.hpp"

namespace pf {

// Made first in main, before threads start: blocks SIGINT and SIGTERM for every thread.
class StopSignal {
  public:
    StopSignal();
    int fd() const { return fd_.get(); } // readable once a stop was asked for
    // The signal's number, or 0 at the timeout.
    int wait(Duration timeout);

  private:
    UniqueFd fd_;
};

} // namespace pf
