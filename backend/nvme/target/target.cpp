#include "backend/nvme/target/target.hpp"

#include "backend/nvme/target/impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::nvme::target {
namespace {

ConnectionLimits limits_of(const TargetOptions& options) {
    ConnectionLimits limits;
    limits.max_transfer_bytes = 4096u << options.mdts;
    limits.in_capsule_bytes = options.in_capsule_bytes;
    limits.max_h2c_data_bytes = options.max_h2c_data_bytes;
    limits.memory_bytes = options.queue_memory_bytes;
    return limits;
}

} // namespace

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 128))
        out += c >= 0x20 && c < 0x7F ? c : '?';
    return out;
}

const NamespaceConfig* Controller::find(uint32_t nsid) const {
    const auto it =
        std::lower_bound(attached.begin(), attached.end(), nsid,
                         [](const NamespaceConfig& ns, uint32_t id) { return ns.nsid < id; });
    return it != attached.end() && it->nsid == nsid ? &*it : nullptr;
}

Target::Impl::Impl(TargetOptions options) : options_(std::move(options)) {
    options_.max_queue_entries = std::clamp<uint16_t>(options_.max_queue_entries, 2, 1024);
    budget_.limit = options_.memory_bytes;
}

Session* Target::Impl::find(SessionId id) {
    const auto it = sessions_.find(static_cast<uint32_t>(id));
    return it == sessions_.end() ? nullptr : it->second.get();
}

const Session* Target::Impl::find(SessionId id) const {
    const auto it = sessions_.find(static_cast<uint32_t>(id));
    return it == sessions_.end() ? nullptr : it->second.get();
}

std::optional<SessionId> Target::Impl::open(const ListenerInfo& listener, TimePoint now) {
    now_ = now;
    if (stopping_ || sessions_.size() >= options_.max_sessions || !admit_half_open(listener.peer))
        return std::nullopt;
    const SessionId id{next_session_++};
    auto session = std::make_unique<Session>(id, limits_of(options_), budget_, *this);
    session->listener = listener;
    session->opened = now;
    sessions_.emplace(static_cast<uint32_t>(id), std::move(session));
    ++counters_.sessions_opened;
    return id;
}

// Connections that have not said who they are: so many of one peer, so many of all. Over all, the
// oldest gives way, so that a flood cannot keep real hosts out.
bool Target::Impl::admit_half_open(const std::string& peer) {
    size_t all = 0;
    size_t of_peer = 0;
    Session* oldest = nullptr;
    for (const auto& [id, session] : sessions_) {
        if ((session->controller && session->authenticated) || session->closing)
            continue;
        ++all;
        of_peer += session->listener.peer == peer ? 1 : 0;
        if (!oldest || session->connection.id() < oldest->connection.id())
            oldest = session.get();
    }
    if (of_peer >= options_.max_half_open_per_peer)
        return false;
    if (all >= options_.max_half_open)
        close_session(*oldest, false);
    return true;
}

// Announces what an event has left to send, and an end that the connection came to by itself.
void Target::Impl::touch(Session& session) {
    if (session.connection.has_output() && !session.writable) {
        session.writable = true;
        writable_.push_back(session.connection.id());
    }
    if (session.connection.state() == Connection::State::Terminated && !session.closing) {
        if (!session.connection.end_reason().empty()) {
            ++counters_.protocol_errors;
            log_.push_back(fmt::format("connection ended: {} session={}",
                                       session.connection.end_reason(),
                                       static_cast<uint32_t>(session.connection.id())));
        }
        close_session(session, true);
        leave_controller(session);
    }
}

void Target::Impl::close_session(Session& session, bool flush) {
    session.connection.shut();
    if (session.closing)
        return;
    session.closing = true;
    closing_.push_back(ClosingSession{session.connection.id(), flush});
}

void Target::Impl::on_secured(SessionId id, std::string host_nqn, std::string subsystem_nqn) {
    if (Session* session = find(id)) {
        session->tls_host = std::move(host_nqn);
        session->tls_subsystem = std::move(subsystem_nqn);
    }
}

void Target::Impl::on_bytes(SessionId id, ByteSpan bytes) {
    Session* session = find(id);
    if (!session || session->closing)
        return;
    session->connection.on_bytes(bytes);
    touch(*session);
}

void Target::Impl::on_window(SessionId id, size_t bytes) {
    Session* session = find(id);
    if (!session || session->closing)
        return;
    session->connection.on_window(bytes);
    touch(*session);
}

void Target::Impl::on_sent(SessionId id, size_t bytes) {
    Session* session = find(id);
    if (!session)
        return;
    session->connection.on_sent(bytes);
    touch(*session);
}

