#include "backend/sdt/shell/server.hpp"

#include "backend/nvme/tls_stream.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pf::sdt {

using namespace nvme::target;
using nvme::BlockBackend;

namespace {

constexpr size_t kWakeBytes = 16 * 1024;     // of each connection, filled while it waits
constexpr size_t kScratchBytes = 256 * 1024; // of all, for what else is there
constexpr size_t kDirectBytes = 16 * 1024;   // data at least so long goes straight to its command
constexpr std::chrono::seconds kHandshakeTimeout{10}; // of TLS
constexpr auto kWriteTimeout = std::chrono::seconds(60);
// After the last bytes the peer gets this long to close, so that what was sent is not cut off.
constexpr std::chrono::milliseconds kLinger{5000};
constexpr std::chrono::milliseconds kStopLinger{200}; // the process is ending
// A connection that was silent for so long: this process may have stood still meanwhile.
constexpr std::chrono::milliseconds kGap{50};
constexpr size_t kMostUnread = 8 * 1024 * 1024; // more does not wait in a socket
// A write of a lost controller that takes longer is stuck somewhere.
constexpr std::chrono::milliseconds kSlowWrite{100};

// What became of one block I/O; `why` is for the log when it failed.
struct Outcome {
    Outcome() = default;
    Outcome(nvme::Status s) : status(s) {}
    Outcome(const Error& error)
        : status(nvme::status_of(error.code)), unknown(error.code == Errc::OutcomeUnknown),
          why(error.what) {}
    nvme::Status status;
    bool unknown = false;
    std::string why;
};

Outcome outcome_of(const Result<void>& done) { return done ? Outcome() : Outcome(done.error()); }

rt::Task<Outcome> read_device(BlockBackend& device, const IoRequest& request) {
    auto reading = device.read(request.offset_bytes, request.into);
    auto done = co_await std::move(reading);
    co_return outcome_of(done);
}

// Reads piece by piece; with `expected` it compares, without it only looks.
rt::Task<Outcome> check_device(BlockBackend& device, const IoRequest& request, ByteSpan expected) {
    constexpr uint64_t kPiece = 1024 * 1024;
    const rt::IoBuffer found = rt::IoBuffer::allocate(std::min(kPiece, request.length_bytes));
    for (uint64_t at = 0; at < request.length_bytes; at += kPiece) {
        const uint64_t n = std::min(kPiece, request.length_bytes - at);
        auto reading = device.read(request.offset_bytes + at, found.span(0, n));
        auto done = co_await std::move(reading);
        if (!done)
            co_return Outcome(done.error());
        if (!expected.empty() && std::memcmp(found.data(), expected.data() + at, n) != 0)
            co_return Outcome(nvme::st::kCompareFailure);
    }
    co_return Outcome();
}

rt::Task<Outcome> swap_device(BlockBackend& device, const IoRequest& request,
                              rt::CancelToken fence) {
    auto task = device.compare_and_write(request.offset_bytes, request.expected, request.data,
                                         std::move(fence));
    auto done = co_await std::move(task);
    if (!done)
        co_return Outcome(done.error());
    co_return Outcome(*done ? nvme::st::kOk : nvme::st::kCompareFailure);
}

rt::Task<Outcome> deallocate_device(BlockBackend& device, const IoRequest& request,
                                    rt::CancelToken fence) {
    for (const ByteRange& range : request.ranges) {
        auto task = device.write_zeroes(range.offset, range.length, true, fence);
        auto done = co_await std::move(task);
        if (!done)
            co_return Outcome(done.error());
    }
    co_return Outcome();
}

rt::Task<Outcome> change_device(BlockBackend& device, const IoRequest& request,
                                rt::CancelToken fence) {
    rt::Task<Result<void>> task;
    switch (request.op) {
    case IoOp::Write:
        task = device.write(request.offset_bytes, request.data, std::move(fence));
        break;
    case IoOp::WriteZeroes:
        task = device.write_zeroes(request.offset_bytes, request.length_bytes, request.deallocate,
                                   std::move(fence));
        break;
    default:
        task = device.flush();
        break;
    }
    auto done = co_await std::move(task);
    co_return outcome_of(done);
}

rt::Task<Outcome> carry_out(BlockBackend& device, const IoRequest& request, rt::CancelToken fence) {
    switch (request.op) {
    case IoOp::Read:
        return read_device(device, request);
    case IoOp::Compare:
        return check_device(device, request, request.data);
    case IoOp::Verify:
        return check_device(device, request, {});
    case IoOp::CompareAndWrite:
        return swap_device(device, request, std::move(fence));
    case IoOp::Deallocate:
        return deallocate_device(device, request, std::move(fence));
    case IoOp::Write:
    case IoOp::WriteZeroes:
    case IoOp::Flush:
    case IoOp::Reserve: // not the device's business
        break;
    }
    return change_device(device, request, std::move(fence));
}

} // namespace

