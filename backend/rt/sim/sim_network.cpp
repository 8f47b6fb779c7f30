#include "backend/rt/sim/sim_network.hpp"

#include "backend/rt/sync.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <vector>

namespace pf::rt::sim {

namespace {
constexpr Duration kRetransmit = std::chrono::milliseconds(20);
constexpr std::uint16_t kFirstEphemeral = 40000;
} // namespace

class SimStream;
class SimListener;
struct Connection;

// One direction of a connection: what is on its way to end `to`.
struct Pipe : TimerNode {
    explicit Pipe(Connection& c, int end)
        : TimerNode([](TimerNode& node) { static_cast<Pipe&>(node).deliver(); }), connection(c),
          to(end) {}
    struct Chunk {
        MonoTime at{};
        Bytes data;
        bool fin = false;
        bool reset = false;
    };
    void send(Chunk chunk);
    void deliver();
    std::size_t buffered() const { return in_flight + (inbox.size() - inbox_read); }

    Connection& connection;
    int to;
    std::deque<Chunk> chunks;
    std::size_t in_flight = 0;
    Bytes inbox; // arrived, not read
    std::size_t inbox_read = 0;
    bool ended = false; // FIN has arrived
};

struct Connection {
    Connection(SimNetwork::Impl& net, Endpoint from, Endpoint to)
        : network(net), address{std::move(from), std::move(to)} {}
    ~Connection();
    SimNetwork::Impl& network;
    Endpoint address[2];
    SimStream* end[2] = {nullptr, nullptr};
    bool reset[2] = {false, false};
    Pipe pipe[2] = {Pipe(*this, 0), Pipe(*this, 1)};
};

class SimNetwork::Impl {
  public:
    Impl(Simulator& s, SimNetworkOptions o) : simulator(s), options(o) {}
    Duration delay() {
        return Duration(static_cast<Duration::rep>(
            simulator.random(static_cast<std::uint64_t>(options.least_delay.count()),
                             static_cast<std::uint64_t>(options.most_delay.count()))));
    }
    bool is_cut(const std::string& a, const std::string& b) const {
        return cuts.contains(std::minmax(a, b));
    }

    Simulator& simulator;
    SimNetworkOptions options;
    std::set<std::pair<std::string, std::string>> cuts;
    std::map<std::pair<std::string, std::uint16_t>, SimListener*> listeners;
    std::vector<Connection*> connections; // in order of creation: deterministic
    std::map<std::string, std::unique_ptr<Network>> hosts;
    std::uint16_t next_port = kFirstEphemeral;
};

Connection::~Connection() {
    for (Pipe& p : pipe) {
        network.simulator.disarm_timer(p);
    }
    std::erase(network.connections, this);
}

class SimStream final : public Stream {
  public:
    SimStream(std::shared_ptr<Connection> connection, int side)
        : Stream(connection->network.simulator), connection_(std::move(connection)), side_(side) {
        connection_->end[side_] = this;
    }
    ~SimStream() override { close(); }

    Moved try_read(MutByteSpan buffer) override {
        Pipe& pipe = connection_->pipe[side_];
        if (connection_->reset[side_]) {
            return Moved{0, ECONNRESET};
        }
        const std::size_t there = pipe.inbox.size() - pipe.inbox_read;
        if (there == 0) {
            return Moved{0, pipe.ended ? 0 : EAGAIN};
        }
        const std::size_t count = std::min(there, buffer.size());
        std::memcpy(buffer.data(), pipe.inbox.data() + pipe.inbox_read, count);
        pipe.inbox_read += count;
        if (pipe.inbox_read == pipe.inbox.size()) {
            pipe.inbox.clear();
            pipe.inbox_read = 0;
        }
        if (SimStream* other = connection_->end[1 - side_]) {
            other->may_write();
        }
        return Moved{count, 0};
    }

