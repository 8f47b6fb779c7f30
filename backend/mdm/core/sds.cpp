// Data servers: registration, leases, what they report.
#include "backend/mdm/core/core.hpp"
#include "backend/proto/control_message.hpp"

#include <algorithm>

namespace pf::mdm {

wire::SdsRecord* Core::match_sds(const wire::SdsRegister& m) {
    if (m.sds_id() != 0) {
        auto found = state_.sds.find(m.sds_id());
        return found == state_.sds.end() ? nullptr : &found->second;
    }
    for (auto& [id, record] : state_.sds) {
        if (record.port() != m.port())
            continue;
        for (const auto& ip : record.ips())
            if (std::find(m.ips().begin(), m.ips().end(), ip.ip()) != m.ips().end())
                return &record;
    }
    return nullptr;
}

// What both kinds of registration have to say, whoever asks.
std::optional<Error> Core::registration_fault(std::uint32_t version, std::uint64_t system,
                                              std::string_view who) const {
    if (version != proto::kControlProtocolVersion)
        return Error{Errc::Unsupported,
                     fmt::format("control protocol version {} is not supported, only {}", version,
                                 proto::kControlProtocolVersion)};
    if (system != 0 && system != state_.system.id())
        return Error{Errc::Conflict,
                     fmt::format("this {} belongs to system {}, not to {}", who, map::hex16(system),
                                 map::hex16(state_.system.id()))};
    return std::nullopt;
}

template<class Reply>
void Core::refuse_registration(SessionId from, wire::Envelope& envelope, Reply& reply,
                               std::string_view who, const Error& why) {
    reply.set_code(std::string(wire::errc_name(why.code)));
    reply.set_message(why.what);
    say(LogLevel::Debug,
        fmt::format("{} registration refused session={}: {}", who, from, why.what));
    send(from, std::move(envelope));
}
template void Core::refuse_registration(SessionId, wire::Envelope&, wire::SdsRegisterReply&,
                                        std::string_view, const Error&);
template void Core::refuse_registration(SessionId, wire::Envelope&, wire::ClientRegisterReply&,
                                        std::string_view, const Error&);

void Core::sds_register(SessionId from, std::uint64_t request_id, const wire::SdsRegister& m) {
    wire::Envelope envelope;
    envelope.set_request_id(request_id);
    auto& reply = *envelope.mutable_sds_register_reply();
    reply.set_system_id(state_.system.id());
    auto refuse_it = [&](Errc code, std::string text) {
        refuse_registration(from, envelope, reply, "SDS", Error{code, std::move(text)});
    };
    if (const auto fault = registration_fault(m.protocol_version(), m.system_id(), "SDS"))
        return refuse_it(fault->code, fault->what);
    auto* record = match_sds(m);
    if (record == nullptr)
        return refuse_it(
            Errc::NotFound,
            m.sds_id() != 0
                ? fmt::format("SDS {} does not exist (any more)", map::hex16(m.sds_id()))
                : fmt::format("no SDS with address {}:{} has been added",
                              m.ips_size() > 0 ? m.ips(0) : "?", m.port()));
    if (m.incarnation() == 0)
        return refuse_it(Errc::InvalidArgument, "registration without an incarnation");

    const auto id = record->id();
    auto& p = sds_[id];
    if (p.session != 0 && p.session != from) {
        sessions_.erase(p.session);
        effects_.close.push_back(p.session);
    }
    sessions_[from] = {PartyKind::Sds, id};
    const bool same_process = record->incarnation() == m.incarnation();
    if (!same_process) {
        // Another process has this SDS's address and disks: the old one serves nothing any more.
        p.lease_until = MonoTime{};
        p.resync = record->incarnation() != 0 && !m.clean();
        if (p.resync)
            p.gone_since = now_.mono;
    }
    p.session = from;
    p.incarnation = m.incarnation();
    p.joined = false;
    p.applied_epoch = 0;
    p.sent_epoch = 0;
    p.unacked_since.reset();
    p.devices.clear();
    p.rebuilds.clear();
    p.needs_full = true;
    volatile_changed_ = true;
    if (record->software_version() != m.software_version() || (!same_process && !p.resync)) {
        record->set_software_version(m.software_version());
        if (!same_process && !p.resync) {
            record->set_restarts(record->restarts() + (record->incarnation() == 0 ? 0 : 1));
            record->set_incarnation(m.incarnation());
        }
        changes_.sds.insert(id);
    }
    reply.set_sds_id(id);
    reply.set_name(record->name());
    reply.set_heartbeat_ms(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(config_.heartbeat).count()));
    send_early(from, std::move(envelope));
    say(LogLevel::Info, fmt::format("SDS registered sds={} name={} resync={}", map::hex16(id),
                                    record->name(), p.resync));
    reconcile();
    if (freeze_ && freeze_->waiting.contains(id))
        send_freeze(id);
}

void Core::sds_heartbeat(SessionId from, SdsParty& p, std::uint64_t id, const wire::SdsHeartbeat& m,
                         std::uint64_t request_id) {
    for (const auto& status : m.devices())
        device_status(id, status);
    p.rebuilds.clear();
    for (const auto& progress : m.rebuilds())
        p.rebuilds[progress.comb()] = progress;
    const bool configured = p.applied_epoch > 0 || state_.epoch == 0;
    const bool was_up = p.joined && holds_lease(p);
    wire::Envelope envelope;
    envelope.set_request_id(request_id);
    auto& reply = *envelope.mutable_heartbeat_reply();
    reply.set_seq(m.seq());
    reply.set_lease_ms(lease_ms_for(p, configured && !p.resync));
    if (reply.lease_ms() != 0 && !was_up) {
        p.joined = true;
        volatile_changed_ = true;
        say(LogLevel::Info, fmt::format("SDS joined sds={}", map::hex16(id)));
        reconcile();
    }
    send(from, std::move(envelope));
}

