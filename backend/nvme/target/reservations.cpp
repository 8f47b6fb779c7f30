// Reservation commands: checks here, judgement with whoever owns the reservation (IoOp::Reserve),
// the report and the notices from what the view says.
#include "backend/nvme/target/impl.hpp"

#include <algorithm>

namespace pf::nvme::target {
namespace {

constexpr size_t kMaxLogEntries = 255;

#pragma pack(push, 1)
struct ReportHeader {
    uint32_t generation = 0;
    uint8_t type = 0;
    uint16_t registrants = 0;
    uint16_t reserved7 = 0;
    uint8_t persist = 0;
    std::array<uint8_t, 54> reserved10{};
};
static_assert(sizeof(ReportHeader) == 64);
struct ReportEntry {
    uint16_t cntlid = kDynamicCntlid;
    uint8_t holds = 0;
    std::array<uint8_t, 5> reserved3{};
    uint64_t key = 0;
    HostId host{};
    std::array<uint8_t, 32> reserved32{};
};
static_assert(sizeof(ReportEntry) == 64);
struct NoticePage {
    uint64_t count = 0;
    uint8_t kind = 0;
    uint8_t available = 0;
    uint16_t reserved10 = 0;
    uint32_t nsid = 0;
    std::array<uint8_t, 48> reserved16{};
};
static_assert(sizeof(NoticePage) == 64);
#pragma pack(pop)

} // namespace

bool Target::Impl::reservation_command(Session& session, uint16_t slot, const NamespaceConfig& ns) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    const Sqe& sqe = cmd.sqe;
    if (sqe.opcode == io_op::kReservationReport) {
        reservation_report(session, slot, ns);
        return true;
    }
    const bool release = sqe.opcode == io_op::kReservationRelease;
    const size_t wanted = release ? 8 : 16;
    if (cmd.data().size() < wanted) {
        c.respond(slot, st::kSglLengthInvalid);
        return false;
    }
    ReservationCommand command;
    command.host = session.controller->host_id;
    command.action = sqe.cdw10 & 7;
    command.ignore_key = (sqe.cdw10 & 8) != 0;
    command.type = static_cast<uint8_t>(sqe.cdw10 >> 8);
    command.current_key = load_struct<uint64_t>(cmd.data());
    if (!release)
        command.other_key = load_struct<uint64_t>(cmd.data().subspan(8));
    if (sqe.opcode == io_op::kReservationRegister) {
        command.op = ReservationCommand::Op::Register;
        command.persist = static_cast<uint8_t>(sqe.cdw10 >> 30);
        if (command.persist == 1) {
            c.respond(slot, st::kInvalidField);
            return false;
        }
    } else {
        command.op = release ? ReservationCommand::Op::Release : ReservationCommand::Op::Acquire;
    }
    IoRequest request;
    request.op = IoOp::Reserve;
    request.device = ns.device;
    request.reservation = std::make_unique<ReservationCommand>(command);
    submit(session, slot, std::move(request));
    return true;
}

void Target::Impl::reservation_report(Session& session, uint16_t slot, const NamespaceConfig& ns) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    if ((cmd.sqe.cdw11 & 1) == 0) { // hosts are known by 128 bits here: the short form cannot say
        c.respond(slot, st::kHostIdInconsistent);
        return;
    }
    const Reservation none;
    const Reservation& r = ns.reservation ? *ns.reservation : none;
    ReportHeader header;
    header.generation = r.generation;
    header.type = static_cast<uint8_t>(r.type);
    header.registrants = static_cast<uint16_t>(r.registrants.size());
    header.persist = r.persist ? 1 : 0;
    Bytes page;
    append_struct(page, header);
    for (const Registrant& registrant : r.registrants) {
        ReportEntry entry;
        entry.holds = r.holds(registrant.host) ? 1 : 0;
        entry.key = registrant.key;
        entry.host = registrant.host;
        append_struct(page, entry);
    }
    // As much as asked for, zeroes behind what there is.
    page.resize(std::min<uint64_t>((uint64_t{cmd.sqe.cdw10} + 1) * 4, cmd.length));
    c.respond_data(slot, page);
}

