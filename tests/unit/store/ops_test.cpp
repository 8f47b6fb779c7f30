// What each operation of the block store promises, without crashes in the middle.
#include "backend/rt/gate.hpp"
#include "backend/sds/store/format.hpp"
#include "tests/unit/store/fixture.hpp"

#include <array>
#include <string>

namespace pf::sds {
namespace {

constexpr map::CombId kComb{3};
constexpr map::NodeId kLeaf{20};
constexpr map::NodeId kParent{10};
const std::array<map::NodeId, 1> kAlone{kLeaf};
const std::array<map::NodeId, 1> kOld{kParent};
const std::array<map::NodeId, 2> kChain{kLeaf, kParent};

class StoreOpsTest : public testing::Test {
  protected:
    StoreOpsTest() {
        auto opened = f_.open();
        EXPECT_TRUE(opened) << opened.error().what;
    }
    BlockStore& s() { return f_.store(); }
    Result<void> write(std::span<const map::NodeId> chain, std::uint64_t unit, std::uint32_t offset,
                       const Bytes& data) {
        return f_.run(s().write(kComb, chain, unit, offset, data));
    }
    Bytes read(std::span<const map::NodeId> chain, std::uint64_t unit, std::uint32_t offset,
               std::size_t size, BlockSet* owned = nullptr) {
        Bytes out(size, std::byte{0xcc});
        auto done = f_.run(s().read(kComb, chain, unit, offset, out, owned));
        EXPECT_TRUE(done) << done.error().what;
        return out;
    }
    void reopen() {
        f_.power_cycle();
        auto opened = f_.open();
        ASSERT_TRUE(opened) << opened.error().what;
    }
    static BlockStore::Identity identity_of(rt::sim::CrashDisk::Image& image) {
        Bytes block(4096);
        for (std::uint64_t i = 0; i < 8; ++i) {
            std::copy(image[i].begin(), image[i].end(),
                      block.begin() + static_cast<std::ptrdiff_t>(i * 512));
        }
        return store::decode_superblock(block).value().identity;
    }
    StoreFixture f_;
};

TEST_F(StoreOpsTest, HolesReadAsZeroesAndWritesAreReadBack) {
    BlockSet owned;
    EXPECT_EQ(read(kAlone, 5, 0, 8192, &owned), pattern(8192, 0));
    EXPECT_TRUE(owned.none());
    ASSERT_TRUE(write(kAlone, 5, 4096, pattern(4096, 1)));
    Bytes expect = pattern(12288, 0);
    std::fill_n(expect.begin() + 4096, 4096, std::byte{1});
    EXPECT_EQ(read(kAlone, 5, 0, 12288, &owned), expect);
    EXPECT_EQ(owned.count(), 1u);
    EXPECT_TRUE(owned[1]);
    EXPECT_TRUE(s().has_unit(UnitId{kComb, kLeaf, 5}));
    EXPECT_FALSE(s().has_unit(UnitId{kComb, kLeaf, 6}));
}

TEST_F(StoreOpsTest, SectorsAreMergedIntoTheirBlocksThroughTheChain) {
    ASSERT_TRUE(write(kOld, 1, 0, pattern(8192, 7)));
    ASSERT_TRUE(write(kChain, 1, 3584, pattern(1024, 9))); // the end of block 0, the start of 1
    Bytes expect = pattern(8192, 7);
    std::fill_n(expect.begin() + 3584, 1024, std::byte{9});
    EXPECT_EQ(read(kChain, 1, 0, 8192), expect);
    EXPECT_EQ(read(kOld, 1, 0, 8192), pattern(8192, 7)) << "the parent is untouched";
    EXPECT_EQ(read(kChain, 1, 3072, 512), pattern(512, 7));
    ASSERT_TRUE(f_.run(s().checkpoint()));
    EXPECT_EQ(read(kChain, 1, 0, 8192), expect);
}

TEST_F(StoreOpsTest, AChainMixesItsLayersBlockByBlock) {
    ASSERT_TRUE(write(kOld, 0, 0, pattern(kUnitBytes, 1)));
    for (std::uint32_t block = 0; block < kBlocksPerUnit; block += 2) {
        ASSERT_TRUE(write(kChain, 0, block * kBlockBytes, pattern(kBlockBytes, 2)));
    }
    for (int round = 0; round < 2; ++round) {
        Bytes all = read(kChain, 0, 0, kUnitBytes);
        for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
            ASSERT_EQ(all[block * kBlockBytes + 17], std::byte(block % 2 == 0 ? 2 : 1)) << block;
        }
        ASSERT_TRUE(f_.run(s().checkpoint()));
    }
    EXPECT_EQ(read(kOld, 0, 0, kUnitBytes), pattern(kUnitBytes, 1));
}

TEST_F(StoreOpsTest, BadRangesAreRefused) {
    for (auto [offset, size] : {std::pair<std::uint32_t, std::size_t>{1, 512},
                                {0, 100},
                                {0, 0},
                                {kUnitBytes - 512, 1024},
                                {kUnitBytes, 512}}) {
        EXPECT_EQ(write(kAlone, 0, offset, pattern(size, 1)).error().code, Errc::InvalidArgument);
    }
    EXPECT_EQ(s().stats().used_bytes, 0u);
}

TEST_F(StoreOpsTest, EverythingSurvivesAReopen) {
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, 1)));
    ASSERT_TRUE(write(kAlone, 1, 8192, pattern(512, 2)));
    ASSERT_TRUE(write(kAlone, 2, 0, pattern(kUnitBytes, 3)));
    ASSERT_TRUE(f_.run(s().kv_put("a", "1")));
    ASSERT_TRUE(f_.run(s().kv_put("b", "2")));
    ASSERT_TRUE(f_.run(s().kv_remove("a")));
    ASSERT_TRUE(f_.run(s().write_zeroes(kComb, kAlone, 2, 4096, 8192)));
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(read(kAlone, 1, 0, 4096), pattern(4096, 1));
        EXPECT_EQ(read(kAlone, 1, 8192, 512), pattern(512, 2));
        EXPECT_EQ(read(kAlone, 1, 8704, 512), pattern(512, 0));
        EXPECT_EQ(read(kAlone, 2, 0, 4096), pattern(4096, 3));
        EXPECT_EQ(read(kAlone, 2, 4096, 8192), pattern(8192, 0));
        EXPECT_EQ(read(kAlone, 2, 12288, 4096), pattern(4096, 3));
        EXPECT_EQ(s().kv_get("a"), std::nullopt);
        EXPECT_EQ(s().kv_get("b"), "2");
        EXPECT_EQ(s().kv_list("").size(), 1u);
        EXPECT_EQ(s().identity().device, 9u);
        if (round == 1) {
            ASSERT_TRUE(f_.run(s().checkpoint()));
            EXPECT_EQ(s().stats().journal_used_bytes, 0u);
        }
        reopen();
    }
    EXPECT_EQ(s().stats().replayed_records, 0u);
}

