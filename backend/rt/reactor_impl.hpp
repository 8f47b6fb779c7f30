// Inside of the Reactor, shared by reactor.cpp and tcp.cpp. Private to backend/rt.
#pragma once

#include "backend/rt/disk_engine.hpp"
#include "backend/rt/reactor.hpp"
#include "base/file.hpp"

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

namespace pf::rt {

// Whoever wants events of a descriptor. Edge-triggered: an event says "try again", nothing more.
class EventHandler {
  public:
    virtual ~EventHandler() = default;
    virtual void on_events(std::uint32_t events) = 0;
};

class Reactor::Impl {
  public:
    explicit Impl(ReactorOptions options) : options_(options) {}
    Result<void> init();

    Result<void> watch(int fd, std::uint32_t events, EventHandler& handler);
    // Also withdraws events of this turn that have not been delivered.
    void forget(int fd, EventHandler& handler) noexcept;

    void run_ready();
    bool poll(Duration timeout); // true: there was an event
    void wake() noexcept;
    void take_posted();

    struct Ready {
        Executor::Callback fn;
        void* arg;
    };
    struct Wake final : EventHandler {
        void on_events(std::uint32_t) override {}
    };

    ReactorOptions options_;
    UniqueFd epoll_;
    UniqueFd event_;
    Wake wake_handler_;
    Wake disk_handler_;
    std::unique_ptr<DiskEngine> disks_;
    bool uring_ = false;
    std::unique_ptr<Network> network_;
    MonoTime now_ = mono_now();

    std::vector<Ready> ready_;
    std::vector<Ready> running_;

    std::array<epoll_event, 128> events_{};
    std::size_t event_count_ = 0;
    std::size_t event_next_ = 0;
    unsigned turns_without_poll_ = 0;

    std::mutex post_mutex_;
    std::vector<std::function<void()>> posted_;
    std::atomic<bool> wake_pending_{false};
    std::atomic<bool> stop_{false};
    std::atomic<std::thread::id> owner_{};
};

std::unique_ptr<Network> make_tcp_network(Reactor& reactor, Reactor::Impl& impl);

} // namespace pf::rt
