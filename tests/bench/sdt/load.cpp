#include "tests/bench/sdt/load.hpp"

#include "backend/nvme/host/host.hpp"
#include "backend/nvme/host/queue.hpp"
#include "backend/nvme/output.hpp"
#include "base/file.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

namespace pf::bench {
namespace {

using Clock = std::chrono::steady_clock;
using nvme::PduType;
using nvme::Sqe;

Result<int> dial(const rt::Endpoint& at) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(at.port);
    ::inet_pton(AF_INET, at.host.c_str(), &address.sin_addr);
    int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const timeval patience{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return fail(Errc::Unreachable, "cannot connect to {}: {}", rt::to_string(at),
                    std::strerror(errno));
    }
    return fd;
}

// Moves bytes between a host queue and a blocking socket until a command has ended.
Result<nvme::HostCompletion> exchange(int fd, nvme::HostQueue& queue, bool starting) {
    Bytes buffer(64 * 1024);
    for (;;) {
        const Bytes out = queue.take_output();
        for (size_t at = 0; at < out.size();) {
            const ssize_t n = ::send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
            if (n <= 0)
                return fail(Errc::Unreachable, "send: {}", std::strerror(errno));
            at += static_cast<size_t>(n);
        }
        const auto done = queue.take_completions();
        if (!done.empty())
            return done.front();
        if (queue.failed())
            return fail(*queue.failure());
        if (starting && queue.ready())
            return nvme::HostCompletion{};
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0)
            return fail(Errc::Unreachable, "the target closed the connection");
        queue.on_bytes(ByteSpan(buffer).first(static_cast<size_t>(n)));
    }
}

Result<nvme::HostCompletion> command(int fd, nvme::HostQueue& queue, const Sqe& sqe,
                                     ByteSpan write) {
    queue.submit(sqe, write, {}, 0);
    PF_TRY(auto done, exchange(fd, queue, false));
    if (!done.status.ok())
        return fail(nvme::error_of(done.status, "setting up the benchmark"));
    return done;
}

Result<uint16_t> connect_queue(int fd, nvme::HostQueue& queue, const LoadTarget& target,
                               uint16_t qid, uint16_t cntlid, uint16_t entries, bool flow_control) {
    queue.start();
    PF_CHECK(exchange(fd, queue, true));
    const auto host = nvme::HostIdentity::from_nqn(target.host_nqn);
    nvme::ConnectData data;
    data.hostid = host.id;
    data.cntlid = cntlid;
    nvme::put_text(data.subnqn, target.subsystem_nqn, '\0');
    nvme::put_text(data.hostnqn, target.host_nqn, '\0');
    Sqe sqe;
    sqe.opcode = nvme::admin_op::kFabrics;
    sqe.nsid = nvme::fctype::kConnect;
    sqe.cdw10 = uint32_t{qid} << 16;
    sqe.cdw11 = (entries - 1u) | (flow_control ? 0u : 4u << 16);
    PF_TRY(const auto done, command(fd, queue, sqe, nvme::struct_bytes(data)));
    return static_cast<uint16_t>(done.cqe.dw0);
}

} // namespace

// ---------------------------------------------------------------- one connection

class Load::Queue final : private nvme::PduHandler {
  public:
    Queue(int fd, const LoadSpec& spec, uint64_t seed)
        : fd_(fd), spec_(spec), random_(seed), started_(spec.depth),
          data_(rt::IoBuffer::zeroed(spec.block_bytes)), buffer_(512 * 1024) {
        std::memset(data_.data(), static_cast<int>(seed & 0xFF), data_.size());
        if (spec.digests.data)
            data_crc_ = crc(ByteSpan(data_.span()));
        reader_.set_digests(spec.digests.header, spec.digests.data);
        for (uint32_t i = 0; i < spec.depth; ++i)
            free_.push_back(static_cast<uint16_t>(i));
        latencies_.reserve(4 << 20);
        next_ = seed * 977 % std::max<uint64_t>(1, spec.span_bytes / spec.block_bytes);
    }
    ~Queue() override { ::close(fd_); }