    Moved try_write(std::span<const ByteSpan> parts, std::size_t offset) override {
        if (connection_->reset[side_]) {
            return Moved{0, EPIPE};
        }
        Pipe& pipe = connection_->pipe[1 - side_];
        const std::size_t window = connection_->network.options.window_bytes;
        if (pipe.buffered() >= window) {
            return Moved{0, EAGAIN};
        }
        std::size_t room = window - pipe.buffered();
        Pipe::Chunk chunk;
        for (ByteSpan part : parts) {
            part = part.subspan(offset);
            offset = 0;
            part = part.first(std::min(part.size(), room));
            chunk.data.insert(chunk.data.end(), part.begin(), part.end());
            room -= part.size();
        }
        // Sometimes less than there is room for, as real sockets do.
        if (chunk.data.size() > 1 && simulator().random(0, 3) == 0) {
            chunk.data.resize(simulator().random(1, chunk.data.size()));
        }
        const std::size_t count = chunk.data.size();
        pipe.send(std::move(chunk));
        return Moved{count, 0};
    }

    Endpoint local() const override { return connection_->address[side_]; }
    Endpoint peer() const override { return connection_->address[1 - side_]; }
    void may_read() { readable(); }
    void may_write() { writable(); }

  protected:
    void close_transport() override {
        connection_->end[side_] = nullptr;
        if (!connection_->reset[side_]) {
            Pipe::Chunk fin;
            fin.fin = true;
            connection_->pipe[1 - side_].send(std::move(fin));
        }
    }

  private:
    Simulator& simulator() { return connection_->network.simulator; }
    std::shared_ptr<Connection> connection_;
    int side_;
};

void Pipe::send(Chunk chunk) {
    Simulator& simulator = connection.network.simulator;
    in_flight += chunk.data.size();
    chunk.at = simulator.now() + connection.network.delay();
    if (!chunks.empty()) {
        chunk.at = std::max(chunk.at, chunks.back().at); // in order
    }
    chunks.push_back(std::move(chunk));
    if (!armed()) {
        simulator.arm_timer(*this, chunks.front().at);
    }
}

void Pipe::deliver() {
    SimNetwork::Impl& network = connection.network;
    if (network.is_cut(connection.address[0].host, connection.address[1].host)) {
        network.simulator.arm_timer(*this, network.simulator.now() + kRetransmit);
        return;
    }
    Chunk chunk = std::move(chunks.front());
    chunks.pop_front();
    in_flight -= chunk.data.size();
    if (!chunks.empty()) {
        network.simulator.arm_timer(*this, std::max(chunks.front().at, network.simulator.now()));
    }
    SimStream* receiver = connection.end[to];
    if (chunk.reset) {
        connection.reset[to] = true;
    } else if (chunk.fin) {
        ended = true;
    } else if (receiver != nullptr) {
        inbox.insert(inbox.end(), chunk.data.begin(), chunk.data.end());
    } else if (connection.end[1 - to] != nullptr && !connection.reset[1 - to]) {
        Chunk answer; // nobody there any more
        answer.reset = true;
        connection.pipe[1 - to].send(std::move(answer));
    }
    if (receiver != nullptr) {
        receiver->may_read();
        if (chunk.reset) {
            receiver->may_write();
        }
    }
}

class SimListener final : public Listener {
  public:
    SimListener(SimNetwork::Impl& network, Endpoint at)
        : network_(network), at_(std::move(at)), ready_(network.simulator) {
        network_.listeners[{at_.host, at_.port}] = this;
    }
    ~SimListener() override { close(); }

    Task<Result<std::unique_ptr<Stream>>> accept(MonoTime deadline) override {
        while (queue_.empty()) {
            if (closed_) {
                co_return fail(Errc::Cancelled, "listener closed");
            }
            auto woken = co_await ready_.wait(deadline);
            if (!woken) {
                co_return tl::unexpected(std::move(woken.error()));
            }
        }
        auto stream = std::move(queue_.front());
        queue_.pop_front();
        co_return Result<std::unique_ptr<Stream>>(std::move(stream));
    }
    void close() override {
        if (!closed_) {
            closed_ = true;
            network_.listeners.erase({at_.host, at_.port});
            queue_.clear();
            ready_.wake_all();
        }
    }
    Endpoint local() const override { return at_; }
    void offer(std::unique_ptr<Stream> stream) {
        queue_.push_back(std::move(stream));
        ready_.wake_one();
    }

