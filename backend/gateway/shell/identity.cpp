#include "backend/gateway/shell/identity.hpp"

#include "base/file.hpp"

namespace pf::gateway {
namespace {

constexpr std::size_t kMaxPemBytes = 1u << 20;

Result<net::CertificateAndKey> read_pair(const std::string& cert, const std::string& key) {
    net::CertificateAndKey out;
    PF_TRY(out.cert_pem, read_file(cert, kMaxPemBytes));
    PF_TRY(out.key_pem, read_file(key, kMaxPemBytes));
    return out;
}

Result<net::CertificateAuthority> load_or_create_ca(const std::string& dir) {
    const std::string cert = dir + "/ca.pem";
    const std::string key = dir + "/ca.key";
    if (file_exists(cert) && file_exists(key)) {
        PF_TRY(const net::CertificateAndKey pair, read_pair(cert, key));
        return net::CertificateAuthority::load(pair.cert_pem, pair.key_pem);
    }
    auto ca = net::CertificateAuthority::create("PowerFlex gateway CA");
    if (!ca) {
        return fail(std::move(ca).error());
    }
    PF_CHECK(write_file_atomic(key, ca->key_pem(), 0600));
    PF_CHECK(write_file_atomic(cert, ca->cert_pem(), 0644));
    return ca;
}

} // namespace

Result<net::CertificateAndKey> load_or_create_identity(const IdentityOptions& options) {
    if (options.cert_file.empty() != options.key_file.empty()) {
        return fail(Errc::InvalidArgument, "--cert and --key go together");
    }
    if (!options.cert_file.empty()) {
        return read_pair(options.cert_file, options.key_file);
    }
    const std::string dir = options.data_dir + "/tls";
    const std::string cert = dir + "/gateway.pem";
    const std::string key = dir + "/gateway.key";
    PF_CHECK(make_dirs(dir, 0700));
    if (file_exists(cert) && file_exists(key)) {
        return read_pair(cert, key);
    }
    auto ca = load_or_create_ca(dir);
    if (!ca) {
        return fail(std::move(ca).error());
    }
    PF_TRY(net::CertificateAndKey made, ca->issue("PowerFlex gateway", options.names));
    PF_CHECK(write_file_atomic(key, made.key_pem, 0600));
    PF_CHECK(write_file_atomic(cert, made.cert_pem, 0644));
    return made;
}

} // namespace pf::gateway
