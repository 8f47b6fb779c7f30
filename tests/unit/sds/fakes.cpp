#include "tests/unit/sds/fakes.hpp"

namespace pf::sds::test {

namespace {

ReplicatorOptions options_for(map::SdsId self, bool unclean) {
    ReplicatorOptions options;
    options.self = self;
    options.unclean = unclean;
    options.replicate_timeout = milliseconds(200);
    options.secondary_patience = milliseconds(50);
    return options;
}

} // namespace

Server::Process::Process(World& w, Server& s, bool unclean)
    : world(w), server(s), store(w.executor, s.disk, w.delay_ms),
      core(w.executor, store, *this, *this, options_for(s.id, unclean),
           [](Replicator::Level, const std::string&) {}) {}

bool Server::Process::lease_valid() const { return !dead && world.executor.now() < lease_until; }

rt::Task<Result<PeerAnswer>> Server::Process::call(map::SdsId to, proto::RequestHeader header,
                                                   rt::IoBuffer payload, MonoTime deadline,
                                                   rt::CancelToken token) {
    TestExecutor& executor = world.executor;
    Server* target = world.find(to);
    const auto process = target == nullptr ? nullptr : target->process;
    if (dead || !process || process->dead) {
        co_return fail(Errc::Unreachable, "no connection");
    }
    const std::uint64_t epoch = target->link_epoch;
    // The answer comes through a slot that outlives whoever gives up waiting.
    struct Slot {
        explicit Slot(rt::Executor& e) : done(e) {}
        std::optional<PeerAnswer> answer;
        rt::WaitQueue done;
    };
    const auto slot = std::make_shared<Slot>(executor);
    Request request;
    request.header = header;
    request.payload = std::move(payload);
    request.from = Sender{proto::PeerRole::Sds, server.id.value};
    auto carry = [](World& w, std::shared_ptr<Server::Process> at, Request r, std::uint64_t e,
                    std::shared_ptr<Slot> s) -> rt::Task<void> {
        (void)co_await rt::sleep_until(w.executor, w.executor.now() + w.executor.some(w.delay_ms));
        if (at->dead || at->server.link_epoch != e) {
            co_return; // it was in a socket of a connection that broke
        }
        auto executing = at->core.execute(std::move(r));
        Response response = co_await std::move(executing);
        (void)co_await rt::sleep_until(w.executor, w.executor.now() + w.executor.some(w.delay_ms));
        if (at->dead || at->server.link_epoch != e) {
            co_return;
        }
        PeerAnswer answer;
        answer.header = response.header;
        answer.payload = response.payload;
        s->answer = std::move(answer);
        s->done.wake_all();
    };
    world.gate.spawn(carry(world, process, std::move(request), epoch, slot));
    if (world.drop_percent > 0 && executor.chance(world.drop_percent)) {
        ++target->link_epoch; // and everything else on that connection is gone with it
    }
    while (!slot->answer) {
        if (target->link_epoch != epoch || process->dead || dead) {
            co_return fail(Errc::Unreachable, "the connection broke");
        }
        if (executor.now() >= deadline) {
            co_return fail(Errc::Timeout, "no answer");
        }
        if (token.cancelled()) {
            co_return fail(Errc::Cancelled, "cancelled");
        }
        (void)co_await slot->done.wait(std::min(deadline, executor.now() + milliseconds(5)), token);
    }
    co_return Result<PeerAnswer>(std::move(*slot->answer));
}

rt::Task<Result<void>> Server::Process::mark_stale(map::CombId, map::Generation generation,
                                                   map::SdsId stale, std::string) {
    (void)co_await rt::sleep_until(world.executor,
                                   world.executor.now() + world.executor.some(world.delay_ms));
    if (dead || server.cut_from_mdm || world.refuse_reports) {
        (void)co_await rt::sleep_until(world.executor, world.executor.now() + milliseconds(20));
        co_return fail(Errc::Unreachable, "no MDM");
    }
    map::Comb& comb = world.comb;
    if (generation != comb.generation) {
        co_return fail(Errc::StaleGeneration, "moved on");
    }
    ++world.stale_reports;
    if (stale == comb.secondary) {
        comb.state = map::CombState::Degraded;
    } else if (stale == comb.primary && comb.state == map::CombState::Normal) {
        std::swap(comb.primary, comb.secondary);
        comb.state = map::CombState::Degraded;
    } else {
        co_return fail(Errc::Conflict, "the only copy");
    }
    ++comb.generation.value;
    world.push();
    co_return Result<void>{};
}

rt::Task<Result<void>> Server::Process::rebuild_done(map::CombId, map::Generation generation) {
    (void)co_await rt::sleep_until(world.executor,
                                   world.executor.now() + world.executor.some(world.delay_ms));
    if (dead || server.cut_from_mdm || generation != world.comb.generation) {
        co_return fail(Errc::StaleGeneration, "moved on");
    }
    if (world.refuse_reports) {
        co_return fail(Errc::Unreachable, "no MDM");
    }
    world.comb.state = map::CombState::Normal;
    ++world.comb.generation.value;
    world.push();
    co_return Result<void>{};
}

World::World(std::uint64_t seed, unsigned delay, std::size_t count)
    : executor(seed), gate(executor), delay_ms(delay) {
    map::Node node;
    node.id = kNode;
    nodes.push_back(node);
    for (std::size_t i = 0; i < count; ++i) {
        servers.emplace_back();
        servers.back().id = map::SdsId{i + 1};
    }
    comb.id = kComb;
    comb.primary = map::SdsId{1};
    comb.secondary = map::SdsId{2};
    comb.generation = map::Generation{1};
    for (std::size_t i = 0; i < count; ++i) {
        start(i);
    }
    executor.run_for(milliseconds(20));
}

World::~World() {
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (servers[i].process) {
            kill(i);
        }
    }
    auto close = [](rt::Gate& g) -> rt::Task<bool> {
        co_await g.close();
        co_return true;
    };
    (void)executor.wait(close(gate));
}

