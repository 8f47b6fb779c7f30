#include "backend/mdm/core/core.hpp"

#include "backend/proto/control_message.hpp"
#include "base/assert.hpp"

namespace pf::mdm {

namespace {

// Seconds above, microseconds below: a second alone is not enough, since a killed MDM may be back
// within one.
std::uint64_t first_revision(Now now) {
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(now.mono.time_since_epoch());
    return (static_cast<std::uint64_t>(now.wall) << 20) +
           (static_cast<std::uint64_t>(micros.count()) & 0xfffff) + 1;
}

} // namespace

Core::Core(CoreConfig config, State state, Now now)
    : config_(std::move(config)), state_(std::move(state)), now_(now),
      revision_(first_revision(now)) {
    // Nobody knows what was granted before this process started.
    const auto until =
        now.mono + std::max(config_.startup_grace, config_.lease + config_.lease_margin);
    for (const auto& [id, record] : state_.sds) {
        auto& p = sds_[id];
        p.incarnation = record.incarnation();
        p.lease_until = record.incarnation() == 0 ? MonoTime{} : until;
    }
    const auto may_hold = [&](PartyKey key) {
        auto& p = clients_[key];
        p.lease_until = until;
        p.lapsed = false;
    };
    for (const auto& [id, record] : state_.sdcs)
        may_hold({PartyKind::Sdc, id});
    for (const auto& [id, record] : state_.sdts)
        may_hold({PartyKind::Sdt, id});
}

State Core::create(const NewSystem& system, Now now) {
    State state;
    state.system.set_id(system.id.value);
    state.system.set_name(system.name);
    state.system.set_install_id(system.install_id);
    state.system.set_created_at(now.wall);
    state.system.set_restricted_sdc_mode("None");
    state.system.set_next_id(1);
    state.system.set_next_nsid(1);
    state.system.set_next_comb(0);
    state.system.set_next_sdt_index(0);
    return state;
}

void Core::begin(Now now) {
    now_ = now;
    effects_ = {};
    early_.clear();
    changes_ = {};
    strict_ = false;
    answer_.reset();
    wait_for_device_.reset();
    lapsed_now_.clear();
}

// Turns what the step has changed into the transaction, the pushes and the answer, in this order:
// the pushes go out before an answer that relies on them.
Effects Core::finish() {
    if (changes_.any() || volatile_changed_) {
        ++revision_;
        volatile_changed_ = false;
    }
    if (changes_.any()) {
        if (changes_.map_relevant())
            ++state_.epoch;
        state_.write(changes_, effects_.txn);
    }
    // Answers queued so far rely on the pushes, so those go first.
    auto answers = std::exchange(effects_.send, std::exchange(early_, {}));
    push_changes();
    for (auto& answer : answers) {
        // The lease counts once everything that was pushed before it is applied.
        if (answer.envelope.has_heartbeat_reply())
            if (auto session = sessions_.find(answer.to); session != sessions_.end())
                answer.envelope.mutable_heartbeat_reply()->set_epoch(
                    party(session->second)->sent_epoch);
        effects_.send.push_back(std::move(answer));
    }
    settle(now_);
    changes_ = {};
    return std::exchange(effects_, {});
}

void Core::send(SessionId to, wire::Envelope envelope) {
    if (to != 0)
        effects_.send.push_back({to, std::move(envelope)});
}

void Core::send_early(SessionId to, wire::Envelope envelope) {
    early_.push_back({to, std::move(envelope)});
}

void Core::ack(SessionId to, std::uint64_t request_id, const Result<void>& outcome) {
    wire::Envelope envelope;
    envelope.set_request_id(request_id);
    wire::set_ack(*envelope.mutable_ack(), outcome);
    send(to, std::move(envelope));
}

void Core::say(LogLevel level, std::string text) {
    effects_.log.push_back({level, std::move(text)});
}

std::uint64_t Core::new_id() {
    const std::uint64_t counter = state_.system.next_id();
    state_.system.set_next_id(counter + 1);
    changes_.system = true;
    // Low half: the counter, which makes ids unique. High half: looks like PowerFlex's, differs
    // between systems.
    std::uint64_t h = state_.system.id() + counter * 0x9e3779b97f4a7c15ULL;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    return (h & 0xffff'ffff'0000'0000ULL) | (counter & 0xffff'ffffULL);
}

Core::Party* Core::party(const PartyKey& key) {
    if (key.kind == PartyKind::Sds) {
        auto found = sds_.find(key.id);
        return found == sds_.end() ? nullptr : &found->second;
    }
    auto found = clients_.find(key);
    return found == clients_.end() ? nullptr : &found->second;
}

Effects Core::message(SessionId from, const wire::Envelope& envelope, Now now) {
    begin(now);
    const auto id = envelope.request_id();
    switch (envelope.body_case()) {
    case wire::Envelope::kSdsRegister:
        sds_register(from, id, envelope.sds_register());
        return finish();
    case wire::Envelope::kClientRegister:
        client_register(from, id, envelope.client_register());
        return finish();
    case wire::Envelope::kManagementRequest:
        management(from, envelope);
        return finish();
    default:
        break;
    }
    auto session = sessions_.find(from);
    if (session == sessions_.end()) {
        say(LogLevel::Warn, fmt::format("message before registration session={} kind={}", from,
                                        static_cast<int>(envelope.body_case())));
        effects_.close.push_back(from);
        return finish();
    }
    const PartyKey key = session->second;
    if (key.kind == PartyKind::Sds) {
        auto& p = sds_.at(key.id);
        switch (envelope.body_case()) {
        case wire::Envelope::kSdsHeartbeat:
            sds_heartbeat(from, p, key.id, envelope.sds_heartbeat(), id);
            return finish();
        case wire::Envelope::kConfigApplied:
            confirm(key, envelope.config_applied().epoch());
            return finish();
        case wire::Envelope::kMarkStale:
            mark_stale(from, id, key.id, envelope.mark_stale());
            return finish();
        case wire::Envelope::kRebuildDone:
            rebuild_done(from, id, key.id, envelope.rebuild_done());
            return finish();
        case wire::Envelope::kDeviceStatus:
            for (const auto& status : envelope.device_status().devices())
                device_status(key.id, status);
            reconcile();
            return finish();
        case wire::Envelope::kSdsLeave:
            sds_left(key.id, p);
            ack(from, id, {});
            return finish();
        case wire::Envelope::kAck:
            freeze_ack(key.id, envelope);
            return finish();
        default:
            break;
        }
    } else {
        switch (envelope.body_case()) {
        case wire::Envelope::kClientHeartbeat:
            client_heartbeat(from, key, id, envelope.client_heartbeat());
            return finish();
        case wire::Envelope::kMapApplied:
            confirm(key, envelope.map_applied().epoch());
            return finish();
        case wire::Envelope::kMapRefresh: {
            auto& p = clients_.at(key);
            p.needs_full = true;
            p.full_request_id = id;
            return finish();
        }
        case wire::Envelope::kSdtReport:
            sdt_report(key, envelope.sdt_report());
            return finish();
        case wire::Envelope::kSdtReserve:
            sdt_reserve(from, key, id, envelope.sdt_reserve());
            return finish();
        default:
            break;
        }
    }
    say(LogLevel::Warn, fmt::format("unexpected message session={} kind={}", from,
                                    static_cast<int>(envelope.body_case())));
    effects_.close.push_back(from);
    return finish();
}

Effects Core::session_closed(SessionId session, Now now) {
    begin(now);
    auto found = sessions_.find(session);
    if (found != sessions_.end()) {
        const PartyKey key = found->second;
        sessions_.erase(found);
        if (auto* p = party(key); p != nullptr && p->session == session) {
            p->session = 0;
            if (key.kind == PartyKind::Sds)
                sds_.at(key.id).joined = false; // its lease runs on until lease_until
            // The other SDTs offer paths around it.
            if (key.kind == PartyKind::Sdt && state_.sdts.contains(key.id)) {
                changes_.sdts.insert(key.id);
                // It may have died: its hosts are told by their connections, at once. If it lives
                // it comes back, and sends again under the new fence.
                fence_client(key, clients_.at(key));
            }
            volatile_changed_ = true;
            say(LogLevel::Info, fmt::format("disconnected kind={} id={}",
                                            static_cast<int>(key.kind), map::hex16(key.id)));
        }
    }
    return finish();
}

Effects Core::tick(Now now) {
    begin(now);
    // If this process stood still (a slow disk, a stopped machine), renewals are waiting unread. To
    // take leases for longer than they were granted is always safe; to take them for shorter would
    // degrade every comb at once. Connected holders only, and less than the gap, so that time goes
    // on even for a manager that stalls all the time.
    if (last_tick_ != MonoTime{} && now.mono - last_tick_ > config_.stall) {
        const auto more = now.mono - last_tick_ - config_.stall;
        const auto extend = [&](Party& p) {
            if (p.session != 0 && p.lease_until > last_tick_)
                p.lease_until += more;
        };
        for (auto& [id, p] : sds_)
            extend(p);
        for (auto& [key, p] : clients_)
            extend(p);
    }
    last_tick_ = now.mono;
    // Freezes that a former life of the MDM began are undone: their requester is gone.
    if (!freeze_)
        while (!state_.intents.empty())
            undo_intent(state_.intents.begin()->first);
    reconcile();
    fence_lapsed();
    if (freeze_) {
        check_freeze();
    } else if (!freeze_queue_.empty()) {
        auto [session, request] = std::move(freeze_queue_.front());
        freeze_queue_.pop_front();
        begin_freeze(session, request);
    }
    for (auto at = device_waits_.begin(); at != device_waits_.end();) {
        if (at->deadline > now.mono) {
            ++at;
            continue;
        }
        refuse_request(at->session, at->request_id,
                       {Rc::Timeout, "The SDS did not report the device in time"});
        at = device_waits_.erase(at);
    }
    return finish();
}

std::uint32_t Core::lease_ms_for(Party& p, bool may_grant) {
    if (!may_grant)
        return 0;
    // Who does not take over a map change loses its lease, so that the change can be relied on.
    if (p.unacked_since && now_.mono - *p.unacked_since > config_.ack_timeout)
        return 0;
    // After a lapse everything that happened meanwhile must be applied first.
    if (!holds_lease(p) && p.applied_epoch < p.sent_epoch)
        return 0;
    p.lease_until = std::max(p.lease_until, now_.mono + config_.lease + config_.lease_margin);
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(config_.lease).count());
}

