#include "backend/nvme/auth.hpp"

#include "backend/nvme/auth_crypto.hpp"
#include "backend/nvme/wire.hpp"
#include "base/crypto.hpp"

#include <algorithm>

namespace pf::nvme {

using auth_detail::crc32;
using auth_detail::DhKey;
using auth_detail::ResponseInput;
using auth_detail::Wiped;

namespace {

constexpr uint8_t kCommon = 0, kDhchap = 1; // AUTH_TYPE
constexpr uint8_t kNegotiate = 0, kChallenge = 1, kReply = 2, kSuccess1 = 3, kSuccess2 = 4;
constexpr uint8_t kFailure2 = 0xF0, kFailure1 = 0xF1;
// Explanations of a failure.
constexpr uint8_t kAuthenticationFailed = 1, kUnusableProtocol = 2, kConcatenationMismatch = 3,
                  kUnusableHash = 4, kUnusableGroup = 5, kIncorrectPayload = 6,
                  kIncorrectMessage = 7;
constexpr size_t kMaxIds = 30;

#pragma pack(push, 1)
struct MessageHeader {
    uint8_t type = kDhchap;
    uint8_t id = 0;
    uint16_t reserved = 0;
    uint16_t transaction = 0;
};
struct NegotiateMessage {
    MessageHeader header;
    uint8_t concatenation = 0;
    uint8_t protocols = 0;
};
static_assert(sizeof(NegotiateMessage) == 8);
struct ProtocolDescriptor {
    uint8_t id = 1; // DH-HMAC-CHAP
    uint8_t reserved = 0;
    uint8_t hashes = 0;
    uint8_t groups = 0;
    std::array<uint8_t, 60> ids{}; // hashes, then from 30 on groups
};
static_assert(sizeof(ProtocolDescriptor) == 64);
struct ChallengeMessage {
    MessageHeader header;
    uint8_t hash_length = 0;
    uint8_t reserved7 = 0;
    uint8_t hash = 0;
    uint8_t group = 0;
    uint16_t dh_length = 0;
    uint32_t sequence = 0;
};
static_assert(sizeof(ChallengeMessage) == 16);
struct ReplyMessage {
    MessageHeader header;
    uint8_t hash_length = 0;
    uint8_t reserved7 = 0;
    uint8_t has_challenge = 0;
    uint8_t reserved9 = 0;
    uint16_t dh_length = 0;
    uint32_t sequence = 0;
};
static_assert(sizeof(ReplyMessage) == 16);
struct Success1Message {
    MessageHeader header;
    uint8_t hash_length = 0;
    uint8_t reserved7 = 0;
    uint8_t has_response = 0;
    std::array<uint8_t, 7> reserved9{};
};
static_assert(sizeof(Success1Message) == 16);
struct FailureMessage {
    MessageHeader header;
    uint8_t reason = 1; // authentication failure
    uint8_t explanation = 0;
};
static_assert(sizeof(FailureMessage) == 8);
#pragma pack(pop)

bool usable(DhchapHash hash) { return hash >= DhchapHash::Sha256 && hash <= DhchapHash::Sha512; }

void append(Bytes& to, ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

} // namespace

size_t hash_bytes(DhchapHash hash) {
    switch (hash) {
    case DhchapHash::Sha384:
        return 48;
    case DhchapHash::Sha512:
        return 64;
    default:
        return 32;
    }
}

Result<DhchapSecret> parse_dhchap_secret(std::string_view text) {
    constexpr std::string_view kPrefix = "DHHC-1:";
    if (!text.starts_with(kPrefix) || text.size() < kPrefix.size() + 4 || text.back() != ':')
        return fail(Errc::InvalidArgument, "a DH-HMAC-CHAP secret has the form DHHC-1:00:…:");
    text.remove_prefix(kPrefix.size());
    if (text[0] != '0' || text[1] < '0' || text[1] > '3' || text[2] != ':')
        return fail(Errc::InvalidArgument, "the secret names an unknown hash");
    DhchapSecret secret;
    secret.transform = static_cast<DhchapHash>(text[1] - '0');
    auto decoded = base64_decode(text.substr(3, text.size() - 4));
    if (!decoded)
        return fail(Errc::InvalidArgument, "the secret's key is not base64");
    const Wiped content(std::move(*decoded));
    const size_t length = content.bytes.size() < 4 ? 0 : content.bytes.size() - 4;
    if (length != 32 && length != 48 && length != 64)
        return fail(Errc::InvalidArgument, "the secret's key must have 32, 48 or 64 bytes");
    if (secret.transform != DhchapHash::None && hash_bytes(secret.transform) != length)
        return fail(Errc::InvalidArgument, "the secret's key does not fit its hash");
    const ByteSpan key = ByteSpan(content.bytes).first(length);
    if (load_le<uint32_t>(content.bytes.data() + length) != crc32(key))
        return fail(Errc::InvalidArgument, "the secret's checksum is wrong");
    secret.key.assign(key.begin(), key.end());
    return secret;
}

std::string format_dhchap_secret(const DhchapSecret& secret) {
    Wiped key(Bytes(secret.key.size() + 4));
    std::copy(secret.key.begin(), secret.key.end(), key.bytes.begin());
    store_le<uint32_t>(key.bytes.data() + secret.key.size(), crc32(secret.key));
    return "DHHC-1:0" + std::to_string(static_cast<int>(secret.transform)) + ":" +
           base64_encode(key.bytes) + ":";
}

// ---------------------------------------------------------------- target

AuthTarget::AuthTarget(AuthNames names, DhchapSecret host, std::optional<DhchapSecret> controller)
    : names_(std::move(names)), host_(std::move(host)), controller_(std::move(controller)) {}

AuthTarget::~AuthTarget() = default;

void AuthTarget::fail_with(uint8_t explanation) {
    explanation_ = explanation;
    state_ = State::Failure1;
    dh_.reset();
}

void AuthTarget::on_send(ByteSpan message) {
    if (state_ == State::Failed)
        return;
    if (message.size() < sizeof(FailureMessage))
        return fail_with(kIncorrectPayload);
    const auto header = load_struct<MessageHeader>(message);
    if (header.type == kCommon && header.id == kFailure2) {
        state_ = State::Failed;
        return;
    }
    if (header.type == kCommon && header.id == kNegotiate) {
        if (state_ != State::Idle && state_ != State::Done)
            return fail_with(kIncorrectMessage);
        transaction_ = header.transaction;
        return negotiate(message);
    }
    if (header.transaction != transaction_)
        return fail_with(kIncorrectPayload);
    if (header.type == kDhchap && header.id == kReply && state_ == State::AwaitReply)
        return reply(message);
    if (header.type == kDhchap && header.id == kSuccess2 && state_ == State::AwaitSuccess2) {
        state_ = State::Done;
        return;
    }
    fail_with(kIncorrectMessage);
}

void AuthTarget::negotiate(ByteSpan message) {
    const auto m = load_struct<NegotiateMessage>(message);
    if (m.protocols == 0 ||
        message.size() < sizeof m + size_t{m.protocols} * sizeof(ProtocolDescriptor))
        return fail_with(kIncorrectPayload);
    if (m.concatenation != 0) // secure concatenation needs TLS behind it
        return fail_with(kConcatenationMismatch);
    concatenation_ = m.concatenation;
    std::optional<ProtocolDescriptor> offer;
    for (size_t i = 0; i < m.protocols && !offer; ++i) {
        const auto d = load_struct<ProtocolDescriptor>(
            message.subspan(sizeof m + i * sizeof(ProtocolDescriptor)));
        if (d.id == 1)
            offer = d;
    }
    if (!offer)
        return fail_with(kUnusableProtocol);
    if (offer->hashes == 0 || offer->hashes > kMaxIds || offer->groups == 0 ||
        offer->groups > kMaxIds)
        return fail_with(kIncorrectPayload);
    const auto hashes = std::span(offer->ids).first(offer->hashes);
    const auto groups = std::span(offer->ids).subspan(kMaxIds, offer->groups);
    const auto hash = std::find_if(hashes.begin(), hashes.end(),
                                   [](uint8_t id) { return usable(static_cast<DhchapHash>(id)); });
    if (hash == hashes.end())
        return fail_with(kUnusableHash);
    // The strongest offered up to 4096 bits: larger ones cost a core much and add little.
    std::optional<DhGroup> group;
    for (const uint8_t id : groups) {
        const auto g = static_cast<DhGroup>(id);
        if (id > static_cast<uint8_t>(DhGroup::F8192))
            continue;
        const bool better = !group ||
                            (g <= DhGroup::F4096 && (*group > DhGroup::F4096 || g > *group)) ||
                            (*group > DhGroup::F4096 && g < *group);
        if (better)
            group = g;
    }
    if (!group)
        return fail_with(kUnusableGroup);
    hash_ = static_cast<DhchapHash>(*hash);
    group_ = *group;
    state_ = State::Challenge;
}

std::optional<Bytes> AuthTarget::challenge() {
    challenge_ = random_bytes(hash_bytes(hash_));
    sequence_ = std::max<uint32_t>(1, static_cast<uint32_t>(random_u64()));
    Bytes dh;
    if (group_ != DhGroup::Null) {
        dh_ = DhKey::make(group_);
        if (!dh_) // the library lacks it; never weaker than what was agreed upon
            return std::nullopt;
        dh = dh_->public_value();
    }
    ChallengeMessage m;
    m.header.id = kChallenge;
    m.header.transaction = transaction_;
    m.hash_length = static_cast<uint8_t>(challenge_.size());
    m.hash = static_cast<uint8_t>(hash_);
    m.group = static_cast<uint8_t>(group_);
    m.dh_length = static_cast<uint16_t>(dh.size());
    m.sequence = sequence_;
    Bytes out;
    append_struct(out, m);
    append(out, challenge_);
    append(out, dh);
    return out;
}

void AuthTarget::reply(ByteSpan message) {
    if (message.size() < sizeof(ReplyMessage))
        return fail_with(kIncorrectPayload);
    const auto m = load_struct<ReplyMessage>(message);
    const size_t length = hash_bytes(hash_);
    const size_t dh_length = m.dh_length;
    if (m.hash_length != length || dh_length != auth_detail::dh_bytes(group_) ||
        message.size() < sizeof m + 2 * length + dh_length)
        return fail_with(kIncorrectPayload);
    const ByteSpan given = message.subspan(sizeof m, length);
    const ByteSpan their_challenge = message.subspan(sizeof m + length, length);
    Wiped session_key;
    if (dh_) {
        auto shared = dh_->shared_secret(message.subspan(sizeof m + 2 * length, dh_length));
        dh_.reset();
        if (!shared)
            return fail_with(kIncorrectPayload);
        session_key = Wiped(std::move(*shared));
    }
    const Wiped host_key(auth_detail::transformed(host_, names_.host_nqn));
    ResponseInput input;
    input.hash = hash_;
    input.key = host_key.bytes;
    input.challenge = challenge_;
    input.session_key = session_key.bytes;
    input.sequence = sequence_;
    input.transaction = transaction_;
    input.concatenation = concatenation_;
    input.role = "HostHost";
    input.own_nqn = names_.host_nqn;
    input.other_nqn = names_.subsystem_nqn;
    if (!equal_constant_time(auth_detail::response(input), given))
        return fail_with(kAuthenticationFailed);
    response_.clear();
    if (m.has_challenge != 0) {
        if (!controller_) // it wants to know who we are and we cannot say
            return fail_with(kAuthenticationFailed);
        const Wiped controller_key(auth_detail::transformed(*controller_, names_.subsystem_nqn));
        input.key = controller_key.bytes;
        input.challenge = their_challenge;
        input.sequence = m.sequence;
        input.role = "Controller";
        input.own_nqn = names_.subsystem_nqn;
        input.other_nqn = names_.host_nqn;
        response_ = auth_detail::response(input);
    }
    state_ = State::Success1;
}

std::optional<Bytes> AuthTarget::on_receive() {
    Bytes out;
    switch (state_) {
    case State::Challenge:
        if (auto message_out = challenge()) {
            state_ = State::AwaitReply;
            return message_out;
        }
        fail_with(kUnusableGroup);
        return on_receive();
    case State::Success1: {
        Success1Message m;
        m.header.id = kSuccess1;
        m.header.transaction = transaction_;
        m.hash_length = static_cast<uint8_t>(hash_bytes(hash_));
        m.has_response = response_.empty() ? 0 : 1;
        append_struct(out, m);
        append(out, response_);
        state_ = response_.empty() ? State::Done : State::AwaitSuccess2;
        return out;
    }
    case State::Failure1: {
        FailureMessage m;
        m.header.type = kCommon;
        m.header.id = kFailure1;
        m.header.transaction = transaction_;
        m.explanation = explanation_;
        append_struct(out, m);
        state_ = State::Failed;
        return out;
    }
    default:
        return std::nullopt;
    }
}

// ---------------------------------------------------------------- host

AuthHost::AuthHost(AuthNames names, DhchapSecret host, std::optional<DhchapSecret> controller)
    : names_(std::move(names)), host_(std::move(host)),
      controller_(std::move(controller)), hashes_{DhchapHash::Sha256, DhchapHash::Sha384,
                                                  DhchapHash::Sha512},
      groups_{DhGroup::F2048, DhGroup::F3072, DhGroup::F4096, DhGroup::Null} {}

AuthHost::~AuthHost() = default;

void AuthHost::offer(std::vector<DhchapHash> hashes, std::vector<DhGroup> groups) {
    hashes_ = std::move(hashes);
    groups_ = std::move(groups);
}

Bytes AuthHost::negotiate() {
    transaction_ = static_cast<uint16_t>(random_u64());
    NegotiateMessage m;
    m.header.type = kCommon;
    m.header.id = kNegotiate;
    m.header.transaction = transaction_;
    m.protocols = 1;
    ProtocolDescriptor d;
    d.hashes = static_cast<uint8_t>(hashes_.size());
    d.groups = static_cast<uint8_t>(groups_.size());
    for (size_t i = 0; i < hashes_.size(); ++i)
        d.ids[i] = static_cast<uint8_t>(hashes_[i]);
    for (size_t i = 0; i < groups_.size(); ++i)
        d.ids[kMaxIds + i] = static_cast<uint8_t>(groups_[i]);
    Bytes out;
    append_struct(out, m);
    append_struct(out, d);
    return out;
}

Result<Bytes> AuthHost::on_challenge(ByteSpan message) {
    if (message.size() < sizeof(FailureMessage))
        return fail(Errc::Protocol, "the authentication challenge is too short");
    const auto header = load_struct<MessageHeader>(message);
    if (header.type == kCommon && header.id == kFailure1)
        return fail(Errc::AuthFailed, "the controller refuses to authenticate (explanation {})",
                    load_struct<FailureMessage>(message).explanation);
    if (message.size() < sizeof(ChallengeMessage) || header.type != kDhchap ||
        header.id != kChallenge || header.transaction != transaction_)
        return fail(Errc::Protocol, "not an authentication challenge");
    const auto m = load_struct<ChallengeMessage>(message);
    hash_ = static_cast<DhchapHash>(m.hash);
    const auto group = static_cast<DhGroup>(m.group);
    const size_t length = hash_bytes(hash_);
    const size_t dh_length = m.dh_length;
    if (!usable(hash_) || m.hash_length != length || dh_length != auth_detail::dh_bytes(group) ||
        message.size() < sizeof m + length + dh_length)
        return fail(Errc::Protocol, "the authentication challenge does not add up");
    // Something weaker than what was offered is a downgrade, and the answer to it a gift.
    if (std::find(hashes_.begin(), hashes_.end(), hash_) == hashes_.end() ||
        std::find(groups_.begin(), groups_.end(), group) == groups_.end())
        return fail(Errc::AuthFailed, "the controller chooses what was not offered");
    Wiped session_key;
    Bytes dh;
    if (group != DhGroup::Null) {
        const auto key = DhKey::make(group);
        auto shared =
            key ? key->shared_secret(message.subspan(sizeof m + length, dh_length)) : std::nullopt;
        if (!shared)
            return fail(Errc::Protocol, "the controller's Diffie-Hellman value is not usable");
        session_key = Wiped(std::move(*shared));
        dh = key->public_value();
    }
    const Wiped host_key(auth_detail::transformed(host_, names_.host_nqn));
    ResponseInput input;
    input.hash = hash_;
    input.key = host_key.bytes;
    input.challenge = message.subspan(sizeof m, length);
    input.session_key = session_key.bytes;
    input.sequence = m.sequence;
    input.transaction = transaction_;
    input.role = "HostHost";
    input.own_nqn = names_.host_nqn;
    input.other_nqn = names_.subsystem_nqn;
    ReplyMessage reply;
    reply.header.id = kReply;
    reply.header.transaction = transaction_;
    reply.hash_length = static_cast<uint8_t>(length);
    reply.dh_length = static_cast<uint16_t>(dh.size());
    const Bytes answer = auth_detail::response(input);
    Bytes own_challenge(length);
    if (controller_) {
        own_challenge = random_bytes(length);
        reply.has_challenge = 1;
        reply.sequence = std::max<uint32_t>(1, static_cast<uint32_t>(random_u64()));
        const Wiped controller_key(auth_detail::transformed(*controller_, names_.subsystem_nqn));
        input.key = controller_key.bytes;
        input.challenge = own_challenge;
        input.sequence = reply.sequence;
        input.role = "Controller";
        input.own_nqn = names_.subsystem_nqn;
        input.other_nqn = names_.host_nqn;
        expected_ = auth_detail::response(input);
    }
    Bytes out;
    append_struct(out, reply);
    append(out, answer);
    append(out, own_challenge);
    append(out, dh);
    return out;
}

Result<Bytes> AuthHost::on_success1(ByteSpan message) {
    if (message.size() < sizeof(FailureMessage))
        return fail(Errc::Protocol, "the authentication result is too short");
    const auto header = load_struct<MessageHeader>(message);
    if (header.type == kCommon && header.id == kFailure1)
        return fail(Errc::AuthFailed, "the controller does not accept this host (explanation {})",
                    load_struct<FailureMessage>(message).explanation);
    if (message.size() < sizeof(Success1Message) || header.type != kDhchap ||
        header.id != kSuccess1 || header.transaction != transaction_)
        return fail(Errc::Protocol, "not an authentication result");
    if (!controller_)
        return Bytes{};
    const auto m = load_struct<Success1Message>(message);
    const size_t length = hash_bytes(hash_);
    if (m.has_response == 0 || message.size() < sizeof m + length ||
        !equal_constant_time(message.subspan(sizeof m, length), expected_))
        return fail(Errc::AuthFailed, "the controller is not who it should be");
    Bytes out(16);
    MessageHeader success;
    success.id = kSuccess2;
    success.transaction = transaction_;
    std::memcpy(out.data(), &success, sizeof success);
    return out;
}

} // namespace pf::nvme
