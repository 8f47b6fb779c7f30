#include "tools/pfnvme/cli/run_lock.hpp"

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "tools/pfnvme/run/run_dir.hpp"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace pf::nvmetool {

namespace {

constexpr std::int64_t kTimeToLiveSeconds = 180;
constexpr std::chrono::seconds kBeatEvery{45};

std::int64_t now_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
}

// One for each user, machine and state folder: the local lock keeps two processes of one apart.
std::string holder_of(const OptionValues& values) {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) {
        name[0] = '?';
    }
    const char* user = std::getenv("USER");
    const std::string state = state_dir(values.text("state-dir"));
    return fmt::format("{}@{}/{}", user == nullptr ? std::to_string(::getuid()) : user, name.data(),
                       sha256_hex(as_bytes(state)).substr(0, 8));
}

} // namespace

HeldLock::HeldLock(const OptionValues& values, Connections& connections, RemoteLock lock,
                   RunControl& control)
    : values_(values), connections_(connections), lock_(std::move(lock)), control_(control) {
    keeper_ = std::jthread([this](const std::stop_token& stop) { keep_warm(stop); });
}

HeldLock::~HeldLock() {
    keeper_.request_stop();
    if (keeper_.joinable()) {
        keeper_.join();
    }
    if (const Result<void> released = lock_.release(*connections_.vsphere); !released) {
        std::fprintf(
            stderr,
            "pfnvme: the lock mark on vCenter could not be removed (%s); it dies in %lld s\n",
            released.error().what.c_str(), static_cast<long long>(kTimeToLiveSeconds));
    }
}

// On a connection of its own, made when the first beat is due: short runs need none.
void HeldLock::keep_warm(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_ptr<VspherePort> own;
    while (true) {
        std::unique_lock lock(mutex);
        if (wake.wait_for(lock, stop, kBeatEvery, [&stop] { return stop.stop_requested(); })) {
            return;
        }
        if (own == nullptr) {
            Result<std::unique_ptr<VspherePort>> opened = open_vsphere(values_);
            if (!opened) {
                continue; // tried again at the next beat; the workers see for themselves
            }
            own = std::move(*opened);
        }
        const Result<void> beaten = lock_.beat(*own);
        if (!beaten && beaten.error().code == Errc::Busy) {
            std::fprintf(stderr, "pfnvme: %s\n", beaten.error().what.c_str());
            control_.pause("pausing: the lock on vCenter is lost");
            return;
        }
        if (!beaten) {
            own.reset();
        }
    }
}

Result<std::unique_ptr<HeldLock>> HeldLock::take(const OptionValues& values,
                                                 Connections& connections, const std::string& run,
                                                 RunControl& control) {
    Result<RemoteLock> lock = RemoteLock::acquire(*connections.vsphere, holder_of(values), run,
                                                  kTimeToLiveSeconds, now_s);
    if (lock) {
        return std::unique_ptr<HeldLock>(
            new HeldLock(values, connections, std::move(*lock), control));
    }
    if (lock.error().code == Errc::Busy) {
        return fail(lock.error());
    }
    std::fprintf(stderr,
                 "pfnvme: no lock mark on vCenter (%s); only runs of this machine are kept apart\n",
                 lock.error().what.c_str());
    return std::unique_ptr<HeldLock>();
}

} // namespace pf::nvmetool
