// The MDM as a deterministic state machine: events in, effects out. No sockets, no clock, no disk,
// no randomness inside; the same events give the same effects.
//
// The owner (shell, test, simulation) calls one event function at a time and then performs the
// returned Effects IN ORDER: first commits `txn` (when not empty), then sends `send`, then closes
// `close`, then writes `log`. Effects of a later event must not overtake those of an earlier one.
// So nothing is ever told to a data server or client before it is durable. If a commit fails, the
// memory is ahead of the store: the owner must stop the process and load anew.
//
// Safety rules kept here (DESIGN 4.2):
//   - A comb's primary changes only when the old primary can no longer serve: its lease has run out
//     by our clock (grant + lease + margin), its process is known to be another one, or it asked.
//   - Each such change raises the comb's generation, durably, before anybody learns of it.
//   - A copy that missed an acknowledged write is never primary again without a full copy.
//   - After a start of the MDM every data server is taken to hold a lease for `startup_grace`.
//   - A volume is mapped to SDCs or to NVMe hosts, never to both; an unmap is answered only when
//     the client has confirmed that it stopped, or its lease has run out and it is fenced.
//   - A client whose lease has run out is fenced: the fence of every volume that it could write is
//     raised, so that what it handed to its sockets before, or has not noticed yet, is refused.
#pragma once

#include "backend/map/placement.hpp"
#include "backend/mdm/core/refusal.hpp"
#include "backend/mdm/core/state.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"

#include <deque>
#include <optional>
#include <string>

namespace pf::mdm {

using SessionId = std::uint64_t; // a connection, numbered by the owner; 0: none

struct Now {
    MonoTime mono{};
    std::int64_t wall = 0; // Unix seconds
};

struct CoreConfig {
    Duration heartbeat{500ms};
    Duration lease{3s};
    Duration lease_margin{500ms}; // clock drift between us and a lease holder
    Duration startup_grace{4s};   // at least lease + margin
    Duration ack_timeout{8s};     // a map change not confirmed for so long ends the lease
    Duration freeze_timeout{10s};
    Duration stall{500ms};        // a longer gap between ticks was ours, not theirs
    Duration device_timeout{20s}; // add_device waits so long for the SDS to open it
    Duration rebuild_retry{2s};
    Duration forward_rebuild_after{10min};
    std::uint32_t comb_count = map::kDefaultCombCount;
    std::uint32_t max_rebuilds_per_sds = 256;
    std::uint32_t thin_overprovision = 32; // thin provisioned : net capacity
    std::string version = "R4_6.0.0";
};

struct Outgoing {
    SessionId to = 0;
    wire::Envelope envelope;
};
struct LogLine {
    LogLevel level = LogLevel::Info;
    std::string text;
};
struct Effects {
    meta::Txn txn;
    std::vector<Outgoing> send;
    std::vector<SessionId> close;
    std::vector<LogLine> log;
};

// A fresh system's first record; put by the shell with State::write-compatible key.
struct NewSystem {
    map::SystemId id;
    std::string name;
    std::uint64_t install_id = 0;
};

class Core {
  public:
    // `state` as loaded; freezes that were in progress are undone by the first tick().
    Core(CoreConfig config, State state, Now now);
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    // The state of a system that has just been created.
    static State create(const NewSystem& system, Now now);

    Effects message(SessionId from, const wire::Envelope& envelope, Now now);
    Effects session_closed(SessionId session, Now now);
    Effects tick(Now now); // at least every 100 ms

    const State& state() const { return state_; }
    const CoreConfig& config() const { return config_; }

    // How a data server stands, as tests and statistics see it.
    bool sds_up(map::SdsId sds) const;