TEST_F(StoreOpsTest, ManyWritesShareAJournalWrite) {
    rt::Gate gate(f_.reactor());
    const Bytes data = pattern(4096, 5);
    auto one = [&](std::uint64_t i) -> rt::Task<void> {
        auto done = co_await s().write(kComb, kAlone, i % 8,
                                       static_cast<std::uint32_t>(i / 8 * kBlockBytes), data);
        EXPECT_TRUE(done);
    };
    for (std::uint64_t i = 0; i < 400; ++i) {
        gate.spawn(one(i));
    }
    f_.run(gate.close());
    EXPECT_EQ(s().stats().writes, 400u);
    EXPECT_LT(s().stats().journal_commits, 20u);
    EXPECT_EQ(read(kAlone, 7, 0, 4096 * 50), pattern(4096 * 50, 5));
}

TEST_F(StoreOpsTest, TheJournalWrapsManyTimes) {
    for (int i = 0; i < 3000; ++i) {
        auto done = write(kAlone, static_cast<std::uint64_t>(i % 5),
                          static_cast<std::uint32_t>(i % 200) * kBlockBytes,
                          pattern(4096 * static_cast<std::size_t>(1 + i % 7), i % 251));
        ASSERT_TRUE(done) << done.error().what;
    }
    EXPECT_GT(s().stats().checkpoints, 5u);
    Bytes last = read(kAlone, 2999 % 5, 2999 % 200 * kBlockBytes, 4096);
    reopen();
    EXPECT_EQ(last, pattern(4096, 2999 % 251));
    EXPECT_EQ(read(kAlone, 2999 % 5, 2999 % 200 * kBlockBytes, 4096), last);
}

