// Reservations of a namespace as a pure function: state and command in, state, status and notices
// out. Who owns the state (the MDM for volumes) applies commands to it, durably, one after the
// other; every target enforces what it was told with `allows`.
//
// A host is its 128-bit identifier: all controllers of a host share its registration. What a change
// has to tell other hosts travels with the state, as numbered notices, so that each target can tell
// its own controllers whatever it has missed.
#pragma once

#include "backend/nvme/spec.hpp"

#include <array>
#include <string>
#include <vector>

namespace pf::nvme {

using HostId = std::array<uint8_t, 16>;

// 0 stands for "no reservation".
enum class ReservationType : uint8_t {
    None = 0,
    WriteExclusive = 1,
    ExclusiveAccess = 2,
    WriteExclusiveRegistrants = 3,
    ExclusiveAccessRegistrants = 4,
    WriteExclusiveAll = 5,
    ExclusiveAccessAll = 6,
};

struct Registrant {
    HostId host{};
    uint64_t key = 0;
    friend bool operator==(const Registrant&, const Registrant&) = default;
};

// Types of log page 80h.
enum class NoticeKind : uint8_t {
    RegistrationPreempted = 1,
    ReservationReleased = 2,
    ReservationPreempted = 3,
};

struct ReservationNotice {
    uint64_t serial = 0;
    NoticeKind kind = NoticeKind::ReservationReleased;
    HostId host{};      // who is to be told
    bool abort = false; // its commands in flight end too
    friend bool operator==(const ReservationNotice&, const ReservationNotice&) = default;
};

inline constexpr size_t kMaxRegistrants = 256;
inline constexpr size_t kMaxNotices = 512; // kept with the state; the oldest go first

struct Reservation {
    uint32_t generation = 0;
    ReservationType type = ReservationType::None;
    HostId holder{};      // the "all registrants" types have none
    bool persist = false; // through power loss, as the hosts asked for
    std::vector<Registrant> registrants;
    uint64_t last_serial = 0;
    std::vector<ReservationNotice> notices;

    const Registrant* find(const HostId& host) const;
    bool holds(const HostId& host) const;
    bool all_registrants() const {
        return type == ReservationType::WriteExclusiveAll ||
               type == ReservationType::ExclusiveAccessAll;
    }
    friend bool operator==(const Reservation&, const Reservation&) = default;
};

struct ReservationCommand {
    enum class Op : uint8_t { Register, Acquire, Release, Persist };
    Op op = Op::Register;
    uint8_t action = 0;      // RREGA, RACQA, RRELA
    bool ignore_key = false; // IEKEY
    uint8_t type = 0;        // RTYPE
    uint8_t persist = 0;     // CPTPL: 0 no change, 2 clear, 3 set; Persist: 2 or 3
    uint64_t current_key = 0;
    uint64_t other_key = 0; // new key of a registration, key to preempt
    HostId host{};
};

// The state becomes `after` also when the status is not good: then it is what it was.
struct ReservationOutcome {
    Status status;
    Reservation after;
};
ReservationOutcome apply_reservation(const Reservation& before, const ReservationCommand& command);

enum class AccessKind : uint8_t { Read, Write };
bool reservation_allows(const Reservation& reservation, const HostId& host, AccessKind access);

} // namespace pf::nvme
