// Malformed input at the transport: groups 1 to 19, one test each. Expected throughout: a
// termination request and the end of that connection, or an error completion; never harm to others.
#include "tests/unit/nvme/raw_peer.hpp"

namespace pf::nvme::test {
namespace {

TEST_F(MalformedInput, G01_GarbageFirstBytes) {
    const std::string_view http = "GET / HTTP/1.1\r\nHost: sdt\r\n\r\n";
    EXPECT_TRUE(fate(as_bytes(http), true));
    const Bytes hello{std::byte{0x16}, std::byte{0x03}, std::byte{0x01}, std::byte{0x02},
                      std::byte{0x00}, std::byte{0x01}, std::byte{0x00}, std::byte{0x01}};
    EXPECT_EQ(fate(hello, true), (PduError{Fes::InvalidHeaderField, 0}));
    EXPECT_TRUE(fate(Bytes(4096, std::byte{0xFF}), true));
}

TEST_F(MalformedInput, G02_IcReqFields) {
    const Bytes good = encode_icreq(0, {}, 0);
    EXPECT_EQ(fate(with_plen(good, 127), true), (PduError{Fes::InvalidHeaderField, 4}));
    EXPECT_EQ(fate(with_plen(good, 129), true), (PduError{Fes::InvalidHeaderField, 4}));
    EXPECT_EQ(fate(with_byte(good, 2, 127), true), (PduError{Fes::InvalidHeaderField, 2}));
    EXPECT_EQ(fate(with_byte(good, 8, 1), true), (PduError{Fes::InvalidHeaderField, 8}));
    for (const int hpda : {32, 64, 255})
        EXPECT_EQ(fate(with_byte(good, 10, static_cast<uint8_t>(hpda)), true),
                  (PduError{Fes::InvalidHeaderField, 10}));
    // Reserved bits are for the future to define: they are not an error.
    for (const size_t at : {1u, 3u, 11u, 16u, 127u}) {
        RawPeer peer(world);
        peer.send(with_byte(good, at, 0xF0));
        const auto pdus = peer.received();
        ASSERT_EQ(pdus.size(), 1u) << at;
        EXPECT_EQ(RawPeer::type(pdus[0]), PduType::IcResp);
    }
}

TEST_F(MalformedInput, G03_IcReqTwiceAndCapsuleBeforeIt) {
    EXPECT_EQ(fate(encode_icreq(0, {}, 0)), (PduError{Fes::SequenceError, 0}));
    RawPeer peer(world);
    EXPECT_EQ(
        fate(peer.capsule(sqe_of(admin_op::kFabrics, 1, fctype::kConnect), Bytes(1024)), true),
        (PduError{Fes::SequenceError, 0}));
}

TEST_F(MalformedInput, G04_EveryPduTypeInEveryState) {
    for (int state = 0; state < 3; ++state) {
        for (int type = 0; type < 256; ++type) {
            Victim victim(world);
            RawPeer fresh(world);
            RawPeer& peer = state == 2 ? victim.io : fresh;
            if (state == 1) {
                ASSERT_TRUE(fresh.initialize());
            }
            PduHeader header;
            header.type = static_cast<uint8_t>(type);
            const bool known[] = {true, false, true, false, true, false, true};
            const uint8_t lengths[] = {128, 0, 24, 0, 72, 0, 24};
            const bool from_host = type < 7 && known[type];
            header.hlen = from_host ? lengths[type] : uint8_t{24};
            header.plen = header.hlen;
            Bytes pdu(header.hlen);
            std::memcpy(pdu.data(), &header, sizeof header);
            peer.send(pdu);
            const auto error = peer.termination();
            if (!from_host) {
                EXPECT_EQ(error, (PduError{Fes::InvalidHeaderField, 0})) << type << "/" << state;
            } else if (type == 2) { // its termination request is not answered
                EXPECT_FALSE(error);
                EXPECT_TRUE(peer.ended());
            } else if (type == 0 && state == 0) {
                EXPECT_FALSE(peer.ended());
            } else if (type == 4 && state > 0) {
                EXPECT_FALSE(peer.ended()); // a command that fails
            } else {
                EXPECT_TRUE(error) << type << "/" << state;
            }
            for (const auto id : {victim.io.session, victim.admin.session, fresh.session})
                world.core.on_closed(id, world.now);
        }
    }
}

TEST_F(MalformedInput, G05_HeaderLength) {
    RawPeer peer(world);
    const Bytes good = peer.capsule(sqe_of(io_op::kFlush, 1));
    for (const uint8_t hlen : std::initializer_list<uint8_t>{0, 7, 71, 73, 255})
        EXPECT_EQ(fate(with_byte(good, 2, hlen)), (PduError{Fes::InvalidHeaderField, 2}));
}

TEST_F(MalformedInput, G06_PduLength) {
    RawPeer peer(world);
    const Bytes good = peer.capsule(sqe_of(io_op::kFlush, 1));
    for (const uint32_t plen : {0u, 1u, 7u, 71u})
        EXPECT_EQ(fate(with_plen(good, plen)), (PduError{Fes::InvalidHeaderField, 4}));
    // Longer than its header without a place for data (PDO 0).
    for (const uint32_t plen : {73u, 0x80000000u, 0xFFFFFFFFu})
        EXPECT_EQ(fate(with_plen(good, plen)), (PduError{Fes::InvalidHeaderField, 3}));
    // With one: announced data beyond the limit is refused before any of it is taken.
    for (const uint32_t plen : {0x80000000u, 0xFFFFFFFFu}) {
        Bytes pdu = with_plen(good, plen);
        pdu[3] = std::byte{72};
        EXPECT_EQ(fate(pdu), (PduError{Fes::LimitExceeded, 4}));
    }
}

TEST_F(MalformedInput, G07_DataOffset) {
    RawPeer peer(world);
    const Bytes good = peer.capsule(rw(io_op::kWrite, 1, 0, 1), Bytes(512));
    for (const uint8_t pdo : std::initializer_list<uint8_t>{1, 71, 73, 74, 129, 255})
        EXPECT_EQ(fate(with_byte(good, 3, pdo)), (PduError{Fes::InvalidHeaderField, 3}));
    // Beyond the end of the PDU.
    Bytes shortened = with_plen(with_byte(good, 3, 128), 100);
    EXPECT_EQ(fate(shortened), (PduError{Fes::InvalidHeaderField, 4}));
}

TEST_F(MalformedInput, G08_DigestFlagsAgainstNegotiation) {
    RawPeer plain(world);
    const Bytes good = plain.capsule(sqe_of(io_op::kFlush, 1));
    EXPECT_EQ(fate(with_byte(good, 1, 1)), (PduError{Fes::InvalidHeaderField, 1}));
    EXPECT_EQ(fate(with_byte(good, 1, 2)), (PduError{Fes::InvalidHeaderField, 1}));
    RawPeer digest(world);
    ASSERT_TRUE(digest.initialize({true, true}));
    digest.send(good);
    EXPECT_EQ(digest.termination(), (PduError{Fes::InvalidHeaderField, 1}));
    // Reserved flags are ignored.
    Victim victim(world);
    victim.io.send(with_byte(victim.io.capsule(sqe_of(io_op::kFlush, 1, 1)), 1, 0xF0));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kOk});
}

