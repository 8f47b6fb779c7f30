// Reads, writes, rebuild and removal.
#include "backend/sds/store/impl.hpp"
#include "base/assert.hpp"
#include "base/crc32c.hpp"

#include <algorithm>
#include <cstring>

namespace pf::sds {

namespace {

// From this size on, new blocks are written to their extent at once and only described in the
// journal: half the bytes, at the price of a second flush.
constexpr std::uint32_t kDirectBlocks = 32;
// How often an operation may find that others changed the blocks under it. The layer above keeps
// overlapping operations apart, so reaching this means that it does not.
constexpr int kMaxRaces = 1000;

BlockSet range_set(std::uint32_t first, std::uint32_t count) {
    BlockSet set;
    set.set();
    set >>= kBlocksPerUnit - count;
    return set << first;
}

std::vector<std::uint32_t> block_crcs(ByteSpan data) {
    std::vector<std::uint32_t> out(data.size() / kBlockBytes);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = crc32c(data.subspan(i * kBlockBytes, kBlockBytes));
    }
    return out;
}

Result<void> check_range(std::span<const map::NodeId> chain, std::uint64_t offset,
                         std::uint64_t length) {
    if (chain.empty() || length == 0 || (offset | length) % kSectorBytes != 0 ||
        offset + length > kUnitBytes) {
        return fail(Errc::InvalidArgument, "bad range: {} bytes at {} of a unit", length, offset);
    }
    return {};
}

struct BlockSpan {
    std::uint32_t first;
    std::uint32_t count;
};
BlockSpan blocks_of(std::uint32_t offset, std::size_t length) {
    std::uint32_t first = offset / kBlockBytes;
    auto end = static_cast<std::uint32_t>((offset + length + kBlockBytes - 1) / kBlockBytes);
    return {first, end - first};
}

} // namespace

UnitPtr BlockStore::Impl::find(const UnitId& id) const {
    auto comb = combs_.find(id.comb.value);
    if (comb == combs_.end()) {
        return nullptr;
    }
    auto unit = comb->second.find(id);
    return unit == comb->second.end() ? nullptr : unit->second;
}

std::uint64_t BlockStore::Impl::version_of(const UnitId& id) const {
    UnitPtr unit = find(id);
    return unit ? unit->version : 0;
}

// --- reading
// --------------------------------------------------------------------------------------

// Reads and checks consecutive blocks of one extent. False: they were changed meanwhile, look
// again.
rt::Task<Result<bool>> BlockStore::Impl::read_home(UnitPtr unit, std::uint32_t first,
                                                   MutByteSpan into) {
    const std::uint64_t version = unit->version;
    const std::uint64_t at =
        super_.layout.extent_offset(unit->extent) + std::uint64_t{first} * kBlockBytes;
    if (reinterpret_cast<std::uintptr_t>(into.data()) % disk_.alignment() == 0) {
        PF_CO_CHECK(co_await disk_.read(at, into));
    } else {
        rt::IoBuffer bounce = rt::IoBuffer::allocate(into.size());
        PF_CO_CHECK(co_await disk_.read(at, bounce.span()));
        std::memcpy(into.data(), bounce.data(), into.size());
    }
    for (std::size_t i = 0; i < into.size() / kBlockBytes; ++i) {
        if (crc32c(into.subspan(i * kBlockBytes, kBlockBytes)) == unit->crc[first + i]) {
            continue;
        }
        if (unit->version != version) {
            co_return false;
        }
        ++stats_.checksum_errors;
        co_return fail(Errc::ChecksumMismatch,
                       "{}: block {} of unit {} (comb {}, node {:016x}) is damaged on the disk",
                       disk_.name(), first + i, unit->id.unit, unit->id.comb.value,
                       unit->id.node.value);
    }
    co_return true;
}

