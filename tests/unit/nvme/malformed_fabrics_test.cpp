// Malformed Fabrics commands: groups 20 to 26.
#include "tests/unit/nvme/raw_peer.hpp"

namespace pf::nvme::test {
namespace {

constexpr uint16_t kIpoSubnqn = 256;
constexpr uint16_t kIpoHostnqn = 512;

ConnectData good_data() {
    ConnectData data;
    data.hostid[0] = 1;
    put_text(data.subnqn, kSubsystem, '\0');
    put_text(data.hostnqn, kHostA, '\0');
    return data;
}

Sqe connect_sqe(uint16_t qid = 0, uint16_t sqsize = 31) {
    Sqe sqe;
    sqe.opcode = admin_op::kFabrics;
    sqe.nsid = fctype::kConnect;
    sqe.cid = 1;
    sqe.cdw10 = uint32_t{qid} << 16;
    sqe.cdw11 = sqsize;
    return sqe;
}

struct Answer {
    Status status;
    uint32_t dw0 = 0;
};

class MalformedFabrics : public MalformedInput {
  protected:
    Answer connect(const Sqe& sqe, ByteSpan data) {
        RawPeer peer(world);
        EXPECT_TRUE(peer.initialize());
        peer.send(peer.capsule(sqe, data));
        const auto answers = peer.completions();
        EXPECT_FALSE(peer.ended()); // a refused Connect leaves the connection
        world.core.on_closed(peer.session, world.now);
        if (answers.size() != 1)
            return {st::kInternal, 0};
        return {Status::from_field(answers[0].status), answers[0].dw0};
    }
    Answer connect(const Sqe& sqe, const ConnectData& data) {
        return connect(sqe, struct_bytes(data));
    }
    void expect_parameter(const Answer& answer, bool in_data, uint16_t offset) {
        EXPECT_EQ(answer.status, st::kConnectInvalid);
        EXPECT_EQ(answer.dw0, offset | (in_data ? 1u << 16 : 0u));
    }
};

TEST_F(MalformedFabrics, G20_ConnectDataAndNames) {
    const ConnectData good = good_data();
    const ByteSpan bytes = struct_bytes(good);
    for (const size_t length : {size_t{4}, size_t{512}, size_t{1020}})
        EXPECT_EQ(connect(connect_sqe(), bytes.first(length)).status, st::kSglLengthInvalid);
    Bytes longer(bytes.begin(), bytes.end());
    longer.resize(1028);
    EXPECT_EQ(connect(connect_sqe(), longer).status, st::kSglLengthInvalid);
    const auto with_names = [](std::string_view sub, std::string_view host) {
        ConnectData data = good_data();
        data.subnqn.fill('\0');
        data.hostnqn.fill('\0');
        std::memcpy(data.subnqn.data(), sub.data(), std::min<size_t>(sub.size(), 256));
        std::memcpy(data.hostnqn.data(), host.data(), std::min<size_t>(host.size(), 256));
        return data;
    };
    const std::string full(256, 'x');
    const std::string too_long(224, 'x');
    expect_parameter(connect(connect_sqe(), with_names(full, kHostA)), true, kIpoSubnqn);
    expect_parameter(connect(connect_sqe(), with_names("", kHostA)), true, kIpoSubnqn);
    expect_parameter(connect(connect_sqe(), with_names("\xFF\xFE", kHostA)), true, kIpoSubnqn);
    expect_parameter(connect(connect_sqe(), with_names(kSubsystem, full)), true, kIpoHostnqn);
    expect_parameter(connect(connect_sqe(), with_names(kSubsystem, "")), true, kIpoHostnqn);
    expect_parameter(connect(connect_sqe(), with_names(kSubsystem, too_long)), true, kIpoHostnqn);
    for (const std::string_view name : {"nqn.%n%s%n", "\x01\x02\x1b[2J", "nqn.a\"b'c\\"}) {
        EXPECT_EQ(connect(connect_sqe(), with_names(kSubsystem, name)).status,
                  st::kConnectInvalidHost);
        for (const std::string& line : world.log)
            for (const char c : line)
                ASSERT_TRUE(c >= 0x20 && c < 0x7F) << "untrusted bytes in the log";
    }
    // A NUL ends the name: what follows is not part of it.
    ConnectData embedded = good_data();
    embedded.hostnqn[std::strlen(kHostA) + 1] = 'x';
    EXPECT_TRUE(connect(connect_sqe(), embedded).status.ok());
}

TEST_F(MalformedFabrics, G21_ConnectFields) {
    Sqe format = connect_sqe();
    format.cdw10 = 1;
    EXPECT_EQ(connect(format, good_data()).status, st::kConnectFormat);
    expect_parameter(connect(connect_sqe(0, 0), good_data()), false, 44);
    expect_parameter(connect(connect_sqe(0, 0xFFFF), good_data()), false, 44);
    ConnectData data = good_data();
    data.cntlid = 5;
    expect_parameter(connect(connect_sqe(), data), true, 16);
    data = good_data();
    data.hostid = {};
    expect_parameter(connect(connect_sqe(), data), true, 0);

    Victim victim(world);
    const auto io = [&](uint16_t qid, const std::function<void(ConnectData&)>& change) {
        ConnectData d = good_data();
        d.hostid[0] = '1';
        d.cntlid = victim.host.cntlid;
        change(d);
        return connect(connect_sqe(qid), d);
    };
    const auto same = [](ConnectData&) {};
    EXPECT_EQ(io(0xFFFF, same).status, st::kInvalidQueueId);
    EXPECT_EQ(io(65, same).status, st::kInvalidQueueId);
    expect_parameter(io(2, [](ConnectData& d) { d.cntlid = kDynamicCntlid; }), true, 16);
    expect_parameter(io(2, [&](ConnectData& d) { d.cntlid = witness->cntlid; }), true, 512);
    expect_parameter(io(2, [](ConnectData& d) { put_text(d.hostnqn, kHostB, '\0'); }), true, 512);
    expect_parameter(io(2, [](ConnectData& d) { d.hostid[3] = 9; }), true, 0);
    expect_parameter(io(2, [](ConnectData& d) { d.cntlid = 600; }), true, 16); // of another SDT
}

// A host that reconnects fast may come before its old connection is known to be gone.
TEST_F(MalformedFabrics, G21_DuplicateQueueIdWaitsForTheOldOneBriefly) {
    for (const bool old_goes : {true, false}) {
        Victim victim(world);
        RawPeer again(world);
        ASSERT_TRUE(again.initialize());
        ConnectData data = good_data();
        data.hostid[0] = '1';
        data.cntlid = victim.host.cntlid;
        again.send(again.capsule(connect_sqe(1), struct_bytes(data)));
        EXPECT_TRUE(again.completions().empty());
        EXPECT_LE(world.core.next_deadline(world.now), world.now + 50ms);
        if (old_goes)
            world.core.on_closed(victim.io.session, world.now);
        world.now += 50ms;
        world.core.tick(world.now);
        const auto statuses = again.statuses();
        ASSERT_EQ(statuses.size(), 1u);
        EXPECT_EQ(statuses[0], old_goes ? st::kOk : st::kInvalidQueueId);
        for (const auto id : {victim.io.session, victim.admin.session, again.session})
            world.core.on_closed(id, world.now);
        world.settle();
    }
}

TEST_F(MalformedFabrics, G22_OrderOfConnects) {
    Victim victim(world);
    victim.io.send(victim.io.capsule(connect_sqe(2), struct_bytes(good_data())));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kCommandSequence});
    victim.admin.send(victim.admin.capsule(connect_sqe(), struct_bytes(good_data())));
    EXPECT_EQ(victim.admin.statuses(), std::vector<Status>{st::kCommandSequence});
    RawPeer peer(world);
    ASSERT_TRUE(peer.initialize());
    for (const uint8_t op : {admin_op::kIdentify, admin_op::kKeepAlive, io_op::kFlush}) {
        peer.send(peer.capsule(RawPeer::with_transport(sqe_of(op, 1), 4096)));
        EXPECT_EQ(peer.statuses(), std::vector<Status>{st::kCommandSequence});
    }
    const auto io = [&] {
        ConnectData data = good_data();
        data.hostid[0] = '1';
        data.cntlid = victim.host.cntlid;
        return connect(connect_sqe(3), data);
    };
    victim.host.admin.set_cc(cc::kDefault | cc::kEnable | 1u << 14);
    expect_parameter(io(), false, 42); // after shutdown
    victim.host.admin.set_cc(0);
    expect_parameter(io(), false, 42); // not enabled
    world.core.on_closed(victim.admin.session, world.now);
    world.settle();
    expect_parameter(io(), true, 16); // the admin queue is gone
    // A reset that waits for writes: neither old nor new yet.
    Victim second(world);
    world.hold_io = true;
    second.io.send(second.io.capsule(rw(io_op::kWrite, 1, 0, 1), Bytes(512)));
    second.host.admin.set_cc(0);
    EXPECT_EQ(second.host.admin.property(prop::kCsts, false) & csts::kReady, csts::kReady);
    ConnectData data = good_data();
    data.hostid[0] = '1';
    data.cntlid = second.host.cntlid;
    expect_parameter(connect(connect_sqe(3), data), false, 42);
    world.hold_io = false;
    world.settle();
}

