#include "base/bytes.hpp"
#include "base/crc32c.hpp"
#include "base/crypto.hpp"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(Crc32c, KnownValues) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
    EXPECT_EQ(crc32c({}), 0u);
    EXPECT_EQ(crc32c(Bytes(32)), 0x8a9136aau); // RFC 3720 B.4: 32 bytes of zeroes
}

TEST(Crc32c, ContinuesOverPieces) {
    const auto whole = crc32c(as_bytes("hello, world"));
    EXPECT_EQ(crc32c(as_bytes(", world"), crc32c(as_bytes("hello"))), whole);
}

TEST(Bytes, EndianLoadsAndStores) {
    std::byte raw[8];
    store_le<std::uint32_t>(raw, 0x01020304);
    EXPECT_EQ(raw[0], std::byte{4});
    EXPECT_EQ(load_be<std::uint32_t>(raw), 0x04030201u);
    store_be<std::uint64_t>(raw, 0x0102030405060708);
    EXPECT_EQ(load_le<std::uint64_t>(raw), 0x0807060504030201u);
}

TEST(Bytes, HexRoundTripAndErrors) {
    EXPECT_EQ(to_hex(as_bytes("\x01\xab")), "01ab");
    EXPECT_EQ(*from_hex("01AB"), to_bytes("\x01\xab"));
    EXPECT_FALSE(from_hex("012"));
    EXPECT_FALSE(from_hex("zz"));
}

TEST(Crypto, Sha256AndBase64) {
    EXPECT_EQ(sha256_hex(as_bytes("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (const auto* text : {"", "f", "fo", "foo", "foob"})
        EXPECT_EQ(as_text(*base64_decode(base64_encode(as_bytes(text)))), text);
    EXPECT_EQ(base64_encode(as_bytes("foob")), "Zm9vYg==");
    EXPECT_FALSE(base64_decode("Zm9vYg="));
    EXPECT_FALSE(base64_decode("Zm9vYh==")); // stray bits
    EXPECT_FALSE(base64_decode("????"));
}

TEST(Crypto, UuidShape) {
    const auto uuid = uuid4();
    ASSERT_EQ(uuid.size(), 36u);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(uuid, uuid4());
}

} // namespace
} // namespace pf
