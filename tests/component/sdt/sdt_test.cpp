// Hosts on NVMe/TCP against real processes: pf-mdm, three pf-sds, two pf-sdt.
#include "backend/nvme/host/host.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/sync.hpp"
#include "tests/component/storage/cluster.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <random>
#include <thread>

namespace pf::test {
namespace {

constexpr const char* kHostA = "nqn.2014-08.local:nvme:esxi-1";
constexpr const char* kHostB = "nqn.2014-08.local:nvme:esxi-2";

// A port that was free a moment ago: the MDM has to know the ports of an SDT before it starts.
uint16_t free_port() {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(at);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &length) != 0)
        return 0;
    return ntohs(at.sin_port);
}

Bytes pattern(size_t bytes, uint8_t seed) {
    Bytes out(bytes);
    for (size_t i = 0; i < bytes; ++i)
        out[i] = static_cast<std::byte>((i * 29 + seed + (i >> 10)) & 0xFF);
    return out;
}

struct SdtProcess {
    std::string name;
    uint16_t nvme_port = 0;
    uint16_t discovery_port = 0;
    uint16_t tls_port = 0;
    std::optional<ChildProcess> process;
};

class SdtTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto& management = cluster.management();
        domain = (*management.query())->protection_domains.at(0).id;
        pool = (*management.query())->storage_pools.at(0).id;
        for (int i = 0; i < 2; ++i) {
            SdtProcess sdt;
            sdt.name = fmt::format("sdt-{}", i + 1);
            sdt.nvme_port = free_port();
            sdt.discovery_port = free_port();
            sdt.tls_port = free_port();
            mdm::AddSdt request;
            request.name = sdt.name;
            request.protection_domain = domain;
            request.ips = {{"127.0.0.1", mdm::SdtIpRole::StorageAndHost}};
            request.nvme_port = sdt.nvme_port;
            request.discovery_port = sdt.discovery_port;
            const auto added = management.add_sdt(request);
            ASSERT_TRUE(added) << added.error().what;
            start(sdt);
            sdts.push_back(std::move(sdt));
        }
        host_a = management.add_host({.nqn = kHostA, .name = "esxi-1"}).value();
        host_b = management.add_host({.nqn = kHostB, .name = "esxi-2"}).value();
        volume =
            management.create_volume({.storage_pool = pool, .name = "vol-1", .size_kb = 8u << 20})
                .value();
    }
    void TearDown() override {
        for (auto& controller : controllers)
            run(controller->disconnect());
        controllers.clear();
        for (SdtProcess& sdt : sdts) {
            if (sdt.process)
                EXPECT_EQ(sdt.process->stop(), 0);
            if (HasFailure())
                std::puts(read_file(dir / (sdt.name + ".log")).value_or("no log").c_str());
        }
    }

    void start(SdtProcess& sdt) {
        const std::string ready = dir / (sdt.name + ".ready");
        (void)remove_tree(ready);
        SpawnOptions options;
        options.stderr_file = dir / (sdt.name + ".log");
        options.die_with_parent = true;
        auto child = ChildProcess::spawn(
            {executable_dir() + "/pf-sdt", "--name", sdt.name, "--listen", "127.0.0.1",
             "--nvme-port", std::to_string(sdt.nvme_port), "--discovery-port",
             std::to_string(sdt.discovery_port), "--tls-port", std::to_string(sdt.tls_port),
             "--mdm", cluster.mdm_address(), "--ready-file", ready},
            options);
        ASSERT_TRUE(child) << child.error().what;
        sdt.process.emplace(std::move(*child));
        ASSERT_TRUE(eventually([&] { return file_exists(ready); }))
            << read_file(options.stderr_file).value_or("no log");
    }
    template<class Condition>
    bool eventually(Condition condition, Duration timeout = std::chrono::seconds(20)) {
        for (const MonoTime end = mono_now() + timeout; mono_now() < end;) {
            if (condition())
                return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10)); // a poll with a deadline
        }
        return condition();
    }
    template<class T>
    T run(rt::Task<T> task) {
        return cluster.loop().run_sync(std::move(task));
    }
    // Writers at once, each with a region of its own, every size and alignment that hosts use,
    // alternating between two controllers. Counts what went wrong: calls that failed, reads that
    // did not give back what had been acknowledged last.
    struct Storm {
        void failed(const Error& error) { errors.push_back(error.what); }
        std::vector<std::string> errors;
        int mismatches = 0;
        std::atomic<bool> over = false;
    };
    rt::Task<void> storm_writer(nvme::HostController& c, nvme::HostController& d, uint32_t nsid,
                                int id, int writes, Storm& storm) {
        constexpr uint64_t kRegion = 1536 * 1024; // not a multiple of what the system splits at
        std::mt19937_64 random(static_cast<uint64_t>(id) + 1);
        Bytes model(kRegion);
        const uint64_t base = static_cast<uint64_t>(id) * kRegion;
        for (int i = 0; i < writes; ++i) {
            const uint64_t size = (1 + random() % 256) * 512;
            const uint64_t at = random() % ((kRegion - size) / 512 + 1) * 512;
            const Bytes data = pattern(size, static_cast<uint8_t>(random()));
            // A path error says that the outcome is not known: hosts write again.
            for (int attempt = 0;; ++attempt) {
                auto writing = ((i + attempt) % 2 == 0 ? c : d).write(nsid, base + at, data);
                const auto written = co_await std::move(writing);
                if (written)
                    break;
                if (written.error().code != Errc::Retry || attempt == 5) {
                    storm.failed(written.error());
                    break;
                }
            }
            std::copy(data.begin(), data.end(), model.begin() + static_cast<std::ptrdiff_t>(at));
            Bytes part(size);
            auto reading = (i % 3 == 0 ? c : d).read(nsid, base + at, part);
            const auto read = co_await std::move(reading);
            if (!read)
                storm.failed(read.error());
            else
                storm.mismatches += part == data ? 0 : 1;
        }
        Bytes back(kRegion);
        auto reading = c.read(nsid, base, back);
        const auto read = co_await std::move(reading);
        if (!read)
            storm.failed(read.error());
        else
            storm.mismatches += back == model ? 0 : 1;
    }
    rt::Task<void> run_storm(nvme::HostController& c, nvme::HostController& d, uint32_t nsid,
                             int writes, Storm& storm) {
        rt::Gate gate(cluster.loop().reactor());
        for (int id = 0; id < 16; ++id)
            gate.spawn(storm_writer(c, d, nsid, id, writes, storm));
        auto closing = gate.close();
        co_await std::move(closing);
        storm.over = true;
    }

    void map(map::HostId host) {
        mdm::MapOptions options;
        options.allow_multiple = true;
        options.verb = mdm::MapVerb::Host;
        const auto mapped = cluster.management().map(volume, host.value, options);
        ASSERT_TRUE(mapped) << mapped.error().what;
    }
    nvme::ConnectOptions options(size_t sdt) const {
        nvme::ConnectOptions o;
        o.address = "127.0.0.1";
        o.port = sdts[sdt].nvme_port;
        o.io_queues = 2;
        o.reconnect_delay = std::chrono::milliseconds(50);
        o.subsystem_nqn = nqn;
        return o;
    }
    nvme::HostController* connect(nvme::Host& host, size_t sdt) {
        nqn = (*cluster.management().query())->system.nqn;
        auto connected = run(host.connect(options(sdt)));
        EXPECT_TRUE(connected) << (connected ? "" : connected.error().what);
        if (!connected)
            return nullptr;
        controllers.push_back(std::move(*connected));
        return controllers.back().get();
    }
    // A reservation command with two keys; true when it was carried out.
    bool reserve(nvme::HostController& c, uint32_t nsid, uint8_t opcode, uint32_t cdw10,
                 uint64_t key, uint64_t other) {
        nvme::Sqe sqe;
        sqe.opcode = opcode;
        sqe.nsid = nsid;
        sqe.cdw10 = cdw10;
        Bytes data(16);
        store_le<uint64_t>(data.data(), key);
        store_le<uint64_t>(data.data() + 8, other);
        const auto done = run(c.io(sqe, data, {}));
        EXPECT_TRUE(done) << (done ? "" : done.error().what);
        return done && done->status == 0;
    }
    nvme::Host host_of(const char* name) {
        return nvme::Host(cluster.loop().reactor(), nvme::HostIdentity::from_nqn(name));
    }

    StorageCluster cluster{3};
    TempDir dir{"pf-sdt"};
    map::ProtectionDomainId domain;
    map::StoragePoolId pool;
    map::HostId host_a;
    map::HostId host_b;
    map::VolumeId volume;
    std::vector<SdtProcess> sdts;
    std::string nqn;
    std::vector<std::unique_ptr<nvme::HostController>> controllers;
};

