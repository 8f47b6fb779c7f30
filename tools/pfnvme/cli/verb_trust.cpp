// pfnvme trust list|scan|add|rm: certificates of the two systems, and with --ssh the keys of the
// hosts' SSH services.
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/net/ssh_client.hpp"
#include "base/net/ssh_known_hosts.hpp"
#include "tools/pfnvme/cli/comfort_verbs.hpp"
#include "tools/pfnvme/cli/contexts.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/user_files.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>

namespace pf::nvmetool {

namespace {

std::string upper_hex(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

Error not_compared(const std::string& shown) {
    return {Errc::InvalidArgument,
            fmt::format("compare the fingerprint {} with what the console of the other side says, "
                        "then give it by --sha256; --tofu trusts what is seen now",
                        shown)};
}

Result<void> trust_certificate(const OptionValues& values, const std::string& endpoint) {
    PF_TRY(const std::string shown, scan_certificate(endpoint));
    if (const std::string pin = upper_hex(values.text("sha256")); !pin.empty()) {
        if (pin != shown) {
            return fail(Errc::Untrusted, "{} shows a certificate with SHA-256 {}, not {}", endpoint,
                        shown, pin);
        }
    } else if (!values.flag("tofu")) {
        return fail(not_compared(shown));
    }
    PF_TRY(std::vector<TrustedCertificate> all, load_trust());
    std::erase_if(all, [&](const TrustedCertificate& item) { return item.endpoint == endpoint; });
    all.push_back({endpoint, shown, format_rfc3339(wall_now())});
    PF_CHECK(save_trust(all));
    say(values, fmt::format("{} is trusted by SHA-256 {}", endpoint, shown));
    return {};
}

Result<void> remove_certificate(const OptionValues& values, const std::string& endpoint) {
    PF_TRY(std::vector<TrustedCertificate> all, load_trust());
    if (std::erase_if(
            all, [&](const TrustedCertificate& item) { return item.endpoint == endpoint; }) == 0) {
        return fail(Errc::NotFound, "{} is not in the list; see: pfnvme trust list", endpoint);
    }
    PF_CHECK(save_trust(all));
    say(values, endpoint + " is no longer trusted");
    return {};
}

// ---- SSH: one line a host, as OpenSSH has it

// "esx01", "esx01:2222", "[fe80::1]:22".
Result<net::SshOptions> ssh_target(const std::string& word) {
    net::SshOptions out;
    out.host = word;
    const std::size_t bracket = word.rfind(']');
    const std::size_t colon = word.rfind(':');
    const bool one = colon != std::string::npos && word.find(':') == colon;
    if (colon != std::string::npos && (bracket == std::string::npos ? one : colon == bracket + 1)) {
        out.host = word.substr(0, colon);
        const std::string port = word.substr(colon + 1);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (error != std::errc{} || end != port.data() + port.size() || out.port == 0) {
            return fail(Errc::InvalidArgument, "'{}' is no port", port);
        }
    }
    if (out.host.starts_with('[') && out.host.ends_with(']')) {
        out.host = out.host.substr(1, out.host.size() - 2);
    }
    if (out.host.empty() || out.host.find_first_of(" ,*?!|@#") != std::string::npos) {
        return fail(Errc::InvalidArgument, "'{}' is no host", word);
    }
    return out;
}

Result<std::vector<std::string>> known_lines() {
    std::vector<std::string> out;
    if (!file_exists(trusted_hosts_path())) {
        return out;
    }
    PF_TRY(const std::string text, read_file(trusted_hosts_path()));
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (end > at) {
            out.push_back(text.substr(at, end - at));
        }
        at = end + 1;
    }
    return out;
}

Result<void> save_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    PF_CHECK(make_dirs(config_folder(), 0700));
    return write_file_atomic(trusted_hosts_path(), text, 0600);
}

Result<void> trust_host(const OptionValues& values, const std::string& word) {
    PF_TRY(const net::SshOptions target, ssh_target(word));
    PF_TRY(const net::SshHostKey key, net::SshClient::scan(target));
    if (const std::string& pin = values.text("sha256"); !pin.empty()) {
        if (pin != key.fingerprint && "SHA256:" + pin != key.fingerprint) {
            return fail(Errc::Untrusted, "{} shows the {} key {}, not {}", word, key.type,
                        key.fingerprint, pin);
        }
    } else if (!values.flag("tofu")) {
        return fail(not_compared(key.fingerprint));
    }
    PF_TRY(std::vector<std::string> lines, known_lines());
    const std::string name = net::known_hosts_name(target.host, target.port) + " ";
    std::erase_if(lines, [&](const std::string& line) { return line.starts_with(name); });
    lines.push_back(key.line);
    PF_CHECK(save_lines(lines));
    say(values, fmt::format("{} is trusted by its {} key {}", word, key.type, key.fingerprint));
    return {};
}

Result<void> remove_host(const OptionValues& values, const std::string& word) {
    PF_TRY(const net::SshOptions target, ssh_target(word));
    PF_TRY(std::vector<std::string> lines, known_lines());
    const std::string name = net::known_hosts_name(target.host, target.port) + " ";
    if (std::erase_if(lines, [&](const std::string& line) { return line.starts_with(name); }) ==
        0) {
        return fail(Errc::NotFound, "{} is not in the list; see: pfnvme trust list", word);
    }
    PF_CHECK(save_lines(lines));
    say(values, word + " is no longer trusted");
    return {};
}

Result<void> scan(const OptionValues& values, const std::string& word) {
    if (values.flag("ssh")) {
        PF_TRY(const net::SshOptions target, ssh_target(word));
        PF_TRY(const net::SshHostKey key, net::SshClient::scan(target));
        say(values, key.type + " " + key.fingerprint);
        return {};
    }
    PF_TRY(const std::string shown, scan_certificate(endpoint_of(word)));
    say(values, shown);
    return {};
}

int one_word(const OptionValues& values,
             const std::function<Result<void>(const std::string&)>& run) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "give one address");
    }
    const Result<void> done = run(values.positionals().front());
    return done ? kExitOk : report_error(done.error());
}

} // namespace