void Target::Impl::on_closed(SessionId id) {
    Session* session = find(id);
    if (!session)
        return;
    session->connection.shut();
    session->closing = true;
    leave_controller(*session);
    sessions_.erase(static_cast<uint32_t>(id));
}

// The admin connection is the controller's life; an I/O connection is only itself.
void Target::Impl::leave_controller(Session& session) {
    Controller* controller = std::exchange(session.controller, nullptr);
    if (!controller)
        return;
    if (session.qid == 0) {
        end_controller(*controller, "admin connection lost");
        return;
    }
    controller->io_queues.erase(session.qid);
    if (session.changes > 0) {
        lose_queue(*controller, session);
        fence(*controller);
    }
    retry_connects(false);
}

void Target::Impl::drop_io_queues(Controller& controller) {
    for (const auto& [qid, id] : std::exchange(controller.io_queues, {})) {
        if (Session* session = find(id)) {
            lose_queue(controller, *session);
            session->controller = nullptr;
            close_session(*session, false);
        }
    }
}

void Target::Impl::lose_queue(Controller& controller, const Session& session) {
    if (session.changes > 0)
        controller.lost_changes[session.connection.id()] = session.changes;
}

void Target::Impl::change_ended(Controller& controller, SessionId id) {
    if (const auto lost = controller.lost_changes.find(id); lost != controller.lost_changes.end()) {
        if (--lost->second == 0)
            controller.lost_changes.erase(lost);
    } else if (Session* session = find(id); session && session->changes > 0) {
        --session->changes;
    }
}

// A reset is a fresh start: settings have their defaults, and nothing counts as told. What was not
// told of reservations the host does not find out by looking, so that is kept.
void Target::Impl::forget_settings(Controller& controller) const {
    controller.aec = controller.discovery ? controller.aec : 0;
    controller.namespace_event = controller.ana_event = controller.discovery_event = {};
    const bool unread = !controller.reservation_log.empty();
    controller.reservation_event = {unread, unread};
    controller.changed_nsids.clear();
    controller.features.clear();
    controller.notice_masks.clear();
    controller.granted_queues = options_.max_io_queues;
}

void Target::Impl::end_controller(Controller& controller, std::string_view why) {
    drop_io_queues(controller);
    if (Session* session = find(controller.admin)) {
        session->controller = nullptr;
        close_session(*session, true);
    }
    log_.push_back(fmt::format("controller ended: {} cntlid={} host={}", why, controller.cntlid,
                               printable(controller.host_nqn)));
    // The id stays taken until what it has in flight is over: a late write must not be mistaken for
    // one of the id's next owner.
    if (controller.io_in_flight > 0) {
        draining_[controller.cntlid] = {controller.io_in_flight, controller.changes_in_flight,
                                        controller.host_nqn};
    }
    fenced_.push_back(Fence{controller.cntlid, std::nullopt});
    controllers_.erase(controller.cntlid);
    ++controllers_version_;
}

void Target::Impl::fence(const Controller& controller, std::optional<uint64_t> device) {
    if (controller.io_in_flight > 0)
        fenced_.push_back(Fence{controller.cntlid, device});
}

// No I/O of the controller is in flight any more: answer a pending reset or shutdown.
void Target::Impl::quiesced(Controller& controller) {
    if (controller.io_in_flight > 0)
        return;
    if (std::exchange(controller.quiescing_reset, false)) {
        // The host may have enabled it again meanwhile.
        controller.csts = (controller.cc & cc::kEnable) != 0 ? csts::kReady : 0;
        controller.disabled_since = now_;
    }
    if (std::exchange(controller.quiescing_shutdown, false))
        controller.csts = (controller.csts & ~csts::kShutdownMask) | csts::kShutdownComplete;
}

void Target::Impl::on_io_done(const IoToken& token, Status status) {
    if (io_in_flight_ > 0)
        --io_in_flight_;
    if (const auto it = draining_.find(token.cntlid); it != draining_.end()) {
        // The controller is gone; its id comes free with its last I/O.
        it->second.changes -= token.changes ? 1 : 0;
        if (--it->second.io == 0)
            draining_.erase(it);
        return;
    }
    const auto it = controllers_.find(token.cntlid);
    if (it == controllers_.end())
        return;
    Controller& controller = *it->second;
    if (controller.io_in_flight > 0)
        --controller.io_in_flight;
    if (token.changes) {
        --controller.changes_in_flight;
        change_ended(controller, token.session);
    }
    if (Session* session = find(token.session);
        session && session->connection.executing(token.slot, token.generation)) {
        finish_io(*session, token.slot, status);
        touch(*session);
    }
    quiesced(controller);
}

