// One NVMe/TCP connection of the target, below the meaning of commands: connection start-up,
// command capsules, data transfers in both directions, digests, fused pairs, command slots.
//
// Contract: bytes in (`on_bytes`), whole commands out to a CommandHandler, which answers each
// exactly once with `respond`, `respond_data` or, for a fused pair, one `respond` per slot. Output
// accumulates until `take_output`. A command is handed over only when all its data is here, so
// nothing that follows has to know about R2T.
//
// Limits: outstanding commands by the queue size, data held by `memory_bytes` for this connection
// and by the MemoryBudget for all of them (commands beyond it wait without an R2T, so the host
// holds their data), one R2T per command.
#pragma once

#include "backend/nvme/output.hpp"
#include "backend/nvme/pdu.hpp"
#include "backend/nvme/target/types.hpp"

#include <bitset>
#include <deque>
#include <string>
#include <utility>

namespace pf::nvme::target {

struct ConnectionLimits {
    uint32_t max_transfer_bytes = 1024 * 1024;
    uint32_t in_capsule_bytes = 16384;
    uint32_t max_h2c_data_bytes = 256 * 1024;
    uint32_t memory_bytes = 16 * 1024 * 1024;
};

// Data held by all connections of a target. A connection that holds nothing may always take one
// command's worth, so that every one of them gets on.
struct MemoryBudget {
    uint64_t limit = UINT64_MAX;
    uint64_t held = 0;
};

struct Command {
    enum class Phase : uint8_t { Free, Receiving, WaitMemory, Transfer, Ready, Executing };
    Sqe sqe;
    rt::IoBuffer buffer;  // of `length` bytes, either direction
    uint32_t length = 0;  // what the SGL describes
    bool to_host = false; // data direction, when length is not 0
    Phase phase = Phase::Free;
    uint16_t generation = 0;
    bool owns_cid = false;
    uint32_t received = 0;
    uint32_t charge = 0;
    Status failed;        // ends the command with this once its data has arrived
    int32_t partner = -1; // the other half of a fused pair
    bool fused_second = false;
    bool awaiting_second = false;
    bool preempted = false; // its host lost the namespace while storage had it

    // What the host sent; empty when there was nothing.
    ByteSpan data() const { return to_host ? ByteSpan() : ByteSpan(buffer.span()); }
};

// What an abort found.
enum class AbortOutcome : uint8_t {
    Unknown,   // no such command, or answered already
    Aborted,   // it is answered, or will be once data that is on its way has come
    Executing, // with the handler: `slot` says where
};
struct AbortFound {
    AbortOutcome outcome = AbortOutcome::Unknown;
    uint16_t slot = 0;
};

class Connection;

class CommandHandler {
  public:
    virtual ~CommandHandler() = default;
    virtual void on_command(Connection& connection, uint16_t slot) = 0;
    virtual void on_fused(Connection& connection, uint16_t first, uint16_t second) = 0;
};

class Connection final : private PduHandler {
  public:
    enum class State : uint8_t { Accepted, Ready, Terminated };

    // `budget` must outlive the connection.
    Connection(SessionId id, const ConnectionLimits& limits, MemoryBudget& budget,
               CommandHandler& handler);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    SessionId id() const { return id_; }
    State state() const { return state_; }
    // Set when the connection was ended by this side, for the log.
    const std::string& end_reason() const { return end_reason_; }

    void on_bytes(ByteSpan bytes);
    // Where the next bytes of data belong, with the memory that keeps the span valid; they may be
    // put there and announced with `on_window` instead of going through `on_bytes`.
    std::pair<MutByteSpan, rt::IoBuffer> window() const;
    void on_window(size_t bytes);
    void on_sent(size_t bytes);
    // Called once Connect has succeeded: from now on `entries` commands may be outstanding.
    void set_queue(bool admin, uint16_t entries, bool sq_flow_control);

