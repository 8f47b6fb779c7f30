// Sentences of the conformance table (docs/reference/nvme-conformance.md) that no other test has:
// what a reset forgets, lost queues with writes under way, logs that are read in vain, who may do
// what under a reservation.
#include "tests/unit/nvme/target_harness.hpp"

#include <gtest/gtest.h>

namespace pf::nvme::test {
namespace {

class Conformance : public ::testing::Test {
  protected:
    Conformance() { world.set_view(World::default_view()); }
    void pass(std::chrono::milliseconds time) {
        world.now += time;
        world.core.tick(world.now);
        world.settle();
    }
    // One entry less, or one more, for host A.
    void map_first(bool both) {
        auto view = World::default_view();
        if (!both)
            view.hosts[0].nsids = {1};
        world.set_view(view);
    }
    static size_t events(Queue& admin, uint32_t dw0) {
        admin.exchange();
        const auto n = std::count_if(
            admin.completions.begin(), admin.completions.end(),
            [&](const HostCompletion& done) { return done.tag == 99 && done.cqe.dw0 == dw0; });
        admin.completions.clear();
        return static_cast<size_t>(n);
    }
    World world;
};

// 2.4: a reset is a fresh start. A host that reads nothing before it resets must hear of the next
// change all the same.
TEST_F(Conformance, ResetForgetsWhatWasTold) {
    Connected c(world);
    c.admin.set_feature(FeatureId::AsyncEventConfig, aen::kConfigNamespace);
    c.admin.set_feature(FeatureId::Arbitration, 3);
    c.admin.send_aer();
    map_first(false);
    ASSERT_EQ(events(c.admin, aen::kNamespaceChanged), 1u);
    c.admin.set_cc(cc::kDefault);
    c.admin.set_cc(cc::kDefault | cc::kEnable);
    Sqe get;
    get.opcode = admin_op::kGetFeatures;
    get.cdw10 = static_cast<uint32_t>(FeatureId::Arbitration);
    EXPECT_EQ(c.admin.run(get)->cqe.dw0, 6u) << "the default";
    Bytes page(4096);
    ASSERT_TRUE(c.admin.log(LogId::ChangedNamespaces, 0, page, true).ok());
    EXPECT_EQ(page, Bytes(4096)) << "the host enumerates anew";
    c.admin.set_feature(FeatureId::AsyncEventConfig, aen::kConfigNamespace);
    c.admin.send_aer();
    map_first(true);
    EXPECT_EQ(events(c.admin, aen::kNamespaceChanged), 1u);
}

// 3.3: what a command that fails would have shown is not taken for read.
TEST_F(Conformance, AFailedReadingClearsNoLog) {
    Connected c(world);
    c.admin.set_feature(FeatureId::AsyncEventConfig, aen::kConfigNamespace);
    c.admin.send_aer();
    map_first(false);
    ASSERT_EQ(events(c.admin, aen::kNamespaceChanged), 1u);
    Bytes page(64);
    EXPECT_EQ(c.admin.log(LogId::ChangedNamespaces, 8192, page), st::kInvalidField);
    ASSERT_TRUE(c.admin.log(LogId::ChangedNamespaces, 0, page).ok());
    EXPECT_EQ(load_le<uint32_t>(page.data()), 2u);
}

// 3.3: more changes than the page has room for.
TEST_F(Conformance, ChangedNamespacesBeyondThePage) {
    auto view = World::default_view();
    view.namespaces.clear();
    for (uint32_t nsid = 1; nsid <= 1100; ++nsid) {
        target::NamespaceConfig ns;
        ns.nsid = nsid;
        ns.nguid = volume_nguid(nsid, 7);
        ns.size_blocks = 8;
        ns.device = nsid;
        view.namespaces.push_back(ns);
    }
    const auto show = [&](uint32_t first, uint32_t last) {
        view.hosts[0].nsids.clear();
        for (uint32_t nsid = first; nsid <= last; ++nsid)
            view.hosts[0].nsids.push_back(nsid);
        world.set_view(view);
    };
    show(1, 1000);
    Connected c(world);
    show(1, 1);
    Bytes page(4096);
    ASSERT_TRUE(c.admin.log(LogId::ChangedNamespaces, 0, page).ok());
    EXPECT_EQ(load_le<uint32_t>(page.data()), 2u) << "999 of them fit";
    EXPECT_EQ(load_le<uint32_t>(page.data() + 998 * 4), 1000u);
    show(1, 1000);
    show(1001, 1100);
    ASSERT_TRUE(c.admin.log(LogId::ChangedNamespaces, 0, page).ok());
    Bytes too_many(4096);
    std::fill_n(too_many.begin(), 4, std::byte{0xFF});
    EXPECT_EQ(page, too_many);
    ASSERT_TRUE(c.admin.log(LogId::ChangedNamespaces, 0, page).ok());
    EXPECT_EQ(page, Bytes(4096));
}

// 2.4: enabled again before the reset is over. What is in flight still belongs to before.
TEST_F(Conformance, EnableDuringAResetWaitsForIt) {
    Connected c(world);
    world.hold_io = true;
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), pattern(512, 1), {}, 0);
    c.io->exchange();
    c.admin.set_cc(cc::kDefault);
    c.admin.set_cc(cc::kDefault | cc::kEnable);
    EXPECT_EQ(c.admin.property(prop::kCsts, false), 0u) << "a write of before is in flight";
    Queue early(world);
    EXPECT_EQ(early.connect(1, c.cntlid)->status, st::kConnectInvalid);
    world.hold_io = false;
    world.settle();
    EXPECT_EQ(c.admin.property(prop::kCsts, false), csts::kReady);
    Queue io(world);
    EXPECT_TRUE(io.connect(1, c.cntlid)->status.ok());
}

