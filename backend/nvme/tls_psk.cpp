#include "backend/nvme/tls_psk.hpp"

#include "backend/nvme/auth_crypto.hpp"
#include "base/crypto.hpp"

#include <fmt/format.h>

namespace pf::nvme {
namespace {

constexpr std::string_view kPrefix = "NVMeTLSkey-1:";
constexpr size_t kMaxContextBytes = 255;

size_t key_bytes(PskHash hash) { return hash == PskHash::Sha384 ? 48 : 32; }

Bytes hmac(PskHash hash, ByteSpan key, ByteSpan text) {
    return auth_detail::hmac(hash == PskHash::Sha384 ? DhchapHash::Sha384 : DhchapHash::Sha256, key,
                             text);
}

// HKDF-Extract without salt, then HKDF-Expand-Label of TLS 1.3 to one hash length (RFC 5869, 8446).
Bytes derive(PskLabels labels, PskHash hash, ByteSpan input, std::string_view label,
             std::string_view context) {
    const size_t length = key_bytes(hash);
    const std::string full = "tls13 " + std::string(label);
    Bytes info;
    const auto byte = [&](size_t value) { info.push_back(static_cast<std::byte>(value)); };
    const auto text = [&](std::string_view value) {
        if (labels == PskLabels::Rfc8446)
            byte(value.size());
        const ByteSpan bytes = as_bytes(value);
        info.insert(info.end(), bytes.begin(), bytes.end());
    };
    byte(labels == PskLabels::Rfc8446 ? length >> 8 : length & 0xFF);
    byte(labels == PskLabels::Rfc8446 ? length & 0xFF : length >> 8);
    text(full);
    text(context);
    byte(1); // the first block, and the only one
    Bytes prk = hmac(hash, Bytes(length), input);
    Bytes out = hmac(hash, prk, info);
    wipe(prk);
    return out;
}

} // namespace

Result<TlsPskSecret> parse_tls_psk(std::string_view text) {
    if (!text.starts_with(kPrefix) || text.size() < kPrefix.size() + 4 || text.back() != ':')
        return fail(Errc::InvalidArgument, "a TLS key has the form NVMeTLSkey-1:01:…:");
    text.remove_prefix(kPrefix.size());
    if (text[0] != '0' || text[1] < '0' || text[1] > '2' || text[2] != ':')
        return fail(Errc::InvalidArgument, "the TLS key names an unknown hash");
    auto decoded = base64_decode(text.substr(3, text.size() - 4));
    if (!decoded)
        return fail(Errc::InvalidArgument, "the TLS key is not base64");
    TlsPskSecret secret;
    secret.key = std::move(*decoded);
    const size_t length = secret.key.size() < 4 ? 0 : secret.key.size() - 4;
    if (length != 32 && length != 48)
        return fail(Errc::InvalidArgument, "the TLS key must have 32 or 48 bytes");
    secret.retain = text[1] != '0';
    secret.hash = length == 48 ? PskHash::Sha384 : PskHash::Sha256;
    if (secret.retain && text[1] - '0' != static_cast<int>(secret.hash))
        return fail(Errc::InvalidArgument, "the TLS key does not fit its hash");
    const ByteSpan key = ByteSpan(secret.key).first(length);
    if (load_le<uint32_t>(secret.key.data() + length) != auth_detail::crc32(key))
        return fail(Errc::InvalidArgument, "the TLS key's checksum is wrong");
    wipe(MutByteSpan(secret.key).subspan(length));
    secret.key.resize(length);
    return secret;
}

std::string format_tls_psk(const TlsPskSecret& secret) {
    Bytes key(secret.key.size() + 4);
    std::copy(secret.key.begin(), secret.key.end(), key.begin());
    store_le<uint32_t>(key.data() + secret.key.size(), auth_detail::crc32(secret.key));
    std::string out =
        fmt::format("{}0{}:{}:", kPrefix, secret.retain ? static_cast<int>(secret.hash) : 0,
                    base64_encode(key));
    wipe(key);
    return out;
}

std::optional<PskIdentity> parse_psk_identity(std::string_view text) {
    // NVMe1R01 HOST SUBSYSTEM DIGEST, NVMe0R01 HOST SUBSYSTEM
    if (text.size() < 10 || !text.starts_with("NVMe") || text[5] != 'R' || text[6] != '0' ||
        text[8] != ' ')
        return std::nullopt;
    PskIdentity out;
    out.version = text[4] - '0';
    const int hash = text[7] - '0';
    if ((out.version != 0 && out.version != 1) || (hash != 1 && hash != 2))
        return std::nullopt;
    out.hash = static_cast<PskHash>(hash);
    text.remove_prefix(9);
    const size_t space = text.find(' ');
    if (space == std::string_view::npos)
        return std::nullopt;
    out.names.host_nqn = text.substr(0, space);
    text.remove_prefix(space + 1);
    const size_t next = text.find(' ');
    if ((next == std::string_view::npos) != (out.version == 0))
        return std::nullopt;
    out.names.subsystem_nqn = text.substr(0, next);
    return out;
}

Result<TlsPsk> derive_tls_psk(const TlsPskSecret& secret, const AuthNames& names, int version,
                              PskLabels labels) {
    TlsPsk out;
    out.hash = secret.hash;
    Bytes retained = secret.retain
                         ? derive(labels, secret.hash, secret.key, "HostNQN", names.host_nqn)
                         : secret.key;
    out.identity = fmt::format("NVMe{}R0{} {} {}", version, static_cast<int>(secret.hash),
                               names.host_nqn, names.subsystem_nqn);
    std::string context = out.identity;
    if (version == 1) {
        const std::string named =
            fmt::format("{} {} NVMe-over-Fabrics", names.host_nqn, names.subsystem_nqn);
        const std::string digest = base64_encode(hmac(secret.hash, retained, as_bytes(named)));
        out.identity += " " + digest;
        context = fmt::format("0{} {}", static_cast<int>(secret.hash), digest);
    }
    if (context.size() > kMaxContextBytes) {
        wipe(retained);
        return fail(Errc::InvalidArgument,
                    "the NQNs are too long for a TLS identity of version 0; use version 1");
    }
    out.key = derive(labels, secret.hash, retained, "nvme-tls-psk", context);
    wipe(retained);
    return out;
}

} // namespace pf::nvme
