// Private to backend/nvme: hashes and Diffie-Hellman of DH-HMAC-CHAP, by OpenSSL.
#pragma once

#include "backend/nvme/auth.hpp"

namespace pf::nvme::auth_detail {

// Of key material: wiped when its owner goes.
struct Wiped {
    Wiped() = default;
    explicit Wiped(Bytes b) : bytes(std::move(b)) {}
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    Wiped(Wiped&&) = default;
    Wiped& operator=(Wiped&&) = default;
    ~Wiped() { wipe(bytes); }
    Bytes bytes;
};

// CRC-32 of IEEE 802.3, as it stands behind the key in a configured secret.
uint32_t crc32(ByteSpan bytes);
Bytes hash(DhchapHash which, ByteSpan bytes);
Bytes hmac(DhchapHash which, ByteSpan key, ByteSpan bytes);
// The key as it is used: hashed with its owner's name when the secret says so.
Bytes transformed(const DhchapSecret& secret, std::string_view owner_nqn);
size_t dh_bytes(DhGroup group);

// A fresh key pair of a group.
class DhKey {
  public:
    // Null when the library does not have the group.
    static std::unique_ptr<DhKey> make(DhGroup group);
    ~DhKey();
    Bytes public_value() const;
    // Nothing when the peer's value is not one of the group.
    std::optional<Bytes> shared_secret(ByteSpan peer) const;

  private:
    explicit DhKey(void* key) : key_(key) {}
    void* key_; // EVP_PKEY
};

// The response to `challenge` by `role` ("HostHost" or "Controller").
struct ResponseInput {
    DhchapHash hash = DhchapHash::Sha256;
    ByteSpan key; // transformed
    ByteSpan challenge;
    ByteSpan session_key; // empty without Diffie-Hellman
    uint32_t sequence = 0;
    uint16_t transaction = 0;
    uint8_t concatenation = 0;
    std::string_view role;
    std::string_view own_nqn;
    std::string_view other_nqn;
};
Bytes response(const ResponseInput& input);

} // namespace pf::nvme::auth_detail
