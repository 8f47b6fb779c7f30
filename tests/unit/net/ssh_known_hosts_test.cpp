// Who may present which host key, by OpenSSH's known_hosts rules.

#include "base/crypto.hpp"
#include "base/net/ssh_known_hosts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pf::net {
namespace {

TEST(KnownHostsFile, MatchesAsOpenSshDoes) {
    const std::string key = "AAAAC3NzaC1lZDI1NTE5AAAAIFb0bV5Rz2oYhFXnUeGv1Zr0wKxTnXlU6GdM6YvW0pXk";
    auto blob = base64_decode(key);
    ASSERT_TRUE(blob);
    auto check = [&](const std::string& text, const char* host, uint16_t port) {
        return KnownHosts::parse(text).check(host, port, *blob);
    };
    EXPECT_EQ(check("esx01 ssh-ed25519 " + key, "esx01", 22), KeyMatch::Trusted);
    EXPECT_EQ(check("ESX01,a ssh-ed25519 " + key, "esx01", 22), KeyMatch::Trusted);
    EXPECT_EQ(check("esx01 ssh-ed25519 " + key, "esx01", 2222), KeyMatch::Unknown);
    EXPECT_EQ(check("[esx01]:2222 ssh-ed25519 " + key, "esx01", 2222), KeyMatch::Trusted);
    EXPECT_EQ(check("*.lab,!bad.lab ssh-ed25519 " + key, "a.lab", 22), KeyMatch::Trusted);
    EXPECT_EQ(check("*.lab,!bad.lab ssh-ed25519 " + key, "bad.lab", 22), KeyMatch::Unknown);
    EXPECT_EQ(check("esx01 ssh-ed25519 " + key + "\n@revoked * ssh-ed25519 " + key, "esx01", 22),
              KeyMatch::Revoked);
    EXPECT_EQ(check("@cert-authority * ssh-ed25519 " + key, "esx01", 22), KeyMatch::Unknown);
    // HMAC-SHA1 of "esx01.lab" and of "[esx01.lab]:2222" with the salt 00 01 .. 13, as OpenSSH has
    // it.
    const std::string salt = "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|";
    const std::string hashed = salt + "7pLaXQJNeIEZosg+3BuVQ1BdwK8= ssh-ed25519 " + key;
    const std::string with_port = salt + "/oMBzekqtKB7JwKDL+3gh+XojeM= ssh-ed25519 " + key;
    EXPECT_EQ(check(hashed, "esx01.lab", 22), KeyMatch::Trusted);
    EXPECT_EQ(check(hashed, "ESX01.lab", 22), KeyMatch::Trusted);
    EXPECT_EQ(check(hashed, "esx02.lab", 22), KeyMatch::Unknown);
    EXPECT_EQ(check(hashed, "esx01.lab", 2222), KeyMatch::Unknown);
    EXPECT_EQ(check(with_port, "esx01.lab", 2222), KeyMatch::Trusted);
    EXPECT_EQ(check("|1|broken ssh-ed25519 " + key, "esx01.lab", 22), KeyMatch::Unknown);
    EXPECT_EQ(check("esx01 ssh-rsa " + key, "esx01", 22), KeyMatch::Unknown); // type lies
    std::string other = key;
    other[40] = other[40] == 'A' ? 'B' : 'A';
    EXPECT_EQ(check("esx01 ssh-ed25519 " + other, "esx01", 22), KeyMatch::Changed);
    EXPECT_EQ(KnownHosts::parse("esx01 ssh-ed25519 " + key).key_types("esx01", 22),
              std::vector<std::string>{"ssh-ed25519"});
}

} // namespace
} // namespace pf::net
