// SshClient against the system's OpenSSH server, on a free loopback port with a forced command.
//
// Each fixture runs its own sshd in the foreground with its own keys and configuration below a
// temporary folder, as whatever user runs the test. Without sshd the tests are skipped, and say so.

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/net/ssh_client.hpp"
#include "base/net/ssh_known_hosts.hpp"
#include "base/process.hpp"
#include "base/secret.hpp"
#include "libvsphere/esxcli.hpp"
#include "libvsphere/esxcli_types.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libssh2.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

namespace pf::net {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const char* kSshd = "/usr/sbin/sshd";
const char* kKeygen = "/usr/bin/ssh-keygen";

/// A port that was free a moment ago; sshd cannot be told to choose one itself.
uint16_t free_port() {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

bool accepts(uint16_t port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

class OpenSsh : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(fs::exists(kSshd) && fs::exists(kKeygen))
            << "OpenSSH is missing: run tools/install-packages run";
        dir_ = std::make_unique<TempDir>("pf-openssh");
        if (::geteuid() == 0)
            fs::create_directories("/run/sshd"); // sshd's privilege separation insists on it
        ::chmod(path("").c_str(), 0700);
        keygen("client", "ed25519");
        keygen("stranger", "ed25519");
        write(path("forced"),
              "#!/bin/sh\n"
              "case \"$SSH_ORIGINAL_COMMAND\" in\n"
              "  'esxcli --formatter=json nvme info get')"
              " echo '{\"HostNQN\":\"nqn.2014-08.com.vmware:nvme:esx01\"}' ;;\n"
              "  'esxcli --formatter=json system version get')"
              " echo 'Error: Invalid formatter json' >&2; exit 1 ;;\n"
              "  'esxcli system version get')"
              " printf '   Product: VMware ESXi\\n   Version: 7.0.3\\n' ;;\n"
              "  esxcli*) echo 'Error: Unknown command or namespace x' ; exit 1 ;;\n"
              "  'echo '*) echo \"${SSH_ORIGINAL_COMMAND#echo }\" ;;\n"
              "  cat) cat ;;\n"
              "  both) echo out; echo err >&2; exit 3 ;;\n"
              "  big) head -c 3000000 /dev/zero | tr '\\0' x ;;\n"
              "  hang) exec sleep 30 ;;\n"
              "  kill) kill -TERM $$ ; sleep 5 ;;\n"
              "esac\n",
              0755);
    }

    void TearDown() override {
        if (sshd_)
            (void)sshd_->stop();
    }

    std::string path(const std::string& name) const {
        return dir_->path() + (name.empty() ? "" : "/" + name);
    }

    static void write(const std::string& file, const std::string& text, mode_t mode = 0600) {
        std::ofstream(file) << text;
        ::chmod(file.c_str(), mode);
    }

    void keygen(const std::string& name, const std::string& type) const {
        auto made =
            run_command({kKeygen, "-q", "-t", type, "-N", "", "-C", "test", "-f", path(name)}, 30s);
        ASSERT_TRUE(made) << made.error().what;
        ASSERT_EQ(made->exit_code, 0) << made->err;
    }

    std::string read(const std::string& name) const {
        auto text = read_file(path(name));
        return text ? *text : std::string();
    }

    void start(const std::string& host_key_type = "ed25519", const std::string& extra = {}) {
        keygen("host", host_key_type);
        write(path("authorized_keys"), read("client.pub"));
        for (int attempt = 0; attempt < 5; ++attempt) {
            port_ = free_port();
            write(path("sshd_config"),
                  "Port " + std::to_string(port_) + "\nListenAddress 127.0.0.1\nHostKey " +
                      path("host") + "\nAuthorizedKeysFile " + path("authorized_keys") +
                      "\nPidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
                      "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
                      "ForceCommand exec " +
                      path("forced") + "\n" + extra);
            SpawnOptions spawn;
            spawn.stderr_file = path("sshd.log");
            spawn.die_with_parent = true;
            auto child = ChildProcess::spawn({kSshd, "-D", "-e", "-f", path("sshd_config")}, spawn);
            ASSERT_TRUE(child) << child.error().what;
            sshd_ = std::make_unique<ChildProcess>(std::move(*child));
            for (auto end = mono_now() + 10s; mono_now() < end;) {
                if (accepts(port_))
                    return;
                if (sshd_->wait(20ms))
                    break; // somebody took the port, or the configuration is refused
            }
            sshd_.reset();
        }
        FAIL() << "sshd does not start: " << read("sshd.log");
    }

    void trust_host() {
        write(path("known_hosts"), known_hosts_name("127.0.0.1", port_) + " " + read("host.pub"));
    }

    SshOptions options() const {
        SshOptions o;
        o.host = "127.0.0.1";
        o.port = port_;
        const passwd* me = ::getpwuid(::geteuid());
        o.user = me ? me->pw_name : "root";
        o.known_hosts_file = path("known_hosts");
        o.key_file = path("client");
        o.use_agent = false;
        return o;
    }

    std::unique_ptr<TempDir> dir_;
    std::unique_ptr<ChildProcess> sshd_;
    uint16_t port_ = 0;
};

TEST_F(OpenSsh, RunsSeveralCommandsOverOneConnection) {
    start();
    trust_host();
    auto client = SshClient::connect(options(), {});
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ((*client)->auth_method(), "publickey");
    EXPECT_EQ((*client)->host_key_type(), "ssh-ed25519");
    EXPECT_EQ((*client)->host_key_fingerprint().find("SHA256:"), 0u);
    for (int i = 0; i < 5; ++i) {
        auto result = (*client)->run("echo " + std::to_string(i), 10s);
        ASSERT_TRUE(result) << result.error().what;
        EXPECT_EQ(result->out, std::to_string(i) + "\n");
        EXPECT_EQ(result->exit_status, 0);
    }
    auto both = (*client)->run("both", 10s);
    ASSERT_TRUE(both);
    EXPECT_EQ(both->out, "out\n");
    EXPECT_EQ(both->err, "err\n");
    EXPECT_EQ(both->exit_status, 3);
    auto big = (*client)->run("big", 20s);
    ASSERT_TRUE(big) << big.error().what;
    EXPECT_EQ(big->out.size(), 3000000u);
    const std::string input(300000, 'y');
    auto echoed = (*client)->run("cat", 20s, input);
    ASSERT_TRUE(echoed) << echoed.error().what;
    EXPECT_EQ(echoed->out, input);
}

TEST_F(OpenSsh, KillsAndDeadlinesAreTold) {
    start();
    trust_host();
    auto client = SshClient::connect(options(), {});
    ASSERT_TRUE(client) << client.error().what;
    auto killed = (*client)->run("kill", 10s);
    ASSERT_TRUE(killed) << killed.error().what;
    EXPECT_EQ(killed->exit_signal, "TERM");
    auto hung = (*client)->run("hang", 300ms);
    ASSERT_FALSE(hung);
    EXPECT_EQ(hung.error().code, Errc::Timeout);
    auto after = (*client)->run("echo x", 10s);
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, Errc::Unreachable);
}

