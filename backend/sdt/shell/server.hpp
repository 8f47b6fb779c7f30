// The NVMe/TCP target with sockets and block devices: runs the core of backend/nvme/target.
//
// Contract: `listen`, then `set_view` as often as the world changes; `stop` before destruction. All
// on the executor's thread. Each connection has a reader and a writer task, each block I/O that
// must wait a task of its own; all belong to the server's gate.
//
// One turn of a connection is: read what is there, hand it to the core, start all the I/O that came
// out of it, and send all the answers that are ready with one system call. The writer task has work
// only when the socket does not take them at once. Data of large writes is read straight into the
// command's buffer, data of reads is sent straight from it.
//
// Limits: memory per connection is bounded by the core (a peer that does not read is not read
// from). A peer that takes no bytes for a minute loses its connection.
#pragma once

#include "backend/nvme/block_backend.hpp"
#include "backend/nvme/target/target.hpp"
#include "backend/nvme/tls_psk.hpp"
#include "backend/rt/cancel.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/network.hpp"
#include "backend/rt/sync.hpp"

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pf::nvme {
class TlsContext;
}

namespace pf::sdt {

// By NamespaceConfig::device.
using DeviceMap = std::map<uint64_t, std::shared_ptr<nvme::BlockBackend>>;

class Server {
  public:
    Server(rt::Executor& executor, rt::Network& network, nvme::target::TargetOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Starts to accept. Answers the address with the port that was chosen when 0 was asked for.
    // With `tls` every connection begins with a TLS 1.3 handshake by the host's pre-shared key.
    Result<rt::Endpoint> listen(const rt::Endpoint& at, bool discovery_only, bool tls = false);
    void set_view(nvme::target::TargetView view, DeviceMap devices);
    // Called on the executor's thread after the set of controllers has changed.
    void on_controllers_changed(std::function<void()> callback);
    // Who owns the reservations of the namespaces; its answer is the command's status, and the view
    // carries the new state by then. Without it the commands are refused.
    using Reserver =
        std::function<rt::Task<nvme::Status>(uint64_t device, nvme::ReservationCommand command)>;
    void on_reservation(Reserver reserver) { reserver_ = std::move(reserver); }
    // Called when it is not known whether a write of a fenced controller was carried out; ends when
    // it can happen no more. Only then the write counts as over: the controller's reset ends, or
    // its host may connect again. Without it the write counts as over at once. Also called when
    // writes of a lost controller are not over soon: its host may be repeating them elsewhere.
    using Fencer = std::function<rt::Task<Result<void>>(uint64_t device)>;
    void on_lost_write(Fencer fencer) { fencer_ = std::move(fencer); }
    const nvme::target::Target& target() const { return target_; }
    // Ends controllers and connections. Block I/O in flight goes on, unanswered.
    void shut();
    // The same, then waits for block I/O in flight.
    rt::Task<void> stop();

  private:
    struct Peer;
    struct LostWrites;
    struct WriteFence;

    rt::Task<void> accept_loop(rt::Listener& listener, nvme::target::ListenerInfo info);
    rt::Task<void> serve(std::shared_ptr<Peer> peer);
    rt::Task<bool> secure(std::shared_ptr<Peer> peer);
    std::optional<nvme::TlsPsk> key_of(std::string_view identity) const;
    rt::Task<void> write_loop(std::shared_ptr<Peer> peer);
    bool take_in(Peer& peer, size_t bytes, ByteSpan from);
    bool still_there(Peer& peer, Bytes& rest);
    void flush(Peer& peer);
    void start_io(nvme::target::IoRequest& request);
    rt::Task<void> run_io(std::shared_ptr<nvme::BlockBackend> device,
                          nvme::target::IoRequest request);
    rt::Task<Result<void>> end_lost_writes(uint64_t device);
    rt::Task<void> run_reservation(nvme::target::IoRequest request);
    rt::Task<void> end_slow_writes(uint64_t device, std::shared_ptr<WriteFence> fence);
    const std::shared_ptr<WriteFence>& fence_of(uint16_t cntlid, uint64_t device);
    void raise_fences(const std::vector<nvme::target::Fence>& fences);
    void forget_fences(const std::vector<nvme::target::Fence>& fences);
    void finish_io(const nvme::target::IoRequest& request, const Result<void>& done);
    void log_refusal(const rt::Endpoint& peer, const std::string& why);
    void log_failure(const nvme::target::IoRequest& request, const std::string& why);
    rt::Task<void> tick_loop();
    void pump();
    void pump_once();

    rt::Executor& executor_;
    rt::Network& network_;
    nvme::target::Target target_;
    DeviceMap devices_;
    rt::Gate gate_;
    rt::CancelSource stop_;
    std::vector<std::unique_ptr<rt::Listener>> listeners_;
    std::unordered_map<uint32_t, std::shared_ptr<Peer>> peers_; // by session
    // By controller and device.
    std::map<std::pair<uint16_t, uint64_t>, std::shared_ptr<WriteFence>> fences_;
    Bytes scratch_;
    std::vector<nvme::target::IoRequest> starting_;
    std::vector<nvme::target::SessionId> writable_;
    size_t blocked_ = 0; // peers that are not read from
    std::function<void()> controllers_changed_;
    Reserver reserver_;
    Fencer fencer_;
    uint64_t fences_raised_ = 0;
    std::map<uint64_t, std::shared_ptr<LostWrites>> lost_writes_; // being ended, by device
    std::shared_ptr<nvme::TlsContext> tls_;                       // once there is a TLS listener
    std::map<std::string, nvme::TlsPskSecret, std::less<>> keys_; // by host NQN
    uint64_t seen_controllers_version_ = 0;
    uint64_t failures_ = 0;
    MonoTime quiet_until_{};
    bool pumping_ = false;
    bool pump_again_ = false;
    bool ticking_ = false;
};

} // namespace pf::sdt
