#include "backend/nvme/memory_device.hpp"

#include <algorithm>
#include <cstring>

namespace pf::nvme {

RamDevice::RamDevice(uint64_t size_bytes)
    : size_(size_bytes), chunks_((size_bytes + kChunk - 1) / kChunk) {}

void RamDevice::copy_out(uint64_t offset, MutByteSpan into) const {
    while (!into.empty()) {
        const uint64_t at = offset % kChunk;
        const size_t n = std::min<uint64_t>(into.size(), kChunk - at);
        const auto& chunk = chunks_[offset / kChunk];
        if (chunk)
            std::memcpy(into.data(), chunk.get() + at, n);
        else
            std::memset(into.data(), 0, n);
        into = into.subspan(n);
        offset += n;
    }
}

void RamDevice::copy_in(uint64_t offset, ByteSpan from) {
    while (!from.empty()) {
        const uint64_t at = offset % kChunk;
        const size_t n = std::min<uint64_t>(from.size(), kChunk - at);
        auto& chunk = chunks_[offset / kChunk];
        if (!chunk)
            chunk = std::make_unique<std::byte[]>(kChunk);
        std::memcpy(chunk.get() + at, from.data(), n);
        from = from.subspan(n);
        offset += n;
    }
}

rt::Task<Result<void>> RamDevice::read(uint64_t offset, MutByteSpan into) {
    copy_out(offset, into);
    co_return Result<void>{};
}

rt::Task<Result<void>> RamDevice::write(uint64_t offset, ByteSpan from, rt::CancelToken) {
    copy_in(offset, from);
    co_return Result<void>{};
}

rt::Task<Result<void>> RamDevice::flush() { co_return Result<void>{}; }

rt::Task<Result<bool>> RamDevice::compare_and_write(uint64_t offset, ByteSpan expected,
                                                    ByteSpan data, rt::CancelToken) {
    Bytes now(expected.size());
    copy_out(offset, now);
    if (!std::equal(now.begin(), now.end(), expected.begin()))
        co_return false;
    copy_in(offset, data);
    co_return true;
}

rt::Task<Result<void>> RamDevice::write_zeroes(uint64_t offset, uint64_t length, bool,
                                               rt::CancelToken) {
    while (length > 0) {
        const uint64_t at = offset % kChunk;
        const uint64_t n = std::min(length, kChunk - at);
        auto& chunk = chunks_[offset / kChunk];
        if (n == kChunk)
            chunk.reset();
        else if (chunk)
            std::memset(chunk.get() + at, 0, n);
        offset += n;
        length -= n;
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> NullDevice::read(uint64_t, MutByteSpan into) {
    std::memset(into.data(), 0, into.size());
    co_return Result<void>{};
}

rt::Task<Result<void>> NullDevice::write(uint64_t, ByteSpan, rt::CancelToken) {
    co_return Result<void>{};
}

rt::Task<Result<void>> NullDevice::flush() { co_return Result<void>{}; }

rt::Task<Result<bool>> NullDevice::compare_and_write(uint64_t, ByteSpan expected, ByteSpan,
                                                     rt::CancelToken) {
    co_return std::all_of(expected.begin(), expected.end(),
                          [](std::byte b) { return b == std::byte{0}; });
}

rt::Task<Result<void>> NullDevice::write_zeroes(uint64_t, uint64_t, bool, rt::CancelToken) {
    co_return Result<void>{};
}

std::optional<Result<void>> RamDevice::try_read(uint64_t offset, MutByteSpan into) {
    copy_out(offset, into);
    return Result<void>{};
}

std::optional<Result<void>> RamDevice::try_write(uint64_t offset, ByteSpan from) {
    copy_in(offset, from);
    return Result<void>{};
}

std::optional<Result<void>> NullDevice::try_read(uint64_t, MutByteSpan into) {
    std::memset(into.data(), 0, into.size());
    return Result<void>{};
}

std::optional<Result<void>> NullDevice::try_write(uint64_t, ByteSpan) { return Result<void>{}; }

} // namespace pf::nvme
