#include "base/net/http_server.hpp"

#include "base/log.hpp"
#include "base/net/url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <sys/socket.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>

namespace pf::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Tls = beast::ssl_stream<beast::tcp_stream>;
using boost::system::error_code;

std::string HttpServerRequest::query_value(std::string_view name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const auto equals = pair.find('=');
        if (percent_decode(pair.substr(0, equals)) == name)
            return equals == std::string_view::npos ? std::string()
                                                    : percent_decode(pair.substr(equals + 1));
    }
    return {};
}

// The way back from a handler to its connection.
struct Responder::Sink {
    virtual ~Sink() = default;
    virtual void respond(HttpResponse response) = 0;
    virtual bool connected() const = 0;
};

void Responder::respond(HttpResponse response) const { sink_->respond(std::move(response)); }
bool Responder::connected() const { return sink_->connected(); }

namespace {

class ConnectionBase {
  public:
    virtual ~ConnectionBase() = default;
    virtual void close() = 0; // on the event thread
};

struct ServerState : std::enable_shared_from_this<ServerState> {
    ServerState(HttpServerOptions o, HttpServer::AsyncHandler h)
        : options(std::move(o)), handler(std::move(h)) {}

    HttpServerOptions options;
    HttpServer::AsyncHandler handler;
    asio::io_context io{1};
    std::optional<asio::ssl::context> ssl;
    std::optional<tcp::acceptor> acceptor;
    std::optional<asio::thread_pool> workers;
    std::thread event_thread;
    std::mutex connections_mutex; // a handler's thread may hold a connection's last reference
    std::unordered_set<ConnectionBase*> connections;
    std::atomic<std::size_t> queued{0};
    std::atomic<bool> stopping{false};
    std::uint16_t port = 0;

    std::size_t connection_count() {
        const std::lock_guard lock(connections_mutex);
        return connections.size();
    }
    void accept_next();
    void run_handler(HttpServerRequest request, Responder responder);
};

HttpResponse plain_response(unsigned status, std::string text) {
    HttpResponse out;
    out.status = status;
    out.headers.set("Content-Type", "text/plain; charset=utf-8");
    out.body = std::move(text);
    return out;
}

// One client connection: read a request, hand it to a worker, write the answer, repeat.
template<class Stream>
class Connection : public ConnectionBase, public std::enable_shared_from_this<Connection<Stream>> {
  public:
    Connection(std::shared_ptr<ServerState> server, Stream stream, std::string remote)
        : server_(std::move(server)), stream_(std::move(stream)), remote_(std::move(remote)) {
        const std::lock_guard lock(server_->connections_mutex);
        server_->connections.insert(this);
    }
    ~Connection() override {
        const std::lock_guard lock(server_->connections_mutex);
        server_->connections.erase(this);
    }

    void start() {
        if constexpr (std::is_same_v<Stream, Tls>) {
            lowest().expires_after(server_->options.request_timeout);
            stream_.async_handshake(asio::ssl::stream_base::server,
                                    [self = this->shared_from_this()](error_code error) {
                                        if (!error)
                                            self->read_header();
                                    });
        } else {
            read_header();
        }
    }

    void close() override {
        closed_ = true;
        error_code ignored;
        lowest().socket().shutdown(tcp::socket::shutdown_both, ignored);
        lowest().close();
    }

  private:
    struct Answer : Responder::Sink {
        Answer(std::shared_ptr<Connection> c) : connection(std::move(c)) {}
        ~Answer() override {
            if (!answered.exchange(true))
                deliver(plain_response(500, "the request was not answered\n"));
        }
        void respond(HttpResponse response) override {
            if (!answered.exchange(true))
                deliver(std::move(response));
        }
        bool connected() const override { return !connection->closed_; }
        void deliver(HttpResponse response) {
            auto target = connection;
            if (target->server_->stopping)
                return;
            asio::post(target->server_->io, [target, r = std::move(response)]() mutable {
                target->write(std::move(r));
            });
        }
        std::shared_ptr<Connection> connection;
        std::atomic<bool> answered{false};
    };

    beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

    void read_header() {
        parser_.emplace();
        parser_->header_limit(64 * 1024);
        parser_->body_limit(server_->options.max_body_bytes);
        lowest().expires_after(server_->options.idle_timeout);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = this->shared_from_this()](error_code error, std::size_t) {
                                    if (error)
                                        self->read_failed(error);
                                    else
                                        self->read_body();
                                });
    }

    void read_body() {
        lowest().expires_after(server_->options.request_timeout);
        if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
            continue_.emplace(http::status::continue_, parser_->get().version());
            http::async_write(stream_, *continue_,
                              [self = this->shared_from_this()](error_code error, std::size_t) {
                                  if (!error)
                                      self->read_rest();
                              });
        } else {
            read_rest();
        }
    }

    void read_rest() {
        http::async_read(stream_, buffer_, *parser_,
                         [self = this->shared_from_this()](error_code error, std::size_t) {
                             if (error)
                                 self->read_failed(error);
                             else
                                 self->dispatch();
                         });
    }

    void read_failed(error_code error) {
        if (error == http::error::body_limit || error == http::error::header_limit) {
            keep_alive_ = false;
            write(plain_response(413, "the request is too large\n"));
        } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
                   error != http::error::end_of_stream && error != http::error::partial_message) {
            keep_alive_ = false;
            write(plain_response(400, "the request is not HTTP\n"));
        } else {
            close();
        }
    }

    void dispatch() {
        lowest().expires_never();
        auto message = parser_->release();
        keep_alive_ = message.keep_alive();
        head_ = message.method() == http::verb::head;
        version_ = message.version();
        HttpServerRequest request;
        request.method = std::string(message.method_string());
        request.target = std::string(message.target());
        const auto mark = request.target.find('?');
        request.path = percent_decode(std::string_view(request.target).substr(0, mark));
        if (mark != std::string::npos)
            request.query = request.target.substr(mark + 1);
        for (const auto& field : message)
            request.headers.add(std::string(field.name_string()), std::string(field.value()));
        request.body = std::move(message.body());
        request.remote = remote_;
        Responder responder(std::make_shared<Answer>(this->shared_from_this()));
        if (server_->queued.load() >= server_->options.max_queued_requests)
            return responder.respond(plain_response(503, "too many requests are waiting\n"));
        ++server_->queued;
        asio::post(*server_->workers, [server = server_, r = std::move(request),
                                       responder = std::move(responder)]() mutable {
            server->run_handler(std::move(r), std::move(responder));
        });
        watch_for_close();
    }

    // A client that goes away while its request is being handled is noticed by the end of its
    // stream.
    void watch_for_close() {
        if (server_->stopping || closed_)
            return;
        lowest().socket().async_wait(
            tcp::socket::wait_read, [weak = this->weak_from_this()](error_code error) {
                auto self = weak.lock();
                if (!self || error)
                    return;
                char byte = 0;
                const auto n = ::recv(self->lowest().socket().native_handle(), &byte, 1,
                                      MSG_PEEK | MSG_DONTWAIT);
                if (n == 0)
                    self->closed_ = true;
            });
    }

    void write(HttpResponse response) {
        if (!lowest().socket().is_open())
            return;
        if (response.status == 0)
            return close();
        message_.emplace();
        message_->version(version_);
        message_->result(response.status);
        for (const auto& [name, value] : response.headers.fields())
            message_->insert(name, value);
        message_->keep_alive(keep_alive_ && !server_->stopping);
        const std::size_t size = response.body.size();
        if (!head_)
            message_->body() = std::move(response.body);
        if (response.status >= 200 && response.status != 204 && response.status != 304)
            message_->content_length(size);
        lowest().expires_after(server_->options.idle_timeout);
        http::async_write(stream_, *message_,
                          [self = this->shared_from_this()](error_code error, std::size_t) {
                              self->written(error);
                          });
    }

    void written(error_code error) {
        const bool again = !error && message_->keep_alive();
        message_.reset();
        if (again)
            return read_header();
        if constexpr (std::is_same_v<Stream, Tls>) {
            if (!error) {
                lowest().expires_after(std::chrono::seconds(5));
                stream_.async_shutdown(
                    [self = this->shared_from_this()](error_code) { self->close(); });
                return;
            }
        }
        close();
    }

    std::shared_ptr<ServerState> server_;
    Stream stream_;
    std::string remote_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::optional<http::response<http::empty_body>> continue_;
    std::optional<http::response<http::string_body>> message_;
    bool keep_alive_ = true;
    bool head_ = false;
    unsigned version_ = 11;
    std::atomic<bool> closed_{false};
};