TEST_F(OpenSsh, RefusesUnknownAndChangedHostKeys) {
    start();
    write(path("known_hosts"), "");
    auto unknown = SshClient::connect(options(), {});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::Untrusted);
    EXPECT_NE(unknown.error().what.find("SHA256:"), std::string::npos);
    // The message holds the very line that makes the host known.
    std::string line = known_hosts_name("127.0.0.1", port_) + " ssh-ed25519 ";
    EXPECT_NE(unknown.error().what.find(line), std::string::npos) << unknown.error().what;

    write(path("known_hosts"), known_hosts_name("127.0.0.1", port_) + " " + read("stranger.pub"));
    auto changed = SshClient::connect(options(), {});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Errc::Untrusted);
    EXPECT_NE(changed.error().what.find("not the one"), std::string::npos);

    write(path("known_hosts"), "127.0.0.1 " + read("host.pub")); // that is port 22
    EXPECT_FALSE(SshClient::connect(options(), {}));
}

TEST_F(OpenSsh, FindsHostNamesThatSshKeygenHashed) {
    start();
    trust_host();
    auto hashed = run_command({kKeygen, "-q", "-H", "-f", path("known_hosts")}, 30s);
    ASSERT_TRUE(hashed) << hashed.error().what;
    ASSERT_EQ(hashed->exit_code, 0) << hashed->err;
    ASSERT_EQ(read("known_hosts").find("|1|"), 0u) << read("known_hosts");
    auto client = SshClient::connect(options(), {});
    EXPECT_TRUE(client) << client.error().what;

    write(path("known_hosts"), known_hosts_name("127.0.0.1", port_) + " " + read("stranger.pub"));
    (void)run_command({kKeygen, "-q", "-H", "-f", path("known_hosts")}, 30s);
    auto changed = SshClient::connect(options(), {});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Errc::Untrusted);
    EXPECT_NE(changed.error().what.find("not the one"), std::string::npos) << changed.error().what;
}

