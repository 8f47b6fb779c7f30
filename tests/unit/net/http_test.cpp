#include "base/file.hpp"
#include "base/net/http_client.hpp"
#include "base/net/http_server.hpp"
#include "base/net/tls.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace pf::net {
namespace {

HttpResponse echo(const HttpServerRequest& request) {
    HttpResponse out;
    out.headers.set("X-Path", request.path);
    out.headers.set("X-Query", request.query_value("q"));
    out.body = request.method + ":" + request.body;
    return out;
}

struct TlsServer {
    TempDir dir;
    CertificateAuthority ca = *CertificateAuthority::create("test CA");
    CertificateAndKey id = *ca.issue("server", {"127.0.0.1"});
    HttpServer server{{.cert_pem = id.cert_pem, .key_pem = id.key_pem}, HttpServer::Handler(echo)};
    std::string url;

    TlsServer() {
        EXPECT_TRUE(write_file_atomic(dir / "ca.pem", ca.cert_pem()));
        EXPECT_TRUE(server.start());
        url = "https://127.0.0.1:" + std::to_string(server.port());
    }
};

TEST(Http, OverTlsWithKeepAliveAndDecodedTarget) {
    TlsServer s;
    HttpClient client({.ca_file = s.dir / "ca.pem"});
    for (int i = 0; i < 3; ++i) {
        const auto response = client.send(
            {.method = "POST", .url = s.url + "/a%20b?q=x%26y", .body = std::string(100'000, 'z')});
        ASSERT_TRUE(response) << response.error().what;
        EXPECT_EQ(response->status, 200u);
        EXPECT_EQ(response->headers.get("x-path"), "/a b");
        EXPECT_EQ(response->headers.get("X-QUERY"), "x&y");
        EXPECT_EQ(response->body.size(), 100'005u);
    }
}

TEST(Http, UntrustedCertificateIsItsOwnError) {
    TlsServer s;
    const auto other = CertificateAuthority::create("other CA");
    ASSERT_TRUE(write_file_atomic(s.dir / "other.pem", other->cert_pem()));
    HttpClient wrong_ca({.ca_file = s.dir / "other.pem"});
    const auto response = wrong_ca.send({.url = s.url});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::Untrusted);

    HttpClient wrong_pin({.sha256_pins = {std::string(64, '0')}});
    EXPECT_EQ(wrong_pin.send({.url = s.url}).error().code, Errc::Untrusted);
    HttpClient right_pin({.sha256_pins = {*sha256_fingerprint(s.id.cert_pem)}});
    EXPECT_TRUE(right_pin.send({.url = s.url}));
}

TEST(Http, NobodyListeningIsUnreachable) {
    HttpClient client({});
    const auto response =
        client.send({.method = "POST", .url = "http://127.0.0.1:1/", .body = "x"});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::Unreachable);
}

// Accepts connections and closes each after its request, without an answer; counts requests.
class SilentServer {
  public:
    SilentServer() {
        fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd_, 8), 0);
        socklen_t size = sizeof address;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        thread_ = std::thread([this] {
            for (;;) {
                const int c = ::accept(fd_, nullptr, nullptr);
                if (c < 0)
                    return;
                char buffer[4096];
                if (::recv(c, buffer, sizeof buffer, 0) > 0)
                    ++requests;
                ::close(c);
            }
        });
    }
    ~SilentServer() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }
    std::atomic<int> requests{0};
    std::uint16_t port = 0;

  private:
    int fd_ = -1;
    std::thread thread_;
};

TEST(Http, LostAnswerIsOutcomeUnknownAndSentOnce) {
    SilentServer s;
    HttpClient client({});
    const auto url = "http://127.0.0.1:" + std::to_string(s.port) + "/";
    const auto response = client.send({.method = "POST", .url = url, .body = "create"});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::OutcomeUnknown);
    EXPECT_EQ(s.requests, 1);
    const auto read = client.send({.url = url});
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().code, Errc::OutcomeUnknown);
}

TEST(Http, AsynchronousAnswersHoldNoThread) {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<Responder> waiting;
    HttpServer server({.threads = 1},
                      HttpServer::AsyncHandler([&](const HttpServerRequest&, Responder responder) {
                          const std::lock_guard lock(mutex);
                          waiting.push_back(std::move(responder));
                          arrived.notify_all();
                      }));
    ASSERT_TRUE(server.start());
    const auto url = "http://127.0.0.1:" + std::to_string(server.port());
    std::vector<std::thread> clients;
    std::atomic<int> ok{0};
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([&] {
            HttpClient client({});
            const auto response = client.send({.url = url});
            ok += response && response->body == "late" ? 1 : 0;
        });
    {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(arrived.wait_for(lock, 20s, [&] { return waiting.size() == 8; }));
        for (const auto& responder : waiting)
            responder.respond({.body = "late"});
    }
    for (auto& thread : clients)
        thread.join();
    EXPECT_EQ(ok, 8);
    waiting.clear();
}

TEST(Http, TooLargeAndGarbageRequestsAreRefused) {
    HttpServer server({.max_body_bytes = 1000}, HttpServer::Handler(echo));
    ASSERT_TRUE(server.start());
    HttpClient client({});
    const auto url = "http://127.0.0.1:" + std::to_string(server.port());
    const auto large = client.send({.method = "POST", .url = url, .body = std::string(2000, 'x')});
    // The server may close before all of it was sent: then the client has no answer.
    EXPECT_EQ(large ? large->status : 413u, 413u);
    EXPECT_TRUE(client.send({.url = url}));
}

TEST(Http, CancelledByStopToken) {
    HttpServer server({}, HttpServer::AsyncHandler([](const HttpServerRequest&, Responder r) {
                          static std::vector<Responder> kept; // answered never, on purpose
                          kept.push_back(std::move(r));
                      }));
    ASSERT_TRUE(server.start());
    std::stop_source stop;
    HttpClient client({});
    std::jthread canceller([&] { stop.request_stop(); });
    const auto response =
        client.send({.url = "http://127.0.0.1:" + std::to_string(server.port())}, stop.get_token());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::Cancelled);
}

} // namespace
} // namespace pf::net
