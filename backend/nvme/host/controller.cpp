// HostController: keeps an association alive, replaces it after a loss, and turns calls into
// commands.
#include "backend/nvme/host/controller_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::nvme {
namespace {

Error not_live() { return Error{Errc::Unreachable, "the controller is not connected"}; }

Sqe io_command(uint8_t opcode, uint32_t nsid, uint64_t offset, uint64_t length) {
    Sqe sqe;
    sqe.opcode = opcode;
    sqe.nsid = nsid;
    sqe.set_slba(offset >> kBlockShift);
    if (length > 0)
        sqe.cdw12 = static_cast<uint32_t>((length >> kBlockShift) - 1);
    return sqe;
}

Result<void> check_alignment(uint64_t offset, uint64_t length) {
    if (offset % kBlockBytes != 0 || length % kBlockBytes != 0 || length == 0)
        return fail(Errc::InvalidArgument, "offset {} and length {} must be multiples of {} bytes",
                    offset, length, kBlockBytes);
    return {};
}

} // namespace

// ---------------------------------------------------------------- life

HostController::Impl::Impl(rt::Executor& e, rt::Network& n, HostIdentity id, ConnectOptions o)
    : executor(e), network(n), identity(std::move(id)), options(std::move(o)), gate(e), lost(e) {}

rt::Task<Result<void>> HostController::Impl::start() {
    auto fresh = std::make_shared<Association>(executor, network, gate, identity, options);
    auto establishing = fresh->establish();
    auto established = co_await std::move(establishing);
    if (!established) {
        auto closing = gate.close();
        co_await std::move(closing);
        state = ControllerState::Dead;
        co_return established;
    }
    adopt(std::move(fresh));
    gate.spawn(supervise());
    co_return Result<void>{};
}

void HostController::Impl::adopt(std::shared_ptr<Association> fresh) {
    association = std::move(fresh);
    association->on_death([this] { lost.wake_all(); });
    identify = association->identify();
    state = ControllerState::Live;
    if (options.kato.count() > 0)
        gate.spawn(keep_alive(association));
    gate.spawn(events(association));
}

void HostController::Impl::tell(HostEvent event) {
    if (callback)
        callback(event);
}

rt::Task<void> HostController::Impl::supervise() {
    while (!stop.cancelled()) {
        if (association->alive()) {
            (void)co_await lost.wait(rt::kNever, stop.token());
            continue;
        }
        if (!options.reconnect) {
            state = ControllerState::Dead;
            tell(HostEvent::StateChanged);
            co_return;
        }
        if (state == ControllerState::Live) {
            state = ControllerState::Reconnecting;
            tell(HostEvent::StateChanged);
        }
        auto pause =
            rt::sleep_until(executor, executor.now() + options.reconnect_delay, stop.token());
        (void)co_await std::move(pause);
        if (stop.cancelled())
            break;
        auto fresh = std::make_shared<Association>(executor, network, gate, identity, options);
        attempt = fresh;
        auto establishing = fresh->establish();
        auto established = co_await std::move(establishing);
        attempt = nullptr;
        if (!established || stop.cancelled()) {
            fresh->close("the host is disconnecting");
            continue;
        }
        adopt(std::move(fresh));
        tell(HostEvent::StateChanged);
    }
}

rt::Task<void> HostController::Impl::keep_alive(std::shared_ptr<Association> a) {
    const auto interval = options.kato / 2;
    while (a->alive() && !stop.cancelled()) {
        auto pause = rt::sleep_until(executor, executor.now() + interval, stop.token());
        (void)co_await std::move(pause);
        if (!a->alive() || stop.cancelled())
            break;
        Sqe sqe;
        sqe.opcode = admin_op::kKeepAlive;
        auto command = a->admin(sqe, {}, {}, executor.now() + options.kato);
        auto done = co_await std::move(command);
        if (!done && a->alive())
            a->close("keep-alive failed: " + done.error().what);
    }
}

