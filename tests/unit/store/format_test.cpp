// Encoders and decoders: round trips, and damage of every byte.
#include "backend/sds/store/format.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pf::sds::store {
namespace {

constexpr std::uint64_t kTag = 0x1122334455667788;

Superblock sample_super() {
    Superblock super;
    super.layout = make_layout(1u << 30, 0).value();
    super.sequence = 12;
    super.identity.system = 1;
    super.identity.device = 2;
    super.identity.uuid.fill(std::byte{7});
    super.epoch = 3;
    super.tail_block = 99;
    super.tail_lsn = 1234;
    super.kv_slot = 1;
    super.kv_sequence = 8;
    return super;
}

TEST(StoreFormatTest, LayoutsAreDisjointAndInside) {
    for (std::uint64_t mib : {32u, 33u, 64u, 100u, 1000u, 4096u, 500'000u}) {
        auto layout = make_layout(mib << 20, mib == 32 ? 8u << 20 : 0).value();
        EXPECT_GE(layout.meta_offset, kKvOffset + 2 * kKvAreaBytes);
        EXPECT_GE(layout.meta_pages * kExtentsPerPage, layout.extents);
        EXPECT_EQ(layout.journal_offset, layout.page_offset(layout.meta_pages, 1));
        EXPECT_GE(layout.home_offset, layout.journal_offset + layout.journal_blocks * kBlockBytes);
        EXPECT_LE(layout.extent_offset(static_cast<std::uint32_t>(layout.extents)), mib << 20);
        EXPECT_GT(layout.extents, 0u);
    }
    EXPECT_FALSE(make_layout(1u << 20, 0));
    EXPECT_FALSE(make_layout(64u << 20, 64u << 20));
}

TEST(StoreFormatTest, SuperblockRoundTripAndEveryDamagedByte) {
    Bytes block(kBlockBytes);
    Superblock super = sample_super();
    encode_superblock(super, block);
    auto back = decode_superblock(block).value();
    EXPECT_EQ(back.layout, super.layout);
    EXPECT_EQ(back.tail_lsn, 1234u);
    EXPECT_EQ(back.kv_slot, 1u);
    EXPECT_EQ(back.identity.uuid, super.identity.uuid);
    for (std::size_t i = 0; i < block.size(); ++i) {
        block[i] ^= std::byte{0x40};
        EXPECT_FALSE(decode_superblock(block)) << i;
        block[i] ^= std::byte{0x40};
    }
    EXPECT_EQ(decode_superblock(Bytes(kBlockBytes)).error().code, Errc::NotFound);
}

TEST(StoreFormatTest, PageRoundTrip) {
    ExtentPage page;
    page.page = 5;
    page.sequence = 6;
    page.extents[1].used = true;
    page.extents[1].id = UnitId{map::CombId{1}, map::NodeId{2}, 3};
    page.extents[1].lsn = 77;
    page.extents[1].owned.set(0).set(255).set(64);
    page.extents[1].zero.set(64);
    page.extents[1].crc[255] = 0xdeadbeef;
    Bytes block(kBlockBytes);
    encode_page(page, kTag, block);
    auto back = decode_page(block, kTag, 5).value();
    EXPECT_FALSE(back.extents[0].used);
    EXPECT_EQ(back.extents[1].id, page.extents[1].id);
    EXPECT_EQ(back.extents[1].owned, page.extents[1].owned);
    EXPECT_EQ(back.extents[1].zero, page.extents[1].zero);
    EXPECT_EQ(back.extents[1].crc[255], 0xdeadbeef);
    EXPECT_FALSE(decode_page(block, kTag + 1, 5)) << "of another store";
    EXPECT_FALSE(decode_page(block, kTag, 4)) << "of another place";
}

std::vector<Entry> sample_entries() {
    std::vector<Entry> entries(6);
    entries[0].kind = EntryKind::Write;
    entries[0].id = UnitId{map::CombId{1}, map::NodeId{2}, 3};
    entries[0].extent = 4;
    entries[0].first = 10;
    entries[0].count = 2;
    entries[0].crc = {1, 2};
    entries[1].kind = EntryKind::AtHome;
    entries[1].extent = 9;
    entries[1].owned.set(1).set(200);
    entries[1].crc = {3, 4};
    entries[2].kind = EntryKind::Replace;
    entries[2].extent = 9;
    entries[2].owned.set(1).set(200);
    entries[2].zero.set(1);
    entries[2].crc = {5};
    entries[3].kind = EntryKind::DropNode;
    entries[3].id.node = map::NodeId{8};
    entries[4].kind = EntryKind::KvPut;
    entries[4].key = "key";
    entries[4].value = "value";
    entries[5].kind = EntryKind::Zero;
    entries[5].extent = 1;
    entries[5].first = 255;
    entries[5].count = 1;
    return entries;
}

Bytes sample_record(RecordHeader& header) {
    Bytes meta(kBlockBytes);
    RecordWriter writer(kTag);
    writer.begin(meta);
    std::size_t bytes = kRecordHeaderBytes;
    for (const Entry& entry : sample_entries()) {
        writer.add(entry);
        bytes += entry.encoded_bytes();
    }
    header.lsn = 5;
    header.epoch = 6;
    header.durable_lsn = 4;
    writer.finish(header);
    EXPECT_EQ(header.meta_bytes, bytes);
    return meta;
}

TEST(StoreFormatTest, RecordRoundTrip) {
    RecordHeader header;
    Bytes meta = sample_record(header);
    auto peeked = peek_record(meta, kTag).value();
    EXPECT_EQ(peeked.lsn, 5u);
    EXPECT_EQ(peeked.data_blocks, 2u);
    auto back = decode_record(meta, kTag).value();
    auto expect = sample_entries();
    ASSERT_EQ(back.size(), expect.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        EXPECT_EQ(back[i].kind, expect[i].kind);
        EXPECT_EQ(back[i].id, expect[i].id);
        EXPECT_EQ(back[i].extent, expect[i].extent);
        EXPECT_EQ(back[i].first, expect[i].first);
        EXPECT_EQ(back[i].count, expect[i].count);
        EXPECT_EQ(back[i].owned, expect[i].owned);
        EXPECT_EQ(back[i].zero, expect[i].zero);
        EXPECT_EQ(back[i].crc, expect[i].crc);
        EXPECT_EQ(back[i].key, expect[i].key);
        EXPECT_EQ(back[i].value, expect[i].value);
    }
    for (std::size_t i = 0; i < header.meta_bytes; ++i) {
        meta[i] ^= std::byte{1};
        EXPECT_FALSE(decode_record(meta, kTag)) << i;
        meta[i] ^= std::byte{1};
    }
}

TEST(StoreFormatTest, KvRoundTripAndDamage) {
    KvMap map{{"a", "1"}, {"b", std::string(2000, 'x')}, {"c", ""}};
    Bytes area = encode_kv(map, kTag, 3);
    EXPECT_EQ(area.size() % kBlockBytes, 0u);
    EXPECT_EQ(decode_kv(area, kTag, 3).value(), map);
    EXPECT_FALSE(decode_kv(area, kTag, 4));
    area[2000] ^= std::byte{1};
    EXPECT_FALSE(decode_kv(area, kTag, 3));
    EXPECT_FALSE(decode_kv(ByteSpan(area).first(10), kTag, 3));
}

// Whatever is on the disk, decoding ends with a value or an error, inside its bounds. The checksum
// is made right again so that the fields behind it are reached.
TEST(StoreFormatTest, MutatedStructuresNeverEscape) {
    std::mt19937_64 random(42);
    RecordHeader header;
    const Bytes record = sample_record(header);
    KvMap map{{"a", "1"}, {"key", std::string(100, 'v')}};
    const Bytes kv = encode_kv(map, kTag, 3);
    Bytes super(kBlockBytes);
    encode_superblock(sample_super(), super);
    auto mutate = [&](Bytes bytes, std::size_t limit) {
        for (std::uint64_t n = random() % 6 + 1; n > 0; --n) {
            bytes[random() % limit] = static_cast<std::byte>(random());
        }
        return bytes;
    };
    for (int i = 0; i < 20'000; ++i) {
        (void)decode_record(mutate(record, 400), kTag);
        (void)decode_kv(mutate(kv, 200), kTag, 3);
        (void)decode_superblock(mutate(super, 200));
        (void)decode_page(mutate(super, 200), kTag, 0);
    }
}

} // namespace
} // namespace pf::sds::store