std::string describe(const tcp::socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error)
        return {};
    return to_string(Endpoint{endpoint.address().to_string(), endpoint.port()});
}

void ServerState::run_handler(HttpServerRequest request, Responder responder) {
    --queued;
    try {
        handler(request, responder);
    } catch (const std::exception& error) {
        log("http").error("handler failed name={} target={} error={}", options.name, request.target,
                          error.what());
        responder.respond(plain_response(500, "internal error\n"));
    }
}

void ServerState::accept_next() {
    acceptor->async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
        if (self->stopping || error == asio::error::operation_aborted)
            return;
        if (!error && self->connection_count() < self->options.max_connections) {
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            auto remote = describe(socket);
            if (self->ssl)
                std::make_shared<Connection<Tls>>(
                    self, Tls(beast::tcp_stream(std::move(socket)), *self->ssl), std::move(remote))
                    ->start();
            else
                std::make_shared<Connection<beast::tcp_stream>>(
                    self, beast::tcp_stream(std::move(socket)), std::move(remote))
                    ->start();
        }
        self->accept_next();
    });
}

} // namespace

struct HttpServer::Impl : ServerState {
    using ServerState::ServerState;
};

HttpServer::HttpServer(HttpServerOptions options, Handler handler)
    : HttpServer(std::move(options),
                 AsyncHandler([h = std::move(handler)](const HttpServerRequest& request,
                                                       Responder responder) {
                     responder.respond(h(request));
                 })) {}

HttpServer::HttpServer(HttpServerOptions options, AsyncHandler handler)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { stop(); }

Result<> HttpServer::start() {
    auto& s = *impl_;
    const auto where = to_string(Endpoint{s.options.address, s.options.port});
    try {
        if (!s.options.cert_pem.empty()) {
            s.ssl.emplace(asio::ssl::context::tls_server);
            s.ssl->set_options(asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                               asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
            s.ssl->use_certificate_chain(asio::buffer(s.options.cert_pem));
            s.ssl->use_private_key(asio::buffer(s.options.key_pem), asio::ssl::context::pem);
        }
        const tcp::endpoint endpoint(asio::ip::make_address(s.options.address), s.options.port);
        s.acceptor.emplace(s.io);
        s.acceptor->open(endpoint.protocol());
        s.acceptor->set_option(tcp::acceptor::reuse_address(true));
        s.acceptor->bind(endpoint);
        s.acceptor->listen();
        s.port = s.acceptor->local_endpoint().port();
    } catch (const boost::system::system_error& error) {
        return fail(Errc::Io, "{}: cannot listen on {}: {}", s.options.name, where, error.what());
    }
    s.workers.emplace(s.options.threads);
    s.accept_next();
    s.event_thread = std::thread([self = impl_] { self->io.run(); });
    return {};
}

std::uint16_t HttpServer::port() const { return impl_->port; }

void HttpServer::stop() {
    auto& s = *impl_;
    if (!s.event_thread.joinable())
        return;
    s.stopping = true;
    asio::post(s.io, [self = impl_] {
        error_code ignored;
        self->acceptor->close(ignored);
        const std::lock_guard lock(self->connections_mutex);
        for (auto* connection : self->connections)
            connection->close();
    });
    s.workers->join();
    s.io.stop();
    s.event_thread.join();
    // Handlers that were never run to their end hold connections, which hold this: let them go.
    s.io.restart();
    while (s.io.poll() > 0) {
    }
}

} // namespace pf::net
