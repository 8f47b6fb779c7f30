// DH-HMAC-CHAP: both ends against each other, a host that must authenticate, and group 24 of the
// malformed inputs.
#include "backend/nvme/auth_crypto.hpp"
#include "base/crypto.hpp"
#include "tests/unit/nvme/raw_peer.hpp"

#include <random>

namespace pf::nvme::test {
namespace {

DhchapSecret secret_of(uint8_t seed, DhchapHash transform = DhchapHash::Sha256) {
    DhchapSecret s;
    s.transform = transform;
    s.key.assign(hash_bytes(transform), static_cast<std::byte>(seed));
    return s;
}

const AuthNames kNames{kHostA, kSubsystem};

TEST(AuthSecret, TextFormBothWays) {
    for (const DhchapHash hash :
         {DhchapHash::None, DhchapHash::Sha256, DhchapHash::Sha384, DhchapHash::Sha512}) {
        const DhchapSecret s = secret_of(7, hash);
        const std::string text = format_dhchap_secret(s);
        const auto back = parse_dhchap_secret(text);
        ASSERT_TRUE(back) << text;
        EXPECT_EQ(back->key, s.key);
        EXPECT_EQ(back->transform, hash);
        std::string damaged = text;
        damaged[12] = damaged[12] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(parse_dhchap_secret(damaged));
    }
    for (const char* bad : {"", "DHHC-1:", "DHHC-1:00:", "DHHC-1:04:AAAA:", "DHHC-2:00:AAAA:",
                            "DHHC-1:00:AAAA:", "DHHC-1:00:????:"})
        EXPECT_FALSE(parse_dhchap_secret(bad)) << bad;
    // As nvme gen-dhchap-key writes it.
    const auto known =
        parse_dhchap_secret("DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:");
    ASSERT_TRUE(known);
    EXPECT_EQ(known->key.size(), 32u);
}

TEST(Auth, EveryHashAndGroup) {
    for (const DhchapHash hash : {DhchapHash::Sha256, DhchapHash::Sha384, DhchapHash::Sha512}) {
        for (const DhGroup group : {DhGroup::Null, DhGroup::F2048, DhGroup::F3072}) {
            for (const bool both : {false, true}) {
                const std::optional<DhchapSecret> controller =
                    both ? std::optional(secret_of(2)) : std::nullopt;
                AuthTarget target(kNames, secret_of(1, hash), controller);
                AuthHost host(kNames, secret_of(1, hash), controller);
                host.offer({hash}, {group});
                target.on_send(host.negotiate());
                const auto challenge = target.on_receive();
                ASSERT_TRUE(challenge);
                const auto reply = host.on_challenge(*challenge);
                ASSERT_TRUE(reply) << reply.error().what;
                target.on_send(*reply);
                const auto success = target.on_receive();
                ASSERT_TRUE(success);
                const auto last = host.on_success1(*success);
                ASSERT_TRUE(last) << last.error().what;
                EXPECT_EQ(last->empty(), !both);
                if (both) {
                    EXPECT_FALSE(target.done());
                    target.on_send(*last);
                }
                EXPECT_TRUE(target.done());
            }
        }
    }
}

TEST(Auth, WrongKeysAreFound) {
    AuthTarget target(kNames, secret_of(1), secret_of(2));
    AuthHost host(kNames, secret_of(9), std::nullopt);
    target.on_send(host.negotiate());
    target.on_send(*host.on_challenge(*target.on_receive()));
    const auto result = target.on_receive();
    ASSERT_TRUE(result);
    EXPECT_TRUE(target.failed());
    const auto judged = host.on_success1(*result);
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, Errc::AuthFailed);
    // A controller with another key than the host knows.
    AuthTarget impostor(kNames, secret_of(1), secret_of(3));
    AuthHost careful(kNames, secret_of(1), secret_of(2));
    impostor.on_send(careful.negotiate());
    impostor.on_send(*careful.on_challenge(*impostor.on_receive()));
    const auto doubt = careful.on_success1(*impostor.on_receive());
    ASSERT_FALSE(doubt);
    EXPECT_EQ(doubt.error().code, Errc::AuthFailed);
    EXPECT_FALSE(impostor.done());
    // One that has none at all cannot answer either.
    AuthTarget silent(kNames, secret_of(1), std::nullopt);
    AuthHost asking(kNames, secret_of(1), secret_of(2));
    silent.on_send(asking.negotiate());
    silent.on_send(*asking.on_challenge(*silent.on_receive()));
    EXPECT_FALSE(asking.on_success1(*silent.on_receive()));
}

// A controller that answers with something weaker than what was offered would get a response that
// can be attacked at leisure.
TEST(Auth, AControllerMayNotChooseWhatWasNotOffered) {
    for (const bool weak_group : {true, false}) {
        AuthTarget rogue(kNames, secret_of(1), std::nullopt);
        AuthHost generous(kNames, secret_of(1), std::nullopt);
        AuthHost strict(kNames, secret_of(1), std::nullopt);
        if (weak_group) {
            generous.offer({DhchapHash::Sha384}, {DhGroup::Null});
            strict.offer({DhchapHash::Sha384}, {DhGroup::F2048});
        } else {
            generous.offer({DhchapHash::Sha256}, {DhGroup::F2048});
            strict.offer({DhchapHash::Sha512}, {DhGroup::F2048});
        }
        rogue.on_send(generous.negotiate());
        auto challenge = rogue.on_receive();
        ASSERT_TRUE(challenge);
        // The transaction is that of the strict host's own negotiation.
        const Bytes own = strict.negotiate();
        std::copy_n(own.begin() + 4, 2, challenge->begin() + 4);
        const auto reply = strict.on_challenge(*challenge);
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, Errc::AuthFailed) << reply.error().what;
    }
}

