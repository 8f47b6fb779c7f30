// Reservations: the pure state machine, the access rules of every type, and what hosts see of them
// through two targets; group 38 of the malformed inputs.
#include "tests/unit/nvme/raw_peer.hpp"

namespace pf::nvme::test {
namespace {

using Op = ReservationCommand::Op;

HostId host_id(uint8_t n) {
    HostId id{};
    id[0] = n;
    return id;
}

ReservationCommand command(Op op, uint8_t host, uint8_t action, uint64_t key, uint64_t other = 0,
                           uint8_t type = 0) {
    ReservationCommand c;
    c.op = op;
    c.host = host_id(host);
    c.action = action;
    c.current_key = key;
    c.other_key = other;
    c.type = type;
    return c;
}

struct State {
    Reservation r;
    Status operator()(const ReservationCommand& c) {
        const auto outcome = apply_reservation(r, c);
        if (!outcome.status.ok()) {
            EXPECT_EQ(outcome.after, r);
        }
        r = outcome.after;
        return outcome.status;
    }
    Status enter(uint8_t host) { return (*this)(command(Op::Register, host, 0, 0, 100u + host)); }
    Status leave(uint8_t host) { return (*this)(command(Op::Register, host, 1, 100u + host)); }
    Status acquire(uint8_t host, uint8_t type) {
        return (*this)(command(Op::Acquire, host, 0, 100u + host, 0, type));
    }
    Status release(uint8_t host, uint8_t type) {
        return (*this)(command(Op::Release, host, 0, 100u + host, 0, type));
    }
    std::vector<NoticeKind> told(uint8_t host) const {
        std::vector<NoticeKind> out;
        for (const auto& n : r.notices)
            if (n.host == host_id(host))
                out.push_back(n.kind);
        return out;
    }
};

TEST(Reservation, RegistrationAndItsKeys) {
    State s;
    EXPECT_EQ(s.enter(1), st::kOk);
    EXPECT_EQ(s.r.generation, 1u);
    EXPECT_EQ(s.enter(1), st::kOk); // the same key again
    EXPECT_EQ(s.r.generation, 1u);
    EXPECT_EQ(s(command(Op::Register, 1, 0, 0, 7)), st::kReservationConflict);
    EXPECT_EQ(s(command(Op::Register, 1, 2, 5, 7)), st::kReservationConflict);
    EXPECT_EQ(s(command(Op::Register, 1, 2, 101, 7)), st::kOk);
    auto ignoring = command(Op::Register, 1, 2, 0, 101);
    ignoring.ignore_key = true;
    EXPECT_EQ(s(ignoring), st::kOk);
    EXPECT_EQ(s(command(Op::Register, 1, 1, 5)), st::kReservationConflict);
    EXPECT_EQ(s(command(Op::Register, 2, 1, 5)), st::kReservationConflict);
    EXPECT_EQ(s(command(Op::Register, 2, 0, 0, 0)), st::kInvalidField); // key 0
    EXPECT_EQ(s(command(Op::Register, 2, 3, 0, 1)), st::kInvalidField);
    EXPECT_EQ(s.leave(1), st::kOk);
    EXPECT_TRUE(s.r.registrants.empty());
    for (size_t i = 0; i < kMaxRegistrants; ++i) {
        auto c = command(Op::Register, static_cast<uint8_t>(i), 0, 0, 9);
        c.host[1] = static_cast<uint8_t>(i >> 8);
        EXPECT_EQ(s(c), st::kOk);
    }
    auto one_more = command(Op::Register, 0, 0, 0, 9);
    one_more.host[2] = 1;
    EXPECT_EQ(s(one_more), st::kReservationConflict);
}

// Who may what, for each type: holder, registrant, stranger.
TEST(Reservation, AccessMatrix) {
    struct Row {
        uint8_t type;
        bool registrant_reads, registrant_writes, stranger_reads, stranger_writes;
    };
    constexpr Row kRows[] = {{1, true, false, true, false}, {2, false, false, false, false},
                             {3, true, true, true, false},  {4, true, true, false, false},
                             {5, true, true, true, false},  {6, true, true, false, false}};
    for (const Row& row : kRows) {
        State s;
        ASSERT_TRUE(s.enter(1).ok() && s.enter(2).ok());
        ASSERT_TRUE(s.acquire(1, row.type).ok());
        const auto may = [&](uint8_t host, AccessKind kind) {
            return reservation_allows(s.r, host_id(host), kind);
        };
        EXPECT_TRUE(may(1, AccessKind::Read) && may(1, AccessKind::Write));
        EXPECT_EQ(may(2, AccessKind::Read), row.registrant_reads) << int{row.type};
        EXPECT_EQ(may(2, AccessKind::Write), row.registrant_writes) << int{row.type};
        EXPECT_EQ(may(3, AccessKind::Read), row.stranger_reads) << int{row.type};
        EXPECT_EQ(may(3, AccessKind::Write), row.stranger_writes) << int{row.type};
        // Nobody else acquires, another type neither.
        const bool all = row.type >= 5;
        EXPECT_EQ(s.acquire(2, row.type).ok(), all);
        EXPECT_EQ(s.acquire(1, row.type), st::kOk);
        EXPECT_EQ(s.acquire(1, row.type == 1 ? 2 : 1), st::kReservationConflict);
        EXPECT_EQ(s.release(1, row.type == 1 ? 2 : 1), st::kInvalidField);
        EXPECT_EQ(s.release(1, row.type), st::kOk);
        EXPECT_TRUE(may(3, AccessKind::Write));
        EXPECT_EQ(s.told(2).size(), row.type >= 3 ? 1u : 0u);
    }
}

TEST(Reservation, UnregisteringTheHolderReleases) {
    for (const uint8_t type : std::initializer_list<uint8_t>{1, 3, 5}) {
        State s;
        ASSERT_TRUE(s.enter(1).ok() && s.enter(2).ok() && s.acquire(1, type).ok());
        ASSERT_TRUE(s.leave(1).ok());
        EXPECT_EQ(s.r.type == ReservationType::None, type != 5);
        EXPECT_EQ(s.told(2).size(), type == 3 ? 1u : 0u);
        ASSERT_TRUE(s.leave(2).ok());
        EXPECT_EQ(s.r.type, ReservationType::None);
    }
}

TEST(Reservation, PreemptAndClear) {
    State s;
    ASSERT_TRUE(s.enter(1).ok() && s.enter(2).ok() && s.enter(3).ok() && s.acquire(1, 1).ok());
    EXPECT_EQ(s(command(Op::Acquire, 2, 1, 102, 0, 1)), st::kInvalidField);
    EXPECT_EQ(s(command(Op::Acquire, 2, 1, 102, 999, 1)), st::kReservationConflict);
    EXPECT_EQ(s(command(Op::Acquire, 2, 1, 5, 101, 1)), st::kReservationConflict);
    EXPECT_EQ(s(command(Op::Acquire, 2, 2, 102, 101, 2)), st::kOk);
    EXPECT_EQ(s.r.holder, host_id(2));
    EXPECT_EQ(s.r.type, ReservationType::ExclusiveAccess);
    EXPECT_EQ(s.told(1), std::vector<NoticeKind>{NoticeKind::RegistrationPreempted});
    EXPECT_TRUE(s.r.notices.front().abort);
    EXPECT_EQ(s.told(3), std::vector<NoticeKind>{NoticeKind::ReservationReleased}); // new type
    // Preempting a registrant that holds nothing only removes it.
    EXPECT_EQ(s(command(Op::Acquire, 2, 1, 102, 103, 1)), st::kOk);
    EXPECT_EQ(s.r.type, ReservationType::ExclusiveAccess);
    ASSERT_TRUE(s.enter(1).ok());
    EXPECT_EQ(s(command(Op::Release, 1, 1, 101)), st::kOk); // clear
    EXPECT_TRUE(s.r.registrants.empty());
    EXPECT_EQ(s.told(2), std::vector<NoticeKind>{NoticeKind::ReservationPreempted});
    // Key 0 under an "all registrants" type preempts everybody else.
    ASSERT_TRUE(s.enter(1).ok() && s.enter(2).ok() && s.enter(3).ok() && s.acquire(1, 6).ok());
    EXPECT_EQ(s(command(Op::Acquire, 3, 1, 103, 0, 1)), st::kOk);
    EXPECT_EQ(s.r.registrants.size(), 1u);
    EXPECT_EQ(s.r.holder, host_id(3));
}

TEST(Reservation, PersistenceFollowsWhatHostsAskFor) {
    State s;
    auto c = command(Op::Register, 1, 0, 0, 5);
    c.persist = 3;
    EXPECT_TRUE(s(c).ok());
    EXPECT_TRUE(s.r.persist);
    ReservationCommand clear;
    clear.op = Op::Persist;
    clear.persist = 2;
    EXPECT_TRUE(s(clear).ok());
    EXPECT_FALSE(s.r.persist);
}

// ---------------------------------------------------------------- through targets

// Two targets of one system: commands of either reach the one owner, views go to both.
class Reservations : public ::testing::Test {
  protected:
    Reservations() {
        view = World::default_view();
        view.hosts[1].nsids = {1, 2};
        b.shared = &a;
        for (World* world : {&a, &b}) {
            world->set_view(view);
            world->reserve = [this](const target::IoRequest& request) { return reserve(request); };
            world->pushed = [this] {
                a.core.set_view(view, a.now);
                b.core.set_view(view, b.now);
            };
        }
        one.emplace(a, kHostA);
        two.emplace(b, kHostB);
    }
    Status reserve(const target::IoRequest& request) {
        std::vector<uint64_t> devices = request.more_devices;
        devices.push_back(request.device);
        Status status = st::kInvalidNamespace;
        for (auto& ns : view.namespaces) {
            if (std::find(devices.begin(), devices.end(), ns.device) == devices.end())
                continue;
            const Reservation none;
            auto outcome =
                apply_reservation(ns.reservation ? *ns.reservation : none, *request.reservation);
            ns.reservation = std::make_shared<Reservation>(outcome.after);
            status = outcome.status;
        }
        return status;
    }
    static Status run(Connected& host, uint8_t op, uint32_t cdw10, uint64_t key, uint64_t other) {
        Bytes data;
        append_struct(data, key);
        if (op != io_op::kReservationRelease)
            append_struct(data, other);
        Sqe sqe;
        sqe.opcode = op;
        sqe.nsid = 1;
        sqe.cdw10 = cdw10;
        const auto done = host.io->run(sqe, data);
        return done ? done->status : st::kInternal;
    }
    static Status enter(Connected& host, uint64_t key) {
        return run(host, io_op::kReservationRegister, 0, 0, key);
    }
    static Bytes report(Connected& host, uint32_t bytes = 192) {
        Bytes page(bytes);
        Sqe sqe;
        sqe.opcode = io_op::kReservationReport;
        sqe.nsid = 1;
        sqe.cdw10 = bytes / 4 - 1;
        sqe.cdw11 = 1;
        const auto done = host.io->run(sqe, {}, page);
        EXPECT_TRUE(done && done->status.ok());
        return page;
    }
    void settle() {
        for (Queue* q : {&one->admin, &*one->io, &two->admin, &*two->io})
            q->exchange();
    }
    target::TargetView view;
    World a, b;
    std::optional<Connected> one, two;
};

TEST_F(Reservations, HoldAcrossTargets) {
    ASSERT_TRUE(enter(*one, 0x11).ok());
    ASSERT_TRUE(run(*one, io_op::kReservationAcquire, 1 << 8, 0x11, 0).ok());
    const Bytes block = pattern(512, 1);
    Bytes back(512);
    EXPECT_EQ(two->io->write(1, 0, block), st::kReservationConflict);
    EXPECT_TRUE(two->io->read(1, 0, back).ok());
    EXPECT_EQ(two->io->compare_and_write(1, 0, Bytes(512), block).first, st::kReservationConflict);
    EXPECT_EQ(two->io->run(Queue::io(io_op::kWriteZeroes, 1, 0, 1))->status,
              st::kReservationConflict);
    EXPECT_TRUE(one->io->write(1, 0, block).ok());
    EXPECT_EQ(run(*two, io_op::kReservationAcquire, 1 << 8, 0, 0), st::kReservationConflict);
    ASSERT_TRUE(enter(*two, 0x22).ok());
    const Bytes page = report(*two);
    EXPECT_EQ(load_struct<uint32_t>(page), 2u); // generation
    EXPECT_EQ(std::to_integer<int>(page[4]), 1);
    EXPECT_EQ(load_struct<uint16_t>(ByteSpan(page).subspan(5)), 2);
    EXPECT_EQ(std::to_integer<int>(page[66]), 1); // the first registrant holds it
    EXPECT_EQ(load_struct<uint64_t>(ByteSpan(page).subspan(72)), 0x11u);
    EXPECT_EQ(std::to_integer<int>(page[130]), 0);
}

TEST_F(Reservations, PreemptionIsToldAndAborts) {
    ASSERT_TRUE(enter(*one, 0x11).ok() && enter(*two, 0x22).ok());
    ASSERT_TRUE(run(*one, io_op::kReservationAcquire, 2 << 8, 0x11, 0).ok());
    one->admin.send_aer();
    a.hold_io = true;
    Bytes into(512);
    one->io->core.submit(Queue::io(io_op::kRead, 1, 0, 1), {}, into, 5);
    one->io->exchange();
    // Host 2 preempts and aborts.
    ASSERT_TRUE(run(*two, io_op::kReservationAcquire, 2 | 2 << 8, 0x22, 0x11).ok());
    settle();
    ASSERT_EQ(one->io->completions.size(), 1u);
    EXPECT_EQ(one->io->completions[0].status, st::kPreempted);
    one->io->completions.clear();
    ASSERT_EQ(one->admin.completions.size(), 1u);
    EXPECT_EQ(one->admin.completions[0].cqe.dw0, aen::kReservationLog);
    one->admin.completions.clear();
    a.hold_io = false;
    a.settle();
    Bytes log(64);
    ASSERT_TRUE(one->admin.log(LogId::Reservation, 0, log).ok());
    EXPECT_EQ(load_struct<uint64_t>(log), 1u);
    EXPECT_EQ(std::to_integer<int>(log[8]), 1); // registration preempted
    EXPECT_EQ(std::to_integer<int>(log[9]), 1);
    EXPECT_EQ(load_struct<uint32_t>(ByteSpan(log).subspan(12)), 1u);
    ASSERT_TRUE(one->admin.log(LogId::Reservation, 0, log).ok());
    EXPECT_EQ(log, Bytes(64)); // read, so it is empty
    EXPECT_EQ(one->io->read(1, 0, into), st::kReservationConflict);
}

// A write that storage has when its host is preempted: fenced for that device only, and its host
// learns why when it did not happen.
TEST_F(Reservations, PreemptAndAbortFencesWritesThatStorageHas) {
    ASSERT_TRUE(enter(*one, 0x11).ok() && enter(*two, 0x22).ok());
    ASSERT_TRUE(run(*one, io_op::kReservationAcquire, 1 << 8, 0x11, 0).ok());
    a.hold_io = true;
    a.fail_io = st::kPathError; // what a fenced write ends with
    const Bytes block = pattern(512, 1);
    one->io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), block, {}, 5);
    one->io->exchange();
    ASSERT_EQ(a.held.size(), 1u);
    ASSERT_TRUE(run(*two, io_op::kReservationAcquire, 2 | 1 << 8, 0x22, 0x11).ok());
    settle();
    EXPECT_TRUE(one->io->completions.empty()) << "storage has it";
    const std::set<target::Fence> expected{target::Fence{one->cntlid, view.namespaces[0].device}};
    EXPECT_EQ(a.fenced, expected);
    EXPECT_TRUE(b.fenced.empty());
    a.hold_io = false;
    a.settle();
    one->io->exchange();
    ASSERT_EQ(one->io->completions.size(), 1u);
    EXPECT_EQ(one->io->completions[0].status, st::kPreempted);
}