    Command& command(uint16_t slot) { return slots_[slot]; }
    // The executing command with this id and generation; null when it was answered already.
    Command* executing(uint16_t slot, uint16_t generation);
    void respond(uint16_t slot, Status status, uint32_t dw0 = 0, uint32_t dw1 = 0);
    // Sends at most the length the host described, then the completion.
    void respond_data(uint16_t slot, ByteSpan data, uint32_t dw0 = 0);
    // The same with the command's own buffer, which is not copied.
    void respond_buffer(uint16_t slot);
    // Ends a command that is not with the handler yet.
    AbortFound abort(uint16_t cid, Status status = st::kAborted);
    // Ids of the commands for a namespace that are not answered yet.
    std::vector<uint16_t> commands_of(uint32_t nsid) const;
    // Those that the handler has: should storage not carry them out, the reason is the preemption.
    void mark_preempted(uint32_t nsid);
    void terminate(PduError error, ByteSpan offending, std::string why);
    // No more input is looked at; output that is there is still sent.
    void shut() { state_ = State::Terminated; }

    bool has_output() const { return !out_.empty(); }
    // `into` must be clear.
    void take_output(Output& into) { std::swap(into, out_); }
    bool want_read() const {
        return state_ != State::Terminated && out_pending_ < limits_.memory_bytes &&
               (charged_ == 0 || budget_.held <= budget_.limit);
    }
    size_t outstanding() const { return outstanding_; }

  private:
    std::optional<PduError> on_header(const PduInfo& pdu, MutByteSpan& into) override;
    std::optional<PduError> on_pdu(const PduInfo& pdu, bool data_digest_ok) override;
    std::optional<PduError> on_icreq(const IcReqPdu& pdu);
    std::optional<PduError> on_capsule(const PduInfo& pdu, MutByteSpan& into);
    std::optional<PduError> check_in_capsule(Command& cmd, uint32_t data_length) const;
    std::optional<PduError> check_no_capsule_data(Command& cmd) const;
    void begin(uint16_t slot);
    void check(const std::optional<PduError>& error);
    void charge(Command& cmd, uint32_t bytes);
    void sent_later(size_t bytes);
    void end_aborted(uint16_t slot, Status status);
    bool discards(const DataPdu& data);
    std::optional<PduError> on_h2c_header(const PduInfo& pdu, MutByteSpan& into);
    void pair_fused(uint16_t slot);
    void data_complete(uint16_t slot);
    void finish_pair(uint16_t first, uint16_t second);
    template<class Append>
    void send_data(uint16_t slot, ByteSpan data, uint32_t dw0, Append append);
    bool admissible(uint32_t bytes) const;
    void start_transfer(uint16_t slot);
    void admit_waiting();
    int32_t take_slot();
    void free_slot(uint16_t slot);
    uint16_t ttag_of(uint16_t slot) const;
    uint16_t next_sqhd();

    // A transfer whose command was aborted: what the host still sends for it is thrown away.
    struct Stray {
        uint16_t ttag = 0;
        uint16_t cid = 0;
        uint32_t at = 0;
        uint32_t length = 0;
    };

    SessionId id_;
    ConnectionLimits limits_;
    MemoryBudget& budget_;
    CommandHandler& handler_;
    PduReader reader_{PduDirection::HostToController};
    State state_ = State::Accepted;
    std::string end_reason_;
    DigestMode digests_;
    uint32_t alignment_ = 4;

    bool admin_ = true;
    bool flow_control_ = true;
    uint16_t entries_ = 1;
    uint16_t sq_head_ = 0;
    std::vector<Command> slots_;
    std::vector<uint16_t> free_;
    std::bitset<65536> cids_;
    size_t outstanding_ = 0;

    int32_t capsule_slot_ = -1;  // slot whose in-capsule data is being read
    int32_t h2c_slot_ = -1;      // slot whose H2CData is being read
    int32_t pending_first_ = -1; // fused first whose second has not arrived

    std::deque<uint16_t> waiting_; // for memory, in order of arrival
    uint64_t charged_ = 0;
    uint64_t out_pending_ = 0; // bytes queued or being sent
    Output out_;
    std::deque<Stray> strays_;
    bool admitting_ = false;
};

} // namespace pf::nvme::target