  private:
    // ---- who is connected (volatile) ----
    struct Party {
        SessionId session = 0;
        MonoTime lease_until{}; // it serves nothing after this
        std::uint64_t sent_epoch = 0;
        std::uint64_t applied_epoch = 0;
        std::optional<MonoTime> unacked_since;
        bool needs_full = false; // gets everything at the end of this step
        std::uint64_t full_request_id = 0;
    };
    struct SdsParty : Party {
        bool joined = false; // has heartbeated after applying its configuration
        bool resync = false; // process restarted without a clean stop; no lease until resolved
        std::uint64_t incarnation = 0;
        MonoTime gone_since{};
        std::set<map::CombId> known_combs;
        std::map<std::uint64_t, wire::DeviceStatus> devices;
        std::map<std::uint32_t, wire::RebuildProgress> rebuilds;
    };
    enum class PartyKind : std::uint8_t { Sds, Sdc, Sdt };
    struct PartyKey {
        PartyKind kind = PartyKind::Sds;
        std::uint64_t id = 0;
        friend auto operator<=>(const PartyKey&, const PartyKey&) = default;
    };
    struct ClientParty : Party {
        std::set<std::uint64_t> known_volumes;
        std::vector<wire::ControllerReport> controllers;
        bool lapsed = true;             // it had no lease when last looked at, and is fenced
        unsigned fences = 0;            // that the data servers have not all confirmed
        std::set<std::uint64_t> losing; // less is allowed there, which it has not confirmed
    };
    // What a member of a comb can do right now.
    enum class Member : std::uint8_t {
        None,
        Up,     // holds a lease, device open
        Silent, // may hold a lease, can't be reached: wait
        Dead    // serves nothing for sure
    };

    // ---- requests answered later ----
    struct Settling { // durable; waits until everybody concerned has taken it over
        SessionId session = 0;
        wire::Envelope reply;
        std::uint64_t epoch = 0;
        std::set<PartyKey> waiting;
        MonoTime deadline;
        std::optional<PartyKey> fenced; // not a request: the fence of this client
    };
    struct DeviceWait {
        SessionId session = 0;
        std::uint64_t request_id = 0;
        std::uint64_t device = 0;
        MonoTime deadline;
    };
    struct Freeze {
        std::uint64_t id = 0;
        SessionId session = 0;
        wire::Envelope request;
        std::set<std::uint64_t> nodes;
        std::set<std::uint64_t> volumes;
        std::set<std::uint64_t> waiting; // SDSs whose Ack (or death) is outstanding
        MonoTime deadline;
    };

    // core.cpp: dispatch, steps, pushes
    void begin(Now now);
    Effects finish();
    void send(SessionId to, wire::Envelope envelope);       // after the pushes of this step
    void send_early(SessionId to, wire::Envelope envelope); // before them
    void ack(SessionId to, std::uint64_t request_id, const Result<void>& outcome);
    void say(LogLevel level, std::string text);
    void push_changes();
    void settle(Now now);
    void confirm(const PartyKey& key, std::uint64_t epoch);
    Party* party(const PartyKey& key);
    bool holds_lease(const Party& p) const { return p.lease_until > now_.mono; }
    bool harmless(const PartyKey& key) const;
    void await_fences();
    std::uint64_t new_id();
    std::uint32_t lease_ms_for(Party& p, bool may_grant);

    // sds.cpp
    void sds_register(SessionId from, std::uint64_t request_id, const wire::SdsRegister& m);
    void sds_heartbeat(SessionId from, SdsParty& p, std::uint64_t id, const wire::SdsHeartbeat& m,
                       std::uint64_t request_id);
    void sds_left(std::uint64_t id, SdsParty& p);
    void mark_stale(SessionId from, std::uint64_t request_id, std::uint64_t sds,
                    const wire::MarkStale& m);
    void rebuild_done(SessionId from, std::uint64_t request_id, std::uint64_t sds,
                      const wire::RebuildDone& m);
    void device_status(std::uint64_t sds, const wire::DeviceStatus& m);
    wire::SdsRecord* match_sds(const wire::SdsRegister& m);

    // combs.cpp
    void reconcile();
    void reconcile_comb(map::Comb& comb);
    void finish_resyncs();
    void start_rebuilds();
    void new_home(map::Comb& comb);
    Member member(map::SdsId sds, map::DeviceId device) const;
    void degrade(map::Comb& comb, map::SdsId survivor, std::string_view why);
    void bump(map::Comb& comb);
    std::vector<map::PlacementServer> placement_servers(std::uint64_t pool) const;
    Outcome<> ensure_placed(std::uint64_t pool);
    void unplace(std::uint64_t pool);
    bool pool_is_empty(std::uint64_t pool) const;

    // sds.cpp, for clients too
    template<class Reply>
    void refuse_registration(SessionId from, wire::Envelope& envelope, Reply& reply,
                             std::string_view who, const Error& why);
    std::optional<Error> registration_fault(std::uint32_t version, std::uint64_t system,
                                            std::string_view who) const;

