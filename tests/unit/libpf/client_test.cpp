// The client against a scripted endpoint: logins, renewals, lost answers, awkward servers.
#include "base/crypto.hpp"
#include "base/net/http_server.hpp"
#include "libpf/client.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <mutex>

namespace pf::powerflex {
namespace {

struct Seen {
    std::string line; // "GET /api/version"
    std::string authorization;
    std::string body;
};

net::HttpResponse answer(unsigned status, std::string body, std::string type = "application/json") {
    net::HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", std::move(type));
    response.body = std::move(body);
    return response;
}

class ClientTest : public ::testing::Test {
  protected:
    using Rule = std::function<std::optional<net::HttpResponse>(const Seen&)>;

    void SetUp() override {
        server_ = std::make_unique<net::HttpServer>(
            net::HttpServerOptions{},
            net::HttpServer::Handler([this](const net::HttpServerRequest& r) { return reply(r); }));
        ASSERT_TRUE(server_->start());
        options_.endpoint = fmt::format("http://127.0.0.1:{}", server_->port());
        options_.request_timeout = std::chrono::seconds(10);
    }
    void TearDown() override { server_->stop(); }

    net::HttpResponse reply(const net::HttpServerRequest& request) {
        const std::lock_guard lock(mutex_);
        Seen seen{request.method + " " + request.path,
                  std::string(request.headers.get("Authorization")), request.body};
        seen_.push_back(seen);
        for (const Rule& rule : rules_) {
            if (auto response = rule(seen)) {
                return *response;
            }
        }
        return answer(404, "<html>not found</html>", "text/html");
    }
    // Answers `line` with each of the responses once, the last one for ever.
    void on(std::string line, std::vector<net::HttpResponse> responses) {
        auto left =
            std::make_shared<std::deque<net::HttpResponse>>(responses.begin(), responses.end());
        rules_.push_back([line, left](const Seen& seen) -> std::optional<net::HttpResponse> {
            if (seen.line != line) {
                return std::nullopt;
            }
            net::HttpResponse response = left->front();
            if (left->size() > 1) {
                left->pop_front();
            }
            return response;
        });
    }
    void bearer_server() {
        on("POST /rest/auth/login",
           {answer(200, R"({"access_token":"A1","refresh_token":"R1","expires_in":300})"),
            answer(200, R"({"access_token":"A9","refresh_token":"R9","expires_in":300})")});
        on("GET /api/version", {answer(200, "\"4.6\"")});
    }
    Result<Client> connect() { return Client::connect(options_, {"admin", Secret("pw")}); }
    std::size_t count(std::string_view line) {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(
            seen_.begin(), seen_.end(), [&](const Seen& seen) { return seen.line == line; }));
    }

    ClientOptions options_;
    std::unique_ptr<net::HttpServer> server_;
    std::mutex mutex_;
    std::vector<Seen> seen_;
    std::vector<Rule> rules_;
};

TEST_F(ClientTest, BearerLogin) {
    bearer_server();
    const auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ(client->version(), (ApiVersion{4, 6}));
    EXPECT_EQ(seen_[0].body, R"({"username":"admin","password":"pw"})");
    EXPECT_EQ(seen_[1].authorization, "Bearer A1");
}

TEST_F(ClientTest, FallsBackToTheLegacyLoginOf3x) {
    on("GET /api/login", {answer(200, "\"TOKEN\"")});
    on("GET /api/version", {answer(200, "\"3.6\"")});
    on("GET /api/logout", {answer(200, "\"\"")});
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ(count("POST /rest/auth/login"), 1u);
    EXPECT_EQ(seen_[1].authorization, "Basic " + base64_encode(as_bytes("admin:pw")));
    EXPECT_EQ(seen_[2].authorization, "Basic " + base64_encode(as_bytes("admin:TOKEN")));
    EXPECT_TRUE(client->logout());
    EXPECT_EQ(seen_[3].line, "GET /api/logout");
}

TEST_F(ClientTest, WrongPasswordIsAuthFailedAfterOneTry) {
    on("POST /rest/auth/login", {answer(401, R"({"message":"Unauthorized","errorCode":0})")});
    const auto client = connect();
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, Errc::AuthFailed);
    EXPECT_NE(client.error().what.find("admin"), std::string::npos);
    EXPECT_EQ(seen_.size(), 1u); // a second try would bring the account closer to its lock
}

TEST_F(ClientTest, OtherVersionsAreUnsupported) {
    on("POST /rest/auth/login", {answer(200, R"({"access_token":"A"})")});
    on("GET /api/version", {answer(200, "\"5.0\"")});
    EXPECT_EQ(connect().error().code, Errc::Unsupported);
}

TEST_F(ClientTest, NotAPowerFlexAtAll) {
    EXPECT_EQ(connect().error().code, Errc::Unsupported);
    server_->stop();
    EXPECT_EQ(connect().error().code, Errc::Unreachable);
}