TEST_F(Reservations, PlainPreemptionLeavesWhatStorageHas) {
    ASSERT_TRUE(enter(*one, 0x11).ok() && enter(*two, 0x22).ok());
    ASSERT_TRUE(run(*one, io_op::kReservationAcquire, 1 << 8, 0x11, 0).ok());
    a.hold_io = true;
    one->io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), pattern(512, 1), {}, 5);
    one->io->exchange();
    ASSERT_TRUE(run(*two, io_op::kReservationAcquire, 1 | 1 << 8, 0x22, 0x11).ok());
    settle();
    EXPECT_TRUE(a.fenced.empty());
    a.hold_io = false;
    a.settle();
    one->io->exchange();
    ASSERT_EQ(one->io->completions.size(), 1u);
    EXPECT_TRUE(one->io->completions[0].status.ok());
}

// A target that was away so long that the notice of its host's preemption is not kept any more.
TEST_F(Reservations, PreemptionIsNotMissedWhenItsNoticeIsGone) {
    ASSERT_TRUE(enter(*one, 0x11).ok() && enter(*two, 0x22).ok());
    a.hold_io = true;
    one->io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), pattern(512, 1), {}, 5);
    one->io->exchange();
    auto later = std::make_shared<Reservation>(*view.namespaces[0].reservation);
    std::erase_if(later->registrants, [](const Registrant& r) { return r.key == 0x11; });
    later->last_serial += kMaxNotices + 5;
    later->notices.clear();
    view.namespaces[0].reservation = later;
    a.set_view(view);
    EXPECT_TRUE(a.fenced.contains(target::Fence{one->cntlid, view.namespaces[0].device}));
    a.hold_io = false;
    a.settle();
}