    // True when something moved.
    Result<bool> step(bool submit) {
        const auto now = Clock::now();
        while (submit && !free_.empty())
            start(now);
        bool moved = false;
        PF_TRY(const bool sent, flush());
        moved = sent;
        const ssize_t n = ::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (n == 0)
            return fail(Errc::Unreachable, "the target closed the connection");
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                return fail(Errc::Unreachable, "recv: {}", std::strerror(errno));
            return moved;
        }
        now_ = Clock::now();
        if (const auto error = reader_.feed(ByteSpan(buffer_).first(static_cast<size_t>(n)), *this))
            return fail(Errc::Protocol, "the target sent a malformed PDU (fes {})",
                        static_cast<int>(error->fes));
        if (!failure_.empty())
            return fail(Errc::Fault, "{}", failure_);
        return true;
    }
    size_t in_flight() const { return spec_.depth - free_.size(); }
    std::vector<uint32_t>& latencies() { return latencies_; }

  private:
    static uint32_t crc(ByteSpan bytes) {
        // Through the encoder, so that there is one place that knows digests.
        Bytes out;
        nvme::append_data(out, PduType::H2cData, 0, 0, 0, 0, bytes, {false, true});
        return nvme::load_struct<uint32_t>(ByteSpan(out).last(4));
    }

    void start(Clock::time_point now) {
        const uint16_t cid = free_.back();
        free_.pop_back();
        started_[cid] = now;
        const uint64_t blocks = spec_.span_bytes / spec_.block_bytes;
        const uint64_t block = spec_.sequential ? next_++ % blocks : random_() % blocks;
        nvme::CapsuleCmdPdu pdu;
        pdu.ch.type = static_cast<uint8_t>(PduType::CapsuleCmd);
        pdu.ch.hlen = sizeof pdu;
        pdu.sqe.opcode = spec_.write ? nvme::io_op::kWrite : nvme::io_op::kRead;
        pdu.sqe.flags = nvme::kPsdtSgl;
        pdu.sqe.cid = cid;
        pdu.sqe.nsid = spec_.nsid;
        pdu.sqe.set_slba(block * spec_.block_bytes >> nvme::kBlockShift);
        pdu.sqe.cdw12 = (spec_.block_bytes >> nvme::kBlockShift) - 1;
        pdu.sqe.sgl.length = spec_.block_bytes;
        const bool in_capsule = spec_.write && spec_.block_bytes <= 8192;
        pdu.sqe.sgl.type = in_capsule ? nvme::Sgl::kInCapsule : nvme::Sgl::kTransport;
        const uint32_t digest = spec_.digests.header ? 4 : 0;
        pdu.ch.flags = static_cast<uint8_t>((digest != 0 ? 1 : 0) |
                                            (in_capsule && spec_.digests.data ? 2 : 0));
        const uint32_t head = sizeof pdu + digest;
        pdu.ch.plen = head;
        if (in_capsule) {
            pdu.ch.pdo = static_cast<uint8_t>(head);
            pdu.ch.plen += spec_.block_bytes + (spec_.digests.data ? 4 : 0);
        }
        std::byte* at = out_.extend(head);
        std::memcpy(at, &pdu, sizeof pdu);
        if (digest != 0) {
            const uint32_t sum = crc(ByteSpan(at, sizeof pdu));
            std::memcpy(at + sizeof pdu, &sum, 4);
        }
        if (in_capsule)
            append_data();
    }

    void append_data() {
        out_.borrow(data_, data_.span());
        if (spec_.digests.data)
            std::memcpy(out_.extend(4), &data_crc_, 4);
    }

    Result<bool> flush() {
        if (sending_.empty()) {
            if (out_.empty())
                return false;
            std::swap(sending_, out_);
            part_ = 0;
            offset_ = 0;
        }
        const auto parts = sending_.parts();
        iovec vectors[256];
        while (part_ < parts.size()) {
            size_t count = 0;
            for (size_t i = part_; i < parts.size() && count < std::size(vectors); ++i, ++count) {
                const ByteSpan piece = i == part_ ? parts[i].subspan(offset_) : parts[i];
                vectors[count] = iovec{const_cast<std::byte*>(piece.data()), piece.size()};
            }
            msghdr message{};
            message.msg_iov = vectors;
            message.msg_iovlen = count;
            const ssize_t n = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n < 0) {
                if (errno == EAGAIN || errno == EINTR)
                    return true;
                return fail(Errc::Unreachable, "send: {}", std::strerror(errno));
            }
            offset_ += static_cast<size_t>(n);
            while (part_ < parts.size() && offset_ >= parts[part_].size())
                offset_ -= parts[part_++].size();
        }
        sending_.clear();
        return true;
    }

    std::optional<nvme::PduError> on_header(const nvme::PduInfo&, MutByteSpan&) override {
        return std::nullopt; // data is counted and thrown away
    }
    std::optional<nvme::PduError> on_pdu(const nvme::PduInfo& pdu, bool digest_ok) override {
        if (!digest_ok)
            failure_ = "a data digest is wrong";
        switch (pdu.type()) {
        case PduType::C2hData:
            if ((pdu.ch.flags & nvme::pdu_flag::kSuccess) != 0)
                finish(pdu.as<nvme::DataPdu>().cccid);
            return std::nullopt;
        case PduType::CapsuleResp: {
            const auto cqe = pdu.as<nvme::CapsuleRespPdu>().cqe;
            const auto status = nvme::Status::from_field(cqe.status);
            if (!status.ok())
                failure_ = std::string(nvme::status_name(status));
            finish(cqe.cid);
            return std::nullopt;
        }
        case PduType::R2t: {
            const auto r2t = pdu.as<nvme::R2tPdu>();
            std::byte header[nvme::kMaxHeaderBytes];
            const size_t n =
                nvme::put_data_header(header, PduType::H2cData, nvme::pdu_flag::kLast, r2t.cccid,
                                      r2t.ttag, r2t.offset, r2t.length, spec_.digests);
            std::memcpy(out_.extend(n), header, n);
            append_data();
            return std::nullopt;
        }
        default:
            failure_ = "an unexpected PDU arrived";
            return std::nullopt;
        }
    }
    void finish(uint16_t cid) {
        if (cid >= started_.size()) {
            failure_ = "an unknown command id came back";
            return;
        }
        const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now_ - started_[cid]);
        latencies_.push_back(static_cast<uint32_t>(ns.count()));
        free_.push_back(cid);
    }

    int fd_;
    LoadSpec spec_;
    std::minstd_rand random_;
    uint64_t next_ = 0;
    std::vector<Clock::time_point> started_;
    std::vector<uint16_t> free_;
    rt::IoBuffer data_;
    uint32_t data_crc_ = 0;
    Bytes buffer_;
    nvme::PduReader reader_{nvme::PduDirection::ControllerToHost};
    nvme::Output out_;
    nvme::Output sending_;
    size_t part_ = 0;
    size_t offset_ = 0;
    Clock::time_point now_{};
    std::vector<uint32_t> latencies_; // ns
    std::string failure_;
};

