// Keys and identities of NVMe/TCP over TLS. The vectors of key text and of identities of version 1
// are public ones; the TLS PSKs beside them were computed independently of this code.
#include "backend/nvme/tls_psk.hpp"

#include <gtest/gtest.h>

namespace pf::nvme::test {
namespace {

const AuthNames kVectorNames{"nqn.psk-test-host", "nqn.psk-test-subsys"};

struct Vector {
    const char* text;
    const char* key;
    const char* identity;
    const char* tls_psk;
};
constexpr Vector kVectors[] = {
    {"NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:",
     "5512dbb6737d0106f65975b773dfb011ffc344bcf442e2dd6d8bc4870b5d5b03",
     "NVMe1R01 nqn.psk-test-host nqn.psk-test-subsys iSbjiStwJ/1TrTvDlt2fjFmzvsytOJelidNnA+X5lEU=",
     "8fc3c0badfd4c0c66fa3ca33aadd0314f85536cc9bc47338b60f3e6e563786ca"},
    {"NVMeTLSkey-1:02:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwP/w0S89ELi3W2LxIcLXVsDn8kXZQ==:",
     "5512dbb6737d0106f65975b773dfb011ffc344bcf442e2dd6d8bc4870b5d5b03ffc344bcf442e2dd6d8bc4870b5d"
     "5b03",
     "NVMe1R02 nqn.psk-test-host nqn.psk-test-subsys "
     "QhW2+Rp6RzHlNtCslyRxMnwJ11tKKhz8JCAQpQ+XUD8f9td1VeH5h53yz2wKJG1a",
     "a2b2f943f479fc682555cec89857c80ed004ce92f32a973d5764155bb7e36b17a85368a0666d250afac9282dda2e"
     "62ca"},
};

TEST(TlsPsk, PublicVectors) {
    for (const Vector& v : kVectors) {
        const auto secret = parse_tls_psk(v.text);
        ASSERT_TRUE(secret) << secret.error().what;
        EXPECT_EQ(to_hex(secret->key), v.key);
        EXPECT_EQ(format_tls_psk(*secret), v.text);
        const auto psk = derive_tls_psk(*secret, kVectorNames);
        ASSERT_TRUE(psk);
        EXPECT_EQ(psk->identity, v.identity);
        EXPECT_EQ(to_hex(psk->key), v.tls_psk);
        const auto named = parse_psk_identity(psk->identity);
        ASSERT_TRUE(named);
        EXPECT_EQ(named->version, 1);
        EXPECT_EQ(named->hash, secret->hash);
        EXPECT_EQ(named->names.host_nqn, kVectorNames.host_nqn);
        EXPECT_EQ(named->names.subsystem_nqn, kVectorNames.subsystem_nqn);
    }
}

// What nvme-cli 2.13 with libnvme 1.13 puts into the kernel's key ring for this key.
TEST(TlsPsk, KeysOfOldLibnvme) {
    const auto secret =
        parse_tls_psk("NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:");
    ASSERT_TRUE(secret) << secret.error().what;
    const AuthNames names{"nqn.h", "nqn.s"};
    const auto psk = derive_tls_psk(*secret, names, 1, PskLabels::OldLibnvme);
    ASSERT_TRUE(psk);
    EXPECT_EQ(psk->identity, "NVMe1R01 nqn.h nqn.s II11MZe3B9aJHMWGb0x7yP5YLcPFgbqEHTIi1DBpab0=");
    EXPECT_EQ(to_hex(psk->key), "7c14960b75b5c4b06e98edb70ad639932ad9631aae18fcde2647ba4a0246002d");
    EXPECT_EQ(to_hex(derive_tls_psk(*secret, names, 0, PskLabels::OldLibnvme)->key),
              "48612e1a45fd2e303c46f6ae807a14b7c01f46495848f32a00edcb89733ae7fe");
    const auto today = derive_tls_psk(*secret, names);
    EXPECT_NE(today->identity, psk->identity) << "so that a target knows which it is";
}

TEST(TlsPsk, KeyWithoutTransformAndVersionZero) {
    const auto raw =
        parse_tls_psk("NVMeTLSkey-1:00:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:");
    ASSERT_TRUE(raw);
    EXPECT_FALSE(raw->retain);
    EXPECT_EQ(raw->hash, PskHash::Sha256);
    const auto retained = parse_tls_psk(kVectors[0].text);
    const auto a = derive_tls_psk(*raw, kVectorNames, 0);
    const auto b = derive_tls_psk(*retained, kVectorNames, 0);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->identity, "NVMe0R01 nqn.psk-test-host nqn.psk-test-subsys");
    EXPECT_EQ(a->identity, b->identity);
    EXPECT_NE(a->key, b->key);
    EXPECT_EQ(parse_psk_identity(a->identity)->version, 0);
    AuthNames longest{std::string(223, 'h'), std::string(223, 's')};
    EXPECT_FALSE(derive_tls_psk(*raw, longest, 0));
    EXPECT_TRUE(derive_tls_psk(*raw, longest, 1));
}

TEST(TlsPsk, WhatIsNotAKeyOrAnIdentity) {
    std::string damaged = kVectors[0].text;
    damaged[20] = damaged[20] == 'A' ? 'B' : 'A';
    for (const std::string& bad :
         {std::string(), std::string("NVMeTLSkey-1:"), std::string("NVMeTLSkey-1:01:"), damaged,
          std::string("NVMeTLSkey-1:03:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"),
          std::string("NVMeTLSkey-1:02:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"),
          std::string("NVMeTLSkey-1:01:AAAA:"), std::string("NVMeTLSkey-1:01:%%%%:")})
        EXPECT_FALSE(parse_tls_psk(bad)) << bad;
    for (const char* bad :
         {"", "NVMe", "NVMe1R01", "NVMe1R01 host", "NVMe1R01 host sub", "NVMe0R01 host sub digest",
          "NVMe2R01 host sub digest", "NVMe1R03 host sub digest", "NVMe1G01 host sub digest",
          "xVMe1R01 host sub digest"})
        EXPECT_FALSE(parse_psk_identity(bad)) << bad;
}

} // namespace
} // namespace pf::nvme::test