TEST_F(MalformedInput, G09_WrongDigests) {
    const auto damaged = [](Bytes pdu, size_t at) {
        pdu.at(at) ^= std::byte{1};
        return pdu;
    };
    {
        Victim victim(world, {true, true});
        const Bytes pdu = victim.io.capsule(sqe_of(io_op::kFlush, 1, 1));
        victim.io.send(damaged(pdu, 73));
        const auto error = victim.io.termination();
        ASSERT_TRUE(error);
        EXPECT_EQ(error->fes, Fes::HeaderDigest);
    }
    Victim victim(world, {true, true});
    const Bytes block(512, std::byte{7});
    const Bytes write = victim.io.capsule(rw(io_op::kWrite, 1, 0, 1), block);
    victim.io.send(damaged(write, write.size() - 1));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kTransientTransport});
    // H2CData.
    victim.io.send(victim.io.capsule(RawPeer::with_transport(rw(io_op::kWrite, 2, 0, 8), 4096)));
    const auto r2t = victim.io.r2t();
    ASSERT_TRUE(r2t);
    const Bytes data = victim.io.h2c(2, r2t->ttag, 0, Bytes(4096, std::byte{7}), true);
    victim.io.send(damaged(data, data.size() - 2));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kTransientTransport});
    // Either half of a fused pair.
    for (const bool first : {true, false}) {
        Sqe compare = rw(io_op::kCompare, 3, 0, 1);
        compare.flags = 1;
        Sqe swap = rw(io_op::kWrite, 4, 0, 1);
        swap.flags = 2;
        Bytes a = victim.io.capsule(compare, Bytes(512));
        Bytes b = victim.io.capsule(swap, block);
        Bytes& bad = first ? a : b;
        bad = damaged(bad, bad.size() - 1);
        victim.io.send(a);
        victim.io.send(b);
        const std::vector<Status> expected =
            first ? std::vector<Status>{st::kTransientTransport, st::kAbortedFailedFused}
                  : std::vector<Status>{st::kAbortedFailedFused, st::kTransientTransport};
        EXPECT_EQ(victim.io.statuses(), expected);
    }
    // Connect: fails, and may be tried again.
    RawPeer peer(world);
    ASSERT_TRUE(peer.initialize({false, true}));
    const Bytes connect =
        peer.capsule(sqe_of(admin_op::kFabrics, 1, fctype::kConnect), Bytes(1024));
    peer.send(damaged(connect, connect.size() - 1));
    EXPECT_EQ(peer.statuses(), std::vector<Status>{st::kTransientTransport});
    EXPECT_FALSE(peer.ended());
    EXPECT_FALSE(victim.io.ended());
}