TEST_F(StoreOpsTest, DropsFreeTheSpaceForGood) {
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, 1)));
    ASSERT_TRUE(write(kOld, 1, 0, pattern(4096, 2)));
    ASSERT_TRUE(write(kOld, 2, 0, pattern(4096, 3)));
    EXPECT_EQ(s().list_nodes().size(), 2u);
    EXPECT_EQ(s().list_units(kComb).size(), 3u);
    EXPECT_EQ(s().list_combs(), std::vector<map::CombId>{kComb});
    ASSERT_TRUE(f_.run(s().drop_node(kParent)));
    EXPECT_EQ(s().list_units(kComb).size(), 1u);
    EXPECT_EQ(s().stats().used_bytes, kUnitBytes);
    reopen();
    EXPECT_EQ(s().list_units(kComb).size(), 1u);
    EXPECT_EQ(read(kOld, 2, 0, 4096), pattern(4096, 0));
    ASSERT_TRUE(f_.run(s().drop_unit(UnitId{kComb, kLeaf, 99})));
    ASSERT_TRUE(f_.run(s().drop_comb(kComb)));
    EXPECT_EQ(s().stats().used_bytes, 0u);
    reopen();
    EXPECT_TRUE(s().list_combs().empty());
    EXPECT_EQ(s().stats().used_bytes, 0u);
}

TEST_F(StoreOpsTest, NoSpaceHasNoEffectAndEndsWhenSpaceIsFreed) {
    const std::uint64_t extents = s().stats().capacity_bytes / kUnitBytes;
    for (std::uint64_t unit = 0; unit < extents; ++unit) {
        ASSERT_TRUE(write(kAlone, unit, 0, pattern(4096, 1)));
    }
    EXPECT_EQ(write(kAlone, extents, 0, pattern(4096, 2)).error().code, Errc::NoSpace);
    EXPECT_FALSE(s().has_unit(UnitId{kComb, kLeaf, extents}));
    UnitImage image;
    image.owned.set(0);
    image.data = rt::IoBuffer::zeroed(kUnitBytes);
    EXPECT_EQ(f_.run(s().import_unit(UnitId{kComb, kLeaf, 0}, image)).error().code, Errc::NoSpace);
    ASSERT_TRUE(write(kAlone, 3, 4096, pattern(4096, 3))) << "old units can be written";
    // A drop and a write that needs its space, at the same time.
    rt::Gate gate(f_.reactor());
    const Bytes data = pattern(4096, 4);
    Result<void> written;
    const UnitId dropped{kComb, kLeaf, 5};
    auto dropper = [&]() -> rt::Task<void> { EXPECT_TRUE(co_await s().drop_unit(dropped)); };
    auto writer = [&]() -> rt::Task<void> {
        written = co_await s().write(kComb, kAlone, extents, 0, data);
    };
    gate.spawn(dropper());
    gate.spawn(writer());
    f_.run(gate.close());
    EXPECT_TRUE(written);
    reopen();
    EXPECT_EQ(read(kAlone, extents, 0, 4096), data);
    EXPECT_EQ(read(kAlone, 5, 0, 4096), pattern(4096, 0));
}

