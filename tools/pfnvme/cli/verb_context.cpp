// pfnvme context add|use|list|show|test|rm
#include "tools/pfnvme/cli/comfort_verbs.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/contexts.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"

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
    say(values,
        fmt::format("context {} is saved{}", name, contexts.current == name ? " and in use" : ""));
    return {};
}

Result<void> use_or_remove(const OptionValues& values, const std::string& name, bool remove) {
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
    say(values, fmt::format("context {} is {}", name, remove ? "removed" : "in use"));
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

Error no_context(const std::string& name) {
    return {Errc::NotFound,
            fmt::format("there is no context '{}'; list them with: pfnvme context list", name)};
}

Result<std::string> vcenter_answer(const OptionValues& values) {
    PF_TRY(const std::unique_ptr<VspherePort> port, open_vsphere(values));
    PF_TRY(const VcenterInfo about, port->about());
    return fmt::format("{} {} at {}", about.product, about.version, about.endpoint);
}

Result<std::string> powerflex_answer(const OptionValues& values) {
    PF_TRY(const std::unique_ptr<PowerFlexPort> port, open_powerflex(values));
    PF_TRY(const PowerFlexInfo about, port->about());
    return fmt::format("PowerFlex {} at {}", about.version, about.endpoint);
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
                               ? fmt::format("reference to the password ({})", kSecretReferences)
                               : "as in the verbs that connect",
                   .value_name = "VALUE"});
    }
}

int context_add(const OptionValues& values) {
    return one_word(values, "name", [&](const std::string& name) { return add(values, name); });
}

int context_use(const OptionValues& values) {
    return one_word(values, "name",
                    [&](const std::string& name) { return use_or_remove(values, name, false); });
}

int context_rm(const OptionValues& values) {
    return one_word(values, "name",
                    [&](const std::string& name) { return use_or_remove(values, name, true); });
}

int context_list(const OptionValues& values) { return finish(list(values)); }

int context_show(const OptionValues& values) {
    const auto contexts = load_contexts();
    if (!contexts) {
        return report_error(contexts.error());
    }
    const std::vector<std::string>& words = values.positionals();
    const std::string name = words.empty() ? contexts->current : words.front();
    const auto found = contexts->all.find(name);
    if (words.size() > 1 || name.empty()) {
        return report_error(kExitUsage, "give one context; none is in use");
    }
    if (found == contexts->all.end()) {
        return report_error(no_context(name));
    }
    TableOut table{"context", {{"name", FieldKind::Text}, {"value", FieldKind::Text}}, {}, {}};
    for (const auto& [option, value] : found->second) {
        table.rows.push_back({option, value});
    }
    return finish(print_table(values, std::move(table)));
}

// Both systems of a context are logged in to, nothing more.
int context_test(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    if (words.size() > 1) {
        return report_error(kExitUsage, "give one context");
    }
    // What stands in the context is to be tried, not what the environment says.
    const auto contexts = load_contexts();
    if (!contexts) {
        return report_error(contexts.error());
    }
    const std::string named = words.empty() ? values.text("context") : words.front();
    const std::string name = named.empty() ? contexts->current : named;
    const auto found = contexts->all.find(name);
    if (found == contexts->all.end()) {
        return report_error(name.empty()
                                ? Error{Errc::InvalidArgument, "give a context; none is in use"}
                                : no_context(name));
    }
    std::vector<std::string> args;
    for (const auto& [option, value] : found->second) {
        args.push_back("--" + option);
        args.push_back(value);
    }
    std::size_t used = 0;
    const Result<OptionValues> inside =
        option_table(*find_verb({"context", "test"}, used)).parse(args, true);
    if (!inside) {
        return report_error(kExitUsage, inside.error().what);
    }
    TableOut table{
        "context-test",
        {{"name", FieldKind::Text}, {"result", FieldKind::Text}, {"detail", FieldKind::Text}},
        {},
        {}};
    int code = kExitOk;
    const auto judge = [&](const char* system, const Result<std::string>& answer) {
        table.rows.push_back({std::string(system), std::string(answer ? "ok" : "failed"),
                              answer ? *answer : answer.error().what});
        code = answer || code != kExitOk ? code : exit_code_of(answer.error());
    };
    if (found->second.contains("vcenter")) {
        judge("vCenter", vcenter_answer(*inside));
    }
    if (found->second.contains("powerflex")) {
        judge("PowerFlex", powerflex_answer(*inside));
    }
    if (const Result<void> printed = print_table(values, std::move(table)); !printed) {
        return report_error(printed.error());
    }
    return code == kExitOk ? code
                           : report_error(code, fmt::format("context '{}' does not work", name));
}

} // namespace pf::nvmetool