struct Server::Peer {
    Peer(rt::Executor& executor, SessionId session, std::unique_ptr<rt::Stream> s)
        : id(session), stream(std::move(s)), wake(kWakeBytes), writer(executor), reader(executor),
          gone(executor), gate(executor) {}
    uint32_t key() const { return static_cast<uint32_t>(id); }
    SessionId id;
    std::unique_ptr<rt::Stream> stream;
    Bytes wake;
    MonoTime heard{};     // when bytes came last
    nvme::Output out;     // being sent
    bool writing = false; // by the writer task: the socket has not taken all of it
    size_t out_sent = 0;  // of it
    rt::WaitQueue writer; // left-over output or an end is there
    rt::WaitQueue reader; // reading may go on
    rt::Event gone;       // the peer has closed
    rt::Gate gate;
    bool tls = false;     // `stream` is a TlsStream
    bool secured = false; // its handshake is over
    bool blocked = false; // waits in `reader`
    bool closing = false;
    bool done = false;
};

struct Server::LostWrites {
    LostWrites(rt::Executor& executor, uint64_t seen) : fences_seen(seen), done(executor) {}
    const uint64_t fences_seen; // by then: what was sent before them is covered
    std::optional<Result<void>> outcome;
    rt::WaitQueue done;
};

struct Server::WriteFence {
    rt::CancelSource source;
    size_t changing = 0; // I/O in flight that changes the device
    bool ended = false;  // none of it can happen any more
};

Server::Server(rt::Executor& executor, rt::Network& network, TargetOptions options)
    : executor_(executor), network_(network), target_(std::move(options)), gate_(executor),
      scratch_(kScratchBytes) {}

Server::~Server() = default;

void Server::on_controllers_changed(std::function<void()> callback) {
    controllers_changed_ = std::move(callback);
}

Result<rt::Endpoint> Server::listen(const rt::Endpoint& at, bool discovery_only, bool tls) {
    if (tls && !tls_) {
        PF_TRY(tls_, nvme::TlsContext::server(
                         [this](std::string_view identity) { return key_of(identity); }));
    }
    PF_TRY(auto listener, network_.listen(at));
    const rt::Endpoint local = listener->local();
    ListenerInfo info;
    info.discovery_only = discovery_only;
    info.address = local.host;
    info.port = local.port;
    info.tls = tls;
    listeners_.push_back(std::move(listener));
    gate_.spawn(accept_loop(*listeners_.back(), std::move(info)));
    if (!std::exchange(ticking_, true))
        gate_.spawn(tick_loop());
    return local;
}

void Server::set_view(TargetView view, DeviceMap devices) {
    // Devices that vanish are kept alive by the I/O that still uses them.
    devices_ = std::move(devices);
    keys_.clear();
    for (const HostConfig& host : view.hosts) {
        if (host.tls_psk.empty())
            continue;
        if (auto secret = nvme::parse_tls_psk(host.tls_psk.expose()))
            keys_.emplace(host.nqn, std::move(*secret));
        else // it cannot come at all then: a key that cannot be read must not open the door
            log("sdt").error("the TLS key of a host is not usable host={}: {}", host.nqn,
                             secret.error().what);
    }
    target_.set_view(std::move(view), executor_.now());
    pump();
}

// What a host must prove that names this identity.
std::optional<nvme::TlsPsk> Server::key_of(std::string_view identity) const {
    const auto named = nvme::parse_psk_identity(identity);
    const auto found = named ? keys_.find(named->names.host_nqn) : keys_.end();
    if (found == keys_.end())
        return std::nullopt;
    for (const nvme::PskLabels labels : {nvme::PskLabels::Rfc8446, nvme::PskLabels::OldLibnvme}) {
        auto psk = nvme::derive_tls_psk(found->second, named->names, named->version, labels);
        if (psk && psk->identity == identity)
            return std::move(*psk);
    }
    return std::nullopt;
}

