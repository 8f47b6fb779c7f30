// Objects, mappings, the protocol guard, return codes.
#include "backend/nvme/spec.hpp"
#include "tests/unit/mdm/harness.hpp"

namespace pf::mdm::test {
namespace {

const std::string kHostNqn = "nqn.2014-08.org.nvmexpress:uuid:c470aaaa-0000-0000-0000-000000000001";

class MdmManagement : public ::testing::Test {
  protected:
    void SetUp() override {
        h.build();
        volume = h.create_volume("v1");
    }
    std::uint64_t add_host(const std::string& nqn = kHostNqn, const std::string& name = "esx1") {
        wire::ManagementRequest r;
        r.mutable_add_host()->set_nqn(nqn);
        r.mutable_add_host()->set_name(name);
        const auto reply = h.manage(r);
        EXPECT_EQ(reply.code(), "") << reply.message();
        return reply.ids_size() > 0 ? reply.ids(0) : 0;
    }
    wire::ManagementReply map_it(std::uint64_t v, std::uint64_t initiator, bool multiple = false,
                                 wire::ObjectKind kind = wire::OBJECT_SDC) {
        wire::ManagementRequest r;
        auto& op = *r.mutable_map_volume();
        op.set_volume(v);
        op.set_initiator(initiator);
        op.set_allow_multiple(multiple);
        op.set_kind(kind);
        return h.manage(r);
    }
    wire::ManagementReply unmap_it(std::uint64_t v, std::uint64_t initiator,
                                   wire::ObjectKind kind = wire::OBJECT_SDC) {
        wire::ManagementRequest r;
        auto& op = *r.mutable_unmap_volume();
        op.set_volume(v);
        op.set_initiator(initiator);
        op.set_kind(kind);
        return h.manage(r);
    }
    wire::ManagementReply remove(wire::ObjectKind kind, std::uint64_t id,
                                 wire::RemoveMode mode = wire::ONLY_ME) {
        wire::ManagementRequest r;
        auto& op = *r.mutable_remove();
        op.set_kind(kind);
        op.set_id(id);
        op.set_mode(mode);
        return h.manage(r);
    }
    std::uint64_t add_sdt(const std::string& name, const std::string& ip) {
        wire::ManagementRequest r;
        auto& op = *r.mutable_add_sdt();
        op.set_name(name);
        op.set_protection_domain(h.domain);
        op.add_ips()->set_ip(ip);
        op.set_storage_port(12200);
        op.set_nvme_port(4420);
        op.set_discovery_port(8009);
        const auto reply = h.manage(r);
        EXPECT_EQ(reply.code(), "") << reply.message();
        return reply.ids_size() > 0 ? reply.ids(0) : 0;
    }

