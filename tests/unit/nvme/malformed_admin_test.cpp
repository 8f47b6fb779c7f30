// Malformed admin commands: groups 27 to 32.
#include "tests/unit/nvme/raw_peer.hpp"

namespace pf::nvme::test {
namespace {

TEST_F(MalformedInput, G27_Identify) {
    Victim victim(world);
    for (int cns = 0; cns < 256; ++cns) {
        for (const uint32_t nsid : {0u, 1u, 4096u, 4097u, 0xFFFFFFFEu, 0xFFFFFFFFu}) {
            for (const uint32_t length : {0u, 4u, 512u, 4096u, 8192u}) {
                Sqe sqe = sqe_of(admin_op::kIdentify, 1, nsid);
                sqe.cdw10 = static_cast<uint32_t>(cns) | 0xABCD0000u;
                sqe.cdw11 = nsid == 1 && cns != 5 && cns != 6 && cns != 7 ? 0xFF00FFFFu : 0;
                victim.admin.send(victim.admin.capsule(RawPeer::with_transport(sqe, length)));
                size_t completions = 0;
                for (const Bytes& pdu : victim.admin.received()) {
                    if (RawPeer::type(pdu) == PduType::C2hData) {
                        EXPECT_LE(load_struct<DataPdu>(pdu).length, std::min(length, 4096u));
                    } else {
                        ++completions;
                    }
                }
                ASSERT_EQ(completions, 1u) << cns << " " << nsid << " " << length;
            }
        }
    }
    Bytes page;
    EXPECT_EQ(victim.host.admin.identify(Cns::Namespace, 0, page), st::kInvalidNamespace);
    EXPECT_EQ(victim.host.admin.identify(Cns::Namespace, 4097, page), st::kInvalidNamespace);
    EXPECT_EQ(victim.host.admin.identify(Cns::NamespaceDescriptors, 7, page), st::kInvalidField);
    EXPECT_EQ(victim.host.admin.identify(Cns{0x10}, 1, page), st::kInvalidField);
}

TEST_F(MalformedInput, G28_GetLogPage) {
    Victim victim(world);
    for (int lid = 0; lid < 256; ++lid) {
        for (const uint32_t numd : {0u, 1023u, 0xFFFFFFFFu}) {
            for (const uint64_t offset :
                 {uint64_t{0}, uint64_t{2}, uint64_t{4092}, uint64_t{1} << 40, ~uint64_t{3}}) {
                Sqe sqe = sqe_of(admin_op::kGetLogPage, 1);
                sqe.cdw10 = static_cast<uint32_t>(lid) | 0x7F00u | numd << 16;
                sqe.cdw11 = numd >> 16 | 0x00FF0000u;
                sqe.cdw12 = static_cast<uint32_t>(offset);
                sqe.cdw13 = static_cast<uint32_t>(offset >> 32);
                sqe.cdw14 = 0x7F;
                victim.admin.send(victim.admin.capsule(RawPeer::with_transport(sqe, 4096)));
                uint32_t data = 0;
                std::vector<Status> statuses;
                for (const Bytes& pdu : victim.admin.received()) {
                    if (RawPeer::type(pdu) == PduType::C2hData)
                        data += load_struct<DataPdu>(pdu).length;
                    else
                        statuses.push_back(
                            Status::from_field(load_struct<CapsuleRespPdu>(pdu).cqe.status));
                }
                ASSERT_EQ(statuses.size(), 1u) << lid;
                EXPECT_LE(data, 4096u); // never beyond what the SGL describes
                if (offset == 2 || offset > 1 << 20)
                    EXPECT_FALSE(statuses[0].ok()) << lid << " " << offset;
            }
        }
    }
    // Namespace pages of a single namespace are not offered.
    for (const LogId lid : {LogId::ErrorInfo, LogId::FirmwareSlot, LogId::ChangedNamespaces,
                            LogId::CommandEffects, LogId::Ana}) {
        Sqe sqe = sqe_of(admin_op::kGetLogPage, 1, 1);
        sqe.cdw10 = static_cast<uint32_t>(lid);
        victim.admin.send(victim.admin.capsule(RawPeer::with_transport(sqe, 4)));
        EXPECT_EQ(victim.admin.statuses(), std::vector<Status>{st::kInvalidField});
    }
}

TEST_F(MalformedInput, G29_Features) {
    Victim victim(world);
    for (int fid = 0; fid < 256; ++fid) {
        for (const uint32_t select : {0u, 1u, 3u, 4u, 7u}) {
            for (const uint32_t nsid : {0u, 1u, 0xFFFFFFFFu}) {
                Sqe sqe = sqe_of(admin_op::kGetFeatures, 1, nsid);
                sqe.cdw10 = static_cast<uint32_t>(fid) | select << 8;
                victim.admin.send(victim.admin.capsule(RawPeer::with_transport(sqe, 512)));
                size_t completions = 0;
                for (const Bytes& pdu : victim.admin.received())
                    completions += RawPeer::type(pdu) == PduType::CapsuleResp ? 1 : 0;
                ASSERT_EQ(completions, 1u) << fid;
                sqe.opcode = admin_op::kSetFeatures;
                sqe.cdw10 = static_cast<uint32_t>(fid) | 0x80000000u;
                victim.admin.send(victim.admin.capsule(sqe));
                EXPECT_EQ(victim.admin.statuses(), std::vector<Status>{st::kFeatureNotSaveable});
            }
        }
    }
    const auto set = [&](FeatureId id, uint32_t value) {
        return victim.host.admin.set_feature(id, value)->status;
    };
    EXPECT_EQ(set(FeatureId::NumberOfQueues, 0x0003FFFF), st::kInvalidField);
    EXPECT_EQ(set(FeatureId::NumberOfQueues, 0xFFFF0003), st::kInvalidField);
    EXPECT_EQ(set(FeatureId::NumberOfQueues, 0x00030003), st::kCommandSequence); // queues exist
    EXPECT_EQ(set(FeatureId::HostBehavior, 0), st::kInvalidField);               // no data
    EXPECT_EQ(set(FeatureId::HostId, 1), st::kCommandSequence);
    EXPECT_EQ(set(FeatureId::KeepAliveTimer, 0), st::kKeepAliveInvalid);
    EXPECT_EQ(set(FeatureId::PowerManagement, 3), st::kInvalidField);
    for (const uint32_t length : {0u, 4u, 511u}) {
        Sqe sqe = sqe_of(admin_op::kGetFeatures, 1);
        sqe.cdw10 = static_cast<uint32_t>(FeatureId::HostBehavior);
        victim.admin.send(victim.admin.capsule(RawPeer::with_transport(sqe, length)));
        uint32_t data = 0;
        for (const Bytes& pdu : victim.admin.received())
            if (RawPeer::type(pdu) == PduType::C2hData)
                data += load_struct<DataPdu>(pdu).length;
        EXPECT_EQ(data, length);
    }
}

TEST_F(MalformedInput, G30_Abort) {
    Victim victim(world);
    const auto abort = [&](uint16_t sqid, uint16_t cid, uint16_t own = 9) {
        Sqe sqe = sqe_of(admin_op::kAbort, own);
        sqe.cdw10 = sqid | uint32_t{cid} << 16;
        victim.admin.send(victim.admin.capsule(sqe));
        const auto answers = victim.admin.completions();
        for (const Cqe& cqe : answers)
            if (cqe.cid == own)
                return Status::from_field(cqe.status).ok() ? static_cast<int>(cqe.dw0) : -1;
        return -2;
    };
    EXPECT_EQ(abort(0, 9), 1);  // itself
    EXPECT_EQ(abort(0, 1), 1);  // nothing there
    EXPECT_EQ(abort(1, 1), 1);  // nothing there
    EXPECT_EQ(abort(77, 1), 1); // no such queue
    EXPECT_EQ(abort(0xFFFF, 0xFFFF), 1);
    for (uint16_t i = 0; i < 500; ++i)
        ASSERT_EQ(abort(1, i), 1);
    victim.admin.send(victim.admin.capsule(sqe_of(admin_op::kAsyncEvent, 50)));
    EXPECT_EQ(abort(0, 50), 0);
    // With storage: a read ends at once, a write is waited for, since it cannot be called back.
    world.hold_io = true;
    victim.io.send(victim.io.capsule(RawPeer::with_transport(rw(io_op::kRead, 3, 0, 1), 512)));
    victim.io.send(victim.io.capsule(rw(io_op::kWrite, 4, 0, 1), Bytes(512)));
    EXPECT_EQ(abort(1, 3), 0);
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kAborted});
    EXPECT_EQ(abort(1, 4), 1);
    EXPECT_TRUE(victim.io.statuses().empty());
    world.hold_io = false;
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kOk}); // the read is not answered twice
    EXPECT_EQ(world.core.io_in_flight(), 0u);
}