void trust_options(OptionTable& table) {
    table.add({.name = "ssh",
               .type = OptionType::Flag,
               .help = "the key of a host's SSH service (HOST or HOST:PORT), not a certificate"});
}

void trust_add_options(OptionTable& table) {
    trust_options(table);
    table.add({.name = "sha256",
               .help = "fingerprint that the certificate or key must have",
               .value_name = "HEX"});
    table.add({.name = "tofu", .type = OptionType::Flag, .help = "trust what is shown now"});
}

int trust_add(const OptionValues& values) {
    return one_word(values, [&](const std::string& word) {
        return values.flag("ssh") ? trust_host(values, word)
                                  : trust_certificate(values, endpoint_of(word));
    });
}

int trust_rm(const OptionValues& values) {
    return one_word(values, [&](const std::string& word) {
        return values.flag("ssh") ? remove_host(values, word)
                                  : remove_certificate(values, endpoint_of(word));
    });
}

int trust_scan(const OptionValues& values) {
    return one_word(values, [&](const std::string& word) { return scan(values, word); });
}

int trust_list(const OptionValues& values) {
    const auto all = load_trust();
    const auto lines = known_lines();
    if (!all || !lines) {
        return report_error(!all ? all.error() : lines.error());
    }
    TableOut table{"trusted",
                   {{"name", FieldKind::Text},
                    {"kind", FieldKind::Text},
                    {"fingerprint", FieldKind::Text},
                    {"added", FieldKind::Text}},
                   {},
                   {}};
    for (const TrustedCertificate& item : *all) {
        table.rows.push_back({item.endpoint, std::string("tls"), item.sha256, item.added});
    }
    for (const std::string& line : *lines) {
        const std::size_t first = line.find(' ');
        const std::size_t second = line.find(' ', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const Result<Bytes> blob = base64_decode(line.substr(second + 1));
        table.rows.push_back({line.substr(0, first), std::string("ssh"),
                              blob ? net::ssh_fingerprint(*blob) : std::string("damaged"),
                              FieldValue{}});
    }
    const Result<void> printed = print_table(values, std::move(table));
    return printed ? kExitOk : report_error(printed.error());
}

} // namespace pf::nvmetool
