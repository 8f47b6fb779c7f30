// Signals of a main: SIGPIPE ignored, SIGINT and SIGTERM turned into a readable descriptor.
#pragma once

#include "base/clock.hpp"
#include "base/file.hpp"

#include <signal.h>

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

// Threads that are started while one of these lives never take SIGINT or SIGTERM: for libraries
// that start threads of their own before a StopSignal is there to block them. The caller's own mask
// is as before when it ends.
class ThreadsWithoutStopSignals {
  public:
    ThreadsWithoutStopSignals();
    ~ThreadsWithoutStopSignals();
    ThreadsWithoutStopSignals(const ThreadsWithoutStopSignals&) = delete;
    ThreadsWithoutStopSignals& operator=(const ThreadsWithoutStopSignals&) = delete;

  private:
    sigset_t before_{};
};

} // namespace pf
