// MetaStore: the small, durable, revisioned key-value store under the MDM. One interface over an
// in-memory map (tests, simulation), SQLite (one machine) and, for clusters, a consensus store.
//
// Model (etcd's): every committed transaction that changes something raises the store's revision by
// one; a key remembers the revision that created it, the one that changed it last, and how often it
// was changed. A transaction is a list of guards and a list of changes: all changes happen,
// durably, if every guard holds, and none otherwise. Keys are ordered as byte strings.
//
// A commit that returned is on stable storage. An error from commit() other than InvalidArgument
// and LimitExceeded means that the outcome must be treated as unknown: re-read before going on.
//
// Not thread-safe: one owner calls it. No clock inside: leases age by the `now` they are given.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::meta {

using Revision = std::uint64_t;
using LeaseId = std::uint64_t; // 0: none

inline constexpr std::size_t kMaxKeyBytes = 512;
inline constexpr std::size_t kMaxValueBytes = 1U << 20;
inline constexpr std::size_t kMaxTxnOps = 100'000;
inline constexpr std::size_t kMaxWatchBacklog = 100'000;

struct KeyValue {
    std::string key;
    std::string value;
    Revision create_revision = 0;
    Revision mod_revision = 0;
    std::uint64_t version = 0; // 1 after creation
    LeaseId lease = 0;
    friend bool operator==(const KeyValue&, const KeyValue&) = default;
};

struct Guard {
    enum class Kind : std::uint8_t { Absent, Present, ModRevisionIs, ValueIs };
    Kind kind = Kind::Present;
    std::string key;
    Revision revision = 0; // ModRevisionIs
    std::string value;     // ValueIs
};

struct Change {
    enum class Kind : std::uint8_t { Put, Delete, DeletePrefix };
    Kind kind = Kind::Put;
    std::string key;
    std::string value; // Put
    LeaseId lease = 0; // Put: the key goes when the lease ends
};

struct Txn {
    std::vector<Guard> guards;
    std::vector<Change> changes; // applied in order; a key may appear more than once

    Txn& if_absent(std::string key);
    Txn& if_present(std::string key);
    Txn& if_revision(std::string key, Revision revision);
    Txn& if_value(std::string key, std::string value);
    Txn& put(std::string key, std::string value, LeaseId lease = 0);
    Txn& erase(std::string key);
    Txn& erase_prefix(std::string prefix);
    bool empty() const { return changes.empty(); }
};

struct Committed {
    bool applied = false;  // false: a guard did not hold, nothing changed
    Revision revision = 0; // of the store, after
};

struct WatchEvent {
    bool deleted = false;
    KeyValue kv; // deleted: only key and mod_revision (of the deletion)
};

// Changes to keys with a prefix, in commit order, since the watch was made. Ends with the store.
class Watch {
  public:
    virtual ~Watch() = default;
    // What happened since the last drain. LimitExceeded once when more than kMaxWatchBacklog events
    // were waiting: they are lost, list the range again.
    virtual Result<std::vector<WatchEvent>> drain() = 0;
};

class MetaStore {
  public:
    virtual ~MetaStore() = default;

    virtual Result<std::optional<KeyValue>> get(std::string_view key) = 0;
    // Keys with `prefix` that are >= `from`, in order, at most `limit` (0: all).
    virtual Result<std::vector<KeyValue>> range(std::string_view prefix, std::string_view from = {},
                                                std::size_t limit = 0) = 0;
    virtual Result<Committed> commit(const Txn& txn) = 0;
    virtual Result<Revision> revision() = 0;

    virtual Result<std::unique_ptr<Watch>> watch(std::string prefix) = 0;

    // A lease lasts `ttl` from each keep_alive(). NotFound for an ended or unknown lease.
    virtual Result<LeaseId> grant_lease(Duration ttl, MonoTime now) = 0;
    virtual Result<void> keep_alive(LeaseId lease, MonoTime now) = 0;
    virtual Result<void> revoke_lease(LeaseId lease) = 0;
    // Ends the leases that have run out; their keys are deleted in one transaction per lease.
    virtual Result<void> expire_leases(MonoTime now) = 0;
};

// InvalidArgument/LimitExceeded for a transaction outside the limits above.
[[nodiscard]] Result<void> check_limits(const Txn& txn);

std::unique_ptr<MetaStore> make_mem_store();

// SQLite in WAL mode with synchronous=FULL; the folder must exist. A second process is refused
// (Busy). After a restart every lease starts anew with its full ttl.
[[nodiscard]] Result<std::unique_ptr<MetaStore>> open_sqlite_store(const std::string& path);

} // namespace pf::meta