TEST_F(MalformedInput, G10_PduLengthAgainstSglLength) {
    for (const uint32_t sgl_length : {0u, 511u, 513u, 1024u, 0xFFFFFFFFu}) {
        Victim victim(world);
        Sqe sqe = rw(io_op::kWrite, 1, 0, 1);
        sqe.flags = kPsdtSgl;
        sqe.sgl.type = Sgl::kInCapsule;
        sqe.sgl.length = sgl_length;
        victim.io.send(victim.io.exact(sqe, Bytes(512)));
        EXPECT_EQ(victim.io.termination(), (PduError{Fes::InvalidHeaderField, 4})) << sgl_length;
    }
    // In the other direction: the SGL promises data in a capsule that has none.
    Victim victim(world);
    Sqe sqe = rw(io_op::kWrite, 1, 0, 1);
    sqe.flags = kPsdtSgl;
    sqe.sgl.type = Sgl::kInCapsule;
    sqe.sgl.length = 512;
    victim.io.send(victim.io.exact(sqe));
    EXPECT_EQ(victim.io.termination(), (PduError{Fes::InvalidHeaderField, 4}));
}

TEST_F(MalformedInput, G11_SglLengthExtremes) {
    Victim victim(world);
    for (const uint8_t op : {io_op::kRead, io_op::kWrite}) {
        for (const uint32_t length : {0u, 511u, 513u, 1048577u, 0xFFFFFFFFu}) {
            victim.io.send(victim.io.capsule(RawPeer::with_transport(rw(op, 1, 0, 1), length)));
            if (length == 511 || length == 513) {
                if (const auto r2t = victim.io.r2t()) // the length is judged with the command
                    victim.io.send(victim.io.h2c(1, r2t->ttag, 0, Bytes(length), true));
                else
                    continue;
            }
            const auto statuses = victim.io.statuses();
            ASSERT_EQ(statuses.size(), 1u) << int{op} << " " << length;
            EXPECT_TRUE(statuses[0].is(0, 0x0F) || statuses[0].is(0, 0x02));
        }
    }
    // Many of the largest at once: the host is asked for no more than memory allows.
    uint64_t granted = 0;
    for (uint16_t cid = 10; cid < 41; ++cid) {
        victim.io.send(
            victim.io.capsule(RawPeer::with_transport(rw(io_op::kWrite, cid, 0, 2048), 1 << 20)));
        if (const auto r2t = victim.io.r2t())
            granted += r2t->length;
    }
    EXPECT_EQ(granted, world.core.options().queue_memory_bytes);
    EXPECT_FALSE(victim.io.ended());
}

