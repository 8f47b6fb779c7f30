// I/O commands: checks, hand-over to the block device, completions, fused compare and write.
#include "backend/nvme/target/impl.hpp"

#include <algorithm>

namespace pf::nvme::target {
namespace {

Status ana_status(AnaState state) {
    switch (state) {
    case AnaState::Optimized:
    case AnaState::NonOptimized:
        return st::kOk;
    case AnaState::Inaccessible:
        return st::kAnaInaccessible;
    case AnaState::PersistentLoss:
        return st::kAnaPersistentLoss;
    case AnaState::Change:
        return st::kAnaTransition;
    }
    return st::kAnaInaccessible;
}

bool in_range(const NamespaceConfig& ns, const Sqe& sqe) {
    const uint64_t blocks = sqe.blocks();
    return blocks <= ns.size_blocks && sqe.slba() <= ns.size_blocks - blocks;
}

bool allowed(const Controller& controller, const NamespaceConfig& ns, AccessKind access) {
    return !ns.reservation || reservation_allows(*ns.reservation, controller.host_id, access);
}

} // namespace

// The namespace is there for this host, and on this path.
Status Target::Impl::usable(const Controller& controller, uint32_t nsid,
                            const NamespaceConfig*& ns) const {
    ns = controller.find(nsid);
    return ns ? ana_status(ana_state(controller, ns->ana_group)) : st::kInvalidNamespace;
}

void Target::Impl::submit(Session& session, uint16_t slot, IoRequest request) {
    Controller& controller = *session.controller;
    request.token = IoToken{session.connection.id(), slot,
                            session.connection.command(slot).generation, controller.cntlid};
    request.token.changes = request.op == IoOp::Write || request.op == IoOp::CompareAndWrite ||
                            request.op == IoOp::WriteZeroes || request.op == IoOp::Deallocate;
    ++controller.io_in_flight;
    controller.changes_in_flight += request.token.changes ? 1 : 0;
    session.changes += request.token.changes ? 1 : 0;
    ++io_in_flight_;
    io_.push_back(std::move(request));
}

IoRequest Target::Impl::request_for(const NamespaceConfig& ns, const Sqe& sqe, IoOp op) {
    IoRequest request;
    request.op = op;
    request.device = ns.device;
    request.offset_bytes = sqe.slba() << ns.block_shift;
    request.length_bytes = uint64_t{sqe.blocks()} << ns.block_shift;
    return request;
}

void Target::Impl::io_command(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    Command& cmd = c.command(slot);
    const Sqe& sqe = cmd.sqe;
    Controller& controller = *session.controller;
    if (!controller.enabled()) {
        c.respond(slot, st::kCommandSequence);
        return;
    }
    const uint8_t op = sqe.opcode;
    const bool moves_data = op == io_op::kRead || op == io_op::kWrite || op == io_op::kCompare;
    const bool reserves = op == io_op::kReservationRegister || op == io_op::kReservationReport ||
                          op == io_op::kReservationAcquire || op == io_op::kReservationRelease;
    const bool has_range = moves_data || op == io_op::kWriteZeroes || op == io_op::kVerify;
    if (!has_range && !reserves && op != io_op::kFlush && op != io_op::kDsm) {
        c.respond(slot, st::kInvalidOpcode);
        return;
    }
    if (op == io_op::kFlush && sqe.nsid == kBroadcastNsid) {
        c.respond(slot, st::kOk); // every acknowledged write is durable already
        return;
    }
    const NamespaceConfig* ns = nullptr;
    if (const Status status = usable(controller, sqe.nsid, ns); !status.ok()) {
        c.respond(slot, status);
        return;
    }
    if (reserves) {
        reservation_command(session, slot, *ns);
        return;
    }
    const bool reads = op == io_op::kRead || op == io_op::kCompare || op == io_op::kVerify;
    if (!allowed(controller, *ns, reads ? AccessKind::Read : AccessKind::Write)) {
        c.respond(slot, st::kReservationConflict);
        return;
    }
    if (has_range && !in_range(*ns, sqe)) {
        c.respond(slot, st::kLbaOutOfRange);
        return;
    }
    if (moves_data && cmd.length != uint64_t{sqe.blocks()} << ns->block_shift) {
        c.respond(slot, st::kSglLengthInvalid);
        return;
    }
    if (ns->read_only && (op == io_op::kWrite || op == io_op::kWriteZeroes || op == io_op::kDsm)) {
        c.respond(slot, st::kNamespaceWriteProtected);
        return;
    }
    switch (op) {
    case io_op::kRead: {
        IoRequest request = request_for(*ns, sqe, IoOp::Read);
        ++controller.reads;
        ++counters_.reads;
        controller.read_bytes += cmd.length;
        counters_.read_bytes += cmd.length;
        cmd.buffer = rt::IoBuffer::allocate(cmd.length);
        request.buffer = cmd.buffer;
        request.into = cmd.buffer.span();
        return submit(session, slot, std::move(request));
    }
    case io_op::kWrite:
    case io_op::kCompare: {
        const bool write = op == io_op::kWrite;
        IoRequest request = request_for(*ns, sqe, write ? IoOp::Write : IoOp::Compare);
        if (write) {
            ++controller.writes;
            ++counters_.writes;
            controller.write_bytes += cmd.length;
            counters_.write_bytes += cmd.length;
        }
        request.buffer = cmd.buffer;
        request.data = cmd.data();
        return submit(session, slot, std::move(request));
    }
    case io_op::kWriteZeroes: {
        IoRequest request = request_for(*ns, sqe, IoOp::WriteZeroes);
        request.deallocate = (sqe.cdw12 & (1u << 25)) != 0;
        return submit(session, slot, std::move(request));
    }
    case io_op::kVerify:
        return submit(session, slot, request_for(*ns, sqe, IoOp::Verify));
    case io_op::kDsm:
        return dataset_management(session, slot, *ns);
    default: {
        IoRequest request;
        request.op = IoOp::Flush;
        request.device = ns->device;
        return submit(session, slot, std::move(request));
    }
    }
}

void Target::Impl::dataset_management(Session& session, uint16_t slot, const NamespaceConfig& ns) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    const size_t count = (cmd.sqe.cdw10 & 0xFF) + 1;
    if (cmd.data().size() < count * sizeof(DsmRange)) {
        c.respond(slot, st::kSglLengthInvalid);
        return;
    }
    IoRequest request;
    request.op = IoOp::Deallocate;
    request.device = ns.device;
    for (size_t i = 0; i < count; ++i) {
        const auto range =
            load_struct<DsmRange>(cmd.data().subspan(i * sizeof(DsmRange), sizeof(DsmRange)));
        if (range.blocks > ns.size_blocks || range.slba > ns.size_blocks - range.blocks) {
            c.respond(slot, st::kLbaOutOfRange);
            return;
        }
        if (range.blocks > 0)
            request.ranges.push_back(
                ByteRange{range.slba << ns.block_shift, uint64_t{range.blocks} << ns.block_shift});
    }
    const bool deallocate = (cmd.sqe.cdw11 & 4) != 0; // everything else is only a hint
    if (!deallocate || request.ranges.empty()) {
        c.respond(slot, st::kOk);
        return;
    }
    submit(session, slot, std::move(request));
}

