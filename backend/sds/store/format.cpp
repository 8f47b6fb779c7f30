#include "backend/sds/store/format.hpp"

#include "base/assert.hpp"
#include "base/crc32c.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace pf::sds::store {

namespace {

constexpr std::uint64_t kSuperMagic = 0x314b4c4253445350; // "PSDSBLK1"
constexpr std::uint32_t kPageMagic = 0x47505845;          // "EXPG"
constexpr std::uint32_t kKvMagic = 0x5641564b;            // "KVAV"
constexpr std::uint32_t kRecordMagic = 0x43455250;        // "PREC"
constexpr std::size_t kPageHeaderBytes = 64;
constexpr std::size_t kExtentRecordBytes = 1120;
constexpr std::size_t kEntryHeadBytes = 32;
static_assert(kPageHeaderBytes + kExtentsPerPage * kExtentRecordBytes <= kBlockBytes);

// Sequential little-endian access; the caller guarantees the room, checked here all the same.
class Writer {
  public:
    explicit Writer(MutByteSpan to) : to_(to) {}
    template<std::unsigned_integral T>
    void put(std::type_identity_t<T> value) {
        PF_ASSERT(at_ + sizeof(T) <= to_.size(), "structure larger than its place");
        store_le<T>(to_.data() + at_, value);
        at_ += sizeof(T);
    }
    void put_bytes(ByteSpan bytes) {
        PF_ASSERT(at_ + bytes.size() <= to_.size(), "structure larger than its place");
        if (!bytes.empty()) {
            std::memcpy(to_.data() + at_, bytes.data(), bytes.size());
        }
        at_ += bytes.size();
    }
    std::size_t at() const { return at_; }
    void skip_to(std::size_t at) { at_ = at; }

  private:
    MutByteSpan to_;
    std::size_t at_ = 0;
};

// Reading past the end gives zeroes and sets overrun(), to be looked at once at the end.
class Reader {
  public:
    explicit Reader(ByteSpan from) : from_(from) {}
    template<std::unsigned_integral T>
    T get() {
        if (from_.size() - at_ < sizeof(T)) {
            overrun_ = true;
            return 0;
        }
        T value = load_le<T>(from_.data() + at_);
        at_ += sizeof(T);
        return value;
    }
    ByteSpan get_bytes(std::size_t size) {
        if (from_.size() - at_ < size) {
            overrun_ = true;
            return {};
        }
        ByteSpan out = from_.subspan(at_, size);
        at_ += size;
        return out;
    }
    bool overrun() const { return overrun_; }
    std::size_t at() const { return at_; }
    void skip_to(std::size_t at) { at_ = std::min(at, from_.size()); }

  private:
    ByteSpan from_;
    std::size_t at_ = 0;
    bool overrun_ = false;
};

void put_set(Writer& out, const BlockSet& set) {
    for (std::size_t word = 0; word < kBlocksPerUnit / 64; ++word) {
        std::uint64_t bits = 0;
        for (std::size_t bit = 0; bit < 64; ++bit) {
            bits |= std::uint64_t{set[word * 64 + bit]} << bit;
        }
        out.put<std::uint64_t>(bits);
    }
}

BlockSet get_set(Reader& in) {
    BlockSet set;
    for (std::size_t word = 0; word < kBlocksPerUnit / 64; ++word) {
        auto bits = in.get<std::uint64_t>();
        for (std::size_t bit = 0; bit < 64; ++bit) {
            set[word * 64 + bit] = ((bits >> bit) & 1) != 0;
        }
    }
    return set;
}

// The checksum field (4 bytes at `field`) counts as zero.
std::uint32_t checksum(ByteSpan bytes, std::size_t field) {
    static constexpr std::byte kZero[4] = {};
    std::uint32_t crc = crc32c(bytes.first(field));
    crc = crc32c(kZero, crc);
    return crc32c(bytes.subspan(field + 4), crc);
}

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t to) {
    return (value + to - 1) / to * to;
}

} // namespace

std::uint64_t store_tag(const BlockStore::Identity& identity) {
    return load_le<std::uint64_t>(identity.uuid.data()) ^
           load_le<std::uint64_t>(identity.uuid.data() + 8);
}

