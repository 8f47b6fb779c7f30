// What the storage promises, on real processes: kill -9 of a data server loses nothing that was
// acknowledged, I/O goes on, a returned server is made whole again; snapshots keep their bytes.
#include "backend/rt/gate.hpp"
#include "backend/rt/sync.hpp"
#include "tests/component/storage/cluster.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <thread>

namespace pf::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kBlock = 4096;

// Block contents that tell where and when they were written.
void fill(MutByteSpan block, std::uint64_t index, std::uint64_t version) {
    for (std::size_t at = 0; at < block.size(); at += 16) {
        store_le<std::uint64_t>(block.data() + at, version == 0 ? 0 : index * 1'000'003 + at);
        store_le<std::uint64_t>(block.data() + at + 8, version);
    }
}

// Writers and readers on disjoint blocks, with a register's oracle for each block.
class Load {
  public:
    Load(StorageCluster& cluster, map::VolumeId volume, std::size_t workers)
        : cluster_(cluster), volume_(volume), gate_(cluster.loop().reactor()), blocks_(workers) {
        auto begin = [this]() -> rt::Task<bool> {
            for (std::size_t worker = 0; worker < blocks_.size(); ++worker) {
                blocks_[worker].resize(kBlocksPerWorker);
                gate_.spawn(work(worker));
            }
            co_return true;
        };
        (void)cluster_.loop().run_sync(begin());
    }
    // Waits until `count` more writes have been acknowledged.
    bool progress(std::uint64_t count, Duration timeout) {
        const std::uint64_t goal = writes_ + count;
        for (const MonoTime end = mono_now() + timeout; mono_now() < end;) {
            if (writes_ >= goal) {
                return true;
            }
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }
    void stop() {
        stop_ = true;
        auto end = [this]() -> rt::Task<bool> {
            co_await gate_.close();
            co_return true;
        };
        (void)cluster_.loop().run_sync(end());
    }
    // Reads every block again.
    void verify() {
        Bytes got(kBlock);
        for (std::size_t worker = 0; worker < blocks_.size(); ++worker) {
            for (std::size_t i = 0; i < kBlocksPerWorker; ++i) {
                const auto done = cluster_.read(volume_, index(worker, i) * kBlock, got);
                ASSERT_TRUE(done) << done.error().what;
                check(worker, i, got);
            }
        }
    }
    std::uint64_t writes() const { return writes_; }
    std::uint64_t unknown() const { return unknown_; }
    std::string errors() const { return errors_; }

  private:
    static constexpr std::size_t kBlocksPerWorker = 192;
    struct Block {
        std::uint64_t acknowledged = 0;
        std::uint64_t sent = 0;
    };
    // Spread over many units, so that every comb and server has a part.
    std::uint64_t index(std::size_t worker, std::size_t i) const {
        return (i * 256 + worker * 3) % (8ULL << 18);
    }
    void check(std::size_t worker, std::size_t i, ByteSpan got) {
        const Block& block = blocks_[worker][i];
        const auto version = load_le<std::uint64_t>(got.data() + 8);
        Bytes expected(kBlock);
        fill(expected, index(worker, i), version);
        EXPECT_EQ(std::memcmp(expected.data(), got.data(), kBlock), 0) << "torn or foreign bytes";
        EXPECT_GE(version, block.acknowledged) << "an acknowledged write is lost";
        EXPECT_LE(version, block.sent);
    }
    rt::Task<void> work(std::size_t worker) {
        std::mt19937_64 random(worker + 1);
        Bytes buffer(kBlock);
        while (!stop_) {
            const std::size_t i = random() % kBlocksPerWorker;
            Block& block = blocks_[worker][i];
            const std::uint64_t offset = index(worker, i) * kBlock;
            if (random() % 4 == 0) {
                auto reading = cluster_.client().read(volume_, offset, buffer);
                const auto done = co_await std::move(reading);
                if (done) {
                    check(worker, i, buffer);
                } else {
                    errors_ += "read: " + done.error().what + "\n";
                }
                continue;
            }
            fill(buffer, index(worker, i), ++block.sent);
            auto writing = cluster_.client().write(volume_, offset, buffer);
            const auto done = co_await std::move(writing);
            if (done) {
                block.acknowledged = block.sent;
                ++writes_;
            } else if (done.error().code == Errc::OutcomeUnknown) {
                ++unknown_;
            } else {
                errors_ += "write: " + done.error().what + "\n";
            }
        }
    }
    StorageCluster& cluster_;
    const map::VolumeId volume_;
    rt::Gate gate_;
    std::vector<std::vector<Block>> blocks_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> writes_{0};
    std::atomic<std::uint64_t> unknown_{0};
    std::string errors_; // on the loop's thread until stop()
};

TEST(Storage, KillOfADataServerLosesNothingAcknowledged) {
    StorageCluster cluster(3);
    const map::VolumeId volume = cluster.make_volume("vol1");
    Load load(cluster, volume, 8);
    ASSERT_TRUE(load.progress(300, 20s));
    cluster.kill_server(0);
    EXPECT_TRUE(load.progress(300, 30s)) << "I/O does not go on";
    cluster.start_server(0);
    EXPECT_TRUE(load.progress(200, 30s));
    EXPECT_TRUE(cluster.wait_healthy(60s)) << "not made whole under load";
    cluster.kill_server(1);
    EXPECT_TRUE(load.progress(300, 30s)) << "I/O does not go on from what was rebuilt";
    load.stop();
    EXPECT_EQ(load.errors(), "");
    load.verify();
    cluster.start_server(1);
    EXPECT_TRUE(cluster.wait_healthy(60s));
    cluster.kill_server(2);
    load.verify();
    RecordProperty("writes", static_cast<int>(load.writes()));
    RecordProperty("unknown", static_cast<int>(load.unknown()));
}

TEST(Storage, AllDataServersCrashAndComeBackWithEverything) {
    StorageCluster cluster(3);
    const map::VolumeId volume = cluster.make_volume("vol1");
    Load load(cluster, volume, 4);
    ASSERT_TRUE(load.progress(200, 20s));
    for (std::size_t i = 0; i < 3; ++i) {
        cluster.kill_server(i);
    }
    cluster.restart_mdm();
    for (std::size_t i = 0; i < 3; ++i) {
        cluster.start_server(i);
    }
    EXPECT_TRUE(load.progress(100, 40s)) << "I/O does not go on after everybody's crash";
    load.stop();
    load.verify();
    EXPECT_TRUE(cluster.wait_healthy(60s));
    load.verify();
    EXPECT_EQ(load.errors(), "");
}

// The dangerous kind of dead: it comes back believing that it is what it was.
TEST(Storage, AHungDataServerIsPassedByAndServesNothingOld) {
    StorageCluster cluster(3);
    const map::VolumeId volume = cluster.make_volume("vol1");
    Load load(cluster, volume, 8);
    ASSERT_TRUE(load.progress(200, 20s));
    for (std::size_t victim = 0; victim < 2; ++victim) {
        cluster.pause_server(victim);
        EXPECT_TRUE(load.progress(300, 30s)) << "I/O does not go on";
        cluster.resume_server(victim);
        EXPECT_TRUE(load.progress(300, 30s));
        EXPECT_TRUE(cluster.wait_healthy(60s));
    }
    load.stop();
    EXPECT_EQ(load.errors(), "");
    load.verify();
}

// Rule 8 on real disks: flipped bits are found on read, mended from the other copy and reported.
TEST(Storage, RotOnOneDeviceIsRepairedFromTheOther) {
    StorageCluster cluster(2);
    const map::VolumeId volume = cluster.make_volume("vol1");
    constexpr std::size_t kBlocks = 48;
    const auto at = [](std::size_t i) { return std::uint64_t{i} << 20; };
    Bytes block(kBlock);
    for (std::size_t i = 0; i < kBlocks; ++i) {
        fill(block, i, 77);
        ASSERT_TRUE(cluster.write(volume, at(i), block));
    }
    // After this server 1 is everybody's primary and reads from its disk, not from its journal.
    cluster.stop_server(0);
    cluster.stop_server(1);
    cluster.start_server(0);
    cluster.start_server(1);
    ASSERT_TRUE(cluster.wait_healthy(60s));
    const UniqueFd device(::open(cluster.device_path(1).c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(device);
    std::size_t hits = 0;
    Bytes chunk(1 << 20);
    for (off_t where = 0;; where += static_cast<off_t>(chunk.size())) {
        const ssize_t got = ::pread(device.get(), chunk.data(), chunk.size(), where);
        if (got <= 0) {
            break;
        }
        for (off_t in = 0; in + 16 <= got; in += 512) {
            const auto tag = load_le<std::uint64_t>(chunk.data() + in);
            if (load_le<std::uint64_t>(chunk.data() + in + 8) == 77 && tag % 1'000'003 == 0) {
                ASSERT_EQ(::pwrite(device.get(), "!", 1, where + in + 100), 1);
                ++hits;
            }
        }
    }
    ASSERT_GE(hits, kBlocks) << "the device holds a copy of every block";
    Bytes got(kBlock);
    for (std::size_t i = 0; i < kBlocks; ++i) {
        fill(block, i, 77);
        const auto done = cluster.read(volume, at(i), got);
        ASSERT_TRUE(done) << done.error().what;
        EXPECT_TRUE(got == block) << "rot reached the reader, block " << i;
    }
    EXPECT_NE(cluster.server_log(1).find("repaired"), std::string::npos) << "not reported";
}

TEST(Storage, SnapshotsKeepTheirBytes) {
    StorageCluster cluster(3);
    const map::VolumeId volume = cluster.make_volume("vol1");
    constexpr std::size_t kLength = 6 * 1024 * 1024;
    Bytes before(kLength);
    Bytes after(kLength);
    for (std::size_t at = 0; at < kLength; at += kBlock) {
        fill(MutByteSpan(before).subspan(at, kBlock), at, 1);
        fill(MutByteSpan(after).subspan(at, kBlock), at, (at / kBlock) % 3 == 0 ? 2 : 1);
    }
    const auto expect_bytes = [&](map::VolumeId id, const Bytes& expected, const char* what) {
        Bytes got(kLength);
        const auto done = cluster.read(id, 512 * 1024, got);
        ASSERT_TRUE(done) << done.error().what;
        EXPECT_TRUE(got == expected) << what;
    };
    ASSERT_TRUE(cluster.write(volume, 512 * 1024, before));
    const auto group = cluster.management().snapshot({{volume, "snap1"}});
    ASSERT_TRUE(group) << group.error().what;
    const map::VolumeId snapshot = group->volumes.at(0);
    cluster.map_to_client(snapshot);
    for (std::size_t at = 0; at < kLength; at += 3 * kBlock) {
        const auto done =
            cluster.write(volume, 512 * 1024 + at, ByteSpan(after).subspan(at, kBlock));
        ASSERT_TRUE(done) << done.error().what;
    }
    expect_bytes(volume, after, "the volume's new bytes");
    expect_bytes(snapshot, before, "the snapshot's old bytes");

    cluster.kill_server(0); // the other copies say the same
    expect_bytes(volume, after, "the volume after a fail-over");
    expect_bytes(snapshot, before, "the snapshot after a fail-over");
    cluster.start_server(0);
    ASSERT_TRUE(cluster.wait_healthy(60s));

    auto view = [&]() -> rt::Task<std::uint64_t> { co_return cluster.client().view()->client_id; };
    const std::uint64_t client = cluster.loop().run_sync(view());
    ASSERT_TRUE(cluster.management().unmap(volume, client));
    const auto restored = cluster.management().overwrite(volume, snapshot);
    ASSERT_TRUE(restored) << restored.error().what;
    cluster.map_to_client(volume);
    expect_bytes(volume, before, "the restored volume");
    ASSERT_TRUE(cluster.write(volume, 512 * 1024, ByteSpan(after).first(kBlock)));
    expect_bytes(snapshot, before, "the snapshot after a write to the restored volume");

    ASSERT_TRUE(cluster.management().unmap(snapshot, client));
    const auto removed = cluster.management().remove_volume(snapshot, mdm::RemoveMode::OnlyMe);
    ASSERT_TRUE(removed) << removed.error().what;
    std::memcpy(before.data(), after.data(), kBlock);
    expect_bytes(volume, before, "the volume after its snapshot's removal");
}

TEST(Storage, ZeroesCompareAndUnmap) {
    StorageCluster cluster(2);
    const map::VolumeId volume = cluster.make_volume("vol1");
    rt::ReactorThread& loop = cluster.loop();
    sdc::Client& client = cluster.client();
    Bytes data(3 << 20, std::byte{0x5a});
    ASSERT_TRUE(cluster.write(volume, 1024, data));
    ASSERT_TRUE(loop.run_sync(client.write_zeroes(volume, 1536, 2 << 20)));
    Bytes got(3 << 20);
    ASSERT_TRUE(cluster.read(volume, 1024, got));
    EXPECT_EQ(got[511], std::byte{0x5a});
    EXPECT_EQ(got[512], std::byte{0});
    EXPECT_EQ(got[511 + (2 << 20)], std::byte{0});
    EXPECT_EQ(got[512 + (2 << 20)], std::byte{0x5a});

    const Bytes expected(512, std::byte{0x5a});
    const Bytes desired(512, std::byte{0x77});
    auto first = loop.run_sync(client.compare_and_write(volume, 1024, expected, desired));
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_TRUE(first->matched);
    auto second = loop.run_sync(client.compare_and_write(volume, 1024, expected, desired));
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->matched);
    EXPECT_EQ(second->first_difference, 0U);

    EXPECT_EQ(cluster.write(volume, 100, desired).error().code, Errc::InvalidArgument);
    EXPECT_EQ(cluster.write(volume, 8ULL << 30, desired).error().code, Errc::InvalidArgument);
    auto id = [&]() -> rt::Task<std::uint64_t> { co_return client.view()->client_id; };
    ASSERT_TRUE(cluster.management().unmap(volume, loop.run_sync(id())));
    EXPECT_EQ(cluster.write(volume, 0, desired).error().code, Errc::NotFound);
}

TEST(Storage, CleanStopAndManagerRestartAreHarmless) {
    StorageCluster cluster(3);
    const map::VolumeId volume = cluster.make_volume("vol1");
    Load load(cluster, volume, 4);
    ASSERT_TRUE(load.progress(100, 20s));
    cluster.restart_mdm();
    EXPECT_TRUE(load.progress(100, 20s)) << "I/O does not go on after the MDM's restart";
    cluster.stop_server(2);
    EXPECT_TRUE(load.progress(100, 20s));
    cluster.start_server(2);
    EXPECT_TRUE(cluster.wait_healthy(60s));
    load.stop();
    EXPECT_EQ(load.errors(), "");
    load.verify();
}

} // namespace
} // namespace pf::test
