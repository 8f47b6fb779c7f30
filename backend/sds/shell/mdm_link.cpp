// The conversation with the MDM: registration, configuration, lease, freezes, reports.
#include "control.pb.h"

#include "backend/map/records.hpp"
#include "backend/proto/control_message.hpp"
#include "backend/sds/shell/server.hpp"
#include "base/log.hpp"
#include "base/options.hpp"

#include <algorithm>

namespace pf::sds {

namespace wire = proto::control;

namespace {

constexpr std::chrono::milliseconds kRedialPause{200};
constexpr std::chrono::milliseconds kAskTimeout{5'000};
constexpr std::chrono::milliseconds kFreezeTimeout{8'000};

ReplicatorConfig config_of(const wire::SdsConfig& m) {
    ReplicatorConfig config;
    config.full = m.full();
    for (const auto& item : m.combs()) {
        config.combs.push_back({map::StoragePoolId{item.pool()}, map::comb_of_record(item.comb())});
    }
    for (const auto id : m.removed_combs()) {
        config.removed_combs.push_back(map::CombId{id});
    }
    for (const auto& item : m.nodes()) {
        config.nodes.push_back(map::node_of_record(item));
    }
    for (const auto id : m.removed_nodes()) {
        config.removed_nodes.push_back(map::NodeId{id});
    }
    return config;
}

DeviceSpec device_of(const wire::DeviceConfig& m) {
    DeviceSpec spec;
    spec.device = map::DeviceId{m.device()};
    spec.path = m.path();
    spec.capacity_limit_bytes = m.capacity_limit_kb() * 1024;
    spec.may_format = m.may_format();
    return spec;
}

} // namespace

struct Server::PendingAck {
    explicit PendingAck(rt::Executor& executor) : done(executor) {}
    std::optional<Result<void>> outcome;
    rt::WaitQueue done;
};

rt::Task<void> Server::mdm_loop() {
    std::size_t next = 0;
    std::string last_words;
    while (!stopping_) {
        const rt::Endpoint to = options_.mdms[next++ % options_.mdms.size()];
        auto dialling = proto::ControlLink::connect(reactor_, reactor_.network(), to,
                                                    reactor_.now() + options_.dial_timeout);
        auto link = co_await std::move(dialling);
        Error ended;
        if (link) {
            const std::shared_ptr<proto::ControlLink> shared(std::move(*link));
            link_ = shared;
            auto talked = co_await conversation(*shared);
            link_.reset();
            for (auto& [id, ack] : acks_) {
                ack->outcome = fail(Errc::Unreachable, "the MDM connection ended");
                ack->done.wake_all();
            }
            acks_.clear();
            co_await shared->stop();
            ended = talked.error();
        } else {
            ended = link.error();
        }
        if (!stopping_ && ended.what != last_words) {
            log("sds").warn("no MDM mdm={}: {}", rt::to_string(to), ended.what);
            last_words = ended.what;
        }
        if (!stopping_) {
            (void)co_await rt::sleep_until(reactor_, reactor_.now() + kRedialPause, stop_.token());
        }
    }
}

rt::Task<Result<void>> Server::register_here(proto::ControlLink& link) {
    wire::Envelope envelope;
    envelope.set_request_id(link.next_request_id());
    auto& m = *envelope.mutable_sds_register();
    m.set_protocol_version(proto::kControlProtocolVersion);
    m.set_sds_id(state_.sds);
    m.set_system_id(state_.system);
    m.set_incarnation(instance_);
    m.set_clean(clean_start_);
    for (const rt::Endpoint& at : data_.addresses()) {
        m.add_ips(at.host);
        m.set_port(at.port);
    }
    m.set_software_version(std::string(version()));
    PF_CO_CHECK(link.send(envelope));
    PF_CO_CHECK(co_await link.receive(envelope, reactor_.now() + options_.mdm_silence));
    if (!envelope.has_sds_register_reply()) {
        co_return fail(Errc::Protocol, "the MDM does not answer the registration");
    }
    const auto& reply = envelope.sds_register_reply();
    if (!reply.code().empty()) {
        co_return fail(wire::errc_from_name(reply.code()), "{}", reply.message());
    }
    heartbeat_ = std::chrono::milliseconds(std::max(50U, reply.heartbeat_ms()));
    if (!core_) {
        // From the first configuration on we may write: until stop() this is an unclean end.
        state_.system = reply.system_id();
        state_.sds = reply.sds_id();
        state_.clean = false;
        PF_CO_CHECK(state_.save(options_.state_dir));
        create_core();
        log("sds").info("registered sds={} name={} system={}", map::hex16(state_.sds), reply.name(),
                        map::hex16(state_.system));
    }
    co_return Result<void>{};
}

// Ends with the reason; never well.
rt::Task<Result<void>> Server::conversation(proto::ControlLink& link) {
    PF_CO_CHECK(co_await register_here(link));
    heartbeats_.clear();
    rt::Gate tasks(reactor_);
    rt::CancelSource over(stop_.token());
    tasks.spawn(heartbeat_loop(link, over.token()));
    Result<void> outcome;
    wire::Envelope envelope;
    while (outcome) {
        outcome = co_await link.receive(envelope, reactor_.now() + options_.mdm_silence);
        if (outcome) {
            outcome = co_await handle(link, envelope);
        }
    }
    over.cancel();
    co_await tasks.close();
    co_return outcome;
}

rt::Task<Result<void>> Server::handle(proto::ControlLink& link, const wire::Envelope& envelope) {
    switch (envelope.body_case()) {
    case wire::Envelope::kSdsConfig:
        co_await apply_config(link, envelope.sds_config());
        co_return Result<void>{};
    case wire::Envelope::kFreezeNodes: {
        std::vector<map::NodeId> nodes;
        for (const auto id : envelope.freeze_nodes().nodes()) {
            nodes.push_back(map::NodeId{id});
        }
        gate_.spawn(freeze_and_ack(link_, envelope.request_id(), std::move(nodes)));
        co_return Result<void>{};
    }
    case wire::Envelope::kHeartbeatReply: {
        const auto& reply = envelope.heartbeat_reply();
        while (!heartbeats_.empty() && heartbeats_.front().first < reply.seq()) {
            heartbeats_.pop_front();
        }
        if (!heartbeats_.empty() && heartbeats_.front().first == reply.seq()) {
            const MonoTime until =
                heartbeats_.front().second + std::chrono::milliseconds(reply.lease_ms());
            heartbeats_.pop_front();
            if (reply.lease_ms() != 0 && !stopping_) {
                lease_until_ = std::max(lease_until_, until);
            }
        }
        co_return Result<void>{};
    }
    case wire::Envelope::kAck: {
        const auto waiting = acks_.find(envelope.request_id());
        if (waiting != acks_.end()) {
            waiting->second->outcome = wire::from_ack(envelope.ack());
            waiting->second->done.wake_all();
            acks_.erase(waiting);
        }
        co_return Result<void>{};
    }
    default:
        co_return fail(Errc::Protocol, "unexpected message {} from the MDM",
                       static_cast<int>(envelope.body_case()));
    }
}

rt::Task<void> Server::apply_config(proto::ControlLink& link, const wire::SdsConfig& config) {
    if (config.full()) {
        peers_.clear();
    }
    for (const auto& m : config.peers()) {
        std::vector<rt::Endpoint> addresses;
        for (const auto& ip : m.ips()) {
            if (ip.role() != wire::SDC_ONLY) {
                addresses.push_back(rt::Endpoint{ip.ip(), static_cast<std::uint16_t>(m.port())});
            }
        }
        peers_[m.sds()] = std::move(addresses);
    }
    for (const auto id : config.removed_peers()) {
        peers_.erase(id);
    }
    // With the full configuration the combs come along: their devices are opened before. A device
    // that is added later carries no comb before it has been reported open.
    std::vector<map::DeviceId> unwanted;
    if (config.full()) {
        unwanted = devices_.configured();
    }
    const map::SystemId system{state_.system};
    for (const auto& m : config.devices()) {
        const DeviceSpec spec = device_of(m);
        std::erase(unwanted, spec.device);
        if (config.full()) {
            co_await devices_.open(system, spec);
        } else {
            gate_.spawn(open_and_report(spec));
        }
    }
    core_->apply(config_of(config));
    for (const auto id : config.removed_devices()) {
        unwanted.push_back(map::DeviceId{id});
    }
    for (const map::DeviceId id : unwanted) {
        co_await devices_.close(id);
    }
    if (core_->fenced_writes()) {
        gate_.spawn(confirm_fenced(link_, config.epoch()));
    } else {
        confirm(link, config.epoch());
    }
    if (config.full()) {
        log("sds").info("configured epoch={} combs={} nodes={} devices={}", config.epoch(),
                        config.combs_size(), config.nodes_size(), config.devices_size());
        send_heartbeat(link); // the lease begins with this one
    }
}

void Server::confirm(proto::ControlLink& link, std::uint64_t epoch) {
    wire::Envelope applied;
    applied.mutable_config_applied()->set_epoch(epoch);
    (void)link.send(applied);
}

// Without a deadline of its own: a server that cannot confirm loses its lease, and its combs with
// it.
rt::Task<void> Server::confirm_fenced(std::shared_ptr<proto::ControlLink> link,
                                      std::uint64_t epoch) {
    auto draining = core_->drain_fenced();
    co_await std::move(draining);
    if (link && link == link_) {
        confirm(*link, epoch);
    }
}

rt::Task<void> Server::open_and_report(DeviceSpec spec) {
    const map::SystemId system{state_.system};
    co_await devices_.open(system, std::move(spec));
    if (link_) {
        send_heartbeat(*link_);
    }
}

rt::Task<void> Server::freeze_and_ack(std::shared_ptr<proto::ControlLink> link,
                                      std::uint64_t request_id, std::vector<map::NodeId> nodes) {
    auto freezing = core_->freeze(std::move(nodes), reactor_.now() + kFreezeTimeout);
    auto frozen = co_await std::move(freezing);
    wire::Envelope envelope;
    envelope.set_request_id(request_id);
    wire::set_ack(*envelope.mutable_ack(), frozen);
    if (link) {
        (void)link->send(envelope);
    }
}

void Server::send_heartbeat(proto::ControlLink& link) {
    wire::Envelope envelope;
    auto& m = *envelope.mutable_sds_heartbeat();
    m.set_seq(++heartbeat_seq_);
    for (const DeviceReport& report : devices_.reports()) {
        auto& device = *m.add_devices();
        device.set_device(report.device.value);
        device.set_open(report.open);
        device.set_capacity_kb(report.capacity_bytes / 1024);
        device.set_used_kb(report.used_bytes / 1024);
        device.set_error(report.error);
    }
    if (core_) {
        for (const auto& progress : core_->rebuilds()) {
            auto& item = *m.add_rebuilds();
            item.set_comb(progress.comb.value);
            item.set_bytes_done(progress.units_done * proto::kUnitBytes);
            item.set_bytes_total(progress.units_total * proto::kUnitBytes);
        }
    }
    heartbeats_.emplace_back(heartbeat_seq_, mono_now());
    if (heartbeats_.size() > 64) {
        heartbeats_.pop_front();
    }
    (void)link.send(envelope);
}

rt::Task<void> Server::heartbeat_loop(proto::ControlLink& link, rt::CancelToken over) {
    while (!over.cancelled()) {
        send_heartbeat(link);
        (void)co_await rt::sleep_until(reactor_, reactor_.now() + heartbeat_, over);
    }
}

rt::Task<Result<void>> Server::ask(wire::Envelope& envelope) {
    const std::shared_ptr<proto::ControlLink> link = link_;
    if (!link) {
        co_return fail(Errc::Unreachable, "no MDM");
    }
    PendingAck pending(reactor_);
    const std::uint64_t id = link->next_request_id();
    envelope.set_request_id(id);
    PF_CO_CHECK(link->send(envelope));
    acks_[id] = &pending;
    const MonoTime deadline = reactor_.now() + kAskTimeout;
    while (!pending.outcome) {
        auto woken = co_await pending.done.wait(deadline, stop_.token());
        if (!woken && !pending.outcome) {
            acks_.erase(id);
            co_return fail(std::move(woken).error());
        }
    }
    co_return *pending.outcome;
}

rt::Task<Result<void>> Server::mark_stale(map::CombId comb, map::Generation generation,
                                          map::SdsId stale, std::string reason) {
    wire::Envelope envelope;
    auto& m = *envelope.mutable_mark_stale();
    m.set_comb(comb.value);
    m.set_generation(generation.value);
    m.set_stale(stale.value);
    m.set_reason(std::move(reason));
    co_return co_await ask(envelope);
}

rt::Task<Result<void>> Server::rebuild_done(map::CombId comb, map::Generation generation) {
    wire::Envelope envelope;
    auto& m = *envelope.mutable_rebuild_done();
    m.set_comb(comb.value);
    m.set_generation(generation.value);
    co_return co_await ask(envelope);
}

rt::Task<void> Server::say_goodbye() {
    wire::Envelope envelope;
    envelope.mutable_sds_leave();
    (void)co_await ask(envelope);
}

} // namespace pf::sds
