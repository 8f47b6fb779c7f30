#include "backend/sdt/shell/server.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <utility>

namespace pf::sdt {

using namespace nvme::target;
using nvme::BlockBackend;

namespace {

constexpr size_t kReadBufferBytes = 256 * 1024;
constexpr auto kWriteTimeout = std::chrono::seconds(60);
// After the last bytes the peer gets this long to close, so that what was sent is not cut off.
constexpr std::chrono::milliseconds kLinger{5000};
constexpr std::chrono::milliseconds kStopLinger{200}; // the process is ending

// What became of one block I/O; `why` is for the log when it failed.
struct Outcome {
    Outcome() = default;
    Outcome(nvme::Status s) : status(s) {}
    Outcome(const Error& error) : status(nvme::status_of(error.code)), why(error.what) {}
    nvme::Status status;
    std::string why;
};

Outcome outcome_of(const Result<void>& done) { return done ? Outcome() : Outcome(done.error()); }

rt::Task<Outcome> read_device(BlockBackend& device, const IoRequest& request, Bytes& into) {
    into.resize(request.length_bytes);
    auto reading = device.read(request.offset_bytes, into);
    auto done = co_await std::move(reading);
    co_return outcome_of(done);
}

rt::Task<Outcome> compare_device(BlockBackend& device, const IoRequest& request) {
    Bytes found;
    auto reading = read_device(device, request, found);
    Outcome outcome = co_await std::move(reading);
    if (outcome.status.ok() && found != request.data)
        outcome.status = nvme::st::kCompareFailure;
    co_return outcome;
}

rt::Task<Outcome> swap_device(BlockBackend& device, const IoRequest& request) {
    auto task = device.compare_and_write(request.offset_bytes, request.expected, request.data);
    auto done = co_await std::move(task);
    if (!done)
        co_return Outcome(done.error());
    co_return Outcome(*done ? nvme::st::kOk : nvme::st::kCompareFailure);
}

rt::Task<Outcome> deallocate_device(BlockBackend& device, const IoRequest& request) {
    for (const nvme::DsmRange& range : request.ranges) {
        auto task = device.write_zeroes(range.slba * nvme::kBlockBytes,
                                        uint64_t{range.blocks} * nvme::kBlockBytes, true);
        auto done = co_await std::move(task);
        if (!done)
            co_return Outcome(done.error());
    }
    co_return Outcome();
}

rt::Task<Outcome> change_device(BlockBackend& device, const IoRequest& request) {
    rt::Task<Result<void>> task;
    switch (request.op) {
    case IoOp::Write:
        task = device.write(request.offset_bytes, request.data);
        break;
    case IoOp::WriteZeroes:
        task = device.write_zeroes(request.offset_bytes, request.length_bytes, request.deallocate);
        break;
    default:
        task = device.flush();
        break;
    }
    auto done = co_await std::move(task);
    co_return outcome_of(done);
}

rt::Task<Outcome> carry_out(BlockBackend& device, const IoRequest& request, Bytes& data) {
    switch (request.op) {
    case IoOp::Read:
        return read_device(device, request, data);
    case IoOp::Compare:
        return compare_device(device, request);
    case IoOp::CompareAndWrite:
        return swap_device(device, request);
    case IoOp::Deallocate:
        return deallocate_device(device, request);
    case IoOp::Write:
    case IoOp::WriteZeroes:
    case IoOp::Flush:
        break;
    }
    return change_device(device, request);
}

} // namespace

struct Server::Peer {
    Peer(rt::Executor& executor, SessionId session, std::unique_ptr<rt::Stream> s)
        : id(session), stream(std::move(s)), writer(executor), reader(executor), gone(executor),
          gate(executor) {}
    SessionId id;
    std::unique_ptr<rt::Stream> stream;
    rt::WaitQueue writer; // output or an end is there
    rt::WaitQueue reader; // reading may go on
    rt::Event gone;       // the peer has closed
    rt::Gate gate;
    bool closing = false;
    bool done = false;
};

Server::Server(rt::Executor& executor, rt::Network& network, TargetOptions options)
    : executor_(executor), network_(network), target_(std::move(options)), gate_(executor) {}

Server::~Server() = default;

void Server::on_controllers_changed(std::function<void()> callback) {
    controllers_changed_ = std::move(callback);
}

Result<rt::Endpoint> Server::listen(const rt::Endpoint& at, bool discovery_only) {
    PF_TRY(auto listener, network_.listen(at));
    const rt::Endpoint local = listener->local();
    ListenerInfo info;
    info.discovery_only = discovery_only;
    info.address = local.host;
    info.port = local.port;
    listeners_.push_back(std::move(listener));
    gate_.spawn(accept_loop(*listeners_.back(), std::move(info)));
    if (!std::exchange(ticking_, true))
        gate_.spawn(tick_loop());
    return local;
}

void Server::set_view(TargetView view, DeviceMap devices) {
    // Devices that vanish are kept alive by the I/O that still uses them.
    devices_ = std::move(devices);
    target_.set_view(std::move(view), executor_.now());
    pump();
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
        auto peer = std::make_shared<Peer>(executor_, *id, std::move(*stream));
        peers_.emplace(*id, peer);
        gate_.spawn(serve(std::move(peer)));
    }
}

