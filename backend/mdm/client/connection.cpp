#include "backend/mdm/client/connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace pf::mdm {
namespace {

struct FreeAddresses {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

int poll_timeout_ms(MonoTime deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - mono_now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

// "host:port", "[v6]:port".
Result<std::pair<std::string, std::string>> split(const std::string& address) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == address.size())
        return fail(Errc::InvalidArgument, "'{}' is not an address: host:port expected", address);
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    return std::pair{host, address.substr(colon + 1)};
}

} // namespace

Result<Connection> Connection::dial(const std::string& address, MonoTime deadline) {
    PF_TRY(auto parts, split(address));
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* raw = nullptr;
    if (const int rc = getaddrinfo(parts.first.c_str(), parts.second.c_str(), &hints, &raw);
        rc != 0)
        return fail(Errc::Unreachable, "cannot resolve the MDM address {}: {}", address,
                    gai_strerror(rc));
    const std::unique_ptr<addrinfo, FreeAddresses> list(raw);
    Error last{Errc::Unreachable, "no address"};
    for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
        UniqueFd fd(::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!fd)
            continue;
        Connection connection(std::move(fd));
        int error = 0;
        if (::connect(connection.fd_.get(), at->ai_addr, at->ai_addrlen) != 0) {
            error = errno;
            if (error == EINPROGRESS) {
                if (auto ready = connection.wait_for(POLLOUT, deadline); !ready) {
                    last = std::move(ready).error();
                    continue;
                }
                socklen_t size = sizeof error;
                ::getsockopt(connection.fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
            }
        }
        if (error == 0) {
            const int one = 1;
            ::setsockopt(connection.fd_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            return connection;
        }
        last = {Errc::Unreachable, std::strerror(error)};
    }
    return fail(last.code, "cannot connect to the MDM at {}: {}", address, last.what);
}

Result<void> Connection::wait_for(short events, MonoTime deadline) {
    for (;;) {
        pollfd item{fd_.get(), events, 0};
        const int rc = ::poll(&item, 1, poll_timeout_ms(deadline));
        if (rc > 0)
            return {};
        if (rc < 0 && errno != EINTR)
            return fail(Errc::Io, "poll: {}", std::strerror(errno));
        if (mono_now() >= deadline)
            return fail(Errc::Timeout, "no answer in time");
    }
}

bool Connection::alive() const {
    char byte = 0;
    const auto n = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Result<Bytes> Connection::exchange(ByteSpan frame, MonoTime deadline, bool& sent) {
    while (!frame.empty()) {
        const auto n = ::send(fd_.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
        if (n > 0) {
            sent = true;
            frame = frame.subspan(static_cast<std::size_t>(n));
        } else if (n < 0 && errno == EAGAIN) {
            PF_CHECK(wait_for(POLLOUT, deadline));
        } else if (n < 0 && errno != EINTR) {
            return fail(Errc::Unreachable, "the MDM closed the connection: {}",
                        std::strerror(errno));
        }
    }
    std::array<std::byte, 64U << 10> buffer;
    for (;;) {
        PF_TRY(auto payload, decoder_.next());
        if (payload)
            return std::move(*payload);
        const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
        if (n > 0)
            decoder_.feed(ByteSpan(buffer).first(static_cast<std::size_t>(n)));
        else if (n == 0)
            return fail(Errc::Unreachable, "the MDM closed the connection");
        else if (errno == EAGAIN)
            PF_CHECK(wait_for(POLLIN, deadline));
        else if (errno != EINTR)
            return fail(Errc::Unreachable, "the connection to the MDM broke: {}",
                        std::strerror(errno));
    }
}

} // namespace pf::mdm
