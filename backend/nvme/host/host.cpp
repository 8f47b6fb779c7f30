// Host: discovery and connect. Also the queries of a HostController that parse what comes back.
#include "backend/nvme/host/host.hpp"

#include "backend/nvme/host/controller_impl.hpp"
#include "backend/rt/reactor.hpp"
#include "base/crypto.hpp"

#include <fmt/format.h>

#include <charconv>

namespace pf::nvme {
namespace {

constexpr uint64_t kMaxDiscoveryRecords = 1024;

// Reads as much of the log as there is; again when it changed meanwhile.
rt::Task<Result<DiscoveryLog>> read_discovery(std::shared_ptr<Association> a) {
    for (int attempt = 0; attempt < 8; ++attempt) {
        Bytes head(sizeof(DiscoveryLogHeader));
        auto reading = a->get_log(LogId::Discovery, 0, head, 0);
        PF_CO_CHECK(co_await std::move(reading));
        const auto before = load_struct<DiscoveryLogHeader>(head);
        const uint64_t records = before.records;
        if (records > kMaxDiscoveryRecords)
            co_return fail(Errc::Protocol, "the discovery log claims {} records", records);
        DiscoveryLog log;
        log.generation = before.generation;
        for (uint64_t i = 0; i < records; ++i) {
            Bytes raw(sizeof(DiscoveryLogEntry));
            auto entry_reading =
                a->get_log(LogId::Discovery, (i + 1) * sizeof(DiscoveryLogEntry), raw, 0);
            PF_CO_CHECK(co_await std::move(entry_reading));
            const auto entry = load_struct<DiscoveryLogEntry>(raw);
            DiscoveryRecord record;
            record.subsystem_nqn = get_text(entry.subnqn);
            record.address = get_text(entry.traddr);
            const std::string_view service = get_text(entry.trsvcid);
            const auto parsed =
                std::from_chars(service.data(), service.data() + service.size(), record.port);
            if (parsed.ec != std::errc{})
                continue; // not an address that TCP could use
            record.port_id = entry.portid;
            record.subtype = entry.subtype;
            record.admin_queue_entries = entry.asqsz;
            record.cntlid = entry.cntlid;
            log.records.push_back(std::move(record));
        }
        auto again = a->get_log(LogId::Discovery, 0, head, 0);
        PF_CO_CHECK(co_await std::move(again));
        const uint64_t now = load_struct<DiscoveryLogHeader>(head).generation;
        if (now == log.generation)
            co_return log;
    }
    co_return fail(Errc::Busy, "the discovery log keeps changing");
}

} // namespace

Error error_of(Status status, std::string_view what) {
    Errc code = Errc::Fault;
    if (status.sct == 3)
        code = Errc::Retry;
    else if (status.is(0, st::kInvalidNamespace.sc))
        code = Errc::NotFound;
    else if (status.is(0, st::kCapacityExceeded.sc))
        code = Errc::NoSpace;
    else if (status.is(0, st::kLbaOutOfRange.sc) || status.is(0, st::kInvalidField.sc))
        code = Errc::InvalidArgument;
    else if (status.is(0, st::kNamespaceWriteProtected.sc))
        code = Errc::PermissionDenied;
    else if (status.is(0, st::kAtomicWriteExceeded.sc))
        code = Errc::Unsupported;
    else if (status.is(1, st::kConnectBusy.sc))
        code = Errc::NotReady;
    else if (status.is(1, st::kConnectInvalidHost.sc))
        code = Errc::AuthFailed;
    else if (status.is(1, st::kConnectInvalid.sc))
        code = Errc::NotFound;
    else if (status.sct == 2)
        code = status.sc == st::kCompareFailure.sc ? Errc::Conflict : Errc::Io;
    return Error{code, fmt::format("{}: {} (sct {} sc {:#04x})", what, status_name(status),
                                   int{status.sct}, int{status.sc})};
}

HostIdentity HostIdentity::from_nqn(std::string nqn) {
    HostIdentity identity;
    const auto digest = sha256(as_bytes(nqn));
    std::memcpy(identity.id.data(), digest.data(), identity.id.size());
    identity.nqn = std::move(nqn);
    return identity;
}

Host::Host(rt::Reactor& reactor, HostIdentity identity)
    : Host(reactor, reactor.network(), std::move(identity)) {}

Host::Host(rt::Executor& executor, rt::Network& network, HostIdentity identity)
    : executor_(executor), network_(network), identity_(std::move(identity)) {}

rt::Task<Result<std::unique_ptr<HostController>>> Host::connect(ConnectOptions options) {
    auto impl =
        std::make_unique<HostController::Impl>(executor_, network_, identity_, std::move(options));
    std::unique_ptr<HostController> controller(new HostController(std::move(impl)));
    auto starting = controller->impl_->start();
    PF_CO_CHECK(co_await std::move(starting));
    co_return Result<std::unique_ptr<HostController>>(std::move(controller));
}

rt::Task<Result<DiscoveryLog>> Host::discover(ConnectOptions options) {
    options.subsystem_nqn = kDiscoveryNqn;
    options.kato = std::chrono::milliseconds(0);
    options.reconnect = false;
    rt::Gate gate(executor_);
    auto association = std::make_shared<Association>(executor_, network_, gate, identity_, options);
    auto establishing = association->establish();
    auto established = co_await std::move(establishing);
    Result<DiscoveryLog> log;
    if (established) {
        auto reading = read_discovery(association);
        log = co_await std::move(reading);
        auto shutting = association->shut_down();
        co_await std::move(shutting);
    } else {
        log = fail(std::move(established.error()));
    }
    auto closing = gate.close();
    co_await std::move(closing);
    co_return log;
}

// ---------------------------------------------------------------- queries

rt::Task<Result<DiscoveryLog>> HostController::discovery_log() {
    const auto a = impl_->live();
    if (!a)
        co_return fail(Errc::Unreachable, "the controller is not connected");
    auto reading = read_discovery(a);
    co_return co_await std::move(reading);
}

rt::Task<Result<std::vector<uint32_t>>> HostController::active_namespaces() {
    std::vector<uint32_t> out;
    uint32_t after = 0;
    for (;;) {
        Bytes page(4096);
        Sqe sqe;
        sqe.opcode = admin_op::kIdentify;
        sqe.cdw10 = static_cast<uint32_t>(Cns::ActiveNamespaces);
        sqe.nsid = after;
        auto command = admin(sqe, {}, page);
        PF_CO_CHECK(co_await std::move(command));
        const auto list = load_struct<std::array<uint32_t, 1024>>(page);
        for (const uint32_t nsid : list) {
            if (nsid == 0)
                co_return out;
            if (nsid <= after)
                co_return fail(Errc::Protocol, "the namespace list is not ascending");
            out.push_back(nsid);
            after = nsid;
        }
    }
}

rt::Task<Result<NamespaceInfo>> HostController::identify_namespace(uint32_t nsid) {
    Bytes page(4096);
    Sqe sqe;
    sqe.opcode = admin_op::kIdentify;
    sqe.cdw10 = static_cast<uint32_t>(Cns::Namespace);
    sqe.nsid = nsid;
    auto command = admin(sqe, {}, page);
    PF_CO_CHECK(co_await std::move(command));
    const auto id = load_struct<IdentifyNamespace>(page);
    if (id.nsze == 0)
        co_return fail(Errc::NotFound, "namespace {} is not attached", nsid);
    const uint8_t shift = id.lbaf[id.flbas & 0xF].lbads;
    if (shift < 9 || shift > 16)
        co_return fail(Errc::Protocol, "namespace {} reports a block size of 2^{}", nsid,
                       int{shift});
    NamespaceInfo info;
    info.nsid = nsid;
    info.nguid = id.nguid;
    info.block_bytes = 1u << shift;
    info.size_bytes = id.nsze << shift;
    info.ana_group = id.anagrpid;
    info.shared = (id.nmic & 1) != 0;
    co_return info;
}

rt::Task<Result<std::vector<NamespaceInfo>>> HostController::namespaces() {
    auto listing = active_namespaces();
    PF_CO_TRY(const std::vector<uint32_t> nsids, co_await std::move(listing));
    std::vector<NamespaceInfo> out;
    for (const uint32_t nsid : nsids) {
        auto identifying = identify_namespace(nsid);
        auto info = co_await std::move(identifying);
        if (!info && info.error().code == Errc::NotFound)
            continue; // gone meanwhile
        if (!info)
            co_return fail(std::move(info.error()));
        out.push_back(*info);
    }
    co_return out;
}

rt::Task<Result<std::vector<AnaGroupInfo>>> HostController::ana_log() {
    const auto a = impl_->live();
    if (!a)
        co_return fail(Errc::Unreachable, "the controller is not connected");
    const uint32_t groups = a->identify().nanagrpid;
    const uint32_t namespaces = a->identify().mnan;
    std::vector<AnaGroupInfo> out;
    if (groups == 0)
        co_return out;
    const uint64_t size = sizeof(AnaLogHeader) + uint64_t{groups} * sizeof(AnaGroupDescriptor) +
                          uint64_t{namespaces} * 4;
    if (size > a->max_transfer_bytes())
        co_return fail(Errc::LimitExceeded, "an ANA log of {} bytes is too long", size);
    Bytes page(size);
    auto reading = a->get_log(LogId::Ana, 0, page, kBroadcastNsid);
    PF_CO_CHECK(co_await std::move(reading));
    const auto header = load_struct<AnaLogHeader>(page);
    size_t at = sizeof(AnaLogHeader);
    for (uint16_t i = 0; i < header.groups; ++i) {
        if (at + sizeof(AnaGroupDescriptor) > page.size())
            co_return fail(Errc::Protocol, "the ANA log is cut off");
        const auto d = load_struct<AnaGroupDescriptor>(ByteSpan(page).subspan(at));
        at += sizeof(AnaGroupDescriptor);
        AnaGroupInfo group;
        group.id = d.group_id;
        group.state = static_cast<AnaState>(d.state & 0xF);
        const uint32_t count = d.namespaces;
        if (count > (page.size() - at) / 4)
            co_return fail(Errc::Protocol, "the ANA log is cut off");
        for (uint32_t n = 0; n < count; ++n, at += 4)
            group.nsids.push_back(load_le<uint32_t>(page.data() + at));
        out.push_back(std::move(group));
    }
    co_return out;
}

} // namespace pf::nvme
