// Leases, failures, rebuilds: rules 2 to 5 of the design.
#include "tests/unit/mdm/harness.hpp"

#include <algorithm>

namespace pf::mdm::test {
namespace {

std::size_t count(const Harness& h, map::CombState state) {
    return static_cast<std::size_t>(
        std::count_if(h.state().combs.begin(), h.state().combs.end(),
                      [state](const auto& entry) { return entry.second.state == state; }));
}

wire::Envelope mark_stale(const wire::CombRecord& comb, std::uint64_t stale) {
    wire::Envelope envelope;
    auto& m = *envelope.mutable_mark_stale();
    m.set_comb(comb.id());
    m.set_generation(comb.generation());
    m.set_stale(stale);
    return envelope;
}

TEST(MdmCombs, FirstVolumePlacesEveryCombOnTwoServersEvenly) {
    Harness h;
    h.build(3);
    EXPECT_TRUE(h.state().combs.empty());
    h.create_volume("v1");
    ASSERT_EQ(h.state().combs.size(), 16U);
    std::map<std::uint64_t, int> copies;
    for (const auto& [id, comb] : h.state().combs) {
        EXPECT_NE(comb.primary, comb.secondary);
        EXPECT_EQ(comb.state, map::CombState::Normal);
        ++copies[comb.primary.value];
        ++copies[comb.secondary.value];
    }
    ASSERT_EQ(copies.size(), 3U);
    for (const auto& [id, n] : copies)
        EXPECT_NEAR(n, 32 / 3, 1);
}

TEST(MdmCombs, OneServerIsNotEnough) {
    Harness h;
    h.build(1);
    wire::ManagementRequest r;
    r.mutable_create_volume()->set_storage_pool(h.pool);
    r.mutable_create_volume()->set_size_kb(8 << 20);
    const auto reply = h.manage(r);
    EXPECT_EQ(reply.rc(), 144U);
    EXPECT_TRUE(h.state().combs.empty());
}

TEST(MdmCombs, DevicesAddedBeforeTheFirstVolumeLeavesAreUsedAfterTheLastOne) {
    Harness h;
    h.build(2);
    const auto v = h.create_volume("v1");
    wire::ManagementRequest r;
    r.mutable_remove()->set_kind(wire::OBJECT_VOLUME);
    r.mutable_remove()->set_id(v);
    EXPECT_EQ(h.manage(r).code(), "");
    r.Clear();
    auto& device = *r.mutable_add_device();
    device.set_sds(h.sds(0).id);
    device.set_storage_pool(h.pool);
    device.set_path("/dev/second");
    device.set_capacity_limit_kb(100ULL << 20);
    const auto added = h.manage(r).ids(0);
    h.create_volume("v2");
    const bool used =
        std::any_of(h.state().combs.begin(), h.state().combs.end(), [added](const auto& entry) {
            return entry.second.primary_device.value == added ||
                   entry.second.secondary_device.value == added;
        });
    EXPECT_TRUE(used);
    h.check_invariants(); // generations rose although the table is new
}

TEST(MdmCombs, LostServerKeepsItsPrimariesUntilItsLeaseHasRunOut) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    const auto before = h.state().combs;
    h.disconnect_sds(0);
    h.sds(0).alive = true; // cut off, not dead: it serves as long as its lease lasts
    const auto lease_until = h.sds(0).lease_until;
    while (h.now() < lease_until) {
        EXPECT_EQ(h.state().combs, before) << "moved while the old primary may serve";
        h.advance(50ms);
    }
    h.advance(2s);
    for (const auto& [id, comb] : h.state().combs) {
        if (!before.at(id).has_copy(map::SdsId{h.sds(0).id}))
            continue;
        EXPECT_EQ(comb.state, map::CombState::Degraded);
        EXPECT_NE(comb.primary.value, h.sds(0).id);
        EXPECT_GT(comb.generation, before.at(id).generation);
    }
}

TEST(MdmCombs, CleanLeaveMovesPrimariesAtOnce) {
    Harness h;
    h.build();
    h.create_volume("v1");
    wire::Envelope leave;
    leave.mutable_sds_leave();
    h.sds(0).lease_until = MonoTime{}; // serves nothing once it has sent it
    h.ack_from(0, leave);
    for (const auto& [id, comb] : h.state().combs)
        EXPECT_NE(comb.primary.value, h.sds(0).id);
    h.check_invariants();
}

TEST(MdmCombs, ReturnedServerIsRebuiltBeforeItCounts) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.disconnect_sds(0);
    h.sds(0).alive = false; // kill -9
    h.advance(5s);
    EXPECT_GT(count(h, map::CombState::Degraded), 0U);
    for (std::size_t i = 1; i < 3; ++i)
        h.sds(i).auto_rebuild = false;
    h.connect_sds(0, true);
    h.advance(2s);
    EXPECT_EQ(count(h, map::CombState::Degraded), 0U);
    EXPECT_GT(count(h, map::CombState::Rebuilding), 0U);
    for (const auto& [id, comb] : h.state().combs)
        if (comb.state == map::CombState::Rebuilding) {
            EXPECT_FALSE(comb.has_valid_copy(map::SdsId{h.sds(0).id}));
        }
    for (std::size_t i = 1; i < 3; ++i)
        h.sds(i).auto_rebuild = true;
    h.advance(2s);
    EXPECT_EQ(count(h, map::CombState::Normal), 16U);
}

