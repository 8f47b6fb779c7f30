#include "backend/mdm/shell/server.hpp"

#include "backend/mdm/core/core.hpp"
#include "backend/proto/control_message.hpp"
#include "backend/rt/sync.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"

#include <deque>
#include <map>

namespace pf::mdm {
namespace {

constexpr std::size_t kReadBytes = 64U << 10;
constexpr std::string_view kPrimaryKey = "/v1/primary";

Logger& logger() { return log("mdm"); }

void write_log(const LogLine& line) {
    switch (line.level) {
    case LogLevel::Error:
        logger().error("{}", line.text);
        break;
    case LogLevel::Warn:
        logger().warn("{}", line.text);
        break;
    case LogLevel::Info:
        logger().info("{}", line.text);
        break;
    default:
        logger().debug("{}", line.text);
        break;
    }
}

void append(Effects& to, Effects from) {
    auto move_all = [](auto& into, auto& out) {
        into.insert(into.end(), std::make_move_iterator(out.begin()),
                    std::make_move_iterator(out.end()));
    };
    move_all(to.txn.changes, from.txn.changes);
    move_all(to.send, from.send);
    move_all(to.close, from.close);
    move_all(to.log, from.log);
}

std::uint64_t draw_id() {
    std::uint64_t id = 0;
    while (id == 0)
        id = random_u64();
    return id;
}

// The stored system, or a fresh one made durable.
Result<State> load_or_create(meta::MetaStore& store, const SystemChoice& choice,
                             const std::shared_ptr<const Sealer>& sealer, Now now) {
    auto loaded = State::load(store, sealer);
    if (loaded) {
        if (choice.id != 0 && loaded->system.id() != choice.id)
            return fail(Errc::Conflict,
                        "the data directory belongs to system {}, not to {}: use another one",
                        map::hex16(loaded->system.id()), map::hex16(choice.id));
        if (const Changes old = std::exchange(loaded->unsealed, {}); old.any()) {
            meta::Txn txn; // of a version that stored secrets in clear
            loaded->write(old, txn);
            PF_CHECK(store.commit(txn));
        }
        return loaded;
    }
    if (loaded.error().code != Errc::NotReady)
        return loaded;
    NewSystem fresh;
    fresh.id = map::SystemId{choice.id != 0 ? choice.id : draw_id()};
    fresh.name = choice.name;
    fresh.install_id = draw_id();
    State state = Core::create(fresh, now);
    state.sealer = sealer;
    Changes changes;
    changes.system = true;
    meta::Txn txn;
    state.write(changes, txn);
    PF_TRY(auto committed, store.commit(txn));
    (void)committed;
    logger().info("system created id={} name={}", map::hex16(fresh.id), fresh.name);
    return state;
}

} // namespace

struct Server::Impl {
    struct Connection {
        Connection(rt::Executor& executor, std::unique_ptr<rt::Stream> s)
            : stream(std::move(s)), queued(executor) {}
        std::unique_ptr<rt::Stream> stream;
        std::deque<Bytes> out;
        std::size_t out_bytes = 0;
        rt::Event queued;
        bool closing = false; // send what is queued, then close
    };

    Impl(rt::Executor& e, rt::Network& n, std::unique_ptr<meta::MetaStore> s,
         const ServerOptions& o)
        : executor(e), network(n), store(std::move(s)), options(o), gate(e) {}

    rt::Executor& executor;
    rt::Network& network;
    std::unique_ptr<meta::MetaStore> store;
    ServerOptions options;
    std::unique_ptr<Core> core;
    meta::Revision primary_revision = 0;
    std::unique_ptr<rt::Listener> listener;
    std::map<SessionId, std::shared_ptr<Connection>> connections;
    SessionId last_session = 0;
    rt::CancelSource cancel;
    rt::Gate gate;
    bool failed = false;
    std::function<void(Error)> failure_handler;

    Now now() const {
        return {executor.now(),
                static_cast<std::int64_t>(
                    std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch())
                        .count())};
    }

    // Fences a second manager over the same store: each commit is guarded by this key's revision.
    Result<void> take_over() {
        meta::Txn txn;
        txn.put(std::string(kPrimaryKey), uuid4());
        PF_TRY(auto committed, store->commit(txn));
        primary_revision = committed.revision;
        return {};
    }

    void fail_with(Error error) {
        if (failed)
            return;
        failed = true;
        logger().error("cannot go on: {}", error.what);
        for (auto& [id, connection] : connections)
            connection->stream->close();
        if (listener)
            listener->close();
        if (failure_handler)
            failure_handler(std::move(error));
    }

    void perform(Effects effects) {
        if (failed)
            return;
        if (!effects.txn.empty()) {
            effects.txn.if_revision(std::string(kPrimaryKey), primary_revision);
            auto committed = store->commit(effects.txn);
            if (!committed)
                return fail_with(std::move(committed).error());
            if (!committed->applied)
                return fail_with({Errc::Fenced, "another MDM has taken over the metadata store"});
        }
        for (auto& message : effects.send) {
            auto found = connections.find(message.to);
            if (found == connections.end())
                continue;
            auto bytes = wire::encode(message.envelope);
            if (!bytes) {
                logger().error("session={} cannot be answered: {}", message.to, bytes.error().what);
                found->second->stream->close();
                continue;
            }
            queue(message.to, *found->second, std::move(*bytes));
        }
        for (auto session : effects.close)
            if (auto found = connections.find(session); found != connections.end()) {
                found->second->closing = true;
                found->second->queued.set();
            }
        for (const auto& line : effects.log)
            write_log(line);
    }

