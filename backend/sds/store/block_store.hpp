// BlockStore: what one SDS device holds, and the promise about it.
//
// The device's space is cut into extents of 1 MiB. A unit (comb, node, number) owns one extent and,
// inside it, any subset of 256 blocks of 4 KiB: a node of a V-Tree holds only what was written to
// it, and what it does not own is read from its ancestors. Nothing is copied when a snapshot is
// taken.
//
// Writes go to a journal on the same device first, many at a time, and are answered when that is on
// stable storage; extents are brought up to date behind. Hence, wherever the power fails:
//   - every answered change is there afterwards,
//   - an unanswered write is there or not, for each 4 KiB block by itself, never torn,
//   - no later state is kept while an earlier answered one is lost.
// A reader never sees a write that could still be lost. Every block's CRC32C is checked when it is
// read from the disk: ChecksumMismatch is damage, never an interrupted write.
//
// When the device fails a write (Io), the store stops answering: every later call gives Io, and the
// peers take over; open() it anew to try again. Format: docs/formats/sds-store.md.
//
// One executor's thread. Calls may be made concurrently; overlapping writes take effect in the
// order in which the calls were made, provided they are whole 4 KiB blocks. The data path above
// (comb primary) orders overlapping writes anyway.
#pragma once

#include "backend/map/ids.hpp"
#include "backend/rt/disk.hpp"
#include "backend/rt/io_buffer.hpp"
#include "backend/rt/task.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pf::sds {

inline constexpr std::uint32_t kBlockBytes = 4096;
inline constexpr std::uint32_t kUnitBytes = 1u << 20;
inline constexpr std::uint32_t kBlocksPerUnit = kUnitBytes / kBlockBytes;
inline constexpr std::uint32_t kSectorBytes = 512;

// Which blocks of a unit something is about.
using BlockSet = std::bitset<kBlocksPerUnit>;

struct UnitId {
    map::CombId comb;
    map::NodeId node;
    std::uint64_t unit = 0; // number within the V-Tree: address / 1 MiB
    friend auto operator<=>(const UnitId&, const UnitId&) = default;
};

struct StoreOptions {
    std::uint64_t journal_bytes = 0; // only when formatting; 0: a sixteenth, 16 MiB to 512 MiB
    // The journal's fill at which blocks are moved home, in per cent.
    unsigned checkpoint_percent = 50;
    // Answer writes before they are on stable storage. For labs; a crash of the machine (not of the
    // process) may lose answered writes, and nothing else in this header holds then.
    bool relaxed_durability = false;
    unsigned journal_writes_in_flight = 4;
    unsigned home_writes_in_flight = 32;
};

struct StoreStats {
    std::uint64_t capacity_bytes = 0; // extents
    std::uint64_t used_bytes = 0;     // extents that belong to a unit
    std::uint64_t units = 0;
    std::uint64_t journal_bytes = 0;
    std::uint64_t journal_used_bytes = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t journal_commits = 0; // journal writes; writes / journal_commits = group size
    std::uint64_t checkpoints = 0;
    std::uint64_t checksum_errors = 0;
    std::uint64_t replayed_records = 0; // by the last open()
    bool failed = false;
};

// What a unit holds, for rebuild.
struct UnitSummary {
    UnitId id;
    BlockSet owned;
};

// A whole unit as it travels from a good copy to a stale one.
struct UnitImage {
    BlockSet owned;
    rt::IoBuffer data; // kUnitBytes; what is not owned is zero and ignored
};

class BlockStore {
  public:
    // Writes an empty store over the whole device. `system` and `device` are recorded and returned
    // by identity(), so that a device put into the wrong place is noticed.
    struct Identity {
        std::uint64_t system = 0;
        std::uint64_t device = 0;
        std::array<std::byte, 16> uuid{}; // drawn by format()
    };
    // InvalidArgument when the device is too small (64 MiB is enough).
    static rt::Task<Result<void>> format(rt::Disk& disk, Identity identity, StoreOptions options);

    // Replays the journal. NotFound: no store there (blank device); Corrupt: one that can't be
    // trusted. The disk must outlive the store.
    static rt::Task<Result<std::unique_ptr<BlockStore>>> open(rt::Disk& disk, StoreOptions options);

