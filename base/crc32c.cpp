#include "base/crc32c.hpp"

#include <isa-l/crc.h>

#include <climits>

namespace pf {

std::uint32_t crc32c(ByteSpan bytes, std::uint32_t crc) {
    // isa-l takes a non-const pointer and an int length; it inverts neither seed nor result.
    std::uint32_t state = ~crc;
    auto* at = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
    std::size_t left = bytes.size();
    while (left > 0) {
        const std::size_t step = left < std::size_t{INT_MAX} ? left : std::size_t{INT_MAX};
        state = crc32_iscsi(at, static_cast<int>(step), state);
        at += step;
        left -= step;
    }
    return ~state;
}

} // namespace pf
