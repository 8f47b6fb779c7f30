// pfnvme context add|use|list|show|rm and trust list|scan|add|rm
#include "base/clock.hpp"
#include "tools/pfnvme/cli/comfort_verbs.hpp"
#include "tools/pfnvme/cli/contexts.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace pf::nvmetool {

namespace {

Result<void> add(const OptionValues& values, const std::string& name) {
    std::map<std::string, std::string> settings;
    for (const std::string_view option : context_options()) {
        if (const std::string& value = values.text(option); !value.empty()) {
            settings[std::string(option)] = value;
        }
    }
    PF_CHECK(check_context(name, settings));
    if (settings.empty()) {
        return fail(Errc::InvalidArgument,
                    "context '{}' would be empty: give --vcenter, --powerflex …", name);
    }
    PF_TRY(Contexts contexts, load_contexts());
    contexts.all[name] = settings;
    if (contexts.current.empty()) {
        contexts.current = name;
    }
    PF_CHECK(save_contexts(contexts));
    std::printf("context %s is saved%s\n", name.c_str(),
                contexts.current == name ? " and in use" : "");
    return {};
}

Result<void> use_or_remove(const std::string& name, bool remove) {
    PF_TRY(Contexts contexts, load_contexts());
    if (!contexts.all.contains(name)) {
        return fail(Errc::NotFound, "there is no context '{}'; list them with: pfnvme context list",
                    name);
    }
    if (remove) {
        contexts.all.erase(name);
        contexts.current = contexts.current == name ? "" : contexts.current;
    } else {
        contexts.current = name;
    }
    PF_CHECK(save_contexts(contexts));
    std::printf(remove ? "context %s is removed\n" : "context %s is in use\n", name.c_str());
    return {};
}

Result<void> list(const OptionValues& values) {
    PF_TRY(const Contexts contexts, load_contexts());
    TableOut table{"contexts",
                   {{"name", FieldKind::Text}, {"current", FieldKind::Flag}},
                   {},
                   {"name", "current", "vcenter", "vcenter-user", "powerflex", "powerflex-user"}};
    for (const std::string_view option : context_options()) {
        table.columns.push_back({std::string(option), FieldKind::Text});
    }
    for (const auto& [name, settings] : contexts.all) {
        Row row{name, contexts.current == name};
        for (const std::string_view option : context_options()) {
            const auto found = settings.find(std::string(option));
            row.push_back(found == settings.end() ? FieldValue{} : FieldValue{found->second});
        }
        table.rows.push_back(std::move(row));
    }
    return print_table(values, std::move(table));
}

std::string upper_hex(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

Result<void> trust(const OptionValues& values, const std::string& endpoint) {
    PF_TRY(const std::string shown, scan_certificate(endpoint));
    if (const std::string pin = upper_hex(values.text("sha256")); !pin.empty()) {
        if (pin != shown) {
            return fail(Errc::Untrusted, "{} shows a certificate with SHA-256 {}, not {}", endpoint,
                        shown, pin);
        }
    } else if (!values.flag("tofu")) {
        return fail(Errc::InvalidArgument,
                    "compare the fingerprint {} with what the server's console says, then give it "
                    "by --sha256; --tofu trusts what is seen now",
                    shown);
    }
    PF_TRY(std::vector<TrustedCertificate> all, load_trust());
    std::erase_if(all, [&](const TrustedCertificate& item) { return item.endpoint == endpoint; });
    all.push_back({endpoint, shown, format_rfc3339(wall_now())});
    PF_CHECK(save_trust(all));
    std::printf("%s is trusted by SHA-256 %s\n", endpoint.c_str(), shown.c_str());
    return {};
}

Result<void> trust_remove(const std::string& endpoint) {
    PF_TRY(std::vector<TrustedCertificate> all, load_trust());
    if (std::erase_if(
            all, [&](const TrustedCertificate& item) { return item.endpoint == endpoint; }) == 0) {
        return fail(Errc::NotFound, "{} is not in the list; see: pfnvme trust list", endpoint);
    }
    return save_trust(all);
}

int finish(const Result<void>& result) { return result ? kExitOk : report_error(result.error()); }

int one_word(const OptionValues& values, const char* what,
             const std::function<Result<void>(const std::string&)>& run) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, std::string("give one ") + what);
    }
    return finish(run(values.positionals().front()));
}

} // namespace

void context_add_options(OptionTable& table) {
    for (const std::string_view option : context_options()) {
        table.add({.name = std::string(option),
                   .help = option.ends_with("password")
                               ? "reference to the password (env:NAME, file:PATH, cmd:…, prompt:)"
                               : "as in the verbs that connect",
                   .value_name = "VALUE"});
    }
}

int context_add(const OptionValues& values) {
    return one_word(values, "name", [&](const std::string& name) { return add(values, name); });
}

int context_use(const OptionValues& values) {
    return one_word(values, "name",
                    [](const std::string& name) { return use_or_remove(name, false); });
}

int context_rm(const OptionValues& values) {
    return one_word(values, "name",
                    [](const std::string& name) { return use_or_remove(name, true); });
}

int context_list(const OptionValues& values) { return finish(list(values)); }

void trust_add_options(OptionTable& table) {
    table.add({.name = "sha256",
               .help = "fingerprint that the certificate must have",
               .value_name = "HEX"});
    table.add({.name = "tofu",
               .type = OptionType::Flag,
               .help = "trust the certificate that is shown now"});
}

int trust_add(const OptionValues& values) {
    return one_word(values, "address",
                    [&](const std::string& word) { return trust(values, endpoint_of(word)); });
}

int trust_rm(const OptionValues& values) {
    return one_word(values, "address",
                    [](const std::string& word) { return trust_remove(endpoint_of(word)); });
}

int trust_scan(const OptionValues& values) {
    return one_word(values, "address", [](const std::string& word) -> Result<void> {
        PF_TRY(const std::string shown, scan_certificate(endpoint_of(word)));
        std::printf("%s\n", shown.c_str());
        return {};
    });
}

int trust_list(const OptionValues& values) {
    const auto all = load_trust();
    if (!all) {
        return report_error(all.error());
    }
    TableOut table{
        "certificates",
        {{"name", FieldKind::Text}, {"sha256", FieldKind::Text}, {"added", FieldKind::Text}},
        {},
        {}};
    for (const TrustedCertificate& item : *all) {
        table.rows.push_back({item.endpoint, item.sha256, item.added});
    }
    return finish(print_table(values, std::move(table)));
}

} // namespace pf::nvmetool