// 2.4, 3.3, 3.4: what is answered while disabled, and what an NVMe 1.4 controller without a
// volatile cache does not have.
TEST_F(Conformance, WhatIsNotThere) {
    Connected c(world);
    Bytes page(64);
    for (const int lid : {0x00, 0x12, 0x13})
        EXPECT_EQ(c.admin.log(static_cast<LogId>(lid), 0, page), st::kInvalidLogPage) << lid;
    EXPECT_EQ(c.admin.set_feature(FeatureId::VolatileWriteCache, 1)->status, st::kInvalidField);
    c.admin.set_cc(cc::kDefault);
    EXPECT_EQ(c.admin.identify(Cns::Controller, 0, page), st::kCommandSequence);
    Sqe keep_alive;
    keep_alive.opcode = admin_op::kKeepAlive;
    EXPECT_EQ(c.admin.run(keep_alive)->status, st::kCommandSequence);
}

// 1.8: a port that wants TLS says so.
TEST_F(Conformance, DiscoveryNamesTls) {
    auto view = World::default_view();
    view.portals.push_back(view.portals[0]);
    view.portals.back().tls = true;
    world.set_view(view);
    Queue q(world);
    ASSERT_TRUE(q.connect(0, kDynamicCntlid, kHostA, kDiscoveryNqn)->status.ok());
    q.set_cc(cc::kDefault | cc::kEnable);
    Bytes page(3 * 1024);
    ASSERT_TRUE(q.log(LogId::Discovery, 0, page).ok());
    for (const size_t i : {0, 1}) {
        const auto entry =
            load_struct<DiscoveryLogEntry>(ByteSpan(page).subspan((1 + i) * 1024, 1024));
        EXPECT_EQ(entry.treq & 3, static_cast<int>(i)); // 1: a secure channel is required
        EXPECT_EQ(entry.tsas[0], i == 0 ? 0 : 2);       // 2: TLS 1.3
    }
}