rt::Task<Result<void>> BlockStore::Impl::read(map::CombId comb, std::span<const map::NodeId> chain,
                                              std::uint64_t unit_number, std::uint32_t offset,
                                              MutByteSpan into, BlockSet* owned) {
    PF_CO_CHECK(usable());
    PF_CO_CHECK(check_range(chain, offset, into.size()));
    ++stats_.reads;
    // Whole blocks are needed for the checksums; a partial request goes through a buffer.
    const BlockSpan range = blocks_of(offset, into.size());
    rt::IoBuffer whole;
    MutByteSpan out = into;
    const std::size_t bytes = std::size_t{range.count} * kBlockBytes;
    if (bytes != into.size()) {
        whole = rt::IoBuffer::allocate(bytes);
        out = whole.span();
    }
    int races = 0;
    for (std::uint32_t i = 0; i < range.count;) {
        // The nearest node that owns block i, and how far it goes on the same way.
        UnitPtr source;
        std::vector<UnitPtr> nearer; // they hide what is behind them
        for (map::NodeId node : chain) {
            UnitPtr unit = find(UnitId{comb, node, unit_number});
            if (unit && unit->owned[range.first + i]) {
                source = std::move(unit);
                break;
            }
            if (unit) {
                nearer.push_back(std::move(unit));
            }
        }
        const std::uint32_t block = range.first + i;
        MutByteSpan to = out.subspan(std::size_t{i} * kBlockBytes);
        if (owned != nullptr) {
            owned->set(block, source != nullptr);
        }
        if (!source || source->zero[block]) {
            std::memset(to.data(), 0, kBlockBytes);
            ++i;
            continue;
        }
        if (const store::Overlay* overlay = source->overlay(block)) {
            std::memcpy(to.data(), overlay->bytes().data(), kBlockBytes);
            ++i;
            continue;
        }
        auto hidden = [&nearer](std::uint32_t b) {
            return std::ranges::any_of(nearer, [b](const UnitPtr& u) { return u->owned[b]; });
        };
        std::uint32_t count = 1;
        while (i + count < range.count && source->owned[block + count] &&
               !source->zero[block + count] && source->overlay(block + count) == nullptr &&
               !hidden(block + count)) {
            ++count;
        }
        auto reading = read_home(source, block, to.first(std::size_t{count} * kBlockBytes));
        PF_CO_TRY(bool settled, co_await std::move(reading));
        if (!settled) {
            if (++races > kMaxRaces) {
                co_return fail(Errc::Retry, "unit {} keeps changing", unit_number);
            }
            continue;
        }
        if (owned != nullptr) {
            for (std::uint32_t k = 0; k < count; ++k) {
                owned->set(block + k);
            }
        }
        i += count;
    }
    if (whole) {
        std::memcpy(into.data(), whole.data() + offset % kBlockBytes, into.size());
    }
    co_return Result<void>{};
}

// --- writing
// --------------------------------------------------------------------------------------

// Waits until no direct write or import is busy with these blocks, and the backlog is bearable.
rt::Task<Result<void>> BlockStore::Impl::wait_writable(const UnitId& id, const BlockSet& blocks) {
    for (;;) {
        PF_CO_CHECK(usable());
        auto busy = busy_.empty() ? busy_.end() : busy_.find(id);
        if (busy != busy_.end() && (busy->second & blocks).any()) {
            (void)co_await busy_waiters_.wait(rt::kNever); // ended by release_busy or a failure
        } else if (queued_blocks_ >= 4096) {
            (void)co_await backlog_waiters_.wait(rt::kNever);
        } else {
            co_return Result<void>{};
        }
    }
}

void BlockStore::Impl::release_busy(const UnitId& id, const BlockSet& blocks) {
    auto busy = busy_.find(id);
    PF_ASSERT(busy != busy_.end() && (busy->second & blocks) == blocks, "not busy");
    busy->second &= ~blocks;
    if (busy->second.none()) {
        busy_.erase(busy);
    }
    busy_waiters_.wake_all();
}

// The unit to write to, made if needed. A new one owns nothing until its first write is durable.
Result<UnitPtr> BlockStore::Impl::unit_for_write(const UnitId& id) {
    UnitPtr& place = combs_[id.comb.value][id];
    if (!place) {
        std::uint32_t extent = extents_.take();
        if (extent == store::kNoExtent) {
            combs_[id.comb.value].erase(id);
            return fail(Errc::NoSpace, "{}: all {} extents are in use", disk_.name(),
                        extents_.total());
        }
        place = std::make_shared<Unit>(extents_, id, extent);
    }
    return place;
}