    // close() first, whatever it answers: background tasks must have ended.
    ~BlockStore();

    // Finishes what was appended, makes a checkpoint, ends background work. The caller has no other
    // call in flight. Further calls give Cancelled. Io when the device failed; the store is closed
    // then too.
    rt::Task<Result<void>> close();

    Identity identity() const;
    StoreStats stats() const;

    // --- data -------------------------------------------------------------------------------
    // `chain` is the node and its ancestors, nearest first; it and the bytes must live until the
    // answer. `offset` within the unit and the length
    // are multiples of 512 and stay inside the unit.

    // Writes to chain[0]. Blocks written in part take their rest from the chain. Durable when
    // answered. NoSpace, without any effect, when a needed extent or journal space can't be had.
    rt::Task<Result<void>> write(map::CombId comb, std::span<const map::NodeId> chain,
                                 std::uint64_t unit, std::uint32_t offset, ByteSpan data);

    // Zeroes a range in chain[0] (write zeroes, deallocate): as a write of zeroes, but cheaper.
    rt::Task<Result<void>> write_zeroes(map::CombId comb, std::span<const map::NodeId> chain,
                                        std::uint64_t unit, std::uint32_t offset,
                                        std::uint32_t length);

    // Fills `into`: each block from the nearest node of the chain that owns it, zeroes where none
    // does. `owned`, when given, tells for each block of the unit that the range touches whether
    // any node owned it. ChecksumMismatch names the block.
    rt::Task<Result<void>> read(map::CombId comb, std::span<const map::NodeId> chain,
                                std::uint64_t unit, std::uint32_t offset, MutByteSpan into,
                                BlockSet* owned = nullptr);

    // Answered from memory.
    bool has_unit(const UnitId& id) const;
    BlockSet owned_blocks(const UnitId& id) const;

    // --- rebuild, removal -------------------------------------------------------------------
    std::vector<UnitSummary> list_units(map::CombId comb) const;
    std::vector<map::CombId> list_combs() const;
    std::vector<map::NodeId> list_nodes() const;

    // NotFound when the unit holds nothing.
    rt::Task<Result<UnitImage>> export_unit(UnitId id);
    // Replaces the unit as a whole, atomically: before, during and after a crash it has the old or
    // the new content. The caller keeps writes to the unit away meanwhile. An image that owns
    // nothing removes the unit.
    rt::Task<Result<void>> import_unit(UnitId id, UnitImage image);

    // Copies what `from` owns and `to` does not, within one comb and unit (flattening a chain).
    rt::Task<Result<void>> merge_unit(UnitId from, UnitId to);

    // Durable when answered; the space is free then. Removing what is not there is Ok.
    rt::Task<Result<void>> drop_unit(UnitId id);
    rt::Task<Result<void>> drop_node(map::NodeId node);
    rt::Task<Result<void>> drop_comb(map::CombId comb);

    // --- small durable state of the SDS -------------------------------------------------------
    // Shares the journal and its group commits with the data. Keys up to 200 bytes, values up to
    // 2 KiB, all together 2 MiB (NoSpace beyond).
    struct KvChange {
        KvChange(std::string k, std::optional<std::string> v)
            : key(std::move(k)), value(std::move(v)) {}
        std::string key;
        std::optional<std::string> value; // none: remove
    };
    rt::Task<Result<void>> kv_put(std::string key, std::string value);
    rt::Task<Result<void>> kv_remove(std::string key);
    // All or nothing; at most 64 changes.
    rt::Task<Result<void>> kv_apply(std::vector<KvChange> changes);
    std::optional<std::string> kv_get(std::string_view key) const;
    std::vector<std::pair<std::string, std::string>> kv_list(std::string_view prefix) const;

    // --- upkeep -------------------------------------------------------------------------------
    // Brings everything journaled so far home and empties that part of the journal. Runs by itself.
    rt::Task<Result<void>> checkpoint();
    // Reads a unit's owned blocks and checks them (background scrub). ChecksumMismatch, NotFound.
    rt::Task<Result<void>> verify_unit(UnitId id);

    class Impl; // private to the sources beside

  private:
    explicit BlockStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::sds
