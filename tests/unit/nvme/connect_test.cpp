// Connect and its refusals, properties, life and death of controllers.
#include "tests/unit/nvme/target_harness.hpp"

#include <gtest/gtest.h>

namespace pf::nvme::test {
namespace {

struct ConnectTest : ::testing::Test {
    ConnectTest() { world.set_view(World::default_view()); }
    World world;
};

TEST_F(ConnectTest, AdminAndIoQueueWork) {
    Connected c(world);
    ASSERT_TRUE(c.ok);
    const auto controllers = world.core.controllers();
    ASSERT_EQ(controllers.size(), 1u);
    EXPECT_EQ(controllers[0].cntlid, c.cntlid);
    EXPECT_EQ(controllers[0].io_queues, 1u);
    EXPECT_EQ(controllers[0].host_nqn, kHostA);
}

TEST_F(ConnectTest, BusyUntilTheFirstView) {
    World fresh;
    Queue q(fresh);
    const auto done = q.connect(0, kDynamicCntlid);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->status, st::kConnectBusy);
    // The connection is still there: the host may try again on it.
    fresh.set_view(World::default_view());
    EXPECT_TRUE(q.connect(0, kDynamicCntlid)->status.ok());
}

TEST_F(ConnectTest, UnknownHostIsRefused) {
    Queue q(world);
    EXPECT_EQ(q.connect(0, kDynamicCntlid, "nqn.2014-08.local:nvme:nobody")->status,
              st::kConnectInvalidHost);
}

TEST_F(ConnectTest, UnknownSubsystemNamesTheField) {
    Queue q(world);
    const auto done = q.connect(0, kDynamicCntlid, kHostA, "nqn.2014-08.org.nvmexpress:nobody");
    EXPECT_EQ(done->status, st::kConnectInvalid);
    EXPECT_EQ(done->cqe.dw0, (1u << 16) | 256u);
}

TEST_F(ConnectTest, AHostHasOneIdentifierAndAnIdentifierOneHost) {
    Connected a(world);
    ASSERT_TRUE(a.ok);
    Queue other(world); // the same name, another identifier
    other.host_id = 9;
    const auto refused = other.connect(0, kDynamicCntlid);
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->status.is(1, 0x82));
    EXPECT_FALSE(refused->status.dnr) << "the former association may be about to end";
    EXPECT_EQ(refused->cqe.dw0, 1u << 16);
    // Another host with the identifier of the first would have its reservations.
    ConnectData data;
    data.hostid[0] = static_cast<uint8_t>(kHostA[std::strlen(kHostA) - 1]);
    data.cntlid = kDynamicCntlid;
    put_text(data.subnqn, kSubsystem, '\0');
    put_text(data.hostnqn, kHostB, '\0');
    Queue thief(world);
    const auto caught = thief.run(thief.connect_sqe(0, 0, 0), struct_bytes(data));
    ASSERT_TRUE(caught);
    EXPECT_TRUE(caught->status.is(1, 0x82));
    EXPECT_TRUE(Connected(world, kHostB).ok);
}

// Writes of a controller that was lost may still land: the host must not write through a new one
// before that is over.
TEST_F(ConnectTest, BusyWhileWritesOfTheFormerControllerDrain) {
    auto a = std::make_unique<Connected>(world);
    ASSERT_TRUE(a->ok);
    world.hold_io = true;
    a->io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), Bytes(512), {}, 5);
    a->io->exchange();
    ASSERT_EQ(world.held.size(), 1u);
    world.core.on_closed(a->admin.session, world.now);
    world.settle();
    Queue again(world);
    EXPECT_EQ(again.connect(0, kDynamicCntlid)->status, st::kConnectBusy);
    EXPECT_TRUE(Connected(world, kHostB).ok);
    EXPECT_TRUE(again.connect(0, kDynamicCntlid, kHostA, kDiscoveryNqn)->status.ok());
    world.hold_io = false;
    world.settle();
    Queue later(world);
    EXPECT_TRUE(later.connect(0, kDynamicCntlid)->status.ok());
}

// A reset waits for writes that storage has; those that it has not are not sent any more.
TEST_F(ConnectTest, ResetFencesWhatIsUnderWay) {
    Connected a(world);
    world.hold_io = true;
    a.io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), Bytes(512), {}, 5);
    a.io->exchange();
    ASSERT_EQ(world.held.size(), 1u);
    a.admin.set_cc(0);
    EXPECT_TRUE(world.fenced.contains(target::Fence{a.cntlid, {}}));
    EXPECT_EQ(a.admin.property(prop::kCsts, false) & csts::kReady, csts::kReady);
    world.hold_io = false;
    world.settle();
    EXPECT_EQ(a.admin.property(prop::kCsts, false) & csts::kReady, 0u);
}

