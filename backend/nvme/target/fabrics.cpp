// Fabrics commands: Connect and its refusals, properties, enable, reset and shutdown.
#include "backend/nvme/target/impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::nvme::target {
namespace {

constexpr uint16_t kSqeQid = 42;
constexpr uint16_t kSqeSqsize = 44;
constexpr uint16_t kDataHostid = 0;
constexpr uint16_t kDataCntlid = 16;
constexpr uint16_t kDataSubnqn = 256;
constexpr uint16_t kDataHostnqn = 512;
constexpr Millis kDuplicateQueueWait{20};

// A qualified name: terminated inside its field, not empty, not too long.
std::optional<std::string_view> nqn_of(const std::array<char, 256>& field) {
    const auto end = std::find(field.begin(), field.end(), '\0');
    const auto length = static_cast<size_t>(end - field.begin());
    if (length == 0 || length > kMaxNqnBytes)
        return std::nullopt;
    return std::string_view(field.data(), length);
}

bool is_zero(const std::array<uint8_t, 16>& id) {
    return std::all_of(id.begin(), id.end(), [](uint8_t b) { return b == 0; });
}

} // namespace

void Target::Impl::fabrics(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const uint8_t type = c.command(slot).sqe.fctype();
    if (!session.controller && type != fctype::kConnect) {
        c.respond(slot, st::kCommandSequence);
        return;
    }
    if (session.controller && !session.authenticated && type != fctype::kAuthSend &&
        type != fctype::kAuthReceive) {
        c.respond(slot, st::kAuthRequired);
        return;
    }
    switch (type) {
    case fctype::kAuthSend:
        return auth_send(session, slot);
    case fctype::kAuthReceive:
        return auth_receive(session, slot);
    case fctype::kConnect:
        if (session.controller)
            c.respond(slot, st::kCommandSequence);
        else
            connect(session, slot);
        return;
    case fctype::kPropertyGet:
    case fctype::kPropertySet:
        if (session.qid != 0)
            c.respond(slot, st::kInvalidOpcode);
        else if (type == fctype::kPropertyGet)
            property_get(session, slot);
        else
            property_set(session, slot);
        return;
    default:
        c.respond(slot, st::kInvalidOpcode);
    }
}

void Target::Impl::connect_invalid(Session& session, uint16_t slot, bool in_data, uint16_t offset) {
    session.connection.respond(slot, st::kConnectInvalid, offset | (in_data ? 1u << 16 : 0u));
}

void Target::Impl::connect(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    if (cmd.data().size() != sizeof(ConnectData)) {
        c.respond(slot, st::kSglLengthInvalid);
        return;
    }
    const auto data = load_struct<ConnectData>(cmd.data());
    if ((cmd.sqe.cdw10 & 0xFFFF) != 0) {
        c.respond(slot, st::kConnectFormat);
        return;
    }
    const auto subnqn = nqn_of(data.subnqn);
    const auto hostnqn = nqn_of(data.hostnqn);
    if (!hostnqn)
        return connect_invalid(session, slot, true, kDataHostnqn);
    const bool discovery = subnqn && (*subnqn == kDiscoveryNqn || *subnqn == own_discovery_nqn());
    if (!discovery &&
        (!subnqn || *subnqn != options_.subsystem_nqn || session.listener.discovery_only)) {
        log_.push_back(fmt::format("connect refused: unknown subsystem nqn={} host={}",
                                   printable(subnqn.value_or("")), printable(*hostnqn)));
        return connect_invalid(session, slot, true, kDataSubnqn);
    }
    if (stopping_ || !have_view_) {
        c.respond(slot, st::kConnectBusy);
        return;
    }
    if (!secured(session, *hostnqn, *subnqn)) {
        log_.push_back(fmt::format("connect refused: TLS says otherwise, or is missing host={}",
                                   printable(*hostnqn)));
        c.respond(slot, st::kConnectInvalidHost);
        return;
    }
    const auto sqsize = static_cast<uint16_t>(cmd.sqe.cdw11);
    if (sqsize == 0 || sqsize >= options_.max_queue_entries)
        return connect_invalid(session, slot, false, kSqeSqsize);
    if (cmd.sqe.cdw10 >> 16 == 0)
        connect_admin(session, slot, data, discovery);
    else if (discovery)
        connect_invalid(session, slot, false, kSqeQid);
    else
        connect_io(session, slot, data);
}