// ---------------------------------------------------------------- view

const HostConfig* Target::Impl::host(std::string_view nqn) const {
    const auto it = hosts_.find(nqn);
    return it == hosts_.end() ? nullptr : &view_.hosts[it->second];
}

bool Target::Impl::admitted(std::string_view nqn) const {
    return view_.allow_any_host || host(nqn) != nullptr;
}

std::vector<NamespaceConfig> Target::Impl::attached_to(std::string_view nqn) const {
    std::vector<NamespaceConfig> out;
    if (const HostConfig* h = host(nqn)) {
        std::vector<uint32_t> nsids = h->nsids;
        std::sort(nsids.begin(), nsids.end());
        for (const uint32_t nsid : nsids) {
            const auto it = namespaces_.find(nsid);
            if (it == namespaces_.end())
                continue;
            out.push_back(it->second);
            const auto& locked = h->read_only_nsids;
            if (std::find(locked.begin(), locked.end(), nsid) != locked.end())
                out.back().read_only = true;
        }
    } else if (view_.allow_any_host) {
        for (const auto& [nsid, ns] : namespaces_)
            out.push_back(ns);
    }
    if (out.size() > kMaxNamespaces)
        out.resize(kMaxNamespaces);
    return out;
}

AnaState Target::Impl::ana_state(uint32_t group) const {
    for (const AnaGroup& g : view_.ana_groups)
        if (g.id == group)
            return g.state;
    return AnaState::Inaccessible;
}

AnaState Target::Impl::ana_state(const Controller& controller, uint32_t group) const {
    // A path that is only second best makes an optimized group non-optimized, and nothing better.
    const AnaState state = ana_state(group);
    return state == AnaState::Optimized ? controller.path : state;
}

AnaState Target::Impl::path_of(const Controller& controller) const {
    const HostConfig* h = host(controller.host_nqn);
    if (!h || !h->optimized_addresses)
        return AnaState::Optimized;
    const auto& best = *h->optimized_addresses;
    return std::find(best.begin(), best.end(), controller.listener.address) != best.end()
               ? AnaState::Optimized
               : AnaState::NonOptimized;
}

// The ANA log says something else to this controller: in which of its groups is not kept apart.
void Target::Impl::count_ana_change(const Controller& controller) {
    ++ana_changes_;
    std::set<uint32_t> groups;
    for (const NamespaceConfig& ns : controller.attached)
        groups.insert(ns.ana_group);
    for (const uint32_t group : groups)
        ++ana_group_changes_[group];
}

void Target::Impl::refresh_namespaces(Controller& controller) {
    if (controller.discovery)
        return;
    std::vector<NamespaceConfig> now = attached_to(controller.host_nqn);
    bool changed = false;
    const auto note = [&](uint32_t nsid) {
        controller.changed_nsids.insert(nsid);
        changed = true;
    };
    for (const NamespaceConfig& ns : now) {
        const NamespaceConfig* before = controller.find(ns.nsid);
        if (!before || !before->same_identity(ns))
            note(ns.nsid);
    }
    const std::vector<NamespaceConfig> old = std::exchange(controller.attached, std::move(now));
    for (const NamespaceConfig& ns : old)
        if (!controller.find(ns.nsid))
            note(ns.nsid);
    if (changed) {
        count_ana_change(controller); // its lists of namespaces
        raise(controller, controller.namespace_event, aen::kConfigNamespace);
    }
    note_reservations(controller);
}