TEST_F(ClientTest, ExpiredTokenIsRefreshedAndTheCallRepeatedOnce) {
    bearer_server();
    on("POST /rest/auth/update-token", {answer(200, R"({"access_token":"A2"})")});
    rules_.push_back([](const Seen& seen) -> std::optional<net::HttpResponse> {
        if (seen.line != "GET /api/types/Sdt/instances") {
            return std::nullopt;
        }
        return seen.authorization == "Bearer A2" ? answer(200, "[]")
                                                 : answer(401, "<html>", "text/html");
    });
    auto client = connect();
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->sdts());
    EXPECT_EQ(count("POST /rest/auth/update-token"), 1u);
    EXPECT_EQ(count("GET /api/types/Sdt/instances"), 2u);
    EXPECT_TRUE(client->sdts());
    EXPECT_EQ(count("GET /api/types/Sdt/instances"), 3u);
}

TEST_F(ClientTest, LogsInAgainWhenTheRefreshTokenIsDeadToo) {
    bearer_server();
    on("POST /rest/auth/update-token", {answer(401, "<html>", "text/html")});
    rules_.push_back([](const Seen& seen) -> std::optional<net::HttpResponse> {
        if (seen.line != "GET /api/types/Sdt/instances") {
            return std::nullopt;
        }
        return seen.authorization == "Bearer A9" ? answer(200, "[]") : answer(401, "");
    });
    auto client = connect();
    ASSERT_TRUE(client);
    EXPECT_TRUE(client->sdts());
    EXPECT_EQ(count("POST /rest/auth/login"), 2u);
}

TEST_F(ClientTest, ASecondRefusalIsFinal) {
    bearer_server();
    on("POST /rest/auth/update-token", {answer(200, R"({"access_token":"A2"})")});
    on("GET /api/types/Sdt/instances", {answer(401, "<html>", "text/html")});
    auto client = connect();
    ASSERT_TRUE(client);
    const auto sdts = client->sdts();
    ASSERT_FALSE(sdts);
    EXPECT_EQ(sdts.error().code, Errc::AuthFailed);
    EXPECT_EQ(count("GET /api/types/Sdt/instances"), 2u);
}

TEST_F(ClientTest, MappingOutcomes) {
    bearer_server();
    on("POST /api/instances/Volume::b5a167e40000000b/action/addMappedHost",
       {answer(200, "{}"), answer(500, R"({"message":"already","errorCode":4037})"),
        answer(500, R"({"message":"single","errorCode":306})")});
    on("POST /api/instances/Volume::b5a167e40000000b/action/removeMappedHost",
       {answer(200, ""), answer(500, R"({"message":"none","errorCode":4039})")});
    auto client = connect();
    ASSERT_TRUE(client);
    MapVolume map;
    map.volume = VolumeRef(VolumeId("b5a167e40000000b"));
    map.host = HostRef(HostId("13bf22b500010004"));
    EXPECT_EQ(client->map(map).value(), MapOutcome::Mapped);
    EXPECT_EQ(client->map(map).value(), MapOutcome::AlreadyMapped);
    EXPECT_EQ(client->map(map).error().code, Errc::Conflict);
    const UnmapVolume unmap{map.volume, map.host, HostKind::Nvme};
    EXPECT_EQ(client->unmap(unmap).value(), UnmapOutcome::Unmapped);
    EXPECT_EQ(client->unmap(unmap).value(), UnmapOutcome::WasNotMapped);
}

TEST_F(ClientTest, AChangeIsSentOnceEvenWhenItsAnswerIsLost) {
    bearer_server();
    on("POST /api/types/Host/instances", {answer(504, "<html>", "text/html")});
    auto client = connect();
    ASSERT_TRUE(client);
    CreateNvmeHost op;
    op.nqn = "nqn.2014-08.com.lab:esx01";
    const auto created = client->create(op);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Errc::OutcomeUnknown);
    EXPECT_EQ(count("POST /api/types/Host/instances"), 1u);
}

TEST_F(ClientTest, WhatIsSentIsWhatIsPreviewed) {
    bearer_server();
    on("POST /api/types/Host/instances", {answer(200, R"({"id":"13bf22b500010004"})")});
    auto client = connect();
    ASSERT_TRUE(client);
    CreateNvmeHost op;
    op.nqn = "nqn.2014-08.com.lab:esx01";
    op.name = "esx01";
    const auto created = client->create(op);
    ASSERT_TRUE(created) << created.error().what;
    EXPECT_EQ(created->value, "13bf22b500010004");
    const auto preview = prepare(op);
    EXPECT_EQ(seen_.back().line + " " + seen_.back().body, preview->rest());
}

