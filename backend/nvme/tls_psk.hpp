// Pre-shared keys of NVMe/TCP over TLS 1.3: from the key that an administrator configures to what
// the handshake uses.
//
//   configured key  "NVMeTLSkey-1:<00|01|02>:<base64 of key and CRC-32>:", 32 or 48 bytes
//   retained PSK    HKDF of it with the host's NQN, or the key itself when the text says 00
//   identity        "NVMe1R01 <host NQN> <subsystem NQN> <base64 digest of the retained PSK>";
//                   version 0 ("NVMe0R01 …") has no digest
//   TLS PSK         HKDF of the retained PSK with the identity
//
// R stands for a retained PSK; 01 goes with SHA-256 and TLS_AES_128_GCM_SHA256, 02 with SHA-384 and
// TLS_AES_256_GCM_SHA384. Pure functions; keys are wiped when their owner dies.
#pragma once

#include "backend/nvme/auth.hpp"

namespace pf::nvme {

enum class PskHash : uint8_t { Sha256 = 1, Sha384 = 2 };

struct TlsPskSecret {
    bool retain = true; // derive the retained PSK; false: the key is used as it is ("00")
    PskHash hash = PskHash::Sha256;
    Bytes key;
    TlsPskSecret() = default;
    TlsPskSecret(const TlsPskSecret&) = default;
    TlsPskSecret(TlsPskSecret&&) = default;
    TlsPskSecret& operator=(const TlsPskSecret&) = default;
    TlsPskSecret& operator=(TlsPskSecret&&) = default;
    ~TlsPskSecret() { wipe(key); }
};

Result<TlsPskSecret> parse_tls_psk(std::string_view text);
std::string format_tls_psk(const TlsPskSecret& secret);

// An identity as a peer names it, taken apart. Nothing when it has another form.
struct PskIdentity {
    int version = 1;
    PskHash hash = PskHash::Sha256;
    AuthNames names;
};
std::optional<PskIdentity> parse_psk_identity(std::string_view text);

struct TlsPsk {
    std::string identity;
    PskHash hash = PskHash::Sha256;
    Bytes key;
    TlsPsk() = default;
    TlsPsk(const TlsPsk&) = default;
    TlsPsk(TlsPsk&&) = default;
    TlsPsk& operator=(const TlsPsk&) = default;
    TlsPsk& operator=(TlsPsk&&) = default;
    ~TlsPsk() { wipe(key); }
};
// InvalidArgument when the names are too long to be an HKDF context (version 0 only: 255 bytes).
// How labels and contexts go into the derivation: as RFC 8446 has it, or as libnvme before 1.16
// (and nvme-cli with it) does: without their lengths, and with the length of the result turned
// round. The digest in an identity of version 1 tells which it was.
enum class PskLabels : uint8_t { Rfc8446, OldLibnvme };
Result<TlsPsk> derive_tls_psk(const TlsPskSecret& secret, const AuthNames& names, int version = 1,
                              PskLabels labels = PskLabels::Rfc8446);

} // namespace pf::nvme
