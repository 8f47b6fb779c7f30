#include "backend/rt/reactor_impl.hpp"
#include "backend/rt/sync.hpp"
#include "base/assert.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace pf::rt {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Result<Address> to_address(const Endpoint& endpoint) {
    Address out;
    const char* host = endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host.c_str();
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    if (::inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(endpoint.port);
        out.length = sizeof *v4;
        return out;
    }
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    if (::inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(endpoint.port);
        out.length = sizeof *v6;
        return out;
    }
    return fail(Errc::InvalidArgument, "'{}' is not a numeric address", endpoint.host);
}

Endpoint from_address(const Address& address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.storage.ss_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
        ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
        return Endpoint{text, ntohs(v4->sin_port)};
    }
    if (address.storage.ss_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
        ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        return Endpoint{text, ntohs(v6->sin6_port)};
    }
    return Endpoint{};
}

Endpoint local_of(int fd) {
    Address address;
    address.length = sizeof address.storage;
    return ::getsockname(fd, address.get(), &address.length) == 0 ? from_address(address)
                                                                  : Endpoint{};
}

Endpoint peer_of(int fd) {
    Address address;
    address.length = sizeof address.storage;
    return ::getpeername(fd, address.get(), &address.length) == 0 ? from_address(address)
                                                                  : Endpoint{};
}

class TcpStream final : public Stream, public EventHandler {
  public:
    TcpStream(Reactor& reactor, Reactor::Impl& impl, UniqueFd fd)
        : Stream(reactor), impl_(impl), fd_(std::move(fd)), connected_(reactor) {
        int one = 1;
        (void)::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    ~TcpStream() override { close(); }

    Result<void> register_events() {
        return impl_.watch(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
    }

    Task<Result<void>> connect(Address to, MonoTime deadline) {
        // The attempt comes before the registration: epoll reports a hang-up for a socket that is
        // not connecting yet.
        bool pending = ::connect(fd_.get(), to.get(), to.length) != 0;
        if (pending && errno != EINPROGRESS) {
            co_return fail(Errc::Unreachable, "{}", std::strerror(errno));
        }
        PF_CO_CHECK(register_events());
        if (!pending) {
            co_return Result<void>{};
        }
        auto waited = co_await connected_.wait(deadline);
        if (!waited) {
            co_return waited;
        }
        int error = 0;
        socklen_t length = sizeof error;
        if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
            co_return fail(Errc::Unreachable, "{}", std::strerror(error != 0 ? error : errno));
        }
        co_return Result<void>{};
    }

    Moved try_read(MutByteSpan buffer) override {
        if (!maybe_readable_) {
            return Moved{0, EAGAIN};
        }
        ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0) {
            if (errno == EINTR) {
                return try_read(buffer);
            }
            if (errno == EAGAIN) {
                maybe_readable_ = hung_up_;
            }
            return Moved{0, errno};
        }
        // A short read has emptied the socket: the next edge comes with the next byte. After a
        // hang-up no edge will come, so each read must ask.
        if (static_cast<std::size_t>(count) < buffer.size() && !hung_up_) {
            maybe_readable_ = false;
        }
        return Moved{static_cast<std::size_t>(count), 0};
    }

    Moved try_write(std::span<const ByteSpan> parts, std::size_t offset) override {
        iovec vectors[kMaxParts];
        std::size_t count = std::min(parts.size(), kMaxParts);
        for (std::size_t i = 0; i < count; ++i) {
            ByteSpan part = i == 0 ? parts[i].subspan(offset) : parts[i];
            vectors[i].iov_base = const_cast<std::byte*>(part.data());
            vectors[i].iov_len = part.size();
        }
        msghdr message{};
        message.msg_iov = vectors;
        message.msg_iovlen = count;
        for (;;) {
            ssize_t sent = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent >= 0) {
                return Moved{static_cast<std::size_t>(sent), 0};
            }
            if (errno != EINTR) {
                return Moved{0, errno};
            }
        }
    }

    void on_events(std::uint32_t events) override {
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
            maybe_readable_ = true;
        }
        if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
            hung_up_ = true;
        }
        connected_.wake_all();
        // Waiters are resumed by the loop later, so nothing here can destroy this stream.
        if (maybe_readable_) {
            readable();
        }
        if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
            writable();
        }
    }

    Endpoint local() const override { return local_of(fd_.get()); }
    Endpoint peer() const override { return peer_of(fd_.get()); }

  protected:
    void close_transport() override {
        impl_.forget(fd_.get(), *this);
        fd_.reset();
    }

  private:
    static constexpr std::size_t kMaxParts = 512;
    Reactor::Impl& impl_;
    UniqueFd fd_;
    WaitQueue connected_;
    bool maybe_readable_ = true;
    bool hung_up_ = false;
};