  private:
    SimNetwork::Impl& network_;
    Endpoint at_;
    WaitQueue ready_;
    std::deque<std::unique_ptr<Stream>> queue_;
    bool closed_ = false;
};

class SimHost final : public Network {
  public:
    SimHost(SimNetwork::Impl& network, std::string address)
        : network_(network), address_(std::move(address)) {}
    using Network::connect;

    Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, MonoTime deadline,
                                                  ConnectOptions options) override {
        Simulator& simulator = network_.simulator;
        if (to.host == "localhost") {
            to.host = "127.0.0.1";
        }
        Endpoint from{options.source_host.empty() ? address_ : options.source_host,
                      network_.next_port++};
        if (network_.next_port < kFirstEphemeral) {
            network_.next_port = kFirstEphemeral;
        }
        MonoTime arrives = simulator.now() + network_.delay();
        while (network_.is_cut(from.host, to.host)) {
            arrives = simulator.now() + kRetransmit;
            if (arrives > deadline) {
                break;
            }
            (void)co_await sleep_until(simulator, arrives);
        }
        if (arrives > deadline) {
            (void)co_await sleep_until(simulator, deadline);
            co_return fail(Errc::Timeout, "cannot connect to {}: deadline passed", to_string(to));
        }
        (void)co_await sleep_until(simulator, arrives);
        auto listener = network_.listeners.find({to.host, to.port});
        if (listener == network_.listeners.end()) {
            co_return fail(Errc::Unreachable, "cannot connect to {}: refused", to_string(to));
        }
        auto connection = std::make_shared<Connection>(network_, from, to);
        network_.connections.push_back(connection.get());
        auto here = std::make_unique<SimStream>(connection, 0);
        listener->second->offer(std::make_unique<SimStream>(connection, 1));
        (void)co_await sleep_until(simulator, simulator.now() + network_.delay());
        co_return Result<std::unique_ptr<Stream>>(std::move(here));
    }

    Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int) override {
        Endpoint place = at;
        if (place.host == "localhost") {
            place.host = "127.0.0.1";
        }
        while (place.port == 0) {
            std::uint16_t port = network_.next_port++;
            if (port >= kFirstEphemeral && !network_.listeners.contains({place.host, port})) {
                place.port = port;
            }
        }
        if (network_.listeners.contains({place.host, place.port})) {
            return fail(Errc::Busy, "cannot listen on {}: in use", to_string(place));
        }
        return std::make_unique<SimListener>(network_, place);
    }

  private:
    SimNetwork::Impl& network_;
    std::string address_;
};

SimNetwork::SimNetwork(Simulator& simulator, SimNetworkOptions options)
    : impl_(std::make_unique<Impl>(simulator, options)) {}

SimNetwork::~SimNetwork() {
    PF_ASSERT(impl_->connections.empty() && impl_->listeners.empty(),
              "streams and listeners die before their network");
}

Network& SimNetwork::host(const std::string& address) {
    auto& host = impl_->hosts[address];
    if (!host) {
        host = std::make_unique<SimHost>(*impl_, address);
    }
    return *host;
}

void SimNetwork::cut(const std::string& a, const std::string& b) {
    impl_->cuts.insert(std::minmax(a, b));
}
void SimNetwork::heal(const std::string& a, const std::string& b) {
    impl_->cuts.erase(std::minmax(a, b));
}
void SimNetwork::heal_all() { impl_->cuts.clear(); }

bool SimNetwork::is_cut(const std::string& a, const std::string& b) const {
    return impl_->is_cut(a, b);
}

void SimNetwork::kill(const std::string& address) {
    std::vector<SimListener*> dead;
    for (auto& [at, listener] : impl_->listeners) {
        if (at.first == address) {
            dead.push_back(listener);
        }
    }
    for (SimListener* listener : dead) {
        listener->close();
    }
    for (Connection* connection : impl_->connections) {
        for (int side = 0; side < 2; ++side) {
            if (connection->address[side].host != address) {
                continue;
            }
            connection->reset[side] = true;
            if (SimStream* stream = connection->end[side]) {
                stream->may_read();
                stream->may_write();
            }
            Pipe& pipe = connection->pipe[1 - side];
            while (!pipe.chunks.empty()) {
                pipe.in_flight -= pipe.chunks.back().data.size();
                pipe.chunks.pop_back();
            }
            impl_->simulator.disarm_timer(pipe);
            Pipe::Chunk reset;
            reset.reset = true;
            pipe.send(std::move(reset));
        }
    }
}

} // namespace pf::rt::sim
