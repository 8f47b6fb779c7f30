#include "tools/pfnvme/plan/approval.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

namespace pf::nvmetool {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kSshType = "ssh-ed25519";
constexpr std::string_view kSshMagic{"openssh-key-v1\0", 15};

using KeyHandle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using DigestHandle = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using BioHandle = std::unique_ptr<BIO, decltype(&BIO_free)>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// "SHA256:" and base64 without padding over the key in SSH's wire form.
std::string fingerprint_of(const std::string& public_key) {
    std::string blob;
    const auto put = [&blob](std::string_view part) {
        const auto size = static_cast<std::uint32_t>(part.size());
        for (int shift = 24; shift >= 0; shift -= 8) {
            blob += static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xffU);
        }
        blob += part;
    };
    put(kSshType);
    put(public_key);
    const auto digest = sha256(as_bytes(blob));
    std::string text = base64_encode(digest);
    text.erase(text.find_last_not_of('=') + 1);
    return "SHA256:" + text;
}

// Reads SSH's length-prefixed strings.
class Wire {
  public:
    explicit Wire(std::string_view bytes) : rest_(bytes) {}

    std::uint32_t number() {
        if (rest_.size() < 4) {
            ok_ = false;
            return 0;
        }
        std::uint32_t out = 0;
        for (int i = 0; i < 4; ++i) {
            out = out << 8U | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
        }
        rest_.remove_prefix(4);
        return out;
    }
    std::string_view text() {
        const std::uint32_t size = number();
        if (!ok_ || size > rest_.size()) {
            ok_ = false;
            return {};
        }
        const std::string_view out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }
    [[nodiscard]] bool ok() const { return ok_; }

  private:
    std::string_view rest_;
    bool ok_ = true;
};

Result<std::string> seed_of_openssh(std::string_view text, std::string_view name) {
    constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    constexpr std::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----";
    const std::size_t begin = text.find(kBegin);
    const std::size_t end = text.find(kEnd);
    const auto broken = [&] {
        return fail(Errc::InvalidArgument, "{}: not a whole OpenSSH private key", name);
    };
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
        return broken();
    }
    const Result<Bytes> decoded =
        base64_decode(text.substr(begin + kBegin.size(), end - begin - kBegin.size()));
    if (!decoded) {
        return broken();
    }
    const std::string_view bytes(reinterpret_cast<const char*>(decoded->data()), decoded->size());
    if (!bytes.starts_with(kSshMagic)) {
        return broken();
    }
    Wire wire(bytes.substr(kSshMagic.size()));
    const std::string_view cipher = wire.text();
    (void)wire.text(); // key derivation and its options
    (void)wire.text();
    const std::uint32_t keys = wire.number();
    (void)wire.text(); // public part
    if (cipher != "none") {
        return fail(Errc::InvalidArgument,
                    "{}: the key has a passphrase; sign with a key without one (ssh-keygen -p)",
                    name);
    }
    Wire secret(wire.text());
    const std::uint32_t first = secret.number();
    const std::uint32_t second = secret.number();
    const std::string_view type = secret.text();
    if (!wire.ok() || !secret.ok() || keys != 1 || first != second) {
        return broken();
    }
    if (type != kSshType) {
        return fail(Errc::InvalidArgument,
                    "{}: the key is of type {}; make an Ed25519 key with: ssh-keygen -t ed25519",
                    name, type);
    }
    (void)secret.text(); // public part again
    const std::string_view both = secret.text();
    if (!secret.ok() || both.size() != 2 * kKeyBytes) {
        return broken();
    }
    return std::string(both.substr(0, kKeyBytes));
}

Result<std::string> seed_of_pem(std::string_view text, std::string_view name) {
    const BioHandle bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
    // No passphrase is ever asked for.
    const auto refuse = [](char*, int, int, void*) { return 0; };
    const KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse, nullptr),
                        &EVP_PKEY_free);
    if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
        return fail(Errc::InvalidArgument,
                    "{}: not an Ed25519 private key without a passphrase; make one with: "
                    "ssh-keygen -t ed25519",
                    name);
    }
    std::string out(kKeyBytes, '\0');
    std::size_t size = out.size();
    if (EVP_PKEY_get_raw_private_key(key.get(), reinterpret_cast<unsigned char*>(out.data()),
                                     &size) != 1 ||
        size != kKeyBytes) {
        return fail(Errc::InvalidArgument, "{}: the key can't be read", name);
    }
    return out;
}

bool verifies(const Approval& approval, const std::string& plan_sha256) {
    const Result<Bytes> key = base64_decode(approval.public_key);
    const Result<Bytes> signature = base64_decode(approval.signature);
    if (!key || !signature || key->size() != kKeyBytes) {
        return false;
    }
    const std::string raw(reinterpret_cast<const char*>(key->data()), key->size());
    if (fingerprint_of(raw) != approval.fingerprint) {
        return false;
    }
    const KeyHandle handle(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw), raw.size()),
        &EVP_PKEY_free);
    const DigestHandle context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    const std::string message = approval_message(plan_sha256, approval);
    return handle != nullptr && context != nullptr &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
           EVP_DigestVerify(context.get(),
                            reinterpret_cast<const unsigned char*>(signature->data()),
                            signature->size(), bytes_of(message), message.size()) == 1;
}

} // namespace

SigningKey::~SigningKey() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