// 2.4: shut down while a reset is waiting, and the other way round.
TEST_F(Conformance, ResetAndShutdownAtOnce) {
    for (const bool reset_first : {true, false}) {
        Connected c(world);
        world.hold_io = true;
        c.io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), pattern(512, 1), {}, 0);
        c.io->exchange();
        const uint32_t normal = 1u << 14;
        c.admin.set_cc(reset_first ? cc::kDefault : cc::kDefault | cc::kEnable | normal);
        c.admin.set_cc(cc::kDefault | normal);
        EXPECT_EQ(c.admin.property(prop::kCsts, false) & csts::kShutdownMask, 1u << 2);
        world.hold_io = false;
        world.settle();
        EXPECT_EQ(c.admin.property(prop::kCsts, false), csts::kShutdownComplete);
        EXPECT_EQ(world.core.io_in_flight(), 0u);
        EXPECT_TRUE(c.admin.set_cc(cc::kDefault | cc::kEnable)->status.ok());
        EXPECT_EQ(c.admin.property(prop::kCsts, false), csts::kReady);
    }
}

// 2.4: an association is kept for two minutes without being enabled, and no longer.
TEST_F(Conformance, AssociationWaitsTwoMinutesToBeEnabled) {
    Queue never(world);
    ASSERT_TRUE(never.connect(0, kDynamicCntlid)->status.ok());
    Connected reset(world);
    Connected shut(world, kHostB);
    reset.admin.set_cc(cc::kDefault);
    shut.admin.set_cc(cc::kDefault | cc::kEnable | 1u << 14);
    pass(119'900ms);
    for (const Queue* q : {&never, &reset.admin, &shut.admin})
        EXPECT_FALSE(world.is_closed(q->session));
    pass(100ms);
    for (const Queue* q : {&never, &reset.admin, &shut.admin})
        EXPECT_TRUE(world.is_closed(q->session));
    EXPECT_TRUE(world.core.controllers().empty());
}

// 2.2: the asymmetric access state is that of the port that the controller was connected by.
TEST_F(Conformance, IoQueuesComeInWhereTheirControllerDid) {
    Connected c(world);
    target::ListenerInfo other;
    other.address = "10.1.1.2";
    Queue elsewhere(world, world.core.open(other, world.now).value());
    const auto refused = elsewhere.connect(2, c.cntlid);
    EXPECT_EQ(refused->status, st::kConnectInvalid);
    EXPECT_EQ(refused->cqe.dw0, 42u) << "the queue id of the command";
    Queue same(world);
    EXPECT_TRUE(same.connect(2, c.cntlid)->status.ok());
}

// 1.6, 2.5: a queue that is lost with writes under way. They are fenced, and no queue comes in its
// place before they are over: what the host repeats there could otherwise be undone by them.
TEST_F(Conformance, LostQueueWithWritesUnderWay) {
    Connected c(world);
    world.hold_io = true;
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), pattern(512, 1), {}, 0);
    c.io->exchange();
    world.core.on_closed(c.io->session, world.now);
    world.settle();
    EXPECT_TRUE(world.fenced.contains(target::Fence{c.cntlid, std::nullopt}));
    EXPECT_FALSE(world.is_closed(c.admin.session)) << "the controller lives on";
    Queue again(world);
    EXPECT_EQ(again.connect(1, c.cntlid)->status, st::kConnectBusy);
    EXPECT_EQ(again.connect(2, c.cntlid)->status, st::kConnectBusy);
    world.hold_io = false;
    world.settle();
    EXPECT_TRUE(again.connect(1, c.cntlid)->status.ok());
    // Reads change nothing.
    world.fenced.clear();
    world.hold_io = true;
    Bytes block(512);
    again.core.submit(Queue::io(io_op::kRead, 1, 0, 1), {}, block, 0);
    again.exchange();
    world.core.on_closed(again.session, world.now);
    world.settle();
    EXPECT_TRUE(world.fenced.empty());
    Queue third(world);
    EXPECT_TRUE(third.connect(1, c.cntlid)->status.ok());
    world.hold_io = false;
    world.settle();
}

