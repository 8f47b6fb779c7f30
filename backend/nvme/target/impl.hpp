// Private to backend/nvme/target: the state behind `Target` and its parts by topic
// (target.cpp events, fabrics.cpp Connect and properties, admin.cpp, identify.cpp, logs.cpp,
// io.cpp).
#pragma once

#include "backend/nvme/auth.hpp"
#include "backend/nvme/target/connection.hpp"
#include "backend/nvme/target/target.hpp"

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

namespace pf::nvme::target {

inline constexpr uint16_t kKeepAliveUnit100ms = 10; // KAS
inline constexpr size_t kMaxAers = 4;
inline constexpr uint32_t kMaxNamespaces = 1024; // attached to one controller

// One kind of asynchronous event of one controller: told at most once until its log is read.
struct EventLatch {
    bool told = false;    // or waiting to be
    bool pending = false; // no AER was there to carry it
};

struct Controller {
    uint16_t cntlid = 0;
    bool discovery = false;
    std::string host_nqn;
    std::array<uint8_t, 16> host_id{};
    ListenerInfo listener;
    SessionId admin{};
    std::map<uint16_t, SessionId> io_queues;

    uint32_t cc = 0; // as the host wrote it
    uint32_t csts = 0;
    bool quiescing_reset = false;    // CC.EN fell, I/O still in flight
    bool quiescing_shutdown = false; // the same for CC.SHN
    Millis kato{0};
    TimePoint last_sign{}; // of life
    TimePoint disabled_since{};

    std::vector<uint16_t> aers; // slots on the admin queue
    uint32_t aec = 0;
    EventLatch namespace_event, ana_event, discovery_event, reservation_event;
    struct ReservationEntry {
        uint64_t count = 0;
        NoticeKind kind{};
        uint32_t nsid = 0;
    };
    std::deque<ReservationEntry> reservation_log; // not read yet; the oldest first
    uint64_t reservation_entries = 0;             // ever, for their numbers
    std::map<uint32_t, uint64_t> notices_seen;    // by NSID
    std::map<uint32_t, uint32_t> notice_masks;    // feature 82h, by NSID
    std::set<uint32_t> changed_nsids;
    uint64_t discovery_generation = 0;
    AnaState path = AnaState::Optimized; // how this host's way to us counts; a group may be worse

    std::vector<NamespaceConfig> attached; // by NSID
    size_t io_in_flight = 0;
    size_t changes_in_flight = 0; // of them
    // Of queues that are gone: no queue is connected before they are over. Whatever the host
    // repeats there, a late one could undo.
    std::map<SessionId, size_t> lost_changes;
    uint16_t granted_queues = 0;
    std::map<uint8_t, uint32_t> features; // plain values that are only kept

    uint64_t reads = 0, writes = 0, read_bytes = 0, write_bytes = 0;

    bool enabled() const { return (csts & csts::kReady) != 0 && !quiescing_reset; }
    bool shut() const { return (csts & csts::kShutdownMask) != 0; }
    // One unit of slack: the host's timer and ours do not start together.
    TimePoint keep_alive_deadline() const {
        return last_sign + kato + Millis{100 * kKeepAliveUnit100ms};
    }
    const NamespaceConfig* find(uint32_t nsid) const;
};

struct Session {
    Session(SessionId id, const ConnectionLimits& limits, MemoryBudget& budget,
            CommandHandler& handler)
        : connection(id, limits, budget, handler) {}
    Connection connection;
    ListenerInfo listener;
    TimePoint opened{};
    Controller* controller = nullptr;
    uint16_t qid = 0;
    size_t changes = 0;               // of this queue, in flight
    std::unique_ptr<AuthTarget> auth; // this queue's exchange; null: none is asked for
    bool authenticated = true;
    std::string tls_host, tls_subsystem; // proved by TLS
    bool writable = false;               // announced by take_writable
    bool closing = false;                // announced by take_closing
};

class Target::Impl final : public CommandHandler {
  public:
    explicit Impl(TargetOptions options);

    // target.cpp
    std::optional<SessionId> open(const ListenerInfo& listener, TimePoint now);
    void on_secured(SessionId id, std::string host_nqn, std::string subsystem_nqn);
    void on_bytes(SessionId id, ByteSpan bytes);
    void on_sent(SessionId id, size_t bytes);
    void on_closed(SessionId id);
    void on_window(SessionId id, size_t bytes);
    void on_io_done(const IoToken& token, Status status);
    void set_view(TargetView view);
    void stop();
    void tick();
    TimePoint next_deadline() const;
    Session* find(SessionId id);
    const Session* find(SessionId id) const;

    // CommandHandler
    void on_command(Connection& connection, uint16_t slot) override;
    void on_fused(Connection& connection, uint16_t first, uint16_t second) override;

    TargetOptions options_;
    MemoryBudget budget_; // outlives the sessions
    TargetCounters counters_;
    TimePoint now_{};

    std::vector<IoRequest> io_;
    std::vector<SessionId> writable_;
    std::vector<ClosingSession> closing_;
    std::vector<Fence> fenced_;
    std::vector<std::string> log_;
    size_t io_in_flight_ = 0;
    uint64_t controllers_version_ = 0;

    std::unordered_map<uint32_t, std::unique_ptr<Session>> sessions_;
    std::map<uint16_t, std::unique_ptr<Controller>> controllers_;

