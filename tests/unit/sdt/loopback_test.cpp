// The target's server and the host (initiator) against each other over loopback TCP.
#include "backend/nvme/auth.hpp"
#include "backend/nvme/host/host.hpp"
#include "backend/nvme/memory_device.hpp"
#include "backend/nvme/tls_psk.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/sdt/shell/server.hpp"

#include <gtest/gtest.h>

namespace pf::sdt {
namespace {

constexpr const char* kSubsystem = "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f";
constexpr const char* kHost = "nqn.2014-08.local:nvme:esxi-1";
constexpr uint64_t kDiskBytes = 16 * 1024 * 1024;

Bytes pattern(size_t bytes, uint8_t seed) {
    Bytes out(bytes);
    for (size_t i = 0; i < bytes; ++i)
        out[i] = static_cast<std::byte>((i * 13 + seed + (i >> 9)) & 0xFF);
    return out;
}

// A disk whose writes stay in the air until their fence falls or the test lets them go.
class HeldDevice final : public nvme::BlockBackend {
  public:
    HeldDevice(rt::Executor& executor, uint64_t bytes) : go(executor), size_(bytes) {}
    uint64_t size_bytes() const override { return size_; }
    rt::Task<Result<void>> read(uint64_t, MutByteSpan) override { co_return Result<void>{}; }
    rt::Task<Result<void>> write(uint64_t, ByteSpan, rt::CancelToken fence) override {
        ++writes;
        auto waiting = go.wait(rt::kNever, fence);
        auto waited = co_await std::move(waiting);
        fenced += waited ? 0 : 1;
        co_return waited;
    }
    rt::Task<Result<void>> flush() override { co_return Result<void>{}; }
    rt::Task<Result<bool>> compare_and_write(uint64_t, ByteSpan, ByteSpan,
                                             rt::CancelToken) override {
        co_return fail(Errc::Unsupported, "not here");
    }
    rt::Task<Result<void>> write_zeroes(uint64_t, uint64_t, bool, rt::CancelToken) override {
        co_return fail(Errc::Unsupported, "not here");
    }
    int writes = 0;
    int fenced = 0;
    rt::Event go;

  private:
    uint64_t size_;
};

class LoopbackTest : public ::testing::Test {
  protected:
    LoopbackTest()
        : reactor(rt::Reactor::create().value()),
          host(*reactor, nvme::HostIdentity::from_nqn(kHost)) {}

    ~LoopbackTest() override {
        for (auto& controller : controllers)
            reactor->block_on(controller->disconnect());
        stop_server();
    }

    void start_server(uint16_t port = 0, nvme::target::TargetOptions options = {}) {
        options.subsystem_nqn = kSubsystem;
        server = std::make_unique<Server>(*reactor, reactor->network(), options);
        const auto io = server->listen(rt::Endpoint{"127.0.0.1", port}, false);
        ASSERT_TRUE(io) << io.error().what;
        at = *io;
        const auto discovery = server->listen(rt::Endpoint{"127.0.0.1", 0}, true);
        ASSERT_TRUE(discovery) << discovery.error().what;
        discovery_at = *discovery;
        const auto tls = server->listen(rt::Endpoint{"127.0.0.1", 0}, false, true);
        ASSERT_TRUE(tls) << tls.error().what;
        tls_at = *tls;
        publish();
    }
    void publish() {
        nvme::target::TargetView view;
        for (const uint32_t nsid : nsids) {
            nvme::target::NamespaceConfig ns;
            ns.nsid = nsid;
            ns.nguid = nvme::volume_nguid(nsid, 1);
            ns.size_blocks = kDiskBytes / nvme::kBlockBytes;
            ns.device = nsid;
            if (reservations.contains(nsid))
                ns.reservation = reservations[nsid];
            view.namespaces.push_back(ns);
            if (!devices.contains(nsid))
                devices[nsid] = std::make_shared<nvme::RamDevice>(kDiskBytes);
        }
        nvme::target::HostConfig config;
        config.nqn = kHost;
        config.nsids = nsids;
        config.dhchap_secret = Secret(secret);
        config.dhchap_ctrl_secret = Secret(ctrl_secret);
        config.tls_psk = Secret(tls_psk);
        view.hosts.push_back(config);
        nvme::target::Portal portal;
        portal.address = "127.0.0.1";
        portal.port = at.port;
        view.portals.push_back(portal);
        view.ana_groups = {nvme::target::AnaGroup{1, ana}};
        server->set_view(std::move(view), devices);
    }
    void stop_server() {
        if (server)
            reactor->block_on(server->stop());
        server.reset();
    }

