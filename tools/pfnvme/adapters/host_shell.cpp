#include "tools/pfnvme/adapters/host_shell.hpp"

#include "base/net/ssh_client.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace pf::nvmetool {

namespace {

// voma reads metadata, minutes for each TiB of it; an hour is more than a 64 TiB volume needs.
constexpr std::chrono::minutes kVomaTimeout{60};

std::string last_line(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
        text.remove_suffix(1);
    }
    const std::size_t at = text.rfind('\n');
    return std::string(at == std::string_view::npos ? text : text.substr(at + 1));
}

std::string first_line_with(std::string_view text, std::string_view word) {
    const std::size_t at = text.find(word);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::size_t line = text.rfind('\n', at);
    const std::size_t start = line == std::string_view::npos ? 0 : line + 1;
    return std::string(text.substr(start, text.find('\n', at) - start));
}

// The number after "Total Errors Found:"; the colon and the blanks vary by release.
std::optional<std::uint64_t> total_errors(std::string_view out) {
    constexpr std::string_view kTotal = "Total Errors Found";
    std::size_t at = out.rfind(kTotal);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    at = out.find_first_not_of(": \t", at + kTotal.size());
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(out.data() + at, out.data() + out.size(), value);
    if (error != std::errc{} || end == out.data() + at) {
        return std::nullopt;
    }
    return value;
}

// A device name goes into a shell's command line: only what such names are made of.
bool plain_device_name(std::string_view device) {
    return !device.empty() && std::all_of(device.begin(), device.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == ':';
    });
}

} // namespace

Result<std::map<std::string, std::string>> parse_shell_addresses(std::string_view text) {
    std::map<std::string, std::string> out;
    while (true) {
        const std::size_t start = text.find_first_not_of(" ,\t\n");
        if (start == std::string_view::npos) {
            return out;
        }
        text.remove_prefix(start);
        const std::string_view pair = text.substr(0, text.find_first_of(" ,\t\n"));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0 || equals + 1 == pair.size()) {
            return fail(Errc::InvalidArgument,
                        "'{}' is no HOST=ADDRESS: give vCenter's name of the host and where its "
                        "SSH service listens",
                        pair);
        }
        out.insert_or_assign(std::string(pair.substr(0, equals)),
                             std::string(pair.substr(equals + 1)));
        text.remove_prefix(pair.size());
    }
}

MetadataCheck parse_voma(int exit_status, std::string_view out, std::string_view err) {
    if (const auto errors = total_errors(out)) {
        return {true, *errors, first_line_with(out, "Total Errors Found")};
    }
    std::string reason = first_line_with(out, "ERROR");
    if (reason.empty()) {
        reason = last_line(err);
    }
    if (reason.empty()) {
        reason = last_line(out);
    }
    return {false, 0,
            fmt::format("voma ended with status {} without a total{}{}", exit_status,
                        reason.empty() ? "" : ": ", reason)};
}

std::string HostShell::address_of(const std::string& host) const {
    const auto found = access_.addresses.find(host);
    return found == access_.addresses.end() ? host : found->second;
}

namespace {

Result<std::unique_ptr<net::SshClient>> log_in(const ShellAccess& access, const std::string& host,
                                               const std::string& address) {
    net::SshOptions options;
    options.host = address;
    options.port = access.port;
    options.user = access.user;
    options.known_hosts_file = access.known_hosts_file;
    options.use_agent = access.use_agent;
    options.key_file = access.key_file;
    net::SshSecrets secrets;
    secrets.password = access.password.empty() ? nullptr : &access.password;
    secrets.key_passphrase = access.key_passphrase.empty() ? nullptr : &access.key_passphrase;
    auto client = net::SshClient::connect(options, secrets);
    if (!client) {
        const std::string advice = client.error().code == Errc::Unreachable
                                       ? "; start the host's SSH service, or give its address with "
                                         "--ssh-host"
                                       : "";
        return fail(client.error().code, "host {} by SSH ({}@{}:{}): {}{}", host, access.user,
                    address, access.port, client.error().what, advice);
    }
    return client;
}

} // namespace

Result<void> HostShell::probe(const std::string& host) const {
    PF_TRY(const auto client, log_in(access_, host, address_of(host)));
    return {};
}

Result<MetadataCheck> HostShell::check_vmfs(const std::string& host, const std::string& device,
                                            unsigned partition) const {
    if (!plain_device_name(device)) {
        return fail(Errc::InvalidArgument, "'{}' is not a device name", device);
    }
    auto client = log_in(access_, host, address_of(host));
    if (!client) {
        if (client.error().code == Errc::Untrusted) {
            return fail(client.error());
        }
        return MetadataCheck{false, 0, client.error().what};
    }
    const auto ran = (*client)->run(
        fmt::format("voma -m vmfs -f check -d /vmfs/devices/disks/{}:{}", device, partition),
        kVomaTimeout);
    if (!ran) {
        return MetadataCheck{false, 0, fmt::format("host {}: {}", host, ran.error().what)};
    }
    return parse_voma(ran->exit_status, ran->out, ran->err);
}

} // namespace pf::nvmetool
