// format(), open(): superblocks, extent pages, key-value area, replay of the journal.
#include "backend/sds/store/impl.hpp"
#include "base/assert.hpp"
#include "base/crc32c.hpp"
#include "base/crypto.hpp"

#include <algorithm>
#include <cstring>

namespace pf::sds {

namespace {
constexpr std::size_t kChunkBytes = 1u << 20;
}

BlockStore::Impl::Impl(rt::Disk& disk, StoreOptions options, store::Superblock super)
    : super_(super), disk_(disk), executor_(disk.executor()), options_(options),
      tag_(store::store_tag(super.identity)), busy_waiters_(executor_), backlog_waiters_(executor_),
      idle_waiters_(executor_), checkpoint_lock_(executor_),
      home_writes_(executor_, std::max(1u, options.home_writes_in_flight)), gate_(executor_) {
    options_.journal_writes_in_flight = std::clamp(options.journal_writes_in_flight, 1u, 16u);
    options_.checkpoint_percent = std::clamp(options.checkpoint_percent, 1u, 90u);
}

BlockStore::Impl::~Impl() {
    PF_ASSERT(closing_ || super_.epoch == 0 || failed_, "a store is closed before it dies");
}

rt::Task<Result<void>> BlockStore::format(rt::Disk& disk, Identity identity, StoreOptions options) {
    store::Superblock super;
    PF_CO_TRY(super.layout, store::make_layout(disk.size_bytes(), options.journal_bytes));
    super.identity = identity;
    Bytes uuid = random_bytes(super.identity.uuid.size());
    std::ranges::copy(uuid, super.identity.uuid.begin());
    const std::uint64_t tag = store::store_tag(super.identity);
    // First the old superblocks go: an interrupted format leaves no store, rather than a wrong one.
    rt::IoBuffer zeroes = rt::IoBuffer::zeroed(kChunkBytes);
    PF_CO_CHECK(co_await disk.write(0, zeroes.span(0, store::kKvOffset), rt::Durability::Durable));
    Bytes kv = store::encode_kv({}, tag, super.kv_sequence);
    rt::IoBuffer block = rt::IoBuffer::zeroed(kv.size());
    std::ranges::copy(kv, block.data());
    PF_CO_CHECK(
        co_await disk.write(super.layout.kv_offset(0), block.span(), rt::Durability::Volatile));
    // Empty pages, so that a page that can't be read is damage and not one never written.
    constexpr std::uint64_t kPerChunk = kChunkBytes / kBlockBytes;
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
        for (std::uint64_t page = 0; page < super.layout.meta_pages; page += kPerChunk) {
            const std::uint64_t count = std::min(kPerChunk, super.layout.meta_pages - page);
            for (std::uint64_t i = 0; i < count; ++i) {
                store::ExtentPage empty;
                empty.page = page + i;
                store::encode_page(empty, tag, zeroes.span(i * kBlockBytes, kBlockBytes));
            }
            PF_CO_CHECK(co_await disk.write(super.layout.page_offset(page, slot),
                                            zeroes.span(0, count * kBlockBytes),
                                            rt::Durability::Volatile));
        }
    }
    // The journal is written once, so that the file system has nothing left to allocate there.
    std::memset(zeroes.data(), 0, zeroes.size());
    const std::uint64_t journal = super.layout.journal_blocks * kBlockBytes;
    for (std::uint64_t at = 0; at < journal; at += kChunkBytes) {
        const std::uint64_t size = std::min<std::uint64_t>(kChunkBytes, journal - at);
        PF_CO_CHECK(co_await disk.write(super.layout.journal_offset + at, zeroes.span(0, size),
                                        rt::Durability::Volatile));
    }
    PF_CO_CHECK(co_await disk.sync());
    rt::IoBuffer first = rt::IoBuffer::allocate(kBlockBytes);
    store::encode_superblock(super, first.span());
    co_return co_await disk.write(0, first.span(), rt::Durability::Durable);
}