void Core::sds_left(std::uint64_t id, SdsParty& p) {
    p.lease_until = MonoTime{};
    p.joined = false;
    p.gone_since = now_.mono;
    volatile_changed_ = true;
    say(LogLevel::Info, fmt::format("SDS left sds={}", map::hex16(id)));
    reconcile();
}

void Core::device_status(std::uint64_t sds, const wire::DeviceStatus& m) {
    auto found = state_.devices.find(m.device());
    if (found == state_.devices.end() || found->second.sds() != sds)
        return;
    auto& record = found->second;
    auto& p = sds_.at(sds);
    auto& known = p.devices[m.device()];
    if (known.used_kb() != m.used_kb() || known.open() != m.open())
        volatile_changed_ = true;
    known = m;
    const auto state = m.open()                                 ? wire::DEVICE_NORMAL
                       : record.state() == wire::DEVICE_PENDING ? wire::DEVICE_PENDING
                                                                : wire::DEVICE_FAILED;
    const auto capacity = m.open() ? m.capacity_kb() : record.capacity_kb();
    if (record.state() != state || record.capacity_kb() != capacity ||
        record.error() != m.error()) {
        say(m.open() ? LogLevel::Info : LogLevel::Warn,
            fmt::format("device sds={} device={} open={} capacity_kb={} error='{}'",
                        map::hex16(sds), map::hex16(m.device()), m.open(), capacity, m.error()));
        record.set_state(state);
        record.set_capacity_kb(capacity);
        record.set_error(m.error());
        changes_.devices.insert(record.id());
    }
    if (!m.open() && m.error().empty())
        return; // still at it
    for (auto at = device_waits_.begin(); at != device_waits_.end();) {
        if (at->device != m.device()) {
            ++at;
            continue;
        }
        const DeviceWait wait = *at;
        at = device_waits_.erase(at);
        if (m.open()) {
            wire::Envelope envelope;
            envelope.set_request_id(wait.request_id);
            envelope.mutable_management_reply()->add_ids(m.device());
            send(wait.session, std::move(envelope));
        } else {
            refuse_request(
                wait.session, wait.request_id,
                {Rc::SdsAddDeviceOpenError,
                 fmt::format("The SDS cannot open the device {}: {}", record.path(), m.error())});
            // Never used: nothing is lost by forgetting it.
            changes_.devices.insert(m.device());
            p.devices.erase(m.device());
            state_.devices.erase(m.device());
            return;
        }
    }
}

void Core::mark_stale(SessionId from, std::uint64_t request_id, std::uint64_t sds,
                      const wire::MarkStale& m) {
    auto found = state_.combs.find(map::CombId{m.comb()});
    const map::SdsId asker{sds};
    const map::SdsId stale{m.stale()};
    if (found == state_.combs.end() || !found->second.has_copy(asker))
        return ack(from, request_id,
                   fail(Errc::NotPrimary, "comb {} is not on this SDS", m.comb()));
    auto& comb = found->second;
    if (comb.generation.value != m.generation())
        return ack(from, request_id,
                   fail(Errc::StaleGeneration, "comb {} has generation {}, not {}", m.comb(),
                        comb.generation.value, m.generation()));
    if (!comb.has_copy(stale) || (stale != asker && comb.primary != asker))
        return ack(from, request_id,
                   fail(Errc::NotPrimary, "comb {}: only its primary may say this", m.comb()));
    if (!sds_up(asker))
        return ack(from, request_id, fail(Errc::NotReady, "this SDS holds no lease"));
    rebuild_not_before_[comb.id] = now_.mono + config_.rebuild_retry;
    if (stale == comb.primary) {
        // The primary gives up its own copy (its device failed); it serves the comb no more.
        const auto other = member(comb.secondary, comb.secondary_device);
        if (comb.state != map::CombState::Normal || other == Member::None || other == Member::Dead)
            return ack(from, request_id,
                       fail(Errc::Failed, "comb {} has no other complete copy", m.comb()));
        degrade(comb, comb.secondary, m.reason());
    } else if (comb.state == map::CombState::Normal || comb.state == map::CombState::Rebuilding) {
        degrade(comb, comb.primary, m.reason());
    }
    ack(from, request_id, {});
}

void Core::rebuild_done(SessionId from, std::uint64_t request_id, std::uint64_t sds,
                        const wire::RebuildDone& m) {
    auto found = state_.combs.find(map::CombId{m.comb()});
    if (found == state_.combs.end() || found->second.primary != map::SdsId{sds})
        return ack(from, request_id, fail(Errc::NotPrimary, "comb {} is not led here", m.comb()));
    auto& comb = found->second;
    if (comb.generation.value != m.generation() || comb.state != map::CombState::Rebuilding)
        return ack(from, request_id,
                   fail(Errc::StaleGeneration, "comb {} has generation {}, not {}", m.comb(),
                        comb.generation.value, m.generation()));
    if (member(comb.secondary, comb.secondary_device) == Member::Dead)
        return ack(from, request_id,
                   fail(Errc::Retry, "the second copy of comb {} was lost again", m.comb()));
    comb.state = map::CombState::Normal;
    bump(comb);
    sds_.at(sds).rebuilds.erase(m.comb());
    ack(from, request_id, {});
    start_rebuilds();
}

} // namespace pf::mdm
