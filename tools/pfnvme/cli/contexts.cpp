#include "tools/pfnvme/cli/contexts.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/user_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace pf::nvmetool {

namespace {

constexpr std::array<std::string_view, 7> kSecretKinds{
    "env:", "file:", "netrc:", "cmd:", "keyring:", "systemd-cred:", "prompt:"};

constexpr std::array<std::string_view, 11> kOptions{
    "vcenter",        "vcenter-user", "vcenter-password",   "powerflex",
    "powerflex-user", "ca-file",      "powerflex-password", "ssh-user",
    "ssh-key",        "ssh-port",     "ssh-known-hosts"};

std::string contexts_path() { return config_folder() + "/contexts.json"; }
std::string trust_path() { return config_folder() + "/trust.json"; }

Result<json::value> read_json(const std::string& path) {
    PF_TRY(const std::string text, read_file(path));
    Result<json::value> out = parse_json(text);
    if (!out) {
        return fail(Errc::Corrupt, "{} is damaged: {}", path, out.error().what);
    }
    return out;
}

Result<void> write_json(const std::string& path, const json::value& value) {
    PF_CHECK(make_dirs(config_folder(), 0700));
    return write_file_atomic(path, pretty_json(value), 0600);
}

} // namespace

std::span<const std::string_view> context_options() { return kOptions; }

bool is_secret_reference(std::string_view text) {
    return std::any_of(kSecretKinds.begin(), kSecretKinds.end(),
                       [&](std::string_view kind) { return text.starts_with(kind); });
}

Result<void> check_context(const std::string& name,
                           const std::map<std::string, std::string>& values) {
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (!plain) {
        return fail(Errc::InvalidArgument,
                    "'{}' is no name for a context: letters, digits, '-', '_' and '.'", name);
    }
    for (const auto& [option, value] : values) {
        if (std::find(kOptions.begin(), kOptions.end(), option) == kOptions.end()) {
            return fail(Errc::InvalidArgument, "a context has no '{}'", option);
        }
        const bool secret = option.ends_with("password");
        if (secret && !is_secret_reference(value)) {
            return fail(Errc::InvalidArgument, "--{} takes a reference ({}), never the password",
                        option, kSecretReferences);
        }
        if ((option == "vcenter" || option == "powerflex") &&
            value.find('@') != std::string::npos) {
            return fail(Errc::InvalidArgument, "--{} takes an address without user and password",
                        option);
        }
    }
    return {};
}

Result<Contexts> load_contexts() {
    Contexts out;
    if (!file_exists(contexts_path())) {
        return out;
    }
    PF_TRY(const json::value document, read_json(contexts_path()));
    const json::object* root = document.if_object();
    if (root == nullptr) {
        return fail(Errc::Corrupt, "{} is no mapping", contexts_path());
    }
    out.current = json_str_or(*root, "current", "");
    if (const Result<const json::object*> all = json_object(*root, "contexts")) {
        for (const json::key_value_pair& context : **all) {
            auto& values = out.all[std::string(context.key())];
            if (const json::object* items = context.value().if_object()) {
                for (const json::key_value_pair& item : *items) {
                    if (item.value().is_string()) {
                        values[std::string(item.key())] = std::string(item.value().get_string());
                    }
                }
            }
            PF_CHECK(check_context(std::string(context.key()), values));
        }
    }
    return out;
}

Result<void> save_contexts(const Contexts& contexts) {
    json::object all;
    for (const auto& [name, values] : contexts.all) {
        PF_CHECK(check_context(name, values));
        json::object item;
        for (const auto& [option, value] : values) {
            item[option] = value;
        }
        all[name] = std::move(item);
    }
    return write_json(contexts_path(),
                      json::object{{"current", contexts.current}, {"contexts", std::move(all)}});
}

Result<std::map<std::string, std::string>> context_values(const OptionValues& values) {
    PF_TRY(const Contexts contexts, load_contexts());
    const std::string& named = values.text("context");
    const std::string& name = named.empty() ? contexts.current : named;
    if (name.empty()) {
        return std::map<std::string, std::string>{};
    }
    const auto found = contexts.all.find(name);
    if (found == contexts.all.end()) {
        return fail(Errc::NotFound, "there is no context '{}'; list them with: pfnvme context list",
                    name);
    }
    return found->second;
}

Result<std::vector<TrustedCertificate>> load_trust() {
    std::vector<TrustedCertificate> out;
    if (!file_exists(trust_path())) {
        return out;
    }
    PF_TRY(const json::value document, read_json(trust_path()));
    const json::object* root = document.if_object();
    if (root == nullptr) {
        return fail(Errc::Corrupt, "{} is no mapping", trust_path());
    }
    PF_TRY(const json::array* list, json_array(*root, "certificates"));
    for (const json::value& item : *list) {
        if (const json::object* object = item.if_object()) {
            out.push_back({json_str_or(*object, "endpoint", ""), json_str_or(*object, "sha256", ""),
                           json_str_or(*object, "added", "")});
        }
    }
    return out;
}

Result<void> save_trust(const std::vector<TrustedCertificate>& list) {
    json::array items;
    for (const TrustedCertificate& item : list) {
        items.push_back(json::object{
            {"endpoint", item.endpoint}, {"sha256", item.sha256}, {"added", item.added}});
    }
    return write_json(trust_path(), json::object{{"certificates", std::move(items)}});
}

std::string trusted_hosts_path() { return config_folder() + "/known_hosts"; }

std::string endpoint_of(std::string_view url) {
    if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
        url.remove_prefix(scheme + 3);
    }
    url = url.substr(0, url.find_first_of("/?"));
    if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
        url.remove_prefix(at + 1);
    }
    const bool bracket = !url.empty() && url.front() == '[';
    const std::size_t colon = url.rfind(':');
    const bool port = colon != std::string_view::npos && (!bracket || colon > url.find(']')) &&
                      colon + 1 < url.size();
    return port ? std::string(url) : std::string(url) + ":443";
}

} // namespace pf::nvmetool
