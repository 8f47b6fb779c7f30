// What a session does below the calls: identities, proxies, compression, time-outs, staying alive,
// leaving.

#include "base/file.hpp"
#include "base/net/http_client.hpp"
#include "base/net/http_server.hpp"
#include "base/net/tls.hpp"
#include "base/process.hpp"
#include "base/secret.hpp"
#include "base/signals.hpp"
#include "libvsphere/call_kinds.hpp"
#include "libvsphere/session.hpp"
#include "tests/conformance/vim25/fake_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <future>
#include <thread>

namespace pf::vim {
namespace {

using test::Answer;
using test::FakeServer;
using test::RawBody;
using namespace std::chrono_literals;

/// gzip with stored blocks only: legal for every decoder, and no library needed to write it.
std::string gzip_of(const std::string& text) {
    uint32_t crc = 0xFFFFFFFF;
    for (unsigned char c : text) {
        crc ^= c;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    crc = ~crc;
    std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    auto put = [&out](uint32_t number, int bytes) {
        for (int i = 0; i < bytes; ++i)
            out += static_cast<char>(number >> (8 * i) & 0xFF);
    };
    const auto size = static_cast<uint32_t>(text.size());
    out += '\x01';
    put(size, 2);
    put(~size, 2);
    out += text;
    put(crc, 4);
    put(size, 4);
    return out;
}

TEST(Transport, ReadsCompressedAnswersAndAsksForThem) {
    FakeServer server;
    const std::string body =
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>"
        "<CurrentTimeResponse xmlns=\"urn:vim25\"><returnval>2026-01-02T03:04:05Z</returnval>"
        "</CurrentTimeResponse></e:Body></e:Envelope>";
    server.on("CurrentTime", Answer(RawBody{gzip_of(body), 200, "gzip"}));
    auto session = server.connect();
    ASSERT_TRUE(session) << session.error().what;
    auto now = (*session)->call({"ServiceInstance", "ServiceInstance"}, "CurrentTime");
    ASSERT_TRUE(now) << now.error().what;
    EXPECT_EQ(now->text(), "2026-01-02T03:04:05Z");
    server.on("CurrentTime", Answer(RawBody{"not gzip at all", 200, "gzip"}));
    EXPECT_FALSE((*session)->call({"ServiceInstance", "ServiceInstance"}, "CurrentTime"));
}

TEST(Transport, GoesThroughAProxy) {
    FakeServer server;
    std::atomic<int> seen{0};
    net::HttpClient onward{net::TlsTrust{}};
    net::HttpServer proxy(
        {}, net::HttpServer::Handler([&](const net::HttpServerRequest& request) {
            // A proxy is asked for the whole URL.
            EXPECT_TRUE(request.target.starts_with(server.url())) << request.target;
            ++seen;
            net::HttpRequest forward;
            forward.method = request.method;
            forward.url = request.target;
            forward.body = request.body;
            for (const char* name : {"Content-Type", "SOAPAction", "Cookie"}) {
                if (request.headers.has(name))
                    forward.headers.set(name, std::string(request.headers.get(name)));
            }
            auto answer = onward.send(forward);
            return answer ? *answer : net::HttpResponse{502, {}, {}};
        }));
    ASSERT_TRUE(proxy.start());
    SessionOptions options;
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    {
        auto session = server.connect(options);
        ASSERT_TRUE(session) << session.error().what;
        EXPECT_EQ(seen, 3); // versions, service content, login
    }
    EXPECT_EQ(seen, 4);
    EXPECT_EQ(server.count("Logout"), 1u);
    proxy.stop();
    auto session = server.connect(options);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, Errc::Unreachable);
}

/// A proxy that only makes tunnels: CONNECT, then bytes both ways. One connection after the other.
class Tunnel {
  public:
    explicit Tunnel(uint16_t to) : to_(to), listener_(listen_somewhere(port_)) {
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    ~Tunnel() {
        thread_.request_stop();
        ::shutdown(listener_.get(), SHUT_RDWR);
    }
    uint16_t port() const { return port_; }
    int tunnels() const { return tunnels_; }

  private:
    static UniqueFd listen_somewhere(uint16_t& port) {
        UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size);
        ::listen(fd.get(), 8);
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        return fd;
    }
    static sockaddr_in loopback(uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        return address;
    }
    static bool pump(int from, int to) {
        char chunk[4096];
        const ssize_t got = ::read(from, chunk, sizeof chunk);
        return got > 0 && ::send(to, chunk, static_cast<size_t>(got), MSG_NOSIGNAL) == got;
    }
    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (client.get() < 0)
                return;
            std::string head;
            char byte = 0;
            while (!head.ends_with("\r\n\r\n") && ::read(client.get(), &byte, 1) == 1)
                head += byte;
            if (!head.starts_with("CONNECT 127.0.0.1:" + std::to_string(to_)))
                continue;
            UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const sockaddr_in address = loopback(to_);
            if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address),
                          sizeof address) != 0)
                continue;
            ++tunnels_;
            const std::string ok = "HTTP/1.1 200 Connection established\r\n\r\n";
            (void)!::send(client.get(), ok.data(), ok.size(), MSG_NOSIGNAL);
            bool open = true;
            while (open && !stop.stop_requested()) {
                pollfd both[] = {{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}};
                if (::poll(both, 2, 50) <= 0)
                    continue;
                if (both[0].revents != 0)
                    open = pump(client.get(), server.get());
                if (open && both[1].revents != 0)
                    open = pump(server.get(), client.get());
            }
        }
    }

    uint16_t to_, port_ = 0;
    UniqueFd listener_;
    std::atomic<int> tunnels_{0};
    std::jthread thread_;
};