// 3.6: compare takes as much data as a write does, in the capsule or asked for.
TEST_F(Conformance, CompareBeyondTheCapsule) {
    Connected c(world);
    for (const uint32_t bytes : {512u, 16384u, 16896u, 1048576u}) {
        Bytes data = pattern(bytes, 9);
        ASSERT_TRUE(c.io->write(1, 0, data).ok());
        const Sqe compare = Queue::io(io_op::kCompare, 1, 0, bytes / kBlockBytes);
        EXPECT_TRUE(c.io->run(compare, data)->status.ok()) << bytes;
        data.back() ^= std::byte{1};
        EXPECT_EQ(c.io->run(compare, data)->status, st::kCompareFailure) << bytes;
    }
    Bytes pair(32768, std::byte{5});
    ASSERT_TRUE(c.io->write(1, 0, Bytes(32768)).ok());
    EXPECT_TRUE(c.io->compare_and_write(1, 0, Bytes(32768), pair).second.ok());
    EXPECT_EQ(c.io->compare_and_write(1, 0, Bytes(32768), pair).first, st::kCompareFailure);
}

// 3.4: a feature of a namespace that cannot be reached on this path.
TEST_F(Conformance, NamespaceFeaturesFollowTheAnaState) {
    Connected c(world);
    Sqe get;
    get.opcode = admin_op::kGetFeatures;
    Sqe set;
    set.opcode = admin_op::kSetFeatures;
    get.nsid = set.nsid = 1;
    auto view = World::default_view();
    for (const FeatureId id : {FeatureId::ReservationMask, FeatureId::ReservationPersistence}) {
        get.cdw10 = set.cdw10 = static_cast<uint32_t>(id);
        view.ana_groups[0].state = AnaState::Optimized;
        world.set_view(view);
        EXPECT_TRUE(c.admin.run(get)->status.ok());
        for (const auto& [state, status] :
             {std::pair{AnaState::Inaccessible, st::kAnaInaccessible},
              std::pair{AnaState::PersistentLoss, st::kAnaPersistentLoss},
              std::pair{AnaState::Change, st::kAnaTransition}}) {
            view.ana_groups[0].state = state;
            world.set_view(view);
            EXPECT_EQ(c.admin.run(get)->status, status);
            EXPECT_EQ(c.admin.run(set)->status, status);
        }
    }
}

// 3.7: the log's numbers move with all that it says.
TEST_F(Conformance, AnaChangeCountsFollowTheLog) {
    Connected c(world);
    const auto counts = [&] {
        Bytes page(64);
        EXPECT_TRUE(c.admin.log(LogId::Ana, 0, page).ok());
        const auto group = load_struct<AnaGroupDescriptor>(ByteSpan(page).subspan(16));
        return std::pair(uint64_t{load_struct<AnaLogHeader>(page).change_count},
                         uint64_t{group.change_count});
    };
    const auto start = counts();
    EXPECT_EQ(counts(), start);
    auto view = World::default_view();
    view.hosts[0].optimized_addresses = std::vector<std::string>{"10.9.9.9"};
    world.set_view(view);
    const auto moved = counts();
    EXPECT_GT(moved.first, start.first);
    EXPECT_GT(moved.second, start.second) << "the state of the group, as this host sees it";
    view.hosts[0].nsids = {1};
    world.set_view(view);
    const auto fewer = counts();
    EXPECT_GT(fewer.first, moved.first);
    EXPECT_GT(fewer.second, moved.second) << "its list of namespaces";
    world.set_view(view);
    EXPECT_EQ(counts(), fewer) << "nothing changed";
}

