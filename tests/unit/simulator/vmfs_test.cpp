// Lab VMFS: encoding, files, allocation, and every crash point of its metadata updates.
#include "libvsphere/simulator/vmfs/volume.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace pf::vim::sim::vmfs {
namespace {

constexpr uint64_t kDevice = 64u << 20;

// A RAM device that can lose power: after `writes_left` writes, the next one is applied for its
// first `torn_bytes` only and everything after fails.
class RamIo : public BlockIo {
  public:
    Result<void> read(uint64_t offset, MutByteSpan out) override {
        if (dead) {
            return fail(Errc::Io, "power is off");
        }
        if (offset % 4096 != 0 || out.size() % 4096 != 0) {
            return fail(Errc::InvalidArgument, "unaligned read");
        }
        for (size_t done = 0; done < out.size(); done += 4096) {
            const auto found = blocks.find((offset + done) / 4096);
            if (found == blocks.end()) {
                std::fill_n(out.begin() + static_cast<long>(done), 4096, std::byte{0});
            } else {
                std::copy(found->second.begin(), found->second.end(),
                          out.begin() + static_cast<long>(done));
            }
        }
        return {};
    }
    Result<void> write(uint64_t offset, ByteSpan data) override {
        if (dead) {
            return fail(Errc::Io, "power is off");
        }
        if (offset % 4096 != 0 || data.size() % 4096 != 0) {
            return fail(Errc::InvalidArgument, "unaligned write");
        }
        ++writes;
        if (writes_left == 0) {
            dead = true;
            store(offset, data.first(std::min(torn_bytes, data.size())));
            return fail(Errc::OutcomeUnknown, "power lost");
        }
        --writes_left;
        store(offset, data);
        return {};
    }
    void store(uint64_t offset, ByteSpan data) {
        for (size_t done = 0; done < data.size(); done += 4096) {
            Bytes& block = blocks[(offset + done) / 4096];
            block.resize(4096);
            const size_t n = std::min<size_t>(4096, data.size() - done);
            std::copy_n(data.begin() + static_cast<long>(done), n, block.begin());
        }
    }