rt::Task<Result<std::unique_ptr<BlockStore>>> BlockStore::open(rt::Disk& disk,
                                                               StoreOptions options) {
    if (disk.size_bytes() < store::kMinDeviceBytes) {
        co_return fail(Errc::NotFound, "{}: no store on this device", disk.name());
    }
    rt::IoBuffer blocks = rt::IoBuffer::allocate(store::kSuperblockSlots * kBlockBytes);
    PF_CO_CHECK(co_await disk.read(0, blocks.span()));
    std::optional<store::Superblock> best;
    Error reason{Errc::NotFound, "no store on this device"};
    for (std::uint64_t slot = 0; slot < store::kSuperblockSlots; ++slot) {
        auto super = store::decode_superblock(blocks.span(slot * kBlockBytes, kBlockBytes));
        if (super && (!best || super->sequence > best->sequence)) {
            best = *super;
        } else if (!super && super.error().code == Errc::Corrupt) {
            reason = super.error();
        }
    }
    if (!best) {
        co_return fail_while(std::move(reason), "{}", disk.name());
    }
    if (best->layout.device_bytes > disk.size_bytes()) {
        co_return fail(Errc::Corrupt, "{} has {} bytes, its store was made for {}", disk.name(),
                       disk.size_bytes(), best->layout.device_bytes);
    }
    auto impl = std::make_unique<Impl>(disk, options, *best);
    auto recovering = impl->recover();
    auto recovered = co_await std::move(recovering);
    std::unique_ptr<BlockStore> store(new BlockStore(std::move(impl)));
    if (!recovered) {
        (void)co_await store->close();
        co_return fail_while(std::move(recovered.error()), "{}", disk.name());
    }
    co_return Result<std::unique_ptr<BlockStore>>(std::move(store));
}

rt::Task<Result<void>> BlockStore::Impl::recover() {
    const auto& layout = super_.layout;
    extents_.init(layout.extents);
    page_dirty_.assign(layout.meta_pages, false);
    page_slot_.assign(layout.meta_pages, 0);
    page_sequence_.assign(layout.meta_pages, 0);
    Result<void> done;
    for (auto step : {&Impl::load_kv, &Impl::load_pages, &Impl::replay}) {
        auto running = (this->*step)();
        done = co_await std::move(running);
        if (!done) {
            failed_ = true; // so that close() leaves the device alone
            failure_ = done.error();
            co_return done;
        }
    }
    extents_.collect_free();
    // Records written from now on bear a new epoch: what an earlier run left behind the journal's
    // end is never taken for a continuation.
    ++super_.epoch;
    auto writing = write_super();
    done = co_await std::move(writing);
    if (!done) {
        fail_store(done.error());
        co_return done;
    }
    maybe_checkpoint();
    co_return Result<void>{};
}

