// The certificate that a TLS server shows, for `trust scan`: a handshake that trusts nobody and
// sends nothing.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/net/tls.hpp"
#include "tools/pfnvme/cli/contexts.hpp"

#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::seconds kDeadline{10};

using Deadline = MonoTime;

Result<void> wait_for(int fd, short events, Deadline deadline, const std::string& endpoint) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - mono_now()).count();
    pollfd item{fd, events, 0};
    if (left <= 0 || ::poll(&item, 1, static_cast<int>(left)) <= 0) {
        return fail(Errc::Timeout, "{} does not answer", endpoint);
    }
    return {};
}

Result<UniqueFd> connect_to(const std::string& endpoint, Deadline deadline) {
    const std::size_t colon = endpoint.rfind(':');
    std::string host = endpoint.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') {
        host = host.substr(1, host.size() - 2);
    }
    const std::string port = endpoint.substr(colon + 1);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
        return fail(Errc::Unreachable, "{}: {}", endpoint, ::gai_strerror(code));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
    std::string reason = "no address";
    for (const addrinfo* item = list.get(); item != nullptr; item = item->ai_next) {
        UniqueFd fd(::socket(item->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!fd) {
            continue;
        }
        if (::connect(fd.get(), item->ai_addr, item->ai_addrlen) != 0) {
            int error = errno;
            if (error == EINPROGRESS) {
                PF_CHECK(wait_for(fd.get(), POLLOUT, deadline, endpoint));
                socklen_t length = sizeof error;
                (void)::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
            }
            if (error != 0) {
                reason = errno_error("connect", endpoint, error).what;
                continue;
            }
        }
        return fd;
    }
    return fail(Errc::Unreachable, "{} can't be reached: {}", endpoint, reason);
}

} // namespace

Result<std::string> scan_certificate(const std::string& endpoint) {
    const Deadline deadline = mono_now() + kDeadline;
    PF_TRY(const UniqueFd fd, connect_to(endpoint, deadline));
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
    const std::string host = endpoint.substr(0, endpoint.rfind(':'));
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
    SSL_set_fd(ssl.get(), fd.get());
    while (true) {
        const int code = SSL_connect(ssl.get());
        if (code == 1) {
            break;
        }
        const int reason = SSL_get_error(ssl.get(), code);
        if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
            return fail(Errc::Protocol, "{} does not speak TLS", endpoint);
        }
        PF_CHECK(wait_for(fd.get(), reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline,
                          endpoint));
    }
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        SSL_get1_peer_certificate(ssl.get()), X509_free);
    if (!certificate) {
        return fail(Errc::Protocol, "{} shows no certificate", endpoint);
    }
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(memory.get(), certificate.get());
    char* data = nullptr;
    const long length = BIO_get_mem_data(memory.get(), &data);
    return net::sha256_fingerprint(std::string_view(data, static_cast<std::size_t>(length)));
}

} // namespace pf::nvmetool
