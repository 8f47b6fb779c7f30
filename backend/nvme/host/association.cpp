#include "backend/nvme/host/association.hpp"

#include "backend/nvme/auth.hpp"
#include "backend/nvme/tls_psk.hpp"
#include "backend/nvme/tls_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::nvme {
namespace {

constexpr uint32_t kAuthRequired = 3u << 17;     // of the result of a Connect
constexpr uint32_t kDhchapProtocol = 0xE9010100; // SECP, SPSP1, SPSP0

Sqe fabrics_command(uint8_t type) {
    Sqe sqe;
    sqe.opcode = admin_op::kFabrics;
    sqe.nsid = type;
    return sqe;
}

} // namespace

Association::Association(rt::Executor& executor, rt::Network& network, rt::Gate& gate,
                         const HostIdentity& identity, const ConnectOptions& options)
    : executor_(executor), network_(network), gate_(gate), identity_(identity), options_(options),
      discovery_(options.subsystem_nqn == kDiscoveryNqn) {}

MonoTime Association::command_deadline() const {
    return executor_.now() + options_.command_timeout;
}

std::shared_ptr<HostLink> Association::make_link(uint16_t entries, uint32_t in_capsule_bytes) {
    HostQueueOptions options;
    options.entries = entries;
    options.in_capsule_bytes = in_capsule_bytes;
    options.digests = options_.digests;
    return std::make_shared<HostLink>(executor_, options);
}

void Association::link_died(const std::string& why) {
    if (!alive_)
        return;
    close(why);
}

void Association::close(const std::string& why) {
    alive_ = false;
    if (admin_)
        admin_->close(why);
    for (const auto& link : io_)
        link->close(why);
    if (on_death_)
        std::exchange(on_death_, nullptr)();
}

std::shared_ptr<HostLink> Association::pick() {
    std::shared_ptr<HostLink> best;
    for (const auto& link : io_)
        if (link->alive() && (!best || link->outstanding() < best->outstanding()))
            best = link;
    return best;
}

rt::Task<Result<void>> Association::establish() {
    const MonoTime deadline = executor_.now() + options_.connect_timeout;
    auto steps = establish_steps(deadline);
    auto result = co_await std::move(steps);
    if (!result)
        close(result.error().what);
    co_return result;
}

rt::Task<Result<void>> Association::establish_steps(MonoTime deadline) {
    const rt::Endpoint to{options_.address, options_.port};
    if (!options_.tls_psk.empty()) {
        PF_CO_TRY(const TlsPskSecret secret, parse_tls_psk(options_.tls_psk));
        PF_CO_TRY(TlsPsk psk,
                  derive_tls_psk(secret, AuthNames{identity_.nqn, options_.subsystem_nqn},
                                 options_.tls_identity_version));
        PF_CO_TRY(tls_, TlsContext::client(std::move(psk)));
    }
    admin_ = make_link(options_.admin_queue_entries, kAdminInCapsuleBytes);
    auto opening = admin_->open(network_, gate_, to, options_.source_address, tls_, deadline);
    PF_CO_CHECK(co_await std::move(opening));
    auto connecting = connect_queue(admin_, 0, options_.admin_queue_entries, deadline);
    PF_CO_CHECK(co_await std::move(connecting));
    auto enabling = enable(deadline);
    PF_CO_CHECK(co_await std::move(enabling));
    auto identifying = identify_controller(deadline);
    PF_CO_CHECK(co_await std::move(identifying));
    if (!discovery_) {
        auto queues = connect_io_queues(deadline);
        PF_CO_CHECK(co_await std::move(queues));
    }
    if (!alive_)
        co_return fail(Errc::Unreachable, "the connection was lost while connecting");
    const std::weak_ptr<Association> weak = weak_from_this();
    const auto watch = [weak] {
        if (const auto self = weak.lock())
            self->link_died("a queue of the controller was lost");
    };
    admin_->on_death(watch);
    for (const auto& link : io_)
        link->on_death(watch);
    if (!admin_->alive())
        co_return fail(Errc::Unreachable, "the admin queue was lost");
    co_return Result<void>{};
}