void Server::shut() {
    if (stop_.cancelled())
        return;
    stop_.cancel();
    for (const auto& listener : listeners_)
        listener->close();
    target_.stop(executor_.now());
    pump();
}

rt::Task<void> Server::stop() {
    shut();
    auto closing = gate_.close();
    co_await std::move(closing);
}

rt::Task<void> Server::accept_loop(rt::Listener& listener, ListenerInfo info) {
    while (!stop_.cancelled()) {
        auto accepting = listener.accept(rt::kNever);
        auto stream = co_await std::move(accepting);
        if (!stream) {
            if (stop_.cancelled() || stream.error().code == Errc::Cancelled)
                break;
            // Out of descriptors, for example: let some connections end.
            log("sdt").warn("accept failed: {}", stream.error().what);
            auto pause = rt::sleep_until(executor_, executor_.now() + 100ms, stop_.token());
            (void)co_await std::move(pause);
            continue;
        }
        ListenerInfo of_peer = info;
        of_peer.address = (*stream)->local().host;
        of_peer.peer = (*stream)->peer().host;
        const auto id = target_.open(of_peer, executor_.now());
        if (!id)
            continue; // full: the stream closes here
        std::unique_ptr<rt::Stream> transport = std::move(*stream);
        if (info.tls)
            transport = std::make_unique<nvme::TlsStream>(executor_, tls_, std::move(transport));
        auto peer = std::make_shared<Peer>(executor_, *id, std::move(transport));
        peer->tls = info.tls;
        peers_.emplace(peer->key(), peer);
        gate_.spawn(serve(std::move(peer)));
    }
}

// Hands over bytes that were read. `from` is empty when they went straight to their command.
bool Server::take_in(Peer& peer, size_t bytes, ByteSpan from) {
    if (peer.closing)
        return false;
    if (from.empty())
        target_.on_window(peer.id, bytes, executor_.now());
    else
        target_.on_bytes(peer.id, from.first(bytes), executor_.now());
    pump();
    return !peer.closing && !peer.done && target_.want_read(peer.id);
}

// All that has arrived, before any of it is looked at. False when the peer has closed behind it: a
// host that gave up this connection while we stood still, and has repeated elsewhere, and perhaps
// written over, what it had sent here.
bool Server::still_there(Peer& peer, Bytes& rest) {
    while (rest.size() < kMostUnread && !peer.stream->closed()) {
        const auto moved = peer.stream->try_read(MutByteSpan(scratch_));
        if (moved.error == EAGAIN)
            return true;
        if (moved.error != 0 || moved.bytes == 0)
            return false;
        const auto end = scratch_.begin() + static_cast<std::ptrdiff_t>(moved.bytes);
        rest.insert(rest.end(), scratch_.begin(), end);
    }
    return true;
}

// The handshake of a TLS listener; false when it failed.
rt::Task<bool> Server::secure(std::shared_ptr<Peer> peer) {
    auto& stream = static_cast<nvme::TlsStream&>(*peer->stream);
    auto shaking = stream.handshake(executor_.now() + kHandshakeTimeout);
    const auto shaken = co_await std::move(shaking);
    const auto named = nvme::parse_psk_identity(stream.identity());
    if (!shaken || !named) {
        log_refusal(stream.peer(), shaken ? "no identity" : shaken.error().what);
        co_return false;
    }
    peer->secured = true;
    target_.on_secured(peer->id, named->names.host_nqn, named->names.subsystem_nqn);
    co_return true;
}

