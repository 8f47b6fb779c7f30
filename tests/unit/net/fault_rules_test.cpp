// Fault rules: patterns, counting, reloading, and what a server does with them.
#include "base/file.hpp"
#include "base/net/fault_rules.hpp"
#include "base/net/http_client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace pf::net {
namespace {

class FaultRulesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        file = dir / "faults.json";
        log = dir / "faults.jsonl";
        rules = std::make_unique<FaultRules>(file, log, 7);
    }
    void write(const std::string& text) { ASSERT_TRUE(write_file_atomic(file, text, 0600)); }
    bool hit(const std::string& service, const std::string& method, const std::string& object) {
        return rules->decide({service, {method}, {object}}).has_value();
    }
    TempDir dir;
    std::string file;
    std::string log;
    std::unique_ptr<FaultRules> rules;
};

TEST_F(FaultRulesTest, TheIoOfGuestsIsOnlyMeantByName) {
    ASSERT_TRUE(
        write_file_atomic(file, R"({"rules": [{"method": "*", "object": "app01"}]})", 0600));
    EXPECT_TRUE(hit("vcenter", "write", "app01"));
    EXPECT_FALSE(hit("guest", "write", "app01"));
    ASSERT_TRUE(write_file_atomic(
        file, R"({"rules": [{"service": "gue*", "method": "write", "object": "app01"}]})", 0600));
    EXPECT_TRUE(hit("guest", "write", "app01"));
    EXPECT_FALSE(hit("guest", "read", "app01"));
}

TEST_F(FaultRulesTest, NothingHappensWithoutAFile) {
    EXPECT_FALSE(hit("vcenter", "RescanAllHba", "storageSystem-21"));
    FaultRules none("");
    EXPECT_FALSE(none.decide({"vcenter", {"RescanAllHba"}, {}}));
}

TEST_F(FaultRulesTest, TheNthCallOfAnObjectIsHitOnce) {
    write(R"({"rules": [{"service": "vcenter", "method": "Rescan*", "object": "storageSystem-21",
                         "nth": 2, "times": 1, "fault": "HostConfigFault"}]})");
    EXPECT_FALSE(hit("vcenter", "RescanVmfs", "storageSystem-22"));
    EXPECT_FALSE(hit("esxi", "RescanVmfs", "storageSystem-21"));
    EXPECT_FALSE(hit("vcenter", "RescanVmfs", "storageSystem-21"));
    EXPECT_TRUE(hit("vcenter", "RescanAllHba", "storageSystem-21"));
    EXPECT_FALSE(hit("vcenter", "RescanVmfs", "storageSystem-21"));
    const auto made = read_file(log);
    ASSERT_TRUE(made);
    EXPECT_EQ(std::count(made->begin(), made->end(), '\n'), 1);
    EXPECT_NE(made->find("\"method\":\"RescanAllHba\""), std::string::npos) << *made;
}

TEST_F(FaultRulesTest, AChangedFileCountsChangedRulesAnew) {
    const std::string stays = R"({"id": "a", "method": "A", "times": 1})";
    write("{\"rules\": [" + stays + "]}");
    EXPECT_TRUE(hit("vcenter", "A", ""));
    write("{\"rules\": [" + stays + R"(, {"id": "b", "method": "B"}]})");
    EXPECT_FALSE(hit("vcenter", "A", ""));
    EXPECT_TRUE(hit("vcenter", "B", ""));
    write(R"({"rules": [{"id": "a", "method": "A", "times": 2}]})");
    EXPECT_TRUE(hit("vcenter", "A", ""));
    EXPECT_FALSE(hit("vcenter", "B", ""));
    write(R"({"rules": [{"colour": "red"}]})"); // refused: the rules stay
    EXPECT_TRUE(hit("vcenter", "A", ""));
    write(R"({"rules": []})");
    EXPECT_FALSE(hit("vcenter", "A", ""));
}

TEST_F(FaultRulesTest, ChanceIsSeeded) {
    write(R"({"rules": [{"method": "A", "probability": 0.25}]})");
    int hits = 0;
    for (int i = 0; i < 1000; ++i) {
        hits += hit("vcenter", "A", "") ? 1 : 0;
    }
    EXPECT_GT(hits, 200);
    EXPECT_LT(hits, 300);
    write(R"({"rules": [{"method": "A", "probability": 0}]})");
    EXPECT_FALSE(hit("vcenter", "A", ""));
}

TEST_F(FaultRulesTest, MistakesAreNamed) {
    EXPECT_FALSE(parse_fault_rules("[]"));
    for (const char* rule : {R"({"action": "explode"})", R"({"when": "never"})", R"({"nth": -1})",
                             R"({"probability": 2})", R"({"colour": "red"})", R"("x")"}) {
        EXPECT_FALSE(parse_fault_rules(fmt::format("{{\"rules\": [{}]}}", rule))) << rule;
    }
    const auto rules_of_text = parse_fault_rules(
        R"({"rules": [{"action": "hang", "when": "after", "delayMs": 5, "probability": 0.5}]})");
    ASSERT_TRUE(rules_of_text);
    const auto again = parse_fault_rules(format_fault_rules(*rules_of_text));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->front().action, FaultAction::Hang);
    EXPECT_EQ(again->front().when, FaultWhen::After);
    EXPECT_EQ(again->front().probability, 0.5);
}

TEST_F(FaultRulesTest, DroppedAndHangingRequests) {
    HttpServer server({}, HttpServer::AsyncHandler(
                              [&](const HttpServerRequest& request, const Responder& responder) {
                                  if (request.path == "/drop") {
                                      responder.respond(FaultRules::dropped());
                                  } else if (request.path == "/hang") {
                                      rules->hang(responder);
                                  } else {
                                      responder.respond({});
                                  }
                              }));
    ASSERT_TRUE(server.start());
    HttpClient client(TlsTrust{}, HttpClientOptions{});
    const std::string origin = fmt::format("http://127.0.0.1:{}", server.port());
    const auto dropped = client.send({.url = origin + "/drop"});
    ASSERT_FALSE(dropped);
    const auto hanging =
        client.send({.url = origin + "/hang", .timeout = std::chrono::milliseconds(200)});
    ASSERT_FALSE(hanging);
    EXPECT_TRUE(hanging.error().code == Errc::Timeout ||
                hanging.error().code == Errc::OutcomeUnknown);
    EXPECT_TRUE(client.send({.url = origin + "/"}));
    rules->stop();
    server.stop();
}

} // namespace
} // namespace pf::net