TEST(MdmCombs, QuickUncleanRestartGivesUpItsRolesBeforeItIsLetIn) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    for (std::size_t i = 0; i < 3; ++i)
        h.sds(i).auto_rebuild = false;
    h.connect_sds(0, true); // killed and started again within its lease
    for (const auto& [id, comb] : h.state().combs)
        EXPECT_FALSE(comb.has_valid_copy(map::SdsId{h.sds(0).id}));
    h.advance(2s);
    EXPECT_TRUE(h.core().sds_up(map::SdsId{h.sds(0).id}));
}

TEST(MdmCombs, BothServersRestartedOneLeads) {
    Harness h;
    h.build(2);
    h.create_volume("v1");
    h.advance(1s);
    for (std::size_t i = 0; i < 2; ++i) {
        h.disconnect_sds(i);
        h.sds(i).alive = false;
    }
    h.connect_sds(0, true);
    h.advance(1s);
    EXPECT_FALSE(h.core().sds_up(map::SdsId{h.sds(0).id})) << "the other may still serve";
    h.advance(5s);
    EXPECT_TRUE(h.core().sds_up(map::SdsId{h.sds(0).id}));
    EXPECT_EQ(count(h, map::CombState::Degraded), 16U);
    h.connect_sds(1, true);
    h.advance(3s);
    EXPECT_EQ(count(h, map::CombState::Normal), 16U);
}

// The split-brain script: write on B alone, lose B, revive A: A must stay out.
TEST(MdmCombs, StaleCopyNeverBecomesActiveAlone) {
    Harness h;
    h.build(2);
    h.create_volume("v1");
    h.advance(1s);
    h.disconnect_sds(0);
    h.sds(0).alive = false;
    h.advance(5s); // B alone takes writes
    h.disconnect_sds(1);
    h.sds(1).alive = false;
    h.connect_sds(0, true);
    h.advance(60s);
    for (const auto& [id, comb] : h.state().combs) {
        EXPECT_EQ(comb.primary.value, h.sds(1).id);
        EXPECT_FALSE(h.serves(h.sds(0), id.value));
    }
    EXPECT_EQ(h.query().snapshot().pool_stats(0).combs_failed(), 16U);
    h.connect_sds(1, true);
    h.advance(3s);
    EXPECT_EQ(count(h, map::CombState::Normal), 16U);
}

TEST(MdmCombs, MarkStaleIsDurableBeforeTheAnswerAndComesAfterTheNewGeneration) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    auto& server = h.sds(0);
    const auto mine =
        std::find_if(server.combs.begin(), server.combs.end(),
                     [&](const auto& entry) { return entry.second.primary() == server.id; });
    ASSERT_NE(mine, server.combs.end());
    const wire::CombRecord comb = mine->second;
    const auto answer = h.ack_from(0, mark_stale(comb, comb.secondary()));
    EXPECT_EQ(answer.ack().code(), "");
    const auto known = server.combs.at(comb.id());
    EXPECT_GT(known.generation(), comb.generation()) << "the new generation is pushed before";
    EXPECT_EQ(known.state(), wire::COMB_DEGRADED);
    h.restart();
    EXPECT_EQ(h.state().combs.at(map::CombId{comb.id()}).state, map::CombState::Degraded);
}

