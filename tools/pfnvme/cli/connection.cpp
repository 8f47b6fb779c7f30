#include "tools/pfnvme/cli/connection.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "tools/pfnvme/adapters/powerflex_adapter.hpp"
#include "tools/pfnvme/adapters/vsphere_adapter.hpp"
#include "tools/pfnvme/cli/contexts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <sstream>

namespace pf::nvmetool {

namespace {

std::string first_of_environment(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') {
            return value;
        }
    }
    return {};
}

std::string option_or(const OptionValues& values, std::string_view option,
                      std::initializer_list<const char*> names) {
    if (const std::string& given = values.text(option); !given.empty()) {
        return given;
    }
    if (std::string found = first_of_environment(names); !found.empty()) {
        return found;
    }
    const auto context = context_values(values); // its errors are told when a system is opened
    if (!context) {
        return {};
    }
    const auto found = context->find(std::string(option));
    return found == context->end() ? std::string() : found->second;
}

bool is_true(const char* name) {
    const std::string text = first_of_environment({name});
    return text == "1" || text == "true" || text == "TRUE" || text == "yes";
}

bool on_this_machine(const std::string& url) {
    const std::string endpoint = endpoint_of(url);
    return endpoint.starts_with("127.") || endpoint.starts_with("localhost:") ||
           endpoint.starts_with("[::1]:");
}

// govc's file: "host:port thumbprint" a line.
void add_known_thumbprints(const std::string& url, net::TlsTrust& trust) {
    const std::string path = first_of_environment({"GOVC_TLS_KNOWN_HOSTS"});
    const Result<std::string> text = path.empty() ? Result<std::string>("") : read_file(path);
    if (!text) {
        return; // without it the certificate is not trusted, which is said
    }
    std::istringstream lines(*text);
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string host;
        std::string thumbprint;
        if (words >> host >> thumbprint && endpoint_of(host) == endpoint_of(url)) {
            trust.sha256_pins.push_back(thumbprint);
        }
    }
}

// CA, pins of the command line, and what `trust add` has pinned for this server.
// `insecure` names the variable that asks for no verification: heard only for a lab on this
// machine.
Result<net::TlsTrust> trust_of(const OptionValues& values, const std::string& url,
                               const char* insecure) {
    net::TlsTrust trust;
    trust.ca_file = option_or(values, "ca-file", {"PF_CA_FILE", "GOVC_TLS_CA_CERTS"});
    trust.sha256_pins = values.list("pin");
    PF_TRY(const std::vector<TrustedCertificate> known, load_trust());
    for (const TrustedCertificate& item : known) {
        if (item.endpoint == endpoint_of(url)) {
            trust.sha256_pins.push_back(item.sha256);
        }
    }
    add_known_thumbprints(url, trust);
    trust.insecure = is_true(insecure) && on_this_machine(url);
    return trust;
}

// --trace DIR: a line for each call, both systems in one file; appended, so that several
// connections of one process share it.
Result<ConnectionTuning> tuning_of(const OptionValues& values) {
    ConnectionTuning out;
    out.timeout = std::chrono::milliseconds(values.integer("timeout"));
    if (const std::string& folder = values.text("trace"); !folder.empty()) {
        PF_CHECK(make_dirs(folder, 0700));
        const std::string path = folder + "/calls.log";
        const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) {
            return fail(errno_error("open", path, errno));
        }
        auto file = std::make_shared<UniqueFd>(fd);
        out.trace = [file](const std::string& line) {
            const std::string text = format_rfc3339(wall_now()) + " " + line + "\n";
            (void)!::write(file->get(), text.data(), text.size()); // one write: lines stay whole
        };
    }
    return out;
}

// govc takes https://user:password@host/sdk as well.
struct UrlParts {
    std::string url;
    std::string user;
    Secret password;
};

UrlParts split_url(std::string url) {
    UrlParts out;
    const std::size_t scheme = url.find("://");
    const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
    const std::size_t slash = url.find('/', start);
    const std::size_t at = url.rfind('@', slash == std::string::npos ? url.size() : slash);
    if (at != std::string::npos && at >= start) {
        const std::string userinfo = url.substr(start, at - start);
        const std::size_t colon = userinfo.find(':');
        out.user = userinfo.substr(0, colon);
        if (colon != std::string::npos) {
            out.password = Secret(userinfo.substr(colon + 1));
        }
        url.erase(start, at + 1 - start);
    }
    out.url = std::move(url);
    return out;
}

// "netrc:" alone means the entry of this user at this server.
Result<Secret> secret_for(const std::string& reference, const std::string& user,
                          const std::string& url) {
    if (reference != "netrc:" || url.empty()) {
        return resolve_secret(reference);
    }
    const std::string endpoint = endpoint_of(url);
    return resolve_secret(
        fmt::format("netrc:{}@{}", user, endpoint.substr(0, endpoint.rfind(':'))));
}

