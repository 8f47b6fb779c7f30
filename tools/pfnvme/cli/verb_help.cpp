// pfnvme help [VERB] [--machine], man, and the table behind completion: all made from the verb
// table, so that none can fall behind it.
#include "base/json.hpp"
#include "tools/pfnvme/cli/comfort_verbs.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace pf::nvmetool {

namespace {

std::string_view type_name(OptionType type) {
    switch (type) {
    case OptionType::Flag:
        return "flag";
    case OptionType::Text:
        return "text";
    case OptionType::Integer:
        return "integer";
    case OptionType::DurationMs:
        return "duration";
    case OptionType::SizeBytes:
        return "size";
    case OptionType::List:
        return "list";
    }
    return "?";
}

std::string_view effect_name(VerbEffect effect) {
    switch (effect) {
    case VerbEffect::Reads:
        return "reads";
    case VerbEffect::WritesFiles:
        return "writes-files";
    case VerbEffect::Changes:
        return "changes";
    case VerbEffect::Continues:
        return "continues";
    }
    return "?";
}

json::object machine_verb(const Verb& verb) {
    json::array options;
    const OptionTable options_table = option_table(verb);
    for (const OptionSpec& spec : options_table.specs()) {
        options.push_back(json::object{{"name", spec.name},
                                       {"type", type_name(spec.type)},
                                       {"default", spec.default_value},
                                       {"value", spec.value_name},
                                       {"required", spec.required},
                                       {"help", spec.help}});
    }
    json::array formats;
    std::string_view rest = verb.formats;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        formats.emplace_back(json::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {{"words", json::string(verb.words)},
            {"arguments", json::string(verb.arguments)},
            {"summary", json::string(verb.summary)},
            {"effect", effect_name(verb.effect)},
            {"connects", verb.connects},
            {"formats", std::move(formats)},
            {"options", std::move(options)}};
}

json::object machine_help() {
    json::array verbs;
    for (const Verb& verb : all_verbs()) {
        verbs.push_back(machine_verb(verb));
    }
    json::array codes;
    for (const ExitCodeText& item : exit_code_texts()) {
        codes.push_back(json::object{{"code", item.code},
                                     {"meaning", json::string(item.meaning)},
                                     {"advice", json::string(item.advice)}});
    }
    json::array environment;
    for (const char* name : {"GOVC_URL",
                             "GOVC_USERNAME",
                             "GOVC_PASSWORD",
                             "GOVC_TLS_CA_CERTS",
                             "GOVC_TLS_KNOWN_HOSTS",
                             "GOVC_INSECURE",
                             "POWERFLEX_INSECURE",
                             "POWERFLEX_ENDPOINT",
                             "POWERFLEX_USERNAME",
                             "POWERFLEX_PASSWORD",
                             "PF_CA_FILE",
                             "PF_SSH_USER",
                             "PF_SSH_KEY",
                             "PF_SSH_KNOWN_HOSTS",
                             "XDG_STATE_HOME",
                             "XDG_CONFIG_HOME",
                             "NO_COLOR",
                             "PAGER",
                             "NETRC",
                             "CREDENTIALS_DIRECTORY"}) {
        environment.emplace_back(name);
    }
    return {{"schemaVersion", 1},
            {"program", "pfnvme"},
            {"version", json::string(version())},
            {"optionPrefix", "PFNVME_"},
            {"verbs", std::move(verbs)},
            {"exitCodes", std::move(codes)},
            {"environment", std::move(environment)}};
}

// Hyphens as minus signs, backslashes and leading dots made harmless.
std::string roff(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else if (c >= 0xe0 && c < 0xf0 && i + 2 < text.size()) { // UTF-8, three bytes: "…"
            const unsigned code = (c & 0x0fU) << 12U |
                                  (static_cast<unsigned char>(text[i + 1]) & 0x3fU) << 6U |
                                  (static_cast<unsigned char>(text[i + 2]) & 0x3fU);
            out += fmt::format("\\[u{:04X}]", code);
            i += 2;
        } else {
            out += text[i];
        }
    }
    if (!out.empty() && (out.front() == '.' || out.front() == '\'')) {
        out.insert(0, "\\&");
    }
    return out;
}

std::string man_page() {
    std::string out = fmt::format(
        ".TH PFNVME 1 \"\" \"pfnvme {}\" \"User Commands\"\n.SH NAME\npfnvme \\- brings VMware "
        "hosts and datastores on PowerFlex from SDC to NVMe/TCP\n.SH SYNOPSIS\n.B pfnvme\n.I "
        "VERB\n[options]\n.SH VERBS\n",
        version());
    for (const Verb& verb : all_verbs()) {
        out += fmt::format(".SS pfnvme {} {}\n{}.\n", roff(verb.words), roff(verb.arguments),
                           roff(verb.summary));
        const OptionTable options_table = option_table(verb);
        for (const OptionSpec& spec : options_table.specs()) {
            if (spec.name == "help" || spec.name == "version" || spec.name == "config" ||
                spec.name == "print-config") {
                continue;
            }
            out += fmt::format(".TP\n.B \\-\\-{}{}\n{}{}\n", roff(spec.name),
                               spec.type == OptionType::Flag ? "" : " " + roff(spec.value_name),
                               roff(spec.help),
                               spec.default_value.empty() || spec.default_value == "false"
                                   ? ""
                                   : " (default: " + roff(spec.default_value) + ")");
        }
    }
    out += ".SH EXIT STATUS\n";
    for (const ExitCodeText& item : exit_code_texts()) {
        out += fmt::format(".TP\n.B {}\n{}\n", item.code, roff(item.meaning));
    }
    out += ".SH ENVIRONMENT\nEvery option can be given as PFNVME_OPTION. GOVC_URL, GOVC_USERNAME, "
           "GOVC_PASSWORD, POWERFLEX_ENDPOINT, POWERFLEX_USERNAME and POWERFLEX_PASSWORD are read "
           "when an option is not given.\n";
    return out;
}

// Options that every verb has, or every verb that connects, runs a plan or prints tables: told
// once.
std::set<std::string> names_of(void (*add)(OptionTable&)) {
    OptionTable table("", "", "");
    add(table);
    std::set<std::string> out;
    for (const OptionSpec& spec : table.specs()) {
        out.insert(spec.name);
    }
    return out;
}

std::string reference_option(const OptionSpec& spec) {
    std::string out = "`--" + spec.name;
    if (spec.type != OptionType::Flag) {
        out += " " + (spec.value_name.empty() ? "VALUE" : spec.value_name);
    }
    out += "` " + spec.help;
    if (!spec.default_value.empty() && spec.default_value != "false" && spec.default_value != "0") {
        out += " (" + spec.default_value + ")";
    }
    return out;
}

// The reference of the verbs in Markdown; a test compares docs/reference/pfnvme.md with it.
std::string reference() {
    struct Group {
        const char* title;
        std::set<std::string> names;
        void (*add)(OptionTable&);
    };
    const auto connection = [](OptionTable& table) { add_connection_options(table); };
    const std::vector<Group> groups{
        {"Connection (*c*)", names_of(connection), connection},
        {"Tables (*t*)", names_of(add_table_options), add_table_options},
        {"Runs (*r*)", names_of(add_apply_options), add_apply_options},
    };
    std::string out = "# Verbs of pfnvme\n\nMade by `pfnvme help --reference`. Every verb has "
                      "`--help`, `--output` (`-o`), `--color`, `--verbose` (`-v`), `--config FILE` "
                      "and `--print-config`; every option can be given as `PFNVME_<OPTION>`.\n";
    for (const Group& group : groups) {
        out += fmt::format("\n## {}\n\n", group.title);
        OptionTable table("", "", "");
        group.add(table);
        for (const OptionSpec& spec : table.specs()) {
            if (group.names.contains(spec.name) && spec.name != "help" && spec.name != "version" &&
                spec.name != "config" && spec.name != "print-config") {
                out += "- " + reference_option(spec) + "\n";
            }
        }
    }
    out += "\n## Verbs\n\n";
    for (const Verb& verb : all_verbs()) {
        const OptionTable table = option_table(verb);
        std::set<std::string> own;
        for (const OptionSpec& spec : table.specs()) {
            own.insert(spec.name);
        }
        std::string marks = verb.connects ? "c" : "";
        std::set<std::string> told{"help",   "version", "config", "print-config",
                                   "output", "color",   "verbose"};
        for (const Group& group : groups) {
            if (std::includes(own.begin(), own.end(), group.names.begin(), group.names.end())) {
                told.insert(group.names.begin(), group.names.end());
                marks += group.add == add_table_options   ? "t"
                         : group.add == add_apply_options ? "r"
                                                          : "";
            }
        }
        out +=
            fmt::format("### `{}{}{}`\n\n{} ({}{}{}; {}).\n\n", verb.words,
                        verb.arguments.empty() ? "" : " ", verb.arguments, verb.summary,
                        effect_name(verb.effect), marks.empty() ? "" : "; ", marks, verb.formats);
        std::string options;
        for (const OptionSpec& spec : table.specs()) {
            if (!told.contains(spec.name)) {
                options += "- " + reference_option(spec) + "\n";
            }
        }
        out += options.empty() ? "" : options + "\n";
    }
    out += "## Exit codes\n\n";
    for (const ExitCodeText& item : exit_code_texts()) {
        out += fmt::format("- {}: {}\n", item.code, item.meaning);
    }
    return out;
}

} // namespace

