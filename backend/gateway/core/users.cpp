#include "backend/gateway/core/users.hpp"

#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace pf::gateway {
namespace {

// 16 MiB and some 50 ms per guess; raising them needs new parameters in the file, which carries
// them.
constexpr std::uint64_t kScryptN = 16384;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 1;
constexpr std::uint64_t kScryptMaxMemory = 64ULL << 20;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kMaxUsers = 256;

std::string text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<std::string> scrypt(std::string_view password, std::string_view salt) {
    std::string out(kHashBytes, '\0');
    const int done = EVP_PBE_scrypt(password.data(), password.size(),
                                    reinterpret_cast<const unsigned char*>(salt.data()),
                                    salt.size(), kScryptN, kScryptR, kScryptP, kScryptMaxMemory,
                                    reinterpret_cast<unsigned char*>(out.data()), out.size());
    if (done != 1) {
        return fail(Errc::Internal, "scrypt failed");
    }
    return out;
}

} // namespace

std::string_view to_string(Role role) {
    switch (role) {
    case Role::Monitor:
        return "Monitor";
    case Role::Configure:
        return "Configure";
    case Role::Administrator:
        return "Administrator";
    case Role::SuperUser:
        return "SuperUser";
    }
    return "Monitor";
}

Result<Role> parse_role(std::string_view text) {
    for (Role role : {Role::Monitor, Role::Configure, Role::Administrator, Role::SuperUser}) {
        if (to_string(role) == text) {
            return role;
        }
    }
    return fail(Errc::InvalidArgument,
                "'{}' is not a role (Monitor, Configure, Administrator, SuperUser)", text);
}

Users::Users(std::string path)
    : path_(std::move(path)), process_key_(text_of(random_bytes(kHashBytes))) {}

Result<std::unique_ptr<Users>> Users::load(std::string path) {
    std::unique_ptr<Users> out(new Users(std::move(path)));
    if (!file_exists(out->path_)) {
        return out;
    }
    PF_TRY(const std::string text, read_file(out->path_, 1u << 20));
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) {
        return fail(Errc::Corrupt, "{} is not a file of users", out->path_);
    }
    PF_TRY(const json::array* users, json_array(parsed->get_object(), "users"));
    for (const json::value& item : *users) {
        if (!item.is_object()) {
            return fail(Errc::Corrupt, "{} holds something else than users", out->path_);
        }
        const json::object& entry = item.get_object();
        PF_TRY(const std::string name, json_str(entry, "name"));
        PF_TRY(const std::string role, json_str(entry, "role"));
        PF_TRY(const std::string salt, json_str(entry, "salt"));
        PF_TRY(const std::string hash, json_str(entry, "hash"));
        if (json_str_or(entry, "kdf", "") != "scrypt-16384-8-1") {
            return fail(Errc::Unsupported, "{}: user {} has a password hash of another kind",
                        out->path_, name);
        }
        User user;
        PF_TRY(user.role, parse_role(role));
        PF_TRY(const Bytes salt_bytes, base64_decode(salt));
        PF_TRY(const Bytes hash_bytes, base64_decode(hash));
        user.salt = text_of(salt_bytes);
        user.hash = text_of(hash_bytes);
        out->users_[name] = std::move(user);
    }
    return out;
}

std::string Users::keyed_hash(std::string_view password) const {
    std::string text = process_key_ + std::string(password);
    std::string hash = sha256_hex(as_bytes(text));
    std::fill(text.begin(), text.end(), '\0');
    return hash;
}

Result<Identity> Users::verify(std::string_view name, std::string_view password, MonoTime now) {
    std::string salt(kSaltBytes, '\0');
    std::string expected;
    {
        const std::lock_guard lock(mutex_);
        const auto it = users_.find(name);
        if (it != users_.end()) {
            if (now < it->second.locked_until) {
                return fail(Errc::Busy, "user {} is locked after {} wrong passwords", name,
                            kMaxFailures);
            }
            if (!it->second.verified.empty() && it->second.verified == keyed_hash(password)) {
                return Identity{it->first, it->second.role};
            }
            salt = it->second.salt;
            expected = it->second.hash;
        }
    }
    PF_TRY(const std::string hash, scrypt(password, salt)); // outside the lock: it takes its time
    const std::lock_guard lock(mutex_);
    const auto it = users_.find(name);
    const bool right = it != users_.end() && it->second.hash == expected &&
                       equal_constant_time(as_bytes(hash), as_bytes(expected));
    if (right) {
        it->second.failures = 0;
        it->second.verified = keyed_hash(password);
        return Identity{it->first, it->second.role};
    }
    if (it != users_.end() && ++it->second.failures >= kMaxFailures) {
        it->second.failures = 0;
        it->second.locked_until = now + kLockTime;
    }
    return fail(Errc::AuthFailed, "wrong user name or password");
}

Result<void> Users::set(std::string_view name, const Secret& password, Role role) {
    if (name.empty() || name.size() > 64 || name.find(':') != std::string_view::npos) {
        return fail(Errc::InvalidArgument, "'{}' is not a user name", name);
    }
    if (password.expose().size() < 8) {
        return fail(Errc::InvalidArgument, "the password of {} is shorter than 8 characters", name);
    }
    User user;
    user.role = role;
    user.salt = text_of(random_bytes(kSaltBytes));
    PF_TRY(user.hash, scrypt(password.expose(), user.salt));
    const std::lock_guard lock(mutex_);
    if (users_.size() >= kMaxUsers && !users_.contains(name)) {
        return fail(Errc::LimitExceeded, "there are {} users already", kMaxUsers);
    }
    users_[std::string(name)] = std::move(user);
    return save_locked();
}

Result<void> Users::remove(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto it = users_.find(name);
    if (it == users_.end()) {
        return fail(Errc::NotFound, "there is no user {}", name);
    }
    users_.erase(it);
    return save_locked();
}

std::vector<Identity> Users::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<Identity> out;
    for (const auto& [name, user] : users_) {
        out.push_back({name, user.role});
    }
    return out;
}

Result<void> Users::save_locked() const {
    json::array users;
    for (const auto& [name, user] : users_) {
        users.emplace_back(json::object{{"name", name},
                                        {"role", json::string(to_string(user.role))},
                                        {"kdf", "scrypt-16384-8-1"},
                                        {"salt", base64_encode(as_bytes(user.salt))},
                                        {"hash", base64_encode(as_bytes(user.hash))}});
    }
    return write_file_atomic(
        path_, pretty_json(json::object{{"version", 1}, {"users", std::move(users)}}), 0600);
}

} // namespace pf::gateway