class AuthQueue : public MalformedInput {
  protected:
    AuthQueue() {
        auto view = World::default_view();
        view.hosts[0].dhchap_secret = Secret(format_dhchap_secret(secret_of(1)));
        view.hosts[0].dhchap_ctrl_secret = Secret(format_dhchap_secret(secret_of(2)));
        world.set_view(view);
    }
    static Sqe auth(uint8_t type, uint32_t length) {
        Sqe sqe;
        sqe.opcode = admin_op::kFabrics;
        sqe.nsid = type;
        sqe.cdw10 = 0xE9010100u;
        sqe.cdw11 = length;
        return sqe;
    }
    static Status send(Queue& q, const Bytes& message) {
        const auto done =
            q.run(auth(fctype::kAuthSend, static_cast<uint32_t>(message.size())), message);
        return done ? done->status : st::kInternal;
    }
    static Status receive(Queue& q, Bytes& message, uint32_t length = 4096) {
        message.assign(length, std::byte{0});
        const auto done = q.run(auth(fctype::kAuthReceive, length), {}, message);
        return done ? done->status : st::kInternal;
    }
    bool authenticate(Queue& q, uint8_t key) {
        AuthHost host(kNames, secret_of(key), secret_of(2));
        Bytes message;
        if (!send(q, host.negotiate()).ok() || !receive(q, message).ok())
            return false;
        const auto reply = host.on_challenge(message);
        if (!reply || !send(q, *reply).ok() || !receive(q, message).ok())
            return false;
        const auto last = host.on_success1(message);
        return last && send(q, *last).ok();
    }
};

TEST_F(AuthQueue, NothingWorksBeforeAuthenticationAndAllAfter) {
    Queue admin(world);
    const auto connected = admin.connect(0, kDynamicCntlid);
    ASSERT_TRUE(connected && connected->status.ok());
    EXPECT_EQ(connected->cqe.dw0 >> 17 & 1, 1u);
    const auto cntlid = static_cast<uint16_t>(connected->cqe.dw0);
    Bytes page;
    EXPECT_EQ(admin.identify(Cns::Controller, 0, page), st::kAuthRequired);
    EXPECT_EQ(admin.set_cc(cc::kDefault | cc::kEnable)->status, st::kAuthRequired);
    Queue early(world);
    EXPECT_EQ(early.connect(1, cntlid)->status, st::kConnectInvalid);
    ASSERT_TRUE(authenticate(admin, 1));
    ASSERT_TRUE(admin.set_cc(cc::kDefault | cc::kEnable)->status.ok());
    EXPECT_TRUE(admin.identify(Cns::Controller, 0, page).ok());
    // Each queue for itself.
    Queue io(world);
    const auto queue = io.connect(1, cntlid);
    ASSERT_TRUE(queue && queue->status.ok());
    EXPECT_EQ(queue->cqe.dw0 >> 17 & 1, 1u);
    Bytes block(512);
    EXPECT_EQ(io.read(1, 0, block), st::kAuthRequired);
    ASSERT_TRUE(authenticate(io, 1));
    EXPECT_TRUE(io.read(1, 0, block).ok());
    // The other host has no secret: nothing has changed for it.
    EXPECT_TRUE(witness->io->read(2, 0, block).ok());
}

