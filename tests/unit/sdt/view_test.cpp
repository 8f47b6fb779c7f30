#include "backend/sdt/core/view.hpp"

#include <gtest/gtest.h>

namespace pf::sdt {
namespace {

sdc::View world() {
    sdc::View view;
    view.system = map::SystemId{0x1250de83018c2d0f};
    view.system_nqn = "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f";
    for (uint64_t i = 1; i <= 3; ++i) {
        sdc::Volume volume;
        volume.id = map::VolumeId{0x3bd1f78800000000 + i};
        volume.size_bytes = i * 8 * 1024 * 1024;
        volume.nsid = i == 3 ? 0 : static_cast<uint32_t>(i); // the third is no NVMe volume
        view.volumes.push_back(volume);
        sdc::Sdt sdt;
        sdt.id = map::SdtId{0x100 + i};
        sdt.name = "sdt-" + std::to_string(i);
        sdt.index = static_cast<uint32_t>(i - 1);
        sdt.nvme_port = 4420;
        sdt.discovery_port = 8009;
        sdt.connected = true;
        const auto base = static_cast<uint32_t>(10 * i);
        sdt.addresses = {{"10.0.1." + std::to_string(i), sdc::SdtIpRole::StorageAndHost, base},
                         {"10.0.2." + std::to_string(i), sdc::SdtIpRole::StorageOnly, base + 1}};
        view.sdts.push_back(sdt);
    }
    sdc::Host host;
    host.id = map::HostId{7};
    host.nqn = "nqn.2014-08.local:nvme:esxi-1";
    host.mappings = {{view.volumes[0].id, 1, sdc::AccessMode::ReadWrite},
                     {view.volumes[1].id, 2, sdc::AccessMode::ReadOnly}};
    view.hosts.push_back(host);
    return view;
}

TEST(TargetOptions, ControllerIdsOfTheSdtsAreDisjoint) {
    const sdc::View view = world();
    const auto first = target_options(view, map::SdtId{0x101}).value();
    const auto second = target_options(view, map::SdtId{0x102}).value();
    EXPECT_EQ(first.cntlid_first, 1);
    EXPECT_EQ(first.cntlid_last, 512);
    EXPECT_EQ(second.cntlid_first, 513);
    EXPECT_EQ(first.subsystem_nqn, view.system_nqn);
    EXPECT_EQ(first.serial, second.serial);
    EXPECT_EQ(target_options(view, map::SdtId{0x999}).error().code, Errc::NotFound);
}

TEST(TargetOptions, IndexBeyondTheControllerIdsIsRefused) {
    sdc::View view = world();
    view.sdts[0].index = 127;
    EXPECT_EQ(target_options(view, map::SdtId{0x101}).error().code, Errc::LimitExceeded);
}

TEST(TargetView, NamespacesHostsAndPorts) {
    const auto view = target_view(world(), map::SdtId{0x101});
    ASSERT_EQ(view.namespaces.size(), 2u);
    EXPECT_EQ(view.namespaces[0].nsid, 1u);
    EXPECT_EQ(view.namespaces[0].size_blocks, 16384u);
    EXPECT_EQ(nvme::nguid_hex(view.namespaces[0].nguid), "3bd1f7880000000164b94e83018c2d0f");
    ASSERT_EQ(view.hosts.size(), 1u);
    EXPECT_EQ(view.hosts[0].nsids, (std::vector<uint32_t>{1, 2}));
    EXPECT_EQ(view.hosts[0].read_only_nsids, std::vector<uint32_t>{2});
    ASSERT_TRUE(view.hosts[0].portals);
    EXPECT_EQ(view.hosts[0].portals->size(), 3u) << "addresses for storage only are left out";
    EXPECT_FALSE(view.allow_any_host);
}

TEST(TargetView, PortsAreLimitedByTheHost) {
    sdc::View view = world();
    view.hosts[0].max_num_sys_ports = 2;
    EXPECT_EQ(target_view(view, map::SdtId{0x101}).hosts[0].portals->size(), 2u);
}

TEST(TargetView, HiddenMappingIsNoNamespace) {
    sdc::View view = world();
    view.hosts[0].mappings[0].access = sdc::AccessMode::NoAccess;
    EXPECT_EQ(target_view(view, map::SdtId{0x101}).hosts[0].nsids, std::vector<uint32_t>{2});
}

TEST(TargetView, MaintenanceGivesWayOnlyToAnotherSdt) {
    sdc::View view = world();
    view.sdts[0].maintenance = true;
    const auto state = [&] { return target_view(view, map::SdtId{0x101}).ana_groups[0].state; };
    EXPECT_EQ(state(), nvme::AnaState::NonOptimized); // it serves what still comes
    EXPECT_EQ(target_view(view, map::SdtId{0x102}).ana_groups[0].state, nvme::AnaState::Optimized);
    view.sdts[1].maintenance = true;
    view.sdts[2].connected = false; // dead: nobody is left to take over
    EXPECT_EQ(state(), nvme::AnaState::Optimized);
}

// However few SDTs live, one of them is the best path of each host, and no more than it may have.
TEST(TargetView, EveryHostHasAnOptimizedPathWhileOneSdtLives) {
    for (uint32_t alive = 1; alive < 8; ++alive) {
        for (const uint32_t max_paths : {0u, 1u, 2u, 8u}) {
            sdc::View view = world();
            for (uint32_t i = 0; i < 3; ++i)
                view.sdts[i].connected = (alive >> i & 1) != 0;
            view.hosts[0].max_num_paths = max_paths;
            uint32_t optimized = 0;
            uint32_t living = 0;
            for (uint32_t i = 0; i < 3; ++i) {
                if (!view.sdts[i].connected)
                    continue;
                ++living;
                const auto seen = target_view(view, view.sdts[i].id);
                ASSERT_TRUE(seen.hosts[0].optimized_addresses);
                const bool best = !seen.hosts[0].optimized_addresses->empty() &&
                                  seen.ana_groups[0].state == nvme::AnaState::Optimized;
                optimized += best ? 1 : 0;
            }
            EXPECT_EQ(optimized, max_paths == 0 ? living : std::min(living, max_paths)) << alive;
        }
    }
}

TEST(ControllerReports, CarryThePort) {
    nvme::target::ControllerInfo info;
    info.cntlid = 5;
    info.host_nqn = "nqn.2014-08.local:nvme:esxi-1";
    info.listener.address = "10.0.1.1";
    info.listener.peer = "10.0.9.9";
    info.discovery = true;
    info.kato = std::chrono::milliseconds(30000);
    const auto reports = controller_reports({info}, world(), map::SdtId{0x101});
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].port_id, 10u);
    EXPECT_EQ(reports[0].host_ip, "10.0.9.9");
    EXPECT_TRUE(reports[0].persistent);
}

} // namespace
} // namespace pf::sdt