TEST_F(OpenSsh, AcceptsAPinInsteadOfKnownHosts) {
    start();
    SshOptions o = options();
    o.known_hosts_file.clear();
    auto neither = SshClient::connect(o, {});
    ASSERT_FALSE(neither);
    EXPECT_EQ(neither.error().code, Errc::InvalidArgument);
    trust_host();
    auto first = SshClient::connect(options(), {});
    ASSERT_TRUE(first) << first.error().what;
    o.host_key_pins = {(*first)->host_key_fingerprint()};
    auto pinned = SshClient::connect(o, {});
    ASSERT_TRUE(pinned) << pinned.error().what;
    o.host_key_pins = {"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    auto wrong = SshClient::connect(o, {});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Errc::Untrusted);
}

TEST_F(OpenSsh, TakesKeysFromTheAgent) {
    start();
    trust_host();
    const std::string socket = path("agent");
    SpawnOptions spawn;
    spawn.stdout_file = path("agent.log");
    spawn.die_with_parent = true;
    auto agent = ChildProcess::spawn({"/usr/bin/ssh-agent", "-D", "-a", socket}, spawn);
    ASSERT_TRUE(agent) << agent.error().what;
    for (auto end = mono_now() + 10s; mono_now() < end && !fs::exists(socket);)
        std::this_thread::sleep_for(10ms);
    // The stranger's key comes first: the agent's keys are tried one after another.
    for (const char* key : {"stranger", "client"}) {
        auto added = run_command({"/usr/bin/ssh-add", "-q", path(key)}, 10s, {},
                                 {{"SSH_AUTH_SOCK", socket}});
        ASSERT_TRUE(added) << added.error().what;
        ASSERT_EQ(added->exit_code, 0) << added->err;
    }
    SshOptions o = options();
    o.key_file.clear();
    o.use_agent = true;
    ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
    auto client = SshClient::connect(o, {});
    ::unsetenv("SSH_AUTH_SOCK");
    (void)agent->stop();
    ASSERT_TRUE(client) << client.error().what;
    EXPECT_EQ((*client)->auth_method(), "agent");
    auto result = (*client)->run("echo hello", 10s); // the agent is not needed any more
    ASSERT_TRUE(result) << result.error().what;
    EXPECT_EQ(result->out, "hello\n");
}

TEST_F(OpenSsh, SaysWhichMethodsAreOffered) {
    start();
    trust_host();
    SshOptions o = options();
    o.key_file = path("stranger");
    auto refused = SshClient::connect(o, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::AuthFailed);
    EXPECT_NE(refused.error().what.find("publickey"), std::string::npos) << refused.error().what;
}

TEST_F(OpenSsh, ExplainsHostKeyTypesThatLibssh2CannotDo) {
    start("rsa", "HostKeyAlgorithms rsa-sha2-512,rsa-sha2-256\n");
    trust_host();
    auto client = SshClient::connect(options(), {});
    if (client) { // from 1.11 on libssh2 can do it; Debian 12 has 1.10
        EXPECT_GE(LIBSSH2_VERSION_NUM, 0x010b00);
        return;
    }
    EXPECT_EQ(client.error().code, Errc::Unsupported) << client.error().what;
    EXPECT_NE(client.error().what.find("rsa-sha2-512"), std::string::npos) << client.error().what;
    EXPECT_NE(client.error().what.find("SOAP"), std::string::npos);
}

TEST_F(OpenSsh, UnreachableIsUnreachable) {
    start();
    trust_host();
    SshOptions o = options();
    (void)sshd_->stop();
    sshd_.reset();
    auto client = SshClient::connect(o, {});
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, Errc::Unreachable) << client.error().what;
}

TEST_F(OpenSsh, CarriesEsxcliAndFallsBackToText) {
    start();
    trust_host();
    auto client = SshClient::connect(options(), {});
    ASSERT_TRUE(client) << client.error().what;
    auto cli = vim::make_ssh_esxcli(**client);
    auto info = cli->run(vim::EsxcliCommand("nvme info get"), 10s);
    ASSERT_TRUE(info) << info.error().what;
    EXPECT_EQ(*vim::cli::host_nqn(*info), "nqn.2014-08.com.vmware:nvme:esx01");
    auto unknown = cli->run(vim::EsxcliCommand("nvme nothing"), 10s);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::Unsupported) << unknown.error().what;
    auto version = cli->run(vim::EsxcliCommand("system version get"), 10s);
    ASSERT_TRUE(version) << version.error().what;
    EXPECT_EQ(vim::cli::system_version(*version).version, "7.0.3");
}

} // namespace
} // namespace pf::net
