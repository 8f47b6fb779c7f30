#pragma once
// vCenter's other interface, the vSphere Automation API: JSON over HTTPS below /api, with a session
// of its own. What vim25 does not have lives there: tags, content libraries.
//
// Logs in by the first call (POST /api/session with the user's name and password, answered with a
// token that later calls carry as `vmware-api-session-id`), once more when the token has expired
// (401: the call was not done), and ends the session in logout(). Thread-safe. Source: the
// published reference of the vSphere Automation API, 7.0 U3 and newer; /rest of older versions is
// not spoken.
//
// Errors: AuthFailed, PermissionDenied (403), NotFound (404), InvalidArgument (400),
// Busy (429), Unreachable (502, 503), Timeout or OutcomeUnknown (504), Failed, Unsupported (no such
// interface there), Protocol; transport errors as of net::HttpClient.

#include "base/net/http_client.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

namespace pf::vim {

struct AutomationOptions {
    std::string origin; ///< "https://vc.example"
    std::string host;   ///< for error texts
    std::string user;
    Secret password;
    std::chrono::milliseconds timeout{std::chrono::seconds(60)};
    std::chrono::milliseconds logout_timeout{std::chrono::seconds(5)};
    std::stop_token stop; ///< aborts calls in flight with Cancelled (logout still happens)
    /// "GET /api/…", duration, bytes sent and received, error text.
    std::function<void(std::string_view call, std::chrono::microseconds duration, size_t sent,
                       size_t received, const std::string& error)>
        trace;
};

class Automation {
  public:
    /// `http` must outlive this.
    Automation(net::HttpClient& http, AutomationOptions options);

    /// `path` begins with "/api/". The answer's JSON text ("" for 204).
    Result<std::string> get(std::string_view path);
    /// `reads`: the call changes nothing, so the transport may send it again.
    Result<std::string> post(std::string_view path, std::string body, bool reads);
    /// Idempotent. A later call logs in again.
    Result<void> logout();

  private:
    Result<std::string> call(net::HttpRequest request, std::string_view path);
    Result<net::HttpResponse> send(net::HttpRequest request, std::string_view path,
                                   std::stop_token stop);
    Result<std::string> token();
    Result<std::string> log_in();
    Error error_of(const net::HttpResponse& response, std::string_view what, bool mutating) const;

    net::HttpClient& http_;
    AutomationOptions options_;
    std::mutex mutex_; ///< guards the token; held while logging in, so that one login serves all
    std::string token_;
};

} // namespace pf::vim
