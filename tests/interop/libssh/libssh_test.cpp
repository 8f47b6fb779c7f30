// SshClient against a server on libssh: password and keyboard-interactive authentication, which
// OpenSSH only does for accounts of the system. A wrong password must not be tried twice: ESXi
// locks accounts.

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/net/ssh_client.hpp"
#include "base/net/ssh_known_hosts.hpp"
#include "base/process.hpp"
#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace pf::net {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPassword = "p\xC3\xA4ss word'\"";

class LibSsh : public ::testing::Test {
  protected:
    void SetUp() override {
        dir_ = std::make_unique<TempDir>("pf-libssh");
        auto made = run_command({"/usr/bin/ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-C", "test",
                                 "-f", path("host")},
                                30s);
        ASSERT_TRUE(made) << made.error().what;
        ASSERT_EQ(made->exit_code, 0) << made->err;
    }

    std::string path(const std::string& name) const { return dir_->path() + "/" + name; }

    std::string log() const { return read_file(path("server.log")).value_or(std::string()); }

    /// How often the server was given a secret.
    size_t secrets() const {
        const std::string text = log();
        size_t count = 0;
        for (size_t at = 0; (at = text.find("secret by", at)) != std::string::npos; ++at)
            ++count;
        return count;
    }

    void start(const std::string& methods, const std::string& dialog) {
        SpawnOptions spawn;
        spawn.stdout_file = path("server.log");
        spawn.stderr_file = "&1";
        spawn.extra_env["SSH_TEST_PASSWORD"] = kPassword;
        spawn.die_with_parent = true;
        auto child = ChildProcess::spawn({TEST_SSH_SERVER, path("host"), methods, dialog}, spawn);
        ASSERT_TRUE(child) << child.error().what;
        server_.emplace(std::move(*child));
        for (const auto end = mono_now() + 10s; port_ == 0 && mono_now() < end;) {
            const std::string text = log();
            if (text.starts_with("port ") && text.find('\n') != std::string::npos)
                port_ = static_cast<uint16_t>(std::stoul(text.substr(5)));
            else
                std::this_thread::sleep_for(5ms);
        }
        ASSERT_NE(port_, 0) << log();
        std::ofstream(path("known_hosts"))
            << known_hosts_name("127.0.0.1", port_) << " " << *read_file(path("host.pub"));
    }

    Result<std::unique_ptr<SshClient>> connect(const char* password = kPassword) {
        SshOptions options;
        options.host = "127.0.0.1";
        options.port = port_;
        options.user = "root";
        options.known_hosts_file = path("known_hosts");
        options.use_agent = false;
        const Secret secret(password);
        SshSecrets secrets;
        secrets.password = &secret;
        return SshClient::connect(options, secrets);
    }

    void expect_commands(SshClient& client) {
        for (const char* word : {"one", "two", "three"}) {
            auto result = client.run(std::string("echo ") + word, 10s);
            ASSERT_TRUE(result) << result.error().what;
            EXPECT_EQ(result->out, std::string(word) + "\n");
            EXPECT_EQ(result->exit_status, 0);
        }
        auto unknown = client.run("fail", 10s);
        ASSERT_TRUE(unknown) << unknown.error().what;
        EXPECT_EQ(unknown->exit_status, 127);
        EXPECT_EQ(unknown->err, "no such command\n");
    }

    std::unique_ptr<TempDir> dir_;
    std::optional<ChildProcess> server_;
    uint16_t port_ = 0;
};

TEST_F(LibSsh, ByPassword) {
    start("password", "plain");
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ((*client)->auth_method(), "password");
    EXPECT_EQ((*client)->host_key_type(), "ecdsa-sha2-nistp256");
    expect_commands(**client);
    EXPECT_EQ(secrets(), 1u);
}

TEST_F(LibSsh, ByKeyboardInteractive) {
    start("keyboard-interactive", "plain");
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ((*client)->auth_method(), "keyboard-interactive");
    expect_commands(**client);
    EXPECT_EQ(secrets(), 1u);
}

TEST_F(LibSsh, ARoundWithoutPromptsIsAnsweredToo) {
    start("keyboard-interactive,password", "trailing");
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ((*client)->auth_method(), "keyboard-interactive");
    expect_commands(**client);
}

TEST_F(LibSsh, AWrongPasswordIsSentOnce) {
    start("keyboard-interactive,password", "plain");
    auto refused = connect("wrong");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::AuthFailed);
    EXPECT_NE(refused.error().what.find("user root"), std::string::npos) << refused.error().what;
    EXPECT_NE(refused.error().what.find("keyboard-interactive"), std::string::npos);
    EXPECT_EQ(secrets(), 1u) << log();
}

TEST_F(LibSsh, PasswordIsTriedWhereNothingWasAsked) {
    start("keyboard-interactive,password", "silent");
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ((*client)->auth_method(), "password");
    EXPECT_EQ(secrets(), 1u) << log();
}

TEST_F(LibSsh, TheSecretIsNoAnswerToAPromptThatIsShown) {
    start("keyboard-interactive", "code");
    auto refused = connect();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::AuthFailed);
    EXPECT_NE(log().find("code \"\""), std::string::npos) << log();
    EXPECT_NE(refused.error().what.find("Verification code"), std::string::npos)
        << refused.error().what;
}

} // namespace
} // namespace pf::net