    Harness h;
    std::uint64_t volume = 0;
};

// A host may still remember what was under a number, and a target serves numbers up to its limit.
TEST_F(MdmManagement, NamespaceIdsAreGivenOutInTurn) {
    const auto nsid = [&] {
        const auto id = h.create_volume("one");
        const auto got = h.state().volumes.at(id).nsid();
        EXPECT_EQ(remove(wire::OBJECT_VOLUME, id).code(), "");
        return got;
    };
    const auto kept = h.state().volumes.at(volume).nsid();
    std::set<std::uint32_t> seen;
    for (std::uint32_t i = 1; i < nvme::kMaxNsid; ++i) {
        const auto got = nsid();
        EXPECT_TRUE(got >= 1 && got <= nvme::kMaxNsid && got != kept) << got;
        EXPECT_TRUE(seen.insert(got).second) << got;
    }
    EXPECT_TRUE(seen.contains(nsid())) << "round again";
}

TEST_F(MdmManagement, SizesAreRoundedUpToEightGib) {
    wire::ManagementRequest r;
    r.mutable_create_volume()->set_storage_pool(h.pool);
    r.mutable_create_volume()->set_size_kb(8192);
    const auto id = h.manage(r).ids(0);
    EXPECT_EQ(h.state().volumes.at(id).size_kb(), 8ULL << 20);
    r.Clear();
    r.mutable_resize_volume()->set_volume(id);
    r.mutable_resize_volume()->set_size_kb(9ULL << 20);
    EXPECT_EQ(h.manage(r).code(), "");
    EXPECT_EQ(h.state().volumes.at(id).size_kb(), 16ULL << 20);
    r.mutable_resize_volume()->set_size_kb(8ULL << 20);
    EXPECT_EQ(h.manage(r).rc(), 133U);
}

TEST_F(MdmManagement, NamesAreCheckedAndUnique) {
    wire::ManagementRequest r;
    auto& op = *r.mutable_create_volume();
    op.set_storage_pool(h.pool);
    op.set_size_kb(8ULL << 20);
    op.set_name("v1");
    auto reply = h.manage(r);
    EXPECT_EQ(reply.rc(), 99U);
    EXPECT_EQ(reply.message(), "Volume name already in use. Please use a different name.");
    op.set_name(std::string(32, 'x'));
    reply = h.manage(r);
    EXPECT_EQ(reply.rc(), 226U);
    EXPECT_EQ(reply.message(), "The given name exceeds the allowed length of 31 characters.");
    op.set_name("a b");
    EXPECT_EQ(h.manage(r).rc(), 227U);
    op.set_name("c2NzaQ+/==");
    EXPECT_EQ(h.manage(r).code(), "");
}

TEST_F(MdmManagement, ThickVolumesMustFit) {
    wire::ManagementRequest r;
    auto& op = *r.mutable_create_volume();
    op.set_storage_pool(h.pool);
    op.set_type(wire::THICK_PROVISIONED);
    op.set_size_kb(136ULL << 20); // three devices of 100 GiB, half, less 10 %: 135
    EXPECT_EQ(h.manage(r).rc(), 166U);
    op.set_size_kb(128ULL << 20);
    EXPECT_EQ(h.manage(r).code(), "");
}

TEST_F(MdmManagement, SdcSeesAVolumeOnceItIsMappedAndNoLonger) {
    auto& sdc = h.add_sdc("AAAAAAAA-0000-0000-0000-000000000001");
    h.advance(1s);
    ASSERT_NE(sdc.id, 0U);
    EXPECT_TRUE(sdc.volumes.empty());
    EXPECT_EQ(map_it(volume, sdc.id).code(), "");
    ASSERT_TRUE(sdc.volumes.contains(volume)) << "answered before the client had it";
    EXPECT_EQ(sdc.volumes.at(volume).leaf(), h.state().volumes.at(volume).leaf());
    EXPECT_EQ(map_it(volume, sdc.id).rc(), 81U);
    EXPECT_EQ(unmap_it(volume, sdc.id).code(), "");
    EXPECT_TRUE(sdc.volumes.empty());
    EXPECT_EQ(unmap_it(volume, sdc.id).rc(), 84U);
}

TEST_F(MdmManagement, UnmapWaitsForAClientThatDoesNotConfirm) {
    auto& sdc = h.add_sdc("AAAAAAAA-0000-0000-0000-000000000001");
    h.advance(1s);
    ASSERT_EQ(map_it(volume, sdc.id).code(), "");
    sdc.auto_ack = false;
    wire::ManagementRequest r;
    r.mutable_unmap_volume()->set_volume(volume);
    r.mutable_unmap_volume()->set_initiator(sdc.id);
    const auto request = h.manage_later(r);
    while (!h.answer(request)) {
        ASSERT_LT(h.now(), sdc.lease_until + 60s);
        h.advance(50ms);
    }
    EXPECT_LE(sdc.lease_until, h.now()) << "unmapped while the client may still write";
}

TEST_F(MdmManagement, UnmapWaitsForTheLeaseOfAClientThatIsCutOff) {
    auto& sdc = h.add_sdc("AAAAAAAA-0000-0000-0000-000000000001");
    h.advance(1s);
    ASSERT_EQ(map_it(volume, sdc.id).code(), "");
    h.advance(1s);
    const auto session = std::exchange(sdc.session, 0);
    h.close(session);
    wire::ManagementRequest r;
    r.mutable_unmap_volume()->set_volume(volume);
    r.mutable_unmap_volume()->set_initiator(sdc.id);
    const auto request = h.manage_later(r);
    EXPECT_FALSE(h.answer(request));
    h.advance(10s);
    ASSERT_TRUE(h.answer(request));
}

TEST_F(MdmManagement, OneProtocolPerVolume) {
    auto& sdc = h.add_sdc("AAAAAAAA-0000-0000-0000-000000000001");
    const auto host = add_host();
    ASSERT_EQ(map_it(volume, sdc.id).code(), "");
    auto refused = map_it(volume, host, true, wire::OBJECT_HOST);
    EXPECT_EQ(refused.rc(), 4901U);
    EXPECT_EQ(refused.code(), "conflict");
    EXPECT_NE(refused.message().find("'v1'"), std::string::npos);
    EXPECT_NE(refused.message().find("Unmap it from all SDCs first"), std::string::npos);
    // The Sdc verb with a host id is the same request in other words.
    EXPECT_EQ(map_it(volume, host, true, wire::OBJECT_SDC).rc(), 4901U);
    ASSERT_EQ(unmap_it(volume, sdc.id).code(), "");
    ASSERT_EQ(map_it(volume, host, false, wire::OBJECT_HOST).code(), "");
    EXPECT_EQ(map_it(volume, sdc.id, true).rc(), 4901U);
    EXPECT_EQ(map_it(volume, host, false, wire::OBJECT_HOST).rc(), 4037U);
    EXPECT_EQ(unmap_it(volume, host, wire::OBJECT_HOST).code(), "");
    EXPECT_EQ(unmap_it(volume, host, wire::OBJECT_HOST).rc(), 4039U);
}

TEST_F(MdmManagement, SecondMappingNeedsPermission) {
    const auto a = add_host();
    const auto b = add_host(kHostNqn + "b", "esx2");
    ASSERT_EQ(map_it(volume, a).code(), "");
    const auto refused = map_it(volume, b);
    EXPECT_EQ(refused.rc(), 306U);
    EXPECT_EQ(refused.message(), "Only a single SDC may be mapped to this volume at a time");
    EXPECT_EQ(map_it(volume, b, true).code(), "");
}

TEST_F(MdmManagement, HostsAreUniqueByNqnWhateverTheCase) {
    const auto host = add_host();
    wire::ManagementRequest r;
    r.mutable_add_host()->set_nqn("nqn.2014-08.org.NVMexpress:uuid:C470AAAA-0000-0000-0000-"
                                  "000000000001");
    EXPECT_EQ(h.manage(r).rc(), 4902U);
    r.mutable_add_host()->set_nqn("iqn.1998-01.com.vmware:x");
    EXPECT_EQ(h.manage(r).rc(), 64U);
    ASSERT_EQ(map_it(volume, host).code(), "");
    EXPECT_EQ(remove(wire::OBJECT_HOST, host).rc(), 180U);
    ASSERT_EQ(unmap_it(volume, host).code(), "");
    EXPECT_EQ(remove(wire::OBJECT_SDC, host).code(), "") << "one id space";
}

TEST_F(MdmManagement, SdtSeesHostsAndTheirMappingsAndReportsControllers) {
    add_sdt("sdt1", "127.0.2.1");
    auto& sdt = h.add_sdt("sdt1");
    ASSERT_EQ(sdt.refusal, "");
    h.advance(1s);
    const auto host = add_host();
    ASSERT_TRUE(sdt.hosts.contains(host));
    EXPECT_TRUE(sdt.hosts.at(host).mappings().empty());
    ASSERT_EQ(map_it(volume, host).code(), "");
    ASSERT_EQ(sdt.hosts.at(host).mappings_size(), 1);
    EXPECT_EQ(sdt.hosts.at(host).mappings(0).nsid(), h.state().volumes.at(volume).nsid());
    ASSERT_TRUE(sdt.volumes.contains(volume));
    EXPECT_EQ(sdt.volumes.at(volume).nguid().substr(16), "64b94e83018c2d0f");

    wire::Envelope report;
    auto& controller = *report.mutable_sdt_report()->add_controllers();
    controller.set_host_nqn(kHostNqn);
    controller.set_controller_id(5);
    controller.set_port_id(1);
    h.deliver(sdt.session, report);
    const auto view = h.query().snapshot();
    ASSERT_EQ(view.hosts(0).controllers_size(), 1);
    EXPECT_TRUE(view.hosts(0).controllers(0).assigned());

    ASSERT_EQ(unmap_it(volume, host).code(), "");
    EXPECT_TRUE(sdt.hosts.at(host).mappings().empty());
    EXPECT_FALSE(sdt.volumes.contains(volume));
    EXPECT_EQ(remove(wire::OBJECT_HOST, host).rc(), 4903U) << "still connected";
    report.mutable_sdt_report()->clear_controllers();
    h.deliver(sdt.session, report);
    EXPECT_EQ(remove(wire::OBJECT_HOST, host).code(), "");
}

TEST_F(MdmManagement, UnknownSdtIsRefused) {
    auto& sdt = h.add_sdt("nobody");
    EXPECT_EQ(sdt.refusal, "not-found");
}

TEST_F(MdmManagement, SdcsNeedApprovalInGuidMode) {
    wire::ManagementRequest r;
    (*r.mutable_set_properties()->mutable_properties())["restrictedSdcMode"] = "Guid";
    ASSERT_EQ(h.manage(r).code(), "");
    const std::string guid = "AAAAAAAA-0000-0000-0000-000000000002";
    auto& sdc = h.add_sdc(guid);
    EXPECT_EQ(sdc.refusal, "permission-denied");
    r.Clear();
    r.mutable_approve_sdc()->set_guid("aaaaaaaa-0000-0000-0000-000000000002");
    r.mutable_approve_sdc()->set_name("esx9");
    ASSERT_EQ(h.manage(r).code(), "");
    wire::ClientRegister m;
    m.set_guid(guid);
    h.connect_client(sdc, m);
    EXPECT_EQ(sdc.refusal, "");
    EXPECT_EQ(h.state().sdcs.begin()->second.name(), "esx9");
}

TEST_F(MdmManagement, LimitsAreChecked) {
    const auto host = add_host();
    ASSERT_EQ(map_it(volume, host).code(), "");
    wire::ManagementRequest r;
    auto& op = *r.mutable_set_mapping();
    op.set_volume(volume);
    op.set_initiator(host);
    op.set_iops_limit(10);
    EXPECT_EQ(h.manage(r).rc(), 64U);
    op.set_iops_limit(11);
    op.set_bandwidth_limit_kbps(1000);
    EXPECT_EQ(h.manage(r).rc(), 64U);
    op.set_bandwidth_limit_kbps(1024);
    EXPECT_EQ(h.manage(r).code(), "");
    const auto& mapping = h.state().volumes.at(volume).mappings(0);
    EXPECT_EQ(mapping.iops_limit(), 11U);
    EXPECT_EQ(mapping.bandwidth_limit_kbps(), 1024U);
}

TEST_F(MdmManagement, MappedVolumesAreNotRemoved) {
    const auto host = add_host();
    ASSERT_EQ(map_it(volume, host).code(), "");
    EXPECT_EQ(remove(wire::OBJECT_VOLUME, volume).rc(), 104U);
    ASSERT_EQ(unmap_it(volume, host).code(), "");
    EXPECT_EQ(remove(wire::OBJECT_VOLUME, volume).code(), "");
    EXPECT_TRUE(h.state().nodes.empty());
    EXPECT_TRUE(h.state().vtrees.empty());
    for (std::size_t i = 0; i < h.sds_count(); ++i)
        EXPECT_TRUE(h.sds(i).nodes.empty());
    EXPECT_EQ(remove(wire::OBJECT_VOLUME, volume).rc(), 79U);
}

TEST_F(MdmManagement, QueryIsCheapWhenNothingChanged) {
    const auto first = h.query().snapshot();
    ASSERT_EQ(first.volumes_size(), 1);
    EXPECT_EQ(first.sds_size(), 3);
    EXPECT_TRUE(first.sds(0).joined());
    EXPECT_EQ(first.pool_stats(0).combs_normal(), 16U);
    EXPECT_EQ(first.pool_stats(0).thin_allocated_kb(), 16ULL << 20);
    wire::ManagementRequest r;
    r.mutable_query()->set_known_revision(first.revision());
    EXPECT_TRUE(h.manage(r).snapshot().unchanged());
    h.create_volume("v2");
    EXPECT_FALSE(h.manage(r).snapshot().unchanged());
}

TEST_F(MdmManagement, EverythingIsThereAfterARestart) {
    const auto host = add_host();
    ASSERT_EQ(map_it(volume, host).code(), "");
    add_sdt("sdt1", "127.0.2.1");
    const auto before = h.query().snapshot();
    h.restart();
    const auto after = h.query().snapshot();
    auto same = [](const auto& a, const auto& b) {
        return a.SerializeAsString() == b.SerializeAsString();
    };
    EXPECT_TRUE(same(before.system(), after.system()));
    ASSERT_EQ(after.volumes_size(), 1);
    EXPECT_TRUE(same(before.volumes(0), after.volumes(0)));
    EXPECT_TRUE(same(before.hosts(0).record(), after.hosts(0).record()));
    EXPECT_TRUE(same(before.sdts(0).record(), after.sdts(0).record()));
    EXPECT_EQ(before.map_epoch(), after.map_epoch());
}

TEST_F(MdmManagement, RefusalsLeaveNothingBehind) {
    const auto before = h.state().system.SerializeAsString();
    wire::ManagementRequest r;
    r.mutable_add_sds()->set_name("sds-9");
    r.mutable_add_sds()->set_protection_domain(h.domain);
    r.mutable_add_sds()->add_ips()->set_ip("127.0.1.1"); // the first one's address and port
    r.mutable_add_sds()->set_port(7072);
    EXPECT_EQ(h.manage(r).rc(), 93U);
    EXPECT_EQ(h.state().sds.size(), 3U);
    EXPECT_EQ(h.state().system.SerializeAsString(), before);
}

// ---- snapshots ----

class MdmSnapshots : public MdmManagement {
  protected:
    std::uint64_t snapshot_later(std::uint64_t v, const std::string& name) {
        wire::ManagementRequest r;
        auto& item = *r.mutable_snapshot_volumes()->add_items();
        item.set_volume(v);
        item.set_name(name);
        return h.manage_later(r);
    }
    std::uint64_t leaf(std::uint64_t v) { return h.state().volumes.at(v).leaf(); }
};

TEST_F(MdmSnapshots, SnapshotFreezesEverywhereBeforeTheTreeChanges) {
    auto& sdc = h.add_sdc("AAAAAAAA-0000-0000-0000-000000000001");
    h.advance(1s);
    ASSERT_EQ(map_it(volume, sdc.id).code(), "");
    const auto old_leaf = leaf(volume);
    h.sds(2).frozen_io = true;
    const auto request = snapshot_later(volume, "s1");
    EXPECT_EQ(leaf(volume), old_leaf) << "committed although one server has not frozen";
    EXPECT_TRUE(h.sds(0).nodes.at(old_leaf).frozen());
    h.sds(2).frozen_io = false;
    h.advance(100ms);
    const auto reply = h.answer(request);
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->code(), "") << reply->message();
    const auto snapshot = reply->ids(0);
    EXPECT_EQ(h.state().volumes.at(snapshot).consistency_group(), reply->group_id());
    EXPECT_EQ(h.state().volumes.at(snapshot).ancestor(), volume);
    EXPECT_EQ(h.state().nodes.at(map::NodeId{leaf(volume)}).parent.value, old_leaf);
    EXPECT_EQ(h.state().nodes.at(map::NodeId{leaf(snapshot)}).parent.value, old_leaf);
    EXPECT_TRUE(h.state().nodes.at(map::NodeId{old_leaf}).frozen);
    EXPECT_EQ(sdc.volumes.at(volume).leaf(), leaf(volume));
    EXPECT_TRUE(h.sds(2).nodes.contains(leaf(volume)));
    EXPECT_TRUE(h.state().intents.empty());
}

TEST_F(MdmSnapshots, DeafServerUndoesTheFreezeAtTheDeadline) {
    const auto old_leaf = leaf(volume);
    h.sds(1).auto_ack = false;
    const auto request = snapshot_later(volume, "s1");
    h.advance(15s);
    const auto reply = h.answer(request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->rc(), 68U);
    EXPECT_EQ(leaf(volume), old_leaf);
    EXPECT_EQ(h.state().volumes.size(), 1U);
    EXPECT_FALSE(h.state().nodes.at(map::NodeId{old_leaf}).frozen);
    EXPECT_FALSE(h.sds(0).nodes.at(old_leaf).frozen()) << "servers are told to go on";
}

TEST_F(MdmSnapshots, DeadServerIsWaitedForOnlyAsLongAsItsLease) {
    h.disconnect_sds(1);
    h.sds(1).alive = false;
    const auto request = snapshot_later(volume, "s1");
    EXPECT_FALSE(h.answer(request));
    h.advance(5s);
    const auto reply = h.answer(request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->code(), "") << reply->message();
}

TEST_F(MdmSnapshots, RestartOfTheMdmUndoesAFreezeInProgress) {
    const auto old_leaf = leaf(volume);
    h.sds(1).frozen_io = true;
    snapshot_later(volume, "s1");
    ASSERT_EQ(h.state().intents.size(), 1U);
    h.restart();
    h.sds(1).frozen_io = false;
    h.advance(100ms);
    EXPECT_TRUE(h.state().intents.empty());
    EXPECT_FALSE(h.state().nodes.at(map::NodeId{old_leaf}).frozen);
    for (std::size_t i = 0; i < 3; ++i)
        h.connect_sds(i, false);
    EXPECT_FALSE(h.sds(0).nodes.at(old_leaf).frozen());
}

TEST_F(MdmSnapshots, GroupsAreConsistentAndRemovedTogether) {
    const auto second = h.create_volume("v2");
    wire::ManagementRequest r;
    for (auto v : {volume, second})
        r.mutable_snapshot_volumes()->add_items()->set_volume(v);
    const auto reply = h.manage(r);
    ASSERT_EQ(reply.code(), "") << reply.message();
    ASSERT_EQ(reply.ids_size(), 2);
    r.Clear();
    r.mutable_remove_snapshot_group()->set_group(reply.group_id());
    EXPECT_EQ(h.manage(r).count(), 2U);
    EXPECT_EQ(h.state().volumes.size(), 2U);
}

TEST_F(MdmSnapshots, RestoreBringsTheSnapshotsContentAndDropsTheOld) {
    wire::ManagementRequest r;
    r.mutable_snapshot_volumes()->add_items()->set_volume(volume);
    const auto snapshot = h.manage(r).ids(0);
    const auto snapshot_leaf = leaf(snapshot);
    const auto doomed = leaf(volume);
    r.Clear();
    r.mutable_overwrite_volume()->set_volume(volume);
    r.mutable_overwrite_volume()->set_source(snapshot);
    ASSERT_EQ(h.manage(r).code(), "");
    EXPECT_EQ(h.state().nodes.at(map::NodeId{leaf(volume)}).parent.value, snapshot_leaf);
    EXPECT_EQ(h.state().nodes.at(map::NodeId{leaf(snapshot)}).parent.value, snapshot_leaf);
    EXPECT_FALSE(h.state().nodes.contains(map::NodeId{doomed}));
    EXPECT_FALSE(h.sds(0).nodes.contains(doomed));
}

TEST_F(MdmSnapshots, RestoreFromAnotherTreeIsRefused) {
    const auto other = h.create_volume("v2");
    wire::ManagementRequest r;
    r.mutable_overwrite_volume()->set_volume(volume);
    r.mutable_overwrite_volume()->set_source(other);
    EXPECT_EQ(h.manage(r).rc(), 198U);
}

TEST_F(MdmSnapshots, RemovingTheBaseKeepsItsSnapshots) {
    wire::ManagementRequest r;
    r.mutable_snapshot_volumes()->add_items()->set_volume(volume);
    const auto snapshot = h.manage(r).ids(0);
    const auto base_node = h.state().nodes.at(map::NodeId{leaf(snapshot)}).parent;
    ASSERT_EQ(remove(wire::OBJECT_VOLUME, volume).code(), "");
    EXPECT_TRUE(h.state().nodes.contains(base_node));
    EXPECT_EQ(h.state().volumes.at(snapshot).ancestor(), 0U);
    ASSERT_EQ(remove(wire::OBJECT_VOLUME, snapshot).code(), "");
    EXPECT_TRUE(h.state().nodes.empty());
}

TEST_F(MdmSnapshots, RemoveModes) {
    wire::ManagementRequest r;
    r.mutable_snapshot_volumes()->add_items()->set_volume(volume);
    const auto child = h.manage(r).ids(0);
    r.mutable_snapshot_volumes()->mutable_items(0)->set_volume(child);
    const auto grandchild = h.manage(r).ids(0);
    EXPECT_EQ(h.state().volumes.at(grandchild).ancestor(), child);
    EXPECT_EQ(remove(wire::OBJECT_VOLUME, child, wire::DESCENDANTS_ONLY).count(), 1U);
    EXPECT_TRUE(h.state().volumes.contains(child));
    EXPECT_EQ(remove(wire::OBJECT_VOLUME, volume, wire::INCLUDING_DESCENDANTS).count(), 2U);
    EXPECT_TRUE(h.state().volumes.empty());
}

TEST_F(MdmSnapshots, ATreeHoldsAHundredAndTwentySixSnapshots) {
    wire::ManagementRequest r;
    r.mutable_snapshot_volumes()->add_items()->set_volume(volume);
    for (int i = 0; i < 126; ++i)
        ASSERT_EQ(h.manage(r).code(), "");
    EXPECT_EQ(h.manage(r).rc(), 182U);
}

TEST_F(MdmSnapshots, RequestsQueueBehindARunningFreeze) {
    h.sds(0).frozen_io = true;
    const auto first = snapshot_later(volume, "s1");
    const auto second = snapshot_later(volume, "s2");
    EXPECT_EQ(remove(wire::OBJECT_VOLUME, volume).rc(), 28U);
    h.sds(0).frozen_io = false;
    h.advance(1s);
    ASSERT_TRUE(h.answer(first));
    ASSERT_TRUE(h.answer(second));
    EXPECT_EQ(h.answer(second)->code(), "");
    EXPECT_EQ(h.state().volumes.size(), 3U);
}

} // namespace
} // namespace pf::mdm::test