rt::Task<void> Server::serve(std::shared_ptr<Peer> peer) {
    peer->gate.spawn(write_loop(peer));
    Bytes buffer(kReadBufferBytes);
    while (!peer->done) {
        // While the connection lingers, input is read only to see the peer close.
        if (!peer->closing && !target_.want_read(peer->id)) {
            (void)co_await peer->reader.wait(executor_.now() + kWriteTimeout);
            continue;
        }
        auto n = co_await peer->stream->read_some(buffer, rt::kNever);
        if (!n || *n == 0)
            break;
        if (peer->closing)
            continue;
        target_.on_bytes(peer->id, ByteSpan(buffer).first(*n), executor_.now());
        pump();
    }
    peer->gone.set();
    peer->done = true;
    peer->writer.wake_all();
    peer->stream->close();
    target_.on_closed(peer->id, executor_.now());
    pump();
    auto closing = peer->gate.close();
    co_await std::move(closing);
    peers_.erase(peer->id);
}

rt::Task<void> Server::write_loop(std::shared_ptr<Peer> peer) {
    while (!peer->done) {
        const Bytes out = target_.take_output(peer->id);
        if (!out.empty()) {
            auto sent =
                co_await peer->stream->write_all(ByteSpan(out), executor_.now() + kWriteTimeout);
            if (!sent)
                break;
            target_.on_sent(peer->id, out.size(), executor_.now());
            peer->reader.wake_one();
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

rt::Task<void> Server::run_io(IoRequest request) {
    IoResult result;
    const auto found = devices_.find(request.device);
    const std::shared_ptr<BlockBackend> device = found == devices_.end() ? nullptr : found->second;
    if (device) {
        auto task = carry_out(*device, request, result.data);
        const Outcome outcome = co_await std::move(task);
        result.status = outcome.status;
        if (!outcome.why.empty()) {
            result.data.clear();
            log_failure(request, outcome.why);
        }
    } else {
        result.status = nvme::st::kInvalidNamespace;
    }
    target_.on_io_done(request.token, std::move(result), executor_.now());
    pump();
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
    for (IoRequest& request : target_.take_io()) {
        const IoToken token = request.token;
        if (!gate_.spawn(run_io(std::move(request)))) {
            IoResult refused;
            refused.status = nvme::st::kAbortedSqDeleted;
            target_.on_io_done(token, std::move(refused), executor_.now());
        }
    }
    for (const SessionId id : target_.take_writable())
        if (const auto it = peers_.find(id); it != peers_.end())
            it->second->writer.wake_one();
    for (const ClosingSession& closing : target_.take_closing()) {
        const auto it = peers_.find(closing.session);
        if (it == peers_.end())
            continue;
        Peer& peer = *it->second;
        peer.closing = true;
        if (closing.flush) {
            peer.writer.wake_one();
            peer.reader.wake_one();
        } else {
            peer.done = true;
            peer.writer.wake_all();
            peer.reader.wake_all();
            peer.stream->close();
        }
    }
}

} // namespace pf::sdt
