#include "tools/pfnvme/cli/run_control.hpp"

#include "base/file.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::milliseconds kLook{100};

} // namespace

RunControl::RunControl(std::string run_path, WallTime deadline)
    : control_path_(std::move(run_path) + "/control"), deadline_(deadline) {
    (void)::unlink(control_path_.c_str());
    if (wall_now() >= deadline_) {
        ask(RunWish::Pause, "the deadline is over: nothing is begun");
    }
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void RunControl::ask(RunWish more, const char* said) {
    const std::lock_guard lock(mutex_);
    if (static_cast<int>(more) <= static_cast<int>(wish_.load())) {
        return;
    }
    if (closed_) {
        if (more == RunWish::Abort && !told_late_) {
            told_late_ = true;
            std::fprintf(stderr, "pfnvme: too late, the run is ending; look at it with: pfnvme "
                                 "run status; take it back with: pfnvme run rollback\n");
        }
        return;
    }
    wish_ = more;
    std::fprintf(stderr, "pfnvme: %s\n", said);
}

RunWish RunControl::close() {
    const std::lock_guard lock(mutex_);
    closed_ = wish_.load() != RunWish::Abort; // an abort is still being carried out
    return wish_.load();
}

void RunControl::watch(const std::stop_token& stop) {
    constexpr const char* kPausing =
        "pausing after the current steps; once more to abort and roll back";
    constexpr const char* kAborting =
        "aborting: units that are not past their commit point are rolled back; once more to die";
    while (!stop.stop_requested()) {
        if (signals_.wait(kLook) != 0) {
            switch (wish_.load()) {
            case RunWish::Go:
                ask(RunWish::Pause, kPausing);
                break;
            case RunWish::Pause:
                ask(RunWish::Abort, kAborting);
                break;
            case RunWish::Abort:
                std::fprintf(stderr, "pfnvme: dying as asked; go on with: pfnvme run resume\n");
                ::_exit(130);
            }
        }
        if (wall_now() >= deadline_) {
            ask(RunWish::Pause, "the deadline is here: pausing after the current steps");
        }
        if (const Result<std::string> text = read_file(control_path_); text) {
            if (text->starts_with("abort")) {
                ask(RunWish::Abort, kAborting);
            } else if (text->starts_with("pause")) {
                ask(RunWish::Pause, kPausing);
            }
        }
    }
}

Result<void> ask_run(const std::string& run_path, RunWish wish) {
    // Whoever gets the lock is alone: then there is nobody to ask.
    if (const Result<FileLock> alone = FileLock::acquire(run_path + "/lock"); alone) {
        return fail(Errc::NotReady, "no process works on this run; nothing to ask");
    }
    return write_file_atomic(run_path + "/control", wish == RunWish::Abort ? "abort\n" : "pause\n",
                             0600);
}

} // namespace pf::nvmetool
