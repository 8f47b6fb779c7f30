// An ESXi host, replayed step by step: what it is known to send, in its order, with its queue sizes
// and its patterns. Two targets share one set of disks as two SDTs share volumes.
#include "tests/unit/nvme/raw_peer.hpp"

#include <random>

namespace pf::nvme::test {
namespace {

constexpr DigestMode kModes[] = {{false, false}, {true, false}, {false, true}, {true, true}};

// Step 1: discovery as the UI and esxcli do it, dropped without a shutdown.
TEST(EsxiProfile, S01_DiscoversWithEveryDigestChoice) {
    for (const DigestMode mode : kModes) {
        for (const uint32_t kato : {0u, 30'000u}) {
            World world;
            world.set_view(World::default_view());
            Queue q(world, 32, mode, true);
            const auto done = q.connect(0, kDynamicCntlid, kHostA, kDiscoveryNqn, kato);
            ASSERT_TRUE(done && done->status.ok());
            const uint64_t cap = q.property(prop::kCap, true);
            EXPECT_EQ(cap >> 37 & 1, 1u); // NVM command set
            EXPECT_EQ(q.property(prop::kVs, false), kVersion14);
            ASSERT_TRUE(q.set_cc(cc::kDefault | cc::kEnable)->status.ok());
            EXPECT_EQ(q.property(prop::kCsts, false), csts::kReady);
            Bytes page;
            ASSERT_TRUE(q.identify(Cns::Controller, 0, page).ok());
            EXPECT_EQ(load_struct<IdentifyController>(page).cntrltype, 2);
            Bytes header(1024);
            ASSERT_TRUE(q.log(LogId::Discovery, 0, header).ok());
            const auto h = load_struct<DiscoveryLogHeader>(header);
            const uint64_t records = h.records;
            ASSERT_EQ(records, 1u);
            Bytes entry(1024);
            ASSERT_TRUE(q.log(LogId::Discovery, 1024, entry).ok());
            const auto e = load_struct<DiscoveryLogEntry>(entry);
            EXPECT_EQ(get_text(e.subnqn), kSubsystem);
            EXPECT_EQ(get_text(e.trsvcid), "4420");
            EXPECT_EQ(e.subtype, 2); // nothing but what can be connected to
            Bytes again(16);
            ASSERT_TRUE(q.log(LogId::Discovery, 0, again).ok());
            EXPECT_EQ(ByteSpan(again).first(8)[0], ByteSpan(header).first(8)[0]);
            world.core.on_closed(q.session, world.now);
            EXPECT_TRUE(world.core.controllers().empty());
        }
    }
}

// A host with its 16 queues.
struct Esxi {
    Esxi(World& world, uint16_t admin_sqsize, uint16_t io_sqsize, DigestMode mode = {},
         const char* nqn = kHostA)
        : admin(world, static_cast<uint16_t>(admin_sqsize + 1), mode) {
        Sqe sqe = admin.connect_sqe(0, 30'000, 0);
        sqe.cdw11 = admin_sqsize;
        data.hostid[0] = static_cast<uint8_t>(nqn[std::strlen(nqn) - 1]);
        put_text(data.subnqn, kSubsystem, '\0');
        put_text(data.hostnqn, nqn, '\0');
        const auto connected = admin.run(sqe, struct_bytes(data));
        if (!connected || !connected->status.ok())
            return;
        data.cntlid = static_cast<uint16_t>(connected->cqe.dw0);
        admin.set_cc(cc::kDefault | cc::kEnable);
        const auto granted = admin.set_feature(FeatureId::NumberOfQueues, 15u | 15u << 16);
        if (!granted || granted->cqe.dw0 != (15u | 15u << 16))
            return;
        for (uint16_t qid = 1; qid <= 16; ++qid) {
            io.push_back(
                std::make_unique<Queue>(world, static_cast<uint16_t>(io_sqsize + 1), mode));
            sqe.cdw10 = uint32_t{qid} << 16;
            sqe.cdw11 = io_sqsize;
            sqe.cdw12 = 0;
            const auto queue = io.back()->run(sqe, struct_bytes(data));
            if (!queue || !queue->status.ok())
                return;
        }
        ok = true;
    }
    Queue admin;
    std::vector<std::unique_ptr<Queue>> io;
    ConnectData data;
    bool ok = false;
};

// Step 2.
TEST(EsxiProfile, S02_ConnectsSixteenQueues) {
    for (const DigestMode mode : kModes) {
        for (const auto& [admin, io] : {std::pair<uint16_t, uint16_t>{15, 127}, {31, 1023}}) {
            World world;
            world.set_view(World::default_view());
            Esxi host(world, admin, io, mode);
            ASSERT_TRUE(host.ok);
            EXPECT_EQ(world.core.controllers().at(0).io_queues, 16u);
            // An I/O queue that comes when the admin queue is gone.
            world.core.on_closed(host.admin.session, world.now);
            world.settle();
            Queue late(world, 128, mode);
            Sqe sqe = late.connect_sqe(3, 0, 0);
            const auto refused = late.run(sqe, struct_bytes(host.data));
            ASSERT_TRUE(refused);
            EXPECT_EQ(refused->status, st::kConnectInvalid);
        }
    }
}

// Step 3.
TEST(EsxiProfile, S03_FindsWhatItNeedsInEveryNamespace) {
    World world;
    world.set_view(World::default_view());
    Esxi host(world, 31, 127);
    ASSERT_TRUE(host.ok);
    Bytes page;
    ASSERT_TRUE(host.admin.identify(Cns::Controller, 0, page).ok());
    const auto id = load_struct<IdentifyController>(page);
    EXPECT_EQ(id.fuses & 1, 1);
    EXPECT_EQ(id.oncs & 0x2D, 0x2D); // compare, deallocate, write zeroes, reservations
    EXPECT_EQ(id.cmic & 0x0B, 0x0B);
    EXPECT_GE(id.mdts, 5);
    EXPECT_NE(id.kas, 0);
    ASSERT_TRUE(host.admin.identify(Cns::ActiveNamespaces, 0, page).ok());
    for (size_t i = 0; i < 2; ++i) {
        const auto nsid = load_struct<uint32_t>(ByteSpan(page).subspan(4 * i, 4));
        ASSERT_EQ(nsid, i + 1);
        Bytes ns_page, descriptors;
        ASSERT_TRUE(host.admin.identify(Cns::Namespace, nsid, ns_page).ok());
        ASSERT_TRUE(host.admin.identify(Cns::NamespaceDescriptors, nsid, descriptors).ok());
        const auto ns = load_struct<IdentifyNamespace>(ns_page);
        EXPECT_NE(ns.nguid, Nguid{});
        EXPECT_EQ(std::memcmp(descriptors.data() + 4, ns.nguid.data(), 16), 0);
        EXPECT_EQ(ns.lbaf[0].lbads, 9);
        EXPECT_EQ(ns.nmic, 1);
        EXPECT_NE(ns.anagrpid, 0u);
        EXPECT_NE(ns.rescap, 0);
    }
    for (const uint32_t aec : {0x0100u, 0x0900u}) {
        EXPECT_TRUE(host.admin.set_feature(FeatureId::AsyncEventConfig, aec)->status.ok());
        Sqe get;
        get.opcode = admin_op::kGetFeatures;
        get.cdw10 = static_cast<uint32_t>(FeatureId::AsyncEventConfig);
        EXPECT_EQ(host.admin.run(get)->cqe.dw0, aec);
    }
    for (int i = 0; i < 4; ++i)
        host.admin.send_aer();
    EXPECT_TRUE(host.admin.completions.empty());
    Bytes ana(4096);
    ASSERT_TRUE(host.admin.log(LogId::Ana, 0, ana).ok());
    EXPECT_EQ(load_struct<AnaLogHeader>(ana).groups, 1);
}

// Step 4: one block as a lock, taken through 8 queues of 2 hosts on 2 targets at once.
TEST(EsxiProfile, S04_CompareAndWriteIsALock) {
    World a;
    World b(World::default_options());
    auto view = World::default_view();
    view.hosts[1].nsids = {1, 2};
    a.set_view(view);
    b.set_view(view);
    b.shared = &a; // the same disks behind both
    std::vector<std::unique_ptr<Esxi>> hosts;
    for (World* world : {&a, &b})
        for (const char* nqn : {kHostA, kHostB})
            hosts.push_back(
                std::make_unique<Esxi>(*world, uint16_t{31}, uint16_t{127}, DigestMode{}, nqn));
    std::mt19937 dice(7);
    uint64_t wins = 0;
    const auto counter = [](uint64_t n) {
        Bytes block(512);
        std::memcpy(block.data(), &n, sizeof n);
        return block;
    };
    for (int round = 0; round < 100; ++round) {
        // Everybody has read the same value and wants to raise it: one of them may.
        Bytes seen(512);
        ASSERT_TRUE(hosts[0]->io[0]->read(1, 40, seen).ok());
        const auto value = load_struct<uint64_t>(seen);
        a.hold_io = b.hold_io = true;
        std::vector<Queue*> queues;
        for (const auto& host : hosts)
            for (int i = 0; i < 8; ++i)
                queues.push_back(host->io[dice() % 16].get());
        std::sort(queues.begin(), queues.end());
        queues.erase(std::unique(queues.begin(), queues.end()), queues.end());
        const Bytes next = counter(value + 1);
        for (Queue* q : queues) {
            Sqe compare = Queue::io(io_op::kCompare, 1, 40, 1);
            compare.flags = 1;
            Sqe write = Queue::io(io_op::kWrite, 1, 40, 1);
            write.flags = 2;
            q->core.submit(compare, seen, {}, 1);
            q->core.submit(write, next, {}, 2);
            q->exchange();
        }
        a.hold_io = b.hold_io = false;
        while (!a.held.empty() || !b.held.empty()) { // in any order
            World& world = b.held.empty() || (!a.held.empty() && dice() % 2 == 0) ? a : b;
            auto request = std::move(world.held.front());
            world.held.pop_front();
            world.run(std::move(request));
        }
        uint64_t round_wins = 0;
        for (Queue* q : queues) {
            q->exchange();
            ASSERT_EQ(q->completions.size(), 2u);
            round_wins += q->completions[1].status.ok() ? 1 : 0;
            EXPECT_EQ(q->completions[0].tag, 1u); // the compare is answered first
            q->completions.clear();
        }
        EXPECT_EQ(round_wins, 1u);
        wins += round_wins;
    }
    Bytes last(512);
    ASSERT_TRUE(hosts[3]->io[5]->read(1, 40, last).ok());
    EXPECT_EQ(load_struct<uint64_t>(last), wins);
}

// Steps 4 and 5: pairs among 128 KiB writes whose data comes late and in another order, both by
// R2T and in the capsule.
TEST(EsxiProfile, S05_PairsAmongLargeWritesOnOneQueue) {
    World world;
    world.set_view(World::default_view());
    Esxi host(world, 31, 127);
    ASSERT_TRUE(host.ok);
    RawPeer raw(world, host.io[0]->session);
    const Bytes old(512);
    const Bytes fresh = pattern(512, 3);
    for (const bool by_r2t : {false, true}) {
        std::vector<std::pair<uint16_t, uint16_t>> tags; // cid, ttag
        const auto note = [&] {
            for (const Bytes& pdu : raw.received())
                if (RawPeer::type(pdu) == PduType::R2t) {
                    const auto r2t = load_struct<R2tPdu>(pdu);
                    tags.emplace_back(r2t.cccid, r2t.ttag);
                }
        };
        const auto large = [&](uint16_t cid) {
            Sqe sqe = Queue::io(io_op::kWrite, 2, 1024, 256);
            sqe.cid = cid;
            raw.send(raw.capsule(RawPeer::with_transport(sqe, 131072)));
            note();
        };
        large(500);
        Sqe first = Queue::io(io_op::kCompare, 1, by_r2t ? 9 : 8, 1);
        first.cid = 400;
        first.flags = 1;
        Sqe second = Queue::io(io_op::kWrite, 1, by_r2t ? 9 : 8, 1);
        second.cid = 300;
        second.flags = 2;
        if (by_r2t) {
            raw.send(raw.capsule(RawPeer::with_transport(first, 512)));
            raw.send(raw.capsule(RawPeer::with_transport(second, 512)));
        } else {
            raw.send(raw.capsule(first, old));
            raw.send(raw.capsule(second, fresh));
        }
        large(501);
        std::vector<Cqe> done;
        const auto collect = [&] {
            for (const Bytes& pdu : raw.received())
                if (RawPeer::type(pdu) == PduType::CapsuleResp)
                    done.push_back(load_struct<CapsuleRespPdu>(pdu).cqe);
        };
        note();
        // Data last to first: the pair's arrival order counts, not that of its data.
        std::reverse(tags.begin(), tags.end());
        for (const auto& [cid, ttag] : tags) {
            if (cid >= 500) {
                raw.send(raw.h2c(cid, ttag, 0, Bytes(65536), false));
                raw.send(raw.h2c(cid, ttag, 65536, Bytes(65536), true));
            } else {
                raw.send(raw.h2c(cid, ttag, 0, cid == 400 ? old : fresh, true));
            }
            collect();
        }
        collect();
        Bytes back(512);
        ASSERT_TRUE(host.io[1]->read(1, by_r2t ? 9 : 8, back).ok());
        EXPECT_EQ(back, fresh);
        if (by_r2t) {
            EXPECT_EQ(done.size(), 4u);
        }
        for (const Cqe& cqe : done)
            EXPECT_EQ(cqe.status, 0u);
    }
}

// Step 6.
TEST(EsxiProfile, S06_ZeroesDeallocatesReadsTheEnd) {
    World world;
    auto view = World::default_view();
    for (auto& ns : view.namespaces)
        ns.size_blocks = 65536;
    world.disk_bytes = 65536 * 512;
    world.set_view(view);
    Esxi host(world, 15, 127);
    ASSERT_TRUE(host.ok);
    Queue& q = *host.io[3];
    const Bytes data = pattern(4096, 9);
    for (const uint64_t lba : {0u, 8192u, 65528u})
        ASSERT_TRUE(q.write(1, lba, data).ok());
    ASSERT_TRUE(q.run(Queue::io(io_op::kWriteZeroes, 1, 0, 65536))->status.ok());
    Bytes back(4096);
    ASSERT_TRUE(q.read(1, 65528, back).ok());
    EXPECT_EQ(back, Bytes(4096));
    ASSERT_TRUE(q.write(1, 65528, data).ok());
    for (const uint32_t count : {1u, 256u}) {
        Bytes ranges;
        for (uint32_t i = 0; i < count; ++i)
            append_struct(ranges, DsmRange{0, 256, 65536 - (i + 1) * 256});
        Sqe dsm;
        dsm.opcode = io_op::kDsm;
        dsm.nsid = 1;
        dsm.cdw10 = count - 1;
        dsm.cdw11 = 4;
        ASSERT_TRUE(q.run(dsm, ranges)->status.ok());
        ASSERT_TRUE(q.read(1, 65528, back).ok());
        EXPECT_EQ(back, Bytes(4096));
        ASSERT_TRUE(q.write(1, 65528, data).ok());
    }
    EXPECT_FALSE(q.read(1, 65529, back).ok());
}

// Step 7: 29 outstanding admin commands, aborts, and keep-alive through it all.
TEST(EsxiProfile, S07_AdminQueueNearlyFull) {
    World world;
    world.set_view(World::default_view());
    Esxi host(world, 31, 127);
    ASSERT_TRUE(host.ok);
    world.hold_io = true;
    Bytes into(512);
    for (int i = 0; i < 100; ++i)
        host.io[0]->core.submit(Queue::io(io_op::kRead, 1, 0, 1), {}, into, 1);
    host.io[0]->exchange();
    for (int i = 0; i < 4; ++i)
        host.admin.send_aer();
    // 25 aborts at once, then a keep-alive: all of them are answered though storage hangs.
    for (uint32_t i = 0; i < 25; ++i) {
        Sqe abort;
        abort.opcode = admin_op::kAbort;
        abort.cdw10 = 1u | i << 16;
        host.admin.core.submit(abort, {}, {}, 5);
    }
    Sqe alive;
    alive.opcode = admin_op::kKeepAlive;
    host.admin.core.submit(alive, {}, {}, 6);
    host.admin.exchange();
    size_t aborts = 0, alives = 0;
    for (const HostCompletion& done : host.admin.completions) {
        EXPECT_TRUE(done.status.ok());
        aborts += done.tag == 5 ? 1 : 0;
        alives += done.tag == 6 ? 1 : 0;
    }
    EXPECT_EQ(aborts, 25u);
    EXPECT_EQ(alives, 1u);
    host.io[0]->exchange();
    EXPECT_EQ(host.io[0]->completions.size(), 25u);
    world.hold_io = false;
    world.settle();
    host.io[0]->exchange();
    EXPECT_EQ(host.io[0]->completions.size(), 100u);
}

// Step 8: idle for five minutes on keep-alive alone; then silence, and its writes are fenced off.
TEST(EsxiProfile, S08_KeepAliveThenSilence) {
    World world;
    world.set_view(World::default_view());
    Esxi host(world, 15, 127);
    ASSERT_TRUE(host.ok);
    for (int i = 0; i < 20; ++i) {
        world.now += 15s;
        world.core.tick(world.now);
        Sqe alive;
        alive.opcode = admin_op::kKeepAlive;
        ASSERT_TRUE(host.admin.run(alive)->status.ok());
    }
    world.hold_io = true;
    host.io[0]->core.submit(Queue::io(io_op::kWrite, 1, 0, 1), Bytes(512), {}, 1);
    host.io[0]->exchange();
    world.now += 30s;
    world.core.tick(world.now);
    world.settle();
    EXPECT_TRUE(world.fenced.empty());
    world.now += 2s;
    world.core.tick(world.now);
    world.settle();
    EXPECT_TRUE(world.core.controllers().empty());
    EXPECT_TRUE(world.fenced.contains(target::Fence{host.data.cntlid, {}}));
    EXPECT_EQ(world.core.io_in_flight(), 1u);
    world.hold_io = false;
    world.settle();
    EXPECT_EQ(world.core.io_in_flight(), 0u);
}

// Step 9: one target is drained, the other one stays; a restarted one is busy, then serves.
TEST(EsxiProfile, S09_DrainOfOneTarget) {
    World a, b;
    b.shared = &a;
    a.set_view(World::default_view());
    b.set_view(World::default_view());
    Esxi via_a(a, 31, 127), via_b(b, 31, 127);
    ASSERT_TRUE(via_a.ok && via_b.ok);
    for (Esxi* host : {&via_a, &via_b}) {
        host->admin.set_feature(FeatureId::AsyncEventConfig, 0x0900);
        host->admin.send_aer();
    }
    auto view = World::default_view();
    view.ana_groups[0].state = AnaState::Inaccessible;
    a.set_view(view);
    via_a.admin.exchange();
    ASSERT_EQ(via_a.admin.completions.size(), 1u);
    EXPECT_EQ(via_a.admin.completions[0].cqe.dw0, aen::kAnaChanged);
    via_b.admin.exchange();
    EXPECT_TRUE(via_b.admin.completions.empty());
    via_a.admin.completions.clear();
    Bytes log(64);
    ASSERT_TRUE(via_a.admin.log(LogId::Ana, 0, log).ok());
    EXPECT_EQ(load_struct<AnaGroupDescriptor>(ByteSpan(log).subspan(16)).state, 3);
    Bytes block(512);
    EXPECT_EQ(via_a.io[0]->read(1, 0, block), st::kAnaInaccessible);
    EXPECT_TRUE(via_b.io[0]->read(1, 0, block).ok());
    // Killed and back: busy (to be repeated) until it has the map, then a new controller.
    World again;
    Queue early(again);
    const auto busy = early.connect(0, kDynamicCntlid);
    ASSERT_TRUE(busy);
    EXPECT_EQ(busy->status, st::kConnectBusy);
    EXPECT_FALSE(busy->status.dnr);
    again.set_view(World::default_view());
    EXPECT_TRUE(Esxi(again, 31, 127).ok);
}

// Step 10.
TEST(EsxiProfile, S10_MapUnmapResizeUnderIo) {
    World world;
    world.set_view(World::default_view());
    Esxi host(world, 31, 127);
    ASSERT_TRUE(host.ok);
    host.admin.set_feature(FeatureId::AsyncEventConfig, 0x0900);
    std::vector<target::TargetView> views(3, World::default_view());
    views[0].hosts[0].nsids = {1};
    views[2].namespaces[0].size_blocks *= 2;
    const std::vector<std::vector<uint32_t>> changed = {{2}, {2}, {1}};
    world.disk_bytes = kDiskBytes * 2;
    for (size_t i = 0; i < views.size(); ++i) {
        host.admin.send_aer();
        world.hold_io = true;
        Bytes into(512);
        host.io[0]->core.submit(Queue::io(io_op::kRead, 1, 0, 1), {}, into, 1);
        host.io[0]->exchange();
        world.core.set_view(views[i], world.now);
        world.hold_io = false;
        world.settle();
        host.io[0]->exchange();
        ASSERT_EQ(host.io[0]->completions.size(), 1u);
        EXPECT_TRUE(host.io[0]->completions[0].status.ok());
        host.io[0]->completions.clear();
        host.admin.exchange();
        ASSERT_EQ(host.admin.completions.size(), 1u) << i;
        EXPECT_EQ(host.admin.completions[0].cqe.dw0, aen::kNamespaceChanged);
        host.admin.completions.clear();
        Bytes list(4096);
        ASSERT_TRUE(host.admin.log(LogId::ChangedNamespaces, 0, list).ok());
        for (size_t n = 0; n < changed[i].size(); ++n)
            EXPECT_EQ(load_struct<uint32_t>(ByteSpan(list).subspan(4 * n, 4)), changed[i][n]);
        ASSERT_TRUE(host.admin.log(LogId::ChangedNamespaces, 0, list).ok());
        EXPECT_EQ(load_struct<uint32_t>(list), 0u); // cleared by the first reading
    }
    Bytes page;
    ASSERT_TRUE(host.admin.identify(Cns::Namespace, 1, page).ok());
    const uint64_t size = load_struct<IdentifyNamespace>(page).nsze;
    EXPECT_EQ(size, kDiskBytes / 512 * 2);
}

} // namespace
} // namespace pf::nvme::test
