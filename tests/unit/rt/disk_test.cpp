// The real disk on a temporary file, by io_uring and by the thread pool alike.
#include "backend/rt/gate.hpp"
#include "backend/rt/io_buffer.hpp"
#include "backend/rt/reactor.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <vector>

namespace pf::rt {
namespace {

class DiskTest : public testing::TestWithParam<bool> {
  protected:
    static std::unique_ptr<Reactor> make() {
        ReactorOptions options;
        options.allow_io_uring = GetParam();
        options.disk_queue_depth = 8; // smaller than what the tests have in flight
        return Reactor::create(options).value();
    }
    TempDir dir_{"pf-rt-disk"};
    std::unique_ptr<Reactor> reactor_ = make();
    Reactor& r() { return *reactor_; }
    std::unique_ptr<Disk> open(std::uint64_t bytes) {
        DiskOptions options;
        options.create_bytes = bytes;
        return r().open_disk(dir_ / "disk", options).value();
    }
};

IoBuffer filled(std::size_t size, int value) {
    IoBuffer buffer = IoBuffer::allocate(size);
    std::memset(buffer.data(), value, size);
    return buffer;
}

TEST_P(DiskTest, WritesAreReadBack) {
    auto disk = open(1u << 20);
    EXPECT_EQ(disk->size_bytes(), 1u << 20);
    auto body = [&]() -> Task<void> {
        IoBuffer out = filled(8192, 0x5a);
        EXPECT_TRUE(co_await disk->write(4096, out.span(), Durability::Durable));
        IoBuffer in = filled(16384, 0xff);
        EXPECT_TRUE(co_await disk->read(0, in.span()));
        EXPECT_EQ(in.data()[4095], std::byte{0});
        EXPECT_EQ(std::memcmp(in.data() + 4096, out.data(), 8192), 0);
        EXPECT_EQ(in.data()[12288], std::byte{0});
        EXPECT_TRUE(co_await disk->sync());
    };
    r().block_on(body());
}

TEST_P(DiskTest, GatherAndScatter) {
    auto disk = open(1u << 20);
    auto body = [&]() -> Task<void> {
        std::vector<IoBuffer> parts;
        std::vector<ByteSpan> out;
        for (int i = 0; i < 40; ++i) {
            parts.push_back(filled(4096, i));
            out.push_back(parts.back().span());
        }
        EXPECT_TRUE(co_await disk->writev(8192, out, Durability::Volatile));
        IoBuffer a = filled(4096 * 3, 0xee);
        IoBuffer b = filled(4096 * 37, 0xee);
        std::vector<MutByteSpan> in{a.span(), b.span()};
        EXPECT_TRUE(co_await disk->readv(8192, in));
        EXPECT_EQ(a.data()[2 * 4096], std::byte{2});
        for (std::size_t i = 0; i < 37; ++i) {
            EXPECT_EQ(b.data()[i * 4096 + 4095], static_cast<std::byte>(i + 3));
        }
    };
    r().block_on(body());
}

TEST_P(DiskTest, MoreInFlightThanTheQueueHolds) {
    auto disk = open(4u << 20);
    auto body = [&]() -> Task<void> {
        Gate gate(r());
        int done = 0;
        auto one = [&](std::uint64_t block) -> Task<void> {
            IoBuffer out = filled(4096, static_cast<int>(block % 251));
            EXPECT_TRUE(co_await disk->write(block * 4096, out.span(), Durability::Volatile));
            IoBuffer in = IoBuffer::allocate(4096);
            EXPECT_TRUE(co_await disk->read(block * 4096, in.span()));
            EXPECT_EQ(std::memcmp(in.data(), out.data(), 4096), 0);
            ++done;
        };
        for (std::uint64_t block = 0; block < 500; ++block) {
            gate.spawn(one(block));
        }
        co_await gate.close();
        EXPECT_EQ(done, 500);
    };
    r().block_on(body());
}

TEST_P(DiskTest, ASecondOpenIsBusyAndAMissingFileNotFound) {
    auto disk = open(1u << 20);
    auto other = make();
    EXPECT_EQ(other->open_disk(dir_ / "disk").error().code, Errc::Busy);
    EXPECT_EQ(r().open_disk(dir_ / "missing").error().code, Errc::NotFound);
    disk.reset();
    EXPECT_TRUE(other->open_disk(dir_ / "disk"));
}

TEST_P(DiskTest, AFileThatShrankGivesAnErrorAndNoHang) {
    auto disk = open(1u << 20);
    ASSERT_EQ(::truncate((dir_ / "disk").c_str(), 8192), 0);
    auto body = [&]() -> Task<void> {
        IoBuffer in = IoBuffer::allocate(16384);
        auto read = co_await disk->read(0, in.span());
        EXPECT_EQ(read.error().code, Errc::Io);
    };
    r().block_on(body());
}

INSTANTIATE_TEST_SUITE_P(Engines, DiskTest, testing::Values(true, false), [](const auto& engine) {
    return engine.param ? "IoUring" : "ThreadPool";
});

TEST(IoBufferTest, HandlesShareAndMemoryIsReused) {
    IoBuffer a = IoBuffer::allocate(5000);
    EXPECT_EQ(a.size(), 5000u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data()) % kIoAlignment, 0u);
    IoBuffer b = a;
    EXPECT_EQ(a.data(), b.data());
    std::byte* memory = a.data();
    a = IoBuffer();
    b = IoBuffer();
    IoBuffer c = IoBuffer::allocate(8192);
    EXPECT_EQ(c.data(), memory);
    IoBuffer big = IoBuffer::zeroed(3u << 20);
    EXPECT_EQ(big.data()[(3u << 20) - 1], std::byte{0});
    EXPECT_EQ(IoBuffer().size(), 0u);
}

} // namespace
} // namespace pf::rt