    nvme::ConnectOptions options() const {
        nvme::ConnectOptions o;
        o.address = at.host;
        o.port = at.port;
        o.subsystem_nqn = kSubsystem;
        o.io_queues = 4;
        o.reconnect_delay = std::chrono::milliseconds(20);
        return o;
    }
    nvme::HostController* connect(nvme::ConnectOptions o) {
        auto connected = reactor->block_on(host.connect(std::move(o)));
        EXPECT_TRUE(connected) << (connected ? "" : connected.error().what);
        if (!connected)
            return nullptr;
        controllers.push_back(std::move(*connected));
        return controllers.back().get();
    }
    // Runs the loop until `done` holds; false after ten seconds.
    bool wait_for(const std::function<bool()>& done) {
        const auto waiting = [](rt::Reactor& r, const std::function<bool()>& d) -> rt::Task<bool> {
            const MonoTime deadline = r.now() + std::chrono::seconds(10);
            while (!d()) {
                if (r.now() >= deadline)
                    co_return false;
                auto pause = rt::sleep_until(r, r.now() + std::chrono::milliseconds(2));
                (void)co_await std::move(pause);
            }
            co_return true;
        };
        return reactor->block_on(waiting(*reactor, done));
    }

    std::unique_ptr<rt::Reactor> reactor;
    nvme::Host host;
    std::unique_ptr<Server> server;
    DeviceMap devices;
    std::vector<uint32_t> nsids{1};
    std::map<uint32_t, std::shared_ptr<const nvme::Reservation>> reservations;
    std::string secret; // of the host, when it must authenticate
    std::string ctrl_secret;
    std::string tls_psk; // of the host, when it comes by TLS
    rt::Endpoint tls_at;
    nvme::AnaState ana = nvme::AnaState::Optimized;
    rt::Endpoint at;
    rt::Endpoint discovery_at;
    std::vector<std::unique_ptr<nvme::HostController>> controllers;
};

TEST_F(LoopbackTest, DiscoversOnBothPorts) {
    start_server();
    for (const rt::Endpoint& where : {at, discovery_at}) {
        nvme::ConnectOptions o;
        o.address = where.host;
        o.port = where.port;
        const auto log = reactor->block_on(host.discover(o));
        ASSERT_TRUE(log) << log.error().what;
        ASSERT_EQ(log->records.size(), 1u);
        EXPECT_EQ(log->records[0].subsystem_nqn, kSubsystem);
        EXPECT_EQ(log->records[0].address, "127.0.0.1");
        EXPECT_EQ(log->records[0].port, at.port);
    }
}

TEST_F(LoopbackTest, EveryCommandWithEveryDigestChoice) {
    start_server();
    for (const nvme::DigestMode digests : {nvme::DigestMode{}, nvme::DigestMode{true, true}}) {
        auto o = options();
        o.digests = digests;
        o.sq_flow_control = digests.header;
        auto* c = connect(o);
        ASSERT_NE(c, nullptr);
        EXPECT_EQ(c->io_queues(), 4);
        EXPECT_TRUE(c->fused_supported());
        const auto namespaces = reactor->block_on(c->namespaces());
        ASSERT_TRUE(namespaces) << namespaces.error().what;
        ASSERT_EQ(namespaces->size(), 1u);
        EXPECT_EQ(namespaces->front().size_bytes, kDiskBytes);
        // Longer than one transfer: it is split.
        const Bytes data = pattern(3 * 1024 * 1024 + 512, 1);
        const auto written = reactor->block_on(c->write(1, 512, data));
        ASSERT_TRUE(written) << written.error().what;
        Bytes back(data.size());
        ASSERT_TRUE(reactor->block_on(c->read(1, 512, back)));
        EXPECT_EQ(back, data);
        EXPECT_TRUE(reactor->block_on(c->compare(1, 512, data)).value());
        Bytes other = data;
        other[data.size() - 1] ^= std::byte{1};
        EXPECT_FALSE(reactor->block_on(c->compare(1, 512, other)).value());
        EXPECT_TRUE(reactor->block_on(c->flush(1)));
        EXPECT_TRUE(reactor->block_on(c->write_zeroes(1, 0, kDiskBytes)));
        const Bytes zero(512);
        const Bytes one(512, std::byte{1});
        EXPECT_TRUE(reactor->block_on(c->compare_and_write(1, 0, zero, one)).value());
        EXPECT_FALSE(reactor->block_on(c->compare_and_write(1, 0, zero, one)).value());
        EXPECT_TRUE(reactor->block_on(c->deallocate(1, 0, kDiskBytes)));
        const auto ana_log = reactor->block_on(c->ana_log());
        ASSERT_TRUE(ana_log) << ana_log.error().what;
        ASSERT_EQ(ana_log->size(), 1u);
        EXPECT_EQ(ana_log->front().state, nvme::AnaState::Optimized);
        EXPECT_EQ(ana_log->front().nsids, std::vector<uint32_t>{1});
        reactor->block_on(c->disconnect());
    }
    EXPECT_TRUE(wait_for([&] { return server->target().controllers().empty(); }));
}

TEST_F(LoopbackTest, AuthenticatesBothWays) {
    const auto make = [](uint8_t seed) {
        nvme::DhchapSecret s;
        s.transform = nvme::DhchapHash::Sha256;
        s.key.assign(32, static_cast<std::byte>(seed));
        return nvme::format_dhchap_secret(s);
    };
    secret = make(1);
    ctrl_secret = make(2);
    start_server();
    auto o = options();
    o.io_queues = 2;
    const auto code = [&] {
        const auto connected = reactor->block_on(host.connect(o));
        return connected ? Errc::Internal : connected.error().code;
    };
    EXPECT_EQ(code(), Errc::AuthFailed); // no secret
    o.dhchap_secret = make(9);
    EXPECT_EQ(code(), Errc::AuthFailed); // a wrong one
    o.dhchap_secret = secret;
    o.dhchap_ctrl_secret = make(9);
    EXPECT_EQ(code(), Errc::AuthFailed); // the controller is not the one we mean
    o.dhchap_ctrl_secret = ctrl_secret;
    nvme::HostController* c = connect(o);
    ASSERT_TRUE(c);
    const Bytes data = pattern(4096, 1);
    Bytes back(4096);
    ASSERT_TRUE(reactor->block_on(c->write(1, 0, data)));
    ASSERT_TRUE(reactor->block_on(c->read(1, 0, back)));
    EXPECT_EQ(back, data);
}

// The host of a write that is on its way is preempted from one namespace: its write there is
// fenced, its write to another one goes on, and so does what it writes later.
TEST_F(LoopbackTest, PreemptionFencesOneNamespace) {
    nsids = {1, 2};
    std::shared_ptr<HeldDevice> disks[2];
    for (uint32_t i = 0; i < 2; ++i) {
        disks[i] = std::make_shared<HeldDevice>(*reactor, kDiskBytes);
        devices[i + 1] = disks[i];
    }
    start_server();
    auto* c = connect(options());
    ASSERT_NE(c, nullptr);
    const Bytes data = pattern(4096, 1);
    std::optional<Result<void>> done[2];
    rt::Gate gate(*reactor);
    const auto write = [&](uint32_t nsid, std::optional<Result<void>>& into) -> rt::Task<void> {
        auto writing = c->write(nsid, 0, data);
        into = co_await std::move(writing);
    };
    gate.spawn(write(1, done[0]));
    gate.spawn(write(2, done[1]));
    ASSERT_TRUE(wait_for([&] { return disks[0]->writes == 1 && disks[1]->writes == 1; }));
    nvme::Reservation preempted;
    preempted.type = nvme::ReservationType::WriteExclusive;
    preempted.last_serial = 1;
    preempted.notices.push_back(
        {1, nvme::NoticeKind::RegistrationPreempted, host.identity().id, true});
    reservations[1] = std::make_shared<nvme::Reservation>(preempted);
    publish();
    ASSERT_TRUE(wait_for([&] { return done[0].has_value(); }));
    EXPECT_EQ(disks[0]->fenced, 1);
    EXPECT_FALSE(*done[0]);
    EXPECT_FALSE(done[1]);
    disks[1]->go.set();
    ASSERT_TRUE(wait_for([&] { return done[1].has_value(); }));
    EXPECT_TRUE(*done[1]);
    EXPECT_EQ(disks[1]->fenced, 0);
    // The fence was for what was under way.
    disks[0]->go.set();
    reservations[1] = std::make_shared<nvme::Reservation>();
    publish();
    EXPECT_TRUE(reactor->block_on(c->write(1, 0, data)));
    reactor->block_on(gate.close());
}

std::string tls_key(uint8_t seed, nvme::PskHash hash = nvme::PskHash::Sha256, bool retain = true) {
    nvme::TlsPskSecret secret;
    secret.retain = retain;
    secret.hash = hash;
    secret.key.assign(hash == nvme::PskHash::Sha384 ? 48 : 32, static_cast<std::byte>(seed));
    return nvme::format_tls_psk(secret);
}

TEST_F(LoopbackTest, TlsCarriesEverySizeAndDigestChoice) {
    const nvme::DigestMode digest_modes[] = {nvme::DigestMode{}, nvme::DigestMode{true, true}};
    for (const nvme::PskHash hash : {nvme::PskHash::Sha256, nvme::PskHash::Sha384}) {
        for (const nvme::DigestMode digests : digest_modes) {
            tls_psk = tls_key(1, hash, !digests.header);
            start_server();
            auto o = options();
            o.port = tls_at.port;
            o.tls_psk = tls_psk;
            o.tls_identity_version = digests.header ? 0 : 1;
            o.digests = digests;
            auto* c = connect(o);
            ASSERT_NE(c, nullptr);
            const Bytes data = pattern(3 * 1024 * 1024 + 512, 1);
            const auto written = reactor->block_on(c->write(1, 512, data));
            ASSERT_TRUE(written) << written.error().what;
            Bytes back(data.size());
            ASSERT_TRUE(reactor->block_on(c->read(1, 512, back)));
            EXPECT_TRUE(back == data);
            o.subsystem_nqn.clear();
            const auto log = reactor->block_on(host.discover(o));
            ASSERT_TRUE(log) << log.error().what;
            reactor->block_on(c->disconnect());
            controllers.clear();
            stop_server();
        }
    }
}

TEST_F(LoopbackTest, TlsRefusesWhoDoesNotKnowTheKey) {
    tls_psk = tls_key(1);
    start_server();
    auto o = options();
    o.reconnect = false;
    const auto code = [&](nvme::Host& who) {
        const auto connected = reactor->block_on(who.connect(o));
        return connected ? Errc::Internal : connected.error().code;
    };
    EXPECT_EQ(code(host), Errc::AuthFailed) << "the host has a key: not by plain TCP";
    o.port = tls_at.port;
    o.connect_timeout = std::chrono::milliseconds(2000);
    EXPECT_NE(code(host), Errc::Internal) << "plain NVMe/TCP on a TLS listener";
    o.tls_psk = tls_key(2);
    EXPECT_EQ(code(host), Errc::AuthFailed) << "another key";
    o.tls_psk = tls_key(1, nvme::PskHash::Sha384);
    EXPECT_EQ(code(host), Errc::AuthFailed) << "another hash";
    o.tls_psk = tls_psk;
    nvme::Host stranger(*reactor, nvme::HostIdentity::from_nqn("nqn.2014-08.local:stranger"));
    EXPECT_EQ(code(stranger), Errc::AuthFailed) << "the key of another host";
    o.subsystem_nqn = "nqn.2014-08.org.nvmexpress:nobody";
    EXPECT_NE(code(host), Errc::Internal) << "the key for another subsystem";
    o.subsystem_nqn = kSubsystem;
    ASSERT_NE(connect(o), nullptr);
    // The other way round: TLS where plain NVMe/TCP is spoken.
    o.port = at.port;
    EXPECT_NE(code(host), Errc::Internal);
    EXPECT_TRUE(wait_for([&] { return server->target().controllers().size() == 1; }));
}

// Half-open handshakes are connections without a controller: so many of one peer, and not for long.
TEST_F(LoopbackTest, TlsHandshakesThatDoNotEndAreEnded) {
    tls_psk = tls_key(1);
    nvme::target::TargetOptions limits;
    limits.max_half_open_per_peer = 3;
    limits.connect_timeout = std::chrono::milliseconds(100);
    start_server(0, limits);
    const auto dial = [](rt::Reactor& r, rt::Endpoint to,
                         std::unique_ptr<rt::Stream>& out) -> rt::Task<void> {
        auto connecting = r.network().connect(std::move(to), r.now() + std::chrono::seconds(5));
        auto stream = co_await std::move(connecting);
        if (stream)
            out = std::move(*stream);
    };
    const auto ended = [](rt::Reactor& r, rt::Stream& stream) -> rt::Task<bool> {
        Bytes some(64);
        auto n = co_await stream.read_some(some, r.now() + std::chrono::seconds(5));
        co_return !n ? n.error().code == Errc::Unreachable : *n == 0;
    };
    std::unique_ptr<rt::Stream> silent[4];
    for (auto& stream : silent) {
        reactor->block_on(dial(*reactor, tls_at, stream));
        ASSERT_TRUE(stream);
    }
    EXPECT_TRUE(reactor->block_on(ended(*reactor, *silent[3]))) << "one too many";
    EXPECT_TRUE(reactor->block_on(ended(*reactor, *silent[0]))) << "too slow";
    for (auto& stream : silent)
        stream->close();
    // A stop does not wait for one either.
    reactor->block_on(dial(*reactor, tls_at, silent[0]));
    ASSERT_TRUE(wait_for([&] { return server->target().counters().sessions_opened >= 4; }));
    const MonoTime before = reactor->now();
    stop_server();
    EXPECT_LT(reactor->now() - before, std::chrono::seconds(5));
    silent[0]->close();
}

// Keeps writes until the test lets them go, or until they are fenced when it heeds that; then their
// outcome is unknown.
class StuckDevice final : public nvme::BlockBackend {
  public:
    StuckDevice(rt::Executor& executor, bool heeds_fence)
        : held(executor), heeds_fence_(heeds_fence) {}
    uint64_t size_bytes() const override { return kDiskBytes; }
    rt::Task<Result<void>> read(uint64_t, MutByteSpan) override { co_return Result<void>{}; }
    rt::Task<Result<void>> write(uint64_t, ByteSpan, rt::CancelToken fence) override {
        ++writes;
        auto waiting = held.wait(rt::kNever, heeds_fence_ ? fence : rt::CancelToken());
        (void)co_await std::move(waiting);
        co_return fail(Errc::OutcomeUnknown, "no answer");
    }
    rt::Task<Result<void>> flush() override { co_return Result<void>{}; }
    rt::Task<Result<bool>> compare_and_write(uint64_t, ByteSpan, ByteSpan,
                                             rt::CancelToken) override {
        co_return false;
    }
    rt::Task<Result<void>> write_zeroes(uint64_t, uint64_t, bool, rt::CancelToken) override {
        co_return Result<void>{};
    }
    rt::Event held;
    int writes = 0;