rt::Task<Result<UnitPtr>> BlockStore::Impl::allocate_for_write(UnitId id) {
    for (;;) {
        PF_CO_CHECK(usable());
        auto unit = unit_for_write(id);
        if (unit || pending_drops_ == 0) {
            co_return unit;
        }
        // Space is on its way: the drops in the journal's queue free it when they are durable.
        BatchPtr last = queue_.empty() ? written_.back() : queue_.back();
        auto waiting = durable(std::move(last));
        PF_CO_CHECK(co_await std::move(waiting));
    }
}

bool BlockStore::Impl::direct_is_better(const Unit& unit, std::uint32_t first,
                                        std::uint32_t count) const {
    return count >= kDirectBlocks && unit.pending == 0 &&
           (unit.owned & range_set(first, count)).none();
}

// Whole blocks.
rt::Task<Result<void>> BlockStore::Impl::write_blocks(UnitId id, std::uint32_t first,
                                                      rt::IoBuffer data) {
    const auto count = static_cast<std::uint32_t>(data.size() / kBlockBytes);
    auto allocating = allocate_for_write(id);
    PF_CO_TRY(UnitPtr unit, co_await std::move(allocating));
    if (direct_is_better(*unit, first, count)) {
        co_return co_await write_direct(id, std::move(unit), first, std::move(data));
    }
    Change change{Entry{}};
    change.entry.kind = EntryKind::Write;
    change.entry.id = id;
    change.entry.extent = unit->extent;
    change.entry.first = first;
    change.entry.count = count;
    change.entry.crc = block_crcs(data.span());
    change.unit = std::move(unit);
    change.data = std::move(data);
    co_return co_await append_and_wait(std::move(change));
}

rt::Task<Result<void>> BlockStore::Impl::write_direct(UnitId id, UnitPtr unit, std::uint32_t first,
                                                      rt::IoBuffer data) {
    const auto count = static_cast<std::uint32_t>(data.size() / kBlockBytes);
    const BlockSet blocks = range_set(first, count);
    busy_[id] |= blocks;
    const std::uint64_t at =
        super_.layout.extent_offset(unit->extent) + std::uint64_t{first} * kBlockBytes;
    auto written = co_await disk_.write(at, data.span(), durability());
    if (!written) {
        fail_store(std::move(written.error()));
        release_busy(id, blocks);
        co_return tl::unexpected(failure_);
    }
    Result<void> done;
    if (unit->detached) {
        // Dropped meanwhile; the write comes after the drop.
        release_busy(id, blocks);
        co_return co_await write_blocks(id, first, std::move(data));
    }
    Change change{Entry{}};
    change.entry.kind = EntryKind::AtHome;
    change.entry.id = id;
    change.entry.extent = unit->extent;
    change.entry.owned = blocks;
    change.entry.crc = block_crcs(data.span());
    change.unit = std::move(unit);
    auto appending = append_and_wait(std::move(change));
    done = co_await std::move(appending);
    release_busy(id, blocks);
    co_return done;
}

rt::Task<Result<void>> BlockStore::Impl::write(map::CombId comb, std::span<const map::NodeId> chain,
                                               std::uint64_t unit_number, std::uint32_t offset,
                                               ByteSpan data) {
    PF_CO_CHECK(usable());
    PF_CO_CHECK(check_range(chain, offset, data.size()));
    ++stats_.writes;
    const UnitId id{comb, chain.front(), unit_number};
    const BlockSpan range = blocks_of(offset, data.size());
    const BlockSet blocks = range_set(range.first, range.count);
    rt::IoBuffer buffer = rt::IoBuffer::allocate(std::size_t{range.count} * kBlockBytes);
    const std::uint32_t skew = offset % kBlockBytes;
    const bool partial = buffer.size() != data.size();
    for (int race = 0; race < kMaxRaces; ++race) {
        PF_CO_CHECK(usable());
        if (!busy_.empty() || queued_blocks_ >= 4096) {
            auto waiting = wait_writable(id, blocks);
            PF_CO_CHECK(co_await std::move(waiting));
        }
        if (partial) {
            // The blocks at the edges keep what the request does not cover. Changes that are not
            // durable yet are waited for, changes made while reading make us read again.
            if (UnitPtr unit = find(id); unit && unit->pending != 0) {
                BatchPtr last = queue_.empty() ? written_.back() : queue_.back();
                auto waiting = durable(std::move(last));
                PF_CO_CHECK(co_await std::move(waiting));
                continue;
            }
            const std::uint64_t version = version_of(id);
            const std::uint32_t last = range.count - 1;
            if (skew != 0 || range.count == 1) {
                auto head = read(comb, chain, unit_number, range.first * kBlockBytes,
                                 buffer.span(0, kBlockBytes), nullptr);
                PF_CO_CHECK(co_await std::move(head));
            }
            if (last != 0 && (offset + data.size()) % kBlockBytes != 0) {
                auto tail =
                    read(comb, chain, unit_number, (range.first + last) * kBlockBytes,
                         buffer.span(std::size_t{last} * kBlockBytes, kBlockBytes), nullptr);
                PF_CO_CHECK(co_await std::move(tail));
            }
            UnitPtr unit = find(id);
            if (version_of(id) != version || (unit && unit->pending != 0) || busy_.contains(id)) {
                continue;
            }
        }
        std::memcpy(buffer.data() + skew, data.data(), data.size());
        auto writing = write_blocks(id, range.first, std::move(buffer));
        co_return co_await std::move(writing);
    }
    co_return fail(Errc::Retry, "unit {} keeps changing", unit_number);
}

