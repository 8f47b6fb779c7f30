// The gateway's TLS identity: given by the operator, or made once and kept under <data-dir>/tls.
#pragma once

#include "base/net/tls.hpp"
#include "base/result.hpp"

#include <string>
#include <vector>

namespace pf::gateway {

struct IdentityOptions {
    std::string data_dir;
    std::string cert_file; // both or neither
    std::string key_file;
    std::vector<std::string> names; // subjectAltName of a certificate made here
};

// Without files: <data-dir>/tls/{ca.pem,ca.key,gateway.pem,gateway.key}, created at the first
// start; clients trust ca.pem.
[[nodiscard]] Result<net::CertificateAndKey>
load_or_create_identity(const IdentityOptions& options);

} // namespace pf::gateway
