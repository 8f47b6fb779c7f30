// CRC32C (Castagnoli, reflected, as iSCSI, NVMe/TCP digests and ext4 use it).
#pragma once

#include "base/bytes.hpp"

namespace pf {

// crc32c("123456789") == 0xe3069283. `crc` is the value of the bytes before, 0 at the start, so
// that crc32c(b, crc32c(a)) == crc32c(a + b).
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t crc = 0);

} // namespace pf