TEST_F(MalformedInput, G12_SglTypes) {
    for (const int type : {0x00, 0x10, 0x20, 0x30, 0x40, 0x4F, 0x50, 0x5B, 0xFF}) {
        Victim victim(world);
        Sqe sqe = rw(io_op::kWrite, 1, 0, 1);
        sqe.flags = kPsdtSgl;
        sqe.sgl.type = static_cast<uint8_t>(type);
        sqe.sgl.length = 512;
        victim.io.send(victim.io.exact(sqe)); // nothing follows: the command alone fails
        EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kSglTypeInvalid});
        victim.io.send(victim.io.exact(sqe, Bytes(512)));
        const auto error = victim.io.termination();
        ASSERT_TRUE(error);
        EXPECT_EQ(error->fes, Fes::UnsupportedParameter);
    }
    for (const uint8_t psdt : std::initializer_list<uint8_t>{0x00, 0x80, 0xC0}) {
        Victim victim(world);
        Sqe sqe = RawPeer::with_transport(rw(io_op::kRead, 1, 0, 1), 512);
        sqe.flags = psdt;
        victim.io.send(victim.io.exact(sqe));
        EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kInvalidField});
    }
}

TEST_F(MalformedInput, G13_InCapsuleLimits) {
    Victim victim(world);
    victim.admin.send(victim.admin.capsule(sqe_of(0x81, 1), Bytes(8196)));
    EXPECT_EQ(victim.admin.termination(), (PduError{Fes::LimitExceeded, 4}));
    Victim second(world);
    const uint32_t limit = world.core.options().in_capsule_bytes;
    second.io.send(second.io.capsule(rw(io_op::kWrite, 1, 0, 64), Bytes(limit + 512)));
    EXPECT_EQ(second.io.termination(), (PduError{Fes::LimitExceeded, 4}));
    Victim third(world);
    Sqe offset = rw(io_op::kWrite, 1, 0, 1);
    offset.flags = kPsdtSgl;
    offset.sgl.type = Sgl::kInCapsule;
    offset.sgl.length = 512;
    offset.sgl.address = 4;
    third.io.send(third.io.exact(offset, Bytes(512)));
    EXPECT_EQ(third.io.termination(), (PduError{Fes::UnsupportedParameter, 32}));
    Victim fourth(world);
    fourth.io.send(fourth.io.capsule(rw(io_op::kRead, 1, 0, 1), Bytes(512)));
    EXPECT_EQ(fourth.io.statuses(), std::vector<Status>{st::kInvalidField});
    fourth.io.send(fourth.io.exact(
        [] {
            Sqe sqe = RawPeer::with_transport(rw(io_op::kWrite, 2, 0, 1), 512);
            sqe.flags = kPsdtSgl;
            return sqe;
        }(),
        Bytes(512)));
    const auto error = fourth.io.termination();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->fes, Fes::UnsupportedParameter);
}

// Starts a 64 KiB write and hands over its R2T.
struct Transfer {
    explicit Transfer(RawPeer& io, uint16_t cid = 5) : io_(io), cid_(cid) {
        Sqe sqe = Queue::io(io_op::kWrite, 1, 0, 128);
        sqe.cid = cid;
        io.send(io.capsule(RawPeer::with_transport(sqe, 65536)));
        const auto r2t = io.r2t();
        ttag = r2t ? r2t->ttag : uint16_t{0};
        ok = r2t.has_value();
    }
    Bytes data(uint32_t offset, uint32_t length, bool last) const {
        return io_.h2c(cid_, ttag, offset, Bytes(length), last);
    }
    RawPeer& io_;
    uint16_t cid_;
    uint16_t ttag = 0;
    bool ok = false;
};

