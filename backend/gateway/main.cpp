// pf-gateway: PowerFlex's REST interface over an MDM.
//
//   pf-gateway --listen 127.0.0.1:443 --mdm 127.0.0.1:6611 --data-dir /var/lib/pf-gateway
//   --admin-password file:/etc/pf/admin
#include "backend/gateway/core/gateway.hpp"
#include "backend/gateway/shell/faults.hpp"
#include "backend/gateway/shell/identity.hpp"
#include "backend/gateway/shell/mdm_client_api.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/net/http_server.hpp"
#include "base/net/url.hpp"
#include "base/options.hpp"
#include "base/secret.hpp"
#include "base/signals.hpp"

#include <cstdio>
#include <mutex>

namespace {

using namespace pf;

OptionTable option_table() {
    OptionTable table("pf-gateway", "PowerFlex REST gateway over an MDM.", "PF_GATEWAY_");
    table
        .add({.name = "listen",
              .default_value = "127.0.0.1:8443",
              .help = "address and port to serve HTTPS on; port 0 takes any free one",
              .value_name = "ADDRESS:PORT"})
        .add({.name = "mdm",
              .type = OptionType::List,
              .help = "address of an MDM; may be given several times",
              .value_name = "ADDRESS:PORT",
              .required = true})
        .add({.name = "data-dir",
              .help = "folder for users, audit log and the TLS identity",
              .value_name = "DIR",
              .required = true})
        .add({.name = "cert", .help = "PEM certificate chain to serve", .value_name = "FILE"})
        .add({.name = "key", .help = "its PEM key", .value_name = "FILE"})
        .add({.name = "tls-name",
              .type = OptionType::List,
              .help = "name or address in a certificate made here, besides the listen address",
              .value_name = "NAME"})
        .add({.name = "admin-user",
              .default_value = "admin",
              .help = "user made at the first start",
              .value_name = "NAME"})
        .add({.name = "admin-password",
              .help = "where that user's password comes from: file:PATH, env:NAME, cmd:…",
              .value_name = "REFERENCE"})
        .add({.name = "mdm-timeout",
              .type = OptionType::DurationMs,
              .default_value = "15s",
              .help = "how long a request to the MDM may take",
              .value_name = "TIME",
              .min = 100})
        .add({.name = "threads",
              .type = OptionType::Integer,
              .default_value = "8",
              .help = "requests handled at a time",
              .value_name = "N",
              .min = 1,
              .max = 256})
        .add({.name = "port-file",
              .help = "file that receives the address and port in use once the gateway serves",
              .value_name = "FILE"})
        .add({.name = "fault-rules",
              .help = "file of faults to make on purpose (labs); looked at anew when it changes",
              .value_name = "FILE"})
        .add({.name = "fault-log",
              .help = "file that gets a line for every fault made on purpose",
              .value_name = "FILE"})
        .add({.name = "log-level",
              .default_value = "info",
              .help = "trace, debug, info, warn, error"});
    return table;
}

// The initial administrator; an existing one keeps the password that the file of users holds.
Result<void> ensure_admin(gateway::Users& users, const OptionValues& options) {
    const std::string& name = options.text("admin-user");
    for (const gateway::Identity& user : users.list()) {
        if (user.user == name) {
            return {};
        }
    }
    if (!options.given("admin-password")) {
        return fail(Errc::InvalidArgument,
                    "there is no user {} yet: give its password by --admin-password file:PATH",
                    name);
    }
    PF_TRY(const Secret password, resolve_secret(options.text("admin-password")));
    return users.set(name, password, gateway::Role::SuperUser);
}

Result<void> run(const OptionValues& options, StopSignal& stop) {
    const std::string& data_dir = options.text("data-dir");
    PF_CHECK(make_dirs(data_dir, 0700));
    PF_TRY(const FileLock lock, FileLock::acquire(data_dir + "/lock"));
    PF_TRY(const std::unique_ptr<gateway::Users> users,
           gateway::Users::load(data_dir + "/users.json"));
    PF_CHECK(ensure_admin(*users, options));
    PF_TRY(const net::Endpoint listen, net::parse_endpoint(options.text("listen")));

    gateway::IdentityOptions identity_options{data_dir, options.text("cert"), options.text("key"),
                                              options.list("tls-name")};
    identity_options.names.push_back(listen.host);
    PF_TRY(const net::CertificateAndKey identity,
           gateway::load_or_create_identity(identity_options));

    mdm::ClientOptions mdm_options;
    mdm_options.addresses = options.list("mdm");
    mdm_options.timeout = std::chrono::milliseconds(options.integer("mdm-timeout"));
    gateway::SiteFacts facts;
    for (const std::string& address : mdm_options.addresses) {
        PF_TRY(const net::Endpoint endpoint, net::parse_endpoint(address));
        facts.mdm_ips.push_back(endpoint.host);
        facts.mdm_port = endpoint.port;
    }
    gateway::MdmClientApi mdm(std::move(mdm_options));

    PF_TRY(AppendFile audit_file, AppendFile::open(data_dir + "/audit.jsonl"));
    std::mutex audit_mutex;
    gateway::GatewayHooks hooks;
    hooks.audit = [&](std::string_view line) {
        const std::lock_guard guard(audit_mutex);
        if (auto done = audit_file.append(std::string(line) + "\n"); !done) {
            log("gateway").error("audit line lost error={}", done.error().what);
        }
    };
    gateway::Gateway gateway(mdm, *users, std::move(facts), std::move(hooks));

    net::HttpServerOptions server_options;
    server_options.address = listen.host;
    server_options.port = listen.port;
    server_options.cert_pem = identity.cert_pem;
    server_options.key_pem = identity.key_pem;
    server_options.name = "gateway";
    server_options.threads = static_cast<std::size_t>(options.integer("threads"));
    net::FaultRules faults(options.text("fault-rules"), options.text("fault-log"));
    net::HttpServer server(std::move(server_options),
                           net::HttpServer::AsyncHandler([&](const net::HttpServerRequest& request,
                                                             const net::Responder& responder) {
                               gateway::answer_with_faults(gateway, faults, request, responder);
                           }));
    PF_CHECK(server.start());
    if (options.given("port-file")) {
        PF_CHECK(
            write_file_atomic(options.text("port-file"),
                              net::to_string(net::Endpoint{listen.host, server.port()}) + "\n"));
    }
    log("gateway").info("serving address={} port={}", listen.host, server.port());
    while (stop.wait(std::chrono::hours(1)) == 0) {
    }
    faults.stop();
    server.stop();
    log("gateway").info("stopped");
    return {};
}

} // namespace

int main(int argc, char** argv) {
    StopSignal stop;
    const ParsedMain parsed = parse_main(option_table(), argc, argv);
    if (parsed.exit) {
        return parsed.exit_code;
    }
    init_logging({.level = parse_log_level(parsed.values.text("log-level"))});
    forbid_core_dumps();
    if (auto done = run(parsed.values, stop); !done) {
        std::fprintf(stderr, "pf-gateway: %s\n", done.error().what.c_str());
        return 1;
    }
    return 0;
}
