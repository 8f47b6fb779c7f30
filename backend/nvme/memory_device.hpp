// Two block devices without a disk: RamDevice keeps its bytes in memory (sparse, allocated on first
// write), NullDevice forgets writes and reads zeroes. For tests, interoperation runs and
// benchmarks.
#pragma once

#include "backend/nvme/block_backend.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace pf::nvme {

class RamDevice final : public BlockBackend {
  public:
    explicit RamDevice(uint64_t size_bytes);

    uint64_t size_bytes() const override { return size_; }
    rt::Task<Result<void>> read(uint64_t offset, MutByteSpan into) override;
    rt::Task<Result<void>> write(uint64_t offset, ByteSpan from, rt::CancelToken fence) override;
    rt::Task<Result<void>> flush() override;
    rt::Task<Result<bool>> compare_and_write(uint64_t offset, ByteSpan expected, ByteSpan data,
                                             rt::CancelToken fence) override;
    rt::Task<Result<void>> write_zeroes(uint64_t offset, uint64_t length, bool deallocate,
                                        rt::CancelToken fence) override;
    std::optional<Result<void>> try_read(uint64_t offset, MutByteSpan into) override;
    std::optional<Result<void>> try_write(uint64_t offset, ByteSpan from) override;

  private:
    static constexpr uint64_t kChunk = 1024 * 1024;
    void copy_out(uint64_t offset, MutByteSpan into) const;
    void copy_in(uint64_t offset, ByteSpan from);

    uint64_t size_;
    std::vector<std::unique_ptr<std::byte[]>> chunks_; // null: zeroes
};

class NullDevice final : public BlockBackend {
  public:
    explicit NullDevice(uint64_t size_bytes) : size_(size_bytes) {}

    uint64_t size_bytes() const override { return size_; }
    rt::Task<Result<void>> read(uint64_t offset, MutByteSpan into) override;
    rt::Task<Result<void>> write(uint64_t offset, ByteSpan from, rt::CancelToken fence) override;
    rt::Task<Result<void>> flush() override;
    rt::Task<Result<bool>> compare_and_write(uint64_t offset, ByteSpan expected, ByteSpan data,
                                             rt::CancelToken fence) override;
    rt::Task<Result<void>> write_zeroes(uint64_t offset, uint64_t length, bool deallocate,
                                        rt::CancelToken fence) override;
    std::optional<Result<void>> try_read(uint64_t offset, MutByteSpan into) override;
    std::optional<Result<void>> try_write(uint64_t offset, ByteSpan from) override;

  private:
    uint64_t size_;
};

} // namespace pf::nvme