Result<Layout> make_layout(std::uint64_t device_bytes, std::uint64_t journal_bytes) {
    if (device_bytes < kMinDeviceBytes) {
        return fail(Errc::InvalidArgument, "{} MiB is too small for a device, {} MiB are needed",
                    device_bytes >> 20, kMinDeviceBytes >> 20);
    }
    Layout layout;
    layout.device_bytes = device_bytes;
    if (journal_bytes == 0) {
        journal_bytes = std::clamp<std::uint64_t>(device_bytes / 16, 16u << 20, 512u << 20);
    }
    // Two of the largest records must fit beside one that waits to be checkpointed.
    journal_bytes = std::max<std::uint64_t>(align_up(journal_bytes, kUnitBytes), 8u << 20);
    layout.journal_blocks = journal_bytes / kBlockBytes;
    layout.meta_offset = kKvOffset + 2 * kKvAreaBytes;
    // The number of extents and the size of their pages depend on each other: the bound without
    // pages is large enough for both.
    std::uint64_t fixed = layout.meta_offset + journal_bytes;
    if (fixed + 4 * kUnitBytes > device_bytes) {
        return fail(Errc::InvalidArgument, "a journal of {} MiB leaves no space on {} MiB",
                    journal_bytes >> 20, device_bytes >> 20);
    }
    std::uint64_t most = (device_bytes - fixed) / kUnitBytes;
    layout.meta_pages = (most + kExtentsPerPage - 1) / kExtentsPerPage;
    layout.journal_offset = layout.meta_offset + 2 * layout.meta_pages * kBlockBytes;
    layout.home_offset = align_up(layout.journal_offset + journal_bytes, kUnitBytes);
    layout.extents = (device_bytes - layout.home_offset) / kUnitBytes;
    if (layout.extents >= kNoExtent) {
        return fail(Errc::InvalidArgument, "a device holds at most 4 PiB");
    }
    return layout;
}

void encode_superblock(const Superblock& super, MutByteSpan block) {
    PF_ASSERT(block.size() == kBlockBytes, "a superblock is one block");
    std::memset(block.data(), 0, block.size());
    Writer out(block);
    out.put<std::uint64_t>(kSuperMagic);
    out.put<std::uint32_t>(kFormatVersion);
    out.put<std::uint32_t>(0); // checksum
    out.put<std::uint64_t>(super.sequence);
    out.put<std::uint64_t>(super.identity.system);
    out.put<std::uint64_t>(super.identity.device);
    out.put_bytes(super.identity.uuid);
    const Layout& l = super.layout;
    for (std::uint64_t value : {l.device_bytes, l.meta_offset, l.meta_pages, l.journal_offset,
                                l.journal_blocks, l.home_offset, l.extents, super.epoch,
                                super.tail_block, super.tail_lsn, super.kv_sequence}) {
        out.put<std::uint64_t>(value);
    }
    out.put<std::uint32_t>(super.kv_slot);
    store_le<std::uint32_t>(block.data() + 12, checksum(block, 12));
}

Result<Superblock> decode_superblock(ByteSpan block) {
    Reader in(block.first(kBlockBytes));
    if (in.get<std::uint64_t>() != kSuperMagic) {
        return fail(Errc::NotFound, "no store on this device");
    }
    auto version = in.get<std::uint32_t>();
    if (in.get<std::uint32_t>() != checksum(block.first(kBlockBytes), 12)) {
        return fail(Errc::Corrupt, "superblock checksum does not match");
    }
    if (version != kFormatVersion) {
        return fail(Errc::Corrupt, "store format {} is unknown to this version", version);
    }
    Superblock super;
    super.sequence = in.get<std::uint64_t>();
    super.identity.system = in.get<std::uint64_t>();
    super.identity.device = in.get<std::uint64_t>();
    std::ranges::copy(in.get_bytes(16), super.identity.uuid.begin());
    Layout& l = super.layout;
    for (std::uint64_t* value : {&l.device_bytes, &l.meta_offset, &l.meta_pages, &l.journal_offset,
                                 &l.journal_blocks, &l.home_offset, &l.extents, &super.epoch,
                                 &super.tail_block, &super.tail_lsn, &super.kv_sequence}) {
        *value = in.get<std::uint64_t>();
    }
    super.kv_slot = in.get<std::uint32_t>();
    auto expected = make_layout(l.device_bytes, l.journal_blocks * kBlockBytes);
    if (!expected || *expected != l || super.tail_block >= l.journal_blocks || super.kv_slot > 1 ||
        super.tail_lsn == 0) {
        return fail(Errc::Corrupt, "superblock contradicts itself");
    }
    return super;
}

