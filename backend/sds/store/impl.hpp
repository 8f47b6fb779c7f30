// Inside of BlockStore, shared by the sources beside: data_ops (reads, writes, drops), journal
// (group commit), checkpoint (bringing home), recovery (format, open).
//
// Life of a write: data_ops appends a Change to the open Batch; journal writes batches, a few at a
// time, as one record each, and applies them to the units in order once they are durable; only then
// the writer is answered and readers see it. The data stays in memory as overlays until checkpoint
// has written it home; then the journal's tail moves past it.
//
// What keeps this right across a crash:
//   - units, pages and KV in memory never show what is not durable, so any page may be written at
//   any
//     time; replay of records that a page already reflects is harmless;
//   - the tail moves (superblock) only after everything before it is home and synced;
//   - an extent is free for others only when the record that dropped it is durable and no I/O for
//   it
//     is in flight (a Unit's last reference frees it).
#pragma once

#include "backend/rt/gate.hpp"
#include "backend/rt/sync.hpp"
#include "backend/sds/store/block_store.hpp"
#include "backend/sds/store/format.hpp"
#include "backend/sds/store/unit_table.hpp"

#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pf::sds {

using store::Entry;
using store::EntryKind;
using store::Unit;
using store::UnitPtr;

// One entry of a record with what it refers to in memory.
struct Change {
    explicit Change(Entry e) : entry(std::move(e)) {}
    Entry entry;
    UnitPtr unit;                 // Write, Zero, AtHome, Replace
    rt::IoBuffer data;            // Write
    std::vector<UnitPtr> dropped; // Drop…
};

struct Batch {
    explicit Batch(rt::Executor& executor) : waiters(executor) {}
    std::vector<Change> changes;
    std::size_t meta_bytes = store::kRecordHeaderBytes;
    std::uint32_t data_blocks = 0;
    std::uint64_t lsn = 0;
    std::uint64_t end_position = 0;
    bool durable = false;
    bool applied = false;
    rt::WaitQueue waiters;

    std::uint32_t meta_blocks() const {
        return static_cast<std::uint32_t>((meta_bytes + kBlockBytes - 1) / kBlockBytes);
    }
    std::uint32_t total_blocks() const { return meta_blocks() + data_blocks; }
};
using BatchPtr = std::shared_ptr<Batch>;

class BlockStore::Impl {
  public:
    Impl(rt::Disk& disk, StoreOptions options, store::Superblock super);
    ~Impl();

    // --- recovery.cpp
    rt::Task<Result<void>> recover();

    // --- data_ops.cpp
    rt::Task<Result<void>> write(map::CombId comb, std::span<const map::NodeId> chain,
                                 std::uint64_t unit, std::uint32_t offset, ByteSpan data);
    rt::Task<Result<void>> write_zeroes(map::CombId comb, std::span<const map::NodeId> chain,
                                        std::uint64_t unit, std::uint32_t offset,
                                        std::uint32_t length);
    rt::Task<Result<void>> read(map::CombId comb, std::span<const map::NodeId> chain,
                                std::uint64_t unit, std::uint32_t offset, MutByteSpan into,
                                BlockSet* owned);
    rt::Task<Result<UnitImage>> export_unit(UnitId id);
    rt::Task<Result<void>> import_unit(UnitId id, UnitImage image);
    rt::Task<Result<void>> merge_unit(UnitId from, UnitId to);
    rt::Task<Result<void>> drop(Entry entry);
    rt::Task<Result<void>> kv_apply(std::vector<KvChange> changes);
    rt::Task<Result<void>> verify_unit(UnitId id);
    UnitPtr find(const UnitId& id) const;

    // --- checkpoint.cpp
    rt::Task<Result<void>> checkpoint();
    rt::Task<Result<void>> close();
    StoreStats stats() const;

    // State that block_store.cpp reads.
    store::ExtentPool extents_; // first: it outlives every Unit
    std::unordered_map<std::uint32_t, store::UnitIndex> combs_;
    store::KvMap kv_; // durable
    store::Superblock super_;

  private:
    using BlockRange = std::pair<std::uint32_t, std::uint32_t>; // first, count

