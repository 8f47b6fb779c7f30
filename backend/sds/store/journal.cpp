// Group commit: changes that arrive together become one record, one disk write, one flush.
#include "backend/sds/store/impl.hpp"
#include "base/assert.hpp"

#include <algorithm>

namespace pf::sds {

namespace {
// Writers wait beyond this much data that is not in the journal yet.
constexpr std::size_t kMaxQueuedBlocks = 4096;
} // namespace

Result<void> BlockStore::Impl::usable() const {
    if (failed_) {
        return tl::unexpected(failure_);
    }
    if (closing_) {
        return fail(Errc::Cancelled, "the store on {} is closed", disk_.name());
    }
    return {};
}

Result<BatchPtr> BlockStore::Impl::append(Change change) {
    PF_CHECK(usable());
    const std::size_t bytes = change.entry.encoded_bytes();
    const std::uint32_t blocks = change.entry.data_blocks();
    Batch* open = queue_.empty() ? nullptr : queue_.back().get();
    if (open == nullptr || open->meta_bytes + bytes > store::kMaxRecordMetaBytes ||
        open->data_blocks + blocks > store::kMaxRecordDataBlocks) {
        queue_.push_back(std::make_shared<Batch>(executor_));
        open = queue_.back().get();
    }
    open->meta_bytes += bytes;
    open->data_blocks += blocks;
    queued_blocks_ += blocks;
    if (change.unit) {
        ++change.unit->pending;
    }
    if (!change.dropped.empty()) {
        ++pending_drops_;
    }
    open->changes.push_back(std::move(change));
    kick();
    return queue_.back();
}

rt::Task<Result<void>> BlockStore::Impl::durable(BatchPtr batch) {
    while (!batch->applied) {
        if (failed_) {
            co_return tl::unexpected(failure_);
        }
        (void)co_await batch->waiters.wait(rt::kNever); // ended by retire() or fail_store()
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> BlockStore::Impl::append_and_wait(Change change) {
    PF_CO_TRY(BatchPtr batch, append(std::move(change)));
    while (!batch->applied) {
        if (failed_) {
            co_return tl::unexpected(failure_);
        }
        (void)co_await batch->waiters.wait(rt::kNever);
    }
    co_return Result<void>{};
}

// The commit starts at the end of this turn of the loop, so that what arrives in it joins.
void BlockStore::Impl::kick() {
    if (!commit_deferred_ && !queue_.empty() && !failed_ &&
        written_.size() < options_.journal_writes_in_flight) {
        commit_deferred_ = true;
        executor_.defer(&Impl::commit_deferred, this);
    }
}

void BlockStore::Impl::commit_deferred(void* self) {
    auto& impl = *static_cast<Impl*>(self);
    impl.commit_deferred_ = false;
    impl.start_commits();
}

void BlockStore::Impl::start_commits() {
    while (!failed_ && !queue_.empty() && written_.size() < options_.journal_writes_in_flight) {
        BatchPtr batch = queue_.front();
        if (used_blocks() + batch->total_blocks() > super_.layout.journal_blocks) {
            break; // the checkpoint that is under way, or starts now, makes room and calls again
        }
        queue_.pop_front();
        queued_blocks_ -= batch->data_blocks;
        batch->lsn = next_lsn_++;
        written_.push_back(batch);
        gate_.spawn(commit(batch));
    }
    if (queued_blocks_ < kMaxQueuedBlocks) {
        backlog_waiters_.wake_all();
    }
    maybe_checkpoint();
}

rt::Task<void> BlockStore::Impl::commit(BatchPtr batch) {
    auto writing = write_record(*batch);
    auto written = co_await std::move(writing);
    if (!written) {
        fail_store(std::move(written.error()));
        co_return;
    }
    ++stats_.journal_commits;
    batch->durable = true;
    retire();
}

rt::Task<Result<void>> BlockStore::Impl::write_record(Batch& batch) {
    rt::IoBuffer meta = rt::IoBuffer::zeroed(std::size_t{batch.meta_blocks()} * kBlockBytes);
    store::RecordHeader header;
    header.lsn = batch.lsn;
    header.epoch = super_.epoch;
    header.durable_lsn = durable_lsn_;
    header.super_sequence = super_sequence_;
    store::RecordWriter writer(tag_);
    writer.begin(meta.span());
    std::vector<ByteSpan> parts;
    parts.reserve(batch.changes.size() + 1);
    parts.emplace_back(meta.span());
    for (const Change& change : batch.changes) {
        writer.add(change.entry);
        if (change.data) {
            parts.emplace_back(change.data.span());
        }
    }
    writer.finish(header);
    PF_ASSERT(header.total_blocks() == batch.total_blocks(), "record size computed wrong");

    const std::uint64_t ring = super_.layout.journal_blocks;
    const std::uint64_t at = head_position_ % ring;
    const std::uint64_t base = super_.layout.journal_offset;
    head_position_ += header.total_blocks();
    batch.end_position = head_position_;
    if (at + header.total_blocks() <= ring) {
        co_return co_await disk_.writev(base + at * kBlockBytes, parts, durability());
    }
    // Around the end of the ring: two writes. The checksums notice if only one arrives.
    std::uint64_t room = (ring - at) * kBlockBytes;
    std::vector<ByteSpan> before;
    std::vector<ByteSpan> after;
    for (ByteSpan part : parts) {
        std::size_t here = std::min<std::uint64_t>(room, part.size());
        if (here != 0) {
            before.push_back(part.first(here));
        }
        if (here != part.size()) {
            after.push_back(part.subspan(here));
        }
        room -= here;
    }
    auto first = co_await disk_.writev(base + at * kBlockBytes, before, durability());
    PF_CO_CHECK(std::move(first));
    co_return co_await disk_.writev(base, after, durability());
}

// Applies what is durable, in order, and answers.
void BlockStore::Impl::retire() {
    while (!failed_ && !written_.empty() && written_.front()->durable) {
        BatchPtr batch = std::move(written_.front());
        written_.pop_front();
        durable_lsn_ = batch->lsn;
        durable_position_ = batch->end_position;
        for (Change& change : batch->changes) {
            apply(change, batch->lsn);
        }
        batch->changes.clear();
        batch->applied = true;
        batch->waiters.wake_all();
    }
    kick();
    maybe_checkpoint();
    if (queue_.empty() && written_.empty()) {
        idle_waiters_.wake_all();
    }
}

void BlockStore::Impl::mark_overlaid(const UnitPtr& unit) {
    if (!unit->dirty_listed) {
        unit->dirty_listed = true;
        dirty_units_.push_back(unit);
    }
}

void BlockStore::Impl::mark_page(std::uint32_t extent) {
    std::uint64_t page = extent / store::kExtentsPerPage;
    if (!page_dirty_[page]) {
        page_dirty_[page] = true;
        dirty_pages_.push_back(page);
    }
}

void BlockStore::Impl::forget_durably(Unit& unit) {
    unit.detached = true;
    unit.gone = true;
    ++unit.version;
    unit.clear_overlays();
    mark_page(unit.extent);
}

void BlockStore::Impl::apply(Change& change, std::uint64_t lsn) {
    const Entry& entry = change.entry;
    if (Unit* unit = change.unit.get()) {
        --unit->pending;
        unit->lsn = lsn;
        ++unit->version;
        mark_page(unit->extent);
    }
    switch (entry.kind) {
    case EntryKind::Write:
        for (std::uint32_t i = 0; i < entry.count; ++i) {
            std::uint32_t block = entry.first + i;
            change.unit->owned.set(block);
            change.unit->zero.reset(block);
            change.unit->crc[block] = entry.crc[i];
            store::Overlay overlay;
            overlay.buffer = change.data;
            overlay.offset = i * kBlockBytes;
            overlay.block = static_cast<std::uint16_t>(block);
            overlay.lsn = lsn;
            change.unit->put_overlay(std::move(overlay));
        }
        mark_overlaid(change.unit);
        break;
    case EntryKind::Zero:
        for (std::uint32_t block = entry.first; block < entry.first + entry.count; ++block) {
            change.unit->owned.set(block);
            change.unit->zero.set(block);
            change.unit->remove_overlay(block);
        }
        break;
    case EntryKind::AtHome: {
        std::size_t next = 0;
        for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
            if (entry.owned[block]) {
                change.unit->crc[block] = entry.crc[next++];
                change.unit->owned.set(block);
                change.unit->zero.reset(block);
                change.unit->remove_overlay(block);
            }
        }
        break;
    }
    case EntryKind::Replace: {
        Unit& unit = *change.unit;
        unit.owned = entry.owned;
        unit.zero = entry.zero;
        std::size_t next = 0;
        for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
            if (entry.owned[block] && !entry.zero[block]) {
                unit.crc[block] = entry.crc[next++];
            }
        }
        replacing_.erase(entry.id);
        if (!unit.detached) { // else a later drop, already in the journal's queue, has it
            UnitPtr& place = combs_[entry.id.comb.value][entry.id];
            if (place) {
                forget_durably(*place);
            }
            place = change.unit;
        }
        break;
    }
    case EntryKind::DropUnit:
    case EntryKind::DropNode:
    case EntryKind::DropComb:
        for (UnitPtr& unit : change.dropped) {
            forget_durably(*unit);
        }
        if (!change.dropped.empty()) {
            --pending_drops_;
        }
        break;
    case EntryKind::KvPut:
        // kv_bytes_ counted the new value when it was appended; what it replaces goes now.
        if (auto it = kv_.find(entry.key); it != kv_.end()) {
            kv_bytes_ -= store::kv_entry_bytes(it->first.size(), it->second.size());
        }
        kv_.insert_or_assign(entry.key, entry.value);
        kv_dirty_ = true;
        break;
    case EntryKind::KvRemove:
        if (auto it = kv_.find(entry.key); it != kv_.end()) {
            kv_bytes_ -= store::kv_entry_bytes(it->first.size(), it->second.size());
            kv_.erase(it);
        }
        kv_dirty_ = true;
        break;
    }
}

// Whoever waits is woken and sees the error; nothing is applied any more.
void BlockStore::Impl::fail_store(Error error) {
    if (!failed_) {
        failed_ = true;
        stats_.failed = true;
        failure_ = Error{Errc::Io,
                         fmt::format("the store on {} has stopped: {}", disk_.name(), error.what)};
    }
    for (auto* batches : {&queue_, &written_}) {
        for (const BatchPtr& batch : *batches) {
            batch->waiters.wake_all();
        }
    }
    queue_.clear();
    backlog_waiters_.wake_all();
    busy_waiters_.wake_all();
    idle_waiters_.wake_all();
}

} // namespace pf::sds
