// What people ask of a run while it works: signals, and `pfnvme run pause|abort` from another
// terminal through a file in the run's folder.
//
// First Ctrl-C (or SIGTERM): pause after the current steps. Second: abort, rolling back what is not
// past its commit point. Third: the process dies; the journal knows where.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/signals.hpp"
#include "tools/pfnvme/run/engine.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace pf::nvmetool {

class RunControl {
  public:
    // Watches signals and <run_path>/control until it ends, and pauses at `deadline`. An old
    // control file is removed.
    explicit RunControl(std::string run_path, WallTime deadline = WallTime::max());
    RunControl(const RunControl&) = delete;
    RunControl& operator=(const RunControl&) = delete;

    [[nodiscard]] RunWish wish() const { return wish_.load(); }
    void pause(const char* said) { ask(RunWish::Pause, said); } // from any thread
    // The wish that counts when the run ends; who asks for more afterwards is told that it is too
    // late, and wish() stays.
    [[nodiscard]] RunWish close();

  private:
    void watch(const std::stop_token& stop);
    void ask(RunWish more, const char* said);

    std::string control_path_;
    WallTime deadline_;
    StopSignal signals_;
    std::mutex mutex_; // one wish at a time
    std::atomic<RunWish> wish_{RunWish::Go};
    bool closed_ = false;
    bool told_late_ = false;
    std::jthread watcher_; // last: joins first
};

// For another process; NotReady when no process works on the run.
[[nodiscard]] Result<void> ask_run(const std::string& run_path, RunWish wish);

} // namespace pf::nvmetool
