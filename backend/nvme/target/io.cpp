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

} // namespace

Status Target::Impl::check_range(const Controller& controller, const Sqe& sqe, uint64_t blocks,
                                 const NamespaceConfig*& ns) const {
    ns = controller.find(sqe.nsid);
    if (!ns)
        return st::kInvalidNamespace;
    if (const Status ana = ana_status(ana_state(ns->ana_group)); !ana.ok())
        return ana;
    const uint64_t first = sqe.slba();
    if (blocks > ns->size_blocks || first > ns->size_blocks - blocks)
        return st::kLbaOutOfRange;
    return st::kOk;
}

void Target::Impl::submit(Session& session, uint16_t slot, IoRequest request) {
    Controller& controller = *session.controller;
    request.token = IoToken{session.connection.id(), slot,
                            session.connection.command(slot).generation, controller.cntlid};
    ++controller.io_in_flight;
    ++io_in_flight_;
    io_.push_back(std::move(request));
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
    const bool known = sqe.opcode == io_op::kFlush || sqe.opcode == io_op::kWrite ||
                       sqe.opcode == io_op::kRead || sqe.opcode == io_op::kCompare ||
                       sqe.opcode == io_op::kWriteZeroes || sqe.opcode == io_op::kDsm;
    if (!known) {
        c.respond(slot, st::kInvalidOpcode);
        return;
    }
    const bool has_range = sqe.opcode != io_op::kFlush && sqe.opcode != io_op::kDsm;
    if (sqe.opcode == io_op::kFlush && sqe.nsid == kBroadcastNsid) {
        c.respond(slot, st::kOk); // every acknowledged write is durable already
        return;
    }
    const NamespaceConfig* ns = nullptr;
    Sqe ranged = sqe;
    if (!has_range)
        ranged.set_slba(0);
    const Status status = check_range(controller, ranged, has_range ? sqe.blocks() : 0, ns);
    if (!status.ok()) {
        c.respond(slot, status);
        return;
    }
    const uint64_t bytes = uint64_t{sqe.blocks()} * kBlockBytes;
    const bool moves_data =
        sqe.opcode == io_op::kWrite || sqe.opcode == io_op::kRead || sqe.opcode == io_op::kCompare;
    if (moves_data && cmd.length != bytes) {
        c.respond(slot, st::kSglLengthInvalid);
        return;
    }
    const bool changes = sqe.opcode == io_op::kWrite || sqe.opcode == io_op::kWriteZeroes ||
                         sqe.opcode == io_op::kDsm;
    if (changes && ns->read_only) {
        c.respond(slot, st::kNamespaceWriteProtected);
        return;
    }
    if (sqe.opcode == io_op::kDsm)
        return dataset_management(session, slot, *ns);

    IoRequest request;
    request.device = ns->device;
    if (has_range) {
        request.offset_bytes = sqe.slba() * kBlockBytes;
        request.length_bytes = bytes;
    }
    switch (sqe.opcode) {
    case io_op::kRead:
        request.op = IoOp::Read;
        ++controller.reads;
        ++counters_.reads;
        controller.read_bytes += bytes;
        counters_.read_bytes += bytes;
        break;
    case io_op::kWrite:
        request.op = IoOp::Write;
        ++controller.writes;
        ++counters_.writes;
        controller.write_bytes += bytes;
        counters_.write_bytes += bytes;
        break;
    case io_op::kCompare:
        request.op = IoOp::Compare;
        break;
    case io_op::kWriteZeroes:
        request.op = IoOp::WriteZeroes;
        request.deallocate = (sqe.cdw12 & (1u << 25)) != 0;
        break;
    default:
        request.op = IoOp::Flush;
        break;
    }
    request.data = std::move(cmd.data);
    submit(session, slot, std::move(request));
}

void Target::Impl::dataset_management(Session& session, uint16_t slot, const NamespaceConfig& ns) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    const size_t count = (cmd.sqe.cdw10 & 0xFF) + 1;
    if (cmd.data.size() < count * sizeof(DsmRange)) {
        c.respond(slot, st::kSglLengthInvalid);
        return;
    }
    IoRequest request;
    request.op = IoOp::Deallocate;
    request.device = ns.device;
    for (size_t i = 0; i < count; ++i) {
        const auto range = load_struct<DsmRange>(
            ByteSpan(cmd.data).subspan(i * sizeof(DsmRange), sizeof(DsmRange)));
        if (range.blocks > ns.size_blocks || range.slba > ns.size_blocks - range.blocks) {
            c.respond(slot, st::kLbaOutOfRange);
            return;
        }
        if (range.blocks > 0)
            request.ranges.push_back(range);
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
    const Status status = check_range(controller, a.sqe, a.sqe.blocks(), ns);
    if (!status.ok())
        return refuse(status, st::kAbortedFailedFused);
    if (ns->read_only)
        return refuse(st::kAbortedFailedFused, st::kNamespaceWriteProtected);
    const uint64_t bytes = uint64_t{a.sqe.blocks()} * kBlockBytes;
    if (a.length != bytes)
        return refuse(st::kSglLengthInvalid, st::kAbortedFailedFused);
    if (b.length != bytes)
        return refuse(st::kAbortedFailedFused, st::kSglLengthInvalid);
    IoRequest request;
    request.op = IoOp::CompareAndWrite;
    request.device = ns->device;
    request.offset_bytes = a.sqe.slba() * kBlockBytes;
    request.length_bytes = bytes;
    request.expected = std::move(a.data);
    request.data = std::move(b.data);
    submit(session, first, std::move(request));
}

void Target::Impl::finish_io(Session& session, uint16_t slot, const IoResult& result) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    if (cmd.partner >= 0) {
        const auto second = static_cast<uint16_t>(cmd.partner);
        c.respond(slot, result.status);
        c.respond(second, result.status.ok() ? st::kOk : st::kAbortedFailedFused);
        return;
    }
    if (!result.status.ok() || !cmd.to_host) {
        c.respond(slot, result.status);
    } else if (result.data.size() != cmd.length) {
        c.respond(slot, st::kInternal);
    } else {
        c.respond_data(slot, result.data);
    }
}

} // namespace pf::nvme::target
