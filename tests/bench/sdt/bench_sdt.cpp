// bench-sdt: IOPS, throughput, latency and CPU per I/O of an NVMe/TCP target, with the project's
// own initiator (load.hpp) on one core and the target on another. Beside the target, in the same
// run and under the same load, a server that only moves the bytes: the ratio to it is the figure
// that travels from machine to machine. Prints JSON.
#include "backend/nvme/tls_psk.hpp"
#include "backend/rt/disk.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/io_buffer.hpp"
#include "backend/rt/reactor.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/options.hpp"
#include "base/process.hpp"
#include "tests/bench/sdt/host_load.hpp"
#include "tests/bench/sdt/load.hpp"
#include "tests/component/storage/cluster.hpp"

#include <sched.h>

#include <cstdio>
#include <random>
#include <thread>
#include <tuple>

namespace {

using namespace pf;
using bench::BareServer;
using bench::Load;
using bench::LoadResult;
using bench::LoadSpec;
using bench::LoadTarget;

constexpr const char* kHostNqn =
    "nqn.2014-08.org.nvmexpress:uuid:5a2f7c1e-8a0d-4c3e-9d55-0c1b2a394857";
constexpr const char* kSpawnedNqn = "nqn.1988-11.com.dell:powerflex:00:0000000000000001";

double round3(double value) {
    return static_cast<double>(static_cast<int64_t>(value * 1000 + 0.5)) / 1000;
}

json::object report(const LoadSpec& spec, const LoadResult& result, double target_cpu) {
    const auto operations = static_cast<double>(result.operations);
    const double iops = operations / result.seconds;
    json::object out;
    out["pattern"] =
        std::string(spec.sequential ? "seq" : "rand") + (spec.write ? "write" : "read");
    out["block_bytes"] = spec.block_bytes;
    out["queue_depth"] = spec.depth;
    out["connections"] = spec.connections;
    out["header_digest"] = spec.digests.header;
    out["data_digest"] = spec.digests.data;
    out["iops"] = static_cast<uint64_t>(iops);
    out["mb_per_s"] = static_cast<uint64_t>(iops * spec.block_bytes / 1e6);
    out["mean_us"] = round3(result.mean_us);
    out["p50_us"] = result.p50_us;
    out["p99_us"] = result.p99_us;
    out["client_cpu_us_per_io"] = round3(result.own_cpu_seconds * 1e6 / operations);
    out["target_cpu_us_per_io"] = round3(target_cpu * 1e6 / operations);
    return out;
}

Result<json::object> measure(const LoadTarget& target, const LoadSpec& spec, int pid) {
    PF_TRY(const auto load, Load::connect(target, spec));
    const double before = bench::cpu_seconds_of(pid);
    PF_TRY(const LoadResult result, load->run());
    return report(spec, result, bench::cpu_seconds_of(pid) - before);
}

// The table of the issue: 4 KiB random at three depths, one and four connections, digests, 128 KiB.
std::vector<LoadSpec> table(bool all) {
    std::vector<LoadSpec> out;
    const auto add = [&](bool write, uint32_t block, uint32_t depth, uint32_t connections,
                         bool digests) {
        LoadSpec spec;
        spec.write = write;
        spec.block_bytes = block;
        spec.sequential = block > 4096;
        spec.depth = depth;
        spec.connections = connections;
        spec.digests = {digests, digests};
        out.push_back(spec);
    };
    for (const bool write : {false, true}) {
        for (const uint32_t depth : {1u, 32u, 128u})
            add(write, 4096, depth, 1, false);
        if (all) {
            add(write, 4096, 32, 4, false);
            add(write, 4096, 32, 1, true);
        }
        add(write, 128 * 1024, 32, 1, false);
    }
    return out;
}

// Raw 4 KiB durable writes to a file beside those of the data servers: what the disk allows.
rt::Task<void> disk_worker(rt::Disk& disk, MonoTime end, uint64_t seed, uint64_t& count) {
    std::mt19937_64 random(seed);
    const rt::IoBuffer block = rt::IoBuffer::zeroed(4096);
    while (mono_now() < end) {
        const uint64_t at = random() % (disk.size_bytes() / 4096) * 4096;
        auto done = co_await disk.write(at, block.span(), rt::Durability::Durable);
        if (!done)
            break;
        ++count;
    }
}

Result<double> disk_iops(const std::string& path, uint32_t depth, std::chrono::milliseconds time) {
    PF_TRY(const auto reactor, rt::Reactor::create());
    rt::DiskOptions options;
    options.create_bytes = 64 << 20;
    PF_TRY(const auto disk, reactor->open_disk(path, options));
    uint64_t count = 0;
    const MonoTime begin = mono_now();
    const auto all = [&]() -> rt::Task<void> {
        rt::Gate gate(*reactor);
        for (uint32_t i = 0; i < depth; ++i)
            gate.spawn(disk_worker(*disk, begin + time, i + 1, count));
        auto closing = gate.close();
        co_await std::move(closing);
    };
    reactor->block_on(all());
    return static_cast<double>(count) / std::chrono::duration<double>(mono_now() - begin).count();
}

OptionTable options() {
    OptionTable t("bench-sdt", "Measures an NVMe/TCP target.", "");
    t.add({.name = "target", .help = "Target that runs already.", .value_name = "ADDRESS:PORT"});
    t.add({.name = "nqn", .default_value = kSpawnedNqn, .help = "Subsystem.", .value_name = "NQN"});
    t.add({.name = "host-nqn", .default_value = kHostNqn, .help = "Host.", .value_name = "NQN"});
    t.add({.name = "spawn",
           .help = "Starts this pf-sdt with a memory device.",
           .value_name = "PATH"});
    t.add({.name = "replicated",
           .type = OptionType::Flag,
           .help = "With --spawn: a system of three data servers behind it, beside the program."});
    t.add({.name = "all",
           .type = OptionType::Flag,
           .help = "Also four connections, digests, and the null device with --spawn."});
    t.add({.name = "spin",
           .type = OptionType::Integer,
           .default_value = "50",
           .help = "With --spawn: microseconds that the target looks for work before it sleeps.",
           .value_name = "MICROSECONDS",
           .min = 0,
           .max = 1'000'000});
    t.add({.name = "bare",
           .type = OptionType::Flag,
           .help = "Beside each figure, that of a server that only moves the bytes."});
    t.add({.name = "target-core",
           .type = OptionType::Integer,
           .default_value = "0",
           .help = "With --spawn: core of the target; the initiator takes the next one.",
           .value_name = "NUMBER",
           .min = 0,
           .max = 1023});
    t.add({.name = "tls",
           .type = OptionType::Flag,
           .help =
               "With --spawn, instead of the table: plain TCP and TLS 1.3 beside each other, by "
               "the initiator as hosts use it (more work for a command than the table's)."});
    t.add({.name = "null-device",
           .type = OptionType::Flag,
           .help = "With --spawn: a device that forgets, instead of one in memory."});
    t.add({.name = "nsid",
           .type = OptionType::Integer,
           .default_value = "1",
           .help = "Namespace.",
           .value_name = "NUMBER",
           .min = 1});
    t.add({.name = "duration",
           .type = OptionType::DurationMs,
           .default_value = "2s",
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

// With `tls_psk` it serves that host alone, by TLS.
Result<void> spawn(Spawned& spawned, const OptionValues& values, const TempDir& dir, bool null,
                   const std::string& tls_psk = {}) {
    const std::string ready = dir / (!tls_psk.empty() ? "ready-tls"
                                     : null           ? "ready-null"
                                                      : "ready");
    std::vector<std::string> argv{values.text("spawn"),
                                  "--ready-file",
                                  ready,
                                  "--log-level",
                                  "warn",
                                  "--spin",
                                  std::to_string(values.integer("spin"))};
    if (values.flag("replicated")) {
        PF_TRY(const auto more, make_cluster(spawned, values.text("host-nqn")));
        argv.insert(argv.end(), more.begin(), more.end());
    } else {
        spawned.nqn = values.text("nqn");
        const std::vector<std::string> more{null ? "--null-device" : "--ram-device",
                                            "256MiB",
                                            "--nvme-port",
                                            "0",
                                            "--discovery-port",
                                            "0",
                                            "--subsystem-nqn",
                                            spawned.nqn};
        argv.insert(argv.end(), more.begin(), more.end());
    }
    if (!tls_psk.empty()) {
        PF_CHECK(write_file_atomic(dir / "psk", tls_psk, 0600));
        const std::vector<std::string> more{"--tls-port",   "0",
                                            "--allow-host", values.text("host-nqn"),
                                            "--tls-psk",    "file:" + dir / "psk"};
        argv.insert(argv.end(), more.begin(), more.end());
    }
    SpawnOptions spawn_options;
    spawn_options.die_with_parent = true;
    const auto core = static_cast<int>(values.integer("target-core"));
    if (!values.flag("replicated")) // its servers share the machine as they like
        bench::pin_to(core);
    PF_TRY(auto child, ChildProcess::spawn(argv, spawn_options));
    spawned.process.emplace(std::move(child));
    if (!values.flag("replicated"))
        bench::pin_to(core + 1);
    for (int i = 0; i < 2000 && !file_exists(ready); ++i)
        std::this_thread::sleep_for(10ms);
    PF_TRY(const std::string text, read_file(ready));
    PF_TRY(const json::value parsed, parse_json(text));
    const char* const list = tls_psk.empty() ? "nvme" : "tls";
    const std::string at(parsed.as_object().at(list).as_array().at(0).as_string());
    PF_TRY(spawned.at, rt::parse_endpoint(at));
    return {};
}

// Every block once: first writes and reads of nothing are another matter.
Result<void> fill(const LoadTarget& target, uint32_t nsid) {
    LoadSpec spec;
    spec.write = true;
    spec.sequential = true;
    spec.nsid = nsid;
    spec.block_bytes = 128 * 1024;
    spec.depth = 8;
    spec.duration = 1000ms;
    for (int i = 0; i < 30; ++i) {
        PF_TRY(const auto load, Load::connect(target, spec));
        PF_TRY(const LoadResult result, load->run());
        if (result.operations >= spec.span_bytes / spec.block_bytes)
            return {};
        spec.duration *= 2;
    }
    return fail(Errc::Timeout, "the target is too slow to be filled");
}

Result<json::object> run_one(const LoadTarget& target, const OptionValues& values, int pid,
                             const std::string& device) {
    json::object out;
    out["bench"] = "sdt";
    out["label"] = values.text("label");
    out["device"] = device;
    out["spin_us"] = values.integer("spin");
    json::array results;
    const auto nsid = static_cast<uint32_t>(values.integer("nsid"));
    PF_CHECK(fill(target, nsid));
    for (LoadSpec spec : table(values.flag("all"))) {
        spec.nsid = nsid;
        spec.duration = std::chrono::milliseconds(values.integer("duration"));
        PF_TRY(json::object row, measure(target, spec, pid));
        // The bare server knows neither R2T nor digests and serves one connection at a time.
        const bool comparable = spec.connections == 1 && !spec.digests.header &&
                                !(spec.write && spec.block_bytes > 8192);
        if (values.flag("bare") && comparable) {
            const auto core = static_cast<int>(values.integer("target-core"));
            PF_TRY(const auto bare, BareServer::start(core, spec.block_bytes, true));
            LoadTarget at;
            at.at = rt::Endpoint{"127.0.0.1", bare->port()};
            at.bare = true;
            PF_TRY(const json::object floor, measure(at, spec, bare->pid()));
            const auto ours = static_cast<double>(row.at("iops").as_uint64());
            row["bare_iops"] = floor.at("iops");
            row["ratio_to_bare"] = round3(ours / static_cast<double>(floor.at("iops").as_uint64()));
        }
        std::fprintf(stderr, "%s\n", json::serialize(row).c_str());
        results.push_back(std::move(row));
    }
    if (values.flag("replicated")) {
        const TempDir dir("bench-disk");
        for (const uint32_t depth : {1u, 32u}) {
            PF_TRY(const double iops, disk_iops(dir / "disk", depth, 2000ms));
            out[depth == 1 ? "raw_disk_write_iops_qd1" : "raw_disk_write_iops_qd32"] =
                static_cast<uint64_t>(iops);
        }
    }
    out["results"] = std::move(results);
    return out;
}

// Each measurement over plain TCP and then over TLS, one after the other.
Result<json::array> run_tls(const OptionValues& values) {
    const TempDir dir("bench-sdt");
    nvme::TlsPskSecret secret;
    secret.key.assign(32, std::byte{0x5A});
    const std::string psk = nvme::format_tls_psk(secret);
    const bool null = values.flag("null-device");
    Spawned plain;
    Spawned secured;
    PF_CHECK(spawn(plain, values, dir, null));
    PF_CHECK(spawn(secured, values, dir, null, psk));
    json::array results;
    for (const bool write : {false, true}) {
        for (const auto& [block, depth, connections] :
             {std::tuple{4096u, 1u, 1u}, std::tuple{4096u, 32u, 1u}, std::tuple{4096u, 128u, 4u},
              std::tuple{131072u, 32u, 1u}}) {
            LoadSpec spec;
            spec.write = write;
            spec.sequential = block > 4096;
            spec.block_bytes = block;
            spec.depth = depth;
            spec.connections = connections;
            spec.duration = std::chrono::milliseconds(values.integer("duration"));
            double plain_iops = 0;
            for (const Spawned* target : {&plain, &secured}) {
                const bool tls = target == &secured;
                LoadTarget at;
                at.at = target->at;
                at.host_nqn = values.text("host-nqn");
                at.subsystem_nqn = target->nqn;
                const double before = bench::cpu_seconds_of(target->process->pid());
                PF_TRY(const LoadResult result,
                       bench::run_host_load(at, spec, tls ? psk : std::string()));
                const double used = bench::cpu_seconds_of(target->process->pid()) - before;
                json::object row = report(spec, result, used);
                row["tls"] = tls;
                const double iops = static_cast<double>(result.operations) / result.seconds;
                if (tls)
                    row["ratio_to_plain"] = round3(iops / plain_iops);
                else
                    plain_iops = iops;
                std::fprintf(stderr, "%s\n", json::serialize(row).c_str());
                results.push_back(std::move(row));
            }
        }
    }
    json::object out;
    out["bench"] = "sdt-tls";
    out["label"] = values.text("label");
    out["device"] = null ? "null" : "ram";
    out["results"] = std::move(results);
    return json::array{std::move(out)};
}

Result<json::array> run(const OptionValues& values) {
    const TempDir dir("bench-sdt");
    json::array out;
    const bool spawning = !values.text("spawn").empty();
    const bool both = spawning && values.flag("all") && !values.flag("replicated");
    for (const bool null : {false, true}) {
        const bool wanted = both || null == values.flag("null-device");
        if (!wanted)
            continue;
        Spawned spawned;
        LoadTarget target;
        target.host_nqn = values.text("host-nqn");
        target.subsystem_nqn = values.text("nqn");
        std::string device = "given";
        int pid = 0;
        if (spawning) {
            PF_CHECK(spawn(spawned, values, dir, null));
            target.at = spawned.at;
            target.subsystem_nqn = spawned.nqn;
            pid = spawned.process->pid();
            device = values.flag("replicated") ? "replicated" : null ? "null" : "ram";
        } else {
            PF_TRY(target.at, rt::parse_endpoint(values.text("target"), nvme::kIoPort));
        }
        PF_TRY(json::object result, run_one(target, values, pid, device));
        out.push_back(std::move(result));
    }
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
    if (parsed.values.flag("tls") && parsed.values.text("spawn").empty()) {
        std::fprintf(stderr, "bench-sdt: --tls needs --spawn\n");
        return 2;
    }
    const auto result = parsed.values.flag("tls") ? run_tls(parsed.values) : run(parsed.values);
    if (!result) {
        std::fprintf(stderr, "bench-sdt: %s\n", result.error().what.c_str());
        return 1;
    }
    std::printf("%s\n", json::serialize(*result).c_str());
    return 0;
}
