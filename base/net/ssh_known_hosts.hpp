#pragma once
// OpenSSH known_hosts files: who may present which host key. Pure text, no network.
//
// Understands plain, wildcard, negated, port-qualified and hashed host names and the @revoked
// marker; certificate authority lines are skipped. A host counts as known only by an exact key
// blob. Malformed lines are skipped, as ssh does.

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::net {

enum class KeyMatch { Trusted, Unknown, Changed, Revoked };

class KnownHosts {
  public:
    static Result<KnownHosts> load(const std::string& path);
    static KnownHosts parse(std::string_view text);

    KeyMatch check(std::string_view host, uint16_t port, ByteSpan key_blob) const;
    /// Key types recorded for the host, in file order, without repeats.
    std::vector<std::string> key_types(std::string_view host, uint16_t port) const;

  private:
    struct Line {
        bool revoked = false;
        std::string hosts, type;
        Bytes key;
    };
    std::vector<Line> lines_;
};

/// "host" for port 22, "[host]:port" otherwise.
std::string known_hosts_name(std::string_view host, uint16_t port);
/// "SHA256:<base64 without padding>", as ssh-keygen -l prints it.
std::string ssh_fingerprint(ByteSpan key_blob);
/// The type name at the start of a key blob; empty when malformed.
std::string ssh_key_type(ByteSpan key_blob);

} // namespace pf::net