// Whoever knows the host's name and identifier can connect a queue to its controller.
TEST_F(AuthQueue, FusedPairsNeedAuthenticationToo) {
    Queue admin(world);
    const auto cntlid = static_cast<uint16_t>(admin.connect(0, kDynamicCntlid)->cqe.dw0);
    ASSERT_TRUE(authenticate(admin, 1));
    admin.set_cc(cc::kDefault | cc::kEnable);
    Queue io(world);
    ASSERT_TRUE(io.connect(1, cntlid)->status.ok());
    const auto pair = io.compare_and_write(1, 0, Bytes(512), Bytes(512, std::byte{7}));
    EXPECT_EQ(pair.first, st::kAuthRequired);
    EXPECT_EQ(pair.second, st::kAuthRequired);
}

TEST_F(AuthQueue, UnprovenQueuesAreNoSignOfLife) {
    Queue admin(world);
    const auto cntlid =
        static_cast<uint16_t>(admin.connect(0, kDynamicCntlid, kHostA, kSubsystem, 5000)->cqe.dw0);
    ASSERT_TRUE(authenticate(admin, 1));
    admin.set_cc(cc::kDefault | cc::kEnable);
    world.now += 5s;
    Queue io(world);
    ASSERT_TRUE(io.connect(1, cntlid)->status.ok());
    Bytes block(512);
    EXPECT_EQ(io.read(1, 0, block), st::kAuthRequired);
    world.now += 1s;
    world.core.tick(world.now);
    world.settle();
    EXPECT_TRUE(world.is_closed(admin.session));
}

TEST_F(AuthQueue, WrongKeyEndsTheConnection) {
    Queue admin(world);
    ASSERT_TRUE(admin.connect(0, kDynamicCntlid)->status.ok());
    EXPECT_FALSE(authenticate(admin, 5));
    EXPECT_TRUE(world.is_closed(admin.session));
    world.core.on_closed(admin.session, world.now);
    EXPECT_EQ(world.core.controllers().size(), 1u);
}

// Whoever knows a host's name can connect in it, but not keep the host out.
TEST_F(AuthQueue, UnprovenControllersTakeNoRoomFromTheHost) {
    const size_t most = world.core.options().max_controllers_per_host;
    std::vector<std::unique_ptr<Queue>> strangers;
    for (size_t i = 0; i < most; ++i) {
        strangers.push_back(std::make_unique<Queue>(world));
        ASSERT_TRUE(strangers.back()->connect(0, kDynamicCntlid)->status.ok());
    }
    Queue admin(world);
    ASSERT_TRUE(admin.connect(0, kDynamicCntlid)->status.ok());
    EXPECT_TRUE(authenticate(admin, 1));
}

TEST_F(AuthQueue, TheOldestUnprovenControllerGivesWay) {
    target::TargetOptions options = World::default_options();
    options.cntlid_last = static_cast<uint16_t>(options.cntlid_first + 3);
    World small(options);
    auto view = World::default_view();
    view.hosts[0].dhchap_secret = Secret(format_dhchap_secret(secret_of(1)));
    small.set_view(view);
    std::vector<std::unique_ptr<Queue>> strangers;
    for (size_t i = 0; i < 4; ++i) {
        strangers.push_back(std::make_unique<Queue>(small));
        ASSERT_TRUE(strangers.back()->connect(0, kDynamicCntlid)->status.ok());
    }
    Connected other(small, kHostB); // has no secret: proven by being registered
    EXPECT_TRUE(other.ok);
    EXPECT_TRUE(small.is_closed(strangers[0]->session));
    EXPECT_FALSE(small.is_closed(strangers[1]->session));
}

TEST_F(AuthQueue, SilenceEndsTheConnection) {
    Queue admin(world);
    ASSERT_TRUE(admin.connect(0, kDynamicCntlid)->status.ok());
    world.now += world.core.options().connect_timeout;
    world.core.tick(world.now);
    world.settle();
    EXPECT_TRUE(world.is_closed(admin.session));
    EXPECT_EQ(world.core.controllers().size(), 1u);
}