TEST_F(MalformedInput, G14_H2cData) {
    const auto fate_of = [&](const std::function<std::vector<Bytes>(Transfer&)>& make) {
        Victim victim(world);
        Transfer transfer(victim.io);
        EXPECT_TRUE(transfer.ok);
        for (const Bytes& pdu : make(transfer))
            victim.io.send(pdu);
        const auto error = victim.io.termination();
        return error ? error->fes : Fes{0};
    };
    using List = std::vector<Bytes>;
    for (const int ttag : {0, 0xFFFF, 0x0400})
        EXPECT_EQ(fate_of([&](Transfer& t) {
                      return ttag == t.ttag ? List{Bytes(1)} // never: tags start elsewhere
                                            : List{t.io_.h2c(5, static_cast<uint16_t>(ttag), 0,
                                                             Bytes(512), false)};
                  }),
                  Fes::SequenceError)
            << ttag;
    EXPECT_EQ(fate_of([](Transfer& t) { return List{t.io_.h2c(6, t.ttag, 0, Bytes(512), false)}; }),
              Fes::SequenceError);
    EXPECT_EQ(fate_of([](Transfer& t) { // after completion
                  return List{t.data(0, 65536, true), t.data(0, 65536, true)};
              }),
              Fes::SequenceError);
    const auto out_of_range = [&](std::vector<std::pair<uint32_t, uint32_t>> pieces) {
        return fate_of([&](Transfer& t) {
            List list;
            for (const auto& [offset, length] : pieces)
                list.push_back(t.data(offset, length, false));
            return list;
        });
    };
    EXPECT_EQ(out_of_range({{0, 4096}, {0, 4096}}), Fes::OutOfRange);    // backwards
    EXPECT_EQ(out_of_range({{0, 4096}, {2048, 4096}}), Fes::OutOfRange); // overlapping
    EXPECT_EQ(out_of_range({{4096, 4096}}), Fes::OutOfRange);            // skipping
    EXPECT_EQ(out_of_range({{0xFFFFFE00u, 1024}}), Fes::OutOfRange);     // wraps
    EXPECT_EQ(out_of_range({{0, 65536 + 512}}), Fes::OutOfRange);        // too long
    EXPECT_EQ(fate_of([&](Transfer& t) {
                  return List{t.data(0, world.core.options().max_h2c_data_bytes + 512, false)};
              }),
              Fes::LimitExceeded);
    EXPECT_EQ(fate_of([](Transfer& t) { // the header's length is not the PDU's
                  Bytes pdu = t.data(0, 4096, false);
                  const uint32_t other = 4092;
                  std::memcpy(pdu.data() + 16, &other, 4);
                  return List{pdu};
              }),
              Fes::InvalidHeaderField);
    EXPECT_EQ(fate_of([](Transfer& t) { return List{t.data(0, 65536, false)}; }), // LAST missing
              Fes::InvalidHeaderField);
    EXPECT_EQ(fate_of([](Transfer& t) { return List{t.data(0, 4096, true)}; }), // LAST early
              Fes::InvalidHeaderField);
    EXPECT_EQ(fate_of([](Transfer& t) { // no data at all
                  return List{with_plen(t.data(0, 512, false), 24)};
              }),
              Fes::InvalidHeaderField);
    // For a command that has its data, and for a read.
    for (const uint8_t op : {io_op::kRead, io_op::kWrite}) {
        Victim victim(world);
        world.hold_io = true;
        const Bytes data = op == io_op::kWrite ? Bytes(512) : Bytes();
        Sqe sqe = rw(op, 9, 0, 1);
        if (op == io_op::kRead)
            sqe = RawPeer::with_transport(sqe, 512);
        victim.io.send(victim.io.capsule(sqe, data));
        for (uint16_t ttag = 0; ttag < 3; ++ttag) {
            victim.io.send(
                victim.io.h2c(9, static_cast<uint16_t>(1024 * ttag + 31), 0, Bytes(512), true));
            if (victim.io.ended())
                break;
        }
        EXPECT_TRUE(victim.io.ended());
        world.hold_io = false;
        world.settle();
    }
    // After an abort it is what the host had sent before it knew: swallowed, exactly once.
    Victim victim(world);
    Transfer transfer(victim.io);
    Sqe abort = sqe_of(admin_op::kAbort, 1);
    abort.cdw10 = 1u | 5u << 16;
    victim.admin.send(victim.admin.capsule(abort));
    const auto answer = victim.admin.completions();
    ASSERT_EQ(answer.size(), 1u);
    EXPECT_EQ(answer[0].dw0 & 1, 0u);
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kAborted});
    victim.io.send(transfer.data(0, 65536, true));
    EXPECT_FALSE(victim.io.ended());
    EXPECT_TRUE(victim.host.io->write(1, 0, Bytes(512)).ok());
    victim.io.send(transfer.data(0, 65536, true));
    EXPECT_TRUE(victim.io.ended());
}