TEST_F(MalformedInput, G31_AsyncEventFlood) {
    Victim victim(world);
    for (uint16_t cid = 0; cid < 20; ++cid)
        victim.admin.send(victim.admin.capsule(sqe_of(admin_op::kAsyncEvent, cid)));
    const auto statuses = victim.admin.statuses();
    EXPECT_EQ(statuses.size(), 16u);
    for (const Status s : statuses)
        EXPECT_EQ(s, st::kAerLimit);
    // Pending at a shutdown, then the connection goes: nothing is answered later.
    victim.host.admin.set_cc(cc::kDefault | cc::kEnable | 1u << 14);
    world.core.on_closed(victim.admin.session, world.now);
    auto view = World::default_view();
    view.hosts[0].nsids = {1};
    world.set_view(view);
    EXPECT_TRUE(victim.admin.received().empty());
    EXPECT_EQ(world.core.controllers().size(), 1u);
    world.set_view(World::default_view());
}

TEST_F(MalformedInput, G32_AdminOpcodesThatDoNotExistHere) {
    Victim victim(world);
    for (int op = 0; op < 256; ++op) {
        const bool known = op == admin_op::kGetLogPage || op == admin_op::kIdentify ||
                           op == admin_op::kAbort || op == admin_op::kSetFeatures ||
                           op == admin_op::kGetFeatures || op == admin_op::kAsyncEvent ||
                           op == admin_op::kKeepAlive || op == admin_op::kFabrics;
        if (known)
            continue;
        Sqe sqe = sqe_of(static_cast<uint8_t>(op), 1);
        const bool to_controller = (op & 3) == 1;
        victim.admin.send(to_controller ? victim.admin.capsule(sqe, Bytes(512))
                                        : victim.admin.capsule(RawPeer::with_transport(sqe, 0)));
        EXPECT_EQ(victim.admin.statuses(), std::vector<Status>{st::kInvalidOpcode}) << op;
    }
    for (const uint8_t fuse : std::initializer_list<uint8_t>{1, 2, 3}) {
        Sqe sqe = sqe_of(admin_op::kKeepAlive, 1);
        sqe.flags = fuse;
        victim.admin.send(victim.admin.capsule(sqe));
        EXPECT_EQ(victim.admin.statuses(), std::vector<Status>{st::kInvalidField}) << int{fuse};
    }
}

} // namespace
} // namespace pf::nvme::test