TEST_F(AuthQueue, G24_MalformedMessages) {
    const auto fate = [&](const std::function<void(Bytes&)>& damage, int step) {
        AuthTarget target(kNames, secret_of(1), secret_of(2));
        AuthHost host(kNames, secret_of(1), secret_of(2));
        Bytes message = host.negotiate();
        if (step == 0)
            damage(message);
        target.on_send(message);
        auto answer = target.on_receive();
        if (step > 0) {
            message = *host.on_challenge(*answer);
            if (step == 1)
                damage(message);
            target.on_send(message);
            answer = target.on_receive();
        }
        EXPECT_TRUE(target.failed());
        EXPECT_FALSE(target.done());
        EXPECT_TRUE(answer);
        return answer ? std::to_integer<int>(answer->at(7)) : -1; // the explanation
    };
    const auto byte_at = [](size_t at, uint8_t value) {
        return [=](Bytes& m) { m.at(at) = static_cast<std::byte>(value); };
    };
    EXPECT_EQ(fate(byte_at(7, 0), 0), 6);   // no protocol
    EXPECT_EQ(fate(byte_at(7, 255), 0), 6); // more than there are
    EXPECT_EQ(fate(byte_at(6, 1), 0), 3);   // secure concatenation
    EXPECT_EQ(fate(byte_at(8, 9), 0), 2);   // another protocol
    EXPECT_EQ(fate(byte_at(10, 0), 0), 6);
    EXPECT_EQ(fate(byte_at(10, 255), 0), 6); // more hashes than fit
    EXPECT_EQ(fate(byte_at(11, 255), 0), 6);
    EXPECT_EQ(fate([](Bytes& m) { std::fill(m.begin() + 12, m.begin() + 42, std::byte{9}); }, 0),
              4);
    EXPECT_EQ(fate([](Bytes& m) { std::fill(m.begin() + 42, m.end(), std::byte{9}); }, 0), 5);
    EXPECT_EQ(fate([](Bytes& m) { m.resize(10); }, 0), 6);
    EXPECT_EQ(fate([](Bytes& m) { m.resize(2); }, 0), 6);
    EXPECT_EQ(fate(byte_at(1, 2), 0), 6);     // a reply first: its transaction is unknown
    EXPECT_EQ(fate(byte_at(6, 48), 1), 6);    // hash length
    EXPECT_EQ(fate(byte_at(11, 0xFF), 1), 6); // DH length beyond the buffer
    EXPECT_EQ(fate([](Bytes& m) { m.resize(20); }, 1), 6);
    EXPECT_EQ(fate(byte_at(4, 0x5A), 1) >= 1, true); // another transaction, or by chance the same
    EXPECT_EQ(fate([](Bytes& m) { std::fill(m.end() - 512, m.end(), std::byte{0}); }, 1), 6);
    EXPECT_EQ(fate([](Bytes& m) { m.at(16) ^= std::byte{1}; }, 1), 1); // the response
    // Out of turn and with lengths that do not fit, through a queue.
    Queue admin(world);
    ASSERT_TRUE(admin.connect(0, kDynamicCntlid)->status.ok());
    Bytes message;
    EXPECT_EQ(receive(admin, message), st::kInvalidField); // nothing is due
    for (const uint32_t length : {0u, 1u << 20, 0xFFFFFFFFu})
        EXPECT_EQ(admin.run(auth(fctype::kAuthSend, length), Bytes(64))->status, st::kInvalidField);
    Sqe other = auth(fctype::kAuthSend, 64);
    other.cdw10 = 0xE8010100u;
    EXPECT_EQ(admin.run(other, Bytes(64))->status, st::kInvalidField);
    AuthHost host(kNames, secret_of(1), std::nullopt);
    EXPECT_TRUE(send(admin, host.negotiate()).ok());
    EXPECT_EQ(receive(admin, message, 16), st::kInvalidField); // does not fit
    // Noise.
    std::mt19937 dice(5);
    for (int i = 0; i < 300; ++i) {
        AuthTarget target(kNames, secret_of(1), std::nullopt);
        AuthHost honest(kNames, secret_of(1), std::nullopt);
        honest.offer({DhchapHash::Sha256}, {DhGroup::Null});
        Bytes m = honest.negotiate();
        for (int step = 0; step < 3 && !target.failed(); ++step) {
            for (uint32_t n = dice() % 4; n > 0; --n)
                m[dice() % m.size()] = static_cast<std::byte>(dice());
            target.on_send(m);
            const auto answer = target.on_receive();
            if (!answer)
                break;
            const auto next = honest.on_challenge(*answer);
            m = next ? *next : Bytes(dice() % 200 + 1, static_cast<std::byte>(dice()));
        }
        EXPECT_FALSE(target.done() && target.failed());
    }
}

} // namespace
} // namespace pf::nvme::test