TEST_F(MalformedInput, G15_R2tIsNeverAnswered) {
    Connected host(world, kHostA, 5000);
    ASSERT_TRUE(host.ok);
    RawPeer io(world, host.io->session);
    Transfer transfer(io);
    ASSERT_TRUE(transfer.ok);
    // The other commands of the queue are not held up, and keep-alive still rules.
    Bytes block(512);
    EXPECT_TRUE(host.io->read(1, 0, block).ok());
    world.now += 7s;
    world.core.tick(world.now);
    world.settle();
    EXPECT_TRUE(world.is_closed(host.io->session));
    EXPECT_EQ(world.core.counters().keep_alive_expired, 1u);
}

TEST_F(MalformedInput, G16_TooManyCommandsAndDoubleIds) {
    Victim victim(world);
    world.hold_io = true;
    const Sqe read = RawPeer::with_transport(rw(io_op::kRead, 7, 0, 1), 512);
    victim.io.send(victim.io.capsule(read));
    victim.io.send(victim.io.capsule(read));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kCidConflict});
    for (uint16_t cid = 100; cid < 131; ++cid)
        victim.io.send(
            victim.io.capsule(RawPeer::with_transport(rw(io_op::kRead, cid, 0, 1), 512)));
    EXPECT_FALSE(victim.io.ended());
    victim.io.send(victim.io.capsule(RawPeer::with_transport(rw(io_op::kRead, 200, 0, 1), 512)));
    EXPECT_EQ(victim.io.termination(), (PduError{Fes::LimitExceeded, 0}));
    EXPECT_FALSE(victim.admin.ended());
}

TEST_F(MalformedInput, G17_TerminationRequests) {
    for (const uint32_t plen : {23u, 153u, 0xFFFFFFFFu}) {
        Bytes term = with_plen(encode_term(PduType::H2cTermReq, {}, {}), plen);
        EXPECT_EQ(fate(term), (PduError{Fes::InvalidHeaderField, 4}));
    }
    for (const uint16_t fes : std::initializer_list<uint16_t>{0, 7, 0xFFFF}) {
        RawPeer peer(world);
        ASSERT_TRUE(peer.initialize());
        const Bytes term =
            encode_term(PduType::H2cTermReq, PduError{static_cast<Fes>(fes), 0}, Bytes(128));
        for (int i = 0; i < 3; ++i)
            peer.send(term);
        EXPECT_TRUE(peer.received().empty()); // no answer to a termination, so no loop
        EXPECT_TRUE(peer.ended());
    }
}