class TcpListener final : public Listener, public EventHandler {
  public:
    TcpListener(Reactor& reactor, Reactor::Impl& impl, UniqueFd fd)
        : reactor_(reactor), impl_(impl), fd_(std::move(fd)), ready_(reactor) {}
    ~TcpListener() override { close(); }

    Result<void> register_events() { return impl_.watch(fd_.get(), EPOLLIN | EPOLLET, *this); }

    Task<Result<std::unique_ptr<Stream>>> accept(MonoTime deadline) override {
        for (;;) {
            if (!fd_) {
                co_return fail(Errc::Cancelled, "listener closed");
            }
            UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (fd) {
                auto stream = std::make_unique<TcpStream>(reactor_, impl_, std::move(fd));
                PF_CO_CHECK(stream->register_events());
                co_return Result<std::unique_ptr<Stream>>(std::move(stream));
            }
            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            if (errno != EAGAIN) {
                co_return fail(Errc::LimitExceeded, "cannot accept: {}", std::strerror(errno));
            }
            auto woken = co_await ready_.wait(deadline);
            if (!woken) {
                co_return tl::unexpected(std::move(woken.error()));
            }
        }
    }

    void close() override {
        if (fd_) {
            impl_.forget(fd_.get(), *this);
            fd_.reset();
            ready_.wake_all();
        }
    }

    Endpoint local() const override { return local_of(fd_.get()); }
    void on_events(std::uint32_t) override { ready_.wake_one(); }

  private:
    Reactor& reactor_;
    Reactor::Impl& impl_;
    UniqueFd fd_;
    WaitQueue ready_;
};

class TcpNetwork final : public Network {
  public:
    TcpNetwork(Reactor& reactor, Reactor::Impl& impl) : reactor_(reactor), impl_(impl) {}

    Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, MonoTime deadline,
                                                  ConnectOptions options) override {
        PF_CO_TRY(Address address, to_address(to));
        UniqueFd fd(
            ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!fd) {
            co_return fail(Errc::LimitExceeded, "socket: {}", std::strerror(errno));
        }
        if (!options.source_host.empty()) {
            PF_CO_TRY(Address source, to_address(Endpoint{options.source_host, 0}));
            int one = 1;
            (void)::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
            if (::bind(fd.get(), source.get(), source.length) != 0) {
                co_return fail(Errc::InvalidArgument, "cannot use source address {}: {}",
                               options.source_host, std::strerror(errno));
            }
        }
        auto stream = std::make_unique<TcpStream>(reactor_, impl_, std::move(fd));
        auto pending = stream->connect(address, deadline);
        auto connected = co_await std::move(pending);
        if (!connected) {
            co_return fail_while(std::move(connected.error()), "cannot connect to {}",
                                 to_string(to));
        }
        co_return Result<std::unique_ptr<Stream>>(std::move(stream));
    }

    using Network::connect;

    Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int backlog) override {
        PF_TRY(Address address, to_address(at));
        UniqueFd fd(
            ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!fd) {
            return fail(Errc::LimitExceeded, "socket: {}", std::strerror(errno));
        }
        int one = 1;
        (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (::bind(fd.get(), address.get(), address.length) != 0 ||
            ::listen(fd.get(), backlog) != 0) {
            Errc code = errno == EADDRINUSE ? Errc::Busy
                        : errno == EACCES   ? Errc::PermissionDenied
                                            : Errc::InvalidArgument;
            return fail(code, "cannot listen on {}: {}", to_string(at), std::strerror(errno));
        }
        auto listener = std::make_unique<TcpListener>(reactor_, impl_, std::move(fd));
        PF_CHECK(listener->register_events());
        return listener;
    }

  private:
    Reactor& reactor_;
    Reactor::Impl& impl_;
};

} // namespace

std::unique_ptr<Network> make_tcp_network(Reactor& reactor, Reactor::Impl& impl) {
    return std::make_unique<TcpNetwork>(reactor, impl);
}

} // namespace pf::rt