TEST_F(ConnectTest, ReadsOfTheFormerControllerDoNotHoldItUp) {
    auto a = std::make_unique<Connected>(world);
    world.hold_io = true;
    Bytes into(512);
    a->io->core.submit(Queue::io(io_op::kRead, 1, 0, 1), {}, into, 5);
    a->io->exchange();
    world.core.on_closed(a->admin.session, world.now);
    Queue again(world);
    EXPECT_TRUE(again.connect(0, kDynamicCntlid)->status.ok());
}

TEST_F(ConnectTest, TlsListenersTakeWhomTheKeyNames) {
    auto view = World::default_view();
    view.hosts[0].tls_psk = Secret("the shell's business");
    world.set_view(view);
    Queue plain(world);
    EXPECT_EQ(plain.connect(0, kDynamicCntlid)->status, st::kConnectInvalidHost)
        << "a host with a key comes by TLS";
    EXPECT_TRUE(Queue(world).connect(0, kDynamicCntlid, kHostB)->status.ok());
    const auto over_tls = [&](const char* proved, std::string_view subsystem) {
        target::ListenerInfo listener;
        listener.tls = true;
        const auto session = world.core.open(listener, world.now);
        if (proved != nullptr)
            world.core.on_secured(*session, proved, std::string(subsystem));
        Queue q(world, *session);
        return q.connect(0, kDynamicCntlid)->status;
    };
    EXPECT_EQ(over_tls(nullptr, ""), st::kConnectInvalidHost);
    EXPECT_EQ(over_tls(kHostB, kSubsystem), st::kConnectInvalidHost);
    EXPECT_EQ(over_tls(kHostA, kDiscoveryNqn), st::kConnectInvalidHost);
    EXPECT_TRUE(over_tls(kHostA, kSubsystem).ok());
}

TEST_F(ConnectTest, DiscoveryMayHaveANameOfItsOwn) {
    target::TargetOptions options = World::default_options();
    options.discovery_nqn = "nqn.2014-08.com.example:discovery:1";
    World own(options);
    own.set_view(World::default_view());
    for (const std::string& name : {options.discovery_nqn, std::string(kDiscoveryNqn)}) {
        Queue q(own);
        ASSERT_TRUE(q.connect(0, kDynamicCntlid, kHostA, name)->status.ok());
        q.set_cc(cc::kDefault | cc::kEnable);
        Bytes page;
        ASSERT_TRUE(q.identify(Cns::Controller, 0, page).ok());
        EXPECT_STREQ(reinterpret_cast<const char*>(page.data()) + 768,
                     options.discovery_nqn.c_str());
    }
    Queue q(world);
    EXPECT_FALSE(q.connect(0, kDynamicCntlid, kHostA, options.discovery_nqn)->status.ok());
}

TEST_F(ConnectTest, IoSubsystemIsNotOnTheDiscoveryPort) {
    Queue q(world, 32, {}, true);
    EXPECT_EQ(q.connect(0, kDynamicCntlid)->status, st::kConnectInvalid);
    EXPECT_TRUE(q.connect(0, kDynamicCntlid, kHostA, kDiscoveryNqn)->status.ok());
}

TEST_F(ConnectTest, FieldsOfTheCommandAreChecked) {
    Queue q(world);
    ConnectData data;
    data.hostid[0] = 1;
    put_text(data.subnqn, kSubsystem, '\0');
    put_text(data.hostnqn, kHostA, '\0');
    Sqe format = q.connect_sqe(0, 0, 0);
    format.cdw10 |= 1;
    EXPECT_EQ(q.run(format, struct_bytes(data))->status, st::kConnectFormat);
    Sqe no_entries = q.connect_sqe(0, 0, 0);
    no_entries.cdw11 = 0;
    auto done = q.run(no_entries, struct_bytes(data));
    EXPECT_EQ(done->status, st::kConnectInvalid);
    EXPECT_EQ(done->cqe.dw0, 44u);
    Sqe too_many = q.connect_sqe(0, 0, 0);
    too_many.cdw11 = 0xFFFF;
    EXPECT_EQ(q.run(too_many, struct_bytes(data))->cqe.dw0, 44u);
    EXPECT_EQ(q.connect(0, 5)->cqe.dw0, (1u << 16) | 16u) << "a static controller id";
    EXPECT_EQ(q.connect(1, kDynamicCntlid)->cqe.dw0, (1u << 16) | 16u) << "no such controller";
    ConnectData nobody = data;
    nobody.hostid = {};
    EXPECT_EQ(q.run(q.connect_sqe(0, 0, 0), struct_bytes(nobody))->cqe.dw0, 1u << 16);
    ConnectData open_ended = data;
    open_ended.hostnqn.fill('x');
    EXPECT_EQ(q.run(q.connect_sqe(0, 0, 0), struct_bytes(open_ended))->cqe.dw0, (1u << 16) | 512u);
    EXPECT_EQ(q.run(q.connect_sqe(0, 0, 0), Bytes(512))->status, st::kSglLengthInvalid);
}

