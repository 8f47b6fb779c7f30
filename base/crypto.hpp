// Hashes, base64, random numbers and UUIDs, by OpenSSL.
#pragma once

#include "base/bytes.hpp"

#include <array>

namespace pf {

std::array<std::byte, 32> sha256(ByteSpan bytes);
std::string sha256_hex(ByteSpan bytes);
std::string base64_encode(ByteSpan bytes);
// InvalidArgument for anything but canonical base64 (white space is skipped).
Result<Bytes> base64_decode(std::string_view text);
// Cryptographically strong; stops the process when the system has no entropy.
Bytes random_bytes(std::size_t count);
std::uint64_t random_u64();
// RFC 4122 version 4, lower case with hyphens.
std::string uuid4();
// Equal in time independent of where they differ.
bool equal_constant_time(ByteSpan a, ByteSpan b);

} // namespace pf
