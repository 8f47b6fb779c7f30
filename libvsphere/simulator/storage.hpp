// The seam between the simulated vSphere estate and the storage below it.
//
// Problem: a simulated ESXi host must see real devices: SDC volumes and NVMe/TCP namespaces of a
// running storage backend. The simulator knows nothing of that backend; whoever assembles a lab
// implements HostStorage once per host (an SDC client and an NVMe/TCP initiator behind it).
//
// Contract for implementers:
//  * Every call is synchronous and may be made from any thread at any time, concurrently.
//  * Every call that waits takes a timeout and returns Errc::Timeout (reads, connects) or
//    Errc::OutcomeUnknown (writes whose fate is not known) when it passes.
//  * The simulator makes no call while it holds a lock that a change callback could need, and a
//    change callback only marks the host for a later refresh: it may be called from any thread.
//  * Device ids are ESXi canonical names, lower case. An SDC volume is
//    "eui." + system id (16 hex) + volume id (16 hex); the same volume over NVMe is
//    "eui." + volume id (16 hex) + "64b94e" + last 10 hex of the system id.
//
// Ownership: the simulator holds a HostStorage by shared_ptr and drops it on stop.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim::sim {

using Timeout = std::chrono::milliseconds;

enum class Transport { Sdc, NvmeTcp, Local };

// ANA state of a namespace as seen through one controller; SDC paths are always Optimized.
enum class AnaState { Optimized, NonOptimized, Inaccessible, PersistentLoss, Change };

struct DevicePath {
    std::string adapter;            // "vmhba65"; may be empty for SDC, the simulator knows its own
    uint32_t controller_number = 0; // NVMe: HostStorage's number of the controller; SDC: 0
    std::string address;            // target address; empty for SDC
    uint16_t port = 0;
    AnaState ana = AnaState::Optimized;
    bool live = true; // the connection below the path works now
};

struct Device {
    std::string id; // canonical name
    Transport transport = Transport::Sdc;
    uint64_t size_bytes = 0;
    uint32_t block_size = 512;
    std::string vendor; // empty: the simulator fills in what ESXi shows for the transport
    std::string model;
    std::string revision;
    std::string serial;
    uint32_t nsid = 0; // NVMe only
    std::vector<DevicePath> paths;
};

struct NvmeTarget {
    std::string adapter; // vmhba that the connection belongs to
    std::string address;
    uint16_t port = 4420;
};

enum class NvmeDigest { None, Header, Data, Both };

// What `esxcli nvme fabrics connect` and HostNvmeConnectSpec can say. Zero means "host's default".
struct NvmeConnectRequest {
    NvmeTarget target;
    std::string subnqn;
    uint16_t controller_id = 0xffff;
    uint32_t admin_queue_size = 0;
    uint32_t io_queues = 0;
    uint32_t io_queue_size = 0;
    uint32_t keep_alive_s = 0;
    NvmeDigest digest = NvmeDigest::None;
};

struct NvmeDiscoveryEntry {
    std::string subnqn;
    bool discovery_subsystem = false; // otherwise an NVM subsystem
    std::string address;
    uint16_t port = 0;
    uint16_t port_id = 0;
    uint16_t controller_id = 0xffff;
    uint16_t admin_queue_max = 0;
    bool secure_channel_required = false;
};

struct NvmeNamespace {
    uint32_t nsid = 0;
    std::string device_id; // joins with Device::id
    uint32_t block_size = 512;
    uint64_t blocks = 0;
};

struct NvmeController {
    uint32_t number = 0; // from 256 upward, never reused by this host, new on every connect
    NvmeTarget target;
    std::string subnqn;
    uint16_t controller_id = 0;
    bool online = false; // false: transport lost, the initiator keeps trying
    bool discovery = false;
    bool fused_compare_write = false;
    uint32_t io_queues = 0;
    uint32_t io_queue_size = 0;
    uint32_t keep_alive_s = 0;
    uint16_t vendor_id = 0;
    std::string model;
    std::string serial;
    std::string firmware;
    std::vector<NvmeNamespace> namespaces;
};

class HostStorage {
  public:
    HostStorage() = default;
    HostStorage(const HostStorage&) = delete;
    HostStorage& operator=(const HostStorage&) = delete;
    virtual ~HostStorage() = default;

    // --- identities -------------------------------------------------------------------------
    virtual std::string host_nqn() = 0;
    // The SDC's GUID as the MDM knows it, and the MDM addresses; empty when the host has no SDC.
    virtual std::string sdc_guid() = 0;
    virtual std::string sdc_mdm_addresses() = 0;

    // --- devices ----------------------------------------------------------------------------
    // What the host can reach now, over every transport. A namespace seen through several
    // controllers is one device with several paths; a device with no usable path is left out only
    // when its last controller or mapping is gone (a lost connection keeps it, with live=false).
    virtual std::vector<Device> list_devices() = 0;

    // Offsets and lengths are multiples of the device's block size. A write returns when the
    // backend promises it durable.
    virtual Result<void> read(std::string_view device_id, uint64_t offset, MutByteSpan out,
                              Timeout timeout) = 0;
    virtual Result<void> write(std::string_view device_id, uint64_t offset, ByteSpan data,
                               Timeout timeout) = 0;

    // Makes the host look again for what the backend maps to it (SDC volume list, namespace list
    // of every controller). Returns when the next list_devices() reflects it.
    virtual Result<void> rescan(Timeout timeout) = 0;

    // --- NVMe/TCP initiator -----------------------------------------------------------------
    // The discovery log of the controller at the target. `complete` is false when records were
    // dropped. Unreachable target: Errc::Unreachable or Errc::Timeout.
    struct Discovery {
        std::vector<NvmeDiscoveryEntry> entries;
        bool complete = true;
    };
    virtual Result<Discovery> nvme_discover(const NvmeTarget& target, Timeout timeout) = 0;

    // Connects one controller and returns its number. Errc::AlreadyExists when this adapter already
    // has a controller with the same (subnqn, address, port); Errc::PermissionDenied when the
    // subsystem refuses the host; Errc::NotFound when the target has no such subsystem.
    virtual Result<uint32_t> nvme_connect(const NvmeConnectRequest& request, Timeout timeout) = 0;
    virtual Result<void> nvme_disconnect(uint32_t controller_number, Timeout timeout) = 0;
    virtual std::vector<NvmeController> nvme_controllers() = 0;

    // --- changes ----------------------------------------------------------------------------
    // Called after the device list, a path's state or a controller's state changed by itself
    // (AEN, lost connection, SDC map push). Replaces the previous callback; an empty one clears
    // it, and after that call has returned the old one is never called again.
    virtual void on_change(std::function<void()> callback) = 0;
};

// Gives each host of the estate its storage; asked once per host, by the host's name.
using HostStorageFactory =
    std::function<Result<std::shared_ptr<HostStorage>>(const std::string& host_name)>;

} // namespace pf::vim::sim
