// pf-mdm: the manager of a storage system (single mode, SQLite).
#include "backend/map/ids.hpp"
#include "backend/mdm/core/core.hpp"
#include "backend/mdm/core/sealer.hpp"
#include "backend/mdm/shell/server.hpp"
#include "backend/rt/reactor.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/options.hpp"
#include "base/secret.hpp"
#include "base/signals.hpp"

#include <cstdio>
#include <thread>

namespace {

using namespace pf;

void duration(OptionTable& t, const char* name, const char* value, const char* help) {
    t.add({.name = name,
           .type = OptionType::DurationMs,
           .default_value = value,
           .help = help,
           .value_name = "TIME",
           .min = 10});
}

OptionTable options() {
    OptionTable t("pf-mdm", "Manages a storage system: objects, map, leases, rebuilds, snapshots.",
                  "PF_MDM_");
    t.add({.name = "listen",
           .type = OptionType::Text,
           .default_value = "127.0.0.1:6611",
           .help = "Where data servers, clients and the gateway connect; port 0 chooses one.",
           .value_name = "ADDRESS:PORT"});
    t.add({.name = "data-dir",
           .type = OptionType::Text,
           .help = "Folder of the metadata store; made when it is not there.",
           .value_name = "FOLDER",
           .required = true});
    t.add({.name = "secret-key-file",
           .type = OptionType::Text,
           .help = "Key that seals the hosts' secrets in the store, 64 hex digits; drawn when the "
                   "file is not there. secrets.key in the data folder when not given.",
           .value_name = "FILE"});
    t.add({.name = "system-id",
           .type = OptionType::Text,
           .help = "Id of a new system, 16 hex digits; drawn at random when not given.",
           .value_name = "ID"});
    t.add({.name = "system-name",
           .type = OptionType::Text,
           .help = "Name of a new system.",
           .value_name = "NAME"});
    t.add({.name = "mode",
           .type = OptionType::Text,
           .default_value = "single",
           .help = "Cluster mode; only 'single' is supported.",
           .value_name = "MODE"});
    t.add({.name = "port-file",
           .type = OptionType::Text,
           .help = "Write the address and port in use to this file once connections are accepted.",
           .value_name = "FILE"});
    duration(t, "lease", "3s", "How long a data server or client works without hearing from us.");
    duration(t, "lease-margin", "500ms",
             "Added to a lease before anything of its holder is moved.");
    duration(t, "heartbeat", "500ms", "How often data servers and clients renew their lease.");
    duration(t, "startup-grace", "4s", "After a start, leases granted before may last this long.");
    duration(t, "freeze-timeout", "10s", "Longest time to freeze volumes for a snapshot.");
    duration(t, "ack-timeout", "8s", "A map change not confirmed for so long ends the lease.");
    duration(t, "rebuild-retry", "2s", "Pause before an interrupted rebuild starts again.");
    duration(t, "forward-rebuild-after", "10m",
             "A lost second copy is made anew elsewhere after so long.");
    t.add({.name = "combs-per-pool",
           .type = OptionType::Integer,
           .default_value = "1024",
           .help = "Combs of a new storage pool, a power of two.",
           .value_name = "COUNT",
           .min = 1,
           .max = map::kMaxCombCount});
    t.add({.name = "log-level",
           .type = OptionType::Text,
           .default_value = "info",
           .help = "trace, debug, info, warn, error or off.",
           .value_name = "LEVEL"});
    t.add({.name = "log-file",
           .type = OptionType::Text,
           .help = "Log to this file instead of standard error.",
           .value_name = "FILE"});
    return t;
}

Duration ms(const OptionValues& v, const char* name) {
    return std::chrono::milliseconds(v.integer(name));
}

Result<mdm::CoreConfig> core_config(const OptionValues& v) {
    mdm::CoreConfig config;
    config.lease = ms(v, "lease");
    config.lease_margin = ms(v, "lease-margin");
    config.heartbeat = ms(v, "heartbeat");
    config.startup_grace = ms(v, "startup-grace");
    config.freeze_timeout = ms(v, "freeze-timeout");
    config.ack_timeout = ms(v, "ack-timeout");
    config.rebuild_retry = ms(v, "rebuild-retry");
    config.forward_rebuild_after = ms(v, "forward-rebuild-after");
    config.comb_count = static_cast<std::uint32_t>(v.integer("combs-per-pool"));
    if (!std::has_single_bit(config.comb_count))
        return fail(Errc::InvalidArgument, "--combs-per-pool must be a power of two");
    if (config.heartbeat * 2 > config.lease)
        return fail(Errc::InvalidArgument, "--lease must be at least twice --heartbeat");
    if (config.startup_grace < config.lease + config.lease_margin)
        return fail(Errc::InvalidArgument,
                    "--startup-grace must be at least --lease plus --lease-margin");
    return config;
}

Result<void> serve(const OptionValues& v, StopSignal& stop_signal) {
    if (v.text("mode") != "single")
        return fail(Errc::Unsupported, "--mode {}: only 'single' is supported", v.text("mode"));
    PF_TRY(auto config, core_config(v));
    mdm::SystemChoice system;
    system.name = v.text("system-name");
    if (!v.text("system-id").empty()) {
        PF_TRY(system.id, map::parse_hex16(v.text("system-id")));
        if (system.id == 0)
            return fail(Errc::InvalidArgument, "--system-id must not be zero");
    }
    mdm::ServerOptions options;
    PF_TRY(options.listen, rt::parse_endpoint(v.text("listen"), 6611));
    PF_CHECK(make_dirs(v.text("data-dir"), 0700));
    const std::string key_file = v.text("secret-key-file");
    PF_TRY(options.sealer, mdm::Sealer::from_file(
                               key_file.empty() ? v.text("data-dir") + "/secrets.key" : key_file));
    PF_TRY(auto store, meta::open_sqlite_store(v.text("data-dir") + "/mdm.sqlite"));
    PF_TRY(auto reactor, rt::Reactor::create());
    PF_TRY(auto server, mdm::Server::create(*reactor, reactor->network(), std::move(store), config,
                                            system, options));
    Result<void> outcome;
    server->on_failure([&](Error error) {
        outcome = fail(std::move(error));
        reactor->stop();
    });
    PF_CHECK(server->start());
    const auto address = rt::to_string(server->local());
    log("mdm").info("listening address={} system={}", address, server->system_id());
    if (!v.text("port-file").empty())
        PF_CHECK(write_file_atomic(v.text("port-file"), address + "\n"));

    std::jthread waiter([&](std::stop_token token) {
        while (!token.stop_requested())
            if (stop_signal.wait(200ms) != 0) {
                reactor->stop();
                return;
            }
    });
    reactor->run();
    waiter.request_stop();
    waiter.join();
    reactor->block_on(server->stop());
    server.reset();
    return outcome;
}

} // namespace

int main(int argc, char** argv) {
    pf::forbid_core_dumps(); // the hosts' secrets live in this process
    pf::StopSignal stop_signal;
    const auto table = options();
    auto parsed = parse_main(table, argc, argv);
    if (parsed.exit)
        return parsed.exit_code;
    LogOptions log_options;
    log_options.level = parse_log_level(parsed.values.text("log-level"));
    log_options.file = parsed.values.text("log-file");
    init_logging(log_options);
    if (auto outcome = serve(parsed.values, stop_signal); !outcome) {
        std::fprintf(stderr, "pf-mdm: %s\n", outcome.error().what.c_str());
        return 1;
    }
    log("mdm").info("stopped");
    return 0;
}
