// Certificates that this project makes itself: a private CA for the lab and the gateway, and the
// fingerprints by which identities are pinned.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pf::net {

struct CertificateAndKey {
    std::string cert_pem; // leaf first, then the issuer
    std::string key_pem;
};

// ECDSA P-256 keys, SHA-256 signatures.
class CertificateAuthority {
  public:
    static Result<CertificateAuthority> create(const std::string& common_name, int days = 825);
    static Result<CertificateAuthority> load(std::string_view cert_pem, std::string_view key_pem);
    CertificateAuthority(CertificateAuthority&&) noexcept;
    CertificateAuthority& operator=(CertificateAuthority&&) noexcept;
    ~CertificateAuthority();

    // `names`: DNS names and IP addresses for subjectAltName (recognised by their shape).
    Result<CertificateAndKey> issue(const std::string& common_name,
                                    const std::vector<std::string>& names, int days = 397) const;
    const std::string& cert_pem() const;
    std::string key_pem() const;

  private:
    struct Impl;
    explicit CertificateAuthority(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Of the first certificate in the PEM text: "AB:CD:…" upper case with colons.
Result<std::string> sha256_fingerprint(std::string_view cert_pem);
Result<std::string> sha1_thumbprint(std::string_view cert_pem);

} // namespace pf::net