  private:
    bool heeds_fence_;
};

// What became of a write is not known when its controller is lost: the host may come back only
// after somebody has made sure that it can land no more.
TEST_F(LoopbackTest, ALostWriteIsEndedBeforeItsHostComesBack) {
    const auto disk = std::make_shared<StuckDevice>(*reactor, true);
    devices[1] = disk;
    start_server();
    int asked = 0;
    rt::Event fenced(*reactor);
    server->on_lost_write([&](uint64_t device) -> rt::Task<Result<void>> {
        EXPECT_EQ(device, 1u);
        ++asked;
        auto waiting = fenced.wait(rt::kNever);
        co_return co_await std::move(waiting);
    });
    auto o = options();
    o.reconnect = false;
    auto* c = connect(o);
    ASSERT_NE(c, nullptr);
    const Bytes data = pattern(4096, 1);
    rt::Gate gate(*reactor);
    int lost = 0;
    const auto write = [&](uint64_t offset) -> rt::Task<void> {
        auto writing = c->write(1, offset, data);
        auto written = co_await std::move(writing);
        lost += written ? 0 : 1;
    };
    gate.spawn(write(0));
    gate.spawn(write(8192));
    ASSERT_TRUE(wait_for([&] { return disk->writes == 2; }));
    reactor->block_on(c->disconnect());
    ASSERT_TRUE(wait_for([&] { return lost == 2 && asked > 0; }));
    const auto again = reactor->block_on(host.connect(o));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::NotReady) << again.error().what;
    EXPECT_EQ(asked, 1) << "one call for all of them";
    fenced.set();
    ASSERT_TRUE(wait_for([&] { return server->target().io_in_flight() == 0; }));
    EXPECT_NE(connect(o), nullptr);
    reactor->block_on(gate.close());
}

// A data server that has a write and does not answer: its host may be repeating it elsewhere long
// before anybody gives up waiting.
TEST_F(LoopbackTest, ASlowWriteOfALostControllerIsFencedSoon) {
    const auto disk = std::make_shared<StuckDevice>(*reactor, false);
    devices[1] = disk;
    start_server();
    int asked = 0;
    server->on_lost_write([&](uint64_t device) -> rt::Task<Result<void>> {
        EXPECT_EQ(device, 1u);
        ++asked;
        co_return Result<void>{};
    });
    auto o = options();
    o.reconnect = false;
    auto* c = connect(o);
    ASSERT_NE(c, nullptr);
    const Bytes data = pattern(4096, 1);
    rt::Gate gate(*reactor);
    const auto write = [&]() -> rt::Task<void> {
        auto writing = c->write(1, 0, data);
        (void)co_await std::move(writing);
    };
    gate.spawn(write());
    ASSERT_TRUE(wait_for([&] { return disk->writes == 1; }));
    reactor->block_on(c->disconnect());
    EXPECT_TRUE(wait_for([&] { return asked == 1; })) << "the device has not answered";
    EXPECT_EQ(server->target().io_in_flight(), 1u);
    disk->held.set();
    EXPECT_TRUE(wait_for([&] { return server->target().io_in_flight() == 0; }));
    EXPECT_EQ(asked, 1) << "what it answers is of no concern any more";
    EXPECT_NE(connect(o), nullptr);
    reactor->block_on(gate.close());
}

TEST_F(LoopbackTest, ManyCommandsAtOnce) {
    start_server();
    auto o = options();
    o.io_queues = 2;
    o.io_queue_entries = 8; // 14 commands fit; the rest waits its turn
    auto* c = connect(o);
    ASSERT_NE(c, nullptr);
    constexpr size_t kCommands = 200;
    std::vector<Bytes> data;
    for (size_t i = 0; i < kCommands; ++i)
        data.push_back(pattern(i % 7 == 0 ? 65536 : 4096, static_cast<uint8_t>(i)));
    size_t finished = 0;
    size_t good = 0;
    rt::Gate gate(*reactor);
    const auto one = [&](size_t i) -> rt::Task<void> {
        const uint64_t offset = i * 65536;
        auto writing = c->write(1, offset, data[i]);
        auto written = co_await std::move(writing);
        Bytes back(data[i].size());
        auto reading = c->read(1, offset, back);
        auto read = co_await std::move(reading);
        good += written && read && back == data[i] ? 1 : 0;
        ++finished;
    };
    for (size_t i = 0; i < kCommands; ++i)
        gate.spawn(one(i));
    EXPECT_TRUE(wait_for([&] { return finished == kCommands; }));
    EXPECT_EQ(good, kCommands);
    reactor->block_on(gate.close());
}

TEST_F(LoopbackTest, RefusalsAreTyped) {
    start_server();
    nvme::Host stranger(*reactor, nvme::HostIdentity::from_nqn("nqn.2014-08.local:stranger"));
    auto refused = reactor->block_on(stranger.connect(options()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::AuthFailed) << refused.error().what;
    auto o = options();
    o.subsystem_nqn = "nqn.2014-08.org.nvmexpress:nobody";
    refused = reactor->block_on(host.connect(o));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::NotFound) << refused.error().what;
    auto* c = connect(options());
    ASSERT_NE(c, nullptr);
    Bytes buffer(512);
    const auto read = reactor->block_on(c->read(9, 0, buffer));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::NotFound) << read.error().what;
    stop_server();
    refused = reactor->block_on(host.connect(options()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::Unreachable) << refused.error().what;
}

TEST_F(LoopbackTest, EventsReachTheHost) {
    start_server();
    auto* c = connect(options());
    ASSERT_NE(c, nullptr);
    std::vector<nvme::HostEvent> events;
    c->on_event([&](nvme::HostEvent e) { events.push_back(e); });
    // The event configuration is set by a task of the controller; a namespace that appears before
    // is listed anyway. So map until an event comes.
    uint32_t nsid = 1;
    EXPECT_TRUE(wait_for([&] {
        if (events.empty() && nsid < 1000) {
            nsids.push_back(++nsid);
            publish();
        }
        return !events.empty();
    }));
    EXPECT_EQ(events.front(), nvme::HostEvent::NamespacesChanged);
    const auto list = reactor->block_on(c->active_namespaces());
    ASSERT_TRUE(list);
    EXPECT_EQ(*list, nsids);
    events.clear();
    ana = nvme::AnaState::Inaccessible;
    publish();
    EXPECT_TRUE(wait_for([&] { return !events.empty(); }));
    EXPECT_EQ(events.front(), nvme::HostEvent::AnaChanged);
    Bytes buffer(512);
    const auto read = reactor->block_on(c->read(1, 0, buffer));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::Retry);
}

