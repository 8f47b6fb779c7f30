// Client of the storage: the library that hosts (SDC) and NVMe targets (SDT) embed.
//
// It registers with the MDM, holds the map (volumes it may use, combs, data servers), and talks
// straight to the primaries. A call is split at 1 MiB units, the parts go out in parallel, each to
// the primary of its comb. When a server says that the map has moved on, or a connection breaks,
// the same request ids are sent again under the newer map until the deadline; servers de-duplicate
// them, so a write happens once.
//
// Outcome of a call:
//   Ok              reads: all bytes are there and their checksums fit. Writes: both copies
//   durable. OutcomeUnknown  a write was sent and the deadline passed without an answer: it may or
//   may not
//                   be there, and may still appear. Never repeated silently after this.
//   Timeout         the deadline passed and nothing was (or, for reads, could have been) changed
//   NotFound        the volume is not (any more) visible to this client
//   InvalidArgument out of bounds or not aligned to 512 bytes
//   PermissionDenied the mapping is read-only
//   Failed          no valid copy is left, or both copies cannot be read
//   NoSpace, Cancelled (the client was stopped)
//
// Threads: everything on the executor's thread. Buffers live until the call has ended, as in any
// coroutine; the bytes are sent from, and received into, the caller's memory. Alignment of memory
// does not matter. Overlapping writes in flight at once have no order among them.
#pragma once

#include "backend/map/ids.hpp"
#include "backend/nvme/reservation.hpp"
#include "backend/rt/cancel.hpp"
#include "backend/rt/network.hpp"
#include "backend/rt/task.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace pf::sdc {

// Who registers: an SDC by its GUID, or an SDT by its id, or name, or addresses.
struct SdcIdentity {
    std::string guid; // upper-case UUID
    std::string name; // wish, may be empty
    std::string ip;
    std::string os_type = "Linux"; // or "Esx"
};
struct SdtIdentity {
    map::SdtId id;                // 0: found by name, else by (ip, nvme_port)
    std::string name;             // may be empty
    std::vector<std::string> ips; // listening addresses
    std::uint16_t nvme_port = 4420;
    std::uint16_t discovery_port = 8009;
    std::uint16_t tls_port = 0; // 0: none
};

