#include "backend/gateway/core/gateway.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/unit/gateway/fake_mdm.hpp"

#include <gtest/gtest.h>

namespace pf::gateway {
namespace {

constexpr std::string_view kPassword = "Sekrit-123";

std::string basic(std::string_view user, std::string_view password) {
    return "Basic " + base64_encode(as_bytes(fmt::format("{}:{}", user, password)));
}

json::value text(const std::string& value) { return json::string(value); }

class GatewayTest : public ::testing::Test {
  protected:
    // Hashing passwords is slow by intent: once for all tests.
    static void SetUpTestSuite() {
        const TempDir dir("gateway-users");
        auto users = Users::load(dir / "users.json");
        ASSERT_TRUE(users);
        ASSERT_TRUE((*users)->set("admin", Secret(kPassword), Role::SuperUser));
        ASSERT_TRUE((*users)->set("watcher", Secret(kPassword), Role::Monitor));
        users_file_ = read_file(dir / "users.json").value();
    }

    void SetUp() override {
        ASSERT_TRUE(write_file_atomic(dir_ / "users.json", users_file_, 0600));
        auto users = Users::load(dir_ / "users.json");
        ASSERT_TRUE(users);
        users_ = std::move(*users);
        GatewayHooks hooks;
        hooks.mono = [this] { return now_; };
        hooks.audit = [this](std::string_view line) { audit_.emplace_back(line); };
        SiteFacts facts;
        facts.mdm_ips = {"10.0.0.1"};
        gateway_ = std::make_unique<Gateway>(mdm_, *users_, facts, std::move(hooks));
        authorization_ = basic("admin", kPassword);
    }

    net::HttpResponse send(std::string method, std::string target, std::string body = {}) {
        net::HttpServerRequest request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        request.remote = "127.0.0.1:5";
        if (!authorization_.empty()) {
            request.headers.add("Authorization", authorization_);
        }
        return gateway_->handle(request);
    }
    json::value get(const std::string& path) {
        const auto response = send("GET", path);
        EXPECT_EQ(response.status, 200u) << path << " " << response.body;
        auto parsed = parse_json(response.body);
        EXPECT_TRUE(parsed) << response.body;
        return parsed ? *parsed : json::value();
    }
    json::value post(const std::string& path, const std::string& body, unsigned status = 200) {
        const auto response = send("POST", path, body);
        EXPECT_EQ(response.status, status) << path << " " << response.body;
        auto parsed = parse_json(response.body);
        EXPECT_TRUE(parsed) << response.body;
        return parsed ? *parsed : json::value();
    }
    std::string create(const std::string& type, const std::string& body) {
        return std::string(post("/api/types/" + type + "/instances", body).at("id").as_string());
    }
    std::string new_volume(const std::string& name = "v1") {
        return create("Volume",
                      fmt::format(R"({{"storagePoolId":"{}","volumeSizeInGb":"8","name":"{}",)"
                                  R"("volumeType":"ThinProvisioned"}})",
                                  pool(), name));
    }
    std::string new_host(const std::string& name = "h1") {
        return create("Host",
                      fmt::format(R"({{"nqn":"nqn.2014-08.com.lab:{0}","name":"{0}"}})", name));
    }
    std::string pool() { return map::hex16(mdm_.state().storage_pools.front().id); }
    std::string sdc() { return map::hex16(mdm_.state().sdcs.front().id); }