TEST_F(ConnectTest, ConnectDataMayComeByH2cData) {
    Queue q(world);
    // A host may ask for an R2T even where in-capsule data would do.
    q.core.set_in_capsule_bytes(0);
    EXPECT_TRUE(q.connect(0, kDynamicCntlid)->status.ok());
}

TEST_F(ConnectTest, OnlyConnectIsTakenFirstAndOnlyOnce) {
    Queue q(world);
    Sqe keep_alive;
    keep_alive.opcode = admin_op::kKeepAlive;
    EXPECT_EQ(q.run(keep_alive)->status, st::kCommandSequence);
    EXPECT_TRUE(q.connect(0, kDynamicCntlid)->status.ok());
    EXPECT_EQ(q.connect(0, kDynamicCntlid)->status, st::kCommandSequence);
    EXPECT_EQ(q.run(keep_alive)->status, st::kCommandSequence) << "not enabled yet";
}

TEST_F(ConnectTest, IoQueueNeedsAnEnabledControllerOfTheSameHost) {
    Queue admin(world);
    const auto cntlid = static_cast<uint16_t>(admin.connect(0, kDynamicCntlid)->cqe.dw0);
    Queue io(world);
    EXPECT_EQ(io.connect(1, cntlid)->status, st::kConnectInvalid) << "not enabled";
    admin.set_cc(cc::kEnable);
    EXPECT_EQ(io.connect(1, cntlid)->status, st::kConnectInvalid) << "entry sizes missing";
    admin.set_cc(0);
    admin.set_cc(cc::kDefault | cc::kEnable);
    EXPECT_EQ(io.connect(1, cntlid, kHostB)->cqe.dw0, (1u << 16) | 512u);
    io.host_id = 1;
    EXPECT_EQ(io.connect(1, cntlid)->cqe.dw0, 1u << 16) << "another host identifier";
    io.host_id = 0;
    EXPECT_TRUE(io.connect(1, cntlid)->status.ok());
    Queue twin(world);
    EXPECT_EQ(twin.connect(999, cntlid)->status, st::kInvalidQueueId);
    EXPECT_TRUE(twin.connect(2, cntlid)->status.ok());
}

TEST_F(ConnectTest, ControllerIdsComeFromTheRange) {
    auto options = World::default_options();
    options.cntlid_first = 513;
    options.cntlid_last = 514;
    World small(options);
    small.set_view(World::default_view());
    Connected a(small);
    Connected b(small);
    EXPECT_EQ(std::set<uint16_t>({a.cntlid, b.cntlid}), std::set<uint16_t>({513, 514}));
    Queue third(small);
    EXPECT_EQ(third.connect(0, kDynamicCntlid)->status, st::kConnectBusy);
}

TEST_F(ConnectTest, IdOfALostControllerWaitsForItsWrites) {
    auto options = World::default_options();
    options.cntlid_first = options.cntlid_last = 7;
    World small(options);
    small.set_view(World::default_view());
    auto c = std::make_unique<Connected>(small);
    ASSERT_TRUE(c->ok);
    small.hold_io = true;
    const Bytes data = pattern(4096, 1);
    c->io->core.submit(Queue::io(io_op::kWrite, 1, 0, 8), data, {}, 0);
    c->io->exchange();
    ASSERT_EQ(small.held.size(), 1u);
    small.core.on_closed(c->admin.session, small.now);
    small.settle();
    EXPECT_TRUE(small.is_closed(c->io->session));
    Queue next(small);
    EXPECT_EQ(next.connect(0, kDynamicCntlid)->status, st::kConnectBusy);
    small.hold_io = false;
    small.settle();
    EXPECT_TRUE(next.connect(0, kDynamicCntlid)->status.ok());
}