TEST_F(StoreOpsTest, UnitsTravelWhole) {
    ASSERT_TRUE(write(kAlone, 1, 4096 * 3, pattern(4096 * 2, 6)));
    ASSERT_TRUE(f_.run(s().write_zeroes(kComb, kAlone, 1, 4096 * 4, 4096)));
    auto image = f_.run(s().export_unit(UnitId{kComb, kLeaf, 1}));
    ASSERT_TRUE(image);
    EXPECT_EQ(image->owned.count(), 2u);
    const UnitId copy{map::CombId{4}, kLeaf, 1};
    ASSERT_TRUE(f_.run(s().write(copy.comb, kAlone, 1, 0, pattern(4096, 1))));
    ASSERT_TRUE(f_.run(s().import_unit(copy, *image)));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(s().owned_blocks(copy), image->owned);
        Bytes out(4096 * 6);
        ASSERT_TRUE(f_.run(s().read(copy.comb, kAlone, 1, 0, out)));
        Bytes expect = pattern(4096 * 6, 0);
        std::fill_n(expect.begin() + 4096 * 3, 4096, std::byte{6});
        EXPECT_EQ(out, expect);
        EXPECT_EQ(s().stats().used_bytes, 2 * kUnitBytes);
        reopen();
    }
    ASSERT_TRUE(f_.run(s().import_unit(copy, UnitImage{})));
    EXPECT_FALSE(s().has_unit(copy));
    EXPECT_EQ(f_.run(s().export_unit(copy)).error().code, Errc::NotFound);
}

TEST_F(StoreOpsTest, MergeCopiesOnlyWhatTheTargetLacks) {
    ASSERT_TRUE(write(kOld, 1, 0, pattern(4096 * 4, 1)));
    ASSERT_TRUE(write(kAlone, 1, 4096, pattern(4096, 2)));
    ASSERT_TRUE(f_.run(s().merge_unit(UnitId{kComb, kParent, 1}, UnitId{kComb, kLeaf, 1})));
    ASSERT_TRUE(f_.run(s().drop_node(kParent)));
    Bytes out = read(kAlone, 1, 0, 4096 * 4);
    EXPECT_EQ(out[0], std::byte{1});
    EXPECT_EQ(out[4096], std::byte{2});
    EXPECT_EQ(out[4096 * 3], std::byte{1});
}

TEST_F(StoreOpsTest, ZeroesHideAncestorsAndCostNothingOverHoles) {
    ASSERT_TRUE(f_.run(s().write_zeroes(kComb, kAlone, 8, 0, kUnitBytes)));
    EXPECT_FALSE(s().has_unit(UnitId{kComb, kLeaf, 8}));
    ASSERT_TRUE(write(kOld, 8, 0, pattern(kUnitBytes, 5)));
    ASSERT_TRUE(f_.run(s().write_zeroes(kComb, kChain, 8, 512, kUnitBytes - 1024)));
    Bytes expect = pattern(kUnitBytes, 0);
    std::fill_n(expect.begin(), 512, std::byte{5});
    std::fill_n(expect.end() - 512, 512, std::byte{5});
    EXPECT_EQ(read(kChain, 8, 0, kUnitBytes), expect);
    EXPECT_EQ(read(kOld, 8, 0, kUnitBytes), pattern(kUnitBytes, 5));
    ASSERT_TRUE(f_.run(s().write_zeroes(kComb, kOld, 8, 0, kUnitBytes)));
    EXPECT_FALSE(s().has_unit(UnitId{kComb, kParent, 8})) << "a whole unit of zeroes is no unit";
    ASSERT_TRUE(f_.run(s().write_zeroes(kComb, kAlone, 9, 512, 1024)));
    EXPECT_EQ(read(kAlone, 9, 0, 4096), pattern(4096, 0));
}

TEST_F(StoreOpsTest, DamageOnTheDiskIsAChecksumMismatch) {
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096 * 2, 1)));
    ASSERT_TRUE(f_.run(s().checkpoint()));
    auto layout = store::make_layout(kTestDiskBytes, f_.options().journal_bytes).value();
    f_.disk().corrupt(layout.extent_offset(0) + 4096 + 700);
    Bytes out(4096);
    EXPECT_TRUE(f_.run(s().read(kComb, kAlone, 1, 0, out)));
    auto damaged = f_.run(s().read(kComb, kAlone, 1, 4096, out));
    EXPECT_EQ(damaged.error().code, Errc::ChecksumMismatch);
    EXPECT_EQ(f_.run(s().verify_unit(UnitId{kComb, kLeaf, 1})).error().code,
              Errc::ChecksumMismatch);
    EXPECT_EQ(s().stats().checksum_errors, 2u);
    ASSERT_TRUE(write(kAlone, 1, 4096, pattern(4096, 2))) << "a write repairs";
    EXPECT_EQ(read(kAlone, 1, 4096, 4096), pattern(4096, 2));
}

