// A store on a simulated disk, driven synchronously.
#pragma once

#include "backend/rt/reactor.hpp"
#include "backend/rt/sim/crash_disk.hpp"
#include "backend/sds/store/block_store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace pf::sds {

inline constexpr std::uint64_t kTestDiskBytes = 64u << 20;

class StoreFixture {
  public:
    explicit StoreFixture(std::uint64_t seed = 1, StoreOptions options = test_options())
        : options_(options), seed_(seed) {
        disk_ = std::make_unique<rt::sim::CrashDisk>(reactor(), kTestDiskBytes, seed_++);
        BlockStore::Identity identity;
        identity.system = 7;
        identity.device = 9;
        auto formatted = run(BlockStore::format(*disk_, identity, options_));
        EXPECT_TRUE(formatted) << formatted.error().what;
    }
    ~StoreFixture() { close(); }

    static StoreOptions test_options() {
        StoreOptions options;
        options.journal_bytes = 8u << 20;
        return options;
    }

    Result<void> open() {
        auto opened = run(BlockStore::open(*disk_, options_));
        if (!opened) {
            return tl::unexpected(opened.error());
        }
        store_ = std::move(*opened);
        return {};
    }
    void close() {
        if (store_) {
            (void)run(store_->close());
            store_.reset();
        }
    }
    // The power goes now (unless it has gone already); the next open() finds what survived.
    void power_cycle() { start_from(disk_->surviving_image()); }
    void start_from(rt::sim::CrashDisk::Image image) {
        close();
        disk_ = std::make_unique<rt::sim::CrashDisk>(reactor(), kTestDiskBytes, seed_++,
                                                     std::move(image));
    }

    template<class T>
    T run(rt::Task<T> task) {
        return reactor_->block_on(std::move(task));
    }
    rt::Reactor& reactor() { return *reactor_; }
    rt::sim::CrashDisk& disk() { return *disk_; }
    BlockStore& store() { return *store_; }
    StoreOptions& options() { return options_; }

  private:
    std::unique_ptr<rt::Reactor> reactor_ = rt::Reactor::create().value();
    std::unique_ptr<rt::sim::CrashDisk> disk_;
    std::unique_ptr<BlockStore> store_;
    StoreOptions options_;
    std::uint64_t seed_;
};

inline Bytes pattern(std::size_t size, int value) {
    return Bytes(size, static_cast<std::byte>(value));
}

} // namespace pf::sds
