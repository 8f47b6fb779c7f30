// A data server as a whole: devices, replication core, listener, peers, and the conversation with
// the MDM that tells it what to be.
//
// Life: listen, register (again and again until the MDM knows this server), take the full
// configuration, open the devices, serve while the lease lasts. Messages of the MDM are handled
// strictly in order: a lease that follows a configuration counts only once that is in force, a
// freeze comes after the configuration before it.
//
// `state_dir` holds identity (which system, which SDS) and the mark of an unclean end.
#pragma once

#include "backend/proto/control_link.hpp"
#include "backend/proto/data_links.hpp"
#include "backend/sds/core/replicator.hpp"
#include "backend/sds/shell/data_server.hpp"
#include "backend/sds/shell/device_stores.hpp"
#include "backend/sds/shell/state_file.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace pf::proto::control {
class SdsConfig;
}

namespace pf::sds {

struct ServerOptions {
    std::string name; // for logs; the MDM knows the real one
    std::vector<rt::Endpoint> listen;
    std::vector<rt::Endpoint> mdms;
    std::string state_dir;
    map::SdsId id; // 0: what state_dir says, else found by address
    DeviceOptions devices;
    ReplicatorOptions replication;
    std::chrono::milliseconds dial_timeout{1'000};
    std::chrono::milliseconds mdm_silence{3'000};
};

class Server final : private PeerPort, private MdmPort {
  public:
    Server(rt::Reactor& reactor, ServerOptions options);
    ~Server() override;

    // Listens, then keeps talking to the MDM in the background. Refuses a state directory it cannot
    // read or a busy address.
    Result<void> start();
    // Refuses new work, drains, says good-bye to the MDM, closes the devices, marks a clean end.
    rt::Task<void> stop();
    std::vector<rt::Endpoint> addresses() const { return data_.addresses(); }

  private:
    struct PendingAck;

    // PeerPort
    rt::Task<Result<PeerAnswer>> call(map::SdsId to, proto::RequestHeader header,
                                      rt::IoBuffer payload, MonoTime deadline,
                                      rt::CancelToken token) override;
    // MdmPort
    bool lease_valid() const override { return mono_now() < lease_until_; }
    rt::Task<Result<void>> mark_stale(map::CombId comb, map::Generation generation,
                                      map::SdsId stale, std::string reason) override;
    rt::Task<Result<void>> rebuild_done(map::CombId comb, map::Generation generation) override;

    // mdm_link.cpp
    rt::Task<void> mdm_loop();
    rt::Task<Result<void>> conversation(proto::ControlLink& link);
    rt::Task<Result<void>> register_here(proto::ControlLink& link);
    rt::Task<Result<void>> handle(proto::ControlLink& link,
                                  const proto::control::Envelope& envelope);
    rt::Task<void> apply_config(proto::ControlLink& link, const proto::control::SdsConfig& config);
    rt::Task<void> freeze_and_ack(std::shared_ptr<proto::ControlLink> link,
                                  std::uint64_t request_id, std::vector<map::NodeId> nodes);
    static void confirm(proto::ControlLink& link, std::uint64_t epoch);
    rt::Task<void> confirm_fenced(std::shared_ptr<proto::ControlLink> link, std::uint64_t epoch);
    rt::Task<void> open_and_report(DeviceSpec spec);
    rt::Task<void> heartbeat_loop(proto::ControlLink& link, rt::CancelToken over);
    void send_heartbeat(proto::ControlLink& link);
    rt::Task<Result<void>> ask(proto::control::Envelope& envelope);
    rt::Task<void> say_goodbye();
    void create_core();

    rt::Reactor& reactor_;
    const ServerOptions options_;
    const std::uint64_t instance_;
    StateFile state_;
    bool clean_start_ = false;
    bool stopping_ = false;

    DeviceStores devices_;
    proto::DataLinks links_;
    DataServer data_;
    std::unique_ptr<Replicator> core_;
    std::unordered_map<std::uint64_t, std::vector<rt::Endpoint>> peers_;

    std::shared_ptr<proto::ControlLink> link_; // while registered
    std::uint64_t heartbeat_seq_ = 0;
    std::deque<std::pair<std::uint64_t, MonoTime>> heartbeats_;
    std::chrono::milliseconds heartbeat_{500};
    MonoTime lease_until_{};
    std::unordered_map<std::uint64_t, PendingAck*> acks_;
    rt::CancelSource stop_;
    rt::Gate gate_;
};

} // namespace pf::sds