struct ClientOptions {
    std::vector<rt::Endpoint> mdms;
    std::variant<SdcIdentity, SdtIdentity> identity;
    map::SystemId system;                             // 0: whichever the MDM serves
    std::chrono::milliseconds io_timeout{30'000};     // of a call that names no deadline
    std::chrono::milliseconds attempt_timeout{5'000}; // without an answer: ask another way
    std::chrono::milliseconds dial_timeout{1'000};
    std::chrono::milliseconds mdm_silence{3'000}; // then the MDM is dialled anew
    std::uint32_t max_in_flight = 1024;           // unit requests; further ones wait
};

enum class AccessMode : std::uint8_t { ReadWrite = 0, ReadOnly = 1, NoAccess = 2 };

struct Volume {
    map::VolumeId id;
    std::string name;
    std::uint64_t size_bytes = 0;
    map::StoragePoolId pool;
    map::VtreeId vtree;
    map::NodeId leaf;             // changes with snapshots
    std::uint32_t leaf_fence = 0; // goes with every write
    std::uint32_t nsid = 0;
    std::string nguid; // 32 hex digits
    AccessMode access = AccessMode::ReadWrite;
    std::uint32_t iops_limit = 0;                         // SDC only; 0: none
    std::uint32_t bandwidth_limit_kbps = 0;               // SDC only; 0: none
    std::shared_ptr<const nvme::Reservation> reservation; // SDT only; null: none
};

// What an SDT needs beside the volumes: who may see which namespace.
struct HostMapping {
    map::VolumeId volume;
    std::uint32_t nsid = 0;
    AccessMode access = AccessMode::ReadWrite;
    std::uint32_t iops_limit = 0;
    std::uint32_t bandwidth_limit_kbps = 0;
};
struct Host {
    map::HostId id;
    std::string nqn;
    std::string name;
    std::uint32_t max_num_paths = 0;
    std::uint32_t max_num_sys_ports = 0;
    std::vector<HostMapping> mappings;
    Secret dhchap_secret;      // DHHC-1:…; empty: it need not authenticate
    Secret dhchap_ctrl_secret; // empty: it does not ask the controllers to
    Secret tls_psk;            // NVMeTLSkey-1:…; with it the host comes by TLS only
};
enum class SdtIpRole : std::uint8_t { StorageAndHost = 0, StorageOnly = 1, HostOnly = 2 };
struct SdtAddress {
    std::string ip;
    SdtIpRole role = SdtIpRole::StorageAndHost;
    std::uint32_t port_id = 0; // NVMe PORTID
};
struct Sdt {
    map::SdtId id;
    std::string name;
    std::vector<SdtAddress> addresses;
    std::uint16_t nvme_port = 0;
    std::uint16_t discovery_port = 0;
    std::uint16_t tls_port = 0; // 0: none
    std::uint32_t index = 0;    // controller ids index*512+1 … index*512+512
    bool maintenance = false;
    bool connected = false; // the MDM has a connection from it
};

// One consistent state of the world, immutable. Vectors are ordered by id.
struct View {
    map::MapEpoch epoch;
    map::SystemId system;
    std::uint64_t client_id = 0; // SdcId or SdtId, by identity
    std::string system_nqn;
    std::vector<Volume> volumes;
    std::vector<Host> hosts; // SDT only
    std::vector<Sdt> sdts;   // SDT only, this one included

    const Volume* find(map::VolumeId id) const noexcept;
    const Volume* find_by_nsid(std::uint32_t nsid) const noexcept;
    const Host* find_host(std::string_view nqn) const noexcept; // SDT only
    const Sdt* find_sdt(map::SdtId id) const noexcept;
};

// A live NVMe controller, for the management surface (SDT only).
struct ControllerReport {
    std::string host_nqn;
    std::uint16_t controller_id = 0;
    std::string host_ip;
    std::uint32_t port_id = 0;
    std::string port_ip;
    bool discovery = false;
    bool persistent = false;
};

struct CompareOutcome {
    bool matched = false;               // then the new bytes are in place
    std::uint32_t first_difference = 0; // offset of the first byte that differs
};

class Client {
  public:
    // Called on the executor's thread, after the new view is in force and before the MDM is told
    // so. I/O on volumes that disappeared is refused from then on; what was in flight is drained
    // first (bounded by a second), so that an unmapped volume gets no write after the unmap was
    // answered.
    using OnChange = std::function<void(const std::shared_ptr<const View>&)>;

    // Ends when the first full map is in force. Retries (unknown SDT, MDM away) until `deadline`,
    // then answers the last reason: Unreachable, NotFound, PermissionDenied, Timeout.
    static rt::Task<Result<std::unique_ptr<Client>>>
    connect(rt::Executor& executor, rt::Network& network, ClientOptions options, MonoTime deadline);
    // Precondition: stop() has ended.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    std::shared_ptr<const View> view() const;
    void on_change(OnChange callback); // replaces the former one
    bool mdm_connected() const;
    bool running() const; // stop() has not been called

    // deadline: kNever stands for now + io_timeout; no call waits for ever. Offsets and lengths are
    // multiples of 512.
    rt::Task<Result<void>> read(map::VolumeId volume, std::uint64_t offset_bytes, MutByteSpan into,
                                MonoTime deadline = rt::kNever);
    // fence: once it has fired nothing is sent, or sent again, for this call. It then ends with
    // Cancelled, or with OutcomeUnknown when something was on its way; a request that a server has
    // is waited for.
    rt::Task<Result<void>> write(map::VolumeId volume, std::uint64_t offset_bytes, ByteSpan bytes,
                                 MonoTime deadline = rt::kNever, rt::CancelToken fence = {});
    // Also for unmap/deallocate: the range reads as zeroes after.
    rt::Task<Result<void>> write_zeroes(map::VolumeId volume, std::uint64_t offset_bytes,
                                        std::uint64_t length_bytes, MonoTime deadline = rt::kNever,
                                        rt::CancelToken fence = {});
    // Atomic across all clients. At most 64 KiB and not across a 1 MiB boundary (Unsupported).
    rt::Task<Result<CompareOutcome>>
    compare_and_write(map::VolumeId volume, std::uint64_t offset_bytes, ByteSpan expected,
                      ByteSpan desired, MonoTime deadline = rt::kNever, rt::CancelToken fence = {});
    // Every acknowledged write is durable already: ends at once, with Ok for a visible volume.
    rt::Task<Result<void>> flush(map::VolumeId volume, MonoTime deadline = rt::kNever);

    // SDT: a reservation command of a host. Ok: judged, and when it changed something the view
    // carries it on every SDT; the status is the host's answer. OutcomeUnknown: the MDM went away.
    rt::Task<Result<nvme::Status>> reserve(map::VolumeId volume, nvme::ReservationCommand command);

    // SDT: ends when no write to the volume that was sent before, by whomever, and is not answered
    // can be carried out any more. Writes that are wanted go on by themselves under the new map.
    rt::Task<Result<void>> fence(map::VolumeId volume);

    // SDT: the live controllers, all of them. Remembered, and sent again after a reconnect.
    void report_controllers(std::vector<ControllerReport> controllers);

    struct Counters {
        std::uint64_t reads = 0;
        std::uint64_t writes = 0;
        std::uint64_t read_bytes = 0;
        std::uint64_t write_bytes = 0;
        std::uint64_t resends = 0;
        std::uint64_t unknown_outcomes = 0;
    };
    Counters counters() const;

    // Ends all calls with Cancelled (writes in flight: OutcomeUnknown), closes all connections.
    rt::Task<void> stop();

    class Impl; // private to sdc/*.cpp

  private:
    explicit Client(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::sdc