rt::Task<Result<void>> BlockStore::Impl::load_kv() {
    rt::IoBuffer area = rt::IoBuffer::allocate(store::kKvAreaBytes);
    PF_CO_CHECK(co_await disk_.read(super_.layout.kv_offset(super_.kv_slot), area.span()));
    PF_CO_TRY(kv_, store::decode_kv(area.span(), tag_, super_.kv_sequence));
    for (const auto& [key, value] : kv_) {
        kv_bytes_ += store::kv_entry_bytes(key.size(), value.size());
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> BlockStore::Impl::load_pages() {
    constexpr std::uint64_t kPerChunk = kChunkBytes / kBlockBytes;
    rt::IoBuffer chunks[2] = {rt::IoBuffer::allocate(kChunkBytes),
                              rt::IoBuffer::allocate(kChunkBytes)};
    const std::uint64_t pages = super_.layout.meta_pages;
    for (std::uint64_t base = 0; base < pages; base += kPerChunk) {
        const std::uint64_t count = std::min(kPerChunk, pages - base);
        for (std::uint32_t slot = 0; slot < 2; ++slot) {
            PF_CO_CHECK(co_await disk_.read(super_.layout.page_offset(base, slot),
                                            chunks[slot].span(0, count * kBlockBytes)));
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            Result<store::ExtentPage> found[2];
            for (std::uint32_t slot = 0; slot < 2; ++slot) {
                found[slot] = store::decode_page(chunks[slot].span(i * kBlockBytes, kBlockBytes),
                                                 tag_, base + i);
            }
            // One of the two may have been torn while it was written; never both.
            if (!found[0] && !found[1]) {
                co_return tl::unexpected(found[0].error());
            }
            const std::uint32_t slot =
                !found[0] || (found[1] && found[1]->sequence > found[0]->sequence) ? 1 : 0;
            page_slot_[base + i] = static_cast<std::uint8_t>(slot);
            page_sequence_[base + i] = found[slot]->sequence;
            for (std::uint32_t k = 0; k < store::kExtentsPerPage; ++k) {
                const store::ExtentRecord& record = found[slot]->extents[k];
                const std::uint64_t extent = (base + i) * store::kExtentsPerPage + k;
                if (!record.used || extent >= extents_.total()) {
                    continue;
                }
                UnitPtr& place = combs_[record.id.comb.value][record.id];
                // Two extents claim the unit when a replacement's pages are older or newer than
                // the journal's tail: replay decides; until then the later one stands.
                if (place && place->lsn > record.lsn) {
                    mark_page(static_cast<std::uint32_t>(extent));
                    continue;
                }
                if (place) {
                    mark_page(place->extent);
                    place.reset();
                }
                place =
                    std::make_shared<Unit>(extents_, record.id, static_cast<std::uint32_t>(extent));
                place->owned = record.owned;
                place->zero = record.zero;
                place->crc = record.crc;
                place->lsn = record.lsn;
            }
        }
    }
    co_return Result<void>{};
}

// Serves spans of the journal ring out of chunks read ahead.
class BlockStore::Impl::RingReader {
  public:
    RingReader(rt::Disk& disk, const store::Layout& layout) : disk_(disk), layout_(layout) {}

    // `blocks` from `position` on (which counts without wrapping), valid until the next call.
    rt::Task<Result<ByteSpan>> get(std::uint64_t position, std::uint64_t blocks) {
        if (buffer_ && position >= start_ && position + blocks <= start_ + have_) {
            co_return ByteSpan(
                buffer_.span((position - start_) * kBlockBytes, blocks * kBlockBytes));
        }
        have_ = std::max<std::uint64_t>(blocks, kChunkBytes / kBlockBytes);
        have_ = std::min(have_, layout_.journal_blocks);
        start_ = position;
        buffer_ = rt::IoBuffer::allocate(have_ * kBlockBytes);
        const std::uint64_t at = position % layout_.journal_blocks;
        const std::uint64_t first = std::min(have_, layout_.journal_blocks - at);
        PF_CO_CHECK(co_await disk_.read(layout_.journal_offset + at * kBlockBytes,
                                        buffer_.span(0, first * kBlockBytes)));
        if (first != have_) {
            PF_CO_CHECK(co_await disk_.read(
                layout_.journal_offset,
                buffer_.span(first * kBlockBytes, (have_ - first) * kBlockBytes)));
        }
        co_return ByteSpan(buffer_.span(0, blocks * kBlockBytes));
    }

  private:
    rt::Disk& disk_;
    const store::Layout& layout_;
    rt::IoBuffer buffer_;
    std::uint64_t start_ = 0;
    std::uint64_t have_ = 0;
};

rt::Task<Result<void>> BlockStore::Impl::replay() {
    tail_position_ = super_.tail_block;
    head_position_ = tail_position_;
    next_lsn_ = super_.tail_lsn;
    RingReader reader(disk_, super_.layout);
    for (;;) {
        auto one = replay_one(reader);
        PF_CO_TRY(bool more, co_await std::move(one));
        if (!more) {
            break;
        }
        ++stats_.replayed_records;
    }
    auto looking = look_beyond(reader);
    PF_CO_CHECK(co_await std::move(looking));
    durable_lsn_ = next_lsn_ - 1;
    durable_position_ = head_position_;
    co_return Result<void>{};
}

// False: here the journal ends, be it that nothing was written or that the crash tore it.
rt::Task<Result<bool>> BlockStore::Impl::replay_one(RingReader& reader) {
    const std::uint64_t ring = super_.layout.journal_blocks;
    if (used_blocks() >= ring) {
        co_return false;
    }
    auto peeking = reader.get(head_position_, 1);
    PF_CO_TRY(ByteSpan block, co_await std::move(peeking));
    auto header = store::peek_record(block, tag_);
    if (!header || header->lsn != next_lsn_ || header->epoch > super_.epoch ||
        header->epoch < replay_epoch_ || used_blocks() + header->total_blocks() > ring) {
        co_return false;
    }
    auto reading = reader.get(head_position_, header->total_blocks());
    PF_CO_TRY(ByteSpan whole, co_await std::move(reading));
    const std::size_t meta_bytes = std::size_t{header->meta_blocks()} * kBlockBytes;
    auto entries = store::decode_record(whole.first(meta_bytes), tag_);
    if (!entries) {
        co_return false;
    }
    ByteSpan data = whole.subspan(meta_bytes);
    std::size_t at = 0;
    for (const Entry& entry : *entries) {
        if (entry.kind != EntryKind::Write) {
            continue;
        }
        for (std::uint32_t crc : entry.crc) {
            if (crc32c(data.subspan(at, kBlockBytes)) != crc) {
                co_return false;
            }
            at += kBlockBytes;
        }
    }
    for (const Entry& entry : *entries) {
        if (entry.extent != store::kNoExtent && entry.extent >= extents_.total()) {
            co_return fail(Errc::Corrupt, "journal record {} names extent {}", header->lsn,
                           entry.extent);
        }
        replay_entry(entry, header->lsn, data);
    }
    replay_epoch_ = header->epoch;
    head_position_ += header->total_blocks();
    ++next_lsn_;
    co_return true;
}

// A record behind the end may prove that the journal does not really end here: by its header the
// missing record had been answered, or a later superblock than ours had been in force. Then the
// device was damaged, not interrupted; answered writes are lost, and the copy must not serve.
rt::Task<Result<void>> BlockStore::Impl::look_beyond(RingReader& reader) {
    constexpr std::uint64_t kWindow = 2 * (store::kMaxRecordDataBlocks + 64);
    const std::uint64_t limit =
        std::min(kWindow, super_.layout.journal_blocks -
                              std::min(used_blocks(), super_.layout.journal_blocks));
    for (std::uint64_t i = 0; i < limit; ++i) {
        auto peeking = reader.get(head_position_ + i, 1);
        PF_CO_TRY(ByteSpan block, co_await std::move(peeking));
        auto header = store::peek_record(block, tag_);
        if (!header || header->epoch != super_.epoch || header->lsn <= next_lsn_ ||
            (header->durable_lsn < next_lsn_ && header->super_sequence <= super_.sequence) ||
            i + header->meta_blocks() > limit) {
            continue;
        }
        auto reading = reader.get(head_position_ + i, header->meta_blocks());
        PF_CO_TRY(ByteSpan meta, co_await std::move(reading));
        if (store::decode_record(meta, tag_)) {
            co_return fail(Errc::Corrupt, "journal record {} is damaged, record {} after it is not",
                           next_lsn_, header->lsn);
        }
    }
    co_return Result<void>{};
}

// The unit an entry is about, in the extent that the entry names, as it was at that time. An extent
// that a page of a later time shows in other hands is taken from them: the record that gave it to
// them is still to come.
UnitPtr BlockStore::Impl::replay_unit(const Entry& entry) {
    UnitPtr& place = combs_[entry.id.comb.value][entry.id];
    if (place && place->extent == entry.extent) {
        return place;
    }
    if (const Unit* other = extents_.owner(entry.extent)) {
        const UnitId id = other->id;
        if (id != entry.id) {
            combs_[id.comb.value].erase(id);
        }
    }
    if (place) {
        mark_page(place->extent);
        place.reset();
    }
    place = std::make_shared<Unit>(extents_, entry.id, entry.extent);
    return place;
}

void BlockStore::Impl::replay_entry(const Entry& entry, std::uint64_t lsn, ByteSpan& data) {
    Change change{entry};
    switch (entry.kind) {
    case EntryKind::Write:
        change.unit = replay_unit(entry);
        change.data = rt::IoBuffer::allocate(std::size_t{entry.count} * kBlockBytes);
        std::memcpy(change.data.data(), data.data(), change.data.size());
        data = data.subspan(change.data.size());
        break;
    case EntryKind::Zero:
    case EntryKind::AtHome:
        change.unit = replay_unit(entry);
        break;
    case EntryKind::Replace:
        change.unit = replay_unit(entry);
        change.unit->clear_overlays();
        break;
    case EntryKind::DropUnit:
    case EntryKind::DropNode:
    case EntryKind::DropComb:
        for (auto& [comb, index] : combs_) {
            if (entry.kind != EntryKind::DropNode && comb != entry.id.comb.value) {
                continue;
            }
            std::erase_if(index, [&](auto& item) {
                const UnitId& id = item.first;
                const bool hit = entry.kind == EntryKind::DropUnit   ? id == entry.id
                                 : entry.kind == EntryKind::DropNode ? id.node == entry.id.node
                                                                     : true;
                if (hit) {
                    change.dropped.push_back(item.second);
                }
                return hit;
            });
        }
        pending_drops_ += change.dropped.empty() ? 0 : 1;
        break;
    case EntryKind::KvPut:
        kv_bytes_ += store::kv_entry_bytes(entry.key.size(), entry.value.size());
        break;
    case EntryKind::KvRemove:
        break;
    }
    if (change.unit) {
        ++change.unit->pending;
        if (entry.kind == EntryKind::Replace) {
            // apply() puts the new unit in the old one's place; here it is there already.
            combs_[entry.id.comb.value].erase(entry.id);
        }
    }
    apply(change, lsn);
}

} // namespace pf::sds
