#pragma once
// A scripted vim25 endpoint for client tests: answers what the test says, remembers what it was
// asked.
//
// Plain HTTP on a free loopback port. It knows how to let a client log in; every other method
// answers by a handler that the test sets, or with an empty (void) response. Handlers run on server
// threads, one call at a time.

#include "base/net/http_client.hpp"
#include "base/net/http_server.hpp"
#include "base/secret.hpp"
#include "libvsphere/session.hpp"
#include "libvsphere/wire/soap.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pf::vim::test {

struct RawBody {
    std::string body;
    unsigned status = 200;
    std::string encoding; ///< Content-Encoding that `body` is in
};
/// The request is taken and nothing ever comes back.
struct NoAnswer {};
using Answer = std::variant<Value, Fault, RawBody, NoAnswer>;

class FakeServer {
  public:
    FakeServer();
    ~FakeServer() { server_->stop(); }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
    void on(const std::string& method, std::function<Answer(const Call&)> handler);
    void on(const std::string& method, Answer answer);
    void set_versions(ServiceVersions versions);
    /// The session cookie that the next Login hands out.
    void set_cookie(std::string value);
    /// The cookie comes with the service content already, as real servers send it.
    void give_cookie_early();

    struct Seen {
        Call call;
        std::string body, cookie, action;
    };
    std::vector<Seen> seen() const;
    /// The last request with this method name; an empty body when there was none.
    Seen last(const std::string& method) const;
    size_t count(const std::string& method) const;

    Result<std::unique_ptr<Session>> connect(SessionOptions options = {});

  private:
    /// Nothing: no answer is to be sent.
    std::optional<net::HttpResponse> handle(const net::HttpServerRequest& request);

    mutable std::mutex mutex_;
    std::map<std::string, std::function<Answer(const Call&)>> handlers_;
    std::vector<Seen> seen_;
    ServiceVersions versions_{"8.0.3.0", {"8.0.2.0", "8.0.1.0", "8.0.0.1", "7.0.3.0", "6.7"}};
    std::string cookie_ = "\"52aa-cookie\"";
    bool early_cookie_ = false;
    std::vector<net::Responder> unanswered_;
    std::unique_ptr<net::HttpServer> server_;
};

/// A vim object tree as one line that does not depend on prefixes, white space or version
/// attributes.
std::string canonical(const std::string& xml);
/// The same of a request's SOAP body.
std::string canonical_body(const std::string& envelope);

} // namespace pf::vim::test