    void queue(SessionId session, Connection& connection, Bytes bytes) {
        if (connection.out_bytes + bytes.size() > options.max_queued_bytes) {
            logger().warn("session={} takes nothing, {} bytes are waiting: closed", session,
                          connection.out_bytes);
            connection.stream->close();
            return;
        }
        connection.out_bytes += bytes.size();
        connection.out.push_back(std::move(bytes));
        connection.queued.set();
    }

    rt::Task<void> accept_loop() {
        while (!cancel.cancelled()) {
            auto accepting = listener->accept(rt::kNever);
            auto accepted = co_await std::move(accepting);
            if (!accepted) {
                if (accepted.error().code == Errc::Cancelled)
                    co_return;
                logger().warn("accept failed: {}", accepted.error().what);
                auto pause = rt::sleep_until(executor, executor.now() + 100ms, cancel.token());
                auto slept = co_await std::move(pause);
                (void)slept;
                continue;
            }
            if (connections.size() >= options.max_connections) {
                logger().warn("connection refused: {} are open", connections.size());
                (*accepted)->close();
                continue;
            }
            const SessionId session = ++last_session;
            auto connection = std::make_shared<Connection>(executor, std::move(*accepted));
            connections.emplace(session, connection);
            gate.spawn(serve(session, connection));
        }
    }

    rt::Task<void> serve(SessionId session, std::shared_ptr<Connection> connection) {
        gate.spawn(write_loop(connection));
        proto::FrameDecoder decoder;
        Bytes buffer(kReadBytes);
        auto deadline = executor.now() + options.register_timeout;
        for (bool going = true; going;) {
            auto got = co_await connection->stream->read_some(buffer, deadline);
            if (!got || *got == 0)
                break;
            deadline = rt::kNever; // ends with the connection (close, reset)
            decoder.feed(ByteSpan(buffer).first(*got));
            going = take_frames(session, decoder);
        }
        connection->closing = true;
        connection->queued.set();
        connections.erase(session);
        perform(core->session_closed(session, now()));
    }

    // Every whole frame that is there; their changes are committed together.
    bool take_frames(SessionId session, proto::FrameDecoder& decoder) {
        Effects effects;
        bool going = true;
        while (going) {
            auto payload = decoder.next();
            if (payload && !*payload)
                break;
            wire::Envelope envelope;
            auto parsed =
                payload ? wire::decode(**payload, envelope) : Result<void>(fail(payload.error()));
            if (!parsed) {
                logger().warn("session={} closed: {}", session, parsed.error().what);
                going = false;
                break;
            }
            append(effects, core->message(session, envelope, now()));
        }
        perform(std::move(effects));
        return going && !failed;
    }

    rt::Task<void> write_loop(std::shared_ptr<Connection> connection) {
        while (!connection->stream->closed()) {
            if (connection->out.empty()) {
                if (connection->closing)
                    break;
                connection->queued.clear();
                auto waiting = connection->queued.wait(rt::kNever, cancel.token());
                auto woken = co_await std::move(waiting);
                if (!woken)
                    break;
                continue;
            }
            const Bytes bytes = std::move(connection->out.front());
            connection->out.pop_front();
            connection->out_bytes -= bytes.size();
            auto sent = co_await connection->stream->write_all(bytes, executor.now() +
                                                                          options.stall_timeout);
            if (!sent)
                break;
        }
        connection->stream->close();
    }

    rt::Task<void> tick_loop() {
        while (!cancel.cancelled() && !failed) {
            auto pause = rt::sleep_until(executor, executor.now() + options.tick, cancel.token());
            auto slept = co_await std::move(pause);
            if (!slept)
                co_return;
            perform(core->tick(now()));
        }
    }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::create(rt::Executor& executor, rt::Network& network,
                                               std::unique_ptr<meta::MetaStore> store,
                                               const CoreConfig& config, const SystemChoice& system,
                                               const ServerOptions& options) {
    auto impl = std::make_unique<Impl>(executor, network, std::move(store), options);
    PF_TRY(State state, load_or_create(*impl->store, system, options.sealer, impl->now()));
    PF_CHECK(impl->take_over());
    impl->core = std::make_unique<Core>(config, std::move(state), impl->now());
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Result<void> Server::start() {
    PF_TRY(impl_->listener, impl_->network.listen(impl_->options.listen));
    impl_->gate.spawn(impl_->accept_loop());
    impl_->gate.spawn(impl_->tick_loop());
    return {};
}

rt::Endpoint Server::local() const { return impl_->listener->local(); }
std::string Server::system_id() const { return map::hex16(impl_->core->state().system.id()); }
void Server::on_failure(std::function<void(Error)> handler) {
    impl_->failure_handler = std::move(handler);
}

rt::Task<void> Server::stop() {
    impl_->cancel.cancel();
    if (impl_->listener)
        impl_->listener->close();
    for (auto& [id, connection] : impl_->connections)
        connection->stream->close();
    auto closing = impl_->gate.close();
    co_await std::move(closing);
}

} // namespace pf::mdm
