#include "base/net/url.hpp"

#include <gtest/gtest.h>

namespace pf::net {
namespace {

TEST(Url, Parts) {
    const auto url = parse_url("https://vc.example:8443/sdk?x=1");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "vc.example");
    EXPECT_EQ(url->port, 8443);
    EXPECT_EQ(url->path, "/sdk?x=1");
    EXPECT_EQ(parse_url("vc.example")->origin(), "https://vc.example:443");
    EXPECT_EQ(parse_url("https://[::1]:9/")->origin(), "https://[::1]:9");
}

TEST(Url, RefusesCredentialsWithoutRepeatingThem) {
    const auto url = parse_url("https://root:hunter2@vc.example/sdk");
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().what.find("hunter2"), std::string::npos);
    EXPECT_FALSE(parse_url("ftp://x/"));
    EXPECT_FALSE(parse_url(""));
}

TEST(Url, PercentCoding) {
    EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
    EXPECT_EQ(percent_decode("a%20b%2f%zz%4"), "a b/%zz%4");
}

TEST(Endpoint, Forms) {
    EXPECT_EQ(*parse_endpoint("127.0.0.1:4420"), (Endpoint{"127.0.0.1", 4420}));
    EXPECT_EQ(*parse_endpoint("[::1]:1"), (Endpoint{"::1", 1}));
    EXPECT_EQ(parse_endpoint("h", 8009)->port, 8009);
    EXPECT_FALSE(parse_endpoint("h"));
    EXPECT_FALSE(parse_endpoint("h:99999"));
    EXPECT_FALSE(parse_endpoint(":1"));
    EXPECT_EQ(to_string(Endpoint{"::1", 2}), "[::1]:2");
}

} // namespace
} // namespace pf::net