// On a TLS listener the names must be those that the key stands for. A host that has a key comes by
// TLS or not at all: otherwise anybody could say its name on the plain port.
bool Target::Impl::secured(const Session& session, std::string_view host_nqn,
                           std::string_view subsystem_nqn) const {
    if (session.listener.tls)
        return session.tls_host == host_nqn && session.tls_subsystem == subsystem_nqn;
    const HostConfig* h = host(host_nqn);
    return !h || h->tls_psk.empty();
}

std::string_view Target::Impl::own_discovery_nqn() const {
    return options_.discovery_nqn.empty() ? kDiscoveryNqn : options_.discovery_nqn;
}

void Target::Impl::retry_connects(bool expire) {
    for (const WaitingConnect& waiting : std::exchange(waiting_connects_, {})) {
        Session* session = find(waiting.session);
        if (!session || !session->connection.executing(waiting.slot, waiting.generation))
            continue;
        if (expire && now_ >= waiting.until)
            session->connection.respond(waiting.slot, st::kInvalidQueueId);
        else
            connect(*session, waiting.slot);
        // Waiting again keeps the first deadline.
        if (!waiting_connects_.empty() && waiting_connects_.back().session == waiting.session)
            waiting_connects_.back().until = waiting.until;
        touch(*session);
    }
}

uint16_t Target::Impl::allocate_cntlid() {
    const uint32_t count = options_.cntlid_last - options_.cntlid_first + 1u;
    for (uint32_t i = 0; i < count; ++i) {
        if (next_cntlid_ < options_.cntlid_first || next_cntlid_ > options_.cntlid_last)
            next_cntlid_ = options_.cntlid_first;
        const uint16_t id = next_cntlid_++;
        if (!controllers_.contains(id) && !draining_.contains(id))
            return id;
    }
    return 0;
}

// Its host has proved what it has to prove.
bool Target::Impl::proven(const Controller& controller) const {
    const Session* admin = find(controller.admin);
    return admin && admin->authenticated;
}

// An id for a new controller, 0 when there is no room. Who has not proved to be the host it names
// takes no room away from those who have: it does not count as that host's, and the oldest such
// controller gives way.
uint16_t Target::Impl::make_room(const std::string& host_nqn) {
    const auto of_host =
        std::count_if(controllers_.begin(), controllers_.end(), [&](const auto& e) {
            return e.second->host_nqn == host_nqn && proven(*e.second);
        });
    if (of_host >= options_.max_controllers_per_host)
        return 0;
    uint16_t cntlid =
        controllers_.size() < options_.max_controllers ? allocate_cntlid() : uint16_t{0};
    if (cntlid != 0)
        return cntlid;
    Controller* oldest = nullptr;
    for (const auto& [id, controller] : controllers_)
        if (!proven(*controller) && (!oldest || controller->admin < oldest->admin))
            oldest = controller.get();
    if (!oldest)
        return 0;
    end_controller(*oldest, "others need its place, and it has not authenticated");
    return allocate_cntlid();
}

// A host has one identifier, and an identifier one host: reservations know hosts by it alone, so a
// second host with the same one would have the first one's rights.
bool Target::Impl::host_id_taken(const std::string& host_nqn, const HostId& id) const {
    return std::any_of(controllers_.begin(), controllers_.end(), [&](const auto& e) {
        const Controller& other = *e.second;
        return !other.discovery && proven(other) &&
               (other.host_nqn == host_nqn) != (other.host_id == id);
    });
}

Millis Target::Impl::effective_kato(uint32_t kato_ms) const {
    if (kato_ms == 0)
        return Millis{0};
    const int64_t unit = 100 * kKeepAliveUnit100ms;
    const int64_t rounded = (int64_t{kato_ms} + unit - 1) / unit * unit;
    return std::max(Millis{rounded}, options_.min_kato);
}

