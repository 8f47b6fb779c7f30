#include "tools/pfnvme/cli/connection.hpp"

#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "tools/pfnvme/adapters/powerflex_adapter.hpp"
#include "tools/pfnvme/adapters/vsphere_adapter.hpp"

#include <cstdlib>
#include <initializer_list>

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
    const std::string& given = values.text(option);
    return given.empty() ? first_of_environment(names) : given;
}

net::TlsTrust trust_of(const OptionValues& values) {
    net::TlsTrust trust;
    trust.ca_file = option_or(values, "ca-file", {"PF_CA_FILE", "GOVC_TLS_CA_CERTS"});
    trust.sha256_pins = values.list("pin");
    return trust;
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

Result<Secret> password_of(const OptionValues& values, std::string_view option,
                           const char* environment, std::string_view system) {
    if (const std::string& reference = values.text(option); !reference.empty()) {
        return resolve_secret(reference);
    }
    if (!first_of_environment({environment}).empty()) {
        return resolve_secret(std::string("env:") + environment);
    }
    return fail(Errc::InvalidArgument,
                "no password for {}: set {} or give --{} env:NAME, file:PATH or "
                "prompt:",
                system, environment, option);
}

// Which system, as whom.
Error name_system(const Error& error, std::string_view system, const std::string& url,
                  const std::string& user) {
    return {error.code, fmt::format("{} {} as {}: {}", system, url, user, error.what)};
}

} // namespace

void add_connection_options(OptionTable& table) {
    table.add({.name = "vcenter", .help = "vCenter; else GOVC_URL", .value_name = "URL"});
    table.add({.name = "vcenter-user", .help = "user; else GOVC_USERNAME", .value_name = "NAME"});
    table.add(
        {.name = "vcenter-password",
         .help =
             "reference to the password (env:NAME, file:PATH, cmd:…, prompt:); else GOVC_PASSWORD",
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
    table.add({.name = "pin",
               .type = OptionType::List,
               .help = "SHA-256 of a server certificate to trust instead of a CA (may be repeated)",
               .value_name = "HEX"});
}

Result<std::unique_ptr<VspherePort>> open_vsphere(const OptionValues& values) {
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
        PF_TRY(password, password_of(values, "vcenter-password", "GOVC_PASSWORD", "vCenter"));
    }
    Result<std::unique_ptr<VspherePort>> port =
        connect_vsphere(target.url, trust_of(values), user, password);
    if (!port) {
        return fail(name_system(port.error(), "vCenter", target.url, user));
    }
    return port;
}

Result<std::unique_ptr<PowerFlexPort>> open_powerflex(const OptionValues& values) {
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
    PF_TRY(const Secret password,
           password_of(values, "powerflex-password", "POWERFLEX_PASSWORD", "PowerFlex"));
    Result<std::unique_ptr<PowerFlexPort>> port =
        connect_powerflex(endpoint, trust_of(values), user, password);
    if (!port) {
        return fail(name_system(port.error(), "PowerFlex", endpoint, user));
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
