#include "backend/nvme/auth_crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

namespace pf::nvme::auth_detail {
namespace {

const EVP_MD* digest_of(DhchapHash which) {
    switch (which) {
    case DhchapHash::Sha384:
        return EVP_sha384();
    case DhchapHash::Sha512:
        return EVP_sha512();
    default:
        return EVP_sha256();
    }
}

const unsigned char* raw(ByteSpan bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

void append(Bytes& to, ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

EVP_PKEY* as_key(void* key) { return static_cast<EVP_PKEY*>(key); }

} // namespace

uint32_t crc32(ByteSpan bytes) {
    uint32_t crc = 0xFFFFFFFFu;
    for (const std::byte b : bytes) {
        crc ^= std::to_integer<uint32_t>(b);
        for (int i = 0; i < 8; ++i)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

Bytes hash(DhchapHash which, ByteSpan bytes) {
    Bytes out(hash_bytes(which));
    unsigned length = 0;
    EVP_Digest(raw(bytes), bytes.size(), raw(out), &length, digest_of(which), nullptr);
    return out;
}

Bytes hmac(DhchapHash which, ByteSpan key, ByteSpan bytes) {
    Bytes out(hash_bytes(which));
    unsigned length = 0;
    HMAC(digest_of(which), raw(key), static_cast<int>(key.size()), raw(bytes), bytes.size(),
         raw(out), &length);
    return out;
}

Bytes transformed(const DhchapSecret& secret, std::string_view owner_nqn) {
    if (secret.transform == DhchapHash::None)
        return secret.key;
    Bytes text;
    append(text, as_bytes(owner_nqn));
    append(text, as_bytes("NVMe-over-Fabrics"));
    return hmac(secret.transform, secret.key, text);
}

size_t dh_bytes(DhGroup group) {
    static constexpr size_t kBits[] = {0, 2048, 3072, 4096, 6144, 8192};
    const auto index = static_cast<size_t>(group);
    return index < std::size(kBits) ? kBits[index] / 8 : 0;
}

std::unique_ptr<DhKey> DhKey::make(DhGroup group) {
    static constexpr const char* kNames[] = {"",          "ffdhe2048", "ffdhe3072",
                                             "ffdhe4096", "ffdhe6144", "ffdhe8192"};
    if (group == DhGroup::Null || static_cast<size_t>(group) >= std::size(kNames))
        return nullptr;
    EVP_PKEY* key = nullptr;
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr);
    std::string name = kNames[static_cast<size_t>(group)];
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), 0),
        OSSL_PARAM_construct_end()};
    const bool made = context && EVP_PKEY_keygen_init(context) > 0 &&
                      EVP_PKEY_CTX_set_params(context, parameters) > 0 &&
                      EVP_PKEY_generate(context, &key) > 0;
    EVP_PKEY_CTX_free(context);
    return made ? std::unique_ptr<DhKey>(new DhKey(key)) : nullptr;
}

DhKey::~DhKey() { EVP_PKEY_free(as_key(key_)); }

Bytes DhKey::public_value() const {
    unsigned char* value = nullptr;
    const size_t length = EVP_PKEY_get1_encoded_public_key(as_key(key_), &value);
    const auto* at = reinterpret_cast<const std::byte*>(value);
    Bytes out(at, at + length);
    OPENSSL_free(value);
    return out;
}

std::optional<Bytes> DhKey::shared_secret(ByteSpan peer) const {
    EVP_PKEY* other = EVP_PKEY_new();
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_pkey(nullptr, as_key(key_), nullptr);
    Bytes out;
    size_t length = 0;
    // The library checks that the value is in the group's range.
    bool good = other && context && EVP_PKEY_copy_parameters(other, as_key(key_)) > 0 &&
                EVP_PKEY_set1_encoded_public_key(other, raw(peer), peer.size()) > 0 &&
                EVP_PKEY_derive_init(context) > 0 && EVP_PKEY_CTX_set_dh_pad(context, 1) > 0 &&
                EVP_PKEY_derive_set_peer(context, other) > 0 &&
                EVP_PKEY_derive(context, nullptr, &length) > 0;
    if (good) {
        out.resize(length);
        good = EVP_PKEY_derive(context, raw(out), &length) > 0 && length == out.size();
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(other);
    if (!good)
        return std::nullopt;
    return out;
}

Bytes response(const ResponseInput& in) {
    Bytes augmented;
    ByteSpan challenge = in.challenge;
    if (!in.session_key.empty()) {
        const Wiped key(hash(in.hash, in.session_key));
        augmented = hmac(in.hash, key.bytes, in.challenge);
        challenge = augmented;
    }
    Bytes text;
    append(text, challenge);
    Bytes numbers(7);
    store_le<uint32_t>(numbers.data(), in.sequence);
    store_le<uint16_t>(numbers.data() + 4, in.transaction);
    numbers[6] = static_cast<std::byte>(in.concatenation);
    append(text, numbers);
    append(text, as_bytes(in.role));
    append(text, as_bytes(in.own_nqn));
    text.push_back(std::byte{0});
    append(text, as_bytes(in.other_nqn));
    return hmac(in.hash, in.key, text);
}

} // namespace pf::nvme::auth_detail