// One asynchronous event request is always outstanding; the log that belongs to an event is read
// here, so that the controller reports the next one.
rt::Task<void> HostController::Impl::events(std::shared_ptr<Association> a) {
    const uint32_t oaes = a->identify().oaes;
    const uint32_t wanted =
        oaes & (aen::kConfigNamespace | aen::kConfigAna | aen::kConfigDiscovery);
    if (wanted == 0 || (a->discovery() && options.kato.count() == 0))
        co_return;
    Sqe config;
    config.opcode = admin_op::kSetFeatures;
    config.cdw10 = static_cast<uint32_t>(FeatureId::AsyncEventConfig);
    config.cdw11 = wanted;
    auto configuring = a->admin(config, {}, {}, a->command_deadline());
    auto configured = co_await std::move(configuring);
    Bytes page(4096);
    while (configured && a->alive() && !stop.cancelled()) {
        Sqe sqe;
        sqe.opcode = admin_op::kAsyncEvent;
        auto command = a->admin(sqe, {}, {}, rt::kNever); // ends with the link at the latest
        auto done = co_await std::move(command);
        if (!done || stop.cancelled())
            break;
        LogId lid{};
        HostEvent event{};
        if (done->cqe.dw0 == aen::kNamespaceChanged) {
            lid = LogId::ChangedNamespaces;
            event = HostEvent::NamespacesChanged;
        } else if (done->cqe.dw0 == aen::kAnaChanged) {
            lid = LogId::Ana;
            event = HostEvent::AnaChanged;
        } else if (done->cqe.dw0 == aen::kDiscoveryChanged) {
            lid = LogId::Discovery;
            event = HostEvent::DiscoveryChanged;
        } else {
            continue;
        }
        auto reading = a->get_log(lid, 0, page, lid == LogId::Discovery ? 0 : kBroadcastNsid);
        auto read = co_await std::move(reading);
        if (!read)
            break;
        tell(event);
    }
}

rt::Task<void> HostController::Impl::disconnect() {
    if (std::exchange(disconnecting, true)) {
        auto closing = gate.close();
        co_await std::move(closing);
        co_return;
    }
    stop.cancel();
    if (attempt)
        attempt->close("the host is disconnecting");
    if (association) {
        const auto a = association;
        auto shutting = a->shut_down();
        co_await std::move(shutting);
    }
    auto closing = gate.close();
    co_await std::move(closing);
    state = ControllerState::Dead;
}

std::shared_ptr<Association> HostController::Impl::live() const {
    return association && association->alive() ? association : nullptr;
}

