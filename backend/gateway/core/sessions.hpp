// Tokens of both login flows.
//
// legacy: one token, 8 hours at most, 10 minutes idle. Older tokens stay valid after a new login
// (Cinder relies on it). bearer: an access token of 5 minutes and a refresh token of 30; refreshing
// makes a new access token of the same session. Bounded: past kMaxSessions the one idle for longest
// goes. Tokens are random; only their hashes are kept. Thread-safe; time is an argument.
#pragma once

#include "backend/gateway/core/users.hpp"
#include "base/clock.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pf::gateway {

struct SessionTimes {
    Duration legacy_life = std::chrono::hours(8);
    Duration legacy_idle = std::chrono::minutes(10);
    Duration access_life = std::chrono::minutes(5);
    Duration refresh_life = std::chrono::minutes(30);
};

class Sessions {
  public:
    static constexpr std::size_t kMaxSessions = 16384;

    explicit Sessions(SessionTimes times = {}) : times_(times) {}

    struct Bearer {
        std::string access_token;
        std::string refresh_token;
        std::int64_t expires_in_s = 0;
        std::int64_t refresh_expires_in_s = 0;
    };
    [[nodiscard]] std::string open_legacy(const Identity& identity, MonoTime now);
    [[nodiscard]] Bearer open_bearer(const Identity& identity, MonoTime now);
    // A new access token for the refresh token's owner; empty when it is unknown or too old.
    [[nodiscard]] std::optional<Bearer> refresh(std::string_view refresh_token, MonoTime now);
    // The user behind a legacy or access token; empty when unknown or expired.
    [[nodiscard]] std::optional<Identity> find(std::string_view token, MonoTime now);
    void close(std::string_view token);
    void close_user(std::string_view user);
    [[nodiscard]] std::size_t count() const;

  private:
    enum class Kind { Legacy, Access, Refresh };
    struct Entry {
        Kind kind = Kind::Legacy;
        Identity identity;
        MonoTime ends{};
        MonoTime last_use{};
    };
    [[nodiscard]] bool expired(const Entry& entry, MonoTime now) const;
    void add_locked(std::string_view token, Entry entry, MonoTime now);

    const SessionTimes times_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_; // by hash of the token
};

} // namespace pf::gateway
