// The host side (initiator) with sockets: discover, connect, admin commands, I/O, reconnect.
//
// Problem: the lab's hosts, the bench and tests need a real NVMe/TCP initiator in user space.
//
// Contract: everything runs on the executor's thread. A HostController is one association: an admin
// queue and n I/O queues, each its own TCP connection. It keeps itself alive, collects asynchronous
// events, and, when asked to, reconnects after a loss; commands in flight at the loss end with
// Errc::OutcomeUnknown (they may have been carried out) and nothing is re-sent. Multipathing is the
// caller's: one HostController per path. `disconnect` must be awaited before destruction.
//
// Failure modes: Unreachable (no connection, nothing sent), Timeout, AuthFailed (host not allowed),
// NotFound (unknown subsystem or namespace), NotReady (controller busy), Protocol (peer broke the
// protocol), Fault (any other NVMe status, named in the text).
#pragma once

#include "backend/nvme/identify.hpp"
#include "backend/nvme/pdu.hpp"
#include "backend/rt/task.hpp"
#include "base/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pf::rt {
class Executor;
class Network;
class Reactor;
} // namespace pf::rt

namespace pf::nvme {

struct HostIdentity {
    std::string nqn;
    std::array<uint8_t, 16> id{};
    // A stable identifier derived from the NQN.
    static HostIdentity from_nqn(std::string nqn);
};

struct ConnectOptions {
    std::string address; // numeric
    uint16_t port = kIoPort;
    std::string subsystem_nqn;
    std::string source_address; // local address to connect from; empty: any
    uint16_t io_queues = 1;
    uint16_t io_queue_entries = 128;
    uint16_t admin_queue_entries = 32;
    std::chrono::milliseconds kato{30'000};
    DigestMode digests;
    bool sq_flow_control = false; // without it reads need no separate completion
    std::chrono::milliseconds connect_timeout{10'000}; // of the whole association
    std::chrono::milliseconds command_timeout{30'000};
    bool reconnect = true;
    std::chrono::milliseconds reconnect_delay{1'000};
    // DH-HMAC-CHAP (DHHC-1:…): what proves this host, and what the controller must prove to it.
    // AuthFailed when the controller asks for the one and there is none, or the other does not fit.
    std::string dhchap_secret;
    std::string dhchap_ctrl_secret;
    // TLS 1.3 with this pre-shared key (NVMeTLSkey-1:…) on every connection; empty: plain TCP.
    // Version of the identity: 1, or 0 for targets that know no other.
    std::string tls_psk;
    int tls_identity_version = 1;
};

struct DiscoveryRecord {
    std::string subsystem_nqn;
    std::string address;
    uint16_t port = 0;
    uint16_t port_id = 0;
    uint8_t subtype = 0; // 1 referral, 2 NVM subsystem, 3 discovery
    uint16_t admin_queue_entries = 0;
    uint16_t cntlid = 0;
};

struct DiscoveryLog {
    uint64_t generation = 0;
    std::vector<DiscoveryRecord> records;
};

struct NamespaceInfo {
    uint32_t nsid = 0;
    Nguid nguid{};
    uint64_t size_bytes = 0;
    uint32_t block_bytes = 0;
    uint32_t ana_group = 0;
    bool shared = false;
};

struct AnaGroupInfo {
    uint32_t id = 0;
    AnaState state = AnaState::Optimized;
    std::vector<uint32_t> nsids;
};

enum class ControllerState : uint8_t { Connecting, Live, Reconnecting, Dead };

enum class HostEvent : uint8_t {
    NamespacesChanged, // the changed-namespace log has been read already
    AnaChanged,
    DiscoveryChanged,
    StateChanged, // look at HostController::state()
};

class HostController {
  public:
    ~HostController();
    HostController(const HostController&) = delete;
    HostController& operator=(const HostController&) = delete;

    ControllerState state() const;
    uint16_t cntlid() const;
    uint16_t io_queues() const;
    const ConnectOptions& options() const;
    const IdentifyController& identify() const;
    bool fused_supported() const { return (identify().fuses & 1) != 0; }

    rt::Task<Result<std::vector<uint32_t>>> active_namespaces();
    rt::Task<Result<NamespaceInfo>> identify_namespace(uint32_t nsid);
    rt::Task<Result<std::vector<NamespaceInfo>>> namespaces();
    rt::Task<Result<std::vector<AnaGroupInfo>>> ana_log();
    rt::Task<Result<DiscoveryLog>> discovery_log();

    // Offsets and lengths in bytes, multiples of the block size. Longer transfers than the
    // controller takes are split. Buffers stay valid until the task is done.
    rt::Task<Result<void>> read(uint32_t nsid, uint64_t offset, MutByteSpan into);
    rt::Task<Result<void>> write(uint32_t nsid, uint64_t offset, ByteSpan from);
    rt::Task<Result<void>> flush(uint32_t nsid);
    // True when the content is the same.
    rt::Task<Result<bool>> compare(uint32_t nsid, uint64_t offset, ByteSpan expected);
    // Fused compare and write of one range; true when it matched and is written.
    rt::Task<Result<bool>> compare_and_write(uint32_t nsid, uint64_t offset, ByteSpan expected,
                                             ByteSpan data);
    rt::Task<Result<void>> write_zeroes(uint32_t nsid, uint64_t offset, uint64_t length,
                                        bool deallocate = false);
    rt::Task<Result<void>> deallocate(uint32_t nsid, uint64_t offset, uint64_t length);

    // Any command, for tests: admin on queue 0. `write` and `read` may be empty.
    rt::Task<Result<Cqe>> admin(Sqe sqe, ByteSpan write, MutByteSpan read);
    rt::Task<Result<Cqe>> io(Sqe sqe, ByteSpan write, MutByteSpan read);

    // Called on the reactor's thread, never from inside a call of this class.
    void on_event(std::function<void(HostEvent)> callback);

    // Shuts the controller down and closes every connection. Safe in any state, any number of
    // times.
    rt::Task<void> disconnect();

  private:
    friend class Host;
    class Impl;
    explicit HostController(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

class Host {
  public:
    Host(rt::Reactor& reactor, HostIdentity identity);
    Host(rt::Executor& executor, rt::Network& network, HostIdentity identity);

    const HostIdentity& identity() const { return identity_; }
    // Reads the discovery log at address:port (options' subsystem NQN is ignored) and disconnects.
    rt::Task<Result<DiscoveryLog>> discover(ConnectOptions options);
    // Answers when every queue is connected and the controller is identified.
    rt::Task<Result<std::unique_ptr<HostController>>> connect(ConnectOptions options);

  private:
    rt::Executor& executor_;
    rt::Network& network_;
    HostIdentity identity_;
};

// The error that a completion status becomes; Ok statuses must not be passed.
Error error_of(Status status, std::string_view what);

} // namespace pf::nvme