void Core::confirm(const PartyKey& key, std::uint64_t epoch) {
    auto* p = party(key);
    if (p == nullptr)
        return;
    p->applied_epoch = std::max(p->applied_epoch, std::min(epoch, p->sent_epoch));
    if (p->applied_epoch >= p->sent_epoch) {
        p->unacked_since.reset();
        if (key.kind != PartyKind::Sds)
            clients_.at(key).losing.clear();
    }
    for (auto& waiting : settling_)
        if (waiting.epoch <= p->applied_epoch)
            waiting.waiting.erase(key);
}

void Core::sent(Party& p) {
    p.sent_epoch = state_.epoch;
    if (!p.unacked_since)
        p.unacked_since = now_.mono;
}

void Core::push_changes() {
    const bool relevant = changes_.map_relevant();
    std::set<PartyKey> concerned;
    if (strict_)
        for (auto& [key, p] : clients_)
            if (holds_lease(p))
                p.losing.insert(changes_.volumes.begin(), changes_.volumes.end());
    for (auto& [id, p] : sds_) {
        if (p.session == 0 || !state_.sds.contains(id) || (!relevant && !p.needs_full))
            continue;
        push_sds_config(id, p);
        if (p.sent_epoch == state_.epoch && p.applied_epoch < p.sent_epoch)
            concerned.insert({PartyKind::Sds, id});
    }
    for (auto& [key, p] : clients_) {
        if (p.session == 0 || (!relevant && !p.needs_full))
            continue;
        push_map(key, p);
        if (p.sent_epoch == state_.epoch && p.applied_epoch < p.sent_epoch)
            concerned.insert(key);
    }
    if (!lapsed_now_.empty())
        await_fences();
    if (!answer_ || !relevant)
        return;
    if (strict_) {
        for (auto& [id, p] : sds_)
            if (p.session == 0 && holds_lease(p))
                concerned.insert({PartyKind::Sds, id});
        for (auto& [key, p] : clients_)
            if (p.session == 0 && !harmless(key))
                concerned.insert(key);
    }
    Settling entry;
    entry.session = answer_->first;
    entry.reply = std::move(answer_->second);
    entry.epoch = state_.epoch;
    entry.waiting = std::move(concerned);
    entry.deadline =
        now_.mono + config_.ack_timeout + config_.lease + config_.lease_margin + config_.heartbeat;
    answer_.reset();
    settling_.push_back(std::move(entry));
}

