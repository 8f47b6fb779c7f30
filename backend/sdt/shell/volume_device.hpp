// A volume of the replicated store as a block device of the target: forwards to the storage client.
#pragma once

#include "backend/nvme/block_backend.hpp"
#include "backend/sdc/client.hpp"

namespace pf::sdt {

class VolumeDevice final : public nvme::BlockBackend {
  public:
    // `client` must outlive the device.
    VolumeDevice(sdc::Client& client, map::VolumeId volume, uint64_t size_bytes)
        : client_(client), volume_(volume), size_(size_bytes) {}

    uint64_t size_bytes() const override { return size_; }
    rt::Task<Result<void>> read(uint64_t offset, MutByteSpan into) override;
    rt::Task<Result<void>> write(uint64_t offset, ByteSpan from, rt::CancelToken fence) override;
    rt::Task<Result<void>> flush() override;
    // Decided at the comb's primary, so it is atomic over all SDTs and SDCs.
    rt::Task<Result<bool>> compare_and_write(uint64_t offset, ByteSpan expected, ByteSpan data,
                                             rt::CancelToken fence) override;
    rt::Task<Result<void>> write_zeroes(uint64_t offset, uint64_t length, bool deallocate,
                                        rt::CancelToken fence) override;

  private:
    sdc::Client& client_;
    map::VolumeId volume_;
    uint64_t size_;
};

} // namespace pf::sdt