Server* World::find(map::SdsId id) {
    for (Server& server : servers) {
        if (server.id == id) {
            return &server;
        }
    }
    return nullptr;
}

void World::start(std::size_t index) {
    Server& server = servers[index];
    PF_ASSERT(!server.process, "it runs already");
    server.process = std::make_shared<Server::Process>(*this, server, server.ever_ran);
    server.ever_ran = true;
    server.process->lease_until = executor.now() + kLease;
    gate.spawn(deliver(server.process, comb, nodes, true));
}

void World::kill(std::size_t index) {
    Server& server = servers[index];
    const auto process = std::exchange(server.process, nullptr);
    process->dead = true;
    process->store.dead = true;
    server.disk.crash(executor);
    ++server.link_epoch;
    server.down_since = executor.now();
    // Its coroutines end on their own now; nothing they do can leave the process any more.
    auto bury = [](std::shared_ptr<Server::Process> p) -> rt::Task<void> {
        co_await p->core.stop();
    };
    gate.spawn(bury(process));
}

void World::break_links(std::size_t index) { ++servers[index].link_epoch; }

void World::heal(std::size_t index) {
    Server& server = servers[index];
    server.cut_from_mdm = false;
    if (server.process) {
        gate.spawn(deliver(server.process, comb, nodes, true));
    }
}

rt::Task<void> World::deliver(std::shared_ptr<Server::Process> process, map::Comb value,
                              std::vector<map::Node> list, bool full) {
    ++undelivered_[process->server.id.value];
    (void)co_await rt::sleep_until(executor, executor.now() + executor.some(delay_ms * 3));
    --undelivered_[process->server.id.value];
    if (process->dead || process->server.cut_from_mdm) {
        co_return;
    }
    ReplicatorConfig config;
    config.full = full;
    config.nodes = std::move(list);
    if (value.has_copy(process->server.id)) {
        config.combs.push_back({map::StoragePoolId{1}, value});
    }
    process->core.apply(std::move(config));
}

void World::push() {
    for (Server& server : servers) {
        if (server.process && !server.cut_from_mdm) {
            gate.spawn(deliver(server.process, comb, nodes, false));
        }
    }
}

void World::mdm_tick() {
    for (Server& server : servers) {
        // Leases are renewed only for who has heard everything.
        if (server.process && !server.cut_from_mdm && undelivered_[server.id.value] == 0) {
            server.process->lease_until = executor.now() + kLease;
        }
    }
    if (!auto_failover) {
        return;
    }
    const auto serves_nothing = [&](map::SdsId id) {
        const Server* server = find(id);
        return !server->process ? executor.now() > server->down_since + kLease
                                : executor.now() > server->process->lease_until + milliseconds(20);
    };
    const auto fine = [&](map::SdsId id) {
        const Server* server = find(id);
        return server->process && !server->cut_from_mdm;
    };
    const map::Comb before = comb;
    if (comb.state == map::CombState::Normal && serves_nothing(comb.primary) &&
        fine(comb.secondary)) {
        std::swap(comb.primary, comb.secondary);
        comb.state = map::CombState::Degraded;
    } else if (comb.state != map::CombState::Degraded && serves_nothing(comb.secondary) &&
               fine(comb.primary)) {
        comb.state = map::CombState::Degraded;
    } else if (comb.state == map::CombState::Degraded && fine(comb.primary) &&
               fine(comb.secondary) && executor.chance(5)) {
        comb.state = map::CombState::Rebuilding;
    }
    if (!(comb == before)) {
        ++comb.generation.value;
        push();
    }
}

rt::Task<Response> World::send(map::SdsId to, Request request) {
    Server* server = find(to);
    const auto process = server->process;
    Response response;
    response.header.status = proto::Status::Retry;
    response.header.detail = 99; // the connection failed; 98: after the request was sent
    if (!process || process->dead) {
        co_return response;
    }
    auto executing = process->core.execute(std::move(request));
    Response real = co_await std::move(executing);
    if (process->dead) {
        response.header.detail = 98;
        co_return response;
    }
    co_return real;
}

Request World::make(proto::Op op, std::uint64_t generation, std::uint64_t unit,
                    std::uint32_t offset_bytes, std::uint32_t length_bytes) {
    Request request;
    request.header.op = op;
    request.header.generation = generation;
    request.header.comb = kComb.value;
    request.header.node = kNode.value;
    request.header.unit = unit;
    request.header.offset_bytes = offset_bytes;
    request.header.length_bytes = length_bytes;
    return request;
}

} // namespace pf::sds::test
