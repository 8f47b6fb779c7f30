// Reservations of NVMe hosts: the MDM is their one owner. SDTs pass commands on; the answer goes
// out once the change is durable and every SDT that may serve I/O enforces it.
//
// Preempt and abort also raises the fence of the volume's node: writes that SDTs have handed over
// under the older one are refused by the data servers, and the answer waits until those that were
// admitted before have ended. Without it a write of the preempted host, delayed on its way, could
// land over what the new holder writes. The other reservation commands leave commands in progress
// alone, as the specification has it.
#include "backend/mdm/core/core.hpp"
#include "backend/nvme/reservation.hpp"
#include "backend/proto/control_message.hpp"

#include <algorithm>

namespace pf::mdm {
namespace {

nvme::HostId host_id_of(const std::string& bytes) {
    nvme::HostId id{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), id.size()), id.begin());
    return id;
}

std::string bytes_of(const nvme::HostId& id) { return {id.begin(), id.end()}; }

bool aborts(const nvme::Reservation& before, const nvme::Reservation& after) {
    return std::any_of(after.notices.begin(), after.notices.end(),
                       [&](const nvme::ReservationNotice& notice) {
                           return notice.abort && notice.serial > before.last_serial;
                       });
}

nvme::Reservation from_record(const wire::ReservationRecord& m) {
    nvme::Reservation out;
    out.generation = m.generation();
    out.type = static_cast<nvme::ReservationType>(m.type());
    out.holder = host_id_of(m.holder());
    out.persist = m.persist();
    for (const auto& item : m.registrants())
        out.registrants.push_back(nvme::Registrant{host_id_of(item.host()), item.key()});
    out.last_serial = m.last_serial();
    for (const auto& item : m.notices())
        out.notices.push_back(nvme::ReservationNotice{item.serial(),
                                                      static_cast<nvme::NoticeKind>(item.kind()),
                                                      host_id_of(item.host()), item.abort()});
    return out;
}

void to_record(const nvme::Reservation& r, wire::ReservationRecord& m) {
    m.Clear();
    m.set_generation(r.generation);
    m.set_type(static_cast<std::uint32_t>(r.type));
    m.set_holder(bytes_of(r.holder));
    m.set_persist(r.persist);
    for (const nvme::Registrant& registrant : r.registrants) {
        auto& item = *m.add_registrants();
        item.set_host(bytes_of(registrant.host));
        item.set_key(registrant.key);
    }
    m.set_last_serial(r.last_serial);
    for (const nvme::ReservationNotice& notice : r.notices) {
        auto& item = *m.add_notices();
        item.set_serial(notice.serial);
        item.set_kind(static_cast<std::uint32_t>(notice.kind));
        item.set_host(bytes_of(notice.host));
        item.set_abort(notice.abort);
    }
}

} // namespace

void Core::raise_fence(map::NodeId node) {
    if (const auto found = state_.nodes.find(node); found != state_.nodes.end()) {
        ++found->second.fence;
        changes_.nodes.insert(node);
    }
}

void Core::sdt_reserve(SessionId from, const PartyKey& key, std::uint64_t request_id,
                       const wire::SdtReserve& m) {
    wire::Envelope answer;
    answer.set_request_id(request_id);
    auto& reply = *answer.mutable_sdt_reserve_reply();
    const auto volume = state_.volumes.find(m.volume());
    if (key.kind != PartyKind::Sdt || volume == state_.volumes.end()) {
        reply.set_code(std::string(wire::errc_name(Errc::NotFound)));
        reply.set_message("the volume is not there any more");
        send(from, std::move(answer));
        return;
    }
    if (m.fence_only()) {
        reply.set_status(nvme::st::kOk.field());
        raise_fence(map::NodeId{volume->second.leaf()});
        changes_.volumes.insert(volume->first);
        strict_ = true;
        answer_.emplace(from, std::move(answer));
        return;
    }
    nvme::ReservationCommand command;
    command.op = static_cast<nvme::ReservationCommand::Op>(std::min<std::uint32_t>(m.op(), 3));
    command.action = static_cast<std::uint8_t>(m.action());
    command.ignore_key = m.ignore_key();
    command.type = static_cast<std::uint8_t>(m.type());
    command.persist = static_cast<std::uint8_t>(m.persist());
    command.current_key = m.current_key();
    command.other_key = m.other_key();
    command.host = host_id_of(m.host());
    const nvme::Reservation before = from_record(volume->second.reservation());
    const nvme::ReservationOutcome outcome = nvme::apply_reservation(before, command);
    reply.set_status(outcome.status.field());
    if (outcome.after == before) {
        send(from, std::move(answer));
        return;
    }
    to_record(outcome.after, *volume->second.mutable_reservation());
    changes_.volumes.insert(volume->first);
    if (aborts(before, outcome.after))
        raise_fence(map::NodeId{volume->second.leaf()});
    strict_ = true; // an SDT that is away may still serve by what it knows
    answer_.emplace(from, std::move(answer));
}

} // namespace pf::mdm