rt::Task<Result<void>> BlockStore::Impl::write_zeroes(map::CombId comb,
                                                      std::span<const map::NodeId> chain,
                                                      std::uint64_t unit_number,
                                                      std::uint32_t offset, std::uint32_t length) {
    PF_CO_CHECK(usable());
    PF_CO_CHECK(check_range(chain, offset, length));
    const UnitId id{comb, chain.front(), unit_number};
    const std::uint32_t end = offset + length;
    const std::uint32_t first = (offset + kBlockBytes - 1) / kBlockBytes;
    const std::uint32_t stop = end / kBlockBytes;
    // Edges that cover a block in part are ordinary writes.
    static constexpr std::array<std::byte, kBlockBytes> kZeroes{};
    if (first > stop) {
        auto writing = write(comb, chain, unit_number, offset, ByteSpan(kZeroes).first(length));
        co_return co_await std::move(writing);
    }
    if (offset % kBlockBytes != 0) {
        auto head = write(comb, chain, unit_number, offset,
                          ByteSpan(kZeroes).first(first * kBlockBytes - offset));
        PF_CO_CHECK(co_await std::move(head));
    }
    if (end % kBlockBytes != 0) {
        auto tail = write(comb, chain, unit_number, stop * kBlockBytes,
                          ByteSpan(kZeroes).first(end - stop * kBlockBytes));
        PF_CO_CHECK(co_await std::move(tail));
    }
    if (first == stop) {
        co_return Result<void>{};
    }
    const BlockSet blocks = range_set(first, stop - first);
    auto waiting = wait_writable(id, blocks);
    PF_CO_CHECK(co_await std::move(waiting));
    // Nothing there that the zeroes would hide: reads give zeroes already.
    bool any = false;
    bool ancestors = false;
    for (map::NodeId node : chain) {
        UnitPtr unit = find(UnitId{comb, node, unit_number});
        bool has = unit && (unit->pending != 0 || (unit->owned & blocks).any());
        any = any || has;
        ancestors = ancestors || (has && node != chain.front());
    }
    if (!any) {
        co_return Result<void>{};
    }
    if (blocks.all() && !ancestors) {
        Entry entry;
        entry.kind = EntryKind::DropUnit;
        entry.id = id;
        auto dropping = drop(std::move(entry));
        co_return co_await std::move(dropping);
    }
    auto allocating = allocate_for_write(id);
    PF_CO_TRY(UnitPtr unit, co_await std::move(allocating));
    Change change{Entry{}};
    change.entry.kind = EntryKind::Zero;
    change.entry.id = id;
    change.entry.extent = unit->extent;
    change.entry.first = first;
    change.entry.count = stop - first;
    change.unit = std::move(unit);
    auto appending = append_and_wait(std::move(change));
    co_return co_await std::move(appending);
}

// --- rebuild, removal
// -------------------------------------------------------------------------------

rt::Task<Result<UnitImage>> BlockStore::Impl::export_unit(UnitId id) {
    PF_CO_CHECK(usable());
    UnitPtr unit = find(id);
    if (!unit || unit->owned.none()) {
        co_return fail(Errc::NotFound, "unit {} of node {:016x} holds nothing", id.unit,
                       id.node.value);
    }
    UnitImage image;
    image.data = rt::IoBuffer::allocate(kUnitBytes);
    const map::NodeId chain[] = {id.node};
    auto reading = read(id.comb, chain, id.unit, 0, image.data.span(), &image.owned);
    PF_CO_CHECK(co_await std::move(reading));
    co_return Result<UnitImage>(std::move(image));
}

