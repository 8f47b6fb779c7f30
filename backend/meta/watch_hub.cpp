#include "backend/meta/watch_hub.hpp"

#include <algorithm>

namespace pf::meta {

class WatchHub::HubWatch final : public Watch {
  public:
    explicit HubWatch(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
    Result<std::vector<WatchEvent>> drain() override {
        if (queue_->overflown) {
            queue_->overflown = false;
            queue_->events.clear();
            return fail(Errc::LimitExceeded, "watch of '{}' fell behind: list the range again",
                        queue_->prefix);
        }
        return std::exchange(queue_->events, {});
    }

  private:
    std::shared_ptr<Queue> queue_;
};

std::unique_ptr<Watch> WatchHub::add(std::string prefix) {
    auto queue = std::make_shared<Queue>();
    queue->prefix = std::move(prefix);
    queues_.push_back(queue);
    return std::make_unique<HubWatch>(std::move(queue));
}

void WatchHub::publish(const std::vector<WatchEvent>& events) {
    std::erase_if(queues_, [](const auto& weak) { return weak.expired(); });
    for (auto& weak : queues_) {
        auto queue = weak.lock();
        for (const auto& event : events) {
            if (!event.kv.key.starts_with(queue->prefix) || queue->overflown)
                continue;
            if (queue->events.size() >= kMaxWatchBacklog)
                queue->overflown = true;
            else
                queue->events.push_back(event);
        }
    }
}

LeaseId LeaseTable::grant(Duration ttl, MonoTime now) {
    const LeaseId id = next_++;
    entries_.push_back({id, ttl, now + ttl});
    return id;
}

void LeaseTable::restore(LeaseId lease, Duration ttl) {
    entries_.push_back({lease, ttl, std::nullopt});
    next_ = std::max(next_, lease + 1);
}

LeaseTable::Entry* LeaseTable::find(LeaseId lease) {
    auto found = std::find_if(entries_.begin(), entries_.end(),
                              [lease](const Entry& entry) { return entry.id == lease; });
    return found == entries_.end() ? nullptr : &*found;
}

bool LeaseTable::keep_alive(LeaseId lease, MonoTime now) {
    auto* entry = find(lease);
    if (entry == nullptr)
        return false;
    entry->deadline = now + entry->ttl;
    return true;
}

bool LeaseTable::contains(LeaseId lease) const {
    return const_cast<LeaseTable*>(this)->find(lease) != nullptr;
}

bool LeaseTable::remove(LeaseId lease) {
    return std::erase_if(entries_, [lease](const Entry& e) { return e.id == lease; }) > 0;
}

std::vector<LeaseId> LeaseTable::expired(MonoTime now) {
    std::vector<LeaseId> out;
    for (auto& entry : entries_) {
        if (!entry.deadline)
            entry.deadline = now + entry.ttl;
        else if (*entry.deadline <= now)
            out.push_back(entry.id);
    }
    return out;
}

} // namespace pf::meta
