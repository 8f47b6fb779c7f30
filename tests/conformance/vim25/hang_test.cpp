// Servers and proxies that never answer: every call of the client ends by its deadline, and says
// what it knows of the effect.

#include "effects_fixture.hpp"

#include "base/file.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pf::vim::test {
namespace {

class Hangs : public Effects {
  protected:
    void options_for(sim::SimulatorOptions& options) override {
        options.fault_rules_file = dir_ / "faults.json";
    }
    SessionOptions session_options() const override {
        SessionOptions options;
        options.call_timeout = 400ms;
        options.bulk_timeout = 400ms;
        options.storage_timeout = 400ms;
        options.logout_timeout = 400ms;
        options.settle_timeout = 400ms;
        options.settle_poll = 50ms;
        options.proxy = proxy_;
        return options;
    }
    void rule(const std::string& text) {
        ASSERT_TRUE(write_file_atomic(dir_ / "faults.json", "{\"rules\": [" + text + "]}\n", 0600));
    }
    /// Ends well before anything but its deadline would have ended it.
    template<class Work>
    auto in_time(Work work) {
        const auto begun = std::chrono::steady_clock::now();
        auto result = work();
        EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
        return result;
    }

    TempDir dir_{"hangs"};
    std::string proxy_;
};

TEST_F(Hangs, AReadEndsByItsDeadline) {
    rule(R"({"method": "RetrieveProperties*", "action": "hang"})");
    auto read = in_time([&] { return retrieve_property(*session_, datastore_, "name"); });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::Timeout) << read.error().what;
    rule("");
    EXPECT_TRUE(retrieve_property(*session_, datastore_, "name"));
}

TEST_F(Hangs, AChangeThatWasDoneIsFoundByReadingBack) {
    for (const char* one : {"one", "two"})
        ASSERT_TRUE(unregister_vm(*session_, vm(one)));
    rule(R"({"method": "UnmountVmfsVolume", "action": "hang", "when": "after"})");
    auto done = in_time([&] { return unmount_vmfs(*session_, host_, uuid_); });
    EXPECT_TRUE(done) << done.error().what;
    EXPECT_FALSE(storage().volume(uuid_)->mounted);
}

TEST_F(Hangs, AChangeThatWasNotDoneIsNoSuccess) {
    for (const char* one : {"one", "two"})
        ASSERT_TRUE(unregister_vm(*session_, vm(one)));
    rule(R"({"method": "UnmountVmfsVolume", "action": "hang"})");
    auto done = in_time([&] { return unmount_vmfs(*session_, host_, uuid_); });
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().code == Errc::Timeout || done.error().code == Errc::OutcomeUnknown)
        << done.error().what;
    EXPECT_TRUE(storage().volume(uuid_)->mounted);
    rule(R"({"method": "RescanAllHba", "action": "hang"})");
    EXPECT_FALSE(in_time([&] { return rescan_all(*session_, host_); }));
}

TEST_F(Hangs, ALoginAndAProxyThatNeverAnswer) {
    rule(R"({"method": "Login", "action": "hang"})");
    auto login = in_time([&] { return connect(); });
    ASSERT_FALSE(login);
    EXPECT_TRUE(login.error().code == Errc::Timeout || login.error().code == Errc::OutcomeUnknown)
        << login.error().what;
    rule("");
    // Connections are taken, words are not.
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(listener, 0);
    const UniqueFd owner(listener);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 8), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    proxy_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    auto proxied = in_time([&] { return connect(); });
    ASSERT_FALSE(proxied);
    EXPECT_TRUE(proxied.error().code == Errc::Timeout ||
                proxied.error().code == Errc::OutcomeUnknown)
        << proxied.error().what;
}

} // namespace
} // namespace pf::vim::test