rt::Task<void> Server::serve(std::shared_ptr<Peer> peer) {
    if (peer->tls) {
        auto securing = secure(peer);
        if (!co_await std::move(securing))
            peer->done = true;
    }
    peer->gate.spawn(write_loop(peer));
    while (!peer->done) {
        // While the connection lingers, input is read only to see the peer close.
        if (!peer->closing && !target_.want_read(peer->id)) {
            peer->blocked = true;
            ++blocked_;
            (void)co_await peer->reader.wait(executor_.now() + kWriteTimeout);
            --blocked_;
            peer->blocked = false;
            continue;
        }
        auto [window, hold] = target_.window(peer->id);
        const bool direct = window.size() >= kDirectBytes;
        const MutByteSpan first = direct ? window : MutByteSpan(peer->wake);
        auto n = co_await peer->stream->read_some(first, rt::kNever);
        if (!n || *n == 0)
            break;
        const MonoTime now = executor_.now();
        Bytes rest;
        if (now - std::exchange(peer->heard, now) > kGap) {
            // After one turn of the loop a hang-up that has arrived is known.
            auto turn =
                rt::sleep_until(executor_, now + std::chrono::microseconds(1), stop_.token());
            (void)co_await std::move(turn);
            if (peer->done || !still_there(*peer, rest))
                break;
        }
        bool more = take_in(*peer, *n, direct ? ByteSpan() : ByteSpan(peer->wake));
        if (!rest.empty())
            more = take_in(*peer, rest.size(), rest);
        bool ended = false;
        while (more && !ended) { // what else is there, without waiting
            auto [next, keep] = target_.window(peer->id);
            const bool straight = next.size() >= kDirectBytes;
            if (peer->stream->closed() || !executor_.spend_budget())
                break;
            const auto moved = peer->stream->try_read(straight ? next : MutByteSpan(scratch_));
            if (moved.error != 0 || moved.bytes == 0) {
                ended = moved.error != EAGAIN;
                break;
            }
            more = take_in(*peer, moved.bytes, straight ? ByteSpan() : ByteSpan(scratch_));
        }
        if (ended)
            break;
    }
    peer->gone.set();
    peer->done = true;
    peer->writer.wake_all();
    peer->stream->close();
    target_.on_closed(peer->id, executor_.now());
    pump();
    auto closing = peer->gate.close();
    co_await std::move(closing);
    peers_.erase(peer->key());
}

// Sends what there is as far as the socket takes it now; the writer task does the rest.
void Server::flush(Peer& peer) {
    if (peer.writing || peer.done || peer.stream->closed())
        return;
    target_.take_output(peer.id, peer.out);
    const std::span<const ByteSpan> parts = peer.out.parts();
    size_t part = 0;
    size_t offset = 0;
    size_t sent = 0;
    while (part < parts.size()) {
        const auto moved = peer.stream->try_write(parts.subspan(part), offset);
        if (moved.error != 0)
            break; // the writer task meets it again
        sent += moved.bytes;
        offset += moved.bytes;
        while (part < parts.size() && offset >= parts[part].size())
            offset -= parts[part++].size();
    }
    if (sent == 0 && parts.empty())
        return;
    if (part == parts.size()) {
        peer.out.clear();
    } else {
        peer.writing = true;
        peer.out_sent = sent;
        peer.writer.wake_one();
    }
    target_.on_sent(peer.id, sent, executor_.now());
}

rt::Task<void> Server::write_loop(std::shared_ptr<Peer> peer) {
    while (!peer->done) {
        if (peer->writing) {
            std::vector<ByteSpan> rest;
            size_t skip = peer->out_sent;
            for (const ByteSpan part : peer->out.parts()) {
                const size_t n = std::min(skip, part.size());
                skip -= n;
                if (n < part.size())
                    rest.push_back(part.subspan(n));
            }
            const size_t left = peer->out.size() - peer->out_sent;
            auto sent = co_await peer->stream->write_all(std::span<const ByteSpan>(rest),
                                                         executor_.now() + kWriteTimeout);
            if (!sent)
                break;
            peer->out.clear();
            peer->writing = false;
            target_.on_sent(peer->id, left, executor_.now());
            flush(*peer);
            pump();
        } else if (peer->closing) {
            const auto linger = stop_.cancelled() ? kStopLinger : kLinger;
            auto lingering = peer->gone.wait(executor_.now() + linger);
            (void)co_await std::move(lingering);
            break;
        } else {
            (void)co_await peer->writer.wait(rt::kNever);
        }
    }
    peer->done = true;
    peer->reader.wake_all();
    peer->stream->close();
}

// ---------------------------------------------------------------- block I/O

void Server::finish_io(const IoRequest& request, const Result<void>& done) {
    if (!done)
        log_failure(request, done.error().what);
    target_.on_io_done(request.token, done ? nvme::st::kOk : nvme::status_of(done.error().code),
                       executor_.now());
}

