#include "backend/sdt/shell/volume_device.hpp"

namespace pf::sdt {

rt::Task<Result<void>> VolumeDevice::read(uint64_t offset, MutByteSpan into) {
    return client_.read(volume_, offset, into);
}

rt::Task<Result<void>> VolumeDevice::write(uint64_t offset, ByteSpan from, rt::CancelToken fence) {
    return client_.write(volume_, offset, from, rt::kNever, std::move(fence));
}

rt::Task<Result<void>> VolumeDevice::flush() { return client_.flush(volume_); }

rt::Task<Result<bool>> VolumeDevice::compare_and_write(uint64_t offset, ByteSpan expected,
                                                       ByteSpan data, rt::CancelToken fence) {
    auto task =
        client_.compare_and_write(volume_, offset, expected, data, rt::kNever, std::move(fence));
    PF_CO_TRY(const sdc::CompareOutcome outcome, co_await std::move(task));
    co_return outcome.matched;
}

rt::Task<Result<void>> VolumeDevice::write_zeroes(uint64_t offset, uint64_t length, bool,
                                                  rt::CancelToken fence) {
    return client_.write_zeroes(volume_, offset, length, rt::kNever, std::move(fence));
}

} // namespace pf::sdt
