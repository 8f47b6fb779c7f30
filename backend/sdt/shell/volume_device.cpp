#include "backend/sdt/shell/volume_device.hpp"

namespace pf::sdt {

rt::Task<Result<void>> VolumeDevice::read(uint64_t offset, MutByteSpan into) {
    return client_.read(volume_, offset, into);
}

rt::Task<Result<void>> VolumeDevice::write(uint64_t offset, ByteSpan from) {
    return client_.write(volume_, offset, from);
}

rt::Task<Result<void>> VolumeDevice::flush() { return client_.flush(volume_); }

rt::Task<Result<bool>> VolumeDevice::compare_and_write(uint64_t offset, ByteSpan expected,
                                                       ByteSpan data) {
    auto task = client_.compare_and_write(volume_, offset, expected, data);
    PF_CO_TRY(const sdc::CompareOutcome outcome, co_await std::move(task));
    co_return outcome.matched;
}

rt::Task<Result<void>> VolumeDevice::write_zeroes(uint64_t offset, uint64_t length, bool) {
    return client_.write_zeroes(volume_, offset, length);
}

} // namespace pf::sdt