TEST_F(MalformedFabrics, G23_Properties) {
    Victim victim(world);
    Queue& admin = victim.host.admin;
    const auto property = [&](uint8_t type, uint32_t offset, uint8_t attrib, uint32_t value = 0) {
        Sqe sqe = sqe_of(admin_op::kFabrics, 0, type);
        sqe.cdw10 = attrib;
        sqe.cdw11 = offset;
        sqe.cdw12 = value;
        const auto done = admin.run(sqe);
        return done ? done->status : st::kInternal;
    };
    for (uint8_t attrib = 0; attrib < 8; ++attrib) {
        for (const uint32_t offset : {0u, 1u, 4u, 8u, 0x0Cu, 0x10u, 0x14u, 0x18u, 0x1Cu, 0x20u,
                                      0x24u, 0x68u, 0x1000u, 0xFFFFFFFFu}) {
            const bool four = attrib == 0 && (offset == 0 || offset == 4 || offset == 8 ||
                                              offset == 0x14 || offset == 0x1C);
            const bool eight = attrib == 1 && offset == 0;
            EXPECT_EQ(property(fctype::kPropertyGet, offset, attrib).ok(), four || eight)
                << int{attrib} << " " << offset;
            if (offset != 0x14 || attrib != 0) {
                EXPECT_EQ(property(fctype::kPropertySet, offset, attrib, 0xFFFFFFFF),
                          st::kInvalidField);
            }
        }
    }
    // Memory page size, arbitration and command set that there are not.
    for (const uint32_t bad : {1u << 7, 1u << 11, 1u << 4, 5u << 4})
        EXPECT_EQ(property(fctype::kPropertySet, prop::kCc, 0, cc::kDefault | cc::kEnable | bad),
                  st::kInvalidField);
    // Reserved bits are let pass; enable toggled fast; shutdown and enable at once.
    for (int i = 0; i < 200; ++i)
        EXPECT_TRUE(property(fctype::kPropertySet, prop::kCc, 0,
                             i % 2 == 0 ? 0u : (cc::kDefault | cc::kEnable | 0xFE000000u))
                        .ok());
    EXPECT_EQ(admin.property(prop::kCsts, false), csts::kReady);
    EXPECT_TRUE(property(fctype::kPropertySet, prop::kCc, 0, 0).ok());
    EXPECT_TRUE(
        property(fctype::kPropertySet, prop::kCc, 0, cc::kDefault | cc::kEnable | 1u << 14).ok());
    EXPECT_EQ(admin.property(prop::kCsts, false) & csts::kShutdownMask, csts::kShutdownComplete);
    // Odd queue entry sizes: enabled, but no I/O queue may be connected.
    Victim second(world);
    second.host.admin.set_cc(0);
    second.host.admin.set_cc(cc::kEnable);
    ConnectData data = good_data();
    data.hostid[0] = '1';
    data.cntlid = second.host.cntlid;
    expect_parameter(connect(connect_sqe(1), data), false, 42);
}

