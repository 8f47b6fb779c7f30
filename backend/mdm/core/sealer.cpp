#include "backend/mdm/core/sealer.hpp"

#include "base/assert.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/secret.hpp"

#include <openssl/evp.h>

namespace pf::mdm {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

const unsigned char* raw(const void* at) { return static_cast<const unsigned char*>(at); }
unsigned char* raw(void* at) { return static_cast<unsigned char*>(at); }

struct Cipher {
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    Cipher() = default;
    Cipher(const Cipher&) = delete;
    Cipher& operator=(const Cipher&) = delete;
    ~Cipher() { EVP_CIPHER_CTX_free(context); }
};

} // namespace

Sealer::Sealer(Bytes key) : key_(std::move(key)) {
    PF_ASSERT(key_.size() == kKeyBytes, "a sealer's key has 32 bytes");
}

Sealer::~Sealer() { wipe(key_); }

Result<std::shared_ptr<const Sealer>> Sealer::from_file(const std::string& path) {
    if (!file_exists(path)) {
        Bytes fresh = random_bytes(kKeyBytes);
        std::string text = to_hex(fresh) + "\n";
        const auto written = write_file_atomic(path, text, 0600);
        wipe(fresh);
        wipe(text);
        PF_CHECK(written);
    }
    PF_TRY(const Secret text, resolve_secret("file:" + path));
    auto key = from_hex(text.expose());
    if (!key || key->size() != kKeyBytes)
        return fail(Errc::Corrupt, "{} does not hold a key of 64 hex digits", path);
    return std::make_shared<const Sealer>(std::move(*key));
}

// nonce, then the encrypted secret, then the tag
std::string Sealer::seal(std::string_view owner, std::string_view secret) const {
    const Bytes nonce = random_bytes(kNonceBytes);
    std::string out(kNonceBytes + secret.size() + kTagBytes, '\0');
    std::copy_n(reinterpret_cast<const char*>(nonce.data()), kNonceBytes, out.begin());
    const Cipher cipher;
    int length = 0;
    unsigned char* body = raw(out.data()) + kNonceBytes;
    const bool good = EVP_EncryptInit_ex(cipher.context, EVP_aes_256_gcm(), nullptr,
                                         raw(key_.data()), raw(nonce.data())) == 1 &&
                      EVP_EncryptUpdate(cipher.context, nullptr, &length, raw(owner.data()),
                                        static_cast<int>(owner.size())) == 1 &&
                      EVP_EncryptUpdate(cipher.context, body, &length, raw(secret.data()),
                                        static_cast<int>(secret.size())) == 1 &&
                      EVP_EncryptFinal_ex(cipher.context, body + length, &length) == 1 &&
                      EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                          body + secret.size()) == 1;
    PF_ASSERT(good, "AES-256-GCM always encrypts");
    return out;
}

Result<std::string> Sealer::open(std::string_view owner, std::string_view sealed) const {
    const auto refuse = [&] {
        return fail(Errc::Corrupt,
                    "a secret of {} cannot be opened: it was sealed with another key", owner);
    };
    if (sealed.size() < kNonceBytes + kTagBytes)
        return refuse();
    const std::size_t size = sealed.size() - kNonceBytes - kTagBytes;
    const unsigned char* body = raw(sealed.data()) + kNonceBytes;
    std::string tag(sealed.substr(kNonceBytes + size));
    std::string out(size, '\0');
    const Cipher cipher;
    int length = 0;
    const bool good =
        EVP_DecryptInit_ex(cipher.context, EVP_aes_256_gcm(), nullptr, raw(key_.data()),
                           raw(sealed.data())) == 1 &&
        EVP_DecryptUpdate(cipher.context, nullptr, &length, raw(owner.data()),
                          static_cast<int>(owner.size())) == 1 &&
        EVP_DecryptUpdate(cipher.context, raw(out.data()), &length, body, static_cast<int>(size)) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.context, raw(out.data()) + length, &length) == 1;
    if (!good) {
        wipe(out);
        return refuse();
    }
    return out;
}

} // namespace pf::mdm