void Target::Impl::set_view(TargetView view) {
    std::set<uint32_t> moved_groups;
    for (const AnaGroup& g : view.ana_groups) {
        if (have_view_ && ana_state(g.id) != g.state)
            moved_groups.insert(g.id);
    }
    for (const AnaGroup& g : view_.ana_groups) {
        const bool kept = std::any_of(view.ana_groups.begin(), view.ana_groups.end(),
                                      [&](const AnaGroup& n) { return n.id == g.id; });
        if (have_view_ && !kept)
            moved_groups.insert(g.id);
    }
    view_ = std::move(view);
    have_view_ = true;
    hosts_.clear();
    for (size_t i = 0; i < view_.hosts.size(); ++i)
        hosts_.emplace(view_.hosts[i].nqn, i);
    namespaces_.clear();
    for (const NamespaceConfig& ns : view_.namespaces) {
        if (ns.nsid == 0 || ns.nsid > kMaxNsid) {
            log_.push_back(
                fmt::format("namespace left out: its id is out of range nsid={}", ns.nsid));
            continue;
        }
        namespaces_.emplace(ns.nsid, ns);
    }
    if (!moved_groups.empty()) {
        ++ana_changes_;
        for (const uint32_t g : moved_groups)
            ++ana_group_changes_[g];
    }

    std::vector<uint16_t> gone;
    for (const auto& [cntlid, controller] : controllers_) {
        if (!controller->discovery && !admitted(controller->host_nqn)) {
            gone.push_back(cntlid);
            continue;
        }
        refresh_namespaces(*controller);
        const AnaState path = path_of(*controller);
        const bool other_path = std::exchange(controller->path, path) != path;
        if (other_path)
            count_ana_change(*controller);
        const bool sees_moved =
            (other_path && !controller->attached.empty()) ||
            std::any_of(
                controller->attached.begin(), controller->attached.end(),
                [&](const NamespaceConfig& ns) { return moved_groups.contains(ns.ana_group); });
        if (sees_moved)
            raise(*controller, controller->ana_event, aen::kConfigAna);
        if (controller->discovery) {
            const uint64_t generation = discovery_generation(*controller);
            if (std::exchange(controller->discovery_generation, generation) != generation)
                raise(*controller, controller->discovery_event, aen::kConfigDiscovery);
        }
    }
    for (const uint16_t cntlid : gone)
        end_controller(*controllers_.at(cntlid), "host is not registered any more");
}

void Target::Impl::raise(Controller& controller, EventLatch& latch, uint32_t config_bit) {
    if ((controller.aec & config_bit) == 0 || latch.told)
        return;
    latch.told = true;
    latch.pending = true;
    deliver(controller);
}

// Pairs waiting events with waiting asynchronous event requests.
void Target::Impl::deliver(Controller& controller) {
    Session* session = find(controller.admin);
    if (!session)
        return;
    const std::pair<EventLatch*, uint32_t> kinds[] = {
        {&controller.namespace_event, aen::kNamespaceChanged},
        {&controller.ana_event, aen::kAnaChanged},
        {&controller.discovery_event, aen::kDiscoveryChanged},
        {&controller.reservation_event, aen::kReservationLog},
    };
    for (const auto& [latch, dw0] : kinds) {
        if (!latch->pending || controller.aers.empty())
            continue;
        latch->pending = false;
        const uint16_t slot = controller.aers.front();
        controller.aers.erase(controller.aers.begin());
        session->connection.respond(slot, st::kOk, dw0);
    }
    if (!session->closing)
        touch(*session);
}

void Target::Impl::stop() {
    stopping_ = true;
    while (!controllers_.empty())
        end_controller(*controllers_.begin()->second, "target stops");
    for (auto& [id, session] : sessions_)
        close_session(*session, true);
}

// ---------------------------------------------------------------- time

void Target::Impl::tick() {
    retry_connects(true);
    std::vector<Session*> late;
    for (auto& [id, session] : sessions_) {
        if ((session->controller && session->authenticated) || session->closing)
            continue;
        if (now_ - session->opened >= options_.connect_timeout) {
            log_.push_back(fmt::format("connection ended: no Connect in time session={}", id));
            close_session(*session, false);
            late.push_back(session.get());
        }
    }
    for (Session* session : late) // not authenticated: its controller goes with it
        leave_controller(*session);
    std::vector<std::pair<uint16_t, std::string_view>> ended;
    for (auto& [cntlid, controller] : controllers_) {
        if (controller->kato.count() > 0 && !controller->shut() &&
            now_ >= controller->keep_alive_deadline()) {
            ++counters_.keep_alive_expired;
            ended.emplace_back(cntlid, "keep-alive expired");
        } else if (controller->discovery && controller->kato.count() == 0 &&
                   now_ - controller->last_sign >= options_.discovery_idle_timeout) {
            ended.emplace_back(cntlid, "discovery controller idle");
        } else if ((!controller->enabled() || controller->shut()) &&
                   now_ - controller->disabled_since >= options_.disabled_timeout) {
            ended.emplace_back(cntlid, "not enabled in time");
        }
    }
    for (const auto& [cntlid, why] : ended)
        end_controller(*controllers_.at(cntlid), why);
}

TimePoint Target::Impl::next_deadline() const {
    TimePoint at = now_ + Millis{1000};
    for (const auto& [id, session] : sessions_)
        if ((!session->controller || !session->authenticated) && !session->closing)
            at = std::min(at, session->opened + options_.connect_timeout);
    for (const auto& [cntlid, controller] : controllers_)
        if (controller->kato.count() > 0 && !controller->shut())
            at = std::min(at, controller->keep_alive_deadline());
    for (const WaitingConnect& waiting : waiting_connects_)
        at = std::min(at, waiting.until);
    return std::max(at, now_ + Millis{1});
}

