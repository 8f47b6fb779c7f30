// Values that pass between the target core and its shell.
//
// The core (`Target`) does no I/O and knows no clock: the shell feeds it bytes, finished block I/O,
// configuration and the time, and collects what is to be done. Everything runs on one thread.
#pragma once

#include "backend/nvme/identify.hpp"
#include "backend/nvme/reservation.hpp"
#include "backend/rt/io_buffer.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::nvme::target {

using TimePoint = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

// One TCP connection. Never reused while the process lives.
enum class SessionId : uint32_t {};

enum class IoOp : uint8_t {
    Read,
    Write,
    Compare,
    CompareAndWrite,
    WriteZeroes,
    Deallocate,
    Verify, // read, but nothing is handed over
    Flush,
    Reserve, // IoRequest::reservation, for whoever owns the reservations
};

// Names one block I/O in flight. The shell hands it back unchanged.
struct IoToken {
    SessionId session{};
    uint16_t slot = 0;
    uint16_t generation = 0;
    uint16_t cntlid = 0;
    bool changes = false; // the device's content
};

// I/O in flight that must not be sent on its way any more where it changes data: all of a
// controller, or what it has for one device.
struct Fence {
    uint16_t cntlid = 0;
    std::optional<uint64_t> device;
    friend auto operator<=>(const Fence&, const Fence&) = default;
};

struct ByteRange {
    uint64_t offset = 0;
    uint64_t length = 0;
};

// A block I/O that the core has checked: it is inside the namespace and its data is complete. The
// spans lie in the two buffers, which the request keeps alive whatever becomes of its connection.
struct IoRequest {
    IoToken token;
    IoOp op = IoOp::Read;
    bool deallocate = false; // WriteZeroes: space may be given back
    uint64_t device = 0;     // NamespaceConfig::device
    uint64_t offset_bytes = 0;
    uint64_t length_bytes = 0;
    ByteSpan data;                 // Write, CompareAndWrite: new content; Compare: expected content
    ByteSpan expected;             // CompareAndWrite: expected content
    MutByteSpan into;              // Read: all of it must be written when the answer is good
    std::vector<ByteRange> ranges; // Deallocate
    std::unique_ptr<ReservationCommand> reservation; // Reserve
    std::vector<uint64_t> more_devices;              // Reserve: the same for these
    rt::IoBuffer buffer;
    rt::IoBuffer expected_buffer;
};

struct NamespaceConfig {
    uint32_t nsid = 0;
    Nguid nguid{};
    uint64_t size_blocks = 0;
    uint8_t block_shift = kBlockShift; // 9 or 12: blocks of 512 or 4096 bytes
    uint32_t ana_group = 1;            // 1..TargetOptions::ana_groups
    uint64_t device = 0;               // opaque to the core: which block device serves it
    bool read_only = false;
    std::shared_ptr<const Reservation> reservation; // null: none, and nobody is registered
    uint32_t block_bytes() const { return 1u << block_shift; }
    // What Identify shows of it; reservations have notices of their own.
    bool same_identity(const NamespaceConfig& o) const {
        return nsid == o.nsid && nguid == o.nguid && size_blocks == o.size_blocks &&
               block_shift == o.block_shift && ana_group == o.ana_group && device == o.device &&
               read_only == o.read_only;
    }
};

// A place where this system can be reached, as the discovery log lists it.
struct Portal {
    std::string address; // numeric IPv4 or IPv6
    uint16_t port = kIoPort;
    uint16_t port_id = 1; // unique per (SDT, address) in the system
    bool tls = false;     // required there
    friend bool operator==(const Portal&, const Portal&) = default;
};

struct HostConfig {
    std::string nqn;
    std::vector<uint32_t> nsids;           // mapped to it
    std::vector<uint32_t> read_only_nsids; // those of them that it may not write
    // DH-HMAC-CHAP: with a host secret each of its queues must authenticate; with a controller
    // secret the host may ask the controller to do the same.
    Secret dhchap_secret;
    Secret dhchap_ctrl_secret;
    // TLS pre-shared key (NVMeTLSkey-1:…): with it the host is admitted on TLS listeners only.
    Secret tls_psk;
    // Addresses of this SDT whose controllers show their namespaces optimized to this host; all
    // when not set. Through the others they are non-optimized: usable, but not used while
    // there is better.
    std::optional<std::vector<std::string>> optimized_addresses;
    // What discovery answers to this host instead of TargetView::portals.
    std::optional<std::vector<Portal>> portals;
};

// Who gets discovery entries: hosts with a mapped volume (PowerFlex), every registered host,
// anyone.
enum class DiscoveryVisibility : uint8_t { MappedOnly, Registered, All };

struct AnaGroup {
    uint32_t id = 1;
    AnaState state = AnaState::Optimized;
    friend bool operator==(const AnaGroup&, const AnaGroup&) = default;
};

// Everything that comes from outside: replaced as a whole whenever the map changes.
struct TargetView {
    std::vector<NamespaceConfig> namespaces;
    std::vector<HostConfig> hosts;
    std::vector<Portal> portals;
    std::vector<AnaGroup> ana_groups{AnaGroup{}};
    bool allow_any_host = false; // unknown hosts see every namespace (tests, bench)
    DiscoveryVisibility visibility = DiscoveryVisibility::MappedOnly;
};

struct TargetOptions {
    std::string subsystem_nqn;
    std::string discovery_nqn; // a name of its own for discovery, beside the well-known one
    std::string serial = "0000000000000000"; // the same on every SDT of a system
    std::string model = "PowerFlex";
    std::string firmware = "4.6";
    uint16_t cntlid_first = 1; // range of this SDT, disjoint from those of the others
    uint16_t cntlid_last = 0xFFEF;
    uint16_t max_controllers = 1024;
    uint16_t max_io_queues = 64;       // per controller
    uint16_t max_queue_entries = 1024; // 2..1024
    uint8_t mdts = 8;                  // 2^mdts pages of 4 KiB: 1 MiB
    uint32_t in_capsule_bytes = 16384; // I/O queues
    uint32_t max_h2c_data_bytes = 256 * 1024;
    uint32_t queue_memory_bytes = 16 * 1024 * 1024; // data held by one connection
    uint64_t memory_bytes = 512 * 1024 * 1024;      // data held by all connections
    uint16_t max_sessions = 4096;
    uint16_t max_half_open = 512; // connections without a controller; the oldest gives way
    uint16_t max_half_open_per_peer = 128;
    uint16_t max_controllers_per_host = 64;
    uint32_t ana_groups = 16;
    Millis min_kato{1000};
    Millis connect_timeout{10'000};         // from accept to a successful Connect
    Millis disabled_timeout{120'000};       // controller with CC.EN = 0
    Millis discovery_idle_timeout{120'000}; // discovery controller without keep-alive
};

// What a connection came in through.
struct ListenerInfo {
    bool discovery_only = false; // port 8009: no I/O controllers
    std::string address;         // of this side
    uint16_t port = 0;
    std::string peer; // address of the host
    bool tls = false; // nothing is said before `on_secured`
};

} // namespace pf::nvme::target
