// A Core with a MetaStore under it, driven by hand: sessions are numbers, time is set by the test.
#pragma once

#include "backend/mdm/core/core.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pf::mdm::test {

class Harness {
  public:
    explicit Harness(CoreConfig config = small_config());
    static CoreConfig small_config();

    // ---- the shell's part ----
    void deliver(SessionId from, const wire::Envelope& envelope);
    void advance(Duration by, bool heartbeats = true); // in ticks of 50 ms
    void stall(Duration by) { now_.mono += by; }       // the MDM stands still
    void close(SessionId session);
    void restart(); // kill and reload from the store; every session is gone
    Core& core() { return *core_; }
    const State& state() const { return core_->state(); }
    meta::MetaStore& store() { return *store_; }
    const std::shared_ptr<const Sealer>& sealer() const { return sealer_; }
    MonoTime now() const { return now_.mono; }

    // Messages for a session since the last take.
    std::vector<wire::Envelope> take(SessionId session);

    // ---- management ----
    wire::ManagementReply manage(wire::ManagementRequest request); // must be answered at once
    std::uint64_t manage_later(wire::ManagementRequest request);   // request id
    std::optional<wire::ManagementReply> answer(std::uint64_t request_id);
    wire::ManagementReply query();

    // ---- data servers ----
    struct FakeSds {
        std::uint64_t id = 0;
        SessionId session = 0;
        std::uint64_t incarnation = 0;
        std::string ip;
        MonoTime lease_until{}; // by its own clock: from the time of sending
        std::map<std::uint32_t, wire::CombRecord> combs;
        std::map<std::uint64_t, wire::NodeRecord> nodes;
        std::map<std::uint64_t, wire::DeviceConfig> devices;
        std::uint64_t applied = 0;
        bool auto_ack = true;                         // confirms configurations and freezes
        std::map<std::uint64_t, std::uint32_t> asked; // request id > comb it offered to give up
        bool auto_rebuild = true;
        bool heartbeats = true;
        bool alive = true;                // the process
        bool frozen_io = false;           // takes messages only when told (delays)
        std::set<std::uint32_t> given_up; // combs it stopped serving before it said so to the MDM
        std::map<std::uint32_t, std::uint64_t>
            version; // of its copy: last acknowledged write in it
    };
    // Would answer I/O for the comb as its primary, right now, by what it knows itself.
    bool serves(const FakeSds& server, std::uint32_t comb) const;
    void write_everywhere(); // one write to each comb that some server would acknowledge
    std::uint64_t next_request() { return ++last_request_; }
    bool process_one(std::size_t index); // one waiting message of a server
    FakeSds& sds(std::size_t index) { return servers_[index]; }
    std::size_t sds_count() const { return servers_.size(); }
    void connect_sds(std::size_t index, bool new_process, bool clean = false);
    void disconnect_sds(std::size_t index);
    void heartbeat(std::size_t index);
    wire::Envelope ack_from(std::size_t index, wire::Envelope request); // sends, returns the Ack

    // ---- clients ----
    struct FakeClient {
        SessionId session = 0;
        std::uint64_t id = 0;
        MonoTime lease_until{};
        std::map<std::uint64_t, wire::VolumeInfo> volumes;
        std::map<std::uint64_t, wire::HostInfo> hosts;
        bool auto_ack = true;
        bool heartbeats = true;
        std::string refusal;
        std::map<std::uint64_t, wire::SdtReserveReply> reserved; // by request id
    };
    FakeClient& add_sdc(const std::string& guid);
    FakeClient& add_sdt(const std::string& name);
    void connect_client(FakeClient& client, const wire::ClientRegister& m);

    // One domain, one pool, `count` servers with one device of `gib` each, all joined.
    void build(std::size_t count = 3, std::uint64_t gib = 100);
    std::uint64_t create_volume(const std::string& name, std::uint64_t gib = 8);
    std::uint64_t domain = 0;
    std::uint64_t pool = 0;

    // The safety rules, checked after every step: see harness.cpp.
    void check_invariants();

  private:
    void perform(Effects effects);
    void react();
    void react_sds(FakeSds& server, const wire::Envelope& envelope);
    void rebuild(FakeSds& server, std::uint32_t comb);
    FakeSds* server_of(std::uint64_t id);
    void react_client(FakeClient& client, const wire::Envelope& envelope);

    CoreConfig config_;
    std::unique_ptr<meta::MetaStore> store_;
    std::shared_ptr<const Sealer> sealer_ = std::make_shared<Sealer>(Bytes(32, std::byte{7}));
    std::unique_ptr<Core> core_;
    Now now_;
    SessionId last_session_ = 100;
    std::uint64_t last_request_ = 0;
    std::uint64_t last_incarnation_ = 1000;
    std::uint64_t last_seq_ = 0;
    std::map<std::uint64_t, MonoTime> sent_at_; // heartbeat seq > time
    std::map<SessionId, std::vector<wire::Envelope>> inbox_;
    std::map<std::uint64_t, wire::ManagementReply> answers_;
    std::deque<FakeSds> servers_;
    std::deque<FakeClient> clients_;
    std::map<map::CombId, map::Comb> last_combs_;
    std::map<std::uint32_t, std::uint64_t> acked_; // comb > newest acknowledged write
    bool reacting_ = false;
};

constexpr SessionId kManager = 1;

} // namespace pf::mdm::test
