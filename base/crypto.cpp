#include "base/crypto.hpp"

#include "base/assert.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

namespace pf {

std::string to_hex(ByteSpan bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (std::byte b : bytes) {
        const auto v = std::to_integer<unsigned>(b);
        out += kDigits[v >> 4];
        out += kDigits[v & 15];
    }
    return out;
}

Result<Bytes> from_hex(std::string_view text) {
    auto nibble = [](char c) -> int {
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
            return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0)
        return fail(Errc::InvalidArgument, "hex text has an odd number of digits");
    Bytes out(text.size() / 2);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int hi = nibble(text[2 * i]);
        const int lo = nibble(text[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return fail(Errc::InvalidArgument, "hex text has a character that is no hex digit");
        out[i] = static_cast<std::byte>(hi * 16 + lo);
    }
    return out;
}

std::array<std::byte, 32> sha256(ByteSpan bytes) {
    std::array<std::byte, 32> out{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

std::string sha256_hex(ByteSpan bytes) { return to_hex(sha256(bytes)); }

std::string base64_encode(ByteSpan bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<const unsigned char*>(bytes.data()),
                                  static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(n));
    return out;
}

Result<Bytes> base64_decode(std::string_view text) {
    std::string packed;
    packed.reserve(text.size());
    for (char c : text)
        if (c != '\n' && c != '\r' && c != ' ' && c != '\t')
            packed += c;
    if (packed.size() % 4 != 0)
        return fail(Errc::InvalidArgument, "base64 text is cut off");
    Bytes out(packed.size() / 4 * 3);
    const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<const unsigned char*>(packed.data()),
                                  static_cast<int>(packed.size()));
    if (n < 0)
        return fail(Errc::InvalidArgument, "base64 text has an invalid character");
    std::size_t padding = 0;
    while (padding < 2 && padding < packed.size() && packed[packed.size() - 1 - padding] == '=')
        ++padding;
    out.resize(static_cast<std::size_t>(n) - padding);
    if (base64_encode(out) != packed)
        return fail(Errc::InvalidArgument, "base64 text is not canonical");
    return out;
}

Bytes random_bytes(std::size_t count) {
    Bytes out(count);
    PF_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) ==
                  1,
              "no entropy");
    return out;
}

std::uint64_t random_u64() {
    const Bytes bytes = random_bytes(8);
    return load_le<std::uint64_t>(bytes.data());
}

std::string uuid4() {
    Bytes b = random_bytes(16);
    b[6] = (b[6] & std::byte{0x0f}) | std::byte{0x40};
    b[8] = (b[8] & std::byte{0x3f}) | std::byte{0x80};
    const std::string h = to_hex(b);
    return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) +
           "-" + h.substr(20);
}

bool equal_constant_time(ByteSpan a, ByteSpan b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace pf