void Server::start_io(IoRequest& request) {
    const auto found = devices_.find(request.device);
    if (found == devices_.end()) {
        target_.on_io_done(request.token, nvme::st::kInvalidNamespace, executor_.now());
        return;
    }
    if (request.op == IoOp::Reserve) {
        const IoToken token = request.token;
        if (!reserver_ || !gate_.spawn(run_reservation(std::move(request))))
            target_.on_io_done(token, nvme::st::kInvalidOpcode, executor_.now());
        return;
    }
    BlockBackend& device = *found->second;
    std::optional<Result<void>> done;
    if (request.op == IoOp::Read)
        done = device.try_read(request.offset_bytes, request.into);
    else if (request.op == IoOp::Write)
        done = device.try_write(request.offset_bytes, request.data);
    if (done) {
        finish_io(request, *done);
        return;
    }
    const IoToken token = request.token;
    if (!gate_.spawn(run_io(found->second, std::move(request))))
        target_.on_io_done(token, nvme::st::kAbortedSqDeleted, executor_.now());
}

rt::Task<void> Server::run_reservation(IoRequest request) {
    const nvme::ReservationCommand command = *request.reservation;
    std::vector<uint64_t> devices = std::move(request.more_devices);
    devices.push_back(request.device);
    nvme::Status status;
    for (const uint64_t device : devices) {
        auto reserving = reserver_(device, command);
        const nvme::Status one = co_await std::move(reserving);
        if (!one.ok())
            status = one;
    }
    target_.on_io_done(request.token, status, executor_.now());
    pump();
}

const std::shared_ptr<Server::WriteFence>& Server::fence_of(uint16_t cntlid, uint64_t device) {
    std::shared_ptr<WriteFence>& fence = fences_[{cntlid, device}];
    if (!fence)
        fence = std::make_shared<WriteFence>();
    return fence;
}

void Server::raise_fences(const std::vector<Fence>& fences) {
    ++fences_raised_;
    for (const Fence& fence : fences) {
        if (fence.device) {
            fence_of(fence.cntlid, *fence.device)->source.cancel();
            continue;
        }
        for (auto it = fences_.lower_bound({fence.cntlid, 0});
             it != fences_.end() && it->first.first == fence.cntlid; ++it) {
            it->second->source.cancel();
            if (it->second->changing > 0 && fencer_)
                gate_.spawn(end_slow_writes(it->first.second, it->second));
        }
    }
}

// What comes later gets a fresh one.
void Server::forget_fences(const std::vector<Fence>& fences) {
    for (const Fence& fence : fences)
        std::erase_if(fences_, [&](const auto& entry) {
            return entry.first.first == fence.cntlid &&
                   (!fence.device || entry.first.second == *fence.device);
        });
}

// All the writes that were lost at one fence are ended by one call.
rt::Task<Result<void>> Server::end_lost_writes(uint64_t device) {
    std::shared_ptr<LostWrites>& slot = lost_writes_[device];
    if (slot && slot->fences_seen == fences_raised_) {
        const std::shared_ptr<LostWrites> running = slot;
        if (!running->outcome)
            (void)co_await running->done.wait(rt::kNever);
        co_return *running->outcome;
    }
    const auto own = std::make_shared<LostWrites>(executor_, fences_raised_);
    slot = own;
    auto fencing = fencer_(device);
    own->outcome = co_await std::move(fencing);
    own->done.wake_all();
    if (const auto at = lost_writes_.find(device); at != lost_writes_.end() && at->second == own)
        lost_writes_.erase(at);
    co_return *own->outcome;
}

// The host of a lost controller may repeat its writes through another target as soon as it likes,
// and write over them. A server that has one of them and does not answer is not waited for.
rt::Task<void> Server::end_slow_writes(uint64_t device, std::shared_ptr<WriteFence> fence) {
    auto pause = rt::sleep_until(executor_, executor_.now() + kSlowWrite, stop_.token());
    (void)co_await std::move(pause);
    if (fence->changing == 0 || stop_.cancelled())
        co_return;
    auto ending = end_lost_writes(device);
    const auto done = co_await std::move(ending);
    fence->ended = done.has_value();
}

