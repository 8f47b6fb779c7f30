// Bringing home: journaled blocks to their extents, extent pages and the key-value area to their
// places, then the journal's tail past all of it. Runs beside new writes.
#include "backend/sds/store/impl.hpp"
#include "base/assert.hpp"

#include <algorithm>

namespace pf::sds {

namespace {
constexpr std::size_t kMaxRunBlocks = 256;
}

void BlockStore::Impl::maybe_checkpoint() {
    if (checkpoint_running_ || failed_ || closing_) {
        return;
    }
    const std::uint64_t journal = super_.layout.journal_blocks;
    const bool filled = used_blocks() * 100 >= journal * options_.checkpoint_percent;
    const bool stuck = !queue_.empty() && written_.empty() &&
                       used_blocks() + queue_.front()->total_blocks() > journal;
    if ((filled && durable_position_ != tail_position_) || stuck) {
        checkpoint_running_ = true;
        gate_.spawn(background_checkpoint());
    }
}

rt::Task<void> BlockStore::Impl::background_checkpoint() {
    auto running = checkpoint();
    (void)co_await std::move(running); // an error has stopped the store already
    checkpoint_running_ = false;
    maybe_checkpoint();
}

rt::Task<Result<void>> BlockStore::Impl::checkpoint() {
    auto locking = checkpoint_lock_.lock(rt::kNever); // the holder is only waiting for the disk
    PF_CO_TRY(auto lock, co_await std::move(locking));
    if (failed_) {
        co_return tl::unexpected(failure_);
    }
    auto running = run_checkpoint();
    auto done = co_await std::move(running);
    if (!done) {
        fail_store(done.error());
        co_return tl::unexpected(failure_);
    }
    co_return done;
}

rt::Task<Result<void>> BlockStore::Impl::run_checkpoint() {
    const std::uint64_t target_lsn = durable_lsn_;
    const std::uint64_t target_position = durable_position_;
    if (target_position == tail_position_) {
        co_return Result<void>{};
    }
    auto homing = write_home(target_lsn);
    PF_CO_CHECK(co_await std::move(homing));
    auto paging = write_pages();
    PF_CO_CHECK(co_await std::move(paging));
    store::Superblock next = super_;
    if (kv_dirty_) {
        // What changes in the map from here on is in the journal behind the target.
        kv_dirty_ = false;
        next.kv_slot = 1 - next.kv_slot;
        ++next.kv_sequence;
        Bytes area = store::encode_kv(kv_, tag_, next.kv_sequence);
        rt::IoBuffer buffer = rt::IoBuffer::allocate(area.size());
        std::ranges::copy(area, buffer.data());
        PF_CO_CHECK(co_await disk_.write(super_.layout.kv_offset(next.kv_slot), buffer.span(),
                                         rt::Durability::Volatile));
    }
    if (!options_.relaxed_durability) {
        PF_CO_CHECK(co_await disk_.sync());
    }
    next.tail_block = target_position % super_.layout.journal_blocks;
    next.tail_lsn = target_lsn + 1;
    super_ = next;
    auto writing = write_super();
    PF_CO_CHECK(co_await std::move(writing));
    tail_position_ = target_position;
    ++stats_.checkpoints;
    start_commits();
    co_return Result<void>{};
}

// Every overlay up to the target. One that is replaced meanwhile by a later write stays, and that
// write is in the journal behind the target.
rt::Task<Result<void>> BlockStore::Impl::write_home(std::uint64_t target_lsn) {
    std::vector<UnitPtr> units;
    for (const std::weak_ptr<Unit>& listed : dirty_units_) {
        if (UnitPtr unit = listed.lock()) {
            unit->dirty_listed = false;
            units.push_back(std::move(unit));
        }
    }
    dirty_units_.clear();
    std::ranges::sort(units, {}, [](const UnitPtr& unit) { return unit->extent; });
    rt::Gate gate(executor_);
    for (UnitPtr& unit : units) {
        auto slot = home_writes_.acquire(1, rt::kNever);
        (void)co_await std::move(slot);
        gate.spawn(write_unit_home(std::move(unit), target_lsn));
    }
    co_await gate.close();
    if (failed_) {
        co_return tl::unexpected(failure_);
    }
    co_return Result<void>{};
}

rt::Task<void> BlockStore::Impl::write_unit_home(UnitPtr unit, std::uint64_t target_lsn) {
    std::vector<store::Overlay> work;
    for (const store::Overlay& overlay : unit->overlays()) {
        if (overlay.lsn <= target_lsn) {
            work.push_back(overlay);
        }
    }
    for (std::size_t i = 0; i < work.size() && !failed_;) {
        std::vector<ByteSpan> parts{work[i].bytes()};
        std::size_t count = 1;
        while (i + count < work.size() && count < kMaxRunBlocks &&
               work[i + count].block == work[i].block + count) {
            ByteSpan next = work[i + count].bytes();
            // Blocks of one larger write lie side by side in memory.
            if (parts.back().data() + parts.back().size() == next.data()) {
                parts.back() = ByteSpan(parts.back().data(), parts.back().size() + next.size());
            } else {
                parts.push_back(next);
            }
            ++count;
        }
        const std::uint64_t at =
            super_.layout.extent_offset(unit->extent) + std::uint64_t{work[i].block} * kBlockBytes;
        auto written = co_await disk_.writev(at, parts, rt::Durability::Volatile);
        if (!written) {
            fail_store(std::move(written.error()));
            break;
        }
        for (std::size_t k = i; k < i + count; ++k) {
            unit->settle(work[k].block, work[k].lsn);
        }
        i += count;
    }
    if (!unit->overlays().empty()) {
        mark_overlaid(unit);
    }
    home_writes_.release(1);
}

// Each page to its slot that is not the valid one; the slots change places only after the sync, but
// nothing reads them before the next open(), so the bookkeeping may run ahead.
rt::Task<Result<void>> BlockStore::Impl::write_pages() {
    std::vector<std::uint64_t> pages = std::move(dirty_pages_);
    dirty_pages_.clear();
    std::ranges::sort(pages);
    rt::Gate gate(executor_);
    for (std::uint64_t page : pages) {
        auto slot = home_writes_.acquire(1, rt::kNever);
        (void)co_await std::move(slot);
        page_dirty_[page] = false;
        gate.spawn(write_page(page, ++page_sequence_[page]));
    }
    co_await gate.close();
    if (failed_) {
        co_return tl::unexpected(failure_);
    }
    co_return Result<void>{};
}

rt::Task<void> BlockStore::Impl::write_page(std::uint64_t page, std::uint64_t sequence) {
    store::ExtentPage image;
    image.page = page;
    image.sequence = sequence;
    for (std::uint32_t i = 0; i < store::kExtentsPerPage; ++i) {
        std::uint64_t extent = page * store::kExtentsPerPage + i;
        const Unit* unit = extent < extents_.total()
                               ? extents_.owner(static_cast<std::uint32_t>(extent))
                               : nullptr;
        if (unit == nullptr || unit->gone || unit->owned.none()) {
            continue;
        }
        store::ExtentRecord& record = image.extents[i];
        record.used = true;
        record.id = unit->id;
        record.lsn = unit->lsn;
        record.owned = unit->owned;
        record.zero = unit->zero;
        record.crc = unit->crc;
    }
    rt::IoBuffer block = rt::IoBuffer::allocate(kBlockBytes);
    store::encode_page(image, tag_, block.span());
    page_slot_[page] ^= 1;
    const std::uint64_t at = super_.layout.page_offset(page, page_slot_[page]);
    auto written = co_await disk_.write(at, block.span(), rt::Durability::Volatile);
    if (!written) {
        fail_store(std::move(written.error()));
    }
    home_writes_.release(1);
}

rt::Task<Result<void>> BlockStore::Impl::write_super() {
    ++super_.sequence;
    rt::IoBuffer block = rt::IoBuffer::allocate(kBlockBytes);
    store::encode_superblock(super_, block.span());
    const std::uint64_t slot = super_.sequence % store::kSuperblockSlots;
    PF_CO_CHECK(co_await disk_.write(slot * kBlockBytes, block.span(), durability()));
    super_sequence_ = super_.sequence;
    co_return Result<void>{};
}

rt::Task<Result<void>> BlockStore::Impl::close() {
    Result<void> result;
    if (!closing_) {
        while (!failed_ && (!queue_.empty() || !written_.empty())) {
            (void)co_await idle_waiters_.wait(rt::kNever); // ended by retire() or fail_store()
        }
        auto last = checkpoint();
        result = co_await std::move(last);
        closing_ = true;
    }
    auto closing = gate_.close();
    co_await std::move(closing);
    // A commit that was about to start finds nothing to do; let it pass before we go.
    while (commit_deferred_) {
        co_await rt::yield(executor_);
    }
    co_return result;
}

StoreStats BlockStore::Impl::stats() const {
    StoreStats out = stats_;
    out.capacity_bytes = extents_.total() * kUnitBytes;
    out.used_bytes = (extents_.total() - extents_.free()) * kUnitBytes;
    for (const auto& [comb, index] : combs_) {
        out.units += index.size();
    }
    out.journal_bytes = super_.layout.journal_blocks * kBlockBytes;
    out.journal_used_bytes = used_blocks() * kBlockBytes;
    return out;
}

} // namespace pf::sds