/// A server with a certificate of nobody's trust, which knows no page: a client that trusts it
/// finds that wrong.
class StrangersServer : public ::testing::Test {
  protected:
    void SetUp() override {
        auto ca = net::CertificateAuthority::create("test CA");
        ASSERT_TRUE(ca);
        auto certificate = ca->issue("esx01", {"127.0.0.1"});
        ASSERT_TRUE(certificate);
        cert_pem_ = certificate->cert_pem;
        net::HttpServerOptions options;
        options.cert_pem = cert_pem_;
        options.key_pem = certificate->key_pem;
        server_ = std::make_unique<net::HttpServer>(
            options, net::HttpServer::Handler([](const net::HttpServerRequest&) {
                return net::HttpResponse{404, {}, {}};
            }));
        ASSERT_TRUE(server_->start());
    }
    void TearDown() override { server_->stop(); }
    Errc code_with(const std::string& pin, const SessionOptions& options = {}) {
        net::TlsTrust trust;
        trust.sha256_pins = {pin};
        auto session = Session::connect("https://127.0.0.1:" + std::to_string(server_->port()),
                                        trust, "root", Secret("x"), options);
        return session.error().code;
    }

    std::string cert_pem_;
    std::unique_ptr<net::HttpServer> server_;
};

TEST_F(StrangersServer, TlsGoesThroughTheProxysTunnelAndThePinStillDecides) {
    Tunnel tunnel(server_->port());
    SessionOptions through;
    through.proxy = "http://127.0.0.1:" + std::to_string(tunnel.port());
    EXPECT_EQ(code_with(*net::sha256_fingerprint(cert_pem_), through), Errc::Protocol);
    EXPECT_EQ(tunnel.tunnels(), 1);
    EXPECT_EQ(code_with(std::string(64, 'a'), through), Errc::Untrusted);
    EXPECT_EQ(tunnel.tunnels(), 2);
}

TEST_F(StrangersServer, ThePinnedCertificateIsTrustedByEitherDigestAndNoOther) {
    auto sha256 = net::sha256_fingerprint(cert_pem_);
    auto sha1 = net::sha1_thumbprint(cert_pem_);
    ASSERT_TRUE(sha256 && sha1);
    EXPECT_EQ(code_with(*sha256), Errc::Protocol);
    EXPECT_EQ(code_with(*sha1), Errc::Protocol);
    EXPECT_EQ(code_with(std::string(64, 'a')), Errc::Untrusted);
    EXPECT_EQ(code_with(std::string(40, 'a')), Errc::Untrusted);
}

TEST(Transport, TimeOutsGoByKindOfCall) {
    SessionOptions options;
    options.call_timeout = 1s;
    options.bulk_timeout = 2s;
    options.storage_timeout = 3s;
    options.logout_timeout = 4s;
    const MoRef storage{"HostStorageSystem", "s"};
    const MoRef collector{"PropertyCollector", "p"};
    EXPECT_EQ(detail::timeout_of(collector, "RetrievePropertiesEx", options), 2s);
    EXPECT_EQ(detail::timeout_of(collector, "CreateFilter", options), 1s);
    EXPECT_EQ(detail::timeout_of(storage, "RescanAllHba", options), 3s);
    EXPECT_EQ(detail::timeout_of({"HostServiceSystem", "s"}, "StartService", options), 3s);
    EXPECT_EQ(detail::timeout_of({"ManagedMethodExecuter", "e"}, "ExecuteSoap", options), 3s);
    // A task is started at once and waited for elsewhere.
    EXPECT_EQ(detail::timeout_of(storage, "ConnectNvmeControllerEx_Task", options), 1s);
    EXPECT_EQ(detail::timeout_of({"SessionManager", "m"}, "Logout", options), 4s);
    EXPECT_TRUE(detail::is_read_only("WaitForUpdatesEx"));
    EXPECT_TRUE(detail::is_read_only("QueryUnresolvedVmfsVolume"));
    for (const char* method : {"RescanVmfs", "Login", "ExecuteSoap", "CheckRelocate_Task",
                               "RelocateVM_Task", "MountVmfsVolume", "SetField"})
        EXPECT_FALSE(detail::is_read_only(method)) << method;
}