// The id of a namespace may come back for another volume, which was never reserved.
TEST_F(Reservations, AnotherVolumeUnderTheSameId) {
    ASSERT_TRUE(enter(*one, 0x11).ok() && enter(*two, 0x22).ok());
    ASSERT_TRUE(run(*two, io_op::kReservationAcquire, 1 | 1 << 8, 0x22, 0x11).ok());
    view.namespaces[0].reservation = nullptr;
    view.namespaces[0].device = 77;
    a.set_view(view);
    EXPECT_TRUE(one->io->write(1, 0, pattern(512, 1)).ok());
    // Its own notices count from its own beginning.
    ASSERT_TRUE(enter(*one, 0x33).ok() && enter(*two, 0x44).ok());
    one->admin.send_aer();
    ASSERT_TRUE(run(*two, io_op::kReservationAcquire, 1 | 1 << 8, 0x44, 0x33).ok());
    settle();
    ASSERT_EQ(one->admin.completions.size(), 1u);
    EXPECT_EQ(one->admin.completions[0].cqe.dw0, aen::kReservationLog);
}

TEST_F(Reservations, NoticesCanBeMasked) {
    ASSERT_TRUE(enter(*one, 0x11).ok() && enter(*two, 0x22).ok());
    Sqe mask;
    mask.opcode = admin_op::kSetFeatures;
    mask.nsid = kBroadcastNsid;
    mask.cdw10 = static_cast<uint32_t>(FeatureId::ReservationMask);
    mask.cdw11 = 0x02;
    ASSERT_TRUE(one->admin.run(mask)->status.ok());
    one->admin.send_aer();
    ASSERT_TRUE(run(*two, io_op::kReservationAcquire, 1 | 1 << 8, 0x22, 0x11).ok());
    settle();
    EXPECT_TRUE(one->admin.completions.empty());
    Bytes log(64);
    ASSERT_TRUE(one->admin.log(LogId::Reservation, 0, log).ok());
    EXPECT_EQ(log, Bytes(64));
}

