#include "libpf/session.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "libpf/error_codes.hpp"
#include "libpf/model_json.hpp"

#include <algorithm>

namespace pf::powerflex {
namespace {

// What a 4.x answers when it does not say: five minutes, and half an hour for the refresh token.
constexpr auto kDefaultAccessLife = std::chrono::minutes(5);
constexpr auto kDefaultRefreshLife = std::chrono::minutes(30);
// A legacy token lives eight hours at most and ten minutes idle; a refused one is replaced anyway.
constexpr auto kLegacyLife = std::chrono::hours(7);

std::string basic(std::string_view user, std::string_view password) {
    std::string pair(user);
    pair += ':';
    pair += password;
    std::string out = "Basic " + base64_encode(as_bytes(pair));
    std::fill(pair.begin(), pair.end(), '\0');
    return out;
}

} // namespace

Session::Session(net::HttpClient& http, std::string origin, Credentials credentials, LoginFlow flow,
                 Duration timeout)
    : http_(http), origin_(std::move(origin)), credentials_(std::move(credentials)),
      timeout_(timeout), flow_(flow) {}

LoginFlow Session::flow() const {
    const std::lock_guard lock(mutex_);
    return flow_;
}

Result<Session::Authorization> Session::authorization(std::stop_token stop) {
    const std::lock_guard lock(mutex_);
    if (!valid_) {
        PF_CHECK(login(stop));
    } else if (mono_now() >= token_.renew_at) {
        PF_CHECK(refresh(stop));
    }
    return current();
}

Result<Session::Authorization> Session::replace(std::uint64_t refused_serial,
                                                std::stop_token stop) {
    const std::lock_guard lock(mutex_);
    if (!valid_ || serial_ == refused_serial) {
        PF_CHECK(refresh(stop));
    }
    return current();
}

bool Session::is_current(std::uint64_t serial) const {
    const std::lock_guard lock(mutex_);
    return valid_ && serial_ == serial;
}

Session::Authorization Session::current() const { return {header(), serial_}; }

std::string Session::header() const {
    if (token_.bearer) {
        return "Bearer " + std::string(token_.access.expose());
    }
    // The token takes the password's place.
    return basic(credentials_.username, token_.access.expose());
}

Error Session::refused(const net::HttpResponse& response) const {
    if (response.status == 401 || response.status == 403) {
        return Error{Errc::AuthFailed,
                     fmt::format("{} refused user '{}': wrong user name or password", origin_,
                                 credentials_.username)};
    }
    return to_error(parse_error_body(static_cast<int>(response.status), response.body),
                    "login at " + origin_, false);
}

void Session::resume(const SavedSession& saved) {
    const std::lock_guard lock(mutex_);
    const MonoTime now = mono_now();
    const WallTime wall = wall_now();
    flow_ = saved.bearer ? LoginFlow::Bearer : LoginFlow::Legacy;
    token_.bearer = saved.bearer;
    token_.access = saved.access_token;
    token_.refresh = saved.refresh_token;
    // Half of what is left: the clocks of both processes are the same machine's, but may have been
    // set.
    token_.renew_at = now + (saved.access_until - wall) / 2;
    token_.refresh_until = now + (saved.refresh_until - wall);
    valid_ = true;
    ++serial_;
}

Result<SavedSession> Session::saved() const {
    const std::lock_guard lock(mutex_);
    if (!valid_) {
        return fail(Errc::NotFound, "there is no session");
    }
    const MonoTime now = mono_now();
    const WallTime wall = wall_now();
    SavedSession out;
    out.username = credentials_.username;
    out.bearer = token_.bearer;
    out.access_token = token_.access;
    out.refresh_token = token_.refresh;
    out.access_until = wall + std::chrono::duration_cast<WallTime::duration>(token_.renew_at - now);
    out.refresh_until =
        wall + std::chrono::duration_cast<WallTime::duration>(token_.refresh_until - now);
    return out;
}

Result<void> Session::login(std::stop_token stop) {
    if (credentials_.password.empty()) {
        return fail(Errc::AuthFailed, "the session at {} has ended: log in again", origin_);
    }
    if (flow_ == LoginFlow::Legacy) {
        return login_legacy(stop);
    }
    bool missing = false;
    auto done = login_bearer(stop, missing);
    if (done) {
        flow_ = LoginFlow::Bearer;
        return done;
    }
    if (missing && flow_ == LoginFlow::Auto) {
        PF_CHECK(login_legacy(stop));
        flow_ = LoginFlow::Legacy;
        return {};
    }
    return done;
}

Result<void> Session::login_bearer(std::stop_token stop, bool& missing) {
    net::HttpRequest request;
    request.method = "POST";
    request.url = origin_ + "/rest/auth/login";
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.body = json::serialize(json::object{{"username", credentials_.username},
                                                {"password", credentials_.password.expose()}});
    request.timeout = timeout_;
    auto sent = http_.send(request, stop);
    std::fill(request.body.begin(), request.body.end(), '\0');
    if (!sent) {
        Error error = std::move(sent).error();
        if (error.code == Errc::OutcomeUnknown) {
            error.code = Errc::Timeout; // a login changes nothing that anybody has to look after
        }
        return fail(std::move(error));
    }
    if (sent->status == 404 || sent->status == 405 || sent->status == 501) {
        missing = true; // a 3.x gateway
        return fail(Errc::Unsupported, "{} has no /rest/auth/login", origin_);
    }
    if (sent->status != 200) {
        return fail(refused(*sent));
    }
    PF_TRY(const TokenReply reply, decode_tokens(sent->body));
    take(true, reply);
    return {};
}

Result<void> Session::login_legacy(std::stop_token stop) {
    net::HttpRequest request;
    request.url = origin_ + "/api/login";
    request.headers = {
        {"Authorization", basic(credentials_.username, credentials_.password.expose())},
        {"Accept", "application/json"}};
    request.timeout = timeout_;
    PF_TRY(const net::HttpResponse response, http_.send(request, stop));
    if (response.status == 404) {
        return fail(Errc::Unsupported, "{} is not a PowerFlex gateway: it has no /api/login",
                    origin_);
    }
    if (response.status != 200) {
        return fail(refused(response));
    }
    TokenReply reply;
    PF_TRY(reply.access_token, decode_string(response.body));
    if (reply.access_token.empty()) {
        return fail(Errc::Protocol, "{} answered the login with an empty token", origin_);
    }
    take(false, reply);
    return {};
}

Result<void> Session::refresh(std::stop_token stop) {
    if (!valid_ || !token_.bearer || token_.refresh.empty() || mono_now() >= token_.refresh_until) {
        valid_ = false;
        return login(stop);
    }
    net::HttpRequest request;
    request.method = "POST";
    request.url = origin_ + "/rest/auth/update-token";
    request.headers = {{"Content-Type", "application/json"},
                       {"Accept", "application/json"},
                       {"Authorization", header()}};
    request.body = json::serialize(json::object{{"refresh_token", token_.refresh.expose()}});
    request.timeout = timeout_;
    auto sent = http_.send(request, stop);
    if (sent && sent->status == 200) {
        if (auto reply = decode_tokens(sent->body)) {
            if (reply->refresh_token.empty()) {
                reply->refresh_token = std::string(token_.refresh.expose());
            }
            take(true, *reply);
            return {};
        }
    }
    valid_ = false; // whatever was wrong with the refresh, a login decides
    return login(stop);
}

void Session::take(bool bearer, const TokenReply& reply) {
    const MonoTime now = mono_now();
    Duration life = bearer ? Duration(kDefaultAccessLife) : Duration(kLegacyLife);
    if (reply.expires_in_s > 0) {
        life = std::chrono::seconds(reply.expires_in_s);
    }
    Duration refresh_life = kDefaultRefreshLife;
    if (reply.refresh_expires_in_s > 0) {
        refresh_life = std::chrono::seconds(reply.refresh_expires_in_s);
    }
    token_.bearer = bearer;
    token_.access = Secret(reply.access_token);
    token_.refresh = Secret(reply.refresh_token);
    token_.renew_at = now + life * 4 / 5; // ahead of the end, whatever the clocks' drift
    token_.refresh_until = now + refresh_life;
    valid_ = true;
    ++serial_;
}

Result<void> Session::logout() {
    const std::lock_guard lock(mutex_);
    if (!valid_) {
        return {};
    }
    net::HttpRequest request;
    request.headers = {{"Authorization", header()}, {"Accept", "application/json"}};
    request.timeout = timeout_;
    if (token_.bearer) {
        request.method = "POST";
        request.url = origin_ + "/rest/auth/logout";
        request.headers.add("Content-Type", "application/json");
        request.body = json::serialize(json::object{{"refresh_token", token_.refresh.expose()}});
    } else {
        request.url = origin_ + "/api/logout";
    }
    valid_ = false;
    token_ = Token{};
    PF_TRY(const net::HttpResponse response, http_.send(request));
    if (response.status != 200 && response.status != 204 && response.status != 401) {
        return fail(Errc::Failed, "{} answered the logout with HTTP status {}", origin_,
                    response.status);
    }
    return {};
}

} // namespace pf::powerflex