TEST(Transport, AnIdleSessionIsKeptAliveAndLeavesAtOnce) {
    FakeServer server;
    std::promise<void> asked;
    std::atomic<int> count{0};
    server.on("RetrievePropertiesEx", [&](const Call&) -> Answer {
        if (++count == 2)
            asked.set_value();
        return Value(DataObject("RetrieveResult"));
    });
    SessionOptions options;
    options.keep_alive = 5ms;
    {
        auto session = server.connect(options);
        ASSERT_TRUE(session);
        ASSERT_EQ(asked.get_future().wait_for(20s), std::future_status::ready);
    }
    EXPECT_EQ(server.count("Logout"), 1u);
    const int at_the_end = count;
    options.keep_alive = std::chrono::hours(1);
    const auto begin = std::chrono::steady_clock::now();
    { ASSERT_TRUE(server.connect(options)); }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    EXPECT_EQ(count, at_the_end);
}

TEST(Transport, StoppingEndsACallInFlightAndStillLogsOut) {
    FakeServer server;
    std::stop_source stop;
    SessionOptions options;
    options.stop = stop.get_token();
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    server.on("WaitForUpdatesEx", [&stop, released](const Call&) -> Answer {
        stop.request_stop(); // the request is on the wire, its answer is not
        released.wait();
        return Value();
    });
    {
        auto session = server.connect(options);
        ASSERT_TRUE(session);
        auto waited = (*session)->call({"PropertyCollector", "p"}, "WaitForUpdatesEx");
        ASSERT_FALSE(waited);
        EXPECT_EQ(waited.error().code, Errc::Cancelled);
        // A stopped session makes no new calls but those that clean up.
        EXPECT_FALSE((*session)->call({"PropertyCollector", "p"}, "CurrentTime"));
        release.set_value();
        EXPECT_TRUE((*session)->call({"Task", "t"}, "CancelTask", {}, {.despite_stop = true}));
    }
    EXPECT_EQ(server.count("Logout"), 1u);
    EXPECT_EQ(server.count("CancelTask"), 1u);
}

TEST(Transport, ALoginWithoutAnAnswerIsEndedToo) {
    FakeServer server;
    server.give_cookie_early();
    std::stop_source stop;
    SessionOptions options;
    options.stop = stop.get_token();
    server.on("Login", [&stop](const Call&) -> Answer {
        stop.request_stop(); // Ctrl-C while the server looks at the password
        return test::NoAnswer{};
    });
    auto session = server.connect(options);
    ASSERT_FALSE(session);
    EXPECT_EQ(server.count("Login"), 1u);
    ASSERT_EQ(server.count("Logout"), 1u);
    EXPECT_EQ(server.last("Logout").cookie, "vmware_soap_session=\"52aa-cookie\"");
    // A refused login is no session.
    Fault refused;
    refused.detail.type = "InvalidLogin";
    server.on("Login", Answer(refused));
    EXPECT_EQ(server.connect().error().code, Errc::AuthFailed);
    EXPECT_EQ(server.count("Logout"), 1u);
}

/// The program of the next test: works until SIGINT, as every program of ours does. Disabled
/// because it is no test of its own: CtrlCLogsOut starts this binary with it as a process, and
/// gives it the server to talk to.
TEST(Transport, DISABLED_Interrupted) {
    StopSignal signal;
    const char* url = std::getenv("TEST_VIM_URL");
    ASSERT_NE(url, nullptr);
    std::stop_source stop;
    std::jthread watcher([&] {
        if (signal.wait(20s) != 0)
            stop.request_stop();
    });
    SessionOptions options;
    options.stop = stop.get_token();
    auto session = Session::connect(url, net::TlsTrust{}, "admin", Secret("x"), options);
    ASSERT_TRUE(session) << session.error().what;
    auto waited = (*session)->call({"PropertyCollector", "p"}, "WaitForUpdatesEx");
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, Errc::Cancelled);
}

TEST(Transport, CtrlCLogsOut) {
    FakeServer server;
    std::promise<void> waiting;
    server.on("WaitForUpdatesEx", [&waiting](const Call&) -> Answer {
        waiting.set_value();
        return test::NoAnswer{};
    });
    SpawnOptions spawn;
    spawn.extra_env["TEST_VIM_URL"] = server.url();
    spawn.stdout_file = "/dev/null";
    spawn.die_with_parent = true;
    auto child = ChildProcess::spawn({"/proc/self/exe", "--gtest_also_run_disabled_tests",
                                      "--gtest_filter=Transport.DISABLED_Interrupted"},
                                     spawn);
    ASSERT_TRUE(child) << child.error().what;
    ASSERT_EQ(waiting.get_future().wait_for(20s), std::future_status::ready);
    child->signal(SIGINT);
    EXPECT_EQ(child->wait(20s), 0);
    EXPECT_EQ(server.count("Logout"), 1u);
    EXPECT_EQ(server.last("Logout").cookie, server.last("WaitForUpdatesEx").cookie);
}

} // namespace
} // namespace pf::vim
