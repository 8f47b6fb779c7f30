// pf-sds: one data server.
#include "backend/sds/shell/server.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/options.hpp"
#include "base/signals.hpp"

#include <cstdio>
#include <thread>

namespace {

using namespace pf;

OptionTable option_table() {
    OptionTable table("pf-sds", "Data server: keeps copies of volumes on its devices.", "PF_SDS_");
    table.add({.name = "name", .help = "Name of this server, for its log.", .value_name = "NAME"});
    table.add({.name = "id",
               .help = "SDS id (16 hex digits); by default the MDM finds it by its address.",
               .value_name = "HEX"});
    table.add({.name = "listen",
               .type = OptionType::List,
               .default_value = "127.0.0.1:7072",
               .help = "Addresses of the data path, as they were given to the MDM.",
               .value_name = "ADDRESS:PORT"});
    table.add({.name = "mdm",
               .type = OptionType::List,
               .default_value = "127.0.0.1:6611",
               .help = "Addresses of the MDM.",
               .value_name = "ADDRESS:PORT"});
    table.add({.name = "state-dir",
               .help = "Directory for this server's own small state.",
               .value_name = "DIR",
               .required = true});
    table.add({.name = "device",
               .type = OptionType::List,
               .help = "Devices that may be used (default: any the MDM names), with the size of a "
                       "file to be made.",
               .value_name = "PATH[:SIZE]"});
    table.add({.name = "durability",
               .default_value = "full",
               .help = "full: writes are answered when on stable storage; relaxed: labs only, a "
                       "machine's crash loses data.",
               .value_name = "full|relaxed"});
    table.add({.name = "replicate-timeout",
               .type = OptionType::DurationMs,
               .default_value = "1s",
               .help = "Time for one attempt to reach the second copy.",
               .value_name = "TIME",
               .min = 10,
               .max = 60'000});
    table.add({.name = "secondary-patience",
               .type = OptionType::DurationMs,
               .default_value = "400ms",
               .help = "How long the second copy may be away before it is reported stale.",
               .value_name = "TIME",
               .min = 10,
               .max = 60'000});
    table.add({.name = "port-file",
               .help = "Write the addresses in use to this file once connections are accepted.",
               .value_name = "FILE"});
    table.add({.name = "log-level",
               .default_value = "info",
               .help = "trace, debug, info, warn, error or off.",
               .value_name = "LEVEL"});
    table.add(
        {.name = "log-file", .help = "Log file (default: standard error).", .value_name = "FILE"});
    return table;
}

Result<std::vector<rt::Endpoint>> endpoints(const std::vector<std::string>& texts,
                                            std::uint16_t default_port) {
    std::vector<rt::Endpoint> all;
    for (const std::string& text : texts) {
        PF_TRY(auto endpoint, rt::parse_endpoint(text, default_port));
        all.push_back(std::move(endpoint));
    }
    if (all.empty()) {
        return fail(Errc::InvalidArgument, "no address given");
    }
    return all;
}

Result<void> add_device(const std::string& text, sds::DeviceOptions& devices) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) {
        devices.allowed[text] = 0;
        return {};
    }
    PF_TRY(const std::int64_t size, parse_size_bytes(text.substr(colon + 1)));
    devices.allowed[text.substr(0, colon)] = static_cast<std::uint64_t>(size);
    return {};
}

Result<sds::ServerOptions> server_options(const OptionValues& values) {
    sds::ServerOptions options;
    options.name = values.text("name");
    options.state_dir = values.text("state-dir");
    if (values.given("id")) {
        PF_TRY(options.id.value, map::parse_hex16(values.text("id")));
    }
    PF_TRY(options.listen, endpoints(values.list("listen"), 7072));
    PF_TRY(options.mdms, endpoints(values.list("mdm"), 6611));
    for (const std::string& device : values.list("device")) {
        PF_CHECK(add_device(device, options.devices));
    }
    const std::string& durability = values.text("durability");
    if (durability != "full" && durability != "relaxed") {
        return fail(Errc::InvalidArgument, "--durability is full or relaxed, not '{}'", durability);
    }
    options.devices.relaxed_durability = durability == "relaxed";
    options.replication.replicate_timeout =
        std::chrono::milliseconds(values.integer("replicate-timeout"));
    options.replication.secondary_patience =
        std::chrono::milliseconds(values.integer("secondary-patience"));
    return options;
}

int run(const OptionValues& values) {
    StopSignal stop_signal;
    LogOptions log_options;
    log_options.level = parse_log_level(values.text("log-level"));
    log_options.file = values.text("log-file");
    init_logging(log_options);
    auto options = server_options(values);
    if (!options) {
        std::fprintf(stderr, "pf-sds: %s\n", options.error().what.c_str());
        return 2;
    }
    if (options->devices.relaxed_durability) {
        log("sds").warn("durability is relaxed: acknowledged writes may be lost by a crash of the "
                        "machine");
    }
    auto reactor = rt::Reactor::create();
    if (!reactor) {
        std::fprintf(stderr, "pf-sds: %s\n", reactor.error().what.c_str());
        return 1;
    }
    sds::Server server(**reactor, std::move(*options));
    if (auto started = server.start(); !started) {
        std::fprintf(stderr, "pf-sds: %s\n", started.error().what.c_str());
        return 1;
    }
    if (values.given("port-file")) {
        std::string text;
        for (const rt::Endpoint& at : server.addresses()) {
            text += rt::to_string(at) + "\n";
        }
        if (auto written = write_file_atomic(values.text("port-file"), text); !written) {
            std::fprintf(stderr, "pf-sds: %s\n", written.error().what.c_str());
            return 1;
        }
    }
    std::jthread waiter([&](const std::stop_token& token) {
        while (!token.stop_requested()) {
            if (stop_signal.wait(std::chrono::milliseconds(500)) != 0) {
                (*reactor)->stop();
                return;
            }
        }
    });
    (*reactor)->run();
    (*reactor)->block_on(server.stop());
    log("sds").info("stopped");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const OptionTable table = option_table();
    const ParsedMain parsed = parse_main(table, argc, argv);
    if (parsed.exit) {
        return parsed.exit_code;
    }
    return run(parsed.values);
}