TEST_F(MalformedInput, G18_HalfClosedDrippingAndDeafPeers) {
    // One byte at a time.
    Victim victim(world);
    for (const std::byte b : victim.io.capsule(sqe_of(io_op::kFlush, 1, 1)))
        victim.io.send(ByteSpan(&b, 1));
    EXPECT_EQ(victim.io.statuses(), std::vector<Status>{st::kOk});
    // Gone in the middle of a PDU.
    const Bytes write = victim.io.capsule(rw(io_op::kWrite, 2, 0, 1), Bytes(512));
    victim.io.send(ByteSpan(write).first(200));
    world.core.on_closed(victim.io.session, world.now);
    world.settle();
    EXPECT_EQ(world.core.io_in_flight(), 0u);
    // A peer that asks for more than it takes is not read from.
    Victim deaf(world);
    size_t asked = 0;
    for (uint16_t cid = 0; cid < 31; ++cid, ++asked) {
        if (!world.core.want_read(deaf.io.session))
            break;
        world.core.on_bytes(
            deaf.io.session,
            deaf.io.capsule(RawPeer::with_transport(rw(io_op::kRead, cid, 0, 2048), 1 << 20)),
            world.now);
        world.settle();
    }
    EXPECT_EQ(asked, 31u); // the queue is full; most of them wait for memory
    Output held;
    world.core.take_output(deaf.io.session, held);
    EXPECT_LE(held.size(), world.core.options().queue_memory_bytes);
    EXPECT_GE(held.size(), world.core.options().queue_memory_bytes / 2);
    // Connections that never say who they are: a bounded number, for a bounded time.
    const uint16_t limit = world.core.options().max_half_open;
    std::vector<target::SessionId> idle;
    for (int i = 0; i < 1000; ++i) {
        target::ListenerInfo from;
        from.peer = "10.9." + std::to_string(i % 100) + ".1";
        if (const auto id = world.core.open(from, world.now))
            idle.push_back(*id);
        world.settle();
    }
    size_t open = 0;
    for (const auto id : idle)
        open += world.is_closed(id) ? 0 : 1;
    EXPECT_LE(open, limit);
    EXPECT_GE(open, size_t{limit} / 2);
    world.now += world.core.options().connect_timeout;
    world.core.tick(world.now);
    world.settle();
    for (const auto id : idle) {
        EXPECT_TRUE(world.is_closed(id));
        world.core.on_closed(id, world.now);
    }
}

TEST_F(MalformedInput, G19_AnySegmentation) {
    may_write = true;
    Victim victim(world, {true, true});
    const Bytes block = pattern(512, 9);
    Bytes stream;
    const auto add = [&](const Bytes& pdu) { stream.insert(stream.end(), pdu.begin(), pdu.end()); };
    add(victim.io.capsule(rw(io_op::kWrite, 1, 8, 1), block));
    add(victim.io.capsule(RawPeer::with_transport(rw(io_op::kRead, 2, 8, 1), 512)));
    for (size_t cut = 1; cut < stream.size(); ++cut) {
        victim.io.send(ByteSpan(stream).first(cut));
        victim.io.send(ByteSpan(stream).subspan(cut));
        size_t answers = 0;
        for (const Bytes& pdu : victim.io.received())
            answers += RawPeer::type(pdu) == PduType::CapsuleResp ? 1 : 0;
        ASSERT_EQ(answers, 2u) << cut;
    }
    // Several hundred PDUs at once.
    Connected wide(world, kHostA);
    Queue queue(world, 1024);
    Sqe connect = queue.connect_sqe(2, 0, 0);
    connect.cdw11 = 1023;
    ConnectData data;
    data.hostid[0] = '1';
    data.cntlid = wide.cntlid;
    put_text(data.subnqn, kSubsystem, '\0');
    put_text(data.hostnqn, kHostA, '\0');
    ASSERT_TRUE(queue.run(connect, struct_bytes(data))->status.ok());
    Bytes into(512);
    for (int i = 0; i < 1000; ++i)
        queue.core.submit(Queue::io(io_op::kRead, 1, 8, 1), {}, into, 1);
    queue.exchange();
    EXPECT_EQ(queue.completions.size(), 1000u);
    EXPECT_EQ(into, block);
}

} // namespace
} // namespace pf::nvme::test
