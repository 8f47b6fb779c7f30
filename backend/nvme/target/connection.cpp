#include "backend/nvme/target/connection.hpp"

#include "base/assert.hpp"
#include "base/crc32c.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::nvme::target {
namespace {

constexpr uint16_t kSlotBits = 10; // of a transfer tag; the rest is the slot's generation
constexpr uint16_t kSlotMask = (1u << kSlotBits) - 1;

enum class Direction : uint8_t { None, ToController, ToHost, Both };

Direction direction_of(const Sqe& sqe) {
    const uint8_t bits = sqe.opcode == admin_op::kFabrics ? sqe.fctype() : sqe.opcode;
    return static_cast<Direction>(bits & 3);
}

PduError sequence_error() { return PduError{Fes::SequenceError, 0}; }

} // namespace

Connection::Connection(SessionId id, const ConnectionLimits& limits, MemoryBudget& budget,
                       CommandHandler& handler)
    : id_(id), limits_(limits), budget_(budget), handler_(handler), slots_(1), free_{0} {}

Connection::~Connection() { budget_.held -= charged_ + out_pending_; }

void Connection::set_queue(bool admin, uint16_t entries, bool sq_flow_control) {
    PF_ASSERT(entries >= 2 && entries <= kSlotMask + 1u, "queue size out of range");
    admin_ = admin;
    entries_ = entries;
    flow_control_ = sq_flow_control;
    const size_t had = slots_.size();
    slots_.resize(entries);
    for (size_t i = slots_.size(); i > had; --i)
        free_.insert(free_.begin(), static_cast<uint16_t>(i - 1));
}

void Connection::on_bytes(ByteSpan bytes) {
    if (state_ != State::Terminated)
        check(reader_.feed(bytes, *this));
}

std::pair<MutByteSpan, rt::IoBuffer> Connection::window() const {
    const MutByteSpan span = state_ == State::Terminated ? MutByteSpan() : reader_.window();
    const int32_t slot = h2c_slot_ >= 0 ? h2c_slot_ : capsule_slot_;
    if (span.empty() || slot < 0)
        return {};
    return {span, slots_[static_cast<size_t>(slot)].buffer};
}

void Connection::on_window(size_t bytes) {
    if (state_ != State::Terminated)
        check(reader_.commit(bytes, *this));
}

void Connection::check(const std::optional<PduError>& error) {
    if (!error || state_ == State::Terminated)
        return;
    const ByteSpan header = reader_.current_header();
    const int type = header.empty() ? -1 : std::to_integer<int>(header[0]);
    terminate(*error, header,
              fmt::format("malformed PDU type={:#04x} fes={} fei={}", type,
                          static_cast<int>(error->fes), error->fei));
}

void Connection::terminate(PduError error, ByteSpan offending, std::string why) {
    if (state_ == State::Terminated)
        return;
    const Bytes pdu = encode_term(PduType::C2hTermReq, error, offending);
    out_.copy(pdu);
    sent_later(pdu.size());
    end_reason_ = std::move(why);
    state_ = State::Terminated;
}

void Connection::sent_later(size_t bytes) {
    out_pending_ += bytes;
    budget_.held += bytes;
}

void Connection::on_sent(size_t bytes) {
    const uint64_t gone = std::min<uint64_t>(out_pending_, bytes);
    out_pending_ -= gone;
    budget_.held -= gone;
    admit_waiting();
}

// ---------------------------------------------------------------- slots and memory

int32_t Connection::take_slot() {
    if (free_.empty())
        return -1;
    const uint16_t slot = free_.back();
    free_.pop_back();
    const auto generation = static_cast<uint16_t>(slots_[slot].generation + 1);
    slots_[slot] = Command{};
    slots_[slot].generation = generation;
    ++outstanding_;
    return slot;
}

void Connection::free_slot(uint16_t slot) {
    Command& cmd = slots_[slot];
    if (cmd.owns_cid)
        cids_.reset(cmd.sqe.cid);
    charged_ -= cmd.charge;
    budget_.held -= cmd.charge;
    cmd.charge = 0;
    cmd.buffer = rt::IoBuffer();
    cmd.phase = Command::Phase::Free;
    free_.push_back(slot);
    --outstanding_;
}

uint16_t Connection::ttag_of(uint16_t slot) const {
    return static_cast<uint16_t>((slots_[slot].generation << kSlotBits) | slot);
}

Command* Connection::executing(uint16_t slot, uint16_t generation) {
    if (slot >= slots_.size())
        return nullptr;
    Command& cmd = slots_[slot];
    if (cmd.phase != Command::Phase::Executing || cmd.generation != generation)
        return nullptr;
    return &cmd;
}