rt::Task<Result<void>> Association::connect_queue(std::shared_ptr<HostLink> link, uint16_t qid,
                                                  uint16_t entries, MonoTime deadline) {
    ConnectData data;
    data.hostid = identity_.id;
    data.cntlid = cntlid_;
    put_text(data.subnqn, options_.subsystem_nqn, '\0');
    put_text(data.hostnqn, identity_.nqn, '\0');
    Sqe sqe = fabrics_command(fctype::kConnect);
    sqe.cdw10 = uint32_t{qid} << 16;
    const uint32_t attributes = options_.sq_flow_control ? 0 : 4;
    sqe.cdw11 = (entries - 1u) | attributes << 16;
    if (qid == 0)
        sqe.cdw12 = static_cast<uint32_t>(options_.kato.count());
    auto command = link->command(sqe, struct_bytes(data), {}, deadline);
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    if (!done.status.ok()) {
        Error error = error_of(done.status, fmt::format("connecting to {} at {}:{} as {}",
                                                        options_.subsystem_nqn, options_.address,
                                                        options_.port, identity_.nqn));
        co_return fail(std::move(error));
    }
    if (qid == 0)
        cntlid_ = static_cast<uint16_t>(done.cqe.dw0);
    if ((done.cqe.dw0 & kAuthRequired) != 0 || !options_.dhchap_ctrl_secret.empty()) {
        auto authenticating = authenticate(link, deadline);
        PF_CO_CHECK(co_await std::move(authenticating));
    }
    co_return Result<void>{};
}