void Target::Impl::connect_admin(Session& session, uint16_t slot, const ConnectData& data,
                                 bool discovery) {
    Connection& c = session.connection;
    const Sqe sqe = c.command(slot).sqe;
    const std::string host_nqn(*nqn_of(data.hostnqn));
    if (data.cntlid != kDynamicCntlid)
        return connect_invalid(session, slot, true, kDataCntlid);
    if (is_zero(data.hostid))
        return connect_invalid(session, slot, true, kDataHostid);
    if (!discovery && !admitted(host_nqn)) {
        log_.push_back(
            fmt::format("connect refused: host is not registered host={}", printable(host_nqn)));
        c.respond(slot, st::kConnectInvalidHost);
        return;
    }
    if (!discovery && host_id_taken(host_nqn, data.hostid)) {
        log_.push_back(fmt::format("connect refused: the host identifier does not go with the "
                                   "name of the controllers that are here host={}",
                                   printable(host_nqn)));
        c.respond(slot, Status{st::kConnectInvalid.sct, st::kConnectInvalid.sc, false},
                  kDataHostid | 1u << 16); // may heal: the other controllers may end
        return;
    }
    // Writes of its former controller may still land: over what it writes through a new one.
    const bool drains =
        !discovery && std::any_of(draining_.begin(), draining_.end(), [&](const auto& e) {
            return e.second.changes > 0 && e.second.host_nqn == host_nqn;
        });
    const uint16_t cntlid = drains ? uint16_t{0} : make_room(host_nqn);
    if (cntlid == 0) {
        c.respond(slot, st::kConnectBusy);
        return;
    }
    auto controller = std::make_unique<Controller>();
    controller->cntlid = cntlid;
    controller->discovery = discovery;
    controller->host_nqn = host_nqn;
    controller->host_id = data.hostid;
    controller->listener = session.listener;
    controller->admin = c.id();
    controller->kato = effective_kato(sqe.cdw12);
    controller->last_sign = now_;
    controller->disabled_since = now_;
    controller->granted_queues = options_.max_io_queues;
    if (discovery) {
        if (controller->kato.count() > 0)
            controller->aec = aen::kConfigDiscovery;
        controller->discovery_generation = discovery_generation(*controller);
    } else {
        controller->attached = attached_to(host_nqn);
        note_reservations(*controller); // from here on
        controller->path = path_of(*controller);
    }
    session.controller = controller.get();
    session.qid = 0;
    controllers_.emplace(cntlid, std::move(controller));
    ++counters_.controllers_created;
    ++controllers_version_;
    const bool flow_control = ((sqe.cdw11 >> 16) & 4) == 0;
    c.set_queue(true, static_cast<uint16_t>((sqe.cdw11 & 0xFFFF) + 1), flow_control);
    log_.push_back(fmt::format("controller created cntlid={} discovery={} host={} kato_ms={}",
                               cntlid, discovery, printable(host_nqn),
                               session.controller->kato.count()));
    const uint32_t wants = discovery ? 0 : require_auth(session, host_nqn);
    c.respond(slot, st::kOk, cntlid | wants);
}

// ---------------------------------------------------------------- authentication

// Result bits of a Connect: authentication must follow on this queue.
uint32_t Target::Impl::require_auth(Session& session, const std::string& host_nqn) {
    constexpr uint32_t kAuthRequired = 1u << 17;
    const HostConfig* h = host(host_nqn);
    if (!h || h->dhchap_secret.empty())
        return 0;
    session.authenticated = false;
    auto secret = parse_dhchap_secret(h->dhchap_secret.expose());
    std::optional<DhchapSecret> controller;
    if (!h->dhchap_ctrl_secret.empty())
        if (auto parsed = parse_dhchap_secret(h->dhchap_ctrl_secret.expose()))
            controller = std::move(*parsed);
    if (secret) // otherwise nobody can pass: a secret that cannot be read must not open the door
        session.auth = std::make_unique<AuthTarget>(AuthNames{host_nqn, options_.subsystem_nqn},
                                                    std::move(*secret), std::move(controller));
    return kAuthRequired;
}

