// One queue of the host side (initiator) as a state machine: a TCP connection without the socket.
//
// Contract: `start` queues the ICReq; `on_bytes` feeds what the controller sends; `submit` queues a
// command; `take_output` gives what is to be sent and `take_completions` what has finished. Data
// buffers are borrowed: they must stay valid until the command's completion has been taken or the
// queue is dead.
//
// Failure modes: a PDU that breaks the protocol kills the queue (`failure`), after a H2CTermReq was
// queued; a data digest that is wrong ends only its command, with transient transport error.
#pragma once

#include "backend/nvme/pdu.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace pf::nvme {

struct HostQueueOptions {
    uint16_t entries = 32; // SQSIZE + 1; at most entries - 1 commands are outstanding
    uint32_t in_capsule_bytes = kAdminInCapsuleBytes;
    DigestMode digests;
};

struct HostCompletion {
    uint64_t tag = 0;
    Cqe cqe;
    Status status;
    uint32_t received = 0; // bytes of data
};

class HostQueue final : private PduHandler {
  public:
    explicit HostQueue(HostQueueOptions options);

    void start();
    // ICResp has arrived and suits.
    bool ready() const { return ready_; }
    // A command may be submitted now.
    bool can_submit(size_t commands = 1) const {
        return ready_ && !failed() && free_.size() >= commands;
    }
    size_t outstanding() const { return slots_.size() - free_.size(); }
    // The command id and the data pointer of `sqe` are filled in here. `write` is sent with the
    // command, `read` receives data; at most one of them is not empty. Precondition: can_submit().
    uint16_t submit(Sqe sqe, ByteSpan write, MutByteSpan read, uint64_t tag);
    void on_bytes(ByteSpan bytes);

    bool has_output() const { return !out_.empty(); }
    Bytes take_output();
    std::vector<HostCompletion> take_completions();
    bool failed() const { return failure_.has_value(); }
    const std::optional<Error>& failure() const { return failure_; }
    // The largest in-capsule write, known after Identify Controller.
    void set_in_capsule_bytes(uint32_t bytes) { options_.in_capsule_bytes = bytes; }

  private:
    struct Slot {
        bool used = false;
        uint64_t tag = 0;
        ByteSpan write;
        MutByteSpan read;
        uint32_t received = 0;
        uint32_t granted = 0; // bytes the controller has asked for so far
        bool bad_digest = false;
    };

    std::optional<PduError> on_header(const PduInfo& pdu, MutByteSpan& into) override;
    std::optional<PduError> on_pdu(const PduInfo& pdu, bool data_digest_ok) override;
    std::optional<PduError> on_r2t(const R2tPdu& pdu);
    void complete(uint16_t slot, const Cqe& cqe);
    void fail_queue(Errc code, std::string why);
    Slot* slot_of(uint16_t cid);

    HostQueueOptions options_;
    PduReader reader_{PduDirection::ControllerToHost};
    bool ready_ = false;
    uint32_t maxh2cdata_ = 4096;
    std::vector<Slot> slots_;
    std::vector<uint16_t> free_;
    Bytes out_;
    std::vector<HostCompletion> done_;
    std::optional<Error> failure_;
};

} // namespace pf::nvme
