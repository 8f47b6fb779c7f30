// Watches of the in-process stores: fans committed events out to the live watches.
#pragma once

#include "backend/meta/meta_store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pf::meta {

class WatchHub {
  public:
    std::unique_ptr<Watch> add(std::string prefix);
    void publish(const std::vector<WatchEvent>& events);

  private:
    struct Queue {
        std::string prefix;
        std::vector<WatchEvent> events;
        bool overflown = false;
    };
    class HubWatch;
    std::vector<std::weak_ptr<Queue>> queues_;
};

// Leases of the in-process stores: who runs out when.
class LeaseTable {
  public:
    LeaseId grant(Duration ttl, MonoTime now);
    // A lease known from disk; it starts to age with the first expired() or keep_alive().
    void restore(LeaseId lease, Duration ttl);
    bool keep_alive(LeaseId lease, MonoTime now);
    bool contains(LeaseId lease) const;
    bool remove(LeaseId lease);
    std::vector<LeaseId> expired(MonoTime now);

  private:
    struct Entry {
        LeaseId id = 0;
        Duration ttl{};
        std::optional<MonoTime> deadline;
    };
    Entry* find(LeaseId lease);
    std::vector<Entry> entries_;
    LeaseId next_ = 1;
};

} // namespace pf::meta