namespace {

constexpr uint8_t kSecurityProtocol = 0xE9;
constexpr uint32_t kMaxAuthBytes = 4096;

bool names_dhchap(const Sqe& sqe) {
    return sqe.cdw10 >> 24 == kSecurityProtocol && (sqe.cdw10 >> 8 & 0xFF) == 1 &&
           (sqe.cdw10 >> 16 & 0xFF) == 1;
}

} // namespace

void Target::Impl::auth_send(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    if (!session.auth) {
        c.respond(slot, session.authenticated ? st::kInvalidOpcode : st::kAuthRequired);
        return;
    }
    const uint32_t length = cmd.sqe.cdw11;
    if (!names_dhchap(cmd.sqe) || length == 0 || length > kMaxAuthBytes ||
        cmd.data().size() < length) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    session.auth->on_send(cmd.data().first(length));
    session.authenticated = session.auth->done();
    c.respond(slot, st::kOk);
}

void Target::Impl::auth_receive(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    if (!session.auth) {
        c.respond(slot, session.authenticated ? st::kInvalidOpcode : st::kAuthRequired);
        return;
    }
    const uint32_t length = cmd.sqe.cdw11;
    if (!names_dhchap(cmd.sqe) || length < 8 || cmd.length < length) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    auto message = session.auth->on_receive();
    if (!message || message->size() > length) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    session.authenticated = session.auth->done();
    if (session.auth->failed()) {
        log_.push_back(fmt::format("authentication failed cntlid={} qid={} host={}",
                                   session.controller->cntlid, session.qid,
                                   printable(session.controller->host_nqn)));
        // The host has its answer; whatever else it tries, it starts with a new connection.
        message->resize(std::min<uint32_t>(length, kMaxAuthBytes));
        c.respond_data(slot, *message);
        close_session(session, true);
        return;
    }
    message->resize(std::min<uint32_t>(length, kMaxAuthBytes));
    c.respond_data(slot, *message);
}

void Target::Impl::connect_io(Session& session, uint16_t slot, const ConnectData& data) {
    Connection& c = session.connection;
    const Sqe sqe = c.command(slot).sqe;
    const auto qid = static_cast<uint16_t>(sqe.cdw10 >> 16);
    const auto it = controllers_.find(data.cntlid);
    if (it == controllers_.end())
        return connect_invalid(session, slot, true, kDataCntlid);
    Controller& controller = *it->second;
    if (controller.discovery)
        return connect_invalid(session, slot, false, kSqeQid);
    if (*nqn_of(data.hostnqn) != controller.host_nqn)
        return connect_invalid(session, slot, true, kDataHostnqn);
    if (data.hostid != controller.host_id)
        return connect_invalid(session, slot, true, kDataHostid);
    // ESXi may connect an I/O queue to a controller that is being disabled or shut down.
    const bool entry_sizes_ok = (controller.cc >> 16 & 0xFF) == 0x46;
    const bool shutting =
        (controller.csts & csts::kShutdownMask) != 0 || controller.quiescing_shutdown;
    const Session* admin = find(controller.admin);
    if (!admin || !admin->authenticated || !controller.enabled() || !entry_sizes_ok || shutting)
        return connect_invalid(session, slot, false, kSqeQid);
    // The asymmetric access state is that of the port that the controller was connected by.
    if (session.listener.address != controller.listener.address ||
        session.listener.port != controller.listener.port)
        return connect_invalid(session, slot, false, kSqeQid);
    if (qid > controller.granted_queues) {
        c.respond(slot, st::kInvalidQueueId);
        return;
    }
    if (controller.io_queues.contains(qid)) {
        // A host that reconnects fast may be ahead of the end of its old connection.
        const auto same = [&](const WaitingConnect& w) { return w.session == c.id(); };
        if (std::any_of(waiting_connects_.begin(), waiting_connects_.end(), same))
            return;
        waiting_connects_.push_back(
            WaitingConnect{c.id(), slot, c.command(slot).generation, now_ + kDuplicateQueueWait});
        return;
    }
    if (!controller.lost_changes.empty()) {
        c.respond(slot, st::kConnectBusy);
        return;
    }
    session.controller = &controller;
    session.qid = qid;
    controller.io_queues.emplace(qid, c.id());
    const bool flow_control = ((sqe.cdw11 >> 16) & 4) == 0;
    c.set_queue(false, static_cast<uint16_t>((sqe.cdw11 & 0xFFFF) + 1), flow_control);
    const uint32_t wants = require_auth(session, controller.host_nqn);
    if (session.authenticated)
        controller.last_sign = now_;
    c.respond(slot, st::kOk, controller.cntlid | wants);
}