    static inline std::string users_file_;
    TempDir dir_{"gateway"};
    testing::FakeMdm mdm_;
    std::unique_ptr<Users> users_;
    std::unique_ptr<Gateway> gateway_;
    MonoTime now_ = MonoTime(std::chrono::hours(100));
    std::vector<std::string> audit_;
    std::string authorization_;
};

TEST_F(GatewayTest, LegacyLoginGivesATokenThatWorksAsBasicAndAsBearer) {
    const auto login = send("GET", "/api/login");
    ASSERT_EQ(login.status, 200u);
    const std::string token = std::string(parse_json(login.body)->as_string());
    for (const std::string& form : {basic("whoever", token), basic("", token), "Bearer " + token}) {
        authorization_ = form;
        EXPECT_EQ(send("GET", "/api/version").body, "\"4.6\"");
    }
    EXPECT_EQ(send("GET", "/api/logout").status, 200u);
    EXPECT_EQ(send("GET", "/api/version").status, 401u);
}

TEST_F(GatewayTest, LegacyTokenEndsWhenIdleAndOlderOnesStayValid) {
    const auto token_of = [&] {
        authorization_ = basic("admin", kPassword);
        return std::string(parse_json(send("GET", "/api/login").body)->as_string());
    };
    const std::string first = token_of();
    const std::string second = token_of();
    EXPECT_NE(first, second);
    authorization_ = basic("u", first);
    now_ += std::chrono::minutes(9);
    EXPECT_EQ(send("GET", "/api/version").status, 200u);
    now_ += std::chrono::minutes(11);
    const auto answer = send("GET", "/api/version");
    EXPECT_EQ(answer.status, 401u);
    EXPECT_EQ(answer.headers.get("Content-Type"), "text/html"); // LXD logs in again only then
}

TEST_F(GatewayTest, BearerLoginRefreshAndLogout) {
    authorization_.clear();
    const auto login = post("/rest/auth/login",
                            fmt::format(R"({{"username":"admin","password":"{}"}})", kPassword));
    EXPECT_EQ(login.at("token_type"), "Bearer");
    EXPECT_EQ(login.at("expires_in"), 300);
    authorization_ = "Bearer " + std::string(login.at("access_token").as_string());
    EXPECT_EQ(send("GET", "/api/types/System/instances").status, 200u);
    now_ += std::chrono::minutes(6);
    EXPECT_EQ(send("GET", "/api/types/System/instances").status, 401u);
    const std::string refresh = std::string(login.at("refresh_token").as_string());
    const auto renewed =
        post("/rest/auth/update-token", fmt::format(R"({{"refresh_token":"{}"}})", refresh));
    authorization_ = "Bearer " + std::string(renewed.at("access_token").as_string());
    EXPECT_EQ(send("GET", "/api/types/System/instances").status, 200u);
    EXPECT_EQ(send("POST", "/rest/auth/logout", fmt::format(R"({{"refresh_token":"{}"}})", refresh))
                  .status,
              204u);
    EXPECT_EQ(send("GET", "/api/types/System/instances").status, 401u);
    EXPECT_EQ(
        send("POST", "/rest/auth/update-token", fmt::format(R"({{"refresh_token":"{}"}})", refresh))
            .status,
        401u);
}

TEST_F(GatewayTest, RefreshTokenIsNoAccessToken) {
    authorization_.clear();
    const auto login = post("/rest/auth/login",
                            fmt::format(R"({{"username":"admin","password":"{}"}})", kPassword));
    authorization_ = "Bearer " + std::string(login.at("refresh_token").as_string());
    EXPECT_EQ(send("GET", "/api/version").status, 401u);
}

TEST_F(GatewayTest, WrongPasswordsAreJson401AndLockTheName) {
    authorization_ = basic("admin", "wrong");
    for (int i = 0; i < Users::kMaxFailures; ++i) {
        const auto answer = send("GET", "/api/login");
        EXPECT_EQ(answer.status, 401u);
        EXPECT_EQ(answer.body, R"({"message":"Unauthorized","httpStatusCode":401,"errorCode":0})");
    }
    authorization_ = basic("admin", kPassword);
    EXPECT_EQ(send("GET", "/api/login").status, 401u);
    now_ += Users::kLockTime;
    EXPECT_EQ(send("GET", "/api/login").status, 200u);
    ASSERT_FALSE(audit_.empty());
    for (const std::string& line : audit_) {
        EXPECT_EQ(line.find(kPassword), std::string::npos);
    }
}

TEST_F(GatewayTest, MonitorMayLookButNotChange) {
    const std::string volume = new_volume();
    authorization_ = basic("watcher", kPassword);
    EXPECT_EQ(send("GET", "/api/instances/Volume::" + volume).status, 200u);
    EXPECT_EQ(
        send("POST", "/api/types/Volume/instances/action/queryIdByKey", R"({"name":"v1"})").body,
        "\"" + volume + "\"");
    EXPECT_EQ(send("POST", "/api/instances/System/action/querySystemLimits", "{}").status, 200u);
    EXPECT_EQ(
        send("POST", "/api/instances/Volume::" + volume + "/action/removeVolume", "{}").status,
        403u);
    EXPECT_EQ(mdm_.state().volumes.size(), 1u);
}

TEST_F(GatewayTest, SystemHasWhatClientsReadFromIt) {
    const auto systems = get("/api/types/System/instances");
    const json::object& system = systems.as_array().at(0).as_object();
    EXPECT_EQ(system.at("systemNqn"), "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f");
    EXPECT_TRUE(system.at("maxCapacityInGb").is_string());
    EXPECT_TRUE(
        system.at("mdmCluster").at("master").at("versionInfo").as_string().starts_with("R4_6"));
    std::vector<std::string> rels;
    for (const auto& link : system.at("links").as_array()) {
        rels.emplace_back(link.at("rel").as_string());
    }
    for (const char* wanted : {"self", "/api/System/relationship/Statistics",
                               "/api/System/relationship/ProtectionDomain",
                               "/api/System/relationship/Sdc", "/api/System/relationship/User"}) {
        EXPECT_NE(std::find(rels.begin(), rels.end(), wanted), rels.end()) << wanted;
    }
}

TEST_F(GatewayTest, EveryLinkOfEveryObjectCanBeFollowed) {
    const std::string volume = new_volume();
    const std::string host = new_host();
    post("/api/instances/Volume::" + volume + "/action/addMappedHost",
         fmt::format(R"({{"hostId":"{}"}})", host));
    mdm::NvmeController controller;
    controller.id = 0xcc00010001000002;
    controller.sdt = mdm_.state().sdts.front().id;
    controller.controller_id = 1;
    mdm_.state().hosts.front().controllers.push_back(controller);
    post("/api/instances/System/action/snapshotVolumes",
         fmt::format(R"({{"snapshotDefs":[{{"volumeId":"{}","snapshotName":"s1"}}]}})", volume));
    int followed = 0;
    for (const ObjectType* type : object_types()) {
        const auto list = get(fmt::format("/api/types/{}/instances", type->name));
        EXPECT_FALSE(list.as_array().empty() && type->name != "FaultSet") << type->name;
        for (const auto& object : list.as_array()) {
            for (const auto& link : object.at("links").as_array()) {
                get(std::string(link.at("href").as_string()));
                ++followed;
            }
        }
    }
    EXPECT_GT(followed, 60);
}

TEST_F(GatewayTest, VolumeLifeCycle) {
    const std::string id = create(
        "Volume", fmt::format(R"({{"storagePoolId":"{}","volumeSizeInKb":"8192","name":"a+/=b",)"
                              R"("volumeType":"ThinProvisioned","volumeClass":"csi","unknown":1}})",
                              pool()));
    auto volume = get("/api/instances/Volume::" + id);
    EXPECT_EQ(volume.at("sizeInKb"), 8388608);
    EXPECT_TRUE(volume.at("mappedSdcInfo").is_null());
    EXPECT_EQ(volume.at("volumeType"), "ThinProvisioned");
    EXPECT_EQ(volume.at("creationTime"), 1746889338);
    EXPECT_TRUE(volume.at("ancestorVolumeId").is_null());
    post("/api/instances/Volume::" + id + "/action/setVolumeSize", R"({"sizeInGB":"17"})");
    EXPECT_EQ(get("/api/instances/Volume::" + id).at("sizeInKb"), 3 * 8388608);
    const auto shrink =
        post("/api/instances/Volume::" + id + "/action/setVolumeSize", R"({"sizeInGB":"8"})", 500);
    EXPECT_EQ(shrink.at("errorCode"), 133);
    post("/api/instances/Volume::" + id + "/action/setVolumeName", R"({"newName":"other"})");
    EXPECT_EQ(post("/api/instances/Volume::" + id + "/action/removeVolume",
                   R"({"removeMode":"ONLY_ME"})"),
              json::object());
    const auto gone = send("GET", "/api/instances/Volume::" + id);
    EXPECT_EQ(gone.status, 500u);
    EXPECT_EQ(gone.body,
              R"({"message":"Could not find the volume","httpStatusCode":500,"errorCode":79})");
}

TEST_F(GatewayTest, NamesAndSizesAreRefusedWithTheKnownNumbers) {
    const auto long_name =
        post("/api/types/Volume/instances",
             fmt::format(R"({{"storagePoolId":"{}","volumeSizeInGb":"8","name":"{}"}})", pool(),
                         std::string(32, 'x')),
             500);
    EXPECT_EQ(long_name.at("errorCode"), 226);
    EXPECT_EQ(long_name.at("message"),
              "The given name exceeds the allowed length of 31 characters.");
    new_volume("twin");
    const auto twin = post(
        "/api/types/Volume/instances",
        fmt::format(R"({{"storagePoolId":"{}","volumeSizeInGb":"8","name":"twin"}})", pool()), 500);
    EXPECT_EQ(twin.at("message"), "Volume name already in use. Please use a different name.");
    const auto missing = post("/api/types/Volume/instances", R"({"volumeSizeInGb":"8"})", 400);
    EXPECT_EQ(
        missing.at("message"),
        "Request message is not valid: The following parameter(s) must be part of the request "
        "body: storagePoolId.");
    const auto bad_id = send("GET", "/api/instances/Volume::xyz");
    EXPECT_EQ(bad_id.status, 400u);
    EXPECT_NE(bad_id.body.find("must be a hexadecimal number"), std::string::npos);
    EXPECT_EQ(send("GET", "/api/types/Nonsense/instances").status, 404u);
    EXPECT_EQ(send("POST", "/api/types/Volume/instances", "[1]").status, 400u);
    EXPECT_EQ(send("POST", "/api/types/Volume/instances", "{nope").status, 400u);
}

TEST_F(GatewayTest, NvmeHostAppearsUnderBothTypesWithItsOwnLinks) {
    const std::string host = new_host("esx01");
    for (const std::string& path :
         {"/api/instances/Host::" + host, "/api/instances/Sdc::" + host}) {
        const auto object = get(path);
        EXPECT_EQ(object.at("hostType"), "NVMeHost");
        EXPECT_EQ(object.at("nqn"), "nqn.2014-08.com.lab:esx01");
        EXPECT_EQ(object.at("maxNumPaths"), 4);
        EXPECT_EQ(object.at("links").as_array().at(0).at("href"),
                  text("/api/instances/Host::" + host));
    }
    EXPECT_EQ(get("/api/types/Sdc/instances").as_array().size(), 3u);
    EXPECT_EQ(get("/api/types/Host/instances").as_array().size(), 1u);
    const auto both = get("/api/types/Sdc/instances");
    for (const auto& entry : both.as_array()) {
        EXPECT_TRUE(entry.as_object().contains("nqn")); // Cinder indexes it on every entry
    }
    post("/api/instances/Host::" + host + "/action/modifyMaxNumPaths", R"({"newMaxNumPaths":"6"})");
    EXPECT_EQ(get("/api/instances/Host::" + host).at("maxNumPaths"), 6);
    post("/api/instances/Sdc::" + host + "/action/setSdcName", R"({"sdcName":"renamed"})");
    EXPECT_EQ(get("/api/instances/Host::" + host).at("name"), "renamed");
    EXPECT_EQ(send("POST", "/api/instances/Sdc::" + host + "/action/removeSdc").status, 200u);
    EXPECT_TRUE(get("/api/types/Host/instances").as_array().empty());
}

TEST_F(GatewayTest, HostSecretsGoInAndNeverComeOut) {
    const std::string host = new_host("esx01");
    const std::string path = "/api/instances/Host::" + host;
    EXPECT_EQ(get(path).at("hasDhchapSecret"), false);
    post(path + "/action/setNvmeHostSecrets",
         R"({"dhchapSecret":"DHHC-1:00:first:","tlsPsk":"NVMeTLSkey-1:01:second:"})");
    EXPECT_EQ(mdm_.dhchap.expose(), "DHHC-1:00:first:");
    EXPECT_EQ(mdm_.tls_psk.expose(), "NVMeTLSkey-1:01:second:");
    EXPECT_EQ(get(path).at("hasDhchapSecret"), true);
    EXPECT_EQ(get(path).at("hasDhchapControllerSecret"), false);
    EXPECT_EQ(get(path).at("hasTlsPsk"), true);
    for (const char* everything : {"/api/types/Host/instances", "/api/types/Sdc/instances"}) {
        EXPECT_EQ(send("GET", everything).body.find("DHHC-1"), std::string::npos);
        EXPECT_EQ(send("GET", everything).body.find("NVMeTLSkey"), std::string::npos);
    }
    // What is not given stays.
    post(path + "/action/setNvmeHostSecrets", R"({"dhchapSecret":""})");
    EXPECT_EQ(get(path).at("hasDhchapSecret"), false);
    EXPECT_EQ(get(path).at("hasTlsPsk"), true);
    post(path + "/action/clearNvmeHostSecrets", "{}");
    EXPECT_EQ(get(path).at("hasTlsPsk"), false);
    ASSERT_FALSE(audit_.empty());
    for (const std::string& line : audit_) {
        EXPECT_EQ(line.find("DHHC-1"), std::string::npos) << line;
        EXPECT_EQ(line.find("NVMeTLSkey"), std::string::npos) << line;
    }
}

TEST_F(GatewayTest, MappingToHostsAndItsErrorNumbers) {
    const std::string volume = new_volume();
    const std::string h1 = new_host("h1");
    const std::string h2 = new_host("h2");
    const std::string base = "/api/instances/Volume::" + volume + "/action/";
    post(base + "addMappedHost", fmt::format(R"({{"hostId":"{}","allHosts":""}})", h1));
    EXPECT_EQ(
        post(base + "addMappedHost", fmt::format(R"({{"hostId":"{}"}})", h1), 500).at("errorCode"),
        4037);
    EXPECT_EQ(
        post(base + "addMappedHost", fmt::format(R"({{"hostId":"{}"}})", h2), 500).at("errorCode"),
        306);
    post(base + "addMappedSdc", // Cinder: an NVMe host's id as sdcId, a Python True
         fmt::format(R"({{"sdcId":"{}","allowMultipleMappings":"True"}})", h2));
    const auto mapped = get("/api/instances/Volume::" + volume).at("mappedSdcInfo");
    ASSERT_EQ(mapped.as_array().size(), 2u);
    const json::object& first = mapped.as_array().at(0).as_object();
    EXPECT_EQ(first.at("sdcId"), text(h1));
    EXPECT_EQ(first.at("hostType"), "NVMeHost");
    EXPECT_EQ(first.at("sdcName"), "h1");
    EXPECT_TRUE(first.at("sdcIp").is_null());
    EXPECT_EQ(first.at("nqn"), "nqn.2014-08.com.lab:h1");
    EXPECT_EQ(get("/api/instances/Sdc::" + h2 + "/relationships/Volume").as_array().size(), 1u);
    post(base + "setMappedSdcLimits",
         fmt::format(R"({{"sdcId":"{}","bandwidthLimitInKbps":"10240","iopsLimit":"100"}})", h1));
    const auto limited =
        get("/api/instances/Volume::" + volume).at("mappedSdcInfo").as_array().at(0);
    EXPECT_EQ(limited.at("limitBwInMbps"), 10);
    EXPECT_EQ(limited.at("limitIops"), 100);
    post(base + "removeMappedHost", R"({"nqn":"NQN.2014-08.com.lab:H1"})");
    EXPECT_EQ(post(base + "removeMappedHost", fmt::format(R"({{"hostId":"{}"}})", h1), 500)
                  .at("errorCode"),
              4039);
    EXPECT_EQ(post(base + "removeVolume", "{}", 500).at("errorCode"), 104);
    EXPECT_EQ(post("/api/instances/Sdc::" + h2 + "/action/removeSdc", "", 500).at("errorCode"),
              180);
    post(base + "removeMappedSdc", R"({"allSdcs":""})");
    EXPECT_TRUE(get("/api/instances/Volume::" + volume).at("mappedSdcInfo").is_null());
}

TEST_F(GatewayTest, AVolumeIsNeverMappedByBothProtocols) {
    const std::string volume = new_volume();
    const std::string host = new_host();
    const std::string base = "/api/instances/Volume::" + volume + "/action/";
    post(base + "addMappedSdc",
         fmt::format(R"({{"sdcId":"{}","allowMultipleMappings":"TRUE"}})", sdc()));
    for (const auto& [action, key] :
         {std::pair{"addMappedHost", "hostId"}, std::pair{"addMappedSdc", "sdcId"}}) {
        const auto refused =
            post(base + action,
                 fmt::format(R"({{"{}":"{}","allowMultipleMappings":"TRUE"}})", key, host), 500);
        EXPECT_EQ(refused.at("errorCode"), 4901);
        EXPECT_NE(refused.at("message").as_string().find("not by both"), std::string::npos);
    }
    EXPECT_EQ(get("/api/instances/Volume::" + volume).at("mappedSdcInfo").as_array().size(), 1u);
    // os-brick names the SDC by GUID; LXD unmaps it through the host action and knows 4039 only.
    const std::string guid = mdm_.state().sdcs.front().guid;
    EXPECT_EQ(post(base + "addMappedSdc",
                   fmt::format(R"({{"guid":"{}","allowMultipleMappings":"TRUE"}})", guid), 500)
                  .at("errorCode"),
              81);
    post(base + "removeMappedHost", fmt::format(R"({{"hostId":"{}"}})", sdc()));
    EXPECT_EQ(post(base + "removeMappedHost", fmt::format(R"({{"hostId":"{}"}})", sdc()), 500)
                  .at("errorCode"),
              4039);
}

TEST_F(GatewayTest, SnapshotsShareAGroupAndFailuresCarryDetails) {
    const std::string v1 = new_volume("v1");
    const std::string v2 = new_volume("v2");
    const std::string system = map::hex16(mdm_.state().system.id);
    const auto result =
        post("/api/instances/System::" + system + "/action/snapshotVolumes",
             fmt::format(R"({{"snapshotDefs":[{{"volumeId":"{}","snapshotName":"s1"}},)"
                         R"({{"volumeId":"{}","snapshotName":"s2"}}],)"
                         R"("accessModeLimit":"ReadOnly"}})",
                         v1, v2));
    ASSERT_EQ(result.at("volumeIdList").as_array().size(), 2u);
    const std::string s1 = std::string(result.at("volumeIdList").as_array().at(0).as_string());
    const auto snap = get("/api/instances/Volume::" + s1);
    EXPECT_EQ(snap.at("volumeType"), "Snapshot");
    EXPECT_EQ(snap.at("ancestorVolumeId"), text(v1));
    EXPECT_EQ(snap.at("consistencyGroupId"), result.at("snapshotGroupId"));
    EXPECT_EQ(snap.at("accessModeLimit"), "ReadOnly");
    post("/api/instances/Volume::" + v1 + "/action/overwriteVolumeContent",
         fmt::format(R"({{"srcVolumeId":"{}"}})", s1));
    EXPECT_EQ(post("/api/instances/Volume::" + v2 + "/action/overwriteVolumeContent",
                   fmt::format(R"({{"srcVolumeId":"{}"}})", s1), 500)
                  .at("errorCode"),
              198);
    std::string defs;
    for (int i = 0; i < 101; ++i) {
        defs +=
            fmt::format(R"({}{{"volumeId":"{}","snapshotName":"x{}"}})", i == 0 ? "" : ",", v1, i);
    }
    const auto failed = post("/api/instances/System/action/snapshotVolumes",
                             R"({"snapshotDefs":[)" + defs + "]}", 500);
    EXPECT_EQ(failed.at("details").as_array().at(0).at("rc"), 182);
    const auto removed = post("/api/instances/System/action/removeConsistencyGroupSnapshots",
                              fmt::format(R"({{"snapGroupId":"{}"}})",
                                          std::string(result.at("snapshotGroupId").as_string())));
    EXPECT_EQ(removed.at("numberOfVolumes"), 2);
}

TEST_F(GatewayTest, LookupsByKeyAndByOldNames) {
    const std::string volume = new_volume("a+/=b");
    EXPECT_EQ(get("/api/types/Volume/instances/getByName::a%252B%252F%253Db"), text(volume));
    EXPECT_EQ(get("/api/types/Volume/instances/getByName::a%2B%2F%3Db"), text(volume));
    EXPECT_TRUE(get("/api/types/Volume/instances/getByName::none").is_null());
    const std::string domain = map::hex16(mdm_.state().protection_domains.front().id);
    EXPECT_EQ(get("/api/types/Domain/instances/getByName::PD1"), text(domain));
    EXPECT_EQ(get("/api/types/Pool/instances/getByName::" + domain + ",SP1"), text(pool()));
    EXPECT_EQ(get("/api/types/Client/instances/getByIp::10.0.2.1/"), text(sdc()));
    const std::string by_key = "/api/types/StoragePool/instances/action/queryIdByKey";
    EXPECT_EQ(post(by_key, R"({"protectionDomainName":"PD1","name":"SP1"})"), text(pool()));
    EXPECT_EQ(
        post("/api/types/ProtectionDomain/instances/action/queryIdByKey", R"({"name":"x"})", 500)
            .at("errorCode"),
        142);
    EXPECT_EQ(post("/api/types/Volume/instances/action/queryBySelectedIds",
                   fmt::format(R"({{"ids":["{}"]}})", volume))
                  .as_array()
                  .size(),
              1u);
}

TEST_F(GatewayTest, StatisticsAreIntegersCountersOrIdLists) {
    new_volume();
    const auto all = get("/api/instances/StoragePool::" + pool() + "/relationships/Statistics");
    EXPECT_GE(all.as_object().size(), 214u);
    for (const auto& [name, value] : all.as_object()) {
        EXPECT_TRUE(value.is_int64() || value.is_uint64() || value.is_object() || value.is_array())
            << name;
    }
    EXPECT_EQ(all.at("maxCapacityInKb"), 3221225472);
    EXPECT_EQ(all.at("numOfVolumes"), 1);
    EXPECT_TRUE(all.at("totalReadBwc").as_object().contains("numOccured"));
    const auto some = post("/api/types/StoragePool/instances/action/querySelectedStatistics",
                           fmt::format(R"({{"ids":["{}"],"properties":["netUnusedCapacityInKb",)"
                                       R"("mgUserDdataCcapacityInKb"]}})",
                                       pool()));
    EXPECT_EQ(some.at(pool()).as_object().size(), 2u);
    EXPECT_EQ(some.at(pool()).at("mgUserDdataCcapacityInKb"), 0);
    const auto several =
        post("/api/instances/querySelectedStatistics",
             R"({"selectedStatisticsList":[{"type":"System","properties":["numOfSds"]},)"
             R"({"type":"Volume","allIds":"","properties":["numOfMappedSdcs"]}]})");
    EXPECT_EQ(several.at("System").at("numOfSds"), 3);
    EXPECT_EQ(several.at("Volume").as_object().size(), 1u);
}

TEST_F(GatewayTest, SettingsAreStoredAndShownWithTheirType) {
    const std::string base = "/api/instances/StoragePool::" + pool() + "/action/";
    post(base + "setUseRmcache", R"({"useRmcache":"TRUE"})");
    post(base + "setRebuildRebalanceParallelism", R"({"limit":"7"})");
    post(base + "disableFragmentation", "");
    post(base + "setSparePercentage", R"({"sparePercentage":"34"})");
    const auto object = get("/api/instances/StoragePool::" + pool());
    EXPECT_EQ(object.at("useRmcache"), true);
    EXPECT_EQ(object.at("numOfParallelRebuildRebalanceJobsPerDevice"), 7);
    EXPECT_EQ(object.at("fragmentationEnabled"), false);
    EXPECT_EQ(object.at("sparePercentage"), 34);
    EXPECT_EQ(send("POST", base + "setUseRmcache", R"({"useRmcache":"maybe"})").status, 400u);
    EXPECT_EQ(send("POST", base + "setUseRmcache", "{}").status, 400u);
}

TEST_F(GatewayTest, BothEncodingsOfAnSdsAddressList) {
    const std::string domain = map::hex16(mdm_.state().protection_domains.front().id);
    const std::string a =
        create("Sds", fmt::format(R"({{"protectionDomainId":"{}","name":"a","sdsPort":7072,)"
                                  R"("sdsIpList":[{{"ip":"10.9.0.1","role":"all"}}]}})",
                                  domain));
    const std::string b = create(
        "Sds", fmt::format(R"({{"protectionDomainId":"{}","name":"b",)"
                           R"("sdsIpList":[{{"SdsIp":{{"ip":"10.9.0.2","role":"sdcOnly"}}}}]}})",
                           domain));
    EXPECT_EQ(get("/api/instances/Sds::" + a).at("ipList").as_array().at(0).at("ip"), "10.9.0.1");
    EXPECT_EQ(get("/api/instances/Sds::" + b).at("ipList").as_array().at(0).at("role"), "sdcOnly");
}

TEST_F(GatewayTest, LostMdmIs503AndALostAnswerIs504) {
    const std::string volume = new_volume();
    mdm_.lose_answers = true;
    const auto lost = send("POST", "/api/instances/Volume::" + volume + "/action/setVolumeName",
                           R"({"newName":"x"})");
    EXPECT_EQ(lost.status, 504u);
    mdm_.lose_answers = false;
    mdm_.unreachable = true;
    EXPECT_EQ(send("GET", "/api/types/Volume/instances").status, 503u);
    EXPECT_NE(send("GET", "/metrics").body.find("pf_mdm_up 0"), std::string::npos);
}

TEST_F(GatewayTest, ChangesAreAuditedAndReadsAreNot) {
    get("/api/types/Volume/instances");
    EXPECT_TRUE(audit_.empty());
    new_volume("audited");
    ASSERT_EQ(audit_.size(), 1u);
    const auto line = parse_json(audit_.front());
    ASSERT_TRUE(line);
    EXPECT_EQ(line->at("user"), "admin");
    EXPECT_EQ(line->at("body").at("name"), "audited");
    EXPECT_EQ(line->at("status"), 200);
}

TEST_F(GatewayTest, WhatDellsPythonAsksBesides) {
    const auto cluster = post("/api/instances/System/queryMdmCluster", "{}");
    EXPECT_EQ(cluster.at("clusterMode"), "SingleNode");
    EXPECT_EQ(cluster.at("master").at("role"), "Manager");
    for (const char* path : {"/Api/V1/corelcm/status", "/api/v1/corelcm/status"}) {
        EXPECT_EQ(get(path).at("clusterVersion"), "4.6.0.0");
    }
    EXPECT_TRUE(get("/api/types/SnapshotPolicy/instances").as_array().empty());
    const auto everything = get("/api/instances");
    EXPECT_EQ(everything.at("sdsList").as_array().size(), 3u);
    EXPECT_TRUE(everything.at("System").is_object());
    EXPECT_EQ(send("GET", "/api/v1/Deployment").status, 404u);
}

TEST_F(GatewayTest, MetricsNameTheObjects) {
    const auto response = send("GET", "/metrics");
    EXPECT_EQ(response.status, 200u);
    EXPECT_NE(response.body.find("pf_objects{type=\"Sds\"} 3"), std::string::npos);
    EXPECT_NE(response.body.find("pf_mdm_up 1"), std::string::npos);
}

TEST_F(GatewayTest, UsersSurviveARestartWithoutTheirPasswords) {
    const auto text = read_file(dir_ / "users.json");
    ASSERT_TRUE(text);
    EXPECT_EQ(text->find(kPassword), std::string::npos);
    auto again = Users::load(dir_ / "users.json");
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->list().size(), 2u);
    EXPECT_TRUE((*again)->verify("watcher", kPassword, now_));
    EXPECT_FALSE((*again)->verify("nobody", kPassword, now_));
}

} // namespace
} // namespace pf::gateway
