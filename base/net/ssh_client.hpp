#pragma once
// SSH command execution by libssh2: one connection, many commands, strict host keys, a deadline on
// every wait.
//
// The host key must be in known_hosts (or pinned by fingerprint); an unknown or changed key is
// Untrusted and nothing is sent. Authentication is tried in this order, as far as configured:
// agent, key file, keyboard-interactive, password; the last two with the same secret, which is sent
// once: hosts lock accounts. A client is used by one thread at a time; commands run one after
// another, each on its own channel. Destruction closes the connection.
//
// Failure modes: Unreachable, Untrusted (host key, with its SHA256 fingerprint and the known_hosts
// line to add), AuthFailed (which methods the server offers), Timeout (the connection is then
// unusable), Unsupported (no common key-exchange or host-key algorithm: names what this libssh2 can
// and cannot do, e.g. rsa-sha2), Protocol.

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace pf {
class Secret;
}

namespace pf::net {

struct SshOptions {
    std::string host;
    uint16_t port = 22;
    std::string user = "root";
    std::string known_hosts_file;           ///< empty: only pins are accepted
    std::vector<std::string> host_key_pins; ///< "SHA256:<base64>", as ssh-keygen -l prints
    bool use_agent = true;
    std::string key_file; ///< private key; its public half is derived
    std::chrono::milliseconds connect_timeout{std::chrono::seconds(10)};
    std::chrono::milliseconds auth_timeout{std::chrono::seconds(20)};
    size_t max_output_bytes = 64u << 20; ///< per stream; more is LimitExceeded
    std::stop_token stop;
};

struct SshSecrets {
    const Secret* password = nullptr; ///< for password and keyboard-interactive
    const Secret* key_passphrase = nullptr;
};

struct SshResult {
    int exit_status = 0;
    std::string exit_signal; ///< empty unless killed
    std::string out, err;
};

/// What a host shows of itself before anything is trusted.
struct SshHostKey {
    std::string type;        ///< "ssh-ed25519"
    std::string fingerprint; ///< "SHA256:…", as ssh-keygen -l prints it
    std::string line;        ///< for a known_hosts file
};

class SshClient {
  public:
    /// The host's key; nothing is trusted, no user is named, nothing is sent.
    static Result<SshHostKey> scan(const SshOptions& options);

    static Result<std::unique_ptr<SshClient>> connect(const SshOptions& options,
                                                      const SshSecrets& secrets);
    ~SshClient();
    SshClient(const SshClient&) = delete;
    SshClient& operator=(const SshClient&) = delete;

    /// Runs one command on a new exec channel; `input` is sent to its stdin, then EOF. A non-zero
    /// exit is a result.
    Result<SshResult> run(std::string_view command, std::chrono::milliseconds timeout,
                          std::string_view input = {});

    const std::string& host_key_fingerprint() const; ///< "SHA256:…"
    const std::string& host_key_type() const;        ///< "ssh-ed25519", …
    const std::string&
    auth_method() const; ///< "agent", "publickey", "keyboard-interactive", "password"

  private:
    struct Impl;
    explicit SshClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::net