TEST_F(SdtTest, MappedVolumeIsOneNamespaceOnEverySdt) {
    nvme::Host a = host_of(kHostA);
    nvme::ConnectOptions discovery;
    discovery.address = "127.0.0.1";
    discovery.port = sdts[0].discovery_port;
    auto log = run(a.discover(discovery));
    ASSERT_TRUE(log) << log.error().what;
    EXPECT_TRUE(log->records.empty()) << "nothing is mapped yet";
    map(host_a);
    log = run(a.discover(discovery));
    ASSERT_TRUE(log) << log.error().what;
    EXPECT_EQ(log->records.size(), 2u) << "the map call has returned, so every SDT knows";

    auto* first = connect(a, 0);
    auto* second = connect(a, 1);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->cntlid(), second->cntlid());
    const auto here = run(first->namespaces());
    const auto there = run(second->namespaces());
    ASSERT_TRUE(here && there);
    ASSERT_EQ(here->size(), 1u);
    ASSERT_EQ(there->size(), 1u);
    EXPECT_EQ(here->front().nguid, there->front().nguid);
    EXPECT_EQ(here->front().nsid, there->front().nsid);
    EXPECT_EQ(here->front().size_bytes, 8ull << 30);
    const uint32_t nsid = here->front().nsid;

    const Bytes data = pattern(1536 * 1024, 3);
    const auto written = run(first->write(nsid, 3 * 512, data));
    ASSERT_TRUE(written) << written.error().what;
    Bytes back(data.size());
    const auto read = run(second->read(nsid, 3 * 512, back));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(back, data);

    // The management surface shows the connections.
    EXPECT_TRUE(eventually([&] {
        const auto all = cluster.management().query();
        for (const mdm::Host& h : (*all)->hosts)
            if (h.id == host_a)
                return h.controllers.size() == 2;
        return false;
    }));
}

