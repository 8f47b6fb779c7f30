// Synchronous HTTP/1.1 client on libcurl: keep-alive by a pool of handles, TLS trust given by the
// caller, errors typed by what is known about the effect. Thread-safe.
#pragma once

#include "base/clock.hpp"
#include "base/net/http_message.hpp"
#include "base/result.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace pf::net {

// Whom to trust. With neither a CA file nor pins, the system's CAs decide.
struct TlsTrust {
    std::string ca_file;                  // PEM; replaces the system's CAs
    std::vector<std::string> sha256_pins; // hex SHA-256 of the server certificate (colons allowed),
                                          // or its SHA-1 thumbprint; any of them suffices, instead
                                          // of a CA
    bool insecure = false;                // labs only: no verification at all
};

struct HttpClientOptions {
    Duration connect_timeout = std::chrono::seconds(10);
    Duration request_timeout = std::chrono::seconds(60); // when the request names none
    std::size_t max_response_bytes = std::size_t{1} << 30;
    std::size_t max_idle_connections = 8;
    std::string user_agent = "pfnvme/0.1.0";
    std::string proxy; // empty: the environment's (https_proxy, no_proxy)
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    Headers headers;
    std::string body;
    Duration timeout{}; // zero: the client's default
    // May the transport send it twice when a kept connection turns out dead? GET and HEAD always
    // may; a read-only POST says so here. Everything else ends in OutcomeUnknown instead.
    bool repeatable = false;
};

// What a status other than success says. `mutating`: the request changes something, and nothing in
// the answer tells whether it did.
Errc errc_of_status(unsigned status, bool mutating);

class HttpClient {
  public:
    explicit HttpClient(TlsTrust trust, HttpClientOptions options = {});
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    // Any HTTP status is a value. Errors: Unreachable (nothing was sent), Untrusted (certificate),
    // Timeout/OutcomeUnknown (sent, no complete answer; Timeout only for GET and HEAD), Cancelled
    // (by `stop`; the effect is unknown for other methods), LimitExceeded (answer too large),
    // Protocol.
    Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop = {});

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::net