void encode_page(const ExtentPage& page, std::uint64_t tag, MutByteSpan block) {
    PF_ASSERT(block.size() == kBlockBytes, "an extent page is one block");
    std::memset(block.data(), 0, block.size());
    Writer out(block);
    out.put<std::uint32_t>(kPageMagic);
    out.put<std::uint32_t>(0); // checksum
    out.put<std::uint64_t>(page.page);
    out.put<std::uint64_t>(page.sequence);
    out.put<std::uint64_t>(tag);
    for (std::size_t i = 0; i < kExtentsPerPage; ++i) {
        const ExtentRecord& extent = page.extents[i];
        out.skip_to(kPageHeaderBytes + i * kExtentRecordBytes);
        if (!extent.used) {
            continue;
        }
        out.put<std::uint32_t>(extent.id.comb.value);
        out.put<std::uint32_t>(1);
        out.put<std::uint64_t>(extent.id.node.value);
        out.put<std::uint64_t>(extent.id.unit);
        out.put<std::uint64_t>(extent.lsn);
        put_set(out, extent.owned);
        put_set(out, extent.zero);
        for (std::uint32_t crc : extent.crc) {
            out.put<std::uint32_t>(crc);
        }
    }
    store_le<std::uint32_t>(block.data() + 4, checksum(block, 4));
}

Result<ExtentPage> decode_page(ByteSpan block, std::uint64_t tag, std::uint64_t number) {
    Reader in(block.first(kBlockBytes));
    auto magic = in.get<std::uint32_t>();
    auto crc = in.get<std::uint32_t>();
    ExtentPage page;
    page.page = in.get<std::uint64_t>();
    page.sequence = in.get<std::uint64_t>();
    auto found_tag = in.get<std::uint64_t>();
    if (magic != kPageMagic || found_tag != tag || page.page != number ||
        crc != checksum(block.first(kBlockBytes), 4)) {
        return fail(Errc::Corrupt, "extent page {} is damaged", number);
    }
    for (std::size_t i = 0; i < kExtentsPerPage; ++i) {
        ExtentRecord& extent = page.extents[i];
        in.skip_to(kPageHeaderBytes + i * kExtentRecordBytes);
        extent.id.comb.value = in.get<std::uint32_t>();
        extent.used = in.get<std::uint32_t>() != 0;
        extent.id.node.value = in.get<std::uint64_t>();
        extent.id.unit = in.get<std::uint64_t>();
        extent.lsn = in.get<std::uint64_t>();
        extent.owned = get_set(in);
        extent.zero = get_set(in);
        for (std::uint32_t& value : extent.crc) {
            value = in.get<std::uint32_t>();
        }
    }
    return page;
}

Bytes encode_kv(const KvMap& map, std::uint64_t tag, std::uint64_t sequence) {
    std::size_t size = kKvHeaderBytes;
    for (const auto& [key, value] : map) {
        size += kv_entry_bytes(key.size(), value.size());
    }
    Bytes area(align_up(size, kBlockBytes));
    Writer out(area);
    out.put<std::uint32_t>(kKvMagic);
    out.put<std::uint32_t>(0); // checksum
    out.put<std::uint64_t>(tag);
    out.put<std::uint64_t>(sequence);
    out.put<std::uint32_t>(static_cast<std::uint32_t>(size));
    out.put<std::uint32_t>(static_cast<std::uint32_t>(map.size()));
    for (const auto& [key, value] : map) {
        out.put<std::uint32_t>(static_cast<std::uint32_t>(key.size()));
        out.put<std::uint32_t>(static_cast<std::uint32_t>(value.size()));
        out.put_bytes(as_bytes(key));
        out.put_bytes(as_bytes(value));
    }
    store_le<std::uint32_t>(area.data() + 4, checksum(ByteSpan(area).first(size), 4));
    return area;
}

