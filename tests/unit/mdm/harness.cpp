#include "tests/unit/mdm/harness.hpp"

#include "backend/proto/control_message.hpp"

namespace pf::mdm::test {
namespace {

const map::SystemId kSystem{0x1250de83018c2d0fULL};

} // namespace

CoreConfig Harness::small_config() {
    CoreConfig config;
    config.comb_count = 16;
    return config;
}

Harness::Harness(CoreConfig config) : config_(config), store_(meta::make_mem_store()) {
    now_ = {MonoTime{} + 1000s, 1'700'000'000};
    NewSystem system;
    system.id = kSystem;
    system.name = "test";
    State state = Core::create(system, now_);
    state.sealer = sealer_;
    Changes changes;
    changes.system = true;
    meta::Txn txn;
    state.write(changes, txn);
    EXPECT_TRUE(store_->commit(txn));
    core_ = std::make_unique<Core>(config_, std::move(state), now_);
}

void Harness::restart() {
    core_.reset();
    inbox_.clear();
    for (auto& server : servers_)
        server.session = 0;
    for (auto& client : clients_)
        client.session = 0;
    auto state = State::load(*store_, sealer_);
    ASSERT_TRUE(state) << state.error().what;
    core_ = std::make_unique<Core>(config_, std::move(*state), now_);
}

void Harness::perform(Effects effects) {
    if (!effects.txn.empty()) {
        auto committed = store_->commit(effects.txn);
        ASSERT_TRUE(committed && committed->applied);
    }
    for (auto& message : effects.send)
        inbox_[message.to].push_back(std::move(message.envelope));
    for (auto session : effects.close) {
        inbox_.erase(session);
        for (auto& server : servers_)
            if (server.session == session)
                server.session = 0;
        for (auto& client : clients_)
            if (client.session == session)
                client.session = 0;
    }
}

void Harness::deliver(SessionId from, const wire::Envelope& envelope) {
    perform(core_->message(from, envelope, now_));
    react();
}

void Harness::close(SessionId session) {
    inbox_.erase(session);
    perform(core_->session_closed(session, now_));
    react();
}

void Harness::advance(Duration by, bool heartbeats) {
    for (Duration done{}; done < by; done += 50ms) {
        now_.mono += 50ms;
        if (heartbeats && (now_.mono.time_since_epoch() / 50ms) % 10 == 0) {
            for (std::size_t i = 0; i < servers_.size(); ++i)
                if (servers_[i].heartbeats && servers_[i].alive)
                    heartbeat(i);
            for (auto& client : clients_) {
                if (client.session == 0 || !client.heartbeats)
                    continue;
                wire::Envelope envelope;
                envelope.mutable_client_heartbeat()->set_seq(++last_seq_);
                sent_at_[last_seq_] = now_.mono;
                deliver(client.session, envelope);
            }
        }
        perform(core_->tick(now_));
        react();
        write_everywhere();
        check_invariants();
    }
}

std::vector<wire::Envelope> Harness::take(SessionId session) {
    return std::exchange(inbox_[session], {});
}

// ---- management ----

std::uint64_t Harness::manage_later(wire::ManagementRequest request) {
    wire::Envelope envelope;
    envelope.set_request_id(++last_request_);
    *envelope.mutable_management_request() = std::move(request);
    deliver(kManager, envelope);
    return last_request_;
}

std::optional<wire::ManagementReply> Harness::answer(std::uint64_t request_id) {
    for (auto& envelope : take(kManager))
        answers_[envelope.request_id()] = envelope.management_reply();
    auto found = answers_.find(request_id);
    if (found == answers_.end())
        return std::nullopt;
    return found->second;
}

wire::ManagementReply Harness::manage(wire::ManagementRequest request) {
    const auto id = manage_later(std::move(request));
    for (int i = 0; i < 400; ++i) {
        if (auto reply = answer(id))
            return *reply;
        advance(50ms);
    }
    ADD_FAILURE() << "the request was not answered within 20 s";
    return {};
}

wire::ManagementReply Harness::query() {
    wire::ManagementRequest request;
    request.mutable_query();
    return manage(std::move(request));
}

// ---- data servers ----

Harness::FakeSds* Harness::server_of(std::uint64_t id) {
    for (auto& server : servers_)
        if (server.id == id && id != 0)
            return &server;
    return nullptr;
}

void Harness::connect_sds(std::size_t index, bool new_process, bool clean) {
    auto& server = servers_[index];
    if (server.session != 0)
        disconnect_sds(index);
    if (new_process || server.incarnation == 0) {
        server.incarnation = ++last_incarnation_;
        server.lease_until = MonoTime{};
        server.combs.clear();
        server.given_up.clear();
    }
    server.alive = true;
    server.applied = 0;
    server.session = ++last_session_;
    wire::Envelope envelope;
    envelope.set_request_id(++last_request_);
    auto& m = *envelope.mutable_sds_register();
    m.set_protocol_version(proto::kControlProtocolVersion);
    m.set_sds_id(server.id);
    m.set_incarnation(server.incarnation);
    m.set_clean(clean);
    m.add_ips(server.ip);
    m.set_port(7072);
    deliver(server.session, envelope);
}

void Harness::disconnect_sds(std::size_t index) {
    auto& server = servers_[index];
    const auto session = std::exchange(server.session, 0);
    if (session != 0)
        close(session);
}

void Harness::heartbeat(std::size_t index) {
    auto& server = servers_[index];
    if (server.session == 0 || server.applied == 0)
        return;
    wire::Envelope envelope;
    envelope.set_request_id(++last_request_);
    auto& m = *envelope.mutable_sds_heartbeat();
    m.set_seq(++last_seq_);
    sent_at_[last_seq_] = now_.mono;
    for (const auto& [id, device] : server.devices) {
        auto& status = *m.add_devices();
        status.set_device(id);
        status.set_open(true);
        status.set_capacity_kb(device.capacity_limit_kb());
    }
    deliver(server.session, envelope);
}

wire::Envelope Harness::ack_from(std::size_t index, wire::Envelope request) {
    auto& server = servers_[index];
    server.frozen_io = true; // keep the answer for us
    request.set_request_id(++last_request_);
    const auto id = last_request_;
    deliver(server.session, request);
    server.frozen_io = false;
    auto messages = take(server.session);
    wire::Envelope found;
    for (auto& envelope : messages) {
        if (envelope.request_id() == id && envelope.has_ack())
            found = envelope;
        else
            react_sds(server, envelope);
    }
    react();
    return found;
}

bool Harness::process_one(std::size_t index) {
    auto& server = servers_[index];
    auto waiting = inbox_.find(server.session);
    if (server.session == 0 || waiting == inbox_.end() || waiting->second.empty())
        return false;
    const wire::Envelope envelope = waiting->second.front();
    waiting->second.erase(waiting->second.begin());
    react_sds(server, envelope);
    return true;
}

void Harness::react() {
    if (reacting_)
        return;
    reacting_ = true;
    for (bool again = true; again;) {
        again = false;
        for (std::size_t i = 0; i < servers_.size(); ++i)
            while (!servers_[i].frozen_io && servers_[i].alive && process_one(i))
                again = true;
        for (auto& client : clients_) {
            if (client.session == 0)
                continue;
            for (auto& envelope : take(client.session)) {
                react_client(client, envelope);
                again = true;
            }
        }
    }
    reacting_ = false;
}

void Harness::react_sds(FakeSds& server, const wire::Envelope& envelope) {
    const auto reply = [&](const wire::Envelope& answer) {
        if (server.session != 0)
            perform(core_->message(server.session, answer, now_));
    };
    switch (envelope.body_case()) {
    case wire::Envelope::kSdsRegisterReply:
        if (envelope.sds_register_reply().code().empty())
            server.id = envelope.sds_register_reply().sds_id();
        return;
    case wire::Envelope::kHeartbeatReply: {
        const auto& m = envelope.heartbeat_reply();
        if (m.lease_ms() != 0 && server.applied >= m.epoch())
            server.lease_until = std::max(
                server.lease_until, sent_at_.at(m.seq()) + std::chrono::milliseconds(m.lease_ms()));
        return;
    }
    case wire::Envelope::kSdsConfig: {
        const auto& m = envelope.sds_config();
        if (m.full()) {
            server.combs.clear();
            server.nodes.clear();
            server.devices.clear();
        }
        for (const auto& info : m.combs()) {
            const auto id = info.comb().id();
            server.combs[id] = info.comb();
            server.given_up.erase(id);
            if (!acked_.contains(id))
                acked_[id] = server.version[id] = 0;
            server.version.try_emplace(id, 0);
        }
        for (auto id : m.removed_combs())
            server.combs.erase(id);
        for (const auto& node : m.nodes())
            server.nodes[node.id()] = node;
        for (auto id : m.removed_nodes())
            server.nodes.erase(id);
        for (const auto& device : m.devices())
            server.devices[device.device()] = device;
        for (auto id : m.removed_devices())
            server.devices.erase(id);
        server.applied = std::max(server.applied, m.epoch());
        if (server.auto_ack) {
            wire::Envelope answer;
            answer.mutable_config_applied()->set_epoch(m.epoch());
            reply(answer);
            wire::Envelope status;
            for (const auto& [id, device] : server.devices) {
                auto& s = *status.mutable_device_status()->add_devices();
                s.set_device(id);
                s.set_open(true);
                s.set_capacity_kb(device.capacity_limit_kb());
            }
            if (m.devices_size() > 0)
                reply(status);
        }
        return;
    }
    case wire::Envelope::kAck:
        // Refused: nobody else can serve the comb, so it goes on.
        if (auto asked = server.asked.find(envelope.request_id()); asked != server.asked.end()) {
            if (!envelope.ack().code().empty())
                server.given_up.erase(asked->second);
            server.asked.erase(asked);
        }
        return;
    case wire::Envelope::kFreezeNodes:
        if (server.auto_ack) {
            wire::Envelope answer;
            answer.set_request_id(envelope.request_id());
            wire::set_ack(*answer.mutable_ack(), {});
            reply(answer);
        }
        return;
    default:
        return;
    }
}

bool Harness::serves(const FakeSds& server, std::uint32_t comb) const {
    auto record = server.combs.find(comb);
    return server.alive && server.lease_until > now_.mono && record != server.combs.end() &&
           record->second.primary() == server.id && !server.given_up.contains(comb) &&
           record->second.state() != wire::COMB_FAILED;
}

// The data path in miniature: a primary acknowledges a write when everybody that its configuration
// names has it; a secondary takes it only under the same generation.
void Harness::write_everywhere() {
    for (auto& server : servers_)
        for (const auto& [id, record] : server.combs) {
            if (!serves(server, id))
                continue;
            if (record.state() == wire::COMB_DEGRADED) {
                server.version[id] = ++acked_[id];
                continue;
            }
            auto* other = server_of(record.secondary());
            if (other == nullptr || !other->alive || !other->combs.contains(id) ||
                other->lease_until <= now_.mono ||
                other->combs.at(id).generation() != record.generation())
                continue; // not acknowledged: in real life it asks the MDM to mark it stale
            const bool whole = other->version[id] == acked_[id];
            server.version[id] = ++acked_[id];
            if (whole)
                other->version[id] = acked_[id];
            if (record.state() == wire::COMB_REBUILDING && server.auto_rebuild)
                rebuild(server, id);
        }
}

void Harness::rebuild(FakeSds& server, std::uint32_t comb) {
    auto* other = server_of(server.combs.at(comb).secondary());
    other->version[comb] = server.version[comb];
    wire::Envelope envelope;
    envelope.set_request_id(++last_request_);
    envelope.mutable_rebuild_done()->set_comb(comb);
    envelope.mutable_rebuild_done()->set_generation(server.combs.at(comb).generation());
    if (server.session != 0)
        perform(core_->message(server.session, envelope, now_));
}

void Harness::check_invariants() {
    for (const auto& [id, newest] : acked_) {
        int serving = 0;
        for (const auto& server : servers_) {
            if (!serves(server, id))
                continue;
            ++serving;
            EXPECT_EQ(server.version.at(id), newest)
                << "comb " << id << ": SDS " << server.ip << " serves old data";
        }
        EXPECT_LE(serving, 1) << "comb " << id << " has two valid primaries";
    }
    for (const auto& [id, comb] : core_->state().combs) {
        auto before = last_combs_.find(id);
        if (before != last_combs_.end() && !(before->second == comb)) {
            EXPECT_GT(comb.generation, before->second.generation)
                << "comb " << id.value << " changed without a new generation";
        }
        for (auto& server : servers_)
            if (comb.has_valid_copy(map::SdsId{server.id}) && server.version.contains(id.value)) {
                EXPECT_EQ(server.version.at(id.value), acked_[id.value])
                    << "comb " << id.value << ": a stale copy counts as valid";
            }
    }
    last_combs_ = core_->state().combs;
    for (const auto& [id, v] : core_->state().volumes) {
        bool sdc = false;
        bool host = false;
        for (const auto& mapping : v.mappings()) {
            sdc |= core_->state().sdcs.contains(mapping.initiator());
            host |= core_->state().hosts.contains(mapping.initiator());
        }
        EXPECT_FALSE(sdc && host) << "volume mapped by both protocols";
        EXPECT_TRUE(core_->state().nodes.contains(map::NodeId{v.leaf()}));
    }
}

// ---- clients ----

Harness::FakeClient& Harness::add_sdc(const std::string& guid) {
    auto& client = clients_.emplace_back();
    wire::ClientRegister m;
    m.set_kind(wire::CLIENT_SDC);
    m.set_guid(guid);
    m.set_ip("127.0.0.9");
    connect_client(client, m);
    return client;
}

Harness::FakeClient& Harness::add_sdt(const std::string& name) {
    auto& client = clients_.emplace_back();
    wire::ClientRegister m;
    m.set_kind(wire::CLIENT_SDT);
    m.set_name(name);
    connect_client(client, m);
    return client;
}

void Harness::connect_client(FakeClient& client, const wire::ClientRegister& m) {
    client.session = ++last_session_;
    wire::Envelope envelope;
    envelope.set_request_id(++last_request_);
    *envelope.mutable_client_register() = m;
    envelope.mutable_client_register()->set_protocol_version(proto::kControlProtocolVersion);
    deliver(client.session, envelope);
}

void Harness::react_client(FakeClient& client, const wire::Envelope& envelope) {
    switch (envelope.body_case()) {
    case wire::Envelope::kClientRegisterReply:
        client.refusal = envelope.client_register_reply().code();
        client.id = envelope.client_register_reply().client_id();
        return;
    case wire::Envelope::kSdtReserveReply:
        client.reserved[envelope.request_id()] = envelope.sdt_reserve_reply();
        return;
    case wire::Envelope::kHeartbeatReply:
        if (envelope.heartbeat_reply().lease_ms() != 0)
            client.lease_until = sent_at_.at(envelope.heartbeat_reply().seq()) +
                                 std::chrono::milliseconds(envelope.heartbeat_reply().lease_ms());
        return;
    case wire::Envelope::kMapUpdate: {
        if (!client.auto_ack)
            return;
        const auto& m = envelope.map_update();
        if (m.full()) {
            client.volumes.clear();
            client.hosts.clear();
        }
        for (const auto& v : m.volumes())
            client.volumes[v.id()] = v;
        for (auto id : m.removed_volumes())
            client.volumes.erase(id);
        for (const auto& host : m.hosts())
            client.hosts[host.id()] = host;
        for (auto id : m.removed_hosts())
            client.hosts.erase(id);
        wire::Envelope answer;
        answer.mutable_map_applied()->set_epoch(m.epoch());
        perform(core_->message(client.session, answer, now_));
        return;
    }
    default:
        return;
    }
}

// ---- a whole system ----

void Harness::build(std::size_t count, std::uint64_t gib) {
    wire::ManagementRequest r;
    r.mutable_add_protection_domain()->set_name("pd1");
    domain = manage(r).ids(0);
    r.Clear();
    r.mutable_add_storage_pool()->set_name("sp1");
    r.mutable_add_storage_pool()->set_protection_domain(domain);
    r.mutable_add_storage_pool()->set_spare_percentage(10);
    pool = manage(r).ids(0);
    for (std::size_t i = 0; i < count; ++i) {
        r.Clear();
        auto& op = *r.mutable_add_sds();
        op.set_name("sds-" + std::to_string(i + 1));
        op.set_protection_domain(domain);
        op.add_ips()->set_ip("127.0.1." + std::to_string(i + 1));
        op.set_port(7072);
        const auto sds = manage(r).ids(0);
        auto& server = servers_.emplace_back();
        server.ip = "127.0.1." + std::to_string(i + 1);
        connect_sds(i, true);
        ASSERT_EQ(server.id, sds);
        r.Clear();
        auto& device = *r.mutable_add_device();
        device.set_sds(sds);
        device.set_storage_pool(pool);
        device.set_path("/dev/fake");
        device.set_capacity_limit_kb(gib << 20);
        ASSERT_EQ(manage(r).ids_size(), 1);
    }
    advance(1s);
}

std::uint64_t Harness::create_volume(const std::string& name, std::uint64_t gib) {
    wire::ManagementRequest r;
    r.mutable_create_volume()->set_storage_pool(pool);
    r.mutable_create_volume()->set_name(name);
    r.mutable_create_volume()->set_size_kb(gib << 20);
    const auto reply = manage(r);
    EXPECT_EQ(reply.code(), "") << reply.message();
    return reply.ids_size() > 0 ? reply.ids(0) : 0;
}

} // namespace pf::mdm::test