// The compare is first, the write second; they run as one operation of the block device.
void Target::Impl::on_fused(Connection& connection, uint16_t first, uint16_t second) {
    Session& session = *find(connection.id());
    const auto refuse = [&](Status a, Status b) {
        connection.respond(first, a);
        connection.respond(second, b);
    };
    if (!session.controller || session.qid == 0)
        return refuse(st::kCommandSequence, st::kCommandSequence);
    if (!session.authenticated)
        return refuse(st::kAuthRequired, st::kAuthRequired);
    Controller& controller = *session.controller;
    controller.last_sign = now_;
    Command& a = connection.command(first);
    Command& b = connection.command(second);
    if (!controller.enabled())
        return refuse(st::kCommandSequence, st::kCommandSequence);
    if (a.sqe.opcode != io_op::kCompare || b.sqe.opcode != io_op::kWrite)
        return refuse(st::kInvalidOpcode, st::kInvalidOpcode);
    if (a.sqe.nsid != b.sqe.nsid || a.sqe.slba() != b.sqe.slba() ||
        a.sqe.blocks() != b.sqe.blocks())
        return refuse(st::kAbortedFailedFused, st::kInvalidField);
    const NamespaceConfig* ns = nullptr;
    if (const Status status = usable(controller, a.sqe.nsid, ns); !status.ok())
        return refuse(status, st::kAbortedFailedFused);
    if (!allowed(controller, *ns, AccessKind::Write)) // the pair as a whole counts as a write
        return refuse(st::kReservationConflict, st::kAbortedFailedFused);
    if (!in_range(*ns, a.sqe))
        return refuse(st::kLbaOutOfRange, st::kAbortedFailedFused);
    if (ns->read_only)
        return refuse(st::kAbortedFailedFused, st::kNamespaceWriteProtected);
    const uint64_t bytes = uint64_t{a.sqe.blocks()} << ns->block_shift;
    if (a.length != bytes)
        return refuse(st::kSglLengthInvalid, st::kAbortedFailedFused);
    if (b.length != bytes)
        return refuse(st::kAbortedFailedFused, st::kSglLengthInvalid);
    IoRequest request = request_for(*ns, a.sqe, IoOp::CompareAndWrite);
    request.expected_buffer = a.buffer;
    request.expected = a.data();
    request.buffer = b.buffer;
    request.data = b.data();
    submit(session, first, std::move(request));
}

void Target::Impl::finish_io(Session& session, uint16_t slot, Status status) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    if (cmd.preempted && status == st::kPathError) // fenced off; another path would not help
        status = st::kPreempted;
    if (cmd.partner >= 0) {
        const auto second = static_cast<uint16_t>(cmd.partner);
        c.respond(slot, status);
        c.respond(second, status.ok() ? st::kOk : st::kAbortedFailedFused);
        return;
    }
    if (status.ok() && cmd.to_host && cmd.buffer)
        c.respond_buffer(slot);
    else
        c.respond(slot, status);
}

} // namespace pf::nvme::target
