#include "base/net/tls.hpp"

#include <gtest/gtest.h>

namespace pf::net {
namespace {

TEST(Tls, CaSurvivesSaveAndLoad) {
    const auto ca = CertificateAuthority::create("test CA");
    ASSERT_TRUE(ca);
    const auto again = CertificateAuthority::load(ca->cert_pem(), ca->key_pem());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->issue("host", {"127.0.0.1", "host.example"}));
    const auto other = CertificateAuthority::create("other CA");
    EXPECT_FALSE(CertificateAuthority::load(ca->cert_pem(), other->key_pem()));
}

TEST(Tls, FingerprintsHaveTheirLength) {
    const auto ca = CertificateAuthority::create("test CA");
    EXPECT_EQ(sha256_fingerprint(ca->cert_pem())->size(), 32u * 3 - 1);
    EXPECT_EQ(sha1_thumbprint(ca->cert_pem())->size(), 20u * 3 - 1);
    EXPECT_FALSE(sha256_fingerprint("nothing"));
}

} // namespace
} // namespace pf::net