Result<Secret> password_of(const OptionValues& values, std::string_view option,
                           const char* environment, std::string_view system,
                           const std::string& user = {}, const std::string& url = {}) {
    if (const std::string& reference = values.text(option); !reference.empty()) {
        return secret_for(reference, user, url);
    }
    if (!first_of_environment({environment}).empty()) {
        return resolve_secret(std::string("env:") + environment);
    }
    PF_TRY(const auto context, context_values(values));
    if (const auto found = context.find(std::string(option)); found != context.end()) {
        return secret_for(found->second, user, url);
    }
    return fail(Errc::InvalidArgument, "no password for {}: set {} or give --{} as one of {}",
                system, environment, option, kSecretReferences);
}

// SSH is used only where the administrator gave a user or a key for it.
Result<ShellAccess> shell_access(const OptionValues& values) {
    ShellAccess out;
    const std::string user = option_or(values, "ssh-user", {"PF_SSH_USER"});
    out.key_file = option_or(values, "ssh-key", {"PF_SSH_KEY"});
    out.enabled = !values.flag("no-ssh") && (!user.empty() || !out.key_file.empty());
    if (!out.enabled) {
        return out;
    }
    if (!user.empty()) {
        out.user = user;
    }
    if (values.given("ssh-port")) {
        out.port = static_cast<std::uint16_t>(values.integer("ssh-port"));
    } else if (const std::string port = first_of_environment({"PF_SSH_PORT"}); !port.empty()) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (error != std::errc{} || end != port.data() + port.size() || out.port == 0) {
            return fail(Errc::InvalidArgument, "PF_SSH_PORT is '{}', not a port", port);
        }
    }
    out.known_hosts_file = option_or(values, "ssh-known-hosts", {"PF_SSH_KNOWN_HOSTS"});
    if (out.known_hosts_file.empty() && file_exists(trusted_hosts_path())) {
        out.known_hosts_file = trusted_hosts_path(); // what `trust add --ssh` wrote
    }
    if (out.known_hosts_file.empty()) {
        if (const std::string home = first_of_environment({"HOME"}); !home.empty()) {
            out.known_hosts_file = home + "/.ssh/known_hosts";
        }
    }
    if (const std::string& reference = values.text("ssh-key-passphrase"); !reference.empty()) {
        PF_TRY(out.key_passphrase, resolve_secret(reference));
    }
    if (!values.text("ssh-password").empty() ||
        !first_of_environment({"PF_SSH_PASSWORD"}).empty()) {
        PF_TRY(out.password,
               password_of(values, "ssh-password", "PF_SSH_PASSWORD", "the hosts' shells"));
    }
    // With a key of one's own the agent's keys would only use up the server's patience.
    out.use_agent = out.key_file.empty();
    std::string hosts;
    for (const std::string& pair : values.list("ssh-host")) {
        hosts += pair + " ";
    }
    PF_TRY(out.addresses,
           parse_shell_addresses(hosts.empty() ? first_of_environment({"PF_SSH_HOSTS"}) : hosts));
    return out;
}

// Which system, as whom.
Error name_system(const Error& error, std::string_view system, const std::string& url,
                  const std::string& user, const char* insecure) {
    const char* hint = error.code == Errc::Untrusted && is_true(insecure)
                           ? "; outside a lab on this machine certificates are always verified"
                           : "";
    return {error.code,
            fmt::format("{} {} as {}: {}{}{}", system, url, user, error.what,
                        *hint == '\0' ? "" : fmt::format(", {} is ignored", insecure), hint)};
}

} // namespace