// ---------------------------------------------------------------- properties

uint64_t Target::Impl::cap() const {
    const uint64_t mqes = options_.max_queue_entries - 1u;
    const uint64_t timeout_500ms = 30; // 15 s
    return mqes | (1ull << 16) | (timeout_500ms << 24) | (1ull << 37);
}

void Target::Impl::property_get(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Sqe& sqe = c.command(slot).sqe;
    const uint32_t size = (sqe.cdw10 & 7) == 0 ? 4 : 8;
    const uint32_t offset = sqe.cdw11;
    const Controller& controller = *session.controller;
    std::optional<uint64_t> value;
    if ((sqe.cdw10 & 7) <= 1) {
        if (size == 8) {
            if (offset == prop::kCap)
                value = cap();
        } else if (offset == prop::kCap) {
            value = cap() & 0xFFFFFFFF;
        } else if (offset == prop::kCap + 4) {
            value = cap() >> 32;
        } else if (offset == prop::kVs) {
            value = kVersion14;
        } else if (offset == prop::kCc) {
            value = controller.cc;
        } else if (offset == prop::kCsts) {
            value = controller.csts;
        }
    }
    if (!value) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    c.respond(slot, st::kOk, static_cast<uint32_t>(*value), static_cast<uint32_t>(*value >> 32));
}

void Target::Impl::property_set(Session& session, uint16_t slot) {
    const Sqe& sqe = session.connection.command(slot).sqe;
    if ((sqe.cdw10 & 7) != 0 || sqe.cdw11 != prop::kCc) {
        session.connection.respond(slot, st::kInvalidField);
        return;
    }
    write_cc(session, slot, sqe.cdw12);
}

void Target::Impl::write_cc(Session& session, uint16_t slot, uint32_t value) {
    Controller& controller = *session.controller;
    const uint32_t css = value >> 4 & 7;
    const uint32_t mps = value >> 7 & 0xF;
    const uint32_t ams = value >> 11 & 7;
    if ((css != 0 && css != 6) || mps != 0 || ams != 0) {
        session.connection.respond(slot, st::kInvalidField);
        return;
    }
    const bool was_enabled = (controller.cc & cc::kEnable) != 0;
    const bool enable = (value & cc::kEnable) != 0;
    const uint32_t shutdown = value & cc::kShutdownMask;
    const uint32_t had_shutdown = controller.cc & cc::kShutdownMask;
    controller.cc = value;
    if (!was_enabled && enable) {
        // What is in flight belongs to before the reset: ready when that is over.
        controller.csts = controller.quiescing_reset ? 0 : csts::kReady;
    } else if (was_enabled && !enable) {
        drop_io_queues(controller);
        fence(controller); // the reset waits for what is in flight
        for (const uint16_t aer : std::exchange(controller.aers, {}))
            session.connection.respond(aer, st::kAbortedSqDeleted);
        forget_settings(controller);
        controller.disabled_since = now_;
        controller.quiescing_reset = true;
    }
    if (shutdown != 0 && had_shutdown == 0) {
        drop_io_queues(controller);
        fence(controller);
        controller.csts = (controller.csts & ~csts::kShutdownMask) | (1u << 2);
        controller.quiescing_shutdown = true;
        controller.disabled_since = now_;
    } else if (shutdown == 0 && had_shutdown != 0) {
        controller.csts &= ~csts::kShutdownMask;
        controller.quiescing_shutdown = false;
    }
    session.connection.respond(slot, st::kOk);
    quiesced(controller);
}

} // namespace pf::nvme::target
