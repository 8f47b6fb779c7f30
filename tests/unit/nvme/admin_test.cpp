// Identify, log pages, features, asynchronous events, discovery.
#include "tests/unit/nvme/target_harness.hpp"

#include <gtest/gtest.h>

namespace pf::nvme::test {
namespace {

struct AdminTest : ::testing::Test {
    AdminTest() { world.set_view(World::default_view()); }
    World world;
};

TEST_F(AdminTest, IdentifyControllerIsWhatHostsInsistOn) {
    Connected c(world);
    Bytes page;
    ASSERT_TRUE(c.admin.identify(Cns::Controller, 0, page).ok());
    const auto id = load_struct<IdentifyController>(page);
    EXPECT_EQ(uint16_t{id.cntlid}, c.cntlid);
    EXPECT_EQ(get_text(id.subnqn), kSubsystem);
    EXPECT_EQ(id.cntrltype, 1);
    EXPECT_EQ(id.cmic, 0x0B);
    EXPECT_NE(uint16_t{id.kas}, 0) << "Linux refuses fabrics controllers without keep-alive";
    EXPECT_GE(uint32_t{id.ioccsz}, 4u);
    EXPECT_GE(uint32_t{id.iorcsz}, 1u);
    EXPECT_NE(uint16_t{id.maxcmd}, 0);
    EXPECT_NE(uint32_t{id.sgls} & 3, 0u);
    EXPECT_EQ(uint16_t{id.fuses} & 1, 1) << "ESXi needs compare and write";
    EXPECT_EQ(uint16_t{id.oncs} & 0x0D, 0x0D);
    EXPECT_GE(4096u << id.mdts, 1024u * 1024);
    EXPECT_NE(uint32_t{id.mnan}, 0u);
    EXPECT_LE(uint32_t{id.mnan}, uint32_t{id.nn});
    EXPECT_LE(16 + 32 * uint32_t{id.nanagrpid} + 4 * uint32_t{id.mnan}, 4096u << id.mdts);
    EXPECT_EQ(uint32_t{id.oaes}, 0x900u);
}

TEST_F(AdminTest, IdentifyNamespaceStructures) {
    Connected c(world);
    Bytes page;
    ASSERT_TRUE(c.admin.identify(Cns::Namespace, 1, page).ok());
    const auto id = load_struct<IdentifyNamespace>(page);
    EXPECT_EQ(uint64_t{id.nsze}, kDiskBytes / kBlockBytes);
    EXPECT_EQ(id.lbaf[0].lbads, 9);
    EXPECT_EQ(id.nmic, 1);
    EXPECT_EQ(uint32_t{id.anagrpid}, 1u);
    EXPECT_EQ(nguid_hex(id.nguid), "3bd1f7880000001a64b94e83018c2d0f");

    EXPECT_TRUE(c.admin.identify(Cns::Namespace, 77, page).ok());
    EXPECT_EQ(page, Bytes(4096)) << "an inactive namespace reads as zeroes";
    EXPECT_EQ(c.admin.identify(Cns::Namespace, 0, page), st::kInvalidNamespace);
    EXPECT_EQ(c.admin.identify(Cns::Namespace, 0xFFFFFFFF, page), st::kInvalidNamespace);

    ASSERT_TRUE(c.admin.identify(Cns::NamespaceDescriptors, 1, page).ok());
    EXPECT_EQ(page[0], std::byte{2}) << "NGUID, and no UUID anywhere";
    EXPECT_EQ(page[20], std::byte{4});
    EXPECT_EQ(page[25], std::byte{0});
    EXPECT_EQ(c.admin.identify(Cns::NamespaceDescriptors, 77, page), st::kInvalidField);

    EXPECT_TRUE(c.admin.identify(Cns::CommandSetNamespace, 1, page).ok());
    EXPECT_TRUE(c.admin.identify(Cns::CommandSetController, 0, page).ok());
    EXPECT_EQ(c.admin.identify(Cns::CommandSetController, 0, page, 2), st::kInvalidField);
    EXPECT_TRUE(c.admin.identify(Cns::IndependentNamespace, 1, page).ok());
    EXPECT_EQ(load_struct<IdentifyIndependentNamespace>(page).nstat, 1);
    EXPECT_EQ(c.admin.identify(static_cast<Cns>(0x55), 0, page), st::kInvalidField);
}

TEST_F(AdminTest, ActiveListIsAscendingAndPaged) {
    auto view = World::default_view();
    view.hosts[0].nsids = {2, 1};
    world.set_view(view);
    Connected c(world);
    Bytes page;
    ASSERT_TRUE(c.admin.identify(Cns::ActiveNamespaces, 0, page).ok());
    auto list = load_struct<std::array<uint32_t, 4>>(page);
    EXPECT_EQ(list, (std::array<uint32_t, 4>{1, 2, 0, 0}));
    ASSERT_TRUE(c.admin.identify(Cns::ActiveNamespaces, 1, page).ok());
    list = load_struct<std::array<uint32_t, 4>>(page);
    EXPECT_EQ(list[0], 2u);
    EXPECT_EQ(c.admin.identify(Cns::ActiveNamespaces, 0xFFFFFFFE, page), st::kInvalidNamespace);
}

TEST_F(AdminTest, LogPages) {
    Connected c(world);
    Bytes page(512);
    EXPECT_TRUE(c.admin.log(LogId::Smart, 0, page).ok());
    EXPECT_GT(uint16_t{load_struct<SmartLog>(page).temperature_kelvin}, 273);
    EXPECT_TRUE(c.admin.log(LogId::FirmwareSlot, 0, page).ok());
    EXPECT_TRUE(c.admin.log(LogId::ErrorInfo, 0, page).ok());
    Bytes effects(4096);
    ASSERT_TRUE(c.admin.log(LogId::CommandEffects, 0, effects).ok());
    const auto log = load_struct<EffectsLog>(effects);
    EXPECT_EQ(uint32_t{log.io[io_op::kWrite]}, 3u);
    EXPECT_EQ(uint32_t{log.io[0x19]}, 0u) << "no copy command";
    Bytes tail(96);
    EXPECT_TRUE(c.admin.log(LogId::CommandEffects, 4000, tail).ok());
    EXPECT_EQ(c.admin.log(LogId::CommandEffects, 3, tail), st::kInvalidField) << "not in dwords";
    EXPECT_EQ(c.admin.log(LogId::CommandEffects, 1ull << 40, tail), st::kInvalidField);
    EXPECT_EQ(c.admin.log(static_cast<LogId>(0xBE), 0, tail), st::kInvalidLogPage);
    EXPECT_EQ(c.admin.log(LogId::Discovery, 0, tail), st::kInvalidLogPage);
}

TEST_F(AdminTest, AnaLogListsWhatTheHostSees) {
    Connected b(world, kHostB);
    Bytes page(128);
    ASSERT_TRUE(b.admin.log(LogId::Ana, 0, page).ok());
    const auto header = load_struct<AnaLogHeader>(page);
    ASSERT_EQ(uint16_t{header.groups}, 1);
    const auto group = load_struct<AnaGroupDescriptor>(ByteSpan(page).subspan(16));
    EXPECT_EQ(uint32_t{group.namespaces}, 1u);
    EXPECT_EQ(group.state, 1);
    EXPECT_EQ(load_le<uint32_t>(page.data() + 48), 2u);
}

TEST_F(AdminTest, AnaChangeIsToldAndFailsIo) {
    Connected c(world);
    c.admin.set_feature(FeatureId::AsyncEventConfig, 0x900);
    c.admin.send_aer();
    auto view = World::default_view();
    view.ana_groups[0].state = AnaState::Inaccessible;
    world.set_view(view);
    c.admin.exchange();
    ASSERT_EQ(c.admin.completions.size(), 1u);
    EXPECT_EQ(c.admin.completions[0].cqe.dw0, aen::kAnaChanged);
    c.admin.completions.clear();
    Bytes buffer(512);
    EXPECT_EQ(c.io->read(1, 0, buffer), st::kAnaInaccessible);
    Bytes page(128);
    ASSERT_TRUE(c.admin.log(LogId::Ana, 0, page).ok());
    EXPECT_EQ(load_struct<AnaGroupDescriptor>(ByteSpan(page).subspan(16)).state, 3);
    EXPECT_EQ(uint64_t{load_struct<AnaLogHeader>(page).change_count}, 1u);
}

// A host that may have few paths sees the others as second best, and hears when that changes.
TEST_F(AdminTest, PathBeyondTheHostsNumberIsNonOptimized) {
    Connected host(world);
    ASSERT_TRUE(host.admin.set_feature(FeatureId::AsyncEventConfig, aen::kConfigAna)->status.ok());
    host.admin.send_aer();
    auto view = World::default_view();
    view.hosts[0].optimized_addresses = std::vector<std::string>{"10.9.9.9"};
    world.set_view(view);
    host.admin.exchange();
    ASSERT_EQ(host.admin.completions.size(), 1u);
    EXPECT_EQ(host.admin.completions[0].cqe.dw0, aen::kAnaChanged);
    host.admin.completions.clear();
    Bytes log(64);
    ASSERT_TRUE(host.admin.log(LogId::Ana, 0, log).ok());
    EXPECT_EQ(load_struct<AnaGroupDescriptor>(ByteSpan(log).subspan(16)).state, 2);
    Bytes block(512);
    EXPECT_TRUE(host.io->read(1, 0, block).ok());
    view.hosts[0].optimized_addresses = std::vector<std::string>{"10.1.1.1"};
    world.set_view(view);
    ASSERT_TRUE(host.admin.log(LogId::Ana, 0, log).ok());
    EXPECT_EQ(load_struct<AnaGroupDescriptor>(ByteSpan(log).subspan(16)).state, 1);
}

TEST_F(AdminTest, NamespaceChangeIsToldOnceUntilTheLogIsRead) {
    Connected a(world);
    Connected b(world, kHostB);
    for (Connected* c : {&a, &b}) {
        c->admin.set_feature(FeatureId::AsyncEventConfig, 0x100);
        c->admin.send_aer();
    }
    auto view = World::default_view();
    view.namespaces[0].size_blocks *= 2; // namespace 1: host A only
    world.set_view(view);
    a.admin.exchange();
    b.admin.exchange();
    ASSERT_EQ(a.admin.completions.size(), 1u);
    EXPECT_EQ(a.admin.completions[0].cqe.dw0, aen::kNamespaceChanged);
    EXPECT_TRUE(b.admin.completions.empty()) << "a host is not told what it cannot see";
    a.admin.completions.clear();

    a.admin.send_aer();
    view.hosts[0].nsids = {1};
    world.set_view(view);
    a.admin.exchange();
    EXPECT_TRUE(a.admin.completions.empty()) << "the log has not been read yet";
    Bytes page(4096);
    ASSERT_TRUE(a.admin.log(LogId::ChangedNamespaces, 0, page, true).ok());
    EXPECT_EQ((load_struct<std::array<uint32_t, 3>>(page)), (std::array<uint32_t, 3>{1, 2, 0}));
    ASSERT_TRUE(a.admin.log(LogId::ChangedNamespaces, 0, page).ok());
    EXPECT_EQ(load_le<uint32_t>(page.data()), 1u) << "retained by the first reading";
    ASSERT_TRUE(a.admin.log(LogId::ChangedNamespaces, 0, page).ok());
    EXPECT_EQ(page, Bytes(4096));

    view.hosts[0].nsids = {1, 2};
    world.set_view(view);
    a.admin.exchange();
    EXPECT_EQ(a.admin.completions.size(), 1u) << "armed again";
}

TEST_F(AdminTest, EventWaitsForARequest) {
    Connected c(world);
    c.admin.set_feature(FeatureId::AsyncEventConfig, 0x100);
    auto view = World::default_view();
    view.hosts[0].nsids = {2};
    world.set_view(view);
    c.admin.exchange();
    EXPECT_TRUE(c.admin.completions.empty());
    c.admin.send_aer();
    ASSERT_EQ(c.admin.completions.size(), 1u);
    EXPECT_EQ(c.admin.completions[0].cqe.dw0, aen::kNamespaceChanged);
}

TEST_F(AdminTest, AsyncEventRequestsAreLimitedAndAbortable) {
    Connected c(world);
    for (int i = 0; i < 4; ++i)
        c.admin.send_aer();
    EXPECT_TRUE(c.admin.completions.empty());
    c.admin.send_aer();
    ASSERT_EQ(c.admin.completions.size(), 1u);
    EXPECT_EQ(c.admin.completions[0].status, st::kAerLimit);
    c.admin.completions.clear();
    Sqe abort;
    abort.opcode = admin_op::kAbort;
    for (uint32_t cid = 0; cid < 32; ++cid) {
        abort.cdw10 = cid << 16;
        c.admin.core.submit(abort, {}, {}, 1000 + cid);
        c.admin.exchange();
    }
    size_t aborted = 0;
    for (const HostCompletion& done : c.admin.completions)
        if (done.tag == 99 && done.status == st::kAborted)
            ++aborted;
    EXPECT_EQ(aborted, 4u);
}

TEST_F(AdminTest, Features) {
    Connected c(world);
    Queue fresh(world);
    const auto cntlid = static_cast<uint16_t>(fresh.connect(0, kDynamicCntlid)->cqe.dw0);
    fresh.set_cc(cc::kDefault | cc::kEnable);
    EXPECT_EQ(fresh.set_feature(FeatureId::NumberOfQueues, 3 | 3 << 16)->cqe.dw0, 3u | 3u << 16);
    EXPECT_EQ(fresh.set_feature(FeatureId::NumberOfQueues, 0x01FF01FF)->cqe.dw0, 63u | 63u << 16);
    EXPECT_FALSE(fresh.set_feature(FeatureId::NumberOfQueues, 0xFFFFFFFF)->status.ok());
    Queue io(world);
    io.connect(1, cntlid);
    EXPECT_EQ(fresh.set_feature(FeatureId::NumberOfQueues, 0)->status, st::kCommandSequence);

    EXPECT_EQ(c.admin.set_feature(FeatureId::KeepAliveTimer, 0)->status, st::kKeepAliveInvalid);
    EXPECT_TRUE(c.admin.set_feature(FeatureId::KeepAliveTimer, 2500)->status.ok());
    Sqe get;
    get.opcode = admin_op::kGetFeatures;
    get.cdw10 = static_cast<uint32_t>(FeatureId::KeepAliveTimer);
    EXPECT_EQ(c.admin.run(get)->cqe.dw0, 3000u) << "rounded up to the granularity";
    EXPECT_FALSE(c.admin.set_feature(static_cast<FeatureId>(0xDE), 1)->status.ok());
    Sqe save;
    save.opcode = admin_op::kSetFeatures;
    save.cdw10 = static_cast<uint32_t>(FeatureId::Arbitration) | 1u << 31;
    EXPECT_EQ(c.admin.run(save)->status, st::kFeatureNotSaveable);
    Bytes id(16);
    get.cdw10 = static_cast<uint32_t>(FeatureId::HostId);
    get.cdw11 = 1;
    EXPECT_TRUE(c.admin.run(get, {}, id)->status.ok());
    EXPECT_EQ(id[0], std::byte{'1'});
}

TEST_F(AdminTest, AdminCommandsThatFabricsForbids) {
    Connected c(world);
    for (const uint8_t op : {admin_op::kCreateSq, admin_op::kCreateCq, admin_op::kDeleteSq,
                             admin_op::kDeleteCq, uint8_t{0x10}, uint8_t{0x80}, uint8_t{0x84}}) {
        Sqe sqe;
        sqe.opcode = op;
        const auto done = c.admin.run(sqe);
        ASSERT_TRUE(done);
        EXPECT_EQ(done->status, st::kInvalidOpcode) << int{op};
    }
}

// ---------------------------------------------------------------- discovery

struct Discovery {
    explicit Discovery(World& world, const char* host = kHostA, uint32_t kato_ms = 0,
                       bool port = true)
        : q(world, 32, {}, port) {
        ok = q.connect(0, kDynamicCntlid, host, kDiscoveryNqn, kato_ms)->status.ok();
        q.set_cc(cc::kDefault | cc::kEnable);
    }
    DiscoveryLogHeader header() {
        Bytes page(20);
        EXPECT_TRUE(q.log(LogId::Discovery, 0, page).ok());
        page.resize(sizeof(DiscoveryLogHeader));
        return load_struct<DiscoveryLogHeader>(page);
    }
    Queue q;
    bool ok = false;
};

TEST_F(AdminTest, DiscoveryAnswersOnBothPorts) {
    for (const bool discovery_port : {true, false}) {
        Discovery d(world, kHostA, 0, discovery_port);
        ASSERT_TRUE(d.ok);
        EXPECT_EQ(uint64_t{d.header().records}, 1u);
        Bytes entry(1024);
        ASSERT_TRUE(d.q.log(LogId::Discovery, 1024, entry).ok()) << "entries by their offset";
        const auto e = load_struct<DiscoveryLogEntry>(entry);
        EXPECT_EQ(get_text(e.traddr), "10.1.1.1");
        EXPECT_EQ(get_text(e.trsvcid), "4420");
        EXPECT_EQ(get_text(e.subnqn), kSubsystem);
        EXPECT_EQ(e.subtype, 2);
        EXPECT_EQ(e.trtype, 3);
        EXPECT_GE(uint16_t{e.asqsz}, 32);
        Bytes page;
        ASSERT_TRUE(d.q.identify(Cns::Controller, 0, page).ok());
        EXPECT_EQ(load_struct<IdentifyController>(page).cntrltype, 2);
        Sqe abort;
        abort.opcode = admin_op::kAbort;
        EXPECT_EQ(d.q.run(abort)->status, st::kInvalidOpcode);
    }
}

TEST_F(AdminTest, DiscoveryVisibility) {
    auto view = World::default_view();
    view.hosts[1].nsids = {}; // host B: registered, nothing mapped
    world.set_view(view);
    EXPECT_EQ(uint64_t{Discovery(world, kHostB).header().records}, 0u);
    EXPECT_EQ(uint64_t{Discovery(world, "nqn.2014-08.local:stranger").header().records}, 0u);
    view.visibility = target::DiscoveryVisibility::Registered;
    world.set_view(view);
    EXPECT_EQ(uint64_t{Discovery(world, kHostB).header().records}, 1u);
    EXPECT_EQ(uint64_t{Discovery(world, "nqn.2014-08.local:stranger").header().records}, 0u);
    view.visibility = target::DiscoveryVisibility::All;
    world.set_view(view);
    EXPECT_EQ(uint64_t{Discovery(world, "nqn.2014-08.local:stranger").header().records}, 1u);
}

TEST_F(AdminTest, HostGetsItsOwnPortals) {
    auto view = World::default_view();
    target::Portal own;
    own.address = "10.9.9.9";
    view.hosts[1].portals = std::vector<target::Portal>{own, own};
    world.set_view(view);
    EXPECT_EQ(uint64_t{Discovery(world, kHostA).header().records}, 1u);
    EXPECT_EQ(uint64_t{Discovery(world, kHostB).header().records}, 2u);
}

TEST_F(AdminTest, GenerationFollowsTheContent) {
    Discovery d(world, kHostA, 30000);
    const uint64_t before = d.header().generation;
    EXPECT_EQ(uint64_t{d.header().generation}, before);
    d.q.send_aer();
    auto view = World::default_view();
    view.hosts[1].nsids = {}; // of no concern to host A
    world.set_view(view);
    EXPECT_EQ(uint64_t{d.header().generation}, before);
    view.portals.push_back(view.portals[0]);
    view.portals.back().address = "10.1.1.2";
    world.set_view(view);
    d.q.exchange();
    ASSERT_EQ(d.q.completions.size(), 1u);
    EXPECT_EQ(d.q.completions[0].cqe.dw0, aen::kDiscoveryChanged);
    d.q.completions.clear();
    EXPECT_NE(uint64_t{d.header().generation}, before);
}

} // namespace
} // namespace pf::nvme::test
