#include "tests/bench/sdt/load.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace pf::bench {
namespace {

// Answers one connection until it closes.
void serve(int fd, uint32_t block_bytes, bool spin) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    const auto wait = [&](uint32_t events) {
        event.events = events;
        ::epoll_ctl(poll, EPOLL_CTL_MOD, fd, &event);
        epoll_event got{};
        (void)!::epoll_wait(poll, &got, 1, -1);
    };
    std::vector<std::byte> in(256 * 1024);
    const std::vector<std::byte> data(block_bytes);
    size_t have = 0;
    std::vector<std::array<std::byte, 24>> heads(1024);
    std::vector<iovec> out;
    for (;;) {
        const ssize_t n = ::recv(fd, in.data() + have, in.size() - have, 0);
        if (n == 0)
            break;
        if (n < 0) {
            if (errno != EAGAIN)
                break;
            if (!spin)
                wait(EPOLLIN);
            continue;
        }
        have += static_cast<size_t>(n);
        size_t at = 0;
        size_t answers = 0;
        out.clear();
        while (have - at >= 72 && answers < 500) {
            const auto pdu = nvme::load_struct<nvme::CapsuleCmdPdu>(ByteSpan(in).subspan(at, 72));
            if (have - at < pdu.ch.plen)
                break;
            at += pdu.ch.plen;
            std::byte* head = heads[answers++].data();
            if (pdu.sqe.opcode == nvme::io_op::kWrite) {
                nvme::Cqe cqe;
                cqe.cid = pdu.sqe.cid;
                nvme::put_capsule_resp(head, cqe, {});
                out.push_back(iovec{head, 24});
            } else {
                nvme::put_data_header(head, nvme::PduType::C2hData, 0x0C, pdu.sqe.cid, 0, 0,
                                      block_bytes, {});
                out.push_back(iovec{head, 24});
                out.push_back(iovec{const_cast<std::byte*>(data.data()), block_bytes});
            }
        }
        std::memmove(in.data(), in.data() + at, have - at);
        have -= at;
        size_t part = 0;
        while (part < out.size()) {
            msghdr message{};
            message.msg_iov = out.data() + part;
            message.msg_iovlen = out.size() - part;
            ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
            if (sent < 0) {
                if (errno != EAGAIN)
                    break;
                if (!spin)
                    wait(EPOLLOUT);
                continue;
            }
            while (part < out.size() && static_cast<size_t>(sent) >= out[part].iov_len)
                sent -= static_cast<ssize_t>(out[part++].iov_len);
            if (part < out.size()) {
                out[part].iov_base = static_cast<std::byte*>(out[part].iov_base) + sent;
                out[part].iov_len -= static_cast<size_t>(sent);
            }
        }
    }
    ::close(poll);
    ::close(fd);
}

} // namespace

Result<std::unique_ptr<BareServer>> BareServer::start(int core, uint32_t block_bytes, bool spin) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listener, 4) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        ::close(listener);
        return fail(Errc::Failed, "cannot listen: {}", std::strerror(errno));
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin_to(core);
        for (;;) {
            const int fd = ::accept(listener, nullptr, nullptr);
            if (fd >= 0)
                serve(fd, block_bytes, spin);
        }
    }
    ::close(listener);
    if (pid < 0)
        return fail(Errc::Failed, "fork: {}", std::strerror(errno));
    return std::unique_ptr<BareServer>(new BareServer(pid, ntohs(address.sin_port)));
}

BareServer::~BareServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

} // namespace pf::bench
