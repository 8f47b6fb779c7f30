// The MDM owns reservations: durable before the answer, pushed to every SDT, kept over a restart.
#include "backend/nvme/reservation.hpp"
#include "tests/unit/mdm/harness.hpp"

namespace pf::mdm::test {
namespace {

using Op = nvme::ReservationCommand::Op;

class ReservationsTest : public ::testing::Test {
  protected:
    ReservationsTest() {
        h.build();
        volume = h.create_volume("v");
        for (const char* name : {"sdt-1", "sdt-2"}) {
            wire::ManagementRequest request;
            auto& op = *request.mutable_add_sdt();
            op.set_name(name);
            op.set_protection_domain(h.domain);
            op.add_ips()->set_ip(std::string("10.0.7.") + name[4]);
            op.set_storage_port(12200);
            op.set_nvme_port(4420);
            op.set_discovery_port(8009);
            EXPECT_EQ(h.manage(request).code(), "");
        }
        wire::ManagementRequest host;
        host.mutable_add_host()->set_nqn("nqn.2014-08.local:nvme:esxi-1");
        host_id = h.manage(host).ids(0);
        wire::ManagementRequest map;
        map.mutable_map_volume()->set_volume(volume);
        map.mutable_map_volume()->set_initiator(host_id);
        EXPECT_EQ(h.manage(map).code(), "");
        one = &h.add_sdt("sdt-1");
        two = &h.add_sdt("sdt-2");
        h.advance(1s);
    }
    // The status of a command that an SDT passes on; nothing while it is not answered.
    std::optional<nvme::Status> reserve(const Harness::FakeClient& sdt, Op op, std::uint32_t action,
                                        std::uint64_t key, std::uint64_t other = 0,
                                        std::uint32_t type = 0, char host = 'a') {
        wire::Envelope envelope;
        const auto id = h.next_request();
        envelope.set_request_id(id);
        auto& m = *envelope.mutable_sdt_reserve();
        m.set_volume(volume);
        m.set_op(static_cast<std::uint32_t>(op));
        m.set_action(action);
        m.set_type(type);
        m.set_current_key(key);
        m.set_other_key(other);
        m.set_host(std::string(16, host));
        h.deliver(sdt.session, envelope);
        h.advance(200ms);
        const auto answer = sdt.reserved.find(id);
        if (answer == sdt.reserved.end())
            return std::nullopt;
        return nvme::Status::from_field(static_cast<std::uint16_t>(answer->second.status()));
    }
    const wire::ReservationRecord& stored() const {
        return h.state().volumes.at(volume).reservation();
    }
    Harness h;
    std::uint64_t volume = 0;
    std::uint64_t host_id = 0;
    Harness::FakeClient* one = nullptr;
    Harness::FakeClient* two = nullptr;
};

TEST_F(ReservationsTest, EverySdtHasTheStateWhenTheAnswerGoesOut) {
    EXPECT_EQ(reserve(*one, Op::Register, 0, 0, 0x11), nvme::st::kOk);
    EXPECT_EQ(reserve(*one, Op::Acquire, 0, 0x11, 0, 1), nvme::st::kOk);
    ASSERT_TRUE(two->volumes.contains(volume));
    EXPECT_EQ(two->volumes.at(volume).reservation().type(), 1u);
    EXPECT_EQ(two->volumes.at(volume).reservation().registrants_size(), 1);
    // Refused commands change nothing and are answered at once.
    EXPECT_EQ(reserve(*two, Op::Acquire, 0, 0x22, 0, 1, 'b'), nvme::st::kReservationConflict);
    EXPECT_EQ(stored().registrants_size(), 1);
}

TEST_F(ReservationsTest, AnSdtThatHasNotTakenItOverHoldsTheAnswerBack) {
    two->auto_ack = false;
    EXPECT_FALSE(reserve(*one, Op::Register, 0, 0, 0x11));
}

// Preempt and abort is answered when no write of the preempted host can land any more: the data
// servers have the raised fence, and say so once what they had begun before is over.
TEST_F(ReservationsTest, PreemptAndAbortRaisesTheFenceAtTheDataServers) {
    ASSERT_EQ(reserve(*one, Op::Register, 0, 0, 0x11), nvme::st::kOk);
    ASSERT_EQ(reserve(*two, Op::Register, 0, 0, 0x22, 0, 'b'), nvme::st::kOk);
    ASSERT_EQ(reserve(*one, Op::Acquire, 0, 0x11, 0, 1), nvme::st::kOk);
    const std::uint64_t leaf = h.state().volumes.at(volume).leaf();
    const auto fence = [&] { return h.state().nodes.at(map::NodeId{leaf}).fence; };
    EXPECT_EQ(fence(), 0u);
    for (std::size_t i = 0; i < h.sds_count(); ++i)
        h.sds(i).auto_ack = false;
    EXPECT_EQ(reserve(*two, Op::Acquire, 1, 0x22, 0x11, 1, 'b'), nvme::st::kOk)
        << "a plain preemption does not concern them";
    EXPECT_EQ(fence(), 0u);
    ASSERT_EQ(reserve(*one, Op::Register, 0, 0, 0x11), nvme::st::kOk);
    EXPECT_FALSE(reserve(*one, Op::Acquire, 2, 0x11, 0x22, 1));
    EXPECT_EQ(fence(), 1u);
    EXPECT_EQ(stored().registrants_size(), 1) << "decided, and durable";
    for (const auto* sdt : {one, two})
        EXPECT_EQ(sdt->volumes.at(volume).leaf_fence(), 1u);
    for (std::size_t i = 0; i < h.sds_count(); ++i)
        EXPECT_EQ(h.sds(i).nodes.at(leaf).fence(), 1u);
    h.restart();
    EXPECT_EQ(h.state().nodes.at(map::NodeId{leaf}).fence, 1u);
}

TEST_F(ReservationsTest, PreemptAndAbortDoesNotWaitForAServerWithoutALease) {
    ASSERT_EQ(reserve(*one, Op::Register, 0, 0, 0x11), nvme::st::kOk);
    ASSERT_EQ(reserve(*two, Op::Register, 0, 0, 0x22, 0, 'b'), nvme::st::kOk);
    h.sds(0).auto_ack = false;
    EXPECT_FALSE(reserve(*one, Op::Acquire, 2, 0x11, 0x22, 1));
    h.disconnect_sds(0);
    h.advance(5s); // its lease runs out
    ASSERT_FALSE(one->reserved.empty());
    EXPECT_EQ(one->reserved.rbegin()->second.status(), nvme::st::kOk.field());
}

// An SDT that falls silent may have writes on their way that its hosts repeat through another one.
TEST_F(ReservationsTest, AnSdtThatLosesItsLeaseIsFenced) {
    const map::NodeId leaf{h.state().volumes.at(volume).leaf()};
    h.advance(10s);
    ASSERT_EQ(h.state().nodes.at(leaf).fence, 0u) << "while it is there, nothing happens";
    one->heartbeats = false; // it stands still; its connection stays
    while (one->lease_until > h.now())
        h.advance(50ms);
    EXPECT_EQ(h.state().nodes.at(leaf).fence, 0u) << "it may still write";
    h.advance(700ms); // the margin, and a tick
    EXPECT_EQ(h.state().nodes.at(leaf).fence, 1u);
    for (std::size_t i = 0; i < h.sds_count(); ++i)
        EXPECT_EQ(h.sds(i).nodes.at(leaf.value).fence(), 1u);
    EXPECT_EQ(two->volumes.at(volume).leaf_fence(), 1u) << "the others go on";
    h.advance(10s);
    EXPECT_EQ(h.state().nodes.at(leaf).fence, 1u) << "once";
    one->heartbeats = true;
    h.advance(1s);
    EXPECT_GT(one->lease_until, h.now());
    EXPECT_EQ(one->volumes.at(volume).leaf_fence(), 1u);
    one->heartbeats = false;
    h.advance(5s);
    EXPECT_EQ(h.state().nodes.at(leaf).fence, 2u) << "and again the next time";
}

// A process that dies takes its connections along: its hosts know it at once, so nothing waits for
// the lease.
TEST_F(ReservationsTest, AnSdtWhoseConnectionEndsIsFencedAtOnce) {
    const map::NodeId leaf{h.state().volumes.at(volume).leaf()};
    h.close(one->session);
    EXPECT_EQ(h.state().nodes.at(leaf).fence, 1u);
    for (std::size_t i = 0; i < h.sds_count(); ++i)
        EXPECT_EQ(h.sds(i).nodes.at(leaf.value).fence(), 1u);
    EXPECT_EQ(two->volumes.at(volume).leaf_fence(), 1u);
}

// After a start of the MDM nobody knows what an SDT that does not come back has on its way.
TEST_F(ReservationsTest, AnSdtThatDoesNotComeBackAfterARestartIsFenced) {
    const map::NodeId leaf{h.state().volumes.at(volume).leaf()};
    h.restart();
    h.advance(1s);
    EXPECT_EQ(h.state().nodes.at(leaf).fence, 0u);
    h.advance(4s);
    EXPECT_GE(h.state().nodes.at(leaf).fence, 1u);
}

// What waits for a client to be gone waits for its fence too.
TEST_F(ReservationsTest, UnmapWaitsForTheFenceOfALostClient) {
    const map::NodeId leaf{h.state().volumes.at(volume).leaf()};
    one->heartbeats = false;
    one->auto_ack = false;
    wire::ManagementRequest unmap;
    unmap.mutable_unmap_volume()->set_volume(volume);
    unmap.mutable_unmap_volume()->set_initiator(host_id);
    unmap.mutable_unmap_volume()->set_kind(wire::OBJECT_HOST);
    h.sds(0).auto_ack = false;
    const auto request = h.manage_later(unmap);
    while (h.state().nodes.at(leaf).fence == 0) {
        ASSERT_LT(h.now(), one->lease_until + 2s);
        EXPECT_FALSE(h.answer(request));
        h.advance(50ms);
    }
    h.advance(1s);
    EXPECT_FALSE(h.answer(request)) << "a data server would still take its writes";
    h.disconnect_sds(0);
    h.advance(5s); // that server's lease runs out
    ASSERT_TRUE(h.answer(request));
    EXPECT_EQ(h.answer(request)->code(), "");
}

TEST_F(ReservationsTest, SurviveTheMdm) {
    ASSERT_EQ(reserve(*one, Op::Register, 0, 0, 0x11), nvme::st::kOk);
    ASSERT_EQ(reserve(*one, Op::Acquire, 0, 0x11, 0, 2), nvme::st::kOk);
    h.restart();
    EXPECT_EQ(stored().type(), 2u);
    ASSERT_EQ(stored().registrants_size(), 1);
    EXPECT_EQ(stored().registrants(0).key(), 0x11u);
    EXPECT_EQ(stored().holder(), std::string(16, 'a'));
}

TEST_F(ReservationsTest, HostSecretsReachTheSdts) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_host_auth();
    op.set_host(host_id);
    op.set_secret("not a secret");
    EXPECT_NE(h.manage(request).code(), "");
    op.set_secret("DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:");
    const auto id = h.manage_later(request);
    h.advance(200ms);
    ASSERT_TRUE(h.answer(id));
    EXPECT_EQ(one->hosts.at(host_id).dhchap_secret(), op.secret());
    op.set_secret("");
    op.set_ctrl_secret("DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:");
    EXPECT_NE(h.manage(request).code(), ""); // the host comes first
}

// What the store holds, and what queries answer, gives no secret away.
TEST_F(ReservationsTest, HostSecretsAreSealedInTheStoreAndNotQueried) {
    constexpr const char* kSecret = "DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:";
    constexpr const char* kPsk =
        "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_host_auth();
    op.set_host(host_id);
    op.set_secret(kSecret);
    op.set_tls_psk(kPsk);
    ASSERT_TRUE([&] {
        const auto id = h.manage_later(request);
        h.advance(200ms);
        return h.answer(id).has_value();
    }());
    const auto rows = h.store().range("/v1/");
    ASSERT_TRUE(rows);
    for (const auto& row : *rows) {
        EXPECT_EQ(row.value.find("DHHC-1"), std::string::npos) << row.key;
        EXPECT_EQ(row.value.find("NVMeTLSkey"), std::string::npos) << row.key;
    }
    const std::string answer = h.query().SerializeAsString();
    EXPECT_EQ(answer.find("DHHC-1"), std::string::npos);
    EXPECT_EQ(answer.find("NVMeTLSkey"), std::string::npos);
    h.restart();
    EXPECT_EQ(h.state().hosts.at(host_id).dhchap_secret(), kSecret);
    EXPECT_EQ(h.state().hosts.at(host_id).tls_psk(), kPsk);
    // Under another key the store does not load, and says for whom.
    const auto other = State::load(h.store(), std::make_shared<Sealer>(Bytes(32, std::byte{8})));
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().what.find("host"), std::string::npos) << other.error().what;
}

