#include "backend/map/map.hpp"
#include "backend/map/nvme_ports.hpp"
#include "backend/map/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace pf::map {
namespace {

TEST(Ids, HexIsSixteenLowerCaseDigits) {
    EXPECT_EQ(hex16(VolumeId{0x3bd1f78800000019ULL}), "3bd1f78800000019");
    EXPECT_EQ(hex16(SdsId{1}), "0000000000000001");
    EXPECT_EQ(parse_hex16("3BD1f78800000019").value(), 0x3bd1f78800000019ULL);
    for (const char* bad : {"", "1", "3bd1f7880000001", "3bd1f788000000190", "3bd1f7880000001g",
                            "-bd1f78800000019", "0x00000000000001"})
        EXPECT_FALSE(parse_hex16(bad)) << bad;
}

TEST(Ids, NguidAndNqnAreAsClientsExpectThem) {
    const VolumeId volume{0x3bd1f78800000019ULL};
    const SystemId system{0x1250de83018c2d0fULL};
    EXPECT_EQ(nguid_hex(volume, system), "3bd1f7880000001964b94e83018c2d0f");
    EXPECT_EQ(system_nqn(system), "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f");
}

TEST(CombOf, SequentialUnitsWalkEveryComb) {
    const PoolLayout layout{{1}, 4096, 1024};
    std::set<CombId> seen;
    for (std::uint64_t unit = 0; unit < 1024; ++unit) {
        const auto comb = comb_of(layout, VtreeId{7}, unit);
        EXPECT_GE(comb.value, 4096U);
        EXPECT_LT(comb.value, 5120U);
        seen.insert(comb);
    }
    EXPECT_EQ(seen.size(), 1024U);
    EXPECT_EQ(comb_of(layout, VtreeId{7}, 3), comb_of(layout, VtreeId{7}, 1027));
}

// The hash is part of where data lies on disk: it must never change.
TEST(CombOf, IsPinned) {
    const PoolLayout layout{{1}, 0, 1024};
    EXPECT_EQ(comb_of(layout, VtreeId{1}, 0).value, 193U);
    EXPECT_EQ(comb_of(layout, VtreeId{0x1234567800000042ULL}, 5).value, 464U);
}

TEST(Comb, ValidCopiesByState) {
    Comb comb{{1}, {10}, {20}, {}, {}, {5}, CombState::Normal};
    EXPECT_TRUE(comb.has_valid_copy({10}));
    EXPECT_TRUE(comb.has_valid_copy({20}));
    EXPECT_FALSE(comb.has_valid_copy({30}));
    for (auto state : {CombState::Degraded, CombState::Rebuilding}) {
        comb.state = state;
        EXPECT_TRUE(comb.has_valid_copy({10}));
        EXPECT_FALSE(comb.has_valid_copy({20}));
        EXPECT_TRUE(comb.has_copy({20}));
    }
    comb.state = CombState::Failed;
    EXPECT_FALSE(comb.has_valid_copy({10}));
    EXPECT_FALSE(comb.has_valid_copy({0}));
    EXPECT_EQ(comb.other({10}), SdsId{20});
    EXPECT_EQ(comb.other({30}), SdsId{});
}

NodeTable tree() {
    NodeTable nodes;
    for (auto [id, parent] :
         {std::pair<std::uint64_t, std::uint64_t>{1, 0}, {2, 1}, {3, 1}, {4, 3}, {9, 0}})
        nodes[NodeId{id}] = Node{{id}, {parent}, {1}, {1}, false};
    return nodes;
}

TEST(Nodes, AncestryGoesFromLeafToRoot) {
    EXPECT_EQ(ancestry(tree(), {4}).value(), (std::vector<NodeId>{{4}, {3}, {1}}));
    EXPECT_EQ(ancestry(tree(), {1}).value(), (std::vector<NodeId>{{1}}));
    EXPECT_TRUE(ancestry(tree(), {0}).value().empty());
}

TEST(Nodes, BrokenAncestryIsReported) {
    auto nodes = tree();
    nodes.erase(NodeId{3});
    EXPECT_EQ(ancestry(nodes, {4}).error().code, Errc::Corrupt);
    nodes = tree();
    nodes[NodeId{1}].parent = {4};
    EXPECT_EQ(ancestry(nodes, {4}).error().code, Errc::Corrupt);
}

TEST(Nodes, UnreachableOnesAreFound) {
    EXPECT_EQ(unreachable_nodes(tree(), {{2}, {4}}), (std::vector<NodeId>{{9}}));
    EXPECT_EQ(unreachable_nodes(tree(), {{2}}), (std::vector<NodeId>{{3}, {4}, {9}}));
    EXPECT_EQ(unreachable_nodes(tree(), {}).size(), 5U);
}

std::vector<PlacementServer> servers(std::initializer_list<std::uint64_t> gibs) {
    std::vector<PlacementServer> out;
    std::uint64_t id = 0;
    for (auto gib : gibs) {
        ++id;
        out.push_back({{id}, {}, {{{id * 10}, gib << 20}}});
    }
    return out;
}

TEST(Placement, EqualServersShareEqually) {
    const PoolLayout layout{{1}, 0, 1024};
    const auto combs = place_combs(layout, servers({100, 100, 100}), {1}).value();
    std::map<SdsId, int> primaries, copies;
    std::map<std::pair<SdsId, SdsId>, int> pairs;
    for (const auto& comb : combs) {
        EXPECT_NE(comb.primary, comb.secondary);
        EXPECT_EQ(comb.primary_device.value, comb.primary.value * 10);
        ++primaries[comb.primary];
        ++copies[comb.primary];
        ++copies[comb.secondary];
        ++pairs[{comb.primary, comb.secondary}];
    }
    for (auto id : {1, 2, 3}) {
        EXPECT_NEAR(primaries[SdsId{static_cast<std::uint64_t>(id)}], 341, 2);
        EXPECT_NEAR(copies[SdsId{static_cast<std::uint64_t>(id)}], 683, 2);
    }
    EXPECT_EQ(pairs.size(), 6U) << "every server is the partner of every other";
}

TEST(Placement, BiggerServersGetMore) {
    const auto combs = place_combs({{1}, 0, 1024}, servers({100, 100, 200}), {1}).value();
    std::map<SdsId, int> copies;
    for (const auto& comb : combs) {
        ++copies[comb.primary];
        ++copies[comb.secondary];
    }
    EXPECT_NEAR(copies[SdsId{3}], 1024, 8);
    EXPECT_NEAR(copies[SdsId{1}], 512, 8);
}

TEST(Placement, CopiesAreInTwoFaultSets) {
    auto four = servers({100, 100, 100, 100});
    four[0].fault_set = four[1].fault_set = {7};
    four[2].fault_set = four[3].fault_set = {8};
    const auto combs = place_combs({{1}, 0, 256}, four, {1}).value();
    for (const auto& comb : combs)
        EXPECT_NE(comb.primary.value <= 2, comb.secondary.value <= 2);
}

TEST(Placement, OneFaultUnitIsNotEnough) {
    EXPECT_EQ(place_combs({{1}, 0, 16}, servers({100}), {1}).error().code, Errc::NoSpace);
    EXPECT_EQ(place_combs({{1}, 0, 16}, servers({100, 0}), {1}).error().code, Errc::NoSpace);
    EXPECT_EQ(place_combs({{1}, 0, 16}, {}, {1}).error().code, Errc::NoSpace);
    auto same = servers({100, 100});
    same[0].fault_set = same[1].fault_set = {7};
    EXPECT_EQ(place_combs({{1}, 0, 16}, same, {1}).error().code, Errc::NoSpace);
}

TEST(Placement, NewSecondaryAvoidsSurvivorAndLost) {
    const auto three = servers({100, 100, 100});
    const auto combs = place_combs({{1}, 0, 16}, three, {1}).value();
    const auto target = choose_secondary(combs, three, {1}, {2});
    ASSERT_TRUE(target);
    EXPECT_EQ(target->sds, SdsId{3});
    EXPECT_EQ(target->device, DeviceId{30});
    EXPECT_FALSE(choose_secondary(combs, servers({100, 100}), {1}, {2}));
}

std::vector<SystemPort> ports(int sdts, int ips) {
    std::vector<SystemPort> out;
    for (int s = 1; s <= sdts; ++s)
        for (int i = 0; i < ips; ++i)
            out.push_back({{static_cast<std::uint64_t>(s)},
                           static_cast<std::uint32_t>((s - 1) * ips + i + 1),
                           "",
                           4420,
                           8009});
    return out;
}

TEST(Ports, SpreadOverTheTargetsFirst) {
    const auto chosen = assign_ports(ports(3, 2), {5}, 4);
    ASSERT_EQ(chosen.size(), 4U);
    std::set<SdtId> targets;
    std::set<std::uint32_t> ids;
    for (const auto& port : chosen) {
        targets.insert(port.sdt);
        ids.insert(port.port_id);
    }
    EXPECT_EQ(targets.size(), 3U);
    EXPECT_EQ(ids.size(), 4U) << "no port twice";
    EXPECT_EQ(assign_ports(ports(3, 2), {5}, 10).size(), 6U);
    EXPECT_TRUE(assign_ports({}, {5}, 10).empty());
}

} // namespace
} // namespace pf::map