HostController::HostController(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HostController::~HostController() = default;

ControllerState HostController::state() const { return impl_->state; }
uint16_t HostController::cntlid() const { return impl_->association->cntlid(); }
uint16_t HostController::io_queues() const { return impl_->association->io_queues(); }
const ConnectOptions& HostController::options() const { return impl_->options; }
const IdentifyController& HostController::identify() const { return impl_->identify; }
void HostController::on_event(std::function<void(HostEvent)> callback) {
    impl_->callback = std::move(callback);
}
rt::Task<void> HostController::disconnect() { return impl_->disconnect(); }

// ---------------------------------------------------------------- commands

rt::Task<Result<Cqe>> HostController::admin(Sqe sqe, ByteSpan write, MutByteSpan read) {
    const auto a = impl_->live();
    if (!a)
        co_return fail(not_live());
    auto command = a->admin(sqe, write, read, a->command_deadline());
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    co_return done.cqe;
}

rt::Task<Result<HostCompletion>> HostController::Impl::run_io(Sqe sqe, ByteSpan write,
                                                              MutByteSpan read) {
    const auto a = live();
    if (!a)
        co_return fail(not_live());
    auto command = a->io(sqe, write, read, a->command_deadline());
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    co_return done;
}

rt::Task<Result<Cqe>> HostController::io(Sqe sqe, ByteSpan write, MutByteSpan read) {
    auto command = impl_->run_io(sqe, write, read);
    PF_CO_TRY(const HostCompletion done, co_await std::move(command));
    if (!done.status.ok()) {
        Error error = error_of(done.status, fmt::format("I/O command {:#04x}", int{sqe.opcode}));
        co_return fail(std::move(error));
    }
    co_return done.cqe;
}

rt::Task<Result<void>> HostController::read(uint32_t nsid, uint64_t offset, MutByteSpan into) {
    PF_CO_CHECK(check_alignment(offset, into.size()));
    while (!into.empty()) {
        const size_t n = std::min<size_t>(into.size(), impl_->max_transfer());
        auto command = impl_->run_io(io_command(io_op::kRead, nsid, offset, n), {}, into.first(n));
        auto done = co_await std::move(command);
        // A read has no effect: an answer that never came is only a broken path.
        if (!done && done.error().code == Errc::OutcomeUnknown)
            co_return fail(Errc::Unreachable, "{}", done.error().what);
        if (!done)
            co_return fail(std::move(done.error()));
        if (!done->status.ok()) {
            Error error = error_of(done->status, fmt::format("reading namespace {}", nsid));
            co_return fail(std::move(error));
        }
        if (done->received != n)
            co_return fail(Errc::Protocol, "the controller sent {} of {} bytes", done->received, n);
        offset += n;
        into = into.subspan(n);
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> HostController::write(uint32_t nsid, uint64_t offset, ByteSpan from) {
    PF_CO_CHECK(check_alignment(offset, from.size()));
    while (!from.empty()) {
        const size_t n = std::min<size_t>(from.size(), impl_->max_transfer());
        auto command = io(io_command(io_op::kWrite, nsid, offset, n), from.first(n), {});
        PF_CO_CHECK(co_await std::move(command));
        offset += n;
        from = from.subspan(n);
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> HostController::flush(uint32_t nsid) {
    auto command = io(io_command(io_op::kFlush, nsid, 0, 0), {}, {});
    PF_CO_CHECK(co_await std::move(command));
    co_return Result<void>{};
}

rt::Task<Result<bool>> HostController::compare(uint32_t nsid, uint64_t offset, ByteSpan expected) {
    PF_CO_CHECK(check_alignment(offset, expected.size()));
    while (!expected.empty()) {
        const size_t n = std::min<size_t>(expected.size(), impl_->max_transfer());
        auto command =
            impl_->run_io(io_command(io_op::kCompare, nsid, offset, n), expected.first(n), {});
        PF_CO_TRY(const HostCompletion done, co_await std::move(command));
        if (done.status.is(2, st::kCompareFailure.sc))
            co_return false;
        if (!done.status.ok()) {
            Error error = error_of(done.status, fmt::format("comparing namespace {}", nsid));
            co_return fail(std::move(error));
        }
        offset += n;
        expected = expected.subspan(n);
    }
    co_return true;
}

rt::Task<Result<bool>> HostController::compare_and_write(uint32_t nsid, uint64_t offset,
                                                         ByteSpan expected, ByteSpan data) {
    PF_CO_CHECK(check_alignment(offset, expected.size()));
    if (expected.size() != data.size())
        co_return fail(Errc::InvalidArgument, "compare and write need the same length");
    const auto a = impl_->live();
    const auto link = a ? a->pick() : nullptr;
    if (!link)
        co_return fail(not_live());
    auto command = link->fused(io_command(io_op::kCompare, nsid, offset, expected.size()), expected,
                               io_command(io_op::kWrite, nsid, offset, data.size()), data,
                               a->command_deadline());
    PF_CO_TRY(const auto both, co_await std::move(command));
    if (both.first.status.is(2, st::kCompareFailure.sc))
        co_return false;
    for (const Status status : {both.first.status, both.second.status}) {
        if (status.ok())
            continue;
        Error error = error_of(status, fmt::format("compare and write on namespace {}", nsid));
        co_return fail(std::move(error));
    }
    co_return true;
}

rt::Task<Result<void>> HostController::write_zeroes(uint32_t nsid, uint64_t offset, uint64_t length,
                                                    bool deallocate) {
    PF_CO_CHECK(check_alignment(offset, length));
    constexpr uint64_t kMost = 65536ull * kBlockBytes;
    while (length > 0) {
        const uint64_t n = std::min(length, kMost);
        Sqe sqe = io_command(io_op::kWriteZeroes, nsid, offset, n);
        if (deallocate)
            sqe.cdw12 |= 1u << 25;
        auto command = io(sqe, {}, {});
        PF_CO_CHECK(co_await std::move(command));
        offset += n;
        length -= n;
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> HostController::deallocate(uint32_t nsid, uint64_t offset, uint64_t length) {
    PF_CO_CHECK(check_alignment(offset, length));
    constexpr uint64_t kMost = 0xFFFFFFFFull * kBlockBytes;
    while (length > 0) {
        const uint64_t n = std::min(length, kMost);
        DsmRange range;
        range.blocks = static_cast<uint32_t>(n >> kBlockShift);
        range.slba = offset >> kBlockShift;
        Sqe sqe;
        sqe.opcode = io_op::kDsm;
        sqe.nsid = nsid;
        sqe.cdw11 = 4; // deallocate
        auto command = io(sqe, struct_bytes(range), {});
        PF_CO_CHECK(co_await std::move(command));
        offset += n;
        length -= n;
    }
    co_return Result<void>{};
}

} // namespace pf::nvme