    // clients.cpp
    void client_register(SessionId from, std::uint64_t request_id, const wire::ClientRegister& m);
    void client_heartbeat(SessionId from, const PartyKey& key, std::uint64_t request_id,
                          const wire::ClientHeartbeat& m);
    void sdt_report(const PartyKey& key, const wire::SdtReport& m);
    void raise_fence(map::NodeId node);
    void fence_client(const PartyKey& key, ClientParty& p);
    void fence_lapsed();
    void sdt_reserve(SessionId from, const PartyKey& key, std::uint64_t request_id,
                     const wire::SdtReserve& m);
    wire::SdtRecord sdt_info(const wire::SdtRecord& sdt) const;

    // views.cpp
    void push_sds_config(std::uint64_t sds, SdsParty& p); // sends nothing when nothing concerns it
    void full_sds_config(std::uint64_t sds, SdsParty& p, wire::SdsConfig& out);
    bool delta_sds_config(std::uint64_t sds, SdsParty& p, wire::SdsConfig& out);
    void push_map(const PartyKey& key, ClientParty& p);
    void full_map(const PartyKey& key, ClientParty& p, wire::MapUpdate& out);
    bool delta_map(const PartyKey& key, ClientParty& p, wire::MapUpdate& out);
    bool client_sees(const PartyKey& key, const wire::VolumeRecord& v) const;
    wire::VolumeInfo volume_info(const PartyKey& key, const wire::VolumeRecord& v) const;
    wire::HostInfo host_info(const wire::HostRecord& host) const;
    wire::SdsPeer peer_of(const wire::SdsRecord& sds) const;
    wire::DeviceConfig device_config(const wire::DeviceRecord& device) const;
    bool node_concerns(const map::Node& node, const wire::SdsRecord& sds) const;
    void sent(Party& p);
    void add_combs(wire::MapUpdate& out, std::uint64_t pool) const;
    void add_pool(wire::MapUpdate& out, const wire::StoragePoolRecord& pool) const;
    void build_snapshot(wire::Snapshot& out) const;
    void pool_stats(std::uint64_t pool, wire::PoolStats& out) const;
    std::vector<wire::NvmeControllerState> controllers_of(const wire::HostRecord& host) const;

    // management.cpp
    void management(SessionId from, const wire::Envelope& request);
    Outcome<> dispatch(const wire::ManagementRequest& r, wire::ManagementReply& reply);
    void refuse_request(SessionId to, std::uint64_t request_id, const Refusal& refusal);
    Outcome<> check_name(std::string_view name, bool may_be_empty = false) const;
    Outcome<> rename(const wire::RenameOp& r);
    Outcome<> remove(const wire::RemoveOp& r, wire::ManagementReply& reply);
    Outcome<> set_properties(const wire::SetPropertiesOp& r);

    // topology.cpp
    Outcome<> add_domain(const wire::AddProtectionDomainOp& r, wire::ManagementReply& reply);
    Outcome<> set_active(const wire::SetActiveOp& r);
    Outcome<> add_fault_set(const wire::AddFaultSetOp& r, wire::ManagementReply& reply);
    Outcome<> add_pool(const wire::AddStoragePoolOp& r, wire::ManagementReply& reply);
    Outcome<> set_pool(const wire::SetPoolOp& r);
    Outcome<> add_sds(const wire::AddSdsOp& r, wire::ManagementReply& reply);
    Outcome<> add_device(const wire::AddDeviceOp& r, wire::ManagementReply& reply);
    Outcome<> set_capacity_limit(const wire::SetCapacityLimitOp& r);
    Outcome<> add_sdt(const wire::AddSdtOp& r, wire::ManagementReply& reply);
    Outcome<> modify_ip(const wire::ModifyIpOp& r);
    Outcome<> set_ports(const wire::SetPortsOp& r);
    Outcome<> set_maintenance(const wire::SetMaintenanceOp& r);
    Outcome<> remove_domain(std::uint64_t id);
    Outcome<> remove_fault_set(std::uint64_t id);
    Outcome<> remove_pool(std::uint64_t id);
    Outcome<> remove_sds(std::uint64_t id, bool force);
    Outcome<> remove_device(std::uint64_t id, bool force);
    Outcome<> remove_sdt(std::uint64_t id, bool force);
    Outcome<> drop_device_copies(std::uint64_t device);
    Outcome<> check_sds_address(const std::vector<std::string>& ips, std::uint32_t port,
                                std::uint64_t except) const;
    Outcome<> check_sdt_address(const std::vector<std::string>& ips, std::uint32_t nvme_port,
                                std::uint64_t except) const;
    std::uint32_t new_port_id() const;