TEST_F(Reservations, SurvivesARestartOfEveryTarget) {
    ASSERT_TRUE(run(*one, io_op::kReservationRegister, 3u << 30, 0, 0x11).ok());
    ASSERT_TRUE(run(*one, io_op::kReservationAcquire, 1 << 8, 0x11, 0).ok());
    World fresh;
    fresh.shared = &a;
    fresh.set_view(view); // what the owner has kept
    Connected again(fresh, kHostA), other(fresh, kHostB);
    EXPECT_TRUE(again.io->write(1, 0, Bytes(512)).ok());
    EXPECT_EQ(other.io->write(1, 0, Bytes(512)), st::kReservationConflict);
    const Bytes page = report(other);
    EXPECT_EQ(std::to_integer<int>(page[9]), 1); // persists
    Sqe get;
    get.opcode = admin_op::kGetFeatures;
    get.nsid = 1;
    get.cdw10 = static_cast<uint32_t>(FeatureId::ReservationPersistence);
    EXPECT_EQ(again.admin.run(get)->cqe.dw0, 1u);
}

TEST_F(Reservations, PersistenceFeature) {
    Sqe set;
    set.opcode = admin_op::kSetFeatures;
    set.cdw10 = static_cast<uint32_t>(FeatureId::ReservationPersistence);
    set.cdw11 = 1;
    set.nsid = kBroadcastNsid;
    EXPECT_TRUE(one->admin.run(set)->status.ok());
    for (const auto& ns : view.namespaces)
        EXPECT_TRUE(ns.reservation && ns.reservation->persist);
    set.nsid = 77;
    EXPECT_EQ(one->admin.run(set)->status, st::kInvalidNamespace);
}