// ---------------------------------------------------------------- dispatch

void Target::Impl::on_command(Connection& connection, uint16_t slot) {
    Session& session = *find(connection.id());
    // Somebody who has yet to prove who he is must not keep the host's controller alive.
    if (session.controller && (session.authenticated || session.qid == 0))
        session.controller->last_sign = now_;
    if (connection.command(slot).sqe.opcode == admin_op::kFabrics) {
        fabrics(session, slot);
    } else if (!session.controller) {
        connection.respond(slot, st::kCommandSequence);
    } else if (!session.authenticated) {
        connection.respond(slot, st::kAuthRequired);
    } else if (session.qid == 0) {
        admin(session, slot);
    } else {
        io_command(session, slot);
    }
}

// ---------------------------------------------------------------- Target

Target::Target(TargetOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Target::~Target() = default;

std::optional<SessionId> Target::open(const ListenerInfo& listener, TimePoint now) {
    return impl_->open(listener, now);
}
void Target::on_secured(SessionId session, std::string host_nqn, std::string subsystem_nqn) {
    impl_->on_secured(session, std::move(host_nqn), std::move(subsystem_nqn));
}
void Target::on_bytes(SessionId session, ByteSpan bytes, TimePoint now) {
    impl_->now_ = now;
    impl_->on_bytes(session, bytes);
}
std::pair<MutByteSpan, rt::IoBuffer> Target::window(SessionId id) const {
    const Session* session = std::as_const(*impl_).find(id);
    if (!session || session->closing)
        return {};
    return session->connection.window();
}
void Target::on_window(SessionId session, size_t bytes, TimePoint now) {
    impl_->now_ = now;
    impl_->on_window(session, bytes);
}
void Target::on_sent(SessionId session, size_t bytes, TimePoint now) {
    impl_->now_ = now;
    impl_->on_sent(session, bytes);
}
void Target::on_closed(SessionId session, TimePoint now) {
    impl_->now_ = now;
    impl_->on_closed(session);
}
void Target::on_io_done(const IoToken& token, Status status, TimePoint now) {
    impl_->now_ = now;
    impl_->on_io_done(token, status);
}
void Target::set_view(TargetView view, TimePoint now) {
    impl_->now_ = now;
    impl_->set_view(std::move(view));
}
void Target::stop(TimePoint now) {
    impl_->now_ = now;
    impl_->stop();
}
void Target::tick(TimePoint now) {
    impl_->now_ = now;
    impl_->tick();
}
TimePoint Target::next_deadline(TimePoint now) const {
    impl_->now_ = now;
    return impl_->next_deadline();
}

void Target::take_io(std::vector<IoRequest>& into) { impl_->io_.swap(into); }
void Target::take_writable(std::vector<SessionId>& into) { impl_->writable_.swap(into); }
std::vector<ClosingSession> Target::take_closing() { return std::exchange(impl_->closing_, {}); }
std::vector<Fence> Target::take_fenced() { return std::exchange(impl_->fenced_, {}); }
std::vector<std::string> Target::take_log() { return std::exchange(impl_->log_, {}); }

void Target::take_output(SessionId id, Output& into) {
    Session* session = impl_->find(id);
    if (!session)
        return;
    session->writable = false;
    session->connection.take_output(into);
}

bool Target::want_read(SessionId id) const {
    const Session* session = std::as_const(*impl_).find(id);
    return session && !session->closing && session->connection.want_read();
}

std::vector<ControllerInfo> Target::controllers() const {
    std::vector<ControllerInfo> out;
    for (const auto& [cntlid, c] : impl_->controllers_) {
        ControllerInfo info;
        info.cntlid = cntlid;
        info.discovery = c->discovery;
        info.host_nqn = c->host_nqn;
        info.host_id = c->host_id;
        info.listener = c->listener;
        info.io_queues = static_cast<uint32_t>(c->io_queues.size());
        info.kato = c->kato;
        out.push_back(std::move(info));
    }
    return out;
}

const TargetCounters& Target::counters() const { return impl_->counters_; }
const TargetOptions& Target::options() const { return impl_->options_; }
uint64_t Target::controllers_version() const { return impl_->controllers_version_; }
size_t Target::io_in_flight() const { return impl_->io_in_flight_; }

} // namespace pf::nvme::target