TEST(MdmCombs, MarkStaleOfAnOlderGenerationIsRefused) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    auto& server = h.sds(0);
    wire::CombRecord comb;
    for (const auto& [id, record] : server.combs)
        if (record.primary() == server.id)
            comb = record;
    EXPECT_EQ(h.ack_from(0, mark_stale(comb, comb.secondary())).ack().code(), "");
    EXPECT_EQ(h.ack_from(0, mark_stale(comb, comb.secondary())).ack().code(), "stale-generation");
    EXPECT_EQ(h.ack_from(0, mark_stale(server.combs.at(comb.id()), comb.secondary())).ack().code(),
              "")
        << "saying what is known already is no error";
}

TEST(MdmCombs, SecondaryCannotDeclareThePrimaryStale) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    auto& server = h.sds(0);
    wire::CombRecord comb;
    for (const auto& [id, record] : server.combs)
        if (record.secondary() == server.id)
            comb = record;
    EXPECT_EQ(h.ack_from(0, mark_stale(comb, comb.primary())).ack().code(), "not-primary");
}

TEST(MdmCombs, PrimaryWithABrokenDeviceHandsOver) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    auto& server = h.sds(0);
    wire::CombRecord comb;
    for (const auto& [id, record] : server.combs)
        if (record.primary() == server.id)
            comb = record;
    server.given_up.insert(comb.id());
    EXPECT_EQ(h.ack_from(0, mark_stale(comb, server.id)).ack().code(), "");
    EXPECT_EQ(h.state().combs.at(map::CombId{comb.id()}).primary.value, comb.secondary());
    h.check_invariants();
}

TEST(MdmCombs, RebuildDoneCountsOnlyForTheRunningGeneration) {
    Harness h;
    h.build();
    h.create_volume("v1");
    for (std::size_t i = 0; i < 3; ++i)
        h.sds(i).auto_rebuild = false;
    h.connect_sds(0, true);
    h.advance(2s);
    ASSERT_GT(count(h, map::CombState::Rebuilding), 0U);
    for (std::size_t i = 1; i < 3; ++i)
        for (const auto& [id, record] : h.sds(i).combs) {
            if (record.state() != wire::COMB_REBUILDING || record.primary() != h.sds(i).id)
                continue;
            wire::Envelope envelope;
            envelope.mutable_rebuild_done()->set_comb(id);
            envelope.mutable_rebuild_done()->set_generation(record.generation() - 1);
            EXPECT_EQ(h.ack_from(i, envelope).ack().code(), "stale-generation");
            return;
        }
    FAIL() << "no rebuild found";
}

TEST(MdmCombs, LongLostSecondCopyIsMadeElsewhere) {
    auto config = Harness::small_config();
    config.forward_rebuild_after = 10s;
    Harness h(config);
    h.build(3);
    h.create_volume("v1");
    h.disconnect_sds(0);
    h.sds(0).alive = false;
    h.advance(20s);
    EXPECT_EQ(count(h, map::CombState::Normal), 16U);
    for (const auto& [id, comb] : h.state().combs)
        EXPECT_FALSE(comb.has_copy(map::SdsId{h.sds(0).id}));
}

TEST(MdmCombs, RestartOfTheMdmMovesNothingWhileOldLeasesMayLast) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    const auto before = h.state().combs;
    h.restart();
    h.advance(3s);
    EXPECT_EQ(h.state().combs, before);
    for (std::size_t i = 0; i < 3; ++i)
        h.connect_sds(i, false);
    h.advance(10s);
    EXPECT_EQ(h.state().combs, before) << "the same processes came back: nothing was lost";
}

TEST(MdmCombs, StallOfTheMdmItselfCostsNobodyItsRoles) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    const auto before = h.state().combs;
    h.stall(10s);
    h.advance(5s);
    EXPECT_EQ(h.state().combs, before);
}

TEST(MdmCombs, ServerThatConfirmsNothingLosesItsLease) {
    Harness h;
    h.build();
    h.create_volume("v1");
    h.advance(1s);
    h.sds(0).auto_ack = false;
    h.create_volume("v2");
    h.advance(20s);
    EXPECT_FALSE(h.core().sds_up(map::SdsId{h.sds(0).id}));
}

TEST(MdmCombs, RemovingAServerThatHoldsDataIsRefused) {
    Harness h;
    h.build();
    h.create_volume("v1");
    wire::ManagementRequest r;
    r.mutable_remove()->set_kind(wire::OBJECT_SDS);
    r.mutable_remove()->set_id(h.sds(0).id);
    r.mutable_remove()->set_force(true);
    EXPECT_EQ(h.manage(r).rc(), 4910U);
    EXPECT_EQ(h.state().sds.size(), 3U);
    EXPECT_EQ(h.state().devices.size(), 3U);
}

} // namespace
} // namespace pf::mdm::test