// ---------------------------------------------------------------- the association

Load::Load(LoadSpec spec) : spec_(spec) {}

Load::~Load() {
    queues_.clear();
    if (admin_ >= 0)
        ::close(admin_);
}

Result<std::unique_ptr<Load>> Load::connect(const LoadTarget& target, const LoadSpec& spec) {
    std::unique_ptr<Load> load(new Load(spec));
    uint16_t cntlid = nvme::kDynamicCntlid;
    const auto entries = static_cast<uint16_t>(std::max<uint32_t>(spec.depth + 1, 32));
    if (!target.bare) {
        PF_TRY(load->admin_, dial(target.at));
        nvme::HostQueue admin(nvme::HostQueueOptions{});
        PF_TRY(cntlid, connect_queue(load->admin_, admin, target, 0, cntlid, 32, true));
        Sqe enable;
        enable.opcode = nvme::admin_op::kFabrics;
        enable.nsid = nvme::fctype::kPropertySet;
        enable.cdw11 = nvme::prop::kCc;
        enable.cdw12 = nvme::cc::kDefault | nvme::cc::kEnable;
        PF_CHECK(command(load->admin_, admin, enable, {}));
    }
    for (uint32_t i = 0; i < spec.connections; ++i) {
        PF_TRY(const int fd, dial(target.at));
        auto queue = std::make_unique<Queue>(fd, spec, i + 1);
        if (!target.bare) {
            nvme::HostQueueOptions options;
            options.entries = entries;
            options.digests = spec.digests;
            nvme::HostQueue handshake(options);
            PF_CHECK(connect_queue(fd, handshake, target, static_cast<uint16_t>(i + 1), cntlid,
                                   entries, spec.flow_control));
        }
        load->queues_.push_back(std::move(queue));
    }
    return load;
}

Result<LoadResult> Load::run() {
    const auto begin = Clock::now();
    const auto end = begin + spec_.duration;
    const double cpu = own_cpu_seconds();
    for (bool going = true, submit = true; going;) {
        going = submit;
        for (const auto& queue : queues_) {
            PF_CHECK(queue->step(submit));
            going = going || queue->in_flight() > 0;
        }
        const auto now = Clock::now();
        submit = now < end;
        if (now > end + std::chrono::seconds(20))
            return fail(Errc::Timeout, "the target does not answer");
    }
    LoadResult result;
    result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    result.own_cpu_seconds = own_cpu_seconds() - cpu;
    std::vector<uint32_t> all;
    for (const auto& queue : queues_)
        all.insert(all.end(), queue->latencies().begin(), queue->latencies().end());
    result.operations = all.size();
    if (all.empty())
        return fail(Errc::Timeout, "no operation ended in time");
    double sum = 0;
    for (const uint32_t ns : all)
        sum += ns;
    result.mean_us = sum / 1e3 / static_cast<double>(all.size());
    const auto percentile = [&](size_t percent) {
        const auto at = all.begin() + static_cast<std::ptrdiff_t>((all.size() - 1) * percent / 100);
        std::nth_element(all.begin(), at, all.end());
        return *at / 1000;
    };
    result.p50_us = percentile(50);
    result.p99_us = percentile(99);
    return result;
}

// ---------------------------------------------------------------- surroundings

double own_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void pin_to(int core) {
    if (core < 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<size_t>(core), &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

double cpu_seconds_of(int pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(in, text);
    const size_t name_end = text.rfind(')');
    if (name_end == std::string::npos)
        return 0;
    std::istringstream fields(text.substr(name_end + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace pf::bench