TEST_F(SdtTest, UnmappedVolumeDisappears) {
    map(host_a);
    nvme::Host a = host_of(kHostA);
    auto* c = connect(a, 0);
    ASSERT_NE(c, nullptr);
    const auto namespaces = run(c->namespaces());
    ASSERT_TRUE(namespaces);
    ASSERT_EQ(namespaces->size(), 1u);
    const uint32_t nsid = namespaces->front().nsid;
    const auto unmapped = cluster.management().unmap(volume, host_a.value, mdm::MapVerb::Host);
    ASSERT_TRUE(unmapped) << unmapped.error().what;
    Bytes buffer(512);
    const auto read = run(c->read(nsid, 0, buffer));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::NotFound) << read.error().what;
    EXPECT_TRUE(run(c->active_namespaces())->empty());
}

// Two hosts on two SDTs count up one block by compare and write: no increment may get lost.
TEST_F(SdtTest, CompareAndWriteIsAtomicAcrossSdts) {
    map(host_a);
    map(host_b);
    nvme::Host a = host_of(kHostA);
    nvme::Host b = host_of(kHostB);
    nvme::HostController* both[] = {connect(a, 0), connect(b, 1)};
    ASSERT_TRUE(both[0] && both[1]);
    const uint32_t nsid = run(both[0]->namespaces())->front().nsid;
    constexpr int kRounds = 100;
    const auto count_up = [&](nvme::HostController& c) -> rt::Task<int> {
        int done = 0;
        for (int attempts = 0; done < kRounds && attempts < 100 * kRounds; ++attempts) {
            Bytes now(512);
            auto reading = c.read(nsid, 0, now);
            auto read = co_await std::move(reading);
            if (!read)
                break;
            Bytes next = now;
            store_le<uint64_t>(next.data(), load_le<uint64_t>(now.data()) + 1);
            auto swapping = c.compare_and_write(nsid, 0, now, next);
            auto swapped = co_await std::move(swapping);
            if (!swapped)
                break;
            done += *swapped ? 1 : 0;
        }
        co_return done;
    };
    int counted[2] = {0, 0};
    std::thread other([&] { counted[1] = run(count_up(*both[1])); });
    counted[0] = run(count_up(*both[0]));
    other.join();
    EXPECT_EQ(counted[0], kRounds);
    EXPECT_EQ(counted[1], kRounds);
    Bytes now(512);
    ASSERT_TRUE(run(both[0]->read(nsid, 0, now)));
    EXPECT_EQ(load_le<uint64_t>(now.data()), 2u * kRounds);
}