bool Connection::admissible(uint32_t bytes) const {
    const uint64_t held = charged_ + out_pending_;
    return held == 0 ||
           (held + bytes <= limits_.memory_bytes && budget_.held + bytes <= budget_.limit);
}

void Connection::charge(Command& cmd, uint32_t bytes) {
    cmd.charge = bytes;
    charged_ += bytes;
    budget_.held += bytes;
}

void Connection::admit_waiting() {
    if (admitting_)
        return;
    admitting_ = true;
    while (!waiting_.empty() && state_ != State::Terminated &&
           admissible(slots_[waiting_.front()].length)) {
        const uint16_t slot = waiting_.front();
        waiting_.pop_front();
        start_transfer(slot);
    }
    admitting_ = false;
}

// ---------------------------------------------------------------- abort

// Ends a command in whatever state before execution. Data that the host has been asked for may
// still come: it is thrown away then.
void Connection::end_aborted(uint16_t slot, Status status) {
    Command& cmd = slots_[slot];
    if (slot == h2c_slot_ || slot == capsule_slot_) {
        // Its data is arriving right now, into its buffer: it ends with the PDU.
        cmd.failed = status;
        cmd.partner = -1;
        return;
    }
    if (cmd.phase == Command::Phase::Transfer) {
        if (strays_.size() >= slots_.size())
            strays_.pop_front();
        strays_.push_back(Stray{ttag_of(slot), cmd.sqe.cid, cmd.received, cmd.length});
    } else if (cmd.phase == Command::Phase::WaitMemory) {
        std::erase(waiting_, slot);
    }
    respond(slot, status);
}

std::vector<uint16_t> Connection::commands_of(uint32_t nsid) const {
    std::vector<uint16_t> out;
    for (const Command& cmd : slots_)
        if (cmd.phase != Command::Phase::Free && cmd.owns_cid && cmd.sqe.nsid == nsid &&
            cmd.sqe.opcode != admin_op::kFabrics)
            out.push_back(cmd.sqe.cid);
    return out;
}

void Connection::mark_preempted(uint32_t nsid) {
    for (Command& cmd : slots_)
        if (cmd.phase == Command::Phase::Executing && cmd.sqe.nsid == nsid)
            cmd.preempted = true;
}

AbortFound Connection::abort(uint16_t cid, Status status) {
    if (!cids_.test(cid))
        return {};
    const auto at = std::find_if(slots_.begin(), slots_.end(), [&](const Command& c) {
        return c.owns_cid && c.phase != Command::Phase::Free && c.sqe.cid == cid;
    });
    if (at == slots_.end())
        return {};
    const auto slot = static_cast<uint16_t>(at - slots_.begin());
    if (at->phase == Command::Phase::Executing)
        return {AbortOutcome::Executing, slot};
    if (std::exchange(at->awaiting_second, false))
        pending_first_ = -1;
    if (at->partner >= 0) { // the pair is one operation
        const auto other = static_cast<uint16_t>(at->partner);
        const bool second = at->fused_second;
        end_aborted(second ? other : slot, status);
        end_aborted(second ? slot : other, status);
    } else {
        end_aborted(slot, status);
    }
    return {AbortOutcome::Aborted, slot};
}

// True for data of an aborted transfer.
bool Connection::discards(const DataPdu& data) {
    const auto at = std::find_if(strays_.begin(), strays_.end(), [&](const Stray& s) {
        return s.ttag == data.ttag && s.cid == data.cccid && s.at == data.offset &&
               uint64_t{data.offset} + data.length <= s.length;
    });
    if (at == strays_.end())
        return false;
    at->at += data.length;
    if (at->at == at->length)
        strays_.erase(at);
    return true;
}

// Memory is there: ask for the data, or go on when it flows to the host.
void Connection::start_transfer(uint16_t slot) {
    Command& cmd = slots_[slot];
    charge(cmd, cmd.length);
    if (cmd.to_host) {
        data_complete(slot);
        return;
    }
    cmd.phase = Command::Phase::Transfer;
    cmd.buffer = rt::IoBuffer::allocate(cmd.length);
    const uint16_t ttag = ttag_of(slot);
    std::erase_if(strays_, [&](const Stray& s) { return s.ttag == ttag; });
    std::byte pdu[kMaxHeaderBytes];
    const size_t n = put_r2t(pdu, cmd.sqe.cid, ttag, 0, cmd.length, digests_);
    out_.copy(ByteSpan(pdu, n));
    sent_later(n);
}

// ---------------------------------------------------------------- input

