// Bytes, spans, endian loads and stores, hex.
#pragma once

#include "base/result.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf {

using Bytes = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;
using MutByteSpan = std::span<std::byte>;

inline ByteSpan as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteSpan bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text) {
    auto span = as_bytes(text);
    return {span.begin(), span.end()};
}

namespace detail {
template<std::unsigned_integral T>
constexpr T byteswap(T value) {
    if constexpr (sizeof(T) == 1)
        return value;
    else if constexpr (sizeof(T) == 2)
        return __builtin_bswap16(value);
    else if constexpr (sizeof(T) == 4)
        return __builtin_bswap32(value);
    else
        return __builtin_bswap64(value);
}
} // namespace detail

// Unaligned loads and stores. The caller guarantees that sizeof(T) bytes are there.
template<std::unsigned_integral T>
T load_le(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::little ? value : detail::byteswap(value);
}
template<std::unsigned_integral T>
T load_be(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::big ? value : detail::byteswap(value);
}
template<std::unsigned_integral T>
void store_le(std::byte* to, std::type_identity_t<T> value) {
    T v = value;
    if (std::endian::native != std::endian::little)
        v = detail::byteswap(v);
    std::memcpy(to, &v, sizeof v);
}
template<std::unsigned_integral T>
void store_be(std::byte* to, std::type_identity_t<T> value) {
    T v = value;
    if (std::endian::native != std::endian::big)
        v = detail::byteswap(v);
    std::memcpy(to, &v, sizeof v);
}

// Lower-case hex, two digits a byte.
std::string to_hex(ByteSpan bytes);
// InvalidArgument when the length is odd or a character is no hex digit.
Result<Bytes> from_hex(std::string_view text);

} // namespace pf