// The party can have no effect any more by what it knew before: its lease has run out, and where it
// is a client, what it sent earlier is refused by the data servers.
bool Core::harmless(const PartyKey& key) const {
    if (key.kind == PartyKind::Sds) {
        const auto p = sds_.find(key.id);
        return p == sds_.end() || !holds_lease(p->second);
    }
    const auto p = clients_.find(key);
    return p == clients_.end() ||
           (!holds_lease(p->second) && p->second.lapsed && p->second.fences == 0);
}

// The data servers have been told, or may not know it yet because they are away.
void Core::await_fences() {
    std::set<PartyKey> servers;
    for (const auto& [id, p] : sds_) {
        const bool told =
            p.session != 0 && p.sent_epoch == state_.epoch && p.applied_epoch < p.sent_epoch;
        if (told || (p.session == 0 && holds_lease(p)))
            servers.insert({PartyKind::Sds, id});
    }
    for (const PartyKey& key : std::exchange(lapsed_now_, {})) {
        Settling entry;
        entry.epoch = state_.epoch;
        entry.waiting = servers;
        entry.deadline = now_.mono + config_.ack_timeout + config_.lease + config_.lease_margin +
                         config_.heartbeat;
        entry.fenced = key;
        ++clients_.at(key).fences;
        settling_.push_back(std::move(entry));
    }
}

// Answers what everybody concerned has taken over. A party that lost its lease, or left, does no
// I/O and learns everything when it comes back, so it need not be waited for.
void Core::settle(Now now) {
    if (answer_) {
        send(answer_->first, std::move(answer_->second));
        answer_.reset();
    }
    for (auto at = settling_.begin(); at != settling_.end();) {
        std::erase_if(at->waiting, [this](const PartyKey& key) { return harmless(key); });
        if (!at->waiting.empty() && now.mono < at->deadline) {
            ++at;
            continue;
        }
        if (!at->waiting.empty())
            say(LogLevel::Warn, fmt::format("map change not confirmed in time epoch={} parties={}",
                                            at->epoch, at->waiting.size()));
        if (at->fenced) {
            if (auto p = clients_.find(*at->fenced); p != clients_.end())
                --p->second.fences;
        } else {
            send(at->session, std::move(at->reply));
        }
        at = settling_.erase(at);
    }
}

bool Core::sds_up(map::SdsId sds) const {
    auto found = sds_.find(sds.value);
    return found != sds_.end() && found->second.joined && holds_lease(found->second);
}

} // namespace pf::mdm