std::optional<PduError> Connection::on_header(const PduInfo& pdu, MutByteSpan& into) {
    if (state_ == State::Terminated)
        return sequence_error();
    switch (pdu.type()) {
    case PduType::H2cTermReq:
        return std::nullopt;
    case PduType::IcReq:
        if (state_ != State::Accepted)
            return sequence_error();
        return std::nullopt;
    case PduType::CapsuleCmd:
        if (state_ != State::Ready)
            return sequence_error();
        return on_capsule(pdu, into);
    case PduType::H2cData:
        if (state_ != State::Ready)
            return sequence_error();
        return on_h2c_header(pdu, into);
    default:
        return PduError{Fes::InvalidHeaderField, 0};
    }
}

std::optional<PduError> Connection::on_pdu(const PduInfo& pdu, bool data_digest_ok) {
    switch (pdu.type()) {
    case PduType::H2cTermReq: {
        const auto term = pdu.as<TermReqPdu>();
        const uint16_t fes = term.fes;
        end_reason_ = fmt::format("host sent a termination request fes={}", fes);
        state_ = State::Terminated;
        return sequence_error(); // stops the reader; no termination request answers another
    }
    case PduType::IcReq:
        return on_icreq(pdu.as<IcReqPdu>());
    case PduType::CapsuleCmd: {
        const auto slot = static_cast<uint16_t>(std::exchange(capsule_slot_, -1));
        Command& cmd = slots_[slot];
        if (!data_digest_ok && cmd.failed.ok())
            cmd.failed = st::kTransientTransport;
        begin(slot);
        return std::nullopt;
    }
    case PduType::H2cData: {
        if (h2c_slot_ < 0)
            return std::nullopt; // of an aborted command
        const auto slot = static_cast<uint16_t>(std::exchange(h2c_slot_, -1));
        Command& cmd = slots_[slot];
        const bool aborted = cmd.failed == st::kAborted || cmd.failed == st::kPreempted;
        if (aborted && cmd.received + pdu.data_length < cmd.length) {
            cmd.received += pdu.data_length;
            end_aborted(slot, cmd.failed);
            return std::nullopt;
        }
        if (!data_digest_ok && cmd.failed.ok())
            cmd.failed = st::kTransientTransport;
        cmd.received += pdu.data_length;
        if (cmd.received == cmd.length)
            data_complete(slot);
        return std::nullopt;
    }
    default:
        return PduError{Fes::InvalidHeaderField, 0};
    }
}

std::optional<PduError> Connection::on_icreq(const IcReqPdu& pdu) {
    if (pdu.pfv != 0)
        return PduError{Fes::InvalidHeaderField, 8};
    if (pdu.hpda > 31)
        return PduError{Fes::InvalidHeaderField, 10};
    digests_ = DigestMode{(pdu.dgst & 1) != 0, (pdu.dgst & 2) != 0};
    alignment_ = (pdu.hpda + 1u) * 4;
    reader_.set_digests(digests_.header, digests_.data);
    // Linux refuses a response whose digests differ from what it asked for, and a CPDA above zero.
    const Bytes resp = encode_icresp(0, digests_, limits_.max_h2c_data_bytes);
    out_.copy(resp);
    sent_later(resp.size());
    state_ = State::Ready;
    return std::nullopt;
}

std::optional<PduError> Connection::on_capsule(const PduInfo& pdu, MutByteSpan& into) {
    const int32_t taken = take_slot();
    // More commands than the queue has entries: the host has lost count.
    if (taken < 0)
        return PduError{Fes::LimitExceeded, 0};
    const auto slot = static_cast<uint16_t>(taken);
    Command& cmd = slots_[slot];
    cmd.phase = Command::Phase::Receiving;
    cmd.sqe = pdu.as<CapsuleCmdPdu>().sqe;
    if (cids_.test(cmd.sqe.cid)) {
        cmd.failed = st::kCidConflict;
    } else {
        cids_.set(cmd.sqe.cid);
        cmd.owns_cid = true;
    }
    auto error =
        pdu.data_length > 0 ? check_in_capsule(cmd, pdu.data_length) : check_no_capsule_data(cmd);
    if (error)
        return error;
    if ((cmd.sqe.flags >> 6) != 1 && cmd.failed.ok())
        cmd.failed = st::kInvalidField;
    // Which command follows which on the wire decides fused pairs, not whose data is here first.
    pair_fused(slot);
    if (pdu.data_length > 0) {
        cmd.received = pdu.data_length;
        charge(cmd, pdu.data_length);
        if (cmd.failed.ok()) {
            cmd.buffer = rt::IoBuffer::allocate(pdu.data_length);
            into = cmd.buffer.span();
        }
    }
    capsule_slot_ = slot;
    return std::nullopt;
}