TEST_F(ClientTest, LooksUpHostsByNqnWithoutCaseAndSkipsSdcs) {
    bearer_server();
    on("GET /api/types/Host/instances",
       {answer(200, R"([{"id":"01f7117d0000000b","hostType":"SdcHost","nqn":null,"name":"a"},
                        {"id":"13bf22b500010004","hostType":"NVMeHost","nqn":"NQN.x:A","name":"b"}])")});
    auto client = connect();
    ASSERT_TRUE(client);
    EXPECT_EQ(client->nvme_hosts()->size(), 1u);
    EXPECT_EQ(client->nvme_host_by_nqn("nqn.X:a")->id.value, "13bf22b500010004");
    EXPECT_EQ(client->nvme_host_by_name("b")->nqn, "NQN.x:A");
    EXPECT_EQ(client->nvme_host_by_nqn("nqn.none").error().code, Errc::NotFound);
}

// Latency counters have the shape of bandwidth ones: the sum of microseconds stands under "Kb".
TEST_F(ClientTest, PoolStatisticsTellLatencyAndRebuild) {
    bearer_server();
    on("GET /api/instances/StoragePool::e0d8f6c900000000/relationships/Statistics",
       {answer(200, R"({"maxCapacityInKb":1000,"fwdRebuildCapacityInKb":7,
            "pendingBckRebuildCapacityInKb":2,
            "userDataSdcReadLatency":{"numSeconds":5,"totalWeightInKb":3000,"numOccured":10},
            "targetWriteLatency":{"numSeconds":5,"totalWeightInKb":9000,"numOccured":20},
            "targetReadLatency":"no counter"})")});
    auto client = connect();
    ASSERT_TRUE(client);
    const auto pool = client->storage_pool_capacity(StoragePoolId("e0d8f6c900000000"));
    ASSERT_TRUE(pool) << pool.error().what;
    EXPECT_EQ(pool->rebuilding_kib, 9u);
    EXPECT_EQ(pool->operations, 30u);
    EXPECT_EQ(pool->latency_us_sum, 12000u);
}

TEST_F(ClientTest, PoolNamesOfTwoDomainsAreAmbiguous) {
    bearer_server();
    on("GET /api/types/StoragePool/instances",
       {answer(200,
               R"([{"id":"e0d8f6c900000000","name":"SP","protectionDomainId":"4eeb304600000000"},
                        {"id":"e0d8f6c900000001","name":"SP","protectionDomainId":"4eeb304600000001"}])")});
    on("GET /api/types/ProtectionDomain/instances",
       {answer(
           200,
           R"([{"id":"4eeb304600000000","name":"PD1"},{"id":"4eeb304600000001","name":"PD2"}])")});
    auto client = connect();
    ASSERT_TRUE(client);
    EXPECT_EQ(client->storage_pool_by_name("SP").error().code, Errc::Conflict);
    EXPECT_EQ(client->storage_pool_by_name("PD2/SP")->id.value, "e0d8f6c900000001");
    EXPECT_EQ(client->storage_pool_by_name("PD3/SP").error().code, Errc::NotFound);
    EXPECT_EQ(client->storage_pool_by_name("XX").error().code, Errc::NotFound);
}

TEST_F(ClientTest, IdsThatAreNoIdsNeverReachTheServer) {
    bearer_server();
    auto client = connect();
    ASSERT_TRUE(client);
    const std::size_t before = seen_.size();
    EXPECT_EQ(client->volume(VolumeId("../System")).error().code, Errc::InvalidArgument);
    EXPECT_EQ(client->volumes_of_host(HostId("")).error().code, Errc::InvalidArgument);
    EXPECT_EQ(seen_.size(), before);
}

TEST_F(ClientTest, ACancelledCallIsNotSent) {
    bearer_server();
    auto client = connect();
    ASSERT_TRUE(client);
    std::stop_source stop;
    stop.request_stop();
    const std::size_t before = seen_.size();
    EXPECT_EQ(client->volumes(stop.get_token()).error().code, Errc::Cancelled);
    EXPECT_EQ(seen_.size(), before);
}

TEST_F(ClientTest, ASessionOutlivesItsProcess) {
    bearer_server();
    on("POST /rest/auth/update-token", {answer(401, "")});
    rules_.push_back([](const Seen& seen) -> std::optional<net::HttpResponse> {
        if (seen.line != "GET /api/types/Sdt/instances") {
            return std::nullopt;
        }
        return seen.authorization == "Bearer A1" ? answer(200, "[]") : answer(401, "");
    });
    auto saved = connect()->saved_session();
    ASSERT_TRUE(saved);
    auto client = Client::resume(options_, *saved);
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_TRUE(client->sdts());
    EXPECT_EQ(count("POST /rest/auth/login"), 1u);
    saved->access_token = Secret("dead");
    auto dead = Client::resume(options_, *saved);
    ASSERT_TRUE(dead);
    EXPECT_EQ(dead->sdts().error().code, Errc::AuthFailed);
    EXPECT_EQ(count("POST /rest/auth/login"), 1u); // there is no password to log in with
}

TEST_F(ClientTest, TracesHoldNoSecrets) {
    std::string text;
    options_.trace = [&](const TraceEntry& entry) {
        text += entry.method + entry.path + entry.request_body + entry.response_body;
    };
    bearer_server();
    ASSERT_TRUE(connect());
    EXPECT_NE(text.find("/api/version"), std::string::npos);
    EXPECT_EQ(text.find("A1"), std::string::npos);
    EXPECT_EQ(text.find("pw"), std::string::npos);
}

} // namespace
} // namespace pf::powerflex
