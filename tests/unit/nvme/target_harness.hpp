// A target core with a memory disk and hand-driven hosts, all in virtual time. No sockets, no
// threads.
#pragma once

#include "backend/nvme/host/queue.hpp"
#include "backend/nvme/target/target.hpp"

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace pf::nvme::test {

using namespace std::chrono_literals;

inline constexpr const char* kSubsystem = "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f";
inline constexpr const char* kHostA = "nqn.2014-08.local:nvme:esxi-1";
inline constexpr const char* kHostB = "nqn.2014-08.local:nvme:esxi-2";
inline constexpr uint64_t kDiskBytes = 4 * 1024 * 1024;

class World {
  public:
    explicit World(target::TargetOptions options = default_options()) : core(std::move(options)) {}

    static target::TargetOptions default_options() {
        target::TargetOptions options;
        options.subsystem_nqn = kSubsystem;
        return options;
    }

    // Host A sees namespaces 1 and 2, host B namespace 2.
    static target::TargetView default_view() {
        target::TargetView view;
        for (uint32_t nsid = 1; nsid <= 2; ++nsid) {
            target::NamespaceConfig ns;
            ns.nsid = nsid;
            ns.nguid = volume_nguid(0x3bd1f78800000019 + nsid, 0x1250de83018c2d0f);
            ns.size_blocks = kDiskBytes / kBlockBytes;
            ns.device = nsid;
            view.namespaces.push_back(ns);
        }
        target::HostConfig a;
        a.nqn = kHostA;
        a.nsids = {1, 2};
        target::HostConfig b;
        b.nqn = kHostB;
        b.nsids = {2};
        view.hosts = {a, b};
        target::Portal portal;
        portal.address = "10.1.1.1";
        view.portals = {portal};
        return view;
    }

    void set_view(target::TargetView view) {
        core.set_view(std::move(view), now);
        settle();
    }

    target::SessionId open(bool discovery_only = false) {
        target::ListenerInfo listener;
        listener.discovery_only = discovery_only;
        listener.address = "10.1.1.1";
        const auto id = core.open(listener, now);
        return id.value_or(target::SessionId{0});
    }

    // Lets the core's effects happen. Block I/O waits in `held` while `hold_io` is set.
    void settle() {
        collect();
        while (!hold_io && !held.empty()) {
            target::IoRequest request = std::move(held.front());
            held.pop_front();
            run(std::move(request));
            collect();
        }
        for (const auto& closing : core.take_closing())
            closed.insert(closing.session);
        for (const target::Fence& fence : core.take_fenced())
            fenced.insert(fence);
        std::vector<target::SessionId> writable;
        core.take_writable(writable);
        for (auto& line : core.take_log())
            log.push_back(std::move(line));
    }

    void collect() {
        std::vector<target::IoRequest> fresh;
        core.take_io(fresh);
        for (auto& request : fresh)
            held.push_back(std::move(request));
    }

    // What a session has to send, in one piece.
    Bytes output(target::SessionId id) {
        Output out;
        core.take_output(id, out);
        return out.flatten();
    }

    void run(target::IoRequest request) {
        if (request.op == target::IoOp::Reserve) {
            const Status status = reserve ? reserve(request) : st::kInvalidOpcode;
            if (pushed)
                pushed();
            core.on_io_done(request.token, status, now);
            return;
        }
        Bytes& disk = (shared ? shared->disks : disks)[request.device];
        disk.resize(shared ? shared->disk_bytes : disk_bytes);
        auto* at = disk.data() + request.offset_bytes;
        Status result;
        switch (request.op) {
        case target::IoOp::Read:
            std::memcpy(request.into.data(), at, request.length_bytes);
            break;
        case target::IoOp::Write:
            std::memcpy(at, request.data.data(), request.data.size());
            break;
        case target::IoOp::Compare:
            if (std::memcmp(at, request.data.data(), request.data.size()) != 0)
                result = st::kCompareFailure;
            break;
        case target::IoOp::CompareAndWrite:
            if (std::memcmp(at, request.expected.data(), request.expected.size()) != 0)
                result = st::kCompareFailure;
            else
                std::memcpy(at, request.data.data(), request.data.size());
            break;
        case target::IoOp::WriteZeroes:
            std::memset(at, 0, request.length_bytes);
            break;
        case target::IoOp::Deallocate:
            for (const target::ByteRange& r : request.ranges)
                std::memset(disk.data() + r.offset, 0, r.length);
            break;
        case target::IoOp::Verify:
        case target::IoOp::Flush:
        case target::IoOp::Reserve:
            break;
        }
        if (fail_io)
            result = *fail_io;
        core.on_io_done(request.token, result, now);
    }

    bool is_closed(target::SessionId id) const { return closed.contains(id); }

    target::Target core;
    target::TimePoint now{1000s};
    std::map<uint64_t, Bytes> disks;
    uint64_t disk_bytes = kDiskBytes;
    World* shared = nullptr; // whose disks these are, when two targets serve the same ones
    std::deque<target::IoRequest> held;
    bool hold_io = false;
    // Who owns reservations, and who gives views out after a change.
    std::function<Status(const target::IoRequest&)> reserve;
    std::function<void()> pushed;
    std::optional<Status> fail_io;
    std::set<target::SessionId> closed;
    std::set<target::Fence> fenced;
    std::vector<std::string> log;
};

// A host's queue on a session of the world.
class Queue {
  public:
    Queue(World& world, uint16_t entries = 32, DigestMode digests = {}, bool discovery_port = false)
        : world_(world), core(options_of(entries, digests)), session(world.open(discovery_port)) {
        core.start();
        exchange();
    }

    // On a session that is open already.
    Queue(World& world, target::SessionId opened)
        : world_(world), core(options_of(32, {})), session(opened) {
        core.start();
        exchange();
    }

    // Moves bytes both ways until nothing moves.
    void exchange() {
        for (;;) {
            const Bytes out = core.take_output();
            if (!out.empty() && !world_.is_closed(session)) {
                for (size_t at = 0; at < out.size(); at += piece)
                    world_.core.on_bytes(
                        session, ByteSpan(out).subspan(at, std::min(piece, out.size() - at)),
                        world_.now);
            }
            world_.settle();
            const Bytes in = world_.output(session);
            if (!in.empty()) {
                core.on_bytes(in);
                world_.core.on_sent(session, in.size(), world_.now);
                world_.settle();
            }
            for (const HostCompletion& done : core.take_completions())
                completions.push_back(done);
            if (out.empty() && in.empty() && !core.has_output())
                return;
        }
    }

    // Runs one command to its completion; nothing when none came.
    std::optional<HostCompletion> run(const Sqe& sqe, ByteSpan write = {}, MutByteSpan read = {}) {
        core.submit(sqe, write, read, 77);
        exchange();
        if (completions.empty())
            return std::nullopt;
        const HostCompletion done = completions.back();
        completions.clear();
        return done;
    }

    std::optional<HostCompletion> connect(uint16_t qid, uint16_t cntlid, const char* host = kHostA,
                                          std::string_view subsystem = kSubsystem,
                                          uint32_t kato_ms = 0, uint8_t cattr = 0) {
        ConnectData data;
        data.hostid[0] = static_cast<uint8_t>(host[std::strlen(host) - 1]);
        data.hostid[15] = host_id;
        data.cntlid = cntlid;
        put_text(data.subnqn, subsystem, '\0');
        put_text(data.hostnqn, host, '\0');
        return run(connect_sqe(qid, kato_ms, cattr), struct_bytes(data));
    }
    Sqe connect_sqe(uint16_t qid, uint32_t kato_ms, uint8_t cattr) const {
        Sqe sqe;
        sqe.opcode = admin_op::kFabrics;
        sqe.nsid = fctype::kConnect;
        sqe.cdw10 = uint32_t{qid} << 16;
        sqe.cdw11 = 31u | uint32_t{cattr} << 16;
        sqe.cdw12 = kato_ms;
        return sqe;
    }

    std::optional<HostCompletion> set_cc(uint32_t value) {
        Sqe sqe;
        sqe.opcode = admin_op::kFabrics;
        sqe.nsid = fctype::kPropertySet;
        sqe.cdw11 = prop::kCc;
        sqe.cdw12 = value;
        return run(sqe);
    }
    uint64_t property(uint32_t offset, bool wide) {
        Sqe sqe;
        sqe.opcode = admin_op::kFabrics;
        sqe.nsid = fctype::kPropertyGet;
        sqe.cdw10 = wide ? 1 : 0;
        sqe.cdw11 = offset;
        const auto done = run(sqe);
        return done && done->status.ok() ? done->cqe.value() : ~0ull;
    }
    // Status of the command, and the page.
    Status identify(Cns cns, uint32_t nsid, Bytes& page, uint8_t command_set = 0) {
        page.assign(4096, std::byte{0xEE});
        Sqe sqe;
        sqe.opcode = admin_op::kIdentify;
        sqe.nsid = nsid;
        sqe.cdw10 = static_cast<uint32_t>(cns);
        sqe.cdw11 = uint32_t{command_set} << 24;
        const auto done = run(sqe, {}, page);
        return done ? done->status : st::kInternal;
    }
    Status log(LogId lid, uint64_t offset, MutByteSpan page, bool retain = false) {
        Sqe sqe;
        sqe.opcode = admin_op::kGetLogPage;
        const auto dwords = static_cast<uint32_t>(page.size() / 4 - 1);
        sqe.cdw10 = static_cast<uint32_t>(lid) | (retain ? 0x8000u : 0u) | dwords << 16;
        sqe.cdw11 = dwords >> 16;
        sqe.cdw12 = static_cast<uint32_t>(offset);
        sqe.cdw13 = static_cast<uint32_t>(offset >> 32);
        const auto done = run(sqe, {}, page);
        return done ? done->status : st::kInternal;
    }
    std::optional<HostCompletion> set_feature(FeatureId id, uint32_t value) {
        Sqe sqe;
        sqe.opcode = admin_op::kSetFeatures;
        sqe.cdw10 = static_cast<uint32_t>(id);
        sqe.cdw11 = value;
        return run(sqe);
    }
    void send_aer() {
        Sqe sqe;
        sqe.opcode = admin_op::kAsyncEvent;
        core.submit(sqe, {}, {}, 99);
        exchange();
    }

    static Sqe io(uint8_t opcode, uint32_t nsid, uint64_t lba, uint32_t blocks) {
        Sqe sqe;
        sqe.opcode = opcode;
        sqe.nsid = nsid;
        sqe.set_slba(lba);
        sqe.cdw12 = blocks - 1;
        return sqe;
    }
    Status write(uint32_t nsid, uint64_t lba, ByteSpan data) {
        const auto done = run(
            io(io_op::kWrite, nsid, lba, static_cast<uint32_t>(data.size() / kBlockBytes)), data);
        return done ? done->status : st::kInternal;
    }
    Status read(uint32_t nsid, uint64_t lba, MutByteSpan into) {
        const auto done =
            run(io(io_op::kRead, nsid, lba, static_cast<uint32_t>(into.size() / kBlockBytes)), {},
                into);
        return done ? done->status : st::kInternal;
    }
    // Statuses of the two halves of a compare and write.
    std::pair<Status, Status> compare_and_write(uint32_t nsid, uint64_t lba, ByteSpan expected,
                                                ByteSpan data) {
        Sqe first =
            io(io_op::kCompare, nsid, lba, static_cast<uint32_t>(expected.size() / kBlockBytes));
        first.flags = 1;
        Sqe second = io(io_op::kWrite, nsid, lba, static_cast<uint32_t>(data.size() / kBlockBytes));
        second.flags = 2;
        core.submit(first, expected, {}, 1);
        core.submit(second, data, {}, 2);
        exchange();
        std::pair<Status, Status> out{st::kInternal, st::kInternal};
        for (const HostCompletion& done : completions)
            (done.tag == 1 ? out.first : out.second) = done.status;
        completions.clear();
        return out;
    }

  private:
    static HostQueueOptions options_of(uint16_t entries, DigestMode digests) {
        HostQueueOptions options;
        options.entries = entries;
        options.digests = digests;
        return options;
    }
    World& world_;

  public:
    HostQueue core;
    target::SessionId session;
    size_t piece = SIZE_MAX; // bytes per delivery to the target
    uint8_t host_id = 0;     // last byte of the host identifier in Connect
    std::vector<HostCompletion> completions;
};

// An enabled I/O controller with one I/O queue.
struct Connected {
    explicit Connected(World& world, const char* host = kHostA, uint32_t kato_ms = 0,
                       DigestMode digests = {}, uint8_t cattr = 0)
        : admin(world, 32, digests) {
        const auto done = admin.connect(0, kDynamicCntlid, host, kSubsystem, kato_ms, cattr);
        if (!done || !done->status.ok())
            return;
        cntlid = static_cast<uint16_t>(done->cqe.dw0);
        admin.set_cc(cc::kDefault | cc::kEnable);
        io.emplace(world, uint16_t{32}, digests);
        const auto queue = io->connect(1, cntlid, host, kSubsystem, 0, cattr);
        ok = queue && queue->status.ok();
    }
    Queue admin;
    std::optional<Queue> io;
    uint16_t cntlid = 0;
    bool ok = false;
};

inline Bytes pattern(size_t bytes, uint8_t seed) {
    Bytes out(bytes);
    for (size_t i = 0; i < bytes; ++i)
        out[i] = static_cast<std::byte>((i * 31 + seed + (i >> 8)) & 0xFF);
    return out;
}

} // namespace pf::nvme::test
