// bench-sdt: 4 KiB random reads and writes over NVMe/TCP with the project's own initiator.
// Against a target that runs (--target) or one that it starts with a memory device (--spawn).
// Prints JSON.
#include "backend/nvme/host/host.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/reactor.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/options.hpp"
#include "base/process.hpp"
#include "tests/component/storage/cluster.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <thread>

namespace {

using namespace pf;
using Clock = std::chrono::steady_clock;

constexpr const char* kHostNqn =
    "nqn.2014-08.org.nvmexpress:uuid:5a2f7c1e-8a0d-4c3e-9d55-0c1b2a394857";
constexpr const char* kSpawnedNqn = "nqn.1988-11.com.dell:powerflex:00:0000000000000001";

struct Load {
    bool write = false;
    uint32_t depth = 1;
    uint32_t block_bytes = 4096;
    std::chrono::milliseconds duration{3000};
};

struct Sample {
    uint64_t operations = 0;
    double seconds = 0;
    double client_cpu_seconds = 0;
    std::vector<uint32_t> latencies_us; // sorted
    Result<void> outcome;
};

struct Run {
    nvme::HostController& controller;
    uint32_t nsid;
    uint64_t blocks;
    Load load;
    Clock::time_point end;
    Sample sample;
};

rt::Task<void> worker(Run& run, uint64_t seed) {
    std::mt19937_64 random(seed);
    Bytes buffer(run.load.block_bytes, static_cast<std::byte>(seed));
    while (run.sample.outcome) {
        const auto start = Clock::now();
        if (start >= run.end)
            break;
        const uint64_t offset = random() % run.blocks * run.load.block_bytes;
        auto task = run.load.write ? run.controller.write(run.nsid, offset, buffer)
                                   : run.controller.read(run.nsid, offset, buffer);
        auto done = co_await std::move(task);
        if (!done) {
            run.sample.outcome = std::move(done);
            break;
        }
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
        run.sample.latencies_us.push_back(static_cast<uint32_t>(us.count()));
        ++run.sample.operations;
    }
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

rt::Task<Sample> measure(rt::Reactor& reactor, nvme::HostController& controller, uint32_t nsid,
                         uint64_t size_bytes, Load load) {
    const auto start = Clock::now();
    Run run{controller, nsid, size_bytes / load.block_bytes, load, start + load.duration, {}};
    const double cpu = cpu_seconds();
    rt::Gate gate(reactor);
    for (uint32_t i = 0; i < load.depth; ++i)
        gate.spawn(worker(run, i + 1));
    auto closing = gate.close();
    co_await std::move(closing);
    run.sample.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    run.sample.client_cpu_seconds = cpu_seconds() - cpu;
    std::sort(run.sample.latencies_us.begin(), run.sample.latencies_us.end());
    co_return std::move(run.sample);
}

rt::Task<Result<void>> fill(nvme::HostController& controller, uint32_t nsid, uint64_t span) {
    const Bytes chunk(1 << 20, std::byte{0x5A});
    for (uint64_t offset = 0; offset + chunk.size() <= span; offset += chunk.size()) {
        auto task = controller.write(nsid, offset, chunk);
        PF_CO_CHECK(co_await std::move(task));
    }
    co_return Result<void>{};
}

json::object report(const Load& load, const Sample& sample) {
    const auto& l = sample.latencies_us;
    const auto percentile = [&](double p) -> uint32_t {
        return l.empty() ? 0 : l[static_cast<size_t>(p * static_cast<double>(l.size() - 1))];
    };
    const double operations = static_cast<double>(sample.operations);
    json::object out;
    out["pattern"] = load.write ? "randwrite" : "randread";
    out["block_bytes"] = load.block_bytes;
    out["queue_depth"] = load.depth;
    out["operations"] = sample.operations;
    out["iops"] = static_cast<uint64_t>(operations / sample.seconds);
    out["p50_us"] = percentile(0.50);
    out["p99_us"] = percentile(0.99);
    out["client_cpu_us_per_operation"] =
        sample.operations == 0 ? 0.0 : sample.client_cpu_seconds * 1e6 / operations;
    return out;
}

OptionTable options() {
    OptionTable t("bench-sdt", "Measures 4 KiB random I/O of an NVMe/TCP target.", "");
    t.add({.name = "target", .help = "Target that runs already.", .value_name = "ADDRESS:PORT"});
    t.add({.name = "nqn", .default_value = kSpawnedNqn, .help = "Subsystem.", .value_name = "NQN"});
    t.add({.name = "host-nqn", .default_value = kHostNqn, .help = "Host.", .value_name = "NQN"});
    t.add({.name = "spawn",
           .help = "Starts this pf-sdt with a memory device.",
           .value_name = "PATH"});
    t.add({.name = "replicated",
           .type = OptionType::Flag,
           .help = "With --spawn: a system of three data servers behind it, beside the program."});
    t.add({.name = "span",
           .type = OptionType::SizeBytes,
           .default_value = "64MiB",
           .help = "Part of the namespace that is used; written once before the measurements.",
           .value_name = "SIZE",
           .min = 1 << 20});
    t.add({.name = "null-device",
           .type = OptionType::Flag,
           .help = "With --spawn: a device that forgets, instead of one in memory."});
    t.add({.name = "nsid",
           .type = OptionType::Integer,
           .default_value = "1",
           .help = "Namespace.",
           .value_name = "NUMBER",
           .min = 1});
    t.add({.name = "io-queues",
           .type = OptionType::Integer,
           .default_value = "1",
           .help = "I/O queues.",
           .value_name = "NUMBER",
           .min = 1,
           .max = 64});
    t.add({.name = "duration",
           .type = OptionType::DurationMs,
           .default_value = "3s",
           .help = "Time of each measurement.",
           .value_name = "TIME",
           .min = 10});
    t.add({.name = "label",
           .default_value = "",
           .help = "Text for the report.",
           .value_name = "TEXT"});
    return t;
}

// The target that was started; ends with the object.
struct Spawned {
    std::unique_ptr<test::StorageCluster> cluster; // of --replicated
    std::optional<ChildProcess> process;
    rt::Endpoint at;
    std::string nqn;
};

constexpr const char* kSdtAddress = "127.0.0.1";

// A port that was free a moment ago: the MDM has to know the ports of an SDT before it starts.
Result<uint16_t> free_port() {
    PF_TRY(const auto reactor, rt::Reactor::create());
    PF_TRY(const auto listener, reactor->network().listen(rt::Endpoint{kSdtAddress, 0}));
    const uint16_t port = listener->local().port;
    listener->close();
    return port;
}

// A system with one volume that the host sees as namespace 1; the arguments for its pf-sdt.
Result<std::vector<std::string>> make_cluster(Spawned& spawned, const std::string& host_nqn) {
    PF_TRY(const uint16_t nvme_port, free_port());
    PF_TRY(const uint16_t discovery_port, free_port());
    spawned.cluster = std::make_unique<test::StorageCluster>(3);
    mdm::Client& management = spawned.cluster->management();
    const auto refused = [](const mdm::MgmtError& error) {
        return fail(Errc::Failed, "{}", error.what);
    };
    const auto before = management.query();
    if (!before)
        return refused(before.error());
    mdm::AddSdt sdt;
    sdt.name = "sdt-1";
    sdt.protection_domain = (*before)->protection_domains.at(0).id;
    sdt.ips = {{kSdtAddress, mdm::SdtIpRole::StorageAndHost}};
    sdt.nvme_port = nvme_port;
    sdt.discovery_port = discovery_port;
    if (const auto added = management.add_sdt(sdt); !added)
        return refused(added.error());
    const auto host = management.add_host({.nqn = host_nqn, .name = "bench"});
    if (!host)
        return refused(host.error());
    const auto volume = management.create_volume(
        {.storage_pool = (*before)->storage_pools.at(0).id, .name = "bench", .size_kb = 8u << 20});
    if (!volume)
        return refused(volume.error());
    mdm::MapOptions map_options;
    map_options.verb = mdm::MapVerb::Host;
    if (const auto mapped = management.map(*volume, host->value, map_options); !mapped)
        return refused(mapped.error());
    if (!spawned.cluster->wait_healthy(60s))
        return fail(Errc::Timeout, "the new pool does not get its second copies");
    spawned.nqn = (*before)->system.nqn;
    return std::vector<std::string>{"--mdm",
                                    spawned.cluster->mdm_address(),
                                    "--name",
                                    "sdt-1",
                                    "--nvme-port",
                                    std::to_string(nvme_port),
                                    "--discovery-port",
                                    std::to_string(discovery_port)};
}

Result<void> spawn(Spawned& spawned, const OptionValues& values, const TempDir& dir) {
    const std::string ready = dir / "ready";
    std::vector<std::string> argv{values.text("spawn"), "--ready-file", ready, "--log-level",
                                  "warn"};
    if (values.flag("replicated")) {
        PF_TRY(const auto more, make_cluster(spawned, values.text("host-nqn")));
        argv.insert(argv.end(), more.begin(), more.end());
    } else {
        spawned.nqn = values.text("nqn");
        const std::vector<std::string> more{values.flag("null-device") ? "--null-device"
                                                                       : "--ram-device",
                                            "256MiB",
                                            "--nvme-port",
                                            "0",
                                            "--discovery-port",
                                            "0",
                                            "--subsystem-nqn",
                                            spawned.nqn};
        argv.insert(argv.end(), more.begin(), more.end());
    }
    SpawnOptions spawn_options;
    spawn_options.die_with_parent = true;
    PF_TRY(auto child, ChildProcess::spawn(argv, spawn_options));
    spawned.process.emplace(std::move(child));
    for (int i = 0; i < 2000 && !file_exists(ready); ++i)
        std::this_thread::sleep_for(10ms);
    PF_TRY(const std::string text, read_file(ready));
    PF_TRY(const json::value parsed, parse_json(text));
    const std::string at(parsed.as_object().at("nvme").as_array().at(0).as_string());
    PF_TRY(spawned.at, rt::parse_endpoint(at));
    return {};
}

Result<json::object> run(const OptionValues& values) {
    const TempDir dir("bench-sdt");
    Spawned spawned;
    rt::Endpoint at;
    if (!values.text("spawn").empty()) {
        PF_CHECK(spawn(spawned, values, dir));
        at = spawned.at;
    } else {
        PF_TRY(at, rt::parse_endpoint(values.text("target"), nvme::kIoPort));
    }
    PF_TRY(const auto reactor, rt::Reactor::create());
    nvme::Host host(*reactor, nvme::HostIdentity::from_nqn(values.text("host-nqn")));
    nvme::ConnectOptions connect;
    connect.address = at.host;
    connect.port = at.port;
    connect.subsystem_nqn = spawned.nqn.empty() ? values.text("nqn") : spawned.nqn;
    connect.io_queues = static_cast<uint16_t>(values.integer("io-queues"));
    connect.reconnect = false;
    PF_TRY(auto controller, reactor->block_on(host.connect(connect)));
    const auto nsid = static_cast<uint32_t>(values.integer("nsid"));
    json::object out;
    out["bench"] = "sdt";
    out["label"] = values.text("label");
    out["io_queues"] = controller->io_queues();
    json::array results;
    Result<void> outcome;
    const auto info = reactor->block_on(controller->identify_namespace(nsid));
    if (!info)
        outcome = fail(info.error());
    const uint64_t span =
        info ? std::min(info->size_bytes, static_cast<uint64_t>(values.integer("span"))) : 0;
    if (outcome) // first writes and reads of nothing are another matter
        outcome = reactor->block_on(fill(*controller, nsid, span));
    for (const bool write : {true, false}) {
        for (const uint32_t depth : {1u, 32u}) {
            if (!outcome)
                break;
            Load load;
            load.write = write;
            load.depth = depth;
            load.duration = std::chrono::milliseconds(values.integer("duration"));
            const Sample sample =
                reactor->block_on(measure(*reactor, *controller, nsid, span, load));
            outcome = sample.outcome;
            results.push_back(report(load, sample));
        }
    }
    reactor->block_on(controller->disconnect());
    PF_CHECK(std::move(outcome));
    out["results"] = std::move(results);
    return out;
}

} // namespace

int main(int argc, char** argv) {
    const ParsedMain parsed = parse_main(options(), argc, argv);
    if (parsed.exit)
        return parsed.exit_code;
    if (parsed.values.text("spawn").empty() == parsed.values.text("target").empty()) {
        std::fprintf(stderr, "bench-sdt: exactly one of --spawn and --target is needed\n");
        return 2;
    }
    const auto result = run(parsed.values);
    if (!result) {
        std::fprintf(stderr, "bench-sdt: %s\n", result.error().what.c_str());
        return 1;
    }
    std::printf("%s\n", json::serialize(*result).c_str());
    return 0;
}