Result<KvMap> decode_kv(ByteSpan area, std::uint64_t tag, std::uint64_t sequence) {
    auto damaged = [] { return fail(Errc::Corrupt, "the key-value area is damaged"); };
    Reader head(area);
    auto magic = head.get<std::uint32_t>();
    auto crc = head.get<std::uint32_t>();
    auto found_tag = head.get<std::uint64_t>();
    auto found_sequence = head.get<std::uint64_t>();
    std::size_t size = head.get<std::uint32_t>();
    std::size_t count = head.get<std::uint32_t>();
    if (head.overrun() || magic != kKvMagic || found_tag != tag || found_sequence != sequence ||
        size < kKvHeaderBytes || size > area.size() || crc != checksum(area.first(size), 4)) {
        return damaged();
    }
    Reader in(area.first(size));
    in.skip_to(kKvHeaderBytes);
    KvMap map;
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t key_bytes = in.get<std::uint32_t>();
        std::size_t value_bytes = in.get<std::uint32_t>();
        auto key = in.get_bytes(key_bytes);
        auto value = in.get_bytes(value_bytes);
        if (in.overrun()) {
            return damaged();
        }
        map.emplace(as_text(key), as_text(value));
    }
    return map;
}

std::size_t Entry::encoded_bytes() const {
    switch (kind) {
    case EntryKind::Write:
        return kEntryHeadBytes + crc.size() * 4;
    case EntryKind::AtHome:
        return kEntryHeadBytes + 32 + crc.size() * 4;
    case EntryKind::Replace:
        return kEntryHeadBytes + 64 + crc.size() * 4;
    case EntryKind::KvPut:
    case EntryKind::KvRemove:
        return kEntryHeadBytes + key.size() + value.size();
    default:
        return kEntryHeadBytes;
    }
}

void RecordWriter::begin(MutByteSpan buffer) {
    buffer_ = buffer;
    used_ = kRecordHeaderBytes;
    entries_ = 0;
    data_blocks_ = 0;
}

void RecordWriter::add(const Entry& entry) {
    Writer out(buffer_);
    out.skip_to(used_);
    bool kv = entry.kind == EntryKind::KvPut || entry.kind == EntryKind::KvRemove;
    out.put<std::uint16_t>(static_cast<std::uint16_t>(entry.kind));
    out.put<std::uint16_t>(static_cast<std::uint16_t>(entry.first));
    out.put<std::uint16_t>(static_cast<std::uint16_t>(entry.count));
    out.put<std::uint16_t>(0);
    if (kv) {
        out.put<std::uint32_t>(static_cast<std::uint32_t>(entry.key.size()));
        out.put<std::uint32_t>(static_cast<std::uint32_t>(entry.value.size()));
    } else {
        out.put<std::uint32_t>(entry.id.comb.value);
        out.put<std::uint32_t>(entry.extent);
    }
    out.put<std::uint64_t>(entry.id.node.value);
    out.put<std::uint64_t>(entry.id.unit);
    if (entry.kind == EntryKind::AtHome || entry.kind == EntryKind::Replace) {
        put_set(out, entry.owned);
    }
    if (entry.kind == EntryKind::Replace) {
        put_set(out, entry.zero);
    }
    for (std::uint32_t crc : entry.crc) {
        out.put<std::uint32_t>(crc);
    }
    if (kv) {
        out.put_bytes(as_bytes(entry.key));
        out.put_bytes(as_bytes(entry.value));
    }
    PF_ASSERT(out.at() - used_ == entry.encoded_bytes(), "entry size computed wrong");
    used_ = out.at();
    ++entries_;
    data_blocks_ += entry.data_blocks();
}

void RecordWriter::finish(RecordHeader& header) {
    header.meta_bytes = static_cast<std::uint32_t>(used_);
    header.data_blocks = data_blocks_;
    header.entries = entries_;
    Writer out(buffer_);
    out.put<std::uint32_t>(kRecordMagic);
    out.put<std::uint32_t>(0); // checksum
    out.put<std::uint64_t>(header.lsn);
    out.put<std::uint64_t>(header.epoch);
    out.put<std::uint64_t>(header.durable_lsn);
    out.put<std::uint64_t>(tag_);
    out.put<std::uint32_t>(header.meta_bytes);
    out.put<std::uint32_t>(header.data_blocks);
    out.put<std::uint32_t>(header.entries);
    out.put<std::uint32_t>(0);
    out.put<std::uint64_t>(header.super_sequence);
    store_le<std::uint32_t>(buffer_.data() + 4, checksum(buffer_.first(used_), 4));
}