// One host reserves through one SDT, the other one is held off at the other SDT; the reservation
// outlives both SDTs and the MDM.
TEST_F(SdtTest, ReservationHoldsAcrossSdtsAndRestarts) {
    map(host_a);
    map(host_b);
    nvme::Host a = host_of(kHostA);
    nvme::Host b = host_of(kHostB);
    nvme::HostController* first = connect(a, 0);
    nvme::HostController* second = connect(b, 1);
    ASSERT_TRUE(first && second);
    const uint32_t nsid = run(first->namespaces())->front().nsid;
    ASSERT_TRUE(reserve(*first, nsid, nvme::io_op::kReservationRegister, 3u << 30, 0, 0x11));
    ASSERT_TRUE(reserve(*first, nsid, nvme::io_op::kReservationAcquire, 1u << 8, 0x11, 0));
    const Bytes block = pattern(4096, 3);
    Bytes back(4096);
    const auto held_off = [&] {
        const auto done = run(second->write(nsid, 0, block));
        return !done && done.error().what.find("reservation conflict") != std::string::npos;
    };
    EXPECT_TRUE(held_off()); // already: the answer came after every SDT had it
    EXPECT_TRUE(run(first->write(nsid, 0, block)));
    EXPECT_TRUE(run(second->read(nsid, 0, back)));
    EXPECT_EQ(back, block);
    for (auto& controller : controllers)
        run(controller->disconnect());
    for (SdtProcess& sdt : sdts) {
        sdt.process->signal(SIGKILL);
        sdt.process.reset();
    }
    cluster.restart_mdm();
    for (SdtProcess& sdt : sdts)
        start(sdt);
    first = connect(a, 1);
    second = connect(b, 0);
    ASSERT_TRUE(first && second);
    EXPECT_TRUE(held_off());
    EXPECT_TRUE(run(first->write(nsid, 0, block)));
}

// A write of the preempted host is with a data server that stands still. Preempt and abort must not
// be answered before that write has landed or can land no more.
TEST_F(SdtTest, PreemptAndAbortWaitsForWritesAtTheDataServers) {
    map(host_a);
    map(host_b);
    nvme::Host a = host_of(kHostA);
    nvme::Host b = host_of(kHostB);
    nvme::HostController* first = connect(a, 0);
    nvme::HostController* second = connect(b, 1);
    ASSERT_TRUE(first && second);
    const uint32_t nsid = run(first->namespaces())->front().nsid;
    ASSERT_TRUE(cluster.wait_healthy(std::chrono::seconds(60)));
    ASSERT_TRUE(reserve(*first, nsid, nvme::io_op::kReservationRegister, 0, 0, 0x11));
    ASSERT_TRUE(reserve(*second, nsid, nvme::io_op::kReservationRegister, 0, 0, 0x22));
    ASSERT_TRUE(reserve(*first, nsid, nvme::io_op::kReservationAcquire, 1u << 8, 0x11, 0));
    const Bytes late = pattern(4096, 1);
    const Bytes fresh = pattern(4096, 2);
    ASSERT_TRUE(run(first->write(nsid, 4096, late))); // the connections are up
    for (size_t i = 0; i < cluster.size(); ++i)
        cluster.pause_server(i);
    std::thread writer([&] { (void)run(first->write(nsid, 0, late)); });
    std::atomic<int> acquired = 0; // 1: well, 2: not
    std::thread preempter([&] {
        acquired = reserve(*second, nsid, nvme::io_op::kReservationAcquire, 2 | 1u << 8, 0x22, 0x11)
                       ? 1
                       : 2;
    });
    // Shorter than a lease: nobody is declared dead meanwhile.
    EXPECT_FALSE(eventually([&] { return acquired != 0; }, std::chrono::seconds(1)))
        << "answered while a data server may still apply what it was sent before";
    for (size_t i = 0; i < cluster.size(); ++i)
        cluster.resume_server(i);
    preempter.join();
    EXPECT_EQ(acquired, 1);
    Bytes seen(4096);
    ASSERT_TRUE(run(second->write(nsid, 0, fresh)));
    writer.join();
    EXPECT_FALSE(run(first->write(nsid, 0, late)));
    ASSERT_TRUE(run(second->read(nsid, 0, seen)));
    EXPECT_EQ(seen, fresh);
}

