#include "backend/nvme/host/queue.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::nvme {

HostQueue::HostQueue(HostQueueOptions options) : options_(options) {
    // A queue of n entries holds n - 1 commands.
    slots_.resize(static_cast<size_t>(std::max<uint16_t>(options_.entries, 2) - 1));
    for (size_t i = slots_.size(); i > 0; --i)
        free_.push_back(static_cast<uint16_t>(i - 1));
}

void HostQueue::start() { out_ = encode_icreq(0, options_.digests, 0); }

uint16_t HostQueue::submit(Sqe sqe, ByteSpan write, MutByteSpan read, uint64_t tag) {
    PF_ASSERT(can_submit(), "submission queue is full");
    PF_ASSERT(write.empty() || read.empty(), "a command moves data one way");
    const uint16_t cid = free_.back();
    free_.pop_back();
    Slot& slot = slots_[cid];
    slot = Slot{};
    slot.used = true;
    slot.tag = tag;
    slot.write = write;
    slot.read = read;
    sqe.cid = cid;
    sqe.flags = static_cast<uint8_t>((sqe.flags & 3) | kPsdtSgl);
    sqe.sgl = Sgl{};
    ByteSpan in_capsule;
    if (!write.empty() && write.size() <= options_.in_capsule_bytes) {
        in_capsule = write;
        sqe.sgl.type = Sgl::kInCapsule;
    } else {
        sqe.sgl.type = Sgl::kTransport;
    }
    sqe.sgl.length = static_cast<uint32_t>(write.empty() ? read.size() : write.size());
    append_capsule_cmd(out_, sqe, in_capsule, options_.digests);
    return cid;
}

Bytes HostQueue::take_output() { return std::exchange(out_, Bytes{}); }

std::vector<HostCompletion> HostQueue::take_completions() { return std::exchange(done_, {}); }

void HostQueue::fail_queue(Errc code, std::string why) {
    if (!failure_)
        failure_ = Error{code, std::move(why)};
}

void HostQueue::on_bytes(ByteSpan bytes) {
    if (failure_)
        return;
    const auto error = reader_.feed(bytes, *this);
    if (!error || failure_)
        return;
    const Bytes term = encode_term(PduType::H2cTermReq, *error, reader_.current_header());
    out_.insert(out_.end(), term.begin(), term.end());
    fail_queue(Errc::Protocol, fmt::format("the controller sent a malformed PDU (fes {} fei {})",
                                           static_cast<int>(error->fes), error->fei));
}

HostQueue::Slot* HostQueue::slot_of(uint16_t cid) {
    return cid < slots_.size() && slots_[cid].used ? &slots_[cid] : nullptr;
}

std::optional<PduError> HostQueue::on_header(const PduInfo& pdu, MutByteSpan& into) {
    const bool starting = pdu.type() == PduType::IcResp;
    if (pdu.type() == PduType::C2hTermReq)
        return std::nullopt;
    if (starting == ready_)
        return PduError{Fes::SequenceError, 0};
    if (pdu.type() != PduType::C2hData)
        return std::nullopt;
    const auto data = pdu.as<DataPdu>();
    Slot* slot = slot_of(data.cccid);
    if (!slot)
        return PduError{Fes::SequenceError, 0};
    if (data.length != pdu.data_length)
        return PduError{Fes::InvalidHeaderField, 4};
    if (data.offset != slot->received || uint64_t{data.offset} + data.length > slot->read.size())
        return PduError{Fes::OutOfRange, 12};
    into = slot->read.subspan(data.offset, data.length);
    return std::nullopt;
}

std::optional<PduError> HostQueue::on_pdu(const PduInfo& pdu, bool data_digest_ok) {
    switch (pdu.type()) {
    case PduType::IcResp: {
        const auto resp = pdu.as<IcRespPdu>();
        if (resp.pfv != 0 || resp.cpda != 0)
            return PduError{Fes::UnsupportedParameter, 8};
        const int wanted = (options_.digests.header ? 1 : 0) | (options_.digests.data ? 2 : 0);
        if (resp.dgst != wanted)
            return PduError{Fes::UnsupportedParameter, 11};
        if (resp.maxh2cdata < 4096)
            return PduError{Fes::UnsupportedParameter, 12};
        maxh2cdata_ = resp.maxh2cdata;
        reader_.set_digests(options_.digests.header, options_.digests.data);
        ready_ = true;
        return std::nullopt;
    }
    case PduType::C2hTermReq: {
        const auto term = pdu.as<TermReqPdu>();
        const uint16_t fes = term.fes;
        const uint32_t fei = term.fei;
        fail_queue(Errc::Protocol,
                   fmt::format("the controller ended the connection (fes {} fei {})", fes, fei));
        return PduError{Fes::SequenceError, 0}; // stops the reader; not answered, since failed
    }
    case PduType::C2hData: {
        const auto data = pdu.as<DataPdu>();
        Slot& slot = slots_[data.cccid];
        slot.received += pdu.data_length;
        slot.bad_digest = slot.bad_digest || !data_digest_ok;
        if ((pdu.ch.flags & pdu_flag::kSuccess) != 0) {
            Cqe cqe;
            cqe.cid = data.cccid;
            complete(data.cccid, cqe);
        }
        return std::nullopt;
    }
    case PduType::CapsuleResp: {
        const auto resp = pdu.as<CapsuleRespPdu>();
        if (!slot_of(resp.cqe.cid))
            return PduError{Fes::SequenceError, 0};
        complete(resp.cqe.cid, resp.cqe);
        return std::nullopt;
    }
    case PduType::R2t:
        return on_r2t(pdu.as<R2tPdu>());
    default:
        return PduError{Fes::InvalidHeaderField, 0};
    }
}

std::optional<PduError> HostQueue::on_r2t(const R2tPdu& pdu) {
    Slot* slot = slot_of(pdu.cccid);
    if (!slot)
        return PduError{Fes::SequenceError, 0};
    const uint64_t end = uint64_t{pdu.offset} + pdu.length;
    if (pdu.length == 0 || pdu.offset != slot->granted || end > slot->write.size())
        return PduError{Fes::OutOfRange, 12};
    slot->granted = static_cast<uint32_t>(end);
    uint32_t at = pdu.offset;
    while (at < end) {
        const auto n = std::min<uint32_t>(maxh2cdata_, static_cast<uint32_t>(end) - at);
        const uint8_t flags = at + n == end ? pdu_flag::kLast : uint8_t{0};
        append_data(out_, PduType::H2cData, flags, pdu.cccid, pdu.ttag, at,
                    slot->write.subspan(at, n), options_.digests);
        at += n;
    }
    return std::nullopt;
}

void HostQueue::complete(uint16_t cid, const Cqe& cqe) {
    Slot& slot = slots_[cid];
    HostCompletion done;
    done.tag = slot.tag;
    done.cqe = cqe;
    done.status = Status::from_field(cqe.status);
    if (done.status.ok() && slot.bad_digest)
        done.status = st::kTransientTransport;
    // A controller may describe less data than it was asked for (short log pages); for reads of
    // blocks that is an error, which the caller sees by the missing bytes.
    done.received = slot.received;
    slot = Slot{};
    free_.push_back(cid);
    done_.push_back(done);
}

} // namespace pf::nvme