TEST_F(MalformedFabrics, G25_KeepAliveExtremes) {
    for (const uint32_t kato : {0u, 1u, 0xFFFFFFFFu}) {
        RawPeer peer(world);
        ASSERT_TRUE(peer.initialize());
        Sqe sqe = connect_sqe();
        sqe.cdw12 = kato;
        peer.send(peer.capsule(sqe, struct_bytes(good_data())));
        EXPECT_EQ(peer.statuses(), std::vector<Status>{st::kOk});
        world.now += 1500ms;
        world.core.tick(world.now);
        world.settle();
        EXPECT_FALSE(peer.ended()) << kato; // rounded up to the unit, with a unit of slack
        world.now += 600ms;
        world.core.tick(world.now);
        world.settle();
        EXPECT_EQ(peer.ended(), kato == 1) << kato;
        world.core.on_closed(peer.session, world.now);
        world.settle();
    }
}

TEST_F(MalformedFabrics, G26_UnknownFabricsCommands) {
    Victim victim(world);
    for (int type = 0; type < 256; ++type) {
        const bool known = type == fctype::kConnect || type == fctype::kPropertyGet ||
                           type == fctype::kPropertySet || type == fctype::kAuthSend ||
                           type == fctype::kAuthReceive;
        if (known)
            continue;
        for (RawPeer* peer : {&victim.admin, &victim.io}) {
            peer->send(peer->capsule(RawPeer::with_transport(
                sqe_of(admin_op::kFabrics, 1, static_cast<uint32_t>(type)), 0)));
            const auto statuses = peer->statuses();
            ASSERT_EQ(statuses.size(), 1u) << type;
            EXPECT_EQ(statuses[0], st::kInvalidOpcode) << type;
        }
    }
    for (const uint8_t type : {fctype::kPropertyGet, fctype::kPropertySet}) {
        victim.io.send(victim.io.capsule(sqe_of(admin_op::kFabrics, 1, type)));
        EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kInvalidOpcode});
    }
}

} // namespace
} // namespace pf::nvme::test
