#include "backend/gateway/core/sessions.hpp"

#include "base/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::gateway {
namespace {

std::string key_of(std::string_view token) { return sha256_hex(as_bytes(token)); }

std::string random_token() { return to_hex(random_bytes(32)); }

std::int64_t seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

} // namespace

bool Sessions::expired(const Entry& entry, MonoTime now) const {
    return now >= entry.ends ||
           (entry.kind == Kind::Legacy && now - entry.last_use >= times_.legacy_idle);
}

void Sessions::add_locked(std::string_view token, Entry entry, MonoTime now) {
    if (entries_.size() >= kMaxSessions) {
        std::erase_if(entries_, [&](const auto& item) { return expired(item.second, now); });
    }
    if (entries_.size() >= kMaxSessions) {
        entries_.erase(
            std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
                return a.second.last_use < b.second.last_use;
            }));
    }
    entry.last_use = now;
    entries_[key_of(token)] = std::move(entry);
}

std::string Sessions::open_legacy(const Identity& identity, MonoTime now) {
    // Looks like the real one: base64 of user:time:random.
    const std::string text = fmt::format(
        "{}:{}:{}", identity.user,
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count(),
        random_token());
    std::string token = base64_encode(as_bytes(text));
    const std::lock_guard lock(mutex_);
    add_locked(token, Entry{Kind::Legacy, identity, now + times_.legacy_life, now}, now);
    return token;
}

Sessions::Bearer Sessions::open_bearer(const Identity& identity, MonoTime now) {
    Bearer out{random_token(), random_token(), seconds(times_.access_life),
               seconds(times_.refresh_life)};
    const std::lock_guard lock(mutex_);
    add_locked(out.access_token, Entry{Kind::Access, identity, now + times_.access_life, now}, now);
    add_locked(out.refresh_token, Entry{Kind::Refresh, identity, now + times_.refresh_life, now},
               now);
    return out;
}

std::optional<Sessions::Bearer> Sessions::refresh(std::string_view refresh_token, MonoTime now) {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(key_of(refresh_token));
    if (it == entries_.end() || it->second.kind != Kind::Refresh || expired(it->second, now)) {
        return std::nullopt;
    }
    const Identity identity = it->second.identity;
    it->second.last_use = now;
    Bearer out{random_token(), std::string(refresh_token), seconds(times_.access_life),
               seconds(it->second.ends - now)};
    add_locked(out.access_token, Entry{Kind::Access, identity, now + times_.access_life, now}, now);
    return out;
}

std::optional<Identity> Sessions::find(std::string_view token, MonoTime now) {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(key_of(token));
    if (it == entries_.end() || it->second.kind == Kind::Refresh) {
        return std::nullopt;
    }
    if (expired(it->second, now)) {
        entries_.erase(it);
        return std::nullopt;
    }
    it->second.last_use = now;
    return it->second.identity;
}

void Sessions::close(std::string_view token) {
    const std::lock_guard lock(mutex_);
    entries_.erase(key_of(token));
}

void Sessions::close_user(std::string_view user) {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](const auto& item) { return item.second.identity.user == user; });
}

std::size_t Sessions::count() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

} // namespace pf::gateway