void add_connection_options(OptionTable& table) {
    table.add({.name = "context",
               .help = "named settings instead of the context in use (also -C)",
               .value_name = "NAME"});
    table.add({.name = "vcenter", .help = "vCenter; else GOVC_URL", .value_name = "URL"});
    table.add({.name = "vcenter-user", .help = "user; else GOVC_USERNAME", .value_name = "NAME"});
    table.add({.name = "vcenter-password",
               .help = fmt::format("reference to the password ({}); else GOVC_PASSWORD",
                                   kSecretReferences),
               .value_name = "REF"});
    table.add(
        {.name = "powerflex", .help = "PowerFlex; else POWERFLEX_ENDPOINT", .value_name = "URL"});
    table.add(
        {.name = "powerflex-user", .help = "user; else POWERFLEX_USERNAME", .value_name = "NAME"});
    table.add({.name = "powerflex-password",
               .help = "reference to the password; else POWERFLEX_PASSWORD",
               .value_name = "REF"});
    table.add({.name = "ca-file",
               .help = "PEM file with the CAs to trust; else PF_CA_FILE or GOVC_TLS_CA_CERTS",
               .value_name = "FILE"});
    table.add({.name = "ssh-user",
               .help = "user for the hosts' shells (voma); else PF_SSH_USER; root when only a key "
                       "is given",
               .value_name = "NAME"});
    table.add({.name = "ssh-port",
               .type = OptionType::Integer,
               .help = "port of the hosts' SSH service; else PF_SSH_PORT; 22",
               .value_name = "PORT",
               .min = 1,
               .max = 65535});
    table.add({.name = "ssh-key",
               .help = "private key for the hosts' shells; else PF_SSH_KEY",
               .value_name = "FILE"});
    table.add({.name = "ssh-key-passphrase",
               .help = "reference to the key's passphrase",
               .value_name = "REF"});
    table.add({.name = "ssh-password",
               .help = "reference to the shell user's password; else PF_SSH_PASSWORD",
               .value_name = "REF"});
    table.add({.name = "ssh-known-hosts",
               .help = "known host keys; else PF_SSH_KNOWN_HOSTS; ~/.ssh/known_hosts",
               .value_name = "FILE"});
    table.add({.name = "ssh-host",
               .type = OptionType::List,
               .help = "where the SSH service of a host listens, when not under vCenter's name of "
                       "the host; else PF_SSH_HOSTS (may be repeated)",
               .value_name = "HOST=ADDRESS"});
    table.add({.name = "no-ssh",
               .type = OptionType::Flag,
               .help = "no shell on any host, whatever the settings say"});
    table.add({.name = "timeout",
               .type = OptionType::DurationMs,
               .default_value = "0",
               .help = "of one call; 0: as each kind of call needs",
               .value_name = "TIME"});
    table.add({.name = "trace",
               .help = "note every call in calls.log in this folder; no credentials, no bodies",
               .value_name = "DIR"});
    table.add({.name = "pin",
               .type = OptionType::List,
               .help = "SHA-256 of a server certificate to trust instead of a CA (may be repeated)",
               .value_name = "HEX"});
}

Result<std::unique_ptr<VspherePort>> open_vsphere(const OptionValues& values) {
    PF_CHECK(context_values(values));
    UrlParts target = split_url(option_or(values, "vcenter", {"GOVC_URL"}));
    if (target.url.empty()) {
        return fail(Errc::InvalidArgument, "no vCenter: set GOVC_URL or give --vcenter URL");
    }
    std::string user = option_or(values, "vcenter-user", {"GOVC_USERNAME"});
    if (user.empty()) {
        user = target.user;
    }
    if (user.empty()) {
        return fail(Errc::InvalidArgument,
                    "no vCenter user: set GOVC_USERNAME or give --vcenter-user");
    }
    Secret password = target.password;
    if (password.empty()) {
        PF_TRY(password, password_of(values, "vcenter-password", "GOVC_PASSWORD", "vCenter", user,
                                     target.url));
    }
    PF_TRY(ShellAccess shell, shell_access(values));
    PF_TRY(const net::TlsTrust trust, trust_of(values, target.url, "GOVC_INSECURE"));
    PF_TRY(const ConnectionTuning tuning, tuning_of(values));
    Result<std::unique_ptr<VspherePort>> port =
        connect_vsphere(target.url, trust, user, password, std::move(shell), tuning);
    if (!port) {
        return fail(name_system(port.error(), "vCenter", target.url, user, "GOVC_INSECURE"));
    }
    return port;
}

Result<std::unique_ptr<PowerFlexPort>> open_powerflex(const OptionValues& values) {
    PF_CHECK(context_values(values));
    const std::string endpoint = option_or(values, "powerflex", {"POWERFLEX_ENDPOINT"});
    if (endpoint.empty()) {
        return fail(Errc::InvalidArgument,
                    "no PowerFlex: set POWERFLEX_ENDPOINT or give --powerflex URL");
    }
    const std::string user = option_or(values, "powerflex-user", {"POWERFLEX_USERNAME"});
    if (user.empty()) {
        return fail(Errc::InvalidArgument,
                    "no PowerFlex user: set POWERFLEX_USERNAME or give --powerflex-user");
    }
    PF_TRY(const Secret password, password_of(values, "powerflex-password", "POWERFLEX_PASSWORD",
                                              "PowerFlex", user, endpoint));
    PF_TRY(const net::TlsTrust trust, trust_of(values, endpoint, "POWERFLEX_INSECURE"));
    PF_TRY(const ConnectionTuning tuning, tuning_of(values));
    Result<std::unique_ptr<PowerFlexPort>> port =
        connect_powerflex(endpoint, trust, user, password, tuning);
    if (!port) {
        return fail(name_system(port.error(), "PowerFlex", endpoint, user, "POWERFLEX_INSECURE"));
    }
    return port;
}

Result<Connections> open_both(const OptionValues& values) {
    Connections out;
    PF_TRY(out.vsphere, open_vsphere(values));
    PF_TRY(out.powerflex, open_powerflex(values));
    return out;
}

} // namespace pf::nvmetool
