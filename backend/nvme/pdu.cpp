#include "backend/nvme/pdu.hpp"

#include "base/assert.hpp"
#include "base/crc32c.hpp"

#include <algorithm>

namespace pf::nvme {
namespace {

constexpr uint32_t kDigestBytes = 4;

// Header length that the type prescribes; 0 for a type that may not arrive in this direction.
uint8_t header_length(PduDirection direction, uint8_t type) {
    const bool to_controller = direction == PduDirection::HostToController;
    switch (static_cast<PduType>(type)) {
    case PduType::IcReq:
        return to_controller ? 128 : 0;
    case PduType::IcResp:
        return to_controller ? 0 : 128;
    case PduType::H2cTermReq:
        return to_controller ? 24 : 0;
    case PduType::C2hTermReq:
        return to_controller ? 0 : 24;
    case PduType::CapsuleCmd:
        return to_controller ? 72 : 0;
    case PduType::CapsuleResp:
        return to_controller ? 0 : 24;
    case PduType::H2cData:
        return to_controller ? 24 : 0;
    case PduType::C2hData:
    case PduType::R2t:
        return to_controller ? 0 : 24;
    }
    return 0;
}

bool carries_digests(PduType type) {
    return type != PduType::IcReq && type != PduType::IcResp && type != PduType::H2cTermReq &&
           type != PduType::C2hTermReq;
}

bool is_term(PduType type) { return type == PduType::H2cTermReq || type == PduType::C2hTermReq; }

bool may_have_data(PduType type) {
    return type == PduType::CapsuleCmd || type == PduType::H2cData || type == PduType::C2hData;
}

PduError bad_field(uint32_t offset) { return PduError{Fes::InvalidHeaderField, offset}; }

template<class T>
void append_header(Bytes& out, const T& pdu, bool digest) {
    const size_t start = out.size();
    append_struct(out, pdu);
    if (digest)
        append_struct(out, crc32c(ByteSpan(out).subspan(start)));
}

} // namespace

std::optional<PduError> PduReader::check_common() {
    pdu_ = PduInfo{};
    pdu_.ch = load_struct<PduHeader>(ByteSpan(header_));
    const PduHeader& ch = pdu_.ch;
    const uint8_t hlen = header_length(direction_, ch.type);
    if (hlen == 0)
        return bad_field(0);
    const PduType type = pdu_.type();
    if (ch.hlen != hlen)
        return bad_field(2);
    const bool hdgst = (ch.flags & pdu_flag::kHeaderDigest) != 0;
    const bool ddgst = (ch.flags & pdu_flag::kDataDigest) != 0;
    pdu_has_hdgst_ = false;
    pdu_has_ddgst_ = false;
    pad_left_ = 0;
    if (!carries_digests(type)) {
        if (!is_term(type)) {
            if (ch.plen != hlen)
                return bad_field(4);
            return std::nullopt;
        }
        if (ch.plen < hlen || ch.plen > hlen + 128u)
            return bad_field(4);
        pdu_.data_length = ch.plen - hlen;
        return std::nullopt;
    }
    if (hdgst != header_digest_)
        return bad_field(1);
    if (ddgst && !data_digest_)
        return bad_field(1);
    pdu_has_hdgst_ = hdgst;
    const uint32_t head = hlen + (hdgst ? kDigestBytes : 0);
    if (ch.plen < head)
        return bad_field(4);
    if (ch.plen == head) {
        if (type == PduType::H2cData || type == PduType::C2hData)
            return bad_field(4);
        return std::nullopt;
    }
    if (!may_have_data(type))
        return bad_field(4);
    if (data_digest_ && !ddgst)
        return bad_field(1);
    pdu_has_ddgst_ = ddgst;
    if (ch.pdo < head || ch.pdo % 4 != 0 || ch.pdo > 128)
        return bad_field(3);
    const uint32_t tail = ddgst ? kDigestBytes : 0;
    if (ch.plen <= ch.pdo + tail)
        return bad_field(4);
    pad_left_ = ch.pdo - head;
    pdu_.data_length = ch.plen - ch.pdo - tail;
    return std::nullopt;
}

std::optional<PduError> PduReader::header_done(PduHandler& handler) {
    const size_t hlen = pdu_.ch.hlen;
    if (pdu_has_hdgst_) {
        const uint32_t got = load_struct<uint32_t>(ByteSpan(header_).subspan(hlen, kDigestBytes));
        if (got != crc32c(ByteSpan(header_).first(hlen)))
            return PduError{Fes::HeaderDigest, got};
    }
    pdu_.header = ByteSpan(header_).first(hlen);
    into_ = {};
    data_done_ = 0;
    crc_ = 0;
    digest_have_ = 0;
    return handler.on_header(pdu_, into_);
}

std::optional<PduError> PduReader::pdu_done(PduHandler& handler) {
    bool digest_ok = true;
    if (pdu_has_ddgst_ && pdu_.data_length > 0)
        digest_ok = load_struct<uint32_t>(ByteSpan(digest_)) == crc_;
    auto error = handler.on_pdu(pdu_, digest_ok);
    if (!error) {
        phase_ = Phase::Common;
        have_ = 0;
        need_ = sizeof(PduHeader);
    }
    return error;
}

void PduReader::next_phase_after(Phase done) {
    if (done < Phase::Pad && pad_left_ > 0)
        phase_ = Phase::Pad;
    else if (done < Phase::Data && pdu_.data_length > 0)
        phase_ = Phase::Data;
    else if (done < Phase::DataDigest && pdu_has_ddgst_ && pdu_.data_length > 0)
        phase_ = Phase::DataDigest;
    else
        phase_ = Phase::Dead; // the caller finishes the PDU
}

// True when the PDU is complete with it.
bool PduReader::data_arrived(ByteSpan bytes) {
    if (pdu_has_ddgst_)
        crc_ = crc32c(bytes, crc_);
    data_done_ += static_cast<uint32_t>(bytes.size());
    if (data_done_ < pdu_.data_length)
        return false;
    next_phase_after(Phase::Data);
    return phase_ == Phase::Dead;
}

std::optional<PduError> PduReader::commit(size_t bytes, PduHandler& handler) {
    const MutByteSpan target = window();
    PF_ASSERT(bytes <= target.size(), "more bytes than the window has");
    if (bytes == 0 || !data_arrived(target.first(bytes)))
        return std::nullopt;
    auto error = pdu_done(handler);
    if (error)
        phase_ = Phase::Dead;
    return error;
}

std::optional<PduError> PduReader::feed(ByteSpan bytes, PduHandler& handler) {
    std::optional<PduError> error;
    while (!bytes.empty() && !error) {
        bool finished = false;
        switch (phase_) {
        case Phase::Dead:
            return std::nullopt;
        case Phase::Common:
        case Phase::Header: {
            const size_t n = std::min(bytes.size(), need_ - have_);
            std::memcpy(header_.data() + have_, bytes.data(), n);
            have_ += n;
            bytes = bytes.subspan(n);
            if (have_ < need_)
                break;
            if (phase_ == Phase::Common) {
                error = check_common();
                need_ = size_t{pdu_.ch.hlen} + (pdu_has_hdgst_ ? kDigestBytes : 0);
                phase_ = Phase::Header;
                break;
            }
            error = header_done(handler);
            if (error)
                break;
            next_phase_after(Phase::Header);
            finished = phase_ == Phase::Dead;
            break;
        }
        case Phase::Pad: {
            const auto n = static_cast<uint32_t>(std::min<size_t>(bytes.size(), pad_left_));
            bytes = bytes.subspan(n);
            pad_left_ -= n;
            if (pad_left_ > 0)
                break;
            next_phase_after(Phase::Pad);
            finished = phase_ == Phase::Dead;
            break;
        }
        case Phase::Data: {
            const auto n = static_cast<uint32_t>(
                std::min<size_t>(bytes.size(), pdu_.data_length - data_done_));
            if (!into_.empty())
                std::memcpy(into_.data() + data_done_, bytes.data(), n);
            finished = data_arrived(bytes.first(n));
            bytes = bytes.subspan(n);
            break;
        }
        case Phase::DataDigest: {
            const size_t n = std::min(bytes.size(), digest_.size() - digest_have_);
            std::memcpy(digest_.data() + digest_have_, bytes.data(), n);
            digest_have_ += n;
            bytes = bytes.subspan(n);
            finished = digest_have_ == digest_.size();
            break;
        }
        }
        if (finished && !error)
            error = pdu_done(handler);
    }
    if (error)
        phase_ = Phase::Dead;
    return error;
}

Bytes encode_icreq(uint8_t hpda, DigestMode digests, uint32_t maxr2t) {
    IcReqPdu pdu;
    pdu.ch = PduHeader{static_cast<uint8_t>(PduType::IcReq), 0, 128, 0, 128};
    pdu.hpda = hpda;
    pdu.dgst = static_cast<uint8_t>((digests.header ? 1 : 0) | (digests.data ? 2 : 0));
    pdu.maxr2t = maxr2t;
    Bytes out;
    append_struct(out, pdu);
    return out;
}

Bytes encode_icresp(uint8_t cpda, DigestMode digests, uint32_t maxh2cdata) {
    IcRespPdu pdu;
    pdu.ch = PduHeader{static_cast<uint8_t>(PduType::IcResp), 0, 128, 0, 128};
    pdu.cpda = cpda;
    pdu.dgst = static_cast<uint8_t>((digests.header ? 1 : 0) | (digests.data ? 2 : 0));
    pdu.maxh2cdata = maxh2cdata;
    Bytes out;
    append_struct(out, pdu);
    return out;
}

Bytes encode_term(PduType type, PduError error, ByteSpan offending) {
    offending = offending.first(std::min<size_t>(offending.size(), 128));
    TermReqPdu pdu;
    pdu.ch = PduHeader{static_cast<uint8_t>(type), 0, 24, 0,
                       static_cast<uint32_t>(24 + offending.size())};
    pdu.fes = static_cast<uint16_t>(error.fes);
    pdu.fei = error.fei;
    Bytes out;
    append_struct(out, pdu);
    out.insert(out.end(), offending.begin(), offending.end());
    return out;
}

void append_capsule_cmd(Bytes& out, const Sqe& sqe, ByteSpan in_capsule, DigestMode digests) {
    CapsuleCmdPdu pdu;
    pdu.ch.type = static_cast<uint8_t>(PduType::CapsuleCmd);
    pdu.ch.hlen = sizeof(CapsuleCmdPdu);
    pdu.sqe = sqe;
    const uint32_t head = sizeof(CapsuleCmdPdu) + (digests.header ? kDigestBytes : 0);
    pdu.ch.plen = head;
    if (digests.header)
        pdu.ch.flags |= pdu_flag::kHeaderDigest;
    if (!in_capsule.empty()) {
        pdu.ch.pdo = static_cast<uint8_t>(head);
        pdu.ch.plen += static_cast<uint32_t>(in_capsule.size());
        if (digests.data) {
            pdu.ch.flags |= pdu_flag::kDataDigest;
            pdu.ch.plen += kDigestBytes;
        }
    }
    append_header(out, pdu, digests.header);
    if (in_capsule.empty())
        return;
    out.insert(out.end(), in_capsule.begin(), in_capsule.end());
    if (digests.data)
        append_struct(out, crc32c(in_capsule));
}

namespace {

template<class T>
size_t put_header(std::byte* out, const T& pdu, bool digest) {
    std::memcpy(out, &pdu, sizeof(T));
    if (!digest)
        return sizeof(T);
    const uint32_t crc = crc32c(ByteSpan(out, sizeof(T)));
    std::memcpy(out + sizeof(T), &crc, sizeof(crc));
    return sizeof(T) + sizeof(crc);
}

} // namespace

size_t put_capsule_resp(std::byte* out, const Cqe& cqe, DigestMode digests) {
    CapsuleRespPdu pdu;
    pdu.ch.type = static_cast<uint8_t>(PduType::CapsuleResp);
    pdu.ch.hlen = sizeof(CapsuleRespPdu);
    pdu.ch.plen = sizeof(CapsuleRespPdu) + (digests.header ? kDigestBytes : 0);
    if (digests.header)
        pdu.ch.flags |= pdu_flag::kHeaderDigest;
    pdu.cqe = cqe;
    return put_header(out, pdu, digests.header);
}

size_t put_r2t(std::byte* out, uint16_t cid, uint16_t ttag, uint32_t offset, uint32_t length,
               DigestMode digests) {
    R2tPdu pdu;
    pdu.ch.type = static_cast<uint8_t>(PduType::R2t);
    pdu.ch.hlen = sizeof(R2tPdu);
    pdu.ch.plen = sizeof(R2tPdu) + (digests.header ? kDigestBytes : 0);
    if (digests.header)
        pdu.ch.flags |= pdu_flag::kHeaderDigest;
    pdu.cccid = cid;
    pdu.ttag = ttag;
    pdu.offset = offset;
    pdu.length = length;
    return put_header(out, pdu, digests.header);
}

size_t put_data_header(std::byte* out, PduType type, uint8_t flags, uint16_t cid, uint16_t ttag,
                       uint32_t offset, uint32_t length, DigestMode digests, uint32_t alignment) {
    DataPdu pdu;
    const uint32_t head = sizeof(DataPdu) + (digests.header ? kDigestBytes : 0);
    const uint32_t pdo = (head + alignment - 1) / alignment * alignment;
    pdu.ch.type = static_cast<uint8_t>(type);
    pdu.ch.hlen = sizeof(DataPdu);
    pdu.ch.pdo = static_cast<uint8_t>(pdo);
    pdu.ch.plen = pdo + length + (digests.data ? kDigestBytes : 0);
    pdu.ch.flags = static_cast<uint8_t>(flags | (digests.header ? pdu_flag::kHeaderDigest : 0) |
                                        (digests.data ? pdu_flag::kDataDigest : 0));
    pdu.cccid = cid;
    pdu.ttag = ttag;
    pdu.offset = offset;
    pdu.length = length;
    const size_t written = put_header(out, pdu, digests.header);
    std::memset(out + written, 0, pdo - written);
    return pdo;
}

void append_capsule_resp(Bytes& out, const Cqe& cqe, DigestMode digests) {
    std::byte pdu[kMaxHeaderBytes];
    const size_t n = put_capsule_resp(pdu, cqe, digests);
    out.insert(out.end(), pdu, pdu + n);
}

void append_r2t(Bytes& out, uint16_t cid, uint16_t ttag, uint32_t offset, uint32_t length,
                DigestMode digests) {
    std::byte pdu[kMaxHeaderBytes];
    const size_t n = put_r2t(pdu, cid, ttag, offset, length, digests);
    out.insert(out.end(), pdu, pdu + n);
}

void append_data(Bytes& out, PduType type, uint8_t flags, uint16_t cid, uint16_t ttag,
                 uint32_t offset, ByteSpan data, DigestMode digests, uint32_t alignment) {
    std::byte header[kMaxHeaderBytes];
    const size_t n = put_data_header(header, type, flags, cid, ttag, offset,
                                     static_cast<uint32_t>(data.size()), digests, alignment);
    out.insert(out.end(), header, header + n);
    out.insert(out.end(), data.begin(), data.end());
    if (digests.data)
        append_struct(out, crc32c(data));
}

} // namespace pf::nvme
