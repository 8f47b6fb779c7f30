// Who may log in: names, roles and scrypt password hashes, kept in one file (mode 0600, replaced
// atomically).
//
// A name that fails kMaxFailures times in a row is locked for a while, whatever the password.
// Unknown names cost as much time as known ones. A verified password is remembered as a keyed hash,
// because Dell's Python client logs in for every single call. Thread-safe.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pf::gateway {

enum class Role { Monitor, Configure, Administrator, SuperUser };
[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] Result<Role> parse_role(std::string_view text);
[[nodiscard]] constexpr bool may_change(Role role) { return role != Role::Monitor; }

struct Identity {
    std::string user;
    Role role = Role::Monitor;
};

class Users {
  public:
    static constexpr int kMaxFailures = 5;
    static constexpr auto kLockTime = std::chrono::seconds(60);

    // A missing file is an empty set of users.
    [[nodiscard]] static Result<std::unique_ptr<Users>> load(std::string path);

    // AuthFailed; Busy while the name is locked.
    [[nodiscard]] Result<Identity> verify(std::string_view user, std::string_view password,
                                          MonoTime now);
    // Adds the user or changes password and role; durable on return.
    [[nodiscard]] Result<void> set(std::string_view user, const Secret& password, Role role);
    [[nodiscard]] Result<void> remove(std::string_view user);
    [[nodiscard]] std::vector<Identity> list() const;

  private:
    struct User {
        Role role = Role::Monitor;
        std::string salt; // bytes
        std::string hash; // bytes
        int failures = 0;
        MonoTime locked_until{};
        std::string verified; // keyed hash of the password that was last found right; empty: none
    };
    explicit Users(std::string path);
    [[nodiscard]] Result<void> save_locked() const;
    [[nodiscard]] std::string keyed_hash(std::string_view password) const;

    const std::string path_;
    const std::string process_key_; // never stored
    mutable std::mutex mutex_;
    std::map<std::string, User, std::less<>> users_;
};

} // namespace pf::gateway
