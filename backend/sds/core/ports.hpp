// What the replication core needs from outside, as interfaces: the disks, the other data servers,
// the MDM. The shell implements them over the block store and sockets, tests over memory.
#pragma once

#include "backend/map/map.hpp"
#include "backend/proto/data_path.hpp"
#include "backend/rt/cancel.hpp"
#include "backend/rt/io_buffer.hpp"
#include "backend/rt/task.hpp"
#include "backend/sds/store/block_store.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::sds {

// A unit of one V-Tree layer: what range locks and rebuild bookkeeping go by.
struct UnitKey {
    map::NodeId node;
    std::uint64_t unit = 0;
    friend auto operator<=>(const UnitKey&, const UnitKey&) = default;
};

// A place on this server's disks, with the layers that a read falls through: chain[0] is the node
// itself, then its ancestors, nearest first.
struct UnitPath {
    map::DeviceId device;
    map::CombId comb;
    std::uint64_t unit = 0;
    std::vector<map::NodeId> chain;
    UnitId id() const { return UnitId{comb, chain.front(), unit}; }
};

// The disks: BlockStore's contract (store/block_store.hpp), with the device to choose. A `path`
// given by reference must live until the answer. Errors as there, and NotReady when the device is
// not open. The core never has calls for overlapping ranges in flight when one of them writes.
class UnitStore {
  public:
    virtual ~UnitStore() = default;
    virtual rt::Task<Result<void>> read(const UnitPath& path, std::uint32_t offset_bytes,
                                        MutByteSpan into) = 0;
    virtual rt::Task<Result<void>> write(const UnitPath& path, std::uint32_t offset_bytes,
                                         ByteSpan bytes) = 0;
    virtual rt::Task<Result<void>> write_zeroes(const UnitPath& path, std::uint32_t offset_bytes,
                                                std::uint32_t length_bytes) = 0;
    virtual BlockSet owned_blocks(map::DeviceId device, const UnitId& id) const = 0;
    virtual bool has_unit(map::DeviceId device, const UnitId& id) const = 0;
    virtual std::vector<UnitKey> units(map::DeviceId device, map::CombId comb) const = 0;
    // An empty image (owns nothing) when the unit holds nothing.
    virtual rt::Task<Result<UnitImage>> export_unit(map::DeviceId device, UnitId id) = 0;
    virtual rt::Task<Result<void>> import_unit(map::DeviceId device, UnitId id,
                                               UnitImage image) = 0;
    virtual rt::Task<Result<void>> drop_unit(map::DeviceId device, UnitId id) = 0;
    // On all devices; nothing to drop is success.
    virtual rt::Task<Result<void>> drop_node(map::NodeId node) = 0;
    virtual rt::Task<Result<void>> drop_comb(map::CombId comb) = 0;
    virtual std::vector<map::NodeId> nodes() const = 0;
    virtual std::vector<map::CombId> combs() const = 0;
};

struct PeerAnswer {
    proto::ResponseHeader header;
    rt::IoBuffer payload;
};

// The other data servers. Any error means that the outcome is unknown: Unreachable (no connection,
// or it broke), Timeout, Cancelled.
class PeerPort {
  public:
    virtual ~PeerPort() = default;
    // Sends `header` (tag and checksums are filled in, but for a payload_crc that is not 0: the
    // caller knows it) with `payload`, waits for the answer.
    virtual rt::Task<Result<PeerAnswer>> call(map::SdsId to, proto::RequestHeader header,
                                              rt::IoBuffer payload, MonoTime deadline,
                                              rt::CancelToken token) = 0;
};

class MdmPort {
  public:
    virtual ~MdmPort() = default;
    // Asked afresh, from the real clock, at every admission: without a lease nothing is served.
    virtual bool lease_valid() const = 0;
    // Ok: durable at the MDM, and the new generation has been applied here before this returns.
    virtual rt::Task<Result<void>> mark_stale(map::CombId comb, map::Generation generation,
                                              map::SdsId stale, std::string reason) = 0;
    virtual rt::Task<Result<void>> rebuild_done(map::CombId comb, map::Generation generation) = 0;
};

} // namespace pf::sds

template<>
struct std::hash<pf::sds::UnitKey> {
    std::size_t operator()(const pf::sds::UnitKey& key) const noexcept {
        const std::uint64_t mixed = (key.node.value * 0x9e3779b97f4a7c15ULL) ^ key.unit;
        return static_cast<std::size_t>(mixed ^ (mixed >> 29));
    }
};
