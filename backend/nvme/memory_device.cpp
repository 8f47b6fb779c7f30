#include "backend/nvme/memory_device.hpp"

#include <algorithm>
#include <cstring>

namespace pf::nvme {

rt::Task<Result<void>> MemoryDevice::read(uint64_t offset, MutByteSpan into) {
    copy_out(offset, into);
    co_return Result<void>{};
}

rt::Task<Result<void>> MemoryDevice::write(uint64_t offset, ByteSpan from, rt::CancelToken) {
    copy_in(offset, from);
    co_return Result<void>{};
}

rt::Task<Result<void>> MemoryDevice::flush() { co_return Result<void>{}; }

rt::Task<Result<bool>> MemoryDevice::compare_and_write(uint64_t offset, ByteSpan expected,
                                                       ByteSpan data, rt::CancelToken) {
    Bytes now(expected.size());
    copy_out(offset, now);
    if (!std::equal(now.begin(), now.end(), expected.begin()))
        co_return false;
    copy_in(offset, data);
    co_return true;
}

rt::Task<Result<void>> MemoryDevice::write_zeroes(uint64_t offset, uint64_t length, bool,
                                                  rt::CancelToken) {
    clear(offset, length);
    co_return Result<void>{};
}

std::optional<Result<void>> MemoryDevice::try_read(uint64_t offset, MutByteSpan into) {
    copy_out(offset, into);
    return Result<void>{};
}

std::optional<Result<void>> MemoryDevice::try_write(uint64_t offset, ByteSpan from) {
    copy_in(offset, from);
    return Result<void>{};
}

RamDevice::RamDevice(uint64_t size_bytes)
    : MemoryDevice(size_bytes), chunks_((size_bytes + kChunk - 1) / kChunk) {}

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

void RamDevice::clear(uint64_t offset, uint64_t length) {
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
}

void NullDevice::copy_out(uint64_t, MutByteSpan into) const {
    std::memset(into.data(), 0, into.size());
}

} // namespace pf::nvme