// 3.7: commands that storage has when the state changes are not touched; what comes later is
// refused with an error that sends the host to another path.
TEST_F(Conformance, AnaChangeWithCommandsUnderWay) {
    Connected c(world);
    world.hold_io = true;
    Bytes into(512);
    const Bytes large = pattern(32768, 2); // sent when it is asked for
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), pattern(512, 1), {}, 1);
    c.io->core.submit(Queue::io(io_op::kRead, 1, 8, 1), {}, into, 2);
    // Its data has not been sent yet: looked at when it is here.
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 16, 64), large, {}, 3);
    c.io->exchange();
    ASSERT_EQ(world.held.size(), 3u);
    auto view = World::default_view();
    view.ana_groups[0].state = AnaState::Inaccessible;
    world.set_view(view);
    c.io->core.submit(Queue::io(io_op::kRead, 1, 0, 1), {}, into, 4);
    c.io->exchange();
    ASSERT_EQ(c.io->completions.size(), 1u);
    EXPECT_EQ(c.io->completions[0].status, st::kAnaInaccessible);
    c.io->completions.clear();
    world.hold_io = false;
    world.settle();
    c.io->exchange();
    ASSERT_EQ(c.io->completions.size(), 3u);
    for (const HostCompletion& done : c.io->completions)
        EXPECT_TRUE(done.status.ok());
}

// 3.8: every type, who asks, and every command that the table of the specification has.
TEST_F(Conformance, ReservationConflictsOfEveryCommand) {
    Connected c(world);
    HostId own{};
    own[0] = '1'; // as the harness connects host A
    HostId holder{};
    holder[0] = 'x';
    const Bytes block(512);
    const auto conflicts = [&](uint8_t op) {
        Bytes into(512);
        Status status;
        if (op == io_op::kRead) {
            status = c.io->read(1, 0, into);
        } else if (op == io_op::kWrite || op == io_op::kCompare) {
            status = c.io->run(Queue::io(op, 1, 0, 1), block)->status;
        } else if (op == io_op::kDsm) {
            DsmRange range;
            range.blocks = 1;
            Sqe sqe = Queue::io(op, 1, 0, 1);
            sqe.cdw10 = 0;
            sqe.cdw11 = 4;
            sqe.cdw12 = 0;
            status = c.io->run(sqe, struct_bytes(range))->status;
        } else {
            status = c.io->run(Queue::io(op, 1, 0, 1))->status;
        }
        EXPECT_TRUE(status.ok() || status == st::kReservationConflict) << int{op};
        return status == st::kReservationConflict;
    };
    enum Role { Stranger, Registered, Holder };
    for (uint8_t type = 1; type <= 6; ++type) {
        for (const Role role : {Stranger, Registered, Holder}) {
            auto state = std::make_shared<Reservation>();
            state->type = static_cast<ReservationType>(type);
            const bool all = type >= 5;
            state->registrants.push_back(Registrant{holder, 1});
            if (role != Stranger)
                state->registrants.push_back(Registrant{own, 2});
            if (!all)
                state->holder = role == Holder ? own : holder;
            auto view = World::default_view();
            view.namespaces[0].reservation = state;
            world.set_view(view);
            const bool free = role == Holder || (role == Registered && type >= 3);
            const bool reads_too = type == 2 || type == 4 || type == 6; // exclusive access
            for (const uint8_t op : {io_op::kRead, io_op::kCompare, io_op::kVerify})
                EXPECT_EQ(conflicts(op), !free && reads_too) << int{type} << role << int{op};
            for (const uint8_t op :
                 {io_op::kWrite, io_op::kWriteZeroes, io_op::kDsm, io_op::kFlush})
                EXPECT_EQ(conflicts(op), !free) << int{type} << role << int{op};
            const auto pair = c.io->compare_and_write(1, 0, block, block);
            EXPECT_EQ(pair.first == st::kReservationConflict, !free) << int{type} << role;
            // Beyond the end: the reservation is judged first.
            EXPECT_EQ(c.io->run(Queue::io(io_op::kWrite, 1, 1u << 30, 1), block)->status,
                      free ? st::kLbaOutOfRange : st::kReservationConflict);
        }
    }
}

} // namespace
} // namespace pf::nvme::test