// A store of a version that kept secrets in clear.
TEST_F(ReservationsTest, SecretsInClearAreFoundAndSealed) {
    wire::HostRecord old = h.state().hosts.at(host_id);
    old.set_dhchap_secret("DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:");
    const std::string key = fmt::format("/v1/host/{:016x}", host_id);
    meta::Txn in_clear;
    in_clear.put(key, old.SerializeAsString());
    ASSERT_TRUE(h.store().commit(in_clear));
    auto loaded = State::load(h.store(), h.sealer());
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->unsealed.hosts, std::set<std::uint64_t>{host_id});
    meta::Txn sealed;
    loaded->write(loaded->unsealed, sealed);
    ASSERT_TRUE(h.store().commit(sealed));
    EXPECT_EQ(h.store().get(key).value()->value.find("DHHC-1"), std::string::npos);
    const auto again = State::load(h.store(), h.sealer());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->unsealed.hosts.empty());
    EXPECT_EQ(again->hosts.at(host_id).dhchap_secret(), old.dhchap_secret());
}

TEST_F(ReservationsTest, SecretsThatAreNotGivenStay) {
    wire::ManagementRequest request;
    auto& op = *request.mutable_set_host_auth();
    op.set_host(host_id);
    op.set_secret("DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:");
    h.manage_later(request);
    h.advance(200ms);
    op.clear_secret();
    op.set_tls_psk("not a key");
    EXPECT_NE(h.manage(request).code(), "");
    op.set_tls_psk("NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:");
    h.manage_later(request);
    h.advance(200ms);
    EXPECT_NE(one->hosts.at(host_id).dhchap_secret(), "");
    EXPECT_NE(one->hosts.at(host_id).tls_psk(), "");
    op.set_secret("");
    op.set_tls_psk("");
    h.manage_later(request);
    h.advance(200ms);
    EXPECT_EQ(one->hosts.at(host_id).dhchap_secret(), "");
    EXPECT_EQ(one->hosts.at(host_id).tls_psk(), "");
}

