// Two block devices without a disk: RamDevice keeps its bytes in memory (sparse, allocated on first
// write), NullDevice forgets writes and reads zeroes. For tests, interoperation runs and
// benchmarks.
#pragma once

#include "backend/nvme/block_backend.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace pf::nvme {

// Nothing here waits: the calls are written once, over three that move bytes.
class MemoryDevice : public BlockBackend {
  public:
    uint64_t size_bytes() const final { return size_; }
    rt::Task<Result<void>> read(uint64_t offset, MutByteSpan into) final;
    rt::Task<Result<void>> write(uint64_t offset, ByteSpan from, rt::CancelToken fence) final;
    rt::Task<Result<void>> flush() final;
    rt::Task<Result<bool>> compare_and_write(uint64_t offset, ByteSpan expected, ByteSpan data,
                                             rt::CancelToken fence) final;
    rt::Task<Result<void>> write_zeroes(uint64_t offset, uint64_t length, bool deallocate,
                                        rt::CancelToken fence) final;
    std::optional<Result<void>> try_read(uint64_t offset, MutByteSpan into) final;
    std::optional<Result<void>> try_write(uint64_t offset, ByteSpan from) final;

  protected:
    explicit MemoryDevice(uint64_t size_bytes) : size_(size_bytes) {}

  private:
    virtual void copy_out(uint64_t offset, MutByteSpan into) const = 0;
    virtual void copy_in(uint64_t offset, ByteSpan from) = 0;
    virtual void clear(uint64_t offset, uint64_t length) = 0;
    uint64_t size_;
};

class RamDevice final : public MemoryDevice {
  public:
    explicit RamDevice(uint64_t size_bytes);

  private:
    static constexpr uint64_t kChunk = 1024 * 1024;
    void copy_out(uint64_t offset, MutByteSpan into) const override;
    void copy_in(uint64_t offset, ByteSpan from) override;
    void clear(uint64_t offset, uint64_t length) override;
    std::vector<std::unique_ptr<std::byte[]>> chunks_; // null: zeroes
};

class NullDevice final : public MemoryDevice {
  public:
    explicit NullDevice(uint64_t size_bytes) : MemoryDevice(size_bytes) {}

  private:
    void copy_out(uint64_t, MutByteSpan into) const override;
    void copy_in(uint64_t, ByteSpan) override {}
    void clear(uint64_t, uint64_t) override {}
};

} // namespace pf::nvme
