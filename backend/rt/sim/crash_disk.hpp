// CrashDisk: a disk in memory that behaves as badly as the Disk contract allows. Operations end in
// a seeded random order; a crash keeps or loses each 512-byte sector of every write that was not
// made durable, each for itself, and of every write that was in flight.
#pragma once

#include "backend/rt/disk.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace pf::rt::sim {

class CrashDisk final : public Disk {
  public:
    static constexpr std::uint32_t kSector = 512;
    using Sector = std::array<std::byte, kSector>;
    // What survives: sparse, missing sectors are zero.
    using Image = std::unordered_map<std::uint64_t, Sector>;

    CrashDisk(Executor& executor, std::uint64_t size_bytes, std::uint64_t seed, Image image = {});
    // Nothing may be in flight.
    ~CrashDisk() override;

    std::uint64_t size_bytes() const override { return size_; }
    std::uint32_t alignment() const override { return 4096; }
    const std::string& name() const override { return name_; }
    Executor& executor() noexcept override { return executor_; }

    // The power goes when this many more writes and syncs have been submitted; 0: now. From then on
    // every operation fails.
    void crash_after(std::uint64_t operations);
    bool crashed() const noexcept { return crashed_; }
    std::uint64_t operations() const noexcept { return operations_; }
    // Fails writes and syncs from now on, without a crash: a disk that has gone bad.
    void fail_writes(bool fail) noexcept { fail_writes_ = fail; }
    // After a crash, or at rest: what a later power-on finds.
    Image surviving_image();
    // Flips a bit of what is stored at this byte.
    void corrupt(std::uint64_t offset);

  protected:
    void submit(DiskOp& op) override;

  private:
    struct Pending {
        DiskOp* op = nullptr;
        std::vector<Sector> data;  // of a write, as it was when it was submitted
        std::uint64_t horizon = 0; // of a sync: versions up to here become durable
    };
    struct Version {
        std::uint64_t order = 0;
        Sector data{};
    };
    static void complete_one(void* self);
    void execute(Pending& pending);
    void power_off();
    void read_sector(std::uint64_t sector, std::byte* to) const;

    Executor& executor_;
    std::uint64_t size_;
    std::string name_ = "crash-disk";
    std::mt19937_64 random_;
    Image durable_;
    std::unordered_map<std::uint64_t, std::vector<Version>> unsynced_; // completed, oldest first
    std::vector<Pending> pending_;
    std::uint64_t order_ = 0;
    std::uint64_t operations_ = 0;
    std::uint64_t crash_at_ = UINT64_MAX;
    bool crashed_ = false;
    bool fail_writes_ = false;
};

} // namespace pf::rt::sim