    // --- data_ops.cpp
    struct RunResult;
    rt::Task<Result<bool>> read_home(UnitPtr unit, std::uint32_t first, MutByteSpan into);
    rt::Task<Result<void>> wait_writable(const UnitId& id, const BlockSet& blocks);
    Result<UnitPtr> unit_for_write(const UnitId& id);
    rt::Task<Result<UnitPtr>> allocate_for_write(UnitId id);
    rt::Task<Result<void>> write_blocks(UnitId id, std::uint32_t first, rt::IoBuffer data);
    rt::Task<Result<void>> write_direct(UnitId id, UnitPtr unit, std::uint32_t first,
                                        rt::IoBuffer data);
    bool direct_is_better(const Unit& unit, std::uint32_t first, std::uint32_t count) const;
    void release_busy(const UnitId& id, const BlockSet& blocks);
    std::uint64_t version_of(const UnitId& id) const;

    // --- journal.cpp
    Result<void> usable() const;
    Result<BatchPtr> append(Change change);
    rt::Task<Result<void>> durable(BatchPtr batch);
    rt::Task<Result<void>> append_and_wait(Change change);
    void kick();
    static void commit_deferred(void* self);
    void start_commits();
    rt::Task<void> commit(BatchPtr batch);
    rt::Task<Result<void>> write_record(Batch& batch);
    void retire();
    void apply(Change& change, std::uint64_t lsn);
    void forget_durably(Unit& unit);
    void mark_overlaid(const UnitPtr& unit);
    void mark_page(std::uint32_t extent);
    void fail_store(Error error);

    // --- checkpoint.cpp
    void maybe_checkpoint();
    rt::Task<void> background_checkpoint();
    rt::Task<Result<void>> run_checkpoint();
    rt::Task<Result<void>> write_home(std::uint64_t target_lsn);
    rt::Task<void> write_unit_home(UnitPtr unit, std::uint64_t target_lsn);
    rt::Task<Result<void>> write_pages();
    rt::Task<void> write_page(std::uint64_t page, std::uint64_t sequence);
    rt::Task<Result<void>> write_super();

    // --- recovery.cpp
    rt::Task<Result<void>> load_kv();
    rt::Task<Result<void>> load_pages();
    rt::Task<Result<void>> replay();
    class RingReader;
    rt::Task<Result<bool>> replay_one(RingReader& reader);
    rt::Task<Result<void>> look_beyond(RingReader& reader);
    void replay_entry(const Entry& entry, std::uint64_t lsn, ByteSpan& data);
    UnitPtr replay_unit(const Entry& entry);

    rt::Durability durability() const {
        return options_.relaxed_durability ? rt::Durability::Volatile : rt::Durability::Durable;
    }
    std::uint64_t used_blocks() const { return head_position_ - tail_position_; }

    rt::Disk& disk_;
    rt::Executor& executor_;
    StoreOptions options_;
    std::uint64_t tag_;

    // Units out of whose index entry a Replace in the journal will take effect.
    std::unordered_map<UnitId, UnitPtr, store::UnitIdHash> replacing_;
    // Blocks that a direct write or an import is busy with; writes to them wait.
    std::unordered_map<UnitId, BlockSet, store::UnitIdHash> busy_;
    rt::WaitQueue busy_waiters_;

    // Journal. Positions count blocks since formatting and never wrap.
    std::deque<BatchPtr> queue_;   // the last one is open for more
    std::deque<BatchPtr> written_; // in flight, in order
    std::uint64_t head_position_ = 0;
    std::uint64_t tail_position_ = 0;
    std::uint64_t durable_position_ = 0;
    std::uint64_t next_lsn_ = 1;
    std::uint64_t durable_lsn_ = 0;
    std::size_t queued_blocks_ = 0;
    std::size_t kv_bytes_ = store::kKvHeaderBytes; // with what is appended
    std::size_t pending_drops_ = 0;
    bool commit_deferred_ = false;
    rt::WaitQueue backlog_waiters_;
    rt::WaitQueue idle_waiters_; // close() waits for an empty journal queue

    // Checkpoint.
    rt::Mutex checkpoint_lock_;
    rt::Semaphore home_writes_;
    std::vector<std::weak_ptr<Unit>> dirty_units_; // weak: a dropped unit's extent must become free
    std::vector<bool> page_dirty_;
    std::vector<std::uint64_t> dirty_pages_;
    std::vector<std::uint8_t> page_slot_; // where the valid version is
    std::vector<std::uint64_t> page_sequence_;
    bool kv_dirty_ = false;
    bool checkpoint_running_ = false;

    std::uint64_t replay_epoch_ = 0;
    std::uint64_t super_sequence_ = 0; // durable
    bool closing_ = false;
    bool failed_ = false;
    Error failure_;
    mutable StoreStats stats_;
    rt::Gate gate_;
};

} // namespace pf::sds