    std::map<uint64_t, Bytes> blocks;
    uint64_t writes_left = UINT64_MAX;
    size_t torn_bytes = 0;
    uint64_t writes = 0;
    bool dead = false;
};

FormatSpec spec() {
    FormatSpec s;
    s.uuid = Uuid::parse("6314fb31-cbf77190-ea99-0050568a0001").value();
    s.label = "ds01";
    s.device_id = "eui.2aeb41c6b05f4a0f0001000000000001";
    s.device_bytes = kDevice;
    s.now_us = 1700000000000000;
    return s;
}

Bytes pattern(size_t size, uint64_t seed) {
    std::mt19937_64 random(seed);
    Bytes bytes(size);
    for (auto& b : bytes) {
        b = static_cast<std::byte>(random());
    }
    return bytes;
}

TEST(LabVmfs, UuidTextIsEsxShaped) {
    const Uuid uuid = Uuid::random();
    EXPECT_EQ(Uuid::parse(uuid.str()).value(), uuid);
    EXPECT_EQ(uuid.str().size(), 35U);
    EXPECT_FALSE(Uuid::parse("6314fb31-cbf77190-ea99-0050568a000"));
    EXPECT_FALSE(Uuid::parse("6314fb31cbf77190ea990050568a00010000"));
    EXPECT_FALSE(Uuid::parse("6314fb31-cbf77190-ea99-0050568a000g"));
}

TEST(LabVmfs, EmptyDeviceHasNoVolume) {
    RamIo io;
    EXPECT_EQ(probe(io).error().code, Errc::NotFound);
}

TEST(LabVmfs, FormatThenProbe) {
    RamIo io;
    ASSERT_TRUE(format(io, spec()));
    const Header header = probe(io).value();
    EXPECT_EQ(header.label, "ds01");
    EXPECT_EQ(header.device_id, spec().device_id);
    EXPECT_EQ(header.uuid, spec().uuid);
    auto volume = Volume::open(io).value();
    EXPECT_EQ(volume->capacity(), kDevice - kDataOffset);
    EXPECT_EQ(volume->free_bytes(), volume->capacity());
}

TEST(LabVmfs, FilesKeepTheirBytes) {
    RamIo io;
    ASSERT_TRUE(format(io, spec()));
    auto volume = Volume::open(io).value();
    ASSERT_TRUE(volume->create(io, "vm1/vm1-flat.vmdk", 10u << 20, false));
    EXPECT_EQ(volume->free_bytes(), volume->capacity());
    const Bytes data = pattern(700'001, 7);
    ASSERT_TRUE(volume->write(io, "vm1/vm1-flat.vmdk", 123'456, data));
    ASSERT_TRUE(volume->write_file(io, "vm1/vm1.vmx", "displayName = \"vm1\"\n"));
    volume = Volume::open(io).value(); // from the device alone
    Bytes back(data.size());
    ASSERT_TRUE(volume->read(io, "vm1/vm1-flat.vmdk", 123'456, back));
    EXPECT_EQ(back, data);
    EXPECT_EQ(volume->read_file(io, "vm1/vm1.vmx").value(), "displayName = \"vm1\"\n");
    Bytes hole(4096, std::byte{0xff});
    ASSERT_TRUE(volume->read(io, "vm1/vm1-flat.vmdk", 9u << 20, hole));
    EXPECT_EQ(hole, Bytes(4096));
    EXPECT_EQ(volume->allocated("vm1/vm1-flat.vmdk").size(), 1U);
}

TEST(LabVmfs, FreedClustersDoNotLeakOldBytes) {
    RamIo io;
    ASSERT_TRUE(format(io, spec()));
    auto volume = Volume::open(io).value();
    const uint64_t all = volume->capacity();
    ASSERT_TRUE(volume->create(io, "a", all, true));
    EXPECT_EQ(volume->free_bytes(), 0U);
    EXPECT_EQ(volume->create(io, "b", 1, true).error().code, Errc::NoSpace);
    ASSERT_TRUE(volume->write(io, "a", 0, Bytes(1u << 20, std::byte{0xaa})));
    ASSERT_TRUE(volume->remove(io, "a"));
    ASSERT_TRUE(volume->create(io, "b", all, false));
    ASSERT_TRUE(volume->write(io, "b", 100, Bytes(1, std::byte{1})));
    Bytes first(512);
    ASSERT_TRUE(volume->read(io, "b", 0, first));
    Bytes expected(512);
    expected[100] = std::byte{1};
    EXPECT_EQ(first, expected);
}

TEST(LabVmfs, NamesAreChecked) {
    EXPECT_TRUE(valid_file_name("vm 1/vm.vmx"));
    for (const char* bad : {"", "/a", "a//b", "../a", "a/..", "a/."}) {
        EXPECT_FALSE(valid_file_name(bad)) << bad;
    }
    RamIo io;
    FormatSpec s = spec();
    s.label = "a/b";
    EXPECT_EQ(format(io, s).error().code, Errc::InvalidArgument);
}

TEST(LabVmfs, ResignatureKeepsFilesAndClearsUsers) {
    RamIo io;
    ASSERT_TRUE(format(io, spec()));
    auto volume = Volume::open(io).value();
    ASSERT_TRUE(volume->write_file(io, "x", "content"));
    ASSERT_TRUE(volume->set_heartbeat(io, {"uuid-1", "esx01", 1}));
    ASSERT_TRUE(volume->set_heartbeat(io, {"uuid-2", "esx02", 1}));
    EXPECT_EQ(heartbeats(io).value().size(), 2U);
    ASSERT_TRUE(volume->clear_heartbeat(io, "uuid-2"));
    EXPECT_EQ(heartbeats(io).value().size(), 1U);
    const Uuid fresh = Uuid::random();
    ASSERT_TRUE(resignature(io, fresh, "snap-00000001-ds01", "eui.new"));
    EXPECT_TRUE(heartbeats(io).value().empty());
    auto again = Volume::open(io).value();
    EXPECT_EQ(again->header().uuid, fresh);
    EXPECT_EQ(again->header().device_id, "eui.new");
    EXPECT_EQ(again->read_file(io, "x").value(), "content");
}

// Power is lost before, within or after every single write of an update; what is found afterwards
// must be exactly the old or exactly the new state.
TEST(LabVmfs, EveryCrashPointLeavesOldOrNew) {
    RamIo base;
    ASSERT_TRUE(format(base, spec()));
    {
        auto volume = Volume::open(base).value();
        ASSERT_TRUE(volume->write_file(base, "vm/a.vmx", "old"));
        ASSERT_TRUE(volume->create(base, "vm/a-flat.vmdk", 1u << 20, true));
    }
    using Update = std::function<Result<void>(Volume&, BlockIo&)>;
    const std::vector<Update> updates = {
        [](Volume& v, BlockIo& io) { return v.write_file(io, "vm/a.vmx", "new"); },
        [](Volume& v, BlockIo& io) { return v.create(io, "vm/b", 200'000, true); },
        [](Volume& v, BlockIo& io) { return v.remove(io, "vm/a-flat.vmdk"); },
        [](Volume& v, BlockIo& io) { return v.rename(io, "vm/a.vmx", "vm/c.vmx"); },
        [](Volume& v, BlockIo& io) { return v.set_label(io, "renamed"); },
    };
    auto state = [](RamIo& io) {
        auto volume = Volume::open(io).value();
        std::string text = volume->header().label;
        for (const FileInfo& file : volume->list()) {
            Bytes content(file.size);
            EXPECT_TRUE(volume->read(io, file.name, 0, content));
            text += fmt::format("|{}:{}:{}", file.name, file.size,
                                to_hex(ByteSpan(content).first(std::min<size_t>(file.size, 8))));
        }
        return text;
    };
    const std::string old_state = state(base);
    for (const Update& update : updates) {
        RamIo whole;
        whole.blocks = base.blocks;
        ASSERT_TRUE(update(*Volume::open(whole).value(), whole));
        const std::string new_state = state(whole);
        EXPECT_NE(new_state, old_state);
        bool done = false;
        for (uint64_t crash_at = 0; !done; ++crash_at) {
            for (size_t torn : {0UL, 512UL, 2048UL, 4095UL, 4096UL, 70'000UL}) {
                RamIo io;
                io.blocks = base.blocks;
                auto volume = Volume::open(io).value();
                io.writes_left = crash_at;
                io.torn_bytes = torn;
                done = update(*volume, io).has_value();
                io.dead = false;
                io.writes_left = UINT64_MAX;
                const std::string found = state(io);
                EXPECT_TRUE(found == old_state || found == new_state)
                    << "crash at write " << crash_at << " torn " << torn << ": " << found;
                // The live object recovers too: it reloads what is really there.
                EXPECT_TRUE(volume->write_file(io, "after", "crash"));
                EXPECT_EQ(Volume::open(io).value()->read_file(io, "after").value(), "crash");
            }
        }
    }
}

TEST(LabVmfs, DecodersSurviveAnyBytes) {
    RamIo io;
    ASSERT_TRUE(format(io, spec()));
    auto volume = Volume::open(io).value();
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(volume->create(io, fmt::format("vm/{}", i), 300'000, true));
    }
    const Header header = volume->header();
    Bytes table(header.table_length + 4096U);
    table.resize((header.table_length + 4095U) / 4096U * 4096U);
    ASSERT_TRUE(io.read(table_offset(header.table_slot), table));
    table.resize(header.table_length);
    ASSERT_TRUE(decode_table(table, header.cluster_count));
    std::mt19937_64 random(42);
    for (int round = 0; round < 20'000; ++round) {
        Bytes bad = table;
        for (uint64_t flips = 1 + random() % 4; flips-- > 0;) {
            bad[random() % bad.size()] = static_cast<std::byte>(random());
        }
        if (random() % 4 == 0) {
            bad.resize(random() % bad.size());
        }
        if (auto decoded = decode_table(bad, header.cluster_count)) {
            EXPECT_LE(decoded->files.size(), bad.size());
        }
    }
    for (int round = 0; round < 5'000; ++round) {
        Bytes bad = encode_header(header);
        bad[random() % bad.size()] ^= static_cast<std::byte>(1 + random() % 255);
        EXPECT_FALSE(decode_header(bad));
    }
}

} // namespace
} // namespace pf::vim::sim::vmfs