  private:
    // target.cpp
    bool admit_half_open(const std::string& peer);
    void touch(Session& session);
    void close_session(Session& session, bool flush);
    void leave_controller(Session& session);
    void end_controller(Controller& controller, std::string_view why);
    void quiesced(Controller& controller);
    void drop_io_queues(Controller& controller);
    static void lose_queue(Controller& controller, const Session& session);
    void change_ended(Controller& controller, SessionId id);
    void forget_settings(Controller& controller) const;
    void fence(const Controller& controller, std::optional<uint64_t> device = std::nullopt);
    const HostConfig* host(std::string_view nqn) const;
    bool admitted(std::string_view nqn) const;
    bool secured(const Session& session, std::string_view host_nqn,
                 std::string_view subsystem_nqn) const;
    std::vector<NamespaceConfig> attached_to(std::string_view nqn) const;
    void refresh_namespaces(Controller& controller);
    void raise(Controller& controller, EventLatch& latch, uint32_t config_bit);
    void deliver(Controller& controller);
    AnaState path_of(const Controller& controller) const;
    AnaState ana_state(uint32_t group) const;
    AnaState ana_state(const Controller& controller, uint32_t group) const;
    void count_ana_change(const Controller& controller);

    // fabrics.cpp
    void fabrics(Session& session, uint16_t slot);
    void auth_send(Session& session, uint16_t slot);
    void auth_receive(Session& session, uint16_t slot);
    uint32_t require_auth(Session& session, const std::string& host_nqn);
    void connect(Session& session, uint16_t slot);
    void connect_admin(Session& session, uint16_t slot, const ConnectData& data, bool discovery);
    void connect_io(Session& session, uint16_t slot, const ConnectData& data);
    void retry_connects(bool expire);
    void connect_invalid(Session& session, uint16_t slot, bool in_data, uint16_t offset);
    std::string_view own_discovery_nqn() const;
    uint16_t allocate_cntlid();
    bool proven(const Controller& controller) const;
    uint16_t make_room(const std::string& host_nqn);
    bool host_id_taken(const std::string& host_nqn, const HostId& id) const;
    Millis effective_kato(uint32_t kato_ms) const;
    void property_get(Session& session, uint16_t slot);
    void property_set(Session& session, uint16_t slot);
    void write_cc(Session& session, uint16_t slot, uint32_t value);
    uint64_t cap() const;

    // admin.cpp
    void admin(Session& session, uint16_t slot);
    void set_features(Session& session, uint16_t slot);
    void get_features(Session& session, uint16_t slot);
    void abort(Session& session, uint16_t slot);
    bool abort_command(Session& session, uint16_t cid, Status status = st::kAborted);
    void async_event(Session& session, uint16_t slot);

    // identify.cpp
    void identify(Session& session, uint16_t slot);
    IdentifyController identify_controller(const Controller& controller) const;
    IdentifyNamespace identify_namespace(const Controller& controller,
                                         const NamespaceConfig& ns) const;

    // logs.cpp
    void get_log(Session& session, uint16_t slot);
    void log_was_read(Controller& controller, LogId lid);
    Bytes ana_log(const Controller& controller, bool groups_only) const;
    Bytes discovery_log(const Controller& controller) const;
    uint64_t discovery_generation(const Controller& controller) const;

    // io.cpp
    void io_command(Session& session, uint16_t slot);
    Status usable(const Controller& controller, uint32_t nsid, const NamespaceConfig*& ns) const;
    static IoRequest request_for(const NamespaceConfig& ns, const Sqe& sqe, IoOp op);
    void submit(Session& session, uint16_t slot, IoRequest request);
    void dataset_management(Session& session, uint16_t slot, const NamespaceConfig& ns);
    // reservations.cpp
    bool reservation_command(Session& session, uint16_t slot, const NamespaceConfig& ns);
    void reservation_report(Session& session, uint16_t slot, const NamespaceConfig& ns);
    void set_persistence(Session& session, uint16_t slot);
    void note_reservations(Controller& controller);
    void abort_namespace(Controller& controller, const NamespaceConfig& ns);
    static Bytes reservation_log(const Controller& controller);
    void reservation_log_was_read(Controller& controller);

    // io.cpp
    void finish_io(Session& session, uint16_t slot, Status status);

    // An I/O Connect whose queue id is still taken by a connection that may be about to end.
    struct WaitingConnect {
        SessionId session{};
        uint16_t slot = 0;
        uint16_t generation = 0;
        TimePoint until{};
    };
    std::vector<WaitingConnect> waiting_connects_;

    uint32_t next_session_ = 1;
    uint16_t next_cntlid_ = 0;
    // Ended controllers with I/O in flight: their ids, and their hosts, wait for its end.
    struct Draining {
        size_t io = 0;
        size_t changes = 0;
        std::string host_nqn;
    };
    std::map<uint16_t, Draining> draining_;
    bool have_view_ = false;
    bool stopping_ = false;
    TargetView view_;
    std::map<std::string, size_t, std::less<>> hosts_; // NQN to index in view_.hosts
    std::map<uint32_t, NamespaceConfig> namespaces_;
    uint64_t ana_changes_ = 0;
    std::map<uint32_t, uint64_t> ana_group_changes_;
};

// Text of an untrusted string for the log: printable ASCII, at most 128 characters.
std::string printable(std::string_view text);

} // namespace pf::nvme::target