TEST_F(StoreOpsTest, ADamagedRecordInTheMiddleOfTheJournalIsNotTakenForItsEnd) {
    for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, i)));
    }
    auto layout = store::make_layout(kTestDiskBytes, f_.options().journal_bytes).value();
    f_.power_cycle();
    f_.disk().corrupt(layout.journal_offset + 2 * 2 * 4096 + 5000); // the third record's data
    EXPECT_EQ(f_.open().error().code, Errc::Corrupt);
}

TEST_F(StoreOpsTest, ALostSuperblockIsNoticedWhenTheJournalHasMovedOn) {
    f_.options().checkpoint_percent = 90;
    reopen();
    // Around the ring, until what the older superblock calls the tail has been written over.
    int i = 0;
    while (s().stats().checkpoints < 3 ||
           s().stats().journal_used_bytes < s().stats().journal_bytes / 2) {
        ASSERT_TRUE(
            write(kAlone, 1, static_cast<std::uint32_t>(i % 200) * kBlockBytes, pattern(8192, i)));
        ++i;
    }
    f_.power_cycle();
    // The newer of the two; which one it is, the sequences tell.
    rt::IoBuffer blocks = rt::IoBuffer::allocate(8192);
    auto reading = [&]() -> rt::Task<Result<void>> {
        co_return co_await f_.disk().read(0, blocks.span());
    };
    ASSERT_TRUE(f_.run(reading()));
    auto first = store::decode_superblock(blocks.span(0, 4096)).value();
    auto second = store::decode_superblock(blocks.span(4096, 4096)).value();
    f_.disk().corrupt(first.sequence > second.sequence ? 100 : 4096 + 100);
    EXPECT_EQ(f_.open().error().code, Errc::Corrupt);
}

// A crash tears record n but leaves n + 1, which nobody had been answered about. A later run writes
// its own record n over the torn one; n + 1 must not come back to life behind it.
TEST_F(StoreOpsTest, UnansweredRecordsOfAnEarlierRunStayDead) {
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, 1))); // record 1 at block 0 of the ring
    auto layout = store::make_layout(kTestDiskBytes, f_.options().journal_bytes).value();
    f_.power_cycle();
    ASSERT_TRUE(f_.open());
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, 2))); // record 2
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, 3))); // record 3
    auto later = f_.disk().surviving_image();
    f_.power_cycle();
    // The state after a crash in which only record 3 reached the disk, as if in flight beside 2.
    const std::uint64_t ring = layout.journal_offset / rt::sim::CrashDisk::kSector;
    for (std::uint64_t sector = 16; sector < 32; ++sector) {
        later.erase(ring + sector);
    }
    // What record 3 says about answered records would give the game away; a truly concurrent one
    // says that 1 was the last.
    Bytes meta(4096);
    for (std::uint64_t i = 0; i < 8; ++i) {
        auto& from = later[ring + 32 + i];
        std::copy(from.begin(), from.end(), meta.begin() + static_cast<std::ptrdiff_t>(i * 512));
    }
    auto header = store::peek_record(meta, store::store_tag(identity_of(later))).value();
    auto entries = store::decode_record(meta, store::store_tag(identity_of(later))).value();
    header.durable_lsn = header.lsn - 2;
    std::fill(meta.begin(), meta.end(), std::byte{0});
    store::RecordWriter writer(store::store_tag(identity_of(later)));
    writer.begin(meta);
    for (const auto& entry : entries) {
        writer.add(entry);
    }
    writer.finish(header);
    for (std::uint64_t i = 0; i < 8; ++i) {
        std::copy_n(meta.begin() + static_cast<std::ptrdiff_t>(i * 512), 512,
                    later[ring + 32 + i].begin());
    }
    f_.start_from(later);
    auto opened = f_.open();
    ASSERT_TRUE(opened) << opened.error().what;
    EXPECT_EQ(read(kAlone, 1, 0, 4096), pattern(4096, 1));
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, 4))); // the new record 2
    reopen();
    EXPECT_EQ(read(kAlone, 1, 0, 4096), pattern(4096, 4));
}