std::optional<PduError> Connection::check_in_capsule(Command& cmd, uint32_t data_length) const {
    const bool fabrics = cmd.sqe.opcode == admin_op::kFabrics;
    const uint32_t limit = admin_ || fabrics ? kAdminInCapsuleBytes : limits_.in_capsule_bytes;
    if (data_length > limit)
        return PduError{Fes::LimitExceeded, 4};
    const Sgl& sgl = cmd.sqe.sgl;
    const uint32_t sgl_at = sizeof(PduHeader) + offsetof(Sqe, sgl);
    if (sgl.type != Sgl::kInCapsule)
        return PduError{Fes::UnsupportedParameter, sgl_at + 15};
    if (sgl.address != 0)
        return PduError{Fes::UnsupportedParameter, sgl_at};
    if (sgl.length != data_length)
        return PduError{Fes::InvalidHeaderField, 4};
    cmd.length = data_length;
    if (direction_of(cmd.sqe) != Direction::ToController && cmd.failed.ok())
        cmd.failed =
            direction_of(cmd.sqe) == Direction::Both ? st::kInvalidOpcode : st::kInvalidField;
    return std::nullopt;
}

// Nothing follows this capsule on the stream, so what is wrong with it can fail the command alone.
std::optional<PduError> Connection::check_no_capsule_data(Command& cmd) const {
    const Sgl& sgl = cmd.sqe.sgl;
    const Direction direction = direction_of(cmd.sqe);
    if (direction == Direction::None || (sgl.type == 0 && sgl.length == 0))
        return std::nullopt; // a data pointer of zeroes describes nothing
    if (sgl.type == Sgl::kInCapsule && sgl.length > 0)
        return PduError{Fes::InvalidHeaderField, 4};
    if (!cmd.failed.ok())
        return std::nullopt;
    if (direction == Direction::Both) {
        cmd.failed = st::kInvalidOpcode;
    } else if (sgl.type != Sgl::kInCapsule && sgl.type != Sgl::kTransport) {
        cmd.failed = st::kSglTypeInvalid;
    } else if (sgl.length > limits_.max_transfer_bytes) {
        cmd.failed = st::kInvalidField;
    } else {
        cmd.length = sgl.length;
        cmd.to_host = direction == Direction::ToHost;
    }
    return std::nullopt;
}

// The capsule is here, in-capsule data included.
void Connection::begin(uint16_t slot) {
    Command& cmd = slots_[slot];
    const bool moves_data = cmd.length > cmd.received;
    if (!cmd.failed.ok() || !moves_data) {
        data_complete(slot);
    } else if (!waiting_.empty() || !admissible(cmd.length)) {
        cmd.phase = Command::Phase::WaitMemory;
        waiting_.push_back(slot);
    } else {
        start_transfer(slot);
    }
}

std::optional<PduError> Connection::on_h2c_header(const PduInfo& pdu, MutByteSpan& into) {
    const auto data = pdu.as<DataPdu>();
    const uint16_t slot = data.ttag & kSlotMask;
    if (data.length == pdu.data_length && discards(data))
        return std::nullopt;
    if (slot >= slots_.size() || slots_[slot].phase != Command::Phase::Transfer ||
        ttag_of(slot) != data.ttag || slots_[slot].sqe.cid != data.cccid)
        return sequence_error();
    Command& cmd = slots_[slot];
    if (data.length != pdu.data_length)
        return PduError{Fes::InvalidHeaderField, 4};
    if (data.length > limits_.max_h2c_data_bytes)
        return PduError{Fes::LimitExceeded, 16};
    const uint64_t end = uint64_t{data.offset} + data.length;
    if (data.offset != cmd.received || end > cmd.length)
        return PduError{Fes::OutOfRange, 12};
    const bool last = (data.ch.flags & pdu_flag::kLast) != 0;
    if (last != (end == cmd.length))
        return PduError{Fes::InvalidHeaderField, 1};
    into = cmd.buffer.span(data.offset, data.length);
    h2c_slot_ = slot;
    return std::nullopt;
}

// ---------------------------------------------------------------- fused pairs

