#include "base/signals.hpp"

#include "base/assert.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace pf {

namespace {

sigset_t stop_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    return set;
}

} // namespace

ThreadsWithoutStopSignals::ThreadsWithoutStopSignals() {
    const sigset_t set = stop_signals();
    PF_ASSERT(::pthread_sigmask(SIG_BLOCK, &set, &before_) == 0, "cannot block signals");
}

ThreadsWithoutStopSignals::~ThreadsWithoutStopSignals() {
    PF_ASSERT(::pthread_sigmask(SIG_SETMASK, &before_, nullptr) == 0, "cannot restore signals");
}

StopSignal::StopSignal() {
    ::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = stop_signals();
    PF_ASSERT(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "cannot block signals");
    fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    PF_ASSERT(fd_.get() >= 0, "cannot create a signal descriptor");
}

int StopSignal::wait(Duration timeout) {
    pollfd p{fd_.get(), POLLIN, 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    if (::poll(&p, 1, static_cast<int>(ms)) <= 0)
        return 0;
    signalfd_siginfo info{};
    if (::read(fd_.get(), &info, sizeof info) != sizeof info)
        return 0;
    return static_cast<int>(info.ssi_signo);
}

} // namespace pf