TEST_F(LoopbackTest, ReconnectsAfterTheTargetWasGone) {
    start_server();
    auto* c = connect(options());
    ASSERT_NE(c, nullptr);
    const Bytes data = pattern(8192, 4);
    ASSERT_TRUE(reactor->block_on(c->write(1, 0, data)));
    const uint16_t port = at.port;
    stop_server();
    EXPECT_TRUE(wait_for([&] { return c->state() == nvme::ControllerState::Reconnecting; }));
    Bytes back(8192);
    const auto lost = reactor->block_on(c->read(1, 0, back));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::Unreachable);
    start_server(port);
    EXPECT_TRUE(wait_for([&] { return c->state() == nvme::ControllerState::Live; }));
    ASSERT_TRUE(reactor->block_on(c->read(1, 0, back)));
    EXPECT_EQ(back, data);
}

TEST_F(LoopbackTest, DisconnectWhileReconnectingEnds) {
    start_server();
    auto* c = connect(options());
    ASSERT_NE(c, nullptr);
    stop_server();
    EXPECT_TRUE(wait_for([&] { return c->state() == nvme::ControllerState::Reconnecting; }));
    reactor->block_on(c->disconnect());
    EXPECT_EQ(c->state(), nvme::ControllerState::Dead);
}

TEST_F(LoopbackTest, KeepAliveHoldsAnIdleController) {
    start_server();
    auto o = options();
    o.kato = std::chrono::milliseconds(1000);
    auto* c = connect(o);
    ASSERT_NE(c, nullptr);
    const uint16_t cntlid = c->cntlid();
    const MonoTime until = reactor->now() + std::chrono::milliseconds(2600);
    (void)reactor->block_on(rt::sleep_until(*reactor, until));
    EXPECT_EQ(c->state(), nvme::ControllerState::Live);
    EXPECT_EQ(c->cntlid(), cntlid);
    EXPECT_EQ(server->target().counters().keep_alive_expired, 0u);
}

TEST_F(LoopbackTest, GarbageEndsOneConnection) {
    start_server();
    auto* c = connect(options());
    ASSERT_NE(c, nullptr);
    const auto shout = [](rt::Reactor& r, rt::Endpoint to) -> rt::Task<size_t> {
        const MonoTime deadline = r.now() + std::chrono::seconds(5);
        auto connecting = r.network().connect(std::move(to), deadline);
        auto stream = co_await std::move(connecting);
        if (!stream)
            co_return 0;
        const Bytes request = to_bytes("GET / HTTP/1.1\r\nHost: example\r\n\r\n");
        (void)co_await (*stream)->write_all(ByteSpan(request), deadline);
        Bytes answer(256);
        auto n = co_await (*stream)->read_some(answer, deadline);
        const size_t got = n ? *n : 0;
        (*stream)->close();
        co_return got > 0 && answer[0] == std::byte{0x03} ? got : 0;
    };
    EXPECT_GT(reactor->block_on(shout(*reactor, at)), 0u) << "a termination request";
    Bytes buffer(512);
    EXPECT_TRUE(reactor->block_on(c->read(1, 0, buffer)));
    EXPECT_EQ(server->target().counters().protocol_errors, 1u);
}

} // namespace
} // namespace pf::sdt