// Feature 83h.
void Target::Impl::set_persistence(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Sqe& sqe = c.command(slot).sqe;
    const Controller& controller = *session.controller;
    if (const NamespaceConfig* ns = nullptr; sqe.nsid != kBroadcastNsid) {
        if (const Status status = usable(controller, sqe.nsid, ns); !status.ok()) {
            c.respond(slot, status);
            return;
        }
    }
    IoRequest request;
    request.op = IoOp::Reserve;
    ReservationCommand command;
    command.op = ReservationCommand::Op::Persist;
    command.host = controller.host_id;
    command.persist = (sqe.cdw11 & 1) != 0 ? 3 : 2;
    std::vector<uint64_t> devices;
    for (const NamespaceConfig& ns : controller.attached)
        if (sqe.nsid == kBroadcastNsid || ns.nsid == sqe.nsid)
            devices.push_back(ns.device);
    if (devices.empty()) {
        c.respond(slot, st::kOk);
        return;
    }
    request.device = devices.back();
    devices.pop_back();
    request.more_devices = std::move(devices);
    request.reservation = std::make_unique<ReservationCommand>(command);
    submit(session, slot, std::move(request));
}

// Turns notices that are new to a controller into entries of its log.
void Target::Impl::note_reservations(Controller& controller) {
    for (const NamespaceConfig& ns : controller.attached) {
        const uint64_t last = ns.reservation ? ns.reservation->last_serial : 0;
        const auto [at, fresh] = controller.notices_seen.emplace(ns.nsid, last);
        if (fresh || at->second >= last) { // less: another volume has the id now
            at->second = last;
            continue;
        }
        const auto& kept = ns.reservation->notices;
        // What is not kept any more may have been a preemption of this host.
        bool aborts = (kept.empty() || kept.front().serial > at->second + 1) &&
                      !ns.reservation->find(controller.host_id);
        for (const ReservationNotice& notice : ns.reservation->notices) {
            if (notice.serial <= at->second || notice.host != controller.host_id)
                continue;
            aborts = aborts || notice.abort;
            const auto mask = controller.notice_masks.find(ns.nsid);
            const uint32_t bit = 1u << static_cast<uint32_t>(notice.kind);
            if (mask != controller.notice_masks.end() && (mask->second & bit) != 0)
                continue;
            ++controller.reservation_entries;
            if (controller.reservation_log.size() < kMaxLogEntries)
                controller.reservation_log.push_back(
                    {controller.reservation_entries, notice.kind, ns.nsid});
        }
        at->second = last;
        if (aborts)
            abort_namespace(controller, ns);
    }
    std::erase_if(controller.notices_seen,
                  [&](const auto& seen) { return !controller.find(seen.first); });
    if (!controller.reservation_log.empty() && !controller.reservation_event.told) {
        controller.reservation_event = {true, true};
        deliver(controller);
    }
}

// Commands of a host that was preempted. A write that storage has ends by itself, soon, since it is
// fenced; a data server that has it already is the MDM's business (mdm/core/reservations.cpp).
void Target::Impl::abort_namespace(Controller& controller, const NamespaceConfig& ns) {
    fence(controller, ns.device);
    for (const auto& [qid, id] : controller.io_queues) {
        Session* session = find(id);
        if (!session)
            continue;
        session->connection.mark_preempted(ns.nsid);
        for (const uint16_t cid : session->connection.commands_of(ns.nsid))
            (void)abort_command(*session, cid, st::kPreempted);
        touch(*session);
    }
}

// The oldest entry, and how many there are. Reading takes it away.
Bytes Target::Impl::reservation_log(const Controller& controller) {
    NoticePage page;
    if (!controller.reservation_log.empty()) {
        const auto& entry = controller.reservation_log.front();
        page.count = entry.count;
        page.kind = static_cast<uint8_t>(entry.kind);
        page.available = static_cast<uint8_t>(controller.reservation_log.size());
        page.nsid = entry.nsid;
    }
    const ByteSpan bytes = struct_bytes(page);
    return Bytes(bytes.begin(), bytes.end());
}

void Target::Impl::reservation_log_was_read(Controller& controller) {
    if (!controller.reservation_log.empty())
        controller.reservation_log.pop_front();
    const bool more = !controller.reservation_log.empty();
    controller.reservation_event = {more, more};
    deliver(controller);
}

} // namespace pf::nvme::target