TEST_F(Reservations, G38_MalformedCommands) {
    Sqe sqe;
    sqe.nsid = 1;
    for (const uint8_t op :
         {io_op::kReservationRegister, io_op::kReservationAcquire, io_op::kReservationRelease}) {
        sqe.opcode = op;
        const size_t too_short = op == io_op::kReservationRelease ? 4 : 12;
        for (const size_t length : {size_t{4}, too_short})
            EXPECT_EQ(one->io->run(sqe, Bytes(length))->status, st::kSglLengthInvalid);
        for (uint32_t action = 3; action < 8; ++action)
            EXPECT_FALSE(run(*one, op, action, 0, 1).ok());
    }
    ASSERT_TRUE(enter(*one, 0x11).ok());
    for (const uint32_t type : {0u, 7u, 255u})
        EXPECT_EQ(run(*one, io_op::kReservationAcquire, type << 8, 0x11, 0), st::kInvalidField);
    EXPECT_EQ(run(*one, io_op::kReservationAcquire, 8 | 1 << 8, 0x11, 0), st::kInvalidField);
    EXPECT_EQ(run(*one, io_op::kReservationRegister, 1u << 30, 0, 0x12), st::kInvalidField);
    EXPECT_EQ(enter(*two, 0), st::kInvalidField);
    // The report: the short form is refused; any length is cut or filled.
    Bytes page(64);
    sqe.opcode = io_op::kReservationReport;
    sqe.cdw10 = 15;
    EXPECT_EQ(one->io->run(sqe, {}, page)->status, st::kHostIdInconsistent);
    sqe.cdw11 = 1;
    for (const uint32_t numd : {0u, 0x0FFFFFFFu, 0xFFFFFFFFu}) {
        sqe.cdw10 = numd;
        const auto done = one->io->run(sqe, {}, page);
        ASSERT_TRUE(done && done->status.ok());
        EXPECT_EQ(done->received, numd == 0 ? 4u : 64u);
    }
}

} // namespace
} // namespace pf::nvme::test