// Every queue for itself, before anything else is sent on it.
rt::Task<Result<void>> Association::authenticate(std::shared_ptr<HostLink> link,
                                                 MonoTime deadline) {
    if (options_.dhchap_secret.empty())
        co_return fail(Errc::AuthFailed, "{}:{} asks for authentication and there is no secret",
                       options_.address, options_.port);
    PF_CO_TRY(DhchapSecret secret, parse_dhchap_secret(options_.dhchap_secret));
    std::optional<DhchapSecret> controller;
    if (!options_.dhchap_ctrl_secret.empty()) {
        PF_CO_TRY(controller, parse_dhchap_secret(options_.dhchap_ctrl_secret));
    }
    AuthNames names;
    names.host_nqn = identity_.nqn;
    names.subsystem_nqn = options_.subsystem_nqn;
    AuthHost auth(std::move(names), std::move(secret), std::move(controller));
    auto negotiating = auth_send(link, auth.negotiate(), deadline);
    PF_CO_CHECK(co_await std::move(negotiating));
    auto challenging = auth_receive(link, deadline);
    PF_CO_TRY(const Bytes challenge, co_await std::move(challenging));
    PF_CO_TRY(Bytes reply, auth.on_challenge(challenge));
    auto replying = auth_send(link, std::move(reply), deadline);
    PF_CO_CHECK(co_await std::move(replying));
    auto judging = auth_receive(link, deadline);
    PF_CO_TRY(const Bytes result, co_await std::move(judging));
    PF_CO_TRY(Bytes last, auth.on_success1(result));
    if (!last.empty()) {
        auto ending = auth_send(link, std::move(last), deadline);
        PF_CO_CHECK(co_await std::move(ending));
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> Association::auth_send(std::shared_ptr<HostLink> link, Bytes message,
                                              MonoTime deadline) {
    Sqe sqe = fabrics_command(fctype::kAuthSend);
    sqe.cdw10 = kDhchapProtocol;
    sqe.cdw11 = static_cast<uint32_t>(message.size());
    auto command = link->command(sqe, message, {}, deadline);
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    if (!done.status.ok()) {
        Error error = error_of(done.status, "authenticating");
        co_return fail(std::move(error));
    }
    co_return Result<void>{};
}

rt::Task<Result<Bytes>> Association::auth_receive(std::shared_ptr<HostLink> link,
                                                  MonoTime deadline) {
    Bytes message(4096);
    Sqe sqe = fabrics_command(fctype::kAuthReceive);
    sqe.cdw10 = kDhchapProtocol;
    sqe.cdw11 = static_cast<uint32_t>(message.size());
    auto command = link->command(sqe, {}, message, deadline);
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    if (!done.status.ok()) {
        Error error = error_of(done.status, "authenticating");
        co_return fail(std::move(error));
    }
    co_return message;
}

rt::Task<Result<uint64_t>> Association::property_get(uint32_t offset, bool wide,
                                                     MonoTime deadline) {
    Sqe sqe = fabrics_command(fctype::kPropertyGet);
    sqe.cdw10 = wide ? 1 : 0;
    sqe.cdw11 = offset;
    auto command = admin(sqe, {}, {}, deadline);
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    co_return done.cqe.value();
}

rt::Task<Result<void>> Association::property_set(uint32_t offset, uint32_t value,
                                                 MonoTime deadline) {
    Sqe sqe = fabrics_command(fctype::kPropertySet);
    sqe.cdw11 = offset;
    sqe.cdw12 = value;
    auto command = admin(sqe, {}, {}, deadline);
    PF_CO_CHECK(co_await std::move(command));
    co_return Result<void>{};
}

rt::Task<Result<void>> Association::enable(MonoTime deadline) {
    auto reading = property_get(prop::kCap, true, deadline);
    PF_CO_TRY(const uint64_t cap, co_await std::move(reading));
    const uint64_t max_entries = (cap & 0xFFFF) + 1;
    if (options_.io_queue_entries > max_entries)
        co_return fail(Errc::InvalidArgument,
                       "the controller takes queues of {} entries at most, not {}", max_entries,
                       options_.io_queue_entries);
    auto enabling = property_set(prop::kCc, cc::kDefault | cc::kEnable, deadline);
    PF_CO_CHECK(co_await std::move(enabling));
    for (;;) {
        auto polling = property_get(prop::kCsts, false, deadline);
        PF_CO_TRY(const uint64_t status, co_await std::move(polling));
        if ((status & csts::kFatal) != 0)
            co_return fail(Errc::Fault, "the controller reports a fatal state");
        if ((status & csts::kReady) != 0)
            co_return Result<void>{};
        if (executor_.now() >= deadline)
            co_return fail(Errc::Timeout, "the controller does not get ready");
        auto pause = rt::sleep_until(executor_, executor_.now() + std::chrono::milliseconds(5));
        (void)co_await std::move(pause);
    }
}

rt::Task<Result<void>> Association::identify_controller(MonoTime deadline) {
    Bytes page(sizeof(IdentifyController));
    Sqe sqe;
    sqe.opcode = admin_op::kIdentify;
    sqe.cdw10 = static_cast<uint32_t>(Cns::Controller);
    auto command = admin(sqe, {}, page, deadline);
    PF_CO_CHECK(co_await std::move(command));
    identify_ = load_struct<IdentifyController>(page);
    const uint16_t cntlid = identify_.cntlid;
    if (cntlid != cntlid_)
        co_return fail(Errc::Protocol, "the controller was connected as {} but identifies as {}",
                       cntlid_, cntlid);
    if (identify_.mdts > 0 && identify_.mdts < 16)
        max_transfer_bytes_ = std::min<uint32_t>(4096u << identify_.mdts, 1024 * 1024);
    co_return Result<void>{};
}

rt::Task<Result<void>> Association::connect_io_queues(MonoTime deadline) {
    const uint32_t ioccsz = identify_.ioccsz;
    if (ioccsz < 4)
        co_return fail(Errc::Protocol, "the controller reports an impossible capsule size");
    const uint32_t in_capsule = std::min<uint32_t>(ioccsz * 16 - uint32_t{sizeof(Sqe)}, 64 * 1024);
    const uint32_t wanted = std::max<uint16_t>(options_.io_queues, 1);
    Sqe features;
    features.opcode = admin_op::kSetFeatures;
    features.cdw10 = static_cast<uint32_t>(FeatureId::NumberOfQueues);
    features.cdw11 = (wanted - 1) | (wanted - 1) << 16;
    auto asking = admin(features, {}, {}, deadline);
    PF_CO_TRY(const HostCompletion granted, co_await std::move(asking));
    const uint32_t submission = (granted.cqe.dw0 & 0xFFFF) + 1;
    const uint32_t completion = (granted.cqe.dw0 >> 16) + 1;
    const uint32_t count = std::min({wanted, submission, completion});
    for (uint32_t qid = 1; qid <= count; ++qid) {
        auto link = make_link(options_.io_queue_entries, kAdminInCapsuleBytes);
        io_.push_back(link);
        auto opening = link->open(network_, gate_, rt::Endpoint{options_.address, options_.port},
                                  options_.source_address, tls_, deadline);
        PF_CO_CHECK(co_await std::move(opening));
        auto connecting =
            connect_queue(link, static_cast<uint16_t>(qid), options_.io_queue_entries, deadline);
        PF_CO_CHECK(co_await std::move(connecting));
        link->set_in_capsule_bytes(in_capsule);
    }
    co_return Result<void>{};
}

rt::Task<void> Association::shut_down() {
    if (alive_ && admin_ && admin_->alive()) {
        const MonoTime deadline = executor_.now() + std::chrono::seconds(2);
        const uint32_t normal_shutdown = cc::kDefault | cc::kEnable | 1u << 14;
        auto setting = property_set(prop::kCc, normal_shutdown, deadline);
        auto set = co_await std::move(setting);
        while (set && executor_.now() < deadline) {
            auto polling = property_get(prop::kCsts, false, deadline);
            auto status = co_await std::move(polling);
            if (!status || (*status & csts::kShutdownMask) == csts::kShutdownComplete)
                break;
            auto pause = rt::sleep_until(executor_, executor_.now() + std::chrono::milliseconds(5));
            (void)co_await std::move(pause);
        }
    }
    close("the host has disconnected");
}

rt::Task<Result<HostCompletion>> Association::admin(Sqe sqe, ByteSpan write, MutByteSpan read,
                                                    MonoTime deadline) {
    const auto link = admin_;
    auto command = link->command(sqe, write, read, deadline);
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    if (!done.status.ok()) {
        Error error = error_of(done.status, fmt::format("admin command {:#04x}", int{sqe.opcode}));
        co_return fail(std::move(error));
    }
    co_return done;
}

rt::Task<Result<HostCompletion>> Association::io(Sqe sqe, ByteSpan write, MutByteSpan read,
                                                 MonoTime deadline) {
    const auto link = pick();
    if (!link)
        co_return fail(Errc::Unreachable, "no I/O queue is connected");
    auto command = link->command(sqe, write, read, deadline);
    co_return co_await std::move(command);
}

rt::Task<Result<void>> Association::get_log(LogId lid, uint64_t offset, MutByteSpan into,
                                            uint32_t nsid) {
    Sqe sqe;
    sqe.opcode = admin_op::kGetLogPage;
    sqe.nsid = nsid;
    const auto dwords = static_cast<uint32_t>(into.size() / 4 - 1);
    sqe.cdw10 = static_cast<uint32_t>(lid) | (dwords & 0xFFFF) << 16;
    sqe.cdw11 = dwords >> 16;
    sqe.cdw12 = static_cast<uint32_t>(offset);
    sqe.cdw13 = static_cast<uint32_t>(offset >> 32);
    auto command = admin(sqe, {}, into, command_deadline());
    PF_CO_CHECK(co_await std::move(command));
    co_return Result<void>{};
}

} // namespace pf::nvme