Result<SigningKey> SigningKey::parse(std::string_view text, std::string_view name) {
    const bool openssh = text.find("OPENSSH PRIVATE KEY") != std::string_view::npos;
    SigningKey out;
    PF_TRY(out.seed_, openssh ? seed_of_openssh(text, name) : seed_of_pem(text, name));
    const KeyHandle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(out.seed_),
                                                     out.seed_.size()),
                        &EVP_PKEY_free);
    out.public_key_.resize(kKeyBytes);
    std::size_t size = kKeyBytes;
    if (key == nullptr ||
        EVP_PKEY_get_raw_public_key(
            key.get(), reinterpret_cast<unsigned char*>(out.public_key_.data()), &size) != 1) {
        return fail(Errc::Internal, "{}: OpenSSL does not take the key", name);
    }
    out.fingerprint_ = fingerprint_of(out.public_key_);
    return out;
}

Result<SigningKey> SigningKey::load(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 077U) != 0) {
        return fail(Errc::PermissionDenied,
                    "{}: others can read this private key; chmod 600 it, or use another", path);
    }
    PF_TRY(std::string text, read_file(path));
    Result<SigningKey> out = parse(text, path);
    OPENSSL_cleanse(text.data(), text.size());
    return out;
}

Result<Approval> SigningKey::sign(const Plan& plan, std::string by, std::string time,
                                  std::string comment) const {
    Approval out;
    out.plan_sha256 = plan.sha256;
    out.by = std::move(by);
    out.time = std::move(time);
    out.comment = std::move(comment);
    out.fingerprint = fingerprint_;
    out.public_key = base64_encode(as_bytes(public_key_));
    const std::string message = approval_message(plan.sha256, out);
    const KeyHandle key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed_), seed_.size()),
        &EVP_PKEY_free);
    const DigestHandle context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    unsigned char signature[64];
    std::size_t size = sizeof signature;
    if (key == nullptr || context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature, &size, bytes_of(message), message.size()) != 1) {
        return fail(Errc::Internal, "OpenSSL did not sign plan '{}'", plan.name);
    }
    out.signature = base64_encode(ByteSpan(reinterpret_cast<const std::byte*>(signature), size));
    return out;
}

std::string approval_message(const std::string& plan_sha256, const Approval& approval) {
    return fmt::format("pfnvme-approval-v1\n{}\n{}\n{}\n{}\n", plan_sha256, approval.by,
                       approval.time, approval.comment);
}

std::string approvals_path(const std::string& plan_path) { return plan_path + ".approvals.json"; }

Result<std::vector<Approval>> load_approvals(const std::string& plan_path) {
    const std::string path = approvals_path(plan_path);
    const Result<std::string> text = read_file(path);
    if (!text) {
        if (text.error().code == Errc::NotFound) {
            return std::vector<Approval>();
        }
        return fail(text.error());
    }
    const auto corrupt = [&](std::string_view why) {
        return fail(Errc::Corrupt, "{}: not an approvals file ({})", path, why);
    };
    const Result<json::value> document = parse_json(*text);
    if (!document || !document->is_object()) {
        return corrupt("no JSON object");
    }
    const Result<const json::array*> list = json_array(document->get_object(), "approvals");
    if (!list) {
        return corrupt(list.error().what);
    }
    std::vector<Approval> out;
    for (const json::value& item : **list) {
        if (!item.is_object()) {
            return corrupt("an approval is no object");
        }
        const json::object& in = item.get_object();
        out.push_back({json_str_or(in, "planSha256", ""), json_str_or(in, "by", ""),
                       json_str_or(in, "time", ""), json_str_or(in, "comment", ""),
                       json_str_or(in, "fingerprint", ""), json_str_or(in, "publicKey", ""),
                       json_str_or(in, "signature", "")});
    }
    return out;
}

Result<void> add_approval(const std::string& plan_path, const Approval& approval) {
    PF_TRY(std::vector<Approval> approvals, load_approvals(plan_path));
    approvals.push_back(approval);
    json::array list;
    for (const Approval& item : approvals) {
        json::object out;
        out["planSha256"] = item.plan_sha256;
        out["by"] = item.by;
        out["time"] = item.time;
        out["comment"] = item.comment;
        out["fingerprint"] = item.fingerprint;
        out["publicKey"] = item.public_key;
        out["signature"] = item.signature;
        list.emplace_back(std::move(out));
    }
    json::object document;
    document["schemaVersion"] = 1;
    document["approvals"] = std::move(list);
    return write_file_atomic(approvals_path(plan_path), pretty_json(document));
}

ApprovalState judge_approvals(const Plan& plan, const std::vector<Approval>& approvals) {
    const ApprovalRule& rule = plan.policy.approval;
    ApprovalState out;
    out.required = rule.required;
    for (const Approval& approval : approvals) {
        const auto refuse = [&](std::string_view why) {
            out.refused.push_back(fmt::format("{}: {}", approval.by, why));
        };
        const bool is_signed = !approval.signature.empty();
        if (approval.plan_sha256 != plan.sha256) {
            refuse("it is of another version of the plan");
        } else if (is_signed && !verifies(approval, plan.sha256)) {
            refuse("the signature is not one over this plan");
        } else if (!rule.signers.empty() && std::find(rule.signers.begin(), rule.signers.end(),
                                                      approval.fingerprint) == rule.signers.end()) {
            refuse("the key is none of those that the intent accepts");
        } else if (rule.not_author && approval.by == plan.owner) {
            refuse("the author's own approval does not count");
        } else if (std::any_of(out.valid.begin(), out.valid.end(), [&](const Approval& other) {
                       return other.by == approval.by ||
                              (is_signed && other.fingerprint == approval.fingerprint);
                   })) {
            refuse("approved already");
        } else {
            out.valid.push_back(approval);
        }
    }
    return out;
}

} // namespace pf::nvmetool
