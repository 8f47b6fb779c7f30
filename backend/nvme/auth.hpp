// DH-HMAC-CHAP, the in-band authentication of NVMe over Fabrics: both ends as state machines over
// messages. No sockets and no commands here; who carries the messages is the caller's business.
//
// Target: `on_send` for each Authentication Send, `on_receive` for each Authentication Receive,
// until `done` or `failed`. Whatever a peer sends ends in one of these; sizes are checked before
// anything is computed, and the costly Diffie-Hellman steps happen once per exchange.
//
// Secrets are given as "DHHC-1:<hash>:<base64 of key and CRC32>:" as nvme-cli makes them.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pf::nvme {

enum class DhchapHash : uint8_t { None = 0, Sha256 = 1, Sha384 = 2, Sha512 = 3 };
enum class DhGroup : uint8_t { Null = 0, F2048 = 1, F3072 = 2, F4096 = 3, F6144 = 4, F8192 = 5 };

struct DhchapSecret {
    DhchapHash transform = DhchapHash::None; // of the key with the owner's NQN
    Bytes key;                               // 32, 48 or 64 bytes; wiped in the end
    DhchapSecret() = default;
    DhchapSecret(const DhchapSecret&) = default;
    DhchapSecret(DhchapSecret&&) = default;
    DhchapSecret& operator=(const DhchapSecret&) = default;
    DhchapSecret& operator=(DhchapSecret&&) = default;
    ~DhchapSecret() { wipe(key); }
};

Result<DhchapSecret> parse_dhchap_secret(std::string_view text);
std::string format_dhchap_secret(const DhchapSecret& secret);

size_t hash_bytes(DhchapHash hash);

struct AuthNames {
    std::string host_nqn;
    std::string subsystem_nqn;
};

namespace auth_detail {
class DhKey;
}

class AuthTarget {
  public:
    AuthTarget(AuthNames names, DhchapSecret host, std::optional<DhchapSecret> controller);
    ~AuthTarget();
    AuthTarget(const AuthTarget&) = delete;
    AuthTarget& operator=(const AuthTarget&) = delete;

    // A message of the host. It may be wrong: then the next `on_receive` says so.
    void on_send(ByteSpan message);
    // The message that is due; nothing when the host is out of turn.
    std::optional<Bytes> on_receive();
    bool done() const { return state_ == State::Done; }
    bool failed() const { return state_ == State::Failed; }

  private:
    enum class State : uint8_t {
        Idle,
        Challenge, // due
        AwaitReply,
        Success1, // due
        AwaitSuccess2,
        Done,
        Failure1, // due
        Failed,
    };
    void negotiate(ByteSpan message);
    void reply(ByteSpan message);
    std::optional<Bytes> challenge();
    void fail_with(uint8_t explanation);

    AuthNames names_;
    DhchapSecret host_;
    std::optional<DhchapSecret> controller_;
    State state_ = State::Idle;
    uint8_t explanation_ = 0;
    uint16_t transaction_ = 0;
    uint8_t concatenation_ = 0;
    DhchapHash hash_ = DhchapHash::Sha256;
    DhGroup group_ = DhGroup::Null;
    uint32_t sequence_ = 0;
    Bytes challenge_;
    std::unique_ptr<auth_detail::DhKey> dh_;
    Bytes response_; // to the host's challenge; empty when it made none
};

// The host's end: `negotiate`, then `on_challenge`, then `on_success1`, each giving what to send.
class AuthHost {
  public:
    AuthHost(AuthNames names, DhchapSecret host, std::optional<DhchapSecret> controller);
    ~AuthHost();
    AuthHost(const AuthHost&) = delete;
    AuthHost& operator=(const AuthHost&) = delete;

    Bytes negotiate();
    // AuthFailed, Protocol.
    Result<Bytes> on_challenge(ByteSpan message);
    // What is to be sent; empty when the exchange is over.
    Result<Bytes> on_success1(ByteSpan message);
    // The offer, most wanted first; all of them when not set.
    void offer(std::vector<DhchapHash> hashes, std::vector<DhGroup> groups);

  private:
    AuthNames names_;
    DhchapSecret host_;
    std::optional<DhchapSecret> controller_;
    std::vector<DhchapHash> hashes_;
    std::vector<DhGroup> groups_;
    uint16_t transaction_ = 0;
    DhchapHash hash_ = DhchapHash::Sha256;
    Bytes expected_; // the controller's answer to our challenge
};

} // namespace pf::nvme
