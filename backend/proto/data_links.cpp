#include "backend/proto/data_links.hpp"

#include <algorithm>

namespace pf::proto {

namespace {
constexpr std::chrono::milliseconds kRedialPause{20};
}

DataLinks::DataLinks(rt::Executor& executor, rt::Network& network,
                     std::chrono::milliseconds dial_timeout)
    : executor_(executor), network_(network), dial_timeout_(dial_timeout), gate_(executor) {}

rt::Task<Result<std::shared_ptr<DataLink>>>
DataLinks::get(std::uint64_t sds, const std::vector<rt::Endpoint>& addresses, MonoTime deadline) {
    auto& place = slots_[sds];
    if (!place) {
        place = std::make_shared<Slot>(executor_);
    }
    const std::shared_ptr<Slot> slot = place;
    if (slot->link && slot->link->failed()) {
        gate_.spawn(retire(std::move(slot->link)));
        slot->link.reset();
    }
    if (!slot->link && !slot->dialling &&
        (slot->why.empty() || executor_.now() - slot->failed_at > kRedialPause)) {
        slot->dialling = gate_.spawn(dial(sds, addresses)) && slot->dialling;
    }
    while (!slot->link && slot->dialling) {
        PF_CO_CHECK(co_await slot->dialled.wait(deadline));
    }
    if (!slot->link || slot->link->failed()) {
        co_return fail(Errc::Unreachable, "data server {:x}: {}", sds,
                       slot->why.empty() ? "no connection" : slot->why);
    }
    co_return slot->link;
}

rt::Task<void> DataLinks::dial(std::uint64_t sds, std::vector<rt::Endpoint> addresses) {
    const std::shared_ptr<Slot> slot = slots_[sds];
    slot->dialling = true;
    HelloPayload hello = hello_;
    hello.target_sds = sds;
    for (const rt::Endpoint& address : addresses) {
        auto connecting =
            DataLink::connect(executor_, network_, address, hello, executor_.now() + dial_timeout_);
        auto connected = co_await std::move(connecting);
        if (connected && stopping_) {
            co_await (*connected)->stop();
            break;
        }
        if (connected) {
            slot->link = std::shared_ptr<DataLink>(std::move(*connected));
            slot->why.clear();
            break;
        }
        slot->why = connected.error().what;
        slot->failed_at = executor_.now();
    }
    slot->dialling = false;
    slot->dialled.wake_all();
}

// Keeps a failed link alive until its tasks have ended and its last caller has let go.
rt::Task<void> DataLinks::retire(std::shared_ptr<DataLink> link) { co_await link->stop(); }

void DataLinks::close_all() {
    for (auto& [id, slot] : slots_) {
        if (slot->link) {
            slot->link->close();
        }
    }
}

void DataLinks::keep_only(const std::unordered_set<std::uint64_t>& servers) {
    for (auto& [id, slot] : slots_) {
        if (slot->link && !servers.contains(id)) {
            slot->link->close();
        }
    }
}

rt::Task<void> DataLinks::stop() {
    stopping_ = true;
    for (auto& [id, slot] : slots_) {
        if (slot->link) {
            gate_.spawn(retire(std::move(slot->link)));
            slot->link.reset();
        }
    }
    co_await gate_.close();
}

} // namespace pf::proto