rt::Task<void> Server::run_io(std::shared_ptr<BlockBackend> device, IoRequest request) {
    const std::shared_ptr<WriteFence> fence = fence_of(request.token.cntlid, request.device);
    const rt::CancelToken fenced = fence->source.token();
    const size_t changes = request.token.changes ? 1 : 0;
    fence->changing += changes;
    auto task = carry_out(*device, request, fenced);
    const Outcome outcome = co_await std::move(task);
    if (!outcome.why.empty())
        log_failure(request, outcome.why);
    if (outcome.unknown && fenced.cancelled() && fencer_ && !fence->ended) {
        auto ending = end_lost_writes(request.device);
        if (const auto done = co_await std::move(ending); !done)
            log_failure(request, done.error().what);
    }
    fence->changing -= changes;
    target_.on_io_done(request.token, outcome.status, executor_.now());
    pump();
}

// At most one line a second: whoever can reach the port can fail here.
void Server::log_refusal(const rt::Endpoint& peer, const std::string& why) {
    const MonoTime now = executor_.now();
    if (now < quiet_until_)
        return;
    quiet_until_ = now + std::chrono::seconds(1);
    log("sdt").warn("TLS refused: {} peer={}", why, rt::to_string(peer));
}

// At most one line a second: a dead server fails thousands of I/Os at once.
void Server::log_failure(const IoRequest& request, const std::string& why) {
    ++failures_;
    const MonoTime now = executor_.now();
    if (now < quiet_until_)
        return;
    quiet_until_ = now + std::chrono::seconds(1);
    log("sdt").warn("I/O failed: {} device={:016x} op={} offset={} length={} failures={}", why,
                    request.device, static_cast<int>(request.op), request.offset_bytes,
                    request.length_bytes, failures_);
}

rt::Task<void> Server::tick_loop() {
    while (!stop_.cancelled()) {
        const MonoTime next = target_.next_deadline(executor_.now());
        auto pause = rt::sleep_until(executor_, next, stop_.token());
        (void)co_await std::move(pause);
        target_.tick(executor_.now());
        pump();
    }
}

// Carries out what the core wants. I/O that ends at once comes back in here: then the outer call
// goes round again, so the stack stays flat.
void Server::pump() {
    if (std::exchange(pumping_, true)) {
        pump_again_ = true;
        return;
    }
    do {
        pump_again_ = false;
        pump_once();
    } while (pump_again_);
    pumping_ = false;
    const uint64_t version = target_.controllers_version();
    if (std::exchange(seen_controllers_version_, version) != version && controllers_changed_)
        controllers_changed_();
}

void Server::pump_once() {
    for (const std::string& line : target_.take_log())
        log("sdt").info("{}", line);
    // New I/O may be of a controller that has just been fenced: fences first, for it too.
    const std::vector<Fence> fences = target_.take_fenced();
    starting_.clear();
    target_.take_io(starting_);
    if (!fences.empty()) {
        for (const IoRequest& request : starting_)
            (void)fence_of(request.token.cntlid, request.device);
        raise_fences(fences);
    }
    for (IoRequest& request : starting_)
        start_io(request);
    if (!fences.empty())
        forget_fences(fences);
    writable_.clear();
    target_.take_writable(writable_);
    for (const SessionId id : writable_)
        if (const auto it = peers_.find(static_cast<uint32_t>(id)); it != peers_.end())
            flush(*it->second);
    if (!starting_.empty() || !writable_.empty())
        pump_again_ = true; // what ended at once, and what was sent, may have made more work
    for (const ClosingSession& closing : target_.take_closing()) {
        const auto it = peers_.find(static_cast<uint32_t>(closing.session));
        if (it == peers_.end())
            continue;
        Peer& peer = *it->second;
        flush(peer);
        peer.closing = true;
        const bool silent = peer.tls && !peer.secured; // there is nothing to flush through
        if (closing.flush && !silent) {
            peer.writer.wake_one();
            peer.reader.wake_one();
        } else {
            peer.done = true;
            peer.writer.wake_all();
            peer.reader.wake_all();
            peer.stream->close();
        }
    }
    if (blocked_ > 0)
        for (const auto& [key, peer] : peers_)
            if (peer->blocked && target_.want_read(peer->id))
                peer->reader.wake_one();
}

} // namespace pf::sdt
