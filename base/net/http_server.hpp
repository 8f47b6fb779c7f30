// HTTP/1.1 server with TLS. Connections are coroutines on one event thread; handlers run on a
// bounded pool of threads, so that they may block. An asynchronous handler answers later through
// its Responder (long polls, event streams) and holds no thread meanwhile. Boost.Beast stays in the
// one source file.
#pragma once

#include "base/clock.hpp"
#include "base/net/http_message.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pf::net {

struct HttpServerRequest {
    std::string method;
    std::string target; // as on the request line, with the query
    std::string path;   // percent-decoded, without the query
    std::string query;  // raw, without '?'
    Headers headers;
    std::string body;
    std::string remote; // "127.0.0.1:54321"

    // The decoded value of a query parameter, or "" when it is missing.
    std::string query_value(std::string_view name) const;
};

struct HttpServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0: any free one, see port()
    std::string cert_pem;   // empty: plain HTTP
    std::string key_pem;
    std::string name = "http"; // for logs
    std::size_t threads = 4;
    std::size_t max_connections = 1024;
    std::size_t max_queued_requests = 1024; // beyond: 503
    std::size_t max_body_bytes = std::size_t{64} << 20;
    Duration idle_timeout = std::chrono::minutes(5);
    Duration request_timeout = std::chrono::seconds(30); // to read one request
};

// Answers one request exactly once, from any thread; answering after the connection is gone, or
// after the server stopped, is harmless. Dropping every copy unanswered sends 500.
class Responder {
  public:
    struct Sink;
    explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
    void respond(HttpResponse response) const;
    // False once the client closed its connection (a long poll may stop early).
    bool connected() const;

  private:
    std::shared_ptr<Sink> sink_;
};

class HttpServer {
  public:
    using Handler = std::function<HttpResponse(const HttpServerRequest&)>;
    using AsyncHandler = std::function<void(const HttpServerRequest&, Responder)>;

    HttpServer(HttpServerOptions options, Handler handler);
    HttpServer(HttpServerOptions options, AsyncHandler handler);
    ~HttpServer(); // stops

    // Binds and listens. Errors name the address.
    Result<> start();
    std::uint16_t port() const;
    // Closes all connections, waits for running handlers. Idempotent.
    void stop();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace pf::net