rt::Task<Result<void>> BlockStore::Impl::import_unit(UnitId id, UnitImage image) {
    PF_CO_CHECK(usable());
    if (image.owned.none()) {
        Entry entry;
        entry.kind = EntryKind::DropUnit;
        entry.id = id;
        auto dropping = drop(std::move(entry));
        co_return co_await std::move(dropping);
    }
    if (image.data.size() != kUnitBytes) {
        co_return fail(Errc::InvalidArgument, "an image has {} bytes, not {}", kUnitBytes,
                       image.data.size());
    }
    const BlockSet all = range_set(0, kBlocksPerUnit);
    auto waiting = wait_writable(id, all);
    PF_CO_CHECK(co_await std::move(waiting));
    while (extents_.free() == 0 && pending_drops_ != 0) {
        PF_CO_CHECK(usable());
        BatchPtr last = queue_.empty() ? written_.back() : queue_.back();
        auto drops = durable(std::move(last));
        PF_CO_CHECK(co_await std::move(drops));
    }
    std::uint32_t extent = extents_.take();
    if (extent == store::kNoExtent) {
        co_return fail(Errc::NoSpace, "{}: all {} extents are in use", disk_.name(),
                       extents_.total());
    }
    busy_[id] |= all;
    Change change{Entry{}};
    change.unit = std::make_shared<Unit>(extents_, id, extent);
    change.entry.kind = EntryKind::Replace;
    change.entry.id = id;
    change.entry.extent = extent;
    change.entry.owned = image.owned;
    for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
        if (image.owned[block]) {
            ByteSpan bytes = image.data.span(std::size_t{block} * kBlockBytes, kBlockBytes);
            bool zero = std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
            change.entry.zero.set(block, zero);
            if (!zero) {
                change.entry.crc.push_back(crc32c(bytes));
            }
        }
    }
    // Runs of stored blocks; blocks between that are not owned are written along.
    const BlockSet stored = image.owned & ~change.entry.zero;
    Result<void> done;
    if (stored.any()) {
        std::uint32_t first = 0;
        std::uint32_t last = kBlocksPerUnit - 1;
        while (!stored[first]) {
            ++first;
        }
        while (!stored[last]) {
            --last;
        }
        auto written = co_await disk_.write(
            super_.layout.extent_offset(extent) + std::uint64_t{first} * kBlockBytes,
            image.data.span(std::size_t{first} * kBlockBytes,
                            std::size_t{last - first + 1} * kBlockBytes),
            durability());
        if (!written) {
            fail_store(std::move(written.error()));
        }
    }
    if (failed_) {
        done = tl::unexpected(failure_);
    } else {
        replacing_[id] = change.unit;
        auto appending = append_and_wait(std::move(change));
        done = co_await std::move(appending);
    }
    release_busy(id, all);
    co_return done;
}

rt::Task<Result<void>> BlockStore::Impl::merge_unit(UnitId from, UnitId to) {
    UnitPtr source = find(from);
    UnitPtr target = find(to);
    BlockSet wanted = source ? source->owned : BlockSet{};
    if (target) {
        wanted &= ~target->owned;
    }
    const map::NodeId chain[] = {from.node};
    for (std::uint32_t block = 0; block < kBlocksPerUnit;) {
        if (!wanted[block]) {
            ++block;
            continue;
        }
        std::uint32_t count = 1;
        while (block + count < kBlocksPerUnit && wanted[block + count]) {
            ++count;
        }
        auto waiting = wait_writable(to, range_set(block, count));
        PF_CO_CHECK(co_await std::move(waiting));
        rt::IoBuffer data = rt::IoBuffer::allocate(std::size_t{count} * kBlockBytes);
        auto reading = read(from.comb, chain, from.unit, block * kBlockBytes, data.span(), nullptr);
        PF_CO_CHECK(co_await std::move(reading));
        auto writing = write_blocks(to, block, std::move(data));
        PF_CO_CHECK(co_await std::move(writing));
        block += count;
    }
    co_return Result<void>{};
}

