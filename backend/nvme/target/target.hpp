// The NVMe/TCP target as a state machine: every connection, controller and namespace of one SDT.
//
// Problem: many hosts, each with an admin and several I/O queues (one TCP connection each), share a
// subsystem whose content changes under them. All cross-connection rules (controller life,
// keep-alive, asynchronous events, queue admission) need one owner of the state; this is it.
//
// Contract: events in (`open`, `on_bytes`, `on_closed`, `on_sent`, `on_io_done`, `set_view`,
// `tick`), effects out (`take_io`, `take_output`, `take_closing`, `take_log`). After every event
// the shell drains the effects. No threads, sockets or clocks; not thread-safe.
//
// Failure modes: a malformed PDU ends one connection with a C2HTermReq and nothing else; losing an
// admin connection ends its controller and all its queues; a keep-alive that expires does the same.
// A controller id is given out again only when no I/O of its former owner is in flight.
#pragma once

#include "backend/nvme/output.hpp"
#include "backend/nvme/target/types.hpp"

#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace pf::nvme::target {

// A connection that the shell must end: after its output is flushed when `flush` is set.
struct ClosingSession {
    SessionId session{};
    bool flush = true;
};

struct ControllerInfo {
    uint16_t cntlid = 0;
    bool discovery = false;
    std::string host_nqn;
    std::array<uint8_t, 16> host_id{};
    ListenerInfo listener; // what its admin connection came in through
    uint32_t io_queues = 0;
    Millis kato{0};
};

struct TargetCounters {
    uint64_t sessions_opened = 0;
    uint64_t protocol_errors = 0; // connections ended by a C2HTermReq
    uint64_t controllers_created = 0;
    uint64_t keep_alive_expired = 0;
    uint64_t reads = 0;
    uint64_t writes = 0;
    uint64_t read_bytes = 0;
    uint64_t write_bytes = 0;
};

class Target {
  public:
    explicit Target(TargetOptions options);
    ~Target();
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    // ---- events
    // A connection was accepted. Nothing when the target has no room: the shell closes it at once.
    std::optional<SessionId> open(const ListenerInfo& listener, TimePoint now);
    // TLS listeners: the handshake is over, and proved that the peer is this host, meaning this
    // subsystem. Before it bytes end the connection.
    void on_secured(SessionId session, std::string host_nqn, std::string subsystem_nqn);
    void on_bytes(SessionId session, ByteSpan bytes, TimePoint now);
    // Where the next bytes of a large transfer belong, and what keeps that memory. A shell may read
    // a socket straight into it and say so with on_window; empty when there is none.
    std::pair<MutByteSpan, rt::IoBuffer> window(SessionId session) const;
    void on_window(SessionId session, size_t bytes, TimePoint now);
    // `bytes` of the output taken before have left for the peer.
    void on_sent(SessionId session, size_t bytes, TimePoint now);
    // The peer closed, or the shell did. Unknown sessions are ignored.
    void on_closed(SessionId session, TimePoint now);
    void on_io_done(const IoToken& token, Status status, TimePoint now);
    // Until the first view, Connect is answered with "controller busy".
    void set_view(TargetView view, TimePoint now);
    // Ends every controller and connection (orderly stop); Connect is refused from here on.
    void stop(TimePoint now);
    void tick(TimePoint now);
    // When `tick` must be called next at the latest.
    TimePoint next_deadline(TimePoint now) const;

    // ---- effects
    // Each appends to, or exchanges with, memory of the caller, which is used again and again.
    void take_io(std::vector<IoRequest>& into); // `into` must be empty
    // Sessions that have output since the last call.
    void take_writable(std::vector<SessionId>& into);  // `into` must be empty
    void take_output(SessionId session, Output& into); // `into` must be clear
    std::vector<ClosingSession> take_closing();
    // Controllers that have ended, those that were reset with I/O in flight, and those whose host
    // was preempted with "abort" from a device: what of their I/O changes data must not be sent on
    // its way any more (BlockBackend's fence). It includes what take_io has not handed out yet, not
    // what comes after.
    std::vector<Fence> take_fenced();
    std::vector<std::string> take_log();
    // False while the peer lets too much output pile up: the shell stops reading.
    bool want_read(SessionId session) const;

    // ---- views
    std::vector<ControllerInfo> controllers() const;
    // Changes whenever `controllers` does.
    uint64_t controllers_version() const;
    const TargetCounters& counters() const;
    const TargetOptions& options() const;
    // I/O handed out by take_io and not yet answered.
    size_t io_in_flight() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::nvme::target
