// Approvals of a compiled plan: records beside it (PLAN.approvals.json, docs/formats/plan.md), each
// over the plan's hash, signed with an Ed25519 key or just noted. Changing the plan makes them
// void, because it changes the hash.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct Approval {
    std::string plan_sha256; // of the plan that was approved
    std::string by;
    std::string time; // RFC 3339
    std::string comment;
    std::string fingerprint; // of the key, "SHA256:…" as ssh-keygen prints it; empty: unsigned
    std::string public_key;  // base64 of its 32 bytes
    std::string signature;   // base64, over approval_message()

    friend bool operator==(const Approval&, const Approval&) = default;
};

// An Ed25519 private key: OpenSSH format without passphrase, or PEM (PKCS#8).
class SigningKey {
  public:
    // InvalidArgument: another type of key, or one with a passphrase. PermissionDenied: others than
    // the owner can read the file.
    static Result<SigningKey> load(const std::string& path);
    static Result<SigningKey> parse(std::string_view text, std::string_view name);

    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
    [[nodiscard]] Result<Approval> sign(const Plan& plan, std::string by, std::string time,
                                        std::string comment) const;

  private:
    std::string seed_; // 32 bytes; overwritten when the key dies
    std::string public_key_;
    std::string fingerprint_;

    SigningKey() = default;

  public:
    ~SigningKey();
    SigningKey(SigningKey&&) = default;
    SigningKey& operator=(SigningKey&&) = default;
    SigningKey(const SigningKey&) = delete;
    SigningKey& operator=(const SigningKey&) = delete;
};

[[nodiscard]] std::string approval_message(const std::string& plan_sha256,
                                           const Approval& approval);

[[nodiscard]] std::string approvals_path(const std::string& plan_path);
// None when there is no file. Corrupt: not an approvals file.
[[nodiscard]] Result<std::vector<Approval>> load_approvals(const std::string& plan_path);
[[nodiscard]] Result<void> add_approval(const std::string& plan_path, const Approval& approval);

// Those that count for this plan: a valid signature (or none where the policy names no signers), a
// key that the policy accepts, not the author where the policy says so, each person and key once.
struct ApprovalState {
    std::vector<Approval> valid;
    std::vector<std::string> refused; // "by: why", one sentence each
    std::int64_t required = 0;

    [[nodiscard]] bool enough() const {
        return static_cast<std::int64_t>(valid.size()) >= required;
    }
};
[[nodiscard]] ApprovalState judge_approvals(const Plan& plan,
                                            const std::vector<Approval>& approvals);

} // namespace pf::nvmetool
