// Named sets of connection settings, and the certificates that are trusted by their fingerprint.
//
// contexts.json and trust.json in the configuration folder (docs/formats/cli-files.md). Secrets
// stand there by reference only (kSecretReferences), never by value.
#pragma once

#include "base/options.hpp"
#include "base/result.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct Contexts {
    std::string current;                                           // "" = none
    std::map<std::string, std::map<std::string, std::string>> all; // name → option → value
};

inline constexpr std::string_view kSecretReferences =
    "env:NAME, file:PATH, netrc:, cmd:…, keyring:NAME, systemd-cred:NAME, prompt:";
// Is this a reference to a secret, of whatever kind, and not a secret?
[[nodiscard]] bool is_secret_reference(std::string_view text);

// Options that a context may hold.
[[nodiscard]] std::span<const std::string_view> context_options();
[[nodiscard]] Result<Contexts> load_contexts(); // none yet: empty
[[nodiscard]] Result<void> save_contexts(const Contexts& contexts);
// InvalidArgument for a name, option or value that can't be; a password by value is one.
[[nodiscard]] Result<void> check_context(const std::string& name,
                                         const std::map<std::string, std::string>& values);

// Settings of the context named by --context, else of the one in use, else none. NotFound for a
// name that is none.
[[nodiscard]] Result<std::map<std::string, std::string>> context_values(const OptionValues& values);

struct TrustedCertificate {
    std::string endpoint; // host:port
    std::string sha256;   // AB:CD:…
    std::string added;    // RFC 3339
};

[[nodiscard]] Result<std::vector<TrustedCertificate>> load_trust();
[[nodiscard]] Result<void> save_trust(const std::vector<TrustedCertificate>& list);
// Own known_hosts file of the hosts' SSH keys, in the configuration folder; it may not be there.
[[nodiscard]] std::string trusted_hosts_path();
// host:port of an URL; 443 when it names none.
[[nodiscard]] std::string endpoint_of(std::string_view url);
// Fingerprint of the certificate that a server shows, without trusting it. Ends within 10 s.
[[nodiscard]] Result<std::string> scan_certificate(const std::string& endpoint);

} // namespace pf::nvmetool