    // hosts.cpp
    Outcome<> approve_sdc(const wire::ApproveSdcOp& r, wire::ManagementReply& reply);
    Outcome<> add_host(const wire::AddHostOp& r, wire::ManagementReply& reply);
    Outcome<> set_host_limits(const wire::SetHostLimitsOp& r);
    Outcome<> set_host_auth(const wire::SetHostAuthOp& r);
    Outcome<> remove_initiator(std::uint64_t id, wire::ObjectKind kind);
    Outcome<> rename_initiator(std::uint64_t id, const std::string& name, wire::ObjectKind kind);
    Outcome<> check_initiator_name(const std::string& name, std::uint64_t except) const;
    bool has_mappings(std::uint64_t initiator) const;
    bool host_connected(const std::string& nqn) const;

    // volumes.cpp
    Outcome<> create_volume(const wire::CreateVolumeOp& r, wire::ManagementReply& reply);
    Outcome<> resize_volume(const wire::ResizeVolumeOp& r);
    Outcome<> remove_volume(const wire::RemoveOp& r, wire::ManagementReply& reply);
    Outcome<> erase_volumes(const std::set<std::uint64_t>& doomed);
    Outcome<> set_access_limit(const wire::SetAccessLimitOp& r);
    Outcome<> map_volume(const wire::MapVolumeOp& r);
    Outcome<> unmap_volume(const wire::UnmapVolumeOp& r);
    Outcome<> set_mapping(const wire::SetMappingOp& r);
    Outcome<wire::VolumeRecord*> volume(std::uint64_t id);
    Outcome<> check_capacity(const wire::StoragePoolRecord& pool, std::uint64_t add_kb,
                             wire::VolumeType type) const;
    Outcome<> check_volume_name(const std::string& name, std::uint64_t except) const;
    Outcome<std::uint64_t> rounded_size(std::uint64_t size_kb) const;
    std::uint32_t new_nsid();
    bool frozen_now(std::uint64_t volume) const;
    void touch_mapped(const wire::VolumeRecord& v);

    // snapshots.cpp
    void start_freeze(SessionId from, const wire::Envelope& request);
    void begin_freeze(SessionId from, const wire::Envelope& request);
    Outcome<> plan_freeze(const wire::ManagementRequest& r, Freeze& freeze);
    void freeze_ack(std::uint64_t sds, const wire::Envelope& envelope);
    void send_freeze(std::uint64_t sds);
    void check_freeze();
    void commit_freeze();
    void abort_freeze(const Refusal& why);
    void undo_intent(std::uint64_t id);
    Outcome<> remove_snapshot_group(const wire::RemoveSnapshotGroupOp& r,
                                    wire::ManagementReply& reply);
    map::NodeId new_node(map::NodeId parent, std::uint64_t vtree, std::uint64_t pool);
    void collect_nodes();

    CoreConfig config_;
    State state_;
    Changes changes_;
    Effects effects_;
    Now now_;
    // Of the snapshot shown to management. Starts at the wall clock, so that a caller's number of a
    // former life of the MDM is never taken for a current one.
    std::uint64_t revision_ = 1;
    bool volatile_changed_ = false;
    MonoTime last_tick_{};

    std::map<std::uint64_t, SdsParty> sds_;
    std::map<PartyKey, ClientParty> clients_;
    std::map<SessionId, PartyKey> sessions_;
    std::map<map::CombId, MonoTime> rebuild_not_before_;

    std::deque<Settling> settling_;
    std::deque<DeviceWait> device_waits_;
    std::optional<Freeze> freeze_;
    std::deque<std::pair<SessionId, wire::Envelope>> freeze_queue_;
    std::vector<Outgoing> early_;
    bool strict_ = false; // this step takes something away: silent lease holders count, too
    std::optional<std::pair<SessionId, wire::Envelope>> answer_; // of the running request
    std::optional<std::uint64_t> wait_for_device_;
    std::vector<PartyKey> lapsed_now_; // whose fences this step raises
};

} // namespace pf::mdm