Result<RecordHeader> peek_record(ByteSpan block, std::uint64_t tag) {
    Reader in(block);
    auto magic = in.get<std::uint32_t>();
    (void)in.get<std::uint32_t>();
    RecordHeader header;
    header.lsn = in.get<std::uint64_t>();
    header.epoch = in.get<std::uint64_t>();
    header.durable_lsn = in.get<std::uint64_t>();
    auto found_tag = in.get<std::uint64_t>();
    header.meta_bytes = in.get<std::uint32_t>();
    header.data_blocks = in.get<std::uint32_t>();
    header.entries = in.get<std::uint32_t>();
    (void)in.get<std::uint32_t>();
    header.super_sequence = in.get<std::uint64_t>();
    if (in.overrun() || magic != kRecordMagic || found_tag != tag ||
        header.meta_bytes < kRecordHeaderBytes || header.meta_bytes > kMaxRecordMetaBytes ||
        header.data_blocks > kMaxRecordDataBlocks) {
        return fail(Errc::NotFound, "no journal record here");
    }
    return header;
}

Result<std::vector<Entry>> decode_record(ByteSpan meta, std::uint64_t tag) {
    PF_TRY(RecordHeader header, peek_record(meta, tag));
    auto damaged = [&] { return fail(Errc::Corrupt, "journal record {} is damaged", header.lsn); };
    if (header.meta_bytes > meta.size() ||
        load_le<std::uint32_t>(meta.data() + 4) != checksum(meta.first(header.meta_bytes), 4)) {
        return damaged();
    }
    Reader in(meta.first(header.meta_bytes));
    in.skip_to(kRecordHeaderBytes);
    std::vector<Entry> entries;
    std::uint64_t data_blocks = 0;
    for (std::uint32_t i = 0; i < header.entries; ++i) {
        Entry entry;
        auto kind = in.get<std::uint16_t>();
        entry.first = in.get<std::uint16_t>();
        entry.count = in.get<std::uint16_t>();
        (void)in.get<std::uint16_t>();
        auto comb_or_key = in.get<std::uint32_t>();
        auto extent_or_value = in.get<std::uint32_t>();
        entry.id.node.value = in.get<std::uint64_t>();
        entry.id.unit = in.get<std::uint64_t>();
        if (kind < 1 || kind > static_cast<std::uint16_t>(EntryKind::KvRemove) ||
            entry.first + entry.count > kBlocksPerUnit) {
            return damaged();
        }
        entry.kind = static_cast<EntryKind>(kind);
        std::size_t crcs = 0;
        switch (entry.kind) {
        case EntryKind::Write:
            crcs = entry.count;
            break;
        case EntryKind::AtHome:
            entry.owned = get_set(in);
            crcs = entry.owned.count();
            break;
        case EntryKind::Replace:
            entry.owned = get_set(in);
            entry.zero = get_set(in);
            crcs = (entry.owned & ~entry.zero).count();
            break;
        case EntryKind::KvPut:
        case EntryKind::KvRemove:
            if (comb_or_key > kMaxKeyBytes || extent_or_value > kMaxValueBytes) {
                return damaged();
            }
            entry.key = as_text(in.get_bytes(comb_or_key));
            entry.value = as_text(in.get_bytes(extent_or_value));
            comb_or_key = 0;
            extent_or_value = kNoExtent;
            break;
        default:
            break;
        }
        entry.id.comb.value = comb_or_key;
        entry.extent = extent_or_value;
        entry.crc.reserve(crcs);
        for (std::size_t c = 0; c < crcs; ++c) {
            entry.crc.push_back(in.get<std::uint32_t>());
        }
        data_blocks += entry.data_blocks();
        entries.push_back(std::move(entry));
        if (in.overrun()) {
            return damaged();
        }
    }
    if (data_blocks != header.data_blocks || in.at() != header.meta_bytes) {
        return damaged();
    }
    return entries;
}

} // namespace pf::sds::store