TEST_F(StoreOpsTest, ADiskThatFailsStopsTheStoreAndANewOpenRecovers) {
    ASSERT_TRUE(write(kAlone, 1, 0, pattern(4096, 1)));
    f_.disk().fail_writes(true);
    EXPECT_EQ(write(kAlone, 1, 0, pattern(4096, 2)).error().code, Errc::Io);
    Bytes out(4096);
    EXPECT_EQ(f_.run(s().read(kComb, kAlone, 1, 0, out)).error().code, Errc::Io);
    EXPECT_TRUE(s().stats().failed);
    f_.disk().fail_writes(false);
    EXPECT_EQ(write(kAlone, 1, 0, pattern(4096, 2)).error().code, Errc::Io) << "until reopened";
    reopen();
    EXPECT_EQ(read(kAlone, 1, 0, 4096), pattern(4096, 1));
}

TEST_F(StoreOpsTest, KvLimits) {
    EXPECT_EQ(f_.run(s().kv_put("", "x")).error().code, Errc::InvalidArgument);
    EXPECT_EQ(f_.run(s().kv_put("k", std::string(3000, 'x'))).error().code, Errc::InvalidArgument);
    Errc code = Errc::Internal;
    for (int i = 0; i < 2000; ++i) {
        auto done = f_.run(s().kv_put("key" + std::to_string(i), std::string(2000, 'x')));
        if (!done) {
            code = done.error().code;
            break;
        }
    }
    EXPECT_EQ(code, Errc::NoSpace);
    std::size_t before = s().kv_list("key").size();
    ASSERT_TRUE(f_.run(s().checkpoint()));
    reopen();
    EXPECT_EQ(s().kv_list("key").size(), before);
    ASSERT_TRUE(f_.run(s().kv_remove("key0")));
    EXPECT_TRUE(f_.run(s().kv_put("again", std::string(1000, 'y'))));
}

TEST_F(StoreOpsTest, ClosedStoresRefuse) {
    ASSERT_TRUE(f_.run(s().close()));
    EXPECT_EQ(write(kAlone, 1, 0, pattern(4096, 1)).error().code, Errc::Cancelled);
}

TEST(StoreOpenTest, BlankAndForeignDevices) {
    auto reactor = rt::Reactor::create().value();
    rt::sim::CrashDisk blank(*reactor, kTestDiskBytes, 1);
    EXPECT_EQ(reactor->block_on(BlockStore::open(blank, {})).error().code, Errc::NotFound);
    rt::sim::CrashDisk tiny(*reactor, 1u << 20, 1);
    EXPECT_EQ(reactor->block_on(BlockStore::format(tiny, {}, {})).error().code,
              Errc::InvalidArgument);
    rt::sim::CrashDisk disk(*reactor, kTestDiskBytes, 1);
    EXPECT_TRUE(reactor->block_on(BlockStore::format(disk, {}, StoreFixture::test_options())));
    auto layout = store::make_layout(kTestDiskBytes, 8u << 20).value();
    disk.corrupt(layout.page_offset(1, 0));
    auto opened = reactor->block_on(BlockStore::open(disk, {}));
    ASSERT_TRUE(opened) << "the other slot stands in: " << opened.error().what;
    EXPECT_TRUE(reactor->block_on((*opened)->close()));
    opened->reset();
    disk.corrupt(layout.page_offset(1, 1));
    EXPECT_EQ(reactor->block_on(BlockStore::open(disk, {})).error().code, Errc::Corrupt);
    disk.corrupt(100);
    disk.corrupt(4096 + 100);
    EXPECT_EQ(reactor->block_on(BlockStore::open(disk, {})).error().code, Errc::Corrupt);
}

} // namespace
} // namespace pf::sds