void Connection::pair_fused(uint16_t slot) {
    Command& cmd = slots_[slot];
    const uint8_t fuse = cmd.sqe.fuse();
    const int32_t first = std::exchange(pending_first_, -1);
    if (first >= 0) {
        Command& head = slots_[static_cast<size_t>(first)];
        head.awaiting_second = false;
        if (fuse == 2) {
            head.partner = slot;
            cmd.partner = first;
            cmd.fused_second = true;
            return;
        }
        if (head.failed.ok())
            head.failed = st::kAbortedMissingFused;
        if (head.phase == Command::Phase::Ready)
            respond(static_cast<uint16_t>(first), head.failed);
    }
    if (fuse == 0)
        return;
    if (fuse == 1 && !admin_) {
        pending_first_ = slot;
        cmd.awaiting_second = true;
    } else if (cmd.failed.ok()) {
        cmd.failed = fuse == 2 && !admin_ ? st::kAbortedMissingFused : st::kInvalidField;
    }
}

void Connection::data_complete(uint16_t slot) {
    Command& cmd = slots_[slot];
    cmd.phase = Command::Phase::Ready;
    if (cmd.awaiting_second)
        return;
    if (cmd.partner >= 0) {
        const auto other = static_cast<uint16_t>(cmd.partner);
        if (slots_[other].phase != Command::Phase::Ready)
            return;
        if (cmd.fused_second)
            finish_pair(other, slot);
        else
            finish_pair(slot, other);
        return;
    }
    if (!cmd.failed.ok()) {
        respond(slot, cmd.failed);
        return;
    }
    cmd.phase = Command::Phase::Executing;
    handler_.on_command(*this, slot);
}

void Connection::finish_pair(uint16_t first, uint16_t second) {
    Command& a = slots_[first];
    Command& b = slots_[second];
    if (a.failed.ok() && b.failed.ok()) {
        a.phase = Command::Phase::Executing;
        b.phase = Command::Phase::Executing;
        handler_.on_fused(*this, first, second);
        return;
    }
    const Status first_status = a.failed.ok() ? st::kAbortedFailedFused : a.failed;
    const Status second_status = b.failed.ok() ? st::kAbortedFailedFused : b.failed;
    respond(first, first_status);
    respond(second, second_status);
}

// ---------------------------------------------------------------- output

uint16_t Connection::next_sqhd() {
    if (!flow_control_)
        return 0xFFFF;
    sq_head_ = static_cast<uint16_t>((sq_head_ + 1u) % entries_);
    return sq_head_;
}

void Connection::respond(uint16_t slot, Status status, uint32_t dw0, uint32_t dw1) {
    Cqe cqe;
    cqe.dw0 = dw0;
    cqe.dw1 = dw1;
    cqe.sqhd = next_sqhd();
    cqe.cid = slots_[slot].sqe.cid;
    cqe.status = status.field();
    if (state_ != State::Terminated) {
        const size_t n = sizeof(CapsuleRespPdu) + (digests_.header ? 4 : 0);
        put_capsule_resp(out_.extend(n), cqe, digests_);
        sent_later(n);
    }
    free_slot(slot);
    admit_waiting();
}

// Header and trailer around data that `append` puts in between.
template<class Append>
void Connection::send_data(uint16_t slot, ByteSpan data, uint32_t dw0, Append append) {
    // Without submission queue flow control the completion of a good read can ride on the data.
    const bool success = !flow_control_ && dw0 == 0;
    if (state_ != State::Terminated) {
        const auto flags =
            static_cast<uint8_t>(pdu_flag::kLast | (success ? pdu_flag::kSuccess : 0));
        std::byte header[kMaxHeaderBytes];
        const size_t n =
            put_data_header(header, PduType::C2hData, flags, slots_[slot].sqe.cid, 0, 0,
                            static_cast<uint32_t>(data.size()), digests_, alignment_);
        std::memcpy(out_.extend(n), header, n);
        append();
        if (digests_.data) {
            const uint32_t crc = crc32c(data);
            std::memcpy(out_.extend(sizeof(crc)), &crc, sizeof(crc));
        }
        sent_later(n + data.size() + (digests_.data ? 4 : 0));
    }
    if (!success) {
        respond(slot, st::kOk, dw0);
        return;
    }
    free_slot(slot);
    admit_waiting();
}

void Connection::respond_data(uint16_t slot, ByteSpan data, uint32_t dw0) {
    data = data.first(std::min<size_t>(data.size(), slots_[slot].length));
    if (data.empty())
        respond(slot, st::kOk, dw0);
    else
        send_data(slot, data, dw0, [&] { out_.copy(data); });
}

void Connection::respond_buffer(uint16_t slot) {
    const rt::IoBuffer buffer = slots_[slot].buffer;
    const ByteSpan data = buffer.span();
    if (data.empty())
        respond(slot, st::kOk);
    else
        send_data(slot, data, 0, [&] { out_.borrow(buffer, data); });
}

} // namespace pf::nvme::target
