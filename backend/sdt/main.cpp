// pf-sdt: the NVMe/TCP target of the storage system.
#include "backend/nvme/auth.hpp"
#include "backend/nvme/tls_psk.hpp"
#include "backend/sdt/shell/service.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/options.hpp"
#include "base/secret.hpp"
#include "base/signals.hpp"

#include <malloc.h>

#include <cstdio>
#include <thread>

namespace {

using namespace pf;

OptionTable options() {
    OptionTable t("pf-sdt",
                  "Serves volumes over NVMe/TCP: those of a storage system, or one memory device.",
                  "PF_SDT_");
    t.add({.name = "listen",
           .type = OptionType::List,
           .default_value = "127.0.0.1",
           .help = "Numeric addresses to listen on.",
           .value_name = "ADDRESS,…"});
    t.add({.name = "nvme-port",
           .type = OptionType::Integer,
           .default_value = "4420",
           .help = "Port for I/O and discovery; 0 chooses one.",
           .value_name = "PORT",
           .min = 0,
           .max = 65535});
    t.add({.name = "discovery-port",
           .type = OptionType::Integer,
           .default_value = "8009",
           .help = "Port for discovery only; 0 chooses one.",
           .value_name = "PORT",
           .min = 0,
           .max = 65535});
    t.add({.name = "mdm",
           .type = OptionType::List,
           .help = "Addresses of the MDMs.",
           .value_name = "ADDRESS:PORT,…"});
    t.add({.name = "name",
           .type = OptionType::Text,
           .help = "Name of this SDT in the system.",
           .value_name = "NAME"});
    t.add({.name = "id",
           .type = OptionType::Text,
           .help = "Id of this SDT in the system, 16 hex digits, instead of its name.",
           .value_name = "ID"});
    t.add({.name = "io-timeout",
           .type = OptionType::DurationMs,
           .default_value = "20s",
           .help = "Longest time for one I/O before the host gets a path error.",
           .value_name = "TIME",
           .min = 100});
    t.add({.name = "join-timeout",
           .type = OptionType::DurationMs,
           .default_value = "60s",
           .help = "Longest time to wait for the MDM at the start.",
           .value_name = "TIME",
           .min = 1});
    t.add({.name = "ram-device",
           .type = OptionType::SizeBytes,
           .default_value = "0",
           .help = "Standalone: one namespace of this size in memory, no MDM.",
           .value_name = "SIZE",
           .min = 0});
    t.add({.name = "null-device",
           .type = OptionType::SizeBytes,
           .default_value = "0",
           .help = "Standalone: one namespace of this size that forgets what is written.",
           .value_name = "SIZE",
           .min = 0});
    t.add({.name = "subsystem-nqn",
           .type = OptionType::Text,
           .default_value = "nqn.1988-11.com.dell:powerflex:00:0000000000000001",
           .help = "Standalone: name of the subsystem.",
           .value_name = "NQN"});
    t.add({.name = "allow-host",
           .type = OptionType::List,
           .help = "Standalone: NQNs of the hosts that may connect; all when not given.",
           .value_name = "NQN,…"});
    t.add({.name = "block-size",
           .type = OptionType::Integer,
           .default_value = "512",
           .help = "Standalone: bytes of a block, 512 or 4096.",
           .value_name = "BYTES",
           .min = 512,
           .max = 4096});
    t.add({.name = "dhchap-secret",
           .help = "Standalone: reference to the secret (DHHC-1:…) that allowed hosts must prove.",
           .value_name = "REFERENCE"});
    t.add({.name = "dhchap-ctrl-secret",
           .help = "Standalone: reference to the secret that proves this target to hosts.",
           .value_name = "REFERENCE"});
    t.add({.name = "tls-port",
           .type = OptionType::Integer,
           .default_value = "-1",
           .help =
               "Port for I/O and discovery under TLS 1.3, with the keys of the hosts; 0 chooses "
               "one, -1 is none.",
           .value_name = "PORT",
           .min = -1,
           .max = 65535});
    t.add({.name = "tls-psk",
           .help = "Standalone: reference to the TLS key (NVMeTLSkey-1:…) of the allowed hosts, "
                   "who then may come by TLS only.",
           .value_name = "REFERENCE"});
    t.add({.name = "discovery-nqn",
           .type = OptionType::Text,
           .help = "A name of its own for discovery, beside the well-known one.",
           .value_name = "NQN"});
    t.add({.name = "advertise",
           .type = OptionType::List,
           .help = "Standalone: addresses in the discovery log instead of those listened on.",
           .value_name = "ADDRESS,…"});
    t.add({.name = "ready-file",
           .type = OptionType::Text,
           .help = "File that gets the listening addresses as JSON once hosts can connect.",
           .value_name = "PATH"});
    t.add({.name = "spin",
           .type = OptionType::Integer,
           .default_value = "50",
           .help = "Microseconds to look for work before sleeping; lower latency, busy core.",
           .value_name = "MICROSECONDS",
           .min = 0,
           .max = 1'000'000});
    t.add({.name = "log-level",
           .type = OptionType::Text,
           .default_value = "info",
           .help = "trace, debug, info, warn, error or off.",
           .value_name = "LEVEL"});
    return t;
}

Result<sdt::ClusterConfig> cluster_config(const OptionValues& values,
                                          const sdt::ListenConfig& listen) {
    sdt::ClusterConfig cluster;
    for (const std::string& text : values.list("mdm")) {
        PF_TRY(const auto endpoint, rt::parse_endpoint(text));
        if (endpoint.port == 0)
            return fail(Errc::InvalidArgument, "--mdm {}: the port is missing", text);
        cluster.mdms.push_back(endpoint);
    }
    if (!values.text("id").empty()) {
        PF_TRY(const auto id, map::parse_hex16(values.text("id")));
        cluster.identity.id = map::SdtId{id};
    }
    cluster.identity.name = values.text("name");
    cluster.identity.ips = listen.addresses;
    cluster.identity.nvme_port = listen.nvme_port;
    cluster.identity.discovery_port = listen.discovery_port;
    cluster.identity.tls_port = listen.tls_port.value_or(0);
    cluster.discovery_nqn = values.text("discovery-nqn");
    cluster.io_timeout = std::chrono::milliseconds(values.integer("io-timeout"));
    cluster.join_timeout = std::chrono::milliseconds(values.integer("join-timeout"));
    return cluster;
}

Result<Secret> dhchap_secret(const OptionValues& values, const char* option) {
    if (values.text(option).empty())
        return Secret();
    PF_TRY(Secret secret, resolve_secret(values.text(option)));
    if (const auto parsed = nvme::parse_dhchap_secret(secret.expose()); !parsed)
        return fail(Errc::InvalidArgument, "--{}: {}", option, parsed.error().what);
    return secret;
}

Result<sdt::StandaloneConfig> standalone_config(const OptionValues& values) {
    sdt::StandaloneConfig standalone;
    const auto null_bytes = static_cast<uint64_t>(values.integer("null-device"));
    standalone.null_device = null_bytes > 0;
    standalone.device_bytes =
        standalone.null_device ? null_bytes : static_cast<uint64_t>(values.integer("ram-device"));
    standalone.subsystem_nqn = values.text("subsystem-nqn");
    standalone.allowed_hosts = values.list("allow-host");
    standalone.advertise = values.list("advertise");
    if (values.integer("block-size") != 512 && values.integer("block-size") != 4096)
        return fail(Errc::InvalidArgument, "--block-size must be 512 or 4096");
    standalone.block_bytes = static_cast<uint32_t>(values.integer("block-size"));
    PF_TRY(standalone.dhchap_secret, dhchap_secret(values, "dhchap-secret"));
    PF_TRY(standalone.dhchap_ctrl_secret, dhchap_secret(values, "dhchap-ctrl-secret"));
    if (!standalone.dhchap_secret.empty() && standalone.allowed_hosts.empty())
        return fail(Errc::InvalidArgument,
                    "--dhchap-secret: say by --allow-host which hosts it is for");
    if (!values.text("tls-psk").empty()) {
        PF_TRY(standalone.tls_psk, resolve_secret(values.text("tls-psk")));
        if (const auto parsed = nvme::parse_tls_psk(standalone.tls_psk.expose()); !parsed)
            return fail(Errc::InvalidArgument, "--tls-psk: {}", parsed.error().what);
        if (standalone.allowed_hosts.empty())
            return fail(Errc::InvalidArgument,
                        "--tls-psk: say by --allow-host which hosts it is for");
        if (values.integer("tls-port") < 0)
            return fail(Errc::InvalidArgument, "--tls-psk needs --tls-port");
    }
    standalone.discovery_nqn = values.text("discovery-nqn");
    return standalone;
}

Result<void> write_ready_file(const std::string& path, const sdt::Service& service) {
    json::array nvme;
    for (const rt::Endpoint& e : service.nvme_endpoints())
        nvme.push_back(json::value(rt::to_string(e)));
    json::array discovery;
    for (const rt::Endpoint& e : service.discovery_endpoints())
        discovery.push_back(json::value(rt::to_string(e)));
    json::array tls;
    for (const rt::Endpoint& e : service.tls_endpoints())
        tls.push_back(json::value(rt::to_string(e)));
    const json::object ready{{"nvme", nvme}, {"discovery", discovery}, {"tls", tls}};
    return write_file_atomic(path, json::serialize(ready) + "\n");
}

Result<void> run(const OptionValues& values, StopSignal& stop_signal) {
    sdt::ListenConfig listen;
    listen.addresses = values.list("listen");
    listen.nvme_port = static_cast<uint16_t>(values.integer("nvme-port"));
    listen.discovery_port = static_cast<uint16_t>(values.integer("discovery-port"));
    if (values.integer("tls-port") == 0 && !values.list("mdm").empty())
        return fail(Errc::InvalidArgument,
                    "--tls-port 0: with --mdm the port must be known before the start");
    if (values.integer("tls-port") >= 0)
        listen.tls_port = static_cast<uint16_t>(values.integer("tls-port"));
    if (listen.addresses.empty())
        return fail(Errc::InvalidArgument, "--listen: at least one address is needed");
    const bool ram = values.integer("ram-device") > 0;
    const bool null = values.integer("null-device") > 0;
    const bool clustered = !values.list("mdm").empty();
    if (int{ram} + int{null} + int{clustered} != 1)
        return fail(Errc::InvalidArgument,
                    "exactly one of --mdm, --ram-device and --null-device is needed");
    rt::ReactorOptions reactor_options;
    reactor_options.spin = std::chrono::microseconds(values.integer("spin"));
    PF_TRY(const auto reactor, rt::Reactor::create(reactor_options));
    sdt::Service service(*reactor);
    Result<void> started;
    if (clustered) {
        PF_TRY(auto cluster, cluster_config(values, listen));
        started = reactor->block_on(service.start(std::move(listen), std::move(cluster)));
    } else {
        PF_TRY(auto standalone, standalone_config(values));
        started = service.start(std::move(listen), std::move(standalone));
    }
    if (started && !values.text("ready-file").empty())
        started = write_ready_file(values.text("ready-file"), service);
    if (started) {
        std::jthread waiter([&](const std::stop_token& token) {
            while (!token.stop_requested() && stop_signal.wait(200ms) == 0) {
            }
            reactor->stop();
        });
        reactor->run();
    }
    log("sdt").info("stopping");
    reactor->block_on(service.stop());
    return started;
}

} // namespace

int main(int argc, char** argv) {
    // Data buffers up to the largest transfer come from the heap, not from fresh pages each time.
    mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    forbid_core_dumps(); // the hosts' secrets live in this process
    StopSignal stop_signal;
    const ParsedMain parsed = parse_main(options(), argc, argv);
    if (parsed.exit)
        return parsed.exit_code;
    LogOptions log_options;
    log_options.level = parse_log_level(parsed.values.text("log-level"));
    init_logging(log_options);
    const Result<void> done = run(parsed.values, stop_signal);
    if (!done) {
        std::fprintf(stderr, "pf-sdt: %s\n", done.error().what.c_str());
        return done.error().code == Errc::InvalidArgument ? 2 : 1;
    }
    return 0;
}
