// On-disk format of the block store: layouts, encoders, decoders. Pure: bytes in, values out.
// docs/formats/sds-store.md draws the same structures. All integers are little-endian.
#pragma once

#include "backend/sds/store/block_store.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pf::sds::store {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::uint64_t kSuperblockSlots = 2;
inline constexpr std::uint64_t kKvOffset = 64u << 10;
inline constexpr std::uint64_t kKvAreaBytes = 2u << 20;
inline constexpr std::uint64_t kMinDeviceBytes = 32u << 20;
inline constexpr std::uint32_t kExtentsPerPage = 3;
inline constexpr std::uint32_t kNoExtent = 0xffffffffu;
// Most that one journal record carries; a batch is cut there.
inline constexpr std::uint32_t kMaxRecordDataBlocks = 512;
inline constexpr std::uint32_t kMaxRecordMetaBytes = 192u << 10;

// Where everything is. Derived when formatting, recorded in the superblock.
struct Layout {
    std::uint64_t device_bytes = 0;
    std::uint64_t meta_offset = 0; // slot 0 of the extent pages; slot 1 follows
    std::uint64_t meta_pages = 0;
    std::uint64_t journal_offset = 0;
    std::uint64_t journal_blocks = 0;
    std::uint64_t home_offset = 0;
    std::uint64_t extents = 0;

    std::uint64_t kv_offset(std::uint32_t slot) const { return kKvOffset + slot * kKvAreaBytes; }
    std::uint64_t page_offset(std::uint64_t page, std::uint32_t slot) const {
        return meta_offset + (slot * meta_pages + page) * kBlockBytes;
    }
    std::uint64_t extent_offset(std::uint32_t extent) const {
        return home_offset + std::uint64_t{extent} * kUnitBytes;
    }
    friend bool operator==(const Layout&, const Layout&) = default;
};
Result<Layout> make_layout(std::uint64_t device_bytes, std::uint64_t journal_bytes);

struct Superblock {
    std::uint64_t sequence = 0;
    BlockStore::Identity identity;
    Layout layout;
    std::uint64_t epoch = 0;      // grows with every open(); stamps journal records
    std::uint64_t tail_block = 0; // where replay starts, within the journal
    std::uint64_t tail_lsn = 1;   // the record expected there
    std::uint32_t kv_slot = 0;
    std::uint64_t kv_sequence = 0;
};
void encode_superblock(const Superblock& super, MutByteSpan block);
// NotFound: no superblock; Corrupt: a damaged or unknown one.
Result<Superblock> decode_superblock(ByteSpan block);

// A name for this formatting of the device; structures of an earlier one don't match it.
std::uint64_t store_tag(const BlockStore::Identity& identity);

// --- extent pages -------------------------------------------------------------------------------

struct ExtentRecord {
    bool used = false;
    UnitId id;
    std::uint64_t lsn = 0; // last change; the later of two claims on one unit counts
    BlockSet owned;
    BlockSet zero; // owned, all zeroes, nothing stored
    std::array<std::uint32_t, kBlocksPerUnit> crc{};
};
struct ExtentPage {
    std::uint64_t page = 0;
    std::uint64_t sequence = 0;
    std::array<ExtentRecord, kExtentsPerPage> extents;
};
void encode_page(const ExtentPage& page, std::uint64_t tag, MutByteSpan block);
Result<ExtentPage> decode_page(ByteSpan block, std::uint64_t tag, std::uint64_t page);

// --- the key-value area
// ---------------------------------------------------------------------------

using KvMap = std::map<std::string, std::string, std::less<>>;
inline constexpr std::size_t kKvHeaderBytes = 32;
inline constexpr std::size_t kMaxKeyBytes = 200;
inline constexpr std::size_t kMaxValueBytes = 2048;
constexpr std::size_t kv_entry_bytes(std::size_t key, std::size_t value) { return 8 + key + value; }
// Rounded up to whole blocks.
Bytes encode_kv(const KvMap& map, std::uint64_t tag, std::uint64_t sequence);
Result<KvMap> decode_kv(ByteSpan area, std::uint64_t tag, std::uint64_t sequence);

// --- journal records
// ------------------------------------------------------------------------------

enum class EntryKind : std::uint8_t {
    Write = 1,   // blocks [first, first + count) follow in the record's data
    Zero = 2,    // the same blocks become zero
    AtHome = 3,  // blocks are in the extent already, durable before this record
    Replace = 4, // the unit is exactly this from now on, in a new extent
    DropUnit = 5,
    DropNode = 6,
    DropComb = 7,
    KvPut = 8,
    KvRemove = 9,
};

struct Entry {
    EntryKind kind = EntryKind::Write;
    UnitId id;
    std::uint32_t extent = kNoExtent;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    BlockSet owned;                 // AtHome, Replace
    BlockSet zero;                  // Replace
    std::vector<std::uint32_t> crc; // Write: one a block; AtHome, Replace: one a stored block
    std::string key;
    std::string value;

    std::size_t encoded_bytes() const;
    std::uint32_t data_blocks() const { return kind == EntryKind::Write ? count : 0; }
};

struct RecordHeader {
    std::uint64_t lsn = 0;
    std::uint64_t epoch = 0;
    std::uint64_t durable_lsn = 0;    // records up to here were answered when this one was written
    std::uint64_t super_sequence = 0; // of the superblock that was durable then
    std::uint32_t meta_bytes = 0;     // header and entries
    std::uint32_t data_blocks = 0;
    std::uint32_t entries = 0;

    std::uint32_t meta_blocks() const { return (meta_bytes + kBlockBytes - 1) / kBlockBytes; }
    std::uint32_t total_blocks() const { return meta_blocks() + data_blocks; }
};
inline constexpr std::size_t kRecordHeaderBytes = 64;

// Encodes header and entries into a zeroed buffer of whole blocks; sets the header's sizes.
class RecordWriter {
  public:
    explicit RecordWriter(std::uint64_t tag) : tag_(tag) {}
    void begin(MutByteSpan buffer);
    void add(const Entry& entry);
    void finish(RecordHeader& header);

  private:
    std::uint64_t tag_;
    MutByteSpan buffer_;
    std::size_t used_ = 0;
    std::uint32_t entries_ = 0;
    std::uint32_t data_blocks_ = 0;
};

// Looks at a record's first block only: sizes within bounds, right tag. The checksum is not known
// to be right yet.
Result<RecordHeader> peek_record(ByteSpan block, std::uint64_t tag);
// `meta` holds all of the meta blocks. Checks the checksum and every entry.
Result<std::vector<Entry>> decode_record(ByteSpan meta, std::uint64_t tag);

} // namespace pf::sds::store