TEST_F(ConnectTest, PropertiesReadBack) {
    Queue q(world);
    q.connect(0, kDynamicCntlid);
    const uint64_t cap = q.property(prop::kCap, true);
    EXPECT_EQ(cap & 0xFFFF, 1023u);
    EXPECT_NE(cap & (1ull << 37), 0u) << "NVM command set";
    EXPECT_EQ(q.property(prop::kCap, false), cap & 0xFFFFFFFF);
    EXPECT_EQ(q.property(prop::kCap + 4, false), cap >> 32);
    EXPECT_EQ(q.property(prop::kVs, false), kVersion14);
    EXPECT_EQ(q.property(prop::kCsts, false), 0u);
    q.set_cc(cc::kDefault | cc::kEnable);
    EXPECT_EQ(q.property(prop::kCsts, false), 1u);
    EXPECT_EQ(q.property(prop::kCc, false), cc::kDefault | cc::kEnable);
    EXPECT_EQ(q.property(0x30, true), ~0ull) << "no such property";
    EXPECT_FALSE(q.set_cc(cc::kDefault | cc::kEnable | 1u << 7)->status.ok()) << "page size";
}

TEST_F(ConnectTest, ResetWaitsForIoInFlight) {
    Connected c(world);
    world.hold_io = true;
    const Bytes data = pattern(512, 1);
    c.io->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), data, {}, 0);
    c.io->exchange();
    c.admin.set_cc(cc::kDefault);
    EXPECT_TRUE(world.is_closed(c.io->session));
    EXPECT_EQ(c.admin.property(prop::kCsts, false) & 1, 1u) << "still ready: a write is in flight";
    world.hold_io = false;
    world.settle();
    EXPECT_EQ(c.admin.property(prop::kCsts, false), 0u);
    EXPECT_TRUE(c.admin.set_cc(cc::kDefault | cc::kEnable)->status.ok());
    EXPECT_EQ(c.admin.property(prop::kCsts, false), 1u);
}

TEST_F(ConnectTest, ShutdownIsReported) {
    Connected c(world);
    c.admin.set_cc(cc::kDefault | cc::kEnable | 1u << 14);
    EXPECT_EQ(c.admin.property(prop::kCsts, false) & csts::kShutdownMask, csts::kShutdownComplete);
    EXPECT_TRUE(world.is_closed(c.io->session));
}

TEST_F(ConnectTest, KeepAliveExpires) {
    Connected c(world, kHostA, 5000);
    ASSERT_TRUE(c.ok);
    world.now += 5s;
    world.core.tick(world.now);
    world.settle();
    EXPECT_FALSE(world.is_closed(c.admin.session)) << "one unit of slack";
    Sqe keep_alive;
    keep_alive.opcode = admin_op::kKeepAlive;
    EXPECT_TRUE(c.admin.run(keep_alive)->status.ok());
    world.now += 5900ms;
    world.core.tick(world.now);
    world.settle();
    EXPECT_FALSE(world.is_closed(c.admin.session));
    world.now += 200ms;
    world.core.tick(world.now);
    world.settle();
    EXPECT_TRUE(world.is_closed(c.admin.session));
    EXPECT_TRUE(world.is_closed(c.io->session));
    EXPECT_TRUE(world.core.controllers().empty());
}

TEST_F(ConnectTest, ConnectionWithoutConnectIsDropped) {
    const auto session = world.open();
    world.now += 9s;
    world.core.tick(world.now);
    world.settle();
    EXPECT_FALSE(world.is_closed(session));
    world.now += 1s;
    world.core.tick(world.now);
    world.settle();
    EXPECT_TRUE(world.is_closed(session));
}

TEST_F(ConnectTest, LosingAnIoConnectionKeepsTheController) {
    Connected c(world);
    world.core.on_closed(c.io->session, world.now);
    world.settle();
    EXPECT_EQ(world.core.controllers().size(), 1u);
    Queue again(world);
    EXPECT_TRUE(again.connect(1, c.cntlid)->status.ok());
}

TEST_F(ConnectTest, RemovingTheHostEndsItsControllers) {
    Connected a(world);
    Connected b(world, kHostB);
    auto view = World::default_view();
    view.hosts.erase(view.hosts.begin());
    world.set_view(view);
    EXPECT_TRUE(world.is_closed(a.admin.session));
    EXPECT_FALSE(world.is_closed(b.admin.session));
}

} // namespace
} // namespace pf::nvme::test