TEST(Sealer, OpensOnlyWhatIsWhole) {
    const Sealer sealer(Bytes(32, std::byte{1}));
    const std::string sealed = sealer.seal("host 1", "secret");
    EXPECT_NE(sealed, sealer.seal("host 1", "secret")) << "a nonce of its own each time";
    EXPECT_EQ(sealer.open("host 1", sealed).value(), "secret");
    EXPECT_FALSE(sealer.open("host 2", sealed));
    EXPECT_FALSE(Sealer(Bytes(32, std::byte{2})).open("host 1", sealed));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(sealer.open("host 1", changed)) << i;
        EXPECT_FALSE(sealer.open("host 1", sealed.substr(0, i))) << i;
    }
}

// An SDT asks for it when it does not know what became of a write of a host that is gone.
TEST_F(ReservationsTest, FenceWithoutACommand) {
    const std::uint64_t leaf = h.state().volumes.at(volume).leaf();
    wire::Envelope envelope;
    const auto id = h.next_request();
    envelope.set_request_id(id);
    envelope.mutable_sdt_reserve()->set_volume(volume);
    envelope.mutable_sdt_reserve()->set_fence_only(true);
    h.sds(0).auto_ack = false;
    h.deliver(one->session, envelope);
    h.advance(500ms);
    EXPECT_EQ(h.state().nodes.at(map::NodeId{leaf}).fence, 1u);
    EXPECT_FALSE(one->reserved.contains(id));
    h.disconnect_sds(0);
    h.advance(5s);
    ASSERT_TRUE(one->reserved.contains(id));
    EXPECT_EQ(one->reserved.at(id).status(), 0u);
    EXPECT_FALSE(stored().registrants_size());
}

} // namespace
} // namespace pf::mdm::test
