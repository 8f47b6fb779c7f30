#include "backend/sds/core/unit_codec.hpp"

#include <cstring>

namespace pf::sds {

rt::IoBuffer pack_unit(const UnitImage& image) {
    const std::size_t data_bytes = image.owned.count() * kBlockBytes;
    rt::IoBuffer packed = rt::IoBuffer::allocate(data_bytes + proto::kCopyBitmapBytes);
    std::byte* out = packed.data();
    std::byte* const bitmap = out + data_bytes;
    std::memset(bitmap, 0, proto::kCopyBitmapBytes);
    for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
        if (image.owned.test(block)) {
            std::memcpy(out, image.data.data() + std::size_t{block} * kBlockBytes, kBlockBytes);
            out += kBlockBytes;
            bitmap[block / 8] |= static_cast<std::byte>(1U << (block % 8));
        }
    }
    return packed;
}

Result<UnitImage> unpack_unit(ByteSpan payload) {
    if (payload.size() < proto::kCopyBitmapBytes) {
        return fail(Errc::Protocol, "unit copy of {} bytes", payload.size());
    }
    const ByteSpan data = payload.first(payload.size() - proto::kCopyBitmapBytes);
    const ByteSpan bitmap = payload.last(proto::kCopyBitmapBytes);
    UnitImage image;
    for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
        image.owned.set(block, (bitmap[block / 8] & static_cast<std::byte>(1U << (block % 8))) !=
                                   std::byte{0});
    }
    if (image.owned.count() * kBlockBytes != data.size()) {
        return fail(Errc::Protocol, "unit copy names {} blocks and carries {} bytes",
                    image.owned.count(), data.size());
    }
    image.data = rt::IoBuffer::zeroed(kUnitBytes);
    const std::byte* in = data.data();
    for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
        if (image.owned.test(block)) {
            std::memcpy(image.data.data() + std::size_t{block} * kBlockBytes, in, kBlockBytes);
            in += kBlockBytes;
        }
    }
    return image;
}

} // namespace pf::sds