// A key that is set at the MDM is asked for by every SDT, and outlives the MDM's restart.
TEST_F(SdtTest, HostSecretsOfTheSystem) {
    map(host_a);
    nvme::Host a = host_of(kHostA);
    nqn = (*cluster.management().query())->system.nqn;
    const auto code = [&](const nvme::ConnectOptions& o) -> std::optional<Errc> {
        auto connected = run(a.connect(o));
        if (!connected)
            return connected.error().code;
        controllers.push_back(std::move(*connected));
        return std::nullopt;
    };
    constexpr const char* kChap = "DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:";
    constexpr const char* kPsk =
        "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
    mdm::HostSecrets secrets;
    secrets.dhchap.emplace(kChap);
    ASSERT_TRUE(cluster.management().set_host_auth(host_a, secrets));
    auto o = options(0);
    o.reconnect = false;
    EXPECT_EQ(code(o), Errc::AuthFailed);
    o.dhchap_secret = kChap;
    EXPECT_EQ(code(o), std::nullopt);

    secrets.dhchap.emplace();
    secrets.tls_psk.emplace(kPsk);
    ASSERT_TRUE(cluster.management().set_host_auth(host_a, secrets));
    cluster.restart_mdm();
    auto plain = options(1);
    plain.reconnect = false;
    EXPECT_EQ(code(plain), Errc::AuthFailed) << "with a key by TLS only";
    auto secured = plain;
    secured.port = sdts[1].tls_port;
    secured.tls_psk = kPsk;
    ASSERT_EQ(code(secured), std::nullopt);
    const uint32_t nsid = run(controllers.back()->namespaces())->front().nsid;
    const Bytes data = pattern(300'000 / 512 * 512, 4);
    ASSERT_TRUE(run(controllers.back()->write(nsid, 512, data)));
    Bytes back(data.size());
    ASSERT_TRUE(run(controllers.back()->read(nsid, 512, back)));
    EXPECT_TRUE(back == data);
    const auto log = run(a.discover(secured));
    ASSERT_TRUE(log) << log.error().what;
    ASSERT_EQ(log->records.size(), 2u);
    for (const auto& record : log->records)
        EXPECT_TRUE(record.port == sdts[0].tls_port || record.port == sdts[1].tls_port);
}

TEST_F(SdtTest, IoGoesOnWhenADataServerDies) {
    map(host_a);
    nvme::Host a = host_of(kHostA);
    auto* c = connect(a, 0);
    ASSERT_NE(c, nullptr);
    const uint32_t nsid = run(c->namespaces())->front().nsid;
    constexpr uint64_t kUnits = 24;
    const auto write_all = [&](uint8_t seed) {
        for (uint64_t unit = 0; unit < kUnits; ++unit) {
            const auto written =
                run(c->write(nsid, unit << 20, pattern(8192, static_cast<uint8_t>(seed + unit))));
            ASSERT_TRUE(written) << written.error().what;
        }
    };
    const auto verify_all = [&](uint8_t seed) {
        for (uint64_t unit = 0; unit < kUnits; ++unit) {
            Bytes back(8192);
            const auto read = run(c->read(nsid, unit << 20, back));
            ASSERT_TRUE(read) << read.error().what;
            EXPECT_TRUE(back == pattern(8192, static_cast<uint8_t>(seed + unit)))
                << "unit " << unit;
        }
    };
    write_all(1);
    ASSERT_TRUE(cluster.wait_healthy(std::chrono::seconds(60)))
        << "the second copies of a new pool";
    cluster.kill_server(0);
    verify_all(1);
    write_all(50);
    verify_all(50);
    cluster.start_server(0);
    EXPECT_TRUE(cluster.wait_healthy(std::chrono::seconds(60)));
    cluster.kill_server(1);
    verify_all(50);
}

TEST_F(SdtTest, EveryBlockHoldsWhatWasAcknowledgedLast) {
    map(host_a);
    nvme::Host a = host_of(kHostA);
    auto* c = connect(a, 0);
    auto* d = connect(a, 1);
    ASSERT_TRUE(c && d);
    const uint32_t nsid = run(c->namespaces())->front().nsid;
    Storm storm;
    run(run_storm(*c, *d, nsid, 40, storm));
    EXPECT_EQ(storm.errors, std::vector<std::string>());
    EXPECT_EQ(storm.mismatches, 0);
}

// The same while data servers stop answering for a time that is sometimes longer than their lease:
// requests are sent again, to the same server or another one, and late ones must not undo what came
// after them.
TEST_F(SdtTest, LateRequestsDoNotUndoLaterOnes) {
    map(host_a);
    nvme::Host a = host_of(kHostA);
    auto* c = connect(a, 0);
    auto* d = connect(a, 1);
    ASSERT_TRUE(c && d);
    const uint32_t nsid = run(c->namespaces())->front().nsid;
    ASSERT_TRUE(cluster.wait_healthy(std::chrono::seconds(60)));
    Storm storm;
    std::thread disturber([&] {
        std::mt19937_64 random(5);
        for (int i = 0; i < 6 && !storm.over; ++i) {
            const size_t victim = random() % cluster.size();
            cluster.signal_server(victim, SIGSTOP);
            std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 2500));
            cluster.signal_server(victim, SIGCONT);
            cluster.wait_healthy(std::chrono::seconds(20));
        }
    });
    run(run_storm(*c, *d, nsid, 150, storm));
    disturber.join();
    EXPECT_EQ(storm.errors, std::vector<std::string>());
    EXPECT_EQ(storm.mismatches, 0);
}

