// The conversation with the MDM: registration, map pushes and their confirmation, the lease.
#include "control.pb.h"

#include "backend/proto/control_message.hpp"
#include "backend/sdc/impl.hpp"
#include "base/log.hpp"
#include "base/options.hpp"

#include <algorithm>

namespace pf::sdc {

namespace wire = proto::control;

namespace {

constexpr std::chrono::milliseconds kRedialPause{200};

wire::Envelope registration(const ClientOptions& options) {
    wire::Envelope envelope;
    auto& m = *envelope.mutable_client_register();
    m.set_protocol_version(proto::kControlProtocolVersion);
    m.set_system_id(options.system.value);
    m.set_software_version(std::string(version()));
    if (const auto* sdc = std::get_if<SdcIdentity>(&options.identity)) {
        m.set_kind(wire::CLIENT_SDC);
        m.set_guid(sdc->guid);
        m.set_name(sdc->name);
        m.set_ip(sdc->ip);
        m.set_os_type(sdc->os_type);
    } else {
        const auto& sdt = std::get<SdtIdentity>(options.identity);
        m.set_kind(wire::CLIENT_SDT);
        m.set_sdt_id(sdt.id.value);
        m.set_name(sdt.name);
        for (const auto& ip : sdt.ips) {
            m.add_ips(ip);
        }
        m.set_nvme_port(sdt.nvme_port);
        m.set_discovery_port(sdt.discovery_port);
        m.set_tls_port(sdt.tls_port);
    }
    return envelope;
}

} // namespace

rt::Task<void> Client::Impl::mdm_loop() {
    std::size_t next = 0;
    while (!stopping_) {
        const rt::Endpoint to = options_.mdms[next++ % options_.mdms.size()];
        auto dialling = proto::ControlLink::connect(executor_, network_, to,
                                                    executor_.now() + options_.dial_timeout);
        auto link = co_await std::move(dialling);
        if (link && !stopping_) {
            link_ = link->get();
            auto ended = co_await mdm_conversation(**link);
            link_ = nullptr;
            if (registered_ && !stopping_) {
                log("sdc").warn("MDM connection ended mdm={}: {}", rt::to_string(to),
                                ended.error().what);
            }
            registered_ = false;
            if (!ended) {
                last_mdm_error_ = ended.error();
            }
        } else if (!link) {
            last_mdm_error_ = link.error();
        }
        if (link) {
            co_await (*link)->stop();
        }
        changed_.wake_all();
        if (!stopping_) {
            (void)co_await rt::sleep_until(executor_, executor_.now() + kRedialPause,
                                           stop_.token());
        }
    }
}

// Ends with the reason; never well.
rt::Task<Result<void>> Client::Impl::mdm_conversation(proto::ControlLink& link) {
    wire::Envelope envelope = registration(options_);
    envelope.set_request_id(link.next_request_id());
    PF_CO_CHECK(link.send(envelope));
    PF_CO_CHECK(co_await link.receive(envelope, executor_.now() + options_.mdm_silence));
    if (!envelope.has_client_register_reply()) {
        co_return fail(Errc::Protocol, "the MDM does not answer the registration");
    }
    const auto& reply = envelope.client_register_reply();
    if (!reply.code().empty()) {
        co_return fail(wire::errc_from_name(reply.code()), "{}", reply.message());
    }
    system_ = map::SystemId{reply.system_id()};
    client_id_ = reply.client_id();
    heartbeat_ = std::chrono::milliseconds(std::max(50U, reply.heartbeat_ms()));
    registered_ = true;
    confirm_wanted_ = false;
    heartbeats_.clear();
    proto::HelloPayload hello;
    hello.system_id = system_.value;
    hello.sender_id = client_id_;
    hello.instance = instance_;
    hello.session = session_;
    hello.role = std::holds_alternative<SdcIdentity>(options_.identity) ? proto::PeerRole::Sdc
                                                                        : proto::PeerRole::Sdt;
    links_.set_hello(hello);
    if (controllers_) {
        send_report(link);
    }
    rt::Gate tasks(executor_);
    rt::CancelSource over(stop_.token());
    tasks.spawn(heartbeat_loop(link, over.token()));
    tasks.spawn(confirm_loop(link, over.token()));
    Result<void> outcome;
    while (outcome) {
        outcome = co_await link.receive(envelope, executor_.now() + options_.mdm_silence);
        if (outcome) {
            outcome = handle(link, envelope);
        }
    }
    over.cancel();
    drained_.wake_all();
    for (auto& [id, asked] : asked_) {
        asked->answer = fail(Errc::OutcomeUnknown, "the MDM went away");
    }
    asked_changed_.wake_all();
    co_await tasks.close();
    co_return outcome;
}

Result<void> Client::Impl::handle(proto::ControlLink& link, const wire::Envelope& envelope) {
    (void)link;
    switch (envelope.body_case()) {
    case wire::Envelope::kMapUpdate:
        apply(envelope.map_update());
        return {};
    case wire::Envelope::kHeartbeatReply: {
        const auto& reply = envelope.heartbeat_reply();
        while (!heartbeats_.empty() && heartbeats_.front().first < reply.seq()) {
            heartbeats_.pop_front();
        }
        if (heartbeats_.empty() || heartbeats_.front().first != reply.seq()) {
            return {};
        }
        // From the moment of sending: the MDM counts from a later one.
        const MonoTime until =
            heartbeats_.front().second + std::chrono::milliseconds(reply.lease_ms());
        heartbeats_.pop_front();
        if (reply.lease_ms() != 0 && until > lease_until_) {
            const bool had = mono_now() < lease_until_;
            lease_until_ = until;
            if (!had) {
                changed_.wake_all();
            }
        }
        return {};
    }
    case wire::Envelope::kSdtReserveReply: {
        const auto& reply = envelope.sdt_reserve_reply();
        if (const auto at = asked_.find(envelope.request_id()); at != asked_.end()) {
            if (reply.code().empty()) {
                at->second->answer =
                    nvme::Status::from_field(static_cast<std::uint16_t>(reply.status()));
            } else {
                at->second->answer =
                    fail(wire::errc_from_name(reply.code()), "{}", reply.message());
            }
            asked_changed_.wake_all();
        }
        return {};
    }
    case wire::Envelope::kAck:
        return {};
    default:
        return fail(Errc::Protocol, "unexpected message {} from the MDM",
                    static_cast<int>(envelope.body_case()));
    }
}

void Client::Impl::apply(const wire::MapUpdate& update) {
    for (const map::VolumeId gone : map_.apply(update)) {
        if (in_flight_.contains(gone.value)) {
            draining_.insert(gone.value);
        }
    }
    if (update.combs_size() > 0) {
        // Requests that hang on a server which lost all it had need not wait for their timeout.
        links_.keep_only(map_.primaries());
    }
    have_map_ = true;
    view_ = map_.make_view(system_, client_id_);
    confirm_wanted_ = true;
    changed_.wake_all();
    drained_.wake_all();
    if (on_change_) {
        on_change_(view_);
    }
}

bool Client::Impl::drained() const { return draining_.empty(); }

// Confirms maps once nothing runs under what they took away, and passes on refresh wishes.
rt::Task<void> Client::Impl::confirm_loop(proto::ControlLink& link, rt::CancelToken over) {
    while (!over.cancelled()) {
        wire::Envelope envelope;
        if (confirm_wanted_ && drained()) {
            confirm_wanted_ = false;
            envelope.mutable_map_applied()->set_epoch(map_.epoch().value);
            (void)link.send(envelope);
        }
        if (refresh_wanted_) {
            refresh_wanted_ = false;
            envelope.set_request_id(link.next_request_id());
            envelope.mutable_map_refresh();
            (void)link.send(envelope);
        }
        (void)co_await drained_.wait(executor_.now() + heartbeat_, over);
    }
}

rt::Task<void> Client::Impl::heartbeat_loop(proto::ControlLink& link, rt::CancelToken over) {
    while (!over.cancelled()) {
        wire::Envelope envelope;
        envelope.mutable_client_heartbeat()->set_seq(++heartbeat_seq_);
        heartbeats_.emplace_back(heartbeat_seq_, mono_now());
        if (heartbeats_.size() > 64) {
            heartbeats_.pop_front();
        }
        (void)link.send(envelope);
        (void)co_await rt::sleep_until(executor_, executor_.now() + heartbeat_, over);
    }
}

std::uint64_t Client::Impl::send_reserve(proto::ControlLink& link, map::VolumeId volume,
                                         const std::optional<nvme::ReservationCommand>& command) {
    wire::Envelope envelope;
    envelope.set_request_id(link.next_request_id());
    auto& m = *envelope.mutable_sdt_reserve();
    m.set_volume(volume.value);
    m.set_fence_only(!command);
    if (command) {
        m.set_op(static_cast<std::uint32_t>(command->op));
        m.set_action(command->action);
        m.set_ignore_key(command->ignore_key);
        m.set_type(command->type);
        m.set_persist(command->persist);
        m.set_current_key(command->current_key);
        m.set_other_key(command->other_key);
        m.set_host(std::string(command->host.begin(), command->host.end()));
    }
    (void)link.send(envelope);
    return envelope.request_id();
}

void Client::Impl::send_report(proto::ControlLink& link) {
    wire::Envelope envelope;
    auto& report = *envelope.mutable_sdt_report();
    for (const auto& controller : *controllers_) {
        auto& m = *report.add_controllers();
        m.set_host_nqn(controller.host_nqn);
        m.set_controller_id(controller.controller_id);
        m.set_host_ip(controller.host_ip);
        m.set_port_id(controller.port_id);
        m.set_port_ip(controller.port_ip);
        m.set_discovery(controller.discovery);
        m.set_persistent(controller.persistent);
    }
    (void)link.send(envelope);
}

} // namespace pf::sdc
