// The login state of a Client: obtains, renews and ends tokens by either PowerFlex login flow.
//
// Thread rule: guarded by its own mutex; a renewal is done once even when many threads meet an
// expired token at the same time (each names the token it failed with; only the first renews).
#pragma once

#include "base/clock.hpp"
#include "base/net/http_client.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "libpf/client.hpp"

#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>

namespace pf::powerflex {

class Session {
  public:
    // `origin`: "https://host:port"
    Session(net::HttpClient& http, std::string origin, Credentials credentials, LoginFlow flow,
            Duration timeout);

    // Takes over the tokens of an earlier process; an empty password means that no login is
    // possible.
    void resume(const SavedSession& saved);
    [[nodiscard]] Result<SavedSession> saved() const;

    // A value for the Authorization header, and the serial number of the token behind it.
    struct Authorization {
        std::string header;
        std::uint64_t serial = 0;
    };
    // Logs in when there is no usable token; renews one that is about to end.
    [[nodiscard]] Result<Authorization> authorization(std::stop_token stop);
    // The server refused the token with this serial number: get another one.
    [[nodiscard]] Result<Authorization> replace(std::uint64_t refused_serial, std::stop_token stop);
    // Is this token still the session's? False once it was ended or replaced.
    [[nodiscard]] bool is_current(std::uint64_t serial) const;
    [[nodiscard]] Result<void> logout();
    [[nodiscard]] LoginFlow flow() const;

  private:
    struct Token {
        bool bearer = false;
        Secret access;
        Secret refresh;
        MonoTime renew_at{};      // past this it is renewed before use
        MonoTime refresh_until{}; // past this only a login helps
    };

    [[nodiscard]] Result<void> login(std::stop_token stop);
    [[nodiscard]] Result<void> login_bearer(std::stop_token stop, bool& missing);
    [[nodiscard]] Result<void> login_legacy(std::stop_token stop);
    [[nodiscard]] Result<void> refresh(std::stop_token stop);
    void take(bool bearer, const struct TokenReply& reply);
    [[nodiscard]] Authorization current() const;
    [[nodiscard]] std::string header() const;
    [[nodiscard]] Error refused(const net::HttpResponse& response) const;

    net::HttpClient& http_;
    const std::string origin_;
    const Credentials credentials_;
    const Duration timeout_;
    mutable std::mutex mutex_;
    LoginFlow flow_;
    bool valid_ = false;
    Token token_;
    std::uint64_t serial_ = 0;
};

} // namespace pf::powerflex