// An SDT stands still with a write of a host in its sockets, for a while or for longer than its
// lease. The host gives it up and writes through the other SDT. What the first one still has must
// not come after.
TEST_F(SdtTest, AnSdtThatStoodStillBringsBackNoOldWrites) {
    map(host_a);
    nvme::Host a = host_of(kHostA);
    nvme::HostController* second = connect(a, 1);
    ASSERT_NE(second, nullptr);
    nvme::ConnectOptions impatient = options(0);
    impatient.command_timeout = std::chrono::seconds(1);
    impatient.reconnect = false;
    const uint32_t nsid = run(second->namespaces())->front().nsid;
    ASSERT_TRUE(cluster.wait_healthy(std::chrono::seconds(60)));
    const Bytes late = pattern(4096, 1);
    const Bytes fresh = pattern(4096, 2);
    for (const bool beyond_the_lease : {false, true}) {
        const uint64_t at = beyond_the_lease ? 65536 : 0;
        auto connected = run(a.connect(impatient));
        ASSERT_TRUE(connected) << connected.error().what;
        const auto first = std::move(*connected);
        ASSERT_TRUE(run(first->write(nsid, 4096, late))); // the connections to the servers are up
        sdts[0].process->signal(SIGSTOP);
        EXPECT_FALSE(run(first->write(nsid, at, late)));
        run(first->disconnect());
        if (beyond_the_lease) {
            EXPECT_TRUE(eventually([&] {
                return cluster.mdm_log().find("client is fenced kind=SDT") != std::string::npos;
            }));
        }
        EXPECT_TRUE(run(second->write(nsid, at, fresh)));
        sdts[0].process->signal(SIGCONT);
        // It is back when it takes the host again: what it had of it is over by then.
        EXPECT_TRUE(eventually([&] {
            auto again = run(a.connect(impatient));
            if (!again)
                return false;
            Bytes seen(4096);
            const bool read = run((*again)->read(nsid, at, seen)).has_value();
            EXPECT_TRUE(!read || seen == fresh);
            run((*again)->disconnect());
            return read;
        }));
        Bytes seen(4096);
        ASSERT_TRUE(run(second->read(nsid, at, seen)));
        EXPECT_EQ(seen, fresh) << beyond_the_lease;
    }
}

TEST_F(SdtTest, HostReconnectsAfterKillOfAnSdt) {
    map(host_a);
    nvme::Host a = host_of(kHostA);
    auto* c = connect(a, 0);
    ASSERT_NE(c, nullptr);
    const uint32_t nsid = run(c->namespaces())->front().nsid;
    const Bytes data = pattern(4096, 9);
    ASSERT_TRUE(run(c->write(nsid, 0, data)));
    sdts[0].process->signal(SIGKILL);
    (void)sdts[0].process->wait(std::chrono::seconds(10));
    sdts[0].process.reset();
    const auto state = [&] {
        const auto get = [&]() -> rt::Task<nvme::ControllerState> { co_return c->state(); };
        return run(get());
    };
    EXPECT_TRUE(eventually([&] { return state() == nvme::ControllerState::Reconnecting; }));
    start(sdts[0]);
    EXPECT_TRUE(eventually([&] { return state() == nvme::ControllerState::Live; }));
    Bytes back(4096);
    const auto read = run(c->read(nsid, 0, back));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(back, data);
}

} // namespace
} // namespace pf::test