// The units leave the index now, so that a write behind the drop starts afresh; their space is free
// once the drop is durable.
rt::Task<Result<void>> BlockStore::Impl::drop(Entry entry) {
    PF_CO_CHECK(usable());
    Change change(std::move(entry));
    auto matches = [&change](const UnitId& id) {
        switch (change.entry.kind) {
        case EntryKind::DropUnit:
            return id == change.entry.id;
        case EntryKind::DropNode:
            return id.node == change.entry.id.node;
        default:
            return id.comb == change.entry.id.comb;
        }
    };
    auto sweep = [&](store::UnitIndex& index) {
        for (auto it = index.begin(); it != index.end();) {
            if (matches(it->first)) {
                it->second->detached = true;
                change.dropped.push_back(std::move(it->second));
                it = index.erase(it);
            } else {
                ++it;
            }
        }
    };
    if (change.entry.kind == EntryKind::DropNode) {
        for (auto& [comb, index] : combs_) {
            sweep(index);
        }
    } else if (auto comb = combs_.find(change.entry.id.comb.value); comb != combs_.end()) {
        if (change.entry.kind == EntryKind::DropUnit) {
            if (auto it = comb->second.find(change.entry.id); it != comb->second.end()) {
                it->second->detached = true;
                change.dropped.push_back(std::move(it->second));
                comb->second.erase(it);
            }
        } else {
            sweep(comb->second);
        }
    }
    for (auto& [id, unit] : replacing_) {
        if (matches(id)) {
            unit->detached = true;
            change.dropped.push_back(unit);
        }
    }
    std::erase_if(combs_, [](const auto& comb) { return comb.second.empty(); });
    if (change.dropped.empty()) {
        if (pending_drops_ != 0) { // an earlier call may have taken them, and is not durable yet
            BatchPtr last = queue_.empty() ? written_.back() : queue_.back();
            auto waiting = durable(std::move(last));
            PF_CO_CHECK(co_await std::move(waiting));
        }
        co_return Result<void>{};
    }
    auto appending = append_and_wait(std::move(change));
    co_return co_await std::move(appending);
}

rt::Task<Result<void>> BlockStore::Impl::verify_unit(UnitId id) {
    auto reading = export_unit(id);
    auto image = co_await std::move(reading);
    if (!image) {
        co_return tl::unexpected(std::move(image.error()));
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> BlockStore::Impl::kv_apply(std::vector<KvChange> changes) {
    PF_CO_CHECK(usable());
    std::size_t grows = 0;
    if (changes.size() > 64) {
        co_return fail(Errc::InvalidArgument, "{} changes at once, at most 64", changes.size());
    }
    for (const KvChange& change : changes) {
        if (change.key.empty() || change.key.size() > store::kMaxKeyBytes ||
            (change.value && change.value->size() > store::kMaxValueBytes)) {
            co_return fail(Errc::InvalidArgument, "key '{}' or its value is too long or empty",
                           change.key);
        }
        if (change.value) {
            grows += store::kv_entry_bytes(change.key.size(), change.value->size());
        }
    }
    if (kv_bytes_ + grows > store::kKvAreaBytes) {
        co_return fail(Errc::NoSpace, "{}: the key-value area is full", disk_.name());
    }
    kv_bytes_ += grows;
    // One record for all of them: if the open batch is too full, they begin the next one.
    std::size_t bytes = 0;
    for (const KvChange& change : changes) {
        bytes += 32 + change.key.size() + (change.value ? change.value->size() : 0);
    }
    if (!queue_.empty() && queue_.back()->meta_bytes + bytes > store::kMaxRecordMetaBytes) {
        queue_.push_back(std::make_shared<Batch>(executor_));
    }
    BatchPtr last;
    for (KvChange& change : changes) {
        Change one{Entry{}};
        one.entry.kind = change.value ? EntryKind::KvPut : EntryKind::KvRemove;
        one.entry.key = std::move(change.key);
        one.entry.value = change.value ? std::move(*change.value) : std::string();
        PF_CO_TRY(last, append(std::move(one)));
    }
    if (last) {
        auto waiting = durable(std::move(last));
        PF_CO_CHECK(co_await std::move(waiting));
    }
    co_return Result<void>{};
}

} // namespace pf::sds
