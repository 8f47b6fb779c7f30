// The gateway under seeded damage of method, path and body: every request gets an answer of
// PowerFlex's shape.
#include "backend/gateway/core/gateway.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/unit/gateway/fake_mdm.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pf::gateway {
namespace {

std::string damaged(std::string text, std::mt19937_64& random) {
    static const std::vector<std::string> kTokens = {
        "/",  "::", "%", "%2F", "%00", "..",        "null",   "\"\"",
        "-1", "{",  "}", "[",   "]",   "instances", "action", "99999999999999999999"};
    for (std::uint64_t n = random() % 4; n > 0; --n) {
        const std::size_t at = text.empty() ? 0 : random() % text.size();
        switch (random() % 3) {
        case 0:
            text.erase(at, random() % 7 + 1);
            break;
        case 1:
            text.insert(at, kTokens[random() % kTokens.size()]);
            break;
        default:
            if (!text.empty()) {
                text[at] = static_cast<char>(random() & 0xff);
            }
        }
    }
    return text;
}

TEST(GatewayFuzz, EveryRequestGetsAnAnswer) {
    const TempDir dir("gateway-fuzz");
    auto users = Users::load(dir / "users.json");
    ASSERT_TRUE(users);
    ASSERT_TRUE((*users)->set("admin", Secret("Sekrit-123"), Role::SuperUser));
    testing::FakeMdm mdm;
    mdm::CreateVolume create;
    create.name = "v1";
    create.size_kb = 8 << 20;
    const auto volume = mdm.create_volume(create);
    ASSERT_TRUE(volume);
    mdm::AddHost add_host;
    add_host.nqn = "nqn.2014-08.com.lab:h1";
    const auto host = mdm.add_host(add_host);
    ASSERT_TRUE(host);
    Gateway gateway(mdm, **users, SiteFacts{});

    const std::string v = "/api/instances/Volume::" + map::hex16(*volume);
    const std::string h = map::hex16(*host);
    const std::vector<std::array<std::string, 3>> seeds = {
        {"GET", "/api/types/Volume/instances", ""},
        {"GET", v, ""},
        {"GET", v + "/relationships/Statistics", ""},
        {"GET", "/api/types/Pool/instances/getByName::8bddf18b00000001,SP1", ""},
        {"POST", "/api/types/Volume/instances",
         R"({"storagePoolId":"8bddf18b00000002","volumeSizeInGb":"8","name":"x","volumeType":"ThinProvisioned"})"},
        {"POST", v + "/action/addMappedHost",
         R"({"hostId":")" + h + R"(","allowMultipleMappings":"TRUE"})"},
        {"POST", v + "/action/removeMappedHost", R"({"hostId":")" + h + R"("})"},
        {"POST", v + "/action/setMappedSdcLimits",
         R"({"sdcId":")" + h + R"(","bandwidthLimitInKbps":"1024","iopsLimit":"100"})"},
        {"POST", "/api/instances/System/action/snapshotVolumes",
         R"({"snapshotDefs":[{"volumeId":")" + map::hex16(*volume) + R"(","snapshotName":"s"}]})"},
        {"POST", "/api/instances/querySelectedStatistics",
         R"({"selectedStatisticsList":[{"type":"Volume","allIds":"","properties":["numOfMappedSdcs"]}]})"},
        {"POST", "/rest/auth/login", R"({"username":"nobody","password":""})"},
        {"POST", "/rest/auth/update-token", R"({"refresh_token":"x"})"},
    };
    // One login for all: hashing passwords is slow by intent.
    net::HttpServerRequest login;
    login.method = "GET";
    login.target = "/api/login";
    login.headers.add("Authorization", "Basic " + base64_encode(as_bytes("admin:Sekrit-123")));
    const std::string token = std::string(parse_json(gateway.handle(login).body)->as_string());

    std::mt19937_64 random(20261122);
    int good = 0;
    for (int i = 0; i < 4'000; ++i) {
        const auto& seed = seeds[random() % (seeds.size() - (i % 100 == 0 ? 0 : 2))];
        net::HttpServerRequest request;
        request.method = seed[0];
        request.target = damaged(seed[1], random);
        request.body = damaged(seed[2], random);
        request.headers.add("Authorization", "Bearer " + token);
        const net::HttpResponse response = gateway.handle(request);
        ASSERT_GE(response.status, 200u);
        ASSERT_LT(response.status, 502u);
        good += response.status == 200 ? 1 : 0;
        if (response.headers.get("Content-Type") == "application/json") {
            ASSERT_TRUE(parse_json(response.body)) << request.target << "\n" << response.body;
        }
    }
    EXPECT_GT(good, 400);
}

} // namespace
} // namespace pf::gateway
