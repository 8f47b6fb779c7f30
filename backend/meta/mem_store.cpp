// In-memory MetaStore: the reference for the conformance suite, and the store of simulations.
#include "backend/meta/meta_store.hpp"
#include "backend/meta/watch_hub.hpp"

#include <map>

namespace pf::meta {
namespace {

class MemStore final : public MetaStore {
  public:
    Result<std::optional<KeyValue>> get(std::string_view key) override {
        auto found = keys_.find(key);
        if (found == keys_.end())
            return std::nullopt;
        return found->second;
    }

    Result<std::vector<KeyValue>> range(std::string_view prefix, std::string_view from,
                                        std::size_t limit) override {
        std::vector<KeyValue> out;
        for (auto at = keys_.lower_bound(std::max(prefix, from)); at != keys_.end(); ++at) {
            if (!at->first.starts_with(prefix) || (limit != 0 && out.size() == limit))
                break;
            out.push_back(at->second);
        }
        return out;
    }

    Result<Committed> commit(const Txn& txn) override {
        PF_CHECK(check_limits(txn));
        for (const auto& change : txn.changes)
            if (change.lease != 0 && !leases_.contains(change.lease))
                return fail(Errc::InvalidArgument, "lease {} has ended", change.lease);
        for (const auto& guard : txn.guards)
            if (!holds(guard))
                return Committed{false, revision_};
        const Revision next = revision_ + 1;
        std::vector<WatchEvent> events;
        for (const auto& change : txn.changes)
            apply(change, next, events);
        if (!events.empty()) {
            revision_ = next;
            hub_.publish(events);
        }
        return Committed{true, revision_};
    }

    Result<Revision> revision() override { return revision_; }
    Result<std::unique_ptr<Watch>> watch(std::string prefix) override {
        return hub_.add(std::move(prefix));
    }

    Result<LeaseId> grant_lease(Duration ttl, MonoTime now) override {
        return leases_.grant(ttl, now);
    }
    Result<void> keep_alive(LeaseId lease, MonoTime now) override {
        if (!leases_.keep_alive(lease, now))
            return fail(Errc::NotFound, "lease {} has ended", lease);
        return {};
    }
    Result<void> revoke_lease(LeaseId lease) override {
        if (!leases_.contains(lease))
            return fail(Errc::NotFound, "lease {} has ended", lease);
        end_lease(lease);
        return {};
    }
    Result<void> expire_leases(MonoTime now) override {
        for (LeaseId lease : leases_.expired(now))
            end_lease(lease);
        return {};
    }

  private:
    bool holds(const Guard& guard) const {
        auto found = keys_.find(guard.key);
        const bool present = found != keys_.end();
        switch (guard.kind) {
        case Guard::Kind::Absent:
            return !present;
        case Guard::Kind::Present:
            return present;
        case Guard::Kind::ModRevisionIs:
            return present && found->second.mod_revision == guard.revision;
        case Guard::Kind::ValueIs:
            return present && found->second.value == guard.value;
        }
        return false;
    }

    void apply(const Change& change, Revision revision, std::vector<WatchEvent>& events) {
        if (change.kind == Change::Kind::Put) {
            auto& kv = keys_[change.key];
            if (kv.version == 0) {
                kv.key = change.key;
                kv.create_revision = revision;
            }
            kv.value = change.value;
            kv.mod_revision = revision;
            kv.lease = change.lease;
            ++kv.version;
            events.push_back({false, kv});
            return;
        }
        auto at = keys_.lower_bound(change.key);
        while (at != keys_.end() &&
               (change.kind == Change::Kind::Delete ? at->first == change.key
                                                    : at->first.starts_with(change.key))) {
            WatchEvent event{true, {}};
            event.kv.key = at->first;
            event.kv.mod_revision = revision;
            events.push_back(std::move(event));
            at = keys_.erase(at);
        }
    }

    void end_lease(LeaseId lease) {
        leases_.remove(lease);
        const Revision next = revision_ + 1;
        std::vector<WatchEvent> events;
        std::vector<std::string> doomed;
        for (const auto& [key, kv] : keys_)
            if (kv.lease == lease)
                doomed.push_back(key);
        for (auto& key : doomed)
            apply({Change::Kind::Delete, key, {}, 0}, next, events);
        if (!events.empty()) {
            revision_ = next;
            hub_.publish(events);
        }
    }

    std::map<std::string, KeyValue, std::less<>> keys_;
    Revision revision_ = 0;
    WatchHub hub_;
    LeaseTable leases_;
};

} // namespace

std::unique_ptr<MetaStore> make_mem_store() { return std::make_unique<MemStore>(); }

} // namespace pf::meta
