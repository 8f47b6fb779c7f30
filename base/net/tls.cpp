#include "base/net/tls.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pf::net {
namespace {

template<auto Free>
struct Deleter {
    template<class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Deleter<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* cert) {
    BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), cert);
    return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
    BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio.get());
}

CertPtr read_cert(std::string_view pem) {
    BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return CertPtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr)
        return false;
    const bool ok = X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

bool is_address(const std::string& name) {
    unsigned char buffer[16];
    return inet_pton(AF_INET, name.c_str(), buffer) == 1 ||
           inet_pton(AF_INET6, name.c_str(), buffer) == 1;
}

// Subject, serial, validity and key; extensions and the signature follow.
CertPtr begin_cert(const std::string& common_name, EVP_PKEY* key, int days) {
    CertPtr cert(X509_new());
    X509_set_version(cert.get(), 2);
    const std::uint64_t serial = random_u64() >> 1;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), serial == 0 ? 1 : serial);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 86400L * days);
    X509_set_pubkey(cert.get(), key);
    X509_NAME* name = X509_get_subject_name(cert.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    return cert;
}

Result<std::string> digest_of(std::string_view cert_pem, const EVP_MD* digest) {
    const CertPtr cert = read_cert(cert_pem);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!cert || X509_digest(cert.get(), digest, out, &size) != 1)
        return fail(Errc::InvalidArgument, "the text holds no PEM certificate");
    std::string text;
    for (unsigned i = 0; i < size; ++i)
        text += fmt::format("{}{:02X}", i == 0 ? "" : ":", static_cast<unsigned>(out[i]));
    return text;
}

} // namespace

struct CertificateAuthority::Impl {
    KeyPtr key;
    CertPtr cert;
    std::string cert_pem;
};

CertificateAuthority::CertificateAuthority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CertificateAuthority::CertificateAuthority(CertificateAuthority&&) noexcept = default;
CertificateAuthority& CertificateAuthority::operator=(CertificateAuthority&&) noexcept = default;
CertificateAuthority::~CertificateAuthority() = default;

Result<CertificateAuthority> CertificateAuthority::create(const std::string& common_name,
                                                          int days) {
    auto impl = std::make_unique<Impl>();
    impl->key.reset(EVP_EC_gen("P-256"));
    if (!impl->key)
        return fail(Errc::Internal, "cannot generate a CA key");
    impl->cert = begin_cert(common_name, impl->key.get(), days);
    X509* cert = impl->cert.get();
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    if (!add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE") ||
        !add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(cert, cert, NID_subject_key_identifier, "hash") ||
        X509_sign(cert, impl->key.get(), EVP_sha256()) == 0)
        return fail(Errc::Internal, "cannot make the CA certificate for '{}'", common_name);
    impl->cert_pem = pem_of(cert);
    return CertificateAuthority(std::move(impl));
}

Result<CertificateAuthority> CertificateAuthority::load(std::string_view cert_pem,
                                                        std::string_view key_pem) {
    auto impl = std::make_unique<Impl>();
    impl->cert = read_cert(cert_pem);
    BioPtr bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
    impl->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    if (!impl->cert || !impl->key || X509_check_private_key(impl->cert.get(), impl->key.get()) != 1)
        return fail(Errc::InvalidArgument, "the CA's certificate and key don't belong together");
    impl->cert_pem = pem_of(impl->cert.get());
    return CertificateAuthority(std::move(impl));
}

Result<CertificateAndKey> CertificateAuthority::issue(const std::string& common_name,
                                                      const std::vector<std::string>& names,
                                                      int days) const {
    KeyPtr key(EVP_EC_gen("P-256"));
    if (!key)
        return fail(Errc::Internal, "cannot generate a key for '{}'", common_name);
    CertPtr cert = begin_cert(common_name, key.get(), days);
    X509_set_issuer_name(cert.get(), X509_get_subject_name(impl_->cert.get()));
    std::string alternatives;
    for (const auto& name : names) {
        if (name.find_first_of(",\n:") != std::string::npos && !is_address(name))
            return fail(Errc::InvalidArgument, "'{}' is no host name", name);
        alternatives += alternatives.empty() ? "" : ",";
        alternatives += (is_address(name) ? "IP:" : "DNS:") + name;
    }
    X509* issuer = impl_->cert.get();
    const bool ok = add_extension(cert.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(cert.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(cert.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                    add_extension(cert.get(), issuer, NID_subject_key_identifier, "hash") &&
                    add_extension(cert.get(), issuer, NID_authority_key_identifier, "keyid") &&
                    (alternatives.empty() ||
                     add_extension(cert.get(), issuer, NID_subject_alt_name, alternatives)) &&
                    X509_sign(cert.get(), impl_->key.get(), EVP_sha256()) != 0;
    if (!ok)
        return fail(Errc::Internal, "cannot make the certificate for '{}'", common_name);
    return CertificateAndKey{pem_of(cert.get()) + impl_->cert_pem, pem_of(key.get())};
}

const std::string& CertificateAuthority::cert_pem() const { return impl_->cert_pem; }
std::string CertificateAuthority::key_pem() const { return pem_of(impl_->key.get()); }

Result<std::string> sha256_fingerprint(std::string_view cert_pem) {
    return digest_of(cert_pem, EVP_sha256());
}

Result<std::string> sha1_thumbprint(std::string_view cert_pem) {
    return digest_of(cert_pem, EVP_sha1());
}

} // namespace pf::net