void help_options(OptionTable& table) {
    table.add({.name = "reference",
               .type = OptionType::Flag,
               .help = "the reference of all verbs as Markdown"});
    table.add({.name = "machine",
               .type = OptionType::Flag,
               .help = "the whole command table as JSON, for programs"});
}

int help_verb(const OptionValues& values) {
    if (values.flag("reference")) {
        std::fputs(reference().c_str(), stdout);
        return kExitOk;
    }
    if (values.flag("machine")) {
        print_document(machine_help(), Format::Json);
        return kExitOk;
    }
    std::size_t used = 0;
    const std::vector<std::string>& words = values.positionals();
    const Verb* verb = find_verb(words, used);
    if (verb != nullptr && used == words.size()) {
        std::fputs(option_table(*verb).help().c_str(), stdout);
        return kExitOk;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Verb& item : all_verbs()) {
        const std::vector<std::string> known = verb_words(item);
        if (words.size() <= known.size() && std::equal(words.begin(), words.end(), known.begin())) {
            rows.push_back({"  " + std::string(item.words) + (item.arguments.empty() ? "" : " ") +
                                std::string(item.arguments),
                            std::string(item.summary)});
        }
    }
    if (rows.empty()) {
        return report_error(kExitUsage, fmt::format("there is no verb '{}'; list them with: "
                                                    "pfnvme --help",
                                                    fmt::join(words, " ")));
    }
    print_text(format_table(rows));
    return kExitOk;
}

int man_verb(const OptionValues& values) {
    if (!values.positionals().empty()) {
        return report_error(kExitUsage, "man takes no words; read it with: pfnvme man | man -l -");
    }
    std::fputs(man_page().c_str(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
