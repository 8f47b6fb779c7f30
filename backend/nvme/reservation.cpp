#include "backend/nvme/reservation.hpp"

#include <algorithm>

namespace pf::nvme {
namespace {

using Type = ReservationType;

constexpr uint8_t kRegister = 0, kUnregister = 1, kReplace = 2;
constexpr uint8_t kAcquire = 0, kPreempt = 1, kPreemptAndAbort = 2;
constexpr uint8_t kRelease = 0, kClear = 1;
constexpr uint8_t kPersistClear = 2, kPersistSet = 3;

bool only_registrants(Type type) {
    return type == Type::WriteExclusiveRegistrants || type == Type::ExclusiveAccessRegistrants ||
           type == Type::WriteExclusiveAll || type == Type::ExclusiveAccessAll;
}

void tell(Reservation& r, NoticeKind kind, const HostId& host, bool abort = false) {
    r.notices.push_back(ReservationNotice{++r.last_serial, kind, host, abort});
    if (r.notices.size() > kMaxNotices)
        r.notices.erase(r.notices.begin());
}

void tell_others(Reservation& r, NoticeKind kind, const HostId& except) {
    for (const Registrant& other : r.registrants)
        if (other.host != except)
            tell(r, kind, other.host);
}

// The reservation ends, not by preemption. Hosts whose access depended on it are told.
void release(Reservation& r, const HostId& by) {
    const Type was = r.type;
    r.type = Type::None;
    r.holder = {};
    if (only_registrants(was))
        tell_others(r, NoticeKind::ReservationReleased, by);
}

void remove(Reservation& r, const HostId& host) {
    std::erase_if(r.registrants, [&](const Registrant& x) { return x.host == host; });
}

Status change_registration(Reservation& r, const ReservationCommand& c) {
    const auto own = std::find_if(r.registrants.begin(), r.registrants.end(),
                                  [&](const Registrant& x) { return x.host == c.host; });
    const bool known = own != r.registrants.end();
    switch (c.action) {
    case kRegister:
        if (c.other_key == 0)
            return st::kInvalidField;
        if (known) // again with the same key is no change
            return own->key == c.other_key ? st::kOk : st::kReservationConflict;
        if (r.registrants.size() >= kMaxRegistrants)
            return st::kReservationConflict;
        r.registrants.push_back(Registrant{c.host, c.other_key});
        break;
    case kUnregister: {
        if (!known || (!c.ignore_key && own->key != c.current_key))
            return st::kReservationConflict;
        const bool held = r.holds(c.host);
        const bool last = r.registrants.size() == 1;
        remove(r, c.host);
        // "All registrants" stays as long as there is one.
        if (held && (!r.all_registrants() || last))
            release(r, c.host);
        break;
    }
    case kReplace:
        if (c.other_key == 0)
            return st::kInvalidField;
        if (!known && !c.ignore_key)
            return st::kReservationConflict;
        if (known && !c.ignore_key && own->key != c.current_key)
            return st::kReservationConflict;
        if (!known) {
            if (r.registrants.size() >= kMaxRegistrants)
                return st::kReservationConflict;
            r.registrants.push_back(Registrant{c.host, c.other_key});
        } else {
            own->key = c.other_key;
        }
        break;
    default:
        return st::kInvalidField;
    }
    ++r.generation;
    return st::kOk;
}

Status preempt(Reservation& r, const ReservationCommand& c) {
    const bool all = r.all_registrants();
    if (c.other_key == 0 && !all)
        return st::kInvalidField;
    const Registrant* holder = r.type == Type::None || all ? nullptr : r.find(r.holder);
    const bool takes_over = (all && c.other_key == 0) || (holder && holder->key == c.other_key);
    // Whom it removes: with "all registrants" and key 0 everybody else, otherwise whoever has the
    // key. The preempting host stays, even when the key is its own.
    const auto doomed = [&](const Registrant& x) {
        return x.host != c.host && ((all && c.other_key == 0) || x.key == c.other_key);
    };
    const bool any = std::any_of(r.registrants.begin(), r.registrants.end(), doomed);
    if (!any && !takes_over)
        return st::kReservationConflict;
    std::vector<HostId> removed;
    for (const Registrant& x : r.registrants)
        if (doomed(x))
            removed.push_back(x.host);
    std::erase_if(r.registrants, doomed);
    for (const HostId& host : removed)
        tell(r, NoticeKind::RegistrationPreempted, host, c.action == kPreemptAndAbort);
    if (takes_over) {
        const Type before = r.type;
        r.type = static_cast<Type>(c.type);
        r.holder = r.all_registrants() ? HostId{} : c.host;
        if (before != r.type)
            tell_others(r, NoticeKind::ReservationReleased, c.host);
    }
    ++r.generation;
    return st::kOk;
}

Status acquire(Reservation& r, const ReservationCommand& c) {
    if (c.ignore_key || c.action > kPreemptAndAbort || c.type < 1 || c.type > 6)
        return st::kInvalidField;
    const Registrant* own = r.find(c.host);
    if (!own || own->key != c.current_key)
        return st::kReservationConflict;
    if (c.action == kPreempt || c.action == kPreemptAndAbort)
        return preempt(r, c);
    const auto type = static_cast<Type>(c.type);
    if (r.type != Type::None)
        return r.holds(c.host) && r.type == type ? st::kOk : st::kReservationConflict;
    r.type = type;
    r.holder = r.all_registrants() ? HostId{} : c.host;
    return st::kOk;
}

Status let_go(Reservation& r, const ReservationCommand& c) {
    if (c.ignore_key || c.action > kClear)
        return st::kInvalidField;
    const Registrant* own = r.find(c.host);
    if (!own || own->key != c.current_key)
        return st::kReservationConflict;
    if (c.action == kClear) {
        tell_others(r, NoticeKind::ReservationPreempted, c.host);
        r.registrants.clear();
        r.type = Type::None;
        r.holder = {};
        ++r.generation;
        return st::kOk;
    }
    if (!r.holds(c.host))
        return st::kOk; // nothing of its own to release
    if (static_cast<uint8_t>(r.type) != c.type)
        return st::kInvalidField;
    release(r, c.host);
    return st::kOk;
}

} // namespace

const Registrant* Reservation::find(const HostId& host) const {
    const auto at = std::find_if(registrants.begin(), registrants.end(),
                                 [&](const Registrant& x) { return x.host == host; });
    return at == registrants.end() ? nullptr : &*at;
}

bool Reservation::holds(const HostId& host) const {
    if (type == ReservationType::None || !find(host))
        return false;
    return all_registrants() || holder == host;
}

ReservationOutcome apply_reservation(const Reservation& before, const ReservationCommand& command) {
    ReservationOutcome out{st::kOk, before};
    switch (command.op) {
    case ReservationCommand::Op::Register:
        out.status = change_registration(out.after, command);
        break;
    case ReservationCommand::Op::Acquire:
        out.status = acquire(out.after, command);
        break;
    case ReservationCommand::Op::Release:
        out.status = let_go(out.after, command);
        break;
    case ReservationCommand::Op::Persist:
        break;
    }
    const bool sets = command.op == ReservationCommand::Op::Register ||
                      command.op == ReservationCommand::Op::Persist;
    if (out.status.ok() && sets && command.persist >= kPersistClear)
        out.after.persist = command.persist == kPersistSet;
    if (!out.status.ok())
        out.after = before;
    return out;
}

bool reservation_allows(const Reservation& r, const HostId& host, AccessKind access) {
    if (r.type == Type::None || r.holds(host))
        return true;
    if (only_registrants(r.type) && r.find(host))
        return true;
    const bool reads_free = r.type == Type::WriteExclusive ||
                            r.type == Type::WriteExclusiveRegistrants ||
                            r.type == Type::WriteExclusiveAll;
    return reads_free && access == AccessKind::Read;
}

} // namespace pf::nvme
